import { log1p, log1pMinusLinear, logQuotient, twoProductError } from '@emkit/core/numerics';

/**
 * Changes of expected complete log-likelihoods from one parameter to another, computed from the step between them. With u the step in
 * parts of the parameter, log(1 + u) = u - (u - log(1 + u)): what the terms of first order leave of each other is had from a difference
 * of products that is not rounded, and the rest is of second order by itself. So a gain of 1e-18 keeps its digits beside sums of 1e6.
 */

/** Steps within this part of a parameter are taken apart into first and higher orders: beyond it nothing is left to cancel. */
export const NEAR = 0.5;

/** a - b c as if the product were not rounded. */
export function lessProduct(a: number, b: number, c: number): number {
  const product = b * c;
  const error = twoProductError(b, c, product);
  // Beyond the doubles there is no error to be had, and none that matters.
  return a - product - (error - error === 0 ? error : 0);
}

/** a b - c d as if the products were not rounded. */
export function productDifference(a: number, b: number, c: number, d: number): number {
  const product = c * d;
  return lessProduct(product, c, d) - lessProduct(product, a, b);
}

/** count log(to / from) with 0 log 0 = 0, where `step` = to - from has digits that `to` may have lost. */
export function timesLogRatio(count: number, from: number, to: number, step: number = to - from): number {
  if (count === 0 || step === 0) return 0;
  const relative = step / from;
  return count * (Math.abs(relative) <= NEAR ? log1p(relative) : logQuotient(to, from));
}

/**
 * The change of a log p - b p when p becomes p (1 + u), given `excess` = a - b p: for |u| <= 1/2, where it keeps the digits of a small u.
 * Undefined elsewhere.
 */
export function nearGain(a: number, excess: number, u: number): number | undefined {
  return Math.abs(u) <= NEAR ? u * excess + a * log1pMinusLinear(u) : undefined;
}

/** The change of a log p - b p from one p >= 0 to another. */
export function rateGain(a: number, b: number, from: number, to: number): number {
  return nearGain(a, lessProduct(a, b, from), (to - from) / from) ?? timesLogRatio(a, from, to) - b * (to - from);
}

/** Where the sums of a column are taken, and in which unit: those of r z and r z^2 with z = (x - about) unit. */
export interface Frame {
  readonly about: number;
  readonly unit: number;
}

/** The change of sum_i r_i log f(x_i; .) for a Gaussian column. */
export function gaussianGain(
  first: number,
  second: number,
  count: number,
  { about, unit }: Frame,
  from: { readonly mean: number; readonly variance: number },
  to: { readonly mean: number; readonly variance: number },
): number {
  // The sums about the mean of `from`, which mostly is where they were taken.
  const offset = (from.mean - about) * unit;
  const firstHere = lessProduct(first, count, offset);
  const secondHere = second - offset * (first + firstHere);
  const step = (to.mean - from.mean) * unit;
  const ofMean = (step / (to.variance * unit * unit)) * lessProduct(2 * firstHere, count, step);
  return 0.5 * (ofMean + varianceGain(secondHere, count, unit, from.variance, to.variance));
}

/** Twice the change of that sum with the variance alone, given the sum of squares about the mean in the unit. */
export function varianceGain(second: number, count: number, unit: number, from: number, to: number): number {
  const variance = from * unit * unit;
  // The precision moves from 1 to 1 + u in parts of itself, and count log p - (second / variance) p is what changes.
  return (
    nearGain(count, -lessProduct(second, count, variance) / variance, (from - to) / to) ??
    timesLogRatio(count, to, from) - (second / (to * unit * unit) - second / variance)
  );
}
