import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of a component. */
export type CategoricalParameters = { readonly probabilities: readonly Decimal[] };

/** Doubles that sum to 1 miss it by their roundings. */
const tolerance = '1e-12';

/**
 * The categorical distribution on 0, 1, ..., K - 1: mass probabilities[x], each from 0 to 1, summing to 1.
 *
 * Option `categories`: K, a whole number >= 2, or `levels`: K names. Probabilities that sum to 1 only to rounding are taken as they are.
 * The weighted estimate is probabilities[k] = sum of r_i over the rows with x_i = k, divided by the sum of all r_i.
 */
export const categorical: ReferenceFamilyDefinition<CategoricalParameters> = {
  id: 'categorical',
  parameters: { probabilities: 'vector' },
  create: (reference, options) => {
    const categories = Array.isArray(options['levels']) ? options['levels'].length : options['categories'];
    if (!(Number.isSafeInteger(categories) && (categories as number) >= 2)) {
      throw new ReferenceFailure('invalid-option', `The option categories is ${String(categories)}: give a whole number >= 2.`, {
        family: 'categorical',
      });
    }
    const count = categories as number;
    const sumTo = (probabilities: readonly Decimal[], last: Decimal): Decimal =>
      reference.sum(probabilities.slice(0, Math.max(0, last.floor().toNumber() + 1)));

    return {
      columns: 1,

      invalid: ({ probabilities }) => {
        if (probabilities.length !== count) return `probabilities has ${probabilities.length} entries and must have ${count}`;
        const wrong = probabilities.find((probability) => !(probability.gte(0) && probability.lte(1)));
        if (wrong !== undefined) return `probabilities has an entry ${wrong} and all must lie from 0 to 1`;
        const sum = reference.sum(probabilities);
        return sum.minus(1).abs().lte(tolerance) ? undefined : `probabilities sum to ${sum.toPrecision(17)} and must sum to 1`;
      },

      logDensityAt: ({ probabilities }) => {
        const logarithms = probabilities.map((probability) => reference.ln(probability));
        return (row) => logarithms[row[0]!.toNumber()] ?? reference.negativeInfinity;
      },

      *maximize(rows, responsibilities, previous, held) {
        const totals = Array.from({ length: count }, () => reference.zero);
        for (const [i, row] of rows.entries()) {
          const category = row[0]!.toNumber();
          totals[category] = totals[category]!.plus(responsibilities[i]!);
          yield;
        }
        if (held.has('probabilities')) return previous;
        const sum = reference.sum(totals);
        return { probabilities: totals.map((total) => total.div(sum)) };
      },

      cdf: (x, { probabilities }) => (x.gte(count - 1) ? reference.one : sumTo(probabilities, x)),
      survival: (x, { probabilities }) => (x.lt(0) ? reference.one : reference.sum(probabilities.slice(x.floor().toNumber() + 1))),
      quantile: (chance, { probabilities }) => {
        let sum = reference.zero;
        let last = 0;
        for (const [category, probability] of probabilities.entries()) {
          sum = sum.plus(probability);
          if (sum.gte(chance)) return reference.decimal(category);
          if (!probability.isZero()) last = category;
        }
        return reference.decimal(last);
      },
    };
  },
};
