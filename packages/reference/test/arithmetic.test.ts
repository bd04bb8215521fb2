import { createReference, exactDoubleText } from '@emkit/reference';
import { Decimal } from 'decimal.js';
import { describe, expect, test } from 'vitest';
import { decimal, expectDigits, expectFailure, reference, testNumbers } from './support.ts';

describe('numbers', () => {
  test('a double is taken as its exact binary value', () => {
    expect(reference.decimal(0.1).toString()).toBe('0.1000000000000000055511151231257827021181583404541015625');
    expect(reference.decimal(exactDoubleText(-0.75)).toString()).toBe('-0.75');
    expect(reference.decimal(Number.MIN_VALUE).toPrecision(20)).toBe('4.9406564584124654418e-324');
    expect(reference.decimal(Number.MAX_VALUE).toFixed(0)).toBe(String(BigInt(Number.MAX_VALUE)));
    expect(reference.decimal(-0).toString()).toBe('0');
  });

  test('a double comes back unchanged from its exact value', () => {
    const next = testNumbers(1);
    const view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 300; i += 1) {
      view.setUint32(0, next() * 2 ** 32);
      view.setUint32(4, next() * 2 ** 32);
      const value = view.getFloat64(0);
      if (Number.isFinite(value)) expect(reference.decimal(value).toNumber()).toBe(value);
    }
  });

  test('a string is taken as the decimal number it spells', () => {
    expect(reference.decimal('0.1').times(10).eq(1)).toBe(true);
  });

  test('what is not a number is refused', () => {
    expectFailure('invalid-number', () => reference.decimal(Number.NaN));
    expectFailure('invalid-number', () => reference.decimal('one half'));
  });

  test('the precision is refused outside its range', () => {
    expectFailure('invalid-precision', () => createReference({ precision: 4 }));
    expectFailure('invalid-precision', () => createReference({ precision: 50.5 }));
    expectFailure('invalid-precision', () => createReference({ guardDigits: 4000 }));
  });

  test("decimal.js's own settings neither change nor matter", () => {
    const before = Decimal.precision;
    Decimal.set({ precision: 7, rounding: Decimal.ROUND_DOWN, maxE: 300 });
    try {
      expectDigits(createReference().decimal(2).sqrt(), '1.4142135623730950488016887242096980785696718753769480731766797379907');
      expect(Decimal.precision).toBe(7);
    } finally {
      Decimal.set({ defaults: true });
    }
    expect(Decimal.precision).toBe(before);
  });
});

describe('the elementary functions', () => {
  test("the exponential agrees with decimal.js's own over forty decades", () => {
    const Wider = reference.Decimal.clone({ precision: 80 });
    const next = testNumbers(2);
    for (let i = 0; i < 150; i += 1) {
      const x = reference.decimal((next() - 0.5) * 10 ** (next() * 40 - 34));
      expectDigits(reference.exp(x), new Wider(x).exp(), 63);
    }
  });

  test('the exponential of a difference of a million is a number, not zero', () => {
    const tiny = reference.exp(decimal('-1000000'));
    expect(tiny.isZero()).toBe(false);
    expectDigits(reference.ln(tiny), '-1000000', 60);
    expect(reference.exp(decimal('-1e16')).e).toBe(-4342944819032519);
    expect(reference.exp(decimal('-1e18')).isZero()).toBe(true);
  });

  test('exp(x + y) = exp(x) exp(y)', () => {
    const next = testNumbers(3);
    for (let i = 0; i < 30; i += 1) {
      const [x, y] = [reference.decimal(next() * 20 - 10), reference.decimal(next() * 20 - 10)];
      expectDigits(reference.exp(x.plus(y)), reference.exp(x).times(reference.exp(y)), 62);
    }
  });

  test('log1p and expm1 invert each other near zero without cancellation', () => {
    for (const text of ['1e-300', '-1e-40', '1e-5', '-0.009', '0.011', '-0.75', '3']) {
      expectDigits(reference.expm1(reference.log1p(decimal(text))), text, 58);
    }
    expectDigits(reference.log1p(decimal('1e-40')), decimal('1e-40').minus('5e-81'), 60);
    expect(reference.log1p(decimal('-1')).eq(-Infinity)).toBe(true);
  });

  test('x ln y takes 0 ln 0 as 0', () => {
    expect(reference.xLogY(reference.zero, reference.zero).toNumber()).toBe(0);
  });

  test('a logarithm outside its domain is refused', () => {
    expectFailure('domain', () => reference.ln(decimal('-1')));
    expectFailure('domain', () => reference.log1p(decimal('-1.5')));
  });
});
