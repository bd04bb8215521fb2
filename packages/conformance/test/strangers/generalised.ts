import { defineFamily, degenerate, type FamilyDefinition, type Random } from '@emkit/core';
import { deviance, digamma, digammaInverse, exp, log, log1p, logFactorial, logGamma, stirlingError } from '@emkit/core/numerics';

/** Families whose estimates have no closed form: generalised EM, and iterations on the data. */

type Student = { readonly location: number; readonly squaredScale: number };

const DEGREES = 4;

/**
 * Student's t with four degrees of freedom, by latent scales: with u = (v + 1) / (v + z^2) at the parameters before, the weighted mean and
 * the weighted squares (D. Peel and G. McLachlan, Robust mixture modelling using the t distribution, 2000).
 */
export const student: FamilyDefinition<Student> = defineFamily<Student>({
  id: 'student',
  title: 'Student t of four degrees of freedom',
  create: () => {
    const constant = logGamma((DEGREES + 1) / 2) - logGamma(DEGREES / 2) - 0.5 * log(DEGREES * Math.PI);
    return {
      id: 'student',
      options: {},
      columns: [{ name: 'x', support: { kind: 'real' } }],
      parameters: { location: { kind: 'real' }, squaredScale: { kind: 'positive' } },
      statisticsLength: 3,
      ascends: true,

      logDensity({ size, columns: [x] }, { location, squaredScale }, out) {
        const scale = Math.sqrt(squaredScale);
        for (let row = 0; row < size; row += 1) {
          const z = Math.abs(x![row]! - location) / scale;
          // Far out the square overflows, and 1 is nothing beside it.
          const tail = z < 1e150 ? log1p((z * z) / DEGREES) : 2 * log(z) - log(DEGREES);
          out[row] = z < Infinity ? constant - 0.5 * log(squaredScale) - 0.5 * (DEGREES + 1) * tail : -Infinity;
        }
      },

      accumulate({ size, columns: [x] }, responsibilities, { location, squaredScale }, statistics) {
        const scale = Math.sqrt(squaredScale);
        for (let row = 0; row < size; row += 1) {
          const r = responsibilities[row]!;
          if (r === 0) continue;
          const z = (x![row]! - location) / scale;
          const weight = (DEGREES + 1) / (DEGREES + z * z);
          statistics[0]! += r * weight;
          statistics[1]! += r * (Math.abs(z) < 1e150 ? weight * z : 0);
          statistics[2]! += r * (Math.abs(z) < 1e150 ? weight * z * z : DEGREES + 1);
        }
      },

      maximize([weights, first, second], count, about, held) {
        if (held.size > 0) return about;
        const shift = first! / weights!;
        const square = (second! - first! * shift) / count;
        if (!(square > 1e-25)) throw degenerate('squaredScale', 'the observations of the component are all but equal');
        return { location: about.location + shift * Math.sqrt(about.squaredScale), squaredScale: about.squaredScale * square };
      },

      locate: ({ columns: [column] }) => ({
        location: column!.mean,
        squaredScale: column!.variance > 0 ? Math.min(column!.variance, 1e300) : 1,
      }),

      sample({ location, squaredScale }, random, row) {
        // The sum of two exponential numbers, doubled, is a chi-square of four degrees of freedom.
        const chiSquare = 2 * (random.exponential() + random.exponential());
        row[0] = location + (Math.sqrt(squaredScale) * random.normal()) / Math.sqrt(chiSquare / DEGREES);
      },

      mean: ({ location }) => [location],

      distance(from, to) {
        const largest = Math.max(from.squaredScale, to.squaredScale);
        return Math.max(
          Math.abs(to.location - from.location) / Math.sqrt(largest),
          Math.abs(to.squaredScale - from.squaredScale) / largest,
        );
      },

      equivariance: {
        scale: true,
        shift: true,
        transform: ({ location, squaredScale }, [scale], [shift]) => ({
          location: scale! * location + shift!,
          squaredScale: scale! * squaredScale * scale!,
        }),
      },
    };
  },
});

type NegativeBinomial = { readonly mean: number; readonly size: number };

/**
 * The negative binomial distribution as a Poisson number of clusters, each of a logarithmic number of cases: the clusters are latent, of
 * expected number t = size (psi(x + size) - psi(size)) given x. Then theta solves x / t = theta / ((1 - theta) L), L = -log(1 - theta), and
 * size = t / L (K. Adamidis, An EM algorithm for estimating negative binomial parameters, 1999).
 */
export const negativeBinomial: FamilyDefinition<NegativeBinomial> = defineFamily<NegativeBinomial>({
  id: 'negative-binomial',
  title: 'Negative binomial, by its mean and size',
  create: () => ({
    id: 'negative-binomial',
    options: {},
    columns: [{ name: 'count', support: { kind: 'integer', minimum: 0, maximum: Infinity } }],
    parameters: { mean: { kind: 'positive' }, size: { kind: 'positive' } },
    statisticsLength: 2,
    ascends: true,
    typical: { parameters: (random) => ({ mean: between(random, 0.5, 8), size: between(random, 0.5, 5) }) },

    // Below 64 as a product; above as the deviances of a binomial probability, in which nothing cancels.
    logDensity({ size: rows, columns: [x] }, { mean, size }, out) {
      const [logFailure, logSuccess] = [-log1p(mean / size), -log1p(size / mean)];
      for (let row = 0; row < rows; row += 1) {
        const count = x![row]!;
        if (!(count >= 0 && count < Infinity && Math.floor(count) === count)) out[row] = -Infinity;
        else if (count < 64)
          out[row] = logRising(size, count) - logFactorial(count) + size * logFailure + (count === 0 ? 0 : count * logSuccess);
        else {
          const all = size + count;
          const errors = stirlingError(all) - stirlingError(size) - stirlingError(count);
          const away = deviance(size, (all * size) / (size + mean)) + deviance(count, (all * mean) / (size + mean));
          out[row] = errors - away + 0.5 * (log(size / all) - log(2 * Math.PI) - log(count));
        }
      }
    },

    accumulate({ size: rows, columns: [x] }, responsibilities, { size }, statistics) {
      for (let row = 0; row < rows; row += 1) {
        statistics[0]! += responsibilities[row]! * x![row]!;
        statistics[1]! += responsibilities[row]! * clusters(x![row]!, size);
      }
    },

    maximize([cases, groups], count, about, held) {
      if (held.size > 0) return about;
      if (!(cases! > 0)) throw degenerate('mean', 'every count of the component is 0');
      const odds = oddsOfMean(cases! / groups!);
      const size = groups! / count / log1p(odds);
      if (!(size > 1e-9 && size < 1e9))
        throw degenerate('size', 'it grows without bound: the counts vary no more than those of a Poisson distribution');
      return { mean: cases! / count, size };
    },

    sample({ mean, size }, random, row) {
      // A Poisson number whose rate is drawn first.
      const rate = (drawGamma(size, random) * mean) / size;
      let count = -1;
      for (let time = 0; time < rate; count += 1) time += random.exponential();
      row[0] = Math.max(0, count);
    },

    mean: ({ mean }) => [mean],
  }),
});

/** log Gamma(size + count) - log Gamma(size). */
function logRising(size: number, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += log(size + index);
  return sum;
}

/** size (psi(count + size) - psi(size)): the expected number of clusters. */
function clusters(count: number, size: number): number {
  if (count > 64) return size * (digamma(count + size) - digamma(size));
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += size / (size + index);
  return sum;
}

/** The o > 0 with o / log(1 + o) = mean, by Newton's method; o = theta / (1 - theta). */
function oddsOfMean(mean: number): number {
  if (!(mean > 1)) return 1e-12;
  let odds = 2 * (mean - 1);
  for (let step = 0; step < 100; step += 1) {
    const ofLog = log1p(odds);
    const next = odds - (odds / ofLog - mean) / (1 / ofLog - odds / ((1 + odds) * ofLog * ofLog));
    const better = Math.max(next, odds / 8);
    if (Math.abs(better - odds) <= 1e-15 * odds) return better;
    odds = better;
  }
  return odds;
}

type Weibull = { readonly shape: number; readonly scale: number };

/**
 * The Weibull distribution. The estimate of the shape k is the limit of Newton's iteration for 1/k + mean of log x = (sum of x^k log x) / (sum
 * of x^k), a step of which needs sums at the k before: they are taken again by `recentre`.
 */
export const weibull: FamilyDefinition<Weibull> = defineFamily<Weibull>({
  id: 'weibull',
  title: 'Weibull, by its shape and scale',
  create: () => ({
    id: 'weibull',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
    parameters: { shape: { kind: 'positive' }, scale: { kind: 'positive' } },
    statisticsLength: 4,
    typical: { parameters: (random) => ({ shape: between(random, 0.6, 5), scale: between(random, 0.2, 5) }) },

    logDensity({ size, columns: [x] }, { shape, scale }, out) {
      for (let row = 0; row < size; row += 1) {
        if (!(x![row]! > 0 && x![row]! < Infinity)) {
          out[row] = -Infinity;
          continue;
        }
        const relative = log(x![row]!) - log(scale);
        out[row] = log(shape) - log(x![row]!) + shape * relative - exp(shape * relative);
      }
    },

    accumulate({ size, columns: [x] }, responsibilities, { shape, scale }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const r = responsibilities[row]!;
        if (r === 0) continue;
        const relative = log(x![row]!) - log(scale);
        const power = exp(shape * relative);
        statistics[0]! += r * relative;
        statistics[1]! += r * power;
        statistics[2]! += r * power * relative;
        statistics[3]! += r * power * relative * relative;
      }
    },

    maximize(statistics, count, about, held) {
      if (held.size > 0) return about;
      const { shape } = newton(statistics, count, about);
      if (!(shape < 1e6)) throw degenerate('shape', 'it grows without bound: the observations of the component are all but equal');
      // The sum of powers is the one at the shape before: what a step in its last digits changes is carried along.
      const [, powers, first] = statistics as unknown as [number, number, number];
      const scale = about.scale * exp(log((powers + first * (shape - about.shape)) / count) / shape);
      if (!(scale > 0 && scale < Infinity)) throw degenerate('scale', 'it is no double');
      return { shape, scale };
    },

    recentre(statistics, count, about, held) {
      if (held.size > 0) return undefined;
      const { shape, step } = newton(statistics, count, about);
      const [logs, powers, , second] = statistics as unknown as [number, number, number, number];
      // So far off that powers are no doubles: nearer, by the mean of the logarithms.
      if (!(powers > 1e-290 && second < 1e290))
        return about.shape > 1e-3 ? { shape: about.shape / 8, scale: about.scale * exp(logs / count) } : undefined;
      if (!(Math.abs(step) > 1e-8) || !(shape < 1e6)) return undefined;
      // About the scale that fits, powers are numbers round 1.
      const scale = about.scale * exp(log(powers / count) / about.shape);
      return { shape, scale };
    },

    locate: ({ columns: [column] }) => ({ shape: 1, scale: column!.mean > 0 ? column!.mean : 1 }),

    sample({ shape, scale }, random, row) {
      row[0] = scale * exp(log(random.exponential()) / shape);
    },

    cdf: (x, { shape, scale }) => (x > 0 ? -Math.expm1(-exp(shape * (log(x) - log(scale)))) : 0),
    quantile: (probability, { shape, scale }) => scale * exp(log(-log1p(-probability)) / shape),
    mean: ({ shape, scale }) => [scale * exp(logGamma(1 + 1 / shape))],
    distance: (from, to) =>
      Math.max(
        Math.abs(log(to.scale) - log(from.scale)) * Math.max(from.shape, to.shape),
        Math.abs(to.shape - from.shape) / Math.max(from.shape, to.shape),
      ),

    equivariance: { scale: true, shift: false, transform: ({ shape, scale }, [factor]) => ({ shape, scale: factor! * scale }) },
  }),
});

/** One step of Newton's method in the logarithm of the shape, of at most 1. */
function newton(statistics: Float64Array, count: number, { shape }: Weibull): { readonly shape: number; readonly step: number } {
  const [logs, powers, first, second] = statistics as unknown as [number, number, number, number];
  const mean = first / powers;
  const slope = 1 / shape + logs / count - mean;
  const curvature = 1 / (shape * shape) + second / powers - mean * mean;
  const step = Math.min(1, Math.max(-1, slope / curvature / shape));
  return Number.isFinite(step) ? { shape: shape * exp(step), step } : { shape, step: 0 };
}

function between(random: Random, low: number, high: number): number {
  return low * exp(random.uniform() * log(high / low));
}

/** G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables (2000). */
export function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * exp(-random.exponential() / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = random.normal();
    const cube = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (cube > 0 && log(random.uniformOpen()) < 0.5 * normal * normal + d * (1 - cube + log(cube))) return d * cube;
  }
}

type Concentrations = { readonly concentrations: readonly number[] };

/**
 * The Dirichlet distribution of three shares, by the fixed-point iteration of T. Minka, Estimating a Dirichlet distribution (2000):
 * psi(a_j') = psi(sum of a) + mean of log x_j, which raises the likelihood at every step.
 */
export const dirichlet: FamilyDefinition<Concentrations> = defineFamily<Concentrations>({
  id: 'dirichlet',
  title: 'Dirichlet, of three shares',
  create: () => ({
    id: 'dirichlet',
    options: {},
    columns: ['a', 'b', 'c'].map((name) => ({
      name,
      support: { kind: 'interval' as const, minimum: 0, maximum: 1, minimumOpen: true, maximumOpen: true },
    })),
    constraint: { description: 'shares that sum to 1', holds: ([a, b, c]) => Math.abs(a! + b! + c! - 1) <= 1e-12 },
    parameters: { concentrations: { kind: 'positive-vector', length: 3 } },
    statisticsLength: 3,
    ascends: true,
    typical: {
      parameters: (random) => ({ concentrations: [0, 0, 0].map(() => between(random, 0.5, 8)) }),
      row: (random) => drawShares([1.5, 1.5, 1.5], random),
    },

    logDensity({ size, columns }, { concentrations }, out) {
      const total = concentrations[0]! + concentrations[1]! + concentrations[2]!;
      // Stirling's formula for every gamma function: what is left are deviances of a_j from x_j times their sum, in which nothing cancels.
      const constant = concentrations.reduce(
        (sum, value) => sum + 0.5 * log(value / (2 * Math.PI)) - stirlingError(value),
        stirlingError(total) - 0.5 * log(total / (2 * Math.PI)),
      );
      for (let row = 0; row < size; row += 1) {
        const shares = columns.map((column) => column[row]!);
        const possible = shares.every((x) => x > 0 && x < 1) && Math.abs(shares[0]! + shares[1]! + shares[2]! - 1) <= 1e-12;
        out[row] = possible
          ? shares.reduce((sum, x, share) => sum - log(x) - deviance(concentrations[share]!, total * x), constant)
          : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1)
        for (let share = 0; share < 3; share += 1) statistics[share]! += responsibilities[row]! * log(columns[share]![row]!);
    },

    maximize(statistics, count, about, held) {
      if (held.size > 0) return about;
      const ofTotal = digamma(about.concentrations.reduce((sum, value) => sum + value, 0));
      const concentrations = Array.from(statistics, (logs) => digammaInverse(ofTotal + logs / count));
      if (!concentrations.every((value) => value > 0 && value < 1e8))
        throw degenerate('concentrations', 'they grow without bound: the rows of the component are all but equal');
      return { concentrations };
    },

    sample({ concentrations }, random, row) {
      row.set(drawShares(concentrations, random));
    },

    mean({ concentrations }) {
      const total = concentrations.reduce((sum, value) => sum + value, 0);
      return concentrations.map((value) => value / total);
    },
  }),
});

function drawShares(concentrations: readonly number[], random: Random): number[] {
  for (;;) {
    const parts = concentrations.map((value) => drawGamma(value, random));
    const total = parts.reduce((sum, part) => sum + part, 0);
    const shares = parts.map((part) => part / total);
    if (shares.every((share) => share > 0 && share < 1)) return shares;
  }
}
