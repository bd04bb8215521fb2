import type { Case } from './case.ts';
import type { Failure } from './judge.ts';

/** A defect of the engine that is known and not yet mended. */
export interface KnownDefect {
  /** Whether a failure is this defect's. */
  readonly is: (failure: Failure, fuzzCase: Case) => boolean;
  /** A case that shows it, and the law that it breaks: when it no longer does, the defect is to be struck out. */
  readonly example: Omit<Case, 'salt'>;
  readonly law: string;
}

const hasFamily = ({ families }: Case, ...ids: readonly string[]): boolean => families.some(({ family }) => ids.includes(family));
const correlated = (dimension: number) => ({ family: 'multivariate-gaussian', options: { dimension, covariance: 'full' } });
const of = (family: string, options: Readonly<Record<string, unknown>> = {}) => [{ family, options }];

/** Temporary: each goes with the change that mends it. */
export const knownDefects: Readonly<Record<string, KnownDefect>> = {
  'a start that collapses throws': {
    is: ({ message }) => message.includes('PARAMETER_DOMAIN: The covariance is not positive definite'),
    law: 'ends',
    example: {
      families: [correlated(3)],
      components: 2,
      rows: [
        ...[
          [-5.9, -0.03, 0.21],
          [-3.9, 0.71, -1.3],
          [-0.863653, 1.6, 0.05],
          [-1.9, 1.2, -1.2],
          [-0.8636534047677236, 1.69, 1.01],
        ],
        ...[
          [-3.86365, 0.74, -1.17],
          [-2, 1, 0.2],
          [-9.9, -1.3, -1.1],
          [-1.8636534047677236, 1.25, 0.01],
        ],
      ],
      options: {},
    },
  },
  'shared parameters of which some are held are not maximised': {
    is: ({ law }, { options: { shared, held } }) =>
      /stationary|no better parameters/.test(law) && shared !== undefined && held?.components !== undefined,
    law: 'no better parameters',
    example: {
      families: of('gaussian'),
      components: 2,
      rows: [[-3], [-40]],
      options: {
        shared: ['mean', 'variance'],
        start: {
          weights: [0.5, 0.5],
          components: [
            { mean: -40, variance: 400 },
            { mean: -40, variance: 400 },
          ],
        },
        held: { components: [['variance'], ['variance']] },
      },
    },
  },
  'a fit stalls on a ridge, or where it has arrived': {
    is: ({ law }) => law === 'stalls',
    law: 'stalls',
    example: { families: of('gaussian'), components: 3, rows: [[60], [-46], [-90], [-45], [-44]], options: {} },
  },
  'a weight that vanished is left at 0 though the likelihood rises with it': {
    is: ({ law, message }) =>
      law === 'no better weights' || /fit is boundary/.test(message) || (law === 'no better parameters' && message.includes('probability')),
    law: 'no better weights',
    example: {
      families: of('poisson'),
      components: 2,
      rows: [[0], [0], [5e9]],
      options: { start: { weights: [0.9183673469387755, 0.0816326530612245], components: [{ rate: 1e10 }, { rate: 4e9 }] } },
    },
  },
  'nearly collinear rows are said to fall': {
    is: ({ message }, fuzzCase) => hasFamily(fuzzCase, 'multivariate-gaussian') && /decreased|not to maximise/.test(message),
    law: 'ends',
    example: {
      families: [correlated(2)],
      components: 2,
      rows: [
        [4, 4],
        [3.58176, 3.58],
        [-1, -1],
      ],
      options: {},
    },
  },
  'the distance of a categorical that reaches 0 is no number': {
    is: ({ message }, fuzzCase) => hasFamily(fuzzCase, 'categorical') && /remaining is NaN/.test(message),
    law: 'sound',
    example: {
      families: of('categorical', { categories: 4 }),
      components: 3,
      rows: [2, 3, 1, 3, 0, 1, 2, 2, 2, 1].map((value) => [value]),
      weights: [
        ...[0.599004274643058, 0.4299492439958317, 0.9713329319765058, 0.49867634402604466, 0.13052204925975708],
        ...[0.5378998256670021, 0.16124569094082708, 0.9847550043373292, 0.1909153241027125, 0.283291410252416],
      ],
      labels: [-1, -1, -1, [1, 2], -1, -1, -1, -1, [1, 2], -1],
      options: {},
    },
  },
  'the entropy rounds below 0': {
    is: ({ message }) => /ICL .* is below BIC/.test(message),
    law: 'sound',
    example: {
      families: of('multivariate-gaussian', { dimension: 2, covariance: 'tied' }),
      components: 2,
      rows: [
        [-0.6, 2],
        [4, 5],
        [2, 1],
      ],
      options: { start: 'k-means++' },
    },
  },
  'a probability on its way to 0 takes ten thousand iterations': {
    is: ({ law }, fuzzCase) => law === 'stops' && hasFamily(fuzzCase, 'binomial', 'categorical'),
    law: 'stops',
    example: {
      families: of('binomial', { trials: 10 }),
      components: 2,
      rows: [[4], [0]],
      weights: [0.002635656770389078, 2003050.9883508245],
      options: { starts: 3, seed: 853 },
    },
  },
  'a geometric probability near 0 makes an infinite distance': {
    is: ({ message }, fuzzCase) => hasFamily(fuzzCase, 'geometric') && message.includes('state.convergence.step is Infinity'),
    law: 'sound',
    example: {
      families: of('geometric'),
      components: 1,
      rows: [[30]],
      options: { start: { weights: [1], components: [{ probability: 5e-324 }] } },
    },
  },
  'a gamma of values near the least double and others is said to have no spread': {
    is: ({ message }, fuzzCase) =>
      hasFamily(fuzzCase, 'gamma') &&
      fuzzCase.rows.some(([value]) => value! < 1e-250) &&
      /collapse|COMPONENT_DEGENERATE|spread/.test(message),
    law: 'collapses',
    example: { families: of('gamma'), components: 2, rows: [[8700000000], [8694540909.95813], [1e-300]], options: {} },
  },
  'case weights near the ends of the doubles are no mere unit': {
    is: (_, { weights }) => weights?.some((weight) => weight > 1e250 || (weight > 0 && weight < 1e-250)) ?? false,
    law: 'unit of weights',
    example: { families: of('exponential'), components: 1, rows: [[13.5]], weights: [7.84e289], options: {} },
  },
};
