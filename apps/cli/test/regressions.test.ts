import { describe, expect, test } from 'vitest';
import { data, emkit, Folder, fitJson } from './support.ts';

const folder = new Folder();
const patents = [data('patents.csv'), '--family', 'poisson-regression', '--response', 'patents', '--predictors', 'log_rd'];
const gated = [...patents, '--gate-columns', 'rd_per_sales', '--components', '3'];
const irises = [data('iris.csv'), '--family', 'gaussian-regression', '--response', 'petal_length'];

describe('regressions', () => {
  test('the patents, gated, reach the optimum, and their model predicts means and quantiles', async () => {
    const fit = await fitJson([...gated, '--out', folder.at('patents.json')]);
    expect(fit.logLikelihood).toBeCloseTo(-197.67502143, 7);
    expect(fit.criteria.parameters).toBe(10);
    expect(fit.columns).toEqual(['patents', 'log_rd']);
    const { stdout } = await emkit(['predict', folder.at('patents.json'), data('patents.csv'), '--quantiles', '0.05,0.5']);
    const [header, first] = stdout.split('\n').map((line) => line.split(','));
    expect(header!.slice(5)).toEqual([
      ...['log_density', 'mean', 'quantile_0.05', 'quantile_0.5'],
      ...[1, 2, 3].flatMap((k) => [`mean_${k}`, `quantile_0.05_${k}`, `quantile_0.5_${k}`]),
    ]);
    const cells = Object.fromEntries(header!.map((name, column) => [name, Number(first![column])]));
    expect(cells['mean']).toBeGreaterThan(Math.min(cells['mean_1']!, cells['mean_2']!, cells['mean_3']!));
    expect(cells['quantile_0.05']).toBeLessThan(cells['quantile_0.5']!);
    const start = await fitJson([...gated, '--start', folder.at('patents.json')]);
    expect(start.logLikelihood).toBeCloseTo(fit.logLikelihood, 10);
  });

  test('powers and words become columns, in the fit and when its model is used', async () => {
    const predictors = ['--predictors', 'sepal_length,sepal_length^2,species=setosa:versicolor:virginica'];
    const fit = await fitJson([...irises, ...predictors, '--components', '1', '--certify', '--out', folder.at('iris.json')]);
    expect(fit.columns).toEqual(['petal_length', 'sepal_length', 'sepal_length^2', 'species=versicolor', 'species=virginica']);
    // As lm(Petal.Length ~ Sepal.Length + I(Sepal.Length^2) + Species) of R.
    expect(fit.logLikelihood).toBeCloseTo(-14.12020534416347, 10);
    const { stdout } = await emkit(['predict', folder.at('iris.json'), data('iris.csv')]);
    expect(stdout.split('\n')).toHaveLength(152);
    const total = stdout
      .trim()
      .split('\n')
      .slice(1)
      .reduce((sum, line) => sum + Number(line.split(',').at(-1)), 0);
    expect(total).toBeCloseTo(fit.logLikelihood, 9);
  });

  test('weights that depend on a column go with any family', async () => {
    const fit = await fitJson([
      data('iris.csv'),
      '--family',
      'gaussian',
      '--columns',
      'petal_length',
      '--gate-columns',
      'sepal_length',
      '--components',
      '2',
    ]);
    expect(fit.logLikelihood).toBeCloseTo(-141.0478, 3);
    const { stdout } = await emkit([
      'fit',
      data('iris.csv'),
      '--family',
      'gaussian',
      '--columns',
      'petal_length',
      '--gate-columns',
      'sepal_length',
      '--components',
      '2',
    ]);
    expect(stdout).toMatch(/gate\n +intercept +0 .*\n +sepal_length +0 /);
  });

  test('trials and offsets come from columns, and a number of components is chosen', async () => {
    folder.write('counts.csv', 'y,n,x,e\n1,5,0,0\n2,6,1,0\n4,7,2,0\n3,4,3,0\n5,6,4,0\n');
    const family = [
      folder.at('counts.csv'),
      '--family',
      'binomial-regression',
      '--option',
      'trials-column=n',
      '--response',
      'y',
      '--predictors',
      'x',
    ];
    const plain = await fitJson([...family, '--components', '1']);
    const offset = await fitJson([...family, '--offset-column', 'e', '--components', '1']);
    expect(offset.logLikelihood).toBeCloseTo(plain.logLikelihood, 12);
    expect(offset.columns).toEqual(['y', 'n', 'x', 'e']);
    const { stdout, exitCode } = await emkit(['select', ...patents, '--components', '1,2', '--json']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('poisson-regression');
  });

  test.each([
    [[...irises, '--components', '1'], /needs --response y --predictors/],
    [[...irises, '--predictors', 'sepal_length', '--columns', 'sepal_width', '--components', '1'], /--columns is not for regressions/],
    [[...irises, '--predictors', 'sepal_length^0', '--components', '1'], /powers go from 1 to 9/],
    [[...irises, '--predictors', 'species=setosa', '--components', '1'], /different words/],
    [[...irises, '--predictors', 'sepal_length,sepal_length', '--components', '1'], /asked for twice/],
    [[data('iris.csv'), '--family', 'gaussian', '--predictors', 'sepal_length', '--components', '1'], /are for regressions/],
    [[...gated, '--certify'], /--certify is for mixtures/],
  ])('%j is wrong usage', async (args, says) => {
    const { exitCode, stderr } = await emkit(['fit', ...args]);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });

  test.each([
    ['y,x\n1,2\n2,\n3,4\n', /line 3/],
    ['y,x\n1,2\n2,NA\n3,4\n', /line 3/],
    ['y,x\n1,2\n2,2\n3,2\n', /predictor x is a linear combination of the intercept/],
  ])('a missing or constant predictor is the fault of the data: %j', async (text, says) => {
    folder.write('faulty.csv', text);
    const { exitCode, stderr } = await emkit([
      'fit',
      folder.at('faulty.csv'),
      '--family',
      'gaussian-regression',
      '--response',
      'y',
      '--predictors',
      'x',
      '--components',
      '1',
    ]);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(1);
  });
});
