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
  type LawResult,
  missingFor,
  regressionsOf,
  replayFamily,
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
    });
    expect(results.find(({ law }) => law === 'recovery')!.skippedParts.map(({ part }) => part)).toEqual([
      'one component',
      'two components',
    ]);
    expect(missingFor(bare, 'exponential-family')).toContain('scores');
    expect(missingFor(right, 'recovery')).toEqual([]);
  });

  test('the same seed finds the same counterexample; seed and path lead to it directly', () => {
    const first = checkLaw(broken, 'm-step', { seed: 9, runs: 30 });
    expect(first.status).toBe('failed');
    expect(checkLaw(broken, 'm-step', { seed: 9, runs: 30 }).counterexample).toEqual(first.counterexample);
    const [replay, ...others] = replayFamily(broken, 'm-step', { seed: 9, path: first.path!, part: first.part! });
    expect(others).toEqual([]);
    expect(replay).toMatchObject({ part: first.part, value: first.counterexample });
    expect(first.message).toContain(replay!.text);
    expect(first.message).toContain(replay!.outcome);
    expect(replayFamily(right, 'm-step', { seed: 9, path: first.path!, part: first.part! })[0]!.outcome).toBe('it holds');
  });

  test('a case that failed is kept as it is, and tried first, by every other seed', () => {
    const first = checkFamily(broken, { seed: 9, runs: 30, laws: ['m-step'] });
    const regressions = JSON.parse(JSON.stringify(regressionsOf([first])));
    const [{ failures }] = first.results as [LawResult];
    expect(failures.length).toBeGreaterThan(2);
    expect(regressions.map(({ part }: { part: string }) => part)).toEqual(failures.map(({ part }) => part));
    const again = checkLaw(broken, 'm-step', { seed: 1234, runs: 30, regressions });
    // One case for each part that failed, and the whole of those that passed.
    expect(again).toMatchObject({
      status: 'failed',
      seed: 9,
      path: first.results[0]!.path,
      counterexample: first.results[0]!.counterexample,
    });
    expect(again.failures.map(({ message }) => message)).toEqual(failures.map(({ message }) => message));
    expect(checkLaw(right, 'm-step', { runs: 10, regressions }).status).toBe('passed');
    const odd = regressions.map((each: object) => ({ ...each, value: { rows: 'of another shape' } }));
    expect(checkLaw(right, 'm-step', { runs: 10, regressions: odd }).status).toBe('passed');
  });

  test('expected failures may name the family and the part, and then excuse nothing else', () => {
    const [part, other] = checkLaw(broken, 'm-step', { runs: 20 }).failures.map((failure) => failure.part) as [string, string];
    const check = (expectFailures: Readonly<Record<string, string>>): LawResult => checkLaw(broken, 'm-step', { runs: 20, expectFailures });
    expect(check({ 'exponential:m-step': 'under repair' }).status).toBe('passed');
    expect(check({ 'gamma:m-step': 'under repair' }).status).toBe('failed');
    const one = check({ [`m-step/${part}`]: 'under repair' });
    expect(one).toMatchObject({ status: 'failed', part: other });
    expect(one.failures.map((failure) => failure.part)).not.toContain(part);
    expect(check({ 'm-step/responsibilities in another unit': 'it scales' })).toMatchObject({
      status: 'failed',
      expectedFailure: 'it scales',
    });
  });

  test('a part stops when the time budget of its law is used, and says so', () => {
    const result = checkLaw(gaussian(), 'm-step', { runs: 100_000, budget: 300 });
    expect(result).toMatchObject({ status: 'passed' });
    expect(result.cutShort).toContain('no neighbour is better');
    expect(result.cases).toBeGreaterThan(10);
  });

  test('what cannot be proved is said, and fails a strict check', () => {
    const loose = checkFamily(bare, { runs: 5 });
    expect(loose.results.flatMap(({ notProved }) => notProved)).toEqual([
      'the digits of the log-density (no reference)',
      'that a fit finds the truth again (no sample)',
    ]);
    expect(formatTable(loose)).toContain('NOT PROVED: that a fit finds the truth again (no sample)');
    const strict = checkFamily(bare, { runs: 5, strict: true });
    expect(strict.results.filter(({ status }) => status === 'failed').map(({ law }) => law)).toEqual(['log-density', 'recovery']);
  });

  test('an error of another copy of core is named as such', () => {
    class Other extends Error {
      override readonly name = 'EmkitError';
      readonly code = 'COMPONENT_DEGENERATE';
    }
    const copied: Family = {
      ...right,
      maximize: () => {
        throw new Other('no estimate');
      },
    };
    expect(checkLaw(copied, 'm-step', { runs: 5 }).message).toContain('threw COMPONENT_DEGENERATE of another copy of @emkit/core');
  });

  test('messages spare the reader what says nothing', () => {
    const infinite: Family = {
      ...right,
      accumulate: ({ size, columns }, responsibilities, _about, statistics) => {
        for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * Math.log(Math.min(0, columns[0]![row]!));
      },
    };
    const { message } = checkLaw(infinite, 'statistics', { runs: 20 });
    expect(message).not.toContain('is -Infinity and not -Infinity');
    expect(checkLaw(broken, 'm-step', { runs: 20 }).message).not.toContain('__proto__');
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
    expect(checkLaw(bare, 'log-density', { runs: 20, expectFailures: { 'log-density': reason } }).status).toBe('failed');
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
    [Promise.resolve(right), 'it is a promise'],
    [5, 'number'],
    [{ ...right, id: 'Exponential' }, 'kebab-case'],
    [{ ...right, logDensity: 1 }, 'logDensity is not a function'],
    [{ ...right, cdf: 1 }, 'cdf is there and not a function'],
    [{ ...right, columns: [] }, 'no list of columns'],
    [{ ...right, columns: [{ name: 'x', support: { kind: 'circle' } }] }, 'no support of a known kind'],
    [{ ...right, columns: [{ ...right.columns[0], given: true }] }, 'no density'],
    [{ ...right, parameters: null }, 'no record of parameters'],
    [{ ...right, parameters: { rate: 'positive' } }, 'no domain of a known kind'],
    [{ ...right, statisticsLength: -1 }, 'statisticsLength is -1'],
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
    const kept = regressionsOf([report]);
    expect(kept.length).toBeGreaterThan(0);
    for (const each of kept) expect(each).toMatchObject({ family: 'exponential', law: 'm-step', seed: 1, value: expect.anything() });
  });
});
