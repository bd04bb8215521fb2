// `pnpm fuzz:readers`: random and broken files, in large numbers, for whatever reads what others wrote: CSV, models, starts, saved states.
// A reader gives a value or an EmkitError and nothing else; what it gives does not depend on how its input is cut; what is written is read back
// the same. Each case follows from the seed and its number: `--seed S --case N` tries one again.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom, type Random } from '@emkit/core';
import { say } from '../run.ts';
import { pick } from './readers/common.ts';
import { tryCsv } from './readers/csv.ts';
import { tryModel, tryStart, tryState } from './readers/json.ts';

const READERS: Readonly<Record<string, (random: Random) => Promise<void>>> = {
  csv: tryCsv,
  model: tryModel,
  start: tryStart,
  state: tryState,
};

/** Tries the case of a number. Resolves with what is wrong; undefined where nothing is. */
export async function tryReaders(seed: number, number: number): Promise<string | undefined> {
  const random = createRandom(seed * 1e9 + number);
  const name = pick(random, Object.keys(READERS));
  try {
    await READERS[name]!(random);
    return undefined;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, cases: { type: 'string', default: '100000' }, case: { type: 'string' } },
  });
  const seed = Number(values.seed);
  const first = Number(values.case ?? 0);
  const last = values.case === undefined ? Number(values.cases) : first + 1;
  const findings = new Map<string, number>();
  for (let number = first; number < last; number += 1) {
    const began = performance.now();
    const wrong = await tryReaders(seed, number);
    const seconds = (performance.now() - began) / 1000;
    const finding = wrong ?? (seconds > 5 ? `it took ${seconds.toFixed(1)} s` : undefined);
    if (finding !== undefined) {
      const kind = finding.split('\n')[0]!.replace(/[\d."].*/, '');
      findings.set(kind, (findings.get(kind) ?? 0) + 1);
      if (findings.get(kind) === 1) say(`--seed ${seed} --case ${number}: ${finding.slice(0, 2000)}`);
    }
    if ((number + 1) % 100_000 === 0) say(`${number + 1} cases`);
  }
  const wrong = [...findings.values()].reduce((sum, count) => sum + count, 0);
  say(
    `${last - first} cases of seed ${seed}, ${wrong} with a finding${[...findings].map(([kind, count]) => `\n  ${count} ${kind}`).join('')}`,
  );
  process.exitCode = wrong === 0 ? 0 : 1;
}
