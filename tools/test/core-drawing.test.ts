import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DRAWING, drawCore } from '../src/docs/core-drawing.ts';

test('the drawing of core is up to date with its imports (`pnpm docs:core` draws it)', async () => {
  expect(readFileSync(DRAWING, 'utf8')).toBe(await drawCore());
});
