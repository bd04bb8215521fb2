import { createRandom, EmkitError, type Family, fit, fitAsync, readModel } from '@emkit/core';
import { binomial, categorical, families, gaussian, multivariateGaussian, poisson, product, startFamiliesWorker } from '@emkit/families';
import { createMixture, eStep, mStep } from '@emkit/reference';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { people, rowsOf, start } from './product-data.ts';
import { reference } from './support.ts';

const person = product({ height: gaussian(), visits: poisson(), answer: categorical({ levels: ['no', 'yes'] }) });

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return expect.fail('nothing was thrown');
};

describe('a product', () => {
  test('has the types of its parts', () => {
    const found = fit(people(60, 1), { family: person, components: 2, iterations: 1 });
    expectTypeOf(found.components[0].height.mean).toEqualTypeOf<number>();
    expectTypeOf(found.components[1].answer.probabilities).toEqualTypeOf<readonly number[]>();
    // @ts-expect-error: there is no third component
    expect(found.components[2]).toBeUndefined();
  });

  test.each([0, 0.3])('one EM step is that of the reference, with a share of %s of the cells missing', (holes) => {
    const data = people(80, 5, holes);
    const rows = rowsOf(data);
    const exact = createMixture(reference, { family: 'product', options: person.options, ...start });
    const expectation = eStep(exact, { rows });
    const after = mStep(exact, { rows }, expectation.responsibilities);
    const options = { family: person, components: 2, start, accelerate: false, missing: 'integrate' } as const;
    expect(fit(data, { ...options, iterations: 0 }).logLikelihood).toBeCloseTo(expectation.logLikelihood.toNumber(), 10);
    const { components, weights } = fit(data, { ...options, iterations: 1 });
    after.weights.forEach((weight, k) => {
      expect(weights[k]).toBeCloseTo(weight.toNumber(), 14);
    });
    after.components.forEach(({ family, parameters }, k) => {
      const { height, visits, answer } = family.toNumbers(parameters) as (typeof start)['components'][0];
      expect(components[k]!.height.mean).toBeCloseTo(height.mean, 11);
      expect(components[k]!.height.variance).toBeCloseTo(height.variance, 11);
      expect(components[k]!.visits.rate).toBeCloseTo(visits.rate, 13);
      answer.probabilities.forEach((value, level) => {
        expect(components[k]!.answer.probabilities[level]).toBeCloseTo(value, 14);
      });
    });
  });

  test('of one part is that part', () => {
    const { height } = people(200, 2);
    const alone = fit(height, { family: gaussian(), components: 2 });
    const inProduct = fit({ height }, { family: product({ height: gaussian() }), components: 2 });
    expect(inProduct.logLikelihood).toBeCloseTo(alone.logLikelihood, 9);
    expect(inProduct.components[0].height.mean).toBeCloseTo(alone.components[0].mean, 5);
  });

  test('finds its columns by name, in any order and among others', () => {
    const { height, visits, answer } = people(100, 3);
    const options = { family: person, components: 2 } as const;
    const found = fit({ answer, other: visits, visits, height }, options);
    expect(found.columnNames).toEqual(['height', 'visits', 'answer']);
    expect(found.components).toEqual(fit({ height, visits, answer }, options).components);
  });

  test('is read back from its JSON, and refitted to the same bits', () => {
    const data = people(100, 4);
    const found = fit(data, { family: person, components: 2 });
    const back = readModel(JSON.parse(JSON.stringify(found)), families);
    expect(JSON.stringify(back)).toBe(JSON.stringify(found.model));
    expect(back.predict(data).logDensities).toEqual(found.predict(data).logDensities);
    expect(codeOf(() => readModel({ ...found.model.toJSON(), options: { height: { family: 'gausian', options: {} } } }, families))).toMatch(
      /^MODEL_MALFORMED: .*"gausian"/,
    );
  });

  test('takes products, families of several columns and given columns as parts', () => {
    const random = createRandom(6);
    const rows = Array.from({ length: 150 }, () => {
      const high = random.uniform() < 0.5;
      return [
        high ? 3 + random.normal() : random.normal(),
        random.normal(),
        3 + random.integer(4),
        Number(high),
        random.normal(),
      ] as number[];
    }).map(([a, b, trials, high, c]) => [a!, b!, high! * 2, trials!, c!]);
    const family = product({
      position: multivariateGaussian({ dimension: 2 }),
      hits: binomial({ trials: 'column' }),
      inner: product({ size: gaussian() }),
    });
    expect(family.columns.map(({ name }) => name)).toEqual(['position.x1', 'position.x2', 'hits.successes', 'hits.trials', 'inner']);
    const found = fit(rows, { family, components: 2 });
    expect(found.converged).toBe(true);
    expect(found.components.map(({ hits }) => hits.probability).sort()[0]).toBeLessThan(0.01);
    expect(found.components[0].inner.size.mean).toBeTypeOf('number');
    expect(found.summary()).toMatch(/position\.covariance[\s\S]*hits\.probability[\s\S]*inner\.size\.mean/);
  });

  test('holds parts and their parameters, and shares parts', () => {
    const data = people(150, 7);
    const held = fit(data, { family: person, components: 2, start, held: { components: [['visits', 'height.variance'], undefined] } });
    expect(held.components[0].visits.rate).toBe(4);
    expect(held.components[0].height.variance).toBe(60);
    expect(held.components[0].height.mean).not.toBe(165);
    expect(held.criteria.parameters).toBe(1 + 4 + 4 - 2);
    const shared = fit(data, { family: person, components: 2, shared: ['visits'] });
    expect(shared.components[0].visits).toEqual(shared.components[1].visits);
    expect(shared.components[0].visits.rate).toBeCloseTo(data.visits.reduce((sum: number, x) => sum + x!, 0) / 150, 10);
    expect(shared.criteria.parameters).toBe(1 + 4 + 4 - 1);
    expect(codeOf(() => fit(data, { family: person, components: 2, start, held: { components: [['height.skew']] } }))).toMatch(
      /no parameter "height.skew"/,
    );
  });

  test('keeps the digits of one part far from zero, whatever the others', () => {
    const { height, visits, answer } = people(200, 8);
    const far = height.map((value) => Math.round(value! * 1024) / 1024 + 2 ** 40);
    const near = far.map((value) => value - 2 ** 40);
    const options = { family: person, components: 2 } as const;
    const [a, b] = [fit({ height: far, visits, answer }, options), fit({ height: near, visits, answer }, options)];
    expect(a.logLikelihood).toBeCloseTo(b.logLikelihood, 8);
    expect(a.components[0].height.variance).toBeCloseTo(b.components[0].height.variance, 6);
  });

  test('says which part has no estimate', () => {
    const data = { height: [1, 1, 1, 1], visits: [1, 2, 3, 4] };
    const found = fit(data, {
      family: product({ height: gaussian(), visits: poisson() }),
      components: 1,
      start: { weights: [1], components: [{ height: { mean: 1, variance: 1 }, visits: { rate: 1 } }] },
    });
    expect(found.diagnosis).toMatchObject({ kind: 'collapsed', component: 0 });
  });

  test('refuses parts that are no families, and says what to do', () => {
    const make = (parts: unknown) => () => product(parts as Record<string, Family>);
    expect(codeOf(make({ height: gaussian }))).toMatch(/OPTION_INVALID: The part height of a product is a definition.*gaussian\(\)/);
    expect(codeOf(make({ height: 'gaussian' }))).toMatch(/OPTION_INVALID/);
    expect(codeOf(make({}))).toMatch(/OPTION_INVALID: The parts of a product are \{\}/);
    expect(codeOf(make(undefined))).toMatch(/OPTION_INVALID/);
    expect(codeOf(make({ x: gaussian({ covariance: 'tied' }) }))).toMatch(/shared: \['x'\]/);
  });

  test('has the same bits on any number of threads, holes and all', async () => {
    const data = people(6000, 9, 0.2);
    const options = { family: person, components: 2, start, iterations: 3, blockSize: 256, missing: 'integrate' } as const;
    const alone = fit(data, options);
    const shared = await fitAsync(data, { ...options, threads: 2, startWorker: startFamiliesWorker });
    expect(shared.components).toEqual(alone.components);
    expect(shared.logLikelihood).toBe(alone.logLikelihood);
  });
});
