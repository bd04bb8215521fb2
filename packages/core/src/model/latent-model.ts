import type { Block } from '../data/block.ts';
import { codeName, EmkitError, showValue } from '../errors.ts';
import type { Family, FamilyDefinition } from '../family.ts';
import { exp } from '../numerics/elementary.ts';
import { type Components, createEmissions, type Emissions, type Ties } from './emissions.ts';
import type { Estimable } from './estimable.ts';
import { type ExpectationLayout, HEADER } from './expectation.ts';
import { componentDistance, componentInside, componentRounding, shownComponent } from './family-space.ts';
import { independent, type Weights } from './independent.ts';
import type { Latent } from './latent.ts';
import type { Coordinates } from './space.ts';

/** A point of a model: the parameters of the labels' law by name, and one record a component. Plain JSON. */
export type ModelParameters<L extends object = object> = L & { readonly components: Components };

/** Mixture weights and one parameter record a component. */
export type MixtureParameters = ModelParameters<Weights>;

/**
 * The structure of a model: how labels arise, and what each of them emits. Everything but numbers and data.
 *
 * Its points are flat, `{ ...latent, components }`: a point of the model is a point of its labels' law as it stands.
 */
export interface LatentModel<L extends object = object> extends Estimable<ModelParameters<L>> {
  readonly latent: Latent<L>;
  readonly emissions: Emissions;
  readonly families: readonly Family[];
  readonly layout: ExpectationLayout;
  /** The point as it is shown: without what only holds further digits. */
  show(point: ModelParameters<L>): ModelParameters<L>;
  /** Points to try where probabilities of labels vanished, or parameters lie on an edge, though the likelihood may rise away from there. */
  revive(sums: Float64Array, at: ModelParameters<L>): readonly ModelParameters<L>[];
}

/**
 * The root of a share of the rows below which a component's parameters count less in distances: they are known to one over the root of its
 * share, and as it vanishes they are not determined at all.
 */
const VANISHING = 2 ** -15;

/** A mixture: labels drawn row by row. */
export type Mixture = LatentModel<Weights>;

export function createLatentModel<L extends object>(latent: Latent<L>, emissions: Emissions): LatentModel<L> {
  type P = ModelParameters<L>;
  const { families } = emissions;
  if (latent.components !== families.length) {
    throw new EmkitError(
      'OPTION_INVALID',
      `The latent structure ${latent.id} has ${latent.components} components, and there are ${families.length} families.`,
    );
  }
  if (latent.logWeights !== undefined && latent.length !== latent.components) {
    throw new EmkitError(
      'OPTION_INVALID',
      `The latent structure ${latent.id} has ${latent.length} sums for ${latent.components} components.`,
      {
        remedy: 'Where it has logWeights, its sums are the expected counts, one a component.',
      },
    );
  }
  const offsets = emissions.offsets.map((offset) => HEADER + latent.length + offset);
  const ofLabels = (sums: Float64Array): Float64Array => sums.subarray(0, latent.length);
  const ofComponents = (sums: Float64Array): Float64Array => sums.subarray(latent.length);
  const relevance = (point: P): readonly number[] =>
    latent.logWeights?.(point).map((logWeight) => Math.min(1, exp(0.5 * logWeight) / VANISHING)) ?? families.map(() => 1);
  return {
    latent,
    emissions,
    families,
    layout: { length: offsets.at(-1)!, offsets },
    length: latent.length + emissions.length,

    maximize: (sums, about) => ({
      ...latent.maximize(ofLabels(sums), about),
      components: emissions.maximize(ofComponents(sums), about.components),
    }),

    gain: (sums, about, from, to) =>
      latent.gain(ofLabels(sums), about, from, to) + emissions.gain(ofComponents(sums), about.components, from.components, to.components),

    recentre(sums, about) {
      const labels = latent.recentre(ofLabels(sums), about);
      const components = emissions.recentre(ofComponents(sums), about.components);
      return labels === undefined && components === undefined
        ? undefined
        : { ...about, ...labels, components: components ?? about.components };
    },

    show: (point) => ({ ...point, components: point.components.map((values, component) => shownComponent(families[component]!, values)) }),

    revive(sums, at) {
      const inside = families.flatMap((family, component) =>
        emissions.sharedGroups.some(({ components }) => components.includes(component))
          ? []
          : componentInside(family, at.components[component]!, emissions.held[component]!).map((values) => ({
              ...at,
              components: at.components.map((other, index) => (index === component ? values : other)),
            })),
      );
      return [...(latent.revive?.(ofLabels(sums), at) ?? []).map((labels) => ({ ...at, ...labels })), ...inside];
    },

    space: {
      check(json) {
        const point = (typeof json === 'object' && json !== null ? json : {}) as P;
        const components = emissions.space.check(point.components);
        return { ...latent.space.check(point), components };
      },
      contains: (point) => latent.space.contains(point) && emissions.space.contains(point.components),
      distance(from, to) {
        const [before, after] = [relevance(from), relevance(to)];
        return families.reduce(
          (most, family, component) => {
            const weight = Math.max(before[component]!, after[component]!);
            return weight === 0
              ? most
              : Math.max(most, weight * componentDistance(family, from.components[component]!, to.components[component]!));
          },
          latent.space.distance(from, to),
        );
      },
      rounding(point) {
        const weights = relevance(point);
        return families.reduce(
          (most, family, component) => Math.max(most, weights[component]! * componentRounding(family, point.components[component]!)),
          latent.space.rounding(point),
        );
      },
      boundary: (point, tolerance) => [
        ...latent.space.boundary(point, tolerance),
        ...emissions.space.boundary(point.components, tolerance),
      ],
      edges: (point) => [
        ...(latent.space.edges?.(point) ?? []).map((labels) => ({ ...point, ...labels })),
        ...(emissions.space.edges?.(point.components) ?? []).map((components) => ({ ...point, components })),
      ],
      free: sideBySide(latent.space.free, emissions.space.free),
    },
  };
}

function sideBySide<L extends object>(labels: Coordinates<L>, components: Coordinates<Components>): Coordinates<ModelParameters<L>> {
  return {
    length: labels.length + components.length,
    difference(from, to, out, place) {
      labels.difference(from, to, out, place);
      components.difference(from.components, to.components, out, place + labels.length);
    },
    move: (from, step, place) => ({
      ...labels.move(from, step, place),
      components: components.move(from.components, step, place + labels.length),
    }),
    scales(point, out, place) {
      labels.scales(point, out, place);
      components.scales(point.components, out, place + labels.length);
    },
  };
}

/** The block as the labels' law sees it: with the columns that it is given, which follow those of the families. */
export function labelBlock({ latent, families }: Pick<LatentModel, 'latent' | 'families'>, block: Block): Block {
  return latent.columns === undefined ? block : cutColumns(block, families[0]!.columns.length);
}

/** The block as the components see it: with their own columns alone. */
export function componentBlock({ latent, families }: Pick<LatentModel, 'latent' | 'families'>, block: Block): Block {
  return latent.columns === undefined ? block : cutColumns(block, 0, families[0]!.columns.length);
}

function cutColumns(block: Block, from: number, to?: number): Block {
  const { columns, inexact } = block;
  return { ...block, columns: columns.slice(from, to), ...(inexact && { inexact: inexact.slice(from, to) }) };
}

/** Whether rows hang together in sequences. */
export function isSequential({ logWeights, rowwise }: Latent): boolean {
  return logWeights === undefined && rowwise !== true;
}

/** What a fit may not change: it keeps the values of the start. */
export interface Held {
  /** All mixture weights. */
  readonly weights?: boolean;
  /** For each component the names of its held parameters; undefined holds none. */
  readonly components?: readonly (readonly string[] | undefined)[];
}

/** How the structure of a model is stated. */
export interface ModelOptions {
  /** The family of every component; with `components` their number. */
  readonly family?: Family;
  readonly components?: number;
  /** Or one family for each component, which may differ but must take the same columns. */
  readonly families?: readonly Family[];
  /** How labels arise. Default: `independent`, which makes a mixture. */
  readonly latent?: Latent;
  readonly held?: Held;
  /** Parameters that all components share, besides those the family itself ties. */
  readonly shared?: readonly string[];
}

/** More components than any data could tell apart; a model of a billion would exhaust memory before it met the data. */
const MOST_COMPONENTS = 100_000;

/**
 * Makes the structure of a model.
 *
 * @throws EmkitError `OPTION_INVALID`; `CAPABILITY_MISSING` where a family cannot hold or share what it is asked to
 */
export function createModelStructure(options: ModelOptions): LatentModel {
  if (typeof options !== 'object' || options === null)
    throw invalid(`The options are ${showValue(options)}`, 'Give { family: gaussian(), components: 2 }.');
  checkLatent(options.latent);
  const families = resolveFamilies(options);
  const { held, shared, latent } = options;
  if (latent !== undefined && held?.weights !== undefined) {
    throw new EmkitError('OPTION_INVALID', 'Weights are held, and the latent structure is given.', {
      remedy: 'Hold its parameters where the latent structure is made.',
    });
  }
  const ties: Ties = { ...(held?.components && { held: held.components }), ...(shared && { shared }) };
  return createLatentModel(latent ?? independent(families.length, { held: held?.weights === true }), createEmissions(families, ties));
}

function checkLatent(latent: unknown): void {
  if (latent === undefined || typeof (latent as Partial<Latent> | null)?.posterior === 'function') return;
  throw invalid(
    `The option latent is ${showValue(latent)}`,
    'Give a latent structure, for example independent(2), or leave it out for a mixture.',
    latent,
  );
}

/** Makes the structure of a mixture. Errors as `createModelStructure`. */
export function createMixture(options: Omit<ModelOptions, 'latent'>): Mixture {
  return createModelStructure(options) as Mixture;
}

function resolveFamilies(options: ModelOptions): readonly Family[] {
  const { family, families, latent } = options;
  const components = options.components ?? latent?.components;
  if (families !== undefined) {
    if (!Array.isArray(families) || families.length === 0) {
      throw invalid(
        `The option families is ${Array.isArray(families) ? 'an empty list' : 'no list'}`,
        'Give a list with a family for each component: families: [gaussian(), exponential()].',
      );
    }
    if (components !== undefined && components !== families.length) {
      throw invalid(`There are ${families.length} families for ${components} components`, 'Give a family for each component.');
    }
    families.forEach((each, component) => {
      checkFamily(each, `The family of component ${component + 1}`);
    });
    return families;
  }
  checkFamily(family, 'The family');
  if (!Number.isSafeInteger(components) || components! < 1 || components! > MOST_COMPONENTS) {
    const given = components === undefined ? 'No number of components is given' : `The number of components is ${showValue(components)}`;
    const several = Array.isArray(components) ? ' To choose among several, use select.' : '';
    throw invalid(given, `Give components: a whole number from 1 to ${MOST_COMPONENTS}.${several}`, components);
  }
  return Array.from({ length: components! }, () => family!);
}

/** Families of other programs, by what they are called there. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  normal: 'gaussian',
  norm: 'gaussian',
  gauss: 'gaussian',
  mvn: 'multivariate-gaussian',
};

/**
 * Says what is wrong with what was passed instead of a family, and what was meant.
 *
 * @throws EmkitError `OPTION_INVALID`
 */
export function checkFamily(family: unknown, which: string): asserts family is Family {
  const record = family as Partial<Family> | null | undefined;
  if (typeof record === 'object' && record !== null && typeof record.logDensity === 'function' && Array.isArray(record.columns)) return;
  if (family === undefined) {
    throw invalid(which === 'The family' ? 'No family is given' : `${which} is missing`, 'Give one, for example family: gaussian().');
  }
  if (typeof family === 'function') {
    const { id } = family as Partial<FamilyDefinition>;
    throw invalid(`${which} is a definition, not an instance`, `Call it: ${codeName(typeof id === 'string' ? id : 'gaussian')}().`);
  }
  if (typeof family === 'string') {
    const name = codeName(ELSEWHERE[family.toLowerCase()] ?? family.toLowerCase());
    throw invalid(
      `${which} is the word ${showValue(family)}`,
      `Import the family and call it: ${/^[a-z]+$/i.test(name) ? name : 'gaussian'}().`,
      family,
    );
  }
  const remedy = Array.isArray(family)
    ? 'Give one instance, or families: a list with one for each component.'
    : 'Give an instance, for example gaussian().';
  throw invalid(`${which} is ${Array.isArray(family) ? 'a list' : showValue(family)}`, remedy);
}

function invalid(what: string, remedy: string, value?: unknown): EmkitError {
  return new EmkitError('OPTION_INVALID', `${what}.`, { ...(value !== undefined && { value }), remedy });
}

/** The number of free parameters of the model: what AIC and BIC count. Held ones are not counted, shared ones once. */
export function countFreeParameters({ space }: LatentModel): number {
  return space.free.length;
}
