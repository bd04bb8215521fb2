import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logAddExp, logSubtractExp, logSumExp } from '../../src/numerics/log-sum-exp.ts';
import { expectWithin } from './measure.ts';
import { D, log1p, real } from './oracle.ts';
import { Points } from './points.ts';
import { ulp } from './ulp.ts';

/** The arithmetic at high precision takes its time on a busy machine. */
const patience = { timeout: 60_000 };

const seed = { seed: 7, numRuns: 200 };
const value = fc.double({ min: -800, max: 800, noNaN: true });

/** log of the sum of exponentials, as the largest plus log1p of the rest, so that small differences survive. */
function exact(...values: number[]) {
  const sorted = values.map(real).sort((a, b) => b.comparedTo(a));
  const largest = sorted[0]!;
  return largest.plus(log1p(sorted.slice(1).reduce((sum, term) => sum.plus(D.exp(term.minus(largest))), new D(0))));
}

describe('logSumExp', patience, () => {
  it('is within 1 ulp or 2^-53 (2 + n/2), however large or small its terms', () => {
    const points = new Points(11);
    const make = (p: Points, spread: number): number[] => {
      const centre = p.uniform(-1000, 1000);
      return Array.from({ length: 6 }, () => centre + p.uniform(-spread, spread));
    };
    expectWithin(1, {
      approximate: (...values) => logSumExp(values),
      exact,
      unit: (truth) => Math.max(1, (5 * 2 ** -53) / ulp(truth.toNumber())),
      points: [
        ...points.list(120, (p) => make(p, 1)),
        ...points.list(120, (p) => make(p, 60)),
        ...points.list(60, (p) => [0, p.uniform(-80, -20)]),
        ...points.list(60, (p) => [-Math.log(2), p.near(-Math.log(2))]),
      ],
    });
  });

  it('keeps a small term beside a zero', () => {
    expect(logSumExp([0, -50])).toBe(1.9287498479639178e-22);
  });

  it('moves with its terms, and does not depend on their order beyond rounding', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), fc.integer({ min: -1024, max: 1024 }), (values, shift) => {
        const sum = logSumExp(values);
        const tolerance = 2 ** -50 * (Math.abs(sum) + Math.abs(shift) + 800);
        expect(Math.abs(logSumExp(values.map((v) => v + shift)) - (sum + shift))).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(logSumExp([...values].reverse()) - sum)).toBeLessThanOrEqual(tolerance);
        expect(sum).toBeGreaterThanOrEqual(Math.max(...values));
      }),
      seed,
    );
  });

  it('is defined for infinite and absent terms', () => {
    expect(logSumExp([])).toBe(-Infinity);
    expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
    expect(logSumExp([-Infinity, 3])).toBe(3);
    expect(logSumExp([1, Infinity, -Infinity])).toBe(Infinity);
    expect(logSumExp([Infinity, 0, Infinity])).toBe(Infinity);
    expect(logSumExp([Infinity, NaN])).toBeNaN();
    expect(logSumExp([NaN, -Infinity])).toBeNaN();
    expect(logSumExp([9, 1, 1, 9], 1, 3)).toBe(logSumExp([1, 1]));
    expect(logSumExp(Float64Array.of(5))).toBe(5);
  });
});

describe('logAddExp and logSubtractExp', patience, () => {
  it('logAddExp agrees with the definition within 1.5 ulp or 3/2 2^-53', () => {
    const points = new Points(12);
    expectWithin(1.5, {
      approximate: logAddExp,
      exact,
      unit: (truth) => Math.max(1, 2 ** -53 / ulp(truth.toNumber())),
      points: [
        ...points.list(200, (p) => [p.uniform(-5, 5), p.uniform(-5, 5)]),
        ...points.list(100, (p) => [p.uniform(-900, 900), p.uniform(-900, 900)]),
        ...points.list(50, (p) => [p.near(-0.69), p.near(-0.69)]),
      ],
    });
  });

  it('logAddExp is symmetric, and exact at its edges', () => {
    fc.assert(
      fc.property(value, value, (a, b) => logAddExp(a, b) === logAddExp(b, a)),
      seed,
    );
    expect(logAddExp(-Infinity, 4)).toBe(4);
    expect(logAddExp(-Infinity, -Infinity)).toBe(-Infinity);
    expect(logAddExp(Infinity, Infinity)).toBe(Infinity);
    expect(logAddExp(Infinity, -Infinity)).toBe(Infinity);
    expect(logAddExp(0, 0)).toBe(Math.LN2);
    expect(logAddExp(NaN, 0)).toBeNaN();
    expect(logAddExp(0, NaN)).toBeNaN();
  });

  it('logSubtractExp undoes logAddExp', () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: 300, noNaN: true }), fc.double({ min: -20, max: 20, noNaN: true }), (a, apart) => {
        const sum = logAddExp(a, a + apart);
        const tolerance = 2 ** -51 * (1 + Math.abs(sum)) * (1 + Math.exp(apart));
        expect(Math.abs(logSubtractExp(sum, a + apart) - a)).toBeLessThanOrEqual(tolerance);
      }),
      seed,
    );
    expect(logSubtractExp(2, -Infinity)).toBe(2);
    expect(logSubtractExp(2, 2)).toBe(-Infinity);
    expect(logSubtractExp(-Infinity, -Infinity)).toBe(-Infinity);
    expect(logSubtractExp(1, 2)).toBeNaN();
    expect(logSubtractExp(Infinity, Infinity)).toBeNaN();
    expect(logSubtractExp(Infinity, 0)).toBe(Infinity);
    expect([logSubtractExp(NaN, 1), logSubtractExp(1, NaN), logSubtractExp(NaN, -Infinity)]).toEqual([NaN, NaN, NaN]);
  });
});
