/**
 * What went wrong, as a stable word a program can switch on.
 *
 * - `invalid-precision`: the precision asked for is not a whole number of digits in the supported range.
 * - `invalid-number`: a value is not a number, or is not finite where it must be.
 * - `domain`: the argument of a mathematical function lies outside its domain.
 * - `no-convergence`: a series, continued fraction or search did not finish in its allotted terms.
 * - `precision-unreachable`: cancellation would need more digits than the arithmetic holds.
 * - `unknown-family`: no family of this id is registered.
 * - `invalid-option`: a family's option has a value it cannot take.
 * - `invalid-parameter`: a component's parameter is missing, of the wrong shape or outside its domain.
 * - `invalid-mixture`: weights and components do not form a mixture.
 * - `invalid-data`: rows, case weights or labels do not form a data set.
 * - `zero-density`: a row has density zero under every component it may belong to.
 * - `empty-component`: a component's expected count is zero, so that its maximum-likelihood estimate does not exist.
 * - `collapsed-component`: a component's variance is zero, so that the likelihood is unbounded.
 * - `unsupported-sharing`: the family has no maximum-likelihood estimate for this set of shared parameters.
 * - `invalid-fit`: the object to certify does not describe a fit.
 * - `invalid-argument`: an option of a function is outside its range.
 * - `aborted`: the caller's signal asked for a stop.
 */
export type ReferenceFailureCode =
  | 'invalid-precision'
  | 'invalid-number'
  | 'domain'
  | 'no-convergence'
  | 'precision-unreachable'
  | 'unknown-family'
  | 'invalid-option'
  | 'invalid-parameter'
  | 'invalid-mixture'
  | 'invalid-data'
  | 'zero-density'
  | 'empty-component'
  | 'collapsed-component'
  | 'unsupported-sharing'
  | 'invalid-fit'
  | 'invalid-argument'
  | 'aborted';

/** Where a failure happened: whichever of these are known. Components and rows are counted from 0. */
export interface FailurePlace {
  readonly family?: string;
  readonly component?: number;
  readonly parameter?: string;
  readonly row?: number;
}

/**
 * The one error type of this package.
 *
 * `code` is stable; `message` says what is wrong, where, and what to do; `place` repeats the where for programs.
 */
export class ReferenceFailure extends Error {
  override readonly name = 'ReferenceFailure';
  readonly code: ReferenceFailureCode;
  readonly place: FailurePlace;

  constructor(code: ReferenceFailureCode, message: string, place: FailurePlace = {}, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.place = place;
  }
}
