import { createRandom, EmkitError, type Family, type FamilyDefinition, type ParameterValues, type Random } from '@emkit/core';
import type { ReferenceFamily } from '@emkit/reference';
import * as fc from 'fast-check';
import { parametersArbitrary, type Row, rowArbitrary } from './arbitraries.ts';
import { LAWS } from './checks/index.ts';
import { coreEngine, type Engine } from './engine.ts';
import { describeShape } from './family-shape.ts';
import { type Law, type Part, type Subject, VACUOUS, Violation } from './law.ts';

/** A failing case to try again before new ones are drawn: what a run reports, and a regression file keeps. */
export interface Regression {
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly law: string;
  readonly part: string;
  readonly seed: number;
  readonly path: string;
}

/** A reference family with parameters of any names. */
// biome-ignore lint/suspicious/noExplicitAny: its functions take the parameters, so that no narrower type admits all of them.
export type AnyReferenceFamily = ReferenceFamily<any>;

/** How a family is checked. */
export interface CheckOptions {
  /** The same family in arbitrary precision, from `@emkit/reference` or made with its `makeReferenceFamily`. Without it, what needs it is skipped. */
  readonly reference?: AnyReferenceFamily | undefined;
  /** Seed of the drawn cases: the same seed draws the same cases. Default 1. */
  readonly seed?: number;
  /** The number of cases of a usual part of a law; costly parts take a share of it. Default 100. */
  readonly runs?: number;
  /** The laws to check, by name. Default: all. */
  readonly laws?: readonly string[];
  /** Laws that are known to be broken, with the reason. Strict: a law that is expected to fail and does not is a failure. */
  readonly expectFailures?: Readonly<Record<string, string>>;
  /** Ordinary parameters, where the family's domains allow values that make no sense together. Default: drawn from the domains. */
  readonly parameters?: fc.Arbitrary<ParameterValues>;
  /** Ordinary rows of data. Default: drawn from the declared support. */
  readonly rows?: fc.Arbitrary<Row>;
  /** What to run the laws of EM on. Default: the engine of `@emkit/core`. */
  readonly engine?: Engine;
  /** Cases that once failed: tried first. Those of other families and laws are passed over. */
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

/** What came of all laws for one family. */
export interface FamilyReport {
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly runs: number;
  readonly passed: boolean;
  readonly results: readonly LawResult[];
}

const DEFAULT_SEED = 1;
const DEFAULT_RUNS = 100;

/**
 * Checks a family against the laws.
 *
 * @param family an instance, or a definition, of which the first variant is taken (`checkDefinition` takes all)
 * @returns one result a law, in the order of the laws; a broken law is a result, never an exception
 * @throws EmkitError `OPTION_INVALID` for an unknown law, a bad seed or number of runs, or something that is not a family
 * @example checkFamily(laplace()).passed
 */
export function checkFamily(family: Family | FamilyDefinition, options: CheckOptions = {}): FamilyReport {
  const subject = createSubject(family, options);
  const laws = chosenLaws(options);
  const results = laws.map((law) => runLaw(law, subject, options));
  return {
    family: subject.family.id,
    options: subject.family.options,
    seed: options.seed ?? DEFAULT_SEED,
    runs: options.runs ?? DEFAULT_RUNS,
    passed: results.every(({ status }) => status !== 'failed'),
    results,
  };
}

/** Checks one law. Otherwise as `checkFamily`. */
export function checkLaw(family: Family | FamilyDefinition, law: string, options: CheckOptions = {}): LawResult {
  return runLaw(chosenLaws({ ...options, laws: [law] })[0]!, createSubject(family, options), options);
}

/**
 * Checks every variant of a definition.
 *
 * @param reference makes the reference for each variant's options; undefined where there is none
 */
export function checkDefinition(
  definition: FamilyDefinition,
  options: Omit<CheckOptions, 'reference'> & {
    readonly reference?: (options: Readonly<Record<string, unknown>>) => AnyReferenceFamily | undefined;
  } = {},
): readonly FamilyReport[] {
  const { reference, ...rest } = options;
  return definition.variants.map((variant) => {
    const family = definition(variant);
    return checkFamily(withDefinition(family, definition), { ...rest, reference: reference?.(family.options) });
  });
}

/** The capabilities that a law lacks for a family: empty when at least one of its parts applies. */
export function missingFor(family: Family | FamilyDefinition, law: string, options: CheckOptions = {}): readonly string[] {
  const subject = createSubject(family, options);
  const parts = chosenLaws({ laws: [law] })[0]!.parts.map((part) => part.missing(subject));
  return parts.some((missing) => missing.length === 0) ? [] : [...new Set(parts.flat())];
}

const definitions = new WeakMap<Family, FamilyDefinition>();

/** Remembers which definition made an instance, so that model files can be read back through it. */
export function withDefinition(family: Family, definition: FamilyDefinition): Family {
  definitions.set(family, definition);
  return family;
}

function createSubject(given: Family | FamilyDefinition, options: CheckOptions): Subject {
  const wrong = describeShape(given);
  if (wrong !== undefined)
    throw new EmkitError('OPTION_INVALID', `This is not a family: ${wrong}.`, {
      remedy: 'Give what defineFamily returns, or what calling that returns.',
    });
  const family = typeof given === 'function' ? withDefinition(given(given.variants[0]), given) : given;
  const instanceWrong = typeof given === 'function' ? describeShape(family) : undefined;
  if (instanceWrong !== undefined)
    throw new EmkitError('OPTION_INVALID', `The definition ${given.id} does not make a family: ${instanceWrong}.`);
  const definition: FamilyDefinition =
    definitions.get(family) ?? Object.assign(() => family, { id: family.id, title: family.id, options: {}, variants: [family.options] });
  return {
    family,
    definition,
    reference: options.reference,
    engine: options.engine ?? coreEngine,
    parameters: (reach) =>
      reach === 'ordinary' ? (options.parameters ?? parametersArbitrary(family, reach)) : parametersArbitrary(family, reach),
    row: (reach) => (reach === 'ordinary' ? (options.rows ?? rowArbitrary(family, reach)) : rowArbitrary(family, reach)),
    draw: drawing(family),
  };
}

/** The sampler, or inversion of the cumulative distribution where there is only a quantile function. */
function drawing(family: Family): Subject['draw'] {
  if (family.sample !== undefined) return (parameters, random, row) => family.sample!(parameters, random, row);
  if (family.quantile === undefined) return undefined;
  const column = family.columns.findIndex(({ given }) => given !== true);
  return (parameters: ParameterValues, random: Random, row: Float64Array) => {
    row[column] = family.quantile!(random.uniformOpen(), parameters, row);
  };
}

function chosenLaws(options: CheckOptions): readonly Law[] {
  const names = LAWS.map(({ name }) => name);
  for (const name of [...(options.laws ?? []), ...Object.keys(options.expectFailures ?? {})]) {
    if (!names.includes(name))
      throw new EmkitError('OPTION_INVALID', `There is no law ${JSON.stringify(name)}.`, { remedy: `There are: ${names.join(', ')}.` });
  }
  createRandom(options.seed ?? DEFAULT_SEED);
  const runs = options.runs ?? DEFAULT_RUNS;
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new EmkitError('OPTION_INVALID', `The number of runs is ${runs}.`, { remedy: 'Give a whole number of at least 1.' });
  return LAWS.filter(({ name }) => options.laws?.includes(name) ?? true);
}

/** Which of a law's cases failed, and how. */
interface Failure {
  readonly part: string;
  readonly message: string;
  readonly counterexample?: unknown;
  readonly path?: string;
  readonly seed: number;
}

function runLaw(law: Law, subject: Subject, options: CheckOptions): LawResult {
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
    const message = `skipped: the family has no ${missing.join(', no ')}`;
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

function concerns(regression: Regression, subject: Subject, law: Law, part: Part): boolean {
  return (
    regression.law === law.name &&
    regression.part === part.name &&
    regression.family === subject.family.id &&
    JSON.stringify(regression.options) === JSON.stringify(subject.family.options)
  );
}

interface PartRun {
  readonly seed: number;
  readonly cases: number;
  readonly path?: string;
  readonly falseAlarm: number;
  readonly shrink: boolean;
}

function runPart(
  law: Law,
  part: Part,
  subject: Subject,
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
    return {
      cases: tried,
      vacuous,
      failure: {
        part: part.name,
        seed: run.seed,
        message: `${part.name}: none of ${tried} cases could be judged: the family refused every one`,
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
      message: `${part.name}: ${reasonOf(details.errorInstance)}\ncounterexample: ${fc.stringify(counterexample)}\nseed: ${run.seed}, path: ${path ?? 'none'}`,
    },
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  if (error instanceof EmkitError) return `the family or the engine threw ${error.code}: ${error.message}`;
  if (error instanceof Error) return `the family or the engine threw ${error.name}: ${error.message}`;
  return `the family or the engine threw ${String(error)}`;
}

/** Each part draws its own cases, whatever other parts do: FNV-1a of seed, law and part. */
function partSeed(seed: number, law: Law, part: Part): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${law.name}/${part.name}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash | 0;
}
