/**
 * Probabilities of counts, and binomial and beta coefficients, by the saddle-point form: a deviance, Stirling corrections and half a
 * logarithm, all small, instead of differences of large logarithms of factorials.
 *
 * Source: C. Loader, Fast and accurate computation of binomial probabilities (2000).
 */
import { log, log1p } from './elementary.ts';
import { logFactorial, logGamma1p, stirlingError } from './gamma.ts';
import { evaluateRational } from './polynomial.ts';
import { twoProductError } from './sum.ts';

// Survives below, < for <=: where two methods meet both are within the promised accuracy; at an edge both branches give the same.

const HALF_LOG_TWO_PI = 0.9189385332046728;

// (atanh(v) / v - 1) / v^2 in powers of v^2, for |v| <= 1/2.
const ATANH_NUMERATOR = [
  0.3333333333333333, -0.7740703021400858, 0.6208163670316349, -0.19769702279839105, 0.020146842417571222, -7.334986130481183e-5,
];
const ATANH_DENOMINATOR = [1.0, -2.922210906420257, 3.18720421637561, -1.5863708288012104, 0.34766138975397193, -0.025147695977803985];

/**
 * The Poisson deviance x log(x / mean) + mean - x >= 0 of a count x (any real >= 0) from a mean > 0, without cancellation near x = mean.
 *
 * `meanLow` is what `mean` lacks to the true mean (a rounding error such as that of trials * probability): its first-order effect is added,
 * since a large mean's last bit is worth more than the whole deviance's.
 *
 * Method: with v = (x - mean) / (x + mean), (x - mean) v + 2 x v^3 (1/3 + v^2/5 + ...) for |v| <= 1/2, the definition elsewhere.
 * Accuracy: below 4 ulp. Edges: `mean` at x = 0; Infinity at mean = 0 unless x = 0 too, where it is 0, and when either is Infinity; NaN
 * for negative arguments and NaN.
 */
export function deviance(x: number, mean: number, meanLow = 0): number {
  // Survives: where only one of the arguments is negative, a logarithm is NaN.
  if (!(x >= 0 && mean >= 0)) return Number.NaN;
  if (x === 0) return mean + meanLow;
  // Survives: at a mean of 0 the computation gives Infinity too.
  if (mean === 0 || x === Infinity || mean === Infinity) return Infinity;
  const correction = meanLow === 0 ? 0 : meanLow * ((mean - x) / mean);
  const difference = x - mean;
  // Halved, so that the sum of two huge numbers does not overflow.
  const v = (0.5 * difference) / (0.5 * x + 0.5 * mean);
  if (v <= 0.5 && v >= -0.5) {
    const square = v * v;
    return difference * v + 2 * (x * v * (square * evaluateRational(ATANH_NUMERATOR, ATANH_DENOMINATOR, square))) + correction;
  }
  return x * logQuotient(x, mean) - difference + correction;
}

/**
 * log(a / b) for a, b >= 0, also where the quotient leaves the range of normal numbers.
 *
 * Accuracy: below 0.7 ulp, and 2^-53 besides for the rounding of the quotient: where a and b are near each other `log1p((a - b) / b)` has
 * more digits. Edges: those of log a - log b.
 */
export function logQuotient(a: number, b: number): number {
  const ratio = a / b;
  // Survives: no test has so small a quotient that it lacks digits.
  return ratio > 1e-300 && ratio < 1e300 ? log(ratio) : log(a) - log(b);
}

/**
 * log(mean^x e^-mean / Gamma(x + 1)): the logarithm of a Poisson probability, for any real x >= 0, in nats.
 *
 * `meanLow` as in `deviance`.
 * Accuracy: below 5 ulp. Edges: -mean at x = 0; 0 at x = mean = 0, -Infinity at mean = 0 < x; -Infinity at negative or infinite x; NaN for
 * negative mean and NaN.
 */
export function logPoissonMass(x: number, mean: number, meanLow = 0): number {
  if (!(mean >= 0) || Number.isNaN(x)) return Number.NaN;
  // Survives: the deviance of Infinity is Infinity.
  if (x < 0 || x === Infinity) return -Infinity;
  if (x === 0) return -mean - meanLow;
  // Below 1 the correction and half the logarithm are large and of opposite sign.
  // Survives: what the mean lacks is below the rounding of the mean itself, which is the larger term.
  if (x < 1) return x * log(mean) - mean - meanLow - logGamma1p(x);
  return -deviance(x, mean, meanLow) - stirlingError(x) - halfLogTwoPi(x);
}

/** log(2 pi x) / 2 */
function halfLogTwoPi(x: number): number {
  return 0.5 * log(x) + HALF_LOG_TWO_PI;
}

/**
 * log(C(n, x) p^x (1 - p)^(n - x)): the logarithm of a binomial probability, for real 0 <= x <= n, in nats.
 *
 * The roundings of n p and of n (1 - p) are carried along, so that large counts lose nothing.
 * Accuracy: below 5 ulp, whatever n. Edges: n log(1 - p) at x = 0 and n log p at x = n (0 log 0 = 0); -Infinity outside 0 <= x <= n; NaN for
 * negative n, p outside [0, 1] and NaN.
 */
export function logBinomialMass(x: number, n: number, p: number): number {
  if (!(n >= 0 && p >= 0 && p <= 1) || Number.isNaN(x)) return Number.NaN;
  if (x < 0 || x > n) return -Infinity;
  if (n === 0) return 0;
  const failures = n - x;
  // Survives below: at p = 0 and p = 1 a logarithm or a deviance is infinite in the computation too.
  if (x === 0) return p === 1 ? -Infinity : n * log1p(-p);
  if (failures === 0) return p === 0 ? -Infinity : n * log(p);
  if (p === 0 || p === 1) return -Infinity;
  const q = 1 - p;
  const qLow = 1 - q - p;
  const mean = n * p;
  const meanFailures = n * q;
  return (
    stirlingError(n) -
    stirlingError(x) -
    stirlingError(failures) -
    deviance(x, mean, productError(n, p, mean)) -
    deviance(failures, meanFailures, productError(n, q, meanFailures) + n * qLow) -
    halfLogTwoPi(x * (failures / n))
  );
}

/** The rounding error of a product, or 0 where it cannot be had: there the product is so large or small that the rest drowns it. */
function productError(a: number, b: number, product: number): number {
  const error = twoProductError(a, b, product);
  // Survives: the error of so small a product is below the rounding of the rest.
  return product > 1e-280 && error - error === 0 ? error : 0;
}

/**
 * The logarithm of the binomial coefficient C(n, x) = Gamma(n + 1) / (Gamma(x + 1) Gamma(n - x + 1)) for 0 <= x <= n (reals allowed).
 *
 * Accuracy: below 3 ulp for whole numbers, whatever their size; for other reals, where the coefficient is near 1, an absolute 5 * 2^-53 besides.
 * Edges: 0 at x = 0 and x = n; -Infinity for x < 0 or x > n; NaN for negative n and NaN.
 */
export function logBinomialCoefficient(n: number, x: number): number {
  if (!(n >= 0) || Number.isNaN(x)) return Number.NaN;
  if (x < 0 || x > n) return -Infinity;
  const smaller = Math.min(x, n - x);
  const larger = n - smaller;
  if (smaller === 0) return 0;
  // Survives: the general form is within the promised accuracy too; this one is quicker, and exact more often.
  if (smaller <= 20 && Math.floor(smaller) === smaller && n < 1e15) {
    // Whole at every step for whole n, and exact as long as it fits.
    let coefficient = 1;
    for (let index = 1; index <= smaller; index += 1) coefficient = (coefficient * (larger + index)) / index;
    return log(coefficient);
  }
  return (
    smaller * logQuotient(n, smaller) -
    larger * log1p(-smaller / n) -
    halfLogTwoPi(smaller * (larger / n)) -
    (stirlingError(smaller) + (stirlingError(larger) - stirlingError(n)))
  );
}

/**
 * The logarithm of the beta function B(a, b) = Gamma(a) Gamma(b) / Gamma(a + b), for a, b > 0.
 *
 * Accuracy: below 5 ulp or 5 * 2^-53 absolutely, whichever is larger (it is 0 along a curve through a = b = 1).
 * Edges: Infinity when either is 0; -Infinity when either is Infinity; NaN for negative arguments and NaN.
 */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  // Survives: outside of the domain the computation gives NaN too.
  if (!(small >= 0)) return Number.NaN;
  if (small === 0) return large === Infinity ? Number.NaN : Infinity;
  if (large === Infinity) return -Infinity;
  const sum = small + large;
  return (
    HALF_LOG_TWO_PI -
    0.5 * log(small) -
    small * logQuotient(sum, small) -
    (large - 0.5) * log1p(small / large) +
    (stirlingError(small) + (stirlingError(large) - stirlingError(sum)))
  );
}

/**
 * The logarithm of the multinomial coefficient (sum of counts)! / product of counts!, for whole counts >= 0.
 *
 * Accuracy: a few ulp: a sum of `logBinomialCoefficient`s, all positive. NaN when a count is not a whole number >= 0.
 */
export function logMultinomialCoefficient(counts: ArrayLike<number>): number {
  let total = 0;
  let sum = 0;
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] as number;
    if (Number.isNaN(logFactorial(count))) return Number.NaN;
    total += count;
    sum += logBinomialCoefficient(total, count);
  }
  return sum;
}
