import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '@emkit/tools/browser';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { build, preview } from 'vite';
import { afterAll, beforeAll, expect, vi } from 'vitest';

vi.setConfig({ testTimeout: 90_000 });

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
export const workspace: string = join(folder, '../..');
export const cliData: string = join(workspace, 'apps/cli/data');

export const desk = { width: 1280, height: 900 } as const;
export const phone = { width: 390, height: 844 } as const;

export interface Site {
  /** Where the built page is. */
  readonly output: string;
  readonly address: string;
  /** A new page in a context of its own. Whatever it asks for, complains about or throws is kept. */
  open(route: string, options?: BrowserContextOptions): Promise<OpenPage>;
}

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly requests: readonly string[];
  /** Errors on the page and messages of level error, which every test wants to be none. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Builds the page, serves it on a free port and starts a browser: once for a test file. */
export function useSite(): Site {
  const state = {} as { output: string; address: string; browser: Browser | undefined; stop: () => Promise<void> };
  beforeAll(async () => {
    state.output = mkdtempSync(join(tmpdir(), 'emkit-demo-'));
    const shared = { root: folder, configFile: join(folder, 'vite.config.ts'), logLevel: 'error' as const };
    const environment = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    await build({ ...shared, build: { outDir: state.output, emptyOutDir: true } });
    if (environment === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = environment;
    const server = await preview({ ...shared, build: { outDir: state.output }, preview: { host: '127.0.0.1', port: 0 } });
    state.address = server.resolvedUrls!.local[0]!;
    state.stop = () => server.close();
    state.browser = await openBrowser();
  }, 90_000);
  afterAll(async () => {
    await state.browser?.close();
    await state.stop?.();
    if (state.output !== undefined) rmSync(state.output, { recursive: true, force: true });
  });
  return {
    get output() {
      return state.output;
    },
    get address() {
      return state.address;
    },
    async open(route, options = {}) {
      const context = await state.browser!.newContext({ viewport: desk, acceptDownloads: true, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      const requests: string[] = [];
      const complaints: string[] = [];
      context.on('request', (request) => requests.push(request.url()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.addInitScript(watchShifts);
      await page.goto(`${state.address}#/${route}`);
      await page.waitForSelector('h1');
      return { page, context, requests, complaints, close: () => context.close() };
    },
  };
}

/** Runs on the page before it: remembers the layout shifts that nobody asked for, and the longest task. */
function watchShifts(): void {
  const seen: Seen = { shifts: [], longestTask: 0 };
  (globalThis as unknown as { seen: Seen }).seen = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
      sources: { node?: Element }[];
    })[]) {
      if (!entry.hadRecentInput)
        seen.shifts.push(`${entry.value} of ${entry.sources.map(({ node }) => `${node?.nodeName}.${node?.className}`).join(', ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.longestTask = Math.max(seen.longestTask, entry.duration);
  }).observe({ type: 'longtask', buffered: true });
}

export interface Seen {
  readonly shifts: string[];
  longestTask: number;
}

export function seen(page: Page): Promise<Seen> {
  return page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
}

/** Text of an element, once it is there. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().textContent())?.trim() ?? '';
}

/** Waits until an element's text passes. */
export async function expectText(page: Page, selector: string, expected: string | RegExp, timeout: number = 20_000): Promise<void> {
  await expect.poll(() => textOf(page, selector), { timeout, interval: 50 }).toMatch(expected);
}

/** Waits until an element's text is a number within half a unit of the last of these decimals. */
export async function expectNumber(page: Page, selector: string, expected: number, decimals: number): Promise<void> {
  const read = async (): Promise<number> => Number((await textOf(page, selector)).replace('−', '-'));
  await expect.poll(read, { timeout: 20_000, interval: 50 }).toBeCloseTo(expected, decimals);
}

export function testId(id: string): string {
  return `[data-testid="${id}"]`;
}

/** As the page prints a number: a true minus sign, half rounded up. */
export function printed(value: number, decimals: number): string {
  return value < 0 ? `−${(-value).toFixed(decimals)}` : value.toFixed(decimals);
}
