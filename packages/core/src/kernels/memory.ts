// How blocks come into the kernels' memory, and sums out of it.
import type { Block } from '../data/block.ts';
import { twoSumError } from '../numerics/sum.ts';
import { ENTROPY, GROUP, LOG_LIKELIHOOD, MAGNITUDE, RESERVED, ROUNDED_OFF } from './layout.ts';

/** What kernels read of a block. */
export type Rows = Pick<Block, 'size' | 'columns' | 'weights'>;

/** Shares out the memory, in numbers; everything begins at a multiple of 16 bytes. */
export class Allocation {
  length: number = RESERVED;

  take(numbers: number): number {
    const start = this.length;
    this.length += 2 * Math.ceil(numbers / 2);
    return start;
  }
}

/** Numbers in a pass over rows, columns and joint densities together: they stay in the second cache. */
const NUMBERS_AT_A_TIME = 65_536;

/** How many rows passes take at a time, by the numbers a row takes: so it is the same on every machine, and sums are taken in the same order. */
export function rowsAtATime(numbers: number): number {
  return Math.max(64, Math.min(1024, GROUP * Math.floor(NUMBERS_AT_A_TIME / numbers / GROUP)));
}

/**
 * Rows filled up to whole groups. One group more where many arrays would else begin a multiple of 2 kB apart: their numbers would share a
 * few sets of the first cache and drive one another out.
 */
export function paddedRows(count: number, arrays: number): number {
  const rows = GROUP * Math.ceil(count / GROUP);
  return rows % 256 === 0 && arrays > 4 ? rows + GROUP : rows;
}

/** Copies columns of `count` rows from `start` on, filled up to `rows` by the last. */
export function loadColumns(memory: Float64Array, { size, columns }: Rows, start: number, count: number, rows: number, to: number): void {
  columns.forEach((column, index) => {
    const place = to + index * rows;
    memory.set(count === size && column.length === size ? column : column.subarray(start, start + count), place);
    if (rows > count) memory.fill(column[start + count - 1]!, place + count, place + rows);
  });
}

/** Copies case weights, 0 for rows that fill up. Returns how many rows stand in whole groups of weight 1, whose weights are not read and not written. */
export function loadWeights(
  memory: Float64Array,
  { weights }: Pick<Rows, 'weights'>,
  start: number,
  count: number,
  rows: number,
  to: number,
): number {
  const unit = weights === undefined ? count - (count % GROUP) : 0;
  if (weights === undefined) memory.fill(1, to + unit, to + count);
  else memory.set(weights.subarray(start, start + count), to);
  memory.fill(0, to + count, to + rows);
  return unit;
}

/** Where expected counts begin in what passes write, after log-likelihood, magnitude and entropy. */
export const EXPECTED_COUNTS = 3;

/** A sum in two lanes. */
export function readSum(memory: Float64Array, place: number): number {
  return memory[place]! + memory[place + 1]!;
}

/** Reads log-likelihood, magnitude and entropy. */
export function readLikelihood(memory: Float64Array, sums: number, out: Float64Array): void {
  const even = memory[sums + LOG_LIKELIHOOD]!;
  const odd = memory[sums + LOG_LIKELIHOOD + 1]!;
  const sum = even + odd;
  out[0] = sum + (twoSumError(even, odd, sum) + readSum(memory, sums + ROUNDED_OFF));
  out[1] = readSum(memory, sums + MAGNITUDE);
  out[2] = readSum(memory, sums + ENTROPY);
}
