import type { Block } from '../data/block.ts';

/** The different rows of a block, and for each row which of them it is. Rows of sequences cannot be merged, but they need not be evaluated twice. */
export interface EqualRows {
  readonly block: Block;
  readonly codes: Int32Array;
}

/** Fewer rows than this are not worth a table. */
const FEWEST_ROWS = 64;

/** A table pays where rows are this many times as many as different ones, and it stays in the cache. */
const LEAST_REPEATS = 8;
const LARGEST_TABLE = 4096;

/** Undefined where a table does not pay, or rows are of more than one column. */
export function equalRows({ size, columns, inexact }: Block): EqualRows | undefined {
  const [values] = columns;
  if (size < FEWEST_ROWS || columns.length !== 1 || inexact !== undefined) return undefined;
  const most = Math.min(size / LEAST_REPEATS, LARGEST_TABLE);
  const known = new Map<number, number>();
  const codes = new Int32Array(size);
  for (let row = 0; row < size; row += 1) {
    const value = values![row]!;
    let code = known.get(value);
    if (code === undefined) {
      if (known.size >= most) return undefined;
      code = known.size;
      known.set(value, code);
    }
    codes[row] = code;
  }
  return { block: { size: known.size, columns: [Float64Array.from(known.keys())] }, codes };
}
