import { fit } from '@emkit/core';
import { categorical, gaussian, multivariateGaussian, poisson, product } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { people } from './product-data.ts';

const person = product({ height: gaussian(), visits: poisson(), answer: categorical({ levels: ['no', 'yes'] }) });

describe('imputation', () => {
  const data = people(300, 21, 0.3);
  const { model } = fit(data, { family: person, components: 2, missing: 'integrate' });

  test('keeps what was observed, one row for each', () => {
    const [height, visits, answer] = model.impute(data);
    data.height.forEach((value, row) => {
      if (value !== null) expect(height![row]).toBe(value);
      if (data.visits[row] !== null) expect(visits![row]).toBe(data.visits[row]);
      if (data.answer[row] !== null) expect(answer![row]).toBe(Number(data.answer[row] === 'yes'));
      expect([0, 1]).toContain(answer![row]);
    });
  });

  test('is the conditional expectation: the mean of the components, each with its responsibility', () => {
    const [height] = model.impute({ height: [null], visits: [2], answer: ['yes'] });
    const { responsibilities } = model.predict({ height: [null], visits: [2], answer: ['yes'] }, { missing: 'integrate' });
    const expected = model.components.reduce((sum, component, k) => sum + responsibilities[k]![0]! * component.height.mean, 0);
    expect(height![0]).toBeCloseTo(expected, 12);
  });

  test('fills a row without any value by the means of all', () => {
    const [height, visits] = model.impute({ height: [null], visits: [null], answer: [null] });
    const mean = (of: (component: (typeof model.components)[0]) => number) =>
      model.components.reduce((sum, component, k) => sum + model.weights[k]! * of(component), 0);
    expect(height![0]).toBeCloseTo(
      mean(({ height: own }) => own.mean),
      12,
    );
    expect(visits![0]).toBeCloseTo(
      mean(({ visits: own }) => own.rate),
      12,
    );
  });

  test('draws have the conditional mean and variance, and the same seed draws the same', () => {
    const rows = 4000;
    const alike = { height: Array<null>(rows).fill(null), visits: Array<number>(rows).fill(9), answer: Array<string>(rows).fill('no') };
    const [expected] = model.impute({ height: [null], visits: [9], answer: ['no'] });
    const [draws] = model.impute(alike, { seed: 5 });
    const mean = draws!.reduce((sum, value) => sum + value, 0) / rows;
    const variance = draws!.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
    // Six standard errors: a false alarm in 5e8.
    expect(Math.abs(mean - expected![0]!)).toBeLessThan(6 * Math.sqrt(variance / rows));
    expect(variance).toBeGreaterThan(0.8 * Math.min(...model.components.map(({ height }) => height.variance)));
    expect(model.impute(alike, { seed: 5 })[0]).toEqual(draws);
    expect(model.impute(alike, { seed: 6 })[0]).not.toEqual(draws);
  });

  test('of correlated columns is the regression on those that were observed', () => {
    const rows = Array.from({ length: 30 }, (_, row): (number | null)[] => [row, 2 * row + Math.sin(row * 7), row % 5 === 0 ? null : 3]);
    const noisy = rows.map(([a, b, c], row) => [a!, b!, c === null ? null : a! - b! / 3 + Math.cos(row * 5)]);
    const { model: correlated, components } = fit(noisy, {
      family: multivariateGaussian({ dimension: 3 }),
      components: 1,
      missing: 'integrate',
      tolerance: 1e-12,
    });
    const { mean, covariance: s } = components[0];
    const [, b, c] = correlated.impute([[4, null, null]]);
    const along = (j: number): number => mean[j]! + (s[j]![0]! / s[0]![0]!) * (4 - mean[0]!);
    expect(b![0]).toBeCloseTo(along(1), 9);
    expect(c![0]).toBeCloseTo(along(2), 9);
    expect(Array.from(correlated.impute([[null, null, null]]), (column) => column[0])).toEqual([...mean]);
  });

  test('knows where data lie far from zero', () => {
    const far = data.height.map((value) => (value === null ? null : Math.round(value * 1024) / 1024 + 2 ** 40));
    const { model: moved } = fit(far, { family: gaussian(), components: 2, missing: 'integrate' });
    const [filled] = moved.impute(far);
    far.forEach((value, row) => {
      if (value !== null) expect(filled![row]).toBe(value);
      else expect(Math.abs(filled![row]! - 2 ** 40 - 173)).toBeLessThan(15);
    });
  });
});
