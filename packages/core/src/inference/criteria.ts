import { log } from '../numerics/elementary.ts';

/** Model-selection criteria: for all of them, smaller is better. */
export interface Criteria {
  /** -2 log-likelihood + 2 p (Akaike 1974). */
  readonly aic: number;
  /** -2 log-likelihood + p log n, with n the total case weight (Schwarz 1978). */
  readonly bic: number;
  /** BIC + 2 x the entropy of the responsibilities (Biernacki, Celeux and Govaert 2000): it also asks for separated components. */
  readonly icl: number;
  /** The number p of free parameters. */
  readonly parameters: number;
}

/** The criteria by which a number of components is chosen. */
export type Criterion = 'aic' | 'bic' | 'icl';

export const CRITERIA: readonly Criterion[] = ['bic', 'aic', 'icl'];

export function computeCriteria(logLikelihood: number, parameters: number, totalWeight: number, entropy: number): Criteria {
  const bic = -2 * logLikelihood + parameters * log(totalWeight);
  return { aic: -2 * logLikelihood + 2 * parameters, bic, icl: bic + 2 * Math.max(0, entropy), parameters };
}
