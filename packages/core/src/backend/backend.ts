import type { Expectation } from '../expectation.ts';
import type { ParameterValues } from '../family.ts';
import type { MixtureParameters } from '../mixture.ts';

/** A question to a backend: the expectation at `at`, with statistics taken about `about` (which usually are `at`'s components). */
export interface ExpectationRequest {
  readonly at: MixtureParameters;
  readonly about: readonly ParameterValues[];
  /** Asks for the contributions of components that lie far below the best one of a row too: see kernels/cut.ts. Default false. */
  readonly uncut?: boolean;
}

/**
 * Where the data live. The only thing an engine asks of them is an expectation, so that memory, workers, streams and databases
 * are doors of one kind.
 */
export interface Backend {
  expect(request: ExpectationRequest): Expectation | Promise<Expectation>;
  /** Frees what the backend holds; it cannot be used afterwards. */
  close?(): void | Promise<void>;
}

/** A backend that answers at once. */
export interface SynchronousBackend extends Backend {
  expect(request: ExpectationRequest): Expectation;
  /** The same work in slices: yields after every few blocks so that a caller can let other work run, and returns the answer. */
  expectInSlices(request: ExpectationRequest): Generator<void, Expectation, void>;
}
