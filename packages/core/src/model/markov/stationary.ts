import { log, log1pMinusLinear } from '../../numerics/elementary.ts';
import { estimateProportions } from '../proportions.ts';

/** A matrix of probabilities, a row for each state that is left. */
export type Transitions = readonly (readonly number[])[];

/**
 * The stationary distribution: pi = pi Gamma. Where states are left for ever it is 0; where several sets of states are never left, each
 * counts by its size, because there is no one answer.
 *
 * By elimination of one state after the other without a subtraction (Grassmann, Taksar and Heyman 1985), so that every probability has all
 * its digits, however seldom a state is visited.
 */
export function stationaryDistribution(transitions: Transitions): readonly number[] {
  const distribution = transitions.map(() => 0);
  const classes = closedClasses(transitions);
  const members = classes.reduce((sum, states) => sum + states.length, 0);
  for (const states of classes) {
    const within = irreducible(states.map((from) => states.map((to) => transitions[from]![to]!)));
    states.forEach((state, index) => {
      distribution[state] = (within[index]! * states.length) / members;
    });
  }
  return distribution;
}

function irreducible(transitions: Transitions): readonly number[] {
  const states = transitions.length;
  const left = transitions.map((row) => [...row]);
  for (let last = states - 1; last > 0; last -= 1) {
    let out = 0;
    for (let to = 0; to < last; to += 1) out += left[last]![to]!;
    for (let from = 0; from < last; from += 1) {
      left[from]![last]! /= out;
      for (let to = 0; to < last; to += 1) left[from]![to]! += left[from]![last]! * left[last]![to]!;
    }
  }
  const distribution = [1];
  for (let state = 1; state < states; state += 1) {
    let sum = 0;
    for (let from = 0; from < state; from += 1) sum += distribution[from]! * left[from]![state]!;
    distribution.push(sum);
  }
  const total = distribution.reduce((sum, value) => sum + value, 0);
  return distribution.map((value) => value / total);
}

/** The sets of states that are never left, and within which every state leads to every other. */
export function closedClasses(transitions: Transitions): readonly (readonly number[])[] {
  const reached = transitions.map((_, state) => reachableFrom([state], transitions));
  return reached.flatMap((states, state) => {
    const isClosed = states.every((other) => reached[other]!.includes(state));
    return isClosed && states.every((other) => other >= state) ? [states] : [];
  });
}

/** The states that can be reached from some, these included, in ascending order. */
export function reachableFrom(states: readonly number[], transitions: Transitions): readonly number[] {
  const reached = new Set(states);
  for (const from of reached) {
    for (const [to, probability] of transitions[from]!.entries()) if (probability > 0) reached.add(to);
  }
  return [...reached].sort((a, b) => a - b);
}

/**
 * The fundamental matrix (I - Gamma + 1 pi)^-1 (Kemeny and Snell 1960): with it a change E of the transitions changes the stationary
 * distribution from pi to pi', where pi' - pi = pi' E Z holds exactly.
 */
function fundamental(transitions: Transitions, distribution: readonly number[]): readonly (readonly number[])[] {
  const states = transitions.length;
  const rows = transitions.map((row, from) => [
    ...row.map((probability, to) => (from === to ? 1 : 0) - probability + distribution[to]!),
    ...row.map((_, to) => (from === to ? 1 : 0)),
  ]);
  for (let column = 0; column < states; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < states; row += 1) if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const head = rows[column]!;
    const scale = 1 / head[column]!;
    for (let index = column; index < 2 * states; index += 1) head[index]! *= scale;
    rows.forEach((row, other) => {
      const factor = row[column]!;
      if (other === column || factor === 0) return;
      for (let index = column; index < 2 * states; index += 1) row[index]! -= factor * head[index]!;
    });
  }
  return rows.map((row) => row.slice(states));
}

/** A change of the stationary distribution by more than this part is the difference of two of them; a smaller one is computed from the step. */
const SMALL = 1e-5;

/**
 * The change of sum_k N_k log pi_k(Gamma), where N are the expected counts of first states: the part of Q that makes the M-step of a
 * stationary start more than counting.
 */
export function gainOfStationary(counts: Float64Array, from: Transitions, to: Transitions): number {
  const [before, after] = [stationaryDistribution(from), stationaryDistribution(to)];
  let step: readonly number[] | undefined;
  let gain = 0;
  before.forEach((probability, state) => {
    const count = counts[state]!;
    if (count === 0) return;
    if (!(Math.abs(after[state]! - probability) <= SMALL * probability)) {
      gain += count * (log(after[state]!) - log(probability));
      return;
    }
    step ??= changeOfStationary(before, after, from, to);
    const change = step[state]! / probability;
    gain += Number.isFinite(change) ? count * (change + log1pMinusLinear(change)) : 0;
  });
  return gain;
}

function changeOfStationary(before: readonly number[], after: readonly number[], from: Transitions, to: Transitions): readonly number[] {
  const inverse = fundamental(from, before);
  const moved = before.map(() => 0);
  from.forEach((row, state) => {
    const off = row.reduce((sum, probability, next) => sum + (to[state]![next]! - probability), 0);
    // Both rows sum to 1 but for rounding, which a small step would be lost in.
    row.forEach((probability, next) => {
      moved[next]! += after[state]! * (to[state]![next]! - probability - off * to[state]![next]!);
    });
  });
  return before.map((_, state) => moved.reduce((sum, value, row) => sum + value * inverse[row]![state]!, 0));
}

/** Where the step would move no probability by more, it is as good as rounding, and is not taken. */
const RESTS = 1e-13;
const MOST_STEPS = 30;
const LEAST_PART = 2 ** -10;

/**
 * The transitions that raise the whole of Q = sum N_k log pi_k(Gamma) + sum N_jk log gamma_jk, where the start is stationary. There is no
 * closed form: the closed estimate of the second part is only where it begins.
 *
 * Each step is the gradient of Q in every row, scaled by (diag gamma - gamma gamma') / (N_j + N pi_j), which is positive definite: it ascends,
 * is halved until it does, and rests only where Q does. Where sequences are long the second part rules, and a few steps are enough.
 *
 * @param counts of first states, and then of the transitions, row by row
 */
export function stationaryEstimate(
  counts: Float64Array,
  about: Transitions,
  gainOf: (from: Transitions, to: Transitions) => number,
): Transitions {
  const states = about.length;
  const sequences = about.reduce((sum, _, state) => sum + counts[state]!, 0);
  const closed = about.map((row, from) => estimateProportions(counts, states * (from + 1), row));
  let at = gainOf(about, closed) > 0 ? closed : about;
  for (let turn = 0; turn < MOST_STEPS; turn += 1) {
    const step = ascent(counts, sequences, at);
    if (step.every((row) => row.every((change) => Math.abs(change) <= RESTS))) return at;
    let next: Transitions | undefined;
    for (let part = 1; next === undefined && part >= LEAST_PART; part /= 2) {
      const tried = moved(at, step, part);
      if (gainOf(at, tried) > 0) next = tried;
    }
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

function ascent(counts: Float64Array, sequences: number, at: Transitions): Transitions {
  const states = at.length;
  const distribution = stationaryDistribution(at);
  const inverse = fundamental(at, distribution);
  // d log-likelihood of the start / d gamma_ij = pi_i v_j.
  const slopes = inverse.map((row) =>
    row.reduce((sum, value, k) => sum + (counts[k]! > 0 ? (value * counts[k]!) / distribution[k]! : 0), 0),
  );
  return at.map((row, from) => {
    let total = 0;
    for (let to = 0; to < states; to += 1) total += counts[states * (from + 1) + to]!;
    const share = distribution[from]!;
    const mean = row.reduce((sum, probability, to) => sum + probability * slopes[to]!, 0);
    const weight = total + sequences * share;
    return row.map((probability, to) =>
      probability === 0
        ? 0
        : (counts[states * (from + 1) + to]! - total * probability + probability * share * (slopes[to]! - mean)) / weight,
    );
  });
}

/** The transitions after a part of a step, which goes no more than most of the way to 0. */
function moved(at: Transitions, step: Transitions, part: number): Transitions {
  return at.map((row, from) => {
    const values = row.map((probability, to) => Math.max(probability + part * step[from]![to]!, probability * LEAST_PART));
    const total = values.reduce((sum, value) => sum + value, 0);
    return values.map((value) => value / total);
  });
}
