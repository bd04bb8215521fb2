import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { PAGES, withoutOthers } from './docs.ts';
import { claimedMatrix } from './mutants/matrix.ts';

test.each(PAGES.map(({ path, fresh }) => ({ name: basename(path), path, fresh })))(
  'docs/$name is what laws, mutants and example make of it; pnpm --filter @emkit/conformance conformance:docs writes it',
  ({ path, fresh }) => {
    const page = readFileSync(path, 'utf8');
    expect(withoutOthers(page)).toBe(withoutOthers(fresh(page, claimedMatrix)));
    expect(page).not.toContain('SURVIVED');
  },
);
