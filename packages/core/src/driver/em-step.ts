import { checkParameters } from '../domain.ts';
import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { ParameterValues } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import type { Diagnosis } from './diagnosis.ts';
import { roundingDistance } from './distance.ts';
import type { DriverRequest } from './driver.ts';
import { mStep, recentrePoints } from './m-step.ts';

/** Statistics are taken again about a better point at most this often: the second time the point is right to rounding. */
const MOST_RECENTRINGS = 3;

/** Asks for the expectation at `at`, with statistics about its own components unless another point is given. */
export function* expectAt(
  at: MixtureParameters,
  about: readonly ParameterValues[] = at.components,
): Generator<DriverRequest, Expectation, Expectation | undefined> {
  const expectation = yield { kind: 'expect', request: { at, about } };
  if (expectation === undefined) throw new EmkitError('INTERNAL', 'The driver asked for an expectation and was sent nothing.');
  return expectation;
}

/** The outcome of one M-step: a new point, or the component that has none. */
export type EmStepOutcome =
  | { readonly parameters: MixtureParameters; readonly evaluations: number }
  | { readonly collapsed: Extract<Diagnosis, { kind: 'collapsed' }>; readonly evaluations: number };

/** The EM map from an expectation: takes the statistics again where digits would cancel, then maximises. */
export function* emStep(
  mixture: Mixture,
  at: MixtureParameters,
  expectation: Expectation,
): Generator<DriverRequest, EmStepOutcome, Expectation | undefined> {
  let about = at.components;
  let used = expectation;
  let evaluations = 0;
  while (evaluations < MOST_RECENTRINGS) {
    const points = recentrePoints(mixture, used, about);
    if (points === undefined) break;
    about = points;
    used = yield* expectAt(at, about);
    evaluations += 1;
  }
  try {
    const parameters = mStep(mixture, used, at, about);
    // A family whose M-step leaves its own domain (an overflow, a bug) must not reach the next E-step as a number.
    parameters.components.forEach((values, component) => {
      if (values !== at.components[component]) checkParameters(mixture.families[component]!, values, component);
    });
    return { parameters, evaluations };
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code !== 'COMPONENT_DEGENERATE') throw error;
    return {
      collapsed: { kind: 'collapsed', component: error.details.component ?? 0, reason: error.details.reason ?? error.message },
      evaluations,
    };
  }
}

/**
 * How far the log-likelihood may fall by rounding alone: the sum of n terms of the given magnitude, and the rounding of the
 * parameters themselves, which near an optimum costs the square of its size per observation.
 */
export function roundingAllowance(mixture: Mixture, at: MixtureParameters, expectation: Expectation): number {
  let weight = 0;
  for (const count of expectation.counts) weight += count;
  const rounding = roundingDistance(mixture, at);
  return 64 * Number.EPSILON * (expectation.magnitude + weight) + 8 * weight * rounding * rounding;
}
