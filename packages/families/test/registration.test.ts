import { checkParameters, EmkitError, summarize } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { families, familyById } from '../src/index.ts';
import { datasetOf } from './support.ts';

describe('the registration', () => {
  it('lists every family once, in the order of its id', () => {
    const ids = families.map((family) => family.id);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const family of families) expect(familyById(family.id)).toBe(family);
  });

  it('refuses an unknown id and names the known ones', () => {
    expect(() => familyById('gausian')).toThrow(EmkitError);
    expect(() => familyById('gausian')).toThrow(/"gausian".*gaussian/);
  });

  it.each(
    families.flatMap((definition) =>
      definition.variants.map((options) => [definition.id, JSON.stringify(options), definition, options] as const),
    ),
  )('makes %s %s, whose starting point of any data lies in its domain', (id, _, definition, options) => {
    const family = definition(options);
    expect(family.id).toBe(id);
    const rows = [
      [1, 1, 1],
      [0, 1, 0],
      [1, 1, 1],
    ];
    const columns = family.columns.map((_column, index) =>
      rows.map((row) => (index === 1 && family.columns[1]!.given ? 1 : row[index % 3]!)),
    );
    for (const data of [
      datasetOf(columns),
      datasetOf(columns, [1, 1e-300, 1e10]),
      datasetOf(columns.map((values) => values.map((_value, i) => columns[0]![0]! * (i * 0)))),
    ]) {
      checkParameters(family, family.locate!(summarize(data)), 0);
    }
  });
});
