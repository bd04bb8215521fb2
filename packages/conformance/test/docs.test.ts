import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshPage, PAGE, withoutOthers } from './docs.ts';
import { claimedMatrix } from './mutants/matrix.ts';

test('docs/conformance.md is what its laws and mutants make of it; pnpm --filter @emkit/conformance conformance:docs writes it', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withoutOthers(page)).toBe(withoutOthers(freshPage(page, claimedMatrix)));
  expect(page).not.toContain('SURVIVED');
});
