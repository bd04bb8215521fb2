import type { ColumnFunctions } from './columns.ts';
import {
  COMPONENT_SUMS,
  CORRELATED_MEANS,
  COUNT,
  correlatedRecord,
  FUSED_RECORDS,
  factorPlace,
  GROUP,
  INDEPENDENT_COLUMN,
  INDEPENDENT_COLUMNS,
  independentRecord,
  independentSums,
  PLANE_ABOUT0,
  PLANE_ABOUT1,
  PLANE_CONSTANT,
  PLANE_FACTOR,
  PLANE_INVERSE0,
  PLANE_INVERSE1,
  PLANE_MEAN0,
  PLANE_MEAN1,
  PLANE_RECORD,
  PLANE_SUMS,
  TERMS,
} from './layout.ts';
import { shareRelative } from './plain.ts';
import { STEPS_PER_NAT } from './powers.ts';

/** The plain twins of the kernels for several columns, as those of plain.ts. */
export function createPlainColumnKernels(memory: () => Float64Array): ColumnFunctions {
  return {
    plane(rows, components, x, weights, unit, constants, scratch, sums) {
      const m = memory();
      const terms = scratch / 8 + TERMS;
      const records = constants / 8 + FUSED_RECORDS;
      for (let start = 0; start < rows; start += GROUP) {
        const from = x / 8 + start;
        shareRelative(m, terms, components, weights / 8 + start, start < unit, m[constants / 8]!, sums / 8, (component, row) => {
          const own = records + PLANE_RECORD * component;
          const y0 = (m[from + row]! - m[own + PLANE_MEAN0]!) * m[own + PLANE_INVERSE0]!;
          const y1 = (m[from + rows + row]! - m[own + PLANE_MEAN1]! - m[own + PLANE_FACTOR]! * y0) * m[own + PLANE_INVERSE1]!;
          return m[own + PLANE_CONSTANT]! - (STEPS_PER_NAT / 2) * (y0 * y0 + y1 * y1);
        });
        for (let component = 0; component < components; component += 1) {
          const own = records + PLANE_RECORD * component;
          const about0 = m[own + PLANE_ABOUT0]!;
          const about1 = m[own + PLANE_ABOUT1]!;
          const place = sums / 8 + COMPONENT_SUMS + PLANE_SUMS * component + COUNT;
          for (let lane = 0; lane < 2; lane += 1) {
            const totals = [0, 0, 0, 0, 0, 0];
            for (let row = lane; row < GROUP; row += 2) {
              const responsibility = m[terms + GROUP * component + row]!;
              const z0 = m[from + row]! - about0;
              const z1 = m[from + rows + row]! - about1;
              const weighted0 = responsibility * z0;
              const weighted1 = responsibility * z1;
              totals[0]! += responsibility;
              totals[1]! += weighted0;
              totals[2]! += weighted1;
              totals[3]! += weighted0 * z0;
              totals[4]! += weighted1 * z0;
              totals[5]! += weighted1 * z1;
            }
            for (let index = 0; index < 6; index += 1) m[place + 2 * index + lane]! += totals[index]!;
          }
        }
      }
    },

    independentDensities(rows, components, dimension, columns, constants, joint) {
      const m = memory();
      const distance = new Float64Array(rows);
      for (let component = 0; component < components; component += 1) {
        const own = constants / 8 + component * independentRecord(dimension);
        distance.fill(0);
        for (let column = 0; column < dimension; column += 1) {
          const x = columns / 8 + column * rows;
          const mean = m[own + INDEPENDENT_COLUMNS + INDEPENDENT_COLUMN * column]!;
          const halfPrecision = m[own + INDEPENDENT_COLUMNS + INDEPENDENT_COLUMN * column + 1]!;
          for (let row = 0; row < rows; row += 1) {
            const z = m[x + row]! - mean;
            distance[row]! += z * z * halfPrecision;
          }
        }
        const constant = m[own]!;
        const out = joint / 8 + component * rows;
        for (let row = 0; row < rows; row += 1) m[out + row] = constant - distance[row]!;
      }
    },

    independentStatistics(rows, components, dimension, columns, means, responsibilities, _scratch, sums) {
      const m = memory();
      const active = new Int32Array(rows + 1);
      for (let component = 0; component < components; component += 1) {
        const r = responsibilities / 8 + component * rows;
        let count = activeRows(m, r, 0, rows, active, rows).count;
        if (count * 4 > rows * 3) {
          for (let row = 0; row < rows; row += 1) active[row] = row;
          count = rows;
        }
        const place = sums / 8 + component * independentSums(dimension);
        for (let column = 0; column < dimension; column += 1) {
          const x = columns / 8 + column * rows;
          const mean = m[means / 8 + component * dimension + column]!;
          for (let lane = 0; lane < 2; lane += 1) {
            const firsts = [0, 0, 0, 0];
            const seconds = [0, 0, 0, 0];
            for (let index = lane; index < count; index += 2) {
              const strand = (index >> 1) & 3;
              const row = active[index]!;
              const z = m[x + row]! - mean;
              const weighted = m[r + row]! * z;
              firsts[strand]! += weighted;
              seconds[strand]! += weighted * z;
            }
            m[place + 2 * column + lane]! += firsts[0]! + firsts[1]! + (firsts[2]! + firsts[3]!);
            m[place + 2 * (dimension + column) + lane]! += seconds[0]! + seconds[1]! + (seconds[2]! + seconds[3]!);
          }
        }
      }
    },

    correlatedDensities(rows, components, dimension, _prefix, columns, constants, joint) {
      const m = memory();
      const y = new Float64Array(GROUP * dimension);
      for (let component = 0; component < components; component += 1) {
        const own = constants / 8 + component * correlatedRecord(dimension);
        for (let start = 0; start < rows; start += GROUP) {
          whiten(m, own, dimension, columns / 8 + start, rows, y);
          for (let row = 0; row < GROUP; row += 1) {
            let distance = 0;
            for (let j = 0; j < dimension; j += 1) distance += y[GROUP * j + row]! * y[GROUP * j + row]!;
            m[joint / 8 + component * rows + start + row] = m[own]! - 0.5 * distance;
          }
        }
      }
      return rows * (components - 1);
    },

    whitenedColumns(rows, dimension, columns, constants, whitened) {
      const m = memory();
      const y = new Float64Array(GROUP * dimension);
      for (let start = 0; start < rows; start += GROUP) {
        whiten(m, constants / 8, dimension, columns / 8 + start, rows, y);
        for (let j = 0; j < dimension; j += 1) m.set(y.subarray(GROUP * j, GROUP * (j + 1)), whitened / 8 + j * rows + start);
      }
    },

    correlatedStatistics(rows, dimension, chunk, packing, columns, means, responsibilities, _scratch, sums) {
      const m = memory();
      const active = new Int32Array(chunk + 1);
      const u = new Float64Array(chunk * dimension);
      const r = responsibilities / 8;
      let start = 0;
      while (start < rows) {
        let count = Math.min(chunk, rows - start);
        if (packing) {
          const found = activeRows(m, r, start, rows, active, chunk);
          ({ count } = found);
          start = found.next;
        } else {
          for (let row = 0; row < count; row += 1) active[row] = start + row;
          start += count;
        }
        for (let j = 0; j < dimension; j += 1) {
          const x = columns / 8 + j * rows;
          const mean = m[means / 8 + j]!;
          const firsts = [0, 0];
          for (let index = 0; index < count; index += 1) {
            const responsibility = m[r + active[index]!]!;
            const deviation = m[x + active[index]!]! - mean;
            firsts[index & 1]! += responsibility * deviation;
            u[j * chunk + index] = Math.sqrt(responsibility) * deviation;
          }
          for (let lane = 0; lane < 2; lane += 1) {
            m[sums / 8 + 2 * j + lane]! += firsts[lane]!;
            for (let k = 0; k <= j; k += 1) {
              let second = 0;
              for (let index = lane; index < count; index += 2) second += u[j * chunk + index]! * u[k * chunk + index]!;
              m[sums / 8 + 2 * (dimension + (j * (j + 1)) / 2 + k) + lane]! += second;
            }
          }
        }
      }
    },
  };
}

/** The whitened columns of 16 rows, those of a column one after the other. */
function whiten(m: Float64Array, constants: number, dimension: number, columns: number, stride: number, y: Float64Array): void {
  const means = constants + CORRELATED_MEANS;
  const factor = means + dimension;
  for (let j = 0; j < dimension; j += 1) {
    for (let row = 0; row < GROUP; row += 1) y[GROUP * j + row] = m[columns + j * stride + row]! - m[means + j]!;
    for (let k = 0; k < j; k += 1) {
      const l = m[factor + factorPlace(dimension, j, k)]!;
      for (let row = 0; row < GROUP; row += 1) y[GROUP * j + row]! -= l * y[GROUP * k + row]!;
    }
    const inverse = m[factor + factorPlace(dimension, j, j)]!;
    for (let row = 0; row < GROUP; row += 1) y[GROUP * j + row]! *= inverse;
  }
}

/** Writes up to `limit` rows from `start` on that have a responsibility into `active`; `next` is the row to go on from. */
function activeRows(
  m: Float64Array,
  responsibilities: number,
  start: number,
  rows: number,
  active: Int32Array,
  limit: number,
): { count: number; next: number } {
  let count = 0;
  let row = start;
  for (; row < rows && count < limit; row += 1) {
    if (!(m[responsibilities + row]! > 0)) continue;
    active[count] = row;
    count += 1;
  }
  return { count, next: row };
}
