import { ReferenceFailure } from './failure.ts';

/**
 * A computation that can be interrupted: it yields between small pieces of work and returns its result at the end.
 *
 * Draining it at once gives the plain synchronous function; draining it in slices gives one that leaves the event loop free and can be stopped.
 */
export type Steps<Result> = Generator<void, Result, void>;

/** Runs a computation to its end without a pause. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** True for a computation in steps, false for a result that is already there. */
export function isSteps<Result extends object>(value: Result | Steps<Result>): value is Steps<Result> {
  return typeof (value as { next?: unknown }).next === 'function';
}

/** Continues inside another computation: a result that is there already is returned as it is. */
export function* continueWith<Result extends object>(value: Result | Steps<Result>): Steps<Result> {
  return isSteps(value) ? yield* value : value;
}

/** The part of an `AbortSignal` that is looked at. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** Milliseconds of work between two pauses: short enough for a page to stay smooth. */
const slice = 8;

/**
 * Runs a computation in slices of a few milliseconds, leaving the event loop free in between.
 *
 * @param onSlice - called before each pause.
 * @throws ReferenceFailure `aborted`, with the signal's reason as its cause.
 */
export async function runInSlices<Result>(steps: Steps<Result>, signal: StopSignal | undefined, onSlice: () => void): Promise<Result> {
  const { setTimeout } = globalThis as unknown as { setTimeout(callback: () => void, milliseconds: number): unknown };
  for (;;) {
    if (signal?.aborted === true)
      throw new ReferenceFailure('aborted', 'The computation was stopped by the signal it was given.', {}, { cause: signal.reason });
    const end = Date.now() + slice;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (Date.now() < end);
    onSlice();
    await new Promise<void>((resume) => {
      setTimeout(resume, 0);
    });
  }
}
