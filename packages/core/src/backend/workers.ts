import type { Block, Dataset } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import { Expectation, PairwiseSum } from '../expectation.ts';
import { compiledKernels, prepareKernels } from '../kernels/kernels.ts';
import type { Mixture } from '../mixture.ts';
import type { Backend, ExpectationRequest } from './backend.ts';
import { cutMatters } from './kernel-adapter.ts';
import { createMemoryBackend } from './memory.ts';
import type { KernelsMessage, ReadyMessage, ShardMessage, WorkerAnswer, WorkerFactory, WorkerPort } from './worker-protocol.ts';

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
 * The data are copied once: into shared memory where the engine allows it (not even that where they lie there already), else into
 * messages. A worker that dies is replaced and its question asked again.
 */
export function createWorkerBackend(mixture: Mixture, dataset: Dataset, options: WorkerBackendOptions): Backend {
  return new WorkerTeam(mixture, dataset, options);
}

/** The workers of one data set, started at once. */
export class WorkerTeam implements Backend {
  private readonly mixture: Mixture;
  private readonly dataset: Dataset;
  private readonly shards: readonly ShardWorker[];
  private closed = false;

  constructor(mixture: Mixture, dataset: Dataset, { threads, startWorker }: WorkerBackendOptions) {
    this.mixture = mixture;
    this.dataset = dataset;
    const shared = shareColumns(dataset);
    for (const family of mixture.families) prepareKernels(family);
    this.shards = cutShards(dataset, threads).map(
      (extent) => new ShardWorker(startWorker, () => shardMessage(mixture, dataset, extent, shared)),
    );
    for (const shard of this.shards) shard.start();
  }

  /** Whether all workers can answer, one cannot, or it is not known yet. */
  get readiness(): Readiness {
    if (this.shards.some((shard) => shard.readiness === 'failed')) return 'failed';
    return this.shards.every((shard) => shard.readiness === 'ready') ? 'ready' : 'starting';
  }

  async expect(request: ExpectationRequest): Promise<Expectation> {
    const total = await this.ask(request);
    return cutMatters(this.mixture, request.at, total) ? this.ask({ ...request, uncut: true }) : total;
  }

  close(): void {
    this.closed = true;
    for (const shard of this.shards) shard.close();
  }

  private async ask(request: ExpectationRequest): Promise<Expectation> {
    const { mixture, dataset } = this;
    if (this.closed) throw new EmkitError('INTERNAL', 'The worker backend is closed.');
    const answers = await Promise.all(this.shards.map((shard) => shard.ask(request)));
    const sum = new PairwiseSum(mixture);
    const { offsets } = Expectation.zero(mixture);
    for (const answer of answers) {
      if (answer.kind === 'error') throw asError(answer, mixture, dataset, request);
      const length = answer.vectors.length / answer.levels.length;
      answer.levels.forEach((level, index) => {
        sum.push(new Expectation(offsets, answer.vectors.subarray(index * length, (index + 1) * length)), level);
      });
    }
    return sum.total();
  }
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
export function shareColumns(dataset: Dataset): SharedColumns | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === 'undefined' || crossOriginIsolated === false) return undefined;
  return gather(dataset.blocks, dataset.columnNames.length, (bytes) => new SharedArrayBuffer(bytes), sharedWhole);
}

/**
 * The blocks' columns, each as one array.
 *
 * @param whole finds that array where there is one already
 */
function gather(
  blocks: readonly Block[],
  width: number,
  allocate: (bytes: number) => ArrayBufferLike,
  whole: <A extends Numbers>(parts: readonly (A | undefined)[], blocks: readonly Block[]) => A | undefined = () => undefined,
): SharedColumns {
  let rows = 0;
  for (const block of blocks) rows += block.size;
  const join = <A extends Numbers>(part: (block: Block) => A | undefined, create: () => A): A => {
    const parts = blocks.map(part);
    const found = whole(parts, blocks);
    if (found !== undefined) return found;
    const out = create();
    let row = 0;
    blocks.forEach(({ size }, index) => {
      const values = parts[index];
      if (values !== undefined) out.set(values.subarray(0, size), row);
      row += size;
    });
    return out;
  };
  const numbers = (): Float64Array => new Float64Array(allocate(rows * 8));
  const columns = Array.from({ length: width }, (_, column) => join((block) => block.columns[column], numbers));
  const weights = blocks.some((block) => block.weights)
    ? join(
        (block) => block.weights,
        () => numbers().fill(1),
      )
    : undefined;
  const labels = blocks.some((block) => block.labels)
    ? join(
        (block) => block.labels,
        () => new Int32Array(allocate(rows * 4)).fill(-1),
      )
    : undefined;
  return { columns, ...(weights && { weights }), ...(labels && { labels }) };
}

type Numbers = Float64Array | Int32Array;

/** The array of which all parts are views one after the other, where it lies in shared memory already. */
function sharedWhole<A extends Numbers>(parts: readonly (A | undefined)[], blocks: readonly Block[]): A | undefined {
  const first = parts[0];
  if (first === undefined || !(first.buffer instanceof SharedArrayBuffer)) return undefined;
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = first;
  let rows = 0;
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index];
    if (part?.buffer !== buffer || part.byteOffset !== byteOffset + rows * BYTES_PER_ELEMENT) return undefined;
    rows += blocks[index]!.size;
  }
  const View = first.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A;
  return new View(buffer, byteOffset, rows);
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

/** Whether a worker can answer, cannot, or has not said yet. */
export type Readiness = 'starting' | 'ready' | 'failed';

/** A shard and the worker that keeps it, replaced when it dies. */
class ShardWorker {
  readiness: Readiness = 'starting';
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

  /** Starts the worker before it is asked. Where that fails, the first question tries again. */
  start(): void {
    try {
      this.port = this.open();
    } catch {
      this.readiness = 'failed';
    }
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
      if (this.port !== port) return;
      const answer = data as WorkerAnswer | ReadyMessage;
      if (answer.kind === 'ready') {
        this.readiness = answer.open ? 'ready' : 'failed';
        return;
      }
      if (this.pending?.id !== answer.id) return;
      const { resolve } = this.pending;
      this.pending = undefined;
      this.replacements = 0;
      resolve(answer);
    });
    port.onFailure((reason) => {
      if (this.port !== port) return;
      this.port = undefined;
      this.readiness = 'failed';
      port.terminate();
      this.fail(reason);
    });
    try {
      sendKernels(port);
      const { message, transfer } = this.makeMessage();
      port.postMessage(message, transfer);
    } catch (error) {
      port.terminate();
      throw error;
    }
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

/** A worker that gets compiled kernels begins with machine code as good as this thread's; one that does not compiles its own. */
function sendKernels(port: WorkerPort): void {
  const compiled = compiledKernels();
  if (compiled === undefined) return;
  try {
    const message: KernelsMessage = { kind: 'kernels', compiled };
    port.postMessage(message, []);
  } catch {
    // Some engines do not let a module be copied: see above.
  }
}
