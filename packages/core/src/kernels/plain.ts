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
export function shareRelative(
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
