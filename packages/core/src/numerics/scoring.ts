import { type Design, innerProduct, timesTriangle } from './design.ts';
import { cholesky, solveLower, solveLowerTransposed } from './linear-algebra.ts';

/** A linear predictor moves by no more than this in one step, in the root mean square over the rows: farther off its exponential is unlike its tangent. */
const LONGEST = 1;

/** Effects that would still move by this part of the linear predictor's size, with no more than so many nats to be gained, run away. */
const STILL_MOVING = 1e-3;
const NOTHING_LEFT = 1e-5;
/** With so little left, in nats for each row, they need not run on. */
const AT_REST = 1e-12;

const FARTHEST = 1e100;

/** What rounds of a sum of scores, in parts of the sum of the rows' sizes. */
const NOISE = 4 * Number.EPSILON;

/** Where the information is singular to rounding, this part of the moments is added to it, times its own scale, until it is not. */
const FIRST_RIDGE = 4 * Number.EPSILON;

/** Sums for effects whose log-likelihood is no function of any sums, about the current ones; several linear predictors stand one after the other. */
export interface ScoringSums {
  /** Of the scores times design vectors. */
  readonly gradient: Float64Array;
  /** Of the information, a triangle by rows over all effects. */
  readonly information: Float64Array;
  /** Of products of design vectors, whatever the information: see `Design`. */
  readonly moments: Float64Array;
}

/** A step, and which of the linear predictors run away. */
export interface ScoringStep {
  readonly way: Float64Array;
  readonly unbounded: readonly boolean[];
}

/**
 * One step of Fisher's scoring, which is Newton's where the information is the observed one: EM with such steps in place of maxima converges at
 * its own rate (Lange 1995, the EM gradient algorithm). It is no longer than 1 in the mean; whoever takes it halves it where it goes too far.
 *
 * Where effects separate the data, each step adds about 1 to a linear predictor, and the gain falls by a constant factor to nothing: then the
 * linear predictor is said to run away, and at last the way is 0. The moments tell this from predictors that depend on each other.
 *
 * Undefined where the moments are singular, or the sums beyond the doubles.
 */
export function scoringStep(design: Design, sums: ScoringSums, count: number, effects: Float64Array): ScoringStep | undefined {
  const { gradient, moments } = sums;
  const found = ascent(design, sums);
  if (found === undefined) return undefined;
  const { total } = found;
  const way = withinReach(found.way);
  // A case weight may stand for less than a row.
  const nothing = NOTHING_LEFT * Math.min(1, count);
  const flat = found.singular || total < nothing;
  const { length } = design;
  const size = (vector: Float64Array): number => Math.sqrt(innerProduct(vector, timesTriangle(moments, vector)) / count);
  const unbounded: boolean[] = [];
  let longest = 0;
  let left = 0;
  for (let first = 0; first < way.length; first += length) {
    const own = way.subarray(first, first + length);
    const gain = 0.5 * innerProduct(own, gradient.subarray(first, first + length));
    const moved = size(own);
    const moving = flat || moved >= STILL_MOVING * (1 + size(effects.subarray(first, first + length)));
    unbounded.push(Math.abs(gain) <= nothing && moving);
    // Several stand against another, of which the coefficients are 0: whichever that is, the step is the same.
    longest = Math.max(longest, moved);
    for (let other = 0; other < first; other += length)
      longest = Math.max(longest, size(own.map((value, index) => value - way[other + index]!)));
    left += Math.abs(gain);
  }
  if (!(longest < Infinity)) return undefined;
  const resting = unbounded.includes(true) && left <= AT_REST * count;
  const part = resting || isNoise(design, sums, count) ? 0 : Math.min(1, LONGEST / longest);
  return { way: way.map((value) => (part === 0 ? 0 : part * value)), unbounded };
}

/**
 * The change of the log-likelihood between two points, given by their ways from that of the sums, by Taylor's formula of second order: exact in the limit
 * of short ways, where it is asked for.
 */
export function scoringGain({ gradient, information }: ScoringSums, from: Float64Array, to: Float64Array): number {
  const moved = to.map((value, index) => value - from[index]!);
  const bend = timesTriangle(
    information,
    to.map((value, index) => 0.5 * (value + from[index]!)),
  );
  return innerProduct(
    moved,
    gradient.map((value, index) => value - bend[index]!),
  );
}

/**
 * The step; whether the information has vanished in some direction, and how much there is of it: an extrapolation may have gone where even
 * the gradient is 0.
 */
function ascent(
  { length }: Design,
  { gradient, information, moments }: ScoringSums,
): { readonly way: Float64Array; readonly singular: boolean; readonly total: number } | undefined {
  let way = solvePositive(information, gradient);
  const diagonal = (triangle: Float64Array, index: number): number => triangle[(index * (index + 3)) / 2]!;
  let largest = Number.MIN_VALUE;
  let total = 0;
  for (let index = 0; index < gradient.length; index += 1) {
    total += diagonal(information, index);
    largest = Math.max(largest, diagonal(information, index) / diagonal(moments, index % length));
  }
  const singular = way === undefined;
  for (let ridge = FIRST_RIDGE; way === undefined && ridge < 2; ridge *= 1024) {
    const damped = information.slice();
    for (let first = 0; first < gradient.length; first += length)
      for (let j = 0, at = 0; j < length; j += 1)
        for (let k = 0; k <= j; k += 1, at += 1) damped[((first + j) * (first + j + 1)) / 2 + first + k]! += ridge * largest * moments[at]!;
    way = solvePositive(damped, gradient);
  }
  way ??= underUnitInformation(length, { gradient, moments });
  return way && { way, singular, total };
}

/** Where nothing is left of the information though the gradient points the way: as if each row had information 1. */
function underUnitInformation(length: number, { gradient, moments }: Omit<ScoringSums, 'information'>): Float64Array | undefined {
  const way = new Float64Array(gradient.length);
  for (let first = 0; first < gradient.length; first += length) {
    const own = solvePositive(moments.slice(), gradient.slice(first, first + length));
    if (own === undefined) return undefined;
    way.set(own, first);
  }
  return way;
}

/** A way whose squares are doubles: it is shortened to a step of size 1 anyway. */
function withinReach(way: Float64Array): Float64Array {
  let largest = 0;
  for (const value of way) largest = Math.max(largest, Math.abs(value));
  return largest > FARTHEST ? way.map((value) => (value / largest) * FARTHEST) : way;
}

/** A gradient within the rounding of its sums is none: without this, steps would shake where the information is little. */
function isNoise({ length }: Design, { gradient, moments }: ScoringSums, count: number): boolean {
  return gradient.every((value, index) => {
    const own = index % length;
    return Math.abs(value) <= NOISE * Math.sqrt(moments[(own * (own + 3)) / 2]!) * Math.sqrt(count);
  });
}

/** The way that solves a symmetric matrix, given by its lower triangle by rows, times the way = `gradient`; undefined where it is singular, or the way beyond the doubles. */
export function solvePositive(matrix: Float64Array, gradient: Float64Array): Float64Array | undefined {
  const factored = cholesky(matrix, gradient.length, 'packed');
  if (!factored.ok) return undefined;
  const way = gradient.slice();
  solveLower(factored.factor, way.length, way, 'packed');
  solveLowerTransposed(factored.factor, way.length, way, 'packed');
  return way.every(Number.isFinite) ? way : undefined;
}
