import type { Family } from '../family.ts';
import type { Block, Dataset } from './block.ts';
import { shiftCells } from './cells.ts';

/** Data are moved only where they lie so many of their own ranges from zero: nearer, the digits that a double loses are few. */
const FAR = 1024;

/**
 * A number near all values of each column, to be taken off them; 0 where that could round, or gains little. Undefined where all are 0.
 *
 * At 1e8 standard deviations from 0 a mean is known to 1e-8 deviations only, whatever is done with it, and every responsibility with it.
 * The difference of two doubles within a factor of two of each other is exact (Sterbenz 1974), so data that lie between half an origin and
 * twice it can be moved without a rounding. A column stays where it is where some family cannot say what becomes of its parameters.
 *
 * @param ofLabels how many columns, the last ones, are those of the labels' law: they stay where they are
 */
export function originOf(dataset: Dataset, families: readonly Family[], ofLabels = 0): readonly number[] | undefined {
  if (families.some((family) => family.shift === undefined)) return undefined;
  const own = dataset.columnNames.slice(0, dataset.columnNames.length - ofLabels);
  const origin = own.map((_, column) => (families.every((family) => canMove(family, column)) ? originOfColumn(dataset, column) : 0));
  return origin.some((value) => value !== 0) ? origin : undefined;
}

/** Whether the family can say what becomes of its parameters when a column is moved: of a composed one, the part whose column it is. */
function canMove({ parts, shift }: Family, column: number): boolean {
  if (parts === undefined) return shift !== undefined;
  let first = 0;
  for (const part of Object.values(parts)) {
    if (column < first + part.columns.length) return canMove(part, column - first);
    first += part.columns.length;
  }
  return false;
}

function originOfColumn({ blocks }: Dataset, column: number): number {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const { columns, size } of blocks) {
    const values = columns[column]!;
    for (let row = 0; row < size; row += 1) {
      if (values[row]! < minimum) minimum = values[row]!;
      if (values[row]! > maximum) maximum = values[row]!;
    }
    // The range grows by no less than the largest value: what is not far now will not be, and nearly always the first block tells.
    if (!(Math.max(Math.abs(minimum), Math.abs(maximum)) > FAR * (maximum - minimum))) return 0;
  }
  // Far data are within a 1024th of each other, so on one side of zero and within a factor of two of what lies in their middle.
  return minimum + (maximum - minimum) / 2;
}

/** The data set with the origin taken off its columns: a copy of those where it is not 0. */
export function shiftDataset(dataset: Dataset, origin: readonly number[]): Dataset {
  const blocks = dataset.blocks.map((block): Block => {
    const columns = block.columns.map((column, index) => {
      const from = origin[index] ?? 0;
      return from === 0 ? column : column.subarray(0, block.size).map((value) => value - from);
    });
    return { ...block, columns, ...(block.inexact && { inexact: shiftCells(block.inexact, origin) }) };
  });
  const { rows, distinctRows, totalWeight, columnNames, labelled, units, missing } = dataset;
  return {
    rows,
    distinctRows,
    totalWeight,
    columnNames,
    blocks,
    labelled,
    ...(units !== undefined && { units }),
    ...(missing && { missing }),
    get blockRow() {
      return dataset.blockRow;
    },
  } as Dataset;
}
