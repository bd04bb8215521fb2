import {
  type CheckedLatent,
  checkLatent,
  checkLatentLaw,
  describeLatentShape,
  formatJunit,
  formatTable,
  LATENT_LAWS,
  LAWS,
  missingForLatent,
  regressionsOf,
  variantsOf,
} from '@emkit/conformance';
import { EmkitError, type Latent } from '@emkit/core';
import { describe, expect, test } from 'vitest';
import { type Sticky, sticky, stickyChain } from '../example/sticky.ts';

const broken: CheckedLatent = {
  ...stickyChain,
  create: (): Latent<Sticky> => ({ ...sticky(), maximize: ([stays, changes]) => ({ stay: (stays! + 1) / (stays! + changes! + 2) }) }),
};

/** No more than must be there: `id` and `create`. */
const bare: CheckedLatent = { id: 'sticky', create: sticky };

const refusal = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof EmkitError ? error.code : String(error);
  }
};

describe('checkLatent', () => {
  test('gives one result a law, in order, in the shape of a report of families', () => {
    const report = checkLatent(stickyChain, { runs: 5 });
    expect(report.results.map(({ law }) => law)).toEqual(LATENT_LAWS.map(({ name }) => name));
    expect(report).toMatchObject({
      kind: 'latent structure',
      family: 'sticky',
      options: { components: 2 },
      seed: 1,
      runs: 5,
      passed: true,
    });
    expect(formatTable(report)).toContain('conforms: 9 passed, 0 failed, 0 skipped');
    expect(formatJunit([report])).toContain('<testsuite name="sticky (components=2)" tests="9" failures="0" skipped="0"');
  });

  test('its laws have names of their own: one option of the command names laws of both kinds', () => {
    const names = [...LAWS, ...LATENT_LAWS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('where labels may not be exchanged, that part alone is left out', () => {
    const { results } = checkLatent(bare, { runs: 5, laws: ['label-posteriors'] });
    expect(results[0]).toMatchObject({ status: 'passed', skippedParts: [{ part: 'labels in another order', missing: ['permuted'] }] });
    expect(missingForLatent(bare, 'label-posteriors')).toEqual([]);
    expect(variantsOf(bare)).toEqual([{ components: 2 }, { components: 3 }]);
  });

  test('seed and path lead to the same counterexample, which is kept and tried first', () => {
    const first = checkLatentLaw(broken, 'label-m-step', { seed: 9, runs: 30 });
    expect(first.status).toBe('failed');
    const report = checkLatent(broken, { seed: 9, runs: 30, laws: ['label-m-step'] });
    const regressions = regressionsOf([report]);
    // A law goes on after a part that fails: each part that does is kept.
    const kept = { family: 'sticky', options: { components: 2 }, law: 'label-m-step', seed: 9 };
    expect(regressions).toMatchObject([kept, kept]);
    const again = checkLatentLaw(broken, 'label-m-step', { seed: 1234, runs: 30, regressions });
    expect(again).toMatchObject({ status: 'failed', seed: 9, counterexample: first.counterexample });
    expect(checkLatentLaw(stickyChain, 'label-m-step', { runs: 10, regressions }).status).toBe('passed');
  });

  test('expected failures are strict', () => {
    const expectFailures = { 'label-m-step': 'under repair' };
    expect(checkLatentLaw(broken, 'label-m-step', { runs: 20, expectFailures })).toMatchObject({ status: 'passed' });
    expect(checkLatentLaw(stickyChain, 'label-m-step', { runs: 20, expectFailures })).toMatchObject({ status: 'failed' });
  });

  test('wrong calls are refused with a code', () => {
    expect(refusal(() => checkLatentLaw(stickyChain, 'm-step'))).toBe('OPTION_INVALID');
    expect(refusal(() => checkLatent(stickyChain, { runs: 0 }))).toBe('OPTION_INVALID');
    expect(refusal(() => checkLatent(stickyChain, { variant: { components: 3 } }))).toBe('OPTION_INVALID');
    expect(refusal(() => checkLatent(sticky() as never))).toBe('OPTION_INVALID');
  });

  test('a structure that throws anything at all is a result, not an exception', () => {
    const throwing: CheckedLatent = {
      ...bare,
      create: () => ({
        ...sticky(),
        posterior: () => {
          throw 'a string';
        },
      }),
    };
    const { passed, results } = checkLatent(throwing, { runs: 5 });
    expect(passed).toBe(false);
    expect(results.find(({ law }) => law === 'label-posteriors')!.message).toContain('a string');
  });
});

describe('describeLatentShape', () => {
  test.each([
    [null, 'it is null'],
    [7, 'of type number'],
    [{ id: 'sticky' }, 'no function create'],
    [{ id: 'Sticky', create: sticky }, 'kebab-case'],
    [{ id: 'sticky', create: sticky, variants: [] }, 'no list'],
    [{ id: 'sticky', create: sticky, variants: [{ components: 0 }] }, 'no number of components'],
  ])('says what is wrong with %o', (value, message) => {
    expect(describeLatentShape(value)).toContain(message);
  });

  test.each<[string, object, string]>([
    ['components', { components: 3 }, 'it has 3 components and not 2'],
    ['length', { length: 0.5 }, 'its length is 0.5'],
    ['start', { start: undefined }, 'its start is no record'],
    ['a function', { gain: 1 }, 'its gain is not a function'],
    ['a function of the space', { space: { ...sticky().space, distance: undefined } }, 'its space.distance is not a function'],
    ['an optional function', { revive: 1 }, 'its revive is there and not a function'],
    ['coordinates', { space: { ...sticky().space, free: {} } }, 'the length of space.free is undefined'],
  ])('and checkLatent with %s of what it makes', (_, changes, message) => {
    expect(() => checkLatent({ ...bare, create: () => ({ ...sticky(), ...changes }) as Latent })).toThrow(message);
  });

  test('finds nothing wrong with definitions', () => {
    for (const value of [stickyChain, bare]) expect(describeLatentShape(value)).toBeUndefined();
  });
});
