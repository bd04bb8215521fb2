import { createRandom, EmkitError, type Family, fit } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { beta, gaussian, logNormal, multinomial, negativeBinomial, pareto, poisson, studentT, uniform, weibull } from '../src/index.ts';

function refusal(action: () => unknown): EmkitError {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

/** Normal quantiles of the middles of n equal steps, moved and stretched: data without chance. */
function normalScores(n: number, mean: number, deviation: number): number[] {
  return Array.from({ length: n }, (_, i) => gaussian().quantile!((i + 0.5) / n, { mean, variance: deviation * deviation }));
}

describe('an edge is a boundary and no error', () => {
  it('counts that vary no more than Poisson ones have a dispersion of exactly 0, and the fit of a Poisson component', () => {
    const counts = [2, 3, 3, 4, 4, 4, 5, 5, 6];
    const found = fit({ counts }, { family: negativeBinomial(), components: 1 });
    expect(found.components[0]).toEqual({ mean: 4, dispersion: 0 });
    expect(found.logLikelihood).toBeCloseTo(fit({ counts }, { family: poisson(), components: 1 }).logLikelihood, 12);
  });

  it('data with light tails take the degrees of freedom to their end, and the fit of a Gaussian component', () => {
    const x = normalScores(60, 3, 2);
    const found = fit({ x }, { family: studentT(), components: 1 });
    const normal = fit({ x }, { family: gaussian(), components: 1 });
    expect(Number(found.components[0]!['degreesOfFreedom'])).toBeGreaterThan(1e6);
    expect(Math.abs(found.logLikelihood - normal.logLikelihood)).toBeLessThan(1e-4);
  });
});

describe('outliers and background', () => {
  it('move the location of a Student-t component little', () => {
    const x = [...normalScores(40, 5, 1), 400];
    const found = fit({ x }, { family: studentT(), components: 1 });
    expect(Math.abs(Number(found.components[0]!['location']) - 5)).toBeLessThan(0.05);
  });

  it('the degrees of freedom may be held, and stay to the bit', () => {
    const x = [...normalScores(40, 5, 1), 12];
    const start = { weights: [1], components: [{ location: 4, scale: 2, degreesOfFreedom: 3 }] };
    const found = fit({ x }, { family: studentT(), components: 1, start, held: { components: [['degreesOfFreedom']] } });
    expect(found.components[0]!['degreesOfFreedom']).toBe(3);
  });

  it('a uniform component takes the rows that belong nowhere else', () => {
    const random = createRandom(7);
    const noise = Array.from({ length: 100 }, () => 100 * random.uniform());
    const families: Family[] = [gaussian(), uniform({ minimum: 0, maximum: 100 })];
    const found = fit({ x: [...normalScores(300, 40, 1.5), ...noise] }, { families });
    expect(found.weights[1]).toBeGreaterThan(0.2);
    expect(found.weights[1]).toBeLessThan(0.3);
    expect(Math.abs(Number((found.components[0] as { readonly mean: number }).mean) - 40)).toBeLessThan(0.3);
  });
});

describe('what a family could not have made is refused before the fit, by its row', () => {
  const cases: readonly (readonly [string, Family, Record<string, number[]>, number])[] = [
    ['a background outside of its range', uniform({ minimum: 0, maximum: 1 }), { x: [0.5, 0.7, 1.5] }, 2],
    ['an amount of 0', logNormal(), { x: [1, 0, 2] }, 1],
    ['a lifetime below 0', weibull(), { x: [1, 2, -1] }, 2],
    ['a share of 1', beta(), { x: [0.5, 0.2, 1] }, 2],
    ['an amount below the minimum', pareto({ minimum: 2 }), { x: [2, 3, 1.9] }, 2],
    ['half a count', negativeBinomial(), { x: [1, 0.5] }, 1],
    ['counts with another sum', multinomial({ categories: 2, trials: 3 }), { a: [1, 2], b: [2, 2] }, 1],
  ];
  it.each(cases)('%s', (_, family, data, row) => {
    const { code, details } = refusal(() => fit(data, { family, components: 1 }));
    expect(code).toBe('DATA_OUTSIDE_SUPPORT');
    expect(details.row).toBe(row);
  });
});

describe('options that are numbers', () => {
  it.each([0, -1, Infinity, Number.NaN, '2'])('a minimum of %s is refused', (minimum) => {
    expect(refusal(() => pareto({ minimum: minimum as number }))).toMatchObject({
      code: 'OPTION_INVALID',
      details: { remedy: 'Give a finite number > 0.' },
    });
  });

  it('a range that is none is refused', () => {
    expect(refusal(() => uniform({ minimum: 1, maximum: 1 })).code).toBe('OPTION_INVALID');
    expect(refusal(() => uniform({ minimum: -1e308, maximum: 1e308 })).code).toBe('OPTION_INVALID');
  });
});

describe('values that are all equal have no estimate', () => {
  it.each([
    ['log-normal', logNormal()],
    ['Weibull', weibull()],
  ] as const)('%s', (_, family) => {
    expect(refusal(() => fit({ x: [3, 3, 3, 3] }, { family, components: 1 })).code).toBe('COMPONENT_DEGENERATE');
  });
});
