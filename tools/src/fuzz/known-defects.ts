import type { Case } from './case.ts';
import type { Failure } from './judge.ts';

type IsIt = (failure: Failure, fuzzCase: Case) => boolean;

const hasFamily = ({ families }: Case, ...ids: readonly string[]): boolean => families.some(({ family }) => ids.includes(family));

/** Defects of the engine that are known and not yet mended, each to be struck out with the change that mends it. */
export const knownDefects: Readonly<Record<string, IsIt>> = {
  'the entropy rounds below 0': ({ message }) => /ICL .* is below BIC/.test(message),
  'a geometric probability near 0 makes an infinite distance': ({ message }, fuzzCase) =>
    hasFamily(fuzzCase, 'geometric') && message.includes('state.convergence.step is Infinity'),
};
