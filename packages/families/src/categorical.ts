import type { Family, FamilyDefinition } from '@emkit/core';
import { CompensatedSum, compensatedSum, exp, log, logSumExp } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { rateGain } from './gain.ts';
import { shareOf } from './proportion.ts';

/** The parameters of a categorical component: `probabilities` of the categories 0, 1, ..., K - 1, each from 0 to 1, summing to 1. */
export type CategoricalParameters = { readonly probabilities: readonly number[] };

/** `categories`: their number K, a whole number >= 2. Or `levels`: their names, in the order of the numbers that stand for them. */
export type CategoricalOptions = { readonly categories?: number; readonly levels?: readonly string[] };

/** A million probabilities take 8 MB a component and a point that a fit remembers, of which there are some twenty. */
const MOST_CATEGORIES = 1_000_000;

/**
 * The categorical distribution: one of K categories, written as the numbers 0, 1, ..., K - 1, which may stand for names.
 *
 * Mass f(x; p) = p_x for x = 0, 1, ..., K - 1; 0 elsewhere.
 * Parameter `probabilities` p, on the simplex. One column of categories. Statistics: for each category the sum of r over its rows.
 * Estimate: p_k = S_k / (sum of S). Distribution function, quantile and mean take the categories in the order of their numbers.
 *
 * Edge cases: probabilities of 0 are allowed, and reached by categories without rows; their log-mass is -Infinity. An estimate above 0 is
 * never rounded to 0. Nothing degenerates. A mixture of categorical distributions on this column alone is one categorical
 * distribution again: any division between its components fits equally well, unless labels are known or parameters are held.
 *
 * Source: Johnson, Kotz and Balakrishnan, Discrete Multivariate Distributions (1997), chapter 35, with one trial.
 */
export const categorical: FamilyDefinition<CategoricalParameters, CategoricalOptions> = defineFamily<
  CategoricalParameters,
  CategoricalOptions
>({
  id: 'categorical',
  title: 'Categorical, by the probabilities of the categories',
  options: {
    categories: {
      kind: 'integer',
      minimum: 2,
      maximum: MOST_CATEGORIES,
      orWords: 'levels',
      description: 'the number of categories K: the column holds 0, 1, ..., K - 1; or levels, the list of their names',
    },
  },
  variants: [{ categories: 3 }, { categories: 2 }, { categories: 12 }],
  create: ({ categories, levels }) => makeFamily(levels?.length ?? categories!, levels),
});

function makeFamily(categories: number, levels: readonly string[] | undefined): Family<CategoricalParameters> {
  return {
    id: 'categorical',
    options: levels === undefined ? { categories } : { levels },
    columns: [
      {
        name: 'x',
        support: { kind: 'integer', minimum: 0, maximum: categories - 1 },
        nominal: true,
        ...(levels === undefined ? {} : { levels }),
      },
    ],
    parameters: { probabilities: { kind: 'simplex', length: categories } },
    statisticsLength: categories,

    logDensity({ size, columns }, { probabilities }, out) {
      const x = columns[0]!;
      if (categories > size) {
        for (let i = 0; i < size; i += 1) out[i] = log(probabilities[x[i]!] ?? 0);
        return;
      }
      const logarithms = Float64Array.from(probabilities, log);
      for (let i = 0; i < size; i += 1) out[i] = logarithms[x[i]!] ?? -Infinity;
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      const x = columns[0]!;
      // Sums over a few rows at a time round less.
      const sums = new Float64Array(categories);
      for (let start = 0; start < size; start += 128) {
        const end = Math.min(size, start + 128);
        for (let i = start; i < end; i += 1) sums[x[i]!]! += responsibilities[i]!;
        // Whichever is shorter: the categories, or those that these rows hold.
        const length = Math.min(categories, end - start);
        for (let index = 0; index < length; index += 1) {
          const category = length === categories ? index : x[start + index]!;
          statistics[category]! += sums[category]!;
          sums[category] = 0;
        }
      }
    },

    maximize(statistics, _count, about, held) {
      return held.has('probabilities') ? about : { probabilities: shares(statistics) };
    },

    gain(statistics, count, _about, from, to) {
      // With count p subtracted in each term and added again as a whole, the terms of first order vanish one by one; the whole is the rounding of 1.
      const gain = new CompensatedSum();
      const total = new CompensatedSum();
      for (let category = 0; category < categories; category += 1) {
        const before = from.probabilities[category]!;
        const after = to.probabilities[category]!;
        gain.add(rateGain(statistics[category]!, count, before, after));
        total.add(after);
        total.add(-before);
      }
      gain.add(count * total.value());
      return gain.value();
    },

    // A summary does not count categories: all alike, no row is impossible.
    locate: () => ({ probabilities: shares(new Float64Array(categories).fill(1)) }),

    holdable: ['probabilities'],

    sample({ probabilities }, random, row) {
      let rest = random.uniform();
      let last = 0;
      for (let category = 0; category < categories; category += 1) {
        const probability = probabilities[category]!;
        if (probability === 0) continue;
        last = category;
        if (rest < probability) break;
        rest -= probability;
      }
      row[0] = last;
    },

    cdf: (x, { probabilities }) => lowerTail(Math.floor(x), probabilities),

    quantile(probability, { probabilities }) {
      let largest = categories - 1;
      while (largest > 0 && probabilities[largest] === 0) largest -= 1;
      for (let category = 0; category < largest; category += 1) {
        if (lowerTail(category, probabilities) >= probability) return category;
      }
      return probability > 0 ? largest : 0;
    },

    mean: ({ probabilities }) => [probabilities.reduce((sum, probability, category) => sum + category * probability, 0)],

    /** The largest change of a probability p in parts of sqrt(p), so that one on its way to 0 comes to rest. */
    distance(from, to) {
      let largest = 0;
      for (let category = 0; category < categories; category += 1) {
        const before = from.probabilities[category]!;
        const after = to.probabilities[category]!;
        if (before !== after) largest = Math.max(largest, Math.abs(after - before) / Math.sqrt(Math.max(before, after)));
      }
      return largest;
    },

    /** In the coordinates log(p_k / p_last), k = 0, ..., K - 2. */
    scores({ size, columns }, { probabilities }, out) {
      const x = columns[0]!;
      const length = categories - 1;
      for (let i = 0; i < size; i += 1) {
        for (let category = 0; category < length; category += 1) {
          out[i * length + category] = (x[i] === category ? 1 : 0) - probabilities[category]!;
        }
      }
    },

    exponentialForm: {
      length: categories - 1,
      naturalParameters: ({ probabilities }) => {
        const reference = log(probabilities[categories - 1]!);
        return probabilities.slice(0, -1).map((probability) => log(probability) - reference);
      },
      fromNatural: (natural) => {
        const total = logSumExp([...natural, 0]);
        return { probabilities: [...natural, 0].map((value) => exp(value - total)) };
      },
      logPartition: (natural) => logSumExp([...natural, 0]),
      sufficientStatistics: (row) => Array.from({ length: categories - 1 }, (_, category) => (row[0] === category ? 1 : 0)),
    },

    accuracy: { logDensity: 1, maximize: 5, cdf: 4, quantile: 0 },
  };
}

/** Each entry's share of the sum: 0 only where it is exactly that. */
function shares(totals: Float64Array): readonly number[] {
  // Compensated: probabilities of thousands of categories would else not sum to 1, and n log-densities be off by that.
  const sum = compensatedSum(totals);
  if (!(sum > 0)) return Array.from(totals, () => 1 / totals.length);
  return Array.from(totals, (total) => shareOf(total, sum));
}

/** P(X <= x) for whole x, added up from the side that has fewer roundings to lose: exactly 0 below and 1 at the end. */
function lowerTail(x: number, probabilities: readonly number[]): number {
  let below = 0;
  let above = 0;
  for (let category = 0; category < probabilities.length; category += 1) {
    if (category <= x) below += probabilities[category]!;
    else above += probabilities[category]!;
  }
  return below <= above ? below : 1 - above;
}
