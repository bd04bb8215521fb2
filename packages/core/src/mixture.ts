import { checkParameters, domainViolation, freeParameters } from './domain.ts';
import { EmkitError, showValue } from './errors.ts';
import type { Family, ParameterValues } from './family.ts';

/** Mixture weights and one parameter record a component: a point theta of the model. Plain JSON. */
export interface MixtureParameters {
  readonly weights: readonly number[];
  readonly components: readonly ParameterValues[];
}

/** What a fit may not change: it keeps the values of the start. */
export interface Held {
  /** All mixture weights. */
  readonly weights?: boolean;
  /** For each component the names of its held parameters; undefined holds none. */
  readonly components?: readonly (readonly string[] | undefined)[];
}

/** The structure of a model: which families, what is held, what is shared. Everything but numbers. */
export interface Mixture {
  readonly families: readonly Family[];
  readonly heldWeights: boolean;
  readonly held: readonly ReadonlySet<string>[];
  /** Components whose parameters in `names` are one and the same. */
  readonly sharedGroups: readonly SharedGroup[];
}

export interface SharedGroup {
  readonly components: readonly number[];
  readonly names: ReadonlySet<string>;
}

/** How the structure of a mixture is stated. */
export interface MixtureOptions {
  /** The family of every component; with `components` their number. */
  readonly family?: Family;
  readonly components?: number;
  /** Or one family for each component, which may differ but must take the same columns. */
  readonly families?: readonly Family[];
  readonly held?: Held;
  /** Parameters that all components share, besides those the family itself ties. */
  readonly shared?: readonly string[];
}

/**
 * Makes the structure of a mixture.
 *
 * @throws EmkitError `OPTION_INVALID`; `CAPABILITY_MISSING` where a family cannot hold or share what it is asked to
 */
export function createMixture(options: MixtureOptions): Mixture {
  const families = resolveFamilies(options);
  const width = families[0]!.columns.length;
  families.forEach((family, component) => {
    if (family.columns.length !== width) {
      throw new EmkitError(
        'OPTION_INVALID',
        `Component ${component + 1} (${family.id}) takes ${family.columns.length} columns, and component 1 takes ${width}.`,
        { component },
      );
    }
  });
  const held = families.map((family, component) => resolveHeld(family, component, options.held?.components?.[component] ?? []));
  if ((options.held?.components?.length ?? 0) > families.length) {
    throw new EmkitError(
      'OPTION_INVALID',
      `Parameters are held for ${options.held!.components!.length} components, and there are ${families.length}.`,
    );
  }
  return { families, heldWeights: options.held?.weights ?? false, held, sharedGroups: resolveShared(families, options.shared ?? []) };
}

function resolveFamilies(options: MixtureOptions): readonly Family[] {
  if (options.families !== undefined) {
    if (options.families.length === 0 || (options.components !== undefined && options.components !== options.families.length)) {
      throw new EmkitError('OPTION_INVALID', `There are ${options.families.length} families for ${options.components ?? 'no'} components.`);
    }
    return options.families;
  }
  const components = options.components;
  if (!Number.isSafeInteger(components) || components! < 1) {
    throw new EmkitError('OPTION_INVALID', `The number of components is ${showValue(components)}.`, {
      remedy: 'Give a whole number of at least 1.',
    });
  }
  if (typeof options.family !== 'object' || options.family === null) {
    throw new EmkitError(
      'OPTION_INVALID',
      typeof options.family === 'function' ? 'The family is a definition, not an instance.' : 'No family is given.',
      {
        remedy: 'Call it: family: gaussian().',
      },
    );
  }
  return Array.from({ length: components! }, () => options.family!);
}

function resolveHeld(family: Family, component: number, names: readonly string[]): ReadonlySet<string> {
  const all = Object.keys(family.parameters);
  for (const name of names) {
    if (!all.includes(name)) {
      throw new EmkitError('OPTION_INVALID', `Component ${component + 1} (${family.id}) has no parameter ${showValue(name)} to hold.`, {
        component,
        parameter: name,
        remedy: `It has: ${all.join(', ')}.`,
      });
    }
  }
  const held = new Set(names);
  const holdable = family.holdable ?? [];
  if (held.size > 0 && held.size < all.length) {
    for (const name of held) {
      if (!holdable.includes(name)) {
        throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} cannot hold ${name} while its other parameters move.`, {
          component,
          parameter: name,
          family: family.id,
          capability: 'holdable',
          remedy: `Hold all of ${all.join(', ')}, or none.`,
        });
      }
    }
  }
  return held;
}

function resolveShared(families: readonly Family[], asked: readonly string[]): readonly SharedGroup[] {
  const groups: SharedGroup[] = [];
  for (const family of new Set(families)) {
    const names = new Set([...(family.shared ?? []), ...asked]);
    const components = families.flatMap((other, component) => (other === family ? [component] : []));
    if (names.size === 0 || components.length < 2) continue;
    for (const name of names) {
      if (!Object.hasOwn(family.parameters, name)) {
        throw new EmkitError('OPTION_INVALID', `The family ${family.id} has no parameter ${showValue(name)} to share.`, {
          parameter: name,
        });
      }
    }
    const shareable = family.shareable ?? [];
    const all = Object.keys(family.parameters);
    if (names.size < all.length && ![...names].every((name) => shareable.includes(name))) {
      throw new EmkitError(
        'CAPABILITY_MISSING',
        `The family ${family.id} cannot share ${[...names].join(', ')} between components whose other parameters differ.`,
        {
          family: family.id,
          capability: 'shareable',
          remedy: `Share ${[...shareable, `all of ${all.join(', ')}`].join(', or ')}.`,
        },
      );
    }
    groups.push({ components, names });
  }
  return groups;
}

/** The number of free parameters of the model: what AIC and BIC count. Held ones count nothing, shared ones once. */
export function countFreeParameters(mixture: Mixture): number {
  let count = mixture.heldWeights ? 0 : mixture.families.length - 1;
  mixture.families.forEach((family, component) => {
    for (const [name, domain] of Object.entries(family.parameters)) {
      const repeated = mixture.sharedGroups.some(
        (group) => group.names.has(name) && group.components.includes(component) && group.components[0] !== component,
      );
      if (!repeated && !mixture.held[component]!.has(name)) count += freeParameters(domain);
    }
  });
  return count;
}

/**
 * Checks a point of the model. Weights typed with a few decimals may sum to 1 only to 1e-6, and are then divided by their sum.
 *
 * @throws EmkitError `MODEL_MISMATCH` (another number of components), `PARAMETER_*` naming the component and the parameter
 */
export function checkMixtureParameters(mixture: Mixture, parameters: unknown): MixtureParameters {
  const count = mixture.families.length;
  const { weights, components } = (parameters ?? {}) as Partial<MixtureParameters>;
  if (!Array.isArray(components))
    throw new EmkitError('MODEL_MALFORMED', 'The parameters have no list "components".', {
      remedy: 'Give {"weights":[...],"components":[{...}]}.',
    });
  if (components.length !== count) {
    throw new EmkitError(
      'MODEL_MISMATCH',
      `The parameters are for ${components.length} component${components.length === 1 ? '' : 's'}, and the model has ${count}.`,
      {
        value: components.length,
      },
    );
  }
  if (!Array.isArray(weights))
    throw new EmkitError('MODEL_MALFORMED', 'The parameters have no list "weights".', {
      remedy: 'Give {"weights":[...],"components":[{...}]}.',
    });
  const normalised = normaliseTyped(weights);
  const violation = domainViolation({ kind: 'simplex', length: count }, normalised);
  if (violation !== undefined) {
    throw new EmkitError(
      'PARAMETER_DOMAIN',
      `The weights must be ${count === 1 ? 'one number' : `${count} numbers`} from 0 to 1 that sum to 1, but ${violation.replace('its entries', 'they')}.`,
      {
        parameter: 'weights',
        value: weights,
      },
    );
  }
  components.forEach((values, component) => {
    checkParameters(mixture.families[component]!, values, component);
  });
  for (const group of mixture.sharedGroups) {
    const first = components[group.components[0]!]!;
    for (const component of group.components) {
      for (const name of group.names) {
        if (JSON.stringify(components[component]![name]) !== JSON.stringify(first[name])) {
          throw new EmkitError(
            'PARAMETER_DOMAIN',
            `Component ${component + 1}: the parameter ${name} is shared, but differs from component ${group.components[0]! + 1}'s.`,
            { component, parameter: name },
          );
        }
      }
    }
  }
  return { weights: normalised, components };
}

/** Weights as people type them: `0.3333333` three times is meant to be a third. Those that sum to 1 to rounding keep their bits. */
function normaliseTyped(weights: readonly unknown[]): readonly number[] {
  if (!weights.every((weight) => typeof weight === 'number')) return weights as readonly number[];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const off = Math.abs(total - 1);
  return off > 16 * Number.EPSILON * weights.length && off <= 1e-6 ? weights.map((weight) => weight / total) : weights;
}
