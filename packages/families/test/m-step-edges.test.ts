import { createMixture, EmkitError, type Family, maximizeShared, type ParameterValues } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { binomial } from '../src/binomial.ts';
import { categorical } from '../src/categorical.ts';
import { exponential } from '../src/exponential.ts';
import { gamma } from '../src/gamma.ts';
import { gaussian } from '../src/gaussian.ts';
import { geometric } from '../src/geometric.ts';
import { multivariateGaussian } from '../src/multivariate-gaussian.ts';
import { poisson } from '../src/poisson.ts';
import { blockOf, nothingHeld, statisticsOf } from './support.ts';

const held = (...names: readonly string[]): ReadonlySet<string> => new Set(names);

function failureOf(action: () => unknown): EmkitError {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

/** The estimate from given statistics. */
function maximized<P extends ParameterValues>(
  family: Family<P>,
  statistics: readonly number[],
  count: number,
  about: P,
  names = nothingHeld,
): P {
  return family.maximize(Float64Array.from(statistics), count, about, names);
}

/** Why there is no estimate: which parameter has none, and the reason. */
function reasonOf(action: () => unknown): readonly unknown[] {
  const { code, details } = failureOf(action);
  return [code, details.parameter, details.reason];
}

describe('the Gaussian M-step at its edges', () => {
  const family = gaussian();
  const about = { mean: 5, variance: 1 };

  it('asks for statistics about a better mean when less than a quarter of the mean square is spread', () => {
    // 12 - 3^2 is a quarter of 12.
    expect(family.recentre!(Float64Array.of(3, 12), 1, about, nothingHeld)).toBeUndefined();
    expect(family.recentre!(Float64Array.of(3, 11.99), 1, about, nothingHeld)).toEqual({ mean: 8, variance: 1 });
    expect(family.recentre!(Float64Array.of(3, 11.99), 1, about, held('mean'))).toBeUndefined();
  });

  it('asks for a larger unit where squares overflow, unless the variance is held', () => {
    expect(family.recentre!(Float64Array.of(0, Infinity), 1, about, nothingHeld)).toEqual({ mean: 5, variance: 2 ** 1022 });
    expect(family.recentre!(Float64Array.of(0, Infinity), 1, about, held('variance'))).toBeUndefined();
  });

  it('says which number is no double, and what to do', () => {
    const far = { mean: Number.MAX_VALUE, variance: 2 ** 1000 };
    expect(reasonOf(() => maximized(family, [2 ** 523, 2 ** 1020], 1, far))).toEqual([
      'COMPONENT_DEGENERATE',
      'mean',
      'it is too large for a double: divide the column by a power of ten',
    ]);
    const small = { mean: 0, variance: 2 ** -1022 };
    expect(maximized(family, [0, 1], 1, small)).toEqual({ mean: 0, variance: 2 ** -1022 });
    expect(reasonOf(() => maximized(family, [0, 0.99], 1, small))).toEqual([
      'COMPONENT_DEGENERATE',
      'variance',
      'it is too small for a double: multiply the column by a power of ten',
    ]);
    expect(reasonOf(() => maximized(family, [0, 8], 1, { mean: 0, variance: 2 ** 1022 }))).toEqual([
      'COMPONENT_DEGENERATE',
      'variance',
      'it is too large for a double: divide the column by a power of ten',
    ]);
  });

  const fell = [
    'COMPONENT_DEGENERATE',
    'variance',
    'it fell to zero, for all the observations of the component are equal or differ by their rounding only',
  ];
  it('has no variance where all values are equal, were they 0', () => {
    expect(reasonOf(() => maximized(family, [0, 0], 3, { mean: 0, variance: 1 }))).toEqual(fell);
    // Spread by 1e-7 about 1e10, where doubles are 2e-6 apart.
    expect(reasonOf(() => maximized(family, [0, 1e-14], 1, { mean: 1e10, variance: 1 }))).toEqual(fell);
    expect(maximized(family, [0, 1e-8], 1, { mean: 1e10, variance: 1 })).toEqual({ mean: 1e10, variance: 1e-8 });
  });

  describe('with a shared variance', () => {
    const tied = gaussian({ covariance: 'tied' });
    const shared = (statistics: readonly (readonly number[])[], means: readonly number[], names: readonly (readonly string[])[]) =>
      maximizeShared(
        tied,
        statistics.map((each) => Float64Array.from(each)),
        statistics.map(() => 1),
        means.map((mean) => ({ mean, variance: 1 })),
        held('variance'),
        names.map((each) => held(...each)),
      );

    it('judges its fall by the component farthest from 0', () => {
      const statistics = [
        [0, 1e-14],
        [0, 1e-14],
      ];
      expect(reasonOf(() => shared(statistics, [1e10, 0], [[], []]))).toEqual(fell);
      expect(reasonOf(() => shared(statistics, [0, 1e10], [[], []]))).toEqual(fell);
      expect(shared(statistics, [0, 1], [[], []]).map(({ variance }) => variance)).toEqual([1e-14, 1e-14]);
    });

    it('leaves it as it is where one component holds it', () => {
      expect(
        shared(
          [
            [1, 9],
            [2, 9],
          ],
          [0, 0],
          [['variance'], []],
        ),
      ).toEqual([
        { mean: 1, variance: 1 },
        { mean: 2, variance: 1 },
      ]);
    });

    it('shares nothing else', () => {
      const error = failureOf(() => createMixture({ family: gaussian(), components: 2, shared: ['mean'] }));
      expect(error.code).toBe('CAPABILITY_MISSING');
      expect(error.details).toMatchObject({
        family: 'gaussian',
        capability: 'shareable',
        remedy: 'Share variance, or all of mean, variance.',
      });
    });
  });
});

describe('the exponential M-step at its edges', () => {
  const family = exponential();
  const unit = (rate: number): number => statisticsOf(family, blockOf([2 ** -100]), [1], { rate })[0]! / 2 ** -100;

  it('adds up in units that neither overflow nor lose digits, and takes them out again', () => {
    expect([1, 2 ** 899, 2 ** -899].map(unit)).toEqual([1, 1, 1]);
    expect([2 ** 901, Number.MAX_VALUE].map(unit)).toEqual([2 ** 200, 2 ** 200]);
    expect([2 ** -901, Number.MIN_VALUE].map(unit)).toEqual([2 ** -200, 2 ** -200]);
    for (const rate of [1, 2 ** 901, 2 ** -901]) expect(maximized(family, [4 * unit(rate)], 2, { rate })).toEqual({ rate: 0.5 });
  });

  it('says why there is no rate', () => {
    expect(reasonOf(() => maximized(family, [0], 2, { rate: 1 }))).toEqual([
      'COMPONENT_DEGENERATE',
      'rate',
      'every observation of the component is 0, so that its likelihood grows with the rate without bound',
    ]);
    const unfit = ['COMPONENT_DEGENERATE', 'rate', 'it is too large or too small for a double: change the unit of the column'];
    expect(reasonOf(() => maximized(family, [1e-300], 1e300, { rate: 1 }))).toEqual(unfit);
    expect(reasonOf(() => maximized(family, [1e300], 1e-300, { rate: 1 }))).toEqual(unfit);
    const about = { rate: 3 };
    expect(maximized(family, [0], 2, about, held('rate'))).toBe(about);
  });
});

describe('the Poisson M-step at its edges', () => {
  const family = poisson();
  it('reaches a rate of 0 where every count is 0, and there alone', () => {
    expect(maximized(family, [0], 2, { rate: 1 })).toEqual({ rate: 0 });
    expect(maximized(family, [1e-300], 1e300, { rate: 1 })).toEqual({ rate: Number.MIN_VALUE });
    const unfit = ['COMPONENT_DEGENERATE', 'rate', 'it is too large for a double'];
    expect(reasonOf(() => maximized(family, [1e300], 1e-300, { rate: 1 }))).toEqual(unfit);
    const about = { rate: 3 };
    expect(maximized(family, [0], 2, about, held('rate'))).toBe(about);
  });
});

describe('shares at their edges', () => {
  const tiny = Number.MIN_VALUE;
  const belowOne = 1 - Number.EPSILON / 2;

  it('a binomial probability is 0 or 1 only when it is exactly that, and stays without trials', () => {
    const family = binomial({ trials: 5 });
    const share = (successes: number, failures: number) => maximized(family, [successes, failures], 1, { probability: 0.3 }).probability;
    expect([share(1, 3), share(0, 3), share(3, 0), share(0, 0)]).toEqual([0.25, 0, 1, 0.3]);
    expect([share(1e300, 1e-10), share(1e-300, 1e300)]).toEqual([belowOne, tiny]);
    const about = { probability: 0.5 };
    expect(maximized(family, [1, 3], 1, about, held('probability'))).toBe(about);
  });

  it('a geometric probability is 1 only without a failure, and never 0', () => {
    const family = geometric();
    const share = (successes: number, failures: number) => maximized(family, [failures], successes, { probability: 0.3 }).probability;
    expect([share(1, 3), share(3, 0)]).toEqual([0.25, 1]);
    expect([share(1e300, 1e-10), share(1e-300, 1e300)]).toEqual([belowOne, tiny]);
    const about = { probability: 0.5 };
    expect(maximized(family, [1], 1, about, held('probability'))).toBe(about);
  });

  it('a category is impossible only when nothing was seen of it, and all are alike without data', () => {
    const family = categorical({ categories: 3 });
    const about = { probabilities: [0.2, 0.3, 0.5] };
    const share = (...totals: readonly number[]) => maximized(family, totals, 1, about).probabilities;
    expect(share(1, 0, 3)).toEqual([0.25, 0, 0.75]);
    expect(share(0, 0, 0)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(share(1e300, 1e-300, 0)).toEqual([1, tiny, 0]);
    expect(maximized(family, [1, 1, 1], 1, about, held('probabilities'))).toBe(about);
  });

  it('sums over several hundred rows miss none and count none twice', () => {
    // One more row than two whole runs of 128.
    const counts = Array.from({ length: 257 }, (_, row) => row % 4);
    const ones = counts.map(() => 1);
    const sum = counts.reduce((total, count) => total + count, 0);
    expect([...statisticsOf(poisson(), blockOf(counts), ones, { rate: 1 })]).toEqual([sum]);
    expect([...statisticsOf(geometric(), blockOf(counts), ones, { probability: 0.5 })]).toEqual([sum]);
    expect([...statisticsOf(binomial({ trials: 3 }), blockOf(counts), ones, { probability: 0.5 })]).toEqual([sum, 3 * 257 - sum]);
    const given = binomial({ trials: 'column' });
    const trials = counts.map((count, row) => count + (row % 7));
    const failures = trials.reduce((total, count) => total + count, 0) - sum;
    expect([...statisticsOf(given, blockOf(counts, trials), ones, { probability: 0.5 })]).toEqual([sum, failures]);
    const seen = [0, 1, 2, 3].map((category) => counts.filter((count) => count === category).length);
    const probabilities = [0.25, 0.25, 0.25, 0.25];
    expect([...statisticsOf(categorical({ categories: 4 }), blockOf(counts), ones, { probabilities })]).toEqual(seen);
  });
});

it('the rounding of a gamma component is what one unit in the last place of its shape or its rate makes', () => {
  const family = gamma();
  for (const shape of [1e-3, 1, 1e4, 1e14, 1e20]) {
    const at = { shape, rate: 3 };
    const moved = [
      { shape: shape * (1 + Number.EPSILON), rate: 3 },
      { shape, rate: 3 * (1 + Number.EPSILON) },
    ].map((to) => family.distance!(at, to));
    expect(family.rounding!(at) / Math.max(...moved)).toBeGreaterThan(0.5);
    expect(family.rounding!(at) / Math.max(...moved)).toBeLessThan(2.1);
  }
});

describe('the gamma M-step', () => {
  const family = gamma();
  /** A shape a, log a - psi(a) and psi(a), from the definitions at 45 digits. */
  const SHAPES = [
    [1e-4, 9991.366710811537, -10000.577051183514],
    [0.01, 95.95571527188058, -100.56088545786868],
    [0.1, 8.12116984741703, -10.423754940411076],
    [0.5, 1.2703628454614782, -1.9635100260214235],
    [1, 0.5772156649015329, -0.5772156649015329],
    [2, 0.27036284546147815, 0.42278433509846713],
    [3.5, 0.14960632785012482, 1.103156640645243],
    [8, 0.06380006372422593, 2.01564147795561],
    [20, 0.025208281311841944, 2.970523992242149],
    [100, 0.005008333250003967, 4.600161852738087],
    [1e4, 0.0000500008333333325, 9.210290371142849],
    [1e6, 5.000000833333334e-7, 13.815510057964191],
    [1.5e6, 3.333333703703704e-7, 14.220975332739068],
    [1e9, 5.000000000833333e-10, 20.723265836446412],
    [1e14, 5.000000000000009e-15, 32.236191301916634],
  ] as const;
  const about = { shape: 1, rate: 0.25 };
  const expectRelative = (value: number, truth: number, tolerance: number): void => {
    expect(Math.abs(value / truth - 1)).toBeLessThanOrEqual(tolerance);
  };

  it('solves log a - psi(a) = log(mean) - mean of log', () => {
    for (const [shape, difference] of SHAPES) {
      const found = maximized(family, [0, 2 * difference], 2, about);
      expectRelative(found.shape, shape, 1e-15);
      expectRelative(found.rate, shape / 4, 2e-15);
    }
  });

  it('takes the move of the mean out of the difference', () => {
    for (const shift of [-0.75, -0.1, -1e-3, -1e-5, 1e-12, 1e-4, 9e-4, 0.0011, 0.5, 20]) {
      // d - log(1 + d), by its series where the formula would cancel.
      const lost =
        Math.abs(shift) < 0.01
          ? shift ** 2 * (1 / 2 - shift / 3 + shift ** 2 / 4 - shift ** 3 / 5 + shift ** 4 / 6)
          : shift - Math.log1p(shift);
      const found = maximized(family, [3 * shift, 3 * (0.27036284546147815 + lost)], 3, about);
      expectRelative(found.shape, 2, 2e-14 * (1 + lost));
      expectRelative(found.rate, 2 / (4 * (1 + shift)), 2e-14 * (1 + lost));
    }
  });

  it('keeps the digits of a difference much smaller than what the move of the mean takes', () => {
    // d - log(1 + d) = d^2 (1/2 - d/3 + d^2/4 - ...), and log a - psi(a) = e where a = 1/(2e) + 1/6 - ...
    for (const shift of [9e-4, -9e-4]) {
      const lost = shift ** 2 * [8, 7, 6, 5, 4, 3, 2].reduce((sum, power) => 1 / power - shift * sum, 0);
      expectRelative(maximized(family, [shift, 1e-8 + lost], 1, about).shape, 5e7 + 1 / 6, 1e-12);
    }
    // A move below the rounding of the mean counts too.
    expectRelative(maximized(family, [2e-16, 1e-30 + 2e-32], 1, about).shape, 5e29, 1e-6);
  });

  it('takes statistics of points far from the mean without overflow, and none of points without responsibility', () => {
    const at = { shape: 1, rate: 2 ** 500 };
    const without = [...statisticsOf(family, blockOf([1]), [1], at)];
    expect([...statisticsOf(family, blockOf([1, Number.MAX_VALUE]), [1, 0], at)]).toEqual(without);
    // u - 1 - log u of a u = 1e-400 that is no double.
    const [, second] = statisticsOf(family, blockOf([1e-300]), [1], { shape: 1, rate: 1e-100 });
    expectRelative(second!, 400 * Math.LN10 - 1, 1e-14);
  });

  it('solves psi(a) = log rate + mean of log where the rate is held', () => {
    const large = { shape: 2 ** 1000, rate: 1 };
    expectRelative(maximized(family, [0, 0], 1, large, held('rate')).shape, 2 ** 1000, 1e-15);
    for (const [shape, , digamma] of SHAPES) {
      // About a mean of 2^k the mean of log x is log(mean) + S1/N - S2/N, and the rate is 1.
      const mean = 2 ** Math.ceil(Math.log2(shape + 1));
      const found = maximized(family, [0.5, 2 * (Math.log(mean) - digamma) + 0.5], 2, { shape: mean, rate: 1 }, held('rate'));
      expect(found.rate).toBe(1);
      expectRelative(found.shape, shape, 2e-14);
    }
  });

  it('keeps what is held', () => {
    expect(maximized(family, [2, 5], 2, { shape: 3, rate: 6 }, held('shape'))).toEqual({ shape: 3, rate: 3 });
    const both = { shape: 3, rate: 6 };
    expect(maximized(family, [2, 5], 2, both, held('shape', 'rate'))).toBe(both);
  });

  it('says why there is no estimate', () => {
    const alike = [
      'COMPONENT_DEGENERATE',
      'shape',
      'it grows without bound, for all the observations of the component are equal or differ by their rounding only',
    ];
    expect(reasonOf(() => maximized(family, [0, 0], 2, about))).toEqual(alike);
    // A relative spread of 4 roundings: log a - psi(a) is half its square.
    const least = 0.5 * (4 * Number.EPSILON) ** 2;
    expect(reasonOf(() => maximized(family, [0, least], 1, about))).toEqual(alike);
    expectRelative(maximized(family, [0, 2 * least], 1, about).shape, 0.25 / least, 1e-12);
    const unfit = 'it is too large or too small for a double: change the unit of the column';
    // Half the mean of the largest rate there is, and a mean of log x of minus infinity.
    const huge = { shape: 1e10, rate: Number.MAX_VALUE };
    expect(reasonOf(() => maximized(family, [-0.5, 1], 1, huge, held('shape')))).toEqual(['COMPONENT_DEGENERATE', 'rate', unfit]);
    expect(reasonOf(() => maximized(family, [-0.5, Math.LN2 - 0.5 + 1e-12], 1, huge))).toEqual(['COMPONENT_DEGENERATE', 'rate', unfit]);
    expect(reasonOf(() => maximized(family, [0, Infinity], 1, about, held('rate')))).toEqual(['COMPONENT_DEGENERATE', 'shape', unfit]);
  });

  it('asks for statistics about the mean of the data when less than a quarter of the difference is spread', () => {
    const recentred = (shift: number, square: number, names = nothingHeld, at = { shape: 2, rate: 0.5 }) =>
      family.recentre!(Float64Array.of(3 * shift, 3 * square), 3, at, names);
    // 1 - log 2 of the mean square is lost to a move by the whole mean.
    const lost = 1 - Math.LN2;
    expect(recentred(1, 1.34 * lost)).toBeUndefined();
    expect(recentred(1, 1.32 * lost)).toEqual({ shape: 2, rate: 0.25 });
    expect(recentred(1, 1.32 * lost, held('rate'))).toEqual({ shape: 4, rate: 0.5 });
    expect(recentred(0, 1e-300)).toBeUndefined();
    expect(recentred(4 * Number.EPSILON, 1e-300)).toBeUndefined();
    // Where the mean falls by more than half, always; by all but a part in 2^32, to e^(S1/N - S2/N) of it, which is the mean of log x.
    expect(recentred(-0.5, 100)).toEqual({ shape: 2, rate: 1 });
    expect(recentred(-0.4999, 100)).toBeUndefined();
    expect(recentred(-0.75, 100)).toEqual({ shape: 2, rate: 2 });
    expectRelative(recentred(-1 + 2 ** -31, 3)!.rate, 0.5 * 2 ** 31, 1e-14);
    const far = recentred(-1 + 2 ** -33, 3)!;
    expectRelative(far.rate, 0.5 * Math.exp(1 - 2 ** -33 + 3), 1e-14);
    expect(far.shape).toBe(2);
    // But not at once so far that other rows, in parts of it, overflow.
    expect(recentred(-1, 2000)!.rate).toBe(0.5 * 2 ** 900);
  });

  it('asks for a mean 2^1000 times as large where the statistics overflow, as far as it is a double', () => {
    const overflowing = (at: { shape: number; rate: number }) => family.recentre!(Float64Array.of(1, Infinity), 1, at, nothingHeld);
    expect(overflowing({ shape: 1, rate: 1 })).toEqual({ shape: 1, rate: 2 ** -1000 });
    expect(overflowing({ shape: 1, rate: 2 ** -1000 })!.rate).toBe(1 / Number.MAX_VALUE);
  });
});

describe('the multivariate Gaussian M-step at its edges', () => {
  const full = multivariateGaussian({ dimension: 2 });
  const diagonal = multivariateGaussian({ dimension: 2, covariance: 'diagonal' });
  const spherical = multivariateGaussian({ dimension: 2, covariance: 'spherical' });
  const square = (variance: number, other = variance): number[][] => [
    [variance, 0],
    [0, other],
  ];
  const about = { mean: [0, 0], covariance: square(1) };
  const tiny = 2 ** -1022;

  it('says which column has no mean or variance, and what to do', () => {
    const far = { mean: [0, Number.MAX_VALUE], covariance: square(2 ** 1000) };
    expect(reasonOf(() => maximized(full, [0, 2 ** 523, 1, 0, 2 ** 1020], 1, far))).toEqual([
      'COMPONENT_DEGENERATE',
      'mean',
      'that of column 2 is too large for a double: divide the column by a power of ten',
    ]);
    const small = { mean: [0, 0], covariance: square(tiny) };
    expect(maximized(diagonal, [0, 0, 1, 2], 1, small)).toEqual({ mean: [0, 0], covariance: square(tiny, 2 * tiny) });
    expect(reasonOf(() => maximized(diagonal, [0, 0, 1, 0.9], 1, small))).toEqual([
      'COMPONENT_DEGENERATE',
      'covariance',
      'the variance of column 2 is too small for a double: multiply the column by a power of ten',
    ]);
    expect(reasonOf(() => maximized(spherical, [0, 0, 0.9, 0.9], 1, small))).toEqual([
      'COMPONENT_DEGENERATE',
      'covariance',
      'the variance of every column is too small for a double: multiply the column by a power of ten',
    ]);
  });

  it('has no variance where all values of a column are equal, were they 0', () => {
    const equal = 'the variance of column 2 fell to zero, for its values are equal or differ by their rounding only';
    expect(reasonOf(() => maximized(full, [0, 0, 1, 0, 0], 1, about))).toEqual(['COMPONENT_DEGENERATE', 'covariance', equal]);
    expect(reasonOf(() => maximized(diagonal, [0, 0, 1, 1e-14], 1, { ...about, mean: [0, 1e10] }))).toEqual([
      'COMPONENT_DEGENERATE',
      'covariance',
      equal,
    ]);
    expect(reasonOf(() => maximized(spherical, [0, 0, 0, 0], 1, about))).toEqual([
      'COMPONENT_DEGENERATE',
      'covariance',
      'it fell to zero, for all the observations of the component are equal or differ by their rounding only',
    ]);
    // One column that varies is enough for a common variance.
    expect(maximized(spherical, [0, 0, 2, 0], 1, about)).toEqual({ mean: [0, 0], covariance: square(1) });
  });

  it('calls columns dependent when a pivot is within 16 + 2 d roundings of 0', () => {
    const correlated = (roundings: number) => maximized(full, [0, 0, 1, 1 - (roundings / 2) * Number.EPSILON, 1], 1, about);
    expect(reasonOf(() => correlated(18.5))).toEqual([
      'COMPONENT_DEGENERATE',
      'covariance',
      'column 2 is a linear function of the columns before it on all the observations of the component',
    ]);
    expect(correlated(24).covariance[0]![1]).toBe(1 - 12 * Number.EPSILON);
  });

  it('refuses a covariance that is not definite by name', () => {
    for (const covariance of [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [1, 2],
        [2, 1],
      ],
    ]) {
      const error = failureOf(() => statisticsOf(full, blockOf([0], [0]), [1], { mean: [0, 0], covariance }));
      expect(error.code).toBe('PARAMETER_DOMAIN');
      expect(error.message).toContain('The covariance is not positive definite: pivot 2 is not positive.');
    }
  });

  it('asks for statistics about a better mean when less than a quarter of a mean square is spread', () => {
    const recentred = (statistics: readonly number[], names = nothingHeld) =>
      full.recentre!(Float64Array.from(statistics), 1, about, names);
    expect(recentred([0, 3, 1, 0, 12])).toBeUndefined();
    expect(recentred([0, 3, 1, 0, 11.9])).toEqual({ mean: [0, 3], covariance: square(1) });
    // For a common variance the columns count together.
    const together = (statistics: readonly number[]) => spherical.recentre!(Float64Array.from(statistics), 1, about, nothingHeld);
    expect(together([0, 3, 6, 6])).toBeUndefined();
    expect(together([0, 3, 6, 5.9])).toEqual({ mean: [0, 3], covariance: square(1) });
  });

  it('asks for a larger unit of each column whose squares overflow, unless the covariance is held', () => {
    const overflowing = Float64Array.of(0, 0, Infinity, 0, 1);
    expect(full.recentre!(overflowing, 1, about, nothingHeld)).toEqual({ mean: [0, 0], covariance: square(2 ** 1022, 1) });
    expect(full.recentre!(overflowing, 1, about, held('covariance'))).toBeUndefined();
  });

  describe('with a shared covariance', () => {
    const tied = multivariateGaussian({ dimension: 1, covariance: 'tied' });
    const shared = (statistics: readonly (readonly number[])[], means: readonly number[], names: readonly (readonly string[])[]) =>
      maximizeShared(
        tied,
        statistics.map((each) => Float64Array.from(each)),
        statistics.map(() => 1),
        means.map((mean) => ({ mean: [mean], covariance: [[1]] })),
        held('covariance'),
        names.map((each) => held(...each)),
      );

    it('judges its fall by the component farthest from 0', () => {
      const statistics = [
        [0, 1e-14],
        [0, 1e-14],
      ];
      const equal = 'the variance of column 1 fell to zero, for its values are equal or differ by their rounding only';
      for (const means of [
        [1e10, 0],
        [0, 1e10],
      ])
        expect(reasonOf(() => shared(statistics, means, [[], []]))).toEqual(['COMPONENT_DEGENERATE', 'covariance', equal]);
    });

    it('leaves it as it is where one component holds it', () => {
      const statistics = [
        [1, 9],
        [2, 9],
      ];
      expect(shared(statistics, [0, 0], [[], ['covariance']])).toEqual([
        { mean: [1], covariance: [[1]] },
        { mean: [2], covariance: [[1]] },
      ]);
    });

    it('shares nothing else', () => {
      const error = failureOf(() => createMixture({ family: multivariateGaussian({ dimension: 1 }), components: 2, shared: ['mean'] }));
      expect(error.code).toBe('CAPABILITY_MISSING');
      expect(error.details).toMatchObject({
        family: 'multivariate-gaussian',
        capability: 'shareable',
        remedy: 'Share covariance, or all of mean, covariance.',
      });
    });
  });
});
