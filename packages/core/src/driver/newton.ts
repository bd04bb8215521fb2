import { EmkitError } from '../errors.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import { cholesky, solveLower, solveLowerTransposed } from '../numerics/linear-algebra.ts';
import type { Process } from './driver.ts';
import { emImage, expectAt, type GainOf, NO_POINT } from './em-map.ts';

/** With more free coordinates, the passes for a derivative of the EM map would cost more than they save. */
export const MOST_COORDINATES = 24;

/** The natural units of coordinates are changed by this part to see how Q bends. */
const BEND = 2 ** -10;

/** The way along which the EM map is differentiated, in standard errors of the complete data. */
const DIFFERENCE = 2 ** -4;
/** The same in natural units: near an edge a standard error of a logarithm is long, and the map bends on the way. */
const LONGEST_DIFFERENCE = 2 ** -4;

/** Coordinates whose information is within this part of the largest tell nothing: what lies on an edge, or belongs to a component that vanished. */
const IDLE = Number.EPSILON;

/** A way that bends wrongly is damped by these, in parts of the complete information, until it leads upwards. */
const DAMPINGS: readonly number[] = [0, 1e-4, 1e-3, 1e-2, 1e-1, 1];

/** With so much damping a step leaves alone what lies along a ridge, and goes back to its crest. */
const TO_THE_CREST = 1e-2;

/** How the log-likelihood bends at a point, in coordinates in which the complete information is the identity. */
export interface Bend {
  /** The Cholesky factor of the complete information in free coordinates. */
  readonly complete: Float64Array;
  /** The observed information in those of the complete: I - DM, with M the EM map. */
  readonly observed: Float64Array;
  /** The EM step: the gradient of the log-likelihood. */
  readonly step: Float64Array;
  readonly passes: number;
}

/**
 * The derivative of the EM map, by differences: one pass over the data for each free coordinate. Since DM = I - C^-1 O, with the complete
 * information C and the observed one O (Dempster, Laird and Rubin 1977; Meng and Rubin 1991), it is what plain EM and its accelerations
 * do not know of a ridge: along which directions, and how little, the log-likelihood bends. C is had from Q, without the data.
 *
 * What lies on an edge stays there, and is left out. Undefined where there is no such derivative, or Q is not known.
 */
export function* bendAt(model: Mixture, at: MixtureParameters, image: MixtureParameters, gainOf: GainOf): Process<Bend | undefined> {
  const { free } = model.space;
  const { length } = free;
  const complete = completeInformation(model, at, gainOf);
  const factored = complete && cholesky(complete.information, length);
  if (factored === undefined || !factored.ok) return undefined;
  const { factor } = factored;
  const whiten = (from: MixtureParameters, to: MixtureParameters): Float64Array => whitened(model, factor, from, to);
  const step = whiten(at, image);
  const units = new Float64Array(length);
  free.scales(at, units, 0);
  const observed = new Float64Array(length * length);
  let passes = 0;
  for (let column = 0; column < length; column += 1) {
    if (complete!.idle[column]) {
      observed[column * length + column] = 1;
      continue;
    }
    const way = new Float64Array(length);
    way[column] = 1;
    solveLowerTransposed(factor, length, way);
    let longest = 0;
    for (let row = 0; row < length; row += 1) longest = Math.max(longest, Math.abs(way[row]!) / units[row]!);
    const part = Math.min(DIFFERENCE, LONGEST_DIFFERENCE / longest);
    for (let row = 0; row < length; row += 1) way[row]! *= part;
    const near = free.move(at, way, 0);
    if (!model.space.contains(near)) return undefined;
    try {
      const expectation = yield* expectAt(model, near);
      const moved = yield* emImage(model, near, expectation);
      passes += expectation.passes + moved.passes;
      if ('collapsed' in moved) return undefined;
      const change = whiten(image, moved.image);
      for (let row = 0; row < length; row += 1) observed[row * length + column] = (row === column ? 1 : 0) - change[row]! / part;
    } catch (error) {
      if (error instanceof EmkitError && NO_POINT.includes(error.code)) return undefined;
      throw error;
    }
  }
  symmetrise(observed, length);
  return [...step, ...observed].every(Number.isFinite) ? { complete: factor, observed, step, passes } : undefined;
}

/** The way from one point to another in coordinates in which the complete information is the identity. */
function whitened({ space: { free } }: Mixture, complete: Float64Array, from: MixtureParameters, to: MixtureParameters): Float64Array {
  const way = new Float64Array(free.length);
  free.difference(from, to, way, 0);
  return multiplyTransposed(complete, way);
}

/** A way that leads upwards, damped no more than it must be. */
export function upwardWay(bend: Bend): Float64Array | undefined {
  for (const damping of DAMPINGS) {
    const found = newtonWay(bend, damping);
    if (found !== undefined) return found.way;
  }
  return undefined;
}

/** The bend of a point, for another one near it whose image is given. */
export function bendFrom(model: Mixture, bend: Bend, from: MixtureParameters, image: MixtureParameters): Bend {
  return { ...bend, step: whitened(model, bend.complete, from, image) };
}

/** From a point near the one of the bend back to the crest of a ridge, given the point's image. */
export function crestWay(model: Mixture, bend: Bend, from: MixtureParameters, image: MixtureParameters): Float64Array | undefined {
  return newtonWay(bendFrom(model, bend, from, image), TO_THE_CREST)?.way;
}

export interface NewtonWay {
  readonly way: Float64Array;
  /** What is to be gained on it, in nats. */
  readonly gain: number;
}

/** The way to the optimum as far as the bend tells; undefined where the bend goes the wrong way. */
export function newtonWay({ complete, observed, step }: Bend, damping: number): NewtonWay | undefined {
  const { length } = step;
  const damped = observed.slice();
  for (let index = 0; index < length; index += 1) damped[index * length + index]! += damping;
  const factored = cholesky(damped, length);
  if (!factored.ok) return undefined;
  const way = step.slice();
  solveLower(factored.factor, length, way);
  solveLowerTransposed(factored.factor, length, way);
  let gain = 0;
  for (let index = 0; index < length; index += 1) gain += 0.5 * step[index]! * way[index]!;
  solveLowerTransposed(complete, length, way);
  return { way, gain };
}

/**
 * Minus the second derivative of Q in free coordinates, from its gains: a step there and the opposite one leave only what bends. Coordinates
 * along which hardly anything changes are idle, and their information is 1.
 */
function completeInformation(
  { space }: Mixture,
  at: MixtureParameters,
  gainOf: GainOf,
): { readonly information: Float64Array; readonly idle: readonly boolean[] } | undefined {
  const { length } = space.free;
  const units = new Float64Array(length);
  space.free.scales(at, units, 0);
  const bend = (first: number, second: number): number => {
    const way = new Float64Array(length);
    way[first]! += BEND * units[first]!;
    if (second >= 0) way[second]! += BEND * units[second]!;
    const there = gainOf(at, space.free.move(at, way, 0));
    const back = gainOf(
      at,
      space.free.move(
        at,
        way.map((value) => -value),
        0,
      ),
    );
    return -(there + back);
  };
  const alone = Float64Array.from(units, (_, index) => bend(index, -1));
  const idle = Array.from(alone, (value) => value <= IDLE * Math.max(...alone));
  const information = new Float64Array(length * length);
  for (let row = 0; row < length; row += 1) {
    if (idle[row]) information[row * length + row] = 1;
    for (let column = 0; column <= row; column += 1) {
      if (idle[row] || idle[column]) continue;
      const value = row === column ? alone[row]! : 0.5 * (bend(row, column) - alone[row]! - alone[column]!);
      const entry = value / (BEND * units[row]!) / (BEND * units[column]!);
      if (!Number.isFinite(entry)) return undefined;
      information[row * length + column] = information[column * length + row] = entry;
    }
  }
  return { information, idle };
}

/** L' x for a lower triangle by rows. */
function multiplyTransposed(lower: Float64Array, x: Float64Array): Float64Array {
  const { length } = x;
  const out = new Float64Array(length);
  for (let row = 0; row < length; row += 1)
    for (let column = 0; column <= row; column += 1) out[column]! += lower[row * length + column]! * x[row]!;
  return out;
}

function symmetrise(matrix: Float64Array, length: number): void {
  for (let row = 0; row < length; row += 1) {
    for (let column = 0; column < row; column += 1) {
      const mean = 0.5 * (matrix[row * length + column]! + matrix[column * length + row]!);
      matrix[row * length + column] = matrix[column * length + row] = mean;
    }
  }
}
