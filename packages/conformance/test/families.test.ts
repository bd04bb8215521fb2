import { checkDefinition, LAWS, withDefinition } from '@emkit/conformance';
import { testFamily } from '@emkit/conformance/vitest';
import { families } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { referenceFor } from './reference-for.ts';

/**
 * Cases of a usual part, and the seed. By default both are fixed, so that a change is judged by the same cases every time; with
 * EMKIT_CONFORMANCE_RUNS=1000 and EMKIT_CONFORMANCE_SEED=random new cases are drawn, as the nightly run does.
 */
const runs = Number(process.env['EMKIT_CONFORMANCE_RUNS'] ?? 100);
const wanted = process.env['EMKIT_CONFORMANCE_SEED'] ?? '1';
const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted);

/** Laws that do not apply to a family, and why: by name, so that a capability that goes missing is seen. */
const INAPPLICABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  multinomial: { 'missing-cells': 'its columns sum to the trials: none can be missing alone' },
};

for (const definition of families) {
  for (const variant of definition.variants) {
    const family = withDefinition(definition(variant), definition);
    describe(`${family.id} ${JSON.stringify(family.options)}, seed ${seed}`, () => {
      testFamily(family, { reference: referenceFor(family), seed, runs, inapplicable: 'omit', timeout: 3000 * runs });
    });
  }
}

describe('the registration', () => {
  test('every family has a reference', () => {
    for (const definition of families) expect(referenceFor(definition(definition.variants[0])), definition.id).toBeDefined();
  });

  test('every law applies to every family, but for those named', { timeout: 60_000 }, () => {
    for (const definition of families) {
      const reports = checkDefinition(definition, {
        runs: 1,
        seed: 5,
        reference: (options) => referenceFor({ id: definition.id, options }),
      });
      for (const report of reports) {
        const skipped = report.results.filter(({ status }) => status === 'skipped').map(({ law }) => law);
        expect(skipped, `${report.family} ${JSON.stringify(report.options)}`).toEqual(Object.keys(INAPPLICABLE[report.family] ?? {}));
        expect(report.results).toHaveLength(LAWS.length);
      }
    }
  });
});
