import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';

/** Below this magnitude 1 + x or e^x - 1 would lose digits, and the series are short. */
const small = 0.01;

/** ln(1 + x), for x >= -1: 2 artanh(x / (2 + x)) by its series near 0 (Abramowitz and Stegun 4.1.27). */
export function log1p(reference: Reference, x: Decimal): Decimal {
  if (x.lt(-1)) throw new ReferenceFailure('domain', `log1p is defined for numbers >= -1, not for ${x.toPrecision(17)}.`);
  if (x.isZero() || x.abs().gt(small)) {
    const finer = reference.withMoreDigits(5);
    return new reference.Decimal(finer.ln(finer.decimal(x).plus(1))).toSignificantDigits(reference.workingPrecision);
  }
  const argument = reference.decimal(x).div(reference.decimal(x).plus(2));
  const square = argument.times(argument);
  let power = argument;
  let sum = argument;
  for (let k = 3; ; k += 2) {
    power = power.times(square);
    const next = sum.plus(power.div(k));
    if (next.eq(sum)) return sum.times(2);
    sum = next;
  }
}

/** e^x - 1: Taylor's series near 0, the exponential elsewhere. */
export function expm1(reference: Reference, x: Decimal): Decimal {
  if (x.abs().gt(small)) {
    const finer = reference.withMoreDigits(5);
    return new reference.Decimal(finer.exp(finer.decimal(x)).minus(1)).toSignificantDigits(reference.workingPrecision);
  }
  const argument = reference.decimal(x);
  let term = argument;
  let sum = argument;
  for (let k = 2; ; k += 1) {
    term = term.times(argument).div(k);
    const next = sum.plus(term);
    if (next.eq(sum)) return sum;
    sum = next;
  }
}
