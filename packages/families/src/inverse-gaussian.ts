import { degenerate, type FamilyDefinition } from '@emkit/core';
import { erfcx, exp, log, log1p, logQuotient, normalQuantile, SMALLEST_NORMAL } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { lessProduct, nearGain, timesLogRatio } from './gain.ts';
import { ROUNDING } from './spread.ts';

/** The parameters of an inverse Gaussian component: `mean` > 0 and `shape` > 0, both in the unit of the data. The variance is mean^3 / shape. */
export type InverseGaussianParameters = { readonly mean: number; readonly shape: number };

const HALF_LOG_TWO_PI = 0.9189385332046728;

/** Statistics are taken again about the mean of the data when less than this part of S2/N is left of the difference that the shape comes from. */
const LEAST_PART = 0.25;

/**
 * The inverse Gaussian distribution, of the time that a random walk with drift takes to a barrier: reaction times, lifetimes, durations.
 *
 * Density f(x; m, l) = sqrt(l / (2 pi x^3)) exp(-l (x - m)^2 / (2 m^2 x)) for x > 0, 0 elsewhere.
 * Parameters `mean` m > 0 and `shape` l > 0. One column, x > 0.
 * Statistics, about the given mean and with u = x / m: the sums of r (u - 1) and of r (u - 1)^2 / u. Estimates, with d = S1/N:
 * mean' = m (1 + d) and m / shape' = S2/N - d^2 / (1 + d), which is m times the textbook's mean of 1/x less one over the mean, without its
 * cancellation. With the mean held, m / shape' = S2/N.
 *
 * Edge cases: a component on one value or on equal values has no estimate (the shape grows without bound) and the M-step throws
 * `COMPONENT_DEGENERATE` for `shape`.
 *
 * Method: both tails of the distribution function by the scaled complementary error function, in which exp(2 shape / mean) never appears.
 * Sampling: J. R. Michael, W. R. Schucany and R. W. Haas, Generating random variates using transformations with multiple roots (1976).
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 15; M. C. K. Tweedie, Statistical properties
 * of inverse Gaussian distributions I (1957).
 */
export const inverseGaussian: FamilyDefinition<InverseGaussianParameters> = defineFamily<InverseGaussianParameters>({
  id: 'inverse-gaussian',
  title: 'Inverse Gaussian, by its mean and shape',
  create: () => ({
    id: 'inverse-gaussian',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, minimumOpen: true, maximum: Infinity } }],
    parameters: { mean: { kind: 'positive' }, shape: { kind: 'positive' } },
    statisticsLength: 2,

    logDensity({ size, columns }, parameters, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const value = x[i]!;
        if (!(value > 0 && value < Infinity)) {
          out[i] = -Infinity;
          continue;
        }
        const z = deviate(value, parameters);
        out[i] = logHeight(value, parameters.shape) - HALF_LOG_TWO_PI - 0.5 * z * z;
      }
    },

    accumulate({ size, columns }, responsibilities, { mean }, statistics) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const responsibility = responsibilities[i]!;
        if (responsibility === 0) continue;
        const relative = (x[i]! - mean) / mean;
        statistics[0]! += responsibility * relative;
        statistics[1]! += responsibility * (relative * ((x[i]! - mean) / x[i]!));
      }
    },

    maximize(statistics, count, about, held) {
      const shift = statistics[0]! / count;
      const mean = held.has('mean') ? about.mean : checked('mean', about.mean + about.mean * shift);
      if (held.has('shape')) return { mean, shape: about.shape };
      const spread = held.has('mean') ? statistics[1]! / count : spreadOf(statistics, count);
      if (!(spread > ROUNDING * ROUNDING))
        throw degenerate(
          'shape',
          'it grows without bound, for all the observations of the component are equal or differ by their rounding only',
        );
      return { mean, shape: checked('shape', about.mean / spread) };
    },

    recentre(statistics, count, about, held) {
      if (held.has('mean')) return undefined;
      const shift = statistics[0]! / count;
      const square = statistics[1]! / count;
      if (Math.abs(shift) <= ROUNDING || (shift > -0.5 && shift < Infinity && spreadOf(statistics, count) >= LEAST_PART * square))
        return undefined;
      // Far below m the differences x - m say nothing any more: the harmonic mean has to do for the next turn.
      const moved = shift > -0.9 ? about.mean * (1 + shift) : about.mean / (1 + square - shift);
      const mean = Math.min(Math.max(moved, SMALLEST_NORMAL), Number.MAX_VALUE);
      return mean === about.mean ? undefined : { mean, shape: about.shape };
    },

    gain(statistics, count, about, from, to) {
      const shift = statistics[0]! / count;
      const square = statistics[1]! / count;
      // The mean of (x - mean')^2 / (mean'^2 x) in units of 1 / m is square + 2 e shift + e^2 (1 + shift) with e = m / mean' - 1.
      const [e, next] = [(about.mean - from.mean) / from.mean, (about.mean - to.mean) / to.mean];
      const change = (about.mean / to.mean) * ((from.mean - to.mean) / from.mean) * (2 * shift + (e + next) * (1 + shift));
      const here = square + e * (2 * shift + e * (1 + shift));
      const [rate, nextRate] = [from.shape / about.mean, to.shape / about.mean];
      const relative = (to.shape - from.shape) / from.shape;
      const ofShape =
        nearGain(count, count * lessProduct(1, here, rate), relative) ??
        timesLogRatio(count, from.shape, to.shape) - count * here * (nextRate - rate);
      return 0.5 * (ofShape - count * nextRate * change);
    },

    locate({ columns: [column] }) {
      const mean = column!.mean > 0 ? column!.mean : 1;
      const ratio = Math.sqrt(column!.variance) / mean;
      return { mean, shape: Math.min(Math.max(mean / Math.max(ratio * ratio, ROUNDING), SMALLEST_NORMAL), Number.MAX_VALUE) };
    },

    holdable: ['mean', 'shape'],

    sample({ mean, shape }, random, row) {
      const normal = random.normal();
      const half = 0.5 * ((normal * mean) / shape) * normal;
      // The smaller root of the two that have this deviate, as a quotient in which nothing cancels; then one of them, by their densities.
      const smaller = 1 / (1 + half + Math.sqrt(half) * Math.sqrt(half + 2));
      const relative = random.uniform() * (1 + smaller) <= 1 ? smaller : 1 / smaller;
      row[0] = Math.min(Math.max(mean * relative, Number.MIN_VALUE), Number.MAX_VALUE);
    },

    cdf(x, parameters) {
      if (!(x > 0)) return 0;
      if (x === Infinity) return 1;
      const { lower, upper } = tails(x, parameters);
      return lower < upper ? lower : 1 - upper;
    },

    quantile: (probability, parameters) => quantileOf(probability, parameters),
    mean: ({ mean }) => [mean],

    /** The larger of the mean's change in standard deviations and of the shape's relative change. */
    distance(from, to) {
      const mean = Math.max(from.mean, to.mean);
      const shape = Math.max(from.shape, to.shape);
      return Math.max((Math.abs(to.mean - from.mean) / mean) * Math.sqrt(shape / mean), Math.abs(to.shape - from.shape) / shape);
    },

    rounding: ({ mean, shape }) => Number.EPSILON * Math.max(1, Math.sqrt(shape / mean)),

    /** In the coordinates log mean and log shape. */
    scores({ size, columns }, parameters, out) {
      const x = columns[0]!;
      const { mean, shape } = parameters;
      for (let i = 0; i < size; i += 1) {
        const z = deviate(x[i]!, parameters);
        out[2 * i] = (shape / mean) * ((x[i]! - mean) / mean);
        out[2 * i + 1] = 0.5 * (1 - z * z);
      }
    },

    exponentialForm: {
      length: 2,
      naturalParameters: ({ mean, shape }) => [-0.5 * (shape / mean / mean), -0.5 * shape],
      fromNatural: (natural) => ({ mean: Math.sqrt(natural[1]! / natural[0]!), shape: -2 * natural[1]! }),
      logPartition: (natural) => HALF_LOG_TWO_PI - 0.5 * log(-2 * natural[1]!) - 2 * Math.sqrt(natural[0]! * natural[1]!),
      sufficientStatistics: (row) => [row[0]!, 1 / row[0]!],
    },

    equivariance: {
      scale: true,
      shift: false,
      transform: ({ mean, shape }, scale) => ({ mean: mean * scale[0]!, shape: shape * scale[0]! }),
    },

    // Far from normal ones two components are hardly told apart by thousands of rows.
    typical: {
      parameters(random) {
        const mean = exp(3 * random.uniform() - 1.5);
        return { mean, shape: mean * exp(3 * random.uniform() - 0.5) };
      },
    },

    accuracy: { logDensity: 6, maximize: 12, cdf: 8, quantile: 8 },
  }),
});

/** S2/N - d^2 / (1 + d): the mean of the second statistic about the new mean, in units of the old one. */
function spreadOf(statistics: Float64Array, count: number): number {
  const shift = statistics[0]! / count;
  return statistics[1]! / count - (shift / (1 + shift)) * shift;
}

/** sqrt(shape / x) (x - mean) / mean. */
function deviate(x: number, parameters: InverseGaussianParameters): number {
  return standardised(x - parameters.mean, x, parameters);
}

/** sqrt(shape / x) difference / mean for differences up to x + mean, by roots in an order in which nothing overflows or vanishes on the way. */
function standardised(difference: number, x: number, { mean, shape }: InverseGaussianParameters): number {
  const [larger, smaller] = x > mean ? [x, mean] : [mean, x];
  return (Math.sqrt(shape) / Math.sqrt(mean)) * (difference / Math.sqrt(larger) / Math.sqrt(smaller));
}

/** log(sqrt(shape / x^3)): one logarithm where the quotient is an ordinary number, for two would cancel. */
function logHeight(x: number, shape: number): number {
  const quotient = Math.sqrt(shape) / Math.sqrt(x) / x;
  return quotient > SMALLEST_NORMAL && quotient < Infinity ? log(quotient) : 0.5 * logQuotient(shape, x) - log(x);
}

/** P(X <= x) and P(X > x): each right to its own size where it is the smaller. */
function tails(x: number, parameters: InverseGaussianParameters): { readonly lower: number; readonly upper: number } {
  const near = deviate(x, parameters) * Math.SQRT1_2;
  const far = standardised(x + parameters.mean, x, parameters) * Math.SQRT1_2;
  const height = 0.5 * exp(-near * near);
  if (near < 0) {
    const lower = height * (erfcx(-near) + erfcx(far));
    return { lower, upper: 1 - lower };
  }
  const upper = height * (erfcx(near) - erfcx(far));
  return { lower: 1 - upper, upper };
}

/** Newton's method for the logarithm of the nearer tail as a function of log x, kept in a bracket. */
function quantileOf(probability: number, parameters: InverseGaussianParameters): number {
  if (!(probability > 0)) return 0;
  if (!(probability < 1)) return Infinity;
  const { mean, shape } = parameters;
  const below = probability <= tails(mean, parameters).lower;
  const target = below ? probability : 1 - probability;
  let low = 0;
  let high = Infinity;
  // The deviate sqrt(shape / x) (x - mean) / mean is nearly normal where the tail is far: its x is a root of a quadratic.
  const half = 0.5 * (normalQuantile(probability) / Math.sqrt(shape / mean));
  const ratio = half < 0 ? 1 / (Math.sqrt(half * half + 1) - half) : half + Math.sqrt(half * half + 1);
  let x = Math.min(Math.max(mean * ratio * ratio, Number.MIN_VALUE), Number.MAX_VALUE);
  for (let step = 0; step < 200; step += 1) {
    const { lower, upper } = tails(x, parameters);
    const tail = below ? lower : upper;
    const over = below ? tail > target : tail < target;
    if (over) high = x;
    else low = x;
    const z = deviate(x, parameters);
    // x f(x) / tail: the slope of the logarithm of the tail.
    const slope = exp(logHeight(x, shape) + log(x) - HALF_LOG_TWO_PI - 0.5 * z * z - log(tail)) * (below ? 1 : -1);
    const relative = (tail - target) / target;
    const excess = Math.abs(relative) < 0.5 ? log1p(relative) : log(tail) - log(target);
    const change = -excess / slope;
    let next = x * exp(change);
    if (!(next > low && next < high)) next = high === Infinity ? 2 * x : low === 0 ? x / 2 : Math.sqrt(low) * Math.sqrt(high);
    if (Math.abs(next - x) <= Number.EPSILON * x) return next;
    x = next;
  }
  return x;
}

function checked(name: 'mean' | 'shape', value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw degenerate(name, 'it is too large or too small for a double: change the unit of the column');
}
