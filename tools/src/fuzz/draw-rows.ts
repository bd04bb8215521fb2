import type { Family, Random } from '@emkit/core';
import { chance, magnitude, pick } from './dice.ts';

/** How near to an open end a value may lie. */
const SMALLEST = 1e-300;

/** The values that every family allows in a column. */
interface Reach {
  readonly whole: boolean;
  readonly minimum: number;
  readonly maximum: number;
  /** The column whose value in the same row is the maximum. */
  readonly maximumColumn?: number;
  readonly given: boolean;
}

/** Rows and the group each was drawn from. */
export interface DrawnRows {
  readonly rows: readonly (readonly number[])[];
  readonly groupOf: readonly number[];
}

/** Rows in the common support of the families: groups of some shape, then now and then one thing that is hard about real data. */
export function drawRows(random: Random, instances: readonly Family[], size: number, groups: number): DrawnRows {
  const columns = instances[0]!.columns.map((_, column) => reachOf(instances, column));
  const groupOf = Array.from({ length: size }, () => random.integer(groups));
  const latent = drawLatent(random, columns.length, groupOf, groups);
  makeHard(random, latent);
  const ends = chance(random, 0.12) ? magnitude(random, -2, 0) : 0;
  const values: number[][] = [];
  // A column that bounds another comes first.
  const order = columns.map((_, column) => column).sort((a, b) => Number(columns[b]!.given) - Number(columns[a]!.given));
  for (const column of order) values[column] = drawColumn(random, columns[column]!, latent[column]!, ends, values);
  const rows = groupOf.map((_, row) => values.map((column) => column[row]!));
  return { rows: repeated(random, rows), groupOf };
}

function reachOf(instances: readonly Family[], column: number): Reach {
  const supports = instances.map(({ columns }) => columns[column]!.support);
  let [whole, minimum, maximum, minimumOpen] = [false, -Infinity, Infinity, false];
  let maximumColumn: number | undefined;
  for (const support of supports) {
    if (support.kind === 'real') continue;
    whole ||= support.kind === 'integer';
    if (support.minimum >= minimum)
      minimumOpen = (support.minimum === minimum && minimumOpen) || (support.kind === 'interval' && support.minimumOpen === true);
    minimum = Math.max(minimum, support.minimum);
    if (typeof support.maximum === 'number') maximum = Math.min(maximum, support.maximum);
    else maximumColumn = support.maximum.column;
  }
  if (minimumOpen) minimum += whole ? 1 : SMALLEST;
  const given = instances[0]!.columns[column]!.given === true;
  return { whole, minimum, maximum, given, ...(maximumColumn !== undefined && { maximumColumn }) };
}

/** Real numbers in groups, one list a column: what the columns' values are made of. */
function drawLatent(random: Random, columns: number, groupOf: readonly number[], groups: number): number[][] {
  const apart = pick(random, [0, 1, 4, 4, 20]);
  const centres = Array.from({ length: groups }, () => Array.from({ length: columns }, () => apart * random.normal()));
  const spreads = Array.from({ length: groups }, () => (chance(random, 0.5) ? 1 : magnitude(random, -1, 1)));
  const shape = random.integer(6);
  const noise = (): number => {
    if (shape === 0) return Math.tan(Math.PI * (random.uniformOpen() - 0.5));
    if (shape === 1) return 3 * (random.uniform() - 0.5);
    return random.normal();
  };
  return Array.from({ length: columns }, (_, column) => groupOf.map((group) => centres[group]![column]! + spreads[group]! * noise()));
}

/** Nearly collinear columns, one outlier, few distinct values, equal rows but for a few. */
function makeHard(random: Random, latent: number[][]): void {
  const rows = latent[0]!.length;
  if (latent.length > 1 && chance(random, 0.3)) {
    const apart = chance(random, 0.4) ? magnitude(random, -12, -1) : 1;
    latent[1] = latent[1]!.map((value, row) => latent[0]![row]! + apart * value);
  }
  if (chance(random, 0.12)) {
    const far = (chance(random, 0.5) ? -1 : 1) * magnitude(random, 1, 6);
    const row = random.integer(rows);
    for (const column of latent) if (column === latent[0] || chance(random, 0.5)) column[row] = far;
  }
  if (chance(random, 0.05)) {
    for (const column of latent) for (let row = 0; row < rows - 3; row += 1) column[row] = -1000;
  } else if (chance(random, 0.08)) {
    const distinct = 1 + random.integer(4);
    for (const column of latent) for (let row = distinct; row < rows; row += 1) column[row] = column[random.integer(distinct)]!;
  }
}

function drawColumn(
  random: Random,
  reach: Reach,
  latent: readonly number[],
  ends: number,
  known: readonly (readonly number[])[],
): number[] {
  const map = reach.whole
    ? wholeNumbers(random, reach)
    : Number.isFinite(reach.minimum)
      ? positiveNumbers(random, reach)
      : realNumbers(random);
  return latent.map((value, row) => {
    const maximum = reach.maximumColumn === undefined ? reach.maximum : known[reach.maximumColumn]![row]!;
    if (ends > 0 && chance(random, ends)) {
      const end = chance(random, 0.5) ? reach.minimum : maximum;
      if (Number.isFinite(end)) return end;
    }
    return Math.min(Math.max(map(value, maximum), reach.minimum, -1e300), maximum, 1e300) + 0;
  });
}

function realNumbers(random: Random): (value: number) => number {
  const scale = scaleOf(random);
  const shift = chance(random, 0.15) ? (chance(random, 0.5) ? -1 : 1) * magnitude(random, 0, 12) : 0;
  const round = rounding(random);
  return (value) => (round(value) + shift) * scale;
}

function positiveNumbers(random: Random, { minimum }: Reach): (value: number) => number {
  const scale = scaleOf(random);
  const round = rounding(random);
  const shift = chance(random, 0.1) ? magnitude(random, 0, 12) : 0;
  const raise = pick(random, [Math.abs, (value: number) => Math.exp(value / 3), (value: number) => 0.1 * value * value]);
  return (value) => minimum + (round(Math.abs(raise(Math.min(value, 2000)))) + shift) * scale;
}

function wholeNumbers(random: Random, { minimum, given }: Reach): (value: number, maximum: number) => number {
  if (given) {
    const trials = chance(random, 0.5) ? 1 + random.integer(20) : 0;
    const largest = magnitude(random, 0.5, chance(random, 0.1) ? 9 : 3);
    return () => trials || 1 + Math.floor(largest * random.uniform());
  }
  const size = chance(random, 0.1) ? magnitude(random, 2, 12) : magnitude(random, -1, 1.5);
  const slope = pick(random, [0.3, 1, 3]);
  return (value, maximum) =>
    maximum < Infinity
      ? minimum + Math.round((maximum - minimum) / (1 + Math.exp(-slope * value)))
      : minimum + Math.floor(size * Math.exp(Math.min(slope * value, 20)));
}

/** Mostly 1; else any size that doubles have. */
function scaleOf(random: Random): number {
  if (chance(random, 0.8)) return 1;
  return chance(random, 0.6) ? magnitude(random, -12, 12) : magnitude(random, -295, 290);
}

/** Few digits, whole numbers, or all bits. */
function rounding(random: Random): (value: number) => number {
  const kind = random.integer(4);
  if (kind === 0) return (value) => Math.round(3 * value);
  return kind === 1 ? (value) => value : (value) => Number(value.toFixed(2));
}

/** Now and then rows that occur again, or all the same. */
function repeated(random: Random, rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  if (chance(random, 0.02)) return rows.map(() => rows[0]!);
  if (!chance(random, 0.15)) return rows;
  return rows.map((row) => (chance(random, 0.4) ? pick(random, rows) : row));
}
