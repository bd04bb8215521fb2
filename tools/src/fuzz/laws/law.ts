import type { Diagnosis, Fit } from '@emkit/core';
import { isConverged } from '@emkit/core';
import type { Trial } from '../trial.ts';

/** What a law finds: a sentence where it is broken, undefined where it holds, `notAsked` where the case does not put it to the test. */
export type Verdict = string | undefined | typeof notAsked;

export const notAsked: unique symbol = Symbol('not asked');

export interface Law {
  readonly name: string;
  /** What must hold, in a sentence. */
  readonly meaning: string;
  /** The share of cases that are put to it: what costs several fits is asked less often. */
  readonly share: number;
  check(trial: Trial): Verdict | Promise<Verdict>;
}

/** The fit, where it claims to be at a stationary point. */
export function convergedFit(trial: Trial): Fit | undefined {
  const { fit } = trial.outcome;
  return fit !== undefined && isConverged(fit.diagnosis) ? fit : undefined;
}

export function describe(diagnosis: Diagnosis): string {
  return diagnosis.kind === 'collapsed' ? `collapsed (${diagnosis.reason})` : diagnosis.kind;
}

/** Three digits, as many as a message needs. */
export const show = (value: number): string => String(Number(value.toPrecision(3)));
