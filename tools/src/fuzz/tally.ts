import { type Case, type Engine, toCode } from './case.ts';
import { caseRandom } from './dice.ts';
import { drawCase, type Reach } from './draw.ts';
import { type Failure, judge, kindOf, shrink } from './judge.ts';

/** One kind of failure, with the first case that showed it made as simple as it would go. */
export interface Finding {
  readonly kind: string;
  count: number;
  readonly index: number;
  readonly message: string;
  readonly code: string;
}

/** What came of many cases. Tallies of several workers add up. */
export interface Tally {
  cases: number;
  readonly asked: Record<string, number>;
  readonly notes: Record<string, number>;
  readonly findings: Record<string, Finding>;
}

export const emptyTally = (): Tally => ({ cases: 0, asked: {}, notes: {}, findings: {} });

export interface RunOptions {
  readonly seed: number;
  readonly reach?: Reach;
  /** Milliseconds to make the first case of each kind simpler in. */
  readonly shrinking: number;
  /** Called with each case's index, and often in between: a sign of life. */
  readonly beat?: (index: number) => void;
}

/** Draws and judges the cases of the given indices. */
export async function runCases(under: Engine, indices: Iterable<number>, tally: Tally, options: RunOptions): Promise<void> {
  for (const index of indices) {
    const beat = (): void => options.beat?.(index);
    const engine: Engine = {
      ...under,
      fit: (data, asked) => {
        beat();
        return under.fit(data, asked);
      },
    };
    const fuzzCase = drawCase(engine, caseRandom(options.seed, index), options.reach);
    const { failures, asked, notes } = await judge(engine, fuzzCase);
    tally.cases += 1;
    for (const law of asked) tally.asked[law] = (tally.asked[law] ?? 0) + 1;
    for (const note of notes) tally.notes[note] = (tally.notes[note] ?? 0) + 1;
    for (const failure of failures) await record(engine, index, fuzzCase, failure, tally, options);
  }
}

async function record(engine: Engine, index: number, fuzzCase: Case, failure: Failure, tally: Tally, options: RunOptions): Promise<void> {
  const kind = kindOf(failure);
  const finding = tally.findings[kind];
  if (finding !== undefined) {
    finding.count += 1;
    return;
  }
  const simplest = await shrink(engine, fuzzCase, failure, options.shrinking);
  tally.findings[kind] = {
    kind,
    count: 1,
    index,
    message: `${failure.law}: ${failure.message}`,
    code: toCode(simplest),
  };
}

/** Adds one tally to another. */
export function addTally(into: Tally, more: Tally): void {
  into.cases += more.cases;
  for (const name of ['asked', 'notes'] as const)
    for (const [key, count] of Object.entries(more[name])) into[name][key] = (into[name][key] ?? 0) + count;
  for (const [kind, finding] of Object.entries(more.findings)) {
    const known = into.findings[kind];
    if (known === undefined) into.findings[kind] = { ...finding };
    else known.count += finding.count;
  }
}
