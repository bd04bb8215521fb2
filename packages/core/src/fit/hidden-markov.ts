import type { Dataset } from '../data/block.ts';
import type { DataInput } from '../data/input.ts';
import { EmkitError, showValue } from '../errors.ts';
import type { Weights } from '../model/independent.ts';
import { createMixture } from '../model/latent-model.ts';
import type { Markov } from '../model/markov/forward-backward.ts';
import { exp, log } from '../numerics/elementary.ts';
import { normalQuantile } from '../numerics/error-function.ts';
import { logSumExp } from '../numerics/log-sum-exp.ts';
import { chooseColumns } from './columns.ts';
import { Model, type PredictOptions, type SequenceDensities } from './model.ts';
import type { Fit } from './result.ts';
import type { AnyComponents } from './typed.ts';

/** A hidden Markov model: a model whose labels follow `markov`, or a fit of one. */
export type HiddenMarkov<C extends AnyComponents = AnyComponents> = Model<C, Markov> | Fit<C, Markov>;

/** What rows up to each one say of its state and of itself. */
export interface Filtered {
  /** P(state | rows up to this one): one array a state. */
  readonly filtered: readonly Float64Array[];
  /** P(state | rows before this one): one array a state. */
  readonly predictive: readonly Float64Array[];
  /** log p(row | rows before), in nats: over a sequence they sum to its log-likelihood. */
  readonly logDensities: Float64Array;
}

/**
 * The filter: what was known of each row's state when it had just been seen, and just before.
 *
 * @throws EmkitError `DATA_*` for bad data; `MODEL_IMPOSSIBLE_DATA` for a row that no state that can be reached can have produced
 */
export function filterStates(model: HiddenMarkov, data: DataInput | Dataset, options: PredictOptions = {}): Filtered {
  const { units, parameters, one } = rowwise(model, data, options);
  const [filtered, predictive] = [parameters.initial.map(one), parameters.initial.map(one)];
  const logDensities = one();
  for (const unit of units) {
    unit.rows.forEach((row, place) => {
      logDensities[row] = unit.logDensities[place]!;
      unit.predicted[place]!.forEach((logPredicted, state) => {
        predictive[state]![row] = exp(logPredicted);
        filtered[state]![row] = exp(joined(logPredicted, unit.densities[place]![state]!) - unit.logDensities[place]!);
      });
    });
  }
  return { filtered, predictive, logDensities };
}

/** The most probable states of whole sequences. */
export interface Path {
  /** The state of each row, counted from 0. */
  readonly states: Int32Array;
  /** For each row log p(states, rows) of its sequence, in nats: less the log-likelihood it is the log-probability of the path given the rows. */
  readonly logProbabilities: Float64Array;
}

/**
 * The Viterbi path: of all sequences of states the one that is most probable given the rows (Viterbi 1967), the first of several. It is not the
 * most probable state row by row, which `predict` gives and which may take a transition that never happens. Errors as `filterStates`.
 */
export function viterbi(model: HiddenMarkov, data: DataInput | Dataset, options: PredictOptions = {}): Path {
  const { units, parameters, one } = rowwise(model, data, options);
  const logProbabilities = one();
  const states = new Int32Array(logProbabilities.length);
  const { initial, transitions } = parameters;
  const logInitial = initial.map(log);
  const logTransitions = transitions.map((row) => row.map(log));
  for (const { rows, densities } of units) {
    let best = densities[0]!.map((density, state) => joined(logInitial[state]!, density));
    const origins = densities.slice(1).map((row) => {
      const from = row.map((_, to) => argmax(best, (score, state) => score + logTransitions[state]![to]!));
      best = row.map((density, to) => joined(best[from[to]!]! + logTransitions[from[to]!]![to]!, density));
      return from;
    });
    let state = argmax(best, (score) => score);
    const logProbability = best[state]!;
    for (let place = rows.length - 1; place >= 0; place -= 1) {
      states[rows[place]!] = state;
      logProbabilities[rows[place]!] = logProbability;
      if (place > 0) state = origins[place - 1]![state]!;
    }
  }
  return { states, logProbabilities };
}

/**
 * The distributions of the rows that follow a sequence: for each of the next `steps` rows a mixture, whose weights are the probabilities of its
 * states given the data. Its `logDensity`, `sample` and `weights` say what is expected. Errors as `filterStates`.
 *
 * @param data one sequence
 * @param steps how many rows ahead, a whole number of at least 1
 */
export function forecast<C extends AnyComponents>(
  model: HiddenMarkov<C>,
  data: DataInput | Dataset,
  steps: number,
  options: PredictOptions = {},
): readonly Model<C, Weights>[] {
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > MOST_STEPS) {
    throw new EmkitError('OPTION_INVALID', `The number of steps is ${showValue(steps)}.`, {
      value: steps,
      remedy: `Give a whole number from 1 to ${MOST_STEPS}.`,
    });
  }
  const whole = modelOf(model);
  const units = [...unitsOf(model, data, options)];
  if (units.length !== 1) {
    throw new EmkitError('OPTION_INVALID', `A forecast goes on from one sequence, and there are ${units.length}.`, {
      remedy: 'Give the rows of one of them.',
    });
  }
  const { predicted, densities, logDensities } = units[0]!;
  const last = predicted.length - 1;
  const { parameters, structure } = whole;
  const mixture = createMixture({ families: structure.families });
  let states = predicted[last]!.map((value, state) => exp(joined(value, densities[last]![state]!) - logDensities[last]!));
  return Array.from({ length: steps }, () => {
    const next = states.map((_, to) => states.reduce((sum, share, from) => sum + share * parameters.transitions[from]![to]!, 0));
    const total = next.reduce((sum, share) => sum + share, 0);
    states = next.map((share) => share / total);
    const point = { weights: states, components: parameters.components };
    return new Model(mixture, point, whole.exact) as unknown as Model<C, Weights>;
  });
}

const MOST_STEPS = 1_000_000;

/** How long each state lasts on average once it has begun, in rows: 1 / (1 - transitions[k][k]), infinite where it is never left. */
export function expectedDurations({ transitions }: Markov): readonly number[] {
  // The sum of the others has digits that 1 less a probability near 1 has not.
  return transitions.map((row, state) => 1 / row.reduce((sum, probability, to) => (to === state ? sum : sum + probability), 0));
}

/** Where each row lies in a distribution that says nothing of the row itself: standard normal where the model is right. */
export interface PseudoResiduals {
  /** The normal quantile of P(X <= x); infinite where that rounds to 0 or 1. */
  readonly upper: Float64Array;
  /** Of P(X < x): below `upper` for counts, equal to it where the family is continuous. */
  readonly lower: Float64Array;
  /** Of the mean of the two probabilities. */
  readonly middle: Float64Array;
}

/**
 * Pseudo-residuals (Zucchini and MacDonald 2009, chapter 6): `ordinary` ones measure each row against all others of its sequence, `forecast`
 * ones against those before it. For one observed column whose families have a distribution function.
 *
 * @throws EmkitError as `filterStates`, and `CAPABILITY_MISSING`
 */
export function pseudoResiduals(
  model: HiddenMarkov,
  data: DataInput | Dataset,
  kind: 'ordinary' | 'forecast' = 'ordinary',
  options: PredictOptions = {},
): PseudoResiduals {
  if (kind !== 'ordinary' && kind !== 'forecast')
    throw new EmkitError('OPTION_INVALID', `The kind of residuals is ${showValue(kind)}.`, { remedy: "Give 'ordinary' or 'forecast'." });
  const { units, parameters, structure, one } = rowwise(model, data, options);
  const { families } = structure;
  const unable = families.find(({ cdf, columns }) => cdf === undefined || columns.filter(({ given }) => !given).length !== 1);
  if (unable !== undefined) {
    throw new EmkitError('CAPABILITY_MISSING', `The family ${unable.id} has no distribution function of one column.`, {
      family: unable.id,
      capability: 'cdf',
    });
  }
  const observed = families[0]!.columns.findIndex(({ given }) => !given);
  const isDiscrete = families[0]!.columns[observed]!.support.kind === 'integer';
  const [upper, lower, middle] = [one(), one(), one()];
  for (const unit of units) {
    const backward = kind === 'ordinary' ? backwardOf(unit.densities, parameters) : undefined;
    unit.rows.forEach((row, place) => {
      const terms = unit.predicted[place]!.map((value, state) => joined(value, backward === undefined ? 0 : backward[place]![state]!));
      const total = logSumExp(terms);
      const values = unit.values(place);
      const below = (x: number): number =>
        families.reduce((sum, family, state) => sum + exp(terms[state]! - total) * family.cdf!(x, unit.components[state]!, values), 0);
      const x = values[observed]!;
      const [to, from] = [below(x), isDiscrete ? below(x - 1) : below(x)];
      upper[row] = quantile(to);
      lower[row] = quantile(from);
      middle[row] = quantile((to + from) / 2);
    });
  }
  return { upper, lower, middle };
}

function quantile(probability: number): number {
  return probability <= 0 ? -Infinity : probability >= 1 ? Infinity : normalQuantile(probability);
}

/** A sequence with its forward recursion, all in logarithms: nothing underflows, and nothing is in a hurry. */
interface Forward extends SequenceDensities {
  /** log P(state | rows before): a list of K numbers a row. */
  readonly predicted: readonly (readonly number[])[];
  /** log p(row | rows before). */
  readonly logDensities: readonly number[];
}

function* unitsOf(model: HiddenMarkov, data: DataInput | Dataset, options: PredictOptions): Generator<Forward> {
  const whole = modelOf(model);
  const chosen = model instanceof Model ? { data, options } : chooseColumns(data, model.columnNames, options);
  const { initial, transitions } = whole.parameters;
  const logInitial = initial.map(log);
  const logTransitions = transitions.map((row) => row.map(log));
  for (const unit of whole.sequences(chosen.data, chosen.options)) {
    const predicted: (readonly number[])[] = [];
    const logDensities: number[] = [];
    let next = logInitial;
    unit.densities.forEach((row, place) => {
      const joint = row.map((density, state) => joined(next[state]!, density));
      const total = logSumExp(joint);
      if (!(total > -Infinity)) {
        throw new EmkitError(
          'MODEL_IMPOSSIBLE_DATA',
          `Row ${unit.rows[place]! + 1} is impossible after the rows of its sequence before it: no state that can be reached gives it a density.`,
          { row: unit.rows[place]!, value: total, remedy: 'Correct the row, or use a model under which it is possible.' },
        );
      }
      predicted.push(next);
      logDensities.push(total);
      next = next.map((_, to) => logSumExp(joint.map((value, from) => value - total + logTransitions[from]![to]!)));
    });
    yield { ...unit, predicted, logDensities };
  }
}

/** log p(rows after | state) of each row, but for a constant a row. */
function backwardOf(densities: readonly (readonly number[])[], { transitions }: Markov): readonly (readonly number[])[] {
  const logTransitions = transitions.map((row) => row.map(log));
  const backward: (readonly number[])[] = [transitions.map(() => 0)];
  for (let place = densities.length - 1; place > 0; place -= 1) {
    const after = densities[place]!.map((density, state) => density + backward.at(-1)![state]!);
    const here = logTransitions.map((row) => logSumExp(row.map((value, to) => joined(value, after[to]!))));
    const largest = Math.max(...here);
    backward.push(here.map((value) => value - largest));
  }
  return backward.reverse();
}

function modelOf<C extends AnyComponents>(model: HiddenMarkov<C>): Model<C, Markov> {
  const whole = model instanceof Model ? model : model.model;
  if (whole instanceof Model && whole.structure.latent.id === 'hidden-markov') return whole;
  throw new EmkitError('OPTION_INVALID', 'The model is no hidden Markov model.', { remedy: 'Fit one with latent: markov(2).' });
}

/** The sequences of data, and arrays as long as the data are. */
function rowwise(model: HiddenMarkov, data: DataInput | Dataset, options: PredictOptions) {
  const units = [...unitsOf(model, data, options)];
  const length = units.reduce((sum, { rows }) => sum + rows.length, 0);
  return { units, parameters: modelOf(model).parameters, structure: modelOf(model).structure, one: () => new Float64Array(length) };
}

/** A sum of logarithms in which what is impossible stays so. */
function joined(a: number, b: number): number {
  return a === -Infinity ? a : a + b;
}

function argmax(values: readonly number[], score: (value: number, index: number) => number): number {
  let best = 0;
  let largest = -Infinity;
  values.forEach((value, index) => {
    const found = score(value, index);
    if (found > largest) [best, largest] = [index, found];
  });
  return best;
}
