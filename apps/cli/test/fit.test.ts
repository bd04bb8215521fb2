import { describe, expect, test } from 'vitest';
import { data, emkit, Folder, fitJson } from './support.ts';

const folder = new Folder();
const threeCoins = [
  data('three-coins.csv'),
  '--family',
  'binomial',
  '--option',
  'trials=10',
  '--components',
  '3',
  '--start',
  data('three-coins-start.json'),
];
const twoCoins = [
  data('two-coins.csv'),
  '--family',
  'binomial',
  '--option',
  'trials=10',
  '--components',
  '2',
  '--start',
  data('two-coins-start.json'),
];

describe('known answers', () => {
  test('the three coins, started as in the book, are one coin three times', async () => {
    const fit = await fitJson(threeCoins);
    expect(fit.diagnosis.kind).toBe('converged');
    expect(fit.logLikelihood).toBeCloseTo(-35.1526058324925, 11);
    for (const { probability } of fit.model.components) expect(probability).toBeCloseTo(0.415, 7);
    expect(fit.warnings.join()).toContain('Components 1, 2, 3 are the same');
  });

  test('one plain iteration of the three coins gives the weights and parameters of the book', async () => {
    const fit = await fitJson([...threeCoins, '--plain', '--iterations', '1']);
    expect(fit.model.weights.map((weight) => weight.toFixed(7))).toEqual(['0.3337246', '0.5261878', '0.1400877']);
    expect(fit.model.components.map(({ probability }) => probability!.toFixed(7))).toEqual(['0.3536485', '0.4278732', '0.5128013']);
    expect(fit.trace.map(({ logLikelihood }) => logLikelihood.toFixed(10))).toEqual(['-38.9268693086', '-35.4164641316']);
  });

  test.each([
    [1, '0.71', '0.58'],
    [10, '0.80', '0.52'],
  ])('the two coins with fixed weights after %i iterations', async (iterations, a, b) => {
    const fit = await fitJson([...twoCoins, '--fix', 'weights', '--plain', '--tolerance', '0', '--iterations', String(iterations)]);
    expect(fit.model.weights).toEqual([0.5, 0.5]);
    expect(fit.model.components.map(({ probability }) => probability!.toFixed(2))).toEqual([a, b]);
    expect(fit.criteria.parameters).toBe(2);
  });

  test.each([
    ['old-faithful.csv', ['--components', '2'], -1130.264, 'multivariate-gaussian'],
    ['iris.csv', ['--components', '3'], -180.186, 'multivariate-gaussian'],
    ['old-faithful.csv', ['--components', '2', '--columns', 'waiting'], -1034.002, 'gaussian'],
  ])('%s %j reaches log-likelihood %d', async (file, args, logLikelihood, family) => {
    const fit = await fitJson([data(file), '--family', 'gaussian', ...args]);
    expect(fit.logLikelihood.toFixed(2)).toBe(logLikelihood.toFixed(2));
    expect(Math.abs(fit.logLikelihood - logLikelihood)).toBeLessThan(6e-4);
    expect(fit.model.family).toBe(family);
    expect(fit.diagnosis.kind).toBe('converged');
  });

  test('the intervals between explosions are a mixture of two exponentials', async () => {
    const fit = await fitJson([data('coal-mine-intervals.csv'), '--family', 'exponential', '--components', '2']);
    const mean = fit.model.components.reduce((sum, { rate }, component) => sum + fit.model.weights[component]! / rate!, 0);
    expect(fit.rows).toBe(190);
    expect(mean).toBeCloseTo(40549 / 190, 4);
  });
});

describe('options', () => {
  test.each([0, 1, 7])('--iterations %i --plain --tolerance 0 does exactly so many M-steps', async (iterations) => {
    const fit = await fitJson([...threeCoins, '--plain', '--tolerance', '0', '--iterations', String(iterations)]);
    expect(fit.iterations).toBe(iterations);
    expect(fit.evaluations).toBe(iterations + 1);
    expect(fit.trace.map((entry) => entry.iteration)).toEqual(Array.from({ length: iterations + 1 }, (_, index) => index));
    expect(fit.diagnosis.kind).toBe('iteration-limit');
    expect(fit.trace.at(-1)!.logLikelihood).toBe(fit.logLikelihood);
  });

  test('numbers of trials from a column are the same as one number for all', async () => {
    const file = folder.write('trials.csv', `n,heads\n${[5, 9, 8, 4, 7].map((heads) => `10,${heads}`).join('\n')}\n`);
    const fit = await fitJson([
      file,
      '--family',
      'binomial',
      '--option',
      'trials-column=n',
      '--components',
      '2',
      '--start',
      data('two-coins-start.json'),
    ]);
    const other = await fitJson(twoCoins);
    expect(fit.columns).toEqual(['heads', 'n']);
    expect(fit.model.options).toEqual({ trials: 'column' });
    expect(fit.logLikelihood).toBeCloseTo(other.logLikelihood, 10);
  });

  test.each([[['--columns', 'eruptions,waiting']], [['--columns', 'waiting']]])(
    '--option covariance=tied with %j ties the spread of all components',
    async (columns) => {
      const fit = await fitJson([
        data('old-faithful.csv'),
        '--family',
        'gaussian',
        '--components',
        '2',
        '--option',
        'covariance=tied',
        ...columns,
      ]);
      const [first, second] = fit.model.components.map(({ variance, covariance }) => variance ?? covariance);
      expect(first).toEqual(second);
      expect(fit.model.options).toMatchObject({ covariance: 'tied' });
    },
  );

  test('words are read, shown, drawn and read again as the levels they are', async () => {
    const words = ['no', 'yes', 'no', '" maybe, later "', 'no', ' yes '];
    const file = folder.write('answers.csv', `id,answer\n${words.map((word, row) => `${row},${word}`).join('\n')}\n`);
    const family = ['--family', 'categorical', '--option', 'levels=no,maybe,yes'];
    const plain = folder.write(
      'plain.csv',
      `id,answer\n${words.map((word, row) => `${row},${word.includes('maybe') ? 'maybe' : word}`).join('\n')}\n`,
    );
    const model = folder.at('answers.json');
    const args = ['fit', plain, ...family, '--columns', 'answer', '--components', '1'];
    const { stdout } = await emkit([...args, '--out', model, '--certify']);
    expect(stdout).toMatch(/ {4}no +0\.50000\n {4}maybe +0\.16667\n {4}yes +0\.33333\n/);
    expect(stdout).toContain('no    maybe    yes');
    expect(stdout).toContain('Certified with 50 digits');
    expect((await emkit(['predict', model, plain])).stdout.split('\n')[2]).toBe(`2,1,1,${Math.log(1 / 3)}`);
    const drawn = (await emkit(['sample', model, '--rows', '50'])).stdout.trim().split('\n');
    expect(new Set(drawn)).toEqual(new Set(['answer', 'no', 'maybe', 'yes']));
    expect((await emkit(args.map((arg) => (arg === plain ? file : arg)))).stderr).toMatch(
      /line 5 \(row 4\), column answer: " maybe, later " is none of the levels\. The levels are: no, maybe, yes\. If values may be missing, pass --missing\.\n$/,
    );
    expect((await emkit(['fit', plain, ...family, '--components', '1'])).stderr).toContain(
      'Name the column that holds the levels with --columns.',
    );
  });

  test('the columns are taken in the order they are named', async () => {
    const fit = await fitJson([data('old-faithful.csv'), '--family', 'gaussian', '--components', '1', '--columns', 'waiting,eruptions']);
    expect(fit.columns).toEqual(['waiting', 'eruptions']);
    expect((fit.model.components[0]!['mean'] as unknown as number[])[0]).toBeCloseTo(70.897, 2);
  });

  test('a case weight of k is k rows', async () => {
    const weighted = folder.write('weighted.csv', 'heads,count\n2,4\n3,2\n4,5\n5,5\n6,4\n7,0\n');
    const args = ['--family', 'binomial', '--option', 'trials=10', '--components', '3', '--start', data('three-coins-start.json')];
    const fit = await fitJson([weighted, ...args, '--weights-column', 'count', '--plain', '--iterations', '3']);
    const other = await fitJson([data('three-coins.csv'), ...args, '--plain', '--iterations', '3']);
    expect(fit.rows).toBe(6);
    expect(fit.totalWeight).toBe(20);
    expect(fit.logLikelihood).toBeCloseTo(other.logLikelihood, 11);
  });

  test('known labels count from 1, blanks are latent, and --first-label 0 counts from 0', async () => {
    const fromOne = folder.write('from-one.csv', 'x,known\n1,1\n2,\n8,2\n9,2\n1.5,1\n8.5,\n');
    const fromZero = folder.write('from-zero.csv', 'x,known\n1,0\n2,\n8,1\n9,1\n1.5,0\n8.5,\n');
    const args = ['--family', 'gaussian', '--components', '2', '--labels-column', 'known'];
    const fit = await fitJson([fromOne, ...args]);
    expect(fit.model.components[0]!['mean']!).toBeLessThan(fit.model.components[1]!['mean']!);
    expect((await fitJson([fromZero, ...args, '--first-label', '0'])).model).toEqual(fit.model);
  });

  test('--fix 1.mean holds the mean of the first component', async () => {
    const start = folder.write(
      'start.json',
      JSON.stringify({
        weights: [0.5, 0.5],
        components: [
          { mean: 50, variance: 30 },
          { mean: 80, variance: 30 },
        ],
      }),
    );
    const args = [data('old-faithful.csv'), '--family', 'gaussian', '--columns', 'waiting', '--components', '2', '--start', start];
    const fit = await fitJson([...args, '--fix', '1.mean']);
    expect(fit.model.components[0]!['mean']).toBe(50);
    expect(fit.model.components[1]!['mean']).not.toBe(80);
    expect(fit.criteria.parameters).toBe(4);
    const both = await fitJson([...args, '--fix', 'variance,weights']);
    expect(both.model.components.map(({ variance }) => variance)).toEqual([30, 30]);
    expect(both.model.weights).toEqual([0.5, 0.5]);
  });

  test('the same seed gives the same bits, and the seed is reported', async () => {
    const args = [data('galaxies.csv'), '--family', 'gaussian', '--components', '3', '--seed', '7', '--starts', '4'];
    const [first, second] = [await fitJson(args), await fitJson(args)];
    expect(first.seed).toBe(7);
    expect({ ...second, timing: undefined }).toEqual({ ...first, timing: undefined });
  });

  test('--start takes a model file too, and then begins where that ended', async () => {
    const model = folder.at('begin.json');
    const args = [data('old-faithful.csv'), '--family', 'gaussian', '--components', '2'];
    await emkit(['fit', ...args, '--out', model, '--quiet']);
    const fit = await fitJson([...args, '--start', model, '--iterations', '0']);
    expect(fit.model.components).toEqual((JSON.parse(folder.read('begin.json')) as { components: unknown }).components);
    expect(fit.logLikelihood).toBeCloseTo(-1130.264, 3);
  });

  test('--certify bounds the error of the fit', async () => {
    const { stdout } = await emkit(['fit', ...twoCoins, '--json', '--certify']);
    const { certificate } = JSON.parse(stdout) as {
      certificate: { logLikelihood: { exact: string; absoluteError: number }; couldRaise: boolean };
    };
    expect(Math.abs(certificate.logLikelihood.absoluteError)).toBeLessThan(1e-13);
    expect(certificate.couldRaise).toBe(false);
    const table = await emkit(['fit', ...twoCoins, '--certify']);
    expect(table.stdout).toContain('Certified with 50 digits');
  });

  test('--quiet prints nothing', async () => {
    expect(await emkit(['fit', ...twoCoins, '--quiet'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('a collapse', () => {
  const file = folder.write('collapse.csv', `x\n${'0\n0\n0\n'}1\n2\n3\n5\n8\n`);
  const start = folder.write(
    'collapse-start.json',
    JSON.stringify({
      weights: [0.5, 0.5],
      components: [
        { mean: 0, variance: 1e-6 },
        { mean: 4, variance: 5 },
      ],
    }),
  );
  const args = ['fit', file, '--family', 'gaussian', '--components', '2', '--start', start];

  test('is told, exits with 1 and leaves no file', async () => {
    const { exitCode, stdout, stderr } = await emkit([...args, '--out', folder.at('collapsed.json')]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^emkit: .*collapse\.csv: component 1 collapsed \(.*\): use fewer components.*was not written\.\n$/);
    expect(folder.list()).not.toContain('collapsed.json');
  });

  test('with --json also gives the object', async () => {
    const { exitCode, stdout } = await emkit([...args, '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ diagnosis: { kind: 'collapsed', component: 0 } });
  });
});

describe('select', () => {
  test('the data hold no evidence for three coins', async () => {
    const { exitCode, stdout } = await emkit([
      'select',
      data('three-coins.csv'),
      '--family',
      'binomial',
      '--option',
      'trials=10',
      '--components',
      '1..3',
      '--json',
    ]);
    expect(exitCode).toBe(0);
    const selection = JSON.parse(stdout) as { best: number; candidates: { components: number }[]; fit: { model: { weights: number[] } } };
    expect(selection.best).toBe(1);
    expect(selection.candidates.map(({ components }) => components)).toEqual([1, 2, 3]);
    expect(selection.fit.model.weights).toEqual([1]);
  });

  test('waiting times at Old Faithful are of two kinds, whatever the criterion', async () => {
    for (const criterion of ['bic', 'icl']) {
      const out = folder.at(`best-${criterion}.json`);
      const { stdout } = await emkit([
        'select',
        data('old-faithful.csv'),
        '--family',
        'gaussian',
        '--columns',
        'waiting',
        '--components',
        '1,2,3',
        '--criterion',
        criterion,
        '--out',
        out,
      ]);
      expect(stdout).toContain(`* The smallest ${criterion.toUpperCase()} chooses 2 components.`);
      expect(JSON.parse(folder.read(`best-${criterion}.json`))).toMatchObject({ family: 'gaussian', columns: ['waiting'] });
    }
  });

  test('more components than different rows is no fit, and no failure of the others', async () => {
    const { exitCode, stdout } = await emkit([
      'select',
      data('two-coins.csv'),
      '--family',
      'binomial',
      '--option',
      'trials=10',
      '--components',
      '1,9',
      '--json',
    ]);
    expect(exitCode).toBe(0);
    expect((JSON.parse(stdout) as { candidates: { refused?: string }[] }).candidates[1]!.refused).toContain('only 5 rows');
  });
});
