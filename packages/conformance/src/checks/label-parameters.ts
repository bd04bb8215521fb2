import { EmkitError, type Latent } from '@emkit/core';
import * as fc from 'fast-check';
import { numbersIn, sameBits } from '../cases.ts';
import { directionArbitrary, modelOf, movedAlong, pointOf } from '../labels/cases.ts';
import { everyLabelling, logProbabilityOf, longestUnit } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart, needsFreeParameters } from '../labels/subject.ts';
import { type Law, show, violate } from '../law.ts';
import { EPSILON } from '../tolerance.ts';

/** Columns of scores that have less than this left beside the columns before them are no columns of their own. */
const DEPENDENT = 1e-4;

/** Where doubles resolve a point no better than this, no fit could end. */
const COARSEST = 1e-9;

/** The step of a central difference of log-probabilities, in natural units: its error is about the square. */
const STEP = 1e-4;

/**
 * **label-parameters**: the space of a latent structure's parameters is what the driver takes it for.
 *
 * - Free coordinates lead there and back: moving from p by the difference from p to q gives q, and the difference back is the opposite one.
 * - Their number is the degrees of freedom: the scores d log P(labels) / d theta over all sequences of labels have that rank. What AIC and
 *   BIC count is neither more nor less.
 * - The distance is 0 at equality, positive elsewhere, the same both ways for small steps, and half as long for half a step.
 * - A point on an edge is said to be on it, one inside is not; a point with a number that is none is not contained.
 * - `check` gives every point back as it is, without what does not belong to it, and refuses what is no point with `PARAMETER_*` or `MODEL_*`.
 */
export const labelParameters: Law<LatentSubject> = {
  name: 'label-parameters',
  statement: 'free coordinates lead there and back and are the degrees of freedom; distances, edges and checks are what they should be',
  falseAlarmRate: 0,
  parts: [
    labelPart({
      name: 'coordinates there and back',
      missing: needsFreeParameters,
      arbitrary: (subject) => fc.record({ from: subject.points('ordinary'), to: subject.points('ordinary') }),
      check({ from, to }, { subject: { latent } }) {
        const { free, distance } = latent.space;
        const way = difference(latent, from, to);
        const back = difference(latent, to, from);
        const rounding = 64 * EPSILON * (1 + Math.max(...way.map(Math.abs)));
        way.forEach((value, index) => {
          if (!(Math.abs(value + back[index]!) <= rounding))
            violate(`coordinate ${index + 1} changes by ${value} from ${show(from)} to ${show(to)}, and by ${back[index]} back`);
        });
        const reached = free.move(from, way, 0);
        if (!(distance(reached, to) <= rounding)) violate(`the step from ${show(from)} to ${show(to)} leads to ${show(reached)}`);
        if (difference(latent, from, from).some((value) => value !== 0)) violate(`from ${show(from)} to itself is a step`);
        if (!(distance(free.move(from, new Float64Array(free.length), 0), from) <= 8 * EPSILON))
          violate(`no step leads away from ${show(from)}`);
      },
    }),
    labelPart({
      name: 'coordinates are the degrees of freedom',
      missing: needsFreeParameters,
      share: 0.1,
      shrinks: 20,
      arbitrary: (subject) => subject.points('ordinary'),
      check(at, { subject: { latent } }) {
        const { length } = latent.space.free;
        const rank = independentColumns(scores(latent, at));
        if (rank !== length) violate(`there are ${length} free coordinates at ${show(at)}, and the scores have the rank ${rank}`);
      },
    }),
    labelPart({
      name: 'distance',
      missing: needsFreeParameters,
      arbitrary: (subject) =>
        fc.record({
          from: subject.points('ordinary'),
          direction: directionArbitrary(subject.latent),
          exponent: fc.integer({ min: 1, max: 8 }),
        }),
      check({ from, direction, exponent }, { subject: { latent } }) {
        const { distance } = latent.space;
        const step = 10 ** -exponent;
        const [to, half] = [step, step / 2].map((size) => movedAlong(latent, from, direction, size)) as [object, object];
        if (distance(from, from) !== 0) violate(`the distance of ${show(from)} from itself is ${distance(from, from)}`);
        const whole = distance(from, to);
        if (!(whole > 0 && whole < Infinity)) violate(`the distance from ${show(from)} to ${show(to)} is ${whole}`);
        // To the first order; the points themselves round.
        const allowed = whole * (0.5 * step + 1e-3) + 64 * EPSILON;
        if (!(Math.abs(distance(to, from) - whole) <= allowed))
          violate(`the distance from ${show(from)} to ${show(to)} is ${whole}, and ${distance(to, from)} back`);
        if (!(Math.abs(2 * distance(from, half) - whole) <= 2 * allowed))
          violate(`the distance from ${show(from)} to ${show(to)} is ${whole}, and to half the way ${distance(from, half)}`);
      },
    }),
    labelPart({
      name: 'edges and rounding',
      missing: needsFreeParameters,
      arbitrary: (subject) => subject.points('extreme'),
      check(at, { subject: { latent } }) {
        const { space, start, corners } = latent;
        const rounding = space.rounding(at);
        if (!(rounding >= 0 && rounding <= COARSEST)) violate(`the rounding at ${show(at)} is ${rounding}`);
        const onEdge = difference(latent, start, at).some((value) => !Number.isFinite(value));
        const named = [...space.boundary(at, 0), ...(corners?.(at, 0) ?? [])];
        if (onEdge && named.length === 0) violate(`${show(at)} lies on an edge, and no parameter is said to`);
        if (!onEdge && named.length > 0) violate(`${named.join(', ')} is said to lie on an edge at ${show(at)}`);
      },
    }),
    labelPart({
      name: 'checks',
      share: 0.5,
      arbitrary: (subject) => fc.record({ at: subject.points('extreme'), place: fc.nat(), wrong: fc.constantFrom(...NO_NUMBERS) }),
      check({ at, place, wrong }, { subject }) {
        const { space } = subject.latent;
        if (!space.contains(at)) violate(`${show(at)} is not contained`);
        const point = pointOf(subject.latent, at);
        const model = modelOf(subject);
        const checked = space.check({ ...JSON.parse(JSON.stringify(point)), colour: 1 }) as object;
        if (!sameBits(checked, at)) violate(`check gave ${show(checked)} for ${show(at)}`);
        const count = numbersIn(at).length;
        if (count === 0) return;
        const broken = withNumber(at, place % count, wrong);
        try {
          const taken = model.space.check({ ...point, ...broken });
          violate(`${show(broken)} was taken for ${show(taken)}`);
        } catch (error) {
          if (!(error instanceof EmkitError) || !/^(PARAMETER|MODEL)_/.test(error.code)) throw error;
        }
        if (Number.isNaN(wrong) && space.contains(broken)) violate(`${show(broken)} is contained`);
      },
    }),
  ],
};

const NO_NUMBERS: readonly unknown[] = [Number.NaN, Number.NaN, Infinity, 'text', null, undefined, {}, [0]];

/** The coordinates of one point less those of another. */
function difference({ space: { free } }: Latent, from: object, to: object): Float64Array {
  const way = new Float64Array(free.length);
  free.difference(from, to, way, 0);
  return way;
}

/** d log P(labels) / d coordinate for every sequence of labels: one array a coordinate, each weighed by the root of the probability. */
function scores(latent: Latent, at: object): readonly Float64Array[] {
  const { components, space } = latent;
  const labellings = everyLabelling(components, longestUnit(components));
  return Array.from({ length: space.free.length }, (_, index) => {
    const direction = Array.from({ length: space.free.length }, (_, other) => (other === index ? 1 : 0));
    const [above, below] = [STEP, -STEP].map((step) => movedAlong(latent, at, direction, step)) as [object, object];
    return Float64Array.from(labellings, (labels) => {
      const logProbability = logProbabilityOf(latent, labels, at);
      if (logProbability === -Infinity) return 0;
      const slope = (logProbabilityOf(latent, labels, above) - logProbabilityOf(latent, labels, below)) / (2 * STEP);
      return slope * Math.exp(0.5 * logProbability);
    });
  });
}

/** The number of columns that are no combination of those before them. */
function independentColumns(columns: readonly Float64Array[]): number {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const left = column.slice();
    for (const other of basis) {
      const share = dot(left, other);
      for (let index = 0; index < left.length; index += 1) left[index]! -= share * other[index]!;
    }
    const [before, after] = [Math.sqrt(dot(column, column)), Math.sqrt(dot(left, left))];
    if (after > DEPENDENT * before) basis.push(left.map((value) => value / after));
  }
  return basis.length;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

/** A copy in which the number at a place, counted over all, is something else. */
function withNumber(at: object, place: number, wrong: unknown): object {
  let index = 0;
  const copy = (value: unknown): unknown => {
    if (typeof value === 'number') return index++ === place ? wrong : value;
    if (Array.isArray(value)) return value.map(copy);
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, copy(entry)]))
      : value;
  };
  return copy(at) as object;
}
