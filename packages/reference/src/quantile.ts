import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';
import { ReferenceFailure } from './failure.ts';

const mostTurns = 2000;

/** A continuous distribution on the line, as the search for a quantile needs it. */
export interface ContinuousDistribution {
  /** P(X <= x). */
  cdf(x: Decimal): Decimal;
  /** P(X > x), without cancellation. */
  survival(x: Decimal): Decimal;
  /** ln of the density. */
  logDensity(x: Decimal): Decimal;
  /** The support's ends; infinite where it has none. */
  readonly minimum: Decimal;
  readonly maximum: Decimal;
  /** A point inside the support, and a length of the order of the distribution's spread. */
  readonly centre: Decimal;
  readonly spread: Decimal;
}

/**
 * The x with cdf(x) = probability, for 0 < probability < 1: brackets it, then takes Newton's steps on the logarithm of the smaller tail,
 * halving the bracket whenever a step leaves it.
 *
 * @throws ReferenceFailure `no-convergence`.
 */
export function continuousQuantile(reference: Reference, distribution: ContinuousDistribution, probability: Decimal): Decimal {
  if (probability.isZero()) return distribution.minimum;
  if (probability.eq(1)) return distribution.maximum;
  const lowerTail = probability.lte('0.5');
  const target = reference.ln(lowerTail ? probability : reference.one.minus(probability));
  const direction = lowerTail ? 1 : -1;
  // Rises with x and is zero at the quantile.
  const excess = (x: Decimal): { readonly value: Decimal; readonly tail: Decimal } => {
    const tail = lowerTail ? distribution.cdf(x) : distribution.survival(x);
    return { value: reference.ln(tail).minus(target).times(direction), tail };
  };

  let low = distribution.minimum;
  let high = distribution.maximum;
  let x = distribution.centre;
  let stride = distribution.spread;
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const { value, tail } = excess(x);
    if (value.isZero()) return x;
    if (value.lt(0)) low = x;
    else high = x;
    const bracketed = low.isFinite() && high.isFinite();
    const newton = tail.isZero() ? undefined : x.minus(value.times(reference.exp(reference.ln(tail).minus(distribution.logDensity(x)))));
    let next: Decimal;
    if (newton?.isFinite() && newton.gt(low) && newton.lt(high)) next = newton;
    else if (bracketed) next = low.plus(high).div(2);
    else {
      next = value.lt(0) ? x.plus(stride) : x.minus(stride);
      stride = stride.times(2);
    }
    const change = next.minus(x).abs();
    if (change.lte(next.abs().times(`1e-${reference.workingPrecision - 4}`))) return next;
    x = next;
  }
  throw new ReferenceFailure('no-convergence', `The quantile at ${probability.toPrecision(17)} was not found in ${mostTurns} steps.`);
}

/**
 * The smallest whole x >= minimum with cdf(x) >= probability: brackets by doubling, then halves.
 *
 * @param maximum - the support's end; Infinity where it has none.
 */
export function discreteQuantile(
  reference: Reference,
  cdf: (x: Decimal) => Decimal,
  minimum: number,
  maximum: Decimal,
  probability: Decimal,
): Decimal {
  let low = reference.decimal(minimum);
  if (probability.isZero() || cdf(low).gte(probability)) return low;
  if (probability.eq(1)) return maximum;
  let stride = reference.one;
  let high = reference.Decimal.min(low.plus(stride), maximum);
  while (high.lt(maximum) && cdf(high).lt(probability)) {
    low = high;
    stride = stride.times(2);
    high = reference.Decimal.min(low.plus(stride), maximum);
  }
  while (high.minus(low).gt(1)) {
    const middle = low.plus(high).div(2).floor();
    if (cdf(middle).gte(probability)) high = middle;
    else low = middle;
  }
  return high;
}
