import { defineFamily, type FamilyDefinition, type OwnSpace, type Random } from '@emkit/core';
import { exp, expm1, log, log1p, logMultinomialCoefficient } from '@emkit/core/numerics';
import { circle } from './spaces.ts';

/** Families whose columns constrain one another, and columns whose maxima stand in others. */

const TRIALS = 6;

/** Counts of three outcomes of six trials each. */
export const multinomial: FamilyDefinition<{ readonly probabilities: readonly number[] }> = defineFamily<{
  readonly probabilities: readonly number[];
}>({
  id: 'multinomial',
  title: 'Multinomial, of three outcomes',
  create: () => ({
    id: 'multinomial',
    options: {},
    columns: ['a', 'b', 'c'].map((name) => ({ name, support: { kind: 'integer' as const, minimum: 0, maximum: TRIALS } })),
    constraint: { description: `counts that sum to ${TRIALS}`, holds: ([a, b, c]) => a! + b! + c! === TRIALS },
    parameters: { probabilities: { kind: 'simplex', length: 3 } },
    statisticsLength: 3,
    typical: { row: (random) => drawCounts([1 / 3, 1 / 3, 1 / 3], random) },

    logDensity({ size, columns }, { probabilities }, out) {
      for (let row = 0; row < size; row += 1) {
        const counts = columns.map((column) => column[row]!);
        const possible =
          counts.every((count) => count >= 0 && Math.floor(count) === count) && counts.reduce((sum, count) => sum + count, 0) === TRIALS;
        out[row] = possible
          ? counts.reduce(
              (sum, count, index) => sum + (count === 0 ? 0 : count * log(probabilities[index]!)),
              logMultinomialCoefficient(counts),
            )
          : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      columns.forEach((column, index) => {
        for (let row = 0; row < size; row += 1) statistics[index]! += responsibilities[row]! * column[row]!;
      });
    },

    maximize(statistics, _count, about, held) {
      if (held.size > 0) return about;
      const total = statistics[0]! + statistics[1]! + statistics[2]!;
      return { probabilities: Array.from(statistics, (sum) => sum / total) };
    },

    sample({ probabilities }, random, row) {
      row.set(drawCounts(probabilities, random));
    },

    mean: ({ probabilities }) => probabilities.map((probability) => TRIALS * probability),
  }),
});

function drawCounts(probabilities: readonly number[], random: Random): number[] {
  const counts = [0, 0, 0];
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const uniform = random.uniform();
    counts[uniform < probabilities[0]! ? 0 : uniform < probabilities[0]! + probabilities[1]! ? 1 : 2]! += 1;
  }
  return counts;
}

type Stages = { readonly first: number; readonly second: number };

/** Of n that try, x pass the first stage and y of these the second: the maximum of a column stands in one whose maximum stands in another. */
export const stages: FamilyDefinition<Stages> = defineFamily<Stages>({
  id: 'stages',
  title: 'Two stages, by their probabilities',
  create: () => ({
    id: 'stages',
    options: {},
    columns: [
      { name: 'second', support: { kind: 'integer', minimum: 0, maximum: { column: 1 } } },
      { name: 'first', support: { kind: 'integer', minimum: 0, maximum: { column: 2 } } },
      { name: 'entered', support: { kind: 'integer', minimum: 0, maximum: Infinity }, given: true },
    ],
    parameters: { first: { kind: 'probability' }, second: { kind: 'probability' } },
    statisticsLength: 3,
    holdable: ['first', 'second'],
    // Without anybody who enters there is nothing to see.
    typical: {
      row(random) {
        const entered = 1 + random.integer(12);
        const first = random.integer(entered + 1);
        return [random.integer(first + 1), first, entered];
      },
    },

    logDensity({ size, columns: [second, first, entered] }, parameters, out) {
      const times = (count: number, probability: number): number => (count === 0 ? 0 : count * log(probability));
      for (let row = 0; row < size; row += 1) {
        const [y, x, n] = [second![row]!, first![row]!, entered![row]!];
        out[row] =
          y >= 0 && y <= x && x <= n && Math.floor(x) === x && Math.floor(y) === y
            ? logMultinomialCoefficient([y, x - y, n - x]) +
              times(y, parameters.first * parameters.second) +
              times(x - y, parameters.first * (1 - parameters.second)) +
              times(n - x, 1 - parameters.first)
            : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      columns.forEach((column, index) => {
        for (let row = 0; row < size; row += 1) statistics[index]! += responsibilities[row]! * column[row]!;
      });
    },

    maximize([second, first, entered], _count, about, held) {
      return {
        first: held.has('first') || !(entered! > 0) ? about.first : first! / entered!,
        second: held.has('second') || !(first! > 0) ? about.second : second! / first!,
      };
    },

    sample({ first, second }, random, row) {
      row[0] = row[1] = 0;
      for (let trial = 0; trial < row[2]!; trial += 1) {
        if (random.uniform() >= first) continue;
        row[1] += 1;
        if (random.uniform() < second) row[0] += 1;
      }
    },
  }),
});

type Fisher = { readonly direction: readonly number[]; readonly concentration: number };

/** Unit vectors; steps turn towards two directions at right angles (the exponential map), counted from the north pole. */
export const sphere: OwnSpace<readonly number[]> = {
  description: 'a vector of three numbers of length 1',
  contains: (value) =>
    Array.isArray(value) && value.length === 3 && value.every(Number.isFinite) && Math.abs(Math.hypot(...(value as number[])) - 1) <= 1e-12,
  centre: [0, 0, 1],
  coordinates: {
    length: 2,
    difference(from, to, out, place) {
      const [first, second] = tangents(from);
      const cosine = dot(from, to);
      const [along, across] = [dot(first, to), dot(second, to)];
      const sine = Math.hypot(along, across);
      const factor = sine === 0 ? 1 : Math.atan2(sine, cosine) / sine;
      out[place] = along * factor;
      out[place + 1] = across * factor;
    },
    move(from, step, place) {
      const [first, second] = tangents(from);
      const angle = Math.hypot(step[place]!, step[place + 1]!);
      const factor = angle === 0 ? 1 : Math.sin(angle) / angle;
      return unit(
        from.map((entry, axis) => entry * Math.cos(angle) + factor * (step[place]! * first[axis]! + step[place + 1]! * second[axis]!)),
      );
    },
    scales(_point, out, place) {
      out.fill(1, place, place + 2);
    },
  },
  distance: (from, to) => Math.hypot(...from.map((entry, axis) => entry - to[axis]!)),
  typical: (random) => unit([random.normal(), random.normal(), random.normal()]),
};

/** Two directions at right angles to a third and to each other. */
function tangents(axis: readonly number[]): readonly [readonly number[], readonly number[]] {
  const helper = Math.abs(axis[0]!) < 0.6 ? [1, 0, 0] : [0, 1, 0];
  const first = unit(helper.map((entry, index) => entry - dot(helper, axis) * axis[index]!));
  const second = [
    axis[1]! * first[2]! - axis[2]! * first[1]!,
    axis[2]! * first[0]! - axis[0]! * first[2]!,
    axis[0]! * first[1]! - axis[1]! * first[0]!,
  ];
  return [first, second];
}

const dot = (a: readonly number[], b: readonly number[]): number => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((entry) => entry / length);
}

/** The von Mises-Fisher distribution of directions: f(x) = k / (4 pi sinh k) exp(k m.x) on the unit sphere. */
export const fisher: FamilyDefinition<Fisher> = defineFamily<Fisher>({
  id: 'fisher',
  title: 'Directions, by Fisher',
  create: () => ({
    id: 'fisher',
    options: {},
    columns: ['x', 'y', 'z'].map((name) => ({ name, support: { kind: 'interval' as const, minimum: -1, maximum: 1 } })),
    constraint: { description: 'a length of 1', holds: (row) => Math.abs(Math.hypot(...row) - 1) <= 1e-12 },
    parameters: { direction: { kind: 'own', space: sphere }, concentration: { kind: 'positive' } },
    statisticsLength: 3,
    typical: {
      parameters: (random) => ({ direction: sphere.typical(random), concentration: exp(4 * random.uniform() - 1) }),
      row: (random) => sphere.typical(random),
    },

    logDensity({ size, columns: [x, y, z] }, { direction, concentration }, out) {
      // 2 sinh k = e^k (1 - e^-2k), and k (m.x - 1) is minus half of k |x - m|^2.
      const constant = log(concentration) - log(2 * Math.PI) - log(-expm1(-2 * concentration));
      for (let row = 0; row < size; row += 1) {
        const point = [x![row]!, y![row]!, z![row]!];
        const away = point.reduce((sum, entry, axis) => sum + (entry - direction[axis]!) ** 2, 0);
        out[row] = Math.abs(Math.hypot(...point) - 1) <= 1e-12 ? constant - 0.5 * concentration * away : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      columns.forEach((column, index) => {
        for (let row = 0; row < size; row += 1) statistics[index]! += responsibilities[row]! * column[row]!;
      });
    },

    maximize(statistics, count, about, held) {
      if (held.size > 0) return about;
      const length = Math.hypot(...statistics);
      return { direction: unit(Array.from(statistics)), concentration: circle.concentrationOf(length / count, langevin) };
    },

    sample({ direction, concentration }, random, row) {
      const [first, second] = tangents(direction);
      const cosine = 1 + log1p(random.uniform() * expm1(-2 * concentration)) / concentration;
      const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine));
      const angle = 2 * Math.PI * random.uniform();
      row.set(
        unit(direction.map((entry, axis) => entry * cosine + sine * (Math.cos(angle) * first[axis]! + Math.sin(angle) * second[axis]!))),
      );
    },

    mean: ({ direction, concentration }) => direction.map((entry) => entry * langevin(concentration).value),
  }),
});

/** coth k - 1/k, the mean length, and its derivative. */
function langevin(k: number): { readonly value: number; readonly slope: number } {
  if (k < 0.05) return { value: k / 3 - k ** 3 / 45 + (2 * k ** 5) / 945, slope: 1 / 3 - k ** 2 / 15 + (2 * k ** 4) / 189 };
  const coth = (1 + exp(-2 * k)) / -expm1(-2 * k);
  return { value: coth - 1 / k, slope: 1 - coth * coth + 1 / (k * k) };
}
