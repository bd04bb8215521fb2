import {
  type ConformanceReport,
  checkDefinition,
  checkFamily,
  checkLaw,
  describeShape,
  formatJson,
  formatJunit,
  formatTable,
  LAWS,
  missingFor,
  regressionsOf,
} from '@emkit/conformance';
import { EmkitError, type Family } from '@emkit/core';
import { binomial, exponential, gaussian } from '@emkit/families';
import { describe, expect, test } from 'vitest';

const right: Family = exponential();
const broken: Family = {
  ...right,
  maximize: (statistics, count, about, held) => (held.size > 0 ? about : { rate: 2 * right.maximize(statistics, count, about, held).rate }),
};

/** A family with no capability at all. */
const bare: Family = Object.fromEntries(
  ['id', 'options', 'columns', 'parameters', 'statisticsLength', 'logDensity', 'accumulate', 'maximize'].map((name) => [
    name,
    right[name as keyof Family],
  ]),
) as unknown as Family;

const refusal = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof EmkitError ? error.code : String(error);
  }
};

describe('checkFamily', () => {
  test('gives one result a law, in order, for an instance and for a definition', () => {
    for (const family of [right, exponential]) {
      const report = checkFamily(family, { runs: 5 });
      expect(report.results.map(({ law }) => law)).toEqual(LAWS.map(({ name }) => name));
      expect(report).toMatchObject({ family: 'exponential', seed: 1, runs: 5, passed: true });
    }
  });

  test('without capabilities, laws are skipped by name, and the rest holds', () => {
    const { results, passed } = checkFamily(bare, { runs: 10 });
    expect(passed).toBe(true);
    expect(Object.fromEntries(results.filter(({ status }) => status === 'skipped').map(({ law, message }) => [law, message]))).toEqual({
      'log-density': 'skipped: the family has no reference, no sample',
      'exponential-family': expect.stringContaining('exponentialForm'),
      'cdf-quantile-sampler': expect.stringContaining('sample'),
      recovery: 'skipped: the family has no sample',
    });
    expect(missingFor(bare, 'recovery')).toEqual(['sample']);
    expect(missingFor(right, 'recovery')).toEqual([]);
  });

  test('the same seed finds the same counterexample; seed and path lead to it directly', () => {
    const first = checkLaw(broken, 'm-step', { seed: 9, runs: 30 });
    expect(first.status).toBe('failed');
    expect(checkLaw(broken, 'm-step', { seed: 9, runs: 30 }).counterexample).toEqual(first.counterexample);
    const regression = {
      family: broken.id,
      options: broken.options,
      law: 'm-step',
      part: first.part!,
      seed: first.seed,
      path: first.path!,
    };
    const again = checkLaw(broken, 'm-step', { seed: 1234, runs: 30, regressions: [regression] });
    expect(again).toMatchObject({ status: 'failed', cases: 1, seed: 9, path: first.path, counterexample: first.counterexample });
    expect(checkLaw(right, 'm-step', { runs: 10, regressions: [regression] }).status).toBe('passed');
    expect(checkLaw(right, 'm-step', { runs: 10, regressions: [{ ...regression, path: '99999:7:7' }] }).status).toBe('passed');
  });

  test('counterexamples are shrunk', () => {
    const { counterexample } = checkLaw(broken, 'm-step', { seed: 2, runs: 30 });
    const { data } = counterexample as { data: { rows: readonly (readonly number[])[] } };
    expect(data.rows.length).toBeLessThanOrEqual(2 * right.statisticsLength + 2);
    const whole = checkLaw(broken, 'm-step', { seed: 2, runs: 30, shrink: false }).counterexample as typeof counterexample & {
      data: typeof data;
    };
    expect(JSON.stringify(whole).length).toBeGreaterThan(JSON.stringify(counterexample).length);
  });

  test('expected failures are strict', () => {
    const reason = 'under repair';
    expect(checkLaw(broken, 'm-step', { runs: 20, expectFailures: { 'm-step': reason } })).toMatchObject({
      status: 'passed',
      expectedFailure: reason,
    });
    expect(checkLaw(right, 'm-step', { runs: 20, expectFailures: { 'm-step': reason } })).toMatchObject({
      status: 'failed',
      expectedFailure: reason,
    });
    expect(checkLaw(bare, 'recovery', { runs: 20, expectFailures: { recovery: reason } }).status).toBe('failed');
  });

  test('wrong calls are refused with a code', () => {
    expect(refusal(() => checkLaw(right, 'gravity'))).toBe('OPTION_INVALID');
    expect(refusal(() => checkFamily(right, { expectFailures: { gravity: 'x' } }))).toBe('OPTION_INVALID');
    expect(refusal(() => checkFamily(right, { runs: 0 }))).toBe('OPTION_INVALID');
    expect(refusal(() => checkFamily(right, { seed: 0.5 }))).toBe('OPTION_INVALID');
    expect(refusal(() => checkFamily({} as Family))).toBe('OPTION_INVALID');
    expect(refusal(() => checkFamily((() => 1) as unknown as Family))).toBe('OPTION_INVALID');
  });

  test('a family that throws anything at all is a result, not an exception', () => {
    const throwing: Family = {
      ...right,
      logDensity: () => {
        throw 'a string';
      },
    };
    const report = checkFamily(throwing, { runs: 5 });
    expect(report.passed).toBe(false);
    expect(report.results[0]!.message).toContain('a string');
  });

  test('a definition is checked variant by variant', () => {
    const reports = checkDefinition(binomial, { runs: 2, laws: ['responsibilities'] });
    expect(reports.map(({ options }) => options)).toEqual(binomial.variants.map((variant) => binomial(variant).options));
  });
});

describe('describeShape', () => {
  test.each([
    [null, 'null'],
    [5, 'number'],
    [{ ...right, id: 'Exponential' }, 'kebab-case'],
    [{ ...right, logDensity: 1 }, 'logDensity is not a function'],
    [{ ...right, cdf: 1 }, 'cdf is there and not a function'],
    [{ ...right, columns: [] }, 'no list of columns'],
    [{ ...right, columns: [{ name: 'x', support: { kind: 'circle' } }] }, 'no support of a known kind'],
    [{ ...right, columns: [{ ...right.columns[0], given: true }] }, 'no density'],
    [{ ...right, parameters: {} }, 'no parameters'],
    [{ ...right, parameters: { rate: 'positive' } }, 'no domain of a known kind'],
    [{ ...right, statisticsLength: 0 }, 'statisticsLength is 0'],
    [() => right, 'without an id'],
  ])('says what is wrong with %o', (value, message) => {
    expect(describeShape(value)).toContain(message);
  });

  test('finds nothing wrong with families and definitions', () => {
    for (const value of [right, bare, exponential, gaussian]) expect(describeShape(value)).toBeUndefined();
  });
});

describe('reports', () => {
  const report: ConformanceReport = checkFamily(broken, { runs: 10, laws: ['m-step', 'log-density', 'codec-and-json'] });

  test('a table with the failure spelled out', () => {
    const text = formatTable(report);
    expect(text).toMatch(/m-step +FAILED/);
    expect(text).toMatch(/codec-and-json +passed/);
    expect(text).toContain('counterexample: ');
    expect(text).toContain('does not conform: 1 passed, 1 failed, 1 skipped');
  });

  test('JSON, with counterexamples as text', () => {
    const parsed = JSON.parse(formatJson([report]));
    expect(parsed).toMatchObject({ version: 1, passed: false });
    const failed = parsed.reports[0].results.find(({ status }: { status: string }) => status === 'failed');
    expect(failed.counterexampleText).toContain('rows');
  });

  test('JUnit, escaped', () => {
    const xml = formatJunit([{ ...report, results: report.results.map((result) => ({ ...result, message: 'a < b & "c" \u0001' })) }]);
    expect(xml).toContain('tests="3" failures="1" skipped="1"');
    expect(xml).toContain('a &lt; b &amp; &quot;c&quot; ?');
  });

  test('regressions to keep', () => {
    expect(regressionsOf([report])).toEqual([expect.objectContaining({ family: 'exponential', law: 'm-step', seed: 1 })]);
  });
});
