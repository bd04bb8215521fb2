import { createRandom, EmkitError } from '@emkit/core';
import * as fc from 'fast-check';
import { type Law, type Named, type Part, VACUOUS, Violation } from './law.ts';

/** A failing case to try again before new ones are drawn: what a run reports, and a regression file keeps. */
export interface Regression {
  /** The id of the family or latent structure. */
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly law: string;
  readonly part: string;
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
  /** Laws that are known to be broken, with the reason. Strict: a law that is expected to fail and does not is a failure. */
  readonly expectFailures?: Readonly<Record<string, string>>;
  /** Cases that once failed: tried first. Those of others and of other laws are passed over. */
  readonly regressions?: readonly Regression[];
  /** Whether failing cases are made smaller. Default true. */
  readonly shrink?: boolean;
}

/** What came of one law. */
export interface LawResult {
  readonly law: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What was found: for a failure the reason, the counterexample and how to see it again; for a skipped law what is missing. */
  readonly message: string;
  /** The smallest failing case found. */
  readonly counterexample?: unknown;
  /** The part of the law that failed. */
  readonly part?: string;
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
  for (const name of [...(options.laws ?? []), ...Object.keys(options.expectFailures ?? {})]) {
    if (!names.includes(name))
      throw new EmkitError('OPTION_INVALID', `There is no law ${JSON.stringify(name)}.`, { remedy: `There are: ${names.join(', ')}.` });
  }
  createRandom(options.seed ?? DEFAULT_SEED);
  const runs = options.runs ?? DEFAULT_RUNS;
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new EmkitError('OPTION_INVALID', `The number of runs is ${runs}.`, { remedy: 'Give a whole number of at least 1.' });
  return all.filter(({ name }) => options.laws?.includes(name) ?? true);
}

/** Which of a law's cases failed, and how. */
interface Failure {
  readonly part: string;
  readonly message: string;
  readonly counterexample?: unknown;
  readonly path?: string;
  readonly seed: number;
}

/** Runs one law: whatever happens is a result. */
export function runLaw<S extends Named>(law: Law<S>, subject: S, options: RunOptions): LawResult {
  const begin = performance.now();
  const seed = options.seed ?? DEFAULT_SEED;
  const runs = options.runs ?? DEFAULT_RUNS;
  const skippedParts: { part: string; missing: readonly string[] }[] = [];
  const applicable = law.parts.filter((part) => {
    const missing = part.missing(subject);
    if (missing.length > 0) skippedParts.push({ part: part.name, missing });
    return missing.length === 0;
  });
  const statistical = applicable.filter((part) => part.statistical).reduce((sum, part) => sum + part.cases(runs), 0);
  const falseAlarm = law.falseAlarmRate / Math.max(1, statistical);
  let cases = 0;
  let vacuous = 0;
  let failure: Failure | undefined;
  for (const part of applicable) {
    for (const regression of options.regressions ?? []) {
      if (failure !== undefined || !concerns(regression, subject, law, part)) continue;
      const outcome = runPart(law, part, subject, { seed: regression.seed, cases: 1, path: regression.path, falseAlarm, shrink: false });
      cases += outcome.cases;
      // A path that leads nowhere any more (the arbitraries have changed) says nothing.
      if (outcome.failure?.counterexample !== undefined) failure = outcome.failure;
    }
    if (failure !== undefined) break;
    const outcome = runPart(law, part, subject, { seed, cases: part.cases(runs), falseAlarm, shrink: options.shrink !== false });
    cases += outcome.cases;
    vacuous += outcome.vacuous;
    failure = outcome.failure;
    if (failure !== undefined) break;
  }
  const common = { law: law.name, seed, cases, vacuous, skippedParts };
  const reason = options.expectFailures?.[law.name];
  const durationMs = (): number => Math.round((performance.now() - begin) * 10) / 10;
  if (applicable.length === 0) {
    const missing = [...new Set(skippedParts.flatMap((skipped) => skipped.missing))];
    const message = `skipped: the ${subject.kind} has no ${missing.join(', no ')}`;
    if (reason !== undefined)
      return {
        ...common,
        status: 'failed',
        message: `expected to fail (${reason}), but ${message}`,
        expectedFailure: reason,
        durationMs: durationMs(),
      };
    return { ...common, status: 'skipped', message, durationMs: durationMs() };
  }
  if (failure === undefined) {
    if (reason !== undefined) {
      return {
        ...common,
        status: 'failed',
        message: `it passed, but was expected to fail (${reason}): take the expectation away`,
        expectedFailure: reason,
        durationMs: durationMs(),
      };
    }
    return {
      ...common,
      status: 'passed',
      message: vacuous === 0 ? `${cases} cases` : `${cases} cases, ${vacuous} of which said nothing`,
      durationMs: durationMs(),
    };
  }
  const { part, message, counterexample, path } = failure;
  const found = { part, ...(counterexample !== undefined && { counterexample }), ...(path !== undefined && { path }), seed: failure.seed };
  if (reason !== undefined)
    return {
      ...common,
      ...found,
      status: 'passed',
      message: `fails as expected (${reason}): ${message}`,
      expectedFailure: reason,
      durationMs: durationMs(),
    };
  return { ...common, ...found, status: 'failed', message, durationMs: durationMs() };
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
  readonly path?: string;
  readonly falseAlarm: number;
  readonly shrink: boolean;
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
    if (triedSinceFailure < 0) tried += 1;
    try {
      if (part.check(value, { subject, falseAlarm: run.falseAlarm }) === VACUOUS) vacuous += 1;
    } catch (error) {
      if (triedSinceFailure < 0) triedSinceFailure = 0;
      throw error;
    }
  });
  const details = fc.check(property, {
    seed: partSeed(run.seed, law, part),
    numRuns: run.cases,
    endOnFailure: !run.shrink,
    ...(run.path !== undefined && { path: run.path }),
  });
  if (!details.failed) {
    if (vacuous < tried || tried === 0 || part.mayBeVacuous) return { cases: tried, vacuous };
    if (tried < ENOUGH && run.path === undefined) return runPart(law, part, subject, { ...run, cases: ENOUGH });
    return {
      cases: tried,
      vacuous,
      failure: {
        part: part.name,
        seed: run.seed,
        message: `${part.name}: none of ${tried} cases could be judged: the ${subject.kind} refused every one`,
      },
    };
  }
  if (details.counterexample === null) {
    return {
      cases: tried,
      vacuous,
      failure: {
        part: part.name,
        seed: run.seed,
        message: `${part.name}: cases could not be drawn (${String(details.errorInstance ?? 'none was found')})`,
      },
    };
  }
  const [counterexample] = details.counterexample;
  const path = details.counterexamplePath ?? undefined;
  return {
    cases: tried,
    vacuous,
    failure: {
      part: part.name,
      counterexample,
      seed: run.seed,
      ...(path !== undefined && { path }),
      message: `${part.name}: ${reasonOf(details.errorInstance, subject.kind)}\ncounterexample: ${fc.stringify(counterexample)}\nseed: ${run.seed}, path: ${path ?? 'none'}`,
    },
  };
}

function reasonOf(error: unknown, kind: Named['kind']): string {
  if (error instanceof Violation) return error.message;
  if (error instanceof EmkitError) return `the ${kind} or the engine threw ${error.code}: ${error.message}`;
  if (error instanceof Error) return `the ${kind} or the engine threw ${error.name}: ${error.message}`;
  return `the ${kind} or the engine threw ${String(error)}`;
}

/** Each part draws its own cases, whatever other parts do: FNV-1a of seed, law and part. */
function partSeed<S>(seed: number, law: Law<S>, part: Part<S>): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${law.name}/${part.name}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash | 0;
}
