import { EmkitError } from '../errors.ts';
import { exp, log } from '../numerics/elementary.ts';
import { domainCoordinates } from './coordinates.ts';
import { domainDistance } from './distance.ts';
import { domainViolation } from './domain.ts';
import type { Latent } from './latent.ts';
import { estimateProportions, expectedLog, gainOfProportions, normaliseTyped } from './proportions.ts';
import type { Coordinates } from './space.ts';

/** The mixture weights: K probabilities that sum to 1. */
export interface Weights {
  readonly weights: readonly number[];
}

/**
 * Labels drawn row by row with the same probabilities, the weights: what makes a model a mixture. Its sums are the expected counts.
 *
 * @param held whether the weights keep the values of the start
 */
export function independent(components: number, { held = false }: { readonly held?: boolean } = {}): Latent<Weights> {
  const even: Weights = { weights: Array.from({ length: components }, () => 1 / components) };
  return {
    id: 'independent',
    options: held ? { held } : {},
    components,
    start: even,
    length: components,
    logWeights: ({ weights }) => weights.map((weight) => (weight === 0 ? -Infinity : log(weight))),

    posterior(_block, first, end, { weights }, logDensities, sums) {
      let logLikelihood = 0;
      for (let row = first; row < end; row += 1) {
        let largest = -Infinity;
        for (let k = 0; k < components; k += 1) {
          const joint = weights[k] === 0 ? -Infinity : logDensities[k]![row]! + log(weights[k]!);
          logDensities[k]![row] = joint;
          if (joint > largest || Number.isNaN(joint)) largest = joint;
        }
        if (!(largest - largest === 0)) return largest;
        let total = 0;
        for (let k = 0; k < components; k += 1) total += logDensities[k]![row] = exp(logDensities[k]![row]! - largest);
        for (let k = 0; k < components; k += 1) sums[k]! += logDensities[k]![row]! /= total;
        logLikelihood += largest + log(total);
      }
      return logLikelihood;
    },

    expectedLogProbability: (counts, { weights }) => expectedLog(counts, 0, weights),

    logProbability(labels, _block, first, end, { weights }) {
      let total = 0;
      for (let row = 0; row < end - first; row += 1) total += log(weights[labels[row]!]!);
      return total;
    },

    sample(labels, length, { weights }, random) {
      for (let row = 0; row < length; row += 1) labels[row] = drawLabel(weights, random.uniform());
    },

    maximize: (counts, about) => (held ? about : { weights: estimateProportions(counts, 0, about.weights) }),

    gain: (counts, _about, from, to) => (from === to || held ? 0 : gainOfProportions(counts, 0, from.weights, to.weights)),

    recentre: () => undefined,

    revive(counts, { weights }) {
      let total = 0;
      for (const count of counts) total += count;
      if (held) return [];
      const vanished = weights.map((_, k) => k).filter((k) => weights[k]! < VANISHING);
      // At a weight that goes to 0 the likelihood's derivative is n (N_k / (n w_k) - 1): above 0 it rises with the weight. Where both have
      // gone to 0, or one cannot tell, a trial does, of each alone: one that costs would hide what another gains.
      const rising = vanished.filter((k) => counts[k]! > weights[k]! * total * (1 + LEAST_RISE));
      const unknown = vanished.filter((k) => !(counts[k]! > 0));
      return [...(rising.length > 0 ? [rising] : []), ...unknown.map((k) => [k])].flatMap((some) =>
        REVIVED.map((share) => {
          const raised = weights.map((weight, k) => (some.includes(k) ? share / components : weight));
          const sum = raised.reduce((all, weight) => all + weight, 0);
          return { weights: raised.map((weight) => weight / sum) };
        }),
      );
    },

    space: {
      check: (json) => ({ weights: checkWeights((json as Partial<Weights>).weights, components) }),
      contains: ({ weights }) => domainViolation({ kind: 'simplex', length: components }, weights) === undefined,
      distance: (from, to) => (held ? 0 : domainDistance({ kind: 'simplex', length: components }, from.weights, to.weights)),
      rounding: () => 0,
      boundary: ({ weights }, tolerance) =>
        held || components === 1 ? [] : weights.flatMap((weight, k) => (weight <= tolerance ? [`weight ${k + 1}`] : [])),
      free: held ? NONE : weightCoordinates(components),
    },
  };
}

/** Weights below this are looked at again when a run ends. */
const VANISHING = 1e-6;
/** The weights that one of K components is given to try again are these over K. */
const REVIVED: readonly number[] = [0.1, 1e-3, 1e-6];
/** The rate of growth of a weight that is more than rounding. */
const LEAST_RISE = 1e-6;

const NONE: Coordinates<Weights> = { length: 0, difference() {}, move: (from) => from, scales() {} };

function weightCoordinates(components: number): Coordinates<Weights> {
  const simplex = domainCoordinates({ kind: 'simplex', length: components });
  return {
    length: simplex.length,
    difference: (from, to, out, place) => simplex.difference(from.weights, to.weights, out, place),
    move: ({ weights }, step, place) => ({ weights: simplex.move(weights, step, place) }),
    scales: ({ weights }, out, place) => simplex.scales(weights, out, place),
  };
}

export function drawLabel(weights: readonly number[], uniform: number): number {
  let left = uniform;
  let last = 0;
  for (let label = 0; label < weights.length; label += 1) {
    if (weights[label]! === 0) continue;
    last = label;
    left -= weights[label]!;
    if (left < 0) return label;
  }
  return last;
}

function checkWeights(weights: unknown, count: number): readonly number[] {
  if (!Array.isArray(weights))
    throw new EmkitError('MODEL_MALFORMED', 'The parameters have no list "weights".', {
      remedy: 'Give {"weights":[...],"components":[{...}]}.',
    });
  const normalised = normaliseTyped(weights);
  const violation = domainViolation({ kind: 'simplex', length: count }, normalised);
  if (violation === undefined) return normalised;
  throw new EmkitError(
    'PARAMETER_DOMAIN',
    `The weights must be ${count === 1 ? 'one number' : `${count} numbers`} from 0 to 1 that sum to 1, but ${violation.replace('its entries', 'they')}.`,
    { parameter: 'weights', value: weights },
  );
}
