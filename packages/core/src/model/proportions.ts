import { log, log1pMinusLinear } from '../numerics/elementary.ts';

// Probabilities that sum to 1, estimated from counts: weights, and each row of the transitions of a chain. Counts stand from `first` on.

/** The estimate: each count over their sum, never over n, or rounding would grow with each iteration. Those of no counts at all are kept. */
export function estimateProportions(counts: Float64Array, first: number, about: readonly number[]): readonly number[] {
  const total = totalOf(counts, first, about.length);
  return total > 0 ? about.map((_, index) => counts[first + index]! / total) : about;
}

/** sum N_k log p_k, with 0 log 0 = 0. */
export function expectedLog(counts: Float64Array, first: number, at: readonly number[]): number {
  let expected = 0;
  at.forEach((probability, index) => {
    if (counts[first + index]! > 0) expected += counts[first + index]! * log(probability);
  });
  return expected;
}

/**
 * sum N_k log(p'_k / p_k), less N (sum p' - sum p) = 0, so that the first order of each term is the difference of small numbers; but a step of
 * nearly all of a probability would not tell what is left of it.
 */
export function gainOfProportions(counts: Float64Array, first: number, from: readonly number[], to: readonly number[]): number {
  const total = totalOf(counts, first, from.length);
  let gain = 0;
  from.forEach((probability, index) => {
    const count = counts[first + index]!;
    const step = to[index]! - probability;
    if (Math.abs(step) < 0.5 * probability) gain += (count / probability - total) * step + count * log1pMinusLinear(step / probability);
    else if (step !== 0) gain += (count > 0 ? count * (log(to[index]!) - log(probability)) : 0) - total * step;
  });
  return gain;
}

/** Probabilities as people type them: `0.3333333` three times is meant to be a third. Those that sum to 1 to rounding keep their bits. */
export function normaliseTyped(values: readonly unknown[]): readonly number[] {
  if (!values.every((value) => typeof value === 'number')) return values as readonly number[];
  const total = values.reduce((sum, value) => sum + value, 0);
  const off = Math.abs(total - 1);
  return off > 16 * Number.EPSILON * values.length && off <= 1e-6 ? values.map((value) => value / total) : values;
}

function totalOf(counts: Float64Array, first: number, length: number): number {
  let total = 0;
  for (let index = first; index < first + length; index += 1) total += counts[index]!;
  return total;
}
