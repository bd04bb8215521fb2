import { createRandom, fit } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { gaussian, multivariateGaussian } from '../src/index.ts';

const crowd = [0.3, -0.9, 0.1, 1.4, -0.2, -0.6, 0.8, 1.1, -1.3, 0.5, -0.4];
const second = [0.2, 1.1, -0.3, 0.5, -0.9, 0.05, -1.2, 0.7, 0.33, -0.41, 1.7];
const tied = gaussian({ covariance: 'tied' });
const plane = multivariateGaussian({ dimension: 2, covariance: 'tied' });

/** The mean square deviation of the crowd, with the isolated point in the count: what the common variance then is. */
function commonVariance(values: readonly number[], size: number): number {
  const mean = values.reduce((sum, value) => sum + value) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
}

describe('one point apart from all others, under a common variance', () => {
  const n = crowd.length + 1;
  const shares = (n - 1) * Math.log((n - 1) / n) + Math.log(1 / n);
  const best = shares - (n / 2) * (Math.log(2 * Math.PI * commonVariance(crowd, n)) + 1);

  it('is a component, below or above, in any unit', () => {
    expect(best).toBeCloseTo(-17.37, 2);
    for (const scale of [1, -1, 10, 1e-150, -1e150]) {
      const found = fit(
        [...crowd.slice(0, 7), -100, ...crowd.slice(7)].map((x) => scale * x),
        { family: tied, components: 2 },
      );
      expect(found.diagnosis.kind).toBe('converged');
      expect(found.logLikelihood + n * Math.log(Math.abs(scale))).toBeCloseTo(best, 9);
    }
  });

  it('is one in two columns', () => {
    const rows = crowd.map((x, i) => [x, second[i]!]);
    for (const scale of [1, -1]) {
      const { components, diagnosis } = fit(
        [...rows, [-100, 0.7]].map(([x, y]) => [scale * x!, y!]),
        { family: plane, components: 2 },
      );
      expect(diagnosis.kind).toBe('converged');
      const covariance = components[0]!['covariance'] as readonly (readonly number[])[];
      expect(covariance[0]![0]! / commonVariance(crowd, n)).toBeCloseTo(1, 12);
      expect(covariance[1]![1]! / commonVariance(second, n)).toBeCloseTo(1, 12);
    }
  });

  it('is one in forty random sets', () => {
    const random = createRandom(5);
    for (let set = 0; set < 40; set += 1) {
      const values = Array.from({ length: 19 }, () => random.normal());
      const { model } = fit([...values, -100], { family: tied, components: 2 });
      const variances = model.parameters.components.map((component) => component['variance'] as number);
      expect(variances[0]).toBe(variances[1]);
      expect(variances[0]! / commonVariance(values, 20)).toBeCloseTo(1, 9);
    }
  });

  it('takes the variance that either component holds, to the bit', () => {
    const variance = 0.7234567;
    for (const held of [
      [['variance'], undefined],
      [undefined, ['variance']],
    ]) {
      for (const accelerate of [true, false]) {
        const start = { weights: [0.5, 0.5], components: [-1, 1].map((mean) => ({ mean, variance })) };
        const { components } = fit([...crowd, ...second], { family: tied, components: 2, start, held: { components: held }, accelerate });
        expect(components.map((component) => component['variance'])).toEqual([variance, variance]);
      }
    }
  });
});
