import { degenerate, type FamilyDefinition } from '@emkit/core';
import { exp, expm1, log, log1p, logGamma, logQuotient } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { ROUNDING } from './spread.ts';

/** The parameters of a Weibull component: `shape` > 0, without a unit, and `scale` > 0 in the unit of the data, below which 63 % of it lies. */
export type WeibullParameters = { readonly shape: number; readonly scale: number };

/**
 * The Weibull distribution, of times to the failure of the weakest part: lifetimes, strengths, wind speeds. A shape below 1 is a failure rate
 * that falls with age, above 1 one that rises; shape 1 is the exponential distribution, shape 2 the Rayleigh.
 *
 * Density f(x; k, s) = (k / x) u^k exp(-u^k) with u = x / s for x > 0, 0 elsewhere.
 * Parameters `shape` k > 0 and `scale` s > 0. One column, x > 0.
 * Statistics, about the given shape and scale and with v = log(x / s): the sums of r v, r v^2, and r w, r w v, r w v^2, r w v^3 with w = u^k.
 * Estimates: k' is the root of (sum of r w v) / (sum of r w) - 1/k - (sum of r v) / N, in which w belongs to k' itself, and s' = s (S/N)^(1/k')
 * with S the sum of r w. There is no closed form and no sums that would do for every shape: Halley's iteration in log k takes them again about
 * each better shape, mostly twice, from the shape that has the spread of log x where the given one is far.
 *
 * Edge cases: a component on one value or on equal values has no estimate (the shape grows without bound) and the M-step throws
 * `COMPONENT_DEGENERATE` for `shape`.
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 21; one root only: N. R. Farnum and P. Booth,
 * Uniqueness of maximum likelihood estimators of the 2-parameter Weibull distribution (1997).
 */
export const weibull: FamilyDefinition<WeibullParameters> = defineFamily<WeibullParameters>({
  id: 'weibull',
  title: 'Weibull, by its shape and scale',
  create: () => ({
    id: 'weibull',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, minimumOpen: true, maximum: Infinity } }],
    parameters: { shape: { kind: 'positive' }, scale: { kind: 'positive' } },
    statisticsLength: 6,

    logDensity({ size, columns }, { shape, scale }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const value = x[i]!;
        if (!(value > 0 && value < Infinity)) {
          out[i] = -Infinity;
          continue;
        }
        const power = shape * logRatio(value, scale);
        out[i] = logQuotient(shape, value) + power - exp(power);
      }
    },

    accumulate({ size, columns }, responsibilities, { shape, scale }, statistics) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const responsibility = responsibilities[i]!;
        if (responsibility === 0) continue;
        const v = logRatio(x[i]!, scale);
        const weight = responsibility * exp(shape * v);
        statistics[0]! += responsibility * v;
        statistics[1]! += responsibility * v * v;
        statistics[2]! += weight;
        statistics[3]! += weight * v;
        statistics[4]! += weight * v * v;
        statistics[5]! += weight * v * v * v;
      }
    },

    maximize(statistics, count, about, held) {
      const { spread } = momentsOf(statistics, count);
      if (!held.has('shape') && !(spread > ROUNDING) && !held.has('scale'))
        throw degenerate(
          'shape',
          'it grows without bound, for all the observations of the component are equal or differ by their rounding only',
        );
      const shape = held.has('shape') ? about.shape : checked('shape', about.shape * exp(stepOf(statistics, count, about, held)));
      if (held.has('scale')) return { shape, scale: about.scale };
      return { shape, scale: checked('scale', scaleOf(statistics, count, about, shape)) };
    },

    recentre(statistics, count, about, held) {
      if (held.has('shape') && held.has('scale')) return undefined;
      const { mean, spread } = momentsOf(statistics, count);
      if (!(spread > ROUNDING) && !held.has('shape') && !held.has('scale')) return undefined;
      const ofSpread = SPREAD_OF_LOGARITHMS / spread;
      if (!statistics.every(Number.isFinite) || !(statistics[2]! > 0)) {
        // Nothing is known yet but where the logarithms are: the shape that has their spread, and the scale that fits it.
        const shape = held.has('shape') ? about.shape : held.has('scale') ? about.shape / 8 : ofSpread;
        const scale = held.has('scale')
          ? about.scale
          : positive(about.scale * exp(mean + EULER / shape + (held.has('shape') ? spread : 0)));
        return shape === about.shape && scale === about.scale ? undefined : { shape: positive(shape), scale };
      }
      const step = held.has('shape') ? 0 : stepOf(statistics, count, about, held);
      const far = Math.abs(step) >= LARGEST_STEP && !held.has('scale') && Math.sign(log(ofSpread / about.shape)) === Math.sign(step);
      const shape = far && Math.abs(log(ofSpread / about.shape)) > LARGEST_STEP ? ofSpread : about.shape * exp(step);
      const scale = held.has('scale') ? about.scale : scaleOf(statistics, count, about, about.shape);
      // Far powers are all of one row; and what a step of the last digits leaves is below them.
      const settled = Math.abs(step) < SMALL_STEP && Math.abs(logRatio(scale, about.scale)) * about.shape < 1;
      return settled ? undefined : { shape: positive(shape), scale: positive(scale) };
    },

    locate: ({ columns: [column] }) => ({ shape: 1, scale: column!.mean > 0 ? column!.mean : 1 }),

    holdable: ['shape', 'scale'],

    sample({ shape, scale }, random, row) {
      row[0] = positive(scale * exp(log(random.exponential()) / shape));
    },

    cdf: (x, { shape, scale }) => (x > 0 ? -expm1(-exp(shape * logRatio(x, scale))) : 0),
    quantile: (probability, { shape, scale }) => scale * exp(log(-log1p(-probability)) / shape),
    mean: ({ shape, scale }) => [scale * exp(logGamma(1 + 1 / shape))],

    /** The larger of the change of log scale in parts of the spread of log x, and of the shape's relative change. */
    distance: (from, to) =>
      Math.max(
        Math.abs(logRatio(to.scale, from.scale)) * Math.max(from.shape, to.shape),
        Math.abs(to.shape - from.shape) / Math.max(from.shape, to.shape),
      ),

    rounding: ({ shape }) => Number.EPSILON * Math.max(1, shape),

    /** In the coordinates log shape and log scale. */
    scores({ size, columns }, { shape, scale }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const power = shape * logRatio(x[i]!, scale);
        const excess = expm1(power);
        out[2 * i] = 1 - power * excess;
        out[2 * i + 1] = shape * excess;
      }
    },

    equivariance: {
      scale: true,
      shift: false,
      transform: ({ shape, scale }, factor) => ({ shape, scale: scale * factor[0]! }),
    },

    accuracy: { logDensity: 4, maximize: 24, cdf: 4, quantile: 4 },
  }),
});

/** The standard deviation of log x is this over the shape: pi / sqrt 6. Its mean lies Euler's constant over the shape below log scale. */
const SPREAD_OF_LOGARITHMS = 1.282549830161864;
const EULER = 0.5772156649015329;

/** Steps of log shape: not more than this at once, and below this what Halley's step leaves is its cube, below all digits. */
const LARGEST_STEP = 1;
const SMALL_STEP = 2e-6;

/** log(x / scale), with the digits of the difference where the two are near each other. */
function logRatio(x: number, scale: number): number {
  const relative = (x - scale) / scale;
  return relative > -0.5 && relative < 1 ? log1p(relative) : logQuotient(x, scale);
}

/** The mean and the standard deviation of log(x / scale). */
function momentsOf(statistics: Float64Array, count: number): { readonly mean: number; readonly spread: number } {
  const mean = statistics[0]! / count;
  return { mean, spread: Math.sqrt(Math.max(0, statistics[1]! / count - mean * mean)) };
}

/** Halley's step of log shape towards the root of the derivative of the log-likelihood, at the best scale or at the held one. */
function stepOf(statistics: Float64Array, count: number, { shape }: WeibullParameters, held: ReadonlySet<string>): number {
  const [logs, , powers, first, second, third] = statistics as unknown as readonly number[];
  const total = held.has('scale') ? count : powers!;
  const mean = first! / total;
  const cross = second! / total;
  const cube = third! / total;
  // With the scale free, the derivatives of a mean under weights that move with the shape: its variance and third moment.
  const slope = held.has('scale') ? cross : cross - mean * mean;
  const curvature = held.has('scale') ? cube : cube - 3 * mean * cross + 2 * mean * mean * mean;
  const value = mean - 1 / shape - logs! / count;
  // In the coordinate log shape.
  const derivative = shape * slope + 1 / shape;
  const another = derivative + shape * shape * curvature - 2 / shape;
  const step = (-2 * value * derivative) / (2 * derivative * derivative - value * another);
  const newton = -value / derivative;
  const good = Number.isFinite(step) && step * newton >= 0 && Math.abs(step) < 2 * Math.abs(newton) + 1;
  return Math.min(LARGEST_STEP, Math.max(-LARGEST_STEP, good ? step : newton));
}

/** The best scale at a shape near that of the statistics: the logarithm of the sum of powers, moved along its first three derivatives. */
function scaleOf(statistics: Float64Array, count: number, { shape: from, scale }: WeibullParameters, shape: number): number {
  const [, , powers, first, second, third] = statistics as unknown as readonly number[];
  const step = shape - from;
  const [mean, cross, cube] = [first! / powers!, second! / powers!, third! / powers!];
  const moved = step * (mean + step * ((cross - mean * mean) / 2 + (step / 6) * (cube - 3 * mean * cross + 2 * mean * mean * mean)));
  const relative = (powers! - count) / count;
  return scale * exp(((Math.abs(relative) < 0.5 ? log1p(relative) : log(powers! / count)) + moved) / shape);
}

function positive(x: number): number {
  return Math.min(Math.max(x, Number.MIN_VALUE), Number.MAX_VALUE);
}

function checked(name: 'shape' | 'scale', value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw degenerate(name, 'it is too large or too small for a double: change the unit of the column');
}
