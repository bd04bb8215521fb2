import { createMixtureCodec, type MixtureCodec } from '../codec.ts';
import { domainViolation } from '../domain.ts';
import { EmkitError, type ErrorCode } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { judgeStep } from './convergence.ts';
import { mixtureDistance, roundingDistance } from './distance.ts';
import type { Driver, DriverOptions, DriverState, Process } from './driver.ts';
import { endDiagnosis, snapshot } from './em.ts';
import { emStep, expectAt, roundingAllowance } from './em-step.ts';

/** The step-length bound grows by this factor when it was reached with success, and shrinks by it after a failure. */
const BOUND_FACTOR = 4;

/** The longest extrapolation ever tried: beyond it lies only the saddle-point's flat country. */
const LONGEST_STEP = 2 ** 20;

/**
 * Squared extrapolation of EM (Varadhan and Roland 2008, SQUAREM with step length S3) in unconstrained coordinates, with a
 * monotone guard: after two EM steps it extrapolates along the slow direction, and takes the extrapolated point only where the
 * log-likelihood there is no lower than after the EM steps. So the log-likelihood never falls, and a failure costs one pass over
 * the data. Convergence is judged on EM steps alone.
 *
 * One iteration is one accepted update: an EM step or an extrapolation. The state holds the points of an unfinished cycle.
 */
export function* squaremDriver(mixture: Mixture, begin: DriverState, options: DriverOptions): Driver {
  const codec = createMixtureCodec(mixture);
  const log = [...begin.trace];
  let { iteration, evaluations, parameters, convergence } = begin;
  let longestStep = begin.longestStep ?? 1;
  let cycle: readonly MixtureParameters[] = begin.cycle ?? [];
  const state = (): DriverState =>
    snapshot({ version: 1, method: 'squarem', iteration, evaluations, parameters, convergence, longestStep, cycle }, log);
  let expectation = yield* expectAt(parameters);
  if (log.length === 0) {
    evaluations += 1;
    log.push(expectation.logLikelihood);
    yield { kind: 'iteration', state: state(), expectation };
  }
  let remaining: number | null = null;
  while (iteration < options.iterations) {
    const [origin, first] = cycle;
    if (origin !== undefined && first !== undefined) {
      cycle = [];
      const jump = extrapolate(codec, origin, first, parameters, longestStep);
      if (jump === undefined) continue;
      const tried = yield* tryPoint(mixture, jump.point);
      evaluations += 1;
      if (tried === undefined || !(tried.logLikelihood >= expectation.logLikelihood)) {
        longestStep = Math.max(longestStep / BOUND_FACTOR, 1);
        continue;
      }
      if (jump.bounded) longestStep = Math.min(longestStep * BOUND_FACTOR, LONGEST_STEP);
      parameters = jump.point;
      expectation = tried;
      // The jump is no EM step: the sizes of the steps before it say nothing about those after it.
      convergence = { step: null, ratios: [], quiet: convergence.quiet };
    } else {
      const step = yield* emStep(mixture, parameters, expectation);
      evaluations += step.evaluations;
      if ('collapsed' in step) return { state: state(), expectation, diagnosis: step.collapsed };
      const next = yield* expectAt(step.parameters);
      evaluations += 1;
      const fall = expectation.logLikelihood - next.logLikelihood;
      if (!(fall <= roundingAllowance(mixture, step.parameters, next)))
        return { state: state(), expectation, diagnosis: { kind: 'decreased', by: fall } };
      const verdict = judgeStep(
        convergence,
        mixtureDistance(mixture, parameters, step.parameters),
        roundingDistance(mixture, step.parameters),
        options.tolerance,
      );
      convergence = verdict.memory;
      remaining = Number.isFinite(verdict.remaining) ? verdict.remaining : null;
      cycle = [...cycle, parameters];
      ({ parameters } = step);
      expectation = next;
      if (verdict.end !== undefined) {
        iteration += 1;
        log.push(expectation.logLikelihood);
        yield { kind: 'iteration', state: state(), expectation };
        return {
          state: state(),
          expectation,
          diagnosis: endDiagnosis(mixture, parameters, verdict.end, verdict.remaining, options.tolerance),
        };
      }
    }
    iteration += 1;
    log.push(expectation.logLikelihood);
    yield { kind: 'iteration', state: state(), expectation };
  }
  return { state: state(), expectation, diagnosis: { kind: 'iteration-limit', remaining } };
}

/**
 * The extrapolated point x0 - 2 a r + a^2 v with r = x1 - x0, v = x2 - 2 x1 + x0 and a = -|r| / |v|, in units natural to each
 * coordinate; undefined where there is nothing to gain (a >= -1 is the plain EM step) or a coordinate is not finite.
 */
function extrapolate(
  codec: MixtureCodec,
  origin: MixtureParameters,
  first: MixtureParameters,
  second: MixtureParameters,
  longestStep: number,
): { point: MixtureParameters; bounded: boolean } | undefined {
  const x0 = codec.encode(origin);
  const x1 = codec.encode(first);
  const x2 = codec.encode(second);
  const scales = codec.scales(first);
  let firstSquares = 0;
  let bendSquares = 0;
  for (let index = 0; index < codec.length; index += 1) {
    const step = (x1[index]! - x0[index]!) / scales[index]!;
    const bend = (x2[index]! - x1[index]!) / scales[index]! - step;
    firstSquares += step * step;
    bendSquares += bend * bend;
  }
  const wanted = Math.sqrt(firstSquares / bendSquares);
  if (!(wanted > 1 + 1e-9 && firstSquares > 0)) return undefined;
  const length = Math.min(wanted, longestStep * BOUND_FACTOR);
  const vector = new Float64Array(codec.length);
  for (let index = 0; index < vector.length; index += 1) {
    const step = x1[index]! - x0[index]!;
    const bend = x2[index]! - x1[index]! - step;
    vector[index] = x0[index]! + 2 * length * step + length * length * bend;
    if (!Number.isFinite(vector[index]!)) return undefined;
  }
  return { point: codec.decode(vector, second), bounded: length < wanted };
}

/** A family may refuse parameters that its declared domain only just admits: a matrix definite to one factorisation and not to another. */
const NO_POINT: readonly ErrorCode[] = ['MODEL_IMPOSSIBLE_DATA', 'NOT_FINITE', 'PARAMETER_DOMAIN'];

/** The expectation at an extrapolated point; undefined where the point is outside the domain or makes some row impossible. */
function* tryPoint(mixture: Mixture, point: MixtureParameters): Process<Expectation | undefined> {
  for (let component = 0; component < mixture.families.length; component += 1) {
    for (const [name, domain] of Object.entries(mixture.families[component]!.parameters)) {
      if (domainViolation(domain, point.components[component]![name]) !== undefined) return undefined;
    }
  }
  try {
    const expectation = yield* expectAt(point);
    return Number.isFinite(expectation.logLikelihood) ? expectation : undefined;
  } catch (error) {
    if (error instanceof EmkitError && NO_POINT.includes(error.code)) return undefined;
    throw error;
  }
}
