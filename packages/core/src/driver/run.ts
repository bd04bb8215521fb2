import type { Backend, SynchronousBackend } from '../backend/backend.ts';
import { EmkitError } from '../errors.ts';
import type { Expectation } from '../expectation.ts';
import type { DriverState, Process } from './driver.ts';

/** What an observer is told after each iteration. */
export interface Progress {
  readonly state: DriverState;
  readonly expectation: Expectation;
}

/** Runs a process to its end, in this thread, without pause. */
export function runSync<Result>(process: Process<Result>, backend: SynchronousBackend, onProgress?: (progress: Progress) => void): Result {
  let answer: Expectation | undefined;
  for (;;) {
    const turn = process.next(answer);
    if (turn.done) return turn.value;
    answer = undefined;
    if (turn.value.kind === 'expect') answer = backend.expect(turn.value.request);
    else if (turn.value.kind === 'iteration') onProgress?.(turn.value);
  }
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

/** How long the asynchronous runner works before it lets other tasks run, in milliseconds: a frame keeps its smoothness. */
const LONGEST_WORK = 12;

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
  let answer: Expectation | undefined;
  const aborted = (): RunAsyncOutcome<Result> => {
    process.return(undefined as never);
    if (latest === undefined)
      throw new EmkitError('ABORTED', 'The fit was aborted before its first iteration.', { reason: String(signal?.reason) });
    return { kind: 'aborted', latest };
  };
  for (;;) {
    await clock.pauseIfDue();
    if (signal?.aborted) return aborted();
    const turn = process.next(answer);
    if (turn.done) return { kind: 'done', result: turn.value };
    answer = undefined;
    if (turn.value.kind === 'iteration') {
      latest = turn.value;
      onProgress?.(turn.value);
    } else if (turn.value.kind === 'expect') {
      if (isSynchronous(backend)) {
        const slices = backend.expectInSlices(turn.value.request);
        let slice = slices.next();
        while (!slice.done) {
          await clock.pauseIfDue();
          if (signal?.aborted) return aborted();
          slice = slices.next();
        }
        answer = slice.value;
      } else {
        answer = await abortable(backend.expect(turn.value.request), signal);
        if (answer === undefined) return aborted();
      }
    }
  }
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

/** Lets the event loop turn when enough time has gone by since it last did. */
class Pauses {
  private since: number = performance.now();

  async pauseIfDue(): Promise<void> {
    if (performance.now() - this.since < LONGEST_WORK) return;
    await turnOfEventLoop();
    this.since = performance.now();
  }
}

/** Resolves in a new task, so that timers, input and painting get their turn; a message is not slowed down as nested timers are. */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
