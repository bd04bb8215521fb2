import type { Block } from '../data/block.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import type { CompiledKernels } from '../kernels/kernels.ts';
import type { ModelParameters } from '../model/latent-model.ts';
import type { StructureJson } from '../model/structure-json.ts';

/**
 * A worker as the source sees it, whether a Web Worker or one of Node's: made by a `WorkerFactory`, which hides the difference.
 */
export interface WorkerPort {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Called with each message's data. */
  onMessage(listener: (data: unknown) => void): void;
  /** Called once if the worker fails to start or dies. */
  onFailure(listener: (reason: unknown) => void): void;
  terminate(): void;
}

/** Starts a worker whose script calls `serveWorker` with the families it knows. */
export type WorkerFactory = () => WorkerPort;

/** One block's extent within the columns that were sent. */
export interface ShardMessage {
  readonly kind: 'shard';
  /** The whole columns where memory is shared, else those of the shard alone. */
  readonly columns: readonly Float64Array[];
  readonly weights?: Float64Array;
  readonly labels?: Int32Array;
  readonly allowed?: Int32Array;
  /** Where each block's units begin; absent where rows are units. */
  readonly units?: readonly Int32Array[];
  /** Each block's cells that are not exact; absent where all are. */
  readonly inexact?: readonly Block['inexact'][];
  /** Where the shard begins within these arrays, and its weights within theirs. */
  readonly offset: number;
  readonly firstUnit: number;
  readonly blockSizes: readonly number[];
  readonly firstBlock: number;
  readonly firstRow: number;
}

/** A question, numbered so that an answer that comes too late is known for what it is. */
export interface ExpectMessage {
  readonly kind: 'expect';
  readonly id: number;
  /** The model, and a number by which the worker knows it again. */
  readonly structure: StructureJson;
  readonly structureId: number;
  readonly at: ModelParameters;
  /** Absent where it is `at`. */
  readonly about?: ModelParameters;
  readonly uncut: boolean;
}

/** This thread's compiled kernels. A message of its own, so that where it cannot be sent or read only it is lost. */
export interface KernelsMessage {
  readonly kind: 'kernels';
  readonly compiled: readonly CompiledKernels[];
}

export type WorkerRequest = KernelsMessage | ShardMessage | ExpectMessage;

/** Says once, unasked, that the shard that was sent is open: questions will be answered. */
export interface ReadyMessage {
  readonly kind: 'ready';
}

/** Partial sums end to end in one array, or an error. */
export type WorkerAnswer =
  | { readonly kind: 'parts'; readonly id: number; readonly levels: readonly number[]; readonly vectors: Float64Array }
  | { readonly kind: 'error'; readonly id: number; readonly code: ErrorCode; readonly message: string; readonly details: ErrorDetails };
