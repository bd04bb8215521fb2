import { logOrdinary } from '../numerics/elementary.ts';
import { twoSumError } from '../numerics/sum.ts';
import type { KernelFunctions } from './kernels.ts';
import {
  COMPONENT_SUMS,
  COUNT,
  CUT,
  ENTROPY,
  EXPONENTIAL_CONSTANT,
  EXPONENTIAL_RATE,
  EXPONENTIAL_RECORD,
  EXPONENTIAL_SUMS,
  FUSED_RECORDS,
  GAUSSIAN_ABOUT,
  GAUSSIAN_CONSTANT,
  GAUSSIAN_HALF_PRECISION,
  GAUSSIAN_MEAN,
  GAUSSIAN_RECORD,
  GAUSSIAN_SUMS,
  GROUP,
  LOG_LIKELIHOOD,
  MAGNITUDE,
  ORDINARY,
  POWERS,
  ROUNDED_OFF,
  TERMS,
} from './layout.ts';
import { HIGH_WORD, NATS_PER_STEP, STEPS, STEPS_PER_NAT } from './powers.ts';

/**
 * The kernels in plain TypeScript: the same rounding operations in the same order as assembly/, so the same bits. A row stays in one of
 * two lanes, by the parity of its place; the lanes of a sum meet only at the end. How rows and columns are tiled changes no order.
 */
export function createPlainKernels(memory: () => Float64Array): KernelFunctions {
  return {
    gaussian(rows, components, x, weights, unit, constants, scratch, sums) {
      const m = memory();
      const terms = scratch / 8 + TERMS;
      const records = constants / 8 + FUSED_RECORDS;
      for (let start = 0; start < rows; start += GROUP) {
        const from = x / 8 + start;
        shareRelative(m, terms, components, weights / 8 + start, start < unit, m[constants / 8]!, sums / 8, (component, row) => {
          const own = records + GAUSSIAN_RECORD * component;
          const z = m[from + row]! - m[own + GAUSSIAN_MEAN]!;
          return m[own + GAUSSIAN_CONSTANT]! - z * z * m[own + GAUSSIAN_HALF_PRECISION]!;
        });
        for (let component = 0; component < components; component += 1) {
          const about = m[records + GAUSSIAN_RECORD * component + GAUSSIAN_ABOUT]!;
          addInStrands(m, sums / 8 + COMPONENT_SUMS + GAUSSIAN_SUMS * component + COUNT, 3, (row, totals) => {
            const responsibility = m[terms + GROUP * component + row]!;
            const z = m[from + row]! - about;
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
      const terms = scratch / 8 + TERMS;
      for (let start = 0; start < rows; start += GROUP) {
        const from = x / 8 + start;
        shareRelative(m, terms, components, weights / 8 + start, start < unit, m[constants / 8]!, sums / 8, (component, row) => {
          const own = constants / 8 + FUSED_RECORDS + EXPONENTIAL_RECORD * component;
          return m[own + EXPONENTIAL_CONSTANT]! - m[own + EXPONENTIAL_RATE]! * m[from + row]!;
        });
        for (let component = 0; component < components; component += 1) {
          addInStrands(m, sums / 8 + COMPONENT_SUMS + EXPONENTIAL_SUMS * component + COUNT, 2, (row, totals) => {
            const responsibility = m[terms + GROUP * component + row]!;
            totals[0]! += responsibility;
            totals[1]! += responsibility * m[from + row]!;
          });
        }
      }
    },

    posterior(rows, components, joint, weights, unit, cut, _scratch, sums) {
      const m = memory();
      const first = joint / 8;
      const largest = new Float64Array(GROUP);
      const steps = new Float64Array(GROUP * components);
      for (let start = 0; start < rows; start += GROUP) {
        const group = first + start;
        for (let row = 0; row < GROUP; row += 1) {
          const maximum = largestOf(m, group + row, rows, components);
          largest[row] = maximum;
          const bound = cut && maximum > ORDINARY ? maximum - CUT : -Infinity;
          for (let component = 0; component < components; component += 1) {
            const at = group + component * rows + row;
            const dropped = m[at]! < bound ? Infinity : 0;
            const own = Math.max((m[at]! - maximum - dropped) * STEPS_PER_NAT, FEWEST_STEPS);
            steps[GROUP * component + row] = own;
            m[at] = exponentialOfSteps(m, own);
          }
        }
        const logTotals = share(m, group, rows, components, weights / 8 + start, start < unit, largest, sums / 8)!;
        for (let lane = 0; lane < 2; lane += 1) {
          let moment = 0;
          for (let component = 0; component < components; component += 1) {
            const at = group + component * rows;
            let count = 0;
            for (let row = lane; row < GROUP; row += 2) {
              moment += m[at + row]! * steps[GROUP * component + row]!;
              count += m[at + row]!;
            }
            m[sums / 8 + COMPONENT_SUMS + 2 * component + lane]! += count;
          }
          m[sums / 8 + ENTROPY + lane]! += logTotals[lane]! - moment * NATS_PER_STEP;
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
  numberView[0] = m[POWERS + (k & (STEPS - 1))]!;
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
 * its magnitude added to the sums. Returns by lane the weighted sum of the logarithms of the rows' totals; or undefined, having changed
 * nothing, where the terms of some row are too small.
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
): readonly number[] | undefined {
  const totals = new Float64Array(GROUP);
  for (let row = 0; row < GROUP; row += 1) {
    let total = m[terms + row]!;
    for (let component = 1; component < components; component += 1) total += m[terms + component * stride + row]!;
    if (total < LEAST_TOTAL) return undefined;
    totals[row] = total;
  }
  const logTotals = [0, 0];
  for (let lane = 0; lane < 2; lane += 1) {
    let nats = 0;
    let logTotal = 0;
    let magnitude = 0;
    let product = 1;
    for (let row = lane; row < GROUP; row += 2) {
      const total = totals[row]!;
      const own = reference[row]!;
      const weight = unit ? 1 : m[weights + row]!;
      const share = weight / total;
      for (let component = 0; component < components; component += 1) m[terms + component * stride + row]! *= share;
      if (unit) {
        product *= total;
        nats += own;
        magnitude += Math.abs(own);
      } else {
        const logarithm = logOrdinary(total);
        nats += weight * own;
        logTotal += weight * logarithm;
        magnitude += weight * (Math.abs(own) + Math.abs(logarithm));
      }
    }
    if (unit) {
      logTotal = logOrdinary(product);
      magnitude += Math.abs(logTotal);
    }
    logTotals[lane] = logTotal;
    const sum = nats + logTotal;
    const before = m[sums + LOG_LIKELIHOOD + lane]!;
    const after = before + sum;
    m[sums + LOG_LIKELIHOOD + lane] = after;
    m[sums + ROUNDED_OFF + lane]! += twoSumError(before, sum, after);
    m[sums + MAGNITUDE + lane]! += magnitude;
  }
  return logTotals;
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
  const references = new Float64Array(GROUP).fill(reference);
  for (let component = 0; component < components; component += 1) {
    for (let row = 0; row < GROUP; row += 1) m[terms + GROUP * component + row] = exponentialOfSteps(m, steps(component, row));
  }
  if (share(m, terms, GROUP, components, weights, unit, references, sums) !== undefined) return;
  for (let row = 0; row < GROUP; row += 1) {
    for (let component = 0; component < components; component += 1) m[terms + GROUP * component + row] = steps(component, row);
    const largest = largestOf(m, terms + row, GROUP, components);
    for (let component = 0; component < components; component += 1) {
      const at = terms + GROUP * component + row;
      m[at] = exponentialOfSteps(m, m[at]! - largest);
    }
    references[row] = largest * NATS_PER_STEP + reference;
  }
  share(m, terms, GROUP, components, weights, unit, references, sums);
}

/** Adds sums over 16 rows, each in two lanes of two strands, to the memory. */
function addInStrands(m: Float64Array, place: number, length: number, addRow: (row: number, totals: Float64Array) => void): void {
  for (let lane = 0; lane < 2; lane += 1) {
    const [even, odd] = [new Float64Array(length), new Float64Array(length)];
    for (let row = lane; row < GROUP; row += 4) {
      addRow(row, even);
      addRow(row + 2, odd);
    }
    for (let index = 0; index < length; index += 1) m[place + 2 * index + lane]! += even[index]! + odd[index]!;
  }
}
