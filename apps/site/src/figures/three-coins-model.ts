import { createMixture, fitSteps, type MixtureParameters, Model } from '@emkit/core';
import { binomial } from '@emkit/families';

/** Heads in ten tosses, twenty times. */
export const HEADS: readonly number[] = [6, 5, 4, 2, 2, 6, 5, 5, 4, 2, 5, 2, 4, 4, 6, 4, 5, 6, 3, 3];

/** The numbers of heads that occur, with how often. */
export const OUTCOMES: readonly (readonly [heads: number, times: number])[] = [...new Set(HEADS)]
  .sort((a, b) => a - b)
  .map((heads) => [heads, HEADS.filter((value) => value === heads).length]);

const family = binomial({ trials: 10 });
const mixture = createMixture({ family, components: 3 });

/** One point of EM's way, with what an E-step finds there. */
export interface CoinStep {
  readonly logLikelihood: number;
  readonly weights: readonly number[];
  readonly probabilities: readonly number[];
  readonly expectedCounts: readonly number[];
  /** For each of `OUTCOMES`, the responsibility of each coin. */
  readonly responsibilities: readonly (readonly number[])[];
}

/** The first iterations of textbook EM from a guess. */
export function coinSteps(probabilities: readonly number[], iterations: number): readonly CoinStep[] {
  const start: MixtureParameters = { weights: [0.25, 0.5, 0.25], components: probabilities.map((probability) => ({ probability })) };
  const steps: CoinStep[] = [];
  for (const step of fitSteps(HEADS, { family, components: 3, start, accelerate: false, iterations, tolerance: 0 })) {
    const columns = new Model(mixture, step.parameters).responsibilities(OUTCOMES.map(([heads]) => heads));
    steps.push({
      logLikelihood: step.logLikelihood,
      weights: step.parameters.weights,
      probabilities: step.parameters.components.map((component) => Number(component['probability'])),
      expectedCounts: step.expectedCounts,
      responsibilities: OUTCOMES.map((_, row) => columns.map((column) => column[row]!)),
    });
  }
  return steps;
}
