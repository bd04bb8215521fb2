import type { Latent } from '@emkit/core';
import * as fc from 'fast-check';
import { sameBits } from '../cases.ts';
import { DENSITIES, directionArbitrary, movedAlong, unitArbitrary } from '../labels/cases.ts';
import { posteriorOf, type Unit } from '../labels/enumeration.ts';
import { type Line, lineOf } from '../labels/line.ts';
import { type LatentSubject, labelPart, needsFreeParameters } from '../labels/subject.ts';
import { type Law, show, VACUOUS, violate } from '../law.ts';
import { EPSILON } from '../tolerance.ts';

interface Case {
  readonly at: object;
  readonly units: readonly Unit[];
  readonly direction: readonly number[];
}

const caseArbitrary = (subject: LatentSubject): fc.Arbitrary<Case> =>
  fc.record({
    at: subject.points('ordinary'),
    units: fc.array(unitArbitrary(subject.latent.components, DENSITIES.near), { minLength: 1, maxLength: 8 }),
    direction: directionArbitrary(subject.latent),
  });

/** M-steps in which one that only ascends must come to rest. */
const MOST_STEPS = 2000;

/** The stretch of a direction in which Q is looked at, in natural units of the coordinates. */
const HALF_LENGTH = 0.5;

/** Beyond these an estimate is too near to an edge for the rounding of probabilities not to show. */
const INSIDE = 5;

/** How far a fixed point may lie from the stationary point next to it, in natural units of the coordinates. */
const OFF = 1e-9;

/**
 * **label-m-step**: with Q(theta) = `expectedLogProbability(sums, theta)`, `maximize` raises Q, and where it comes to rest Q is at a maximum.
 *
 * - The estimate lies in the space, is plain JSON, can be reached by free coordinates from where it began (what is held is held), and Q is no
 *   lower there, to the rounding of Q.
 * - Where a repeated M-step rests (after one, where the estimate is in closed form), the slope of Q along any direction is 0 and Q bends
 *   down: a count smoothed by one, or a divisor off by one, is a thousandth of a probability.
 * - `gain` is Q(to) - Q(from): for large steps to the rounding of Q; from the maximum, where the first order is 0, for steps down to 1e-7, whose
 *   gain is 1e-14 of Q. The reference is Q interpolated along the step, of which small changes are known to their own digits. Where it is
 *   not known it is NaN, and the case says nothing.
 */
export const labelMStep: Law<LatentSubject> = {
  name: 'label-m-step',
  statement: 'the M-step raises the expected log-probability and rests at a maximum; a gain has the digits of the step, however small',
  falseAlarmRate: 0,
  parts: [
    labelPart({
      name: 'the estimate raises Q',
      arbitrary: (subject) => fc.record({ about: subject.points('ordinary'), case: caseArbitrary(subject) }),
      check({ about, case: { at, units } }, { subject: { latent } }) {
        const { space } = latent;
        const sums = sumsOf(latent, at, units);
        const estimate = latent.maximize(sums, about);
        if (!space.contains(estimate)) violate(`the estimate ${show(estimate)} does not lie in the space`);
        if (!sameBits(JSON.parse(JSON.stringify(estimate)), space.check(estimate)))
          violate(`the estimate ${show(estimate)} is no plain JSON`);
        const [before, after] = [about, estimate].map((point) => latent.expectedLogProbability(sums, point)) as [number, number];
        if (!(after >= before - roundingOfQ(before, sums)))
          violate(`the M-step lowers Q from ${before} at ${show(about)} to ${after} at ${show(estimate)}`);
        const way = new Float64Array(space.free.length);
        space.free.difference(about, estimate, way, 0);
        if (!way.every(Number.isFinite)) return;
        const reached = space.free.move(about, way, 0);
        if (!(space.distance(reached, estimate) <= 256 * EPSILON * (1 + Math.max(0, ...way.map(Math.abs)))))
          violate(`the M-step leads from ${show(about)} to ${show(estimate)}, and its free coordinates to ${show(reached)}`);
      },
    }),
    labelPart<Case>({
      name: 'it rests at a maximum',
      missing: needsFreeParameters,
      arbitrary: caseArbitrary,
      check({ at, units, direction }, { subject: { latent } }) {
        const sums = sumsOf(latent, at, units);
        const rest = restOf(latent, sums, at);
        if (rest === undefined) return VACUOUS;
        const line = lineAlong(latent, sums, rest, direction);
        const unit = Math.max(line.curvature, EPSILON * Math.abs(line.value));
        // The slope of an interpolation rounds as the value does.
        const allowed = OFF * unit + 256 * EPSILON * Math.abs(line.value);
        if (!(Math.abs(line.slope) <= allowed))
          violate(
            `at ${show(rest)}, where the M-step rests, Q has the slope ${line.slope} in the direction ${show(direction)} (allowed ${allowed.toPrecision(2)})`,
          );
        if (!(line.curvature >= -1e4 * EPSILON * Math.abs(line.value)))
          violate(`at ${show(rest)}, where the M-step rests, Q bends up by ${-line.curvature} in the direction ${show(direction)}`);
        return;
      },
    }),
    labelPart({
      name: 'the gain of large steps',
      missing: needsFreeParameters,
      arbitrary: (subject) => {
        const point = fc.oneof(subject.points('ordinary'), subject.points('extreme'));
        return fc.record({ from: point, to: point, case: caseArbitrary(subject) });
      },
      check({ from, to, case: { units } }, { subject: { latent } }) {
        const sums = sumsOf(latent, from, units);
        const [before, after] = [from, to].map((point) => latent.expectedLogProbability(sums, point)) as [number, number];
        const gain = latent.gain(sums, from, from, to);
        if (Number.isNaN(gain)) return VACUOUS;
        const change = after - before;
        if (gain !== change && !(Math.abs(gain - change) <= roundingOfQ(before, sums) + roundingOfQ(after, sums)))
          violate(`the gain from ${show(from)} to ${show(to)} is ${gain}, and Q changes by ${change}`);
        const staying = latent.gain(sums, from, from, structuredClone(from));
        if (staying !== 0) violate(`to stay at ${show(from)} gains ${staying}`);
        return;
      },
    }),
    labelPart({
      name: 'the gain of small steps',
      missing: needsFreeParameters,
      arbitrary: (subject) => fc.record({ case: caseArbitrary(subject), exponent: fc.integer({ min: 2, max: 7 }) }),
      check({ case: { at, units, direction }, exponent }, { subject: { latent } }) {
        const sums = sumsOf(latent, at, units);
        const rest = restOf(latent, sums, at);
        if (rest === undefined) return VACUOUS;
        const line = lineAlong(latent, sums, rest, direction);
        if (!(line.curvature > 1e-4 * Math.abs(line.value))) return VACUOUS;
        for (const step of [10 ** -exponent, -(10 ** -exponent)]) {
          const to = movedAlong(latent, rest, direction, step);
          const gain = latent.gain(sums, at, rest, to);
          if (Number.isNaN(gain)) return VACUOUS;
          const expected = line.change(step);
          if (!(Math.abs(gain - expected) <= 1e-4 * Math.abs(expected) + 1e-13 * Math.abs(line.value * step)))
            violate(`the gain from ${show(rest)} to ${show(to)} is ${gain}, and Q changes by ${expected}`);
        }
        return;
      },
    }),
  ],
};

/** The expected sums of some units. */
function sumsOf(latent: Latent, at: object, units: readonly Unit[]): Float64Array {
  const total = new Float64Array(latent.length);
  for (const unit of units) {
    posteriorOf(latent, at, unit).sums.forEach((value, index) => {
      total[index]! += value;
    });
  }
  return total;
}

/** Q is a sum of counts times logarithms. */
function roundingOfQ(value: number, sums: Float64Array): number {
  return 64 * EPSILON * (Math.abs(value) + sums.reduce((total, count) => total + Math.abs(count), 0));
}

/** Where the M-step, repeated on the same sums, comes to rest; undefined where that is near an edge. Violates where it does not. */
function restOf(latent: Latent, sums: Float64Array, from: object): object | undefined {
  const { space, start } = latent;
  let point = from;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const next = latent.maximize(sums, point);
    const moved = space.distance(point, next);
    point = next;
    if (moved <= 4 * space.rounding(point) + 4 * EPSILON) {
      const way = new Float64Array(space.free.length);
      space.free.difference(start, point, way, 0);
      return way.every((value) => Math.abs(value) <= INSIDE) ? point : undefined;
    }
  }
  return violate(`the M-step, repeated on the same sums, does not come to rest from ${show(from)}`);
}

/** Q along a direction. */
function lineAlong(latent: Latent, sums: Float64Array, from: object, direction: readonly number[]): Line {
  return lineOf((step) => latent.expectedLogProbability(sums, movedAlong(latent, from, direction, step)), HALF_LENGTH);
}
