import type { Family } from '@emkit/core';
import { createReference, type ReferenceFamily, referenceFamilies, referenceFamily } from '@emkit/reference';

const reference = createReference();

/** The reference's family of the same id and options; undefined where there is none. */
export function referenceFor(family: Pick<Family, 'id' | 'options'>): ReferenceFamily | undefined {
  return referenceFamilies.some(({ id }) => id === family.id) ? referenceFamily(reference, family.id, family.options) : undefined;
}
