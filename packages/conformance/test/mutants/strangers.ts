import { degenerate, type Family } from '@emkit/core';

/** Right families as a stranger writes them: plain records, few capabilities, no reference. */

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** log k! by Stirling's series, by the sum of logarithms where that is short. */
function logFactorial(k: number): number {
  if (k >= 20) return (k + 0.5) * Math.log(k) - k + LOG_TWO_PI / 2 + 1 / (12 * k) - 1 / (360 * k ** 3) + 1 / (1260 * k ** 5);
  let sum = 0;
  for (let factor = 2; factor <= k; factor += 1) sum += Math.log(factor);
  return sum;
}

/** Draws a Poisson count by the gaps between events of rate 1. */
function poissonCount(rate: number, exponential: () => number): number {
  let count = -1;
  for (let waited = 0; waited <= rate; waited += exponential()) count += 1;
  return count;
}

/** log x is Gaussian, by the mean and the variance of the logarithm. */
export const logNormal: Family = {
  id: 'log-normal-of-a-stranger',
  options: {},
  columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
  parameters: { logMean: { kind: 'real' }, logVariance: { kind: 'positive' } },
  statisticsLength: 2,
  logDensity({ size, columns }, { logMean, logVariance }, out) {
    for (let row = 0; row < size; row += 1) {
      const x = columns[0]![row]!;
      const z = (Math.log(x) - logMean) / Math.sqrt(logVariance);
      out[row] = x > 0 ? -0.5 * (LOG_TWO_PI + Math.log(logVariance)) - Math.log(x) - 0.5 * z * z : -Infinity;
    }
  },
  accumulate({ size, columns }, responsibilities, { logMean }, statistics) {
    for (let row = 0; row < size; row += 1) {
      const difference = Math.log(columns[0]![row]!) - logMean;
      statistics[0]! += responsibilities[row]! * difference;
      statistics[1]! += responsibilities[row]! * difference * difference;
    }
  },
  maximize(statistics, count, about, held) {
    const step = statistics[0]! / count;
    const square = statistics[1]! / count;
    const logMean = held.has('logMean') ? about.logMean : about.logMean + step;
    if (held.has('logVariance')) return { logMean, logVariance: about.logVariance };
    const logVariance = held.has('logMean') ? square : square - step * step;
    if (!(logVariance > 1e-30 * (1 + logMean * logMean))) throw degenerate('logVariance', 'it fell to zero');
    return { logMean, logVariance };
  },
  recentre(statistics, count, about, held) {
    const step = statistics[0]! / count;
    if (held.has('logMean') || step * step < 0.9 * (statistics[1]! / count)) return undefined;
    const logMean = about.logMean + step;
    return logMean === about.logMean ? undefined : { ...about, logMean };
  },
  holdable: ['logMean', 'logVariance'],
  sample({ logMean, logVariance }, random, row) {
    row[0] = Math.exp(logMean + Math.sqrt(logVariance) * random.normal());
  },
  mean: ({ logMean, logVariance }) => [Math.exp(logMean + logVariance / 2)],
  distance: (from, to) =>
    Math.max(
      Math.abs(to.logMean - from.logMean) / Math.sqrt(from.logVariance),
      Math.abs(to.logVariance - from.logVariance) / from.logVariance,
    ),
};

/** A Gaussian height beside an exponential waiting time, independent within a component: two columns of different supports. */
export const heightAndWait: Family = {
  id: 'height-and-wait',
  options: {},
  columns: [
    { name: 'height', support: { kind: 'real' } },
    { name: 'wait', support: { kind: 'interval', minimum: 0, maximum: Infinity } },
  ],
  parameters: { mean: { kind: 'real' }, variance: { kind: 'positive' }, rate: { kind: 'positive' } },
  statisticsLength: 3,
  logDensity({ size, columns: [height, wait] }, { mean, variance, rate }, out) {
    for (let row = 0; row < size; row += 1) {
      const z = (height![row]! - mean) / Math.sqrt(variance);
      out[row] = wait![row]! >= 0 ? -0.5 * (LOG_TWO_PI + Math.log(variance) + z * z) + Math.log(rate) - rate * wait![row]! : -Infinity;
    }
  },
  accumulate({ size, columns: [height, wait] }, responsibilities, { mean }, statistics) {
    for (let row = 0; row < size; row += 1) {
      const difference = height![row]! - mean;
      statistics[0]! += responsibilities[row]! * difference;
      statistics[1]! += responsibilities[row]! * difference * difference;
      statistics[2]! += responsibilities[row]! * wait![row]!;
    }
  },
  maximize(statistics, count, about, held) {
    const step = held.has('mean') ? 0 : statistics[0]! / count;
    const mean = about.mean + step;
    const variance = held.has('variance') ? about.variance : statistics[1]! / count - step * step;
    if (!(Math.sqrt(variance) > 1e-15 * Math.abs(mean) && variance < Infinity)) throw degenerate('variance', 'it is no positive double');
    const rate = held.has('rate') ? about.rate : count / statistics[2]!;
    if (!(rate > 0 && rate < Infinity)) throw degenerate('rate', 'it is no positive double');
    return { mean, variance, rate };
  },
  recentre(statistics, count, about, held) {
    const step = statistics[0]! / count;
    if (held.has('mean') || step * step < 0.9 * (statistics[1]! / count)) return undefined;
    const mean = about.mean + step;
    return mean === about.mean ? undefined : { ...about, mean };
  },
  holdable: ['mean', 'variance', 'rate'],
  sample({ mean, variance, rate }, random, row) {
    row[0] = mean + Math.sqrt(variance) * random.normal();
    row[1] = random.exponential() / rate;
  },
  mean: ({ mean, rate }) => [mean, 1 / rate],
  distance: (from, to) =>
    Math.max(
      Math.abs(to.mean - from.mean) / Math.sqrt(from.variance),
      Math.abs(to.variance - from.variance) / from.variance,
      Math.abs(to.rate - from.rate) / from.rate,
    ),
};

/** Two independent Poisson counts: several columns of whole numbers. */
export const twoCounts: Family = {
  id: 'two-counts',
  options: {},
  columns: [
    { name: 'first', support: { kind: 'integer', minimum: 0, maximum: Infinity } },
    { name: 'second', support: { kind: 'integer', minimum: 0, maximum: Infinity } },
  ],
  parameters: { first: { kind: 'positive' }, second: { kind: 'positive' } },
  statisticsLength: 2,
  logDensity({ size, columns }, { first, second }, out) {
    for (let row = 0; row < size; row += 1) {
      const counts = [columns[0]![row]!, columns[1]![row]!] as const;
      const possible = counts.every((count) => count >= 0 && Number.isInteger(count));
      out[row] = possible
        ? counts[0] * Math.log(first) - first - logFactorial(counts[0]) + counts[1] * Math.log(second) - second - logFactorial(counts[1])
        : -Infinity;
    }
  },
  accumulate({ size, columns }, responsibilities, _about, statistics) {
    for (let row = 0; row < size; row += 1) {
      statistics[0]! += responsibilities[row]! * columns[0]![row]!;
      statistics[1]! += responsibilities[row]! * columns[1]![row]!;
    }
  },
  maximize(statistics, count, about, held) {
    const estimate = (name: 'first' | 'second', sum: number): number => {
      if (held.has(name)) return about[name];
      const rate = sum / count;
      if (!(rate > 0 && rate < Infinity)) throw degenerate(name, 'all counts are 0');
      return rate;
    };
    return { first: estimate('first', statistics[0]!), second: estimate('second', statistics[1]!) };
  },
  holdable: ['first', 'second'],
  sample({ first, second }, random, row) {
    row[0] = poissonCount(first, () => random.exponential());
    row[1] = poissonCount(second, () => random.exponential());
  },
  mean: ({ first, second }) => [first, second],
};

/** x^shape is exponential with a known shape: a Weibull distribution of one parameter, its tail far or near as the option says. */
export const stretched = (shape: number): Family => ({
  id: 'stretched',
  options: { shape },
  columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
  parameters: { rate: { kind: 'positive' } },
  statisticsLength: 1,
  logDensity({ size, columns }, { rate }, out) {
    for (let row = 0; row < size; row += 1) {
      const x = columns[0]![row]!;
      out[row] = x > 0 ? Math.log(shape * rate) + (shape - 1) * Math.log(x) - rate * x ** shape : -Infinity;
    }
  },
  accumulate({ size, columns }, responsibilities, _about, statistics) {
    for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * columns[0]![row]! ** shape;
  },
  maximize(statistics, count, about, held) {
    if (held.has('rate')) return about;
    const rate = count / statistics[0]!;
    if (!(rate > 0 && rate < Infinity)) throw degenerate('rate', 'it is no positive double');
    return { rate };
  },
  cdf: (x, { rate }) => (x > 0 ? -Math.expm1(-rate * x ** shape) : 0),
  quantile: (probability, { rate }) => (-Math.log1p(-probability) / rate) ** (1 / shape),
  sample({ rate }, random, row) {
    row[0] = (random.exponential() / rate) ** (1 / shape);
  },
});
