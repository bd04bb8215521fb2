import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshPage, PAGE } from './docs.ts';

test('docs/conformance.md is what its laws and mutants make of it; pnpm --filter @emkit/conformance conformance:docs writes it', {
  timeout: 120_000,
}, () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(freshPage(page)).toBe(page);
  expect(page).not.toContain('SURVIVED');
});
