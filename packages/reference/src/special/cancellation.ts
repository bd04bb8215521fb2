import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';

/** A computed value and the magnitude of the greatest term that went into it; their ratio is what cancellation may have cost. */
export interface Evaluation {
  readonly value: Decimal;
  readonly magnitude: Decimal;
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
