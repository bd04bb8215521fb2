import { describe, expect, test } from 'vitest';
import { emkit, Folder, fitJson } from './support.ts';

const folder = new Folder();
const gaussian = ['--family', 'gaussian', '--components', '1'];
const exponential = ['--family', 'exponential', '--components', '1'];
const binomial = ['--family', 'binomial', '--option', 'trials=10', '--components', '1'];

/** A case: what it is, the file, the arguments, and what the message must say. */
type Case = readonly [name: string, content: string | Uint8Array, args: readonly string[], ...says: string[]];

const cases: Case[] = [
  ['an empty file', '', gaussian, 'in.csv is empty', 'needs a line of column names'],
  ['blank lines only', '\n\n', gaussian, 'in.csv is empty'],
  ['a header only', 'x\n', gaussian, 'has a header and no rows'],
  ['text', 'x\n1\nfoo\n3\n', gaussian, 'line 3 (row 2), column x: "foo" is not a number', 'leave the row out'],
  ['NaN', 'x\n1\nNaN\n', gaussian, 'line 3 (row 2), column x: "NaN" stands for a missing value'],
  ['NA', 'x\nNA\n1\n', gaussian, 'line 2 (row 1), column x: "NA" stands for a missing value'],
  ['infinity', 'x\n1\n-Infinity\n', gaussian, 'line 3 (row 2), column x: "-Infinity" is infinite', 'finite numbers'],
  ['a number beyond the doubles', 'x\n1\n1e400\n', gaussian, 'column x: "1e400" is too large'],
  ['a blank', 'a,b\n1,2\n3,\n5,6\n', gaussian, 'line 3 (row 2), column b: the value is missing', 'Fill it in'],
  ['a blank of one column', 'x\n1\n\n3\n', gaussian, 'line 3 (row 2), column x: the line is blank'],
  [
    'a negative value for the exponential',
    'x\n1\n-2\n',
    exponential,
    'line 3 (row 2), column x: -2 is outside the support',
    'numbers >= 0',
  ],
  [
    'a count that is not whole',
    'x\n1\n2.5\n',
    binomial,
    'line 3 (row 2), column x: 2.5 is outside the support',
    'whole numbers from 0 to 10',
  ],
  ['a count above the trials', 'x\n1\n11\n', binomial, 'line 3 (row 2), column x: 11 is outside the support'],
  [
    "a count above its row's trials",
    'x,n\n1,3\n5,4\n',
    ['--family', 'binomial', '--option', 'trials-column=n', '--components', '1'],
    'line 3 (row 2), column x: 5 is outside',
  ],
  [
    'a row too short',
    'a,b\n1,2\n3\n',
    gaussian,
    'line 3 (row 2): the row has 1 value, and the header names 2 columns',
    'same number of values',
  ],
  ['a row too long', 'a,b\n1,2,3\n', gaussian, 'line 2 (row 1): the row has 3 values'],
  ['an unknown column', 'a,b\n1,2\n', [...gaussian, '--columns', 'c'], 'has no column "c"', 'It has: a, b'],
  ['an unknown column of weights', 'a,b\n1,2\n', [...gaussian, '--weights-column', 'c'], 'has no column "c"'],
  [
    'more components than different rows',
    'x\n1\n2\n1\n',
    ['--family', 'gaussian', '--components', '3'],
    '3 components, but only 2 different rows',
    'fewer components',
  ],
  ['no components', 'x\n1\n2\n', ['--family', 'gaussian', '--components', '0'], 'The number of components is 0', 'at least 1'],
  [
    'a negative weight',
    'x,w\n1,1\n2,-1\n',
    [...gaussian, '--weights-column', 'w'],
    'line 3 (row 2), column w: the case weight is -1',
    '>= 0',
  ],
  ['weights that are all zero', 'x,w\n1,0\n2,0\n', [...gaussian, '--weights-column', 'w'], 'all case weights are 0', 'At least one row'],
  ['a label of 0', 'x,c\n1,1\n2,0\n', [...gaussian, '--labels-column', 'c'], 'line 3 (row 2), column c: the label is 0', '--first-label 0'],
  [
    'a label above the number of components',
    'x,c\n1,1\n2,2\n',
    [...gaussian, '--labels-column', 'c'],
    'column c: the label is 2',
    'from 1 to 1',
  ],
  ['text in a column of numbers, first row', 'a,b\n1,x\n2,3\n', gaussian, 'line 2 (row 1), column b: "x" is not a number'],
  ['a decimal comma', 'x;y\n1,5;2\n', gaussian, 'column x: "1,5" is not a number', 'with a point: 1.5'],
  ['separated thousands', 'x\n"1,234"\n', gaussian, '"1,234" is not a number', 'without separators'],
  ['a unit', 'x,y\n1,12 %\n', gaussian, '"12 %" is not a number', 'without a unit'],
  ['a header of numbers', '1\n2\n', gaussian, 'line 1: the first line must name the columns', '--no-header'],
  ['a quote that stays open', 'x\n1\n"2\n3\n', gaussian, 'line 3: a quote is opened and not closed'],
  ['two columns of one name', 'x,x\n1,2\n', gaussian, 'two columns are called "x"'],
  [
    'more columns than the family takes',
    'a,b\n1,2\n3,4\n',
    exponential,
    '2 data columns (a, b), and the family exponential takes 1',
    '--columns a',
  ],
  ['no column of numbers', 'a,b\nx,y\n', gaussian, 'line 2 (row 1), column a: "x" is not a number'],
  ['bytes that are no text', Uint8Array.of(0x78, 0x0a, 0xff, 0xfe, 0x0a), gaussian, 'is not text in UTF-8'],
  ['equal values', 'x\n1\n1\n', gaussian, 'No maximum-likelihood variance'],
];

describe('bad input is one message, exit code 1 and no file', () => {
  test.each(cases.map(([name, content, args, ...says]) => ({ name, content, args, says })))('$name', async ({ content, args, says }) => {
    const file = folder.write('in.csv', content);
    const before = folder.list();
    const { exitCode, stdout, stderr } = await emkit(['fit', file, ...args, '--out', folder.at('out.json')]);
    expect(stderr).toMatch(/^emkit: .*\n$/);
    for (const words of says) expect(stderr).toContain(words);
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(folder.list()).toEqual(before);
  });

  const start = (value: unknown): string => folder.write('start.json', typeof value === 'string' ? value : JSON.stringify(value));
  const two = [{ rate: 1 }, { rate: 2 }];

  test.each([
    ['another number of components', { weights: [1], components: [{ rate: 1 }] }, 'for 1 component, and the model has 2'],
    ['another number of weights', { weights: [1], components: two }, 'weights'],
    [
      'a rate below its domain',
      { weights: [0.5, 0.5], components: [{ rate: 1 }, { rate: -2 }] },
      'component 2 (exponential): the parameter rate must be a number > 0, but it is -2',
    ],
    ['a missing parameter', { weights: [0.5, 0.5], components: [{ rate: 1 }, {}] }, 'component 2 (exponential) lacks the parameter rate'],
    [
      'an unknown parameter',
      { weights: [0.5, 0.5], components: [{ rate: 1 }, { rate: 1, lambda: 2 }] },
      'component 2 (exponential) has no parameter "lambda"',
    ],
    ['weights that do not sum to 1', { weights: [0.5, 0.4], components: two }, 'sum to 1, but they sum to 0.9'],
    ['no weights', { components: two }, 'is not a start'],
    ['a number', '3', 'is not a start'],
    ['half a file', '{"weights": [0.5,', 'is not JSON'],
    ['an empty file', '', 'is not JSON: it is empty'],
  ])('a start with %s', async (_name, value, says) => {
    const file = folder.write('in.csv', 'x\n1\n2\n3\n');
    const { exitCode, stderr } = await emkit(['fit', file, '--family', 'exponential', '--components', '2', '--start', start(value)]);
    expect(stderr).toContain('start.json');
    expect(stderr).toContain(says);
    expect(exitCode).toBe(1);
  });

  test.each([
    ['half a file', '{"family":', 'is not JSON'],
    ['a list', '[]', 'not a JSON object'],
    ['no components', '{"family":"exponential","options":{},"weights":[1]}', 'no list "components"'],
    ['an unknown family', '{"family":"cauchy","options":{},"weights":[1],"components":[{}]}', 'family is "cauchy"'],
    [
      'a parameter outside its domain',
      '{"family":"exponential","options":{},"weights":[1],"components":[{"rate":0}]}',
      'rate must be a number > 0',
    ],
    ['bad options', '{"family":"binomial","options":{"trials":0},"weights":[1],"components":[{"probability":0.5}]}', 'trials'],
    [
      'bad columns',
      '{"family":"exponential","options":{},"weights":[1],"components":[{"rate":1}],"columns":["a","b"]}',
      '"columns" must be a list',
    ],
  ])('a model file with %s', async (_name, content, says) => {
    const model = folder.write('model.json', content);
    const file = folder.write('in.csv', 'x\n1\n');
    for (const args of [
      ['predict', model, file, '--out', folder.at('out.csv')],
      ['sample', model, '--rows', '3', '--out', folder.at('out.csv')],
    ]) {
      const { exitCode, stderr } = await emkit(args);
      expect(stderr).toContain('model.json');
      expect(stderr).toContain(says);
      expect(exitCode).toBe(1);
      expect(folder.list()).not.toContain('out.csv');
    }
  });

  test('a line number counts the lines of quoted fields that hold line breaks', async () => {
    const file = folder.write('in.csv', 'note,x\n"two\nlines",1\nplain,2\nplain,-1\n');
    const { stderr } = await emkit(['fit', file, ...exponential, '--columns', 'x']);
    expect(stderr).toContain('line 5 (row 3), column x: -1');
  });

  test('a file that is not there, and a folder', async () => {
    expect((await emkit(['fit', folder.at('nothing.csv'), ...gaussian])).stderr).toBe(
      `emkit: ${folder.at('nothing.csv')} cannot be read: there is no such file or folder.\n`,
    );
    expect((await emkit(['fit', folder.path, ...gaussian])).stderr).toContain('it is a folder');
  });

  test('an output that cannot be written is told before the work', async () => {
    const file = folder.write('in.csv', 'x\n1\n2\n');
    const { exitCode, stderr } = await emkit(['fit', file, ...gaussian, '--out', folder.at('no/such/folder/model.json')]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cannot be written: there is no such file or folder');
  });
});

describe('odd input that is good', () => {
  const numbers = [1, 2, 4];
  const expected = { mean: 7 / 3, variance: 14 / 9 };

  test.each<[string, string | Uint8Array, readonly string[]]>([
    ['plain', 'x\n1\n2\n4\n', []],
    ['a byte-order mark', '\ufeffx\n1\n2\n4\n', []],
    ['CRLF', 'x\r\n1\r\n2\r\n4\r\n', []],
    ['CR', 'x\r1\r2\r4\r', []],
    ['CRLF and LF mixed', 'x\r\n1\n2\r\n4\n', []],
    ['quoted numbers', '"x"\r\n"1"\r\n"2"\r\n"4"\r\n', []],
    ['quoted numbers with spaces outside the quotes', 'x\n "1" \n"2" \n "4"\n', []],
    ['exponents', 'x\n1e0\n2.0E+0\n.4e1\n', []],
    ['signs and bare points', 'x\n+1\n2.\n4.00\n', []],
    ['a missing last newline', 'x\n1\n2\n4', []],
    ['blank last lines', 'x\n1\n2\n4\n\n  \n\n', []],
    ['spaces round numbers', ' x \n 1\n2 \n\t4\n', []],
    ['extra columns', 'id,x,y\n9,1,5\n8,2,5\n7,4,6\n', ['--columns', 'x']],
    ['extra columns of text', 'name,x\nann,1\n"bob, the second",2\n,4\n', []],
    ['an unnamed column of row numbers', '"","x"\n"1",1\n"2",2\n"3",4\n', []],
    ['tabs', 'x\ty\n1\t5\n2\t5\n4\t6\n', ['--columns', 'x']],
    ['semicolons', 'x;y\n1;5\n2;5\n4;6\n', ['--columns', 'x']],
    ['no header', '1\n2\n4\n', ['--no-header']],
    ['UTF-16', Buffer.from('\ufeffx\n1\n2\n4\n', 'utf16le'), []],
    ['a name with a comma and accents', '"durée, s"\n1\n2\n4\n', []],
  ])('%s', async (_name, content, args) => {
    const fit = await fitJson([folder.write('in.csv', content), ...gaussian, ...args]);
    expect(fit.rows).toBe(numbers.length);
    expect(fit.model.components[0]!['mean']).toBeCloseTo(expected.mean, 14);
    expect(fit.model.components[0]!['variance']).toBeCloseTo(expected.variance, 14);
  });

  test('standard input', async () => {
    const fit = await fitJson(['-', ...gaussian], { stdin: 'x\n1\n2\n4' });
    expect(fit.model.components[0]!['mean']).toBeCloseTo(expected.mean, 14);
    const { stderr } = await emkit(['fit', '-', ...gaussian], { stdin: 'x\nfoo\n' });
    expect(stderr).toContain('standard input, line 2 (row 1), column x');
  });

  test('columns of text are left out, and that is said', async () => {
    const fit = await fitJson([folder.write('in.csv', 'x,who\n1,ann\n2,bob\n4,eve\n'), ...gaussian]);
    expect(fit.columns).toEqual(['x']);
    expect(fit.warnings).toEqual(['Left out, because it holds no numbers: column "who".']);
  });

  test('a row of weight 0 may hold what the family does not take', async () => {
    const fit = await fitJson([folder.write('in.csv', 'x,w\n1,1\n-9,0\n3,1\n'), ...exponential, '--columns', 'x', '--weights-column', 'w']);
    expect(fit.model.components[0]!['rate']).toBeCloseTo(0.5, 14);
  });

  test('many rows, over several chunks of the file', async () => {
    const rows = 100_000;
    let content = 'x\n';
    for (let row = 0; row < rows; row += 1) content += `${(row % 1000) / 8}\n`;
    const fit = await fitJson([folder.write('many.csv', content), ...gaussian]);
    expect(fit.rows).toBe(rows);
    expect(fit.model.components[0]!['mean']).toBeCloseTo(499.5 / 8, 10);
    const bad = folder.write('many-bad.csv', `${content}oops\n`);
    expect((await emkit(['fit', bad, ...gaussian])).stderr).toContain(`line ${rows + 2} (row ${rows + 1}), column x: "oops"`);
  });
});
