import { readFileSync } from 'node:fs';
import { EmkitError, type FitOptions, fit, fitAsync, gated, readModel } from '@emkit/core';
import {
  allFamilies,
  binomialRegression,
  gaussian,
  gaussianRegression,
  multivariateGaussian,
  poisson,
  poissonRegression,
  product,
} from '@emkit/families';
import { createReference, referenceFamily } from '@emkit/reference';
import { describe, expect, test } from 'vitest';
import { CO2, GNP, NPREG_GAUSSIAN, NPREG_POISSON, NPREG_X } from './data/regressions.ts';

const closeTo = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < actual.length; index += 1) expect(Math.abs(actual[index]! - expected[index]!)).toBeLessThanOrEqual(tolerance);
};

const npreg = { yn: NPREG_GAUSSIAN, x: NPREG_X, 'x^2': NPREG_X.map((value) => value * value) };
const [, ...lines] = readFileSync(new URL('../../../apps/cli/data/patents.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const [patents, logRd, rdPerSales] = [0, 1, 2].map((column) => lines.map((line) => Number(line.split(',')[column]))) as [
  number[],
  number[],
  number[],
];
const patentData = { patents, log_rd: logRd, rd_per_sales: rdPerSales };
const patentModel = { latent: gated(3, { columns: ['rd_per_sales'] }), family: poissonRegression() };

describe('published mixtures of regressions', () => {
  test('NPreg, two parabolas: the true optimum, above the published value', () => {
    const { logLikelihood, components, diagnosis, criteria } = fit(npreg, { family: gaussianRegression({ predictors: 2 }), components: 2 });
    expect(diagnosis.kind).toBe('converged');
    // flexmix prints -642.5451 (its variances have the divisor n - p).
    expect(logLikelihood).toBeCloseTo(-642.53201374, 8);
    expect(criteria.parameters).toBe(9);
    const [line, bow] = [...components].sort((a, b) => a.coefficients[0]! - b.coefficients[0]!);
    closeTo(line!.coefficients, [-0.208566, 4.814486, 0.036538], 5e-7);
    closeTo(bow!.coefficients, [14.712916, 9.848438, -0.968528], 5e-7);
    closeTo(
      [line!, bow!].map(({ variance }) => Math.sqrt(variance)),
      [3.444404, 3.450931],
      5e-7,
    );
  });

  test('NPreg, two Poisson regressions', () => {
    const { logLikelihood, criteria } = fit({ yp: NPREG_POISSON, x: NPREG_X }, { family: poissonRegression(), components: 2 });
    // flexmix stops at -440.6424, BIC 907.7764.
    expect(logLikelihood).toBeGreaterThan(-440.6424);
    expect(logLikelihood).toBeCloseTo(-440.64029432, 8);
    expect(criteria.bic).toBeCloseTo(907.772175, 5);
  });

  test('carbon dioxide and gross national product of 28 countries', () => {
    const found = fit({ co2: CO2, gnp: GNP }, { family: gaussianRegression(), components: 2 });
    expect(found.logLikelihood).toBeCloseTo(-66.93977, 5);
    const [large, small] = found.weights[0]! > 0.5 ? found.components : [found.components[1]!, found.components[0]!];
    expect(Math.max(...found.weights)).toBeCloseTo(0.754921, 5);
    closeTo(large!.coefficients, [8.678987, -0.023344], 2e-5);
    closeTo(small!.coefficients, [1.41515, 0.676596], 1e-5);
    closeTo(
      [large!, small!].map(({ variance }) => Math.sqrt(variance)),
      [2.049315, 0.809389],
      5e-6,
    );
  });

  test('patents, three Poisson regressions gated by spending over sales: several optima, of which the evidence shows the highest first', () => {
    const found = fit(patentData, { ...patentModel, starts: 30 });
    expect(found.diagnosis.kind).toBe('converged');
    // flexmix 2.3, at a tolerance of 1e-10 and the best of 20 runs: -197.675022.
    expect(found.logLikelihood).toBeCloseTo(-197.6750214303, 8);
    expect(found.criteria.parameters).toBe(10);
    const heights = found.starts.map(({ logLikelihood }) => logLikelihood);
    expect(heights).toEqual([...heights].sort((a, b) => b - a));
    for (const [low, high] of [
      [-198, -197.675],
      [-203, -202.76],
      [-207, -206.5],
    ] as const)
      expect(heights.filter((height) => height > low && height < high).length).toBeGreaterThan(2);
    // The second is an optimum of its own: flexmix ends there too, at -202.7628858.
    const alone = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => fit(patentData, { ...patentModel, starts: 1, start: 'random', seed }));
    expect(alone.every(({ diagnosis }) => diagnosis.kind === 'converged')).toBe(true);
    expect(new Set(alone.map(({ logLikelihood }) => logLikelihood.toFixed(5)))).toEqual(new Set(['-197.67502', '-202.76289']));
  });
});

describe('digits', () => {
  const reference = createReference();
  const exactly = (id: string, options: Record<string, unknown>, rows: readonly (readonly number[])[], previous: never) =>
    referenceFamily(reference, id, options).maximize(
      rows.map((row) => row.map((value) => reference.decimal(value))),
      rows.map(() => reference.one),
      previous,
    );
  const noise = (seed: number): number => {
    const value = Math.sin(seed * 12.9898) * 43758.5453;
    return Math.round((value - Math.floor(value)) * 2 ** 20) / 2 ** 20 - 0.5;
  };

  test.each([
    ['a shift of 1e8 deviations', (i: number): readonly number[] => [1e8 + noise(i), noise(i + 500)]],
    ['a shift of 1e12', (i: number): readonly number[] => [1e12 + Math.round(1024 * noise(i)) / 1024, noise(i + 500)]],
    ['columns that differ by 1e-7', (i: number): readonly number[] => [noise(i), noise(i) + 1e-7 * noise(i + 500)]],
    ['units of 1e-150 and 1e150', (i: number): readonly number[] => [1e-150 * noise(i), 1e150 * noise(i + 500)]],
    ['years, their squares and all', (i: number): readonly number[] => [2000 + (i % 20), (2000 + (i % 20)) ** 2]],
  ])('linear regression under %s has the fitted values of 50 digits', (_, predictorsOf) => {
    const rows = Array.from({ length: 60 }, (__, i) => [3 + 2 * noise(i + 500) + 0.5 * noise(i + 900), ...predictorsOf(i)]);
    const found = fit(rows, { family: gaussianRegression({ predictors: 2 }), components: 1 });
    const exact = exactly('gaussian-regression', { predictors: 2 }, rows, {
      coefficients: [0, 0, 0].map((v) => reference.decimal(v)),
      variance: reference.one,
    } as never);
    const { coefficients, variance } = exact as unknown as {
      coefficients: { toNumber(): number; times(x: unknown): never }[];
      variance: { toNumber(): number };
    };
    expect(Math.abs(found.components[0]!.variance / variance.toNumber() - 1)).toBeLessThan(1e-9);
    const fitted = found.conditional(rows.map((row) => row.slice(1)));
    rows.forEach(([, ...x], i) => {
      const value = [reference.one, ...x.map((entry) => reference.decimal(entry))].reduce(
        (sum, entry, j) => sum.plus(entry.times(coefficients[j]! as never)),
        reference.zero,
      );
      expect(Math.abs(fitted.mean[i]! - value.toNumber())).toBeLessThan(2e-8);
    });
    expect(found.logLikelihood).toBeCloseTo(-30 * (Math.log(2 * Math.PI * variance.toNumber()) + 1), 7);
  });

  test('the coefficients are those of R (lm), for years', () => {
    const y = [2.1, 2.9, 4.2, 4.8, 6.1, 6.8, 8.3, 8.9];
    const [component] = fit({ y, year: y.map((__, i) => 2001 + i) }, { family: gaussianRegression(), components: 1 }).components;
    closeTo(component!.coefficients, [-1991.8285714285714, 0.9964285714285714], 1e-10);
    expect(component!.variance).toBeCloseTo(0.24821428571428572 / 8, 14);
  });

  test('a mixture of parabolas is the same with its predictors mirrored, scaled, or far from zero', () => {
    const family = gaussianRegression({ predictors: 2 });
    const plain = fit(npreg, { family, components: 2 });
    for (const change of [(v: number) => -v, (v: number) => 1e-9 * v, (v: number) => v + 2 ** 20]) {
      const x = NPREG_X.map(change);
      const other = fit({ yn: NPREG_GAUSSIAN, x, z: npreg['x^2'] }, { family, components: 2 });
      expect(other.logLikelihood).toBeCloseTo(plain.logLikelihood, 8);
    }
  });

  test.each([
    [
      'poisson-regression',
      poissonRegression(),
      { y: [2, 3, 0, 5, 9, 4, 12, 7, 20, 15], x: [0.1, 0.4, -0.3, 0.8, 1.2, 0.9, 1.9, 1.4, 2.2, 2.1] },
    ],
    [
      'binomial-regression',
      binomialRegression({ trials: 20 }),
      { y: [2, 3, 1, 5, 9, 4, 12, 7, 19, 15], x: [0.1, 0.4, -0.3, 0.8, 1.2, 0.9, 1.9, 1.4, 2.2, 2.1] },
    ],
  ])('%s of one component is the maximum of 50 digits, wherever its predictor lies', (id, family, { y, x }) => {
    const rows = y.map((value, i) => [value, x[i]!]);
    const exact = exactly(id, family.options, rows, { coefficients: [reference.zero, reference.zero] } as never) as unknown as {
      coefficients: { toNumber(): number }[];
    };
    const { components } = fit(rows, { family, components: 1 });
    closeTo(
      components[0]!.coefficients,
      exact.coefficients.map((value) => value.toNumber()),
      1e-12,
    );
    const far = fit(
      rows.map(([a, b]) => [a!, b! + 2 ** 20]),
      { family, components: 1 },
    );
    expect(far.components[0]!.coefficients[1]).toBeCloseTo(exact.coefficients[1]!.toNumber(), 8);
  });
});

describe('what the data cannot tell', () => {
  const three = { y: [1, 2, 4, 3, 7, 5], a: [1, 2, 3, 4, 5, 6], b: [2, 4, 6, 8, 10, 12] };
  test.each([
    gaussianRegression({ predictors: 2 }),
    poissonRegression({ predictors: 2 }),
    binomialRegression({ predictors: 2, trials: 9 }),
  ])('$id: a predictor that is a combination of others is named', (family) => {
    expect(() => fit(three, { family, components: 1 })).toThrow(/predictor x2 is a linear combination/);
  });

  test('an intercept beside a constant column, and fewer rows than coefficients', () => {
    expect(() => fit({ y: [1, 2, 4], a: [5, 5, 5] }, { family: gaussianRegression(), components: 1 })).toThrow(
      /predictor x is a linear combination of the intercept/,
    );
    expect(() =>
      fit(
        [
          [1, 2, 3],
          [2, 5, 1],
        ],
        { family: gaussianRegression({ predictors: 2 }), components: 1 },
      ),
    ).toThrow(EmkitError);
  });

  test('rows on a line have no variance', () => {
    expect(() => fit({ y: [1, 3, 5, 7], x: [0, 1, 2, 3] }, { family: gaussianRegression(), components: 1 })).toThrow(/variance/);
  });

  test.each([
    ['successes', binomialRegression(), { y: [0, 0, 0, 0, 1, 1, 1, 1], x: [1, 2, 3, 4, 5, 6, 7, 8] }, 0],
    [
      'successes but for one group',
      binomialRegression(),
      { y: [0, 0, 0, 1, 0, 1, 1, 1], x: [0, 0, 0, 1, 1, 1, 1, 1] },
      4 * Math.log(0.8) + Math.log(0.2),
    ],
    ['counts of 0', poissonRegression(), { y: [0, 0, 0, 0, 3, 5, 2, 4], x: [0, 0, 0, 0, 1, 1, 1, 1] }, -6.911770664],
  ])('separation of %s is a boundary, named, at the supremum', (_, family, data, supremum) => {
    for (const rule of [{}, { tolerance: 1e-9 }, { accelerate: false }]) {
      const found = fit(data, { family, components: 1, ...rule } as FitOptions);
      expect(found.diagnosis).toMatchObject({ kind: 'boundary', parameters: ['coefficients 1'] });
      expect(found.logLikelihood).toBeLessThanOrEqual(supremum + 1e-9);
      expect(found.logLikelihood).toBeGreaterThan(supremum - 1e-5);
    }
  });

  test('columns that separate the components end as the boundary of the gate', () => {
    const z = Array.from({ length: 60 }, (_, i) => i);
    const y = z.map((value) => (value < 30 ? 0 : 50) + Math.sin(7 * value));
    const found = fit({ y, z }, { latent: gated(2, { columns: ['z'] }), family: gaussian() });
    expect(found.diagnosis).toMatchObject({ kind: 'boundary', parameters: ['gate 2'] });
    expect(found.responsibilities({ y, z })[0]!.every((value) => value < 1e-9 || value > 1 - 1e-9)).toBe(true);
  });

  test.each([1e-200, 1e200])('a gate does not mind a unit of %d, nor a family with columns of its own', (unit) => {
    const g = NPREG_X.map((_, i) => Math.sin(7 * i) + (i < 100 ? 0 : 0.8));
    const data = { yn: NPREG_GAUSSIAN, x: NPREG_X, g };
    const options = { latent: gated(2, { columns: ['g'] }), family: multivariateGaussian({ dimension: 2 }) };
    const plain = fit(data, options);
    expect(plain.diagnosis.kind).toBe('converged');
    const scaled = fit({ ...data, g: g.map((value) => value * unit) }, options);
    expect(scaled.logLikelihood).toBeCloseTo(plain.logLikelihood, 8);
    expect(scaled.model.parameters.gate[1]![1]! * unit).toBeCloseTo(plain.model.parameters.gate[1]![1]!, 6);
  });

  test('extrapolations of what runs away find an end, and a large offset a beginning', () => {
    const certain = fit({ y: [1, 1, 1, 1], x: [1, 2, 3, 4] }, { family: binomialRegression(), components: 1 });
    expect(certain.diagnosis.kind).toBe('boundary');
    expect(certain.warnings).toEqual([]);
    const offset = fit(
      { y: [1, 2, 3, 5], x: [1, 2, 3, 4], o: [800, 800, 800, 800] },
      { family: poissonRegression({ offset: 'column' }), components: 1 },
    );
    const without = fit({ y: [1, 2, 3, 5], x: [1, 2, 3, 4] }, { family: poissonRegression(), components: 1 });
    expect(offset.logLikelihood).toBeCloseTo(without.logLikelihood, 10);
  });

  test('a constant column of a gate is named', () => {
    const y = [1, 2, 3, 7, 8, 9];
    expect(() => fit({ y, z: y.map(() => 4) }, { latent: gated(2, { columns: ['z'] }), family: gaussian() })).toThrow(
      /gate.*"z" is constant/,
    );
  });
});

describe('given values', () => {
  test('missing ones are errors that name row and column', () => {
    expect(() => fit({ y: [1, 2, 3], x: [1, Number.NaN, 3] }, { family: gaussianRegression(), components: 1 })).toThrow(/Row 2, column x/);
    expect(() => fit({ y: [1, 2, 3], z: [1, 2, Number.NaN] }, { latent: gated(2, { columns: ['z'] }), family: gaussian() })).toThrow(
      /Row 3, column z/,
    );
    expect(() => fit({ y: [1, 2, 3] }, { latent: gated(2, { columns: ['z'] }), family: gaussian() })).toThrow(/z/);
    for (const columns of [[], ['a', 'a'], 'a', undefined]) expect(() => gated(2, { columns } as never)).toThrow(/Name one or more/);
  });

  test('an offset is added, case weights are copies, held coefficients stay', () => {
    const [y, x, exposure] = [
      [3, 1, 4, 9, 6],
      [0, 1, 2, 3, 4],
      [1, 1, 2, 3, 1.5],
    ];
    const family = poissonRegression({ offset: 'column' });
    const offset = exposure.map(Math.log);
    const found = fit({ y, x, offset }, { family, components: 1 });
    const { coefficients } = found.components[0]!;
    const means = x.map((value, i) => exposure[i]! * Math.exp(coefficients[0]! + coefficients[1]! * value));
    expect(means.reduce((sum, mean) => sum + mean, 0)).toBeCloseTo(23, 10);
    expect(means.reduce((sum, mean, i) => sum + mean * x[i]!, 0)).toBeCloseTo(1 + 8 + 27 + 24, 10);
    const copies = [0, 0, 1, 2, 2, 2, 3, 4].map((row) => [y[row]!, x[row]!, offset[row]!]);
    const weighted = fit({ y, x, offset }, { family, components: 1, weights: [2, 1, 3, 1, 1] });
    closeTo(weighted.components[0]!.coefficients, fit(copies, { family, components: 1 }).components[0]!.coefficients, 1e-11);
    const start = { weights: [1], components: [{ coefficients: [0.5, 0.25] }] };
    expect(
      fit({ y, x, offset }, { family, components: 1, start, held: { components: [['coefficients']] } }).components[0]!.coefficients,
    ).toEqual([0.5, 0.25]);
  });

  test('binomial regression with trials in a column gives the coefficients of R (glm)', () => {
    const x = [
      -0.962, -0.293, 0.259, -1.152, 0.196, 0.03, 0.085, 1.117, -1.219, 1.267, -0.745, -1.131, -0.716, 0.253, 0.152, -0.308, -0.953, -0.648,
      1.224, 0.2, -0.578, -0.942, -0.204, -1.666, -0.484, -0.741, 1.161, 1.012, -0.072, -1.137, 0.901, 0.852, 0.728, 0.737, -0.352, 0.706,
      1.3, 0.038, -0.979, 0.794,
    ];
    const trials = [
      9, 8, 6, 2, 11, 9, 5, 7, 8, 11, 2, 5, 6, 9, 10, 5, 6, 6, 5, 8, 9, 8, 5, 8, 7, 6, 3, 6, 4, 6, 6, 4, 4, 5, 10, 8, 9, 8, 5, 7,
    ];
    const y = [3, 4, 4, 0, 6, 4, 3, 5, 3, 8, 0, 1, 1, 3, 6, 2, 0, 0, 3, 4, 3, 1, 2, 2, 4, 1, 2, 3, 2, 0, 3, 4, 1, 4, 4, 6, 8, 2, 1, 6];
    const found = fit({ y, trials, x }, { family: binomialRegression({ trials: 'column' }), components: 1 });
    closeTo(found.components[0]!.coefficients, [-0.2059874782813922, 1.0767915249355371], 1e-12);
    expect(found.logLikelihood).toBeCloseTo(-55.62315750294152, 10);
  });
});

describe('a gated model', () => {
  const found = fit(patentData, patentModel);

  test('has the log-likelihood of 50 digits at its parameters, and a gate whose scores vanish', () => {
    const reference = createReference();
    const family = referenceFamily(reference, 'poisson-regression', {});
    const { gate } = found.model.parameters;
    const parameters = found.components.map((values) => family.fromNumbers(values));
    const scores = gate.map(() => [reference.zero, reference.zero]);
    let total = reference.zero;
    patents.forEach((count, row) => {
      const given = [reference.one, reference.decimal(rdPerSales[row]!)];
      const odds = gate.map((entries) => reference.exp(reference.sum(entries.map((entry, j) => given[j]!.times(entry)))));
      const cells = [count, logRd[row]!].map((value) => reference.decimal(value));
      const weights = odds.map((value) => value.div(reference.sum(odds)));
      const joint = parameters.map((values, k) => weights[k]!.times(reference.exp(family.logDensity(cells, values))));
      const density = reference.sum(joint);
      total = total.plus(reference.ln(density));
      joint.forEach((value, k) => {
        given.forEach((entry, j) => {
          scores[k]![j] = scores[k]![j]!.plus(entry.times(value.div(density).minus(weights[k]!)));
        });
      });
    });
    expect(Math.abs(total.toNumber() - found.logLikelihood)).toBeLessThan(1e-11);
    for (const entries of scores) for (const score of entries) expect(Math.abs(score.toNumber())).toBeLessThan(1e-6);
  });

  test('is typed, saved and read back without being named, and gives the same answers', () => {
    const gate: readonly (readonly number[])[] = found.model.parameters.gate;
    expect(gate.map((row) => row.length)).toEqual([2, 2, 2]);
    const again = readModel(JSON.parse(JSON.stringify(found)), allFamilies);
    expect(JSON.stringify(again)).toBe(JSON.stringify(found.model));
    expect(again.predict(patentData)).toEqual(found.predict(patentData));
    const broken = JSON.parse(JSON.stringify(found.model)) as { gate: number[][] };
    broken.gate[1]![0]! += 1e-9;
    expect(() => readModel(broken, allFamilies)).toThrow(/gate/);
    expect(() => readModel({ ...broken, gate: [[0, 0]], gateFrame: undefined }, allFamilies)).toThrow(/gate must be 3 lists of 2/);
  });

  test('is the same for two threads, in any order of the rows, and resumed', async () => {
    const cut = { ...patentModel, blockSize: 16 };
    const alone = fit(patentData, cut);
    const together = await fitAsync(patentData, { ...cut, threads: 2 });
    expect(JSON.stringify(together)).toBe(JSON.stringify(alone));
    const turned = Object.fromEntries(Object.entries(patentData).map(([name, values]) => [name, [...values].reverse()]));
    expect(fit(turned, patentModel).logLikelihood).toBeCloseTo(found.logLikelihood, 9);
    const states: unknown[] = [];
    await fitAsync(patentData, { ...patentModel, threads: 1, onProgress: ({ state }) => states.push(JSON.parse(JSON.stringify(state))) });
    const resumed = fit(patentData, { ...patentModel, resume: states[2] as never });
    expect(resumed.logLikelihood).toBe(found.logLikelihood);
  });

  test('is drawn from, given the columns; drawn rows lead back to it', () => {
    const draw = (rows: number) =>
      found.model.sample(rows, 5, {
        x: Array.from({ length: rows }, (_, i) => logRd[i % 70]!),
        rd_per_sales: Array.from({ length: rows }, (_, i) => rdPerSales[i % 70]!),
      });
    const { columns, labels } = draw(14_000);
    const { weights } = found.conditional(patentData);
    [0, 1, 2].forEach((k) => {
      const expected = weights[k]!.reduce((sum, weight) => sum + weight, 0) / 70;
      const share = labels.filter((label) => label === k).length / 14_000;
      // Five standard deviations of a share, and the seed is fixed.
      expect(Math.abs(share - expected)).toBeLessThan(5 * Math.sqrt(0.25 / 14_000));
    });
    const again = fit(
      { patents: columns[0]!, log_rd: columns[1]!, rd_per_sales: Array.from(labels, (_, i) => rdPerSales[i % 70]!) },
      { ...patentModel, starts: 4 },
    );
    const sorted = (components: readonly { readonly coefficients: readonly number[] }[]): number[] =>
      components.map(({ coefficients }) => coefficients[1]!).sort();
    closeTo(sorted(again.components), sorted(found.components), 0.05);
    expect(() => found.model.sample(3, 1, { x: 1 })).toThrow(/rd_per_sales is given/);
  });
});

describe('the response given the other columns', () => {
  test('its mean and quantiles, by component and of the mixture', () => {
    const found = fit(npreg, { family: gaussianRegression({ predictors: 2 }), components: 2 });
    const at = { x: [1, 5, 9], 'x^2': [1, 25, 81] };
    const { mean, componentMeans, quantiles, componentQuantiles, weights } = found.conditional(at, { probabilities: [0.1, 0.9] });
    const family = gaussianRegression({ predictors: 2 });
    at.x.forEach((x, row) => {
      const cells = Float64Array.of(0, x, x * x);
      found.components.forEach(({ coefficients, variance }, k) => {
        const expected = coefficients[0]! + coefficients[1]! * x + coefficients[2]! * x * x;
        expect(componentMeans[k]![row]).toBeCloseTo(expected, 10);
        expect(componentQuantiles[k]![1]![row]).toBeCloseTo(expected + 1.2815515655446004 * Math.sqrt(variance), 10);
        expect(weights[k]![row]).toBe(found.weights[k]);
      });
      expect(mean[row]).toBeCloseTo(found.weights[0]! * componentMeans[0]![row]! + found.weights[1]! * componentMeans[1]![row]!, 12);
      [0.1, 0.9].forEach((probability, q) => {
        const reached = found.components.reduce(
          (sum, values, k) => sum + found.weights[k]! * family.cdf!(quantiles[q]![row]!, values, cells),
          0,
        );
        expect(reached).toBeCloseTo(probability, 12);
      });
    });
  });

  test('quantiles of counts are the smallest that reach their probability, and a gate weighs each row', () => {
    const found = fit(patentData, patentModel);
    const family = poissonRegression();
    const { quantiles, weights } = found.conditional(patentData, { probabilities: [0.5] });
    patents.forEach((_, row) => {
      const below = (count: number): number =>
        found.components.reduce(
          (sum, values, k) => sum + weights[k]![row]! * family.cdf!(count, values, Float64Array.of(0, logRd[row]!)),
          0,
        );
      expect(below(quantiles[0]![row]!)).toBeGreaterThanOrEqual(0.5);
      if (quantiles[0]![row]! > 0) expect(below(quantiles[0]![row]! - 1)).toBeLessThan(0.5);
      expect(weights.reduce((sum, values) => sum + values[row]!, 0)).toBeCloseTo(1, 12);
    });
    expect(() => found.conditional(patentData, { probabilities: [2] })).toThrow(/from 0 to 1/);
  });
});

describe('missing values', () => {
  const gone = [3, 31];
  const holed = (values: readonly number[]): (number | null)[] => values.map((value, row) => (gone.includes(row) ? null : value));
  const short = (values: readonly number[]): number[] => values.filter((_, row) => !gone.includes(row));
  const without = fit({ patents: short(patents), log_rd: short(logRd), rd_per_sales: short(rdPerSales) }, patentModel);

  test('a row without its response tells nothing, beside a gate too', () => {
    const found = fit({ ...patentData, patents: holed(patents) }, { ...patentModel, missing: 'integrate' });
    expect(found.missing).toEqual({ cells: [2, 0], emptyRows: 0, dropped: 0 });
    expect(found.logLikelihood).toBeCloseTo(without.logLikelihood, 9);
    found.components.forEach(({ coefficients }, k) => {
      closeTo(coefficients, without.components[k]!.coefficients, 1e-5);
    });
  });

  test('a response is filled in from the weights and predictors of its row', () => {
    const { model } = fit(patentData, patentModel);
    const data = { ...patentData, patents: holed(patents) };
    const filled = model.impute(data, { columns: ['patents', 'log_rd'] });
    const { mean } = model.conditional(patentData, { columns: ['log_rd'] });
    expect(filled).toHaveLength(2);
    for (const row of gone) expect(filled[0]![row]).toBeCloseTo(mean[row]!, 10);
    expect(Array.from(filled[1]!)).toEqual(logRd);
  });

  test.each(['log_rd', 'rd_per_sales'] as const)('%s has no law of its own: its holes are refused, or their rows left out', (column) => {
    const data = { ...patentData, [column]: holed(patentData[column]) };
    expect(() => fit(data, { ...patentModel, missing: 'integrate' })).toThrow(new RegExp(`Row 4, column ${column}: the value is missing`));
    const found = fit(data, { ...patentModel, missing: 'drop' });
    expect(found.missing?.dropped).toBe(2);
    expect(found.logLikelihood).toBe(without.logLikelihood);
  });

  test('a predictor is never made up, though its response is missing too', () => {
    const { model } = fit(patentData, patentModel);
    const data = { ...patentData, patents: holed(patents), log_rd: holed(logRd) };
    expect(() => model.impute(data, { columns: ['patents', 'log_rd'] })).toThrow(/Row 4, column log_rd: the value is missing/);
  });

  test('a regression is a part of a product, beside other columns with holes of their own', () => {
    const family = product({ line: poissonRegression(), other: poisson() });
    const other = patents.map((_, row) => row % 7);
    const columns = ['patents', 'log_rd', 'other'];
    const whole = { patents: holed(patents), log_rd: holed(logRd), other };
    const found = fit(whole, { family, components: 1, columns, missing: 'integrate' });
    const line = fit({ patents: short(patents), log_rd: short(logRd) }, { family: poissonRegression(), components: 1 });
    closeTo(found.components[0]!.line.coefficients, line.components[0]!.coefficients, 1e-6);
    expect(found.components[0]!.other.rate).toBeCloseTo(other.reduce((sum, value) => sum + value, 0) / other.length, 12);
    expect(() => fit({ ...whole, patents }, { family, components: 1, columns, missing: 'integrate' })).toThrow(
      /Row 4, column log_rd: the value is missing, and that of patents is not/,
    );
  });

  test('a variance held with shared coefficients stays', () => {
    const family = gaussianRegression({ predictors: 2 });
    const start = { weights: [0.5, 0.5], components: [1, 2].map(() => ({ coefficients: [0, 1, 0], variance: 9 })) };
    const found = fit(npreg, { family, components: 2, shared: ['coefficients', 'variance'], held: { components: [['variance']] }, start });
    expect(found.components.map(({ variance }) => variance)).toEqual([9, 9]);
    expect(found.components[0]!.coefficients[0]).not.toBe(0);
  });
});
