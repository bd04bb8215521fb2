import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** Runs a command in the workspace. `quiet` collects what it prints, `live` passes it on. */
export function run(command: string, args: readonly string[], mode: 'quiet' | 'live'): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: mode === 'live' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const finish = (ok: boolean): void => resolve({ ok, output, seconds: (performance.now() - started) / 1000 });
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

export function say(text: string): void {
  process.stdout.write(`emkit: ${text}\n`);
}
