import type { Random } from '@emkit/core';
import { csvPieces, readTable, type Table, type TableOptions } from '@emkit/files';
import { chance, cut, insist, outcomeOf, pick, times } from './common.ts';

/**
 * A CSV file as someone might write it, or as no one would: cut anywhere and in another encoding it comes to the same, a table keeps its promises,
 * and what is written of it is read back.
 */
export async function tryCsv(random: Random): Promise<void> {
  const text = chance(random, 0.6) ? drawTable(random) : drawText(random);
  const options = pick(random, CSV_OPTIONS);
  const bytes = chance(random, 0.1) ? damage(random, new TextEncoder().encode(text)) : new TextEncoder().encode(text);
  const whole = await outcomeOf(() => readTable([bytes], options));
  const shown = JSON.stringify(new TextDecoder().decode(bytes));
  insist(same(whole, await outcomeOf(() => readTable(cut(random, bytes), options))), `${shown} gives something else when it is cut`);
  const utf16 = Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));
  const mark = await outcomeOf(() => readTable([new TextEncoder().encode(`\ufeff${text}`)], options));
  insist(
    same(mark, await outcomeOf(() => readTable(cut(random, utf16), options))),
    `${JSON.stringify(text)} gives something else in UTF-16`,
  );
  if (!('value' in whole)) return;
  await checkTable(whole.value, options, shown);
  if (!shown.includes('\\"')) checkValues(whole.value, new TextDecoder().decode(bytes));
}

const CSV_OPTIONS: readonly TableOptions[] = [
  {},
  { header: false },
  { header: 'detect', others: 'all' },
  { others: 'all' },
  { columns: ['a'] },
  { header: false, columns: ['x1'], blankable: ['x2'] },
];

/** A table that is well formed but for a fault here and there. */
function drawTable(random: Random): string {
  const delimiter = pick(random, [',', ';', '\t']);
  const end = pick(random, ['\n', '\n', '\r\n', '\r']);
  const width = 1 + random.integer(4);
  const kinds = Array.from({ length: width }, () => pick(random, ['number', 'number', 'number', 'number', 'text', 'any']));
  const field = (kind: string): string => {
    const number = pick(random, [
      () => String(random.integer(1000) / 8),
      () => String(random.normal() * 10 ** (random.integer(600) - 300)),
      () => random.normal().toFixed(random.integer(30)),
      () => String(random.integer(2 ** 32)) + String(random.integer(2 ** 32)),
    ])();
    const word = pick(random, [
      'a',
      'é',
      `b${delimiter}c`,
      'say ""d""',
      'two\nlines',
      '',
      'NA',
      '12 kg',
      '1,5',
      ' 7 ',
      '+.5e1',
      '1e999',
      '-',
      '𝒙',
    ]);
    const text = kind === 'number' || (kind === 'any' && chance(random, 0.5)) ? number : word;
    return chance(random, 0.2) || /["\n,;\t]/.test(text) ? `"${text}"` : text;
  };
  const names = Array.from({ length: width }, (_, index) => pick(random, chance(random, 0.1) ? ['a', '', '1', '"é"'] : ['abcd'[index]!]));
  const rows = Array.from({ length: random.integer(pick(random, [4, 12, 60])) }, () =>
    [...kinds, ...(chance(random, 0.02) ? ['number'] : [])].map((kind) => field(chance(random, 0.02) ? 'any' : kind)).join(delimiter),
  );
  const blank = chance(random, 0.1) ? end + pick(random, ['', ' ', end]) : '';
  return [names.join(delimiter), ...rows].join(end) + (chance(random, 0.7) ? end : '') + blank;
}

const SCRAPS = [
  '\n',
  '\r\n',
  '\r',
  ',',
  ';',
  '\t',
  '"',
  '""',
  ' ',
  '1',
  '-2.5',
  '7e1',
  '.',
  '+',
  'a',
  'é',
  '𝒙',
  '\ufeff',
  '\0',
  'NA',
  '1,5',
];

function drawText(random: Random): string {
  return times(random, 40, () => pick(random, SCRAPS)).join('');
}

function damage(random: Random, bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (chance(random, 0.05) ? random.integer(256) : byte));
}

function same(first: unknown, second: unknown): boolean {
  return describe(first) === describe(second);
}

/** A table or an error as text, every bit of its numbers included. */
function describe(outcome: unknown): string {
  const { value, error } = outcome as { readonly value?: Table; readonly error?: string };
  if (value === undefined) return error!;
  const columns = value.columns.map(({ name, values, invalid }) => [name, Array.from(values, bits), invalid?.message]);
  return JSON.stringify([value.rows, columns, value.leftOut, value.header, value.place(value.rows - 1)]);
}

function bits(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Without quotes, lines and delimiters are all that a table is made of, and `Number` says what its values are. */
function checkValues({ columns, rows, header }: Table, text: string): void {
  const lines = text.split(/\r\n?|\n/);
  const delimiter = [',', '\t', ';'].find((candidate) => lines[0]!.includes(candidate)) ?? ',';
  const records = lines.map((line) => line.split(delimiter).map((field) => field.trim()));
  const names = header ? records.shift()! : records[0]!.map((_, index, { length }) => (length === 1 ? 'x' : `x${index + 1}`));
  for (const { name, values } of columns) {
    const expected = records.slice(0, rows).map((record) => Number(record[names.indexOf(name)]));
    const wrong = values.findIndex((value, row) => !Number.isNaN(value) && !Object.is(value, expected[row]));
    insist(wrong < 0, `${JSON.stringify(text)}: in row ${wrong + 1} column ${name} is ${values[wrong]}, not ${expected[wrong]}`);
  }
}

/** A table is as long as it says, holds no infinities, NaN only where that was asked for, and is read back from what is written of it. */
async function checkTable(table: Table, options: TableOptions, shown: string): Promise<void> {
  const { rows, columns } = table;
  for (const { name, values, invalid } of columns) {
    insist(values.length === rows && rows > 0, `${shown}: column ${name} has ${values.length} values of ${rows}`);
    insist(
      values.every((value) => Math.abs(value) !== Infinity),
      `${shown}: an infinity in column ${name}`,
    );
    const hasNaN = values.some(Number.isNaN);
    insist(!hasNaN || options.others === 'all' || options.blankable?.includes(name) === true, `${shown}: a NaN in column ${name}`);
    insist(
      hasNaN === (invalid !== undefined) || options.blankable?.includes(name) === true,
      `${shown}: column ${name} is not said to be invalid`,
    );
  }
  const names = columns.map(({ name }) => name);
  // Names that are numbers only are taken for a row without names.
  if (names.every((name) => !Number.isNaN(Number(name)))) return;
  const text = [...csvPieces(names, rows, (row) => columns.map(({ values }) => bits(values[row]!)).join())].join('');
  const again = await readTable([new TextEncoder().encode(text)], { others: 'all' });
  const values = (all: Table['columns']): string => JSON.stringify(all.map((column) => [column.name, Array.from(column.values, bits)]));
  insist(
    values(again.columns) === values(columns),
    `${shown}: what is written of it is read back as something else: ${JSON.stringify(text)}`,
  );
}
