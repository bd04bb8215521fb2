import type { Readable, Writable } from 'node:stream';
import { describeFileError, Problem } from './problem.ts';

/** A stream that is written to, and what is known about the terminal behind it. */
export interface Output extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything the command touches apart from files: handed in, so that tests can look. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Fires when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Writes text, and waits until it is taken. A reader that went away has seen enough: what comes after is dropped.
 *
 * @throws Problem when it cannot be written
 */
export async function write(output: Output, text: string): Promise<void> {
  if (output.destroyed || output.writableEnded) return;
  await new Promise<void>((resolve, reject) => {
    output.write(text, (error?: NodeJS.ErrnoException | null) => {
      if (error && error.code !== 'EPIPE')
        reject(new Problem(`the output cannot be written: ${describeFileError(error)}.`, undefined, { cause: error }));
      else resolve();
    });
  });
}
