import os from 'node:os';
import {
  createDataset,
  createMixture,
  createRandom,
  drive,
  fit,
  fitAsync,
  memorySource,
  type Progress,
  runAsync,
  runSync,
  startState,
} from '@emkit/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { automaticSource } from '../src/source/automatic.ts';
import { bell, decay } from './support/families.ts';
import { type LocalWorker, localWorkers } from './support/local-worker.ts';

const random = createRandom(47);
const data = Float64Array.from({ length: 40_000 }, (_, row) => (row % 3 === 0 ? 5 : 0) + random.normal());
const mixture = createMixture({ family: bell(), components: 2 });
const dataset = createDataset(data, mixture.families, 2);
const start = {
  weights: [0.5, 0.5],
  components: [
    { mean: -1, variance: 2 },
    { mean: 4, variance: 1 },
  ],
};
const process = () => drive(mixture, startState('anderson', start), { iterations: 8, tolerance: 0 });
const alone = JSON.stringify(runSync(process(), memorySource(dataset)).state);

/** Runs the fit over an automatic backend that is impatient; `at` is called after each iteration. */
async function run(startWorker: ReturnType<typeof localWorkers>['startWorker'], at: (iteration: number) => void = () => undefined) {
  const backend = automaticSource(dataset, { threads: 2, startWorker, patience: 0 });
  const seen: number[] = [];
  const onProgress = ({ state }: Progress): void => {
    seen.push(state.iteration);
    at(state.iteration);
  };
  try {
    const outcome = await runAsync(process(), backend, { onProgress });
    return { state: outcome.kind === 'done' ? JSON.stringify(outcome.result.state) : outcome.kind, seen };
  } finally {
    await backend.close?.();
  }
}

/** A clock that goes on by itself: every slice is followed by a pause. */
function passTime(): void {
  let now = 0;
  vi.stubGlobal('performance', { now: () => (now += 20) });
}

const questions = (worker: LocalWorker): number => worker.received.filter(({ kind }) => kind === 'expect').length;
const everyIteration = [0, 1, 2, 3, 4, 5, 6, 7, 8];

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('while workers start, this thread answers', () => {
  it('until all of them are ready, and they from then on', async () => {
    const { workers, startWorker } = localWorkers([bell], { held: true });
    let before: readonly number[] = [];
    const { state, seen } = await run(startWorker, (iteration) => {
      if (iteration === 2) workers[0]!.release();
      if (iteration === 4) {
        before = workers.map(questions);
        workers[1]!.release();
      }
    });
    expect(before).toEqual([0, 0]);
    expect(workers.map((worker) => questions(worker) > 0)).toEqual([true, true]);
    expect(state).toBe(alone);
    expect(seen).toEqual(everyIteration);
  });

  it('to the end, where they never are ready; then they are ended', async () => {
    const { workers, startWorker } = localWorkers([bell], { held: true });
    expect((await run(startWorker)).state).toBe(alone);
    expect(workers.map(questions)).toEqual([0, 0]);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it('in slices: an abort within a pass is prompt', async () => {
    const { startWorker } = localWorkers([bell], { held: true });
    const backend = automaticSource(dataset, { threads: 2, startWorker, patience: 0 });
    passTime();
    const controller = new AbortController();
    const expecting = runAsync(process(), backend, {
      signal: controller.signal,
      onProgress: ({ state }) => {
        if (state.iteration === 3) setTimeout(() => controller.abort());
      },
    });
    const outcome = await expecting;
    await backend.close?.();
    expect(outcome.kind).toBe('aborted');
    expect(outcome.kind === 'aborted' && outcome.latest.state.iteration).toBeLessThan(8);
  });
});

describe('where workers fail, this thread goes on', () => {
  it('when they cannot be started', async () => {
    const startWorker = vi.fn(() => {
      throw new Error('not allowed here');
    });
    const { state, seen } = await run(startWorker);
    expect(startWorker.mock.calls.length).toBe(2);
    expect(state).toBe(alone);
    expect(seen).toEqual(everyIteration);
  });

  it('when one dies before it is ready', async () => {
    const { workers, startWorker } = localWorkers([bell], { held: true });
    const { state } = await run(startWorker, (iteration) => {
      if (iteration === 2) workers[1]!.die('no such script');
    });
    expect(state).toBe(alone);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });

  it('when they do not know the family', async () => {
    const { workers, startWorker } = localWorkers([decay], { held: false });
    expect((await run(startWorker)).state).toBe(alone);
    expect(workers.map(questions)).toEqual([1, 1]);
  });

  it('when they die again and again, without a step done twice', async () => {
    const { workers, startWorker } = localWorkers([bell], { held: false });
    let mortal = false;
    const { state, seen } = await run(
      () => {
        const port = startWorker();
        const worker = workers.at(-1)!;
        return {
          ...port,
          postMessage: (message, transfer) => {
            if (mortal && (message as { kind: string }).kind === 'expect') worker.die('out of memory');
            else port.postMessage(message, transfer);
          },
        };
      },
      (iteration) => {
        mortal = iteration >= 3;
      },
    );
    expect(questions(workers[0]!)).toBeGreaterThan(0);
    expect(workers.length).toBeGreaterThan(4);
    expect(workers.every(({ terminated }) => terminated)).toBe(true);
    expect(state).toBe(alone);
    expect(seen).toEqual(everyIteration);
  });

  it('but an impossible row is an error, whoever finds it', async () => {
    const at = { weights: [0.5, 0.5], components: [Number.NaN, 1].map((mean) => ({ mean, variance: 1 })) };
    const { startWorker } = localWorkers([bell], { held: false });
    const backend = automaticSource(dataset, { threads: 2, startWorker, patience: 0 });
    const request = { model: mixture, at, about: at };
    for (let time = 0; time < 3; time += 1) await expect(backend.expect(request)).rejects.toMatchObject({ code: 'NOT_FINITE' });
    await backend.close?.();
  });
});

describe('fitAsync', () => {
  const large = Float64Array.from({ length: 350_000 }, () => random.normal());
  const options = { family: bell(), components: 2, start, tolerance: 0 };

  beforeEach(() => {
    vi.spyOn(os, 'availableParallelism').mockReturnValue(2);
  });

  it('starts no worker for a fit that is over soon', async () => {
    vi.stubGlobal('performance', { now: () => 0 });
    const { workers, startWorker } = localWorkers([bell], { held: false });
    await fitAsync(large, { ...options, iterations: 2, startWorker });
    expect(workers.length).toBe(0);
  });

  it('starts them for one that goes on', async () => {
    passTime();
    const { workers, startWorker } = localWorkers([bell], { held: false });
    const result = await fitAsync(large, { ...options, iterations: 6, startWorker });
    expect(workers.length).toBeGreaterThan(1);
    expect(workers.every((worker) => worker.terminated && questions(worker) > 0)).toBe(true);
    expect(JSON.stringify(result)).toBe(JSON.stringify(fit(large, { ...options, iterations: 6 })));
  });

  it('starts none for a small fit, however long', async () => {
    passTime();
    const { workers, startWorker } = localWorkers([bell], { held: false });
    await fitAsync(large.subarray(0, 20_000), { ...options, iterations: 20, startWorker });
    expect(workers.length).toBe(0);
  });
});
