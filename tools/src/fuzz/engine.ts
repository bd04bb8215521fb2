// `pnpm fuzz`: random fits in large numbers against the laws of tools/src/fuzz/laws. Each case follows from the seed and its index:
// `pnpm fuzz --seed S --case I` draws one again and says all about it. Ends with 1 where a law was broken.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { say } from '../run.ts';
import { toCode, workspace } from './case.ts';
import { caseRandom } from './dice.ts';
import { drawCase } from './draw.ts';
import { judge } from './judge.ts';
import { laws } from './laws/index.ts';
import { runPool } from './pool.ts';
import type { Finding, Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    families: { type: 'string' },
    case: { type: 'string' },
    engine: { type: 'string' },
  },
});

const number = (name: 'cases' | 'minutes' | 'seed' | 'workers' | 'case', otherwise: number): number => {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (!(value >= 0)) throw new Error(`--${name} is ${String(values[name])}, not a number of at least 0.`);
  return value;
};
const seed = values.seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : number('seed', 1);
const reach = values.families === undefined ? {} : { families: values.families.split(',') };

if (values.case === undefined) process.exitCode = await runMany();
else await showOne(number('case', 0));

async function runMany(): Promise<number> {
  const cases = number('cases', values.minutes === undefined ? 10_000 : 1e12);
  const started = performance.now();
  let shown = started;
  const told = new Set<string>();
  const rate = (tally: Tally): string => {
    const seconds = (performance.now() - started) / 1000;
    return `${tally.cases} cases of seed ${seed} in ${seconds.toFixed(0)} s, ${(tally.cases / seconds).toFixed(0)} a second`;
  };
  const tally = await runPool({
    seed,
    reach,
    cases,
    minutes: number('minutes', Infinity),
    workers: Math.max(1, number('workers', 1)),
    shrinking: 10_000,
    ...(values.engine !== undefined && { engine: values.engine }),
    onProgress: (so) => {
      // At once too, for a long run may be cut short.
      for (const finding of Object.values(so.findings)) {
        if (told.has(finding.kind)) continue;
        told.add(finding.kind);
        show(finding);
      }
      if (performance.now() - shown < 60_000) return;
      shown = performance.now();
      say(`${rate(so)}, ${Object.keys(so.findings).length} findings`);
    },
  });
  for (const { name } of laws) say(`${String(tally.asked[name] ?? 0).padStart(9)} ${name}`);
  for (const [note, count] of Object.entries(tally.notes)) say(`${String(count).padStart(9)} (${note})`);
  for (const finding of Object.values(tally.findings).sort((a, b) => b.count - a.count)) show(finding);
  say(rate(tally));
  return Object.keys(tally.findings).length === 0 ? 0 : 1;
}

function show({ count, index, message, code }: Finding): void {
  say(
    `${String(count).padStart(9)} times, first in case ${index}: ${message}\n    ${code.length > 4000 ? `${code.slice(0, 4000)} ...` : code}`,
  );
}

async function showOne(index: number): Promise<void> {
  const fuzzCase = drawCase(workspace, caseRandom(seed, index), reach);
  say(toCode(fuzzCase));
  for (const law of laws) {
    const { failures, asked } = await judge(workspace, fuzzCase, [law]);
    if (asked.length > 0) say(`${law.name}: ${failures[0]?.message ?? 'holds'}`);
  }
}
