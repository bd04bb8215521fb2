import { accessSync, constants, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { Worker } from 'node:worker_threads';
import { formatJson, formatJunit, formatTable, regressionsOf } from '../report.ts';
import { type ConformanceReport, type LawResult, type Regression, type Replay, readExpectation } from '../run-law.ts';
import { HELP, readArguments, type Settings, UsageError } from './arguments.ts';
import type { Described, Message, Task } from './worker.ts';

/** Runs the command and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const settings = readArguments(argv);
    if (settings === undefined) {
      process.stdout.write(HELP);
      return 0;
    }
    return await checkAll(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`emkit-conformance: ${error.message}\n(emkit-conformance --help shows what it takes)\n`);
    return 2;
  }
}

/** A candidate with the laws that are asked of it. */
interface Asked {
  readonly candidate: Described;
  readonly index: number;
  readonly laws: readonly string[];
}

async function checkAll(settings: Settings): Promise<number> {
  for (const file of [settings.report, settings.junit, settings.regressions]) if (file !== undefined) requireWritable(file);
  const kept = readRegressions(settings.regressions);
  const asked: Asked[] = [];
  const unchecked: string[] = [];
  for (const module of settings.modules) {
    const described = await describe(module, settings.timeout);
    unchecked.push(...described.unchecked);
    for (const [index, candidate] of described.candidates.entries()) {
      const laws = candidate.laws.map(({ name }) => name).filter((name) => settings.laws?.includes(name) ?? true);
      if (laws.length > 0) asked.push({ candidate, index, laws });
    }
  }
  if (asked.length === 0) throw new UsageError(`the modules export nothing that the law ${settings.laws!.join(', ')} is for`);
  if (settings.replay !== undefined) return replayAll(asked, settings.replay, settings);
  const reports = await inOrder(
    asked,
    settings.threads,
    (each, turn) => checkOne(each, settings, kept, `${turn} of ${asked.length}`),
    (report) => {
      if (!settings.quiet || !report.passed) process.stdout.write(`${formatTable(report)}\n\n`);
    },
  );
  if (settings.report !== undefined) writeWhole(settings.report, formatJson(reports));
  if (settings.junit !== undefined) writeWhole(settings.junit, formatJunit(reports));
  if (settings.regressions !== undefined) keepRegressions(settings.regressions, kept, regressionsOf(reports));
  for (const each of unchecked) process.stdout.write(`NOT CHECKED: the export ${each}\n`);
  process.stdout.write(tally(reports));
  return reports.every(({ passed }) => passed) && !(settings.strict && unchecked.length > 0) ? 0 : 1;
}

/** Works through a list with so many at a time, and hands the results on in the order of the list. */
async function inOrder<T, R>(
  list: readonly T[],
  threads: number,
  act: (each: T, turn: number) => Promise<R>,
  tell: (result: R) => void,
): Promise<readonly R[]> {
  const results: R[] = [];
  const done = new Map<number, R>();
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < list.length) {
      const index = next;
      next += 1;
      done.set(index, await act(list[index]!, index + 1));
      while (done.has(results.length)) {
        const result = done.get(results.length)!;
        results.push(result);
        tell(result);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, list.length) }, one));
  return results;
}

/** What a module exports, from a thread of its own: loading may hang as laws may. */
async function describe(
  module: string,
  timeout: number,
): Promise<{ readonly candidates: readonly Described[]; readonly unchecked: readonly string[] }> {
  const { messages, why } = await inThread({ kind: 'describe', module }, timeout, ({ kind }) => kind === 'described');
  const [found] = messages;
  if (found?.kind === 'usage') throw new UsageError(found.message);
  if (found?.kind === 'described') return found;
  throw new UsageError(`${module} could not be loaded: ${why ?? 'the thread that loaded it ended'}`);
}

async function replayAll(
  asked: readonly Asked[],
  { seed, path, part }: NonNullable<Settings['replay']>,
  { runs, timeout }: Settings,
): Promise<number> {
  let broken = false;
  for (const { candidate, index, laws } of asked) {
    const where = { seed, path, runs, judge: true, ...(part !== undefined && { part }) };
    const { messages, why } = await inThread(
      { kind: 'replay', module: candidate.module, index, law: laws[0]!, where },
      timeout,
      ({ kind }) => kind === 'replayed',
    );
    const [found] = messages;
    if (found?.kind !== 'replayed') throw new UsageError(`the case could not be judged: ${why}`);
    for (const replay of found.replays) {
      if (!['it holds', 'it says nothing'].includes(replay.outcome)) broken = true;
      process.stdout.write(
        `${candidate.id} ${JSON.stringify(candidate.options)}, ${laws[0]}, ${replay.part}:\n  case: ${replay.text}\n  ${replay.outcome}\n`,
      );
    }
    if (found.replays.length === 0) process.stdout.write(`${candidate.id}: no part has a case of this seed and path\n`);
  }
  return broken ? 1 : 0;
}

function tally(reports: readonly ConformanceReport[]): string {
  const lines = [
    ['family', 'families'],
    ['latent structure', 'latent structures'],
  ].flatMap(([kind, kinds]) => {
    const checked = reports.filter((report) => report.kind === kind);
    const failed = checked.filter(({ passed }) => !passed).length;
    if (checked.length === 0) return [];
    return [
      failed === 0
        ? `${checked.length} of ${checked.length} ${kinds} conform\n`
        : `${failed} of ${checked.length} ${kinds} do not conform\n`,
    ];
  });
  return lines.join('');
}

async function checkOne(
  { candidate, index, laws: wanted }: Asked,
  settings: Settings,
  regressions: readonly Regression[],
  turn: string,
): Promise<ConformanceReport> {
  const { module, kind, id, options } = candidate;
  const { seed, runs, expectFailures, strict, budget } = settings;
  const results: LawResult[] = [];
  while (results.length < wanted.length) {
    const laws = wanted.slice(results.length);
    const at = new Int32Array(new SharedArrayBuffer(8)).fill(-1);
    const asked = { seed, runs, expectFailures, regressions, strict, ...(budget !== undefined && { budget: 1000 * budget }) };
    const begin = performance.now();
    let found = 0;
    const tell = (): void => {
      if (settings.progress) process.stderr.write(`${id} (${turn}): ${laws[found] ?? 'done'}\n`);
    };
    tell();
    const { messages, why } = await inThread({ kind: 'check', module, index, laws, options: asked, at }, settings.timeout, (message) => {
      if (message.kind !== 'result') return false;
      found += 1;
      tell();
      return found === laws.length;
    });
    for (const message of messages) if (message.kind === 'result') results.push(message.result);
    if (found < laws.length)
      results.push(
        await broken(candidate, index, laws[found]!, settings, at, why ?? 'the thread that checked it ended', performance.now() - begin),
      );
  }
  return { kind, family: id, options, seed, runs, passed: results.every(({ status }) => status !== 'failed'), results };
}

/**
 * Runs a task in a thread until it is done, or until it is silent for too long, or ends: then it says why.
 *
 * @param isDone told each message; true for the last one
 */
function inThread(
  task: Task,
  timeout: number,
  isDone: (message: Message) => boolean,
): Promise<{ readonly messages: readonly Message[]; readonly why?: string }> {
  return new Promise((resolve) => {
    // The thread runs the same file as the command.
    const worker = new Worker(new URL(import.meta.url.replace(/cli\/main\.(ts|js)$/, 'cli.$1')), { workerData: task });
    const messages: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const end = (why?: string): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      void worker.terminate().then(() => resolve({ messages, ...(why !== undefined && { why }) }));
    };
    const watch = (): void => {
      clearTimeout(timer);
      const waiting = task.kind === 'describe' ? 'it did not load' : 'it did not end';
      timer = setTimeout(() => end(`${waiting} within ${timeout} seconds: it hangs, or --timeout is too short`), timeout * 1000);
    };
    worker.on('message', (message: Message) => {
      messages.push(message);
      if (isDone(message) || message.kind === 'usage') end();
      else watch();
    });
    worker.on('error', (error) => end(`the thread failed: ${error instanceof Error ? error.message : String(error)}`));
    worker.on('exit', (code) =>
      end(code === UNSETTLED ? 'a promise that it awaits at its top level never settles' : `the thread ended with code ${code}`),
    );
    watch();
  });
}

/** The exit code of a Node whose module still waits when there is nothing left that could happen. */
const UNSETTLED = 13;

/** The result of a law that did not come to its end, with the part and the case that it was at. */
async function broken(
  { id, module, laws }: Described,
  index: number,
  law: string,
  { seed, runs, expectFailures, timeout }: Settings,
  at: Int32Array,
  why: string,
  durationMs: number,
): Promise<LawResult> {
  const part = laws.find(({ name }) => name === law)!.parts[at[0]!];
  const number = at[1]!;
  const path = String(number);
  let message = why;
  let replay: Replay | undefined;
  if (part !== undefined && number >= 0) {
    const { messages } = await inThread(
      { kind: 'replay', module, index, law, where: { seed, path, part, runs, judge: false } },
      timeout,
      ({ kind }) => kind === 'replayed',
    );
    const [found] = messages;
    if (found?.kind === 'replayed') [replay] = found.replays;
    message = `${part}: ${why}, at case ${number + 1} or while it was made smaller${replay === undefined ? '' : `\ncase: ${replay.text}`}\nseed: ${seed}, path: ${path}`;
  } else if (part !== undefined) message = `${part}: ${why}, at a case that was kept`;
  const common = { law, seed, cases: 0, vacuous: 0, durationMs, skippedParts: [], notProved: [], cutShort: [] };
  const failures =
    part === undefined
      ? []
      : [{ part, message, seed, ...(number >= 0 && { path }), ...(replay !== undefined && { counterexample: replay.value }) }];
  const expected = Object.entries(expectFailures).find(([key]) => {
    const expectation = readExpectation(key);
    return (expectation.family ?? id) === id && expectation.law === law && (expectation.part ?? part) === part;
  });
  if (expected !== undefined)
    return {
      ...common,
      failures,
      status: 'passed',
      message: `fails as expected (${expected[1]}): ${message}`,
      expectedFailure: expected[1],
    };
  return {
    ...common,
    failures,
    status: 'failed',
    message: part === undefined ? `${message}\nseed: ${seed}` : message,
    ...(part !== undefined && { part }),
    ...(number >= 0 && { path }),
  };
}

/** Refuses a file that cannot be written before anything is checked: hours of work must not end there. */
function requireWritable(file: string): void {
  const refuse = (why: string): never => {
    throw new UsageError(`${file} cannot be written: ${why}`);
  };
  if (existsSync(file) && !statSync(file).isFile()) refuse('it is no file');
  const folder = dirname(resolvePath(file));
  if (!existsSync(folder)) refuse(`there is no folder ${folder}`);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    refuse(`nothing may be written to ${folder}`);
  }
}

function readRegressions(file: string | undefined): readonly Regression[] {
  if (file === undefined || !existsSync(file)) return [];
  try {
    const { regressions } = JSON.parse(readFileSync(file, 'utf8')) as { regressions: readonly Regression[] };
    const valid = regressions.every(
      (each) => [each.family, each.law, each.part].every((text) => typeof text === 'string') && 'value' in each,
    );
    if (valid) return regressions;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file} does not hold regressions: give a file that --regressions wrote, or one that does not exist yet`);
}

function keepRegressions(file: string, kept: readonly Regression[], found: readonly Regression[]): void {
  const all = new Map([...kept, ...found].map((regression) => [JSON.stringify(regression), regression]));
  if (all.size === kept.length && existsSync(file)) return;
  writeWhole(file, `${JSON.stringify({ version: 2, regressions: [...all.values()] }, null, 2)}\n`);
}

/** Writes a file whole or not at all. */
function writeWhole(file: string, text: string): void {
  try {
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
  } catch (error) {
    throw new UsageError(`${file} could not be written: ${(error as Error).message}`);
  }
}
