import { createRandom } from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponential } from '../src/index.ts';
import {
  atLeastOne,
  blockOf,
  exactMStep,
  expectDegenerate,
  logDensities,
  mStep,
  nothingHeld,
  reference,
  referenceOf,
  summaryOf,
  ulps,
} from './support.ts';

const family = exponential();
const exact = referenceOf(family);

/** Sizes spread evenly over orders of magnitude. */
const magnitude = (from: number, to: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.integer({ min: from, max: to }), fc.double({ min: 1, max: 9.99, noNaN: true }))
    .map(([exponent, digits]) => digits * Number(`1e${exponent}`));

describe('the exponential family', () => {
  it('gives log-densities within 2 ulps of the larger of 1, |log f| and its condition, at any rate and point', () => {
    fc.assert(
      fc.property(magnitude(-290, 290), magnitude(-20, 6), (rate, product) => {
        const x = product / rate;
        const [actual] = logDensities(family, { rate }, blockOf([x]));
        const expected = exact.logDensity([reference.decimal(x)], exact.fromNumbers({ rate }));
        const condition = reference.decimal(rate).ln().abs().plus(reference.decimal(rate).times(x));
        expect(ulps(actual!, expected, atLeastOne(condition))).toBeLessThanOrEqual(2);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('has the density rate at 0, 0 below it, and never NaN', () => {
    const block = blockOf([0, -0, -1e-300, -1, 1e308, Infinity]);
    expect([...logDensities(family, { rate: 1 }, block)]).toEqual([0, 0, -Infinity, -Infinity, -1e308, -Infinity]);
    expect(logDensities(family, { rate: 1e300 }, block)[4]).toBe(-Infinity);
  });

  it('estimates N / sum of r x within 4 ulps at any scale of the data', () => {
    fc.assert(
      fc.property(
        magnitude(-305, 300),
        fc.array(fc.tuple(fc.double({ min: 0, max: 30, noNaN: true }), fc.double({ min: 1e-3, max: 1, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        magnitude(-3, 3),
        (scale, rows, miss) => {
          fc.pre(rows.some(([x]) => x > 1e-3));
          const block = blockOf(rows.map(([x]) => x * scale));
          const responsibilities = rows.map(([, responsibility]) => responsibility);
          const about = { rate: Math.min(miss / scale, 1e308) };
          const expected = exactMStep(family, block, responsibilities, about)['rate'] as ReturnType<typeof reference.decimal>;
          expect(ulps(mStep(family, block, responsibilities, about).rate, expected)).toBeLessThanOrEqual(4);
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it('reproduces the update rate = N / sum of gamma x by hand', () => {
    expect(mStep(family, blockOf([1, 2, 3]), [0.5, 1, 0.5], { rate: 7 }).rate).toBe(0.5);
    expect(mStep(family, blockOf([4]), [1], { rate: 1 }).rate).toBe(0.25);
  });

  it('has no estimate where every observation is 0, or where the rate is no double', () => {
    expectDegenerate('rate', () => mStep(family, blockOf([0, 0]), [1, 1], { rate: 1 }));
    const error = expectDegenerate('rate', () => mStep(family, blockOf([1e-310]), [1], { rate: 1 }));
    expect(error.message).toMatch(/unit/);
  });

  it('keeps a held rate to the bit', () => {
    const about = { rate: 0.1 };
    expect(family.maximize(Float64Array.of(5), 2, about, new Set(['rate']))).toEqual(about);
  });

  it('locates the estimate of the whole data, and any rate where they are all 0', () => {
    expect(family.locate!(summaryOf([[1e308, 1.5e308, 0.5e308]])).rate * 1e308).toBeCloseTo(1, 15);
    expect(family.locate!(summaryOf([[1, 3]], [1, 3])).rate).toBeCloseTo(0.4, 15);
    expect(family.locate!(summaryOf([[0, 0]])).rate).toBe(1);
  });

  it('has a cdf and a quantile that keep their digits in both tails', () => {
    fc.assert(
      fc.property(magnitude(-300, 2), magnitude(-5, 5), (probability, rate) => {
        fc.pre(probability < 1);
        const x = family.quantile!(probability, { rate });
        expect(ulps(x, exact.quantile!(reference.decimal(probability), exact.fromNumbers({ rate })))).toBeLessThanOrEqual(2);
        expect(ulps(family.cdf!(x, { rate }), exact.cdf!(reference.decimal(x), exact.fromNumbers({ rate })))).toBeLessThanOrEqual(2);
      }),
      { seed: 3, numRuns: 200 },
    );
    expect(family.cdf!(-1, { rate: 1 })).toBe(0);
    expect(family.quantile!(0, { rate: 1 })).toBe(0);
    expect(family.quantile!(1, { rate: 1 })).toBe(Infinity);
  });

  it('draws samples that a Kolmogorov-Smirnov test accepts (false-alarm rate 1e-6)', () => {
    const n = 4000;
    const random = createRandom(11);
    const row = new Float64Array(1);
    const draws = Float64Array.from({ length: n }, () => {
      family.sample!({ rate: 3 }, random, row);
      return row[0]!;
    }).sort();
    let largest = 0;
    draws.forEach((x, i) => {
      const p = family.cdf!(x, { rate: 3 });
      largest = Math.max(largest, (i + 1) / n - p, p - i / n);
    });
    // 2 exp(-2 n D^2) = 1e-6
    expect(largest).toBeLessThan(Math.sqrt(Math.log(2e6) / (2 * n)));
  });

  it('follows a change of units to the bit when it is a power of two', () => {
    const block = blockOf([0.3, 1.7, 2.2, 0.9, 5.1]);
    const scaled = blockOf([...block.columns[0]!].map((x) => x * 1024));
    const responsibilities = [0.1, 0.9, 0.5, 0.7, 1];
    const { rate } = mStep(family, block, responsibilities, { rate: 1 });
    expect(mStep(family, scaled, responsibilities, { rate: 1 }).rate).toBe(rate / 1024);
    expect(family.equivariance!.transform({ rate }, [1024], [0])).toEqual({ rate: rate / 1024 });
  });

  it('has the natural form rate -> -rate with log-partition -log rate', () => {
    const form = family.exponentialForm!;
    expect(form.naturalParameters({ rate: 3 })).toEqual([-3]);
    expect(form.fromNatural([-3])).toEqual({ rate: 3 });
    const [density] = logDensities(family, { rate: 3 }, blockOf([0.7]));
    expect(-3 * form.sufficientStatistics(Float64Array.of(0.7))[0]! - form.logPartition([-3])).toBeCloseTo(density!, 15);
  });

  it('adds nothing for rows of responsibility 0, whatever the number of rows', () => {
    for (const size of [1, 2, 3, 4, 5, 8, 9]) {
      const x = Array.from({ length: size }, (_, i) => i + 1);
      const statistics = new Float64Array(1);
      family.accumulate(blockOf(x), new Float64Array(size).fill(1), { rate: 1 }, statistics);
      expect(statistics[0]).toBe((size * (size + 1)) / 2);
      family.accumulate(blockOf(x), new Float64Array(size), { rate: 1 }, statistics);
      expect(statistics[0]).toBe((size * (size + 1)) / 2);
    }
    expect(family.maximize(Float64Array.of(2), 1, { rate: 1 }, nothingHeld)).toEqual({ rate: 0.5 });
  });
});
