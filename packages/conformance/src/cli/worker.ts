import { parentPort, workerData } from 'node:worker_threads';
import type { LawResult, Regression } from '../run-law.ts';
import { loadCandidates } from './load.ts';

/** What a thread is told to check. */
export interface Task {
  readonly module: string;
  /** Its place among what the module exports. */
  readonly index: number;
  readonly laws: readonly string[];
  readonly seed: number;
  readonly runs: number;
  readonly expectFailures: Readonly<Record<string, string>>;
  readonly regressions: readonly Regression[];
}

/** What a thread says: that it is ready, or the result of a law. */
export type Message = { readonly kind: 'ready' } | { readonly kind: 'result'; readonly result: LawResult };

/** Checks the laws of a task one after the other, and tells of each. */
export async function work(): Promise<void> {
  const { module, index, laws, seed, runs, expectFailures, regressions } = workerData as Task;
  const candidate = (await loadCandidates(module))[index]!;
  const say = (message: Message): void => parentPort!.postMessage(message);
  say({ kind: 'ready' });
  for (const law of laws) {
    const reason = expectFailures[law];
    say({
      kind: 'result',
      result: candidate.check(law, { seed, runs, regressions, expectFailures: reason === undefined ? {} : { [law]: reason } }),
    });
  }
}
