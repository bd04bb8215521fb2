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
const of = (family: string, options: Readonly<Record<string, unknown>> = {}) => [{ family, options }];

/** Temporary: each goes with the change that mends it. */
export const knownDefects: Readonly<Record<string, KnownDefect>> = {
  'a run that a vanishing component keeps shaking is said to stall': {
    is: ({ law }) => law === 'stalls',
    law: 'stalls',
    example: {
      families: of('poisson'),
      components: 3,
      rows: [[30], [13], [3], [20]],
      options: {
        start: {
          weights: [0.2546246544839493, 0.26805751967235714, 0.47731782584369353],
          components: [{ rate: 2.700713880809391 }, { rate: 313.29669925992346 }, { rate: 204.2398436892419 }],
        },
      },
    },
  },
  'groups of counts that lie orders of magnitude apart are not found': {
    is: ({ law }, fuzzCase) => law === 'groups' && hasFamily(fuzzCase, 'poisson', 'binomial', 'geometric'),
    law: 'groups',
    example: { families: of('poisson'), components: 3, rows: [[1690295], [0], [350488159]], options: {} },
  },
  'a probability on its way to 0 takes thousands of iterations': {
    is: ({ law }, fuzzCase) => law === 'stops' && hasFamily(fuzzCase, 'binomial', 'categorical', 'geometric'),
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
    is: ({ message }, fuzzCase) => hasFamily(fuzzCase, 'geometric') && /state.convergence.* is Infinity/.test(message),
    law: 'sound',
    example: {
      families: of('geometric'),
      components: 1,
      rows: [[30]],
      options: { start: { weights: [1], components: [{ probability: 5e-324 }] } },
    },
  },
  'a gamma of values near the least double and others is taken for equal values': {
    is: ({ law, message }, fuzzCase) =>
      hasFamily(fuzzCase, 'gamma') &&
      fuzzCase.rows.some(([value]) => value! < 1e-100) &&
      (law === 'groups' || /collapse|COMPONENT_DEGENERATE|spread/.test(message)),
    law: 'collapses',
    example: { families: of('gamma'), components: 2, rows: [[8700000000], [8694540909.95813], [1e-300]], options: {} },
  },
  'huge case weights end a fit by nats while the part of them that is left is large': {
    is: (_, { weights }) => weights?.some((weight) => weight > 1e250 || (weight > 0 && weight < 1e-250)) ?? false,
    law: 'no better weights',
    example: {
      families: of('gaussian', { covariance: 'tied' }),
      components: 4,
      rows: [0.12, 0.82, -0.74, -0.58, 0.37, 40.86, -2.36, -2.95, -0.22, -0.37, -1.21, -2.37, -1.13].map((value) => [value]),
      weights: [2.0, 3.8, 1.95, 6.2, 9.8, 9.2, 3.7, 3.1, 1.8, 3.5, 9, 6.6, 4.4].map((weight) => weight * 1e289),
      options: {
        start: {
          weights: [0.25, 0.25, 0.25, 0.25],
          components: [-0.58, -2.95, 0.82, -2.74].map((mean) => ({ mean, variance: 238.75 })),
        },
      },
    },
  },
};
