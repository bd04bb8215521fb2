import type { Block } from '@emkit/core';
import { solveLower, solveLowerTransposed } from '@emkit/core/numerics';
import type { Structure } from './estimate.ts';
import type { Prepared } from './prepared.ts';

/** With y = L^-1 (x - m) and v = L^-T y the gradient is v for the mean and v_j y_k for L_jk, less 1 / L_jj on the diagonal. */
export function writeScores(
  { size, columns }: Block,
  { mean, units, factor, inverse }: Prepared,
  structure: Structure,
  out: Float64Array,
): void {
  const dimension = mean.length;
  const y = new Float64Array(dimension);
  const v = new Float64Array(dimension);
  let at = 0;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < dimension; j += 1) y[j] = (columns[j]![i]! - mean[j]!) * units[j]!;
    if (factor === undefined) {
      let total = 0;
      for (let j = 0; j < dimension; j += 1) {
        const square = 2 * inverse[j]! * y[j]! * y[j]!;
        out[at + j] = 2 * inverse[j]! * y[j]! * units[j]!;
        if (structure === 'diagonal') out[at + dimension + j] = 0.5 * (square - 1);
        total += square;
      }
      if (structure === 'spherical') out[at + dimension] = 0.5 * (total - dimension);
      at += structure === 'diagonal' ? 2 * dimension : dimension + 1;
      continue;
    }
    solveLower(factor, dimension, y);
    v.set(y);
    solveLowerTransposed(factor, dimension, v);
    for (let j = 0; j < dimension; j += 1) out[at + j] = v[j]! * units[j]!;
    at += dimension;
    for (let j = 0; j < dimension; j += 1) {
      for (let k = 0; k < j; k += 1) out[at + k] = v[j]! * units[j]! * y[k]!;
      out[at + j] = v[j]! * factor[j * dimension + j]! * y[j]! - 1;
      at += j + 1;
    }
  }
}
