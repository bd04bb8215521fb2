import { type Cells, pickCells } from './cells.ts';

/** Whole columns with optional weights and labels: what the steps of making a data set hand on. */
export interface Rows {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
  readonly weights?: Float64Array;
  readonly labels?: Int32Array;
  /** Sets of components as bits. */
  readonly allowed?: Int32Array;
  readonly inexact?: Cells;
}

export function isLabelled({ labels, allowed }: Pick<Rows, 'labels' | 'allowed'>): boolean {
  return (labels?.some((label) => label >= 0) ?? false) || allowed !== undefined;
}

/** Some of the rows, in a new order. */
export function pickRows({ columns, weights, labels, allowed, inexact }: Rows, order: ArrayLike<number>): Rows {
  const pick = <A extends Float64Array | Int32Array>(values: A, out: A): A => {
    for (let row = 0; row < order.length; row += 1) out[row] = values[order[row]!]!;
    return out;
  };
  const cells = pickCells(inexact, order);
  return {
    rows: order.length,
    columns: columns.map((column) => pick(column, new Float64Array(order.length))),
    ...(weights && { weights: pick(weights, new Float64Array(order.length)) }),
    ...(labels && { labels: pick(labels, new Int32Array(order.length)) }),
    ...(allowed && { allowed: pick(allowed, new Int32Array(order.length)) }),
    ...(cells && { inexact: cells }),
  };
}
