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

/** Shape, point, P and Q, from the definitions at 45 digits, for every method: what takes long below is only for the last digits. */
const GAMMA_VALUES = [
  [0.3, 0.2, 0.6575067242697218, 0.34249327573027827],
  [0.7, 0.999, 0.7609040311180856, 0.2390959688819144],
  [0.01, 0.5, 0.9943732438060329, 0.0056267561939671844],
  [0.5, 1.5, 0.9167354833364496, 0.0832645166635504],
  [0.3, 3, 0.9935096273009015, 0.006490372699098434],
  [1, 1, 0.6321205588285577, 0.36787944117144233],
  [1, 0.25, 0.22119921692859512, 0.7788007830714049],
  [2.5, 0.5, 0.03743422675270363, 0.9625657732472964],
  [2.5, 2.5, 0.5841198130044921, 0.41588018699550794],
  [2.5, 4, 0.8437643724222776, 0.15623562757772233],
  [10, 3, 0.0011024881301154798, 0.9988975118698845],
  [10, 25, 0.9997785233617512, 0.00022147663824878357],
  [60, 40, 0.0018796285686450839, 0.9981203714313549],
  [60, 90, 0.9996747109890874, 0.0003252890109125407],
  [64, 43, 0.0016362813033534587, 0.9983637186966465],
  [64, 60, 0.31956677546431816, 0.6804332245356819],
  [64, 64, 0.5166239875038265, 0.4833760124961735],
  [64, 70, 0.7790926924588397, 0.2209073075411603],
  [64, 92, 0.9991269736922591, 0.0008730263077409193],
  [64, 93.5, 0.9994758714999499, 0.0005241285000501125],
  [100, 80, 0.017108313035133115, 0.9828916869648668],
  [100, 130, 0.9972495916326934, 0.002750408367306526],
  [300, 310, 0.7224887541718611, 0.2775112458281389],
  [1000, 900, 0.0005499022657117829, 0.9994500977342882],
  [1000, 1100, 0.99894067674607, 0.0010593232539299773],
  [64, 42, 0.0009487107150271018, 0.9990512892849729],
  [20, 0.5, 2.435465429925314e-25, 1],
  [5, 60, 1, 5.060046065842574e-21],
] as const;

/** Point, both parameters, I and 1 - I, likewise. */
const BETA_VALUES = [
  [0.3, 0.5, 0.5, 0.36901011956554536, 0.6309898804344546],
  [0.9, 0.4, 0.7, 0.9033684709954665, 0.09663152900453352],
  [0.2, 0.5, 3, 0.7334302966199311, 0.26656970338006897],
  [0.7, 3, 0.5, 0.15993052742645145, 0.8400694725735486],
  [0.5, 2, 2, 0.5, 0.5],
  [0.1, 2, 5, 0.114265, 0.8857349999999999],
  [0.6, 2, 5, 0.95904, 0.04096000000000001],
  [0.99, 8, 0.3, 0.49276522465278483, 0.5072347753472152],
  [0.3, 30, 70, 0.5116251045586091, 0.4883748954413909],
  [0.25, 30, 70, 0.13581490428342743, 0.8641850957165725],
  [0.4, 30, 70, 0.9822224303035403, 0.017777569696459713],
  [0.5, 399, 399, 0.5, 0.5],
  [0.3, 300, 800, 0.9773411974600006, 0.02265880253999937],
  [0.5, 500, 500, 0.5, 0.5],
  [0.48, 500, 500, 0.10291752730699572, 0.8970824726930043],
  [0.53, 500, 500, 0.9711916529461005, 0.028808347053899487],
  [0.35, 410, 800, 0.7944809324706417, 0.2055190675293584],
  [0.33, 410, 800, 0.25912158720884315, 0.7408784127911568],
  [0.7, 1000, 450, 0.8021988761030819, 0.19780112389691812],
  [0.001, 1.5, 200, 0.05990210981833617, 0.9400978901816638],
  [0.999, 200, 1.5, 0.9400978901816638, 0.05990210981833624],
  [0.9, 40, 2, 0.07390441470717302, 0.926095585292827],
] as const;

/** A value within some units of 2^-52 of itself or of 1, times the logarithm of the probability in question. */
const expectNear = (value: number, truth: number, probability: number, units: number, absolute = false): void => {
  const scale = absolute ? 1 : Math.abs(truth);
  expect(Math.abs(value - truth)).toBeLessThanOrEqual(units * Number.EPSILON * scale * Math.max(1, -Math.log(probability)));
};

describe('the incomplete gamma functions', patience, () => {
  it('have the values of the definition', () => {
    for (const [a, x, lower, upper] of GAMMA_VALUES) {
      expectNear(regularizedGammaP(a, x), lower, lower, 8);
      expectNear(regularizedGammaQ(a, x), upper, upper, 8);
      expectNear(logRegularizedGammaP(a, x), Math.log(lower), lower, 10, true);
      expectNear(logRegularizedGammaQ(a, x), Math.log(upper), upper, 10, true);
      if (lower < 0.99) expectNear(regularizedGammaPInverse(a, lower), x, lower, 100 / Math.min(1, a));
      if (upper < 0.99) expectNear(regularizedGammaQInverse(a, upper), x, upper, 100 / Math.min(1, a));
    }
  });

  it('keep their digits for shapes near 0, where P is nearly 1', () => {
    for (const a of [1e-3, 1e-6, 1e-12, 1e-20]) {
      for (const x of [1e-3, 0.1, 0.5, 1, 2.5]) {
        const lower = oracle.gammaP(a, x);
        const upper = new oracle.D(1).minus(lower);
        expectNear(regularizedGammaP(a, x), lower.toNumber(), 1, 8);
        expectNear(regularizedGammaQ(a, x), upper.toNumber(), upper.toNumber(), 8);
        if (x <= 1) expectNear(logRegularizedGammaP(a, x), oracle.log1p(upper.negated()).toNumber(), upper.toNumber(), 8);
        expectNear(logRegularizedGammaQ(a, x), Math.log(upper.toNumber()), 1, 8);
      }
    }
  });

  it('have quantiles right to the digits of the smaller tail', () => {
    for (const a of [0.2, 1, 2, 30, 1000]) {
      for (let power = 2; power <= 52; power += 5) {
        const small = 2 ** -power;
        const [left, right] = [regularizedGammaPInverse(a, small), regularizedGammaPInverse(a, 1 - small)];
        expect(regularizedGammaQInverse(a, 1 - small)).toBe(left);
        expect(regularizedGammaQInverse(a, small)).toBe(right);
        if (left > 1e-290) expectNear(logRegularizedGammaP(a, left), Math.log(small), small, 2 + a);
        expectNear(logRegularizedGammaQ(a, right), Math.log(small), small, 2 + right);
      }
    }
  });

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
    // No shape at all is the point 0.
    expect([regularizedGammaP(0, 0), regularizedGammaQ(0, 0), logRegularizedGammaP(0, 0), logRegularizedGammaQ(0, 0)]).toEqual([
      1,
      0,
      0,
      -Infinity,
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
  it('has the values of the definition', () => {
    for (const [x, a, b, lower, upper] of BETA_VALUES) {
      expectNear(regularizedBeta(x, a, b), lower, lower, 10);
      expectNear(regularizedBetaUpper(x, a, b), upper, upper, 10);
      expectNear(logRegularizedBeta(x, a, b), Math.log(lower), lower, 12, true);
      expectNear(logRegularizedBetaUpper(x, a, b), Math.log(upper), upper, 12, true);
      expectNear(regularizedBetaInverse(lower, a, b), x, lower, 1000);
    }
  });

  it('keeps its digits for parameters near 0, and is finite for those near the end of the doubles', () => {
    for (const small of [1e-3, 1e-8, 1e-15]) {
      for (const other of [1e-6, 0.5, 3, 40]) {
        for (const x of [0.1, 0.5, 0.9]) {
          expectNear(regularizedBeta(x, small, other), oracle.beta(x, small, other).toNumber(), 1, 10, true);
          expectNear(regularizedBetaUpper(x, other, small), oracle.betaUpper(x, other, small).toNumber(), 1, 10, true);
        }
      }
    }
    expect(regularizedBeta(0.5, 1e305, 1e305)).toBeCloseTo(0.5, 14);
  });

  it('is 1 - (1 - x)^b for a = 1, and x^a for b = 1', () => {
    for (const x of [1e-9, 0.01, 0.2, 0.5, 0.95]) {
      for (const power of [1, 2, 7.5, 300]) {
        const lower = -Math.expm1(power * Math.log1p(-x));
        expectNear(regularizedBeta(x, 1, power), lower, lower, 12);
        const upper = x ** power;
        if (upper > 1e-290) expectNear(regularizedBeta(x, power, 1), upper, upper, 12);
      }
    }
  });

  it('rises by the density from each double to the next, for huge parameters too', () => {
    const [a, b] = [1e12, 2e12];
    const density = Math.sqrt((a + b) / ((2 * Math.PI * 2) / 9));
    const values = Array.from({ length: 40 }, (_, steps) => regularizedBeta(stepFrom(1 / 3, steps), a, b));
    for (let step = 1; step < values.length; step += 1) {
      const rise = (values[step]! - values[step - 1]!) / (density * 2 ** -54);
      expect(Math.abs(rise - 1)).toBeLessThan(1e-4);
    }
  });

  it('has quantiles right to the digits of the smaller tail', () => {
    for (const [a, b] of [
      [0.5, 0.5],
      [1, 3],
      [2, 2],
      [30, 4],
      [900, 1100],
    ] as const) {
      for (let power = 2; power <= 32; power += 5) {
        const small = 2 ** -power;
        const x = regularizedBetaInverse(1 - small, a, b);
        // One unit in the last place of x is the greater part of what is left of 1.
        const unit = 1 + (b * x) / (1 - x);
        expectNear(logRegularizedBetaUpper(x, a, b), Math.log(small), small, 4 * unit, true);
        expectNear(logRegularizedBeta(regularizedBetaInverse(small, a, b), a, b), Math.log(small), small, 8 + a, true);
      }
    }
  });

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
    expect([regularizedBetaUpper(1, 2, 3), logRegularizedBeta(1, 2, 3), logRegularizedBetaUpper(1, 2, 3)]).toEqual([0, 0, -Infinity]);
    expect([regularizedBetaUpper(0.3, 0, 1), regularizedBetaUpper(0.3, 1, 0), regularizedBetaUpper(0.3, 1, Infinity)]).toEqual([0, 1, 0]);
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
    for (const [p, a, b] of [
      [0.5, 0, 1],
      [0.5, 1, 0],
      [0.5, 1, -1],
      [0.5, Infinity, 1],
      [0.5, 1, Infinity],
      [-1, 1, 1],
      [1.5, 1, 1],
      [NaN, 1, 1],
      [0.5, 1, NaN],
    ] as const) {
      expect(regularizedBetaInverse(p, a, b)).toBeNaN();
    }
  });
});
