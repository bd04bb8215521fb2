/**
 * The regularised incomplete gamma functions, their logarithms and inverses: the distribution function of a gamma variable, and, in its shape,
 * that of a Poisson count.
 *
 * The smaller of the two tails (roughly) is found as e^exponent times a factor, so that its logarithm does not underflow.
 */
import { exp, expm1, log, log1p } from './elementary.ts';
import { erfcx, normalQuantile } from './error-function.ts';
import { logGamma1p, stirlingError } from './gamma.ts';
import { evaluatePolynomial } from './polynomial.ts';
import { deviance, logPoissonMass } from './saddle-point.ts';

// Survives below, < for <=: where two methods meet both are within the promised accuracy; at an edge both branches give the same.

const SQRT_TWO_PI = 2.5066282746310007;
/** Below this, a term no longer changes a sum of positive ones that starts with 1. */
const NEGLIGIBLE = 5e-17;

/**
 * Temme's coefficients: row k holds C_k(eta) in powers of eta, for |eta| <= 0.4, refitted so that every sum over k of C_k a^-k with
 * a >= 64 is exact to 2^-54 (DLMF 8.12.7 to 8.12.11).
 */
// Survives: at shapes of 64 and more the high coefficients are multiplied by less than 1e-8.
const TEMME: readonly (readonly number[])[] = [
  [
    -0.3333333333333333, 0.08333333333333333, -0.014814814814815018, 0.001157407407407418, 0.00035273368608697704, -0.00017875514403356628,
    3.9192631053658974e-5, -2.1854484927958226e-6, -1.8540494320044002e-6, 8.296708692707723e-7, -1.7677428532851127e-7,
    6.710073097476276e-9, 1.0774820085544558e-8, -4.392502479640471e-9,
  ],
  [
    -0.00185185185185196, -0.0034722222222222476, 0.0026455026455501638, -0.0009902263374448612, 0.00020576131348328458,
    -4.0187772702988524e-7, -1.8098461867648343e-5, 7.649163663241297e-6, -1.613135694925115e-6, 4.6245828885021906e-9,
    1.4358499191721272e-7, -5.745156668374273e-8,
  ],
  [
    0.004133597883598101, -0.002681327160491232, 0.0007716049381845081, 2.0093875285015416e-6, -0.00010736652656495067,
    5.2923460139519804e-5, -1.2760772421200625e-5, 3.408947816597265e-8, 1.3736963029080382e-6, -6.292229058200179e-7,
    1.3523790494221677e-7,
  ],
  [
    0.0006494341563150163, 0.00022947209302594276, -0.0004691894770100375, 0.0002677206826698958, -7.561878551689424e-5,
    -2.40718058772186e-7, 1.1094653863067161e-5, -5.66805493493485e-6, 1.3463347459494486e-6,
  ],
  [
    -0.0008618882757280548, 0.0007840393170234983, -0.00029907508563423873, -1.4686244768786642e-6, 6.648583893294373e-5,
    -3.963553163780702e-5, 1.075300523635917e-5,
  ],
  [-0.0003368014869348741, -6.973966752545649e-5, 0.0002775480022188748, -0.00019906250844499004, 6.413457586679936e-5],
  [0.0005317218812082413, -0.000591508502101034, 0.00025464714391367155],
  [0.0003162356545782431, 9.776919094545926e-5],
];

/** The tail that `findTail` found: e^exponent times factor. */
const tail = new Float64Array(2);

/** Finds one tail for 0 < a, x < Infinity; true when it is the lower one, P. */
function findTail(a: number, x: number): boolean {
  if (a >= 64 && x > 0.67 * a && x < 1.45 * a) return uniformTail(a, x);
  // The leading factor x^a e^-x / Gamma(a+1); its square root is not sent through a logarithm.
  let factor = 1;
  // Survives: either form serves for all shapes, a few ulp worse.
  if (a < 1) tail[0] = logPoissonMass(a, x);
  else {
    tail[0] = -deviance(a, x) - stirlingError(a);
    factor = 1 / (SQRT_TWO_PI * Math.sqrt(a));
  }
  // Below 1 the fraction converges slowly.
  const lower = x <= Math.max(1, a);
  tail[1] = factor * (lower ? lowerSeries(a, x) : a * upperFraction(a, x));
  return lower;
}

/** sum_n x^n / ((a+1) ... (a+n)): P over its leading term (DLMF 8.7.1). All terms are positive. */
function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  // Survives: one term more or less is below the rounding of the sum.
  for (let n = 1; term > NEGLIGIBLE * sum; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/**
 * 1 / (x+1-a - (1-a) / (x+3-a - 2(2-a) / (x+5-a - ...))): Q over x^a e^-x / Gamma(a) (DLMF 8.9.2).
 *
 * The modified Lentz method finds how many terms are needed; the value is then computed from the last one back, where rounding errors are
 * damped instead of multiplied.
 */
function upperFraction(a: number, x: number): number {
  const first = x + 1 - a;
  let denominator = first;
  let c = Infinity;
  // Survives: only how many terms are taken comes from here, and there are as many or a few more.
  let d = 1 / denominator;
  let terms = 1;
  for (; terms < 10000; terms += 1) {
    const numerator = -terms * (terms - a);
    denominator += 2;
    d = 1 / (numerator * d + denominator);
    c = denominator + numerator / c;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  // Survives: the start of the backward recurrence is damped below rounding.
  let value = first + 2 * terms;
  for (let n = terms; n > 0; n -= 1) value = first + 2 * (n - 1) - (n * (n - a)) / value;
  return 1 / value;
}

/** Temme's uniform expansion for large a near x = a: half an error function and a correction (DLMF 8.12.3, 8.12.4). */
function uniformTail(a: number, x: number): boolean {
  const exponent = deviance(a, x);
  const lower = x < a;
  const root = Math.sqrt((2 * exponent) / a);
  const eta = lower ? -root : root;
  let correction = 0;
  for (let k = TEMME.length - 1; k >= 0; k -= 1) correction = correction / a + evaluatePolynomial(TEMME[k] as readonly number[], eta);
  correction /= SQRT_TWO_PI * Math.sqrt(a);
  tail[0] = -exponent;
  tail[1] = 0.5 * erfcx(Math.sqrt(exponent)) + (lower ? -correction : correction);
  return lower;
}

/**
 * Q for a < 1 and x <= 1, where P is near 1 for small a: 1 - x^a/Gamma(a+1) and the rest of an alternating series, both without
 * cancellation (DLMF 8.7.3).
 */
function smallUpper(a: number, x: number): number {
  const missing = -expm1(a * log(x) - logGamma1p(a));
  let power = 1;
  let sum = 0;
  for (let n = 1; n < 40; n += 1) {
    power *= -x / n;
    const term = power / (a + n);
    sum += term;
    // Survives: one term more or less is below the rounding of the sum.
    if (Math.abs(term) < NEGLIGIBLE * Math.abs(sum)) break;
  }
  return missing - (1 - missing) * a * sum;
}

/** Where no computation is needed: P at the edges of the domain, NaN outside, undefined inside. */
function edge(a: number, x: number): number | undefined {
  // Survives: at x = 0 and a = Infinity the computation gives the same.
  if (a > 0 && x > 0 && a < Infinity && x < Infinity) return undefined;
  if (!(a >= 0 && x >= 0) || (a === x && a !== 0)) return Number.NaN;
  if (a === 0 || x === Infinity) return 1;
  return 0;
}

/**
 * The regularised lower incomplete gamma function P(a, x) = (1 / Gamma(a)) times the integral of t^(a-1) e^-t from 0 to x: the distribution
 * function at x of a gamma variable with shape a and unit scale. The Poisson count N with mean x has P(N >= a) = P(a, x) for whole a.
 *
 * Method: power series, continued fraction, or (a >= 64, x within 45 % of a) Temme's uniform expansion: the time does not grow with a.
 * Accuracy: below 8 ulp times max(1, |log P|), relative to the value also when it is tiny.
 * Edges: 0 at x = 0, 1 at x = Infinity; 1 at a = 0 (0 shape is the point 0), 0 at a = Infinity; NaN for negative arguments, NaN, or both
 * Infinity. Source: DLMF 8.2.4.
 */
export function regularizedGammaP(a: number, x: number): number {
  const known = edge(a, x);
  if (known !== undefined) return known;
  const lower = findTail(a, x);
  const value = exp(tail[0] as number) * (tail[1] as number);
  return lower ? value : 1 - value;
}

/**
 * The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x). The Poisson count N with mean x has P(N < a) = Q(a, x) for whole a.
 *
 * Accuracy and edges: as `regularizedGammaP`, mutatis mutandis.
 */
export function regularizedGammaQ(a: number, x: number): number {
  const known = edge(a, x);
  if (known !== undefined) return 1 - known;
  // Survives: for x up to 1 the series serves larger shapes too.
  if (a < 1 && x <= 1) return smallUpper(a, x);
  const lower = findTail(a, x);
  const value = exp(tail[0] as number) * (tail[1] as number);
  return lower ? 1 - value : value;
}

/**
 * log P(a, x), which does not underflow.
 *
 * Accuracy: below 8 ulp or 8 * 2^-53 absolutely, whichever is larger. Edges: the logarithms of those of `regularizedGammaP`.
 */
export function logRegularizedGammaP(a: number, x: number): number {
  const known = edge(a, x);
  if (known !== undefined) return log(known);
  // Survives: for x up to 1 the series serves larger shapes too.
  if (a < 1 && x <= 1) {
    const upper = smallUpper(a, x);
    if (upper < 0.5) return log1p(-upper);
  }
  return findTail(a, x) ? (tail[0] as number) + log(tail[1] as number) : log1p(-exp(tail[0] as number) * (tail[1] as number));
}

/**
 * log Q(a, x), which does not underflow.
 *
 * Accuracy and edges: as `logRegularizedGammaP`, mutatis mutandis.
 */
export function logRegularizedGammaQ(a: number, x: number): number {
  const known = edge(a, x);
  if (known !== undefined) return log(1 - known);
  // Survives: for x up to 1 the series serves larger shapes too.
  if (a < 1 && x <= 1) return log(smallUpper(a, x));
  return findTail(a, x) ? log1p(-exp(tail[0] as number) * (tail[1] as number)) : (tail[0] as number) + log(tail[1] as number);
}

/**
 * The inverse of P(a, x) in x: the quantile of a gamma variable with shape a and unit scale.
 *
 * Method: Newton's iteration on log P, or log Q for p > 1/2, as a function of log x, where both are concave.
 * Accuracy: P of the result differs from p by a few ulp times max(1, |log p|), or else the result is within 2 ulp.
 * Edges: 0 at p = 0 (and where the quantile underflows), Infinity at p = 1; NaN for p outside [0, 1], a <= 0 and NaN.
 */
export function regularizedGammaPInverse(a: number, p: number): number {
  // Survives below: outside of the domain the computation gives NaN too, and 0 from a logarithm of minus infinity.
  if (!(a > 0 && a < Infinity && p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return 0;
  if (p === 1) return Infinity;
  return p <= 0.5 ? solve(a, log(p), true, p) : solve(a, log1p(-p), false, p);
}

/**
 * The inverse of Q(a, x) in x: the point that a gamma variable with shape a and unit scale exceeds with probability q.
 *
 * Accuracy and edges: as `regularizedGammaPInverse`, mutatis mutandis.
 */
export function regularizedGammaQInverse(a: number, q: number): number {
  // Survives below: outside of the domain the computation gives NaN too, and 0 from a logarithm of minus infinity, whatever the start.
  if (!(a > 0 && a < Infinity && q >= 0 && q <= 1)) return Number.NaN;
  if (q === 0) return Infinity;
  if (q === 1) return 0;
  return q <= 0.5 ? solve(a, log(q), false, 1 - q) : solve(a, log1p(-q), true, 1 - q);
}

/** The x at which log P (lower) or log Q has the value `target`; `p` is the lower probability, for a start. */
function solve(a: number, target: number, lower: boolean, p: number): number {
  let x = start(a, target, lower, p);
  for (let step = 0; step < 100; step += 1) {
    if (x === 0) return 0;
    const value = lower ? logRegularizedGammaP(a, x) : logRegularizedGammaQ(a, x);
    // d log P / d log x = x density / P, where x density = a e^logPoissonMass.
    const slope = a * exp(logPoissonMass(a, x) - value);
    const change = lower ? (target - value) / slope : (value - target) / slope;
    // Far to the right log Q falls as fast as x itself: an overshoot there would take many steps back.
    const next = x * exp(Math.min(2, Math.max(change, -50)));
    // Survives: the iteration ends some steps later, at the same point to rounding.
    if (Math.abs(change) < 4e-16 || next === x) return next;
    x = next;
  }
  return x;
}

function start(a: number, target: number, lower: boolean, p: number): number {
  // Survives below: from another start the iteration comes to the same point.
  const logLower = lower ? target : log(p);
  // P is about x^a / Gamma(a+1) for small x.
  const small = exp((logLower + logGamma1p(a)) / a);
  if (small < 0.2 * (a + 1) || a < 0.5) return Math.max(small, 5e-324);
  // Wilson and Hilferty: the cube root is nearly normal.
  const deviate = normalQuantile(exp(target));
  const z = lower ? deviate : -deviate;
  const root = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
  return root > 0 ? a * root * root * root : small;
}
