import { EmkitError } from '../errors.ts';
import type { Family, ParameterValue, ParameterValues } from '../family.ts';
import { within } from './coordinates.ts';
import { domainDistance } from './distance.ts';
import { checkParameters, type Domain, domainViolation, offBoundary, onBoundary, ontoBoundary } from './domain.ts';

/** Checks one component's parameters, refinements included: see `Family.refinements`. Untrusted input. */
export function checkComponent(family: Family, values: unknown, component: number): ParameterValues {
  checkParameters(family, values as ParameterValues, component);
  const given = values as ParameterValues;
  if (family.parts !== undefined) for (const [name, part] of Object.entries(family.parts)) checkComponent(part, given[name], component);
  const finer = Object.keys(family.refinements ?? {}).filter((name) => given[name] !== undefined);
  if (finer.length === 0) return given;
  const shown = family.show!(given);
  const other = Object.keys(family.parameters).find((name) => JSON.stringify(shown[name]) !== JSON.stringify(given[name]));
  if (other === undefined) return given;
  throw new EmkitError('PARAMETER_DOMAIN', `Component ${component + 1}: ${finer.join(', ')} and ${other} do not belong together.`, {
    component,
    parameter: finer[0]!,
    remedy: `Leave ${finer.join(', ')} out, or use a file that emkit wrote.`,
  });
}

/** The record as it is shown: without refinements. */
export function shownComponent(family: Family, values: ParameterValues): ParameterValues {
  if (family.parts !== undefined) {
    let changed = false;
    const shown = mapParts(family.parts, (name, part) => {
      const own = shownComponent(part, values[name] as ParameterValues);
      changed ||= own !== values[name];
      return own;
    });
    return changed ? shown : values;
  }
  return family.show !== undefined && Object.keys(family.refinements ?? {}).some((name) => values[name] !== undefined)
    ? family.show(values)
    : values;
}

export function containsComponent({ parameters }: Family, values: ParameterValues): boolean {
  for (const [name, domain] of Object.entries(parameters)) if (domainViolation(domain, values[name]) !== undefined) return false;
  return true;
}

/** The change from one record to another: the family's own measure, or the largest over its parameters. */
export function componentDistance(family: Family, from: ParameterValues, to: ParameterValues): number {
  if (from === to) return 0;
  if (family.distance !== undefined) return family.distance(from, to);
  let largest = 0;
  for (const [name, part] of Object.entries(family.parts ?? {}))
    largest = Math.max(largest, componentDistance(part, from[name] as ParameterValues, to[name] as ParameterValues));
  if (family.parts !== undefined) return largest;
  for (const [name, domain] of Object.entries(family.parameters) as [string, Domain][]) {
    // Not a number where one of them is: Math.max forgets no NaN.
    largest = Math.max(largest, domainDistance(domain, from[name]!, to[name]!));
  }
  return largest;
}

/** How coarse double precision is at a point; each parameter alone, because together their changes may cancel, as those of a shape and a rate in the mean. */
export function componentRounding(family: Family, values: ParameterValues): number {
  if (family.rounding !== undefined) return family.rounding(values);
  let largest = 0;
  for (const [name, part] of Object.entries(family.parts ?? {}))
    largest = Math.max(largest, componentRounding(part, values[name] as ParameterValues));
  if (family.parts !== undefined) return largest;
  for (const name of Object.keys(family.parameters))
    largest = Math.max(largest, componentDistance(family, values, { ...values, [name]: nudge(values[name]!) }));
  return largest;
}

function isList(value: ParameterValue): value is readonly number[] | readonly (readonly number[])[] {
  return Array.isArray(value);
}

function mapParts<T>(parts: Readonly<Record<string, Family>>, of: (name: string, part: Family) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, of(name, part)]));
}

function nudge(value: ParameterValue): ParameterValue {
  if (typeof value === 'number') return value * (1 + Number.EPSILON);
  // A loop, because a covariance of fifty columns has 2,500 numbers.
  if (!isList(value)) return value;
  const moved = new Array<ParameterValue>(value.length);
  for (let index = 0; index < value.length; index += 1) moved[index] = nudge(value[index]!);
  return moved as ParameterValue;
}

export function componentBoundary(family: Family, values: ParameterValues, held: ReadonlySet<string>): readonly string[] {
  if (family.parts !== undefined) {
    return Object.entries(family.parts).flatMap(([name, part]) =>
      held.has(name)
        ? []
        : componentBoundary(part, values[name] as ParameterValues, within(name, held)).map((parameter) => `${name}.${parameter}`),
    );
  }
  const unbounded = family.unbounded?.(values) ?? [];
  return Object.entries(family.parameters).flatMap(([name, domain]) =>
    !held.has(name) && (onBoundary(domain, values[name]!) || unbounded.includes(name)) ? [name] : [],
  );
}

/** For each free parameter that all but lies on an edge of its domain, the record with it on it. */
export function componentEdges(family: Family, values: ParameterValues, held: ReadonlySet<string>): readonly ParameterValues[] {
  if (family.parts !== undefined) return ofParts(family.parts, values, held, componentEdges);
  return Object.entries(family.parameters).flatMap(([name, domain]) => {
    const edge = held.has(name) ? undefined : ontoBoundary(domain, values[name]!);
    return edge === undefined ? [] : [replaced(family, values, name, edge)];
  });
}

/** How far inside of an edge a parameter is tried again: an edge may be a maximum only just beside others that are higher. */
const INSIDE: readonly number[] = [1e-3, 1e-6, 1e-9];

/** For each free parameter on an edge of its domain, records with it inside. */
export function componentInside(family: Family, values: ParameterValues, held: ReadonlySet<string>): readonly ParameterValues[] {
  if (family.parts !== undefined) return ofParts(family.parts, values, held, componentInside);
  return Object.entries(family.parameters).flatMap(([name, domain]) =>
    INSIDE.flatMap((part) => {
      const inside = held.has(name) ? undefined : offBoundary(domain, values[name]!, part);
      return inside === undefined ? [] : [replaced(family, values, name, inside)];
    }),
  );
}

/** The records that a function gives for each part, the other parts as they are. */
function ofParts(
  parts: Readonly<Record<string, Family>>,
  values: ParameterValues,
  held: ReadonlySet<string>,
  of: typeof componentEdges,
): readonly ParameterValues[] {
  return Object.entries(parts).flatMap(([name, part]) =>
    held.has(name) ? [] : of(part, values[name] as ParameterValues, within(name, held)).map((own) => ({ ...values, [name]: own })),
  );
}

/** The record with another value of one parameter; refinements, which hold digits of what was there, are left out. */
function replaced({ refinements }: Family, values: ParameterValues, name: string, value: ParameterValue): ParameterValues {
  const coarse = Object.entries(values).filter(([other]) => refinements?.[other] === undefined);
  return { ...Object.fromEntries(coarse), [name]: value };
}
