import type { Fit } from '@emkit/core';
import { printable } from '@emkit/core/text';
import type { FitData } from '../input/data.ts';

/** How long the parts of a run took. */
export interface Timing {
  readonly readMilliseconds: number;
  readonly fitMilliseconds: number;
  readonly totalMilliseconds: number;
}

/** JSON as text for a file or a terminal: no character in it is one that a terminal obeys. */
export function jsonText(json: unknown, indent?: number): string {
  const lines = JSON.stringify(json, null, indent).split('\n').map(printable);
  return `${lines.join('\n')}\n`;
}

/** What `--json` prints. Its schema is schema/fit.schema.json. */
export function fitToJson(fit: Fit, data: FitData, timing: Timing, certificate?: unknown): Record<string, unknown> {
  const { model, logLikelihood, rows, totalWeight, iterations, evaluations, diagnosis, criteria, trace, seed, warnings, missing } =
    fit.toJSON();
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
    ...(data.regression && { regression: data.regression }),
    warnings: [...warnings, ...data.notes],
    starts: fit.starts,
    ...(missing && { missing }),
    ...(certificate !== undefined && { certificate }),
  };
}

/** What `--out` writes: the model, with what `predict` needs to find its columns and a reader to know where it comes from. */
export function modelToJson(fit: Fit, data: FitData): Record<string, unknown> {
  const { logLikelihood, rows, totalWeight, iterations, diagnosis, criteria, seed } = fit.toJSON();
  return {
    ...fit.model.toJSON(),
    columns: data.columns,
    ...(data.regression && { regression: data.regression }),
    fit: { logLikelihood, rows, totalWeight, iterations, diagnosis, criteria, seed },
  };
}
