import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Family } from '@emkit/core';
import { fateOf, HELD_OUT, killRate, type Outcome, reportOf, TUNED } from './mutants/power.ts';

/** `--from`, `--count`: the seeds of each family; `--least`: the share below which the run fails; `--write`: put the figures into the page. */
const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1000' },
    count: { type: 'string', default: '40' },
    least: { type: 'string', default: '0.95' },
    tuned: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const from = values.from === 'random' ? Math.floor(Math.random() * 2 ** 30) : Number(values.from);

const families: readonly Family[] = values.tuned ? TUNED : HELD_OUT;
const outcomes: Outcome[] = [];
for (let seed = from; seed < from + Number(values.count); seed += 1) {
  for (const family of families) {
    const outcome = fateOf(family, seed);
    outcomes.push(outcome);
    if (outcome.fate === 'survived')
      process.stderr.write(`survived: ${outcome.family}, seed ${seed}, ${outcome.touched}: ${outcome.defect} ${outcome.without.join()}\n`);
  }
}
const { killed, defects, rate, least } = killRate(outcomes);
const head = `${killed} of ${defects} defects killed: ${(100 * rate).toFixed(1)} %, with 95 % confidence at least ${(100 * least).toFixed(1)} %. ${outcomes.length} random mutants of ${families.length} families (${families.map(({ id }) => `\`${id}\``).join(', ')}), seeds ${from} to ${from + Number(values.count) - 1}, of which ${outcomes.length - defects} give the numbers of the original on everything that was tried and count as neither.`;
process.stdout.write(`${head}\n\n${reportOf(outcomes)}\n`);
if (values.write) {
  const page = join(dirname(fileURLToPath(import.meta.url)), '../../../docs/conformance-power.md');
  const [open, close] = ['<!-- measured -->', '<!-- end of measured -->'];
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    `${text.slice(0, text.indexOf(open) + open.length)}\n\n${head}\n\n${reportOf(outcomes)}\n\n${text.slice(text.indexOf(close))}`,
  );
}
if (!(rate >= Number(values.least))) {
  process.stderr.write(`the share killed, ${(100 * rate).toFixed(1)} %, is below ${100 * Number(values.least)} %\n`);
  process.exitCode = 1;
}
