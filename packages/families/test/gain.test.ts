import { type Block, codecOf, type Family, type ParameterValues } from '@emkit/core';
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
  /** How much a nearly singular matrix magnifies rounding: the root of its condition number. */
  readonly condition?: number;
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
/** A record with its factor, by way of the coordinates. */
function refined(family: Family, parameters: ParameterValues): ParameterValues {
  const codec = codecOf(family);
  const vector = new Float64Array(codec.length);
  codec.encode(parameters, vector, 0);
  return codec.decode(vector, 0);
}
const full = multivariateGaussian({ dimension: 2 });
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
    family: full,
    block: plane.block,
    from: refined(full, plane.from),
    direction: { mean: [1, -0.5], factor: [[0.5], [-0.25, 0.75]] },
  },
  'multivariate gaussian, tied': {
    family: multivariateGaussian({ dimension: 2, covariance: 'tied' }),
    block: plane.block,
    from: refined(full, plane.from),
    direction: { mean: [0, 0], factor: [[0.5], [0.25, -0.5]] },
  },
  'multivariate gaussian, nearly singular': {
    condition: 2 ** 23,
    family: full,
    block: blockOf(
      amounts,
      amounts.map((x, i) => 2 * x + (i % 3) * 2 ** -20),
    ),
    from: refined(full, {
      mean: [2.75, 5.5],
      covariance: [
        [4, 8],
        [8, 16 + 2 ** -40],
      ],
    }),
    direction: { mean: [2 ** -20, -(2 ** -20)], factor: [[0.5], [1, 2 ** -21]] },
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
  ({
    ...from,
    ...Object.fromEntries(Object.entries(direction).map(([name, by]) => [name, stepped(from[name] as Value, by as Value, length)])),
  }) as ParameterValues;

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
  return { gain: family.gain!(statistics, count, point, from, to), rounding: rounding * Number.EPSILON };
}

/** Beside some ulps of the gain: what rounded sums make of it, and where large steps leave a difference of large terms, their rounding. */
function expectGain(each: Case, from: ParameterValues, to: ParameterValues, exactSums: boolean): void {
  const { gain, rounding } = gainOf(each, from, to);
  const objective = (at: ParameterValues): Decimal => exactObjective(each.family, each.block, responsibilities, at);
  const truth = objective(to).minus(objective(from));
  const error = Math.abs(truth.minus(gain).toNumber());
  const allowed = 32 * (each.condition ?? 1) * ulpOf(truth.toNumber()) + (exactSums ? 0 : 4 * rounding);
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

  // About an estimate the sums of first order are nothing but rounding, which a nearly singular matrix magnifies.
  it.each(Object.entries(cases).filter(([, each]) => each.condition === undefined))(
    '%s: steps away from the estimate, where nothing of first order is left',
    (_name, each) => {
      const best = mStep(each.family, each.block, responsibilities, each.from);
      for (const length of [1e-9, 1e-6, 1e-3]) {
        const to = move(best, each.direction, length);
        const exactSums = each.exact === true && each.family.translate === undefined;
        expectGain(each, best, to, exactSums);
        expectGain(each, to, best, exactSums);
      }
    },
  );
});
