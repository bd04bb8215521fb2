import { degenerate } from '@emkit/core';
import { SMALLEST_NORMAL } from '@emkit/core/numerics';
import { LEAST_PART, ROUNDING, recentredMean, rescaledVariance } from '../spread.ts';
import { covarianceOf, factorize, leastPivot, lowestPivot, multiplyFactors, squareOfRow } from './factor.ts';
import { type Frame, factorRows, ILL_CONDITIONED, type Refined } from './prepared.ts';

/** What is free in a covariance: all of it, its diagonal, or the diagonal's common entry. */
export type Structure = 'full' | 'diagonal' | 'spherical';

/** Where the sum of r z_j z_k stands among the statistics, k <= j; without correlations there are squares only. */
const place = (structure: Structure, dimension: number, j: number, k: number): number =>
  dimension + (structure === 'full' ? (j * (j + 1)) / 2 + k : j);

/** How far the mean of the data lies from that of the frame: S1 / N, or where it is whitened L S1 / N. */
function movesOf(statistics: Float64Array, count: number, { mean, units, factor }: Frame): number[] {
  const dimension = mean.length;
  const moves: number[] = [];
  for (let j = 0; j < dimension; j += 1) {
    let move = 0;
    if (factor === undefined) move = statistics[j]! / count;
    else for (let k = 0; k <= j; k += 1) move += factor[j * dimension + k]! * (statistics[k]! / count);
    moves.push(move / units[j]!);
  }
  return moves;
}

/** The mean products about the new mean, or about the old one where that is held: a lower triangle, or a diagonal without correlations. */
function meanProducts(statistics: Float64Array, count: number, dimension: number, structure: Structure, meanHeld: boolean): Float64Array {
  const products = new Float64Array(dimension * (structure === 'full' ? dimension : 1));
  for (let j = 0; j < dimension; j += 1) {
    const shift = meanHeld ? 0 : statistics[j]! / count;
    for (let k = structure === 'full' ? 0 : j; k <= j; k += 1) {
      const other = meanHeld ? 0 : statistics[k]! / count;
      products[structure === 'full' ? j * dimension + k : j] = statistics[place(structure, dimension, j, k)]! / count - shift * other;
    }
  }
  return products;
}

/** The M-step: mean and covariance, or the reason why there are none. */
export function estimate(
  statistics: Float64Array,
  count: number,
  frame: Frame,
  about: Refined,
  structure: Structure,
  held: ReadonlySet<string>,
): Refined {
  const meanHeld = held.has('mean');
  const mean = meanHeld ? about.mean : movesOf(statistics, count, frame).map((move, j) => frame.mean[j]! + move);
  const lost = mean.findIndex((value) => !Number.isFinite(value));
  if (lost >= 0) throw degenerate('mean', `that of column ${lost + 1} is too large for a double: divide the column by a power of ten`);
  if (held.has('covariance')) return { ...about, mean };
  const products = meanProducts(statistics, count, mean.length, structure, meanHeld);
  const magnitudes = mean.map(Math.abs);
  if (structure === 'full') return { mean, ...correlatedCovariance(products, frame, magnitudes) };
  const { units } = frame;
  if (structure === 'spherical') {
    if (!products.some((product, j) => isKnown(product, units[j]!, magnitudes[j]!)))
      throw degenerate(
        'covariance',
        'it fell to zero, for all the observations of the component are equal or differ by their rounding only',
      );
    const variance = checkedVariance(products.reduce((sum, product) => sum + product, 0) / mean.length, units[0]!, 'every column');
    return { mean, covariance: diagonalMatrix(mean.map(() => variance)) };
  }
  return { mean, covariance: diagonalMatrix(Array.from(products, (product, j) => columnVariance(product, units[j]!, magnitudes[j]!, j))) };
}

/**
 * The covariance and its factor A G, with A that of the frame and G that of the mean products: in whitened coordinates the products are
 * nearly the unit matrix, and no pivot loses a digit.
 */
function correlatedCovariance(products: Float64Array, { units, factor: ofFrame }: Frame, magnitudes: readonly number[]) {
  const dimension = units.length;
  for (let j = 0; j < dimension; j += 1) columnVariance(varianceOf(products, ofFrame, dimension, j), units[j]!, magnitudes[j]!, j);
  const { factor, failed } = factorOfEstimate(products, ofFrame, dimension);
  if (failed >= 0) {
    throw degenerate(
      'covariance',
      `column ${failed + 1} is a linear function of the columns before it on all the observations of the component`,
    );
  }
  const rows = factorRows(factor, units);
  return { covariance: covarianceOf(rows), factor: rows };
}

/**
 * The factor of mean products in place of them, `own`, and that of the covariance in the frame's units, `factor`; `failed` is the column
 * whose pivot is not known beside its variance, or -1.
 */
function factorOfEstimate(own: Float64Array, ofFrame: Float64Array | undefined, dimension: number) {
  const least = leastPivot(dimension);
  let failed = factorize(own, dimension, ofFrame === undefined ? least : 0);
  const factor = ofFrame === undefined || failed >= 0 ? own : multiplyFactors(ofFrame, own, dimension);
  for (let j = 0; failed < 0 && ofFrame !== undefined && j < dimension; j += 1) {
    const pivot = factor[j * dimension + j]!;
    if (!(pivot * pivot > least * squareOfRow(factor, dimension, j))) failed = j;
  }
  return { own, factor, failed };
}

/** The variance of column j in its unit: its mean square, or of products in whitened coordinates what they are in the columns' own. */
function varianceOf(products: Float64Array, ofFrame: Float64Array | undefined, dimension: number, j: number): number {
  if (ofFrame === undefined) return products[j * dimension + j]!;
  let variance = 0;
  for (let k = 0; k <= j; k += 1) {
    const entry = ofFrame[j * dimension + k]!;
    for (let m = 0; m < k; m += 1) variance += 2 * entry * ofFrame[j * dimension + m]! * products[k * dimension + m]!;
    variance += entry * entry * products[k * dimension + k]!;
  }
  return variance;
}

/** Whether a mean square is more than the rounding of values of that magnitude. */
function isKnown(square: number, unit: number, magnitude: number): boolean {
  return Math.sqrt(square) / unit > ROUNDING * magnitude;
}

function columnVariance(square: number, unit: number, magnitude: number, j: number): number {
  if (!isKnown(square, unit, magnitude))
    throw degenerate(
      'covariance',
      `the variance of column ${j + 1} fell to zero, for its values are equal or differ by their rounding only`,
    );
  return checkedVariance(square, unit, `column ${j + 1}`);
}

function checkedVariance(square: number, unit: number, where: string): number {
  const variance = square / unit / unit;
  if (variance < SMALLEST_NORMAL)
    throw degenerate('covariance', `the variance of ${where} is too small for a double: multiply the column by a power of ten`);
  if (!(variance < Infinity))
    throw degenerate('covariance', `the variance of ${where} is too large for a double: divide the column by a power of ten`);
  return variance;
}

export function diagonalMatrix(diagonal: readonly number[]): number[][] {
  return diagonal.map((entry, j) => {
    const row = new Array<number>(diagonal.length).fill(0);
    row[j] = entry;
    return row;
  });
}

/**
 * Where the sums should be taken instead: in other units where squares leave the doubles, nearer to the data where shifts cancel with
 * them, and then in whitened coordinates where pivots would lose digits; undefined where they are good.
 */
export function betterPoint(
  statistics: Float64Array,
  count: number,
  frame: Frame,
  about: Refined,
  structure: Structure,
  held: ReadonlySet<string>,
): Refined | undefined {
  const { mean, factor } = frame;
  const dimension = mean.length;
  const meanHeld = held.has('mean');
  const squares: number[] = [];
  const shifts: number[] = [];
  for (let j = 0; j < dimension; j += 1) {
    squares.push(statistics[place(structure, dimension, j, j)]! / count);
    shifts.push(statistics[j]! / count);
  }
  const moves = movesOf(statistics, count, frame);
  const better = meanHeld ? about.mean : moves.map((move, j) => recentredMean(mean[j]!, move));
  // Of a common variance only the sum over the columns counts.
  if (structure === 'spherical') {
    squares.fill(sumOf(squares));
    shifts.fill(Math.sqrt(sumOf(shifts.map((shift) => shift * shift))));
  }
  const variances = about.covariance.map((row, j) => (held.has('covariance') ? row[j]! : rescaledVariance(row[j]!, squares[j]!)));
  if (variances.some((variance, j) => variance !== about.covariance[j]![j]!))
    return { mean: better, covariance: diagonalMatrix(variances) };

  const arrived = better.map((value, j) => value === mean[j]);
  // Into a whitened coordinate all columns before it have come, into a common variance all.
  if (structure === 'spherical' || factor !== undefined) arrived.fill(arrived.every(Boolean));
  const good = squares.every((square, j) => arrived[j] || square - shifts[j]! * shifts[j]! >= LEAST_PART * square);
  if (!good) return { ...about, mean: better };
  if (structure !== 'full' || held.has('covariance')) return undefined;
  const whitened = illConditioned(meanProducts(statistics, count, dimension, structure, meanHeld), frame);
  return whitened && { mean: better, ...whitened };
}

/** The covariance and factor to whiten with, where the mean products are so near to singular in their frame that their pivots lose digits. */
function illConditioned(products: Float64Array, { units, factor: ofFrame }: Frame): Omit<Refined, 'mean'> | undefined {
  const { own, factor, failed } = factorOfEstimate(products, ofFrame, units.length);
  if (failed >= 0 || lowestPivot(own, units.length) >= ILL_CONDITIONED) return undefined;
  const rows = factorRows(factor, units);
  const covariance = covarianceOf(rows);
  return covariance.every((row, j) => row[j]! >= SMALLEST_NORMAL && row[j]! < Infinity) ? { covariance, factor: rows } : undefined;
}

function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
