import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of an exponential component. */
export type ExponentialParameters = { readonly rate: Decimal };

/**
 * The exponential distribution: density rate exp(-rate x) for x >= 0, rate > 0.
 *
 * The weighted estimate is rate = N / sum of r_i x_i with N the sum of the r_i.
 */
export const exponential: ReferenceFamilyDefinition<ExponentialParameters> = {
  id: 'exponential',
  parameters: { rate: 'scalar' },
  create: (reference) => ({
    columns: 1,

    invalid: ({ rate }) => (rate.gt(0) ? undefined : `rate is ${rate} and must be > 0`),

    logDensityAt: ({ rate }) => {
      const logRate = reference.ln(rate);
      return (row) => (row[0]!.lt(0) ? reference.negativeInfinity : logRate.minus(rate.times(row[0]!)));
    },

    *maximize(rows, responsibilities) {
      let count = reference.zero;
      let total = reference.zero;
      for (const [i, row] of rows.entries()) {
        count = count.plus(responsibilities[i]!);
        total = total.plus(responsibilities[i]!.times(row[0]!));
        yield;
      }
      if (total.isZero()) {
        throw new ReferenceFailure(
          'collapsed-component',
          'Every row of the component is 0, so that its rate has no maximum-likelihood estimate.',
          {
            family: 'exponential',
            parameter: 'rate',
          },
        );
      }
      return { rate: count.div(total) };
    },

    cdf: (x, { rate }) => (x.lte(0) ? reference.zero : reference.expm1(rate.times(x).negated()).negated()),
    survival: (x, { rate }) => (x.lte(0) ? reference.one : reference.exp(rate.times(x).negated())),
    quantile: (probability, { rate }) =>
      probability.isZero() ? reference.zero : reference.log1p(probability.negated()).negated().div(rate),
  }),
};
