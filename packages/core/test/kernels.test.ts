import { readFileSync } from 'node:fs';
import { createRandom, type Random, useKernels } from '@emkit/core';
import { afterAll, describe, expect, it } from 'vitest';
import { compileKernels, generatedFile } from '../assembly/build.ts';
import { type Kernels, kernels } from '../src/kernels/kernels.ts';
import { exp, log } from '../src/numerics/elementary.ts';

afterAll(() => {
  useKernels('simd');
});

function both(): readonly [Kernels, Kernels] {
  expect(useKernels('plain')).toBe('plain');
  const plain = kernels();
  expect(useKernels('simd')).toBe('simd');
  return [kernels(), plain];
}

const [simd, plain] = both();
const START = 1024;
const SIZE = 200_000;

/** Runs a function over equal memories and compares what it wrote, bit by bit. */
function expectSameBits(fill: (memory: Float64Array, random: Random) => void, run: (engine: Kernels) => void, from: number, to: number) {
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

describe('exponential and logarithm', () => {
  const random = createRandom(11);
  it('the kernels give the bits of the scalar ones: responsibilities of two components are functions of one exponential', () => {
    const rows = 4096;
    const [joint, weights, sums, scratch] = [START, START + 3 * rows, START + 4 * rows, START + 4 * rows + 64];
    const memory = simd.memory(SIZE);
    memory.fill(0, START);
    draw(memory, joint, rows, () => -800 * random.uniform() ** 3);
    memory.fill(1, weights, weights + rows);
    const given = memory.slice(joint, joint + rows);
    simd.posterior(rows, 2, 8 * joint, 8 * weights, 0, 0, 8 * scratch, 8 * sums);
    for (let row = 0; row < rows; row += 1) {
      const term = given[row]! < -708 ? 0 : exp(given[row]!);
      expect(memory[joint + row]).toBe(term * (1 / (1 + term)));
    }
  });
  it('and log-likelihoods of single rows are their logarithms', () => {
    const [joint, weights, sums, scratch] = [START, START + 64, START + 96, START + 160];
    for (let turn = 0; turn < 2000; turn += 1) {
      const memory = simd.memory(SIZE);
      memory.fill(0, START, START + 2000);
      const term = -20 * random.uniform();
      memory[joint + 16] = term;
      memory[weights] = 1;
      simd.posterior(16, 2, 8 * joint, 8 * weights, turn & 1, 0, 8 * scratch, 8 * sums);
      expect(memory[sums]! + memory[sums + 1]!).toBe(log(exp(term) + 1));
    }
  });
});

const LIKELIHOOD = 6;
const rows = 208;

describe.each([1, 2, 3, 7, 64])('the plain twin has the same bits, %i components', (components) => {
  describe.each([true, false])('weights uniform: %s', (uniform) => {
    it.each([
      ['gaussian', 1, 4, 3],
      ['exponential', 1, 2, 2],
      ['plane', 2, 8, 6],
    ] as const)('%s', (name, columns, constants, sums) => {
      const x = START;
      const weights = x + columns * rows;
      const constantsAt = weights + rows;
      const sumsAt = constantsAt + constants * components;
      const scratch = sumsAt + LIKELIHOOD + 2 * sums * components;
      expectSameBits(
        (memory, random) => {
          draw(memory, x, columns * rows, () => 4 * random.exponential());
          drawWeights(memory, weights, rows, uniform, random);
          draw(memory, constantsAt, constants * components, () => random.normal() ** 2);
        },
        (engine) => engine[name](rows, components, 8 * x, 8 * weights, Number(uniform), 8 * constantsAt, 8 * scratch, 8 * sumsAt),
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
        (engine) => engine.posterior(rows, components, 8 * joint, 8 * weights, Number(uniform), cut, 8 * scratch, 8 * sums),
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
          engine.posterior(rows, components, 8 * joint, 8 * weights, 1, 1, 8 * scratch, 8 * sums);
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
