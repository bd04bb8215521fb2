import type { Dataset, Expectation, Family, Mixture, MixtureParameters } from '@emkit/core';
import * as fc from 'fast-check';
import { type Row, simplexArbitrary } from './arbitraries.ts';
import { type Subject, violate } from './law.ts';
import { blockOf, columnsOf } from './likelihood.ts';
import { EPSILON, sumAllowance } from './tolerance.ts';

/** A mixture's point: weights and components, shared parameters equal. */
export function pointArbitrary(subject: Subject, components: number): fc.Arbitrary<MixtureParameters> {
  return fc
    .record({
      weights: simplexArbitrary(components),
      components: fc.array(subject.parameters('ordinary'), { minLength: components, maxLength: components }),
    })
    .map((point) => withShared(subject.family, point));
}

/** The same point with what the family ties taken from the first component. */
export function withShared(family: Family, point: MixtureParameters): MixtureParameters {
  const names = family.shared ?? [];
  if (names.length === 0) return point;
  const first = point.components[0]!;
  return {
    ...point,
    components: point.components.map((values) => ({ ...values, ...Object.fromEntries(names.map((name) => [name, first[name]!])) })),
  };
}

/** Rows of ordinary data. */
export function rowsArbitrary(subject: Subject, minimum: number, maximum: number): fc.Arbitrary<readonly Row[]> {
  return fc.array(subject.row('ordinary'), { minLength: minimum, maxLength: maximum });
}

/** The number of free numbers in a component's parameters, from its coordinates. */
export function mixtureOf(subject: Subject, components: number): Mixture {
  return subject.engine.createMixture({ family: subject.family, components });
}

/** Makes a data set of rows through the engine. */
export function datasetOf(
  subject: Subject,
  rows: readonly Row[],
  components: number,
  options: { weights?: readonly number[]; blockSize?: number; merge?: boolean; labels?: readonly number[] } = {},
): Dataset {
  return subject.engine.createDataset(
    columnsOf(subject.family, rows),
    Array.from({ length: components }, () => subject.family),
    components,
    { merge: false, ...options },
  );
}

/** Log-likelihood, magnitude and entropy come first, then the labels' own counts. */
export const HEADER = 3;

/** For each entry of an expectation's vector, the sum of the magnitudes of the terms it is a sum of: what its rounding is measured by. */
export function termMagnitudes(
  subject: Subject,
  mixture: Mixture,
  point: MixtureParameters,
  dataset: Dataset,
  expectation: Expectation,
): Float64Array {
  const magnitudes = new Float64Array(expectation.vector.length);
  magnitudes[0] = magnitudes[1] = magnitudes[2] = expectation.magnitude + dataset.totalWeight;
  const responsibilities = subject.engine.responsibilities(mixture, point, dataset);
  const single = new Float64Array(1);
  let first = 0;
  for (const block of dataset.blocks) {
    for (let row = 0; row < block.size; row += 1) {
      const one = blockOf(mixture.families[0]!, [block.columns.map((column) => column[row]!)]);
      const weight = block.weights?.[row] ?? 1;
      mixture.families.forEach((family, component) => {
        const statistics = new Float64Array(family.statisticsLength);
        single[0] = 1;
        family.accumulate(one, single, point.components[component]!, statistics);
        const responsibility = weight * responsibilities[component]![first + row]!;
        magnitudes[HEADER + component]! += responsibility;
        magnitudes[expectation.layout.offsets[component]!]! += responsibility;
        statistics.forEach((value, index) => {
          magnitudes[expectation.layout.offsets[component]! + 1 + index]! += responsibility * Math.abs(value);
        });
      });
    }
    first += block.size;
  }
  return magnitudes;
}

/** Violates when two expectations differ by more than the rounding of sums of that many terms. */
export function requireSameExpectation(
  actual: Expectation,
  expected: Expectation,
  magnitudes: Float64Array,
  terms: number,
  what: string,
): void {
  for (let index = 0; index < expected.vector.length; index += 1) {
    const error = Math.abs(actual.vector[index]! - expected.vector[index]!);
    // Responsibilities carry the rounding of log-densities in their exponent: some tens of ulps of each.
    if (error <= sumAllowance(terms + 64, magnitudes[index]!) || Object.is(actual.vector[index], expected.vector[index])) continue;
    violate(
      `${what}: ${entryName(expected, index)} is ${actual.vector[index]} and not ${expected.vector[index]} (${(error / (EPSILON * magnitudes[index]!)).toPrecision(3)} ulps of its terms)`,
    );
  }
}

function entryName(expectation: Expectation, index: number): string {
  if (index === 0) return 'the log-likelihood';
  if (index === 1) return 'the magnitude';
  if (index === 2) return 'the entropy';
  const { offsets } = expectation.layout;
  if (index < offsets[0]!) return `the expected count of label ${index - HEADER + 1}`;
  let component = 0;
  while (index >= offsets[component + 1]!) component += 1;
  const place = index - offsets[component]!;
  return place === 0 ? `the expected count of component ${component + 1}` : `statistic ${place} of component ${component + 1}`;
}

/** Every number inside parameters, flat. */
export function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap(numbersIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn);
  return [];
}

/** True when two JSON values have the same numbers bit for bit (0 and -0 count as the same, for JSON cannot tell them apart). */
export function sameBits(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A deep copy that nobody can write to. */
export function frozen<T>(value: T): T {
  const freeze = (each: unknown): void => {
    if (typeof each !== 'object' || each === null || ArrayBuffer.isView(each)) return;
    for (const entry of Object.values(each)) freeze(entry);
    Object.freeze(each);
  };
  const copy = structuredClone(value);
  freeze(copy);
  return copy;
}
