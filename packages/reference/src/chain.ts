import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';
import type { Numeric } from './decimal-number.ts';
import { mStep } from './em.ts';
import { ReferenceFailure } from './failure.ts';
import { createMixture, type MixtureDescription, type ReferenceMixture } from './mixture.ts';

/** A hidden Markov model as plain numbers or decimal strings: what model files hold. */
export interface ChainDescription extends Omit<MixtureDescription, 'weights'> {
  readonly initial: readonly Numeric[];
  readonly transitions: readonly (readonly Numeric[])[];
}

/**
 * A hidden Markov model: P(states s, rows x) = initial[s_1] f(x_1; s_1) times, for each later row, transitions[s_(t-1)][s_t] f(x_t; s_t).
 * Immutable.
 */
export interface ReferenceChain {
  readonly reference: Reference;
  readonly initial: readonly Decimal[];
  readonly transitions: readonly (readonly Decimal[])[];
  /** The components, in a mixture whose weights mean nothing. */
  readonly emissions: ReferenceMixture;
}

/** A sequence of rows: one array a row; a plain number stands for a row of one column. */
export type ReferenceSequence = readonly (Numeric | readonly Numeric[])[];

/** What the rows of a sequence say of its states. */
export interface ChainExpectation {
  /** ln p(rows), in nats. */
  readonly logLikelihood: Decimal;
  /** smoothed[t][k] = P(state k in row t | all rows). */
  readonly smoothed: readonly (readonly Decimal[])[];
  /** transitionCounts[j][k]: the expected number of times state k follows state j. */
  readonly transitionCounts: readonly (readonly Decimal[])[];
}

/** The most probable states of a sequence, the first of several, with ln p(states, rows). */
export interface ChainPath {
  readonly states: readonly number[];
  readonly logProbability: Decimal;
}

/** Makes a chain from its description, taking doubles and strings exactly. Throws as `createMixture`, and for probabilities of other numbers. */
export function createChain(reference: Reference, { initial, transitions, ...emissions }: ChainDescription): ReferenceChain {
  const states = emissions.components.length;
  if (initial.length !== states || transitions.length !== states || transitions.some((row) => row.length !== states))
    throw new ReferenceFailure('invalid-mixture', `The probabilities of the chain are not those of its ${states} components.`);
  return {
    reference,
    initial: initial.map(reference.decimal),
    transitions: transitions.map((row) => row.map(reference.decimal)),
    emissions: createMixture(reference, { ...emissions, weights: emissions.components.map((_, state) => (state === 0 ? 1 : 0)) }),
  };
}

/**
 * Forward and backward as they are defined, in products: decimals have exponents enough for any sequence, so there is nothing to scale.
 *
 * alpha_t(k) = p(rows to t, state k in t), beta_t(k) = p(rows after t | state k in t).
 *
 * @throws ReferenceFailure `zero-density` where no sequence of states can have produced the rows.
 */
export function chainExpectation(chain: ReferenceChain, sequence: ReferenceSequence): ChainExpectation {
  const { reference, initial, transitions } = chain;
  const densities = densitiesOf(chain, sequence);
  const sum = (terms: readonly Decimal[]): Decimal => reference.sum(terms);
  const alpha = [initial.map((probability, k) => probability.times(densities[0]![k]!))];
  for (const row of densities.slice(1)) {
    const before = alpha.at(-1)!;
    alpha.push(row.map((density, k) => sum(before.map((value, j) => value.times(transitions[j]![k]!))).times(density)));
  }
  const likelihood = sum(alpha.at(-1)!);
  if (likelihood.isZero()) throw impossible();
  const beta = [initial.map(() => reference.one)];
  for (let row = densities.length - 1; row > 0; row -= 1) {
    const after = beta[0]!;
    beta.unshift(
      transitions.map((probabilities) => sum(probabilities.map((value, k) => value.times(densities[row]![k]!).times(after[k]!)))),
    );
  }
  return {
    logLikelihood: reference.ln(likelihood),
    smoothed: alpha.map((values, row) => values.map((value, k) => value.times(beta[row]![k]!).div(likelihood))),
    transitionCounts: transitions.map((row, j) =>
      row.map((probability, k) =>
        sum(
          densities.slice(1).map((density, t) =>
            alpha[t]![j]!.times(probability)
              .times(density[k]!)
              .times(beta[t + 1]![k]!),
          ),
        ).div(likelihood),
      ),
    ),
  };
}

/** The same, and the most probable path, by all K^n sequences of states, one after the other: for short sequences. */
export function chainEnumeration(chain: ReferenceChain, sequence: ReferenceSequence): ChainExpectation & { readonly path: ChainPath } {
  const { reference, initial, transitions } = chain;
  const densities = densitiesOf(chain, sequence);
  const states = initial.length;
  const total = states ** sequence.length;
  if (!(total <= MOST_PATHS)) throw new ReferenceFailure('invalid-argument', `There are ${total} sequences of states: give fewer rows.`);
  const smoothed = densities.map((row) => row.map(() => reference.zero));
  const counts = transitions.map((row) => row.map(() => reference.zero));
  let likelihood = reference.zero;
  let best: { readonly path: readonly number[]; readonly value: Decimal } | undefined;
  for (let index = 0; index < total; index += 1) {
    // The first row's state is the first digit, so that of equal paths the first is kept.
    const path = densities.map((_, row) => Math.floor(index / states ** (densities.length - 1 - row)) % states);
    const value = path.reduce(
      (product, state, row) =>
        product.times(row === 0 ? initial[state]! : transitions[path[row - 1]!]![state]!).times(densities[row]![state]!),
      reference.one,
    );
    likelihood = likelihood.plus(value);
    path.forEach((state, row) => {
      smoothed[row]![state] = smoothed[row]![state]!.plus(value);
      if (row > 0) counts[path[row - 1]!]![state] = counts[path[row - 1]!]![state]!.plus(value);
    });
    if (best === undefined || value.gt(best.value)) best = { path, value };
  }
  if (likelihood.isZero()) throw impossible();
  const divided = (rows: readonly (readonly Decimal[])[]) => rows.map((row) => row.map((value) => value.div(likelihood)));
  return {
    logLikelihood: reference.ln(likelihood),
    smoothed: divided(smoothed),
    transitionCounts: divided(counts),
    path: { states: best!.path, logProbability: reference.ln(best!.value) },
  };
}

const MOST_PATHS = 1_000_000;

/** Viterbi's algorithm, in products. */
export function chainPath(chain: ReferenceChain, sequence: ReferenceSequence): ChainPath {
  const { reference, initial, transitions } = chain;
  const densities = densitiesOf(chain, sequence);
  const first = (values: readonly Decimal[]): number => values.reduce((best, value, index) => (value.gt(values[best]!) ? index : best), 0);
  let best: readonly Decimal[] = initial.map((probability, k) => probability.times(densities[0]![k]!));
  const origins: number[][] = [];
  for (const row of densities.slice(1)) {
    const from = row.map((_, k) => first(best.map((value, j) => value.times(transitions[j]![k]!))));
    best = row.map((density, k) => best[from[k]!]!.times(transitions[from[k]!]![k]!).times(density));
    origins.push(from);
  }
  const states = [first(best)];
  for (const from of origins.reverse()) states.unshift(from[states[0]!]!);
  return { states, logProbability: reference.ln(best[first(best)]!) };
}

/** One step of EM over several sequences, and ln p(all rows) before it. What counts nothing keeps its probabilities; zeros stay zero. */
export function chainStep(
  chain: ReferenceChain,
  sequences: readonly ReferenceSequence[],
): { readonly chain: ReferenceChain; readonly logLikelihood: Decimal } {
  const { reference, initial, transitions, emissions } = chain;
  const found = sequences.map((sequence) => chainExpectation(chain, sequence));
  const shares = (counts: readonly Decimal[], kept: readonly Decimal[]): readonly Decimal[] => {
    const total = reference.sum(counts);
    return total.isZero() ? kept : counts.map((count) => count.div(total));
  };
  const summed = (of: (expectation: ChainExpectation) => Decimal): Decimal => reference.sum(found.map(of));
  return {
    logLikelihood: summed(({ logLikelihood }) => logLikelihood),
    chain: {
      ...chain,
      initial: shares(
        initial.map((_, k) => summed(({ smoothed }) => smoothed[0]![k]!)),
        initial,
      ),
      transitions: transitions.map((row, j) =>
        shares(
          row.map((_, k) => summed(({ transitionCounts }) => transitionCounts[j]![k]!)),
          row,
        ),
      ),
      emissions: mStep(
        emissions,
        { rows: sequences.flat() },
        found.flatMap(({ smoothed }) => smoothed),
      ),
    },
  };
}

function densitiesOf({ reference, emissions }: ReferenceChain, sequence: ReferenceSequence): readonly (readonly Decimal[])[] {
  if (sequence.length === 0) throw new ReferenceFailure('invalid-data', 'The sequence has no rows: give at least one.');
  return sequence.map((row) => {
    const values = (Array.isArray(row) ? row : [row]).map((value: Numeric) => reference.decimal(value));
    return emissions.components.map(({ family, parameters }) => reference.exp(family.logDensity(values, parameters)));
  });
}

function impossible(): ReferenceFailure {
  return new ReferenceFailure('zero-density', 'No sequence of states can have produced the rows.');
}
