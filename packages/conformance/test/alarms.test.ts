import { missingFor } from '@emkit/conformance';
import { exponential } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { freshPage } from './alarms/page.ts';
import { LAW_NAMES, pooled, rightFamilies, type Tally, upperBound, withSeed } from './alarms/tally.ts';

const right = { name: 'exponential', family: exponential(), reference: undefined };

describe('the count of false alarms', () => {
  test('its upper bounds are those of Clopper and Pearson', () => {
    // 1 - 0.05^(1/n) without an alarm; with one, the root p of (1 - p)^n + n p (1 - p)^(n - 1) = 0.05.
    expect(upperBound({ runs: 30_000, alarms: 0 })).toBeCloseTo(1 - 0.05 ** (1 / 30_000), 12);
    const one = upperBound({ runs: 20, alarms: 1 });
    expect((1 - one) ** 20 + 20 * one * (1 - one) ** 19).toBeCloseTo(0.05, 12);
    expect(upperBound({ runs: 3, alarms: 3 })).toBe(1);
    expect(upperBound({ runs: 0, alarms: 0 })).toBe(1);
  });

  test('a seed of a right family adds one run for each law that applies', () => {
    const first = withSeed({}, right, 1, 2);
    const { counts } = withSeed(first.counts, right, 2, 2);
    const applied = LAW_NAMES.filter((law) => missingFor(right.family, law).length === 0);
    expect(first.alarms).toEqual([]);
    expect(Object.keys(counts['exponential']!)).toEqual(applied);
    expect(pooled(Object.values(counts['exponential']!))).toEqual({ runs: 2 * applied.length, alarms: 0 });
  });

  test('a family that fails a law is an alarm, and in the page', () => {
    const wrong = {
      ...right,
      family: {
        ...right.family,
        maximize: (...question: [never, never, never, never]) => ({ rate: 1.1 * right.family.maximize(...question).rate }),
      },
    };
    const { counts, alarms } = withSeed({}, wrong, 1, 20);
    expect(alarms.map(({ law }) => law)).toContain('m-step');
    const tally: Tally = { runsEach: 20, firstSeed: 1, seeds: 1, counts };
    const page = freshPage('before\n<!-- generated: alarms -->\n<!-- end of generated: alarms -->\nafter\n', tally);
    expect(page).toContain('| m-step | 1 | 1 | 1 | 100 % |');
    expect(page).toMatch(/^before\n[\s\S]*after\n$/);
  });

  test('the families that it is made on are all there are, by names of their own', () => {
    const names = rightFamilies().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['rayleigh', 'laplace', 'line', 'multinomial', 'dirichlet', 'hurdle', 'von-mises']));
  });
});
