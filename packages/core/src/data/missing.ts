import { EmkitError, showValue } from '../errors.ts';
import type { Family, Support } from '../family.ts';
import type { Inexact, MissingCells } from './block.ts';
import type { Cells } from './cells.ts';
import { pickRows, type Rows } from './rows.ts';

/**
 * What becomes of missing values (null, undefined and NaN): `error` names the first; `integrate` takes their rows for what is known of them;
 * `drop` leaves out each row that has one.
 */
export type MissingPolicy = 'error' | 'integrate' | 'drop';

/** What to do about a missing value. */
export const MISSING_REMEDY = "Correct it, or say what becomes of missing values: missing: 'integrate', or 'drop' to leave such rows out.";

/** @throws EmkitError `OPTION_INVALID` */
export function checkPolicy(policy: unknown): asserts policy is MissingPolicy | undefined {
  if (policy === undefined || policy === 'error' || policy === 'integrate' || policy === 'drop') return;
  throw new EmkitError('OPTION_INVALID', `The option missing is ${showValue(policy)}.`, {
    value: policy,
    remedy: 'Give one of: error, integrate, drop.',
  });
}

/** Rows whose missing cells are listed and hold a placeholder. */
export interface WithCells {
  readonly rows: Rows;
  readonly missing?: MissingCells;
  /** Where dropped rows went: -1. Absent where none was. */
  readonly blockRow?: Int32Array;
}

/**
 * Lists the cells that are NaN, and puts a placeholder within the support in their place; or leaves out their rows.
 *
 * @throws EmkitError `DATA_EMPTY` where no row is left; `DATA_NOT_FINITE` for a missing cell of a given column beside an observed one
 */
export function takeMissing(whole: Rows, policy: MissingPolicy | undefined, family: Family, names: readonly string[]): WithCells {
  if (policy === undefined || policy === 'error') return { rows: whole };
  const cells = whole.columns.map(missingRows);
  if (cells.every((own) => own === undefined)) return { rows: whole };
  if (policy === 'drop') return drop(whole, cells);
  const own = family.columns.length;
  checkLabelColumns(names, cells, own);
  checkGiven(family, 0, names, cells);
  const columns = whole.columns.map((column, index) => (index < own ? fill(column, cells[index], family.columns[index]!.support) : column));
  return { rows: { ...whole, columns, inexact: cells }, missing: countMissing(cells.slice(0, own), whole.rows) };
}

/** Counts them for a report. */
function countMissing(cells: Cells, size: number): MissingCells {
  const seen = new Int32Array(size);
  for (const own of cells) for (const row of own?.rows ?? []) seen[row]! += 1;
  let emptyRows = 0;
  for (const count of seen) if (count === cells.length) emptyRows += 1;
  return { cells: cells.map((own) => own?.rows.length ?? 0), emptyRows, dropped: 0 };
}

function missingRows(column: Float64Array): Inexact | undefined {
  const rows: number[] = [];
  for (let row = 0; row < column.length; row += 1) if (Number.isNaN(column[row])) rows.push(row);
  return rows.length === 0 ? undefined : { rows: Int32Array.from(rows) };
}

function drop(whole: Rows, cells: Cells): WithCells {
  const blockRow = new Int32Array(whole.rows);
  for (const own of cells) for (const row of own?.rows ?? []) blockRow[row] = -1;
  const order: number[] = [];
  for (let row = 0; row < whole.rows; row += 1) if (blockRow[row] === 0) blockRow[row] = order.push(row) - 1;
  if (order.length === 0)
    throw new EmkitError('DATA_EMPTY', 'Every row has a missing value, and all are left out.', { remedy: "Use missing: 'integrate'." });
  return {
    rows: pickRows(whole, order),
    blockRow,
    missing: { cells: cells.map(() => 0), emptyRows: 0, dropped: whole.rows - order.length },
  };
}

/** Of a row whose weights are unknown nothing can be said, whatever else was observed. */
function checkLabelColumns(names: readonly string[], cells: Cells, first: number): void {
  for (let index = first; index < cells.length; index += 1) {
    const row = cells[index]?.rows[0];
    if (row === undefined) continue;
    const column = names[index]!;
    throw new EmkitError('DATA_NOT_FINITE', `Row ${row + 1}, column ${column}: the value is missing, and the weights depend on it.`, {
      row,
      column,
      remedy: "Correct it, or leave such rows out: missing: 'drop'.",
    });
  }
}

/** What a density is conditional on has no law of its own: where it is missing nothing can be said of the observed cell beside it. */
function checkGiven({ columns, parts }: Family, first: number, names: readonly string[], cells: Cells): void {
  if (parts !== undefined) {
    let place = first;
    for (const part of Object.values(parts)) {
      checkGiven(part, place, names, cells);
      place += part.columns.length;
    }
    return;
  }
  const observed = columns.flatMap(({ given }, index) => (given === true ? [] : [first + index]));
  columns.forEach(({ given }, index) => {
    const own = given === true ? cells[first + index] : undefined;
    for (const dependent of own === undefined ? [] : observed) {
      const gone = new Set(cells[dependent]?.rows);
      const row = own!.rows.find((each) => !gone.has(each));
      if (row !== undefined) throw missingGiven(row, names[first + index]!, names[dependent]!);
    }
  });
}

function missingGiven(row: number, column: string, dependent: string): EmkitError {
  return new EmkitError('DATA_NOT_FINITE', `Row ${row + 1}, column ${column}: the value is missing, and that of ${dependent} is not.`, {
    row,
    column,
    remedy: `${dependent} is described given ${column}: correct it, or make both missing.`,
  });
}

/** A copy with a value of the column in its holes; where it has none, a plain one of its support. */
function fill(column: Float64Array, cells: Inexact | undefined, support: Support): Float64Array {
  if (cells === undefined) return column;
  const filled = column.slice();
  const own = support.kind === 'integer' && typeof support.maximum !== 'number' ? undefined : column.find((value) => !Number.isNaN(value));
  const placeholder = own ?? plainValue(support);
  for (const row of cells.rows) filled[row] = placeholder;
  return filled;
}

function plainValue(support: Support): number {
  if (support.kind === 'real') return 0;
  if (support.kind === 'integer') return support.minimum;
  const { minimum, maximum } = support;
  if (maximum < Infinity) return minimum > -Infinity ? minimum + (maximum - minimum) / 2 : maximum - 1;
  return minimum > -Infinity ? minimum + 1 : 0;
}
