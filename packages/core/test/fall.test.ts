import { createMixture, defineFamily, Expectation, roundingAllowance } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { judgeFall } from '../src/driver/fall.ts';

/** Only its domain matters here. */
const plane = defineFamily<{ covariance: readonly (readonly number[])[] }>({
  id: 'plane',
  title: 'Centred normal on two columns, for tests of its domain',
  create: () => ({
    id: 'plane',
    options: {},
    columns: [
      { name: 'x', support: { kind: 'real' } },
      { name: 'y', support: { kind: 'real' } },
    ],
    parameters: { covariance: { kind: 'positive-definite', dimension: 2, structure: 'full' } },
    statisticsLength: 3,
    logDensity: () => undefined,
    accumulate: () => undefined,
    maximize: (_statistics, _count, about) => about,
  }),
});

const mixture = createMixture({ family: plane(), components: 2 });
/** Two columns with the squared correlation 1 - pivot, in units of 1e-150 and 1e150. */
const nearly = (pivot: number) => {
  const covariance = Math.sqrt(1 - pivot);
  return {
    covariance: [
      [1e-300, covariance],
      [covariance, 1e300],
    ],
  };
};
const at = (first: number, second: number) => ({ weights: [0.5, 0.5], components: [nearly(first), nearly(second)] });
const expectation = Expectation.zero(mixture);
expectation.vector.set([-100, 200, 10, 30]);

describe('a fall of the log-likelihood', () => {
  it('is nothing within the rounding of its sum', () => {
    const allowance = roundingAllowance(mixture, at(1, 1), expectation);
    expect(allowance).toBeGreaterThan(0);
    expect(judgeFall(mixture, at(1, 1), expectation, allowance)).toBeUndefined();
    expect(judgeFall(mixture, at(1, 1), expectation, -1)).toBeUndefined();
    expect(judgeFall(mixture, at(1, 1), expectation, 1e-9)).toEqual({ kind: 'decreased', by: 1e-9 });
  });

  it('is nothing where it is what rounding makes of a matrix that is not far from singular', () => {
    // 20 units in the last place over the pivot, for each of the 30 rows: 1.3e-3 nats.
    expect(judgeFall(mixture, at(1, 1e-10), expectation, 1e-3)).toBeUndefined();
    expect(judgeFall(mixture, at(1, 1e-10), expectation, 2e-3)).toEqual({ kind: 'decreased', by: 2e-3 });
    expect(judgeFall(mixture, at(1e-10, 1), expectation, 1e-3)).toEqual({ kind: 'decreased', by: 1e-3 });
  });

  it('is a collapse where almost nothing of the matrix is known', () => {
    const reason = 'its covariance is singular to within rounding';
    expect(judgeFall(mixture, at(1, 2e-14), expectation, 0.25)).toEqual({ kind: 'collapsed', component: 1, reason });
    expect(judgeFall(mixture, at(2e-14, 1e-13), expectation, 0.25)).toEqual({ kind: 'collapsed', component: 0, reason });
    expect(judgeFall(mixture, at(1, 0), expectation, 0.25)).toEqual({ kind: 'collapsed', component: 1, reason });
    expect(judgeFall(mixture, at(1, 2e-14), expectation, 50)).toEqual({ kind: 'decreased', by: 50 });
    expect(judgeFall(mixture, at(1, 2e-14), expectation, 1e-13)).toBeUndefined();
  });

  it('is a fall where it is no number', () => {
    expect(judgeFall(mixture, at(1, 2e-14), expectation, Number.NaN)).toEqual({ kind: 'decreased', by: Number.NaN });
  });
});
