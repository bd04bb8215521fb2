import type { Dataset } from '../data/block.ts';
import type { Summary } from '../data/summary.ts';
import type { ExpectationRequest } from '../model/e-step.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Random } from '../random.ts';

/**
 * Where the rows live. All that a fit asks of it are three questions, so that memory, workers, files, databases and clusters are doors of
 * one kind.
 */
export interface Source {
  /** The expectation of the model in the request, at its point. Requests come one after the other. */
  expect(request: ExpectationRequest): Expectation | Promise<Expectation>;
  /** A few numbers of each column. */
  summary(): Summary | Promise<Summary>;
  /** About so many units, drawn at random from all of them, as a data set in memory: starts are tried on it. All, where there are no more. */
  sample(units: number, random: Random): Dataset | Promise<Dataset>;
  /**
   * A data set in memory, much smaller than all rows, that stands for all of them: near rows as weighted means. Undefined, or absent, where
   * there is none.
   */
  condense?(random: Random): Dataset | undefined | Promise<Dataset | undefined>;
  /** Frees what the source holds; it cannot be used afterwards. */
  close?(): void | Promise<void>;
}

/** A source that answers at once. */
export interface SynchronousSource extends Source {
  expect(request: ExpectationRequest): Expectation;
  /** The same work in slices: yields after every few blocks so that a caller can let other work run, and returns the answer. */
  expectInSlices(request: ExpectationRequest): Generator<void, Expectation, void>;
  summary(): Summary;
  sample(units: number, random: Random): Dataset;
  condense?(random: Random): Dataset | undefined;
}

export function isSource(value: unknown): value is Source {
  const source = value as Partial<Source> | null;
  return (
    typeof source === 'object' &&
    source !== null &&
    [source.expect, source.summary, source.sample].every((verb) => typeof verb === 'function')
  );
}

export function isSynchronous(source: Source): source is SynchronousSource {
  return 'expectInSlices' in source;
}
