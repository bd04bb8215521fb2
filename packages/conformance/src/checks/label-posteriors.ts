import { createRandom } from '@emkit/core';
import * as fc from 'fast-check';
import { DENSITIES, directionArbitrary, movedAlong, trapArbitrary, unitArbitrary } from '../labels/cases.ts';
import { type Answer, type Enumeration, enumerate, forcing, posteriorOf, type Unit } from '../labels/enumeration.ts';
import { lineOf } from '../labels/line.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { Sum } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';
import { shuffled } from './statistics.ts';

interface Case {
  readonly at: object;
  readonly unit: Unit;
}

const caseArbitrary = (reach: 'ordinary' | 'extreme', unit: (components: number) => fc.Arbitrary<Unit>) => (subject: LatentSubject) =>
  fc.record({ at: subject.points(reach), unit: unit(subject.latent.components) });

/** Units of which at least half are possible. */
const nearOrForbidding = (components: number): fc.Arbitrary<Unit> =>
  fc.oneof(unitArbitrary(components, DENSITIES.near), unitArbitrary(components, DENSITIES.forbidding));

/**
 * **label-posteriors**: what a unit's rows say of its labels is what summing over every sequence of labels says, one by one, for units short
 * enough to do it (definition 6.1).
 *
 * - The unit's log-likelihood is log sum over labels of P(labels) times the densities; minus infinity exactly where no sequence is possible.
 * - The posteriors of a row lie in [0, 1], sum to 1 within (K + 4) 2^-52, and are the sums of the posteriors of the sequences.
 * - The expected sums are the posterior mean of the sums of single sequences; so is the expected log-probability of the labels, at these
 *   parameters and at any others; and the log-likelihood less the expected log joint density is the entropy of the posterior.
 * - All this with log-densities near each other, with some of minus infinity, and with rows that fit a label, within reach or not,
 *   thousands of nats better than the others: nothing may underflow on the way.
 * - Units of hundreds of rows, too long for that, obey two identities that need no enumeration: the posterior of a label in a row is the
 *   likelihood of the unit with that label known over the likelihood without; and the slope of the log-likelihood is that of the expected
 *   log-probability given the expected sums (Fisher's identity).
 * - With the labels in another order, where none of them is special, the posteriors and the estimate are the same in that order.
 *
 * "The same" means to the rounding of logarithms of the size of the terms, a few for each row and label.
 */
export const labelPosteriors: Law<LatentSubject> = {
  name: 'label-posteriors',
  statement: 'posteriors, expected sums, log-likelihood and entropy are those of all sequences of labels, however far apart the densities',
  falseAlarmRate: 0,
  parts: [
    labelPart<Case>({
      name: 'near log-densities',
      arbitrary: caseArbitrary('ordinary', (components) => unitArbitrary(components, DENSITIES.near)),
      check: compare,
    }),
    labelPart<Case>({
      name: 'labels that rows or parameters forbid',
      arbitrary: caseArbitrary('extreme', (components) => unitArbitrary(components, DENSITIES.forbidding)),
      check: compare,
    }),
    labelPart<Case>({
      name: 'far log-densities',
      arbitrary: caseArbitrary('extreme', (components) => unitArbitrary(components, DENSITIES.far)),
      check: compare,
    }),
    labelPart<Case>({
      name: 'rows that fit a label thousands of nats better',
      arbitrary: caseArbitrary('extreme', trapArbitrary),
      check: compare,
    }),
    labelPart({
      name: 'expected sums',
      share: 0.3,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({
          at: subject.points('extreme'),
          other: subject.points('ordinary'),
          unit: nearOrForbidding(subject.latent.components),
        }),
      check: compareSums,
    }),
    labelPart({
      name: 'long units',
      share: 0.05,
      shrinks: 10,
      arbitrary: (subject) =>
        fc.record({
          at: subject.points('ordinary'),
          rows: fc.integer({ min: 100, max: 400 }),
          known: fc.nat(99),
          seed: seedArbitrary,
          direction: directionArbitrary(subject.latent),
        }),
      check: obeysIdentities,
    }),
    labelPart({
      name: 'labels in another order',
      missing: ({ definition, latent }) => [
        ...(definition.permuted === undefined ? ['permuted'] : []),
        ...(latent.components > 1 ? [] : ['second label']),
      ],
      share: 0.5,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({
          at: subject.points('ordinary'),
          unit: nearOrForbidding(subject.latent.components),
          seed: fc.nat(),
        }),
      check({ at, unit, seed }, { subject }) {
        const { latent, definition } = subject;
        const order = shuffled(latent.components, seed);
        const permute = <T>(values: readonly T[]): readonly T[] => order.map((label) => values[label]!);
        const { rounding } = enumerate(latent, at, unit);
        const here = posteriorOf(latent, at, unit);
        const there = posteriorOf(latent, definition.permuted!(at, order), unit.map(permute));
        if (here.logLikelihood === -Infinity && there.logLikelihood === -Infinity) return VACUOUS;
        const what = `with the labels in the order ${show(order)}`;
        requireNear(there.logLikelihood, here.logLikelihood, rounding, `${what}, the log-likelihood`);
        permute(here.responsibilities).forEach((values, label) => {
          values.forEach((value, row) => {
            requireNear(
              there.responsibilities[label]![row]!,
              value,
              rounding,
              `${what}, the posterior of label ${label + 1} in row ${row + 1}`,
            );
          });
        });
        const estimate = definition.permuted!(latent.maximize(here.sums, at), order);
        const other = latent.maximize(there.sums, definition.permuted!(at, order));
        // A quotient of sums, each of which rounds.
        if (!(latent.space.distance(estimate, other) <= 1e3 * rounding))
          violate(`${what}, the estimate is ${show(other)} and not ${show(estimate)}`);
        return;
      },
    }),
  ],
};

function compare({ at, unit }: Case, { subject: { latent } }: { readonly subject: LatentSubject }): void {
  const expected = enumerate(latent, at, unit);
  const found = posteriorOf(latent, at, unit);
  const { rounding } = expected;
  if (expected.logLikelihood === -Infinity || found.logLikelihood === -Infinity) {
    if (expected.logLikelihood !== found.logLikelihood)
      violate(`the log-likelihood is ${found.logLikelihood}, and summed over all sequences of labels ${expected.logLikelihood}`);
    return;
  }
  requireNear(found.logLikelihood, expected.logLikelihood, rounding, 'the log-likelihood');
  requirePosteriors(found, expected, latent.components);
  const logJoint = new Sum();
  let size = 4;
  logJoint.add(latent.expectedLogProbability(found.sums, at));
  found.responsibilities.forEach((values, label) => {
    values.forEach((value, row) => {
      if (value === 0) return;
      logJoint.add(value * unit[row]![label]!);
      // The posteriors round too, and what they weigh may be large.
      size += value * Math.abs(unit[row]![label]!);
    });
  });
  const entropy = found.logLikelihood - logJoint.value;
  requireNear(entropy, expected.entropy, size * rounding, 'the log-likelihood less the expected log joint density, the entropy,');
}

function requirePosteriors(found: Answer, expected: Enumeration, components: number): void {
  for (let row = 0; row < found.responsibilities[0]!.length; row += 1) {
    let sum = 0;
    found.responsibilities.forEach((values, label) => {
      const value = values[row]!;
      const exact = expected.responsibilities[label]![row]!;
      if (!(value >= 0 && value <= 1)) violate(`the posterior of label ${label + 1} in row ${row + 1} is ${value}`);
      requireNear(value, exact, expected.rounding * Math.max(exact, EPSILON), `the posterior of label ${label + 1} in row ${row + 1}`);
      sum += value;
    });
    if (!(Math.abs(sum - 1) <= (components + 4) * EPSILON)) violate(`the posteriors of row ${row + 1} sum to ${sum}`);
  }
}

function compareSums(
  { at, other, unit }: Case & { readonly other: object },
  { subject: { latent } }: { readonly subject: LatentSubject },
): Verdict {
  const { labellings, logLikelihood, rounding } = enumerate(latent, at, unit);
  if (logLikelihood === -Infinity) return VACUOUS;
  const { sums } = posteriorOf(latent, at, unit);
  const means = Array.from(sums, () => new Sum());
  const sizes = new Float64Array(sums.length);
  const expected = new Sum();
  for (const { labels, posterior } of labellings) {
    posteriorOf(latent, at, forcing(labels, latent.components)).sums.forEach((value, index) => {
      means[index]!.add(posterior * value);
      sizes[index]! += posterior * Math.abs(value);
    });
    expected.add(posterior * latent.logProbability(labels, { size: labels.length, columns: [] }, 0, labels.length, other));
  }
  sums.forEach((value, index) => {
    requireNear(value, means[index]!.value, rounding * (sizes[index]! + EPSILON), `expected sum ${index + 1}`);
  });
  const found = latent.expectedLogProbability(sums, other);
  requireNear(
    found,
    expected.value,
    4 * rounding * (1 + Math.abs(expected.value)),
    `the expected log-probability of the labels at ${show(other)}`,
  );
  return;
}

/** The stretch of a direction in which the log-likelihood of many rows is looked at, in natural units of the coordinates. */
const HALF_LENGTH = 2 ** -6;

/** What the slope of a log-likelihood may be off for each row: an identity that fails is off by parts of one. */
const SLOPE = 1e-7;

function obeysIdentities(
  { at, rows, known, seed, direction }: { at: object; rows: number; known: number; seed: number; direction: readonly number[] },
  { subject: { latent } }: { readonly subject: LatentSubject },
): Verdict {
  const random = createRandom(seed);
  const unit = Array.from({ length: rows }, () => Array.from({ length: latent.components }, () => 2 * random.normal()));
  const { logLikelihood, responsibilities, sums } = posteriorOf(latent, at, unit);
  const rounding = 64 * (rows + latent.components) * EPSILON * rows;
  responsibilities.forEach((values, label) => {
    const conditioned = unit.map((row, index) =>
      index === known ? row.map((value, other) => (other === label ? value : -Infinity)) : row,
    );
    const share = Math.exp(posteriorOf(latent, at, conditioned).logLikelihood - logLikelihood);
    requireNear(values[known]!, share, rounding, `the posterior of label ${label + 1} in row ${known + 1} of ${rows}`);
  });
  if (latent.space.free.length === 0) return;
  const slopeOf = (f: (point: object) => number): number => lineOf((step) => f(movedAlong(latent, at, direction, step)), HALF_LENGTH).slope;
  const slope = slopeOf((point) => posteriorOf(latent, point, unit).logLikelihood);
  const slopeOfQ = slopeOf((point) => latent.expectedLogProbability(sums, point));
  requireNear(
    slopeOfQ,
    slope,
    SLOPE * rows,
    `in the direction ${show(direction)} the slope of the expected log-probability, given ${rows} rows,`,
  );
}

function requireNear(found: number, expected: number, allowed: number, what: string): void {
  if (!(Math.abs(found - expected) <= allowed))
    violate(`${what} is ${found} and not ${expected} (allowed error ${allowed.toPrecision(2)})`);
}
