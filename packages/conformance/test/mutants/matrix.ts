import type { Trials } from './index.ts';

/** The seed with which the matrix is made. */
export const SEED = 7;

/** Cases before the law that must kill a mutant, fewer than what is right is checked with: a kill owes nothing to patience. */
export const RUNS = 60;

/** Cases before the other laws, which may kill it too. */
export const OTHER_RUNS = 20;

export interface MatrixRow {
  readonly name: string;
  readonly defect: string;
  readonly law: string;
  readonly of: string;
  /** The names of all laws that find out. */
  readonly killedBy: readonly string[];
}

/** Every mutant as killed by the law that it names, and by no other: what the tests of the mutants establish. */
export function claimedMatrix({ trials }: Trials): readonly MatrixRow[] {
  return trials.map(({ name, defect, law, of }) => ({ name, defect, law, of, killedBy: [law] }));
}

/** Every mutant before every law. */
export function killMatrix({ trials, laws }: Trials): readonly MatrixRow[] {
  return trials.map(({ name, defect, law, of, check }) => {
    const killedBy = laws
      .map((each) => each.name)
      .filter((each) => check(each, { seed: SEED, shrink: false, runs: each === law ? RUNS : OTHER_RUNS }).status === 'failed');
    return { name, defect, law, of, killedBy };
  });
}
