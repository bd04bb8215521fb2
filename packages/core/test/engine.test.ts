import {
  createDataset,
  createMixture,
  createRandom,
  type DriverState,
  drive,
  EmkitError,
  Expectation,
  type Family,
  fit,
  fitAsync,
  fitSteps,
  type MixtureParameters,
  memorySource,
  PairwiseSum,
  runSync,
  startState,
} from '@emkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bell, decay, toss } from './support/families.ts';
import * as oracle from './support/oracle.ts';

const random = createRandom(20);
const data = Array.from({ length: 120 }, (_, row) => (row % 3 === 0 ? 5 + 0.7 * random.normal() : random.normal()));
const start: oracle.BellMixture & MixtureParameters = {
  weights: [0.4, 0.6],
  components: [
    { mean: -0.5, variance: 2 },
    { mean: 3, variance: 1.5 },
  ],
};
const family = bell();
const plain = { family, components: 2, accelerate: false, start } as const;

const numbersOf = (value: unknown): number[] => (typeof value === 'number' ? [value] : Object.values(value as object).flatMap(numbersOf));
const expectClose = (actual: unknown, expected: unknown, tolerance = 1e-12): void => {
  const a = numbersOf(actual);
  const b = numbersOf(expected);
  expect(a.length).toBe(b.length);
  a.forEach((value, index) => {
    expect(Math.abs(value - b[index]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b[index]!)));
  });
};

describe('plain EM does what the definition says', () => {
  const cases: [string, oracle.OracleOptions, object][] = [
    ['alone', {}, {}],
    ['with case weights', { caseWeights: data.map((_, row) => (row % 5) / 2) }, { weights: data.map((_, row) => (row % 5) / 2) }],
    [
      'with known labels',
      { labels: data.map((_, row) => (row % 4 === 0 ? row % 2 : -1)) },
      { labels: data.map((_, row) => (row % 4 === 0 ? row % 2 : -1)) },
    ],
    ['with held weights', { heldWeights: true }, { held: { weights: true } }],
  ];
  for (const [name, oracleOptions, options] of cases) {
    it(name, () => {
      let expected: oracle.BellMixture = start;
      const trace = [oracle.logLikelihood(data, expected, oracleOptions)];
      for (let iteration = 0; iteration < 7; iteration += 1) {
        expected = oracle.emStep(data, expected, oracleOptions);
        trace.push(oracle.logLikelihood(data, expected, oracleOptions));
      }
      const result = fit(data, { ...plain, ...options, iterations: 7, tolerance: 0 });
      expect(result.iterations).toBe(7);
      expectClose({ weights: result.weights, components: result.components }, expected);
      expectClose(result.trace, trace);
      expect(result.logLikelihood).toBe(result.trace.at(-1));
    });
  }
});

describe('the reported log-likelihood', () => {
  it('is the one at the returned parameters, not that before the last M-step', () => {
    const result = fit(data, { ...plain, iterations: 3, tolerance: 0 });
    const sum = result.model.logDensity(data).reduce((a, b) => a + b);
    expectClose(sum, result.logLikelihood, 1e-13);
    expect(result.logLikelihood).toBeGreaterThan(result.trace[2]!);
  });
});

describe('a family whose log-density is not a number', () => {
  for (const faulty of [0, 1, 2]) {
    it(`is named, also where it is component ${faulty + 1} of 3`, () => {
      const mixture = createMixture({ family, components: 3 });
      const at = { weights: [0.2, 0.3, 0.5], components: [1, 2, 3].map((mean) => ({ mean, variance: 1 })) };
      at.components[faulty]!.mean = Number.NaN;
      const source = memorySource(createDataset(data, [family], 3));
      expect(() => source.expect({ model: mixture, at, about: at })).toThrow(`Row 1: the log-density of component ${faulty + 1} is NaN.`);
    });
  }
});

describe('an expectation is a vector that adds', () => {
  const mixture = createMixture({ family, components: 2 });
  const expectationOf = (rows: readonly number[], blockSize: number): Expectation =>
    memorySource(createDataset([...rows], [family], 2, { blockSize })).expect({ model: mixture, at: start, about: start });
  it('two halves of the data add up to the whole', () => {
    const whole = expectationOf(data, 64);
    const halves = expectationOf(data.slice(0, 47), 64).add(expectationOf(data.slice(47), 64));
    expectClose([...halves.vector], [...whole.vector], 1e-13);
  });
  it('any block size gives the same to rounding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (blockSize) => {
        expectClose([...expectationOf(data, blockSize).vector], [...expectationOf(data, 1024).vector], 1e-13);
      }),
      { seed: 1, numRuns: 20 },
    );
  });
  it('expected counts sum to the number of rows', () => {
    expectClose(
      expectationOf(data, 64).counts.reduce((a, b) => a + b),
      data.length,
      1e-14,
    );
  });
  it('the pairwise sum has the same bits however blocks are shared out at powers of two', () => {
    const vectors = Array.from({ length: 11 }, () => Array.from({ length: 11 }, () => random.normal()));
    const leaf = (index: number): Expectation => new Expectation({ length: 11, offsets: [5, 8, 11] }, Float64Array.from(vectors[index]!));
    const one = new PairwiseSum(mixture);
    for (let index = 0; index < 11; index += 1) one.push(leaf(index));
    const first = new PairwiseSum(mixture);
    for (let index = 0; index < 8; index += 1) first.push(leaf(index));
    const second = new PairwiseSum(mixture);
    for (let index = 8; index < 11; index += 1) second.push(leaf(index));
    const merged = new PairwiseSum(mixture);
    for (const part of [...first.parts(), ...second.parts()]) merged.push(part.expectation.clone(), part.level);
    expect([...merged.total().vector]).toEqual([...one.total().vector]);
  });
});

describe('the log-likelihood never falls', () => {
  for (const accelerate of [false, true]) {
    it(accelerate ? 'accelerated' : 'plain', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 1, max: 4 }), (seed, components) => {
          const generator = createRandom(seed);
          const values = Float64Array.from({ length: 60 }, () => generator.normal() + 4 * generator.integer(components));
          const { trace } = fit(values, { family, components, accelerate, seed, starts: 1, iterations: 200 });
          for (let index = 1; index < trace.length; index += 1) expect(trace[index]! - trace[index - 1]!).toBeGreaterThan(-1e-10);
        }),
        { seed: 3, numRuns: 30 },
      );
    });
  }
});

describe('a fit can be stopped, saved, resumed and replayed to the same bits', () => {
  for (const accelerate of [false, true]) {
    it(accelerate ? 'accelerated' : 'plain', () => {
      const options = { ...plain, accelerate, iterations: 40, tolerance: 1e-12 };
      const whole = fit(data, options);
      const states = [...fitSteps(data, options)].map(({ state }) => JSON.stringify(state));
      expect(states.length).toBe(whole.iterations + 1);
      for (const at of [0, 1, 2, 3, 4, 5, 8]) {
        const { start: _, ...rest } = options;
        const resumed = fit(data, { ...rest, resume: JSON.parse(states[at]!) as DriverState });
        expect(JSON.stringify(resumed)).toBe(JSON.stringify(whole));
      }
    });
  }
  it('a malformed state is refused', () => {
    const good = JSON.parse(JSON.stringify(fit(data, { ...plain, iterations: 2 }).state)) as Record<string, unknown>;
    for (const broken of [
      null,
      1,
      {},
      { ...good, version: 3 },
      { ...good, origin: [1, 2] },
      { ...good, trace: [1] },
      { ...good, method: 'x' },
      { ...good, iteration: -1 },
    ]) {
      expect(() => fit(data, { family, components: 2, resume: broken as never })).toThrow(EmkitError);
    }
  });
});

describe('the runners agree', () => {
  it('synchronous, asynchronous and step by step give the same bits', async () => {
    const options = { family, components: 2, seed: 4 };
    const sync = fit(data, options);
    const async = await fitAsync(data, options);
    const steps = fitSteps(data, options);
    let turn = steps.next();
    while (!turn.done) turn = steps.next();
    expect(JSON.stringify(async)).toBe(JSON.stringify(sync));
    expect(JSON.stringify(turn.value)).toBe(JSON.stringify(sync));
  });
  it('an asynchronous fit reports each iteration and lets the event loop turn', async () => {
    const large = Float64Array.from({ length: 1_000_000 }, () => random.normal() + (random.uniform() < 0.5 ? 0 : 5));
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    const seen: number[] = [];
    const result = await fitAsync(large, { ...plain, iterations: 5, tolerance: 0, onProgress: ({ iteration }) => seen.push(iteration) });
    clearInterval(timer);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result.iterations).toBe(5);
    expect(ticks).toBeGreaterThan(0);
  });
  it('an aborted fit keeps its last complete iteration', async () => {
    const controller = new AbortController();
    const result = await fitAsync(data, {
      ...plain,
      signal: controller.signal,
      tolerance: 0,
      onProgress: ({ iteration }) => {
        if (iteration === 3) controller.abort();
      },
    });
    expect(result.diagnosis).toEqual({ kind: 'aborted' });
    expect(result.iterations).toBe(3);
    expect(JSON.stringify(result.components)).toBe(JSON.stringify(fit(data, { ...plain, iterations: 3, tolerance: 0 }).components));
  });
  it('a fit aborted before it began rejects', async () => {
    await expect(fitAsync(data, { ...plain, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
  it('an error thrown by the observer ends the fit with that error', async () => {
    await expect(
      fitAsync(data, {
        ...plain,
        onProgress: () => {
          throw new Error('the observer failed');
        },
      }),
    ).rejects.toThrow('the observer failed');
  });
});

describe('stopping', () => {
  it('a tolerance of 0 never stops early', () => {
    const result = fit([1, 2, 3, 4], { family: decay(), components: 1, accelerate: false, tolerance: 0, iterations: 50 });
    expect(result.iterations).toBe(50);
    expect(result.diagnosis.kind).toBe('iteration-limit');
  });
  it('no iterations return the start and its log-likelihood', () => {
    const result = fit(data, { ...plain, iterations: 0 });
    expectClose(result.components, start.components, 0);
    expectClose(result.logLikelihood, oracle.logLikelihood(data, start));
  });
  it('slow convergence does not deceive: where the rate is near 1 the answer is still within the tolerance', () => {
    // Two exponentials of rates 2:1 converge at a rate of about 0.999; a rule on the last step would stop thousands of steps early.
    const generator = createRandom(7);
    const slow = Float64Array.from({ length: 400 }, (_, row) => generator.exponential() / (row % 2 === 0 ? 1 : 2));
    const begin = { weights: [0.5, 0.5], components: [{ rate: 0.9 }, { rate: 2.5 }] };
    const tight = fit(slow, { family: decay(), components: 2, start: begin, tolerance: 1e-12, iterations: 1e6 });
    const usual = fit(slow, { family: decay(), components: 2, start: begin, tolerance: 1e-6, accelerate: false, iterations: 1e5 });
    expect(usual.diagnosis.kind).toBe('converged');
    expect(usual.iterations).toBeGreaterThan(300);
    usual.components.forEach((component, index) => {
      expect(Math.abs((component.rate as number) / (tight.components[index]!.rate as number) - 1)).toBeLessThan(3e-6);
    });
  });
  it('an M-step that does not maximise is reported as a decrease, never as convergence', () => {
    const broken: Family = {
      ...family,
      maximize: (statistics, count, about, held) => ({
        ...family.maximize(statistics, count, about, held),
        mean: (about as { mean: number }).mean + 1,
      }),
    };
    const result = fit(data, { ...plain, family: broken });
    expect(result.diagnosis.kind).toBe('decreased');
    expect(result.converged).toBe(false);
  });
});

describe('acceleration', () => {
  it('reaches the same optimum in far fewer passes over the data', () => {
    const generator = createRandom(7);
    const slow = Float64Array.from({ length: 400 }, (_, row) => generator.exponential() / (row % 2 === 0 ? 1 : 2));
    const begin = { weights: [0.5, 0.5], components: [{ rate: 0.9 }, { rate: 2.5 }] };
    const textbook = fit(slow, { family: decay(), components: 2, start: begin, accelerate: false, tolerance: 1e-9, iterations: 1e5 });
    const quick = fit(slow, { family: decay(), components: 2, start: begin, tolerance: 1e-9 });
    expect(quick.converged && textbook.converged).toBe(true);
    expect(quick.logLikelihood).toBeGreaterThanOrEqual(textbook.logLikelihood - 1e-9);
    expect(quick.evaluations * 5).toBeLessThan(textbook.evaluations);
  });
});

describe('held and shared parameters', () => {
  it('a held mean keeps its value exactly while the variance moves', () => {
    const result = fit(data, { ...plain, held: { components: [['mean'], undefined] } });
    expect(result.components[0]!.mean).toBe(-0.5);
    expect(result.components[0]!.variance).not.toBe(2);
    expect(result.criteria.parameters).toBe(4);
  });
  it('a wholly held component keeps all', () => {
    const result = fit(data, { ...plain, accelerate: true, held: { weights: true, components: [undefined, ['mean', 'variance']] } });
    expect(result.components[1]).toEqual(start.components[1]);
    expect(result.weights).toEqual(start.weights);
    expect(result.criteria.parameters).toBe(2);
  });
  it('a shared variance is one and the same, and counts once', () => {
    const result = fit(data, { family, components: 2, shared: ['variance'] });
    expect(result.components[0]!.variance).toBe(result.components[1]!.variance);
    expect(result.criteria.parameters).toBe(4);
    expect(result.converged).toBe(true);
  });
  it('what a family cannot hold or share is refused by capability', () => {
    const { holdable: _, shareable: __, ...bare } = family;
    expect(() => fit(data, { ...plain, family: bare, held: { components: [['mean']] } })).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_MISSING' }),
    );
    expect(() => fit(data, { ...plain, family: bare, shared: ['variance'] })).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_MISSING' }),
    );
    expect(() => fit(data, { ...plain, held: { components: [['nothing']] } })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});

it('components of different families fit together', () => {
  const generator = createRandom(8);
  const values = Float64Array.from({ length: 2000 }, () => (generator.uniform() < 0.4 ? generator.exponential() : 10 + generator.normal()));
  const result = fit(values, { families: [{ ...decay(), columns: family.columns }, family] });
  expect(result.converged).toBe(true);
  expect(Math.abs((result.components[0]!.rate as number) - 1)).toBeLessThan(0.15);
  expect(Math.abs((result.components[1]!.mean as number) - 10)).toBeLessThan(0.15);
  expect(Math.abs(result.weights[0]! - 0.4)).toBeLessThan(0.05);
});

describe('start weights', () => {
  it('typed with seven decimals are divided by their sum; others must sum to 1', () => {
    const typed = { weights: [0.3337246, 0.6662755], components: start.components };
    const { weights } = fit(data, { ...plain, start: typed, iterations: 0 });
    expect(weights).toEqual(typed.weights.map((weight) => weight / (0.3337246 + 0.6662755)));
    expect(() => fit(data, { ...plain, start: { ...typed, weights: [0.33, 0.66] } })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_DOMAIN' }),
    );
  });
});

describe('far outliers', () => {
  it('log-densities of -1e6 still give responsibilities that sum to 1', () => {
    const far = [0, 1, 2000, -3000];
    const { model } = fit(far, { ...plain, iterations: 0 });
    const columns = model.responsibilities(far);
    expect(model.logDensity(far)[3]).toBeLessThan(-1e6);
    far.forEach((_, row) => {
      expect(columns[0]![row]! + columns[1]![row]!).toBe(1);
    });
  });
});

describe('a component that collapses is a diagnosis with choices', () => {
  // The second component sits on two equal points: its variance falls to zero.
  const values = [0, 0.5, 1, 1.5, 2, 2.5, 3, 50, 50];
  const begin = {
    weights: [0.8, 0.2],
    components: [
      { mean: 1.5, variance: 1 },
      { mean: 50, variance: 0.01 },
    ],
  };
  const options = { family, components: 2, start: begin };
  it('report: the parameters before, and the component', () => {
    const result = fit(values, options);
    expect(result.diagnosis).toMatchObject({ kind: 'collapsed', component: 1 });
    expect(result.warnings.length).toBeGreaterThan(0);
    expect(numbersOf(result.components).every(Number.isFinite)).toBe(true);
  });
  it('throw', () => {
    expect(() => fit(values, { ...options, onCollapse: 'throw' })).toThrow(expect.objectContaining({ code: 'COMPONENT_DEGENERATE' }));
  });
  it('drop goes on with the others', () => {
    const result = fit(values, { ...options, onCollapse: 'drop' });
    expect(result.components.length).toBe(1);
    expect(result.converged).toBe(true);
    expectClose(result.components[0]!.mean, values.reduce((a, b) => a + b) / values.length);
  });
  it('all values equal: no start has an estimate, and it says so', () => {
    expect(() => fit([3, 3, 3], { family, components: 1 })).toThrow(expect.objectContaining({ code: 'COMPONENT_DEGENERATE' }));
  });
  it('more components than different rows are refused', () => {
    expect(() => fit([1, 1, 2], { family, components: 3 })).toThrow(expect.objectContaining({ code: 'DATA_TOO_FEW_DISTINCT_ROWS' }));
  });
});

describe('impossible rows', () => {
  it('a row that no component can have produced is named', () => {
    const begin = { weights: [0.5, 0.5], components: [{ probability: 0 }, { probability: 0 }] };
    expect(() => fit([0, 0, 2], { family: toss({ trials: 3 }), components: 2, start: begin })).toThrow(
      expect.objectContaining({ code: 'MODEL_IMPOSSIBLE_DATA', details: expect.objectContaining({ row: 2 }) }),
    );
  });
});

describe('the drivers stand alone', () => {
  it('a driver asks for expectations and nothing else; its state is JSON', () => {
    const mixture = createMixture({ family, components: 2 });
    const backend = memorySource(createDataset(data, [family], 2));
    for (const method of ['em', 'anderson'] as const) {
      const result = runSync(drive(mixture, startState(method, start), { iterations: 500, tolerance: 1e-8 }), backend);
      expect(result.diagnosis.kind).toBe('converged');
      expect(JSON.parse(JSON.stringify(result.state))).toEqual({ ...result.state });
    }
  });
});

describe('equal components', () => {
  it('two equal starts stay equal for ever, and the fit says so', () => {
    const same = {
      weights: [0.5, 0.5],
      components: [
        { mean: 1, variance: 2 },
        { mean: 1, variance: 2 },
      ],
    };
    const result = fit(data, { family, components: 2, start: same });
    expect(result.warnings.join(' ')).toContain('Components 1, 2 are the same');
  });
});

describe('automatic starts', () => {
  it('that find the same clusters are run once', () => {
    let evaluations = 0;
    const counted: Family = {
      ...family,
      logDensity(block, parameters, out) {
        evaluations += 1;
        family.logDensity(block, parameters, out);
      },
    };
    const count = (starts: number) => {
      evaluations = 0;
      const result = fit([1, 2, 1.5, 9, 10, 11, 9.5], { family: counted, components: 2, start: 'k-means++', starts });
      return { result, evaluations };
    };
    const one = count(1);
    const many = count(8);
    expect(one.evaluations).toBeGreaterThan(5);
    expect(many.evaluations).toBe(one.evaluations);
    expect(many.result.model.toJSON()).toEqual(one.result.model.toJSON());
    expect(many.result.starts).toEqual([one.result.starts[0], ...Array(7).fill({ ...one.result.starts[0], outcome: 'passed over' })]);
  });
});
