import type { Readable, Writable } from 'node:stream';

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

/** Writes text, and waits while the reader is slower than we are. */
export async function write(output: Output, text: string): Promise<void> {
  if (output.destroyed || output.writableEnded) return;
  if (output.write(text)) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      for (const event of ['drain', 'close', 'error']) output.off(event, settle);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) output.on(event, settle);
  });
}
