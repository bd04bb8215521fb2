import type { Block } from '@emkit/core';
import * as fc from 'fast-check';
import { frozen } from '../cases.ts';
import { DENSITIES, unitArbitrary } from '../labels/cases.ts';
import { emptyBlock, posteriorOf, type Unit } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, show, violate } from '../law.ts';
import { EPSILON } from '../tolerance.ts';

/** Rows of other units, which stay what they are. */
const OTHER_ROWS = 3;

/**
 * **label-purity**: every function of a latent structure is a function, and writes to nothing but its output.
 *
 * - `posterior` replaces the log-densities of its unit's rows, leaves those of other rows alone, and adds to the sums that are there.
 * - Parameters, sums, labels, blocks and options that are given stay what they were.
 * - The same question gets the same bits, whatever was asked in between: nothing is kept from one unit, or one point, to the next. Entries
 *   that stand beside the parameters, as `components` does in a model, change nothing.
 */
export const labelPurity: Law<LatentSubject> = {
  name: 'label-purity',
  statement: 'no input is written to but the rows of the unit; sums are added to; the same question gives the same bits',
  falseAlarmRate: 0,
  parts: [
    labelPart({
      name: 'a posterior replaces its rows and adds to the sums',
      share: 0.5,
      arbitrary: (subject) => fc.record({ at: subject.points('ordinary'), unit: unitArbitrary(subject.latent.components, DENSITIES.near) }),
      check({ at, unit }, { subject: { latent } }) {
        const end = OTHER_ROWS + unit.length;
        const densities = Array.from({ length: latent.components }, (_, label) =>
          Float64Array.from({ length: end + OTHER_ROWS }, (_, row) => unit[row - OTHER_ROWS]?.[label] ?? -row),
        );
        const before = densities.map((values) => values.slice());
        const sums = new Float64Array(latent.length).fill(1000);
        latent.posterior(frozenBlock(end + OTHER_ROWS), OTHER_ROWS, end, frozen(at), densities, sums);
        densities.forEach((values, label) => {
          values.forEach((value, row) => {
            if ((row < OTHER_ROWS || row >= end) && value !== before[label]![row])
              violate(`a posterior of rows ${OTHER_ROWS} to ${end - 1} wrote ${value} to row ${row}`);
          });
        });
        const alone = posteriorOf(latent, at, unit).sums;
        sums.forEach((value, index) => {
          if (!(Math.abs(value - 1000 - alone[index]!) <= 8 * EPSILON * 1000))
            violate(`to the sum ${index + 1}, which was 1000, ${alone[index]} was to be added, and it became ${value}`);
        });
      },
    }),
    labelPart({
      name: 'nothing that is given is written to',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({
          at: subject.points('ordinary'),
          other: subject.points('ordinary'),
          unit: unitArbitrary(subject.latent.components, DENSITIES.near),
        }),
      check({ at, other, unit }, { subject: { latent } }) {
        const { sums } = posteriorOf(latent, at, unit);
        const [from, to] = [frozen(at), frozen(other)];
        const step = new Float64Array(latent.space.free.length).fill(0.125);
        const labels = Int32Array.from(unit, (_, row) => row % latent.components);
        const text = (): string => JSON.stringify([Array.from(sums), Array.from(step), Array.from(labels), latent.options, latent.start]);
        const before = text();
        const questions: readonly (readonly [string, () => unknown])[] = [
          ['maximize', () => latent.maximize(sums, from)],
          ['gain', () => latent.gain(sums, from, from, to)],
          ['recentre', () => latent.recentre(sums, from)],
          ['expectedLogProbability', () => latent.expectedLogProbability(sums, from)],
          ['logProbability', () => latent.logProbability(labels, frozenBlock(labels.length), 0, labels.length, from)],
          ['revive', () => latent.revive?.(sums, from)],
          ['logWeights', () => latent.logWeights?.(from)],
          ['check', () => latent.space.check(from)],
          ['move', () => latent.space.free.move(from, step, 0)],
          ['difference', () => latent.space.free.difference(from, to, new Float64Array(step.length), 0)],
        ];
        for (const [name, ask] of questions) {
          ask();
          if (text() !== before) violate(`${name} changed what it was given: ${text()} was ${before}`);
        }
      },
    }),
    labelPart({
      name: 'the same question gives the same bits',
      arbitrary: (subject) => {
        const unit = unitArbitrary(subject.latent.components, DENSITIES.forbidding);
        return fc.record({ at: subject.points('ordinary'), other: subject.points('extreme'), unit, another: unit });
      },
      check({ at, other, unit, another }, { subject: { latent } }) {
        const first = answersTo(latent, at, unit);
        // Another unit, another point, both, a point in which only one entry is another, and at last an equal one in another record.
        answersTo(latent, at, another);
        answersTo(latent, other, unit);
        answersTo(latent, other, another);
        for (const [name, value] of Object.entries(other)) answersTo(latent, { ...at, [name]: value }, unit);
        const again = answersTo(latent, at, unit);
        if (first !== again) violate(`the same question was answered otherwise after others: ${first} and then ${again}`);
        const copied = answersTo(latent, { components: [{ rate: 1 }], ...structuredClone(at) }, unit);
        if (first !== copied) violate(`an equal point of a model gave other bits than ${show(at)}: ${first} and ${copied}`);
      },
    }),
  ],
};

function frozenBlock(size: number): Block {
  return Object.freeze({ ...emptyBlock(size), columns: Object.freeze([]) });
}

/** All that a structure says of a unit and its sums at a point, as text. */
function answersTo(latent: LatentSubject['latent'], at: object, unit: Unit): string {
  const { logLikelihood, responsibilities, sums } = posteriorOf(latent, at, unit);
  if (logLikelihood === -Infinity) return 'impossible';
  const { components: _components, ...estimate } = latent.maximize(sums, at) as { readonly components?: unknown };
  const labels = unit.map((_, row) => row % latent.components);
  return JSON.stringify([
    String(logLikelihood),
    responsibilities.map((values) => Array.from(values, String)),
    Array.from(sums, String),
    String(latent.expectedLogProbability(sums, at)),
    String(latent.logProbability(labels, emptyBlock(labels.length), 0, labels.length, at)),
    estimate,
  ]);
}
