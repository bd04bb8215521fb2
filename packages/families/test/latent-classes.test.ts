import { readFileSync } from 'node:fs';
import type { EmkitError } from '@emkit/core';
import { assessLatentClasses, gaussian, latentClasses, product } from '@emkit/families';
import { describe, expect, test } from 'vitest';

/** Patterns with counts, as columns of answers and weights. */
function patterns(text: string) {
  const entries = text.split(' ').map((entry) => entry.split(':') as [string, string]);
  const items = [...entries[0]![0]].map((_, item) => String.fromCharCode(65 + item));
  const columns = Object.fromEntries(items.map((name, item) => [name, entries.map(([pattern]) => Number(pattern[item]))]));
  return { ...columns, count: entries.map(([, count]) => Number(count)) };
}

/** Slides judged by seven pathologists, 1 no carcinoma, 2 carcinoma (Agresti 2002, table 13.1). */
const carcinoma = patterns(
  '1111111:34 1111211:2 1211111:6 1211112:1 1211211:4 1211212:5 2111111:2 2121212:1 2211111:2 2211112:1 2211211:2 2211212:7 2211222:1 2212112:1 2212212:2 2212222:3 2221212:13 2221222:5 2222212:10 2222222:16',
);

/** Role conflicts: universalistic or particularistic values in four situations (Goodman 1974). */
const valuesCounts = [20, 2, 9, 2, 6, 1, 4, 1, 38, 7, 24, 6, 25, 6, 23, 42];
const values = patterns(
  valuesCounts.map((count, cell) => `${(cell + 16).toString(2).slice(1).replace(/1/g, '2').replace(/0/g, '1')}:${count}`).join(' '),
);

function table(name: string): Record<string, (number | null)[]> {
  const [header, ...lines] = readFileSync(new URL(`data/${name}.csv`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const rows = lines.map((line) => line.split(',').map((field) => (field === '' ? null : Number(field))));
  return Object.fromEntries(header!.split(',').map((column, index) => [column, rows.map((row) => row[index]!)]));
}

const sorted = (sizes: readonly number[]): number[] => [...sizes].sort((a, b) => a - b);
const counted = { weights: 'count', starts: 30, tolerance: 1e-9 } as const;

describe('published latent class models', () => {
  test.each([
    {
      name: 'carcinoma, 2 classes',
      data: carcinoma,
      classes: 2,
      logLikelihood: -317.256837,
      G2: 62.36543,
      X2: 92.64814,
      sizes: [0.49879, 0.50121],
    },
    {
      name: 'carcinoma, 3 classes',
      data: carcinoma,
      classes: 3,
      logLikelihood: -293.704979,
      G2: 15.26171,
      X2: 20.50336,
      sizes: [0.18171, 0.37356, 0.44473],
    },
    { name: 'values, 2 classes', data: values, classes: 2, logLikelihood: -504.46767, G2: 2.71992, X2: 2.71976, sizes: [0.27925, 0.72075] },
    {
      name: 'gss82, 2 classes',
      data: table('gss82'),
      classes: 2,
      logLikelihood: -2783.26801,
      G2: 79.33723,
      X2: 93.25328,
      sizes: [0.19226, 0.80774],
    },
  ])('$name', ({ data, classes, logLikelihood, G2, X2, sizes }) => {
    const found = latentClasses(data as never, { classes, ...counted });
    expect(found.fit.logLikelihood).toBeCloseTo(logLikelihood, 5);
    expect(found.goodnessOfFit!.likelihoodRatio).toBeCloseTo(G2, 4);
    expect(found.goodnessOfFit!.chiSquare).toBeCloseTo(X2, 3);
    sorted(found.classSizes).forEach((size, k) => {
      expect(size).toBeCloseTo(sizes[k]!, 4);
    });
  });

  test('election, 3 classes: of the complete rows as published, and of all rows with their holes', { timeout: 60_000 }, () => {
    const data = table('election');
    const options = { classes: 3, starts: 6 } as const;
    const complete = latentClasses(data as never, { ...options, missing: 'drop' });
    expect(complete.fit.totalWeight).toBe(1311);
    expect(complete.fit.missing!.dropped).toBe(474);
    expect(complete.fit.logLikelihood).toBeCloseTo(-16714.659143, 4);
    sorted(complete.classSizes).forEach((size, k) => {
      expect(size).toBeCloseTo([0.26078, 0.31984, 0.41938][k]!, 4);
    });
    const all = latentClasses(data as never, { ...options, missing: 'integrate' });
    expect(all.fit.totalWeight).toBe(1785);
    expect(all.goodnessOfFit).toBeUndefined();
    expect(all.fit.logLikelihood).toBeLessThan(complete.fit.logLikelihood);
    expect(all.identifiability).toMatchObject({ parameters: 110, boundary: 1, rank: 109, identified: true });
    expect(all.fit.missing!.cells.reduce((sum, count) => sum + count)).toBe(1292);
  });
});

describe('latentClasses', () => {
  test('gives response probabilities by item and class, under the words that were found', () => {
    const data = [
      { mood: 'good', sleep: 'yes' },
      { mood: 'bad', sleep: 'no' },
      { mood: 'good', sleep: 'yes' },
      { mood: 'fair', sleep: 'no' },
    ];
    const { levels, responseProbabilities, fit } = latentClasses(data, { classes: 1 });
    expect(levels).toEqual({ mood: ['bad', 'fair', 'good'], sleep: ['no', 'yes'] });
    expect(responseProbabilities['mood']).toEqual([[0.25, 0.25, 0.5]]);
    expect(responseProbabilities['sleep']).toEqual([[0.5, 0.5]]);
    expect(fit.predict([{ mood: 'fair', sleep: 'yes' }]).logDensities[0]).toBeCloseTo(Math.log(0.125), 14);
  });

  test('sorts levels that are numbers by size', () => {
    expect(latentClasses({ a: [10, 9, 100, 9], b: [1, 2, 1, 2] }, { classes: 1 }).levels['a']).toEqual(['9', '10', '100']);
  });

  test.each([
    [undefined, 'OPTION_INVALID'],
    [{ classes: 2, items: ['x'] }, 'DATA_UNKNOWN_COLUMN'],
    [{ classes: 2, items: ['same', 'a'] }, 'DATA_SHAPE'],
    [{ classes: 2, items: ['a', 'b'], weights: 'n' }, 'DATA_UNKNOWN_COLUMN'],
    [{ classes: 2, items: ['a', 'b'], clases: 2 }, 'OPTION_INVALID'],
  ])('refuses %j with %s', (options, code) => {
    const data = { a: [1, 2, 1], b: [1, 1, 2], same: [1, 1, 1] };
    expect(() => latentClasses(data, options as never)).toThrow(expect.objectContaining({ code }) as EmkitError);
  });

  test('one class leaves in each pair the dependence of the table, and in G2 that of all items', () => {
    // Counts 30 10 / 10 30 and independent margins: chi-square 20.
    const data = { a: ['x', 'x', 'y', 'y'], b: ['x', 'y', 'x', 'y'], n: [30, 10, 10, 30] };
    const { bivariateResiduals, goodnessOfFit, entropyR2 } = latentClasses(data as never, { classes: 1, weights: 'n' });
    expect(bivariateResiduals).toHaveLength(1);
    expect(bivariateResiduals[0]).toMatchObject({ items: ['a', 'b'], degreesOfFreedom: 1 });
    expect(bivariateResiduals[0]!.chiSquare).toBeCloseTo(20, 10);
    expect(goodnessOfFit!.chiSquare).toBeCloseTo(20, 10);
    expect(goodnessOfFit!.likelihoodRatio).toBeCloseTo(2 * (60 * Math.log(1.5) + 20 * Math.log(0.5)), 10);
    expect(goodnessOfFit!.degreesOfFreedom).toBe(1);
    expect(goodnessOfFit!.chiSquareProbability).toBeCloseTo(7.744216431044078e-6, 15);
    expect(entropyR2).toBe(1);
  });

  test('assesses only models of latent classes', () => {
    const { fit } = latentClasses(values as never, { classes: 1, weights: 'count' });
    const other = product({ x: gaussian() });
    expect(() =>
      assessLatentClasses({ ...fit.model, structure: { ...fit.model.structure, families: [other] } } as never, {} as never),
    ).toThrow(/categorical/);
  });
});

describe('the rank test of identifiability', () => {
  test('knows that four items of two answers do not tell three classes apart, though they have a degree of freedom', () => {
    const { goodnessOfFit, identifiability } = latentClasses(values as never, { classes: 3, weights: 'count', iterations: 30, seed: 5 });
    expect(goodnessOfFit!.degreesOfFreedom).toBe(1);
    expect(identifiability).toEqual({ parameters: 14, boundary: 0, rank: 13, identified: false });
  });

  test.each([
    [values, 2, { parameters: 9, boundary: 0, rank: 9, identified: true }],
    [values, 1, { parameters: 4, boundary: 0, rank: 4, identified: true }],
  ])('full rank where they do', (data, classes, expected) => {
    expect(latentClasses(data as never, { classes, ...counted }).identifiability).toEqual(expected);
  });

  test('says nothing of probabilities on the edge', () => {
    const { identifiability } = latentClasses(carcinoma as never, { classes: 3, ...counted });
    expect(identifiability.parameters).toBe(23);
    expect(identifiability.boundary).toBeGreaterThan(0);
    expect(identifiability.rank).toBe(23 - identifiability.boundary);
  });
});
