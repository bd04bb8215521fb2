import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { documentationPages } from '../src/docs/pages.ts';
import { checkTypes, clearScratch, type PreparedPage, preparePage, problemOf, readSnippets, runPage } from '../src/docs/snippets.ts';
import { root } from '../src/run.ts';

/** How many blocks may be left unrun. Each says why. */
const MOST_NOT_RUN = 12;

const pages = documentationPages();
const snippets = pages.flatMap((page) => readSnippets(page, readFileSync(join(root, page), 'utf8')));
const runnable = pages.filter((page) => snippets.some((snippet) => snippet.page === page && snippet.notRun === undefined));
const prepared = new Map<string, PreparedPage>();

beforeAll(() => {
  clearScratch();
  for (const page of runnable) prepared.set(page, preparePage(page));
});

test('the programs in the documentation have correct types', { timeout: 60_000 }, async () => {
  expect(await checkTypes()).toBe('');
});

describe('the blocks run and print what is said, on', () => {
  test.each(runnable)('%s', { timeout: 120_000 }, async (page) => {
    const results = await runPage(prepared.get(page)!);
    expect(results.flatMap((result) => problemOf(result) ?? []).join('\n\n')).toBe('');
  });
});

test('few blocks are not run', () => {
  expect(snippets.filter(({ notRun }) => notRun !== undefined).length).toBeLessThanOrEqual(MOST_NOT_RUN);
});

describe('the reader of blocks', () => {
  const read = (markdown: string) => readSnippets('page.md', markdown);

  test('joins a block and its output', () => {
    const [snippet] = read('```ts\nconsole.log(1);\n```\n\n```text output\n1\n```\n');
    expect(snippet).toMatchObject({ language: 'ts', text: 'console.log(1);', output: '1', line: 1 });
  });

  test('reads the marks', () => {
    expect(read('```sh exit=2\nfalse\n```')[0]).toMatchObject({ exit: 2 });
    expect(read('```csv file=a.csv\nx\n1\n```')[0]).toMatchObject({ file: 'a.csv' });
    expect(read('```sh no-run="takes minutes"\nnpm test\n```')[0]).toMatchObject({ notRun: 'takes minutes' });
  });

  test('refuses what it does not know', () => {
    expect(() => read('```python\n1\n```')).toThrow('page.md:1');
    expect(() => read('```ts skip\n1\n```')).toThrow('"skip"');
    expect(() => read('```text output\n1\n```')).toThrow('of no block');
  });
});
