import { getEventListeners } from 'node:events';
import {
  createMixture,
  type DriverState,
  type Expectation,
  type Process,
  runAsync,
  runSync,
  type SynchronousSource,
  startState,
} from '@emkit/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { expectationOf, failureOf, familyOf } from './support/stub.ts';

const mixture = createMixture({ family: familyOf({ parameters: { size: { kind: 'positive' } } }), components: 1 });
const point = { weights: [1], components: [{ size: 1 }] };
const request = { model: mixture, at: point, about: point };
const answer = expectationOf(mixture, [5]);
const state: DriverState = startState('em', request.at);

const unasked = { summary: () => expect.fail('not asked for'), sample: () => expect.fail('not asked for') };

/** Answers in the given number of slices, and counts those begun. */
function backendOf(slices: number, atSlice: (slice: number) => void = () => {}): SynchronousSource & { begun: number } {
  const backend = {
    begun: 0,
    ...unasked,
    expect: () => answer,
    *expectInSlices() {
      for (let slice = 0; slice < slices; slice += 1) {
        backend.begun += 1;
        atSlice(slice);
        yield;
      }
      return answer;
    },
  };
  return backend;
}

/** One report, one offer of a pause and one question, the given number of times; notes how often it went on after a report, and its end. */
function* rounds(count: number, ended: { value: boolean; after?: number } = { value: false }): Process<Expectation | undefined> {
  let last: Expectation | undefined;
  try {
    for (let round = 0; round < count; round += 1) {
      yield { kind: 'iteration', state: { ...state, iteration: round }, expectation: answer };
      ended.after = round;
      yield { kind: 'pause' };
      last = (yield { kind: 'expect', request }) as Expectation | undefined;
      if (last === undefined) throw new Error('went on without an answer');
    }
    return last;
  } finally {
    ended.value = true;
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the synchronous runner', () => {
  test('reports iterations and nothing else, and hands over the answers', () => {
    const seen: number[] = [];
    expect(runSync(rounds(3), backendOf(0), (progress) => seen.push(progress.state.iteration))).toBe(answer);
    expect(seen).toEqual([0, 1, 2]);
    expect(runSync(rounds(2), backendOf(0))).toBe(answer);
  });
});

describe('the asynchronous runner', () => {
  test.each([
    ['in slices', () => backendOf(3)],
    ['as promises', () => ({ ...unasked, expect: async () => answer })],
    ['at once', () => ({ ...unasked, expect: () => answer })],
  ])('reports iterations and nothing else, where answers come %s', async (_, makeBackend) => {
    const seen: number[] = [];
    const { signal } = new AbortController();
    const outcome = await runAsync(rounds(3), makeBackend(), { signal, onProgress: (progress) => seen.push(progress.state.iteration) });
    expect(outcome).toEqual({ kind: 'done', result: answer });
    expect(seen).toEqual([0, 1, 2]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(await runAsync(rounds(2), makeBackend())).toEqual({ kind: 'done', result: answer });
  });

  test('aborted before the first iteration it has no answer, says why, and closes the process', async () => {
    const ended = { value: false };
    const process = rounds(3, ended);
    const asking = (function* (): Process<Expectation | undefined> {
      return yield* process;
    })();
    const error = await runAsync(asking, backendOf(1), { signal: AbortSignal.abort('enough') }).catch((reason: unknown) => reason);
    expect(
      failureOf(() => {
        throw error;
      }),
    ).toMatchObject({
      code: 'ABORTED',
      message: 'The fit was aborted before its first iteration.',
      details: { reason: 'enough' },
    });
    expect(process.next().done).toBe(true);
  });

  test('aborted by its observer it makes no other step, and keeps what was complete', async () => {
    const controller = new AbortController();
    const ended = { value: false, after: 0 };
    const backend = backendOf(1);
    const outcome = await runAsync(rounds(9, ended), backend, {
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.state.iteration === 2) controller.abort();
      },
    });
    expect(outcome).toMatchObject({ kind: 'aborted', latest: { state: { iteration: 2 }, expectation: answer } });
    expect(ended).toEqual({ value: true, after: 1 });
    expect(backend.begun).toBe(2);
  });

  test('aborted in the middle of a pass it begins no other slice', async () => {
    const controller = new AbortController();
    const ended = { value: false };
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    // The signal fires in a slice after which a pause is due.
    const backend = backendOf(10, (slice) => {
      if (slice !== 3) return;
      now += 20;
      controller.abort();
    });
    const outcome = await runAsync(rounds(9, ended), backend, { signal: controller.signal });
    expect(outcome).toMatchObject({ kind: 'aborted', latest: { state: { iteration: 0 } } });
    expect([backend.begun, ended.value]).toEqual([4, true]);
  });

  test('aborted while it waits it does not wait any longer', async () => {
    const controller = new AbortController();
    const backend = {
      ...unasked,
      expect: (): Promise<Expectation> => {
        queueMicrotask(() => controller.abort());
        return new Promise(() => {});
      },
    };
    expect(await runAsync(rounds(9), backend, { signal: controller.signal })).toMatchObject({ kind: 'aborted' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  test('leaves no listener behind when an answer fails', async () => {
    const { signal } = new AbortController();
    const backend = { ...unasked, expect: () => Promise.reject(new RangeError('lost')) };
    await expect(runAsync(rounds(1), backend, { signal })).rejects.toThrow('lost');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('lets other tasks run after every dozen milliseconds of work, and closes the door it used', async () => {
    let now = 1000;
    let turns = 0;
    let closed = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.stubGlobal(
      'MessageChannel',
      class extends MessageChannel {
        constructor() {
          super();
          turns += 1;
          const close = this.port1.close.bind(this.port1);
          this.port1.close = () => {
            closed += 1;
            close();
          };
        }
      },
    );
    function* working(steps: number, milliseconds: number): Process<number> {
      for (let step = 0; step < steps; step += 1) {
        now += milliseconds;
        yield { kind: 'pause' };
      }
      return turns;
    }
    // Due at 15, 30, 45 and 60 milliseconds.
    expect(await runAsync(working(12, 5), backendOf(0))).toEqual({ kind: 'done', result: 4 });
    expect(closed).toBe(4);
    turns = 0;
    // Due at 12 and 24.
    expect(await runAsync(working(4, 6), backendOf(0))).toEqual({ kind: 'done', result: 2 });
    turns = 0;
    const slow = backendOf(6, () => {
      now += 5;
    });
    await runAsync(rounds(1), slow);
    expect(turns).toBe(2);
  });
});
