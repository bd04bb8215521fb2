import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import { makeReferenceFamily, type ReferenceFamily, type ReferenceFamilyDefinition, type ReferenceOptions } from '../family.ts';
import * as registration from './registration.ts';
import * as regressions from './regression.ts';

/** Every reference family: in the order of their ids, then the regressions. */
export const referenceFamilies: readonly ReferenceFamilyDefinition[] = /* @__PURE__ */ [
  ...Object.values(registration),
  regressions.binomialRegression,
  regressions.gaussianRegression,
  regressions.poissonRegression,
];

/**
 * The family of this id for one arithmetic and one choice of options.
 *
 * @example
 * const coin = referenceFamily(reference, 'binomial', { trials: 10 });
 *
 * @throws ReferenceFailure `unknown-family`, `invalid-option`.
 */
export function referenceFamily(reference: Reference, id: string, options: ReferenceOptions = {}): ReferenceFamily {
  const definition = referenceFamilies.find((candidate) => candidate.id === id);
  if (definition !== undefined)
    return makeReferenceFamily(definition, reference, options, (part, own) => referenceFamily(reference, part, own));
  const ids = referenceFamilies.map((candidate) => candidate.id).join(', ');
  throw new ReferenceFailure('unknown-family', `There is no reference family "${id}": there are ${ids}.`, { family: id });
}
