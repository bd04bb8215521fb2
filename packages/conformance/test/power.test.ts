import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fateOf, HELD_OUT, killRate, TUNED } from './mutants/power.ts';
import { isEquivalent, randomMutant } from './mutants/random.ts';

/** Seeds whose mutants all died, or are none, when they were measured. */
const SEEDS = [1003, 1004];

describe('random mutants', () => {
  test.each(HELD_OUT.flatMap((family) => SEEDS.map((seed) => ({ family, seed, id: family.id }))))(
    'of $id, seed $seed: none survives the laws',
    { timeout: 120_000 },
    ({ family, seed }) => {
      const outcome = fateOf(family, seed);
      expect(outcome.fate, outcome.defect).not.toBe('survived');
    },
  );

  test('those that are no defect are recognised, and no others', () => {
    const family = TUNED[1]!;
    const seedOf = (defect: RegExp): number => {
      let seed = 0;
      while (!defect.test(randomMutant(family, seed).defect)) seed += 1;
      return seed;
    };
    // Of a family with one parameter: what is kept while that one stays the same is right.
    expect(isEquivalent(family, seedOf(/^log f is of the parameters kept from before while rate/))).toBe(true);
    for (const defect of [
      / is added to log f$/,
      /^statistic 1 times/,
      /set, not added/,
      /^the gain has the wrong sign/,
      /^every other draw/,
      /^rows after the 200/,
    ])
      expect(isEquivalent(family, seedOf(defect)), String(defect)).toBe(false);
  });

  test('the same seed makes the same mutant, another one another', () => {
    const texts = [1, 1, 2, 3].map((seed) => JSON.stringify(randomMutant(TUNED[0]!, seed).defect));
    expect(texts[0]).toBe(texts[1]);
    expect(new Set(texts).size).toBe(3);
  });

  test('the rate is of defects, with the lower end of its interval', () => {
    const outcome = { family: 'x', seed: 1, touched: 'cdf', defect: '', without: [], killedBy: undefined };
    const outcomes = (['killed', 'killed', 'killed', 'survived', 'equivalent'] as const).map((fate) => ({ ...outcome, fate }));
    expect(killRate(outcomes)).toMatchObject({ killed: 3, defects: 4, rate: 0.75 });
    // Wilson's interval by hand: (p + z^2/2n - z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n) at z = 1.645.
    expect(killRate(outcomes).least).toBeCloseTo(0.35617, 4);
  });

  test('the published share is the goal or above', () => {
    const page = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../../docs/conformance-power.md'), 'utf8');
    const [, killed, defects] = /(\d+) of (\d+) defects killed/.exec(page)!;
    expect(Number(killed) / Number(defects)).toBeGreaterThanOrEqual(0.95);
    expect(Number(defects)).toBeGreaterThan(150);
  });
});
