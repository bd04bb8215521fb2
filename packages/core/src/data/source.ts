import { EmkitError, showValue } from '../errors.ts';

/** A sequence of numbers, in an array or any typed array. */
export type NumberSequence = ArrayLike<number> | ArrayLike<bigint>;

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
export type DataSource =
  | NumberSequence
  | readonly (readonly number[] | Float64Array)[]
  | Readonly<Record<string, NumberSequence>>
  | Iterable<Readonly<Record<string, unknown>>>
  | ArrowTableLike;

/** A source read into named columns of equal length; nothing is checked yet but shape and type. */
export interface SourceColumns {
  readonly rows: number;
  readonly names: readonly string[];
  /** Finds a column by name (or by index, as text or number); undefined when there is none. */
  find(name: string | number): Float64Array | undefined;
  /** The columns that stand for the data when none are named. */
  readonly all: readonly string[];
}

/**
 * Reads any source into columns.
 *
 * @throws EmkitError `DATA_SHAPE` (ragged rows, columns of different length, not data at all), `DATA_NOT_A_NUMBER` (text, a
 * missing value), `DATA_UNKNOWN_COLUMN`
 */
export function readSource(
  source: DataSource,
  wanted: readonly (string | number)[] | undefined,
  dimension: number | undefined,
): SourceColumns {
  if (typeof source !== 'object' || source === null) {
    throw new EmkitError('DATA_SHAPE', `The data are ${showValue(source)}.`, {
      remedy: 'Give an array of numbers, an array of rows, a record of columns, an iterable of records or an Arrow table.',
    });
  }
  if (isArrowTable(source)) return readArrow(source, wanted);
  if (ArrayBuffer.isView(source)) return readFlat(source as unknown as NumberSequence, dimension);
  if (Array.isArray(source)) {
    const first: unknown = source[0];
    if (source.length === 0 || typeof first === 'number' || typeof first === 'bigint' || dimension !== undefined) {
      return readFlat(source as NumberSequence, dimension);
    }
    if (Array.isArray(first) || ArrayBuffer.isView(first)) return readRows(source as readonly ArrayLike<number>[]);
    if (typeof first === 'object' && first !== null) return readRecords(source as Iterable<Record<string, unknown>>, wanted);
    return readFlat(source as NumberSequence, dimension);
  }
  if (Symbol.iterator in source) return readRecords(source as Iterable<Record<string, unknown>>, wanted);
  return readColumns(source as Readonly<Record<string, NumberSequence>>);
}

function isArrowTable(source: object): source is ArrowTableLike {
  return 'getChild' in source && typeof source.getChild === 'function' && 'schema' in source && 'numRows' in source;
}

function fromMap(columns: ReadonlyMap<string, Float64Array>, rows: number): SourceColumns {
  const names = [...columns.keys()];
  return {
    rows,
    names,
    all: names,
    find: (name) => columns.get(String(name)) ?? (typeof name === 'number' ? columns.get(names[name] ?? '') : undefined),
  };
}

/** A copy as 64-bit floats, or the array itself when it already is one. */
export function toFloat64(values: ArrayLike<unknown>, column: string): Float64Array {
  if (values instanceof Float64Array) return values;
  const out = new Float64Array(values.length);
  for (let row = 0; row < out.length; row += 1) {
    const value = values[row];
    if (typeof value === 'number') out[row] = value;
    else if (typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n) out[row] = Number(value);
    else throw notANumber(row, column, value);
  }
  return out;
}

function notANumber(row: number, column: string, value: unknown): EmkitError {
  const missing = value === undefined || value === null;
  return new EmkitError(
    'DATA_NOT_A_NUMBER',
    `Row ${row + 1}, column ${column}: ${missing ? 'the value is missing' : `${showValue(value)} is not a number`}.`,
    {
      row,
      column,
      value,
      remedy: 'Correct it or leave the row out.',
    },
  );
}

function readFlat(values: NumberSequence, dimension = 1): SourceColumns {
  if (!Number.isSafeInteger(dimension) || dimension < 1) {
    throw new EmkitError('OPTION_INVALID', `The option dimension is ${showValue(dimension)}.`, {
      remedy: 'Give a whole number of at least 1.',
    });
  }
  if (dimension === 1) return fromMap(new Map([['x', toFloat64(values, 'x')]]), values.length);
  if (values.length % dimension !== 0) {
    throw new EmkitError('DATA_SHAPE', `The data hold ${values.length} numbers, which is no multiple of the dimension ${dimension}.`);
  }
  const rows = values.length / dimension;
  const columns = new Map<string, Float64Array>();
  for (let column = 0; column < dimension; column += 1) {
    const name = `x${column + 1}`;
    const out = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const value = values[row * dimension + column];
      if (typeof value !== 'number') throw notANumber(row, name, value);
      out[row] = value;
    }
    columns.set(name, out);
  }
  return fromMap(columns, rows);
}

function readRows(source: readonly ArrayLike<number>[]): SourceColumns {
  const dimension = source[0]!.length;
  if (dimension === 0) throw new EmkitError('DATA_SHAPE', 'Row 1 is empty.', { row: 0, remedy: 'A row holds at least one number.' });
  const outs = Array.from({ length: dimension }, () => new Float64Array(source.length));
  for (let row = 0; row < source.length; row += 1) {
    const values = source[row];
    if (values === undefined || values === null || values.length !== dimension) {
      throw new EmkitError('DATA_SHAPE', `Row ${row + 1} has ${values?.length ?? 'no'} values, and row 1 has ${dimension}.`, {
        row,
        remedy: 'All rows need the same number of values.',
      });
    }
    for (let column = 0; column < dimension; column += 1) {
      const value: unknown = values[column];
      if (typeof value !== 'number') throw notANumber(row, `x${column + 1}`, value);
      outs[column]![row] = value;
    }
  }
  return fromMap(new Map(outs.map((out, column) => [dimension === 1 ? 'x' : `x${column + 1}`, out])), source.length);
}

function readColumns(source: Readonly<Record<string, NumberSequence>>): SourceColumns {
  const entries = Object.entries(source);
  if (entries.length === 0) throw new EmkitError('DATA_EMPTY', 'The data have no columns.');
  const columns = new Map<string, Float64Array>();
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
    columns.set(name, toFloat64(values, name));
  }
  return fromMap(columns, rows!);
}

function unknownColumn(name: string | number, names: readonly string[]): EmkitError {
  return new EmkitError('DATA_UNKNOWN_COLUMN', `The data have no column ${showValue(name)}.`, {
    column: String(name),
    remedy: `They have: ${names.join(', ')}.`,
  });
}

function readRecords(source: Iterable<Readonly<Record<string, unknown>>>, wanted: readonly (string | number)[] | undefined): SourceColumns {
  let names: readonly string[] | undefined = wanted?.map(String);
  let outs: number[][] = [];
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
      if (typeof value !== 'number') throw notANumber(row, name, value);
      outs[column]!.push(value);
    }
    row += 1;
  }
  return fromMap(new Map((names ?? []).map((name, column) => [name, Float64Array.from(outs[column] ?? [])])), row);
}

function readArrow(table: ArrowTableLike, wanted: readonly (string | number)[] | undefined): SourceColumns {
  const names = table.schema.fields.map((field) => field.name);
  const cache = new Map<string, Float64Array>();
  const find = (wantedName: string | number): Float64Array | undefined => {
    const name = typeof wantedName === 'number' && !names.includes(String(wantedName)) ? names[wantedName] : String(wantedName);
    if (name === undefined) return undefined;
    const known = cache.get(name);
    if (known !== undefined) return known;
    const child = table.getChild(name);
    if (child === null) return undefined;
    if (child.nullCount > 0) {
      for (let row = 0; row < table.numRows; row += 1) {
        if (child.get(row) === null) throw notANumber(row, name, null);
      }
    }
    const values = toFloat64(child.toArray(), name);
    cache.set(name, values);
    return values;
  };
  return { rows: table.numRows, names, all: wanted?.map(String) ?? names, find };
}

/** The named column, or the coded error that lists those there are. */
export function requireColumn(columns: SourceColumns, name: string | number): Float64Array {
  const values = columns.find(name);
  if (values === undefined) throw unknownColumn(name, columns.names);
  return values;
}
