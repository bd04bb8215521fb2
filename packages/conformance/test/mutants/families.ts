import type { Block, Family, ParameterValues } from '@emkit/core';
import { binomial, exponential, gaussian, multivariateGaussian } from '@emkit/families';
import { broken, byRow, changedLogDensity, type Mutant } from './mutant.ts';

const waiting: Family = exponential();
const normal: Family = gaussian();
const plane: Family = multivariateGaussian({ dimension: 2 });
const coin: Family = binomial({ trials: 10 });
const manyCoins: Family = binomial({ trials: 1000 });

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** A Gaussian whose statistics are the sums of r x and r x^2: how not to do it. */
const uncentred: Family = broken(normal, {
  recentre: undefined as never,
  accumulate({ size, columns }: Block, responsibilities: Float64Array, _about: ParameterValues, statistics: Float64Array) {
    for (let row = 0; row < size; row += 1) {
      const x = columns[0]![row]!;
      statistics[0]! += responsibilities[row]! * x;
      statistics[1]! += responsibilities[row]! * x * x;
    }
  },
  maximize(statistics, count, about, held) {
    const mean = held.has('mean') ? (about as { mean: number }).mean : statistics[0]! / count;
    const variance = statistics[1]! / count - mean * mean;
    return { mean, variance: held.has('variance') ? (about as { variance: number }).variance : Math.max(variance, Number.MIN_VALUE) };
  },
});

/** The estimate of the original, changed. */
function changedEstimate(
  family: Family,
  change: (found: Record<string, number>, count: number, about: Record<string, number>) => Record<string, number>,
): Family {
  return broken(family, {
    maximize: (statistics, count, about, held) =>
      held.size > 0
        ? family.maximize(statistics, count, about, held)
        : change(family.maximize(statistics, count, about, held), count, about),
  });
}

function logFactorialByLogs(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k += 1) sum += Math.log(k);
  return sum;
}

interface Kept {
  readonly mean: number | undefined;
  readonly constant: number;
}

/** What the mutant with a stale cache remembers. */
let latest: Kept | undefined;

/** Defects that live in a family. Each wraps a family that conforms. */
export const familyMutants: readonly Mutant[] = [
  {
    name: 'nan-off-support',
    defect: 'the log-density is NaN off the support',
    law: 'domain',
    family: broken(waiting, { logDensity: byRow((x, { rate }) => (x < 0 ? Number.NaN : Math.log(rate!) - rate! * x)) }),
  },
  {
    name: 'density-off-support',
    defect: 'the density goes on off the support',
    law: 'domain',
    family: broken(waiting, { logDensity: byRow((x, { rate }) => Math.log(rate!) - rate! * Math.abs(x)) }),
  },
  {
    name: 'support-too-wide',
    defect: 'the support is declared as the whole real line',
    law: 'domain',
    family: broken(waiting, { columns: [{ name: 'x', support: { kind: 'real' } }] }),
  },
  {
    name: 'nan-on-the-edge',
    defect: 'a probability of 0 or 1 gives 0 log 0 = NaN',
    law: 'domain',
    family: broken(coin, {
      logDensity: byRow(
        (x, { probability }) =>
          logFactorialByLogs(10) -
          logFactorialByLogs(x) -
          logFactorialByLogs(10 - x) +
          x * Math.log(probability!) +
          (10 - x) * Math.log(1 - probability!),
      ),
    }),
  },
  {
    name: 'domain-too-wide',
    defect: 'a variance is declared to be any real number',
    law: 'domain',
    family: broken(normal, {
      parameters: { mean: { kind: 'real' }, variance: { kind: 'real' } },
      logDensity: byRow((x, { mean, variance }) => -0.5 * (LOG_TWO_PI + Math.log(variance!) + (x - mean!) ** 2 / variance!)),
    }),
  },
  {
    name: 'scaled-density',
    defect: 'the density is 0.2 times what it should be',
    law: 'normalisation',
    family: broken(normal, { logDensity: changedLogDensity(normal, (value) => value + Math.log(0.2)) }),
  },
  {
    name: 'dropped-constant',
    defect: 'the constant 2 pi is left out, in several dimensions',
    law: 'normalisation',
    family: broken(plane, { logDensity: changedLogDensity(plane, (value) => value + LOG_TWO_PI) }),
  },
  {
    name: 'dropped-coefficient',
    defect: 'the binomial coefficient is left out, since it cancels in the posterior',
    law: 'normalisation',
    family: broken(coin, { logDensity: byRow((x, { probability }) => x * Math.log(probability!) + (10 - x) * Math.log1p(-probability!)) }),
  },
  {
    name: 'swapped-parameter',
    defect: 'the variance is taken for the standard deviation: a density all the same',
    law: 'log-density',
    family: broken(normal, {
      logDensity: (block, parameters, out) => normal.logDensity(block, { ...parameters, variance: parameters.variance ** 2 }, out),
    }),
  },
  {
    name: 'linear-space',
    defect: 'the density is computed and then its logarithm taken: far points underflow',
    law: 'log-density',
    family: broken(normal, { logDensity: changedLogDensity(normal, (value) => Math.log(Math.exp(value))) }),
  },
  {
    name: 'differences-of-log-factorials',
    defect: 'log-factorials of a thousand are subtracted: digits cancel',
    law: 'log-density',
    family: broken(manyCoins, {
      logDensity: byRow((x, { probability }) => {
        if (x === 0 || x === 1000) return (x === 0 ? 1000 * Math.log1p(-probability!) : 1000 * Math.log(probability!)) + 0;
        if (probability === 0 || probability === 1) return -Infinity;
        return (
          logFactorialByLogs(1000) -
          logFactorialByLogs(x) -
          logFactorialByLogs(1000 - x) +
          x * Math.log(probability!) +
          (1000 - x) * Math.log1p(-probability!)
        );
      }),
    }),
  },
  {
    name: 'order-dependent',
    defect: 'later rows count a little more',
    law: 'statistics',
    family: broken(waiting, {
      accumulate({ size, columns }, responsibilities, _about, statistics) {
        for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * columns[0]![row]! * (1 + 1e-9 * row);
      },
    }),
  },
  {
    name: 'overwrites',
    defect: 'accumulate sets the statistics instead of adding to them',
    law: 'statistics',
    family: broken(normal, {
      accumulate(block, responsibilities, about, statistics) {
        statistics.fill(0);
        normal.accumulate(block, responsibilities, about, statistics);
      },
    }),
  },
  {
    name: 'hard-assignment',
    defect: 'responsibilities are rounded to 0 or 1',
    law: 'statistics',
    family: broken(normal, {
      accumulate: (block, responsibilities, about, statistics) =>
        normal.accumulate(block, responsibilities.map(Math.round), about, statistics),
    }),
  },
  {
    name: 'reads-too-far',
    defect: 'accumulate goes by the length of the responsibilities, not by the size of the block',
    law: 'statistics',
    family: broken(waiting, {
      accumulate({ columns }, responsibilities, _about, statistics) {
        responsibilities.forEach((responsibility, row) => {
          statistics[0]! += responsibility * (columns[0]![row] ?? 0);
        });
      },
    }),
  },
  {
    name: 'kernel-of-another',
    defect: 'the fast kernel takes the constant of other parameters than logDensity does',
    law: 'statistics',
    family: {
      ...waiting,
      kernel: {
        ...waiting.kernel!,
        constants(parameters) {
          const right = waiting.kernel!.constants(parameters);
          return right && { ...right, constant: right.constant + 1e-9 * parameters.rate };
        },
      },
    },
  },
  {
    name: 'unbiased-variance',
    defect: 'the variance is divided by N - 1',
    law: 'm-step',
    family: changedEstimate(normal, ({ mean, variance }, count) => ({
      mean: mean!,
      variance: count > 1 ? (variance! * count) / (count - 1) : variance!,
    })),
  },
  {
    name: 'off-by-one-divisor',
    defect: 'the rate is (N - 1) over the sum',
    law: 'm-step',
    family: changedEstimate(waiting, ({ rate }, count) => ({ rate: count > 1 ? (rate! * (count - 1)) / count : rate! })),
  },
  {
    name: 'uncentred-variance',
    defect: 'E[x^2] - E[x]^2: digits cancel far from zero',
    law: 'm-step',
    family: uncentred,
  },
  {
    name: 'absolute-floor',
    defect: '1e-6 is added to every variance',
    law: 'm-step',
    family: changedEstimate(normal, ({ mean, variance }) => ({ mean: mean!, variance: variance! + 1e-6 })),
  },
  {
    name: 'smoothed-probability',
    defect: 'one success and one failure are added (Laplace), unasked',
    law: 'm-step',
    family: broken(coin, {
      maximize: ([successes, failures], _count, about, held) =>
        held.size > 0 ? about : { probability: (successes! + 1) / (successes! + failures! + 2) },
    }),
  },
  {
    name: 'held-moves',
    defect: 'a held mean moves with the rest',
    law: 'm-step',
    family: broken(normal, { maximize: (statistics, count, about) => normal.maximize(statistics, count, about, new Set()) }),
  },
  {
    name: 'wrong-log-partition',
    defect: 'the log-partition has the wrong sign',
    law: 'exponential-family',
    family: broken(waiting, { exponentialForm: { ...waiting.exponentialForm!, logPartition: (natural) => Math.log(-natural[0]!) } }),
  },
  {
    name: 'scores-in-other-coordinates',
    defect: 'the score is the derivative with respect to the rate, not to its logarithm',
    law: 'exponential-family',
    family: broken(waiting, {
      scores({ size, columns }, { rate }, out) {
        for (let row = 0; row < size; row += 1) out[row] = 1 / rate - columns[0]![row]!;
      },
    }),
  },
  {
    name: 'cdf-of-another',
    defect: 'the cdf is that of a logistic distribution of the same mean and variance',
    law: 'cdf-quantile-sampler',
    family: broken(normal, { cdf: (x, { mean, variance }) => 1 / (1 + Math.exp((-(x - mean) * Math.PI) / Math.sqrt(3 * variance))) }),
  },
  {
    name: 'quantile-off-by-one',
    defect: 'the quantile is the next whole number',
    law: 'cdf-quantile-sampler',
    family: broken(coin, { quantile: (probability, parameters, row) => Math.min(10, coin.quantile!(probability, parameters, row) + 1) }),
  },
  {
    name: 'variance-for-deviation',
    defect: 'the sampler takes the variance for the standard deviation',
    law: 'cdf-quantile-sampler',
    family: broken(normal, {
      sample({ mean, variance }, random, row) {
        row[0] = mean + variance * random.normal();
      },
    }),
  },
  {
    name: 'covariance-for-factor',
    defect: 'the sampler multiplies by the covariance instead of its Cholesky factor',
    law: 'cdf-quantile-sampler',
    family: broken(plane, {
      sample({ mean, covariance }, random, row) {
        const normals = [random.normal(), random.normal()];
        for (let j = 0; j < 2; j += 1) row[j] = mean[j] + covariance[j][0] * normals[0]! + covariance[j][1] * normals[1]!;
      },
    }),
  },
  {
    name: 'own-randomness',
    defect: 'the sampler uses Math.random',
    law: 'cdf-quantile-sampler',
    family: broken(waiting, {
      sample({ rate }, _random, row) {
        row[0] = -Math.log1p(-Math.random()) / rate;
      },
    }),
  },
  {
    name: 'median-for-mean',
    defect: 'the stated mean is the median',
    law: 'cdf-quantile-sampler',
    family: broken(waiting, { mean: ({ rate }) => [Math.LN2 / rate] }),
  },
  {
    name: 'nan-far-out',
    defect: 'far rows get NaN: the square overflows and infinities are subtracted',
    law: 'responsibilities',
    family: broken(normal, {
      logDensity: byRow((x, { mean, variance }) => {
        const square = (x - mean!) ** 2 / variance!;
        return -0.5 * (LOG_TWO_PI + Math.log(variance!)) - (square === Infinity ? square - square : square) / 2;
      }),
    }),
  },
  {
    name: 'never-estimated',
    defect: 'the M-step leaves the variance at its start',
    law: 'recovery',
    family: changedEstimate(normal, ({ mean }, _count, { variance }) => ({ mean: mean!, variance: variance! })),
  },
  {
    name: 'biased-sampler',
    defect: 'draws are half as large again',
    law: 'recovery',
    family: broken(waiting, {
      sample(parameters, random, row) {
        waiting.sample!(parameters, random, row);
        row[0]! *= 1.5;
      },
    }),
  },
  {
    name: 'writes-to-responsibilities',
    defect: 'accumulate works in the array of responsibilities',
    law: 'equivariance-and-purity',
    family: broken(waiting, {
      accumulate(block, responsibilities, about, statistics) {
        waiting.accumulate(block, responsibilities, about, statistics);
        for (let row = 0; row < block.size; row += 1) responsibilities[row]! *= block.columns[0]![row]!;
      },
    }),
  },
  {
    name: 'stale-cache',
    defect: 'the normalising constant is kept while the mean stays the same',
    law: 'equivariance-and-purity',
    family: broken(normal, {
      logDensity: byRow((x, { mean, variance }) => {
        const kept: Kept =
          latest !== undefined && latest.mean === mean ? latest : { mean: mean!, constant: -0.5 * (LOG_TWO_PI + Math.log(variance!)) };
        latest = kept;
        return kept.constant - (x - mean!) ** 2 / (2 * variance!);
      }),
      cdf: undefined as never,
    }),
  },
  {
    name: 'sorts-its-input',
    defect: 'the M-step sorts the statistics in place',
    law: 'equivariance-and-purity',
    family: broken(normal, {
      maximize(statistics, count, about, held) {
        const found = normal.maximize(statistics, count, about, held);
        statistics.sort().reverse();
        return found;
      },
    }),
  },
  {
    name: 'distance-with-a-unit',
    defect: 'convergence is judged by the absolute change of the mean',
    law: 'equivariance-and-purity',
    family: broken(normal, { distance: (from, to) => Math.abs(from.mean - to.mean) }),
  },
  {
    name: 'locates-nowhere',
    defect: 'the crude location of equal rows has the variance 0',
    law: 'degenerate',
    family: broken(normal, {
      locate(summary) {
        const located = normal.locate!(summary);
        return summary.columns[0]!.minimum === summary.columns[0]!.maximum ? { ...located, variance: 0 } : located;
      },
    }),
  },
  {
    name: 'zero-variance',
    defect: 'on equal values the variance comes out as 0',
    law: 'degenerate',
    family: broken(normal, {
      maximize(statistics, count, about, held) {
        try {
          return normal.maximize(statistics, count, about, held);
        } catch {
          return { mean: about.mean, variance: 0 };
        }
      },
    }),
  },
  {
    name: 'nan-on-empty',
    defect: 'a component whose observations are all 0 gets the rate 0/0',
    law: 'degenerate',
    family: broken(normal, {
      maximize(statistics, count, about, held) {
        try {
          return normal.maximize(statistics, count, about, held);
        } catch {
          return { mean: Number.NaN, variance: Number.NaN };
        }
      },
    }),
  },
  {
    name: 'uncoded-error',
    defect: 'a collapse is thrown as a plain Error',
    law: 'degenerate',
    family: broken(normal, {
      maximize(statistics, count, about, held) {
        try {
          return normal.maximize(statistics, count, about, held);
        } catch {
          throw new Error('singular');
        }
      },
    }),
  },
  {
    name: 'never-content',
    defect: 'recentre asks for another point for ever',
    law: 'degenerate',
    family: broken(normal, { recentre: (_statistics, _count, about) => ({ ...about, mean: about.mean + 1 }) }),
  },
  {
    name: 'loses-sign',
    defect: 'the codec keeps the logarithm of the magnitude of the mean',
    law: 'codec-and-json',
    family: broken(normal, {
      codec: {
        length: 2,
        encode({ mean, variance }, out, offset) {
          out[offset] = Math.log(Math.abs(mean) + 1);
          out[offset + 1] = Math.log(variance);
        },
        decode: (vector, offset) => ({ mean: Math.exp(vector[offset]!) - 1, variance: Math.exp(vector[offset + 1]!) }),
      },
    }),
  },
  {
    name: 'ignores-offset',
    defect: 'the codec writes at the beginning, whatever the offset',
    law: 'codec-and-json',
    family: broken(waiting, {
      codec: {
        length: 1,
        encode({ rate }, out) {
          out[0] = Math.log(rate);
        },
        decode: (vector) => ({ rate: Math.exp(vector[0]!) }),
      },
    }),
  },
  {
    name: 'options-beyond-json',
    defect: 'an option is Infinity, which JSON does not have',
    law: 'codec-and-json',
    family: broken(waiting, { options: { limit: Infinity } }),
  },
  {
    name: 'incomplete-rows-left-out',
    defect: 'a row with any missing cell has density 1, as if nothing of it were known',
    law: 'missing-cells',
    family: broken(plane, {
      logDensity(block, parameters, out) {
        plane.logDensity(block, parameters, out);
        for (const cells of block.inexact ?? []) for (const row of cells?.rows ?? []) out[row] = 0;
      },
    }),
  },
  {
    name: 'placeholder-observed',
    defect: 'what stands in the place of a missing cell counts as observed',
    law: 'missing-cells',
    family: broken(plane, { logDensity: ({ size, columns }, parameters, out) => plane.logDensity({ size, columns }, parameters, out) }),
  },
];
