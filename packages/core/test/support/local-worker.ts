import { type FamilyDefinition, serveWorker, type WorkerFactory, type WorkerPort } from '@emkit/core';
import type { WorkerRequest } from '../../src/source/worker-protocol.ts';

/** A worker in this thread: it does what real ones do, but when the test says so. */
export interface LocalWorker {
  readonly port: WorkerPort;
  /** What it was sent. */
  readonly received: WorkerRequest[];
  terminated: boolean;
  /** Delivers what it has answered so far, and from now on at once. */
  release(): void;
  /** As if it had died. */
  die(reason: string): void;
}

/** Makes workers that know some families; `held` ones keep their answers until they are released. */
export function localWorkers(definitions: readonly FamilyDefinition[], { held }: { readonly held: boolean }) {
  const workers: LocalWorker[] = [];
  const startWorker: WorkerFactory = () => {
    const worker = localWorker(definitions, held);
    workers.push(worker);
    return worker.port;
  };
  return { workers, startWorker };
}

function localWorker(definitions: readonly FamilyDefinition[], held: boolean): LocalWorker {
  let hear: (data: unknown) => void = () => undefined;
  let tell: (data: unknown) => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;
  let outbox: unknown[] | undefined = held ? [] : undefined;
  const deliver = (message: unknown): void => {
    queueMicrotask(() => {
      if (!worker.terminated) tell(message);
    });
  };
  serveWorker(definitions, {
    onMessage: (listener) => {
      hear = listener;
    },
    postMessage: (message) => {
      if (outbox === undefined) deliver(message);
      else outbox.push(message);
    },
  });
  const worker: LocalWorker = {
    received: [],
    terminated: false,
    port: {
      postMessage: (message) => {
        worker.received.push(message as WorkerRequest);
        hear(message);
      },
      onMessage: (listener) => {
        tell = listener;
      },
      onFailure: (listener) => {
        fail = listener;
      },
      terminate: () => {
        worker.terminated = true;
      },
    },
    release: () => {
      for (const message of outbox ?? []) deliver(message);
      outbox = undefined;
    },
    die: (reason) => fail(reason),
  };
  return worker;
}
