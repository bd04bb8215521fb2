import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { root } from '../run.ts';
import { describeForPeers, type Kind, makeProblem, type Recipe } from './problems.ts';

const here: string = dirname(fileURLToPath(import.meta.url));

/** A program that can be timed. */
export interface Participant {
  readonly name: string;
  readonly version: string;
  readonly kinds: readonly Kind[];
  /** Fits on several columns; by default yes. */
  readonly univariateOnly?: boolean;
  /** Largest number of numbers in the data it is given, where it would take for ever otherwise. */
  readonly largest?: number;
  /** It has no way to be given a number of iterations: only whole fits are timed. */
  readonly wholeFitsOnly?: boolean;
  /** It has no use for a second thread, and is timed with one only. */
  readonly oneThreadOnly?: boolean;
  command(folder: string, threads: number): readonly string[];
}

/** A run of a participant on one problem. */
export interface Answer {
  readonly milliseconds: number;
  readonly logLikelihood: number;
  readonly evaluations?: number;
}

/** The programs of this machine; those that are not installed are left out. */
export function findParticipants(scratch: string): readonly Participant[] {
  const participants: Participant[] = [
    {
      name: 'emkit',
      version: (JSON.parse(readFileSync(join(root, 'packages/core/package.json'), 'utf8')) as { version: string }).version,
      kinds: ['gaussian', 'full', 'diagonal', 'exponential', 'binomial'],
      command: (folder, threads) => [process.execPath, '--conditions=emkit-source', join(here, 'ours.ts'), folder, String(threads)],
    },
  ];
  const python = [join(root, '.venv/bin/python'), '/usr/bin/python3', 'python3'].find(
    (path) => says(path, ['-c', 'import sklearn, scipy']) !== undefined,
  );
  if (python !== undefined) {
    const peer = (folder: string): readonly string[] => [python, join(here, 'peers/peer.py'), folder];
    participants.push(
      {
        name: 'scikit-learn',
        version: says(python, ['-c', 'import sklearn; print(sklearn.__version__)'])!,
        kinds: ['gaussian', 'full', 'diagonal'],
        command: peer,
      },
      {
        name: 'numpy by hand',
        version: says(python, ['-c', 'import numpy; print(numpy.__version__)'])!,
        kinds: ['exponential', 'binomial'],
        command: peer,
      },
    );
  }
  const packages: readonly (Pick<Participant, 'kinds' | 'univariateOnly' | 'largest'> & { name: string })[] = [
    { name: 'mclust', kinds: ['gaussian', 'full', 'diagonal'] },
    { name: 'mixtools', kinds: ['gaussian'], univariateOnly: true },
    { name: 'flexmix', kinds: ['binomial'], largest: 200_000 },
  ];
  for (const rest of packages) {
    const version = says('Rscript', ['-e', `cat(as.character(packageVersion("${rest.name}")))`]);
    if (version === undefined) continue;
    participants.push({
      ...rest,
      version,
      oneThreadOnly: true,
      command: (folder) => ['Rscript', '--vanilla', join(here, 'peers/peer.R'), folder, rest.name],
    });
  }
  const program = join(scratch, 'armadillo');
  if (says('g++', ['-O3', '-march=native', '-fopenmp', '-o', program, join(here, 'peers/peer.cpp'), '-larmadillo']) !== undefined) {
    const header = readFileSync('/usr/include/armadillo_bits/arma_version.hpp', 'utf8');
    const version = ['MAJOR', 'MINOR', 'PATCH'].map((part) => new RegExp(`ARMA_VERSION_${part}\\s+(\\d+)`).exec(header)?.[1]).join('.');
    participants.push({ name: 'Armadillo', version, kinds: ['gaussian', 'full', 'diagonal'], command: (folder) => [program, folder] });
  }
  if (existsSync(join(here, '../../node_modules/expectation-maximization'))) {
    participants.push({
      name: 'npm expectation-maximization',
      version: '1.5.0',
      kinds: ['full'],
      largest: 20_000,
      wholeFitsOnly: true,
      command: (folder) => [process.execPath, join(here, 'peers/npm-peer.mjs'), folder],
    });
  }
  return participants;
}

function says(command: string, parameters: readonly string[]): string | undefined {
  try {
    return execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** A folder for the data of problems. */
export function makeScratch(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'emkit-bench-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes a problem's data once, for all participants. */
export function writeProblem(scratch: string, recipe: Recipe): string {
  const folder = join(scratch, recipe.name.replace(/\W+/g, '-'));
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  const problem = makeProblem(recipe);
  const all = new Float64Array(problem.rows * problem.dimension);
  problem.columns.forEach((column, index) => {
    all.set(column, index * problem.rows);
  });
  writeFileSync(join(folder, 'columns.bin'), new Uint8Array(all.buffer));
  const described = describeForPeers(problem);
  writeFileSync(join(folder, 'problem.json'), JSON.stringify(described));
  writeFileSync(join(folder, 'means.txt'), (described['means'] as readonly unknown[]).flat().join('\n'));
  writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
  return folder;
}

/** A participant at work on a problem: it reads the data once and is asked as often as one likes. */
export class Session {
  private readonly name: string;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  /** Which linear algebra it works with; known from its first answer on. */
  blas: string | undefined;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static async open(participant: Participant, folder: string, threads: number): Promise<Session> {
    const command = [...participant.command(folder, threads)];
    const cores = availableParallelism();
    if (threads === 1 && cores > 1 && says('taskset', ['--version']) !== undefined) command.unshift('taskset', '-c', String(cores - 1));
    const count = String(threads);
    const child = spawn(command[0]!, command.slice(1), {
      env: { ...process.env, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const session = new Session(participant.name, child);
    await session.line();
    return session;
  }

  async ask(request: { iterations?: number; fit?: number }): Promise<Answer> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const answer = JSON.parse(await this.line()) as Answer;
    this.blas ??= blasOf(this.name, this.child.pid!);
    return answer;
  }

  /** The most memory it ever held, in MB. */
  peakMemory(): number {
    try {
      return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))![1]) / 1024;
    } catch {
      return Number.NaN;
    }
  }

  close(): void {
    this.child.stdin!.end();
    this.child.kill();
  }

  private async line(): Promise<string> {
    for (;;) {
      const turn = await this.lines.next();
      if (turn.done) throw new Error('a participant ended without an answer');
      // Libraries may print what they like in between.
      if (turn.value.startsWith('{')) return turn.value;
    }
  }
}

/**
 * Which OpenBLAS a process has loaded. Another BLAS is an error: the reference BLAS would make a peer several times slower than its users see it,
 * and flatter us.
 */
function blasOf(name: string, pid: number): string {
  const maps = `/proc/${pid}/maps`;
  if (!existsSync(maps)) return 'not known on this system';
  const files = new Set(readFileSync(maps, 'utf8').match(/(?<= )\/.*\/lib[^/]*(?:blas|lapack|mkl)[^/]*\.so[.\d]*$/gim));
  const versions = new Set<string>();
  for (const file of files) {
    if (!file.includes('openblas')) {
      throw new Error(
        `${name} has loaded ${file} in place of OpenBLAS: \`apt-get install libopenblas0-pthread\`, or scikit-learn from PyPI`,
      );
    }
    const [, version] = /OpenBLAS (\d+\.\d+\.\d+)/.exec(readFileSync(file, 'latin1')) ?? [];
    if (version !== undefined) versions.add(version);
  }
  return files.size === 0 ? 'none' : `OpenBLAS ${[...versions].sort().join(' and ')}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
