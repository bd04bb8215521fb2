import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { familyPages } from '../src/docs/family-pages.ts';
import { root } from '../src/run.ts';

const pages = familyPages();

describe('the page about families is up to date with the definitions (`pnpm docs:families` writes it):', () => {
  test.each(pages)('$path', ({ path, text }) => {
    expect(existsSync(join(root, path)), `${path} is missing`).toBe(true);
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });
});

test('no page is about a family that is gone', () => {
  const files = readdirSync(join(root, 'docs/families')).map((name) => `docs/families/${name}`);
  expect(files.sort()).toEqual(pages.map(({ path }) => path).sort());
});
