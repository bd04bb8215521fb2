import { EmkitError } from '@emkit/core';
import { exponentOf, log } from '@emkit/core/numerics';
import { unitOfVariance } from '../spread.ts';
import { type FactorRows, factorizeAsNeeded, lowestPivot } from './factor.ts';

/** The parameters of a Gaussian component on several columns: the mean, and the whole covariance matrix as rows whatever its structure. */
export type MultivariateGaussianParameters = {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
};

/** The parameters as they are kept: with correlations, an M-step gives the factor of the covariance besides. */
export type Refined = MultivariateGaussianParameters & { readonly factor?: FactorRows };

/**
 * Where and in what the sums of a component are taken: of r z and r z z', where z is x - m in units of each column, or z = L^-1 (x - m) in
 * whitened coordinates, where `factor` is L in those units.
 */
export interface Frame {
  readonly mean: Float64Array;
  /** Powers of two near one over each standard deviation: multiplying by them does not round, and squares cannot overflow. */
  readonly units: Float64Array;
  readonly factor: Float64Array | undefined;
}

/** What a pass over a block needs, prepared once for each record of parameters. */
export interface Prepared extends Frame {
  /** Lower Cholesky factor of the covariance in those units, row by row, `dimension` entries a row; absent without correlations. */
  readonly factor: Float64Array | undefined;
  /** One over the factor's diagonal; without correlations, 1 / (2 variance) in those units. */
  readonly inverse: Float64Array;
  /** -(d log(2 pi) + log det covariance) / 2. */
  readonly constant: number;
  /** The frame of the sums about these parameters. */
  readonly frame: Frame;
}

const LOG_TWO_PI = 1.8378770664093453;
const LOG_TWO = 0.6931471805599453;

/**
 * Below this pivot, in parts of its column's variance, sums are taken in whitened coordinates: with p left of the variance, sums of
 * products know the pivot to 2^-53 / p of itself, and of whitened ones, which are nearly the unit matrix, to 2^-53.
 */
export const ILL_CONDITIONED = 1e-4;

export function prepareUncorrelated({ mean, covariance }: Refined): Prepared {
  const units = Float64Array.from(covariance, (row, j) => unitOfVariance(row[j]!));
  const inverse = Float64Array.from(covariance, (row, j) => 0.5 / (row[j]! * units[j]! * units[j]!));
  let logDeterminant = 0;
  covariance.forEach((row, j) => {
    logDeterminant += log(row[j]! * units[j]! * units[j]!);
  });
  const frame = { mean: Float64Array.from(mean), units, factor: undefined };
  return { ...frame, inverse, constant: constantOf(logDeterminant, units), frame };
}

export function prepareCorrelated(parameters: Refined): Prepared {
  const dimension = parameters.mean.length;
  const mean = new Float64Array(parameters.mean);
  // Loops here and below: `from` and `map` of small arrays cost as much as the arithmetic of a whole small fit.
  const units = new Float64Array(dimension);
  for (let j = 0; j < dimension; j += 1) units[j] = unitOfVariance(parameters.covariance[j]![j]!);
  const factor = factorOf(parameters, units);
  const inverse = new Float64Array(dimension);
  let logDeterminant = 0;
  for (let j = 0; j < dimension; j += 1) {
    inverse[j] = 1 / factor[j * dimension + j]!;
    logDeterminant += 2 * log(factor[j * dimension + j]!);
  }
  const whitened = lowestPivot(factor, dimension) < ILL_CONDITIONED;
  const frame = { mean, units, factor: whitened ? factor : undefined };
  return { mean, units, factor, inverse, constant: constantOf(logDeterminant, units), frame };
}

/** The factor in these units: as it was kept, or from the covariance. */
function factorOf({ mean, covariance, factor }: Refined, units: Float64Array): Float64Array {
  const dimension = mean.length;
  const dense = new Float64Array(dimension * dimension);
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k <= j; k += 1)
      dense[j * dimension + k] = factor === undefined ? covariance[j]![k]! * units[j]! * units[k]! : factor[j]![k]! * units[j]!;
  }
  const failed = factor === undefined ? factorizeAsNeeded(dense, dimension) : -1;
  if (failed < 0) return dense;
  throw new EmkitError('PARAMETER_DOMAIN', `The covariance is not positive definite: pivot ${failed + 1} is not positive.`, {
    parameter: 'covariance',
  });
}

/** -(d log(2 pi) + log det covariance) / 2 from the log-determinant in units that are powers of two: their exponents are added as whole numbers. */
export function constantOf(logDeterminant: number, units: Float64Array): number {
  let exponents = 0;
  for (const unit of units) exponents += exponentOf(unit);
  return exponents * LOG_TWO - 0.5 * (units.length * LOG_TWO_PI + logDeterminant);
}

/** The factor in the units of the data, as rows. */
export function factorRows(factor: Float64Array, units: Float64Array): number[][] {
  const dimension = units.length;
  const rows: number[][] = [];
  for (let j = 0; j < dimension; j += 1) {
    const row: number[] = [];
    for (let k = 0; k <= j; k += 1) row.push(factor[j * dimension + k]! / units[j]!);
    rows.push(row);
  }
  return rows;
}

/** The factor in other units. */
export function factorIn({ factor, units }: Prepared, others: Float64Array): Float64Array {
  const dimension = units.length;
  const turned = new Float64Array(dimension * dimension);
  for (let j = 0; j < dimension; j += 1) {
    const ratio = others[j]! / units[j]!;
    for (let k = 0; k <= j; k += 1) turned[j * dimension + k] = factor![j * dimension + k]! * ratio;
  }
  return turned;
}
