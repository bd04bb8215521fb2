/**
 * The stable codes of every error emkit raises. A code never changes its meaning; messages may be reworded.
 *
 * - `DATA_*`: the data are at fault; `details` names the row, column and value where they are known.
 * - `PARAMETER_*`, `MODEL_*`: a parameter, a start or a model file is at fault; `details` names the component and parameter.
 * - `OPTION_*`: the call is at fault.
 * - `CAPABILITY_MISSING`: the family does not offer what the call needs.
 * - `WORKER_FAILED`: workers could not be started, or died again and again.
 * - `COMPONENT_DEGENERATE`: a component has no maximum-likelihood estimate (empty, or its spread fell to zero).
 */
export type ErrorCode =
  | 'DATA_EMPTY'
  | 'DATA_NOT_A_NUMBER'
  | 'DATA_NOT_FINITE'
  | 'DATA_OUTSIDE_SUPPORT'
  | 'DATA_SHAPE'
  | 'DATA_UNKNOWN_COLUMN'
  | 'DATA_WEIGHT'
  | 'DATA_LABEL'
  | 'DATA_TOO_FEW_DISTINCT_ROWS'
  | 'PARAMETER_DOMAIN'
  | 'PARAMETER_MISSING'
  | 'PARAMETER_UNKNOWN'
  | 'MODEL_MALFORMED'
  | 'MODEL_MISMATCH'
  | 'MODEL_IMPOSSIBLE_DATA'
  | 'OPTION_INVALID'
  | 'CAPABILITY_MISSING'
  | 'COMPONENT_DEGENERATE'
  | 'NOT_FINITE'
  | 'STATE_MALFORMED'
  | 'ABORTED'
  | 'WORKER_FAILED'
  | 'INTERNAL';

/** Where an error happened and with what value. `row` counts the caller's rows from 0; `column` is its name, or its index as text. */
export interface ErrorDetails {
  readonly row?: number;
  readonly column?: string;
  readonly component?: number;
  readonly parameter?: string;
  readonly value?: unknown;
  readonly capability?: string;
  readonly family?: string;
  readonly remedy?: string;
  readonly reason?: string;
}

/**
 * The one error type of emkit: what happened, where, and what to do.
 *
 * The message is a sentence for people; programs read `code` and `details`.
 */
export class EmkitError extends Error {
  override readonly name = 'EmkitError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(details.remedy === undefined ? message : `${message} ${details.remedy}`, options);
    this.code = code;
    this.details = details;
  }
}

/**
 * Thrown by a family's `maximize` when the weighted maximum-likelihood estimate does not exist: the driver turns it into a
 * diagnosis that names the component, never into a number.
 *
 * @param parameter the parameter that has no estimate, e.g. `variance`
 * @param reason a short clause, e.g. `the variance fell to zero on equal values`
 */
export function degenerate(parameter: string, reason: string): EmkitError {
  return new EmkitError('COMPONENT_DEGENERATE', `No maximum-likelihood ${parameter}: ${reason}.`, { parameter, reason });
}

/** Shows a value in a message: short, unambiguous, never more than 40 characters. */
export function showValue(value: unknown): string {
  let text: string;
  if (typeof value === 'string') text = JSON.stringify(value);
  else if (typeof value === 'number' || typeof value === 'bigint') text = Object.is(value, -0) ? '-0' : String(value);
  else if (value === undefined || value === null || typeof value === 'boolean') text = String(value);
  else if (typeof value === 'function') text = 'a function';
  else if (typeof value === 'symbol') text = 'a symbol';
  else {
    try {
      text = JSON.stringify(value) ?? typeof value;
    } catch {
      text = `an unprintable ${typeof value}`;
    }
  }
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

/** What the id of a family is called in code: `multivariateGaussian`. */
export function codeName(id: string): string {
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
