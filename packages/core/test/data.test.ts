import { createDataset, type Dataset, EmkitError, type Family } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { bell, decay, toss } from './support/families.ts';

const two = (family: Family): Family => ({ ...family, columns: [...family.columns, ...family.columns] });
const columnsOf = (dataset: Dataset): number[][] =>
  dataset.columnNames.map((_, index) => dataset.blocks.flatMap((block) => [...block.columns[index]!]));

function refusal(action: () => unknown): EmkitError {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a row whose columns break the constraint of a family', () => {
  const sumsTo3: Family = { ...two(bell()), constraint: { description: 'a sum of 3', holds: ([a, b]) => a! + b! === 3 } };
  const rows = { a: [1, 2, 0], b: [2, 2, 3] };

  it('is refused, by its row', () => {
    const error = refusal(() => createDataset(rows, [sumsTo3], 1));
    expect(error).toMatchObject({ code: 'DATA_OUTSIDE_SUPPORT', details: { row: 1 } });
    expect(error.message).toContain('Row 2: [2,2]');
    expect(error.message).toContain('A row must have a sum of 3');
  });

  it('is none where it has no weight, and a data set made for others is looked at again', () => {
    expect(createDataset(rows, [sumsTo3], 1, { weights: [1, 0, 1] }).rows).toBe(3);
    expect(refusal(() => createDataset(createDataset(rows, [two(bell())], 1), [sumsTo3], 1)).details.row).toBe(1);
  });
});

describe('every form of data gives the same data set', () => {
  const rows = [
    [1, 10],
    [2, 20],
    [3, 30],
  ];
  const records = rows.map(([a, b]) => ({ a: a!, b: b!, note: 'text' }));
  const arrow = {
    numRows: 3,
    schema: { fields: [{ name: 'a' }, { name: 'b' }] },
    getChild: (name: string) => {
      const index = ['a', 'b'].indexOf(name);
      if (index < 0) return null;
      return {
        nullCount: 0,
        toArray: () => (index === 0 ? BigInt64Array.from([1n, 2n, 3n]) : Float32Array.from([10, 20, 30])),
        get: () => null,
      };
    },
  };
  const forms = {
    rows,
    columns: { a: [1, 2, 3], b: Int32Array.from([10, 20, 30]) },
    records,
    generator: (function* () {
      yield* records;
    })(),
    arrow,
  };
  for (const [name, source] of Object.entries(forms)) {
    it(name, () => {
      const options = name === 'records' || name === 'generator' ? { columns: ['a', 'b'] } : {};
      expect(columnsOf(createDataset(source as never, [two(bell())], 1, options))).toEqual([
        [1, 2, 3],
        [10, 20, 30],
      ]);
    });
  }
  it('one array with a dimension', () => {
    expect(columnsOf(createDataset(Float64Array.from(rows.flat()), [two(bell())], 1, { dimension: 2 }))).toEqual([
      [1, 2, 3],
      [10, 20, 30],
    ]);
  });
  it('a Float64Array is used in place', () => {
    const values = Float64Array.from([1, 2, 3]);
    expect(createDataset(values, [bell()], 1).blocks[0]!.columns[0]!.buffer).toBe(values.buffer);
  });
});

describe('bad data are refused with the row, the column and the value', () => {
  const cases: [string, () => unknown, string, object][] = [
    ['no rows', () => createDataset([], [bell()], 1), 'DATA_EMPTY', {}],
    ['NaN', () => createDataset([1, Number.NaN], [bell()], 1), 'DATA_NOT_FINITE', { row: 1, column: 'x' }],
    ['infinity', () => createDataset({ a: [1, 2, -Infinity] }, [bell()], 1), 'DATA_NOT_FINITE', { row: 2, column: 'a', value: -Infinity }],
    ['text', () => createDataset([{ a: 1 }, { a: 'two' }], [bell()], 1), 'DATA_NOT_A_NUMBER', { row: 1, column: 'a', value: 'two' }],
    ['a missing value', () => createDataset([{ a: 1 }, {}], [bell()], 1, { columns: ['a'] }), 'DATA_NOT_A_NUMBER', { row: 1, column: 'a' }],
    ['ragged rows', () => createDataset([[1, 2], [3]], [two(bell())], 1), 'DATA_SHAPE', { row: 1 }],
    ['columns of different length', () => createDataset({ a: [1, 2], b: [1] }, [two(bell())], 1), 'DATA_SHAPE', { column: 'b' }],
    ['an unknown column', () => createDataset({ a: [1, 2] }, [bell()], 1, { columns: ['b'] }), 'DATA_UNKNOWN_COLUMN', { column: 'b' }],
    ['too many columns', () => createDataset({ a: [1], b: [2] }, [bell()], 1), 'DATA_SHAPE', {}],
    ['a negative value', () => createDataset([1, -1], [decay()], 1), 'DATA_OUTSIDE_SUPPORT', { row: 1, value: -1, family: 'decay' }],
    ['a fraction among counts', () => createDataset([1, 1.5], [toss({ trials: 3 })], 1), 'DATA_OUTSIDE_SUPPORT', { row: 1, value: 1.5 }],
    [
      'more successes than trials',
      () => createDataset({ s: [1, 5], n: [3, 4] }, [toss({ trials: 'column' })], 1),
      'DATA_OUTSIDE_SUPPORT',
      { row: 1, column: 's', value: 5 },
    ],
    ['a negative weight', () => createDataset([1, 2], [bell()], 1, { weights: [1, -1] }), 'DATA_WEIGHT', { row: 1, value: -1 }],
    ['all weights zero', () => createDataset([1, 2], [bell()], 1, { weights: [0, 0] }), 'DATA_WEIGHT', {}],
    ['too few weights', () => createDataset([1, 2], [bell()], 1, { weights: [1] }), 'DATA_WEIGHT', {}],
    ['a label beyond K', () => createDataset([1, 2], [bell()], 2, { labels: [0, 2] }), 'DATA_LABEL', { row: 1, value: 2 }],
    [
      'a null in an Arrow column',
      () =>
        createDataset(
          { numRows: 1, schema: { fields: [{ name: 'a' }] }, getChild: () => ({ nullCount: 1, toArray: () => [0], get: () => null }) },
          [bell()],
          1,
        ),
      'DATA_NOT_A_NUMBER',
      { row: 0, column: 'a' },
    ],
  ];
  for (const [name, action, code, details] of cases) {
    it(name, () => {
      const error = refusal(action);
      expect(error.code).toBe(code);
      expect(error.details).toMatchObject(details);
      expect(error.message.length).toBeGreaterThan(20);
    });
  }
});

describe('case weights', () => {
  it('rows of weight 0 are absent, even outside the support', () => {
    const dataset = createDataset([5, -1, 6], [decay()], 1, { weights: [1, 0, 2.5] });
    expect(columnsOf(dataset)).toEqual([[5, 6]]);
    expect(dataset.totalWeight).toBe(3.5);
    expect([...dataset.blockRow!]).toEqual([0, -1, 1]);
  });
  it('and labels may be columns of the data', () => {
    const dataset = createDataset({ x: [1, 2], count: [3, 4], known: [-1, 1] }, [bell()], 2, { weights: 'count', labels: 'known' });
    expect(dataset.columnNames).toEqual(['x']);
    expect([...dataset.blocks[0]!.weights!]).toEqual([3, 4]);
    expect([...dataset.blocks[0]!.labels!]).toEqual([-1, 1]);
  });
  it('the caller’s arrays are not written to', () => {
    const x = Float64Array.from([3, 1, 2]);
    const weights = Float64Array.from([1, 0, 2]);
    createDataset(x, [bell()], 1, { weights });
    expect([...x, ...weights]).toEqual([3, 1, 2, 1, 0, 2]);
  });
});

describe('equal rows of discrete data are merged into weights', () => {
  it('one column of small numbers, counted as it is checked, gives the same as the general way', () => {
    for (const values of [[3], [2, 0, 2, 1, 2, 0], Array.from({ length: 101 }, (_, row) => (row * row) % 4)]) {
      const quick = createDataset(values, [toss({ trials: 3 })], 1);
      // Weights of 1 take the general way.
      const general = createDataset(values, [toss({ trials: 3 })], 1, { weights: values.map(() => 1) });
      expect(columnsOf(quick)).toEqual(columnsOf(general));
      expect(quick.blocks.map(({ weights }) => weights)).toEqual(general.blocks.map(({ weights }) => weights));
      expect(quick.blockRow).toEqual(general.blockRow);
      expect([quick.rows, quick.distinctRows, quick.totalWeight]).toEqual([general.rows, general.distinctRows, general.totalWeight]);
    }
  });
  it.each([-1, 4, 0.5, 4096, 1e300])('and refuses %d among them as the general way does', (wrong) => {
    const error = refusal(() => createDataset([1, 2, wrong, 3], [toss({ trials: 3 })], 1));
    expect(error).toMatchObject({ code: 'DATA_OUTSIDE_SUPPORT', details: { row: 2, value: wrong } });
  });
  it('in ascending order, with a map back to the rows', () => {
    const dataset = createDataset([3, 1, 3, 3, 0], [toss({ trials: 3 })], 1);
    expect(columnsOf(dataset)).toEqual([[0, 1, 3]]);
    expect([...dataset.blocks[0]!.weights!]).toEqual([1, 1, 3]);
    expect([...dataset.blockRow!]).toEqual([2, 1, 2, 2, 0]);
    expect(dataset.totalWeight).toBe(5);
  });
  it('rows of different labels stay apart', () => {
    const dataset = createDataset([1, 1, 1], [toss({ trials: 3 })], 2, { labels: [-1, 0, 0] });
    expect([...dataset.blocks[0]!.weights!]).toEqual([1, 2]);
    expect([...dataset.blocks[0]!.labels!]).toEqual([-1, 0]);
  });
  it('by table and by sorting alike', () => {
    const successes = [1, 2, 1, 2, 2];
    const few = createDataset({ s: successes, n: [5, 5, 5, 5, 6] }, [toss({ trials: 'column' })], 1);
    const many = createDataset({ s: successes, n: [5e6, 5e6, 5e6, 5e6, 6e6] }, [toss({ trials: 'column' })], 1);
    expect([...few.blocks[0]!.weights!]).toEqual([2, 2, 1]);
    expect([...many.blocks[0]!.weights!]).toEqual([2, 2, 1]);
    expect([...many.blockRow!]).toEqual([...few.blockRow!]);
  });
  it('continuous data are left alone', () => {
    expect(createDataset([1, 1, 1], [bell()], 1).distinctRows).toBe(3);
  });
});

it('blocks hold at most the block size and cover all rows in order', () => {
  const dataset = createDataset(
    Float64Array.from({ length: 10 }, (_, row) => row),
    [bell()],
    1,
    { blockSize: 4 },
  );
  expect(dataset.blocks.map(({ size }) => size)).toEqual([4, 4, 2]);
  expect(columnsOf(dataset)[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

describe('a data set that is already made', () => {
  const dataset = createDataset([1, 2, 3], [bell()], 2, { labels: [0, 1, -1] });
  it('is used as it is', () => {
    expect(createDataset(dataset, [bell()], 2)).toBe(dataset);
  });
  it('takes no options again, and must suit the families and the number of components', () => {
    expect(refusal(() => createDataset(dataset, [bell()], 2, { weights: [1, 1, 1] })).code).toBe('OPTION_INVALID');
    expect(refusal(() => createDataset(dataset, [two(bell())], 2)).code).toBe('DATA_SHAPE');
    expect(refusal(() => createDataset(createDataset([-1], [bell()], 1), [decay()], 1)).code).toBe('DATA_OUTSIDE_SUPPORT');
    expect(refusal(() => createDataset(dataset, [bell()], 1)).code).toBe('DATA_LABEL');
  });
});
