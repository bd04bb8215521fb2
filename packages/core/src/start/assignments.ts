import type { Random } from '../random.ts';
import type { Features } from './features.ts';

/** Component of each row, counted from 0. */
export type Assignment = Int32Array;

/** Equal-weight slices of the first feature in ascending order: the natural start in one dimension. */
export function quantileAssignment(features: Features, components: number): Assignment {
  const values = features.columns[0]!;
  const order = Uint32Array.from(values, (_, row) => row).sort((a, b) => values[a]! - values[b]! || a - b);
  let total = 0;
  for (const weight of features.weights) total += weight;
  const assignment = new Int32Array(features.rows);
  let before = 0;
  for (const row of order) {
    const middle = before + features.weights[row]! / 2;
    assignment[row] = Math.min(components - 1, Math.floor((middle / total) * components));
    before += features.weights[row]!;
  }
  return assignment;
}

/** Every row to a component drawn at random. */
export function randomAssignment(features: Features, components: number, random: Random): Assignment {
  const assignment = new Int32Array(features.rows);
  for (let row = 0; row < features.rows; row += 1) assignment[row] = random.integer(components);
  return assignment;
}

/**
 * k-means++ (Arthur and Vassilvitskii 2007): centres drawn with probability proportional to weight times squared distance from
 * those already drawn, then Lloyd's iterations. Components are numbered in ascending order of the first feature.
 *
 * @param lloyd how many of Lloyd's iterations follow the draw; 0 keeps the nearest drawn centre
 */
export function kMeansAssignment(features: Features, components: number, random: Random, lloyd: number): Assignment {
  const centres = drawCentres(features, components, random);
  const assignment = new Int32Array(features.rows);
  for (let iteration = 0; ; iteration += 1) {
    const changed = assignNearest(features, centres, assignment);
    if (!changed || iteration >= lloyd) break;
    moveCentres(features, centres, assignment);
  }
  const order = centres.map((_, component) => component).sort((a, b) => centres[a]![0]! - centres[b]![0]! || a - b);
  const rank = new Int32Array(components);
  order.forEach((component, place) => {
    rank[component] = place;
  });
  for (let row = 0; row < features.rows; row += 1) assignment[row] = rank[assignment[row]!]!;
  return assignment;
}

function squaredDistance(features: Features, row: number, centre: Float64Array): number {
  let sum = 0;
  for (let column = 0; column < centre.length; column += 1) {
    const difference = features.columns[column]![row]! - centre[column]!;
    sum += difference * difference;
  }
  return sum;
}

function drawCentres(features: Features, components: number, random: Random): Float64Array[] {
  const { rows, weights } = features;
  const at = (row: number): Float64Array => Float64Array.from(features.columns, (column) => column[row]!);
  const centres = [at(drawProportional(weights, random))];
  const nearest = new Float64Array(rows).fill(Infinity);
  const chances = new Float64Array(rows);
  while (centres.length < components) {
    const centre = centres.at(-1)!;
    for (let row = 0; row < rows; row += 1) {
      nearest[row] = Math.min(nearest[row]!, squaredDistance(features, row, centre));
      chances[row] = weights[row]! * nearest[row]!;
    }
    centres.push(at(drawProportional(chances, random)));
  }
  return centres;
}

/** An index drawn with probability proportional to the given chances; uniformly when all are 0. */
function drawProportional(chances: Float64Array, random: Random): number {
  let total = 0;
  for (const chance of chances) total += chance;
  if (!(total > 0)) return random.integer(chances.length);
  let left = random.uniform() * total;
  let last = 0;
  for (let index = 0; index < chances.length; index += 1) {
    if (chances[index]! === 0) continue;
    last = index;
    left -= chances[index]!;
    if (left < 0) return index;
  }
  return last;
}

function assignNearest(features: Features, centres: readonly Float64Array[], assignment: Assignment): boolean {
  let changed = false;
  for (let row = 0; row < features.rows; row += 1) {
    let best = 0;
    let bestDistance = Infinity;
    for (let component = 0; component < centres.length; component += 1) {
      const distance = squaredDistance(features, row, centres[component]!);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = component;
      }
    }
    if (assignment[row] !== best) {
      assignment[row] = best;
      changed = true;
    }
  }
  return changed;
}

/** Moves each centre to the weighted mean of its rows; a centre without rows stays. */
function moveCentres(features: Features, centres: readonly Float64Array[], assignment: Assignment): void {
  const totals = new Float64Array(centres.length);
  const sums = centres.map((centre) => new Float64Array(centre.length));
  for (let row = 0; row < features.rows; row += 1) {
    const component = assignment[row]!;
    const weight = features.weights[row]!;
    totals[component]! += weight;
    const sum = sums[component]!;
    for (let column = 0; column < sum.length; column += 1) sum[column]! += weight * features.columns[column]![row]!;
  }
  centres.forEach((centre, component) => {
    if (totals[component]! > 0)
      for (let column = 0; column < centre.length; column += 1) centre[column] = sums[component]![column]! / totals[component]!;
  });
}
