import { createRandom, type Random } from '@emkit/core';

/** The generator of case `index` of a run: any case can be drawn again without those before it. */
export function caseRandom(seed: number, index: number): Random {
  const random = createRandom([index >>> 0, Math.floor(index / 2 ** 32), seed >>> 0, 1]);
  // Neighbouring states are strangers after a dozen rounds.
  for (let round = 0; round < 12; round += 1) random.uniform();
  return random;
}

export const chance = (random: Random, probability: number): boolean => random.uniform() < probability;

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)]!;
}

/** 10^e with e uniform between the two. */
export const magnitude = (random: Random, low: number, high: number): number => 10 ** (low + (high - low) * random.uniform());
