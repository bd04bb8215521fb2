import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as core from '@emkit/core';
import { gaussian } from '@emkit/families';
import { type FolderServer, openBrowser, serveFolder } from '@emkit/tools/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coinSteps } from '../src/figures/three-coins-model.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(folder, '../..');
const dist = join(folder, 'dist');
let browser: Browser;
let server: FolderServer;

beforeAll(async () => {
  const bin = join(root, 'node_modules/.bin');
  const build = spawnSync(join(bin, 'turbo'), ['run', 'build', '--filter=@emkit/site', '--output-logs=errors-only'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` },
  });
  if (build.status !== 0) throw new Error(`the site could not be built:\n${build.stdout}${build.stderr}`);
  server = await serveFolder(dist);
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Opens a page of the site. What goes wrong in it is collected in `errors`. */
async function open(path: string, size = { width: 1200, height: 900 }): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: size });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('favicon.ico')) errors.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(server.address + path, { waitUntil: 'networkidle' });
  return { page, errors: errors.filter((error) => !error.includes('favicon')) };
}

describe('the site', { timeout: 60_000 }, () => {
  test.each(['', 'what-em-is', 'fit', 'families/', 'families/gaussian', 'errors', 'contributing', 'reference/', 'reference/core'])(
    'shows /%s without an error',
    async (path) => {
      const { page, errors } = await open(path);
      expect(await page.locator('main h1').first().textContent()).not.toBe('');
      expect(errors).toEqual([]);
      await page.close();
    },
  );

  test('shows formulas as pictures and code in colours', async () => {
    const { page } = await open('families/gaussian');
    expect(await page.locator('mjx-container svg').count()).toBeGreaterThan(1);
    expect(await page.locator('.language-ts span[style]').count()).toBeGreaterThan(5);
    expect(await page.locator('main').textContent()).not.toContain('$$');
    await page.close();
  });

  test('shows every exported function of the engine, with its docstring', async () => {
    const { page } = await open('reference/core');
    const text = await page.locator('main').textContent();
    const functions = Object.entries(core).filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name));
    expect(functions.length).toBeGreaterThan(20);
    for (const [name] of functions) expect(text).toContain(`${name}()`);
    expect(text).toContain('Fits a finite mixture, or another model with latent labels, by expectation-maximisation');
    await page.close();
  });

  test('finds words without leaving the page', async () => {
    const { page, errors } = await open('');
    await page.locator('.VPNavBarSearch button').first().click();
    await page.locator('.VPLocalSearchBox input').fill('collapse');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    expect(await page.locator('.VPLocalSearchBox .results').textContent()).toContain('When a component collapses');
    expect(errors).toEqual([]);
    await page.close();
  });

  test('is as wide as a phone', async () => {
    const { page } = await open('what-em-is', { width: 390, height: 844 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await page.close();
  });
});

describe('the figure of the three coins', { timeout: 60_000 }, () => {
  const cells = async (page: Page, key: string): Promise<string[]> => page.locator(`[data-figure="${key}"] td`).allTextContents();

  test('shows the digits of the textbook, computed in the page', async () => {
    const { page, errors } = await open('what-em-is');
    const steps = coinSteps([0.4, 0.5, 0.65], 30);
    expect(await cells(page, 'heads-6')).toEqual(['0.1468149', '0.5401758', '0.3130094']);
    expect(await cells(page, 'expected-counts')).toEqual(['6.6744913', '10.5237552', '2.8017535']);
    await page.getByRole('button', { name: 'Next iteration' }).click();
    expect(await cells(page, 'probabilities')).toEqual(['0.3536485', '0.4278732', '0.5128013']);
    expect(await cells(page, 'weights')).toEqual(['0.3337246', '0.5261878', '0.1400877']);
    await page.getByRole('button', { name: 'To the end' }).click();
    expect(await page.locator('[data-figure="log-likelihood"]').textContent()).toContain(steps[30]!.logLikelihood.toFixed(7));
    expect(errors).toEqual([]);
    await page.close();
  });

  test('follows a changed guess', async () => {
    const { page } = await open('what-em-is');
    const slider = page.getByLabel('guess for coin 1');
    await slider.fill('0.2');
    await page.getByRole('button', { name: 'Next iteration' }).click();
    const [, step] = coinSteps([0.2, 0.5, 0.65], 1);
    expect(await cells(page, 'probabilities')).toEqual(step!.probabilities.map((value) => value.toFixed(7)));
    await page.getByRole('button', { name: 'Begin again' }).click();
    expect(await cells(page, 'probabilities')).toEqual(['0.4000000', '0.5000000', '0.6500000']);
    await page.close();
  });
});

test('the figure of a mixture fits what the library fits', { timeout: 60_000 }, async () => {
  const rows = readFileSync(join(root, 'apps/cli/data/old-faithful.csv'), 'utf8').trim().split('\n').slice(1);
  const waiting = rows.map((row) => Number(row.split(',')[1]));
  const { page, errors } = await open('what-em-is');
  for (const components of [1, 2, 3]) {
    await page.getByLabel(components === 1 ? '1 component' : `${components} components`, { exact: true }).check();
    const { logLikelihood, criteria } = core.fit(waiting, { family: gaussian(), components });
    const text = `Log-likelihood ${logLikelihood.toFixed(4)}, BIC ${criteria.bic.toFixed(2)}`;
    await page.locator('[data-figure="fit"]', { hasText: text }).waitFor();
    expect(await page.locator('.figure svg polyline').count()).toBe(components + 2);
  }
  expect(errors).toEqual([]);
  await page.close();
});
