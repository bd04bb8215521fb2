import { twoProductError, twoSumError } from '@emkit/core/numerics';

/**
 * Cholesky factors: a lower triangle L with L L' the covariance. In passes they are dense, row by row, and in the units of a `Prepared`; in
 * a record of parameters they are rows of 1, 2, ..., d numbers in the units of the data.
 */
export type FactorRows = readonly (readonly number[])[];

/**
 * A pivot is one column's variance left after the columns before it explained what they can. In parts of the column's whole variance, of
 * which the factor's row is the root, it carries rounding of some units for the sums and of up to d / 2 for the elimination: below this
 * nothing of it is known beside the covariance as it is shown. It leaves room for condition numbers of 1e14.
 */
export const leastPivot = (dimension: number): number => (16 + 2 * dimension) * Number.EPSILON;

/** Below this pivot, in parts of its diagonal entry, a factor is worth twice the precision: see `factorizePrecisely`. */
const WELL_CONDITIONED = 1 / 256;

/** Replaces the lower triangle of a symmetric matrix by its factor, as precisely as its pivots need. Returns -1, or the index of a pivot that is not positive. */
export function factorizeAsNeeded(matrix: Float64Array, dimension: number): number {
  const given = matrix.slice();
  if (factorize(matrix, dimension, WELL_CONDITIONED) < 0) return -1;
  matrix.set(given);
  return factorizePrecisely(matrix, dimension);
}

/**
 * Replaces the lower triangle of a square matrix by its Cholesky factor. Returns -1, or the index of the first pivot that is not
 * above `least` times its own diagonal entry.
 */
export function factorize(matrix: Float64Array, dimension: number, least: number): number {
  for (let j = 0; j < dimension; j += 1) {
    const rowJ = j * dimension;
    const bound = least * matrix[rowJ + j]!;
    for (let k = 0; k <= j; k += 1) {
      const rowK = k * dimension;
      let rest = matrix[rowJ + k]!;
      for (let m = 0; m < k; m += 1) rest -= matrix[rowJ + m]! * matrix[rowK + m]!;
      if (k < j) matrix[rowJ + k] = rest / matrix[rowK + k]!;
      else if (rest > bound) matrix[rowJ + j] = Math.sqrt(rest);
      else return j;
    }
  }
  return -1;
}

/** The smallest pivot of a factor, in parts of the variance that its row is the root of. */
export function lowestPivot(factor: Float64Array, dimension: number): number {
  let lowest = 1;
  for (let j = 0; j < dimension; j += 1) {
    const pivot = factor[j * dimension + j]!;
    lowest = Math.min(lowest, (pivot * pivot) / squareOfRow(factor, dimension, j));
  }
  return lowest;
}

/** The variance of column j: the square of the factor's row. */
export function squareOfRow(factor: Float64Array, dimension: number, j: number): number {
  let square = 0;
  for (let k = 0; k <= j; k += 1) square += factor[j * dimension + k]! * factor[j * dimension + k]!;
  return square;
}

/**
 * `factorize` with products and differences carried as unevaluated sums of two doubles (Dekker 1971), and any positive pivot accepted.
 *
 * For nearly collinear columns with a pivot of p parts of its diagonal, plain elimination gives log-densities an error of 2^-53 / p,
 * this one the 2^-53 / sqrt(p) of the substitution alone: with a condition number of 1e12, ten digits instead of four.
 */
function factorizePrecisely(matrix: Float64Array, dimension: number): number {
  const low = new Float64Array(matrix.length);
  for (let j = 0; j < dimension; j += 1) {
    const rowJ = j * dimension;
    for (let k = 0; k <= j; k += 1) {
      const rowK = k * dimension;
      let sum = matrix[rowJ + k]!;
      let carry = 0;
      for (let m = 0; m < k; m += 1) {
        const a = matrix[rowJ + m]!;
        const b = matrix[rowK + m]!;
        const product = a * b;
        const next = sum - product;
        carry += twoSumError(sum, -product, next) - (twoProductError(a, b, product) + (a * low[rowK + m]! + low[rowJ + m]! * b));
        sum = next;
      }
      const rest = sum + carry;
      const restLow = sum - rest + carry;
      if (k < j) {
        const pivot = matrix[rowK + k]!;
        const quotient = rest / pivot;
        const product = quotient * pivot;
        matrix[rowJ + k] = quotient;
        low[rowJ + k] = (rest - product - twoProductError(quotient, pivot, product) + restLow - quotient * low[rowK + k]!) / pivot;
      } else if (rest > 0) {
        const root = Math.sqrt(rest);
        const square = root * root;
        matrix[rowJ + j] = root;
        low[rowJ + j] = (rest - square - twoProductError(root, root, square) + restLow) / (2 * root);
      } else return j;
    }
  }
  return -1;
}

/** The product A B of two lower triangles. */
export function multiplyFactors(a: Float64Array, b: Float64Array, dimension: number): Float64Array {
  const product = new Float64Array(a.length);
  for (let j = 0; j < dimension; j += 1) {
    const row = j * dimension;
    for (let m = 0; m <= j; m += 1) {
      const entry = a[row + m]!;
      for (let k = 0, other = m * dimension; k <= m; k += 1) product[row + k]! += entry * b[other + k]!;
    }
  }
  return product;
}

/** Replaces the lower triangle B by A^-1 B, row after row. */
export function divideFactors(a: Float64Array, b: Float64Array, dimension: number): void {
  for (let j = 0; j < dimension; j += 1) {
    const row = j * dimension;
    for (let m = 0; m < j; m += 1) {
      const entry = a[row + m]!;
      for (let k = 0, other = m * dimension; k <= m; k += 1) b[row + k]! -= entry * b[other + k]!;
    }
    for (let k = 0; k <= j; k += 1) b[row + k]! /= a[row + j]!;
  }
}

/** The covariance L L' that the rows of a factor stand for. */
export function covarianceOf(rows: FactorRows): number[][] {
  const covariance: number[][] = [];
  for (let j = 0; j < rows.length; j += 1) covariance.push(new Array<number>(rows.length).fill(0));
  for (let j = 0; j < rows.length; j += 1) {
    for (let k = 0; k <= j; k += 1) {
      let sum = 0;
      for (let m = 0; m <= k; m += 1) sum += rows[j]![m]! * rows[k]![m]!;
      covariance[j]![k] = covariance[k]![j] = sum;
    }
  }
  return covariance;
}
