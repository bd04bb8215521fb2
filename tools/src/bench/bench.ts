// `pnpm bench`: how emkit's cost grows, what a first fit costs, memory, and passes saved by acceleration.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createDataset,
  createMixture,
  createRandom,
  type DataInput,
  drive,
  type Family,
  fit,
  fitAsync,
  fitSteps,
  type MixtureParameters,
  memorySource,
  runAsync,
  runSync,
  startState,
  workerSource,
} from '@emkit/core';
import { binomial, exponential, gaussian, poisson } from '@emkit/families';
import { median } from './participants.ts';
import { makeProblem, type Recipe } from './problems.ts';
import { type AccelerationResult, type ScalingPoint, saveResults } from './results.ts';
import { measureRoofline } from './roofline.ts';
import { measureSizes } from './size.ts';

const here: string = dirname(fileURLToPath(import.meta.url));
const ROUNDS = 7;

/** Milliseconds of one EM iteration, the median of several rounds. */
function timeIteration(recipe: Recipe): number {
  const { family, columns, start, components } = makeProblem(recipe);
  const mixture = createMixture({ family, components });
  const source = memorySource(createDataset(columns[0]!, mixture.families, components));
  const iterations = Math.max(3, Math.min(2000, Math.round(2e7 / (recipe.rows * components))));
  const times: number[] = [];
  for (let round = -2; round < ROUNDS; round += 1) {
    const begin = performance.now();
    runSync(drive(mixture, startState('em', start), { iterations, tolerance: 0 }), source);
    if (round >= 0) times.push((performance.now() - begin) / (iterations + 1));
  }
  return median(times);
}

function report(text: string): void {
  console.log(text);
}

function scaling(recipes: readonly Recipe[]): ScalingPoint[] {
  return recipes.map((recipe) => {
    const milliseconds = timeIteration(recipe);
    const each = (1e6 * milliseconds) / recipe.rows / recipe.components;
    report(
      `${String(recipe.rows).padStart(9)} rows, ${recipe.components} components: ${milliseconds.toFixed(4)} ms, ${each.toFixed(2)} ns for each`,
    );
    return { rows: recipe.rows, components: recipe.components, milliseconds };
  });
}

/** Milliseconds of an iteration by one thread and by two: in fits that start their workers, and with workers that are at work already. */
async function timeWorkers(): Promise<{ one: number; two: number; twoWarm: number }> {
  const { family, columns, start, components } = makeProblem({ name: 'workers', kind: 'gaussian', rows: 1e6, components: 3, spread: 3 });
  const mixture = createMixture({ family, components });
  const dataset = createDataset(columns[0]!, mixture.families, components);
  const source = workerSource(dataset, { threads: 2, startWorker: family.startWorker! });
  const run = async (threads: number, iterations: number): Promise<number> => {
    const begin = performance.now();
    await fitAsync(columns[0]!, { family, components, start, accelerate: false, tolerance: 0, iterations, threads });
    return performance.now() - begin;
  };
  const runWarm = async (iterations: number): Promise<number> => {
    const begin = performance.now();
    await runAsync(drive(mixture, startState('em', start), { iterations, tolerance: 0 }), source);
    return performance.now() - begin;
  };
  const times: number[][] = [[], [], []];
  try {
    for (let round = -1; round < 7; round += 1) {
      for (const [index, take] of [(n: number) => run(1, n), (n: number) => run(2, n), runWarm].entries()) {
        const one = await take(1);
        const more = await take(41);
        if (round >= 0) times[index]!.push((more - one) / 40);
      }
    }
  } finally {
    await source.close?.();
  }
  return { one: median(times[0]!), two: median(times[1]!), twoWarm: median(times[2]!) };
}

/** Runs a program in a new process of Node on the built packages, as users have them, and gives the numbers it prints. */
function fresh(program: string): number[] {
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: join(here, '../..'),
    encoding: 'utf8',
  });
  return text.trim().split(/\s+/).map(Number);
}

const FIRST_FIT = `
const begin = performance.now();
const { fit } = await import('@emkit/core');
const { gaussian } = await import('@emkit/families');
const loaded = performance.now();
fit([1, 2, 1.5, 9, 10, 11, 9.5], { family: gaussian(), components: 2 });
console.log(loaded - begin, performance.now() - loaded);
`;

const memoryProgram = (rows: number): string => `
const { fit, createRandom } = await import('@emkit/core');
const { gaussian } = await import('@emkit/families');
const random = createRandom(1);
fit([1, 2, 1.5, 9, 10, 11, 9.5], { family: gaussian(), components: 2 });
const idle = process.memoryUsage().rss;
const data = new Float64Array(${rows});
for (let row = 0; row < data.length; row += 1) data[row] = random.normal() + 4 * (row % 3);
fit(data, { family: gaussian(), components: 3, iterations: 10, tolerance: 0, start: { weights: [0.3, 0.3, 0.4], components: [0, 4, 8].map((mean) => ({ mean, variance: 1 })) } });
// The kernel counts the peak of the process that started this one into maxRSS, and not into VmHWM.
const { readFileSync } = await import('node:fs');
console.log(idle / 2 ** 20, Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
`;

interface SlowProblem {
  readonly name: string;
  readonly family: Family;
  readonly data: DataInput;
  readonly weights?: readonly number[];
  readonly start: MixtureParameters;
}

function slowProblems(): readonly SlowProblem[] {
  const random = createRandom(9);
  const notices = [162, 267, 271, 185, 111, 61, 27, 8, 3, 1];
  const rates = { weights: [0.5, 0.5], components: [{ rate: 0.9 }, { rate: 2.5 }] };
  const coins = [0.3, 0.5, 0.6];
  return [
    {
      name: 'Poisson, the death notices of Hasselblad (1969)',
      family: poisson(),
      data: notices.map((_, deaths) => deaths),
      weights: notices,
      start: { weights: [0.3, 0.7], components: [{ rate: 1 }, { rate: 2.5 }] },
    },
    {
      name: 'exponentials with rates 2:1, 10,000 rows',
      family: exponential(),
      data: Float64Array.from({ length: 1e4 }, (_, row) => random.exponential() / (1 + (row % 2))),
      start: rates,
    },
    {
      name: 'two Gaussians 1.5 deviations apart',
      family: gaussian(),
      data: Float64Array.from({ length: 5000 }, (_, row) => random.normal() + 1.5 * (row % 2)),
      start: { weights: [0.5, 0.5], components: [-0.5, 2].map((mean) => ({ mean, variance: 1 })) },
    },
    {
      name: 'three coins of ten tosses',
      family: binomial({ trials: 10 }),
      data: Float64Array.from({ length: 2000 }, (_, row) => {
        let heads = 0;
        for (let toss = 0; toss < 10; toss += 1) if (random.uniform() < coins[row % 3]!) heads += 1;
        return heads;
      }),
      start: { weights: [0.3, 0.3, 0.4], components: [0.2, 0.5, 0.8].map((probability) => ({ probability })) },
    },
  ];
}

/** Passes over the data that plain and accelerated EM take to within 1e-8 nats of the optimum. */
function countPasses({ name, family, data, weights, start }: SlowProblem): AccelerationResult {
  const options = { family, components: start.weights.length, start, iterations: 1e5, ...(weights && { weights }) };
  const optimum = (accelerate: boolean): number => fit(data, { ...options, accelerate, tolerance: 1e-10 }).logLikelihood;
  const optima = [optimum(false), optimum(true)] as const;
  const passes = (accelerate: boolean): number => {
    let count = 0;
    for (const { logLikelihood, state } of fitSteps(data, { ...options, accelerate, tolerance: 0 })) {
      count = state.evaluations;
      if (optima[Number(accelerate)]! - logLikelihood <= 1e-8) break;
    }
    return count;
  };
  const [plain, accelerated] = [passes(false), passes(true)];
  report(`${name}: ${plain} passes, accelerated ${accelerated}`);
  return { problem: name, plain, accelerated, difference: optima[1] - optima[0] };
}

const roofline = await measureRoofline();
report(`${(roofline.exponentials / 1e6).toFixed(0)} million exponentials a second, ${(roofline.flops / 1e9).toFixed(1)} GFLOP/s`);
const rows: ScalingPoint[] = scaling(
  [1e2, 1e3, 1e4, 1e5, 1e6, 1e7].map((count) => ({ name: 'rows', kind: 'gaussian', rows: count, components: 3, spread: 3 })),
);
const components: ScalingPoint[] = scaling(
  [1, 2, 4, 8, 16, 32, 64].map((count) => ({ name: 'components', kind: 'gaussian', rows: 1e5, components: count, spread: 3 })),
);
const workers = availableParallelism() > 1 ? await timeWorkers() : { one: Number.NaN, two: Number.NaN, twoWarm: Number.NaN };
report(
  `one thread ${workers.one.toFixed(2)} ms, two ${workers.two.toFixed(2)} ms, two that are warm ${workers.twoWarm.toFixed(2)} ms: ${(workers.one / workers.twoWarm).toFixed(2)}x`,
);
const firsts = Array.from({ length: ROUNDS }, () => fresh(FIRST_FIT));
const importMilliseconds = median(firsts.map(([loaded]) => loaded!));
const firstFitMilliseconds = median(firsts.map(([, fitted]) => fitted!));
report(`import ${importMilliseconds.toFixed(1)} ms, first fit ${firstFitMilliseconds.toFixed(1)} ms`);
const memory = [1e5, 1e6, 1e7].map((count) => {
  const [idle, peak] = fresh(memoryProgram(count)) as [number, number];
  report(`${count} rows: ${peak.toFixed(0)} MB at most, ${idle.toFixed(0)} MB before, data ${((count * 8) / 2 ** 20).toFixed(0)} MB`);
  return { rows: count, data: (count * 8) / 2 ** 20, peak, idle };
});
const acceleration = slowProblems().map(countPasses);
if (!process.argv.includes('--quick')) {
  saveResults({
    ours: { rows, components, workers, importMilliseconds, firstFitMilliseconds, memory, acceleration, ...roofline },
    size: await measureSizes(),
  });
}
