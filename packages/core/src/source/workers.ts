import type { Dataset } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import { compiledKernels, prepareKernels } from '../kernels/kernels.ts';
import type { ExpectationRequest } from '../model/e-step.ts';
import { Expectation, PairwiseSum } from '../model/expectation.ts';
import type { LatentModel } from '../model/latent-model.ts';
import { type StructureJson, structureJson } from '../model/structure-json.ts';
import { memorySource, wantsUncut } from './memory.ts';
import type { Source, SynchronousSource } from './source.ts';
import { gatherColumns, shareColumns, type WholeColumns } from './whole-columns.ts';
import type {
  ExpectMessage,
  KernelsMessage,
  ReadyMessage,
  ShardMessage,
  WorkerAnswer,
  WorkerFactory,
  WorkerPort,
} from './worker-protocol.ts';

/** Options of a source over workers. */
export interface WorkerSourceOptions {
  readonly threads: number;
  readonly startWorker: WorkerFactory;
  /** Milliseconds after which a worker that says nothing is taken for dead. Default: a minute, and twenty times its longest answer. */
  readonly silence?: number;
}

/** Milliseconds that a worker may take over a question before there is any experience. */
const SILENCE = 60_000;

/** A worker may take so many times as long as it ever did. */
const PATIENCE = 20;

/** How often in a row one shard's worker is replaced before the fit gives up. */
const MOST_REPLACEMENTS = 3;

/** Shards begin at multiples of this many blocks, which keeps the partial sums few. */
const SHARD_ALIGNMENT = 8;

/**
 * A data set over workers. Each keeps its shard of the blocks; parameters go out, partial sums come back. Sums are added in the
 * same tree over the blocks as in one thread, so the result has the same bits for any number of workers.
 *
 * The data are copied once: into shared memory where the engine allows it (not even that where they lie there already), else into
 * messages. A worker that dies, or stays silent, is replaced and its question asked again.
 */
export function workerSource(dataset: Dataset, options: WorkerSourceOptions): Source {
  const team = new WorkerTeam(dataset, options);
  const { summary, sample, condense } = memorySource(dataset) as Required<SynchronousSource>;
  return { summary, sample, condense, expect: (request) => team.expect(request), close: () => team.close() };
}

/** The workers of one data set, started at once. */
export class WorkerTeam {
  private readonly dataset: Dataset;
  private readonly shards: readonly ShardWorker[];
  private readonly structures = new WeakMap<LatentModel, { readonly structure: StructureJson; readonly structureId: number }>();
  private asked = 0;
  private closed = false;

  constructor(dataset: Dataset, { threads, startWorker, silence = SILENCE }: WorkerSourceOptions) {
    this.dataset = dataset;
    const shared = shareColumns(dataset);
    this.shards = cutShards(dataset, threads).map(
      (extent) => new ShardWorker(startWorker, () => shardMessage(dataset, extent, shared), silence),
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
    if (!wantsUncut(request, total)) return total;
    const uncut = await this.ask({ ...request, uncut: true });
    uncut.passes = 2;
    return uncut;
  }

  close(): void {
    this.closed = true;
    for (const shard of this.shards) shard.close();
  }

  private async ask(request: ExpectationRequest): Promise<Expectation> {
    if (this.closed) throw new EmkitError('INTERNAL', 'The workers were closed.');
    const { model } = request;
    const question = this.questionOf(request);
    const answers = await Promise.all(this.shards.map((shard) => shard.ask(question)));
    const sum = new PairwiseSum(model);
    const { length } = model.layout;
    for (const answer of answers) {
      if (answer.kind === 'error') throw asError(answer, this.dataset, request);
      answer.levels.forEach((level, index) => {
        sum.push(new Expectation(model.layout, answer.vectors.subarray(index * length, (index + 1) * length)), level);
      });
    }
    return sum.total();
  }

  private questionOf({ model, at, about, uncut = false }: ExpectationRequest): Question {
    let known = this.structures.get(model);
    if (known === undefined) {
      for (const family of new Set(model.families)) prepareKernels(family);
      this.asked += 1;
      known = { structure: structureJson(model), structureId: this.asked };
      this.structures.set(model, known);
    }
    return { ...known, at, ...(about !== at && { about }), uncut };
  }
}

type Question = Omit<ExpectMessage, 'kind' | 'id'>;

/** An error as it would have been in this thread: where rows were merged, only here is it known which of the caller's rows is meant. */
function asError(answer: Extract<WorkerAnswer, { kind: 'error' }>, dataset: Dataset, request: ExpectationRequest): EmkitError {
  if (answer.details.row !== undefined && dataset.blockRow !== undefined) {
    try {
      memorySource(dataset).expect(request);
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
  readonly firstUnit: number;
}

function cutShards(dataset: Dataset, threads: number): readonly Extent[] {
  const count = dataset.blocks.length;
  const extents: Extent[] = [];
  let firstBlock = 0;
  let firstRow = 0;
  let firstUnit = 0;
  for (let shard = 0; shard < threads && firstBlock < count; shard += 1) {
    const ideal = ((shard + 1) * count) / threads;
    const aligned =
      shard === threads - 1 ? count : Math.min(count, Math.max(firstBlock + 1, Math.round(ideal / SHARD_ALIGNMENT) * SHARD_ALIGNMENT));
    extents.push({ firstBlock, endBlock: aligned, firstRow, firstUnit });
    for (; firstBlock < aligned; firstBlock += 1) {
      const { size, units } = dataset.blocks[firstBlock]!;
      firstRow += size;
      firstUnit += units?.length ?? size;
    }
  }
  return extents;
}

function shardMessage(
  dataset: Dataset,
  { firstBlock, endBlock, firstRow, firstUnit }: Extent,
  shared: WholeColumns | undefined,
): { message: ShardMessage; transfer: readonly ArrayBuffer[] } {
  const blocks = dataset.blocks.slice(firstBlock, endBlock);
  const arrays = shared ?? gatherColumns(blocks, dataset.columnNames.length, (bytes) => new ArrayBuffer(bytes));
  const message: ShardMessage = {
    kind: 'shard',
    ...arrays,
    ...(blocks[0]!.units && { units: blocks.map(({ units }) => units!) }),
    ...(blocks.some(({ inexact }) => inexact !== undefined) && { inexact: blocks.map(({ inexact }) => inexact) }),
    offset: shared === undefined ? 0 : firstRow,
    firstUnit: shared === undefined ? 0 : firstUnit,
    blockSizes: blocks.map(({ size }) => size),
    firstBlock,
    firstRow,
  };
  const transfer =
    shared === undefined
      ? [...arrays.columns, arrays.weights, arrays.labels, arrays.allowed].flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []))
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
  private pending: { id: number; question: Question; resolve(answer: WorkerAnswer): void; reject(error: unknown): void } | undefined;
  private replacements = 0;
  private readonly silence: number;
  private longest = 0;
  private sentAt = 0;
  private alarm: unknown;

  constructor(startWorker: WorkerFactory, makeMessage: () => { message: ShardMessage; transfer: readonly ArrayBuffer[] }, silence: number) {
    this.startWorker = startWorker;
    this.makeMessage = makeMessage;
    this.silence = silence;
  }

  /** Starts the worker before it is asked. Where that fails, the first question tries again. */
  start(): void {
    try {
      this.port = this.open();
    } catch {
      this.readiness = 'failed';
    }
  }

  ask(question: Question): Promise<WorkerAnswer> {
    this.questions += 1;
    const id = this.questions;
    return new Promise((resolve, reject) => {
      this.pending = { id, question, resolve, reject };
      this.send();
    });
  }

  close(): void {
    const { port, pending } = this;
    timers.clearTimeout(this.alarm);
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
      const message: ExpectMessage = { kind: 'expect', id: pending.id, ...pending.question };
      this.port.postMessage(message, []);
      this.watch(this.port);
    } catch (error) {
      this.fail(error);
    }
  }

  private open(): WorkerPort {
    const port = this.startWorker();
    port.onMessage((data) => {
      // What is no message of ours is nobody's answer.
      if (this.port !== port || typeof data !== 'object' || data === null) return;
      const answer = data as WorkerAnswer | ReadyMessage;
      if (answer.kind === 'ready') {
        this.readiness = 'ready';
        return;
      }
      if (this.pending?.id !== answer.id) return;
      const { resolve } = this.pending;
      timers.clearTimeout(this.alarm);
      this.longest = Math.max(this.longest, performance.now() - this.sentAt);
      this.pending = undefined;
      this.replacements = 0;
      resolve(answer);
    });
    port.onFailure((reason) => this.lose(port, reason));
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

  /** A worker that stays silent for much longer than it ever took is taken for dead. */
  private watch(port: WorkerPort): void {
    timers.clearTimeout(this.alarm);
    this.sentAt = performance.now();
    const patience = Math.max(this.silence, PATIENCE * this.longest);
    this.alarm = timers.setTimeout(() => this.lose(port, `it did not answer for ${Math.round(patience / 1000)} seconds`), patience);
  }

  private lose(port: WorkerPort, reason: unknown): void {
    if (this.port !== port) return;
    this.port = undefined;
    this.readiness = 'failed';
    port.terminate();
    this.fail(reason);
  }

  /** Starts another worker and asks again; gives up when that does not help. */
  private fail(reason: unknown): void {
    timers.clearTimeout(this.alarm);
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

/** Every host has timers; core's types know no host. */
const timers = globalThis as unknown as {
  setTimeout(action: () => void, milliseconds: number): unknown;
  clearTimeout(alarm: unknown): void;
};

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
