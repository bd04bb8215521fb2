import { EmkitError, showValue } from '../errors.ts';
import { checkMixtureParameters, type Mixture } from '../mixture.ts';
import type { DriverState } from './driver.ts';

/**
 * Checks a saved driver state: untrusted input.
 *
 * @throws EmkitError `STATE_MALFORMED`, or `MODEL_*` and `PARAMETER_*` for its parameters
 */
export function readState(mixture: Mixture, json: unknown): DriverState {
  const state = json as DriverState;
  const refuse = (what: string, value: unknown): never => {
    throw new EmkitError('STATE_MALFORMED', `The state to resume from has ${what} ${showValue(value)}.`, {
      value,
      remedy: 'Use a state that emkit wrote.',
    });
  };
  if (typeof state !== 'object' || state === null) refuse('the value', json);
  if (state.version !== 1) refuse('the version', state.version);
  if (state.method !== 'em' && state.method !== 'anderson') refuse('the method', state.method);
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(state.iteration)) refuse('the iteration', state.iteration);
  if (!isCount(state.evaluations)) refuse('the evaluations', state.evaluations);
  const { trace, convergence } = state;
  if (
    !Array.isArray(trace) ||
    !trace.every(Number.isFinite) ||
    (trace.length !== state.iteration + 1 && (trace.length !== 0 || state.iteration !== 0))
  )
    refuse('the trace', trace);
  const size = (value: unknown): boolean => typeof value === 'number' && value >= 0;
  if (typeof convergence !== 'object' || convergence === null || !(convergence.step === null || size(convergence.step)))
    refuse('the convergence', convergence);
  if (!Array.isArray(convergence.ratios) || !convergence.ratios.every(size) || !isCount(convergence.quiet))
    refuse('the convergence', convergence);
  const { acceleration } = state;
  if (acceleration !== undefined) {
    const { history, longestStep, hesitant } = acceleration ?? {};
    if (!(longestStep >= 1 && Number.isFinite(longestStep))) refuse('the longest step', longestStep);
    if (typeof hesitant !== 'boolean') refuse('the hesitation', hesitant);
    if (!Array.isArray(history) || !history.every((pair) => typeof pair === 'object' && pair !== null)) refuse('the history', history);
  }
  return {
    ...state,
    parameters: checkMixtureParameters(mixture, state.parameters),
    ...(acceleration && {
      acceleration: {
        ...acceleration,
        history: acceleration.history.map(({ at, image }) => ({
          at: checkMixtureParameters(mixture, at),
          image: checkMixtureParameters(mixture, image),
        })),
      },
    }),
  };
}
