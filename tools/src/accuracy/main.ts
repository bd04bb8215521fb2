// `pnpm accuracy`: measures every function of every family and whole fits against arbitrary precision, and writes docs/accuracy.md and
// docs/accuracy.svg. `pnpm accuracy --peers` first runs the other programs again, where they are installed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.ts';
import { updatePeerFigures } from './peers.ts';
import { plotReport } from './plot.ts';
import { excesses, formatReport, makeReport } from './report.ts';

if (process.argv.includes('--peers')) updatePeerFigures();
const report = await makeReport();
writeFileSync(join(root, 'docs/accuracy.md'), formatReport(report));
writeFileSync(join(root, 'docs/accuracy.svg'), plotReport(report));
for (const sentence of excesses(report)) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
