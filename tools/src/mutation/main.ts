// `pnpm mutation [part of a path ...] [--fresh]`: changes the sources in many small ways, in a copy of the workspace, and sees whether the tests
// notice. Writes docs/mutation.json and docs/mutation.md; `--page` the page only. It takes long and is no part of `npm test`. What is known from
// the last run is not tried again, unless `--fresh` says so.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from '../run.ts';
import { type FileFigures, readFigures, writeFigures } from './figures.ts';
import { review } from './reasons.ts';
import { formatReport } from './report.ts';
import { runUnit, WorkspaceCopy } from './stryker.ts';
import { allUnits } from './units.ts';

const fresh = process.argv.includes('--fresh');
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const units = allUnits();
const files = units.map(({ file }) => file);
let figures: readonly FileFigures[] = readFigures();
if (!process.argv.includes('--page')) {
  const copy = new WorkspaceCopy();
  try {
    for (const unit of units.filter(({ file }) => asked.length === 0 || asked.some((part) => file.includes(part)))) {
      say(`changing ${unit.file} ...`);
      figures = writeFigures(runUnit(unit, copy, fresh), files, fresh);
    }
  } finally {
    copy.remove();
  }
}
const reviews = figures.map((one) => review(one));
for (const { file, unexplained, needless } of reviews) {
  for (const { source, change } of unexplained)
    say(`${file}: this survives without a comment that says why:\n    ${source}\n      ${change}`);
  for (const why of needless) say(`${file}: nothing survives that needs this comment: ${why}`);
  if (unexplained.length + needless.length > 0) process.exitCode = 1;
}
writeFileSync(join(root, 'docs/mutation.md'), formatReport(figures, reviews, files));
