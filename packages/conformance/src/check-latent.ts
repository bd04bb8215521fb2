import { EmkitError } from '@emkit/core';
import type * as fc from 'fast-check';
import { LATENT_LAWS } from './checks/index.ts';
import { coreEngine, type Engine } from './engine.ts';
import { pointArbitrary } from './labels/cases.ts';
import type { CheckedLatent, LatentSubject, LatentVariant } from './labels/subject.ts';
import { describeLatent, describeLatentShape } from './latent-shape.ts';
import {
  type ConformanceReport,
  chosenLaws,
  type LawResult,
  missingParts,
  type Replay,
  type RunOptions,
  replayLaw,
  runLaw,
  runLaws,
} from './run-law.ts';

/** How a latent structure is checked. */
export interface LatentCheckOptions extends RunOptions {
  /** What it is made with. Default: the first of the definition's `variants`. */
  readonly variant?: LatentVariant;
  /** Points of its space, where some of its parameters are held and cannot be reached by coordinates. Default: drawn by them. */
  readonly points?: fc.Arbitrary<object>;
  /** What to run the laws of units and of EM on. Default: the engine of `@emkit/core`. */
  readonly engine?: Engine;
}

const VARIANTS: readonly LatentVariant[] = [{ components: 2 }, { components: 3 }];

/** What a latent structure is checked with. */
export function variantsOf({ variants = VARIANTS }: CheckedLatent): readonly LatentVariant[] {
  return variants;
}

/**
 * Checks a latent structure against the laws of labels.
 *
 * @param definition what reads it from a file: `id` and `create`, and `permuted` where labels may be exchanged
 * @returns one result a law, in the order of the laws; a broken law is a result, never an exception
 * @throws EmkitError `OPTION_INVALID` for an unknown law, a bad seed or number of runs, or something that is not a latent structure
 * @example checkLatent({ id: 'sticky', create: sticky }).passed
 */
export function checkLatent(definition: CheckedLatent, options: LatentCheckOptions = {}): ConformanceReport {
  return runLaws(LATENT_LAWS, createSubject(definition, options), options);
}

/** Checks one law. Otherwise as `checkLatent`. */
export function checkLatentLaw(definition: CheckedLatent, law: string, options: LatentCheckOptions = {}): LawResult {
  return runLaw(chosenLaws(LATENT_LAWS, { ...options, laws: [law] })[0]!, createSubject(definition, options), options);
}

/** Draws the case again that a failure of a law names. Otherwise as `replayFamily`. */
export function replayLatent(
  definition: CheckedLatent,
  law: string,
  where: { readonly seed: number; readonly path: string; readonly part?: string; readonly runs?: number; readonly judge?: boolean },
  options: LatentCheckOptions = {},
): readonly Replay[] {
  return replayLaw(chosenLaws(LATENT_LAWS, { laws: [law] })[0]!, createSubject(definition, options), where);
}

/** What a law lacks for a latent structure: empty when at least one of its parts applies. */
export function missingForLatent(definition: CheckedLatent, law: string, options: LatentCheckOptions = {}): readonly string[] {
  return missingParts(chosenLaws(LATENT_LAWS, { laws: [law] })[0]!, createSubject(definition, options));
}

function createSubject(definition: CheckedLatent, options: LatentCheckOptions): LatentSubject {
  const refuse = (what: string): never => {
    throw new EmkitError('OPTION_INVALID', `This is not a latent structure: ${what}.`, {
      remedy: 'Give { id, create(components, options) }.',
    });
  };
  const wrong = describeLatentShape(definition);
  if (wrong !== undefined) refuse(wrong);
  const variant = options.variant ?? variantsOf(definition)[0]!;
  const latent = definition.create(variant.components, variant.options ?? {});
  const instanceWrong = describeLatent(latent, variant.components);
  if (instanceWrong !== undefined) refuse(instanceWrong);
  const { points } = options;
  return {
    kind: 'latent structure',
    id: latent.id,
    options: { components: variant.components, ...variant.options },
    definition,
    latent,
    engine: options.engine ?? coreEngine,
    points: (reach) => points ?? pointArbitrary(latent, reach),
  };
}
