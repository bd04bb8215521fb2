import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createDataset,
  createMixture,
  createRandom,
  type FitAsyncOptions,
  fit,
  fitAsync,
  memorySource,
  openWorker,
  serveWorker,
  useKernels,
  type WorkerFactory,
  workerSource,
} from '@emkit/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { adoptKernels, type CompiledKernels, compiledKernels } from '../src/kernels/kernels.ts';
import { MODULE } from '../src/kernels/module.generated.ts';
import { readModuleText } from '../src/kernels/module-text.ts';
import type { ShardMessage } from '../src/source/worker-protocol.ts';
import { bell, toss } from './support/families.ts';
import { localWorkers } from './support/local-worker.ts';

const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Uint8Array) => object; Memory: unknown; CompileError: new (message: string) => Error };
};

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

const mixture = createMixture({ family, components: 2 });
const dataset = createDataset(data, mixture.families, 2);
const request = { model: mixture, at: start, about: start };

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

it('a worker that cannot be sent its data is not left behind', async () => {
  const { workers, startWorker: startLocal } = localWorkers([bell], { held: false });
  const refusing: WorkerFactory = () => ({
    ...startLocal(),
    postMessage: () => {
      throw new Error('it cannot be copied');
    },
  });
  await expect(fitAsync(data, { ...options, threads: 2, startWorker: refusing })).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  expect(workers.length).toBeGreaterThan(2);
  expect(workers.every(({ terminated }) => terminated)).toBe(true);
});

describe('compiled kernels are shared with workers', () => {
  const alone = JSON.stringify(fit(data, options));
  /** A worker's port of which `kernels` messages are looked at, or refused. */
  const watched =
    (onKernels: (message: { kind: string }) => void): WorkerFactory =>
    () => {
      const port = startWorker();
      return {
        ...port,
        postMessage: (message, transfer) => {
          if ((message as { kind: string }).kind === 'kernels') onKernels(message as { kind: string });
          port.postMessage(message, transfer);
        },
      };
    };

  beforeEach(() => {
    useKernels('simd');
  });
  afterEach(() => {
    useKernels('simd');
  });

  it('as a module', async () => {
    const sent: unknown[] = [];
    const result = await fitAsync(data, { ...options, threads: 2, startWorker: watched((message) => sent.push(message)) });
    expect(sent).toEqual(
      [1, 2].map(() => ({ kind: 'kernels', compiled: [{ digest: expect.any(String), module: expect.any(WebAssembly.Module) }] })),
    );
    expect(JSON.stringify(result)).toBe(alone);
  });

  it('not where this thread has none; the bits are the same', async () => {
    useKernels('plain');
    const sent: unknown[] = [];
    const result = await fitAsync(data, { ...options, threads: 2, startWorker: watched((message) => sent.push(message)) });
    expect(sent).toEqual([]);
    expect(JSON.stringify(result)).toBe(alone);
  });

  it('not where a module cannot be copied', async () => {
    const refusing = watched(() => {
      throw new DOMException('a module cannot be cloned', 'DataCloneError');
    });
    expect(JSON.stringify(await fitAsync(data, { ...options, threads: 2, startWorker: refusing }))).toBe(alone);
  });

  it('and used by the worker, which need not compile', () => {
    const [shared] = compiledKernels() as [CompiledKernels];
    const module = new WebAssembly.Module(readModuleText(MODULE.text));
    let hear: (data: unknown) => void = () => undefined;
    serveWorker([bell], {
      onMessage: (listener) => {
        hear = listener;
      },
      postMessage: () => undefined,
    });
    hear({ kind: 'kernels', compiled: [{ digest: shared.digest, module }] });
    expect(compiledKernels()).toEqual([{ digest: shared.digest, module }]);
    expect(compiledKernels()![0]!.module).toBe(module);
    hear({ kind: 'kernels', compiled: [shared] });
  });

  it('but not taken where they are others, or none', () => {
    const [shared] = compiledKernels() as [CompiledKernels];
    const other = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    adoptKernels([{ digest: '0123456789abcdef', module: other }]);
    adoptKernels([{ digest: shared.digest, module: {} }]);
    vi.stubGlobal('WebAssembly', undefined);
    adoptKernels([{ digest: shared.digest, module: other }]);
    vi.unstubAllGlobals();
    expect(compiledKernels()![0]!.module).toBe(shared.module);
  });

  it('and where they cannot be run, plain ones do', () => {
    const [shared] = compiledKernels() as [CompiledKernels];
    const expected = memorySource(dataset).expect(request).vector;
    const refused = () => {
      throw new WebAssembly.CompileError('forbidden by the policy');
    };
    vi.stubGlobal('WebAssembly', { Module: WebAssembly.Module, Memory: WebAssembly.Memory, Instance: refused });
    adoptKernels([shared]);
    expect(memorySource(dataset).expect(request).vector).toEqual(expected);
    expect(compiledKernels()).toBeUndefined();
  });
});

describe('columns that lie in shared memory', () => {
  const shard = async (values: Float64Array, more: { weights?: Float64Array } = {}): Promise<ShardMessage> => {
    const local = localWorkers([bell], { held: false });
    const given = createDataset(values, mixture.families, 2, more);
    const backend = workerSource(given, { threads: 3, startWorker: local.startWorker });
    const total = await backend.expect(request);
    await backend.close?.();
    expect(total.vector).toEqual(memorySource(given).expect(request).vector);
    const messages = local.workers.map(({ received }) => received.find(({ kind }) => kind === 'shard') as ShardMessage);
    expect(messages.length).toBe(3);
    for (const { columns, weights } of messages) {
      expect(columns.map(({ buffer }) => buffer)).toEqual(messages[0]!.columns.map(({ buffer }) => buffer));
      expect(weights?.buffer).toBe(messages[0]!.weights?.buffer);
    }
    return messages[0]!;
  };
  const shared = (values: Float64Array, offset = 0): Float64Array => {
    const out = new Float64Array(new SharedArrayBuffer(8 * (values.length + offset)), 8 * offset, values.length);
    out.set(values);
    return out;
  };

  it('are sent as they are', async () => {
    const values = shared(data, 5);
    const weights = shared(data.map((_, row) => 1 + (row % 4)));
    const message = await shard(values, { weights });
    expect(message.columns[0]!.buffer).toBe(values.buffer);
    expect([message.columns[0]!.byteOffset, message.columns[0]!.length]).toEqual([40, data.length]);
    expect(message.weights!.buffer).toBe(weights.buffer);
  });

  it('are copied where rows were left out, and so are others', async () => {
    const values = shared(data);
    const some = await shard(values, { weights: data.map((_, row) => row % 2) });
    expect(some.columns[0]!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(some.columns[0]!.buffer).not.toBe(values.buffer);
    const own = await shard(data);
    expect(own.columns[0]!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(own.columns[0]!).toEqual(values);
  });

  it('are copied where the blocks do not follow each other', async () => {
    const values = shared(data);
    const whole = createDataset(values, mixture.families, 2);
    const turned = { ...whole, blocks: [...whole.blocks.slice(1, -1), whole.blocks[0]!] };
    const local = localWorkers([bell], { held: false });
    const backend = workerSource(turned, { threads: 2, startWorker: local.startWorker });
    expect((await backend.expect(request)).vector).toEqual(memorySource(turned).expect(request).vector);
    await backend.close?.();
  });
});

it('a process whose fit ended before its workers were ready comes to its end', async () => {
  const script = fileURLToPath(new URL('./support/short-fit.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=emkit-source', '--no-warnings', script]);
  expect(stdout).toBe('2 workers started, fitted\n');
});

describe('workers that cannot start', () => {
  const broken: WorkerFactory = () => {
    throw new Error('not allowed here');
  };
  it('are an error where they were asked for', async () => {
    await expect(fitAsync(data, { ...options, threads: 2, startWorker: broken })).rejects.toMatchObject({ code: 'WORKER_FAILED' });
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
  const request = { model: mixture, at, about: at };
  const backend = workerSource(dataset, { threads: 1, startWorker });
  try {
    const expected = (() => {
      try {
        return memorySource(dataset).expect(request);
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
