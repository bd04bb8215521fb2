import type { ColumnFunctions } from './columns.ts';
import { shareRelative } from './plain.ts';
import { STEPS_PER_NAT } from './powers.ts';

/** The plain twins of the kernels for several columns, as those of plain.ts. */
export function createPlainColumnKernels(memory: () => Float64Array): ColumnFunctions {
  return {
    plane(rows, components, x, weights, unit, constants, scratch, sums) {
      const m = memory();
      const terms = scratch / 8 + 48;
      for (let start = 0; start < rows; start += 16) {
        const from = x / 8 + start;
        shareRelative(m, terms, components, weights / 8 + start, start < unit, m[constants / 8]!, sums / 8, (component, row) => {
          const own = constants / 8 + 2 + 8 * component;
          const y0 = (m[from + row]! - m[own + 1]!) * m[own + 4]!;
          const y1 = (m[from + rows + row]! - m[own + 2]! - m[own + 3]! * y0) * m[own + 5]!;
          return m[own]! - (STEPS_PER_NAT / 2) * (y0 * y0 + y1 * y1);
        });
        for (let component = 0; component < components; component += 1) {
          const own = constants / 8 + 2 + 8 * component;
          const mean0 = m[own + 6]!;
          const mean1 = m[own + 7]!;
          const place = sums / 8 + 6 + 12 * component;
          for (let lane = 0; lane < 2; lane += 1) {
            const totals = [0, 0, 0, 0, 0, 0];
            for (let row = lane; row < 16; row += 2) {
              const responsibility = m[terms + 16 * component + row]!;
              const z0 = m[from + row]! - mean0;
              const z1 = m[from + rows + row]! - mean1;
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
        const place = sums / 8 + component * 4 * dimension;
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

    correlatedDensities(rows, components, dimension, _prefix, columns, constants, size, joint) {
      const m = memory();
      const y = new Float64Array(16 * dimension);
      const own = new Float64Array(16);
      const distance = new Float64Array(16);
      for (let component = 0; component < components; component += 1) {
        const base = (constants + component * size) / 8;
        for (let start = 0; start < rows; start += 16) {
          distance.fill(0);
          for (let j = 0; j < dimension; j += 1) {
            const x = columns / 8 + j * rows + start;
            const mean = m[base + 1 + j]!;
            for (let row = 0; row < 16; row += 1) own[row] = m[x + row]! - mean;
            for (let k = 0; k < j; k += 1) {
              const l = m[base + 1 + dimension + tiledPlace(dimension, j, k)]!;
              for (let row = 0; row < 16; row += 1) own[row]! -= l * y[16 * k + row]!;
            }
            const inverse = m[base + 1 + dimension + tiledPlace(dimension, j, j)]!;
            for (let row = 0; row < 16; row += 1) {
              const whitened = own[row]! * inverse;
              y[16 * j + row] = whitened;
              distance[row]! += whitened * whitened;
            }
          }
          const out = joint / 8 + component * rows + start;
          for (let row = 0; row < 16; row += 1) m[out + row] = m[base]! - 0.5 * distance[row]!;
        }
      }
      return rows * (components - 1);
    },

    correlatedStatistics(rows, components, dimension, chunk, packing, columns, means, responsibilities, _scratch, sums) {
      const m = memory();
      const active = new Int32Array(chunk + 1);
      const z = new Float64Array(chunk * dimension);
      const weighted = new Float64Array(chunk * dimension);
      const length = dimension + (dimension * (dimension + 1)) / 2;
      for (let component = 0; component < components; component += 1) {
        const r = responsibilities / 8 + component * rows;
        const place = sums / 8 + component * 2 * length;
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
            const mean = m[means / 8 + component * dimension + j]!;
            for (let index = 0; index < count; index += 1) {
              z[j * chunk + index] = m[x + active[index]!]! - mean;
              weighted[j * chunk + index] = m[r + active[index]!]! * z[j * chunk + index]!;
            }
            for (let lane = 0; lane < 2; lane += 1) {
              let first = 0;
              for (let index = lane; index < count; index += 2) first += weighted[j * chunk + index]!;
              m[place + 2 * j + lane]! += first;
              for (let k = 0; k <= j; k += 1) {
                let second = 0;
                for (let index = lane; index < count; index += 2) second += weighted[j * chunk + index]! * z[k * chunk + index]!;
                m[place + 2 * (dimension + (j * (j + 1)) / 2 + k) + lane]! += second;
              }
            }
          }
        }
      }
    },
  };
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

/**
 * Where entry (j, k) of a lower triangle stands in the kernels' layout, k = j being one over the diagonal: rows in tiles of four, each
 * tile the columns before it four entries at a time, then its own triangle by rows, then its four inverses; left-over rows one by one.
 */
export function tiledPlace(dimension: number, j: number, k: number): number {
  const first = j - (j % 4);
  if (first + 4 > dimension) {
    const tiled = tileStart(first);
    return tiled + ((j - first) * (first + 1 + j)) / 2 + k;
  }
  const at = tileStart(first);
  if (k < first) return at + 4 * k + (j - first);
  const own = j - first;
  if (k === j) return at + 4 * first + 6 + own;
  return at + 4 * first + (own * (own - 1)) / 2 + (k - first);
}

/** Numbers in the tiles before the row `first`, a multiple of four. */
function tileStart(first: number): number {
  const tiles = first / 4;
  return 10 * tiles + 8 * tiles * (tiles - 1);
}
