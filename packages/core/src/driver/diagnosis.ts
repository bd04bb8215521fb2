/**
 * Why a fit ended: a closed union. Only `converged` and `boundary` mean that the answer is a stationary point, to what the rule allows.
 */
export type Diagnosis =
  /** The remaining error is estimated to be small enough. */
  | ({ readonly kind: 'converged' } & Arrival)
  /** Converged, with parameters on the edge of their domain, where the usual standard errors do not hold. */
  | ({ readonly kind: 'boundary'; readonly parameters: readonly string[] } & Arrival)
  /** The number of iterations asked for was done; `remaining` estimates the distance still to go (null when unknown). */
  | { readonly kind: 'iteration-limit'; readonly remaining: number | null }
  /** Steps are as small as the rounding of the parameters and no longer shrink, while the tolerance is finer than that. */
  | { readonly kind: 'stalled'; readonly remaining: number | null }
  /** A component has no maximum-likelihood estimate: its spread fell to zero. The parameters are those before. */
  | { readonly kind: 'collapsed'; readonly component: number; readonly reason: string }
  /** The log-likelihood fell by more than rounding explains: an M-step that does not maximise. The parameters are those before. */
  | { readonly kind: 'decreased'; readonly by: number }
  /** The caller's signal stopped the fit. The parameters are the last complete ones. */
  | { readonly kind: 'aborted' };

/** By which rule a run ended, and how far the optimum may still be. */
export interface Arrival {
  /** `distance`: the parameters are within the tolerance. `nats`: what is left of the log-likelihood matters to nobody. */
  readonly rule: 'distance' | 'nats';
  /** The estimated distance still to go, dimensionless; 1, as far as a parameter's whole scale, where steps along a ridge do not shrink. */
  readonly remaining: number;
  /** The estimated log-likelihood still to be had, in nats; null when unknown. */
  readonly nats: number | null;
}

export type DiagnosisKind = Diagnosis['kind'];

/** True where the answer is a stationary point to what the rule allows. */
export function isConverged(diagnosis: Diagnosis): boolean {
  return diagnosis.kind === 'converged' || diagnosis.kind === 'boundary';
}

/** One plain sentence on what happened and, where it is not what one hopes for, what to do. Components count from 1. */
export function describeDiagnosis(diagnosis: Diagnosis): string {
  switch (diagnosis.kind) {
    case 'converged':
      return diagnosis.rule === 'nats'
        ? `converged: less than ${diagnosis.nats === null ? '1e-6' : roughly(diagnosis.nats)} nats of log-likelihood are estimated to be left`
        : 'converged: the remaining error is estimated to be below the tolerance';
    case 'boundary':
      return `converged on the edge of the parameter domain (${diagnosis.parameters.join(', ')}): standard errors do not hold there`;
    case 'iteration-limit':
      return diagnosis.remaining === null
        ? 'stopped at the iteration limit before convergence: how far it still is from the answer is not known; allow more iterations'
        : `stopped at the iteration limit before convergence: the estimated distance still to go is ${roughly(diagnosis.remaining)}; if that is too much, allow more iterations`;
    case 'stalled':
      return 'stalled at the rounding of the parameters: no finer answer exists in double precision; centre or rescale the data';
    case 'collapsed':
      return `component ${diagnosis.component + 1} collapsed (${diagnosis.reason}): use fewer components, another start, or a more constrained model`;
    case 'decreased':
      return `the log-likelihood fell by ${diagnosis.by}: the family's M-step does not maximise`;
    case 'aborted':
      return 'aborted by the caller: the parameters are the last complete ones';
  }
}

/** One digit: it is an estimate. */
function roughly(value: number): string {
  return String(Number(value.toPrecision(1)));
}
