import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Decimal } from 'decimal.js';
import { expect } from 'vitest';
import { D } from './oracle.ts';
import { stepFrom, worstError } from './ulp.ts';

/** What is measured: a function, its definition at high precision, and where. */
export interface Measurement {
  readonly approximate: (...point: number[]) => number;
  readonly exact: (...point: number[]) => Decimal;
  readonly points: readonly (readonly number[])[];
  /** What the budget is stated in, in ulps; 1 by default. */
  readonly unit?: (exact: Decimal, ...point: number[]) => number;
}

/**
 * Asserts that the worst error is within the budget, that the budget is not more than three times what is measured (an old budget may not
 * outlive the code it was meant for), and that the measurement can fail: the same function moved by more than twice the budget is caught.
 */
export function expectWithin(budget: number, { approximate, exact: definition, points, unit = () => 1 }: Measurement): void {
  expect(points.length).toBeGreaterThan(0);
  const exact = remembered(definition, points);
  const worst = worstError(approximate, exact, points, unit);
  expect(worst.error, `worst at ${JSON.stringify(worst.at)}`).toBeLessThanOrEqual(budget);
  expect(worst.error, `the budget ${budget} is too generous`).toBeGreaterThanOrEqual(budget / 3);

  const { at } = worst;
  const steps = Math.ceil(2 * budget * unit(exact(...at), ...at)) + 1;
  const mutant = (...point: number[]): number => stepFrom(approximate(...point), steps);
  expect(worstError(mutant, exact, [at], unit).error, 'a mutant survived').toBeGreaterThan(budget);
}

/**
 * The exact values, kept in the folder EMKIT_EXACT_VALUES where that is set: they do not depend on the code under test, which mutation tests
 * change thousands of times.
 */
function remembered(exact: Measurement['exact'], points: Measurement['points']): Measurement['exact'] {
  const folder = process.env['EMKIT_EXACT_VALUES'];
  if (folder === undefined) return exact;
  const { currentTestName, assertionCalls } = expect.getState();
  const path = join(folder, `${currentTestName} ${assertionCalls}.json`.replace(/[^\w.]+/g, '-'));
  const entries = (): [string, string][] => points.map((point) => [String(point), exact(...point).toString()]);
  const values = new Map(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as [string, string][]) : entries());
  if (!existsSync(path)) writeFileSync(path, JSON.stringify([...values]));
  return (...point) => {
    const value = values.get(String(point));
    return value === undefined ? exact(...point) : new D(value);
  };
}
