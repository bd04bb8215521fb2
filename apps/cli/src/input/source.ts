import { createReadStream } from 'node:fs';
import type { Io } from '../io.ts';
import { describeFileError, interruption, Problem } from '../problem.ts';

/** How a message names an input: its path, or that it is the standard input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/**
 * The bytes of a file, or of the standard input for `-`, as they come.
 *
 * @throws Problem when the input cannot be read, or the signal fires
 */
export async function* openInput(path: string, io: Io): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = path === '-' ? io.stdin : createReadStream(path);
  const stop = (): void => {
    bytes.destroy(interruption());
  };
  if (io.signal.aborted) stop();
  io.signal.addEventListener('abort', stop, { once: true });
  try {
    yield* bytes as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(`${inputName(path)} cannot be read: ${describeFileError(error)}.`, undefined, { cause: error });
  } finally {
    io.signal.removeEventListener('abort', stop);
  }
}
