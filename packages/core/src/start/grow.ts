import type { Dataset } from '../data/block.ts';
import type { Summary } from '../data/summary.ts';
import { drive, startState } from '../driver/drive.ts';
import type { Process } from '../driver/driver.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';
import type { Random } from '../random.ts';
import { memorySource } from '../source/memory.ts';
import { runHere, SAMPLE_ROWS } from './choose.ts';

/** Each sample is so many times as large as the one before. */
const GROWTH = 8;

/** The last sample holds no more than this part of the data: beyond it passes over all rows cost little more. */
const LARGEST_PART = 0.25;

/**
 * What may be left of a sample's log-likelihood. The optimum of a sample differs from that of all data by the sampling, about half a nat
 * for each free parameter: to look for it more closely would be wasted.
 */
const NATS = 0.01;
const ITERATIONS = 300;

/**
 * Large data: the way to the optimum is long at first and short at last, and on a sample it is cheap. EM runs on growing samples, each from
 * where the last one led; passes over all rows only do the rest.
 */
export function* grow(model: Mixture, start: MixtureParameters, summary: Summary, random: Random): Process<MixtureParameters> {
  let parameters = start;
  const condensed = summary.rows > SAMPLE_ROWS ? ((yield { kind: 'condense', random }) as Dataset | undefined) : undefined;
  if (condensed !== undefined) {
    // On so few rows the whole way is cheap.
    const rule = { iterations: ITERATIONS, tolerance: 1e-8, nats: 1e-9, from: 50, sampled: true };
    const { diagnosis, state } = yield* runHere(drive(model, startState('anderson', parameters), rule), memorySource(condensed));
    return diagnosis.kind === 'collapsed' ? start : state.parameters;
  }
  for (let rows = SAMPLE_ROWS; rows <= LARGEST_PART * summary.rows; rows *= GROWTH) {
    const sample = (yield { kind: 'sample', rows, random }) as Dataset;
    // Equal rows are one: there may be few to begin with.
    if (sample.rows === summary.rows) break;
    const rule = { iterations: ITERATIONS, tolerance: 1e-3, nats: NATS, from: 0, sampled: true };
    const { diagnosis, state } = yield* runHere(drive(model, startState('anderson', parameters), rule), memorySource(sample));
    if (diagnosis.kind !== 'converged' && diagnosis.kind !== 'iteration-limit') break;
    parameters = state.parameters;
  }
  return parameters;
}
