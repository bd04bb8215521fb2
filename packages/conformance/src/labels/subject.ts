import type { Latent, LatentDefinition } from '@emkit/core';
import type * as fc from 'fast-check';
import type { Reach } from '../arbitraries.ts';
import type { Engine } from '../engine.ts';
import type { CaseContext, Named, Part, Verdict } from '../law.ts';
import { part } from '../law.ts';

/** A number of components, and options, with which a latent structure can be made. */
export interface LatentVariant {
  readonly components: number;
  /** Default: none. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A latent structure before its options are chosen, with what only the laws ask of it. */
export interface CheckedLatent extends LatentDefinition {
  /** What it is checked with. Default: two components, and three. */
  readonly variants?: readonly LatentVariant[];
  /** Where no label is special: the parameters of the same law with label `order[k]` called k. */
  permuted?(at: object, order: readonly number[]): object;
}

/** The latent structure that is being checked, and with what. */
export interface LatentSubject extends Named {
  readonly definition: CheckedLatent;
  readonly latent: Latent;
  readonly engine: Engine;
  /** Points of its space: ordinary ones, or out to the edges. */
  points(reach: Reach): fc.Arbitrary<object>;
}

/** A part of a law of latent structures. */
export function labelPart<T>(parts: {
  readonly name: string;
  readonly missing?: (subject: LatentSubject) => readonly string[];
  readonly share?: number;
  readonly shrinks?: number;
  readonly statistical?: boolean;
  readonly mayBeVacuous?: boolean;
  arbitrary(subject: LatentSubject): fc.Arbitrary<T>;
  check(value: T, context: CaseContext<LatentSubject>): Verdict;
}): Part<LatentSubject> {
  return part<T, LatentSubject>(parts);
}

/** What a part is missing where nothing can move. */
export function needsFreeParameters({ latent }: LatentSubject): readonly string[] {
  return latent.space.free.length > 0 ? [] : ['free parameters'];
}
