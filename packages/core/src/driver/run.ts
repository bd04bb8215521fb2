import { EmkitError } from '../errors.ts';
import type { ExpectationRequest } from '../model/e-step.ts';
import type { Expectation } from '../model/expectation.ts';
import { Pauses } from '../source/pauses.ts';
import { isSynchronous, type Source, type SynchronousSource } from '../source/source.ts';
import type { Answer, DriverRequest, DriverState, Process } from './driver.ts';

/** What an observer is told after each iteration. */
export interface Progress {
  readonly state: DriverState;
  readonly expectation: Expectation;
}

/** Runs a process to its end, in this thread, without pause. */
export function runSync<Result>(process: Process<Result>, source: SynchronousSource, onProgress?: (progress: Progress) => void): Result {
  let turn = process.next();
  while (!turn.done) {
    if (turn.value.kind === 'iteration') onProgress?.(turn.value);
    turn = answerTo(process, source, turn.value);
  }
  return turn.value;
}

/** Sends a process what it asked for, or the error there was instead: it alone knows whether the point was only a try. */
export function answerTo<Result>(
  process: Process<Result>,
  source: SynchronousSource,
  request: DriverRequest,
): IteratorResult<DriverRequest, Result> {
  let answer: Answer;
  try {
    if (request.kind === 'expect') answer = source.expect(request.request);
    else if (request.kind === 'summary') answer = source.summary();
    else if (request.kind === 'sample') answer = source.sample(request.rows, request.random);
    else if (request.kind === 'condense') answer = source.condense?.(request.random);
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
  source: Source,
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
    const request = turn.value;
    if (request.kind === 'iteration' || request.kind === 'pause') {
      if (request.kind === 'iteration') {
        latest = request;
        onProgress?.(request);
        if (signal?.aborted) return aborted();
      }
      turn = process.next();
      continue;
    }
    let answer: Answer;
    try {
      if (request.kind === 'expect') answer = await expectWithPauses(source, request.request, clock, signal);
      else answer = await abortable<Answer>(askData(source, request), signal);
    } catch (error) {
      turn = process.throw(error);
      continue;
    }
    if (answer === undefined && request.kind !== 'condense') return aborted();
    turn = process.next(answer);
  }
}

function askData(source: Source, request: Extract<DriverRequest, { kind: 'summary' | 'sample' | 'condense' }>): Answer | Promise<Answer> {
  if (request.kind === 'summary') return source.summary();
  return request.kind === 'sample' ? source.sample(request.rows, request.random) : source.condense?.(request.random);
}

/** The expectation; undefined as soon as the signal fires. */
async function expectWithPauses(
  source: Source,
  request: ExpectationRequest,
  clock: Pauses,
  signal: AbortSignal | undefined,
): Promise<Expectation | undefined> {
  if (!isSynchronous(source)) return abortable(source.expect(request), signal);
  return clock.drain(source.expectInSlices(request), () => signal?.aborted === true);
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
