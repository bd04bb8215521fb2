import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder } from './support.ts';

const folder = new Folder();

const rows = Array.from({ length: 60 }, (_, row) => {
  const tall = row % 5 < 3;
  const height = (tall ? 180 : 162) + ((row * 37) % 11) - 5;
  return [height, (tall ? 8 : 3) + ((row * 13) % 3), (row * 7) % 10 < (tall ? 2 : 7) ? 'yes' : 'no'];
});
const whole = folder.write('whole.csv', ['height,visits,answer', ...rows.map((row) => row.join(','))].join('\n'));
const holed = folder.write(
  'holed.csv',
  [
    'answer,note,visits,height',
    ...rows.map(([height, visits, answer], row) =>
      [row % 4 === 0 ? '' : answer, 'n', row % 6 === 1 ? 'NA' : visits, row % 9 === 2 ? '?' : height].join(','),
    ),
  ].join('\n'),
);
const families = ['--families', 'height=gaussian,visits=poisson,answer=categorical', '--components', '2'];

interface Printed {
  readonly model: {
    readonly family: string;
    readonly options: unknown;
    readonly components: readonly Record<string, Record<string, unknown>>[];
  };
  readonly missing?: { readonly cells: readonly number[] };
  readonly columns: readonly string[];
}

describe('emkit fit --families', () => {
  test('fits a family to each column, and finds the levels of words', async () => {
    const { stdout, exitCode } = await emkit(['fit', whole, ...families, '--json']);
    const { model, columns } = JSON.parse(stdout) as Printed;
    expect(exitCode).toBe(0);
    expect(columns).toEqual(['height', 'visits', 'answer']);
    expect(model.family).toBe('product');
    expect(model.options).toMatchObject({ answer: { family: 'categorical', options: { levels: ['no', 'yes'] } } });
    expect(Object.keys(model.components[0]!)).toEqual(['height', 'visits', 'answer']);
    expect(model.components[0]!['height']!['variance']).toBeTypeOf('number');
  });

  test('shows parameters by column, and levels by their words', async () => {
    const { stdout } = await emkit(['fit', whole, ...families]);
    expect(stdout).toMatch(/height\.mean +1\d\d\.\d/);
    expect(stdout).toMatch(/answer\.probabilities\n +no +0\.\d+ +0\.\d+\n +yes/);
  });

  test('takes options in brackets, and sorts levels that are numbers by size', async () => {
    const data = folder.write(
      'hits.csv',
      ['n,hits,group', ...Array.from({ length: 30 }, (_, row) => `10,${row % 2 ? 7 : 2},${[9, 10, 100][row % 3]}`)].join('\n'),
    );
    const { stdout } = await emkit([
      'fit',
      data,
      '--families',
      'hits=binomial(trials-column=n), group=categorical',
      '--components',
      '2',
      '--json',
    ]);
    const { model, columns } = JSON.parse(stdout) as Printed;
    expect(columns).toEqual(['hits', 'n', 'group']);
    expect(model.options).toMatchObject({ group: { options: { levels: ['9', '10', '100'] } } });
    const { stdout: counted } = await emkit(['fit', data, '--families', 'hits=categorical(levels=11)', '--components', '1', '--json']);
    expect((JSON.parse(counted) as Printed).model.options).toMatchObject({ hits: { options: { categories: 11 } } });
  });

  test.each([
    [['--families', 'height'], 'cannot be read'],
    [['--families', 'height=gaussian,height=poisson'], 'twice'],
    [['--families', 'height=gausian'], 'There is no family "gausian"'],
    [['--families', 'height=multivariate-gaussian'], 'several columns'],
    [['--families', 'answer=categorical(levels=no|maybe)'], 'column answer: "yes" is none of the levels'],
    [['--families', 'height=gaussian', '--family', 'gaussian'], 'exclude one another'],
    [['--families', 'height=gaussian', '--columns', 'height'], 'leave --columns out'],
    [['--families', 'height=gaussian', '--option', 'covariance=tied'], 'in brackets'],
    [['--families', 'weight=gaussian'], 'no column "weight"'],
    [['--family', 'product'], 'use --families'],
  ])('refuses %j: %s', async (given, message) => {
    const { exitCode, stderr } = await emkit(['fit', whole, ...given, '--components', '2']);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });

  test('a hole is an error that names row, column and --missing, in columns of numbers and of words', async () => {
    const { stderr } = await emkit(['fit', holed, ...families]);
    expect(stderr).toMatch(/holed\.csv, line 2 \(row 1\), column answer: the value is missing.*--missing/);
    const { stderr: other } = await emkit(['fit', holed, '--family', 'poisson', '--columns', 'visits', '--components', '1']);
    expect(other).toMatch(/line 3 \(row 2\), column visits: "NA" stands for a missing value.*--missing/);
  });
});

describe('--missing', () => {
  test('integrates holes out, counts them, and certifies the fit', async () => {
    const { stdout } = await emkit(['fit', holed, ...families, '--missing', '--json', '--certify']);
    const { missing, certificate } = JSON.parse(stdout) as Printed & { certificate: { logLikelihood: { absoluteError: number } } };
    expect(missing).toEqual({ cells: [7, 10, 15], emptyRows: 0, dropped: 0 });
    expect(Math.abs(certificate.logLikelihood.absoluteError)).toBeLessThan(1e-11);
  });

  test('is described by the schema', async () => {
    const { stdout } = await emkit(['fit', holed, ...families, '--missing', '--json']);
    const read = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(new URL(`../schema/${name}.schema.json`, import.meta.url), 'utf8')) as Record<string, unknown>;
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, schemas: [read('model'), read('fit')] });
    const validate = ajv.getSchema('fit.schema.json')!;
    validate(JSON.parse(stdout));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('takes the words that are given, and those alone', async () => {
    const data = folder.write('nines.csv', 'x\n1\n-9\n3\n2\n');
    const { stdout } = await emkit(['fit', data, '--family', 'poisson', '--components', '1', '--missing=-9', '--json']);
    expect((JSON.parse(stdout) as Printed).model.components[0]!['rate']).toBe(2);
    const { stderr } = await emkit(['fit', holed, ...families, '--missing=-9']);
    expect(stderr).toContain('"NA" stands for a missing value');
  });

  test('predict gives every row its line, those without any value the weights', async () => {
    const model = folder.at('model.json');
    await emkit(['fit', holed, ...families, '--missing', '--out', model, '--quiet']);
    const data = folder.write('new.csv', 'height,visits,answer\n,,\n181,,no\n');
    const { stdout } = await emkit(['predict', model, data, '--missing']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(lines).toHaveLength(3);
    expect(Number(lines[1]!.at(-1))).toBeCloseTo(0, 14);
    const { stderr } = await emkit(['predict', model, data]);
    expect(stderr).toContain('--missing');
  });
});

test('the table of ratings: two kinds of viewers are found through its holes, and every viewer keeps a line', async () => {
  const genres = ['action', 'comedy', 'drama', 'horror', 'romance', 'documentary'];
  const model = folder.at('ratings.json');
  const list = genres.map((genre) => `${genre}=categorical`).join(',');
  const { stdout } = await emkit([
    'fit',
    data('ratings.csv'),
    '--families',
    list,
    '--components',
    '2',
    '--missing',
    '--json',
    '--out',
    model,
  ]);
  const { model: found, missing } = JSON.parse(stdout) as Printed & { model: { weights: readonly number[] } };
  const liking = (component: number, genre: string): number =>
    (found.components[component]![genre]!['probabilities'] as number[]).slice(3).reduce((a, b) => a + b);
  const [action, romance] = liking(0, 'action') > liking(1, 'action') ? [0, 1] : [1, 0];
  // As they were made: 40 % for action and horror, 60 % for comedy and romance; four standard errors of 250 viewers.
  expect(Math.abs((found as unknown as { weights: number[] }).weights[action]! - 0.4)).toBeLessThan(0.13);
  for (const genre of ['action', 'horror']) expect(liking(action, genre)).toBeGreaterThan(liking(romance, genre) + 0.3);
  for (const genre of ['comedy', 'romance']) expect(liking(romance, genre)).toBeGreaterThan(liking(action, genre) + 0.1);
  expect(missing!.cells.reduce((sum, count) => sum + count)).toBe(674);
  const { stdout: predicted } = await emkit(['predict', model, data('ratings.csv'), '--missing']);
  expect(predicted.trim().split('\n')).toHaveLength(251);
});

describe('emkit impute', () => {
  test('fills holes in by expectations, and keeps what was observed', async () => {
    const model = folder.at('imputing.json');
    await emkit(['fit', holed, ...families, '--missing', '--out', model, '--quiet']);
    const data = folder.write('gaps.csv', 'height,visits,answer\n181,,no\n,3,\n160,2,yes\n');
    const { stdout } = await emkit(['impute', model, data]);
    const [header, first, second, third] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(header).toEqual(['row', 'height', 'visits', 'answer']);
    expect(first![1]).toBe('181');
    expect(Number(first![2])).toBeGreaterThan(8);
    expect(Number(second![1])).toBeLessThan(170);
    expect(second![3]).toBe('yes');
    expect(third).toEqual(['3', '160', '2', 'yes']);
  });

  test('draws for multiple imputation: as many tables as asked, each its own', async () => {
    const data = folder.write('hole.csv', 'height,visits,answer\n181,,no\n');
    const { stdout } = await emkit(['impute', folder.at('imputing.json'), data, '--draws', '20', '--seed', '3']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(lines).toHaveLength(21);
    expect(lines[0]).toEqual(['draw', 'row', 'height', 'visits', 'answer']);
    expect(new Set(lines.slice(1).map(([, , , visits]) => visits)).size).toBeGreaterThan(3);
    expect(lines.slice(1).every(([, row, height, , answer]) => row === '1' && height === '181' && answer === 'no')).toBe(true);
  });
});
