import type { Block, Dataset } from '../data/block.ts';
import { DEFAULT_BLOCK_SIZE } from '../data/block.ts';
import type { Random } from '../random.ts';

/**
 * A data set of at most `size` rows, one drawn from each of as many equal stretches of the whole, with their case weights and
 * labels. The data set itself when it is no larger.
 */
export function sampleRows(dataset: Dataset, size: number, random: Random): Dataset {
  const rows = dataset.distinctRows;
  if (rows <= size) return dataset;
  const picked = new Int32Array(size);
  for (let index = 0; index < size; index += 1) {
    const from = Math.floor((index * rows) / size);
    const to = Math.floor(((index + 1) * rows) / size);
    picked[index] = from + random.integer(to - from);
  }
  const blocks: Block[] = [];
  let totalWeight = 0;
  let blockIndex = 0;
  let firstRow = 0;
  for (let start = 0; start < size; start += DEFAULT_BLOCK_SIZE) {
    const count = Math.min(DEFAULT_BLOCK_SIZE, size - start);
    const columns = dataset.columnNames.map(() => new Float64Array(count));
    const weights = new Float64Array(count).fill(1);
    const labels = new Int32Array(count).fill(-1);
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
      totalWeight += weights[row]!;
    }
    blocks.push({ size: count, columns, weights, ...(dataset.labelled && { labels }) });
  }
  return { rows: size, distinctRows: size, totalWeight, columnNames: dataset.columnNames, blocks, labelled: dataset.labelled };
}
