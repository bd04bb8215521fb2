import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';

/** A matrix as rows. */
export type Matrix = readonly (readonly Decimal[])[];

/**
 * The lower triangular L with L L' = matrix, for a symmetric matrix; undefined when it is not positive definite.
 *
 * @param least - a pivot counts as positive when it exceeds this part of its diagonal entry; default 0.
 *
 * L_jj = sqrt(a_jj - sum over m < j of L_jm^2), L_ij = (a_ij - sum over m < j of L_im L_jm) / L_jj.
 */
export function cholesky(reference: Reference, matrix: Matrix, least: Decimal = reference.zero): Matrix | undefined {
  const factor: Decimal[][] = [];
  for (const [i, row] of matrix.entries()) {
    const current: Decimal[] = [];
    factor.push(current);
    for (let j = 0; j <= i; j += 1) {
      let rest = reference.decimal(row[j]!);
      for (let m = 0; m < j; m += 1) rest = rest.minus(current[m]!.times(factor[j]![m]!));
      if (j < i) current.push(rest.div(factor[j]![j]!));
      else if (rest.gt(row[j]!.times(least))) current.push(rest.sqrt());
      else return undefined;
    }
  }
  return factor;
}

/** Why a matrix is not symmetric and square, as a clause; undefined when it is. */
export function asymmetry(matrix: Matrix): string | undefined {
  for (const [i, row] of matrix.entries()) {
    if (row.length !== matrix.length) return `row ${i} has ${row.length} entries and there are ${matrix.length} rows`;
    for (let j = 0; j < i; j += 1) {
      if (!row[j]!.eq(matrix[j]![i]!)) return `entry [${i}][${j}] differs from [${j}][${i}]`;
    }
  }
  return undefined;
}
