import type { ExponentialForm } from '@emkit/core';
import { cholesky, invertLower, logDeterminant as logDeterminantOf } from '@emkit/core/numerics';
import type { Structure } from './estimate.ts';
import type { Refined } from './prepared.ts';

const LOG_TWO_PI = 1.8378770664093453;

/**
 * The natural form: T(x) is x and then the products x_j x_k, k <= j, by rows (full), the squares (diagonal) or their sum
 * (spherical); the natural parameters are S^-1 m and what multiplies those products in -x' S^-1 x / 2; h(x) = 1.
 */
export function naturalForm(dimension: number, structure: Structure): ExponentialForm<Refined> {
  const pairs: (readonly [number, number])[] = [];
  for (let j = 0; j < dimension; j += 1) for (let k = structure === 'full' ? 0 : j; k <= j; k += 1) pairs.push([j, k]);

  /** The mean and covariance that natural parameters stand for, and half the log-determinant of the covariance. */
  const moments = (
    natural: readonly number[],
  ): { readonly mean: number[]; readonly covariance: number[][]; readonly halfLogDeterminant: number } => {
    const precision = new Float64Array(dimension * dimension);
    for (const [index, [j, k]] of pairs.entries()) {
      const coefficient = natural[dimension + (structure === 'spherical' ? 0 : index)]!;
      precision[j * dimension + k] = j === k ? -2 * coefficient : -coefficient;
    }
    const covariance = inverseOf(precision, dimension);
    const mean = covariance.map((row) => sumOf(row.map((entry, k) => entry * natural[k]!)));
    const factor = cholesky(precision, dimension);
    return { mean, covariance, halfLogDeterminant: factor.ok ? -0.5 * logDeterminantOf(factor.factor, dimension) : Number.NaN };
  };

  return {
    length: structure === 'spherical' ? dimension + 1 : dimension + pairs.length,
    naturalParameters: ({ mean, covariance }) => {
      const precision = inverseOf(Float64Array.from(covariance.flat()), dimension);
      const linear = precision.map((row) => sumOf(row.map((entry, k) => entry * mean[k]!)));
      const quadratic = pairs.map(([j, k]) => (j === k ? -0.5 : -1) * precision[j]![k]!);
      return [...linear, ...(structure === 'spherical' ? [quadratic[0]!] : quadratic)];
    },
    fromNatural: (natural) => {
      const { mean, covariance } = moments(natural);
      return { mean, covariance };
    },
    logPartition: (natural) => {
      const { mean, halfLogDeterminant } = moments(natural);
      return 0.5 * sumOf(mean.map((value, j) => value * natural[j]!)) + halfLogDeterminant + 0.5 * dimension * LOG_TWO_PI;
    },
    sufficientStatistics: (row) => {
      const products = pairs.map(([j, k]) => row[j]! * row[k]!);
      return [...row.subarray(0, dimension), ...(structure === 'spherical' ? [sumOf(products)] : products)];
    },
  };
}

/** The inverse of a symmetric positive definite matrix given by its lower triangle; NaN where it is none. */
function inverseOf(matrix: Float64Array, dimension: number): number[][] {
  const result = cholesky(matrix, dimension);
  const inverse = result.ok ? invertLower(result.factor, dimension) : new Float64Array(matrix.length).fill(Number.NaN);
  return Array.from({ length: dimension }, (_, j) =>
    Array.from({ length: dimension }, (__, k) => {
      let sum = 0;
      for (let m = Math.max(j, k); m < dimension; m += 1) sum += inverse[m * dimension + j]! * inverse[m * dimension + k]!;
      return sum;
    }),
  );
}

function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
