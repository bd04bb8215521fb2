import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { continuousQuantile } from '../quantile.ts';

/** The parameters of a component. */
export type GammaParameters = { readonly shape: Decimal; readonly rate: Decimal };

const mostTurns = 200;

/**
 * The gamma distribution: density rate^shape x^(shape - 1) exp(-rate x) / Gamma(shape) for x > 0, shape > 0, rate > 0.
 *
 * The weighted estimates solve ln shape - psi(shape) = ln(mean x) - mean ln x and rate = shape / mean x, means weighted by the r_i;
 * with the rate held, psi(shape) = ln rate + mean ln x. Both equations by Newton's method in ln shape.
 */
export const gamma: ReferenceFamilyDefinition<GammaParameters> = {
  id: 'gamma',
  parameters: { shape: 'scalar', rate: 'scalar' },
  create: (reference) => {
    // The logarithms of the data are the same in every iteration.
    const logarithms = new Map<string, Decimal>();
    const logarithm = (finer: Reference, x: Decimal): Decimal => {
      const key = `${x} to ${finer.workingPrecision}`;
      const known = logarithms.get(key) ?? finer.ln(finer.decimal(x));
      logarithms.set(key, known);
      return known;
    };
    return {
      columns: 1,

      invalid: ({ shape, rate }) => {
        if (!shape.gt(0)) return `shape is ${shape} and must be > 0`;
        if (!rate.gt(0)) return `rate is ${rate} and must be > 0`;
        return undefined;
      },

      logDensityAt: ({ shape, rate }) => {
        const constants = new Map<number, Decimal>();
        return (row) => {
          const x = row[0]!;
          if (!x.gt(0)) return reference.negativeInfinity;
          // For large shapes the terms cancel to about ln shape: as many more digits as they are long.
          const digits = 20 * Math.ceil((14 + Math.max(0, shape.e, rate.e + x.e)) / 20);
          const finer = reference.withMoreDigits(digits);
          const [a, b, point] = [finer.decimal(shape), finer.decimal(rate), finer.decimal(x)];
          const constant = constants.get(digits) ?? a.times(finer.ln(b)).minus(finer.logGamma(a));
          constants.set(digits, constant);
          const value = constant.plus(a.minus(1).times(logarithm(finer, x))).minus(b.times(point));
          return new reference.Decimal(value).toSignificantDigits(reference.workingPrecision);
        };
      },

      *maximize(rows, responsibilities, previous, held) {
        let count = reference.zero;
        let total = reference.zero;
        for (const [i, row] of rows.entries()) {
          count = count.plus(responsibilities[i]!);
          total = total.plus(responsibilities[i]!.times(row[0]!));
          yield;
        }
        const mean = total.div(count);
        if (held.has('shape')) return { shape: previous.shape, rate: held.has('rate') ? previous.rate : previous.shape.div(mean) };

        // The mean of ln(x / mean), which is <= 0 and small when the values are nearly equal.
        let logarithms = reference.zero;
        for (const [i, row] of rows.entries()) {
          if (!responsibilities[i]!.isZero()) {
            const deviation = row[0]!.minus(mean).div(mean);
            const logarithm = deviation.gt(-0.5) ? reference.log1p(deviation) : reference.ln(row[0]!.div(mean));
            logarithms = logarithms.plus(responsibilities[i]!.times(logarithm));
          }
          yield;
        }
        const meanLogarithm = logarithms.div(count);
        if (held.has('rate')) {
          const target = reference.ln(previous.rate.times(mean)).plus(meanLogarithm);
          return { shape: shapeWithDigamma(reference, target, previous.shape), rate: previous.rate };
        }
        const difference = meanLogarithm.negated();
        if (difference.lte(`1e-${reference.workingPrecision - 5}`)) {
          throw new ReferenceFailure(
            'collapsed-component',
            'Every row of the component is the same, so that its shape grows without bound and the likelihood has no maximum.',
            { family: 'gamma', parameter: 'shape' },
          );
        }
        const shape = shapeWithDifference(reference, difference, previous.shape);
        return { shape, rate: shape.div(mean) };
      },

      cdf: (x, { shape, rate }) => (x.lte(0) ? reference.zero : reference.regularizedGammaP(shape, rate.times(x))),
      survival: (x, { shape, rate }) => (x.lte(0) ? reference.one : reference.regularizedGammaQ(shape, rate.times(x))),
      quantile(probability, { shape, rate }) {
        if (probability.isZero()) return reference.zero;
        if (probability.eq(1)) return reference.negativeInfinity.negated();
        const standard = { shape, rate: reference.one };
        const logDensity = this.logDensityAt(standard);
        // In ln x, where both tails are nearly straight lines.
        const infinity = reference.negativeInfinity.negated();
        const logarithm = continuousQuantile(
          reference,
          {
            cdf: (y) => reference.regularizedGammaP(shape, reference.exp(y)),
            survival: (y) => reference.regularizedGammaQ(shape, reference.exp(y)),
            logDensity: (y) => logDensity([reference.exp(y)]).plus(y),
            minimum: infinity.negated(),
            maximum: infinity,
            centre: reference.ln(shape.plus(1)),
            spread: reference.one.div(shape.sqrt()),
          },
          probability,
        );
        return reference.exp(logarithm).div(rate);
      },
    };
  },
};

/** The root of ln a - psi(a) = difference, where the left side falls from infinity to 0, about as 1/a. */
function shapeWithDifference(reference: Reference, difference: Decimal, near: Decimal | undefined): Decimal {
  return newtonInLogarithm(reference, near ?? reference.one.div(difference.times(2)).plus('0.1'), (a) => {
    // ln a and psi(a) agree in as many digits as a has.
    const finer = reference.withMoreDigits(10 + 2 * Math.max(0, a.e));
    const point = finer.decimal(a);
    const value = finer.ln(point).minus(finer.digamma(point));
    const slope = finer.one.minus(point.times(finer.trigamma(point)));
    // Newton's step for ln(value) as a function of ln a.
    return finer
      .ln(value.div(finer.decimal(difference)))
      .times(value)
      .div(slope);
  });
}

/** The root of psi(a) = target. */
function shapeWithDigamma(reference: Reference, target: Decimal, near: Decimal | undefined): Decimal {
  const start = near ?? (target.gt(-2) ? reference.exp(target).plus('0.5') : reference.one.div(target.negated()));
  return newtonInLogarithm(reference, start, (a) =>
    reference
      .digamma(a)
      .minus(target)
      .div(a.times(reference.trigamma(a))),
  );
}

/** Repeats a <- a exp(-step(a)) until it stands still. */
function newtonInLogarithm(reference: Reference, start: Decimal, step: (a: Decimal) => Decimal): Decimal {
  let a = start;
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const change = new reference.Decimal(step(a));
    a = a.times(reference.exp(reference.Decimal.max(-3, reference.Decimal.min(3, change.negated()))));
    if (change.abs().lt(`1e-${reference.workingPrecision - 4}`)) return a;
  }
  throw new ReferenceFailure('no-convergence', `The shape of a gamma distribution was not found in ${mostTurns} steps.`, {
    family: 'gamma',
    parameter: 'shape',
  });
}
