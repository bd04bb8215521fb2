import { stripVTControlCharacters } from 'node:util';
import { showLogLikelihood, showNumber, showShort, showWeight } from '@emkit/core/text';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder } from './support.ts';

const folder = new Folder();
const faithful = ['fit', data('old-faithful.csv'), '--family', 'gaussian', '--components', '2'];

describe('what a person sees', () => {
  test.each([
    [faithful],
    [[...faithful, '--columns', 'waiting']],
    [['fit', data('iris.csv'), '--family', 'gaussian', '--components', '3']],
    [['fit', data('galaxies.csv'), '--family', 'gaussian', '--components', '5', '--certify']],
    [
      [
        'fit',
        data('three-coins.csv'),
        '--family',
        'binomial',
        '--option',
        'trials=10',
        '--components',
        '3',
        '--start',
        data('three-coins-start.json'),
      ],
    ],
    [['select', data('coal-mine-intervals.csv'), '--family', 'exponential', '--components', '1..3']],
    [['textbook']],
    [['families']],
  ])('%j stays within the terminal, however wide', async (args) => {
    for (const width of [80, 120, 250]) {
      const { stdout, exitCode } = await emkit(args, { terminal: width });
      expect(exitCode).toBe(0);
      for (const line of stripVTControlCharacters(stdout).split('\n')) {
        if (line.includes('.csv')) continue;
        expect(stringWidth(line), line).toBeLessThanOrEqual(Math.min(width, 120));
      }
    }
  });

  test('colour in a terminal only, and not against NO_COLOR', async () => {
    const colour = '\u001b[';
    expect((await emkit(faithful)).stdout).not.toContain(colour);
    expect((await emkit(faithful, { terminal: 100 })).stdout).toContain(colour);
    expect((await emkit(faithful, { terminal: 100, environment: { NO_COLOR: '1' } })).stdout).not.toContain(colour);
    expect((await emkit(faithful, { terminal: 100, environment: { TERM: 'dumb' } })).stdout).not.toContain(colour);
    expect((await emkit(['fit', '--help'], { terminal: 100, environment: { NO_COLOR: '1' } })).stdout).not.toContain(colour);
  });

  test('the table and the histogram of a fit', async () => {
    const { stdout } = await emkit(['fit', data('coal-mine-intervals.csv'), '--family', 'exponential', '--components', '2']);
    await expect(stdout.replaceAll(data('coal-mine-intervals.csv'), 'coal-mine-intervals.csv')).toMatchFileSnapshot(
      'golden/coal-mine-intervals.txt',
    );
  });

  test.each([
    ['one row', 'x\n5\n', ['--family', 'exponential', '--components', '1']],
    ['equal values', 'x\n5\n5\n5\n', ['--family', 'exponential', '--components', '1']],
    ['huge numbers', 'x\n1e300\n2e300\n4e300\n', ['--family', 'exponential', '--components', '1']],
    ['tiny numbers', 'x\n1e-300\n2e-300\n4e-300\n', ['--family', 'exponential', '--components', '1']],
    [
      'an outlier',
      `x\n${Array.from({ length: 50 }, (_, index) => index).join('\n')}\n1e9\n`,
      ['--family', 'exponential', '--components', '2'],
    ],
    ['a column that hardly varies', 'x\n100000000\n100000000.5\n100000001\n', ['--family', 'gaussian', '--components', '1']],
    ['two columns, one constant but for one row', 'x,y\n1,1\n2,2\n3,1.5\n4,9\n', ['--family', 'gaussian', '--components', '1']],
    ['counts of many trials', 'x\n0\n999999\n500000\n', ['--family', 'binomial', '--option', 'trials=1000000', '--components', '2']],
  ])('a plot, or none, of %s', async (_name, content, args) => {
    const { exitCode, stdout, stderr } = await emkit(['fit', folder.write('in.csv', content), ...args]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('log-likelihood');
    expect(stdout).not.toContain('NaN');
  });
});

describe('numbers as they are shown', () => {
  test.each([
    [0, '0'],
    [1, '1.00000'],
    [-35.1526058, '-35.1526'],
    [0.00741847, '0.00741847'],
    [0.0000123456789, '1.23457e-5'],
    [123456.789, '123457'],
    [12345678.9, '12345679'],
    [1.5e12, '1.50000e+12'],
    [999999.7, '1000000'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%d is %s', (value, text) => {
    expect(showNumber(value)).toBe(text);
  });

  test('short ones, weights and log-likelihoods', () => {
    expect(showShort(12.5)).toBe('12.5');
    expect(showShort(2e-7)).toBe('2e-7');
    expect(showShort(1000)).toBe('1000');
    expect(showWeight(0.33333)).toBe('0.3333');
    expect(showWeight(1e-9)).toBe('1.000e-9');
    expect(showWeight(0)).toBe('0.0000');
    expect(showLogLikelihood(-1130.26396)).toBe('-1130.2640');
  });
});
