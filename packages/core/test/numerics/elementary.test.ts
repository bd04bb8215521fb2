import { describe, expect, it } from 'vitest';
import * as numerics from '../../src/numerics/elementary.ts';
import { expectWithin } from './measure.ts';
import * as oracle from './oracle.ts';
import { Points } from './points.ts';
import { stepFrom, ulpDistance, ulpError } from './ulp.ts';

/** The arithmetic at high precision takes its time on a busy machine. */
const patience = { timeout: 60_000 };

const {
  exp,
  expit,
  expm1,
  expMinusLinear,
  expOrdinary,
  log,
  log1mexp,
  log1p,
  log1pexp,
  log1pMinusLinear,
  log2,
  logExtended,
  logit,
  logOrdinary,
} = numerics;

const one = (values: readonly number[]): (readonly number[])[] => values.map((value) => [value]);
const around = (values: readonly number[]): (readonly number[])[] =>
  values.flatMap((value) => [-2, -1, 0, 1, 2].map((steps) => [stepFrom(value, steps)]));

/** Points where the reduced argument of exp is near its bounds: the half-way points between multiples of ln 2. */
const halfways = [-1000, -600, -37, -3, -2, -1, 0, 1, 2, 17, 500, 1020].map((k) => (k + 0.5) * Math.LN2);

describe('the meter', patience, () => {
  it('counts steps between numbers, across zero and binades', () => {
    expect(ulpDistance(1, 1 + Number.EPSILON)).toBe(1);
    expect(ulpDistance(-5e-324, 5e-324)).toBe(2);
    expect(ulpDistance(0, -0)).toBe(0);
    expect(ulpDistance(1, NaN)).toBe(Infinity);
    expect(stepFrom(-5e-324, 2)).toBe(5e-324);
    expect(stepFrom(1, -1)).toBe(1 - Number.EPSILON / 2);
  });

  it('measures errors against the exact value, not its rounding', () => {
    expect(ulpError(1, new oracle.D('1.0000000000000001'))).toBeCloseTo(0.45, 2);
    expect(ulpError(Infinity, new oracle.D(1))).toBe(Infinity);
  });
});

describe('exp', patience, () => {
  it('is within 0.7 ulp where the result is normal', () => {
    const points = new Points(1);
    expectWithin(0.7, {
      approximate: exp,
      exact: oracle.exp,
      points: [
        ...points.list(300, (p) => p.uniform(-708, 709)),
        ...points.list(400, (p) => p.uniform(-2, 2)),
        ...points.list(100, (p) => p.near(0)),
        ...around(halfways.filter((x) => x > -708 && x < 709)),
        ...one([709.782712893384, -708.39, 709.5]),
        // The worst of four million.
        ...one([-4.496708843149921, -78.67164924170835]),
      ],
    });
  });

  it('is within 1 unit of 2^-1074 where the result is subnormal', () => {
    const points = new Points(2).list(150, (p) => p.uniform(-746, -708.5));
    expectWithin(1, { approximate: exp, exact: oracle.exp, points });
  });

  it('has exact values at its special points', () => {
    expect([0, -0, -Infinity, Infinity, 709.79, -745.14].map(exp)).toEqual([1, 1, 0, Infinity, Infinity, 0]);
    expect(exp(NaN)).toBeNaN();
  });

  it('falls by at most one step between neighbours in a sample', () => {
    let deepest = 0;
    for (const [x] of new Points(3).list(20000, (p) => p.uniform(-40, 40))) {
      const [here, next] = [exp(x!), exp(stepFrom(x!, 1))];
      if (next < here) deepest = Math.max(deepest, ulpDistance(here, next));
    }
    expect(deepest).toBeLessThanOrEqual(1);
  });
});

describe('log', patience, () => {
  it('is within 0.7 ulp everywhere, subnormal arguments included', () => {
    const points = new Points(4);
    expectWithin(0.7, {
      approximate: log,
      exact: oracle.log,
      points: [
        ...points.list(300, (p) => p.logUniform(-323, 308)),
        ...points.list(300, (p) => p.uniform(0.4, 3)),
        ...points.list(150, (p) => p.near(1)),
        ...around([Math.SQRT1_2, Math.SQRT2, 1.25905, 2, 0.5, 2.2250738585072014e-308]),
        ...one([5e-324, Number.MAX_VALUE, 1e-310]),
        // The worst of four million.
        ...one([0.705425336954839, 1.399104618127937]),
      ],
    });
  });

  it('has exact values at its special points', () => {
    expect([1, 0, -0, Infinity].map(log)).toEqual([0, -Infinity, -Infinity, Infinity]);
    expect(Object.is(log(1), 0)).toBe(true);
    expect([-1, -Infinity, NaN, -5e-324].map(log)).toEqual([NaN, NaN, NaN, NaN]);
  });

  it('is, in two parts, within 2^-57 and within 2^-55 |log x|', () => {
    const low = new Float64Array(1);
    const points = new Points(5);
    for (const [x] of [...points.list(200, (p) => p.logUniform(-320, 308)), ...points.list(200, (p) => p.uniform(0.5, 2))]) {
      const high = logExtended(x!, low);
      const exact = oracle.log(x!);
      const error = exact.minus(oracle.real(high)).minus(oracle.real(low[0]!)).abs().toNumber();
      expect(error).toBeLessThanOrEqual(Math.min(2 ** -57, 2 ** -55 * Math.abs(exact.toNumber())));
      expect(Math.abs(low[0]!)).toBeLessThanOrEqual(0.03 + Number.EPSILON * Math.abs(high));
    }
    for (const x of [0, -1, Infinity, NaN]) {
      low[0] = 1;
      expect(logExtended(x, low)).toBe(log(x));
      expect(low[0]).toBe(0);
    }
    const largest = oracle.log(Number.MAX_VALUE).minus(oracle.real(logExtended(Number.MAX_VALUE, low)));
    expect(largest.minus(oracle.real(low[0]!)).abs().toNumber()).toBeLessThanOrEqual(2 ** -57);
  });
});

describe('the scalar cores', patience, () => {
  it('agree bit for bit with exp and log on their ranges', () => {
    const exponents = [...new Points(6).list(5000, (p) => p.uniform(-708, 709)), [-708], [709]];
    expect(exponents.filter(([x]) => expOrdinary(x!) !== exp(x!))).toEqual([]);
    const positive = [...new Points(7).list(5000, (p) => p.logUniform(-307, 308)), [2.2250738585072014e-308], [Number.MAX_VALUE]];
    expect(positive.filter(([x]) => logOrdinary(x!) !== log(x!))).toEqual([]);
  });

  it('give the same bits on every engine', () => {
    // FNV-1a over the bytes of 40,000 results; the number was recorded once and must never change.
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    let hash = 0x811c9dc5;
    const add = (value: number): void => {
      view.setFloat64(0, value);
      for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    };
    // Sums of powers of two only, so that the points themselves are the same everywhere.
    const points = new Points(8);
    for (let count = 0; count < 10000; count += 1) {
      add(exp(points.uniform(-750, 720)));
      add(log(points.uniform(0, 8)));
      add(log1p(points.uniform(-1, 3)));
      add(expm1(points.uniform(-3, 3)));
    }
    expect(hash.toString(16)).toBe('bf233a87');
  });
});

describe('what follows from exp and log', patience, () => {
  const points = new Points(9);
  const small = points.list(150, (p) => p.near(0, 0.5, -20));
  const symmetric = [...points.list(200, (p) => p.uniform(-3, 3)), ...points.list(60, (p) => p.uniform(-45, 45)), ...small];
  const negative = points.list(300, (p) => -p.logUniform(-17, 3));
  const probabilities = [
    ...points.list(150, (p) => p.uniform(0, 1)),
    ...points.list(60, (p) => p.near(0.5)),
    ...points.list(60, (p) => p.logUniform(-300, 0)),
    ...points.list(60, (p) => 1 - p.logUniform(-15, -1)),
    ...around([0.25, 0.75]),
  ];

  it('expm1 is within 1.2 ulp', () => {
    expectWithin(1.2, {
      approximate: expm1,
      exact: oracle.expm1,
      points: [...symmetric, ...around([0.3466, -0.3466]), [0.35103928771977505]],
    });
    expect([expm1(0), expm1(-0), expm1(-Infinity), expm1(Infinity), expm1(-50), expm1(710)]).toEqual([0, -0, -1, Infinity, -1, Infinity]);
    expect(expm1(NaN)).toBeNaN();
  });

  it('log1p is within 0.7 ulp', () => {
    const wide = points.list(100, (p) => p.logUniform(0, 300));
    const below = points.list(200, (p) => p.uniform(-1, 3));
    // Below a power of two, x - x^2/2 lies beyond it and rounds.
    const beyond = points.list(200, (p) => p.uniform(-0.25, -0.2235));
    expectWithin(0.7, {
      approximate: log1p,
      exact: oracle.log1p,
      points: [...small, ...wide, ...below, ...beyond, ...around([-0.2929, 0.4142]), [0.3988512894959496]],
    });
    expect([log1p(0), log1p(-0), log1p(-1), log1p(Infinity)]).toEqual([0, -0, -Infinity, Infinity]);
    expect([log1p(-1.5), log1p(NaN)]).toEqual([NaN, NaN]);
  });

  it('log2 is within 1.5 ulp, and exact at powers of two', () => {
    const near = points.list(200, (p) => p.near(1));
    expectWithin(1.5, { approximate: log2, exact: oracle.log2, points: [...near, ...points.list(200, (p) => p.logUniform(-320, 308))] });
    for (let power = 2 ** -1074, exponent = -1074; exponent <= 1023; exponent += 1, power *= 2) expect(log2(power)).toBe(exponent);
    expect([log2(0), log2(Infinity), log2(Number.MAX_VALUE)]).toEqual([-Infinity, Infinity, 1024]);
    expect([log2(-1), log2(NaN)]).toEqual([NaN, NaN]);
  });

  it('log1mexp is within 1.5 ulp', () => {
    expectWithin(1.5, {
      approximate: log1mexp,
      exact: oracle.log1mexp,
      points: [...negative, ...around([-Math.LN2]), [-0.9936885019547794]],
    });
    expect([log1mexp(0), log1mexp(-Infinity)]).toEqual([-Infinity, -0]);
    expect(log1mexp(1)).toBeNaN();
  });

  it('log1pexp is within 1.5 ulp', () => {
    expectWithin(1.5, { approximate: log1pexp, exact: oracle.log1pexp, points: [...symmetric, ...negative, [0.0007213419236992754]] });
    expect([log1pexp(-Infinity), log1pexp(Infinity), log1pexp(1000)]).toEqual([0, Infinity, 1000]);
    expect(log1pexp(NaN)).toBeNaN();
  });

  it('expit is within 2.5 ulp, in both tails relative to the value', () => {
    expectWithin(2.5, { approximate: expit, exact: oracle.expit, points: [...symmetric, ...points.list(200, (p) => p.uniform(-700, 40))] });
    expect([expit(-Infinity), expit(0), expit(Infinity)]).toEqual([0, 0.5, 1]);
    // Where e^-x overflows, e^x is still a number.
    expect(expit(-720)).toBe(exp(-720));
    expect(expit(NaN)).toBeNaN();
  });

  it('logit is within 3 ulp, near 1/2 too', () => {
    expectWithin(3, { approximate: logit, exact: oracle.logit, points: probabilities });
    expect([logit(0), logit(0.5), logit(1)]).toEqual([-Infinity, 0, Infinity]);
    expect([logit(-0.1), logit(1.1), logit(NaN)]).toEqual([NaN, NaN, NaN]);
  });

  it('e^x - 1 - x is within 3 ulp', () => {
    expectWithin(3, { approximate: expMinusLinear, exact: oracle.expMinusLinear, points: [...symmetric, ...around([0.34375, -0.34375])] });
    expect([expMinusLinear(0), expMinusLinear(Infinity), expMinusLinear(-Infinity)]).toEqual([0, Infinity, Infinity]);
  });

  it('log(1 + x) - x is within 5 ulp', () => {
    const arguments_ = [...small, ...points.list(200, (p) => p.uniform(-0.99, 3)), ...around([0.375, -0.28125])];
    expectWithin(5, { approximate: log1pMinusLinear, exact: oracle.log1pMinusLinear, points: arguments_ });
    expect([log1pMinusLinear(0), log1pMinusLinear(-1), log1pMinusLinear(Infinity)]).toEqual([0, -Infinity, -Infinity]);
    expect(log1pMinusLinear(-2)).toBeNaN();
  });
});
