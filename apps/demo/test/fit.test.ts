import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, fit, readModel, select } from '@emkit/core';
import { binomial, exponential, families, gaussian, multivariateGaussian } from '@emkit/families';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { cliData, expectNumber, expectText, printed, seen, testId, textOf, useSite, workspace } from './support.ts';

const site = useSite();
const scratch = mkdtempSync(join(tmpdir(), 'emkit-demo-files-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function dataFile(name: string, content: string): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

function columnsOf(file: string): Record<string, Float64Array> {
  const [header, ...lines] = readFileSync(join(cliData, file), 'utf8').trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(','));
  return Object.fromEntries(header!.split(',').map((name, index) => [name, Float64Array.from(rows, (row) => Number(row[index]))]));
}

async function chooseFile(page: Page, path: string): Promise<void> {
  await page.locator('input[type="file"]').setInputFiles(path);
}

async function drop(page: Page, name: string, content: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text!], fileName!, { type: 'text/csv' }));
      return data;
    },
    [name, content],
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

async function paste(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Paste', exact: true }).click();
  await page.getByLabel('Rows with a header line').fill(text);
  await page.getByRole('button', { name: 'Use these rows' }).click();
}

async function pressFit(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Fit', exact: true }).click();
}

async function sayComponents(page: Page, count: number): Promise<void> {
  await page.getByText('I say how many').click();
  await page.getByLabel('components', { exact: true }).fill(String(count));
}

async function download(page: Page, button: string): Promise<{ name: string; content: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

/** Runs a program the page wrote, in a folder where the packages are installed and the data are. */
function runProgram(program: string, data: string): { model: unknown; logLikelihood: number } {
  const folder = join(workspace, 'apps/demo/node_modules/.cache', `program-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, 'fit.mjs'), program);
    copyFileSync(data, join(folder, data.split('/').at(-1)!));
    return JSON.parse(
      execFileSync(process.execPath, ['--conditions=emkit-source', '--no-warnings', 'fit.mjs'], { cwd: folder, encoding: 'utf8' }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a sample', () => {
  test('is fitted by one click, and everything shown is the library’s', async () => {
    const { page, complaints, close } = await site.open('fit');
    await page.getByRole('button', { name: 'Old Faithful' }).click();
    await expectText(page, `${testId('summary')} h2`, '2 components');
    const data = columnsOf('old-faithful.csv');
    const { candidates, best } = select(data, { family: multivariateGaussian({ dimension: 2 }), components: [1, 2, 3, 4, 5] });
    expect(best.weights).toHaveLength(2);
    await expectNumber(page, testId('fit-log-likelihood'), best.logLikelihood, 3);
    expect(await textOf(page, testId('fit-bic'))).toBe(printed(best.criteria.bic, 3));
    expect(await textOf(page, testId('diagnosis'))).toContain('Converged');
    for (const { components, fit: candidate } of candidates) {
      const row = await textOf(page, `${testId('candidates')} [data-components="${components}"]`);
      if (candidate !== undefined)
        for (const value of [candidate.criteria.bic, candidate.criteria.aic, candidate.criteria.icl])
          expect(row).toContain(printed(value, 2));
    }
    const parameters = await textOf(page, testId('fit-parameters'));
    for (const weight of best.weights) expect(parameters).toContain(printed(weight, 5));
    for (const { mean } of best.components) expect(parameters).toContain(String(Number((mean as readonly number[])[0]!.toPrecision(6))));
    expect(await page.locator('svg[data-plot="fit"] .points circle').count()).toBe(272);
    expect(await page.locator('svg[data-plot="fit"] .ellipse').count()).toBe(2);
    const labels = best.model.labels(data);
    const shown = await page.locator(`${testId('rows')} tbody tr td:nth-child(4)`).allTextContents();
    expect(shown.map(Number)).toEqual(Array.from(labels.slice(0, 8), (label) => label + 1));
    await page.getByRole('button', { name: 'Next' }).click();
    await expectText(page, `${testId('rows')} tbody th`, /^9$/);
    expect(complaints).toEqual([]);
    await close();
  });

  test('other numbers of components can be looked at, and a link shows the same', async () => {
    const { page, close } = await site.open('fit?data=galaxies&components=1-4');
    await expectText(page, testId('summary'), /components/);
    await page.getByRole('button', { name: 'Show the fit with 2 components' }).click();
    const data = columnsOf('galaxies.csv');
    const two = fit(data, { family: gaussian(), components: 2 });
    await expectText(page, `${testId('summary')} h2`, '2 components');
    await expectNumber(page, testId('fit-log-likelihood'), two.logLikelihood, 3);
    expect(await page.locator('svg[data-plot="fit"] .curve-component').count()).toBe(2);
    await expect.poll(() => page.url()).toContain('show=2');
    const link = page.url();
    const again = await site.open(link.slice(link.indexOf('#/') + 2));
    await expectNumber(again.page, testId('fit-log-likelihood'), two.logLikelihood, 3);
    await again.close();
    await close();
  });

  test('three coins: the data hold no evidence for more than one', async () => {
    const { page, close } = await site.open('fit?data=three-coins');
    await expectText(page, `${testId('summary')} h2`, '1 component');
    expect(await textOf(page, testId('fit-parameters'))).toContain('0.415');
    expect(await page.getByLabel('trials').inputValue()).toBe('10');
    await close();
  });
});

describe('one’s own data', () => {
  const iris = readFileSync(join(cliData, 'iris.csv'), 'utf8');

  test('dropped, with columns, family, options and number of components chosen', async () => {
    const { page, complaints, close } = await site.open('fit');
    await drop(page, 'flowers.csv', iris);
    await expectText(page, testId('table'), /flowers\.csv\s*150 rows, 5 columns/);
    expect(await page.locator('form').textContent()).toContain('Without numbers: species');
    for (const name of ['sepal_length', 'sepal_width']) await page.getByRole('checkbox', { name }).uncheck();
    for (const name of ['petal_length', 'petal_width']) await page.getByRole('checkbox', { name }).check();
    await page.getByLabel('covariance').selectOption('tied');
    await sayComponents(page, 3);
    await pressFit(page);
    await expectText(page, `${testId('summary')} h2`, '3 components');
    const { petal_length, petal_width } = columnsOf('iris.csv');
    const expected = fit(
      { petal_length: petal_length!, petal_width: petal_width! },
      { family: multivariateGaussian({ dimension: 2, covariance: 'tied' }), components: 3 },
    );
    await expectNumber(page, testId('fit-log-likelihood'), expected.logLikelihood, 3);
    expect(complaints).toEqual([]);
    await close();
  });

  test('pasted: one column goes to families of one column, all of those registered', async () => {
    const { page, close } = await site.open('fit');
    await paste(page, 'wait\r\n1.5\r\n0.2\r\n"3.75"\r\n12\r\n0.9\r\n7\r\n');
    await expectText(page, testId('table'), /6 rows, 1 column/);
    const offered = await page
      .getByLabel('distribution')
      .locator('option')
      .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
    const single = families.filter(
      (family) => !Object.values(family.options).some((option) => option.kind === 'integer' && option.fromColumns),
    );
    expect(offered).toEqual(single.map(({ id }) => id));
    await page.getByLabel('distribution').selectOption('exponential');
    await sayComponents(page, 1);
    await pressFit(page);
    const expected = fit([1.5, 0.2, 3.75, 12, 0.9, 7], { family: exponential(), components: 1 });
    await expectNumber(page, testId('fit-log-likelihood'), expected.logLikelihood, 3);
    await close();
  });

  test('with numbers of trials and case weights in columns of their own', async () => {
    const { page, close } = await site.open('fit');
    const rows = [
      [1, 10, 3],
      [9, 12, 2],
      [2, 8, 4],
      [7, 9, 1],
      [3, 15, 2],
    ];
    await paste(page, `heads,tosses,times\n${rows.map((row) => row.join()).join('\n')}`);
    await page.getByRole('checkbox', { name: 'tosses' }).uncheck();
    await page.getByLabel('distribution').selectOption('binomial');
    await page.getByLabel('Trials in').selectOption({ label: 'column tosses' });
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('weights').selectOption('times');
    await sayComponents(page, 2);
    await pressFit(page);
    const at = (index: number): number[] => rows.map((row) => row[index]!);
    const expected = fit(
      { heads: at(0), tosses: at(1), times: at(2) },
      { family: binomial({ trials: 'column' }), components: 2, columns: ['heads', 'tosses'], weights: 'times' },
    );
    await expectNumber(page, testId('fit-log-likelihood'), expected.logLikelihood, 3);
    await close();
  });

  const mistakes: readonly (readonly [what: string, text: string, family: string | undefined, message: RegExp])[] = [
    ['a word', 'length\n1\n2\nlong\n4', undefined, /pasted\.csv, line 4 \(row 3\), column length: "long" is not a number/],
    ['a missing value', 'a,b\n1,2\n3,\n5,6', undefined, /pasted\.csv, line 3 \(row 2\), column b: the value is missing/],
    ['a ragged row', 'a,b\n1,2\n3', undefined, /pasted\.csv, line 3 \(row 2\): the row has 1 value, and the header names 2 columns/],
    ['a negative wait', 'wait\n1\n2\n-3\n4', 'exponential', /pasted\.csv, line 4 \(row 3\), column wait: -3 is outside the support/],
    ['more heads than tosses', 'heads\n1\n2.5\n3', 'binomial', /pasted\.csv, line 3 \(row 2\), column heads: 2\.5 is outside the support/],
    ['nothing', 'a\n', undefined, /has a header and no rows/],
    ['a blank line', 'a,b\n1,2\n\n3,4', undefined, /pasted\.csv, line 3 \(row 2\): the line is blank/],
    ['too few rows', 'a\n1\n1\n1\n2', 'exponential', /only 2 different rows/],
  ];
  test('errors name line, row and column', async () => {
    const { page, close } = await site.open('fit');
    for (const [what, text, family, message] of mistakes) {
      await page.reload();
      await page.waitForSelector('h1');
      await paste(page, text);
      const failed = page.locator(testId('failure'));
      await expect
        .poll(async () => (await failed.count()) + (await page.getByRole('button', { name: 'Fit', exact: true }).count()), { interval: 20 })
        .toBeGreaterThan(0);
      if ((await failed.count()) === 0) {
        if (family !== undefined) await page.getByLabel('distribution').selectOption(family);
        await sayComponents(page, 3);
        await pressFit(page);
      }
      await expectText(page, testId('failure'), message).catch((error: unknown) => {
        throw new Error(`${what}: ${String(error)}`);
      });
      expect(await page.locator(testId('summary')).count(), what).toBe(0);
    }
    await close();
  });
});

describe('what can be kept', () => {
  test('the model, the labels, the picture and a program that runs', async () => {
    const { page, complaints, close } = await site.open('fit?data=old-faithful&components=1-3');
    await expectText(page, `${testId('summary')} h2`, '2 components');
    const data = columnsOf('old-faithful.csv');
    const { best } = select(data, { family: multivariateGaussian({ dimension: 2 }), components: [1, 2, 3] });

    const model = await download(page, 'Save the model');
    expect(model.name).toBe('old-faithful-model.json');
    const json = JSON.parse(model.content.toString());
    expect(json).toEqual({ ...JSON.parse(JSON.stringify(best)), columns: ['eruptions', 'waiting'] });
    expect(readModel(json, families).labels(data)).toEqual(best.model.labels(data));

    const labels = await download(page, 'Save all labels as CSV');
    const [header, ...lines] = labels.content.toString().trim().split('\n');
    expect(header).toBe('row,label,responsibility_1,responsibility_2,log_density');
    const responsibilities = best.model.responsibilities(data);
    const logDensity = best.model.logDensity(data);
    const expected = Array.from(
      best.model.labels(data),
      (label, row) => `${row + 1},${label + 1},${responsibilities.map((column) => column[row]).join(',')},${logDensity[row]}`,
    );
    expect(lines).toEqual(expected);

    const picture = (await download(page, 'Save as SVG')).content.toString();
    expect(picture).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(picture.match(/<circle/g)).toHaveLength(272);
    expect(picture).not.toContain('class=');
    expect(picture).not.toContain('var(');
    const pixels = (await download(page, 'Save as PNG')).content;
    expect(pixels.subarray(1, 4).toString()).toBe('PNG');
    expect(pixels.length).toBeGreaterThan(20_000);

    const program = (await download(page, 'Save the program')).content.toString();
    expect(await page.locator(testId('code')).textContent()).toBe(program);
    const repeated = runProgram(program, join(cliData, 'old-faithful.csv'));
    expect(repeated).toEqual(json);

    await page.getByRole('button', { name: 'Show the fit with 3 components' }).click();
    await expectText(page, `${testId('summary')} h2`, '3 components');
    const other = JSON.parse((await download(page, 'Save the model')).content.toString());
    expect(runProgram((await download(page, 'Save the program')).content.toString(), join(cliData, 'old-faithful.csv'))).toEqual(other);
    expect(complaints).toEqual([]);
    await close();
  });

  test('the program reads quoted, headed and weighted files too, and the command line does the same', async () => {
    const { page, close } = await site.open('fit');
    const random = createRandom(3);
    const lines = Array.from(
      { length: 60 },
      (_, row) => `"row ${row}, named";${(random.normal() + (row % 3) * 6).toFixed(3)};${1 + (row % 4)}`,
    );
    const path = dataFile('quoted file.csv', `"what; exactly";"the value";times\r\n${lines.join('\r\n')}\r\n`);
    await chooseFile(page, path);
    await expectText(page, testId('table'), /60 rows, 3 columns/);
    await page.getByRole('checkbox', { name: 'times' }).uncheck();
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('weights').selectOption('times');
    await sayComponents(page, 3);
    await pressFit(page);
    await expectText(page, `${testId('summary')} h2`, '3 components');
    const json = JSON.parse((await download(page, 'Save the model')).content.toString());
    expect(runProgram((await download(page, 'Save the program')).content.toString(), path)).toEqual(json);

    await page.getByRole('button', { name: 'Command line' }).click();
    const command = (await page.locator(testId('code')).textContent()) ?? '';
    expect(command).toContain('npx emkit fit');
    const text = execFileSync(
      '/bin/sh',
      [
        '-c',
        `${command.replace('npx emkit', `"${process.execPath}" --conditions=emkit-source --no-warnings "${join(workspace, 'apps/cli/src/main.ts')}"`)} --json`,
      ],
      {
        cwd: scratch,
        encoding: 'utf8',
      },
    );
    expect(JSON.parse(text).model).toEqual(json.model);
    await close();
  });
});

describe('a million rows', () => {
  const rows = 1_000_000;
  const random = createRandom(7);
  const values = Float64Array.from({ length: rows }, () =>
    Number((random.uniform() < 0.3 ? 10 + 2 * random.normal() : random.normal()).toFixed(3)),
  );
  const content = `value\n${values.join('\n')}\n`;

  test('stay smooth, show progress, can be cancelled, and give the library’s answer to the bit', async () => {
    const path = dataFile('million.csv', content);
    const { page, complaints, close } = await site.open('fit');
    await chooseFile(page, path);
    await expectText(page, testId('table'), /Reading/);
    await expectText(page, testId('table'), /1,000,000 rows/, 30_000);

    const cancelOn = async (text: RegExp): Promise<void> => {
      await pressFit(page);
      await expectText(page, testId('busy'), text);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await expect.poll(() => page.locator(testId('busy')).count(), { interval: 20, timeout: 30_000 }).toBe(0);
    };
    await sayComponents(page, 20);
    await cancelOn(/iteration|starts/);
    expect(await page.locator(testId('summary')).count()).toBe(0);

    // What was finished before is kept.
    await page.getByText('Choose for me').click();
    await page.getByLabel('to', { exact: true }).fill('20');
    await cancelOn(/1 component: log-likelihood/);
    await expectText(page, testId('stopped'), /^Stopped: \d+ of 20 numbers of components were tried\.$/);
    expect(await textOf(page, testId('code'))).not.toContain('20]');

    await sayComponents(page, 2);
    await pressFit(page);
    await expectText(page, `${testId('summary')} h2`, '2 components', 40_000);
    const json = JSON.parse((await download(page, 'Save the model')).content.toString());
    const expected = fit({ value: values }, { family: gaussian(), components: 2 });
    expect(json.model).toEqual(JSON.parse(JSON.stringify(expected.model)));
    expect(json.logLikelihood).toBe(expected.logLikelihood);
    await expectText(page, '.pager', '1 to 8 of 1,000,000');

    // The page's own thread draws and listens: what takes long is elsewhere.
    expect((await seen(page)).longestTask).toBeLessThan(600);
    expect(complaints).toEqual([]);
    await close();
  });
});
