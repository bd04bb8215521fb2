/**
 * The error function, its complements, and the normal distribution's.
 *
 * The rational approximations were fitted for this library at 70 digits (weighted least maximum error).
 */
import { exp, log, log1p } from './elementary.ts';
import { evaluateRational } from './polynomial.ts';
import { twoProductError } from './sum.ts';

// Survives below, < for <=: where two methods meet both are within the promised accuracy; at an edge both branches give the same.

const SQRT_HALF = 0.7071067811865476;
const INVERSE_SQRT_PI = 0.5641895835477563;
const SQRT_HALF_PI = 1.2533141373155003;

// erf(x) / x - 1 in powers of x^2, for |x| <= 1; error below 2^-60.
const ERF_NUMERATOR = [
  0.1283791670955126, -0.3170141504578892, -0.04830971316578457, -0.00881252390152981, -0.0004951292035106338, -2.0710091435399443e-5,
];
const ERF_DENOMINATOR = [1.0, 0.46045039792141434, 0.093784029726203, 0.010687337945921497, 0.0006919146708075545, 2.0783779130338626e-5];
// e^(x^2) erfc(x) in powers of x on [0, 1] and of x - 1 on [1, 3]; from 3 on, what x times it falls short of 1/sqrt(pi) by, over 1/x^2, in
// powers of 1/x^2.
const SCALED_ONE_NUMERATOR = [
  1.0, 1.1116900810026225, 0.64848791639812, 0.2105139405822972, 0.03841190938034575, 0.0030625290770896407, 3.761308384471123e-7,
];
const SCALED_ONE_DENOMINATOR = [
  1.0, 2.2400692480981332, 2.176135388803471, 1.17820330804998, 0.3768349029637059, 0.0679422534304739, 0.005441775234058119,
];
const SCALED_TWO_NUMERATOR = [
  0.427583576155807, 0.5997299057401239, 0.38203364821295055, 0.13863589518996303, 0.03003721511037418, 0.003675519432064001,
  0.0001986278129581045, -4.2305057561237286e-11,
];
const SCALED_TWO_DENOMINATOR = [
  1.0, 2.0415702781949965, 1.836935887320924, 0.9461902888716787, 0.3020514473545603, 0.05992975750032986, 0.006866792613452286,
  0.000352055963929099,
];
const SCALED_TAIL_NUMERATOR = [
  0.28209479177387764, 7.513616753454893, 67.05224624392676, 239.12709616509125, 313.80164861770436, 101.83706732058207,
];
const SCALED_TAIL_DENOMINATOR = [
  1.0, 28.135077897773648, 276.14664098308054, 1169.5219037106538, 2141.341295018069, 1474.8434169092002, 250.5625773874918,
];

/**
 * The error function erf(x) = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x.
 *
 * Accuracy: below 1 ulp. Edges: odd, with the sign of zero; -1 and 1 at the infinities; NaN for NaN. Source: DLMF 7.2.1.
 */
export function erf(x: number): number {
  if (x <= 1 && x >= -1) return x + x * evaluateRational(ERF_NUMERATOR, ERF_DENOMINATOR, x * x);
  // Survives below: erfc(6) is below half an ulp of 1.
  if (x > 1) return x > 6 ? 1 : 1 - erfc(x);
  return x < -6 ? -1 : erfc(-x) - 1;
}

/**
 * The complementary error function erfc(x) = 1 - erf(x).
 *
 * Accuracy: below 3.5 ulp, in the tail relative to the value as long as it is normal. Edges: 2 at -Infinity; 0 above about 27.2; NaN for NaN.
 * Source: DLMF 7.2.2.
 */
export function erfc(x: number): number {
  // Survives: 1 - erf(x) serves for all negative x, with one rounding more below -1.
  if (x < 0.5) return x < -0.5 ? 2 - erfc(-x) : 1 - erf(x);
  if (x > 28) return 0;
  return expMinusSquare(x) * erfcx(x);
}

/** e^(-x^2), where the rounding error of x^2 is not forgotten. */
function expMinusSquare(x: number): number {
  const square = x * x;
  const value = exp(-square);
  return value - value * twoProductError(x, x, square);
}

/**
 * The scaled complementary error function e^(x^2) erfc(x), which neither overflows nor underflows for x > 0.
 *
 * Accuracy: below 3 ulp. Edges: 0 at Infinity; Infinity below about -26.6; NaN for NaN. Source: DLMF 7.2.3, 7.12.1.
 */
export function erfcx(x: number): number {
  if (x >= 3) {
    const square = 1 / x / x;
    return (INVERSE_SQRT_PI - square * evaluateRational(SCALED_TAIL_NUMERATOR, SCALED_TAIL_DENOMINATOR, square)) / x;
  }
  if (x >= 1) return evaluateRational(SCALED_TWO_NUMERATOR, SCALED_TWO_DENOMINATOR, x - 1);
  if (x >= 0) return evaluateRational(SCALED_ONE_NUMERATOR, SCALED_ONE_DENOMINATOR, x);
  const square = x * x;
  const value = exp(square);
  // Infinity and NaN: with the rounding of the square, 0 or less, the former would become NaN.
  if (!(value < Infinity)) return value;
  return 2 * (value + value * twoProductError(x, x, square)) - erfcx(-x);
}

/**
 * The standard normal distribution function: P(Z <= x).
 *
 * Accuracy: below 4 ulp, in the lower tail relative to the value as long as it is normal.
 * Edges: 0 at -Infinity, 1 at Infinity; NaN for NaN.
 */
export function normalCdf(x: number): number {
  // Survives: the form of the tails serves in the middle too, and that of the middle above it.
  if (x > -0.7 && x < 0.7) return 0.5 + 0.5 * erf(x * SQRT_HALF);
  if (x > 0) return x > 9 ? 1 : 1 - normalTail(x);
  return x < -39 ? 0 : normalTail(-x);
}

/** P(Z > x) for x >= 0: the exponent comes from x itself, not from the rounded x / sqrt 2. */
function normalTail(x: number): number {
  const square = x * x;
  const value = 0.5 * exp(-0.5 * square);
  return (value - value * (0.5 * twoProductError(x, x, square))) * erfcx(x * SQRT_HALF);
}

/**
 * log P(Z <= x) for a standard normal Z, which does not underflow.
 *
 * Accuracy: below 5 ulp. Edges: -Infinity at -Infinity, -0 or 0 at Infinity; NaN for NaN.
 */
export function logNormalCdf(x: number): number {
  // Survives: on [-1, 1] the forms for both sides are within the promised accuracy.
  if (x > -1) return x > 0 ? log1p(x > 39 ? 0 : -normalUpper(x)) : log(normalCdf(x));
  return log(0.5 * erfcx(-x * SQRT_HALF)) - 0.5 * (x * x);
}

/** P(Z > x) for x >= 0. */
function normalUpper(x: number): number {
  // Survives: the form of the tail serves in the middle too.
  return x < 0.7 ? 0.5 - 0.5 * erf(x * SQRT_HALF) : normalTail(x);
}

/** sqrt(2 pi), the slope of the normal quantile at 1/2, in two parts. */
const SQRT_TWO_PI = 2.5066282746310007;
const SQRT_TWO_PI_LOW = -1.8328579980459167e-16;
// (quantile / (p - 1/2) - sqrt(2 pi)) / (p - 1/2)^2 in powers of 0.425^2 - (p - 1/2)^2, for |p - 1/2| <= 0.425.
const CENTRE_NUMERATOR = [
  4.874765941399952, 189.87517461428052, 2777.552859951871, 19000.678932696883, 61670.46724443005, 85134.0894404034, 36073.96224061983,
  557.8362002628852,
];
const CENTRE_DENOMINATOR = [
  1.0, 44.97494168790251, 789.2248942719679, 6852.225949095053, 30853.152931012242, 69085.23462972448, 66948.17429435404, 19580.97841938787,
];
// Wichura's coefficients (algorithm AS 241, routine PPND16) beyond, with r = sqrt(-log p): in r - 1.6 to r = 5 and in r - 5 from there on.
const NEAR_TAIL_NUMERATOR = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
];
const NEAR_TAIL_DENOMINATOR = [
  1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966,
  5.475938084995344946e-4, 1.05075007164441684324e-9,
];
const FAR_TAIL_NUMERATOR = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
];
const FAR_TAIL_DENOMINATOR = [
  1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4, 1.8463183175100546818e-5,
  1.4215117583164458887e-7, 2.04426310338993978564e-15,
];

/**
 * The standard normal quantile: the x with P(Z <= x) = p, inverse of `normalCdf`.
 *
 * Method: a rational correction to the slope at 1/2; in the tails Wichura's rational approximations (1988, AS 241) and one Newton step on the
 * logarithm of the probability.
 * Accuracy: below 2 ulp. Edges: -Infinity at 0, Infinity at 1, exactly 0 at 1/2; NaN outside [0, 1] and for NaN.
 */
export function normalQuantile(probability: number): number {
  const centred = probability - 0.5;
  if (centred >= -0.425 && centred <= 0.425) {
    const square = centred * centred;
    const curvature = evaluateRational(CENTRE_NUMERATOR, CENTRE_DENOMINATOR, 0.180625 - square);
    return centred * SQRT_TWO_PI + centred * (square * curvature + SQRT_TWO_PI_LOW);
  }
  if (!(probability > 0 && probability < 1)) {
    return probability === 0 ? -Infinity : probability === 1 ? Infinity : Number.NaN;
  }
  const logTail = log(centred < 0 ? probability : 1 - probability);
  const r = Math.sqrt(-logTail);
  const start =
    r <= 5
      ? evaluateRational(NEAR_TAIL_NUMERATOR, NEAR_TAIL_DENOMINATOR, r - 1.6)
      : evaluateRational(FAR_TAIL_NUMERATOR, FAR_TAIL_DENOMINATOR, r - 5);
  // d log P(Z > x) / dx = -1 / (sqrt(pi/2) erfcx(x / sqrt 2)).
  const scaled = erfcx(start * SQRT_HALF);
  const distance = start + (log(0.5 * scaled) - 0.5 * (start * start) - logTail) * (SQRT_HALF_PI * scaled);
  return centred < 0 ? -distance : distance;
}
