// What the compiler knows of a fit: checked by `pnpm typecheck`, and run to see that it is true.
import {
  createDataset,
  type Family,
  type FitOptions,
  type FitProgress,
  fit,
  fitAsync,
  fitSteps,
  independent,
  type Latent,
  type LatentDefinition,
  type Model,
  memorySource,
  type ParameterValues,
  readModel,
  select,
  selectAsync,
} from '@emkit/core';
import {
  type CategoricalParameters,
  categorical,
  exponential,
  families,
  type GaussianParameters,
  gaussian,
  type MultivariateGaussianParameters,
  multivariateGaussian,
} from '@emkit/families';
import { describe, expect, expectTypeOf, test } from 'vitest';

const values = [1.1, 0.9, 1.3, 1.6, 4.8, 5.2, 5.1, 4.7];

/** Another law of the labels as far as the compiler can tell: weights, by another name of their type. */
interface Shares {
  readonly weights: readonly number[];
  readonly law?: 'shares';
}
const shares: LatentDefinition<Shares> = { id: 'shares', create: (components) => independent(components) as Latent<Shares> };

describe('a fit of one family', () => {
  test('has as many components as were asked for, with numbers where there are numbers', () => {
    const { components, weights } = fit(values, { family: gaussian(), components: 2 });
    expectTypeOf(components).toEqualTypeOf<readonly [GaussianParameters, GaussianParameters]>();
    expectTypeOf(components[0].mean).toEqualTypeOf<number>();
    expectTypeOf(components.length).toEqualTypeOf<2>();
    expectTypeOf(weights).toEqualTypeOf<readonly number[]>();
    expect(components[0].mean + components[1].variance).toBeGreaterThan(0);
    expect(components.length).toBe(2);
    // @ts-expect-error there are two
    expect(components[2]).toBeUndefined();
    // @ts-expect-error a Gaussian has no rate
    expect(components[0].rate).toBeUndefined();
  });

  test('has a list of them where their number is known at run time only', () => {
    const count: number = values.length > 4 ? 2 : 1;
    const { components } = fit(values, { family: gaussian(), components: count });
    expectTypeOf(components).toEqualTypeOf<readonly GaussianParameters[]>();
    expect(components.map(({ mean }) => mean.toFixed(2))).toHaveLength(count);
    const few = (values.length > 4 ? 2 : 1) as 1 | 2;
    const either = fit(values, { family: gaussian(), components: few }).components;
    expectTypeOf(either).toEqualTypeOf<readonly [GaussianParameters] | readonly [GaussianParameters, GaussianParameters]>();
    expect(either.length).toBe(few);
  });

  test('has vectors and matrices where those are the parameters', () => {
    const rows = values.map((value, row) => [value, (row * row) % 5]);
    const { components } = fit(rows, { family: multivariateGaussian({ dimension: 2 }), components: 1 });
    expectTypeOf(components).toEqualTypeOf<readonly [MultivariateGaussianParameters]>();
    expectTypeOf(components[0].covariance).toEqualTypeOf<readonly (readonly number[])[]>();
    expect(components[0].covariance[1]![0]).toBe(components[0].covariance[0]![1]);
  });

  test('of a family that is known at run time only has parameters of any kind', () => {
    const family: Family = values.length > 4 ? gaussian() : exponential();
    const { components } = fit(values, { family, components: 2 });
    expectTypeOf(components[0]).toEqualTypeOf<ParameterValues>();
    expect(Object.keys(components[0])).toEqual(['mean', 'variance']);
    const options: FitOptions = { family, components: 1 };
    expectTypeOf(fit(values, options).components).toEqualTypeOf<readonly ParameterValues[]>();
  });

  test('has the same in the background, step by step, and of a source', async () => {
    const told: FitProgress<readonly [GaussianParameters, GaussianParameters]>[] = [];
    const result = await fitAsync(values, {
      family: gaussian(),
      components: 2,
      onProgress(progress) {
        expectTypeOf(progress.parameters.components[1].variance).toEqualTypeOf<number>();
        told.push(progress);
      },
    });
    expectTypeOf(result.components[1].mean).toEqualTypeOf<number>();
    expect(told.at(-1)!.parameters.components[1].mean).toBe(result.components[1].mean);

    const steps = fitSteps(values, { family: gaussian(), components: 2 });
    const first = steps.next();
    if (first.done) throw new Error('there is no first step');
    expectTypeOf(first.value.parameters.components[0].mean).toEqualTypeOf<number>();
    expectTypeOf(first.value.parameters.weights).toEqualTypeOf<readonly number[]>();
    expect(first.value.parameters.components[0].mean).toBeTypeOf('number');
    for (const { parameters } of steps) expect(parameters.components).toHaveLength(2);

    const source = memorySource(createDataset(values, [gaussian()], 2));
    expectTypeOf(fit(source, { family: gaussian(), components: 2 }).components[0].mean).toEqualTypeOf<number>();
    expect(fit(source, { family: gaussian(), components: 2 }).components[0].mean).toBe(result.components[0].mean);
  });
});

describe('a fit of several families', () => {
  test('has one after the other', () => {
    const { components } = fit(values, { families: [exponential(), gaussian()] });
    expectTypeOf(components[0].rate).toEqualTypeOf<number>();
    expectTypeOf(components[1].mean).toEqualTypeOf<number>();
    expectTypeOf(components.length).toEqualTypeOf<2>();
    expect([components[0].rate, components[1].mean].every(Number.isFinite)).toBe(true);
    // @ts-expect-error the first is exponential
    expect(components[0].mean).toBeUndefined();
  });

  test('has any of them where the list is made at run time', async () => {
    const list = values.length > 4 ? [exponential(), gaussian()] : [gaussian()];
    const { components } = await fitAsync(values, { families: list });
    expectTypeOf(components).toEqualTypeOf<readonly ({ readonly rate: number } | GaussianParameters)[]>();
    expect(components.map((component) => ('rate' in component ? component.rate : component.mean)).every(Number.isFinite)).toBe(true);
  });
});

test('a choice has fits of the family', async () => {
  const selection = select(values, { family: gaussian(), components: [1, 2] });
  expectTypeOf(selection.best.components).toEqualTypeOf<readonly GaussianParameters[]>();
  expectTypeOf(selection.candidates[0]!.fit!.components[0]!.variance).toEqualTypeOf<number>();
  const means: number[] = [];
  const later = await selectAsync(values, {
    family: gaussian(),
    components: [1, 2],
    onCandidate: ({ fit: candidate }) => means.push(...candidate!.components.map(({ mean }) => mean)),
    onProgress: ({ parameters }) => expectTypeOf(parameters.components[0]!.mean).toEqualTypeOf<number>(),
  });
  expectTypeOf(later.best.components[0]!.mean).toEqualTypeOf<number>();
  expect(means).toEqual(selection.candidates.flatMap(({ fit: candidate }) => candidate!.components.map(({ mean }) => mean)));
});

test('a fit with a law of its labels has the parameters of that law', () => {
  const options = { family: gaussian(), latent: shares.create(2, {}) as Latent<Shares> };
  const result = fit(values, options);
  expectTypeOf(result.components).toEqualTypeOf<readonly GaussianParameters[]>();
  expectTypeOf(result.model.parameters.law).toEqualTypeOf<'shares' | undefined>();
  const counted = fit(values, { ...options, components: 2 });
  expectTypeOf(counted.components[1].mean).toEqualTypeOf<number>();
  expectTypeOf(fit(values, { families: [gaussian(), exponential()], latent: options.latent }).model.parameters.law).toEqualTypeOf<
    'shares' | undefined
  >();
  expect(counted.model.parameters.weights).toEqual(result.weights);
});

describe('a model that is read', () => {
  const model: unknown = JSON.parse(JSON.stringify(fit(values, { family: gaussian(), components: 2 })));

  test('has components of the families it may have', () => {
    const one = readModel(model, [gaussian]);
    expectTypeOf(one.components).toEqualTypeOf<readonly GaussianParameters[]>();
    expectTypeOf(one.weights).toEqualTypeOf<readonly number[]>();
    expect(one.components[0]!.mean).toBeLessThan(2);
    const either = readModel(model, [gaussian, categorical]);
    expectTypeOf(either.components[0]!).toEqualTypeOf<GaussianParameters | CategoricalParameters>();
    const [first] = either.components;
    expect('mean' in first! && first.mean).toBe(one.components[0]!.mean);
  });

  test('of any family has parameters of any kind', () => {
    const any = readModel(model, families);
    expectTypeOf(any).toEqualTypeOf<Model>();
    expect(Object.keys(any.components[0]!)).toEqual(['mean', 'variance']);
  });

  test('and of several laws the parameters of any of them', () => {
    const read = readModel(model, [gaussian], [shares]);
    expectTypeOf(read.parameters.weights).toEqualTypeOf<readonly number[]>();
    expect(read.parameters.weights).toHaveLength(2);
  });
});
