import { defineFamily, degenerate, type FamilyDefinition } from '@emkit/core';
import { exp, expit, log, log1p, log1pexp, logAddExp, normalCdf, normalQuantile } from '@emkit/core/numerics';

/** One observed column, no more than three functions, and something that a careless check stumbles over. */

type Scale = { readonly scale: number };

/** The Laplace distribution about a place of its own, where its density has a kink that no node of a quadrature meets. */
export const kink: FamilyDefinition<Scale> = defineFamily<Scale>({
  id: 'kink',
  title: 'Laplace about 1.7',
  create: () => ({
    id: 'kink',
    options: {},
    columns: [{ name: 'x', support: { kind: 'real' } }],
    parameters: { scale: { kind: 'positive' } },
    statisticsLength: 1,
    logDensity({ size, columns: [x] }, { scale }, out) {
      for (let row = 0; row < size; row += 1) out[row] = -log(2 * scale) - Math.abs(x![row]! - KINK) / scale;
    },
    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * Math.abs(x![row]! - KINK);
    },
    maximize([sum], count, about, held) {
      if (held.size > 0) return about;
      const scale = sum! / count;
      if (!(scale > 0 && scale < Infinity)) throw degenerate('scale', 'the observations of the component are at the kink, or no doubles');
      return { scale };
    },
    sample({ scale }, random, row) {
      row[0] = KINK + (random.uniform() < 0.5 ? -scale : scale) * random.exponential();
    },
    cdf: (x, { scale }) => (x < KINK ? 0.5 * exp((x - KINK) / scale) : 1 - 0.5 * exp((KINK - x) / scale)),
    mean: () => [KINK],
  }),
});

const KINK = 1.7;

/** A narrow spike in a broad bell, 3000 times as wide: f = (1 - share) N(0, 1) + share N(1, 1/3000^2). Which of the two a row is from is latent. */
export const spike: FamilyDefinition<{ readonly share: number }> = defineFamily<{ readonly share: number }>({
  id: 'spike',
  title: 'A spike in a bell, by its share',
  create: () => ({
    id: 'spike',
    options: {},
    columns: [{ name: 'x', support: { kind: 'real' } }],
    parameters: { share: { kind: 'probability' } },
    statisticsLength: 1,
    ascends: true,
    typical: { row: (random) => [random.uniform() < 0.3 ? 1 + WIDTH * random.normal() : 2 * random.normal()] },
    logDensity({ size, columns: [x] }, { share }, out) {
      for (let row = 0; row < size; row += 1) out[row] = logAddExp(...parts(x![row]!, share));
    },
    accumulate({ size, columns: [x] }, responsibilities, { share }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const [bell, narrow] = parts(x![row]!, share);
        statistics[0]! += responsibilities[row]! * (narrow === -Infinity ? 0 : expit(narrow - bell));
      }
    },
    maximize([sum], count, about, held) {
      return held.size > 0 ? about : { share: Math.min(1, sum! / count) };
    },
    sample({ share }, random, row) {
      row[0] = random.uniform() < share ? 1 + WIDTH * random.normal() : random.normal();
    },
    cdf: (x, { share }) => (1 - share) * normalCdf(x) + share * normalCdf((x - 1) / WIDTH),
    mean: ({ share }) => [share],
  }),
});

const WIDTH = 1 / 3000;

/** The logarithms of the two parts of the density. */
function parts(x: number, share: number): [number, number] {
  const bell = -0.5 * log(2 * Math.PI) - 0.5 * x * x;
  const away = (x - 1) / WIDTH;
  return [log(1 - share) + bell, log(share) - log(WIDTH) - 0.5 * log(2 * Math.PI) - 0.5 * away * away];
}

/** f = a (1 - x)^(a - 1) on 0 to below 1: for a below 1 its mass piles up at 1, a good part of it nearer than any double. */
export const piled: FamilyDefinition<{ readonly exponent: number }> = defineFamily<{ readonly exponent: number }>({
  id: 'piled',
  title: 'A power of the distance from 1',
  create: () => ({
    id: 'piled',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: 1, maximumOpen: true } }],
    parameters: { exponent: { kind: 'positive' } },
    statisticsLength: 1,
    // Where the distances are no doubles any more, draws are not from this density.
    typical: { parameters: (random) => ({ exponent: 0.3 * exp(3 * random.uniform()) }) },
    logDensity({ size, columns: [x] }, { exponent }, out) {
      for (let row = 0; row < size; row += 1) {
        const value = x![row]!;
        out[row] = value >= 0 && value < 1 ? log(exponent) + (exponent - 1) * log1p(-value) : -Infinity;
      }
    },
    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[0]! -= responsibilities[row]! * log1p(-x![row]!);
    },
    maximize([sum], count, about, held) {
      if (held.size > 0) return about;
      const exponent = count / sum!;
      if (!(exponent > 0 && exponent < Infinity)) throw degenerate('exponent', 'every observation of the component is 0');
      return { exponent };
    },
    sample({ exponent }, random, row) {
      row[0] = Math.min(1 - 2 ** -53, 1 - exp(-random.exponential() / exponent));
    },
    cdf: (x, { exponent }) => (x < 0 ? 0 : x >= 1 ? 1 : -Math.expm1(exponent * log1p(-x))),
    mean: ({ exponent }) => [1 / (1 + exponent)],
  }),
});

/** Pareto above 1: its mean need not exist. */
export const pareto: FamilyDefinition<{ readonly index: number }> = defineFamily<{ readonly index: number }>({
  id: 'pareto',
  title: 'Pareto above 1, by its index',
  create: () => ({
    id: 'pareto',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 1, maximum: Infinity } }],
    parameters: { index: { kind: 'positive' } },
    statisticsLength: 1,
    typical: { parameters: (random) => ({ index: 0.2 * exp(3 * random.uniform()) }) },
    logDensity({ size, columns: [x] }, { index }, out) {
      for (let row = 0; row < size; row += 1) out[row] = x![row]! >= 1 ? log(index) - (index + 1) * log(x![row]!) : -Infinity;
    },
    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * log(x![row]!);
    },
    maximize([sum], count, about, held) {
      if (held.size > 0) return about;
      const index = count / sum!;
      if (!(index > 0 && index < Infinity)) throw degenerate('index', 'every observation of the component is 1');
      return { index };
    },
    sample({ index }, random, row) {
      row[0] = Math.min(Number.MAX_VALUE, exp(random.exponential() / index));
    },
    cdf: (x, { index }) => (x >= 1 ? -Math.expm1(-index * log(x)) : 0),
    quantile: (probability, { index }) => exp(-log1p(-probability) / index),
  }),
});

/** A coin by its log-odds, of which 5 is much and 10 all there is. */
export const coin: FamilyDefinition<{ readonly logOdds: number }> = defineFamily<{ readonly logOdds: number }>({
  id: 'coin',
  title: 'A coin, by its log-odds',
  create: () => ({
    id: 'coin',
    options: {},
    columns: [{ name: 'heads', support: { kind: 'integer', minimum: 0, maximum: 1 } }],
    parameters: { logOdds: { kind: 'real' } },
    statisticsLength: 2,
    typical: { parameters: (random) => ({ logOdds: 8 * random.uniform() - 4 }) },
    logDensity({ size, columns: [x] }, { logOdds }, out) {
      for (let row = 0; row < size; row += 1)
        out[row] = x![row] === 1 ? -log1pexp(-logOdds) : x![row] === 0 ? -log1pexp(logOdds) : -Infinity;
    },
    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[x![row]!]! += responsibilities[row]!;
    },
    maximize([tails, heads], _count, about, held) {
      if (held.size > 0) return about;
      if (!(heads! > 0 && tails! > 0)) throw degenerate('logOdds', 'every toss of the component fell on one side');
      return { logOdds: log(heads!) - log(tails!) };
    },
    sample({ logOdds }, random, row) {
      row[0] = random.uniform() < expit(logOdds) ? 1 : 0;
    },
    mean: ({ logOdds }) => [expit(logOdds)],
    distance: (from, to) => Math.abs(to.logOdds - from.logOdds),
  }),
});

type LogNormal = { readonly logMean: number; readonly logVariance: number };

/** Log-normal amounts. Sums about the given log-mean. */
export const logNormal: FamilyDefinition<LogNormal> = defineFamily<LogNormal>({
  id: 'log-normal-amounts',
  title: 'Amounts whose logarithms are normal',
  create: () => ({
    id: 'log-normal-amounts',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
    parameters: { logMean: { kind: 'real' }, logVariance: { kind: 'positive' } },
    statisticsLength: 2,
    typical: { parameters: (random) => ({ logMean: 6 * random.uniform() - 3, logVariance: 0.05 * exp(4 * random.uniform()) }) },
    logDensity({ size, columns: [x] }, { logMean, logVariance }, out) {
      for (let row = 0; row < size; row += 1) {
        const logarithm = log(x![row]!);
        const z = (logarithm - logMean) / Math.sqrt(logVariance);
        out[row] = x![row]! > 0 && z - z === 0 ? -0.5 * log(2 * Math.PI) - 0.5 * log(logVariance) - logarithm - 0.5 * z * z : -Infinity;
      }
    },
    accumulate({ size, columns: [x] }, responsibilities, { logMean }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const difference = log(x![row]!) - logMean;
        statistics[0]! += responsibilities[row]! * difference;
        statistics[1]! += responsibilities[row]! * difference * difference;
      }
    },
    recentre([first, second], count, about, held) {
      const shift = first! / count;
      return held.size > 0 || !(Math.abs(shift * first!) > 0.5 * second!) ? undefined : { ...about, logMean: about.logMean + shift };
    },
    maximize([first, second], count, about, held) {
      if (held.size > 0) return about;
      const shift = first! / count;
      const logVariance = (second! - first! * shift) / count;
      if (!(logVariance > 1e-25)) throw degenerate('logVariance', 'the observations of the component are all but equal');
      return { logMean: about.logMean + shift, logVariance };
    },
    sample({ logMean, logVariance }, random, row) {
      row[0] = exp(logMean + Math.sqrt(logVariance) * random.normal());
    },
    cdf: (x, { logMean, logVariance }) => (x > 0 ? normalCdf((log(x) - logMean) / Math.sqrt(logVariance)) : 0),
    quantile: (probability, { logMean, logVariance }) => exp(logMean + Math.sqrt(logVariance) * normalQuantile(probability)),
    mean: ({ logMean, logVariance }) => [exp(logMean + logVariance / 2)],
    distance(from, to) {
      const largest = Math.max(from.logVariance, to.logVariance);
      return Math.max(Math.abs(to.logMean - from.logMean) / Math.sqrt(largest), Math.abs(to.logVariance - from.logVariance) / largest);
    },
    equivariance: {
      scale: true,
      shift: false,
      transform: ({ logMean, logVariance }, [scale]) => ({ logMean: logMean + log(scale!), logVariance }),
    },
  }),
});

type InverseGaussian = { readonly mean: number; readonly shape: number };

/** The inverse Gaussian distribution, by its mean and shape. Sums of r x and r (1/x - 1/m) about the given mean. */
export const inverseGaussian: FamilyDefinition<InverseGaussian> = defineFamily<InverseGaussian>({
  id: 'inverse-gaussian',
  title: 'Inverse Gaussian, by its mean and shape',
  create: () => ({
    id: 'inverse-gaussian',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
    parameters: { mean: { kind: 'positive' }, shape: { kind: 'positive' } },
    statisticsLength: 2,
    logDensity({ size, columns: [x] }, { mean, shape }, out) {
      for (let row = 0; row < size; row += 1) {
        const value = x![row]!;
        const square = ((value / mean - 1) / value) * (value / mean - 1) * shape;
        out[row] = value > 0 && square < Infinity ? 0.5 * (log(shape) - log(2 * Math.PI)) - 1.5 * log(value) - 0.5 * square : -Infinity;
      }
    },
    accumulate({ size, columns: [x] }, responsibilities, { mean }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const relative = x![row]! / mean - 1;
        statistics[0]! += responsibilities[row]! * relative;
        statistics[1]! += (responsibilities[row]! * relative * relative) / (relative + 1);
      }
    },
    recentre([first, second], count, { mean, shape }, held) {
      const shift = first! / count;
      return held.size > 0 || !(Math.abs(shift * first!) > 0.5 * second!) ? undefined : { mean: mean + mean * shift, shape };
    },
    maximize([first, second], count, { mean, shape }, held) {
      if (held.size > 0) return { mean, shape };
      // The mean of m/x - m/x' is that of (u - 1)^2 / u, less d^2 / (1 + d), where u = x/m and u has the mean 1 + d.
      const d = first! / count;
      const spread = second! / count - (d * d) / (1 + d);
      if (!(spread > 1e-25)) throw degenerate('shape', 'it grows without bound: the observations of the component are all but equal');
      return { mean: mean + mean * d, shape: mean / spread };
    },
    sample({ mean, shape }, random, row) {
      // J. Michael, W. Schucany and R. Haas (1976).
      const y = (mean * random.normal() ** 2) / shape;
      const smaller = mean / (1 + y / 2 + Math.sqrt(y + (y * y) / 4));
      row[0] = random.uniform() < mean / (mean + smaller) ? smaller : mean * (mean / smaller);
    },
    mean: ({ mean }) => [mean],
    equivariance: { scale: true, shift: false, transform: ({ mean, shape }, [scale]) => ({ mean: scale! * mean, shape: scale! * shape }) },
  }),
});
