import { readFileSync } from 'node:fs';
import { columnKernels, createRandom, type KernelKind, type Random, useKernels } from '@emkit/core';
import { Decimal } from 'decimal.js';
import { afterAll, describe, expect, it } from 'vitest';
import { compileKernels, generatedFile } from '../assembly/build.ts';
import type { ColumnFunctions, ColumnPasses } from '../src/kernels/columns.ts';
import { type Kernels, kernels } from '../src/kernels/kernels.ts';
import { readModuleText } from '../src/kernels/module-text.ts';
import { HIGH_WORD, POWERS_START, STEPS, STEPS_PER_NAT } from '../src/kernels/powers.ts';

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
          .minus(memory[sums]! + memory[sums + 1]!)
          .abs()
          .toNumber(),
      ).toBeLessThan(2.3e-16);
    }
  });
  it('the table holds the powers of two, correctly rounded', () => {
    const memory = simd.memory(SIZE).slice(POWERS_START, POWERS_START + STEPS);
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
    return { logLikelihood: memory[place.sums]! + memory[place.sums + 1]!, count: memory[place.sums + 6]! + memory[place.sums + 7]! };
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

const LIKELIHOOD = 6;
const rows = 208;

describe.each([1, 2, 3, 7, 64])('the plain twin has the same bits, %i components', (components) => {
  describe.each([true, false])('weights uniform: %s', (uniform) => {
    // Where constants are large some rows are far from all components.
    it.each([
      ['gaussian', 1, 4, 3, 1],
      ['gaussian', 1, 4, 3, 400],
      ['exponential', 1, 2, 2, 1],
      ['exponential', 1, 2, 2, 400],
      ['plane', 2, 8, 6, 1],
      ['plane', 2, 8, 6, 20],
    ] as const)('%s', (name, columns, constants, sums, spread) => {
      const x = START;
      const weights = x + columns * rows;
      const constantsAt = weights + rows;
      const sumsAt = constantsAt + 2 + constants * components;
      const scratch = sumsAt + LIKELIHOOD + 2 * sums * components;
      expectSameBits(
        (memory, random) => {
          draw(memory, x, columns * rows, () => 4 * random.exponential());
          drawWeights(memory, weights, rows, uniform, random);
          memory[constantsAt] = -1.5;
          memory[constantsAt + 1] = 0;
          draw(memory, constantsAt + 2, constants * components, () => spread * random.normal() ** 2);
          // Constants less the largest of them are not above zero.
          for (let own = constantsAt + 2; own < sumsAt; own += constants) memory[own] = -memory[own]!;
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
      const scratch = sums + LIKELIHOOD + 2 * components;
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
    const size = 1 + dimension + (dimension * (dimension + 1)) / 2;
    const means = constants + Math.max(size, 1 + 2 * dimension) * components;
    const sums = means + dimension * components;
    const statistics = sums + LIKELIHOOD + 2 * components;
    const length = dimension + Math.max(dimension, (dimension * (dimension + 1)) / 2);
    const scratch = statistics + 2 * length * components;
    const fill =
      (constant: () => number, skipped: number) =>
      (memory: Float64Array, random: Random): void => {
        draw(memory, columns, rows * dimension, () => 3 * random.normal());
        drawWeights(memory, weights, rows, true, random);
        draw(memory, constants, size * components, () => random.normal() ** 2 * constant());
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
          statistics + 4 * dimension * components,
        );
      }
      for (const packing of skipped < 1 ? [0, 1] : []) {
        expectSameBits(
          fill(() => 1, skipped),
          (engine) =>
            engine.correlatedStatistics(
              ...([rows, components, dimension, 64, packing] as const),
              ...([8 * columns, 8 * means, 8 * joint, 8 * scratch, 8 * statistics] as const),
            ),
          statistics,
          statistics + 2 * (dimension + (dimension * (dimension + 1)) / 2) * components,
        );
      }
    }
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
          const places = [8 * columns, 8 * constants, 8 * size, 8 * joint, 8 * scratch] as const;
          engine.correlatedDensities(rows, components, dimension, prefix < dimension ? prefix : 0, ...places);
          engine.posterior(rows, components, 8 * joint, 8 * weights, 192, 1, 8 * scratch, 8 * sums);
        },
        joint,
        constants,
      );
    }
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
