import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvPieces, readTable } from '../src/index.ts';
import { bytesOf } from './support.ts';

test('a table is read back as it was written, to the last bit', async () => {
  const name = fc
    .string({ unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', ' ', '1', '.', 'é', '-'), maxLength: 5 })
    .map((text) => `${text}n`);
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { minLength: 1, maxLength: 4, selector: (text) => text.trim() }),
      fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 20 }),
      async (names, rows) => {
        const wanted = rows.map((row) => row.slice(0, names.length));
        const text = [
          ...csvPieces(names, rows.length, (row) => wanted[row]!.map((number) => (Object.is(number, -0) ? '-0' : number)).join()),
        ].join('');
        const { columns } = await readTable([bytesOf(text)]);
        expect(columns.map((column) => column.name)).toEqual(names.map((text) => text.trim()));
        expect(columns.map(({ values }) => Array.from(values))).toEqual(names.map((_, index) => wanted.map((row) => row[index])));
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

test('rows are asked for when their piece is, and in order', () => {
  const asked: number[] = [];
  const pieces = csvPieces(['x'], 10_000, (row) => String(asked.push(row) - 1));
  expect(pieces.next().value).toBe('x\n');
  expect(asked).toEqual([]);
  const first = pieces.next().value!;
  expect(first.endsWith(`\n${asked.length - 1}\n`)).toBe(true);
  expect(asked.length).toBeLessThan(10_000);
  expect([first, ...pieces].join('')).toBe(Array.from({ length: 10_000 }, (_, row) => `${row}\n`).join(''));
});
