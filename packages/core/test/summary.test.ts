import { type Block, type Dataset, summarize } from '@emkit/core';
import { describe, expect, it } from 'vitest';

function datasetOf(columns: readonly (readonly number[])[], weights?: readonly number[]): Dataset {
  const block: Block = {
    size: columns[0]!.length,
    columns: columns.map((column) => Float64Array.from(column)),
    ...(weights && { weights: Float64Array.from(weights) }),
  };
  return {
    rows: block.size,
    distinctRows: block.size,
    totalWeight: (weights ?? columns[0]!.map(() => 1)).reduce((sum, weight) => sum + weight, 0),
    columnNames: columns.map((_, index) => `column ${index}`),
    blocks: [block],
    labelled: false,
  };
}

function momentsOf(data: Dataset, column: number): { readonly mean: number; readonly variance: number } {
  const { mean, variance } = summarize(data).columns[column]!;
  return { mean, variance };
}

describe('the moments of a column', () => {
  it('are those of the definition, with weights and in several blocks', () => {
    expect(
      momentsOf(
        datasetOf([
          [0, 0],
          [1, 5],
        ]),
        1,
      ),
    ).toEqual({ mean: 3, variance: 4 });
    // 1 once, 5 three times: mean 4, mean square deviation (9 + 3) / 4.
    const weighted = datasetOf([[1, 5]], [1, 3]);
    expect(momentsOf(weighted, 0)).toEqual({ mean: 4, variance: 3 });
    const both: Dataset = { ...weighted, blocks: [...weighted.blocks, ...datasetOf([[8, 16]], [2, 2]).blocks] };
    // 1, 5, 5, 5, 8, 8, 16, 16: mean 8, mean square deviation (49 + 27 + 128) / 8.
    expect(momentsOf(both, 0)).toEqual({ mean: 8, variance: 25.5 });
    const unweighted: Dataset = { ...weighted, blocks: [...datasetOf([[1, 5]]).blocks, ...datasetOf([[6, 8]]).blocks] };
    // 1, 5, 6, 8: mean 5, mean square deviation (16 + 0 + 1 + 9) / 4.
    expect(momentsOf(unweighted, 0)).toEqual({ mean: 5, variance: 6.5 });
    expect(momentsOf(datasetOf([[-16, -4, 2]]), 0)).toEqual({ mean: -6, variance: 56 });
  });

  it('neither overflow nor lose digits to underflow', () => {
    for (const unit of [2 ** 1000, 2 ** 500, 2 ** -500]) {
      const { mean, variance } = momentsOf(datasetOf([[unit, 5 * unit]]), 0);
      expect(mean).toBe(3 * unit);
      expect(variance).toBe(4 * unit * unit);
    }
    const edge = 2 ** 1023;
    expect(momentsOf(datasetOf([[edge, edge, edge, edge]]), 0)).toEqual({ mean: edge, variance: 0 });
    const tiny = 2 ** -1074;
    expect(momentsOf(datasetOf([[tiny, 5 * tiny]]), 0)).toEqual({ mean: 3 * tiny, variance: 0 });
  });

  it('are 0 without data and for zeros', () => {
    const none: Dataset = { ...datasetOf([[1]]), blocks: [] };
    expect(momentsOf(none, 0)).toEqual({ mean: 0, variance: 0 });
    expect(momentsOf(datasetOf([[0, 0]]), 0)).toEqual({ mean: 0, variance: 0 });
  });
});
