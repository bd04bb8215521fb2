import { defineFamily, degenerate, type FamilyDefinition, type OwnSpace } from '@emkit/core';
import { exp, expit, log, log1p, logit, logPoissonMass } from '@emkit/core/numerics';

/** Families with parameters in spaces of their own: a circle, ascending numbers, whole numbers, an open interval. */

/** Angles from -pi to below pi. */
export const angles: OwnSpace<number> = {
  description: 'an angle from -pi to below pi',
  contains: (value) => typeof value === 'number' && value >= -Math.PI && value < Math.PI,
  centre: 0,
  coordinates: {
    length: 1,
    difference(from, to, out, place) {
      out[place] = wrapped(to - from);
    },
    move: (from, step, place) => wrapped(from + step[place]!),
    scales(_point, out, place) {
      out[place] = 1;
    },
  },
  distance: (from, to) => Math.abs(wrapped(to - from)),
  typical: (random) => wrapped(2 * Math.PI * random.uniform()),
};

function wrapped(angle: number): number {
  if (angle >= -Math.PI && angle < Math.PI) return angle;
  const turned = angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
  return turned < Math.PI && turned >= -Math.PI ? turned : -Math.PI;
}

type VonMises = { readonly direction: number; readonly concentration: number };

/** Von Mises: f(x) = exp(k cos(x - m)) / (2 pi I0(k)) for angles. */
export const vonMises: FamilyDefinition<VonMises> = defineFamily<VonMises>({
  id: 'von-mises',
  title: 'Angles, by von Mises',
  create: () => ({
    id: 'von-mises',
    options: {},
    columns: [{ name: 'angle', support: { kind: 'interval', minimum: -Math.PI, maximum: Math.PI, maximumOpen: true } }],
    parameters: { direction: { kind: 'own', space: angles }, concentration: { kind: 'positive' } },
    statisticsLength: 2,

    logDensity({ size, columns: [x] }, { direction, concentration }, out) {
      const constant = -log(2 * Math.PI) - logScaledBessel(concentration);
      for (let row = 0; row < size; row += 1) {
        const half = Math.sin((x![row]! - direction) / 2);
        out[row] = angles.contains(x![row]!) ? constant - 2 * concentration * half * half : -Infinity;
      }
    },

    // About the given direction, so that 1 - cos does not cancel.
    accumulate({ size, columns: [x] }, responsibilities, { direction }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const half = Math.sin((x![row]! - direction) / 2);
        statistics[0]! += responsibilities[row]! * Math.sin(x![row]! - direction);
        statistics[1]! += responsibilities[row]! * 2 * half * half;
      }
    },

    maximize([sines, lacks], count, about, held) {
      if (held.size > 0) return about;
      const cosines = count - lacks!;
      const length = Math.hypot(sines!, cosines);
      return {
        direction: wrapped(about.direction + Math.atan2(sines!, cosines)),
        concentration: circle.concentrationOf(length / count, besselRatio),
      };
    },

    sample({ direction, concentration }, random, row) {
      // D. Best and N. Fisher, Efficient simulation of the von Mises distribution (1979).
      const root = 1 + Math.sqrt(1 + 4 * concentration * concentration);
      const rho = (root - Math.sqrt(2 * root)) / (2 * concentration);
      const bound = concentration < 1e-5 ? Infinity : (1 + rho * rho) / (2 * rho);
      for (;;) {
        const turn = 2 * Math.PI * random.uniform();
        if (bound === Infinity) {
          row[0] = wrapped(direction + turn);
          return;
        }
        const cosine = Math.cos(turn);
        const f = (1 + bound * cosine) / (bound + cosine);
        const rest = concentration * (bound - f);
        const uniform = random.uniformOpen();
        if (!(rest * (2 - rest) > uniform || log(rest / uniform) + 1 >= rest)) continue;
        row[0] = wrapped(direction + (random.uniform() < 0.5 ? -1 : 1) * Math.acos(Math.max(-1, Math.min(1, f))));
        return;
      }
    },
  }),
});

/** log I0(k) - k. */
function logScaledBessel(k: number): number {
  if (k < 30) {
    let [term, sum] = [1, 1];
    for (let n = 1; term > 1e-17 * sum; n += 1) {
      term *= (k / 2 / n) ** 2;
      sum += term;
    }
    return log(sum) - k;
  }
  let [term, sum] = [1, 1];
  for (let n = 1; n < 40 && Math.abs(term) > 1e-17; n += 1) {
    const next = (term * (2 * n - 1) ** 2) / (8 * k * n);
    if (next >= term) break;
    term = next;
    sum += term;
  }
  return log(sum) - 0.5 * log(2 * Math.PI * k);
}

/** I1(k) / I0(k), the mean length, by its continued fraction, and its derivative. */
function besselRatio(k: number): { readonly value: number; readonly slope: number } {
  let ratio = 0;
  for (let n = Math.ceil(2 * k) + 60; n >= 1; n -= 1) ratio = 1 / ((2 * n) / k + ratio);
  return { value: ratio, slope: 1 - ratio / k - ratio * ratio };
}

/** What directions on a circle and on a sphere have in common: the concentration that has a mean length, by Newton's method. */
export const circle = {
  concentrationOf(length: number, lengthOf: (k: number) => { readonly value: number; readonly slope: number }): number {
    if (!(length < 1 - 1e-5))
      throw degenerate('concentration', 'it grows without bound: the directions of the component are all but equal');
    if (!(length > 1e-12)) throw degenerate('concentration', 'it falls to 0: the directions of the component are all over');
    let k = Math.min((length * (2 - length * length)) / (1 - length * length), 1e6);
    for (let step = 0; step < 100; step += 1) {
      const { value, slope } = lengthOf(k);
      const next = Math.max(k - (value - length) / slope, k / 4);
      if (Math.abs(next - k) <= 1e-15 * k) return next;
      k = next;
    }
    return k;
  },
};

/** Ascending numbers: the first, and the logarithms of the differences. */
const ascending: OwnSpace<readonly number[]> = {
  description: 'three ascending numbers',
  contains: (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((entry, index) => Number.isFinite(entry) && (index === 0 || entry > (value as number[])[index - 1]!)),
  centre: [-1, 0, 1],
  coordinates: {
    length: 3,
    difference(from, to, out, place) {
      out[place] = to[0]! - from[0]!;
      for (const index of [1, 2]) out[place + index] = log((to[index]! - to[index - 1]!) / (from[index]! - from[index - 1]!));
    },
    move(from, step, place) {
      const values = [from[0]! + step[place]!];
      for (const index of [1, 2]) values.push(values[index - 1]! + (from[index]! - from[index - 1]!) * exp(step[place + index]!));
      return values;
    },
    scales(_point, out, place) {
      out.fill(1, place, place + 3);
    },
  },
  distance: (from, to) => Math.max(...from.map((entry, index) => Math.abs(entry - to[index]!))),
  typical(random) {
    const first = 2 * random.uniform() - 2;
    const second = first + 0.3 + random.uniform();
    return [first, second, second + 0.3 + random.uniform()];
  },
};

/** Four ordered answers, cut from a logistic distribution at three thresholds: P(x <= j) = 1 / (1 + exp(-c_j)). */
export const ordinal: FamilyDefinition<{ readonly thresholds: readonly number[] }> = defineFamily<{
  readonly thresholds: readonly number[];
}>({
  id: 'ordinal',
  title: 'Ordered answers, by their thresholds',
  create: () => ({
    id: 'ordinal',
    options: {},
    columns: [{ name: 'answer', support: { kind: 'integer', minimum: 0, maximum: 3 } }],
    parameters: { thresholds: { kind: 'own', space: ascending } },
    statisticsLength: 4,

    logDensity({ size, columns: [x] }, { thresholds }, out) {
      const masses = [0, 1, 2, 3].map((answer) => {
        const [low, high] = [thresholds[answer - 1] ?? -Infinity, thresholds[answer] ?? Infinity];
        // On the side where the numbers are small, their difference has its digits.
        return low > 0 ? expit(-low) - expit(-high) : expit(high) - expit(low);
      });
      for (let row = 0; row < size; row += 1) out[row] = log(masses[x![row]!] ?? 0);
    },

    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[x![row]!]! += responsibilities[row]!;
    },

    maximize(statistics, _count, about, held) {
      if (held.size > 0) return about;
      if (!statistics.every((sum) => sum > 0)) throw degenerate('thresholds', 'an answer does not occur, and two thresholds fall together');
      const below = [0, 1, 2].map((answer) => statistics.slice(0, answer + 1).reduce((sum, value) => sum + value, 0));
      const above = [0, 1, 2].map((answer) => statistics.slice(answer + 1).reduce((sum, value) => sum + value, 0));
      return { thresholds: below.map((sum, answer) => log(sum / above[answer]!)) };
    },

    sample({ thresholds }, random, row) {
      const point = logit(random.uniformOpen());
      row[0] = thresholds.filter((threshold) => threshold < point).length;
    },
  }),
});

/** Whole numbers of at least 1: apart from each other, so that there is no step between them. */
const wholeNumbers: OwnSpace<number> = {
  description: 'a whole number of at least 1',
  contains: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  centre: 1,
  coordinates: { length: 0, difference() {}, move: (from) => from, scales() {} },
  distance: (from, to) => Math.abs(to - from) / Math.max(from, to),
  typical: (random) => 1 + random.integer(6),
};

type Erlang = { readonly stages: number; readonly rate: number };

/** The Erlang distribution: the time that a whole number of stages takes. The better of the two whole numbers beside the gamma shape. */
export const erlang: FamilyDefinition<Erlang> = defineFamily<Erlang>({
  id: 'erlang',
  title: 'Erlang, by its stages and rate',
  create: () => ({
    id: 'erlang',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
    parameters: { stages: { kind: 'own', space: wholeNumbers }, rate: { kind: 'positive' } },
    statisticsLength: 2,

    logDensity({ size, columns: [x] }, { stages, rate }, out) {
      for (let row = 0; row < size; row += 1) {
        const value = x![row]!;
        const product = rate * value;
        // The last stage ends now, and all before it have: their number is a Poisson one.
        out[row] = value > 0 && product < Infinity ? log(rate) + logPoissonMass(stages - 1, product) : -Infinity;
      }
    },

    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) {
        statistics[0]! += responsibilities[row]! * x![row]!;
        statistics[1]! += responsibilities[row]! * log(x![row]!);
      }
    },

    maximize([sum, logs], count, about, held) {
      if (held.size > 0) return about;
      const mean = sum! / count;
      const spread = log(mean) - logs! / count;
      // What one stage more adds to the log-likelihood of an observation; it falls with the stages.
      const gain = (stages: number): number => (stages + 1) * log1p(1 / stages) - 1 - spread;
      if (!(spread > 1e-6) || !(mean < 1e300)) throw degenerate('stages', 'they grow without bound: the observations are all but equal');
      let stages = Math.max(1, Math.floor((3 - spread + Math.sqrt((spread - 3) ** 2 + 24 * spread)) / (12 * spread)) - 1);
      while (gain(stages) > 0) stages += 1;
      return { stages, rate: stages / mean };
    },

    sample({ stages, rate }, random, row) {
      let time = 0;
      for (let stage = 0; stage < stages; stage += 1) time += random.exponential();
      row[0] = time / rate;
    },

    mean: ({ stages, rate }) => [stages / rate],

    equivariance: { scale: true, shift: false, transform: ({ stages, rate }, [scale]) => ({ stages, rate: rate / scale! }) },
  }),
});

/** Numbers between 0 and 1, the ends left out. */
const openUnit: OwnSpace<number> = {
  description: 'a number above 0 and below 1',
  contains: (value) => typeof value === 'number' && value > 0 && value < 1,
  centre: 0.5,
  coordinates: {
    length: 1,
    difference(from, to, out, place) {
      out[place] = logit(to) - logit(from);
    },
    move: (from, step, place) => expit(logit(from) + step[place]!),
    scales(_point, out, place) {
      out[place] = 1;
    },
  },
  distance: (from, to) => Math.abs(to - from),
  typical: (random) => 0.05 + 0.9 * random.uniform(),
};

/** The logarithmic distribution, P(x) = -q^x / (x log(1 - q)) for x >= 1. */
export const logarithmic: FamilyDefinition<{ readonly ratio: number }> = defineFamily<{ readonly ratio: number }>({
  id: 'logarithmic',
  title: 'Logarithmic, by its ratio',
  create: () => ({
    id: 'logarithmic',
    options: {},
    columns: [{ name: 'count', support: { kind: 'integer', minimum: 1, maximum: Infinity } }],
    parameters: { ratio: { kind: 'own', space: openUnit } },
    statisticsLength: 1,

    logDensity({ size, columns: [x] }, { ratio }, out) {
      const constant = -log(-log1p(-ratio));
      for (let row = 0; row < size; row += 1) {
        const count = x![row]!;
        out[row] = count >= 1 && Math.floor(count) === count && count < Infinity ? constant + count * log(ratio) - log(count) : -Infinity;
      }
    },

    // What is above 1, so that a mean near it has its digits.
    accumulate({ size, columns: [x] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * (x![row]! - 1);
    },

    maximize([excess], count, about, held) {
      if (held.size > 0) return about;
      const above = excess! / count;
      if (!(above > 1e-9)) throw degenerate('ratio', 'it falls to 0: every count of the component is 1');
      // The odds o = q / (1 - q) with o / log(1 + o) = mean.
      let odds = 2 * above;
      for (let step = 0; step < 200; step += 1) {
        const ofLog = log1p(odds);
        const next = Math.max(odds - (odds / ofLog - 1 - above) / (1 / ofLog - odds / ((1 + odds) * ofLog * ofLog)), odds / 8);
        if (Math.abs(next - odds) <= 4e-16 * odds) break;
        odds = next;
      }
      if (!(odds < 1e12)) throw degenerate('ratio', 'it grows to 1, as far as doubles tell');
      return { ratio: odds / (1 + odds) };
    },

    sample({ ratio }, random, row) {
      // A. Kemp, Efficient generation of logarithmically distributed pseudo-random variables (1981).
      const base = -Math.expm1(random.uniformOpen() * log1p(-ratio));
      row[0] = Math.max(1, Math.floor(1 + log(random.uniformOpen()) / log(base)));
    },

    mean: ({ ratio }) => [-ratio / ((1 - ratio) * log1p(-ratio))],
  }),
});
