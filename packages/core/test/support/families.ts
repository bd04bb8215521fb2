import { type Block, defineFamily, degenerate, type Family } from '@emkit/core';
import { log } from '../../src/numerics/elementary.ts';

// Small families written here from their definitions, so that the engine's tests depend on nothing but the engine.

/** f(x) = rate exp(-rate x), x >= 0. */
export const decay = defineFamily<{ rate: number }>({
  id: 'decay',
  title: 'Exponential, for tests',
  create: () => ({
    id: 'decay',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity } }],
    parameters: { rate: { kind: 'positive' } },
    statisticsLength: 1,
    logDensity(block, { rate }, out) {
      const x = block.columns[0]!;
      for (let row = 0; row < block.size; row += 1) out[row] = x[row]! < 0 ? -Infinity : log(rate) - rate * x[row]!;
    },
    accumulate(block, responsibilities, _about, statistics) {
      const x = block.columns[0]!;
      for (let row = 0; row < block.size; row += 1) statistics[0]! += responsibilities[row]! * x[row]!;
    },
    maximize(statistics, count) {
      if (!(statistics[0]! > 0)) throw degenerate('rate', 'every value is 0');
      return { rate: count / statistics[0]! };
    },
    sample({ rate }, random, row) {
      row[0] = random.exponential() / rate;
    },
  }),
});

/** Normal with mean and variance, statistics about the current mean. */
export const bell = defineFamily<{ mean: number; variance: number }>({
  id: 'bell',
  title: 'Normal, for tests',
  create: () => ({
    id: 'bell',
    options: {},
    columns: [{ name: 'x', support: { kind: 'real' } }],
    parameters: { mean: { kind: 'real' }, variance: { kind: 'positive' } },
    statisticsLength: 2,
    holdable: ['mean', 'variance'],
    logDensity(block, { mean, variance }, out) {
      const x = block.columns[0]!;
      const constant = -0.5 * log(2 * Math.PI * variance);
      for (let row = 0; row < block.size; row += 1) out[row] = constant - (0.5 * (x[row]! - mean) ** 2) / variance;
    },
    accumulate(block, responsibilities, { mean }, statistics) {
      const x = block.columns[0]!;
      for (let row = 0; row < block.size; row += 1) {
        const difference = x[row]! - mean;
        statistics[0]! += responsibilities[row]! * difference;
        statistics[1]! += responsibilities[row]! * difference * difference;
      }
    },
    maximize(statistics, count, about, held) {
      const shift = statistics[0]! / count;
      const mean = held.has('mean') ? about.mean : about.mean + shift;
      const variance = held.has('variance') ? about.variance : statistics[1]! / count - (held.has('mean') ? 0 : shift * shift);
      if (!(variance > 0)) throw degenerate('variance', 'it fell to zero');
      return { mean, variance };
    },
    recentre(statistics, count, about, held) {
      const shift = statistics[0]! / count;
      if (held.has('mean') || shift * shift < 0.5 * (statistics[1]! / count)) return undefined;
      return { mean: about.mean + shift, variance: about.variance };
    },
    shareable: ['variance'],
    translate(statistics, count, about, to) {
      const shift = to.mean - about.mean;
      const first = statistics[0]! - count * shift;
      return Float64Array.of(first, statistics[1]! - shift * (statistics[0]! + first));
    },
    distance: (from, to) =>
      Math.max(Math.abs(from.mean - to.mean) / Math.sqrt(to.variance), Math.abs(from.variance - to.variance) / to.variance),
    sample({ mean, variance }, random, row) {
      row[0] = mean + Math.sqrt(variance) * random.normal();
    },
  }),
});

/** One trial: 0 or 1. */
export const toss = defineFamily<{ probability: number }, { trials: number | 'column' }>({
  id: 'toss',
  title: 'Binomial without its coefficient, for tests',
  options: { trials: { kind: 'integer', minimum: 1, orColumn: true, description: 'the number of trials' } },
  variants: [{ trials: 10 }],
  create({ trials }) {
    const column = trials === 'column';
    const trialsOf = (block: Block, row: number): number => (column ? block.columns[1]![row]! : (trials as number));
    const family: Family<{ probability: number }> = {
      id: 'toss',
      options: { trials },
      columns: [
        { name: 'successes', support: { kind: 'integer', minimum: 0, maximum: column ? { column: 1 } : (trials as number) } },
        ...(column ? [{ name: 'trials', support: { kind: 'integer', minimum: 1, maximum: Infinity }, given: true } as const] : []),
      ],
      parameters: { probability: { kind: 'probability' } },
      statisticsLength: 2,
      logDensity(block, { probability }, out) {
        const x = block.columns[0]!;
        for (let row = 0; row < block.size; row += 1) {
          const failures = trialsOf(block, row) - x[row]!;
          out[row] = (x[row]! === 0 ? 0 : x[row]! * log(probability)) + (failures === 0 ? 0 : failures * log(1 - probability));
        }
      },
      accumulate(block, responsibilities, _about, statistics) {
        const x = block.columns[0]!;
        for (let row = 0; row < block.size; row += 1) {
          statistics[0]! += responsibilities[row]! * x[row]!;
          statistics[1]! += responsibilities[row]! * (trialsOf(block, row) - x[row]!);
        }
      },
      maximize: (statistics) => ({ probability: statistics[0]! / (statistics[0]! + statistics[1]!) }),
      sample({ probability }, random, row) {
        let successes = 0;
        for (let trial = 0; trial < (column ? row[1]! : (trials as number)); trial += 1) if (random.uniform() < probability) successes += 1;
        row[0] = successes;
      },
    };
    return family;
  },
});
