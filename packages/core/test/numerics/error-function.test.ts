import { describe, expect, it } from 'vitest';
import { erf, erfc, erfcx, logNormalCdf, normalCdf, normalQuantile } from '../../src/numerics/error-function.ts';
import { expectWithin } from './measure.ts';
import * as oracle from './oracle.ts';
import { Points } from './points.ts';
import { stepFrom, ulpDistance } from './ulp.ts';

/** The arithmetic at high precision takes its time on a busy machine. */
const patience = { timeout: 60_000 };

const around = (values: readonly number[]) => values.flatMap((value) => [-1, 0, 1].map((steps) => [stepFrom(value, steps)]));
const specials = [-Infinity, Infinity, NaN];

describe('the error function', patience, () => {
  const points = new Points(51);
  const middle = points.list(200, (p) => p.uniform(-4, 4));
  const small = points.list(60, (p) => p.near(0, 0.5, -15));
  const joints = around([0.5, 1, 3, -0.5, -1]);

  it('erf is within 1 ulp', () => {
    expectWithin(1, { approximate: erf, exact: oracle.erf, points: [...middle, ...small, ...joints] });
    expect([...specials, 0, -0].map(erf)).toEqual([-1, 1, NaN, 0, -0]);
    for (const [x] of middle) expect(erf(-x!)).toBe(-erf(x!));
  });

  it('erfc is within 3.5 ulp of its value, in the tail too', () => {
    const tail = points.list(120, (p) => p.uniform(0.5, 26.5));
    expectWithin(3.5, { approximate: erfc, exact: oracle.erfc, points: [...middle, ...small, ...tail, ...joints, [1.8014312174845584]] });
    expect(specials.map(erfc)).toEqual([2, 0, NaN]);
    expect([erfc(0), erfc(30)]).toEqual([1, 0]);
  });

  it('erfcx is within 3 ulp, without underflow', () => {
    const tail = points.list(100, (p) => p.logUniform(0, 10));
    const below = points.list(50, (p) => p.uniform(-26, 0));
    expectWithin(3, { approximate: erfcx, exact: oracle.erfcx, points: [...middle, ...tail, ...below, ...joints, [2.172137009046362]] });
    expect(specials.map(erfcx)).toEqual([Infinity, 0, NaN]);
    expect([erfcx(0), erfcx(-0), erfcx(-27.5)]).toEqual([1, 1, Infinity]);
    // It overflows at -26.63 and e^(x^2) at -26.642; from there on the result is Infinity, never NaN.
    for (const [x] of points.list(200, (p) => p.uniform(-28, -26.63))) expect(erfcx(x!)).toBe(Infinity);
    expect(erfcx(-27)).toBe(Infinity);
    expect(ulpDistance(erfcx(1e300), 5.641895835477563e-301)).toBeLessThanOrEqual(1);
  });
});

describe('the normal distribution', patience, () => {
  const points = new Points(52);
  const middle = points.list(200, (p) => p.uniform(-5, 5));
  const joints = around([0.7, -0.7, -1, 1]);

  it('the distribution function is within 4 ulp, in the lower tail relative to the value', () => {
    const tail = points.list(100, (p) => p.uniform(-37.5, 0));
    expectWithin(4, { approximate: normalCdf, exact: oracle.normalCdf, points: [...middle, ...tail, ...joints, [-3.494492351407362]] });
    expect(specials.map(normalCdf)).toEqual([0, 1, NaN]);
    expect(normalCdf(0)).toBe(0.5);
  });

  it('its logarithm is within 5 ulp, without underflow', () => {
    const tail = [...points.list(80, (p) => -p.logUniform(0, 4)), ...points.list(60, (p) => p.uniform(0, 37))];
    expectWithin(5, {
      approximate: logNormalCdf,
      exact: oracle.logNormalCdf,
      points: [...middle, ...tail, ...joints, [3.703145445251314]],
    });
    expect(specials.map(logNormalCdf)).toEqual([-Infinity, 0, NaN]);
    expect(logNormalCdf(-1e160)).toBe(-Infinity);
  });

  it('the quantile is within 2 ulp', () => {
    const probabilities = [
      ...points.list(150, (p) => p.uniform(0, 1)),
      ...points.list(80, (p) => p.logUniform(-307, -1)),
      ...points.list(50, (p) => 1 - p.logUniform(-15, -1)),
      ...points.list(50, (p) => p.near(0.5)),
      ...around([0.075, 0.925]),
      [5e-324],
    ];
    // One Newton step from the result, at high precision, gives the quantile to twice the digits, once it has some.
    const exact = (probability: number | undefined) => {
      const x = oracle.real(normalQuantile(probability!));
      const correction = oracle.normalCdf(x).minus(oracle.real(probability!)).div(oracle.normalDensity(x));
      expect(correction.abs().toNumber(), `at ${probability}`).toBeLessThan(1e-14 * (1 + x.abs().toNumber()));
      return x.minus(correction);
    };
    expectWithin(2, { approximate: normalQuantile, exact, points: probabilities });
  });

  it('the quantile is antisymmetric and defined at its edges', () => {
    for (const [p] of points.list(200, (q) => q.uniform(0, 1))) expect(normalQuantile(1 - p!)).toBe(-normalQuantile(1 - (1 - p!)));
    expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
    expect([normalQuantile(-0.1), normalQuantile(1.1), normalQuantile(NaN)]).toEqual([NaN, NaN, NaN]);
  });
});
