/**
 * A block: some hundred rows as columns. The unit of all numeric work, small enough for the processor's cache.
 * Columns may be views of the caller's own arrays: never write to them. What is not there costs nothing.
 */
export interface Block {
  /** The number of rows. Arrays handed to a family may be longer; only the first `size` entries count. */
  readonly size: number;
  /** One array a column, each of length `size`. */
  readonly columns: readonly Float64Array[];
  /** Case weights, one a unit, each > 0; absent when every unit counts once. */
  readonly weights?: Float64Array;
  /** Known components, counted from 0; -1 where the label is latent. Absent when every label is latent. */
  readonly labels?: Int32Array;
  /** Sets of components that a row may come from, as bits: 1 << k allows component k; 0 says nothing. Absent when nothing is said. */
  readonly allowed?: Int32Array;
  /** The rows at which units begin, the first 0: sequences, whose labels hang together. Absent when each row is a unit. */
  readonly units?: Int32Array;
  /** For each column its cells that are not exact; absent when all are. A placeholder within the support stands in the column itself. */
  readonly inexact?: readonly (Inexact | undefined)[];
}

/** The cells of one column that are not exact. */
export interface Inexact {
  /** Their rows, ascending. */
  readonly rows: Int32Array;
  /** What they are known to lie between; from -Infinity to Infinity they are missing. Absent where all are missing. */
  readonly bounds?: { readonly lower: Float64Array; readonly upper: Float64Array };
}

/** What became of missing values. */
export interface MissingCells {
  /** The number of missing cells of each column, of rows that were left out not counted. */
  readonly cells: readonly number[];
  /** Rows that hold no value at all: they change nothing but the number of rows. */
  readonly emptyRows: number;
  /** Rows that were left out because they hold a missing cell. */
  readonly dropped: number;
}

/**
 * Data ready to be fitted: finite numbers in blocks, rows of weight 0 left out, equal rows of discrete data merged.
 * Immutable, and knows how to find its way back to the caller's rows.
 */
export interface Dataset {
  /** The number of rows the caller gave. */
  readonly rows: number;
  /** The number of rows in the blocks: `rows` less those of weight 0 and those merged into others. */
  readonly distinctRows: number;
  /** The sum of the case weights over all rows: n in every formula. */
  readonly totalWeight: number;
  readonly columnNames: readonly string[];
  readonly blocks: readonly Block[];
  /** Row of the blocks for each of the caller's rows, -1 for one that is left out (of weight 0, or dropped); absent when they are the same. */
  readonly blockRow?: Int32Array;
  /** True when some label is known. */
  readonly labelled: boolean;
  /** The number of units; absent when each row is one. */
  readonly units?: number;
  /** Absent where no value is missing. */
  readonly missing?: MissingCells;
}

/** Rows in a block. A row of three components then takes about 40 kB of working memory, which stays in the first cache. */
export const DEFAULT_BLOCK_SIZE = 1024;

export function largestBlock(blocks: readonly Block[]): number {
  let largest = 1;
  for (const block of blocks) if (block.size > largest) largest = block.size;
  return largest;
}
