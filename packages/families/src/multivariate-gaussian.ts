import {
  type Block,
  columnKernels,
  type Domain,
  degenerate,
  EmkitError,
  type ExponentialForm,
  type Family,
  type FamilyDefinition,
} from '@emkit/core';
import {
  cholesky,
  exponentOf,
  invertLower,
  log,
  logDeterminant as logDeterminantOf,
  SMALLEST_NORMAL,
  solveLower,
  solveLowerTransposed,
  twoProductError,
  twoSumError,
} from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { gaussianGain, lessProduct, nearGain, timesLogRatio } from './gain.ts';
import {
  isOrdinaryUnit,
  LEAST_PART,
  ROUNDING,
  recentredMean,
  representableVariance,
  rescaledVariance,
  startingVariance,
  unitOfVariance,
} from './spread.ts';

/** The parameters of a Gaussian component on several columns: the mean, and the whole covariance matrix as rows whatever its structure. */
export type MultivariateGaussianParameters = {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
};

/** `dimension`: the number of columns. `covariance`: its structure, or `tied` for one full matrix shared by all components. */
export type MultivariateGaussianOptions = {
  readonly dimension?: number;
  readonly covariance?: 'full' | 'diagonal' | 'spherical' | 'tied';
};

type Structure = 'full' | 'diagonal' | 'spherical';

/** What a pass over a block needs, prepared once for each record of parameters. */
interface Prepared {
  readonly mean: Float64Array;
  /** Powers of two near one over each standard deviation: multiplying by them does not round, and squares cannot overflow. */
  readonly units: Float64Array;
  /** Lower Cholesky factor of the covariance in those units, row by row, `dimension` entries a row; absent without correlations. */
  readonly factor: Float64Array | undefined;
  /** One over the factor's diagonal; without correlations, 1 / (2 variance) in those units. */
  readonly inverse: Float64Array;
  /** -(d log(2 pi) + log det covariance) / 2. */
  readonly constant: number;
}

const LOG_TWO_PI = 1.8378770664093453;
const LOG_TWO = 0.6931471805599453;

/**
 * A pivot of the Cholesky factorisation is one column's variance left after the columns before it explained what they can. In
 * parts of the column's whole variance it carries rounding of some units for the sums and of up to d / 2 for the elimination:
 * below this nothing of it is known. It leaves room for condition numbers of 1e14.
 */
const leastPivot = (dimension: number): number => (16 + 2 * dimension) * Number.EPSILON;

/**
 * The Gaussian distribution on several columns, with a full, diagonal, spherical or tied covariance.
 *
 * Density f(x; m, S) = exp(-(x - m)' S^-1 (x - m) / 2) / sqrt((2 pi)^d det S).
 * Parameters `mean` (d finite numbers) and `covariance` (symmetric positive definite, d x d, as rows; zero off the diagonal where
 * it is diagonal, and with equal entries on it where it is spherical). d columns, all of the real line.
 * Statistics, about the given parameters and with z_j = (x_j - m_j) u_j: the d sums of r z_j, then the sums of r z_j z_k for
 * k <= j by rows (full, tied) or of r z_j^2 (diagonal, spherical), where u_j is a power of two near one over the standard
 * deviation of column j. So columns of sizes 1e-100 and 1e100 live together, and nothing overflows.
 * Estimates: mean' = m + S1/N, covariance' = S2/N - (S1/N)(S1/N)', the divisor N and not N - 1; their diagonal, its mean, or the
 * mean of all components' weighted by their N, for the other structures.
 *
 * Edge cases: a component whose points lie in a plane of lower dimension (to rounding: see `leastPivot`, a relative bound that no
 * change of units moves), among them fewer than d + 1 points, has no estimate and the M-step throws `COMPONENT_DEGENERATE` for
 * `covariance`; so do columns whose variance is no double, with the advice to change the unit. Points so far out that their
 * log-density is below the smallest double get -Infinity.
 *
 * Source: McLachlan and Peel, Finite Mixture Models (2000), section 3.2; structures: Celeux and Govaert (1995); the density by
 * forward substitution: Golub and Van Loan, Matrix Computations, section 4.2.
 */
export const multivariateGaussian: FamilyDefinition<MultivariateGaussianParameters, MultivariateGaussianOptions> = defineFamily<
  MultivariateGaussianParameters,
  MultivariateGaussianOptions
>({
  id: 'multivariate-gaussian',
  title: 'Gaussian on several columns, by its mean and covariance',
  options: {
    dimension: { kind: 'integer', minimum: 1, fromColumns: true, description: 'the number of columns' },
    covariance: {
      kind: 'choice',
      values: ['full', 'diagonal', 'spherical', 'tied'],
      default: 'full',
      description: 'the structure of the covariance matrix; tied: one full matrix for all components',
    },
  },
  variants: [
    { dimension: 2 },
    { dimension: 3, covariance: 'diagonal' },
    { dimension: 2, covariance: 'spherical' },
    { dimension: 2, covariance: 'tied' },
    { dimension: 5 },
    { dimension: 1 },
  ],
  create: ({ dimension, covariance = 'full' }) => makeFamily(dimension!, covariance),
});

function makeFamily(
  dimension: number,
  covariance: NonNullable<MultivariateGaussianOptions['covariance']>,
): Family<MultivariateGaussianParameters> {
  const structure: Structure = covariance === 'tied' ? 'full' : covariance;
  const correlated = structure === 'full';
  const statisticsLength = dimension + (correlated ? (dimension * (dimension + 1)) / 2 : dimension);
  const domain: Domain = { kind: 'positive-definite', dimension, structure };

  const preparations = new WeakMap<MultivariateGaussianParameters, Prepared>();
  const prepare = (parameters: MultivariateGaussianParameters): Prepared => {
    let prepared = preparations.get(parameters);
    if (prepared === undefined) {
      prepared = correlated ? prepareCorrelated(parameters, dimension) : prepareUncorrelated(parameters);
      preparations.set(parameters, prepared);
    }
    return prepared;
  };

  /** Where the sum of r z_j z_k stands among the statistics, k <= j. */
  const place = (j: number, k: number): number => dimension + (correlated ? (j * (j + 1)) / 2 + k : j);

  const newMean = (statistics: Float64Array, count: number, { mean, units }: Prepared): number[] =>
    Array.from(mean, (about, j) => {
      const value = about + statistics[j]! / count / units[j]!;
      if (!Number.isFinite(value))
        throw degenerate('mean', `that of column ${j + 1} is too large for a double: divide the column by a power of ten`);
      return value;
    });

  /** The mean products about the new mean, or about the old one where that is held: the statistics' layout without the first d. */
  const meanProducts = (statistics: Float64Array, count: number, meanHeld: boolean): Float64Array => {
    const products = new Float64Array(statisticsLength - dimension);
    for (let j = 0; j < dimension; j += 1) {
      const shift = meanHeld ? 0 : statistics[j]! / count;
      for (let k = correlated ? 0 : j; k <= j; k += 1) {
        const at = place(j, k);
        products[at - dimension] = statistics[at]! / count - shift * (meanHeld ? 0 : statistics[k]! / count);
      }
    }
    return products;
  };

  /** The covariance matrix from mean products in the given units, in its structure, or the reason why there is none. */
  const checkedCovariance = (products: Float64Array, units: Float64Array, magnitudes: readonly number[]): number[][] => {
    const product = (j: number, k: number): number => products[place(j, k) - dimension]!;
    if (structure === 'spherical') {
      let total = 0;
      let informative = false;
      for (let j = 0; j < dimension; j += 1) {
        total += product(j, j);
        informative ||= Math.sqrt(product(j, j)) / units[j]! > ROUNDING * magnitudes[j]!;
      }
      if (!informative)
        throw degenerate(
          'covariance',
          'it fell to zero, for all the observations of the component are equal or differ by their rounding only',
        );
      const variance = checkedVariance(total / dimension, units[0]!, 'every column');
      return diagonalMatrix(new Array<number>(dimension).fill(variance));
    }
    const variances: number[] = [];
    for (let j = 0; j < dimension; j += 1) {
      if (!(Math.sqrt(product(j, j)) / units[j]! > ROUNDING * magnitudes[j]!)) {
        throw degenerate(
          'covariance',
          `the variance of column ${j + 1} fell to zero, for its values are equal or differ by their rounding only`,
        );
      }
      variances.push(checkedVariance(product(j, j), units[j]!, `column ${j + 1}`));
    }
    if (structure === 'diagonal') return diagonalMatrix(variances);

    const square = new Float64Array(dimension * dimension);
    const fill = (): void => {
      for (let j = 0; j < dimension; j += 1) for (let k = 0; k <= j; k += 1) square[j * dimension + k] = product(j, k);
    };
    fill();
    let failed = factorize(square, dimension, leastPivot(dimension));
    if (failed < 0 && lowestPivot(square, dimension, product) < PRECARIOUS) {
      // Elimination's own rounding may pass a matrix that the density's more precise factorisation then refuses.
      fill();
      failed = factorizePrecisely(square, dimension);
    }
    if (failed >= 0) {
      throw degenerate(
        'covariance',
        `column ${failed + 1} is a linear function of the columns before it on all the observations of the component`,
      );
    }
    const matrix = variances.map(() => new Array<number>(dimension).fill(0));
    for (let j = 0; j < dimension; j += 1) {
      for (let k = 0; k < j; k += 1) matrix[j]![k] = matrix[k]![j] = product(j, k) / units[j]! / units[k]!;
      matrix[j]![j] = variances[j]!;
    }
    return matrix;
  };

  return {
    id: 'multivariate-gaussian',
    options: { dimension, covariance },
    columns: Array.from({ length: dimension }, (_, j) => ({ name: `x${j + 1}`, support: { kind: 'real' as const } })),
    parameters: { mean: { kind: 'real-vector', length: dimension }, covariance: domain },
    statisticsLength,

    logDensity: (block, parameters, out) => {
      const prepared = prepare(parameters);
      if (prepared.factor === undefined) uncorrelatedLogDensity(block, prepared, out);
      else correlatedLogDensity(block, prepared, prepared.factor, out);
    },

    accumulate: correlated
      ? (block, responsibilities, about, statistics) => accumulateProducts(block, responsibilities, prepare(about), statistics)
      : (block, responsibilities, about, statistics) => accumulateSquares(block, responsibilities, prepare(about), statistics),

    maximize: (statistics, count, about, held) => {
      const prepared = prepare(about);
      const meanHeld = held.has('mean');
      const mean = meanHeld ? about.mean : newMean(statistics, count, prepared);
      if (held.has('covariance')) return { mean, covariance: about.covariance };
      return { mean, covariance: checkedCovariance(meanProducts(statistics, count, meanHeld), prepared.units, mean.map(Math.abs)) };
    },

    recentre: (statistics, count, about, held) => {
      const { mean, units } = prepare(about);
      const squares = Array.from(mean, (_, j) => statistics[place(j, j)]! / count);
      const shifts = Array.from(mean, (_, j) => statistics[j]! / count);
      const better = held.has('mean') ? about.mean : shifts.map((shift, j) => recentredMean(mean[j]!, shift / units[j]!));
      const arrived = better.map((value, j) => value === mean[j]);
      if (structure === 'spherical') {
        // Only the sum over the columns counts.
        squares.fill(sumOf(squares));
        shifts.fill(Math.sqrt(sumOf(shifts.map((shift) => shift * shift))));
        arrived.fill(arrived.every(Boolean));
      }
      const variances = about.covariance.map((row, j) => (held.has('covariance') ? row[j]! : rescaledVariance(row[j]!, squares[j]!)));
      if (variances.some((variance, j) => variance !== about.covariance[j]![j]!))
        return { mean: better, covariance: diagonalMatrix(variances) };
      const good = squares.every((square, j) => arrived[j] || square - shifts[j]! * shifts[j]! >= LEAST_PART * square);
      return good ? undefined : { mean: better, covariance: about.covariance };
    },

    ...(covariance === 'tied' ? { shared: ['covariance'] } : {}),

    shareable: ['covariance'],

    translate: (statistics, count, about, to) => {
      const from = prepare(about);
      const ratios = prepare(to).units.map((unit, j) => unit / from.units[j]!);
      const shifts = to.mean.map((value, j) => (value - about.mean[j]!) * from.units[j]!);
      const firsts = shifts.map((shift, j) => statistics[j]! - count * shift);
      const moved = new Float64Array(statisticsLength);
      for (let j = 0; j < dimension; j += 1) {
        moved[j] = firsts[j]! * ratios[j]!;
        for (let k = correlated ? 0 : j; k <= j; k += 1) {
          const product = statistics[place(j, k)]! - shifts[j]! * statistics[k]! - firsts[j]! * shifts[k]!;
          moved[place(j, k)] = product * ratios[j]! * ratios[k]!;
        }
      }
      return moved;
    },

    gain: (statistics, count, about, from, to) => {
      if (correlated) return correlatedGain(statistics, count, prepare(about), prepare(from), prepare(to));
      const { units } = prepare(about);
      const gains = about.mean.map((mean, j) => {
        const column = (of: MultivariateGaussianParameters) => ({ mean: of.mean[j]!, variance: of.covariance[j]![j]! });
        return gaussianGain(statistics[j]!, statistics[dimension + j]!, count, { about: mean, unit: units[j]! }, column(from), column(to));
      });
      return sumOf(gains);
    },

    locate: ({ columns: moments }) => {
      const variances = moments.map(startingVariance);
      const common = representableVariance(sumOf(variances.map((variance) => variance / dimension)));
      return {
        mean: moments.map(({ mean }) => mean),
        covariance: diagonalMatrix(structure === 'spherical' ? variances.fill(common) : variances),
      };
    },

    shift: (parameters, by) => ({ ...parameters, mean: parameters.mean.map((value, j) => value + by[j]!) }),

    holdable: ['mean', 'covariance'],

    sample: (parameters, random, row) => {
      const { mean, units, factor, inverse } = prepare(parameters);
      const normal = Float64Array.from(mean, () => random.normal());
      for (let j = 0; j < dimension; j += 1) {
        let deviate = 0;
        if (factor === undefined) deviate = normal[j]! * Math.sqrt(0.5 / inverse[j]!);
        else for (let k = 0; k <= j; k += 1) deviate += factor[j * dimension + k]! * normal[k]!;
        row[j] = mean[j]! + deviate / units[j]!;
      }
    },

    mean: ({ mean }) => mean,

    /** The largest change of a mean in standard deviations, of a covariance in the product of two of them. */
    distance: (from, to) => {
      const deviations = from.covariance.map((row, j) => Math.sqrt(Math.max(row[j]!, to.covariance[j]![j]!)));
      let largest = 0;
      for (let j = 0; j < dimension; j += 1) {
        largest = Math.max(largest, Math.abs(to.mean[j]! - from.mean[j]!) / deviations[j]!);
        for (let k = correlated ? 0 : j; k <= j; k += 1) {
          largest = Math.max(largest, Math.abs(to.covariance[j]![k]! - from.covariance[j]![k]!) / deviations[j]! / deviations[k]!);
        }
      }
      return largest;
    },

    /** In the coordinates mean, then log variances, or the rows of the covariance's Cholesky factor with a logarithmic diagonal. */
    scores: (block, parameters, out) => writeScores(block, prepare(parameters), structure, out),

    exponentialForm: naturalForm(dimension, structure),

    kernel: {
      density: correlated ? 'correlated-gaussian' : 'independent-gaussian',
      columns: columnKernels,
      constants: (parameters) => {
        const { mean, units, factor, inverse, constant } = prepare(parameters);
        if (!units.every(isOrdinaryUnit)) return undefined;
        const scale =
          factor === undefined
            ? inverse.map((halfPrecision, j) => halfPrecision * units[j]! * units[j]!)
            : factor.map((entry, index) => entry / units[Math.floor(index / dimension)]!);
        return { constant, location: mean, scale, units };
      },
    },

    // The log-density's in parts of the larger of its two terms, times the square root of the covariance's condition number; the mean's of
    // the larger of itself and the deviation; the covariance's of the product of two deviations.
    accuracy: { logDensity: 6, maximize: 16 },

    equivariance: {
      // Columns scaled differently take a spherical covariance out of its family.
      scale: structure !== 'spherical' || dimension === 1,
      shift: true,
      transform: ({ mean, covariance: matrix }, scale, shift) => ({
        mean: mean.map((value, j) => scale[j]! * value + shift[j]!),
        covariance: matrix.map((row, j) => row.map((entry, k) => scale[Math.max(j, k)]! * entry * scale[Math.min(j, k)]!)),
      }),
    },
  };
}

/** With y = L^-1 (x - m) and v = L^-T y the gradient is v for the mean and v_j y_k for L_jk, less 1 / L_jj on the diagonal. */
function writeScores({ size, columns }: Block, { mean, units, factor, inverse }: Prepared, structure: Structure, out: Float64Array): void {
  const dimension = mean.length;
  const y = new Float64Array(dimension);
  const v = new Float64Array(dimension);
  let at = 0;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < dimension; j += 1) y[j] = (columns[j]![i]! - mean[j]!) * units[j]!;
    if (factor === undefined) {
      let total = 0;
      for (let j = 0; j < dimension; j += 1) {
        const square = 2 * inverse[j]! * y[j]! * y[j]!;
        out[at + j] = 2 * inverse[j]! * y[j]! * units[j]!;
        if (structure === 'diagonal') out[at + dimension + j] = 0.5 * (square - 1);
        total += square;
      }
      if (structure === 'spherical') out[at + dimension] = 0.5 * (total - dimension);
      at += structure === 'diagonal' ? 2 * dimension : dimension + 1;
      continue;
    }
    solveLower(factor, dimension, y);
    v.set(y);
    solveLowerTransposed(factor, dimension, v);
    for (let j = 0; j < dimension; j += 1) out[at + j] = v[j]! * units[j]!;
    at += dimension;
    for (let j = 0; j < dimension; j += 1) {
      for (let k = 0; k < j; k += 1) out[at + k] = v[j]! * units[j]! * y[k]!;
      out[at + j] = v[j]! * factor[j * dimension + j]! * y[j]! - 1;
      at += j + 1;
    }
  }
}

/**
 * The natural form: T(x) is x and then the products x_j x_k, k <= j, by rows (full), the squares (diagonal) or their sum
 * (spherical); the natural parameters are S^-1 m and what multiplies those products in -x' S^-1 x / 2; h(x) = 1.
 */
function naturalForm(dimension: number, structure: Structure): ExponentialForm<MultivariateGaussianParameters> {
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

function diagonalMatrix(diagonal: readonly number[]): number[][] {
  return diagonal.map((entry, j) => diagonal.map((_, k) => (j === k ? entry : 0)));
}

function checkedVariance(square: number, unit: number, where: string): number {
  const variance = square / unit / unit;
  if (variance < SMALLEST_NORMAL)
    throw degenerate('covariance', `the variance of ${where} is too small for a double: multiply the column by a power of ten`);
  if (!(variance < Infinity))
    throw degenerate('covariance', `the variance of ${where} is too large for a double: divide the column by a power of ten`);
  return variance;
}

/**
 * Replaces the lower triangle of a square matrix by its Cholesky factor. Returns -1, or the index of the first pivot that is not
 * above `least` times its own diagonal entry.
 */
function factorize(matrix: Float64Array, dimension: number, least: number): number {
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

/** Below this pivot, in parts of its diagonal entry, the factor is worth twice the precision: see `factorizePrecisely`. */
const WELL_CONDITIONED = 1 / 256;

/** Below this pivot a matrix may be definite to `factorize` and not to `factorizePrecisely`. */
const PRECARIOUS = 1e-9;

/** The smallest pivot of a factorised matrix, in parts of its diagonal entry. */
function lowestPivot(factor: Float64Array, dimension: number, entry: (row: number, column: number) => number): number {
  let lowest = 1;
  for (let j = 0; j < dimension; j += 1) {
    const pivot = factor[j * dimension + j]!;
    lowest = Math.min(lowest, (pivot * pivot) / entry(j, j));
  }
  return lowest;
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

function prepareUncorrelated({ mean, covariance }: MultivariateGaussianParameters): Prepared {
  const units = Float64Array.from(covariance, (row, j) => unitOfVariance(row[j]!));
  const inverse = Float64Array.from(covariance, (row, j) => 0.5 / (row[j]! * units[j]! * units[j]!));
  const logDeterminant = sumOf(covariance.map((row, j) => log(row[j]! * units[j]! * units[j]!)));
  return { mean: Float64Array.from(mean), units, factor: undefined, inverse, constant: constantOf(logDeterminant, units) };
}

function prepareCorrelated({ mean, covariance }: MultivariateGaussianParameters, dimension: number): Prepared {
  const units = Float64Array.from(covariance, (row, j) => unitOfVariance(row[j]!));
  const factor = new Float64Array(dimension * dimension);
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k <= j; k += 1) factor[j * dimension + k] = covariance[j]![k]! * units[j]! * units[k]!;
  }
  const scaled = factor.slice();
  if (factorize(factor, dimension, WELL_CONDITIONED) >= 0) {
    factor.set(scaled);
    const failed = factorizePrecisely(factor, dimension);
    if (failed >= 0) {
      throw new EmkitError('PARAMETER_DOMAIN', `The covariance is not positive definite: pivot ${failed + 1} is not positive.`, {
        parameter: 'covariance',
      });
    }
  }
  const inverse = Float64Array.from(mean, (_, j) => 1 / factor[j * dimension + j]!);
  const logDeterminant = 2 * sumOf(Array.from(mean, (_, j) => log(factor[j * dimension + j]!)));
  return { mean: Float64Array.from(mean), units, factor, inverse, constant: constantOf(logDeterminant, units) };
}

/** -(d log(2 pi) + log det covariance) / 2 from the log-determinant in units that are powers of two: their exponents are added as whole numbers. */
function constantOf(logDeterminant: number, units: Float64Array): number {
  let exponents = 0;
  for (const unit of units) exponents += exponentOf(unit);
  return exponents * LOG_TWO - 0.5 * (units.length * LOG_TWO_PI + logDeterminant);
}

/**
 * The change of sum_i r_i log f(x_i; .), with z in the units of `about`, Q the sum of r z z' about the mean of `from`, L and K the factors
 * of both covariances, D = K^-1 (L - K) and W = L^-1 Q L^-T: as K^-1 = (I + D) L^-1, the quadratic form moves by tr W (D + D' + D' D), and
 * all that is left to subtract is W - N I, which vanishes near the estimate.
 */
function correlatedGain(statistics: Float64Array, count: number, about: Prepared, from: Prepared, to: Prepared): number {
  const { mean, units } = about;
  const dimension = mean.length;
  const factorIn = ({ factor, units: own }: Prepared): Float64Array =>
    factor!.map((entry, index) => entry * (units[Math.floor(index / dimension)]! / own[Math.floor(index / dimension)]!));
  const [lower, next] = [factorIn(from), factorIn(to)];
  const solve = (factor: Float64Array, vectors: Float64Array): void => {
    for (let row = 0; row < dimension; row += 1) solveLower(factor, dimension, vectors.subarray(row * dimension, (row + 1) * dimension));
  };
  const offsets = mean.map((centre, j) => (from.mean[j]! - centre) * units[j]!);
  const sums = offsets.map((offset, j) => lessProduct(statistics[j]!, count, offset));
  const step = mean.map((_, j) => (to.mean[j]! - from.mean[j]!) * units[j]!);

  // Row by row: the columns of Q, then of L^-1 Q, which transposed give L^-1 (L^-1 Q)' = W; and the columns of L - K, then of D.
  const spread = new Float64Array(dimension * dimension);
  const change = new Float64Array(dimension * dimension);
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k <= j; k += 1) {
      const product = statistics[dimension + (j * (j + 1)) / 2 + k]! - offsets[j]! * statistics[k]! - sums[j]! * offsets[k]!;
      spread[j * dimension + k] = spread[k * dimension + j] = product;
      change[k * dimension + j] = lower[j * dimension + k]! - next[j * dimension + k]!;
    }
  }
  solve(lower, spread);
  transpose(spread, dimension);
  solve(lower, spread);
  solve(next, change);
  transpose(change, dimension);

  let gain = 0;
  for (let j = 0; j < dimension; j += 1) {
    const own = j * dimension;
    const diagonal = change[own + j]!;
    gain +=
      nearGain(count, count - spread[own + j]!, diagonal) ??
      timesLogRatio(count, next[own + j]!, lower[own + j]!) - spread[own + j]! * diagonal;
    for (let k = 0; k <= j; k += 1) {
      let moved = 0;
      for (let m = 0; m <= j; m += 1) moved += spread[k * dimension + m]! * change[own + m]!;
      gain -= change[own + k]! * (0.5 * moved + (k < j ? spread[own + k]! : 0));
    }
  }
  solveLower(next, dimension, step);
  for (let j = 0; j < dimension; j += 1) sums[j]! *= 2;
  solveLower(next, dimension, sums);
  for (let j = 0; j < dimension; j += 1) gain += 0.5 * step[j]! * lessProduct(sums[j]!, count, step[j]!);
  return gain;
}

function transpose(matrix: Float64Array, dimension: number): void {
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k < j; k += 1) {
      const entry = matrix[j * dimension + k]!;
      matrix[j * dimension + k] = matrix[k * dimension + j]!;
      matrix[k * dimension + j] = entry;
    }
  }
}

/** Working memory of the block loops, shared by all instances: every use writes before it reads. */
let scratch: Float64Array = new Float64Array(0);

function scratchOf(length: number): Float64Array {
  if (scratch.length < length) scratch = new Float64Array(length);
  return scratch;
}

/** Rows worked on at a time: few enough for the deviations of all columns to stay in the first cache, and for sums to round little. */
function rowsAtATime(dimension: number): number {
  return Math.max(32, Math.min(256, 4 * Math.floor(768 / dimension)));
}

function uncorrelatedLogDensity({ size, columns }: Block, { mean, units, inverse, constant }: Prepared, out: Float64Array): void {
  for (let i = 0; i < size; i += 1) out[i] = constant;
  for (let j = 0; j < mean.length; j += 1) {
    const x = columns[j]!;
    const centre = mean[j]!;
    const unit = units[j]!;
    const halfPrecision = inverse[j]!;
    for (let i = 0; i < size; i += 1) {
      const z = (x[i]! - centre) * unit;
      out[i]! -= z * z * halfPrecision;
    }
  }
}

/**
 * Forward substitution y = L^-1 (x - m) column by column over some rows at a time: four columns of y are taken off the next one
 * in a pass, so that the loops run over rows, without a dependency from one row to the next.
 */
function correlatedLogDensity(
  { size, columns }: Block,
  { mean, units, inverse, constant }: Prepared,
  factor: Float64Array,
  out: Float64Array,
): void {
  const dimension = mean.length;
  const rows = rowsAtATime(dimension);
  const y = scratchOf(rows * (dimension + 1));
  const distances = rows * dimension;
  for (let start = 0; start < size; start += rows) {
    const count = Math.min(rows, size - start);
    for (let i = 0; i < count; i += 1) y[distances + i] = 0;
    for (let j = 0; j < dimension; j += 1) {
      const x = columns[j]!;
      const centre = mean[j]!;
      const unit = units[j]!;
      const own = j * rows;
      const row = j * dimension;
      for (let i = 0; i < count; i += 1) y[own + i] = (x[start + i]! - centre) * unit;
      let k = 0;
      for (; k + 3 < j; k += 4) {
        const l0 = factor[row + k]!;
        const l1 = factor[row + k + 1]!;
        const l2 = factor[row + k + 2]!;
        const l3 = factor[row + k + 3]!;
        const y0 = k * rows;
        const y1 = y0 + rows;
        const y2 = y1 + rows;
        const y3 = y2 + rows;
        for (let i = 0; i < count; i += 1) {
          y[own + i]! -= l0 * y[y0 + i]! + l1 * y[y1 + i]! + (l2 * y[y2 + i]! + l3 * y[y3 + i]!);
        }
      }
      for (; k < j; k += 1) {
        const l0 = factor[row + k]!;
        const y0 = k * rows;
        for (let i = 0; i < count; i += 1) y[own + i]! -= l0 * y[y0 + i]!;
      }
      const over = inverse[j]!;
      for (let i = 0; i < count; i += 1) {
        const whitened = y[own + i]! * over;
        y[own + i] = whitened;
        y[distances + i]! += whitened * whitened;
      }
    }
    for (let i = 0; i < count; i += 1) {
      const distance = y[distances + i]!;
      // Infinity and, after differences of infinities, NaN both stand for a distance beyond the doubles.
      out[start + i] = distance < Infinity ? constant - 0.5 * distance : -Infinity;
    }
  }
}

function accumulateSquares(
  { size, columns }: Block,
  responsibilities: Float64Array,
  { mean, units }: Prepared,
  statistics: Float64Array,
): void {
  const dimension = mean.length;
  for (let j = 0; j < dimension; j += 1) {
    const x = columns[j]!;
    const centre = mean[j]!;
    const unit = units[j]!;
    let first0 = 0;
    let first1 = 0;
    let second0 = 0;
    let second1 = 0;
    let i = 0;
    for (; i + 1 < size; i += 2) {
      const z0 = (x[i]! - centre) * unit;
      const z1 = (x[i + 1]! - centre) * unit;
      const weighted0 = responsibilities[i]! * z0;
      const weighted1 = responsibilities[i + 1]! * z1;
      first0 += weighted0;
      first1 += weighted1;
      second0 += weighted0 * z0;
      second1 += weighted1 * z1;
    }
    if (i < size) {
      const z = (x[i]! - centre) * unit;
      const weighted = responsibilities[i]! * z;
      first0 += weighted;
      second0 += weighted * z;
    }
    statistics[j]! += first0 + first1;
    statistics[dimension + j]! += second0 + second1;
  }
}

/**
 * The sums of r z_j and r z_j z_k, k <= j, some rows at a time and two by two columns at a time, so that each number read from
 * memory is used twice and four sums run side by side. An odd last column is paired with one of zeros.
 */
function accumulateProducts(
  { size, columns }: Block,
  responsibilities: Float64Array,
  { mean, units }: Prepared,
  statistics: Float64Array,
): void {
  const dimension = mean.length;
  const padded = dimension + (dimension & 1);
  const rows = rowsAtATime(dimension);
  const z = scratchOf(rows * (padded + 2));
  const weighted0 = rows * padded;
  const weighted1 = weighted0 + rows;
  for (let start = 0; start < size; start += rows) {
    const count = Math.min(rows, size - start);
    for (let j = 0; j < dimension; j += 1) {
      const x = columns[j]!;
      const centre = mean[j]!;
      const unit = units[j]!;
      const own = j * rows;
      for (let i = 0; i < count; i += 1) z[own + i] = (x[start + i]! - centre) * unit;
    }
    if (padded > dimension) for (let i = 0, own = dimension * rows; i < count; i += 1) z[own + i] = 0;

    for (let j = 0; j < dimension; j += 2) {
      const own0 = j * rows;
      const own1 = own0 + rows;
      let first0 = 0;
      let first1 = 0;
      for (let i = 0; i < count; i += 1) {
        const responsibility = responsibilities[start + i]!;
        const w0 = responsibility * z[own0 + i]!;
        const w1 = responsibility * z[own1 + i]!;
        z[weighted0 + i] = w0;
        z[weighted1 + i] = w1;
        first0 += w0;
        first1 += w1;
      }
      statistics[j]! += first0;
      const second = j + 1 < dimension;
      if (second) statistics[j + 1]! += first1;
      const row0 = dimension + (j * (j + 1)) / 2;
      const row1 = row0 + j + 1;
      for (let k = 0; k <= j; k += 2) {
        const other0 = k * rows;
        const other1 = other0 + rows;
        let sum00 = 0;
        let sum01 = 0;
        let sum10 = 0;
        let sum11 = 0;
        for (let i = 0; i < count; i += 1) {
          const w0 = z[weighted0 + i]!;
          const w1 = z[weighted1 + i]!;
          const z0 = z[other0 + i]!;
          const z1 = z[other1 + i]!;
          sum00 += w0 * z0;
          sum01 += w0 * z1;
          sum10 += w1 * z0;
          sum11 += w1 * z1;
        }
        statistics[row0 + k]! += sum00;
        if (k < j) statistics[row0 + k + 1]! += sum01;
        if (second) {
          statistics[row1 + k]! += sum10;
          statistics[row1 + k + 1]! += sum11;
        }
      }
    }
  }
}
