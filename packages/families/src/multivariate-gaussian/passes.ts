import type { Block } from '@emkit/core';
import type { Frame, Prepared } from './prepared.ts';

/** Working memory of the block loops, shared by all instances: every use writes before it reads. */
let scratch: Float64Array = new Float64Array(0);

function scratchOf(length: number): Float64Array {
  if (scratch.length < length) scratch = new Float64Array(length);
  return scratch;
}

/** Rows worked on at a time: few enough for the deviations of all columns to stay in the first cache, and for sums to round little. */
function rowsAtATime(dimension: number): number {
  return Math.max(32, Math.min(256, 4 * Math.floor(768 / dimension)));
}

export function uncorrelatedLogDensity({ size, columns }: Block, { mean, units, inverse, constant }: Prepared, out: Float64Array): void {
  for (let i = 0; i < size; i += 1) out[i] = constant;
  for (let j = 0; j < mean.length; j += 1) {
    const x = columns[j]!;
    const centre = mean[j]!;
    const unit = units[j]!;
    const halfPrecision = inverse[j]!;
    for (let i = 0; i < size; i += 1) {
      const z = (x[i]! - centre) * unit;
      out[i]! -= z * z * halfPrecision;
    }
  }
}

/** Writes the deviations of `count` rows from `start` on in the units of the columns, column j from `rows` j on. */
function deviate({ columns }: Block, { mean, units }: Frame, start: number, count: number, z: Float64Array, rows: number): void {
  for (let j = 0; j < mean.length; j += 1) {
    const x = columns[j]!;
    const centre = mean[j]!;
    const unit = units[j]!;
    const own = j * rows;
    for (let i = 0; i < count; i += 1) z[own + i] = (x[start + i]! - centre) * unit;
  }
}

/**
 * Forward substitution z = L^-1 y in place, column by column over some rows at a time: four columns of z are taken off the next one in a
 * pass, so that the loops run over rows, without a dependency from one row to the next.
 */
function substitute(z: Float64Array, factor: Float64Array, inverse: Float64Array, count: number, rows: number): void {
  const dimension = inverse.length;
  for (let j = 0; j < dimension; j += 1) {
    const own = j * rows;
    const row = j * dimension;
    let k = 0;
    for (; k + 3 < j; k += 4) {
      const l0 = factor[row + k]!;
      const l1 = factor[row + k + 1]!;
      const l2 = factor[row + k + 2]!;
      const l3 = factor[row + k + 3]!;
      const z0 = k * rows;
      const z1 = z0 + rows;
      const z2 = z1 + rows;
      const z3 = z2 + rows;
      for (let i = 0; i < count; i += 1) {
        z[own + i]! -= l0 * z[z0 + i]! + l1 * z[z1 + i]! + (l2 * z[z2 + i]! + l3 * z[z3 + i]!);
      }
    }
    for (; k < j; k += 1) {
      const l0 = factor[row + k]!;
      const z0 = k * rows;
      for (let i = 0; i < count; i += 1) z[own + i]! -= l0 * z[z0 + i]!;
    }
    const over = inverse[j]!;
    for (let i = 0; i < count; i += 1) z[own + i]! *= over;
  }
}

export function correlatedLogDensity(block: Block, prepared: Prepared, out: Float64Array): void {
  const { size } = block;
  const { inverse, constant } = prepared;
  const dimension = inverse.length;
  const rows = rowsAtATime(dimension);
  const z = scratchOf(rows * dimension);
  for (let start = 0; start < size; start += rows) {
    const count = Math.min(rows, size - start);
    deviate(block, prepared, start, count, z, rows);
    substitute(z, prepared.factor!, inverse, count, rows);
    out.fill(0, start, start + count);
    for (let j = 0; j < dimension; j += 1) {
      const own = j * rows;
      for (let i = 0; i < count; i += 1) out[start + i]! += z[own + i]! * z[own + i]!;
    }
    for (let i = start; i < start + count; i += 1) {
      // Infinity and, after differences of infinities, NaN both stand for a distance beyond the doubles.
      out[i] = out[i]! < Infinity ? constant - 0.5 * out[i]! : -Infinity;
    }
  }
}

export function accumulateSquares(
  { size, columns }: Block,
  responsibilities: Float64Array,
  { mean, units }: Frame,
  statistics: Float64Array,
): void {
  const dimension = mean.length;
  for (let j = 0; j < dimension; j += 1) {
    const x = columns[j]!;
    const centre = mean[j]!;
    const unit = units[j]!;
    let first0 = 0;
    let first1 = 0;
    let second0 = 0;
    let second1 = 0;
    let i = 0;
    for (; i + 1 < size; i += 2) {
      const z0 = (x[i]! - centre) * unit;
      const z1 = (x[i + 1]! - centre) * unit;
      const weighted0 = responsibilities[i]! * z0;
      const weighted1 = responsibilities[i + 1]! * z1;
      first0 += weighted0;
      first1 += weighted1;
      second0 += weighted0 * z0;
      second1 += weighted1 * z1;
    }
    if (i < size) {
      const z = (x[i]! - centre) * unit;
      const weighted = responsibilities[i]! * z;
      first0 += weighted;
      second0 += weighted * z;
    }
    statistics[j]! += first0 + first1;
    statistics[dimension + j]! += second0 + second1;
  }
}

/**
 * The sums of r z_j and r z_j z_k, k <= j, some rows at a time and two by two columns at a time, so that each number read from
 * memory is used twice and four sums run side by side. An odd last column is paired with one of zeros.
 */
export function accumulateProducts(
  block: Block,
  responsibilities: Float64Array,
  { inverse, frame }: Prepared,
  statistics: Float64Array,
): void {
  const { size } = block;
  const dimension = inverse.length;
  const padded = dimension + (dimension & 1);
  const rows = rowsAtATime(dimension);
  const z = scratchOf(rows * (padded + 2));
  const weighted0 = rows * padded;
  const weighted1 = weighted0 + rows;
  for (let start = 0; start < size; start += rows) {
    const count = Math.min(rows, size - start);
    deviate(block, frame, start, count, z, rows);
    if (frame.factor !== undefined) substitute(z, frame.factor, inverse, count, rows);
    if (padded > dimension) for (let i = 0, own = dimension * rows; i < count; i += 1) z[own + i] = 0;

    for (let j = 0; j < dimension; j += 2) {
      const own0 = j * rows;
      const own1 = own0 + rows;
      let first0 = 0;
      let first1 = 0;
      for (let i = 0; i < count; i += 1) {
        const responsibility = responsibilities[start + i]!;
        const w0 = responsibility * z[own0 + i]!;
        const w1 = responsibility * z[own1 + i]!;
        z[weighted0 + i] = w0;
        z[weighted1 + i] = w1;
        first0 += w0;
        first1 += w1;
      }
      statistics[j]! += first0;
      const second = j + 1 < dimension;
      if (second) statistics[j + 1]! += first1;
      const row0 = dimension + (j * (j + 1)) / 2;
      const row1 = row0 + j + 1;
      for (let k = 0; k <= j; k += 2) {
        const other0 = k * rows;
        const other1 = other0 + rows;
        let sum00 = 0;
        let sum01 = 0;
        let sum10 = 0;
        let sum11 = 0;
        for (let i = 0; i < count; i += 1) {
          const w0 = z[weighted0 + i]!;
          const w1 = z[weighted1 + i]!;
          const z0 = z[other0 + i]!;
          const z1 = z[other1 + i]!;
          sum00 += w0 * z0;
          sum01 += w0 * z1;
          sum10 += w1 * z0;
          sum11 += w1 * z1;
        }
        statistics[row0 + k]! += sum00;
        if (k < j) statistics[row0 + k + 1]! += sum01;
        if (second) {
          statistics[row1 + k]! += sum10;
          statistics[row1 + k + 1]! += sum11;
        }
      }
    }
  }
}
