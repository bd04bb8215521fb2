import { readFileSync } from 'node:fs';
import { columnKernels, createRandom, type Kernel, type KernelConstants, type KernelKind, type Random, useKernels } from '@emkit/core';
import { Decimal } from 'decimal.js';
import { afterAll, describe, expect, it } from 'vitest';
import { compileKernels, generatedFile } from '../assembly/build.ts';
import { CHAIN_KERNELS } from '../src/kernels/chain.ts';
import type { ColumnFunctions, ColumnPasses } from '../src/kernels/columns.ts';
import { type Kernels, kernels } from '../src/kernels/kernels.ts';
import {
  COMPONENT_SUMS,
  correlatedRecord,
  correlatedSums,
  EXPONENTIAL_RECORD,
  EXPONENTIAL_SUMS,
  FUSED_RECORDS,
  GAUSSIAN_RECORD,
  GAUSSIAN_SUMS,
  independentRecord,
  independentSums,
  LOG_LIKELIHOOD,
  PLANE_RECORD,
  PLANE_SUMS,
  POWERS,
} from '../src/kernels/layout.ts';
import { readModuleText } from '../src/kernels/module-text.ts';
import { PosteriorPass } from '../src/kernels/posterior-pass.ts';
import { HIGH_WORD, STEPS, STEPS_PER_NAT } from '../src/kernels/powers.ts';
import { prepareShortcut, shortcutShape } from '../src/kernels/shortcut.ts';

afterAll(() => {
  useKernels('simd');
});

type AllKernels = Kernels & ColumnFunctions;

function both(): readonly [AllKernels, AllKernels] {
  return [all('simd'), all('plain')];
}

function all(kind: KernelKind): AllKernels {
  expect(useKernels(kind)).toBe(kind);
  return { ...kernels().further((columnKernels as ColumnPasses).further), ...kernels() };
}

const [simd, plain] = both();
const START = 1024;
const SIZE = 200_000;

/** Runs a function over equal memories and compares what it wrote, bit by bit. */
function expectSameBits(fill: (memory: Float64Array, random: Random) => void, run: (engine: AllKernels) => void, from: number, to: number) {
  const outputs = [simd, plain].map((engine) => {
    const memory = engine.memory(SIZE);
    memory.fill(0, START);
    fill(memory, createRandom(from + to));
    run(engine);
    return memory.slice(from, to);
  });
  expect(outputs[0]!.every(Number.isFinite) && outputs[0]!.some((value) => value !== 0)).toBe(true);
  expect(new BigInt64Array(outputs[0]!.buffer)).toEqual(new BigInt64Array(outputs[1]!.buffer));
}

const draw = (memory: Float64Array, from: number, count: number, value: () => number): void => {
  for (let index = from; index < from + count; index += 1) memory[index] = value();
};

/** Case weights of which the last few are padding. */
function drawWeights(memory: Float64Array, from: number, rows: number, uniform: boolean, random: Random): void {
  draw(memory, from, rows - 3, () => (uniform ? 1 : random.exponential()));
  memory.fill(0, from + rows - 3, from + rows);
}

it('the compiled kernels are those of the sources', async () => {
  expect(readFileSync(generatedFile, 'utf8')).toBe(await compileKernels());
});

it('the text of the compiled kernels can hold every byte', () => {
  // Of the 256 values the last 72 and the 92 before them have a prefix, in which order the text below counts them.
  const characters = Array.from({ length: 92 }, (_, index) => String.fromCharCode(35 + index));
  const text = [
    ...characters,
    ...characters.map((character) => ` ${character}`),
    ...characters.slice(0, 72).map((character) => `!${character}`),
  ];
  expect(Array.from(readModuleText(text.join('')))).toEqual(Array.from({ length: 256 }, (_, value) => (value - 6) & 255));
});

describe('exponential and logarithm', () => {
  const random = createRandom(11);
  it('responsibilities of two components x nats apart are right to 2 + x units in the last place', () => {
    const rows = 4096;
    const [joint, weights, sums, scratch] = [START, START + 3 * rows, START + 4 * rows, START + 4 * rows + 64];
    const memory = simd.memory(SIZE);
    memory.fill(0, START);
    draw(memory, joint, rows, () => -40 * random.uniform() ** 3);
    memory.fill(1, weights, weights + rows);
    const given = memory.slice(joint, joint + rows);
    simd.posterior(rows, 2, 8 * joint, 8 * weights, 0, 0, 8 * scratch, 8 * sums);
    let largest = 0;
    for (let row = 0; row < rows; row += 1) {
      const term = Decimal.exp(given[row]!);
      const exact = term.div(term.plus(1));
      const error = exact
        .minus(memory[joint + row]!)
        .abs()
        .div(exact.times(Number.EPSILON))
        .toNumber();
      // In steps an argument of x nats is right to two roundings, each up to x / 2 units in the last place of its exponential.
      largest = Math.max(largest, error - Math.abs(given[row]!));
    }
    expect(largest).toBeGreaterThan(0.2);
    expect(largest).toBeLessThan(2);
  });
  it('a difference of more than 709.1 nats has responsibility 0, and one of less than 708.4 nats has not', () => {
    const [joint, weights, sums, scratch] = [START, START + 64, START + 96, START + 160];
    const memory = simd.memory(SIZE);
    memory.fill(0, START, START + 2000);
    memory.fill(1, weights, weights + 16);
    memory[joint] = -709.1;
    memory[joint + 1] = -708.39;
    memory[joint + 3] = -708.8;
    memory[joint + 2] = -Infinity;
    simd.posterior(16, 2, 8 * joint, 8 * weights, 16, 0, 8 * scratch, 8 * sums);
    expect(memory[joint]).toBe(0);
    expect(memory[joint + 1]! / Math.exp(-708.39)).toBeCloseTo(1, 12);
    expect(memory[joint + 2]).toBe(0);
    expect(memory[joint + 3]).toBeGreaterThan(0);
    expect(memory[joint + 3]).toBeLessThan(memory[joint + 1]!);
  });
  it('log-likelihoods of single rows are the logarithms of their sums', () => {
    const [joint, weights, sums, scratch] = [START, START + 64, START + 96, START + 160];
    for (let turn = 0; turn < 2000; turn += 1) {
      const memory = simd.memory(SIZE);
      memory.fill(0, START, START + 2000);
      const term = -20 * random.uniform();
      memory[joint + 16] = term;
      memory[weights] = 1;
      simd.posterior(16, 2, 8 * joint, 8 * weights, 0, 0, 8 * scratch, 8 * sums);
      const exact = Decimal.exp(term).plus(1).ln();
      expect(
        exact
          .minus(memory[sums + LOG_LIKELIHOOD]! + memory[sums + LOG_LIKELIHOOD + 1]!)
          .abs()
          .toNumber(),
      ).toBeLessThan(2.3e-16);
    }
  });
  it('the table holds the powers of two, correctly rounded', () => {
    const memory = simd.memory(SIZE).slice(POWERS, POWERS + STEPS);
    const words = new Int32Array(memory.buffer);
    memory.forEach((_, j) => {
      words[2 * j + HIGH_WORD]! += j << 12;
      expect(memory[j]).toBe(new Decimal(2).pow(new Decimal(j).div(STEPS)).toNumber());
    });
  });
});

describe.each([
  ['simd', simd],
  ['plain', plain],
] as const)('rows far from all components, %s', (_, engine) => {
  // A Gaussian of variance 1 about 0 and one about 1, the second with weight 3/4; the reference is the second's peak.
  const place = { x: START, weights: START + 32, constants: START + 64, sums: START + 96, scratch: START + 160 };
  const relative = (constant: number): number => constant * STEPS_PER_NAT;
  const run = (rows: readonly number[]): { logLikelihood: number; count: number } => {
    const memory = engine.memory(SIZE);
    memory.fill(0, START, START + 1000);
    memory.set(rows, place.x);
    // Weights of rows that are said to have weight 1 are not read.
    memory.fill(-1, place.weights, place.weights + 16);
    memory.set([-1.2, 0, relative(Math.log(1 / 3)), 0, relative(0.5), 0, 0, 1, relative(0.5), 1], place.constants);
    engine.gaussian(16, 2, 8 * place.x, 8 * place.weights, 16, 8 * place.constants, 8 * place.scratch, 8 * place.sums);
    return {
      logLikelihood: memory[place.sums + LOG_LIKELIHOOD]! + memory[place.sums + LOG_LIKELIHOOD + 1]!,
      count: memory[place.sums + COMPONENT_SUMS]! + memory[place.sums + COMPONENT_SUMS + 1]!,
    };
  };
  it.each([12.5, 13, -12, 40, 1e3, -1e6])('a row at %d has the log-likelihood and the responsibilities it has', (far) => {
    const rows = [far, ...Array.from({ length: 15 }, (_, index) => index / 10)];
    let logLikelihood = new Decimal(0);
    let count = new Decimal(0);
    for (const x of rows) {
      const first = Decimal.exp(new Decimal(x).pow(2).times(-0.5)).div(3);
      const second = Decimal.exp(new Decimal(x).minus(1).pow(2).times(-0.5));
      logLikelihood = logLikelihood.plus(first.plus(second).ln()).minus(1.2);
      count = count.plus(first.div(first.plus(second)));
    }
    const answer = run(rows);
    expect(answer.logLikelihood / logLikelihood.toNumber()).toBeCloseTo(1, 14);
    expect(answer.count / count.toNumber()).toBeCloseTo(1, 14);
  });
});

const rows = 208;

describe.each([1, 2, 3, 7, 64])('the plain twin has the same bits, %i components', (components) => {
  describe.each([true, false])('weights uniform: %s', (uniform) => {
    // Where constants are large some rows are far from all components.
    it.each([
      ['gaussian', 1, GAUSSIAN_RECORD, GAUSSIAN_SUMS, 1],
      ['gaussian', 1, GAUSSIAN_RECORD, GAUSSIAN_SUMS, 400],
      ['exponential', 1, EXPONENTIAL_RECORD, EXPONENTIAL_SUMS, 1],
      ['exponential', 1, EXPONENTIAL_RECORD, EXPONENTIAL_SUMS, 400],
      ['plane', 2, PLANE_RECORD, PLANE_SUMS, 1],
      ['plane', 2, PLANE_RECORD, PLANE_SUMS, 20],
    ] as const)('%s', (name, columns, record, sums, spread) => {
      const x = START;
      const weights = x + columns * rows;
      const constantsAt = weights + rows;
      const records = constantsAt + FUSED_RECORDS;
      const sumsAt = records + record * components;
      const scratch = sumsAt + COMPONENT_SUMS + sums * components;
      expectSameBits(
        (memory, random) => {
          draw(memory, x, columns * rows, () => 4 * random.exponential());
          drawWeights(memory, weights, rows, uniform, random);
          memory[constantsAt] = -1.5;
          memory[constantsAt + 1] = 0;
          draw(memory, records, record * components, () => spread * random.normal() ** 2);
          // Constants less the largest of them are not above zero.
          for (let own = records; own < sumsAt; own += record) memory[own] = -memory[own]!;
        },
        (engine) => engine[name](rows, components, 8 * x, 8 * weights, uniform ? 192 : 0, 8 * constantsAt, 8 * scratch, 8 * sumsAt),
        sumsAt,
        scratch,
      );
    });

    it.each([0, 1])('posterior, cut %i', (cut) => {
      const joint = START;
      const weights = joint + rows * components;
      const sums = weights + rows;
      const scratch = sums + COMPONENT_SUMS + 2 * components;
      expectSameBits(
        (memory, random) => {
          draw(memory, joint, rows * components, () => (random.uniform() < 0.02 ? -12_000 : -90 * random.exponential()));
          drawWeights(memory, weights, rows, uniform, random);
        },
        (engine) => engine.posterior(rows, components, 8 * joint, 8 * weights, uniform ? 192 : 0, cut, 8 * scratch, 8 * sums),
        joint,
        scratch,
      );
    });
  });

  it.each([1, 2, 3, 4, 5, 7, 8, 10, 17])('densities and statistics of %i columns', (dimension) => {
    const columns = START;
    const weights = columns + rows * dimension;
    const joint = weights + rows;
    const constants = joint + rows * components;
    const record = Math.max(correlatedRecord(dimension), independentRecord(dimension));
    const means = constants + record * components;
    const sums = means + dimension * components;
    const statistics = sums + COMPONENT_SUMS + 2 * components;
    const length = Math.max(correlatedSums(dimension), independentSums(dimension));
    const scratch = statistics + length * components;
    const fill =
      (constant: () => number, skipped: number) =>
      (memory: Float64Array, random: Random): void => {
        draw(memory, columns, rows * dimension, () => 3 * random.normal());
        drawWeights(memory, weights, rows, true, random);
        draw(memory, constants, record * components, () => random.normal() ** 2 * constant());
        draw(memory, means, dimension * components, () => random.normal());
        draw(memory, joint, rows * components, () => (random.uniform() < skipped ? 0 : random.uniform()));
      };
    for (const skipped of [0, 0.1, 0.5, 1]) {
      if (skipped < 1) {
        expectSameBits(
          fill(() => 1, skipped),
          (engine) =>
            engine.independentStatistics(
              ...([rows, components, dimension] as const),
              ...([8 * columns, 8 * means, 8 * joint, 8 * scratch, 8 * statistics] as const),
            ),
          statistics,
          statistics + independentSums(dimension) * components,
        );
      }
      for (const packing of skipped < 1 ? [0, 1] : []) {
        expectSameBits(
          fill(() => 1, skipped),
          (engine) =>
            engine.correlatedStatistics(rows, dimension, 64, packing, 8 * columns, 8 * means, 8 * joint, 8 * scratch, 8 * statistics),
          statistics,
          statistics + correlatedSums(dimension),
        );
      }
    }
    expectSameBits(
      fill(() => 0.8, 0),
      (engine) => engine.whitenedColumns(rows, dimension, 8 * columns, 8 * constants, 8 * scratch, 8 * (scratch + rows * dimension)),
      scratch,
      scratch + rows * dimension,
    );
    expectSameBits(
      fill(() => 1, 0),
      (engine) => engine.independentDensities(rows, components, dimension, 8 * columns, 8 * constants, 8 * joint),
      joint,
      constants,
    );
    // Bounds change what is finished, and nothing that is left after the cut.
    for (const prefix of dimension >= 8 ? [0, 4, 8] : [0]) {
      expectSameBits(
        fill(() => 0.8, 0),
        (engine) => {
          const places = [8 * columns, 8 * constants, 8 * joint, 8 * scratch] as const;
          engine.correlatedDensities(rows, components, dimension, prefix < dimension ? prefix : 0, ...places);
          engine.posterior(rows, components, 8 * joint, 8 * weights, 192, 1, 8 * scratch, 8 * sums);
        },
        joint,
        constants,
      );
    }
  });
});

/** The posterior of one row and what it adds to log-likelihood and entropy, with twenty digits. */
function exactPosterior(densities: readonly number[]): { logDensity: Decimal; entropy: Decimal; responsibilities: readonly Decimal[] } {
  const logs = densities.filter(Number.isFinite).map((density) => new Decimal(density));
  const largest = Decimal.max(...logs);
  const total = logs.reduce((sum, value) => sum.plus(Decimal.exp(value.minus(largest))), new Decimal(0));
  const logDensity = largest.plus(total.ln());
  const responsibilities = densities.map((density) =>
    density === -Infinity ? new Decimal(0) : Decimal.exp(new Decimal(density).minus(logDensity)),
  );
  const entropy = logs.reduce(
    (sum, value) => sum.minus(Decimal.exp(value.minus(logDensity)).times(value.minus(logDensity))),
    new Decimal(0),
  );
  return { logDensity, entropy, responsibilities };
}

describe.each(['simd', 'plain'] as const)('the posterior between families’ own loops, %s', (kind) => {
  it.each([
    ['that overlap', 1, 1],
    ['far from each other', 5, 60],
    ['thousands of nats apart', 12, 5000],
    ['one component', 1, 0],
  ])('%s: responsibilities, counts, log-likelihood and entropy are those of the densities', (_, components, spread) => {
    useKernels(kind);
    const random = createRandom(components);
    const size = 60;
    const densities = Array.from({ length: components + 1 }, () =>
      Float64Array.from({ length: size }, () => (spread > 0 && random.uniform() < 0.1 ? -Infinity : -30 - spread * random.exponential())),
    );
    // No row is impossible.
    densities[0]!.fill(-30);
    const used = spread === 0 ? densities.slice(0, 1) : densities;
    const exact = Array.from({ length: size }, (__, row) => exactPosterior(used.map((density) => density[row]!)));
    for (const weights of [undefined, Float64Array.from({ length: size }, () => random.exponential())]) {
      const pass = new PosteriorPass(used.length);
      const out = new Float64Array(3 + used.length);
      const views = pass.densities(size);
      views.forEach((view, component) => {
        view.set(used[component]!);
      });
      pass.run({ size, ...(weights && { weights }) }, out);
      const sum = (of: (row: number) => Decimal): number =>
        exact.reduce((total, ___, row) => total.plus(of(row).times(weights?.[row] ?? 1)), new Decimal(0)).toNumber();
      expect(out[0]! / sum((row) => exact[row]!.logDensity)).toBeCloseTo(1, 14);
      expect(out[1]).toBeGreaterThanOrEqual(Math.abs(out[0]!));
      expect(Math.abs(out[2]! - sum((row) => exact[row]!.entropy))).toBeLessThan(size * 2 ** -53);
      expect(out[2]).toBeGreaterThanOrEqual(0);
      views.forEach((responsibilities, component) => {
        expect(Math.abs(out[3 + component]! / sum((row) => exact[row]!.responsibilities[component]!) - 1)).toBeLessThan(1e-12);
        exact.forEach((row, index) => {
          const value = row.responsibilities[component]!.times(weights?.[index] ?? 1).toNumber();
          // Terms below 1e-308 become 0.
          if (value > 1e-300) expect(Math.abs(responsibilities[index]! / value - 1)).toBeLessThan(1e-12);
          else expect(responsibilities[index]!).toBeLessThan(1e-299);
        });
      });
    }
  });
});

interface Pass {
  readonly density: Kernel<KernelConstants>['density'];
  readonly components: readonly KernelConstants[];
  logDensity(x: readonly number[], own: KernelConstants): Decimal;
}

const constantsOf = (location: readonly number[], scale: readonly number[], constant: number): KernelConstants => ({
  constant,
  location: Float64Array.from(location),
  scale: Float64Array.from(scale),
  units: new Float64Array(2).fill(0.5),
});

/** Three components along a line, from which the second column deviates by so much. */
const along = (deviation: number): Pass => ({
  density: 'correlated-gaussian',
  components: [0, 1, 3].map((k) => constantsOf([1.5 * k, 1.2 * k], [1.5, 0, 1.2, deviation], -k)),
  logDensity(x, { constant, location, scale }) {
    const y0 = new Decimal(x[0]!).minus(location[0]!).div(scale[0]!);
    const y1 = new Decimal(x[1]!).minus(location[1]!).minus(y0.times(scale[2]!)).div(scale[3]!);
    return new Decimal(constant).minus(y0.pow(2).plus(y1.pow(2)).div(2));
  },
});

const passes: Readonly<Record<string, Pass>> = {
  exponentials: {
    density: 'exponential',
    components: [0, 1, 2].map((k) => constantsOf([], [2 ** k], k)),
    logDensity: (x, { constant, scale }) => new Decimal(constant).minus(new Decimal(x[0]!).times(scale[0]!)),
  },
  Gaussians: {
    density: 'independent-gaussian',
    components: [0, 1, 4].map((k) => constantsOf([k], [0.5 / (1 + k)], -0.5 * k)),
    logDensity: (x, { constant, location, scale }) =>
      new Decimal(constant).minus(new Decimal(x[0]!).minus(location[0]!).pow(2).times(scale[0]!)),
  },
  'correlated columns': along(0.7),
  // Two columns are taken together unless they nearly lie on a line.
  'nearly collinear columns': along(2 ** -4),
  'more nearly collinear columns': along(2 ** -10),
};

describe.each(['simd', 'plain'] as const)('the entropy of a pass that does everything, %s', (kind) => {
  it.each(Object.entries(passes))('%s: it is right to the rounding of the log-likelihood', (_, { density, components, logDensity }) => {
    useKernels(kind);
    const dimension = Math.max(1, components[0]!.location.length);
    const random = createRandom(dimension);
    const rows = Array.from({ length: 80 }, (__, row) => {
      if (density === 'exponential') return [random.exponential()];
      const { location, scale } = components[row % components.length]!;
      const [z0, z1] = [random.normal(), random.normal()];
      return dimension === 1 ? [location[0]! + z0] : [location[0]! + scale[0]! * z0, location[1]! + scale[2]! * z0 + scale[3]! * z1];
    });
    const weights = [0.2, 0.5, 0.3];
    const exact = rows.map((row) =>
      exactPosterior(components.map((own, k) => logDensity(row, own).plus(Decimal.ln(weights[k]!)).toNumber())),
    );
    const entropy = exact.reduce((sum, row) => sum.plus(row.entropy), new Decimal(0)).toNumber();
    expect(entropy).toBeGreaterThan(1);

    const kernel: Kernel<KernelConstants> = { density, constants: (own) => own, columns: columnKernels };
    const length = 1 + dimension + (density === 'exponential' ? 0 : (dimension * (dimension + 1)) / 2);
    const offsets = components.map((__, component) => 6 + length * component);
    const shape = shortcutShape(
      components.map(() => ({ kernel, columns: rows[0]! })),
      offsets,
    )!;
    const out = new Float64Array(6 + 3 * length);
    const columns = rows[0]!.map((__, j) => Float64Array.from(rows, (row) => row[j]!));
    prepareShortcut(shape, { logWeights: weights.map(Math.log), at: components, about: components })!({ size: rows.length, columns }, out);
    expect(Math.abs(out[2]! - entropy)).toBeLessThan(1e-13 * out[1]!);
  });
});

describe.each(['simd', 'plain'] as const)('statistics of whitened columns, %s', (kind) => {
  /** The expectation of rows under a mixture of correlated Gaussians; its sums about `about`. */
  const run = (rows: readonly (readonly number[])[], at: readonly KernelConstants[], about: readonly KernelConstants[]) => {
    useKernels(kind);
    const kernel: Kernel<KernelConstants> = { density: 'correlated-gaussian', constants: (own) => own, columns: columnKernels };
    const dimension = rows[0]!.length;
    const length = 1 + dimension + (dimension * (dimension + 1)) / 2;
    const offsets = at.map((_, component) => 3 + at.length + length * component);
    const out = new Float64Array(3 + at.length + length * at.length);
    const shape = shortcutShape(
      at.map(() => ({ kernel, columns: rows[0]! })),
      offsets,
    )!;
    const columns = rows[0]!.map((_, j) => Float64Array.from(rows, (row) => row[j]!));
    prepareShortcut(shape, { logWeights: at.map(() => -Math.log(at.length)), at, about })!({ size: rows.length, columns }, out);
    return offsets.map((offset) => out.subarray(offset, offset + length));
  };
  const whiten = (row: readonly number[], { location, scale }: KernelConstants): number[] => {
    const y: number[] = [];
    row.forEach((x, j) => {
      let value = x - location[j]!;
      for (let k = 0; k < j; k += 1) value -= scale[j * row.length + k]! * y[k]!;
      y.push(value / scale[j * row.length + j]!);
    });
    return y;
  };

  it.each([1, 2, 3, 9])('%i columns: those of a component that asks for it, about any point, beside those of others', (dimension) => {
    const random = createRandom(dimension);
    const draw = (whitened: boolean): KernelConstants => ({
      constant: -random.uniform(),
      location: Float64Array.from({ length: dimension }, () => random.normal()),
      scale: Float64Array.from({ length: dimension ** 2 }, (_, index) =>
        index % (dimension + 1) === 0 ? 1 + random.uniform() : 0.3 * random.normal(),
      ),
      units: new Float64Array(dimension).fill(0.25),
      ...(whitened && { whitened }),
    });
    const rows = Array.from({ length: 1100 }, () => Array.from({ length: dimension }, () => 2 * random.normal()));
    const at = [draw(true), draw(false), draw(true)];
    for (const about of [at, [draw(true), draw(false), draw(false)]]) {
      const answers = run(rows, at, about);
      const expected = at.map(() => new Float64Array(answers[0]!.length));
      for (const row of rows) {
        const densities = at.map((own) => Math.exp(own.constant - whiten(row, own).reduce((sum, y) => sum + y * y, 0) / 2));
        const total = densities.reduce((sum, density) => sum + density);
        about.forEach((own, component) => {
          const responsibility = densities[component]! / total;
          const z = own.whitened ? whiten(row, own) : row.map((x, j) => (x - own.location[j]!) * own.units[j]!);
          const products = z.flatMap((first, j) => z.slice(0, j + 1).map((second) => first * second));
          [1, ...z, ...products].forEach((value, index) => {
            expected[component]![index]! += responsibility * value;
          });
        });
      }
      answers.forEach((answer, component) => {
        answer.forEach((value, index) => {
          expect(Math.abs(value - expected[component]![index]!)).toBeLessThan(1e-12 * rows.length);
        });
      });
    }
  });

  it('keep the smallest direction of a nearly singular covariance', () => {
    const random = createRandom(3);
    const deviation = 2 ** -24;
    const own: KernelConstants = { ...constantsOf([0, 0], [1, 0, 1, deviation], 0), whitened: true };
    const rows = Array.from({ length: 200 }, () => {
      const x = random.normal();
      return [x, x + deviation * random.normal()];
    });
    const [answer] = run(rows, [own], [own]);
    const exact = rows.reduce((sum, [x0, x1]) => sum.plus(new Decimal(x1!).minus(x0!).div(deviation).pow(2)), new Decimal(0)).toNumber();
    expect(Math.abs(answer![5]! / exact - 1)).toBeLessThan(1e-8);
  });
});

it('without WebAssembly the plain kernels serve', () => {
  const { WebAssembly } = globalThis as { WebAssembly?: unknown };
  try {
    delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
    expect(useKernels('simd')).toBe('plain');
  } finally {
    (globalThis as { WebAssembly?: unknown }).WebAssembly = WebAssembly;
  }
});

describe('the recursions of chains', () => {
  /** A chain with numbers of every size, whose last state is one that fills up. */
  const run = (states: number, kind: KernelKind): readonly number[] => {
    useKernels(kind);
    const engine = kernels();
    const random = createRandom(states);
    const rows = 37;
    const memory = engine.memory(4096 + 4 * rows * states + 4 * states * states);
    const [matrix, factors, totals, backward, weighed, pairs, filtered] = [0, 1, 2, 3, 4, 5, 6].map(
      (index) => 512 + index * (rows + 1) * states + (index > 0 ? states * states : 0) + (index > 5 ? states * states : 0),
    ) as [number, number, number, number, number, number, number];
    const isReal = (state: number): boolean => state < states - 1;
    for (let j = 0; j < states; j += 1)
      for (let k = 0; k < states; k += 1) memory[matrix + j * states + k] = isReal(j) && isReal(k) ? random.uniform() / states : 0;
    for (let index = 0; index < rows * states; index += 1)
      memory[factors + index] = isReal(index % states) ? 2 ** (-40 * random.uniform()) : 0;
    for (let k = 0; k < states; k += 1) {
      memory[filtered + k] = isReal(k) ? random.uniform() : 0;
      memory[backward + k] = 1;
    }
    memory.fill(0, pairs, pairs + states * states);
    const chain = engine.further(CHAIN_KERNELS);
    chain.chainForward(rows, states, 2 ** -60, 8 * factors, 8 * matrix, 8 * filtered, 8 * totals);
    const forwards = [...memory.slice(filtered, filtered + (rows + 1) * states), ...memory.slice(totals, totals + rows)];
    chain.chainBackward(rows, states, 8 * factors, 8 * matrix, 8 * filtered, 8 * backward, 8 * weighed, 8 * pairs);
    const smoothed = memory.slice(factors, factors + rows * states);
    return [...forwards, ...smoothed, ...memory.slice(backward, backward + states), ...memory.slice(pairs, pairs + states * states)];
  };

  it.each([2, 4, 8, 10, 18])('have the same bits in WebAssembly and in TypeScript, with %i states', (states) => {
    const simd = run(states, 'simd');
    expect(simd.every(Number.isFinite)).toBe(true);
    expect(simd.some((value) => value > 0 && value < 1e-15)).toBe(true);
    expect(run(states, 'plain')).toEqual(simd);
  });
});
