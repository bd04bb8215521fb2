import {
  createReference,
  type ReferenceFamily,
  type ReferenceParameters,
  type ReferenceRow,
  referenceFamilies,
  referenceFamily,
} from '@emkit/reference';
import type { Decimal } from 'decimal.js';
import { describe, expect, test } from 'vitest';
import { decimal, expectDigits, expectFailure, reference, testNumbers } from './support.ts';

const exponential = referenceFamily(reference, 'exponential');
const tenTosses = referenceFamily(reference, 'binomial', { trials: 10 });
const tosses = referenceFamily(reference, 'binomial', { trials: 'column' });
const gaussian = referenceFamily(reference, 'gaussian');
const plane = referenceFamily(reference, 'multivariate-gaussian', { dimension: 2 });

function rowsOf(values: readonly (number | readonly number[])[]): ReferenceRow[] {
  return values.map((value) => (typeof value === 'number' ? [decimal(value)] : value.map(decimal)));
}

function weightedLogLikelihood(
  family: ReferenceFamily,
  rows: readonly ReferenceRow[],
  responsibilities: readonly Decimal[],
  parameters: ReferenceParameters,
): Decimal {
  const logDensity = family.logDensityAt(parameters);
  return reference.sum(rows.map((row, i) => responsibilities[i]!.times(logDensity(row))));
}

/** The integral over [from, to] by Gauss and Legendre's rule of 5 points on equal parts: plenty for 12 digits of a smooth density. */
function integrate(density: (x: Decimal) => Decimal, from: number, to: number, parts: number): number {
  const nodes = [0, 0.5384693101056831, 0.906179845938664];
  const weights = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908];
  const halfWidth = (to - from) / parts / 2;
  let total = 0;
  for (let part = 0; part < parts; part += 1) {
    const middle = from + (2 * part + 1) * halfWidth;
    nodes.forEach((node, k) => {
      for (const side of k === 0 ? [1] : [1, -1])
        total += weights[k]! * halfWidth * density(reference.decimal(middle + side * node * halfWidth)).toNumber();
    });
  }
  return total;
}

describe('every registered family', () => {
  test('has its own id', () => {
    expect(new Set(referenceFamilies.map((family) => family.id)).size).toBe(referenceFamilies.length);
    expect(referenceFamilies.map((family) => family.id)).toEqual(
      expect.arrayContaining(['binomial', 'exponential', 'gaussian', 'multivariate-gaussian']),
    );
  });

  test('an unknown id is refused with the list of those known', () => {
    expect(expectFailure('unknown-family', () => referenceFamily(reference, 'cauchy')).message).toContain('exponential');
  });

  const examples: readonly [ReferenceFamily, Record<string, unknown>][] = [
    [exponential, { rate: 1 / 3 }],
    [tosses, { probability: 0.1 }],
    [gaussian, { mean: -1e-300, variance: 1e300 }],
    [
      plane,
      {
        mean: [0.1, 1e8],
        covariance: [
          [0.1, 0.01],
          [0.01, 7],
        ],
      },
    ],
  ];
  test.each(examples)('doubles to parameters and back is exact: $id', (family, parameters) => {
    expect(family.toNumbers(family.fromNumbers(parameters as never))).toEqual(parameters);
  });

  test.each(examples)('a missing, unknown, misshapen or infinite parameter is refused: $id', (family, parameters) => {
    const [name] = Object.keys(parameters) as [string];
    expectFailure('invalid-parameter', () => family.fromNumbers({}));
    expectFailure('invalid-parameter', () => family.fromNumbers({ ...parameters, extra: 1 } as never));
    expectFailure('invalid-parameter', () => family.fromNumbers({ ...parameters, [name]: [[['1']]] } as never));
    const broken = Array.isArray(parameters[name]) ? [Infinity, 0] : Infinity;
    const failure = expectFailure('invalid-parameter', () => family.fromNumbers({ ...parameters, [name]: broken } as never, 1));
    expect(failure.place).toMatchObject({ component: 1, family: family.id });
  });
});

describe('refinements hold digits that a parameter as a double cannot', () => {
  test('the complement of a probability, and an estimate keeps as many', () => {
    const all = tenTosses.fromNumbers({ probability: 1, complement: '1e-300' });
    expectDigits(tenTosses.logDensity([decimal(9)], all), reference.ln(decimal('1e-299')), 50);
    const estimate = tenTosses.maximize([[decimal(10)], [decimal(9)]], [decimal(1), decimal('1e-200')], all);
    expectDigits(tenTosses.logDensity([decimal(9)], estimate), reference.ln(decimal('1e-200')), 50);
    expectFailure('invalid-parameter', () => tenTosses.fromNumbers({ probability: 1, complement: 2 }));
    expectFailure('invalid-parameter', () => tenTosses.fromNumbers({ probability: 1, complement: [0] }));
    expectFailure('invalid-parameter', () => tenTosses.fromNumbers({ complement: 0 }));
  });

  test('the factor of a covariance', () => {
    const whole = plane.fromNumbers({
      mean: ['0', '0'],
      covariance: [
        ['4', '2'],
        ['2', '1.25'],
      ],
    });
    expect(
      plane.fromNumbers({
        mean: ['0', '0'],
        covariance: [
          ['1', '0'],
          ['0', '1'],
        ],
        factor: [['2'], ['1', '0.5']],
      }),
    ).toEqual(whole);
    for (const factor of [
      [['2']],
      [['2'], ['1']],
      [['2'], ['1', '0']],
      [
        ['2', '0'],
        ['1', '0.5'],
      ],
    ])
      expectFailure('invalid-parameter', () =>
        plane.fromNumbers({
          mean: ['0', '0'],
          covariance: [
            ['4', '2'],
            ['2', '1.25'],
          ],
          factor,
        }),
      );
  });
});

describe('parameters outside their domain are refused', () => {
  const refused: readonly [ReferenceFamily, Record<string, unknown>][] = [
    [exponential, { rate: 0 }],
    [exponential, { rate: -1 }],
    [tenTosses, { probability: '1.0000000000000000000000000000001' }],
    [gaussian, { mean: 0, variance: 0 }],
    [
      plane,
      {
        mean: [0, 0],
        covariance: [
          [1, 2],
          [2, 1],
        ],
      },
    ],
    [
      plane,
      {
        mean: [0, 0],
        covariance: [
          [1, 0.5],
          [0.25, 1],
        ],
      },
    ],
    [
      plane,
      {
        mean: [0, 0, 0],
        covariance: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
      },
    ],
    [
      referenceFamily(reference, 'multivariate-gaussian', { covariance: 'diagonal' }),
      {
        mean: [0, 0],
        covariance: [
          [1, 0.5],
          [0.5, 1],
        ],
      },
    ],
    [
      referenceFamily(reference, 'multivariate-gaussian', { covariance: 'spherical' }),
      {
        mean: [0, 0],
        covariance: [
          [1, 0],
          [0, 2],
        ],
      },
    ],
  ];
  test.each(refused)('$id %#', (family, parameters) => {
    expectFailure('invalid-parameter', () => family.fromNumbers(parameters as never));
  });

  test('so are options', () => {
    expectFailure('invalid-option', () => referenceFamily(reference, 'binomial', { trials: 2.5 }));
    expectFailure('invalid-option', () => referenceFamily(reference, 'multivariate-gaussian', { covariance: 'round' }));
    expectFailure('invalid-option', () => referenceFamily(reference, 'multivariate-gaussian', { dimension: 0 }));
  });
});

describe('densities', () => {
  test('the exponential density integrates to 1 and is 0 below 0', () => {
    const at = exponential.logDensityAt(exponential.fromNumbers({ rate: 2 }));
    expect(integrate((x) => reference.exp(at([x])), 0, 20, 60)).toBeCloseTo(1, 11);
    expect(at([decimal('-1e-300')]).eq(-Infinity)).toBe(true);
    expectDigits(at([reference.zero]), reference.ln(decimal(2)));
  });

  test('the binomial mass sums to 1 exactly to the precision, boundary probabilities included', () => {
    for (const probability of ['0', '0.3', '1e-300', '1']) {
      const at = tenTosses.logDensityAt(tenTosses.fromNumbers({ probability }));
      expectDigits(reference.sum(Array.from({ length: 11 }, (_, x) => reference.exp(at([decimal(x)])))), '1', 60);
    }
  });

  test('categories may be said by their number or by their names', () => {
    const parameters = { probabilities: ['0.2', '0.3', '0.5'].map(decimal) };
    const [counted, named] = [{ categories: 3 }, { levels: ['a', 'b', 'c'] }].map((options) =>
      referenceFamily(reference, 'categorical', options),
    );
    for (const x of [0, 1, 2])
      expect(
        named!
          .logDensityAt(parameters)([decimal(x)])
          .eq(counted!.logDensityAt(parameters)([decimal(x)])),
      ).toBe(true);
    expectFailure('invalid-option', () => referenceFamily(reference, 'categorical', { levels: ['a'] }));
  });

  test('the binomial mass is 0 off the whole numbers from 0 to n', () => {
    const at = tosses.logDensityAt(tosses.fromNumbers({ probability: '0.3' }));
    for (const row of [
      [-1, 4],
      [5, 4],
      [1.5, 4],
      [1, 4.5],
    ])
      expect(at(row.map(decimal)).eq(-Infinity)).toBe(true);
    expectDigits(at([decimal(0), decimal(0)]), '0');
  });

  test('a probability of 1e-300 still counts its failures', () => {
    const at = tosses.logDensityAt(tosses.fromNumbers({ probability: '1e-300' }));
    expectDigits(at([decimal(0), decimal(7)]), '-7e-300', 60);
  });

  test('the Gaussian density integrates to 1', () => {
    const at = gaussian.logDensityAt(gaussian.fromNumbers({ mean: 3, variance: 4 }));
    expect(integrate((x) => reference.exp(at([x])), -17, 23, 60)).toBeCloseTo(1, 11);
    expectDigits(at([decimal(3)]), reference.ln(reference.pi.times(8)).div(-2), 60);
  });

  test('a far point has a log-density of minus a million, not of minus infinity', () => {
    const at = gaussian.logDensityAt(gaussian.fromNumbers({ mean: 0, variance: 1 }));
    expectDigits(at([decimal('1e6')]), decimal('-5e11').minus(reference.logTwoPi.div(2)), 60);
  });

  test('a multivariate Gaussian with a diagonal covariance is a product, and in one dimension the univariate one', () => {
    const parameters = {
      mean: ['1', '-2'],
      covariance: [
        ['4', '0'],
        ['0', '0.25'],
      ],
    };
    const row = [decimal('0.3'), decimal('-1.1')];
    const product = gaussian
      .logDensity([row[0]!], gaussian.fromNumbers({ mean: '1', variance: '4' }))
      .plus(gaussian.logDensity([row[1]!], gaussian.fromNumbers({ mean: '-2', variance: '0.25' })));
    for (const covariance of ['full', 'diagonal', 'tied']) {
      const family = referenceFamily(reference, 'multivariate-gaussian', { covariance });
      expectDigits(family.logDensity(row, family.fromNumbers(parameters)), product, 60);
    }
    const line = referenceFamily(reference, 'multivariate-gaussian');
    expectDigits(
      line.logDensity([row[0]!], line.fromNumbers({ mean: ['1'], covariance: [['4']] })),
      gaussian.logDensity([row[0]!], gaussian.fromNumbers({ mean: '1', variance: '4' })),
      60,
    );
  });

  test('a linear map of x changes a multivariate Gaussian by the logarithm of its determinant', () => {
    const before = plane.logDensity(
      [decimal('0.7'), decimal('-0.4')],
      plane.fromNumbers({
        mean: ['0', '0'],
        covariance: [
          ['1', '0'],
          ['0', '1'],
        ],
      }),
    );
    // y = A x with A = [[2, 0], [3, 5]]: covariance A A', determinant 10.
    const after = plane.logDensity(
      [decimal('1.4'), decimal('0.1')],
      plane.fromNumbers({
        mean: ['0', '0'],
        covariance: [
          ['4', '6'],
          ['6', '34'],
        ],
      }),
    );
    expectDigits(after, before.minus(reference.ln(decimal(10))), 60);
  });
});

describe('weighted maximum-likelihood estimates', () => {
  const one = decimal(1);
  const half = decimal('0.5');

  test('the exponential rate is 1 / mean', () => {
    const rows = rowsOf([0, 1, 2, 7]);
    expectDigits(exponential.maximize(rows, [one, one, one, one], {})['rate'] as Decimal, '0.4', 62);
    expectDigits(exponential.maximize(rows, [half, one, half, one], {})['rate'] as Decimal, decimal(3).div(9), 62);
  });

  test('the binomial probability is successes over trials', () => {
    const rows = rowsOf([
      [1, 2],
      [5, 5],
      [0, 9],
    ]);
    expectDigits(tosses.maximize(rows, [one, half, one], {})['probability'] as Decimal, decimal('3.5').div('13.5'), 62);
  });

  test('Gaussian estimates divide by N', () => {
    const estimate = gaussian.maximize(rowsOf([1, 3]), [one, one], {});
    expectDigits(estimate['mean'] as Decimal, '2');
    expectDigits(estimate['variance'] as Decimal, '1');
    const many = plane.maximize(
      rowsOf([
        [0, 0],
        [2, 0],
        [0, 4],
        [2, 4],
      ]),
      [one, one, one, one],
      {},
    );
    expect(plane.toNumbers(many)).toEqual({
      mean: [1, 2],
      covariance: [
        [1, 0],
        [0, 4],
      ],
    });
  });

  const next = testNumbers(7);
  const line = Array.from({ length: 12 }, () => [reference.decimal(next() * 4)]);
  const flat = Array.from({ length: 12 }, () => [reference.decimal(next() * 4), reference.decimal(next() * 9)]);
  const counts = Array.from({ length: 12 }, () => [reference.decimal(Math.floor(next() * 11))]);
  const responsibilities = line.map(() => reference.decimal(next()));
  const spherical = referenceFamily(reference, 'multivariate-gaussian', { covariance: 'spherical' });
  const diagonal = referenceFamily(reference, 'multivariate-gaussian', { covariance: 'diagonal' });
  const cases: readonly [string, ReferenceFamily, readonly ReferenceRow[], readonly string[]][] = [
    ['exponential', exponential, line, ['rate']],
    ['binomial', tenTosses, counts, ['probability']],
    ['gaussian', gaussian, line, ['mean', 'variance']],
    ['multivariate-gaussian, full', plane, flat, ['mean', 'covariance']],
    ['multivariate-gaussian, diagonal', diagonal, flat, ['mean', 'covariance']],
    ['multivariate-gaussian, spherical', spherical, flat, ['mean', 'covariance']],
  ];

  test.each(cases)('%s: no neighbour has a higher weighted likelihood', (_name, family, rows) => {
    const best = family.maximize(rows, responsibilities, {});
    family.validate(best);
    const top = weightedLogLikelihood(family, rows, responsibilities, best);
    for (const [name, value] of Object.entries(best)) {
      for (const step of ['1e-12', '-1e-12']) {
        const nudge = (entry: Decimal): Decimal => entry.times(decimal(1).plus(step));
        const moved = Array.isArray(value)
          ? value.map((entry: Decimal | Decimal[]) => (Array.isArray(entry) ? entry.map(nudge) : nudge(entry)))
          : nudge(value as Decimal);
        const neighbour = weightedLogLikelihood(family, rows, responsibilities, { ...best, [name]: moved } as ReferenceParameters);
        expect(neighbour.lt(top), `${name} ${step}`).toBe(true);
      }
    }
  });

  test.each(cases)('%s: scaling all responsibilities changes nothing', (_name, family, rows) => {
    const once = family.toNumbers(family.maximize(rows, responsibilities, {}));
    const thrice = family.toNumbers(
      family.maximize(
        rows,
        responsibilities.map((value) => value.times(3)),
        {},
      ),
    );
    expect(thrice).toEqual(once);
  });

  test.each(cases)('%s: a held parameter keeps its value and the others are best beside it', (_name, family, rows, names) => {
    const other = family.maximize(
      rows,
      responsibilities.map((value) => value.times(value)),
      {},
    );
    for (const held of names) {
      const estimate = family.maximize(rows, responsibilities, other, new Set([held]));
      expect(estimate[held]).toBe(other[held]);
      const mixed = weightedLogLikelihood(family, rows, responsibilities, estimate);
      expect(mixed.gte(weightedLogLikelihood(family, rows, responsibilities, other))).toBe(true);
    }
  });

  test('structured covariances are the diagonal and the mean variance of the full one', () => {
    const full = plane.toNumbers(plane.maximize(flat, responsibilities, {}))['covariance'] as number[][];
    const axes = diagonal.toNumbers(diagonal.maximize(flat, responsibilities, {}))['covariance'] as number[][];
    const round = spherical.toNumbers(spherical.maximize(flat, responsibilities, {}))['covariance'] as number[][];
    expect(axes).toEqual([
      [full[0]![0], 0],
      [0, full[1]![1]],
    ]);
    expect(round[0]![0]).toBeCloseTo((full[0]![0]! + full[1]![1]!) / 2, 14);
    expect(round).toEqual([
      [round[0]![0], 0],
      [0, round[0]![0]],
    ]);
  });

  test('duplicates have no variance: the collapse is reported, not a variance of 1e-130', () => {
    expectFailure('collapsed-component', () => gaussian.maximize(rowsOf([0.1, 0.1, 0.1]), [one.div(3), one.div(7), one], {}));
    expectFailure('collapsed-component', () =>
      plane.maximize(
        rowsOf([
          [0.1, 0.3],
          [0.2, 0.6],
          [0.3, 0.9],
        ]),
        [one.div(3), one, one],
        {},
      ),
    );
    expectFailure('collapsed-component', () => exponential.maximize(rowsOf([0, 0]), [one, one], {}));
  });
});

describe('joint estimates of components that share parameters', () => {
  const next = testNumbers(11);
  const rows = Array.from({ length: 10 }, () => [reference.decimal(next() * 5)]);
  const columns = [0, 1].map(() => rows.map(() => reference.decimal(next())));
  const start = [gaussian.fromNumbers({ mean: 1, variance: 1 }), gaussian.fromNumbers({ mean: 2, variance: 1 })];

  test('a shared variance is the average of the own ones, weighted by the counts', () => {
    const shared = gaussian.maximizeShared(rows, columns, start, new Set(['variance']));
    const own = columns.map((column) => gaussian.maximize(rows, column, {}));
    const counts = columns.map((column) => reference.sum(column));
    const pooled = reference
      .sum(own.map((parameters, j) => (parameters['variance'] as Decimal).times(counts[j]!)))
      .div(reference.sum(counts));
    shared.forEach((parameters, j) => {
      expectDigits(parameters['variance'] as Decimal, pooled, 60);
      expectDigits(parameters['mean'] as Decimal, own[j]!['mean'] as Decimal, 60);
    });
  });

  test('sharing everything is one component with the responsibilities added', () => {
    const [first, second] = gaussian.maximizeShared(rows, columns, start, new Set(['mean', 'variance'])) as [
      ReferenceParameters,
      ReferenceParameters,
    ];
    expect(gaussian.toNumbers(first)).toEqual(gaussian.toNumbers(second));
    const added = gaussian.maximize(
      rows,
      rows.map((_, i) => columns[0]![i]!.plus(columns[1]![i]!)),
      {},
    );
    expect(gaussian.toNumbers(first)).toEqual(gaussian.toNumbers(added));
  });

  test('a mean held in one component stays, and the shared variance is taken about it', () => {
    const [first, second] = gaussian.maximizeShared(rows, columns, start, new Set(['variance']), [new Set(['mean']), new Set()]) as [
      ReferenceParameters,
      ReferenceParameters,
    ];
    expect(first['mean']).toBe(start[0]!['mean']);
    expectDigits(second['variance'] as Decimal, first['variance'] as Decimal, 64);
  });

  test('what has no closed form is refused', () => {
    expectFailure('unsupported-sharing', () => gaussian.maximizeShared(rows, columns, start, new Set(['mean'])));
  });
});

describe('distribution functions', () => {
  const continuous: readonly [string, ReferenceFamily, ReferenceParameters, readonly string[]][] = [
    ['exponential', exponential, exponential.fromNumbers({ rate: '2.5' }), ['1e-20', '0.3', '4', '300']],
    ['gaussian', gaussian, gaussian.fromNumbers({ mean: '-1', variance: '4' }), ['-90', '-3.3', '-1', '1.2', '40']],
  ];

  test.each(continuous)('%s: cdf + survival = 1', (_name, family, parameters, points) => {
    for (const x of points.map(decimal)) expectDigits(family.cdf!(x, parameters).plus(family.survival!(x, parameters)), '1', 62);
  });

  test.each(continuous)('%s: the slope of the cdf is the density', (_name, family, parameters, points) => {
    const step = decimal('1e-18');
    for (const x of points.map(decimal)) {
      const tail = family.cdf!(x, parameters).lt('0.5') ? family.cdf! : family.survival!;
      const slope = tail(x.plus(step.times(x.abs())), parameters)
        .minus(tail(x.minus(step.times(x.abs())), parameters))
        .div(step.times(x.abs()).times(2))
        .abs();
      expectDigits(slope, reference.exp(family.logDensity([x], parameters)), 25);
    }
  });

  test.each(continuous)('%s: the quantile inverts the cdf in both tails', (_name, family, parameters) => {
    for (const probability of ['1e-300', '1e-5', '0.2', '0.5', '0.975'].map(decimal)) {
      expectDigits(family.cdf!(family.quantile!(probability, parameters), parameters), probability, 57);
    }
    const nearOne = decimal(1).minus('1e-30');
    expectDigits(family.survival!(family.quantile!(nearOne, parameters), parameters), '1e-30', 30);
    expectFailure('domain', () => family.quantile!(decimal('1.1'), parameters));
  });

  test('the Gaussian quantile at 0.975 (OEIS A220510)', () => {
    const standard = gaussian.fromNumbers({ mean: 0, variance: 1 });
    expectDigits(gaussian.quantile!(decimal('0.975'), standard), '1.95996398454005423552459443052055152795555', 39);
    expect(gaussian.quantile!(decimal('0.5'), standard).isZero()).toBe(true);
    expect(gaussian.quantile!(decimal(1), standard).toNumber()).toBe(Infinity);
    expect(gaussian.quantile!(decimal(0), standard).toNumber()).toBe(-Infinity);
  });

  test('Gaussian tails at 1e8 and 1e200 deviations underflow only beyond the arithmetic', () => {
    const standard = gaussian.fromNumbers({ mean: 0, variance: 1 });
    expect(gaussian.cdf!(decimal('-1e7'), standard).gt(0)).toBe(true);
    expect(gaussian.cdf!(decimal('-1e200'), standard).isZero()).toBe(true);
    expectDigits(gaussian.cdf!(decimal('1e200'), standard), '1');
    expectDigits(
      gaussian.cdf!(decimal('1e-170'), gaussian.fromNumbers({ mean: 0, variance: '1e-340' })),
      gaussian.cdf!(decimal(1), standard),
      60,
    );
  });

  test('the binomial cdf is the sum of the mass, and its quantile the smallest count that reaches a probability', () => {
    const parameters = tenTosses.fromNumbers({ probability: '0.3' });
    let sum = decimal(0);
    for (let x = 0; x <= 10; x += 1) {
      sum = sum.plus(reference.exp(tenTosses.logDensity([decimal(x)], parameters)));
      expectDigits(tenTosses.cdf!(decimal(x), parameters), sum, 60);
      expectDigits(tenTosses.cdf!(decimal(x).plus('0.5'), parameters), sum, 60);
      expectDigits(tenTosses.survival!(decimal(x), parameters).plus(sum), '1', 60);
      expect(tenTosses.quantile!(sum.minus('1e-40'), parameters).toNumber()).toBe(x);
    }
    expect(tenTosses.cdf!(decimal(-1), parameters).toNumber()).toBe(0);
    expect(tenTosses.quantile!(decimal(0), parameters).toNumber()).toBe(0);
    expect(tenTosses.quantile!(decimal(1), parameters).toNumber()).toBe(10);
  });

  test('a trials column conditions the distribution', () => {
    const parameters = tosses.fromNumbers({ probability: '0.25' });
    const row = [decimal(0), decimal(1)];
    expectDigits(tosses.cdf!(decimal(0), parameters, row), '0.75', 60);
    expectFailure('invalid-data', () => tosses.cdf!(decimal(0), parameters));
  });

  test('a probability of 1e-300 keeps its digits in the cdf', () => {
    const parameters = tenTosses.fromNumbers({ probability: '1e-300' });
    expectDigits(tenTosses.survival!(decimal(0), parameters), '1e-299', 60);
    expectDigits(tenTosses.cdf!(decimal(0), parameters), '1', 60);
  });
});

describe('precision', () => {
  test('densities at 50 digits agree with densities at 90', () => {
    const finer = createReference({ precision: 90 });
    const next = testNumbers(13);
    for (const [id, options, parameters] of [
      ['exponential', {}, { rate: '0.7' }],
      ['binomial', { trials: 40 }, { probability: '0.37' }],
      ['gaussian', {}, { mean: '3.3', variance: '17' }],
      [
        'multivariate-gaussian',
        {},
        {
          mean: ['1', '2', '3'],
          covariance: [
            ['2', '1', '0.5'],
            ['1', '3', '0.25'],
            ['0.5', '0.25', '1'],
          ],
        },
      ],
    ] as const) {
      const [coarse, fine] = [referenceFamily(reference, id, options), referenceFamily(finer, id, options)];
      for (let i = 0; i < 5; i += 1) {
        const row = Array.from({ length: id === 'multivariate-gaussian' ? 3 : 1 }, () =>
          id === 'binomial' ? Math.floor(next() * 41) : next() * 10,
        );
        const wide = fine.logDensity(
          row.map((x) => finer.decimal(x)),
          fine.fromNumbers(parameters),
        );
        expectDigits(
          coarse.logDensity(
            row.map((x) => reference.decimal(x)),
            coarse.fromNumbers(parameters),
          ),
          wide,
          60,
        );
      }
    }
  });
});
