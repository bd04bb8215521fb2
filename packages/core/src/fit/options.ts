import type { DatasetOptions } from '../data/dataset.ts';
import type { DriverState } from '../driver/driver.ts';
import { EmkitError, showValue } from '../errors.ts';
import { CRITERIA } from '../inference/criteria.ts';
import type { Weights } from '../model/independent.ts';
import type { MixtureParameters, ModelOptions, ModelParameters } from '../model/latent-model.ts';
import type { WorkerFactory } from '../source/worker-protocol.ts';
import { START_METHODS, type StartMethod } from '../start/choose.ts';
import { type Called, checkNames, nearest } from './option-names.ts';
import type { SelectOptions } from './select.ts';
import type { AnyComponents } from './typed.ts';

/**
 * What to do when a component collapses (its spread falls to zero) in the run that was to be the answer:
 * `report` returns the parameters before the collapse with the diagnosis `collapsed`; `throw` throws `COMPONENT_DEGENERATE`;
 * `restart` tries other automatic starts; `drop` goes on with one component less. Among automatic starts those that collapse are
 * always passed over for the next best.
 */
export type OnCollapse = 'report' | 'throw' | 'restart' | 'drop';

const COLLAPSE_POLICIES: readonly OnCollapse[] = ['report', 'throw', 'restart', 'drop'];

/** Everything a fit may be told. Only the family (or families) and the number of components are needed. */
export interface FitOptions extends ModelOptions, Omit<DatasetOptions, 'merge' | 'labelColumns'> {
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
export interface FitAsyncOptions<C extends AnyComponents = AnyComponents, L extends object = Weights> extends FitOptions {
  readonly signal?: AbortSignal;
  /** Told after each iteration. */
  readonly onProgress?: (progress: FitProgress<C, L>) => void;
  /**
   * How many threads work on the data: a whole number, or `auto`, which takes one a processor for large data whose families can
   * start workers and one thread otherwise. The result has the same bits for any number. Default `auto`.
   */
  readonly threads?: number | 'auto';
  /** Starts a worker that knows the model's families. Default: the first family's own `startWorker`. */
  readonly startWorker?: WorkerFactory;
}

/** What an observer is told after each iteration. */
export interface FitProgress<C extends AnyComponents = AnyComponents, L extends object = Weights> {
  readonly iteration: number;
  readonly logLikelihood: number;
  readonly parameters: L & { readonly components: C };
  /** To resume from, as JSON. */
  readonly state: DriverState;
}

export const DEFAULT_STARTS = 12;
export const DEFAULT_ITERATIONS = 10_000;
export const DEFAULT_TOLERANCE = 1e-8;

/** With so little left of the log-likelihood every parameter lies within about 0.0014 standard errors of the optimum. */
export const DEFAULT_NATS = 1e-6;

/** What an option may be: whether a value is that, and what to do where it is not. */
interface Rule {
  holds(value: unknown): boolean;
  remedy(value: unknown): string;
}

/** What can be said of the options one by one, by name. Data check their own where they are read. */
const RULES: Readonly<Record<string, Rule>> = {
  iterations: whole(0),
  starts: whole(1),
  patience: whole(1),
  threads: { holds: (value) => value === 'auto' || isWhole(value, 1), remedy: () => "Give a whole number of at least 1, or 'auto'." },
  tolerance: rule((value) => typeof value === 'number' && value >= 0 && value < Infinity, 'Give a number >= 0.'),
  seed: rule((value) => Number.isSafeInteger(value), 'Give a whole number below 2^53.'),
  accelerate: rule((value) => typeof value === 'boolean', 'Give true or false.'),
  onCollapse: oneOf(COLLAPSE_POLICIES),
  criterion: oneOf(CRITERIA),
  held: rule(isHeld, "Give, for example, { weights: true, components: [['mean'], undefined] }, and the values in start."),
  shared: rule(isNames, "Give a list of names, for example ['variance']."),
  signal: rule((value) => isRecord(value) && typeof value['addEventListener'] === 'function', 'Give the signal of an AbortController.'),
  onProgress: rule((value) => typeof value === 'function', 'Give a function.'),
  onCandidate: rule((value) => typeof value === 'function', 'Give a function.'),
  startWorker: rule((value) => typeof value === 'function', 'Give a function that starts a worker.'),
};

/** Starts that the caller makes, where a function takes them. */
const OWN_START: Rule = rule(
  (value) => isRecord(value) && ('components' in value || !('model' in value)),
  'Give { weights: [...], components: [{ ... }] }, as the model of a fit has them.',
);

/** A latent structure for each number of components to choose from. */
const BY_COUNT: Rule = rule(
  (value) => typeof value === 'function',
  'Give a function of the number of components, for example latent: markov.',
);

/** Numbers of components to choose from. */
const COUNTS: Rule = rule(
  (value) => Array.isArray(value) && value.length > 0,
  'Give a list of numbers to choose from, for example [1, 2, 3].',
);

/**
 * Checks the options of a fit or a choice, but for those that its model and its data check.
 *
 * @throws EmkitError `OPTION_INVALID`, naming the option that there is not, or the value that it may not have
 */
export function checkOptions(options: FitOptions | SelectOptions, called: Exclude<Called, 'predict'>): void {
  checkNames(options, called);
  const isChoice = called.startsWith('select');
  const { start, resume, ...others } = options as FitOptions;
  const { held } = others;
  for (const [name, value] of Object.entries(others))
    if (value !== undefined && RULES[name] !== undefined) checkOption(name, value, RULES[name]);
  if (start !== undefined) checkOption('start', start, typeof start === 'string' || isChoice ? oneOf(START_METHODS) : OWN_START);
  if (isChoice) checkOption('components', others.components, COUNTS);
  if (isChoice && others.latent !== undefined) checkOption('latent', others.latent, BY_COUNT);
  if (others.family !== undefined && others.families !== undefined)
    throw new EmkitError('OPTION_INVALID', 'Both family and families are given.', { remedy: 'Give one of them.' });
  const automatic = resume === undefined && (start === undefined || typeof start === 'string');
  if (automatic && (held?.components ?? []).some((names) => (names?.length ?? 0) > 0)) {
    throw new EmkitError('OPTION_INVALID', 'Parameters are held, but no start gives their values.', {
      remedy: 'Give start: { weights, components }.',
    });
  }
}

function checkOption(name: string, value: unknown, { holds, remedy }: Rule): void {
  if (!holds(value)) throw new EmkitError('OPTION_INVALID', `The option ${name} is ${showValue(value)}.`, { value, remedy: remedy(value) });
}

/** Checks the number that something random begins from. */
export function checkSeed(seed: unknown): void {
  checkOption('seed', seed, RULES['seed']!);
}

/** A source has its own columns, weights and labels: to state them again would silently do nothing. */
export function refuseDataOptions(options: FitOptions | SelectOptions): void {
  for (const name of ['columns', 'weights', 'labels', 'sequences', 'missing', 'dimension', 'blockSize'] as const) {
    if (options[name] === undefined) continue;
    throw new EmkitError('OPTION_INVALID', `The option ${name} is given with a source, which has its data already.`, {
      remedy: 'Leave it out.',
    });
  }
}

function rule(holds: (value: unknown) => boolean, remedy: string): Rule {
  return { holds, remedy: () => remedy };
}

function whole(minimum: number): Rule {
  return rule((value) => isWhole(value, minimum), `Give a whole number of at least ${minimum}.`);
}

function oneOf(choices: readonly string[]): Rule {
  return {
    holds: (value) => choices.includes(value as string),
    remedy(value) {
      const meant = typeof value === 'string' ? nearest(value, choices) : undefined;
      return meant === undefined ? `Give one of: ${choices.join(', ')}.` : `Did you mean ${meant}? There are: ${choices.join(', ')}.`;
    },
  };
}

function isWhole(value: unknown, minimum: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= minimum;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isHeld(value: unknown): boolean {
  if (!isRecord(value) || Object.keys(value).some((name) => name !== 'weights' && name !== 'components')) return false;
  const { weights = false, components = [] } = value;
  return (
    typeof weights === 'boolean' &&
    Array.isArray(components) &&
    components.every((names) => names === undefined || names === null || isNames(names))
  );
}
