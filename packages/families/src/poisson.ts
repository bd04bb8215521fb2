import { degenerate, type FamilyDefinition, type Random } from '@emkit/core';
import { exp, log, logPoissonMass, normalQuantile, regularizedGammaP, regularizedGammaQ } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { smallestReaching } from './discrete-quantile.ts';
import { rateGain } from './gain.ts';
import { shareOf } from './proportion.ts';

/** The parameters of a Poisson component: `rate`, the mean count, >= 0. */
export type PoissonParameters = { readonly rate: number };

/**
 * The Poisson distribution, for counts of events that happen independently of one another.
 *
 * Mass f(x; rate) = rate^x exp(-rate) / x! for x = 0, 1, 2, ..., with 0^0 = 1; 0 elsewhere.
 * Parameter `rate` >= 0. One column of counts. Statistic: the sum of r x. Estimate: rate = (sum of r x) / N.
 *
 * Edge cases: a rate of 0 is allowed, and reached by a component all of whose counts are 0 (structural zeros); then the log-mass is 0 at 0
 * and -Infinity elsewhere. Nothing degenerates. Counts of any size keep their digits: 1e15 against a rate of 1e15 as well as 3
 * against 3.
 *
 * Method: the saddle-point form of C. Loader, Fast and accurate computation of binomial probabilities (2000); cdf by the incomplete gamma
 * function, P(X <= x) = Q(x + 1, rate). Sampling: inversion for a rate below 10, else the transformed rejection PTRS of W. Hoermann, The
 * transformed rejection method for generating Poisson random variables (1993).
 *
 * Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005), chapter 4.
 */
export const poisson: FamilyDefinition<PoissonParameters> = defineFamily<PoissonParameters>({
  id: 'poisson',
  title: 'Poisson counts, by their rate',
  create: () => ({
    id: 'poisson',
    options: {},
    columns: [{ name: 'x', support: { kind: 'integer', minimum: 0, maximum: Infinity } }],
    parameters: { rate: { kind: 'non-negative' } },
    statisticsLength: 1,

    logDensity({ size, columns }, { rate }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = Math.floor(x[i]!) === x[i]! ? logPoissonMass(x[i]!, rate) : -Infinity;
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
      if (held.has('rate')) return about;
      const rate = shareOf(statistics[0]!, count);
      if (!(rate < Infinity)) throw degenerate('rate', 'it is too large for a double');
      return { rate };
    },

    gain: (statistics, count, _about, from, to) => rateGain(statistics[0]!, count, from.rate, to.rate),

    locate: ({ columns: [column] }) => ({ rate: column!.mean }),

    holdable: ['rate'],

    sample({ rate }, random, row) {
      row[0] = rate < 10 ? drawByInversion(rate, random) : drawByRejection(rate, random);
    },

    cdf: (x, { rate }) => (x >= 0 ? regularizedGammaQ(Math.floor(x) + 1, rate) : 0),

    quantile(probability, { rate }) {
      if (!(probability > 0)) return 0;
      if (probability >= 1) return Infinity;
      // Each tail against its own probability: 1 - probability is exact from 1/2 on.
      const rest = 1 - probability;
      const reaches =
        probability < 0.5
          ? (x: number): boolean => regularizedGammaQ(x + 1, rate) >= probability
          : (x: number): boolean => regularizedGammaP(x + 1, rate) <= rest;
      const deviate = normalQuantile(probability);
      return smallestReaching(reaches, rate + deviate * Math.sqrt(rate) + (deviate * deviate - 1) / 6, Number.MAX_VALUE);
    },

    mean: ({ rate }) => [rate],

    /** The change in parts of the rate, or where hardly any count is above 0, of its square root: a rate on its way to 0 comes to rest. */
    distance: (from, to) => {
      const larger = Math.max(from.rate, to.rate);
      return larger === 0 ? 0 : Math.abs(to.rate - from.rate) / Math.max(larger, Math.sqrt(larger));
    },

    /** In the coordinate log rate. */
    scores({ size, columns }, { rate }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = x[i]! - rate;
    },

    exponentialForm: {
      length: 1,
      naturalParameters: ({ rate }) => [log(rate)],
      fromNatural: (natural) => ({ rate: exp(natural[0]!) }),
      logPartition: (natural) => exp(natural[0]!),
      sufficientStatistics: (row) => [row[0]!],
    },

    accuracy: { logDensity: 4, maximize: 5, cdf: 8, quantile: 0 },
  }),
});

/** Far above any count that a rate below 10 gives with a probability above 1e-100: where rounding leaves something over, draw again. */
const INVERSION_LIMIT = 150;

function drawByInversion(rate: number, random: Random): number {
  const none = exp(-rate);
  for (;;) {
    let rest = random.uniform();
    let mass = none;
    for (let x = 0; x <= INVERSION_LIMIT; x += 1) {
      if (rest < mass) return x;
      rest -= mass;
      mass *= rate / (x + 1);
    }
  }
}

/** Hoermann's PTRS for a rate >= 10; the constants are his. */
function drawByRejection(rate: number, random: Random): number {
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniformOpen();
    const edge = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / edge + b) * u + rate + 0.43);
    if (edge >= 0.07 && v <= squeeze) return count;
    if (!(count >= 0 && count < Infinity) || (edge < 0.013 && v > edge)) continue;
    if (log((v * inverseAlpha) / (a / (edge * edge) + b)) <= logPoissonMass(count, rate)) return count;
  }
}
