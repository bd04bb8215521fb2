import { EmkitError, showValue } from '../errors.ts';
import type { Mixture } from '../model/latent-model.ts';
import { FRESH_MEMORY } from './convergence.ts';
import type { DriverState } from './driver.ts';

/**
 * Checks a saved driver state: untrusted input. Those of the first version are read as well.
 *
 * @throws EmkitError `STATE_MALFORMED`, or `MODEL_*` and `PARAMETER_*` for its parameters
 */
export function readState(model: Mixture, json: unknown): DriverState {
  const state = json as DriverState;
  const refuse = (what: string, value: unknown): never => {
    throw new EmkitError('STATE_MALFORMED', `The state to resume from has ${what} ${showValue(value)}.`, {
      value,
      remedy: 'Use a state that emkit wrote.',
    });
  };
  if (typeof state !== 'object' || state === null) refuse('the value', json);
  if (state.version !== 2 && (state.version as number) !== 1) refuse('the version', state.version);
  if (state.method !== 'em' && state.method !== 'anderson') refuse('the method', state.method);
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(state.iteration)) refuse('the iteration', state.iteration);
  if (!isCount(state.evaluations)) refuse('the evaluations', state.evaluations);
  const { trace, origin } = state;
  if (
    !Array.isArray(trace) ||
    !trace.every(Number.isFinite) ||
    (trace.length !== state.iteration + 1 && (trace.length !== 0 || state.iteration !== 0))
  )
    refuse('the trace', trace);
  const width = model.families[0]!.columns.length;
  if (origin !== undefined && !(Array.isArray(origin) && origin.length === width && origin.every(Number.isFinite)))
    refuse('the origin', origin);
  const size = (value: unknown): boolean => typeof value === 'number' && value >= 0;
  if (typeof state.convergence !== 'object' || state.convergence === null) refuse('the convergence', state.convergence);
  const convergence = { ...FRESH_MEMORY, ...state.convergence };
  const { ratios, quiet, settled, restless, step, smallest, remaining, left } = convergence;
  const known = [step, smallest, remaining].every((value) => value === null || size(value)) && (left === null || Number.isFinite(left));
  if (!known || !Array.isArray(ratios) || !ratios.every(size) || ![quiet, settled, restless].every(isCount))
    refuse('the convergence', state.convergence);
  const { acceleration } = state;
  if (acceleration !== undefined) {
    const { history, longestStep, hesitant } = acceleration ?? {};
    if (!(longestStep >= 1 && Number.isFinite(longestStep))) refuse('the longest step', longestStep);
    if (typeof hesitant !== 'boolean') refuse('the hesitation', hesitant);
    if (!Array.isArray(history) || !history.every((pair) => typeof pair === 'object' && pair !== null)) refuse('the history', history);
  }
  const { check } = model.space;
  return {
    ...state,
    version: 2,
    convergence,
    parameters: check(state.parameters),
    ...(acceleration && {
      acceleration: { ...acceleration, history: acceleration.history.map(({ at, image }) => ({ at: check(at), image: check(image) })) },
    }),
  };
}
