import {
  createDataset,
  createEmissions,
  createLatentModel,
  EmkitError,
  type ErrorCode,
  fit,
  independent,
  type Latent,
  Model,
  memorySource,
} from '@emkit/core';
import { describe, expect, it } from 'vitest';
import { bell } from './support/families.ts';

interface Turns {
  readonly turn: number;
}

/** Two labels that begin with the first, and turn from one row to the next with a probability: posteriors by all sequences of labels. */
function turns(): Latent<Turns> {
  const logProbability: Latent<Turns>['logProbability'] = (labels, _block, first, end, { turn }) => {
    let total = labels[0] === 0 ? 0 : -Infinity;
    for (let row = 1; row < end - first; row += 1) total += Math.log(labels[row] === labels[row - 1] ? 1 - turn : turn);
    return total;
  };
  const moves = (labels: readonly number[]): number => labels.filter((label, row) => row > 0 && label !== labels[row - 1]).length;
  return {
    id: 'turns',
    options: {},
    components: 2,
    start: { turn: 0.5 },
    length: 2,
    logProbability,
    posterior(block, first, end, at, logDensities, sums) {
      const rows = end - first;
      const joint = Array.from({ length: 2 ** rows }, (_, index) => {
        const labels = Array.from({ length: rows }, (__, row) => (index >> row) & 1);
        const log = labels.reduce(
          (sum, label, row) => sum + logDensities[label]![first + row]!,
          logProbability(labels, block, first, end, at),
        );
        return { labels, density: Math.exp(log) };
      });
      const total = joint.reduce((sum, { density }) => sum + density, 0);
      for (const values of logDensities) values.fill(0, first, end);
      for (const { labels, density } of joint) {
        const share = density / total;
        if (share === 0) continue;
        sums[0]! += share * moves(labels);
        sums[1]! += share * (rows - 1);
        labels.forEach((label, row) => {
          logDensities[label]![first + row]! += share;
        });
      }
      return Math.log(total);
    },
    expectedLogProbability: ([turned, all], { turn }) =>
      (turned! > 0 ? turned! * Math.log(turn) : 0) + (all! > turned! ? (all! - turned!) * Math.log(1 - turn) : 0),
    sample(labels, length, { turn }, random) {
      for (let row = 0; row < length; row += 1) labels[row] = row === 0 ? 0 : Number((labels[row - 1] === 1) !== random.uniform() < turn);
    },
    maximize: ([turned, all], about) => ({ turn: all! > 0 ? turned! / all! : about.turn }),
    gain: () => Number.NaN,
    recentre: () => undefined,
    space: {
      check: (json) => ({ turn: (json as Turns).turn }),
      contains: ({ turn }) => turn >= 0 && turn <= 1,
      distance: (from, to) => Math.abs(from.turn - to.turn),
      rounding: () => Number.EPSILON,
      boundary: () => [],
      free: {
        length: 1,
        difference(from, to, out, place) {
          out[place] = to.turn - from.turn;
        },
        move: (from, step, place) => ({ turn: from.turn + step[place]! }),
        scales(_at, out, place) {
          out[place] = 1;
        },
      },
    },
  };
}

const family = bell();
const emissions = createEmissions([family, family]);
const components = [
  { mean: 0, variance: 1 },
  { mean: 2, variance: 1 },
];
const log = (x: number, mean: number): number => -0.5 * Math.log(2 * Math.PI) - 0.5 * (x - mean) ** 2;

function refusalOf(latent: Latent, at: object, rows: readonly number[], options: object = {}): EmkitError {
  const model = createLatentModel(latent, emissions);
  const dataset = createDataset([...rows], [family, family], 2, { sequences: true, ...options });
  const point = { ...at, components };
  try {
    memorySource(dataset).expect({ model, at: point, about: point });
  } catch (error) {
    if (error instanceof EmkitError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a unit of several rows', () => {
  const at = { turn: 0.25, components };
  const model = createLatentModel(turns(), emissions);
  const expectation = (rows: readonly number[], options: object) =>
    memorySource(createDataset([...rows], [family, family], 2, options)).expect({ model, at, about: at });

  it('has the log-likelihood, the entropy, the sums and the counts that a sheet of paper gives', () => {
    const [stays, turned] = [0.75 * Math.exp(log(0.3, 0) + log(1, 0)), 0.25 * Math.exp(log(0.3, 0) + log(1, 2))];
    const share = turned / (stays + turned);
    const { logLikelihood, entropy, sums, counts } = expectation([0.3, 1], { sequences: true });
    expect(logLikelihood).toBeCloseTo(Math.log(stays + turned), 13);
    expect(entropy).toBeCloseTo(-share * Math.log(share) - (1 - share) * Math.log(1 - share), 13);
    expect([...sums.subarray(0, 2)]).toEqual([expect.closeTo(share, 14), 1]);
    expect([...counts]).toEqual([expect.closeTo(2 - share, 14), expect.closeTo(share, 14)]);
  });

  it('counts as often as its case weight says, in all of them', () => {
    const once = expectation([0.3, 1, 5, 2], { sequences: [0, 0, 1, 1], weights: [3, 3, 0, 0] });
    const thrice = expectation([0.3, 1, 0.3, 1, 0.3, 1], { sequences: [0, 0, 1, 1, 2, 2] });
    expect([...once.vector]).toEqual(Array.from(thrice.vector, (value) => expect.closeTo(value, 12)));
  });

  it('a law without a gain is fitted all the same, by what the last steps did', () => {
    const rows = Array.from({ length: 60 }, (_, row) => (row % 6 < 3 ? 0 : 2) + ((row * 7) % 5) / 4 - 0.5);
    const sequences = rows.map((_, row) => Math.floor(row / 6));
    const { diagnosis, model: found } = fit(rows, { latent: turns(), family, sequences, start: at });
    expect(diagnosis.kind).toBe('converged');
    expect(found.parameters.turn).toBeCloseTo(0.2, 2);
  });
});

describe('what cannot have happened is refused, by name', () => {
  const cases: [string, ErrorCode, RegExp, () => EmkitError][] = [
    [
      'a sequence that no labels allow',
      'MODEL_IMPOSSIBLE_DATA',
      /^The sequence from row 2 to row 3 is impossible/,
      () => refusalOf(turns(), { turn: 0.5 }, [9, 0, 1, 8], { sequences: ['a', 'b', 'b', 'a'], labels: [-1, 1, -1, -1] }),
    ],
    [
      'a row that no component can have made',
      'MODEL_IMPOSSIBLE_DATA',
      /^Row 2 is impossible under the parameters: all components/,
      () => refusalOf(turns(), { turn: 0.5 }, [0, 1e200]),
    ],
    [
      'a log-likelihood that is no number',
      'NOT_FINITE',
      /^The sequence from row 1 to row 2: its log-likelihood is NaN.*latent structure is at fault/,
      () => refusalOf({ ...turns(), posterior: () => Number.NaN }, { turn: 0.5 }, [0, 1]),
    ],
  ];
  for (const [name, code, message, refuse] of cases) {
    it(name, () => {
      const error = refuse();
      expect(error.message).toMatch(message);
      expect(error.code).toBe(code);
    });
  }

  it('weights of rows without their counts', () => {
    const latent = { ...independent(2), length: 1 };
    expect(() => createLatentModel(latent, emissions)).toThrow('The latent structure independent has 1 sums for 2 components.');
  });
});

describe('the gain of weights', () => {
  const { gain } = independent(2);
  const even = { weights: [0.5, 0.5] };

  it('is finite where one all but vanishes, though the step is all of it to a double', () => {
    const to = { weights: [1e-20, 1] };
    expect(gain(Float64Array.of(3, 5), even, even, to)).toBeCloseTo(3 * Math.log(2e-20) + 5 * Math.log(2), 12);
  });

  it('is a number where one of no count vanishes', () => {
    expect(gain(Float64Array.of(0, 5), even, even, { weights: [0, 1] })).toBeCloseTo(5 * Math.log(2), 14);
  });

  it('is minus infinity where one that is counted vanishes, and 0 where nothing moves', () => {
    expect(gain(Float64Array.of(1, 5), even, even, { weights: [0, 1] })).toBe(-Infinity);
    expect(gain(Float64Array.of(1, 5), even, { weights: [0, 1] }, { weights: [0, 1] })).toBe(0);
  });
});

describe('a model whose labels hang together', () => {
  it('takes all rows for one sequence unless they are said to be several', () => {
    const model = new Model(createLatentModel(turns(), emissions), { turn: 0, components });
    expect([...model.labels([2, 2])]).toEqual([0, 0]);
    expect(model.logDensity([2, 2])[0]).toBeCloseTo(2 * log(2, 0), 12);
    expect(model.logDensity([2, 2], { sequences: [1, 2] })[0]).toBeCloseTo(log(2, 0), 12);
  });
});
