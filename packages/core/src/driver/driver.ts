import type { Dataset } from '../data/block.ts';
import type { Summary } from '../data/summary.ts';
import type { ExpectationRequest } from '../model/e-step.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Weights } from '../model/independent.ts';
import type { ModelParameters } from '../model/latent-model.ts';
import type { Random } from '../random.ts';
import type { ConvergenceMemory } from './convergence.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Textbook EM, and the same with accelerated steps under a monotone guard. */
export type DriverMethod = 'em' | 'anderson';

/** A point and its image under the EM map: one M-step from there. */
export interface EmPair<L extends object = Weights> {
  readonly at: ModelParameters<L>;
  readonly image: ModelParameters<L>;
}

/** What the accelerated driver remembers. */
export interface AccelerationMemory<L extends object = Weights> {
  /** The last points, oldest first. */
  readonly history: readonly EmPair<L>[];
  /** The longest step it now allows itself. */
  readonly longestStep: number;
  /** Whether the last proposal was refused. */
  readonly hesitant: boolean;
}

/**
 * All that a driver remembers, as a JSON value: a fit can be stopped at any iteration, saved, resumed and replayed to the same
 * bits.
 *
 * @typeParam L the parameters of the labels' law: the weights of a mixture
 */
export interface DriverState<L extends object = Weights> {
  readonly version: 2;
  readonly method: DriverMethod;
  /** Accepted updates of the parameters so far. */
  readonly iteration: number;
  /** Passes over the data so far. */
  readonly evaluations: number;
  /** As the engine keeps them: with refinements, and about the origin of the columns where there is one. */
  readonly parameters: ModelParameters<L>;
  /** The origin of each column, where the data lie far from zero. */
  readonly origin?: readonly number[];
  /** The objective after 0, 1, ..., `iteration` iterations; empty before the first pass. */
  readonly trace: readonly number[];
  readonly convergence: ConvergenceMemory;
  /** Absent in plain EM. */
  readonly acceleration?: AccelerationMemory<L>;
}

/** When a driver stops. */
export interface DriverOptions {
  /** Iterations in all, those of a resumed state included. */
  readonly iterations: number;
  /** The largest estimated distance still to go; 0 never stops early. */
  readonly tolerance: number;
  /** What may be left of the log-likelihood, in nats, from some pass on. Default: the distance alone decides. */
  readonly nats?: number;
  /** The pass over the data from which on nats count. Default 50: a run that ends sooner keeps all the digits that the distance asks for. */
  readonly from?: number;
  /** Whether the data stand for more rows: then no parameter is laid on an edge of its domain, from which EM does not come back. */
  readonly sampled?: boolean;
}

/**
 * What a process asks of whoever runs it: an expectation, a summary, a sample or a condensed form of the source. `iteration` only informs, and `pause` only
 * offers a moment to let other work run: to them it wants nothing.
 */
export type DriverRequest<L extends object = Weights> =
  | { readonly kind: 'expect'; readonly request: ExpectationRequest }
  | { readonly kind: 'summary' }
  | { readonly kind: 'sample'; readonly rows: number; readonly random: Random }
  | { readonly kind: 'condense'; readonly random: Random }
  | { readonly kind: 'iteration'; readonly state: DriverState<L>; readonly expectation: Expectation }
  | { readonly kind: 'pause' };

/** How a driver ended. `expectation` is the one at the state's parameters. */
export interface DriverResult<L extends object = Weights> {
  readonly state: DriverState<L>;
  readonly diagnosis: Diagnosis;
  readonly expectation: Expectation;
}

/** What it is sent. */
export type Answer = Expectation | Summary | Dataset | undefined;

/** Work on data: a generator without input or output, clock or threads, which yields requests and is sent the answers. */
export type Process<Result, L extends object = Weights> = Generator<DriverRequest<L>, Result, Answer>;

/** The work of one EM run. */
export type Driver<L extends object = Weights> = Process<DriverResult<L>, L>;
