/**
 * Counts false alarms: runs every law on every right family, seed after seed, and keeps the tally in docs/false-alarms.json.
 *
 *     pnpm --filter @emkit/conformance conformance:alarms --seeds 20 --first-seed 1 [--runs 100] [--family NAME] [--minutes 60] [--no-write] [--strict]
 *
 * --no-write leaves the tally alone, --strict exits with 1 after an alarm. With a tally of other seeds there already, from the same number of runs, these are added to it; --first-seed next begins after them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { freshPage, PAGE, TALLY } from './page.ts';
import { type Alarm, rightFamilies, type Tally, withSeed } from './tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    'first-seed': { type: 'string', default: 'next' },
    runs: { type: 'string', default: '100' },
    minutes: { type: 'string', default: 'Infinity' },
    family: { type: 'string', multiple: true },
    'no-write': { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  },
});

const chosen = rightFamilies().filter(({ name }) => values.family === undefined || values.family.some((each) => name.startsWith(each)));
const runs = Number(values.runs);
const before = JSON.parse(readFileSync(TALLY, 'utf8')) as Tally;
const goesOn = values['first-seed'] === 'next';
if (goesOn && before.runsEach !== runs)
  throw new Error(`the tally is of ${before.runsEach} runs each, not ${runs}: begin anew with --first-seed`);
const first = goesOn ? before.firstSeed + before.seeds : Number(values['first-seed']);
let tally: Tally = goesOn ? before : { runsEach: runs, firstSeed: first, seeds: 0, counts: {} };
const until = performance.now() + 60_000 * Number(values.minutes);
const alarms: Alarm[] = [];

for (let seed = first; seed < first + Number(values.seeds) && performance.now() < until; seed += 1) {
  tally = { ...tally, seeds: tally.seeds + 1 };
  for (const right of chosen) {
    if (performance.now() > until) break;
    const begin = performance.now();
    const found = withSeed(tally.counts, right, seed, runs);
    tally = { ...tally, counts: found.counts };
    alarms.push(...found.alarms);
    for (const { family, law, message } of found.alarms) process.stdout.write(`seed ${seed}, ${family}, ${law}: ${message}\n\n`);
    process.stdout.write(`seed ${seed}, ${right.name}: ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
    if (values['no-write'] || values.family !== undefined) continue;
    writeFileSync(TALLY, `${JSON.stringify(tally, null, 2)}\n`);
    writeFileSync(PAGE, freshPage(readFileSync(PAGE, 'utf8'), tally));
  }
}
process.stdout.write(`${tally.seeds} seeds, ${alarms.length} new alarms\n`);
if (values.strict && alarms.length > 0) process.exitCode = 1;
