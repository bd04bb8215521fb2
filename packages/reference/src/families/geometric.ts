import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { discreteQuantile } from '../quantile.ts';
import { exactComplement, proportion } from '../special/cancellation.ts';

/** The parameters of a component. */
export type GeometricParameters = { readonly probability: Decimal };

/**
 * The geometric distribution of the failures before the first success: mass p (1 - p)^x for whole x >= 0, 0 < p <= 1, with 0^0 = 1.
 *
 * The weighted estimate is p = N / (N + sum of r_i x_i) with N the sum of the r_i. A record may hold 1 - p besides, as `complement`, whose
 * digits p as a double has lost near 1.
 */
export const geometric: ReferenceFamilyDefinition<GeometricParameters> = {
  id: 'geometric',
  parameters: { probability: 'scalar' },
  refinements: { complement: 'scalar' },
  create: (reference) => ({
    columns: 1,

    refine: (_, { complement }) => ({ probability: exactComplement(reference, complement as Decimal) }),

    invalid: ({ probability }) => {
      if (!(probability.gt(0) && probability.lte(1))) return `probability is ${probability} and must be > 0 and <= 1`;
      return undefined;
    },

    logDensityAt: ({ probability }) => {
      const logSuccess = reference.ln(probability);
      const logFailure = reference.log1p(probability.negated());
      return (row) => {
        const x = row[0]!;
        if (!x.isInteger() || x.lt(0)) return reference.negativeInfinity;
        // A count of zero times the logarithm of zero is zero.
        return x.isZero() ? logSuccess : logSuccess.plus(x.times(logFailure));
      };
    },

    *maximize(rows, responsibilities, previous, held) {
      let count = reference.zero;
      let failures = reference.zero;
      for (const [i, row] of rows.entries()) {
        count = count.plus(responsibilities[i]!);
        failures = failures.plus(responsibilities[i]!.times(row[0]!));
        yield;
      }
      return { probability: held.has('probability') ? previous.probability : proportion(reference, count, failures) };
    },

    cdf: (x, { probability }) => (x.lt(0) ? reference.zero : reference.expm1(logSurvival(reference, x, probability)).negated()),
    survival: (x, { probability }) => (x.lt(0) ? reference.one : reference.exp(logSurvival(reference, x, probability))),
    quantile(chance, parameters) {
      const infinity = reference.negativeInfinity.negated();
      if (parameters.probability.eq(1)) return reference.zero;
      return discreteQuantile(reference, (x) => this.cdf!(x, parameters), 0, infinity, chance);
    },
  }),
};

/** ln P(X > x) = (x + 1) ln(1 - p): every trial up to there failed. */
function logSurvival(reference: Reference, x: Decimal, probability: Decimal): Decimal {
  return x.floor().plus(1).times(reference.log1p(probability.negated()));
}
