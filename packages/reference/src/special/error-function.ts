import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';

/** x^2 to enough digits for exp(-x^2), in which an error of the square is multiplied by the square. */
function square(reference: Reference, x: Decimal): Decimal {
  if (!x.isFinite()) return reference.negativeInfinity.negated();
  const finer = reference.withMoreDigits(10 + 2 * Math.max(0, x.e));
  return finer.decimal(x).times(x);
}

/** erf(x) = sign(x) P(1/2, x^2) (DLMF 7.11.1): the series of P for small x, the continued fraction of Q beyond. */
export function erf(reference: Reference, x: Decimal): Decimal {
  const magnitude = reference.regularizedGammaP(reference.decimal('0.5'), square(reference, x));
  return x.isNegative() ? magnitude.negated() : magnitude;
}

/** erfc(x) = 1 - erf(x) = Q(1/2, x^2) for x >= 0 (DLMF 7.11.2), 2 - erfc(-x) below 0. */
export function erfc(reference: Reference, x: Decimal): Decimal {
  const half = reference.decimal('0.5');
  const argument = square(reference, x);
  return x.isNegative() ? reference.regularizedGammaP(half, argument).plus(1) : reference.regularizedGammaQ(half, argument);
}
