import { fit } from '@emkit/core';
import { compensatedSum } from '@emkit/core/numerics';
import { describe, expect, it } from 'vitest';
import { categorical } from '../src/index.ts';
import { nothingHeld } from './support.ts';

describe('very many categories', () => {
  it('have probabilities that sum to 1 as near as their own rounding lets them', () => {
    const family = categorical({ categories: 19_000 });
    const totals = Float64Array.from({ length: 19_000 }, (_, category) => 0.1 + (category % 7) / 3);
    const { probabilities } = family.maximize(totals, 1, { probabilities: [] }, nothingHeld);
    expect(Math.abs(compensatedSum(probabilities) - 1)).toBeLessThanOrEqual(Number.EPSILON);
  });

  it.each([1000, 5000])('%d equally frequent ones: neither a fall nor an endless wandering', (categories) => {
    const x = Array.from({ length: 2 * categories }, (_, row) => row % categories);
    const truth = -x.length * Math.log(categories);
    for (const accelerate of [true, false]) {
      const { diagnosis, iterations, logLikelihood } = fit(x, {
        family: categorical({ categories }),
        components: 2,
        accelerate,
        starts: 2,
      });
      expect(diagnosis.kind).toBe('converged');
      expect(iterations).toBeLessThanOrEqual(20);
      expect(Math.abs(logLikelihood / truth - 1)).toBeLessThanOrEqual(4 * Number.EPSILON);
    }
  });
});
