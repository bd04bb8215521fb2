import { logOrdinary } from '../numerics/elementary.ts';
import { twoSumError } from '../numerics/sum.ts';
import type { KernelFunctions } from './kernels.ts';
import { HIGH_WORD, NATS_PER_STEP, POWERS_START, STEPS, STEPS_PER_NAT } from './powers.ts';

/**
 * The kernels in plain TypeScript: the same rounding operations in the same order as assembly/, so the same bits. A row stays in one of
 * two lanes, by the parity of its place; the lanes of a sum meet only at the end. How rows and columns are tiled changes no order.
 */
export function createPlainKernels(memory: () => Float64Array): KernelFunctions {
  return {
    gaussian(rows, components, x, weights, unit, constants, scratch, sums) {
      const m = memory();
      const terms = scratch / 8 + 48;
      for (let start = 0; start < rows; start += 16) {
        const from = x / 8 + start;
        shareRelative(m, terms, components, weights / 8 + start, start < unit, m[constants / 8]!, sums / 8, (component, row) => {
          const own = constants / 8 + 2 + 4 * component;
          const z = m[from + row]! - m[own + 1]!;
          return m[own]! - z * z * m[own + 2]!;
        });
        for (let component = 0; component < components; component += 1) {
          const mean = m[constants / 8 + 5 + 4 * component]!;
          const place = sums / 8 + 6 + 6 * component;
          addInStrands(m, place, 3, (row, totals) => {
            const responsibility = m[terms + 16 * component + row]!;
            const z = m[from + row]! - mean;
            const weighted = responsibility * z;
            totals[0]! += responsibility;
            totals[1]! += weighted;
            totals[2]! += weighted * z;
          });
        }
      }
    },

    exponential(rows, components, x, weights, unit, constants, scratch, sums) {
      const m = memory();
      const terms = scratch / 8 + 48;
      for (let start = 0; start < rows; start += 16) {
        const from = x / 8 + start;
        shareRelative(m, terms, components, weights / 8 + start, start < unit, m[constants / 8]!, sums / 8, (component, row) => {
          const own = constants / 8 + 2 + 2 * component;
          return m[own]! - m[own + 1]! * m[from + row]!;
        });
        for (let component = 0; component < components; component += 1) {
          addInStrands(m, sums / 8 + 6 + 4 * component, 2, (row, totals) => {
            const responsibility = m[terms + 16 * component + row]!;
            totals[0]! += responsibility;
            totals[1]! += responsibility * m[from + row]!;
          });
        }
      }
    },

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

    posterior(rows, components, joint, weights, unit, cut, _scratch, sums) {
      const m = memory();
      const first = joint / 8;
      const largest = new Float64Array(16);
      for (let start = 0; start < rows; start += 16) {
        const group = first + start;
        for (let row = 0; row < 16; row += 1) {
          const maximum = largestOf(m, group + row, rows, components);
          largest[row] = maximum;
          const bound = cut && maximum > -10000 ? maximum - 80 : -Infinity;
          for (let component = 0; component < components; component += 1) {
            const at = group + component * rows + row;
            const dropped = m[at]! < bound ? Infinity : 0;
            m[at] = exponentialOfSteps(m, (m[at]! - maximum - dropped) * STEPS_PER_NAT);
          }
        }
        share(m, group, rows, components, weights / 8 + start, start < unit, largest, sums / 8);
        for (let component = 0; component < components; component += 1) {
          const place = sums / 8 + 6 + 2 * component;
          const at = group + component * rows;
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

/** From here on down terms are 0: the power of two has no bit set. */
const FEWEST_STEPS = -261888;

/** Adding 1.5 * 2^52 leaves a whole number in the last bits. */
const ROUND_TO_INTEGER = 6755399441055744;

/** Sums of terms below this are taken again, relative to their largest term. */
const LEAST_TOTAL = 1e-35;

const numberView = new Float64Array(1);
const wordView = new Int32Array(numberView.buffer);

/** 2^(x/256) for x <= 0: the exponential of x steps. */
function exponentialOfSteps(m: Float64Array, x: number): number {
  const y = Math.max(x, FEWEST_STEPS);
  const k = y + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  const r = y - k;
  numberView[0] = m[POWERS_START + (k & (STEPS - 1))]!;
  wordView[HIGH_WORD]! += k << 12;
  const power = numberView[0]!;
  const r2 = r * r;
  const upper = 3.6655655969101062e-6 + r * 3.3083029442992817e-9 + r2 * 2.239395190875157e-12;
  return power + power * (r * 0.0027076061740622863 + r2 * upper);
}

function largestOf(m: Float64Array, at: number, stride: number, components: number): number {
  let largest = m[at]!;
  for (let component = 1; component < components; component += 1) {
    const value = m[at + component * stride]!;
    if (largest < value) largest = value;
  }
  return largest;
}

/**
 * Terms of 16 rows, e^(log joint density - reference), turned into responsibilities times case weights in place; their log-likelihood and
 * its magnitude added to the sums. Returns false, having changed nothing, where the terms of some row are too small.
 */
function share(
  m: Float64Array,
  terms: number,
  stride: number,
  components: number,
  weights: number,
  unit: boolean,
  reference: Float64Array,
  sums: number,
): boolean {
  const totals = new Float64Array(16);
  for (let row = 0; row < 16; row += 1) {
    let total = m[terms + row]!;
    for (let component = 1; component < components; component += 1) total += m[terms + component * stride + row]!;
    if (total < LEAST_TOTAL) return false;
    totals[row] = total;
  }
  for (let lane = 0; lane < 2; lane += 1) {
    let sum = 0;
    let magnitude = 0;
    let product = 1;
    for (let row = lane; row < 16; row += 2) {
      const total = totals[row]!;
      const weight = unit ? 1 : m[weights + row]!;
      const share = weight / total;
      for (let component = 0; component < components; component += 1) m[terms + component * stride + row]! *= share;
      if (unit) {
        product *= total;
        sum += reference[row]!;
        magnitude += Math.abs(reference[row]!);
      } else {
        const logTotal = logOrdinary(total);
        sum += weight * (reference[row]! + logTotal);
        magnitude += weight * (Math.abs(reference[row]!) + Math.abs(logTotal));
      }
    }
    if (unit) {
      const logProduct = logOrdinary(product);
      sum += logProduct;
      magnitude += Math.abs(logProduct);
    }
    const before = m[sums + lane]!;
    const after = before + sum;
    m[sums + lane] = after;
    m[sums + 2 + lane]! += twoSumError(before, sum, after);
    m[sums + 4 + lane]! += magnitude;
  }
  return true;
}

/** Shares of 16 rows whose log joint densities less a reference, in steps, are given; where some row is far from all components, relative to its largest. */
function shareRelative(
  m: Float64Array,
  terms: number,
  components: number,
  weights: number,
  unit: boolean,
  reference: number,
  sums: number,
  steps: (component: number, row: number) => number,
): void {
  const references = new Float64Array(16).fill(reference);
  for (let component = 0; component < components; component += 1) {
    for (let row = 0; row < 16; row += 1) m[terms + 16 * component + row] = exponentialOfSteps(m, steps(component, row));
  }
  if (share(m, terms, 16, components, weights, unit, references, sums)) return;
  for (let row = 0; row < 16; row += 1) {
    for (let component = 0; component < components; component += 1) m[terms + 16 * component + row] = steps(component, row);
    const largest = largestOf(m, terms + row, 16, components);
    for (let component = 0; component < components; component += 1) {
      const at = terms + 16 * component + row;
      m[at] = exponentialOfSteps(m, m[at]! - largest);
    }
    references[row] = largest * NATS_PER_STEP + reference;
  }
  share(m, terms, 16, components, weights, unit, references, sums);
}

/** Adds sums over 16 rows, each in two lanes of two strands, to the memory. */
function addInStrands(m: Float64Array, place: number, length: number, addRow: (row: number, totals: Float64Array) => void): void {
  for (let lane = 0; lane < 2; lane += 1) {
    const [even, odd] = [new Float64Array(length), new Float64Array(length)];
    for (let row = lane; row < 16; row += 4) {
      addRow(row, even);
      addRow(row + 2, odd);
    }
    for (let index = 0; index < length; index += 1) m[place + 2 * index + lane]! += even[index]! + odd[index]!;
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
