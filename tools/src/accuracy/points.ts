import type { Domain, Family, ParameterValue, ParameterValues, Random } from '@emkit/core';

/**
 * How far test values reach. `ordinary`: sizes round 1. `wide`: from 1e-3 to 1e3 and into the tails. `extreme`: from 1e-300 to 1e300, to
 * within 1e-300 of the edges of the domains, matrices to within 1e-12 of singular.
 */
export type Reach = 'ordinary' | 'wide' | 'extreme';

const DECADES: Readonly<Record<Reach, number>> = { ordinary: 1, wide: 3, extreme: 300 };

/** 10^e with e even from -decades to decades. */
export function magnitude(random: Random, decades: number): number {
  return 10 ** ((2 * random.uniform() - 1) * decades);
}

function sign(random: Random): number {
  return random.uniform() < 0.5 ? -1 : 1;
}

/** One value of a domain. */
function valueIn(domain: Domain, reach: Reach, random: Random): ParameterValue {
  const list = <T>(length: number, entry: () => T): T[] => Array.from({ length }, entry);
  const scalar = (kind: 'real' | 'positive' | 'probability'): number => {
    if (kind === 'positive') return magnitude(random, DECADES[reach]);
    if (kind === 'real') return reach === 'extreme' ? sign(random) * magnitude(random, 300) : (2 * random.uniform() - 1) * 10;
    if (reach === 'ordinary') return 0.02 + 0.96 * random.uniform();
    const small = 10 ** (-random.uniform() * (reach === 'wide' ? 6 : 300));
    return random.uniform() < 0.5 ? small : 1 - Math.max(small ** (reach === 'wide' ? 1 : 0.05), 2 ** -53);
  };
  switch (domain.kind) {
    case 'real':
    case 'positive':
    case 'probability':
      return scalar(domain.kind);
    case 'non-negative':
      return scalar('positive');
    case 'interval':
      return Math.min(Math.max(domain.minimum + (domain.maximum - domain.minimum) * scalar('probability'), domain.minimum), domain.maximum);
    case 'real-vector':
      return list(domain.length, () => scalar('real'));
    case 'positive-vector':
      return list(domain.length, () => scalar('positive'));
    case 'simplex': {
      const shares = list(domain.length, () =>
        reach === 'extreme' && random.uniform() < 0.3 ? magnitude(random, 300) : 1 + random.uniform() * 10,
      );
      const total = shares.reduce((sum, share) => sum + share, 0);
      return shares.map((share) => share / total);
    }
    case 'positive-definite':
      return matrixIn(domain, reach, random);
    case 'own':
      return domain.space.typical(random);
    case 'lower-triangle':
      return list(domain.dimension, () => 0).map((_, row) => [...list(row, () => scalar('real')), scalar('positive')]);
    case 'record':
      return Object.fromEntries(Object.entries(domain.entries).map(([name, entry]) => [name, valueIn(entry, reach, random)]));
  }
}

/** D L L' D with ones on the diagonal of L: positive definite by construction, nearly singular where L is far from the identity. */
function matrixIn(domain: Extract<Domain, { kind: 'positive-definite' }>, reach: Reach, random: Random): number[][] {
  const { dimension, structure } = domain;
  const decades = reach === 'extreme' ? 70 : 1;
  const common = magnitude(random, decades);
  const scales = Array.from({ length: dimension }, () => (structure === 'spherical' ? common : magnitude(random, decades)));
  const skew = structure === 'full' ? (reach === 'ordinary' ? 1 : 10 ** (random.uniform() * (reach === 'wide' ? 2 : 6))) : 0;
  const lower = scales.map((_, row) =>
    scales.map((_unused, column) => (column === row ? 1 : column < row ? skew * (2 * random.uniform() - 1) : 0)),
  );
  const matrix = scales.map(() => new Array<number>(dimension).fill(0));
  for (let row = 0; row < dimension; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = 0;
      for (let inner = 0; inner <= column; inner += 1) sum += lower[row]![inner]! * lower[column]![inner]!;
      matrix[row]![column] = sum * scales[row]! * scales[column]!;
      matrix[column]![row] = matrix[row]![column]!;
    }
  }
  return matrix;
}

/** Parameters of one component: every one from its domain, or what the family itself calls ordinary. */
export function parametersIn(family: Family, reach: Reach, random: Random): ParameterValues {
  if (reach !== 'extreme' && family.typical?.parameters !== undefined) return family.typical.parameters(random);
  return Object.fromEntries(Object.entries(family.parameters).map(([name, domain]) => [name, valueIn(domain as Domain, reach, random)]));
}

/** Ordinary parameters in another unit, which is how a distribution function is taken to the ends of the doubles. */
export function rescaledParameters(family: Family, random: Random): ParameterValues | undefined {
  if (family.equivariance?.scale !== true) return undefined;
  const columns = family.columns.length;
  // Squares of units must be doubles too where a parameter is one.
  const decades = Object.hasOwn(family.parameters, 'variance') ? 140 : 290;
  const scale = magnitude(random, decades);
  return family.equivariance.transform(
    parametersIn(family, 'ordinary', random),
    new Array(columns).fill(scale),
    new Array(columns).fill(0),
  );
}

/** The given columns of a row; the others are 0. */
export function rowTemplate(family: Family, random: Random): number[] {
  return family.columns.map(({ given, support }) => {
    if (given !== true) return 0;
    const minimum = support.kind === 'real' ? 0 : support.minimum;
    return minimum + random.integer(30);
  });
}

/** A draw from the family itself: where the mass is. */
export function drawRow(family: Family, parameters: ParameterValues, random: Random): number[] {
  const row = Float64Array.from(rowTemplate(family, random));
  family.sample?.(parameters, random, row);
  return Array.from(row);
}

/** A row anywhere in the support, without regard to where the mass is. */
export function anyRow(family: Family, reach: Reach, random: Random): number[] {
  const row = rowTemplate(family, random);
  family.columns.forEach(({ support, given }, column) => {
    if (given === true) return;
    const size = magnitude(random, DECADES[reach]);
    if (support.kind === 'real') row[column] = sign(random) * size;
    else if (support.kind === 'interval') {
      const { minimum, maximum } = support;
      if (Number.isFinite(minimum) && !Number.isFinite(maximum)) row[column] = minimum + size;
      else if (Number.isFinite(maximum) && !Number.isFinite(minimum)) row[column] = maximum - size;
      else row[column] = Number.isFinite(minimum) ? minimum + (maximum - minimum) * random.uniformOpen() : sign(random) * size;
    } else {
      const maximum = typeof support.maximum === 'number' ? support.maximum : row[support.maximum.column]!;
      const limit = Math.min(maximum, reach === 'extreme' ? 1e15 : 1e4);
      row[column] = support.minimum + Math.floor(random.uniform() ** 3 * (limit - support.minimum + 1));
    }
  });
  return row;
}

/** A probability in either tail: 10^-300 and 1 - 2^-53 included. */
export function tailProbability(random: Random): number {
  const kind = random.uniform();
  if (kind < 0.4) return random.uniformOpen();
  if (kind < 0.8) return 10 ** (-random.uniform() * 300);
  return 1 - Math.max(10 ** (-random.uniform() * 16), 2 ** -53);
}
