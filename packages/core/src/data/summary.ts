import { exponentOf, powerOfTwo } from '../numerics/powers-of-two.ts';
import type { Block, Dataset, MissingCells } from './block.ts';

/** What is known of one column without looking at its rows again; case weights counted, cells that are not exact left out. */
export interface ColumnSummary {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  /** The mean square deviation from the mean: divisor n. */
  readonly variance: number;
}

/** A few numbers about whole data, wherever they live: enough to guess first parameters of one component. */
export interface Summary {
  /** All rows. */
  readonly rows: number;
  readonly columnNames: readonly string[];
  /** True when some label is known. */
  readonly labelled: boolean;
  /** The sum of the case weights. */
  readonly totalWeight: number;
  readonly columns: readonly ColumnSummary[];
  /** Absent where no value is missing. */
  readonly missing?: MissingCells;
}

/** The summary of a data set in memory. Its columns take three passes over the data, and are looked at when they are first asked for. */
export function summarize(dataset: Dataset): Summary {
  const { rows, columnNames, labelled, totalWeight, missing } = dataset;
  let columns: readonly ColumnSummary[] | undefined;
  return {
    rows,
    columnNames,
    labelled,
    totalWeight,
    ...(missing && { missing }),
    get columns() {
      columns ??= columnNames.map((_, column) => summarizeColumn(exactCells(dataset, column), column));
      return columns;
    },
  };
}

/** The data with a weight for each row, 0 where its cell is not exact; where no cell is, as if all were. */
function exactCells(dataset: Dataset, column: number): Pick<Dataset, 'blocks'> {
  const blocks = dataset.blocks.map((block): Block => {
    const cells = block.inexact?.[column];
    if (cells === undefined && (block.units === undefined || block.weights === undefined)) return block;
    const weights = rowWeights(block);
    for (const row of cells?.rows ?? []) weights[row] = 0;
    return { ...block, weights };
  });
  return blocks.every(({ size, inexact }) => inexact?.[column]?.rows.length === size) ? dataset : { blocks };
}

/** Case weights belong to units: a copy of them for each row. */
function rowWeights({ size, weights, units }: Block): Float64Array {
  if (weights === undefined) return new Float64Array(size).fill(1);
  if (units === undefined) return weights.slice(0, size);
  const out = new Float64Array(size);
  units.forEach((first, unit) => {
    out.fill(weights[unit]!, first, units[unit + 1] ?? size);
  });
  return out;
}

/** In units of a power of two near the largest magnitude, so that neither a sum nor a square leaves the range of doubles. All 0 without data. */
function summarizeColumn(data: Pick<Dataset, 'blocks'>, column: number): ColumnSummary {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const { columns, size } of data.blocks) {
    const values = columns[column]!;
    for (let i = 0; i < size; i += 1) {
      if (values[i]! < minimum) minimum = values[i]!;
      if (values[i]! > maximum) maximum = values[i]!;
    }
  }
  const largest = Math.max(Math.abs(minimum), Math.abs(maximum));
  if (!(largest < Infinity)) return { minimum: 0, maximum: 0, mean: 0, variance: 0 };
  if (largest === 0) return { minimum, maximum, mean: 0, variance: 0 };

  const unit = powerOfTwo(Math.min(1022, Math.max(-1022, -exponentOf(largest))));
  let count = 0;
  let total = 0;
  for (const { columns, size, weights } of data.blocks) {
    const values = columns[column]!;
    let blockCount = 0;
    let blockTotal = 0;
    for (let i = 0; i < size; i += 1) {
      const weight = weights === undefined ? 1 : weights[i]!;
      blockCount += weight;
      blockTotal += weight * (values[i]! * unit);
    }
    count += blockCount;
    total += blockTotal;
  }
  const mean = total / count;

  let squares = 0;
  for (const { columns, size, weights } of data.blocks) {
    const values = columns[column]!;
    let blockSquares = 0;
    for (let i = 0; i < size; i += 1) {
      const deviation = values[i]! * unit - mean;
      blockSquares += (weights === undefined ? 1 : weights[i]!) * deviation * deviation;
    }
    squares += blockSquares;
  }
  return { minimum, maximum, mean: mean / unit, variance: squares / count / unit / unit };
}
