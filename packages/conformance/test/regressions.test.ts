import { type CheckedLatent, checkLatentLaw, checkLaw, LATENT_LAWS, LAWS } from '@emkit/conformance';
import { describeLatent } from '@emkit/conformance/vitest';
import type { Family, GatedWeights, Latent } from '@emkit/core';
import { gaussianRegression, regressionFamilies } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { referenceFor } from './reference-for.ts';
import { gatedPattern } from './support/gated.ts';

const seed = 1;
const runs = 10;

/**
 * `log-density` looks at all predictors and coefficients that doubles can be, to 1e300, where a linear predictor has lost what its terms cancel, and
 * the reference more digits than it carries; fits are compared with the reference in the tests of the families. There is no natural form.
 */
const WITHOUT: readonly string[] = ['log-density', 'exponential-family'];

describe.each(regressionFamilies.flatMap((definition) => definition.variants.map((variant) => definition(variant))))(
  '$id $options',
  (family) => {
    test.each(LAWS.map(({ name }) => name).filter((law) => !WITHOUT.includes(law)))('%s', { timeout: 60_000 }, (law) => {
      const { status, message } = checkLaw(family, law, { seed, runs, reference: referenceFor(family) });
      expect(status, message).toBe('passed');
    });
  },
);

/** The same family with some of its parts exchanged. */
const broken = (change: (right: Family) => Partial<Family>): Family => {
  const right = gaussianRegression({ predictors: 2 });
  return { ...right, ...change(right) };
};

describe('mutants of linear regression', () => {
  test.each<[string, string, Family]>([
    [
      'm-step',
      'the divisor N - p',
      broken((right) => ({
        maximize(statistics, count, about, held) {
          const found = right.maximize(statistics, count, about, held);
          return held.has('variance') || !(count > 3)
            ? found
            : { ...found, variance: (found['variance'] as number) * (count / (count - 3)) };
        },
      })),
    ],
    [
      'm-step',
      'only half of the step',
      broken((right) => ({
        maximize(statistics, count, about, held) {
          const half = statistics.slice();
          for (let index = 0; index < 3; index += 1) half[index]! *= 0.5;
          return right.maximize(half, count, about, held);
        },
      })),
    ],
    [
      'm-step',
      'held coefficients that move',
      broken((right) => ({ maximize: (statistics, count, about) => right.maximize(statistics, count, about, new Set()) })),
    ],
    ['m-step', 'sums never taken again, about coefficients however far', broken(() => ({ recentre: () => undefined }))],
    [
      'statistics',
      'a block that forgets its first row',
      broken((right) => ({
        accumulate(block, responsibilities, about, statistics) {
          const later = responsibilities.slice();
          later[0] = 0;
          right.accumulate(block, later, about, statistics);
        },
      })),
    ],
    [
      'normalisation',
      'errors of half the size',
      broken((right) => ({
        logDensity(block, parameters, out) {
          right.logDensity(block, parameters, out);
          for (let row = 0; row < block.size; row += 1) out[row]! *= 0.5;
        },
      })),
    ],
    [
      'cdf-quantile-sampler',
      'draws that forget the predictors',
      broken((right) => ({ sample: (parameters, random, row) => right.sample!(parameters, random, row.fill(0)) })),
    ],
  ])('%s kills %s', { timeout: 60_000 }, (law, _, family) => {
    const { status, message } = checkLaw(family, law, { seed, runs: 60, reference: referenceFor(family) });
    expect(status, message).toBe('failed');
  });
});

describe('gated weights', () => {
  describeLatent(gatedPattern(), { seed, runs: 60, inapplicable: 'omit', timeout: 120_000 });

  type Change = (right: Latent<GatedWeights>) => Partial<Latent<GatedWeights>>;
  test.each<[string, string, Change]>([
    [
      'label-probabilities',
      'probabilities of the row before',
      (right) => ({
        logProbability: (labels, block, first, end, at) =>
          right.logProbability(
            labels,
            { ...block, columns: block.columns.map((column) => column.map((value, row) => column[row - 1] ?? value)) },
            first,
            end,
            at,
          ),
      }),
    ],
    [
      'label-posteriors',
      'posteriors without the gate',
      (right) => ({
        posterior: (block, first, end, _at, logDensities, sums, about) =>
          right.posterior(block, first, end, right.start, logDensities, sums, about),
      }),
    ],
    [
      'label-m-step',
      'a step against the gradient',
      (right) => ({
        maximize: (sums, about) =>
          right.maximize(
            sums.map((value, index) => (index < 4 ? -value : value)),
            about,
          ),
      }),
    ],
    [
      'label-m-step',
      'sums of the first column alone',
      (right) => ({
        maximize: (sums, about) =>
          right.maximize(
            sums.map((value, index) => (index === 1 || index === 3 ? 0 : value)),
            about,
          ),
      }),
    ],
    [
      'label-sampler',
      'labels without the gate',
      (right) => ({ sample: (labels, length, _at, random, given) => right.sample(labels, length, right.start, random, given) }),
    ],
  ])('%s kills %s', { timeout: 60_000 }, (law, _, change) => {
    const definition: CheckedLatent = gatedPattern(change);
    const { status, message } = checkLatentLaw(definition, law, { seed, runs: 60, variant: { components: 3 } });
    expect(status, message).toBe('failed');
  });

  test('every law of latent structures is asked', () => {
    expect(LATENT_LAWS).toHaveLength(9);
  });
});
