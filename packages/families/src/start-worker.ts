import { openWorker, type WorkerPort } from '@emkit/core';

/**
 * Starts a worker that knows every family of this package: what lets a fit use several threads.
 *
 * Bundlers for browsers find the worker's script by the words below; where they do not, fits run in one thread.
 */
export function startFamiliesWorker(): WorkerPort {
  const script = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  return openWorker(new URL(script, import.meta.url), () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
}
