import type { FamilyDefinition } from '@emkit/core';
import { expm1, log, log1mexp, log1p } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { smallestReaching } from './discrete-quantile.ts';
import { proportionGain } from './gain.ts';

/** The parameters of a geometric component: `probability` of a success in one trial, above 0, to 1 included. */
export type GeometricParameters = { readonly probability: number };

const LARGEST_BELOW_ONE = 1 - Number.EPSILON / 2;

/**
 * The geometric distribution: the number of failures before the first success in independent trials (not the number of trials, which is
 * one more).
 *
 * Mass f(x; p) = p (1 - p)^x for x = 0, 1, 2, ..., with 0^0 = 1; 0 elsewhere.
 * Parameter `probability` p, 0 < p <= 1. One column of counts. Statistic: the sum of r x. Estimate: p = N / (N + sum of r x).
 *
 * Edge cases: p = 1 is allowed, and reached when every count is 0; then the log-mass is 0 at 0 and -Infinity elsewhere. An estimate below
 * 1 is never rounded to 1, which would make observed rows impossible. p = 0 is no distribution: counts would have no end. Nothing
 * degenerates.
 *
 * Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005), section 5.2.
 */
export const geometric: FamilyDefinition<GeometricParameters> = defineFamily<GeometricParameters>({
  id: 'geometric',
  title: 'Geometric, failures before the first success',
  create: () => ({
    id: 'geometric',
    options: {},
    columns: [{ name: 'x', support: { kind: 'integer', minimum: 0, maximum: Infinity } }],
    parameters: { probability: { kind: 'interval', minimum: Number.MIN_VALUE, maximum: 1 } },
    statisticsLength: 1,

    logDensity({ size, columns }, { probability }, out) {
      const x = columns[0]!;
      const logSuccess = log(probability);
      const logFailure = log1p(-probability);
      for (let i = 0; i < size; i += 1) {
        const count = x[i]!;
        if (count === 0) out[i] = logSuccess;
        else out[i] = count > 0 && Math.floor(count) === count ? logSuccess + count * logFailure : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      const x = columns[0]!;
      // Sums over a few rows at a time round less.
      for (let start = 0; start < size; start += 128) {
        const end = Math.min(size, start + 128);
        let sum = 0;
        for (let i = start; i < end; i += 1) sum += responsibilities[i]! * x[i]!;
        statistics[0]! += sum;
      }
    },

    maximize(statistics, count, about, held) {
      return held.has('probability') ? about : { probability: estimate(count, statistics[0]!) };
    },

    gain: (statistics, count, _about, from, to) => proportionGain(count, statistics[0]!, from.probability, to.probability),

    locate: ({ columns: [column] }) => ({ probability: estimate(1, column!.mean) }),

    holdable: ['probability'],

    sample({ probability }, random, row) {
      row[0] = Math.min(Math.floor(random.exponential() / -log1p(-probability)), Number.MAX_VALUE);
    },

    cdf: (x, { probability }) => (x >= 0 ? -expm1((Math.floor(x) + 1) * log1p(-probability)) : 0),

    quantile(chance, { probability }) {
      if (!(chance > 0) || probability === 1) return 0;
      if (chance >= 1) return Infinity;
      const logFailure = log1p(-probability);
      const logRest = log1p(-chance);
      return smallestReaching((x) => (x + 1) * logFailure <= logRest, logRest / logFailure - 1, Number.MAX_VALUE);
    },

    mean: ({ probability }) => [(1 - probability) / probability],

    /** The change in standard deviations of the mean count that it makes: the divisor stays finite at p = 1, so that p may come to rest there. */
    distance(from, to) {
      const change = Math.abs(to.probability - from.probability);
      if (change === 0) return 0;
      const smaller = Math.min(from.probability, to.probability);
      return change / (smaller * Math.sqrt(1 - smaller));
    },

    /** In the coordinate log(p / (1 - p)). */
    scores({ size, columns }, { probability }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = 1 - probability - probability * x[i]!;
    },

    exponentialForm: {
      length: 1,
      naturalParameters: ({ probability }) => [log1p(-probability)],
      fromNatural: (natural) => ({ probability: -expm1(natural[0]!) }),
      logPartition: (natural) => -log1mexp(natural[0]!),
      sufficientStatistics: (row) => [row[0]!],
    },

    accuracy: { logDensity: 3, maximize: 5, cdf: 4, quantile: 0 },
  }),
});

/** The share of successes among all trials: 1 only without a failure, and never 0. */
function estimate(successes: number, failures: number): number {
  const probability = successes / (successes + failures);
  if (probability === 1 && failures > 0) return LARGEST_BELOW_ONE;
  return Math.max(probability, Number.MIN_VALUE);
}
