import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FileFigures, readFigures } from '../src/mutation/figures.ts';
import { review } from '../src/mutation/reasons.ts';
import { formatReport } from '../src/mutation/report.ts';
import { allUnits } from '../src/mutation/units.ts';
import { root } from '../src/run.ts';

const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const figures = readFigures();

describe('mutation tests', () => {
  test.each(figures)('in $file every survivor stands beside its reason, and every reason has one (`pnpm mutation` finds them)', (one) => {
    const { unexplained, needless } = review(one);
    expect({ unexplained, needless }).toEqual({ unexplained: [], needless: [] });
  });

  test('docs/mutation.md says what was found (`pnpm mutation --page` writes it)', () => {
    const files = allUnits().map(({ file }) => file);
    expect(textOf('docs/mutation.md')).toBe(
      formatReport(
        figures,
        figures.map((one) => review(one)),
        files,
      ),
    );
  });

  test('a reason speaks of the next statement, of the rest of its block, or of one change there', () => {
    const text = `// Survives below, < for <=: at the border.
function f(x: number): number {
  // Survives: the sum.
  const sum =
    x + 1;
  if (x > 0) {
    // Survives below: in the block.
    return sum * 2;
  }
  return x < 3 ? sum : 3;
}
`;
    const whyOf = (source: string, change: string): readonly string[] =>
      review({ survivors: [{ source, change }] } as unknown as FileFigures, text).reasons.flatMap(({ why, survivors }) =>
        survivors.map(() => why),
      );
    expect(whyOf('x + 1;', 'x + 1 → x - 1')).toEqual(['the sum.']);
    expect(whyOf('return sum * 2;', 'sum * 2 → sum / 2')).toEqual(['in the block.']);
    expect(whyOf('if (x > 0) {', 'x > 0 → x >= 0')).toEqual(['at the border.']);
    expect(whyOf('if (x > 0) {', 'x > 0 → x <= 0')).toEqual([]);
    expect(whyOf('return x < 3 ? sum : 3;', 'x < 3 → false')).toEqual([]);
    const { unexplained, needless } = review({ survivors: [{ source: 'gone', change: 'a → b' }] } as unknown as FileFigures, text);
    expect(unexplained).toHaveLength(1);
    expect(needless).toEqual(['at the border.', 'the sum.', 'in the block.']);
  });

  test('an M-step is all that a family does with statistics, and what that calls', () => {
    const gaussian = allUnits().find(({ file }) => file.endsWith('/gaussian.ts'))!;
    const lines = textOf(gaussian.file).split('\n');
    const begins = gaussian.ranges!.map(([first]) => /\w+/.exec(lines[first - 1]!.replace('function ', ''))![0]);
    expect(begins).toEqual(['accumulate', 'maximize', 'recentre', 'translate', 'gain', 'meanOf', 'meanSquare']);
    for (const [, last] of gaussian.ranges!) expect(lines[last - 1]).toMatch(/^(?: {4,}\S.*,|\})$/);
  });
});
