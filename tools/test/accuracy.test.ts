import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { plotReport } from '../src/accuracy/plot.ts';
import {
  type AccuracyReport,
  excesses,
  excessesOf,
  figuresOf,
  formatReport,
  makeReport,
  measuredFamilies,
} from '../src/accuracy/report.ts';
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

/** The budgets and the exactness of every family on a part of the grid: `pnpm accuracy` goes over all of it, which the nightly run does. */
const PART_OF_GRID = { parameters: 18, rowsEach: 4, samples: 8 };

describe('accuracy', () => {
  let report: AccuracyReport;
  beforeAll(async () => {
    report = await makeReport();
  }, 600_000);

  test.each(measuredFamilies.map((definition) => [definition.id, definition] as const))(
    '%s keeps its budgets of ulps, and its fit has its digits',
    { timeout: 300_000 },
    (_, definition) => {
      const figures = figuresOf(definition, PART_OF_GRID, ['ordinary']);
      expect(excessesOf(figures)).toEqual([]);
      expect(figures.functions.length).toBeGreaterThan(0);
      // What is tied changes nothing but the M-step.
      const stored = report.functions.filter(({ family }) => family === definition.id);
      const key = ({ options, function: measured, budget }: (typeof stored)[number]): string => `${options} ${measured} ${budget}`;
      expect(stored.map(key), 'measure again with `pnpm accuracy --family`').toEqual(figures.functions.map(key));
    },
  );

  test('no figure that is stored exceeds its budget', () => {
    expect(excesses(report)).toEqual([]);
  });

  test('every function has its points', () => {
    for (const { points } of report.elementary) expect(points.length).toBeGreaterThan(20);
    for (const { points } of report.functions) expect(points).toBeGreaterThan(20);
  });

  test('docs/accuracy.md says what was measured (`pnpm accuracy` writes it)', () => {
    const committed = written('accuracy.md').split('\n');
    const measured = formatReport(report).split('\n');
    expect(committed.length).toBe(measured.length);
    measured.forEach((line, index) => {
      const now = cellsOf(line);
      const before = cellsOf(committed[index]!);
      const stale = before.length !== now.length || now.some((cell, place) => !agrees(before[place]!, cell));
      expect(stale, `line ${index + 1} is\n${committed[index]}\nand should be\n${line}`).toBe(false);
    });
  });

  test('docs/accuracy.svg shows the same functions', () => {
    const labels = (svg: string): string => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((found) => found[1]).join('\n');
    expect(labels(written('accuracy.svg'))).toBe(labels(plotReport(report)));
  });
});
