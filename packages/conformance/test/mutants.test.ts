import { families as registered } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { families, latents } from './mutants/index.ts';
import { RUNS, SEED } from './mutants/matrix.ts';
import { heightAndWait, twoCounts } from './mutants/strangers.ts';

describe.each([
  ['families', families, [...registered.map(({ id }) => id), heightAndWait.id, twoCounts.id]],
  ['latent structures', latents, ['independent', 'sticky', 'hidden-markov']],
])('mutants of %s', (_, { trials, laws }, right) => {
  test('every law has at least two', () => {
    for (const { name } of laws) expect(trials.filter(({ law }) => law === name).length, name).toBeGreaterThanOrEqual(2);
  });

  test('their names are distinct', () => {
    expect(new Set(trials.map(({ name }) => name)).size).toBe(trials.length);
  });

  test('each wraps one that conforms', () => {
    for (const { of } of trials) expect(right).toContain(of);
  });

  test.each(trials)('$law kills $name: $defect', ({ law, check }) => {
    const result = check(law, { seed: SEED, runs: RUNS });
    expect(result.status, result.message).toBe('failed');
    expect(result.message).toContain('counterexample: ');
    expect(result.message).toContain(`seed: ${SEED}, path: `);
    expect(result.counterexample).toBeDefined();
    expect(result.path).toBeDefined();
  });
});
