import type { Block, Dataset, Family, Mixture, MixtureParameters, ParameterValues } from '@emkit/core';
import type { Row } from './arbitraries.ts';
import { violate } from './law.ts';

/** Rows as a block of columns. */
export function blockOf(family: Family, rows: readonly Row[]): Block {
  return { size: rows.length, columns: family.columns.map((_, column) => Float64Array.from(rows, (row) => row[column]!)) };
}

/** Log-densities of rows. Violates when the family throws or gives NaN or plus infinity. */
export function logDensities(family: Family, block: Block, parameters: ParameterValues): Float64Array {
  const out = new Float64Array(block.size).fill(Number.NaN);
  family.logDensity(block, parameters, out);
  for (let row = 0; row < block.size; row += 1) {
    if (Number.isNaN(out[row]!) || out[row] === Infinity) {
      violate(`the log-density of row ${rowText(block, row)} is ${out[row]}: it must be a number or minus infinity`);
    }
  }
  return out;
}

/** One row as text. */
export function rowText(block: Block, row: number): string {
  return `(${block.columns.map((column) => column[row]!).join(', ')})`;
}

/** A sum that keeps what each addition rounds off (Neumaier 1974). */
export class Sum {
  private sum = 0;
  private lost = 0;

  add(term: number): void {
    const next = this.sum + term;
    this.lost += Math.abs(this.sum) >= Math.abs(term) ? this.sum - next + term : term - next + this.sum;
    this.sum = next;
  }

  get value(): number {
    const total = this.sum + this.lost;
    return Number.isNaN(total) ? this.sum : total;
  }
}

/** The observed-data log-likelihood, written from its definition and independent of the engine's: sum of w_i log sum_k w_k f_k(x_i). */
export function logLikelihoodOf(
  mixture: Mixture,
  parameters: MixtureParameters,
  dataset: Dataset,
): { readonly value: number; readonly magnitude: number } {
  const total = new Sum();
  let magnitude = 0;
  for (const block of dataset.blocks) {
    const joint = jointLogDensities(mixture, parameters, block);
    for (let row = 0; row < block.size; row += 1) {
      const label = block.labels?.[row] ?? -1;
      const value = label >= 0 ? joint[label]![row]! : logSum(joint.map((column) => column[row]!));
      const weighted = value * (block.weights?.[row] ?? 1);
      total.add(weighted);
      magnitude += Math.abs(weighted);
    }
  }
  return { value: total.value, magnitude };
}

/** log(w_k f_k(x_i)): one array a component. */
export function jointLogDensities(mixture: Mixture, parameters: MixtureParameters, block: Block): readonly Float64Array[] {
  return mixture.families.map((family, component) => {
    const weight = parameters.weights[component]!;
    if (weight === 0) return new Float64Array(block.size).fill(-Infinity);
    return logDensities(family, block, parameters.components[component]!).map((value) => value + Math.log(weight));
  });
}

/** log of the sum of exponentials. */
export function logSum(values: readonly number[]): number {
  const largest = Math.max(...values);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

/** Columns for `createDataset` from rows. */
export function columnsOf(family: Family, rows: readonly Row[]): Record<string, Float64Array> {
  return Object.fromEntries(family.columns.map(({ name }, column) => [name, Float64Array.from(rows, (row) => row[column]!)]));
}
