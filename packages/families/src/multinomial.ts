import type { Family, FamilyDefinition } from '@emkit/core';
import { log, logMultinomialCoefficient } from '@emkit/core/numerics';
import { binomial } from './binomial.ts';
import { categorical } from './categorical.ts';
import { defineFamily } from './define-family.ts';

/** The parameters of a multinomial component: `probabilities` of the categories, each from 0 to 1, summing to 1. */
export type MultinomialParameters = { readonly probabilities: readonly number[] };

/** `categories`: the number of columns K >= 2. `trials`: what the counts of every row sum to, a whole number >= 1. */
export type MultinomialOptions = { readonly categories: number; readonly trials: number };

/**
 * The multinomial distribution: how often each of K categories was seen in n trials, one column a category.
 *
 * Mass f(x; p) = n! / (x_1! ... x_K!) p_1^x_1 ... p_K^x_K for whole x_j >= 0 that sum to n, with 0^0 = 1; 0 elsewhere.
 * Parameter `probabilities` p, on the simplex; the options are K and n. K columns of counts, whose sum is n in every row. Statistics: for each
 * column the sum of r x_j. Estimate: p_j = S_j / (n N).
 *
 * Edge cases: probabilities of 0 are allowed, and reached by categories never seen; rows that hold one then have a log-mass of -Infinity. An
 * estimate above 0 is never rounded to 0. A row with another sum is refused before the fit. Two components can be told apart only where n
 * is at least 3.
 *
 * Source: Johnson, Kotz and Balakrishnan, Discrete Multivariate Distributions (1997), chapter 35.
 */
export const multinomial: FamilyDefinition<MultinomialParameters, MultinomialOptions> = defineFamily<
  MultinomialParameters,
  MultinomialOptions
>({
  id: 'multinomial',
  title: 'Multinomial, by the probabilities of the categories',
  options: {
    categories: { kind: 'integer', minimum: 2, maximum: 1000, fromColumns: true, description: 'the number of categories, one column each' },
    trials: { kind: 'integer', minimum: 1, description: 'what the counts of every row sum to' },
  },
  variants: [
    { categories: 3, trials: 6 },
    { categories: 2, trials: 12 },
  ],
  create: ({ categories, trials }) => makeFamily(categories, trials),
});

function makeFamily(categories: number, trials: number): Family<MultinomialParameters> {
  // The simplex is estimated, measured and kept as that of one trial is; only what a row adds is different.
  const single = categorical({ categories });
  const { maximize, gain, locate, holdable, distance } = single;
  const counts = new Float64Array(categories);
  return {
    id: 'multinomial',
    options: { categories, trials },
    columns: Array.from({ length: categories }, (_, index) => ({
      name: `x${index + 1}`,
      support: { kind: 'integer', minimum: 0, maximum: trials },
    })),
    constraint: { description: `counts that sum to ${trials}`, holds: (row) => row.reduce((sum, count) => sum + count, 0) === trials },
    parameters: { probabilities: { kind: 'simplex', length: categories } },
    statisticsLength: categories,
    maximize,
    gain: (statistics, count, about, from, to) => gain!(statistics, trials * count, about, from, to),
    ...(locate !== undefined && { locate }),
    ...(holdable !== undefined && { holdable }),
    ...(distance !== undefined && { distance }),

    logDensity({ size, columns }, { probabilities }, out) {
      const logarithms = probabilities.map((probability) => log(probability));
      for (let i = 0; i < size; i += 1) {
        let sum = 0;
        let value = 0;
        let possible = true;
        for (let j = 0; j < categories; j += 1) {
          const count = columns[j]![i]!;
          counts[j] = count;
          sum += count;
          possible &&= count >= 0 && Math.floor(count) === count;
          if (count !== 0) value += count * logarithms[j]!;
        }
        out[i] = possible && sum === trials ? logMultinomialCoefficient(counts) + value : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      for (let j = 0; j < categories; j += 1) {
        const x = columns[j]!;
        // Sums over a few rows at a time round less.
        for (let start = 0; start < size; start += 128) {
          const end = Math.min(size, start + 128);
          let sum = 0;
          for (let i = start; i < end; i += 1) sum += responsibilities[i]! * x[i]!;
          statistics[j]! += sum;
        }
      }
    },

    sample({ probabilities }, random, row) {
      // Category by category: of the trials that are left, a binomial number.
      let left = trials;
      let rest = 1;
      const draw = new Float64Array(1);
      for (let j = 0; j < categories; j += 1) {
        const share = j === categories - 1 ? 1 : Math.min(1, probabilities[j]! / rest);
        if (left > 0) binomial({ trials: left }).sample!({ probability: Number.isNaN(share) ? 0 : share }, random, draw);
        row[j] = left > 0 ? draw[0]! : 0;
        left -= row[j]!;
        rest -= probabilities[j]!;
      }
    },

    mean: ({ probabilities }) => probabilities.map((probability) => trials * probability),

    /** In the coordinates log(p_j / p_K). */
    scores({ size, columns }, { probabilities }, out) {
      const length = categories - 1;
      for (let i = 0; i < size; i += 1)
        for (let j = 0; j < length; j += 1) out[i * length + j] = columns[j]![i]! - trials * probabilities[j]!;
    },

    exponentialForm: {
      ...single.exponentialForm!,
      logPartition: (natural) => trials * single.exponentialForm!.logPartition(natural),
      sufficientStatistics: (row) => Array.from(row.subarray(0, categories - 1)),
    },

    typical: {
      row(random) {
        const row = new Array<number>(categories).fill(0);
        for (let trial = 0; trial < trials; trial += 1) row[random.integer(categories)]! += 1;
        return row;
      },
    },

    accuracy: { logDensity: 6, maximize: 4 },
  };
}
