import {
  bernoulliDivergence,
  countThreshold,
  distributionThreshold,
  errorInUlps,
  evidenceThreshold,
  logEvidence,
  sumAllowance,
  ulp,
  ulpDistance,
} from '@emkit/conformance';
import { createRandom } from '@emkit/core';
import { describe, expect, test } from 'vitest';

describe('units in the last place', () => {
  test('the gap to the next double', () => {
    expect(ulp(1)).toBe(Number.EPSILON);
    expect(ulp(-1)).toBe(Number.EPSILON);
    expect(ulp(0)).toBe(Number.MIN_VALUE);
    expect(ulp(2 ** 52)).toBe(1);
    expect(ulp(Number.MAX_VALUE)).toBe(2 ** 971);
    expect(ulp(Infinity)).toBeNaN();
    expect(ulp(Number.NaN)).toBeNaN();
  });

  test('the number of doubles between two, across zero too', () => {
    expect(ulpDistance(1, 1 + Number.EPSILON)).toBe(1);
    expect(ulpDistance(1, 1 - Number.EPSILON)).toBe(2);
    expect(ulpDistance(0, -0)).toBe(0);
    expect(ulpDistance(Number.MIN_VALUE, -Number.MIN_VALUE)).toBe(2);
    expect(ulpDistance(1, Number.NaN)).toBeNaN();
  });

  test('errors: none between equal infinities, all with NaN', () => {
    expect(errorInUlps(-Infinity, -Infinity, 1)).toBe(0);
    expect(errorInUlps(-Infinity, 3, 1)).toBe(Infinity);
    expect(errorInUlps(Number.NaN, 3, 1)).toBe(Infinity);
    expect(errorInUlps(1 + 3 * Number.EPSILON, 1, 1)).toBe(3);
  });

  test('sums of many terms stay within their allowance in any order', () => {
    const random = createRandom(5);
    for (let round = 0; round < 100; round += 1) {
      const terms = Array.from({ length: 50 }, () => random.normal() * 10 ** (random.integer(8) - 4));
      const magnitude = terms.reduce((sum, term) => sum + Math.abs(term), 0);
      const forwards = terms.reduce((sum, term) => sum + term, 0);
      const backwards = terms.reduceRight((sum, term) => sum + term, 0);
      expect(Math.abs(forwards - backwards)).toBeLessThanOrEqual(sumAllowance(terms.length, magnitude));
    }
  });
});

describe('statistical tests', () => {
  test('thresholds have the tails they are asked for', () => {
    expect(2 * Math.exp(-2 * 1000 * distributionThreshold(1000, 1e-6) ** 2)).toBeCloseTo(1e-6, 15);
    expect(2 * Math.exp(-countThreshold(1e-6))).toBeCloseTo(1e-6, 15);
    expect(Math.exp(-evidenceThreshold(1e-6))).toBeCloseTo(1e-6, 15);
  });

  test('at one per cent, false alarms come no more often', () => {
    const random = createRandom(11);
    const falseAlarm = 0.01;
    const rounds = 2000;
    const draws = 200;
    let distributions = 0;
    let counts = 0;
    for (let round = 0; round < rounds; round += 1) {
      const values = Array.from({ length: draws }, () => random.uniform()).sort((a, b) => a - b);
      const distance = Math.max(...values.map((value, index) => Math.max((index + 1) / draws - value, value - index / draws)));
      if (distance > distributionThreshold(draws, falseAlarm)) distributions += 1;
      const share = values.filter((value) => value < 0.2).length / draws;
      if (draws * bernoulliDivergence(share, 0.2) > countThreshold(falseAlarm)) counts += 1;
    }
    expect(distributions / rounds).toBeLessThan(2 * falseAlarm);
    expect(counts / rounds).toBeLessThan(2 * falseAlarm);
    // The bound is not so loose that nothing is ever found.
    expect(distributions).toBeGreaterThan(0);
  });

  test.each([
    ['rare', (uniform: number) => (uniform < 0.001 ? 999 : -1), (uniform: number) => (uniform < 0.01 ? 999 : -1)],
    ['skewed, without a variance', (uniform: number) => uniform ** -0.6 / 2.5 - 1, (uniform: number) => uniform ** -0.6 / 1.5 - 1],
    ['constant', () => 0, () => 0.05],
    ['even', (uniform: number) => 2 * uniform - 1, (uniform: number) => 2 * uniform - 0.9],
  ])('evidence from numbers that are %s: false alarms no more often than asked, and a larger expectation is found', (_, right, wrong) => {
    const random = createRandom(12);
    let [alarms, found] = [0, 0];
    const rounds = 400;
    for (let round = 0; round < rounds; round += 1) {
      const uniforms = Array.from({ length: 1000 }, () => random.uniformOpen());
      if (logEvidence(uniforms.map(right)) > evidenceThreshold(0.01)) alarms += 1;
      if (logEvidence(uniforms.map(wrong)) > evidenceThreshold(0.01)) found += 1;
    }
    expect(alarms / rounds).toBeLessThan(0.02);
    expect(found / rounds).toBeGreaterThan(0.3);
  });

  test('the divergence of probabilities', () => {
    expect(bernoulliDivergence(0.3, 0.3)).toBe(0);
    expect(bernoulliDivergence(0.3, 0)).toBe(Infinity);
    expect(bernoulliDivergence(0, 0)).toBe(0);
    expect(bernoulliDivergence(1, 0.5)).toBeCloseTo(Math.LN2, 15);
  });
});
