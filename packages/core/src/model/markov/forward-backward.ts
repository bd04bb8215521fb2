import { exp, log } from '../../numerics/elementary.ts';

/** The law of a chain of labels: probabilities of the first state, and of each state after each. */
export interface Markov {
  readonly initial: readonly number[];
  /** `transitions[j][k]` is the probability that state k follows state j. */
  readonly transitions: readonly (readonly number[])[];
}

/** Rows whose sums are taken by themselves before they are added to the others: rounding then grows with neither their number nor theirs. */
const SUB_BLOCK = 1024;

/** In numbers, a state that is this much less probable than others is as good as lost. */
const FAINT = 1e-150;

/** Transitions below this are multiplied in logarithms. */
const RARE = 1e-100;

/**
 * By how much the rest of a sequence may prefer one state to another, where that is bounded: by the ratio of transitions into the same
 * state. A state that underflowed then carries no more than 1e-280 of the sequence.
 */
const MOST_PREFERENCE = 1e20;

/** What is known of a point before rows are looked at. */
interface Law {
  readonly at: Markov;
  readonly initial: Float64Array;
  /** Row by row. */
  readonly transitions: Float64Array;
  /** Whether a state that underflows can be forgotten, whatever comes. */
  readonly forgetful: boolean;
  /** Whether some transition is too rare for numbers. */
  readonly rare: boolean;
}

/**
 * The forward-backward algorithm of one chain of K states (Baum, Petrie, Soules and Weiss 1970), of which the filter is a part.
 *
 * Forwards, each row's joint densities p(rows so far, state) are divided by their sum, the row's conditional density, after the largest
 * log-density of a state *that can be reached* was taken off: a state out of reach may fit a row ten thousand nats better. Where one that can
 * be reached is too faint for a double, and a later row could still turn to it, the unit is done again in logarithms.
 *
 * It keeps room for the rows of one unit, 2 K numbers a row, from one to the next; nothing in it outlives a call.
 */
export class ForwardBackward {
  private readonly states: number;
  private law: Law | undefined;
  /** P(state | rows so far): K numbers a row; its logarithm where all is done in logarithms. */
  filtered: Float64Array = new Float64Array(0);
  /** Density of the row in each state over its conditional density; in logarithms, log P(state | rows before). */
  private factors: Float64Array = new Float64Array(0);
  private readonly predicted: Float64Array;
  private readonly joint: Float64Array;
  private readonly backward: Float64Array;
  private readonly weighed: Float64Array;
  private readonly pairs: Float64Array;

  constructor(states: number) {
    this.states = states;
    this.predicted = new Float64Array(states);
    this.joint = new Float64Array(states);
    this.backward = new Float64Array(states);
    this.weighed = new Float64Array(states);
    this.pairs = new Float64Array(states * states);
  }

  /**
   * Turns the log-densities of the rows from `first` to below `end` into P(state | all rows), in place, and adds the expected counts of first
   * states and, row by row, of transitions to `sums`. Returns the log-likelihood, minus infinity or NaN where there is no posterior.
   */
  posterior(first: number, end: number, at: Markov, logDensities: readonly Float64Array[], sums: Float64Array): number {
    const { states } = this;
    const law = this.prepare(at, end - first);
    const scaled = law.rare ? undefined : this.forward(law, first, end, logDensities);
    const logLikelihood = scaled ?? this.forwardInLogarithms(law, first, end, logDensities);
    if (!(logLikelihood - logLikelihood === 0)) return logLikelihood;
    if (scaled === undefined) this.backwardInLogarithms(law, first, end, logDensities, sums);
    else this.backwards(law, first, end, logDensities, sums);
    for (let k = 0; k < states; k += 1) sums[k]! += logDensities[k]![first]!;
    return logLikelihood;
  }

  /**
   * The first half alone: `filtered` then holds P(state | rows so far), K numbers a row. The log-densities stay as they are.
   */
  filter(first: number, end: number, at: Markov, logDensities: readonly Float64Array[]): number {
    const law = this.prepare(at, end - first);
    const logLikelihood = law.rare ? undefined : this.forward(law, first, end, logDensities);
    if (logLikelihood !== undefined) return logLikelihood;
    const again = this.forwardInLogarithms(law, first, end, logDensities);
    const length = this.states * (end - first);
    for (let index = 0; index < length; index += 1) this.filtered[index] = exp(this.filtered[index]!);
    return again;
  }

  private prepare(at: Markov, rows: number): Law {
    const { states } = this;
    if (this.filtered.length < states * rows) {
      this.filtered = new Float64Array(states * rows);
      this.factors = new Float64Array(states * rows);
    }
    if (this.law?.at === at) return this.law;
    const transitions = Float64Array.from(at.transitions.flat());
    const rare = transitions.some((probability) => probability > 0 && probability < RARE);
    this.law = {
      at,
      initial: Float64Array.from(at.initial),
      transitions,
      forgetful: preference(transitions, states) < MOST_PREFERENCE,
      rare,
    };
    return this.law;
  }

  /** Undefined where a state that matters is too faint. */
  private forward(law: Law, first: number, end: number, logDensities: readonly Float64Array[]): number | undefined {
    const { states, filtered, factors, predicted, joint } = this;
    const { transitions, forgetful } = law;
    let [sum, lost] = [0, 0];
    // Conditional densities are multiplied, and a logarithm taken only where the product comes near the end of doubles.
    let product = 1;
    for (let row = first; row < end; row += 1) {
      const place = (row - first) * states;
      if (row === first) predicted.set(law.initial);
      else predict(filtered, place - states, transitions, predicted);
      let largest = -Infinity;
      for (let k = 0; k < states; k += 1) {
        if (predicted[k]! > 0 && logDensities[k]![row]! > largest) largest = logDensities[k]![row]!;
      }
      let total = 0;
      for (let k = 0; k < states; k += 1) {
        const factor = predicted[k]! > 0 ? exp(logDensities[k]![row]! - largest) : 0;
        factors[place + k] = factor;
        total += joint[k] = predicted[k]! * factor;
      }
      // Minus infinity in all states that can be reached leaves no number, like a log-density that is none.
      if (!(total > 0)) return total === 0 ? undefined : isImpossible(predicted, logDensities, row) ? -Infinity : Number.NaN;
      for (let k = 0; k < states; k += 1) {
        const share = joint[k]! / total;
        if (!forgetful && share < FAINT && predicted[k]! > 0 && logDensities[k]![row]! > -Infinity) return undefined;
        filtered[place + k] = share;
        factors[place + k]! /= total;
      }
      product *= total;
      if (product < FAINT || product > 1 / FAINT) {
        largest += log(product);
        product = 1;
      }
      const next = sum + largest;
      lost += Math.abs(sum) >= Math.abs(largest) ? sum - next + largest : largest - next + sum;
      sum = next;
    }
    return sum + lost + log(product);
  }

  /** P(state | all rows) from the last row to the first, with the densities of later rows relative to what was predicted of them. */
  private backwards(law: Law, first: number, end: number, logDensities: readonly Float64Array[], sums: Float64Array): void {
    const { states, filtered, factors, joint, backward, weighed, pairs } = this;
    const { transitions } = law;
    const last = (end - 1 - first) * states;
    for (let k = 0; k < states; k += 1) logDensities[k]![end - 1] = filtered[last + k]!;
    backward.fill(1);
    pairs.fill(0);
    for (let row = end - 2; row >= first; row -= 1) {
      const place = (row - first) * states;
      for (let k = 0; k < states; k += 1) weighed[k] = factors[place + states + k]! * backward[k]!;
      let total = 0;
      for (let j = 0, index = 0; j < states; j += 1) {
        let value = 0;
        for (let k = 0; k < states; k += 1, index += 1) value += transitions[index]! * weighed[k]!;
        backward[j] = value;
        total += joint[j] = filtered[place + j]! * value;
      }
      // 1 but for rounding, which must not add up over a long sequence.
      for (let j = 0, index = 0; j < states; j += 1) {
        const here = filtered[place + j]! / total;
        backward[j]! /= total;
        logDensities[j]![row] = joint[j]! / total;
        for (let k = 0; k < states; k += 1, index += 1) pairs[index]! += here * weighed[k]!;
      }
      if ((row - first) % SUB_BLOCK === 0) {
        for (let index = 0; index < pairs.length; index += 1) sums[states + index]! += pairs[index]! * transitions[index]!;
        pairs.fill(0);
      }
    }
  }

  private forwardInLogarithms(law: Law, first: number, end: number, logDensities: readonly Float64Array[]): number {
    const { states, filtered, factors: logPredicted, joint } = this;
    const logTransitions = law.transitions.map(log);
    let [sum, lost] = [0, 0];
    for (let row = first; row < end; row += 1) {
      const place = (row - first) * states;
      let largest = -Infinity;
      for (let k = 0; k < states; k += 1) {
        const predicted = row === first ? log(law.initial[k]!) : logPredict(filtered, place - states, logTransitions, k, states);
        logPredicted[place + k] = predicted;
        joint[k] = predicted === -Infinity ? predicted : predicted + logDensities[k]![row]!;
        if (joint[k]! > largest || Number.isNaN(joint[k])) largest = joint[k]!;
      }
      if (!(largest - largest === 0)) return largest;
      let total = 0;
      for (let k = 0; k < states; k += 1) total += exp(joint[k]! - largest);
      const logTotal = log(total);
      for (let k = 0; k < states; k += 1) filtered[place + k] = joint[k]! - largest - logTotal;
      const term = largest + logTotal;
      const next = sum + term;
      lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
      sum = next;
    }
    return sum + lost;
  }

  /** Each state's probability given all rows goes back to the states before it, in the shares in which they lead to it. */
  private backwardInLogarithms(law: Law, first: number, end: number, logDensities: readonly Float64Array[], sums: Float64Array): void {
    const { states, filtered, factors: logPredicted, backward: before, weighed: smoothed, pairs } = this;
    const logTransitions = law.transitions.map(log);
    const last = (end - 1 - first) * states;
    for (let k = 0; k < states; k += 1) smoothed[k] = exp(filtered[last + k]!);
    pairs.fill(0);
    for (let row = end - 1; ; row -= 1) {
      let total = 0;
      for (let k = 0; k < states; k += 1) total += smoothed[k]!;
      for (let k = 0; k < states; k += 1) logDensities[k]![row] = smoothed[k]! /= total;
      if (row === first) break;
      const place = (row - 1 - first) * states;
      before.fill(0);
      for (let k = 0; k < states; k += 1) {
        if (smoothed[k] === 0) continue;
        const predicted = logPredicted[place + states + k]!;
        for (let j = 0; j < states; j += 1) {
          const move = filtered[place + j]! + logTransitions[j * states + k]!;
          if (move === -Infinity) continue;
          const pair = smoothed[k]! * exp(move - predicted);
          pairs[j * states + k]! += pair;
          before[j]! += pair;
        }
      }
      smoothed.set(before);
      if ((row - 1 - first) % SUB_BLOCK === 0) {
        for (let index = 0; index < pairs.length; index += 1) sums[states + index]! += pairs[index]!;
        pairs.fill(0);
      }
    }
  }
}

/** P(state in the next row | rows so far), from that of the row before, whose K numbers stand from `place` on. */
export function predict(filtered: Float64Array, place: number, transitions: Float64Array, out: Float64Array): void {
  const states = out.length;
  for (let k = 0; k < states; k += 1) {
    let sum = 0;
    for (let j = 0; j < states; j += 1) sum += filtered[place + j]! * transitions[j * states + k]!;
    out[k] = sum;
  }
}

function logPredict(logFiltered: Float64Array, place: number, logTransitions: Float64Array, k: number, states: number): number {
  let largest = -Infinity;
  for (let j = 0; j < states; j += 1) largest = Math.max(largest, logFiltered[place + j]! + logTransitions[j * states + k]!);
  if (largest === -Infinity) return largest;
  let total = 0;
  for (let j = 0; j < states; j += 1) total += exp(logFiltered[place + j]! + logTransitions[j * states + k]! - largest);
  return largest + log(total);
}

function isImpossible(predicted: Float64Array, logDensities: readonly Float64Array[], row: number): boolean {
  return logDensities.every((column, k) => predicted[k] === 0 || column[row] === -Infinity);
}

/** The largest ratio of two transitions into the same state; infinite where only one of them is possible. */
function preference(transitions: Float64Array, states: number): number {
  let most = 1;
  for (let k = 0; k < states; k += 1) {
    let [least, largest] = [Infinity, 0];
    for (let j = 0; j < states; j += 1) {
      least = Math.min(least, transitions[j * states + k]!);
      largest = Math.max(largest, transitions[j * states + k]!);
    }
    if (largest > 0) most = Math.max(most, largest / least);
  }
  return most;
}
