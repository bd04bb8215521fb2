import { createRandom, type Family, type ParameterValues } from '@emkit/core';
import type { Row } from './arbitraries.ts';
import type { Subject } from './law.ts';
import { blockOf, logDensities } from './likelihood.ts';

/** The most points at which a density is asked for one grid. */
const MOST_POINTS = 200_000;

/** The most whole numbers of one column. */
const MOST_COUNTS = 1500;

/** Draws, or steps of a walk, that show where the mass is. */
const PILOTS = 1500;

/** Gauss-Legendre nodes and weights on [-1, 1] (Abramowitz and Stegun, table 25.4): the coarse rule says how far the fine one may be off. */
const RULES = {
  fine: {
    nodes: [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363],
    weights: [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763],
  },
  coarse: {
    nodes: [0.238619186083197, 0.661209386466265, 0.932469514203152],
    weights: [0.467913934572691, 0.360761573048139, 0.17132449237917],
  },
} as const;

/** A column's points, each with its cell and the logarithm of its weight. */
interface Points {
  readonly at: Float64Array;
  readonly cell: Int32Array;
  readonly logWeight: Float64Array;
}

/** One observed column: how it is cut into cells. */
interface Axis {
  readonly column: number;
  readonly cells: number;
  cellOf(x: number): number;
  points(rule: keyof typeof RULES): Points;
}

/** The mass of a density in boxes that together cover its support, and its first moments. */
export interface Grid {
  readonly columns: readonly number[];
  /** The mass of each box, as the density has it. */
  readonly masses: Float64Array;
  readonly mass: number;
  /** E[x] and E|x| of each observed column. */
  readonly means: Float64Array;
  readonly sizes: Float64Array;
  /** How far the masses together, and the means, may be off. */
  readonly error: number;
  readonly meanErrors: Float64Array;
  boxOf(row: ArrayLike<number>): number;
  /** Boxes that are looked at as one: each cell of each column whatever the others, and the quadrants. Each with the boxes' groups. */
  readonly groupings: readonly Int32Array[];
}

/**
 * The mass of a density in boxes, by Gauss-Legendre quadrature in coordinates in which tails decay, or by summation over whole numbers, column
 * by column. Boxes are cut where the family's own draws, or a random walk over its density, show the mass to be: that makes the answer
 * more or less exact, and never another one.
 *
 * @returns undefined where there are too many columns or whole numbers
 */
export function gridOf(subject: Subject, parameters: ParameterValues, template: Row): Grid | undefined {
  const { family } = subject;
  // Rows that hang together have no grid, and atoms fall between its points.
  if (family.constraint !== undefined || family.columns.some(({ support }) => support.kind !== 'integer' && support.atoms !== undefined))
    return undefined;
  const pilots = pilotsOf(subject, parameters, template, PILOTS);
  const observed = family.columns.flatMap(({ given }, index) => (given ? [] : [index]));
  const axes: Axis[] = [];
  for (const column of observed) {
    const axis = axisOf(family, template, column, pilots, observed.length);
    if (axis === undefined) return undefined;
    axes.push(axis);
  }
  const fine = summed(family, parameters, template, axes, 'fine');
  const coarse = fine && summed(family, parameters, template, axes, 'coarse');
  if (fine === undefined || coarse === undefined) return undefined;
  return {
    ...fine,
    columns: observed,
    error: Math.abs(fine.mass - coarse.mass),
    meanErrors: fine.means.map((value, index) => Math.abs(value - coarse.means[index]!)),
    groupings: groupingsOf(axes),
    boxOf: (row) => axes.reduce((box, axis) => box * axis.cells + axis.cellOf(row[axis.column]!), 0),
  };
}

function groupingsOf(axes: readonly Axis[]): readonly Int32Array[] {
  const boxes = axes.reduce((product, { cells }) => product * cells, 1);
  const cellsOf = (box: number): readonly number[] => {
    let rest = box;
    return axes
      .toReversed()
      .map(({ cells }) => {
        const cell = rest % cells;
        rest = Math.floor(rest / cells);
        return cell;
      })
      .reverse();
  };
  const grouped = (of: (cells: readonly number[]) => number): Int32Array =>
    Int32Array.from({ length: boxes }, (_, box) => of(cellsOf(box)));
  const single = grouped((cells) => cells.reduce((box, cell, place) => box * axes[place]!.cells + cell, 0));
  if (axes.length === 1) return [single];
  const margins = axes.map((_, place) => grouped((cells) => cells[place]!));
  const quadrants = grouped((cells) => cells.reduce((quadrant, cell, place) => 2 * quadrant + (2 * cell >= axes[place]!.cells ? 1 : 0), 0));
  return [single, ...margins, quadrants];
}

/** Rows where the mass is: draws, or where the family does not draw, the steps of a random walk over its density (Metropolis 1953). */
export function pilotsOf(subject: Subject, parameters: ParameterValues, template: Row, count: number): readonly Row[] {
  const random = createRandom(20_011);
  if (subject.draw !== undefined) {
    return Array.from({ length: count }, () => {
      const row = Float64Array.from(template);
      subject.draw!(parameters, random, row);
      return Array.from(row);
    });
  }
  const { family } = subject;
  if (family.constraint !== undefined) return [];
  const observed = family.columns.flatMap(({ given }, index) => (given ? [] : [index]));
  const logTarget = (row: Row): number =>
    observed.reduce(
      (sum, column) => sum + changeOf(family, column).logSlope(row[column]!),
      logDensities(family, blockOf(family, [row]), parameters)[0]!,
    );
  const rows: Row[] = [];
  let at: Row = template;
  let value = logTarget(at);
  let reach = 1;
  for (let step = -count; step < 6 * count; step += 1) {
    const next = at.map((x, column) => {
      if (!observed.includes(column)) return x;
      const { forward, back, integer } = changeOf(family, column);
      const moved = back(forward(x) + reach * random.normal() * (integer ? 3 : 1));
      return integer ? Math.round(moved) : moved;
    });
    const inside = next.every((x, column) => Number.isFinite(x) && isWithin(family, next, column, x));
    const other = inside ? logTarget(next) : -Infinity;
    const accepted = value === -Infinity ? other >= value : Math.log(random.uniformOpen()) < other - value;
    if (accepted) [at, value] = [next, other];
    // Steps of a size that is taken about every third time, settled before rows are kept.
    if (step < 0) reach = Math.min(Math.max(reach * (accepted ? 1.1 : 0.95), 1e-3), 1e3);
    else if (step % 6 === 0) rows.push(at);
  }
  return rows;
}

/** A column's own coordinate: the number itself, the logarithm of its distance to an end, or log-odds between two. */
interface Change {
  readonly integer: boolean;
  forward(x: number): number;
  back(u: number): number;
  /** log dx/du. */
  logSlope(x: number): number;
}

function changeOf(family: Family, column: number): Change {
  const { support } = family.columns[column]!;
  if (support.kind === 'integer') return { integer: true, forward: (x) => x, back: (u) => u, logSlope: () => 0 };
  const [low, high] = support.kind === 'real' ? [-Infinity, Infinity] : [support.minimum, support.maximum];
  if (low === -Infinity && high === Infinity) return { integer: false, forward: (x) => x, back: (u) => u, logSlope: () => 0 };
  if (high === Infinity)
    return { integer: false, forward: (x) => Math.log(x - low), back: (u) => low + Math.exp(u), logSlope: (x) => Math.log(x - low) };
  if (low === -Infinity)
    return { integer: false, forward: (x) => -Math.log(high - x), back: (u) => high - Math.exp(-u), logSlope: (x) => Math.log(high - x) };
  const width = high - low;
  return {
    integer: false,
    forward: (x) => Math.log((x - low) / (high - x)),
    back: (u) => (u < 0 ? low + (width * Math.exp(u)) / (1 + Math.exp(u)) : high - width / (1 + Math.exp(u))),
    logSlope: (x) => Math.log(x - low) + Math.log(high - x) - Math.log(width),
  };
}

function isWithin(family: Family, row: Row, column: number, x: number): boolean {
  const { support } = family.columns[column]!;
  if (support.kind === 'real') return true;
  const maximum = typeof support.maximum === 'number' ? support.maximum : row[support.maximum.column]!;
  return x >= support.minimum && x <= maximum;
}

/** Shares of the draws at which cells end: the tails have cells of their own. */
const SHARES = { few: [0.001, 0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 0.999], several: [0.02, 0.2, 0.5, 0.8, 0.98] } as const;

/** How far beyond the outermost draws cells go on, in spreads or, where the coordinate is a logarithm, in itself. */
const BEYOND = [0.25, 0.6, 1, 1.6, 2.5, 4, 6, 10];
const BEYOND_LOG = [0.3, 0.8, 2, 6, 20, 60, 200];

function axisOf(family: Family, template: Row, column: number, pilots: readonly Row[], columns: number): Axis | undefined {
  const { support } = family.columns[column]!;
  const shares = columns <= 2 ? SHARES.few : SHARES.several;
  if (support.kind === 'integer') {
    if (typeof support.maximum !== 'number' && !family.columns[support.maximum.column]!.given) return undefined;
    const maximum = typeof support.maximum === 'number' ? support.maximum : template[support.maximum.column]!;
    return integerAxis(
      column,
      support.minimum,
      maximum,
      sorted(pilots, (row) => row[column]!),
      shares,
    );
  }
  const change = changeOf(family, column);
  const values = sorted(pilots, (row) => change.forward(row[column]!));
  if (values.length < 2) return undefined;
  const at = (share: number): number => values[Math.round(share * (values.length - 1))]!;
  const spread = Math.max(at(0.84) - at(0.16), at(1) - at(0), Number.MIN_VALUE) / 2;
  if (!(spread > Number.MIN_VALUE * 2)) return undefined;
  const real = support.kind === 'real' || (support.minimum === -Infinity && support.maximum === Infinity);
  const inner = [...new Set(shares.map(at))];
  const beyond = real ? BEYOND.map((each) => each * spread) : BEYOND_LOG;
  const upper = real ? beyond : support.kind === 'interval' && support.maximum === Infinity ? BEYOND_LOG.slice(0, 6) : BEYOND_LOG;
  // Only the cells between draws count draws; those beyond are parts of the first and the last.
  const edges = [...beyond.map((each) => inner[0]! - each).reverse(), ...inner, ...upper.map((each) => inner.at(-1)! + each)];
  return {
    column,
    cells: inner.length + 1,
    cellOf: (x) => inner.filter((edge) => change.forward(x) >= edge).length,
    points(rule) {
      const { nodes, weights } = RULES[rule];
      const list = edges.slice(1).flatMap((high, index) => {
        const low = edges[index]!;
        const middle = (low + high) / 2;
        const half = (high - low) / 2;
        const cell = inner.filter((edge) => middle >= edge).length;
        return nodes.flatMap((node, place) =>
          [-1, 1].map((sign) => ({ u: middle + sign * node * half, cell, weight: weights[place]! * half })),
        );
      });
      const inside = list
        .map(({ u, cell, weight }) => ({ x: change.back(u), cell, weight }))
        .filter(({ x }) => Number.isFinite(change.logSlope(x)) && Number.isFinite(x));
      return {
        at: Float64Array.from(inside, ({ x }) => x),
        cell: Int32Array.from(inside, ({ cell }) => cell),
        logWeight: Float64Array.from(inside, ({ x, weight }) => Math.log(weight) + change.logSlope(x)),
      };
    },
  };
}

function sorted(pilots: readonly Row[], of: (row: Row) => number): readonly number[] {
  return pilots
    .map(of)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
}

function integerAxis(
  column: number,
  minimum: number,
  maximum: number,
  values: readonly number[],
  shares: readonly number[],
): Axis | undefined {
  if (values.length === 0) return undefined;
  const range = values.at(-1)! - values[0]!;
  const low = Math.max(minimum, values[0]! - range - 20);
  const high = Math.min(maximum, values.at(-1)! + 2 * range + 40);
  if (high - low > MOST_COUNTS) return undefined;
  const edges = [...new Set(shares.map((share) => values[Math.round(share * (values.length - 1))]!))];
  const cellOf = (x: number): number => edges.filter((edge) => x > edge).length;
  const at = Float64Array.from({ length: high - low + 1 }, (_, index) => low + index);
  return {
    column,
    cells: edges.length + 1,
    cellOf,
    points: () => ({ at, cell: Int32Array.from(at, cellOf), logWeight: new Float64Array(at.length) }),
  };
}

function summed(
  family: Family,
  parameters: ParameterValues,
  template: Row,
  axes: readonly Axis[],
  rule: keyof typeof RULES,
): Pick<Grid, 'masses' | 'mass' | 'means' | 'sizes'> | undefined {
  const points = axes.map((axis) => axis.points(rule));
  const size = points.reduce((product, { at }) => product * at.length, 1);
  if (size > MOST_POINTS) return undefined;
  const columns = template.map((value) => new Float64Array(size).fill(value));
  const boxes = new Int32Array(size);
  const logWeights = new Float64Array(size);
  let repeat = size;
  axes.forEach(({ column, cells }, place) => {
    const { at, cell, logWeight } = points[place]!;
    repeat /= at.length;
    for (let index = 0; index < size; index += 1) {
      const own = Math.floor(index / repeat) % at.length;
      columns[column]![index] = at[own]!;
      boxes[index] = boxes[index]! * cells + cell[own]!;
      logWeights[index]! += logWeight[own]!;
    }
  });
  const densities = logDensities(family, { size, columns }, parameters);
  const masses = new Float64Array(axes.reduce((product, { cells }) => product * cells, 1));
  const means = new Float64Array(axes.length);
  const sizes = new Float64Array(axes.length);
  let mass = 0;
  for (let index = 0; index < size; index += 1) {
    const own = Math.exp(densities[index]! + logWeights[index]!);
    if (own === 0) continue;
    masses[boxes[index]!]! += own;
    mass += own;
    axes.forEach(({ column }, place) => {
      means[place]! += own * columns[column]![index]!;
      sizes[place]! += own * Math.abs(columns[column]![index]!);
    });
  }
  return { masses, mass, means, sizes };
}
