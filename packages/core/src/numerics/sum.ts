/**
 * Sums that do not lose digits: error-free transformations (Knuth 1969, Dekker 1971), compensated sums (Neumaier 1974; Ogita, Rump and
 * Oishi 2005) and pairwise sums, all in a fixed order.
 */

/**
 * The rounding error of `sum`, the floating-point value of a + b: exactly a + b - sum.
 *
 * Domain: finite numbers whose sum does not overflow; otherwise NaN. Branch-free (Knuth's TwoSum).
 */
export function twoSumError(a: number, b: number, sum: number): number {
  const bRounded = sum - a;
  const aRounded = sum - bRounded;
  return a - aRounded + (b - bRounded);
}

/** 2^27 + 1, which splits a number into two halves of 26 bits. */
const SPLITTER = 134217729;

/**
 * The rounding error of `product`, the floating-point value of a * b: exactly a * b - product.
 *
 * Domain: |a| and |b| below 2^996, and a product of magnitude above 2^-969 (or zero); otherwise NaN or not exact. Dekker's product, with
 * Veltkamp's splitting, since there is no fused multiply-add here.
 */
export function twoProductError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/**
 * Adds `value` to the compensated sum that occupies `state[offset]` (the sum) and `state[offset + 1]` (what it has rounded off).
 *
 * Start from two zeros; read with `compensatedTotal`. For many sums side by side without an object for each.
 */
export function addCompensated(state: Float64Array, offset: number, value: number): void {
  const before = state[offset] as number;
  const sum = before + value;
  state[offset] = sum;
  state[offset + 1] = (state[offset + 1] as number) + twoSumError(before, value, sum);
}

/**
 * The value of a compensated sum kept by `addCompensated`: as if summed with twice the precision and then rounded.
 *
 * Accuracy: |error| <= 1/2 ulp of the result + n^2 2^-105 sum |x_i| for n terms.
 * Edges: Infinity, -Infinity or NaN where the plain sum is.
 */
export function compensatedTotal(state: Float64Array, offset: number): number {
  return total(state[offset] as number, state[offset + 1] as number);
}

function total(sum: number, compensation: number): number {
  const value = sum + compensation;
  // Once a sum is infinite its compensation is NaN and has no meaning.
  return Number.isNaN(value) ? sum : value;
}

/** A running compensated sum: `addCompensated` as an object. */
export class CompensatedSum {
  #sum = 0;
  #compensation = 0;

  /** Adds one number. */
  add(value: number): void {
    const before = this.#sum;
    const sum = before + value;
    this.#sum = sum;
    this.#compensation += twoSumError(before, value, sum);
  }

  /** Adds another compensated sum, without losing what that one has rounded off. */
  merge(other: CompensatedSum): void {
    this.add(other.#sum);
    this.#compensation += other.#compensation;
  }

  /** The sum so far, with the accuracy of `compensatedTotal`. */
  value(): number {
    return total(this.#sum, this.#compensation);
  }
}

/**
 * The sum of values[start] ... values[end - 1], compensated. The empty sum is 0.
 *
 * Accuracy and edges: as `compensatedTotal`.
 */
export function compensatedSum(values: ArrayLike<number>, start = 0, end: number = values.length): number {
  let sum = 0;
  let compensation = 0;
  for (let index = start; index < end; index += 1) {
    const value = values[index] as number;
    const next = sum + value;
    compensation += twoSumError(sum, value, next);
    sum = next;
  }
  return total(sum, compensation);
}

/** Below this length a pairwise sum is a plain one, in eight interleaved strands. */
const PAIRWISE_LEAF = 128;

/**
 * The sum of values[start] ... values[end - 1] by halves: nearly as fast as a plain sum. The empty sum is 0.
 *
 * The order of addition depends only on the number of terms.
 * Accuracy: |error| <= (log2(n / 128) + 20) 2^-53 sum |x_i| (Higham 1993). Edges: Infinity, -Infinity or NaN where a partial sum is.
 */
export function pairwiseSum(values: Float64Array, start = 0, end: number = values.length): number {
  const length = end - start;
  // Survives below: the same numbers in another order, within the bound.
  if (length > PAIRWISE_LEAF) {
    // A multiple of 8, so that the strands of the leaves are full.
    const middle = start + (length >> 4) * 8;
    return pairwiseSum(values, start, middle) + pairwiseSum(values, middle, end);
  }
  let index = start;
  let sum = 0;
  if (length >= 8) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (; index + 8 <= end; index += 8) {
      s0 += values[index] as number;
      s1 += values[index + 1] as number;
      s2 += values[index + 2] as number;
      s3 += values[index + 3] as number;
      s4 += values[index + 4] as number;
      s5 += values[index + 5] as number;
      s6 += values[index + 6] as number;
      s7 += values[index + 7] as number;
    }
    sum = s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  }
  for (; index < end; index += 1) sum += values[index] as number;
  return sum;
}

/**
 * The inner product sum_i x[i] y[i] over the length of `x`, as if computed with twice the precision and then rounded.
 *
 * Accuracy: |error| <= 1/2 ulp of the result + n^2 2^-105 sum |x_i y_i| (Ogita, Rump and Oishi 2005, algorithm Dot2).
 * Domain: as `twoProductError`; beyond it the products are not compensated, only their sum is.
 */
export function compensatedDot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  let compensation = 0;
  for (let index = 0; index < x.length; index += 1) {
    const a = x[index] as number;
    const b = y[index] as number;
    const product = a * b;
    const next = sum + product;
    const productError = twoProductError(a, b, product);
    compensation += twoSumError(sum, product, next) + (Number.isNaN(productError) ? 0 : productError);
    sum = next;
  }
  return total(sum, compensation);
}

/** The sum of the first `size` values by four partial sums: quicker than one, and a quarter of its rounding. */
export function stridedSum(values: Float64Array, size: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let row = 0;
  for (; row + 3 < size; row += 4) {
    first += values[row]!;
    second += values[row + 1]!;
    third += values[row + 2]!;
    fourth += values[row + 3]!;
  }
  for (; row < size; row += 1) first += values[row]!;
  return first + second + (third + fourth);
}
