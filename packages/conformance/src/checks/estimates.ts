import { createRandom, type Domain, type Mixture, type MixtureParameters, type ParameterValues } from '@emkit/core';
import * as fc from 'fast-check';
import { pointArbitrary, sameBits, withShared } from '../cases.ts';
import { coordinateRounding, coordinatesAt, nudgedEach, whereDefined } from '../coordinates.ts';
import { estimate, estimateErrors, expectedLogLikelihood, unitsAt, type Weighted } from '../estimate.ts';
import { type Law, lacking, part, type Subject, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';
import { ascendsToMaximum, type Case, caseArbitrary, requireMaximum, showPoint } from './m-step.ts';

/** How far an estimate may stay from where Q is stationary, in standard errors of the sample. */
const OFF = 3e-8;

/** The steps of the difference quotients of Q, in standard errors. */
const STEP = 2e-2;

/** M-steps from one another's results after which statistics are about a point near the estimate, however far off the first one was. */
const ROUNDS = 4;

const MOST_SUBSETS = 16;

/** Parts of the law "m-step" about what is held, shared, weighed and moved: all that a family offers is exercised. */
export const estimateParts: Law['parts'] = [
  ...[1, 2].map((components) =>
    part<Case>({
      name: components === 1 ? 'Q is stationary' : 'Q is stationary, with two components',
      share: components === 1 ? 0.2 : 0.1,
      shrinks: 60,
      // Where every estimate lies on an edge.
      mayBeVacuous: true,
      missing: ({ family }) => closedForm(family),
      arbitrary: (subject) => caseArbitrary(subject, components),
      check(value, { subject }) {
        const mixture = subject.engine.createMixture({ family: subject.family, components });
        const found = estimate(subject, mixture, value.data, value.previous);
        return found === undefined ? VACUOUS : requireStationary(mixture, value, found);
      },
    }),
  ),
  part<Case & { readonly names: readonly string[] }>({
    name: 'every set of held parameters',
    missing: ({ family }) => [...closedForm(family), ...(heldSets(family).length > 0 ? [] : ['holdable'])],
    share: 0.2,
    mayBeVacuous: true,
    shrinks: 60,
    arbitrary: (subject) =>
      fc.tuple(caseArbitrary(subject, 1), fc.constantFrom(...heldSets(subject.family))).map(([value, names]) => ({ ...value, names })),
    check(value, { subject }) {
      const mixture = subject.engine.createMixture({ family: subject.family, components: 1, held: { components: [value.names] } });
      return requireTied(subject, mixture, value, value.names);
    },
  }),
  part<Case & { readonly names: readonly string[]; readonly held: readonly string[] }>({
    name: 'sharing on demand',
    missing: ({ family }) => [...closedForm(family), ...(sharedSets(family).length > 0 ? [] : ['shareable'])],
    share: 0.15,
    mayBeVacuous: true,
    shrinks: 60,
    arbitrary: (subject) =>
      fc
        .tuple(
          caseArbitrary(subject, 2),
          fc.constantFrom(...sharedSets(subject.family)),
          fc.constantFrom([], [], ...heldSets(subject.family).filter((names) => names.length === 1)),
        )
        .map(([value, names, held]) => ({
          ...value,
          names,
          held,
          previous: withShared({ ...subject.family, shared: names }, value.previous),
        })),
    check(value, { subject }) {
      const { names, held } = value;
      const mixture = subject.engine.createMixture({ family: subject.family, components: 2, shared: names, held: { components: [held] } });
      const found = estimate(subject, mixture, value.data, value.previous);
      if (found === undefined) return VACUOUS;
      for (const name of names) {
        if (!sameBits(found.components[0]![name], found.components[1]![name]))
          violate(`${name} is shared and came out as ${show(found.components[0]![name])} and ${show(found.components[1]![name])}`);
      }
      return requireTied(subject, mixture, value, held);
    },
  }),
  part<Case & { readonly exponent: number }>({
    name: 'responsibilities in another unit',
    share: 0.3,
    shrinks: 60,
    arbitrary: (subject) =>
      fc
        .tuple(caseArbitrary(subject, 1), fc.constantFrom(-800, -100, -30, -7, 7, 30, 100))
        .map(([value, exponent]) => ({ ...value, exponent })),
    check(value, { subject }) {
      const { data, previous, exponent } = value;
      const mixture = subject.engine.createMixture({ family: subject.family, components: 1 });
      const scaled = { ...data, responsibilities: data.responsibilities.map((column) => column.map((each) => each * 2 ** exponent)) };
      const one = estimate(subject, mixture, data, previous);
      const other = estimate(subject, mixture, scaled, previous);
      if (one === undefined && other === undefined) return VACUOUS;
      if (one === undefined || other === undefined)
        return violate(
          `with all responsibilities times 2^${exponent} there is ${other === undefined ? 'no' : 'an'} estimate, and without ${other === undefined ? 'there is one' : 'there is none'}`,
        );
      const { worst, where } = estimateErrors(mixture, data, other, one);
      if (worst > (subject.family.accuracy?.maximize ?? 256) * 2)
        violate(
          `with all responsibilities times 2^${exponent} the estimate is ${showPoint(other)} and not ${showPoint(one)}: ${where} differs by ${worst.toPrecision(3)} ulps`,
        );
      return;
    },
  }),
  part<Case & { readonly places: readonly number[]; readonly exponent: number }>({
    name: 'far from zero',
    missing: ({ family }) => [...closedForm(family), ...(family.columns.some(isMovable) ? [] : ['column without a scale of its own'])],
    share: 0.15,
    shrinks: 40,
    arbitrary: (subject) =>
      fc
        .tuple(
          caseArbitrary(subject, 1),
          fc.array(fc.constantFrom(-(2 ** 24), -(2 ** 12), 2 ** 12, 2 ** 20, 2 ** 24), {
            minLength: subject.family.columns.length,
            maxLength: subject.family.columns.length,
          }),
          fc.integer({ min: -40, max: 40 }),
        )
        .map(([value, places, exponent]) => ({ ...value, places, exponent })),
    check: (value, { subject }) => requireMaximumFarOut(subject, value),
  }),
  part<Case & { readonly to: MixtureParameters; readonly about: MixtureParameters }>({
    name: 'the gain of large steps',
    mayBeVacuous: true,
    // Without a closed form the sums may be too few for more than small steps.
    missing: ({ family }) => [...closedForm(family), ...lacking(family, 'gain')],
    share: 0.5,
    arbitrary: (subject) =>
      fc
        .tuple(caseArbitrary(subject, 1), pointArbitrary(subject, 1), pointArbitrary(subject, 1))
        .map(([value, to, about]) => ({ ...value, to, about })),
    check({ data, previous: from, to, about }, { subject }) {
      const mixture = subject.engine.createMixture({ family: subject.family, components: 1 });
      const gain = gainOf(subject, data, about, from, to);
      const [before, after] = [from, to].map((point) => expectedLogLikelihood(mixture, point, data)) as [Q, Q];
      if (!Number.isFinite(before.value) || !Number.isFinite(after.value)) return VACUOUS;
      // Statistics about a point elsewhere lose digits on their way.
      const allowance = 1e-9 * (before.magnitude + after.magnitude);
      if (!(Math.abs(gain - (after.value - before.value)) <= allowance))
        violate(`the gain from ${showPoint(from)} to ${showPoint(to)} is ${gain}, and Q changes by ${after.value - before.value}`);
      const staying = gainOf(subject, data, about, from, structuredClone(from));
      if (staying !== 0) violate(`to stay at ${showPoint(from)} gains ${staying}`);
      return;
    },
  }),
  part<Case & { readonly exponent: number; readonly place: number }>({
    name: 'the gain of small steps',
    mayBeVacuous: true,
    missing: ({ family }) => lacking(family, 'gain'),
    share: 0.3,
    arbitrary: (subject) =>
      fc
        .tuple(caseArbitrary(subject, 1), fc.integer({ min: 6, max: 8 }), fc.nat({ max: 1000 }))
        .map(([value, exponent, place]) => ({ ...value, exponent, place })),
    check({ data, previous: from, exponent, place }, { subject }) {
      const mixture = subject.engine.createMixture({ family: subject.family, components: 1 });
      requireDigitsOfGain(subject, mixture, data, from, place);
      const coordinates = coordinatesAt(mixture, from);
      const index = place % coordinates.length;
      const unit = unitsAt(mixture, data, coordinates)[index]!;
      const { slope, bend, error } = slopeOf(
        mixture,
        data,
        coordinates,
        coordinates.origin.map((_, other) => (other === index ? unit : 0)),
      );
      if (!Number.isFinite(slope) || !(Math.abs(slope) > 1e-3)) return VACUOUS;
      // The way to coordinates and back rounds every parameter, and each of them may be worth more than the step.
      const nudge = 2 ** -30;
      const ofRounding = nudgedEach(from.components[0]!, nudge).reduce(
        (sum, values) => sum + Math.abs(gainOf(subject, data, from, from, { ...from, components: [values] })) * (EPSILON / nudge),
        0,
      );
      for (const step of [10 ** -exponent, -(10 ** -exponent)]) {
        const to = coordinates.decode(coordinates.origin.map((value, other) => value + (other === index ? step * unit : 0)));
        const taken = (coordinates.encode(to)[index]! - coordinates.encode(from)[index]!) / unit;
        const gain = gainOf(subject, data, from, from, to);
        const rounding = coordinateRounding(coordinates, from)[index]! / unit;
        const allowance =
          1e-4 * Math.abs(slope * taken) +
          bend * taken * taken +
          (error + 1e-9) * Math.abs(taken) +
          64 * rounding * Math.abs(slope) +
          16 * ofRounding;
        if (!(Math.abs(gain - slope * taken) <= allowance))
          violate(
            `the gain of a step of ${taken} standard errors from ${showPoint(from)} to ${showPoint(to)} is ${gain}, and Q changes by ${slope * taken}`,
          );
      }
      return;
    },
  }),
  part<Case & { readonly moves: readonly number[] }>({
    name: 'statistics about another point',
    missing: ({ family }) => lacking(family, 'translate'),
    share: 0.5,
    arbitrary: (subject) =>
      fc
        .tuple(caseArbitrary(subject, 1), fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 64, maxLength: 64 }))
        .map(([value, moves]) => ({ ...value, moves: moves.map((each) => each / 1000) })),
    check({ data, previous, moves }, { subject }) {
      const { family } = subject;
      const mixture = subject.engine.createMixture({ family, components: 1 });
      const coordinates = coordinatesAt(mixture, previous);
      const about = previous.components[0]!;
      const [to] = coordinates.decode(coordinates.origin.map((value, index) => value + moves[index % moves.length]!)).components as [
        ParameterValues,
      ];
      const own = statisticsAbout(subject, data, about);
      const found = family.translate!(own.sums, own.count, about, to);
      const expected = statisticsAbout(subject, data, to);
      expected.sums.forEach((value, index) => {
        // What is subtracted on the way is as large as the statistics about the two points.
        const allowance = 1e-9 * (expected.magnitudes[index]! + own.magnitudes.reduce((sum, each) => sum + each, own.count));
        if (!(Math.abs(found[index]! - value) <= allowance))
          violate(`taken from ${show(about)} to ${show(to)}, statistic ${index + 1} is ${found[index]} and not ${value}`);
      });
    },
  }),
];

/** A step from the estimate, in standard errors: a hundredth of it gains a ten-thousandth, which differences of two Qs cannot show. */
const RESTING_STEP = 1e-5;

/** Away from the estimate Q is a parabola: what opposite steps gain together goes with their square. */
function requireDigitsOfGain(subject: Subject, mixture: Mixture, data: Weighted, previous: MixtureParameters, place: number): void {
  const found = estimate(subject, mixture, data, previous);
  if (found === undefined) return;
  const coordinates = coordinatesAt(mixture, found);
  if (coordinates.origin.some((value) => Math.abs(value) >= EDGE && Math.abs(value) === EDGE)) return;
  const index = place % coordinates.length;
  const unit = unitsAt(mixture, data, coordinates)[index]!;
  // Where the estimate itself is coarse, a step that small is no step.
  if (coordinateRounding(coordinates, found)[index]! > 1e-11 * unit) return;
  const at = (step: number): MixtureParameters =>
    coordinates.decode(coordinates.origin.map((value, other) => value + (other === index ? step * unit : 0)));
  // The way to coordinates and back rounds what stays as it does what moves: from there, only the step counts.
  const centre = at(0);
  if (movesSum(subject.family, centre, at(RESTING_STEP))) return;
  const both = (step: number): number => [step, -step].reduce((sum, each) => sum + gainOf(subject, data, found, centre, at(each)), 0);
  const [large, small] = [both(RESTING_STEP), both(RESTING_STEP / 100)];
  if (!(Math.abs(large) > 1e-11) || Number.isNaN(small)) return;
  if (!(Math.abs(large - 1e4 * small) <= 1e-2 * Math.abs(large)))
    violate(
      `from the estimate ${showPoint(found)} two opposite steps of ${RESTING_STEP} standard errors in ${coordinates.describe(index)} gain ${large}, and two of a hundredth of that ${small}, not a ten-thousandth: the gain is computed from large numbers, and rounds as they do`,
    );
}

/** Whether probabilities that sum to 1 differ: they do so only to rounding, which is worth more than a small step. */
function movesSum({ parameters }: Subject['family'], from: MixtureParameters, to: MixtureParameters): boolean {
  return Object.entries<Domain>(parameters).some(
    ([name, domain]) => hasSum(domain) && !sameBits(from.components[0]![name], to.components[0]![name]),
  );
}

function hasSum(domain: Domain): boolean {
  return domain.kind === 'record' ? Object.values(domain.entries).some(hasSum) : domain.kind === 'simplex';
}

/** What steps of a generalised EM are held to stands in the first parts of the law: one of them alone ends nowhere. */
function closedForm(family: Subject['family']): readonly string[] {
  return family.ascends ? ['closed form'] : [];
}

type Q = ReturnType<typeof expectedLogLikelihood>;

/** The sets of parameters that may be held while others move. */
function heldSets(family: Subject['family']): readonly (readonly string[])[] {
  const all = Object.keys(family.parameters).length;
  return subsets(family.holdable ?? []).filter((names) => names.length < all);
}

/** The sets of parameters that may be shared on demand, all together among them. */
function sharedSets(family: Subject['family']): readonly (readonly string[])[] {
  const all = Object.keys(family.parameters);
  if ((family.shared ?? []).length > 0) return [];
  const some = subsets(family.shareable ?? []).filter((names) => names.length < all.length);
  return [...some, all];
}

function subsets(names: readonly string[]): readonly (readonly string[])[] {
  let sets: string[][] = [[]];
  for (const name of names) sets = [...sets, ...sets.slice(0, MOST_SUBSETS).map((set) => [...set, name])];
  return sets.filter((set) => set.length > 0);
}

function requireTied(subject: Subject, mixture: Mixture, value: Case, held: readonly string[]): Verdict {
  const found = estimate(subject, mixture, value.data, value.previous);
  if (found === undefined) return VACUOUS;
  for (const name of held) {
    const before = value.previous.components[0]![name];
    if (!sameBits(found.components[0]![name], before))
      violate(`${name} was held at ${show(before)} and came out as ${show(found.components[0]![name])}`);
  }
  // Sums that are shared and cannot be moved are not taken again: what a family iterates by `recentre` is then a step of its iteration.
  const { recentre, translate } = subject.family;
  if (mixture.emissions.sharedGroups.length > 0 && recentre !== undefined && translate === undefined)
    return ascendsToMaximum(subject, mixture, value);
  requireMaximum(subject, mixture, value, found);
  return requireStationary(mixture, value, found);
}

/** Of more coordinates than these, random directions are tried in place of each alone: an error of any one shows in all of them. */
const MOST_ALONE = 6;

const DIRECTIONS = 3;

/** The coordinate that stands for the edge of a domain, where Q has no derivative. */
const EDGE = 36;

/** Violates when Q has a slope at the estimate: the derivative sees an error of 1e-8 standard errors where the value sees one of 1e-6. */
function requireStationary(mixture: Mixture, { data, seed }: Case, found: MixtureParameters): Verdict {
  const coordinates = coordinatesAt(mixture, found);
  if (coordinates.origin.some((value) => Math.abs(value) >= EDGE && Math.abs(value) === EDGE)) return VACUOUS;
  const units = unitsAt(mixture, data, coordinates);
  const rounding = coordinateRounding(coordinates, found);
  const random = createRandom(seed);
  const directions: readonly (readonly [Float64Array, string])[] =
    coordinates.length <= MOST_ALONE
      ? Array.from(units, (unit, index) => [units.map((_, other) => (other === index ? unit : 0)), coordinates.describe(index)])
      : Array.from({ length: DIRECTIONS }, () => {
          const length = Math.sqrt(coordinates.length);
          return [units.map((unit) => (random.uniform() < 0.5 ? -unit : unit) / length), 'a combination of all coordinates'];
        });
  for (const [direction, what] of directions) {
    const { slope, error } = slopeOf(mixture, data, coordinates, direction);
    if (!Number.isFinite(slope)) continue;
    const allowance = OFF + 4 * error + 256 * inUnits(rounding, units);
    if (Math.abs(slope) <= allowance) continue;
    violate(
      `the estimate ${showPoint(found)} is not where Q is stationary: ${what} is off by ${slope.toPrecision(3)} standard errors (allowed ${allowance.toPrecision(2)})`,
    );
  }
}

function inUnits(rounding: Float64Array, units: Float64Array): number {
  return rounding.reduce((sum, each, index) => sum + each / units[index]!, 0);
}

/** dQ along a direction, by differences extrapolated twice, and how far rounding and the extrapolation may be off. */
function slopeOf(
  mixture: Mixture,
  data: Weighted,
  coordinates: ReturnType<typeof coordinatesAt>,
  direction: Float64Array,
): { readonly slope: number; readonly bend: number; readonly error: number } {
  let magnitude = 0;
  const at = (step: number): number =>
    whereDefined(() => {
      const q = expectedLogLikelihood(
        mixture,
        coordinates.decode(coordinates.origin.map((value, index) => value + step * direction[index]!)),
        data,
      );
      magnitude = Math.max(magnitude, q.magnitude);
      return q.value;
    });
  const quotient = (step: number): number => (at(step) - at(-step)) / (2 * step);
  const [one, half, quarter] = [quotient(STEP), quotient(STEP / 2), quotient(STEP / 4)] as const;
  const coarse = (4 * half - one) / 3;
  const fine = (4 * quarter - half) / 3;
  const bend = Math.abs(at(STEP) + at(-STEP) - 2 * at(0)) / STEP ** 2;
  // A step from a coordinate far from 0 is itself rounded.
  const stepRounding = direction.reduce(
    (sum, unit, index) => sum + (unit === 0 ? 0 : (EPSILON * Math.abs(coordinates.origin[index]!)) / Math.abs(unit)),
    0,
  );
  return { slope: (16 * fine - coarse) / 15, bend, error: Math.abs(fine - coarse) + (16 * EPSILON * magnitude) / STEP + stepRounding };
}

type Column = Subject['family']['columns'][number];

/** Columns whose numbers may be anything, or anything above 0: data far out are as good as any. */
function isMovable({ support, given }: Column): boolean {
  return given !== true && (support.kind === 'real' || isHalfLine({ support }) || isCount({ support }));
}

function isHalfLine({ support }: Pick<Column, 'support'>): boolean {
  return support.kind === 'interval' && support.minimum === 0 && support.maximum === Infinity;
}

function isCount({ support }: Pick<Column, 'support'>): boolean {
  return support.kind === 'integer' && support.minimum === 0 && support.maximum === Infinity;
}

function requireMaximumFarOut(
  subject: Subject,
  { data, previous, places, exponent, seed }: Case & { readonly places: readonly number[]; readonly exponent: number },
): Verdict {
  const { family } = subject;
  const move = (value: number, column: number): number => {
    const { support, given } = family.columns[column]!;
    if (given) return value;
    // On a grid, so that the shift itself does not round.
    if (support.kind === 'real') return Math.round(value * 1024) / 1024 + places[column]!;
    if (isCount({ support })) return value * 2 ** Math.abs(exponent);
    return isHalfLine({ support }) ? value * 2 ** exponent : value;
  };
  const moved = { ...data, rows: data.rows.map((row) => row.map(move)) };
  const mixture = subject.engine.createMixture({ family, components: 1 });
  let point = previous;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = estimate(subject, mixture, moved, point);
    if (found === undefined) return VACUOUS;
    point = found;
  }
  if (!Number.isFinite(expectedLogLikelihood(mixture, point, moved).value)) return VACUOUS;
  return requireMaximum(subject, mixture, { data: moved, previous: point, seed }, point, noiseOf(mixture, moved, point));
}

/** Steps so small that Q must not change, in standard errors. */
const STILL = [1e-9, -1e-9, 2e-9, -2e-9, 3e-9, -3e-9];

/** How far Q jumps where it should stand still: log-densities of large counts are differences of larger numbers. */
function noiseOf(mixture: Mixture, data: Weighted, point: MixtureParameters): number {
  const coordinates = coordinatesAt(mixture, point);
  const units = unitsAt(mixture, data, coordinates);
  const centre = expectedLogLikelihood(mixture, point, data).value;
  const jumps = STILL.map((step) => {
    const there = coordinates.decode(coordinates.origin.map((value, index) => value + step * units[index]!));
    return Math.abs(whereDefined(() => expectedLogLikelihood(mixture, there, data).value) - centre);
  });
  return 16 * Math.max(...jumps.filter(Number.isFinite), 0);
}

function statisticsAbout(
  { family }: Subject,
  { rows, responsibilities }: Weighted,
  about: ParameterValues,
): { readonly sums: Float64Array; readonly magnitudes: Float64Array; readonly count: number } {
  const sums = new Float64Array(family.statisticsLength);
  const magnitudes = new Float64Array(family.statisticsLength);
  const values = Float64Array.from(responsibilities[0]!);
  family.accumulate(blockOf(family, rows), values, about, sums);
  rows.forEach((row, index) => {
    const single = new Float64Array(family.statisticsLength);
    family.accumulate(blockOf(family, [row]), values.subarray(index, index + 1), about, single);
    for (let each = 0; each < single.length; each += 1) magnitudes[each]! += Math.abs(single[each]!);
  });
  return { sums, magnitudes, count: values.reduce((sum, value) => sum + value, 0) };
}

function gainOf(subject: Subject, data: Weighted, about: MixtureParameters, from: MixtureParameters, to: MixtureParameters): number {
  const { sums, count } = statisticsAbout(subject, data, about.components[0]!);
  return subject.family.gain!(sums, count, about.components[0]!, from.components[0]!, to.components[0]!);
}
