import type { DatasetOptions } from '../data/dataset.ts';
import type { DriverState } from '../driver/driver.ts';
import { EmkitError, showValue } from '../errors.ts';
import type { Latent } from '../model/latent.ts';
import type { MixtureParameters, ModelOptions, ModelParameters } from '../model/latent-model.ts';
import type { WorkerFactory } from '../source/worker-protocol.ts';
import { START_METHODS, type StartMethod } from '../start/choose.ts';

/**
 * What to do when a component collapses (its spread falls to zero) in the run that was to be the answer:
 * `report` returns the parameters before the collapse with the diagnosis `collapsed`; `throw` throws `COMPONENT_DEGENERATE`;
 * `restart` tries other automatic starts; `drop` goes on with one component less. Among automatic starts those that collapse are
 * always passed over for the next best.
 */
export type OnCollapse = 'report' | 'throw' | 'restart' | 'drop';

const COLLAPSE_POLICIES: readonly OnCollapse[] = ['report', 'throw', 'restart', 'drop'];

/** Everything a fit may be told. Only the family (or families) and the number of components are needed. */
export interface FitOptions extends ModelOptions, Omit<DatasetOptions, 'merge'> {
  /** Where to begin: parameters, or a way to make them. Default `auto`. */
  readonly start?: MixtureParameters | ModelParameters | StartMethod;
  /** How many automatic starts are tried in short runs; the best goes on to convergence. Default 12. */
  readonly starts?: number;
  /** The most iterations. Default 10,000. */
  readonly iterations?: number;
  /**
   * The largest estimated distance to the optimum, dimensionless (relative to each parameter's own scale); 0 never stops early. Default 1e-8,
   * and from the 50th pass over the data on, less than 1e-6 nats left of the log-likelihood are enough. A tolerance that is stated asks for
   * the distance alone.
   */
  readonly tolerance?: number;
  /** Whether steps may be accelerated. Default true; false is textbook EM. */
  readonly accelerate?: boolean;
  /** Seed of the automatic starts, a whole number. Default 1. */
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
  /** Starts a worker that knows the model's families. Default: the first family's own `startWorker`. */
  readonly startWorker?: WorkerFactory;
}

/** What an observer is told after each iteration. */
export interface FitProgress {
  readonly iteration: number;
  readonly logLikelihood: number;
  readonly parameters: ModelParameters<{ readonly weights: readonly number[] }>;
  /** To resume from, as JSON. */
  readonly state: DriverState;
}

export const DEFAULT_STARTS = 12;
export const DEFAULT_ITERATIONS = 10_000;
export const DEFAULT_TOLERANCE = 1e-8;

/** With so little left of the log-likelihood every parameter lies within about 0.0014 standard errors of the optimum. */
export const DEFAULT_NATS = 1e-6;

export const FIT_OPTIONS: readonly string[] = [
  ...['family', 'families', 'components', 'latent', 'held', 'shared'],
  ...['columns', 'weights', 'labels', 'sequences', 'dimension', 'blockSize'],
  ...['start', 'starts', 'iterations', 'tolerance', 'accelerate', 'seed', 'onCollapse', 'resume'],
  // A fit in this thread does not need them, but one record of options may serve both.
  ...['threads', 'startWorker'],
];
export const ASYNC_OPTIONS: readonly string[] = ['signal', 'onProgress'];

/** What people call them elsewhere. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  maxIterations: 'iterations',
  maxIter: 'iterations',
  max_iter: 'iterations',
  tol: 'tolerance',
  k: 'components',
  K: 'components',
  n_components: 'components',
  nComponents: 'components',
  randomSeed: 'seed',
  random_state: 'seed',
  init: 'start',
  n_init: 'starts',
  caseWeights: 'weights',
  acceleration: 'accelerate',
};

/** @throws EmkitError `OPTION_INVALID` for no record, or an option that there is not, naming the one that was probably meant */
export function checkNames(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new EmkitError('OPTION_INVALID', options === undefined ? 'No options are given.' : `The options are ${showValue(options)}.`, {
      value: options,
      remedy: 'Give a record, for example { family: gaussian(), components: 2 }.',
    });
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = OTHER_NAMES[name] ?? known.find((other) => isNearly(name.toLowerCase(), other.toLowerCase()));
    throw new EmkitError('OPTION_INVALID', `There is no option ${showValue(name)}.`, {
      value: name,
      remedy: ASYNC_OPTIONS.includes(name)
        ? 'It is for fitAsync and selectAsync.'
        : FIT_OPTIONS.includes(name)
          ? 'It is for fit, fitAsync and fitSteps.'
          : meant !== undefined && known.includes(meant)
            ? `Did you mean ${meant}?`
            : `There are: ${known.join(', ')}.`,
    });
  }
}

/** Whether two words differ by at most two letters changed, left out or added. */
function isNearly(a: string, b: string, left = 2): boolean {
  if (a === '' || b === '') return a.length + b.length <= left;
  if (a[0] === b[0]) return isNearly(a.slice(1), b.slice(1), left);
  return (
    left > 0 &&
    [
      [a.slice(1), b.slice(1)],
      [a, b.slice(1)],
      [a.slice(1), b],
    ].some(([x, y]) => isNearly(x!, y!, left - 1))
  );
}

/** @throws EmkitError `OPTION_INVALID`, naming the option and its value */
export function checkFitOptions(options: FitAsyncOptions): void {
  checkCount('iterations', options.iterations ?? DEFAULT_ITERATIONS, 0);
  checkCount('starts', options.starts ?? DEFAULT_STARTS, 1);
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  if (!(typeof tolerance === 'number' && tolerance >= 0 && tolerance < Infinity)) {
    throw new EmkitError('OPTION_INVALID', `The tolerance is ${showValue(tolerance)}.`, {
      value: tolerance,
      remedy: 'Give a number >= 0.',
    });
  }
  const { start, onCollapse, accelerate, held, shared, seed, latent, startWorker, signal, onProgress } = options;
  if (seed !== undefined) checkKind('seed', seed, Number.isSafeInteger, 'Give a whole number below 2^53.');
  if (latent !== undefined) checkKind('latent', latent, isLatent, 'Give an instance, or leave it out for a mixture.');
  if (startWorker !== undefined) checkKind('startWorker', startWorker, isFunction, 'Give a function that starts a worker.');
  if (signal !== undefined) checkKind('signal', signal, isSignal, 'Give the signal of an AbortController.');
  if (onProgress !== undefined) checkKind('onProgress', onProgress, isFunction, 'Give a function.');
  if (typeof start === 'string') checkChoice('start', start, START_METHODS, 'Give parameters, or one of');
  else if (start !== undefined) checkKind('start', start, isRecord, 'Give { weights: [...], components: [{ ... }] }.');
  if (onCollapse !== undefined) checkChoice('onCollapse', onCollapse, COLLAPSE_POLICIES, 'Give one of');
  if (accelerate !== undefined) checkKind('accelerate', accelerate, isBoolean, 'Give true or false.');
  if (held !== undefined) checkKind('held', held, isRecord, "Give, for example, { weights: true, components: [['mean'], undefined] }.");
  checkNames(held ?? {}, ['weights', 'components']);
  if (held?.weights !== undefined) checkKind('held.weights', held.weights, isBoolean, 'Give true or false.');
  if (held?.components !== undefined)
    checkKind('held.components', held.components, isListOfNames, "Give a list of lists of names, for example [['mean'], undefined].");
  if (shared !== undefined) checkKind('shared', shared, isNames, "Give a list of names, for example ['variance'].");
  const automatic = options.resume === undefined && (start === undefined || typeof start === 'string');
  if (automatic && (held?.components ?? []).some((names) => (names?.length ?? 0) > 0)) {
    throw new EmkitError('OPTION_INVALID', 'Parameters are held, but no start gives their values.', {
      remedy: 'Give start: { weights, components }.',
    });
  }
}

export function checkCount(name: string, value: unknown, minimum: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= minimum) return;
  throw new EmkitError('OPTION_INVALID', `The option ${name} is ${showValue(value)}.`, {
    value,
    remedy: `Give a whole number of at least ${minimum}.`,
  });
}

function checkChoice(name: string, value: string, choices: readonly string[], remedy: string): void {
  if (choices.includes(value)) return;
  throw new EmkitError('OPTION_INVALID', `The option ${name} is ${showValue(value)}.`, {
    value,
    remedy: `${remedy}: ${choices.join(', ')}.`,
  });
}

function checkKind(name: string, value: unknown, holds: (value: unknown) => boolean, remedy: string): void {
  if (holds(value)) return;
  throw new EmkitError('OPTION_INVALID', `The option ${name} is ${showValue(value)}.`, { value, remedy });
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isLatent(value: unknown): boolean {
  return isRecord(value) && isFunction((value as Partial<Latent>).posterior);
}

function isSignal(value: unknown): boolean {
  return isRecord(value) && isFunction((value as Partial<AbortSignal>).addEventListener);
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((names) => names === undefined || names === null || isNames(names));
}
