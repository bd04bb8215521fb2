import * as fc from 'fast-check';
import { emptyBlock, everyLabelling, forcing, logProbabilityOf, longestUnit, posteriorOf } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, show, violate } from '../law.ts';
import { Sum } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';

/** Sequences of labels of a few rows, or of more than a hundred. */
const labellingArbitrary = ({ latent: { components } }: LatentSubject): fc.Arbitrary<readonly number[]> => {
  const label = fc.nat(components - 1);
  return fc.oneof(fc.array(label, { minLength: 1, maxLength: 8 }), fc.array(label, { minLength: 1, maxLength: 150, size: 'max' }));
};

/**
 * **label-probabilities**: log P(labels) is a law of the labels of a unit before its rows are seen.
 *
 * - Over all sequences of labels of a length the probabilities sum to 1, on the edges of the parameters too; none is NaN.
 * - Rows that allow one sequence of labels only have its probability for their likelihood, and their sums are those of that sequence: the
 *   expected log-probability of them is its log-probability. Where it is impossible, so is the unit.
 * - It is the same wherever the unit stands in a block.
 * - Where rows are units of their own, it is the sum of their `logWeights`.
 */
export const labelProbabilities: Law<LatentSubject> = {
  name: 'label-probabilities',
  statement: 'the probabilities of all sequences of labels sum to 1, and the sums of one sequence of labels give its probability',
  falseAlarmRate: 0,
  parts: [
    labelPart({
      name: 'all sequences of labels sum to 1',
      share: 0.5,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({ at: subject.points('extreme'), length: fc.integer({ min: 1, max: longestUnit(subject.latent.components) }) }),
      check({ at, length }, { subject: { latent } }) {
        const total = new Sum();
        for (const labels of everyLabelling(latent.components, length)) total.add(Math.exp(logProbabilityOf(latent, labels, at)));
        // A logarithm rounds in its own size; weighed by the probabilities, these are their entropy.
        const rounding = 16 * length * (1 + Math.log(latent.components)) * EPSILON;
        if (!(Math.abs(total.value - 1) <= rounding))
          violate(`the probabilities of all sequences of ${length} labels sum to ${total.value} at ${show(at)}`);
      },
    }),
    labelPart({
      name: 'rows that allow one sequence of labels',
      arbitrary: (subject) =>
        fc.record({ at: fc.oneof(subject.points('ordinary'), subject.points('extreme')), labels: labellingArbitrary(subject) }),
      check({ at, labels }, { subject: { latent } }) {
        const probability = logProbabilityOf(latent, labels, at);
        // Each of the terms is as large as the rounding of a logarithm of the whole.
        const rounding = 16 * (labels.length + latent.components + Math.abs(probability)) * EPSILON * (1 + Math.abs(probability));
        const { logLikelihood, responsibilities, sums } = posteriorOf(latent, at, forcing(labels, latent.components));
        if (probability === -Infinity) {
          if (logLikelihood !== -Infinity)
            violate(`the labels ${show(labels)} are impossible, and their rows have the log-likelihood ${logLikelihood}`);
          return;
        }
        const expected = latent.expectedLogProbability(sums, at);
        for (const [what, value] of [
          ['log-likelihood of rows that allow them only', logLikelihood],
          ['log-probability of their sums', expected],
        ]) {
          if (!(Math.abs((value as number) - probability) <= rounding))
            violate(`the log-probability of the labels ${show(labels)} is ${probability}, and the ${what} is ${value}`);
        }
        labels.forEach((label, row) => {
          responsibilities.forEach((values, other) => {
            if (values[row] !== (other === label ? 1 : 0))
              violate(`row ${row + 1} can only have label ${label + 1}, and label ${other + 1} has ${values[row]} of it`);
          });
        });
      },
    }),
    labelPart({
      name: 'the same anywhere in a block',
      share: 0.3,
      arbitrary: (subject) => fc.record({ at: subject.points('ordinary'), labels: labellingArbitrary(subject), before: fc.nat(9) }),
      check({ at, labels, before }, { subject: { latent } }) {
        const here = logProbabilityOf(latent, labels, at);
        const there = latent.logProbability(labels, emptyBlock(before + labels.length + 1), before, before + labels.length, at);
        if (here !== there)
          violate(`the labels ${show(labels)} have the log-probability ${here}, and ${there} from row ${before + 1} of a block on`);
      },
    }),
    labelPart({
      name: 'weights of rows',
      missing: ({ latent }) => (latent.logWeights === undefined ? ['logWeights'] : []),
      share: 0.3,
      arbitrary: (subject) => fc.record({ at: subject.points('extreme'), labels: labellingArbitrary(subject) }),
      check({ at, labels }, { subject: { latent } }) {
        const logWeights = latent.logWeights!(at);
        const total = labels.reduce((sum, label) => sum + logWeights[label]!, 0);
        const probability = logProbabilityOf(latent, labels, at);
        if (total !== probability && !(Math.abs(total - probability) <= 8 * labels.length * EPSILON * Math.abs(total)))
          violate(`the labels ${show(labels)} have the log-probability ${probability}, and by the weights ${total}`);
      },
    }),
  ],
};
