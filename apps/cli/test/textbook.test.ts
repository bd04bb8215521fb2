import { textbookFigures } from '@emkit/reference';
import { expect, test } from 'vitest';
import { emkit } from './support.ts';

test("emkit textbook prints the book's numbers, the reference's and the engine's, and all agree", async () => {
  const { exitCode, stdout, stderr } = await emkit(['textbook']);
  await expect(stdout).toMatchFileSnapshot('golden/textbook.txt');
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  const rows = stdout
    .split('\n')
    .flatMap((line) => /^ +(?:(?:coin|component) \w+ )? *(-?\d\S*) +(\S+) +(\S+) +([✓✗].*)$/.exec(line)?.slice(1) ?? []);
  expect(rows).toEqual(textbookFigures.flatMap(({ printed }) => [printed, printed, printed, '✓']));
  expect(stdout).toContain(`${textbookFigures.length} of ${textbookFigures.length} figures agree to the last printed digit.`);
});
