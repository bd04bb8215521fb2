import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTable } from '../src/index.ts';
import { bytesOf, outcome } from './support.ts';

/** Reads the texts as one column. */
async function read(texts: readonly string[]): Promise<number[]> {
  const table = await readTable([bytesOf(`x,y\n${texts.map((text) => `${text},0\n`).join('')}`)], { columns: ['x'] });
  return Array.from(table.column('x'));
}

describe('a number becomes the double that is nearest to it', () => {
  const forms = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.nat(20)).map(([value, digits]) => value.toFixed(digits)),
    fc
      .tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 1, max: 40 }))
      .map(([value, digits]) => value.toPrecision(digits)),
    fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(30)).map(([value, digits]) => value.toExponential(digits)),
    // Digits round the limits of what is computed without text: 2^53, and 22 decimals.
    fc.tuple(fc.constantFrom('', '-', '+'), fc.bigInt({ min: 0n, max: 2n ** 56n }), fc.nat(25)).map(([sign, digits, decimals]) => {
      const text = String(digits).padStart(decimals + 1, '0');
      return `${sign}${text.slice(0, text.length - decimals)}.${text.slice(text.length - decimals)}`;
    }),
  );

  // Rounding up may lead beyond the doubles.
  const written = forms.filter((text) => Number.isFinite(Number(text)));

  test('whatever form it is written in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(written, { minLength: 1, maxLength: 50 }), async (texts) => {
        expect(await read(texts)).toEqual(texts.map(Number));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test.each([
    ['9007199254740992', 9007199254740992],
    ['9007199254740993', 9007199254740992],
    ['-9007199254740995', -9007199254740996],
    ['0.1000000000000000055511151231257827021181583404541015625', 0.1],
    ['-0', -0],
    ['-.0', -0],
    ['+.5e-3', 0.0005],
    ['5.', 5],
    ['00012.50', 12.5],
    ['4.9e-324', 5e-324],
    ['1e-400', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    [`0.${'0'.repeat(300)}1`, 1e-301],
    [` ${'9'.repeat(30)} `, 1e30],
  ])('%s', async (text, value) => {
    expect(await read([text])).toEqual([value]);
  });
});

test('what is no number never becomes one', async () => {
  for (const text of [
    '',
    '-',
    '.',
    '-.',
    '+',
    'e5',
    '1e',
    '1e+',
    '1.2.3',
    '--1',
    '1-',
    '0x10',
    '0b1',
    '1_000',
    '١',
    'Infinity',
    '1e309',
    '1;2',
    '1 2',
    "'1'",
  ]) {
    expect(await outcome(`x,y\n${text},0\n`, { columns: ['x'] }), text).toMatch(
      /^DATA_NOT_(A_NUMBER|FINITE): The file, line 2 \(row 1\), column x: /,
    );
  }
});

// Patterns that try every way to share the digits out among their parts would take hours here.
test.each([
  ['digits and a sign', '1'.repeat(99_000)],
  ['digits with spaces', '1 '.repeat(49_000)],
  ['digits with separators', '1,'.repeat(49_000)],
  ['groups of three', '111,'.repeat(24_000)],
  ['spaces', ' '.repeat(99_000)],
  ['a decimal comma', `${'1'.repeat(49_000)},${'1'.repeat(49_000)}`],
  ['an exponent', `1e${'1'.repeat(99_000)}`],
])('a long field that is no number is refused at once: %s', async (_name, long) => {
  for (const field of [`${long}@`, `"${long}@"`, `-${long}kgm/s`])
    expect(await outcome(`x\ty\n${field}\t0\n`, { columns: ['x'] })).toMatch(/ is not a number\. /);
});
