import { EmkitError, showValue } from '../errors.ts';
import type { FamilyDefinition } from '../family.ts';
import type { Weights } from '../model/independent.ts';
import type { LatentModel, ModelParameters } from '../model/latent-model.ts';
import { asRecord, type FamilyJson, type LatentDefinition, readStructure, type StructureJson } from '../model/structure-json.ts';
import { type Exact, Model } from './model.ts';
import type { LawOf, ParametersOf } from './typed.ts';

/**
 * Reads a model written by `Model.toJSON` or a fit's, of this version or the first: untrusted input, checked entry by entry.
 *
 * @param json the parsed JSON
 * @param definitions the families that may occur
 * @param latents the latent structures that may occur besides that of a mixture
 * @throws EmkitError `MODEL_MALFORMED` (not a model; an unknown family), `OPTION_INVALID` (no list of definitions), `PARAMETER_*`
 */
export function readModel<D extends FamilyDefinition, T extends LatentDefinition = never>(
  json: unknown,
  definitions: readonly D[],
  latents: readonly T[] = [],
): Model<readonly ParametersOf<D>[], Weights | LawOf<T>> {
  checkDefinitions(definitions);
  if (typeof json === 'string')
    throw new EmkitError('MODEL_MALFORMED', 'The model is text.', { remedy: 'Give what JSON.parse makes of it.' });
  const record = asRecord(json, 'The model');
  const body = 'model' in record ? asRecord(record['model'], 'The entry "model"') : record;
  const { components, families, held, shared, kind, kindOptions, exact, family: _, options: __, ...law } = body;
  if (!Array.isArray(components) || components.length === 0) {
    throw new EmkitError('MODEL_MALFORMED', 'The model has no list "components".', { remedy: 'Use a file that emkit wrote.' });
  }
  const entries = readEntries(body, components.length);
  const holding = held === undefined ? {} : asRecord(held, 'The entry "held"');
  const structure: StructureJson = {
    ...(kind !== undefined && { latent: { id: kind as string, options: asRecord(kindOptions ?? {}, 'The entry "kindOptions"') } }),
    families: entries.families,
    components: entries.components,
    ...(holding['weights'] === true && { heldWeights: true as const }),
    ...(holding['components'] !== undefined && { held: readNames(holding['components'], 'held') }),
    ...(shared !== undefined && { shared: readNames([shared], 'shared')[0]! }),
  };
  const model = readStructure(structure, definitions, latents);
  const read: unknown = new Model(model, { ...law, components } as ModelParameters, readExact(model, law, exact));
  return read as Model<readonly ParametersOf<D>[], Weights | LawOf<T>>;
}

/** Families are read by what makes them: `gaussian`, not `gaussian()`. */
function checkDefinitions(definitions: unknown): void {
  if (Array.isArray(definitions) && definitions.every((definition) => typeof definition === 'function')) return;
  const isInstance = Array.isArray(definitions) && definitions.some((definition) => typeof definition === 'object');
  throw new EmkitError('OPTION_INVALID', `The families that may occur are ${isInstance ? 'instances' : showValue(definitions)}.`, {
    remedy: 'Give a list of definitions: [gaussian], or families, which holds them all.',
  });
}

/** Equal entries are one and the same family. */
function readEntries(body: Readonly<Record<string, unknown>>, count: number): Pick<StructureJson, 'families' | 'components'> {
  if (!Array.isArray(body['families'])) {
    return { families: [body as unknown as FamilyJson], components: new Array<number>(count).fill(0) };
  }
  const given: readonly unknown[] = body['families'];
  if (given.length !== count) throw new EmkitError('MODEL_MALFORMED', `The model has ${given.length} families for ${count} components.`);
  const keys = given.map((entry, index) => {
    const { family, options } = asRecord(entry, `Family ${index + 1}`);
    return keyOf([family, options], `Family ${index + 1}`);
  });
  const different = [...new Set(keys)];
  return {
    families: different.map((key) => given[keys.indexOf(key)] as FamilyJson),
    components: keys.map((key) => different.indexOf(key)),
  };
}

/** As text. A file may nest so deep that there is none. */
function keyOf(value: unknown, what: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw new EmkitError('MODEL_MALFORMED', `${what} is nested too deep.`, { remedy: 'Use a file that emkit wrote.' });
  }
}

function readNames(value: unknown, what: string): readonly (readonly string[])[] {
  const isNames = (names: unknown): boolean => Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (Array.isArray(value) && value.every(isNames)) return value as readonly (readonly string[])[];
  throw new EmkitError('MODEL_MALFORMED', `The entry "${what}" is ${showValue(value)}.`, {
    value,
    remedy: 'Give lists of names of parameters.',
  });
}

function readExact(model: LatentModel, law: object, value: unknown): Exact | undefined {
  if (value === undefined) return undefined;
  const { origin, components } = asRecord(value, 'The entry "exact"');
  if (
    origin !== undefined &&
    !(Array.isArray(origin) && origin.length === model.families[0]!.columns.length && origin.every(Number.isFinite))
  ) {
    throw new EmkitError('MODEL_MALFORMED', `The origin is ${showValue(origin)}.`, { value: origin, remedy: 'Give one number a column.' });
  }
  const point = model.space.check({ ...law, components });
  return { ...(origin !== undefined && { origin: origin as readonly number[] }), components: point.components };
}
