import { codecOf, createRandom, type Family, fit } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { binomial, categorical, geometric, poisson } from '../src/index.ts';
import { blockOf, type Decimal, logDensities, nothingHeld, reference, referenceOf, ulps } from './support.ts';

/** The end of a fit of two components to a column. */
function ended(
  x: readonly number[],
  family: Family,
  start?: { readonly weights: readonly number[]; readonly components: readonly object[] },
) {
  const { diagnosis, model, warnings } = fit(x, { family, components: 2, ...(start === undefined ? {} : { start: start as never }) });
  return {
    kind: diagnosis.kind,
    parameters: 'parameters' in diagnosis ? diagnosis.parameters : [],
    warnings,
    components: model.parameters.components,
  };
}

describe('a maximum on the edge of its domain is reached exactly and said to lie there', () => {
  it('structural zeros among Poisson counts', () => {
    const apart = ended([0, 100], poisson());
    expect(apart).toMatchObject({ kind: 'boundary', parameters: ['rate 1'], components: [{ rate: 0 }, { rate: 100 }] });
    const counts = [...new Array(12).fill(0), 7, 9, 8, 12, 10, 6, 11, 9];
    const mixed = ended(counts, poisson());
    expect(mixed).toMatchObject({ kind: 'boundary', warnings: [] });
    expect(mixed.parameters).toEqual(mixed.components.flatMap(({ rate }, component) => (rate === 0 ? [`rate ${component + 1}`] : [])));
    expect(mixed.parameters).toHaveLength(1);
    expect(fit([0, 0, 0], { family: poisson(), components: 1 })).toMatchObject({ logLikelihood: 0, diagnosis: { kind: 'boundary' } });
  });

  const failing = [0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 5, 4, 3, 7, 5];
  const mirrored = failing.map((x) => 10 - x);
  it('an all-success group as an all-failure group', () => {
    const coins = binomial({ trials: 10 });
    for (const near of [0.001, 1e-9]) {
      const low = ended(failing, coins, { weights: [0.5, 0.5], components: [{ probability: near }, { probability: 0.5 }] });
      const high = ended(mirrored, coins, { weights: [0.5, 0.5], components: [{ probability: 1 - near }, { probability: 0.5 }] });
      for (const { kind, parameters, warnings } of [low, high]) {
        expect({ kind, parameters, warnings }).toEqual({ kind: 'boundary', parameters: ['probability 1'], warnings: [] });
      }
      expect(low.components[0]).toEqual({ probability: 0 });
      expect(high.components[0]).toMatchObject({ probability: 1 });
      expect(high.components[1]!['probability']).toBeCloseTo(1 - (low.components[1]!['probability'] as number), 12);
    }
  });

  it('a geometric component without failures', () => {
    const found = ended([...new Array(9).fill(0), 9, 20, 15, 30, 4, 12], geometric());
    expect(found).toMatchObject({ kind: 'boundary', parameters: ['probability 1'], warnings: [] });
    expect(found.components[0]).toMatchObject({ probability: 1 });
  });

  it('a long way to 1 takes as many steps as one to 0', () => {
    // The failures of the first group never vanish of themselves: the way is linear.
    const near0 = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 3, 2, 1, 2, 4];
    const coins = binomial({ trials: 10 });
    const run = (x: readonly number[], components: readonly { readonly probability: number }[], accelerate: boolean) =>
      fit(x, { family: coins, components: 2, start: { weights: [0.5, 0.5], components }, accelerate, iterations: 3000 });
    const mirror = near0.map((x) => 10 - x);
    const low = run(near0, [{ probability: 0.125 }, { probability: 0.25 }], false);
    const high = run(mirror, [{ probability: 0.875 }, { probability: 0.75 }], false);
    expect(low.iterations).toBeGreaterThan(30);
    expect(high.iterations).toBe(low.iterations);
    for (const { diagnosis } of [low, high]) expect(diagnosis).toMatchObject({ kind: 'boundary', parameters: ['probability 1'] });
    expect(low.components[0]).toEqual({ probability: 0 });
    expect(high.components[0]).toEqual({ probability: 1 });
    // Sooner, and to the same edge.
    const accelerated = run(mirror, [{ probability: 0.875 }, { probability: 0.75 }], true);
    expect(accelerated.evaluations).toBeLessThan(low.evaluations);
    expect(accelerated.diagnosis).toMatchObject({ kind: 'boundary', parameters: ['probability 1'] });
    expect(accelerated.warnings).toEqual(run(near0, [{ probability: 0.125 }, { probability: 0.25 }], true).warnings);
  });
});

describe('groups of counts whose sizes are orders apart', () => {
  // A share of the largest rows, spread over all components of a start, would swamp the others: those starts are made again without it.
  it.each([
    ['poisson', poisson(), [0, 1, 2000, 2010, 5e6], [0.5, 2005, 5e6]],
    ['binomial', binomial({ trials: 1e6 }), [3, 4, 2000, 2010, 900_000, 900_100], [3.5e-6, 2.005e-3, 0.90005]],
  ])('%s', (_, family: Family, counts, expected) => {
    const { diagnosis, components } = fit(counts, { family, components: 3, starts: 1 });
    expect(diagnosis.kind).toBe('converged');
    for (const [component, value] of expected.entries()) {
      const [found] = Object.values(components[component]!);
      expect((found as number) / value).toBeCloseTo(1, 12);
    }
  });
});

describe('what lies on an edge does not keep the rest from its way', () => {
  // Plain EM needs millions of iterations: accelerated steps and Newton's method must serve beside a probability of 0.
  it('a probability of 0 beside one that grows by a millionth of itself in an iteration', () => {
    const found = fit([4, 0], { family: binomial({ trials: 10 }), components: 2, weights: [2 ** -9, 2 ** 21] });
    expect(found.evaluations).toBeLessThan(400);
    expect(found.diagnosis.kind).toBe('boundary');
    // Of four successes in one row of weight 2^-9 among 2^21 without any: a component of its own.
    expect(found.components[1].probability).toBeCloseTo(0.4, 1);
  });

  it('three successes among a hundred thousand rows of many trials', () => {
    const trials = Float64Array.from({ length: 1e5 }, (_, row) => 5 + (row % 977));
    const successes = new Float64Array(1e5);
    for (const row of [5, 5000, 99_999]) successes[row] = 1;
    const found = fit({ successes, trials }, { family: binomial({ trials: 'column' }), components: 2, starts: 3 });
    expect(found.evaluations).toBeLessThan(400);
    expect(found.diagnosis).toMatchObject({ kind: 'boundary', parameters: ['probability 1'] });
  });

  it('categories never seen, the last among them', () => {
    const counts = [0, 2, 2, 0, 5, 1, 1, 1, 0, 3, 4, 2, 0];
    const found = fit(counts, { families: [categorical({ categories: 12 }), binomial({ trials: 1000 })] });
    expect(found.evaluations).toBeLessThan(400);
    expect(found.diagnosis.kind).toBe('boundary');
  });
});

describe('a probability near 1 is kept by its complement', () => {
  const families: Record<string, Family> = { binomial: binomial({ trials: 10 }), geometric: geometric() };
  for (const [name, family] of Object.entries(families)) {
    it(`${name}: log-density, distribution function, quantile and scores have its digits`, () => {
      const exact = referenceOf(family);
      for (const complement of [2 ** -11, 1e-9, 1e-17, 1e-40]) {
        const parameters = { probability: Math.min(1 - complement, 1 - 2 ** -53), complement };
        const finer = reference.withMoreDigits(60);
        const probability: Decimal = finer.decimal(1).minus(finer.decimal(complement));
        const truth = { probability };
        for (let x = 0; x <= 10; x += 1) {
          const [found] = logDensities(family, parameters, blockOf([x]));
          expect(
            ulps(found!, exact.logDensity([reference.decimal(x)], truth), reference.Decimal.max(1, Math.abs(found!))),
          ).toBeLessThanOrEqual(8);
          expect(ulps(family.cdf!(x, parameters), exact.cdf!(reference.decimal(x), truth), reference.one)).toBeLessThanOrEqual(16);
        }
        expect(family.quantile!(0.5, parameters)).toBe(name === 'binomial' ? 10 : 0);
        const row = Float64Array.of(0);
        family.sample!(parameters, createRandom(1), row);
        expect(row[0]).toBe(name === 'binomial' ? 10 : 0);
        // The derivative of the log-density at a point in the direction log-odds: one failure among the trials, and none.
        const [one, none] = name === 'binomial' ? [9, 10] : [1, 0];
        const scores = new Float64Array(2);
        family.scores!(blockOf([one, none]), parameters, scores);
        expect(scores[0]! / (name === 'binomial' ? -1 : -(1 - 2 * complement))).toBeCloseTo(1, 2);
        expect(scores[1]! / ((name === 'binomial' ? 10 : 1) * complement)).toBeCloseTo(1, 12);
      }
    });

    it(`${name}: coordinates and what is shown`, () => {
      const codec = codecOf(family);
      const vector = new Float64Array(1);
      for (const complement of [1e-4, 1e-17, 1e-100]) {
        const parameters = { probability: Math.min(1 - complement, 1 - 2 ** -53), complement };
        codec.encode(parameters, vector, 0);
        const back = codec.decode(vector, 0) as { probability: number; complement: number };
        expect(back.complement / complement).toBeCloseTo(1, 12);
        expect(family.show!(parameters)).toEqual({ probability: parameters.probability });
        expect(family.show!(back)).toEqual({ probability: back.probability });
      }
      expect(family.show!({ probability: 0.25 })).toEqual({ probability: 0.25 });
      expect(family.show!({ probability: 1, complement: 0 })).toEqual({ probability: 1 });
    });

    it(`${name}: nothing is coarse, and on the edge nothing is left to move`, () => {
      for (const complement of [1e-4, 1e-17, 1e-100]) {
        const parameters = { probability: Math.min(1 - complement, 1 - 2 ** -53), complement };
        expect(family.rounding!(parameters)).toBeLessThanOrEqual(Number.EPSILON);
        const halved = { ...parameters, complement: complement / 2 };
        expect(family.distance!(parameters, halved)).toBeGreaterThan(0);
        expect(family.distance!(parameters, halved)).toBeLessThanOrEqual(0.5);
      }
      expect(family.rounding!({ probability: 1 })).toBe(0);
      expect(family.distance!({ probability: 1 }, { probability: 1, complement: 0 })).toBe(0);
      expect(family.rounding!({ probability: 0.3 })).toBeLessThanOrEqual(2 * Number.EPSILON);
    });
  }
});

describe('the gain of a step to an edge or away from it', () => {
  const gain = (family: Family, statistics: readonly number[], count: number, from: object, to: object) =>
    family.gain!(Float64Array.from(statistics), count, from, from, to);
  const close = (found: number, expected: number) => expect(found / expected).toBeCloseTo(1, 14);

  it('is finite where no row is made impossible', () => {
    close(gain(poisson(), [0], 3, { rate: 0.5 }, { rate: 0 }), 1.5);
    close(gain(poisson(), [0], 3, { rate: 0 }, { rate: 0.5 }), -1.5);
    close(gain(binomial({ trials: 2 }), [0, 6], 3, { probability: 0.5 }, { probability: 0 }), 6 * Math.log(2));
    close(gain(binomial({ trials: 2 }), [6, 0], 3, { probability: 1, complement: 0 }, { probability: 0.5 }), -6 * Math.log(2));
    close(gain(geometric(), [0], 3, { probability: 0.5 }, { probability: 1, complement: 0 }), 3 * Math.log(2));
    close(
      gain(categorical({ categories: 3 }), [1, 2, 0], 3, { probabilities: [0.25, 0.5, 0.25] }, { probabilities: [1 / 3, 2 / 3, 0] }),
      3 * Math.log(4 / 3),
    );
  });

  it('is infinite where one is, and nothing where nothing moves', () => {
    expect(gain(poisson(), [1], 3, { rate: 0.5 }, { rate: 0 })).toBe(-Infinity);
    expect(gain(binomial({ trials: 2 }), [5, 1], 3, { probability: 0.5 }, { probability: 1, complement: 0 })).toBe(-Infinity);
    expect(gain(geometric(), [1], 3, { probability: 0.5 }, { probability: 1, complement: 0 })).toBe(-Infinity);
    expect(gain(categorical({ categories: 2 }), [1, 2], 3, { probabilities: [0.5, 0.5] }, { probabilities: [0, 1] })).toBe(-Infinity);
    expect(gain(poisson(), [0], 3, { rate: 0 }, { rate: 0 })).toBe(0);
    expect(gain(binomial({ trials: 2 }), [6, 0], 3, { probability: 1 }, { probability: 1, complement: 0 })).toBe(0);
    expect(poisson().maximize(Float64Array.of(0), 3, { rate: 1 }, nothingHeld)).toEqual({ rate: 0 });
  });
});
