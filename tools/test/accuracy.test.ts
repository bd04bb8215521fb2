import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { plotReport } from '../src/accuracy/plot.ts';
import { type AccuracyReport, excesses, formatReport, makeReport } from '../src/accuracy/report.ts';
import { root } from '../src/run.ts';

const written = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

/** Cells of a line of a table; the line itself for any other. */
function cellsOf(line: string): readonly string[] {
  return line.startsWith('|') ? line.split('|').map((cell) => cell.trim()) : [line];
}

/** Whether a committed figure still says what is measured: the last bit of a sum may change without a new page. */
function agrees(committed: string, measured: string): boolean {
  if (committed === measured) return true;
  const [before, now] = [Number(committed), Number(measured)];
  return committed !== '' && measured !== '' && Math.abs(before - now) <= 1 + 0.25 * Math.max(before, now);
}

describe('accuracy', () => {
  let report: AccuracyReport;
  beforeAll(async () => {
    report = await makeReport();
  }, 600_000);

  test('no function exceeds its budget of ulps, and no fit lacks digits', () => {
    expect(excesses(report)).toEqual([]);
  });

  test('every family has its functions measured', () => {
    for (const { points } of report.elementary) expect(points.length).toBeGreaterThan(20);
    for (const { points } of report.measurements) expect(points.length).toBeGreaterThan(20);
  });

  test('docs/accuracy.md says what is measured (`pnpm accuracy` writes it)', () => {
    const committed = written('accuracy.md').split('\n');
    const measured = formatReport(report).split('\n');
    expect(committed.length).toBe(measured.length);
    measured.forEach((line, index) => {
      const now = cellsOf(line);
      const before = cellsOf(committed[index]!);
      // In the tables of functions the last cell is where the largest error is, which may move.
      const checked = now.length === 9 ? 7 : now.length === 8 && Number(now[2]) > 100 ? 6 : now.length;
      const stale = before.length !== now.length || now.slice(0, checked).some((cell, place) => !agrees(before[place]!, cell));
      expect(stale, `line ${index + 1} is\n${committed[index]}\nand should be\n${line}`).toBe(false);
    });
  });

  test('docs/accuracy.svg shows the same functions', () => {
    const labels = (svg: string): string => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((found) => found[1]).join('\n');
    expect(labels(written('accuracy.svg'))).toBe(labels(plotReport(report)));
  });
});
