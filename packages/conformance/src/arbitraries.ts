import {
  type Column,
  createRandom,
  type Domain,
  type Family,
  type ParameterValue,
  type ParameterValues,
  type Random,
  type Support,
} from '@emkit/core';
import * as fc from 'fast-check';

/**
 * How far test values reach. `ordinary`: sizes round 1, which every law must hold for. `extreme`: from 1e-300 to 1e300, the edges of
 * domains, near-singular matrices.
 */
export type Reach = 'ordinary' | 'extreme';

/** 10^e for e from `low` to `high`, shrinking towards 1, with four digits so that counterexamples can be read. */
function magnitudes(low: number, high: number): fc.Arbitrary<number> {
  return fc.integer({ min: low * 1000, max: high * 1000 }).map((thousandths) => Number((10 ** (thousandths / 1000)).toPrecision(4)));
}

/** Decimals with three places: short to read, and full of bits in binary. Shrinks towards 0. */
function decimals(low: number, high: number): fc.Arbitrary<number> {
  return fc.integer({ min: Math.round(low * 1000), max: Math.round(high * 1000) }).map((thousandths) => thousandths / 1000);
}

const signed = (magnitude: fc.Arbitrary<number>): fc.Arbitrary<number> =>
  fc.tuple(magnitude, fc.boolean()).map(([value, negative]) => (negative ? -value : value));

const extremeReal: fc.Arbitrary<number> = fc.oneof(
  decimals(-10, 10),
  fc.constantFrom(0, 1e300, -1e300, 1e-300, Number.MIN_VALUE, -1e-310),
  signed(magnitudes(-300, 300)),
);
const ordinaryPositive: fc.Arbitrary<number> = magnitudes(-1, 1);
const extremePositive: fc.Arbitrary<number> = fc.oneof(ordinaryPositive, magnitudes(-300, 300), fc.constantFrom(Number.MIN_VALUE, 1e-310));
const ordinaryProbability: fc.Arbitrary<number> = fc.integer({ min: -480, max: 480 }).map((thousandths) => (500 + thousandths) / 1000);
const extremeProbability: fc.Arbitrary<number> = fc.oneof(
  ordinaryProbability,
  fc.constantFrom(0, 1, 1 - 2 ** -53, Number.MIN_VALUE),
  magnitudes(-300, 0).filter((value) => value <= 1),
  magnitudes(-15, 0).map((value) => Math.max(0, 1 - value)),
);

/** Values of one parameter's domain. */
export function domainArbitrary(domain: Domain, reach: Reach): fc.Arbitrary<ParameterValue> {
  const extreme = reach === 'extreme';
  switch (domain.kind) {
    case 'real':
      return extreme ? extremeReal : decimals(-10, 10);
    case 'positive':
      return extreme ? extremePositive : ordinaryPositive;
    case 'non-negative':
      return extreme ? fc.oneof(extremePositive, fc.constant(0)) : ordinaryPositive;
    case 'probability':
      return extreme ? extremeProbability : ordinaryProbability;
    case 'interval': {
      const inside = (extreme ? extremeProbability : ordinaryProbability).map(
        (share) => domain.minimum + share * (domain.maximum - domain.minimum),
      );
      return inside.map((value) => Math.min(Math.max(value, domain.minimum), domain.maximum));
    }
    case 'real-vector':
      return fixedList(extreme ? extremeReal : decimals(-10, 10), domain.length);
    case 'positive-vector':
      return fixedList(extreme ? extremePositive : ordinaryPositive, domain.length);
    case 'simplex':
      return simplexArbitrary(domain.length, extreme);
    case 'positive-definite':
      return matrixArbitrary(domain.dimension, domain.structure, extreme);
    case 'lower-triangle':
      return triangleArbitrary(domain.dimension, extreme);
    case 'record':
      return fc.record(Object.fromEntries(Object.entries(domain.entries).map(([name, entry]) => [name, domainArbitrary(entry, reach)])));
    case 'own':
      return drawnBy((random) => domain.space.typical(random));
  }
}

/** Values that a function draws. They shrink to those of smaller seeds, which are no simpler. */
function drawnBy<T>(draw: (random: Random) => T): fc.Arbitrary<T> {
  return fc.nat(2 ** 31 - 1).map((seed) => draw(createRandom(seed)));
}

function fixedList(entry: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> {
  return fc.array(entry, { minLength: length, maxLength: length });
}

/** Probabilities that sum to 1 to rounding; extreme ones have zeros among them. */
export function simplexArbitrary(length: number, extreme = false): fc.Arbitrary<number[]> {
  const share = extreme
    ? fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0, 1e-12, 1e-300))
    : fc.integer({ min: 50, max: 1000 });
  return fixedList(share, length).map((shares) => {
    const total = shares.reduce((sum, value) => sum + value, 0);
    return total > 0 ? shares.map((value) => value / total) : shares.map((_, index) => (index === 0 ? 1 : 0));
  });
}

function triangleArbitrary(dimension: number, extreme: boolean): fc.Arbitrary<number[][]> {
  const rows = Array.from({ length: dimension }, (_, row) =>
    fc.tuple(fixedList(decimals(-1, 1), row), extreme ? extremePositive : ordinaryPositive).map(([before, last]) => [...before, last]),
  );
  return fc.tuple(...rows);
}

function matrixArbitrary(dimension: number, structure: 'full' | 'diagonal' | 'spherical', extreme: boolean): fc.Arbitrary<number[][]> {
  const scale = extreme ? fc.oneof(ordinaryPositive, magnitudes(-100, 100)) : magnitudes(-0.5, 0.5);
  if (structure === 'spherical') return scale.map((value) => diagonal(new Array<number>(dimension).fill(value)));
  if (structure === 'diagonal') return fixedList(scale, dimension).map(diagonal);
  const size = (dimension * (dimension - 1)) / 2;
  const lower = extreme ? fc.oneof(decimals(-1, 1), decimals(-100, 100)) : decimals(-1, 1);
  return fc.tuple(fixedList(scale, dimension), fixedList(lower, size)).map(([scales, below]) => {
    // D L L' D with ones on L's diagonal: positive definite by construction, nearly singular where L is far from the identity.
    const entry = (row: number, column: number): number => (column > row ? 0 : column === row ? 1 : below[(row * (row - 1)) / 2 + column]!);
    const matrix = diagonal(scales);
    for (let row = 0; row < dimension; row += 1) {
      for (let column = 0; column <= row; column += 1) {
        let sum = 0;
        for (let inner = 0; inner <= column; inner += 1) sum += entry(row, inner) * entry(column, inner);
        matrix[row]![column] = matrix[column]![row] = sum * scales[row]! * scales[column]!;
      }
    }
    return matrix;
  });
}

function diagonal(entries: readonly number[]): number[][] {
  return entries.map((entry, row) => entries.map((_, column) => (row === column ? entry : 0)));
}

/** Parameters of one component: what the family says is ordinary, or every parameter from its domain. */
export function parametersArbitrary(family: Family, reach: Reach): fc.Arbitrary<ParameterValues> {
  const ordinary = family.typical?.parameters;
  if (reach === 'ordinary' && ordinary !== undefined) return drawnBy(ordinary);
  return fc.record(
    Object.fromEntries(Object.entries(family.parameters).map(([name, domain]) => [name, domainArbitrary(domain as Domain, reach)])),
  );
}

/** One row of data, one number a column. */
export type Row = readonly number[];

/**
 * Rows inside the declared support: those that the family says are ordinary, or each column by itself. A column whose maximum stands in
 * another column, which may have its own in a third, is drawn from what that column allows.
 */
export function rowArbitrary(family: Family, reach: Reach): fc.Arbitrary<Row> {
  const ordinary = family.typical?.row;
  // Where columns constrain one another, only the family can draw rows, and an extreme one is not to be had.
  if (ordinary !== undefined && (reach === 'ordinary' || family.constraint !== undefined))
    return drawnBy((random) => [...ordinary(random)]);
  return fc.tuple(...family.columns.map((column) => columnArbitrary(column, reach))).map((drawn) => {
    const entry = (index: number): number => {
      const { support } = family.columns[index]!;
      if (support.kind !== 'integer' || typeof support.maximum === 'number') return drawn[index]!;
      return support.minimum + Math.floor(drawn[index]! * (entry(support.maximum.column) - support.minimum + 1));
    };
    return family.columns.map((_, index) => entry(index));
  });
}

function columnArbitrary(column: Column, reach: Reach): fc.Arbitrary<number> {
  const { support } = column;
  const continuous = densityArbitrary(column, reach);
  if (support.kind === 'integer' || support.atoms === undefined || support.atoms.length === 0) return continuous;
  return fc.oneof({ arbitrary: continuous, weight: 3 }, { arbitrary: fc.constantFrom(...support.atoms), weight: 1 });
}

function densityArbitrary({ support, given }: Column, reach: Reach): fc.Arbitrary<number> {
  const extreme = reach === 'extreme';
  switch (support.kind) {
    case 'real':
      return extreme ? extremeReal : decimals(-20, 20);
    case 'interval': {
      const { minimum, maximum, minimumOpen, maximumOpen } = support;
      const inside = (value: number): boolean =>
        value >= minimum && value <= maximum && !(minimumOpen && value === minimum) && !(maximumOpen && value === maximum);
      const ends = [minimum, maximum].filter((end) => Number.isFinite(end) && inside(end));
      const distance = extreme ? fc.oneof(magnitudes(-3, 1.3), magnitudes(-300, 300)) : magnitudes(-3, 1.3);
      const body = !Number.isFinite(minimum)
        ? !Number.isFinite(maximum)
          ? extreme
            ? extremeReal
            : decimals(-20, 20)
          : distance.map((value) => maximum - value)
        : !Number.isFinite(maximum)
          ? distance.map((value) => minimum + value)
          : (extreme ? extremeProbability : ordinaryProbability).map((share) => minimum + share * (maximum - minimum));
      const filtered = body.filter(inside);
      return extreme && ends.length > 0 ? fc.oneof(filtered, fc.constantFrom(...ends)) : filtered;
    }
    case 'integer': {
      if (typeof support.maximum !== 'number') return fc.integer({ min: 0, max: 2 ** 30 - 1 }).map((value) => value / 2 ** 30);
      const { minimum } = support;
      const maximum = Math.min(support.maximum, Number.MAX_SAFE_INTEGER);
      const near = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 30) });
      if (given && !extreme) return near;
      const finite = support.maximum < Number.MAX_SAFE_INTEGER;
      if (finite) return fc.oneof(near, fc.integer({ min: minimum, max: maximum }));
      return extreme ? fc.oneof(near, fc.integer({ min: minimum, max: 1_000_000 }), fc.integer({ min: minimum, max: 2 ** 50 })) : near;
    }
  }
}

/** Numbers that do not belong to a support: below and above it, between whole numbers, at open ends. None for the whole real line. */
export function outsideSupport(support: Support, row: Row): readonly number[] {
  if (support.kind === 'real') return [];
  const maximum = typeof support.maximum === 'number' ? support.maximum : row[support.maximum.column]!;
  const values: number[] = [];
  if (Number.isFinite(support.minimum)) values.push(support.minimum - 1, support.minimum - 1e-3, -1e300);
  if (Number.isFinite(maximum)) values.push(maximum + 1, maximum * (1 + 2 ** -40) + 2 ** -40, 1e300);
  if (support.kind === 'integer') values.push(support.minimum + 0.5, maximum === Infinity ? 3.000001 : maximum - 0.5);
  else {
    if (support.minimumOpen && Number.isFinite(support.minimum)) values.push(support.minimum);
    if (support.maximumOpen && Number.isFinite(maximum)) values.push(maximum);
  }
  return values.filter((value) => {
    if (value < support.minimum || value > maximum) return true;
    if (support.kind === 'integer') return Math.floor(value) !== value;
    return (support.minimumOpen === true && value === support.minimum) || (support.maximumOpen === true && value === maximum);
  });
}

/** Values that lie in no part of a domain: what a family must never be handed, and core must refuse. */
export function outsideDomain(domain: Domain): readonly unknown[] {
  const never: unknown[] = [Number.NaN, Infinity, -Infinity, 'text', null, undefined, {}];
  switch (domain.kind) {
    case 'real':
      return [...never, [0]];
    case 'positive':
      return [...never, 0, -1, -1e-300];
    case 'non-negative':
      return [...never, -1, -1e-300];
    case 'probability':
      return [...never, -1e-300, 1 + 2 ** -52, 2];
    case 'interval':
      return [...never, domain.minimum - 1, domain.maximum + 1].filter((value) => value !== -Infinity || domain.minimum !== -Infinity);
    case 'real-vector':
      return [...never, new Array(domain.length + 1).fill(0), new Array(domain.length).fill(Number.NaN), 0];
    case 'positive-vector':
      return [...never, new Array(domain.length + 1).fill(1), new Array(domain.length).fill(0), 1];
    case 'simplex':
      return [
        ...never,
        new Array(domain.length).fill(1 / domain.length + 0.01),
        [2, ...new Array(domain.length - 1).fill(-1 / (domain.length - 1))],
        1,
      ];
    case 'positive-definite': {
      const { dimension } = domain;
      const matrices = [
        diagonal(new Array(dimension).fill(0)),
        diagonal(new Array(dimension).fill(-1)),
        diagonal(new Array(dimension + 1).fill(1)),
      ];
      if (dimension > 1) {
        const skew = diagonal(new Array(dimension).fill(1));
        skew[0]![1] = 0.5;
        const singular = skew.map((row) => row.map(() => 1));
        matrices.push(skew, singular);
      }
      return [...never, ...matrices, 1];
    }
    case 'lower-triangle': {
      const rows = Array.from({ length: domain.dimension }, (_, row) => [...new Array<number>(row).fill(0), 1]);
      return [...never, [...rows, [1]], rows.map((row) => row.map(() => 0)), rows.map((row) => [...row, 1]), 1];
    }
    case 'record':
      return [...never, 1, [], { stray: 1 }];
    case 'own':
      return never;
  }
}
