import { describe, expect, test } from 'vitest';
import { toCode, workspace } from '../src/fuzz/case.ts';
import { caseRandom } from '../src/fuzz/dice.ts';
import { drawCase } from '../src/fuzz/draw.ts';
import { judge, shrink } from '../src/fuzz/judge.ts';
import { laws } from '../src/fuzz/laws/index.ts';
import { runPool } from '../src/fuzz/pool.ts';
import { mutants } from './fuzz/mutants.ts';

const SEED = 1;

/** Threads share the machine with the other tests. */
const PATIENCE = 300_000;

describe('random fits', () => {
  test('break no law, and put every law to the test', { timeout: PATIENCE }, async () => {
    const tally = await runPool({ seed: SEED, cases: 600, workers: 2, reach: { rows: 60 }, shrinking: 2000 });
    expect(Object.values(tally.findings).map(({ message, index, code }) => `case ${index}: ${message}\n${code}`)).toEqual([]);
    expect(tally.cases).toBe(600);
    // Threads are started once in two thousand cases, and a fit stalls as seldom.
    const seldom = ['threads', 'stalls'];
    expect(laws.map(({ name }) => name).filter((name) => !seldom.includes(name) && !(tally.asked[name]! > 0))).toEqual([]);
  });

  test('are the same for the same seed', () => {
    const draw = (): string => JSON.stringify(Array.from({ length: 20 }, (_, index) => drawCase(workspace, caseRandom(SEED, index))));
    expect(draw()).toBe(draw());
  });

  test('that hang or exhaust the memory are found, and the others judged', { timeout: PATIENCE }, async () => {
    const engine = new URL('./fuzz/hanging-engine.ts', import.meta.url).href;
    const tally = await runPool({ seed: SEED, cases: 12, workers: 1, reach: { rows: 30 }, shrinking: 0, seconds: 3, engine });
    const kinds = Object.keys(tally.findings);
    expect(kinds.filter((kind) => kind.includes('no answer'))).toHaveLength(1);
    expect(kinds.filter((kind) => kind.includes('the thread died'))).toHaveLength(1);
    expect(tally.cases).toBe(12);
  });
});

describe('mutants', () => {
  for (const { defect, law, engine, family } of mutants) {
    test(`${law} notices: ${defect}`, async () => {
      const only = laws.filter(({ name }) => name === law).map((asked) => ({ ...asked, share: 1 }));
      for (let index = 0; index < 600; index += 1) {
        const fuzzCase = drawCase(workspace, caseRandom(SEED, index), { rows: 30, ...(family !== undefined && { families: [family] }) });
        const [failure] = (await judge(engine, fuzzCase, only)).failures;
        if (failure === undefined) continue;
        // It is the mutant that breaks the law, and not the case.
        expect((await judge(workspace, fuzzCase, only)).failures).toEqual([]);
        return;
      }
      expect.fail('not noticed');
    });
  }

  test('a failing case is made simpler', async () => {
    const { engine } = mutants[0]!;
    const only = laws.filter(({ name }) => name === 'no better parameters').map((asked) => ({ ...asked, share: 1 }));
    for (let index = 0; ; index += 1) {
      const fuzzCase = drawCase(workspace, caseRandom(SEED, index), { families: ['gaussian'], rows: 30 });
      const [failure] = (await judge(engine, fuzzCase, only)).failures;
      if (failure === undefined || fuzzCase.rows.length < 10) continue;
      const simplest = await shrink(engine, fuzzCase, failure, 3000);
      expect((await judge(engine, simplest, only)).failures).toHaveLength(1);
      expect(toCode(simplest).length).toBeLessThan(toCode(fuzzCase).length / 2);
      return;
    }
  });
});
