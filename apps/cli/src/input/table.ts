import Papa from 'papaparse';
import type { Io } from '../io.ts';
import { Problem, usageProblem } from '../problem.ts';
import { describeBadNumber, isBlank, isMeantAsNumber, readNumber } from './number.ts';
import { NumberColumn } from './number-column.ts';
import { inputName, textStream } from './text-source.ts';

/** Which columns of a file are wanted, and for what. */
export interface TableRequest {
  /** Names of the data columns. Default: every column of numbers that has a name and no other use. */
  readonly data?: readonly string[] | undefined;
  /** Further columns of numbers: case weights, numbers of trials. */
  readonly further?: readonly string[];
  /** A column of known components, where a blank means that it is latent. */
  readonly labels?: string | undefined;
  /** False where the file begins with its first row: columns are then called x, or x1, x2, ... Default true. */
  readonly header?: boolean;
  /** Called now and then with the number of rows read. */
  readonly onRows?: (rows: number) => void;
}

/** The wanted columns of a CSV file as numbers. */
export interface Table {
  readonly rows: number;
  /** Names of the data columns, in the order in which they were asked for. */
  readonly data: readonly string[];
  /** Named columns that were left out because no field of theirs is a number. */
  readonly leftOut: readonly string[];
  /** The values of a column that was asked for; NaN for a blank label. */
  column(name: string): Float64Array;
  /** Where a row stands, for messages: rows count from 0 here, and from 1 in the text. */
  place(row: number, column?: string): string;
}

/** A column while it is read. `undecided` until the first row shows whether it holds numbers. */
interface Target {
  readonly index: number;
  readonly name: string;
  readonly blanksAllowed: boolean;
  readonly values: NumberColumn;
  kind: 'numbers' | 'text' | 'undecided';
  firstText?: { readonly place: string; readonly field: string };
}

/** Rows between two reports of progress. */
const REPORT_EVERY = 1 << 16;

/**
 * Reads the wanted columns of a CSV file, row by row, keeping only their numbers.
 *
 * @param path a file, or `-` for the standard input
 * @throws Problem naming file, line, row, column and value
 */
export async function readTable(path: string, request: TableRequest, io: Io): Promise<Table> {
  const reader = new TableReader(inputName(path), request);
  const stream = textStream(path, io);
  await new Promise<void>((resolve, reject) => {
    let failure: unknown;
    const fail = (error: unknown): void => {
      failure ??= error;
    };
    stream.on('error', (error) => reject(error));
    Papa.parse<string[]>(stream, {
      newline: '\n',
      delimiter: delimiterOf as never,
      chunk: ({ data, errors }, parser) => {
        try {
          reader.take(data, errors);
        } catch (error) {
          fail(error);
          parser.abort();
          stream.destroy();
        }
      },
      complete: () => (failure === undefined ? resolve() : reject(failure as Error)),
      error: (error) => reject(error),
    });
  });
  return reader.finish();
}

/** The delimiter of the first line: a comma, or where it has none a tab or a semicolon. */
function delimiterOf(start: string): string {
  const header = start.slice(0, start.includes('\n') ? start.indexOf('\n') : start.length).replace(/"[^"]*"/g, '');
  return [',', '\t', ';'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

class TableReader {
  private readonly source: string;
  private readonly request: TableRequest;
  private header: readonly string[] | undefined;
  private targets: readonly Target[] = [];
  private rows = 0;
  /** The line the next record begins on. */
  private line = 1;
  private headerLines = 0;
  /** Rows that take more than one line (a quoted field holds a line break), with the lines they take beyond the first. */
  private readonly longRows: { readonly row: number; readonly extraLines: number }[] = [];
  private blankLines = 0;
  private nextReport = REPORT_EVERY;

  constructor(source: string, request: TableRequest) {
    this.source = source;
    this.request = request;
  }

  take(records: readonly (readonly string[])[], errors: readonly Papa.ParseError[]): void {
    const badQuotes = errors.find((error) => error.type === 'Quotes')?.row;
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index]!;
      if (index === badQuotes) {
        throw new Problem(
          `${this.source}, line ${this.line}: a quote is opened and not closed, or text follows a closing quote. Correct the quotes.`,
        );
      }
      if (record.length === 1 && record[0]!.trim() === '') {
        this.blankLines += 1;
        continue;
      }
      if (this.blankLines > 0) this.refuseBlankLine();
      if (this.header === undefined) this.takeHeader(record);
      else this.takeRow(record);
    }
    if (this.rows >= this.nextReport) {
      this.nextReport = this.rows + REPORT_EVERY;
      this.request.onRows?.(this.rows);
    }
  }

  finish(): Table {
    if (this.header === undefined)
      throw new Problem(`${this.source} is empty. It needs a line of column names and at least one row of numbers.`);
    if (this.rows === 0) throw new Problem(`${this.source} has a header and no rows. It needs at least one row of numbers.`);
    const numeric = this.targets.filter(({ kind }) => kind === 'numbers');
    const byName = new Map(numeric.map((target) => [target.name, target.values.toArray()]));
    const { data, further = [], labels } = this.request;
    const special = new Set([...further, labels]);
    const names = data ?? numeric.map(({ name }) => name).filter((name) => !special.has(name));
    if (names.length === 0) this.refuseWithoutNumbers();
    return {
      rows: this.rows,
      data: names,
      leftOut: this.targets.filter(({ kind }) => kind === 'text').map(({ name }) => name),
      column: (name) => byName.get(name)!,
      place: (row, column) => this.place(row, this.lineOf(row), column),
    };
  }

  private takeHeader(record: readonly string[]): void {
    const { header = true } = this.request;
    if (header) {
      this.header = record.map((name) =>
        name
          .trim()
          .replace(/^"(.*)"$/, '$1')
          .trim(),
      );
      if (this.header.every((name) => name !== '' && !Number.isNaN(readNumber(name)))) {
        throw new Problem(
          `${this.source}, line 1: the first line must name the columns, and it holds only numbers (${this.header.slice(0, 3).join(', ')}${this.header.length > 3 ? ', ...' : ''}). Add a line of names, or pass --no-header.`,
        );
      }
      this.line += linesOf(record);
      this.headerLines = this.line - 1;
    } else {
      this.header = record.length === 1 ? ['x'] : record.map((_, index) => `x${index + 1}`);
    }
    this.targets = this.chooseTargets(this.header);
    if (!header) this.takeRow(record);
  }

  private chooseTargets(header: readonly string[]): Target[] {
    const { data, further = [], labels } = this.request;
    const target = (name: string, kind: Target['kind'], blanksAllowed: boolean): Target => {
      const index = header.indexOf(name);
      if (index < 0) {
        throw new Problem(
          `${this.source} has no column ${JSON.stringify(name)}. It has: ${header.filter((known) => known !== '').join(', ')}.`,
        );
      }
      if (header.indexOf(name, index + 1) >= 0)
        throw new Problem(`${this.source}, line 1: two columns are called ${JSON.stringify(name)}. Give them different names.`);
      return { index, name, kind, blanksAllowed, values: new NumberColumn() };
    };
    const special = new Set<string>(labels === undefined ? further : [...further, labels]);
    const twice = (data ?? []).find((name, index) => data!.indexOf(name) !== index);
    if (twice !== undefined) throw usageProblem(`--columns names ${JSON.stringify(twice)} twice.`);
    for (const name of data ?? []) {
      if (special.has(name))
        throw usageProblem(
          `The column ${JSON.stringify(name)} is asked for twice: as data and for another use. Choose the data with --columns.`,
        );
    }
    const names = data ?? header.filter((name) => name !== '' && !special.has(name));
    const targets = names.map((name) => target(name, data === undefined ? 'undecided' : 'numbers', false));
    for (const name of new Set(further)) targets.push(target(name, 'numbers', false));
    if (labels !== undefined) targets.push(target(labels, 'numbers', true));
    return targets;
  }

  private takeRow(record: readonly string[]): void {
    const { header, targets, rows } = this;
    if (record.length !== header!.length) {
      const count = (length: number): string => `${length} value${length === 1 ? '' : 's'}`;
      const names =
        this.request.header === false
          ? `the first row has ${header!.length}`
          : `the header names ${header!.length} column${header!.length === 1 ? '' : 's'}`;
      throw new Problem(
        `${this.place(rows, this.line)}: the row has ${count(record.length)}, and ${names}. Give every row the same number of values; put quotes round values that hold the delimiter.`,
      );
    }
    for (const target of targets) {
      const field = record[target.index]!;
      const value = readNumber(field);
      if (value - value === 0 && target.kind === 'numbers') target.values.push(value);
      else this.takeUnusual(target, field, value);
    }
    const lines = linesOf(record);
    if (lines > 1) this.longRows.push({ row: rows, extraLines: lines - 1 });
    this.line += lines;
    this.rows += 1;
  }

  private takeUnusual(target: Target, field: string, value: number): void {
    const isNumber = !Number.isNaN(value);
    if (target.kind === 'undecided') target.kind = isNumber || isMeantAsNumber(field) ? 'numbers' : 'text';
    if (target.kind === 'text') {
      if (isNumber) this.refuse(target.firstText!.place, target.firstText!.field);
      target.firstText ??= { place: this.place(this.rows, this.line, target.name), field };
    } else if (isNumber || (target.blanksAllowed && isBlank(field))) target.values.push(value);
    else this.refuse(this.place(this.rows, this.line, target.name), field);
  }

  private refuse(place: string, field: string): never {
    const { what, remedy } = describeBadNumber(field);
    throw new Problem(`${place}: ${what}. ${remedy}`);
  }

  private refuseWithoutNumbers(): never {
    const first = this.targets.find(({ firstText }) => firstText !== undefined)?.firstText;
    if (first !== undefined) this.refuse(first.place, first.field);
    throw new Problem(`${this.source} has no data column left. Name the data columns with --columns.`);
  }

  private refuseBlankLine(): never {
    if (this.header === undefined)
      throw new Problem(
        `${this.source}, line ${this.line}: the line is blank, and the first line must name the columns. Remove the blank line.`,
      );
    const column = this.header.length === 1 ? this.header[0] : undefined;
    throw new Problem(
      `${this.place(this.rows, this.line, column)}: the line is blank, and more rows follow. Fill it in or remove the line.`,
    );
  }

  private place(row: number, line: number, column?: string): string {
    return `${this.source}, line ${line} (row ${row + 1})${column === undefined ? '' : `, column ${column}`}`;
  }

  private lineOf(row: number): number {
    let line = this.headerLines + 1 + row;
    for (const long of this.longRows) if (long.row < row) line += long.extraLines;
    return line;
  }
}

/** The number of lines a record stands on. */
function linesOf(record: readonly string[]): number {
  let lines = 1;
  for (const field of record) {
    for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) lines += 1;
  }
  return lines;
}
