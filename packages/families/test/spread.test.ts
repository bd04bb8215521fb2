import { exponentOf, powerOfTwo, SMALLEST_NORMAL } from '@emkit/core/numerics';
import { describe, expect, it } from 'vitest';
import {
  isOrdinaryUnit,
  ROUNDING,
  recentredMean,
  representableVariance,
  rescaledVariance,
  startingVariance,
  unitOfVariance,
} from '../src/spread.ts';

/** The largest double below a power of two (and not subnormal). */
const below = (x: number): number => x * (1 - Number.EPSILON / 2);

describe('powers of two', () => {
  it('an exponent is that of the greatest power of two not above the number', () => {
    for (let exponent = -1074; exponent <= 1023; exponent += 1) {
      expect(exponentOf(2 ** exponent)).toBe(exponent);
      if (exponent >= -1021) expect(exponentOf(below(2 ** exponent))).toBe(exponent - 1);
    }
    expect(exponentOf(Number.MAX_VALUE)).toBe(1023);
    expect(exponentOf(2 ** -1022 - 2 ** -1074)).toBe(-1023);
    expect(exponentOf(3 * 2 ** -1074)).toBe(-1073);
  });

  it('are made from their exponents, one after the other', () => {
    for (let exponent = -1022; exponent <= 1023; exponent += 1) expect(powerOfTwo(exponent)).toBe(2 ** exponent);
    // What an earlier call left in the low word is gone.
    expect(exponentOf(1 + Number.EPSILON)).toBe(0);
    expect(powerOfTwo(0)).toBe(1);
  });

  it('a unit brings any variance into [1, 4)', () => {
    for (let exponent = -1022; exponent <= 1023; exponent += 3) {
      for (const variance of [2 ** exponent, 1.999 * 2 ** exponent]) {
        const unit = unitOfVariance(variance);
        expect(unit).toBe(2 ** Math.round(Math.log2(unit)));
        const scaled = variance * unit * unit;
        expect(scaled).toBeGreaterThanOrEqual(1);
        expect(scaled).toBeLessThan(4);
      }
    }
  });

  it('an ordinary unit has a square far from both ends of the doubles', () => {
    expect([1, 1e-60, 1e60].map(isOrdinaryUnit)).toEqual([true, true, true]);
    expect([0, 1e-61, 1e61, Number.MAX_VALUE].map(isOrdinaryUnit)).toEqual([false, false, false, false]);
  });
});

describe('variances that are doubles', () => {
  it('lie between the smallest double with all its digits and the largest', () => {
    expect([0, 1e-320, SMALLEST_NORMAL, 2, Number.MAX_VALUE, Infinity].map(representableVariance)).toEqual([
      SMALLEST_NORMAL,
      SMALLEST_NORMAL,
      SMALLEST_NORMAL,
      2,
      Number.MAX_VALUE,
      Number.MAX_VALUE,
    ]);
  });

  it('are tried 2^1060 times as large where squares overflow, as far as that is one', () => {
    expect(rescaledVariance(2 ** -500, Infinity)).toBe(2 ** 560);
    expect(rescaledVariance(2 ** -1022, Infinity)).toBe(2 ** 38);
    expect(rescaledVariance(1, Infinity)).toBe(2 ** 1022);
    expect(rescaledVariance(1, Number.NaN)).toBe(2 ** 1022);
    expect(rescaledVariance(1.5 * 2 ** 1022, Infinity)).toBe(1.5 * 2 ** 1022);
  });

  it('are brought down to the data where mean squares lose digits', () => {
    expect(rescaledVariance(2 ** 800, 2 ** -801)).toBe(0.5);
    expect(rescaledVariance(2 ** 800, 2 ** -800)).toBe(2 ** 800);
    expect(rescaledVariance(1, 2 ** -1060)).toBe(SMALLEST_NORMAL);
    expect(rescaledVariance(SMALLEST_NORMAL, 0)).toBe(SMALLEST_NORMAL);
    expect(rescaledVariance(3, 1)).toBe(3);
  });
});

describe('a better mean', () => {
  it('is the moved one', () => {
    expect(recentredMean(3, 4)).toBe(7);
    expect(recentredMean(3, -4)).toBe(-1);
    expect(recentredMean(0, -1e-300)).toBe(-1e-300);
  });

  it('is the same where it moves by its rounding only, or beyond the doubles', () => {
    expect(recentredMean(1, ROUNDING)).toBe(1);
    expect(recentredMean(1, 2 * ROUNDING)).toBe(1 + 2 * ROUNDING);
    expect(recentredMean(-1, -ROUNDING)).toBe(-1);
    expect(recentredMean(5, 0)).toBe(5);
    expect(recentredMean(1e308, 1e308)).toBe(1e308);
    expect(recentredMean(1, Number.NaN)).toBe(1);
  });

  it('is 0 where all digits cancel', () => {
    expect(recentredMean(1, -1 + ROUNDING)).toBe(0);
    expect(recentredMean(-1, 1 - ROUNDING)).toBe(0);
    expect(recentredMean(1, -1 + 2 * ROUNDING)).toBe(2 * ROUNDING);
    expect(recentredMean(1, -1 - 2 * ROUNDING)).toBe(-2 * ROUNDING);
  });
});

describe('the variance to take first statistics with', () => {
  it('give a variance to start with, never 0: the square of the rounding where all values are equal', () => {
    expect(startingVariance({ mean: 7, variance: 2 })).toBe(2);
    expect(startingVariance({ mean: 7, variance: 1e-320 })).toBe(SMALLEST_NORMAL);
    expect(startingVariance({ mean: 0, variance: 0 })).toBe(1);
    expect(startingVariance({ mean: 4, variance: 0 })).toBe((4 * Number.EPSILON) ** 2);
    expect(startingVariance({ mean: -4, variance: 0 })).toBe((4 * Number.EPSILON) ** 2);
    expect(startingVariance({ mean: 1e-200, variance: 0 })).toBe(SMALLEST_NORMAL);
  });
});
