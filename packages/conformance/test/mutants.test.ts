import { checkLaw, LAWS } from '@emkit/conformance';
import { families } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { mutants } from './mutants/index.ts';
import { RUNS, SEED } from './mutants/matrix.ts';
import { referenceFor } from './reference-for.ts';

describe('mutants', () => {
  test('every law has at least two', () => {
    for (const { name } of LAWS) expect(mutants.filter(({ law }) => law === name).length, name).toBeGreaterThanOrEqual(2);
  });

  test('their names are distinct', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  for (const { name, defect, law, family, engine } of mutants) {
    test(`${law} kills ${name}: ${defect}`, () => {
      const result = checkLaw(family, law, { seed: SEED, runs: RUNS, reference: referenceFor(family), ...(engine && { engine }) });
      expect(result.status, result.message).toBe('failed');
      expect(result.message).toContain('counterexample: ');
      expect(result.message).toContain(`seed: ${SEED}, path: `);
      expect(result.counterexample).toBeDefined();
      expect(result.path).toBeDefined();
    });
  }

  test('each wraps a family that conforms', () => {
    const ids = families.map(({ id }) => id);
    for (const { family } of mutants) expect(ids).toContain(family.id);
  });
});
