/**
 * The regularised incomplete beta function, its logarithm and inverse: the distribution function of a beta variable, and, in its parameters,
 * that of a binomial count.
 */
import { exp, expit, expMinusLinear, expm1, log, log1p, log1pMinusLinear } from './elementary.ts';
import { normalQuantile } from './error-function.ts';
import { digamma, stirlingError, trigamma } from './gamma.ts';
import { deviance, logBeta, logPoissonMass } from './saddle-point.ts';
import { twoProductError, twoSumError } from './sum.ts';

// Survives below, < for <=: where two methods meet both are within the promised accuracy; at an edge both branches give the same.

const SQRT_TWO_PI = 2.5066282746310007;

/** The tail that `findTail` found: e^exponent times factor. */
const tail = new Float64Array(2);

/** From here on, for both parameters, the tail is integrated: the time of the continued fraction grows as their square root. */
const LARGE = 400;

/** Finds one tail for 0 < x < 1 and 0 < a, b < Infinity; true when it is the lower one, I_x(a, b). */
function findTail(x: number, a: number, b: number): boolean {
  const total = a + b;
  // The part of 1 - x that the subtraction rounds off, and how far the mean of the beta variable lies above x, times a + b.
  const y = 1 - x;
  const yLow = 1 - y - x;
  const ay = a * y;
  const bx = b * x;
  const excess = ay - bx + (productError(a, y, ay) - productError(b, x, bx) + a * yLow);
  const scale = leadingFactor(x, y, yLow, a, b, total);
  // Survives: either form serves, a few ulp worse.
  const large = a > LARGE && b > LARGE;
  const lower = large ? excess >= 0 : x < (a + 1) / (total + 2);
  if (large) tail[1] = scale * (lower ? integratedTail(total, x, y, excess) : integratedTail(total, y, x, -excess));
  else tail[1] = scale * (lower ? continuedFraction(a, b, x, y) : continuedFraction(b, a, y, x));
  return lower;
}

/**
 * x^a y^b / B(a, b), the density of the log-odds, as e^`tail[0]` times what is returned, by the saddle-point form. The roundings of 1 - x,
 * a + b and their products are carried along, and the square root is not sent through a logarithm.
 */
function leadingFactor(x: number, y: number, yLow: number, a: number, b: number, total: number): number {
  const totalLow = twoSumError(a, b, total);
  const meanA = total * x;
  const meanB = total * y;
  const meanALow = productError(total, x, meanA) + totalLow * x;
  // Survives: it tells only where a + b rounds and x is far from the mean; there is no reference for parameters as large as that.
  const meanBLow = productError(total, y, meanB) + totalLow * y + total * yLow;
  // Survives below: either form serves, a few ulp worse.
  if (a < 1 && b < 1) {
    tail[0] = logPoissonMass(a, meanA, meanALow) + logPoissonMass(b, meanB, meanBLow) - logPoissonMass(total, total);
    return a * (b / total);
  }
  if (a < 1) {
    tail[0] = logPoissonMass(a, meanA, meanALow) - deviance(b, meanB, meanBLow) - (stirlingError(b) - stirlingError(total));
    return a * Math.sqrt(b / total);
  }
  if (b < 1) {
    tail[0] = logPoissonMass(b, meanB, meanBLow) - deviance(a, meanA, meanALow) - (stirlingError(a) - stirlingError(total));
    return b * Math.sqrt(a / total);
  }
  const corrections = stirlingError(a) + (stirlingError(b) - stirlingError(total));
  tail[0] = -deviance(a, meanA, meanALow) - deviance(b, meanB, meanBLow) - corrections;
  return (Math.sqrt(a) * Math.sqrt(b / total)) / SQRT_TWO_PI;
}

/** The rounding error of a product, or 0 where it cannot be had and does not matter. */
function productError(a: number, b: number, product: number): number {
  const error = twoProductError(a, b, product);
  // Survives: the error of so small a product is below the rounding of the rest.
  return product > 1e-280 && error - error === 0 ? error : 0;
}

/**
 * I_x(a, b) over x^a y^b / B(a, b): the continued fraction of DiDonato and Morris (1992, equation 9). Its terms are positive for x below the
 * mean and b > 1.
 *
 * The modified Lentz method finds how many terms are needed; the value is then computed from the last one back, where rounding errors are
 * damped instead of multiplied.
 */
function continuedFraction(a: number, b: number, x: number, y: number): number {
  const slack = a * y - b * x + 1;
  let c = fractionDenominator(0, a, b, x, y, slack);
  let d = 0;
  let terms = 1;
  for (; terms < 100000; terms += 1) {
    const numerator = fractionNumerator(terms, a, b, x);
    const denominator = fractionDenominator(terms, a, b, x, y, slack);
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  let value = fractionDenominator(terms, a, b, x, y, slack);
  for (let n = terms; n > 0; n -= 1) value = fractionDenominator(n - 1, a, b, x, y, slack) + fractionNumerator(n, a, b, x) / value;
  return 1 / value;
}

function fractionNumerator(n: number, a: number, b: number, x: number): number {
  // The whole numbers first: 1 + a - 1 would leave few digits of a small a.
  const before = a + (2 * n - 1);
  return ((a + (n - 1)) / before) * ((a + b + (n - 1)) / before) * n * (b - n) * x * x;
}

function fractionDenominator(n: number, a: number, b: number, x: number, y: number, slack: number): number {
  const last = ((a + n) * (slack + n * (1 + y))) / (a + 2 * n + 1);
  return n === 0 ? last : n + (n * (b - n) * x) / (a + (2 * n - 1)) + last;
}

/** Nodes and weights of the Gauss-Legendre rule of order 16 on [-1, 1], the positive half. */
const NODES = [
  0.9894009349916499, 0.9445750230732326, 0.8656312023878318, 0.755404408355003, 0.6178762444026438, 0.45801677765722737,
  0.2816035507792589, 0.09501250983763744,
];
const WEIGHTS = [
  0.027152459411754096, 0.062253523938647894, 0.09515851168249279, 0.12462897125553388, 0.14959598881657674, 0.16915651939500254,
  0.18260341504492358, 0.1894506104550685,
];

/**
 * I_x(a, b) over x^a y^b / B(a, b) for large a and b and x at or below the mean, by quadrature in the log-odds.
 *
 * With the odds x/y times e^-w, the integrand is e^(-excess w - total h(w)), h(w) = log(1 + x (e^-w - 1)) + x w >= 0, which is log-concave:
 * an exponential far from the mean, half a normal curve at it. h is written so that nothing cancels.
 */
function integratedTail(total: number, x: number, y: number, excess: number): number {
  // Survives: it is only chosen how far the integral goes, and it still goes far enough.
  let width = 76 / (excess + Math.sqrt(excess * excess + 76 * total * x * y));
  // Survives: the first width already leaves out less than the promised accuracy.
  while (logIntegrand(width, total, x, y, excess) > -38) width *= 1.25;
  const half = width / 6;
  let sum = 0;
  // From the far end, so that small terms are added first.
  for (let panel = 2; panel >= 0; panel -= 1) {
    const centre = (2 * panel + 1) * half;
    for (let index = 0; index < NODES.length; index += 1) {
      const offset = half * (NODES[index] as number);
      const weight = WEIGHTS[index] as number;
      sum += weight * exp(logIntegrand(centre + offset, total, x, y, excess));
      sum += weight * exp(logIntegrand(centre - offset, total, x, y, excess));
    }
  }
  return sum * half;
}

function logIntegrand(w: number, total: number, x: number, y: number, excess: number): number {
  // The same function of the odds for either choice; the smaller of x and y cancels least.
  const p = Math.min(x, y);
  const u = x <= y ? -w : w;
  return -excess * w - total * (log1pMinusLinear(p * expm1(u)) + p * expMinusLinear(u));
}

/** Where no computation is needed: I_x at the edges of the domain, NaN outside, undefined inside. */
function edge(x: number, a: number, b: number): number | undefined {
  // Survives: outside of the domain the computation gives NaN too.
  if (!(x >= 0 && x <= 1 && a >= 0 && b >= 0)) return Number.NaN;
  if (a === b && (a === 0 || a === Infinity)) return Number.NaN;
  if (x === 0) return 0;
  if (x === 1) return 1;
  if (a === 0 || b === Infinity) return 1;
  // Survives: at b = 0 the computation gives 0 too.
  return b === 0 || a === Infinity ? 0 : undefined;
}

/**
 * The regularised incomplete beta function I_x(a, b) = (1 / B(a, b)) times the integral of t^(a-1) (1-t)^(b-1) from 0 to x: the distribution
 * function at x of a beta variable. A binomial count N of n trials with probability x has P(N >= a) = I_x(a, n - a + 1).
 *
 * Method: a continued fraction, or (both parameters above 400) quadrature: the time does not grow with the parameters.
 * Accuracy: below 10 ulp times max(1, |log I|), relative to the value also when it is tiny; the smaller of I and 1 - I is found first, except
 * that for a or b below 1 it may be the larger.
 * Edges: 0 at x = 0, 1 at x = 1; 1 for a = 0 or b = Infinity, 0 for b = 0 or a = Infinity; NaN outside the domain, for NaN, and where both
 * parameters are 0 or Infinity. Source: DLMF 8.17.2; A. DiDonato and A. Morris, ACM TOMS 18 (1992).
 */
export function regularizedBeta(x: number, a: number, b: number): number {
  const known = edge(x, a, b);
  if (known !== undefined) return known;
  const lower = findTail(x, a, b);
  const value = exp(tail[0] as number) * (tail[1] as number);
  return lower ? value : 1 - value;
}

/**
 * The complement 1 - I_x(a, b) = I_(1-x)(b, a), without rounding 1 - x. A binomial count N of n trials with probability x has
 * P(N <= k) = 1 - I_x(k + 1, n - k).
 *
 * Accuracy and edges: as `regularizedBeta`, mutatis mutandis.
 */
export function regularizedBetaUpper(x: number, a: number, b: number): number {
  const known = edge(x, a, b);
  if (known !== undefined) return 1 - known;
  const lower = findTail(x, a, b);
  const value = exp(tail[0] as number) * (tail[1] as number);
  return lower ? 1 - value : value;
}

/**
 * log I_x(a, b), which does not underflow.
 *
 * Accuracy: below 10 ulp or 10 * 2^-53 absolutely, whichever is larger. Edges: the logarithms of those of `regularizedBeta`.
 */
export function logRegularizedBeta(x: number, a: number, b: number): number {
  const known = edge(x, a, b);
  if (known !== undefined) return log(known);
  return logTail(findTail(x, a, b));
}

/**
 * log(1 - I_x(a, b)), which does not underflow.
 *
 * Accuracy and edges: as `logRegularizedBeta`, mutatis mutandis.
 */
export function logRegularizedBetaUpper(x: number, a: number, b: number): number {
  const known = edge(x, a, b);
  if (known !== undefined) return log(1 - known);
  return logTail(!findTail(x, a, b));
}

/** The logarithm of the tail just found, or of its complement. */
function logTail(wanted: boolean): number {
  const exponent = tail[0] as number;
  const factor = tail[1] as number;
  return wanted ? exponent + log(factor) : log1p(-exp(exponent) * factor);
}

/**
 * The inverse of I_x(a, b) in x: the quantile of a beta variable.
 *
 * Method: Newton's iteration on log I, or log(1 - I) for p > 1/2, as a function of the log-odds of x, where both are concave.
 * Accuracy: I of the result differs from p by a few ulp times max(1, |log p|), or else the result is within 2 ulp.
 * Edges: 0 at p = 0 (and where the quantile underflows), 1 at p = 1 (and where it rounds to 1); NaN for p outside [0, 1], a or b not in
 * (0, Infinity), and NaN.
 */
export function regularizedBetaInverse(p: number, a: number, b: number): number {
  if (!(a > 0 && b > 0 && a < Infinity && b < Infinity && p >= 0 && p <= 1)) return Number.NaN;
  // Survives below: an iteration that comes to the same point from another start, by steps rounded differently, and to an edge from there.
  if (p === 0 || p === 1) return p;
  const lower = p <= 0.5;
  const target = lower ? log(p) : log1p(-p);
  const deviation = normalQuantile(p) * Math.sqrt(trigamma(a) + trigamma(b));
  let logOdds = digamma(a) - digamma(b) + deviation;
  if (a < 1 && lower) logOdds = Math.min(logOdds, (target + log(a) + logBeta(a, b)) / a);
  let x = expit(logOdds);
  for (let step = 0; step < 100; step += 1) {
    if (x === 0 || x === 1) return x;
    const y = 1 - x;
    const value = logTail(findTail(x, a, b) === lower);
    // d log I / d log-odds is the density of the log-odds over I.
    const slope = leadingFactor(x, y, 1 - y - x, a, b, a + b) * exp((tail[0] as number) - value);
    const change = lower ? (target - value) / slope : (value - target) / slope;
    const bounded = Math.min(50, Math.max(change, -50));
    // The odds times e^change; a small change is added to x instead, so that x keeps its digits.
    const growth = expm1(bounded);
    const next = bounded < -0.5 ? (x * exp(bounded)) / (1 + x * growth) : x + (x * y * growth) / (1 + x * growth);
    if (Math.abs(change) < 4e-16 || next === x) return next;
    x = next;
  }
  return x;
}
