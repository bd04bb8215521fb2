import { solveLower } from '@emkit/core/numerics';
import { lessProduct, nearGain, timesLogRatio } from '../gain.ts';
import { divideFactors } from './factor.ts';
import { type Frame, factorIn, type Prepared } from './prepared.ts';

/** Sums of r z and of r z^2, column by column, in one frame, as they are in another. */
export function moveSquares(statistics: Float64Array, count: number, from: Frame, to: Frame): Float64Array {
  const moved = statistics.slice();
  from.mean.forEach((mean, j) => {
    const shift = (to.mean[j]! - mean) * from.units[j]!;
    const ratio = to.units[j]! / from.units[j]!;
    const first = statistics[j]! - count * shift;
    const square = from.mean.length + j;
    moved[j] = first * ratio;
    moved[square] = (statistics[square]! - shift * (statistics[j]! + first)) * ratio * ratio;
  });
  return moved;
}

/** Sums of r z (d of them) and of r z z' (the lower triangle by rows) in one frame, as they are in another. */
export function moveSums(statistics: Float64Array, count: number, from: Frame, to: Frame): Float64Array {
  const dimension = from.mean.length;
  const shifts = new Float64Array(dimension);
  for (let j = 0; j < dimension; j += 1) shifts[j] = (to.mean[j]! - from.mean[j]!) * to.units[j]!;
  if (to.factor !== undefined) solveLower(to.factor, dimension, shifts);
  const moved = turnSums(statistics, from, to);
  const place = (j: number): number => dimension + (j * (j + 1)) / 2;
  const sums = moved.slice(0, dimension);
  for (let j = 0; j < dimension; j += 1) {
    const first = lessProduct(sums[j]!, count, shifts[j]!);
    moved[j] = first;
    for (let k = 0; k <= j; k += 1) moved[place(j) + k] = moved[place(j) + k]! - shifts[j]! * sums[k]! - first * shifts[k]!;
  }
  return moved;
}

/** The sums in the units or whitened coordinates of `to`, still about the mean of `from`: those of r M z and of r M z z' M'. */
function turnSums(statistics: Float64Array, from: Frame, to: Frame): Float64Array {
  const dimension = from.mean.length;
  const moved = statistics.slice();
  const ratios = new Float64Array(dimension);
  for (let j = 0; j < dimension; j += 1) ratios[j] = to.units[j]! / from.units[j]!;
  const place = (j: number): number => dimension + (j * (j + 1)) / 2;
  if (from.factor === undefined && to.factor === undefined) {
    for (let j = 0; j < dimension; j += 1) {
      moved[j]! *= ratios[j]!;
      for (let k = 0; k <= j; k += 1) moved[place(j) + k]! *= ratios[j]! * ratios[k]!;
    }
    return moved;
  }
  const turn = new Float64Array(dimension * dimension);
  let same = from.factor !== undefined && to.factor !== undefined;
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k <= j; k += 1) {
      const at = j * dimension + k;
      turn[at] = (from.factor === undefined ? (j === k ? 1 : 0) : from.factor[at]!) * ratios[j]!;
      same &&= turn[at] === to.factor![at];
    }
  }
  if (same) return moved;
  if (to.factor !== undefined) divideFactors(to.factor, turn, dimension);

  // M times the symmetric matrix, and that times M', row by row.
  const products = symmetric(statistics, dimension);
  const half = new Float64Array(dimension);
  for (let j = 0; j < dimension; j += 1) {
    let first = 0;
    half.fill(0);
    for (let m = 0; m <= j; m += 1) {
      const entry = turn[j * dimension + m]!;
      first += entry * statistics[m]!;
      for (let k = 0, other = m * dimension; k <= j; k += 1) half[k]! += entry * products[other + k]!;
    }
    moved[j] = first;
    for (let k = 0; k <= j; k += 1) {
      let sum = 0;
      for (let m = 0, other = k * dimension; m <= k; m += 1) sum += half[m]! * turn[other + m]!;
      moved[place(j) + k] = sum;
    }
  }
  return moved;
}

/** The sums of products as the whole of a square matrix: loops that multiply it run along its rows. */
function symmetric(statistics: Float64Array, dimension: number): Float64Array {
  const matrix = new Float64Array(dimension * dimension);
  for (let j = 0, at = dimension; j < dimension; j += 1) {
    for (let k = 0; k <= j; k += 1, at += 1) matrix[j * dimension + k] = matrix[k * dimension + j] = statistics[at]!;
  }
  return matrix;
}

/**
 * The change of sum_i r_i log f(x_i; .). With L and K the factors of both covariances, D = K^-1 (L - K), and W the sum of r z z' in the
 * whitened coordinates of `from`: as K^-1 = (I + D) L^-1, the quadratic form moves by tr W (D + D' + D' D), and all that is left to
 * subtract is W - N I, which vanishes near the estimate.
 */
export function correlatedGain(statistics: Float64Array, count: number, about: Frame, from: Prepared, to: Prepared): number {
  const dimension = from.mean.length;
  const sums = moveSums(statistics, count, about, from);
  const lower = from.factor!;
  const next = factorIn(to, from.units);
  const change = lower.slice();
  for (let index = 0; index < change.length; index += 1) change[index]! -= next[index]!;
  divideFactors(next, change, dimension);
  const spread = symmetric(sums, dimension);

  let gain = 0;
  for (let j = 0; j < dimension; j += 1) {
    const row = j * dimension;
    const diagonal = change[row + j]!;
    const square = spread[row + j]!;
    gain += nearGain(count, count - square, diagonal) ?? timesLogRatio(count, next[row + j]!, lower[row + j]!) - square * diagonal;
    for (let k = 0; k <= j; k += 1) {
      let moved = 0;
      for (let m = 0, other = k * dimension; m <= j; m += 1) moved += change[row + m]! * spread[other + m]!;
      gain -= change[row + k]! * (0.5 * moved + (k < j ? spread[row + k]! : 0));
    }
  }

  const step = new Float64Array(dimension);
  for (let j = 0; j < dimension; j += 1) step[j] = (to.mean[j]! - from.mean[j]!) * from.units[j]!;
  solveLower(next, dimension, step);
  for (let j = 0; j < dimension; j += 1) {
    let first = sums[j]!;
    for (let k = 0; k <= j; k += 1) first += change[j * dimension + k]! * sums[k]!;
    gain += 0.5 * step[j]! * lessProduct(2 * first, count, step[j]!);
  }
  return gain;
}
