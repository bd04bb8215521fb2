import type { Family } from '../family.ts';
import { cellKeys, pickCells } from './cells.ts';
import type { Rows } from './rows.ts';

/** Above this many cells a table indexed by value costs more than it saves. */
const LARGEST_TABLE = 1 << 22;

/**
 * Merges equal rows of discrete data (and of equal label) into one row with the sum of their weights, in ascending order of the
 * values, so that the answer does not depend on the order of the rows. `blockRow` maps each given row to its merged row.
 */
export function mergeEqualRows(rows: Rows): { rows: Rows; blockRow: Int32Array } {
  const { cell, cells } = tableCells(rows) ?? sortedCells(rows);
  const weights = new Float64Array(cells);
  const first = new Int32Array(cells).fill(-1);
  for (let row = 0; row < rows.rows; row += 1) {
    const index = cell[row]!;
    weights[index] = weights[index]! + (rows.weights === undefined ? 1 : rows.weights[row]!);
    if (first[index]! < 0) first[index] = row;
  }
  const order: number[] = [];
  const position = new Int32Array(cells);
  for (let index = 0; index < cells; index += 1) {
    if (first[index]! < 0) continue;
    position[index] = order.length;
    order.push(index);
  }
  for (let row = 0; row < rows.rows; row += 1) cell[row] = position[cell[row]!]!;
  const inexact = pickCells(
    rows.inexact,
    order.map((index) => first[index]!),
  );
  return {
    blockRow: cell,
    rows: {
      rows: order.length,
      columns: rows.columns.map((column) => Float64Array.from(order, (index) => column[first[index]!]! + 0)),
      weights: Float64Array.from(order, (index) => weights[index]!),
      ...(rows.labels && { labels: Int32Array.from(order, (index) => rows.labels![first[index]!]!) }),
      ...(rows.allowed && { allowed: Int32Array.from(order, (index) => rows.allowed![first[index]!]!) }),
      ...(inexact && { inexact }),
    },
  };
}

/** Whole numbers up to this are counted in a table in the first cache, and as they are checked. */
const LARGEST_COUNTED = 4095;

/**
 * Merges one column of small whole numbers in a single pass that checks the support as well. Undefined where a number is outside the
 * support or too large for the table: then the general way serves, and names what is wrong.
 */
export function countWholeNumbers(values: Float64Array, families: readonly Family[]): Rows | undefined {
  let minimum = 0;
  let maximum = LARGEST_COUNTED;
  for (const { columns } of families) {
    const { support } = columns[0]!;
    if (support.kind !== 'integer' || typeof support.maximum !== 'number') return undefined;
    minimum = Math.max(minimum, support.minimum);
    maximum = Math.min(maximum, support.maximum);
  }
  // Two tables, taken in turns, so that equal neighbours do not wait for one another.
  const even = new Int32Array(LARGEST_COUNTED + 1);
  const odd = new Int32Array(LARGEST_COUNTED + 1);
  const pairs = values.length & ~1;
  let wrong = 0;
  for (let row = 0; row < pairs; row += 2) {
    const first = values[row]!;
    const second = values[row + 1]!;
    const firstIndex = first & LARGEST_COUNTED;
    const secondIndex = second & LARGEST_COUNTED;
    wrong |= Number(first !== firstIndex) | Number(second !== secondIndex);
    even[firstIndex]! += 1;
    odd[secondIndex]! += 1;
  }
  for (let row = pairs; row < values.length; row += 1) {
    const index = values[row]! & LARGEST_COUNTED;
    wrong |= Number(values[row]! !== index);
    even[index]! += 1;
  }
  if (wrong !== 0) return undefined;
  const distinct: number[] = [];
  for (let value = 0; value <= LARGEST_COUNTED; value += 1) {
    if (even[value]! + odd[value]! === 0) continue;
    if (value < minimum || value > maximum) return undefined;
    distinct.push(value);
  }
  const weights = Float64Array.from(distinct, (value) => even[value]! + odd[value]!);
  return { rows: distinct.length, columns: [Float64Array.from(distinct)], weights };
}

/** For each value its row among the distinct ones of `merged`. */
export function placesOf(values: Float64Array, { columns }: Rows): Int32Array {
  const place = new Int32Array(LARGEST_COUNTED + 1);
  columns[0]!.forEach((value, index) => {
    place[value] = index;
  });
  return Int32Array.from(values, (value) => place[value]!);
}

/** For each row its cell, numbered in ascending order of the values; some cells may be empty. */
interface Cells {
  readonly cell: Int32Array;
  readonly cells: number;
}

/** One cell for each combination of values, when there are few enough. */
function tableCells(rows: Rows): Cells | undefined {
  const sources = keysOf(rows);
  const lowest: number[] = [];
  const extents: number[] = [];
  let cells = 1;
  for (const values of sources) {
    let low = Infinity;
    let high = -Infinity;
    for (let row = 0; row < rows.rows; row += 1) {
      const value = values[row]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    lowest.push(low);
    extents.push(high - low + 1);
    cells *= high - low + 1;
    if (!(cells <= LARGEST_TABLE)) return undefined;
  }
  const cell = new Int32Array(rows.rows);
  sources.forEach((values, index) => {
    const extent = extents[index]!;
    const low = lowest[index]!;
    for (let row = 0; row < rows.rows; row += 1) cell[row] = cell[row]! * extent + (values[row]! - low);
  });
  return { cell, cells };
}

/** One cell for each different row, found by sorting. */
function sortedCells(rows: Rows): Cells {
  const order = new Uint32Array(rows.rows);
  for (let row = 0; row < rows.rows; row += 1) order[row] = row;
  const keys = keysOf(rows);
  order.sort((a, b) => compareRows(keys, a, b));
  const cell = new Int32Array(rows.rows);
  let cells = 0;
  for (let place = 0; place < rows.rows; place += 1) {
    if (place > 0 && compareRows(keys, order[place - 1]!, order[place]!) !== 0) cells += 1;
    cell[order[place]!] = cells;
  }
  return { cell, cells: cells + 1 };
}

function compareRows(keys: readonly (Float64Array | Int32Array)[], a: number, b: number): number {
  for (const column of keys) {
    const difference = column[a]! - column[b]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** All in which equal rows are equal. */
function keysOf({ rows, columns, labels, allowed, inexact = [] }: Rows): readonly (Float64Array | Int32Array)[] {
  const states = inexact.flatMap((cells) => (cells === undefined ? [] : [cellKeys(cells, rows)]));
  return [...columns, ...(labels ? [labels] : []), ...(allowed ? [allowed] : []), ...states];
}
