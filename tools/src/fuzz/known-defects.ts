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
};
