import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { desk, expectText, phone, seen, testId, useSite, workspace } from './support.ts';

const site = useSite();
const updating = process.env['EMKIT_UPDATE_SCREENSHOTS'] !== undefined;
const pictures = updating ? join(workspace, 'docs/images') : mkdtempSync(join(tmpdir(), 'emkit-demo-pictures-'));
mkdirSync(pictures, { recursive: true });
afterAll(() => {
  if (!updating) rmSync(pictures, { recursive: true, force: true });
});

/** Views of the page, and what to wait for in each. The others are made of the same parts. */
const views = [
  ['see/three-coins?step=2', testId('table-6.4')],
  ['see/two-coins?step=1', testId('two-coins-table')],
  ['see/galaxies?step=9', 'svg[data-plot="data"] .bar-part'],
  ['see/old-faithful?step=7&components=3', 'svg[data-plot="data"] .ellipse'],
  ['fit', '.drop'],
  ['fit?data=old-faithful', testId('summary')],
] as const;

async function settled(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor({ state: 'attached' });
  await expect.poll(() => page.locator(testId('busy')).count()).toBe(0);
  if (selector === testId('summary'))
    await page
      .locator(`${testId('rows')} tbody tr`)
      .first()
      .waitFor();
  await page.waitForTimeout(50);
}

describe('nothing leaves the browser', () => {
  test('the policy is strict, in the page and in the header, and every request stays with the page', async () => {
    const html = readFileSync(join(site.output, 'index.html'), 'utf8');
    const stated = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', "'");
    expect(stated).toContain("default-src 'none'");
    expect(stated).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(stated).toContain("connect-src 'self'");
    expect(stated).not.toContain('unsafe-inline');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
    const answer = await fetch(site.address);
    expect(answer.headers.get('content-security-policy')).toContain(stated!);

    const { page, requests, complaints, close } = await site.open('see/three-coins');
    for (const [route, selector] of views) {
      await page.goto(`${site.address}#/${route}`);
      await settled(page, selector);
    }
    const origin = new URL(site.address).origin;
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((request) => !request.startsWith(`${origin}/`) && !request.startsWith(`blob:${origin}/`))).toEqual([]);
    expect(complaints).toEqual([]);

    const blocked = await page.evaluate(async () => {
      const refused: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
      await fetch('https://example.invalid/').catch(() => undefined);
      const image = new Image();
      image.src = 'https://example.invalid/x.png';
      await new Promise((resolve) => setTimeout(resolve, 200));
      return [...new Set(refused)];
    });
    expect(blocked).toEqual(['connect-src', 'img-src']);
    await close();
  });
});

describe('the first view', () => {
  test('is less than 175 kB, compressed, fonts and all', async () => {
    const { page, requests, close } = await site.open('see/three-coins');
    await page.waitForLoadState('networkidle');
    const files = [...new Set(requests.map((request) => new URL(request).pathname.slice(1) || 'index.html'))];
    const sizes = files.map((file) => [file, gzipSync(readFileSync(join(site.output, file)), { level: 9 }).length] as const);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(files.some((file) => file.endsWith('.js'))).toBe(true);
    expect(total, sizes.map(([file, size]) => `${file}: ${size}`).join('\n')).toBeLessThan(175_000);
    expect(files.filter((file) => /worker|fit-view|samples/.test(file))).toEqual([]);
    await close();
  });

  test('answers the keyboard as soon as it is there', async () => {
    const { page, close } = await site.open('see/three-coins');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    const reached = new Set<string>();
    for (let press = 0; press < 40; press += 1) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''),
      );
    }
    for (const name of ['start of coin 1: bias', 'Step forward', 'Play', 'Step', 'Far apart', 'Try 20 random starts'])
      expect([...reached]).toContain(name);
    await page.getByRole('button', { name: 'Step forward' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    await expectText(page, `${testId('phase')} h2`, 'M-step 1');
    await close();
  });
});

describe('nothing shifts, everything fits', () => {
  for (const [name, viewport] of [
    ['desk', desk],
    ['phone', phone],
  ] as const) {
    test(`at the width of a ${name}`, async () => {
      for (const [route, selector] of views) {
        const { page, complaints, close } = await site.open(route, { viewport });
        await settled(page, selector);
        expect((await seen(page)).shifts, route).toEqual([]);
        const [content, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
        expect(content, route).toBeLessThanOrEqual(room);
        if (route.startsWith('see')) {
          for (const button of ['To the end', 'Step back', 'To the start', 'Step forward'])
            await page.getByRole('button', { name: button }).click();
          expect((await seen(page)).shifts, route).toEqual([]);
        }
        expect(complaints, route).toEqual([]);
        await close();
      }
    });
  }
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('accessible', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [desk, phone]) {
      test(`in ${colorScheme} at ${viewport.width} pixels`, async () => {
        const { page, close } = await site.open('see/three-coins', { colorScheme, viewport, reducedMotion: 'reduce' });
        await page.evaluate(axe);
        for (const [route, selector] of views) {
          await page.evaluate((hash) => {
            location.hash = hash;
          }, `#/${route}`);
          await settled(page, selector);
          await page.locator('summary').evaluateAll((all) => {
            for (const summary of all) (summary as HTMLElement).click();
          });
          const violations = await page.evaluate(async () => {
            const { axe: engine } = globalThis as unknown as {
              axe: { run(context: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
            };
            const { violations: found } = await engine.run(document, { resultTypes: ['violations'] });
            return found.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 160)}`);
          });
          expect(violations, route).toEqual([]);
        }
        await close();
      });
    }
  }

  test('the theme follows the system and can be chosen, and the choice stays', async () => {
    const { page, context, close } = await site.open('see/three-coins', { colorScheme: 'dark' });
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await paper();
    await page.getByRole('button', { name: 'Use the light theme' }).click();
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Use the dark theme' }).waitFor();
    expect(await paper()).toBe(light);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
    expect(context.pages()).toHaveLength(1);
    await close();
  });

  test('motion is left out for those who ask for none', async () => {
    const { page, close } = await site.open('see/three-coins?step=1', { reducedMotion: 'reduce' });
    const animation = (): Promise<string> =>
      page
        .locator('.figures.filled tbody tr')
        .first()
        .evaluate((row) => getComputedStyle(row).animationName);
    expect(await animation()).toBe('none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await animation()).toBe('fill');
    await close();
  });
});

describe('pictures for the documentation', () => {
  const shots = [
    ['three-coins', 'see/three-coins?step=2', testId('table-6.4'), 'light'],
    ['galaxies', 'see/galaxies?step=12', 'svg[data-plot="data"] .bar-part', 'light'],
    ['old-faithful', 'see/old-faithful?step=50', 'svg[data-plot="data"] .ellipse', 'dark'],
    ['fit', 'fit?data=old-faithful', testId('summary'), 'light'],
  ] as const;
  for (const [width, viewport] of [
    ['desk', desk],
    ['phone', phone],
  ] as const) {
    test(`at the width of a ${width}`, async () => {
      const { page, close } = await site.open('fit', { viewport, reducedMotion: 'reduce', deviceScaleFactor: width === 'phone' ? 2 : 1 });
      await page.evaluate(() => document.fonts.ready);
      for (const [name, route, selector, colorScheme] of shots) {
        await page.emulateMedia({ colorScheme });
        await page.goto(`${site.address}#/${route}`);
        await settled(page, selector);
        await page.evaluate(() => scrollTo(0, 0));
        const path = join(pictures, `demo-${name}-${width}.png`);
        await page.screenshot({ path });
        expect(statSync(path).size, path).toBeGreaterThan(20_000);
        expect(readFileSync(path).readUInt32BE(16), path).toBe(viewport.width * (width === 'phone' ? 2 : 1));
      }
      await close();
      expect(
        readdirSync(join(workspace, 'docs/images'))
          .filter((file) => file.startsWith('demo-') && file.endsWith(`-${width}.png`))
          .sort(),
      ).toEqual(shots.map(([name]) => `demo-${name}-${width}.png`).sort());
    });
  }
});
