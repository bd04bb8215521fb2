import type { FamilyDefinition } from '@emkit/core';
import { expm1, log1mexp, log1p } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { smallestReaching } from './discrete-quantile.ts';
import {
  failureOf,
  logFailureOf,
  logSuccessOf,
  PROPORTION_REFINEMENTS,
  proportionCodec,
  proportionGain,
  proportionOf,
  resolutionOf,
  showProportion,
  stepOf,
} from './proportion.ts';

/** The parameters of a geometric component: `probability` of a success in one trial, above 0, to 1 included. */
export type GeometricParameters = { readonly probability: number };

/**
 * The geometric distribution: the number of failures before the first success in independent trials (not the number of trials, which is
 * one more).
 *
 * Mass f(x; p) = p (1 - p)^x for x = 0, 1, 2, ..., with 0^0 = 1; 0 elsewhere.
 * Parameter `probability` p, 0 < p <= 1. One column of counts. Statistic: the sum of r x. Estimate: p = N / (N + sum of r x).
 *
 * Edge cases: p = 1 is allowed, and reached when every count is 0; then the log-mass is 0 at 0 and -Infinity elsewhere. An estimate below
 * 1 is never rounded to 1, which would make observed rows impossible: near 1 the digits of 1 - p are kept besides. p = 0 is no distribution: counts would have no end. Nothing
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

    logDensity({ size, columns }, parameters, out) {
      const x = columns[0]!;
      const logSuccess = logSuccessOf(parameters);
      const logFailure = logFailureOf(parameters);
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
      return held.has('probability') ? about : proportionOf(count, statistics[0]!);
    },

    gain: (statistics, count, _about, from, to) => proportionGain(count, statistics[0]!, from, to),

    locate: ({ columns: [column] }) => proportionOf(1, column!.mean),

    holdable: ['probability'],

    sample(parameters, random, row) {
      row[0] = Math.min(Math.floor(random.exponential() / -logFailureOf(parameters)), Number.MAX_VALUE);
    },

    cdf: (x, parameters) => (x >= 0 ? -expm1((Math.floor(x) + 1) * logFailureOf(parameters)) : 0),

    quantile(chance, parameters) {
      if (!(chance > 0) || failureOf(parameters) === 0) return 0;
      if (chance >= 1) return Infinity;
      const logFailure = logFailureOf(parameters);
      const logRest = log1p(-chance);
      return smallestReaching((x) => (x + 1) * logFailure <= logRest, logRest / logFailure - 1, Number.MAX_VALUE);
    },

    mean: (parameters) => [failureOf(parameters) / parameters.probability],

    /** The change in standard deviations of the mean count that it makes: the divisor stays finite at p = 1, so that p may come to rest there. */
    distance(from, to) {
      const change = Math.abs(stepOf(from, to));
      if (change === 0) return 0;
      return change / (Math.min(from.probability, to.probability) * Math.sqrt(Math.max(failureOf(from), failureOf(to))));
    },

    rounding(parameters) {
      const resolution = resolutionOf(parameters);
      return resolution === 0 ? 0 : resolution / (parameters.probability * Math.sqrt(failureOf(parameters)));
    },

    codec: proportionCodec,
    refinements: PROPORTION_REFINEMENTS,
    show: showProportion,

    /** In the coordinate log(p / (1 - p)). */
    scores({ size, columns }, parameters, out) {
      const x = columns[0]!;
      const failure = failureOf(parameters);
      for (let i = 0; i < size; i += 1) out[i] = failure - parameters.probability * x[i]!;
    },

    exponentialForm: {
      length: 1,
      naturalParameters: (parameters) => [logFailureOf(parameters)],
      fromNatural: (natural) => ({ probability: -expm1(natural[0]!) }),
      logPartition: (natural) => -log1mexp(natural[0]!),
      sufficientStatistics: (row) => [row[0]!],
    },

    accuracy: { logDensity: 3, maximize: 5, cdf: 4, quantile: 0 },
  }),
});
