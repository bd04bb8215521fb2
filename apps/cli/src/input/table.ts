import { type Table as Columns, readTable as readColumns } from '@emkit/files';
import type { Io } from '../io.ts';
import { Problem, usageProblem } from '../problem.ts';
import { inputName, openInput } from './source.ts';

/** Which columns of a file are wanted, and for what. */
export interface TableRequest {
  /** Names of the data columns. Default: every column of numbers that has a name and no other use. */
  readonly data?: readonly string[] | undefined;
  /** Further columns of numbers: case weights, numbers of trials. */
  readonly further?: readonly string[];
  /** Columns of words, by name: the words that stand for 0, 1, ... in them. */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
  /** Columns of categories, whose distinct values are found. */
  readonly categories?: readonly string[];
  /** Words for missing values; undefined where there may be none. */
  readonly missing?: readonly string[] | undefined;
  /** A column of known components, where a blank means that it is latent. */
  readonly labels?: string | undefined;
  /** A column that says which rows belong together: numbers or words. */
  readonly sequences?: string | undefined;
  /** False where the file begins with its first row: columns are then called x, or x1, x2, ... Default true. */
  readonly header?: boolean;
  /** Called now and then with the number of rows read. */
  readonly onRows?: (rows: number) => void;
}

/** The wanted columns of a file as numbers. */
export interface Table extends Omit<Columns, 'columns'> {
  /** Names of the data columns, in the order in which they were asked for. */
  readonly data: readonly string[];
  /** The values that were found in columns of categories, sorted, by the column's name. */
  readonly levels: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads the wanted columns of a CSV file.
 *
 * @param path a file, or `-` for the standard input
 * @throws EmkitError naming file, line, row, column and value; Problem when it cannot be read
 */
export async function readTable(path: string, request: TableRequest, io: Io): Promise<Table> {
  const { data, further = [], levels = {}, categories = [], missing, labels, sequences, header = true, onRows } = request;
  const special = [...further, ...[labels, sequences].filter((name) => name !== undefined)];
  const twice = data?.find((name, index) => data.indexOf(name) !== index);
  if (twice !== undefined) throw usageProblem(`--columns names ${JSON.stringify(twice)} twice.`);
  const shared = data?.find((name) => special.includes(name));
  if (shared !== undefined) {
    throw usageProblem(
      `The column ${JSON.stringify(shared)} is asked for twice: as data and for another use. Choose the data with --columns.`,
    );
  }
  const { columns, ...table } = await readColumns(openInput(path, io), {
    name: inputName(path),
    header,
    columns: [...new Set([...(data ?? []).filter((name) => !Object.hasOwn(levels, name) && !categories.includes(name)), ...further])],
    levels,
    categories,
    ...(missing && { missing }),
    blankable: labels === undefined ? [] : [labels],
    keys: sequences === undefined ? [] : [sequences],
    others: data === undefined ? 'numbers' : 'skip',
    flags: { columns: '--columns', header: '--no-header', missing: '--missing' },
    onProgress: (rows) => onRows?.(rows),
  });
  const names = data ?? columns.map(({ name }) => name).filter((name) => !special.includes(name));
  if (names.length === 0) throw new Problem(`${inputName(path)} has no data column left. Name the data columns with --columns.`);
  const found = Object.fromEntries(columns.flatMap(({ name, levels: words }) => (words === undefined ? [] : [[name, words]])));
  return { ...table, data: names, levels: found };
}
