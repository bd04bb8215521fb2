import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addOuterProduct,
  type CholeskyResult,
  cholesky,
  hypotenuse,
  invertLower,
  logDeterminant,
  multiplyLower,
  packLower,
  productWithTranspose,
  quadraticForm,
  solveLower,
  solveLowerTransposed,
  type TriangleLayout,
  triangleLength,
  unpackSymmetric,
  updateFactor,
} from '../../src/numerics/linear-algebra.ts';
import { D, real } from './oracle.ts';
import { Points } from './points.ts';
import { ulpError } from './ulp.ts';

/** The arithmetic at high precision takes its time on a busy machine. */
const patience = { timeout: 60_000 };

const layouts: readonly TriangleLayout[] = ['dense', 'packed'];
const EPSILON = 2 ** -53;

/** A positive definite matrix B B^T + shift I, dense, with entries of very different size when `spread` is large. */
function positiveDefinite(points: Points, n: number, shift = 0.1, spread = 0): Float64Array {
  const scales = Array.from({ length: n }, () => points.logUniform(-spread, spread));
  const b = Array.from({ length: n * n }, () => points.uniform(-1, 1));
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let sum = i === j ? shift : 0;
      for (let k = 0; k < n; k += 1) sum += b[i * n + k]! * b[j * n + k]!;
      matrix[i * n + j] = sum * scales[i]! * scales[j]!;
    }
  }
  for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) matrix[j * n + i] = matrix[i * n + j]!;
  return matrix;
}

function inLayout(matrix: Float64Array, n: number, layout: TriangleLayout): Float64Array {
  return layout === 'packed' ? packLower(matrix, n) : matrix;
}

function at(matrix: Float64Array, n: number, layout: TriangleLayout, row: number, column: number): number {
  return matrix[layout === 'packed' ? (row * (row + 1)) / 2 + column : row * n + column]!;
}

function factorOf(result: CholeskyResult): Float64Array {
  if (!result.ok) throw new Error(`pivot ${result.pivot} failed`);
  return result.factor;
}

describe.each(layouts)('in the %s layout', (layout) => {
  const cases = (['small', 'large', 'graded'] as const).flatMap((kind, index) =>
    Array.from({ length: 15 }, (_, repeat) => {
      const points = new Points(600 + 20 * index + repeat);
      const n = kind === 'large' ? 25 : 1 + (repeat % 7);
      return { n, matrix: positiveDefinite(points, n, 0.1, kind === 'graded' ? 60 : 0), points };
    }),
  );

  it('L L^T is the matrix, within (n + 1) 2^-53 sqrt(A_ii A_jj)', () => {
    let worst = 0;
    for (const { n, matrix } of cases) {
      const factor = factorOf(cholesky(inLayout(matrix, n, layout), n, layout));
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j <= i; j += 1) {
          let product = new D(0);
          for (let k = 0; k <= j; k += 1)
            product = product.plus(real(at(factor, n, layout, i, k)).times(real(at(factor, n, layout, j, k))));
          const bound = (n + 1) * EPSILON * Math.sqrt(matrix[i * n + i]!) * Math.sqrt(matrix[j * n + j]!);
          worst = Math.max(
            worst,
            product
              .minus(real(matrix[i * n + j]!))
              .abs()
              .toNumber() / bound,
          );
        }
      }
    }
    expect(worst).toBeLessThanOrEqual(1);
    // The bound is near what is reached, so a wrong factor would not pass.
    expect(worst).toBeGreaterThan(0.2);
  });

  it('the product with the transpose rebuilds the matrix, symmetric', () => {
    for (const { n, matrix } of cases) {
      const rebuilt = productWithTranspose(factorOf(cholesky(inLayout(matrix, n, layout), n, layout)), n, layout);
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j <= i; j += 1) {
          const tolerance = 2 * (n + 1) * EPSILON * Math.sqrt(matrix[i * n + i]!) * Math.sqrt(matrix[j * n + j]!);
          expect(Math.abs(at(rebuilt, n, layout, i, j) - matrix[i * n + j]!)).toBeLessThanOrEqual(tolerance);
          if (layout === 'dense') expect(rebuilt[j * n + i]).toBe(rebuilt[i * n + j]);
        }
      }
    }
  });

  it('scaling rows and columns by powers of two scales the factor, bit for bit', () => {
    for (const { n, matrix, points } of cases) {
      const scales = Array.from({ length: n }, () => 2 ** Math.round(points.uniform(-200, 200)));
      const scaled = matrix.map((entry, index) => entry * scales[Math.floor(index / n)]! * scales[index % n]!);
      const factor = factorOf(cholesky(inLayout(matrix, n, layout), n, layout));
      const scaledFactor = factorOf(cholesky(inLayout(scaled, n, layout), n, layout));
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j <= i; j += 1) expect(at(scaledFactor, n, layout, i, j)).toBe(at(factor, n, layout, i, j) * scales[i]!);
      }
    }
  });

  it('refuses a singular matrix at the pivot that depends on those before it, whatever the units', () => {
    for (const scale of [1e-150, 1, 1e150]) {
      // The third row is the sum of the first two.
      const dependent = Float64Array.of(4, 1, 5, 1, 3, 4, 5, 4, 9).map((entry) => entry * scale);
      expect(cholesky(inLayout(dependent, 3, layout), 3, layout)).toMatchObject({ ok: false, pivot: 2 });
      const indefinite = Float64Array.of(1, 2, 2, 1).map((entry) => entry * scale);
      const refused = cholesky(inLayout(indefinite, 2, layout), 2, layout);
      expect(refused).toEqual({ ok: false, pivot: 1, ratio: expect.closeTo(-3, 12) });
      const nearly = Float64Array.of(1, 1, 1, 1 + 2 ** -40).map((entry) => entry * scale);
      expect(cholesky(inLayout(nearly, 2, layout), 2, layout).ok).toBe(true);
    }
  });

  it('refuses what is not finite or not positive, and never returns NaN', () => {
    for (const bad of [0, -1, NaN, Infinity, -Infinity])
      expect(cholesky(Float64Array.of(bad), 1, layout)).toMatchObject({ ok: false, pivot: 0 });
    for (const bad of [NaN, Infinity]) {
      const matrix = positiveDefinite(new Points(5), 4);
      matrix[2 * 4 + 1] = bad;
      expect(cholesky(inLayout(matrix, 4, layout), 4, layout)).toMatchObject({ ok: false, pivot: 2 });
    }
    expect(cholesky(Float64Array.of(0), 1, layout)).toEqual({ ok: false, pivot: 0, ratio: 0 });
    expect(cholesky(new Float64Array(0), 0, layout)).toEqual({ ok: true, factor: new Float64Array(0) });
  });

  it('solves undo products, forwards and backwards', () => {
    for (const { n, matrix, points } of cases) {
      const factor = factorOf(cholesky(inLayout(matrix, n, layout), n, layout));
      const vector = Float64Array.from({ length: n }, () => points.uniform(-1, 1));
      const product = new Float64Array(n);
      multiplyLower(factor, n, vector, product, layout);
      solveLower(factor, n, product, layout);
      for (const [index, entry] of vector.entries()) expect(product[index]).toBeCloseTo(entry, 9);

      // L^T (L^-T b) = b, column by column.
      const solved = Float64Array.from(vector);
      solveLowerTransposed(factor, n, solved, layout);
      for (let column = 0; column < n; column += 1) {
        let sum = 0;
        let size = 0;
        for (let row = column; row < n; row += 1) {
          sum += at(factor, n, layout, row, column) * solved[row]!;
          size += Math.abs(at(factor, n, layout, row, column) * solved[row]!);
        }
        expect(Math.abs(sum - vector[column]!)).toBeLessThanOrEqual(4 * n * EPSILON * (size + 1));
      }
    }
  });

  it('the inverse of a triangle times the triangle is the identity', () => {
    for (const { n, matrix } of cases) {
      const factor = factorOf(cholesky(inLayout(matrix, n, layout), n, layout));
      const inverse = invertLower(factor, n, layout);
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j <= i; j += 1) {
          let sum = 0;
          let size = 0;
          for (let k = j; k <= i; k += 1) {
            const term = at(inverse, n, layout, i, k) * at(factor, n, layout, k, j);
            sum += term;
            size += Math.abs(term);
          }
          expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThanOrEqual(4 * n * EPSILON * size * n);
        }
      }
    }
  });

  it('the log-determinant is within 2 ulp of the sum of logarithms, where the determinant overflows', () => {
    const n = 40;
    const diagonal = Float64Array.from({ length: n }, (_, index) => 1e30 * (1 + index));
    const matrix = new Float64Array(n * n);
    for (const [index, entry] of diagonal.entries()) matrix[index * n + index] = entry;
    const factor = factorOf(cholesky(inLayout(matrix, n, layout), n, layout));
    const exact = [...diagonal].reduce((sum, entry) => sum.plus(D.ln(real(entry))), new D(0));
    expect(ulpError(logDeterminant(factor, n, layout), exact)).toBeLessThanOrEqual(2);
    expect(logDeterminant(new Float64Array(triangleLength(2, layout)), 2, layout)).toBe(-Infinity);
  });

  it('leaves alone what lies beyond the dimension', () => {
    const factor = inLayout(Float64Array.of(2, 0, 1, 3), 2, layout);
    const longer = (...entries: readonly number[]): Float64Array => Float64Array.of(...entries, 7, 7);
    const solved = longer(2, 7);
    solveLower(factor, 2, solved, layout);
    expect([...solved]).toEqual([1, 2, 7, 7]);
    const transposed = longer(4, 6);
    solveLowerTransposed(factor, 2, transposed, layout);
    expect([...transposed]).toEqual([1, 2, 7, 7]);
    const product = longer(0, 0);
    multiplyLower(factor, 2, longer(1, 2), product, layout);
    expect([...product]).toEqual([2, 7, 7, 7]);
    const scratch = longer(0, 0);
    expect(quadraticForm(factor, 2, Float64Array.of(2, 7), scratch, layout)).toBe(5);
    expect([...scratch]).toEqual([1, 2, 7, 7]);
    const incoming = longer(1, 1);
    updateFactor(Float64Array.from(factor), 2, incoming, layout);
    expect([...incoming.slice(2)]).toEqual([7, 7]);
  });

  it('the quadratic form is v^T A^-1 v and leaves v as it is', () => {
    for (const { n, matrix, points } of cases) {
      const factor = factorOf(cholesky(inLayout(matrix, n, layout), n, layout));
      const vector = Float64Array.from({ length: n }, (_, row) => points.uniform(-1, 1) * Math.sqrt(matrix[row * n + row]!));
      const before = Float64Array.from(vector);
      const scratch = new Float64Array(n);
      const form = quadraticForm(factor, n, vector, scratch, layout);
      expect(vector).toEqual(before);
      const solved = Float64Array.from(vector);
      solveLower(factor, n, solved, layout);
      expect(scratch).toEqual(solved);
      solveLowerTransposed(factor, n, solved, layout);
      const direct = vector.reduce((sum, entry, index) => sum + entry * solved[index]!, 0);
      expect(Math.abs(form - direct)).toBeLessThanOrEqual(1e-9 * form);
    }
  });

  it('adding outer products and updating a factor describe the same matrix', () => {
    for (const n of [1, 2, 5]) {
      const points = new Points(700 + n);
      const matrix = new Float64Array(triangleLength(n, layout));
      const factor = new Float64Array(triangleLength(n, layout));
      for (let row = 0; row < 20; row += 1) {
        const weight = points.uniform(0, 2);
        const vector = Float64Array.from({ length: n }, () => points.uniform(-1, 1));
        addOuterProduct(matrix, n, weight, vector, layout);
        updateFactor(
          factor,
          n,
          vector.map((entry) => entry * Math.sqrt(weight)),
          layout,
        );
      }
      const product = productWithTranspose(factor, n, layout);
      for (let i = 0; i < n; i += 1) {
        expect(at(factor, n, layout, i, i)).toBeGreaterThan(0);
        for (let j = 0; j <= i; j += 1) expect(at(product, n, layout, i, j)).toBeCloseTo(at(matrix, n, layout, i, j), 13);
      }
    }
  });
});

describe('updating a factor', patience, () => {
  it('keeps the digits that the sum of outer products loses on nearly collinear columns', () => {
    // Rows (1, 1 + small), (1, 1 - small): the second pivot is sqrt(2) small, and small^2 is below rounding.
    const small = 2 ** -30;
    const factor = new Float64Array(3);
    updateFactor(factor, 2, Float64Array.of(1, 1 + small), 'packed');
    updateFactor(factor, 2, Float64Array.of(1, 1 - small), 'packed');
    expect(factor[2]).toBeCloseTo(Math.SQRT2 * small, 15);
    const matrix = new Float64Array(3);
    addOuterProduct(matrix, 2, 1, Float64Array.of(1, 1 + small), 'packed');
    addOuterProduct(matrix, 2, 1, Float64Array.of(1, 1 - small), 'packed');
    expect(cholesky(matrix, 2, 'packed').ok).toBe(false);
  });

  it('neither overflows nor underflows', () => {
    const factor = new Float64Array(3);
    updateFactor(factor, 2, Float64Array.of(3e200, 0), 'packed');
    updateFactor(factor, 2, Float64Array.of(4e200, 1e-200), 'packed');
    expect(factor[0]).toBeCloseTo(5e200, -186);
    expect(factor[2]).toBeCloseTo(0.6e-200, 212);
  });
});

describe('layouts', patience, () => {
  it('packing and unpacking are inverse, and lengths agree', () => {
    const matrix = positiveDefinite(new Points(8), 6);
    expect(unpackSymmetric(packLower(matrix, 6), 6)).toEqual(matrix);
    expect(packLower(matrix, 6)).toHaveLength(triangleLength(6));
    expect([triangleLength(6), triangleLength(6, 'packed'), triangleLength(6, 'dense')]).toEqual([21, 21, 36]);
  });
});

describe('the hypotenuse', patience, () => {
  it('is within 2 ulp, without overflow or underflow', () => {
    const side = fc.double({ min: -1e307, max: 1e307, noNaN: true });
    fc.assert(
      fc.property(side, side, (a, b) => {
        const exact = D.sqrt(real(a).pow(2).plus(real(b).pow(2)));
        return exact.lt(1e-307) || ulpError(hypotenuse(a, b), exact) <= 2;
      }),
      { seed: 4, numRuns: 300 },
    );
    expect([hypotenuse(3e300, 4e300), hypotenuse(0, -0), hypotenuse(-Infinity, 1), hypotenuse(0, 7)]).toEqual([
      expect.closeTo(5e300, -286),
      0,
      Infinity,
      7,
    ]);
    expect(hypotenuse(Infinity, -Infinity)).toBe(Infinity);
    expect(hypotenuse(NaN, Infinity)).toBeNaN();
  });
});
