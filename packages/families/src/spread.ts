import type { Dataset } from '@emkit/core';

/**
 * Powers of two as units, and the spread of whole columns: what lets families add up squares of numbers of any size
 * without overflow and, because multiplying by a power of two does not round, without a change in any digit.
 */

/** The smallest positive double with all its digits. */
export const SMALLEST_NORMAL: number = 2.2250738585072014e-308;

const bits: DataView = new DataView(new ArrayBuffer(8));

/** The e with 2^e <= x < 2^(e + 1), for positive finite x. */
export function exponentOf(x: number): number {
  if (x < SMALLEST_NORMAL) return exponentOf(x * 18014398509481984) - 54;
  bits.setFloat64(0, x);
  return (bits.getUint16(0) >> 4) - 1023;
}

/** 2^exponent for whole exponents from -1022 to 1023. */
export function powerOfTwo(exponent: number): number {
  bits.setUint32(4, 0);
  bits.setUint32(0, (exponent + 1023) << 20);
  return bits.getFloat64(0);
}

/** The power of two u such that variance u^2 lies in [1, 4): one over the standard deviation, roughly and without rounding. */
export function unitOfVariance(variance: number): number {
  return powerOfTwo(-Math.floor(exponentOf(variance) / 2));
}

/** A variance as near to the given one as a double with all its digits can hold. */
export function representableVariance(variance: number): number {
  return Math.min(Math.max(variance, SMALLEST_NORMAL), Number.MAX_VALUE);
}

/** Squares in units of `unitOfVariance` that are not finite or fall below this are out of scale: digits may have been lost below 2^-1022. */
const OUT_OF_SCALE = powerOfTwo(-800);
const RESCALE = powerOfTwo(600);
const LARGEST_POWER = powerOfTwo(1022);

/**
 * The variance to take statistics with instead, when the mean square in its units shows that it lies hundreds of orders of
 * magnitude away from the data; the same variance when it serves, or when there is nothing further to try.
 */
export function rescaledVariance(variance: number, meanSquare: number): number {
  if (!(meanSquare < Infinity)) return Math.min(variance * RESCALE, LARGEST_POWER);
  if (meanSquare < OUT_OF_SCALE) return Math.min(variance, Math.max(variance / RESCALE, SMALLEST_NORMAL));
  return variance;
}

/** Mean and variance of one column of a whole data set, case weights counted, safe from overflow. Both are 0 without data. */
export function columnMoments(data: Dataset, column: number): { readonly mean: number; readonly variance: number } {
  let largest = 0;
  for (const { columns, size } of data.blocks) {
    const values = columns[column]!;
    for (let i = 0; i < size; i += 1) largest = Math.max(largest, Math.abs(values[i]!));
  }
  if (largest === 0) return { mean: 0, variance: 0 };

  const unit = powerOfTwo(Math.min(1022, Math.max(-1022, -exponentOf(largest))));
  let count = 0;
  let total = 0;
  for (const { columns, size, weights } of data.blocks) {
    const values = columns[column]!;
    let blockCount = 0;
    let blockTotal = 0;
    for (let i = 0; i < size; i += 1) {
      const weight = weights === undefined ? 1 : weights[i]!;
      blockCount += weight;
      blockTotal += weight * (values[i]! * unit);
    }
    count += blockCount;
    total += blockTotal;
  }
  const mean = total / count;

  let squares = 0;
  for (const { columns, size, weights } of data.blocks) {
    const values = columns[column]!;
    let blockSquares = 0;
    for (let i = 0; i < size; i += 1) {
      const deviation = values[i]! * unit - mean;
      blockSquares += (weights === undefined ? 1 : weights[i]!) * deviation * deviation;
    }
    squares += blockSquares;
  }
  return { mean: mean / unit, variance: squares / count / unit / unit };
}

/**
 * A variance fit to take first statistics with: that of the data, or where they are all equal the square of their rounding
 * (1 where they are all 0), so that the parameters are valid and the M-step finds the collapse.
 */
export function startingVariance({ mean, variance }: { readonly mean: number; readonly variance: number }): number {
  if (variance > 0) return representableVariance(variance);
  const rounding = mean === 0 ? 1 : mean * Number.EPSILON;
  return representableVariance(rounding * rounding);
}
