import { EmkitError, type Expectation, type Latent } from '@emkit/core';
import * as fc from 'fast-check';
import { HEADER } from '../cases.ts';
import { type Arrangement, DENSITIES, datasetOfUnits, modelOf, pointOf, unitArbitrary } from '../labels/cases.ts';
import { enumerate, posteriorOf, type Unit } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, show, type Verdict, violate } from '../law.ts';
import { EPSILON } from '../tolerance.ts';
import { shuffled } from './statistics.ts';

/** Units, and what is known of them besides their rows. */
interface Case {
  readonly at: object;
  readonly units: readonly Unit[];
  /** One a unit. */
  readonly weights?: readonly number[];
  /** One a row: a known label, a list of the allowed ones, or undefined. */
  readonly labels?: readonly (number | readonly number[] | undefined)[];
  readonly blockSize?: number;
  /** Seed of the order in which rows of several units are mingled. */
  readonly mingled?: number;
}

const MOST_UNITS = 6;

const unitsArbitrary = ({ latent: { components } }: LatentSubject): fc.Arbitrary<readonly Unit[]> =>
  fc.array(unitArbitrary(components, DENSITIES.near), { minLength: 1, maxLength: MOST_UNITS });

/**
 * **label-units**: what the engine makes of a whole data set with this law of labels is the sum over its units, each by itself.
 *
 * - The log-likelihood, the entropy, the sums of the labels and the counts of the components are those of enumerated units, times their
 *   case weights: a weight of k is k copies, a weight of 0 is absence.
 * - Blocks of any size change nothing, nor does it matter whether the rows of several units are mingled, so long as each keeps its order. The
 *   posteriors come back in the order of the rows.
 * - A known label, or a set of them, conditions on it: log-densities of the others are minus infinity. A unit that thereby becomes impossible
 *   is refused with `MODEL_IMPOSSIBLE_DATA`.
 */
export const labelUnits: Law<LatentSubject> = {
  name: 'label-units',
  statement: 'a data set is the sum of its units: weights are copies, blocks and the order of units do not matter, known labels condition',
  falseAlarmRate: 0,
  parts: [
    labelPart<Case>({
      name: 'weight k is k copies, weight 0 is absence',
      share: 0.5,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({
          at: subject.points('ordinary'),
          units: unitsArbitrary(subject),
          weights: fc
            .array(fc.constantFrom(0, 1, 2, 3, 0.5), { minLength: MOST_UNITS, maxLength: MOST_UNITS })
            .map(([, ...rest]) => [1, ...rest]),
        }),
      check: requireSumOfUnits,
    }),
    labelPart<Case>({
      name: 'blocks of any size, rows of several units mingled',
      share: 0.5,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({
          at: subject.points('ordinary'),
          units: unitsArbitrary(subject),
          blockSize: fc.integer({ min: 1, max: 20 }),
          mingled: fc.nat(),
        }),
      check: requireSumOfUnits,
    }),
    labelPart<Case>({
      name: 'known labels and sets of labels',
      share: 0.5,
      shrinks: 60,
      arbitrary: (subject) => {
        const label = fc.nat(subject.latent.components - 1);
        return fc.record({
          at: subject.points('extreme'),
          units: unitsArbitrary(subject),
          labels: fc.array(fc.oneof(label, fc.uniqueArray(label, { minLength: 1 }), fc.constant(undefined)), {
            minLength: 50,
            maxLength: 50,
          }),
        });
      },
      check: requireSumOfUnits,
    }),
    labelPart<Case>({
      name: 'rows that are units',
      missing: ({ latent }) => (latent.logWeights === undefined ? ['logWeights'] : []),
      share: 0.5,
      shrinks: 60,
      arbitrary: (subject) => fc.record({ at: subject.points('extreme'), units: unitsArbitrary(subject) }),
      check({ at, units }, { subject }) {
        return compare(subject, { at, units: units.flat().map((row): Unit => [row]) }, { single: true });
      },
    }),
  ],
};

function requireSumOfUnits(value: Case, { subject }: { readonly subject: LatentSubject }): Verdict {
  const { units, weights, blockSize, labels, mingled } = value;
  return compare(subject, value, {
    ...(blockSize !== undefined && { blockSize }),
    ...(weights && { weights: units.flatMap((unit, index) => unit.map(() => weights[index]!)) }),
    ...(labels && { labels: units.flat().map((_, row) => labels[row % labels.length]) }),
    ...(mingled !== undefined && { order: minglingOf(units, mingled) }),
  });
}

/** The rows of all units, counted through, in an order in which each unit keeps its own. */
function minglingOf(units: readonly Unit[], seed: number): readonly number[] {
  const owners = units.flatMap((unit, index) => unit.map(() => index));
  const next = units.map((_, index) => owners.indexOf(index));
  return shuffled(owners.length, seed).map((place) => next[owners[place]!]!++);
}

function compare(subject: LatentSubject, { at, units, weights, labels }: Case, arrangement: Arrangement): Verdict {
  const { latent, engine } = subject;
  const model = modelOf(subject);
  const point = pointOf(latent, at);
  let first = 0;
  const allowed = units.map((unit) => {
    const rows = unit.map((row, index) =>
      row.map((density, label) => (isAllowed(labels?.[(first + index) % labels.length], label) ? density : -Infinity)),
    );
    first += unit.length;
    return rows;
  });
  const expected = expectedOf(latent, at, allowed, weights);
  const dataset = datasetOfUnits(subject, units, arrangement);
  const ask = (): Expectation => engine.expect(dataset, { model, at: point, about: point });
  if (expected === undefined) return requireRefusal(ask);
  const { vector, layout } = ask();
  expected.entries.forEach((entry, index) => {
    const found = vector[index < HEADER + latent.length ? index : layout.offsets[index - HEADER - latent.length]!]!;
    // The magnitude is a bound on sizes, and not a result.
    if (index === 1 || Math.abs(found - entry) <= expected.allowed[index]!) return;
    violate(
      `${nameOf(index, latent.length)} is ${found}, and over its units ${entry} (allowed error ${expected.allowed[index]!.toPrecision(2)})`,
    );
  });
  if (weights === undefined) requirePosteriors(engine.responsibilities(model, point, dataset), expected, arrangement.order);
  return;
}

function isAllowed(known: number | readonly number[] | undefined, label: number): boolean {
  return known === undefined || (typeof known === 'number' ? known === label : known.includes(label));
}

interface Expected {
  /** The log-likelihood, the magnitude, the entropy, the sums of the labels, the counts of the components. */
  readonly entries: Float64Array;
  readonly allowed: Float64Array;
  /** One list of K numbers a row. */
  readonly responsibilities: readonly (readonly number[])[];
  /** Of any posterior. */
  readonly rounding: number;
}

/** What all units make together; undefined where one of them is impossible. */
function expectedOf(latent: Latent, at: object, units: readonly Unit[], weights: readonly number[] | undefined): Expected | undefined {
  const entries = new Float64Array(HEADER + latent.length + latent.components);
  const allowed = new Float64Array(entries.length);
  const rows: number[][] = [];
  let largest = 0;
  for (const [index, unit] of units.entries()) {
    const weight = weights?.[index] ?? 1;
    const { logLikelihood, entropy, responsibilities, rounding } = enumerate(latent, at, unit);
    if (logLikelihood === -Infinity && weight > 0) return undefined;
    const { sums } = posteriorOf(latent, at, unit);
    largest = Math.max(largest, rounding);
    const counts = responsibilities.map((values) => values.reduce((sum, value) => sum + value, 0));
    [logLikelihood, 0, entropy, ...sums, ...counts].forEach((value, place) => {
      entries[place]! += weight * value;
      allowed[place]! += 4 * weight * rounding * (1 + Math.abs(value)) + 64 * EPSILON;
    });
    unit.forEach((_, row) => {
      rows.push(responsibilities.map((values) => values[row]!));
    });
  }
  return { entries, allowed, responsibilities: rows, rounding: largest };
}

function requirePosteriors(
  found: readonly ArrayLike<number>[],
  { responsibilities, rounding }: Expected,
  order: readonly number[] = responsibilities.map((_, row) => row),
): void {
  order.forEach((row, place) => {
    responsibilities[row]!.forEach((value, label) => {
      if (!(Math.abs(found[label]![place]! - value) <= rounding))
        violate(
          `row ${place + 1} has the posteriors ${show(found.map((values) => values[place]))}, and by its unit alone ${show(responsibilities[row])}`,
        );
    });
  });
}

function requireRefusal(ask: () => Expectation): void {
  let found: number;
  try {
    found = ask().logLikelihood;
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'MODEL_IMPOSSIBLE_DATA') return;
    throw error;
  }
  violate(`a unit is impossible, and the log-likelihood is ${found}`);
}

function nameOf(index: number, sums: number): string {
  if (index < HEADER) return ['the log-likelihood', 'the magnitude', 'the entropy'][index]!;
  return index < HEADER + sums
    ? `expected sum ${index - HEADER + 1} of the labels`
    : `the expected count of component ${index - HEADER - sums + 1}`;
}
