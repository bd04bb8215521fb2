import { defineFamily, degenerate, type FamilyDefinition } from '@emkit/core';
import { log } from '@emkit/core/numerics';

/** Families that are part density, part probability. */

type Hurdle = { readonly zero: number; readonly rate: number };

/** Nothing with a probability, and otherwise an exponential amount. */
export const hurdle: FamilyDefinition<Hurdle> = defineFamily<Hurdle>({
  id: 'hurdle',
  title: 'Nothing, or an exponential amount',
  create: () => ({
    id: 'hurdle',
    options: {},
    columns: [{ name: 'amount', support: { kind: 'interval', minimum: 0, maximum: Infinity, atoms: [0] } }],
    parameters: { zero: { kind: 'probability' }, rate: { kind: 'positive' } },
    statisticsLength: 2,
    holdable: ['zero', 'rate'],

    logDensity({ size, columns: [x] }, { zero, rate }, out) {
      for (let row = 0; row < size; row += 1) {
        const amount = x![row]!;
        out[row] = amount > 0 ? log(1 - zero) + log(rate) - rate * amount : amount === 0 ? log(zero) : -Infinity;
      }
    },

    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) {
        if (x![row] === 0) statistics[0]! += responsibilities[row]!;
        else statistics[1]! += responsibilities[row]! * x![row]!;
      }
    },

    maximize([zeros, sum], count, about, held) {
      const rate = held.has('rate') || zeros === count ? about.rate : (count - zeros!) / sum!;
      if (!(rate > 0 && rate < Infinity)) throw degenerate('rate', 'the amounts of the component are no doubles');
      return { zero: held.has('zero') ? about.zero : Math.min(1, zeros! / count), rate };
    },

    sample({ zero, rate }, random, row) {
      row[0] = random.uniform() < zero ? 0 : random.exponential() / rate;
    },

    cdf: (x, { zero, rate }) => (x < 0 ? 0 : zero - (1 - zero) * Math.expm1(-rate * x)),
    quantile: (probability, { zero, rate }) => (probability <= zero ? 0 : Math.max(0, (log(1 - zero) - log(1 - probability)) / rate)),
    mean: ({ zero, rate }) => [(1 - zero) / rate],

    equivariance: { scale: true, shift: false, transform: ({ zero, rate }, [scale]) => ({ zero, rate: rate / scale! }) },
  }),
});

const LIMIT = 5;

/** Exponential times of which those beyond 5 are only known to be: P(x = 5) = exp(-5 rate). */
export const censored: FamilyDefinition<{ readonly rate: number }> = defineFamily<{ readonly rate: number }>({
  id: 'censored',
  title: 'Exponential, censored at 5',
  create: () => ({
    id: 'censored',
    options: {},
    columns: [{ name: 'time', support: { kind: 'interval', minimum: 0, maximum: LIMIT, atoms: [LIMIT] } }],
    parameters: { rate: { kind: 'positive' } },
    statisticsLength: 2,
    typical: { parameters: (random) => ({ rate: 0.05 + random.uniform() }) },

    logDensity({ size, columns: [x] }, { rate }, out) {
      for (let row = 0; row < size; row += 1) {
        const time = x![row]!;
        out[row] = time >= 0 && time <= LIMIT ? (time < LIMIT ? log(rate) : 0) - rate * time : -Infinity;
      }
    },

    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) {
        if (x![row]! < LIMIT) statistics[0]! += responsibilities[row]!;
        statistics[1]! += responsibilities[row]! * x![row]!;
      }
    },

    maximize([events, time], _count, about, held) {
      if (held.size > 0) return about;
      const rate = events! / time!;
      if (!(rate > 0 && rate < Infinity)) throw degenerate('rate', 'no time of the component ended before the limit, or all were 0');
      return { rate };
    },

    sample({ rate }, random, row) {
      row[0] = Math.min(LIMIT, random.exponential() / rate);
    },

    cdf: (x, { rate }) => (x < 0 ? 0 : x >= LIMIT ? 1 : -Math.expm1(-rate * x)),
    mean: ({ rate }) => [-Math.expm1(-rate * LIMIT) / rate],
  }),
});
