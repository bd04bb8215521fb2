import { type Family, fit } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { inverseGaussian, logNormal, negativeBinomial, poisson, weibull } from '../src/index.ts';

/**
 * Millions of revolutions to the failure of 23 ball bearings: J. Lieblein and M. Zelen, Statistical investigation of the fatigue life of
 * deep-groove ball bearings (1956).
 */
const bearings = [
  17.88, 28.92, 33, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84,
  127.92, 128.04, 173.4,
];

const one = (data: readonly number[], family: Family, weights?: readonly number[]) =>
  fit({ x: data }, { family, components: 1, ...(weights === undefined ? {} : { weights }) });

describe('the lives of ball bearings have the published estimates', () => {
  it('Weibull: D. R. Thoman, L. J. Bain and C. E. Antle (1969)', () => {
    const { components } = one(bearings, weibull());
    expect(Number(components[0]!['shape'])).toBeCloseTo(2.102, 3);
    expect(Number(components[0]!['scale'])).toBeCloseTo(81.88, 2);
  });

  it('log-normal and inverse Gaussian: J. F. Lawless, Statistical Models and Methods for Lifetime Data (2003)', () => {
    const [lognormal] = one(bearings, logNormal()).components;
    expect(Number(lognormal!['logMean'])).toBeCloseTo(4.15, 2);
    expect(Math.sqrt(Number(lognormal!['logVariance']))).toBeCloseTo(0.522, 3);
    const [walk] = one(bearings, inverseGaussian()).components;
    expect(Number(walk!['mean'])).toBeCloseTo(72.22, 2);
    expect(Number(walk!['shape'])).toBeCloseTo(231.67, 2);
  });
});

describe('red mites on 150 apple leaves: C. I. Bliss and R. A. Fisher, Fitting the negative binomial distribution to biological data (1953)', () => {
  const mites = [0, 1, 2, 3, 4, 5, 6, 7];
  const leaves = [70, 38, 17, 10, 9, 3, 2, 1];

  it('have the published mean and size', () => {
    const { components } = one(mites, negativeBinomial(), leaves);
    expect(Number(components[0]!['mean'])).toBeCloseTo(1.1467, 4);
    expect(1 / Number(components[0]!['dispersion'])).toBeCloseTo(1.0246, 4);
  });

  it('vary more than a Poisson distribution allows', () => {
    expect(one(mites, negativeBinomial(), leaves).logLikelihood - one(mites, poisson(), leaves).logLikelihood).toBeGreaterThan(15);
  });
});
