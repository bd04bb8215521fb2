import { createAutomaticBackend } from './backend/automatic.ts';
import type { Backend } from './backend/backend.ts';
import { createMemoryBackend } from './backend/memory.ts';
import type { WorkerFactory } from './backend/worker-protocol.ts';
import { createWorkerBackend } from './backend/workers.ts';
import type { Dataset } from './data/block.ts';
import { countDistinctRows, createDataset, type DatasetOptions } from './data/dataset.ts';
import type { DataSource } from './data/source.ts';
import { andersonDriver } from './driver/anderson.ts';
import { type Diagnosis, describeDiagnosis, isConverged } from './driver/diagnosis.ts';
import type { CreateDriver, DriverMethod, DriverResult, DriverState, Process } from './driver/driver.ts';
import { emDriver, startState } from './driver/em.ts';
import { answerTo, type Progress, runAsync, runSync } from './driver/run.ts';
import { readState } from './driver/state.ts';
import { EmkitError, showValue } from './errors.ts';
import { posteriorEntropy } from './inference/bound.ts';
import { type Criteria, computeCriteria } from './inference/criteria.ts';
import { makeWarnings } from './inference/warnings.ts';
import {
  checkMixtureParameters,
  countFreeParameters,
  createMixture,
  type Mixture,
  type MixtureOptions,
  type MixtureParameters,
} from './mixture.ts';
import { Model, type ModelJson } from './model.ts';
import { createRandom } from './random.ts';
import { chooseStarts, START_METHODS, type StartCandidate, type StartMethod } from './start/choose.ts';

/**
 * What to do when a component collapses (it empties, or its spread falls to zero) in the run that was to be the answer:
 * `report` returns the parameters before the collapse with the diagnosis `collapsed`; `throw` throws `COMPONENT_DEGENERATE`;
 * `restart` tries other automatic starts; `drop` goes on with one component less. Among automatic starts those that collapse are
 * always passed over for the next best.
 */
export type OnCollapse = 'report' | 'throw' | 'restart' | 'drop';

/** Everything a fit may be told. Only the family (or families) and the number of components are needed. */
export interface FitOptions extends MixtureOptions, Omit<DatasetOptions, 'merge'> {
  /** Where to begin: parameters, or a way to make them. Default `auto`. */
  readonly start?: MixtureParameters | StartMethod;
  /** How many automatic starts are tried in short runs; the best goes on to convergence. Default 12. */
  readonly starts?: number;
  /** The most iterations. Default 10,000. */
  readonly iterations?: number;
  /** The largest estimated distance to the optimum, dimensionless (relative to each parameter's own scale). Default 1e-8; 0 never stops early. */
  readonly tolerance?: number;
  /** Whether steps may be accelerated. Default true; false is textbook EM. */
  readonly accelerate?: boolean;
  /** Seed of the automatic starts. Default 1. */
  readonly seed?: number;
  /** Default `report`. */
  readonly onCollapse?: OnCollapse;
  /** A state from a trace or progress event, to go on from; it replaces `start`. */
  readonly resume?: DriverState;
}

/** Further options of an asynchronous fit. */
export interface FitAsyncOptions extends FitOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
  /**
   * How many threads work on the data: a whole number, or `auto`, which takes one a processor for large data whose families can
   * start workers and one thread otherwise. The result has the same bits for any number. Default `auto`.
   */
  readonly threads?: number | 'auto';
  /** Starts a worker that knows the mixture's families. Default: the first family's own `startWorker`. */
  readonly startWorker?: WorkerFactory;
}

/** What an observer is told after each iteration. */
export interface FitProgress {
  readonly iteration: number;
  readonly logLikelihood: number;
  readonly parameters: MixtureParameters;
  /** To resume from, as JSON. */
  readonly state: DriverState;
}

/** One step of the step-by-step iterator: a point of the model and the expectation there. */
export interface FitStep extends FitProgress {
  /** Expected counts at the parameters, one a component. */
  readonly expectedCounts: readonly number[];
}

/** What became of each automatic start. */
export interface StartEvidence {
  readonly method: string;
  /** After its short run. */
  readonly logLikelihood: number;
  readonly outcome: 'chosen' | 'passed over' | 'collapsed';
}

/** A fit as JSON: what `Fit.toJSON` gives and `readModel` accepts. */
export interface FitJson {
  readonly model: ModelJson;
  readonly logLikelihood: number;
  readonly rows: number;
  readonly totalWeight: number;
  readonly iterations: number;
  readonly evaluations: number;
  readonly diagnosis: Diagnosis;
  readonly criteria: Criteria;
  readonly trace: readonly { readonly iteration: number; readonly logLikelihood: number }[];
  readonly seed: number;
  readonly warnings: readonly string[];
}

/** The result of a fit. Immutable; it keeps no data. */
export class Fit {
  readonly model: Model;
  /** Observed-data log-likelihood at the model's parameters, in nats: every constant and the case weights included. */
  readonly logLikelihood: number;
  /** Log-likelihood after 0, 1, 2, ... iterations. */
  readonly trace: readonly number[];
  readonly diagnosis: Diagnosis;
  readonly iterations: number;
  /** Passes over the data, those of the automatic starts' short runs not counted. */
  readonly evaluations: number;
  readonly criteria: Criteria;
  readonly rows: number;
  readonly totalWeight: number;
  readonly columnNames: readonly string[];
  readonly seed: number;
  /** Automatic starts, best first; empty when the start was given. */
  readonly starts: readonly StartEvidence[];
  /** What a reader should know before believing the answer; sentences. */
  readonly warnings: readonly string[];
  /** Where the driver ended: to resume from. */
  readonly state: DriverState;

  constructor(parts: Omit<Fit, 'weights' | 'components' | 'converged' | 'toJSON'>) {
    this.model = parts.model;
    this.logLikelihood = parts.logLikelihood;
    this.trace = parts.trace;
    this.diagnosis = parts.diagnosis;
    this.iterations = parts.iterations;
    this.evaluations = parts.evaluations;
    this.criteria = parts.criteria;
    this.rows = parts.rows;
    this.totalWeight = parts.totalWeight;
    this.columnNames = parts.columnNames;
    this.seed = parts.seed;
    this.starts = parts.starts;
    this.warnings = parts.warnings;
    this.state = parts.state;
    Object.freeze(this);
  }

  get weights(): readonly number[] {
    return this.model.weights;
  }

  get components(): MixtureParameters['components'] {
    return this.model.components;
  }

  /** True where the answer is a stationary point to the tolerance. */
  get converged(): boolean {
    return isConverged(this.diagnosis);
  }

  toJSON(): FitJson {
    return {
      model: this.model.toJSON(),
      logLikelihood: this.logLikelihood,
      rows: this.rows,
      totalWeight: this.totalWeight,
      iterations: this.iterations,
      evaluations: this.evaluations,
      diagnosis: this.diagnosis,
      criteria: this.criteria,
      trace: this.trace.map((logLikelihood, iteration) => ({ iteration, logLikelihood })),
      seed: this.seed,
      warnings: this.warnings,
    };
  }
}

interface Plan {
  readonly mixture: Mixture;
  readonly dataset: Dataset;
  readonly options: FitOptions;
  readonly seed: number;
}

interface Outcome {
  readonly result: DriverResult;
  readonly starts: readonly StartEvidence[];
}

const DEFAULT_STARTS = 12;
const DEFAULT_ITERATIONS = 10_000;
const DEFAULT_TOLERANCE = 1e-8;

/**
 * Fits a finite mixture by expectation-maximisation.
 *
 * @param data one column, rows, columns by name, records, an Arrow table, or a data set
 * @returns the fit; look at `diagnosis` before using it
 * @throws EmkitError `DATA_*` naming row, column and value; `OPTION_*`, `PARAMETER_*`, `MODEL_*`; `COMPONENT_DEGENERATE` where no
 * start has an estimate, or a component collapses and `onCollapse` is `throw`
 * @example fit([1, 2, 9, 10], { family: gaussian(), components: 2 }).components
 */
export function fit(data: DataSource | Dataset, options: FitOptions): Fit {
  let plan = makePlan(data, options);
  for (;;) {
    const outcome = runSync(fitProcess(plan), createMemoryBackend(plan.mixture, plan.dataset));
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
export async function fitAsync(data: DataSource | Dataset, options: FitAsyncOptions): Promise<Fit> {
  let plan = makePlan(data, options);
  const onProgress = options.onProgress === undefined ? undefined : (progress: Progress) => options.onProgress!(describeProgress(progress));
  for (;;) {
    const outcome = await runOverThreads(plan, options, onProgress);
    const next = afterCollapse(plan, outcome);
    if (next === undefined) return makeFit(plan, outcome);
    plan = next;
  }
}

/** One run over as many threads as the options and the data ask for. */
async function runOverThreads(
  plan: Plan,
  options: FitAsyncOptions,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<Outcome> {
  const backend = chooseBackend(plan, options);
  try {
    const outcome = await runAsync(fitProcess(plan), backend, { signal: options.signal, onProgress });
    return outcome.kind === 'done' ? outcome.result : { result: { ...outcome.latest, diagnosis: { kind: 'aborted' } }, starts: [] };
  } finally {
    await backend.close?.();
  }
}

function chooseBackend({ mixture, dataset }: Plan, { threads: wanted = 'auto', startWorker: given }: FitAsyncOptions): Backend {
  const startWorker = given ?? mixture.families[0]!.startWorker;
  const threads = chooseThreads(wanted, mixture, dataset, startWorker !== undefined);
  if (threads === 1 || startWorker === undefined) return createMemoryBackend(mixture, dataset);
  const create = wanted === 'auto' ? createAutomaticBackend : createWorkerBackend;
  return create(mixture, dataset, { threads, startWorker });
}

/**
 * Below this many log-densities, times columns, a pass takes little more than a millisecond: two workers then gain less in a hundred
 * iterations than they cost to start and to warm up.
 */
const SMALLEST_WORK_FOR_THREADS = 600_000;

const MOST_AUTOMATIC_THREADS = 16;

function chooseThreads(threads: number | 'auto', mixture: Mixture, dataset: Dataset, canStart: boolean): number {
  if (threads !== 'auto') {
    checkCount('threads', threads, 1);
    if (threads > 1 && !canStart) {
      throw new EmkitError('CAPABILITY_MISSING', `The family ${mixture.families[0]!.id} cannot start workers.`, {
        family: mixture.families[0]!.id,
        capability: 'startWorker',
        remedy: 'Give startWorker, or use threads: 1.',
      });
    }
    return Math.min(threads, dataset.blocks.length);
  }
  const work = dataset.distinctRows * mixture.families.length * dataset.columnNames.length;
  if (!canStart || work < SMALLEST_WORK_FOR_THREADS) return 1;
  const { navigator, process } = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?(id: string): unknown };
  };
  const system = process?.getBuiltinModule?.('node:os') as { availableParallelism?(): number } | undefined;
  const processors = system?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(processors, MOST_AUTOMATIC_THREADS, Math.floor(dataset.blocks.length / 8)));
}

/**
 * The same, step by step: yields the start and then the point after each iteration, and returns the fit.
 *
 * @throws EmkitError as `fit`
 */
export function* fitSteps(data: DataSource | Dataset, options: FitOptions): Generator<FitStep, Fit, void> {
  let plan = makePlan(data, options);
  for (;;) {
    const backend = createMemoryBackend(plan.mixture, plan.dataset);
    const process = fitProcess(plan);
    let turn = process.next();
    while (!turn.done) {
      if (turn.value.kind === 'expect') {
        turn = answerTo(process, backend, turn.value.request);
        continue;
      }
      if (turn.value.kind === 'iteration') {
        yield { ...describeProgress(turn.value), expectedCounts: Array.from(turn.value.expectation.counts) };
      }
      turn = process.next();
    }
    const next = afterCollapse(plan, turn.value);
    if (next === undefined) return makeFit(plan, turn.value);
    plan = next;
  }
}

function describeProgress({ state, expectation }: Progress): FitProgress {
  return { iteration: state.iteration, logLikelihood: expectation.logLikelihood, parameters: state.parameters, state };
}

function makePlan(data: DataSource | Dataset, options: FitOptions): Plan {
  const mixture = createMixture(options);
  checkCount('iterations', options.iterations ?? DEFAULT_ITERATIONS, 0);
  checkCount('starts', options.starts ?? DEFAULT_STARTS, 1);
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  if (!(tolerance >= 0 && tolerance < Infinity)) {
    throw new EmkitError('OPTION_INVALID', `The tolerance is ${showValue(tolerance)}.`, {
      value: tolerance,
      remedy: 'Give a number >= 0.',
    });
  }
  const seed = options.seed ?? 1;
  createRandom(seed);
  const { start } = options;
  if (typeof start === 'string' && !START_METHODS.includes(start)) {
    throw new EmkitError('OPTION_INVALID', `The start is ${showValue(start)}.`, {
      value: start,
      remedy: `Give parameters, or one of: ${START_METHODS.join(', ')}.`,
    });
  }
  if (options.resume === undefined && (start === undefined || typeof start === 'string') && mixture.held.some((names) => names.size > 0)) {
    throw new EmkitError('OPTION_INVALID', 'Parameters are held, but no start gives their values.', {
      remedy: 'Give start: { weights, components }.',
    });
  }
  const components = mixture.families.length;
  const dataset = createDataset(data, mixture.families, components, options);
  if (countDistinctRows(dataset, components) < components) {
    throw new EmkitError(
      'DATA_TOO_FEW_DISTINCT_ROWS',
      `There are ${components} components, but only ${countDistinctRows(dataset, components)} different rows.`,
      {
        value: components,
        remedy: 'Use fewer components, or more data.',
      },
    );
  }
  return { mixture, dataset, options, seed };
}

function checkCount(name: string, value: unknown, minimum: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < minimum) {
    throw new EmkitError('OPTION_INVALID', `The option ${name} is ${showValue(value)}.`, {
      value,
      remedy: `Give a whole number of at least ${minimum}.`,
    });
  }
}

const DRIVERS: Readonly<Record<DriverMethod, CreateDriver>> = { em: emDriver, anderson: andersonDriver };

/** The whole of a fit: starts, short runs, and the run to convergence. */
function* fitProcess({ mixture, dataset, options, seed }: Plan): Process<Outcome> {
  const driverOptions = { iterations: options.iterations ?? DEFAULT_ITERATIONS, tolerance: options.tolerance ?? DEFAULT_TOLERANCE };
  const method: DriverMethod = options.accelerate === false ? 'em' : 'anderson';
  if (options.resume !== undefined) {
    const state = readState(mixture, options.resume);
    return { result: yield* DRIVERS[state.method](mixture, state, driverOptions), starts: [] };
  }
  const { start } = options;
  if (start !== undefined && typeof start !== 'string') {
    const parameters = checkMixtureParameters(mixture, start);
    const result = yield* DRIVERS[method](mixture, startState(method, parameters), driverOptions);
    if (result.diagnosis.kind !== 'collapsed' || options.onCollapse !== 'restart') return { result, starts: [] };
  }
  const given = start === undefined || typeof start === 'string' ? start : undefined;
  const candidates = yield* chooseStarts(mixture, dataset, given ?? 'auto', options.starts ?? DEFAULT_STARTS, createRandom(seed));
  const collapsed = new Set<StartCandidate>();
  for (const candidate of candidates) {
    const result = yield* DRIVERS[method](mixture, startState(method, candidate.parameters), driverOptions);
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
    return { result, starts };
  }
  throw new EmkitError('INTERNAL', 'No start was tried.');
}

/** The plan to go on with after a collapse; undefined when the outcome stands. */
function afterCollapse(plan: Plan, { result }: Outcome): Plan | undefined {
  const { diagnosis } = result;
  if (diagnosis.kind !== 'collapsed') return undefined;
  const { mixture, options, dataset } = plan;
  if (options.onCollapse === 'throw') {
    throw new EmkitError('COMPONENT_DEGENERATE', `The ${describeDiagnosis(diagnosis)}.`, {
      component: diagnosis.component,
      reason: diagnosis.reason,
    });
  }
  if (options.onCollapse !== 'drop' || mixture.families.length === 1) return undefined;
  if (dataset.labelled) {
    throw new EmkitError('OPTION_INVALID', `Component ${diagnosis.component + 1} collapsed and cannot be dropped: labels are known.`, {
      remedy: 'Use another start or fewer components.',
    });
  }
  const without = <T>(values: readonly T[]): readonly T[] => values.filter((_, component) => component !== diagnosis.component);
  const { weights, components } = result.state.parameters;
  const kept = without(weights);
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  const families = without(mixture.families);
  const { family: _family, components: _components, ...rest } = options;
  const held = options.held && {
    ...options.held,
    ...(options.held.components && { components: without(mixture.held.map((names) => [...names])) }),
  };
  return {
    ...plan,
    mixture: createMixture({ families, ...(held && { held }), ...(options.shared && { shared: options.shared }) }),
    options: { ...rest, families, start: { weights: kept.map((weight) => weight / total), components: without(components) } },
  };
}

function makeFit({ mixture, dataset, seed }: Plan, { result, starts }: Outcome): Fit {
  const { state, expectation, diagnosis } = result;
  const entropy = posteriorEntropy(mixture, state.parameters, dataset);
  const free = countFreeParameters(mixture);
  const model = new Model(mixture, state.parameters);
  return new Fit({
    model,
    logLikelihood: expectation.logLikelihood,
    trace: state.trace,
    diagnosis,
    iterations: state.iteration,
    evaluations: state.evaluations,
    criteria: computeCriteria(expectation.logLikelihood, free, dataset.totalWeight, entropy),
    rows: dataset.rows,
    totalWeight: dataset.totalWeight,
    columnNames: dataset.columnNames,
    seed,
    starts,
    warnings: makeWarnings(mixture, state.parameters, diagnosis, free, dataset),
    state,
  });
}
