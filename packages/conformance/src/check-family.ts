import { EmkitError, type Family, type FamilyDefinition, type ParameterValues, type Random } from '@emkit/core';
import type { ReferenceFamily } from '@emkit/reference';
import type * as fc from 'fast-check';
import { parametersArbitrary, type Row, rowArbitrary } from './arbitraries.ts';
import { LAWS } from './checks/index.ts';
import { coreEngine, type Engine } from './engine.ts';
import { describeShape } from './family-shape.ts';
import type { Subject } from './law.ts';
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

/** A reference family with parameters of any names. */
// biome-ignore lint/suspicious/noExplicitAny: its functions take the parameters, so that no narrower type admits all of them.
export type AnyReferenceFamily = ReferenceFamily<any>;

/** How a family is checked. */
export interface CheckOptions extends RunOptions {
  /** The same family in arbitrary precision, from `@emkit/reference` or made with its `makeReferenceFamily`. Without it, what needs it is skipped. */
  readonly reference?: AnyReferenceFamily | undefined;
  /** Ordinary parameters, where the family's domains allow values that make no sense together. Default: drawn from the domains. */
  readonly parameters?: fc.Arbitrary<ParameterValues>;
  /** Ordinary rows of data. Default: drawn from the declared support. */
  readonly rows?: fc.Arbitrary<Row>;
  /** What to run the laws of EM on. Default: the engine of `@emkit/core`. */
  readonly engine?: Engine;
}

/**
 * Checks a family against the laws.
 *
 * @param family an instance, or a definition, of which the first variant is taken (`checkDefinition` takes all)
 * @returns one result a law, in the order of the laws; a broken law is a result, never an exception
 * @throws EmkitError `OPTION_INVALID` for an unknown law, a bad seed or number of runs, or something that is not a family
 * @example checkFamily(laplace()).passed
 */
export function checkFamily(family: Family | FamilyDefinition, options: CheckOptions = {}): ConformanceReport {
  return runLaws(LAWS, createSubject(family, options), options);
}

/** Checks one law. Otherwise as `checkFamily`. */
export function checkLaw(family: Family | FamilyDefinition, law: string, options: CheckOptions = {}): LawResult {
  return runLaw(chosenLaws(LAWS, { ...options, laws: [law] })[0]!, createSubject(family, options), options);
}

/**
 * Draws the case again that a failure of a law names by its seed and path, shows it whole, and judges it.
 *
 * @returns one entry for each part of the law that has such a case, or for the one that is named
 */
export function replayFamily(
  family: Family | FamilyDefinition,
  law: string,
  where: { readonly seed: number; readonly path: string; readonly part?: string; readonly runs?: number; readonly judge?: boolean },
  options: CheckOptions = {},
): readonly Replay[] {
  return replayLaw(chosenLaws(LAWS, { laws: [law] })[0]!, createSubject(family, options), where);
}

/**
 * Checks every variant of a definition.
 *
 * @param reference makes the reference for each variant's options; undefined where there is none
 */
export function checkDefinition(
  definition: FamilyDefinition,
  options: Omit<CheckOptions, 'reference'> & {
    readonly reference?: (options: Readonly<Record<string, unknown>>) => AnyReferenceFamily | undefined;
  } = {},
): readonly ConformanceReport[] {
  const { reference, ...rest } = options;
  return definition.variants.map((variant) => {
    const family = definition(variant);
    return checkFamily(withDefinition(family, definition), { ...rest, reference: reference?.(family.options) });
  });
}

/** The capabilities that a law lacks for a family: empty when at least one of its parts applies. */
export function missingFor(family: Family | FamilyDefinition, law: string, options: CheckOptions = {}): readonly string[] {
  return missingParts(chosenLaws(LAWS, { laws: [law] })[0]!, createSubject(family, options));
}

const definitions = new WeakMap<Family, FamilyDefinition>();

/** Remembers which definition made an instance, so that model files can be read back through it. */
export function withDefinition(family: Family, definition: FamilyDefinition): Family {
  definitions.set(family, definition);
  return family;
}

function createSubject(given: Family | FamilyDefinition, options: CheckOptions): Subject {
  const wrong = describeShape(given);
  if (wrong !== undefined)
    throw new EmkitError('OPTION_INVALID', `This is not a family: ${wrong}.`, {
      remedy: 'Give what defineFamily returns, or what calling that returns.',
    });
  const family = typeof given === 'function' ? withDefinition(given(given.variants[0]), given) : given;
  const instanceWrong = typeof given === 'function' ? describeShape(family) : undefined;
  if (instanceWrong !== undefined)
    throw new EmkitError('OPTION_INVALID', `The definition ${given.id} does not make a family: ${instanceWrong}.`);
  const definition: FamilyDefinition =
    definitions.get(family) ?? Object.assign(() => family, { id: family.id, title: family.id, options: {}, variants: [family.options] });
  return {
    kind: 'family',
    id: family.id,
    options: family.options,
    family,
    definition,
    reference: options.reference,
    engine: options.engine ?? coreEngine,
    parameters: (reach) =>
      reach === 'ordinary' ? (options.parameters ?? parametersArbitrary(family, reach)) : parametersArbitrary(family, reach),
    row: (reach) => (reach === 'ordinary' ? (options.rows ?? rowArbitrary(family, reach)) : rowArbitrary(family, reach)),
    draw: drawing(family),
  };
}

/** The sampler, or inversion of the cumulative distribution where there is only a quantile function. */
function drawing(family: Family): Subject['draw'] {
  if (family.sample !== undefined) return (parameters, random, row) => family.sample!(parameters, random, row);
  if (family.quantile === undefined) return undefined;
  const column = family.columns.findIndex(({ given }) => given !== true);
  return (parameters: ParameterValues, random: Random, row: Float64Array) => {
    row[column] = family.quantile!(random.uniformOpen(), parameters, row);
  };
}
