import {
  createMixture,
  createRandom,
  EmkitError,
  type Fit,
  type FitProgress,
  fit,
  Model,
  readModel,
  select,
  selectAsync,
} from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bell, decay, toss } from './support/families.ts';

const definitions = [bell, decay, toss];
const random = createRandom(12);
const data = Float64Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? 6 : 0) + random.normal());
const fitted = (): Fit => fit(data, { family: bell(), components: 2 });
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return error.code;
    throw error;
  }
  return 'nothing was refused';
}

describe('a model file is an exact round trip', () => {
  it('of a fit', () => {
    const before = fitted();
    const text = JSON.stringify(before);
    const after = readModel(JSON.parse(text), definitions);
    expect(JSON.stringify(after)).toBe(JSON.stringify(before.model));
    expect([...after.logDensity(data)]).toEqual([...before.model.logDensity(data)]);
  });
  it('of any parameters in their domains', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const positive = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    const component = fc.record({ mean: number, variance: positive }, { noNullPrototype: true });
    fc.assert(
      fc.property(component, component, fc.double({ min: 0, max: 1, noNaN: true }), (first, second, weight) => {
        const model = new Model(createMixture({ family: bell(), components: 2 }), {
          weights: [weight, 1 - weight],
          components: [first, second],
        });
        const again = readModel(JSON.parse(JSON.stringify(model)), [bell]);
        expect(JSON.stringify(again)).toBe(JSON.stringify(model));
        again.components.forEach(({ mean }, index) => {
          expect(Math.abs(mean)).toBe(Math.abs([first, second][index]!.mean));
        });
      }),
      { seed: 6, numRuns: 200 },
    );
  });
  it('of components of different families', () => {
    const families = [{ ...decay() }, toss({ trials: 3 })].map((family) => ({ ...family, columns: bell().columns }));
    const model = new Model(createMixture({ families }), { weights: [0.5, 0.5], components: [{ rate: 2 }, { probability: 0.25 }] });
    expect(model.toJSON()).toEqual({
      families: [
        { family: 'decay', options: {} },
        { family: 'toss', options: { trials: 3 } },
      ],
      weights: [0.5, 0.5],
      components: [{ rate: 2 }, { probability: 0.25 }],
    });
    expect(JSON.stringify(readModel(JSON.parse(JSON.stringify(model)), definitions))).toBe(JSON.stringify(model));
  });
});

describe('a malformed model file is refused', () => {
  const good = {
    family: 'bell',
    options: {},
    weights: [0.5, 0.5],
    components: [
      { mean: 0, variance: 1 },
      { mean: 1, variance: 2 },
    ],
  };
  const cases: [string, unknown, string][] = [
    ['not an object', 7, 'MODEL_MALFORMED'],
    ['null', null, 'MODEL_MALFORMED'],
    ['a list', [], 'MODEL_MALFORMED'],
    ['no components', { ...good, components: [] }, 'MODEL_MALFORMED'],
    ['an unknown family', { ...good, family: 'constructor' }, 'MODEL_MALFORMED'],
    ['an unknown option', { ...good, options: { colour: 1 } }, 'OPTION_INVALID'],
    ['no weights', { ...good, weights: undefined }, 'MODEL_MALFORMED'],
    ['weights that sum to 2', { ...good, weights: [1, 1] }, 'PARAMETER_DOMAIN'],
    ['a negative weight', { ...good, weights: [-0.5, 1.5] }, 'PARAMETER_DOMAIN'],
    ['too few weights', { ...good, weights: [1] }, 'PARAMETER_DOMAIN'],
    [
      'a variance of 0',
      {
        ...good,
        components: [
          { mean: 0, variance: 0 },
          { mean: 1, variance: 2 },
        ],
      },
      'PARAMETER_DOMAIN',
    ],
    [
      'a mean as text',
      {
        ...good,
        components: [
          { mean: '0', variance: 1 },
          { mean: 1, variance: 2 },
        ],
      },
      'PARAMETER_DOMAIN',
    ],
    ['a missing parameter', { ...good, components: [{ mean: 0 }, { mean: 1, variance: 2 }] }, 'PARAMETER_MISSING'],
    [
      'a parameter too many',
      {
        ...good,
        components: [
          { mean: 0, variance: 1, sd: 1 },
          { mean: 1, variance: 2 },
        ],
      },
      'PARAMETER_UNKNOWN',
    ],
    [
      'an inherited parameter',
      { ...good, components: [Object.create({ mean: 0, variance: 1 }), { mean: 1, variance: 2 }] },
      'PARAMETER_MISSING',
    ],
    ['a component that is null', { ...good, components: [null, { mean: 1, variance: 2 }] }, 'PARAMETER_MISSING'],
    ['families for another number of components', { ...good, families: [{ family: 'bell', options: {} }] }, 'MODEL_MALFORMED'],
  ];
  for (const [name, json, code] of cases) it(name, () => expect(codeOf(() => readModel(json, definitions))).toBe(code));
});

describe('what a model answers', () => {
  it('responsibilities sum to 1 a row, and the label is the largest', () => {
    const { model } = fitted();
    const columns = model.responsibilities(data);
    const labels = model.labels(data);
    data.forEach((_, row) => {
      expect(Math.abs(columns[0]![row]! + columns[1]![row]! - 1)).toBeLessThanOrEqual(Number.EPSILON);
      expect(labels[row]).toBe(columns[0]![row]! >= columns[1]![row]! ? 0 : 1);
    });
  });
  it('the log-densities of the training data sum to the log-likelihood', () => {
    const result = fitted();
    expect(Math.abs(sum(result.model.logDensity(data)) - result.logLikelihood)).toBeLessThan(1e-10);
  });
  it('answers come in the order of the rows, merged or not', () => {
    const counts = [3, 0, 3, 1, 0];
    const model = new Model(createMixture({ family: toss({ trials: 3 }), components: 2 }), {
      weights: [0.5, 0.5],
      components: [{ probability: 0.2 }, { probability: 0.9 }],
    });
    expect([...model.labels(counts)]).toEqual([1, 0, 1, 0, 0]);
  });
  it('a known label is certain', () => {
    const { model } = fitted();
    const columns = model.responsibilities([0, 0], { labels: [1, -1] });
    expect(columns[1]![0]).toBe(1);
    expect(columns[1]![1]).toBeLessThan(0.1);
  });
  it('a sample repeats with its seed and follows the weights', () => {
    const { model } = fitted();
    const first = model.sample(4000, 9);
    expect(model.sample(4000, 9)).toEqual(first);
    expect(model.sample(4000, 10)).not.toEqual(first);
    const share = sum(first.labels) / 4000;
    // Five standard deviations of a binomial share: a false alarm in about two million seeds, and the seed is fixed.
    expect(Math.abs(share - model.weights[1]!)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 4000));
    expect(codeOf(() => model.sample(-1, 1))).toBe('OPTION_INVALID');
  });
  it('a given column must be stated to sample', () => {
    const model = new Model(createMixture({ family: toss({ trials: 'column' }), components: 1 }), {
      weights: [1],
      components: [{ probability: 1 }],
    });
    expect([...model.sample(3, 1, { trials: 7 }).columns[0]!]).toEqual([7, 7, 7]);
    expect(codeOf(() => model.sample(3, 1))).toBe('OPTION_INVALID');
  });
  it('is immutable, and apart from what it was made of', () => {
    const components = [{ mean: 0, variance: 1 }];
    const model = new Model(createMixture({ family: bell(), components: 1 }), { weights: [1], components });
    components[0]!.mean = 5;
    expect(model.components[0]!.mean).toBe(0);
    expect(() => {
      (model.components[0] as { mean: number }).mean = 1;
    }).toThrow(TypeError);
  });
});

describe('the information bound', () => {
  it('is below the log-likelihood for any responsibilities, and touches it at the posterior', () => {
    const { model, logLikelihood } = fit(data, { family: bell(), components: 2, iterations: 2 });
    const posterior = model.bound(data);
    expect(Math.abs(posterior.freeEnergy - logLikelihood)).toBeLessThan(1e-10);
    expect(posterior.freeEnergy).toBe(posterior.expectedCompleteLogLikelihood + posterior.entropy);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const generator = createRandom(seed);
        const first = data.map(() => generator.uniform());
        expect(model.bound(data, [first, first.map((value) => 1 - value)]).freeEnergy).toBeLessThan(logLikelihood);
      }),
      { seed: 2, numRuns: 25 },
    );
  });
  it('refuses responsibilities that are none', () => {
    const { model } = fit(data, { family: bell(), components: 2, iterations: 1 });
    const half = data.map(() => 0.5);
    expect(codeOf(() => model.bound(data, [half]))).toBe('DATA_SHAPE');
    expect(codeOf(() => model.bound(data, [half, half.map(() => 0.4)]))).toBe('PARAMETER_DOMAIN');
    expect(codeOf(() => model.bound(data, [half.map(() => -0.5), half.map(() => 1.5)]))).toBe('PARAMETER_DOMAIN');
  });
});

describe('choosing the number of components', () => {
  it('finds two where there are two, by every criterion', () => {
    for (const criterion of ['bic', 'icl'] as const) {
      const selection = select(data, { family: bell(), components: [1, 2, 3, 4], criterion });
      expect(selection.best.components.length).toBe(2);
      expect(selection.candidates.map(({ components }) => components)).toEqual([1, 2, 3, 4]);
      for (const { fit: candidate } of selection.candidates) {
        expect(candidate!.criteria[criterion]).toBeGreaterThanOrEqual(selection.best.criteria[criterion]);
      }
    }
  });
  it('the criteria follow their formulas', () => {
    const { criteria, logLikelihood } = fitted();
    expect(criteria.parameters).toBe(5);
    expect(criteria.aic).toBe(-2 * logLikelihood + 10);
    expect(Math.abs(criteria.bic - (-2 * logLikelihood + 5 * Math.log(300)))).toBeLessThan(1e-10);
    expect(criteria.icl).toBeGreaterThan(criteria.bic);
  });
  it('more components than different rows are passed over with a reason', () => {
    const selection = select([0, 0, 1, 1, 2], { family: toss({ trials: 2 }), components: [1, 4] });
    expect(selection.best.components.length).toBe(1);
    expect(selection.candidates[1]!.refused).toContain('different rows');
  });
  it('in the background, the same answer; an abort rejects', async () => {
    const options = { family: bell(), components: [1, 2] };
    expect(JSON.stringify((await selectAsync(data, options)).best)).toBe(JSON.stringify(select(data, options).best));
    const told: number[] = [];
    const onProgress = ({ iteration, parameters }: FitProgress): void => {
      if (iteration === 0) told.push(parameters.weights.length);
    };
    const tried: number[] = [];
    await selectAsync(data, { ...options, threads: 1, onProgress, onCandidate: ({ components }) => tried.push(components) });
    expect(told).toEqual(options.components);
    expect(tried).toEqual(options.components);
    await expect(selectAsync(data, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
  it('bad data are refused, not passed over', async () => {
    expect(codeOf(() => select([1, Number.NaN], { family: bell(), components: [1, 2] }))).toBe('DATA_NOT_FINITE');
    expect(codeOf(() => select(data, { family: bell(), components: [] }))).toBe('OPTION_INVALID');
    expect(codeOf(() => select(data, { family: bell(), components: [1], criterion: 'best' as never }))).toBe('OPTION_INVALID');
  });
});
