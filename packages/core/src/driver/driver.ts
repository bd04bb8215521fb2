import type { ExpectationRequest } from '../backend/backend.ts';
import type { Expectation } from '../expectation.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import type { ConvergenceMemory } from './convergence.ts';
import type { Diagnosis } from './diagnosis.ts';

/** The names of the drivers: textbook EM, and the same with accelerated steps under a monotone guard. */
export type DriverMethod = 'em' | 'anderson';

/** A point and its image under the EM map: one M-step from there. */
export interface EmPair {
  readonly at: MixtureParameters;
  readonly image: MixtureParameters;
}

/** What the accelerated driver remembers. */
export interface AccelerationMemory {
  /** The last points, oldest first. */
  readonly history: readonly EmPair[];
  /** The longest step it now allows itself. */
  readonly longestStep: number;
  /** Whether the last proposal was refused. */
  readonly hesitant: boolean;
}

/**
 * All that a driver remembers, as a JSON value: a fit can be stopped at any iteration, saved, resumed and replayed to the same
 * bits.
 */
export interface DriverState {
  readonly version: 1;
  readonly method: DriverMethod;
  /** Accepted updates of the parameters so far. */
  readonly iteration: number;
  /** Passes over the data so far. */
  readonly evaluations: number;
  readonly parameters: MixtureParameters;
  /** The log-likelihood after 0, 1, ..., `iteration` iterations; empty before the first pass. */
  readonly trace: readonly number[];
  readonly convergence: ConvergenceMemory;
  /** Absent in plain EM. */
  readonly acceleration?: AccelerationMemory;
}

/** When a driver stops. */
export interface DriverOptions {
  /** Iterations in all, those of a resumed state included. */
  readonly iterations: number;
  /** The largest estimated distance still to go; 0 never stops early. */
  readonly tolerance: number;
}

/**
 * What a driver asks of whoever runs it. To `expect` it wants the expectation; `iteration` only informs, and `pause` only offers a
 * moment to let other work run: to them it wants nothing.
 */
export type DriverRequest =
  | { readonly kind: 'expect'; readonly request: ExpectationRequest }
  | { readonly kind: 'iteration'; readonly state: DriverState; readonly expectation: Expectation }
  | { readonly kind: 'pause' };

/** How a driver ended. `expectation` is the one at the state's parameters. */
export interface DriverResult {
  readonly state: DriverState;
  readonly diagnosis: Diagnosis;
  readonly expectation: Expectation;
}

/** Work that asks for expectations: a generator without input or output, clock or threads, which yields requests and is sent the answers. */
export type Process<Result> = Generator<DriverRequest, Result, Expectation | undefined>;

/** The work of one EM run. */
export type Driver = Process<DriverResult>;

/** A driver's constructor. */
export type CreateDriver = (mixture: Mixture, state: DriverState, options: DriverOptions) => Driver;
