import { EmkitError } from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTable, readText, type TableOptions } from '../src/index.ts';
import { bytesOf, outcome } from './support.ts';

describe('the delimiter is that of the first record', () => {
  test.each([
    ['a comma', 'a,b;c\n1,2\n', ['a', 'b;c']],
    ['a tab', 'a\tb;c\n1\t2\n', ['a', 'b;c']],
    ['a semicolon', 'a;b c\n1;2\n', ['a', 'b c']],
    ['not one in quotes', '"a,x";b\n1;2\n', ['a,x', 'b']],
    ['not one in quotes over two lines', '"a,\nx";b\n1;2\n', ['a,\nx', 'b']],
    ['though a quote stands within a name', 'a 5",b\n1,2\n', ['a 5"', 'b']],
    ['none', 'a\n1\n', ['a']],
  ])('%s', async (_name, text, names) => {
    const { columns } = await readTable([bytesOf(text)]);
    expect(columns.map(({ name }) => name)).toEqual(names);
  });
});

describe('the first record', () => {
  test('names the columns, without spaces round them and with quotes undone', async () => {
    const { columns, header } = await readTable([bytesOf(' a ,"say ""b""", "c"\n1,2,3\n')]);
    expect(columns.map(({ name }) => name)).toEqual(['a', 'say "b"', 'c']);
    expect(header).toBe(true);
  });

  test('is a row where there are no names', async () => {
    expect(await outcome('1\n2\n', { header: false })).toMatchObject({ rows: 2, columns: [['x', [1, 2], undefined]], header: false });
    expect(await outcome('1,2\n3,4\n', { header: false })).toMatchObject({
      columns: [
        ['x1', [1, 3], undefined],
        ['x2', [2, 4], undefined],
      ],
    });
  });

  test('is a row if it holds numbers only, where that is to be detected', async () => {
    expect(await outcome('1,2\n3,4\n', { header: 'detect' })).toMatchObject({ rows: 2, header: false });
    expect(await outcome('1,b\n3,4\n', { header: 'detect' })).toMatchObject({ rows: 1, header: true });
    expect(await outcome('1,2\n3,4\n')).toMatch(
      /^DATA_SHAPE: The file, line 1: the first line must name the columns, and it holds only numbers \(1, 2\)\./,
    );
  });
});

describe('the other columns', () => {
  const text = 'who,x,note\nann,1,\nbob,2,3\n';

  test('are left out by default where they are of text', async () => {
    expect(await outcome('who,x\nann,1\nbob,2\n')).toMatchObject({ columns: [['x', [1, 2], undefined]], leftOut: ['who'] });
  });

  test('are columns of numbers if a field of theirs was meant as one', async () => {
    expect(await outcome(text)).toBe(
      'DATA_NOT_A_NUMBER: The file, line 2 (row 1), column note: the value is missing (the field is blank). Fill it in or leave the row out.',
    );
    expect(await outcome('a,b\n1,x\n2,3\n')).toMatch(/line 2 \(row 1\), column b: "x" is not a number/);
  });

  test('are not read where columns are named', async () => {
    expect(await outcome(text, { columns: ['x'] })).toMatchObject({ columns: [['x', [1, 2], undefined]], leftOut: [] });
  });

  test('are kept with what is no number, if that is asked for', async () => {
    const table = await readTable([bytesOf(text)], { others: 'all', name: 'in.csv' });
    expect(table.columns.map(({ name, values }) => [name, Array.from(values)])).toEqual([
      ['who', [Number.NaN, Number.NaN]],
      ['x', [1, 2]],
      ['note', [Number.NaN, 3]],
    ]);
    expect(Array.from(table.column('x'))).toEqual([1, 2]);
    expect(() => table.column('note')).toThrow('in.csv, line 2 (row 1), column note: the value is missing');
    expect(() => table.column('nothing')).toThrow('in.csv has no column "nothing". It has: who, x, note.');
  });

  test('a column without a name is none of them', async () => {
    expect(await outcome(',x\n1,2\n')).toMatchObject({ columns: [['x', [2], undefined]] });
    expect(await outcome(',\n1,2\n')).toMatch(/^DATA_SHAPE: The file has no column with a name/);
  });
});

test('a blank is NaN in the columns that may hold it, and there only', async () => {
  expect(await outcome('x,label\n1,\n2,1\n3," "\n', { columns: ['x'], blankable: ['label'] })).toMatchObject({
    columns: [
      ['x', [1, 2, 3], undefined],
      ['label', [Number.NaN, 1, Number.NaN], undefined],
    ],
  });
  expect(await outcome('x,label\n1,NA\n', { columns: ['x'], blankable: ['label'] })).toMatch(
    /column label: "NA" stands for a missing value/,
  );
});

test('words are the numbers they stand for, and no others', async () => {
  const levels = { answer: ['no', '2', 'a, b'] };
  expect(await outcome('answer,x\n" no ",1\n2,2\n"a, b",3\n', { levels, columns: ['x'] })).toMatchObject({
    columns: [
      ['answer', [0, 1, 2], undefined],
      ['x', [1, 2, 3], undefined],
    ],
  });
  expect(await outcome('no\n2\n', { levels: { x: ['no', '2'] }, header: false })).toMatchObject({ columns: [['x', [0, 1], undefined]] });
  expect(await outcome('answer\nno\n0\n', { levels })).toBe(
    'DATA_NOT_A_NUMBER: The file, line 3 (row 2), column answer: "0" is none of the levels. The levels are: no, 2, a, b.',
  );
  expect(await outcome('answer\n""\n', { levels })).toContain('column answer: the value is missing (the field is blank).');
  expect(await outcome('x\n1\n', { levels })).toMatch(/^DATA_UNKNOWN_COLUMN: The file has no column "answer"/);
});

describe('an error says what, where, and what to do, and has a code', () => {
  const names = { columns: ['x'] };
  test.each<readonly [text: string, options: TableOptions, message: string]>([
    ['', {}, 'DATA_EMPTY: The file is empty. It needs a line of column names'],
    ['x\n\n', {}, 'DATA_EMPTY: The file has a header and no rows.'],
    ['\nx\n1\n', {}, 'DATA_SHAPE: The file, line 1: the line is blank, and the first line must name the columns.'],
    ['x\n1\n\n3\n', {}, 'DATA_SHAPE: The file, line 3 (row 2), column x: the line is blank, and more rows follow.'],
    ['x,y\n1,2\n \n3,4\n', {}, 'DATA_SHAPE: The file, line 3 (row 2): the line is blank, and more rows follow.'],
    ['x,y\n1,2\nSmith, John,2\n', {}, 'DATA_SHAPE: The file, line 3 (row 2): the row has 3 values, and the header names 2 columns.'],
    ['1,2\n3\n', { header: false }, 'DATA_SHAPE: The file, line 2 (row 2): the row has 1 value, and the first row has 2.'],
    ['x\n"1\n', {}, 'DATA_SHAPE: The file, line 2: a quote is opened and not closed'],
    ['x\n"1"a\n', {}, 'DATA_SHAPE: The file, line 2: a quote is opened and not closed, or text follows a closing quote.'],
    ['"x', {}, 'DATA_SHAPE: The file, line 1: a quote is opened and not closed'],
    ['x,x\n1,2\n', {}, 'DATA_SHAPE: The file, line 1: two columns are called "x". Give them different names.'],
    ['y\n1\n', names, 'DATA_UNKNOWN_COLUMN: The file has no column "x". It has: y.'],
    [
      'x\nfoo\n',
      names,
      'DATA_NOT_A_NUMBER: The file, line 2 (row 1), column x: "foo" is not a number. Correct it, leave the row out, or choose',
    ],
    ['x\n1,5\n', { ...names, header: true }, 'DATA_SHAPE: The file, line 2 (row 1): the row has 2 values'],
    ['x;y\n1,5;2\n', {}, 'DATA_NOT_A_NUMBER: The file, line 2 (row 1), column x: "1,5" is not a number. Write decimals with a point: 1.5.'],
    ['x;y\n1,234.5;2\n', {}, '"1,234.5" is not a number. Write it without separators between the thousands'],
    ['x\n12 kg\n', {}, '"12 kg" is not a number. Write the number alone, without a unit.'],
    ['x\n1e999\n', {}, 'DATA_NOT_FINITE: The file, line 2 (row 1), column x: "1e999" is too large for a double.'],
    ['x\n-inf\n', {}, 'DATA_NOT_FINITE: The file, line 2 (row 1), column x: "-inf" is infinite.'],
    ['note,x\n"two\nlines",1\nplain,?\n', names, 'DATA_NOT_A_NUMBER: The file, line 4 (row 2), column x: "?" stands for a missing value.'],
  ])('%j', async (text, options, message) => {
    expect(await outcome(text, options)).toContain(message);
  });

  test('the row, the column and the value are in its details', async () => {
    const error = await readTable([bytesOf('x,y\n1,2\n3,oops\n')]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EmkitError);
    expect((error as EmkitError).details).toMatchObject({ row: 1, column: 'y', value: 'oops' });
  });

  test('it names the flags of the program that reads', async () => {
    const flags = { columns: '--columns', header: '--no-header' };
    expect(await outcome('1\n2\n', { flags })).toContain('Add a line of names, or pass --no-header.');
    expect(await outcome('x\n1\nfoo\n', { flags })).toContain('or choose other columns with --columns.');
  });

  test('bytes that are no text, where someone asks for them', async () => {
    const broken = Uint8Array.of(0x78, 0x2c, 0x79, 0x0a, 0xff, 0x2c, 0x31, 0x0a);
    expect(await outcome([broken], { columns: ['x'] })).toContain('line 2 (row 1), column x: the value is not text in UTF-8');
    expect(await outcome([broken], { columns: ['y'] })).toMatchObject({ columns: [['y', [1], undefined]] });
    expect(await outcome([Uint8Array.of(0x80, 0x0a, 0x31, 0x0a)])).toContain('The file is not text in UTF-8');
  });

  test('a message is short, however long the name, the value and the list of columns', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `column${index}`).join();
    for (const text of [`${many}\n`, `${'n'.repeat(9000)}\n${'v'.repeat(9000)}\n`, `${'1'.repeat(9000)}\n`, `${'n'.repeat(10_001)}\n1\n`])
      expect(String(await outcome(text, text.startsWith('c') ? names : {})).length).toBeLessThan(600);
  });
});

describe('limits', () => {
  test('a name', async () => {
    expect(await outcome(`${'a'.repeat(20_000_000)}\n1\n`)).toMatch(
      /^DATA_SHAPE: The file, line 1: the first line is longer than 16777216 bytes/,
    );
    expect(await outcome(`b,${'a'.repeat(10_001)}\n1,2\n`)).toContain('line 1: the name of column 2 has 10001 characters');
    expect(await outcome(`${'a'.repeat(10_000)}\n1\n`)).toMatchObject({ rows: 1 });
  });

  test('a field, whether its column is read or not', async () => {
    const long = '9'.repeat(17_000_000);
    for (const text of [`x,y\n1,${long}\n`, `x,y\n1,"${long}\n2,3\n`, `x,y\n1,"${long}"\n`])
      expect(await outcome(text, { columns: ['x'] })).toContain('line 2 (row 1), column y: the value is longer than 16777216 bytes');
  });

  test('the columns', async () => {
    expect(await outcome(`${','.repeat(2 ** 20)}\n`)).toContain('line 1: there are more than 1048576 columns');
  });

  test('many columns take no more than their values', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `c${index}`);
    const { columns } = await readTable([bytesOf(`${names.join()}\n${names.map((_, index) => index).join()}\n`)]);
    expect(columns).toHaveLength(100_000);
    expect(columns.every(({ values }, index) => values.length === 1 && values[0] === index)).toBe(true);
  });
});

test('many rows keep their order and their places', async () => {
  const rows = 300_000;
  const lines = Array.from({ length: rows }, (_, row) => `${row},"${row % 1000 === 0 ? 'two\r\nlines' : ''}"`);
  const { column, place } = await readTable([bytesOf(`x,note\n${lines.join('\n')}`)], { columns: ['x'] });
  const values = column('x');
  expect(values).toHaveLength(rows);
  expect(values.every((value, row) => value === row)).toBe(true);
  expect(place(0)).toBe('The file, line 2 (row 1)');
  expect(place(1, 'x')).toBe('The file, line 4 (row 2), column x');
  expect(place(rows - 1)).toBe(`The file, line ${rows + 1 + 300} (row ${rows})`);
});

test('a table written as RFC 4180 says is read back as it was', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', ';'), maxLength: 6 });
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(field, fc.double({ noNaN: true, noDefaultInfinity: true })), { minLength: 1 }), async (rows) => {
      const text = `${quote('a "name",')},x\n${rows.map(([note, value]) => `${quote(note)},${value}`).join('\n')}\n`;
      const table = await readTable([bytesOf(text)], { columns: ['x'] });
      expect(Array.from(table.column('x'), String)).toEqual(rows.map(([, value]) => String(value)));
      expect(table.rows).toBe(rows.length);
    }),
    { seed: 6, numRuns: 300 },
  );
});

test('progress is told, and what it throws ends the reading', async () => {
  const seen: (readonly [number, number])[] = [];
  await readTable([bytesOf('x\n1\n'), bytesOf('2\n3\n')], { onProgress: (rows, bytes) => seen.push([rows, bytes]) });
  expect(seen).toEqual([
    [1, 4],
    [3, 8],
  ]);
  const stop = new Error('stop');
  await expect(
    readTable([bytesOf('x\n')], {
      onProgress: () => {
        throw stop;
      },
    }),
  ).rejects.toBe(stop);
});

describe('a whole text', () => {
  test('is decoded, whatever its encoding and its cuts', async () => {
    const text = '{"é": "𝒙"}';
    const utf8 = bytesOf(`\ufeff${text}`);
    expect(await readText(Array.from(utf8, (byte) => Uint8Array.of(byte)))).toBe(text);
    const utf16 = Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));
    expect(await readText(Array.from(utf16, (byte) => Uint8Array.of(byte)))).toBe(text);
    expect(await readText([])).toBe('');
  });

  test('is refused where it is too long or no text', async () => {
    await expect(readText([bytesOf('12345')], { name: 'm.json', limit: 4 })).rejects.toMatchObject({
      code: 'DATA_SHAPE',
      message: expect.stringMatching(/^m\.json has more than 4 bytes/) as string,
    });
    await expect(readText([Uint8Array.of(0x22, 0xff)])).rejects.toMatchObject({ code: 'DATA_SHAPE' });
  });
});
