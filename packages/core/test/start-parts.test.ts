import {
  createDataset,
  createMixture,
  createRandom,
  type Dataset,
  type DriverResult,
  EmkitError,
  type Family,
  fit,
  type MixtureParameters,
  memorySource,
} from '@emkit/core';
import { describe, expect, it, test } from 'vitest';
import { condense } from '../src/data/condense.ts';
import { originOf, shiftDataset } from '../src/data/origin.ts';
import { summarize } from '../src/data/summary.ts';
import type { Answer, Process } from '../src/driver/driver.ts';
import { chooseStarts, runHere } from '../src/start/choose.ts';
import { startFeatures } from '../src/start/features.ts';
import { grow } from '../src/start/grow.ts';
import { runSoftened } from '../src/start/soften.ts';
import { splitAssignments } from '../src/start/split.ts';
import { bell, toss } from './support/families.ts';
import { failureOf } from './support/stub.ts';

/** All rows of one column with their case weights. */
function rowsOf({ blocks }: Dataset): { readonly values: number[]; readonly weights: number[] } {
  return {
    values: blocks.flatMap(({ columns, size }) => [...columns[0]!.subarray(0, size)]),
    weights: blocks.flatMap(({ weights, size }) => [...(weights ?? new Float64Array(size).fill(1))]),
  };
}

describe('many rows of one column as weighted means of near ones', () => {
  const random = createRandom(5);
  const ROWS = 132_400;
  const values = Float64Array.from({ length: ROWS }, () => random.normal());
  const whole = createDataset(values, [bell()], 1);
  const condensed = condense(whole, createRandom(1))!;

  it('are an eighth of the rows or fewer, all their weight, and within their range', () => {
    const { values: found, weights } = rowsOf(condensed);
    expect(found.length).toBeLessThan(ROWS / 7);
    expect(condensed.rows).toBe(found.length);
    expect(weights.reduce((a, b) => a + b)).toBe(ROWS);
    expect(condensed.totalWeight).toBe(ROWS);
    expect(Math.min(...found)).toBe(values.reduce((a, b) => Math.min(a, b)));
    expect(Math.max(...found)).toBe(values.reduce((a, b) => Math.max(a, b)));
  });

  it('keep the mean to the rounding, the variance to a millionth, and the tails row by row', () => {
    const [a, b] = [summarize(whole).columns[0]!, summarize(condensed).columns[0]!];
    expect(Math.abs(b.mean - a.mean)).toBeLessThan(1e-15);
    expect(b.variance).toBeLessThanOrEqual(a.variance);
    expect(1 - b.variance / a.variance).toBeLessThan(2e-6);
    const { values: found, weights } = rowsOf(condensed);
    const kept = new Set(found);
    const sorted = values.toSorted();
    for (const row of [0, 1, 100, 300]) for (const value of [sorted[row]!, sorted[ROWS - 1 - row]!]) expect(kept.has(value)).toBe(true);
    const alone = found.filter((value, row) => Math.abs(value) > 2.7 && weights[row] === 1);
    expect(alone.length).toBe(values.filter((value) => Math.abs(value) > 2.7).length);
  });

  it('count case weights, and keep the digits of values far from zero', () => {
    const far = 2 ** 30;
    const weights = Float64Array.from(values, (_, row) => 1 + (row % 3));
    const here = createDataset(values, [bell()], 1, { weights });
    const there = createDataset(
      values.map((value) => value + far),
      [bell()],
      1,
      { weights },
    );
    const near = condense(here, createRandom(1))!;
    const moved = condense(there, createRandom(1))!;
    expect(near.totalWeight).toBe(here.totalWeight);
    expect(rowsOf(near).weights.reduce((a, b) => a + b)).toBe(here.totalWeight);
    expect(Math.abs(summarize(near).columns[0]!.mean - summarize(here).columns[0]!.mean)).toBeLessThan(1e-15);
    expect(Math.abs(summarize(shiftDataset(moved, [far])).columns[0]!.mean - summarize(near).columns[0]!.mean)).toBeLessThan(2 ** -24);
  });

  it('are not made of few rows, of several columns, of known labels or of sequences', () => {
    expect(condense(createDataset(values.subarray(0, 132_000), [bell()], 1), createRandom(1))).toBeUndefined();
    expect(condense({ ...whole, columnNames: ['x', 'y'] }, createRandom(1))).toBeUndefined();
    expect(condense({ ...whole, labelled: true }, createRandom(1))).toBeUndefined();
    expect(condense({ ...whole, units: 3 }, createRandom(1))).toBeUndefined();
  });
});

describe('an origin near data that lie far from zero', () => {
  const shifting: Family = { ...bell(), shift: (values) => values };
  const origin = (values: readonly number[], families = [shifting]) => originOf(createDataset(values, families, 1), families);

  test.each([
    ['above zero', [1024, 1025], [1024.5]],
    ['below zero', [-1e12, -1e12 + 2], [-1e12 + 1]],
    ['one value', [5, 5, 5], [5]],
    ['not quite so far', [1023, 1024], undefined],
    ['about zero', [-1, 1], undefined],
    ['from zero on', [0, 1e-9], undefined],
  ])('%s', (_, values, expected) => expect(origin(values)).toEqual(expected));

  it('is there only where every family knows what becomes of its parameters', () => {
    expect(origin([1e9, 1e9 + 1], [shifting, bell()])).toBeUndefined();
  });

  it('is taken off columns that are far, in a copy, and not off others', () => {
    const near = Float64Array.of(1, 2);
    const far = Float64Array.of(1e9, 1e9 + 1);
    const dataset = { ...createDataset(near, [bell()], 1), columnNames: ['a', 'b'], blocks: [{ size: 2, columns: [near, far] }] };
    const found = originOf(dataset, [shifting])!;
    expect(found).toEqual([0, 1e9 + 0.5]);
    const [block] = shiftDataset(dataset, found).blocks;
    expect(block!.columns[0]).toBe(near);
    expect([...block!.columns[1]!]).toEqual([-0.5, 0.5]);
    expect([...far]).toEqual([1e9, 1e9 + 1]);
  });
});

/** Answers a process, its samples and condensed forms from a list; says for how many rows it asked. */
function answer<Result>(
  process: Process<Result>,
  answers: readonly (Dataset | undefined)[],
): { result: Result; asked: (number | string)[] } {
  const asked: (number | string)[] = [];
  let given: Answer;
  for (;;) {
    const turn = process.next(given);
    if (turn.done) return { result: turn.value, asked };
    given = undefined;
    if (turn.value.kind === 'sample' || turn.value.kind === 'condense') {
      given = answers[asked.length];
      asked.push(turn.value.kind === 'sample' ? turn.value.rows : turn.value.kind);
    } else if (turn.value.kind !== 'pause') expect.fail(`asked for ${turn.value.kind}`);
  }
}

describe('large data begin on growing samples', () => {
  const model = createMixture({ family: bell(), components: 2 });
  const start: MixtureParameters = {
    weights: [0.5, 0.5],
    components: [
      { mean: -1, variance: 4 },
      { mean: 1, variance: 4 },
    ],
  };
  const random = createRandom(8);
  const drawn = Array.from({ length: 400 }, (_, row) => random.normal() + (row % 2 === 0 ? 3 : -3));
  const sample = createDataset(drawn, [bell()], 2);
  const summaryOf = (rows: number) => ({ ...summarize(sample), rows });
  const from = (rows: number, answers: readonly (Dataset | undefined)[], begin = start) =>
    answer(grow(model, begin, summaryOf(rows), createRandom(1)), answers);

  it('of at most a quarter of the rows, each eight times as large as the one before', () => {
    expect(from(20_000, []).asked).toEqual([]);
    expect(from(20_001, [undefined]).asked).toEqual(['condense']);
    expect(from(80_000, [undefined, sample]).asked).toEqual(['condense', 20_000]);
    expect(from(640_000, [undefined, sample, sample]).asked).toEqual(['condense', 20_000, 160_000]);
    expect(from(639_999, [undefined, sample]).asked).toEqual(['condense', 20_000]);
  });

  it('and go on from where a sample led', () => {
    expect(from(20_001, [undefined]).result).toBe(start);
    const there = from(80_000, [undefined, sample]).result;
    const optimum = fit(sample, { family: bell(), components: 2 });
    const [low, high] = there.components;
    const means = optimum.components.map(({ mean }) => mean).toSorted((a, b) => a - b);
    expect(low!['mean']).toBeCloseTo(means[0]!, 1);
    expect(high!['mean']).toBeCloseTo(means[1]!, 1);
    // The condensed form is all data: there the way is gone to its end.
    const condensed = from(80_000, [sample]);
    expect(condensed.asked).toEqual(['condense']);
    expect(condensed.result.components[0]!['mean']).toBeCloseTo(means[0]!, 6);
  });

  it('but not where the sample is all there is, or a component collapses on it', () => {
    const all = from(80_000, [undefined, { ...sample, rows: 80_000 }]);
    expect(all.result).toBe(start);
    const single = createDataset([0, 0, 0, 0, 9], [bell()], 2);
    const narrow = {
      weights: [0.5, 0.5],
      components: [
        { mean: 0, variance: 1e-6 },
        { mean: 9, variance: 1e-6 },
      ],
    };
    expect(from(80_000, [single], narrow).result).toBe(narrow);
    expect(from(80_000, [undefined, single], narrow).result).toBe(narrow);
  });
});

describe('a start that makes a row of the whole data impossible', () => {
  const model = createMixture({ family: toss({ trials: 10 }), components: 2 });
  const source = memorySource(createDataset([0, 1, 2, 9], [toss({ trials: 10 })], 2));
  const pointOf = (low: number, high: number): MixtureParameters => ({
    weights: [0.25, 0.75],
    components: [{ probability: low }, { probability: high }],
  });
  const central = { ...pointOf(0.5, 0.5), weights: [0.5, 0.5] };
  const logit = (p: number): number => Math.log(p / (1 - p));

  function softened(start: MixtureParameters, outcomes: readonly ('impossible' | 'degenerate' | 'ends')[]) {
    const tried: MixtureParameters[] = [];
    function* run(from: MixtureParameters): Process<DriverResult> {
      const outcome = outcomes[tried.length];
      tried.push(from);
      if (outcome === 'impossible') throw new EmkitError('MODEL_IMPOSSIBLE_DATA', 'It has no density.');
      if (outcome === 'degenerate') throw new EmkitError('COMPONENT_DEGENERATE', 'It has no estimate.');
      yield { kind: 'pause' };
      return { diagnosis: { kind: 'aborted' } } as DriverResult;
    }
    const turn = runHere(runSoftened(model, central, start, run), source);
    let end = turn.next();
    while (!end.done) end = turn.next();
    return tried;
  }

  it('is taken nine tenths of the way from what all rows are as one component', () => {
    const start = pointOf(0.8, 0.25);
    const [first, second] = softened(start, ['impossible', 'ends']);
    expect(first).toBe(start);
    // 12 successes in 40 trials.
    const whole = logit(0.3);
    for (const [component, probability] of [0.8, 0.25].entries()) {
      const found = logit(second!.components[component]!['probability'] as number);
      expect(found).toBeCloseTo(whole + 0.9 * (logit(probability) - whole), 12);
    }
    expect(Math.log(second!.weights[0]! / second!.weights[1]!)).toBeCloseTo(0.9 * Math.log(1 / 3), 12);
  });

  it('may lie on an edge: it is then far away, and possible', () => {
    const [, second] = softened(pointOf(0, 1), ['impossible', 'ends']);
    const [low, high] = second!.components.map(({ probability }) => logit(probability as number));
    expect(low).toBeCloseTo(logit(0.3) - 27, 6);
    expect(high).toBeCloseTo(logit(0.3) + 27, 1);
  });

  it('is otherwise left alone, and tried once', () => {
    expect(softened(pointOf(0.2, 0.8), ['ends'])).toHaveLength(1);
    expect(failureOf(() => softened(pointOf(0.2, 0.8), ['degenerate'])).code).toBe('COMPONENT_DEGENERATE');
    expect(failureOf(() => softened(pointOf(0.2, 0.8), ['impossible', 'impossible', 'ends'])).code).toBe('MODEL_IMPOSSIBLE_DATA');
  });
});

describe('starts from a neighbour with a component less', () => {
  const choose = (values: readonly number[], family: Family, components: number, more: Parameters<typeof chooseStarts>[5] = undefined) => {
    const model = createMixture({ family, components });
    const dataset = createDataset(values, [family], components);
    const central = {
      weights: model.families.map(() => 1 / components),
      components: model.families.map(() => ({ mean: 0, variance: 1 })),
    };
    return answer(chooseStarts(model, central, 'auto', 4, createRandom(1), more), [dataset]).result;
  };

  it('split its largest component and its worst, and are called so', () => {
    const random = createRandom(2);
    const groups = [
      ...Array.from({ length: 60 }, () => random.normal()),
      ...Array.from({ length: 40 }, (_, row) => 40 + 20 * (row % 2) + random.normal()),
    ];
    const model = createMixture({ family: bell(), components: 2 });
    const parameters = {
      weights: [0.6, 0.4],
      components: [
        { mean: 0, variance: 1 },
        { mean: 50, variance: 100 },
      ],
    };
    const dataset = createDataset(groups, [bell()], 3);
    const features = startFeatures(dataset, bell());
    const splits = splitAssignments({ model, parameters }, dataset, features, createRandom(1));
    const sizes = splits.map((assignment) => [0, 1, 2].map((component) => assignment.filter((each) => each === component).length));
    expect(sizes).toHaveLength(2);
    // The largest first: its sixty rows are shared out, the forty of the other stay together.
    expect(sizes[0]![1]).toBe(40);
    expect(sizes[0]![0]! + sizes[0]![2]!).toBe(60);
    expect(sizes[0]![2]).toBeGreaterThan(0);
    // Then the one that fits worst, between its two groups.
    expect(sizes[1]).toEqual([60, 20, 20]);
    const one = {
      model: createMixture({ family: bell(), components: 1 }),
      parameters: { weights: [1], components: [{ mean: 24, variance: 700 }] },
    };
    expect(splitAssignments(one, dataset, features, createRandom(1))).toHaveLength(1);

    const plain = choose(groups, bell(), 3).map(({ method }) => method);
    expect(plain.toSorted()).toEqual(['k-means++', 'k-means++', 'quantile', 'random']);
    const beside = choose(groups, bell(), 3, { model, parameters }).map(({ method }) => method);
    expect(beside.toSorted()).toEqual(['k-means++', 'k-means++', 'quantile', 'random', 'split', 'split']);
  });
});
