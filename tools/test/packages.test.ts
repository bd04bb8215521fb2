import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import type { Browser, Page } from 'playwright-core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureProgram, PROGRAMS } from '../src/bench/size.ts';
import { type FolderServer, openBrowser, serveFolder } from '../src/browser.ts';
import { readPage } from '../src/docs/markdown.ts';
import { PUBLISHED, type PublishedName, packAll } from '../src/pack.ts';
import { root } from '../src/run.ts';
import { execute, nodeEngines, ScratchProject } from '../src/scratch-project.ts';

/** What a packed package may weigh, in bytes. */
const LARGEST_TARBALL = 600_000;

const names = Object.keys(PUBLISHED) as PublishedName[];
const libraries = names.filter((name) => name !== 'emkit');
const engines = await nodeEngines();
const project = new ScratchProject();
let tarballs: Readonly<Record<PublishedName, string>>;

/** Says the same on every engine: fits in one thread and in two, a model read back, a draw. */
const PROGRAM = `
const values = Float64Array.from({ length: 3000 }, (_, row) => Math.sqrt(row) + (row % 3) * 40);
const options = { family: gaussian(), components: 3 };
const result = fit(values, options);
const threaded = await fitAsync(values, { ...options, threads: 2 });
const answer = {
  fit: result,
  same: JSON.stringify(threaded) === JSON.stringify(result),
  again: readModel(JSON.parse(JSON.stringify(result)), families).logDensity([50])[0],
  drawn: Array.from(result.model.sample(3, 1).columns[0]),
  rates: fit([0.1, 0.3, 9, 0.2, 14, 11, 0.4], { family: exponential(), components: 2 }).components,
};
`;
const IMPORTS = `
import { fit, fitAsync, readModel } from '@emkit/core';
import { exponential, families, gaussian } from '@emkit/families';
`;
let expected = '';

beforeAll(async () => {
  tarballs = await packAll();
  await project.install(Object.values(tarballs));
  project.write('program.js', `${IMPORTS}${PROGRAM}\nconsole.log(JSON.stringify(answer));\n`);
  expected = await project.run(process.execPath, 'program.js');
}, 120_000);

afterAll(() => project.remove());

describe.each(names)('the packed %s', (name) => {
  const installed = (path: string): string => join(project.folder, 'node_modules', name, path);

  test('runs nothing when it is installed, and promises what it holds', () => {
    const manifest = JSON.parse(readFileSync(installed('package.json'), 'utf8')) as {
      scripts?: Record<string, string>;
      dependencies?: Record<string, string>;
      exports: unknown;
      license: string;
      engines: { node: string };
    };
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) expect(manifest.scripts?.[script]).toBeUndefined();
    expect(JSON.stringify(manifest)).not.toContain('workspace:');
    expect(JSON.stringify(manifest.exports)).not.toContain('emkit-source');
    expect(manifest).toMatchObject({ license: 'MIT', engines: { node: '>=20' } });
    if (name === '@emkit/core') expect(manifest.dependencies ?? {}).toEqual({});
    if (name === '@emkit/families' || name === '@emkit/files') expect(Object.keys(manifest.dependencies ?? {})).toEqual(['@emkit/core']);
    expect(readFileSync(installed('LICENSE'), 'utf8')).toContain('MIT');
    expect(readFileSync(installed('README.md'), 'utf8')).toContain(name);
  });

  test('is not large', () => {
    expect(readFileSync(tarballs[name]).length).toBeLessThan(LARGEST_TARBALL);
  });

  test('has no problem that publint knows', async () => {
    const tarball = readFileSync(tarballs[name]);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });
});

test.each(libraries)('the types of %s resolve as its code does', { timeout: 60_000 }, async (name) => {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarballs[name]))));
  if (result.types === false) throw new Error('there are no types');
  const problems = result.problems.filter(
    // A resolution from before `exports` cannot see the packages, and entry points for tools and workers are ES modules alone.
    (problem) =>
      !(problem.kind === 'NoResolution' && problem.resolutionKind === 'node10') &&
      !(problem.kind === 'CJSResolvesToESM' && ['./vitest', './worker'].includes(problem.entrypoint)),
  );
  expect(problems).toEqual([]);
});

describe('the installed packages work', () => {
  test.each(engines)('in Node $version, as ES modules', async ({ path }) => {
    expect(JSON.parse(expected)).toMatchObject({ same: true, fit: { diagnosis: { kind: 'converged' } } });
    expect(await project.run(path, 'program.js')).toBe(expected);
  });

  test.each(engines)('in Node $version, by require', async ({ path }) => {
    const body = IMPORTS.replace(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = require($2);');
    project.write('program.cjs', `${body}\n(async () => {${PROGRAM}\nconsole.log(JSON.stringify(answer));\n})();\n`);
    expect(await project.run(path, 'program.cjs')).toBe(expected);
  });

  test.each(engines)('in Node $version, with the reference and the conformance checks', async ({ path }) => {
    project.write(
      'checks.js',
      `import { checkFamily } from '@emkit/conformance';
       import { exponential } from '@emkit/families';
       import { createReference, referenceFamily } from '@emkit/reference';
       const reference = createReference({ precision: 20 });
       const report = checkFamily(exponential, { seed: 1, runs: 5, reference: referenceFamily(reference, 'exponential') });
       console.log(report.passed, String(reference.round(reference.pi)));`,
    );
    expect(await project.run(path, 'checks.js')).toBe('true 3.1415926535897932385\n');
  });

  const compilers = [
    { compiler: 'TypeScript 7', command: join(root, 'node_modules/typescript/bin/tsc') },
    { compiler: 'TypeScript 6', command: join(root, 'tools/node_modules/typescript-6/bin/tsc') },
  ];
  const resolutions = [
    { resolution: 'bundler', module: 'esnext', type: 'module', lib: ['es2022', 'dom'], types: [] },
    { resolution: 'node16', module: 'node16', type: 'module', lib: ['es2022', 'dom'], types: [] },
    { resolution: 'nodenext', module: 'nodenext', type: 'module', lib: ['es2022'], types: ['node'] },
    { resolution: 'node16', module: 'node16', type: 'commonjs', lib: ['es2022', 'dom'], types: [] },
    { resolution: 'nodenext', module: 'nodenext', type: 'commonjs', lib: ['es2022'], types: ['node'] },
  ];
  test.each(compilers.flatMap((compiler) => resolutions.map((resolution) => ({ ...compiler, ...resolution }))))(
    'with $compiler and the module resolution $resolution, as $type',
    { timeout: 60_000 },
    async ({ compiler, command, resolution, module, type, lib, types }) => {
      const folder = `types-${compiler.at(-1)}-${resolution}-${type}`;
      project.write(`${folder}/package.json`, JSON.stringify({ type }));
      project.write(
        `${folder}/program.ts`,
        `import { type Diagnosis, defineFamily, EmkitError, type Family, fit, Fit, readModel, type Selection } from '@emkit/core';
         import { log } from '@emkit/core/numerics';
         import { showNumber, type TextStyle } from '@emkit/core/text';
         import { gaussian, type GaussianParameters } from '@emkit/families';
         import { readTable, type Table } from '@emkit/files';
         import { checkFamily, type ConformanceReport } from '@emkit/conformance';
         import { createReference, type Reference } from '@emkit/reference';
         const result = fit([1, 2, 3, 7, 8, 9], { family: gaussian({ covariance: 'tied' }), components: 2 });
         const mean: number = result.components[0].mean;
         const again: number = readModel(JSON.parse(JSON.stringify(result)), [gaussian]).components[0]!.mean;
         const diagnosis: Diagnosis = result.diagnosis;
         const family: Family<GaussianParameters> = gaussian();
         const reference: Reference = createReference();
         const check: (family: typeof gaussian) => ConformanceReport = checkFamily;
         // @ts-expect-error an option the family does not have
         const wrong = () => gaussian({ covariance: 'none' });
         // @ts-expect-error a definition is not an instance
         const notCalled = () => fit([1, 2, 3], { family: gaussian, components: 1 });
         console.log(result instanceof Fit, mean === again, showNumber(log(1)), String(reference.pi).slice(0, 6));
         export { check, defineFamily, diagnosis, EmkitError, family, notCalled, readTable, type Selection, type Table, type TextStyle, wrong };`,
      );
      project.write(
        `${folder}/tsconfig.json`,
        JSON.stringify({
          compilerOptions: {
            target: 'es2022',
            lib,
            module,
            moduleResolution: resolution,
            types: ['node', ...types],
            typeRoots: [join(root, 'node_modules/@types')],
            strict: true,
            exactOptionalPropertyTypes: true,
            rootDir: '.',
            outDir: 'out',
            skipLibCheck: false,
          },
          include: ['*.ts'],
        }),
      );
      const { code, output } = await execute(process.execPath, [command, '-p', folder], project.folder);
      expect(`${code}\n${output}`).toBe('0\n');
      for (const { path } of engines) expect(await project.run(path, `${folder}/out/program.js`)).toBe('true true 0 3.1415\n');
    },
  );
});

describe('in Chromium, the installed packages give the same bits', () => {
  let browser: Browser;
  const servers: FolderServer[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    project.write('site/index.html', '<!doctype html><title>x</title><script type="module" src="./main.js"></script>');
    project.write('site/main.js', `${IMPORTS}${PROGRAM}\nglobalThis.answer = JSON.stringify(answer);\n`);
    project.write('site/worker.html', '<!doctype html><title>x</title><script type="module" src="./worker-main.js"></script>');
    project.write(
      'site/worker-main.js',
      `const worker = new Worker(new URL('./own-worker.js', import.meta.url), { type: 'module' });
       worker.addEventListener('message', ({ data }) => { globalThis.answer = data; });`,
    );
    project.write('site/own-worker.js', `${IMPORTS}${PROGRAM}\npostMessage(JSON.stringify(answer));\n`);
    await viteBuild({
      root: join(project.folder, 'site'),
      configFile: false,
      logLevel: 'error',
      base: './',
      worker: { format: 'es' },
      build: {
        outDir: '../built',
        target: 'es2022',
        rolldownOptions: { input: ['index.html', 'worker.html'].map((name) => join(project.folder, 'site', name)) },
      },
    });
  }, 60_000);

  afterAll(async () => {
    for (const server of servers) server.close();
    await browser?.close();
  });

  const open = async (folder: string, path: string): Promise<{ page: Page; errors: string[] }> => {
    const server = await serveFolder(join(project.folder, folder));
    servers.push(server);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) errors.push(message.text());
    });
    await page.goto(server.address + path);
    return { page, errors };
  };
  const answerOf = async (page: Page): Promise<string> => {
    await page.waitForFunction('globalThis.answer !== undefined', undefined, { timeout: 30_000 });
    return `${await page.evaluate('globalThis.answer')}\n`;
  };

  test('in a page that Vite built, with workers that Vite found', { timeout: 60_000 }, async () => {
    const { page, errors } = await open('built', 'index.html');
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    await page.reload();
    expect(await answerOf(page)).toBe(expected);
    // On a slow machine those of the first load may be seen as well.
    expect(workers.length).toBeGreaterThanOrEqual(2);
    expect(errors).toEqual([]);
  });

  test('in a web worker of the page', { timeout: 60_000 }, async () => {
    const { page, errors } = await open('built', 'worker.html');
    expect(await answerOf(page)).toBe(expected);
    expect(errors).toEqual([]);
  });

  test('in a bare page with an import map, the one of docs/browser.md', { timeout: 60_000 }, async () => {
    const { fences } = readPage(readFileSync(join(root, 'docs/browser.md'), 'utf8'));
    project.write('bare.html', fences.find(({ language }) => language === 'html')!.text);
    const { page, errors } = await open('.', 'bare.html');
    await page.waitForFunction('document.querySelector("output").textContent !== ""', undefined, { timeout: 30_000 });
    project.write(
      'bare.js',
      `import { fit } from '@emkit/core';
       import { gaussian } from '@emkit/families';
       console.log(JSON.stringify(fit([1.1, 0.9, 1.3, 4.8, 5.2, 5.1], { family: gaussian(), components: 2 })));`,
    );
    expect(`${await page.textContent('output')}\n`).toBe(await project.run(process.execPath, 'bare.js'));
    expect(errors).toEqual([]);
  });
});

describe('minified and compressed, within its budget:', () => {
  test.each(PROGRAMS)('$name', { timeout: 60_000 }, async ({ code, budget }) => {
    const { gzip } = await measureProgram(code, project.folder);
    expect(gzip).toBeGreaterThan(5000);
    expect(gzip).toBeLessThanOrEqual(budget);
  });
});

describe('the installed command', () => {
  const data = join(root, 'apps/cli/data/three-coins.csv');
  const emkit = (...parameters: readonly string[]) => execute('npx', ['--no-install', 'emkit', ...parameters], project.folder);

  test('helps, and says its version', async () => {
    const manifest = JSON.parse(readFileSync(join(project.folder, 'node_modules/emkit/package.json'), 'utf8')) as { version: string };
    expect((await emkit('--help')).output).toContain('emkit fit --help');
    expect((await emkit('--version')).output.trim()).toBe(manifest.version);
  });

  test('fits: exit code 0 and JSON', async () => {
    const { code, output } = await emkit('fit', data, '--family', 'binomial', '--option', 'trials=10', '--components', '1', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ model: { family: 'binomial', components: [{ probability: 0.415 }] }, rows: 20 });
  });

  test('ends with 1 for bad data and with 2 for a bad command line', async () => {
    project.write('bad.csv', 'x\n1\ntwo\n');
    expect((await emkit('fit', 'bad.csv', '--family', 'gaussian', '--components', '1')).code).toBe(1);
    expect((await emkit('fit', '--no-such-option')).code).toBe(2);
  });
});
