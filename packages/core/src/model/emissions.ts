import type { Block } from '../data/block.ts';
import { EmkitError, showValue } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { familyCoordinates } from './coordinates.ts';
import type { Estimable } from './estimable.ts';
import {
  checkComponent,
  componentBoundary,
  componentDistance,
  componentEdges,
  componentRounding,
  containsComponent,
} from './family-space.ts';
import { accumulateObserved, observedLogDensity } from './observed.ts';
import { maximizeShared } from './sharing.ts';
import type { Coordinates } from './space.ts';

export type Components = readonly ParameterValues[];

/** What ties the parameters of components. */
export interface Ties {
  /** For each component the names of its held parameters, which keep the values of the start; undefined holds none. */
  readonly held?: readonly (readonly string[] | undefined)[];
  /** Parameters that all components share, besides those a family itself ties. */
  readonly shared?: readonly string[];
}

/**
 * K components estimated together. Whatever ties them to each other lives here and nowhere else.
 *
 * A component's sums are its expected count and then its family's statistics.
 */
export interface Emissions extends Estimable<Components> {
  readonly families: readonly Family[];
  readonly held: readonly ReadonlySet<string>[];
  /** Components whose parameters in `names` are one and the same. */
  readonly sharedGroups: readonly SharedGroup[];
  /** Where each component's sums begin among these; one entry more than there are components. */
  readonly offsets: readonly number[];
  logDensities(block: Block, at: Components, out: readonly Float64Array[]): void;
  /**
   * Adds the sums of a block about `about`; case weights are in the responsibilities. What was not observed is expected at `at`, by default
   * `about`; a component's count is that of the rows of which it can tell something. `counts`: the sums of the responsibilities, where they
   * are known already.
   */
  accumulate(
    block: Block,
    responsibilities: readonly Float64Array[],
    about: Components,
    into: Float64Array,
    at?: Components,
    counts?: ArrayLike<number>,
  ): void;
}

export interface SharedGroup {
  readonly components: readonly number[];
  readonly names: ReadonlySet<string>;
}

/**
 * @throws EmkitError `OPTION_INVALID`; `CAPABILITY_MISSING` where a family cannot hold or share what it is asked to
 */
export function createEmissions(families: readonly Family[], ties: Ties = {}): Emissions {
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
  if ((ties.held?.length ?? 0) > families.length) {
    throw new EmkitError('OPTION_INVALID', `Parameters are held for ${ties.held!.length} components, and there are ${families.length}.`);
  }
  const asked = families.map((family, component) => resolveHeld(family, component, ties.held?.[component] ?? []));
  const sharedGroups = resolveShared(families, ties.shared ?? []);
  const held = holdTogether(asked, sharedGroups);
  const offsets = [0];
  for (const family of families) offsets.push(offsets.at(-1)! + 1 + family.statisticsLength);
  const wholly = families.map((family, component) => Object.keys(family.parameters).every((name) => held[component]!.has(name)));
  const count = (sums: Float64Array, component: number): number => sums[offsets[component]!]!;
  const statistics = (sums: Float64Array, component: number): Float64Array =>
    sums.subarray(offsets[component]! + 1, offsets[component + 1]!);
  const largest = (measure: (family: Family, component: number) => number): number => {
    let most = 0;
    for (let component = 0; component < families.length; component += 1) most = Math.max(most, measure(families[component]!, component));
    return most;
  };

  return {
    families,
    held,
    sharedGroups,
    offsets,
    length: offsets.at(-1)!,

    logDensities(block, at, out) {
      for (let component = 0; component < families.length; component += 1)
        observedLogDensity(families[component]!, block, at[component]!, out[component]!);
    },

    accumulate(block, responsibilities, about, into, at = about, counts) {
      for (let component = 0; component < families.length; component += 1) {
        into[offsets[component]!]! += accumulateObserved(
          families[component]!,
          block,
          responsibilities[component]!,
          about[component]!,
          statistics(into, component),
          at[component]!,
          counts?.[component],
        );
      }
    },

    maximize(sums, about) {
      const estimates = [...about];
      const grouped = new Set<number>();
      for (const { components: members, names } of sharedGroups) {
        for (const component of members) grouped.add(component);
        if (members.every((component) => wholly[component])) continue;
        const present = members.filter((component) => count(sums, component) > 0);
        if (present.length === 0) continue;
        const joint = atComponent(present[0]!, () =>
          maximizeShared(
            families[members[0]!]!,
            present.map((component) => statistics(sums, component)),
            present.map((component) => count(sums, component)),
            present.map((component) => about[component]!),
            names,
            present.map((component) => held[component]!),
          ),
        );
        present.forEach((component, index) => {
          estimates[component] = joint[index]!;
        });
        copyShared(estimates, present[0]!, members, [...names, ...Object.keys(families[members[0]!]!.refinements ?? {})]);
      }
      const total = offsets.reduce((sum, offset, component) => (component < families.length ? sum + sums[offset]! : sum), 0);
      families.forEach((family, component) => {
        const own = count(sums, component);
        if (grouped.has(component) || wholly[component] || !(own > 0)) return;
        try {
          estimates[component] = family.maximize(statistics(sums, component), own, about[component]!, held[component]!);
        } catch (error) {
          if (own > VANISHED * total) atComponent(component, () => raise(error));
          else if (!isDegenerate(error)) throw error;
        }
      });
      return estimates;
    },

    gain(sums, about, from, to) {
      let total = 0;
      families.forEach((family, component) => {
        if (from[component] === to[component]) return;
        const gain = family.gain?.(
          statistics(sums, component),
          count(sums, component),
          about[component]!,
          from[component]!,
          to[component]!,
        );
        total += gain ?? Number.NaN;
      });
      return total;
    },

    recentre(sums, about) {
      let points: ParameterValues[] | undefined;
      families.forEach((family, component) => {
        if (family.recentre === undefined || !(count(sums, component) > 0) || wholly[component]) return;
        // Sums about different points cannot be added where the family cannot take them to a common one.
        if (family.translate === undefined && sharedGroups.some(({ components }) => components.includes(component))) return;
        const point = family.recentre(statistics(sums, component), count(sums, component), about[component]!, held[component]!);
        if (point === undefined) return;
        points ??= [...about];
        points[component] = point;
      });
      return points;
    },

    space: {
      check: (json) => checkComponents(json, families, sharedGroups),
      contains: (point) => families.every((family, component) => containsComponent(family, point[component]!)),
      distance: (from, to) => largest((family, component) => componentDistance(family, from[component]!, to[component]!)),
      rounding: (point) => largest((family, component) => componentRounding(family, point[component]!)),
      boundary: (point) =>
        families.flatMap((family, component) =>
          componentBoundary(family, point[component]!, held[component]!).map((name) => `${name} ${component + 1}`),
        ),
      edges(point) {
        const edges = families.map((family, component) => componentEdges(family, point[component]!, held[component]!));
        // All together first: mostly that is right, and one pass tells.
        const all = point.map((values, component) => edges[component]!.at(-1) ?? values);
        const alone = families.flatMap((_, component) =>
          sharedGroups.some(({ components }) => components.includes(component))
            ? []
            : edges[component]!.map((values) => point.map((other, index) => (index === component ? values : other))),
        );
        return edges.flat().length === alone.length && alone.length < 2 ? alone : [all, ...alone];
      },
      free: tiedCoordinates(families, held, sharedGroups),
    },
  };
}

function resolveHeld(family: Family, component: number, names: readonly string[]): ReadonlySet<string> {
  const all = Object.keys(family.parameters);
  const isPath = (name: string): boolean => family.parts !== undefined && (family.holdable?.includes(name) ?? false);
  for (const name of names) {
    if (!all.includes(name) && !isPath(name)) {
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
    const all = Object.keys(family.parameters);
    for (const name of names) {
      if (!all.includes(name)) {
        throw new EmkitError('OPTION_INVALID', `The family ${family.id} has no parameter ${showValue(name)} to share.`, {
          parameter: name,
        });
      }
    }
    const shareable = family.shareable ?? [];
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

/** A shared parameter that one component holds is held in all. */
function holdTogether(asked: readonly ReadonlySet<string>[], groups: readonly SharedGroup[]): readonly ReadonlySet<string>[] {
  const held = asked.map((own) => new Set(own));
  for (const { components, names } of groups) {
    for (const name of names) {
      if (components.some((component) => asked[component]!.has(name))) for (const component of components) held[component]!.add(name);
    }
  }
  return held;
}

function checkComponents(json: unknown, families: readonly Family[], groups: readonly SharedGroup[]): Components {
  if (!Array.isArray(json))
    throw new EmkitError('MODEL_MALFORMED', 'The parameters have no list "components".', {
      remedy: 'Give {"weights":[...],"components":[{...}]}.',
    });
  const count = families.length;
  if (json.length !== count) {
    throw new EmkitError(
      'MODEL_MISMATCH',
      `The parameters are for ${json.length} component${json.length === 1 ? '' : 's'}, and the model has ${count}.`,
      { value: json.length },
    );
  }
  const components = json.map((values: unknown, component) => checkComponent(families[component]!, values, component));
  for (const group of groups) {
    const first = components[group.components[0]!]!;
    for (const component of group.components) {
      for (const name of group.names) {
        if (JSON.stringify(components[component]![name]) === JSON.stringify(first[name])) continue;
        throw new EmkitError(
          'PARAMETER_DOMAIN',
          `Component ${component + 1}: the parameter ${name} is shared, but differs from component ${group.components[0]! + 1}'s.`,
          { component, parameter: name },
        );
      }
    }
  }
  return components;
}

/** Each component's coordinates; what a group shares is counted with its first component and copied to the others. */
function tiedCoordinates(
  families: readonly Family[],
  held: readonly ReadonlySet<string>[],
  groups: readonly SharedGroup[],
): Coordinates<Components> {
  const fixed = held.map((names) => new Set(names));
  for (const { components, names } of groups) {
    for (const component of components.slice(1)) for (const name of names) fixed[component]!.add(name);
  }
  const own = families.map((family, component) => familyCoordinates(family, fixed[component]!));
  const places: number[] = [0];
  for (const { length } of own) places.push(places.at(-1)! + length);
  return {
    length: places.at(-1)!,
    difference(from, to, out, place) {
      own.forEach((coordinates, component) => {
        coordinates.difference(from[component]!, to[component]!, out, place + places[component]!);
      });
    },
    move(from, step, place) {
      const moved = own.map((coordinates, component) => coordinates.move(from[component]!, step, place + places[component]!));
      for (const { components, names } of groups)
        copyShared(moved, components[0]!, components, [...names, ...Object.keys(families[components[0]!]!.refinements ?? {})]);
      return moved;
    },
    scales(point, out, place) {
      own.forEach((coordinates, component) => {
        coordinates.scales(point[component]!, out, place + places[component]!);
      });
    },
  };
}

/** Gives all members of a group the first one's values of what they share. */
function copyShared(components: ParameterValues[], from: number, members: readonly number[], names: readonly string[]): void {
  for (const component of members) {
    if (component === from) continue;
    const values: Record<string, unknown> = { ...components[component]! };
    for (const name of names) {
      if (components[from]![name] === undefined) delete values[name];
      else values[name] = components[from]![name];
    }
    components[component] = values as ParameterValues;
  }
}

/** A component with a smaller share of the total case weight is on its way out: that it has no estimate says nothing about the model. */
const VANISHED = 1e-9;

function isDegenerate(error: unknown): error is EmkitError {
  return error instanceof EmkitError && error.code === 'COMPONENT_DEGENERATE';
}

function raise(error: unknown): never {
  throw error;
}

/** Names the component in an error that only a family's own knowledge raised. */
function atComponent<T>(component: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isDegenerate(error)) throw error;
    throw new EmkitError(
      'COMPONENT_DEGENERATE',
      `Component ${component + 1}: ${error.message}`,
      { ...error.details, component: error.details.component ?? component },
      { cause: error },
    );
  }
}
