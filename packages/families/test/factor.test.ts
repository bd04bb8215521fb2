import { codecOf, createRandom, type Family, fit, maximizeShared } from '@emkit/core';
import { compensatedSum } from '@emkit/core/numerics';
import { createMixture, runEm } from '@emkit/reference';
import { describe, expect, it } from 'vitest';
import { type MultivariateGaussianParameters, multivariateGaussian } from '../src/index.ts';
import { blockOf, columnsOf, type Decimal, exactly, logDensities, nothingHeld, reference, referenceOf, settle } from './support.ts';

type Refined = MultivariateGaussianParameters & { readonly factor?: readonly (readonly number[])[] };

const family: Family<Refined> = multivariateGaussian({ dimension: 3 });
const tied: Family<Refined> = multivariateGaussian({ dimension: 3, covariance: 'tied' });

/** Two overlapping groups in which the third column is the first less the second but for a part of 1 in the root of `condition`. */
function rowsOf(condition: number, count = 48): number[][] {
  const random = createRandom(3);
  const rest = 1 / Math.sqrt(condition);
  return Array.from({ length: count }, (_, i) => {
    const shift = i % 2;
    const a = random.normal() + 3 * shift;
    const b = 2 * random.normal() - shift;
    return [a, b, a - b + rest * (random.normal() + 2 * shift)];
  });
}

const start = {
  weights: [0.5, 0.5],
  components: [
    {
      mean: [0, 0, 0],
      covariance: [
        [1, 0, 0],
        [0, 4, 0],
        [0, 0, 5],
      ],
    },
    {
      mean: [3, -1, 4],
      covariance: [
        [1, 0, 0],
        [0, 4, 0],
        [0, 0, 5],
      ],
    },
  ],
};

/** EM by the family alone, as a driver does it; tied components share their covariance. */
function em(of: Family<Refined>, rows: readonly (readonly number[])[], iterations: number) {
  const block = blockOf(...columnsOf(rows));
  let weights: readonly number[] = start.weights;
  let components: readonly Refined[] = start.components;
  const expectation = () => {
    const joint = components.map((component, k) => logDensities(of, component, block).map((value) => value + Math.log(weights[k]!)));
    const totals = rows.map((_, i) => Math.max(...joint.map((each) => each[i]!)));
    const sums = rows.map((_, i) => joint.reduce((sum, each) => sum + Math.exp(each[i]! - totals[i]!), 0));
    return {
      responsibilities: joint.map((each) => rows.map((_, i) => Math.exp(each[i]! - totals[i]!) / sums[i]!)),
      logLikelihood: compensatedSum(sums.map((sum, i) => Math.log(sum) + totals[i]!)),
    };
  };
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const { responsibilities } = expectation();
    const counts = responsibilities.map((each) => compensatedSum(each));
    const settled = components.map((component, k) => settle(of, block, responsibilities[k]!, component));
    for (const { passes } of settled) expect(passes).toBeLessThanOrEqual(iteration === 0 ? 4 : 2);
    const statistics = settled.map((each) => each.statistics);
    const points = settled.map((each) => each.point);
    components =
      of === tied
        ? maximizeShared(
            of,
            statistics,
            counts,
            points,
            new Set(['covariance']),
            points.map(() => nothingHeld),
          )
        : points.map((point, k) => of.maximize(statistics[k]!, counts[k]!, point, nothingHeld));
    weights = counts.map((count) => count / rows.length);
  }
  return { weights, components, logLikelihood: expectation().logLikelihood };
}

/** The Cholesky factor of an exact matrix. */
function exactFactor(matrix: readonly (readonly Decimal[])[]): Decimal[][] {
  const factor: Decimal[][] = [];
  for (const [j, row] of matrix.entries()) {
    factor.push([]);
    for (let k = 0; k <= j; k += 1) {
      const rest = factor[k]!.slice(0, k).reduce((sum, entry, m) => sum.minus(entry.times(factor[j]![m]!)), row[k]!);
      factor[j]!.push(j === k ? rest.sqrt() : rest.div(factor[k]![k]!));
    }
  }
  return factor;
}

const digits = (actual: number, exact: Decimal, scale: Decimal = exact.abs()): number =>
  Math.min(17, -Math.log10(Math.max(reference.decimal(actual).minus(exact).abs().div(scale).toNumber(), 1e-300)));

describe('a nearly singular covariance loses no digits to its condition number', () => {
  const cases = [family, tied].flatMap((each) =>
    [1e4, 1e8, 1e12].map((condition) => [each.options['covariance'], condition, each] as const),
  );
  it.each(cases)(
    '%s, condition number %d: likelihood, means, covariances and factor agree with 50 digits after fifteen steps',
    (_, condition, each) => {
      const rows = rowsOf(condition);
      const exact = runEm(
        createMixture(reference, { family: 'multivariate-gaussian', options: each.options, ...start }),
        { rows },
        { iterations: 15 },
      );
      const found = em(each, rows, 15);
      const least = condition > 1e10 ? 10 : 12;
      expect(digits(found.logLikelihood, exact.logLikelihood)).toBeGreaterThanOrEqual(least);
      found.components.forEach(({ mean, covariance, factor }, k) => {
        const truth = exact.mixture.components[k]!.parameters as { mean: Decimal[]; covariance: Decimal[][] };
        const deviations = truth.covariance.map((row, j) => row[j]!.sqrt());
        const pivots = exactFactor(truth.covariance);
        for (const [j, value] of mean.entries()) expect(digits(value, truth.mean[j]!, deviations[j]!)).toBeGreaterThanOrEqual(least);
        for (const [j, m] of [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => [row, column] as const))) {
          const scale = deviations[j]!.times(deviations[m]!);
          expect(digits(covariance[j]![m]!, truth.covariance[j]![m]!, scale)).toBeGreaterThanOrEqual(least);
        }
        for (const [j, row] of factor!.entries()) expect(digits(row[j]!, pivots[j]![j]!)).toBeGreaterThanOrEqual(least);
      });
    },
  );

  it.each([1e8, 1e10])('a fit takes no more steps than others, condition number %d', (condition) => {
    for (const accelerate of [true, false]) {
      const { diagnosis, iterations } = fit(rowsOf(condition, 90), { family, components: 2, start, accelerate });
      expect(diagnosis.kind).toBe('converged');
      expect(iterations).toBeLessThanOrEqual(60);
    }
  });
});

describe('a covariance kept by its factor', () => {
  const [nearly] = em(family, rowsOf(1e12), 3).components;
  const parameters = nearly!;
  const frames: readonly Refined[] = [
    parameters,
    { ...parameters, mean: parameters.mean.map((value, j) => value + 1e-3 * (j + 1)) },
    {
      mean: [1, 2, 3],
      covariance: [
        [2, 0.5, 0],
        [0.5, 1, 0.25],
        [0, 0.25, 3],
      ],
    },
    {
      mean: [2, -2, 3],
      covariance: [
        [1, 0, 0],
        [0, 2 ** 40, 0],
        [0, 0, 5],
      ],
    },
  ];

  it('is shown as the product of the factor, to the bit, and nothing else is', () => {
    expect(family.show!(parameters)).toEqual({ mean: parameters.mean, covariance: parameters.covariance });
    const plain = {
      mean: [0, 0, 0],
      covariance: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    };
    expect(family.show!(plain)).toEqual(plain);
    const { covariance } = family.show!({ ...plain, factor: [[2], [1, 3], [0, 0.5, 4]] });
    expect(covariance).toEqual([
      [4, 2, 0],
      [2, 10, 1.5],
      [0, 1.5, 16.25],
    ]);
  });

  it('is held with its factor', () => {
    const block = blockOf(...columnsOf(rowsOf(1e12)));
    const held = new Set(['covariance']);
    const { statistics, point } = settle(family, block, new Array(48).fill(1), parameters, held);
    const estimate = family.maximize(statistics, 48, point, held);
    expect(estimate.factor).toBe(parameters.factor);
    expect(estimate.covariance).toBe(parameters.covariance);
    expect(estimate.mean).not.toEqual(parameters.mean);
  });

  it('has coordinates that bring the factor back', () => {
    const codec = codecOf(family);
    const vector = new Float64Array(codec.length + 1);
    codec.encode(parameters, vector, 1);
    const back = codec.decode(vector, 1) as Refined;
    expect(back.mean).toEqual(parameters.mean);
    expect(back.covariance).toEqual(family.show!(back)['covariance']);
    const kept = parameters.factor!.flat();
    for (const [index, entry] of back.factor!.flat().entries())
      expect(Math.abs(entry - kept[index]!)).toBeLessThanOrEqual(32 * Number.EPSILON * Math.abs(entry));
    const scales = new Float64Array(codec.length + 1);
    codec.scales!(parameters, scales, 1);
    const [first, second, third] = parameters.factor!.map((row) => row.at(-1)!);
    expect([...scales.subarray(1)]).toEqual([first, second, third, 1, second, 1, third, third, 1]);
  });

  it('gives the density its digits', () => {
    const rows = rowsOf(1e12);
    const exact = referenceOf(family);
    const logDensity = exact.logDensityAt(exactly(exact, parameters));
    const found = logDensities(family, parameters, blockOf(...columnsOf(rows)));
    rows.forEach((row, i) => {
      const truth = logDensity(row.map((x) => reference.decimal(x)));
      expect(digits(found[i]!, truth, reference.Decimal.max(1, truth.abs()))).toBeGreaterThanOrEqual(8.5);
    });
  });

  it('has sums that can be taken about any other point and back, in whitened coordinates or out of them', () => {
    const random = createRandom(8);
    const about = frames[0]!;
    const draws = Array.from({ length: 200 }, () => {
      const row = new Float64Array(3);
      family.sample!(about, random, row);
      return [...row];
    });
    const block = blockOf(...columnsOf(draws));
    const weights = draws.map((_, i) => 0.25 + (i % 3) / 4);
    const count = compensatedSum(weights);
    const taken = (point: Refined): Float64Array => {
      const statistics = new Float64Array(family.statisticsLength);
      family.accumulate(block, Float64Array.from(weights), point, statistics);
      return statistics;
    };
    for (const to of frames) {
      const expected = taken(to);
      const moved = family.translate!(taken(about), count, about, to);
      const size = Math.max(...expected.map(Math.abs));
      for (const [index, sum] of moved.entries()) expect(Math.abs(sum - expected[index]!)).toBeLessThanOrEqual(1e-8 * size);
    }
    // Between points of one covariance nothing is multiplied, and no digit is lost.
    const [here, there] = [frames[0]!, frames[1]!];
    const between = family.translate!(taken(here), count, here, there);
    const own = family.translate!(taken(here), count, here, here);
    expect([...own]).toEqual([...taken(here)]);
    for (const [index, sum] of taken(there).entries())
      expect(Math.abs(sum - between[index]!)).toBeLessThanOrEqual(1e-9 * Math.abs(sum) + 1e-9 * count);
  });

  it('measures change in every direction by what the data spread in it', () => {
    const [first, ...rest] = parameters.factor!;
    const pivot = parameters.factor![2]![2]!;
    const moved: Refined = { ...parameters, mean: parameters.mean.map((value, j) => value + (j === 2 ? pivot / 1024 : 0)) };
    expect(family.distance!(parameters, moved) * 1024).toBeCloseTo(1, 3);
    const wider: Refined = { ...parameters, factor: [first!, rest[0]!, [...rest[1]!.slice(0, 2), pivot * (1 + 2 ** -20)]] };
    expect(family.distance!(parameters, wider) * 2 ** 19).toBeCloseTo(1, 6);
    expect(family.distance!(parameters, parameters)).toBe(0);
  });

  it('knows how coarse doubles are for it: as one unit in the last place of any number makes it', () => {
    const nudged = (value: unknown): unknown => (Array.isArray(value) ? value.map(nudged) : (value as number) * (1 + Number.EPSILON));
    for (const at of frames) {
      const rounding = family.rounding!(at);
      let largest = 0;
      for (let j = 0; j < 3; j += 1) {
        const mean = at.mean.map((value, k) => (k === j ? (nudged(value) as number) : value));
        largest = Math.max(largest, family.distance!(at, { ...at, mean }));
        if (at.factor === undefined) continue;
        for (let k = 0; k <= j; k += 1) {
          const factor = at.factor.map((row, r) => row.map((entry, c) => (r === j && c === k ? (nudged(entry) as number) : entry)));
          largest = Math.max(largest, family.distance!(at, { ...at, factor }));
        }
      }
      expect(rounding).toBeGreaterThanOrEqual(largest / 4);
      expect(rounding).toBeLessThanOrEqual(Math.max(4 * largest, 64 * Number.EPSILON));
    }
  });
});

describe('rows that are drawn', () => {
  it('far from zero are those of the data less an origin, moved', () => {
    const random = createRandom(6);
    const near = Array.from({ length: 60 }, (_, row) => [random.normal() + 4 * (row % 2), random.normal()]);
    const origin = 2 ** 40;
    const two = multivariateGaussian({ dimension: 2 });
    const far = fit(
      near.map((row) => row.map((value) => value + origin)),
      { family: two, components: 2 },
    ).model;
    const [first, second] = far.exact!.origin!;
    const less = near.map(([a, b]) => [a! + origin - first!, b! + origin - second!]);
    const here = fit(less, { family: two, components: 2 }).model.sample(100, 3);
    const there = far.sample(100, 3);
    expect(there.labels).toEqual(here.labels);
    there.columns.forEach((column, index) => {
      expect([...column]).toEqual(Array.from(here.columns[index]!, (value) => value + far.exact!.origin![index]!));
    });
  });
});
