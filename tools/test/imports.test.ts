import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkImports } from '../src/imports.ts';
import { root } from '../src/run.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emkit-imports-'));
  const entry = { '.': './src/index.ts' };
  write('package.json', JSON.stringify({ devDependencies: { vitest: '5.1.0' } }));
  write('packages/core/package.json', JSON.stringify({ name: '@emkit/core', exports: entry }));
  write(
    'packages/families/package.json',
    JSON.stringify({
      name: '@emkit/families',
      exports: entry,
      dependencies: { '@emkit/core': '*' },
    }),
  );
  write('packages/reference/package.json', JSON.stringify({ name: '@emkit/reference', exports: entry }));
  write(
    'packages/conformance/package.json',
    JSON.stringify({
      name: '@emkit/conformance',
      exports: { ...entry, './vitest': './src/vitest.ts' },
    }),
  );
  write('apps/cli/package.json', JSON.stringify({ name: 'emkit', dependencies: { '@emkit/core': '*' } }));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function check(path: string, text: string): string[] {
  write(path, text);
  return checkImports(folder).map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

const forbidden: readonly (readonly [path: string, text: string, message: string])[] = [
  ['packages/core/src/a.ts', "import { gaussian } from '@emkit/families';", "packages/core may not import '@emkit/families'"],
  ['packages/core/src/a.ts', "import type { Family } from '@emkit/families';", "packages/core may not import '@emkit/families'"],
  ['packages/core/src/a.ts', "export * from 'decimal.js';", "packages/core may not import 'decimal.js'"],
  ['packages/core/src/a.ts', "import { readFileSync } from 'node:fs';", "packages/core may not import 'node:fs'"],
  ['packages/core/src/a.ts', "import { readFileSync } from 'fs';", "packages/core may not import 'fs'"],
  ['packages/core/src/a.ts', "const os = await import('node:os');\nexport { os };", "packages/core may not import 'node:os'"],
  ['packages/core/src/a.ts', "export const fs = require('fs');", "packages/core may not import 'fs'"],
  ['packages/core/src/a.ts', "export type T = import('@emkit/families').T;", "packages/core may not import '@emkit/families'"],
  ['packages/core/src/a.ts', "export { a } from '../../families/src/a.ts';", 'leaves the package'],
  ['packages/core/src/a.ts', "export { a } from '../test/a.ts';", 'leaves src'],
  ['packages/core/src/a.ts', "export const u = new URL('../../families/src/a.ts', import.meta.url);", 'leaves the package'],
  ['packages/core/src/a.ts', 'export const a = (name: string) => import(name);', 'not a literal'],
  ['packages/core/src/a.ts', "export const w = () => import('node:worker_threads');", "may import 'node:worker_threads'"],
  [
    'packages/core/src/backend/workers.ts',
    "import { Worker } from 'node:worker_threads';\nexport { Worker };",
    'only by a dynamic import()',
  ],
  ['packages/families/src/a.ts', "import { x } from '@emkit/reference';", "packages/families may not import '@emkit/reference'"],
  ['packages/families/src/a.ts', "import { x } from '@emkit/core/src/sum.ts';", 'not a public entry point of @emkit/core'],
  ['packages/families/src/a.ts', "import { x } from 'node:fs';", "packages/families may not import 'node:fs'"],
  ['packages/reference/src/a.ts', "import { logSumExp } from '@emkit/core';", 'only types of'],
  ['packages/reference/src/a.ts', "import { type Family } from '@emkit/core';", 'only types of'],
  ['packages/reference/src/a.ts', "export { logSumExp } from '@emkit/core';", 'only types of'],
  ['packages/reference/src/a.ts', "export const core = () => import('@emkit/core');", 'only types of'],
  ['packages/reference/src/a.ts', "import type { x } from '@emkit/families';", "packages/reference may not import '@emkit/families'"],
  ['packages/conformance/src/a.ts', "import { reference } from '@emkit/reference';", 'only types of'],
  ['packages/conformance/src/a.ts', "import { gaussian } from '@emkit/families';", "packages/conformance may not import '@emkit/families'"],
  ['packages/conformance/src/a.ts', "import { test } from 'vitest';", "may import 'vitest'"],
  ['packages/conformance/src/a.ts', "import { readFileSync } from 'node:fs';", "may import 'node:fs'"],
  ['apps/cli/src/a.ts', "import { x } from '@emkit/core/dist/sum.js';", 'not a public entry point'],
  ['apps/cli/src/a.ts', "import { x } from '../../../packages/core/src/sum.ts';", 'leaves the package'],
  ['apps/cli/src/a.ts', "import { x } from '@emkit/families';", 'not declared in apps/cli/package.json'],
  ['packages/core/test/a.test.ts', "import { x } from '../../families/src/a.ts';", 'leaves the package'],
  ['packages/core/test/a.test.ts', "import { x } from '@emkit/families';", 'not declared in packages/core/package.json'],
];

const allowed: readonly (readonly [path: string, text: string])[] = [
  ['packages/core/src/a.ts', "import { b } from './numerics/b.ts';\nexport { b };"],
  ['packages/core/src/backend/workers.ts', "export const w = () => import('node:worker_threads');"],
  ['packages/core/src/backend/workers/node.ts', "import type { Worker } from 'node:worker_threads';\nexport type W = Worker;"],
  ['packages/core/src/a.ts', "// import { gaussian } from '@emkit/families';\nexport const text = \"import 'fs'\";"],
  ['packages/families/src/a.ts', "import { logSumExp } from '@emkit/core';\nexport { logSumExp };"],
  ['packages/reference/src/a.ts', "import { Decimal } from 'decimal.js';\nimport type { Family } from '@emkit/core';"],
  [
    'packages/conformance/src/a.ts',
    "import fc from 'fast-check';\nimport { fit } from '@emkit/core';\nimport type { R } from '@emkit/reference';",
  ],
  ['packages/conformance/src/vitest.ts', "import { test } from 'vitest';"],
  ['packages/conformance/src/cli.ts', "import { readFileSync } from 'node:fs';"],
  ['apps/cli/src/a.ts', "import { readFileSync } from 'node:fs';\nimport { fit } from '@emkit/core';"],
  [
    'packages/core/test/a.test.ts',
    "import { test } from 'vitest';\nimport { readFileSync } from 'node:fs';\nimport { a } from '../src/a.ts';",
  ],
];

describe('the import check refuses', () => {
  test.each(forbidden)('%s: %s', (path, text, message) => {
    const violations = check(path, text);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatch(new RegExp(`^${path}:\\d+: `));
    expect(violations[0]).toContain(message);
  });
});

describe('the import check allows', () => {
  test.each(allowed)('%s: %s', (path, text) => {
    expect(check(path, text)).toEqual([]);
  });
});

test('the import check names the line', () => {
  expect(check('packages/core/src/a.ts', "export const a = 1;\n\nimport 'node:fs';")[0]).toMatch(/a\.ts:3: /);
});

test('this workspace follows its rules', () => {
  expect(checkImports(root)).toEqual([]);
});
