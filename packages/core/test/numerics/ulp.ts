import type { Decimal } from 'decimal.js';
import { real } from './oracle.ts';

const bits = new DataView(new ArrayBuffer(8));

/** A number's place among all numbers, so that neighbours differ by 1; both zeros are at 0. */
function place(x: number): bigint {
  bits.setFloat64(0, x);
  const raw = bits.getBigInt64(0);
  return raw >= 0n ? raw : -(raw & 0x7fffffffffffffffn);
}

/** How many steps from one number to the next lie between two numbers; 0 for equal ones and for NaN with NaN, else Infinity with NaN. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  const distance = place(a) - place(b);
  return Number(distance < 0n ? -distance : distance);
}

/** The number `steps` places after x. */
export function stepFrom(x: number, steps: number): number {
  const target = place(x) + BigInt(steps);
  bits.setBigInt64(0, target >= 0n ? target : -target | -0x8000000000000000n);
  return bits.getFloat64(0);
}

/** The unit in the last place at x: the distance to the next number away from zero in the same binade. */
export function ulp(x: number): number {
  const magnitude = Math.abs(x);
  return magnitude === Number.MAX_VALUE ? 2 ** 971 : stepFrom(magnitude, 1) - magnitude;
}

/** The error of `actual` in units in the last place of the exact value; Infinity where one is finite and the other is not. */
export function ulpError(actual: number, exact: Decimal): number {
  const rounded = exact.toNumber();
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Object.is(rounded, actual) ? 0 : Infinity;
  return real(actual)
    .minus(exact)
    .abs()
    .div(real(ulp(rounded)))
    .toNumber();
}

/** The worst error found and where. */
export interface Worst {
  readonly error: number;
  readonly at: readonly number[];
}

/**
 * The largest error of a function over points, in ulps of the exact value divided by `unit` of the point where one is given (a condition
 * number, or whatever the budget is stated in).
 */
export function worstError(
  approximate: (...point: number[]) => number,
  exact: (...point: number[]) => Decimal,
  points: Iterable<readonly number[]>,
  unit: (exact: Decimal, ...point: number[]) => number = () => 1,
): Worst {
  let worst: Worst = { error: 0, at: [] };
  for (const at of points) {
    const truth = exact(...at);
    const error = ulpError(approximate(...at), truth) / unit(truth, ...at);
    if (!(error <= worst.error)) worst = { error, at };
  }
  return worst;
}
