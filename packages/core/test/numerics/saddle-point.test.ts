import type { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { exp } from '../../src/numerics/elementary.ts';
import { logFactorial } from '../../src/numerics/gamma.ts';
import {
  deviance,
  logBeta,
  logBinomialCoefficient,
  logBinomialMass,
  logMultinomialCoefficient,
  logPoissonMass,
  logQuotient,
} from '../../src/numerics/saddle-point.ts';
import { compensatedSum } from '../../src/numerics/sum.ts';
import { expectWithin } from './measure.ts';
import * as oracle from './oracle.ts';
import { Points } from './points.ts';
import { ulp } from './ulp.ts';

/** The arithmetic at high precision takes its time on a busy machine. */
const patience = { timeout: 60_000 };

/** Ulps, or units of 2^-53 where the value is smaller than 1. */
const orAbsolute = (truth: Decimal): number => Math.max(1, 2 ** -53 / ulp(truth.toNumber()));

describe('the deviance', patience, () => {
  it('is within 4 ulp, near the mean and far from it', () => {
    const points = new Points(41);
    expectWithin(4, {
      approximate: (x, mean) => deviance(x!, mean!),
      exact: (x, mean) => oracle.deviance(x!, mean!),
      points: [
        ...points.list(150, (p) => {
          const mean = p.logUniform(-8, 12);
          return [mean * (1 + p.near(0, 0.9, -8)), mean];
        }),
        ...points.list(100, (p) => [p.logUniform(-8, 12), p.logUniform(-8, 12)]),
        [1604487859.2563984, 431084478.470647],
      ],
    });
  });

  it('takes the mean in two parts', () => {
    const truth = oracle.deviance(oracle.real(1e9 + 3), oracle.real(1e9).plus(oracle.real(2 ** -30)));
    expect(Math.abs(deviance(1e9 + 3, 1e9, 2 ** -30) - truth.toNumber())).toBeLessThanOrEqual(2 * ulp(truth.toNumber()));
    expect(deviance(1e9 + 3, 1e9)).not.toBe(deviance(1e9 + 3, 1e9, 2 ** -30));
  });

  it('is 0 only at the mean, and defined at its edges', () => {
    expect(deviance(3, 3)).toBe(0);
    expect(deviance(0, 4)).toBe(4);
    expect(deviance(4, 0)).toBe(Infinity);
    expect(deviance(0, 0)).toBe(0);
    expect(deviance(1e308, 1.7e308)).toBeGreaterThan(0);
    expect([deviance(1, Infinity), deviance(Infinity, 1)]).toEqual([Infinity, Infinity]);
    expect([deviance(-1, 1), deviance(1, -1), deviance(NaN, 1)]).toEqual([NaN, NaN, NaN]);
  });
});

describe('the logarithm of a quotient', patience, () => {
  it('is within 1 ulp, or 2^-53 where it is small, over the whole range of doubles', () => {
    const points = new Points(44);
    expectWithin(1.5, {
      approximate: (a, b) => logQuotient(a!, b!),
      exact: (a, b) => oracle.D.ln(oracle.real(a!).div(oracle.real(b!))),
      points: points.list(200, (p) => [p.logUniform(-300, 300), p.logUniform(-300, 300)]),
      unit: orAbsolute,
    });
    expect([logQuotient(1, 0), logQuotient(0, 1), logQuotient(1, Infinity)]).toEqual([Infinity, -Infinity, -Infinity]);
  });
});

describe('the Poisson mass', patience, () => {
  it('is within 5 ulp, whatever the count', () => {
    const points = new Points(42);
    const make = (p: Points, far: boolean): number[] => {
      const mean = p.logUniform(-4, 13);
      return [Math.max(1, Math.round(far ? mean * p.logUniform(-2, 2) : mean + p.uniform(-8, 8) * Math.sqrt(mean))), mean];
    };
    expectWithin(5, {
      approximate: (x, mean) => logPoissonMass(x!, mean!),
      exact: (x, mean) => oracle.logPoissonMass(x!, mean!),
      points: [
        ...points.list(120, (p) => make(p, false)),
        ...points.list(80, (p) => make(p, true)),
        ...points.list(40, (p) => [p.uniform(1, 4), p.logUniform(-2, 2)]),
        [5582894, 1229835.1146934938],
      ],
    });
  });

  it('sums to 1', () => {
    for (const mean of [0.01, 1, 7.3, 400.5]) {
      const masses = Array.from({ length: 1000 }, (_, count) => exp(logPoissonMass(count, mean)));
      expect(compensatedSum(masses)).toBeCloseTo(1, 14);
    }
  });

  it('is defined at its edges', () => {
    expect([logPoissonMass(0, 0), logPoissonMass(0, 3), logPoissonMass(2, 0)]).toEqual([-0, -3, -Infinity]);
    expect([logPoissonMass(-1, 2), logPoissonMass(Infinity, 2), logPoissonMass(3, Infinity)]).toEqual([-Infinity, -Infinity, -Infinity]);
    expect([logPoissonMass(1, -1), logPoissonMass(NaN, 1), logPoissonMass(1, NaN)]).toEqual([NaN, NaN, NaN]);
  });
});

describe('the binomial mass', patience, () => {
  const points = new Points(43);
  const make = (p: Points): number[] => {
    const n = Math.floor(p.logUniform(0.4, 13));
    const probability = p.uniform(0, 1) < 0.6 ? p.uniform(0, 1) : p.logUniform(-12, 0);
    const spread = 8 * Math.sqrt(n * probability * (1 - probability));
    const x = Math.round(p.uniform(0, 1) < 0.6 ? n * probability + p.uniform(-spread, spread) : p.uniform(0, n));
    return [Math.min(n, Math.max(0, x)), n, probability];
  };

  it('is within 5 ulp, whatever the number of trials', () => {
    expectWithin(5, {
      approximate: (x, n, probability) => logBinomialMass(x!, n!, probability!),
      exact: (x, n, probability) => oracle.logBinomialMass(x!, n!, probability!),
      points: [...points.list(200, make), [33740170523, 273058436467, 0.05786457113639709]],
    });
  });

  it('differences of log-factorials would lose digits that it keeps', () => {
    const [x, n] = [500_000_000_123, 1_000_000_000_000];
    const truth = oracle.logBinomialMass(x, n, 0.5).toNumber();
    const plain = logFactorial(n) - logFactorial(x) - logFactorial(n - x) - n * Math.LN2;
    expect(Math.abs(logBinomialMass(x, n, 0.5) - truth)).toBeLessThanOrEqual(2 * ulp(truth));
    expect(Math.abs(plain - truth)).toBeGreaterThan(1e9 * ulp(truth));
  });

  it('sums to 1, and swaps successes for failures', () => {
    for (const [n, p] of [
      [1, 0.3],
      [10, 0.5],
      [300, 0.02],
    ] as const) {
      const masses = Array.from({ length: n + 1 }, (_, x) => exp(logBinomialMass(x, n, p)));
      expect(compensatedSum(masses)).toBeCloseTo(1, 14);
    }
    for (let x = 0; x <= 20; x += 1) expect(logBinomialMass(x, 20, 0.25)).toBeCloseTo(logBinomialMass(20 - x, 20, 0.75), 13);
  });

  it('is defined at its edges', () => {
    expect([logBinomialMass(0, 5, 0), logBinomialMass(5, 5, 1), logBinomialMass(0, 0, 0.4)]).toEqual([-0, 0, 0]);
    expect([logBinomialMass(1, 5, 0), logBinomialMass(4, 5, 1), logBinomialMass(0, 5, 1), logBinomialMass(5, 5, 0)]).toEqual(
      new Array(4).fill(-Infinity),
    );
    expect([logBinomialMass(-1, 5, 0.5), logBinomialMass(6, 5, 0.5)]).toEqual([-Infinity, -Infinity]);
    expect([logBinomialMass(1, -1, 0.5), logBinomialMass(1, 2, 1.5), logBinomialMass(NaN, 2, 0.5), logBinomialMass(1, 2, NaN)]).toEqual(
      new Array(4).fill(NaN),
    );
  });
});

describe('the coefficients', patience, () => {
  it('the binomial coefficient is within 3 ulp for whole numbers', () => {
    const points = new Points(44);
    expectWithin(3, {
      approximate: (n, x) => logBinomialCoefficient(n!, x!),
      exact: (n, x) => oracle.logBinomialCoefficient(n!, x!),
      points: [
        ...points.list(150, (p) => {
          const n = Math.floor(p.logUniform(0.5, 14));
          return [n, Math.floor(p.uniform(1, n))];
        }),
        ...points.list(80, (p) => {
          const n = Math.floor(p.logUniform(1.7, 14));
          return [n, Math.floor(p.uniform(1, 45))];
        }),
        ...[2, 3, 4, 5, 60].map((n) => [n, 1]),
      ],
    });
  });

  it('the binomial coefficient is exact where it is 1, and defined at its edges', () => {
    expect([logBinomialCoefficient(7, 0), logBinomialCoefficient(7, 7), logBinomialCoefficient(0, 0)]).toEqual([0, 0, 0]);
    expect([logBinomialCoefficient(7, -1), logBinomialCoefficient(7, 8)]).toEqual([-Infinity, -Infinity]);
    expect([logBinomialCoefficient(-1, 0), logBinomialCoefficient(NaN, 1), logBinomialCoefficient(3, NaN)]).toEqual([NaN, NaN, NaN]);
  });

  it('log B(a, b) is within 5 ulp or 5 * 2^-53', () => {
    const points = new Points(45);
    expectWithin(5, {
      approximate: (a, b) => logBeta(a!, b!),
      exact: (a, b) => oracle.logBeta(a!, b!),
      unit: orAbsolute,
      points: [
        ...points.list(200, (p) => [p.logUniform(-8, 8), p.logUniform(-8, 8)]),
        ...points.list(60, (p) => [p.uniform(0, 3), p.uniform(0, 3)]),
        [7452.712926410602, 0.20444179597028111],
      ],
    });
    expect(logBeta(2, 3)).toBe(logBeta(3, 2));
    expect([logBeta(0, 2), logBeta(2, Infinity)]).toEqual([Infinity, -Infinity]);
    expect([logBeta(0, Infinity), logBeta(-1, 2), logBeta(NaN, 1)]).toEqual([NaN, NaN, NaN]);
  });

  it('the multinomial coefficient is the product of binomial ones', () => {
    expect(logMultinomialCoefficient([2, 3, 4])).toBeCloseTo(Math.log(1260), 14);
    expect(logMultinomialCoefficient([5])).toBe(0);
    expect(logMultinomialCoefficient([])).toBe(0);
    expect(logMultinomialCoefficient([1, 0.5])).toBeNaN();
    expect(logMultinomialCoefficient([1, -2])).toBeNaN();
  });
});

describe('at the ends of their domains', patience, () => {
  const expectClose = (value: number, truth: number, scale = Math.abs(truth)): void => {
    expect(Math.abs(value - truth)).toBeLessThanOrEqual(5 * Number.EPSILON * scale);
  };

  it('the deviance counts what the mean lacks, near and far', () => {
    expect(deviance(0, 3, 0.25)).toBe(3.25);
    for (const [x, mean] of [
      [1, 100],
      [100, 1],
      [100, 99],
    ] as const) {
      // The first-order effect; the second-order one is x low^2 / (2 mean^2).
      const low = 2 ** -20 * mean;
      const truth = oracle.deviance(x, mean + low).toNumber();
      expect(Math.abs(deviance(x, mean, low) - truth)).toBeLessThanOrEqual(x * 2 ** -40);
    }
  });

  it('the deviance is that of the logarithms where the quotient is no double', () => {
    expectClose(deviance(1e10, 1e-305), oracle.deviance(1e10, 1e-305).toNumber());
    expect(deviance(1e-305, 1e10)).toBe(1e10);
  });

  it('neither has a value for negative arguments, were both negative', () => {
    expect([deviance(-1, -2), deviance(-2, -1), deviance(-1, 5), deviance(5, -1)]).toEqual([NaN, NaN, NaN, NaN]);
    expect([logPoissonMass(0, -1), logPoissonMass(0.5, -1), logPoissonMass(3, -1)]).toEqual([NaN, NaN, NaN]);
    expect([logPoissonMass(-0.5, 2), logPoissonMass(-1.5, 2), logPoissonMass(-3, 2)]).toEqual([-Infinity, -Infinity, -Infinity]);
    expect([logBinomialMass(0, 5, -0.1), logBinomialMass(5, 5, 1.5), logBinomialMass(2, 5, -0.1)]).toEqual([NaN, NaN, NaN]);
  });

  it('the Poisson mass of a number below 1 is within 5 ulp of the larger of its terms', () => {
    for (const [x, mean] of new Points(46).list(60, (p) => [p.uniform(0, 1), p.logUniform(-3, 3)])) {
      const scale = Math.max(mean!, Math.abs(x! * Math.log(mean!)));
      expectClose(logPoissonMass(x!, mean!), oracle.logPoissonMass(x!, mean!).toNumber(), scale);
    }
    expectClose(logPoissonMass(1e-300, 1e-5), -1e-5);
  });

  it('the binomial mass is finite for counts near the end of the doubles', () => {
    // The middle of a binomial distribution: sqrt(2 / (pi n)).
    expect(logBinomialMass(5e304, 1e305, 0.5)).toBeCloseTo(0.5 * (Math.log(2 / Math.PI) - 305 * Math.LN10), 10);
  });

  it('the binomial coefficient of numbers that are not whole is within 5 * 2^-53 or 5 ulp', () => {
    for (const [n, x] of [
      [10.5, 2.5],
      [7, 0.5],
      [30.25, 19.75],
      [3.5, 3],
    ] as const) {
      const truth = oracle.logBinomialCoefficient(n, x).toNumber();
      expectClose(logBinomialCoefficient(n, x), truth, Math.max(1, truth));
    }
    expect([logBinomialCoefficient(1e16, 0), logBinomialCoefficient(1e16, 1e16)]).toEqual([0, 0]);
  });
});
