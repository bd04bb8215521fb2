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

/** Joint densities are divided by their sum when it falls below this. */
const SMALL = 1e-60;

/** A product of transitions below this with a probability may be lost, and leave a state that can be reached without one. */
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
  /** Whether some transition may be lost in a product. */
  readonly rare: boolean;
}

/**
 * The forward-backward algorithm of a chain of K states (Baum, Petrie, Soules and Weiss 1970).
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
    const scaled = this.forward(law, first, end, logDensities);
    const logLikelihood = scaled ?? this.forwardInLogarithms(law, first, end, logDensities);
    if (!(logLikelihood - logLikelihood === 0)) return logLikelihood;
    if (scaled === undefined) this.backwardInLogarithms(law, first, end, logDensities, sums);
    else this.backwards(law, first, end, logDensities, sums);
    for (let k = 0; k < states; k += 1) sums[k]! += logDensities[k]![first]!;
    return logLikelihood;
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

  /**
   * Joint densities p(rows so far, state), each row's taken off its largest log-density in reach, and divided by their sum only when that
   * has become small: it cancels in the posterior. Undefined where a state that matters is too faint.
   */
  private forward(law: Law, first: number, end: number, logDensities: readonly Float64Array[]): number | undefined {
    const { states, filtered, factors, predicted } = this;
    const { transitions, forgetful, rare } = law;
    const rows = end - first;
    for (let k = 0; k < states; k += 1) {
      const values = logDensities[k]!;
      for (let row = 0, place = k; row < rows; row += 1, place += states) factors[place] = values[first + row]!;
    }
    let [logLikelihood, lost, part] = [0, 0, 0];
    let before = 0;
    for (let row = 0, place = 0; row < rows; row += 1, place += states) {
      let largest = -Infinity;
      for (let k = 0; k < states; k += 1) {
        let sum = 0;
        if (row === 0) sum = law.initial[k]!;
        else for (let j = 0, index = k; j < states; j += 1, index += states) sum += filtered[place - states + j]! * transitions[index]!;
        predicted[k] = sum;
        if (sum > 0 && factors[place + k]! > largest) largest = factors[place + k]!;
      }
      let total = 0;
      for (let k = 0; k < states; k += 1) {
        const factor = predicted[k] === 0 ? 0 : exp(factors[place + k]! - largest);
        total += filtered[place + k] = predicted[k]! * factor;
        factors[place + k] = factor;
      }
      // Minus infinity in all states that can be reached leaves no number, like a log-density that is none.
      if (!(total > 0)) return total === 0 ? undefined : isImpossible(predicted, logDensities, first + row) ? -Infinity : Number.NaN;
      if (!forgetful && this.isFaint(logDensities, first + row, place, FAINT * total, rare)) return undefined;
      part += largest;
      before = total;
      if (total < SMALL) {
        for (let k = 0; k < states; k += 1) filtered[place + k]! /= total;
        part += log(total);
        before = 1;
      }
      if (row % SUB_BLOCK !== 0 && row < rows - 1) continue;
      const next = logLikelihood + part;
      lost += Math.abs(logLikelihood) >= Math.abs(part) ? logLikelihood - next + part : part - next + logLikelihood;
      logLikelihood = next;
      part = 0;
    }
    return logLikelihood + lost + log(before);
  }

  /** Whether a state that can be reached, and that the row allows, is below a limit. */
  private isFaint(logDensities: readonly Float64Array[], row: number, place: number, limit: number, rare: boolean): boolean {
    const { states, filtered, predicted } = this;
    for (let k = 0; k < states; k += 1) {
      if (filtered[place + k]! < limit && (rare || predicted[k]! > 0) && logDensities[k]![row]! > -Infinity) return true;
    }
    return false;
  }

  /** P(state | all rows) from the last row to the first: the product of what rows up to it and rows after it say, over the sum of these. */
  private backwards(law: Law, first: number, end: number, logDensities: readonly Float64Array[], sums: Float64Array): void {
    const { states, filtered, factors, joint, backward, weighed, pairs } = this;
    const { transitions } = law;
    backward.fill(1);
    pairs.fill(0);
    for (let row = end - 1, place = (end - 1 - first) * states; row >= first; row -= 1, place -= states) {
      let total = 0;
      for (let k = 0; k < states; k += 1) total += joint[k] = filtered[place + k]! * backward[k]!;
      for (let k = 0; k < states; k += 1) logDensities[k]![row] = joint[k]! / total;
      if (row === first) break;
      let largest = 0;
      for (let k = 0; k < states; k += 1) {
        const value = factors[place + k]! * backward[k]!;
        weighed[k] = value;
        if (value > largest) largest = value;
      }
      // What rows after it say is only known but for a factor, and must neither vanish nor overflow.
      const scale = largest < SMALL || largest > 1 / SMALL ? 1 / largest : 1;
      let pairTotal = 0;
      for (let j = 0, index = 0; j < states; j += 1) {
        let value = 0;
        for (let k = 0; k < states; k += 1, index += 1) value += transitions[index]! * weighed[k]!;
        backward[j] = value * scale;
        pairTotal += filtered[place - states + j]! * value;
      }
      for (let j = 0, index = 0; j < states; j += 1) {
        const here = filtered[place - states + j]! / pairTotal;
        for (let k = 0; k < states; k += 1, index += 1) pairs[index]! += here * weighed[k]!;
      }
      if ((row - 1 - first) % SUB_BLOCK !== 0) continue;
      for (let index = 0; index < pairs.length; index += 1) sums[states + index]! += pairs[index]! * transitions[index]!;
      pairs.fill(0);
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
