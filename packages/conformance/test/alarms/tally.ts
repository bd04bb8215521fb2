import { type CheckOptions, checkFamily, LAWS, withDefinition } from '@emkit/conformance';
import type { Family, FamilyDefinition } from '@emkit/core';
import { regularizedBetaInverse } from '@emkit/core/numerics';
import { families } from '@emkit/families';
import { laplace, reference as laplaceReference } from '../../example/laplace.ts';
import { referenceFor } from '../reference-for.ts';
import { strangers } from '../strangers/index.ts';

type Reference = CheckOptions['reference'];

/** The example in plain JavaScript. */
const { rayleigh } = (await import(new URL('../../example/rayleigh.js', import.meta.url).href)) as { readonly rayleigh: FamilyDefinition };

/** A family that is right, so that each of its failures is a false alarm. */
export interface Right {
  readonly name: string;
  readonly family: Family;
  readonly reference: Reference;
}

/** Every variant of the registered families, the examples, and the strangers. */
export function rightFamilies(): readonly Right[] {
  const named = (definition: FamilyDefinition, referenceOf: (family: Family) => Reference): readonly Right[] =>
    definition.variants.map((variant) => {
      const family = withDefinition(definition(variant), definition);
      const options = Object.entries(family.options).map(
        ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      return { name: [family.id, ...options].join(', '), family, reference: referenceOf(family) };
    });
  const none = (): undefined => undefined;
  const all = [
    ...families.flatMap((definition) => named(definition, referenceFor)),
    ...named(rayleigh, none),
    ...named(laplace, laplaceReference),
    ...strangers.flatMap((definition) => named(definition, none)),
  ];
  // A stranger may have written what is registered too.
  return all.map((right, index) =>
    all.findIndex(({ name }) => name === right.name) < index ? { ...right, name: `${right.name}, a stranger's` } : right,
  );
}

/** How often a law ran on a family, and how often it failed. */
export interface Count {
  readonly runs: number;
  readonly alarms: number;
}

/** What came of many seeds: by family and law. Laws that do not apply have no entry. */
export interface Tally {
  readonly runsEach: number;
  readonly firstSeed: number;
  /** Seeds that were begun: the last may not have come to all families. */
  readonly seeds: number;
  readonly counts: Readonly<Record<string, Readonly<Record<string, Count>>>>;
}

/** An alarm: a law that failed on a right family. */
export interface Alarm {
  readonly family: string;
  readonly law: string;
  readonly seed: number;
  readonly message: string;
}

/** The tally with one more seed of one family counted, and the alarms there were. */
export function withSeed(counts: Tally['counts'], right: Right, seed: number, runs: number): { counts: Tally['counts']; alarms: Alarm[] } {
  const { results } = checkFamily(right.family, { seed, runs, reference: right.reference, shrink: false });
  const alarms: Alarm[] = [];
  const own: Record<string, Count> = { ...counts[right.name] };
  for (const { law, status, message } of results) {
    if (status === 'skipped') continue;
    const before = own[law] ?? { runs: 0, alarms: 0 };
    own[law] = { runs: before.runs + 1, alarms: before.alarms + (status === 'failed' ? 1 : 0) };
    if (status === 'failed') alarms.push({ family: right.name, law, seed, message });
  }
  return { counts: { ...counts, [right.name]: own }, alarms };
}

/** The rate that is exceeded with a confidence of 5 % only (C. Clopper and E. Pearson 1934): exact, whatever the rate and the number of runs. */
export function upperBound({ runs, alarms }: Count): number {
  if (alarms === runs) return 1;
  return regularizedBetaInverse(0.95, alarms + 1, runs - alarms);
}

/** The sum of counts. */
export function pooled(counts: readonly Count[]): Count {
  return counts.reduce((sum, count) => ({ runs: sum.runs + count.runs, alarms: sum.alarms + count.alarms }), { runs: 0, alarms: 0 });
}

/** The laws in their order. */
export const LAW_NAMES: readonly string[] = LAWS.map(({ name }) => name);
