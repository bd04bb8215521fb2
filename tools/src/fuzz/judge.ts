import * as fc from 'fast-check';
import type { Case, Engine } from './case.ts';
import { laws as allLaws } from './laws/index.ts';
import { type Law, notAsked } from './laws/law.ts';
import { simplifications } from './simplify.ts';
import { Trial } from './trial.ts';

/** A broken law: which, and in what words. */
export interface Failure {
  readonly law: string;
  readonly message: string;
}

export interface Judgement {
  readonly failures: readonly Failure[];
  /** The laws that the case was put to. */
  readonly asked: readonly string[];
  readonly notes: readonly string[];
}

/** Puts a case to each law that its salt chooses. */
export async function judge(engine: Engine, fuzzCase: Case, laws: readonly Law[] = allLaws): Promise<Judgement> {
  const trial = new Trial(engine, fuzzCase);
  const asked: string[] = [];
  const failures: Failure[] = [];
  for (const law of laws) {
    if (trial.random(`whether ${law.name}`).uniform() >= law.share) continue;
    const message = await broken(law, trial);
    if (message === notAsked) continue;
    asked.push(law.name);
    if (message !== undefined) failures.push({ law: law.name, message });
  }
  return { failures, asked, notes: [...trial.notes] };
}

async function broken(law: Law, trial: Trial): Promise<string | undefined | typeof notAsked> {
  try {
    return await law.check(trial);
  } catch (error) {
    return `it throws ${String(error)}`;
  }
}

/** What failures of one kind have in common: the law and its words, without their figures. */
export function kindOf({ law, message }: Failure): string {
  return `${law}: ${message.replace(/[-+]?\d+(\.\d+)?(e[-+]?\d+)?/g, '#').replace(/#(,#)+/g, '#')}`;
}

/** A case and everything simpler than it: fast-check takes whatever still breaks the law, and goes on from there. */
class SimplerCases extends fc.Arbitrary<Case> {
  readonly #start: Case;

  constructor(start: Case) {
    super();
    this.#start = start;
  }

  override generate(): fc.Value<Case> {
    return new fc.Value(this.#start, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Case {
    return true;
  }

  override shrink(value: Case): fc.Stream<fc.Value<Case>> {
    return fc.stream(simplifications(value)).map((simpler) => new fc.Value(simpler, undefined));
  }
}

/** The simplest case found within the time that fails in the same way. */
export async function shrink(engine: Engine, fuzzCase: Case, failure: Failure, milliseconds: number): Promise<Case> {
  const only = allLaws.filter(({ name }) => name === failure.law).map((law) => ({ ...law, share: 1 }));
  let simplest = fuzzCase;
  const until = performance.now() + milliseconds;
  const property = fc.asyncProperty(new SimplerCases(fuzzCase), async (candidate) => {
    if (performance.now() > until) return;
    const [found] = (await judge(engine, candidate, only)).failures;
    if (found === undefined || kindOf(found) !== kindOf(failure)) return;
    simplest = candidate;
    throw new Error(found.message);
  });
  await fc.check(property, { numRuns: 1 });
  return simplest;
}
