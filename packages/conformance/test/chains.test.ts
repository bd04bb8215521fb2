import { createRandom, EmkitError, fit, fitAsync, type LatentDefinition, markov, openWorker, readModel } from '@emkit/core';
import { families, gaussian, poisson } from '@emkit/families';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { sticky, stickyChain } from '../example/sticky.ts';

const LENGTH = 60;

/** Sequences of a sticky chain, each label with a normal distribution of its own. */
function simulate(seed: number, stay: number, apart: number, units = 40) {
  const random = createRandom(seed);
  const labels = new Int32Array(units * LENGTH);
  for (let first = 0; first < labels.length; first += LENGTH)
    sticky().sample(labels.subarray(first, first + LENGTH), LENGTH, { stay }, random);
  const values = Float64Array.from(labels, (label) => apart * label + random.normal());
  return { labels, values, sequences: Array.from(labels, (_, row) => Math.floor(row / LENGTH)) };
}

const STAY = 0.93;
const { labels, values, sequences } = simulate(5, STAY, 2.5);
const options = { latent: sticky(), family: gaussian(), sequences };
const fitted = fit(values, options);

const closeTo = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < actual.length; index += 1) expect(Math.abs(actual[index]! - expected[index]!)).toBeLessThanOrEqual(tolerance);
};

describe("a stranger's law of labels", () => {
  test('is fitted, with typed parameters, to what the data were drawn from', () => {
    const { stay } = fitted.model.parameters;
    expectTypeOf(stay).toEqualTypeOf<number>();
    expectTypeOf(fitted.components[0]!.mean).toEqualTypeOf<number>();
    expect(fitted.diagnosis.kind).toBe('converged');
    expect(fitted.criteria.parameters).toBe(5);
    // Five standard errors: of a proportion of 40 x 59 moves, and of the means of some 1200 rows.
    expect(Math.abs(stay - STAY)).toBeLessThan(5 * Math.sqrt((STAY * (1 - STAY)) / (40 * (LENGTH - 1))));
    const means = fitted.components.map(({ mean }) => mean).sort((a, b) => a - b);
    closeTo(means, [0, 2.5], 5 / Math.sqrt(1000));
    expect(fitted.logLikelihood).toBeGreaterThan(fit(values, { family: gaussian(), components: 2 }).logLikelihood + 500);
  });

  test('predicts smoothed probabilities: those of a chain of another make with the same parameters', () => {
    const { stay, components } = fitted.model.parameters;
    const moves = [
      [stay, 1 - stay],
      [1 - stay, stay],
    ];
    const other = fit(values, {
      latent: markov(2),
      family: gaussian(),
      sequences,
      start: { initial: [0.5, 0.5], transitions: moves, components } as never,
      iterations: 0,
    });
    const [smoothed, expected] = [fitted, other].map((each) => each.predict(values, { sequences }));
    closeTo(smoothed!.logDensities, expected!.logDensities, 1e-9);
    for (const label of [0, 1]) closeTo(smoothed!.responsibilities[label]!, expected!.responsibilities[label]!, 1e-10);
    const alike = smoothed!.labels.filter((label, row) => label === labels[row]).length;
    expect(Math.max(alike, labels.length - alike)).toBeGreaterThan(0.95 * labels.length);
  });

  test('a known label conditions the rows beside it', () => {
    const [low] = fitted.components[0]!.mean < fitted.components[1]!.mean ? [0] : [1];
    const alone = fitted.responsibilities([0, 1.25, 0], {})[low]!;
    const known = fitted.responsibilities([0, 1.25, 0], { labels: [-1, 1 - low, -1] })[low]!;
    expect(known[1]).toBe(0);
    expect(known[0]!).toBeLessThan(alone[0]!);
  });

  test('is saved and read back, to the bits of every answer; and not without its definition', () => {
    const text = JSON.stringify(fitted);
    const again = readModel(JSON.parse(text), families, [stickyChain]);
    expect(JSON.stringify(again)).toBe(JSON.stringify(fitted.model));
    expect(again.predict(values, { sequences })).toEqual(fitted.predict(values, { sequences }));
    expect(() => readModel(JSON.parse(text), families)).toThrow(/"sticky".*Known are: independent/);
    expect(() => readModel({ ...JSON.parse(text).model, stay: 1.5 }, families, [stickyChain])).toThrow(EmkitError);
  });

  test('goes on from a saved state to the same bits', async () => {
    const states: unknown[] = [];
    await fitAsync(values, { ...options, threads: 1, onProgress: ({ state }) => states.push(JSON.parse(JSON.stringify(state))) });
    expect(states.length).toBeGreaterThan(3);
    for (const state of states.slice(1, -1)) {
      const resumed = fit(values, { ...options, resume: state as never });
      expect(JSON.stringify(resumed)).toBe(JSON.stringify(fitted));
    }
  });

  test('is drawn from', () => {
    const drawn = fitted.model.sample(20_000, 3);
    let stays = 0;
    for (let row = 1; row < 20_000; row += 1) if (drawn.labels[row] === drawn.labels[row - 1]) stays += 1;
    const { stay } = fitted.model.parameters;
    // Five standard deviations of a binomial share: a false alarm in about two million seeds, and the seed is fixed.
    expect(Math.abs(stays / 19_999 - stay)).toBeLessThan(5 * Math.sqrt((stay * (1 - stay)) / 19_999));
    expect(fitted.model.sample(20_000, 3)).toEqual(drawn);
  });

  test('is worked on by threads, to the same bits', async () => {
    const noWebWorker = (): never => {
      throw new Error('Node has threads of its own.');
    };
    const startWorker = () => openWorker(new URL('./support/chain-worker.ts', import.meta.url), noWebWorker, ['--conditions=emkit-source']);
    const cut = { ...options, blockSize: 128, accelerate: false };
    const alone = fit(values, cut);
    const together = await fitAsync(values, { ...cut, threads: 3, startWorker });
    expect(JSON.stringify(together)).toBe(JSON.stringify(alone));
  });
});

const hazy = simulate(11, 0.8, 1, 8);

describe('labels that can hardly be told', () => {
  const of = { latent: sticky(), family: gaussian(), sequences: hazy.sequences };

  test('the gain in nats ends a default fit, and acceleration takes it there sooner', () => {
    const byDefault = fit(hazy.values, of);
    const plain = fit(hazy.values, { ...of, accelerate: false });
    const tight = fit(hazy.values, { ...of, tolerance: 1e-11 });
    expect(byDefault.diagnosis).toMatchObject({ kind: 'converged' });
    expect(plain.diagnosis).toMatchObject({ kind: 'converged', rule: 'nats' });
    expect(byDefault.evaluations).toBeLessThan(plain.evaluations / 2);
    for (const { logLikelihood } of [byDefault, plain]) expect(Math.abs(logLikelihood - tight.logLikelihood)).toBeLessThan(1e-5);
  });
});

test('a label out of reach may fit a row however well: the sticky chain, whose labels cannot change', () => {
  const components = [
    { mean: 0, variance: 1 },
    { mean: 100, variance: 1 },
  ];
  const model = readModel({ kind: 'sticky', family: 'gaussian', options: {}, stay: 1, components }, families, [stickyChain]);
  const { logDensities, responsibilities } = model.predict([0, 100, 100]);
  expect(logDensities[0]).toBeCloseTo(-5000 - 1.5 * Math.log(2 * Math.PI) - Math.LN2, 9);
  expect([...responsibilities[1]!]).toEqual([1, 1, 1]);
});

// In plain JavaScript, as the command loads it.
const { even } = (await import(new URL('./fixtures/even.js', import.meta.url).href)) as { readonly even: LatentDefinition };

describe('rows whose labels are all as probable as each other', () => {
  test.each([gaussian(), poisson()])('are fitted as a mixture whose weights are held: $id', (family) => {
    const counts = Array.from(hazy.values, (value) => Math.round(2 * Math.abs(value)));
    const strange = fit(counts, { latent: even.create(2, {}), family });
    const mixture = fit(counts, { family, components: 2, held: { weights: true } });
    expect(strange.diagnosis.kind).toBe('converged');
    expect(strange.logLikelihood).toBeCloseTo(mixture.logLikelihood, 6);
    expect(strange.criteria.parameters).toBe(mixture.criteria.parameters);
  });
});
