import {
  createDataset,
  createMixture,
  createRandom,
  type Expectation,
  type Family,
  fit,
  type MixtureParameters,
  memorySource,
  useKernels,
} from '@emkit/core';
import { afterAll, describe, expect, it } from 'vitest';
import { exponential, gaussian, multivariateGaussian } from '../src/index.ts';

afterAll(() => {
  useKernels('simd');
});

interface Case {
  readonly name: string;
  readonly family: Family;
  /** The j-th number of a row of component k. */
  draw(k: number, j: number): number;
  parameters(k: number, shift: number): Record<string, unknown>;
}

const random = createRandom(5);

function gaussianCase(dimension: number, covariance: 'full' | 'diagonal' | 'spherical' | 'tied', spread: number): Case {
  const correlated = covariance === 'full' || covariance === 'tied';
  return {
    name: `multivariate Gaussian, ${covariance}, ${dimension} columns, spread ${spread}`,
    family: multivariateGaussian({ dimension, covariance }),
    draw: (k, j) => 100 * j + spread * Math.sin(7 * k + j) + (1 + (j % 3)) * random.normal(),
    parameters: (k, shift) => ({
      mean: Array.from({ length: dimension }, (_, j) => 100 * j + spread * Math.sin(7 * k + j) + shift),
      covariance: Array.from({ length: dimension }, (_, i) =>
        Array.from({ length: dimension }, (__, j) =>
          i === j ? (covariance === 'spherical' ? 3 : 1.2 * (1 + (j % 3)) ** 2) : correlated ? 0.3 / (1 + Math.abs(i - j)) : 0,
        ),
      ),
    }),
  };
}

const cases: readonly Case[] = [
  {
    name: 'exponential',
    family: exponential(),
    draw: (k) => random.exponential() * (1 + 3 * k),
    parameters: (k, shift) => ({ rate: (1 + shift) / (1 + 3 * k) }),
  },
  {
    name: 'gaussian',
    family: gaussian(),
    draw: (k) => 3 * k + random.normal(),
    parameters: (k, shift) => ({ mean: 3 * k + shift, variance: 1.3 }),
  },
  gaussianCase(1, 'full', 3),
  gaussianCase(2, 'full', 3),
  gaussianCase(3, 'full', 3),
  gaussianCase(5, 'tied', 3),
  gaussianCase(10, 'full', 3),
  gaussianCase(10, 'full', 20),
  gaussianCase(19, 'full', 20),
  {
    name: 'multivariate Gaussian, nearly singular, in whitened coordinates',
    family: multivariateGaussian({ dimension: 3 }),
    draw: (() => {
      let first = 0;
      return (k, j) => {
        const normal = random.normal();
        if (j === 0) first = normal;
        return 3 * k + (j === 1 ? first + normal / 256 : normal);
      };
    })(),
    parameters: (k, shift) => ({
      mean: [3 * k + shift, 3 * k + shift, 3 * k],
      covariance: [
        [1, 1, 0],
        [1, 1 + 2 ** -16, 0],
        [0, 0, 1],
      ],
    }),
  },
  gaussianCase(3, 'diagonal', 3),
  gaussianCase(12, 'diagonal', 20),
  gaussianCase(4, 'spherical', 3),
];

interface Problem {
  readonly columns: Record<string, Float64Array>;
  readonly weights: Float64Array;
  readonly at: MixtureParameters;
}

function problem({ family, draw, parameters }: Case, rows: number, components: number): Problem {
  const columns = family.columns.map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row += 1) {
    columns.forEach((column, j) => {
      column[row] = draw(row % components, j);
    });
  }
  return {
    columns: Object.fromEntries(columns.map((column, j) => [`x${j}`, column])),
    weights: Float64Array.from({ length: rows }, () => random.exponential()),
    at: {
      weights: Array.from({ length: components }, (_, k) => (2 * (k + 1)) / (components * (components + 1))),
      components: Array.from({ length: components }, (_, k) => parameters(k, 0.1)),
    } as MixtureParameters,
  };
}

function expectation(family: Family, { columns, weights, at }: Problem, weighted: boolean, uncut = false): Expectation {
  const mixture = createMixture({ family, components: at.weights.length });
  const dataset = createDataset(columns, mixture.families, at.weights.length, weighted ? { weights } : {});
  return memorySource(dataset).expect({ model: mixture, at, about: at, uncut });
}

describe.each(cases)('$name', (item) => {
  it.each([
    [1, 1],
    [17, 2],
    [1500, 3],
    [1024, 12],
  ])(
    '%i rows, %i components: plain and compiled kernels agree in every bit, and with the family’s own loops to rounding',
    (rows, components) => {
      const data = problem(item, rows, components);
      for (const weighted of [false, true]) {
        useKernels('plain');
        const plain = expectation(item.family, data, weighted);
        useKernels('simd');
        const simd = expectation(item.family, data, weighted);
        expect(new BigInt64Array(simd.vector.buffer)).toEqual(new BigInt64Array(plain.vector.buffer));

        const { kernel, ...own } = item.family;
        expect(kernel).toBeDefined();
        const loops = expectation(own, data, weighted);
        // A scale for rounding: of the size of the sum of |log density|, and not below the log-likelihood.
        expect(simd.magnitude).toBeGreaterThanOrEqual(Math.abs(simd.logLikelihood) * (1 - 1e-12));
        expect(simd.magnitude).toBeLessThan(5 * (loops.magnitude + rows));
        simd.vector.forEach((value, index) => {
          if (index === 1) return;
          const scale = index === 0 ? simd.magnitude : 1;
          expect(Math.abs(value - loops.vector[index]!)).toBeLessThan(1e-13 * Math.max(scale, rows * 100));
        });
      }
    },
  );

  it('the entropy in ICL is that of the responsibilities', () => {
    const data = problem(item, 1500, 3);
    for (const weights of [undefined, data.weights]) {
      for (const family of [item.family, { ...item.family, kernel: undefined } as unknown as Family]) {
        const options = { family, components: 3, start: data.at, iterations: 1, tolerance: 0, ...(weights && { weights }) };
        const { criteria, model, logLikelihood } = fit(data.columns, options);
        const { entropy } = model.bound(data.columns, undefined, weights && { weights });
        expect(Math.abs(criteria.icl - criteria.bic - 2 * entropy)).toBeLessThan(1e-12 * Math.abs(logLikelihood));
        if (item.name !== 'exponential') expect(entropy).toBeLessThan(1500 * Math.log(3));
      }
    }
  });

  it('leaving out what lies far below the best component changes sums by no more than their rounding', () => {
    const data = problem(item, 1500, 6);
    const cut = expectation(item.family, data, false);
    const uncut = expectation(item.family, data, false, true);
    expect(cut.logLikelihood).toBe(uncut.logLikelihood);
    cut.vector.forEach((value, index) => {
      expect(Math.abs(value - uncut.vector[index]!)).toBeLessThan(1e-14 * Math.max(100, Math.abs(value)));
    });
  });
});

it('a component that starts so far away that the cut would empty it keeps its tails', () => {
  const family = multivariateGaussian({ dimension: 2, covariance: 'diagonal' });
  const covariance = [
    [1, 0],
    [0, 1],
  ];
  const far: Problem = {
    columns: {
      x: Float64Array.from({ length: 500 }, () => random.normal()),
      y: Float64Array.from({ length: 500 }, () => random.normal()),
    },
    weights: new Float64Array(500).fill(1),
    at: {
      weights: [0.5, 0.5],
      components: [
        { mean: [0, 0], covariance },
        { mean: [15, 15], covariance },
      ],
    },
  };
  const { counts, vector } = expectation(family, far, false);
  expect(counts[1]).toBeGreaterThan(0);
  expect(counts[1]).toBeLessThan(1e-40);
  expect([...vector]).toEqual([...expectation(family, far, false, true).vector]);
});

it('numbers too large for the kernels are left to the family’s own loops', () => {
  const data = Float64Array.from({ length: 300 }, (_, row) => 1e150 * (random.normal() + (row % 2) * 8));
  const start = {
    weights: [0.5, 0.5],
    components: [
      { mean: 0, variance: 1e300 },
      { mean: 8e150, variance: 1e300 },
    ],
  };
  const result = fit(data, { family: gaussian(), components: 2, start });
  expect(result.converged).toBe(true);
  expect(Math.abs(result.components[1].mean / 8e150 - 1)).toBeLessThan(0.1);
});
