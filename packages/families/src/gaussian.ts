import { degenerate, type FamilyDefinition } from '@emkit/core';
import { log, normalCdf, normalQuantile } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { gaussianGain } from './gain.ts';
import {
  checkedVariance,
  isOrdinaryUnit,
  LEAST_PART,
  recentredMean,
  rescaledVariance,
  startingVariance,
  unitOfVariance,
} from './spread.ts';

/** The parameters of a univariate Gaussian component: `mean` in the unit of the data, `variance` > 0 in its square. */
export type GaussianParameters = { readonly mean: number; readonly variance: number };

/** `covariance`: `tied` gives all components one variance; for one column the other three are all the same, a variance of its own. */
export type GaussianOptions = { readonly covariance?: 'full' | 'diagonal' | 'spherical' | 'tied' };

/** What a pass over a block needs, prepared once for each record of parameters. */
interface Prepared {
  /** A power of two near one over the standard deviation: multiplying by it does not round, and squares cannot overflow. */
  readonly unit: number;
  /** 1 / (2 variance) in that unit. */
  readonly halfPrecision: number;
  /** -log(2 pi variance) / 2. */
  readonly constant: number;
}

const LOG_TWO_PI = 1.8378770664093453;

/**
 * The Gaussian distribution on the line.
 *
 * Density f(x; mean, variance) = exp(-(x - mean)^2 / (2 variance)) / sqrt(2 pi variance), -infinity < x < infinity.
 * Parameters `mean` (any finite number) and `variance` > 0. One column.
 * Statistics, about the given parameters and with z = (x - mean) u: the sums of r z and r z^2, where u is a power of two near
 * one over the standard deviation. Estimates: mean' = mean + S1/(N u), variance' = (S2/N - (S1/N)^2) / u^2, the divisor N and
 * not N - 1.
 *
 * Edge cases: a component on one point, on equal values, or on values that differ by their rounding only, has no estimate and
 * the M-step throws `COMPONENT_DEGENERATE` for `variance`; so do data whose variance is no double (a standard deviation below
 * 1.5e-154 or above 1.3e154), with the advice to change the unit. There is no other floor. Log-densities of far points (-1e6
 * and much beyond) are exact to rounding.
 *
 * Source: the weighted maximum-likelihood formulas of any text on mixtures of Gaussians, e.g. McLachlan and Peel, Finite
 * Mixture Models (2000), section 3.2; statistics about a provisional mean: Chan, Golub and LeVeque (1983).
 */
export const gaussian: FamilyDefinition<GaussianParameters, GaussianOptions> = defineFamily<GaussianParameters, GaussianOptions>({
  id: 'gaussian',
  title: 'Gaussian on one column, by its mean and variance',
  options: {
    covariance: {
      kind: 'choice',
      values: ['full', 'diagonal', 'spherical', 'tied'],
      default: 'full',
      description: 'tied: one variance for all components; the others: each component its own',
    },
  },
  variants: [{}, { covariance: 'tied' }],
  create: ({ covariance = 'full' }) => ({
    id: 'gaussian',
    options: { covariance },
    columns: [{ name: 'x', support: { kind: 'real' } }],
    parameters: { mean: { kind: 'real' }, variance: { kind: 'positive' } },
    statisticsLength: 2,

    logDensity({ size, columns }, parameters, out) {
      const x = columns[0]!;
      const { mean } = parameters;
      const { unit, halfPrecision, constant } = prepare(parameters);
      for (let i = 0; i < size; i += 1) {
        const z = (x[i]! - mean) * unit;
        out[i] = constant - z * z * halfPrecision;
      }
    },

    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      const { mean } = about;
      const { unit } = prepare(about);
      // Four sums side by side: they do not wait for one another, and each rounds a quarter as often.
      let first0 = 0;
      let first1 = 0;
      let first2 = 0;
      let first3 = 0;
      let second0 = 0;
      let second1 = 0;
      let second2 = 0;
      let second3 = 0;
      let i = 0;
      for (; i + 3 < size; i += 4) {
        const z0 = (x[i]! - mean) * unit;
        const z1 = (x[i + 1]! - mean) * unit;
        const z2 = (x[i + 2]! - mean) * unit;
        const z3 = (x[i + 3]! - mean) * unit;
        const weighted0 = responsibilities[i]! * z0;
        const weighted1 = responsibilities[i + 1]! * z1;
        const weighted2 = responsibilities[i + 2]! * z2;
        const weighted3 = responsibilities[i + 3]! * z3;
        first0 += weighted0;
        first1 += weighted1;
        first2 += weighted2;
        first3 += weighted3;
        second0 += weighted0 * z0;
        second1 += weighted1 * z1;
        second2 += weighted2 * z2;
        second3 += weighted3 * z3;
      }
      for (; i < size; i += 1) {
        const z = (x[i]! - mean) * unit;
        const weighted = responsibilities[i]! * z;
        first0 += weighted;
        second0 += weighted * z;
      }
      statistics[0]! += first0 + first1 + (first2 + first3);
      statistics[1]! += second0 + second1 + (second2 + second3);
    },

    maximize(statistics, count, about, held) {
      const { unit } = prepare(about);
      const mean = held.has('mean') ? about.mean : meanOf(statistics, count, about.mean, unit);
      if (held.has('variance')) return { mean, variance: about.variance };
      return { mean, variance: checkedVariance(meanSquare(statistics, count, held.has('mean')), unit, Math.abs(mean)) };
    },

    recentre(statistics, count, about, held) {
      const { unit } = prepare(about);
      const square = statistics[1]! / count;
      const mean = held.has('mean') ? about.mean : recentredMean(about.mean, statistics[0]! / count / unit);
      const variance = held.has('variance') ? about.variance : rescaledVariance(about.variance, square);
      const good = variance === about.variance && (mean === about.mean || meanSquare(statistics, count, false) >= LEAST_PART * square);
      return good ? undefined : { mean, variance };
    },

    ...(covariance === 'tied' ? { shared: ['variance'] } : {}),

    shareable: ['variance'],

    translate(statistics, count, about, to) {
      const { unit } = prepare(about);
      const ratio = prepare(to).unit / unit;
      const shift = (to.mean - about.mean) * unit;
      const first = statistics[0]! - count * shift;
      return Float64Array.of(first * ratio, (statistics[1]! - shift * (statistics[0]! + first)) * ratio * ratio);
    },

    gain: (statistics, count, about, from, to) =>
      gaussianGain(statistics[0]!, statistics[1]!, count, { about: about.mean, unit: prepare(about).unit }, from, to),

    locate: ({ columns: [column] }) => ({ mean: column!.mean, variance: startingVariance(column!) }),

    shift: ({ mean, variance }, by) => ({ mean: mean + by[0]!, variance }),

    holdable: ['mean', 'variance'],

    sample({ mean, variance }, random, row) {
      row[0] = mean + Math.sqrt(variance) * random.normal();
    },

    cdf: (x, { mean, variance }) => normalCdf((x - mean) / Math.sqrt(variance)),
    quantile: (probability, { mean, variance }) => mean + Math.sqrt(variance) * normalQuantile(probability),
    mean: ({ mean }) => [mean],

    distance: (from, to) =>
      Math.max(
        Math.abs(to.mean - from.mean) / Math.sqrt(Math.max(from.variance, to.variance)),
        Math.abs(to.variance - from.variance) / Math.max(from.variance, to.variance),
      ),

    /** In the coordinates mean and log variance. */
    scores({ size, columns }, parameters, out) {
      const x = columns[0]!;
      const deviation = Math.sqrt(parameters.variance);
      for (let i = 0; i < size; i += 1) {
        const z = (x[i]! - parameters.mean) / deviation;
        out[2 * i] = z / deviation;
        out[2 * i + 1] = 0.5 * (z * z - 1);
      }
    },

    exponentialForm: {
      length: 2,
      naturalParameters: ({ mean, variance }) => [mean / variance, -0.5 / variance],
      fromNatural: (natural) => {
        const variance = -0.5 / natural[1]!;
        return { mean: natural[0]! * variance, variance };
      },
      logPartition: (natural) => {
        const variance = -0.5 / natural[1]!;
        return 0.5 * (natural[0]! * natural[0]! * variance + log(variance) + LOG_TWO_PI);
      },
      sufficientStatistics: (row) => [row[0]!, row[0]! * row[0]!],
    },

    kernel: {
      density: 'independent-gaussian',
      constants: (parameters) => {
        const { unit, halfPrecision, constant } = prepare(parameters);
        if (!isOrdinaryUnit(unit)) return undefined;
        return {
          constant,
          location: Float64Array.of(parameters.mean),
          scale: Float64Array.of(halfPrecision * unit * unit),
          units: Float64Array.of(unit),
        };
      },
    },

    // The log-density's in parts of the larger of its two terms; the mean's of the larger of itself and the deviation; the cdf's of 1 + z^2,
    // by which the tail magnifies the rounding of z.
    accuracy: { logDensity: 3, maximize: 5, cdf: 3, quantile: 3 },

    equivariance: {
      scale: true,
      shift: true,
      transform: ({ mean, variance }, scale, shift) => ({
        mean: scale[0]! * mean + shift[0]!,
        variance: scale[0]! * variance * scale[0]!,
      }),
    },
  }),
});

const preparations = new WeakMap<GaussianParameters, Prepared>();

function prepare(parameters: GaussianParameters): Prepared {
  let prepared = preparations.get(parameters);
  if (prepared === undefined) {
    const { variance } = parameters;
    const unit = unitOfVariance(variance);
    prepared = { unit, halfPrecision: 0.5 / (variance * unit * unit), constant: -0.5 * (LOG_TWO_PI + log(variance)) };
    preparations.set(parameters, prepared);
  }
  return prepared;
}

function meanOf(statistics: Float64Array, count: number, about: number, unit: number): number {
  const mean = about + statistics[0]! / count / unit;
  if (!Number.isFinite(mean)) throw degenerate('mean', 'it is too large for a double: divide the column by a power of ten');
  return mean;
}

/** The mean square about the new mean, or about the old one where that is held, in the unit of the statistics. */
function meanSquare(statistics: Float64Array, count: number, meanHeld: boolean): number {
  const square = statistics[1]! / count;
  if (meanHeld) return square;
  const shift = statistics[0]! / count;
  return square - shift * shift;
}
