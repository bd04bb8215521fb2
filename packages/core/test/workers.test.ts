import {
  createDataset,
  createMemoryBackend,
  createMixture,
  createRandom,
  createWorkerBackend,
  type FitAsyncOptions,
  fit,
  fitAsync,
  openWorker,
  type WorkerFactory,
} from '@emkit/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bell, toss } from './support/families.ts';

const startWorker: WorkerFactory = () =>
  openWorker(new URL('./support/worker.ts', import.meta.url), () => {
    throw new Error('there is no Web Worker here');
  }, ['--conditions=emkit-source', '--disable-warning=ExperimentalWarning']);

const random = createRandom(31);
const data = Float64Array.from({ length: 30_011 }, (_, row) => (row % 3 === 0 ? 5 : 0) + random.normal());
const family = bell();
const start = {
  weights: [0.5, 0.5],
  components: [
    { mean: -1, variance: 2 },
    { mean: 4, variance: 1 },
  ],
};
const options: FitAsyncOptions = { family, components: 2, start, iterations: 6, tolerance: 0, startWorker };

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the result has the same bits for any number of workers', () => {
  const alone = JSON.stringify(fit(data, options));
  for (const threads of [1, 2, 3, 7]) {
    it(`${threads}`, async () => {
      expect(JSON.stringify(await fitAsync(data, { ...options, threads }))).toBe(alone);
    });
  }
  it('with case weights and labels, and where no memory can be shared', async () => {
    const more = {
      ...options,
      weights: data.map((_, row) => (row % 4) / 2),
      labels: Int32Array.from(data, (_, row) => (row % 11 === 0 ? row % 2 : -1)),
    };
    const expected = JSON.stringify(fit(data, more));
    expect(JSON.stringify(await fitAsync(data, { ...more, threads: 2 }))).toBe(expected);
    vi.stubGlobal('crossOriginIsolated', false);
    expect(JSON.stringify(await fitAsync(data, { ...more, threads: 2 }))).toBe(expected);
  });
});

it('a worker that dies is replaced and its question asked again', async () => {
  let started = 0;
  const mortal: WorkerFactory = () => {
    started += 1;
    const port = startWorker();
    const dies = started === 2;
    return {
      ...port,
      postMessage: (message, transfer) => {
        if (dies && (message as { kind: string }).kind === 'expect') port.terminate();
        else port.postMessage(message, transfer);
      },
    };
  };
  const result = await fitAsync(data, { ...options, threads: 2, startWorker: mortal });
  expect(started).toBe(3);
  expect(JSON.stringify(result)).toBe(JSON.stringify(fit(data, options)));
});

describe('workers that cannot start', () => {
  const broken: WorkerFactory = () => {
    throw new Error('not allowed here');
  };
  it('are an error where they were asked for', async () => {
    await expect(fitAsync(data, { ...options, threads: 2, startWorker: broken })).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  });
  it('are no matter where they were not', async () => {
    const large = Float64Array.from({ length: 250_000 }, () => random.normal());
    const result = await fitAsync(large, { ...options, iterations: 1, startWorker: broken });
    expect(result.iterations).toBe(1);
  });
  it('a family without a worker cannot be asked for threads', async () => {
    const { startWorker: _, ...rest } = options;
    await expect(fitAsync(data, { ...rest, threads: 2 })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  });
});

it('an abort is prompt and keeps the last complete iteration', async () => {
  const controller = new AbortController();
  const result = await fitAsync(data, {
    ...options,
    iterations: 100_000,
    threads: 2,
    signal: controller.signal,
    onProgress: ({ iteration }) => {
      if (iteration === 2) controller.abort();
    },
  });
  expect(result.diagnosis.kind).toBe('aborted');
  expect(result.iterations).toBe(2);
});

it('an impossible row is named as in one thread, also where rows were merged', async () => {
  const mixture = createMixture({ family: toss({ trials: 3 }), components: 1 });
  const dataset = createDataset([0, 0, 1, 2, 0], mixture.families, 1);
  const at = { weights: [1], components: [{ probability: 0 }] };
  const request = { at, about: at.components };
  const backend = createWorkerBackend(mixture, dataset, { threads: 1, startWorker });
  try {
    const expected = (() => {
      try {
        return createMemoryBackend(mixture, dataset).expect(request);
      } catch (error) {
        return error as Error;
      }
    })();
    await expect(backend.expect(request)).rejects.toThrow((expected as Error).message);
    await expect(backend.expect(request)).rejects.toMatchObject({ details: { row: 2 } });
  } finally {
    await backend.close?.();
  }
});
