import { type Block, type Dataset, EmkitError, type Family, type ParameterValues, type Summary, summarize } from '@emkit/core';
import { compensatedSum } from '@emkit/core/numerics';
import { createReference, type Reference, type ReferenceFamily, type ReferenceParameters, referenceFamily } from '@emkit/reference';
import { expect } from 'vitest';

/** Arithmetic with 50 digits: what the families are measured against. */
export const reference: Reference = createReference();
export type Decimal = ReturnType<Reference['decimal']>;

export const nothingHeld: ReadonlySet<string> = new Set();

export function referenceOf(family: Family): ReferenceFamily {
  return referenceFamily(reference, family.id, family.options);
}

export function blockOf(...columns: readonly (readonly number[])[]): Block {
  return { size: columns[0]!.length, columns: columns.map((column) => Float64Array.from(column)) };
}

/** A data set of one block a column list, without the checks of the real one. */
export function datasetOf(columns: readonly (readonly number[])[], weights?: readonly number[]): Dataset {
  const block: Block = { ...blockOf(...columns), ...(weights === undefined ? {} : { weights: Float64Array.from(weights) }) };
  return {
    rows: block.size,
    distinctRows: block.size,
    totalWeight: weights === undefined ? block.size : weights.reduce((sum, weight) => sum + weight, 0),
    columnNames: columns.map((_, index) => `column ${index}`),
    blocks: [block],
    labelled: false,
  };
}

/** What a fit knows of such a data set when it begins. */
export function summaryOf(columns: readonly (readonly number[])[], weights?: readonly number[]): Summary {
  return summarize(datasetOf(columns, weights));
}

/** Turns rows into columns. */
export function columnsOf(rows: readonly (readonly number[])[]): number[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!));
}

/** Log-densities of rows. */
export function logDensities<P extends ParameterValues>(family: Family<P>, parameters: P, block: Block): Float64Array {
  const out = new Float64Array(block.size);
  family.logDensity(block, parameters, out);
  return out;
}

export function statisticsOf<P extends ParameterValues>(
  family: Family<P>,
  block: Block,
  responsibilities: readonly number[],
  about: P,
): Float64Array {
  const statistics = new Float64Array(family.statisticsLength);
  family.accumulate(block, Float64Array.from(responsibilities), about, statistics);
  return statistics;
}

/** What a driver does in an M-step: statistics about a point, about better points as long as the family asks for them, then the estimate. */
export function mStep<P extends ParameterValues>(
  family: Family<P>,
  block: Block,
  responsibilities: readonly number[],
  about: P,
  held: ReadonlySet<string> = nothingHeld,
): P {
  const count = compensatedSum(responsibilities);
  const { statistics, point } = settle(family, block, responsibilities, about, held);
  return family.maximize(statistics, count, point, held);
}

/** Statistics about a point that the family is content with. */
export function settle<P extends ParameterValues>(
  family: Family<P>,
  block: Block,
  responsibilities: readonly number[],
  about: P,
  held: ReadonlySet<string> = nothingHeld,
): { readonly statistics: Float64Array; readonly point: P; readonly passes: number } {
  const count = compensatedSum(responsibilities);
  let point = about;
  for (let passes = 1; passes <= 12; passes += 1) {
    const statistics = statisticsOf(family, block, responsibilities, point);
    const better = family.recentre?.(statistics, count, point, held);
    if (better === undefined) return { statistics, point, passes };
    point = better;
  }
  return expect.fail('the family asks for better points without end');
}

const view = new DataView(new ArrayBuffer(8));

/** The distance between neighbouring doubles at this size. */
export function ulpOf(size: number): number {
  view.setFloat64(0, Math.abs(size));
  const exponent = Math.max((view.getUint16(0) >> 4) & 0x7ff, 1);
  if (exponent > 52) {
    view.setFloat64(0, 0);
    view.setUint16(0, (exponent - 52) << 4);
    return view.getFloat64(0);
  }
  return Number.MIN_VALUE * 2 ** (exponent - 1);
}

/** The error of `actual` in units in the last place of `scale`, by default of the exact value. */
export function ulps(actual: number, exact: Decimal, scale: Decimal = exact): number {
  if (!Number.isFinite(actual)) return exact.toNumber() === actual ? 0 : Infinity;
  return reference.decimal(actual).minus(exact).abs().div(ulpOf(scale.toNumber())).toNumber();
}

/** The larger of 1 and |value|: the scale on which log-densities are judged. */
export function atLeastOne(value: Decimal): Decimal {
  return reference.Decimal.max(value.abs(), 1);
}

export function expectDegenerate(parameter: string, action: () => unknown): EmkitError {
  try {
    action();
  } catch (error) {
    if (!(error instanceof EmkitError)) throw error;
    expect(error.code).toBe('COMPONENT_DEGENERATE');
    expect(error.details.parameter).toBe(parameter);
    return error;
  }
  return expect.fail(`nothing was thrown, and a degenerate ${parameter} was expected`);
}

/** What a record stands for, to every digit: its refinements hold more of them than the parameters that are shown. */
export function exactly(exact: ReferenceFamily, { factor, complement, ...shown }: ParameterValues): ReferenceParameters {
  if (complement !== undefined) {
    const finer = reference.withMoreDigits(100);
    return { ...exact.fromNumbers(shown), probability: finer.decimal(1).minus(finer.decimal(complement as number)) };
  }
  if (factor === undefined) return exact.fromNumbers(shown);
  const rows = (factor as readonly (readonly number[])[]).map((row) => row.map((entry) => reference.decimal(entry)));
  const covariance = rows.map((a) => rows.map((b) => reference.sum(a.slice(0, b.length).map((entry, m) => entry.times(b[m]!)))));
  return { ...exact.fromNumbers(shown), covariance };
}

/** sum_i r_i log f(x_i; parameters) at 50 digits. */
export function exactObjective(family: Family, block: Block, responsibilities: readonly number[], parameters: ParameterValues): Decimal {
  const exact = referenceOf(family);
  const logDensity = exact.logDensityAt(exactly(exact, parameters));
  const rows = Array.from({ length: block.size }, (_, i) => block.columns.map((column) => reference.decimal(column[i]!)));
  return reference.sum(rows.map((row, i) => (responsibilities[i] === 0 ? reference.zero : logDensity(row).times(responsibilities[i]!))));
}

/** The reference's estimate from the same rows and responsibilities. */
export function exactMStep(
  family: Family,
  block: Block,
  responsibilities: readonly number[],
  previous: ParameterValues,
  held: ReadonlySet<string> = nothingHeld,
): ReferenceParameters {
  const exact = referenceOf(family);
  const rows = Array.from({ length: block.size }, (_, i) => block.columns.map((column) => reference.decimal(column[i]!)));
  return exact.maximize(
    rows,
    responsibilities.map((value) => reference.decimal(value)),
    exactly(exact, previous),
    held,
  );
}
