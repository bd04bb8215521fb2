import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';
import type { Numeric } from './decimal-number.ts';
import { ReferenceFailure } from './failure.ts';
import { continueWith, runToEnd, type Steps } from './steps.ts';

/** One parameter at high precision: a number, a vector, a matrix as rows, or the parameters of a part. */
export type ReferenceParameter = Decimal | readonly Decimal[] | readonly (readonly Decimal[])[] | ReferenceParameters;

/** The parameters of one component by name. Never mutated. */
export type ReferenceParameters = { readonly [name: string]: ReferenceParameter };

/** One parameter as plain numbers or decimal strings: what model files hold. */
export type NumericParameter = Numeric | readonly Numeric[] | readonly (readonly Numeric[])[] | NumericParameters;

/** The parameters of one component by name, as plain numbers or decimal strings. */
export type NumericParameters = { readonly [name: string]: NumericParameter };

/** One parameter rounded to doubles. */
export type DoubleParameter = number | readonly number[] | readonly (readonly number[])[] | DoubleParameters;

/** The parameters of one component by name, rounded to doubles. */
export type DoubleParameters = { readonly [name: string]: DoubleParameter };

/** How many indices a parameter has: none, one, or two; or that it is a record of others. */
export type ParameterShape = 'scalar' | 'vector' | 'matrix' | 'record';

/** A family's options as they stand in a model file. Options a reference family does not know are ignored. */
export type ReferenceOptions = Readonly<Record<string, unknown>>;

/** One row of data; a missing cell is NaN. */
export type ReferenceRow = readonly Decimal[];

/**
 * What the author of a reference family writes for one choice of options. Written from the definition of the distribution; every method pure.
 *
 * @typeParam P - the parameters by name.
 */
export interface ReferenceFamilyParts<P extends ReferenceParameters> {
  /** The number of columns of a row; absent when the parameters decide it. */
  readonly columns?: number;
  /** Names of the parameters that this choice of options makes equal in all components of a mixture. */
  readonly tied?: readonly string[];
  /** Every parameter's shape, by name, where the options decide it; default: the definition's. */
  readonly shapes?: Readonly<Record<string, ParameterShape>>;
  /**
   * True where `logDensityAt` and `maximize` take rows with missing cells. For others a row whose observed column is missing has density 1
   * and no part in any estimate.
   */
  readonly incomplete?: true;
  /** How the parameters are taken from plain numbers, where that is not number by number. */
  take?(parameters: NumericParameters): P;
  /**
   * The parameters with the digits that refinements hold: entries of a record which its family need not have, named in the definition.
   * Throws `invalid-parameter` where they cannot be such digits.
   */
  refine?(parameters: P, refinements: ReferenceParameters): P;
  /** Says what is wrong with the parameters, as the end of the sentence "The parameters of ... are invalid: ..."; undefined when nothing is. */
  invalid(parameters: P): string | undefined;
  /** ln f(row; parameters) in nats with every constant, as a function of the row; -Infinity off the support. Terms without the row are computed once. */
  logDensityAt(parameters: P): (row: ReferenceRow) => Decimal;
  /**
   * The argmax over the parameters not in `held` of the sum of responsibilities[i] ln f(rows[i]; .), where that sum of responsibilities is > 0.
   * Either a function, or a generator that yields inside its loops over the rows, so that long runs can be interrupted.
   */
  maximize(rows: readonly ReferenceRow[], responsibilities: readonly Decimal[], previous: P, held: ReadonlySet<string>): P | Steps<P>;
  /**
   * The joint argmax for several components whose parameters named in `shared` are equal. Needed only when some free parameters are shared and
   * others are not: when all are shared, the estimate is {@link maximize} with the responsibilities added.
   */
  maximizeShared?(
    rows: readonly ReferenceRow[],
    responsibilities: readonly (readonly Decimal[])[],
    previous: readonly P[],
    shared: ReadonlySet<string>,
    held: readonly ReadonlySet<string>[],
  ): readonly P[] | Steps<readonly P[]>;
  /** P(X <= x); `row` holds the remaining columns of a conditional family, such as the number of trials, at their places. */
  cdf?(x: Decimal, parameters: P, row?: ReferenceRow): Decimal;
  /** P(X > x), without the cancellation of 1 - cdf. */
  survival?(x: Decimal, parameters: P, row?: ReferenceRow): Decimal;
  /** The smallest x with cdf(x) >= probability, 0 <= probability <= 1. */
  quantile?(probability: Decimal, parameters: P, row?: ReferenceRow): Decimal;
}

/** A reference family before its options are chosen: what one line of `families/index.ts` registers. */
export interface ReferenceFamilyDefinition<P extends ReferenceParameters = ReferenceParameters> {
  /** The id that model files carry. */
  readonly id: string;
  /** Every parameter's shape, by name. */
  readonly parameters: { readonly [Name in keyof P & string]: ParameterShape };
  /** Further entries that a record may have, by name: they hold digits that the parameters as doubles cannot. */
  readonly refinements?: Readonly<Record<string, ParameterShape>>;
  /**
   * Makes the family for one arithmetic and one choice of options; `familyOf` makes those of which it is composed. Throws `invalid-option`.
   */
  create(reference: Reference, options: ReferenceOptions, familyOf?: FamilyMaker): ReferenceFamilyParts<P>;
}

/** Makes a family of an id and options, in the same arithmetic. Throws `unknown-family`, `invalid-option`. */
export type FamilyMaker = (id: string, options: ReferenceOptions) => ReferenceFamily;

/** A component family at high precision: the definition's parts with everything that follows from them. */
export interface ReferenceFamily<P extends ReferenceParameters = ReferenceParameters> {
  readonly id: string;
  readonly options: ReferenceOptions;
  readonly reference: Reference;
  /** Every parameter's shape, by name. */
  readonly parameters: Readonly<Record<string, ParameterShape>>;
  /** The number of columns of a row; undefined when the parameters decide it. */
  readonly columns: number | undefined;
  /** Names of the parameters that the options make equal in all components. */
  readonly tied: readonly string[];
  /** Throws `invalid-parameter` unless every parameter is there, has its shape and lies in its domain. */
  validate(parameters: P, component?: number): void;
  /** ln f(row; parameters) in nats with every constant; -Infinity off the support. */
  logDensity(row: ReferenceRow, parameters: P): Decimal;
  /** {@link logDensity} with the terms that do not depend on the row computed once. */
  logDensityAt(parameters: P): (row: ReferenceRow) => Decimal;
  /** The weighted maximum-likelihood estimate; case weights are already inside the responsibilities. Throws `collapsed-component`. */
  maximize(rows: readonly ReferenceRow[], responsibilities: readonly Decimal[], previous: P, held?: ReadonlySet<string>): P;
  /** {@link maximize} as an interruptible computation. */
  maximizeSteps(rows: readonly ReferenceRow[], responsibilities: readonly Decimal[], previous: P, held: ReadonlySet<string>): Steps<P>;
  /**
   * The joint estimate of several components with the parameters in `shared` equal. `responsibilities[j]` belongs to component j.
   * Throws `unsupported-sharing`.
   */
  maximizeShared(
    rows: readonly ReferenceRow[],
    responsibilities: readonly (readonly Decimal[])[],
    previous: readonly P[],
    shared: ReadonlySet<string>,
    held?: readonly ReadonlySet<string>[],
  ): readonly P[];
  /** {@link maximizeShared} as an interruptible computation. */
  maximizeSharedSteps(
    rows: readonly ReferenceRow[],
    responsibilities: readonly (readonly Decimal[])[],
    previous: readonly P[],
    shared: ReadonlySet<string>,
    held: readonly ReadonlySet<string>[],
  ): Steps<readonly P[]>;
  /** P(X <= x); undefined for families of several columns. */
  readonly cdf: ((x: Decimal, parameters: P, row?: ReferenceRow) => Decimal) | undefined;
  /** P(X > x); undefined where {@link cdf} is. */
  readonly survival: ((x: Decimal, parameters: P, row?: ReferenceRow) => Decimal) | undefined;
  /** The smallest x with cdf(x) >= probability; undefined where {@link cdf} is. Throws `domain` unless 0 <= probability <= 1. */
  readonly quantile: ((probability: Decimal, parameters: P, row?: ReferenceRow) => Decimal) | undefined;
  /** Takes parameters exactly from doubles or decimal strings, with the digits of refinements where there are any. Throws `invalid-parameter`. */
  fromNumbers(parameters: NumericParameters, component?: number): P;
  /** Rounds parameters to the nearest doubles. */
  toNumbers(parameters: P): DoubleParameters;
}

const nothingHeld: ReadonlySet<string> = new Set();

/** Completes a definition into a family for one arithmetic and one choice of options. Throws `invalid-option`. */
export function makeReferenceFamily<P extends ReferenceParameters>(
  definition: ReferenceFamilyDefinition<P>,
  reference: Reference,
  options: ReferenceOptions = {},
  familyOf: FamilyMaker = unknownFamily,
): ReferenceFamily<P> {
  const parts = observed(definition.create(reference, options, familyOf), reference);
  const shapes: Readonly<Record<string, ParameterShape>> = parts.shapes ?? definition.parameters;
  const finer = definition.refinements ?? {};

  const requireRight = (wrong: string | undefined, component: number | undefined): void => {
    if (wrong === undefined) return;
    const whose = component === undefined ? `a component of the family ${definition.id}` : `component ${component} (${definition.id})`;
    throw new ReferenceFailure('invalid-parameter', `The parameters of ${whose} are invalid: ${wrong}.`, {
      family: definition.id,
      ...(component === undefined ? {} : { component }),
    });
  };
  const validate = (parameters: P, component?: number): void =>
    requireRight(wrongShape(shapes, parameters) ?? parts.invalid(parameters), component);

  function* maximizeSharedSteps(
    rows: readonly ReferenceRow[],
    responsibilities: readonly (readonly Decimal[])[],
    previous: readonly P[],
    shared: ReadonlySet<string>,
    held: readonly ReadonlySet<string>[],
  ): Steps<readonly P[]> {
    const heldByAll = held.every((names) => [...names].every((name) => held.every((others) => others.has(name))));
    const free = Object.keys(shapes).filter((name) => !held.some((names) => names.has(name)));
    if (heldByAll && free.every((name) => shared.has(name))) {
      const added = rows.map((_, row) => reference.sum(responsibilities.map((column) => column[row]!)));
      const estimates: P[] = [];
      for (const each of previous) {
        const estimate = estimates[0] ?? (yield* continueWith(parts.maximize(rows, added, each, held[0] ?? nothingHeld)));
        estimates.push({ ...each, ...Object.fromEntries(Object.entries(estimate).filter(([name]) => shared.has(name))) });
      }
      return estimates;
    }
    if (parts.maximizeShared === undefined) {
      throw new ReferenceFailure(
        'unsupported-sharing',
        `The family ${definition.id} has no joint estimate with only ${[...shared].join(', ')} shared: share all of its free parameters or none.`,
        { family: definition.id },
      );
    }
    return yield* continueWith(parts.maximizeShared(rows, responsibilities, previous, shared, held));
  }

  function* maximizeSteps(
    rows: readonly ReferenceRow[],
    responsibilities: readonly Decimal[],
    previous: P,
    held: ReadonlySet<string>,
  ): Steps<P> {
    if (Object.keys(shapes).every((name) => held.has(name))) return previous;
    return yield* continueWith(parts.maximize(rows, responsibilities, previous, held));
  }

  const quantile = parts.quantile?.bind(parts);

  return {
    id: definition.id,
    options,
    reference,
    parameters: shapes,
    columns: parts.columns,
    tied: parts.tied ?? [],
    validate,
    logDensity: (row, parameters) => parts.logDensityAt(parameters)(row),
    logDensityAt: (parameters) => parts.logDensityAt(parameters),
    maximize: (rows, responsibilities, previous, held = nothingHeld) => runToEnd(maximizeSteps(rows, responsibilities, previous, held)),
    maximizeSteps,
    maximizeShared: (rows, responsibilities, previous, shared, held = previous.map(() => nothingHeld)) =>
      runToEnd(maximizeSharedSteps(rows, responsibilities, previous, shared, held)),
    maximizeSharedSteps,
    cdf: parts.cdf?.bind(parts),
    survival: parts.survival?.bind(parts),
    quantile:
      quantile &&
      ((probability, parameters, row) => {
        if (probability.gte(0) && probability.lte(1)) return quantile(probability, parameters, row);
        throw new ReferenceFailure('domain', `A quantile is defined for probabilities from 0 to 1, not for ${probability.toString()}.`, {
          family: definition.id,
        });
      }),
    fromNumbers: (parameters, component) => {
      const unknown = Object.keys(parameters).find((name) => !Object.hasOwn(shapes, name) && !Object.hasOwn(finer, name));
      if (unknown !== undefined) {
        throw new ReferenceFailure(
          'invalid-parameter',
          `The family ${definition.id} has no parameter "${unknown}": its parameters are ${Object.keys(shapes).join(', ')}.`,
          { family: definition.id, parameter: unknown, ...(component === undefined ? {} : { component }) },
        );
      }
      if (parts.take !== undefined) {
        const own = parts.take(parameters);
        validate(own, component);
        return own;
      }
      const taken = Object.entries(parameters).map(([name, value]) => [name, takeExactly(reference, value)] as const);
      const own = Object.fromEntries(taken.filter(([name]) => Object.hasOwn(shapes, name))) as P;
      const refinements = Object.fromEntries(taken.filter(([name]) => Object.hasOwn(finer, name)));
      if (parts.refine === undefined || Object.keys(refinements).length === 0) {
        validate(own, component);
        return own;
      }
      requireRight(
        wrongShape(shapes, own) ??
          wrongShape(Object.fromEntries(Object.entries(finer).filter(([name]) => Object.hasOwn(refinements, name))), refinements),
        component,
      );
      const refined = parts.refine(own, refinements);
      validate(refined, component);
      return refined;
    },
    toNumbers: (parameters) => Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, toDoubles(value)])),
  };
}

function unknownFamily(id: string): never {
  throw new ReferenceFailure('unknown-family', `There is no reference family "${id}" to compose another of.`, { family: id });
}

/** A parameter's entries with their places spelled out: `mean`, `mean[0]`, `covariance[0][1]`. */
export function parameterEntries(name: string, value: ReferenceParameter): readonly { readonly name: string; readonly value: Decimal }[] {
  if (isRecord(value)) return Object.entries(value).flatMap(([own, entry]) => parameterEntries(`${name}.${own}`, entry));
  if (!isList(value)) return [{ name, value }];
  return value.flatMap((entry: Decimal | readonly Decimal[], index: number) => parameterEntries(`${name}[${index}]`, entry));
}

function isList(value: ReferenceParameter): value is readonly Decimal[] | readonly (readonly Decimal[])[] {
  return Array.isArray(value);
}

function isRecord(value: ReferenceParameter): value is ReferenceParameters {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** The same where cells may be missing: see `incomplete`. */
function observed<P extends ReferenceParameters>(parts: ReferenceFamilyParts<P>, reference: Reference): ReferenceFamilyParts<P> {
  if (parts.incomplete === true) return parts;
  const isMissing = (row: ReferenceRow): boolean => row[0]!.isNaN();
  return {
    ...parts,
    logDensityAt(parameters) {
      const logDensity = parts.logDensityAt(parameters);
      return (row) => (isMissing(row) ? reference.zero : logDensity(row));
    },
    maximize(rows, responsibilities, previous, held) {
      if (!rows.some(isMissing)) return parts.maximize(rows, responsibilities, previous, held);
      const kept = rows.flatMap((row, i) => (isMissing(row) ? [] : [i]));
      const own = kept.map((i) => responsibilities[i]!);
      if (reference.sum(own).isZero()) return previous;
      return parts.maximize(
        kept.map((i) => rows[i]!),
        own,
        previous,
        held,
      );
    },
  };
}

function takeExactly(reference: Reference, value: NumericParameter): ReferenceParameter {
  if (Array.isArray(value)) return value.map((entry: NumericParameter) => takeExactly(reference, entry)) as ReferenceParameter;
  return reference.decimal(value as Numeric);
}

function toDoubles(value: ReferenceParameter): DoubleParameter {
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, toDoubles(entry)]));
  if (isList(value)) return value.map((entry: ReferenceParameter) => toDoubles(entry)) as DoubleParameter;
  return value.toNumber();
}

function wrongShape(shapes: Readonly<Record<string, ParameterShape>>, parameters: ReferenceParameters): string | undefined {
  for (const [name, shape] of Object.entries(shapes)) {
    const value = parameters[name];
    if (value === undefined) return `${name} is missing`;
    const depth = isRecord(value) ? 'record' : !Array.isArray(value) ? 'scalar' : Array.isArray(value[0]) ? 'matrix' : 'vector';
    if (depth !== shape) return `${name} must be a ${shape}, not a ${depth}`;
    const infinite = parameterEntries(name, value).find((entry) => !entry.value.isFinite());
    if (infinite !== undefined) return `${infinite.name} is ${infinite.value.toString()}, which is not finite`;
  }
  return undefined;
}
