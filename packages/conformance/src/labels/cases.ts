import type { Dataset, DatasetOptions, Family, FamilyDefinition, Latent, Mixture, MixtureParameters } from '@emkit/core';
import * as fc from 'fast-check';
import type { Reach } from '../arbitraries.ts';
import { longestUnit, type Unit } from './enumeration.ts';
import type { LatentSubject } from './subject.ts';

/** Steps from the start in its own coordinates: as far as probabilities of a few hundredths, or onto the edges. */
const ordinaryStep: fc.Arbitrary<number> = fc.integer({ min: -2000, max: 2000 }).map((thousandths) => thousandths / 1000);
const extremeStep: fc.Arbitrary<number> = fc.oneof(ordinaryStep, fc.constantFrom(-800, 800, -40, 40));

/** Points of a structure's space, a step away from its start: nothing of it is listed by hand. */
export function pointArbitrary({ start, space }: Latent, reach: Reach): fc.Arbitrary<object> {
  const { length } = space.free;
  if (length === 0) return fc.constant(start);
  const units = new Float64Array(length);
  space.free.scales(start, units, 0);
  return fc
    .array(reach === 'extreme' ? extremeStep : ordinaryStep, { minLength: length, maxLength: length })
    .map((steps): object =>
      space.free.move(
        start,
        Float64Array.from(steps, (step, index) => step * units[index]!),
        0,
      ),
    )
    .filter((point) => space.contains(point));
}

/** A direction in free coordinates. */
export function directionArbitrary({ space }: Latent): fc.Arbitrary<readonly number[]> {
  const { length } = space.free;
  return fc
    .array(ordinaryStep, { minLength: length, maxLength: length })
    .map((entries) => (entries.some((entry) => entry !== 0) ? entries : entries.map(() => 1)))
    .map((entries) => {
      const norm = Math.hypot(...entries);
      return entries.map((entry) => entry / norm);
    });
}

/** The point that lies a step along a direction. */
export function movedAlong({ space }: Latent, from: object, direction: readonly number[], step: number): object {
  const units = new Float64Array(space.free.length);
  space.free.scales(from, units, 0);
  return space.free.move(
    from,
    units.map((unit, index) => step * direction[index]! * unit),
    0,
  );
}

const near: fc.Arbitrary<number> = fc.integer({ min: -5000, max: 5000 }).map((thousandths) => thousandths / 1000);
const far: fc.Arbitrary<number> = fc.integer({ min: -100_000, max: 100_000 });

/** Log-densities of rows: near each other, some of them minus infinity, or as far apart as those of a bad fit. */
export const DENSITIES: Readonly<Record<'near' | 'forbidding' | 'far', fc.Arbitrary<number>>> = {
  near,
  forbidding: fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: fc.constant(-Infinity) }),
  far: fc.oneof(near, far, fc.constant(-Infinity)),
};

/** One unit, from a row to as many as can be enumerated. */
export function unitArbitrary(components: number, density: fc.Arbitrary<number>): fc.Arbitrary<Unit> {
  return fc.array(fc.array(density, { minLength: components, maxLength: components }), {
    minLength: 1,
    maxLength: longestUnit(components),
  });
}

/** A unit each of whose rows is by thousands of nats for one label, which may be out of reach. */
export function trapArbitrary(components: number): fc.Arbitrary<Unit> {
  const row = fc.tuple(fc.nat(components - 1), fc.constantFrom(700, 750, 2000, 10_000, 100_000));
  return fc
    .array(row, { minLength: 1, maxLength: longestUnit(components) })
    .map((rows) => rows.map(([label, depth]) => Array.from({ length: components }, (_, other) => (other === label ? 0 : -depth))));
}

/** Finite log-densities as data: column k of a row holds that of component k. */
function columnFamily(component: number, components: number): Family<Record<string, never>> {
  return {
    id: 'column',
    options: { component, components },
    columns: Array.from({ length: components }, (_, column) => ({ name: `column${column}`, support: { kind: 'real' } })),
    parameters: {},
    statisticsLength: 0,
    logDensity: ({ size, columns }, _parameters, out) => out.set(columns[component]!.subarray(0, size)),
    accumulate() {},
    maximize: (_statistics, _count, about) => about,
  };
}

/** What reads such families back from a model file. */
export const columnDefinition: FamilyDefinition<Record<string, never>, { component: number; components: number }> = Object.assign(
  (options: { component: number; components: number } = { component: 0, components: 1 }) =>
    columnFamily(options.component, options.components),
  { id: 'column', title: 'A log-density that stands in the data', options: {}, variants: [{ component: 0, components: 1 }] },
);

/** A model in which only the law of the labels is to be found. It goes for a mixture wherever the engine knows no other name. */
export function modelOf({ engine, latent }: LatentSubject): Mixture {
  return engine.createMixture({ families: familiesOf(latent), latent });
}

function familiesOf({ components }: Latent): readonly Family[] {
  return Array.from({ length: components }, (_, component) => columnFamily(component, components));
}

/** The point of such a model. */
export function pointOf({ components }: Latent, at: object): MixtureParameters {
  return { ...at, components: Array.from({ length: components }, () => ({})) } as unknown as MixtureParameters;
}

/** How the rows of units stand in a data set. */
export interface Arrangement extends DatasetOptions {
  /** The rows of all units, counted through, in their order. Default: one unit after the other. */
  readonly order?: readonly number[] | undefined;
  /** Whether each row is a unit of its own, and no sequences are named. Default false. */
  readonly single?: boolean;
}

/** Units as a data set. */
export function datasetOfUnits({ engine, latent }: LatentSubject, units: readonly Unit[], arrangement: Arrangement = {}): Dataset {
  const rows = units.flat();
  const { order = rows.map((_, row) => row), single = false, ...options } = arrangement;
  const owners = units.flatMap((unit, index) => unit.map(() => index));
  const columns = Object.fromEntries(
    Array.from({ length: latent.components }, (_, column) => [`column${column}`, Float64Array.from(order, (row) => rows[row]![column]!)]),
  );
  const sequences = order.map((row) => owners[row]!);
  return engine.createDataset(columns, familiesOf(latent), latent.components, { ...(!single && { sequences }), merge: false, ...options });
}
