import type { Backend, ExpectationRequest, SynchronousBackend } from '../backend/backend.ts';
import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { DriverRequest, DriverState, Process } from './driver.ts';
import { Pauses } from './pauses.ts';

/** What an observer is told after each iteration. */
export interface Progress {
  readonly state: DriverState;
  readonly expectation: Expectation;
}

/** Runs a process to its end, in this thread, without pause. */
export function runSync<Result>(process: Process<Result>, backend: SynchronousBackend, onProgress?: (progress: Progress) => void): Result {
  let turn = process.next();
  while (!turn.done) {
    if (turn.value.kind === 'expect') turn = answerTo(process, backend, turn.value.request);
    else {
      if (turn.value.kind === 'iteration') onProgress?.(turn.value);
      turn = process.next();
    }
  }
  return turn.value;
}

/** Sends a process the expectation it asked for, or the error there was instead: it alone knows whether the point was only a try. */
export function answerTo<Result>(
  process: Process<Result>,
  backend: SynchronousBackend,
  request: ExpectationRequest,
): IteratorResult<DriverRequest, Result> {
  let answer: Expectation;
  try {
    answer = backend.expect(request);
  } catch (error) {
    return process.throw(error);
  }
  return process.next(answer);
}

/** Options of the asynchronous runner. */
export interface RunAsyncOptions {
  /** Stops the run promptly, in the middle of a pass over the data. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each iteration. An error it throws ends the run with that error. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How an asynchronous run ended: with its result, or aborted after the last complete iteration. */
export type RunAsyncOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'aborted'; readonly latest: Progress };

/**
 * Runs a process to its end, letting the event loop turn at least every dozen milliseconds.
 *
 * @throws EmkitError `ABORTED` when the signal fires before the first iteration is complete: there is no answer then
 */
export async function runAsync<Result>(
  process: Process<Result>,
  backend: Backend,
  options: RunAsyncOptions = {},
): Promise<RunAsyncOutcome<Result>> {
  const { signal, onProgress } = options;
  const clock = new Pauses();
  let latest: Progress | undefined;
  const aborted = (): RunAsyncOutcome<Result> => {
    process.return(undefined as never);
    if (latest === undefined)
      throw new EmkitError('ABORTED', 'The fit was aborted before its first iteration.', { reason: String(signal?.reason) });
    return { kind: 'aborted', latest };
  };
  let turn = process.next();
  for (;;) {
    if (turn.done) return { kind: 'done', result: turn.value };
    if (clock.due) await clock.pause();
    if (signal?.aborted) return aborted();
    if (turn.value.kind !== 'expect') {
      if (turn.value.kind === 'iteration') {
        latest = turn.value;
        onProgress?.(turn.value);
        if (signal?.aborted) return aborted();
      }
      turn = process.next();
      continue;
    }
    let answer: Expectation | undefined;
    try {
      answer = await expectWithPauses(backend, turn.value.request, clock, signal);
    } catch (error) {
      turn = process.throw(error);
      continue;
    }
    if (answer === undefined) return aborted();
    turn = process.next(answer);
  }
}

/** The expectation; undefined as soon as the signal fires. */
async function expectWithPauses(
  backend: Backend,
  request: ExpectationRequest,
  clock: Pauses,
  signal: AbortSignal | undefined,
): Promise<Expectation | undefined> {
  if (!isSynchronous(backend)) return abortable(backend.expect(request), signal);
  return clock.drain(backend.expectInSlices(request), () => signal?.aborted === true);
}

function isSynchronous(backend: Backend): backend is SynchronousBackend {
  return 'expectInSlices' in backend;
}

/** The promise's value, or undefined as soon as the signal fires. */
async function abortable<T>(promise: T | Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop!);
  }
}
