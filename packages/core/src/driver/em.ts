import { onBoundary } from '../domain.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { FRESH_MEMORY, judgeStep } from './convergence.ts';
import type { Diagnosis } from './diagnosis.ts';
import { mixtureDistance, roundingDistance } from './distance.ts';
import type { Driver, DriverMethod, DriverOptions, DriverState } from './driver.ts';
import { emStep, expectAt } from './em-step.ts';
import { judgeFall } from './fall.ts';

/** The state of a driver that has not begun. */
export function startState(method: DriverMethod, parameters: MixtureParameters): DriverState {
  return { version: 1, method, iteration: 0, evaluations: 0, parameters, trace: [], convergence: FRESH_MEMORY };
}

/** A state whose trace is the log so far: the log itself may grow on, and is copied only when the trace is read. */
export function snapshot(fields: Omit<DriverState, 'trace'>, log: readonly number[]): DriverState {
  const length = log.length;
  return {
    ...fields,
    get trace() {
      return log.slice(0, length);
    },
  };
}

/**
 * Plain EM (Dempster, Laird and Rubin 1977; textbook definition 6.2): E-step, M-step, until the parameters no longer change.
 * The log-likelihood it reports is the one at the parameters it returns, which takes one E-step more than there are M-steps.
 */
export function* emDriver(mixture: Mixture, begin: DriverState, options: DriverOptions): Driver {
  const log = [...begin.trace];
  let { iteration, evaluations, parameters, convergence } = begin;
  const state = (): DriverState => snapshot({ version: 1, method: 'em', iteration, evaluations, parameters, convergence }, log);
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
    const next = yield* expectAt(step.parameters);
    evaluations += 1;
    const diagnosis = judgeFall(mixture, step.parameters, next, expectation.logLikelihood - next.logLikelihood);
    if (diagnosis !== undefined) return { state: state(), expectation, diagnosis };
    const verdict = judgeStep(
      convergence,
      mixtureDistance(mixture, parameters, step.parameters),
      roundingDistance(mixture, step.parameters),
      options.tolerance,
    );
    remaining = Number.isFinite(verdict.remaining) ? verdict.remaining : null;
    iteration += 1;
    ({ parameters } = step);
    expectation = next;
    convergence = verdict.memory;
    log.push(next.logLikelihood);
    yield { kind: 'iteration', state: state(), expectation };
    if (verdict.end !== undefined)
      return {
        state: state(),
        expectation,
        diagnosis: endDiagnosis(mixture, parameters, verdict.end, verdict.remaining, options.tolerance),
      };
  }
  return { state: state(), expectation, diagnosis: { kind: 'iteration-limit', remaining } };
}

/** The diagnosis at the end of a run that stopped by itself. */
export function endDiagnosis(
  mixture: Mixture,
  parameters: MixtureParameters,
  end: 'converged' | 'stalled',
  remaining: number,
  tolerance: number,
): Diagnosis {
  if (end === 'stalled') return { kind: 'stalled', remaining: Number.isFinite(remaining) ? remaining : null };
  const names = boundaryParameters(mixture, parameters, tolerance);
  return names.length === 0 ? { kind: 'converged', remaining } : { kind: 'boundary', remaining, parameters: names };
}

/** Free parameters on the edge of their domain, e.g. `weight 2`, `probability 1`; components count from 1. */
function boundaryParameters(mixture: Mixture, parameters: MixtureParameters, tolerance: number): readonly string[] {
  const names: string[] = [];
  mixture.families.forEach((family, component) => {
    if (!mixture.heldWeights && mixture.families.length > 1 && parameters.weights[component]! <= tolerance)
      names.push(`weight ${component + 1}`);
    for (const [name, domain] of Object.entries(family.parameters)) {
      if (!mixture.held[component]!.has(name) && onBoundary(domain, parameters.components[component]![name]!))
        names.push(`${name} ${component + 1}`);
    }
  });
  return names;
}
