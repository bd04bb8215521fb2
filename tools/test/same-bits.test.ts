import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, serveFolder } from '../src/browser.ts';
import { root } from '../src/run.ts';
import { type Digest, digests } from '../src/same-bits/digest.ts';
import { nodeEngines, ScratchProject } from '../src/scratch-project.ts';

const engines = await nodeEngines();
const project = new ScratchProject();
type Answer = Readonly<Record<'simd' | 'plain', Readonly<Record<string, Digest>>>>;
let here: Answer;

beforeAll(async () => {
  here = { simd: digests('simd'), plain: digests('plain') };
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['emkit-source'] },
    build: {
      outDir: project.folder,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: join(root, 'tools/src/same-bits/page.ts'), formats: ['es'], fileName: 'same-bits' },
    },
  });
  project.write('index.html', '<!doctype html><title>bits</title><script type="module" src="./same-bits.js"></script>');
}, 60_000);

afterAll(() => project.remove());

const bitsOf = (answer: Readonly<Record<string, Digest>>): Record<string, string> =>
  Object.fromEntries(Object.entries(answer).map(([name, { digest }]) => [name, digest]));

function expectHere(answer: Answer): void {
  expect(Object.values(answer.simd).every(({ kind }) => kind === 'simd')).toBe(true);
  expect(Object.values(answer.plain).every(({ kind }) => kind === 'plain')).toBe(true);
  expect(bitsOf(answer.simd)).toEqual(bitsOf(here.simd));
  expect(bitsOf(answer.plain)).toEqual(bitsOf(here.simd));
}

test('the plain kernels give the bits of the compiled ones', () => expectHere(here));

test.each(engines)('Node $version gives the same bits', { timeout: 60_000 }, async ({ path }) => {
  expectHere(JSON.parse(await project.run(path, 'same-bits.js')) as Answer);
});

test('Chromium gives the same bits, and so it does where a policy forbids WebAssembly', { timeout: 60_000 }, async () => {
  const browser = await openBrowser();
  const server = await serveFolder(project.folder);
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.waitForFunction(() => 'sameBits' in globalThis);
    expectHere(JSON.parse(await page.evaluate(() => (globalThis as unknown as { sameBits: string }).sameBits)) as Answer);

    project.write(
      'strict.html',
      `<!doctype html><meta http-equiv="Content-Security-Policy" content="script-src 'self'"><script type="module" src="./same-bits.js"></script>`,
    );
    await page.goto(`${server.address}strict`);
    await page.waitForFunction(() => 'sameBits' in globalThis);
    const strict = JSON.parse(await page.evaluate(() => (globalThis as unknown as { sameBits: string }).sameBits)) as Answer;
    expect(Object.values(strict.simd).every(({ kind }) => kind === 'plain')).toBe(true);
    expect(bitsOf(strict.simd)).toEqual(bitsOf(here.simd));
  } finally {
    server.close();
    await browser.close();
  }
});
