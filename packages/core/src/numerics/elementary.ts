/**
 * Exponential and logarithm, and what follows from them, with the same bits on every engine.
 *
 * `Math.exp`, `Math.log` and their relatives may differ in the last place between engines and versions; addition, multiplication, division
 * and square root may not. Everything here is built from those four, comparisons and the bit pattern of a number, with neither fused
 * multiply-add nor a change of order, so that a vector version (two numbers at a time) that does the same operations gives the same bits.
 *
 * `expOrdinary` and `logOrdinary` have no branch: they are that common core, for arguments whose result and scaling are normal numbers.
 */

// Survives below, < for <=: where two methods meet both are within the promised accuracy; at an edge both branches give the same.

const INVERSE_LN2 = 1.4426950408889634;
/** The first 42 bits of ln 2: an integer of up to 11 bits times this is exact. */
const LN2_HIGH = 0.6931471805598903;
const LN2_LOW = 5.497923018708371e-14;
const TWO_TO_MINUS_54 = 5.551115123125783e-17;
const TWO_TO_54 = 18014398509481984;

/** Adding and subtracting 1.5 * 2^52 rounds to the nearest integer, ties to even, for magnitudes below 2^51. */
const ROUND_TO_INTEGER = 6755399441055744;
/** The same for multiples of 2^-25: what is left has so few bits that its square is exact. */
const ROUND_TO_25_BITS = 201326592;

// Least-maximum-error coefficients of (e^r - 1 - r) / r^2 on |r| <= ln(2)/2; the error of r^2 q(r) is below 2^-62.
const E0 = 0.5;
const E1 = 0.16666666666666666;
const E2 = 0.041666666666666685;
const E3 = 0.008333333333327758;
const E4 = 0.0013888888888871672;
const E5 = 0.00019841269874111247;
const E6 = 2.480158735362761e-5;
const E7 = 2.7557254099433146e-6;
const E8 = 2.7557247327554685e-7;
const E9 = 2.5106114092052463e-8;
const E10 = 2.092330744961272e-9;

// The same of (log((1+s)/(1-s)) / s - 2) / s^2 in powers of s^2 on |s| <= (sqrt 2 - 1)/(sqrt 2 + 1); the error of the bracket is below 2^-57.
const L0 = 0.6666666666666698;
const L1 = 0.3999999999961342;
const L2 = 0.2857142870343643;
const L3 = 0.2222220219136926;
const L4 = 0.18183391111503974;
const L5 = 0.15318183159793783;
const L6 = 0.1475703817293325;

/** The high word of 1 less that of sqrt(1/2): added to a high word, it carries into the exponent at sqrt(1/2) instead of at 1. */
const ONE_ABOVE_SQRT_HALF = 0x95f62;

const numberView = new Float64Array(1);
const wordView = new Int32Array(numberView.buffer);
numberView[0] = 1;
/** Which of the two words holds sign and exponent: the second on every machine in use, but it costs nothing to ask. */
// Survives: every machine that runs JavaScript today stores the low word first.
const HIGH_WORD = wordView[1] === 0 ? 0 : 1;

const SMALLEST_EXPONENT = -1074;
/** 2^-1074 ... 2^1023. */
const POWERS_OF_TWO: Float64Array = powersOfTwo();

function powersOfTwo(): Float64Array {
  const powers = new Float64Array(1023 - SMALLEST_EXPONENT + 1);
  let power = 1;
  for (let exponent = 0; exponent >= SMALLEST_EXPONENT; exponent -= 1) {
    powers[exponent - SMALLEST_EXPONENT] = power;
    power *= 0.5;
  }
  power = 1;
  for (let exponent = 0; exponent <= 1023; exponent += 1) {
    powers[exponent - SMALLEST_EXPONENT] = power;
    power *= 2;
  }
  return powers;
}

/** 2^exponent for a whole exponent in [-1074, 1023]. */
function powerOfTwo(exponent: number): number {
  return POWERS_OF_TWO[(exponent - SMALLEST_EXPONENT) | 0] as number;
}

/** 2^-exponent for a whole exponent in [-1023, 1074]. Not `powerOfTwo(-exponent)`: the negative of an integer 0 is no integer, and costs time. */
function inversePowerOfTwo(exponent: number): number {
  return POWERS_OF_TWO[(-SMALLEST_EXPONENT - exponent) | 0] as number;
}

/** (e^r - 1 - r) / r^2 for |r| <= ln(2)/2. Pairs of terms first, so that they do not wait for one another. */
function exponentialRemainder(r: number, r2: number): number {
  const r4 = r2 * r2;
  return E0 + E1 * r + r2 * (E2 + E3 * r) + r4 * (E4 + E5 * r + r2 * (E6 + E7 * r) + r4 * (E8 + E9 * r + r2 * E10));
}

/** e^(x - k ln 2) for the integer k nearest to x / ln 2: in [sqrt(1/2), sqrt 2], up to rounding. */
function expReduced(x: number, k: number): number {
  // The reduced argument is high - low; the product with k is exact, and so is the difference.
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const r2 = r * r;
  const one = 1 + high;
  // What 1 + high rounded off is added to the small terms, so that only the last addition rounds at full size.
  return one + (high - (one - 1) + (r2 * exponentialRemainder(r, r2) - low));
}

/**
 * e^x for x in [-708, 709] without any branch: the scalar core of `exp`. Elsewhere the result is undefined.
 *
 * Accuracy: as `exp`. Edge: e^0 is exactly 1.
 */
export function expOrdinary(x: number): number {
  const k = x * INVERSE_LN2 + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  return expReduced(x, k) * powerOfTwo(k);
}

/**
 * The exponential e^x, for every x.
 *
 * Method: x = k ln 2 + r with |r| <= ln(2)/2 (Cody and Waite 1980), then a polynomial of degree 12 whose leading 1 + r is added last.
 *
 * Accuracy: below 0.7 ulp where the result is normal, below 1 unit of 2^-1074 where it is subnormal.
 * Edges: exactly 1 at 0; 0 below about -745.13, Infinity above about 709.78; NaN for NaN.
 */
export function exp(x: number): number {
  if (x >= -708 && x <= 709) return expOrdinary(x);
  if (x > 709) {
    if (x > 710) return Infinity;
    const k = x * INVERSE_LN2 + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
    return expReduced(x, k) * powerOfTwo(k - 1) * 2;
  }
  // Survives: only smaller numbers and NaN come here, and NaN stays NaN.
  if (x < -708) {
    if (x < -746) return 0;
    const k = x * INVERSE_LN2 + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
    // Only the last product leaves the normal range, so it alone rounds.
    return expReduced(x, k) * powerOfTwo(k + 64) * 5.421010862427522e-20;
  }
  return Number.NaN;
}

/**
 * e^x - 1, without the cancellation near 0.
 *
 * Accuracy: below 1.2 ulp. Edges: expm1(0) = 0 with its sign; -1 at -Infinity; Infinity above about 709.78; NaN for NaN.
 */
export function expm1(x: number): number {
  if (x >= 40) return exp(x);
  if (x <= -40) return -1;
  if (x < TWO_TO_MINUS_54 && x > -TWO_TO_MINUS_54) return x;
  const k = x * INVERSE_LN2 + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const r2 = r * r;
  const rest = r2 * exponentialRemainder(r, r2) - low;
  // Survives: with k = 0 the general form adds the same terms in another order.
  if (k === 0) return high + rest;
  // Survives: for x above -40, k is above -59, so that only NaN comes here, and NaN stays NaN.
  if (!(k > -64)) return Number.NaN;
  const scale = powerOfTwo(k);
  const one = 1 + high;
  const tail = (high - (one - 1) + rest) * scale;
  const leading = one * scale;
  const difference = leading - 1;
  // Survives: both forms are exact but for differences below a hundredth of an ulp.
  const error = k > 0 ? leading - difference - 1 : leading - (difference + 1);
  return difference + (error + tail);
}

/** The correction to f - f^2/2 in log(1 + f), less what the high half of f^2/2 leaves out. */
function logarithmRemainder(f: number, halfSquareHigh: number, halfSquareLow: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const z2 = z * z;
  const series = z * (L0 + z * L1 + z2 * (L2 + z * L3 + z2 * (L4 + z * L5 + z2 * L6)));
  return s * (halfSquareHigh + halfSquareLow + series) - halfSquareLow;
}

/** The exponent k of x = 2^k m with m in [sqrt(1/2), sqrt 2), up to the last bits of the bounds. x is positive and normal. */
function exponentOf(x: number): number {
  numberView[0] = x;
  return (((wordView[HIGH_WORD] as number) + ONE_ABOVE_SQRT_HALF) >> 20) - 1023;
}

/**
 * log x for positive, finite, normal x without any branch: the scalar core of `log`. Elsewhere the result is undefined.
 *
 * Accuracy: as `log`. Edge: log 1 is exactly 0.
 */
export function logOrdinary(x: number): number {
  const k = exponentOf(x);
  const f = x * inversePowerOfTwo(k) - 1;
  // f^2/2 in two parts, the first exact and a multiple of 2^-51, so that subtracting it from f is exact too.
  const head = f + ROUND_TO_25_BITS - ROUND_TO_25_BITS;
  const halfSquareHigh = 0.5 * head * head;
  const halfSquareLow = 0.5 * (f - head) * (f + head);
  const tail = logarithmRemainder(f, halfSquareHigh, halfSquareLow);
  const leading = f - halfSquareHigh;
  const exponentPart = k * LN2_HIGH;
  const high = exponentPart + leading;
  return high + (leading - (high - exponentPart) + (tail + k * LN2_LOW));
}

/**
 * The natural logarithm, for every x.
 *
 * Method: x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt 2; log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) with s = f / (2 + f)
 * (the arrangement of the Sun Microsystems library, 1993), with f - f^2/2 kept exact.
 *
 * Accuracy: below 0.7 ulp. Edges: exactly 0 at 1; -Infinity at 0 and -0; NaN for negative x and NaN; Infinity at Infinity.
 */
export function log(x: number): number {
  if (x >= 2.2250738585072014e-308 && x <= Number.MAX_VALUE) return logOrdinary(x);
  if (x > 0) return x === Infinity ? Infinity : logWithExponent(x * TWO_TO_54, -54);
  return x === 0 ? -Infinity : Number.NaN;
}

/** log(x 2^extra) for normal x: for arguments that had to be scaled first. */
function logWithExponent(x: number, extra: number): number {
  const low = logTwoParts(x, extra);
  return (partView[0] as number) + low;
}

const partView = new Float64Array(1);

/** The low part of log(x 2^extra); the high part is left in `partView`, so that nothing is allocated. */
function logTwoParts(x: number, extra: number): number {
  const exponent = exponentOf(x);
  const k = exponent + extra;
  const f = x * inversePowerOfTwo(exponent) - 1;
  const head = f + ROUND_TO_25_BITS - ROUND_TO_25_BITS;
  const halfSquareHigh = 0.5 * head * head;
  const halfSquareLow = 0.5 * (f - head) * (f + head);
  const tail = logarithmRemainder(f, halfSquareHigh, halfSquareLow);
  const leading = f - halfSquareHigh;
  const exponentPart = k * LN2_HIGH;
  const high = exponentPart + leading;
  partView[0] = high;
  return leading - (high - exponentPart) + (tail + k * LN2_LOW);
}

/**
 * log x as an unevaluated sum of two numbers, for formulas that multiply a logarithm by something large.
 *
 * Writes the small part into `low[0]` and returns the large one. Their sum is within 2^-57 of log x, and
 * within 2^-55 |log x|.
 * Domain: x positive and finite; elsewhere the returned part is that of `log` and the small one 0.
 */
export function logExtended(x: number, low: Float64Array): number {
  if (x >= 2.2250738585072014e-308 && x <= Number.MAX_VALUE) {
    low[0] = logTwoParts(x, 0);
    return partView[0] as number;
  }
  if (x > 0 && x < 1) {
    low[0] = logTwoParts(x * TWO_TO_54, -54);
    return partView[0] as number;
  }
  low[0] = 0;
  return log(x);
}

/**
 * log(1 + x), without the cancellation near 0.
 *
 * Accuracy: below 0.7 ulp. Edges: log1p(0) = 0 with its sign; -Infinity at -1; NaN below -1 and for NaN; Infinity at Infinity.
 */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : Number.NaN;
  if (x >= TWO_TO_54) return log(x);
  if (x < TWO_TO_MINUS_54 && x > -TWO_TO_MINUS_54) return x;
  const sum = 1 + x;
  const k = exponentOf(sum);
  let f = x;
  let correction = 0;
  // Survives: with k = 0 the general form only adds the rounding of 1 + x back in another order.
  if (k !== 0) {
    const scale = inversePowerOfTwo(k);
    f = sum * scale - 1;
    // What 1 + x rounded off, divided by the rounded sum.
    // Survives: where the difference is not exact, the correction is far below an ulp.
    correction = (x >= 1 ? 1 - (sum - x) : x - (sum - 1)) / sum;
  }
  const head = f + ROUND_TO_25_BITS - ROUND_TO_25_BITS;
  const halfSquareHigh = 0.5 * head * head;
  const halfSquareLow = 0.5 * (f - head) * (f + head);
  const tail = logarithmRemainder(f, halfSquareHigh, halfSquareLow);
  const leading = f - halfSquareHigh;
  // f has more bits below 2^-53 than in `log`, so the difference may round.
  const leadingError = f - leading - halfSquareHigh;
  const exponentPart = k * LN2_HIGH;
  const high = exponentPart + leading;
  return high + (leading - (high - exponentPart) + (tail + leadingError + (correction + k * LN2_LOW)));
}

/** 1 / ln 2 in two parts; the first has 27 bits, so that its product with a multiple of 2^-25 below 1/2 is exact. */
const INVERSE_LN2_HIGH = 1.4426950365304947;
const INVERSE_LN2_LOW = 4.3584687174185184e-9;

/**
 * The logarithm to base 2.
 *
 * Accuracy: below 1.5 ulp; exact at powers of two. Edges: as `log`.
 */
export function log2(x: number): number {
  let normal = x;
  let extra = 0;
  if (!(x >= 2.2250738585072014e-308 && x <= Number.MAX_VALUE)) {
    if (!(x > 0) || x === Infinity) return log(x);
    normal = x * TWO_TO_54;
    extra = -54;
  }
  const exponent = exponentOf(normal);
  const f = normal * inversePowerOfTwo(exponent) - 1;
  const head = f + ROUND_TO_25_BITS - ROUND_TO_25_BITS;
  const halfSquareHigh = 0.5 * head * head;
  const halfSquareLow = 0.5 * (f - head) * (f + head);
  const tail = logarithmRemainder(f, halfSquareHigh, halfSquareLow);
  const leading = f - halfSquareHigh;
  const leadingHead = leading + ROUND_TO_25_BITS - ROUND_TO_25_BITS;
  const product = leadingHead * INVERSE_LN2_HIGH;
  const rest = leadingHead * INVERSE_LN2_LOW + (leading - leadingHead + tail) * INVERSE_LN2;
  const k = exponent + extra;
  // Survives: what `high` rounds off is added back in the next line, whatever it is.
  const high = k + product;
  return high + (product - (high - k) + rest);
}

const LN2 = 0.6931471805599453;

/**
 * log(1 - e^x) for x <= 0: the logarithm of the complement of a probability given by its logarithm.
 *
 * Method: log(-expm1(x)) above -ln 2, log1p(-e^x) below (Maechler 2012).
 * Accuracy: below 1.5 ulp. Edges: -Infinity at 0; -0 at -Infinity; NaN for x > 0 and NaN.
 */
export function log1mexp(x: number): number {
  return x > -LN2 ? log(-expm1(x)) : log1p(-exp(x));
}

/**
 * log(1 + e^x), the smooth maximum of 0 and x.
 *
 * Accuracy: below 1.5 ulp. Edges: 0 at -Infinity, Infinity at Infinity, NaN for NaN.
 */
export function log1pexp(x: number): number {
  if (x <= 0) return log1p(exp(x));
  // Above 40 the second term is below half a unit in the last place of x.
  // Survives: above 40 the second term is below half an ulp of x.
  return x > 40 ? x : x + log1p(exp(-x));
}

/**
 * The logistic function 1 / (1 + e^-x), inverse of `logit`.
 *
 * Accuracy: below 2.5 ulp, in both tails relative to the value. Edges: 0 at -Infinity, 1 at Infinity, exactly 1/2 at 0, NaN for NaN.
 */
export function expit(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const odds = exp(x);
  return odds / (1 + odds);
}

/**
 * The log-odds log(p / (1 - p)), inverse of `expit`.
 *
 * Accuracy: below 3 ulp, near p = 1/2 too. Edges: -Infinity at 0, Infinity at 1, exactly 0 at 1/2, NaN outside [0, 1].
 */
export function logit(probability: number): number {
  // Near 1/2 the odds are near 1; 2p - 1 is exact there.
  // Survives: the form for the middle serves up to 1, because 2p - 1 is exact there.
  if (probability > 0.25 && probability < 0.75) return log1p((2 * probability - 1) / (1 - probability));
  return log(probability / (1 - probability));
}

/**
 * e^x - 1 - x, without cancellation near 0.
 *
 * Accuracy: below 3 ulp. Edges: 0 at 0; Infinity at both infinities; NaN for NaN.
 */
export function expMinusLinear(x: number): number {
  if (x <= 0.34375 && x >= -0.34375) {
    const square = x * x;
    return square * exponentialRemainder(x, square);
  }
  return x === Infinity ? x : expm1(x) - x;
}

/**
 * log(1 + x) - x, without cancellation near 0.
 *
 * Accuracy: below 5 ulp. Edges: 0 at 0; -Infinity at -1 and Infinity; NaN below -1 and for NaN.
 */
export function log1pMinusLinear(x: number): number {
  if (x <= 0.375 && x >= -0.28125) {
    const halfSquare = 0.5 * x * x;
    return logarithmRemainder(x, halfSquare, 0) - halfSquare;
  }
  return x === Infinity ? -x : log1p(x) - x;
}
