import type { CheckedLatent } from '@emkit/conformance';
import { EmkitError, type Latent } from '@emkit/core';
import { exp, log, logSumExp } from '@emkit/core/numerics';

/** A chain without restrictions: `initial` probabilities of the first label, and `transitions[j][k]` from label j to label k. */
export interface Markov {
  readonly initial: readonly number[];
  readonly transitions: readonly (readonly number[])[];
}

type Table = readonly (readonly number[])[];

/**
 * A Markov chain of labels for the tests of the laws, all in logarithms: as plain as it can be, and in nothing like the sticky chain.
 * Sums: for the first label, and then for each label that is left, the expected number of times each label follows.
 */
export function markov(components: number): Latent<Markov> {
  const even = Array.from({ length: components }, () => 1 / components);
  const labels = even.map((_, label) => label);
  /** All rows of the parameters under one another. */
  const rowsOf = ({ initial, transitions }: Markov): Table => [initial, ...transitions];
  const pointOf = ([initial, ...transitions]: Table): Markov => ({ initial: initial!, transitions });
  const rowOf = (values: ArrayLike<number>, row: number): number[] => labels.map((label) => values[row * components + label]!);
  const eachRow = (make: (row: number) => readonly number[]): Markov => pointOf([-1, ...labels].map((row) => make(row + 1)));

  return {
    id: 'markov',
    options: {},
    components,
    start: { initial: even, transitions: labels.map(() => even) },
    length: components * (components + 1),

    posterior(_block, first, end, at, logDensities, sums) {
      const [logInitial, ...logTransitions] = rowsOf(at).map((row) => row.map(log));
      const forward: number[][] = [];
      for (let row = first; row < end; row += 1) {
        const before = forward.at(-1);
        forward.push(
          labels.map(
            (k) =>
              logDensities[k]![row]! +
              (before === undefined ? logInitial![k]! : logSumExp(labels.map((j) => before[j]! + logTransitions[j]![k]!))),
          ),
        );
      }
      const logLikelihood = logSumExp(forward.at(-1)!);
      if (!Number.isFinite(logLikelihood)) return logLikelihood;
      let backward = labels.map(() => 0);
      for (let row = end - 1; row >= first; row -= 1) {
        const here = forward[row - first]!;
        const weights = labels.map((k) => exp(here[k]! + backward[k]! - logLikelihood));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const next = labels.map((k) => logDensities[k]![row]! + backward[k]!);
        for (const k of labels) logDensities[k]![row] = weights[k]! / total;
        if (row === first) for (const k of labels) sums[k]! += weights[k]! / total;
        const before = forward[row - first - 1];
        if (before === undefined) break;
        for (const j of labels) {
          for (const k of labels) sums[components * (j + 1) + k]! += exp(before[j]! + logTransitions[j]![k]! + next[k]! - logLikelihood);
        }
        backward = labels.map((j) => logSumExp(labels.map((k) => logTransitions[j]![k]! + next[k]!)));
      }
      return logLikelihood;
    },

    expectedLogProbability(sums, at) {
      let total = 0;
      rowsOf(at)
        .flat()
        .forEach((probability, index) => {
          if (sums[index]! > 0) total += sums[index]! * log(probability);
        });
      return total;
    },

    logProbability(given, _block, first, end, { initial, transitions }) {
      let total = log(initial[given[0]!]!);
      for (let row = 1; row < end - first; row += 1) total += log(transitions[given[row - 1]!]![given[row]!]!);
      return total;
    },

    sample(drawn, length, { initial, transitions }, random) {
      for (let row = 0; row < length; row += 1) {
        const probabilities = row === 0 ? initial : transitions[drawn[row - 1]!]!;
        let left = random.uniform();
        const label = probabilities.findIndex((probability) => (left -= probability) < 0);
        drawn[row] = label < 0 ? probabilities.findLastIndex((probability) => probability > 0) : label;
      }
    },

    maximize: (sums, about) =>
      eachRow((row) => {
        const counts = rowOf(sums, row);
        const total = counts.reduce((sum, count) => sum + count, 0);
        return total > 0 ? counts.map((count) => count / total) : rowsOf(about)[row]!;
      }),

    gain(sums, _about, from, to) {
      const after = rowsOf(to);
      let gain = 0;
      rowsOf(from).forEach((row, index) => {
        const counts = rowOf(sums, index);
        const total = counts.reduce((sum, count) => sum + count, 0);
        row.forEach((probability, label) => {
          const change = after[index]![label]! - probability;
          // The first orders sum to what the estimate is off, because the changes of a row sum to 0.
          if (Math.abs(change) < 0.01 * probability)
            gain += (counts[label]! / probability - total) * change + counts[label]! * logPartOf(change / probability);
          else if (change !== 0)
            gain += (counts[label]! > 0 ? counts[label]! * (log(after[index]![label]!) - log(probability)) : 0) - total * change;
        });
      });
      return gain;
    },

    recentre: () => undefined,

    space: {
      check(json) {
        const { initial, transitions } = json as Partial<Markov>;
        const isLaw = (row: unknown): row is number[] =>
          Array.isArray(row) &&
          row.length === components &&
          row.every((value) => typeof value === 'number' && value >= 0 && value <= 1) &&
          Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) <= 1e-9;
        if (isLaw(initial) && Array.isArray(transitions) && transitions.length === components && transitions.every(isLaw))
          return { initial, transitions };
        throw new EmkitError('PARAMETER_DOMAIN', 'The parameters of the chain are no probabilities.', { parameter: 'transitions' });
      },
      contains: (at) =>
        rowsOf(at).every(
          (row) => row.every((value) => value >= 0 && value <= 1) && Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) <= 1e-9,
        ),
      distance: (from, to) =>
        Math.max(...rowsOf(from).flatMap((row, index) => row.map((value, label) => Math.abs(value - rowsOf(to)[index]![label]!)))),
      rounding: () => Number.EPSILON,
      boundary: (at, tolerance) =>
        components === 1 ? [] : rowsOf(at).flatMap((row, index) => (row.some((value) => value <= tolerance) ? [`row ${index + 1}`] : [])),
      free: {
        length: (components - 1) * (components + 1),
        difference(from, to, out, place) {
          rowsOf(from).forEach((row, index) => {
            const change = (label: number): number => {
              const [before, after] = [row[label]!, rowsOf(to)[index]![label]!];
              return before === after ? 0 : log(after) - log(before);
            };
            for (let label = 0; label < components - 1; label += 1)
              out[place + index * (components - 1) + label] = change(label) - change(components - 1);
          });
        },
        move: (from, step, place) =>
          eachRow((index) => {
            const by = labels.map((label) => (label === components - 1 ? 0 : step[place + index * (components - 1) + label]!));
            const largest = Math.max(...by);
            const terms = rowsOf(from)[index]!.map((value, label) => value * exp(by[label]! - largest));
            const total = terms.reduce((sum, value) => sum + value, 0);
            return terms.map((value) => value / total);
          }),
        scales(_at, out, place) {
          out.fill(1, place, place + (components - 1) * (components + 1));
        },
      },
    },
  };
}

/** log(1 + x) - x of a small x, by its series. */
function logPartOf(x: number): number {
  let total = 0;
  for (let power = 12; power >= 2; power -= 1) total = total * x + (power % 2 === 0 ? -1 : 1) / power;
  return total * x * x;
}

/** The same for the laws: no label of it is special. */
export const markovChain: CheckedLatent = {
  id: 'markov',
  create: (components) => markov(components),
  variants: [{ components: 1 }, { components: 2 }, { components: 3 }],
  permuted(at, order) {
    const { initial, transitions } = at as Markov;
    const permute = <T>(values: readonly T[]): readonly T[] => order.map((label) => values[label]!);
    return { initial: permute(initial), transitions: permute(transitions.map(permute)) };
  },
};
