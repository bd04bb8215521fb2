import { EmkitError } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { binomial, categorical, familyById, multivariateGaussian } from '../src/index.ts';
import { blockOf, logDensities } from './support.ts';

function refusal(action: () => unknown): { readonly value: unknown; readonly remedy: string | undefined } {
  try {
    action();
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code !== 'OPTION_INVALID') throw error;
    return { value: error.details.value, remedy: error.details.remedy };
  }
  return expect.fail('nothing was refused');
}

describe('an option that memory would not hold is refused before any is taken', () => {
  it('a covariance of very many columns', () => {
    for (const dimension of [2049, 8000, 1e7]) {
      for (const covariance of ['full', 'diagonal', 'spherical', 'tied'] as const) {
        expect(refusal(() => multivariateGaussian({ dimension, covariance })).remedy).toBe('Give a whole number from 1 to 2048.');
      }
      // As a model file has it.
      expect(refusal(() => familyById('multivariate-gaussian')({ dimension })).value).toBe(dimension);
    }
    expect(multivariateGaussian({ dimension: 2048, covariance: 'diagonal' }).columns.length).toBe(2048);
  });

  it('very many categories', () => {
    expect(refusal(() => categorical({ categories: 1e9 })).remedy).toBe('Give a whole number from 2 to 1000000.');
    expect(categorical({ categories: 1e6 }).statisticsLength).toBe(1e6);
  });

  it('nothing where neither memory nor time grows with it', () => {
    expect(binomial({ trials: 1e15 }).options).toEqual({ trials: 1e15 });
  });
});

describe('categories may have names', () => {
  const answers = categorical({ levels: ['no', 'perhaps', 'yes'] });

  it('that stand for the numbers from 0 on', () => {
    expect(answers.options).toEqual({ levels: ['no', 'perhaps', 'yes'] });
    expect(answers.columns).toEqual([
      { name: 'x', support: { kind: 'integer', minimum: 0, maximum: 2 }, nominal: true, levels: ['no', 'perhaps', 'yes'] },
    ]);
    expect(categorical({ categories: 3 }).columns[0]).not.toHaveProperty('levels');
    const parameters = { probabilities: [0.5, 0.25, 0.25] };
    expect([...logDensities(answers, parameters, blockOf([0, 1, 2]))]).toEqual([
      ...logDensities(categorical({ categories: 3 }), parameters, blockOf([0, 1, 2])),
    ]);
    expect(familyById('categorical')(JSON.parse(JSON.stringify(answers.options))).options).toEqual(answers.options);
  });

  it('different ones, at least two, and no number besides', () => {
    const rule = 'Give a list of different strings, their number from 2 to 1000000.';
    for (const levels of [['no'], ['no', 'no'], ['no', 1], 'no', 3, null]) {
      expect(refusal(() => categorical({ levels: levels as never })).remedy).toBe(rule);
    }
    expect(refusal(() => categorical({ levels: ['no', 'yes'], categories: 2 })).remedy).toBe('Give it or categories, not both.');
    expect(() => categorical({})).toThrow(/needs the option categories/);
    expect(refusal(() => categorical({ labels: ['no', 'yes'] } as never)).remedy).toBe('It has: categories, levels.');
  });
});
