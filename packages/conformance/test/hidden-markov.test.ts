import {
  cyclic,
  EmkitError,
  expectedDurations,
  type Family,
  filterStates,
  fit,
  fitAsync,
  forecast,
  joinSequences,
  leftToRight,
  type Markov,
  markov,
  markovChain,
  openWorker,
  pseudoResiduals,
  readModel,
  stationaryDistribution,
  useKernels,
  viterbi,
  zerosOf,
} from '@emkit/core';
import { binomial, categorical, exponential, families, gamma, gaussian, geometric, multivariateGaussian, poisson } from '@emkit/families';
import {
  type ChainDescription,
  chainEnumeration,
  chainExpectation,
  chainPath,
  chainStep,
  createChain,
  createReference,
} from '@emkit/reference';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { EARTHQUAKES } from './support/earthquakes.ts';

const reference = createReference();

const closeTo = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < actual.length; index += 1) expect(Math.abs(actual[index]! - expected[index]!)).toBeLessThanOrEqual(tolerance);
};

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

/** A model of given parameters, read as from a file. */
const modelOf = (family: string, parameters: Markov & { components: readonly object[] }, options: object = {}, kindOptions: object = {}) =>
  readModel({ kind: 'hidden-markov', kindOptions, family, options, ...parameters }, families, [markovChain] as const) as ReturnType<
    typeof readModel<(typeof families)[number], typeof markovChain>
  > & { readonly parameters: Markov } as never as import('@emkit/core').Model<readonly { rate: number }[], Markov>;

const refusal = (action: () => unknown): { readonly code?: string; readonly message?: string; readonly row?: number | undefined } => {
  try {
    action();
    return {};
  } catch (error) {
    if (!(error instanceof EmkitError)) throw error;
    return { code: error.code, message: error.message, row: error.details.row };
  }
};

describe('published results', () => {
  test.each([
    // Zucchini and MacDonald (2009), tables 3.1 and 5.1: a stationary start.
    { components: 2, initial: 'stationary' as const, logLikelihood: -342.3183, rates: [15.4723, 26.1254], parameters: 4 },
    { components: 3, initial: 'stationary' as const, logLikelihood: -329.4603, rates: [13.14573, 19.72101, 29.71437], parameters: 9 },
    // The same with a start of its own, to the true optimum.
    { components: 2, initial: 'free' as const, logLikelihood: -341.8787, rates: [15.420762, 26.018235], parameters: 5 },
    { components: 3, initial: 'free' as const, logLikelihood: -328.5275, rates: [13.133762, 19.713164, 29.709723], parameters: 11 },
  ])('earthquakes, $components states, start $initial', ({ components, initial, logLikelihood, rates, parameters }) => {
    const found = fit(EARTHQUAKES, { latent: markov(components, { initial }), family: poisson() });
    expectTypeOf(found.model.parameters.transitions).toEqualTypeOf<readonly (readonly number[])[]>();
    // Of three states the third never follows the first, in the published estimates too.
    expect(found.diagnosis.kind).toBe(components === 2 ? 'converged' : 'boundary');
    expect(Math.abs(found.logLikelihood - logLikelihood)).toBeLessThan(5e-5);
    // The published digits were found by a search that stopped a little early.
    closeTo(sorted(found.components.map(({ rate }) => rate)), rates, 1e-4);
    expect(found.criteria.parameters).toBe(parameters);
    const { initial: first, transitions } = found.model.parameters;
    if (initial === 'stationary') expect(first).toEqual(stationaryDistribution(transitions));
    else expect(found.warnings.join(' ')).toMatch(/Estimated at 0: initial probability of state \d/);
  });

  test('earthquakes, one state, and the criteria of three', () => {
    const one = fit(EARTHQUAKES, { latent: markov(1), family: poisson() });
    expect(Math.abs(one.logLikelihood - -391.9189)).toBeLessThan(5e-5);
    const { criteria } = fit(EARTHQUAKES, { latent: markov(3, { initial: 'stationary' }), family: poisson() });
    expect(criteria.aic).toBeCloseTo(676.9206, 3);
    expect(criteria.bic).toBeCloseTo(700.976, 2);
  });

  test("Eisner's ice cream (2002): the first step, the tenth, and what it leads to", () => {
    const diary = [2, 3, 3, 2, 3, 2, 3, 2, 2, 3, 1, 3, 3, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 1, 1, 1, 2, 3, 3, 2, 3, 2, 2].map(
      (cones) => cones - 1,
    );
    // After the last day comes a state that alone emits the last symbol.
    const start = {
      initial: [0.5, 0.5, 0],
      transitions: [
        [0.8, 0.1, 0.1],
        [0.1, 0.8, 0.1],
        [0, 0, 1],
      ],
      components: [{ probabilities: [0.7, 0.2, 0.1, 0] }, { probabilities: [0.1, 0.2, 0.7, 0] }, { probabilities: [0, 0, 0, 1] }],
    };
    const options = { latent: markov(3, zerosOf(start)), family: categorical({ categories: 4 }), start, accelerate: false, tolerance: 0 };
    const found = fit([...diary, 3], { ...options, iterations: 10 });
    expect(found.trace[0]).toBeCloseTo(-41.53781782, 8);
    expect(found.trace[1]).toBeCloseTo(-36.74229259, 8);
    expect(found.trace[10]).toBeCloseTo(-35.33427245, 8);
    const { transitions, components } = found.model.parameters;
    closeTo(transitions.flat(), [0.93372, 0.06628, 0, 0.07184, 0.86501, 0.0632, 0, 0, 1], 6e-5);
    closeTo(
      components.slice(0, 2).flatMap(({ probabilities }) => probabilities),
      [0.6407, 0.14809, 0.21121, 0, 0.00016, 0.53413, 0.46571, 0],
      6e-6,
    );
    // The start of one state of two, two transitions from each of two, and three symbols... each simplex less one; the last row is no choice.
    expect(found.criteria.parameters).toBe(1 + 2 + 2 + 3 * 3);
  });

  test('the umbrellas of Russell and Norvig (section 15.2): filtered and smoothed', () => {
    const umbrellas = modelOf(
      'binomial',
      {
        initial: [0.5, 0.5],
        transitions: [
          [0.7, 0.3],
          [0.3, 0.7],
        ],
        components: [{ probability: 0.9 }, { probability: 0.2 }],
      },
      { trials: 1 },
    );
    const { filtered } = filterStates(umbrellas, [1, 1]);
    closeTo(filtered[0]!, [0.818, 0.883], 5e-4);
    closeTo(umbrellas.responsibilities([1, 1])[0]!, [0.883, 0.883], 5e-4);
  });

  test("Viterbi's path of the patient who feels normal, cold and dizzy", () => {
    const patient = modelOf(
      'categorical',
      {
        initial: [0.6, 0.4],
        transitions: [
          [0.7, 0.3],
          [0.4, 0.6],
        ],
        components: [{ probabilities: [0.5, 0.4, 0.1] }, { probabilities: [0.1, 0.3, 0.6] }],
      },
      { categories: 3 },
    );
    const { states, logProbabilities } = viterbi(patient, [0, 1, 2]);
    expect([...states]).toEqual([0, 0, 1]);
    expect(Math.exp(logProbabilities[0]!)).toBeCloseTo(0.01512, 12);
  });

  test('a state out of reach may fit a row ten thousand nats better', () => {
    const trap = modelOf('gaussian', {
      initial: [1, 0],
      transitions: [
        [1, 0],
        [0, 1],
      ],
      components: [
        { mean: 0, variance: 1 },
        { mean: 100, variance: 1 },
      ],
    });
    const { logDensities, labels } = trap.predict([0, 100, 100]);
    const exact = -10_000 - 1.5 * Math.log(2 * Math.PI);
    expect(Math.abs(logDensities[0]! - exact)).toBeLessThan(1e-13 * 10_000);
    expect(logDensities[0]!.toFixed(2)).toBe('-10002.76');
    expect([...labels]).toEqual([0, 0, 0]);
  });
});

/** Chains whose numbers lie near each other and far apart, with short rows. */
const CASES: readonly { readonly name: string; readonly chain: ChainDescription; readonly rows: readonly (number | number[])[] }[] = [
  {
    name: 'Poisson, three states',
    chain: {
      family: 'poisson',
      initial: [0.2, 0.3, 0.5],
      transitions: [
        [0.7, 0.2, 0.1],
        [0.1, 0.8, 0.1],
        [0.05, 0.25, 0.7],
      ],
      components: [{ rate: 3 }, { rate: 8 }, { rate: 20 }],
    },
    rows: [3, 2, 9, 21, 18, 4, 0],
  },
  {
    name: 'Gaussian, left to right, thousands of nats apart',
    chain: {
      family: 'gaussian',
      initial: [1, 0, 0],
      transitions: [
        [0.5, 0.5, 0],
        [0, 0.5, 0.5],
        [0, 0, 1],
      ],
      components: [
        { mean: 0, variance: 1 },
        { mean: 100, variance: 1 },
        { mean: 50, variance: 4 },
      ],
    },
    rows: [0, 100, 100, 0, 51, 49, 50],
  },
  {
    name: 'exponential, a transition as rare as 1e-120',
    chain: {
      family: 'exponential',
      initial: [0.5, 0.5],
      transitions: [
        [1, 1e-120],
        [0.5, 0.5],
      ],
      components: [{ rate: 1 }, { rate: 1e-3 }],
    },
    rows: [0.5, 1, 800, 900, 1000, 0.2],
  },
];

describe.each(CASES)('$name', ({ chain, rows }) => {
  const exact = createChain(reference, chain);
  const model = modelOf(chain.family as string, chain as never);

  test('the reference: forward and backward, and all paths one by one', () => {
    const [recursive, enumerated] = [chainExpectation(exact, rows), chainEnumeration(exact, rows)];
    expect(recursive.logLikelihood.minus(enumerated.logLikelihood).abs().toNumber()).toBeLessThan(1e-45);
    recursive.smoothed.flat().forEach((value, index) => {
      expect(value.minus(enumerated.smoothed.flat()[index]!).abs().toNumber()).toBeLessThan(1e-45);
    });
    recursive.transitionCounts.flat().forEach((value, index) => {
      expect(value.minus(enumerated.transitionCounts.flat()[index]!).abs().toNumber()).toBeLessThan(1e-45);
    });
    const path = chainPath(exact, rows);
    expect(path.states).toEqual(enumerated.path.states);
    expect(path.logProbability.minus(enumerated.path.logProbability).abs().toNumber()).toBeLessThan(1e-45);
  });

  test('log-likelihood, smoothed probabilities and path are those of the reference', () => {
    const { logLikelihood, smoothed } = chainExpectation(exact, rows);
    const scale = Math.abs(logLikelihood.toNumber());
    const predicted = model.predict(rows as number[]);
    expect(Math.abs(predicted.logDensities[0]! - logLikelihood.toNumber())).toBeLessThan(1e-14 * (10 + scale));
    smoothed.forEach((row, place) => {
      closeTo(
        predicted.responsibilities.map((values) => values[place]!),
        row.map((value) => value.toNumber()),
        1e-14 * (10 + scale),
      );
    });
    const [path, expected] = [viterbi(model, rows as number[]), chainPath(exact, rows)];
    expect([...path.states]).toEqual(expected.states);
    expect(Math.abs(path.logProbabilities[0]! - expected.logProbability.toNumber())).toBeLessThan(1e-14 * (10 + scale));
  });

  test('what rows up to each say: filtered, one step ahead, and their log-densities', () => {
    const { filtered, predictive, logDensities } = filterStates(model, rows as number[]);
    rows.forEach((_, place) => {
      const upTo = chainExpectation(exact, rows.slice(0, place + 1));
      const scale = 1e-13 * (10 + Math.abs(upTo.logLikelihood.toNumber()));
      closeTo(
        filtered.map((values) => values[place]!),
        upTo.smoothed[place]!.map((value) => value.toNumber()),
        scale,
      );
      const before = place === 0 ? reference.zero : chainExpectation(exact, rows.slice(0, place)).logLikelihood;
      expect(Math.abs(logDensities[place]! - upTo.logLikelihood.minus(before).toNumber())).toBeLessThan(scale);
      expect(predictive.reduce((sum, values) => sum + values[place]!, 0)).toBeCloseTo(1, 13);
    });
  });
});

test('steps of EM over several sequences are those of the reference', () => {
  const { chain } = CASES[0]!;
  const list = [EARTHQUAKES.slice(0, 30), EARTHQUAKES.slice(30, 35), EARTHQUAKES.slice(35, 60)];
  const { data, sequences } = joinSequences(list);
  const found = fit(data, {
    latent: markov(3),
    family: poisson(),
    start: chain as never,
    sequences,
    accelerate: false,
    iterations: 3,
    tolerance: 0,
  });
  let exact = createChain(reference, chain);
  for (let step = 0; step <= 3; step += 1) {
    const next = chainStep(exact, list);
    expect(Math.abs(found.trace[step]! - next.logLikelihood.toNumber())).toBeLessThan(1e-12 * Math.abs(found.trace[step]!));
    if (step < 3) exact = next.chain;
  }
  const { initial, transitions, components } = found.model.parameters;
  closeTo(
    [...initial, ...transitions.flat()],
    [...exact.initial, ...exact.transitions.flat()].map((value) => value.toNumber()),
    1e-12,
  );
  exact.emissions.components.forEach(({ parameters }, state) => {
    expect(components[state]!['rate']).toBeCloseTo(Number(parameters['rate']), 11);
  });
});

describe('answers', () => {
  const found = fit(EARTHQUAKES, { latent: markov(3), family: poisson() });

  test('the log-likelihood of other data, and the entropy of their paths', () => {
    const [all, half] = [found.model.evaluate(EARTHQUAKES), found.model.evaluate(EARTHQUAKES.slice(0, 8))];
    expect(all.logLikelihood).toBe(found.logLikelihood);
    expect(2 * all.entropy).toBeCloseTo(found.criteria.icl - found.criteria.bic, 9);
    const paths = chainEnumeration(createChain(reference, { family: 'poisson', ...found.model.parameters }), EARTHQUAKES.slice(0, 8));
    expect(half.logLikelihood).toBeCloseTo(paths.logLikelihood.toNumber(), 11);
  });

  test('a forecast goes to the stationary distribution, and its first step is what the filter says of a next row', () => {
    const ahead = forecast(found, EARTHQUAKES, 500);
    expectTypeOf(ahead[0]!.components[0]!.rate).toEqualTypeOf<number>();
    closeTo(ahead.at(-1)!.weights, stationaryDistribution(found.model.parameters.transitions), 1e-10);
    const { predictive, logDensities } = filterStates(found, [...EARTHQUAKES, 20]);
    closeTo(
      ahead[0]!.weights,
      predictive.map((values) => values.at(-1)!),
      1e-13,
    );
    expect(ahead[0]!.logDensity([20])[0]).toBeCloseTo(logDensities.at(-1)!, 11);
  });

  test('durations, and residuals that are standard normal where the model is right', () => {
    const { transitions } = found.model.parameters;
    closeTo(
      expectedDurations(found.model.parameters),
      transitions.map((row, state) => 1 / (1 - row[state]!)),
      1e-10,
    );
    const drawn = found.model.sample(3000, 5).columns[0]!;
    for (const kind of ['ordinary', 'forecast'] as const) {
      const { lower, middle, upper } = pseudoResiduals(found, drawn, kind);
      expect(lower.every((value, row) => value <= middle[row]! && middle[row]! <= upper[row]!)).toBe(true);
      const mean = middle.reduce((sum, value) => sum + value, 0) / 3000;
      const square = middle.reduce((sum, value) => sum + value * value, 0) / 3000;
      // Five standard errors of a mean and of a mean square, but for the discreteness of counts.
      expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(3000));
      expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / 3000));
    }
  });

  test('an ordinary residual knows nothing of its own row, however wild that is', () => {
    const wild = [...EARTHQUAKES.slice(0, 8), 400, ...EARTHQUAKES.slice(8, 16)];
    const { transitions, components, initial } = found.model.parameters;
    const { upper } = pseudoResiduals(found, wild.with(8, 30));
    // With the row missing, the states there by the definition, from the reference.
    const exact = createChain(reference, { family: 'poisson', initial, transitions, components });
    const likelihoods = components.map((_, state) => {
      const before = chainExpectation(exact, wild.slice(0, 8))
        .smoothed.at(-1)!
        .map((value) => value.toNumber());
      const here = transitions.reduce((sum, row, from) => sum + before[from]! * row[state]!, 0);
      const after = chainExpectation({ ...exact, initial: exact.transitions[state]! }, wild.slice(9)).logLikelihood.toNumber();
      return Math.log(here) + after;
    });
    const largest = Math.max(...likelihoods);
    const weights = likelihoods.map((value) => Math.exp(value - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const cdf = components.reduce((sum, at, state) => sum + (weights[state]! / total) * poisson().cdf!(30, at), 0);
    const [model] = [upper[8]!];
    closeTo([model], [normalQuantileOf(cdf)], 1e-8);
    expect(pseudoResiduals(found, wild).lower[8]).toBeGreaterThan(8);
  });
});

/** The standard normal quantile by bisection of the reference's error function. */
function normalQuantileOf(probability: number): number {
  let [low, high] = [-10, 10];
  for (let turn = 0; turn < 60; turn += 1) {
    const middle = (low + high) / 2;
    const below = reference
      .erfc(reference.decimal(-middle).div(reference.decimal(2).sqrt()))
      .div(2)
      .toNumber();
    if (below < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

describe('what is said of a chain', () => {
  test('masks keep their zeros and count no parameters', () => {
    const rows = [1, 2, 1, 9, 11, 10, 31, 29, 30];
    const found = fit([...rows, ...rows], {
      latent: markov(3, leftToRight(3)),
      family: poisson(),
      sequences: Array.from({ length: 18 }, (_, row) => Math.floor(row / 9)),
    });
    expect(found.components.map(({ rate }) => Math.round(rate))).toEqual([1, 10, 30]);
    expect(found.model.parameters.initial).toEqual([1, 0, 0]);
    expect(found.model.parameters.transitions.flatMap((row, from) => row.filter((_, to) => to < from || to > from + 1))).toEqual([
      0, 0, 0, 0,
    ]);
    expect(found.criteria.parameters).toBe(2 + 3);
    expect(found.converged).toBe(true);
  });

  test('held probabilities stay to the bit, and a circle goes one way', () => {
    const transitions = [
      [0.9, 0.1],
      [0.2, 0.8],
    ];
    const held = fit(EARTHQUAKES, { latent: markov(2, { transitions, initial: [0.5, 0.5] }), family: poisson() });
    expect(held.model.parameters.transitions).toEqual(transitions);
    expect(held.criteria.parameters).toBe(2);
    const round = fit(EARTHQUAKES, { latent: markov(3, cyclic(3)), family: poisson() });
    expect(round.model.parameters.transitions.map((row, from) => row[(from + 2) % 3])).toEqual([0, 0, 0]);
    expect(round.criteria.parameters).toBe(2 + 3 + 3);
  });

  test('known and restricted labels, and case weights of sequences', () => {
    const twice = fit([...EARTHQUAKES, ...EARTHQUAKES], {
      latent: markov(2),
      family: poisson(),
      sequences: Array.from({ length: 214 }, (_, row) => Math.floor(row / 107)),
    });
    const weighted = fit(EARTHQUAKES, { latent: markov(2), family: poisson(), weights: EARTHQUAKES.map(() => 2) });
    expect(weighted.logLikelihood).toBeCloseTo(twice.logLikelihood, 6);
    const labels = EARTHQUAKES.map((count, year) => (count > 30 ? 1 : year === 0 ? [0] : null));
    const labelled = fit(EARTHQUAKES, { latent: markov(2), family: poisson(), labels });
    const { responsibilities } = labelled.predict(EARTHQUAKES, { labels });
    EARTHQUAKES.forEach((count, year) => {
      if (count > 30) expect(responsibilities[1]![year]).toBe(1);
    });
    expect(labelled.components[0]!.rate).toBeLessThan(labelled.components[1]!.rate);
  });

  test('it is saved, read back and fitted again, with its options', () => {
    const found = fit(EARTHQUAKES, { latent: markov(2, { initial: 'stationary' }), family: poisson() });
    const again = readModel(JSON.parse(JSON.stringify(found)), families, [markovChain]);
    expect(JSON.stringify(again)).toBe(JSON.stringify(found.model));
    const refitted = fit(EARTHQUAKES, { latent: again.structure.latent as never, family: poisson(), start: again.parameters as never });
    expect(refitted.criteria.parameters).toBe(found.criteria.parameters);
    expect(refitted.logLikelihood).toBeCloseTo(found.logLikelihood, 9);
  });
});

describe('the same bits', () => {
  const list = Array.from({ length: 12 }, (_, index) => EARTHQUAKES.slice(8 * index, 8 * index + 11));
  const { data, sequences } = joinSequences(list);
  const options = { latent: markov(3), family: poisson(), sequences, blockSize: 16 };
  const alone = fit(data, options);

  test('with kernels and without', () => {
    expect(useKernels('plain')).toBe('plain');
    try {
      expect(JSON.stringify(fit(data, options))).toBe(JSON.stringify(alone));
    } finally {
      useKernels('simd');
    }
  });

  test('in one thread and in three, and from every state that was saved', async () => {
    const noWebWorker = (): never => {
      throw new Error('Node has threads of its own.');
    };
    const startWorker = () => openWorker(new URL('./support/chain-worker.ts', import.meta.url), noWebWorker, ['--conditions=emkit-source']);
    const states: unknown[] = [];
    const onProgress = ({ state }: { state: unknown }): void => void states.push(JSON.parse(JSON.stringify(state)));
    const together = await fitAsync(data, { ...options, threads: 3, startWorker, onProgress });
    expect(JSON.stringify(together)).toBe(JSON.stringify(alone));
    expect(states.length).toBeGreaterThan(2);
    for (const state of states.slice(0, -1))
      expect(JSON.stringify(fit(data, { ...options, resume: state as never }))).toBe(JSON.stringify(alone));
  });
});

test('a sequence of a million rows loses nothing: as many copies of a short one gain as many times its log-likelihood', () => {
  const model = fit(EARTHQUAKES, { latent: markov(2, { initial: 'stationary' }), family: poisson() }).model;
  // Two of every three states are known, so that the thirds are independent of one another.
  const thirds = 333_333;
  const data = Float64Array.from({ length: 3 * thirds }, (_, row) => [15, 21, 26][row % 3]!);
  const labels = Int32Array.from(data, (_, row) => [0, -1, 1][row % 3]!);
  const of = (times: number) => model.evaluate(data.subarray(0, 3 * times), { labels: labels.subarray(0, 3 * times) }).logLikelihood;
  const [one, two] = [of(1), of(2)];
  const expected = one + (thirds - 1) * (two - one);
  expect(Math.abs(of(thirds) - expected)).toBeLessThan(1e-10 * Math.abs(expected));
});

describe('bad input', () => {
  const start = {
    initial: [1, 0],
    transitions: [
      [0.5, 0.5],
      [0, 1],
    ],
    components: [{ probabilities: [1, 0] }, { probabilities: [0, 1] }],
  };

  test('a row that no state within reach can have produced is named, with its sequence', () => {
    const options = { latent: markov(2), family: categorical({ categories: 2 }), start: start as never };
    const rows = [0, 0, 1, 1, 0, 1];
    const refused = refusal(() => fit(rows, options));
    expect(refused).toMatchObject({ code: 'MODEL_IMPOSSIBLE_DATA', row: 4 });
    expect(refused.message).toMatch(/^The sequence from row 1 to row 6 is impossible.*up to row 5/);
    const model = modelOf('categorical', start, { categories: 2 });
    expect(refusal(() => viterbi(model, rows))).toMatchObject({ code: 'MODEL_IMPOSSIBLE_DATA', row: 4 });
  });

  test.each<[string, () => unknown, string, RegExp]>([
    [
      'transitions that do not sum to 1',
      () =>
        fit([0, 1, 2], {
          latent: markov(2),
          family: poisson(),
          start: {
            initial: [0.5, 0.5],
            transitions: [
              [0.5, 0.4],
              [0.5, 0.5],
            ],
            components: [{ rate: 1 }, { rate: 2 }],
          } as never,
        }),
      'PARAMETER_DOMAIN',
      /transitions from state 1 .* sum to 0\.9/,
    ],
    [
      'transitions that are none',
      () =>
        fit([0, 1, 2], {
          latent: markov(2),
          family: poisson(),
          start: { initial: [0.5, 0.5], components: [{ rate: 1 }, { rate: 2 }] } as never,
        }),
      'MODEL_MALFORMED',
      /no list of transitions/,
    ],
    [
      'a probability where the options allow none',
      () =>
        fit([0, 1, 2], {
          latent: markov(2, leftToRight(2)),
          family: poisson(),
          start: {
            initial: [1, 0],
            transitions: [
              [0.5, 0.5],
              [0.5, 0.5],
            ],
            components: [{ rate: 1 }, { rate: 2 }],
          } as never,
        }),
      'PARAMETER_DOMAIN',
      /rule out/,
    ],
    [
      'a state that no sequence can reach',
      () =>
        markov(2, {
          allowed: [
            [1, 0],
            [1, 1],
          ],
          allowedInitial: [1, 0],
        }),
      'OPTION_INVALID',
      /No sequence can reach state 2/,
    ],
    [
      'a stationary start of states apart',
      () => markov(2, { initial: 'stationary', ...leftToRight(2) }),
      'OPTION_INVALID',
      /every state to lead to every other/,
    ],
    ['a mask of the wrong size', () => markov(2, { allowed: [[1, 1]] }), 'OPTION_INVALID', /Give 2 rows/],
    [
      'a row from which nothing leads',
      () =>
        markov(2, {
          allowed: [
            [1, 1],
            [0, 0],
          ],
        }),
      'OPTION_INVALID',
      /allows nothing/,
    ],
    ['an option that there is not', () => markov(2, { start: 'stationary' } as never), 'OPTION_INVALID', /no option "start"/],
    ['no number of states', () => markov(0), 'OPTION_INVALID', /number of states is 0/],
    [
      'a sequence column with blanks',
      () => fit({ x: [1, 2, 3], run: ['a', '', 'b'] as never }, { latent: markov(2), family: poisson(), sequences: 'run' }),
      'DATA_SHAPE',
      /Row 2: the sequence is ""/,
    ],
    ['one row', () => fit([3], { latent: markov(2), family: poisson() }), 'DATA_TOO_FEW_DISTINCT_ROWS', /2 components/],
    [
      'a forecast of no steps',
      () => forecast(fit(EARTHQUAKES, { latent: markov(2), family: poisson() }), EARTHQUAKES, 0),
      'OPTION_INVALID',
      /steps is 0/,
    ],
  ])('%s', (_, action, code, message) => {
    const refused = refusal(action);
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });
});

/** Families with data of three kinds of rows. */
const EVERY: readonly [Family, (state: number, row: number) => number | number[]][] = [
  [exponential(), (state, row) => (1 + 20 * state) * (0.3 + ((row * 7) % 11) / 5)],
  [poisson(), (state, row) => 2 + 15 * state + ((row * 5) % 4)],
  [geometric(), (state, row) => 1 + 30 * state + ((row * 3) % 5)],
  [binomial({ trials: 20 }), (state, row) => 2 + 13 * state + ((row * 5) % 4)],
  [categorical({ categories: 4 }), (state, row) => 2 * state + ((row * row) % 7 < 2 ? 1 : 0)],
  [gaussian(), (state, row) => 10 * state + Math.sin(row)],
  [gamma(), (state, row) => (1 + 30 * state) * (1 + ((row * 7) % 5) / 3)],
  [multivariateGaussian({ dimension: 2 }), (state, row) => [10 * state + Math.sin(row), 5 * state + Math.cos(2 * row)]],
];

test.each(EVERY.map(([family, value]) => ({ family, value })))(
  '$family.id in a chain: EM never falls, and states that stay are found',
  ({ family, value }) => {
    const states = Array.from({ length: 120 }, (_, row) => Math.floor(row / 15) % 2);
    const rows = states.map((state, row) => value(state, row)) as number[];
    const found = fit(rows, { latent: markov(2), family, accelerate: false });
    expect(found.trace.slice(1).filter((now, index) => now < found.trace[index]! - 1e-9 * Math.abs(now))).toEqual([]);
    const { states: path } = viterbi(found, rows);
    const alike = path.filter((state, row) => state === states[row]).length;
    expect([0, 120]).toContain(alike);
    expect(found.logLikelihood).toBeGreaterThan(fit(rows, { family, components: 2 }).logLikelihood);
  },
);
