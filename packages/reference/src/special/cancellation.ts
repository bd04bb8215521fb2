import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';

/** A computed value and the magnitude of the greatest term that went into it; their ratio is what cancellation may have cost. */
export interface Evaluation {
  readonly value: Decimal;
  readonly magnitude: Decimal;
}

/** 1 - x with every digit, for x >= 0 that may lie far below the working precision. */
export function exactComplement(reference: Reference, x: Decimal): Decimal {
  return reference
    .withMoreDigits(Math.min(400, Math.max(0, -x.e)))
    .decimal(1)
    .minus(x);
}

/** a / (a + b) for a, b >= 0, not both 0; near 1 with the digits of its complement. */
export function proportion(reference: Reference, a: Decimal, b: Decimal): Decimal {
  const total = a.plus(b);
  return b.lt(a) ? exactComplement(reference, b.div(total)) : a.div(total);
}

/**
 * Evaluates a formula whose terms may cancel, with as many more digits as they turn out to cost.
 *
 * @param extraDigits - digits to start with beyond the working precision.
 * @returns the value rounded to the reference's working precision.
 * @throws ReferenceFailure `precision-unreachable` when the terms cancel beyond the digits the arithmetic holds. The caller answers for
 *   arguments where the value is exactly zero.
 */
export function withoutCancellation(reference: Reference, evaluate: (finer: Reference) => Evaluation, extraDigits = 10): Decimal {
  let extra = extraDigits;
  for (;;) {
    const { value, magnitude } = evaluate(reference.withMoreDigits(extra));
    // An underflow: there is nothing left that cancelled.
    if (magnitude.isZero()) return reference.zero;
    const lost = value.isZero() ? 2 * extra + reference.workingPrecision : Math.max(0, magnitude.e - value.e);
    if (lost + 5 <= extra) return new reference.Decimal(value).toSignificantDigits(reference.workingPrecision);
    extra = lost + extraDigits;
  }
}
