import type { Codec, Domain } from '@emkit/core';
import { expit, log, log1p, log1pMinusLinear, logit, twoSumError } from '@emkit/core/numerics';
import { lessProduct, NEAR, timesLogRatio } from './gain.ts';

/**
 * A probability as it is kept: near 1 its complement has digits of its own, which 1 less the probability has lost. So a probability on its
 * way to 1 gets there as one on its way to 0 does, to any nearness and at last exactly.
 */
export interface Proportion {
  readonly probability: number;
  readonly complement?: number;
}

export const PROPORTION_REFINEMENTS: Readonly<Record<string, Domain>> = { complement: { kind: 'probability' } };

/** Below this the complement is kept too: above it, the probability has all but ten of its bits. */
const SMALL = 2 ** -10;

/** A probability that is 1 only if it is exactly that. */
const LARGEST_BELOW_ONE = 1 - Number.EPSILON / 2;

function withComplement(complement: number): Proportion {
  return { probability: complement > 0 ? Math.min(1 - complement, LARGEST_BELOW_ONE) : 1, complement };
}

/** A part of a positive total: 0 only where it is exactly that, for no underflow may make observed rows impossible. */
export function shareOf(part: number, total: number): number {
  return part > 0 ? Math.max(part / total, Number.MIN_VALUE) : 0;
}

/** The share of successes among both. */
export function proportionOf(successes: number, failures: number): Proportion {
  const total = successes + failures;
  return failures / total < SMALL ? withComplement(shareOf(failures, total)) : { probability: shareOf(successes, total) };
}

/** The record without the complement. */
export function showProportion(parameters: Proportion): { readonly probability: number } {
  const { probability } = parameters.complement === undefined ? parameters : withComplement(parameters.complement);
  return { probability };
}

/** The probability of a failure. */
export const failureOf = ({ probability, complement }: Proportion): number => complement ?? 1 - probability;

export const logSuccessOf = ({ probability, complement }: Proportion): number =>
  complement === undefined ? log(probability) : log1p(-complement);

export const logFailureOf = ({ probability, complement }: Proportion): number =>
  complement === undefined ? log1p(-probability) : log(complement);

/** to - from, with all its digits near 1 too. */
export function stepOf(from: Proportion, to: Proportion): number {
  if (from.complement === undefined && to.complement === undefined) return to.probability - from.probability;
  return failureOf(from) - failureOf(to);
}

/** The least step that can be told from none. */
export function resolutionOf({ probability, complement }: Proportion): number {
  return Number.EPSILON * (complement ?? (probability === 1 ? 0 : probability));
}

/** The change of successes log p + failures log(1 - p) from one probability p to another: see gain.ts. */
export function proportionGain(successes: number, failures: number, from: Proportion, to: Proportion): number {
  const step = stepOf(from, to);
  if (step === 0) return 0;
  const { probability } = from;
  const rest = failureOf(from);
  if (Math.abs(step) > NEAR * Math.min(probability, rest))
    return timesLogRatio(successes, probability, to.probability, step) + timesLogRatio(failures, rest, failureOf(to), -step);
  // successes (1 - p) - failures p, from whichever of p and 1 - p is not rounded.
  const total = successes + failures;
  const low = twoSumError(successes, failures, total);
  const excess =
    probability <= 0.5 ? lessProduct(successes, total, probability) - low * probability : low * rest - lessProduct(failures, total, rest);
  const ofFirstOrder = (step / probability) * (excess / rest);
  return ofFirstOrder + successes * log1pMinusLinear(step / probability) + failures * log1pMinusLinear(-step / rest);
}

/** The coordinate log(p / (1 - p)). */
export const proportionCodec: Codec<{ readonly probability: number }> = {
  length: 1,
  encode(parameters: Proportion, out, offset) {
    const { probability, complement } = parameters;
    out[offset] = complement === undefined ? logit(probability) : -logit(complement);
  },
  decode(vector, offset) {
    const complement = expit(-vector[offset]!);
    return complement < SMALL ? withComplement(complement) : { probability: expit(vector[offset]!) };
  },
};
