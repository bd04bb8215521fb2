import { exp, log1mexp, log1p } from './elementary.ts';

/**
 * log(sum_i e^values[i]) over start <= i < end, without overflow or underflow.
 *
 * Formula: M + log1p(sum of e^(v_i - M) over the others), where M is the largest value, so that a result near 0 keeps its small terms.
 * Accuracy: |error| <= 1.5 ulp of the result + (2 + n / 2) 2^-53.
 * Edges: -Infinity for an empty range or when every value is -Infinity; Infinity when any is Infinity; NaN when any is NaN.
 */
export function logSumExp(values: ArrayLike<number>, start = 0, end: number = values.length): number {
  let largest = -Infinity;
  let at = start;
  for (let index = start; index < end; index += 1) {
    const value = values[index] as number;
    // Survives: of equal largest values another one is left out, and the others are added in another order.
    if (value > largest) {
      largest = value;
      at = index;
    } else if (Number.isNaN(value)) return Number.NaN;
  }
  if (largest === -Infinity || largest === Infinity) return largest;
  let others = 0;
  for (let index = start; index < end; index += 1) {
    if (index !== at) others += exp((values[index] as number) - largest);
  }
  return largest + log1p(others);
}

/**
 * log(e^a + e^b), without overflow or underflow: addition of two numbers given by their logarithms.
 *
 * Accuracy: |error| <= 1 ulp of the result + 2^-53. Edges: the other one when one is -Infinity; Infinity when either is; NaN when either is.
 */
export function logAddExp(a: number, b: number): number {
  // Infinities of one sign, whose difference is not a number, too.
  if (a === b) return a + 0.6931471805599453;
  const difference = a - b;
  // Survives: equal numbers have returned above.
  return difference > 0 ? a + log1p(exp(-difference)) : b + log1p(exp(difference));
}

/**
 * log(e^a - e^b) for a >= b: subtraction of two numbers given by their logarithms.
 *
 * Accuracy: |error| <= 1 ulp of the result + 2 ulp of log(1 - e^(b - a)) + the rounding of b - a over (e^(a - b) - 1).
 * Edges: -Infinity when they are equal; a when b is -Infinity; NaN when a < b, or either is NaN, or both are Infinity.
 */
export function logSubtractExp(a: number, b: number): number {
  return b === -Infinity ? a : a + log1mexp(b - a);
}
