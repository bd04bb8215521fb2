import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import type { AccelerationMemory, EmPair } from './driver.ts';

/** Differences between successive points that are combined: the longest memory in the study of Henderson and Varadhan. */
const MOST_DIFFERENCES = 10;

/** With so many coordinates, combining costs as much as a pass over the data, and half the memory does nearly as well. */
const MANY_COORDINATES = 2000;
const FEWER_DIFFERENCES = 5;

/** A difference that the newer ones explain up to this part of its length tells nothing new but noise. */
const INDEPENDENT = 1e-6;

/** The bound on the length of a stretched step grows by this factor when it was reached with success, and shrinks after a failure. */
const BOUND_FACTOR = 4;
const LONGEST_STEP = 2 ** 20;

export const FRESH_ACCELERATION: AccelerationMemory = { history: [], longestStep: 1, hesitant: false };

/** A point to try instead of the EM image. */
export interface Proposal {
  readonly point: MixtureParameters;
  /** The way there from the point before, in free coordinates. */
  readonly way: Float64Array;
  /** The EM step made longer, rather than the fixed point of what was learned. */
  readonly stretched: boolean;
  /** The length was cut at its bound. */
  readonly bounded: boolean;
}

/**
 * Anderson acceleration (Walker and Ni 2011; for EM: Henderson and Varadhan 2019, DAAREM) in free coordinates. From the last points and
 * their EM images it learns how the EM map behaves around here, and solves for its fixed point as far as it knows it.
 *
 * A fixed point may also be a saddle, from which EM moves away: where the solution lies against the direction of the EM step, and once
 * after each refusal, the EM step itself is stretched instead (by the length of Varadhan and Roland 2008).
 */
export class Anderson {
  private readonly model: Mixture;
  private readonly most: number;
  /** For each pair its differences from the one before. */
  private readonly differences = new WeakMap<EmPair, Differences>();
  memory: AccelerationMemory;

  constructor(model: Mixture, memory: AccelerationMemory = FRESH_ACCELERATION) {
    this.model = model;
    this.memory = memory;
    this.most = model.space.free.length > MANY_COORDINATES ? FEWER_DIFFERENCES : MOST_DIFFERENCES;
  }

  /** The pairs to learn from when a new one has come; `remember` keeps them. */
  pairsWith(pair: EmPair): readonly EmPair[] {
    return [...this.memory.history, pair].slice(-1 - this.most);
  }

  /** Keeps the pairs, and what became of the proposal; `accepted` is undefined where there was none. */
  remember(history: readonly EmPair[], proposal: Proposal | undefined, accepted: boolean): void {
    let { longestStep, hesitant } = this.memory;
    if (proposal !== undefined) {
      hesitant = !accepted && !proposal.stretched;
      if (proposal.stretched && !accepted) longestStep = Math.max(longestStep / BOUND_FACTOR, 1);
      else if (proposal.bounded) longestStep = Math.min(longestStep * BOUND_FACTOR, LONGEST_STEP);
    }
    this.memory = { history, longestStep, hesitant };
  }

  forget(): void {
    this.memory = FRESH_ACCELERATION;
  }

  /**
   * Where to try next, given the last points and images, the newest last: x + f - sum_j gamma_j (dx_j + df_j) with f = M(x) - x and gamma
   * least squares for f = sum_j gamma_j df_j, in units natural to each coordinate; or x + s f. Undefined where plain EM is to go on.
   */
  propose(pairs: readonly EmPair[]): Proposal | undefined {
    const { free } = this.model.space;
    const { length } = free;
    const { longestStep, hesitant } = this.memory;
    const now = pairs.at(-1)!;
    if (pairs.length < 2 || length === 0) return undefined;
    const scales = new Float64Array(length);
    free.scales(now.at, scales, 0);
    const step = new Float64Array(length);
    free.difference(now.at, now.image, step, 0);
    for (let index = 0; index < length; index += 1) step[index]! /= scales[index]!;
    const count = pairs.length - 1;
    // Newest first, end to end.
    const moves = new Float64Array(count * length);
    const bends = new Float64Array(count * length);
    for (let index = 0; index < count; index += 1) {
      const { ofPoints, ofImages } = this.differencesOf(pairs[count - 1 - index]!, pairs[count - index]!);
      const start = index * length;
      for (let at = 0; at < length; at += 1) {
        moves[start + at] = ofPoints[at]! / scales[at]!;
        bends[start + at] = ofImages[at]! / scales[at]! - moves[start + at]!;
      }
    }
    const solution = hesitant ? undefined : solveFixedPoint(step, moves, bends);
    const stretch = Math.sqrt(dot(moves, 0, moves, 0, length) / dot(bends, 0, bends, 0, length));
    const allowed = Math.min(stretch, longestStep * BOUND_FACTOR);
    const stretched = !(solution !== undefined && dot(solution, 0, step, 0, length) > 0);
    if (stretched && !(allowed > 1)) return undefined;
    const way = new Float64Array(length);
    for (let index = 0; index < length; index += 1) {
      way[index] = scales[index]! * (stretched ? allowed * step[index]! : solution[index]!);
      if (!Number.isFinite(way[index]!)) return undefined;
    }
    return { point: free.move(now.at, way, 0), way, stretched, bounded: stretched && allowed < stretch };
  }

  private differencesOf(older: EmPair, newer: EmPair): Differences {
    let known = this.differences.get(newer);
    if (known === undefined) {
      const { free } = this.model.space;
      known = { ofPoints: new Float64Array(free.length), ofImages: new Float64Array(free.length) };
      free.difference(older.at, newer.at, known.ofPoints, 0);
      free.difference(older.image, newer.image, known.ofImages, 0);
      this.differences.set(newer, known);
    }
    return known;
  }
}

interface Differences {
  readonly ofPoints: Float64Array;
  readonly ofImages: Float64Array;
}

/**
 * The step to the fixed point of the affine map that takes all differences as they were, or as near to it as they determine. `moves` and
 * `bends` hold as many vectors of the step's length as there are differences, newest first.
 */
function solveFixedPoint(step: Float64Array, moves: Float64Array, bends: Float64Array): Float64Array | undefined {
  const { length } = step;
  const count = bends.length / length;
  // Gram-Schmidt, newest difference first; what is a combination of newer ones is left out.
  const directions = bends.slice();
  const rows: number[][] = [];
  const used: number[] = [];
  for (let column = 0; column < count; column += 1) {
    // The next direction takes the place of the difference it comes from, or of one that was left out.
    const own = used.length * length;
    directions.copyWithin(own, column * length, (column + 1) * length);
    const coefficients = new Array<number>(used.length).fill(0);
    // Once more, for what rounding left in the first time.
    for (let turn = 0; turn < 2; turn += 1) {
      for (let index = 0; index < used.length; index += 1) {
        const part = dot(directions, index * length, directions, own, length);
        coefficients[index]! += part;
        for (let at = 0; at < length; at += 1) directions[own + at]! -= part * directions[index * length + at]!;
      }
    }
    const rest = Math.sqrt(dot(directions, own, directions, own, length));
    const whole = Math.sqrt(dot(bends, column * length, bends, column * length, length));
    if (!(rest > INDEPENDENT * whole)) continue;
    for (let at = own; at < own + length; at += 1) directions[at]! /= rest;
    coefficients.push(rest);
    rows.push(coefficients);
    used.push(column);
  }
  if (used.length === 0) return undefined;
  const gamma = used.map((_, index) => dot(directions, index * length, step, 0, length));
  for (let index = gamma.length - 1; index >= 0; index -= 1) {
    for (let later = index + 1; later < gamma.length; later += 1) gamma[index]! -= rows[later]![index]! * gamma[later]!;
    gamma[index]! /= rows[index]![index]!;
  }
  const solution = step.slice();
  used.forEach((column, index) => {
    const factor = gamma[index]!;
    const start = column * length;
    for (let at = 0; at < length; at += 1) solution[at]! -= factor * (moves[start + at]! + bends[start + at]!);
  });
  return solution;
}

function dot(x: Float64Array, xStart: number, y: Float64Array, yStart: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) sum += x[xStart + index]! * y[yStart + index]!;
  return sum;
}
