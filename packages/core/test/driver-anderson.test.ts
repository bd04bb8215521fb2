import {
  type Codec,
  createMixture,
  type DriverState,
  drive,
  EmkitError,
  type EmPair,
  type ErrorCode,
  type Expectation,
  type ExpectationRequest,
  type Family,
  type ParameterValues,
  runSync,
  startState,
} from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { expectationOf, failureOf, familyOf } from './support/stub.ts';

type Vector = readonly number[];
type Map = (x: Vector) => Vector;

const pointOf = (values: ParameterValues): Vector => values['point'] as Vector;

/** A family whose EM map is the given one, in coordinates that are the parameters themselves, of the given natural sizes. */
function familyOfMap(length: number, map: Map, scales?: Vector, more: Partial<Family> = {}): Family {
  const codec: Codec<ParameterValues> = {
    length,
    encode: (parameters, out, offset) => out.set(pointOf(parameters), offset),
    decode: (vector, offset) => ({ point: Array.from(vector.subarray(offset, offset + length)) }),
    ...(scales && { scales: (_, out, offset) => out.set(scales, offset) }),
  };
  return familyOf({
    parameters: { point: { kind: 'real-vector', length } },
    codec,
    maximize: (_statistics, _count, about) => ({ point: map(pointOf(about)) }),
    distance: (from, to) => Math.max(...pointOf(from).map((value, index) => Math.abs(value - pointOf(to)[index]!))),
    ...more,
  });
}

interface Run {
  readonly iterations?: number;
  readonly tolerance?: number;
  /** The log-likelihood at a point; an error for a point that has none. */
  readonly logLikelihood?: (x: Vector) => number | Error;
  readonly from?: Partial<DriverState>;
}

/** Runs the driver and writes down the points that it asked about and the states it passed through. */
function run(family: Family, begin: Vector, { iterations = 20, tolerance = 0, logLikelihood = () => 0, from = {} }: Run = {}) {
  const mixture = createMixture({ family, components: 1 });
  const start = { ...startState('anderson', { weights: [1], components: [{ point: begin }] }), ...from };
  const driver = drive(mixture, start, { iterations, tolerance });
  const asked: Vector[] = [];
  const states: DriverState[] = [];
  let turn = driver.next();
  while (!turn.done) {
    if (turn.value.kind !== 'expect') {
      if (turn.value.kind === 'iteration') states.push(turn.value.state);
      turn = driver.next();
      continue;
    }
    const point = pointOf(turn.value.request.at.components[0]!);
    asked.push(point);
    const answer = logLikelihood(point);
    turn = answer instanceof Error ? driver.throw(answer) : driver.next(expectationOf(mixture, [5], answer, 1));
  }
  return { asked, states, ...turn.value };
}

const linear = (rate: number): Family => familyOfMap(1, ([x]) => [rate * x!]);
const translation = (by: number): Family => familyOfMap(1, ([x]) => [x! + by]);
const pairOf = (at: Vector | number, image: Vector | number): EmPair => {
  const [from, to] = [at, image].map((point) => ({ weights: [1], components: [{ point: [point].flat() }] }));
  return { at: from!, image: to! };
};
const firstOf = (points: readonly Vector[]): Vector => points.map(([x]) => x!);

/** M(x) = x* + A (x - x*). */
const target = [1, -2, 3];
const matrix = [
  [0.8, 0.1, 0],
  [0.1, 0.6, 0.05],
  [0, 0.05, 0.3],
];
const affine: Map = (x) =>
  target.map((at, row) => at + x.reduce((sum, value, column) => sum + matrix[row]![column]! * (value - target[column]!), 0));
const errorOf = (x: Vector): number => Math.max(...x.map((value, index) => Math.abs(value - target[index]!)));

describe('the accelerated step', () => {
  it('reaches the fixed point of an affine map as soon as there are as many differences as dimensions', () => {
    const { states } = run(familyOfMap(3, affine), [2, -1, 4.5], { iterations: 4 });
    const errors = states.map(({ parameters }) => errorOf(pointOf(parameters.components[0]!)));
    expect(errors[3]).toBeGreaterThan(1e-3);
    expect(errors[4]).toBeLessThan(1e-12);
  });

  it.each([
    ['alike', undefined],
    ['in their natural units', [1, 100, 0.1]],
  ])('with one difference it is least squares, coordinates weighed %s', (_, scales) => {
    const { asked } = run(familyOfMap(3, affine, scales), [2, -1, 4.5], { iterations: 2 });
    // Walker and Ni (2011), with one column: x1 + f1 - gamma (x1 - x0 + f1 - f0), gamma least squares for f1 = gamma (f1 - f0).
    const [x0, x1] = [asked[0]!, asked[1]!];
    const f0 = affine(x0).map((value, index) => value - x0[index]!);
    const f1 = affine(x1).map((value, index) => value - x1[index]!);
    const bend = f1.map((value, index) => value - f0[index]!);
    const product = (u: Vector, v: Vector): number =>
      u.reduce((sum, value, index) => sum + (value * v[index]!) / (scales?.[index] ?? 1) ** 2, 0);
    const gamma = product(f1, bend) / product(bend, bend);
    asked[2]!.forEach((value, index) => {
      expect(value).toBeCloseTo(x1[index]! + f1[index]! - gamma * (x1[index]! - x0[index]! + bend[index]!), 13);
    });
  });

  it('leaves out a difference that newer ones explain, and one of nothing', () => {
    const from = (history: readonly EmPair[]) => ({ trace: [0], acceleration: { history, longestStep: 1, hesitant: false } });
    const { asked } = run(linear(0.5), [1], { iterations: 1, from: from([pairOf(8, 4), pairOf(4, 2), pairOf(2, 1)]) });
    expect(firstOf(asked)).toEqual([1, 0]);
    // The last two steps are of -1 both; the one of -2 before tells that the step shrinks by 1 on a way of 2, so the fixed point is 2 away.
    const level = run(translation(-1), [2], { iterations: 1, from: from([pairOf(5, 3), pairOf(3, 2)]) });
    expect(firstOf(level.asked)).toEqual([2, 0]);
    const wide = familyOfMap(2, ([x, y]) => [x! - 1, y!]);
    const history = [pairOf([5, 0], [3, 0]), pairOf([3, 0], [2, 0])];
    expect(run(wide, [2, 0], { iterations: 1, from: from(history) }).asked.at(-1)).toEqual([0, 0]);
  });

  it('learns from differences of any size', () => {
    for (const size of [2 ** -30, 1, 2 ** 30]) {
      const [, , solution] = firstOf(run(linear(0.9), [size], { iterations: 2 }).asked);
      expect(Math.abs(solution!)).toBeLessThan(1e-12 * size);
    }
  });

  it('remembers ten differences, and five where there are more than 2,000 coordinates', () => {
    const shrink: Map = (x) => x.map((value, index) => (0.5 + 0.4 / (1 + (index % 17))) * value);
    const remembered = (length: number): number => {
      const begin = Array.from({ length }, (_, index) => 1 + (index % 5));
      return run(familyOfMap(length, shrink), begin, { iterations: 14 }).state.acceleration!.history.length;
    };
    expect(remembered(1)).toBe(11);
    expect(remembered(2000)).toBe(11);
    expect(remembered(2001)).toBe(6);
  });

  it('uses the newest of them', () => {
    const { states } = run(translation(1), [0], { iterations: 13 });
    const { history } = states.at(-1)!.acceleration!;
    expect(history).toHaveLength(11);
    expect(history.at(-1)!.at).toBe(states.at(-2)!.parameters);
    expect(history[0]!.at).toBe(states.at(-12)!.parameters);
  });

  it('finds the coordinates of each point once', () => {
    let encoded = 0;
    const family = familyOfMap(1, ([x]) => [0.5 * x! + 0.1 * Math.sin(x!)]);
    const counting = {
      ...family,
      codec: {
        ...family.codec!,
        encode: (...given: Parameters<Codec<ParameterValues>['encode']>) => {
          encoded += 1;
          family.codec!.encode(...given);
        },
      },
    };
    const { iteration } = run(counting, [1], { iterations: 6 }).state;
    expect(iteration).toBe(6);
    // Six points and their images; the second point is the first one's image.
    expect(encoded).toBe(11);
  });
});

describe('the guard', () => {
  /** Refuses the neighbourhood of the fixed point 0. */
  const refusingZero = ([x]: Vector): number => (Math.abs(x!) < 1e-9 ? -1 : 0);

  it('takes the plain step where the solution is worse, then stretches the next one within its bound', () => {
    const { asked, states } = run(linear(0.9), [1], { iterations: 5, logLikelihood: refusingZero });
    const expected = [
      // The start, and a plain step, since nothing is known yet.
      1, 0.9,
      // The solution 0 is refused; the plain step.
      0, 0.81,
      // Stretched by 4 rather than by 1 / (1 - 0.9): 0.81 (1 - 4 / 10). The bound grows.
      0.486,
      // The solution again, refused; the plain step.
      0, 0.4374,
      // Now the whole length is allowed; it leads to 0 as well, is refused, and the bound shrinks.
      0, 0.39366,
    ];
    expect(asked).toHaveLength(expected.length);
    asked.forEach(([x], index) => {
      expect(x).toBeCloseTo(expected[index]!, 12);
    });
    expect(states.map(({ acceleration }) => [acceleration!.longestStep, acceleration!.hesitant])).toEqual([
      [1, false],
      [1, false],
      [1, true],
      [4, false],
      [4, true],
      [1, false],
    ]);
    expect(states.map(({ evaluations }) => evaluations)).toEqual([1, 2, 4, 5, 7, 9]);
    expect(states.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(states.at(-1)!.trace).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('does not let the bound fall below 1, nor rise above 2^20', () => {
    const from = (longestStep: number) => ({ trace: [0], acceleration: { history: [pairOf(0, 1)], longestStep, hesitant: false } });
    const after = (longestStep: number, logLikelihood: (x: Vector) => number): number =>
      run(translation(1), [1], { iterations: 1, from: from(longestStep), logLikelihood }).state.acceleration!.longestStep;
    const forward = ([x]: Vector): number => (x! > 2 ? -1 : 0);
    expect(after(2 ** 20, () => 0)).toBe(2 ** 20);
    expect(after(2 ** 17, () => 0)).toBe(2 ** 19);
    expect(after(64, forward)).toBe(16);
    expect(after(2, forward)).toBe(1);
  });

  it('leaves the bound alone where it was not reached', () => {
    const { asked, states } = run(linear(0.5), [1], {
      iterations: 1,
      from: {
        trace: [0],
        acceleration: {
          history: [pairOf(2, 1)],
          longestStep: 1,
          hesitant: true,
        },
      },
    });
    expect(firstOf(asked)).toEqual([1, 0]);
    expect(states.at(-1)!.acceleration).toMatchObject({ longestStep: 1, hesitant: false });
  });

  it('stretches the EM step where nothing bends, by four times more each time', () => {
    const { asked } = run(translation(1), [0], { iterations: 4 });
    expect(firstOf(asked)).toEqual([0, 1, 5, 21, 85]);
  });

  it('goes away from a saddle, to which the solution would lead back', () => {
    // M(x) = 1.5 x: the length is 1 / (1.5 - 1).
    const { asked } = run(linear(1.5), [1], { iterations: 2 });
    expect(firstOf(asked)).toEqual([1, 1.5, 3]);
  });

  it('takes a solution that is at a right angle to the EM step for one that leads back', () => {
    // The last differences are (2.25, -2) of the points and (4, 3) of the steps; gamma is 0.8 and the solution (5, 0) - 0.8 (6.25, 1).
    const history = [pairOf([-2.25, 2], [-1.25, -1])];
    const from = { trace: [0], acceleration: { history, longestStep: 1, hesitant: false } };
    const { asked } = run(
      familyOfMap(2, () => [5, 0]),
      [0, 0],
      { iterations: 1, from },
    );
    expect(asked).toEqual([
      [0, 0],
      [5, 0],
    ]);
  });

  it('goes on plainly where the length is no longer than the step itself', () => {
    // M(x) = 2 x leads away from 0, by a length of 1: the image itself, which is not asked about twice when it is as likely but for rounding.
    const { asked: doubling } = run(linear(2), [1], { iterations: 2, logLikelihood: ([x]) => (x === 4 ? -1e-15 : 0) });
    expect(firstOf(doubling)).toEqual([1, 2, 4]);
    // M(x) = -x: the solution 0 is refused, and the length is 1/2.
    const { asked } = run(linear(-1), [1], { iterations: 3, logLikelihood: refusingZero });
    expect(firstOf(asked).map((x) => x + 0)).toEqual([1, -1, 0, 1, -1]);
  });

  it('takes a point that is as likely as the one before', () => {
    const { asked, state } = run(linear(0.5), [1], { iterations: 2, logLikelihood: () => -3 });
    expect(firstOf(asked)).toEqual([1, 0.5, 0]);
    expect(state.acceleration!.hesitant).toBe(false);
  });

  it('asks about no point beyond the doubles or outside of the domain, which costs no pass', () => {
    const positive = { ...linear(0.5), parameters: { point: { kind: 'positive-vector', length: 1 } } } as const;
    const { asked, state } = run(positive, [1], { iterations: 2 });
    expect(firstOf(asked)).toEqual([1, 0.5, 0.25]);
    expect(state).toMatchObject({ evaluations: 3, acceleration: { hesitant: true } });
    const huge = run(
      familyOfMap(1, ([x]) => [x! + 1e307]),
      [1e307],
      { iterations: 1, from: { trace: [0], acceleration: { history: [pairOf(0, 1e307)], longestStep: 64, hesitant: false } } },
    );
    expect(firstOf(huge.asked)).toEqual([1e307, 2e307]);
    expect(huge.state.acceleration!.longestStep).toBe(64);
  });

  it('looks at every parameter of every component before it asks', () => {
    const codec: Codec<ParameterValues> = {
      length: 2,
      encode: ({ place, size }, out, offset) => out.set([place as number, size as number], offset),
      decode: (vector, offset) => ({ place: vector[offset]!, size: vector[offset + 1]! }),
    };
    const halving = (name: string): Family =>
      familyOf({
        parameters: { place: { kind: 'real' }, size: { kind: 'positive' } },
        codec,
        maximize: (_statistics, _count, about) => ({ ...about, [name]: 0.5 * (about[name] as number) }),
      });
    /** The points asked about, for families that halve one parameter each. */
    const asked = (names: readonly string[]): readonly (readonly ParameterValues[])[] => {
      const mixture = createMixture({ families: names.map(halving) });
      const start = { weights: names.map(() => 1 / names.length), components: names.map(() => ({ place: 1, size: 1 })) };
      const counts = names.map(() => 5);
      const points: (readonly ParameterValues[])[] = [];
      const answer = ({ at }: ExpectationRequest): Expectation => {
        points.push(at.components);
        return expectationOf(mixture, counts);
      };
      const unasked = () => expect.fail('not asked for');
      const backend = { expect: answer, expectInSlices: unasked, summary: unasked, sample: unasked };
      runSync(drive(mixture, startState('anderson', start), { iterations: 2, tolerance: 0 }), backend);
      return points;
    };
    // The solution takes what is halved to 0, which a place may be and a size may not.
    expect(asked(['place']).at(-1)).toEqual([{ place: 0, size: 1 }]);
    expect(asked(['size']).at(-1)).toEqual([{ place: 1, size: 0.25 }]);
    expect(asked(['place', 'size']).at(-1)).toEqual([
      { place: 0.25, size: 1 },
      { place: 1, size: 0.25 },
    ]);
  });

  it.each<ErrorCode>(['MODEL_IMPOSSIBLE_DATA', 'NOT_FINITE', 'PARAMETER_DOMAIN'])(
    'goes on plainly after %s at a point it only tried',
    (code) => {
      const failing = ([x]: Vector): number | Error => (x === 0 ? new EmkitError(code, 'No.') : 0);
      const { asked, state } = run(linear(0.5), [1], { iterations: 2, logLikelihood: failing });
      expect(firstOf(asked)).toEqual([1, 0.5, 0, 0.25]);
      expect(state.evaluations).toBe(4);
    },
  );

  it.each([Number.NaN, Infinity])('goes on plainly after a log-likelihood of %d', (value) => {
    const { asked } = run(linear(0.5), [1], { iterations: 2, logLikelihood: ([x]) => (x === 0 ? value : 0) });
    expect(firstOf(asked)).toEqual([1, 0.5, 0, 0.25]);
  });

  it('hands on every other error', () => {
    const failing = (error: Error) => () => run(linear(0.5), [1], { logLikelihood: ([x]) => (x === 0 ? error : 0) });
    expect(failureOf(failing(new EmkitError('ABORTED', 'Stop.'))).code).toBe('ABORTED');
    expect(failing(new RangeError('out of memory'))).toThrow(RangeError);
    expect(failing(Object.assign(new Error('not ours'), { code: 'NOT_FINITE' }))).toThrow('not ours');
  });

  it('reports a plain step that falls by more than rounding, and keeps the point before', () => {
    const fallen = run(linear(0.5), [1], { logLikelihood: ([x]) => (x === 1 ? 0 : -2) });
    expect(fallen.diagnosis).toEqual({ kind: 'decreased', by: 2 });
    expect(fallen.state).toMatchObject({ iteration: 0, evaluations: 12, parameters: { components: [{ point: [1] }] } });
    expect(run(linear(0.5), [1], { iterations: 1, logLikelihood: ([x]) => (x === 1 ? 0 : -1e-15) }).diagnosis.kind).toBe('iteration-limit');
    expect(run(linear(0.5), [1], { logLikelihood: ([x]) => (x === 1 ? 0 : Number.NaN) }).diagnosis.kind).toBe('decreased');
    // Of a magnitude of 1 over 5 rows, with a distance of 0, this much is allowed and no more.
    const exact = { ...linear(0.5), distance: () => 0 };
    const kind = (fall: number) => run(exact, [1], { iterations: 1, logLikelihood: ([x]) => (x === 1 ? fall : 0) }).diagnosis.kind;
    expect([kind(64 * Number.EPSILON * 6), kind(65 * Number.EPSILON * 6)]).toEqual(['iteration-limit', 'decreased']);
  });
});

describe('the end of an accelerated run', () => {
  it('comes after three points whose distance to go is within the tolerance, at the point itself', () => {
    const { diagnosis, state } = run(
      familyOfMap(1, ([x]) => [0.5 * x! + 1e-3 * x! * x!]),
      [1],
      { tolerance: 1e-6 },
    );
    expect(diagnosis.kind).toBe('converged');
    expect(Math.abs(pointOf(state.parameters.components[0]!)[0]!)).toBeLessThan(1e-6);
    expect(state.iteration).toBeLessThan(9);
  });

  it('says how far it may still be: by the rate at which the EM map contracts', () => {
    const limited = (iterations: number) => run(linear(0.9), [1], { iterations }).diagnosis;
    expect(limited(1)).toEqual({ kind: 'iteration-limit', remaining: null });
    expect(limited(2)).toEqual({ kind: 'iteration-limit', remaining: expect.closeTo(0.9, 12) });
    // The map brought 1 and -1/2 nearer to each other by 1/4 in the mean: M(1) = -1/2, M(-1/2) = 1/8, so the step of 5/8 leaves 5/6 at most.
    const { diagnosis } = run(
      familyOfMap(1, ([x]) => [x === 1 ? -0.5 : 0.125]),
      [1],
      { iterations: 2 },
    );
    expect(diagnosis).toEqual({ kind: 'iteration-limit', remaining: expect.closeTo(0.625 / (1 - 0.625 / 1.5), 12) });
  });

  it('counts how far it means to go itself', () => {
    // In these units the second coordinate decides, whose solution takes the first one 25 away.
    const family = familyOfMap(2, ([x, y]) => [0.5 * x!, 0.99 * y!], [1000, 0.001]);
    const { diagnosis } = run(family, [1, 0.3], { iterations: 2 });
    expect(diagnosis).toEqual({ kind: 'iteration-limit', remaining: expect.closeTo(25, 2) });
  });

  it('knows no rate from one point twice', () => {
    const from = { trace: [0], acceleration: { history: [pairOf(1, 0.5)], longestStep: 1, hesitant: false } };
    const { diagnosis, asked, state } = run(linear(0.5), [1], { iterations: 1, from });
    expect(diagnosis).toEqual({ kind: 'iteration-limit', remaining: null });
    expect(firstOf(asked)).toEqual([1, 0.5]);
    expect(state.convergence.ratios).toEqual([]);
  });

  it('goes by the last two points', () => {
    const history = [pairOf(4, 3.9), pairOf(2, 1)];
    const from = { trace: [0], acceleration: { history, longestStep: 1, hesitant: false } };
    const { diagnosis } = run(
      familyOfMap(1, () => [0.75]),
      [1],
      { iterations: 1, from },
    );
    // The images 1 and 0.75 are a quarter of 2 - 1 apart; the step of 0.25 is the first term of a series.
    expect(diagnosis).toEqual({ kind: 'iteration-limit', remaining: expect.closeTo(0.25 / (1 - 0.25), 12) });
  });

  it('keeps the point before a collapse, and counts the passes for better statistics', () => {
    const collapsing = familyOfMap(1, ([x]) => [x!], undefined, {
      maximize: () => {
        throw new EmkitError('COMPONENT_DEGENERATE', 'Gone.', { reason: 'it is gone' });
      },
    });
    expect(run(collapsing, [1])).toMatchObject({
      diagnosis: { kind: 'collapsed', component: 0, reason: 'it is gone' },
      state: { iteration: 0, evaluations: 1, parameters: { components: [{ point: [1] }] } },
    });
    const recentring = familyOfMap(1, ([x]) => [0.5 * x!], undefined, {
      recentre: (_statistics, _count, about) => (pointOf(about)[0] === 1 ? { point: [0.75] } : undefined),
    });
    const { asked, state } = run(recentring, [1], { iterations: 1 });
    expect(state.evaluations).toBe(3);
    expect(asked).toHaveLength(3);
  });

  it('makes no more iterations than it may, those of the state it begins from included', () => {
    expect(run(linear(0.5), [1], { iterations: 0 })).toMatchObject({ asked: [[1]], state: { iteration: 0, evaluations: 1, trace: [0] } });
    const { asked, state, states } = run(linear(0.5), [1], { iterations: 3, from: { iteration: 2, evaluations: 7, trace: [-3, -2, -1] } });
    expect(firstOf(asked)).toEqual([1, 0.5]);
    expect(state).toMatchObject({ iteration: 3, evaluations: 8, trace: [-3, -2, -1, 0] });
    expect(states).toHaveLength(1);
  });
});
