import { EmkitError, type LatentModel, type Process, runAsync, runSync, type SynchronousSource } from '@emkit/core';
import { describe, expect, test } from 'vitest';

const point = { weights: [1], components: [{}] };
const request = { model: {} as LatentModel, at: point, about: point };
const unasked = { summary: () => expect.fail('not asked for'), sample: () => expect.fail('not asked for') };

const refusing: SynchronousSource = {
  ...unasked,
  expect: () => {
    throw new EmkitError('PARAMETER_DOMAIN', 'No such point.');
  },
  // biome-ignore lint/correctness/useYield: it fails before its first slice.
  *expectInSlices() {
    throw new EmkitError('PARAMETER_DOMAIN', 'No such point.');
  },
};

/** Tries a point, and goes on without it when there is none. */
function* trying(): Process<string> {
  try {
    yield { kind: 'expect', request };
    return 'there is an expectation';
  } catch (error) {
    return `went on after ${(error as EmkitError).code}`;
  }
}

describe('an expectation that fails', () => {
  test('is told to the driver that asked for it, which may go on: synchronous', () => {
    expect(runSync(trying(), refusing)).toBe('went on after PARAMETER_DOMAIN');
  });

  test('asynchronous, in slices', async () => {
    expect(await runAsync(trying(), refusing)).toEqual({ kind: 'done', result: 'went on after PARAMETER_DOMAIN' });
  });

  test('asynchronous, as a promise', async () => {
    const backend = { ...unasked, expect: async () => refusing.expect(request) };
    expect(await runAsync(trying(), backend)).toEqual({ kind: 'done', result: 'went on after PARAMETER_DOMAIN' });
  });

  test('ends the run where the driver does not catch it', () => {
    function* strict(): Process<string> {
      yield { kind: 'expect', request };
      return 'never';
    }
    expect(() => runSync(strict(), refusing)).toThrow('No such point.');
  });
});
