import { engineMutants } from './engines.ts';
import { familyMutants } from './families.ts';
import type { Mutant } from './mutant.ts';

export type { Mutant } from './mutant.ts';

/** Every mutant. */
export const mutants: readonly Mutant[] = [...familyMutants, ...engineMutants];
