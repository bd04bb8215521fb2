import { type Latent, type Markov, type MarkovOptions, markov, zerosOf } from '@emkit/core';
import { usageProblem } from './problem.ts';

/** The options that say how labels arise. */
export interface LatentFlags {
  readonly model: 'mixture' | 'hidden-markov' | 'hmm';
  readonly sequenceColumn?: string;
  readonly initial?: 'free' | 'stationary';
}

/** Whether rows follow each other. */
export function isHiddenMarkov({ model }: LatentFlags): boolean {
  return model !== 'mixture';
}

/** @throws Problem for options of hidden Markov models where none is asked for */
export function requireHiddenMarkov(flags: LatentFlags): void {
  if (isHiddenMarkov(flags)) return;
  const flag = flags.sequenceColumn !== undefined ? '--sequence-column' : flags.initial !== undefined ? '--initial' : undefined;
  if (flag !== undefined) throw usageProblem(`${flag} is for hidden Markov models: add --model hidden-markov.`);
}

/**
 * The law of the labels of a hidden Markov model; undefined for a mixture. Zeros of a start are what never happens, and no parameters.
 *
 * @param fixed what `--fix` says: `initial` and `transitions` are held at the values of the start
 */
export function latentFor(flags: LatentFlags, components: number, start: object | undefined, fixed: readonly string[]): Latent | undefined {
  if (!isHiddenMarkov(flags)) return undefined;
  const given = start as Markov | undefined;
  const held = ['initial', 'transitions'].filter((name) => fixed.includes(name));
  if (held.length > 0 && given === undefined) throw usageProblem(`--fix ${held[0]} holds the values of a start: give it with --start.`);
  const options: MarkovOptions = {
    ...(given && flags.initial !== 'stationary' && zerosOf(given)),
    ...(flags.initial === 'stationary' && { initial: 'stationary' as const, ...(given && { allowed: zerosOf(given).allowed! }) }),
    ...(held.includes('initial') && { initial: given!.initial }),
    ...(held.includes('transitions') && { transitions: given!.transitions }),
  };
  return markov(components, options);
}
