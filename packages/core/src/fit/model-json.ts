import type { ParameterValues } from '../family.ts';
import type { LatentModel, ModelParameters } from '../model/latent-model.ts';
import { type FamilyJson, structureJson } from '../model/structure-json.ts';
import type { Exact } from './model.ts';

/** How a model looks in a file: one family for all components, or one for each. The parameters of the labels' law stand beside `components`. */
export type ModelJson = (
  | { readonly family: string; readonly options: Readonly<Record<string, unknown>> }
  | { readonly families: readonly FamilyJson[] }
) & {
  /** The latent structure; absent in a mixture. */
  readonly kind?: string;
  readonly kindOptions?: Readonly<Record<string, unknown>>;
  readonly weights: readonly number[];
  readonly components: readonly ParameterValues[];
  /** What was held and shared when the model was fitted. */
  readonly held?: { readonly weights?: true; readonly components?: readonly (readonly string[])[] };
  readonly shared?: readonly string[];
  /** Digits that the numbers above cannot hold. */
  readonly exact?: Exact;
};

export function modelToJson(model: LatentModel, parameters: ModelParameters, exact: Exact | undefined): ModelJson {
  const { latent, families, components, held, heldWeights, shared } = structureJson(model);
  const [only] = families;
  const holding = { ...(heldWeights && { weights: heldWeights }), ...(held && { components: held }) };
  return {
    ...(latent && { kind: latent.id, ...(Object.keys(latent.options).length > 0 && { kindOptions: latent.options }) }),
    ...(families.length === 1 ? only! : { families: components.map((index) => families[index]!) }),
    ...(parameters as ModelParameters<{ weights: readonly number[] }>),
    ...(Object.keys(holding).length > 0 && { held: holding }),
    ...(shared && { shared }),
    ...(exact && { exact }),
  };
}
