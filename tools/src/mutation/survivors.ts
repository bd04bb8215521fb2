/** Why a change that no test notices may stay: the first three cannot be told from the program by what is promised of it. */
export type Kind =
  /** No input gives another result. */
  | 'same result'
  /** Another rounding, within the accuracy that is promised. */
  | 'rounding'
  /** The same result in another time. */
  | 'time only'
  /** It can be told apart, but no test does it, for the reason given. */
  | 'not tested';

/** Changes of one line that survive for one reason. */
export interface Reason {
  readonly kind: Kind;
  /** The line in which the change begins, without its indentation. */
  readonly source: string;
  /** As the run names them: what stood there and what was put in its place. */
  readonly changes: readonly string[];
  readonly why: string;
}

/** Reviewed by hand, by file: a run fails where a survivor has no reason here, and where a reason has no survivor. */
export const REVIEWED: Readonly<Record<string, readonly Reason[]>> = {};
