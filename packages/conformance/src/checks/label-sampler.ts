import { createRandom } from '@emkit/core';
import * as fc from 'fast-check';
import { bernoulliDivergence, countThreshold } from '../goodness-of-fit.ts';
import { everyLabelling, logProbabilityOf, longestUnit } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, seedArbitrary, show, violate } from '../law.ts';
import { withoutOtherRandomness } from './cdf-quantile-sampler.ts';

const DRAWS = 4000;

/** Sequences of labels that are told apart, each in a cell of its own. */
const MOST_CELLS = 64;

/** What stands beyond the labels that are asked for. */
const UNTOUCHED = -7;

/**
 * **label-sampler**: draws of the labels of a unit have the probabilities of `logProbability`.
 *
 * - Draws are labels, as many as asked for and no more, repeat for the same seed, and use nothing but the given generator.
 * - Over short units the share of each sequence of labels among 4000 draws stays below the Chernoff bound, which holds exactly for every number
 *   of draws; what has the probability 0 is never drawn.
 */
export const labelSampler: Law<LatentSubject> = {
  name: 'label-sampler',
  statement: 'sequences of labels are drawn as often as their probabilities say, by the given generator only',
  falseAlarmRate: 1e-6,
  parts: [
    labelPart({
      name: 'draws are labels, from the given generator only',
      share: 0.5,
      arbitrary: (subject) => fc.record({ at: subject.points('extreme'), length: fc.integer({ min: 1, max: 30 }), seed: seedArbitrary }),
      check({ at, length, seed }, { subject: { latent } }) {
        const draw = (): Int32Array => {
          const labels = new Int32Array(length + 2).fill(UNTOUCHED);
          latent.sample(labels, length, at, createRandom(seed));
          return labels;
        };
        const first = withoutOtherRandomness(draw);
        const again = withoutOtherRandomness(draw);
        if (first.join() !== again.join()) violate(`the same seed ${seed} drew ${first} and then ${again}`);
        if (first.subarray(length).some((label) => label !== UNTOUCHED))
          violate(`${length} labels were asked for, and more were written: ${first}`);
        if (first.subarray(0, length).some((label) => !(label >= 0 && label < latent.components)))
          violate(`the draw ${first} has labels that are none`);
      },
    }),
    labelPart({
      name: 'sequences of labels have their probabilities',
      share: 0.1,
      shrinks: 20,
      statistical: true,
      arbitrary: (subject) =>
        fc.record({
          at: fc.oneof(subject.points('ordinary'), subject.points('extreme')),
          length: fc.integer({ min: 1, max: lengthOf(subject) }),
          seed: seedArbitrary,
        }),
      check({ at, length, seed }, { subject: { latent }, falseAlarm }) {
        const counts = new Map<string, number>();
        const random = createRandom(seed);
        const drawn = new Int32Array(length);
        for (let draw = 0; draw < DRAWS; draw += 1) {
          latent.sample(drawn, length, at, random);
          counts.set(drawn.join(), (counts.get(drawn.join()) ?? 0) + 1);
        }
        const labellings = everyLabelling(latent.components, length);
        const threshold = countThreshold(falseAlarm / labellings.length);
        for (const labels of labellings) {
          const count = counts.get(labels.join()) ?? 0;
          const probability = Math.exp(logProbabilityOf(latent, labels, at));
          if (DRAWS * bernoulliDivergence(count / DRAWS, probability) <= threshold) continue;
          violate(`${count} of ${DRAWS} draws at ${show(at)} were the labels ${labels}, which have the probability ${probability}`);
        }
      },
    }),
  ],
};

function lengthOf({ latent: { components } }: LatentSubject): number {
  return Math.min(longestUnit(components), Math.max(1, Math.floor(Math.log(MOST_CELLS) / Math.log(components))));
}
