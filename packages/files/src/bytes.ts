import { EmkitError } from '@emkit/core';

/** Bytes in order, cut anywhere: a Node stream, a list of buffers, a web stream where those can be iterated. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const EMPTY = new Uint8Array(0);

/** Turns text in UTF-8 or UTF-16, as its byte-order mark says, into UTF-8 without a mark. Other bytes pass as they are. */
export class Utf8 {
  /** The first bytes, while they may still become a mark. */
  private head: Uint8Array | undefined = EMPTY;
  private utf16: TextDecoder | undefined;
  private readonly encoder = new TextEncoder();

  push(chunk: Uint8Array): Uint8Array {
    if (this.head === undefined) return this.convert(chunk);
    const start = join(this.head, chunk);
    if (mayBecomeMark(start)) {
      this.head = start;
      return EMPTY;
    }
    return this.begin(start);
  }

  finish(): Uint8Array {
    const rest = this.head === undefined ? EMPTY : this.begin(this.head);
    return this.utf16 === undefined ? rest : join(rest, this.encoder.encode(this.utf16.decode()));
  }

  private begin(start: Uint8Array): Uint8Array {
    this.head = undefined;
    if (start[0] === 0xff && start[1] === 0xfe) this.utf16 = new TextDecoder('utf-16le');
    if (start[0] === 0xfe && start[1] === 0xff) this.utf16 = new TextDecoder('utf-16be');
    return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? start.subarray(3) : this.convert(start);
  }

  /** The decoder leaves out its own mark, and stands U+FFFD for half a character, which no number holds. */
  private convert(chunk: Uint8Array): Uint8Array {
    return this.utf16 === undefined ? chunk : this.encoder.encode(this.utf16.decode(chunk, { stream: true }));
  }
}

function mayBecomeMark(start: Uint8Array): boolean {
  if (start.length === 0) return true;
  if (start[0] === 0xef) return start.length < 3 && (start.length < 2 || start[1] === 0xbb);
  return (start[0] === 0xff || start[0] === 0xfe) && start.length < 2;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** What a text should be called in messages, and how long it may be. */
export interface TextOptions {
  /** Default `The text`. */
  readonly name?: string;
  /** The most bytes, as UTF-8. Default 256 MiB: V8 has no strings of 512 MiB. */
  readonly limit?: number;
}

/**
 * Reads a whole text, in UTF-8 or in UTF-16 with a byte-order mark.
 *
 * @throws EmkitError `DATA_SHAPE` for bytes that are no text, or more of them than the limit; what the source throws
 */
export async function readText(source: Chunks, { name = 'The text', limit = 2 ** 28 }: TextOptions = {}): Promise<string> {
  const utf8 = new Utf8();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let size = 0;
  const decode = (bytes: Uint8Array, stream: boolean): string => {
    size += bytes.length;
    if (size > limit) {
      throw new EmkitError('DATA_SHAPE', `${name} has more than ${limit} bytes.`, { remedy: 'It is too large to be what it should be.' });
    }
    try {
      return decoder.decode(bytes, { stream });
    } catch (error) {
      throw new EmkitError('DATA_SHAPE', `${name} is not text in UTF-8.`, { remedy: 'Save it in UTF-8.' }, { cause: error });
    }
  };
  let text = '';
  for await (const chunk of source) text += decode(utf8.push(chunk), true);
  return text + decode(utf8.finish(), false);
}
