import type { Block, Dataset } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import { Expectation, PairwiseSum } from '../expectation.ts';
import { cutMatters } from '../kernels/cut.ts';
import type { Mixture } from '../mixture.ts';
import type { Backend, ExpectationRequest } from './backend.ts';
import { createMemoryBackend } from './memory.ts';
import type { ShardMessage, WorkerAnswer, WorkerFactory, WorkerPort } from './worker-protocol.ts';

/** Options of the worker backend. */
export interface WorkerBackendOptions {
  readonly threads: number;
  readonly startWorker: WorkerFactory;
}

/** How often in a row one shard's worker is replaced before the fit gives up. */
const MOST_REPLACEMENTS = 3;

/** Shards begin at multiples of this many blocks, which keeps the partial sums few. */
const SHARD_ALIGNMENT = 8;

/**
 * A backend over workers. Each keeps its shard of the blocks; parameters go out, partial sums come back. Sums are added in the
 * same tree over the blocks as in one thread, so the result has the same bits for any number of workers.
 *
 * The data are copied once: into shared memory where the engine allows it, else into messages. A worker that dies is replaced and
 * its question asked again.
 */
export function createWorkerBackend(mixture: Mixture, dataset: Dataset, { threads, startWorker }: WorkerBackendOptions): Backend {
  const shared = shareColumns(dataset);
  const shards = cutShards(dataset, threads).map(
    (extent) => new ShardWorker(startWorker, () => shardMessage(mixture, dataset, extent, shared)),
  );
  const offsets = Expectation.zero(mixture).offsets;
  let closed = false;
  const ask = async (request: ExpectationRequest): Promise<Expectation> => {
    if (closed) throw new EmkitError('INTERNAL', 'The worker backend is closed.');
    const answers = await Promise.all(shards.map((shard) => shard.ask(request)));
    const sum = new PairwiseSum(mixture);
    for (const answer of answers) {
      if (answer.kind === 'error') throw asError(answer, mixture, dataset, request);
      const length = answer.vectors.length / answer.levels.length;
      answer.levels.forEach((level, index) => {
        sum.push(new Expectation(offsets, answer.vectors.subarray(index * length, (index + 1) * length)), level);
      });
    }
    return sum.total();
  };
  return {
    async expect(request) {
      const total = await ask(request);
      return cutMatters(mixture, request.at, total) ? ask({ ...request, uncut: true }) : total;
    },
    close() {
      closed = true;
      for (const shard of shards) shard.close();
    },
  };
}

/** An error as it would have been in this thread: where rows were merged, only here is it known which of the caller's rows is meant. */
function asError(
  answer: Extract<WorkerAnswer, { kind: 'error' }>,
  mixture: Mixture,
  dataset: Dataset,
  request: ExpectationRequest,
): EmkitError {
  if (answer.details.row !== undefined && dataset.blockRow !== undefined) {
    try {
      createMemoryBackend(mixture, dataset).expect(request);
    } catch (error) {
      if (error instanceof EmkitError) return error;
    }
  }
  return new EmkitError(answer.code, answer.message, answer.details);
}

interface Extent {
  readonly firstBlock: number;
  readonly endBlock: number;
  readonly firstRow: number;
}

function cutShards(dataset: Dataset, threads: number): readonly Extent[] {
  const count = dataset.blocks.length;
  const extents: Extent[] = [];
  let firstBlock = 0;
  let firstRow = 0;
  for (let shard = 0; shard < threads && firstBlock < count; shard += 1) {
    const ideal = ((shard + 1) * count) / threads;
    const aligned =
      shard === threads - 1 ? count : Math.min(count, Math.max(firstBlock + 1, Math.round(ideal / SHARD_ALIGNMENT) * SHARD_ALIGNMENT));
    extents.push({ firstBlock, endBlock: aligned, firstRow });
    for (; firstBlock < aligned; firstBlock += 1) firstRow += dataset.blocks[firstBlock]!.size;
  }
  return extents;
}

interface SharedColumns {
  readonly columns: readonly Float64Array[];
  readonly weights?: Float64Array;
  readonly labels?: Int32Array;
}

/** The whole data in shared memory; undefined where the engine has none (a page without the isolation headers). */
function shareColumns(dataset: Dataset): SharedColumns | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === 'undefined' || crossOriginIsolated === false) return undefined;
  return gather(dataset.blocks, dataset.columnNames.length, (bytes) => new SharedArrayBuffer(bytes));
}

function gather(blocks: readonly Block[], width: number, allocate: (bytes: number) => ArrayBufferLike): SharedColumns {
  let rows = 0;
  for (const block of blocks) rows += block.size;
  const columns = Array.from({ length: width }, () => new Float64Array(allocate(rows * 8)));
  const weights = blocks.some((block) => block.weights) ? new Float64Array(allocate(rows * 8)).fill(1) : undefined;
  const labels = blocks.some((block) => block.labels) ? new Int32Array(allocate(rows * 4)).fill(-1) : undefined;
  let row = 0;
  for (const block of blocks) {
    block.columns.forEach((column, index) => {
      columns[index]!.set(column.subarray(0, block.size), row);
    });
    if (block.weights) weights!.set(block.weights.subarray(0, block.size), row);
    if (block.labels) labels!.set(block.labels.subarray(0, block.size), row);
    row += block.size;
  }
  return { columns, ...(weights && { weights }), ...(labels && { labels }) };
}

function shardMessage(
  mixture: Mixture,
  dataset: Dataset,
  extent: Extent,
  shared: SharedColumns | undefined,
): { message: ShardMessage; transfer: readonly ArrayBuffer[] } {
  const blocks = dataset.blocks.slice(extent.firstBlock, extent.endBlock);
  const arrays = shared ?? gather(blocks, dataset.columnNames.length, (bytes) => new ArrayBuffer(bytes));
  const message: ShardMessage = {
    kind: 'shard',
    families: mixture.families.map((family) => ({ family: family.id, options: family.options })),
    ...arrays,
    offset: shared === undefined ? 0 : extent.firstRow,
    blockSizes: blocks.map(({ size }) => size),
    firstBlock: extent.firstBlock,
    firstRow: extent.firstRow,
  };
  const transfer =
    shared === undefined
      ? [...arrays.columns, arrays.weights, arrays.labels].flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []))
      : [];
  return { message, transfer };
}

/** A shard and the worker that keeps it, replaced when it dies. */
class ShardWorker {
  private readonly startWorker: WorkerFactory;
  private readonly makeMessage: () => { message: ShardMessage; transfer: readonly ArrayBuffer[] };
  private port: WorkerPort | undefined;
  private questions = 0;
  private pending:
    | { id: number; request: ExpectationRequest; resolve(answer: WorkerAnswer): void; reject(error: unknown): void }
    | undefined;
  private replacements = 0;

  constructor(startWorker: WorkerFactory, makeMessage: () => { message: ShardMessage; transfer: readonly ArrayBuffer[] }) {
    this.startWorker = startWorker;
    this.makeMessage = makeMessage;
  }

  ask(request: ExpectationRequest): Promise<WorkerAnswer> {
    this.questions += 1;
    const id = this.questions;
    return new Promise((resolve, reject) => {
      this.pending = { id, request, resolve, reject };
      this.send();
    });
  }

  close(): void {
    const { port, pending } = this;
    this.port = undefined;
    this.pending = undefined;
    port?.terminate();
    pending?.reject(new EmkitError('ABORTED', 'The worker backend was closed.'));
  }

  private send(): void {
    const { pending } = this;
    if (pending === undefined) return;
    try {
      this.port ??= this.open();
      this.port.postMessage({ kind: 'expect', id: pending.id, request: pending.request }, []);
    } catch (error) {
      this.fail(error);
    }
  }

  private open(): WorkerPort {
    const port = this.startWorker();
    port.onMessage((data) => {
      const answer = data as WorkerAnswer;
      if (this.port !== port || this.pending?.id !== answer.id) return;
      const { resolve } = this.pending;
      this.pending = undefined;
      this.replacements = 0;
      resolve(answer);
    });
    port.onFailure((reason) => {
      if (this.port !== port) return;
      this.port = undefined;
      port.terminate();
      this.fail(reason);
    });
    const { message, transfer } = this.makeMessage();
    port.postMessage(message, transfer);
    return port;
  }

  /** Starts another worker and asks again; gives up when that does not help. */
  private fail(reason: unknown): void {
    if (this.pending === undefined) return;
    this.replacements += 1;
    if (this.replacements <= MOST_REPLACEMENTS) {
      this.send();
      return;
    }
    const { reject } = this.pending;
    this.pending = undefined;
    reject(
      new EmkitError(
        'WORKER_FAILED',
        `A worker failed ${MOST_REPLACEMENTS + 1} times: ${reason instanceof Error ? reason.message : String(reason)}.`,
        {
          reason: String(reason),
          remedy: 'Use threads: 1, or give a worker that can start here.',
        },
      ),
    );
  }
}
