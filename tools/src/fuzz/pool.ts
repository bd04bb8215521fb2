import { Worker } from 'node:worker_threads';
import { addTally, emptyTally, type RunOptions, type Tally } from './tally.ts';
import type { Stretch, WorkerTask } from './worker.ts';

export interface PoolOptions extends Omit<RunOptions, 'beat'> {
  readonly cases: number;
  readonly first?: number;
  readonly workers: number;
  /** Stops handing out cases after this. */
  readonly minutes?: number;
  /** Without a sign of life for so long a thread is ended, and the case it worked on is a finding. */
  readonly seconds?: number;
  readonly engine?: string;
  readonly onProgress?: (tally: Tally) => void;
}

/** Cases handed to a thread at once: some seconds of work, so that little is done twice where one has to be ended. */
const STRETCH = 50;

/** How often the signs of life are looked at, in milliseconds. */
const WATCH = 250;

/** Runs cases in threads. A thread that hangs or dies costs the case it worked on, and is replaced. */
export async function runPool(options: PoolOptions): Promise<Tally> {
  const { first = 0, cases, workers, minutes = Infinity } = options;
  const total = emptyTally();
  const until = performance.now() + minutes * 60_000;
  const waiting: Stretch[] = [];
  let next = first;
  const take = (): Stretch | undefined => {
    const left = waiting.pop();
    if (left !== undefined || next >= first + cases || performance.now() > until) return left;
    const from = next;
    next = Math.min(first + cases, from + STRETCH);
    return { from, to: next };
  };
  const add = (tally: Tally): void => {
    addTally(total, tally);
    options.onProgress?.(total);
  };
  await Promise.all(Array.from({ length: workers }, () => keepThread(options, take, waiting, add)));
  return total;
}

/** One thread after another until nothing is left to do. */
async function keepThread(
  options: PoolOptions,
  take: () => Stretch | undefined,
  waiting: Stretch[],
  add: (tally: Tally) => void,
): Promise<void> {
  for (let stretch = take(); stretch !== undefined; stretch = take()) {
    const lost = await runThread(options, stretch, take, add);
    if (lost === undefined) return;
    add(lost.tally);
    // Those before the case have to be judged again, for their tally died with the thread.
    if (lost.index > lost.stretch.from) waiting.push({ from: lost.stretch.from, to: lost.index });
    if (lost.index + 1 < lost.stretch.to) waiting.push({ from: lost.index + 1, to: lost.stretch.to });
  }
}

interface Lost {
  readonly stretch: Stretch;
  readonly index: number;
  readonly tally: Tally;
}

function runThread(
  options: PoolOptions,
  begin: Stretch,
  take: () => Stretch | undefined,
  add: (tally: Tally) => void,
): Promise<Lost | undefined> {
  const { seed, reach, shrinking, engine, seconds = 120 } = options;
  const life = new Int32Array(new SharedArrayBuffer(8));
  const workerData: WorkerTask = {
    seed,
    shrinking,
    ...(reach && { reach }),
    ...(engine && { engine }),
    life: life.buffer as SharedArrayBuffer,
  };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    execArgv: ['--conditions=emkit-source'],
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  let stretch = begin;
  return new Promise((resolve) => {
    let beats = -1;
    let since = performance.now();
    const end = (lost?: Lost): void => {
      clearInterval(watch);
      void worker.terminate().then(() => resolve(lost));
    };
    const lose = (what: string): void => {
      const index = Math.max(Atomics.load(life, 0), stretch.from);
      const kind = `ends: ${what}`;
      const finding = { kind, count: 1, index, message: kind, code: `case ${index} of seed ${seed}` };
      end({ stretch, index, tally: { ...emptyTally(), cases: 1, findings: { [kind]: finding } } });
    };
    const watch = setInterval(() => {
      const now = Atomics.load(life, 1);
      if (now !== beats) since = performance.now();
      else if (performance.now() - since > seconds * 1000) lose(`no answer for ${seconds} s`);
      beats = now;
    }, WATCH);
    worker.on('error', (error) => lose(`the thread died: ${String(error)}`));
    worker.on('message', (tally: Tally) => {
      add(tally);
      const following = take();
      if (following === undefined) return end();
      stretch = following;
      since = performance.now();
      worker.postMessage(stretch);
    });
    worker.postMessage(stretch);
  });
}
