import { createRandom, fit, fitSteps } from '@emkit/core';
import { gaussian, multivariateGaussian, poisson, product } from '@emkit/families';
import { createMixture, eStep, mStep } from '@emkit/reference';
import { describe, expect, test } from 'vitest';
import { reference } from './support.ts';

const structures = ['full', 'tied', 'diagonal', 'spherical'] as const;

/** Rows of two groups with correlated columns, a share of whose cells is missing; some rows lack all. */
function holed(rows: number, dimension: number, seed: number, share = 0.3): (number | null)[][] {
  const random = createRandom(seed);
  return Array.from({ length: rows }, () => {
    const high = random.uniform() < 0.4 ? 3 : 0;
    const common = random.normal();
    return Array.from({ length: dimension }, (_, column) =>
      random.uniform() < share ? null : high + common + (column + 1) * 0.7 * random.normal(),
    );
  });
}

const identity = (dimension: number, variance: number): number[][] =>
  Array.from({ length: dimension }, (_, j) => Array.from({ length: dimension }, (__, k) => (j === k ? variance : 0)));

const startOf = (dimension: number) => ({
  weights: [0.6, 0.4],
  components: [0, 3].map((mean) => ({ mean: new Array<number>(dimension).fill(mean), covariance: identity(dimension, 2) })),
});

describe('a correlated Gaussian with missing cells', () => {
  test('gives the published estimate of two columns, of which three cells of one are missing', () => {
    const rows = [2.1, 2.9, 4.2, 4.8, 6.1, null, null, null].map((x2, row) => [row + 1, x2]);
    const { components, logLikelihood } = fit(rows, {
      family: multivariateGaussian({ dimension: 2 }),
      components: 1,
      missing: 'integrate',
      tolerance: 1e-12,
    });
    expect(components[0].covariance[1]![1]).toBeCloseTo(5.166925, 9);
    // The factored likelihood: the regression of x2 on x1 from the complete rows, carried to all of x1.
    const slope = 9.9 / 10;
    const residual = (9.908 - slope * 9.9) / 5;
    expect(components[0].covariance[1]![1]).toBeCloseTo(slope ** 2 * 5.25 + residual, 9);
    expect(components[0].mean[1]).toBeCloseTo(4.02 + slope * 1.5, 9);
    const ofX1 = -4 * (Math.log(2 * Math.PI * 5.25) + 1);
    const ofX2 = -2.5 * (Math.log(2 * Math.PI * residual) + 1);
    expect(logLikelihood).toBeCloseTo(ofX1 + ofX2, 9);
  });

  test.each(structures)('one EM step is that of the reference: %s', (covariance) => {
    const rows = [...holed(40, 3, 7), [null, null, null]];
    const family = multivariateGaussian({ dimension: 3, covariance });
    const start = startOf(3);
    const options = { family, components: 2, start, missing: 'integrate', accelerate: false } as const;
    const tied = covariance === 'tied' ? { shared: [{ parameter: 'covariance' }] } : {};
    let exact = createMixture(reference, { family: family.id, options: family.options, ...start });
    for (const iterations of [1, 2]) {
      const { responsibilities } = eStep(exact, { rows });
      exact = mStep(exact, { rows }, responsibilities, tied);
      const found = fit(rows, { ...options, iterations });
      expect(found.logLikelihood).toBeCloseTo(eStep(exact, { rows }).logLikelihood.toNumber(), 10);
      exact.components.forEach(({ family: own, parameters }, k) => {
        const { mean, covariance: matrix } = own.toNumbers(parameters) as { mean: number[]; covariance: number[][] };
        mean.forEach((value, j) => {
          expect(found.components[k]!.mean[j]).toBeCloseTo(value, 12);
          matrix[j]!.forEach((entry, i) => {
            expect(found.components[k]!.covariance[j]![i]).toBeCloseTo(entry, 12);
          });
        });
      });
    }
  });

  test.each(structures)('the log-likelihood never falls: %s', (covariance) => {
    let before = -Infinity;
    const options = { family: multivariateGaussian({ dimension: 4, covariance }), components: 2, start: startOf(4), iterations: 40 };
    for (const { logLikelihood } of fitSteps(holed(150, 4, 9, 0.4), { ...options, missing: 'integrate', accelerate: false })) {
      expect(logLikelihood).toBeGreaterThanOrEqual(before - 1e-10);
      before = logLikelihood;
    }
  });

  test('a diagonal one is the product of its columns, each with its own count', () => {
    const rows = holed(200, 2, 11);
    const tolerance = 1e-11;
    const whole = fit(rows, {
      family: multivariateGaussian({ dimension: 2, covariance: 'diagonal' }),
      components: 2,
      start: startOf(2),
      missing: 'integrate',
      tolerance,
    });
    const start = { weights: [0.6, 0.4], components: [0, 3].map((mean) => ({ a: { mean, variance: 2 }, b: { mean, variance: 2 } })) };
    const parts = fit(rows, { family: product({ a: gaussian(), b: gaussian() }), components: 2, start, missing: 'integrate', tolerance });
    expect(whole.logLikelihood).toBeCloseTo(parts.logLikelihood, 9);
    expect(whole.components[0].mean[0]).toBeCloseTo(parts.components[0].a.mean, 6);
    expect(whole.components[1].covariance[1]![1]).toBeCloseTo(parts.components[1].b.variance, 6);
  });

  test('keeps its digits where columns are nearly collinear and of any size', () => {
    const random = createRandom(4);
    const rows = Array.from({ length: 80 }, (_, row): (number | null)[] => {
      const x = random.normal();
      const cells = [x, x + 1e-5 * random.normal(), random.normal()];
      return cells.map((value, column) => (row % 4 === 3 && row % 3 === column ? null : value));
    });
    const scaled = rows.map((row) => row.map((value, column) => (value === null ? null : value * [1e-90, 1e-90, 1e90][column]!)));
    const options = { family: multivariateGaussian({ dimension: 3 }), components: 1, missing: 'integrate', tolerance: 1e-11 } as const;
    const [plain, moved] = [fit(rows, options), fit(scaled, options)];
    // At a condition of 1e10 the last digits shake.
    expect(['converged', 'stalled']).toContain(plain.diagnosis.kind);
    expect(moved.logLikelihood - plain.logLikelihood).toBeCloseTo(90 * Math.log(10) * count(rows), 4);
    expect(moved.components[0].covariance[2]![2]! / 1e180).toBeCloseTo(plain.components[0].covariance[2]![2]!, 9);
    const exact = createMixture(reference, {
      ...plain.model.toJSON(),
      components: plain.model.exact?.components ?? plain.components,
    } as never);
    expect(plain.logLikelihood).toBeCloseTo(eStep(exact, { rows }).logLikelihood.toNumber(), 6);
  });

  test('is a part of a product like any other', () => {
    const rows = holed(120, 3, 13).map(([a, b, c]) => [a!, b!, c === null ? null : Math.round(Math.abs(c!))]);
    const family = product({ place: multivariateGaussian({ dimension: 2 }), visits: poisson() });
    const found = fit(rows, { family, components: 2, missing: 'integrate' });
    const exact = createMixture(reference, { ...found.model.toJSON(), components: found.state.parameters.components } as never);
    expect(found.logLikelihood).toBeCloseTo(eStep(exact, { rows }).logLikelihood.toNumber(), 9);
  });
});

/** Cells of the first two columns, whose scale shrinks, less those of the third, whose grows. */
function count(rows: readonly (readonly (number | null)[])[]): number {
  return rows.flat().reduce((sum: number, value, index) => sum + (value === null ? 0 : index % 3 === 2 ? -1 : 1), 0);
}
