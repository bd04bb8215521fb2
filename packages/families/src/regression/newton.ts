import { addMoments, Design, type ScoringSums, scoringGain, scoringStep, triangleLength } from '@emkit/core/numerics';
import type { Refined, Regressors } from './regressors.ts';

/** Sums about the current coefficients, and the step that they give: of regressions whose log-likelihood is no function of any sums. */
export class NewtonSums {
  readonly length: number;
  private readonly regressors: Regressors;

  constructor(regressors: Regressors) {
    this.regressors = regressors;
    this.length = regressors.length + 2 * triangleLength(regressors.length);
  }

  /** Adds a row: the derivative of its log-density by the linear predictor, and minus the expected second one. */
  add(statistics: Float64Array, responsibility: number, score: number, information: number, vector: Float64Array): void {
    const { length } = vector;
    for (let j = 0; j < length; j += 1) statistics[j]! += responsibility * score * vector[j]!;
    addMoments(statistics, length, responsibility * information, vector);
    addMoments(statistics, length + triangleLength(length), responsibility, vector);
  }

  /** @throws EmkitError `COMPONENT_DEGENERATE` where the predictors depend on each other */
  maximize(statistics: Float64Array, count: number, about: Refined): Refined {
    const { design, effects } = this.regressors.prepare(about);
    const sums = this.parts(statistics);
    const dependent = design.dependent(sums.moments, count);
    const step = dependent === undefined ? scoringStep(design, sums, count, effects) : undefined;
    if (step === undefined) throw this.regressors.undetermined(dependent);
    const unbounded = step.unbounded[0] === true;
    const next = effects.map((value, index) => value + step.way[index]!);
    return { ...this.regressors.record(design.frame, next), ...(unbounded && { unbounded: 1 }) };
  }

  recentre(statistics: Float64Array, count: number, about: Refined): Refined | undefined {
    const { design, effects } = this.regressors.prepare(about);
    const frame = design.better(this.parts(statistics).moments, count);
    if (frame === undefined) return undefined;
    const { unbounded } = about;
    const taken = new Design(frame, this.regressors.intercept).take(effects, design);
    return { ...this.regressors.record(frame, taken), ...(unbounded !== undefined && { unbounded }) };
  }

  gain(statistics: Float64Array, about: Refined, from: Refined, to: Refined): number {
    return scoringGain(this.parts(statistics), this.regressors.step(about, from), this.regressors.step(about, to));
  }

  private parts(statistics: Float64Array): ScoringSums {
    const { length } = this.regressors;
    const triangle = triangleLength(length);
    return {
      gradient: statistics.subarray(0, length),
      information: statistics.subarray(length, length + triangle),
      moments: statistics.subarray(length + triangle, length + 2 * triangle),
    };
  }
}
