import { domainViolation, EmkitError, type Latent, type LatentDefinition, showValue } from '@emkit/core';
import { exp, expm1, log, log1p, log1pMinusLinear, logAddExp } from '@emkit/core/numerics';

/** `stay`: the probability that a row has the label of the row before it. */
export type Sticky = { readonly stay: number };

/**
 * Two labels that stick: the first row of a sequence has either with probability 1/2, every later one keeps the label before it with the
 * probability `stay`.
 *
 * Sums: the expected numbers of rows that stay, of rows that change, and of sequences. Estimate: stay = stays / (stays + changes).
 */
export function sticky(): Latent<Sticky> {
  return {
    id: 'sticky',
    options: {},
    components: 2,
    start: { stay: 0.5 },
    length: 3,

    posterior(_block, first, end, { stay }, logDensities, sums) {
      const moves = new Float64Array(4 * (end - first));
      const logLikelihood = filter(first, end, stay, logDensities, moves);
      if (logLikelihood > -Infinity) smooth(first, end, moves, logDensities, sums);
      return logLikelihood;
    },

    expectedLogProbability: ([stays, changes, sequences], { stay }) => logLaw(stays!, changes!, sequences!, stay),

    logProbability(labels, _block, first, end, { stay }) {
      let changes = 0;
      for (let row = 1; row < end - first; row += 1) if (labels[row] !== labels[row - 1]) changes += 1;
      return logLaw(end - first - 1 - changes, changes, 1, stay);
    },

    sample(labels, length, { stay }, random) {
      for (let row = 0; row < length; row += 1) {
        const before = row === 0 ? random.integer(2) : labels[row - 1]!;
        labels[row] = row === 0 || random.uniform() < stay ? before : 1 - before;
      }
    },

    maximize([stays, changes], { stay }) {
      const moves = stays! + changes!;
      return { stay: moves > 0 ? stays! / moves : stay };
    },

    gain([stays, changes], _about, { stay: from }, { stay: to }) {
      const step = to - from;
      if (Math.abs(step) > Math.min(from, 1 - from) / 2)
        return part(stays!, log(to) - log(from)) + part(changes!, log1p(-to) - log1p(-from));
      // The same of a small step, the first order of both logarithms in one: at the estimate it is 0.
      const slope = part(stays!, 1 / from) - part(changes!, 1 / (1 - from));
      return slope * step + part(stays!, log1pMinusLinear(step / from)) + part(changes!, log1pMinusLinear(-step / (1 - from)));
    },

    recentre: () => undefined,

    space: {
      check(json) {
        const { stay } = json as Sticky;
        const violation = domainViolation({ kind: 'probability' }, stay);
        if (violation === undefined) return { stay };
        throw new EmkitError('PARAMETER_DOMAIN', `The parameter stay is ${showValue(stay)}: ${violation}.`, {
          parameter: 'stay',
          value: stay,
        });
      },
      contains: ({ stay }) => stay >= 0 && stay <= 1,
      distance: ({ stay: from }, { stay: to }) => Math.abs(to - from),
      rounding: ({ stay }) => Number.EPSILON * stay,
      boundary: ({ stay }, tolerance) => (stay <= tolerance || stay >= 1 - tolerance ? ['stay'] : []),
      // The log-odds.
      free: {
        length: 1,
        difference({ stay: from }, { stay: to }, out, place) {
          out[place] = from === to ? 0 : logRatio(from, to, to - from) - logRatio(1 - from, 1 - to, from - to);
        },
        move({ stay }, step, place) {
          const odds = step[place]!;
          return { stay: odds < 0 ? (stay * exp(odds)) / (1 + stay * expm1(odds)) : stay / (1 + (1 - stay) * expm1(-odds)) };
        },
        scales(_at, out, place) {
          out[place] = 1;
        },
      },
    },
  };
}

/** What reads it back from a model file, and makes it in a worker; `variants` and `permuted` are for the laws. */
export const stickyChain: LatentDefinition & {
  readonly variants: readonly { readonly components: number }[];
  permuted(at: Sticky): Sticky;
} = {
  id: 'sticky',
  create: sticky,
  variants: [{ components: 2 }],
  permuted: (at) => at,
};

/** A predicted probability below this may have lost a label that lies far below the other. */
const SAFE = 1e-200;

/**
 * From the first row to the last: the log-likelihood, and for each row and label how that label came about: for label k of row t, `moves` holds
 * P(label k in the row before | label k here, the rows before) at 4 t + k, and P(the other label before | ...) at 4 t + 2 + k. The last row's
 * probabilities replace its log-densities.
 *
 * Joint densities are scaled by the largest of labels that can be reached: a label that cannot may fit a row however well. Where one that can
 * lies too far below the other for a double, the row is done in logarithms.
 */
function filter(first: number, end: number, stay: number, logDensities: readonly Float64Array[], moves: Float64Array): number {
  const [logStay, logChange] = [log(stay), log1p(-stay)];
  const probability = [0.5, 0.5];
  const logProbability = [-Math.LN2, -Math.LN2];
  const joint = [0, 0];
  let logLikelihood = 0;
  for (let row = first; row < end; row += 1) {
    for (let label = 0; label < 2; label += 1) {
      let logPredicted = -Math.LN2;
      if (row > first) {
        const place = 4 * (row - first) + label;
        const stayed = stay * probability[label]!;
        const changed = (1 - stay) * probability[1 - label]!;
        if (stayed + changed >= SAFE) {
          logPredicted = log(stayed + changed);
          moves[place] = stayed / (stayed + changed);
          moves[place + 2] = changed / (stayed + changed);
        } else {
          const [a, b] = [logStay + logProbability[label]!, logChange + logProbability[1 - label]!];
          logPredicted = logAddExp(a, b);
          if (logPredicted > -Infinity) [moves[place], moves[place + 2]] = [exp(a - logPredicted), exp(b - logPredicted)];
        }
      }
      joint[label] = logPredicted + logDensities[label]![row]!;
    }
    const largest = Math.max(joint[0]!, joint[1]!);
    if (!Number.isFinite(largest)) return largest;
    const total = exp(joint[0]! - largest) + exp(joint[1]! - largest);
    logLikelihood += largest + log(total);
    for (let label = 0; label < 2; label += 1) {
      logProbability[label] = joint[label]! - largest - log(total);
      probability[label] = exp(joint[label]! - largest) / total;
    }
  }
  for (let label = 0; label < 2; label += 1) logDensities[label]![end - 1] = probability[label]!;
  return logLikelihood;
}

/** From the last row to the first: P(label | all rows) in the place of the log-densities, and the expected sums. */
function smooth(first: number, end: number, moves: Float64Array, [zero, one]: readonly Float64Array[], sums: Float64Array): void {
  for (let row = end - 1; row > first; row -= 1) {
    const place = 4 * (row - first);
    const stays = [zero![row]! * moves[place]!, one![row]! * moves[place + 1]!];
    const changes = [zero![row]! * moves[place + 2]!, one![row]! * moves[place + 3]!];
    sums[0]! += stays[0]! + stays[1]!;
    sums[1]! += changes[0]! + changes[1]!;
    // Their sum is 1 but for rounding, which must not add up over a long sequence.
    const total = stays[0]! + stays[1]! + changes[0]! + changes[1]!;
    zero![row - 1] = (stays[0]! + changes[1]!) / total;
    one![row - 1] = (stays[1]! + changes[0]!) / total;
  }
  sums[2]! += 1;
}

/** log P(labels), by what happened in them. */
function logLaw(stays: number, changes: number, sequences: number, stay: number): number {
  return part(stays, log(stay)) + part(changes, log1p(-stay)) - sequences * Math.LN2;
}

/** log(to / from), from the change where that is small: so it has all its digits. */
function logRatio(from: number, to: number, change: number): number {
  return Math.abs(change) < from / 2 ? log1p(change / from) : log(to) - log(from);
}

/** A count times a number; 0 where there is nothing to count, whatever the number. */
function part(count: number, value: number): number {
  return count > 0 ? count * value : 0;
}
