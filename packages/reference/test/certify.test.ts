import {
  type CertifiableFit,
  type CertifyProgress,
  certify,
  createMixture,
  createReference,
  ReferenceFailure,
  runEm,
} from '@emkit/reference';
import { describe, expect, test } from 'vitest';

const tosses = { rows: [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3] };
const start: CertifiableFit = {
  model: {
    family: 'binomial',
    options: { trials: 10 },
    weights: [0.25, 0.5, 0.25],
    components: [{ probability: 0.4 }, { probability: 0.5 }, { probability: 0.65 }],
  },
  logLikelihood: -38.9268693086375,
};

function fitAfter(iterations: number, options: { heldWeights?: boolean } = {}): CertifiableFit {
  const reference = createReference({ precision: 30 });
  const { mixture, logLikelihood } = runEm(createMixture(reference, start.model), tosses, { iterations, ...options });
  return {
    model: {
      ...start.model,
      weights: mixture.weights.map(Number),
      components: mixture.components.map(({ family, parameters }) => family.toNumbers(parameters)),
    },
    logLikelihood: logLikelihood.toNumber(),
    ...(options.heldWeights ? { held: { weights: true } } : {}),
  };
}

describe('a certificate', () => {
  test('tells the true log-likelihood, the error of the reported one, and how uncertain it is itself', async () => {
    const { logLikelihood, rows, totalWeight, precision } = await certify(start, tosses);
    // The start is 0.65 in doubles, which is not 65 hundredths: the digits beyond the sixteenth differ from the textbook's.
    expect(logLikelihood.exact).toMatch(/^-38\.926869308637[45]/);
    expect(logLikelihood.exact.replace(/[-.]/g, '')).toHaveLength(50);
    expect(logLikelihood.nearest).toBeCloseTo(-38.9268693086375, 12);
    expect(Math.abs(logLikelihood.absoluteError)).toBeLessThan(1e-13);
    expect(logLikelihood.relativeError).toBeCloseTo(logLikelihood.absoluteError / 38.9268693086375, 25);
    expect(logLikelihood.uncertainty).toBeLessThan(1e-58);
    expect({ rows, totalWeight, precision }).toEqual({ rows: 20, totalWeight: 20, precision: 50 });
  });

  test('of a start shows residuals of every parameter and that another step pays', async () => {
    const certificate = await certify(start, tosses);
    expect(certificate.parameters.map(({ name }) => name)).toEqual([
      'weights[0]',
      'weights[1]',
      'weights[2]',
      'components[0].probability',
      'components[1].probability',
      'components[2].probability',
    ]);
    expect(certificate.parameters[3]!.value).toBe(0.4);
    expect(certificate.parameters[3]!.residual).toBeCloseTo(0.3536485 - 0.4, 7);
    expect(certificate.parameters[3]!.relativeResidual).toBeCloseTo((0.3536485 - 0.4) / 0.4, 6);
    expect(certificate.largestRelativeResidual.name).toBe('weights[2]');
    expect(certificate.stepGain).toBeCloseTo(38.9268693086375 - 35.4164641316243, 11);
    expect(certificate.couldRaise).toBe(true);
  });

  test('of a converged fit shows residuals of the size of rounding and that nothing is left to gain', async () => {
    const certificate = await certify(fitAfter(180), tosses);
    expect(certificate.largestRelativeResidual.value).toBeLessThan(1e-14);
    expect(certificate.stepGain).toBeGreaterThanOrEqual(0);
    expect(certificate.stepGain).toBeLessThan(1e-25);
    expect(certificate.couldRaise).toBe(false);
    expect(certificate.estimatedRemainingGain!).toBeLessThan(1e-24);
  });

  test('is not misled by weights that do not quite sum to 1', async () => {
    // Equal components at the mean of the data: a fixed point whatever the weights, if they sum to 1.
    const same = (weights: readonly number[]): CertifiableFit => ({
      model: { ...start.model, weights, components: weights.map(() => ({ probability: 0.5 })) },
      logLikelihood: -40,
    });
    const half = { rows: [5, 5, 4, 6] };
    const exact = await certify(same([0.75, 0.25]), half);
    for (const weights of [
      [0.7, 0.2, 0.1],
      [0.1, 0.2, 0.7],
      [0.3333333, 0.6666666],
    ]) {
      const { parameters, stepGain, couldRaise, logLikelihood } = await certify(same(weights), half, { mustRaise: 0 });
      expect(Math.abs(stepGain)).toBeLessThan(1e-45);
      expect(couldRaise).toBe(stepGain > 0);
      expect(parameters.map(({ value }) => value)).toEqual([...weights, ...weights.map(() => 0.5)]);
      for (const { residual } of parameters) expect(Math.abs(residual)).toBeLessThan(1e-45);
      // The log-likelihood itself is that of the weights as they are.
      const sum = weights.reduce((total, weight) => total + weight);
      expect(logLikelihood.nearest - exact.logLikelihood.nearest).toBeCloseTo(4 * Math.log(sum), 13);
      expect(logLikelihood.uncertainty).toBeLessThan(1e-45);
    }
  });

  test('foresees what a fit stopped too early still has to gain, and how far its parameters are', async () => {
    const fit = fitAfter(25);
    const certificate = await certify(fit, tosses, { steps: 4 });
    const truth = 35.152605832492536261 + fit.logLikelihood;
    expect(certificate.estimatedRemainingGain! / -truth).toBeCloseTo(1, 1);
    expect(certificate.stepGain).toBeLessThan(certificate.estimatedRemainingGain!);
    expect(certificate.rateOfConvergence!).toBeGreaterThan(0.3);
    expect(certificate.rateOfConvergence!).toBeLessThan(1);
    for (const { name, value, estimatedDistance } of certificate.parameters) {
      if (name.startsWith('components')) expect(estimatedDistance! / Math.abs(0.415 - value)).toBeCloseTo(1, 1);
    }
  });

  test('honours what the fit held', async () => {
    const certificate = await certify(fitAfter(3, { heldWeights: true }), tosses);
    for (const { residual } of certificate.parameters.slice(0, 3)) expect(residual).toBe(0);
    expect(certificate.parameters[3]!.residual).not.toBe(0);
  });

  test('takes a family for each component, parameters held, and parameters shared', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => Math.abs(Math.sin(i)) + (i % 2) * 4);
    const mixed = await certify(
      {
        model: {
          families: [
            { family: 'exponential', options: {} },
            { family: 'gaussian', options: { covariance: 'full' } },
          ],
          weights: [0.5, 0.5],
          components: [{ rate: 2 }, { mean: 4, variance: 0.5 }],
        },
        logLikelihood: -20,
        held: { components: [null, ['mean']] },
      },
      { rows },
    );
    const residuals = Object.fromEntries(mixed.parameters.map(({ name, residual }) => [name, residual]));
    expect(residuals['components[1].mean']).toBe(0);
    expect(residuals['components[0].rate']).not.toBe(0);
    const shared = await certify(
      {
        model: {
          family: 'gaussian',
          weights: [0.5, 0.5],
          components: [
            { mean: 0, variance: 1 },
            { mean: 4, variance: 1 },
          ],
        },
        logLikelihood: -20,
        shared: ['variance'],
      },
      { rows },
    );
    expect(shared.parameters.at(-1)!.residual).toBe(shared.parameters.at(-3)!.residual);
  });

  test('names matrix entries, and ties what the options tie', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => [Math.sin(i) + (i % 2) * 4, Math.cos(2 * i)]);
    const covariance = [
      [1, 0.25],
      [0.25, 1],
    ];
    const certificate = await certify(
      {
        model: {
          family: 'multivariate-gaussian',
          options: { covariance: 'tied' },
          weights: [0.5, 0.5],
          components: [
            { mean: [0, 0], covariance },
            { mean: [4, 0], covariance },
          ],
        },
        logLikelihood: -40,
      },
      { rows },
    );
    const residual = (name: string) => certificate.parameters.find((entry) => entry.name === name)!.residual;
    expect(residual('components[0].covariance[0][1]')).toBe(residual('components[1].covariance[1][0]'));
    expect(residual('components[0].mean[0]')).not.toBe(residual('components[1].mean[0]'));
  });

  test('reads from the model what was held and shared: a constrained optimum is not told that it could be raised', async () => {
    const reference = createReference({ precision: 30 });
    const rows = Array.from({ length: 30 }, (_, i) => Math.sin(i) + (i % 3 === 0 ? 0.5 : 8));
    const bells = {
      family: 'gaussian',
      options: {},
      weights: [0.5, 0.5],
      components: [
        { mean: 0, variance: 1 },
        { mean: 8, variance: 1 },
      ],
    };
    const { mixture, logLikelihood } = runEm(
      createMixture(reference, bells),
      { rows },
      { iterations: 15, heldParameters: [['mean'], undefined], shared: [{ parameter: 'variance' }] },
    );
    const model = {
      ...bells,
      weights: mixture.weights.map(Number),
      components: mixture.components.map(({ family, parameters }) => family.toNumbers(parameters)),
    };
    const fit = { model, logLikelihood: logLikelihood.toNumber() };
    const said = await certify({ ...fit, model: { ...model, held: { components: [['mean'], []] }, shared: ['variance'] } }, { rows });
    expect(said.couldRaise).toBe(false);
    expect(Math.abs(said.stepGain)).toBeLessThan(1e-20);
    expect(said).toEqual(await certify({ ...fit, held: { components: [['mean'], null] }, shared: ['variance'] }, { rows }));
    // What stands beside the model prevails: as if nothing had been held, a step is worth much.
    const free = await certify({ ...fit, model: { ...model, held: { components: [['mean'], []] } }, held: {}, shared: [] }, { rows });
    expect(free.couldRaise).toBe(true);
    expect(free.stepGain).toBeGreaterThan(0.1);
  });

  test('ties what is shared within each family', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => Math.abs(Math.sin(i)) + (i % 2) * 4);
    const bell = { family: 'gaussian', options: { covariance: 'full' } };
    const { parameters } = await certify(
      {
        model: {
          families: [bell, { family: 'exponential', options: {} }, bell],
          weights: [0.3, 0.3, 0.4],
          components: [{ mean: 1, variance: 1 }, { rate: 1 }, { mean: 4, variance: 1 }],
          shared: ['variance'],
        },
        logLikelihood: -20,
      },
      { rows },
    );
    const residual = (name: string) => parameters.find((entry) => entry.name === name)!.residual;
    expect(residual('components[0].variance')).toBe(residual('components[2].variance'));
    expect(residual('components[0].mean')).not.toBe(residual('components[2].mean'));
  });

  test('evaluates the digits that the shown numbers cannot hold: components of data less their origin', async () => {
    const origin = 1e12;
    const near = Array.from({ length: 40 }, (_, i) => Math.round(64 * (Math.sin(i) + (i % 2) * 8)) / 64);
    const rows = near.map((value) => value + origin);
    const start = {
      family: 'gaussian',
      weights: [0.5, 0.5],
      components: [
        { mean: 0, variance: 1 },
        { mean: 8, variance: 1 },
      ],
    };
    const { mixture, logLikelihood } = runEm(createMixture(createReference({ precision: 30 }), start), { rows: near }, { iterations: 15 });
    const exact = mixture.components.map(({ family, parameters }) => family.toNumbers(parameters));
    const shown = exact.map(({ mean, variance }) => ({ mean: (mean as number) + origin, variance: variance as number }));
    const model = { ...start, weights: mixture.weights.map(Number), components: shown };
    const fit = { model, logLikelihood: logLikelihood.toNumber() };
    const whole = await certify({ ...fit, model: { ...model, exact: { origin: [origin], components: exact } } }, { rows });
    expect(Math.abs(whole.logLikelihood.relativeError)).toBeLessThan(Number.EPSILON);
    expect(whole.stepGain).toBeLessThan(1e-25);
    expect(whole.parameters.map(({ value }) => value)).toEqual([
      ...model.weights,
      ...shown.flatMap(({ mean, variance }) => [mean, variance]),
    ]);
    expect(whole.largestRelativeResidual.value).toBeLessThan(1e-15);
    // A mean of twelve digits before the point is some 1e-5 deviations off: so much the shown numbers alone would lose.
    const rounded = await certify(fit, { rows });
    expect(rounded.stepGain).toBeGreaterThan(1e-12);
  });

  test('evaluates refinements: the complement of a probability near 1, the factor of a covariance that is nearly singular', async () => {
    const shown = { probability: 1 };
    const finer = await certify(
      {
        model: {
          family: 'binomial',
          options: { trials: 10 },
          weights: [1],
          components: [shown],
          exact: { components: [{ ...shown, complement: 1e-20 }] },
        },
        logLikelihood: -43,
      },
      { rows: [10, 10, 10, 9] },
    );
    // Ten heads have a probability of nearly 1, nine of 10 p^9 (1 - p).
    expect(finer.logLikelihood.nearest).toBeCloseTo(Math.log(1e-19), 13);
    expect(finer.parameters[1]).toMatchObject({ name: 'components[0].probability', value: 1 });
    expect(finer.parameters[1]!.residual).toBeCloseTo(39 / 40 - 1, 15);

    const factor = [[1], [1, 1e-9]];
    // 1 + 1e-18 as a double is 1, and the matrix of ones is singular.
    const plane = {
      mean: [0, 0],
      covariance: [
        [1, 1],
        [1, 1],
      ],
    };
    const rows = [
      [1, 1 + 2 ** -30],
      [-1, -1 + 2 ** -30],
      [0.5, 0.5 - 2 ** -30],
    ];
    const { logLikelihood } = await certify(
      {
        model: {
          family: 'multivariate-gaussian',
          weights: [1],
          components: [plane],
          exact: { components: [{ ...plane, factor }] },
        },
        logLikelihood: 50,
      },
      { rows },
    );
    // z = L^-1 x = (x, (y - x) 1e9), det L = 1e-9.
    const squares = rows.reduce((sum, [x, y]) => sum + x! ** 2 + ((y! - x!) * 1e9) ** 2, 0);
    expect(logLikelihood.nearest).toBeCloseTo(3 * Math.log(1e9 / (2 * Math.PI)) - squares / 2, 9);
  });

  test('counts case weights and known labels', async () => {
    const labels = tosses.rows.map((heads) => (heads === 6 ? 2 : -1));
    const plain = await certify(start, tosses, { steps: 1 });
    const labelled = await certify(start, { ...tosses, labels }, { steps: 1 });
    const doubled = await certify(start, { ...tosses, caseWeights: tosses.rows.map(() => 2) }, { steps: 1 });
    expect(labelled.logLikelihood.nearest).toBeLessThan(plain.logLikelihood.nearest);
    expect(doubled.logLikelihood.nearest).toBe(2 * plain.logLikelihood.nearest);
    expect(doubled.totalWeight).toBe(40);
    expect(plain.rateOfConvergence).toBeUndefined();
  });

  test('survives the trip through JSON', async () => {
    const certificate = await certify(start, tosses);
    expect(JSON.parse(JSON.stringify(certificate))).toEqual(certificate);
  });
});

describe('certifying', () => {
  const manyRows = { rows: Array.from({ length: 400 }, (_, i) => Math.sin(i) * 3 + (i % 2) * 5) };
  const bells: CertifiableFit = {
    model: {
      family: 'gaussian',
      weights: [0.5, 0.5],
      components: [
        { mean: 0, variance: 4 },
        { mean: 5, variance: 4 },
      ],
    },
    logLikelihood: -1000,
  };

  test('reports progress that never falls and ends at 1, and leaves the event loop free', async () => {
    const seen: CertifyProgress[] = [];
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await certify(bells, manyRows, { onProgress: (progress) => seen.push(progress) });
    clearInterval(timer);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)!.fraction).toBe(1);
    expect(seen.every(({ fraction }, i) => i === 0 || fraction >= seen[i - 1]!.fraction)).toBe(true);
    expect(new Set(seen.map(({ stage }) => stage))).toEqual(new Set(['evaluate', 'step']));
    expect(ticks).toBeGreaterThan(3);
  });

  test('stops when its signal says so', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = certify(bells, manyRows, { signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(running).rejects.toMatchObject({ code: 'aborted', cause: reason });
  });

  test('refuses what is no fit, and options out of range', async () => {
    const refused = async (fit: unknown, options = {}) =>
      certify(fit as CertifiableFit, tosses, options).then(
        () => 'nothing',
        (failure: unknown) => (failure instanceof ReferenceFailure ? failure.code : failure),
      );
    expect(await refused(undefined)).toBe('invalid-fit');
    expect(await refused({ logLikelihood: 1 })).toBe('invalid-fit');
    expect(await refused({ ...start, logLikelihood: Number.NaN })).toBe('invalid-fit');
    expect(await refused({ ...start, model: { ...start.model, components: [null, null, null] } })).toBe('invalid-fit');
    expect(await refused({ ...start, model: { ...start.model, weights: undefined } })).toBe('invalid-fit');
    expect(await refused({ ...start, model: { ...start.model, kind: 'hidden-markov' } })).toBe('invalid-fit');
    for (const held of [5, [], { components: 'mean' }, { components: ['mean'] }, { components: [[1]] }])
      expect(await refused({ ...start, model: { ...start.model, held } })).toBe('invalid-fit');
    expect(await refused({ ...start, model: { ...start.model, shared: 'variance' } })).toBe('invalid-fit');
    const { components } = start.model;
    for (const exact of [
      5,
      {},
      { components: [] },
      { components, origin: 3 },
      { components, origin: [Infinity] },
      { components, origin: [1, 2] },
    ])
      expect(await refused({ ...start, model: { ...start.model, exact } })).toBe('invalid-fit');
    expect(await refused({ ...start, model: { ...start.model, components: [{}, {}, {}], exact: { components } } })).toBe('invalid-fit');
    expect(await refused({ ...start, model: { ...start.model, family: 'nothing' } })).toBe('unknown-family');
    expect(await refused({ ...start, model: { ...start.model, components: [{}, {}, {}] } })).toBe('invalid-parameter');
    expect(await refused(start, { precision: 10 })).toBe('invalid-argument');
    expect(await refused(start, { steps: 0 })).toBe('invalid-argument');
    expect(await refused(start, { mustRaise: Number.NaN })).toBe('invalid-argument');
  });
});
