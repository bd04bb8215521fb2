// `pnpm bench:peers [--quick] [--threads=N] [name...]`: emkit side by side with what else there is, on the same data from the same start.
import { availableParallelism } from 'node:os';
import { fit, fitSteps } from '@emkit/core';
import { findParticipants, makeScratch, median, type Participant, Session, writeProblem } from './participants.ts';
import { makeProblem, type Recipe } from './problems.ts';
import { type PeerResult, readResults, saveResults, type WholeFitResult } from './results.ts';

const quick: boolean = process.argv.includes('--quick');
const wanted: readonly string[] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
/** `--threads=2`: only that part of the table, the rest as it was. */
const onlyThreads: number | undefined = process.argv.flatMap((word) => /^--threads=(\d+)$/.exec(word)?.[1] ?? []).map(Number)[0];
const ROUNDS = quick ? 3 : 5;
/** How long a run is meant to take, in milliseconds. */
const LENGTH = quick ? 300 : 1000;
/** After so many iterations the log-likelihoods are compared. */
const ITERATIONS = 5;
/** In one run: so few that no participant finds the optimum, and stops, before. */
const MOST_TIMED = 20;
/** A participant so slow that all rounds take longer than this many milliseconds takes fewer, but no fewer than three. */
const LONGEST = 12_000;

const PER_ITERATION: readonly Recipe[] = [
  { name: 'gaussian 1e6', kind: 'gaussian', rows: 1e6, components: 3, spread: 3 },
  { name: 'full 1e6 x 2', kind: 'full', rows: 1e6, dimension: 2, components: 3 },
  { name: 'full 1e5 x 10', kind: 'full', rows: 1e5, dimension: 10, components: 5 },
  { name: 'full 2e4 x 50', kind: 'full', rows: 2e4, dimension: 50, components: 10 },
  { name: 'full 2e4 x 50, overlapping', kind: 'full', rows: 2e4, dimension: 50, components: 10, spread: 0.5 },
  { name: 'diagonal 1e5 x 10', kind: 'diagonal', rows: 1e5, dimension: 10, components: 5 },
  { name: 'diagonal 2e4 x 50', kind: 'diagonal', rows: 2e4, dimension: 50, components: 10, spread: 0.5 },
  { name: 'exponential 1e6', kind: 'exponential', rows: 1e6, components: 2 },
];

const WHOLE_FITS: readonly Recipe[] = [
  { name: 'binomial 1e6', kind: 'binomial', rows: 1e6, components: 3 },
  { name: 'binomial 1e5', kind: 'binomial', rows: 1e5, components: 3 },
  { name: 'gaussian 1e3', kind: 'gaussian', rows: 1000, components: 3, spread: 4 },
  { name: 'full 1e3 x 2', kind: 'full', rows: 1000, dimension: 2, components: 3, spread: 2 },
  { name: 'overlapping gaussians 1e4', kind: 'gaussian', rows: 1e4, components: 3, spread: 2.5 },
  { name: 'exponentials of rates 1:2, 1e4', kind: 'exponential', rows: 1e4, components: 2 },
];

/** How near the optimum a whole fit must come, in nats of the log-likelihood. */
const NEAR = 1e-8;

/** Peers that need more iterations than this are not waited for. */
const MOST_ITERATIONS = 5000;

/** By participant: the linear algebra it worked with. */
const blas = new Map<string, string>();

function noteBlas(participants: readonly Participant[], sessions: readonly Session[]): void {
  for (const [index, { name }] of participants.entries()) blas.set(name, sessions[index]!.blas!);
}

async function perIteration(participants: readonly Participant[], recipe: Recipe, threads: number, scratch: string): Promise<PeerResult[]> {
  const able = participants.filter(
    (participant) => takes(participant, recipe) && !participant.wholeFitsOnly && !(threads > 1 && participant.oneThreadOnly),
  );
  const folder = writeProblem(scratch, recipe);
  const sessions = await Promise.all(able.map((participant) => Session.open(participant, folder, threads)));
  const times: number[][] = able.map(() => []);
  const likelihoods: number[] = [];
  try {
    const iterations: number[] = [];
    const rounds: number[] = [];
    for (const session of sessions) {
      // Warms up, and shows how many iterations take about a second.
      const [one, more] = [await session.ask({ iterations: 1 }), await session.ask({ iterations: 3 })];
      const each = Math.max((more.milliseconds - one.milliseconds) / 2, 0.1);
      const count = Math.max(2, Math.min(MOST_TIMED, Math.round(LENGTH / each)));
      for (let warm = 0; warm < 3 && each < 20; warm += 1) await session.ask({ iterations: count });
      iterations.push(count);
      rounds.push(Math.max(3, Math.min(ROUNDS, Math.floor(LONGEST / (2 * one.milliseconds + count * each)))));
    }
    for (const session of sessions) likelihoods.push((await session.ask({ iterations: ITERATIONS })).logLikelihood);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let index = 0; index < able.length; index += 1) {
        if (round >= rounds[index]!) continue;
        const one = await sessions[index]!.ask({ iterations: 1 });
        const more = await sessions[index]!.ask({ iterations: 1 + iterations[index]! });
        times[index]!.push((more.milliseconds - one.milliseconds) / iterations[index]!);
      }
    }
    noteBlas(able, sessions);
    return able.map((participant, index) => ({
      problem: recipe.name,
      components: recipe.components,
      participant: participant.name,
      threads,
      milliseconds: median(times[index]!),
      ratio: median(times[index]!.map((time, round) => time / times[0]![round]!)),
      logLikelihood: likelihoods[index]!,
      memory: sessions[index]!.peakMemory(),
      data: (recipe.rows * (recipe.dimension ?? 1) * 8) / 2 ** 20,
    }));
  } finally {
    for (const session of sessions) session.close();
  }
}

function takes({ kinds, univariateOnly, largest }: Participant, { kind, rows, dimension = 1 }: Recipe): boolean {
  return kinds.includes(kind) && !(univariateOnly && dimension > 1) && rows * dimension <= (largest ?? Infinity);
}

/** How many plain EM iterations come within `NEAR` of the optimum, which every program that does EM needs. */
function iterationsNeeded(recipe: Recipe): { iterations: number; optimum: number } {
  const { family, columns, start, components } = makeProblem(recipe);
  const data = columns.length === 1 ? columns[0]! : Object.fromEntries(columns.map((column, index) => [`x${index + 1}`, column]));
  const optimum = fit(data, { family, components, start, tolerance: 1e-11 }).logLikelihood;
  let iterations = 0;
  for (const step of fitSteps(data, { family, components, start, accelerate: false, iterations: MOST_ITERATIONS, tolerance: 0 })) {
    iterations = step.iteration;
    if (optimum - step.logLikelihood <= NEAR) break;
  }
  return { iterations, optimum };
}

/** Half a second of fits, for the engine that compiles what it has seen often. */
async function warmUp(session: Session): Promise<void> {
  const end = performance.now() + 500;
  do await session.ask({ fit: 1e-8 });
  while (performance.now() < end);
}

async function wholeFit(participants: readonly Participant[], recipe: Recipe, scratch: string): Promise<WholeFitResult[]> {
  const { iterations, optimum } = iterationsNeeded(recipe);
  const able = participants.filter((participant) => takes(participant, recipe));
  const folder = writeProblem(scratch, recipe);
  const sessions = await Promise.all(able.map((participant) => Session.open(participant, folder, 1)));
  const times: number[][] = able.map(() => []);
  const shortfalls: number[] = [];
  const evaluations: (number | undefined)[] = [];
  try {
    const rounds: number[] = able.map(() => ROUNDS);
    for (let round = -1; round < ROUNDS; round += 1) {
      for (let index = 0; index < able.length; index += 1) {
        if (round >= rounds[index]!) continue;
        const ours = index === 0;
        if (ours && round < 0) await warmUp(sessions[0]!);
        const answer = await sessions[index]!.ask(ours ? { fit: 1e-8 } : { iterations });
        // The first round warms up; of a long run it says enough.
        if (round < 0) rounds[index] = Math.min(ROUNDS, Math.floor(LONGEST / answer.milliseconds));
        if (round >= 0 || rounds[index]! < 2) times[index]!.push(answer.milliseconds);
        if (round < 0 && rounds[index] === 1) rounds[index] = 0;
        shortfalls[index] = optimum - answer.logLikelihood;
        evaluations[index] = ours ? answer.evaluations : able[index]!.wholeFitsOnly ? undefined : iterations;
      }
    }
    noteBlas(able, sessions);
    return able.map((participant, index) => ({
      problem: recipe.name,
      participant: participant.name,
      milliseconds: median(times[index]!),
      ratio: median(times[index]!.map((time, round) => time / times[0]![round]!)),
      passes: evaluations[index] ?? null,
      shortfall: shortfalls[index]!,
    }));
  } finally {
    for (const session of sessions) session.close();
  }
}

const scratch = makeScratch();
try {
  const participants = findParticipants(scratch.folder);
  const matches = ({ name }: Recipe): boolean => wanted.length === 0 || wanted.some((word) => name.includes(word));
  const iterations: PeerResult[] = [];
  const fits: WholeFitResult[] = [];
  for (const threads of onlyThreads === undefined ? [...new Set([1, availableParallelism()])] : [onlyThreads]) {
    for (const recipe of PER_ITERATION.filter(matches)) {
      for (const result of await perIteration(participants, recipe, threads, scratch.folder)) {
        iterations.push(result);
        console.log(
          `${result.problem.padEnd(28)} ${String(threads)} thread${threads > 1 ? 's' : ' '} ${result.participant.padEnd(16)}`,
          `${result.milliseconds.toFixed(2).padStart(9)} ms ${result.ratio.toFixed(2).padStart(7)}x  ll ${result.logLikelihood.toFixed(6)}`,
        );
      }
    }
  }
  for (const recipe of onlyThreads === undefined ? WHOLE_FITS.filter(matches) : []) {
    for (const result of await wholeFit(participants, recipe, scratch.folder)) {
      fits.push(result);
      console.log(
        `${result.problem.padEnd(32)} whole fit ${result.participant.padEnd(28)}`,
        `${result.milliseconds.toFixed(2).padStart(10)} ms ${result.ratio.toFixed(1).padStart(8)}x  passes ${result.passes} short of the optimum ${result.shortfall.toExponential(1)}`,
      );
    }
  }
  for (const [name, loaded] of blas) console.log(`${name}: BLAS ${loaded}`);
  if (wanted.length === 0 && !quick) {
    const before = onlyThreads === undefined ? undefined : readResults().peers;
    const versions = Object.fromEntries(participants.map(({ name, version }) => [name, version]));
    const kept = before?.iterations.filter(({ threads }) => threads !== onlyThreads) ?? [];
    saveResults({ peers: { iterations: [...kept, ...iterations], fits: before?.fits ?? fits, versions, blas: Object.fromEntries(blas) } });
  }
} finally {
  scratch.remove();
}
