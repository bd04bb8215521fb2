import type { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { exp, log, log1p } from '../../src/numerics/elementary.ts';
import {
  logRegularizedBeta,
  logRegularizedBetaUpper,
  regularizedBeta,
  regularizedBetaInverse,
  regularizedBetaUpper,
} from '../../src/numerics/incomplete-beta.ts';
import {
  logRegularizedGammaP,
  logRegularizedGammaQ,
  regularizedGammaP,
  regularizedGammaPInverse,
  regularizedGammaQ,
  regularizedGammaQInverse,
} from '../../src/numerics/incomplete-gamma.ts';
import { logBinomialMass, logPoissonMass } from '../../src/numerics/saddle-point.ts';
import { expectWithin } from './measure.ts';
import * as oracle from './oracle.ts';
import { Points } from './points.ts';
import { stepFrom, ulp } from './ulp.ts';

/** A tail probability e^-L is an exponential of something as large as L: L ulps of it are one of L. */
const perLog = (truth: Decimal): number => Math.max(1, -oracle.D.ln(truth).toNumber());
/** Ulps, or units of 2^-53 where the value is smaller than 1. */
const orAbsolute = (truth: Decimal): number => Math.max(1, 2 ** -53 / ulp(truth.toNumber()));

/** Shapes of every size with points near the mean, in both tails and anywhere. */
function gammaPoints(seed: number, thin = 1): (readonly number[])[] {
  const points = new Points(seed);
  const near = (p: Points, largest: number): number[] => {
    const a = p.logUniform(-1, largest);
    return [a, Math.abs(a + p.uniform(-8, 8) * Math.sqrt(a)) + 1e-3];
  };
  return [
    ...points.list(90 / thin, (p) => near(p, 3)),
    ...points.list(3, (p) => near(p, 4.5)),
    ...points.list(60 / thin, (p) => [p.logUniform(-3, 0), p.logUniform(-3, 0.7)]),
    ...points.list(60 / thin, (p) => {
      const a = p.logUniform(0, 2.5);
      return [a, a * p.logUniform(-2, 0.7)];
    }),
    // The joints between methods.
    ...[64, 63.9, 200].flatMap((a) =>
      [0.67, 0.99, 1, 1.01, 1.45].flatMap((ratio) => [-1, 1].map((step) => [a, stepFrom(ratio * a, step * 9)])),
    ),
    ...[0.3, 1, 1.1003079142739673].flatMap((a) => [0.999, 1, 1.001, 1.9562143473299598].map((x) => [a, x])),
  ];
}

function betaPoints(seed: number, thin = 1): (readonly number[])[] {
  const points = new Points(seed);
  const near = (p: Points, largest: number): number[] => {
    const [a, b] = [p.logUniform(-1, largest), p.logUniform(-1, largest)];
    const mean = a / (a + b);
    const deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1));
    return [Math.min(1 - 1e-6, Math.max(1e-9, mean + p.uniform(-8, 8) * deviation)), a, b];
  };
  return [
    ...points.list(90 / thin, (p) => near(p, 2.5)),
    ...points.list(6, (p) => near(p, 3.5)),
    ...points.list(40 / thin, (p) => [p.uniform(0, 1), p.logUniform(0, 2.5), p.logUniform(0, 2.5)]),
    // The joint between the continued fraction and the quadrature, on both sides of the mean.
    ...[399.9, 400.1].flatMap((a) => [0.2, 0.28, 0.3, 0.45, 0.5].map((x) => [x, a, 800])),
    [0.46776232754271535, 311.40316468577856, 367.0539967807906],
  ];
}

// The arithmetic at high precision takes its time on a busy machine.
const patience = { timeout: 60_000 };

describe('the incomplete gamma functions', patience, () => {
  it('P is within 8 ulp max(1, |log P|)', () => {
    expectWithin(8, {
      approximate: (a, x) => regularizedGammaP(a!, x!),
      exact: (a, x) => oracle.gammaP(a!, x!),
      unit: perLog,
      points: gammaPoints(61),
    });
  });

  it('Q is within 8 ulp max(1, |log Q|)', () => {
    expectWithin(8, {
      approximate: (a, x) => regularizedGammaQ(a!, x!),
      exact: (a, x) => oracle.gammaQ(a!, x!),
      unit: perLog,
      points: gammaPoints(62),
    });
  });

  it('their logarithms are within 8 ulp or 8 * 2^-53', () => {
    const exact = (value: Decimal, complement: () => Decimal) =>
      value.lt(0.9) ? oracle.D.ln(value) : oracle.log1p(complement().negated());
    expectWithin(8, {
      approximate: (a, x) => logRegularizedGammaP(a!, x!),
      exact: (a, x) => exact(oracle.gammaP(a!, x!), () => oracle.gammaQ(a!, x!)),
      unit: orAbsolute,
      points: gammaPoints(63, 2),
    });
    expectWithin(8, {
      approximate: (a, x) => logRegularizedGammaQ(a!, x!),
      exact: (a, x) => exact(oracle.gammaQ(a!, x!), () => oracle.gammaP(a!, x!)),
      unit: orAbsolute,
      points: gammaPoints(64, 2),
    });
  });

  it('are the tails of the Poisson distribution', () => {
    for (const [mean] of new Points(65).list(40, (p) => p.logUniform(-1, 1.7))) {
      let below = 0;
      for (let count = 0; count < 20; count += 1) {
        below += exp(logPoissonMass(count, mean!));
        expect(regularizedGammaQ(count + 1, mean!)).toBeCloseTo(below, 13);
        expect(regularizedGammaP(count + 1, mean!)).toBeCloseTo(1 - below, 13);
      }
    }
  });

  it('take no longer, and stay consistent, for huge shapes', () => {
    for (const a of [1e6, 1e12, 1e18]) {
      for (const deviations of [-6, -1, 0, 1, 6]) {
        const x = a + deviations * Math.sqrt(a);
        expect(regularizedGammaP(a, x) + regularizedGammaQ(a, x)).toBeCloseTo(1, 14);
      }
      expect(regularizedGammaP(a, a)).toBeCloseTo(0.5 + 1 / (3 * Math.sqrt(2 * Math.PI * a)), 11);
    }
    expect(logRegularizedGammaQ(3, 1e5)).toBeCloseTo(-99977.66727625062, 8);
  });

  it('are defined at their edges', () => {
    expect([regularizedGammaP(2, 0), regularizedGammaP(2, Infinity), regularizedGammaP(0, 1), regularizedGammaP(Infinity, 1)]).toEqual([
      0, 1, 1, 0,
    ]);
    expect([regularizedGammaQ(2, 0), regularizedGammaQ(2, Infinity), regularizedGammaQ(0, 1), regularizedGammaQ(Infinity, 1)]).toEqual([
      1, 0, 0, 1,
    ]);
    expect([logRegularizedGammaP(2, 0), logRegularizedGammaQ(2, Infinity), logRegularizedGammaP(2, Infinity)]).toEqual([
      -Infinity,
      -Infinity,
      0,
    ]);
    for (const [a, x] of [
      [-1, 1],
      [1, -1],
      [NaN, 1],
      [1, NaN],
      [Infinity, Infinity],
    ] as const) {
      for (const f of [regularizedGammaP, regularizedGammaQ, logRegularizedGammaP, logRegularizedGammaQ]) expect(f(a, x)).toBeNaN();
    }
  });

  it('the inverses invert them, as far as one ulp of the result allows', () => {
    const points = new Points(66);
    const cases = [
      ...points.list(300, (p) => [p.logUniform(-2.5, 6), p.uniform(0, 1)]),
      ...points.list(150, (p) => [p.logUniform(-1, 6), p.logUniform(-200, 0)]),
    ];
    let worst = 0;
    for (const [a, p] of cases) {
      const pairs = [
        [regularizedGammaPInverse(a!, p!), p! <= 0.5],
        [regularizedGammaQInverse(a!, p!), p! > 0.5],
      ] as const;
      for (const [x, lower] of pairs) {
        if (x < 1e-290) continue;
        const target = p! <= 0.5 ? log(p!) : log1p(-p!);
        const reached = lower ? logRegularizedGammaP(a!, x) : logRegularizedGammaQ(a!, x);
        // How much the logarithm moves when x moves by a unit in its last place, relative to x.
        const condition = a! * exp(logPoissonMass(a!, x) - reached);
        worst = Math.max(worst, Math.abs(reached - target) / (2 ** -53 * Math.max(1, -target, condition)));
      }
    }
    expect(worst).toBeLessThanOrEqual(8);
    expect(worst).toBeGreaterThan(1);
  });

  it('the inverses are defined at their edges', () => {
    expect([regularizedGammaPInverse(2, 0), regularizedGammaPInverse(2, 1), regularizedGammaPInverse(1e-4, 0.5)]).toEqual([0, Infinity, 0]);
    expect([regularizedGammaQInverse(2, 0), regularizedGammaQInverse(2, 1)]).toEqual([Infinity, 0]);
    for (const f of [regularizedGammaPInverse, regularizedGammaQInverse]) {
      expect([f(0, 0.5), f(-1, 0.5), f(1, -0.1), f(1, 1.1), f(NaN, 0.5), f(1, NaN), f(Infinity, 0.5)]).toEqual(new Array(7).fill(NaN));
    }
  });
});

describe('the incomplete beta function', patience, () => {
  it('I is within 10 ulp max(1, |log I|)', () => {
    const points = betaPoints(71);
    expectWithin(10, {
      approximate: (x, a, b) => regularizedBeta(x!, a!, b!),
      exact: (x, a, b) => oracle.beta(x!, a!, b!),
      unit: perLog,
      points,
    });
  });

  it('1 - I is within 10 ulp max(1, |log(1 - I)|)', () => {
    expectWithin(10, {
      approximate: (x, a, b) => regularizedBetaUpper(x!, a!, b!),
      exact: (x, a, b) => oracle.betaUpper(x!, a!, b!),
      unit: perLog,
      points: betaPoints(72).filter(([, a, b]) => a! > 1 && b! > 1),
    });
  });

  it('its logarithms are within 10 ulp or 10 * 2^-53', () => {
    const exact = (value: Decimal, complement: () => Decimal) =>
      value.lt(0.9) ? oracle.D.ln(value) : oracle.log1p(complement().negated());
    expectWithin(10, {
      approximate: (x, a, b) => logRegularizedBeta(x!, a!, b!),
      exact: (x, a, b) => exact(oracle.beta(x!, a!, b!), () => oracle.betaUpper(x!, a!, b!)),
      unit: orAbsolute,
      points: betaPoints(73, 2),
    });
    for (const [x, a, b] of betaPoints(74)) {
      expect(logRegularizedBetaUpper(x!, a!, b!)).toBeCloseTo(logRegularizedBeta(1 - x!, b!, a!), 6);
    }
  });

  it('is the tail of the binomial distribution', () => {
    for (const [n, p] of [
      [12, 0.3],
      [40, 0.77],
    ] as const) {
      let below = 0;
      for (let count = 0; count < n; count += 1) {
        below += exp(logBinomialMass(count, n, p));
        expect(regularizedBetaUpper(p, count + 1, n - count)).toBeCloseTo(below, 13);
        expect(regularizedBeta(p, count + 1, n - count)).toBeCloseTo(1 - below, 13);
      }
    }
  });

  it('takes no longer, and stays consistent, for huge parameters', () => {
    for (const size of [1e6, 1e12, 1e15]) {
      expect(regularizedBeta(0.5, size, size)).toBeCloseTo(0.5, 14);
      const x = 0.3 + 2 * Math.sqrt(0.21 / size);
      expect(regularizedBeta(x, 0.3 * size, 0.7 * size) + regularizedBetaUpper(x, 0.3 * size, 0.7 * size)).toBeCloseTo(1, 14);
    }
    // Two standard deviations above the mean of nearly a normal variable.
    expect(regularizedBetaUpper(0.5 + 1e-6, 5e11, 5e11)).toBeCloseTo(0.022750131948179, 9);
  });

  it('is defined at its edges', () => {
    expect([regularizedBeta(0, 2, 3), regularizedBeta(1, 2, 3), regularizedBeta(0.3, 0, 1), regularizedBeta(0.3, 1, 0)]).toEqual([
      0, 1, 1, 0,
    ]);
    expect([regularizedBeta(0.3, 1, Infinity), regularizedBeta(0.3, Infinity, 1)]).toEqual([1, 0]);
    expect([regularizedBetaUpper(0, 2, 3), logRegularizedBeta(0, 2, 3), logRegularizedBetaUpper(0, 2, 3)]).toEqual([1, -Infinity, 0]);
    for (const [x, a, b] of [
      [-0.1, 1, 1],
      [1.1, 1, 1],
      [NaN, 1, 1],
      [0.5, -1, 1],
      [0.5, 1, NaN],
      [0.5, 0, 0],
      [0.5, Infinity, Infinity],
    ] as const) {
      for (const f of [regularizedBeta, regularizedBetaUpper, logRegularizedBeta, logRegularizedBetaUpper]) expect(f(x, a, b)).toBeNaN();
    }
  });

  it('the inverse inverts it, as far as one ulp of the result allows', () => {
    const points = new Points(75);
    const cases = [
      ...points.list(300, (p) => [p.uniform(0, 1), p.logUniform(-1.5, 5), p.logUniform(-1.5, 5)]),
      ...points.list(100, (p) => [p.logUniform(-200, 0), p.logUniform(0, 4), p.logUniform(0, 4)]),
    ];
    let worst = 0;
    for (const [p, a, b] of cases) {
      const x = regularizedBetaInverse(p!, a!, b!);
      if (x < 1e-290 || x === 1) continue;
      const target = p! <= 0.5 ? log(p!) : log1p(-p!);
      const value = (at: number): number => (p! <= 0.5 ? logRegularizedBeta(at, a!, b!) : logRegularizedBetaUpper(at, a!, b!));
      const step = Math.abs(value(stepFrom(x, x > 0.5 ? -8 : 8)) - value(x)) / 8;
      worst = Math.max(worst, Math.abs(value(x) - target) / Math.max(2 ** -53, 2 ** -53 * -target, step));
    }
    expect(worst).toBeLessThanOrEqual(24);
    expect(worst).toBeGreaterThan(1);
    expect(regularizedBetaInverse(1e-300, 2, 3)).toBeCloseTo(4.082482904638696e-151, 163);
  });

  it('the inverse is defined at its edges', () => {
    expect([regularizedBetaInverse(0, 2, 3), regularizedBetaInverse(1, 2, 3), regularizedBetaInverse(0.5, 3, 3)]).toEqual([
      0,
      1,
      expect.closeTo(0.5, 15),
    ]);
    expect([regularizedBetaInverse(0.5, 0, 1), regularizedBetaInverse(-1, 1, 1), regularizedBetaInverse(0.5, 1, NaN)]).toEqual([
      NaN,
      NaN,
      NaN,
    ]);
  });
});
