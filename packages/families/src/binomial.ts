import type { Column, Family, FamilyDefinition, Random } from '@emkit/core';
import {
  exp,
  expit,
  log,
  log1p,
  log1pexp,
  logBinomialMass,
  normalQuantile,
  regularizedBeta,
  regularizedBetaUpper,
} from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { smallestReaching } from './discrete-quantile.ts';
import {
  failureOf,
  PROPORTION_REFINEMENTS,
  type Proportion,
  proportionCodec,
  proportionGain,
  proportionOf,
  resolutionOf,
  showProportion,
  stepOf,
} from './proportion.ts';

/** The parameters of a binomial component: `probability` of a success in one trial, from 0 to 1, both included. */
export type BinomialParameters = { readonly probability: number };

/** `trials`: the number of trials of every row, a whole number >= 1, or `column`, a second column that holds it row by row. */
export type BinomialOptions = { readonly trials?: number | 'column' };

/** The largest number of trials whose log-masses are remembered where it is fixed: a table of 32 kB stays in the first cache. */
const LARGEST_TABLE = 4095;

/** The same where each row has its own number of trials: all counts of all numbers of trials up to it take as much. */
const SMALL_TRIALS = 89;

/** Where the counts of n trials start in a table of all numbers of trials. */
const triangle = (n: number): number => (n * (n + 1)) / 2;

/**
 * The binomial distribution: the number of successes in n independent trials.
 *
 * Mass f(x; n, p) = C(n, x) p^x (1 - p)^(n - x) for x = 0, 1, ..., n, with 0^0 = 1; 0 elsewhere.
 * Parameter `probability` p from 0 to 1. One column of counts; with `trials: 'column'` a second one, given, of the numbers of trials.
 * Statistics: the sums of r x and r (n - x). Estimate: p = S1 / (S1 + S2).
 *
 * Edge cases: p = 0 and p = 1 are allowed, and reached when all trials failed or all succeeded; then the log-mass is 0 for the one
 * possible count and -Infinity for the others, never NaN. An estimate strictly between 0 and 1 is never rounded to either of them,
 * which would make observed rows impossible: near 1 the digits of 1 - p are kept besides. Nothing degenerates: one row, or equal rows, have their estimate.
 *
 * Method: the saddle-point form of C. Loader, Fast and accurate computation of binomial probabilities (2000), which keeps its
 * digits for any n, where differences of log-gammas lose them. Sampling: inversion for small n min(p, 1 - p), else the
 * transformed rejection BTRS of W. Hoermann, The generation of binomial random variates (1993).
 */
export const binomial: FamilyDefinition<BinomialParameters, BinomialOptions> = defineFamily<BinomialParameters, BinomialOptions>({
  id: 'binomial',
  title: 'Binomial, successes in a number of trials',
  options: {
    trials: {
      kind: 'integer',
      minimum: 1,
      orColumn: true,
      description: "the number of trials of every row, or 'column' where a second column holds it",
    },
  },
  variants: [{ trials: 10 }, { trials: 'column' }, { trials: 1 }, { trials: 1000 }],
  create: ({ trials }) => makeFamily(trials!),
});

function makeFamily(trials: number | 'column'): Family<BinomialParameters> {
  const fixed = trials === 'column' ? undefined : trials;
  const counts: Column = { name: 'successes', support: { kind: 'integer', minimum: 0, maximum: fixed ?? { column: 1 } } };
  const given: Column = { name: 'trials', support: { kind: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, given: true };
  const trialsOf = (row: Float64Array | undefined): number => fixed ?? row![1]!;

  /** Log-masses by count for each record of parameters, where the number of trials is small: filled when asked for, NaN until then. */
  const tables = new WeakMap<BinomialParameters, Float64Array>();
  const tableOf = (parameters: BinomialParameters, length: number): Float64Array => {
    let table = tables.get(parameters);
    if (table === undefined) {
      table = new Float64Array(length).fill(Number.NaN);
      tables.set(parameters, table);
    }
    return table;
  };

  /** What the change of a probability is measured in, `rarer` being that of the rarer outcome. */
  const scaleOf = (rarer: number): number => Math.max(rarer, Math.sqrt(rarer / (fixed ?? MANY_TRIALS)));

  return {
    id: 'binomial',
    options: { trials },
    columns: fixed === undefined ? [counts, given] : [counts],
    parameters: { probability: { kind: 'probability' } },
    statisticsLength: 2,

    logDensity({ size, columns }, parameters, out) {
      const x = columns[0]!;
      if (fixed === undefined) {
        const n = columns[1]!;
        const table = tableOf(parameters, triangle(SMALL_TRIALS + 1));
        for (let i = 0; i < size; i += 1) {
          const count = x[i]!;
          const total = n[i]!;
          if (!(isWhole(count) && isWhole(total) && count <= total)) out[i] = -Infinity;
          else if (total > SMALL_TRIALS) out[i] = logMass(count, total, parameters);
          else {
            const index = triangle(total) + count;
            let value = table[index]!;
            if (Number.isNaN(value)) table[index] = value = logMass(count, total, parameters);
            out[i] = value;
          }
        }
      } else if (fixed > LARGEST_TABLE) {
        for (let i = 0; i < size; i += 1) out[i] = isWhole(x[i]!) ? logMass(x[i]!, fixed, parameters) : -Infinity;
      } else {
        const table = tableOf(parameters, fixed + 1);
        for (let i = 0; i < size; i += 1) {
          const count = x[i]!;
          const index = count | 0;
          if (index !== count || index < 0 || index > fixed) {
            out[i] = -Infinity;
            continue;
          }
          let value = table[index]!;
          if (Number.isNaN(value)) table[index] = value = logMass(index, fixed, parameters);
          out[i] = value;
        }
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      const x = columns[0]!;
      const n = columns[1];
      // Sums over a few rows at a time round less.
      for (let start = 0; start < size; start += 128) {
        const end = Math.min(size, start + 128);
        let successes = 0;
        let failures = 0;
        if (fixed === undefined) {
          for (let i = start; i < end; i += 1) {
            successes += responsibilities[i]! * x[i]!;
            failures += responsibilities[i]! * (n![i]! - x[i]!);
          }
        } else {
          for (let i = start; i < end; i += 1) {
            successes += responsibilities[i]! * x[i]!;
            failures += responsibilities[i]! * (fixed - x[i]!);
          }
        }
        statistics[0]! += successes;
        statistics[1]! += failures;
      }
    },

    maximize(statistics, _count, about, held) {
      if (held.has('probability')) return about;
      return estimate(statistics[0]!, statistics[1]!) ?? about;
    },

    gain: (statistics, _count, _about, from, to) => proportionGain(statistics[0]!, statistics[1]!, from, to),

    locate({ columns: [successes, trials] }) {
      const mean = fixed ?? trials!.mean;
      return estimate(successes!.mean, mean - successes!.mean) ?? { probability: 0.5 };
    },

    holdable: ['probability'],

    sample(parameters, random, row) {
      row[0] = draw(trialsOf(row), parameters, random);
    },

    cdf(x, parameters, row) {
      const n = trialsOf(row);
      const whole = Math.floor(x);
      if (whole < 0) return 0;
      if (whole >= n) return 1;
      return lowerTail(whole, n, parameters);
    },

    quantile(chance, parameters, row) {
      const n = trialsOf(row);
      const { probability } = parameters;
      const failure = failureOf(parameters);
      if (chance <= 0 || probability === 0) return 0;
      if (chance >= 1 || failure === 0) return n;
      const reaches = (x: number): boolean => lowerTail(x, n, parameters) >= chance;
      const guess = n * probability + normalQuantile(chance) * Math.sqrt(n * probability * failure);
      return smallestReaching(reaches, guess, n);
    },

    mean: ({ probability }, row) => (fixed === undefined ? [trialsOf(row) * probability, 0] : [fixed * probability]),

    /**
     * The change in parts of the rarer outcome's probability m, or where m is so small that no success is expected in the trials of
     * a row, in parts of sqrt(m / n): a probability on its way to 0 then comes to rest.
     */
    distance(from, to) {
      const change = Math.abs(stepOf(from, to));
      return change === 0 ? 0 : change / scaleOf(Math.max(rarerOf(from), rarerOf(to)));
    },

    rounding(parameters) {
      const resolution = resolutionOf(parameters);
      return resolution === 0 ? 0 : resolution / scaleOf(rarerOf(parameters));
    },

    codec: proportionCodec,
    refinements: PROPORTION_REFINEMENTS,
    show: showProportion,

    /** In the coordinate log(p / (1 - p)). */
    scores({ size, columns }, parameters, out) {
      const x = columns[0]!;
      const failure = failureOf(parameters);
      const { probability } = parameters;
      for (let i = 0; i < size; i += 1) {
        const trials = fixed ?? columns[1]![i]!;
        out[i] = probability > 0.5 ? trials * failure - (trials - x[i]!) : x[i]! - trials * probability;
      }
    },

    // The cdf's in parts of the larger of 1 and its logarithm.
    accuracy: { logDensity: 4, maximize: 5, cdf: 8, quantile: 0 },

    // With trials row by row there is one natural form for each number of them.
    ...(fixed === undefined
      ? {}
      : {
          exponentialForm: {
            length: 1,
            naturalParameters: (parameters: BinomialParameters) => {
              const natural = new Float64Array(1);
              proportionCodec.encode(parameters, natural, 0);
              return [natural[0]!];
            },
            fromNatural: (natural: readonly number[]) => ({ probability: expit(natural[0]!) }),
            logPartition: (natural: readonly number[]) => fixed * log1pexp(natural[0]!),
            sufficientStatistics: (row: Float64Array) => [row[0]!],
          },
        }),
  };
}

/** Stands for the number of trials in `distance` where each row has its own: above it, probabilities count relatively. */
const MANY_TRIALS = 1e12;

/** The share of successes, undefined without trials. */
function estimate(successes: number, failures: number): Proportion | undefined {
  return successes + failures > 0 ? proportionOf(successes, failures) : undefined;
}

const rarerOf = (parameters: Proportion): number => Math.min(parameters.probability, failureOf(parameters));

/** By its rarer outcome where that has digits of its own. */
function logMass(count: number, trials: number, { probability, complement }: Proportion): number {
  return complement === undefined ? logBinomialMass(count, trials, probability) : logBinomialMass(trials - count, trials, complement);
}

function isWhole(x: number): boolean {
  return x >= 0 && Math.floor(x) === x;
}

/** P(X <= x) = I_{1-p}(n - x, x + 1) for whole x from 0 to n - 1. */
function lowerTail(x: number, n: number, { probability, complement }: Proportion): number {
  return complement === undefined ? regularizedBetaUpper(probability, x + 1, n - x) : regularizedBeta(complement, n - x, x + 1);
}

/** One draw. Inversion costs about n min(p, 1 - p) steps, rejection a few whatever n. */
function draw(n: number, parameters: Proportion, random: Random): number {
  const flipped = parameters.probability > 0.5;
  const rarer = flipped ? failureOf(parameters) : parameters.probability;
  const count = n * rarer < 10 ? drawByInversion(n, rarer, random) : drawByRejection(n, rarer, random);
  return flipped ? n - count : count;
}

/** Far above any count that n p < 10 gives with a probability above 1e-100: where rounding leaves something over, draw again. */
const INVERSION_LIMIT = 150;

function drawByInversion(n: number, probability: number, random: Random): number {
  const odds = probability / (1 - probability);
  const none = exp(n * log1p(-probability));
  for (;;) {
    let rest = random.uniform();
    let mass = none;
    for (let x = 0; x <= n && x <= INVERSION_LIMIT; x += 1) {
      if (rest < mass) return x;
      rest -= mass;
      mass *= ((n - x) / (x + 1)) * odds;
    }
  }
}

/** Hoermann's BTRS for p <= 1/2 and n p >= 10; the constants are his. */
function drawByRejection(n: number, probability: number, random: Random): number {
  const deviation = Math.sqrt(n * probability * (1 - probability));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * probability;
  const centre = n * probability + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const logMode = logBinomialMass(Math.floor((n + 1) * probability), n, probability);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const edge = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= squeeze) return count;
    if (!(count >= 0 && count <= n)) continue;
    if (log((v * alpha) / (a / (edge * edge) + b)) <= logBinomialMass(count, n, probability) - logMode) return count;
  }
}
