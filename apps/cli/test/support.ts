import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { runCommandLine } from '../src/command-line.ts';
import type { Output } from '../src/io.ts';

/** A data set of the package. */
export function data(name: string): string {
  return fileURLToPath(new URL(`../data/${name}`, import.meta.url));
}

class Capture extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns: number | undefined) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 80;
  }

  override _write(chunk: unknown, _encoding: string, callback: () => void): void {
    this.text += String(chunk);
    callback();
  }
}

/** A terminal in which progress is shown, and that tells what was written to it. */
class Watched extends Capture {
  private readonly told: (text: string) => void;

  constructor(columns: number, told: (text: string) => void) {
    super(columns);
    this.told = told;
  }

  cursorTo(): void {}
  moveCursor(): void {}
  clearLine(): void {}

  override _write(chunk: unknown, encoding: string, callback: () => void): void {
    super._write(chunk, encoding, callback);
    this.told(this.text);
  }
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string | Uint8Array;
  /** The width of a terminal; absent where there is none. */
  readonly terminal?: number;
  readonly environment?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Told all that the standard error has, whenever something is written to it: it is a terminal then, and shows progress. */
  readonly watch?: (stderr: string) => void;
}

/** Runs the command in this process. */
export async function emkit(
  args: readonly string[],
  { stdin = '', terminal, environment = {}, signal, watch }: Surroundings = {},
): Promise<Outcome> {
  const stdout = new Capture(terminal);
  const stderr = watch === undefined ? new Capture(terminal) : new Watched(terminal ?? 80, watch);
  const exitCode = await runCommandLine(args, {
    stdin: Readable.from([typeof stdin === 'string' ? Buffer.from(stdin) : stdin]),
    stdout: stdout as Output,
    stderr: stderr as Output,
    environment,
    signal: signal ?? new AbortController().signal,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** A folder that is removed after the tests of the file. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'emkit-'));

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8');
  }

  list(): string[] {
    return readdirSync(this.path).sort();
  }
}

export interface FitJson {
  readonly model: {
    readonly family: string;
    readonly options: Record<string, unknown>;
    readonly weights: number[];
    readonly components: Record<string, number>[];
  };
  readonly logLikelihood: number;
  readonly rows: number;
  readonly totalWeight: number;
  readonly iterations: number;
  readonly evaluations: number;
  readonly diagnosis: { readonly kind: string };
  readonly criteria: { readonly aic: number; readonly bic: number; readonly icl: number; readonly parameters: number };
  readonly trace: { readonly iteration: number; readonly logLikelihood: number }[];
  readonly seed: number;
  readonly columns: string[];
  readonly warnings: string[];
}

/** Fits and reads the JSON it prints. */
export async function fitJson(args: readonly string[], surroundings?: Surroundings): Promise<FitJson> {
  const { exitCode, stdout, stderr } = await emkit(['fit', ...args, '--json'], surroundings);
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}`);
  return JSON.parse(stdout) as FitJson;
}
