import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of a component. */
export type MultinomialParameters = { readonly probabilities: readonly Decimal[] };

/** Doubles that sum to 1 miss it by their roundings. */
const tolerance = '1e-12';

/**
 * The multinomial distribution: mass n! / (x_1! ... x_K!) p_1^x_1 ... p_K^x_K for whole x_j >= 0 that sum to n, with 0^0 = 1.
 *
 * Options: `categories` K >= 2 and `trials` n >= 1. The weighted estimate is p_j = sum of r_i x_ij / (n N) with N the sum of the r_i.
 */
export const multinomial: ReferenceFamilyDefinition<MultinomialParameters> = {
  id: 'multinomial',
  parameters: { probabilities: 'vector' },
  create: (reference, { categories, trials }) => {
    const whole = (value: unknown, minimum: number): boolean => Number.isSafeInteger(value) && (value as number) >= minimum;
    if (!whole(categories, 2) || !whole(trials, 1))
      throw new ReferenceFailure('invalid-option', 'Give whole numbers: categories >= 2 and trials >= 1.', { family: 'multinomial' });
    const length = categories as number;
    const total = reference.decimal(trials as number);
    const logFactorial = (count: Decimal): Decimal => reference.logGamma(count.plus(1));
    return {
      columns: length,

      invalid: ({ probabilities }) => {
        if (probabilities.length !== length) return `probabilities has ${probabilities.length} entries and must have ${length}`;
        const wrong = probabilities.find((probability) => !(probability.gte(0) && probability.lte(1)));
        if (wrong !== undefined) return `probabilities has an entry ${wrong} and all must lie from 0 to 1`;
        const sum = reference.sum(probabilities);
        return sum.minus(1).abs().lte(tolerance) ? undefined : `probabilities sum to ${sum.toPrecision(17)} and must sum to 1`;
      },

      logDensityAt: ({ probabilities }) => {
        const logarithms = probabilities.map((probability) => reference.ln(probability));
        return (row) => {
          if (row.some((count) => !count.isInteger() || count.lt(0)) || !reference.sum(row).eq(total)) return reference.negativeInfinity;
          return row.reduce(
            (value, count, j) => value.minus(logFactorial(count)).plus(count.isZero() ? 0 : count.times(logarithms[j]!)),
            logFactorial(total),
          );
        };
      },

      *maximize(rows, responsibilities, previous, held) {
        const totals = Array.from({ length }, () => reference.zero);
        for (const [i, row] of rows.entries()) {
          row.forEach((count, j) => {
            totals[j] = totals[j]!.plus(responsibilities[i]!.times(count));
          });
          yield;
        }
        if (held.has('probabilities')) return previous;
        const sum = reference.sum(totals);
        return { probabilities: totals.map((each) => each.div(sum)) };
      },
    };
  },
};
