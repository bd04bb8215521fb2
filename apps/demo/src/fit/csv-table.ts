import Papa from 'papaparse';
import type { ColumnSummary, TableSummary } from './protocol.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number a field holds, NaN when it holds none. */
function readNumber(field: string): number {
  const bare = NUMBER.test(field) ? field : field.trim();
  if (!NUMBER.test(bare)) return Number.NaN;
  const value = Number(bare);
  return Number.isFinite(value) ? value : Number.NaN;
}

/** A problem with the data, told in terms of the file. */
export class DataProblem extends Error {}

interface BadField {
  readonly row: number;
  readonly line: number;
  readonly field: string;
}

/** A column while it is read: numbers, doubled when they are full, and the first field that is none. */
class Column {
  readonly name: string;
  private values = new Float64Array(1024);
  private length = 0;
  private minimum = Number.POSITIVE_INFINITY;
  private maximum = Number.NEGATIVE_INFINITY;
  private whole = true;
  private numbers = 0;
  private firstBad: BadField | undefined;

  constructor(name: string) {
    this.name = name;
  }

  push(field: string, row: number, line: number): void {
    if (this.length === this.values.length) {
      const wider = new Float64Array(2 * this.length);
      wider.set(this.values);
      this.values = wider;
    }
    const value = readNumber(field);
    this.values[this.length] = value;
    this.length += 1;
    if (Number.isNaN(value)) {
      this.firstBad ??= { row, line, field };
      return;
    }
    this.numbers += 1;
    if (value < this.minimum) this.minimum = value;
    if (value > this.maximum) this.maximum = value;
    if (this.whole && !Number.isInteger(value)) this.whole = false;
  }

  /** A column of which less than half are numbers is taken for text; its rows can still be counted and labelled. */
  summary(): ColumnSummary {
    const { name, minimum, maximum, whole, length, numbers } = this;
    return { name, kind: 2 * numbers > length ? 'numbers' : 'text', minimum, maximum, whole, bad: length - numbers };
  }

  /** @throws DataProblem naming the line, the row and the column of the first field that is no number */
  read(): Float64Array {
    if (this.firstBad !== undefined) {
      const { row, line, field } = this.firstBad;
      throw new DataProblem(`Line ${line} (row ${row + 1}), column ${this.name}: ${whatIsWrong(field)}`);
    }
    return this.values.subarray(0, this.length);
  }
}

function whatIsWrong(field: string): string {
  const bare = field.trim();
  if (bare === '') return 'the value is missing. Fill it in or leave the row out.';
  const shown = JSON.stringify(bare.length > 40 ? `${bare.slice(0, 37)}...` : bare);
  if (/^(?:na|n\/a|nan|null|none|-|\.|\?)$/i.test(bare)) return `${shown} stands for a missing value. Fill it in or leave the row out.`;
  if (/^[+-]?inf(?:inity)?$/i.test(bare)) return `${shown} is infinite. Only finite numbers can be fitted.`;
  if (NUMBER.test(bare)) return `${shown} is too large for a double. Use a larger unit for the column.`;
  if (/^[+-]?\d*,\d+$/.test(bare)) return `${shown} is not a number. Write decimals with a point: ${bare.replace(',', '.')}.`;
  return `${shown} is not a number. Correct it, leave the row out, or choose other columns.`;
}

/** A CSV table read record by record, of which only numbers are kept. */
export class CsvTable {
  private readonly name: string;
  private columns: readonly Column[] = [];
  private rows = 0;
  private line = 1;
  private header = true;
  private blank: number | undefined;
  private delimiter = ',';
  private quoted = false;
  /** Rows that take more than one line, with the lines beyond the first. */
  private readonly longRows: (readonly [row: number, lines: number])[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Takes records in their order. @throws DataProblem */
  take(records: readonly (readonly string[])[], delimiter: string): void {
    this.delimiter = delimiter;
    for (const record of records) {
      if (record.length === 1 && record[0]!.trim() === '') {
        this.blank ??= this.line;
        this.line += 1;
        continue;
      }
      if (this.blank !== undefined) {
        throw new DataProblem(
          this.columns.length === 0
            ? `Line ${this.blank}: the line is blank, and the first line must name the columns.`
            : `Line ${this.blank} (row ${this.rows + 1}): the line is blank, and more rows follow. Fill it in or remove it.`,
        );
      }
      if (this.columns.length === 0) this.takeHeader(record);
      else this.takeRow(record);
    }
  }

  /** Told when a quote was seen anywhere in the text. */
  sawQuotes(): void {
    this.quoted = true;
  }

  private takeHeader(record: readonly string[]): void {
    this.header = !record.every((field) => !Number.isNaN(readNumber(field)));
    const names = this.header ? record.map((name) => name.trim()) : record.length === 1 ? ['x'] : record.map((_, index) => `x${index + 1}`);
    names.forEach((name, index) => {
      if (name === '') throw new DataProblem(`Line 1: column ${index + 1} has no name. Give every column a name of its own.`);
      if (names.indexOf(name) !== index)
        throw new DataProblem(`Line 1: two columns are called ${JSON.stringify(name)}. Give them different names.`);
    });
    this.columns = names.map((name) => new Column(name));
    if (this.header) this.line += linesOf(record);
    else this.takeRow(record);
  }

  private takeRow(record: readonly string[]): void {
    const { columns, rows, line } = this;
    if (record.length !== columns.length) {
      const values = (count: number): string => `${count} value${count === 1 ? '' : 's'}`;
      throw new DataProblem(
        `Line ${line} (row ${rows + 1}): the row has ${values(record.length)}, and the first line has ${columns.length}. Give every row the same number of values.`,
      );
    }
    for (let index = 0; index < columns.length; index += 1) columns[index]!.push(record[index]!, rows, line);
    const lines = this.quoted ? linesOf(record) : 1;
    if (lines > 1) this.longRows.push([rows, lines - 1]);
    this.line += lines;
    this.rows += 1;
  }

  get count(): number {
    return this.rows;
  }

  /** @throws DataProblem for a file without rows */
  summary(): TableSummary {
    if (this.columns.length === 0)
      throw new DataProblem(`${this.name} is empty. It needs a line of column names and at least one row of numbers.`);
    if (this.rows === 0) throw new DataProblem(`${this.name} has a header and no rows. It needs at least one row of numbers.`);
    const { name, rows, header, delimiter, quoted } = this;
    return { name, rows, columns: this.columns.map((column) => column.summary()), header, delimiter, quoted };
  }

  /** @throws DataProblem as {@link Column.read} */
  column(name: string): Float64Array {
    const column = this.columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw new DataProblem(`${this.name} has no column ${JSON.stringify(name)}.`);
    return column.read();
  }

  /** The line a row begins on. */
  lineOf(row: number): number {
    let line = row + (this.header ? 2 : 1);
    for (const [long, lines] of this.longRows) if (long < row) line += lines;
    return line;
  }
}

function linesOf(record: readonly string[]): number {
  return record.reduce((lines, field) => lines + field.split('\n').length - 1, 1);
}

export interface ReadOptions {
  /** The share of the file that is read, and the rows. */
  readonly onProgress: (share: number, rows: number) => void;
  readonly signal: AbortSignal;
}

/** Bytes between two pieces: large enough to be quick, small enough for a lively progress. */
const PIECE = 1 << 20;

/** Reads a file in pieces, so that its size does not matter. */
export async function readCsv(source: Blob, name: string, { onProgress, signal }: ReadOptions): Promise<CsvTable> {
  const table = new CsvTable(name);
  const delimiter = await guessDelimiter(source);
  if (await hasQuotes(source)) table.sawQuotes();
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(source as File, {
      delimiter,
      chunkSize: PIECE,
      chunk: ({ data, errors, meta }, parser) => {
        try {
          signal.throwIfAborted();
          const quotes = errors.find(({ type }) => type === 'Quotes');
          table.take(quotes === undefined ? data : data.slice(0, quotes.row ?? 0), delimiter);
          if (quotes !== undefined)
            throw new DataProblem(
              `Row ${table.count + 1}: a quote is opened and not closed, or text follows a closing quote. Correct the quotes.`,
            );
          onProgress(source.size === 0 ? 1 : Math.min(1, meta.cursor / source.size), table.count);
        } catch (error) {
          // First the failure: an abort completes the parse at once.
          reject(error as Error);
          parser.abort();
        }
      },
      complete: () => resolve(),
      error: (error) => reject(error),
    });
  });
  return table;
}

/** The delimiter of the first line: a comma, or where it has none a tab or a semicolon. */
async function guessDelimiter(source: Blob): Promise<string> {
  const start = await source.slice(0, 1 << 16).text();
  const line = (start.split(/\r?\n/, 1)[0] ?? '').replace(/"[^"]*"/g, '');
  return [',', '\t', ';'].find((delimiter) => line.includes(delimiter)) ?? ',';
}

async function hasQuotes(source: Blob): Promise<boolean> {
  const reader = source.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    if (value.includes(0x22)) {
      await reader.cancel();
      return true;
    }
  }
}
