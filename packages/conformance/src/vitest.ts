import type { Family, FamilyDefinition } from '@emkit/core';
import { describe, test } from 'vitest';
import { type CheckOptions, checkLaw, missingFor } from './check-family.ts';
import { LAWS } from './checks/index.ts';

/** How the laws become tests. */
export interface TestOptions extends CheckOptions {
  /** What becomes of a law whose capabilities are missing: a skipped test that says so (default), or no test. */
  readonly inapplicable?: 'skip' | 'omit';
  /** Milliseconds for one law. Default 120,000. */
  readonly timeout?: number;
}

/**
 * Registers one named test for each law.
 *
 * @example describe('laplace', () => testFamily(laplace()));
 */
export function testFamily(family: Family | FamilyDefinition, options: TestOptions = {}): void {
  const { inapplicable = 'skip', timeout = 120_000, ...check } = options;
  for (const { name } of LAWS) {
    if (check.laws !== undefined && !check.laws.includes(name)) continue;
    const missing = missingFor(family, name, check);
    const expected = check.expectFailures?.[name] !== undefined;
    if (missing.length > 0 && !expected) {
      if (inapplicable === 'skip') test.skip(`${name} (no ${missing.join(', no ')})`);
      continue;
    }
    test(name, { timeout }, () => {
      const { [name]: reason } = check.expectFailures ?? {};
      const result = checkLaw(family, name, { ...check, expectFailures: reason === undefined ? {} : { [name]: reason } });
      if (result.status === 'failed') throw new Error(result.message);
    });
  }
}

/**
 * The same inside a `describe` block with the family's id and options as its name.
 *
 * @example describeFamily(laplace());
 */
export function describeFamily(family: Family | FamilyDefinition, options: TestOptions = {}): void {
  const settings = typeof family === 'function' ? family.variants[0] : family.options;
  const text = settings === undefined || Object.keys(settings).length === 0 ? '' : ` ${JSON.stringify(settings)}`;
  describe(`${family.id}${text}`, () => testFamily(family, options));
}
