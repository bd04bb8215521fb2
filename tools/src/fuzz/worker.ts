// A thread of the fuzzer: draws and judges the cases it is given, and shows by a shared number that it is alive.
import { parentPort, workerData } from 'node:worker_threads';
import { type Engine, workspace } from './case.ts';
import type { RunOptions } from './tally.ts';
import { emptyTally, runCases } from './tally.ts';

/** What a thread is started with. */
export interface WorkerTask extends Omit<RunOptions, 'beat'> {
  /** The index of the case it works on, and a count that grows. */
  readonly life: SharedArrayBuffer;
  /** A module that exports another engine than the workspace's. */
  readonly engine?: string;
}

/** Consecutive cases. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const task = workerData as WorkerTask;
const engine: Engine = task.engine === undefined ? workspace : ((await import(task.engine)) as { engine: Engine }).engine;
const life = new Int32Array(task.life);
const beat = (index: number): void => {
  Atomics.store(life, 0, index);
  Atomics.add(life, 1, 1);
};

parentPort!.on('message', async ({ from, to }: Stretch) => {
  const tally = emptyTally();
  await runCases(
    engine,
    Array.from({ length: to - from }, (_, index) => from + index),
    tally,
    { ...task, beat },
  );
  parentPort!.postMessage(tally);
});
