// `pnpm mutation [part of a path ...] [--fresh]`: changes the sources in many small ways, in a copy of the workspace, and sees whether the tests
// notice. Writes docs/mutation.json and docs/mutation.md. It takes long and is no part of `npm test`. What is known from the last run is
// not tried again, unless `--fresh` says so.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from '../run.ts';
import { type FileFigures, readFigures, writeFigures } from './figures.ts';
import { formatReport, reviewOf } from './report.ts';
import { runUnit, WorkspaceCopy } from './stryker.ts';
import { allUnits } from './units.ts';

const fresh = process.argv.includes('--fresh');
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const units = allUnits();
let figures: readonly FileFigures[] = readFigures();
if (!process.argv.includes('--page')) {
  const copy = new WorkspaceCopy();
  try {
    for (const unit of units.filter(({ file, group }) => asked.length === 0 || asked.some((part) => `${group} ${file}`.includes(part)))) {
      say(`changing ${unit.file} ...`);
      figures = writeFigures(
        runUnit(unit, copy, fresh),
        units.map(({ file }) => file),
        fresh,
      );
    }
  } finally {
    copy.remove();
  }
}
const { unexplained, stale } = reviewOf(figures);
for (const { file, source, change } of unexplained)
  process.stderr.write(`${file}: no reason why this survives:\n    ${source}\n      ${change}\n`);
for (const { file, source, change } of stale)
  process.stderr.write(`${file}: a reason for what does not survive:\n    ${source}\n      ${change}\n`);
if (unexplained.length + stale.length > 0) {
  say(
    `${unexplained.length} survivors need a reason in tools/src/mutation/survivors.ts, or better a test; ${stale.length} reasons have no survivor.`,
  );
  process.exitCode = 1;
}
writeFileSync(join(root, 'docs/mutation.md'), formatReport(figures));
