import {
  createMixture,
  createReference,
  eStep,
  freeEnergy,
  logLikelihood,
  logMixtureDensity,
  type MixtureDescription,
  mStep,
  prepareData,
  type Reference,
  runEm,
} from '@emkit/reference';
import type { Decimal } from 'decimal.js';
import { describe, expect, test } from 'vitest';
import { decimal, expectDigits, expectFailure, reference, testNumbers } from './support.ts';

const tosses = { rows: [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3] };
const threeCoins: MixtureDescription = {
  family: 'binomial',
  options: { trials: 10 },
  weights: ['0.25', '0.5', '0.25'],
  components: [{ probability: '0.4' }, { probability: '0.5' }, { probability: '0.65' }],
};

const next = testNumbers(5);
const line = { rows: Array.from({ length: 40 }, (_, i) => next() * 2 + (i % 3) * 1.5) };
const threeBells: MixtureDescription = {
  family: 'gaussian',
  weights: [0.25, 0.5, 0.25],
  components: [
    { mean: 0, variance: 1 },
    { mean: 2, variance: 1 },
    { mean: 4, variance: 2 },
  ],
};
const plane = { rows: Array.from({ length: 30 }, (_, i) => [next() + (i % 2) * 2, next() * 2 - (i % 2)]) };
const planeOf = (covariance: string): MixtureDescription => ({
  family: 'multivariate-gaussian',
  options: { covariance },
  weights: [0.5, 0.5],
  components: [
    {
      mean: [0, 0],
      covariance: [
        [1, 0],
        [0, 1],
      ],
    },
    {
      mean: [2, 1],
      covariance: [
        [1, 0],
        [0, 1],
      ],
    },
  ],
});
const waits = { rows: Array.from({ length: 30 }, (_, i) => -Math.log(1 - next()) / (i % 2 === 0 ? 1 : 10)) };
const mixed: MixtureDescription = {
  families: ['exponential', { family: 'gaussian' }],
  weights: [0.5, 0.5],
  components: [{ rate: 1 }, { mean: 0.5, variance: 0.25 }],
};

const runs: readonly [string, MixtureDescription, { rows: (number | number[])[] }][] = [
  ['binomial', threeCoins, tosses],
  ['gaussian', threeBells, line],
  ['gaussian, tied', { ...threeBells, options: { covariance: 'tied' } }, line],
  ['multivariate gaussian, full', planeOf('full'), plane],
  ['multivariate gaussian, diagonal', planeOf('diagonal'), plane],
  ['multivariate gaussian, spherical', planeOf('spherical'), plane],
  ['multivariate gaussian, tied', planeOf('tied'), plane],
  ['exponential', { family: 'exponential', weights: ['0.5', '0.5'], components: [{ rate: 1 }, { rate: 4 }] }, waits],
  ['exponential and gaussian', mixed, waits],
];

describe('the E-step', () => {
  test.each(runs)('%s: responsibilities sum to one for each row, expected counts to n', (_name, description, data) => {
    const { responsibilities, expectedCounts } = eStep(createMixture(reference, description), data);
    expect(responsibilities).toHaveLength(data.rows.length);
    for (const row of responsibilities) expectDigits(reference.sum(row), '1', 63);
    expectDigits(reference.sum(expectedCounts), String(data.rows.length), 62);
  });

  test.each(runs)('%s: the log-likelihood is the sum of the rows’ log mixture densities', (_name, description, data) => {
    const mixture = createMixture(reference, description);
    const { rows } = data;
    const total = reference.sum(
      rows.map((row) =>
        logMixtureDensity(
          mixture,
          (Array.isArray(row) ? row : [row]).map((x) => reference.decimal(x)),
        ),
      ),
    );
    expectDigits(logLikelihood(mixture, data), total, 60);
  });

  test('differences of a million in the log-densities give responsibilities that sum to 1 and are not 0', () => {
    const mixture = createMixture(reference, {
      family: 'gaussian',
      weights: ['0.5', '0.5'],
      components: [
        { mean: 0, variance: 1 },
        { mean: 2000, variance: 1 },
      ],
    });
    const [row] = eStep(mixture, { rows: [0] }).responsibilities as [Decimal[]];
    expectDigits(row[1]!, reference.exp(decimal('-2000000')), 55);
    expectDigits(reference.sum(row), '1', 64);
  });

  test('a component of weight zero takes no part', () => {
    const mixture = createMixture(reference, { ...threeBells, weights: [0.5, 0.5, 0] });
    expect(eStep(mixture, line).expectedCounts[2]!.isZero()).toBe(true);
    expectFailure('empty-component', () => runEm(mixture, line, { iterations: 1 }));
    const kept = runEm(mixture, line, { iterations: 1, emptyComponents: 'keep' }).mixture;
    expect(kept.weights[2]!.isZero()).toBe(true);
    expect(kept.components[2]!.parameters).toBe(mixture.components[2]!.parameters);
  });

  test('a row that no component can have produced is named', () => {
    const mixture = createMixture(reference, { family: 'exponential', weights: [1], components: [{ rate: 1 }] });
    expect(expectFailure('zero-density', () => eStep(mixture, { rows: [1, 2, -1] })).place.row).toBe(2);
    expect(eStep(mixture, { rows: [1, -1], caseWeights: [1, 0] }).logLikelihood.eq(-1)).toBe(true);
  });
});

describe('case weights and known labels', () => {
  const mixture = createMixture(reference, threeBells);

  test('weight k is k copies, and weight 0 is absence', () => {
    const rows = [0.5, 1.25, 3, 4.5, 2];
    const weighted = runEm(mixture, { rows, caseWeights: [2, 1, 3, 1, 0] }, { iterations: 3 });
    const copied = runEm(mixture, { rows: [0.5, 0.5, 1.25, 3, 3, 3, 4.5] }, { iterations: 3 });
    expectDigits(weighted.logLikelihood, copied.logLikelihood, 60);
    weighted.mixture.components.forEach(({ parameters }, j) => {
      expectDigits(parameters['mean'] as Decimal, copied.mixture.components[j]!.parameters['mean'] as Decimal, 58);
      expectDigits(parameters['variance'] as Decimal, copied.mixture.components[j]!.parameters['variance'] as Decimal, 58);
      expectDigits(weighted.mixture.weights[j]!, copied.mixture.weights[j]!, 58);
    });
  });

  test('the order of the rows does not matter', () => {
    const forwards = runEm(mixture, line, { iterations: 3 }).logLikelihood;
    expectDigits(runEm(mixture, { rows: line.rows.toReversed() }, { iterations: 3 }).logLikelihood, forwards, 60);
  });

  test('with every label known, EM is the ordinary estimate in each class, in one step', () => {
    const rows = [1, 3, 10, 14, 20, 22];
    const { mixture: fitted, trace } = runEm(mixture, { rows, labels: [0, 0, 1, 1, 2, 2] }, { iterations: 2 });
    expect(fitted.components.map(({ family, parameters }) => family.toNumbers(parameters))).toEqual([
      { mean: 2, variance: 1 },
      { mean: 12, variance: 4 },
      { mean: 21, variance: 1 },
    ]);
    fitted.weights.forEach((weight) => {
      expectDigits(weight, decimal(1).div(3), 62);
    });
    expectDigits(trace[2]!, trace[1]!, 62);
  });

  test('a labelled row counts its joint density with the label', () => {
    const { responsibilities, logJointDensities, logLikelihood: total } = eStep(mixture, { rows: [1, 1], labels: [1, undefined] });
    expect(responsibilities[0]!.map(Number)).toEqual([0, 1, 0]);
    expect(responsibilities[1]![1]!.lt(1)).toBe(true);
    expectDigits(total, logJointDensities[0]![1]!.plus(logMixtureDensity(mixture, [decimal(1)])), 60);
  });

  test('equal rows are merged only with equal labels', () => {
    const data = prepareData(reference, { rows: [1, 1, 1, 2], labels: [0, -1, null, 0] });
    expect(data.rows).toHaveLength(3);
    expect(data.weights.map(Number)).toEqual([1, 2, 1]);
    expect(data.distinct).toEqual([0, 1, 1, 2]);
  });
});

describe('EM', () => {
  test.each(runs)('%s: the log-likelihood never falls', (_name, description, data) => {
    const { trace } = runEm(createMixture(reference, description), data, { iterations: 8 });
    expect(trace).toHaveLength(9);
    for (let i = 1; i < trace.length; i += 1) expect(trace[i]!.gte(trace[i - 1]!.minus('1e-58'))).toBe(true);
    expect(trace[8]!.gt(trace[0]!)).toBe(true);
  });

  test.each(runs)('%s: the reported log-likelihood is the one at the returned parameters', (_name, description, data) => {
    const run = runEm(createMixture(reference, description), data, { iterations: 2 });
    expectDigits(logLikelihood(run.mixture, data), run.logLikelihood, 62);
    expect(run.trace.at(-1)).toBe(run.logLikelihood);
    expect(run.iterations).toBe(2);
  });

  test.each(runs)('%s: an iteration is an E-step and an M-step', (_name, description, data) => {
    const mixture = createMixture(reference, description);
    const byHand = mStep(mixture, data, eStep(mixture, data).responsibilities);
    expectDigits(logLikelihood(byHand, data), runEm(mixture, data, { iterations: 1 }).logLikelihood, 60);
  });

  test('the three coins become one: 0.415 three times, log-likelihood -35.1526058324925', () => {
    const run = runEm(createMixture(reference, threeCoins), tosses, { iterations: 180 });
    expect(run.trace[0]!.toFixed(13)).toBe('-38.9268693086375');
    expect(run.trace[1]!.toFixed(13)).toBe('-35.4164641316243');
    expect(run.logLikelihood.toFixed(13)).toBe('-35.1526058324925');
    for (const { parameters } of run.mixture.components)
      expect((parameters['probability'] as Decimal).toFixed(15)).toBe('0.415000000000000');
  });

  test('the limit of the three coins is the likelihood of one coin', () => {
    const one = createMixture(reference, {
      family: 'binomial',
      options: { trials: 10 },
      weights: [1],
      components: [{ probability: '0.415' }],
    });
    const run = runEm(createMixture(reference, threeCoins), tosses, { iterations: 180 });
    expectDigits(run.logLikelihood, logLikelihood(one, tosses), 30);
  });

  test('the two coins with fixed weights: 0.71 and 0.58 after one iteration, 0.796744 and 0.519659 after ten', () => {
    const start = createMixture(reference, {
      family: 'binomial',
      options: { trials: 10 },
      weights: ['0.5', '0.5'],
      components: [{ probability: '0.6' }, { probability: '0.5' }],
    });
    const heads = (iterations: number, digits: number) => {
      const { mixture } = runEm(start, { rows: [5, 9, 8, 4, 7] }, { iterations, heldWeights: true });
      expect(mixture.weights.map(Number)).toEqual([0.5, 0.5]);
      return mixture.components.map(({ parameters }) => (parameters['probability'] as Decimal).toFixed(digits));
    };
    expect(heads(1, 2)).toEqual(['0.71', '0.58']);
    expect(heads(10, 2)).toEqual(['0.80', '0.52']);
    expect(heads(10, 6)).toEqual(['0.796744', '0.519659']);
  });

  test('one exponential component is 1 / mean after one iteration, whatever the start', () => {
    const run = runEm(
      createMixture(reference, { family: 'exponential', weights: [1], components: [{ rate: 17 }] }),
      { rows: [1, 2, 3, 4] },
      { iterations: 1 },
    );
    expectDigits(run.mixture.components[0]!.parameters['rate'] as Decimal, '0.4', 62);
  });

  test('the exponential updates are pi_k = N_k / n and lambda_k = N_k / sum of gamma_ik x_i', () => {
    const mixture = createMixture(reference, {
      family: 'exponential',
      weights: ['0.3', '0.7'],
      components: [{ rate: '1' }, { rate: '4' }],
    });
    const x = waits.rows.map((value) => reference.decimal(value));
    const densities = x.map((value) => [
      decimal('0.3').times(reference.exp(value.negated())),
      decimal('0.7')
        .times(4)
        .times(reference.exp(value.times(-4))),
    ]);
    const fitted = runEm(mixture, waits, { iterations: 1 }).mixture;
    for (const k of [0, 1]) {
      const gamma = densities.map((row) => row[k]!.div(row[0]!.plus(row[1]!)));
      const count = reference.sum(gamma);
      expectDigits(fitted.weights[k]!, count.div(x.length), 60);
      expectDigits(
        fitted.components[k]!.parameters['rate'] as Decimal,
        count.div(reference.sum(gamma.map((value, i) => value.times(x[i]!)))),
        60,
      );
    }
  });

  test('permuting the components permutes the answer', () => {
    const run = runEm(createMixture(reference, threeBells), line, { iterations: 3 });
    const turned = runEm(
      createMixture(reference, { ...threeBells, weights: threeBells.weights.toReversed(), components: threeBells.components.toReversed() }),
      line,
      { iterations: 3 },
    );
    expectDigits(turned.logLikelihood, run.logLikelihood, 60);
    expectDigits(
      turned.mixture.components[0]!.parameters['variance'] as Decimal,
      run.mixture.components[2]!.parameters['variance'] as Decimal,
      58,
    );
  });

  test('data shifted and scaled give the fit shifted and scaled', () => {
    const [scale, shift] = [decimal('1e150'), decimal('1e160')];
    const run = runEm(createMixture(reference, threeBells), line, { iterations: 3 });
    const moved = runEm(
      createMixture(reference, {
        ...threeBells,
        components: threeBells.components.map(({ mean, variance }) => ({
          mean: decimal(mean as number)
            .times(scale)
            .plus(shift),
          variance: decimal(variance as number)
            .times(scale)
            .times(scale),
        })),
      }),
      { rows: line.rows.map((x) => reference.withMoreDigits(60).decimal(x).times(scale).plus(shift)) },
      { iterations: 3 },
    );
    run.mixture.components.forEach(({ parameters }, j) => {
      const there = moved.mixture.components[j]!.parameters;
      expectDigits((there['mean'] as Decimal).minus(shift).div(scale), parameters['mean'] as Decimal, 45);
      expectDigits((there['variance'] as Decimal).div(scale).div(scale), parameters['variance'] as Decimal, 45);
    });
  });

  test('a tied covariance stays one matrix, and a mean held fixed stays', () => {
    const tied = runEm(createMixture(reference, planeOf('tied')), plane, { iterations: 2, heldParameters: [['mean'], undefined] }).mixture;
    expect(tied.components[0]!.parameters['covariance']).toBe(tied.components[1]!.parameters['covariance']);
    expect(tied.components[0]!.family.toNumbers(tied.components[0]!.parameters)['mean']).toEqual([0, 0]);
  });

  test('a parameter shared between two of three components is equal in those two', () => {
    const { components } = runEm(createMixture(reference, threeBells), line, {
      iterations: 2,
      shared: [{ parameter: 'variance', components: [0, 2] }],
    }).mixture;
    const [first, second, third] = components.map(({ parameters }) => parameters['variance'] as Decimal) as [Decimal, Decimal, Decimal];
    expect(first.eq(third)).toBe(true);
    expect(first.eq(second)).toBe(false);
  });

  test('a tolerance stops early, and zero iterations evaluate the start', () => {
    const start = createMixture(reference, threeCoins);
    const run = runEm(start, tosses, { iterations: 500, tolerance: '1e-10' });
    expect(run.iterations).toBeLessThan(100);
    expect(run.trace.at(-1)!.minus(run.trace.at(-2)!).lt('1e-10')).toBe(true);
    expect(runEm(start, tosses, { iterations: 0 })).toMatchObject({ iterations: 0, mixture: start });
    expectFailure('invalid-argument', () => runEm(start, tosses, { iterations: -1 }));
  });

  test('fifty digits agree with eighty to forty-eight and more', () => {
    const wide = createReference({ precision: 80 });
    const fit = (arithmetic: Reference) => runEm(createMixture(arithmetic, threeBells), line, { iterations: 5 });
    const [coarse, fine] = [fit(reference), fit(wide)];
    expectDigits(coarse.logLikelihood, fine.logLikelihood, 58);
    coarse.mixture.components.forEach(({ parameters }, j) => {
      for (const name of ['mean', 'variance'])
        expectDigits(parameters[name] as Decimal, fine.mixture.components[j]!.parameters[name] as Decimal, 55);
    });
  });

  test('a collapse names its component', () => {
    const mixture = createMixture(reference, {
      family: 'gaussian',
      weights: [0.5, 0.5],
      components: [
        { mean: 0, variance: 1 },
        { mean: 9, variance: 1 },
      ],
    });
    const failure = expectFailure('collapsed-component', () =>
      runEm(mixture, { rows: [0, 1, 9, 9], labels: [0, 0, 1, 1] }, { iterations: 1 }),
    );
    expect(failure.place).toMatchObject({ component: 1, parameter: 'variance' });
  });
});

describe('the information bound', () => {
  test.each(runs)('%s: arbitrary responsibilities give at most the log-likelihood, the posterior gives it', (_name, description, data) => {
    const mixture = createMixture(reference, description);
    const { responsibilities, logLikelihood: total } = eStep(mixture, data);
    const touching = freeEnergy(mixture, data, responsibilities);
    expectDigits(touching.freeEnergy, total, 58);
    expectDigits(touching.expectedCompleteLogLikelihood.plus(touching.entropy), touching.freeEnergy, 64);

    const random = testNumbers(17);
    const arbitrary = data.rows.map(() => {
      const row = description.components.map(() => reference.decimal(random()));
      const sum = reference.sum(row);
      return row.map((value) => value.div(sum));
    });
    expect(freeEnergy(mixture, data, arbitrary).freeEnergy.lt(total)).toBe(true);
  });

  test('hard assignments have no entropy, and 0 ln 0 is 0', () => {
    const mixture = createMixture(reference, threeCoins);
    const hard = tosses.rows.map(() => [reference.one, reference.zero, reference.zero]);
    expect(freeEnergy(mixture, tosses, hard).entropy.isZero()).toBe(true);
  });

  test('the M-step raises the bound of any responsibilities', () => {
    const mixture = createMixture(reference, threeBells);
    const random = testNumbers(19);
    const arbitrary = line.rows.map(() => {
      const row = threeBells.components.map(() => reference.decimal(random()));
      const sum = reference.sum(row);
      return row.map((value) => value.div(sum));
    });
    const raised = mStep(mixture, line, arbitrary);
    expect(freeEnergy(raised, line, arbitrary).freeEnergy.gt(freeEnergy(mixture, line, arbitrary).freeEnergy)).toBe(true);
  });
});

describe('mixtures and data that are none', () => {
  test('mixtures', () => {
    expectFailure('invalid-mixture', () => createMixture(reference, { ...threeBells, weights: [1] }));
    expectFailure('invalid-mixture', () => createMixture(reference, { ...threeBells, weights: [0.5, 0.5, 0.5] }));
    expectFailure('invalid-mixture', () => createMixture(reference, { ...threeBells, weights: [1.5, -0.5, 0] }));
    expectFailure('invalid-mixture', () => createMixture(reference, { family: 'gaussian', weights: [], components: [] }));
    expectFailure('invalid-mixture', () => createMixture(reference, { ...mixed, families: ['exponential'] }));
  });

  test('data', () => {
    expectFailure('invalid-data', () => prepareData(reference, { rows: [] }));
    expectFailure('invalid-data', () => prepareData(reference, { rows: [[1], [1, 2]] }));
    expectFailure('invalid-data', () => prepareData(reference, { rows: [Infinity] }));
    expectFailure('invalid-data', () => prepareData(reference, { rows: [1], caseWeights: [-1] }));
    expectFailure('invalid-data', () => prepareData(reference, { rows: [1], caseWeights: [0] }));
    expectFailure('invalid-data', () => prepareData(reference, { rows: [1, 2], caseWeights: [1] }));
    expectFailure('invalid-data', () => prepareData(reference, { rows: [1], labels: [-2] }));
    expectFailure('invalid-data', () => eStep(createMixture(reference, threeBells), { rows: [1], labels: [3] }));
    expectFailure('invalid-data', () => eStep(createMixture(reference, threeBells), plane));
    expectFailure('invalid-data', () => mStep(createMixture(reference, threeBells), line, []));
  });

  test('sharing', () => {
    const share = (
      shared: { parameter: string; components?: number[] }[],
      description = threeBells,
      data: { rows: (number | number[])[] } = line,
    ) => runEm(createMixture(reference, description), data, { iterations: 1, shared });
    expectFailure('unsupported-sharing', () => share([{ parameter: 'rate' }]));
    expectFailure('unsupported-sharing', () => share([{ parameter: 'variance', components: [0, 7] }]));
    expectFailure('unsupported-sharing', () => share([{ parameter: 'mean' }], mixed, waits));
    expectFailure('unsupported-sharing', () =>
      share([
        { parameter: 'variance', components: [0, 1] },
        { parameter: 'mean', components: [1, 2] },
      ]),
    );
  });
});
