import { fit } from '@emkit/core';
import { createMixture, runEm } from '@emkit/reference';
import { describe, expect, it } from 'vitest';
import { poisson } from '../src/index.ts';
import { type Decimal, reference } from './support.ts';

/**
 * Days by the number of death notices of women of 80 and over in The Times of London, 1910 to 1912.
 * V. Hasselblad, Estimation of finite mixtures of distributions from the exponential family, JASA 64 (1969), table 3.
 */
const notices = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const days = [162, 267, 271, 185, 111, 61, 27, 8, 3, 1];

/** The maximum-likelihood estimate, by Newton's method on the fixed-point equation of EM in 75 digits. */
const optimum = {
  weight: '0.35988539698493480243320674660629853960407312571934',
  rates: ['1.2560951012243379020906317320740501446853299672644', '2.6634043566324726414140192164960571596561895692394'],
  logLikelihood: '-1989.9458598829641966376993311766615682440787799750',
} as const;

const weight = reference.decimal(optimum.weight);
const exact = createMixture(reference, {
  family: 'poisson',
  weights: [weight, reference.one.minus(weight)],
  components: optimum.rates.map((rate) => ({ rate })),
});

describe('two Poisson components for the death notices', () => {
  it('are, at the stated optimum, left where they are by EM to 48 digits', () => {
    const { mixture, trace } = runEm(exact, { rows: notices, caseWeights: days }, { iterations: 1 });
    const misses = [
      mixture.weights[0]!.minus(weight),
      ...mixture.components.map(({ parameters }, j) => (parameters['rate'] as Decimal).minus(optimum.rates[j]!)),
      trace[0]!.minus(optimum.logLikelihood),
    ];
    for (const miss of misses) expect(miss.abs().toNumber()).toBeLessThan(1e-46);
  });

  it('agree with the published estimates', () => {
    expect(Number(optimum.weight)).toBeCloseTo(0.3599, 4);
    expect(Number(optimum.rates[0])).toBeCloseTo(1.2561, 4);
    expect(Number(optimum.rates[1])).toBeCloseTo(2.6634, 4);
  });

  it.each([true, false])('are found from an automatic start to the stated tolerance (accelerated: %s)', (accelerate) => {
    const found = fit({ notices }, { family: poisson(), components: 2, weights: days, accelerate, tolerance: 1e-10 });
    expect(found.diagnosis.kind).toBe('converged');
    const inOrder = found.components
      .map(({ rate }, component) => ({ rate: Number(rate), weight: found.weights[component]! }))
      .sort((a, b) => a.rate - b.rate);
    expect(Math.abs(inOrder[0]!.weight / Number(optimum.weight) - 1)).toBeLessThan(1e-9);
    inOrder.forEach(({ rate }, j) => {
      expect(Math.abs(rate / Number(optimum.rates[j]) - 1)).toBeLessThan(1e-9);
    });
    expect(Math.abs(found.logLikelihood - Number(optimum.logLikelihood))).toBeLessThan(5e-12);
  });
});
