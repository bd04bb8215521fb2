import { degenerate } from '@emkit/core';
import { exponentOf, powerOfTwo, SMALLEST_NORMAL } from '@emkit/core/numerics';

/**
 * Powers of two as units: what lets families add up squares of numbers of any size
 * without overflow and, because multiplying by a power of two does not round, without a change in any digit.
 */

/** The power of two u such that variance u^2 lies in [1, 4): one over the standard deviation, roughly and without rounding. */
export function unitOfVariance(variance: number): number {
  return powerOfTwo(-Math.floor(exponentOf(variance) / 2));
}

/** Whether squares of numbers of the size 1 / unit are so far from both ends of the doubles that they may be taken without the unit. */
export function isOrdinaryUnit(unit: number): boolean {
  return unit > 6.2e-61 && unit < 1.6e60;
}

/** A variance as near to the given one as a double with all its digits can hold. */
export function representableVariance(variance: number): number {
  return Math.min(Math.max(variance, SMALLEST_NORMAL), Number.MAX_VALUE);
}

/** Mean squares in units of `unitOfVariance` below this may have lost digits below 2^-1022. */
const OUT_OF_SCALE = powerOfTwo(-800);
const LARGEST_POWER = powerOfTwo(1022);
const HALF_WAY = powerOfTwo(530);

/**
 * The variance to take statistics with instead, when their mean square shows that it lies hundreds of orders of magnitude away from
 * the data; the same variance when it serves, or when there is nothing further to try.
 */
export function rescaledVariance(variance: number, meanSquare: number): number {
  // Deviations whose squares overflow lie between 2^511 and 2^1023: half way down, all of those squares are doubles.
  if (!(meanSquare < Infinity)) return Math.max(variance, Math.min(variance * HALF_WAY * HALF_WAY, LARGEST_POWER));
  if (meanSquare < OUT_OF_SCALE) return Math.min(variance, representableVariance(variance * meanSquare));
  return variance;
}

/** Values are rounded to about 2^-53 of their size: a standard deviation, or a move of a mean, within a few such roundings holds no information. */
export const ROUNDING: number = 4 * Number.EPSILON;

/**
 * Statistics are taken again about a better mean when variance = S2/N - (S1/N)^2 is below this part of S2/N, that is when the mean
 * moves by more than sqrt(3) of the new standard deviations. Then at most two of 53 bits are lost to the difference, and the extra
 * pass is rare: it happens in the first iterations from a bad start, never near a solution, where S1 vanishes.
 */
export const LEAST_PART = 0.25;

/** The mean to take statistics about instead, one `move` away; the same mean when it cannot come nearer. */
export function recentredMean(mean: number, move: number): number {
  const moved = mean + move;
  if (!Number.isFinite(moved) || Math.abs(move) <= ROUNDING * Math.abs(moved)) return mean;
  // Where all digits of the sum cancelled, nothing is known but that the data are far nearer to 0 than the mean was.
  return Math.abs(moved) <= ROUNDING * Math.abs(mean) ? 0 : moved;
}

/**
 * A variance fit to take first statistics with: that of the data, or where they are all equal the square of their rounding
 * (1 where they are all 0), so that the parameters are valid and the M-step finds the collapse.
 */
export function startingVariance({ mean, variance }: { readonly mean: number; readonly variance: number }): number {
  if (variance > 0) return representableVariance(variance);
  const rounding = mean === 0 ? 1 : mean * Number.EPSILON;
  return representableVariance(rounding * rounding);
}

/** The variance of a mean square in the unit; refused where it is that of roundings of values of this magnitude, or no double. */
export function checkedVariance(square: number, unit: number, magnitude: number): number {
  if (!(Math.sqrt(square) / unit > ROUNDING * magnitude)) {
    throw degenerate('variance', 'it fell to zero, for all the observations of the component are equal or differ by their rounding only');
  }
  const variance = square / unit / unit;
  if (variance < SMALLEST_NORMAL) throw degenerate('variance', 'it is too small for a double: multiply the column by a power of ten');
  if (!(variance < Infinity)) throw degenerate('variance', 'it is too large for a double: divide the column by a power of ten');
  return variance;
}
