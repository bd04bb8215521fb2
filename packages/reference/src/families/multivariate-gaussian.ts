import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition, ReferenceRow } from '../family.ts';
import { asymmetry, cholesky, type Matrix } from '../linear-algebra.ts';
import type { Steps } from '../steps.ts';

/** The parameters of a multivariate Gaussian component; the covariance is always the whole matrix. */
export type MultivariateGaussianParameters = { readonly mean: readonly Decimal[]; readonly covariance: Matrix };

/** A row with expectations in its holes, and what they leave out of the products of its columns. */
interface Completed {
  readonly row: ReferenceRow;
  readonly extra?: Matrix;
}

const structures = ['full', 'diagonal', 'spherical', 'tied'];

/**
 * The Gaussian distribution in d dimensions: density exp(-(x - mean)' S^-1 (x - mean) / 2) / sqrt((2 pi)^d det S), S symmetric positive definite.
 *
 * A row with missing cells has the marginal density of the others. For the estimates these are expected given the others at the previous
 * parameters: x_m = m_m + S_mo S_oo^-1 (x_o - m_o), to whose products S_mm - S_mo S_oo^-1 S_om is added (Little and Rubin 2002).
 *
 * The weighted estimates are mean = sum of r_i x_i / N and S = sum of r_i (x_i - mean)(x_i - mean)' / N, in two passes; N is the sum of the r_i.
 * Option `covariance`: `full` (default); `diagonal` keeps the diagonal of that S; `spherical` its trace / d times the identity; `tied` gives all
 * components the matrix sum over components of N_j S_j / sum of N_j. Option `dimension`: d, where it is known. A record may hold the Cholesky
 * factor besides, as `factor` with row j of j entries: L with S = L L', of whose smallest direction S as doubles has lost digits.
 */
export const multivariateGaussian: ReferenceFamilyDefinition<MultivariateGaussianParameters> = {
  id: 'multivariate-gaussian',
  parameters: { mean: 'vector', covariance: 'matrix' },
  refinements: { factor: 'matrix' },
  create: (reference, options) => {
    const { covariance: structure = 'full', dimension } = options;
    if (!structures.includes(structure as string)) {
      throw new ReferenceFailure('invalid-option', `The option covariance is ${String(structure)}: give one of ${structures.join(', ')}.`, {
        family: 'multivariate-gaussian',
      });
    }
    if (dimension !== undefined && !(Number.isSafeInteger(dimension) && (dimension as number) >= 1)) {
      throw new ReferenceFailure('invalid-option', `The option dimension is ${String(dimension)}: give a whole number >= 1.`, {
        family: 'multivariate-gaussian',
      });
    }

    // What rounding leaves of a pivot that is zero, which must not pass for a variance.
    const rounding = reference.decimal(`1e-${reference.workingPrecision - 8}`);

    /** A row of which some columns are missing: the observed ones' places, and what the component expects of the others. */
    const complete = (row: ReferenceRow, { mean, covariance }: MultivariateGaussianParameters): Completed => {
      const missing = row.flatMap((x, a) => (x.isNaN() ? [a] : []));
      if (missing.length === 0) return { row };
      const observed = row.flatMap((x, a) => (x.isNaN() ? [] : [a]));
      const factor = cholesky(
        reference,
        observed.map((a) => observed.map((b) => covariance[a]![b]!)),
      )!;
      // S_oo^-1 v by forward and backward substitution.
      const solve = (v: readonly Decimal[]): readonly Decimal[] => {
        const w: Decimal[] = [];
        for (const [i, value] of v.entries())
          w.push(value.minus(reference.sum(w.map((each, m) => factor[i]![m]!.times(each)))).div(factor[i]![i]!));
        for (let i = w.length - 1; i >= 0; i -= 1) {
          let rest = w[i]!;
          for (let m = i + 1; m < w.length; m += 1) rest = rest.minus(factor[m]![i]!.times(w[m]!));
          w[i] = rest.div(factor[i]![i]!);
        }
        return w;
      };
      const dot = (x: readonly Decimal[], y: readonly Decimal[]): Decimal => reference.sum(x.map((each, i) => each.times(y[i]!)));
      const acrossOf = (a: number): readonly Decimal[] => observed.map((b) => covariance[a]![b]!);
      const weights = solve(observed.map((b) => row[b]!.minus(mean[b]!)));
      const completed = row.map((x, a) => (x.isNaN() ? mean[a]!.plus(dot(acrossOf(a), weights)) : x));
      const extra = row.map((x, a) => {
        const through = x.isNaN() ? solve(acrossOf(a)) : [];
        return row.map((y, b) => (x.isNaN() && y.isNaN() ? covariance[a]![b]!.minus(dot(acrossOf(b), through)) : reference.zero));
      });
      return { row: completed, extra };
    };

    /** What is expected of all rows that have an observed column, and their responsibilities. */
    const completeAll = (rows: readonly ReferenceRow[], responsibilities: readonly Decimal[], previous: MultivariateGaussianParameters) => {
      const kept = rows.flatMap((row, i) => (row.every((x) => x.isNaN()) ? [] : [i]));
      return { rows: kept.map((i) => complete(rows[i]!, previous)), responsibilities: kept.map((i) => responsibilities[i]!) };
    };

    function* weightedMean(rows: readonly Completed[], responsibilities: readonly Decimal[]): Steps<readonly Decimal[]> {
      let count = reference.zero;
      const totals = rows[0]!.row.map(() => reference.zero);
      for (const [i, { row }] of rows.entries()) {
        const responsibility = responsibilities[i]!;
        count = count.plus(responsibility);
        for (const [a, x] of row.entries()) totals[a] = totals[a]!.plus(responsibility.times(x));
        yield;
      }
      return totals.map((total) => total.div(count));
    }

    /** The sum of the responsibilities, and the lower triangle of the sum of r_i (x_i - mean)(x_i - mean)'. */
    function* scatter(
      rows: readonly Completed[],
      responsibilities: readonly Decimal[],
      mean: readonly Decimal[],
    ): Steps<{ readonly count: Decimal; readonly products: Decimal[][] }> {
      let count = reference.zero;
      const products = mean.map((_, a) => Array.from({ length: a + 1 }, () => reference.zero));
      const full = structure === 'full' || structure === 'tied';
      for (const [i, { row, extra }] of rows.entries()) {
        const responsibility = responsibilities[i]!;
        count = count.plus(responsibility);
        const deviations = row.map((x, a) => x.minus(mean[a]!));
        for (const [a, deviation] of deviations.entries()) {
          const weighted = responsibility.times(deviation);
          for (let b = full ? 0 : a; b <= a; b += 1) {
            products[a]![b] = products[a]![b]!.plus(weighted.times(deviations[b]!));
            if (extra !== undefined) products[a]![b] = products[a]![b]!.plus(responsibility.times(extra[a]![b]!));
          }
        }
        yield;
      }
      return { count, products };
    }

    /** The covariance of the wanted structure that maximises the likelihood for this scatter. */
    const estimate = (products: readonly (readonly Decimal[])[], count: Decimal, largest: readonly Decimal[]): Matrix => {
      const entry = (a: number, b: number): Decimal => products[Math.max(a, b)]![Math.min(a, b)]!.div(count);
      const trace = reference.sum(products.map((_, a) => entry(a, a)));
      const variance = (a: number): Decimal => (structure === 'spherical' ? trace.div(products.length) : entry(a, a));
      const matrix = products.map((_, a) => products.map((_, b) => (a === b ? variance(a) : entry(a, b))));
      const spread = matrix.every((row, a) => row[a]!.gt(largest[a]!.times(rounding).pow(2)));
      if (spread && cholesky(reference, matrix, rounding) !== undefined) return matrix;
      throw new ReferenceFailure(
        'collapsed-component',
        'The rows of the component lie in a plane of lower dimension, so that its covariance is singular and the likelihood has no maximum.',
        { family: 'multivariate-gaussian', parameter: 'covariance' },
      );
    };

    const largestEntries = (rows: readonly Completed[]): readonly Decimal[] =>
      rows[0]!.row.map((_, a) => rows.reduce((largest, { row }) => reference.Decimal.max(largest, row[a]!.abs()), reference.zero));

    const logDensityAt = ({ mean, covariance }: MultivariateGaussianParameters): ((row: ReferenceRow) => Decimal) => {
      const factor = cholesky(reference, covariance)!;
      const inverseDiagonal = factor.map((row, a) => reference.one.div(row[a]!));
      let determinant = reference.one;
      for (const inverse of inverseDiagonal) determinant = determinant.times(inverse);
      const constant = reference.ln(determinant).minus(reference.logTwoPi.times(mean.length).div(2));
      const full = structure === 'full' || structure === 'tied';
      return (row) => {
        if (row.some((x) => x.isNaN())) {
          const kept = row.flatMap((x, a) => (x.isNaN() ? [] : [a]));
          if (kept.length === 0) return reference.zero;
          const marginal = { mean: kept.map((a) => mean[a]!), covariance: kept.map((a) => kept.map((b) => covariance[a]![b]!)) };
          return logDensityAt(marginal)(kept.map((a) => row[a]!));
        }
        let squares = reference.zero;
        const solved: Decimal[] = [];
        for (const [a, x] of row.entries()) {
          let rest = x.minus(mean[a]!);
          for (let b = 0; full && b < a; b += 1) rest = rest.minus(factor[a]![b]!.times(solved[b]!));
          const coordinate = rest.times(inverseDiagonal[a]!);
          solved.push(coordinate);
          squares = squares.plus(coordinate.times(coordinate));
        }
        return constant.minus(squares.div(2));
      };
    };

    return {
      incomplete: true,
      ...(dimension === undefined ? {} : { columns: dimension as number }),
      tied: structure === 'tied' ? ['covariance'] : [],

      refine({ mean }, refinements) {
        const factor = refinements['factor'] as Matrix;
        if (factor.length !== mean.length || factor.some((row, a) => row.length !== a + 1)) {
          throw new ReferenceFailure(
            'invalid-parameter',
            `The entry factor is no lower triangle of ${mean.length} rows: give row j of the covariance's factor as j numbers.`,
            { family: 'multivariate-gaussian', parameter: 'factor' },
          );
        }
        const product = (a: number, b: number): Decimal =>
          reference.sum(factor[Math.min(a, b)]!.map((entry, m) => entry.times(factor[Math.max(a, b)]![m]!)));
        return { mean, covariance: mean.map((_, a) => mean.map((__, b) => product(a, b))) };
      },

      invalid: ({ mean, covariance }) => {
        if (dimension !== undefined && mean.length !== dimension)
          return `mean has ${mean.length} entries and the dimension is ${String(dimension)}`;
        if (covariance.length !== mean.length) return `covariance has ${covariance.length} rows and mean has ${mean.length} entries`;
        const asymmetric = asymmetry(covariance);
        if (asymmetric !== undefined) return `covariance is not a symmetric matrix: ${asymmetric}`;
        if (structure === 'diagonal' || structure === 'spherical') {
          if (covariance.some((row, a) => row.some((entry, b) => a !== b && !entry.isZero())))
            return `covariance is not diagonal, which the option ${structure} requires`;
          if (structure === 'spherical' && covariance.some((row, a) => !row[a]!.eq(covariance[0]![0]!)))
            return 'covariance has unequal variances, which the option spherical forbids';
        }
        return cholesky(reference, covariance) === undefined ? 'covariance is not positive definite' : undefined;
      },

      logDensityAt,

      *maximize(given, weights, previous, held) {
        const { rows, responsibilities } = completeAll(given, weights, previous);
        const mean = held.has('mean') ? previous.mean : yield* weightedMean(rows, responsibilities);
        if (held.has('covariance')) return { mean, covariance: previous.covariance };
        const { count, products } = yield* scatter(rows, responsibilities, mean);
        return { mean, covariance: estimate(products, count, largestEntries(rows)) };
      },

      *maximizeShared(given, weights, previous, shared, held) {
        if (shared.has('mean')) {
          throw new ReferenceFailure(
            'unsupported-sharing',
            'Gaussian components that share their mean but not their covariance have no estimate in closed form: share the covariance too.',
            { family: 'multivariate-gaussian', parameter: 'mean' },
          );
        }
        let total = reference.zero;
        const pooled: Decimal[][] = previous[0]!.mean.map((_, a) => Array.from({ length: a + 1 }, () => reference.zero));
        const means: (readonly Decimal[])[] = [];
        let everything: readonly Completed[] = [];
        for (const [j, own] of weights.entries()) {
          const { rows, responsibilities: column } = completeAll(given, own, previous[j]!);
          everything = rows;
          const mean = held[j]!.has('mean') ? previous[j]!.mean : yield* weightedMean(rows, column);
          const { count, products } = yield* scatter(rows, column, mean);
          total = total.plus(count);
          for (const [a, row] of products.entries()) for (const [b, product] of row.entries()) pooled[a]![b] = pooled[a]![b]!.plus(product);
          means.push(mean);
        }
        const heldCovariance = held.some((names) => names.has('covariance'));
        const covariance = heldCovariance ? previous[0]!.covariance : estimate(pooled, total, largestEntries(everything));
        return means.map((mean) => ({ mean, covariance }));
      },
    };
  },
};
