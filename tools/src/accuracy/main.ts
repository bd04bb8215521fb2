// `pnpm accuracy`: measures every function of every family and whole fits against arbitrary precision, and writes docs/accuracy.md and
// docs/accuracy.svg. `pnpm accuracy --family NAME` measures one family and keeps the figures of the others; `pnpm accuracy --peers` first
// runs the other programs again, where they are installed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { familyById } from '@emkit/families';
import { root } from '../run.ts';
import { updatePeerFigures } from './peers.ts';
import { plotReport } from './plot.ts';
import { excesses, figuresOf, formatReport, makeReport, measuredFamilies, storeFigures } from './report.ts';

const { values } = parseArgs({ options: { family: { type: 'string', multiple: true }, peers: { type: 'boolean' } } });
if (values.peers) updatePeerFigures();
for (const definition of values.family?.map(familyById) ?? measuredFamilies) storeFigures(definition.id, figuresOf(definition));
const report = await makeReport();
writeFileSync(join(root, 'docs/accuracy.md'), formatReport(report));
writeFileSync(join(root, 'docs/accuracy.svg'), plotReport(report));
for (const sentence of excesses(report)) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
