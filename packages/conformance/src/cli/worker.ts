import { parentPort, workerData } from 'node:worker_threads';
import { type LawResult, type Replay, type RunOptions, readExpectation } from '../run-law.ts';
import { UsageError } from './arguments.ts';
import { type Candidate, loadModule } from './load.ts';

/** What a thread is told to do with a module. */
export type Task = { readonly module: string } & (
  | { readonly kind: 'describe' }
  | {
      readonly kind: 'check';
      /** The candidate's place among what the module exports. */
      readonly index: number;
      readonly laws: readonly string[];
      readonly options: RunOptions;
      /** Where the thread says what it is at: the part of the law, and the case. */
      readonly at: Int32Array;
    }
  | {
      readonly kind: 'replay';
      readonly index: number;
      readonly law: string;
      readonly where: {
        readonly seed: number;
        readonly path: string;
        readonly part?: string;
        readonly runs: number;
        readonly judge: boolean;
      };
    }
);

/** A candidate as another thread may know it. */
export type Described = Omit<Candidate, 'check' | 'replay'>;

/** What a thread says. */
export type Message =
  | { readonly kind: 'described'; readonly candidates: readonly Described[]; readonly unchecked: readonly string[] }
  | { readonly kind: 'usage'; readonly message: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: LawResult }
  | { readonly kind: 'replayed'; readonly replays: readonly Replay[] };

const say = (message: Message): void => parentPort!.postMessage(message);

/** Loads a module and does what the task says, telling of each step. */
export async function work(): Promise<void> {
  const task = workerData as Task;
  try {
    const { candidates, unchecked } = await loadModule(task.module);
    if (task.kind === 'describe') say({ kind: 'described', candidates: candidates.map(described), unchecked });
    else if (task.kind === 'replay') say({ kind: 'replayed', replays: candidates[task.index]!.replay(task.law, task.where) });
    else check(task, candidates[task.index]!);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say({ kind: 'usage', message: error.message });
  }
}

function check({ laws, options, at }: Extract<Task, { kind: 'check' }>, candidate: Candidate): void {
  say({ kind: 'ready' });
  for (const law of laws) {
    const parts = candidate.laws.find(({ name }) => name === law)!.parts;
    at.fill(-1);
    const onCase = (part: string, index: number): void => {
      at[0] = parts.indexOf(part);
      at[1] = index;
    };
    const expectFailures = Object.fromEntries(
      Object.entries(options.expectFailures ?? {}).filter(([key]) => readExpectation(key).law === law),
    );
    say({ kind: 'result', result: candidate.check(law, { ...options, expectFailures, onCase }) });
  }
}

/** Options that cannot be sent to another thread (a function among them) are sent as the JSON they should have been. */
function described({ check: _check, replay: _replay, options, ...rest }: Candidate): Described {
  try {
    return { ...rest, options: structuredClone(options) };
  } catch {
    return { ...rest, options: JSON.parse(JSON.stringify(options)) };
  }
}
