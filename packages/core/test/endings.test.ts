import {
  createDataset,
  createMixture,
  createRandom,
  type DriverState,
  drive,
  type Family,
  type FitOptions,
  fit,
  independent,
  memorySource,
  runSync,
  type Selection,
  select,
  startState,
} from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { bell, toss } from './support/families.ts';
import { emStep } from './support/oracle.ts';
import { expectationOf, familyOf } from './support/stub.ts';

const random = createRandom(20);
const data = Array.from({ length: 200 }, (_, row) => random.normal() + (row % 3 === 0 ? 4 : -1));
const options: FitOptions = {
  family: bell(),
  components: 2,
  start: {
    weights: [0.5, 0.5],
    components: [
      { mean: -1, variance: 1 },
      { mean: 2, variance: 1 },
    ],
  },
};

describe('the last accelerated step', () => {
  const whole = fit(data, options);
  const saved = JSON.parse(JSON.stringify(whole.state)) as DriverState;

  it('is taken once the point before is within the tolerance: what is left is rounding', () => {
    expect(whole.diagnosis).toMatchObject({ kind: 'converged', rule: 'distance' });
    const judged = fit(data, { ...options, iterations: whole.iterations - 1 });
    // The size of an EM step from there.
    const stepFrom = ({ weights, components }: typeof whole): number => {
      const image = emStep(data, { weights, components: components as never });
      return Math.max(...image.components.map(({ mean }, component) => Math.abs(mean - (components[component]!['mean'] as number))));
    };
    expect(stepFrom(judged)).toBeLessThan(1e-8);
    expect(stepFrom(whole)).toBeLessThan(0.001 * stepFrom(judged));
    expect(judged.state.convergence.end).toBeUndefined();
    expect(whole.state.convergence.end).toMatchObject({ kind: 'converged', rule: 'distance', tolerance: 1e-8 });
    expect(JSON.stringify(fit(data, { ...options, iterations: whole.iterations }))).toBe(JSON.stringify(whole));
  });

  it('leaves a finished run where it is, whoever takes it up', () => {
    expect(JSON.stringify(fit(data, { ...options, start: undefined as never, resume: saved }))).toBe(JSON.stringify(whole));
    const { iterations, diagnosis } = fit(data, { ...options, start: undefined as never, resume: saved, tolerance: 1e-6 });
    expect(iterations).toBe(whole.iterations);
    expect(diagnosis.kind).toBe('converged');
  });

  it('does not end a run to a finer tolerance', () => {
    const finer = fit(data, { ...options, start: undefined as never, resume: saved, tolerance: 1e-12 });
    expect(finer.iterations).toBeGreaterThan(whole.iterations);
    expect(finer.diagnosis).toMatchObject({ kind: 'converged', rule: 'distance' });
  });
});

describe('a probability that only approaches its edge', () => {
  const model = createMixture({ family: toss({ trials: 10 }), components: 2, held: { weights: true, components: [[], ['probability']] } });
  // The one success is explained better by the other component: every step of EM leaves four fifths of the probability.
  const values = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3];
  const begin = startState('em', { weights: [0.7, 0.3], components: [{ probability: 0.004 }, { probability: 0.2 }] });
  const run = (sampled: boolean, counts = values) => {
    const source = memorySource(createDataset(counts, model.families, 2));
    return runSync(drive(model, begin, { iterations: 500, tolerance: 1e-9, sampled }), source);
  };

  it('is laid on it at the end where the log-likelihood is no lower, and the fit says so', () => {
    const ended = run(false);
    expect(ended.diagnosis).toMatchObject({ kind: 'boundary', parameters: ['probability 1'] });
    expect(ended.state.parameters.components[0]).toEqual({ probability: 0 });
    expect(ended.state.iteration).toBeGreaterThan(20);
    const { trace } = ended.state;
    for (let at = 1; at < trace.length; at += 1) expect(trace[at]!).toBeGreaterThanOrEqual(trace[at - 1]! - 1e-12);
  });

  it('is not where rows speak against it', () => {
    const ended = run(false, [...values, 1, 1, 1]);
    expect(ended.diagnosis.kind).toBe('converged');
    expect(ended.state.parameters.components[0]!['probability']).toBeGreaterThan(0.01);
  });

  it('is not where the rows are a sample of others', () => {
    const ended = run(true);
    expect(ended.diagnosis.kind).toBe('converged');
    expect(ended.state.parameters.components[0]!['probability']).toBeGreaterThan(0);
    expect(ended.state.parameters.components[0]!['probability']).toBeLessThan(1e-6);
  });

  it('is not where it is held', () => {
    const inside = startState('em', { weights: [0.7, 0.3], components: [{ probability: 1e-7 }, { probability: 1e-7 }] });
    const held = createMixture({ family: toss({ trials: 10 }), components: 2, held: { components: [['probability'], ['probability']] } });
    expect(held.space.edges!(inside.parameters)).toEqual([]);
    const { edges } = model.space;
    expect(edges!(inside.parameters)).toEqual([{ weights: [0.7, 0.3], components: [{ probability: 0 }, { probability: 1e-7 }] }]);
  });
});

describe('points that lie beside an edge', () => {
  const families: Family[] = [toss({ trials: 10 }), toss({ trials: 10 }), toss({ trials: 10 })];
  const model = createMixture({ families });
  const pointOf = (...probabilities: number[]) => ({
    weights: [0.5, 0.25, 0.25],
    components: probabilities.map((probability) => ({ probability })),
  });

  it('are tried on it, all together first and then each alone', () => {
    const { edges } = model.space;
    expect(edges!(pointOf(0.5, 1e-6, 0))).toEqual([]);
    expect(edges!(pointOf(0.5, 0.99e-6, 1))).toEqual([pointOf(0.5, 0, 1)]);
    expect(edges!(pointOf(1e-9, 0.5, 1 - 1e-9))).toEqual([pointOf(0, 0.5, 1), pointOf(0, 0.5, 1 - 1e-9), pointOf(1e-9, 0.5, 1)]);
  });

  it('and together only where components share what lies there', () => {
    const shared = createMixture({ family: toss({ trials: 10 }), components: 3, shared: ['probability'] });
    expect(shared.space.edges!(pointOf(1e-9, 1e-9, 1e-9))).toEqual([pointOf(0, 0, 0)]);
  });

  it('on it are tried inside of it', () => {
    const sums = new Float64Array(model.length).fill(1);
    const found = model.revive(sums, pointOf(0.5, 0, 1)).map(({ components }) => components.map(({ probability }) => probability));
    expect(found).toEqual([
      [0.5, 1e-3, 1],
      [0.5, 1e-6, 1],
      [0.5, 1e-9, 1],
      [0.5, 0, 1 - 1e-3],
      [0.5, 0, 1 - 1e-6],
      [0.5, 0, 1 - 1e-9],
    ]);
  });
});

describe('weights that vanished', () => {
  const { revive } = independent(4);
  const shares = (counts: readonly number[], weights: readonly number[]) =>
    revive!(Float64Array.from(counts), { weights }).map((point) => point.weights);

  it('are raised together where the likelihood rises with them, and alone where one cannot tell', () => {
    // The derivative at 1e-9 is that of 3 expected rows for each of the 4 that the weight makes; at 1e-8 half of one.
    const found = shares([4, 12e-9, 2e-8, 0], [1 - 1.1e-8, 1e-9, 1e-8, 0]);
    expect(found).toHaveLength(6);
    for (const [place, share] of [0.1, 1e-3, 1e-6].entries()) {
      const [rising, unknown] = [found[place]!, found[place + 3]!];
      expect(rising[1]! / rising[0]!).toBeCloseTo(share / 4, 6);
      expect(rising[2]).toBeLessThan(2e-8);
      expect(rising[3]).toBe(0);
      expect(unknown[3]! / unknown[0]!).toBeCloseTo(share / 4, 6);
      expect(unknown[1]).toBeLessThan(2e-9);
      for (const weights of [rising, unknown]) expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 15);
    }
  });

  it('are left where the likelihood falls with them, where they are held, and where none vanished', () => {
    expect(shares([4, 4e-9, 4e-9, 4e-9], [1 - 3e-9, 1e-9, 1e-9, 1e-9])).toEqual([]);
    expect(shares([1, 1, 1, 1], [0.25, 0.25, 0.25, 0.25])).toEqual([]);
    expect(independent(2, { held: true }).revive!(Float64Array.of(4, 0), { weights: [1, 0] })).toEqual([]);
  });
});

describe('how far a fit that converged may still be', () => {
  it('is as far as a whole scale where nothing is gained and steps do not shrink', () => {
    const family = familyOf({
      parameters: { place: { kind: 'real' } },
      maximize: (_statistics, _count, { place }) => ({ place: (place as number) + 1e-3 }),
      distance: (from, to) => Math.abs((to['place'] as number) - (from['place'] as number)),
    });
    const model = createMixture({ family, components: 1 });
    const driver = drive(model, startState('em', { weights: [1], components: [{ place: 0 }] }), {
      iterations: 100,
      tolerance: 1e-8,
      nats: 1e-6,
    });
    let turn = driver.next();
    while (!turn.done) turn = driver.next(turn.value.kind === 'expect' ? expectationOf(model, [5], -7, 7) : undefined);
    expect(turn.value.diagnosis).toEqual({ kind: 'converged', rule: 'nats', remaining: 1, nats: null });
  });
});

describe('known labels above the components of a candidate', () => {
  const chosen = (labels: NonNullable<FitOptions['labels']>, components = [1, 2, 3]): Selection =>
    select([1, 2, 3, 10, 11, 12, 30, 31, 33], { family: bell(), components, labels });
  const refused = ({ candidates }: Selection) => candidates.map((candidate) => candidate.refused ?? candidate.fit!.diagnosis.kind);

  it('refuse it, alone or in a set, and not the others', () => {
    expect(refused(chosen([0, -1, -1, 1, -1, 1, -1, -1, -1], [1, 2]))).toEqual([
      'A known label is 1, and there are 1 components. Labels count components from 0 to 0.',
      'converged',
    ]);
    const sets = chosen([[0, 2], -1, -1, [1, 2], -1, [2], -1, -1, -1]);
    expect(refused(sets)).toEqual([
      'A known label is 2, and there are 1 components. Labels count components from 0 to 0.',
      'A known label is 2, and there are 2 components. Labels count components from 0 to 1.',
      'converged',
    ]);
    expect(sets.best.components).toHaveLength(3);
  });

  it('and the whole choice where no candidate has as many', () => {
    expect(() => chosen([3, -1, -1, -1, -1, -1, -1, -1, -1])).toThrow('Row 1: the known label is 3.');
  });
});
