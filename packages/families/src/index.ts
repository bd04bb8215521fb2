import { EmkitError, type FamilyDefinition, showValue } from '@emkit/core';
import * as registration from './registration.ts';
import * as regressions from './regressions.ts';

export {
  assessLatentClasses,
  type BivariateResidual,
  type GoodnessOfFit,
  hasLatentClasses,
  type Identifiability,
  type LatentClassAssessment,
  type LatentClasses,
  type LatentClassOptions,
  latentClasses,
} from './latent-classes.ts';
export * from './registration.ts';
export type { Coefficients, RegressionOptions } from './regression/regressors.ts';
export * from './regressions.ts';
export { startFamiliesWorker } from './start-worker.ts';

/** Every family of this package that models the columns of a row, in the order of their ids. */
export const families: readonly FamilyDefinition[] = /* @__PURE__ */ Object.values(registration);

/** Every family of this package that models a response given predictors, in the order of their ids. */
export const regressionFamilies: readonly FamilyDefinition[] = /* @__PURE__ */ Object.values(regressions);

/** All of them. */
export const allFamilies: readonly FamilyDefinition[] = /* @__PURE__ */ [...families, ...regressionFamilies].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

/**
 * The family of this id.
 *
 * @throws EmkitError `OPTION_INVALID` when there is none
 */
export function familyById(id: string): FamilyDefinition {
  const family = allFamilies.find((candidate) => candidate.id === id);
  if (family !== undefined) return family;
  throw new EmkitError('OPTION_INVALID', `There is no family ${showValue(id)}.`, {
    value: id,
    remedy: `There are: ${allFamilies.map((candidate) => candidate.id).join(', ')}.`,
  });
}
