import { expOrdinary, logOrdinary } from '../numerics/elementary.ts';
import { twoSumError } from '../numerics/sum.ts';
import type { KernelFunctions } from './kernels.ts';

/**
 * The kernels in plain TypeScript: the same rounding operations in the same order as assembly/, so the same bits. A row stays in one of
 * two lanes, by the parity of its place; the lanes of a sum meet only at the end. How rows and columns are tiled changes no order.
 */
export function createPlainKernels(memory: () => Float64Array): KernelFunctions {
  return {
    gaussian(rows, components, x, weights, uniform, constants, scratch, sums) {
      const m = memory();
      const joint = scratch / 8 + 16;
      for (let start = 0; start < rows; start += 16) {
        const from = x / 8 + start;
        for (let component = 0; component < components; component += 1) {
          const own = constants / 8 + 4 * component;
          const constant = m[own]!;
          const mean = m[own + 1]!;
          const halfPrecision = m[own + 2]!;
          const out = joint + 16 * component;
          for (let row = 0; row < 16; row += 1) {
            const z = m[from + row]! - mean;
            m[out + row] = constant - z * z * halfPrecision;
          }
        }
        posteriorGroup(m, joint, 16, components, weights / 8 + start, uniform, sums / 8);
        for (let component = 0; component < components; component += 1) {
          const mean = m[constants / 8 + 4 * component + 3]!;
          const place = sums / 8 + 6 + 6 * component;
          for (let lane = 0; lane < 2; lane += 1) {
            let count = 0;
            let first = 0;
            let second = 0;
            for (let row = lane; row < 16; row += 2) {
              const responsibility = m[joint + 16 * component + row]!;
              const z = m[from + row]! - mean;
              const weighted = responsibility * z;
              count += responsibility;
              first += weighted;
              second += weighted * z;
            }
            m[place + lane]! += count;
            m[place + 2 + lane]! += first;
            m[place + 4 + lane]! += second;
          }
        }
      }
    },

    exponential(rows, components, x, weights, uniform, constants, scratch, sums) {
      const m = memory();
      const joint = scratch / 8 + 16;
      for (let start = 0; start < rows; start += 16) {
        const from = x / 8 + start;
        for (let component = 0; component < components; component += 1) {
          const constant = m[constants / 8 + 2 * component]!;
          const rate = m[constants / 8 + 2 * component + 1]!;
          const out = joint + 16 * component;
          for (let row = 0; row < 16; row += 1) m[out + row] = constant - rate * m[from + row]!;
        }
        posteriorGroup(m, joint, 16, components, weights / 8 + start, uniform, sums / 8);
        for (let component = 0; component < components; component += 1) {
          const place = sums / 8 + 6 + 4 * component;
          for (let lane = 0; lane < 2; lane += 1) {
            let count = 0;
            let first = 0;
            for (let row = lane; row < 16; row += 2) {
              const responsibility = m[joint + 16 * component + row]!;
              count += responsibility;
              first += responsibility * m[from + row]!;
            }
            m[place + lane]! += count;
            m[place + 2 + lane]! += first;
          }
        }
      }
    },

    plane(rows, components, x, weights, uniform, constants, scratch, sums) {
      const m = memory();
      const joint = scratch / 8 + 16;
      for (let start = 0; start < rows; start += 16) {
        const from = x / 8 + start;
        for (let component = 0; component < components; component += 1) {
          const own = constants / 8 + 8 * component;
          const out = joint + 16 * component;
          for (let row = 0; row < 16; row += 1) {
            const y0 = (m[from + row]! - m[own + 1]!) * m[own + 4]!;
            const y1 = (m[from + rows + row]! - m[own + 2]! - m[own + 3]! * y0) * m[own + 5]!;
            m[out + row] = m[own]! - 0.5 * (y0 * y0 + y1 * y1);
          }
        }
        posteriorGroup(m, joint, 16, components, weights / 8 + start, uniform, sums / 8);
        for (let component = 0; component < components; component += 1) {
          const mean0 = m[constants / 8 + 8 * component + 6]!;
          const mean1 = m[constants / 8 + 8 * component + 7]!;
          const place = sums / 8 + 6 + 12 * component;
          for (let lane = 0; lane < 2; lane += 1) {
            const totals = [0, 0, 0, 0, 0, 0];
            for (let row = lane; row < 16; row += 2) {
              const responsibility = m[joint + 16 * component + row]!;
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

    posterior(rows, components, joint, weights, uniform, cut, _scratch, sums) {
      const m = memory();
      const first = joint / 8;
      for (let start = 0; start < rows; start += 16) {
        if (cut) cutRows(m, first + start, rows, components);
        posteriorGroup(m, first + start, rows, components, weights / 8 + start, uniform, sums / 8);
        for (let component = 0; component < components; component += 1) {
          const place = sums / 8 + 6 + 2 * component;
          const at = first + component * rows + start;
          for (let lane = 0; lane < 2; lane += 1) {
            let count = 0;
            for (let row = lane; row < 16; row += 2) count += m[at + row]!;
            m[place + lane]! += count;
          }
        }
      }
    },

    independentDensities(rows, components, dimension, columns, constants, joint) {
      const m = memory();
      const distance = new Float64Array(rows);
      for (let component = 0; component < components; component += 1) {
        const own = constants / 8 + component * (1 + 2 * dimension);
        distance.fill(0);
        for (let column = 0; column < dimension; column += 1) {
          const x = columns / 8 + column * rows;
          const mean = m[own + 1 + 2 * column]!;
          const halfPrecision = m[own + 2 + 2 * column]!;
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
        const place = sums / 8 + component * 4 * dimension;
        for (let column = 0; column < dimension; column += 1) {
          const x = columns / 8 + column * rows;
          const mean = m[means / 8 + component * dimension + column]!;
          for (let lane = 0; lane < 2; lane += 1) {
            const firsts = [0, 0];
            const seconds = [0, 0];
            for (let strand = 0; strand < 2; strand += 1) {
              let first = 0;
              let second = 0;
              for (let index = 2 * strand + lane; index < count; index += 4) {
                const row = active[index]!;
                const z = m[x + row]! - mean;
                const weighted = m[r + row]! * z;
                first += weighted;
                second += weighted * z;
              }
              firsts[strand] = first;
              seconds[strand] = second;
            }
            m[place + 2 * column + lane]! += firsts[0]! + firsts[1]!;
            m[place + 2 * (dimension + column) + lane]! += seconds[0]! + seconds[1]!;
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

/** e^x for x <= 0, and 0 below -708. */
function expNonPositive(x: number): number {
  return x < -708 ? 0 : expOrdinary(x);
}

/** Responsibilities of 16 rows in place, and their log-likelihood and its magnitude added to the sums. */
function posteriorGroup(
  m: Float64Array,
  joint: number,
  stride: number,
  components: number,
  weights: number,
  uniform: number,
  sums: number,
): void {
  for (let lane = 0; lane < 2; lane += 1) {
    let sum = 0;
    let magnitude = 0;
    let product = 1;
    for (let row = lane; row < 16; row += 2) {
      let largest = m[joint + row]!;
      for (let component = 1; component < components; component += 1) {
        const value = m[joint + component * stride + row]!;
        if (largest < value) largest = value;
      }
      let total = 0;
      for (let component = components - 1; component >= 0; component -= 1) {
        const at = joint + component * stride + row;
        const term = expNonPositive(m[at]! - largest);
        m[at] = term;
        total += term;
      }
      const weight = m[weights + row]!;
      const share = weight / total;
      for (let component = 0; component < components; component += 1) m[joint + component * stride + row]! *= share;
      if (uniform) {
        if (!(weight > 0)) continue;
        sum += largest;
        magnitude += Math.abs(largest);
        product *= total;
      } else {
        const logTotal = logOrdinary(total);
        sum += weight * (largest + logTotal);
        magnitude += weight * (Math.abs(largest) + logTotal);
      }
    }
    if (uniform) {
      const logProduct = logOrdinary(product);
      sum += logProduct;
      magnitude += logProduct;
    }
    const before = m[sums + lane]!;
    const after = before + sum;
    m[sums + lane] = after;
    m[sums + 2 + lane]! += twoSumError(before, sum, after);
    m[sums + 4 + lane]! += magnitude;
  }
}

function cutRows(m: Float64Array, joint: number, stride: number, components: number): void {
  for (let row = 0; row < 16; row += 1) {
    let largest = m[joint + row]!;
    for (let component = 1; component < components; component += 1) {
      const value = m[joint + component * stride + row]!;
      if (largest < value) largest = value;
    }
    const bound = largest > -10000 ? largest - 80 : -Infinity;
    for (let component = 0; component < components; component += 1) {
      const at = joint + component * stride + row;
      if (m[at]! < bound) m[at] = -Infinity;
    }
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
