import { EmkitError } from '../../errors.ts';
import { log } from '../../numerics/elementary.ts';
import { domainCoordinates } from '../coordinates.ts';
import { domainDistance } from '../distance.ts';
import { domainViolation } from '../domain.ts';
import { drawLabel } from '../independent.ts';
import type { Latent } from '../latent.ts';
import { estimateProportions, expectedLog, gainOfProportions, normaliseTyped } from '../proportions.ts';
import type { Coordinates, ParameterSpace } from '../space.ts';
import type { LatentDefinition } from '../structure-json.ts';
import { ForwardBackward, type Markov } from './forward-backward.ts';
import { checkMarkovOptions, type MarkovOptions, type Pattern } from './options.ts';
import { gainOfStationary, stationaryDistribution, stationaryEstimate, type Transitions } from './stationary.ts';

/**
 * Labels that follow each other by a transition matrix: what makes a model a hidden Markov model. The probability of the states
 * s_1, ..., s_n of a sequence is initial[s_1] transitions[s_1][s_2] ... transitions[s_(n-1)][s_n].
 *
 * Its sums are the expected counts of first states and of transitions, row by row. The estimates are their shares; with a stationary start,
 * pi = pi Gamma, whose transitions also say how sequences begin, they are found by ascent (Baum et al. 1970; Zucchini and MacDonald 2009).
 *
 * @param components the number K of states
 * @param options what is free, held, or never happens; nothing said, all is free: (K - 1)(K + 1) parameters
 * @throws EmkitError `OPTION_INVALID` for options that do not hold together, or a state that no sequence can reach
 * @example fit(counts, { latent: markov(3), family: poisson() }).model.parameters.transitions
 */
export function markov(components: number, options: MarkovOptions = {}): Latent<Markov> {
  const pattern = checkMarkovOptions(components, options);
  const { stationary, heldInitial, heldTransitions } = pattern;
  const pass = new ForwardBackward(components);
  const first = (row: number): number => components * (row + 1);
  const gainOfTransitions = (sums: Float64Array, from: Transitions, to: Transitions): number =>
    from.reduce((gain, row, state) => gain + gainOfProportions(sums, first(state), row, to[state]!), 0);
  const complete = (initial: readonly number[], transitions: Transitions): Markov => ({
    initial: stationary ? stationaryDistribution(transitions) : initial,
    transitions,
  });
  return {
    id: 'hidden-markov',
    options: { ...options },
    components,
    start: complete(heldInitial ?? shared(pattern.allowedInitial), heldTransitions ?? pattern.allowed.map(shared)),
    length: components * (components + 1),

    posterior: (_block, from, end, at, logDensities, sums) => pass.posterior(from, end, at, logDensities, sums),

    expectedLogProbability: (sums, { initial, transitions }) =>
      transitions.reduce((sum, row, state) => sum + expectedLog(sums, first(state), row), expectedLog(sums, 0, initial)),

    logProbability(labels, _block, from, end, { initial, transitions }) {
      let total = log(initial[labels[0]!]!);
      for (let row = 1; row < end - from; row += 1) total += log(transitions[labels[row - 1]!]![labels[row]!]!);
      return total;
    },

    sample(labels, length, { initial, transitions }, random) {
      for (let row = 0; row < length; row += 1)
        labels[row] = drawLabel(row === 0 ? initial : transitions[labels[row - 1]!]!, random.uniform());
    },

    maximize(sums, about) {
      if (stationary) {
        if (heldTransitions !== undefined) return about;
        const gainOf = (from: Transitions, to: Transitions): number => gainOfTransitions(sums, from, to) + gainOfStationary(sums, from, to);
        return complete(about.initial, stationaryEstimate(sums, about.transitions, gainOf));
      }
      return {
        initial: heldInitial === undefined ? estimateProportions(sums, 0, about.initial) : about.initial,
        transitions:
          heldTransitions === undefined
            ? about.transitions.map((row, state) => estimateProportions(sums, first(state), row))
            : about.transitions,
      };
    },

    gain(sums, _about, from, to) {
      const start = stationary
        ? gainOfStationary(sums, from.transitions, to.transitions)
        : gainOfProportions(sums, 0, from.initial, to.initial);
      return start + gainOfTransitions(sums, from.transitions, to.transitions);
    },

    recentre: () => undefined,

    corners: ({ initial }, tolerance) =>
      freeEntries(pattern).initial.flatMap((state) => (initial[state]! <= tolerance ? [`initial probability of state ${state + 1}`] : [])),

    space: spaceOf(components, pattern, complete),
  };
}

/** What reads hidden Markov models back from files, and makes them in workers: `readModel(json, families, [markovChain])`. */
export const markovChain: LatentDefinition<Markov> = { id: 'hidden-markov', create: (components, options) => markov(components, options) };

function shared(mask: readonly number[]): readonly number[] {
  const count = mask.reduce((sum, entry) => sum + entry, 0);
  return mask.map((entry) => entry / count);
}

/** The states whose probabilities are parameters, in the start and in each row: none where there is no choice. */
function freeEntries({ allowed, allowedInitial, heldInitial, heldTransitions, stationary }: Pattern): {
  readonly initial: readonly number[];
  readonly transitions: readonly (readonly number[])[];
} {
  const choice = (mask: readonly number[]): readonly number[] => {
    const states = mask.flatMap((entry, state) => (entry > 0 ? [state] : []));
    return states.length > 1 ? states : [];
  };
  return {
    initial: stationary || heldInitial !== undefined ? [] : choice(allowedInitial),
    transitions: allowed.map((row) => (heldTransitions === undefined ? choice(row) : [])),
  };
}

function spaceOf(
  components: number,
  pattern: Pattern,
  complete: (initial: readonly number[], transitions: Transitions) => Markov,
): ParameterSpace<Markov> {
  const simplex = { kind: 'simplex', length: components } as const;
  const entries = freeEntries(pattern);
  const { allowed, allowedInitial, heldInitial, heldTransitions, stationary } = pattern;
  const isRow = (row: unknown, mask: readonly number[]): boolean =>
    domainViolation(simplex, row) === undefined && (row as number[]).every((value, state) => value === 0 || mask[state]! > 0);
  return {
    check(json) {
      const { initial, transitions } = (json ?? {}) as { readonly initial?: unknown; readonly transitions?: unknown };
      if (!Array.isArray(transitions) || transitions.length !== components)
        throw malformed('transitions', transitions, `Give transitions: ${components} rows of ${components} probabilities.`);
      const rows = transitions.map((row, state) => checkRow(row, allowed[state]!, components, `transitions from state ${state + 1}`));
      if (heldTransitions !== undefined) checkKept(rows.flat(), heldTransitions.flat(), 'transitions');
      const begins = initial === undefined && stationary ? stationaryDistribution(rows) : initial;
      const start = checkRow(begins, allowedInitial, components, 'initial probabilities');
      if (heldInitial !== undefined) checkKept(start, heldInitial, 'initial probabilities');
      return complete(start, rows);
    },
    contains: ({ initial, transitions }) =>
      isRow(initial, allowedInitial) && transitions.every((row, state) => isRow(row, allowed[state]!)),
    distance: (from, to) =>
      Math.max(
        entries.initial.length > 0 ? domainDistance(simplex, from.initial, to.initial) : 0,
        ...from.transitions.map((row, state) =>
          entries.transitions[state]!.length > 0 ? domainDistance(simplex, row, to.transitions[state]!) : 0,
        ),
      ),
    rounding: () => (freeOf(entries).length > 0 ? Number.EPSILON : 0),
    boundary: ({ transitions }, tolerance) =>
      entries.transitions.flatMap((states, from) =>
        states.flatMap((to) => (transitions[from]![to]! <= tolerance ? [`transition from state ${from + 1} to state ${to + 1}`] : [])),
      ),
    free: coordinatesOf(entries, complete),
  };
}

type Entries = ReturnType<typeof freeEntries>;

/** The rows that have coordinates: the start's, if any, and those of the transitions. */
function freeOf({ initial, transitions }: Entries): readonly { readonly row: number; readonly states: readonly number[] }[] {
  return [initial, ...transitions].flatMap((states, index) => (states.length > 0 ? [{ row: index - 1, states }] : []));
}

function coordinatesOf(entries: Entries, complete: (initial: readonly number[], transitions: Transitions) => Markov): Coordinates<Markov> {
  let length = 0;
  const parts = freeOf(entries).map(({ row, states }) => {
    const simplex: Coordinates<readonly number[]> = domainCoordinates({ kind: 'simplex', length: states.length });
    const offset = length;
    length += simplex.length;
    const of = ({ initial, transitions }: Markov): readonly number[] => {
      const values = row < 0 ? initial : transitions[row]!;
      return states.map((state) => values[state]!);
    };
    return { row, states, simplex, offset, of };
  });
  return {
    length,
    difference(from, to, out, place) {
      for (const { simplex, offset, of } of parts) simplex.difference(of(from), of(to), out, place + offset);
    },
    move(from, step, place) {
      let { initial } = from;
      const transitions = [...from.transitions];
      for (const { row, states, simplex, offset, of } of parts) {
        const values = simplex.move(of(from), step, place + offset);
        const moved = [...(row < 0 ? initial : transitions[row]!)];
        states.forEach((state, index) => {
          moved[state] = values[index]!;
        });
        if (row < 0) initial = moved;
        else transitions[row] = moved;
      }
      return complete(initial, transitions);
    },
    scales(_at, out, place) {
      out.fill(1, place, place + length);
    },
  };
}

function checkRow(given: unknown, mask: readonly number[], components: number, what: string): readonly number[] {
  if (!Array.isArray(given)) throw malformed(what, given, `Give {"initial":[...],"transitions":[[...]],"components":[{...}]}.`);
  const row = normaliseTyped(given);
  const violation = domainViolation({ kind: 'simplex', length: components }, row);
  const stray = violation === undefined ? row.findIndex((value, state) => value > 0 && mask[state] === 0) : -1;
  if (violation === undefined && stray < 0) return row;
  const why = violation ?? `its entry ${stray + 1} is ${row[stray]}, which the options of the chain rule out`;
  throw new EmkitError(
    'PARAMETER_DOMAIN',
    `The ${what} must be ${components === 1 ? 'one number' : `${components} numbers`} from 0 to 1 that sum to 1, but ${why
      .replace(/^its entr(y|ies)/, (_, end: string) => (end === 'y' ? 'entry' : 'they'))
      .replace(/^it is/, 'they are')
      .replace(/^it has/, 'there are')}.`,
    { parameter: what, value: given },
  );
}

/** Held probabilities are those of the options, wherever else they stand. */
function checkKept(given: readonly number[], held: readonly number[], what: string): void {
  const place = held.findIndex((value, index) => given[index] !== value);
  if (place < 0) return;
  throw new EmkitError('PARAMETER_DOMAIN', `The ${what} are held at other values: ${given[place]} is ${held[place]} there.`, {
    parameter: what,
    value: given[place],
    remedy: 'Give the values that the options hold.',
  });
}

function malformed(what: string, value: unknown, remedy: string): EmkitError {
  return new EmkitError('MODEL_MALFORMED', `The parameters have no list of ${what}.`, { value, remedy });
}
