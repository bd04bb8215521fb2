import {
  createMixture,
  type Domain,
  type DriverRequest,
  drive,
  EmkitError,
  type Expectation,
  type Family,
  type Mixture,
  type ParameterValues,
  roundingAllowance,
  startState,
} from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { FRESH_MEMORY, judge, type Observation } from '../src/driver/convergence.ts';
import { emImage, expectAt } from '../src/driver/em-map.ts';
import { expectationOf, failureOf, familyOf } from './support/stub.ts';

const scalar = familyOf({ parameters: { size: { kind: 'positive' } } });

describe('the stopping rule', () => {
  const seen = (step: number, more: Partial<Observation> = {}): Observation => ({
    step,
    ratio: undefined,
    intended: 0,
    rounding: 0,
    expected: undefined,
    gain: Infinity,
    noise: 0,
    ...more,
  });
  const rule = (tolerance: number, nats = 0, settling = true) => ({ tolerance, nats, settling });
  const fresh = FRESH_MEMORY;

  it('extrapolates the distance still to go from a step and the rate at which steps shrink', () => {
    expect(judge(fresh, seen(1), rule(1)).memory).toMatchObject({ step: 1, ratios: [], quiet: 0, remaining: null });
    expect(judge(fresh, seen(0.2, { ratio: 0.75 }), rule(1)).memory.remaining).toBeCloseTo(0.8, 15);
    expect(judge(fresh, seen(0.2, { ratio: 0.75, intended: 3 }), rule(1)).memory.remaining).toBe(3);
  });

  it('goes by the slowest of the last four ratios', () => {
    let { memory } = judge(fresh, seen(1, { ratio: 0.5 }), rule(1e-8));
    const remaining = [0.9, 0.5, 0.5, 0.5, 0.5].map(
      (ratio) => ({ memory } = judge(memory, seen(1, { ratio }), rule(1e-8))).memory.remaining,
    );
    expect(memory.ratios).toHaveLength(4);
    expect(remaining[3]).toBeCloseTo(10, 12);
    expect(remaining[4]).toBeCloseTo(2, 12);
  });

  it('knows no distance while the steps do not shrink', () => {
    for (const ratio of [1, 1.5]) expect(judge(fresh, seen(1, { ratio }), rule(1)).memory.remaining).toBeNull();
  });

  it('ends after three iterations within the tolerance, its edge included', () => {
    let memory = fresh;
    for (const end of [undefined, undefined, { kind: 'converged', rule: 'distance' }]) {
      const verdict = judge(memory, seen(0.25, { ratio: 0.5 }), rule(0.5));
      expect(verdict.end).toEqual(end);
      expect(verdict.memory.remaining).toBe(0.5);
      ({ memory } = verdict);
    }
    expect(judge(memory, seen(100, { ratio: 0.5 }), rule(0.5)).memory.quiet).toBe(0);
  });

  it('takes steps of no more than four roundings for noise', () => {
    const quiet = { ...fresh, step: 4e-16, ratios: [1], quiet: 2, smallest: 1e-16 };
    const judged = (step: number, tolerance: number) => judge(quiet, seen(step, { rounding: 1e-16 }), rule(tolerance));
    expect(judged(4e-16, 1e-8)).toMatchObject({ end: { kind: 'converged' }, memory: { remaining: 1e-8 } });
    expect(judged(4e-16, 1e-16).end?.kind).toBe('converged');
    expect(judged(4e-16, 5e-17)).toMatchObject({ end: { kind: 'stalled' }, memory: { remaining: null } });
    expect(judged(4.1e-16, 1e-17)).toMatchObject({ end: undefined, memory: { quiet: 0 } });
    expect(judge({ ...quiet, quiet: 1 }, seen(4e-16, { rounding: 1e-16 }), rule(5e-17))).toMatchObject({
      end: undefined,
      memory: { quiet: 2 },
    });
  });

  it('is at rest where nothing moves, and never ends at a tolerance of 0', () => {
    expect(judge({ ...fresh, quiet: 4 }, seen(0), rule(1e-8))).toMatchObject({
      memory: { step: 0, ratios: [], quiet: 5, remaining: 0, left: 0 },
      end: { kind: 'converged', rule: 'distance' },
    });
    expect(judge(fresh, seen(0), rule(0)).end).toBeUndefined();
    expect(judge({ ...fresh, quiet: 9 }, seen(1e-21, { rounding: 1 }), rule(0)).end).toBeUndefined();
  });

  it('ends where so little is left of the log-likelihood three times in a row, once that counts', () => {
    const ridge = seen(0.1, { ratio: 0.999, gain: 1e-10 });
    const run = (nats: number, settling: boolean, observation = ridge) => {
      let verdict = judge(fresh, observation, rule(1e-8, nats, settling));
      for (let turn = 0; turn < 2; turn += 1) verdict = judge(verdict.memory, observation, rule(1e-8, nats, settling));
      return verdict;
    };
    // g / (1 - r) = 1e-7.
    expect(run(1.1e-7, true)).toMatchObject({ end: { kind: 'converged', rule: 'nats' }, memory: { left: expect.closeTo(1e-7, 12) } });
    expect(run(0.9e-7, true).end).toBeUndefined();
    expect(run(1.1e-7, false).end).toBeUndefined();
    // What an accelerated driver expects takes its place; the gain of the next step alone is the least that is left.
    expect(run(1e-8, true, { ...ridge, expected: 1e-9 }).end).toMatchObject({ rule: 'nats' });
    expect(run(1e-8, true, { ...ridge, expected: 1e-9, gain: 1e-7 }).end).toBeUndefined();
  });

  it('stalls where twenty steps in a row are no smaller, and gain nothing beside the rounding', () => {
    const shake = (gain: number, steps: number, size: (turn: number) => number) => {
      let verdict = judge(fresh, seen(1, { gain, noise: 1e-12 }), rule(1e-8));
      let turn = 0;
      for (; turn < steps && verdict.end === undefined; turn += 1)
        verdict = judge(verdict.memory, seen(size(turn), { gain, noise: 1e-12 }), rule(1e-8));
      return { turn, end: verdict.end?.kind };
    };
    expect(shake(1e-13, 50, (turn) => 1 + (turn % 3))).toEqual({ turn: 20, end: 'stalled' });
    expect(shake(1e-11, 50, (turn) => 1 + (turn % 3)).end).toBeUndefined();
    expect(shake(1e-13, 50, (turn) => 1 / (2 + turn)).end).toBeUndefined();
    expect(shake(Number.NaN, 50, () => 1).end).toBeUndefined();
  });
});

describe('the default distance', () => {
  const domains: Record<string, Domain> = {
    share: { kind: 'probability' },
    place: { kind: 'interval', minimum: 2, maximum: 6 },
    level: { kind: 'real' },
    size: { kind: 'positive' },
    parts: { kind: 'simplex', length: 2 },
    point: { kind: 'real-vector', length: 2 },
    sizes: { kind: 'positive-vector', length: 2 },
    spread: { kind: 'positive-definite', dimension: 2, structure: 'full' },
  };
  const family = familyOf({ parameters: domains });
  const here: ParameterValues = {
    share: 0.5,
    place: 3,
    level: 0,
    size: 2,
    parts: [0.25, 0.75],
    point: [4, -1],
    sizes: [1, 10],
    spread: [
      [4, 1],
      [1, 9],
    ],
  };
  const mixture = createMixture({ family, components: 2 });
  const point = (component: ParameterValues, weight = 0.5) => ({ weights: [weight, 1 - weight], components: [here, component] });

  it.each<[string, ParameterValues[string], number]>([
    ['share', 0.25, 0.25],
    ['share', 0.75, 0.25],
    ['place', 4, 0.25],
    ['place', 6, 0.75],
    ['level', 0, 0],
    ['level', 5, 1],
    ['size', 8, 0.75],
    ['size', 1, 0.5],
    ['parts', [0.5, 0.5], 0.25],
    ['point', [4, -4], 0.75],
    ['point', [8, -1], 0.5],
    ['sizes', [1, 5], 0.5],
    [
      'spread',
      [
        [4, 4],
        [4, 9],
      ],
      0.5,
    ],
    [
      'spread',
      [
        [5, 1],
        [1, 9],
      ],
      0.25,
    ],
    [
      'spread',
      [
        [4, 1],
        [1, 18],
      ],
      1,
    ],
  ])('of %s to %j is %d', (name, value, distance) => {
    expect(mixture.space.distance(point(here), point({ ...here, [name]: value }))).toBe(distance);
    expect(mixture.space.distance(point({ ...here }), point({ ...here }))).toBe(0);
  });

  it('is the largest over parameters, components and weights, in any order', () => {
    const far = { ...here, share: 1, size: 2.5 };
    expect(mixture.space.distance(point(here), point(far))).toBe(0.5);
    const reversed = { weights: [0.5, 0.5], components: [far, here] };
    expect(mixture.space.distance({ weights: [0.5, 0.5], components: [here, here] }, reversed)).toBe(0.5);
    expect(mixture.space.distance(point(here), point(here, 0.75))).toBe(0.25);
    expect(mixture.space.distance(point(here), point({ ...here, size: 4 }, 0.75))).toBe(0.5);
    expect(mixture.space.distance(point(here), point({ ...here, size: 2.125 }, 0.75))).toBe(0.25);
  });

  it('is not a number where the parameters are none, so that nothing takes it for small', () => {
    expect(mixture.space.distance(point(here), point({ ...here, size: Number.NaN, sizes: [1, 10] }))).toBeNaN();
    expect(mixture.space.distance(point(here), { weights: [Number.NaN, 0.5], components: [here, here] })).toBeNaN();
  });

  it("gives way to the family's own, which is not asked about the same record", () => {
    const own = createMixture({ family: familyOf({ parameters: { size: { kind: 'positive' } }, distance: () => 7 }), components: 1 });
    const one = { weights: [1], components: [{ size: 1 }] };
    expect(own.space.distance(one, { weights: [1], components: [{ size: 1 }] })).toBe(7);
    expect(own.space.distance(one, one)).toBe(0);
  });

  it('of rounding moves every number up by one unit in the last place', () => {
    const rounded = createMixture({ family: scalar, components: 1 }).space.rounding({ weights: [1], components: [{ size: 1 }] });
    expect(rounded).toBe(Number.EPSILON / (1 + Number.EPSILON));
    const vectors = createMixture({ family: familyOf({ parameters: { point: { kind: 'real-vector', length: 2 } } }), components: 1 });
    expect(vectors.space.rounding({ weights: [1], components: [{ point: [0, 1] }] })).toBe(Number.EPSILON / (1 + Number.EPSILON));
  });
});

describe('one EM step', () => {
  const at = { weights: [1], components: [{ size: 3 }] };

  /** Drives a step to its end, answering every question with the same expectation; the points it asked about. */
  function drive(family: Family, expectation?: Expectation) {
    const mixture = createMixture({ family, components: 1 });
    const answer = expectation ?? expectationOf(mixture, [5]);
    const steps = emImage(mixture, at, answer);
    const asked: unknown[] = [];
    let turn = steps.next();
    while (!turn.done) {
      const { at: point, about } = (turn.value as Extract<DriverRequest, { kind: 'expect' }>).request;
      asked.push({ at: point, about });
      turn = steps.next(answer);
    }
    return { outcome: turn.value, asked };
  }

  it('takes the statistics again where the family asks for it, 24 times at most', () => {
    const parameters = { size: { kind: 'positive' } } as const;
    const recentre = (_statistics: Float64Array, _count: number, about: ParameterValues): ParameterValues => ({
      size: (about['size'] as number) + 1,
    });
    const { outcome, asked } = drive(familyOf({ parameters, recentre }));
    expect(asked).toEqual(
      Array.from({ length: 24 }, (_, turn) => turn + 4).map((size) => ({ at, about: { ...at, components: [{ size }] } })),
    );
    expect(outcome).toMatchObject({ image: { weights: [1], components: [{ size: 27 }] }, passes: 24 });
    expect(drive(familyOf({ parameters, recentre: () => undefined }))).toMatchObject({ asked: [], outcome: { passes: 0 } });
  });

  it('lets no parameter outside of its domain through', () => {
    const family = familyOf({ parameters: { size: { kind: 'positive' } }, maximize: () => ({ size: Number.NaN }) });
    expect(failureOf(() => drive(family)).code).toBe('PARAMETER_DOMAIN');
  });

  it('tells a component without an estimate from a failure', () => {
    const throwing = (error: Error): Family =>
      familyOf({
        parameters: { size: { kind: 'positive' } },
        maximize: () => {
          throw error;
        },
      });
    const degenerate = new EmkitError('COMPONENT_DEGENERATE', 'Gone.', { reason: 'it is gone' });
    expect(drive(throwing(degenerate)).outcome).toEqual({
      collapsed: { kind: 'collapsed', component: 0, reason: 'it is gone' },
      passes: 0,
    });
    const { outcome } = drive(throwing(new EmkitError('COMPONENT_DEGENERATE', 'Gone.')));
    expect(outcome).toMatchObject({ collapsed: { reason: 'Component 1: Gone.' } });
    expect(failureOf(() => drive(throwing(new EmkitError('NOT_FINITE', 'Not finite.')))).code).toBe('NOT_FINITE');
    expect(() => drive(throwing(new RangeError('out of memory')))).toThrow(RangeError);
  });

  it('does not go on without an answer', () => {
    const mixture = createMixture({ family: scalar, components: 1 });
    const asking = expectAt(mixture, at);
    expect(asking.next().value).toEqual({ kind: 'expect', request: { model: mixture, at, about: at } });
    const error = failureOf(() => asking.next(undefined));
    expect([error.code, error.message]).toEqual(['INTERNAL', 'The driver asked for an expectation and was sent nothing.']);
  });

  it('allows the log-likelihood to fall by the rounding of its sum, of its terms and of the parameters', () => {
    const mixture = createMixture({ family: scalar, components: 2 });
    const point = { weights: [0.5, 0.5], components: [{ size: 1 }, { size: 1 }] };
    expect(roundingAllowance(mixture, point, expectationOf(mixture, [3, 5], -100, 90))).toBeCloseTo((64 * 98 + 8) * Number.EPSILON, 28);
    const coarse = createMixture({ family: familyOf({ parameters: { size: { kind: 'positive' } }, distance: () => 1e-3 }), components: 2 });
    expect(roundingAllowance(coarse, point, expectationOf(coarse, [3, 5], -100, 90))).toBeCloseTo(8 * 1e-3 + 8 * 8 * 1e-6, 10);
  });
});

describe('the M-step of a mixture', () => {
  const record = (calls: unknown[][]): Family =>
    familyOf({
      parameters: { level: { kind: 'real' }, size: { kind: 'positive' } },
      holdable: ['level', 'size'],
      maximize: (statistics, count, about, held) => {
        calls.push(['maximize', statistics[0], count, about, [...held]]);
        return { level: 1, size: 1 };
      },
      shareable: ['size'],
    });
  const previous = {
    weights: [0.5, 0.5],
    components: [
      { level: 5, size: 5 },
      { level: 6, size: 6 },
    ],
  };
  const about = [
    { level: 7, size: 7 },
    { level: 8, size: 8 },
  ];

  /** The M-step from sums about the given components, with the weights of the point before. */
  const maximized = (mixture: Mixture, { sums }: Expectation) => mixture.maximize(sums, { ...previous, components: about });

  it('gives each family its own statistics and normalises the counts', () => {
    const calls: unknown[][] = [];
    const mixture = createMixture({ family: record(calls), components: 2, held: { components: [['level'], undefined] } });
    const found = maximized(mixture, expectationOf(mixture, [1, 3]));
    expect(found).toEqual({
      weights: [0.25, 0.75],
      components: [
        { level: 1, size: 1 },
        { level: 1, size: 1 },
      ],
    });
    expect(calls).toEqual([
      ['maximize', 10, 1, about[0], ['level']],
      ['maximize', 20, 3, about[1], []],
    ]);
  });

  it('leaves alone what is wholly held, empty or not, and held weights', () => {
    const calls: unknown[][] = [];
    const mixture = createMixture({
      family: record(calls),
      components: 2,
      held: { weights: true, components: [['level', 'size'], ['size']] },
    });
    const found = maximized(mixture, expectationOf(mixture, [0, 3]));
    expect(found.weights).toBe(previous.weights);
    expect(found.components[0]).toBe(about[0]);
    expect(calls).toHaveLength(1);
  });

  it('estimates shared parameters once for their group, with what is held in each', () => {
    const calls: unknown[][] = [];
    const shared = { components: 2, shared: ['size'] };
    const mixture = createMixture({ ...shared, family: record(calls), held: { components: [['level'], undefined] } });
    const found = maximized(mixture, expectationOf(mixture, [1, 3]));
    // Each alone with its size held, then the sums of both with all else held.
    expect(calls.slice(0, 2)).toEqual([
      ['maximize', 10, 1, about[0], ['level', 'size']],
      ['maximize', 20, 3, about[1], ['size']],
    ]);
    expect(calls[2]!.slice(0, 3)).toEqual(['maximize', 30, 4]);
    expect(calls[2]![4]).toEqual(['level']);
    expect(found.components).toEqual([
      { level: 1, size: 1 },
      { level: 1, size: 1 },
    ]);
    const all = ['level', 'size'];
    const held = createMixture({ ...shared, family: record([]), held: { components: [all, all] } });
    expect(maximized(held, expectationOf(held, [1, 3])).components).toEqual(about);
    // What one component holds of what is shared, all keep; the rest of it is estimated from all.
    const keeping: Family = {
      ...record([]),
      maximize: (_statistics, count, point, names) => ({
        level: names.has('level') ? point['level']! : 10 * count,
        size: names.has('size') ? point['size']! : 20 * count,
      }),
    };
    const half = createMixture({ ...shared, family: keeping, held: { components: [['size'], undefined] } });
    expect(maximized(half, expectationOf(half, [1, 3])).components).toEqual([
      { level: 10, size: 7 },
      { level: 30, size: 7 },
    ]);
    const both = createMixture({ components: 2, shared: all, family: keeping, held: { components: [undefined, ['level']] } });
    expect(maximized(both, expectationOf(both, [1, 3])).components).toEqual([
      { level: 7, size: 80 },
      { level: 7, size: 80 },
    ]);
  });

  it.each([
    ['alone', undefined],
    ['in a group', ['size']],
  ])('leaves an empty component where it is, with a weight of 0, %s', (_, shared) => {
    const mixture = createMixture({ family: record([]), components: 2, ...(shared === undefined ? {} : { shared }) });
    const found = maximized(mixture, expectationOf(mixture, [4, 0]));
    expect(found.weights).toEqual([1, 0]);
    expect(found.components[1]).toEqual(shared === undefined ? about[1] : { ...about[1], size: 1 });
  });

  it('lets a vanishing component have no estimate', () => {
    const failing = familyOf({
      parameters: { size: { kind: 'positive' } },
      maximize: (_statistics, count) => {
        if (count === 1) return { size: 3 };
        throw new EmkitError('COMPONENT_DEGENERATE', 'No size.');
      },
    });
    const mixture = createMixture({ family: failing, components: 2 });
    const at = { weights: [0.5, 0.5], components: [{ size: 1 }, { size: 2 }] };
    expect(mixture.maximize(expectationOf(mixture, [1, 0.9e-9]).sums, at).components).toEqual([{ size: 3 }, { size: 2 }]);
    expect(failureOf(() => mixture.maximize(expectationOf(mixture, [1, 1.1e-9]).sums, at)).details.component).toBe(1);
  });

  it('says which component an error belongs to, and what it was', () => {
    const throwing = (error: Error): Mixture =>
      createMixture({
        family: familyOf({
          parameters: { size: { kind: 'positive' } },
          maximize: () => {
            throw error;
          },
        }),
        components: 1,
      });
    const run = (error: Error): EmkitError => {
      const mixture = throwing(error);
      return failureOf(() => mixture.maximize(expectationOf(mixture, [1]).sums, { weights: [1], components: [{ size: 1 }] }));
    };
    const cause = new EmkitError('COMPONENT_DEGENERATE', 'No size.', { parameter: 'size' });
    const error = run(cause);
    expect(error).toMatchObject({ message: 'Component 1: No size.', details: { component: 0, parameter: 'size' }, cause });
    const other = new EmkitError('NOT_FINITE', 'Not finite.');
    expect(run(other)).toBe(other);
    expect(() => run(new RangeError('out of memory'))).toThrow(RangeError);
  });

  it('asks for better points only of those who can have one', () => {
    const asked: unknown[][] = [];
    const family = (answer: ParameterValues | undefined): Family =>
      familyOf({
        parameters: { level: { kind: 'real' }, size: { kind: 'positive' } },
        holdable: ['level', 'size'],
        recentre: (statistics, count, point, held) => {
          asked.push([statistics[0], count, point, [...held]]);
          return answer;
        },
      });
    const better = { level: 0, size: 1 };
    const mixture = createMixture({
      families: [family(undefined), family(better), family(better), family(better), scalar],
      held: { components: [['size'], undefined, undefined, ['level', 'size']] },
    });
    const points = Array.from({ length: 5 }, (_, component) => ({ level: component, size: 1 }));
    const weights = points.map(() => 0.2);
    const found = mixture.recentre(expectationOf(mixture, [1, 2, 0, 4, 5]).sums, { weights, components: points });
    expect(found?.weights).toBe(weights);
    expect(found?.components).toEqual([points[0], better, points[2], points[3], points[4]]);
    expect(asked).toEqual([
      [10, 1, points[0], ['size']],
      [20, 2, points[1], []],
    ]);
    const content = createMixture({ families: [family(undefined), scalar] });
    const pair = { weights: [0.5, 0.5], components: points.slice(0, 2) };
    expect(content.recentre(expectationOf(content, [1, 1]).sums, pair)).toBeUndefined();
  });
});

describe('the edge of the parameters', () => {
  const coin = familyOf({ parameters: { share: { kind: 'probability' } } });
  const mixture = (options: object = {}) => createMixture({ family: coin, components: 2, ...options });
  const at = (weights: readonly number[], shares: readonly number[]) => ({ weights, components: shares.map((share) => ({ share })) });

  it('is named by parameters and weights', () => {
    expect(mixture().space.boundary(at([0.5, 0.5], [0.5, 0.5]), 1e-8)).toEqual([]);
    expect(mixture().space.boundary(at([1, 1e-8], [0, 0.5]), 1e-8)).toEqual(['weight 2', 'share 1']);
  });

  it('does not count what is held, nor the weight of a single component', () => {
    const held = mixture({ held: { weights: true, components: [['share']] } });
    expect(held.space.boundary(at([1, 0], [0, 0.5]), 1e-8)).toEqual([]);
    const single = createMixture({ family: coin, components: 1 });
    expect(single.space.boundary(at([0], [0.5]), 1e-8)).toEqual([]);
  });
});

describe('the textbook driver', () => {
  /** Runs the driver over log-likelihoods that are given one after the other. */
  function run(family: Family, logLikelihoods: readonly number[], iterations: number, tolerance = 0) {
    const mixture = createMixture({ family, components: 1 });
    const driver = drive(mixture, startState('em', { weights: [1], components: [{ size: 1 }] }), { iterations, tolerance });
    let asked = 0;
    let turn = driver.next();
    while (!turn.done) {
      if (turn.value.kind !== 'expect') turn = driver.next();
      else turn = driver.next(expectationOf(mixture, [5], logLikelihoods[Math.min(asked++, logLikelihoods.length - 1)]!, 100));
    }
    return { ...turn.value, asked };
  }
  const growing = familyOf({
    parameters: { size: { kind: 'positive' } },
    maximize: (_s, _c, about) => ({ size: 2 * (about['size'] as number) }),
  });

  it('counts its passes, those for better statistics included', () => {
    const recentre = (_s: Float64Array, _c: number, about: ParameterValues): ParameterValues | undefined =>
      (about['size'] as number) % 2 === 1 ? { size: (about['size'] as number) + 0.5 } : undefined;
    const { state, asked, diagnosis } = run({ ...growing, recentre }, [-9, -8, -7], 2);
    expect(asked).toBe(5);
    expect(state).toMatchObject({ iteration: 2, evaluations: 5, trace: [-9, -7, -7] });
    // From 1 to 3 to 7: steps of 2/3 and 4/7, of which the second is 6/7 of the first.
    expect(diagnosis).toEqual({ kind: 'iteration-limit', remaining: expect.closeTo(4, 12) });
  });

  it('keeps the point before a fall, and passes over one within rounding', () => {
    const fallen = run(growing, [-9, -8, -8.5], 5);
    expect(fallen.diagnosis).toEqual({ kind: 'decreased', by: 0.5 });
    // Ten halves of the step were tried, and none was better.
    expect(fallen.state).toMatchObject({ iteration: 1, evaluations: 13, trace: [-9, -8], parameters: { components: [{ size: 2 }] } });
    expect(run(growing, [-9, -8, -8 - 1e-12], 2).diagnosis.kind).toBe('iteration-limit');
    expect(run(growing, [-9, Number.NaN], 2).diagnosis.kind).toBe('decreased');
  });

  it('halves a step that goes too far, in free coordinates', () => {
    const { state, diagnosis } = run(growing, [-9, -9.5, -9.2, -8], 1);
    expect(diagnosis.kind).toBe('iteration-limit');
    // A quarter of the way from 1 to 2, in logarithms.
    expect(state).toMatchObject({ iteration: 1, evaluations: 4, trace: [-9, -8] });
    expect(state.parameters.components[0]!['size']).toBeCloseTo(2 ** 0.25, 14);
  });

  it('takes a fall of just what is allowed for rounding', () => {
    // The distance of this family is 0, so that only the rounding of a sum of magnitude 100 over 5 rows is allowed.
    const exact = { ...growing, distance: () => 0 };
    const allowed = 64 * Number.EPSILON * 105;
    expect(run(exact, [allowed, 0], 1).diagnosis.kind).toBe('iteration-limit');
    expect(run(exact, [1.01 * allowed, 0], 1).diagnosis.kind).toBe('decreased');
  });

  it('keeps the point before a collapse', () => {
    const collapsing = familyOf({
      parameters: { size: { kind: 'positive' } },
      maximize: (_s, _c, about) => {
        if (about['size'] === 1) return { size: 2 };
        throw new EmkitError('COMPONENT_DEGENERATE', 'Gone.', { reason: 'it is gone' });
      },
    });
    const { diagnosis, state } = run(collapsing, [-9, -8], 5);
    expect(diagnosis).toEqual({ kind: 'collapsed', component: 0, reason: 'it is gone' });
    expect(state).toMatchObject({ iteration: 1, parameters: { components: [{ size: 2 }] } });
  });

  it('stalls where the tolerance is finer than the rounding', () => {
    let sign = 1;
    const restless = familyOf({
      parameters: { size: { kind: 'positive' } },
      maximize: () => ({ size: 1 + (sign = -sign) * Number.EPSILON }),
    });
    const { diagnosis, state } = run(restless, [-9], 50, 1e-17);
    expect(diagnosis.kind).toBe('stalled');
    expect(state.iteration).toBeLessThan(8);
  });
});
