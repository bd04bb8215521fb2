import { degenerate, type FamilyDefinition, type Random } from '@emkit/core';
import {
  deviance,
  digamma,
  exp,
  exponentOf,
  log,
  log1p,
  log1pMinusLinear,
  logBeta,
  logMinusDigamma,
  powerOfTwo,
  regularizedBeta,
  regularizedBetaInverse,
  stirlingError,
  trigamma,
} from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { drawLogGamma } from './gamma-draw.ts';
import { ROUNDING } from './spread.ts';

/** The parameters of a beta component: `alpha` > 0 and `beta` > 0, without a unit. The mean is alpha / (alpha + beta). */
export type BetaParameters = { readonly alpha: number; readonly beta: number };

const HALF_LOG_TWO_PI = 0.9189385332046728;

const EULER = 0.5772156649015329;

/** Below this, products with x lack digits. */
const TINY = 1e-290;

/** Statistics are taken again about the mean of the data when less than this part of the sums is left of the difference that alpha + beta comes from. */
const LEAST_PART = 0.25;

/**
 * The beta distribution of a share between 0 and 1: proportions, rates of agreement, methylation levels.
 *
 * Density f(x; a, b) = x^(a - 1) (1 - x)^(b - 1) / B(a, b) for 0 < x < 1, 0 elsewhere.
 * Parameters `alpha` a > 0 and `beta` b > 0. One column, 0 < x < 1.
 * Statistics, about the mean m = a / (a + b) of the given parameters: the sums of r (x - m), and of r (u - 1 - log u) for u = x / m and for
 * u = (1 - x) / (1 - m). Estimates: the roots of psi(a) - psi(a + b) = mean of log x and psi(b) - psi(a + b) = mean of log(1 - x), both
 * written with log a - psi(a) and the statistics, so that the difference of large logarithms never appears. Newton's method in log a and
 * log b, whose steps are halved where the log-likelihood falls: it is concave in a and b, and has one maximum.
 *
 * Edge cases: 0 and 1 are outside of the support, for the density there is 0 or infinite: move them inwards, or model them as atoms. A
 * component on one value or on equal values has no estimate (both parameters grow without bound) and the M-step throws `COMPONENT_DEGENERATE`.
 *
 * Method: the saddle-point form of C. Loader, Fast and accurate computation of binomial probabilities (2000).
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2 (1995), chapter 25.
 */
export const beta: FamilyDefinition<BetaParameters> = defineFamily<BetaParameters>({
  id: 'beta',
  title: 'Beta, by its two exponents',
  create: () => ({
    id: 'beta',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, minimumOpen: true, maximum: 1, maximumOpen: true } }],
    parameters: { alpha: { kind: 'positive' }, beta: { kind: 'positive' } },
    statisticsLength: 3,

    logDensity({ size, columns }, { alpha, beta: other }, out) {
      const x = columns[0]!;
      const small = Math.min(alpha, other) < 1;
      const constant = small ? heightOfSmall(alpha, other) : heightOf(alpha, other);
      const logNorm = logBeta(alpha, other);
      // In a unit in which no sum or product of the two overflows.
      const unit = powerOfTwo(-Math.max(0, exponentOf(Math.max(alpha, other)) - 900));
      const [a, b] = [alpha * unit, other * unit];
      const total = a + b;
      for (let i = 0; i < size; i += 1) {
        const value = x[i]!;
        if (!(value > 0 && value < 1)) out[i] = -Infinity;
        else if (small) out[i] = constant + (value < 0.5 ? logShape(value, alpha, other) : logShape(1 - value, other, alpha));
        else if (value < TINY) out[i] = (alpha - 1) * log(value) + (other - 1) * log1p(-value) - logNorm;
        else out[i] = constant - log(value) - log1p(-value) - (deviance(a, total * value) + deviance(b, total * (1 - value))) / unit;
      }
    },

    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      const { mean, rest } = meansOf(about);
      for (let i = 0; i < size; i += 1) {
        const responsibility = responsibilities[i]!;
        if (responsibility === 0) continue;
        // From whichever end is nearer: the other has lost the digits of a small mean.
        const deviation = mean < 0.5 ? x[i]! - mean : rest - (1 - x[i]!);
        statistics[0]! += responsibility * deviation;
        statistics[1]! += responsibility * (deviance(mean, x[i]!) / mean);
        statistics[2]! += responsibility * (deviance(rest, 1 - x[i]!) / rest);
      }
    },

    maximize(statistics, count, about, held) {
      if (held.has('alpha') && held.has('beta')) return about;
      const { mean, rest } = meansOf(about);
      const shift = statistics[0]! / count;
      const spread = spreadOf(statistics, count, about);
      const free = held.size === 0;
      if (free && !(spread > ROUNDING * ROUNDING))
        throw degenerate(
          'alpha',
          'it grows without bound, for all the observations of the component are equal or differ by their rounding only',
        );
      const equations = { mean, rest, ofLog: shift / mean - statistics[1]! / count, ofRest: -shift / rest - statistics[2]! / count };
      const start = free ? startOf(mean, rest, shift, spread) : { shift: 0, total: about.alpha + about.beta };
      const found = parametersAt(equations, solve(equations, start, held));
      const estimate = { alpha: held.has('alpha') ? about.alpha : found.alpha, beta: held.has('beta') ? about.beta : found.beta };
      for (const name of ['alpha', 'beta'] as const)
        if (!(estimate[name] > 0 && estimate[name] < Infinity)) throw degenerate(name, 'it is too large or too small for a double');
      return estimate;
    },

    recentre(statistics, count, about, held) {
      const { mean, rest } = meansOf(about);
      const shift = statistics[0]! / count;
      const sum = (statistics[1]! + statistics[2]!) / count;
      if (held.size > 0 || Math.abs(shift) <= ROUNDING * Math.min(mean, rest) || spreadOf(statistics, count, about) >= LEAST_PART * sum)
        return undefined;
      const total = about.alpha + about.beta;
      const better = { alpha: positive(total * (mean + shift)), beta: positive(total * (rest - shift)) };
      return better.alpha === about.alpha && better.beta === about.beta ? undefined : better;
    },

    locate({ columns: [column] }) {
      const mean = Math.min(Math.max(column!.mean, Number.MIN_VALUE), 1 - Number.EPSILON / 2);
      const total = column!.variance > 0 ? Math.min(Math.max((mean * (1 - mean)) / column!.variance - 1, 1e-3), 1e15) : 1;
      return { alpha: positive(total * mean), beta: positive(total * (1 - mean)) };
    },

    holdable: ['alpha', 'beta'],

    sample({ alpha, beta: other }, random, row) {
      // The share of one gamma draw in two, from their logarithms: small shapes take both below all doubles.
      const difference = drawLogGamma(other, random) - drawLogGamma(alpha, random);
      const share = difference > 0 ? exp(-difference) / (1 + exp(-difference)) : 1 / (1 + exp(difference));
      row[0] = Math.min(Math.max(share, Number.MIN_VALUE), 1 - Number.EPSILON / 2);
    },

    cdf: (x, { alpha, beta: other }) => (x > 0 ? (x < 1 ? regularizedBeta(x, alpha, other) : 1) : 0),
    quantile(probability, { alpha, beta: other }) {
      if (probability > 0.5) return 1 - regularizedBetaInverse(1 - probability, other, alpha);
      const point = regularizedBetaInverse(probability, alpha, other);
      if (point >= TINY || !(probability > 0)) return point;
      return exp((log(probability) + log(alpha) + logBeta(alpha, other)) / alpha);
    },
    mean: (parameters) => [meansOf(parameters).mean],

    /** The larger of the mean's change in standard deviations and of the relative change of the sum of both. */
    distance(from, to) {
      const [before, after] = [meansOf(from), meansOf(to)];
      const [first, second] = [from.alpha + from.beta, to.alpha + to.beta];
      const largest = Math.max(first, second);
      const deviation = Math.sqrt((before.mean * before.rest) / (1 + largest));
      const change = before.mean < 0.5 ? after.mean - before.mean : before.rest - after.rest;
      return Math.max(Math.abs(change) / deviation, Math.abs(second - first) / largest);
    },

    rounding: ({ alpha, beta: other }) => Number.EPSILON * Math.max(1, Math.sqrt(Math.min(alpha, other))),

    /** In the coordinates log alpha and log beta. */
    scores({ size, columns }, { alpha, beta: other }, out) {
      const x = columns[0]!;
      const ofTotal = digamma(alpha + other);
      const [first, second] = [ofTotal - digamma(alpha), ofTotal - digamma(other)];
      for (let i = 0; i < size; i += 1) {
        out[2 * i] = alpha * (log(x[i]!) + first);
        out[2 * i + 1] = other * (log1p(-x[i]!) + second);
      }
    },

    exponentialForm: {
      length: 2,
      naturalParameters: ({ alpha, beta: other }) => [alpha, other],
      fromNatural: (natural) => ({ alpha: natural[0]!, beta: natural[1]! }),
      logPartition: (natural) => logBeta(natural[0]!, natural[1]!),
      sufficientStatistics: (row) => [log(row[0]!), log1p(-row[0]!)],
    },

    // Below 1 an exponent puts so much mass next to an end that the doubles there cannot tell it apart.
    typical: { parameters: (random) => ({ alpha: drawExponent(random), beta: drawExponent(random) }) },

    accuracy: { logDensity: 8, maximize: 24, cdf: 8, quantile: 8 },
  }),
});

/** From 0.8 to 20. */
function drawExponent(random: Random): number {
  return 0.8 * exp(log(25) * random.uniform());
}

/** The logarithm of what the density's factors 1/x and 1/(1 - x) and its deviances leave, by Stirling's series: for parameters from 1 on. */
function heightOf(alpha: number, other: number): number {
  const [less, more] = alpha < other ? [alpha, other] : [other, alpha];
  const total = alpha + other;
  return 0.5 * log(less / (1 + less / more)) - HALF_LOG_TWO_PI + stirlingError(total) - stirlingError(alpha) - stirlingError(other);
}

/** Of the density near an end, all but the factor of `heightOfSmall`: `own` is the exponent of the distance to that end. */
function logShape(distance: number, own: number, other: number): number {
  const [less, more] = own < other ? [own, other] : [other, own];
  const quotient = less / distance;
  const rest = (other - 1) * log1p(-distance);
  // Divided first: the logarithms of a small exponent and a small distance would leave few digits of their difference.
  if (own < 0.5 && quotient > TINY && quotient < Infinity) return log(quotient / (1 + less / more)) + own * log(distance) + rest;
  return log(less) - log1p(less / more) + (own - 1) * log(distance) + rest;
}

/** log of Gamma(1 + a + b) / (Gamma(1 + a) Gamma(1 + b)), by its series where an exponent is next to 0. */
function heightOfSmall(alpha: number, other: number): number {
  const [less, more] = alpha < other ? [alpha, other] : [other, alpha];
  if (less < 1e-5) return less * (digamma(1 + more) + EULER) - 0.5 * less * less * (trigamma(1) - trigamma(1 + more));
  return -log1p(less + more) - logBeta(1 + less, 1 + more);
}

/** The mean and 1 less the mean, both with all their digits. */
function meansOf({ alpha, beta: other }: BetaParameters): { readonly mean: number; readonly rest: number } {
  return { mean: positive(1 / (1 + other / alpha)), rest: positive(1 / (1 + alpha / other)) };
}

/** d - log(1 + d), however small d is. */
function lessLogarithm(d: number): number {
  return d > -1 ? -log1pMinusLinear(d) : Infinity;
}

/** What the two sums of logarithms are about the mean of the data: at least 0, and 0 only when all values are equal. */
function spreadOf(statistics: Float64Array, count: number, about: BetaParameters): number {
  const { mean, rest } = meansOf(about);
  const shift = statistics[0]! / count;
  return (statistics[1]! + statistics[2]!) / count - lessLogarithm(shift / mean) - lessLogarithm(-shift / rest);
}

interface Equations {
  readonly mean: number;
  readonly rest: number;
  /** The weighted means of log(x / mean) and log((1 - x) / rest). */
  readonly ofLog: number;
  readonly ofRest: number;
}

/** A point by how far its mean is from that of the equations, so that no digits of a narrow distribution are lost, and by alpha + beta. */
interface Point {
  readonly shift: number;
  readonly total: number;
}

/** A start by the moments of a narrow distribution, which is never far. */
function startOf(mean: number, rest: number, shift: number, spread: number): Point {
  const [m, n] = [mean + shift, rest - shift];
  return { shift, total: Math.max((m * m + n * n) / (2 * m * n * spread) - 1, 0.1) };
}

function parametersAt({ mean, rest }: Equations, { shift, total }: Point): BetaParameters {
  return { alpha: total * (mean + shift), beta: total * (rest - shift) };
}

/** The derivatives of the mean log-likelihood with respect to alpha and beta. */
function slopesOf(equations: Equations, point: Point): readonly [number, number] {
  const { alpha, beta: other } = parametersAt(equations, point);
  const ofTotal = logMinusDigamma(point.total);
  return [
    equations.ofLog - log1p(point.shift / equations.mean) + logMinusDigamma(alpha) - ofTotal,
    equations.ofRest - log1p(-point.shift / equations.rest) + logMinusDigamma(other) - ofTotal,
  ];
}

function solve(equations: Equations, start: Point, held: ReadonlySet<string>): Point {
  let at = start;
  let slopes = slopesOf(equations, at);
  for (let turn = 0; turn < 200; turn += 1) {
    const { alpha, beta: other } = parametersAt(equations, at);
    const step = newton({ alpha, beta: other }, slopes, held);
    // Of a concave function, the slope along the step tells whether the top was passed by more than half of what it was away.
    const along = (of: readonly [number, number]): number => of[0] * alpha * step[0] + of[1] * other * step[1];
    let next = moved(equations, at, step, 1);
    let nextSlopes = slopesOf(equations, next);
    for (let part = 0.5; along(nextSlopes) < -0.5 * along(slopes) && part > 1e-3; part *= 0.5) {
      next = moved(equations, at, step, part);
      nextSlopes = slopesOf(equations, next);
    }
    const change = Math.max(Math.abs(step[0]), Math.abs(step[1]));
    at = next;
    slopes = nextSlopes;
    if (!(change > 2 * Number.EPSILON)) break;
  }
  return at;
}

/** Newton's step in alpha and beta, each in parts of itself, shortened as a whole so that neither falls by more than four fifths nor more than trebles. */
function newton(
  { alpha, beta: other }: BetaParameters,
  [first, second]: readonly [number, number],
  held: ReadonlySet<string>,
): [number, number] {
  const [a, b, total] = [trigamma(alpha), trigamma(other), trigamma(alpha + other)];
  // The matrix of second derivatives is that of a and b on the diagonal less total everywhere.
  const determinant = a * b - total * (a + b);
  const step: [number, number] = held.has('alpha')
    ? [0, second / (b - total) / other]
    : held.has('beta')
      ? [first / (a - total) / alpha, 0]
      : [(first * (b - total) + second * total) / determinant / alpha, (second * (a - total) + first * total) / determinant / other];
  const shortened = Math.min(1, ...step.map((part) => (part >= 0 ? 2 / part : -0.8 / part)));
  return [shortened * step[0], shortened * step[1]];
}

function moved({ mean, rest }: Equations, { shift, total }: Point, step: readonly [number, number], part: number): Point {
  const [m, n] = [mean + shift, rest - shift];
  const growth = 1 + part * (m * step[0] + n * step[1]);
  return { shift: shift + (m * n * part * (step[0] - step[1])) / growth, total: total * growth };
}

function positive(x: number): number {
  return Math.min(Math.max(x, Number.MIN_VALUE), Number.MAX_VALUE);
}
