import { createRandom } from '@emkit/core';
import { digamma, erf, erfc, exp, expm1, log, log1p, logGamma, trigamma } from '@emkit/core/numerics';
import { createReference } from '@emkit/reference';
import { compileKernel } from '../compile-kernel.ts';
import { type Decimal, ulps } from './measure.ts';
import { magnitude } from './points.ts';

/** Errors of one function over its points. */
export interface ElementaryMeasurement {
  readonly name: string;
  readonly budget: number;
  readonly points: readonly { readonly x: number; readonly ulps: number }[];
}

const POINTS = 500;

const reference = createReference({ precision: 40 });

// A pair at a time through memory: x at 65536, the answer at 65552. The table of powers is filled below.
const KERNELS = `
import { exponentialsOfSteps, logarithm } from './elementary';
export function exponential(): void {
  const x = v128.load(65536);
  exponentialsOfSteps(x, x, x, x, 65552);
}
export function logarithms(): void {
  v128.store(65552, logarithm(v128.load(65536)));
}
`;

/** Largest and median errors of the functions that every density rests on, those of the WebAssembly kernels among them. */
export async function measureElementary(): Promise<readonly ElementaryMeasurement[]> {
  const random = createRandom(23);
  const draw = (from: number, to: number) => (): number => from + (to - from) * random.uniform();
  const sized = (decades: number) => (): number => magnitude(random, decades);
  const nearOne = (): number => 1 + draw(-0.5, 0.5)() * magnitude(random, 8) ** 0.5 * 1e-4;
  const either =
    (...draws: readonly (() => number)[]) =>
    (): number =>
      draws[Math.floor(random.uniform() * draws.length)]!();
  const measure = (
    name: string,
    budget: number,
    actual: (x: number) => number,
    exact: (x: Decimal) => Decimal,
    point: () => number,
  ): ElementaryMeasurement => ({
    name,
    budget,
    points: Array.from({ length: POINTS }, () => {
      const x = point();
      const truth = exact(reference.decimal(x));
      return { x, ulps: ulps(reference, actual(x), truth, ulpScale(truth.toNumber())) };
    }),
  });
  const kernels = await compileKernel<{ exponential(): void; logarithms(): void }>(KERNELS);
  const memory = new Float64Array(kernels.memory.buffer);
  writePowers(memory);
  const through =
    (run: () => void) =>
    (x: number): number => {
      memory.fill(x, 8192, 8194);
      run();
      return memory[8194]!;
    };
  const perStep = reference.ln(reference.decimal(2)).div(256);
  return [
    measure('exp', 1, exp, (x) => reference.exp(x), draw(-708, 709)),
    measure(
      'expm1',
      1.5,
      expm1,
      (x) => reference.expm1(x),
      either(draw(-40, 40), () => draw(-1, 1)() * sized(10)() * 1e-10),
    ),
    measure('log', 1, log, (x) => reference.ln(x), either(sized(300), nearOne)),
    measure(
      'log1p',
      1.5,
      log1p,
      (x) => reference.log1p(x),
      either(draw(-0.9, 9), () => draw(-1, 1)() * sized(8)() * 1e-9),
    ),
    measure('logGamma', 4, logGamma, (x) => reference.logGamma(x), either(draw(0.01, 40), sized(2))),
    measure('digamma', 4, digamma, (x) => reference.digamma(x), either(draw(2, 40), sized(2))),
    measure('trigamma', 4, trigamma, (x) => reference.trigamma(x), either(draw(0.01, 40), sized(2))),
    measure('erf', 2, erf, (x) => reference.erf(x), draw(-6, 6)),
    measure('erfc', 4, erfc, (x) => reference.erfc(x), draw(-6, 26)),
    measure(
      'kernel: exponential of x steps',
      1.1,
      through(() => kernels.exponential()),
      (x) => reference.exp(x.times(perStep)),
      either(draw(-261_600, 0), draw(-2000, 0)),
    ),
    measure(
      'kernel: logarithm',
      1,
      through(() => kernels.logarithms()),
      (x) => reference.ln(x),
      either(sized(280), nearOne, draw(1, 64)),
    ),
  ];
}

/** So that an error in units of 2^-52 of it is one in units in the last place. */
function ulpScale(value: number): number {
  return 2 ** Math.floor(Math.log2(Math.abs(value)));
}

/** The table that the engine gives its kernels (a test of the engine holds it against these). */
function writePowers(memory: Float64Array): void {
  const words = new Int32Array(memory.buffer);
  for (let j = 0; j < 256; j += 1) {
    memory[256 + j] = reference.exp(reference.ln(reference.decimal(2)).times(j).div(256)).toNumber();
    words[2 * (256 + j) + 1]! -= j << 12;
  }
}
