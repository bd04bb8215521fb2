import type { Block } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { FamilyDefinition } from '../family.ts';
import { adoptKernels } from '../kernels/kernels.ts';
import type { LatentModel } from '../model/latent-model.ts';
import { type LatentDefinition, readStructure, type StructureJson } from '../model/structure-json.ts';
import { createShardPass, type Shard, type ShardPass, sumShard } from './memory.ts';
import type { ExpectMessage, ReadyMessage, ShardMessage, WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

/** The messages' other end, inside a worker. */
export interface WorkerScope {
  onMessage(listener: (data: unknown) => void): void;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/**
 * Makes this worker serve expectations over the shard it is sent: the whole of a worker's script.
 *
 * @param definitions the families that models sent here may have
 * @param scope where messages come from; default: the worker this runs in
 * @param latents the latent structures that they may have besides `independent`
 * @example serveWorker(families)
 */
export function serveWorker(
  definitions: readonly FamilyDefinition[],
  scope: WorkerScope = ownScope(),
  latents: readonly LatentDefinition[] = [],
): void {
  let answer: ((message: ExpectMessage) => WorkerAnswer) | undefined;
  scope.onMessage((data) => {
    const message = data as WorkerRequest;
    if (message.kind === 'kernels') {
      adoptKernels(message.compiled);
      return;
    }
    if (message.kind === 'shard') {
      answer = answerOver({ ...message, blocks: cutBlocks(message) }, definitions, latents);
      const ready: ReadyMessage = { kind: 'ready' };
      scope.postMessage(ready, []);
      return;
    }
    const reply = answer?.(message) ?? failure(message.id, new EmkitError('INTERNAL', 'The worker was asked before it had data.'));
    scope.postMessage(reply, reply.kind === 'parts' ? [reply.vectors.buffer as ArrayBuffer] : []);
  });
}

/** How questions over a shard are answered. The model of the last question is kept: a fit asks about one and the same again and again. */
function answerOver(
  shard: Shard,
  definitions: readonly FamilyDefinition[],
  latents: readonly LatentDefinition[],
): (message: ExpectMessage) => WorkerAnswer {
  let known: { readonly id: number; readonly model: LatentModel; readonly pass: ShardPass } | undefined;
  const opened = (structure: StructureJson): { readonly model: LatentModel; readonly pass: ShardPass } => {
    try {
      const model = readStructure(structure, definitions, latents);
      return { model, pass: createShardPass(model, shard) };
    } catch (error) {
      // The model was made in another thread: what is wrong is this worker.
      throw new EmkitError('WORKER_FAILED', `The worker cannot make the model: ${(error as Error).message}`, {
        remedy: 'Serve the families and latent structures of the model, or use threads: 1.',
      });
    }
  };
  return ({ id, structure, structureId, at, about = at, uncut }) => {
    try {
      if (known?.id !== structureId) known = { id: structureId, ...opened(structure) };
      const { model, pass } = known;
      const parts = sumShard(pass, { model, at, about, uncut });
      const { length } = model.layout;
      const vectors = new Float64Array(length * parts.length);
      parts.forEach(({ expectation }, index) => {
        vectors.set(expectation.vector, index * length);
      });
      return { kind: 'parts', id, levels: parts.map(({ level }) => level), vectors };
    } catch (error) {
      return failure(id, error);
    }
  };
}

function cutBlocks({ columns, weights, labels, allowed, units, inexact, offset, firstUnit, blockSizes }: ShardMessage): readonly Block[] {
  let start = offset;
  let unit = firstUnit;
  return blockSizes.map((size, index) => {
    const end = start + size;
    const lastUnit = unit + (units === undefined ? size : units[index]!.length);
    const block: Block = {
      size,
      columns: columns.map((column) => column.subarray(start, end)),
      ...(weights && { weights: weights.subarray(unit, lastUnit) }),
      ...(labels && { labels: labels.subarray(start, end) }),
      ...(allowed && { allowed: allowed.subarray(start, end) }),
      ...(units && { units: units[index]! }),
      ...(inexact?.[index] && { inexact: inexact[index] }),
    };
    start = end;
    unit = lastUnit;
    return block;
  });
}

function failure(id: number, error: unknown): WorkerAnswer {
  const known = error instanceof EmkitError ? error : new EmkitError('INTERNAL', String(error));
  // The message already ends with the remedy, and making an error of it again would add it twice.
  const { remedy: _, ...details } = known.details;
  return { kind: 'error', id, code: known.code, message: known.message, details };
}

/** Node's parent port, or the global scope of a Web Worker. */
function ownScope(): WorkerScope {
  const port = nodeWorkerThreads()?.parentPort;
  if (port) {
    return {
      onMessage: (listener) => {
        port.on('message', listener);
      },
      postMessage: (message, transfer) => port.postMessage(message, transfer),
    };
  }
  const scope = globalThis as unknown as {
    addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
    postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  };
  return {
    onMessage: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
    postMessage: (message, transfer) => scope.postMessage(message, transfer),
  };
}

/** The part of `node:worker_threads` that is used. */
export interface NodeWorkerThreads {
  readonly parentPort: {
    on(event: 'message', listener: (data: unknown) => void): void;
    postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  } | null;
  readonly Worker: new (
    url: URL,
    options?: { execArgv?: readonly string[] },
  ) => {
    on(event: string, listener: (value: unknown) => void): void;
    postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
    terminate(): Promise<number>;
  };
}

/** `node:worker_threads`, asked for at run time so that no bundler for browsers sees an import; undefined elsewhere. */
export function nodeWorkerThreads(): NodeWorkerThreads | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
  return process?.getBuiltinModule?.('node:worker_threads') as NodeWorkerThreads | undefined;
}
