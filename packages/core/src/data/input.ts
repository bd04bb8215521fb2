import { EmkitError, showValue } from '../errors.ts';
import { MISSING_REMEDY } from './missing.ts';

/** A sequence of numbers, in an array or any typed array; of words, where a family has levels. Null and undefined are missing values. */
export type NumberSequence =
  | ArrayLike<number | null | undefined>
  | ArrayLike<bigint | null | undefined>
  | ArrayLike<string | null | undefined>;

/** The part of an Apache Arrow table that is used; any version's `Table` fits. */
export interface ArrowTableLike {
  readonly numRows: number;
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChild(name: string): { readonly nullCount: number; toArray(): ArrayLike<unknown>; get(index: number): unknown } | null;
}

/**
 * Data as people have it:
 * - one column: an array or typed array of numbers;
 * - rows: an array of arrays, all of one length;
 * - columns: a record of arrays by name, `{ eruptions: [...], waiting: [...] }`, all of one length;
 * - records: an iterable of objects, with `columns` naming those to use;
 * - an Apache Arrow table;
 * - with `dimension` d, one array holding the rows of d numbers one after the other.
 *
 * A Float64Array is used in place, not copied, and never written to.
 */
export type DataInput =
  | NumberSequence
  | readonly (readonly (number | string | null | undefined)[] | Float64Array)[]
  | Readonly<Record<string, NumberSequence>>
  | Iterable<Readonly<Record<string, unknown>>>
  | ArrowTableLike;

/** An input read into named columns of equal length; nothing is checked yet but the shape. */
export interface InputColumns {
  readonly rows: number;
  readonly names: readonly string[];
  /** Finds a column by name (or by index, as text or number); undefined when there is none. */
  find(name: string | number): ArrayLike<unknown> | undefined;
  /** The columns that stand for the data when none are named. */
  readonly all: readonly string[];
}

/**
 * Reads any source into columns.
 *
 * @throws EmkitError `DATA_SHAPE` (ragged rows, columns of different length, not data at all), `DATA_NOT_A_NUMBER` (text, a
 * missing value), `DATA_UNKNOWN_COLUMN`
 */
export function readInput(
  source: DataInput,
  wanted: readonly (string | number)[] | undefined,
  dimension: number | undefined,
): InputColumns {
  if (typeof source !== 'object' || source === null) {
    throw new EmkitError('DATA_SHAPE', `The data are ${showValue(source)}.`, {
      remedy: 'Give an array of numbers, an array of rows, a record of columns, an iterable of records or an Arrow table.',
    });
  }
  if ('then' in source && typeof source.then === 'function')
    throw new EmkitError('DATA_SHAPE', 'The data are a promise.', { remedy: 'Await them first.' });
  if (isArrowTable(source)) return readArrow(source, wanted);
  if (ArrayBuffer.isView(source)) return readFlat(source as unknown as NumberSequence, dimension);
  if (Array.isArray(source)) {
    const first: unknown = source[0];
    if (
      source.length === 0 ||
      typeof first === 'number' ||
      typeof first === 'bigint' ||
      typeof first === 'string' ||
      dimension !== undefined
    ) {
      return readFlat(source as NumberSequence, dimension);
    }
    if (Array.isArray(first) || ArrayBuffer.isView(first)) return readRows(source as readonly ArrayLike<unknown>[]);
    if (typeof first === 'object' && first !== null) return readRecords(source as Iterable<Record<string, unknown>>, wanted);
    return readFlat(source as NumberSequence, dimension);
  }
  if (Symbol.iterator in source) return readRecords(source as Iterable<Record<string, unknown>>, wanted);
  return readColumns(source as Readonly<Record<string, NumberSequence>>);
}

export function isArrowTable(source: object): source is ArrowTableLike {
  return 'getChild' in source && typeof source.getChild === 'function' && 'schema' in source && 'numRows' in source;
}

function fromMap(columns: ReadonlyMap<string, ArrayLike<unknown>>, rows: number): InputColumns {
  const names = [...columns.keys()];
  return {
    rows,
    names,
    all: names,
    find: (name) => columns.get(String(name)) ?? (typeof name === 'number' ? columns.get(names[name] ?? '') : undefined),
  };
}

/**
 * A copy as 64-bit floats, or the array itself when it already is one.
 *
 * @param levels words that stand for 0, 1, ...
 * @param holes whether missing values become NaN
 * @throws EmkitError `DATA_NOT_A_NUMBER`, naming the row
 */
export function toFloat64(values: ArrayLike<unknown>, column: string, levels?: readonly string[], holes = false): Float64Array {
  if (values instanceof Float64Array) return values;
  const codes = levels && new Map(levels.map((level, code) => [level, code]));
  const out = new Float64Array(values.length);
  for (let row = 0; row < out.length; row += 1) {
    const value = values[row];
    const code = typeof value === 'string' ? codes?.get(value) : undefined;
    if (code !== undefined) out[row] = code;
    else if (typeof value === 'number') out[row] = value;
    else if (holes && (value === null || value === undefined)) out[row] = Number.NaN;
    else if (typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n) out[row] = Number(value);
    else throw notANumber(row, column, value, levels);
  }
  return out;
}

function notANumber(row: number, column: string, value: unknown, levels?: readonly string[]): EmkitError {
  const missing = value === undefined || value === null;
  const what = missing ? 'the value is missing' : `${showValue(value)} is ${levels === undefined ? 'not a number' : 'none of the levels'}`;
  return new EmkitError('DATA_NOT_A_NUMBER', `Row ${row + 1}, column ${column}: ${what}.`, {
    row,
    column,
    value,
    remedy: missing
      ? MISSING_REMEDY
      : levels === undefined
        ? 'Correct it or leave the row out.'
        : `The levels are: ${levels.slice(0, 20).join(', ')}.`,
  });
}

function readFlat(values: NumberSequence, dimension = 1): InputColumns {
  if (!Number.isSafeInteger(dimension) || dimension < 1) {
    throw new EmkitError('OPTION_INVALID', `The option dimension is ${showValue(dimension)}.`, {
      remedy: 'Give a whole number of at least 1.',
    });
  }
  if (dimension === 1) return fromMap(new Map([['x', values]]), values.length);
  if (values.length % dimension !== 0) {
    throw new EmkitError('DATA_SHAPE', `The data hold ${values.length} numbers, which is no multiple of the dimension ${dimension}.`);
  }
  const rows = values.length / dimension;
  const columns = new Map<string, ArrayLike<unknown>>();
  for (let column = 0; column < dimension; column += 1) {
    const out: unknown[] = [];
    for (let row = 0; row < rows; row += 1) out.push(values[row * dimension + column]);
    columns.set(`x${column + 1}`, out);
  }
  return fromMap(columns, rows);
}

function readRows(source: readonly ArrayLike<unknown>[]): InputColumns {
  const dimension = source[0]!.length;
  if (dimension === 0) throw new EmkitError('DATA_SHAPE', 'Row 1 is empty.', { row: 0, remedy: 'A row holds at least one number.' });
  const outs = Array.from({ length: dimension }, (): unknown[] => []);
  for (let row = 0; row < source.length; row += 1) {
    const values = source[row];
    if (values === undefined || values === null || values.length !== dimension) {
      throw new EmkitError('DATA_SHAPE', `Row ${row + 1} has ${values?.length ?? 'no'} values, and row 1 has ${dimension}.`, {
        row,
        remedy: 'All rows need the same number of values.',
      });
    }
    for (let column = 0; column < dimension; column += 1) outs[column]!.push(values[column]);
  }
  return fromMap(new Map(outs.map((out, column) => [dimension === 1 ? 'x' : `x${column + 1}`, out])), source.length);
}

function readColumns(source: Readonly<Record<string, NumberSequence>>): InputColumns {
  const entries = Object.entries(source);
  if (entries.length === 0) throw new EmkitError('DATA_EMPTY', 'The data have no columns.');
  const columns = new Map<string, ArrayLike<unknown>>();
  const rows = entries[0]![1]?.length;
  for (const [name, values] of entries) {
    if (typeof values !== 'object' || values === null || typeof values.length !== 'number') {
      throw new EmkitError('DATA_SHAPE', `Column ${name} is ${showValue(values)}, not an array of numbers.`, { column: name });
    }
    if (values.length !== rows) {
      throw new EmkitError('DATA_SHAPE', `Column ${name} has ${values.length} rows, and column ${entries[0]![0]} has ${rows}.`, {
        column: name,
      });
    }
    columns.set(name, values);
  }
  return fromMap(columns, rows!);
}

function unknownColumn(name: string | number, names: readonly string[]): EmkitError {
  return new EmkitError('DATA_UNKNOWN_COLUMN', `The data have no column ${showValue(name)}.`, {
    column: String(name),
    remedy: `They have: ${names.join(', ')}.`,
  });
}

function readRecords(source: Iterable<Readonly<Record<string, unknown>>>, wanted: readonly (string | number)[] | undefined): InputColumns {
  let names: readonly string[] | undefined = wanted?.map(String);
  let outs: unknown[][] = [];
  let row = 0;
  for (const record of source) {
    if (typeof record !== 'object' || record === null) {
      throw new EmkitError('DATA_SHAPE', `Row ${row + 1} is ${showValue(record)}, not a record.`, { row });
    }
    if (names === undefined) names = Object.keys(record);
    if (row === 0) outs = names.map(() => []);
    for (let column = 0; column < names.length; column += 1) {
      const name = names[column]!;
      const value = record[name];
      if (value === undefined && row === 0 && !(name in record)) throw unknownColumn(name, Object.keys(record));
      outs[column]!.push(value);
    }
    row += 1;
  }
  return fromMap(new Map((names ?? []).map((name, column) => [name, outs[column] ?? []])), row);
}

function readArrow(table: ArrowTableLike, wanted: readonly (string | number)[] | undefined): InputColumns {
  const names = table.schema.fields.map((field) => field.name);
  const cache = new Map<string, ArrayLike<unknown>>();
  const find = (wantedName: string | number): ArrayLike<unknown> | undefined => {
    const name = typeof wantedName === 'number' && !names.includes(String(wantedName)) ? names[wantedName] : String(wantedName);
    if (name === undefined) return undefined;
    const known = cache.get(name);
    if (known !== undefined) return known;
    const child = table.getChild(name);
    if (child === null) return undefined;
    // An array of a column with nulls holds anything in their place.
    const values = child.nullCount > 0 ? Array.from({ length: table.numRows }, (_, row) => child.get(row)) : child.toArray();
    cache.set(name, values);
    return values;
  };
  return { rows: table.numRows, names, all: wanted?.map(String) ?? names, find };
}

/** The named column, or the coded error that lists those there are. */
export function requireColumn(columns: InputColumns, name: string | number): ArrayLike<unknown> {
  const values = columns.find(name);
  if (values === undefined) throw unknownColumn(name, columns.names);
  return values;
}
