import type { Block } from './data/block.ts';
import type { Summary } from './data/summary.ts';
import { codeName, EmkitError, showValue } from './errors.ts';
import type { Kernel } from './kernels/capability.ts';
import type { Domain } from './model/domain.ts';
import type { Coordinates } from './model/space.ts';
import type { Random } from './random.ts';
import type { WorkerFactory } from './source/worker-protocol.ts';

export type { ColumnKernels, Kernel, KernelConstants } from './kernels/capability.ts';

/** One parameter's value: a number, a vector, a matrix as rows, or the parameters of a part of a composed family. Always plain JSON. */
export type ParameterValue = number | readonly number[] | readonly (readonly number[])[] | ParameterValues;

/** The parameters of one component by name, e.g. `{ mean: 0, variance: 1 }`. Never mutated: an M-step makes a new record. */
export type ParameterValues = { readonly [name: string]: ParameterValue };

/** The values an observed column may take, as data: what is validated, merged, integrated and drawn as test points. */
export type Support =
  /** Every finite number. */
  | { readonly kind: 'real'; readonly atoms?: readonly number[] }
  /**
   * Numbers from `minimum` to `maximum`; an end belongs to the support unless it is said to be open.
   *
   * `atoms`, here and above: values that have a probability of their own, whose logarithm `logDensity` is there (the zero of a hurdle, the
   * limit of a censored measurement); elsewhere it is that of a density, and all of it together is 1.
   */
  | {
      readonly kind: 'interval';
      readonly minimum: number;
      readonly maximum: number;
      readonly minimumOpen?: boolean;
      readonly maximumOpen?: boolean;
      readonly atoms?: readonly number[];
    }
  /** Whole numbers from `minimum` to `maximum`; `maximum` may be another column's value in the same row, or Infinity. */
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number | { readonly column: number } };

/** A column of the data as the family sees it. */
export interface Column {
  /** The family's name for it, used in documentation; the data set has its own names. */
  readonly name: string;
  readonly support: Support;
  /** The words that the values 0, 1, ... of the column stand for, where it is read and shown in words. */
  readonly levels?: readonly string[];
  /** True where the numbers are names, of which there is no mean. */
  readonly nominal?: true;
  /** True for a column the density is conditional on (a number of trials): it is given, not drawn, and has no density. */
  readonly given?: boolean;
  /** True where the name is the user's own: data that have all columns of these names are read by them, whatever their order. */
  readonly named?: true;
}

/**
 * Error budgets in units in the last place, asserted by the conformance kit against arbitrary-precision arithmetic.
 * The log-density's budget is relative to the larger of |log-density| and the condition number where the family states one.
 */
export interface AccuracyBudgets {
  readonly logDensity?: number;
  readonly maximize?: number;
  readonly cdf?: number;
  readonly quantile?: number;
}

/**
 * What a component is. A plain record: no class to inherit, no state, no registration.
 *
 * All numeric work is by block. Every function is pure, except for writing into the output array it is given.
 * Case weights never reach a family: they are already multiplied into the responsibilities.
 *
 * @typeParam P the parameters by name
 */
// biome-ignore lint/suspicious/noExplicitAny: a mixture holds families of different parameters; unknown would forbid that
export interface Family<P extends ParameterValues = any> {
  /** Stable identifier in kebab-case, written into model files. */
  readonly id: string;
  /** The options that made this instance, as JSON; `{}` when there are none. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The columns of the data, in order. */
  readonly columns: readonly Column[];
  /**
   * What the columns of a row must satisfy together, beyond their supports: counts with a given sum, shares that sum to 1, a vector of
   * length 1. A data set with a row that does not is refused. A family with one states `typical.row`.
   */
  readonly constraint?: {
    /** In words that follow "a row must have", e.g. `counts that sum to 6`. */
    readonly description: string;
    holds(row: Float64Array): boolean;
  };
  /** Each parameter's domain, by name. */
  readonly parameters: { readonly [Name in keyof P & string]: Domain };
  /** The length T of the vector of sufficient statistics. */
  readonly statisticsLength: number;

  /**
   * Writes log f(x_i; parameters), in nats with every constant, for each row i of the block into `out[i]`, i < block.size.
   * Minus infinity off the support or where the density is zero; never NaN.
   */
  logDensity(block: Block, parameters: P, out: Float64Array): void;

  /**
   * Adds sum_i responsibilities[i] t(x_i; about) to `statistics` (length T), where t are the sufficient statistics taken about
   * the parameters `about`, so that nothing cancels: for a mean, the sum of (x - mean), not of x.
   *
   * `at` are the current parameters, under which a family that is `observing` expects the statistics of cells that are not exact; default
   * `about`. Others may leave it out.
   */
  accumulate(block: Block, responsibilities: Float64Array, about: P, statistics: Float64Array, at?: P): void;

  /**
   * The weighted maximum-likelihood estimate: argmax of sum_i r_i log f(x_i; .) given the statistics about `about` and
   * `count` = sum_i r_i > 0. Parameters named in `held` keep their value in `about` exactly.
   *
   * A family that says so by `ascends` may give, where there is no closed form, any parameters that raise this sum.
   *
   * @throws EmkitError `COMPONENT_DEGENERATE` (made by `degenerate(parameter, reason)`) where there is no such estimate.
   */
  maximize(statistics: Float64Array, count: number, about: P, held: ReadonlySet<string>): P;

  /**
   * True where `maximize` is a step of a generalised EM (one step of Newton, of latent scales, of a minorising function): it never lowers
   * the expected log-likelihood, and every fixed point of it is a stationary point.
   */
  readonly ascends?: true;

  /**
   * The families of which this one is made, side by side: a row's density is the product of theirs, and the parameters of each stand under
   * its name. What a parameter is (its domain, distance, coordinates) is then asked of the parts.
   */
  readonly parts?: { readonly [Name in keyof P & string]: Family };

  /**
   * True where the family itself looks at `block.inexact`: it gives the density of what was observed of a row, and expects the rest. For
   * others of one observed column the engine does it: a missing cell has density 1 and adds to no sum, the count among them.
   */
  readonly observing?: true;

  // ---- capabilities: each may be absent; an engine feature that needs one says so in a `CAPABILITY_MISSING` error ----

  /** Crude parameters of the whole data as one component, equivariant under a change of units: a point to take first statistics about. */
  locate?(summary: Summary): P;

  /**
   * The point about which the same statistics should be taken again, if `about` lies so far away that digits would cancel;
   * undefined when they are good. Only families that take differences need it. Parameters named in `held` keep their value.
   * Asked again with the new statistics, it comes to an end by itself, after `MOST_RECENTRINGS` turns at most: a family whose estimate is the
   * limit of an iteration on the data may take its steps here.
   */
  recentre?(statistics: Float64Array, count: number, about: P, held: ReadonlySet<string>): P | undefined;

  /** Names of the parameters that may be held while others move. A family with one parameter needs no list. */
  readonly holdable?: readonly string[];

  /** Names of the parameters this instance ties between its components (a `tied` covariance). */
  readonly shared?: readonly string[];

  /**
   * Names of the parameters that components may share while their others differ: those whose common estimate needs no more than the sums
   * of all components added up, each about a point with its own values of the others and common values of these. All parameters together
   * can always be shared.
   */
  readonly shareable?: readonly string[];

  /**
   * The statistics about `about` as they are about `to`, without the data. Absent where they do not depend on the point. They may lose
   * digits where the two are far apart.
   */
  translate?(statistics: Float64Array, count: number, about: P, to: P): Float64Array;

  /**
   * The change of sum_i r_i log f(x_i; .) from `from` to `to`, in nats, given the statistics about `about`, computed from the step between
   * the two so that no large numbers are subtracted: what an M-step has gained, and what is left of the log-likelihood, are measured by
   * it. Where there is no closed form it may be right for small steps only. Without it the engine has differences of log-likelihoods, which round.
   */
  gain?(statistics: Float64Array, count: number, about: P, from: P, to: P): number;

  /** The parameters of x + by when x has `parameters`; one number a column. Where a family has it, data far from zero are moved near it first. */
  shift?(parameters: P, by: readonly number[]): P;

  /**
   * Entries that a record of parameters may have besides, with their domains: they hold digits that the parameters themselves cannot (a
   * factor beside a covariance that is nearly singular). An M-step may add them; they count as no parameters, are kept in states and
   * model files, and are left out of what is shown. `show` computes the parameters from them, to the bit.
   */
  readonly refinements?: Readonly<Record<string, Domain>>;
  /** The record without refinements, its parameters computed from them. Needed where there are refinements. */
  show?(parameters: P): P;

  /** The distance by which the parameters move when what they are kept in moves by its rounding. Default: each parameter alone by one unit in the last place. */
  rounding?(parameters: P): number;

  /** Draws one observation into `row` (one entry a column; given columns are already filled), using only `random`. */
  sample?(parameters: P, random: Random, row: Float64Array): void;

  /**
   * Writes into `out`, which holds a row of the block, what is expected of its missing cells given the others, or with `random` draws them.
   * Families of one observed column need it not: the engine asks for their mean, or for a sample.
   */
  impute?(block: Block, row: number, parameters: P, out: Float64Array, random?: Random): void;

  /** P(X <= x) for a family of one observed column; `row` holds the given columns of a conditional family. */
  cdf?(x: number, parameters: P, row?: Float64Array): number;

  /** The smallest x with cdf(x) >= probability. */
  quantile?(probability: number, parameters: P, row?: Float64Array): number;

  /** Mean of each observed column (given columns hold 0), for summaries and plots. */
  mean?(parameters: P, row?: Float64Array): readonly number[];

  /**
   * A dimensionless size of the change between two parameter values, unchanged by a change of units or origin: it decides when
   * a fit has converged. Default: derived from the domains.
   */
  distance?(from: P, to: P): number;

  /** Parameters to an unconstrained real vector and back. Default: derived from the domains. */
  readonly codec?: Codec<P>;

  /**
   * Coordinates of the parameters not in `fixed`, where differences of records hold digits that those of a codec's vectors would not.
   * Default: from the codec.
   */
  coordinates?(fixed: ReadonlySet<string>): Coordinates<P>;

  /** Names of the parameters whose estimate lies at infinity, as far as the M-step that made the record could tell: coefficients that separate the data. */
  unbounded?(parameters: P): readonly string[];

  /** The gradient of log f(x_i; .) in the unconstrained coordinates, row by row: block.size x codec.length, row-major. */
  scores?(block: Block, parameters: P, out: Float64Array): void;

  /** The natural form h(x) exp(eta . T(x) - A(eta)), where the family has one. */
  readonly exponentialForm?: ExponentialForm<P>;

  /** A one-to-one change of units that the family is closed under: x -> scale x + shift. */
  readonly equivariance?: {
    readonly scale: boolean;
    readonly shift: boolean;
    /** The parameters of scale x + shift when x has `parameters`; scale > 0, one number a column. */
    transform(parameters: P, scale: readonly number[], shift: readonly number[]): P;
  };

  /** Which of the engine's kernels computes what `logDensity` and `accumulate` do, only faster. */
  readonly kernel?: Kernel<P>;

  /**
   * Ordinary values, drawn for automatic checks, where those that the domains and supports suggest (real numbers to 10, positive ones from
   * 0.1 to 10, rows to 20) are not: log-odds beyond 5, exposures of a thousandth, rows whose columns constrain one another.
   */
  readonly typical?: {
    parameters?(random: Random): P;
    /** A whole row, given columns among it. */
    row?(random: Random): readonly number[];
  };

  /** Error budgets in ulps. */
  readonly accuracy?: AccuracyBudgets;

  /** Starts a worker that knows this family, by its id and options: without it a fit uses one thread. */
  readonly startWorker?: WorkerFactory;
}

/** A bijection between a component's parameters and an unconstrained real vector. */
export interface Codec<P> {
  readonly length: number;
  encode(parameters: P, out: Float64Array, offset: number): void;
  decode(vector: Float64Array, offset: number): P;
  /**
   * The natural unit of each coordinate at a point, which makes steps comparable: 1 for logarithms, a standard deviation for a
   * location. Default 1.
   */
  scales?(parameters: P, out: Float64Array, offset: number): void;
}

/** An exponential family in natural form, for the laws that tie A, T and the information together. */
export interface ExponentialForm<P> {
  readonly length: number;
  naturalParameters(parameters: P): readonly number[];
  fromNatural(natural: readonly number[]): P;
  logPartition(natural: readonly number[]): number;
  /** T(x) for one row. */
  sufficientStatistics(row: Float64Array): readonly number[];
}

/** An option of a family, as data: what a command line parses and a documentation table shows. */
export type FamilyOption =
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly default: string; readonly description: string }
  | {
      readonly kind: 'number';
      /** What the number must exceed; any finite number will do where this is absent. */
      readonly above?: number;
      readonly description: string;
      readonly default?: number;
    }
  | {
      readonly kind: 'integer';
      readonly minimum: number;
      /** The largest value that memory and time allow; none where they do not grow with it. */
      readonly maximum?: number;
      readonly description: string;
      readonly default?: number;
      /** The number of data columns gives it when it is not stated. */
      readonly fromColumns?: true;
      /** The string `column` may stand instead of a number: then an extra given column holds it row by row. */
      readonly orColumn?: true;
      /** Another option that may be given instead: a list of that many different words. */
      readonly orWords?: string;
    };

/**
 * A family before its options are chosen: call it to get an instance. It is what a registration line registers, and all that
 * tests, the command line, the accuracy report and the documentation need to know.
 */
// biome-ignore lint/suspicious/noExplicitAny: a registration holds definitions of different parameters and options
export interface FamilyDefinition<P extends ParameterValues = any, O extends object = any> {
  (options?: O): Family<P>;
  readonly id: string;
  /** A few words, e.g. `Exponential, by its rate`. */
  readonly title: string;
  readonly options: Readonly<Record<string, FamilyOption>>;
  /** The option sets that tests, the accuracy report and the documentation run through; at least one. */
  readonly variants: readonly O[];
  /** Where options hold families: makes the instance from the options as JSON, in which these are `{ family, options }`. Untrusted input. */
  readonly fromJson?: (options: Readonly<Record<string, unknown>>, read: (entry: unknown) => Family) => Family<P>;
}

/* @__NO_SIDE_EFFECTS__ */
/**
 * Makes a definition from its parts.
 *
 * @throws EmkitError `OPTION_INVALID` when the instance is called with an unknown option, or a value out of its range.
 */
export function defineFamily<P extends ParameterValues, O extends object = Record<string, never>>(parts: {
  readonly id: string;
  readonly title: string;
  readonly options?: Readonly<Record<string, FamilyOption>>;
  readonly variants?: readonly O[];
  create(options: O): Family<P>;
}): FamilyDefinition<P, O> {
  const options = parts.options ?? {};
  const make = (given?: O): Family<P> => parts.create(resolveOptions(parts.id, options, given ?? {}) as O);
  return Object.freeze(Object.assign(make, { id: parts.id, title: parts.title, options, variants: parts.variants ?? [{} as O] }));
}

function resolveOptions(id: string, known: Readonly<Record<string, FamilyOption>>, given: object): Record<string, unknown> {
  if (typeof given !== 'object' || Array.isArray(given)) {
    const [name, option] = Object.entries(known)[0] ?? [];
    throw new EmkitError('OPTION_INVALID', `The options of the family ${id} are ${showValue(given)}.`, {
      family: id,
      value: given,
      remedy:
        name === undefined
          ? 'It has none.'
          : `Give a record, for example ${codeName(id)}({ ${name}: ${showValue(option?.default ?? 10)} }).`,
    });
  }
  const stated = Object.entries(given).filter(([, value]) => value !== undefined);
  const words = Object.values(known).flatMap((option) =>
    option.kind === 'integer' && option.orWords !== undefined ? [option.orWords] : [],
  );
  for (const [name, value] of stated) {
    if (Object.hasOwn(known, name) || words.includes(name)) continue;
    const names = [...Object.keys(known), ...words];
    throw new EmkitError('OPTION_INVALID', `The family ${id} has no option ${showValue(name)}.`, {
      family: id,
      value,
      remedy: names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`,
    });
  }
  const values: Record<string, unknown> = Object.fromEntries(stated);
  for (const [name, option] of Object.entries(known)) {
    const instead = option.kind === 'integer' ? option.orWords : undefined;
    if (instead !== undefined && values[instead] !== undefined && values[name] === undefined) {
      checkWords(id, instead, option as IntegerOption, values[instead]);
      continue;
    }
    const value = values[name] ?? option.default;
    if (value === undefined) {
      throw new EmkitError('OPTION_INVALID', `The family ${id} needs the option ${name}: ${option.description}.`, { family: id });
    }
    if (instead !== undefined && values[instead] !== undefined) throw unfit(id, instead, values[instead], `Give it or ${name}, not both.`);
    if (!isAllowed(option, value)) throw unfit(id, name, value, `Give ${ruleOf(option)}.`);
    values[name] = value;
  }
  return values;
}

function isAllowed(option: FamilyOption, value: unknown): boolean {
  switch (option.kind) {
    case 'choice':
      return typeof value === 'string' && option.values.includes(value);
    case 'number':
      return Number.isFinite(value) && (value as number) > (option.above ?? -Infinity);
    case 'integer':
      return isWholeWithin(value, option) || (option.orColumn === true && value === 'column');
  }
}

function ruleOf(option: FamilyOption): string {
  switch (option.kind) {
    case 'choice':
      return `one of ${option.values.join(', ')}`;
    case 'number':
      return option.above === undefined ? 'a finite number' : `a finite number > ${option.above}`;
    case 'integer':
      return `a whole number ${range(option)}${option.orColumn ? ", or 'column'" : ''}`;
  }
}

type IntegerOption = Extract<FamilyOption, { kind: 'integer' }>;

function isWholeWithin(value: unknown, { minimum, maximum = Infinity }: IntegerOption): boolean {
  return Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
}

const range = ({ minimum, maximum }: IntegerOption): string =>
  maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;

function checkWords(id: string, name: string, option: IntegerOption, value: unknown): void {
  const isList = Array.isArray(value) && isWholeWithin(value.length, option) && value.every((word) => typeof word === 'string');
  if (isList && new Set(value).size === value.length) return;
  throw unfit(id, name, value, `Give a list of different strings, their number ${range(option)}.`);
}

function unfit(id: string, name: string, value: unknown, remedy: string): EmkitError {
  return new EmkitError('OPTION_INVALID', `The option ${name} of the family ${id} is ${showValue(value)}.`, { family: id, value, remedy });
}
