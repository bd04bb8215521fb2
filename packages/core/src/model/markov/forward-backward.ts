import { CHAIN_KERNELS } from '../../kernels/chain.ts';
import { kernels } from '../../kernels/kernels.ts';
import { Allocation, EXPECTED_COUNTS } from '../../kernels/memory.ts';
import { PosteriorPass } from '../../kernels/posterior-pass.ts';
import { exp, log } from '../../numerics/elementary.ts';

/** The law of a chain of labels: probabilities of the first state, and of each state after each. */
export interface Markov {
  readonly initial: readonly number[];
  /** `transitions[j][k]` is the probability that state k follows state j. */
  readonly transitions: readonly (readonly number[])[];
}

/** The most numbers of rows and states that kernels take at a time; sums of these rows are taken by themselves before they are added to others. */
const NUMBERS_AT_A_TIME = 16_384;
const SUB_BLOCK = 1024;

/** Joint densities are divided by their sum when it falls below this. */
const SMALL = 2 ** -60;

/** In numbers, a state that is this much less probable than others is as good as lost. */
const FAINT = 1e-150;

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
  /** Row by row, filled up by states that are never reached; and transposed. */
  readonly transitions: Float64Array;
  readonly transposed: Float64Array;
  /** Whether a state that underflows can be forgotten, whatever comes. */
  readonly forgetful: boolean;
  /** Whether some transition may be lost in a product. */
  readonly rare: boolean;
}

/** Where things stand in the kernels' memory, in numbers. */
interface Places {
  /** Rows at a time. */
  readonly rows: number;
  readonly matrix: number;
  readonly factors: number;
  readonly filtered: number;
  readonly totals: number;
  readonly backward: number;
  readonly weighed: number;
  readonly pairs: number;
  readonly length: number;
}

/**
 * The forward-backward algorithm of a chain of K states (Baum, Petrie, Soules and Weiss 1970).
 *
 * Forwards, each row's joint densities p(rows so far, state) are taken relative to the sum of the row's, and divided by theirs when that becomes
 * small. A state out of reach may fit a row ten thousand nats better than those within: where one that can be reached is too faint for a
 * double, and a later row could still turn to it, the unit is done again in logarithms.
 *
 * It keeps room for the rows of one unit, 2 K numbers a row, from one to the next; nothing in it outlives a call.
 */
export class ForwardBackward {
  private readonly states: number;
  /** The states, filled up to an even number. */
  private readonly width: number;
  private readonly places: Places;
  private readonly pass: PosteriorPass;
  private readonly likelihood: Float64Array;
  private law: Law | undefined;
  /** p(rows so far, state) but for a factor a row; where all is done in logarithms, log P(state | rows so far). */
  private filtered: Float64Array = new Float64Array(0);
  /** Density of the row in each state relative to the sum of all; in logarithms, log P(state | rows before). */
  private factors: Float64Array = new Float64Array(0);
  private readonly joint: Float64Array;
  private readonly before: Float64Array;
  private readonly smoothed: Float64Array;

  constructor(states: number) {
    this.states = states;
    this.width = 2 * Math.ceil(states / 2);
    this.places = placesFor(this.width);
    this.pass = new PosteriorPass(states);
    this.likelihood = new Float64Array(EXPECTED_COUNTS + states);
    this.joint = new Float64Array(states);
    this.before = new Float64Array(states);
    this.smoothed = new Float64Array(states);
  }

  /**
   * Turns the log-densities of the rows from `first` to below `end` into P(state | all rows), in place, and adds the expected counts of first
   * states and, row by row, of transitions to `sums`. Returns the log-likelihood, minus infinity or NaN where there is no posterior.
   */
  posterior(first: number, end: number, at: Markov, logDensities: readonly Float64Array[], sums: Float64Array): number {
    const law = this.prepare(at, end - first);
    const scaled = this.forward(law, first, end, logDensities);
    const logLikelihood = scaled ?? this.forwardInLogarithms(law, first, end, logDensities);
    if (!(logLikelihood - logLikelihood === 0)) return logLikelihood;
    if (scaled === undefined) this.backwardInLogarithms(law, first, end, logDensities, sums);
    else this.backward(law, first, end, logDensities, sums);
    for (let k = 0; k < this.states; k += 1) sums[k]! += logDensities[k]![first]!;
    return logLikelihood;
  }

  private prepare(at: Markov, rows: number): Law {
    const { states, width } = this;
    if (this.filtered.length < width * rows) {
      this.filtered = new Float64Array(width * rows);
      this.factors = new Float64Array(width * rows);
    }
    if (this.law?.at === at) return this.law;
    const transitions = new Float64Array(width * width);
    const transposed = new Float64Array(width * width);
    at.transitions.forEach((row, j) => {
      row.forEach((probability, k) => {
        transitions[width * j + k] = transposed[width * k + j] = probability;
      });
    });
    const rare = at.transitions.some((row) => row.some((probability) => probability > 0 && probability < RARE));
    this.law = { at, transitions, transposed, forgetful: !rare && preference(transitions, states, width) < MOST_PREFERENCE, rare };
    return this.law;
  }

  /** Undefined where numbers will not do. */
  private forward(law: Law, first: number, end: number, logDensities: readonly Float64Array[]): number | undefined {
    const { states, width, filtered, factors, places } = this;
    const rows = end - first;
    let logLikelihood = this.relate(first, rows, logDensities);
    if (!Number.isFinite(logLikelihood)) return undefined;
    // Another unit's logarithms may stand where states are filled up.
    filtered.fill(0, states, width);
    for (let k = 0; k < states; k += 1) filtered[k] = law.at.initial[k]! * factors[k]!;
    if (!(this.sumOf(0) >= FAINT)) return undefined;
    const engine = kernels();
    const memory = engine.memory(places.length);
    memory.set(law.transitions, places.matrix);
    for (let row = 1; row < rows; row += places.rows) {
      const count = Math.min(places.rows, rows - row);
      memory.set(factors.subarray(row * width, (row + count) * width), places.factors);
      memory.set(filtered.subarray((row - 1) * width, row * width), places.filtered);
      engine
        .further(CHAIN_KERNELS)
        .chainForward(count, width, SMALL, 8 * places.factors, 8 * places.matrix, 8 * places.filtered, 8 * places.totals);
      filtered.set(memory.subarray(places.filtered + width, places.filtered + (count + 1) * width), row * width);
      let logDivisors = 0;
      for (let index = 0; index < count; index += 1) {
        const divisor = memory[places.totals + index]!;
        if (!(divisor > 0)) return undefined;
        if (divisor !== 1) logDivisors += log(divisor);
      }
      logLikelihood += logDivisors;
    }
    return !law.forgetful && this.loses(law, first, rows, logDensities) ? undefined : logLikelihood + log(this.sumOf(rows - 1));
  }

  private sumOf(row: number): number {
    let total = 0;
    for (let k = 0; k < this.states; k += 1) total += this.filtered[row * this.width + k]!;
    return total;
  }

  /**
   * Densities of all rows relative to the sum of each row's, as if states were independent. Returns the logarithms of these sums, summed; they
   * are no number where a row is impossible in every state, or a density is no number.
   */
  private relate(first: number, rows: number, logDensities: readonly Float64Array[]): number {
    const { states, width, factors, pass, likelihood } = this;
    if (states < width) for (let row = 0, place = states; row < rows; row += 1, place += width) factors[place] = 0;
    let [sum, lost] = [0, 0];
    for (let start = 0; start < rows; start += SUB_BLOCK) {
      const size = Math.min(SUB_BLOCK, rows - start);
      const shares = pass.densities(size);
      for (let k = 0; k < states; k += 1) shares[k]!.set(logDensities[k]!.subarray(first + start, first + start + size));
      pass.run({ size }, likelihood);
      for (let k = 0; k < states; k += 1) {
        const values = shares[k]!;
        for (let row = 0, place = start * width + k; row < size; row += 1, place += width) factors[place] = values[row]!;
      }
      const part = likelihood[0]!;
      const next = sum + part;
      lost += Math.abs(sum) >= Math.abs(part) ? sum - next + part : part - next + sum;
      sum = next;
    }
    return sum + lost;
  }

  /** Whether a state that can be reached, and that its row allows, has become too faint. */
  private loses({ at, transitions, rare }: Law, first: number, rows: number, logDensities: readonly Float64Array[]): boolean {
    const { states, width, filtered } = this;
    for (let row = 0, place = 0; row < rows; row += 1, place += width) {
      for (let k = 0; k < states; k += 1) {
        if (!(filtered[place + k]! < FAINT) || logDensities[k]![first + row] === -Infinity) continue;
        let isReached = row === 0 ? at.initial[k]! > 0 : rare;
        for (let j = 0; j < states && row > 0 && !isReached; j += 1)
          isReached = filtered[place - width + j]! * transitions[j * width + k]! > 0;
        if (isReached) return true;
      }
    }
    return false;
  }

  /** P(state | all rows) from the last row to the first: the product of what rows up to it and rows after it say, over the sum of these. */
  private backward(law: Law, first: number, end: number, logDensities: readonly Float64Array[], sums: Float64Array): void {
    const { states, width, filtered, factors, places } = this;
    const engine = kernels();
    const memory = engine.memory(places.length);
    memory.set(law.transposed, places.matrix);
    memory.fill(1, places.backward, places.backward + width);
    for (let to = end - first; to > 1; to -= places.rows) {
      const from = Math.max(1, to - places.rows);
      const count = to - from;
      memory.set(factors.subarray(from * width, to * width), places.factors);
      memory.set(filtered.subarray((from - 1) * width, to * width), places.filtered);
      memory.fill(0, places.pairs, places.pairs + width * width);
      engine
        .further(CHAIN_KERNELS)
        .chainBackward(
          count,
          width,
          8 * places.factors,
          8 * places.matrix,
          8 * places.filtered,
          8 * places.backward,
          8 * places.weighed,
          8 * places.pairs,
        );
      for (let k = 0; k < states; k += 1) {
        const out = logDensities[k]!;
        for (let row = from, place = places.factors + k; row < to; row += 1, place += width) out[first + row] = memory[place]!;
      }
      for (let j = 0; j < states; j += 1) {
        for (let k = 0; k < states; k += 1)
          sums[states * (j + 1) + k]! += memory[places.pairs + width * j + k]! * law.transitions[width * j + k]!;
      }
    }
    let total = 0;
    for (let k = 0; k < states; k += 1) total += this.joint[k] = filtered[k]! * memory[places.backward + k]!;
    for (let k = 0; k < states; k += 1) logDensities[k]![first] = this.joint[k]! / total;
  }

  private forwardInLogarithms(law: Law, first: number, end: number, logDensities: readonly Float64Array[]): number {
    const { states, filtered, factors: logPredicted, joint } = this;
    const logInitial = law.at.initial.map(log);
    const logTransitions = Float64Array.from(law.at.transitions.flat(), log);
    let [sum, lost] = [0, 0];
    for (let row = first; row < end; row += 1) {
      const place = (row - first) * states;
      let largest = -Infinity;
      for (let k = 0; k < states; k += 1) {
        const predicted = row === first ? logInitial[k]! : logPredict(filtered, place - states, logTransitions, k, states);
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
    const { states, filtered, factors: logPredicted, before, smoothed } = this;
    const logTransitions = Float64Array.from(law.at.transitions.flat(), log);
    const pairs = new Float64Array(states * states);
    const last = (end - 1 - first) * states;
    for (let k = 0; k < states; k += 1) smoothed[k] = exp(filtered[last + k]!);
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

/** The largest ratio of two transitions into the same state; infinite where some transition is impossible. */
function preference(transitions: Float64Array, states: number, width: number): number {
  let most = 1;
  for (let k = 0; k < states; k += 1) {
    let [least, largest] = [Infinity, 0];
    for (let j = 0; j < states; j += 1) {
      least = Math.min(least, transitions[j * width + k]!);
      largest = Math.max(largest, transitions[j * width + k]!);
    }
    most = Math.max(most, least === 0 ? Infinity : largest / least);
  }
  return most;
}

function placesFor(width: number): Places {
  const allocation = new Allocation();
  const rows = Math.max(16, Math.min(SUB_BLOCK, Math.floor(NUMBERS_AT_A_TIME / width)));
  const matrix = allocation.take(width * width);
  const factors = allocation.take(rows * width);
  const filtered = allocation.take((rows + 1) * width);
  const totals = allocation.take(rows);
  const backward = allocation.take(width);
  const weighed = allocation.take(width);
  const pairs = allocation.take(width * width);
  return { rows, matrix, factors, filtered, totals, backward, weighed, pairs, length: allocation.length };
}
