import { createDataset, createMixture, type Family, type Mixture, type MixtureParameters, memorySource } from '@emkit/core';
import { describe, expect, it } from 'vitest';
import type { Answer, Process } from '../src/driver/driver.ts';
import { emImage, expectAt } from '../src/driver/em-map.ts';
import { type Bend, bendAt, crestWay, MOST_COORDINATES, newtonWay, upwardWay } from '../src/driver/newton.ts';
import { bell, toss } from './support/families.ts';
import { emStep, logLikelihood } from './support/oracle.ts';

/** A normal family that knows what a step gains, from its definition. */
const gaining: Family = {
  ...bell(),
  gain(statistics, count, about, from, to) {
    const q = ({ mean, variance }: { mean: number; variance: number }): number => {
      const shift = mean - (about['mean'] as number);
      const squares = statistics[1]! - 2 * statistics[0]! * shift + count * shift * shift;
      return -0.5 * count * Math.log(variance) - 0.5 * (squares / variance);
    };
    return q(to as never) - q(from as never);
  },
};

const data = [-2.1, -1.4, -0.3, 0.2, 0.9, 1.1, 1.6, 2.4, 3.3, 3.5];
const at: MixtureParameters = {
  weights: [0.4, 0.6],
  components: [
    { mean: -0.5, variance: 1 },
    { mean: 1.5, variance: 2.25 },
  ],
};
const heldModel = createMixture({
  family: gaining,
  components: 2,
  held: { weights: true, components: [['variance'], ['variance']] },
});

function answered<Result>(process: Process<Result>, model: Mixture, values: readonly number[]): Result {
  const source = memorySource(createDataset(values, model.families, model.families.length));
  let turn = process.next();
  while (!turn.done) {
    if (turn.value.kind !== 'expect') return expect.fail(`asked for ${turn.value.kind}`);
    let answer: Answer;
    try {
      const slices = source.expectInSlices(turn.value.request);
      let slice = slices.next();
      while (!slice.done) slice = slices.next();
      answer = slice.value;
    } catch (error) {
      turn = process.throw(error);
      continue;
    }
    turn = process.next(answer);
  }
  return turn.value;
}

/** How the log-likelihood bends at a point. */
function bendOf(model: Mixture, point: MixtureParameters, values: readonly number[] = data): Bend | undefined {
  function* ask(): Process<Bend | undefined> {
    const expectation = yield* expectAt(model, point);
    const step = yield* emImage(model, point, expectation);
    if ('collapsed' in step) return expect.fail('collapsed');
    return yield* bendAt(model, point, step.image, step.gain);
  }
  return answered(ask(), model, values);
}

/** Where plain EM from there ends. */
const top = ((): MixtureParameters => {
  let point = at;
  for (let turn = 0; turn < 2000; turn += 1) {
    const { components } = emStep(data, point as never, { heldWeights: true });
    point = {
      ...point,
      components: [
        { ...components[0]!, variance: 1 },
        { ...components[1]!, variance: 2.25 },
      ],
    };
  }
  return point;
})();
const [low, high] = top.components.map(({ mean }) => mean as number) as [number, number];

describe('the derivative of the EM map', () => {
  const bend = bendOf(heldModel, at)!;
  const means = (first: number, second: number) =>
    logLikelihood(data, {
      weights: at.weights,
      components: [
        { mean: first, variance: 1 },
        { mean: second, variance: 2.25 },
      ],
    });

  it('with the complete information is the observed information: at an optimum minus the second derivative of the log-likelihood', () => {
    const { complete: l, observed, passes } = bendOf(heldModel, top)!;
    const h = 1e-3;
    const second = (i: number, j: number): number => {
      const moved = (a: number, b: number) =>
        means(low + h * (a * Number(i === 0) + b * Number(j === 0)), high + h * (a * Number(i === 1) + b * Number(j === 1)));
      return -(moved(1, 1) - moved(1, -1) - moved(-1, 1) + moved(-1, -1)) / (4 * h * h);
    };
    for (const [i, j] of [
      [0, 0],
      [1, 0],
      [1, 1],
    ] as const) {
      let found = 0;
      for (let a = 0; a <= i; a += 1) for (let b = 0; b <= j; b += 1) found += l[2 * i + a]! * observed[2 * a + b]! * l[2 * j + b]!;
      // By differences of a sixteenth of a standard error.
      expect(Math.abs(found - second(i, j))).toBeLessThan(0.02 * Math.abs(second(0, 0)));
    }
    expect(observed[1]).toBe(observed[2]);
    expect(passes).toBe(2);
  });

  it('stands beside the gradient: the EM step in the same coordinates', () => {
    const h = 1e-5;
    const gradient = [(means(-0.5 + h, 1.5) - means(-0.5 - h, 1.5)) / (2 * h), (means(-0.5, 1.5 + h) - means(-0.5, 1.5 - h)) / (2 * h)];
    const { complete: l, step } = bend;
    expect(l[0]! * step[0]!).toBeCloseTo(gradient[0]!, 6);
    expect(l[2]! * step[0]! + l[3]! * step[1]!).toBeCloseTo(gradient[1]!, 6);
  });

  it('makes one step where EM makes many', () => {
    const way = newtonWay(bend, 0)!;
    const [first, second] = [-0.5 + way.way[0]!, 1.5 + way.way[1]!];
    const image = emStep(data, at as never, { heldWeights: true });
    const most = means(low, high);
    const left = most - means(-0.5, 1.5);
    expect(way.gain / left).toBeCloseTo(1, 0);
    expect(most - means(first, second)).toBeLessThan(0.2 * left);
    expect(most - means(first, second)).toBeLessThan(most - means(image.components[0]!.mean, image.components[1]!.mean));
  });

  it('is not to be had where a family cannot say what a step gains', () => {
    expect(bendOf(createMixture({ family: bell(), components: 2 }), at)).toBeUndefined();
  });

  it('leaves out a component without rows: its coordinates are idle', () => {
    const model = createMixture({ family: gaining, components: 2 });
    const gone = {
      weights: [1, 0],
      components: [
        { mean: 1.2, variance: 2 },
        { mean: 7, variance: 1 },
      ],
    };
    const idle = bendOf(model, gone)!;
    // One for the weights, two a component; of the three that are idle none asks for a pass.
    expect(idle.passes).toBe(2);
    for (const place of [0, 3, 4])
      for (let other = 0; other < 5; other += 1) {
        expect(idle.observed[5 * place + other]).toBe(other === place ? 1 : 0);
        expect(idle.observed[5 * other + place]).toBe(other === place ? 1 : 0);
      }
    const { way } = newtonWay(idle, 0)!;
    for (const place of [0, 3, 4]) expect(way[place]).toBe(0);
    expect(1.2 + way[1]!).toBeCloseTo(data.reduce((a, b) => a + b) / 10, 6);
  });

  it('costs no more passes than a fit may spend', () => {
    expect(MOST_COORDINATES).toBeLessThan(50);
  });

  it('is not to be had beside a point that makes a row impossible', () => {
    const family: Family = {
      ...toss({ trials: 2 }),
      gain: (statistics, _count, _about, from, to) =>
        statistics[0]! * Math.log((to['probability'] as number) / (from['probability'] as number)) +
        statistics[1]! * Math.log((1 - (to['probability'] as number)) / (1 - (from['probability'] as number))),
      logDensity(block, { probability }, out) {
        for (let row = 0; row < block.size; row += 1) out[row] = (probability as number) > 0.5 ? -Infinity : Math.log(0.25);
      },
    };
    const model = createMixture({ family, components: 1 });
    expect(bendOf(model, { weights: [1], components: [{ probability: 0.5 }] }, [0, 1, 2])).toBeUndefined();
  });
});

describe('a way by Newton', () => {
  const complete = Float64Array.of(2, 0, 1, 3);
  const bend = (observed: readonly number[], step = [0.25, -0.5]): Bend => ({
    complete,
    observed: Float64Array.from(observed),
    step: Float64Array.from(step),
    passes: 2,
  });

  it('is the step over the observed information, back in free coordinates, with half of its product as the gain', () => {
    // (0.5 0.25; 0.25 0.5) z = (0.25, -0.5): z = (4/3, -5/3); then L' w = z.
    const found = newtonWay(bend([0.5, 0.25, 0.25, 0.5]), 0)!;
    expect(found.way[1]).toBeCloseTo(-5 / 9, 14);
    expect(found.way[0]).toBeCloseTo((4 / 3 + 5 / 9) / 2, 14);
    expect(found.gain).toBeCloseTo(0.5 * (0.25 * (4 / 3) + 0.5 * (5 / 3)), 14);
  });

  it('is none where the log-likelihood bends upwards, and with damping is one', () => {
    const saddle = bend([0.5, 0, 0, -0.05]);
    expect(newtonWay(saddle, 0)).toBeUndefined();
    expect(newtonWay(saddle, 1e-2)).toBeUndefined();
    const damped = newtonWay(saddle, 0.1)!;
    expect(damped.way[1]).toBeCloseTo(-0.5 / 0.05 / 3, 12);
    expect(upwardWay(saddle)).toEqual(damped.way);
    const plain = bend([0.5, 0, 0, 0.5]);
    expect(upwardWay(plain)).toEqual(newtonWay(plain, 0)!.way);
    expect(upwardWay(bend([0.5, 0, 0, -2]))).toBeUndefined();
  });

  it('back to the crest of a ridge is a hundredth damped, and from another point', () => {
    const flat = bend([1, 0, 0, 1e-9]);
    const free = heldModel.space.free;
    const near = free.move(at, Float64Array.of(0.5, 0.25), 0);
    const back = crestWay(heldModel, flat, at, near)!;
    const step = [2 * 0.5 + 1 * 0.25, 3 * 0.25];
    const whole = newtonWay({ ...flat, step: Float64Array.from(step) }, 1e-2)!;
    expect(back[0]).toBeCloseTo(whole.way[0]!, 14);
    expect(back[1]).toBeCloseTo(whole.way[1]!, 14);
    // Across the ridge all of the way, along it a hundred times the step and not a thousand million times.
    expect(3 * back[1]!).toBeCloseTo(100 * step[1]!, 3);
  });
});
