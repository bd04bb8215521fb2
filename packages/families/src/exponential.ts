import { degenerate, type FamilyDefinition } from '@emkit/core';
import { expm1, log, log1p, powerOfTwo } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { rateGain } from './gain.ts';

/** The parameters of an exponential component: `rate`, one over the mean, > 0, in one over the unit of the data. */
export type ExponentialParameters = { readonly rate: number };

/**
 * The exponential distribution, for waiting times and other non-negative amounts without memory.
 *
 * Density f(x; rate) = rate exp(-rate x) for x >= 0, 0 elsewhere; log-density log rate - rate x.
 * Parameter `rate` > 0. One column, x >= 0. Statistic: the sum of r x. Estimate: rate = N / (sum of r x).
 *
 * Edge cases: at x = 0 the density is the rate itself, so x = 0 needs no care; equal values do no harm (their estimate is one
 * over the value); where all the responsibility lies on x = 0 the likelihood grows without bound and the M-step throws
 * `COMPONENT_DEGENERATE`. A far point's log-density is simply large and negative, -Infinity only beyond the largest double.
 *
 * Source: the M-step lambda_k = N_k / sum of gamma_ik x_i for mixtures of exponentials; Johnson, Kotz and Balakrishnan,
 * Continuous Univariate Distributions 1 (1994), chapter 19.
 */
export const exponential: FamilyDefinition<ExponentialParameters> = defineFamily<ExponentialParameters>({
  id: 'exponential',
  title: 'Exponential, by its rate',
  create: () => ({
    id: 'exponential',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity } }],
    parameters: { rate: { kind: 'positive' } },
    statisticsLength: 1,

    logDensity({ size, columns }, { rate }, out) {
      const x = columns[0]!;
      const logRate = log(rate);
      for (let i = 0; i < size; i += 1) {
        const value = x[i]!;
        out[i] = value >= 0 ? logRate - rate * value : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      const unit = unitOfRate(about.rate);
      // Four sums side by side: they do not wait for one another, and each rounds a quarter as often.
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      let i = 0;
      for (; i + 3 < size; i += 4) {
        sum0 += responsibilities[i]! * (x[i]! * unit);
        sum1 += responsibilities[i + 1]! * (x[i + 1]! * unit);
        sum2 += responsibilities[i + 2]! * (x[i + 2]! * unit);
        sum3 += responsibilities[i + 3]! * (x[i + 3]! * unit);
      }
      for (; i < size; i += 1) sum0 += responsibilities[i]! * (x[i]! * unit);
      statistics[0]! += sum0 + sum1 + (sum2 + sum3);
    },

    maximize(statistics, count, about, held) {
      if (held.has('rate')) return about;
      const sum = statistics[0]!;
      if (!(sum > 0))
        throw degenerate('rate', 'every observation of the component is 0, so that its likelihood grows with the rate without bound');
      const rate = (count / sum) * unitOfRate(about.rate);
      if (!(rate > 0 && rate < Infinity))
        throw degenerate('rate', 'it is too large or too small for a double: change the unit of the column');
      return { rate };
    },

    gain(statistics, count, about, from, to) {
      const unit = unitOfRate(about.rate);
      return rateGain(count, statistics[0]!, from.rate / unit, to.rate / unit);
    },

    locate: ({ columns: [column] }) => ({ rate: column!.mean > 0 ? Math.min(1 / column!.mean, Number.MAX_VALUE) : 1 }),

    holdable: ['rate'],

    sample({ rate }, random, row) {
      row[0] = random.exponential() / rate;
    },

    cdf: (x, { rate }) => (x > 0 ? -expm1(-rate * x) : 0),
    quantile: (probability, { rate }) => -log1p(-probability) / rate,
    mean: ({ rate }) => [1 / rate],

    distance: (from, to) => Math.abs(to.rate - from.rate) / Math.max(to.rate, from.rate),

    /** In the coordinate log rate. */
    scores({ size, columns }, { rate }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = 1 - rate * x[i]!;
    },

    exponentialForm: {
      length: 1,
      naturalParameters: ({ rate }) => [-rate],
      fromNatural: (natural) => ({ rate: -natural[0]! }),
      logPartition: (natural) => -log(-natural[0]!),
      sufficientStatistics: (row) => [row[0]!],
    },

    kernel: {
      density: 'exponential',
      constants: ({ rate }) => {
        if (unitOfRate(rate) !== 1) return undefined;
        return { constant: log(rate), location: new Float64Array(), scale: Float64Array.of(rate), units: Float64Array.of(1) };
      },
    },

    // The log-density's in parts of |log rate| + rate x, its two terms.
    accuracy: { logDensity: 2, maximize: 5, cdf: 2, quantile: 2 },

    equivariance: {
      scale: true,
      shift: false,
      transform: ({ rate }, scale) => ({ rate: rate / scale[0]! }),
    },
  }),
});

const HUGE: number = powerOfTwo(900);
const UP: number = powerOfTwo(200);

/**
 * The power of two that x is multiplied by in the statistic: 1, except where the data lie so near the end of the doubles that
 * their sum could overflow, or their products with small responsibilities lose digits below 2^-1022.
 */
function unitOfRate(rate: number): number {
  return rate > HUGE ? UP : rate < 1 / HUGE ? 1 / UP : 1;
}
