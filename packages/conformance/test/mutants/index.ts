import { checkLatentLaw, checkLaw, LATENT_LAWS, LAWS, type Law, type LawResult, type RunOptions, variantsOf } from '@emkit/conformance';
import { referenceFor } from '../reference-for.ts';
import { engineMutants } from './engines.ts';
import { familyMutants } from './families.ts';
import { latentMutants } from './latents.ts';
import { unexercisedMutants } from './unexercised.ts';

/** A mutant before the laws. */
export interface Trial {
  readonly name: string;
  readonly defect: string;
  /** The law that must kill it. */
  readonly law: string;
  /** The family or latent structure that is right. */
  readonly of: string;
  check(law: string, options: RunOptions): LawResult;
}

/** All mutants to which the same laws apply. */
export interface Trials {
  // biome-ignore lint/suspicious/noExplicitAny: only names are asked of laws of families and of latent structures
  readonly laws: readonly Law<any>[];
  readonly trials: readonly Trial[];
}

export const families: Trials = {
  laws: LAWS,
  trials: [...familyMutants, ...unexercisedMutants, ...engineMutants].map(({ family, engine, ...rest }) => ({
    ...rest,
    of: family.id,
    check: (law, options) => checkLaw(family, law, { ...options, reference: referenceFor(family), ...(engine && { engine }) }),
  })),
};

export const latents: Trials = {
  laws: LATENT_LAWS,
  trials: latentMutants.map(({ definition, engine, ...rest }) => ({
    ...rest,
    of: definition.id,
    check: (law, options) =>
      checkLatentLaw(definition, law, { ...options, variant: variantsOf(definition).at(-1)!, ...(engine && { engine }) }),
  })),
};
