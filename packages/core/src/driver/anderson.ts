import { createMixtureCodec, type MixtureCodec } from '../codec.ts';
import { domainViolation } from '../domain.ts';
import { EmkitError, type ErrorCode } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { judgeAccelerated } from './convergence.ts';
import { mixtureDistance, roundingDistance } from './distance.ts';
import type { Driver, DriverOptions, DriverState, EmPair, Process } from './driver.ts';
import { endDiagnosis, snapshot } from './em.ts';
import { emStep, expectAt } from './em-step.ts';
import { judgeFall } from './fall.ts';

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

/**
 * EM with Anderson acceleration (Walker and Ni 2011; for EM: Henderson and Varadhan 2019, DAAREM) in unconstrained coordinates. From
 * the last points and their EM images it learns how the EM map behaves around here, and solves for its fixed point as far as it knows it.
 *
 * A monotone guard: the solution is taken only where the log-likelihood is no lower than before; else the plain EM step is, at the price of
 * one pass over the data. A fixed point may also be a saddle, from which EM moves away: where the solution lies against the direction
 * of the EM step, and once after each refusal, the EM step itself is stretched instead (by the length of Varadhan and Roland 2008).
 *
 * One iteration is one accepted point. The state holds the points it has learned from.
 */
export function* andersonDriver(mixture: Mixture, begin: DriverState, options: DriverOptions): Driver {
  const codec = createMixtureCodec(mixture);
  const most = codec.length > MANY_COORDINATES ? FEWER_DIFFERENCES : MOST_DIFFERENCES;
  const log = [...begin.trace];
  let { iteration, evaluations, parameters, convergence } = begin;
  let { history, longestStep, hesitant } = begin.acceleration ?? { history: [], longestStep: 1, hesitant: false };
  const state = (): DriverState =>
    snapshot(
      { version: 1, method: 'anderson', iteration, evaluations, parameters, convergence, acceleration: { history, longestStep, hesitant } },
      log,
    );
  const coordinates = coordinateCache(codec);
  let expectation = yield* expectAt(parameters);
  if (log.length === 0) {
    evaluations += 1;
    log.push(expectation.logLikelihood);
    yield { kind: 'iteration', state: state(), expectation };
  }
  let remaining: number | null = null;
  while (iteration < options.iterations) {
    const step = yield* emStep(mixture, parameters, expectation);
    evaluations += step.evaluations;
    if ('collapsed' in step) return { state: state(), expectation, diagnosis: step.collapsed };
    const image = step.parameters;
    const pairs: readonly EmPair[] = [...history, { at: parameters, image }].slice(-1 - most);
    const proposal = propose(codec, coordinates, pairs, longestStep, hesitant);
    const verdict = judgeAccelerated(
      convergence,
      mixtureDistance(mixture, parameters, image),
      contraction(mixture, pairs),
      proposal === undefined ? 0 : mixtureDistance(mixture, parameters, proposal.point),
      roundingDistance(mixture, parameters),
      options.tolerance,
    );
    remaining = Number.isFinite(verdict.remaining) ? verdict.remaining : null;
    if (verdict.end !== undefined) {
      const diagnosis = endDiagnosis(mixture, parameters, verdict.end, verdict.remaining, options.tolerance);
      return { state: state(), expectation, diagnosis };
    }
    let next: Expectation | undefined;
    if (proposal !== undefined) {
      // A point outside of the domain costs no pass.
      if (isInDomain(mixture, proposal.point)) {
        next = yield* tryPoint(proposal.point);
        evaluations += 1;
      }
      if (next !== undefined && !(next.logLikelihood >= expectation.logLikelihood)) next = undefined;
      hesitant = next === undefined && !proposal.stretched;
      if (proposal.stretched && next === undefined) longestStep = Math.max(longestStep / BOUND_FACTOR, 1);
      else if (proposal.bounded) longestStep = Math.min(longestStep * BOUND_FACTOR, LONGEST_STEP);
    }
    if (proposal === undefined || next === undefined) {
      next = yield* expectAt(image);
      evaluations += 1;
      const diagnosis = judgeFall(mixture, image, next, expectation.logLikelihood - next.logLikelihood);
      if (diagnosis !== undefined) return { state: state(), expectation, diagnosis };
      parameters = image;
    } else parameters = proposal.point;
    history = pairs;
    convergence = verdict.memory;
    expectation = next;
    iteration += 1;
    log.push(expectation.logLikelihood);
    yield { kind: 'iteration', state: state(), expectation };
  }
  return { state: state(), expectation, diagnosis: { kind: 'iteration-limit', remaining } };
}

/** By what factor the EM map brought the last two points nearer to each other; undefined when there are no two. */
function contraction(mixture: Mixture, pairs: readonly EmPair[]): number | undefined {
  const [before, now] = pairs.slice(-2);
  if (before === undefined || now === undefined) return undefined;
  const apart = mixtureDistance(mixture, before.at, now.at);
  return apart > 0 ? mixtureDistance(mixture, before.image, now.image) / apart : undefined;
}

/** Coordinates of points, computed once for each. */
function coordinateCache(codec: MixtureCodec): (point: MixtureParameters) => Float64Array {
  const known = new WeakMap<MixtureParameters, Float64Array>();
  return (point) => {
    let vector = known.get(point);
    if (vector === undefined) {
      vector = codec.encode(point);
      known.set(point, vector);
    }
    return vector;
  };
}

interface Proposal {
  readonly point: MixtureParameters;
  /** The EM step made longer, rather than the fixed point of what was learned. */
  readonly stretched: boolean;
  /** The length was cut at its bound. */
  readonly bounded: boolean;
}

/**
 * Where to try next, given the last points and images, the newest last: x + f - sum_j gamma_j (dx_j + df_j) with f = M(x) - x and gamma least
 * squares for f = sum_j gamma_j df_j, in units natural to each coordinate; or x + s f. Undefined where plain EM is to go on.
 */
function propose(
  codec: MixtureCodec,
  coordinates: (point: MixtureParameters) => Float64Array,
  pairs: readonly EmPair[],
  longestStep: number,
  hesitant: boolean,
): Proposal | undefined {
  const now = pairs.at(-1)!;
  if (pairs.length < 2 || codec.length === 0) return undefined;
  const scales = codec.scales(now.at);
  const x = coordinates(now.at);
  const { length } = codec;
  const count = pairs.length - 1;
  const step = new Float64Array(length);
  subtract(coordinates(now.image), x, scales, step, 0);
  // Newest first, end to end.
  const moves = new Float64Array(count * length);
  const bends = new Float64Array(count * length);
  for (let index = 0; index < count; index += 1) {
    const [older, newer] = [pairs[count - 1 - index]!, pairs[count - index]!];
    const start = index * length;
    subtract(coordinates(newer.at), coordinates(older.at), scales, moves, start);
    subtract(coordinates(newer.image), coordinates(older.image), scales, bends, start);
    for (let at = start; at < start + length; at += 1) bends[at]! -= moves[at]!;
  }
  const solution = hesitant ? undefined : solveFixedPoint(step, moves, bends);
  const stretch = Math.sqrt(dot(moves, 0, moves, 0, length) / dot(bends, 0, bends, 0, length));
  const allowed = Math.min(stretch, longestStep * BOUND_FACTOR);
  const stretched = !(solution !== undefined && dot(solution, 0, step, 0, length) > 0);
  if (stretched && !(allowed > 1)) return undefined;
  const target = x.slice();
  for (let index = 0; index < target.length; index += 1) {
    target[index]! += scales[index]! * (stretched ? allowed * step[index]! : solution[index]!);
    if (!Number.isFinite(target[index]!)) return undefined;
  }
  return { point: codec.decode(target, now.image), stretched, bounded: stretched && allowed < stretch };
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

/** Writes the difference, in units of the scales, from `start` on. */
function subtract(to: Float64Array, from: Float64Array, scales: Float64Array, out: Float64Array, start: number): void {
  for (let index = 0; index < to.length; index += 1) out[start + index] = (to[index]! - from[index]!) / scales[index]!;
}

function dot(x: Float64Array, xStart: number, y: Float64Array, yStart: number, length: number): number {
  let sum = 0;
  for (let index = 0; index < length; index += 1) sum += x[xStart + index]! * y[yStart + index]!;
  return sum;
}

/** A family may refuse parameters that its declared domain only just admits: a matrix definite to one factorisation and not to another. */
const NO_POINT: readonly ErrorCode[] = ['MODEL_IMPOSSIBLE_DATA', 'NOT_FINITE', 'PARAMETER_DOMAIN'];

function isInDomain(mixture: Mixture, point: MixtureParameters): boolean {
  return mixture.families.every(({ parameters }, component) =>
    Object.entries(parameters).every(([name, domain]) => domainViolation(domain, point.components[component]![name]) === undefined),
  );
}

/** The expectation at a proposed point; undefined where the point makes some row impossible. */
function* tryPoint(point: MixtureParameters): Process<Expectation | undefined> {
  try {
    const expectation = yield* expectAt(point);
    return Number.isFinite(expectation.logLikelihood) ? expectation : undefined;
  } catch (error) {
    if (error instanceof EmkitError && NO_POINT.includes(error.code)) return undefined;
    throw error;
  }
}
