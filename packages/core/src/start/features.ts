import type { Dataset } from '../data/block.ts';
import type { Family } from '../family.ts';

/** Rows as points in which distances make sense: each observed column, centred and scaled by its deviation. */
export interface Features {
  readonly rows: number;
  /** One array a feature. */
  readonly columns: readonly Float64Array[];
  /** Case weights. */
  readonly weights: Float64Array;
}

/**
 * The features of a data set for starting: units and origins do not matter. Where a count is given out of a maximum in another
 * column, the feature is their ratio.
 */
export function startFeatures(dataset: Dataset, family: Family): Features {
  const rows = dataset.distinctRows;
  const weights = new Float64Array(rows).fill(1);
  const columns: Float64Array[] = [];
  const holes: number[][] = [];
  family.columns.forEach((column, index) => {
    // Predictors tell rows apart, too; a number of trials or an exposure does not.
    if (column.given && column.support.kind !== 'real') return;
    const maximum = column.support.kind === 'integer' && typeof column.support.maximum !== 'number' ? column.support.maximum.column : -1;
    const values = new Float64Array(rows);
    const unknown: number[] = [];
    let row = 0;
    for (const block of dataset.blocks) {
      for (const inner of block.inexact?.[index]?.rows ?? []) unknown.push(row + inner);
      const source = block.columns[index]!;
      const divisor = maximum < 0 ? undefined : block.columns[maximum]!;
      for (let inner = 0; inner < block.size; inner += 1)
        values[row++] = divisor === undefined ? source[inner]! : source[inner]! / divisor[inner]!;
    }
    columns.push(values);
    holes.push(unknown);
  });
  let row = 0;
  for (const block of dataset.blocks) {
    if (block.weights !== undefined) weights.set(block.weights.subarray(0, block.size), row);
    row += block.size;
  }
  columns.forEach((values, index) => {
    standardise(values, weights, holes[index]!);
  });
  return { rows, columns, weights };
}

/** Centres and scales in place; divides by the largest magnitude first, so that no square overflows or vanishes. Holes come to lie at the centre. */
function standardise(values: Float64Array, caseWeights: Float64Array, holes: readonly number[]): void {
  const weights = holes.length === 0 ? caseWeights : caseWeights.slice();
  for (const row of holes) weights[row] = 0;
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return;
  let total = 0;
  let sum = 0;
  for (let row = 0; row < values.length; row += 1) {
    values[row]! /= largest;
    total += weights[row]!;
    sum += weights[row]! * values[row]!;
  }
  const mean = total > 0 ? sum / total : 0;
  let squares = 0;
  for (let row = 0; row < values.length; row += 1) {
    values[row]! -= mean;
    squares += weights[row]! * values[row]! * values[row]!;
  }
  const deviation = Math.sqrt(squares / total);
  for (const row of holes) values[row] = 0;
  if (deviation > 0) for (let row = 0; row < values.length; row += 1) values[row]! /= deviation;
}
