/**
 * Budgets: how far floating-point results may lie from exact ones, each with its reason. Nothing is compared with a bare `1e-6`.
 */

/** The distance from 1 to the next double, 2^-52: one unit in the last place of 1. */
export const EPSILON: number = Number.EPSILON;

const bits = new DataView(new ArrayBuffer(8));

/** The gap between |x| and the next larger double; the smallest positive double at 0. Infinity and NaN have none: NaN. */
export function ulp(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < Infinity)) return Number.NaN;
  bits.setFloat64(0, magnitude);
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  const next = bits.getFloat64(0);
  return next === Infinity ? magnitude - Number.MAX_VALUE * (1 - EPSILON / 2) : next - magnitude;
}

/** How many doubles lie between a and b, with one of them counted; 0 when they are equal (0 equals -0). NaN when either is NaN. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  const distance = ordered(a) - ordered(b);
  return Number(distance < 0n ? -distance : distance);
}

/** The place of a double among all doubles, counted from 0. */
function ordered(x: number): bigint {
  bits.setFloat64(0, x);
  const magnitude = bits.getBigUint64(0) & 0x7fffffffffffffffn;
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

/** |actual - expected| in units of 2^-52 `scale`; 0 when both are the same infinity, Infinity when one is NaN or only one is infinite. */
export function errorInUlps(actual: number, expected: number, scale: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const error = Math.abs(actual - expected) / (EPSILON * scale);
  return Number.isNaN(error) ? Infinity : error;
}

/**
 * What rounding may do to a sum of `terms` products whose magnitudes sum to `magnitude`, whatever the order of summation:
 * each product rounds a few times, each addition once, and the first-order bound is (terms + 8) 2^-53 magnitude on either side.
 */
export function sumAllowance(terms: number, magnitude: number): number {
  // The smallest normal number stands for products that fell below it, where roundings are absolute.
  return (terms + 8) * EPSILON * magnitude + (terms + 8) * Number.MIN_VALUE;
}

/**
 * The budgets of families that state none in `accuracy`, in ulps. They allow for a handful of elementary functions of an ulp or two
 * each and their sums; what a cancellation loses beyond that is a defect unless it is in the condition number.
 */
export const DEFAULT_BUDGETS = {
  /** Of max(1, |log f|, condition number with respect to the parameters). */
  logDensity: 64,
  /** Of each coordinate's standard error for one observation, and of the parameter's own rounding. */
  maximize: 256,
  /** Of the probability, or of the density's response to one ulp of the arguments. */
  cdf: 256,
  quantile: 256,
} as const;
