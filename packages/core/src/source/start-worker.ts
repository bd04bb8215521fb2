import { nodeWorkerThreads } from './serve-worker.ts';
import type { WorkerPort } from './worker-protocol.ts';

/** The part of the Web Worker interface that is used. */
export interface WebWorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(
    type: 'message' | 'error' | 'messageerror',
    listener: (event: { readonly data?: unknown; readonly message?: string }) => void,
  ): void;
  terminate(): void;
}

/**
 * A port to a worker, in Node or in a browser.
 *
 * @param forNode the script's URL for Node's worker threads
 * @param forWeb makes a Web Worker; written out where it is used, because bundlers look for the very words
 * `new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`
 * @param execArgv Node's command-line options for the worker; default: this process's
 */
export function openWorker(forNode: URL, forWeb: () => WebWorkerLike, execArgv?: readonly string[]): WorkerPort {
  const threads = nodeWorkerThreads();
  if (threads === undefined) return webPort(forWeb());
  const worker = new threads.Worker(forNode, execArgv && { execArgv });
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => worker.on('message', listener),
    onFailure: (listener) => {
      worker.on('error', listener);
      worker.on('messageerror', listener);
      worker.on('exit', (code) => listener(`it exited with code ${String(code)}`));
    },
    terminate: () => {
      void worker.terminate();
    },
  };
}

function webPort(worker: WebWorkerLike): WorkerPort {
  return {
    postMessage: (message, transfer) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onFailure: (listener) => {
      worker.addEventListener('error', ({ message }) => listener(message ?? 'it could not be started'));
      worker.addEventListener('messageerror', () => listener('a message could not be read'));
    },
    terminate: () => worker.terminate(),
  };
}
