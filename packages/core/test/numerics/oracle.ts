/**
 * Special functions from their definitions in decimal.js, independent of the library: slow, plain, and exact to more than 25 digits where the
 * tests ask for them.
 */
import { Decimal } from 'decimal.js';

type Real = Decimal | number;

/** 45 digits: enough for a difference that cancels twenty of them. */
export const D: typeof Decimal = Decimal.clone({ precision: 45, toExpNeg: -9e15, toExpPos: 9e15, minE: -9e15, maxE: 9e15 });

const powers = new Map<number, Decimal>();

function powerOfTwo(exponent: number): Decimal {
  let power = powers.get(exponent);
  if (power === undefined) powers.set(exponent, (power = D.pow(2, exponent)));
  return power;
}

/** The number that a double is, to 45 digits. (The constructor of decimal.js takes the shortest decimal that reads back as the double instead.) */
export function real(x: Real): Decimal {
  if (typeof x !== 'number') return x;
  if (Number.isInteger(x) || !Number.isFinite(x)) return new D(Math.abs(x) > 2 ** 53 ? BigInt(x).toString() : x);
  let exponent = 0;
  let mantissa = x;
  while (!Number.isInteger(mantissa)) {
    // Multiplying by a power of two is exact, and cannot overflow here.
    mantissa *= 2;
    exponent -= 1;
  }
  return new D(mantissa).times(powerOfTwo(exponent));
}

/** A finite double in units of 2^-1074: exact, for sums of doubles of very different size. */
export function inSmallestUnits(x: number): bigint {
  let exponent = 1074;
  let mantissa = x;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent -= 1;
  }
  return BigInt(mantissa) << BigInt(exponent);
}

/** A whole number of units of 2^-1074, or of 2^-2148 for a sum of products, to 45 digits. */
export function fromSmallestUnits(units: bigint, unit: 1074 | 2148 = 1074): Decimal {
  return new D(units.toString()).times(D.pow(2, -unit));
}

const PI: Decimal = D.acos(-1);
const HALF_LOG_TWO_PI: Decimal = D.ln(PI.times(2)).div(2);

export function exp(x: Real): Decimal {
  return D.exp(real(x));
}

export function log(x: Real): Decimal {
  return D.ln(real(x));
}

export function log2(x: Real): Decimal {
  return D.ln(real(x)).div(D.ln(2));
}

/** e^x - 1: by its series for small x. */
export function expm1(x: Real): Decimal {
  const value = real(x);
  if (value.abs().gt(0.01)) return D.exp(value).minus(1);
  let term = value;
  let sum = value;
  for (let n = 2; n <= 25; n += 1) {
    term = term.times(value).div(n);
    sum = sum.plus(term);
  }
  return sum;
}

/** log(1 + x): by its series for small x. */
export function log1p(x: Real): Decimal {
  const value = real(x);
  if (value.abs().gt(0.001)) return D.ln(value.plus(1));
  let power = value;
  let sum = value;
  for (let n = 2; n <= 17; n += 1) {
    power = power.times(value).negated();
    sum = sum.plus(power.div(n));
  }
  return sum;
}

export function expMinusLinear(x: Real): Decimal {
  const value = real(x);
  if (value.abs().gt(1e-10)) return expm1(value).minus(value);
  return value
    .times(value)
    .times(value.div(3).plus(1).plus(value.times(value).div(12)))
    .div(2);
}

export function log1pMinusLinear(x: Real): Decimal {
  const value = real(x);
  if (value.abs().gt(1e-10)) return log1p(value).minus(value);
  const square = value.times(value);
  return square.times(value.times(2).div(3).minus(1).minus(square.div(2))).div(2);
}

/** log(1 - e^x), x < 0. */
export function log1mexp(x: Real): Decimal {
  const value = real(x);
  return value.gt(-1) ? D.ln(expm1(value).negated()) : log1p(D.exp(value).negated());
}

export function log1pexp(x: Real): Decimal {
  return log1p(D.exp(real(x)));
}

export function expit(x: Real): Decimal {
  return new D(1).div(D.exp(real(x).negated()).plus(1));
}

/** log(p) - log(1 - p), through 2p - 1 near 1/2. */
export function logit(p: Real): Decimal {
  const value = real(p);
  const rest = new D(1).minus(value);
  return value.minus(0.5).abs().lt(0.1) ? log1p(value.minus(rest).div(rest)) : D.ln(value).minus(D.ln(rest));
}

/** B_2, B_4, ..., B_42 by their recurrence. */
const BERNOULLI: readonly Decimal[] = bernoulli(42);

function bernoulli(last: number): Decimal[] {
  const C = D.clone({ precision: 100 });
  const all: Decimal[] = [];
  for (let m = 0; m <= last; m += 1) {
    let sum = new C(m === 0 ? -1 : 0);
    let binomial = new C(1);
    for (let k = 0; k < m; k += 1) {
      sum = sum.plus(binomial.times(all[k]!));
      binomial = binomial.times(m + 1 - k).div(k + 1);
    }
    all.push(sum.negated().div(m + 1));
  }
  return all.filter((_, index) => index >= 2 && index % 2 === 0).map((value) => new D(value));
}

/** From here on the asymptotic series below are exact to 45 digits. */
const SHIFT = 30;

/** sum over k of BERNOULLI[k] divisor(2k) / x^(2k + power). */
function asymptotic(x: Decimal, power: number, divisor: (twoK: number) => number): Decimal {
  const square = x.times(x);
  let sum = new D(0);
  let denominator = x.pow(2 + power);
  for (const [index, b] of BERNOULLI.entries()) {
    sum = sum.plus(b.div(denominator.times(divisor(2 * index + 2))));
    denominator = denominator.times(square);
  }
  return sum;
}

/** Stirling's correction for x >= 30 (DLMF 5.11.1). */
function correction(x: Decimal): Decimal {
  return asymptotic(x, -1, (twoK) => twoK * (twoK - 1));
}

/** log Gamma(x), x > 0: the recurrence up to 30, then Stirling's series. */
export function logGamma(x: Real): Decimal {
  let shifted = real(x);
  let product = new D(1);
  while (shifted.lt(SHIFT)) {
    product = product.times(shifted);
    shifted = shifted.plus(1);
  }
  return shifted.minus(0.5).times(D.ln(shifted)).minus(shifted).plus(HALF_LOG_TWO_PI).plus(correction(shifted)).minus(D.ln(product));
}

/** log Gamma(x+1) - (x + 1/2) log x + x - log(2 pi)/2. */
export function stirlingError(x: Real): Decimal {
  const value = real(x);
  if (value.gte(SHIFT)) return correction(value);
  return logGamma(value.plus(1))
    .minus(value.plus(0.5).times(D.ln(value)))
    .plus(value)
    .minus(HALF_LOG_TWO_PI);
}

/** log x - psi(x) for x >= 30 (DLMF 5.11.2). */
function lag(x: Decimal): Decimal {
  return new D(0.5).div(x).plus(asymptotic(x, 0, (twoK) => twoK));
}

export function digamma(x: Real): Decimal {
  let shifted = real(x);
  let sum = new D(0);
  while (shifted.lt(SHIFT)) {
    sum = sum.plus(new D(1).div(shifted));
    shifted = shifted.plus(1);
  }
  return D.ln(shifted).minus(lag(shifted)).minus(sum);
}

export function logMinusDigamma(x: Real): Decimal {
  const value = real(x);
  return value.gte(SHIFT) ? lag(value) : D.ln(value).minus(digamma(value));
}

/** psi'(x), x > 0 (DLMF 5.15.8). */
export function trigamma(x: Real): Decimal {
  let shifted = real(x);
  let sum = new D(0);
  while (shifted.lt(SHIFT)) {
    sum = sum.plus(new D(1).div(shifted.times(shifted)));
    shifted = shifted.plus(1);
  }
  const inverse = new D(1).div(shifted);
  return sum
    .plus(inverse)
    .plus(inverse.times(inverse).div(2))
    .plus(asymptotic(shifted, 1, () => 1));
}

/** x log(x / mean) + mean - x. */
export function deviance(x: Real, mean: Real): Decimal {
  const value = real(x);
  return value.isZero()
    ? real(mean)
    : value
        .times(D.ln(value.div(real(mean))))
        .plus(real(mean))
        .minus(value);
}

export function logPoissonMass(x: Real, mean: Real): Decimal {
  const value = real(x);
  return value
    .times(D.ln(real(mean)))
    .minus(real(mean))
    .minus(logGamma(value.plus(1)));
}

export function logBinomialCoefficient(n: Real, x: Real): Decimal {
  const trials = real(n);
  return logGamma(trials.plus(1))
    .minus(logGamma(real(x).plus(1)))
    .minus(logGamma(trials.minus(real(x)).plus(1)));
}

export function logBinomialMass(x: Real, n: Real, p: Real): Decimal {
  const failures = real(n).minus(real(x));
  return logBinomialCoefficient(n, x)
    .plus(real(x).times(D.ln(real(p))))
    .plus(failures.times(log1p(real(p).negated())));
}

export function logBeta(a: Real, b: Real): Decimal {
  return logGamma(a)
    .plus(logGamma(b))
    .minus(logGamma(real(a).plus(real(b))));
}

/** erf(x) = 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: positive terms (DLMF 7.6.2). */
export function erf(x: Real): Decimal {
  const value = real(x);
  const square = value.times(value);
  let term = value;
  let sum = value;
  for (let n = 1; term.abs().gt(sum.abs().times('1e-45')); n += 1) {
    term = term
      .times(square)
      .times(2)
      .div(2 * n + 1);
    sum = sum.plus(term);
  }
  return sum.times(2).div(D.sqrt(PI)).div(D.exp(square));
}

/** e^(x^2) erfc(x): from erf below 4, by the continued fraction above (DLMF 7.9.1). */
export function erfcx(x: Real): Decimal {
  const value = real(x);
  if (value.lt(4)) return new D(1).minus(erf(value)).times(D.exp(value.times(value)));
  let fraction = value;
  for (let n = 150; n >= 1; n -= 1) fraction = value.plus(new D(n).div(2).div(fraction));
  return new D(1).div(fraction).div(D.sqrt(PI));
}

export function erfc(x: Real): Decimal {
  const value = real(x);
  return value.lt(4) ? new D(1).minus(erf(value)) : erfcx(value).div(D.exp(value.times(value)));
}

/** P(Z <= x). */
export function normalCdf(x: Real): Decimal {
  return erfc(real(x).negated().div(D.sqrt(2))).div(2);
}

export function logNormalCdf(x: Real): Decimal {
  return real(x).lt(0) ? D.ln(normalCdf(x)) : log1p(normalCdf(real(x).negated()).negated());
}

export function normalDensity(x: Real): Decimal {
  const value = real(x);
  return D.exp(value.times(value).div(-2)).div(D.sqrt(PI.times(2)));
}

/** P(a, x) by its series of positive terms (DLMF 8.7.1). */
export function gammaP(a: Real, x: Real): Decimal {
  const [shape, point] = [real(a), real(x)];
  let term = new D(1);
  let sum = term;
  for (let n = 1; term.gt(sum.times('1e-36')); n += 1) {
    term = term.times(point).div(shape.plus(n));
    sum = sum.plus(term);
  }
  return sum.times(D.exp(logPoissonMass(shape, point)));
}

/** Q(a, x): one minus P where that leaves 20 digits, else by the continued fraction, backwards from far out (DLMF 8.9.2). */
export function gammaQ(a: Real, x: Real): Decimal {
  const [shape, point] = [real(a), real(x)];
  const complement = new D(1).minus(gammaP(shape, point));
  if (complement.gt(1e-10)) return complement;
  let fraction = point;
  for (let n = 600; n >= 1; n -= 1) {
    fraction = point
      .plus(2 * n - 1)
      .minus(shape)
      .minus(new D(n).minus(shape).times(n).div(fraction));
  }
  return shape.times(D.exp(logPoissonMass(shape, point))).div(fraction);
}

/** I_x(a, b) by its series of positive terms (DLMF 8.17.8), from the side where it converges fast. */
export function beta(x: Real, a: Real, b: Real): Decimal {
  return belowMean(x, a, b) ? betaSeries(real(x), real(a), real(b)) : new D(1).minus(betaSeries(new D(1).minus(real(x)), real(b), real(a)));
}

export function betaUpper(x: Real, a: Real, b: Real): Decimal {
  return belowMean(x, a, b) ? new D(1).minus(betaSeries(real(x), real(a), real(b))) : betaSeries(new D(1).minus(real(x)), real(b), real(a));
}

function belowMean(x: Real, a: Real, b: Real): boolean {
  return real(a).plus(real(b)).times(real(x)).lte(real(a));
}

function betaSeries(x: Decimal, a: Decimal, b: Decimal): Decimal {
  const total = a.plus(b);
  let term = new D(1);
  let sum = term;
  for (let n = 0; term.gt(sum.times('1e-34')); n += 1) {
    term = term
      .times(total.plus(n))
      .div(a.plus(n + 1))
      .times(x);
    sum = sum.plus(term);
  }
  const y = new D(1).minus(real(x));
  const leading = a
    .times(D.ln(x))
    .plus(b.times(D.ln(y)))
    .minus(logBeta(a, b));
  return sum.times(D.exp(leading)).div(a);
}
