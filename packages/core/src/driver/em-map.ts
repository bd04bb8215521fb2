import { EmkitError, type ErrorCode } from '../errors.ts';
import { MOST_RECENTRINGS } from '../model/estimable.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Process } from './driver.ts';

/** A family may refuse parameters that its declared domain only just admits: a matrix definite to one factorisation and not to another. */
export const NO_POINT: readonly ErrorCode[] = ['MODEL_IMPOSSIBLE_DATA', 'NOT_FINITE', 'PARAMETER_DOMAIN'];

/** Asks for the expectation at a point, with sums about it unless another is given. */
export function* expectAt(model: Mixture, at: MixtureParameters, about: MixtureParameters = at): Process<Expectation> {
  const expectation = yield { kind: 'expect', request: { model, at, about } };
  if (expectation === undefined) throw new EmkitError('INTERNAL', 'The driver asked for an expectation and was sent nothing.');
  return expectation as Expectation;
}

/** The image of a point under the EM map, or the component that has none. */
export type EmImage = (
  | {
      readonly image: MixtureParameters /** The change of Q from the point to its image, in nats; NaN where it is not known. */;
      readonly gain: GainOf;
    }
  | { readonly collapsed: Extract<Diagnosis, { kind: 'collapsed' }> }
) & { readonly passes: number };

/** The change of Q between two points, from the sums of one E-step. */
export type GainOf = (from: MixtureParameters, to: MixtureParameters) => number;

/** The EM map: takes the sums again where digits would cancel, then maximises. */
export function* emImage(model: Mixture, at: MixtureParameters, expectation: Expectation): Process<EmImage> {
  let about = at;
  let { sums } = expectation;
  let passes = 0;
  for (let turn = 0; turn < MOST_RECENTRINGS; turn += 1) {
    const point = model.recentre(sums, about);
    if (point === undefined) break;
    about = point;
    const again = yield* expectAt(model, at, about);
    ({ sums } = again);
    passes += again.passes;
  }
  try {
    const image = model.maximize(sums, about);
    const outside = model.space.contains(image) ? undefined : outsideOf(model, image);
    if (outside !== undefined) return { collapsed: outside, passes };
    return { image, gain: (from, to) => model.gain(sums, about, from, to), passes };
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code !== 'COMPONENT_DEGENERATE') throw error;
    return {
      collapsed: { kind: 'collapsed', component: error.details.component ?? 0, reason: error.details.reason ?? error.message },
      passes,
    };
  }
}

/**
 * An image outside of its domain must not reach the next E-step. Where its numbers are finite, rounding has taken it over the edge, a matrix
 * that is singular as far as doubles tell: a collapse. An overflow or no number is an error of the family's.
 */
function outsideOf(model: Mixture, image: MixtureParameters): Extract<Diagnosis, { kind: 'collapsed' }> {
  try {
    model.space.check(image);
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code !== 'PARAMETER_DOMAIN' || !allFinite(error.details.value)) throw error;
    const { component = 0, parameter } = error.details;
    return { kind: 'collapsed', component, reason: `its ${parameter} is on the edge of its domain, to within rounding` };
  }
  throw new EmkitError('INTERNAL', 'A point is outside of its space, and was found to lie in it.');
}

function allFinite(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : Array.isArray(value) && value.every(allFinite);
}

/**
 * How far the objective may fall by rounding alone: the sum of n terms of the given magnitude; the rounding of the terms themselves, which
 * what magnifies that of the parameters magnifies too (a nearly singular matrix); and the rounding of the parameters, which near an optimum
 * costs the square of its size per observation.
 */
export function roundingAllowance(model: Mixture, at: MixtureParameters, expectation: Expectation): number {
  let weight = 0;
  for (const count of expectation.counts) weight += count;
  const rounding = model.space.rounding(at);
  return 64 * Number.EPSILON * (expectation.magnitude + weight) + weight * rounding * (1 + 8 * rounding);
}
