import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';

/** x^2 without rounding: a square needs at most twice the digits. */
function exactSquare(reference: Reference, x: Decimal): Decimal {
  const finer = reference.withMoreDigits(Math.max(0, 2 * x.precision() - reference.workingPrecision));
  return reference.decimal(finer.decimal(x).times(x));
}

/** erf(x) = sign(x) P(1/2, x^2) (DLMF 7.11.1): the series of P for small x, the continued fraction of Q beyond. */
export function erf(reference: Reference, x: Decimal): Decimal {
  const magnitude = reference.regularizedGammaP(reference.decimal('0.5'), exactSquare(reference, x));
  return x.isNegative() ? magnitude.negated() : magnitude;
}

/** erfc(x) = 1 - erf(x) = Q(1/2, x^2) for x >= 0 (DLMF 7.11.2), 2 - erfc(-x) below 0. */
export function erfc(reference: Reference, x: Decimal): Decimal {
  const half = reference.decimal('0.5');
  const square = exactSquare(reference, x);
  return x.isNegative() ? reference.regularizedGammaP(half, square).plus(1) : reference.regularizedGammaQ(half, square);
}
