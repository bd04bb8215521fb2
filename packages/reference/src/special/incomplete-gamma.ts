import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import { withoutCancellation } from './cancellation.ts';

const mostTerms = 200_000;

function requireDomain(shape: Decimal, x: Decimal): void {
  if (shape.gt(0) && shape.isFinite() && x.gte(0)) return;
  throw new ReferenceFailure(
    'domain',
    `The incomplete gamma function is defined for shape > 0 and x >= 0, not for shape ${shape} and x ${x}.`,
  );
}

/** Above the bulk the continued fraction is quick and Q is the smaller of the two; below it the series is, and P is. */
function isUpper(shape: Decimal, x: Decimal): boolean {
  return x.gt(shape.plus(1)) && x.gt(3);
}

/** The exponent a ln x - x is large beside its rounding when a or x is: that many more digits. */
function exponentDigits(shape: Decimal, x: Decimal): number {
  return 12 + Math.max(0, shape.e, x.e) + Math.ceil(Math.log10(Math.max(1, Math.abs(x.e))));
}

/** P by DLMF 8.11.4: x^a e^-x / Gamma(a + 1) times the sum of x^n / ((a + 1) ... (a + n)), every term positive. */
function lowerSeries(reference: Reference, shape: Decimal, x: Decimal): Decimal {
  const logFactor = shape
    .times(reference.ln(x))
    .minus(x)
    .minus(reference.logGamma(shape.plus(1)));
  let term = reference.one;
  let sum = reference.one;
  for (let n = 1; n <= mostTerms; n += 1) {
    const divisor = shape.plus(n);
    term = term.times(x).div(divisor);
    const next = sum.plus(term);
    if (next.eq(sum) && divisor.gt(x)) return sum.times(reference.exp(logFactor));
    sum = next;
  }
  throw new ReferenceFailure(
    'no-convergence',
    `The incomplete gamma series did not settle for shape ${shape.toPrecision(17)} and x ${x.toPrecision(17)}.`,
  );
}

/** Q by Legendre's continued fraction (DLMF 8.9.2, contracted), evaluated forwards by Lentz's method. */
function upperFraction(reference: Reference, shape: Decimal, x: Decimal): Decimal {
  const logFactor = shape.times(reference.ln(x)).minus(x).minus(reference.logGamma(shape));
  const settled = reference.decimal(`1e-${reference.workingPrecision - 2}`);
  let partial = x.plus(1).minus(shape);
  let c: Decimal | undefined;
  let d = reference.one.div(partial);
  let fraction = d;
  for (let n = 1; n <= mostTerms; n += 1) {
    const numerator = shape.minus(n).times(n);
    partial = partial.plus(2);
    d = reference.one.div(numerator.times(d).plus(partial));
    c = c === undefined ? partial : partial.plus(numerator.div(c));
    const ratio = c.times(d);
    fraction = fraction.times(ratio);
    if (ratio.minus(1).abs().lt(settled)) return fraction.times(reference.exp(logFactor));
  }
  throw new ReferenceFailure(
    'no-convergence',
    `The incomplete gamma fraction did not settle for shape ${shape.toPrecision(17)} and x ${x.toPrecision(17)}.`,
  );
}

/** P(shape, x), the probability that a gamma variable of this shape and rate 1 is at most x (DLMF 8.2.4). */
export function regularizedGammaP(reference: Reference, shape: Decimal, x: Decimal): Decimal {
  requireDomain(shape, x);
  if (x.isZero()) return reference.zero;
  if (!x.isFinite()) return reference.one;
  return withoutCancellation(
    reference,
    (finer) => {
      const [a, point] = [finer.decimal(shape), finer.decimal(x)];
      if (!isUpper(a, point)) {
        const value = lowerSeries(finer, a, point);
        return { value, magnitude: value };
      }
      return { value: finer.one.minus(upperFraction(finer, a, point)), magnitude: finer.one };
    },
    exponentDigits(shape, x),
  );
}

/** Q(shape, x) = 1 - P(shape, x), the probability of more than x. */
export function regularizedGammaQ(reference: Reference, shape: Decimal, x: Decimal): Decimal {
  requireDomain(shape, x);
  if (x.isZero()) return reference.one;
  if (!x.isFinite()) return reference.zero;
  return withoutCancellation(
    reference,
    (finer) => {
      const [a, point] = [finer.decimal(shape), finer.decimal(x)];
      if (!isUpper(a, point)) return { value: finer.one.minus(lowerSeries(finer, a, point)), magnitude: finer.one };
      const value = upperFraction(finer, a, point);
      return { value, magnitude: value };
    },
    exponentDigits(shape, x),
  );
}
