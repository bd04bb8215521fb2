import type { Family, FamilyDefinition, ParameterValues, Random } from '@emkit/core';
import type { ReferenceFamily } from '@emkit/reference';
import * as fc from 'fast-check';
import type { Reach, Row } from './arbitraries.ts';
import type { Engine } from './engine.ts';

/** What reports call the thing that is checked. */
export interface Named {
  readonly kind: 'family' | 'latent structure';
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The family that is being checked, and with what. */
export interface Subject extends Named {
  readonly family: Family;
  /** Makes the family from its options; for an instance without one, a definition that always gives that instance. */
  readonly definition: FamilyDefinition;
  readonly reference: ReferenceFamily | undefined;
  readonly engine: Engine;
  parameters(reach: Reach): fc.Arbitrary<ParameterValues>;
  row(reach: Reach): fc.Arbitrary<Row>;
  /** Draws an observation into `row`; undefined where the family has neither a sampler nor a quantile function. */
  readonly draw: ((parameters: ParameterValues, random: Random, row: Float64Array) => void) | undefined;
}

/** What a part of a law is told besides its case. */
export interface CaseContext<S = Subject> {
  readonly subject: S;
  /** The probability with which this one case may fail although nothing is wrong. */
  readonly falseAlarm: number;
  /** The runs that were asked for: a statistical test draws more where there are more. */
  readonly runs: number;
}

/** A case that says nothing about the law (an estimate that does not exist, say). A part whose every case is vacuous fails. */
export const VACUOUS: unique symbol = Symbol('vacuous');

/** What a case says: nothing when it holds, or that it could not be judged. A broken law is thrown. */
// biome-ignore lint/suspicious/noConfusingVoidType: cases that end without a word are the usual ones.
export type Verdict = void | typeof VACUOUS;

/** One property of a law, over cases that fast-check draws and shrinks. */
export interface Part<S = Subject> {
  readonly name: string;
  /** The capabilities (or `reference`) that are missing; empty when the part applies. */
  missing(subject: S): readonly string[];
  /** The number of cases for the asked number of runs. */
  cases(runs: number): number;
  /** How often a failing case may be tried smaller. */
  readonly shrinks: number;
  /** True where the part is a statistical test, whose failures have a false-alarm rate. */
  readonly statistical: boolean;
  /** True where a whole run of vacuous cases is no failure: a model that the data cannot identify, say. */
  readonly mayBeVacuous: boolean;
  /** What stays unproved where neither this part nor another one with the same words could judge a single case. */
  readonly proves: string | undefined;
  arbitrary(subject: S): fc.Arbitrary<unknown>;
  check(value: unknown, context: CaseContext<S>): unknown;
}

/** A law: a named mathematical statement that every family, or every latent structure, must satisfy. */
export interface Law<S = Subject> {
  readonly name: string;
  /** One line for tables. */
  readonly statement: string;
  /** The probability that a correct one fails it; 0 where nothing is random but the choice of cases. */
  readonly falseAlarmRate: number;
  /** The smallest defect that it notices, in words. */
  readonly detects?: string;
  readonly parts: readonly Part<S>[];
}

/** Why a case breaks a law: thrown by the parts, caught by the runner. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Ends a case: the law is broken, for this reason. */
export function violate(message: string): never {
  throw new Violation(message);
}

/** Describes a part with its types in place. */
export function part<T, S = Subject>(parts: {
  readonly name: string;
  readonly missing?: (subject: S) => readonly string[];
  /** Cases for each asked run. Default 1. */
  readonly share?: number;
  readonly shrinks?: number;
  readonly statistical?: boolean;
  readonly mayBeVacuous?: boolean;
  readonly proves?: string;
  arbitrary(subject: S): fc.Arbitrary<T>;
  check(value: T, context: CaseContext<S>): Verdict;
}): Part<S> {
  return {
    name: parts.name,
    missing: parts.missing ?? (() => []),
    cases: (runs) => Math.max(1, Math.round(runs * (parts.share ?? 1))),
    shrinks: parts.shrinks ?? 200,
    statistical: parts.statistical ?? false,
    mayBeVacuous: parts.mayBeVacuous ?? false,
    proves: parts.proves,
    arbitrary: parts.arbitrary,
    check: (value, context) => parts.check(value as T, context),
  };
}

/** The names among `capabilities` that the family lacks. */
export function lacking(family: Family, ...capabilities: readonly (keyof Family)[]): readonly string[] {
  return capabilities.filter((capability) => family[capability] === undefined);
}

/** A seed for a generator inside a case. Shrinks towards 0. */
export const seedArbitrary: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** Shows any value as text that can be pasted back: every digit, NaN and infinities by name. */
export function show(value: unknown): string {
  return fc.stringify(plain(value));
}

/** The same value of ordinary records: those that are drawn have no prototype, which only distracts. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Object.getPrototypeOf(value) !== null && Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry)]));
}

/** A parameter record on one line. */
export function showParameters(parameters: ParameterValues): string {
  return show(parameters);
}
