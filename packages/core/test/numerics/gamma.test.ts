import { describe, expect, it } from 'vitest';
import {
  digamma,
  digammaInverse,
  logFactorial,
  logGamma,
  logGamma1p,
  logMinusDigamma,
  stirlingError,
  trigamma,
} from '../../src/numerics/gamma.ts';
import { expectWithin } from './measure.ts';
import * as oracle from './oracle.ts';
import { Points } from './points.ts';
import { stepFrom } from './ulp.ts';

/** The arithmetic at high precision takes its time on a busy machine. */
const patience = { timeout: 60_000 };

const DIGAMMA_ZERO = 1.4616321449683622;

/** The joints between approximations, from both sides. */
const joints = [0.5, 1, 1.25, 1.75, 2, 2.5, 8, 15, 16].flatMap((x) => [[stepFrom(x, -1)], [x], [stepFrom(x, 1)]]);

function positive(seed: number, count = 1): (readonly number[])[] {
  const points = new Points(seed);
  return [
    ...points.list(150 * count, (p) => p.uniform(0, 3)),
    ...points.list(60 * count, (p) => p.uniform(2.5, 20)),
    ...points.list(60 * count, (p) => p.logUniform(-20, 25)),
    ...joints,
  ];
}

/** Points at every distance from the zeros of logGamma and of digamma. */
function nearZeros(seed: number): (readonly number[])[] {
  const points = new Points(seed);
  return [1, 2, DIGAMMA_ZERO].flatMap((zero) => points.list(40, (p) => p.near(zero, 0.3)));
}

describe('logGamma', patience, () => {
  it('is within 2.5 ulp, also near its zeros', () => {
    const points = [...positive(21), ...nearZeros(22), [2.42488702662678]].filter(([x]) => x !== 1 && x !== 2);
    expectWithin(2.5, { approximate: logGamma, exact: oracle.logGamma, points });
    expect([Math.abs(logGamma(1)), Math.abs(logGamma(2))]).toEqual([0, 0]);
  });

  it('is infinite or undefined at its edges', () => {
    expect([0, Infinity, 1e306].map(logGamma)).toEqual([Infinity, Infinity, Infinity]);
    expect([-1, -0.5, NaN].map(logGamma)).toEqual([NaN, NaN, NaN]);
    expect(logGamma(2.5e305)).toBeLessThan(Infinity);
  });

  it('keeps the digits of its argument near 0 when given as log Gamma(1 + t)', () => {
    const points = new Points(23);
    expectWithin(2, {
      approximate: logGamma1p,
      exact: (t) => oracle.logGamma(oracle.real(t!).plus(1)),
      points: [...points.list(200, (p) => p.uniform(-0.5, 1.5)), ...points.list(80, (p) => p.near(0, 0.4, -9)), [-0.41954940175023947]],
    });
    expect(logGamma1p(1e-300)).toBe(-5.772156649015329e-301);
    expect([logGamma1p(5), logGamma1p(1.6), logGamma1p(-0.75)]).toEqual([logGamma(6), logGamma(2.6), logGamma(0.25)]);
    expect([logGamma1p(-1), logGamma1p(-2), logGamma1p(NaN)]).toEqual([Infinity, NaN, NaN]);
  });
});

describe('logFactorial', patience, () => {
  it('is correctly rounded to 30 and within 0.6 ulp beyond', () => {
    for (let n = 0; n <= 30; n += 1) {
      const exact = oracle.logGamma(n + 1).toDecimalPlaces(35);
      expect(logFactorial(n)).toBe(exact.isZero() ? 0 : exact.toNumber());
    }
    const points = new Points(24).list(150, (p) => Math.floor(p.logUniform(1.5, 15)));
    expectWithin(0.6, { approximate: logFactorial, exact: (n) => oracle.logGamma(oracle.real(n!).plus(1)), points });
  });

  it('refuses what is not a whole number', () => {
    expect([-1, 0.5, NaN, -Infinity].map(logFactorial)).toEqual([NaN, NaN, NaN, NaN]);
    expect(logFactorial(Infinity)).toBe(Infinity);
  });
});

describe("Stirling's correction", patience, () => {
  it('is within 2 ulp', () => {
    expectWithin(2, { approximate: stirlingError, exact: oracle.stirlingError, points: positive(25, 2) });
  });

  it('is correctly rounded at small whole numbers', () => {
    for (let n = 1; n <= 15; n += 1) expect(stirlingError(n)).toBe(oracle.stirlingError(n).toNumber());
  });

  it('falls from Infinity to 0', () => {
    expect([stirlingError(0), stirlingError(Infinity)]).toEqual([Infinity, 0]);
    expect([stirlingError(-1), stirlingError(NaN)]).toEqual([NaN, NaN]);
    expect(stirlingError(1e300)).toBe(1 / 12e300);
  });
});

describe('the derivatives of logGamma', patience, () => {
  it('digamma is within 4 ulp, also near its zero', () => {
    expectWithin(4, { approximate: digamma, exact: oracle.digamma, points: [...positive(26), ...nearZeros(27), [1.461509481823268]] });
    expect([digamma(0), digamma(Infinity)]).toEqual([-Infinity, Infinity]);
    expect([digamma(-1), digamma(NaN)]).toEqual([NaN, NaN]);
  });

  it('log x - digamma x is within 3.5 ulp for small and for large x', () => {
    expectWithin(3.5, { approximate: logMinusDigamma, exact: oracle.logMinusDigamma, points: [...positive(28, 2), [0.9999999998303247]] });
    expect([logMinusDigamma(0), logMinusDigamma(Infinity)]).toEqual([Infinity, 0]);
    expect([logMinusDigamma(-1), logMinusDigamma(NaN)]).toEqual([NaN, NaN]);
  });

  it('trigamma is within 2 ulp', () => {
    expectWithin(2, { approximate: trigamma, exact: oracle.trigamma, points: positive(29, 2) });
    expect([trigamma(0), trigamma(Infinity)]).toEqual([Infinity, 0]);
    expect([trigamma(-1), trigamma(NaN)]).toEqual([NaN, NaN]);
  });

  it('digammaInverse is within 3 ulp of the root', () => {
    const points = new Points(30);
    // One Newton step from the result, at high precision, gives the root to twice the digits.
    const root = (y: number | undefined) => {
      const x = oracle.real(digammaInverse(y!));
      return x.minus(oracle.digamma(x).minus(oracle.real(y!)).div(oracle.trigamma(x)));
    };
    expectWithin(3, {
      approximate: digammaInverse,
      exact: root,
      points: [
        ...points.list(150, (p) => p.uniform(-6, 6)),
        ...points.list(50, (p) => -p.logUniform(0, 20)),
        ...points.list(50, (p) => p.uniform(6, 600)),
        ...points.list(30, (p) => p.near(0)),
      ],
    });
    expect([digammaInverse(-Infinity), digammaInverse(Infinity), digammaInverse(710)]).toEqual([0, Infinity, Infinity]);
    expect(digammaInverse(NaN)).toBeNaN();
  });

  it('sampled differences of logGamma are digamma, and of digamma trigamma', () => {
    for (const [x] of new Points(31).list(200, (p) => p.uniform(0.3, 30))) {
      const h = 1e-4 * x!;
      expect((logGamma(x! + h) - logGamma(x! - h)) / (2 * h)).toBeCloseTo(digamma(x!), 5);
      expect((digamma(x! + h) - digamma(x! - h)) / (2 * h)).toBeCloseTo(trigamma(x!), 5);
    }
  });
});
