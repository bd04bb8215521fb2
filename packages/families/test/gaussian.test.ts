import { createRandom, fit, maximizeShared } from '@emkit/core';
import { compensatedSum } from '@emkit/core/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../src/index.ts';
import {
  atLeastOne,
  blockOf,
  type Decimal,
  exactMStep,
  exactObjective,
  expectDegenerate,
  logDensities,
  mStep,
  nothingHeld,
  reference,
  referenceOf,
  settle,
  summaryOf,
  ulps,
} from './support.ts';

const family = gaussian();
const exact = referenceOf(family);

function normals(seed: number, count: number, mean: number, deviation: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => mean + deviation * random.normal());
}

function uniforms(seed: number, count: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.uniformOpen());
}

/** Errors of an estimate: of the mean in ulps of the larger of itself and the deviation, of the variance in its own. */
function errors(
  actual: { readonly mean: number; readonly variance: number },
  expected: Readonly<Record<string, unknown>>,
): { mean: number; variance: number } {
  const mean = expected['mean'] as Decimal;
  const variance = expected['variance'] as Decimal;
  return { mean: ulps(actual.mean, mean, reference.Decimal.max(mean.abs(), variance.sqrt())), variance: ulps(actual.variance, variance) };
}

describe('the Gaussian family', () => {
  it('gives log-densities within 3 ulps of the larger of |log f| and its two terms, over the whole range of doubles', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -300, max: 300 }),
        fc.integer({ min: -12, max: 12 }),
        fc.integer({ min: -5, max: 6 }),
        fc.double({ min: 1, max: 9.9, noNaN: true }),
        fc.boolean(),
        (size, distance, far, digits, below) => {
          const variance = digits * Number(`1e${size}`);
          const deviation = Math.sqrt(variance);
          const mean = digits * Number(`1e${distance}`) * deviation;
          const x = mean + (below ? -1 : 1) * Number(`1e${far}`) * deviation;
          const parameters = exact.fromNumbers({ mean, variance });
          const [actual] = logDensities(family, { mean, variance }, blockOf([x]));
          const expected = exact.logDensity([reference.decimal(x)], parameters);
          const atCentre = exact.logDensity([reference.decimal(mean)], parameters);
          expect(ulps(actual!, expected, atLeastOne(reference.Decimal.max(expected.abs(), atCentre.abs())))).toBeLessThanOrEqual(3);
        },
      ),
      { seed: 1, numRuns: 400 },
    );
  });

  it('gives minus infinity, never NaN, for points beyond the doubles, and exact log-densities far below -1e6', () => {
    const out = logDensities(family, { mean: 0, variance: 1e-300 }, blockOf([1e200, -1.7e308, 0]));
    expect([...out.subarray(0, 2)]).toEqual([-Infinity, -Infinity]);
    expect(logDensities(family, { mean: 1.7e308, variance: 1 }, blockOf([-1.7e308]))[0]).toBe(-Infinity);
    const [far] = logDensities(family, { mean: 0, variance: 1 }, blockOf([1e150]));
    expect(far).toBe(-0.5 * (1e150 * 1e150));
  });

  it('estimates the mean and the variance with divisor N within 6 ulps, at any size of the data and 1e12 deviations from 0', () => {
    const worst = { mean: 0, variance: 0 };
    for (const [seed, [deviation, mean]] of (
      [
        [1, 0],
        [1, 5],
        [1, 1e8],
        [1, 1e12],
        [1e-150, 1e-150],
        [1e150, -1e150],
        [1e-150, 1e-142],
        [1e-8, 1],
      ] as const
    ).entries()) {
      const x = normals(seed, 301, mean, deviation);
      const responsibilities = uniforms(seed + 100, 301);
      const about = family.locate!(summaryOf([x]));
      const found = errors(mStep(family, blockOf(x), responsibilities, about), exactMStep(family, blockOf(x), responsibilities, about));
      worst.mean = Math.max(worst.mean, found.mean);
      worst.variance = Math.max(worst.variance, found.variance);
    }
    expect(worst.mean).toBeLessThanOrEqual(6);
    expect(worst.variance).toBeLessThanOrEqual(6);
  });

  it('recentres from any distance and any spread to the same estimate, in a few passes', () => {
    const x = normals(1, 200, 2, 3);
    const block = blockOf(x);
    const responsibilities = uniforms(2, 200);
    const expected = exactMStep(family, block, responsibilities, { mean: 0, variance: 1 });
    for (const mean of [2, 7, -1e3, 1e9, -1e9, 1e18, 1e100]) {
      for (const variance of [9, 1e-12, 1e300, 1e-300]) {
        const about = { mean, variance };
        const { statistics, point, passes } = settle(family, block, responsibilities, about);
        const count = compensatedSum(responsibilities);
        const found = errors(family.maximize(statistics, count, point, nothingHeld), expected);
        expect(found.mean).toBeLessThanOrEqual(8);
        expect(found.variance).toBeLessThanOrEqual(8);
        expect(passes).toBeLessThanOrEqual(4);
      }
    }
  });

  it('is content with statistics about its own estimate', () => {
    const x = normals(3, 100, 1e6, 1);
    const ones = new Array<number>(100).fill(1);
    const estimate = mStep(family, blockOf(x), ones, family.locate!(summaryOf([x])));
    expect(settle(family, blockOf(x), ones, estimate).passes).toBe(1);
  });

  it('has an estimate that no neighbour beats', () => {
    const x = normals(4, 30, -1, 2);
    const responsibilities = uniforms(5, 30);
    const best = mStep(family, blockOf(x), responsibilities, { mean: 0, variance: 1 });
    const top = exactObjective(family, blockOf(x), responsibilities, best);
    for (const step of [1e-2, -1e-2, 1e-6, -1e-6]) {
      expect(exactObjective(family, blockOf(x), responsibilities, { ...best, mean: best.mean + step }).lt(top)).toBe(true);
      expect(exactObjective(family, blockOf(x), responsibilities, { ...best, variance: best.variance * (1 + step) }).lt(top)).toBe(true);
    }
  });

  it('keeps a held parameter to the bit and maximises over the other, however far away the held one lies', () => {
    const x = normals(6, 80, 3, 0.5);
    const responsibilities = uniforms(7, 80);
    for (const about of [
      { mean: 2.9, variance: 0.3 },
      { mean: -1e9, variance: 1e-20 },
      { mean: 1e3, variance: 1e20 },
    ]) {
      for (const name of ['mean', 'variance'] as const) {
        const held = new Set([name]);
        const actual = mStep(family, blockOf(x), responsibilities, about, held);
        expect(actual[name]).toBe(about[name]);
        const found = errors(actual, exactMStep(family, blockOf(x), responsibilities, about, held));
        expect(found.mean).toBeLessThanOrEqual(6);
        expect(found.variance).toBeLessThanOrEqual(6);
      }
    }
  });

  it('pools the tied variance over components by their counts, about points of different spread', () => {
    const tied = gaussian({ covariance: 'tied' });
    const tiedExact = referenceOf(tied);
    expect(tied.shared).toEqual(['variance']);
    const x = normals(8, 90, 1, 2);
    const responsibilities = [uniforms(9, 90), uniforms(10, 90).map((value) => 1e-3 * value), uniforms(11, 90)];
    const about = [
      { mean: 0, variance: 1 },
      { mean: 1e10, variance: 1e-8 },
      { mean: 1, variance: 1e8 },
    ];
    const shared = new Set(['variance']);
    for (const held of [
      [nothingHeld, nothingHeld, nothingHeld],
      [nothingHeld, nothingHeld, new Set(['mean'])],
    ]) {
      const settled = about.map((point, j) => settle(tied, blockOf(x), responsibilities[j]!, point, held[j]!));
      const counts = responsibilities.map((values) => compensatedSum(values));
      const actual = maximizeShared(
        tied,
        settled.map(({ statistics }) => statistics),
        counts,
        settled.map(({ point }) => point),
        shared,
        held,
      );
      const expected = tiedExact.maximizeShared(
        x.map((value) => [reference.decimal(value)]),
        responsibilities.map((values) => values.map((value) => reference.decimal(value))),
        about.map((point) => tiedExact.fromNumbers(point)),
        shared,
        held,
      );
      actual.forEach((parameters, j) => {
        expect(parameters.variance).toBe(actual[0]!.variance);
        const found = errors(parameters, expected[j]!);
        expect(found.mean).toBeLessThanOrEqual(8);
        expect(found.variance).toBeLessThanOrEqual(8);
      });
    }
    const kept = maximizeShared(
      tied,
      [Float64Array.of(1, 5), Float64Array.of(0, 5)],
      [2, 2],
      [
        { mean: 0, variance: 1 },
        { mean: 3, variance: 1 },
      ],
      shared,
      [shared, shared],
    );
    expect(kept).toEqual([
      { mean: 0.5, variance: 1 },
      { mean: 3, variance: 1 },
    ]);
  });

  it('has no estimate on one point, on equal points, or on points that differ by their rounding, in any units', () => {
    for (const size of [1, 1e-140, 1e140, 3e5]) {
      for (const about of [
        { mean: 0, variance: 1 },
        { mean: size, variance: size * size },
        { mean: 0.1 * size, variance: size * size * 1e-30 },
      ]) {
        expectDegenerate('variance', () => mStep(family, blockOf([0.1 * size]), [0.7], about));
        expectDegenerate('variance', () =>
          mStep(family, blockOf(new Array<number>(9).fill(0.1 * size)), new Array<number>(9).fill(0.3), about),
        );
        const nearly = [0.1 * size, 0.1 * size * (1 + Number.EPSILON), 0.1 * size * (1 - Number.EPSILON)];
        expectDegenerate('variance', () => mStep(family, blockOf(nearly), [1, 1, 1], about));
      }
    }
    expectDegenerate('variance', () => mStep(family, blockOf([0, 0, 0]), [1, 1, 1], { mean: 0, variance: 1 }));
  });

  it('takes values a hundred roundings apart for what they are', () => {
    const x = [1e6, 1e6 + 1e-8, 1e6 - 1e-8, 1e6 + 3e-8];
    const about = family.locate!(summaryOf([x]));
    const found = errors(mStep(family, blockOf(x), [1, 1, 1, 1], about), exactMStep(family, blockOf(x), [1, 1, 1, 1], about));
    expect(found.variance).toBeLessThanOrEqual(6);
  });

  it('advises a change of units where the variance is no double', () => {
    for (const [size, advice] of [
      [1e-300, /multiply/],
      [1e200, /divide/],
      [1e308, /divide/],
    ] as const) {
      const x = [size, -size, 0.5 * size, 0.25 * size];
      for (const about of [family.locate!(summaryOf([x])), { mean: 0, variance: 1 }]) {
        expect(expectDegenerate('variance', () => mStep(family, blockOf(x), [1, 1, 1, 1], about)).message).toMatch(advice);
      }
    }
  });

  it('locates the mean and variance of the whole data, case weights counted, in any units', () => {
    expect(family.locate!(summaryOf([[1, 3]], [3, 1]))).toEqual({ mean: 1.5, variance: 0.75 });
    const huge = family.locate!(summaryOf([[1.6e308, 1.7e308, -1.6e308]]));
    expect(huge.mean / 1e307).toBeCloseTo(170 / 30, 12);
    expect(huge.variance).toBe(Number.MAX_VALUE);
    expect(family.locate!(summaryOf([[5, 5]])).variance).toBeGreaterThan(0);
    expect(family.locate!(summaryOf([[0, 0]]))).toEqual({ mean: 0, variance: 1 });
  });

  it('has the parameters of shifted data', () => {
    const x = normals(21, 32, 2, 1);
    const responsibilities = uniforms(22, 32);
    const moved = mStep(family, blockOf(x.map((value) => Math.round(value * 1024) / 1024 - 4096)), responsibilities, {
      mean: -4094,
      variance: 1,
    });
    const there = mStep(family, blockOf(x.map((value) => Math.round(value * 1024) / 1024)), responsibilities, { mean: 2, variance: 1 });
    const shifted = family.shift!(moved, [4096]);
    expect(shifted.variance).toBe(moved.variance);
    expect(Math.abs(shifted.mean - there.mean)).toBeLessThanOrEqual(4096 * Number.EPSILON);
    expect(family.shift!({ mean: 1, variance: 2 }, [-3])).toEqual({ mean: -2, variance: 2 });
  });

  it('draws samples that a Kolmogorov-Smirnov test accepts (false-alarm rate 1e-6)', () => {
    const n = 4000;
    const random = createRandom(12);
    const row = new Float64Array(1);
    const parameters = { mean: -3, variance: 4 };
    const draws = Float64Array.from({ length: n }, () => {
      family.sample!(parameters, random, row);
      return row[0]!;
    }).sort();
    let largest = 0;
    draws.forEach((x, i) => {
      const p = family.cdf!(x, parameters);
      largest = Math.max(largest, (i + 1) / n - p, p - i / n);
    });
    // 2 exp(-2 n D^2) = 1e-6
    expect(largest).toBeLessThan(Math.sqrt(Math.log(2e6) / (2 * n)));
  });

  it('has a cdf and a quantile that keep their digits in the lower tail', () => {
    const parameters = { mean: 3, variance: 4 };
    const exactParameters = exact.fromNumbers(parameters);
    let worst = { cdf: 0, quantile: 0 };
    for (const x of [3, 2.9, 1, -1, -5, -17, 4, 9, 20]) {
      const z = Math.abs(x - 3) / 2;
      // The tail magnifies the rounding of z by z^2.
      worst = {
        ...worst,
        cdf: Math.max(worst.cdf, ulps(family.cdf!(x, parameters), exact.cdf!(reference.decimal(x), exactParameters)) / (1 + z * z)),
      };
    }
    for (const probability of [1e-20, 0.3, 0.5, 0.9]) {
      const expected = exact.quantile!(reference.decimal(probability), exactParameters);
      worst = {
        ...worst,
        quantile: Math.max(
          worst.quantile,
          ulps(family.quantile!(probability, parameters), expected, reference.Decimal.max(3, expected.abs())),
        ),
      };
    }
    expect(worst.cdf).toBeLessThanOrEqual(3);
    expect(worst.quantile).toBeLessThanOrEqual(3);
    expect(family.quantile!(0, parameters)).toBe(-Infinity);
    expect(family.quantile!(1, parameters)).toBe(Infinity);
  });

  it('follows a change of units by powers of two to the bit, and of origin to rounding', () => {
    const x = normals(13, 64, 2, 1);
    const responsibilities = uniforms(14, 64);
    const about = { mean: 2, variance: 1 };
    const estimate = mStep(family, blockOf(x), responsibilities, about);
    for (const scale of [2 ** 500, 2 ** -500, 8]) {
      const scaled = mStep(
        family,
        blockOf(x.map((value) => value * scale)),
        responsibilities,
        family.equivariance!.transform(about, [scale], [0]),
      );
      expect(scaled).toEqual(family.equivariance!.transform(estimate, [scale], [0]));
    }
    const grid = x.map((value) => Math.round(value * 1024) / 1024);
    const onGrid = mStep(family, blockOf(grid), responsibilities, about);
    const shifted = mStep(
      family,
      blockOf(grid.map((value) => value + 2 ** 40)),
      responsibilities,
      family.equivariance!.transform(about, [1], [2 ** 40]),
    );
    expect(shifted.variance).toBe(onGrid.variance);
    expect(shifted.mean).toBe(onGrid.mean + 2 ** 40);
  });

  it('has the natural form: eta . T - A is the log-density, and the parameters come back', () => {
    const form = family.exponentialForm!;
    const parameters = { mean: 3, variance: 4 };
    const natural = form.naturalParameters(parameters);
    expect(natural).toEqual([0.75, -0.125]);
    expect(form.fromNatural(natural)).toEqual(parameters);
    const [first, second] = form.sufficientStatistics(Float64Array.of(0.5));
    expect(natural[0]! * first! + natural[1]! * second! - form.logPartition(natural)).toBeCloseTo(
      logDensities(family, parameters, blockOf([0.5]))[0]!,
      14,
    );
  });

  it('has scores that are the differences of the log-density in mean and log variance', () => {
    const parameters = { mean: 3, variance: 4 };
    const x = [3, 4.5, -2];
    const out = new Float64Array(6);
    family.scores!(blockOf(x), parameters, out);
    const step = 1e-5;
    const slope = (up: typeof parameters, down: typeof parameters) => {
      const above = logDensities(family, up, blockOf(x));
      const below = logDensities(family, down, blockOf(x));
      return [...above].map((value, i) => (value - below[i]!) / (2 * step));
    };
    const byMean = slope({ ...parameters, mean: 3 + step }, { ...parameters, mean: 3 - step });
    const byLogVariance = slope({ ...parameters, variance: 4 * Math.exp(step) }, { ...parameters, variance: 4 * Math.exp(-step) });
    x.forEach((_, i) => {
      expect(out[2 * i]).toBeCloseTo(byMean[i]!, 8);
      expect(out[2 * i + 1]).toBeCloseTo(byLogVariance[i]!, 8);
    });
  });
});

describe('a long way to the optimum', () => {
  it('takes several of Newton’s steps with one derivative of the EM map: it costs a pass for each coordinate', () => {
    // Three groups that overlap: Anderson's steps alone have not arrived when derivatives are first asked for, at pass 50.
    const random = createRandom(4);
    const x = Float64Array.from({ length: 2000 }, () => {
      const uniform = random.uniform();
      const group = uniform < 0.2 ? 0 : uniform < 0.6 ? 1 : 2;
      return random.normal() * (1 + group / 2) + 2 * group;
    });
    const components = [-1, 2, 5].map((mean) => ({ mean, variance: 2 }));
    const options = { family, components: 3, tolerance: 1e-8 } as const;
    const result = fit(x, { ...options, start: { weights: [0.3, 0.3, 0.4], components } });
    expect(result.diagnosis).toMatchObject({ kind: 'converged', rule: 'distance' });
    expect(result.evaluations).toBeLessThan(200);
    const next = fit(x, { ...options, start: result.model.parameters, accelerate: false, iterations: 1 });
    result.components.forEach((component, index) => {
      expect(Math.abs(next.components[index]!.mean - component.mean)).toBeLessThan(1e-9);
      expect(Math.abs(next.components[index]!.variance - component.variance)).toBeLessThan(1e-9);
    });
  });
});
