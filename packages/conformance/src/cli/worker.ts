import { parentPort, workerData } from 'node:worker_threads';
import type { Regression } from '../check-family.ts';
import { checkLaw, type LawResult } from '../check-family.ts';
import { loadFamilies } from './load.ts';

/** What a thread is told to check. */
export interface Task {
  readonly module: string;
  /** The place of the family among those of the module. */
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
  const { family, reference } = (await loadFamilies(module))[index]!;
  const say = (message: Message): void => parentPort!.postMessage(message);
  say({ kind: 'ready' });
  for (const law of laws) {
    const reason = expectFailures[law];
    say({
      kind: 'result',
      result: checkLaw(family, law, { reference, seed, runs, regressions, expectFailures: reason === undefined ? {} : { [law]: reason } }),
    });
  }
}
