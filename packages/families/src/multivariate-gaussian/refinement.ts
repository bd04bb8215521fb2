import type { Codec, Family } from '@emkit/core';
import { exp, invertLower, log, solveLower } from '@emkit/core/numerics';
import { covarianceOf, divideFactors } from './factor.ts';
import { factorIn, type MultivariateGaussianParameters, type Prepared, type Refined } from './prepared.ts';

/** What follows from a covariance being kept by its factor: how it is shown, how changes are measured, and in which coordinates it moves freely. */
export function refinement(
  dimension: number,
  prepare: (parameters: Refined) => Prepared,
): Required<Pick<Family<MultivariateGaussianParameters>, 'refinements' | 'show' | 'distance' | 'rounding' | 'codec'>> {
  return {
    refinements: { factor: { kind: 'lower-triangle', dimension } },

    show: ({ mean, covariance, factor }: Refined) => ({ mean, covariance: factor === undefined ? covariance : covarianceOf(factor) }),

    /**
     * The largest entry of L^-1 (m' - m) and of D + D' with D = L^-1 (L' - L), to first order that of L^-1 (S' - S) L^-T: no one-to-one linear
     * change of the columns alters it much, and a nearly singular direction counts as any other.
     */
    distance(from, to) {
      const { mean, units, factor } = prepare(from);
      const next = prepare(to);
      const change = factorIn(next, units);
      for (let index = 0; index < change.length; index += 1) change[index]! -= factor![index]!;
      divideFactors(factor!, change, dimension);
      const step = new Float64Array(dimension);
      for (let j = 0; j < dimension; j += 1) step[j] = (next.mean[j]! - mean[j]!) * units[j]!;
      solveLower(factor!, dimension, step);
      let largest = 0;
      for (let j = 0; j < dimension; j += 1) {
        largest = Math.max(largest, Math.abs(step[j]!), 2 * Math.abs(change[j * dimension + j]!));
        for (let k = 0; k < j; k += 1) largest = Math.max(largest, Math.abs(change[j * dimension + k]!));
      }
      return largest;
    },

    /** The same for a unit in the last place of one mean, or of one entry of the factor or, where there is none, of the covariance. */
    rounding(parameters: Refined) {
      const { mean, units, factor } = prepare(parameters);
      const inverse = invertLower(factor!, dimension);
      let ofMeans = 0;
      let ofFactor = 0;
      for (let k = 0; k < dimension; k += 1) {
        let largest = 0;
        for (let j = k; j < dimension; j += 1) largest = Math.max(largest, Math.abs(inverse[j * dimension + k]!));
        ofMeans = Math.max(ofMeans, largest * Math.abs(mean[k]! * units[k]!));
        for (let j = 0; j <= k; j += 1) ofFactor = Math.max(ofFactor, largest * Math.abs(factor![k * dimension + j]!));
      }
      return Number.EPSILON * Math.max(1, ofMeans, parameters.factor === undefined ? ofFactor * ofFactor : ofFactor);
    },

    codec: factorCodec(dimension, prepare),
  };
}

/** The coordinates mean, then the rows of the factor with a logarithmic diagonal. */
function factorCodec(dimension: number, prepare: (parameters: Refined) => Prepared): Codec<MultivariateGaussianParameters> {
  return {
    length: dimension + (dimension * (dimension + 1)) / 2,
    encode(parameters, out, offset) {
      const { units, factor } = prepare(parameters);
      out.set(parameters.mean, offset);
      let at = offset + dimension;
      for (let j = 0; j < dimension; j += 1) {
        for (let k = 0; k <= j; k += 1, at += 1) out[at] = factor![j * dimension + k]! / units[j]!;
        out[at - 1] = log(out[at - 1]!);
      }
    },
    decode(vector, offset) {
      let at = offset + dimension;
      const mean: number[] = [];
      const factor: number[][] = [];
      for (let j = 0; j < dimension; j += 1) {
        mean.push(vector[offset + j]!);
        const row: number[] = [];
        for (let k = 0; k < j; k += 1, at += 1) row.push(vector[at]!);
        row.push(exp(vector[at]!));
        at += 1;
        factor.push(row);
      }
      return { mean, covariance: covarianceOf(factor), factor };
    },
    // In units of what is left of each column's deviation when the columns before it are known.
    scales(parameters, out, offset) {
      const { units, factor } = prepare(parameters);
      let at = offset + dimension;
      for (let j = 0; j < dimension; j += 1) {
        const deviation = factor![j * dimension + j]! / units[j]!;
        out[offset + j] = deviation;
        out.fill(deviation, at, at + j);
        out[at + j] = 1;
        at += j + 1;
      }
    },
  };
}
