import { solveLowerTransposed, triangleLength } from './linear-algebra.ts';
import { powerOfTwo, SMALLEST_NORMAL } from './powers-of-two.ts';

/**
 * Predictors in coordinates in which they are nearly uncorrelated, with deviations near 1: z = L^-1 (x - centre), L the lower triangle
 * `factor` by rows. A linear predictor is then the sum of an intercept at the centre and of effects times z.
 */
export interface DesignFrame {
  /** About what each predictor is taken; zeros where there is no intercept. */
  readonly centre: readonly number[];
  readonly factor: readonly (readonly number[])[];
}

/** A frame in which moments of this condition or better are solved without a loss of digits that would matter. */
const SERVES = powerOfTwo(-6);
/** What is left of a predictor beside the others is known from its moments to half of a double's digits at best. */
const KNOWN = powerOfTwo(-40);
/** A predictor of which the others leave no more than this is a combination of them, to the rounding of its values. */
const DEPENDENT = powerOfTwo(-44);
/** Deviations between one over this and this are near enough to 1. */
const NEAR_ONE = 1024;

/**
 * Rows of predictors as vectors of a design: 1 for the intercept, where there is one, and z.
 *
 * What a slope is known from is how a predictor deviates from its mean and from what the other predictors say of it. Sums of products of raw
 * columns lose that to the square of a condition number: a column of years, 2000 to 2020, keeps six digits less than it has. In the
 * coordinates of a frame such sums are well-conditioned, and the factor of the moments, applied to L, is the factor of a QR decomposition of
 * the rows (Cholesky QR; repeated, as `better` asks for, it is as accurate as Householder's: Fukaya, Nakatsukasa, Yanagisawa and
 * Yamamoto 2014). So sums that add, over blocks and threads, give the digits of a decomposition that does not.
 *
 * Moments are weighted sums of products of design vectors, the lower triangle by rows (`length (length + 1) / 2` numbers).
 */
export class Design {
  readonly frame: DesignFrame;
  readonly intercept: boolean;
  readonly predictors: number;
  /** The length of a design vector: the predictors, and the intercept. */
  readonly length: number;
  /** The length of the triangle of moments. */
  readonly moments: number;
  private readonly lower: Float64Array;

  constructor(frame: DesignFrame, intercept: boolean) {
    this.frame = frame;
    this.intercept = intercept;
    this.predictors = frame.centre.length;
    this.length = this.predictors + (intercept ? 1 : 0);
    this.moments = triangleLength(this.length);
    this.lower = Float64Array.from(frame.factor.flat());
  }

  /** The frame of raw columns. */
  static plain(predictors: number): DesignFrame {
    return Design.scaled(new Array<number>(predictors).fill(0), new Array<number>(predictors).fill(1));
  }

  /** A frame about the given centre, in units of the given deviations; 1 stands for a deviation of 0. */
  static scaled(centre: readonly number[], deviations: readonly number[]): DesignFrame {
    const factor = deviations.map((deviation, row) => [
      ...new Array<number>(row).fill(0),
      deviation > 0 && deviation < Infinity ? deviation : 1,
    ]);
    return { centre, factor };
  }

  /** A frame made from what is known of columns; about 0 where there is no intercept. */
  static about(
    columns: readonly { readonly mean: number; readonly variance: number; readonly minimum: number; readonly maximum: number }[],
    intercept: boolean,
  ): DesignFrame {
    return Design.scaled(
      columns.map(({ mean }) => (intercept ? mean : 0)),
      columns.map(({ mean, variance, minimum, maximum }) => {
        const square = intercept ? variance : variance + mean * mean;
        // Squares of columns in units of 1e200 are no doubles.
        return square > SMALLEST_NORMAL && square < Infinity ? Math.sqrt(square) : maximum / 4 - minimum / 4;
      }),
    );
  }

  /** Writes the design vector of row `row` of the columns from `first` on. */
  vector(columns: readonly Float64Array[], first: number, row: number, out: Float64Array): void {
    const { predictors, lower } = this;
    const { centre } = this.frame;
    const from = this.intercept ? 1 : 0;
    if (this.intercept) out[0] = 1;
    let place = 0;
    for (let j = 0; j < predictors; j += 1) {
      let value = columns[first + j]![row]! - centre[j]!;
      for (let k = 0; k < j; k += 1) value -= lower[place++]! * out[from + k]!;
      out[from + j] = value / lower[place++]!;
    }
  }

  /** The effects of coefficients of the raw columns, the intercept first. */
  effects(coefficients: ArrayLike<number>): Float64Array {
    const { predictors, lower } = this;
    const from = this.intercept ? 1 : 0;
    const effects = new Float64Array(this.length);
    for (let k = 0; k < predictors; k += 1)
      for (let j = k; j < predictors; j += 1) effects[from + k]! += lower[(j * (j + 1)) / 2 + k]! * coefficients[from + j]!;
    if (this.intercept) effects[0] = coefficients[0]! + this.atCentre(coefficients);
    return effects;
  }

  /** The coefficients of the raw columns, the intercept first. */
  coefficients(effects: ArrayLike<number>): number[] {
    const from = this.intercept ? 1 : 0;
    const slopes = Float64Array.from(effects).subarray(from);
    solveLowerTransposed(this.lower, this.predictors, slopes, 'packed');
    return this.intercept ? [effects[0]! - this.atCentre([0, ...slopes]), ...slopes] : Array.from(slopes);
  }

  /** Effects in the frame of another design as they are in this one. */
  take(effects: ArrayLike<number>, other: Design): Float64Array {
    if (sameFrame(this.frame, other.frame)) return Float64Array.from(effects);
    const from = this.intercept ? 1 : 0;
    const slopes = Float64Array.from(effects);
    solveLowerTransposed(other.lower, this.predictors, slopes.subarray(from), 'packed');
    if (this.intercept) slopes[0] = 0;
    const taken = this.effects(slopes);
    if (!this.intercept) return taken;
    // The intercept moves by the way between the centres alone.
    taken[0] = effects[0]!;
    for (let j = 0; j < this.predictors; j += 1) taken[0]! += slopes[1 + j]! * (this.frame.centre[j]! - other.frame.centre[j]!);
    return taken;
  }

  /** A frame in which the moments are better conditioned; undefined where this one serves, or none would. */
  better(moments: Float64Array, count: number): DesignFrame | undefined {
    const { predictors, lower, intercept } = this;
    const { left, factor, means, serves } = this.remainders(moments, count);
    if (serves || this.dependentIn(left, moments, count) !== undefined) return undefined;
    const centre = this.frame.centre.slice();
    const rows: number[][] = [];
    for (let j = 0; j < predictors; j += 1) {
      const row = lower.subarray((j * (j + 1)) / 2, ((j + 1) * (j + 2)) / 2);
      rows.push(Array.from(row, (_, k) => row.reduce((sum, entry, m) => (m < k ? sum : sum + entry * factor[(m * (m + 1)) / 2 + k]!), 0)));
      if (intercept) centre[j]! += row.reduce((sum, entry, m) => sum + entry * means[m]!, 0);
    }
    const finite = [...centre, ...rows.flat()].every(Number.isFinite);
    return finite && rows.every((row, j) => row[j]! > 0) ? { centre, factor: rows } : undefined;
  }

  /** The first predictor, from 0, that is a combination of those before it and the intercept, to the rounding of its values. */
  dependent(moments: Float64Array, count: number): number | undefined {
    return this.dependentIn(this.remainders(moments, count).left, moments, count);
  }

  private atCentre(coefficients: ArrayLike<number>): number {
    let sum = 0;
    for (let j = 0; j < this.predictors; j += 1) sum += coefficients[1 + j]! * this.frame.centre[j]!;
    return sum;
  }

  /** The Cholesky factor of the predictors' covariance here, and what of the variance of each those before it leave over. */
  private remainders(moments: Float64Array, count: number) {
    const { predictors, intercept } = this;
    const from = intercept ? 1 : 0;
    const at = (j: number, k: number): number => moments[((j + from) * (j + from + 1)) / 2 + k + from]! / count;
    const means = Array.from({ length: predictors }, (_, j) => (intercept ? at(j, -1) : 0));
    const factor = new Float64Array(triangleLength(predictors));
    const left = new Float64Array(predictors);
    let serves = true;
    for (let j = 0; j < predictors; j += 1) {
      const start = (j * (j + 1)) / 2;
      const whole = at(j, j);
      let rest = whole - means[j]! * means[j]!;
      for (let k = 0; k < j; k += 1) {
        let entry = at(j, k) - means[j]! * means[k]!;
        for (let m = 0; m < k; m += 1) entry -= factor[start + m]! * factor[(k * (k + 1)) / 2 + m]!;
        entry /= factor[(k * (k + 1)) / 2 + k]!;
        factor[start + k] = entry;
        rest -= entry * entry;
      }
      if (!(rest >= SERVES * whole && whole < NEAR_ONE * NEAR_ONE && whole * NEAR_ONE * NEAR_ONE > 1)) serves = false;
      left[j] = Math.max(rest, KNOWN * whole);
      factor[start + j] = Math.sqrt(left[j]!);
    }
    return { left, factor, means, serves };
  }

  private dependentIn(left: Float64Array, moments: Float64Array, count: number): number | undefined {
    const from = this.intercept ? 1 : 0;
    for (let j = 0; j < this.predictors; j += 1) {
      const start = (j * (j + 1)) / 2;
      let size = Math.abs(this.frame.centre[j]!);
      for (let k = 0; k <= j; k += 1) {
        const place = k + from;
        size += Math.abs(this.lower[start + k]!) * Math.sqrt(moments[(place * (place + 1)) / 2 + place]! / count);
      }
      if (!(this.lower[start + j]! * Math.sqrt(left[j]!) > DEPENDENT * size)) return j;
    }
    return undefined;
  }
}

function sameFrame(a: DesignFrame, b: DesignFrame): boolean {
  return (
    a === b ||
    (a.centre.every((value, j) => value === b.centre[j]) && a.factor.every((row, j) => row.every((value, k) => value === b.factor[j]![k])))
  );
}

/** Adds weight v v' to a triangle by rows, from `place` on. */
export function addMoments(sums: Float64Array, place: number, weight: number, vector: Float64Array): void {
  let at = place;
  for (let j = 0; j < vector.length; j += 1) {
    const scaled = weight * vector[j]!;
    for (let k = 0; k <= j; k += 1) sums[at++]! += scaled * vector[k]!;
  }
}

/** M v for a symmetric matrix given by its lower triangle by rows. */
export function timesTriangle(triangle: ArrayLike<number>, vector: Float64Array): Float64Array {
  const out = new Float64Array(vector.length);
  let at = 0;
  for (let j = 0; j < vector.length; j += 1) {
    for (let k = 0; k <= j; k += 1, at += 1) {
      out[j]! += triangle[at]! * vector[k]!;
      if (k < j) out[k]! += triangle[at]! * vector[j]!;
    }
  }
  return out;
}

/** The scalar product. */
export function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += a[index]! * b[index]!;
  return sum;
}
