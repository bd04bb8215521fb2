import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../src/run.ts';

test('docs/errors.md lists the error codes, all of them and no others', () => {
  const source = readFileSync(join(root, 'packages/core/src/errors.ts'), 'utf8');
  const union = /export type ErrorCode =([^;]*);/.exec(source)![1]!;
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code);
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(listed.sort()).toEqual(codes.sort());
});

test('docs/starts-and-stopping.md lists the diagnoses, all of them and no others', () => {
  const source = readFileSync(join(root, 'packages/core/src/driver/diagnosis.ts'), 'utf8');
  const union = /export type Diagnosis =([\s\S]*?);\n\n/.exec(source)![1]!;
  const kinds = [...union.matchAll(/kind: '([\w-]+)'/g)].map(([, kind]) => kind);
  const page = readFileSync(join(root, 'docs/starts-and-stopping.md'), 'utf8');
  const section = page.slice(page.indexOf('## How a fit ends'), page.indexOf('## When a component collapses'));
  const listed = [...section.matchAll(/^\| `([a-z-]+)` \| (?!what happened)/gm)].map(([, kind]) => kind);
  expect(listed.filter((kind) => kind !== 'kind').sort()).toEqual(kinds.sort());
});
