import { EmkitError, showValue } from '../errors.ts';
import type { ParameterValue, ParameterValues } from '../family.ts';
import { cholesky } from '../numerics/linear-algebra.ts';
import type { Random } from '../random.ts';
import type { Coordinates } from './space.ts';

/**
 * The set a parameter lives in, as data. Validation, degrees of freedom, the unconstrained coordinates of the accelerated
 * driver, the default distance and the conformance kit's test points are all derived from it.
 */
export type Domain =
  /** Any finite number. */
  | { readonly kind: 'real' }
  /** Finite and > 0. */
  | { readonly kind: 'positive' }
  /** Finite and >= 0. */
  | { readonly kind: 'non-negative' }
  /** From 0 to 1, both included. */
  | { readonly kind: 'probability' }
  /** From `minimum` to `maximum`, ends included. */
  | { readonly kind: 'interval'; readonly minimum: number; readonly maximum: number }
  /** `length` finite numbers. */
  | { readonly kind: 'real-vector'; readonly length: number }
  /** `length` numbers, each finite and > 0. */
  | { readonly kind: 'positive-vector'; readonly length: number }
  /** `length` probabilities that sum to 1 (to rounding). */
  | { readonly kind: 'simplex'; readonly length: number }
  /** A symmetric positive definite matrix, as rows; with a structure, only its own entries are free. */
  | { readonly kind: 'positive-definite'; readonly dimension: number; readonly structure: 'full' | 'diagonal' | 'spherical' }
  /** A lower triangle as rows of 1, 2, ..., `dimension` numbers, the last of each > 0: a Cholesky factor. */
  | { readonly kind: 'lower-triangle'; readonly dimension: number }
  /** A space of the family's own, a circle or ordered numbers, which states what is derived for the others. */
  | { readonly kind: 'own'; readonly space: OwnSpace }
  /** The parameters of a part of a composed family, by name; further entries that it may have hold digits that these cannot. */
  | { readonly kind: 'record'; readonly entries: Domains; readonly refinements?: Domains };

/** Domains by name. */
export type Domains = { readonly [name: string]: Domain };

/**
 * A space that a family brings along for one of its parameters: the direction of an angle, a point of a sphere, whole numbers, an open
 * interval, an ascending list.
 *
 * @typeParam V the parameter's values
 */
// biome-ignore lint/suspicious/noExplicitAny: domains of different values stand side by side in a family
export interface OwnSpace<V extends ParameterValue = any> {
  /** A few words for messages and tables, e.g. `an angle from -pi to below pi`. */
  readonly description: string;
  /** Whether an untrusted value is a point of the space. */
  contains(value: unknown): boolean;
  /** A plain interior point: coordinates are counted from it, and first statistics of the data may be taken about it. */
  readonly centre: V;
  /** Steps from one point to another and back; none (length 0) where values are apart from each other, as whole numbers are. */
  readonly coordinates: Coordinates<V>;
  /** A dimensionless size of the change, unchanged by a change of units. */
  distance(from: V, to: V): number;
  /** An ordinary point, for automatic checks. */
  typical(random: Random): V;
  /** Whether the point lies on the edge, where the likelihood's gradient need not vanish. Default: nowhere. */
  onBoundary?(value: V): boolean;
}

/** How far a given vector of probabilities may sum from 1, in units of the machine epsilon per entry. */
const SIMPLEX_TOLERANCE = 64 * Number.EPSILON;

/** The number of free parameters in a domain: what AIC and BIC count. */
export function freeParameters(domain: Domain): number {
  switch (domain.kind) {
    case 'real-vector':
    case 'positive-vector':
      return domain.length;
    case 'simplex':
      return domain.length - 1;
    case 'positive-definite':
      return domain.structure === 'full'
        ? (domain.dimension * (domain.dimension + 1)) / 2
        : domain.structure === 'diagonal'
          ? domain.dimension
          : 1;
    case 'lower-triangle':
      return (domain.dimension * (domain.dimension + 1)) / 2;
    case 'record':
      return Object.values(domain.entries).reduce((sum, entry) => sum + freeParameters(entry), 0);
    case 'own':
      return domain.space.coordinates.length;
    default:
      return 1;
  }
}

/** A few words for messages and tables, e.g. `a number > 0`. */
export function describeDomain(domain: Domain): string {
  switch (domain.kind) {
    case 'real':
      return 'a finite number';
    case 'positive':
      return 'a number > 0';
    case 'non-negative':
      return 'a number >= 0';
    case 'probability':
      return 'a number from 0 to 1';
    case 'interval':
      return `a number from ${domain.minimum} to ${domain.maximum}`;
    case 'real-vector':
      return `${domain.length} finite numbers`;
    case 'positive-vector':
      return `${domain.length} numbers > 0`;
    case 'simplex':
      return `${domain.length} probabilities that sum to 1`;
    case 'positive-definite': {
      const structure = domain.structure === 'full' ? '' : `${domain.structure} `;
      return `a symmetric positive definite ${structure}${domain.dimension} x ${domain.dimension} matrix, as rows`;
    }
    case 'lower-triangle':
      return `a lower triangle of ${domain.dimension} rows, each one number longer, its last number > 0`;
    case 'record':
      return `a record of ${Object.entries(domain.entries)
        .map(([name, entry]) => `${name} (${describeDomain(entry)})`)
        .join(', ')}`;
    case 'own':
      return domain.space.description;
  }
}

/** Why `value` is not in `domain`, as a clause such as `it is -1`; undefined when it is. */
export function domainViolation(domain: Domain, value: unknown): string | undefined {
  switch (domain.kind) {
    case 'real':
      return scalarViolation(value, () => true);
    case 'positive':
      return scalarViolation(value, (number) => number > 0);
    case 'non-negative':
      return scalarViolation(value, (number) => number >= 0);
    case 'probability':
      return scalarViolation(value, (number) => number >= 0 && number <= 1);
    case 'interval':
      return scalarViolation(value, (number) => number >= domain.minimum && number <= domain.maximum);
    case 'real-vector':
      return vectorViolation(value, domain.length, () => true);
    case 'positive-vector':
      return vectorViolation(value, domain.length, (number) => number > 0);
    case 'simplex': {
      const violation = vectorViolation(value, domain.length, (number) => number >= 0 && number <= 1);
      if (violation !== undefined) return violation;
      let total = 0;
      for (const number of value as number[]) total += number;
      return Math.abs(total - 1) <= SIMPLEX_TOLERANCE * domain.length ? undefined : `its entries sum to ${total}`;
    }
    case 'positive-definite':
      return matrixViolation(value, domain.dimension, domain.structure);
    case 'lower-triangle':
      return triangleViolation(value, domain.dimension);
    case 'record':
      return recordViolation(value, domain.entries, domain.refinements ?? {});
    case 'own':
      return domain.space.contains(value) ? undefined : `it is ${showValue(value)}`;
  }
}

function scalarViolation(value: unknown, holds: (number: number) => boolean): string | undefined {
  return typeof value === 'number' && Number.isFinite(value) && holds(value) ? undefined : `it is ${showValue(value)}`;
}

function vectorViolation(value: unknown, length: number, holds: (number: number) => boolean): string | undefined {
  if (!Array.isArray(value)) return `it is ${showValue(value)}, not a list`;
  if (value.length !== length) return `it has ${value.length} entries, not ${length}`;
  for (let index = 0; index < length; index += 1) {
    const entry: unknown = value[index];
    if (!(typeof entry === 'number' && Number.isFinite(entry) && holds(entry))) return `its entry ${index + 1} is ${showValue(entry)}`;
  }
  return undefined;
}

function matrixViolation(value: unknown, dimension: number, structure: 'full' | 'diagonal' | 'spherical'): string | undefined {
  if (!Array.isArray(value)) return `it is ${showValue(value)}, not a list of rows`;
  if (value.length !== dimension) return `it has ${value.length} rows, not ${dimension}`;
  for (let row = 0; row < dimension; row += 1) {
    const violation = vectorViolation(value[row], dimension, () => true);
    if (violation !== undefined) return `in row ${row + 1}, ${violation}`;
  }
  const matrix = value as number[][];
  if (structure !== 'full') return diagonalViolation(matrix, structure);
  for (let row = 0; row < dimension; row += 1) {
    for (let column = 0; column < row; column += 1) {
      const entry = matrix[row]![column]!;
      if (entry !== matrix[column]![row]!) {
        return `it is not symmetric: row ${row + 1}, column ${column + 1} holds ${entry}, and across the diagonal ${matrix[column]![row]!}`;
      }
    }
  }
  const factor = cholesky(Float64Array.from(matrix.flat()), dimension);
  return factor.ok ? undefined : `it is not positive definite (pivot ${factor.pivot + 1} is not positive)`;
}

function diagonalViolation(matrix: readonly (readonly number[])[], structure: 'diagonal' | 'spherical'): string | undefined {
  for (const [row, entries] of matrix.entries()) {
    const stray = entries.findIndex((entry, column) => entry !== 0 && column !== row);
    if (stray >= 0) return `row ${row + 1}, column ${stray + 1} holds ${entries[stray]!}, and a ${structure} matrix has 0 there`;
    if (!(entries[row]! > 0)) return `it is not positive definite (pivot ${row + 1} is not positive)`;
    if (structure === 'spherical' && entries[row]! !== matrix[0]![0]!)
      return 'its diagonal entries differ, and a spherical matrix has equal ones';
  }
  return undefined;
}

function recordViolation(value: unknown, entries: Domains, refinements: Domains): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `it is ${showValue(value)}, not a record`;
  const record = value as Readonly<Record<string, unknown>>;
  const stray = Object.keys(record).find((name) => !Object.hasOwn(entries, name) && !Object.hasOwn(refinements, name));
  if (stray !== undefined) return `it has no entry ${showValue(stray)}, only ${Object.keys(entries).join(', ')}`;
  for (const [name, domain] of Object.entries({ ...refinements, ...entries })) {
    if (!Object.hasOwn(record, name)) {
      if (Object.hasOwn(entries, name)) return `it lacks ${name}`;
      continue;
    }
    const violation = domainViolation(domain, record[name]);
    if (violation !== undefined) return `of its ${name}, which must be ${describeDomain(domain)}, ${violation}`;
  }
  return undefined;
}

function triangleViolation(value: unknown, dimension: number): string | undefined {
  if (!Array.isArray(value)) return `it is ${showValue(value)}, not a list of rows`;
  if (value.length !== dimension) return `it has ${value.length} rows, not ${dimension}`;
  for (let row = 0; row < dimension; row += 1) {
    const violation = vectorViolation(value[row], row + 1, () => true);
    if (violation !== undefined) return `in row ${row + 1}, ${violation}`;
    if (!((value[row] as number[])[row]! > 0)) return `row ${row + 1} ends in ${(value[row] as number[])[row]!}`;
  }
  return undefined;
}

/**
 * Checks one component's parameters, and the refinements that are there, against their domains.
 *
 * @param component its index, counted from 0, for the message; messages count from 1
 * @throws EmkitError `PARAMETER_MISSING`, `PARAMETER_UNKNOWN` or `PARAMETER_DOMAIN`, naming the component and the parameter
 */
export function checkParameters(
  family: {
    readonly id: string;
    readonly parameters: Readonly<Record<string, Domain>>;
    readonly refinements?: Readonly<Record<string, Domain>>;
  },
  values: unknown,
  component: number,
): asserts values is ParameterValues {
  const where = `Component ${component + 1} (${family.id})`;
  const names = Object.keys(family.parameters);
  const domains = { ...family.refinements, ...family.parameters };
  const remedy = (): string =>
    `Its parameters are: ${names.map((name) => `${name}, ${describeDomain(family.parameters[name]!)}`).join('; ')}.`;
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new EmkitError('PARAMETER_MISSING', `${where} is ${showValue(values)}, not a record of parameters.`, {
      component,
      remedy: remedy(),
    });
  }
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(domains, name)) {
      throw new EmkitError('PARAMETER_UNKNOWN', `${where} has no parameter ${showValue(name)}.`, {
        component,
        parameter: name,
        remedy: remedy(),
      });
    }
  }
  for (const name of Object.keys(domains)) {
    if (!Object.hasOwn(values, name)) {
      if (!Object.hasOwn(family.parameters, name)) continue;
      throw new EmkitError('PARAMETER_MISSING', `${where} lacks the parameter ${name}.`, { component, parameter: name, remedy: remedy() });
    }
    const value: unknown = (values as Record<string, unknown>)[name];
    const violation = domainViolation(domains[name]!, value);
    if (violation !== undefined) {
      throw new EmkitError(
        'PARAMETER_DOMAIN',
        `${where}: the parameter ${name} must be ${describeDomain(domains[name]!)}, but ${violation}.`,
        {
          component,
          parameter: name,
          value,
        },
      );
    }
  }
}

/** True when the value lies on the edge of its domain, where the likelihood's gradient need not vanish (a probability of 0 or 1, a rate of 0). */
export function onBoundary(domain: Domain, value: ParameterValue): boolean {
  switch (domain.kind) {
    case 'non-negative':
      return value === 0;
    case 'probability':
      return value === 0 || value === 1;
    case 'interval':
      return value === domain.minimum || value === domain.maximum;
    case 'simplex':
      return (value as readonly number[]).some((number) => number === 0);
    case 'record':
      return Object.entries(domain.entries).some(([name, entry]) => onBoundary(entry, (value as ParameterValues)[name]!));
    case 'own':
      return domain.space.onBoundary?.(value) ?? false;
    default:
      return false;
  }
}

/** Values nearer to an edge than this are tried on it. */
const NEAR = 1e-6;

/** The value with what all but lies on an edge of its domain on it; undefined where nothing does. */
export function ontoBoundary(domain: Domain, value: ParameterValue): ParameterValue | undefined {
  switch (domain.kind) {
    case 'non-negative':
    case 'probability':
    case 'interval': {
      const [low, high] = domain.kind === 'interval' ? [domain.minimum, domain.maximum] : [0, domain.kind === 'probability' ? 1 : Infinity];
      const near = NEAR * (domain.kind === 'interval' ? high - low : 1);
      const number = value as number;
      return number > low && number - low < near ? low : number < high && high - number < near ? high : undefined;
    }
    case 'simplex': {
      const entries = value as readonly number[];
      if (!entries.some((entry) => entry > 0 && entry < NEAR)) return undefined;
      const kept = entries.map((entry) => (entry < NEAR ? 0 : entry));
      const total = kept.reduce((sum, entry) => sum + entry, 0);
      return kept.map((entry) => entry / total);
    }
    default:
      return undefined;
  }
}

/** A value on an edge of its domain, taken a part of the domain's size inside; undefined where it is not on an edge. */
export function offBoundary(domain: Domain, value: ParameterValue, part: number): number | undefined {
  if (domain.kind === 'simplex' || !onBoundary(domain, value)) return undefined;
  const [low, high] = domain.kind === 'interval' ? [domain.minimum, domain.maximum] : [0, 1];
  return value === low ? low + part * (high - low) : high - part * (high - low);
}
