import { checkLaw, LAWS } from '@emkit/conformance';
import { referenceFor } from '../reference-for.ts';
import { mutants } from './index.ts';

/** The seed with which the matrix is made. */
export const SEED = 7;

/** Cases before the law that must kill a mutant, fewer than a family is checked with: a kill owes nothing to patience. */
export const RUNS = 60;

/** Cases before the other laws, which may kill it too. */
export const OTHER_RUNS = 20;

export interface MatrixRow {
  readonly name: string;
  readonly defect: string;
  readonly law: string;
  readonly family: string;
  /** The names of all laws that find out. */
  readonly killedBy: readonly string[];
}

/** Every mutant as killed by the law that it names, and by no other: what the tests of the mutants establish. */
export function claimedMatrix(): readonly MatrixRow[] {
  return mutants.map(({ name, defect, law, family }) => ({ name, defect, law, family: family.id, killedBy: [law] }));
}

/** Every mutant before every law. */
export function killMatrix(): readonly MatrixRow[] {
  return mutants.map(({ name, defect, law, family, engine }) => {
    const options = { seed: SEED, shrink: false, reference: referenceFor(family), ...(engine && { engine }) };
    const killedBy = LAWS.map((each) => each.name).filter(
      (each) => checkLaw(family, each, { ...options, runs: each === law ? RUNS : OTHER_RUNS }).status === 'failed',
    );
    return { name, defect, law, family: family.id, killedBy };
  });
}
