import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableOptions } from '../src/index.ts';
import { bytesOf, cut, outcome, places } from './support.ts';

/** Pieces of text that mean something to a reader, and some that do not. */
const text: fc.Arbitrary<string> = fc
  .array(fc.constantFrom('\n', '\r\n', '\r', ',', ';', '\t', '"', '""', ' ', '1', '-2.5', '7e1', 'a', 'é', '𝒙', '\ufeff', 'NA', '1,5'), {
    maxLength: 40,
  })
  .map((parts) => parts.join(''));
const options: fc.Arbitrary<TableOptions> = fc.constantFrom<TableOptions>(
  {},
  { header: false },
  { header: 'detect', others: 'all' },
  { columns: ['a'] },
  { header: false, columns: ['x1'], blankable: ['x2'] },
);

function utf16(content: string, bigEndian: boolean): Uint8Array {
  const bytes = Buffer.from(`\ufeff${content}`, 'utf16le');
  return Uint8Array.from(bigEndian ? bytes.swap16() : bytes);
}

describe('what a text comes to does not depend on', () => {
  test('how it is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(text, options, places, async (content, how, ends) => {
        const bytes = bytesOf(content);
        expect(await outcome(cut(bytes, ends), how)).toEqual(await outcome([bytes], how));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  test('whether it is bytes at random, cut or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), options, places, async (bytes, how, ends) => {
        expect(await outcome(cut(bytes, ends), how)).toEqual(await outcome([bytes], how));
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  test('its encoding', async () => {
    await fc.assert(
      fc.asyncProperty(text, options, fc.boolean(), places, async (content, how, bigEndian, ends) => {
        const expected = await outcome(`\ufeff${content}`, how);
        expect(await outcome(cut(utf16(content, bigEndian), ends), how)).toEqual(expected);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  test('its line ends', async () => {
    await fc.assert(
      fc.asyncProperty(text, options, async (content, how) => {
        const plain = content.replace(/\r\n?/g, '\n');
        const expected = await outcome(plain, how);
        for (const end of ['\r\n', '\r']) expect(await outcome(plain.replaceAll('\n', end), how)).toEqual(expected);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe('a first chunk may end', () => {
  const content = 'first;second\n1;2\n3;4\n';
  const expected = {
    rows: 2,
    columns: [
      ['first', [1, 3], undefined],
      ['second', [2, 4], undefined],
    ],
    leftOut: [],
    header: true,
    last: 'The file, line 3 (row 2)',
  };

  test.each([
    ['before the delimiter', bytesOf(content), 3],
    ['within a byte-order mark', bytesOf(`\ufeff${content}`), 1],
    ['after two bytes of a byte-order mark', bytesOf(`\ufeff${content}`), 2],
    ['within a byte-order mark of UTF-16', utf16(content, false), 1],
    ['within a character of UTF-16', utf16(content, true), 5],
  ])('%s', async (_name, bytes, end) => {
    expect(await outcome(cut(bytes, [end]))).toEqual(expected);
  });
});

test('a field that goes on over many chunks is read in the time of its length', async () => {
  const field = `"${'word, '.repeat(100_000)}"`;
  const chunks = [bytesOf(`text,x\n${field},1\n`)].flatMap((bytes) =>
    cut(
      bytes,
      Array.from({ length: 60_000 }, (_, index) => 10 * index),
    ),
  );
  expect(await outcome(chunks)).toMatchObject({ rows: 1, columns: [['x', [1], undefined]], leftOut: ['text'] });
});
