import type { Dataset } from '../data/block.ts';
import { countDistinctRows, createDataset } from '../data/dataset.ts';
import type { DataInput } from '../data/input.ts';
import { originOf, shiftDataset } from '../data/origin.ts';
import type { Summary } from '../data/summary.ts';
import { describeDiagnosis } from '../driver/diagnosis.ts';
import { drive, startState } from '../driver/drive.ts';
import type { DriverMethod, DriverOptions, DriverResult, DriverState, Process } from '../driver/driver.ts';
import { answerTo, type Progress, runAsync, runSync } from '../driver/run.ts';
import { readState } from '../driver/state.ts';
import { EmkitError } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { computeCriteria } from '../inference/criteria.ts';
import { makeWarnings } from '../inference/warnings.ts';
import type { Weights } from '../model/independent.ts';
import { createModelStructure, type Mixture, type MixtureParameters, type ModelOptions } from '../model/latent-model.ts';
import { createRandom } from '../random.ts';
import { automaticSource } from '../source/automatic.ts';
import { memorySource } from '../source/memory.ts';
import { isSource, isSynchronous, type Source, type SynchronousSource } from '../source/source.ts';
import { workerSource } from '../source/workers.ts';
import { centralPoint, chooseStarts, type StartCandidate } from '../start/choose.ts';
import { grow } from '../start/grow.ts';
import { runSoftened } from '../start/soften.ts';
import type { Neighbour } from '../start/split.ts';
import { type Exact, Model } from './model.ts';
import {
  checkOptions,
  DEFAULT_ITERATIONS,
  DEFAULT_NATS,
  DEFAULT_STARTS,
  DEFAULT_TOLERANCE,
  type FitAsyncOptions,
  type FitOptions,
  type FitProgress,
  refuseDataOptions,
} from './options.ts';
import { withOrigin } from './origin.ts';
import { Fit, type StartEvidence } from './result.ts';
import type { AnyComponents, ComponentsOf, OneFamily, Repeat, SeveralFamilies } from './typed.ts';

/** One step of the step-by-step iterator: a point of the model and the expectation there. */
export interface FitStep<C extends AnyComponents = AnyComponents, L extends object = Weights> extends FitProgress<C, L> {
  /** Expected counts at the parameters, one a component. */
  readonly expectedCounts: readonly number[];
}

/** Data that a fit can be made of: anything `createDataset` reads, a data set, or a source that answers at once. */
export type FitData = DataInput | Dataset | SynchronousSource;

/** The same, and sources that take their time. */
export type FitAsyncData = DataInput | Dataset | Source;

/** What a fit is about to do. `dataset` is absent where the rows live elsewhere. */
interface Plan {
  readonly model: Mixture;
  readonly source: Source;
  readonly dataset: Dataset | undefined;
  readonly origin: readonly number[] | undefined;
  /** Where to go on. */
  readonly resumed: DriverState | undefined;
  readonly options: FitOptions;
  readonly seed: number;
  readonly neighbour: Neighbour | undefined;
}

interface Outcome {
  readonly result: DriverResult;
  readonly starts: readonly StartEvidence[];
  readonly summary: Summary;
}

/**
 * Fits a finite mixture, or another model with latent labels, by expectation-maximisation.
 *
 * @param data one column, rows, columns by name, records, an Arrow table, a data set, or a source
 * @returns the fit; look at `diagnosis` before using it
 * @throws EmkitError `DATA_*` naming row, column and value; `OPTION_*`, `PARAMETER_*`, `MODEL_*`; `COMPONENT_DEGENERATE` where no
 * start has an estimate, or a component collapses and `onCollapse` is `throw`
 * @example fit([1, 2, 9, 10], { family: gaussian(), components: 2 }).components[0].mean
 */
export function fit<P extends ParameterValues, const K extends number = number, L extends object = Weights>(
  data: FitData,
  options: FitOptions & OneFamily<P, K, L>,
): Fit<Repeat<P, K>, L>;
export function fit<const F extends readonly Family[], L extends object = Weights>(
  data: FitData,
  options: FitOptions & SeveralFamilies<F, L>,
): Fit<ComponentsOf<F>, L>;
export function fit(data: FitData, options: FitOptions): Fit;
export function fit(data: FitData, options: FitOptions): Fit {
  return fitBeside(data, options, undefined);
}

/** A fit with further starts from one with one component less. */
export function fitBeside(data: FitData, options: FitOptions, neighbour: Fit | undefined): Fit {
  let plan = makePlan(data, options, 'fit', neighbour);
  for (;;) {
    const outcome = runSync(fitProcess(plan), synchronous(plan.source));
    const next = afterCollapse(plan, outcome);
    if (next === undefined) return makeFit(plan, outcome);
    plan = next;
  }
}

/**
 * The same, in the background of this thread: the event loop turns, the fit can be watched and aborted.
 * The result has the same bits as `fit`'s. An aborted fit resolves with the diagnosis `aborted`.
 *
 * @throws EmkitError as `fit`, and `ABORTED` when the signal fires before the first iteration
 */
export function fitAsync<P extends ParameterValues, const K extends number = number, L extends object = Weights>(
  data: FitAsyncData,
  options: FitAsyncOptions<Repeat<P, K>, L> & OneFamily<P, K, L>,
): Promise<Fit<Repeat<P, K>, L>>;
export function fitAsync<const F extends readonly Family[], L extends object = Weights>(
  data: FitAsyncData,
  options: FitAsyncOptions<ComponentsOf<F>, L> & SeveralFamilies<F, L>,
): Promise<Fit<ComponentsOf<F>, L>>;
export function fitAsync(data: FitAsyncData, options: FitAsyncOptions): Promise<Fit>;
export function fitAsync(data: FitAsyncData, options: FitAsyncOptions): Promise<Fit> {
  return fitAsyncBeside(data, options, undefined);
}

/** The same with further starts from a fit with one component less. */
export async function fitAsyncBeside(data: FitAsyncData, options: FitAsyncOptions, neighbour: Fit | undefined): Promise<Fit> {
  let plan = makePlan(data, options, 'fitAsync', neighbour);
  const { signal } = options;
  const onProgress =
    options.onProgress === undefined ? undefined : (progress: Progress) => options.onProgress!(describeProgress(plan, progress));
  for (;;) {
    const source = chooseSource(plan, options);
    let outcome: Outcome;
    try {
      const ended = await runAsync(fitProcess(plan), source, { signal, onProgress });
      outcome =
        ended.kind === 'done'
          ? ended.result
          : { result: { ...ended.latest, diagnosis: { kind: 'aborted' } }, starts: [], summary: await plan.source.summary() };
    } finally {
      if (source !== plan.source) await source.close?.();
    }
    const next = afterCollapse(plan, outcome);
    if (next === undefined) return makeFit(plan, outcome);
    plan = next;
  }
}

/**
 * The same, step by step: yields the start and then the point after each iteration, and returns the fit.
 *
 * @throws EmkitError as `fit`
 */
export function fitSteps<P extends ParameterValues, const K extends number = number, L extends object = Weights>(
  data: FitData,
  options: FitOptions & OneFamily<P, K, L>,
): Generator<FitStep<Repeat<P, K>, L>, Fit<Repeat<P, K>, L>, void>;
export function fitSteps<const F extends readonly Family[], L extends object = Weights>(
  data: FitData,
  options: FitOptions & SeveralFamilies<F, L>,
): Generator<FitStep<ComponentsOf<F>, L>, Fit<ComponentsOf<F>, L>, void>;
export function fitSteps(data: FitData, options: FitOptions): Generator<FitStep, Fit, void>;
export function* fitSteps(data: FitData, options: FitOptions): Generator<FitStep, Fit, void> {
  let plan = makePlan(data, options, 'fitSteps');
  for (;;) {
    const source = synchronous(plan.source);
    const process = fitProcess(plan);
    let turn = process.next();
    while (!turn.done) {
      if (turn.value.kind === 'iteration') {
        yield { ...describeProgress(plan, turn.value), expectedCounts: Array.from(turn.value.expectation.counts) };
      }
      turn = answerTo(process, source, turn.value);
    }
    const next = afterCollapse(plan, turn.value);
    if (next === undefined) return makeFit(plan, turn.value);
    plan = next;
  }
}

/** Nothing here knows of the labels' law: that of a mixture stands for all. */
function structureOf(options: ModelOptions): Mixture {
  return createModelStructure(options) as unknown as Mixture;
}

function synchronous(source: Source): SynchronousSource {
  if (isSynchronous(source)) return source;
  throw new EmkitError('OPTION_INVALID', 'The source does not answer at once.', { remedy: 'Use fitAsync, or selectAsync.' });
}

/** The source over as many threads as the options and the data ask for. */
function chooseSource({ model, dataset, source }: Plan, { threads: wanted = 'auto', startWorker: given }: FitAsyncOptions): Source {
  if (dataset === undefined) return source;
  const startWorker = given ?? model.families[0]!.startWorker;
  const threads = chooseThreads(wanted, model, dataset, startWorker !== undefined);
  if (threads === 1 || startWorker === undefined) return source;
  return (wanted === 'auto' ? automaticSource : workerSource)(dataset, { threads, startWorker });
}

/**
 * Below this many log-densities, times columns, a pass takes little more than a millisecond: two workers then gain less in a hundred
 * iterations than they cost to start and to warm up.
 */
const SMALLEST_WORK_FOR_THREADS = 600_000;

const MOST_AUTOMATIC_THREADS = 16;

function chooseThreads(threads: number | 'auto', { families }: Mixture, dataset: Dataset, canStart: boolean): number {
  if (threads !== 'auto') {
    if (threads > 1 && !canStart) {
      throw new EmkitError('CAPABILITY_MISSING', `The family ${families[0]!.id} cannot start workers.`, {
        family: families[0]!.id,
        capability: 'startWorker',
        remedy: 'Give startWorker, or use threads: 1.',
      });
    }
    return Math.min(threads, dataset.blocks.length);
  }
  const work = dataset.distinctRows * families.length * dataset.columnNames.length;
  if (!canStart || work < SMALLEST_WORK_FOR_THREADS) return 1;
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?(id: string): unknown };
  };
  const system = process?.getBuiltinModule?.('node:os') as { availableParallelism?(): number } | undefined;
  const processors = system?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(processors, MOST_AUTOMATIC_THREADS, Math.floor(dataset.blocks.length / 8)));
}

function makePlan(data: FitAsyncData, options: FitOptions, called: 'fit' | 'fitAsync' | 'fitSteps', beside?: Fit): Plan {
  checkOptions(options, called);
  const model = structureOf(options);
  const seed = options.seed ?? 1;
  const neighbour = beside && { model: beside.model.mixture, parameters: beside.state.parameters };
  if (isSource(data)) {
    refuseDataOptions(options);
    const resumed = options.resume === undefined ? undefined : readState(model, options.resume);
    return { model, source: data, dataset: undefined, origin: undefined, resumed, options, seed, neighbour };
  }
  const components = model.families.length;
  const sequences = options.sequences ?? (model.latent.logWeights === undefined ? true : undefined);
  const given = createDataset(data, model.families, components, { ...options, ...(sequences !== undefined && { sequences }) });
  const distinct = countDistinctRows(given, components);
  if (distinct < components) {
    throw new EmkitError('DATA_TOO_FEW_DISTINCT_ROWS', `There are ${components} components, but only ${distinct} different rows.`, {
      value: components,
      remedy: 'Use fewer components, or more data.',
    });
  }
  const resumed = options.resume === undefined ? undefined : readState(model, options.resume);
  const origin = resumed === undefined ? originOf(given, model.families) : resumed.origin;
  const dataset = origin === undefined ? given : shiftDataset(given, origin);
  return {
    model: origin === undefined ? model : withOrigin(model, origin),
    source: memorySource(dataset),
    dataset,
    origin,
    resumed,
    options,
    seed,
    neighbour,
  };
}

/** The whole of a fit: starts, short runs, and the run to convergence. */
function* fitProcess(plan: Plan): Process<Outcome> {
  const { model, options, origin, resumed, seed, neighbour } = plan;
  const { tolerance, iterations = DEFAULT_ITERATIONS } = options;
  const rule: DriverOptions = {
    iterations,
    tolerance: tolerance ?? DEFAULT_TOLERANCE,
    ...(tolerance === undefined && { nats: DEFAULT_NATS }),
  };
  const method: DriverMethod = options.accelerate === false ? 'em' : 'anderson';
  const summary = (yield { kind: 'summary' }) as Summary;
  if (resumed !== undefined) return { result: yield* drive(model, resumed, rule), starts: [], summary };
  const { start } = options;
  if (start !== undefined && typeof start !== 'string') {
    const parameters = moveFrom(model, model.space.check(start), origin);
    const result = yield* drive(model, startState(method, parameters, origin), rule);
    if (result.diagnosis.kind !== 'collapsed' || options.onCollapse !== 'restart') return { result, starts: [], summary };
  }
  const given = start === undefined || typeof start === 'string' ? start : undefined;
  const random = createRandom(seed);
  const central = centralPoint(model, summary);
  const candidates = yield* chooseStarts(model, central, given ?? 'auto', options.starts ?? DEFAULT_STARTS, random, neighbour);
  const collapsed = new Set<StartCandidate>();
  let impossible: unknown;
  for (const candidate of candidates) {
    const grown = options.accelerate !== false && !candidate.collapsed && model.families.length > 1;
    const run = (from: MixtureParameters) => drive(model, startState(method, from, origin), rule);
    let result: DriverResult;
    try {
      const parameters = grown ? yield* grow(model, candidate.parameters, summary, random) : candidate.parameters;
      result = yield* runSoftened(model, central, parameters, run);
    } catch (error) {
      // A start that nobody gave is no more than a try.
      if (!(error instanceof EmkitError) || error.code !== 'MODEL_IMPOSSIBLE_DATA') throw error;
      impossible ??= error;
      collapsed.add(candidate);
      continue;
    }
    const last = candidate === candidates.at(-1);
    if (result.diagnosis.kind === 'collapsed') collapsed.add(candidate);
    if (result.diagnosis.kind === 'collapsed' && !last) continue;
    const starts = candidates.map(
      (other): StartEvidence => ({
        method: other.method,
        logLikelihood: other.logLikelihood,
        outcome: other === candidate ? 'chosen' : collapsed.has(other) || other.collapsed ? 'collapsed' : 'passed over',
      }),
    );
    return { result, starts, summary };
  }
  throw new EmkitError('COMPONENT_DEGENERATE', 'No automatic start leads to a model under which every row is possible.', {
    reason: impossible instanceof EmkitError ? impossible.message : 'no start was tried',
    remedy: 'Use fewer components, or give a start.',
  });
}

/** Parameters of the caller's data as parameters of the data less their origin. */
function moveFrom({ families }: Mixture, point: MixtureParameters, origin: readonly number[] | undefined): MixtureParameters {
  if (origin === undefined) return point;
  const by = origin.map((value) => -value);
  return { ...point, components: point.components.map((values, component) => families[component]!.shift!(values, by)) };
}

/** Parameters as they are shown, about 0 and without refinements; held ones exactly as they were given. */
function shownPoint({ model, origin, options }: Pick<Plan, 'model' | 'origin' | 'options'>, point: MixtureParameters): MixtureParameters {
  const shown = model.show(point);
  if (origin === undefined) return shown;
  const start = typeof options.start === 'object' ? options.start.components : undefined;
  const components = shown.components.map((values, component) => {
    const moved = model.families[component]!.shift!(values, origin);
    const held = [...model.emissions.held[component]!].filter((name) => start?.[component]?.[name] !== undefined);
    return { ...moved, ...Object.fromEntries(held.map((name) => [name, start![component]![name]!])) };
  });
  return { ...shown, components };
}

function describeProgress(plan: Plan, { state, expectation }: Progress): FitProgress {
  const parameters = shownPoint(plan, state.parameters) as FitProgress['parameters'];
  return { iteration: state.iteration, logLikelihood: expectation.logLikelihood, parameters, state };
}

/** The plan to go on with after a collapse; undefined when the outcome stands. */
function afterCollapse(plan: Plan, { result, summary }: Outcome): Plan | undefined {
  const { diagnosis } = result;
  if (diagnosis.kind !== 'collapsed') return undefined;
  const { model, options } = plan;
  if (options.onCollapse === 'throw') {
    throw new EmkitError('COMPONENT_DEGENERATE', `The ${describeDiagnosis(diagnosis)}.`, {
      component: diagnosis.component,
      reason: diagnosis.reason,
    });
  }
  if (options.onCollapse !== 'drop' || model.families.length === 1) return undefined;
  if (summary.labelled) {
    throw new EmkitError('OPTION_INVALID', `Component ${diagnosis.component + 1} collapsed and cannot be dropped: labels are known.`, {
      remedy: 'Use another start or fewer components.',
    });
  }
  if (options.latent !== undefined) {
    throw new EmkitError(
      'OPTION_INVALID',
      `Component ${diagnosis.component + 1} collapsed and cannot be dropped from ${options.latent.id}.`,
      {
        remedy: 'Use another start, or fewer components.',
      },
    );
  }
  const without = <T>(values: readonly T[]): readonly T[] => values.filter((_, component) => component !== diagnosis.component);
  const { weights, components } = shownPoint(plan, result.state.parameters) as MixtureParameters;
  const kept = without(weights);
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  const families = without(model.families);
  const { family: _family, components: _components, ...rest } = options;
  const held = options.held && {
    ...options.held,
    ...(options.held.components && { components: without(model.emissions.held.map((names) => [...names])) }),
  };
  const start = { weights: kept.map((weight) => weight / total), components: without(components) };
  const structure = structureOf({ families, ...(held && { held }), ...(options.shared && { shared: options.shared }) });
  return {
    ...plan,
    model: plan.origin === undefined ? structure : withOrigin(structure, plan.origin),
    options: { ...rest, families, start },
  };
}

function makeFit(plan: Plan, { result, starts, summary }: Outcome): Fit {
  const { model, origin, seed } = plan;
  const { state, expectation, diagnosis } = result;
  const free = model.space.free.length;
  const shown = shownPoint(plan, state.parameters);
  const refined = shown.components.some((values, component) => values !== state.parameters.components[component]);
  const exact: Exact | undefined = refined ? { ...(origin && { origin }), components: state.parameters.components } : undefined;
  const structure = structureOf(plan.options);
  return new Fit({
    model: new Model(structure, shown, exact),
    logLikelihood: expectation.logLikelihood,
    trace: state.trace,
    diagnosis,
    iterations: state.iteration,
    evaluations: state.evaluations,
    criteria: computeCriteria(expectation.logLikelihood, free, summary.totalWeight, expectation.entropy),
    rows: summary.rows,
    totalWeight: summary.totalWeight,
    columnNames: summary.columnNames,
    missing: summary.missing,
    seed,
    starts,
    warnings: makeWarnings(model, state, diagnosis, summary),
    state,
  });
}
