import { EmkitError, type FamilyDefinition, showValue } from '@emkit/core';
import * as registration from './registration.ts';
import * as regressions from './regressions.ts';

export * from './registration.ts';
export type { Coefficients, RegressionOptions } from './regression/regressors.ts';
export * from './regressions.ts';
export { startFamiliesWorker } from './start-worker.ts';

/** Every family of this package that models the columns of a row, in the order of their ids. */
export const families: readonly FamilyDefinition[] = /* @__PURE__ */ Object.values(registration);

/** Every family of this package that models a response given predictors, in the order of their ids. */
export const regressionFamilies: readonly FamilyDefinition[] = /* @__PURE__ */ Object.values(regressions);

/**
 * The family of this id.
 *
 * @throws EmkitError `OPTION_INVALID` when there is none
 */
export function familyById(id: string): FamilyDefinition {
  const all = [...families, ...regressionFamilies];
  const family = all.find((candidate) => candidate.id === id);
  if (family !== undefined) return family;
  throw new EmkitError('OPTION_INVALID', `There is no family ${showValue(id)}.`, {
    value: id,
    remedy: `There are: ${all.map((candidate) => candidate.id).join(', ')}.`,
  });
}
