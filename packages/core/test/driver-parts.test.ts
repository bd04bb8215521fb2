import { createMixture, type Domain, EmkitError, type Expectation, type Family, type Mixture, type ParameterValues } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { FRESH_MEMORY, judgeAccelerated, judgeStep } from '../src/driver/convergence.ts';
import { mixtureDistance, roundingDistance } from '../src/driver/distance.ts';
import type { DriverRequest } from '../src/driver/driver.ts';
import { emDriver, endDiagnosis, startState } from '../src/driver/em.ts';
import { emStep, expectAt, roundingAllowance } from '../src/driver/em-step.ts';
import { mStep, recentrePoints } from '../src/driver/m-step.ts';
import { expectationOf, failureOf, familyOf } from './support/stub.ts';

const scalar = familyOf({ parameters: { size: { kind: 'positive' } } });

describe('the stopping rule', () => {
  it('extrapolates the distance still to go from the ratio of two steps', () => {
    const first = judgeStep(FRESH_MEMORY, 1, 0, 1e-8);
    expect(first).toEqual({ memory: { step: 1, ratios: [], quiet: 0 }, remaining: Infinity, end: undefined });
    const second = judgeStep(first.memory, 0.25, 0, 1e-8);
    expect(second.memory.ratios).toEqual([0.25]);
    expect(second.remaining).toBeCloseTo(0.25 / 3, 15);
  });

  it('goes by the slowest of the last four ratios', () => {
    let verdict = judgeStep(FRESH_MEMORY, 1, 0, 1e-8);
    const steps = [0.5, 0.45, 0.225, 0.1125, 0.05625];
    const remaining = steps.map((step) => (verdict = judgeStep(verdict.memory, step, 0, 1e-8)).remaining);
    expect(verdict.memory.ratios).toHaveLength(4);
    expect(remaining[3]).toBeCloseTo(0.1125 * 9, 12);
    verdict = judgeStep(verdict.memory, 0.028125, 0, 1e-8);
    expect(verdict.remaining).toBeCloseTo(0.028125, 12);
  });

  it('knows no distance while the steps do not shrink', () => {
    const { memory } = judgeStep(FRESH_MEMORY, 1, 0, 1);
    expect(judgeStep(memory, 2, 0, 1).remaining).toBe(Infinity);
    expect(judgeStep(memory, 1, 0, 1).remaining).toBe(Infinity);
    expect(judgeStep({ step: 0, ratios: [], quiet: 1 }, 1e-3, 0, 1).memory.ratios).toEqual([]);
    expect(judgeAccelerated(FRESH_MEMORY, 1, undefined, 0, 0, 1).remaining).toBe(Infinity);
    expect(judgeAccelerated(FRESH_MEMORY, 1, 1.5, 0, 0, 1).remaining).toBe(Infinity);
  });

  it('ends after three iterations within the tolerance, its edge included', () => {
    let memory = { step: 1, ratios: [0.5], quiet: 0 } as typeof FRESH_MEMORY;
    for (const [step, end] of [
      [0.5, undefined],
      [0.25, undefined],
      [0.125, 'converged'],
    ] as const) {
      const verdict = judgeStep(memory, step, 0, 0.5);
      expect(verdict.end).toBe(end);
      expect(verdict.remaining).toBeLessThanOrEqual(0.5);
      ({ memory } = verdict);
    }
    expect(memory.quiet).toBe(3);
    expect(judgeStep(memory, 100, 0, 0.5).memory.quiet).toBe(0);
  });

  it('takes steps of no more than four roundings for noise', () => {
    const quiet = { step: 4e-16, ratios: [1], quiet: 2 };
    expect(judgeStep(quiet, 4e-16, 1e-16, 1e-8)).toMatchObject({ end: 'converged', remaining: 1e-8 });
    expect(judgeStep(quiet, 4e-16, 1e-16, 1e-16).end).toBe('converged');
    expect(judgeStep(quiet, 4e-16, 1e-16, 5e-17)).toMatchObject({ end: 'stalled', remaining: Infinity });
    expect(judgeStep(quiet, 4.1e-16, 1e-16, 1e-17)).toMatchObject({ end: undefined, memory: { quiet: 0 } });
    expect(judgeStep({ ...quiet, quiet: 1 }, 4e-16, 1e-16, 5e-17)).toMatchObject({ end: undefined, memory: { quiet: 2 } });
  });

  it('is at rest where nothing moves, and never ends at a tolerance of 0', () => {
    expect(judgeStep({ step: 1, ratios: [0.5], quiet: 4 }, 0, 0, 1e-8)).toEqual({
      memory: { step: 0, ratios: [], quiet: 5 },
      remaining: 0,
      end: 'converged',
    });
    expect(judgeStep(FRESH_MEMORY, 0, 0, 0).end).toBeUndefined();
    expect(judgeStep({ step: 1e-20, ratios: [0.5], quiet: 9 }, 1e-21, 1, 0).end).toBeUndefined();
  });

  it('goes from the point itself and as far as the driver intends, when accelerated', () => {
    expect(judgeAccelerated(FRESH_MEMORY, 0.2, 0.75, 0, 0, 1).remaining).toBeCloseTo(0.8, 15);
    expect(judgeAccelerated(FRESH_MEMORY, 0.2, 0.75, 3, 0, 1).remaining).toBe(3);
    expect(judgeAccelerated({ step: 1, ratios: [0.9], quiet: 0 }, 0.2, 0.75, 0, 0, 1).remaining).toBeCloseTo(2, 14);
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
    expect(mixtureDistance(mixture, point(here), point({ ...here, [name]: value }))).toBe(distance);
    expect(mixtureDistance(mixture, point({ ...here }), point({ ...here }))).toBe(0);
  });

  it('is the largest over parameters, components and weights, in any order', () => {
    const far = { ...here, share: 1, size: 2.5 };
    expect(mixtureDistance(mixture, point(here), point(far))).toBe(0.5);
    const reversed = { weights: [0.5, 0.5], components: [far, here] };
    expect(mixtureDistance(mixture, { weights: [0.5, 0.5], components: [here, here] }, reversed)).toBe(0.5);
    expect(mixtureDistance(mixture, point(here), point(here, 0.75))).toBe(0.25);
    expect(mixtureDistance(mixture, point(here), point({ ...here, size: 4 }, 0.75))).toBe(0.5);
    expect(mixtureDistance(mixture, point(here), point({ ...here, size: 2.125 }, 0.75))).toBe(0.25);
  });

  it('is not a number where the parameters are none, so that nothing takes it for small', () => {
    expect(mixtureDistance(mixture, point(here), point({ ...here, size: Number.NaN, sizes: [1, 10] }))).toBeNaN();
    expect(mixtureDistance(mixture, point(here), { weights: [Number.NaN, 0.5], components: [here, here] })).toBeNaN();
  });

  it("gives way to the family's own, which is not asked about the same record", () => {
    const own = createMixture({ family: familyOf({ parameters: { size: { kind: 'positive' } }, distance: () => 7 }), components: 1 });
    const one = { weights: [1], components: [{ size: 1 }] };
    expect(mixtureDistance(own, one, { weights: [1], components: [{ size: 1 }] })).toBe(7);
    expect(mixtureDistance(own, one, one)).toBe(0);
  });

  it('of rounding moves every number up by one unit in the last place', () => {
    const rounded = roundingDistance(createMixture({ family: scalar, components: 1 }), { weights: [1], components: [{ size: 1 }] });
    expect(rounded).toBe(Number.EPSILON / (1 + Number.EPSILON));
    const vectors = createMixture({ family: familyOf({ parameters: { point: { kind: 'real-vector', length: 2 } } }), components: 1 });
    expect(roundingDistance(vectors, { weights: [1], components: [{ point: [0, 1] }] })).toBe(Number.EPSILON / (1 + Number.EPSILON));
  });
});

describe('one EM step', () => {
  const at = { weights: [1], components: [{ size: 3 }] };

  /** Drives a step to its end, answering every question with the same expectation; the points it asked about. */
  function drive(family: Family, expectation?: Expectation) {
    const mixture = createMixture({ family, components: 1 });
    const answer = expectation ?? expectationOf(mixture, [5]);
    const steps = emStep(mixture, at, answer);
    const asked: unknown[] = [];
    let turn = steps.next();
    while (!turn.done) {
      asked.push((turn.value as Extract<DriverRequest, { kind: 'expect' }>).request);
      turn = steps.next(answer);
    }
    return { outcome: turn.value, asked };
  }

  it('takes the statistics again where the family asks for it, three times at most', () => {
    const parameters = { size: { kind: 'positive' } } as const;
    const recentre = (_statistics: Float64Array, _count: number, about: ParameterValues): ParameterValues => ({
      size: (about['size'] as number) + 1,
    });
    const { outcome, asked } = drive(familyOf({ parameters, recentre }));
    expect(asked).toEqual([4, 5, 6].map((size) => ({ at, about: [{ size }] })));
    expect(outcome).toEqual({ parameters: { weights: [1], components: [{ size: 6 }] }, evaluations: 3 });
    expect(drive(familyOf({ parameters, recentre: () => undefined }))).toMatchObject({ asked: [], outcome: { evaluations: 0 } });
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
      evaluations: 0,
    });
    const { outcome } = drive(throwing(new EmkitError('COMPONENT_DEGENERATE', 'Gone.')));
    expect(outcome).toMatchObject({ collapsed: { reason: 'Component 1: Gone.' } });
    expect(failureOf(() => drive(throwing(new EmkitError('NOT_FINITE', 'Not finite.')))).code).toBe('NOT_FINITE');
    expect(() => drive(throwing(new RangeError('out of memory')))).toThrow(RangeError);
  });

  it('does not go on without an answer', () => {
    const asking = expectAt(at);
    expect(asking.next().value).toEqual({ kind: 'expect', request: { at, about: at.components } });
    const error = failureOf(() => asking.next(undefined));
    expect([error.code, error.message]).toEqual(['INTERNAL', 'The driver asked for an expectation and was sent nothing.']);
  });

  it('allows the log-likelihood to fall by the rounding of its sum and of the parameters', () => {
    const mixture = createMixture({ family: scalar, components: 2 });
    const point = { weights: [0.5, 0.5], components: [{ size: 1 }, { size: 1 }] };
    expect(roundingAllowance(mixture, point, expectationOf(mixture, [3, 5], -100, 90))).toBeCloseTo(64 * Number.EPSILON * 98, 28);
    const coarse = createMixture({ family: familyOf({ parameters: { size: { kind: 'positive' } }, distance: () => 1e-3 }), components: 2 });
    expect(roundingAllowance(coarse, point, expectationOf(coarse, [3, 5], -100, 90))).toBeCloseTo(8 * 8 * 1e-6, 10);
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

  it('gives each family its own statistics and normalises the counts', () => {
    const calls: unknown[][] = [];
    const mixture = createMixture({ family: record(calls), components: 2, held: { components: [['level'], undefined] } });
    const found = mStep(mixture, expectationOf(mixture, [1, 3]), previous, about);
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
    const found = mStep(mixture, expectationOf(mixture, [0, 3]), previous, about);
    expect(found.weights).toBe(previous.weights);
    expect(found.components[0]).toBe(previous.components[0]);
    expect(calls).toHaveLength(1);
  });

  it('estimates shared parameters once for their group, with what is held in each', () => {
    const calls: unknown[][] = [];
    const mixture = createMixture({ family: record(calls), components: 2, shared: ['size'], held: { components: [['level'], undefined] } });
    const found = mStep(mixture, expectationOf(mixture, [1, 3]), previous, about);
    expect(calls).toEqual([['shared', [10, 20], [1, 3], about, ['size'], [['level'], []]]]);
    expect(found.components).toEqual([
      { level: 0, size: 9 },
      { level: 1, size: 9 },
    ]);
    const held = createMixture({
      family: record(calls),
      components: 2,
      shared: ['size'],
      held: {
        components: [
          ['level', 'size'],
          ['level', 'size'],
        ],
      },
    });
    expect(mStep(held, expectationOf(held, [1, 3]), previous, about).components).toEqual(previous.components);
    expect(calls).toHaveLength(1);
    const half = createMixture({
      family: record(calls),
      components: 2,
      shared: ['size'],
      held: { components: [['level', 'size'], ['size']] },
    });
    mStep(half, expectationOf(half, [1, 3]), previous, about);
    expect(calls).toHaveLength(2);
  });

  it.each([
    ['alone', undefined],
    ['in a group', ['size']],
  ])('names an empty component, %s', (_, shared) => {
    const mixture = createMixture({ family: record([]), components: 2, ...(shared === undefined ? {} : { shared }) });
    const error = failureOf(() => mStep(mixture, expectationOf(mixture, [4, 0]), previous, about));
    expect(error.code).toBe('COMPONENT_DEGENERATE');
    expect(error.message).toBe('Component 2 (stub) is empty: no row has any responsibility in it.');
    expect(error.details).toMatchObject({ component: 1, reason: 'it is empty' });
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
      return failureOf(() => mStep(mixture, expectationOf(mixture, [1]), { weights: [1], components: [{ size: 1 }] }, [{ size: 1 }]));
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
    const found = recentrePoints(mixture, expectationOf(mixture, [1, 2, 0, 4, 5]), points);
    expect(found).toEqual([points[0], better, points[2], points[3], points[4]]);
    expect(asked).toEqual([
      [10, 1, points[0], ['size']],
      [20, 2, points[1], []],
    ]);
    const content = createMixture({ families: [family(undefined), scalar] });
    expect(recentrePoints(content, expectationOf(content, [1, 1]), points.slice(0, 2))).toBeUndefined();
  });
});

describe('the diagnosis at the end', () => {
  const coin = familyOf({ parameters: { share: { kind: 'probability' } } });
  const mixture = (options: object = {}) => createMixture({ family: coin, components: 2, ...options });
  const at = (weights: readonly number[], shares: readonly number[]) => ({ weights, components: shares.map((share) => ({ share })) });

  it('names parameters and weights on the edge', () => {
    expect(endDiagnosis(mixture(), at([0.5, 0.5], [0.5, 0.5]), 'converged', 1e-9, 1e-8)).toEqual({ kind: 'converged', remaining: 1e-9 });
    expect(endDiagnosis(mixture(), at([1, 1e-8], [0, 0.5]), 'converged', 1e-9, 1e-8)).toEqual({
      kind: 'boundary',
      remaining: 1e-9,
      parameters: ['share 1', 'weight 2'],
    });
  });

  it('does not count what is held, nor the weight of a single component', () => {
    const held = mixture({ held: { weights: true, components: [['share']] } });
    expect(endDiagnosis(held, at([1, 0], [0, 0.5]), 'converged', 1e-9, 1e-8).kind).toBe('converged');
    const single = createMixture({ family: coin, components: 1 });
    expect(endDiagnosis(single, at([0], [0.5]), 'converged', 1e-9, 1e-8).kind).toBe('converged');
  });

  it('says how far a stalled fit may be', () => {
    expect(endDiagnosis(mixture(), at([0.5, 0.5], [0, 0]), 'stalled', 0.1, 1e-8)).toEqual({ kind: 'stalled', remaining: 0.1 });
    expect(endDiagnosis(mixture(), at([0.5, 0.5], [0, 0]), 'stalled', Infinity, 1e-8)).toEqual({ kind: 'stalled', remaining: null });
  });
});

describe('the textbook driver', () => {
  /** Runs the driver over log-likelihoods that are given one after the other. */
  function run(family: Family, logLikelihoods: readonly number[], iterations: number, tolerance = 0) {
    const mixture = createMixture({ family, components: 1 });
    const driver = emDriver(mixture, startState('em', { weights: [1], components: [{ size: 1 }] }), { iterations, tolerance });
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
    expect(diagnosis).toEqual({ kind: 'iteration-limit', remaining: expect.closeTo(24 / 7, 12) });
  });

  it('keeps the point before a fall, and passes over one within rounding', () => {
    const fallen = run(growing, [-9, -8, -8.5], 5);
    expect(fallen.diagnosis).toEqual({ kind: 'decreased', by: 0.5 });
    expect(fallen.state).toMatchObject({ iteration: 1, evaluations: 3, trace: [-9, -8], parameters: { components: [{ size: 2 }] } });
    expect(run(growing, [-9, -8, -8 - 1e-12], 2).diagnosis.kind).toBe('iteration-limit');
    expect(run(growing, [-9, Number.NaN], 2).diagnosis.kind).toBe('decreased');
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
