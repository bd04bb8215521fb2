import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { discreteQuantile } from '../quantile.ts';

/** The parameters of a component. */
export type PoissonParameters = { readonly rate: Decimal };

/**
 * The Poisson distribution: mass rate^x exp(-rate) / x! for whole x >= 0 with 0^0 = 1, rate >= 0.
 *
 * The weighted estimate is rate = sum of r_i x_i / N with N the sum of the r_i.
 */
export const poisson: ReferenceFamilyDefinition<PoissonParameters> = {
  id: 'poisson',
  parameters: { rate: 'scalar' },
  create: (reference) => {
    const logFactorials = new Map<string, Decimal>();
    const logFactorial = (finer: Reference, x: Decimal): Decimal => {
      const key = `${x} to ${finer.workingPrecision}`;
      const known = logFactorials.get(key) ?? finer.logGamma(finer.decimal(x).plus(1));
      logFactorials.set(key, known);
      return known;
    };
    return {
      columns: 1,

      invalid: ({ rate }) => {
        if (!rate.gte(0)) return `rate is ${rate} and must be >= 0`;
        return undefined;
      },

      logDensityAt: ({ rate }) => {
        const logRates = new Map<number, Decimal>();
        return (row) => {
          const x = row[0]!;
          if (!x.isInteger() || x.lt(0)) return reference.negativeInfinity;
          // x ln rate, rate and ln x! cancel to about ln x: as many more digits as they are long.
          const digits = 20 * Math.ceil((10 + Math.max(0, x.e, rate.e)) / 20);
          const finer = reference.withMoreDigits(digits);
          const logRate = logRates.get(digits) ?? finer.ln(finer.decimal(rate));
          logRates.set(digits, logRate);
          // A count of zero times the logarithm of zero is zero.
          const product = x.isZero() ? finer.zero : finer.decimal(x).times(logRate);
          const value = product.minus(rate).minus(logFactorial(finer, x));
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
        if (held.has('rate')) return previous;
        return { rate: total.div(count) };
      },

      // N <= x for a Poisson count exactly when the (x + 1)-th event comes after time 1 (DLMF 8.4.10).
      cdf: (x, { rate }) => (x.lt(0) ? reference.zero : reference.regularizedGammaQ(x.floor().plus(1), rate)),
      survival: (x, { rate }) => (x.lt(0) ? reference.one : reference.regularizedGammaP(x.floor().plus(1), rate)),
      quantile(probability, parameters) {
        const infinity = reference.negativeInfinity.negated();
        return discreteQuantile(reference, (x) => this.cdf!(x, parameters), 0, infinity, probability);
      },
    };
  },
};
