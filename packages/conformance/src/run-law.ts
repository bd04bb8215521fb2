import { createRandom, EmkitError } from '@emkit/core';
import * as fc from 'fast-check';
import { decodeCase, isAlike } from './case-json.ts';
import { type Law, type Named, type Part, show, VACUOUS, Violation } from './law.ts';

/** A failing case to try again before new ones are drawn: what a run reports, and a regression file keeps. */
export interface Regression {
  /** The id of the family or latent structure. */
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly law: string;
  readonly part: string;
  /** The case itself, as JSON that keeps NaN, infinities and -0 (`encodeCase`): it is tried as it is, however cases are drawn meanwhile. */
  readonly value: unknown;
  /** What drew it. */
  readonly seed: number;
  readonly path: string;
}

/** How cases are drawn and judged. */
export interface RunOptions {
  /** Seed of the drawn cases: the same seed draws the same cases. Default 1. */
  readonly seed?: number;
  /** The number of cases of a usual part of a law; costly parts take a share of it. Default 100. */
  readonly runs?: number;
  /** The laws to check, by name. Default: all. */
  readonly laws?: readonly string[];
  /**
   * What is known to be broken, with the reason: by `law`, `law/part`, `family:law` or `family:law/part`. Strict: what is expected to fail and
   * does not is a failure.
   */
  readonly expectFailures?: Readonly<Record<string, string>>;
  /** Cases that once failed: tried first. Those of others and of other laws are passed over. */
  readonly regressions?: readonly Regression[];
  /** Whether failing cases are made smaller. Default true. */
  readonly shrink?: boolean;
  /** True where what could not be proved, for want of a capability, is a failure. Default false. */
  readonly strict?: boolean;
  /** Milliseconds that one law may take, its parts sharing them: a part stops early, with fewer cases, when its share is used. Default: no limit. */
  readonly budget?: number;
  /** Told before each case, for whoever watches a law that may hang: the part, and the number of the case; -1 for one that was kept. */
  readonly onCase?: (part: string, index: number) => void;
}

/** What came of one law. */
export interface LawResult {
  readonly law: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What was found: for a failure the reason, the counterexample and how to see it again; for a skipped law what is missing. */
  readonly message: string;
  /** The smallest failing case found. */
  readonly counterexample?: unknown;
  /** The first part of the law that failed. */
  readonly part?: string;
  /** All parts that failed, the first one included. */
  readonly failures: readonly Failure[];
  /** The smallest defect that the law notices. */
  readonly detects?: string;
  /** What no part could judge, for want of a capability, in words. */
  readonly notProved: readonly string[];
  /** Parts that the time budget stopped before all their cases were tried. */
  readonly cutShort: readonly string[];
  readonly seed: number;
  /** fast-check's path to the counterexample: with the seed and the part it draws the same case again. */
  readonly path?: string;
  /** Cases tried. */
  readonly cases: number;
  /** How many of them said nothing about the law: an estimate that does not exist, components that the data cannot tell apart. */
  readonly vacuous: number;
  readonly durationMs: number;
  /** The reason given in `expectFailures`. */
  readonly expectedFailure?: string;
  /** Parts that do not apply, each with what is missing. */
  readonly skippedParts: readonly { readonly part: string; readonly missing: readonly string[] }[];
}

/** What came of all laws for one family, or one latent structure. */
export interface ConformanceReport {
  readonly kind: Named['kind'];
  /** The id of the family or latent structure. */
  readonly family: string;
  /** The options that made it; of a latent structure the number of components too. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly runs: number;
  readonly passed: boolean;
  readonly results: readonly LawResult[];
}

const DEFAULT_SEED = 1;
const DEFAULT_RUNS = 100;

/** Runs the laws that are asked for, in their order. */
export function runLaws<S extends Named>(all: readonly Law<S>[], subject: S, options: RunOptions): ConformanceReport {
  const results = chosenLaws(all, options).map((law) => runLaw(law, subject, options));
  return {
    kind: subject.kind,
    family: subject.id,
    options: subject.options,
    seed: options.seed ?? DEFAULT_SEED,
    runs: options.runs ?? DEFAULT_RUNS,
    passed: results.every(({ status }) => status !== 'failed'),
    results,
  };
}

/** The capabilities that a law lacks: empty when at least one of its parts applies. */
export function missingParts<S>({ parts }: Law<S>, subject: S): readonly string[] {
  const missing = parts.map((part) => part.missing(subject));
  return missing.some((names) => names.length === 0) ? [] : [...new Set(missing.flat())];
}

/**
 * The laws that are asked for.
 *
 * @throws EmkitError `OPTION_INVALID` for an unknown law, a bad seed or number of runs
 */
export function chosenLaws<S>(all: readonly Law<S>[], options: RunOptions): readonly Law<S>[] {
  const names = all.map(({ name }) => name);
  const expected = Object.keys(options.expectFailures ?? {}).map((key) => readExpectation(key).law);
  for (const name of [...(options.laws ?? []), ...expected]) {
    if (!names.includes(name))
      throw new EmkitError('OPTION_INVALID', `There is no law ${JSON.stringify(name)}.`, { remedy: `There are: ${names.join(', ')}.` });
  }
  createRandom(options.seed ?? DEFAULT_SEED);
  const runs = options.runs ?? DEFAULT_RUNS;
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new EmkitError('OPTION_INVALID', `The number of runs is ${runs}.`, { remedy: 'Give a whole number of at least 1.' });
  return all.filter(({ name }) => options.laws?.includes(name) ?? true);
}

/** One part of a law that failed, and how. */
export interface Failure {
  readonly part: string;
  readonly message: string;
  readonly counterexample?: unknown;
  readonly path?: string;
  readonly seed: number;
}

/** What the parts of a law came to. */
interface Tally {
  cases: number;
  vacuous: number;
  readonly failures: Failure[];
  readonly judged: Set<string>;
  readonly cutShort: string[];
}

/** Runs one law, every part of it whatever came of the others: whatever happens is a result. */
export function runLaw<S extends Named>(law: Law<S>, subject: S, options: RunOptions): LawResult {
  const begin = performance.now();
  const seed = options.seed ?? DEFAULT_SEED;
  const skippedParts: { part: string; missing: readonly string[] }[] = [];
  const applicable = law.parts.filter((part) => {
    const missing = part.missing(subject);
    if (missing.length > 0) skippedParts.push({ part: part.name, missing });
    return missing.length === 0;
  });
  const tally = runParts(law, applicable, subject, options);
  const notProved = unprovedOf(law, tally.judged, skippedParts);
  const { cases, vacuous, cutShort } = tally;
  const found = {
    law: law.name,
    seed,
    cases,
    vacuous,
    skippedParts,
    notProved,
    cutShort,
    ...(law.detects !== undefined && { detects: law.detects }),
    durationMs: performance.now() - begin,
  };
  const expected = expectationsFor(options.expectFailures ?? {}, subject.id, law.name);
  const unmet = [...expected].filter(([part]) => !tally.failures.some((failure) => part === undefined || failure.part === part));
  if (unmet.length > 0) {
    const [part, reason] = unmet[0]!;
    const what = part === undefined ? 'it' : `the part ${JSON.stringify(part)}`;
    const missing =
      part === undefined ? skippedParts.flatMap((each) => each.missing) : (skippedParts.find((each) => each.part === part)?.missing ?? []);
    const message =
      applicable.length === 0 || (part !== undefined && missing.length > 0)
        ? `expected to fail (${reason}), but skipped: the ${subject.kind} has no ${[...new Set(missing)].join(', no ')}`
        : `${what} passed, but was expected to fail (${reason}): take the expectation away`;
    return { ...found, status: 'failed', failures: tally.failures, message, expectedFailure: reason };
  }
  const failures = tally.failures.filter(({ part }) => !expected.has(undefined) && !expected.has(part));
  if (failures.length > 0) {
    const [{ part, counterexample, path, seed: itsSeed }] = failures as [Failure];
    return {
      ...found,
      status: 'failed',
      failures,
      part,
      seed: itsSeed,
      ...(counterexample !== undefined && { counterexample }),
      ...(path !== undefined && { path }),
      message: failures.map(({ message }) => message).join('\n'),
    };
  }
  const [excused] = tally.failures;
  if (excused !== undefined) {
    const reason = expected.get(excused.part) ?? expected.get(undefined)!;
    return {
      ...found,
      status: 'passed',
      failures: tally.failures,
      part: excused.part,
      message: `fails as expected (${reason}): ${excused.message}`,
      expectedFailure: reason,
    };
  }
  if (options.strict && notProved.length > 0)
    return { ...found, status: 'failed', failures: [], message: notProved.map((each) => `not proved: ${each}`).join('\n') };
  if (applicable.length === 0) {
    const missing = [...new Set(skippedParts.flatMap((each) => each.missing))];
    return { ...found, status: 'skipped', failures: [], message: `skipped: the ${subject.kind} has no ${missing.join(', no ')}` };
  }
  return {
    ...found,
    status: 'passed',
    failures: [],
    message: vacuous === 0 ? `${cases} cases` : `${cases} cases, ${vacuous} of which said nothing`,
  };
}

function runParts<S extends Named>(law: Law<S>, parts: readonly Part<S>[], subject: S, options: RunOptions): Tally {
  const begin = performance.now();
  const runs = options.runs ?? DEFAULT_RUNS;
  const seed = options.seed ?? DEFAULT_SEED;
  const statistical = parts.filter((part) => part.statistical).reduce((sum, part) => sum + part.cases(runs), 0);
  const falseAlarm = law.falseAlarmRate / Math.max(1, statistical);
  const tally: Tally = { cases: 0, vacuous: 0, failures: [], judged: new Set(), cutShort: [] };
  parts.forEach((part, index) => {
    const kept = (options.regressions ?? []).filter((regression) => concerns(regression, subject, law, part));
    const again = kept
      .map((regression) => tryAgain(part, subject, regression, falseAlarm, options, tally))
      .find((failure) => failure !== undefined);
    if (again !== undefined) {
      tally.failures.push(again);
      return;
    }
    // What quick parts leave of the budget goes to those after them.
    const left =
      options.budget === undefined ? undefined : Math.max(1, (options.budget - (performance.now() - begin)) / (parts.length - index));
    const run = { seed, cases: part.cases(runs), falseAlarm, runs, shrink: options.shrink !== false, onCase: options.onCase, budget: left };
    const outcome = runPart(law, part, subject, run);
    tally.cases += outcome.cases;
    tally.vacuous += outcome.vacuous;
    if (outcome.cases > outcome.vacuous) tally.judged.add(part.name);
    if (outcome.failure !== undefined) tally.failures.push(outcome.failure);
    else if (outcome.cases < run.cases) tally.cutShort.push(part.name);
  });
  return tally;
}

/** What the law is there to prove and no part of it could judge, with what was missing. */
function unprovedOf<S>(law: Law<S>, judged: ReadonlySet<string>, skipped: LawResult['skippedParts']): readonly string[] {
  const claims = [...new Set(law.parts.flatMap(({ proves }) => (proves === undefined ? [] : [proves])))];
  return claims.flatMap((claim) => {
    const parts = law.parts.filter(({ proves }) => proves === claim);
    if (parts.some(({ name }) => judged.has(name))) return [];
    const missing = [...new Set(skipped.filter(({ part }) => parts.some(({ name }) => name === part)).flatMap((each) => each.missing))];
    return [`${claim} (${missing.length === 0 ? 'no case could be judged' : `no ${missing.join(', no ')}`})`];
  });
}

/** The expectations for a law of a family, by part; undefined stands for any part. */
function expectationsFor(expectations: Readonly<Record<string, string>>, id: string, law: string): ReadonlyMap<string | undefined, string> {
  return new Map(
    Object.entries(expectations).flatMap(([key, reason]) => {
      const expectation = readExpectation(key);
      return (expectation.family ?? id) === id && expectation.law === law ? [[expectation.part, reason] as const] : [];
    }),
  );
}

/** `family:law/part`, of which only the law must be there. */
export function readExpectation(key: string): {
  readonly family: string | undefined;
  readonly law: string;
  readonly part: string | undefined;
} {
  const [, family, law, part] = /^(?:([^:/]+):)?([^:/]+)(?:\/(.+))?$/.exec(key) ?? [];
  return { family, law: law ?? key, part };
}

/** Tries a case that was kept. One whose shape is no longer that of the part's cases says nothing. */
function tryAgain<S extends Named>(
  part: Part<S>,
  subject: S,
  { value: kept, seed, path }: Regression,
  falseAlarm: number,
  { runs = DEFAULT_RUNS, onCase }: RunOptions,
  tally: Tally,
): Failure | undefined {
  const value = decodeCase(kept);
  onCase?.(part.name, -1);
  if (!fc.sample(part.arbitrary(subject), { numRuns: 3, seed: 1 }).some((drawn) => isAlike(value, drawn))) return undefined;
  tally.cases += 1;
  try {
    if (part.check(value, { subject, falseAlarm, runs }) === VACUOUS) tally.vacuous += 1;
    return undefined;
  } catch (error) {
    return failureOf(part.name, subject.kind, error, value, seed, path);
  }
}

/** One case of one part: drawn again from the seed and path that a failure names, and judged. */
export interface Replay {
  readonly part: string;
  readonly value: unknown;
  /** The case, as text. */
  readonly text: string;
  /** `it holds`, `it says nothing`, or why it does not hold. */
  readonly outcome: string;
}

/**
 * Draws the case of a seed and path again, for each part of a law that applies (or the one that is named), and judges it.
 *
 * @param judge false to draw the case only: where judging it would hang
 */
export function replayLaw<S extends Named>(
  law: Law<S>,
  subject: S,
  {
    seed,
    path,
    part: wanted,
    runs = DEFAULT_RUNS,
    judge = true,
  }: { readonly seed: number; readonly path: string; readonly part?: string; readonly runs?: number; readonly judge?: boolean },
): readonly Replay[] {
  const parts = law.parts.filter((part) => (wanted === undefined || part.name === wanted) && part.missing(subject).length === 0);
  const statistical = parts.filter((part) => part.statistical).reduce((sum, part) => sum + part.cases(runs), 0);
  return parts.flatMap((part) => {
    // A path that belongs to another part may lead nowhere in this one.
    const [value] = drawn(() => fc.sample(part.arbitrary(subject), { seed: partSeed(seed, law, part), path, numRuns: 1 }));
    if (value === undefined) return [];
    const replay = (outcome: string): readonly Replay[] => [{ part: part.name, value, text: show(value), outcome }];
    if (!judge) return replay('it was not judged');
    try {
      const verdict = part.check(value, { subject, falseAlarm: law.falseAlarmRate / Math.max(1, statistical), runs });
      return replay(verdict === VACUOUS ? 'it says nothing' : 'it holds');
    } catch (error) {
      return replay(reasonOf(error, subject.kind));
    }
  });
}

function drawn<T>(draw: () => readonly T[]): readonly T[] {
  try {
    return draw();
  } catch {
    return [];
  }
}

function concerns<S extends Named>(regression: Regression, subject: S, law: Law<S>, part: Part<S>): boolean {
  return (
    regression.law === law.name &&
    regression.part === part.name &&
    regression.family === subject.id &&
    JSON.stringify(regression.options) === JSON.stringify(subject.options)
  );
}

interface PartRun {
  readonly seed: number;
  readonly cases: number;
  readonly falseAlarm: number;
  readonly runs: number;
  readonly shrink: boolean;
  readonly onCase: RunOptions['onCase'];
  readonly budget: number | undefined;
}

/** Cases that must all say nothing before a part is said to have failed by it: a few may do so by chance. */
const ENOUGH = 30;

function runPart<S extends Named>(
  law: Law<S>,
  part: Part<S>,
  subject: S,
  run: PartRun,
): { readonly cases: number; readonly vacuous: number; readonly failure?: Failure } {
  let tried = 0;
  let vacuous = 0;
  let triedSinceFailure = -1;
  const property = fc.property(part.arbitrary(subject), (value) => {
    // Shrinking may be costly: after so many smaller cases the smallest failure so far is small enough.
    if (triedSinceFailure >= 0 && (triedSinceFailure += 1) > part.shrinks) return;
    if (triedSinceFailure < 0) {
      run.onCase?.(part.name, tried);
      tried += 1;
    }
    try {
      if (part.check(value, { subject, falseAlarm: run.falseAlarm, runs: run.runs }) === VACUOUS) vacuous += 1;
    } catch (error) {
      if (triedSinceFailure < 0) triedSinceFailure = 0;
      throw error;
    }
  });
  const details = fc.check(property, {
    seed: partSeed(run.seed, law, part),
    numRuns: run.cases,
    endOnFailure: !run.shrink,
    ...(run.budget !== undefined && { interruptAfterTimeLimit: run.budget }),
  });
  const whole = { cases: tried, vacuous };
  const failed = (message: string): typeof whole & { readonly failure: Failure } => ({
    ...whole,
    failure: { part: part.name, seed: run.seed, message: `${part.name}: ${message}` },
  });
  if (details.failed && details.counterexample === null && !details.interrupted)
    return failed(`cases could not be drawn (${String(details.errorInstance ?? 'none was found')})`);
  if (!details.failed || details.counterexample === null) {
    if (vacuous < tried || tried === 0 || part.mayBeVacuous || details.interrupted) return whole;
    if (tried < ENOUGH) return runPart(law, part, subject, { ...run, cases: ENOUGH });
    return failed(`none of ${tried} cases could be judged: the ${subject.kind} refused every one`);
  }
  const [counterexample] = details.counterexample;
  return {
    ...whole,
    failure: failureOf(part.name, subject.kind, details.errorInstance, counterexample, run.seed, details.counterexamplePath ?? undefined),
  };
}

/** Longer counterexamples are cut: whoever wants them whole replays them. */
const LONGEST_COUNTEREXAMPLE = 3000;

function failureOf(
  part: string,
  kind: Named['kind'],
  error: unknown,
  counterexample: unknown,
  seed: number,
  path: string | undefined,
): Failure {
  const text = show(counterexample);
  const shown =
    text.length <= LONGEST_COUNTEREXAMPLE
      ? text
      : `${text.slice(0, LONGEST_COUNTEREXAMPLE)}... (${text.length} characters; --replay shows it whole)`;
  return {
    part,
    counterexample,
    seed,
    ...(path !== undefined && { path }),
    message: `${part}: ${reasonOf(error, kind)}\ncounterexample: ${shown}\nseed: ${seed}, path: ${path ?? 'none'}`,
  };
}

function reasonOf(error: unknown, kind: Named['kind']): string {
  if (error instanceof Violation) return error.message;
  if (error instanceof EmkitError) return `the ${kind} or the engine threw ${error.code}: ${error.message}`;
  if (error instanceof Error && error.name === EmkitError.name)
    return `the ${kind} threw ${(error as { code?: string }).code ?? 'an EmkitError'} of another copy of @emkit/core than the kit's, which cannot know it for its own: install one copy (npm ls @emkit/core shows them)`;
  if (error instanceof Error) return `the ${kind} or the engine threw ${error.name}: ${error.message}`;
  return `the ${kind} or the engine threw ${String(error)}`;
}

/** Each part draws its own cases, whatever other parts do: FNV-1a of seed, law and part. */
function partSeed<S>(seed: number, law: Law<S>, part: Part<S>): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${law.name}/${part.name}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash | 0;
}
