import type { Family, FamilyDefinition } from '@emkit/core';
import { describe, test } from 'vitest';
import { type CheckOptions, checkLaw, missingFor } from './check-family.ts';
import { checkLatentLaw, type LatentCheckOptions, missingForLatent, variantsOf } from './check-latent.ts';
import { LATENT_LAWS, LAWS } from './checks/index.ts';
import type { CheckedLatent } from './labels/subject.ts';
import { type LawResult, type RunOptions, readExpectation } from './run-law.ts';

/** How laws become tests. */
export interface TestingOptions {
  /** What becomes of a law whose capabilities are missing: a skipped test that says so (default), or no test. */
  readonly inapplicable?: 'skip' | 'omit';
  /** Milliseconds for one law. Default 120,000. */
  readonly timeout?: number;
}

/** How the laws of families become tests. */
export interface TestOptions extends CheckOptions, TestingOptions {}

/** How the laws of latent structures become tests. */
export interface LatentTestOptions extends LatentCheckOptions, TestingOptions {}

/**
 * Registers one named test for each law.
 *
 * @example describe('laplace', () => testFamily(laplace()));
 */
export function testFamily(family: Family | FamilyDefinition, options: TestOptions = {}): void {
  testLaws(
    LAWS.map(({ name }) => name),
    options,
    (law) => missingFor(family, law, options),
    (law, expected) => checkLaw(family, law, { ...options, ...expected }),
  );
}

/**
 * The same inside a `describe` block with the family's id and options as its name.
 *
 * @example describeFamily(laplace());
 */
export function describeFamily(family: Family | FamilyDefinition, options: TestOptions = {}): void {
  const settings = typeof family === 'function' ? family.variants[0] : family.options;
  describe(titleOf(family.id, settings), () => testFamily(family, options));
}

/**
 * Registers one named test for each law of latent structures.
 *
 * @example describe('sticky', () => testLatent(stickyChain));
 */
export function testLatent(definition: CheckedLatent, options: LatentTestOptions = {}): void {
  testLaws(
    LATENT_LAWS.map(({ name }) => name),
    options,
    (law) => missingForLatent(definition, law, options),
    (law, expected) => checkLatentLaw(definition, law, { ...options, ...expected }),
  );
}

/**
 * The same inside a `describe` block for each variant.
 *
 * @example describeLatent(stickyChain);
 */
export function describeLatent(definition: CheckedLatent, options: LatentTestOptions = {}): void {
  for (const variant of options.variant === undefined ? variantsOf(definition) : [options.variant])
    describe(titleOf(definition.id, variant), () => testLatent(definition, { ...options, variant }));
}

function titleOf(id: string, settings: object | undefined): string {
  return settings === undefined || Object.keys(settings).length === 0 ? id : `${id} ${JSON.stringify(settings)}`;
}

function testLaws(
  names: readonly string[],
  { inapplicable = 'skip', timeout = 120_000, laws, expectFailures = {} }: TestingOptions & RunOptions,
  missingFrom: (law: string) => readonly string[],
  check: (law: string, expected: Pick<RunOptions, 'expectFailures'>) => LawResult,
): void {
  for (const name of names) {
    if (laws !== undefined && !laws.includes(name)) continue;
    const missing = missingFrom(name);
    const expected = Object.fromEntries(Object.entries(expectFailures).filter(([key]) => readExpectation(key).law === name));
    if (missing.length > 0 && Object.keys(expected).length === 0) {
      if (inapplicable === 'skip') test.skip(`${name} (no ${missing.join(', no ')})`);
      continue;
    }
    test(name, { timeout }, () => {
      const result = check(name, { expectFailures: expected });
      if (result.status === 'failed') throw new Error(result.message);
    });
  }
}
