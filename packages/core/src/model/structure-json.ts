import { EmkitError, showValue } from '../errors.ts';
import type { Family, FamilyDefinition } from '../family.ts';
import { createEmissions } from './emissions.ts';
import { gatedDefinition } from './gated.ts';
import { independent } from './independent.ts';
import type { Latent } from './latent.ts';
import { createLatentModel, type LatentModel } from './latent-model.ts';

/** A family in a file or a message. */
export interface FamilyJson {
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The structure of a model as JSON. */
export interface StructureJson {
  /** Absent in a mixture. */
  readonly latent?: { readonly id: string; readonly options: Readonly<Record<string, unknown>> };
  /** The different families, and for each component which of them it has. */
  readonly families: readonly FamilyJson[];
  readonly components: readonly number[];
  /** For each component the names of its held parameters; absent where none is held. */
  readonly held?: readonly (readonly string[])[];
  /** Whether the weights of a mixture are held. */
  readonly heldWeights?: true;
  /** Parameters shared besides those the families tie themselves. */
  readonly shared?: readonly string[];
}

/** A latent structure before its options are chosen: what reads it back from a file or a message. */
// biome-ignore lint/suspicious/noExplicitAny: a reader takes definitions of different latent structures
export interface LatentDefinition<L extends object = any> {
  readonly id: string;
  create(components: number, options: Readonly<Record<string, unknown>>): Latent<L>;
}

export function structureJson({ latent, emissions, families }: LatentModel): StructureJson {
  const different = [...new Set(families)];
  const own = new Set(different.flatMap((family) => family.shared ?? []));
  const shared = [...new Set(emissions.sharedGroups.flatMap(({ names }) => [...names]))].filter((name) => !own.has(name));
  return {
    ...(latent.id === INDEPENDENT
      ? latent.options['held'] === true && { heldWeights: true as const }
      : { latent: { id: latent.id, options: latent.options } }),
    families: different.map(({ id, options }) => ({ family: id, options })),
    components: families.map((family) => different.indexOf(family)),
    ...(emissions.held.some((names) => names.size > 0) && { held: emissions.held.map((names) => [...names]) }),
    ...(shared.length > 0 && { shared }),
  };
}

const INDEPENDENT = 'independent';

/**
 * The model of a structure: untrusted input.
 *
 * @throws EmkitError `MODEL_MALFORMED` (an unknown family or latent structure), `OPTION_INVALID`
 */
export function readStructure(
  { latent, families, components, held, heldWeights, shared }: StructureJson,
  definitions: readonly FamilyDefinition[],
  latents: readonly LatentDefinition[] = [],
): LatentModel {
  const instances = families.map((entry) => readFamily(entry, definitions));
  const emissions = createEmissions(
    components.map((index) => instances[index]!),
    { ...(held && { held }), ...(shared && { shared }) },
  );
  return createLatentModel(
    latent === undefined ? independent(components.length, { held: heldWeights === true }) : readLatent(latent, components.length, latents),
    emissions,
  );
}

function readLatent(entry: unknown, components: number, latents: readonly LatentDefinition[]): Latent {
  const { id, options } = asRecord(entry, 'The latent structure');
  const known = [...latents, gatedDefinition];
  const definition = known.find((candidate) => candidate.id === id);
  if (definition !== undefined) return definition.create(components, asRecord(options ?? {}, 'The entry "options"'));
  throw new EmkitError('MODEL_MALFORMED', `The latent structure of the model is ${showValue(id)}.`, {
    value: id,
    remedy: `Known are: ${[INDEPENDENT, ...known.map((candidate) => candidate.id)].join(', ')}.`,
  });
}

function readFamily(entry: unknown, definitions: readonly FamilyDefinition[]): Family {
  const { family, options } = asRecord(entry, 'The family');
  const definition = definitions.find(({ id }) => id === family);
  if (definition !== undefined) {
    const given = asRecord(options ?? {}, 'The entry "options"');
    return definition.fromJson?.(given, (inner) => readFamily(inner, definitions)) ?? definition(given);
  }
  throw new EmkitError('MODEL_MALFORMED', `The model's family is ${showValue(family)}.`, {
    value: family,
    remedy: `Known are: ${definitions.map(({ id }) => id).join(', ')}.`,
  });
}

export function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EmkitError('MODEL_MALFORMED', `${what} is ${showValue(value)}, not a JSON object.`, {
      value,
      remedy: 'Use a file that emkit wrote.',
    });
  }
  return value as Readonly<Record<string, unknown>>;
}
