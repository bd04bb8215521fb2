import type { Block, Family, ParameterValues } from '@emkit/core';
import { compensatedSum } from '@emkit/core/numerics';
import { describe, expect, it } from 'vitest';
import { binomial, categorical, exponential, gamma, gaussian, geometric, multivariateGaussian, poisson } from '../src/index.ts';
import { blockOf, type Decimal, exactObjective, mStep, nothingHeld, settle, ulpOf } from './support.ts';

/** A family, data of few digits, whose sums do not round, and a direction in which its parameters move from a point. */
interface Case {
  readonly family: Family;
  readonly block: Block;
  readonly from: ParameterValues;
  readonly direction: ParameterValues;
  /** Whether the sums of these data are exact: then so must the gain be. */
  readonly exact?: boolean;
  /** Whether the covariances are factorised, by which steps are known to rounding only. */
  readonly factorised?: boolean;
}

const responsibilities = [1, 0.5, 0.25, 1, 0.75, 1, 0, 0.125];
const counts = blockOf([0, 3, 1, 7, 2, 2, 5, 0]);
const amounts = [0.5, 3.25, 1.75, 7, 2.125, 2, 5.5, 0.25];
const others = [1, 2.5, -1.75, 4, 3.125, 0, 1.5, -0.25];
const plane = {
  block: blockOf(amounts, others),
  from: {
    mean: [2.75, 1.5],
    covariance: [
      [4, 0.75],
      [0.75, 3],
    ],
  },
};
const diagonal = (...entries: readonly number[]) => entries.map((entry, j) => entries.map((_, k) => (j === k ? entry : 0)));

const cases: Readonly<Record<string, Case>> = {
  poisson: { family: poisson(), block: counts, from: { rate: 2.75 }, direction: { rate: 1 }, exact: true },
  exponential: { family: exponential(), block: blockOf(amounts), from: { rate: 0.375 }, direction: { rate: 1 }, exact: true },
  geometric: { family: geometric(), block: counts, from: { probability: 0.3 }, direction: { probability: 0.5 }, exact: true },
  'geometric near 1': { family: geometric(), block: counts, from: { probability: 0.99 }, direction: { probability: -0.01 }, exact: true },
  binomial: { family: binomial({ trials: 8 }), block: counts, from: { probability: 0.4 }, direction: { probability: 0.5 }, exact: true },
  'binomial near 0': {
    family: binomial({ trials: 8 }),
    block: counts,
    from: { probability: 1e-9 },
    direction: { probability: 1e-9 },
    exact: true,
  },
  'binomial with trials by row': {
    family: binomial({ trials: 'column' }),
    block: blockOf([0, 3, 1, 7, 2, 2, 5, 0], [1, 9, 2, 8, 3, 2, 6, 5]),
    from: { probability: 0.4 },
    direction: { probability: 0.5 },
    exact: true,
  },
  categorical: {
    family: categorical({ categories: 4 }),
    block: blockOf([0, 3, 1, 3, 2, 2, 0, 0]),
    from: { probabilities: [0.3, 0.3, 0.2, 0.2] },
    direction: { probabilities: [0.5, -0.25, -0.125, -0.125] },
    exact: true,
  },
  gamma: { family: gamma(), block: blockOf(amounts), from: { shape: 1.5, rate: 0.5 }, direction: { shape: 1, rate: 0.25 } },
  'gamma of a large shape': {
    family: gamma(),
    block: blockOf(amounts),
    from: { shape: 400, rate: 150 },
    direction: { shape: -100, rate: 20 },
  },
  'gamma of a small shape': {
    family: gamma(),
    block: blockOf(amounts),
    from: { shape: 0.01, rate: 0.004 },
    direction: { shape: 0.01, rate: -0.001 },
  },
  'gamma far from 0': {
    family: gamma(),
    block: blockOf(amounts.map((x) => x + 1e7)),
    from: { shape: 2e13, rate: 2e6 },
    direction: { shape: 2e13, rate: 2e6 },
  },
  gaussian: {
    family: gaussian(),
    block: blockOf(amounts),
    from: { mean: 2.75, variance: 4 },
    direction: { mean: 1, variance: 2 },
    exact: true,
  },
  'gaussian far from 0': {
    family: gaussian({ covariance: 'tied' }),
    block: blockOf(amounts.map((x) => x + 1e7)),
    from: { mean: 1e7 + 2.75, variance: 4 },
    direction: { mean: 1, variance: 2 },
    exact: true,
  },
  'multivariate gaussian, full': {
    factorised: true,
    family: multivariateGaussian({ dimension: 2 }),
    ...plane,
    direction: {
      mean: [1, -0.5],
      covariance: [
        [2, -0.5],
        [-0.5, 1],
      ],
    },
  },
  'multivariate gaussian, tied': {
    factorised: true,
    family: multivariateGaussian({ dimension: 2, covariance: 'tied' }),
    ...plane,
    direction: {
      mean: [0, 0],
      covariance: [
        [2, 0.5],
        [0.5, 1],
      ],
    },
  },
  'multivariate gaussian, diagonal': {
    family: multivariateGaussian({ dimension: 2, covariance: 'diagonal' }),
    block: plane.block,
    from: { mean: [2.75, 1.5], covariance: diagonal(4, 3) },
    direction: { mean: [1, -0.5], covariance: diagonal(2, 1) },
    exact: true,
  },
  'multivariate gaussian, spherical': {
    family: multivariateGaussian({ dimension: 2, covariance: 'spherical' }),
    block: plane.block,
    from: { mean: [2.75, 1.5], covariance: diagonal(4, 4) },
    direction: { mean: [1, -0.5], covariance: diagonal(2, 2) },
    exact: true,
  },
};

type Value = number | readonly Value[];
const stepped = (from: Value, direction: Value, length: number): Value =>
  typeof from === 'number'
    ? from + (direction as number) * length
    : from.map((entry, index) => stepped(entry, (direction as readonly Value[])[index]!, length));
const move = (from: ParameterValues, direction: ParameterValues, length: number): ParameterValues =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [name, stepped(value, direction[name]!, length)])) as ParameterValues;

/** The gain computed from sums about a point that the family is content with, and how much of it is the rounding of those sums. */
function gainOf({ family, block }: Case, from: ParameterValues, to: ParameterValues) {
  const count = compensatedSum(responsibilities);
  const { statistics, point } = settle(family, block, responsibilities, from, nothingHeld);
  // The gain is linear in the sums, of which the count is one.
  const none = new Float64Array(statistics.length);
  let rounding = Math.abs(family.gain!(none, count, point, from, to));
  statistics.forEach((sum, index) => {
    const alone = none.slice();
    alone[index] = sum;
    rounding += Math.abs(family.gain!(alone, 0, point, from, to));
  });
  return { gain: family.gain!(statistics, count, point, from, to), rounding: rounding * Number.EPSILON, count };
}

/** Beside some ulps of the gain: what rounded sums make of it, and where large steps leave a difference of large terms, their rounding. */
function expectGain(each: Case, from: ParameterValues, to: ParameterValues, exactSums: boolean): void {
  const { gain, rounding, count } = gainOf(each, from, to);
  const objective = (at: ParameterValues): Decimal => exactObjective(each.family, each.block, responsibilities, at);
  const truth = objective(to).minus(objective(from));
  const error = Math.abs(truth.minus(gain).toNumber());
  const factors = each.factorised ? 4 * Number.EPSILON * count : 0;
  const allowed = 32 * ulpOf(truth.toNumber()) + (exactSums ? 0 : 4 * rounding) + factors;
  expect(error, `from ${JSON.stringify(from)} to ${JSON.stringify(to)}: ${gain}, exactly ${truth.toNumber()}`).toBeLessThanOrEqual(allowed);
}

describe('the gain of a step is the difference of expected log-likelihoods at 50 digits', () => {
  it.each(Object.entries(cases))('%s: tiny, small and large steps, either way', (_name, each) => {
    for (const length of [1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.9]) {
      const to = move(each.from, each.direction, length);
      const exactSums = each.exact === true && length < 0.01;
      expectGain(each, each.from, to, exactSums);
      expectGain(each, to, each.from, exactSums && each.family.translate === undefined);
    }
  });

  it.each(Object.entries(cases))('%s: steps away from the estimate, where nothing of first order is left', (_name, each) => {
    const best = mStep(each.family, each.block, responsibilities, each.from);
    for (const length of [1e-9, 1e-6, 1e-3]) {
      const to = move(best, each.direction, length);
      const exactSums = each.exact === true && each.family.translate === undefined;
      expectGain(each, best, to, exactSums);
      expectGain(each, to, best, exactSums);
    }
  });
});
