import type { Case } from './case.ts';
import type { Failure } from './judge.ts';

/** A defect of the engine that is known and not yet mended. */
export interface KnownDefect {
  /** Whether a failure is this defect's. */
  readonly is: (failure: Failure, fuzzCase: Case) => boolean;
  /** A case that shows it, and the law that it breaks: when it no longer does, the defect is to be struck out. */
  readonly example: Omit<Case, 'salt'>;
  readonly law: string;
}

const hasFamily = ({ families }: Case, ...ids: readonly string[]): boolean => families.some(({ family }) => ids.includes(family));
const of = (family: string, options: Readonly<Record<string, unknown>> = {}) => [{ family, options }];

/** Temporary: each goes with the change that mends it. */
export const knownDefects: Readonly<Record<string, KnownDefect>> = {
};
