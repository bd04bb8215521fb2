import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';
import type { Numeric } from './decimal-number.ts';
import { ReferenceFailure } from './failure.ts';
import type { ReferenceRow } from './family.ts';
import { runToEnd, type Steps } from './steps.ts';

/** Data as the caller has them. */
export interface DataDescription {
  /** One array a row; a plain number stands for a row of one column, null for a missing cell. */
  readonly rows: readonly (Numeric | null | readonly (Numeric | null)[])[];
  /** How often each row counts, real and >= 0. Default 1. */
  readonly caseWeights?: readonly Numeric[];
  /** The known component of each row, counted from 0; undefined, null or -1 where it is latent. Default: all latent. */
  readonly labels?: readonly (number | null | undefined)[];
}

/** Data ready for use: equal rows with equal labels are merged, and their case weights added. */
export interface ReferenceData {
  readonly reference: Reference;
  /** The distinct rows. */
  readonly rows: readonly ReferenceRow[];
  /** The sum of the case weights of each distinct row. */
  readonly weights: readonly Decimal[];
  /** The known component of each distinct row; -1 where it is latent. */
  readonly labels: readonly number[];
  /** The distinct row of each row the caller gave. */
  readonly distinct: readonly number[];
  /** The case weight of each row the caller gave. */
  readonly caseWeights: readonly Decimal[];
  /** The sum of all case weights. */
  readonly totalWeight: Decimal;
}

/** Anything the functions of this package accept as data. */
export type DataLike = DataDescription | ReferenceData;

/**
 * Takes data exactly, checks their form and merges equal rows. Data that are prepared already are returned as they are.
 *
 * @throws ReferenceFailure `invalid-data`, naming the row.
 */
export function prepareData(reference: Reference, data: DataLike): ReferenceData {
  return 'distinct' in data ? data : runToEnd(preparationSteps(reference, data));
}

/** {@link prepareData} as an interruptible computation that yields after each row. */
export function* preparationSteps(reference: Reference, data: DataDescription): Steps<ReferenceData> {
  const { rows, caseWeights, labels } = data;
  if (rows.length === 0) throw new ReferenceFailure('invalid-data', 'The data have no rows: give at least one.');
  for (const [name, list] of Object.entries({ caseWeights, labels })) {
    if (list !== undefined && list.length !== rows.length) {
      throw new ReferenceFailure('invalid-data', `There are ${rows.length} rows and ${list.length} ${name}: give one for each row.`);
    }
  }

  const places = new Map<string, number>();
  const merged: { rows: ReferenceRow[]; weights: Decimal[]; labels: number[] } = { rows: [], weights: [], labels: [] };
  const distinct: number[] = [];
  const exactWeights: Decimal[] = [];
  let columns: number | undefined;
  for (const [index, given] of rows.entries()) {
    const values = (Array.isArray(given) ? given : [given]) as readonly (Numeric | null)[];
    columns ??= values.length;
    if (values.length !== columns || columns === 0) {
      throw new ReferenceFailure(
        'invalid-data',
        `Row ${index} has ${values.length} columns and the first row has ${columns}: give every row the same number, at least one.`,
        { row: index },
      );
    }
    const row = values.map((value, column) => {
      if (value === null) return new reference.Decimal(Number.NaN);
      const exact = reference.decimal(value);
      if (exact.isFinite()) return exact;
      throw new ReferenceFailure('invalid-data', `Row ${index}, column ${column} is ${exact}: give a finite number.`, { row: index });
    });
    const label = labels?.[index] ?? -1;
    if (!Number.isInteger(label) || label < -1) {
      throw new ReferenceFailure(
        'invalid-data',
        `The label of row ${index} is ${label}: give a component counted from 0, or -1 where it is not known.`,
        { row: index },
      );
    }
    const weight = reference.decimal(caseWeights?.[index] ?? 1);
    if (!weight.gte(0) || !weight.isFinite()) {
      throw new ReferenceFailure('invalid-data', `The case weight of row ${index} is ${weight}: give a finite number >= 0.`, {
        row: index,
      });
    }
    exactWeights.push(weight);

    const key = `${label}|${row.join('|')}`;
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, merged.rows.length);
      distinct.push(merged.rows.length);
      merged.rows.push(row);
      merged.weights.push(weight);
      merged.labels.push(label);
    } else {
      distinct.push(place);
      merged.weights[place] = merged.weights[place]!.plus(weight);
    }
    yield;
  }
  const totalWeight = reference.sum(merged.weights);
  if (totalWeight.isZero()) throw new ReferenceFailure('invalid-data', 'All case weights are 0: give at least one row a weight > 0.');
  return { reference, ...merged, distinct, caseWeights: exactWeights, totalWeight };
}
