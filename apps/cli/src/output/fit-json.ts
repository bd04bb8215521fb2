import type { Fit } from '@emkit/core';
import type { FitData } from '../input/data.ts';

/** How long the parts of a run took. */
export interface Timing {
  readonly readMilliseconds: number;
  readonly fitMilliseconds: number;
  readonly totalMilliseconds: number;
}

/** What `--json` prints. Its schema is schema/fit.schema.json. */
export function fitToJson(fit: Fit, data: FitData, timing: Timing, certificate?: unknown): Record<string, unknown> {
  const { model, logLikelihood, rows, totalWeight, iterations, evaluations, diagnosis, criteria, trace, seed, warnings } = fit.toJSON();
  return {
    model,
    logLikelihood,
    rows,
    totalWeight,
    iterations,
    evaluations,
    diagnosis,
    criteria,
    trace,
    seed,
    timing,
    columns: data.columns,
    warnings: [...warnings, ...data.notes],
    starts: fit.starts,
    ...(certificate !== undefined && { certificate }),
  };
}

/** What `--out` writes: the model, with what `predict` needs to find its columns and a reader to know where it comes from. */
export function modelToJson(fit: Fit, data: FitData): Record<string, unknown> {
  const { logLikelihood, rows, totalWeight, iterations, diagnosis, criteria, seed } = fit.toJSON();
  return {
    ...fit.model.toJSON(),
    columns: data.columns,
    fit: { logLikelihood, rows, totalWeight, iterations, diagnosis, criteria, seed },
  };
}
