import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCompensated,
  CompensatedSum,
  compensatedDot,
  compensatedSum,
  compensatedTotal,
  pairwiseSum,
  twoProductError,
  twoSumError,
} from '../../src/numerics/sum.ts';
import { fromSmallestUnits, inSmallestUnits, real } from './oracle.ts';
import { Points } from './points.ts';
import { ulpError } from './ulp.ts';

const seed = { seed: 20240229, numRuns: 300 };
/** Finite numbers of any size whose sums and products stay in range. */
const moderate = fc.double({ min: -1e100, max: 1e100, noNaN: true });
const unitsOfSum = (values: readonly number[]) => values.reduce((sum, value) => sum + inSmallestUnits(value), 0n);
const unitsOfDot = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, value, i) => sum + inSmallestUnits(value) * inSmallestUnits(y[i]!), 0n);
const exactSum = (values: readonly number[]) => fromSmallestUnits(unitsOfSum(values));
const exactDot = (x: readonly number[], y: readonly number[]) => fromSmallestUnits(unitsOfDot(x, y), 2148);
const magnitude = (values: readonly number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0);

/** Terms of wildly different size, whose sum is much smaller than the largest of them. */
function cancelling(count: number, start: number): number[] {
  const points = new Points(start);
  const values = points.list(count, (p) => p.uniform(-1, 1) * p.logUniform(-5, 12)).map(([value]) => value!);
  return [...values, ...values.map((value) => -value * (1 + points.uniform(0, 1e-9)))];
}

describe('error-free transformations', () => {
  it('a + b is exactly the rounded sum and its error', () => {
    fc.assert(
      fc.property(moderate, moderate, (a, b) => {
        const sum = a + b;
        return unitsOfSum([a, b]) === unitsOfSum([sum, twoSumError(a, b, sum)]);
      }),
      seed,
    );
  });

  it('a * b is exactly the rounded product and its error', () => {
    const factor = fc.double({ min: 1e-100, max: 1e100, noNaN: true });
    fc.assert(
      fc.property(factor, factor, fc.boolean(), (a, b, negative) => {
        const signed = negative ? -a : a;
        const product = signed * b;
        return unitsOfDot([signed], [b]) === unitsOfSum([product, twoProductError(signed, b, product)]) << 1074n;
      }),
      seed,
    );
  });
});

describe('compensated sums', () => {
  it('are within an ulp of the exact sum where a plain sum has no digit right', () => {
    for (let start = 1; start <= 20; start += 1) {
      const values = cancelling(200, start);
      const truth = exactSum(values);
      expect(ulpError(compensatedSum(values), truth)).toBeLessThanOrEqual(1);
      // The check can fail: the sum without compensation is caught.
      expect(
        ulpError(
          values.reduce((sum, value) => sum + value, 0),
          truth,
        ),
      ).toBeGreaterThan(1000);
    }
  });

  it('keep what they round off in every form, also across a merge', () => {
    for (let start = 1; start <= 20; start += 1) {
      const values = cancelling(200, start);
      const truth = exactSum(values);
      const whole = new CompensatedSum();
      const state = new Float64Array(2);
      const parts = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum()];
      values.forEach((value, index) => {
        whole.add(value);
        addCompensated(state, 0, value);
        parts[index % 3]!.add(value);
      });
      for (const part of parts.slice(1)) parts[0]!.merge(part);
      for (const sum of [whole.value(), compensatedTotal(state, 0), parts[0]!.value()]) expect(ulpError(sum, truth)).toBeLessThanOrEqual(1);
    }
  });

  it('are the same whether of an array, an object, a state or merged halves', () => {
    fc.assert(
      fc.property(fc.array(moderate, { maxLength: 40 }), fc.nat(40), (values, cut) => {
        const whole = new CompensatedSum();
        const state = new Float64Array(6);
        const [first, second] = [new CompensatedSum(), new CompensatedSum()];
        values.forEach((value, index) => {
          whole.add(value);
          addCompensated(state, 2, value);
          (index < cut ? first : second).add(value);
        });
        first.merge(second);
        const sum = compensatedSum(values);
        expect(whole.value()).toBe(sum);
        expect(compensatedTotal(state, 2)).toBe(sum);
        expect([state[0], state[1], state[4], state[5]]).toEqual([0, 0, 0, 0]);
        expect(Math.abs(first.value() - sum)).toBeLessThanOrEqual(2 ** -53 * Math.abs(sum) + 2 ** -95 * magnitude(values));
      }),
      seed,
    );
  });

  it('are Infinity, -Infinity or NaN where the plain sum is, and 0 when empty', () => {
    expect(compensatedSum([])).toBe(0);
    expect(compensatedSum([1, Infinity, 2])).toBe(Infinity);
    expect(compensatedSum([-Infinity, 1])).toBe(-Infinity);
    expect(compensatedSum([Infinity, -Infinity])).toBeNaN();
    expect(compensatedSum([1e308, 1e308])).toBe(Infinity);
    expect(compensatedSum([5, 1, 2, 7], 1, 3)).toBe(3);
  });
});

describe('the pairwise sum', () => {
  it('stays within its bound for every length, and a plain sum does not', () => {
    for (const length of [0, 1, 7, 8, 9, 127, 128, 129, 255, 256, 257, 1000, 1024, 5000, 100000]) {
      const values = Float64Array.from(new Points(length + 1).list(length, (p) => p.uniform(0, 1)).map(([value]) => value!));
      const truth = exactSum([...values]);
      const bound = (Math.max(0, Math.log2(length / 128)) + 20) * 2 ** -53 * magnitude([...values]);
      expect(
        truth
          .minus(real(pairwiseSum(values)))
          .abs()
          .toNumber(),
      ).toBeLessThanOrEqual(bound);
    }
    const tenth = new Float64Array(100000).fill(0.1);
    const truth = real(0.1).times(100000);
    const pairwise = truth.minus(real(pairwiseSum(tenth))).abs();
    const plain = truth.minus(real(tenth.reduce((sum, value) => sum + value, 0))).abs();
    expect(plain.gt(pairwise.times(100))).toBe(true);
  });

  it('stays within its bound where a plain sum rounds the same way each time', () => {
    // Each term is below half a unit in the last place of the first.
    const values = Float64Array.from({ length: 128 }, (_, index) => (index === 0 ? 1 : 0.9 * 2 ** -53));
    const error = exactSum([...values]).minus(real(pairwiseSum(values)));
    expect(error.abs().toNumber()).toBeLessThanOrEqual(20 * 2 ** -53);
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(1);
  });

  it('takes a range and has a fixed order that depends only on the length', () => {
    const values = Float64Array.from(new Points(3).list(3000, (p) => p.near(1)).map(([value]) => value!));
    expect(pairwiseSum(values, 37, 2037)).toBe(pairwiseSum(values.slice(37, 2037)));
    expect(pairwiseSum(values, 5, 5)).toBe(0);
    expect(pairwiseSum(Float64Array.of(1, Infinity))).toBe(Infinity);
  });
});

describe('the compensated inner product', () => {
  it('is within an ulp of the exact one where a plain one has few digits right', () => {
    for (let start = 1; start <= 20; start += 1) {
      const x = cancelling(100, start);
      const y = [...x].map((_, index) => 1 + (index % 100) / 64);
      const truth = exactDot(x, y);
      expect(ulpError(compensatedDot(x, y), truth)).toBeLessThanOrEqual(1);
      expect(
        ulpError(
          x.reduce((sum, value, i) => sum + value * y[i]!, 0),
          truth,
        ),
      ).toBeGreaterThan(1000);
    }
  });

  it('does not fail where a factor is too large to be split', () => {
    expect(compensatedDot([1e300, 1], [2, 1])).toBe(2e300);
    expect(compensatedDot([], [])).toBe(0);
    expect(compensatedDot([Infinity], [1])).toBe(Infinity);
  });
});
