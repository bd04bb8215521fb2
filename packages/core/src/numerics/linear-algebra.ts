import { log } from './elementary.ts';
import { CompensatedSum } from './sum.ts';

// Survives below, < for <=: writing past the end of a typed array does nothing, and an entry before its turn is 0 or overwritten later.
// Survives below, "" for 'dense': every layout but `packed` is dense.

/**
 * Small dense symmetric and triangular matrices in `Float64Array`s: what a multivariate density and its estimate need.
 *
 * Only the lower triangle of a matrix is read and written. Entry (i, j), j <= i, is at `i * dimension + j` in the `dense` layout
 * (row-major, dimension^2 numbers) and at `i (i + 1) / 2 + j` in the `packed` one (rows of the triangle, one after another,
 * dimension (dimension + 1) / 2 numbers). Sums run in a fixed order. Sources: Golub and Van Loan (2013), Higham (2002).
 */
export type TriangleLayout = 'dense' | 'packed';

/** How many numbers a triangle of this dimension takes in a layout. */
export function triangleLength(dimension: number, layout: TriangleLayout = 'packed'): number {
  return layout === 'packed' ? (dimension * (dimension + 1)) / 2 : dimension * dimension;
}

/** Where row `row` of a triangle starts. */
function rowStart(row: number, dimension: number, packed: boolean): number {
  return packed ? (row * (row + 1)) / 2 : row * dimension;
}

/** The outcome of a Cholesky factorisation. */
export type CholeskyResult =
  /** `factor` is the lower triangle L with L L^T = A, positive on its diagonal, in the layout of A (zeros above the diagonal). */
  | { readonly ok: true; readonly factor: Float64Array }
  /**
   * A is not positive definite, as far as rounding lets one see: pivot number `pivot` (from 0) is not positive.
   * `ratio` is that pivot over its diagonal entry: free of units, at most about dimension * 2^-52 (NaN where the matrix holds
   * something infinite or undefined). Row `pivot` is a linear combination of the rows before it, or the matrix is indefinite.
   */
  | { readonly ok: false; readonly pivot: number; readonly ratio: number };

/**
 * The Cholesky factorisation A = L L^T of a symmetric positive definite matrix, given by its lower triangle.
 *
 * There is no absolute floor: pivot j fails when it is at most (j + 1) 2^-52 times its diagonal entry, which is the rounding error it
 * carries, so the outcome does not change when rows and columns are scaled by powers of two.
 *
 * Accuracy: L L^T = A + E with |E_ij| <= (dimension + 1) 2^-53 sqrt(A_ii A_jj) (Higham 2002, theorem 10.3).
 */
export function cholesky(matrix: Float64Array, dimension: number, layout: TriangleLayout = 'dense'): CholeskyResult {
  const packed = layout === 'packed';
  const factor = new Float64Array(triangleLength(dimension, layout));
  for (let row = 0; row < dimension; row += 1) {
    const start = rowStart(row, dimension, packed);
    for (let column = 0; column < row; column += 1) {
      const columnStart = rowStart(column, dimension, packed);
      let entry = matrix[start + column] as number;
      for (let k = 0; k < column; k += 1) entry -= (factor[start + k] as number) * (factor[columnStart + k] as number);
      factor[start + column] = entry / (factor[columnStart + column] as number);
    }
    const diagonal = matrix[start + row] as number;
    let pivot = diagonal;
    for (let k = 0; k < row; k += 1) {
      const entry = factor[start + k] as number;
      pivot -= entry * entry;
    }
    // Written so that NaN and Infinity fail too.
    // Survives: no pivot is above its diagonal entry, so that none passes a bound that is not positive.
    if (!(pivot > (row + 1) * Number.EPSILON * diagonal && pivot > 0)) {
      return { ok: false, pivot: row, ratio: diagonal === 0 ? 0 : pivot / diagonal };
    }
    factor[start + row] = Math.sqrt(pivot);
  }
  return { ok: true, factor };
}

/**
 * Solves L x = b for x, in place of b (forward substitution): whitens a deviation by a Cholesky factor.
 *
 * Accuracy: (L + E) x = b with |E| <= dimension 2^-53 |L| (Higham 2002, theorem 8.5). A zero on the diagonal gives Infinity or NaN.
 */
export function solveLower(factor: Float64Array, dimension: number, vector: Float64Array, layout: TriangleLayout = 'dense'): void {
  const packed = layout === 'packed';
  for (let row = 0; row < dimension; row += 1) {
    const start = rowStart(row, dimension, packed);
    let value = vector[row] as number;
    for (let column = 0; column < row; column += 1) value -= (factor[start + column] as number) * (vector[column] as number);
    vector[row] = value / (factor[start + row] as number);
  }
}

/** Solves L^T x = b for x, in place of b (back substitution). Accuracy and edges: as `solveLower`. */
export function solveLowerTransposed(
  factor: Float64Array,
  dimension: number,
  vector: Float64Array,
  layout: TriangleLayout = 'dense',
): void {
  const packed = layout === 'packed';
  for (let row = dimension - 1; row >= 0; row -= 1) {
    let value = vector[row] as number;
    for (let below = row + 1; below < dimension; below += 1) {
      value -= (factor[rowStart(below, dimension, packed) + row] as number) * (vector[below] as number);
    }
    vector[row] = value / (factor[rowStart(row, dimension, packed) + row] as number);
  }
}

/** Writes L v into `out` (which may not be `vector`): colours white noise by a Cholesky factor. */
export function multiplyLower(
  factor: Float64Array,
  dimension: number,
  vector: Float64Array,
  out: Float64Array,
  layout: TriangleLayout = 'dense',
): void {
  const packed = layout === 'packed';
  for (let row = 0; row < dimension; row += 1) {
    const start = rowStart(row, dimension, packed);
    let value = 0;
    for (let column = 0; column <= row; column += 1) value += (factor[start + column] as number) * (vector[column] as number);
    out[row] = value;
  }
}

/**
 * log |L L^T| = 2 sum_i log |L_ii|, from a Cholesky factor L: never overflows, whatever the determinant.
 *
 * Edge: -Infinity when a diagonal entry is 0.
 */
export function logDeterminant(factor: Float64Array, dimension: number, layout: TriangleLayout = 'dense'): number {
  const packed = layout === 'packed';
  const sum = new CompensatedSum();
  for (let row = 0; row < dimension; row += 1) sum.add(log(Math.abs(factor[rowStart(row, dimension, packed) + row] as number)));
  return 2 * sum.value();
}

/** The inverse of a lower triangle, in the same layout. A zero on the diagonal gives Infinity or NaN. */
export function invertLower(factor: Float64Array, dimension: number, layout: TriangleLayout = 'dense'): Float64Array {
  const packed = layout === 'packed';
  const inverse = new Float64Array(triangleLength(dimension, layout));
  for (let row = 0; row < dimension; row += 1) {
    const start = rowStart(row, dimension, packed);
    const pivot = factor[start + row] as number;
    for (let column = 0; column < row; column += 1) {
      let value = 0;
      for (let k = column; k < row; k += 1) {
        value -= (factor[start + k] as number) * (inverse[rowStart(k, dimension, packed) + column] as number);
      }
      inverse[start + column] = value / pivot;
    }
    inverse[start + row] = 1 / pivot;
  }
  return inverse;
}

/**
 * The symmetric matrix L L^T of a lower triangle, in the same layout; in the dense one both triangles are filled.
 */
export function productWithTranspose(factor: Float64Array, dimension: number, layout: TriangleLayout = 'dense'): Float64Array {
  const packed = layout === 'packed';
  const matrix = new Float64Array(triangleLength(dimension, layout));
  for (let row = 0; row < dimension; row += 1) {
    const start = rowStart(row, dimension, packed);
    for (let column = 0; column <= row; column += 1) {
      const columnStart = rowStart(column, dimension, packed);
      let value = 0;
      for (let k = 0; k <= column; k += 1) value += (factor[start + k] as number) * (factor[columnStart + k] as number);
      matrix[start + column] = value;
      if (!packed) matrix[columnStart + row] = value;
    }
  }
  return matrix;
}

/**
 * The quadratic form v^T (L L^T)^-1 v = |L^-1 v|^2: the squared Mahalanobis distance of a deviation v.
 *
 * `scratch`, of at least `dimension` numbers, receives L^-1 v; `vector` is left as it is.
 */
export function quadraticForm(
  factor: Float64Array,
  dimension: number,
  vector: Float64Array,
  scratch: Float64Array,
  layout: TriangleLayout = 'dense',
): number {
  for (let row = 0; row < dimension; row += 1) scratch[row] = vector[row] as number;
  solveLower(factor, dimension, scratch, layout);
  let sum = 0;
  for (let row = 0; row < dimension; row += 1) {
    const value = scratch[row] as number;
    sum += value * value;
  }
  return sum;
}

/** Adds weight v v^T to the lower triangle of a symmetric matrix, in place. */
export function addOuterProduct(
  matrix: Float64Array,
  dimension: number,
  weight: number,
  vector: Float64Array,
  layout: TriangleLayout = 'dense',
): void {
  const packed = layout === 'packed';
  for (let row = 0; row < dimension; row += 1) {
    const start = rowStart(row, dimension, packed);
    const scaled = weight * (vector[row] as number);
    for (let column = 0; column <= row; column += 1) {
      matrix[start + column] = (matrix[start + column] as number) + scaled * (vector[column] as number);
    }
  }
}

/**
 * Changes the factor L of A into the factor of A + v v^T, in place, by Givens rotations; `vector` is destroyed.
 *
 * Starting from zeros and adding rows times the square roots of their weights gives the factor of a weighted sum of outer products
 * without forming that sum, whose condition number is the square of the rows' own: twice the digits on nearly collinear columns.
 * The diagonal stays non-negative. A factor with zeros on its diagonal is a valid start.
 *
 * Accuracy: backward stable; neither overflows nor underflows unless the result does (Golub and Van Loan 2013, sections 5.1.8 and 6.5.4).
 */
export function updateFactor(factor: Float64Array, dimension: number, vector: Float64Array, layout: TriangleLayout = 'dense'): void {
  const packed = layout === 'packed';
  for (let column = 0; column < dimension; column += 1) {
    const incoming = vector[column] as number;
    if (incoming === 0) continue;
    const at = rowStart(column, dimension, packed) + column;
    const pivot = factor[at] as number;
    const length = hypotenuse(pivot, incoming);
    const cosine = pivot / length;
    const sine = incoming / length;
    factor[at] = length;
    for (let row = column + 1; row < dimension; row += 1) {
      const index = rowStart(row, dimension, packed) + column;
      const entry = factor[index] as number;
      const other = vector[row] as number;
      factor[index] = cosine * entry + sine * other;
      vector[row] = cosine * other - sine * entry;
    }
  }
}

/**
 * sqrt(a^2 + b^2) without overflow or underflow, with the same bits on every engine.
 *
 * Accuracy: below 2 ulp. Edges: Infinity when either is infinite and neither is NaN; NaN when either is NaN.
 */
export function hypotenuse(a: number, b: number): number {
  const x = Math.abs(a);
  const y = Math.abs(b);
  const large = Math.max(x, y);
  const small = Math.min(x, y);
  if (large === 0 || !(large < Infinity)) return large;
  const ratio = small / large;
  return large * Math.sqrt(1 + ratio * ratio);
}

/** The lower triangle of a dense matrix, packed. */
export function packLower(matrix: Float64Array, dimension: number): Float64Array {
  const triangle = new Float64Array(triangleLength(dimension));
  let index = 0;
  for (let row = 0; row < dimension; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      triangle[index] = matrix[row * dimension + column] as number;
      index += 1;
    }
  }
  return triangle;
}

/** The dense symmetric matrix whose lower triangle is given, packed. */
export function unpackSymmetric(triangle: Float64Array, dimension: number): Float64Array {
  const matrix = new Float64Array(dimension * dimension);
  let index = 0;
  for (let row = 0; row < dimension; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      const value = triangle[index] as number;
      matrix[row * dimension + column] = value;
      matrix[column * dimension + row] = value;
      index += 1;
    }
  }
  return matrix;
}
