import type { Random } from '../random.ts';
import { type Block, type Dataset, DEFAULT_BLOCK_SIZE } from './block.ts';
import { PickedCells, sliceCells } from './cells.ts';

/**
 * A data set of about `size` rows of another: one drawn from each of as many equal stretches of the whole, or whole sequences drawn at
 * random, with their case weights and labels. The data set itself when it is no larger.
 */
export function sampleUnits(dataset: Dataset, size: number, random: Random): Dataset {
  if (dataset.distinctRows <= size) return dataset;
  return dataset.units === undefined ? sampleRows(dataset, size, random) : sampleSequences(dataset, size, random);
}

function sampleRows(dataset: Dataset, size: number, random: Random): Dataset {
  const rows = dataset.distinctRows;
  const picked = new Int32Array(size);
  for (let index = 0; index < size; index += 1) {
    const from = Math.floor((index * rows) / size);
    const to = Math.floor(((index + 1) * rows) / size);
    picked[index] = from + random.integer(to - from);
  }
  const weighted = dataset.blocks.some(({ weights }) => weights !== undefined);
  const blocks: Block[] = [];
  let totalWeight = 0;
  let blockIndex = 0;
  let firstRow = 0;
  for (let start = 0; start < size; start += DEFAULT_BLOCK_SIZE) {
    const count = Math.min(DEFAULT_BLOCK_SIZE, size - start);
    const columns = dataset.columnNames.map(() => new Float64Array(count));
    const weights = new Float64Array(count).fill(1);
    const labels = new Int32Array(count).fill(-1);
    const allowed = new Int32Array(count);
    const cells = new PickedCells(dataset.columnNames.length);
    for (let row = 0; row < count; row += 1) {
      const wanted = picked[start + row]!;
      while (wanted >= firstRow + dataset.blocks[blockIndex]!.size) {
        firstRow += dataset.blocks[blockIndex]!.size;
        blockIndex += 1;
      }
      const source = dataset.blocks[blockIndex]!;
      const inner = wanted - firstRow;
      columns.forEach((column, index) => {
        column[row] = source.columns[index]![inner]!;
      });
      weights[row] = source.weights?.[inner] ?? 1;
      labels[row] = source.labels?.[inner] ?? -1;
      allowed[row] = source.allowed?.[inner] ?? 0;
      totalWeight += weights[row]!;
      cells.pick(source, inner, row);
    }
    const inexact = cells.picked();
    blocks.push({
      size: count,
      columns,
      ...(weighted && { weights }),
      ...(dataset.labelled && { labels, allowed }),
      ...(inexact && { inexact }),
    });
  }
  const { columnNames, labelled, missing } = dataset;
  return { rows: size, distinctRows: size, totalWeight, columnNames, blocks, labelled, ...(missing && { missing }) };
}

/** Sequences in the order of the data, each taken with the chance that makes about `size` rows; one at least. */
function sampleSequences(dataset: Dataset, size: number, random: Random): Dataset {
  const chance = size / dataset.distinctRows;
  const spare = random.integer(dataset.units!);
  const blocks: Block[] = [];
  let rows = 0;
  let totalWeight = 0;
  let unit = 0;
  for (const block of dataset.blocks) {
    block.units!.forEach((first, index) => {
      const kept = random.uniform() < chance || unit === spare;
      unit += 1;
      if (!kept) return;
      const end = block.units![index + 1] ?? block.size;
      rows += end - first;
      totalWeight += (block.weights?.[index] ?? 1) * (end - first);
      const inexact = sliceCells(block.inexact, first, end);
      blocks.push({
        size: end - first,
        columns: block.columns.map((column) => column.subarray(first, end)),
        units: Int32Array.of(0),
        ...(block.weights && { weights: block.weights.subarray(index, index + 1) }),
        ...(block.labels && { labels: block.labels.subarray(first, end) }),
        ...(block.allowed && { allowed: block.allowed.subarray(first, end) }),
        ...(inexact && { inexact }),
      });
    });
  }
  const { columnNames, labelled, missing } = dataset;
  return { rows, distinctRows: rows, totalWeight, columnNames, blocks, labelled, units: blocks.length, ...(missing && { missing }) };
}
