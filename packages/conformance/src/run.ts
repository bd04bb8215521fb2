import {
  type Dataset,
  type Driver,
  type DriverRequest,
  type DriverResult,
  type DriverState,
  EmkitError,
  type Expectation,
  type Mixture,
  type MixtureParameters,
  startState,
} from '@emkit/core';
import type { Engine } from './engine.ts';
import { violate } from './law.ts';

/** A run of a driver: every point on its way, with the log-likelihood it reported there. */
export interface Run {
  readonly points: readonly { readonly parameters: MixtureParameters; readonly logLikelihood: number }[];
  readonly result: DriverResult;
}

/** Passes over the data that a driver may ask for in one iteration: recentring, a guarded jump, and one to spare. */
const PASSES_PER_ITERATION = 16;

/**
 * Runs one of the engine's drivers from a start, or on from a state; undefined where a start makes some row impossible. A driver that goes on asking for
 * more passes than its iterations can need is a violation: nothing may hang.
 */
export function run(
  { engine }: { readonly engine: Engine },
  method: 'em' | 'anderson',
  mixture: Mixture,
  dataset: Dataset,
  start: MixtureParameters | DriverState,
  iterations: number,
  tolerance: number,
): Run | undefined {
  const points: { parameters: MixtureParameters; logLikelihood: number }[] = [];
  const driver = engine.drive(mixture, 'trace' in start ? start : startState(method, start), { iterations, tolerance });
  const most = PASSES_PER_ITERATION * (iterations + 2);
  let passes = 0;
  try {
    let turn = driver.next();
    for (;;) {
      if (turn.done) return { points, result: turn.value };
      if (turn.value.kind === 'expect') {
        const { request } = turn.value;
        passes += 1;
        if (passes > most) violate(`the driver asked for ${passes} passes over the data in ${iterations} iterations and did not end`);
        turn = answer(driver, () => engine.expect(dataset, request));
      } else {
        if (turn.value.kind === 'iteration')
          points.push({ parameters: turn.value.state.parameters, logLikelihood: turn.value.expectation.logLikelihood });
        turn = driver.next();
      }
    }
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'MODEL_IMPOSSIBLE_DATA' && points.length === 0) return undefined;
    throw error;
  }
}

/** Sends a driver what it asked for, or the error there was instead: it may have tried a point of which it knew nothing. */
function answer(driver: Driver, ask: () => Expectation): IteratorResult<DriverRequest, DriverResult> {
  let expectation: Expectation;
  try {
    expectation = ask();
  } catch (error) {
    return driver.throw(error);
  }
  return driver.next(expectation);
}
