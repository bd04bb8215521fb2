import { describe, expect, test } from 'vitest';
import { brokenLinks } from '../src/docs/links.ts';
import { anchorOf, readPage } from '../src/docs/markdown.ts';
import { documentationPages } from '../src/docs/pages.ts';

describe('the documentation has no broken link in', () => {
  test.each(documentationPages())('%s', (path) => {
    expect(brokenLinks(path)).toEqual([]);
  });
});

test('links are found outside of code, and blocks with their line', () => {
  const page = readPage(
    '# A `b` (c)\n\n[x](y.md) `[no](no.md)` ![i](i.png)\n\n```ts output\nconst a = 1; // [z](z.md)\n```\n<img src="p.svg">\n',
  );
  expect(page.links).toEqual([
    { target: 'y.md', line: 3 },
    { target: 'i.png', line: 3 },
    { target: 'p.svg', line: 8 },
  ]);
  expect(page.fences).toEqual([{ language: 'ts', info: 'output', text: 'const a = 1; // [z](z.md)', line: 5 }]);
  expect([...page.anchors]).toEqual(['a-b-c']);
});

test('headings of the same words get numbers', () => {
  expect([...readPage('# Same\n## Same\n').anchors]).toEqual(['same', 'same-1']);
  expect(anchorOf('Held and [shared](x.md) parameters')).toBe('held-and-shared-parameters');
});
