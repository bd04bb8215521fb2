import { EmkitError } from '@emkit/core';
import { expect, test } from 'vitest';
import { outcomeOf } from '../src/fuzz/readers/common.ts';
import { tryReaders } from '../src/fuzz/readers.ts';

test('readers of random and broken files keep their laws', async () => {
  const findings: string[] = [];
  for (let number = 0; number < 3000; number += 1) {
    const wrong = await tryReaders(1, number);
    if (wrong !== undefined) findings.push(`--seed 1 --case ${number}: ${wrong}`);
  }
  expect(findings).toEqual([]);
});

test('an error that is no EmkitError, or one of emkit itself, is a finding', async () => {
  const thrown = (error: unknown) =>
    outcomeOf(() => {
      throw error;
    });
  await expect(thrown(new TypeError('x is undefined'))).rejects.toThrow(TypeError);
  await expect(thrown(new EmkitError('INTERNAL', 'No start was tried.'))).rejects.toThrow('No start was tried.');
  await expect(thrown(new EmkitError('DATA_EMPTY', 'x'.repeat(3000)))).rejects.toThrow('a message of 3000 characters');
  expect(await thrown(new EmkitError('DATA_EMPTY', 'There are no rows.'))).toEqual({ error: 'DATA_EMPTY: There are no rows.' });
});
