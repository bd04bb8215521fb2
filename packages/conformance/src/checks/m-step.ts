import { createRandom, type MixtureParameters, type ParameterValues } from '@emkit/core';
import * as fc from 'fast-check';
import { mixtureOf, pointArbitrary, sameBits } from '../cases.ts';
import { type Coordinates, coordinateRounding, coordinatesAt, valueAt, whereDefined } from '../coordinates.ts';
import { estimate, estimateErrors, expectedLogLikelihood, unitsAt, type Weighted } from '../estimate.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, show, showParameters, VACUOUS, type Verdict, violate } from '../law.ts';
import { DEFAULT_BUDGETS, EPSILON } from '../tolerance.ts';
import { accepted, needsReference } from './log-density.ts';
import { responsibilityArbitrary } from './statistics.ts';

/** Steps from the estimate, in standard errors: the coarse ones see a wrong formula, the fine ones a wrong divisor in a long sample. */
const STEPS = [1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5];

/** Random directions besides those along each coordinate. */
const DIRECTIONS = 6;

/** Rows with responsibilities, and the point before the M-step. */
export interface Case {
  readonly previous: MixtureParameters;
  readonly data: Weighted;
  readonly seed: number;
}

/** Rows enough for every component to have an estimate, whatever its number of parameters. */
export function caseArbitrary(subject: Subject, components: number): fc.Arbitrary<Case> {
  const minimum = leastRows(subject) * components;
  return fc
    .record({
      previous: pointArbitrary(subject, components),
      entries: fc.array(fc.tuple(subject.row('ordinary'), responsibilityArbitrary, fc.integer({ min: 0, max: 1000 })), {
        minLength: minimum,
        maxLength: minimum + 24,
      }),
      seed: seedArbitrary,
    })
    .map(({ previous, entries, seed }) => ({
      previous,
      seed,
      data: {
        rows: entries.map(([row]) => row),
        responsibilities:
          components === 1
            ? [entries.map(([, responsibility]) => responsibility)]
            : [
                entries.map(([, responsibility, share]) => (responsibility * share) / 1000),
                entries.map(([, responsibility, share]) => (responsibility * (1000 - share)) / 1000),
              ],
      },
    }));
}

function leastRows(subject: Subject): number {
  return 2 * subject.family.statisticsLength + 2;
}

/**
 * **m-step**: `maximize` gives argmax over theta of Q(theta) = sum of r_i log f(x_i; theta) (equation 6.5), the maximum-likelihood
 * estimate and not an "unbiased" one, from the statistics about any other parameters.
 *
 * - No neighbour is better: Q(theta + h u) <= Q(theta) to rounding along every coordinate and random directions u in unconstrained
 *   coordinates, h from 1 down to 1e-5 standard errors. A divisor n - 1 in n rows is off by 1/n of the variance, which is sqrt(n/2)/n
 *   standard errors, found up to n = 1e9.
 * - A family that `ascends` may take steps instead: none of them lowers Q, and where they come to rest Q has no slope.
 * - With two components, the weights too maximise (counts over the sum of counts), and what is shared is shared.
 * - Q is stationary: its derivative at the estimate, by extrapolated differences, shows an error of 3e-8 standard errors.
 * - A held parameter keeps its value to the bit, and the others are the best given it: every set of `holdable` names. What is `shareable` is
 *   shared on demand, every set of it and all parameters together, with and without one held.
 * - The responsibilities' unit does not matter: times 2^-800 to 2^100 the estimate is the same. Rows far from zero (shifted by up to 2^24, scaled by
 *   2^-40 to 2^40, counts times 2^40) have their maximum too, whether a change of units is declared or not.
 * - `gain` is the change of Q, for large steps and small ones, to the digits of the step; `translate` gives the statistics about another point.
 * - The estimate is the reference's within `accuracy.maximize` ulps (default 256) of a standard error for one observation, or of the
 *   parameters' own rounding where that is coarser.
 * - Where the family declares it, the estimate from scale x + shift is the transformed estimate, for scales of 2^-400 and 2^400 and
 *   shifts a million times the spread: statistics that cancel, and absolute floors, are found.
 */
export const mStep: Law = {
  name: 'm-step',
  statement: 'the M-step is the argmax of the weighted log-likelihood: no neighbour is better, the reference agrees, units do not matter',
  falseAlarmRate: 0,
  parts: [
    part<Case>({
      name: 'no neighbour is better',
      share: 0.4,
      shrinks: 80,
      arbitrary: (subject) => caseArbitrary(subject, 1),
      check: (value, { subject }) => noNeighbourIsBetter(subject, value, 1),
    }),
    part<Case>({
      name: 'no neighbour is better, with two components',
      share: 0.2,
      shrinks: 80,
      arbitrary: (subject) => caseArbitrary(subject, 2),
      check: (value, { subject }) => noNeighbourIsBetter(subject, value, 2),
    }),
    part<Case & { readonly name: string }>({
      name: 'held parameters stay',
      missing: ({ family }) => ((family.holdable ?? []).length > 0 ? [] : ['holdable']),
      share: 0.2,
      shrinks: 80,
      arbitrary: (subject) =>
        fc
          .tuple(caseArbitrary(subject, 1), fc.constantFrom(...(subject.family.holdable ?? [''])))
          .map(([value, name]) => ({ ...value, name })),
      check(value, { subject }) {
        const mixture = subject.engine.createMixture({ family: subject.family, components: 1, held: { components: [[value.name]] } });
        const found = estimate(subject, mixture, value.data, value.previous);
        if (found === undefined) return VACUOUS;
        const before = valueAt(value.previous.components[0]!, value.name);
        const after = valueAt(found.components[0]!, value.name);
        if (!sameBits(after, before)) violate(`${value.name} was held at ${show(before)} and came out as ${show(after)}`);
        if (subject.family.ascends) return ascendsToMaximum(subject, mixture, value);
        return requireMaximum(subject, mixture, value, found);
      },
    }),
    part<Case>({
      name: 'agrees with the reference',
      missing: (subject) => [...needsReference(subject), ...(subject.family.ascends ? ['closed form'] : [])],
      share: 0.2,
      shrinks: 60,
      arbitrary: (subject) => caseArbitrary(subject, 1),
      check: (value, { subject }) => agreesWithReference(subject, value),
    }),
    part<Case>({
      name: 'shared parameters agree with the reference',
      missing: (subject) => [...needsReference(subject), ...(subject.family.shared === undefined ? ['shared'] : [])],
      share: 0.1,
      shrinks: 40,
      arbitrary: (subject) => caseArbitrary(subject, 2),
      check(value, { subject }) {
        const reference = subject.reference!;
        const mixture = mixtureOf(subject, 2);
        const found = estimate(subject, mixture, value.data, value.previous);
        const exact = value.previous.components.map((values) => accepted(reference, values));
        if (found === undefined || exact.includes(undefined)) return VACUOUS;
        const decimal = (number: number) => reference.reference.decimal(number);
        const rows = value.data.rows.map((row) => row.map(decimal));
        const joint = reference.maximizeShared(
          rows,
          value.data.responsibilities.map((column) => column.map(decimal)),
          exact as never,
          new Set(subject.family.shared),
        );
        const expected = { weights: found.weights, components: joint.map((each) => reference.toNumbers(each) as ParameterValues) };
        requireWithin(subject, estimateErrors(mixture, value.data, found, expected), found, expected);
        return;
      },
    }),
    part<Case & { readonly change: UnitChange }>({
      name: 'equivariance',
      missing: ({ family }) =>
        family.equivariance !== undefined && (family.equivariance.scale || family.equivariance.shift)
          ? []
          : lacking(family, 'equivariance').concat(family.equivariance ? ['declared equivariance'] : []),
      share: 0.3,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.tuple(caseArbitrary(subject, 1), unitChangeArbitrary(subject)).map(([value, change]) => ({ ...value, change })),
      check: (value, { subject }) => equivariant(subject, value),
    }),
  ],
};

function noNeighbourIsBetter(subject: Subject, value: Case, components: number): Verdict {
  const mixture = mixtureOf(subject, components);
  if (subject.family.ascends) return ascendsToMaximum(subject, mixture, value);
  const found = estimate(subject, mixture, value.data, value.previous);
  return found === undefined ? VACUOUS : requireMaximum(subject, mixture, value, found);
}

/** Ascent steps after which one that is not at rest is let go: it has not lowered Q on the way. */
const MOST_STEPS = 400;

/** Steps of generalised EM: none lowers Q, and where they come to rest Q has no slope. */
export function ascendsToMaximum(subject: Subject, mixture: ReturnType<typeof mixtureOf>, value: Case): Verdict {
  let point = value.previous;
  let q = expectedLogLikelihood(mixture, point, value.data);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const next = estimate(subject, mixture, value.data, point);
    if (next === undefined) return VACUOUS;
    const reached = expectedLogLikelihood(mixture, next, value.data);
    const allowance = 64 * EPSILON * Math.max(q.magnitude, reached.magnitude);
    if (reached.value < q.value - allowance)
      violate(
        `the step from ${showPoint(point)} to ${showPoint(next)} lowers the weighted log-likelihood from ${q.value} by ${(q.value - reached.value).toPrecision(3)}`,
      );
    const coordinates = coordinatesAt(mixture, next);
    const rounding = coordinateRounding(coordinates, next);
    const before = coordinates.encode(point);
    const rests = coordinates.origin.every(
      (here, index) => Math.abs(here - before[index]!) <= 4 * (rounding[index]! + EPSILON * (1 + Math.abs(here))),
    );
    [point, q] = [next, reached];
    if (rests) return requireStationary(mixture, value, coordinates, q.magnitude);
  }
  return;
}

/** Of the step by which Q is looked at, in standard errors. */
const SLOPE_STEP = 1e-3;

/** Convergence is believed to be no slower than this: a step of one rounding may be so many from the end. */
const SLOWEST = 1e5;

function requireStationary(mixture: ReturnType<typeof mixtureOf>, { data }: Case, coordinates: Coordinates, magnitude: number): void {
  const units = unitsAt(mixture, data, coordinates);
  for (let index = 0; index < coordinates.length; index += 1) {
    const at = (step: number): number => {
      const moved = coordinates.origin.slice();
      moved[index]! += step * units[index]!;
      return whereDefined(() => expectedLogLikelihood(mixture, coordinates.decode(moved), data).value);
    };
    const slope = (at(SLOPE_STEP) - at(-SLOPE_STEP)) / (2 * SLOPE_STEP);
    const remaining = (SLOWEST * EPSILON * (1 + Math.abs(coordinates.origin[index]!))) / units[index]!;
    // The rounding of Q over the step; third derivatives, which are numbers of one digit or two in these units.
    const allowance = (64 * EPSILON * magnitude) / SLOPE_STEP + remaining + 100 * SLOPE_STEP ** 2;
    // Beyond any probability that a double tells from 0 or 1 there is no slope left to look at.
    if (Math.abs(slope) <= allowance || Number.isNaN(slope) || Math.abs(coordinates.origin[index]!) > AT_AN_EDGE) continue;
    violate(
      `the steps come to rest at ${showPoint(coordinates.decode(coordinates.origin))}, where the weighted log-likelihood has the slope ${slope.toPrecision(3)} a standard error in ${coordinates.describe(index)}`,
    );
  }
}

const AT_AN_EDGE = 30;

/** Violates when a neighbour of the estimate has a larger Q, by more than rounding and `noise`. */
export function requireMaximum(
  _subject: Subject,
  mixture: ReturnType<typeof mixtureOf>,
  { data, seed }: Case,
  found: MixtureParameters,
  noise = 0,
): void {
  const coordinates = coordinatesAt(mixture, found);
  const best = expectedLogLikelihood(mixture, found, data);
  if (!Number.isFinite(best.value)) violate(`at the estimate ${show(found)} the weighted log-likelihood is ${best.value}`);
  const units = unitsAt(mixture, data, coordinates);
  const allowance = 32 * EPSILON * best.magnitude + noise;
  const random = createRandom(seed);
  const directions: Float64Array[] = [];
  for (let index = 0; index < coordinates.length; index += 1)
    directions.push(Float64Array.from(coordinates.origin, (_, other) => (other === index ? 1 : 0)));
  for (let extra = 0; extra < DIRECTIONS && coordinates.length > 1; extra += 1) {
    const direction = Float64Array.from(coordinates.origin, () => random.normal());
    const length = Math.sqrt(direction.reduce((sum, entry) => sum + entry * entry, 0));
    directions.push(direction.map((entry) => entry / length));
  }
  for (const step of STEPS) {
    for (const direction of directions) {
      for (const sign of [1, -1]) {
        const neighbour = coordinates.decode(
          coordinates.origin.map((origin, index) => origin + sign * step * units[index]! * direction[index]!),
        );
        const other = whereDefined(() => expectedLogLikelihood(mixture, neighbour, data).value);
        // NaN: the neighbour lies outside the domain.
        if (!(other - best.value > allowance)) continue;
        violate(
          `the estimate ${showPoint(found)} is not the maximum: ${showPoint(neighbour)}, ${step} standard errors away, raises the weighted log-likelihood from ${best.value} by ${(other - best.value).toPrecision(3)}`,
        );
      }
    }
  }
}

export function showPoint(point: MixtureParameters): string {
  return point.weights.length === 1 ? showParameters(point.components[0]!) : show(point);
}

function agreesWithReference(subject: Subject, { data, previous }: Case): Verdict {
  const reference = subject.reference!;
  const mixture = mixtureOf(subject, 1);
  const found = estimate(subject, mixture, data, previous);
  const exactPrevious = accepted(reference, previous.components[0]!);
  if (exactPrevious === undefined) return VACUOUS;
  const decimal = (number: number) => reference.reference.decimal(number);
  let exact: ReturnType<typeof reference.maximize>;
  try {
    exact = reference.maximize(
      data.rows.map((row) => row.map(decimal)),
      data.responsibilities[0]!.map(decimal),
      exactPrevious,
    );
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReferenceFailure') throw error;
    return VACUOUS;
  }
  const expected = { weights: [1], components: [reference.toNumbers(exact) as ParameterValues] };
  if (found === undefined) violate(`the family says that there is no estimate, and the reference finds ${showPoint(expected)}`);
  requireWithin(subject, estimateErrors(mixture, data, found, expected), found, expected);
}

function requireWithin(
  { family }: Subject,
  { worst, where }: { readonly worst: number; readonly where: string },
  found: MixtureParameters,
  expected: MixtureParameters,
): void {
  const budget = family.accuracy?.maximize ?? DEFAULT_BUDGETS.maximize;
  if (worst <= budget) return;
  violate(
    `the estimate is ${showPoint(found)} and not ${showPoint(expected)}: ${where} is off by ${worst.toPrecision(3)} ulps (budget ${budget})`,
  );
}

/** A change of units: powers of two and whole numbers, so that the data themselves change without rounding. */
export interface UnitChange {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

export function unitChangeArbitrary({ family }: Subject): fc.Arbitrary<UnitChange> {
  const columns = family.columns.length;
  const list = (entry: fc.Arbitrary<number>): fc.Arbitrary<number[]> => fc.array(entry, { minLength: columns, maxLength: columns });
  const none = fc.constant(new Array<number>(columns).fill(0));
  const ones = fc.constant(new Array<number>(columns).fill(1));
  const powers = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(-400, 400)).map((exponent) => 2 ** exponent);
  const shifts = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.constantFrom(2 ** 24, -(2 ** 24)));
  const choices: fc.Arbitrary<UnitChange>[] = [];
  if (family.equivariance?.scale) choices.push(fc.record({ scale: list(powers), shift: none }));
  if (family.equivariance?.shift) choices.push(fc.record({ scale: ones, shift: list(shifts) }));
  return fc.oneof(...(choices.length > 0 ? choices : [fc.record({ scale: ones, shift: none })]));
}

/** Numbers on a grid of 2^-10, which a shift by 2^24 leaves exact. */
export const GRID: number = 1024;

function equivariant(subject: Subject, { data, previous, change }: Case & { readonly change: UnitChange }): Verdict {
  const { family } = subject;
  const mixture = mixtureOf(subject, 1);
  const onGrid = { ...data, rows: data.rows.map((row) => row.map((value) => Math.round(value * GRID) / GRID)) };
  const moved = {
    ...data,
    rows: onGrid.rows.map((row) => row.map((value, column) => value * change.scale[column]! + change.shift[column]!)),
  };
  const transform = (point: MixtureParameters): MixtureParameters => ({
    ...point,
    components: point.components.map((values) => family.equivariance!.transform(values, change.scale, change.shift) as ParameterValues),
  });
  const here = estimate(subject, mixture, onGrid, previous);
  const there = estimate(subject, mixture, moved, transform(previous));
  if (here === undefined && there === undefined) return VACUOUS;
  if (here === undefined || there === undefined)
    violate(
      `in units ${show(change)} the family ${there === undefined ? 'finds no estimate' : 'finds an estimate'}, in the old ones it ${here === undefined ? 'does not' : 'does'}`,
    );
  const expected = transform(here);
  const { worst, where, units } = estimateErrors(mixture, moved, there, expected);
  // A step from parameters is as coarse as these are, in all of its coordinates: those of a location far from 0, for one.
  const before = coordinatesAt(mixture, transform(previous));
  const coarseness = family.ascends
    ? coordinateRounding(before, transform(previous)).reduce((most, value, index) => Math.max(most, value / (EPSILON * units[index]!)), 1)
    : 1;
  const budget = 2 * coarseness * (family.accuracy?.maximize ?? DEFAULT_BUDGETS.maximize);
  if (worst > budget)
    violate(
      `in units ${show(change)} the estimate is ${showPoint(there)} and not ${showPoint(expected)}: ${where} is off by ${worst.toPrecision(3)} ulps (budget ${budget})`,
    );
}
