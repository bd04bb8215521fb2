import { createMixture, Expectation, roundingAllowance } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { judgeFall } from '../src/driver/fall.ts';
import { familyOf } from './support/stub.ts';

const matrix = (variance: number, covariance: number): readonly (readonly number[])[] => [
  [variance, covariance],
  [covariance, variance],
];

/** One component of two matrices, of 5 rows and a log-likelihood of magnitude 1; its distance is 0, so that only rounding of sums is allowed. */
function judge(structure: 'full' | 'diagonal', first: ReturnType<typeof matrix>, second: ReturnType<typeof matrix>, beyond: number) {
  const domain = { kind: 'positive-definite', dimension: 2, structure } as const;
  const mixture = createMixture({ family: familyOf({ parameters: { first: domain, second: domain }, distance: () => 0 }), components: 1 });
  const expectation = Expectation.zero(mixture);
  expectation.vector.set([0, 1, 5]);
  const at = { weights: [1], components: [{ first, second }] };
  return judgeFall(mixture, at, expectation, roundingAllowance(mixture, at, expectation) + beyond);
}

describe('what a nearly singular matrix explains', () => {
  const round = matrix(1, 0);
  // A pivot of 1 - 0.9999999999^2, about 2e-10.
  const nearly = matrix(1, 1 - 1e-10);
  const explained = (5 * 20 * Number.EPSILON) / (1 - (1 - 1e-10) ** 2);

  it('is (16 + 2 d) roundings over its least pivot, for each row', () => {
    expect(judge('full', nearly, round, 0.99 * explained)).toBeUndefined();
    expect(judge('full', nearly, round, 1.01 * explained)?.kind).toBe('decreased');
  });

  it('is that of the worst of several matrices, in any order', () => {
    expect(judge('full', round, nearly, 0.99 * explained)).toBeUndefined();
    expect(judge('full', round, round, 0.99 * explained)?.kind).toBe('decreased');
    const singular = matrix(1, 1 - 1e-15);
    const reason = (name: string) => ({ kind: 'collapsed', component: 0, reason: `its ${name} is singular to within rounding` });
    expect(judge('full', singular, nearly, 0.1)).toEqual(reason('first'));
    expect(judge('full', nearly, singular, 0.1)).toEqual(reason('second'));
  });

  it('is nothing where columns are independent', () => {
    expect(judge('diagonal', round, round, 50 * Number.EPSILON)?.kind).toBe('decreased');
    expect(judge('full', round, round, 50 * Number.EPSILON)).toBeUndefined();
  });
});
