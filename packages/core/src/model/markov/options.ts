import { EmkitError, showValue } from '../../errors.ts';
import { domainViolation } from '../domain.ts';
import type { Markov } from './forward-backward.ts';
import { reachableFrom, type Transitions } from './stationary.ts';

/** What may be said of a Markov chain of labels. Plain JSON. */
export interface MarkovOptions {
  /**
   * The probabilities of the first state of a sequence: `free` (K - 1 parameters, the default); `stationary`, those that the transitions keep
   * (none of their own); or numbers, which are held.
   */
  readonly initial?: 'free' | 'stationary' | readonly number[];
  /** The transition probabilities: `free` (the default), or rows of numbers, which are held. */
  readonly transitions?: 'free' | Transitions;
  /** Which states may follow which: K rows of K entries, 1 where they may, 0 where never. Default: any. */
  readonly allowed?: Transitions;
  /** Which states a sequence may begin with: K entries, 1 or 0. Default: any. */
  readonly allowedInitial?: readonly number[];
}

/** The options of a chain whose states follow each other in order and never go back: it stays, or moves on by up to `jump` states. */
export function leftToRight(components: number, { jump = 1 }: { readonly jump?: number } = {}): MarkovOptions {
  return {
    allowed: square(components, (from, to) => to >= from && to - from <= jump),
    allowedInitial: Array.from({ length: components }, (_, state) => (state === 0 ? 1 : 0)),
  };
}

/** The same in a circle: after the last state comes the first. Sequences begin anywhere. */
export function cyclic(components: number, { jump = 1 }: { readonly jump?: number } = {}): MarkovOptions {
  return { allowed: square(components, (from, to) => (to - from + components) % components <= jump) };
}

/** The options under which the zeros of given probabilities are what can never happen, and no parameters. */
export function zerosOf({ initial, transitions }: Markov): MarkovOptions {
  const pattern = (values: readonly number[]): readonly number[] => values.map((value) => (value > 0 ? 1 : 0));
  return { allowed: transitions.map(pattern), allowedInitial: pattern(initial) };
}

function square(components: number, isAllowed: (from: number, to: number) => boolean): Transitions {
  const states = Array.from({ length: components }, (_, state) => state);
  return states.map((from) => states.map((to) => (isAllowed(from, to) ? 1 : 0)));
}

/** Options that hold together, with every default. */
export interface Pattern {
  readonly allowed: Transitions;
  readonly allowedInitial: readonly number[];
  readonly heldInitial: readonly number[] | undefined;
  readonly heldTransitions: Transitions | undefined;
  readonly stationary: boolean;
}

/** @throws EmkitError `OPTION_INVALID` */
export function checkMarkovOptions(components: number, options: MarkovOptions): Pattern {
  if (!Number.isSafeInteger(components) || components < 1)
    throw invalid(`The number of states is ${showValue(components)}`, 'Give a whole number of at least 1: markov(3).');
  if (typeof options !== 'object' || options === null)
    throw invalid(`The options of the chain are ${showValue(options)}`, 'Give a record.');
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalid(`A chain has no option ${showValue(unknown)}`, `It has: ${KNOWN.join(', ')}.`);
  const { initial = 'free', transitions = 'free' } = options;
  const stationary = initial === 'stationary';
  const heldInitial = typeof initial === 'string' ? undefined : checkHeld(initial, components, 'initial');
  const heldTransitions = typeof transitions === 'string' ? undefined : checkRows(transitions, components, 'transitions');
  if (!stationary && heldInitial === undefined && initial !== 'free')
    throw invalid(`The option initial is ${showValue(initial)}`, "Give 'free', 'stationary' or probabilities.");
  if (heldTransitions === undefined && transitions !== 'free')
    throw invalid(`The option transitions is ${showValue(transitions)}`, "Give 'free', or rows of probabilities.");
  const allowed = (heldTransitions ?? checkMask(options.allowed, components)).map(patternOf);
  const allowedInitial = patternOf(heldInitial ?? checkMaskRow(options.allowedInitial, components, 'allowedInitial'));
  checkReach(allowed, allowedInitial, stationary);
  return { allowed, allowedInitial, heldInitial, heldTransitions, stationary };
}

const KNOWN: readonly string[] = ['initial', 'transitions', 'allowed', 'allowedInitial'];

function checkReach(allowed: Transitions, allowedInitial: readonly number[], stationary: boolean): void {
  const states = allowed.map((_, state) => state);
  if (stationary) {
    const apart = states.find((state) => reachableFrom([state], allowed).length < states.length);
    if (apart === undefined) return;
    throw invalid(
      `A stationary start needs every state to lead to every other, and state ${apart + 1} does not`,
      'Allow more transitions, or use another start.',
    );
  }
  const reached = reachableFrom(
    states.filter((state) => allowedInitial[state]! > 0),
    allowed,
  );
  const missed = states.find((state) => !reached.includes(state));
  if (missed !== undefined) throw invalid(`No sequence can reach state ${missed + 1}`, 'Allow a transition to it, or leave it out.');
}

function checkMask(mask: unknown, components: number): Transitions {
  if (mask === undefined) return square(components, () => true);
  if (!Array.isArray(mask) || mask.length !== components)
    throw invalid(`The option allowed is ${showValue(mask)}`, `Give ${components} rows of 0 and 1.`);
  return mask.map((row, from) => checkMaskRow(row, components, `allowed, row ${from + 1},`));
}

function checkMaskRow(row: unknown, components: number, what: string): readonly number[] {
  if (row === undefined) return Array.from({ length: components }, () => 1);
  if (!Array.isArray(row) || row.length !== components || !row.every((entry) => Number(entry) === 0 || Number(entry) === 1))
    throw invalid(`The option ${what} is ${showValue(row)}`, `Give ${components} entries, each 0 or 1.`);
  if (!row.some((entry) => Number(entry) === 1)) throw invalid(`The option ${what} allows nothing`, 'One entry at least must be 1.');
  return row.map(Number);
}

function checkRows(rows: unknown, components: number, name: string): Transitions {
  if (!Array.isArray(rows) || rows.length !== components)
    throw invalid(`The option ${name} is ${showValue(rows)}`, `Give ${components} rows of ${components} probabilities.`);
  return rows.map((row, from) => checkHeld(row, components, `${name}, row ${from + 1},`));
}

function checkHeld(values: unknown, components: number, what: string): readonly number[] {
  const violation = domainViolation({ kind: 'simplex', length: components }, values);
  if (violation === undefined) return values as readonly number[];
  throw invalid(`The option ${what} is held, but ${violation}`, `Give ${components} probabilities that sum to 1.`);
}

function patternOf(values: readonly number[]): readonly number[] {
  return values.map((value) => (value > 0 ? 1 : 0));
}

function invalid(what: string, remedy: string): EmkitError {
  return new EmkitError('OPTION_INVALID', `${what}.`, { remedy });
}
