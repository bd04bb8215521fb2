import { columnKernels, type Domain, type Family, type FamilyDefinition } from '@emkit/core';
import { defineFamily } from './define-family.ts';
import { gaussianGain } from './gain.ts';
import { betterPoint, diagonalMatrix, estimate, type Structure } from './multivariate-gaussian/estimate.ts';
import { addConditionalCovariance, completed, drawMissing, incompleteLogDensity } from './multivariate-gaussian/incomplete.ts';
import { naturalForm } from './multivariate-gaussian/natural-form.ts';
import { accumulateProducts, accumulateSquares, correlatedLogDensity, uncorrelatedLogDensity } from './multivariate-gaussian/passes.ts';
import {
  type MultivariateGaussianParameters,
  type Prepared,
  prepareCorrelated,
  prepareUncorrelated,
  type Refined,
} from './multivariate-gaussian/prepared.ts';
import { refinement } from './multivariate-gaussian/refinement.ts';
import { writeScores } from './multivariate-gaussian/scores.ts';
import { correlatedGain, moveSquares, moveSums } from './multivariate-gaussian/sums.ts';
import { isOrdinaryUnit, representableVariance, startingVariance } from './spread.ts';

export type { MultivariateGaussianParameters };

/** `dimension`: the number of columns. `covariance`: its structure, or `tied` for one full matrix shared by all components. */
export type MultivariateGaussianOptions = {
  readonly dimension?: number;
  readonly covariance?: 'full' | 'diagonal' | 'spherical' | 'tied';
};

/** A covariance is d x d numbers whatever its structure: with so many columns 32 MB a component and a point that a fit remembers, of which there are some twenty. */
const MOST_COLUMNS = 2048;

/**
 * The Gaussian distribution on several columns, with a full, diagonal, spherical or tied covariance.
 *
 * Density f(x; m, S) = exp(-(x - m)' S^-1 (x - m) / 2) / sqrt((2 pi)^d det S).
 * Parameters `mean` (d finite numbers) and `covariance` (symmetric positive definite, d x d, as rows; zero off the diagonal where
 * it is diagonal, and with equal entries on it where it is spherical). d columns, all of the real line. With correlations an M-step gives
 * the Cholesky factor of the covariance besides, `factor`: it has digits that the entries of a nearly singular matrix have not, and
 * everything is computed from it.
 * Statistics, about the given parameters and with z_j = (x_j - m_j) u_j: the d sums of r z_j, then the sums of r z_j z_k for
 * k <= j by rows (full, tied) or of r z_j^2 (diagonal, spherical), where u_j is a power of two near one over the standard
 * deviation of column j. So columns of sizes 1e-100 and 1e100 live together, and nothing overflows. Where the covariance is nearly
 * singular z is L^-1 (x - m) instead, and the new factor L times that of the sums: no digit is lost to the condition number.
 * Estimates: mean' = m + S1/N, covariance' = S2/N - (S1/N)(S1/N)', the divisor N and not N - 1; their diagonal, its mean, or the
 * mean of all components' weighted by their N, for the other structures.
 *
 * Missing cells: a row counts for what was observed of it, with the marginal density, and what was not is expected given that at the current
 * parameters: x_m = m_m + S_mo S_oo^-1 (x_o - m_o), to whose products S_mm - S_mo S_oo^-1 S_om is added. Rows are grouped by what they
 * lack, with one factorisation for each group and component.
 *
 * Edge cases: a component whose points lie in a plane of lower dimension (to rounding: see `leastPivot`, a relative bound that no
 * change of units moves), among them fewer than d + 1 points, has no estimate and the M-step throws `COMPONENT_DEGENERATE` for
 * `covariance`; so do columns whose variance is no double, with the advice to change the unit. Points so far out that their
 * log-density is below the smallest double get -Infinity.
 *
 * Source: McLachlan and Peel, Finite Mixture Models (2000), section 3.2; structures: Celeux and Govaert (1995); the density by
 * forward substitution: Golub and Van Loan, Matrix Computations, section 4.2; missing cells: Little and Rubin, Statistical Analysis with
 * Missing Data (2002), section 11.2.
 */
export const multivariateGaussian: FamilyDefinition<MultivariateGaussianParameters, MultivariateGaussianOptions> = defineFamily<
  MultivariateGaussianParameters,
  MultivariateGaussianOptions
>({
  id: 'multivariate-gaussian',
  title: 'Gaussian on several columns, by its mean and covariance',
  options: {
    dimension: { kind: 'integer', minimum: 1, maximum: MOST_COLUMNS, fromColumns: true, description: 'the number of columns' },
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
  const domain: Domain = { kind: 'positive-definite', dimension, structure };

  const preparations = new WeakMap<Refined, Prepared>();
  const prepare = (parameters: Refined): Prepared => {
    let prepared = preparations.get(parameters);
    if (prepared === undefined) {
      prepared = correlated ? prepareCorrelated(parameters) : prepareUncorrelated(parameters);
      preparations.set(parameters, prepared);
    }
    return prepared;
  };

  return {
    id: 'multivariate-gaussian',
    options: { dimension, covariance },
    columns: Array.from({ length: dimension }, (_, j) => ({ name: `x${j + 1}`, support: { kind: 'real' as const } })),
    parameters: { mean: { kind: 'real-vector', length: dimension }, covariance: domain },
    statisticsLength: dimension + (correlated ? (dimension * (dimension + 1)) / 2 : dimension),

    observing: true,

    logDensity(block, parameters, out) {
      const prepared = prepare(parameters);
      (correlated ? correlatedLogDensity : uncorrelatedLogDensity)(block, prepared, out);
      if (block.inexact !== undefined) incompleteLogDensity(block, prepared, out);
    },

    accumulate(block, responsibilities, about, statistics, at = about) {
      const whole = block.inexact === undefined ? block : completed(block, prepare(at));
      (correlated ? accumulateProducts : accumulateSquares)(whole, responsibilities, prepare(about), statistics);
      if (whole !== block) addConditionalCovariance(block, responsibilities, prepare(at), prepare(about), correlated, statistics);
    },

    maximize: (statistics, count, about, held) => estimate(statistics, count, prepare(about).frame, about, structure, held),
    recentre: (statistics, count, about, held) => betterPoint(statistics, count, prepare(about).frame, about, structure, held),

    ...(covariance === 'tied' ? { shared: ['covariance'] } : {}),
    shareable: ['covariance'],
    holdable: ['mean', 'covariance'],

    translate: (statistics, count, about, to) => {
      const [from, there] = [prepare(about).frame, prepare(to).frame];
      return correlated ? moveSums(statistics, count, from, there) : moveSquares(statistics, count, from, there);
    },

    gain: (statistics, count, about, from, to) => {
      const { frame } = prepare(about);
      if (correlated) return correlatedGain(statistics, count, frame, prepare(from), prepare(to));
      let gain = 0;
      for (let j = 0; j < dimension; j += 1) {
        const column = (of: Refined) => ({ mean: of.mean[j]!, variance: of.covariance[j]![j]! });
        const ofColumn = { about: frame.mean[j]!, unit: frame.units[j]! };
        gain += gaussianGain(statistics[j]!, statistics[dimension + j]!, count, ofColumn, column(from), column(to));
      }
      return gain;
    },

    locate: ({ columns: moments }) => {
      const variances = moments.map(startingVariance);
      const common = representableVariance(variances.reduce((sum, variance) => sum + variance / dimension, 0));
      return {
        mean: moments.map(({ mean }) => mean),
        covariance: diagonalMatrix(structure === 'spherical' ? variances.fill(common) : variances),
      };
    },

    shift: (parameters, by) => ({ ...parameters, mean: parameters.mean.map((value, j) => value + by[j]!) }),

    ...(correlated ? refinement(dimension, prepare) : { distance: distanceOfDiagonals, rounding: roundingOfDiagonals }),

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

    impute(block, row, parameters, out, random) {
      drawMissing(block, row, prepare(parameters), () => random?.normal() ?? 0, out);
    },

    mean: ({ mean }) => mean,

    /** In the coordinates mean, then log variances, or the rows of the covariance's Cholesky factor with a logarithmic diagonal. */
    scores: (block, parameters, out) => writeScores(block, prepare(parameters), structure, out),

    exponentialForm: naturalForm(dimension, structure),

    kernel: {
      density: correlated ? 'correlated-gaussian' : 'independent-gaussian',
      columns: columnKernels,
      constants: (parameters) => {
        const { mean, units, factor, inverse, constant, frame } = prepare(parameters);
        if (!units.every(isOrdinaryUnit)) return undefined;
        const scale =
          factor === undefined
            ? inverse.map((halfPrecision, j) => halfPrecision * units[j]! * units[j]!)
            : factor.map((entry, index) => entry / units[Math.floor(index / dimension)]!);
        return { ...(frame.factor === undefined ? {} : { whitened: true }), constant, location: mean, scale, units };
      },
    },

    // The log-density's in parts of the larger of its two terms, times the square root of the covariance's condition number; the mean's of
    // the larger of itself and the deviation; the covariance's of the product of two deviations.
    accuracy: { logDensity: 6, maximize: 16 },

    equivariance: {
      // Columns scaled differently take a spherical covariance out of its family.
      scale: structure !== 'spherical' || dimension === 1,
      shift: true,
      transform: ({ mean, covariance: matrix, factor }: Refined, scale, shift) => ({
        mean: mean.map((value, j) => scale[j]! * value + shift[j]!),
        covariance: matrix.map((row, j) => row.map((entry, k) => scale[Math.max(j, k)]! * entry * scale[Math.min(j, k)]!)),
        ...(factor === undefined ? {} : { factor: factor.map((row, j) => row.map((entry) => scale[j]! * entry)) }),
      }),
    },
  };
}

/** The largest change of a mean in standard deviations, of a variance in parts of itself. */
function distanceOfDiagonals(from: Refined, to: Refined): number {
  return from.mean.reduce((largest, mean, j) => {
    const [before, after] = [from.covariance[j]![j]!, to.covariance[j]![j]!];
    const variance = Math.max(before, after);
    return Math.max(largest, Math.abs(to.mean[j]! - mean) / Math.sqrt(variance), Math.abs(after - before) / variance);
  }, 0);
}

/** The same for a unit in the last place of one mean or of one variance. */
function roundingOfDiagonals({ mean, covariance }: Refined): number {
  return Number.EPSILON * mean.reduce((largest, value, j) => Math.max(largest, Math.abs(value) / Math.sqrt(covariance[j]![j]!)), 1);
}
