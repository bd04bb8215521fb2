import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition, ReferenceRow } from '../family.ts';
import { discreteQuantile } from '../quantile.ts';
import { exactComplement, proportion } from '../special/cancellation.ts';

/** The parameters of a binomial component. */
export type BinomialParameters = { readonly probability: Decimal };

/**
 * The binomial distribution: mass C(n, x) p^x (1 - p)^(n - x) for whole x from 0 to n, 0 <= p <= 1, with 0^0 = 1.
 *
 * Option `trials`: a whole number >= 1, the n of every row; without it, or with the word `column`, a row is (x, n).
 * The weighted estimate is p = sum of r_i x_i / sum of r_i n_i. A record may hold 1 - p besides, as `complement`, whose digits p as a double
 * has lost near 1.
 */
export const binomial: ReferenceFamilyDefinition<BinomialParameters> = {
  id: 'binomial',
  parameters: { probability: 'scalar' },
  refinements: { complement: 'scalar' },
  create: (reference, options) => {
    const { trials = 'column' } = options;
    if (trials !== 'column' && !(Number.isSafeInteger(trials) && (trials as number) >= 1)) {
      throw new ReferenceFailure(
        'invalid-option',
        `The option trials is ${String(trials)}: give a whole number >= 1, or the word column.`,
        { family: 'binomial' },
      );
    }
    const fixed = trials === 'column' ? undefined : reference.decimal(trials as number);
    const trialsOf = (row: ReferenceRow | undefined): Decimal => {
      const count = fixed ?? row?.[1];
      if (count === undefined)
        throw new ReferenceFailure('invalid-data', 'A row without a number of trials: give it as the second column.', {
          family: 'binomial',
        });
      return count;
    };

    const coefficients = new Map<string, Decimal>();
    const logCoefficient = (x: Decimal, n: Decimal): Decimal => {
      const key = `${x} of ${n}`;
      const known = coefficients.get(key) ?? reference.logBinomialCoefficient(n, x);
      coefficients.set(key, known);
      return known;
    };
    const supported = (x: Decimal, n: Decimal): boolean => x.isInteger() && n.isInteger() && x.gte(0) && x.lte(n);

    return {
      columns: fixed === undefined ? 2 : 1,

      refine: (_, { complement }) => ({ probability: exactComplement(reference, complement as Decimal) }),

      invalid: ({ probability }) =>
        probability.gte(0) && probability.lte(1) ? undefined : `probability is ${probability} and must lie from 0 to 1`,

      logDensityAt: ({ probability }) => {
        const logSuccess = reference.ln(probability);
        const logFailure = reference.log1p(probability.negated());
        // A count of zero times the logarithm of zero is zero.
        const times = (count: Decimal, logarithm: Decimal): Decimal => (count.isZero() ? reference.zero : count.times(logarithm));
        return (row) => {
          const x = row[0]!;
          const n = trialsOf(row);
          if (!supported(x, n)) return reference.negativeInfinity;
          return logCoefficient(x, n)
            .plus(times(x, logSuccess))
            .plus(times(n.minus(x), logFailure));
        };
      },

      *maximize(rows, responsibilities, previous) {
        let successes = reference.zero;
        let failures = reference.zero;
        for (const [i, row] of rows.entries()) {
          successes = successes.plus(responsibilities[i]!.times(row[0]!));
          failures = failures.plus(responsibilities[i]!.times(trialsOf(row).minus(row[0]!)));
          yield;
        }
        // Rows of no trials say nothing about the probability.
        return successes.isZero() && failures.isZero() ? previous : { probability: proportion(reference, successes, failures) };
      },

      cdf: (x, { probability }, row) => {
        const n = trialsOf(row);
        const whole = x.floor();
        if (whole.lt(0)) return reference.zero;
        if (whole.gte(n)) return reference.one;
        return reference.regularizedBeta(exactComplement(reference, probability), n.minus(whole), whole.plus(1));
      },
      survival: (x, { probability }, row) => {
        const n = trialsOf(row);
        const whole = x.floor();
        if (whole.lt(0)) return reference.one;
        if (whole.gte(n)) return reference.zero;
        return reference.regularizedBeta(probability, whole.plus(1), n.minus(whole));
      },
      quantile(chance, parameters, row) {
        return discreteQuantile(reference, (x) => this.cdf!(x, parameters, row), 0, trialsOf(row), chance);
      },
    };
  },
};
