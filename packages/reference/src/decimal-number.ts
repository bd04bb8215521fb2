import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from './failure.ts';

/** The constructor of decimal numbers of one precision: a private copy, so that decimal.js's own settings never matter. */
export type DecimalConstructor = typeof Decimal;

/**
 * Anything that names a real number exactly: a double (its exact binary value, so `0.1` is 0.1000000000000000055511151231...),
 * a string (the decimal number it spells, so `'0.1'` is one tenth), a `bigint`, or a `Decimal`.
 */
export type Numeric = number | string | bigint | Decimal;

const doubleBits = new DataView(new ArrayBuffer(8));

/**
 * Spells the exact value of a finite double in decimal digits.
 *
 * A double is m 2^e with whole m and e; for e < 0 that is m 5^-e 10^e, a finite decimal number.
 */
export function exactDoubleText(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '0' : String(value);
  doubleBits.setFloat64(0, value);
  const high = doubleBits.getUint32(0);
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(doubleBits.getUint32(4));
  const biasedExponent = (high >>> 20) & 0x7ff;
  const mantissa = biasedExponent === 0 ? fraction : fraction | (1n << 52n);
  const exponent = Math.max(biasedExponent, 1) - 1075;
  const sign = value < 0 ? '-' : '';
  if (exponent >= 0) return `${sign}${mantissa << BigInt(exponent)}`;
  return `${sign}${mantissa * 5n ** BigInt(-exponent)}e${exponent}`;
}

/**
 * Makes a decimal number from a double, string, `bigint` or `Decimal` without rounding it.
 *
 * @throws ReferenceFailure `invalid-number` for NaN or a string that spells no number.
 */
export function exactDecimal(Constructor: DecimalConstructor, value: Numeric): Decimal {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return new Constructor(exactDoubleText(value));
    if (Number.isNaN(value)) throw new ReferenceFailure('invalid-number', 'NaN is not a number: give a real number or an infinity.');
    return new Constructor(value);
  }
  try {
    const decimal = new Constructor(typeof value === 'bigint' ? value.toString() : value);
    if (!decimal.isNaN()) return decimal;
  } catch (cause) {
    throw new ReferenceFailure(
      'invalid-number',
      `"${String(value)}" does not spell a number: write it as digits, such as 0.25 or 1e-3.`,
      {},
      { cause },
    );
  }
  throw new ReferenceFailure('invalid-number', 'NaN is not a number: give a real number or an infinity.');
}
