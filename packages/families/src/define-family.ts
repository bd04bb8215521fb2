import { defineFamily as define, type FamilyDefinition, type ParameterValues } from '@emkit/core';
import { startFamiliesWorker } from './start-worker.ts';

/** `defineFamily` of the core package, for families of this one: their instances know how to start a worker that knows them. */
// Without the mark every family would stay in every program: all of them are in one module.
/* @__NO_SIDE_EFFECTS__ */
export function defineFamily<P extends ParameterValues, O extends object = Record<string, never>>(
  parts: Parameters<typeof define<P, O>>[0],
): FamilyDefinition<P, O> {
  return define<P, O>({ ...parts, create: (options) => ({ ...parts.create(options), startWorker: startFamiliesWorker }) });
}
