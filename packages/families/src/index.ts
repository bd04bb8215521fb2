import { EmkitError, type FamilyDefinition, showValue } from '@emkit/core';
import * as registration from './registration.ts';

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
export { startFamiliesWorker } from './start-worker.ts';

/** Every family of this package, in the order of their ids. */
export const families: readonly FamilyDefinition[] = /* @__PURE__ */ Object.values(registration);

/**
 * The family of this id.
 *
 * @throws EmkitError `OPTION_INVALID` when there is none
 */
export function familyById(id: string): FamilyDefinition {
  const family = families.find((candidate) => candidate.id === id);
  if (family !== undefined) return family;
  throw new EmkitError('OPTION_INVALID', `There is no family ${showValue(id)}.`, {
    value: id,
    remedy: `There are: ${families.map((candidate) => candidate.id).join(', ')}.`,
  });
}
