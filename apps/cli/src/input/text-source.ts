import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import type { Io } from '../io.ts';
import { describeFileError, interruption, Problem } from '../problem.ts';

/** Bytes read at a time: the rows of a piece are then forgotten while they are young. Larger pieces take more memory and more time. */
const PIECE = 16 * 1024;

/** How a message names an input: its path, or that it is the standard input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** The text of a file, or of the standard input for `-`, piece by piece: decoded, without a byte-order mark, lines ending in `\n`. */
export async function* readText(path: string, io: Io): AsyncGenerator<string, void, undefined> {
  const bytes = path === '-' ? io.stdin : createReadStream(path, { highWaterMark: PIECE });
  const stop = (): void => {
    bytes.destroy(interruption());
  };
  if (io.signal.aborted) stop();
  io.signal.addEventListener('abort', stop, { once: true });
  let decoder: TextDecoder | undefined;
  let heldReturn = false;
  try {
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
      decoder ??= makeDecoder(chunk);
      const text: string = (heldReturn ? '\r' : '') + decoder.decode(chunk, { stream: true });
      heldReturn = text.endsWith('\r');
      yield withNewlines(heldReturn ? text.slice(0, -1) : text);
    }
    yield withNewlines((heldReturn ? '\r' : '') + (decoder?.decode() ?? ''));
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (error instanceof TypeError) {
      throw new Problem(`${inputName(path)} is not text in UTF-8. Save it as CSV in UTF-8.`, undefined, { cause: error });
    }
    throw new Problem(`${inputName(path)} cannot be read: ${describeFileError(error)}.`, undefined, { cause: error });
  } finally {
    io.signal.removeEventListener('abort', stop);
  }
}

/** The same as a stream of strings. */
export function textStream(path: string, io: Io): Readable {
  return Readable.from(readText(path, io));
}

/** The whole text. */
export async function readWholeText(path: string, io: Io): Promise<string> {
  let text = '';
  for await (const piece of readText(path, io)) text += piece;
  return text;
}

function makeDecoder(start: Uint8Array): TextDecoder {
  const encoding = start[0] === 0xff && start[1] === 0xfe ? 'utf-16le' : start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding, { fatal: true });
}

function withNewlines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}
