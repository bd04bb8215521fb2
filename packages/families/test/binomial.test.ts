import { createRandom } from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomial } from '../src/index.ts';
import {
  atLeastOne,
  blockOf,
  type Decimal,
  exactMStep,
  logDensities,
  mStep,
  nothingHeld,
  reference,
  referenceOf,
  statisticsOf,
  summaryOf,
  ulps,
} from './support.ts';

const probabilities = [0.4, 0.5, 0.65];
const coins = binomial({ trials: 10 });
const byColumn = binomial({ trials: 'column' });

/** Rounds half up to 7 decimals, as the textbook prints. */
const printed = (value: number) => Math.floor(value * 1e7 + 0.5) / 1e7;

describe('the binomial family', () => {
  it('gives the likelihoods of the textbook, equation (6.7), digit by digit', () => {
    const likelihoods = probabilities.map((probability) => Math.exp(logDensities(coins, { probability }, blockOf([6]))[0]!));
    expect(likelihoods.map(printed)).toEqual([0.1114767, 0.2050781, 0.2376685]);
  });

  it('gives the joint probabilities and posteriors of the textbook, equations (6.8) and (6.9)', () => {
    const weights = [0.25, 0.5, 0.25];
    const joint = probabilities.map((probability, j) => weights[j]! * Math.exp(logDensities(coins, { probability }, blockOf([6]))[0]!));
    expect(joint.map(printed)).toEqual([0.0278692, 0.1025391, 0.0594171]);
    const total = joint[0]! + joint[1]! + joint[2]!;
    expect(joint.map((value) => printed(value / total))).toEqual([0.1468149, 0.5401758, 0.3130094]);
  });

  it('gives the new probabilities of the textbook, table 6.4, from the posteriors', () => {
    const data = [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3];
    const weights = [0.25, 0.5, 0.25];
    const joint = probabilities.map((probability, j) =>
      [...logDensities(coins, { probability }, blockOf(data))].map((value) => weights[j]! * Math.exp(value)),
    );
    const totals = data.map((_, i) => joint[0]![i]! + joint[1]![i]! + joint[2]![i]!);
    const estimates = joint.map(
      (values, j) =>
        mStep(
          coins,
          blockOf(data),
          values.map((value, i) => value / totals[i]!),
          { probability: probabilities[j]! },
        ).probability,
    );
    expect(estimates.map(printed)).toEqual([0.3536485, 0.4278732, 0.5128013]);
  });

  it('gives log-masses within 4 ulps of the larger of 1 and |log f|, for up to 1e15 trials and any probability', () => {
    const exact = referenceOf(byColumn);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 14 }),
        fc.double({ min: 1, max: 9.9, noNaN: true }),
        fc.integer({ min: -30, max: -1 }),
        fc.boolean(),
        fc.double({ min: -6, max: 6, noNaN: true }),
        (size, digits, rarity, flipped, z) => {
          const n = Math.max(1, Math.floor(digits * Number(`1e${size}`)));
          const rare = digits * Number(`1e${rarity}`);
          const probability = flipped ? 1 - rare : rare;
          const centre = n * probability + z * Math.sqrt(n * probability * (1 - probability));
          const x = Math.min(n, Math.max(0, Math.round(centre)));
          const [actual] = logDensities(byColumn, { probability }, blockOf([x], [n]));
          const expected = exact.logDensity([reference.decimal(x), reference.decimal(n)], exact.fromNumbers({ probability }));
          expect(ulps(actual!, expected, atLeastOne(expected))).toBeLessThanOrEqual(4);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('gives the same bits with the trials fixed, in a column, and on a second call', () => {
    for (const n of [1, 10, 100, 4095, 4096]) {
      const fixed = binomial({ trials: n });
      const counts = Array.from({ length: 11 }, (_, i) => Math.floor((n * i) / 10));
      for (const probability of [0, 1e-300, 0.3, 0.5, 0.999, 1]) {
        const parameters = { probability };
        const first = logDensities(fixed, parameters, blockOf(counts));
        expect(
          logDensities(
            byColumn,
            parameters,
            blockOf(
              counts,
              counts.map(() => n),
            ),
          ),
        ).toEqual(first);
        expect(logDensities(fixed, parameters, blockOf(counts))).toEqual(first);
      }
    }
  });

  it('is certain at the probabilities 0 and 1: log-mass 0 or minus infinity, never NaN', () => {
    expect([...logDensities(coins, { probability: 0 }, blockOf([0, 1, 10]))]).toEqual([-0, -Infinity, -Infinity]);
    expect([...logDensities(coins, { probability: 1 }, blockOf([0, 9, 10]))]).toEqual([-Infinity, -Infinity, 0]);
    const out = logDensities(coins, { probability: 5e-324 }, blockOf([0, 5, 10]));
    expect(out[0]).toBeCloseTo(0, 300);
    expect(out[1]).toBeCloseTo(5 * Math.log(5e-324) + Math.log(252), 9);
  });

  it('has the log-mass minus infinity off the support', () => {
    for (const family of [coins, binomial({ trials: 5000 }), byColumn]) {
      const n = family === coins ? 10 : 5000;
      const points = [-1, 0.5, n + 1, 1e300, -1e300, 4294967296 + 3];
      const block = blockOf(
        points,
        points.map(() => n),
      );
      expect([...logDensities(family, { probability: 0.4 }, block)]).toEqual(points.map(() => -Infinity));
    }
  });

  it('estimates the share of successes within 3 ulps', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }), fc.double({ min: 1e-6, max: 1, noNaN: true })),
          { minLength: 1, maxLength: 50 },
        ),
        (rows) => {
          const x = rows.map(([successes]) => successes);
          const n = rows.map(([successes, failures]) => successes + failures + 1);
          const responsibilities = rows.map(([, , responsibility]) => responsibility);
          const about = { probability: 0.5 };
          const expected = exactMStep(byColumn, blockOf(x, n), responsibilities, about)['probability'] as Decimal;
          expect(ulps(mStep(byColumn, blockOf(x, n), responsibilities, about).probability, expected)).toBeLessThanOrEqual(3);
        },
      ),
      { seed: 2, numRuns: 150 },
    );
  });

  it('reaches 0 and 1 only when all trials failed or all succeeded', () => {
    const about = { probability: 0.5 };
    expect(mStep(coins, blockOf([0, 0]), [1, 0.5], about).probability).toBe(0);
    expect(mStep(coins, blockOf([10, 10]), [1, 0.5], about).probability).toBe(1);
    expect(byColumn.maximize(Float64Array.of(1e20, 1), 1, about, nothingHeld).probability).toBeLessThan(1);
    expect(byColumn.maximize(Float64Array.of(5e-324, 1e300), 1, about, nothingHeld).probability).toBeGreaterThan(0);
  });

  it('has an estimate for one row, for equal rows, and keeps what it had where there were no trials', () => {
    const about = { probability: 0.25 };
    expect(mStep(coins, blockOf([3]), [0.5], about).probability).toBe(0.3);
    expect(mStep(coins, blockOf([3, 3, 3]), [0.5, 0.1, 1], about).probability).toBeCloseTo(0.3, 15);
    expect(mStep(byColumn, blockOf([0], [0]), [1], about)).toEqual(about);
    expect(coins.maximize(Float64Array.of(1, 1), 1, about, new Set(['probability']))).toEqual(about);
  });

  it('locates the share of the whole data, case weights counted', () => {
    expect(coins.locate!(summaryOf([[2, 4]], [3, 1])).probability).toBe(0.25);
    expect(
      byColumn.locate!(
        summaryOf([
          [2, 4],
          [4, 6],
        ]),
      ).probability,
    ).toBe(0.6);
  });

  it('has a cdf that agrees with the reference, in both tails', () => {
    for (const [n, probability] of [
      [10, 0.3],
      [1000, 0.01],
      [1000, 0.9],
      [100000, 0.5],
    ] as const) {
      const family = binomial({ trials: n });
      const exact = referenceOf(family);
      const parameters = exact.fromNumbers({ probability });
      const deviation = Math.sqrt(n * probability * (1 - probability));
      for (const z of [-6, -3, -1, 0, 1, 3, 6]) {
        const x = Math.round(n * probability + z * deviation);
        if (x < 0 || x > n) continue;
        const expected = exact.cdf!(reference.decimal(x), parameters);
        expect(ulps(family.cdf!(x, { probability }), expected)).toBeLessThanOrEqual(30 * Math.max(1, -Math.log(expected.toNumber())));
      }
      expect(family.cdf!(-1, { probability })).toBe(0);
      expect(family.cdf!(n, { probability })).toBe(1);
      expect(family.cdf!(n + 0.5, { probability })).toBe(1);
    }
  });

  it('has the smallest count whose cdf reaches the probability as quantile', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, probability, chance) => {
          const row = Float64Array.of(0, n);
          const x = byColumn.quantile!(chance, { probability }, row);
          expect(Number.isInteger(x) && x >= 0 && x <= n).toBe(true);
          if (chance < 1) expect(byColumn.cdf!(x, { probability }, row)).toBeGreaterThanOrEqual(chance);
          if (x > 0 && probability < 1 && chance < 1) expect(byColumn.cdf!(x - 1, { probability }, row)).toBeLessThan(chance);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
    expect(coins.quantile!(0, { probability: 0.3 })).toBe(0);
    expect(coins.quantile!(1, { probability: 0.3 })).toBe(10);
    expect(coins.quantile!(0.7, { probability: 1 })).toBe(10);
    expect(coins.quantile!(1, { probability: 0 })).toBe(0);
  });

  it.each([
    [10, 0.3],
    [1, 0.2],
    [40, 0.9],
    [1e6, 3e-6],
    [100, 0.5],
    [1000, 0.97],
    [1e9, 0.25],
  ])('draws counts of %d trials with probability %d that a chi-squared test accepts (false-alarm rate about 1e-6)', (n, probability) => {
    const draws = 4000;
    const random = createRandom(5);
    const row = Float64Array.of(0, n);
    const parameters = { probability };
    // Ten classes of nearly equal probability, cut at the deciles.
    const cuts = [...new Set(Array.from({ length: 9 }, (_, i) => byColumn.quantile!((i + 1) / 10, parameters, row)))];
    const counts = new Array<number>(cuts.length + 1).fill(0);
    for (let i = 0; i < draws; i += 1) {
      byColumn.sample!(parameters, random, row);
      expect(Number.isInteger(row[0]) && row[0]! >= 0 && row[0]! <= n).toBe(true);
      const place = cuts.findIndex((cut) => row[0]! <= cut);
      counts[place < 0 ? cuts.length : place]! += 1;
    }
    const ends = [0, ...cuts.map((cut) => byColumn.cdf!(cut, parameters, row)), 1];
    const chiSquared = counts.reduce((sum, count, i) => {
      const expected = draws * (ends[i + 1]! - ends[i]!);
      return expected === 0 ? sum : sum + (count - expected) ** 2 / expected;
    }, 0);
    // The 1 - 1e-6 quantile of chi-squared with 9 degrees of freedom is 45.1; fewer classes need less.
    expect(chiSquared).toBeLessThan(45.1);
  });

  it('adds successes and failures of each row', () => {
    expect([...statisticsOf(coins, blockOf([1, 2, 3]), [1, 0.5, 2], { probability: 0.1 })]).toEqual([8, 27]);
    expect([...statisticsOf(byColumn, blockOf([1, 2, 3], [1, 4, 5]), [1, 0.5, 2], { probability: 0.1 })]).toEqual([8, 5]);
  });

  it('has the natural form: eta x - A + log C(n, x) is the log-mass', () => {
    const form = coins.exponentialForm!;
    const [natural] = form.naturalParameters({ probability: 0.3 });
    expect(form.fromNatural([natural!]).probability).toBeCloseTo(0.3, 15);
    expect(4 * natural! - form.logPartition([natural!]) + Math.log(210)).toBeCloseTo(
      logDensities(coins, { probability: 0.3 }, blockOf([4]))[0]!,
      13,
    );
    expect(byColumn.exponentialForm).toBeUndefined();
  });

  it('comes to rest on its way to a certain outcome, and measures ordinary changes in parts of the rarer outcome', () => {
    expect(coins.distance!({ probability: 0.5 }, { probability: 0.5 })).toBe(0);
    expect(coins.distance!({ probability: 0.5 }, { probability: 0.55 })).toBeCloseTo(0.1, 12);
    expect(coins.distance!({ probability: 1e-30 }, { probability: 5e-31 })).toBeLessThan(1e-14);
    expect(coins.distance!({ probability: 0 }, { probability: 0 })).toBe(0);
    expect(byColumn.distance!({ probability: 1e-9 }, { probability: 2e-9 })).toBeGreaterThan(0.1);
  });
});
