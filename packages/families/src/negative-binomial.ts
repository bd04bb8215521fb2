import { degenerate, type FamilyDefinition } from '@emkit/core';
import {
  deviance,
  exp,
  expm1,
  log,
  log1p,
  log1pMinusLinear,
  logBeta,
  logPoissonMass,
  regularizedBeta,
  regularizedBetaUpper,
  regularizedGammaP,
  regularizedGammaQ,
  stirlingError,
} from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { smallestReaching } from './discrete-quantile.ts';
import { drawGamma } from './gamma-draw.ts';
import { poisson } from './poisson.ts';
import { shareOf } from './proportion.ts';

/**
 * The parameters of a negative binomial component: `mean` > 0, and `dispersion` >= 0, one over the size, which makes the variance
 * mean + dispersion mean^2. A dispersion of 0 is the Poisson distribution.
 */
export type NegativeBinomialParameters = { readonly mean: number; readonly dispersion: number };

const HALF_LOG_TWO_PI = 0.9189385332046728;

/**
 * The negative binomial distribution, for counts that vary more than a Poisson distribution allows: a Poisson rate that is itself gamma.
 *
 * Mass f(x; m, a) = Gamma(x + 1/a) / (x! Gamma(1/a)) (a m)^x / (1 + a m)^(x + 1/a) for x = 0, 1, 2, ...; 0 elsewhere; at a = 0 its limit,
 * the Poisson mass of rate m.
 * Parameters `mean` m > 0 and `dispersion` a >= 0; what others call size is 1/a, and their probability 1 / (1 + a m). One column of counts.
 * Statistics, about the given parameters: the sums of r (x - m), of r (x - m)^2, and of r times the sum over j < x of j / (1 + a j), and the
 * slope of that in a. Estimates: m' is the mean of x; a' is 0 where the mean of (x - m')^2 is no larger than m', else the root of
 * (mean of the third statistic at a') = (a' m' - log(1 + a' m')) / a'^2. There is no closed form and no sums that would do for every a:
 * Newton's iteration in log a takes them again about each better one, and ends with a step that cannot overshoot.
 *
 * Edge cases: counts that vary no more than Poisson ones have a dispersion of exactly 0, a boundary and no error. A component all of whose
 * counts are 0 has no estimate: the M-step throws `COMPONENT_DEGENERATE` for `mean`; a Poisson component can hold structural zeros.
 *
 * Method: for small dispersions as a correction of the Poisson mass, else by the saddle-point form of C. Loader, Fast and accurate computation
 * of binomial probabilities (2000). The sums over j by the Euler-Maclaurin formula from the 24th term on.
 *
 * Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005), chapter 5; one root where the variance exceeds the mean: B. Levin
 * and J. Reeds, Compound multinomial likelihood functions are unimodal (1977).
 */
export const negativeBinomial: FamilyDefinition<NegativeBinomialParameters> = defineFamily<NegativeBinomialParameters>({
  id: 'negative-binomial',
  title: 'Negative binomial, by its mean and dispersion',
  create: () => ({
    id: 'negative-binomial',
    options: {},
    columns: [{ name: 'x', support: { kind: 'integer', minimum: 0, maximum: Infinity } }],
    parameters: { mean: { kind: 'positive' }, dispersion: { kind: 'non-negative' } },
    statisticsLength: 4,

    logDensity({ size, columns }, parameters, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1)
        out[i] = x[i]! >= 0 && x[i]! < Infinity && Math.floor(x[i]!) === x[i]! ? logMass(x[i]!, parameters) : -Infinity;
    },

    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      const { mean, dispersion } = about;
      const [below, above] = dispersion > 0 ? [dispersion * (1 - NUDGE), dispersion * (1 + NUDGE)] : [0, 1e-6];
      const sumAt = isWide(about) ? sumOfParts : sumOfShares;
      for (let i = 0; i < size; i += 1) {
        const r = responsibilities[i]!;
        if (r === 0) continue;
        const deviation = x[i]! - mean;
        statistics[0]! += r * deviation;
        statistics[1]! += r * deviation * deviation;
        statistics[2]! += r * sumAt(x[i]!, dispersion);
        statistics[3]! += r * ((sumAt(x[i]!, above) - sumAt(x[i]!, below)) / (above - below));
      }
    },

    maximize(statistics, count, about, held) {
      const mean = meanOf(statistics, count, about);
      if (!(mean > 0 && mean < Infinity))
        throw degenerate('mean', 'every count of the component is 0: leave it to a Poisson component, whose rate may be 0');
      if (held.has('dispersion')) return { mean, dispersion: about.dispersion };
      if (!isOverdispersed(statistics, count, about)) return { mean, dispersion: 0 };
      const { dispersion } = about;
      if (dispersion === 0) return { mean, dispersion: momentsOf(statistics, count, about) };
      const moved = dispersion * exp(ascentOf(statistics, count, about));
      return { mean, dispersion: Math.min(Math.max(moved, Number.MIN_VALUE), Number.MAX_VALUE) };
    },

    recentre(statistics, count, about, held) {
      const mean = meanOf(statistics, count, about);
      if (!(mean > 0 && mean < Infinity)) return undefined;
      // The squares about a far mean have lost the digits of the spread.
      const square = statistics[1]! / count;
      const shift = mean - about.mean;
      if (shift * shift > 0.75 * square && Math.abs(shift) > 4 * Number.EPSILON * mean) return { mean, dispersion: about.dispersion };
      if (held.has('dispersion') || !isOverdispersed(statistics, count, about)) return undefined;
      if (about.dispersion === 0) return { mean, dispersion: momentsOf(statistics, count, about) };
      const step = stepOf(statistics, count, about);
      return Math.abs(step) > 1e-7 ? { mean, dispersion: about.dispersion * exp(step) } : undefined;
    },

    locate({ columns: [column] }) {
      const { mean, variance } = column!;
      return { mean: mean > 0 ? mean : 1, dispersion: variance > mean && mean > 0 ? (variance - mean) / mean / mean : 0 };
    },

    holdable: ['dispersion'],

    sample({ mean, dispersion }, random, row) {
      const rate = dispersion > 0 ? mean * (drawGamma(1 / dispersion, random) * dispersion) : mean;
      poisson().sample!({ rate: Number.isFinite(rate) ? rate : mean }, random, row);
    },

    cdf: (x, parameters) => (x >= 0 ? tailsAt(Math.floor(x), parameters).lower() : 0),

    quantile(probability, parameters) {
      if (!(probability > 0)) return 0;
      if (probability >= 1) return Infinity;
      // Each tail against its own probability: 1 - probability is exact from 1/2 on.
      const rest = 1 - probability;
      const reaches =
        probability < 0.5
          ? (x: number): boolean => tailsAt(x, parameters).lower() >= probability
          : (x: number): boolean => tailsAt(x, parameters).upper() <= rest;
      return smallestReaching(reaches, parameters.mean, Number.MAX_VALUE);
    },

    mean: ({ mean }) => [mean],

    /** The larger of the mean's change in standard deviations and of the change of the variance that the dispersion makes. */
    distance(from, to) {
      const mean = Math.max(from.mean, to.mean);
      const dispersion = Math.max(from.dispersion, to.dispersion);
      const excess = 1 + dispersion * mean;
      return Math.max(
        Math.abs(to.mean - from.mean) / Math.max(mean, Math.sqrt(mean)) / Math.sqrt(Math.min(1, excess / mean)),
        (Math.abs(to.dispersion - from.dispersion) * mean) / excess,
      );
    },

    /** In the coordinates log mean and log dispersion. */
    scores({ size, columns }, { mean, dispersion }, out) {
      const x = columns[0]!;
      const product = dispersion * mean;
      for (let i = 0; i < size; i += 1) {
        const deviation = x[i]! - mean;
        out[2 * i] = deviation / (1 + product);
        out[2 * i + 1] =
          dispersion === 0
            ? 0
            : dispersion * sumOfShares(x[i]!, dispersion) +
              log1pMinusLinear(product) / dispersion -
              mean * (deviation / (1 + product)) * dispersion;
      }
    },

    typical: { parameters: (random) => ({ mean: exp(3 * random.uniform() - 0.7), dispersion: exp(3 * random.uniform() - 2) }) },

    accuracy: { logDensity: 8, maximize: 128, cdf: 8, quantile: 0 },
  }),
});

/** Terms that are added one by one, before the integral with the corrections at its ends has all digits. */
const DIRECT = 24;

/** A part of the dispersion over which slopes are differences. */
const NUDGE = 1e-4;

/** log f(x), for a whole x >= 0. */
function logMass(x: number, { mean, dispersion }: NegativeBinomialParameters): number {
  const largest = Math.max(x, mean);
  // What the spread of the rate changes is no more than a half of this.
  if (!(dispersion * largest * Math.max(largest, 1) > 1e-17)) return logPoissonMass(x, mean);
  const size = 1 / dispersion;
  const product = dispersion * mean;
  if (x === 0) return product < Infinity ? -mean * (log1p(product) / product) : -(log(dispersion) + log(mean)) / dispersion;
  // Beyond the doubles the odds are their own, and all but the size's part of them is certain.
  if (!(product < Infinity)) return -logBeta(size, x) - log(x) - (log(dispersion) + log(mean)) / dispersion;
  // A mean so small that the odds lack digits: what the size's part falls short of certain is nothing beside them.
  if (dispersion * largest >= 1 && product < 1e-290) return x * (log(dispersion) + log(mean)) - logBeta(size, x) - log(x);
  // A size next to 0, of which Stirling's series is large.
  if (size < 1e-3) return -logBeta(size, x) - log(x) - x * log1p(1 / product) - size * log1p(product);
  if (dispersion * largest < 1) {
    // The Poisson mass, and what the spread of its rate changes: each term is of second order in the counts over the size.
    const y = dispersion * x;
    const rising = y * log1p(y) + log1pMinusLinear(y);
    const ofSeries = size < 1e17 ? stirlingError(size + x) - stirlingError(size) : 0;
    return (
      logPoissonMass(x, mean) +
      (rising / dispersion - x * log1p(product) - log1pMinusLinear(product) / dispersion) -
      0.5 * log1p(y) +
      ofSeries
    );
  }
  // Of the x + size trials that a binomial distribution would have, x against what is expected and size against it.
  const total = x + size;
  const share = 1 / (1 + size / mean);
  const rest = 1 / (1 + product);
  const height = 0.5 * log(size < Infinity ? size / total / x : 1 / x) - HALF_LOG_TWO_PI;
  const series = stirlingError(total) - stirlingError(size) - stirlingError(x);
  return height + series - deviance(size, total * rest) - deviance(x, total * share);
}

/** Where the rate's own spread outweighs the Poisson one, j / (1 + a j) is nearly 1/a, and what it lacks to that is summed instead. */
function isWide({ mean, dispersion }: NegativeBinomialParameters): boolean {
  return dispersion * mean >= 1;
}

/** The sum of 1 / (1 + a j) over 0 <= j < x. */
function sumOfParts(x: number, a: number): number {
  const direct = Math.min(x, DIRECT);
  let sum = 0;
  for (let j = 0; j < direct; j += 1) sum += 1 / (1 + a * j);
  if (x <= DIRECT) return sum;
  const c = 1 + DIRECT * a;
  const at = (j: number): number => {
    const value = 1 / (1 + a * j);
    const scaled = a * value;
    const square = scaled * scaled;
    return value * (-0.5 - scaled * (1 / 12 - square * (6 / 720 - (square * 120) / 30240)));
  };
  return sum + log1p((a / c) * (x - DIRECT)) / a + (at(x) - at(DIRECT));
}

/** The sum of j / (1 + a j) over 0 <= j < x. */
function sumOfShares(x: number, a: number): number {
  const direct = Math.min(x, DIRECT);
  let sum = 0;
  for (let j = 1; j < direct; j += 1) sum += j / (1 + a * j);
  if (x <= DIRECT) return sum;
  if (a === 0) return 0.5 * x * (x - 1);
  const c = 1 + DIRECT * a;
  const b = a / c;
  const k = x - DIRECT;
  const integral = ((DIRECT * log1p(b * k)) / b - log1pMinusLinear(b * k) / b / b) / c;
  const at = (j: number): number => {
    const inverse = 1 / (1 + a * j);
    const scaled = a * inverse;
    const square = scaled * scaled;
    return -0.5 * j * inverse + inverse * inverse * (1 / 12 - square * (6 / 720 - (square * 120) / 30240));
  };
  return sum + integral + (at(x) - at(DIRECT));
}

function meanOf(statistics: Float64Array, count: number, { mean }: NegativeBinomialParameters): number {
  const moved = mean + statistics[0]! / count;
  return moved > 0 ? Math.max(moved, shareOf(moved, 1)) : 0;
}

/** The mean square about the estimate of the mean, and the mean of the data. */
function spreadOf(statistics: Float64Array, count: number, about: NegativeBinomialParameters): readonly [number, number] {
  const shift = statistics[0]! / count;
  return [statistics[1]! / count - shift * shift, about.mean + shift];
}

/** The slope of the log-likelihood in the dispersion at 0 is half of what the mean square lacks to the mean. */
function isOverdispersed(statistics: Float64Array, count: number, about: NegativeBinomialParameters): boolean {
  const [square, mean] = spreadOf(statistics, count, about);
  return square > mean * (1 + 8 * Number.EPSILON);
}

function momentsOf(statistics: Float64Array, count: number, about: NegativeBinomialParameters): number {
  const [square, mean] = spreadOf(statistics, count, about);
  return (square - mean) / mean / mean;
}

/** Newton's step of log dispersion for the derivative of the log-likelihood at the best mean; at most 1.5. */
function stepOf(statistics: Float64Array, count: number, about: NegativeBinomialParameters): number {
  const { dispersion: a } = about;
  const mean = meanOf(statistics, count, about);
  const product = a * mean;
  let value: number;
  let slope: number;
  if (isWide(about)) {
    const excess = log1p(product) / a - statistics[2]! / count;
    value = excess / a;
    slope = ((mean / (1 + product) - log1p(product) / a) / a - statistics[3]! / count - excess / a) / a;
  } else {
    value = statistics[2]! / count + log1pMinusLinear(product) / a / a;
    slope = statistics[3]! / count + cubicOf(product) * mean * mean * mean;
  }
  const step = slope < 0 ? -value / (slope * a) : Math.sign(value);
  return Math.min(1.5, Math.max(-1.5, step));
}

/** The derivative of (log(1 + y) - y) / y^2. */
function cubicOf(y: number): number {
  if (y < 0.01) return 1 / 3 - y * (1 / 2 - y * (3 / 5 - y * (2 / 3)));
  return -1 / (1 + y) / y - (2 * log1pMinusLinear(y)) / y / y / y;
}

/**
 * A step of log dispersion towards the root of the derivative at the best mean; at most 1.5. The third statistic is a convex function of a,
 * and a times it a concave one: their tangents, one for larger a and one for smaller, bound the derivative from the side on which a step to
 * the bound's root does not pass the root itself. Where the iteration is cut short, because others share the dispersion, it never lowers the
 * likelihood, as Newton's may; near the root the two are the same.
 */
function ascentOf(statistics: Float64Array, count: number, about: NegativeBinomialParameters): number {
  const { dispersion: a } = about;
  const mean = meanOf(statistics, count, about);
  const wide = isWide(about);
  const value = (wide ? -statistics[2]! : statistics[2]!) / count;
  const slope = (wide ? -statistics[3]! : statistics[3]!) / count;
  const ofMean = (at: number): number => (wide ? log1p(at * mean) / at : log1pMinusLinear(at * mean) / at / at);
  const rises = value + ofMean(a) > 0;
  const falls = (step: number): boolean => {
    const bound = value + slope * a * (wide === rises ? -expm1(-step) : expm1(step)) + ofMean(a * exp(step));
    return rises ? bound <= 0 : bound >= 0;
  };
  let [near, far] = [0, rises ? 1.5 : -1.5];
  if (!falls(far)) return far;
  for (let turn = 0; turn < 64; turn += 1) {
    const middle = 0.5 * (near + far);
    if (falls(middle)) far = middle;
    else near = middle;
  }
  return near;
}

/** P(X <= x) and P(X > x), each with its own digits. */
function tailsAt(x: number, { mean, dispersion }: NegativeBinomialParameters): { lower(): number; upper(): number } {
  const largest = Math.max(x, mean);
  if (!(dispersion * largest * largest > 1e-17))
    return { lower: () => regularizedGammaQ(x + 1, mean), upper: () => regularizedGammaP(x + 1, mean) };
  const product = dispersion * mean;
  const size = 1 / dispersion;
  if (product < 1) {
    const share = product / (1 + product);
    return { lower: () => regularizedBetaUpper(share, x + 1, size), upper: () => regularizedBeta(share, x + 1, size) };
  }
  const rest = 1 / (1 + product);
  return { lower: () => regularizedBeta(rest, size, x + 1), upper: () => regularizedBetaUpper(rest, size, x + 1) };
}
