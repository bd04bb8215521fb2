import { degenerate, type FamilyDefinition } from '@emkit/core';
import {
  exp,
  expm1,
  log,
  log1p,
  log1pMinusLinear,
  logMinusDigamma,
  normalCdf,
  normalQuantile,
  regularizedBeta,
  regularizedBetaInverse,
  regularizedBetaUpper,
  stirlingError,
} from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { drawGamma } from './gamma-draw.ts';
import { shapeOf } from './gamma-shape.ts';
import { ROUNDING } from './spread.ts';

/**
 * The parameters of a Student-t component: `location` and `scale` > 0, in the unit of the data, and `degreesOfFreedom` from 0.1 to 1e8, whose
 * upper end is a Gaussian as far as doubles tell.
 */
export type StudentTParameters = { readonly location: number; readonly scale: number; readonly degreesOfFreedom: number };

const HALF_LOG_TWO_PI = 0.9189385332046728;

const LEAST = 0.1;
const MOST = 1e8;

/**
 * Student's t distribution with a location and a scale: a Gaussian with heavy tails, for data with outliers, which move it little.
 *
 * Density f(x; m, s, v) = Gamma((v + 1)/2) / (Gamma(v/2) sqrt(v pi) s) (1 + z^2 / v)^(-(v + 1)/2) with z = (x - m) / s, for every x.
 * Parameters `location` m (any finite number), `scale` s > 0 (for v > 2 the variance is s^2 v / (v - 2)) and `degreesOfFreedom` v from 0.1 to
 * 1e8, free or held. One column.
 * Statistics, about the given parameters and with the latent precision w = (v + 1) / (v + z^2): the sums of r w, r w z, r w z^2, of r log w,
 * and of r z^2 and r z^4. A step of EM with expanded parameters, for there is no closed form: m' = m + s d with d = (sum of r w z) / (sum of r w),
 * s'^2 = s^2 ((sum of r w z^2) / (sum of r w) - d^2), or a sixteenth of its first term where that is more, and v' by the shape of a gamma distribution that fits the w. It never lowers the
 * likelihood (`ascends`), and rests where that has no slope.
 *
 * Edge cases: on data with tails no heavier than a Gaussian's the degrees of freedom go to their upper end, a boundary and no error: where the
 * kurtosis says so they go there in strides. With few degrees of freedom a component may shrink onto repeated values: then the M-step throws
 * `COMPONENT_DEGENERATE` for `scale`. The distribution function
 * and the quantile lose up to four digits between 100 and 1e4 degrees of freedom. There is no mean for 1 degree of freedom and less, and none is offered.
 *
 * Source: K. L. Lange, R. J. A. Little and J. M. G. Taylor, Robust statistical modeling using the t distribution (1989); C. Liu, D. B. Rubin
 * and Y. N. Wu, Parameter expansion to accelerate EM: the PX-EM algorithm (1998); in mixtures D. Peel and G. J. McLachlan, Robust mixture
 * modelling using the t distribution (2000).
 */
export const studentT: FamilyDefinition<StudentTParameters> = defineFamily<StudentTParameters>({
  id: 'student-t',
  title: 'Student-t, by its location, scale and degrees of freedom',
  create: () => ({
    id: 'student-t',
    options: {},
    columns: [{ name: 'x', support: { kind: 'real' } }],
    parameters: {
      location: { kind: 'real' },
      scale: { kind: 'positive' },
      degreesOfFreedom: { kind: 'interval', minimum: LEAST, maximum: MOST },
    },
    statisticsLength: 6,
    ascends: true,

    logDensity({ size, columns }, { location, scale, degreesOfFreedom: v }, out) {
      const x = columns[0]!;
      const constant = logHeight(v) - log(scale);
      const farOut = logHeight(v) + v * log(scale) + 0.5 * (v + 1) * log(v);
      const far = FAR_TAIL * Math.sqrt(v);
      for (let i = 0; i < size; i += 1) {
        // Far out most of the scale cancels, and is left out.
        out[i] =
          Math.abs((x[i]! - location) / scale) > far
            ? farOut - (v + 1) * logDistance(x[i]!, location)
            : constant - 0.5 * (v + 1) * logTail(x[i]!, location, scale, v);
      }
    },

    accumulate({ size, columns }, responsibilities, { location, scale, degreesOfFreedom: v }, statistics) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const r = responsibilities[i]!;
        if (r === 0) continue;
        const z = (x[i]! - location) / scale;
        const logWeight = log1p(1 / v) - logTail(x[i]!, location, scale, v);
        const far = Math.abs(z) > FAR;
        // Far out w z is (v + 1) / z, and w z^2 is v + 1.
        const weight = far ? 0 : (v + 1) / (v + z * z);
        statistics[0]! += r * weight;
        statistics[1]! += r * (far ? (v + 1) / z : weight * z);
        statistics[2]! += r * (far ? v + 1 : weight * z * z);
        statistics[3]! += r * logWeight;
        statistics[4]! += r * z * z;
        statistics[5]! += r * z * z * z * z;
      }
    },

    maximize(statistics, count, about, held) {
      const [weights, first, second, logs] = statistics as unknown as readonly number[];
      const mean = weights! / count;
      const move = held.has('location') || !(weights! > 0) ? 0 : first! / weights!;
      const location = about.location + about.scale * move;
      const { degreesOfFreedom: v } = about;
      let scale = about.scale;
      if (!held.has('scale')) {
        const before = second! / weights!;
        // What a far move leaves of the square has lost its digits: a part of the way there ascends too, and the next step goes on.
        const square = Math.max(before - move * (held.has('location') ? 0 : first! / weights!), LEAST_PART * before);
        if (!(about.scale * Math.sqrt(square) > ROUNDING * Math.abs(location)) || !(square > 1e-300))
          throw degenerate('scale', 'it fell to zero, for the observations of the component are equal or differ by their rounding only');
        scale = about.scale * Math.sqrt(square);
        if (!(scale > 0 && scale < Infinity))
          throw degenerate('scale', 'it is too large or too small for a double: change the unit of the column');
      }
      if (held.has('degreesOfFreedom')) return { location, scale, degreesOfFreedom: v };
      // log w less its expectation given w; the mean of w is free to move with the scale, and 1 where that is held.
      const ofMean = held.has('scale') ? mean - 1 : log(mean);
      const found = 2 * shapeOf(ofMean - logs! / count + logMinusDigamma(0.5 * (v + 1)));
      return { location, scale, degreesOfFreedom: Math.min(Math.max(strideOf(statistics, count, v, found), LEAST), MOST) };
    },

    locate({ columns: [column] }) {
      const { mean, variance } = column!;
      const rounding = mean === 0 ? 1 : Math.abs(mean) * Number.EPSILON;
      return { location: mean, scale: Math.min(Math.max(Math.sqrt(variance), rounding), Number.MAX_VALUE), degreesOfFreedom: 4 };
    },

    shift: ({ location, ...others }, by) => ({ location: location + by[0]!, ...others }),

    holdable: ['location', 'scale', 'degreesOfFreedom'],

    sample({ location, scale, degreesOfFreedom: v }, random, row) {
      const deviate = random.normal() / Math.sqrt(drawGamma(0.5 * v, random) / (0.5 * v));
      row[0] = Math.min(Math.max(location + scale * deviate, -Number.MAX_VALUE), Number.MAX_VALUE);
    },

    cdf(x, { location, scale, degreesOfFreedom: v }) {
      const z = (x - location) / scale;
      const tail = 0.5 * bothTails(Math.abs(z), v);
      return z > 0 ? 1 - tail : tail;
    },

    quantile: (probability, { location, scale, degreesOfFreedom: v }) => location + scale * quantileOf(probability, v),

    /** The larger of the changes of the location and the scale in parts of the scale, and of the inverse degrees of freedom. */
    distance(from, to) {
      const scale = Math.max(from.scale, to.scale);
      const least = Math.min(from.degreesOfFreedom, to.degreesOfFreedom);
      return Math.max(
        Math.abs(to.location - from.location) / scale,
        Math.abs(to.scale - from.scale) / scale,
        (Math.abs(to.degreesOfFreedom - from.degreesOfFreedom) / Math.max(from.degreesOfFreedom, to.degreesOfFreedom)) *
          Math.min(1, 4 / least),
      );
    },

    /** In the coordinates location, log scale and the log-odds of the degrees of freedom in their range. */
    scores({ size, columns }, { location, scale, degreesOfFreedom: v }, out) {
      const x = columns[0]!;
      const lag = log1p(1 / v) - logMinusDigamma(0.5 * (v + 1)) + logMinusDigamma(0.5 * v) - 1 / v;
      const slope = ((v - LEAST) / (MOST - LEAST)) * (MOST - v);
      for (let i = 0; i < size; i += 1) {
        const z = (x[i]! - location) / scale;
        const part = z / (v + z * z);
        out[3 * i] = ((v + 1) * part) / scale;
        out[3 * i + 1] = (v + 1) * part * z - 1;
        out[3 * i + 2] = 0.5 * slope * (lag - logTail(x[i]!, location, scale, v) + ((v + 1) / v) * part * z);
      }
    },

    equivariance: {
      scale: true,
      shift: true,
      transform: ({ location, scale, degreesOfFreedom }, factor, shift) => ({
        location: factor[0]! * location + shift[0]!,
        scale: factor[0]! * scale,
        degreesOfFreedom,
      }),
    },

    typical: {
      parameters: (random) => ({
        location: 20 * random.uniform() - 10,
        scale: exp(4.6 * random.uniform() - 2.3),
        degreesOfFreedom: exp(3 * random.uniform() + 0.7),
      }),
    },

    accuracy: { logDensity: 6, maximize: 128, cdf: 8, quantile: 16 },
  }),
});

/** The square of the scale falls to this part of itself at most in one step. */
const LEAST_PART = 1 / 16;

/** Beyond this many scales squares overflow, and beside them 1 is nothing. */
const FAR = 1e150;

/** Beyond this many roots of the degrees of freedom 1 is nothing beside z^2 / v. */
const FAR_TAIL = 1e12;

/** log(1 + z^2 / v) for z = (x - location) / scale, which need be no double. */
function logTail(x: number, location: number, scale: number, v: number): number {
  const z = (x - location) / scale;
  return Math.abs(z) < FAR ? log1p((z * z) / v) : 2 * (logDistance(x, location) - log(scale)) - log(v);
}

/** log |x - location|, where that may be beyond the doubles. */
function logDistance(x: number, location: number): number {
  const distance = Math.abs(x - location);
  return distance < Infinity ? log(distance) : log(0.5 * Math.abs(x) + 0.5 * Math.abs(location)) + Math.LN2;
}

/** log(Gamma((v + 1)/2) / (Gamma(v/2) sqrt(v pi))) by Stirling's series, in which nothing large cancels. */
function logHeight(v: number): number {
  const half = 0.5 * v;
  return half * log1pMinusLinear(0.5 / half) + (stirlingError(half + 0.5) - stirlingError(half)) - HALF_LOG_TWO_PI;
}

/**
 * The degrees of freedom to go to. On their way to the Gaussian end EM adds a constant at each step; where the kurtosis says that the
 * likelihood rises all the way, by more than what the other parameters lose by it, they are multiplied.
 */
function strideOf(statistics: Float64Array, count: number, v: number, found: number): number {
  const square = statistics[4]! / count;
  const kurtosis = statistics[5]! / count / square / square;
  return found > v && v >= 8 && 3 - kurtosis > 16 / v ? 8 * v : found;
}

/** From here on the incomplete beta function has lost more digits to its large argument than a series in 1 / v does. */
const NEARLY_NORMAL = 1e4;

/** The normal deviate of the same tail, for z = sqrt((v - 1/2) log(1 + t^2 / v)): G. W. Hill, Student's t-distribution, algorithm 395 (1970). */
function normalDeviate(z: number, v: number): number {
  const b = 48 * (v - 0.5) * (v - 0.5);
  const square = z * z;
  return (
    z + (z * (square + 3)) / b - (z * (square * (square * (4 * square + 33) + 240) + 855)) / (10 * b * (b + 0.8 * square * square + 100))
  );
}

/** P(|Z| > z) for z >= 0, by whichever argument of the incomplete beta function keeps its digits. */
function bothTails(z: number, v: number): number {
  if (!(z < Infinity)) return 0;
  if (v >= NEARLY_NORMAL) return 2 * normalCdf(-normalDeviate(Math.sqrt((v - 0.5) * log1p((z / v) * z)), v));
  // Where z^2 is all of v + z^2 the tail is a power of z.
  if (z > FAR_TAIL * Math.sqrt(v)) return 2 * exp(logHeight(v) + 0.5 * (v - 1) * log(v) - v * log(z));
  const ratio = z / v;
  if (z * ratio < 1) return regularizedBetaUpper((z * ratio) / (1 + z * ratio), 0.5, 0.5 * v);
  return regularizedBeta(1 / (1 + z * ratio), 0.5 * v, 0.5);
}

function quantileOf(probability: number, v: number): number {
  if (probability > 0.5) return -quantileOf(1 - probability, v);
  if (!(probability > 0)) return -Infinity;
  if (probability === 0.5) return 0;
  if (v >= NEARLY_NORMAL) {
    const target = -normalQuantile(probability);
    let z = target;
    for (let turn = 0; turn < 6; turn += 1) z -= normalDeviate(z, v) - target;
    return -Math.sqrt(v * expm1((z / (v - 0.5)) * z));
  }
  const y = probability < 0.25 ? regularizedBetaInverse(2 * probability, 0.5 * v, 0.5) : 0;
  const w = probability < 0.25 ? 1 - y : regularizedBetaInverse(1 - 2 * probability, 0.5, 0.5 * v);
  let z = Math.sqrt(v) * Math.sqrt(w / (probability < 0.25 ? y : 1 - w));
  if (!(y > 1e-30) && probability < 0.25) z = exp((logHeight(v) + 0.5 * (v - 1) * log(v) - log(probability)) / v);
  // Far out the inverse has some digits only: two of Newton's steps in the logarithms of the tail and of z have the rest.
  for (let turn = 0; turn < 2 && z > 1 && z < FAR_TAIL * Math.sqrt(v); turn += 1) {
    const tail = 0.5 * bothTails(z, v);
    const density = exp(logHeight(v) - 0.5 * (v + 1) * log1p((z / v) * z));
    z *= exp((log1p((tail - probability) / probability) * tail) / (z * density));
  }
  return -z;
}
