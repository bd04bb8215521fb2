import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { formatJson, formatJunit, formatTable, regressionsOf } from '../report.ts';
import type { ConformanceReport, LawResult, Regression } from '../run-law.ts';
import { HELP, readArguments, type Settings, UsageError } from './arguments.ts';
import { type Candidate, loadCandidates } from './load.ts';
import type { Message, Task } from './worker.ts';

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

async function checkAll(settings: Settings): Promise<number> {
  const kept = readRegressions(settings.regressions);
  const candidates: { candidate: Candidate; index: number; laws: readonly string[] }[] = [];
  for (const module of settings.modules) {
    for (const [index, candidate] of (await loadCandidates(module)).entries()) {
      const laws = candidate.laws.filter((name) => settings.laws?.includes(name) ?? true);
      if (laws.length > 0) candidates.push({ candidate, index, laws });
    }
  }
  if (candidates.length === 0) throw new UsageError(`the modules export nothing that the law ${settings.laws!.join(', ')} is for`);
  const reports: ConformanceReport[] = [];
  for (const { candidate, index, laws } of candidates) {
    const report = await checkOne(candidate, index, laws, settings, kept);
    reports.push(report);
    if (!settings.quiet || !report.passed) process.stdout.write(`${formatTable(report)}\n\n`);
  }
  if (settings.report !== undefined) writeWhole(settings.report, formatJson(reports));
  if (settings.junit !== undefined) writeWhole(settings.junit, formatJunit(reports));
  if (settings.regressions !== undefined) keepRegressions(settings.regressions, kept, regressionsOf(reports));
  process.stdout.write(tally(reports));
  return reports.every(({ passed }) => passed) ? 0 : 1;
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
  { module, kind, id, options }: Candidate,
  index: number,
  wanted: readonly string[],
  settings: Settings,
  regressions: readonly Regression[],
): Promise<ConformanceReport> {
  const { seed, runs, expectFailures } = settings;
  let laws = wanted;
  const results: LawResult[] = [];
  while (laws.length > 0) {
    const done = await runThread({ module, index, laws, seed, runs, expectFailures, regressions }, settings.timeout);
    results.push(...done);
    laws = laws.slice(done.length);
  }
  return { kind, family: id, options, seed, runs, passed: results.every(({ status }) => status !== 'failed'), results };
}

/** Runs laws in a thread until all are done or one takes too long or ends the thread: that one is then a failure. */
function runThread(task: Task, timeout: number): Promise<readonly LawResult[]> {
  return new Promise((resolve) => {
    // The thread runs the same file as the command.
    const worker = new Worker(new URL(import.meta.url.replace(/cli\/main\.(ts|js)$/, 'cli.$1')), { workerData: task });
    const results: LawResult[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const begin = performance.now();
    const end = (why?: string): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if (why !== undefined && results.length < task.laws.length)
        results.push(broken(task, task.laws[results.length]!, why, performance.now() - begin));
      void worker.terminate().then(() => resolve(results));
    };
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(
        () => end(`it did not end within ${timeout} seconds: it hangs, or --timeout is too short for --runs ${task.runs}`),
        timeout * 1000,
      );
    };
    worker.on('message', (message: Message) => {
      if (message.kind === 'result') results.push(message.result);
      if (results.length === task.laws.length) end();
      else watch();
    });
    worker.on('error', (error) => end(`the thread that checked it failed: ${error instanceof Error ? error.message : String(error)}`));
    worker.on('exit', (code) => end(`the thread that checked it ended with code ${code}`));
    watch();
  });
}

function broken({ seed, expectFailures }: Task, law: string, why: string, durationMs: number): LawResult {
  const common = { law, seed, cases: 0, vacuous: 0, durationMs, skippedParts: [] };
  const { [law]: reason } = expectFailures;
  if (reason !== undefined)
    return { ...common, status: 'passed', message: `fails as expected (${reason}): ${why}`, expectedFailure: reason };
  return { ...common, status: 'failed', message: `${why}\nseed: ${seed}` };
}

function readRegressions(file: string | undefined): readonly Regression[] {
  if (file === undefined || !existsSync(file)) return [];
  try {
    const { regressions } = JSON.parse(readFileSync(file, 'utf8')) as { regressions: readonly Regression[] };
    const valid = regressions.every(
      (each) => [each.family, each.law, each.part, each.path].every((text) => typeof text === 'string') && Number.isSafeInteger(each.seed),
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
  writeWhole(file, `${JSON.stringify({ version: 1, regressions: [...all.values()] }, null, 2)}\n`);
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
