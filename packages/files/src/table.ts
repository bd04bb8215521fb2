import { EmkitError, type ErrorCode, type ErrorDetails } from '@emkit/core';
import { type Chunks, Utf8 } from './bytes.ts';
import { describeBadNumber, describeBadWord, isBlank, isMeantAsNumber, readNumber, strip } from './number.ts';
import { NumberColumn } from './number-column.ts';
import { LONGEST_FIELD, type RecordSink, Tokeniser } from './tokeniser.ts';

/** Which columns of a file are wanted, and for what. */
export interface TableOptions {
  /** What messages call the file. Default `The file`. */
  readonly name?: string;
  /**
   * Whether the first record names the columns. Where it does not, they are called x, or x1, x2, ...; `detect`: it does unless it holds
   * numbers only. Default true.
   */
  readonly header?: boolean | 'detect';
  /** Columns of numbers that must be there. */
  readonly columns?: readonly string[];
  /** Columns of numbers that must be there, in which a blank field is NaN. */
  readonly blankable?: readonly string[];
  /** Columns that must be there and of whose fields only equality counts: numbers from 0 in the order in which different ones first occur. */
  readonly keys?: readonly string[];
  /** Columns of words that must be there, by name: the words that stand for 0, 1, ...; what is none of them is refused. */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
  /** Columns of categories that must be there, by name: their distinct values are found, and sorted; numbers by size. */
  readonly categories?: readonly string[];
  /** Words for a missing value, besides a blank field: they are NaN, in any column. Without it they are refused. */
  readonly missing?: readonly string[];
  /**
   * What becomes of the other columns that have a name. `skip`: they are not read, which is the default where `columns` are given.
   * `numbers`, the default where they are not: columns of numbers are read, columns of text are left out; the first row says which they
   * are. `all`: all are read, and what is no number is NaN.
   */
  readonly others?: 'skip' | 'numbers' | 'all';
  /** How the person who reads a message can choose columns and say that there is no header, for example `--columns` and `--no-header`. */
  readonly flags?: { readonly columns: string; readonly header: string; readonly missing?: string };
  /** Called now and then with the rows and the bytes read so far. */
  readonly onProgress?: (rows: number, bytes: number) => void;
}

/** A column of a table. */
export interface TableColumn {
  readonly name: string;
  /** A number a row; NaN where a field is none. */
  readonly values: Float64Array;
  /** The words that 0, 1, ... stand for, in a column of categories. */
  readonly levels?: readonly string[];
  /** Names the first field that is no number, where such fields are kept. */
  readonly invalid?: EmkitError;
}

/** Columns of a file of delimited text, as numbers. */
export interface Table {
  /** How many rows the file has, without its header. */
  readonly rows: number;
  /** The columns that were read, in the order of the file. */
  readonly columns: readonly TableColumn[];
  /** The names of columns that were left out because no field of theirs is a number. */
  readonly leftOut: readonly string[];
  /** Whether the first record named the columns. */
  readonly header: boolean;
  /**
   * The values of a column.
   *
   * @throws EmkitError `DATA_UNKNOWN_COLUMN`; where a field is no number, the error that names it
   */
  column(name: string): Float64Array;
  /** Where a row stands, for messages. Rows count from 0 here, and from 1 in the text. */
  place(row: number, column?: string): string;
}

/** Characters of the longest name. Whole questions are names in some files; a file that is no table may be one line. */
const LONGEST_NAME = 10_000;

const MISSING_WORD = /^(?:na|nan|null|\?|\.)$/i;

/** More different values than any question has answers: a column of names or numbers. */
const MOST_CATEGORIES = 10_000;

/** A file that is no table may be nothing but delimiters. */
const MOST_COLUMNS = 2 ** 20;

/**
 * Reads columns of a CSV file, or one with tabs or semicolons, as it arrives. Only the numbers are kept, eight bytes a value.
 *
 * Text is in UTF-8, or in UTF-16 with a byte-order mark; quotes as in RFC 4180; lines end with newlines, returns or both; spaces round numbers,
 * and blank lines at the end, do no harm. A number is digits with a point and an exponent, and becomes the nearest double.
 *
 * @throws EmkitError naming line, row, column and value: `DATA_NOT_A_NUMBER` (text or nothing), `DATA_NOT_FINITE` (an infinity, or too
 * large for a double), `DATA_SHAPE` (another number of values than columns, a blank line among the rows, unpaired quotes, names missing or
 * twice, no text), `DATA_EMPTY` (no rows), `DATA_UNKNOWN_COLUMN`; what the source and `onProgress` throw
 */
export async function readTable(source: Chunks, options: TableOptions = {}): Promise<Table> {
  const reader = new TableReader(options);
  const tokeniser = new Tokeniser(reader);
  const utf8 = new Utf8();
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    tokeniser.push(utf8.push(chunk));
    options.onProgress?.(reader.rows, bytes);
  }
  tokeniser.push(utf8.finish());
  tokeniser.finish();
  return reader.toTable();
}

/** A column while it is read. */
interface Target {
  readonly name: string;
  readonly values: NumberColumn;
  use: 'numbers' | 'blankable' | 'undecided' | 'text' | 'all' | 'words' | 'keys' | 'categories';
  /** The number that each word stands for. */
  readonly codes: Map<string, number>;
  invalid?: EmkitError;
}

/** The number that a field is, or stands for in its column; NaN where it is none. */
function numberOf(text: string, { use, codes }: Target): number {
  if (use !== 'words' && use !== 'keys') return readNumber(text);
  const word = strip(text);
  if (use === 'keys' && !isBlank(text) && !codes.has(word)) codes.set(word, codes.size);
  return codes.get(word) ?? Number.NaN;
}

class TableReader implements RecordSink {
  takes: readonly (NumberColumn | null | undefined)[] = [];
  rows = 0;
  private readonly options: TableOptions;
  private readonly source: string;
  /** Undefined before the first record. */
  private header: boolean | undefined;
  private names: readonly string[] = [];
  /** What is read, by the column's place. */
  private targets: readonly (Target | undefined)[] = [];
  /** The fields of this record that came as text, with their places. They wait for its end: what is wrong with a row's length explains more. */
  private readonly texts: (string | undefined)[] = [];
  private readonly places: number[] = [];
  /** The line this record begins on. */
  private line = 1;
  private blankLines = 0;
  private readonly missing: ReadonlySet<string> | undefined;
  /** Rows that stand on several lines (a quoted field holds a line end), each followed by its lines beyond the first. */
  private readonly longRows: number[] = [];

  constructor(options: TableOptions) {
    this.options = options;
    this.source = options.name ?? 'The file';
    this.missing = options.missing && new Set(['', ...options.missing.map((word) => word.toLowerCase())]);
  }

  field(index: number, text: string | undefined): void {
    if (this.header !== undefined && index >= this.names.length) return;
    if (index === MOST_COLUMNS) this.refuse('DATA_SHAPE', `, line 1: there are more than ${MOST_COLUMNS} columns.`, 'Is it a table?');
    this.places.push(index);
    this.texts.push(text);
  }

  record(fields: number, lines: number): void {
    if (this.blankLines > 0) this.refuseBlankLine();
    if (this.header === undefined) this.takeFirst(lines);
    else this.takeRow(fields, lines);
    if (this.places.length > 0) {
      this.places.length = 0;
      this.texts.length = 0;
    }
  }

  blankLine(): void {
    this.blankLines += 1;
  }

  badQuote(): never {
    this.refuse(
      'DATA_SHAPE',
      `, line ${this.line}: a quote is opened and not closed, or text follows a closing quote.`,
      'Correct the quotes.',
    );
  }

  tooLong(index: number): never {
    const limit = `longer than ${LONGEST_FIELD} bytes`;
    const remedy = 'Is a quote opened and not closed?';
    if (this.header === undefined) this.refuse('DATA_SHAPE', `, line 1: the first line is ${limit}.`, remedy);
    const place = this.place(this.rows, this.line, this.names[index] ?? String(index + 1));
    this.refuse('DATA_SHAPE', `${place}: the value is ${limit}.`, remedy);
  }

  toTable(): Table {
    const { rows, header } = this;
    if (header === undefined) this.refuse('DATA_EMPTY', ' is empty.', 'It needs a line of column names and at least one row of numbers.');
    if (rows === 0) this.refuse('DATA_EMPTY', ' has a header and no rows.', 'It needs at least one row of numbers.');
    const targets = this.targets.filter((target) => target !== undefined);
    const text = targets.filter(({ use }) => use === 'text');
    if (targets.length === 0) this.refuse('DATA_SHAPE', ' has no column with a name.', 'Name the columns.');
    if (text.length === targets.length) throw text[0]!.invalid!;
    const columns = targets
      .filter(({ use }) => use !== 'text')
      .map(({ name, use, codes, values, invalid }): TableColumn => {
        const found = use === 'categories' ? sortedCategories(values.take(), codes) : { values: values.take() };
        return { name, ...found, ...(invalid && { invalid }) };
      });
    const byName = new Map(columns.map((column) => [column.name, column]));
    return {
      rows,
      columns,
      leftOut: text.map(({ name }) => name),
      header,
      column: (name) => {
        const { invalid, values } = byName.get(name) ?? this.refuseUnknown(name, [...byName.keys()]);
        if (invalid !== undefined) throw invalid;
        return values;
      },
      place: (row, column) => this.source + this.place(row, this.lineOf(row), column),
    };
  }

  /** Takes the first record: the names of the columns, or where they have none the first row. */
  private takeFirst(lines: number): void {
    const { header = true } = this.options;
    const fields = this.texts.map((text) => strip(text ?? this.refuse('DATA_SHAPE', ' is not text in UTF-8.', 'Save it as CSV in UTF-8.')));
    const onlyNumbers = fields.every((field) => !Number.isNaN(readNumber(field)));
    if (header === true && onlyNumbers) this.refuseNumbersAsNames(fields);
    this.header = header === 'detect' ? !onlyNumbers : header;
    if (this.header) this.names = fields.map((name, index) => (name.length > LONGEST_NAME ? this.refuseName(name, index) : name));
    else this.names = fields.length === 1 ? ['x'] : fields.map((_, index) => `x${index + 1}`);
    this.targets = this.chooseTargets();
    this.decide();
    if (this.header) this.line += lines;
    else this.takeRow(fields.length, lines);
  }

  private chooseTargets(): (Target | undefined)[] {
    const { names } = this;
    const {
      columns,
      blankable = [],
      keys = [],
      categories = [],
      levels = {},
      others = columns === undefined ? 'numbers' : 'skip',
    } = this.options;
    const targets = new Array<Target | undefined>(names.length).fill(undefined);
    const places = new Map<string, number>();
    const twice = new Set<string>();
    names.forEach((name, index) => {
      if (places.has(name)) twice.add(name);
      else places.set(name, index);
    });
    const want = (name: string, use: Target['use'], words: readonly string[] = []): void => {
      const index = places.get(name) ?? this.refuseUnknown(name, names);
      if (twice.has(name)) {
        const what = `, line 1: two columns are called ${JSON.stringify(brief(name))}.`;
        this.refuse('DATA_SHAPE', what, 'Give them different names.', { column: name });
      }
      targets[index] ??= { name, use, values: new NumberColumn(), codes: new Map(words.map((word, code) => [word, code])) };
    };
    for (const [name, words] of Object.entries(levels)) want(name, 'words', words);
    for (const name of categories) want(name, 'categories');
    for (const name of keys) want(name, 'keys');
    for (const name of columns ?? []) want(name, 'numbers');
    for (const name of blankable) want(name, 'blankable');
    if (others !== 'skip') for (const name of names) if (name !== '') want(name, others === 'all' ? 'all' : 'undecided');
    return targets;
  }

  /** Tells the tokeniser which columns take plain numbers: not those that may be of text, and none where a number may stand for a missing value. */
  private decide(): void {
    const some = [...(this.missing ?? [])].some((word) => !Number.isNaN(readNumber(word)));
    this.takes = this.targets.map((target) => {
      if (target === undefined) return null;
      return some || ['undecided', 'text', 'words', 'keys', 'categories'].includes(target.use) ? undefined : target.values;
    });
  }

  private takeRow(fields: number, lines: number): void {
    if (fields !== this.names.length) this.refuseLength(fields);
    for (let field = 0; field < this.places.length; field += 1) this.takeText(this.places[field]!, this.texts[field]);
    if (this.rows === 0) this.decide();
    if (lines > 1) this.longRows.push(this.rows, lines - 1);
    this.line += lines;
    this.rows += 1;
  }

  /** Takes a field that is no plain number, or whose column may be one of text. */
  private takeText(index: number, text: string | undefined): void {
    const target = this.targets[index];
    if (target === undefined) return;
    if (target.use !== 'keys' && text !== undefined && this.missing?.has(strip(text).toLowerCase()) && !target.codes.has(strip(text))) {
      target.values.push(Number.NaN);
      return;
    }
    if (target.use === 'categories' && text !== undefined && !this.isSuspect(text)) this.addCategory(target, strip(text));
    const value =
      text === undefined
        ? Number.NaN
        : target.use === 'categories'
          ? (target.codes.get(strip(text)) ?? Number.NaN)
          : numberOf(text, target);
    const isGood = !Number.isNaN(value) || (target.use === 'blankable' && text !== undefined && isBlank(text));
    if (target.use === 'undecided') target.use = isGood || (text !== undefined && isMeantAsNumber(text)) ? 'numbers' : 'text';
    if (target.use === 'text') {
      // A column of text in which a number stands was meant as one of numbers, and its first field is none.
      if (isGood) throw target.invalid!;
      target.invalid ??= this.badField(index, text);
      return;
    }
    if (!isGood) {
      if (target.use !== 'all') throw this.badField(index, text);
      target.invalid ??= this.badField(index, text);
    }
    target.values.push(value);
  }

  /** Nobody's answer, unless it is said what stands for a missing one. */
  private isSuspect(text: string): boolean {
    return isBlank(text) || (this.missing === undefined && MISSING_WORD.test(strip(text)));
  }

  private addCategory({ name, codes }: Target, word: string): void {
    if (codes.has(word)) return;
    if (codes.size === MOST_CATEGORIES) {
      const what = `${this.place(this.rows, this.line, name)}: there are more than ${MOST_CATEGORIES} different values.`;
      this.refuse('DATA_SHAPE', what, 'Is it a column of categories?', { column: name });
    }
    codes.set(word, codes.size);
  }

  private badField(index: number, text: string | undefined): EmkitError {
    const { flags } = this.options;
    const column = this.names[index]!;
    const { code, what, remedy } =
      text === undefined
        ? ({ code: 'DATA_SHAPE', what: 'the value is not text in UTF-8', remedy: 'Save the file as CSV in UTF-8.' } as const)
        : this.targets[index]?.use === 'words'
          ? describeBadWord(text, [...this.targets[index].codes.keys()], flags?.missing)
          : describeBadNumber(text, `choose other columns${flags === undefined ? '' : ` with ${flags.columns}`}`, flags?.missing);
    const message = `${this.source}${this.place(this.rows, this.line, column)}: ${what}.`;
    return new EmkitError(code, message, { row: this.rows, column, value: text, remedy });
  }

  private refuse(code: ErrorCode, what: string, remedy: string, details: ErrorDetails = {}): never {
    throw new EmkitError(code, this.source + what, { ...details, remedy });
  }

  private refuseNumbersAsNames(fields: readonly string[]): never {
    const { flags } = this.options;
    const some = `${fields.slice(0, 3).map(brief).join(', ')}${fields.length > 3 ? ', ...' : ''}`;
    this.refuse(
      'DATA_SHAPE',
      `, line 1: the first line must name the columns, and it holds only numbers (${some}).`,
      `Add a line of names${flags === undefined ? '' : `, or pass ${flags.header}`}.`,
    );
  }

  private refuseName(name: string, index: number): never {
    const what = `, line 1: the name of column ${index + 1} has ${name.length} characters (${brief(name)}).`;
    this.refuse('DATA_SHAPE', what, `Give it a name of at most ${LONGEST_NAME}.`);
  }

  private refuseUnknown(name: string, names: readonly string[]): never {
    const known = names.filter((other) => other !== '');
    const list = `${known.slice(0, 20).map(brief).join(', ')}${known.length > 20 ? ` and ${known.length - 20} more` : ''}`;
    this.refuse('DATA_UNKNOWN_COLUMN', ` has no column ${JSON.stringify(brief(name))}.`, `It has: ${list}.`, { column: name });
  }

  private refuseLength(fields: number): never {
    const { names, rows, header } = this;
    const count = (length: number, noun: string): string => `${length} ${noun}${length === 1 ? '' : 's'}`;
    const expected = header ? `the header names ${count(names.length, 'column')}` : `the first row has ${names.length}`;
    this.refuse(
      'DATA_SHAPE',
      `${this.place(rows, this.line)}: the row has ${count(fields, 'value')}, and ${expected}.`,
      'Give every row the same number of values; put quotes round values that hold the delimiter.',
      { row: rows },
    );
  }

  private refuseBlankLine(): never {
    const { names, rows, line } = this;
    if (this.header === undefined)
      this.refuse('DATA_SHAPE', `, line ${line}: the line is blank, and the first line must name the columns.`, 'Remove the blank line.');
    this.refuse(
      'DATA_SHAPE',
      `${this.place(rows, line, names.length === 1 ? names[0] : undefined)}: the line is blank, and more rows follow.`,
      'Fill it in or remove the line.',
      { row: rows },
    );
  }

  private place(row: number, line: number, column?: string): string {
    return `, line ${line} (row ${row + 1})${column === undefined ? '' : `, column ${brief(column)}`}`;
  }

  private lineOf(row: number): number {
    let line = this.line - this.rows + row;
    for (let entry = 0; entry < this.longRows.length; entry += 2) if (this.longRows[entry]! >= row) line -= this.longRows[entry + 1]!;
    return line;
  }
}

/** Codes in the order of the categories: numbers by size, words by their letters. */
function sortedCategories(values: Float64Array, codes: ReadonlyMap<string, number>): Pick<TableColumn, 'values' | 'levels'> {
  const words = [...codes.keys()];
  const isNumeric = words.every((word) => !Number.isNaN(readNumber(word)));
  const levels = words.sort(isNumeric ? (a, b) => readNumber(a) - readNumber(b) : (a, b) => (a < b ? -1 : 1));
  const places = new Float64Array(levels.length);
  levels.forEach((word, place) => {
    places[codes.get(word)!] = place;
  });
  return { values: values.map((code) => (Number.isNaN(code) ? code : places[code]!)), levels };
}

/** A name for a message. */
function brief(name: string): string {
  return name.length > 60 ? `${name.slice(0, 57)}...` : name;
}
