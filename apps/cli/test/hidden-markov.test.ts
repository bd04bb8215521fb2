import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder, fitJson } from './support.ts';

const folder = new Folder();
const earthquakes = [data('earthquakes.csv'), '--columns', 'count', '--family', 'poisson', '--model', 'hidden-markov'];

describe('hidden Markov models', () => {
  test.each([
    ['2', [], '-341.8787'],
    ['3', [], '-328.5275'],
    ['2', ['--initial', 'stationary'], '-342.3183'],
    ['3', ['--initial', 'stationary'], '-329.4603'],
  ])('the earthquakes with %s states %j', async (components, further, logLikelihood) => {
    const fit = await fitJson([...earthquakes, '--components', components, ...further]);
    expect(fit.logLikelihood.toFixed(4)).toBe(logLikelihood);
    expect(fit.model).toMatchObject({ kind: 'hidden-markov', family: 'poisson' });
  });

  test('a fit is a table, and the series marked by its states', async () => {
    const { exitCode, stdout } = await emkit(['fit', ...earthquakes, '--components', '2']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('2 components, poisson, hidden-markov');
    const rows = stdout.split('\n').filter((line) => /^ {2}[12 ]+$/.test(line) && /[12]/.test(line));
    // High above, low below.
    expect(rows[0]).toMatch(/^[2 ]+$/);
    expect(rows.at(-1)).toMatch(/^[1 ]+$/);
    expect(stdout).toMatch(/\n {2}1 +107\n/);
  });

  test('a model is saved, predicts smoothed probabilities and the path for every row in its place, and is drawn from', async () => {
    const model = folder.at('model.json');
    expect((await emkit(['fit', ...earthquakes, '--components', '2', '--out', model, '--quiet'])).exitCode).toBe(0);
    const { stdout } = await emkit(['predict', model, data('earthquakes.csv')]);
    const [header, ...rows] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(header).toEqual(['row', 'label', 'path', 'smoothed_1', 'smoothed_2']);
    expect(rows.map(([row]) => Number(row))).toEqual(Array.from({ length: 107 }, (_, row) => row + 1));
    for (const [, label, path, one, two] of rows) {
      expect(Number(one) + Number(two)).toBeCloseTo(1, 12);
      expect(label).toBe(Number(one) >= Number(two) ? '1' : '2');
      expect(['1', '2']).toContain(path);
    }
    const drawn = await emkit(['sample', model, '--rows', '50', '--labels']);
    expect(drawn.stdout.trim().split('\n')).toHaveLength(51);
    expect((await emkit(['sample', model, '--rows', '50', '--labels'])).stdout).toBe(drawn.stdout);
  });

  test('rows of a sequence share a word, also where sequences are interleaved', async () => {
    const counts = readFileSync(data('earthquakes.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[1]));
    const apart = [...counts.slice(0, 50).map((count) => ['early', count]), ...counts.slice(50).map((count) => ['late', count])];
    const woven = [...Array.from({ length: 50 }, (_, row) => [apart[row]!, apart[50 + row]!]).flat(), ...apart.slice(100)];
    const fits = await Promise.all(
      [apart, woven].map((rows, index) => {
        const file = folder.write(`sequences-${index}.csv`, `run,count\n${rows.map((row) => row.join(',')).join('\n')}\n`);
        return fitJson([
          file,
          '--columns',
          'count',
          '--sequence-column',
          'run',
          '--family',
          'poisson',
          '--model',
          'hmm',
          '--components',
          '2',
        ]);
      }),
    );
    expect(fits[1]!.logLikelihood).toBeCloseTo(fits[0]!.logLikelihood, 6);
    expect(fits[0]!.logLikelihood).not.toBeCloseTo(-341.8787, 2);
  });

  test('a start says what never happens; what is fixed stays', async () => {
    const start = folder.write(
      'start.json',
      '{"initial":[0.5,0.5,0],"transitions":[[0.9,0.1,0],[0,0.9,0.1],[0,0,1]],"components":[{"rate":20},{"rate":25},{"rate":15}]}',
    );
    const fit = await fitJson([...earthquakes, '--components', '3', '--start', start, '--fix', 'initial,1.rate']);
    const model = fit.model as unknown as { initial: number[]; transitions: number[][] };
    expect(model.initial).toEqual([0.5, 0.5, 0]);
    expect(model.transitions.map((row) => row.map((value) => value === 0))).toEqual([
      [false, false, true],
      [true, false, false],
      [true, true, false],
    ]);
    expect(fit.model.components[0]!['rate']).toBe(20);
    expect(fit.criteria.parameters).toBe(2 + 2);
  });

  test('among one to four states BIC chooses two', async () => {
    const { stdout } = await emkit(['select', ...earthquakes, '--components', '1..4']);
    expect(stdout).toContain('The smallest BIC chooses 2 components.');
  });

  test.each([
    [
      ['fit', data('earthquakes.csv'), '--family', 'poisson', '--components', '2', '--sequence-column', 'year'],
      2,
      /--sequence-column is for hidden Markov/,
    ],
    [['fit', ...earthquakes, '--components', '2', '--certify'], 2, /--certify is for mixtures/],
    [['fit', ...earthquakes, '--components', '2', '--fix', 'transitions'], 2, /--fix transitions holds the values of a start/],
    [['fit', ...earthquakes, '--components', '2', '--fix', 'weights'], 2, /Write initial, transitions/],
    [
      ['fit', ...earthquakes, '--components', '2', '--start', folder.write('mixture.json', '{"weights":[1],"components":[{"rate":1}]}')],
      1,
      /"transitions"/,
    ],
    [
      [
        'fit',
        ...earthquakes,
        '--components',
        '2',
        '--start',
        folder.write('off.json', '{"initial":[1,0],"transitions":[[0.5,0.4],[0,1]],"components":[{"rate":1},{"rate":2}]}'),
      ],
      1,
      /transitions from state 1 .* sum to 0\.9/,
    ],
    [
      [
        'fit',
        folder.write('blank.csv', 'run,x\na,1\n,2\na,3\n'),
        '--columns',
        'x',
        '--sequence-column',
        'run',
        '--family',
        'poisson',
        '--model',
        'hmm',
        '--components',
        '2',
      ],
      1,
      /line 3.*run.*(blank|missing)/,
    ],
  ])('%j is refused', async (command, exitCode, message) => {
    const outcome = await emkit(command);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stdout).toBe('');
  });
});
