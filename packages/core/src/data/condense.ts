import type { Random } from '../random.ts';
import { type Block, type Dataset, DEFAULT_BLOCK_SIZE } from './block.ts';
import { sampleUnits } from './sample.ts';

/** Cells between the tails, of about equal numbers of rows: their width is a few thousandths of a standard deviation. */
const CELLS = 16_384;

/** The part of the rows at each end that is kept row by row, because cells would be wide there. */
const TAIL = 0.005;

/**
 * One column of many rows as weighted means of near ones: a data set a twentieth of the size or less that stands for all of them. Undefined
 * where it would not be much smaller, or rows are not alike (labels, several columns, sequences).
 *
 * EM on it goes nearly to the optimum of all rows, not only to that of a sample: what it does not see are the variances within cells, which
 * are millionths of the whole.
 */
export function condense(dataset: Dataset, random: Random): Dataset | undefined {
  const { columnNames, labelled, units, distinctRows } = dataset;
  if (
    columnNames.length !== 1 ||
    labelled ||
    units !== undefined ||
    dataset.missing !== undefined ||
    distinctRows * (1 - 2 * TAIL) < 8 * CELLS
  )
    return undefined;
  const edges = cellEdges(dataset, random);
  const counts = new Float64Array(CELLS + 1);
  const sums = new Float64Array(CELLS + 1);
  const values: number[] = [];
  const weights: number[] = [];
  const [lowest, highest] = [edges[0]!, edges[CELLS]!];
  for (const { size, columns, weights: caseWeights } of dataset.blocks) {
    const column = columns[0]!;
    for (let row = 0; row < size; row += 1) {
      const value = column[row]!;
      const weight = caseWeights?.[row] ?? 1;
      if (value < lowest || value > highest) {
        values.push(value);
        weights.push(weight);
        continue;
      }
      const cell = cellOf(edges, value);
      counts[cell]! += weight;
      // About the cell's edge, so that the mean of near values keeps its digits.
      sums[cell]! += weight * (value - edges[cell]!);
    }
  }
  counts.forEach((count, cell) => {
    if (count === 0) return;
    values.push(edges[cell]! + sums[cell]! / count);
    weights.push(count);
  });
  return weightedRows(dataset, values, weights);
}

/** Quantiles of a sample, ascending. */
function cellEdges(dataset: Dataset, random: Random): Float64Array {
  const sample = sampleUnits(dataset, 4 * CELLS, random);
  const sorted = new Float64Array(sample.distinctRows);
  let place = 0;
  for (const { size, columns } of sample.blocks) {
    sorted.set(columns[0]!.subarray(0, size), place);
    place += size;
  }
  sorted.sort();
  const last = sorted.length - 1;
  return Float64Array.from({ length: CELLS + 1 }, (_, cell) => sorted[Math.round(last * (TAIL + (1 - 2 * TAIL) * (cell / CELLS)))]!);
}

/** The last edge that is not above a value. */
function cellOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function weightedRows({ columnNames, totalWeight }: Dataset, values: readonly number[], weights: readonly number[]): Dataset {
  const column = Float64Array.from(values);
  const caseWeights = Float64Array.from(weights);
  const rows = column.length;
  const blocks: Block[] = [];
  for (let start = 0; start < rows; start += DEFAULT_BLOCK_SIZE) {
    const end = Math.min(start + DEFAULT_BLOCK_SIZE, rows);
    blocks.push({ size: end - start, columns: [column.subarray(start, end)], weights: caseWeights.subarray(start, end) });
  }
  return { rows, distinctRows: rows, totalWeight, columnNames, blocks, labelled: false };
}
