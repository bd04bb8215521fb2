import { inspect, stripVTControlCharacters } from 'node:util';
import {
  createDataset,
  createModelStructure,
  type Fit,
  fit,
  fitAsync,
  independent,
  type Latent,
  Model,
  memorySource,
  Selection,
  select,
} from '@emkit/core';
import { printable, printableName, renderTable, showNumber, textWidth, wrapText } from '@emkit/core/text';
import { categorical, exponential, gaussian, multivariateGaussian } from '@emkit/families';
import { describe, expect, test } from 'vitest';

const heights = [1.52, 1.55, 1.61, 1.58, 1.56, 1.6, 1.78, 1.81, 1.75, 1.84, 1.79, 1.77];
const two = { family: gaussian(), components: 2 } as const;
const lines = (text: string): string[] => text.split('\n');

describe('the summary of a fit', () => {
  const result = fit({ height: heights }, two);

  test('says what was fitted to what, the parameters, what the fit is worth, and how it ended', () => {
    const [component] = result.components;
    expect(lines(result.summary())).toEqual([
      '  2 components, gaussian (covariance full)',
      '  12 rows, column height',
      '',
      '  component   weight      mean      variance   standard deviation',
      `          1   0.5000   ${component.mean.toFixed(5)}   ${component.variance.toFixed(9)}            ${Math.sqrt(component.variance).toFixed(7)}`,
      expect.stringMatching(/^ {10}2 {3}0\.5000 {3}1\.79000/),
      '',
      `  log-likelihood  ${result.logLikelihood.toFixed(4)}   5 free parameters`,
      `  BIC ${result.criteria.bic.toFixed(2)}   AIC ${result.criteria.aic.toFixed(2)}   ICL ${result.criteria.icl.toFixed(2)}`,
      '',
      `  Converged (${result.iterations} iterations): the remaining error is estimated to be below the`,
      '  tolerance.',
    ]);
  });

  test('is what a console shows, and its short name deep within other things', () => {
    expect(inspect(result)).toBe(result.summary());
    expect(inspect(result.model)).toBe(result.model.summary());
    expect(inspect({ a: { b: { c: result } } }, { depth: 2 })).toContain('[Fit]');
  });

  test('is of rows where the width allows, else of columns, in as many tables as there must be', () => {
    for (const width of [80, 50, 34]) {
      for (const line of lines(result.summary({ width, name: 'heights.csv' }))) expect(textWidth(line), line).toBeLessThanOrEqual(width);
    }
    expect(lines(result.summary({ width: 50 })).filter((line) => line.startsWith('  mean'))).toHaveLength(1);
    expect(lines(result.summary({ width: 34 })).filter((line) => line.startsWith('  mean'))).toHaveLength(2);
  });

  test('paints what a style paints, and counts paint as nothing', () => {
    const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
    const painted = result.summary({ component: () => red, bold: red, good: red });
    expect(painted).not.toBe(result.summary());
    expect(stripVTControlCharacters(painted)).toBe(result.summary());
  });

  test('does not say "0 iterations" of a fit that had arrived', () => {
    const one = fit(heights, { family: gaussian(), components: 1 });
    expect(one.iterations).toBe(0);
    expect(one.summary()).toContain('Converged (in the short run of its start)');
    expect(fit(heights, { family: gaussian(), components: 1, start: one.model.parameters }).summary()).toContain(
      'Converged (where it started)',
    );
    expect(fit(heights, { ...two, iterations: 0 }).summary()).toContain('before convergence (0 iterations)');
  });

  test('warns of what it is warned of, once', () => {
    const limited = fit(heights, {
      ...two,
      iterations: 1,
      accelerate: false,
      start: {
        weights: [0.9, 0.1],
        components: [
          { mean: 1, variance: 1 },
          { mean: 3, variance: 1 },
        ],
      },
    });
    expect(limited.warnings).toHaveLength(1);
    expect(limited.summary().match(/iteration limit/g)).toHaveLength(1);
    expect(limited.summary({ notes: ['Look twice.'] })).toMatch(/\n {2}Look twice\.$/);
  });

  test('shows what would move a terminal, and obeys none of it', () => {
    const nasty = fit({ 'a\u001b[2J\r\nb': heights }, two).summary({ name: 'x\u0007.csv' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
    expect(nasty).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(nasty).toContain('x\\u0007.csv: 12 rows, column a\\u001b[2J\\r\\nb');
  });
});

describe('the parameters in a summary', () => {
  test('of several columns stand under the names of the columns', () => {
    const plane = fit(
      { left: heights, right: heights.map((height, row) => height * (row % 4)) },
      { family: multivariateGaussian({ dimension: 2 }), components: 1 },
    );
    expect(
      lines(plane.summary())
        .slice(3, 11)
        .map((line) => /^ +\S+(?: \S+)*/.exec(line)![0]),
    ).toEqual(['  component', '  weight', '  mean', '    left', '    right', '  covariance', '    left', '    left, right']);
  });

  test('of categories stand under the words they are', () => {
    const answers = fit(['no', 'yes', 'no', 'maybe', 'no'], { family: categorical({ levels: ['no', 'maybe', 'yes'] }), components: 1 });
    expect(answers.summary()).toMatch(
      /1 component, categorical\n.*\n\n.*\n.*\n {2}probabilities\n {4}no +0\.60000\n {4}maybe +0\.20000\n {4}yes +0\.20000/,
    );
    expect(answers.predictRow('yes').logDensity).toBeCloseTo(Math.log(0.2), 12);
  });

  test('of components of different families have each their own', () => {
    const mixed = fit([3, 8, 1, 15, 4, 61, 58, 7, 63, 2, 60, 57, 11, 62, 59], { families: [exponential(), gaussian()] });
    const [title, , , header, first, second] = lines(mixed.summary());
    expect(title).toBe('  2 components, exponential and gaussian (covariance full)');
    expect(header!.trim().split(/ +/)).toEqual(['component', 'weight', 'rate', 'mean', 'variance']);
    expect(first!.trim().split(/ +/)).toHaveLength(3);
    expect(second!.trim().split(/ +/)).toHaveLength(4);
  });

  test('that are too many are left out, and it is said', () => {
    const wide = Array.from({ length: 90 }, (_, row) =>
      Array.from({ length: 24 }, (_unused, column) => Math.sin(row * (column + 1)) + column),
    );
    const result = fit(wide, { family: multivariateGaussian({ dimension: 24, covariance: 'diagonal' }), components: 1 });
    const text = result.summary();
    expect(lines(text).length).toBeLessThan(60);
    expect(text).toContain('    x20 ');
    expect(text).not.toContain('    x21 ');
    expect(text.replaceAll('\n  ', ' ')).toContain(
      'The covariance matrices and all entries after the first 20 are left out here; the components hold them.',
    );
  });

  test('of the law of the labels are numbers, vectors or matrices', () => {
    const law = {
      persistence: 0.75,
      initial: [0.5, 0.5],
      transitions: [
        [0.9, 0.1],
        [0.4, 0.6],
      ],
    };
    const latent = { ...independent(2), id: 'chain', logWeights: undefined, space: { ...independent(2).space, check: () => law } };
    const structure = createModelStructure({ family: gaussian(), latent: latent as unknown as Latent });
    const model = new Model(structure, {
      ...law,
      components: [
        { mean: 0, variance: 1 },
        { mean: 9, variance: 1 },
      ],
    });
    expect(lines(model.summary())).toEqual([
      '  2 components, gaussian (covariance full), chain',
      '',
      '  persistence  0.750000',
      '',
      '  component                  1         2',
      '  initial              0.50000   0.50000',
      '  transitions',
      '    to 1               0.90000   0.40000',
      '    to 2               0.10000   0.60000',
      '  mean                 0         9.00000',
      '  variance             1.00000   1.00000',
      '  standard deviation   1.00000   1.00000',
    ]);
  });
});

describe('the summary of a choice', () => {
  const selection = select(heights, { family: gaussian(), components: [1, 2, 13] });

  test('has a row for each candidate, says which is chosen, and why another could not be', () => {
    const text = lines(selection.summary());
    expect(text[0]!.trim().split(/ {2,}/)).toEqual(['K', 'log-likelihood', 'parameters', 'BIC *', 'AIC', 'ICL']);
    expect(text.slice(1, 4).map((line) => line.trim().split(/ {3,}/)[0])).toEqual(['1', '2', '13']);
    expect(text[3]).toMatch(/no fit$/);
    expect(text[5]).toMatch(/^ {2}\* The smallest BIC chooses \d components?\.$/);
    expect(text.slice(7).join(' ').replace(/ +/g, ' ')).toBe(
      ' 13 components: There are 13 components, but only 12 different rows. Use fewer components, or more data.',
    );
    expect(inspect(selection)).toBe(selection.summary());
  });

  test('leaves out columns that a narrow terminal has no room for', () => {
    for (const line of lines(selection.summary({ width: 44 }))) expect(textWidth(line), line).toBeLessThanOrEqual(44);
  });

  test('says that others were not tried, where it was aborted', () => {
    const aborted = new Selection({ ...selection, aborted: true });
    expect(aborted.summary().replaceAll('\n  ', ' ')).toContain('of those that were finished is that of');
    expect(() => new Selection({ criterion: 'bic', candidates: [{ components: 3, refused: 'no' }], aborted: false })).toThrow('3 (no)');
  });
});

describe('what a fit says of rows', () => {
  const rows = heights.map((height, row) => ({ name: `p${row}`, height, copies: 1 + (row % 2), known: row === 0 ? 0 : null }));
  const result: Fit = fit(rows, { ...two, columns: ['height'], weights: 'copies', labels: 'known' });
  const wanted = result.model.labels(heights);

  test('is of the columns it was fitted to, whatever else the data hold', () => {
    const columns = { height: heights, copies: heights.map(() => 1), known: heights.map(() => -1) };
    expect(result.labels(rows)).toEqual(wanted);
    expect(result.labels(columns)).toEqual(wanted);
    expect(result.labels(new Set(rows))).toEqual(wanted);
    expect(result.labels(heights)).toEqual(wanted);
    expect(result.responsibilities(rows)).toEqual(result.model.responsibilities(heights));
    expect(result.predict(rows).logDensities).toEqual(result.model.logDensity(heights));
  });

  test('also where columns have numbers only, and where they are called by other names', () => {
    const second = fit(
      heights.map((height, row) => [row, height]),
      { ...two, columns: [1] },
    );
    expect(second.columnNames).toEqual(['x2']);
    expect(second.labels(heights.map((height) => [9, height]))).toEqual(second.model.labels(heights));
    expect(second.labels(Float64Array.from(heights.flatMap((height) => [9, height])), { dimension: 2 })).toEqual(
      second.model.labels(heights),
    );
    expect(second.labels({ other: heights })).toEqual(second.model.labels(heights));
    expect(() => second.labels({ first: heights, second: heights })).toThrow('there are: first, second');
    expect(result.labels({ length: heights, height: heights.toReversed() })).toEqual(wanted.toReversed());
  });

  test('is the same of one row, however it is given', () => {
    const { labels, responsibilities, logDensities } = result.predict([1.6]);
    const one = { label: labels[0], responsibilities: responsibilities.map((values) => values[0]), logDensity: logDensities[0] };
    for (const row of [1.6, [1.6], Float64Array.of(1.6), { height: 1.6 }, { height: 1.6, name: 'x', copies: 3 }]) {
      expect(result.predictRow(row)).toEqual(one);
    }
    expect(result.model.predictRow(1.6)).toEqual(one);
  });
});

test('a source of one’s own gives a whole fit', async () => {
  const inner = memorySource(createDataset({ height: heights }, [gaussian()], 2));
  let asked = 0;
  const source = {
    expect: async (request: Parameters<typeof inner.expect>[0]) => {
      asked += 1;
      return inner.expect(request);
    },
    summary: async () => inner.summary(),
    sample: async (...given: Parameters<typeof inner.sample>) => inner.sample(...given),
  };
  const result = await fitAsync(source, two);
  expect(result.summary()).toBe(fit({ height: heights }, two).summary());
  expect(result.evaluations).toBeLessThanOrEqual(asked);
  expect(result.columnNames).toEqual(['height']);
});

test('families that mean a number and a vector by one name have a row each for it', () => {
  const families = [multivariateGaussian({ dimension: 1, covariance: 'spherical' }), gaussian()];
  const text = fit(heights, { families }).summary();
  expect(text).not.toContain('undefined');
  const means = text.split('\n').filter((line) => /^ {2}mean/.test(line));
  expect(means).toHaveLength(2);
  expect(means[1]).toMatch(/^ {2}mean +-?\d[\d.]*$/);
  expect(text.match(/\n {2}variance /g)).toHaveLength(1);
});

describe('the parts of a text', () => {
  test('a name is no longer than a table bears, and holds nothing that a terminal obeys', () => {
    expect(printableName('x'.repeat(50))).toBe(`${'x'.repeat(37)}...`);
    expect(printable('a\u001b[31m\u202eb\n')).toBe('a\\u001b[31m\\u202eb\\n');
  });

  test('text is as wide as a terminal shows it', () => {
    expect(['abc', '\u001b[1mabc\u001b[22m', 'e\u0301', '漢字', 'かな', '한글', '😀', 'ＡＢ', '◀ ┬ ▆'].map(textWidth)).toEqual([
      3, 3, 1, 4, 4, 4, 2, 4, 5,
    ]);
    expect(
      renderTable(
        [{ header: '漢' }, { header: 'n', kind: 'number' }],
        [
          ['a', '1.5'],
          ['b', '22'],
        ],
        { dim: (text) => text },
      ),
    ).toEqual(['  漢      n', '  a     1.5', '  b    22']);
    expect(wrapText('one two three', 9)).toEqual(['  one two', '  three']);
  });

  test.each([
    [0, '0'],
    [-35.1526058, '-35.1526'],
    [0.0000123456789, '1.23457e-5'],
    [1.5e12, '1.50000e+12'],
  ])('%d is shown as %s', (value, text) => {
    expect(showNumber(value)).toBe(text);
  });
});
