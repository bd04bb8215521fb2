import type { Block } from '../data/block.ts';
import { EmkitError } from '../errors.ts';
import type { FamilyDefinition } from '../family.ts';
import { adoptKernels } from '../kernels/kernels.ts';
import { createMixture } from '../mixture.ts';
import { readFamilies } from '../model.ts';
import { createShardPass, sumShard } from './memory.ts';
import type { ExpectMessage, ReadyMessage, ShardMessage, WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

/** The messages' other end, inside a worker. */
export interface WorkerScope {
  onMessage(listener: (data: unknown) => void): void;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/**
 * Makes this worker serve expectations over the shard it is sent: the whole of a worker's script.
 *
 * @param definitions the families that mixtures sent here may have
 * @param scope where messages come from; default: the worker this runs in
 * @example serveWorker(families)
 */
export function serveWorker(definitions: readonly FamilyDefinition[], scope: WorkerScope = ownScope()): void {
  let answer: OpenShard['answer'] | undefined;
  scope.onMessage((data) => {
    const message = data as WorkerRequest;
    if (message.kind === 'kernels') {
      adoptKernels(message.compiled);
      return;
    }
    if (message.kind === 'shard') {
      const shard = openShard(message, definitions);
      answer = shard.answer;
      const ready: ReadyMessage = { kind: 'ready', open: shard.open };
      scope.postMessage(ready, []);
      return;
    }
    const reply = answer?.(message) ?? failure(message.id, new EmkitError('INTERNAL', 'The worker was asked before it had data.'));
    scope.postMessage(reply, reply.kind === 'parts' ? [reply.vectors.buffer as ArrayBuffer] : []);
  });
}

/** How questions over a shard are answered; where it cannot be opened, by the reason. */
interface OpenShard {
  readonly open: boolean;
  readonly answer: (request: ExpectMessage) => WorkerAnswer;
}

function openShard(message: ShardMessage, definitions: readonly FamilyDefinition[]): OpenShard {
  let pass: ReturnType<typeof createShardPass>;
  try {
    pass = createShardPass(createMixture({ families: readFamilies(message.families, definitions) }), {
      ...message,
      blocks: cutBlocks(message),
    });
  } catch (error) {
    return { open: false, answer: ({ id }) => failure(id, error) };
  }
  const answer = ({ id, request }: ExpectMessage): WorkerAnswer => {
    try {
      const parts = sumShard(pass, request);
      const length = parts[0]?.expectation.vector.length ?? 0;
      const vectors = new Float64Array(length * parts.length);
      parts.forEach(({ expectation }, index) => {
        vectors.set(expectation.vector, index * length);
      });
      return { kind: 'parts', id, levels: parts.map(({ level }) => level), vectors };
    } catch (error) {
      return failure(id, error);
    }
  };
  return { open: true, answer };
}

function cutBlocks({ columns, weights, labels, offset, blockSizes }: ShardMessage): readonly Block[] {
  let start = offset;
  return blockSizes.map((size) => {
    const end = start + size;
    const block: Block = {
      size,
      columns: columns.map((column) => column.subarray(start, end)),
      ...(weights && { weights: weights.subarray(start, end) }),
      ...(labels && { labels: labels.subarray(start, end) }),
    };
    start = end;
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
