import type { Criterion, FitJson, ParameterValues, StartEvidence } from '@emkit/core';

/** A column of a table, as the page needs to know it. */
export interface ColumnSummary {
  readonly name: string;
  readonly kind: 'numbers' | 'text';
  readonly minimum: number;
  readonly maximum: number;
  /** Every number is whole. */
  readonly whole: boolean;
  /** How many fields are no number, in a column of numbers. */
  readonly bad: number;
}

export interface TableSummary {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly ColumnSummary[];
  readonly header: boolean;
}

/** What to fit, and how. Everything that the code that repeats it must say. */
export interface FitRequest {
  /** Data columns, then the columns that hold options row by row. */
  readonly columns: readonly string[];
  readonly weights: string | undefined;
  readonly family: string;
  readonly options: Readonly<Record<string, string | number>>;
  readonly components: readonly number[];
  readonly criterion: Criterion;
  readonly seed: number;
  readonly starts: number;
}

/** A number of components that was tried. */
export interface CandidateSummary {
  readonly components: number;
  readonly logLikelihood?: number;
  readonly criteria?: FitJson['criteria'];
  readonly diagnosis?: string;
  readonly refused?: string;
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  /** Expected counts by component. */
  readonly parts: readonly number[];
}

/** What to draw: bars and curves on a line, or points in a plane of any two columns. */
export type Picture =
  | {
      readonly kind: 'line';
      readonly column: string;
      readonly discrete: boolean;
      readonly domain: readonly [number, number];
      readonly bars: readonly Bar[];
      readonly x: readonly number[];
      /** Expected rows a bar, by component. */
      readonly curves: readonly (readonly number[])[];
    }
  | {
      readonly kind: 'plane';
      readonly columns: readonly string[];
      readonly domains: readonly (readonly [number, number])[];
      /** A sample of the rows: one array a column, and one a component. */
      readonly points: readonly Float64Array[];
      readonly responsibilities: readonly Float64Array[];
      readonly rows: number;
    };

export interface FitView {
  readonly components: number;
  readonly fit: FitJson;
  readonly parameters: { readonly weights: readonly number[]; readonly components: readonly ParameterValues[] };
  readonly diagnosis: string;
  readonly good: boolean;
  readonly starts: readonly StartEvidence[];
  readonly picture: Picture;
}

export interface LabelledRow {
  readonly row: number;
  readonly values: readonly number[];
  /** Counted from 1. */
  readonly label: number;
  readonly responsibilities: readonly number[];
}

export type ToWorker =
  | { readonly kind: 'read'; readonly source: File | { readonly name: string; readonly text: string } }
  | { readonly kind: 'fit'; readonly request: FitRequest }
  | { readonly kind: 'view'; readonly components: number }
  | { readonly kind: 'rows'; readonly components: number; readonly from: number; readonly count: number }
  | { readonly kind: 'labels'; readonly components: number };

export interface Progress {
  readonly text: string;
  /** From 0 to 1 where it is known. */
  readonly share?: number;
}

export interface FitOutcome {
  readonly candidates: readonly CandidateSummary[];
  readonly best: FitView;
  readonly milliseconds: number;
  /** Cancelled: the candidates are those of the numbers of components that were reached. */
  readonly stopped: boolean;
}

/** The answer to each question, by its kind. */
export interface Answers {
  readonly read: TableSummary;
  readonly fit: FitOutcome;
  readonly view: FitView;
  readonly rows: readonly LabelledRow[];
  readonly labels: Blob;
}

export type FromWorker =
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly candidate: CandidateSummary }
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly failure: string };

export type Question = { readonly id: number; readonly question: ToWorker } | { readonly cancel: number };
