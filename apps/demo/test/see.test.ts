import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMixture, fit, fitSteps, type MixtureParameters, Model } from '@emkit/core';
import { binomial, exponential, gaussian, multivariateGaussian } from '@emkit/families';
import { textbookFigures } from '@emkit/reference';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { cliData, expectNumber, expectText, phone, printed, testId, textOf, useSite } from './support.ts';

const site = useSite();

const coins = [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3];
const coinsStart: MixtureParameters = {
  weights: [0.25, 0.5, 0.25],
  components: [{ probability: 0.4 }, { probability: 0.5 }, { probability: 0.65 }],
};
const printedFigures = textbookFigures.filter(({ provenance }) => provenance === 'printed');

function column(file: string, index: number): number[] {
  const [, ...lines] = readFileSync(join(cliData, file), 'utf8').trim().split(/\r?\n/);
  return lines.map((line) => Number(line.split(',')[index]));
}

/** The points plain EM passes, as the library gives them. */
function pointsOf(data: Parameters<typeof fitSteps>[0], options: Parameters<typeof fitSteps>[1]) {
  return [...fitSteps(data, { accelerate: false, iterations: 600, tolerance: 1e-7, ...options })];
}

async function goTo(page: Page, step: number): Promise<void> {
  await page.getByRole('slider', { name: 'Step' }).fill(String(step));
}

async function cell(page: Page, figure: string): Promise<string> {
  return (await page.locator(`[data-cell="${figure}"]`).first().textContent())?.trim() ?? '';
}

async function parameterRows(page: Page): Promise<string[][]> {
  return page
    .locator(`${testId('parameters')} tbody tr`)
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((part) => (part.textContent ?? '').trim())));
}

describe('three coins', () => {
  test('the tables fill step by step with the book’s numbers, each marked', async () => {
    const { page, complaints, close } = await site.open('see/three-coins');
    expect(await cell(page, 'table-6.1/2/c1')).toBe('·');
    expect(await textOf(page, testId('phase'))).toContain('The start');
    await page.getByRole('button', { name: 'Step forward' }).click();
    await expectText(page, `${testId('phase')} h2`, 'E-step 1');
    await page.locator('summary').evaluateAll((all) => {
      for (const summary of all) (summary as HTMLElement).click();
    });
    const inEStep = printedFigures.filter(({ id }) => /^(6\.7|6\.8|6\.9|table-6\.1|6\.10|table-6\.2|table-6\.3)\//.test(id));
    expect(inEStep).toHaveLength(45);
    for (const { id, printed: text } of inEStep) expect(await cell(page, id), id).toContain(`${text}✓`);
    expect(await cell(page, '6.14/c1')).toBe('·');
    await page.getByRole('button', { name: 'Step forward' }).click();
    const inMStep = printedFigures.filter(({ id }) => /^(6\.14|table-6\.4)\//.test(id));
    expect(inMStep).toHaveLength(6);
    for (const { id, printed: text } of inMStep) expect(await cell(page, id), id).toContain(text);
    expect(await page.locator('.number-differs').count()).toBe(0);
    expect(await textOf(page, testId('book-summary'))).toMatch(/✓ 42 of the 42 numbers/);
    expect(complaints).toEqual([]);
    await close();
  });

  test('every step shows what the library computes', async () => {
    const { page, close } = await site.open('see/three-coins');
    const points = pointsOf(coins, { family: binomial({ trials: 10 }), components: 3, start: coinsStart });
    for (const iteration of [0, 1, 5, points.length - 1]) {
      await goTo(page, 2 * iteration);
      await expectText(page, testId('log-likelihood'), printed(points[iteration]!.logLikelihood, 7));
      const rows = await parameterRows(page);
      points[iteration]!.parameters.components.forEach((values, coin) => {
        expect(rows[coin]![2]).toBe(printed(values['probability'] as number, 6));
        expect(rows[coin]![1]).toBe(printed(points[iteration]!.parameters.weights[coin]!, 4));
      });
    }
    await expectText(page, testId('phase'), 'converged');
    expect((await parameterRows(page)).map((row) => row[2])).toEqual(['0.415000', '0.415000', '0.415000']);
    await close();
  });

  test('plays, pauses, steps back and forth', async () => {
    const { page, close } = await site.open('see/three-coins');
    await page.getByLabel('Speed').selectOption('fast');
    await page.getByRole('button', { name: 'Play' }).click();
    await expectText(page, '.transport-name', /[EM]-step 4/);
    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = await textOf(page, '.transport-name');
    await page.waitForTimeout(400);
    expect(await textOf(page, '.transport-name')).toBe(paused);
    await page.getByRole('button', { name: 'To the start' }).click();
    await expectText(page, '.transport-name', 'start');
    await page.getByRole('button', { name: 'To the end' }).click();
    await expectText(page, testId('phase'), 'converged');
    await page.getByRole('button', { name: 'Step back' }).click();
    await expectText(page, '.transport-name', 'E-step');
    await close();
  });
});

test('a step taken just before another example is opened does not hold it up', async () => {
  const { page, close } = await site.open('see/three-coins');
  // The step is written into the address a little later: at about the time of the navigation, which must win.
  for (const pause of [110, 130, 140, 150, 170]) {
    await page.goto(`${site.address}#/see/three-coins`);
    await expectText(page, 'h1', 'Three coins');
    await page.getByRole('button', { name: 'Step forward' }).click();
    await page.waitForTimeout(pause);
    await page.goto(`${site.address}#/see/two-coins`);
    await page.waitForTimeout(200);
    await expectText(page, 'h1', 'Two coins', 1000);
    expect(page.url()).toContain('#/see/two-coins');
  }
  await close();
});

test('two coins: the weights are held, and the note’s numbers come out', async () => {
  const { page, complaints, close } = await site.open('see/two-coins?step=1');
  expect(await cell(page, 'posterior/0/A')).toMatch(/^0\.45/);
  expect(await cell(page, 'posterior/0/B')).toMatch(/^0\.55/);
  expect(await cell(page, 'heads/0/A')).toMatch(/^2\.2/);
  expect(await cell(page, 'tails/0/B')).toMatch(/^2\.8/);
  expect(await page.locator('.number-match').count()).toBe(6);
  await goTo(page, 2);
  await expect.poll(() => cell(page, 'bias/A')).toMatch(/^0\.71✓/);
  expect(await cell(page, 'bias/B')).toMatch(/^0\.58✓/);
  await goTo(page, 20);
  await expect.poll(() => cell(page, 'bias/A')).toMatch(/^0\.80✓/);
  expect(await cell(page, 'bias/B')).toMatch(/^0\.52✓/);
  const rows = await parameterRows(page);
  expect(rows.map((row) => row[1])).toEqual(['0.5000', '0.5000']);
  expect(rows.map((row) => row[2])).toEqual(['0.796744', '0.519659']);
  expect(complaints).toEqual([]);
  await close();
});

test('waiting times: a mixture of exponentials climbs to the library’s optimum', async () => {
  const { page, close } = await site.open('see/waiting-times');
  await page.getByRole('button', { name: 'To the end' }).click();
  const days = column('coal-mine-intervals.csv', 0);
  const best = fit(days, { family: exponential(), components: 2 });
  await expectNumber(page, testId('log-likelihood'), best.logLikelihood, 3);
  const means = (await parameterRows(page)).map((row) => Number(row[2])).sort((a, b) => a - b);
  const expected = best.components.map(({ rate }) => 1 / (rate as number)).sort((a, b) => a - b);
  for (const [index, mean] of expected.entries()) expect(means[index]! / mean).toBeCloseTo(1, 3);
  await close();
});

describe('galaxies', () => {
  const velocities = column('galaxies.csv', 0);

  test('another start, chosen, typed or dragged, lets another optimum win', async () => {
    const { page, complaints, close } = await site.open('see/galaxies');
    await expectText(page, testId('destination'), 'This start climbs to −209.7335');
    const best = fit(velocities, { family: gaussian(), components: 3 });
    const handle = page.getByRole('slider', { name: 'start of clump 3: mean' });
    const box = (await handle.boundingBox())!;
    const plot = (await page.locator('svg[data-plot="data"]').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(plot.x + 0.9 * plot.width, box.y + box.height / 2, { steps: 6 });
    await expect.poll(() => page.locator('.curve-ghost').count()).toBe(1);
    await page.mouse.up();
    await expectText(page, testId('destination'), `This start climbs to ${printed(best.logLikelihood, 4)}, the best so far`);
    expect(await page.locator(`${testId('optima')} li`).count()).toBe(2);
    expect(await textOf(page, `${testId('optima')} li:first-child`)).toContain('best');
    await page.getByRole('button', { name: 'To the end' }).click();
    await expectNumber(page, testId('log-likelihood'), best.logLikelihood, 3);
    expect(complaints).toEqual([]);
    await close();
  });

  test('the keyboard moves a start, and the link carries it', async () => {
    const { page, close } = await site.open('see/galaxies');
    const handle = page.getByRole('slider', { name: 'start of clump 2: mean' });
    await handle.focus();
    const before = Number(await handle.getAttribute('aria-valuenow'));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => handle.getAttribute('aria-valuenow')).toBe(String(before + 0.5));
    await page.keyboard.press('End');
    await expect.poll(() => handle.getAttribute('aria-valuenow')).toBe('37');
    await page.getByRole('button', { name: 'Step forward' }).click();
    await expect.poll(() => page.url()).toContain('step=1');
    const link = page.url();
    const likelihood = await textOf(page, testId('log-likelihood'));
    const again = await site.open(link.slice(link.indexOf('#/') + 2));
    expect(await textOf(again.page, testId('log-likelihood'))).toBe(likelihood);
    expect(await again.page.getByRole('slider', { name: 'start of clump 2: mean' }).getAttribute('aria-valuenow')).toBe('37');
    await again.close();
    await close();
  });

  test('a finger moves a start without scrolling the page', async () => {
    const { page, context, close } = await site.open('see/galaxies', { viewport: phone, hasTouch: true, isMobile: true });
    const handle = page.getByRole('slider', { name: 'start of clump 3: mean' });
    await handle.scrollIntoViewIfNeeded();
    const before = Number(await handle.getAttribute('aria-valuenow'));
    const box = (await handle.boundingBox())!;
    expect(box.width).toBeGreaterThanOrEqual(44);
    const scrolled = await page.evaluate(() => scrollY);
    const session = await context.newCDPSession(page);
    const at = (x: number, y: number): { touchPoints: { x: number; y: number }[] } => ({ touchPoints: [{ x, y }] });
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', ...at(x, y) });
    for (const step of [10, 20, 40]) await session.send('Input.dispatchTouchEvent', { type: 'touchMove', ...at(x + step, y + 2) });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(async () => Number(await handle.getAttribute('aria-valuenow'))).toBeGreaterThan(before + 1);
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);
    await close();
  });

  test('a start can be typed, and twenty random ones tried', async () => {
    const { page, close } = await site.open('see/galaxies');
    await page.getByText('Type the start').click();
    const input = page.getByLabel('mean of clump 1');
    await input.fill('33');
    await input.press('Enter');
    await expect.poll(() => page.getByRole('slider', { name: 'start of clump 1: mean' }).getAttribute('aria-valuenow')).toBe('33');
    await input.fill('nonsense');
    await input.blur();
    expect(await input.inputValue()).toBe('33');
    await page.getByRole('button', { name: 'Try 20 random starts' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Try 20 random starts' }).isEnabled(), { timeout: 20_000 }).toBe(true);
    const best = fit(velocities, { family: gaussian(), components: 3 });
    expect(await textOf(page, `${testId('optima')} li:first-child`)).toContain(printed(best.logLikelihood, 4));
    await close();
  });

  test('the bound touches the log-likelihood after an E-step and lies below it after an M-step', async () => {
    const { page, close } = await site.open('see/galaxies?step=5');
    const start = {
      weights: [1 / 3, 1 / 3, 1 / 3],
      components: [0, 1, 2].map((index) => ({ mean: 8 + ((index + 0.5) / 3) * 16, variance: 4 })),
    };
    const points = pointsOf(velocities, { family: gaussian(), components: 3, start });
    const model = (iteration: number): Model =>
      new Model(createMixture({ family: gaussian(), components: 3 }), points[iteration]!.parameters);
    const touch = Number(await page.locator('[data-touch]').getAttribute('data-touch'));
    expect(touch).toBeCloseTo(points[2]!.logLikelihood, 9);
    expect(model(2).bound(velocities).freeEnergy).toBeCloseTo(points[2]!.logLikelihood, 9);
    expect(model(3).bound(velocities, model(2).responsibilities(velocities)).freeEnergy).toBeLessThan(points[3]!.logLikelihood);
    expect(await page.locator('svg[data-plot="climb"]').getAttribute('aria-label')).toContain(printed(points[2]!.logLikelihood, 3));
    expect(await page.locator('svg[data-plot="climb"] .climb-gap').count()).toBe(3);
    await close();
  });

  test('a component that collapses is told, not hidden', async () => {
    const { page, close } = await site.open('see/galaxies?components=4');
    await page.getByRole('button', { name: 'On the right' }).click();
    await expectText(page, testId('destination'), 'collapses');
    await page.getByRole('button', { name: 'To the end' }).click();
    await expectText(page, testId('phase'), /collapsed/);
    await close();
  });
});

test('the plane: points take the colours of their responsibilities and centres follow the library', async () => {
  const { page, complaints, close } = await site.open('see/old-faithful');
  expect(await page.locator('svg[data-plot="data"] .points .unknown').count()).toBe(272);
  await page.getByRole('button', { name: 'Step forward' }).click();
  await expect.poll(() => page.locator('svg[data-plot="data"] .points .unknown').count()).toBe(0);
  const data = { eruptions: column('old-faithful.csv', 0), waiting: column('old-faithful.csv', 1) };
  const best = fit(data, { family: multivariateGaussian({ dimension: 2 }), components: 2 });
  await page.getByRole('button', { name: 'To the end' }).click();
  await expectNumber(page, testId('log-likelihood'), best.logLikelihood, 4);
  const rows = (await parameterRows(page)).map((row) => row.slice(2, 4).map(Number)).sort((a, b) => a[0]! - b[0]!);
  const means = best.components.map(({ mean }) => mean as readonly number[]).sort((a, b) => a[0]! - b[0]!);
  means.forEach((mean, index) => {
    expect(rows[index]![0]).toBeCloseTo(mean[0]!, 2);
    expect(rows[index]![1]).toBeCloseTo(mean[1]!, 1);
  });
  const handle = page.getByRole('slider', { name: /start of cloud 1/ });
  const box = (await handle.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2 + 80, { steps: 4 });
  await page.mouse.up();
  await expectText(page, '.transport-name', 'start');
  await handle.focus();
  const text = await handle.getAttribute('aria-valuetext');
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => handle.getAttribute('aria-valuetext')).not.toBe(text);
  expect(complaints).toEqual([]);
  await close();
});
