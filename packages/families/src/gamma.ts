import { degenerate, type FamilyDefinition } from '@emkit/core';
import {
  deviance,
  exp,
  exponentOf,
  log,
  log1p,
  log1pMinusLinear,
  logGamma,
  logMinusDigamma,
  logQuotient,
  powerOfTwo,
  regularizedGammaP,
  regularizedGammaPInverse,
  SMALLEST_NORMAL,
  stirlingError,
  twoProductError,
  twoSumError,
} from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { lessProduct, nearGain, productDifference, timesLogRatio } from './gain.ts';
import { drawGamma } from './gamma-draw.ts';
import { gainOfShape, shapeOf, shapeOfLogMean } from './gamma-shape.ts';

/** The parameters of a gamma component: `shape` > 0, and `rate` > 0 in one over the unit of the data. The mean is shape / rate. */
export type GammaParameters = { readonly shape: number; readonly rate: number };

const HALF_LOG_TWO_PI = 0.9189385332046728;

/** Below this, products of rate and x are taken apart into logarithms. */
const TINY = 1e-280;

/**
 * Statistics are taken again about the mean of the data when less than this part of S2/N is left of the difference that the shape comes
 * from: then at most two of 53 bits are lost, and near a solution, where S1 vanishes, it never happens.
 */
const LEAST_PART = 0.25;

/** Values are rounded to about 2^-53 of their size: relative deviations within a few such roundings hold no information. */
const ROUNDING = 4 * Number.EPSILON;

/**
 * The gamma distribution, for positive amounts whose spread grows with their size: waiting times, incomes, rainfall.
 *
 * Density f(x; shape, rate) = rate^shape x^(shape - 1) exp(-rate x) / Gamma(shape) for x > 0, 0 elsewhere.
 * Parameters `shape` > 0 and `rate` > 0. One column, x > 0 (at 0 the density is 0, finite or infinite as the shape is above, at or below 1).
 * Statistics, about the mean m = shape / rate of the given parameters and with u = x / m: the sums of r (u - 1) and of r (u - 1 - log u).
 * Estimates, with d = S1/N: mean' = m (1 + d), and shape' the root of log a - psi(a) = log(mean') - (mean of log x), that is of
 * S2/N - (d - log(1 + d)), in which nothing cancels; rate' = shape' / mean'. There is no closed form: Newton's iteration on the logarithms
 * of both sides, nearly a straight line, ends within a few steps at full precision. With the rate held, psi(shape') = log rate + mean of log x.
 *
 * Edge cases: a component on one point or on equal values has no estimate (the shape grows without bound) and the M-step throws
 * `COMPONENT_DEGENERATE` for `shape`.
 *
 * Method: for shape >= 1 the saddle-point form of C. Loader, Fast and accurate computation of binomial probabilities (2000), whose digits do
 * not depend on the size of the shape. Sampling: G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables (2000).
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 17; the start of the iteration: T. Minka,
 * Estimating a gamma distribution (2002).
 */
export const gamma: FamilyDefinition<GammaParameters> = defineFamily<GammaParameters>({
  id: 'gamma',
  title: 'Gamma, by its shape and rate',
  create: () => ({
    id: 'gamma',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, minimumOpen: true, maximum: Infinity } }],
    parameters: { shape: { kind: 'positive' }, rate: { kind: 'positive' } },
    statisticsLength: 2,

    logDensity({ size, columns }, { shape, rate }, out) {
      const x = columns[0]!;
      const rooted = Math.sqrt(shape);
      const constant = HALF_LOG_TWO_PI + stirlingError(shape);
      // Multiplied by powers of two, so that the rounding of rate x can be had.
      const down = powerOfTwo(Math.max(-1022, -exponentOf(rate)));
      const scaledRate = rate * down;
      for (let i = 0; i < size; i += 1) {
        const value = x[i]!;
        if (!(value > 0 && value < Infinity)) {
          out[i] = -Infinity;
          continue;
        }
        const product = rate * value;
        if (shape < 1 || product < TINY) {
          out[i] = logQuotient(shape, value) + shape * logProduct(rate, value) - product - logGamma(1 + shape);
        } else {
          // Far from the mean the deviance is so large that the rounding of rate x does not show in it.
          const near = product < 4 * shape && product > 0.25 * shape;
          const low = near ? twoProductError(scaledRate, value / down, product) : 0;
          out[i] = logQuotient(rooted, value) - constant - deviance(shape, product, low - low === 0 ? low : 0);
        }
      }
    },

    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      const { mean, unit, centre } = prepare(about);
      // Sums over a few rows at a time round less.
      for (let start = 0; start < size; start += 128) {
        const end = Math.min(size, start + 128);
        let first = 0;
        let second = 0;
        for (let i = start; i < end; i += 1) {
          const responsibility = responsibilities[i]!;
          if (responsibility === 0) continue;
          const y = x[i]! * unit;
          first += responsibility * (y - centre);
          second += responsibility * (y > TINY ? deviance(centre, y) : centre * (log(mean) - log(x[i]!)) - centre);
        }
        statistics[0]! += first / centre;
        statistics[1]! += second / centre;
      }
    },

    maximize(statistics, count, about, held) {
      const holdsShape = held.has('shape');
      const holdsRate = held.has('rate');
      if (holdsShape && holdsRate) return about;
      const { mean } = prepare(about);
      const shift = statistics[0]! / count;
      if (holdsRate)
        return { shape: checked('shape', shapeOfLogMean(about.rate * mean, shift - statistics[1]! / count)), rate: about.rate };
      const newMean = mean + mean * shift;
      if (holdsShape) return { shape: about.shape, rate: checked('rate', about.shape / newMean) };
      const difference = spreadOf(statistics, count);
      if (!(difference > 0.5 * ROUNDING * ROUNDING)) {
        throw degenerate(
          'shape',
          'it grows without bound, for all the observations of the component are equal or differ by their rounding only',
        );
      }
      const shape = shapeOf(difference);
      return { shape, rate: checked('rate', shape / newMean) };
    },

    recentre(statistics, count, about, held) {
      const { mean } = prepare(about);
      const shift = statistics[0]! / count;
      const square = statistics[1]! / count;
      let better: number;
      if (!(square < Infinity)) better = mean * RESCALE;
      else if (Math.abs(shift) <= ROUNDING || (shift > -0.5 && spreadOf(statistics, count) >= LEAST_PART * square)) return undefined;
      // Far below m the differences x - m say nothing any more, and the mean of log x has to do for the next turn.
      else better = shift > LEAST_SHIFT ? mean + mean * shift : mean * Math.max(exp(shift - square), LEAST_FACTOR);
      better = Math.min(Math.max(better, SMALLEST_NORMAL), Number.MAX_VALUE);
      if (held.has('rate')) return { shape: positive(better * about.rate), rate: about.rate };
      return { shape: about.shape, rate: positive(about.shape / better) };
    },

    gain(statistics, count, about, from, to) {
      const first = statistics[0]!;
      // In units of the data that make the mean a number from 1 to 4.
      const { unit, centre } = prepare(about);
      const [rate, nextRate] = [from.rate / unit, to.rate / unit];
      // How far the point of the statistics is from the mean of `from`, in parts of that: mostly it is the same but for its rounding.
      const excess = -lessProduct(from.shape, centre, rate) / from.shape;
      // With y the observation in parts of the mean of `from`: the sums of r (y - 1) and r (y - 1 - log y).
      const firstHere = first + (first + count) * excess;
      const spread = statistics[1]! + first * excess - count * log1pMinusLinear(excess);
      // The change of one over the mean in parts of itself.
      const relative = productDifference(from.shape, nextRate, to.shape, rate) / to.shape / rate;
      const ofMean =
        nearGain(count, -firstHere, relative) ??
        timesLogRatio(count, rate / from.shape, nextRate / to.shape) - (count + firstHere) * relative;
      return to.shape * ofMean + gainOfShape(count, spread, from.shape, to.shape);
    },

    locate: ({ columns: [column] }) => ({ shape: 1, rate: column!.mean > 0 ? positive(1 / column!.mean) : 1 }),

    holdable: ['shape', 'rate'],

    sample({ shape, rate }, random, row) {
      row[0] = positive(drawGamma(shape, random) / rate);
    },

    cdf(x, { shape, rate }) {
      if (!(x > 0)) return 0;
      const product = rate * x;
      if (product >= TINY) return regularizedGammaP(shape, product);
      return exp(shape * logProduct(rate, x) - logGamma(1 + shape));
    },

    quantile(probability, { shape, rate }) {
      const point = regularizedGammaPInverse(shape, probability);
      if (point >= TINY || !(probability > 0)) return point / rate;
      return exp((log(probability) + logGamma(1 + shape)) / shape - log(rate));
    },

    mean: ({ shape, rate }) => [shape / rate],

    /** The larger of the mean's change in standard deviations and of the shape's relative change. */
    distance(from, to) {
      const shape = Math.max(from.shape, to.shape);
      const ratio = (to.shape / from.shape) * (from.rate / to.rate);
      return Math.max(Math.abs(ratio - 1) * Math.sqrt(shape), Math.abs(to.shape - from.shape) / shape);
    },

    // One of the two moves at a time: the mean by as many deviations as the rounding of their quotient is worth, the shape by its own.
    rounding: ({ shape }) => Number.EPSILON * Math.max(1, Math.sqrt(shape)),

    /** In the coordinates log shape and log rate. */
    scores({ size, columns }, { shape, rate }, out) {
      const x = columns[0]!;
      const lag = logMinusDigamma(shape);
      for (let i = 0; i < size; i += 1) {
        const product = rate * x[i]!;
        const relative = (product - shape) / shape;
        const logRatio = Math.abs(relative) < 0.5 ? log1p(relative) : logProduct(rate, x[i]!) - log(shape);
        out[2 * i] = shape * (logRatio + lag);
        out[2 * i + 1] = shape - product;
      }
    },

    exponentialForm: {
      length: 2,
      naturalParameters: ({ shape, rate }) => [shape, -rate],
      fromNatural: (natural) => ({ shape: natural[0]!, rate: -natural[1]! }),
      logPartition: (natural) => logGamma(natural[0]!) - natural[0]! * log(-natural[1]!),
      sufficientStatistics: (row) => [log(row[0]!), row[0]!],
    },

    equivariance: {
      scale: true,
      shift: false,
      transform: ({ shape, rate }, scale) => ({ shape, rate: rate / scale[0]! }),
    },

    accuracy: { logDensity: 4, maximize: 10, cdf: 8, quantile: 8 },
  }),
});

const RESCALE: number = powerOfTwo(1000);
/** Above this the mean in parts of m has a third of its digits. */
const LEAST_SHIFT = -1 + 2 ** -32;
/** From the mean of log x a mean may come out far too small; by no more than this at once, the sums about it do not overflow. */
const LEAST_FACTOR: number = powerOfTwo(-900);

interface Prepared {
  /** shape / rate, as a double with all its digits. */
  readonly mean: number;
  /** A power of two near one over the mean: multiplying by it does not round. */
  readonly unit: number;
  /** The mean in that unit, from 1 to 4. */
  readonly centre: number;
}

function prepare({ shape, rate }: GammaParameters): Prepared {
  const mean = Math.min(Math.max(shape / rate, SMALLEST_NORMAL), Number.MAX_VALUE);
  const unit = powerOfTwo(Math.max(-1022, -exponentOf(mean)));
  return { mean, unit, centre: mean * unit };
}

/** log(mean of x) - mean of log x, from the statistics: at least 0, and 0 only when all x are equal. */
function spreadOf(statistics: Float64Array, count: number): number {
  const shift = statistics[0]! / count;
  return (
    statistics[1]! / count - (Math.abs(shift) < 1e-3 ? lessItsLogarithm(shift) : deviance(1, 1 + shift, twoSumError(1, shift, 1 + shift)))
  );
}

/** d - log(1 + d) for |d| < 1e-3, however small. */
function lessItsLogarithm(d: number): number {
  return d * d * (1 / 2 - d * (1 / 3 - d * (1 / 4 - d * (1 / 5 - d / 6))));
}

function checked(name: 'shape' | 'rate', value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw degenerate(name, 'it is too large or too small for a double: change the unit of the column');
}

function positive(x: number): number {
  return Math.min(Math.max(x, Number.MIN_VALUE), Number.MAX_VALUE);
}

/** log(a b) for positive numbers whose product may leave the range of doubles. */
function logProduct(a: number, b: number): number {
  const product = a * b;
  return product >= SMALLEST_NORMAL && product < Infinity ? log(product) : log(a) + log(b);
}
