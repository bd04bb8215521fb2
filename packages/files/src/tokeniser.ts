import type { NumberColumn } from './number-column.ts';

/** Takes the records of a delimited text, field by field. */
export interface RecordSink {
  /**
   * What becomes of each field, by its index: a column takes plain numbers, `null` skips the field. Where there is neither, and where a
   * column meets anything but a plain number, the field goes to `field`. Read again after each record.
   */
  readonly takes: readonly (NumberColumn | null | undefined)[];
  /** @param text the field without its quotes; undefined where it is not UTF-8 */
  field(index: number, text: string | undefined): void;
  /**
   * @param fields how many there were
   * @param lines on how many lines the record stands
   */
  record(fields: number, lines: number): void;
  /** A line with nothing in it but spaces. */
  blankLine(): void;
  /** A quote is not closed, or text follows a closing quote. */
  badQuote(): never;
  tooLong(index: number): never;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SEMICOLON = 0x3b;

/** Bytes of the longest field, and of the longest first record: a quote that nobody closed must not fill the memory. */
export const LONGEST_FIELD: number = 1 << 24;

/** Bytes looked at in one go: they stay in the processor's cache. */
const PIECE = 1 << 16;

/** The powers of ten that are doubles. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** One character a byte: ASCII stands in the text at the places of its bytes. */
const byteText = new TextDecoder('windows-1252');
const utf8Text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Cuts delimited text (RFC 4180, with any line ends) into fields, from bytes in UTF-8 that arrive in chunks cut anywhere. Delimiters,
 * quotes and line ends are bytes below 128, which occur in no longer character: so bytes are cut, and only fields that someone asks for
 * become text. The delimiter is a comma, or where the first record has none a tab, or else a semicolon.
 */
export class Tokeniser {
  private readonly sink: RecordSink;
  /** What has come and is not yet cut: from the first byte of a field on. */
  private bytes = new Uint8Array(2 * PIECE);
  private length = 0;
  private last = NEWLINE;
  /** An unfinished field is looked at again when there is twice as much of it, so that all looks together cost as much as two. */
  private enough = 1;
  private delimiter: number | undefined;
  /** The next field in its record, and the line ends inside the quotes of those before it. */
  private index = 0;
  private innerLines = 0;
  /** Where the field ends that was looked at last: at its delimiter or line end. */
  private end = 0;

  constructor(sink: RecordSink) {
    this.sink = sink;
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += PIECE) this.take(chunk.subarray(from, from + PIECE));
  }

  /** Ends the last record. */
  finish(): void {
    this.enough = 1;
    if (this.last !== NEWLINE || this.length > 0) this.take(Uint8Array.of(NEWLINE));
    if (this.length > 0) this.sink.badQuote();
  }

  private take(piece: Uint8Array): void {
    const length = this.length + piece.length;
    // One byte to spare: a 0 after the last byte ends every number.
    if (length >= this.bytes.length) {
      const longer = new Uint8Array(2 * length);
      longer.set(this.bytes.subarray(0, this.length));
      this.bytes = longer;
    }
    this.bytes.set(piece, this.length);
    this.bytes[length] = 0;
    this.length = length;
    this.last = piece.at(-1)!;
    if (length < this.enough) return;
    this.delimiter ??= findDelimiter(this.bytes.subarray(0, Math.min(length, LONGEST_FIELD)));
    if (this.delimiter !== undefined) this.cut(this.delimiter);
    if (this.length > LONGEST_FIELD) this.sink.tooLong(this.index);
    this.enough = 2 * this.length;
  }

  /** Cuts off all fields that are whole, and keeps the rest. */
  private cut(delimiter: number): void {
    const { bytes, length, sink } = this;
    let { index } = this;
    let { takes } = sink;
    let text: string | undefined;
    let at = 0;
    while (at < length) {
      const take = takes[index];
      const value = take === undefined ? Number.NaN : this.plainNumber(at, delimiter);
      if (value - value === 0) take?.push(value);
      else {
        const high = this.findEnd(at, delimiter, index);
        if (high < 0) break;
        if (index === 0 && bytes[this.end] !== delimiter && this.isBlank(at)) {
          sink.blankLine();
          at = this.nextLine();
          continue;
        }
        if (take !== null) {
          if (high < 128) text ??= byteText.decode(bytes.subarray(0, length));
          sink.field(index, this.textOf(at, high < 128 ? text : undefined));
        }
      }
      index += 1;
      if (bytes[this.end] === delimiter) at = this.end + 1;
      else {
        at = this.nextLine();
        sink.record(index, this.innerLines + 1);
        takes = sink.takes;
        this.innerLines = 0;
        index = 0;
      }
    }
    this.index = index;
    bytes.copyWithin(0, at, length + 1);
    this.length = length - at;
  }

  /**
   * The field as a number where it is written plainly, as nearly all are: a sign, digits, a point, digits. NaN where it is not.
   * Up to 2^53 each step is exact, and so are the powers of ten up to 10^22: the division alone rounds, and rounds correctly.
   */
  private plainNumber(at: number, delimiter: number): number {
    const { bytes, length } = this;
    let end = at;
    let byte = bytes[end]!;
    const negative = byte === MINUS;
    if (negative) byte = bytes[++end]!;
    let digits = 0;
    let first = end;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++end]!) digits = 10 * digits + (byte - ZERO);
    let count = end - first;
    let decimals = 0;
    if (byte === POINT) {
      first = end + 1;
      byte = bytes[++end]!;
      for (; byte >= ZERO && byte <= NINE; byte = bytes[++end]!) digits = 10 * digits + (byte - ZERO);
      decimals = end - first;
      count += decimals;
    }
    if (count === 0 || digits > Number.MAX_SAFE_INTEGER || decimals > 22) return Number.NaN;
    if (byte !== delimiter && byte !== NEWLINE && (byte !== RETURN || end + 1 === length)) return Number.NaN;
    this.end = end;
    return (negative ? -digits : digits) / POWERS[decimals]!;
  }

  /** Finds the end of any field. Negative where it has not come yet; else 128 or more where a byte of the field is. */
  private findEnd(at: number, delimiter: number, index: number): number {
    const { bytes, length } = this;
    let end = at;
    let high = 0;
    let lines = 0;
    if (bytes[at] === QUOTE) {
      for (end += 1; end < length; end += 1) {
        const byte = bytes[end]!;
        high |= byte;
        if (byte === QUOTE && bytes[++end] !== QUOTE) break;
        if (byte === NEWLINE || (byte === RETURN && bytes[end + 1] !== NEWLINE)) lines += 1;
      }
      while (end < length && (bytes[end] === SPACE || bytes[end] === TAB) && bytes[end] !== delimiter) end += 1;
    } else {
      while (end < length && bytes[end] !== delimiter && bytes[end] !== NEWLINE && bytes[end] !== RETURN) {
        high |= bytes[end]!;
        end += 1;
      }
    }
    if (end - at > LONGEST_FIELD) this.sink.tooLong(index);
    const byte = bytes[end];
    // After a return at the end of what has come, a newline may follow.
    if (end >= length || (byte === RETURN && end + 1 === length)) return -1;
    if (byte !== delimiter && byte !== NEWLINE && byte !== RETURN) this.sink.badQuote();
    this.innerLines += lines;
    this.end = end;
    return high;
  }

  private isBlank(at: number): boolean {
    for (let place = at; place < this.end; place += 1) {
      const byte = this.bytes[place]!;
      if (byte !== SPACE && (byte < TAB || byte > RETURN)) return false;
    }
    return true;
  }

  /** @param ascii the text of all bytes, where those of the field are ASCII */
  private textOf(at: number, ascii: string | undefined): string | undefined {
    const { bytes } = this;
    const quoted = bytes[at] === QUOTE;
    const from = quoted ? at + 1 : at;
    const to = quoted ? bytes.lastIndexOf(QUOTE, this.end) : this.end;
    let text: string;
    try {
      text = ascii?.substring(from, to) ?? utf8Text.decode(bytes.subarray(from, to));
    } catch {
      return undefined;
    }
    if (quoted && text.includes('"')) text = text.replaceAll('""', '"');
    return quoted && text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  /** Where the line begins after the one whose end was found. */
  private nextLine(): number {
    return this.bytes[this.end] === RETURN && this.bytes[this.end + 1] === NEWLINE ? this.end + 2 : this.end + 1;
  }
}

/** The delimiter of the first record; undefined as long as that has not ended. */
function findDelimiter(bytes: Uint8Array): number | undefined {
  const seen = new Set<number>();
  let quoted = false;
  let atStart = true;
  for (const byte of bytes) {
    if (byte === QUOTE && (quoted || atStart)) quoted = !quoted;
    else if (!quoted && (byte === NEWLINE || byte === RETURN))
      return [COMMA, TAB, SEMICOLON].find((delimiter) => seen.has(delimiter)) ?? COMMA;
    else if (!quoted) {
      atStart = byte === COMMA || byte === TAB || byte === SEMICOLON;
      if (atStart) seen.add(byte);
    }
  }
  return undefined;
}
