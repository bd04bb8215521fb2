import { createDataset, EmkitError, type FamilyDefinition, fit, fitAsync, readModel, select, selectAsync } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { bell, toss } from './support/families.ts';
import { failureOf } from './support/stub.ts';

const x = [1, 2, 3, 9, 10, 11, 12];
const family = bell();
const whole = { family, components: 2 };
const start = { weights: [0.5, 0.5], components: [1, 10].map((mean) => ({ mean, variance: 1 })) };

/** What plain JavaScript may pass. */
const untyped = (options: object | null | undefined): { code: string; message: string } => {
  const { code, message } = failureOf(() => fit(x, options as never));
  return { code, message };
};

describe('a mistake in the options is an error that says what was meant', () => {
  const mistakes: Readonly<Record<string, readonly [object | null | undefined, string]>> = {
    'no options': [undefined, '{ family: gaussian(), components: 2 }'],
    'options that are none': [null, '{ family: gaussian(), components: 2 }'],
    'no family': [{ components: 2 }, 'gaussian()'],
    'a family’s definition': [{ family: bell, components: 2 }, 'Call it'],
    'a family’s name': [{ family: 'gaussian', components: 2 }, 'gaussian()'],
    'a family that is none': [{ family: {}, components: 2 }, 'Give an instance'],
    'families that are definitions': [{ families: [bell] }, 'Call it'],
    'families that are no list': [{ families: 'gaussian' }, 'families: ['],
    'no families': [{ families: null }, 'families: ['],
    'families of nothing': [{ families: [] }, 'families: ['],
    'a number of components as text': [{ family, components: '2' }, 'whole number'],
    'an option misspelt': [{ ...whole, toleranse: 1e-3 }, 'Did you mean tolerance?'],
    'an option’s name elsewhere': [{ ...whole, maxIterations: 5 }, 'Did you mean iterations?'],
    'an option of other functions': [{ ...whole, signal: AbortSignal.abort() }, 'fitAsync'],
    'weights that are null': [{ ...whole, weights: null }, 'weights'],
    'labels that are null': [{ ...whole, labels: null }, 'labels'],
    'sequences that are null': [{ ...whole, sequences: null }, 'sequences'],
    'sequences that are a number': [{ ...whole, sequences: 5 }, 'sequences'],
    'columns that are one name': [{ ...whole, columns: 'x' }, 'columns: ["x"]'],
    'a seed as text': [{ ...whole, seed: 'a' }, 'whole number'],
    'a seed that is none': [{ ...whole, seed: null }, 'whole number'],
    'a policy there is not': [{ ...whole, onCollapse: 'bogus' }, 'report, throw, restart, drop'],
    'a start there is not': [{ ...whole, start: 'bogus' }, 'k-means++'],
    'a start that is none': [{ ...whole, start: null }, 'weights: [...]'],
    'what is shared as a number': [{ ...whole, shared: 5 }, "['variance']"],
    'what is held misspelt': [{ ...whole, start, held: { weight: true } }, 'weights: true'],
    'weights held by a word': [{ ...whole, start, held: { weights: 'yes' } }, 'weights: true'],
    'a latent structure that is none': [{ ...whole, latent: null }, 'latent'],
  };
  for (const [mistake, [options, remedy]] of Object.entries(mistakes)) {
    it(mistake, () => {
      const { code, message } = untyped(options);
      expect(code).toBe('OPTION_INVALID');
      expect(message).toContain(remedy);
    });
  }

  it('of an asynchronous fit', async () => {
    for (const mistake of [{ signal: 5 }, { onProgress: 5 }, { startWorker: 5 }, { threads: 0 }, { threads: 'many' }]) {
      await expect(fitAsync(x, { ...whole, ...mistake } as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    }
  });

  it('of a choice among numbers of components', async () => {
    const mistakes = [
      undefined,
      { family, components: 3 },
      { family, components: ['a'] },
      { components: [1] },
      { family: 'gaussian', components: [1] },
      { family, components: [1], held: {} },
    ];
    for (const options of mistakes) {
      expect(failureOf(() => select(x, options as never)).code).toBe('OPTION_INVALID');
      await expect(selectAsync(x, options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    }
  });
});

it('a choice takes every option of how data are read, blocks included', () => {
  const named = { value: x, size: x.map(() => 1), other: x };
  const options = { family, components: [1, 2], blockSize: 3, columns: ['value'], weights: 'size' };
  expect(JSON.stringify(select(named, options).best)).toBe(JSON.stringify(fit(named, { ...options, components: 2 })));
});

it('a data set used with another family names the caller’s row, in whatever block it stands', () => {
  const values = Array.from({ length: 40 }, (_, row) => row % 4);
  values[33] = 2.5;
  const coins = toss({ trials: 5 });
  const row = (data: Parameters<typeof createDataset>[0]): number | undefined =>
    failureOf(() => fit(data, { family: coins, components: 1 })).details.row;
  for (const blockSize of [7, 40, 1024]) {
    expect(row(createDataset(values, [family], 1, { blockSize }))).toBe(33);
    // Rows of weight 0 are left out of the blocks, and counted all the same.
    expect(row(createDataset(values, [family], 1, { blockSize, weights: values.map((_, at) => (at % 3 === 1 ? 0 : 1)) }))).toBe(33);
  }
  // Equal rows of discrete data are merged, in ascending order.
  const counts = createDataset([4, 9, 1, 4, 9], [toss({ trials: 9 })], 1);
  expect(row(counts)).toBe(1);
});

describe('more components than memory would hold are refused before any is taken', () => {
  it('whatever their number', () => {
    for (const components of [1e9, Number.MAX_SAFE_INTEGER])
      expect(failureOf(() => fit(x, { family, components })).code).toBe('OPTION_INVALID');
    for (const shared of [undefined, ['variance']])
      expect(failureOf(() => fit(x, { family, components: 20_000, ...(shared && { shared }) })).code).toBe('DATA_TOO_FEW_DISTINCT_ROWS');
  });
});

it('a model file nested a hundred thousand levels deep is refused by code, wherever it is', () => {
  const nest = (wrap: (inner: unknown) => unknown): unknown => {
    let value: unknown = 0;
    for (let level = 0; level < 1e5; level += 1) value = wrap(value);
    return value;
  };
  const definitions: readonly FamilyDefinition[] = [bell, toss];
  const good = { family: 'bell', options: {}, weights: [1], components: [{ mean: 0, variance: 1 }] };
  for (const deep of [nest((inner) => [inner]), nest((a) => ({ a }))]) {
    const files: readonly object[] = [
      ...Object.keys(good).map((name) => ({ ...good, [name]: deep })),
      { ...good, options: { covariance: deep } },
      { ...good, components: [deep] },
      { ...good, components: [{ mean: deep, variance: 1 }] },
      { ...good, families: [{ family: 'bell', options: deep }] },
      { ...good, shared: deep },
      { ...good, kind: deep },
      { ...good, held: { components: deep } },
      { ...good, exact: { origin: deep, components: deep } },
    ];
    for (const file of files) expect(() => readModel(file, definitions)).toThrow(EmkitError);
  }
});
