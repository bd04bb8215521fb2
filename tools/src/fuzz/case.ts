import {
  type Family,
  type FamilyDefinition,
  type Fit,
  type FitData,
  type FitOptions,
  type FitStep,
  fit,
  fitSteps,
  type MixtureParameters,
  type ModelJson,
  type Selection,
  type SelectOptions,
  type StartMethod,
  select,
} from '@emkit/core';
import { families as allFamilies } from '@emkit/families';

/** A family and its options, as they stand in a model file. */
export interface FamilyChoice {
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is known of a row's component: which it is, counted from 0, those it may be, or -1 where it may be any. */
export type Label = number | readonly number[];

/** What a case may ask of a fit, as JSON. */
export interface CaseOptions {
  readonly start?: MixtureParameters | StartMethod;
  readonly starts?: number;
  readonly seed?: number;
  readonly iterations?: number;
  readonly tolerance?: number;
  readonly accelerate?: boolean;
  readonly held?: { readonly weights?: boolean; readonly components?: readonly (readonly string[])[] };
  readonly shared?: readonly string[];
  readonly blockSize?: number;
}

/** One data set with what is asked of it: plain JSON, and all that is needed to run it again. */
export interface Case {
  /** The family of every component, or one for each. */
  readonly families: readonly FamilyChoice[];
  readonly components: number;
  readonly rows: readonly (readonly number[])[];
  readonly weights?: readonly number[];
  readonly labels?: readonly Label[];
  readonly options: CaseOptions;
  /** What the laws draw their own choices from. */
  readonly salt: number;
}

/** The entry points under test. A broken engine is one with one of them, or a family, replaced. */
export interface Engine {
  readonly fit: (data: FitData, options: FitOptions) => Fit;
  readonly fitSteps: (data: FitData, options: FitOptions) => Generator<FitStep, Fit, void>;
  readonly select: (data: FitData, options: SelectOptions) => Selection;
  readonly families: readonly FamilyDefinition[];
}

/** The engine as it stands. */
export const workspace: Engine = { fit, fitSteps, select, families: allFamilies.filter(({ fromJson }) => fromJson === undefined) };

/** The family of each component; equal choices are one and the same instance, as in a mixture read from a file. */
export function instancesOf(engine: Engine, { families, components }: Pick<Case, 'families' | 'components'>): readonly Family[] {
  const known = new Map<string, Family>();
  return Array.from({ length: components }, (_, component) => {
    const choice = families[component % families.length]!;
    const key = JSON.stringify(choice);
    const instance = known.get(key) ?? engine.families.find(({ id }) => id === choice.family)!(choice.options);
    known.set(key, instance);
    return instance;
  });
}

/** The case's rows as `fit` takes them: one column as a list of numbers. */
export function dataOf({ rows }: Pick<Case, 'rows'>): number[] | number[][] {
  return rows[0]?.length === 1 ? rows.map(([value]) => value!) : rows.map((row) => [...row]);
}

/** Everything else that `fit` is told. */
export function optionsOf(engine: Engine, fuzzCase: Case): FitOptions {
  const { families, components, weights, labels, options } = fuzzCase;
  const instances = instancesOf(engine, fuzzCase);
  return {
    ...(families.length === 1 ? { family: instances[0]!, components } : { families: instances }),
    ...(weights && { weights }),
    ...(labels && { labels }),
    ...options,
  };
}

/** A model file of a mixture of the case's families at the given parameters. */
export function modelJson({ families }: Pick<Case, 'families'>, { weights, components }: MixtureParameters): ModelJson {
  return families.length === 1 ? { ...families[0]!, weights, components } : { families, weights, components };
}

/** The case as a program. */
export function toCode({ families, components, rows, weights, labels, options }: Case): string {
  const call = ({ family, options: given }: FamilyChoice): string =>
    `${family.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}(${Object.keys(given).length === 0 ? '' : literal(given)})`;
  const entries = [
    families.length === 1 ? `family: ${call(families[0]!)}, components: ${components}` : `families: [${families.map(call).join(', ')}]`,
    ...(weights ? [`weights: ${literal(weights)}`] : []),
    ...(labels ? [`labels: ${literal(labels)}`] : []),
    ...Object.entries(options).map(([name, value]) => `${name}: ${literal(value)}`),
  ];
  return `fit(${literal(dataOf({ rows }))}, { ${entries.join(', ')} })`;
}

/** JSON with bare keys, and numbers that JSON cannot hold. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, entry]) => `${name}: ${literal(entry)}`)
      .join(', ')} }`;
  return typeof value === 'string' ? `'${value}'` : Object.is(value, -0) ? '-0' : String(value);
}
