import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CORE } from '../src/imports/folders.ts';
import { root } from '../src/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'emkit-imports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines `severity rule: from → to`. */
function violations(rules: 'packages' | 'folders', workspace: string, ...sources: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync('depcruise', ['-c', join(root, `tools/src/imports/${rules}.ts`), '-T', 'json', ...sources], {
    cwd: workspace,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}` },
  });
  expect(stderr).toBe('');
  const { violations } = (JSON.parse(stdout) as { summary: { violations: { from: string; to: string; rule: Rule }[] } }).summary;
  return violations.map(({ from, to, rule }) => `${rule.severity} ${rule.name}: ${from} → ${to}`);
}

interface Rule {
  readonly severity: string;
  readonly name: string;
}

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

type Case = readonly [rule: string, path: string, ...lines: readonly string[]];

const FORBIDDEN: readonly Case[] = [
  ['what-core-imports', 'packages/core/src/model.ts', "import { gaussian } from '@emkit/families';"],
  ['what-core-imports', 'packages/core/src/numerics/type.ts', "import type { Family } from '@emkit/families';"],
  ['what-core-imports', 'packages/core/src/numerics/type-argument.ts', "export type T = import('@emkit/families').Family;"],
  ['what-core-imports', 'packages/core/src/numerics/export.ts', "export * from 'decimal.js';"],
  ['what-core-imports', 'packages/core/src/numerics/node.ts', "import { readFileSync } from 'node:fs';"],
  ['what-core-imports', 'packages/core/src/numerics/node-plain.ts', "import { readFileSync } from 'fs';"],
  ['what-core-imports', 'packages/core/src/numerics/dynamic.ts', "export const os = () => import('node:os');"],
  ['what-core-imports', 'packages/core/src/numerics/require.ts', "export const fs = require('fs');"],
  ['what-families-imports', 'packages/families/src/a.ts', "import { x } from '@emkit/reference';"],
  ['what-families-imports', 'packages/families/src/b.ts', "import { readFileSync } from 'node:fs';"],
  ['what-reference-imports', 'packages/reference/src/a.ts', "import type { Family } from '@emkit/core';"],
  ['what-conformance-imports', 'packages/conformance/src/a.ts', "import { gaussian } from '@emkit/families';"],
  ['what-conformance-imports', 'packages/conformance/src/b.ts', "import { Decimal } from 'decimal.js';"],
  ['what-other-packages-import', 'packages/sql/src/a.ts', "import { checkFamily } from '@emkit/conformance';"],
  ['conformance-imports-types-of-the-reference', 'packages/conformance/src/c.ts', "import { reference } from '@emkit/reference';"],
  ['conformance-imports-types-of-the-reference', 'packages/conformance/src/d.ts', "import { type R, r } from '@emkit/reference';"],
  ['conformance-imports-vitest-in-its-adapter', 'packages/conformance/src/e.ts', "import { test } from 'vitest';"],
  ['conformance-imports-node-in-its-command', 'packages/conformance/src/f.ts', "import { readFileSync } from 'node:fs';"],
  ['other-packages-are-imported-by-name', 'apps/cli/src/a.ts', "import { x } from '../../../packages/core/src/index.ts';"],
  ['other-packages-are-imported-by-name', 'packages/families/test/a.test.ts', "import { x } from '../../core/src/index.ts';"],
  ['what-is-published-imports-what-is-published', 'packages/families/src/c.ts', "export { a } from '../test/support.ts';"],
  ['packages-are-imported-by-public-entry-points', 'apps/cli/src/b.ts', "import { x } from '@emkit/core/src/numerics/sum.ts';"],
  ['packages-are-imported-by-public-entry-points', 'apps/cli/src/c.ts', "import { x } from '@emkit/core/numerics/sum.ts';"],
];

const ALLOWED: readonly Case[] = [
  ['', 'packages/core/src/random.ts', "import { sum } from './numerics/sum.ts';\nexport { sum };"],
  ['', 'packages/core/src/errors.ts', "// import { gaussian } from '@emkit/families';\nexport const text = \"import 'fs'\";"],
  ['', 'packages/families/src/d.ts', "import { x } from '@emkit/core';\nexport { x };"],
  ['', 'packages/reference/src/b.ts', "import { Decimal } from 'decimal.js';\nexport { Decimal };"],
  [
    '',
    'packages/conformance/src/g.ts',
    "import fc from 'fast-check';\nimport { x } from '@emkit/core';\nimport type { R } from '@emkit/reference';",
  ],
  ['', 'packages/conformance/src/vitest.ts', "import { test } from 'vitest';\nexport { test };"],
  ['', 'packages/conformance/src/cli/main.ts', "import { readFileSync } from 'node:fs';"],
  ['', 'packages/sql/src/b.ts', "import { x } from '@emkit/core';\nimport { y } from '@emkit/families';\nimport 'node:fs';"],
  ['', 'apps/cli/src/d.ts', "import { readFileSync } from 'node:fs';\nimport { x } from '@emkit/core';"],
  ['', 'packages/core/test/a.test.ts', "import { test } from 'vitest';\nimport 'node:fs';\nimport { x } from '../src/index.ts';"],
];

const CIRCLES: readonly Case[] = [
  ['core-imports-what-stands-before', 'packages/core/src/numerics/up.ts', "export { a } from '../driver/a.ts';"],
  ['core-imports-what-stands-before', 'packages/core/src/driver/up.ts', "export { a } from '../fit.ts';"],
  ['core-has-a-place-for-each-part', 'packages/core/src/driver/lost.ts', "export { a } from '../elsewhere/a.ts';"],
  ['folders-import-each-other', 'packages/reference/src/a/one.ts', "export { two } from '../b/two.ts';"],
  ['files-import-each-other', 'packages/reference/src/first.ts', "export { b } from './second.ts';\nexport const a = 1;"],
];

const NO_CIRCLES: readonly Case[] = [
  ['', 'packages/core/src/numerics/type-up.ts', "import type { A } from '../driver/a.ts';\nexport type B = A;"],
  ['', 'packages/families/src/a/one.ts', "import type { Two } from '../b/two.ts';\nexport type One = Two;"],
];

beforeAll(() => {
  for (const [name, ...entries] of [['core', './numerics'], ['families'], ['reference'], ['conformance'], ['sql']] as const) {
    const exports = Object.fromEntries(['.', ...entries].map((entry) => [entry, { 'emkit-source': `./src${entry.slice(1)}/index.ts` }]));
    write(`packages/${name}/package.json`, JSON.stringify({ name: `@emkit/${name}`, exports }));
    write(`packages/${name}/src/index.ts`, 'export const x = 1;');
    mkdirSync(join(folder, 'node_modules/@emkit'), { recursive: true });
    symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules/@emkit', name), 'junction');
  }
  for (const name of ['decimal.js', 'fast-check', 'vitest']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'export {};');
  }
  for (const path of ['core/src/numerics/sum', 'core/src/driver/a', 'core/src/fit', 'core/src/elsewhere/a', 'families/test/support'])
    write(`packages/${path}.ts`, 'export const a = 1;');
  write('packages/reference/src/b/two.ts', 'export const two = 2;');
  write('packages/reference/src/b/three.ts', "export { one } from '../a/four.ts';");
  write('packages/reference/src/a/four.ts', 'export const one = 1;');
  write('packages/reference/src/second.ts', "export { a } from './first.ts';\nexport const b = 1;");
  write('packages/families/src/b/two.ts', "export { one } from '../a/three.ts';");
  write('packages/families/src/a/three.ts', 'export const one = 1;');
  for (const [, path, ...lines] of [...FORBIDDEN, ...ALLOWED, ...CIRCLES, ...NO_CIRCLES]) write(path, lines.join('\n'));
});

describe.each([
  { rules: 'packages', forbidden: FORBIDDEN, allowed: ALLOWED },
  { rules: 'folders', forbidden: CIRCLES, allowed: NO_CIRCLES },
] as const)('the rules of $rules', ({ rules, forbidden, allowed }) => {
  let found: readonly string[];
  beforeAll(() => {
    found = violations(rules, folder, 'packages/*/{src,test}', 'apps/*/src');
  });
  const about = (path: string): readonly string[] =>
    found.filter((line) => line.includes(`: ${path} → `) || line.includes(`: ${dirname(path)} → `));

  test.each(forbidden)('%s: refuse %s', (rule, path) => {
    expect(about(path).map((line) => line.replace(/:.*/, ''))).toContain(`error ${rule}`);
  });

  test.each(allowed)('%sallow %s', (_, path) => {
    expect(about(path)).toEqual([]);
  });
});

describe('in the table of core', () => {
  test.each(CORE)('%s is there', (part) => {
    expect([part, `${part}.ts`].some((name) => existsSync(join(root, 'packages/core/src', name)))).toBe(true);
  });
});
