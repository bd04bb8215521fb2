import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFigures } from '../src/mutation/figures.ts';
import { formatReport, reviewOf } from '../src/mutation/report.ts';
import { REVIEWED } from '../src/mutation/survivors.ts';
import { allUnits } from '../src/mutation/units.ts';
import { root } from '../src/run.ts';

const linesOf = (path: string): readonly string[] => readFileSync(join(root, path), 'utf8').split('\n');

describe('mutation tests', () => {
  test('every survivor has a reason, and every reason a survivor', () => {
    expect(reviewOf(readFigures())).toEqual({ unexplained: [], stale: [] });
  });

  test.each(Object.entries(REVIEWED))(
    'the reasons for %s speak of lines that stand there (`pnpm mutation` finds what survives now)',
    (file, reasons) => {
      const lines = new Set(linesOf(file).map((line) => line.trim()));
      expect(reasons.map(({ source }) => source).filter((source) => !lines.has(source))).toEqual([]);
    },
  );

  test('docs/mutation.md says what was found (`pnpm mutation --page` writes it)', () => {
    expect(linesOf('docs/mutation.md').join('\n')).toBe(formatReport(readFigures()));
  });

  test('an M-step is all that a family does with statistics, and what that calls', () => {
    const gaussian = allUnits().find(({ file }) => file.endsWith('/gaussian.ts'))!;
    const lines = linesOf(gaussian.file);
    const begins = gaussian.ranges!.map(([first]) => /\w+/.exec(lines[first - 1]!.replace('function ', ''))![0]);
    expect(begins).toEqual([
      'accumulate',
      'maximize',
      'recentre',
      'maximizeShared',
      'meanOf',
      'meanSquare',
      'checkedVariance',
      'checkShared',
    ]);
    for (const [, last] of gaussian.ranges!) expect(lines[last - 1]).toMatch(/^(?: {4}\},|\})$/);
  });
});
