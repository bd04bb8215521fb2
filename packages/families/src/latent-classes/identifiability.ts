import { createRandom, type Family, type LatentModel, type ModelParameters } from '@emkit/core';
import { blockOfCells, cellAt, probabilities } from './table.ts';

/** Whether the parameters of a model can be told apart, near a point, by any amount of data. */
export interface Identifiability {
  /** The number of free parameters. */
  readonly parameters: number;
  /** Probabilities of answers that are 0 to within rounding: the test says nothing of them. */
  readonly boundary: number;
  /** The rank of the Jacobian of the cells' probabilities in the free parameters. */
  readonly rank: number;
  /** True where the rank is that of all parameters but those on the edge: the model is locally identifiable at this point. */
  readonly identified: boolean;
}

/** All cells are looked at up to so many; of larger tables so many times the number of parameters: random rows have the rank of all. */
const MOST_CELLS = 4096;
const DRAWS_A_PARAMETER = 6;

/** Of the coordinates, for central differences: their error is then about 1e-9 of the derivative. */
const STEP = 2e-5;

/** What is smaller, in parts of the largest, is the error of the differences. */
const NEGLIGIBLE = 1e-6;

/** Below it a probability's column is negligible: columns are as long as roots of probabilities. */
const EDGE = 1e-12;

/**
 * The rank test of local identifiability (Goodman 1974): a latent class model is locally identifiable where the Jacobian of the cells'
 * probabilities has full column rank. Degrees of freedom >= 0 do not suffice: four items of two answers with three classes have df 1, and a
 * rank of 13 for 14 parameters, whatever the point (Allman, Matias and Rhodes 2009).
 *
 * Each row is divided by the root of its cell's probability, so that the columns are in the units of the information of one row.
 */
export function identifiability(model: LatentModel, at: ModelParameters, counts: readonly number[]): Identifiability {
  const cells = someCells(model.families[0]!, at, counts, model.space.free.length);
  const block = blockOfCells(cells, counts.length);
  const centre = probabilities(model, at, block);
  const { free } = model.space;
  const step = new Float64Array(free.length);
  const columns = Array.from({ length: free.length }, (_, index) => {
    step.fill(0);
    step[index] = STEP;
    const above = probabilities(model, free.move(at, step, 0), block);
    step[index] = -STEP;
    const below = probabilities(model, free.move(at, step, 0), block);
    return above.map((value, cell) => (centre[cell]! > 0 ? (value - below[cell]!) / (2 * STEP * Math.sqrt(centre[cell]!)) : 0));
  });
  const norms = columns.map(norm);
  const largest = Math.max(...norms);
  const rank = rankOf(columns.filter((_, index) => norms[index]! > NEGLIGIBLE * largest));
  const boundary = onEdge(model, at);
  return { parameters: free.length, boundary, rank, identified: rank === free.length - boundary };
}

/** Free probabilities of answers that are 0 to within rounding. Each takes one dimension away, in whatever coordinates. */
function onEdge({ emissions }: LatentModel, { components }: ModelParameters): number {
  let count = 0;
  components.forEach((values, component) => {
    const repeated = emissions.sharedGroups.flatMap((group) => (group.components.indexOf(component) > 0 ? [...group.names] : []));
    for (const [name, value] of Object.entries(values)) {
      if (emissions.held[component]!.has(name) || repeated.includes(name)) continue;
      count += (value as { readonly probabilities: readonly number[] }).probabilities.filter((each) => each < EDGE).length;
    }
  });
  return count;
}

/** Distinct cells: all, or some drawn at random. */
function someCells(
  { parts }: Family,
  { components }: ModelParameters,
  counts: readonly number[],
  parameters: number,
): readonly (readonly number[])[] {
  const all = counts.reduce((product, count) => product * count, 1);
  if (all <= MOST_CELLS) return Array.from({ length: all }, (_, index) => cellAt(index, counts));
  const random = createRandom(1);
  const found = new Map<string, readonly number[]>();
  const row = new Float64Array(1);
  const names = Object.keys(parts!);
  for (let draw = 0; draw < DRAWS_A_PARAMETER * parameters; draw += 1) {
    const values = components[draw % components.length]!;
    // Half of the answers as their class gives them, half any: one that no class makes likely must be seen as well.
    const cell = names.map((name, item) => {
      if (random.uniform() < 0.5) return random.integer(counts[item]!);
      parts![name]!.sample!(values[name], random, row);
      return row[0]!;
    });
    found.set(cell.join(), cell);
  }
  return [...found.values()];
}

/** By Gram and Schmidt, twice and with the longest column first, each column scaled to length 1. */
function rankOf(given: readonly Float64Array[]): number {
  let left = given.map((column) => {
    const length = norm(column);
    return column.map((value) => value / length);
  });
  let rank = 0;
  while (left.length > 0) {
    const lengths = left.map(norm);
    const longest = lengths.indexOf(Math.max(...lengths));
    if (!(lengths[longest]! > NEGLIGIBLE)) break;
    const unit = left[longest]!.map((value) => value / lengths[longest]!);
    rank += 1;
    left = left.filter((_, index) => index !== longest);
    for (const column of left) for (let turn = 0; turn < 2; turn += 1) subtractProjection(column, unit);
  }
  return rank;
}

function subtractProjection(column: Float64Array, unit: Float64Array): void {
  let along = 0;
  for (let cell = 0; cell < unit.length; cell += 1) along += column[cell]! * unit[cell]!;
  for (let cell = 0; cell < unit.length; cell += 1) column[cell]! -= along * unit[cell]!;
}

function norm(column: Float64Array): number {
  let squares = 0;
  for (const value of column) squares += value * value;
  return Math.sqrt(squares);
}
