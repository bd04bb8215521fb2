import {
  type Codec,
  checkParameters,
  codecOf,
  createMixture,
  type Domain,
  domainViolation,
  type Family,
  freeParameters,
  type OwnSpace,
  type ParameterValue,
} from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bell } from './support/families.ts';

const inside: [Domain, ParameterValue[], number][] = [
  [{ kind: 'real' }, [0, -1e300, 5], 1],
  [{ kind: 'positive' }, [Number.MIN_VALUE, 1e308], 1],
  [{ kind: 'non-negative' }, [0, 1e308], 1],
  [{ kind: 'lower-triangle', dimension: 2 }, [[[1], [-3, 1e-300]]], 3],
  [{ kind: 'probability' }, [0, 1, 0.5], 1],
  [{ kind: 'interval', minimum: -1, maximum: 2 }, [-1, 2, 0], 1],
  [{ kind: 'real-vector', length: 2 }, [[0, -3]], 2],
  [{ kind: 'positive-vector', length: 2 }, [[1, 3]], 2],
  [
    { kind: 'simplex', length: 3 },
    [
      [0.1, 0.2, 0.7],
      [0, 0, 1],
    ],
    2,
  ],
  [
    { kind: 'positive-definite', dimension: 2, structure: 'full' },
    [
      [
        [2, 1],
        [1, 3],
      ],
      [
        [1e-300, 0],
        [0, 1e300],
      ],
    ],
    3,
  ],
  [
    { kind: 'positive-definite', dimension: 2, structure: 'diagonal' },
    [
      [
        [2, 0],
        [0, 3],
      ],
    ],
    2,
  ],
  [
    { kind: 'positive-definite', dimension: 2, structure: 'spherical' },
    [
      [
        [2, 0],
        [0, 2],
      ],
    ],
    1,
  ],
];

/** Angles, wrapped; and whole numbers, which no coordinate moves. */
const angle: OwnSpace<number> = {
  description: 'an angle from -pi to below pi',
  contains: (value) => typeof value === 'number' && value >= -Math.PI && value < Math.PI,
  centre: 0,
  coordinates: {
    length: 1,
    difference(from, to, out, place) {
      out[place] = Math.atan2(Math.sin(to - from), Math.cos(to - from));
    },
    move: (from, step, place) => Math.atan2(Math.sin(from + step[place]!), Math.cos(from + step[place]!)),
    scales(_point, out, place) {
      out[place] = 1;
    },
  },
  distance: (from, to) => Math.abs(Math.atan2(Math.sin(to - from), Math.cos(to - from))),
  typical: (random) => random.uniform(),
};
const whole: OwnSpace<number> = {
  description: 'a whole number',
  contains: (value) => Number.isSafeInteger(value),
  centre: 1,
  coordinates: { length: 0, difference() {}, move: (from) => from, scales() {} },
  distance: (from, to) => Math.abs(from - to),
  typical: (random) => random.integer(5),
  onBoundary: (value) => value === 0,
};
inside.push([{ kind: 'own', space: angle }, [0, -Math.PI, 3], 1], [{ kind: 'own', space: whole }, [0, 7], 0]);

const outside: [Domain, unknown[]][] = [
  [{ kind: 'own', space: angle }, [Math.PI, Number.NaN, '1', null]],
  [{ kind: 'own', space: whole }, [0.5, Infinity, undefined]],
  [{ kind: 'real' }, [Number.NaN, Infinity, '1', null, undefined, [1]]],
  [{ kind: 'positive' }, [0, -1, Infinity]],
  [{ kind: 'non-negative' }, [-Number.MIN_VALUE, Infinity]],
  [
    { kind: 'lower-triangle', dimension: 2 },
    [
      1,
      [[1]],
      [[1], [0, 0]],
      [[1], [1, -1]],
      [
        [1, 0],
        [0, 1],
      ],
      [[1], [Number.NaN, 1]],
    ],
  ],
  [{ kind: 'probability' }, [-Number.MIN_VALUE, 1 + Number.EPSILON]],
  [{ kind: 'interval', minimum: -1, maximum: 2 }, [-1.1, 2.1]],
  [{ kind: 'real-vector', length: 2 }, [[1], [1, 2, 3], [1, Number.NaN], 1]],
  [{ kind: 'positive-vector', length: 2 }, [[1, 0]]],
  [
    { kind: 'simplex', length: 3 },
    [
      [0.1, 0.2, 0.6],
      [0.5, 0.6, -0.1],
    ],
  ],
  [
    { kind: 'positive-definite', dimension: 2, structure: 'full' },
    [
      [
        [1, 2],
        [2, 1],
      ],
      [
        [1, 0.5],
        [0.4, 1],
      ],
      [[1, 0]],
      [
        [0, 0],
        [0, 1],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ],
  ],
  [
    { kind: 'positive-definite', dimension: 2, structure: 'diagonal' },
    [
      [
        [1, 0.1],
        [0.1, 1],
      ],
    ],
  ],
  [
    { kind: 'positive-definite', dimension: 2, structure: 'spherical' },
    [
      [
        [1, 0],
        [0, 2],
      ],
    ],
  ],
];

describe('a domain knows its members', () => {
  for (const [domain, values, free] of inside) {
    it(`${JSON.stringify(domain)} has ${free} free parameters and holds`, () => {
      expect(freeParameters(domain)).toBe(free);
      for (const value of values) expect(domainViolation(domain, value)).toBeUndefined();
    });
  }
  for (const [domain, values] of outside) {
    it(`${JSON.stringify(domain)} refuses, with a reason`, () => {
      for (const value of values) expect(domainViolation(domain, value)?.length).toBeGreaterThan(4);
    });
  }
});

describe('the codec derived from a domain is a bijection to rounding', () => {
  const roundTrip = (domain: Domain, value: ParameterValue): ParameterValue => {
    const codec = codecOf({ parameters: { value: domain } } as unknown as Family) as Codec<{ value: ParameterValue }>;
    const vector = new Float64Array(codec.length + 1);
    codec.encode({ value }, vector, 1);
    return codec.decode(vector, 1).value;
  };
  const flat = (value: ParameterValue): number[] => (typeof value === 'number' ? [value] : (value as ParameterValue[]).flatMap(flat));
  const near = (a: ParameterValue, b: ParameterValue, tolerance: number): void =>
    flat(a).forEach((entry, index) => {
      expect(Math.abs(entry - flat(b)[index]!)).toBeLessThanOrEqual(tolerance * Math.abs(flat(b)[index]!) + Number.MIN_VALUE);
    });
  const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
  it('positive numbers, to the rounding of their logarithm', () => {
    fc.assert(
      fc.property(positive, (value) => near(roundTrip({ kind: 'positive' }, value), value, 1000 * Number.EPSILON)),
      { seed: 1 },
    );
  });
  it('0 among non-negative numbers, at minus infinity', () => {
    expect(roundTrip({ kind: 'non-negative' }, 0)).toBe(0);
    expect(roundTrip({ kind: 'non-negative' }, 1)).toBe(1);
  });
  it('probabilities', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (value) =>
        near(roundTrip({ kind: 'probability' }, value), value, 64 * Number.EPSILON),
      ),
      { seed: 1 },
    );
  });
  it('a simplex', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 5 }), (terms) => {
        const total = terms.reduce((a, b) => a + b);
        const value = terms.map((term) => term / total);
        near(roundTrip({ kind: 'simplex', length: value.length }, value), value, 64 * Number.EPSILON);
      }),
      { seed: 1 },
    );
  });
  it('a space of its own, counted from its centre', () => {
    near(roundTrip({ kind: 'own', space: angle }, -3), -3, 4 * Number.EPSILON);
    // What no coordinate moves is at the centre: it has to be kept beside.
    expect(roundTrip({ kind: 'own', space: whole }, 1)).toBe(1);
  });
  it('lower triangles', () => {
    const triangle = [[2], [-0.5, 3], [0, 1e9, 1e-9]];
    near(roundTrip({ kind: 'lower-triangle', dimension: 3 }, triangle), triangle, 32 * Number.EPSILON);
  });
  it('covariance matrices of every structure', () => {
    near(
      roundTrip({ kind: 'positive-definite', dimension: 2, structure: 'full' }, [
        [4, -1],
        [-1, 9],
      ]),
      [
        [4, -1],
        [-1, 9],
      ],
      8 * Number.EPSILON,
    );
    near(
      roundTrip({ kind: 'positive-definite', dimension: 2, structure: 'diagonal' }, [
        [4, 0],
        [0, 9],
      ]),
      [
        [4, 0],
        [0, 9],
      ],
      8 * Number.EPSILON,
    );
    near(
      roundTrip({ kind: 'positive-definite', dimension: 2, structure: 'spherical' }, [
        [4, 0],
        [0, 4],
      ]),
      [
        [4, 0],
        [0, 4],
      ],
      8 * Number.EPSILON,
    );
  });
});

it('a record may have refinements, which are checked where they are there', () => {
  const family = { id: 'bell', parameters: { mean: { kind: 'real' } }, refinements: { digits: { kind: 'probability' } } } as const;
  expect(() => checkParameters(family, { mean: 1 }, 0)).not.toThrow();
  expect(() => checkParameters(family, { mean: 1, digits: 0.5 }, 0)).not.toThrow();
  expect(() => checkParameters(family, { mean: 1, digits: 2 }, 0)).toThrow(
    /the parameter digits must be a number from 0 to 1, but it is 2/,
  );
  expect(() => checkParameters(family, { digits: 0.5 }, 0)).toThrow(/lacks the parameter mean/);
  expect(() => checkParameters(family, { mean: 1, other: 0.5 }, 0)).toThrow(/has no parameter "other"/);
});

it('free coordinates take what one component holds and all share from the point they begin at', () => {
  const family = { ...bell(), shareable: ['variance'] };
  const mixture = createMixture({ family, components: 3, shared: ['variance'], held: { components: [[], ['variance']] } });
  const { free } = mixture.space;
  expect(free.length).toBe(5);
  const point = { weights: [0.25, 0.25, 0.5], components: [1, 2, 3].map((mean) => ({ mean, variance: 12.7 })) };
  const { components } = free.move(point, new Float64Array(5).fill(0.25), 0);
  expect(components.map((values) => values['variance'])).toEqual([12.7, 12.7, 12.7]);
  expect(components.map((values) => values['mean'])).toEqual([1.25, 2.25, 3.25]);
});

it('free coordinates take held values from the point they begin at', () => {
  const mixture = createMixture({ family: bell(), components: 2, held: { weights: true, components: [['mean']] } });
  const { free } = mixture.space;
  const point = {
    weights: [0.3, 0.7],
    components: [
      { mean: 1, variance: 2 },
      { mean: 3, variance: 4 },
    ],
  };
  expect(free.length).toBe(3);
  const moved = free.move(point, new Float64Array(3).fill(0.5), 0);
  expect(moved.weights).toBe(point.weights);
  expect(moved.components).toEqual([
    { mean: 1, variance: 2 * Math.exp(0.5) },
    { mean: 3.5, variance: 4 * Math.exp(0.5) },
  ]);
});
