import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import { bernoulliNumbers } from './bernoulli.ts';
import { withoutCancellation } from './cancellation.ts';

function requirePositive(name: string, x: Decimal): void {
  if (!x.gt(0) || !x.isFinite())
    throw new ReferenceFailure('domain', `${name} is defined for finite numbers > 0, not for ${x.toString()}.`);
}

/**
 * Where Stirling's series reaches every working digit: its smallest term at y is about e^(-2 pi y), and 0.45 digits leaves a wide margin and
 * few terms.
 */
function stirlingShift(reference: Reference, x: Decimal): number {
  const least = 0.45 * reference.workingPrecision + 8;
  return x.gte(least) ? 0 : Math.ceil(least - x.toNumber());
}

/** The sum over k of coefficient(k, B_2k) / y^(2k), up to where a term no longer counts beside `scale`. */
function bernoulliSeries(
  reference: Reference,
  y: Decimal,
  scale: Decimal,
  coefficient: (k: number, bernoulli: Decimal) => Decimal,
): Decimal {
  const inverseSquare = reference.one.div(y.times(y));
  const negligible = scale.abs().times(reference.decimal(`1e-${reference.workingPrecision + 3}`));
  let power = reference.one;
  let sum = reference.zero;
  for (let k = 1; ; k += 1) {
    const numbers = bernoulliNumbers(reference, Math.max(k, 24));
    power = power.times(inverseSquare);
    const term = coefficient(k, numbers[k - 1]!).times(power);
    sum = sum.plus(term);
    if (term.abs().lt(negligible)) return sum;
    if (k > 4 * reference.workingPrecision)
      throw new ReferenceFailure('no-convergence', `Stirling's series did not settle at ${y.toPrecision(17)}.`);
  }
}

/**
 * ln Gamma(x), x > 0: Stirling's series (DLMF 5.11.1) after shifting the argument up by Gamma(x + 1) = x Gamma(x) (DLMF 5.5.1).
 *
 * Exactly 0 at 1 and 2, and right to the working precision beside them.
 */
export function logGamma(reference: Reference, x: Decimal): Decimal {
  requirePositive('logGamma', x);
  if (x.eq(1) || x.eq(2)) return reference.zero;
  return withoutCancellation(reference, (finer) => {
    const argument = finer.decimal(x);
    const shift = stirlingShift(finer, argument);
    let product = finer.one;
    for (let k = 0; k < shift; k += 1) product = product.times(argument.plus(k));
    const y = argument.plus(shift);
    const leading = y.minus('0.5').times(finer.ln(y));
    const series = bernoulliSeries(finer, y, finer.one, (k, bernoulli) => bernoulli.div(2 * k * (2 * k - 1))).times(y);
    const logProduct = finer.ln(product);
    const value = leading.minus(y).plus(finer.logTwoPi.div(2)).plus(series).minus(logProduct);
    return { value, magnitude: finer.Decimal.max(leading.abs(), y, logProduct.abs()) };
  });
}

/** psi(x) = d/dx ln Gamma(x), x > 0: the asymptotic series DLMF 5.11.2 after shifting up by psi(x + 1) = psi(x) + 1/x (DLMF 5.5.2). */
export function digamma(reference: Reference, x: Decimal): Decimal {
  requirePositive('digamma', x);
  return withoutCancellation(reference, (finer) => {
    const argument = finer.decimal(x);
    const shift = stirlingShift(finer, argument);
    let reciprocals = finer.zero;
    for (let k = 0; k < shift; k += 1) reciprocals = reciprocals.plus(finer.one.div(argument.plus(k)));
    const y = argument.plus(shift);
    const leading = finer.ln(y);
    const series = bernoulliSeries(finer, y, finer.one, (k, bernoulli) => bernoulli.div(2 * k));
    const value = leading
      .minus(finer.one.div(y.times(2)))
      .minus(series)
      .minus(reciprocals);
    return { value, magnitude: finer.Decimal.max(leading.abs(), reciprocals) };
  });
}

/** psi'(x), x > 0: the derivative of the series of {@link digamma} (DLMF 5.15.8, 5.15.5). */
export function trigamma(reference: Reference, x: Decimal): Decimal {
  requirePositive('trigamma', x);
  return withoutCancellation(reference, (finer) => {
    const argument = finer.decimal(x);
    const shift = stirlingShift(finer, argument);
    let squares = finer.zero;
    for (let k = 0; k < shift; k += 1) squares = squares.plus(finer.one.div(argument.plus(k).pow(2)));
    const y = argument.plus(shift);
    const inverse = finer.one.div(y);
    const series = bernoulliSeries(finer, y, finer.one, (_k, bernoulli) => bernoulli);
    const value = inverse.plus(inverse.times(inverse).div(2)).plus(series.times(inverse)).plus(squares);
    return { value, magnitude: value };
  });
}

/** Up to this many factors the coefficient is multiplied out in whole numbers, from its definition. */
const mostFactors = 1000;

/** ln C(total, chosen): the whole number itself while it has few factors, ln Gamma beyond. */
export function logBinomialCoefficient(reference: Reference, total: Decimal, chosen: Decimal): Decimal {
  if (!total.isInteger() || !chosen.isInteger() || chosen.lt(0) || chosen.gt(total)) {
    throw new ReferenceFailure(
      'domain',
      `logBinomialCoefficient is defined for whole numbers 0 <= chosen <= total, not for chosen ${chosen} of ${total}.`,
    );
  }
  const fewer = reference.Decimal.min(chosen, total.minus(chosen));
  if (fewer.isZero()) return reference.zero;
  if (fewer.gt(mostFactors)) {
    return withoutCancellation(reference, (finer) => {
      const all = logGamma(finer, finer.decimal(total).plus(1));
      const value = all
        .minus(logGamma(finer, finer.decimal(chosen).plus(1)))
        .minus(logGamma(finer, finer.decimal(total).minus(chosen).plus(1)));
      return { value, magnitude: all };
    });
  }
  const items = BigInt(total.toFixed(0));
  const factors = BigInt(fewer.toFixed(0));
  let coefficient = 1n;
  for (let factor = 1n; factor <= factors; factor += 1n) coefficient = (coefficient * (items - factors + factor)) / factor;
  return reference.ln(reference.decimal(coefficient));
}
