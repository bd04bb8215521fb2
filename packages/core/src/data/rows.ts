/** Whole columns with optional weights and labels: what the steps of making a data set hand on. */
export interface Rows {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
  readonly weights?: Float64Array;
  readonly labels?: Int32Array;
  /** Sets of components as bits. */
  readonly allowed?: Int32Array;
}

export function isLabelled({ labels, allowed }: Pick<Rows, 'labels' | 'allowed'>): boolean {
  return (labels?.some((label) => label >= 0) ?? false) || allowed !== undefined;
}
