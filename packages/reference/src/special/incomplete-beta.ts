import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import { type Evaluation, withoutCancellation } from './cancellation.ts';

const mostTerms = 100_000;

/** I_x(a, b) by the continued fraction DLMF 8.17.22, for x below (a + 1) / (a + b + 2), where it is quick. */
function fractionBelow(reference: Reference, x: Decimal, complement: Decimal, a: Decimal, b: Decimal): Decimal {
  const logBeta = reference
    .logGamma(a)
    .plus(reference.logGamma(b))
    .minus(reference.logGamma(a.plus(b)));
  const logFactor = a
    .times(reference.ln(x))
    .plus(b.times(reference.ln(complement)))
    .minus(logBeta);
  const settled = reference.decimal(`1e-${reference.workingPrecision - 2}`);
  const both = a.plus(b);
  let c = reference.one;
  let d = reference.one.div(reference.one.minus(both.times(x).div(a.plus(1))));
  let fraction = d;
  for (let m = 1; m <= mostTerms; m += 1) {
    const twice = a.plus(2 * m);
    const even = b.minus(m).times(m).times(x).div(twice.minus(1).times(twice));
    d = reference.one.div(even.times(d).plus(1));
    c = reference.one.plus(even.div(c));
    fraction = fraction.times(c).times(d);
    const odd = a
      .plus(m)
      .times(both.plus(m))
      .times(x)
      .negated()
      .div(twice.times(twice.plus(1)));
    d = reference.one.div(odd.times(d).plus(1));
    c = reference.one.plus(odd.div(c));
    const ratio = c.times(d);
    fraction = fraction.times(ratio);
    if (ratio.minus(1).abs().lt(settled)) return fraction.times(reference.exp(logFactor)).div(a);
  }
  throw new ReferenceFailure(
    'no-convergence',
    `The incomplete beta fraction did not settle for x ${x.toPrecision(17)}, a ${a.toPrecision(17)}, b ${b.toPrecision(17)}.`,
  );
}

/** I_x(a, b), the probability that a beta variable of these shapes is at most x (DLMF 8.17.2). */
export function regularizedBeta(reference: Reference, x: Decimal, a: Decimal, b: Decimal): Decimal {
  if (!(x.gte(0) && x.lte(1) && a.gt(0) && b.gt(0) && a.isFinite() && b.isFinite())) {
    throw new ReferenceFailure(
      'domain',
      `The incomplete beta function is defined for 0 <= x <= 1 and shapes > 0, not for x ${x}, a ${a}, b ${b}.`,
    );
  }
  if (x.isZero()) return reference.zero;
  if (x.eq(1)) return reference.one;
  const exponentDigits = 12 + Math.max(0, a.e, b.e) + Math.ceil(Math.log10(Math.max(1, Math.abs(x.e))));
  return withoutCancellation(
    reference,
    (finer): Evaluation => {
      const [point, left, right] = [finer.decimal(x), finer.decimal(a), finer.decimal(b)];
      const complement = finer.one.minus(point);
      if (point.times(left.plus(right).plus(2)).lte(left.plus(1))) {
        const value = fractionBelow(finer, point, complement, left, right);
        return { value, magnitude: value };
      }
      return { value: finer.one.minus(fractionBelow(finer, complement, point, right, left)), magnitude: finer.one };
    },
    exponentDigits,
  );
}
