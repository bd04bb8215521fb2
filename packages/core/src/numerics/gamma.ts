/**
 * The gamma function's logarithm, its derivatives, and Stirling's correction, on the positive axis.
 *
 * The rational approximations were fitted for this library at 70 digits (weighted least maximum error); between x = 1/2 and 8 nearly all
 * their coefficients are positive, so that evaluating them loses nothing. From 8 on, truncated asymptotic series (DLMF 5.11) are refitted.
 */
import { exp, log, logExtended } from './elementary.ts';
import { evaluatePolynomial, evaluateRational } from './polynomial.ts';
import { twoProductError, twoSumError } from './sum.ts';

// Survives below, < for <=: where two methods meet both are within the promised accuracy; at an edge both branches give the same.

const TWO_TO_60 = 1152921504606846976;
const EULER_GAMMA = 0.5772156649015329;
/** log(2 pi) / 2 in two parts. */
const HALF_LOG_TWO_PI = 0.9189385332046728;
const HALF_LOG_TWO_PI_LOW = -3.8782941580672414e-17;

/** Where log Gamma(1 + t) is smallest, in two parts, and how small it is there, in two parts. */
const MINIMUM_AT = 0.46163214496836236;
// Survives: the minimum is flat, so that what the low part does is below rounding.
const MINIMUM_AT_LOW = -1.5522348162858677e-17;
const MINIMUM = -0.12148629053584961;
const MINIMUM_LOW = 3.364991468473138e-18;

// (log Gamma(1 + t) / t + gamma) / t in powers of t + 1/2, for t in [-1/2, 1/4]; error below 2^-58.
const NEAR_ONE_NUMERATOR = [
  1.1350284418957346, 5.96601118119688, 11.645946796307042, 10.430271338428254, 4.276246737689516, 0.6898455504908766, 0.027743566038837666,
];
const NEAR_ONE_DENOMINATOR = [
  1.0, 6.141762268485842, 14.54551483397438, 16.71361069091919, 9.630776605818276, 2.5971325573752226, 0.2678356331882272,
  0.0060525007564206975,
];
// (log Gamma(1 + t) - minimum) / (t - minimum at)^2 in powers of t - 1/4, for t in [1/4, 3/4]; error below 2^-60.
const NEAR_MINIMUM_NUMERATOR = [0.5183167076847095, 0.796508902257327, 0.3945004038016486, 0.06854845587013943, 0.002919331662418992];
const NEAR_MINIMUM_DENOMINATOR = [
  1.0, 1.8842894985611236, 1.2395557005956366, 0.3349234872055483, 0.03317844145324262, 0.0007254845601578624,
];
// (log Gamma(2 + u) / u - 1 + gamma) / u in powers of u + 1/4, for u in [-1/4, 1/2]; error below 2^-57.
const NEAR_TWO_NUMERATOR = [0.34071940406609963, 0.3731799446278525, 0.13156016765526585, 0.016251693625937556, 0.0004910367966417941];
const NEAR_TWO_DENOMINATOR = [1.0, 1.32782228286879, 0.6144190159283837, 0.11662601820572481, 0.008103824633504203, 0.00012401761682561337];

// What 1/12 exceeds x times Stirling's correction by, in powers of x - 1 on [1, 5/2] and of x - 5/2 on [5/2, 8]; from 8 on, that product
// itself in powers of 1/x^2.
const TWELFTH = 0.08333333333333333;
const CORRECTION_ONE_NUMERATOR = [
  0.002271866538006075, 0.005424948875168007, 0.0050603342981507295, 0.0023879437687232127, 0.0005786089135001727, 5.835991841409725e-5,
];
const CORRECTION_ONE_DENOMINATOR = [
  1.0, 4.080675785250551, 7.044944417226473, 6.698681891511929, 3.8088972359917577, 1.3032640922235823, 0.25031897633828704,
  0.021009539398509844,
];
const CORRECTION_TWO_NUMERATOR = [
  0.0004261495334926142, 0.0004602340933676264, 0.0001926024063833712, 3.7067114263124986e-5, 2.777374437151966e-6,
];
const CORRECTION_TWO_DENOMINATOR = [
  1.0, 1.8488335175845612, 1.4348676701958445, 0.5995823211296565, 0.14259242982766088, 0.01834343551874584, 0.0009998547870229244,
];
const CORRECTION_SERIES = [
  0.08333333333333333, -0.0027777777777776786, 0.000793650793515533, -0.0005952380248875433, 0.000841732793062862, -0.0019149908725380623,
  0.006209297288087807, -0.02087702210743911,
];
/** Stirling's correction at 1, 2, ..., 15, correctly rounded: counts are mostly small. */
const CORRECTION_TABLE = [
  Infinity,
  0.08106146679532726,
  0.0413406959554093,
  0.02767792568499834,
  0.020790672103765093,
  0.016644691189821193,
  0.013876128823070748,
  0.01189670994589177,
  0.010411265261972096,
  0.009255462182712733,
  0.00833056343336287,
  0.007573675487951841,
  0.00694284010720953,
  0.006408994188004207,
  0.0059513701127588475,
  0.005554733551962801,
];

/** log 0!, ..., log 30!, correctly rounded. */
const LOG_FACTORIAL_TABLE = [
  0, 0, 0.6931471805599453, 1.791759469228055, 3.1780538303479458, 4.787491742782046, 6.579251212010101, 8.525161361065415,
  10.60460290274525, 12.801827480081469, 15.104412573075516, 17.502307845873887, 19.987214495661885, 22.552163853123425, 25.19122118273868,
  27.89927138384089, 30.671860106080672, 33.50507345013689, 36.39544520803305, 39.339884187199495, 42.335616460753485, 45.38013889847691,
  48.47118135183523, 51.60667556776438, 54.78472939811232, 58.00360522298052, 61.261701761002, 64.55753862700634, 67.88974313718154,
  71.25703896716801, 74.65823634883016,
];

const lowPart = new Float64Array(1);

/**
 * log Gamma(1 + t) for t in [-1/2, 3/2], without forming 1 + t: keeps its digits near its zeros t = 0 and t = 1.
 *
 * Accuracy: below 2 ulp. Elsewhere it is `logGamma(1 + t)`.
 */
export function logGamma1p(t: number): number {
  if (!(t >= -0.5 && t < 1.5)) return logGamma(1 + t);
  if (t < 0.25) return t * (t * evaluateRational(NEAR_ONE_NUMERATOR, NEAR_ONE_DENOMINATOR, t + 0.5) - EULER_GAMMA);
  if (t < 0.75) {
    // Survives: as where the low part is defined.
    const distance = t - MINIMUM_AT - MINIMUM_AT_LOW;
    return distance * distance * evaluateRational(NEAR_MINIMUM_NUMERATOR, NEAR_MINIMUM_DENOMINATOR, t - 0.25) + MINIMUM_LOW + MINIMUM;
  }
  const u = t - 1;
  return u * (u * evaluateRational(NEAR_TWO_NUMERATOR, NEAR_TWO_DENOMINATOR, t - 0.75) + (1 - EULER_GAMMA));
}

/**
 * The logarithm of the gamma function, log Gamma(x) = log of the integral of t^(x-1) e^-t, for x > 0.
 *
 * Method: rational approximations around its two zeros and its minimum below 5/2; above, Stirling's formula with the leading terms in
 * twice the precision.
 * Accuracy: below 2.5 ulp everywhere, also near the zeros at 1 and 2.
 * Edges: Infinity at 0, above about 2.55e305 and at Infinity; NaN for negative x and NaN (only positive arguments have a use here).
 * Source: DLMF 5.11.
 */
export function logGamma(x: number): number {
  // Survives: Stirling's formula gives Infinity too.
  if (x >= 2.5) return x === Infinity ? x : stirling(x, x - 0.5);
  if (x >= 0.5) return logGamma1p(x - 1);
  if (x > 0) {
    const high = logExtended(x, lowPart);
    return logGamma1p(x) - (lowPart[0] as number) - high;
  }
  return x === 0 ? Infinity : Number.NaN;
}

/** `power` log x - x + log(2 pi)/2 + correction(x), the first three terms in twice the precision. */
function stirling(x: number, power: number): number {
  const logarithm = logExtended(x, lowPart);
  const low = lowPart[0] as number;
  // Here the constant and the half beside x are below half a unit in the last place.
  if (x > TWO_TO_60) return x * (logarithm - 1 + low);
  const product = power * logarithm;
  const difference = product - x;
  const sum = difference + HALF_LOG_TWO_PI;
  // Survives: the low part is below the rounding of the result.
  const small =
    twoProductError(power, logarithm, product) +
    twoSumError(product, -x, difference) +
    twoSumError(difference, HALF_LOG_TWO_PI, sum) +
    power * low +
    HALF_LOG_TWO_PI_LOW;
  return sum + (small + stirlingError(x));
}

/**
 * log n! for a whole number n >= 0.
 *
 * Accuracy: correctly rounded to n = 30, below 1 ulp beyond. Edges: Infinity where it overflows; NaN for anything but a whole number >= 0.
 */
export function logFactorial(n: number): number {
  if (!(n >= 0) || Math.floor(n) !== n) return Number.NaN;
  if (n <= 30) return LOG_FACTORIAL_TABLE[n] as number;
  // Survives: Stirling's formula gives Infinity too.
  return n === Infinity ? n : stirling(n, n + 0.5);
}

/**
 * Stirling's correction: log Gamma(x + 1) - (x + 1/2) log x + x - log(2 pi)/2, the relative error of Stirling's formula for x!.
 *
 * With it and `deviance`, probabilities of counts need no difference of large logarithms of factorials (Loader 2000).
 * It falls from Infinity at 0 through 0.0811 at 1 as 1 / (12 x).
 * Accuracy: below 2 ulp; correctly rounded at whole x <= 15. Edges: 0 at Infinity; NaN for x < 0 and NaN.
 * Source: DLMF 5.11.1; C. Loader, Fast and accurate computation of binomial probabilities (2000).
 */
export function stirlingError(x: number): number {
  if (x <= 15 && x >= 0 && Math.floor(x) === x) return CORRECTION_TABLE[x] as number;
  if (x >= 8) return evaluatePolynomial(CORRECTION_SERIES, 1 / x / x) / x;
  if (x >= 2.5) return (TWELFTH - evaluateRational(CORRECTION_TWO_NUMERATOR, CORRECTION_TWO_DENOMINATOR, x - 2.5)) / x;
  if (x >= 1) return (TWELFTH - evaluateRational(CORRECTION_ONE_NUMERATOR, CORRECTION_ONE_DENOMINATOR, x - 1)) / x;
  // Survives: the logarithm of a negative number is NaN, and so is all that follows; at 0 a table has answered.
  if (!(x >= 0)) return Number.NaN;
  // From the definition; the three terms that cancel are added in twice the precision.
  const logarithm = logExtended(x, lowPart);
  const low = lowPart[0] as number;
  const half = -0.5 * logarithm;
  const product = -x * logarithm;
  const first = half + product;
  const second = first - HALF_LOG_TWO_PI;
  const third = second + x;
  // Survives: near 1 this sum is exact, and elsewhere its rounding is within the promised accuracy.
  const small =
    twoProductError(-x, logarithm, product) +
    twoSumError(half, product, first) +
    twoSumError(first, -HALF_LOG_TWO_PI, second) +
    twoSumError(second, x, third) -
    (x + 0.5) * low -
    HALF_LOG_TWO_PI_LOW;
  return third + (small + logGamma1p(x));
}

/** The positive zero of the digamma function, in two parts. */
const DIGAMMA_ZERO = 1.4616321449683622;
const DIGAMMA_ZERO_LOW = 9.549995429965697e-17;
// digamma(x) / (x - zero) in powers of x - 1 on [1, 2].
const DIGAMMA_NUMERATOR = [
  1.2503801375034054, 1.8700047125949786, 0.9743408583073947, 0.21768211388195416, 0.020179578021786878, 0.0005912249022557575,
  1.1203493028942656e-6,
];
const DIGAMMA_DENOMINATOR = [
  1.0, 2.1790957737357255, 1.6669580821290002, 0.5736338712322411, 0.09182544284142363, 0.006176599040779061, 0.0001227217341678698,
];
// What x (log x - digamma x) exceeds 1/2 by, in powers of x - 1 on [1, 5/2] and of x - 5/2 on [5/2, 8]; from 8 on, x times that in powers
// of 1/x^2.
const LAG_ONE_NUMERATOR = [
  0.07721566490153287, 0.20343477180099873, 0.21235712016681124, 0.11207720345816813, 0.030319456335183025, 0.003421339149770789,
];
const LAG_ONE_DENOMINATOR = [
  1.0, 3.5116342531463287, 5.090114087614737, 3.925499886240575, 1.7128641926855173, 0.4048896603673807, 0.041056064937429165,
];
const LAG_TWO_NUMERATOR = [0.03283522807227968, 0.038008541608628085, 0.016934337063868928, 0.0034500469633586615, 0.00027243948529565113];
const LAG_TWO_DENOMINATOR = [1.0, 1.5461698794522039, 0.9674553970557418, 0.30704037744079093, 0.049573748298765104, 0.003269273819170328];
const LAG_SERIES = [
  0.08333333333333333, -0.00833333333333173, 0.003968253966068247, -0.004166665527781243, 0.007575464714048236, -0.021051510182017195,
  0.08004425940163391, -0.29980684641228156,
];

/**
 * The digamma function psi(x), the derivative of log Gamma(x), for x > 0.
 *
 * Accuracy: below 4 ulp, also near its zero at 1.4616. Edges: -Infinity at 0; Infinity at Infinity; NaN for negative x and NaN.
 * Source: DLMF 5.4.20, 5.11.2.
 */
export function digamma(x: number): number {
  if (x >= 2) return log(x) - logMinusDigamma(x);
  if (x >= 1) return digammaNearZero(x);
  if (x > 0) return digammaNearZero(1 + x) - 1 / x;
  return x === 0 ? -Infinity : Number.NaN;
}

function digammaNearZero(x: number): number {
  return (x - DIGAMMA_ZERO - DIGAMMA_ZERO_LOW) * evaluateRational(DIGAMMA_NUMERATOR, DIGAMMA_DENOMINATOR, x - 1);
}

/**
 * log x - psi(x) for x > 0: what the likelihood equation of a gamma distribution's shape needs, without its cancellation for large x.
 *
 * It falls from Infinity at 0, about 1/x there, to 0 at Infinity, as 1 / (2x).
 * Accuracy: below 3.5 ulp. Edges: NaN for negative x and NaN.
 */
export function logMinusDigamma(x: number): number {
  if (x >= 8) return (0.5 + evaluatePolynomial(LAG_SERIES, 1 / x / x) / x) / x;
  if (x >= 2.5) return (0.5 + evaluateRational(LAG_TWO_NUMERATOR, LAG_TWO_DENOMINATOR, x - 2.5)) / x;
  if (x >= 1) return (0.5 + evaluateRational(LAG_ONE_NUMERATOR, LAG_ONE_DENOMINATOR, x - 1)) / x;
  if (x > 0) return 1 / x + (log(x) - digammaNearZero(1 + x));
  return x === 0 ? Infinity : Number.NaN;
}

// What x trigamma(x) exceeds 1 by, in powers of x - 1 on [1, 5/2] and of x - 5/2 on [5/2, 8]; from 8 on, x^2 times what it exceeds
// 1 + 1/(2x) by in powers of 1/x^2.
const TRIGAMMA_ONE_NUMERATOR = [
  0.6449340668482264, 1.3282473017829315, 1.131296864382481, 0.49526234179537154, 0.11144855894872845, 0.010346407004936341,
];
const TRIGAMMA_ONE_DENOMINATOR = [
  1.0, 3.2366518510257736, 4.257243677646251, 2.94601543453914, 1.141423080325369, 0.23669222443705068, 0.020692818891726774,
];
const TRIGAMMA_TWO_NUMERATOR = [
  0.22589439025058716, 0.3188468028788883, 0.18333058279744624, 0.05373211457442205, 0.008041669159009194, 0.0004928519380387457,
];
const TRIGAMMA_TWO_DENOMINATOR = [
  1.0, 1.8548454232005103, 1.4405824498161344, 0.6010427608640583, 0.14242098516332588, 0.0182190300339539, 0.0009857038764278315,
];
const TRIGAMMA_SERIES = [
  0.16666666666666666, -0.03333333333333226, 0.023809523807662044, -0.033333332086255524, 0.07575715533902844, -0.25303330428226506,
  1.157537220695926, -6.468516105682859, 30.233114630382552,
];

/**
 * The trigamma function psi'(x), the second derivative of log Gamma(x), for x > 0.
 *
 * Accuracy: below 2 ulp. Edges: Infinity at 0 (and where 1/x^2 overflows); 0 at Infinity; NaN for negative x and NaN.
 * Source: DLMF 5.15.1, 5.15.8.
 */
export function trigamma(x: number): number {
  if (x >= 8) return (1 + (0.5 + evaluatePolynomial(TRIGAMMA_SERIES, 1 / x / x) / x) / x) / x;
  if (x >= 2.5) return (1 + evaluateRational(TRIGAMMA_TWO_NUMERATOR, TRIGAMMA_TWO_DENOMINATOR, x - 2.5)) / x;
  if (x >= 1) return (1 + evaluateRational(TRIGAMMA_ONE_NUMERATOR, TRIGAMMA_ONE_DENOMINATOR, x - 1)) / x;
  if (x > 0) return 1 / (x * x) + (1 + evaluateRational(TRIGAMMA_ONE_NUMERATOR, TRIGAMMA_ONE_DENOMINATOR, x)) / (1 + x);
  return x === 0 ? Infinity : Number.NaN;
}

/**
 * The inverse of the digamma function: the x > 0 with psi(x) = y.
 *
 * Method: Newton's iteration from Minka's starting point; for y > 2 the iteration x = e^y e^(log x - psi(x)), which keeps the digits that
 * the logarithm of a large x would lose.
 * Accuracy: below 3 ulp. Edges: 0 at -Infinity, Infinity where it overflows (y above about 709.78); NaN for NaN.
 * Source: T. Minka, Estimating a Dirichlet distribution (2000), appendix C.
 */
export function digammaInverse(y: number): number {
  // Survives below: another start or length of an iteration that comes to the same point, and stays there from 2^60 on and at NaN.
  if (y > 2) {
    const base = exp(y);
    if (base > TWO_TO_60) return base;
    let x = base + 0.5;
    // The error shrinks by the factor 1/(2x), below 1/15, each time.
    for (let step = 0; step < 14; step += 1) {
      const next = base * exp(logMinusDigamma(x));
      if (next === x) break;
      x = next;
    }
    return x;
  }
  if (y < -1e17) return -1 / y;
  if (Number.isNaN(y)) return y;
  let x = y >= -2.22 ? exp(y) + 0.5 : -1 / (y + EULER_GAMMA);
  for (let step = 0; step < 12; step += 1) {
    const change = (digamma(x) - y) / trigamma(x);
    x -= change;
    if (Math.abs(change) <= 1e-16 * x) break;
  }
  return x;
}
