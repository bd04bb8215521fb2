// What people write who have no compiler to tell them: each is refused with a sentence that says what was meant.
import { createDataset, createMixture, EmkitError, fit, fitAsync, memorySource, readModel, select, selectAsync } from '@emkit/core';
import { binomial, exponential, families, gaussian, multivariateGaussian } from '@emkit/families';
import { describe, expect, test } from 'vitest';

type Loose = (...given: unknown[]) => unknown;
const [f, s, r] = [fit as Loose, select as Loose, readModel as Loose];

const x = [1, 2, 3, 7, 8, 9.5];
const two = { family: gaussian(), components: 2 };
const some = { family: gaussian(), components: [1, 2] };
const fitted = fit(x, { family: gaussian(), components: 2 });

/** What an action says; it must refuse, with the code of a wrong call. */
async function said(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof EmkitError)) throw error;
    expect(error.code).toBe('OPTION_INVALID');
    return error.message;
  }
  return 'nothing';
}

describe('the call itself', () => {
  test.each([
    [() => f(), 'No options are given. Give a record, for example { family: gaussian(), components: 2 }.'],
    [() => f(x), 'No options are given. Give a record, for example { family: gaussian(), components: 2 }.'],
    [() => f(x, 2), 'The options are 2. Give a record, for example { family: gaussian(), components: 2 }.'],
    [() => f(x, gaussian(), 2), 'The options are a family. Give a record, for example { family: gaussian(), components: 2 }.'],
    [() => s(x), 'No options are given. Give a record, for example { family: gaussian(), components: [1, 2, 3] }.'],
    [() => (createMixture as Loose)(), 'The options are undefined. Give { family: gaussian(), components: 2 }.'],
    [() => (fitted.predict as Loose)(x, ['x']), 'The options are ["x"]. Give a record, for example { columns: [\'x\'] }.'],
  ])('%s', async (action, message) => {
    expect(await said(action)).toBe(message);
  });
});

describe('the family', () => {
  test.each([
    [undefined, 'No family is given. Give one, for example family: gaussian().'],
    ['gaussian', 'The family is the word "gaussian". Import the family and call it: gaussian().'],
    ['normal', 'The family is the word "normal". Import the family and call it: gaussian().'],
    ['multivariate-gaussian', 'The family is the word "multivariate-gaussian". Import the family and call it: multivariateGaussian().'],
    [multivariateGaussian, 'The family is a definition, not an instance. Call it: multivariateGaussian().'],
    [{}, 'The family is {}. Give an instance, for example gaussian().'],
    [[gaussian()], 'The family is a list. Give one instance, or families: a list with one for each component.'],
  ])('%s', async (family, message) => {
    expect(await said(() => f(x, { family, components: 2 }))).toBe(message);
    expect(await said(() => s(x, { family, components: [1, 2] }))).toBe(message);
  });

  test.each([
    [
      { families: gaussian() },
      'The option families is no list. Give a list with a family for each component: families: [gaussian(), exponential()].',
    ],
    [
      { families: [] },
      'The option families is an empty list. Give a list with a family for each component: families: [gaussian(), exponential()].',
    ],
    [{ families: [exponential(), gaussian] }, 'The family of component 2 is a definition, not an instance. Call it: gaussian().'],
    [{ families: [gaussian(), gaussian()], components: 3 }, 'There are 2 families for 3 components. Give a family for each component.'],
    [{ ...two, families: [gaussian()] }, 'Both family and families are given. Give one of them.'],
    [
      { ...two, latent: 'markov' },
      'The option latent is "markov". Give a latent structure, for example independent(2), or leave it out for a mixture.',
    ],
  ])('%j', async (options, message) => {
    expect(await said(() => f(x, options))).toBe(message);
  });

  test.each([
    [
      () => (gaussian as Loose)('tied'),
      'The options of the family gaussian are "tied". Give a record, for example gaussian({ covariance: "full" }).',
    ],
    [() => (binomial as Loose)(10), 'The options of the family binomial are 10. Give a record, for example binomial({ trials: 10 }).'],
    [() => (exponential as Loose)(2), 'The options of the family exponential are 2. It has none.'],
  ])('%s', async (action, message) => {
    expect(await said(action)).toBe(message);
  });
});

describe('an option that there is not', () => {
  test.each([
    ['maxIterations', 'Did you mean iterations?'],
    ['max_iter', 'Did you mean iterations?'],
    ['toleranse', 'Did you mean tolerance?'],
    ['n_components', 'Did you mean components?'],
    ['n_init', 'Did you mean starts?'],
    ['randomState', 'Did you mean seed?'],
    ['covariance', 'It is an option of the family: gaussian({ covariance: ... }).'],
    ['covariance_type', 'It is an option of the family: gaussian({ covariance: ... }).'],
    ['signal', 'It is an option of fitAsync, selectAsync.'],
    ['criterion', 'It is an option of select, selectAsync.'],
  ])('of fit: %s', async (name, remedy) => {
    expect(await said(() => f(x, { ...two, [name]: 1 }))).toBe(`There is no option "${name}". ${remedy}`);
  });

  test('what nobody could have meant gets the list of all there are', async () => {
    expect(await said(() => f(x, { ...two, verbose: true }))).toBe(
      'There is no option "verbose". There are: family, families, components, latent, held, shared, columns, weights, labels, sequences, ' +
        'missing, dimension, blockSize, start, starts, iterations, tolerance, accelerate, seed, onCollapse, resume, threads, startWorker.',
    );
    expect(await said(() => s(x, { ...some, held: {} }))).toBe('There is no option "held". It is an option of fit, fitSteps, fitAsync.');
    expect(await said(() => fitted.predict(x, { column: ['x'] } as object))).toBe('There is no option "column". Did you mean columns?');
  });
});

describe('a value that an option cannot have', () => {
  test.each([
    ['components', '2', 'The number of components is "2". Give components: a whole number from 1 to 100000.'],
    ['components', undefined, 'No number of components is given. Give components: a whole number from 1 to 100000.'],
    [
      'components',
      [1, 2],
      'The number of components is [1,2]. Give components: a whole number from 1 to 100000. To choose among several, use select.',
    ],
    ['seed', 'a', 'The option seed is "a". Give a whole number below 2^53.'],
    ['iterations', '10', 'The option iterations is "10". Give a whole number of at least 0.'],
    ['starts', 0, 'The option starts is 0. Give a whole number of at least 1.'],
    ['threads', 'many', 'The option threads is "many". Give a whole number of at least 1, or \'auto\'.'],
    ['tolerance', '1e-3', 'The option tolerance is "1e-3". Give a number >= 0.'],
    ['accelerate', 1, 'The option accelerate is 1. Give true or false.'],
    ['start', 'kmeans', 'The option start is "kmeans". Did you mean k-means++? There are: auto, k-means++, quantile, random.'],
    ['start', [], 'The option start is []. Give { weights: [...], components: [{ ... }] }, as the model of a fit has them.'],
    [
      'start',
      { model: {} },
      'The option start is {"model":{}}. Give { weights: [...], components: [{ ... }] }, as the model of a fit has them.',
    ],
    ['onCollapse', 'bogus', 'The option onCollapse is "bogus". Give one of: report, throw, restart, drop.'],
    [
      'held',
      { mean: true },
      'The option held is {"mean":true}. Give, for example, { weights: true, components: [[\'mean\'], undefined] }, and the values in start.',
    ],
    ['held', { components: [['mean']] }, 'Parameters are held, but no start gives their values. Give start: { weights, components }.'],
    ['shared', 'variance', 'The option shared is "variance". Give a list of names, for example [\'variance\'].'],
    ['weights', null, 'The option weights is null. Give one value a row, or the name of a column.'],
    ['labels', null, 'The option labels is null. Give one value a row, or the name of a column.'],
    ['columns', 'x', 'The option columns is "x". Give a list: columns: ["x"].'],
  ])('of fit: %s: %j', async (name, value, message) => {
    expect(await said(() => f(x, { ...two, [name]: value }))).toBe(message);
  });

  test.each([
    [() => s(x, { ...some, components: 3 }), 'The option components is 3. Give a list of numbers to choose from, for example [1, 2, 3].'],
    [() => s(x, { ...some, criterion: 'BIC' }), 'The option criterion is "BIC". Did you mean bic? There are: bic, aic, icl.'],
    [
      () => s(x, { ...some, start: { weights: [1] } }),
      'The option start is {"weights":[1]}. Give one of: auto, k-means++, quantile, random.',
    ],
    [
      () => (fitAsync as Loose)(x, { ...two, signal: new AbortController() }),
      'The option signal is {}. Give the signal of an AbortController.',
    ],
    [() => (fitAsync as Loose)(x, { ...two, onProgress: 5 }), 'The option onProgress is 5. Give a function.'],
    [() => (selectAsync as Loose)(x, { ...some, onCandidate: 5 }), 'The option onCandidate is 5. Give a function.'],
    [
      () => fit(memorySource(createDataset(x, [gaussian()], 2)), { ...two, weights: x }),
      'The option weights is given with a source, which has its data already. Leave it out.',
    ],
    [() => (fitted.model.sample as Loose).call(fitted.model, 3), 'The option seed is undefined. Give a whole number below 2^53.'],
  ])('%s', async (action, message) => {
    expect(await said(action)).toBe(message);
  });
});

describe('data that are none', () => {
  test.each([
    [
      'old-faithful.csv',
      'The data are "old-faithful.csv". Give an array of numbers, an array of rows, a record of columns, an iterable of records or an Arrow table.',
    ],
    [Promise.resolve(x), 'The data are a promise. Await them first.'],
    [{ x: 1 }, 'Column x is 1, not an array of numbers.'],
    [[new Date(0), new Date(1)], 'The data have 0 columns, and the family gaussian takes 1. Give numbers, or records that hold some.'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      'The data have 2 columns, and the family gaussian takes 1. Choose 1 with the option columns; there are: x1, x2.',
    ],
  ])('%s', (data, message) => {
    expect(() => f(data, two)).toThrow(expect.objectContaining({ code: 'DATA_SHAPE', message }));
  });
});

describe('what a model is read with', () => {
  const instead = 'Give a list of definitions: [gaussian], or families, which holds them all.';
  test.each([
    [undefined, `The families that may occur are undefined. ${instead}`],
    [gaussian, `The families that may occur are a function. ${instead}`],
    [[gaussian()], `The families that may occur are instances. ${instead}`],
  ])('%s', async (definitions, message) => {
    expect(await said(() => r(fitted.toJSON(), definitions))).toBe(message);
  });

  test('text must be parsed first', () => {
    expect(() => r(JSON.stringify(fitted), families)).toThrow('The model is text. Give what JSON.parse makes of it.');
  });
});
