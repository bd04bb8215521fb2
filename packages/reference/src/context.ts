import type { Decimal } from 'decimal.js';
import { Decimal as DecimalRoot } from 'decimal.js';
import { type DecimalConstructor, exactDecimal, type Numeric } from './decimal-number.ts';
import { makeExponential } from './exponential-function.ts';
import { ReferenceFailure } from './failure.ts';
import { expm1, log1p } from './special/elementary.ts';
import { erf, erfc } from './special/error-function.ts';
import { digamma, logBinomialCoefficient, logGamma, trigamma } from './special/gamma.ts';
import { regularizedBeta } from './special/incomplete-beta.ts';
import { regularizedGammaP, regularizedGammaQ } from './special/incomplete-gamma.ts';

/** What to build a {@link Reference} with. */
export interface ReferenceSettings {
  /** Significant digits that results are right to; a whole number from 5 to 400. Default 50. */
  readonly precision?: number;
  /** Digits carried beyond them, to absorb rounding in long sums and mild cancellation; a whole number from 5 to 400. Default 15. */
  readonly guardDigits?: number;
}

/**
 * Arithmetic at one precision: the constructor of its numbers, the constants and the functions that densities are written with.
 *
 * Every number of a computation must come from one reference (`reference.decimal(...)`, or an operation on such numbers), because decimal.js
 * rounds a result to the precision of the left operand's constructor. All functions are pure, and right to the working precision wherever
 * the result is not within rounding of zero.
 */
export interface Reference {
  /** Significant digits that results are meant to be right to. */
  readonly precision: number;
  /** Digits carried beyond {@link Reference.precision}. */
  readonly guardDigits: number;
  /** Digits that each operation rounds to: precision + guard digits. */
  readonly workingPrecision: number;
  /** The constructor of this precision's numbers: a private copy of decimal.js's, rounding half up. */
  readonly Decimal: DecimalConstructor;
  readonly zero: Decimal;
  readonly one: Decimal;
  readonly negativeInfinity: Decimal;
  /** The circle constant to the working precision. */
  readonly pi: Decimal;
  /** ln(2 pi) to the working precision. */
  readonly logTwoPi: Decimal;
  /** Takes a number exactly: a double by its binary value, a string by its digits. Throws `invalid-number` for NaN. */
  decimal(value: Numeric): Decimal;
  /** Rounds to {@link Reference.precision} significant digits, half up. */
  round(value: Decimal): Decimal;
  /** The sum, in the order given; zero when there is nothing to add. */
  sum(values: Iterable<Decimal>): Decimal;
  /** The same arithmetic with this many more digits; the same object each time. */
  withMoreDigits(digits: number): Reference;
  /** e^x. */
  exp(x: Decimal): Decimal;
  /** The natural logarithm; -Infinity at 0. Throws `domain` below 0. */
  ln(x: Decimal): Decimal;
  /** ln(1 + x) without cancellation near 0; -Infinity at -1. Throws `domain` below -1. */
  log1p(x: Decimal): Decimal;
  /** e^x - 1 without cancellation near 0. */
  expm1(x: Decimal): Decimal;
  /** x ln y with 0 ln 0 = 0. */
  xLogY(x: Decimal, y: Decimal): Decimal;
  /** ln Gamma(x) for x > 0. Throws `domain` otherwise. */
  logGamma(x: Decimal): Decimal;
  /** ln of the number of ways to choose `chosen` of `total`, both whole and 0 <= chosen <= total. Throws `domain` otherwise. */
  logBinomialCoefficient(total: Decimal, chosen: Decimal): Decimal;
  /** The derivative of ln Gamma, for x > 0. Throws `domain` otherwise. */
  digamma(x: Decimal): Decimal;
  /** The second derivative of ln Gamma, for x > 0. Throws `domain` otherwise. */
  trigamma(x: Decimal): Decimal;
  /** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
  erf(x: Decimal): Decimal;
  /** 1 - erf(x), without cancellation in the upper tail. */
  erfc(x: Decimal): Decimal;
  /** The regularised lower incomplete gamma function P(shape, x), shape > 0, x >= 0. Throws `domain` otherwise. */
  regularizedGammaP(shape: Decimal, x: Decimal): Decimal;
  /** The regularised upper incomplete gamma function Q(shape, x) = 1 - P(shape, x), without cancellation. */
  regularizedGammaQ(shape: Decimal, x: Decimal): Decimal;
  /** The regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a > 0, b > 0. Throws `domain` otherwise. */
  regularizedBeta(x: Decimal, a: Decimal, b: Decimal): Decimal;
}

/** The most digits any computation may carry: decimal.js knows ln 10 to 1025 digits. */
const mostDigits = 1000;

function wholeDigits(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 5 && value <= 400) return value;
  throw new ReferenceFailure('invalid-precision', `${name} is ${value}: give a whole number of digits from 5 to 400.`);
}

/**
 * Makes the arithmetic that everything else in this package takes as its first argument.
 *
 * @example
 * const reference = createReference({ precision: 50 });
 * reference.logGamma(reference.decimal('0.5')); // ln(pi) / 2, to 50 digits and more
 *
 * @throws ReferenceFailure `invalid-precision`.
 */
export function createReference(settings: ReferenceSettings = {}): Reference {
  return build(wholeDigits('precision', settings.precision ?? 50), wholeDigits('guardDigits', settings.guardDigits ?? 15), new Map());
}

function build(precision: number, guardDigits: number, relatives: Map<number, Reference>): Reference {
  const workingPrecision = precision + guardDigits;
  const Constructor = DecimalRoot.clone({
    defaults: true,
    precision: workingPrecision,
    rounding: DecimalRoot.ROUND_HALF_UP,
    minE: -9e15,
    maxE: 9e15,
    toExpNeg: -20,
    toExpPos: 60,
  });
  const zero = new Constructor(0);
  const pi = Constructor.acos(-1);
  const exponential = makeExponential(Constructor);

  const reference: Reference = {
    precision,
    guardDigits,
    workingPrecision,
    Decimal: Constructor,
    zero,
    one: new Constructor(1),
    negativeInfinity: new Constructor(-Infinity),
    pi,
    logTwoPi: pi.times(2).ln(),
    decimal: (value) => exactDecimal(Constructor, value),
    round: (value) => value.toSignificantDigits(precision),
    sum: (values) => {
      let total = zero;
      for (const value of values) total = total.plus(value);
      return total;
    },
    withMoreDigits: (digits) => {
      if (digits <= 0) return reference;
      const wanted = workingPrecision + digits;
      if (wanted > mostDigits) {
        throw new ReferenceFailure(
          'precision-unreachable',
          `This value needs ${wanted} digits and the arithmetic holds ${mostDigits}: move the argument away from where terms cancel, or ask for fewer digits.`,
        );
      }
      const known = relatives.get(wanted) ?? build(precision, guardDigits + digits, relatives);
      relatives.set(wanted, known);
      return known;
    },
    exp: exponential,
    ln: (x) => {
      if (x.isNegative() && !x.isZero())
        throw new ReferenceFailure('domain', `ln is defined for numbers >= 0, not for ${x.toPrecision(17)}.`);
      return x.isZero() ? reference.negativeInfinity : Constructor.ln(x);
    },
    log1p: (x) => log1p(reference, x),
    expm1: (x) => expm1(reference, x),
    xLogY: (x, y) => (x.isZero() ? zero : x.times(reference.ln(y))),
    logGamma: (x) => logGamma(reference, x),
    logBinomialCoefficient: (total, chosen) => logBinomialCoefficient(reference, total, chosen),
    digamma: (x) => digamma(reference, x),
    trigamma: (x) => trigamma(reference, x),
    erf: (x) => erf(reference, x),
    erfc: (x) => erfc(reference, x),
    regularizedGammaP: (shape, x) => regularizedGammaP(reference, shape, x),
    regularizedGammaQ: (shape, x) => regularizedGammaQ(reference, shape, x),
    regularizedBeta: (x, a, b) => regularizedBeta(reference, x, a, b),
  };
  relatives.set(workingPrecision, reference);
  return reference;
}
