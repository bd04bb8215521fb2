import { encodeCase } from './case-json.ts';
import { show } from './law.ts';
import type { ConformanceReport, LawResult, Regression } from './run-law.ts';

const MARKS = { passed: 'passed', failed: 'FAILED', skipped: 'skipped' } as const;

function title({ family, options }: ConformanceReport): string {
  const text = Object.entries(options).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return text.length === 0 ? family : `${family} (${text.join(', ')})`;
}

/** A table that a person can read: one line a law, failures spelled out below. */
export function formatTable(report: ConformanceReport): string {
  const rows = report.results.map((result) => [
    result.law,
    result.expectedFailure !== undefined && result.status === 'passed' ? 'expected' : MARKS[result.status],
    summary(result),
    `${result.durationMs.toFixed(0)} ms`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    `  ${row[0]!.padEnd(widths[0]!)}  ${row[1]!.padEnd(widths[1]!)}  ${row[2]!.padEnd(widths[2]!)}  ${row[3]!.padStart(9)}`.trimEnd(),
  );
  const count = (status: LawResult['status']): number => report.results.filter((result) => result.status === status).length;
  const failures = report.results
    .filter(({ status }) => status === 'failed')
    .map((result) => `\n  ${result.law}\n${indent(result.message)}`);
  const unproved = report.results.flatMap(({ notProved }) => notProved).map((what) => `  NOT PROVED: ${what}`);
  return [
    `${title(report)}: seed ${report.seed}, ${report.runs} runs`,
    ...lines,
    ...unproved,
    ...failures,
    `${report.passed ? 'conforms' : 'does not conform'}: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
  ].join('\n');
}

function summary({ status, message, skippedParts, expectedFailure, cutShort }: LawResult): string {
  if (status === 'failed') return 'see below';
  if (expectedFailure !== undefined) return expectedFailure;
  const left =
    skippedParts.length === 0 || status === 'skipped'
      ? ''
      : `; not applicable: ${skippedParts.map(({ part, missing }) => `${part} (no ${missing.join(', no ')})`).join('; ')}`;
  const text = `${message.replace(/^skipped: /, '')}${left}${cutShort.length === 0 ? '' : `; out of time: ${cutShort.join('; ')}`}`;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

/** The reports as JSON text: results as they are, counterexamples also as text (JSON has no NaN and no infinity). */
export function formatJson(reports: readonly ConformanceReport[]): string {
  const results = (result: LawResult): object => ({
    ...result,
    ...(result.counterexample !== undefined && { counterexampleText: show(result.counterexample) }),
  });
  return `${JSON.stringify({ version: 1, passed: reports.every(({ passed }) => passed), reports: reports.map((report) => ({ ...report, results: report.results.map(results) })) }, null, 2)}\n`;
}

/** The reports in JUnit's XML, one suite a family and one case a law, which most continuous-integration hosts show. */
export function formatJunit(reports: readonly ConformanceReport[]): string {
  const suites = reports.map((report) => {
    const count = (status: LawResult['status']): number => report.results.filter((result) => result.status === status).length;
    const seconds = (ms: number): string => (ms / 1000).toFixed(3);
    const cases = report.results.map((result) => {
      const open = `    <testcase classname="${escapeXml(title(report))}" name="${escapeXml(result.law)}" time="${seconds(result.durationMs)}"`;
      if (result.status === 'skipped') return `${open}><skipped message="${escapeXml(result.message)}"/></testcase>`;
      if (result.status === 'failed')
        return `${open}><failure message="${escapeXml(result.message.split('\n')[0]!)}">${escapeXml(result.message)}</failure></testcase>`;
      return `${open}/>`;
    });
    const time = seconds(report.results.reduce((sum, { durationMs }) => sum + durationMs, 0));
    return [
      `  <testsuite name="${escapeXml(title(report))}" tests="${report.results.length}" failures="${count('failed')}" skipped="${count('skipped')}" errors="0" time="${time}">`,
      ...cases,
      '  </testsuite>',
    ].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>', ''].join('\n');
}

function escapeXml(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write these.
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?')
  );
}

/** The failures of reports as regressions to keep. */
export function regressionsOf(reports: readonly ConformanceReport[]): readonly Regression[] {
  return reports.flatMap(({ family, options, results }) =>
    results.flatMap(({ law, status, failures }) =>
      status !== 'failed'
        ? []
        : failures.flatMap(({ part, counterexample, seed, path }) =>
            counterexample === undefined ? [] : [{ family, options, law, part, value: encodeCase(counterexample), seed, path: path ?? '' }],
          ),
    ),
  );
}
