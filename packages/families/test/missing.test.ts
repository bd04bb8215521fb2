import { createDataset, createRandom, EmkitError, fit, memorySource } from '@emkit/core';
import { binomial, categorical, gaussian, poisson, product } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { people, start } from './product-data.ts';

const person = product({ height: gaussian(), visits: poisson(), answer: categorical({ levels: ['no', 'yes'] }) });

const errorOf = (action: () => unknown): EmkitError => {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
};

describe('a missing value', () => {
  test.each([
    ['null', [1, null, 3]],
    ['undefined', [1, undefined, 3]],
    ['NaN', Float64Array.of(1, Number.NaN, 3)],
    ['NaN of whole numbers', [1, Number.NaN, 3]],
  ])('is an error that names row, column and option unless it is asked for: %s', (_, visits) => {
    const error = errorOf(() => fit({ visits }, { family: poisson(), components: 1 }));
    expect(error.code).toMatch(/^DATA_NOT_/);
    expect(error.message).toContain('Row 2, column visits');
    expect(error.message).toContain("missing: 'integrate'");
    expect(error.details).toMatchObject({ row: 1, column: 'visits' });
  });

  test('is refused where the option is no policy, or the family cannot integrate it out', () => {
    expect(errorOf(() => fit([1, null], { family: poisson(), components: 1, missing: 'ignore' as never })).code).toBe('OPTION_INVALID');
    expect(errorOf(() => fit([1, Infinity, null], { family: gaussian(), components: 1, missing: 'integrate' })).code).toBe(
      'DATA_NOT_FINITE',
    );
  });

  test('has density 1: of one column its row says nothing but that it is there', () => {
    const values = [1, 2, 3, 10, 11, 12];
    const options = { family: gaussian(), components: 2, tolerance: 1e-12 } as const;
    const whole = fit(values, options);
    const holed = fit([null, ...values, null], { ...options, missing: 'integrate' });
    expect(holed.logLikelihood).toBeCloseTo(whole.logLikelihood, 12);
    expect(holed.components[0].mean).toBeCloseTo(whole.components[0].mean, 9);
    expect(holed.missing).toEqual({ cells: [2], emptyRows: 2, dropped: 0 });
    expect(holed.summary()).toContain('2 missing values (25.0 %), 2 rows without any value');
    const prediction = holed.predict([null, 1], { missing: 'integrate' });
    expect(prediction.logDensities[0]).toBeCloseTo(0, 15);
    expect(prediction.responsibilities[0]![0]).toBeCloseTo(holed.weights[0]!, 15);
  });

  test('is left out of its own column only: each has its own count', () => {
    const data = { height: [1, 2, 3, null, null], visits: [null, 4, 6, 8, null] };
    const { components } = fit(data, {
      family: product({ height: gaussian(), visits: poisson() }),
      components: 1,
      missing: 'integrate',
    });
    expect(components[0].height.mean).toBeCloseTo(2, 14);
    expect(components[0].height.variance).toBeCloseTo(2 / 3, 14);
    expect(components[0].visits.rate).toBeCloseTo(6, 14);
  });

  test('drops its row where that is asked, and says how many', () => {
    const data = people(200, 11, 0.2);
    const complete = data.height.flatMap((_, row) =>
      data.height[row] === null || data.visits[row] === null || data.answer[row] === null ? [] : [row],
    );
    const kept = {
      height: complete.map((row) => data.height[row]!),
      visits: complete.map((row) => data.visits[row]!),
      answer: complete.map((row) => data.answer[row]!),
    };
    const options = { family: person, components: 2, start } as const;
    const dropped = fit(data, { ...options, missing: 'drop' });
    expect(dropped.logLikelihood).toBe(fit(kept, options).logLikelihood);
    expect(dropped.missing!.dropped).toBe(200 - complete.length);
    expect(dropped.rows).toBe(200);
    expect(dropped.totalWeight).toBe(complete.length);
    expect(dropped.summary({ width: 200 })).toContain(`; ${200 - complete.length} rows with missing values left out`);
    expect(errorOf(() => dropped.predict(data)).message).toContain('missing');
    expect(dropped.predict(data, { missing: 'integrate' }).labels).toHaveLength(200);
    expect(errorOf(() => fit([null, null], { family: gaussian(), components: 1, missing: 'drop' })).code).toBe('DATA_EMPTY');
  });

  test('is not lost in a row of weight 0, nor by dropping: rows are still told by their number', () => {
    const dataset = createDataset([5, null, 7, -1, 9], [poisson()], 1, { weights: [1, 1, 0, 0, 1], missing: 'drop', merge: false });
    expect(Array.from(dataset.blockRow!)).toEqual([0, -1, -1, -1, 1]);
    const error = errorOf(() => createDataset([5, null, -1], [poisson()], 1, { missing: 'drop' }));
    expect(error.details.row).toBe(2);
  });

  test('a column without any changes nothing else, and is said', () => {
    const { height, visits } = people(150, 12);
    const answer = height.map(() => null);
    const with3 = fit({ height, visits, answer }, { family: person, components: 2, start, missing: 'integrate' });
    const two = product({ height: gaussian(), visits: poisson() });
    const start2 = { ...start, components: start.components.map(({ height, visits }) => ({ height, visits })) };
    const with2 = fit({ height, visits }, { family: two, components: 2, start: start2 });
    expect(with3.logLikelihood).toBe(with2.logLikelihood);
    expect(with3.components.map(({ height }) => height)).toEqual(with2.components.map(({ height }) => height));
    expect(with3.components.map(({ answer }) => answer)).toEqual(start.components.map(({ answer }) => answer));
    expect(with3.warnings.join()).toContain('Column answer holds no value');
    const automatic = fit({ height, visits, answer }, { family: person, components: 2, missing: 'integrate' });
    expect(automatic.logLikelihood).toBeCloseTo(with2.logLikelihood, 3);
  });

  test('is merged with its like: patterns are counted, holes and all', () => {
    const random = createRandom(3);
    const item = (): (string | null)[] =>
      Array.from({ length: 5000 }, () => (random.uniform() < 0.1 ? null : random.uniform() < 0.4 ? 'no' : 'yes'));
    const data = { a: item(), b: item(), c: item() };
    const levels = categorical({ levels: ['no', 'yes'] });
    const family = product({ a: levels, b: levels, c: levels });
    const merged = createDataset(data, [family, family], 2, { missing: 'integrate' });
    expect(merged.distinctRows).toBe(27);
    const each = createDataset(data, [family, family], 2, { missing: 'integrate', merge: false });
    const options = { family, components: 2, iterations: 20, accelerate: false } as const;
    const from = fit(merged, options).model.parameters;
    const logLikelihood = (dataset: typeof merged): number => fit(dataset, { ...options, start: from, iterations: 0 }).logLikelihood;
    expect(logLikelihood(merged)).toBeCloseTo(logLikelihood(each), 8);
    expect(each.missing!.cells.every((count) => count > 400)).toBe(true);
  });

  test('of what a density is given needs to be known beside an observed value', () => {
    const family = binomial({ trials: 'column' });
    const options = { family, components: 1, missing: 'integrate' } as const;
    expect(fit({ x: [1, null, 3], n: [4, 4, 4] }, options).components[0].probability).toBeCloseTo(0.5, 15);
    expect(fit({ x: [1, null, 3], n: [4, null, 4] }, options).components[0].probability).toBeCloseTo(0.5, 15);
    expect(errorOf(() => fit({ x: [1, 2, 3], n: [4, null, 4] }, options)).message).toContain('Row 2, column n');
  });

  test('does not disturb first guesses: summaries and samples leave it out', () => {
    const data = people(3000, 14, 0.4);
    const dataset = createDataset(data, [person], 1, { missing: 'integrate' });
    const source = memorySource(dataset);
    const { columns, missing } = source.summary();
    const known = data.height.filter((value) => value !== null);
    expect(columns[0]!.mean).toBeCloseTo(known.reduce((sum, value) => sum + value, 0) / known.length, 9);
    expect(missing!.cells[0]).toBe(3000 - known.length);
    const sample = source.sample(500, createRandom(1));
    const holes = sample.blocks.reduce((sum, { inexact }) => sum + (inexact?.[0]?.rows.length ?? 0), 0);
    expect(holes).toBeGreaterThan(150);
    expect(holes).toBeLessThan(250);
  });
});
