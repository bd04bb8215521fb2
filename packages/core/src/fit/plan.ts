import type { Dataset } from '../data/block.ts';
import { countDistinctRows, createDataset } from '../data/dataset.ts';
import type { DataInput } from '../data/input.ts';
import { originOf, shiftDataset } from '../data/origin.ts';
import type { DriverState } from '../driver/driver.ts';
import { readState } from '../driver/state.ts';
import { EmkitError } from '../errors.ts';
import { createModelStructure, isSequential, type Mixture, type MixtureParameters, type ModelOptions } from '../model/latent-model.ts';
import { memorySource } from '../source/memory.ts';
import { isSource, type Source, type SynchronousSource } from '../source/source.ts';
import type { Neighbour } from '../start/split.ts';
import { arrangementFor } from './columns.ts';
import { checkOptions, type FitOptions, refuseDataOptions } from './options.ts';
import { withOrigin } from './origin.ts';
import type { Fit } from './result.ts';

/** Data that a fit can be made of: anything `createDataset` reads, a data set, or a source that answers at once. */
export type FitData = DataInput | Dataset | SynchronousSource;

/** The same, and sources that take their time. */
export type FitAsyncData = DataInput | Dataset | Source;

/** What a fit is about to do. `dataset` is absent where the rows live elsewhere. */
export interface Plan {
  readonly model: Mixture;
  readonly source: Source;
  readonly dataset: Dataset | undefined;
  readonly origin: readonly number[] | undefined;
  /** Where to go on. */
  readonly resumed: DriverState | undefined;
  readonly options: FitOptions;
  readonly seed: number;
  readonly neighbour: Neighbour | undefined;
}

export function makePlan(data: FitAsyncData, options: FitOptions, called: 'fit' | 'fitAsync' | 'fitSteps', beside?: Fit): Plan {
  checkOptions(options, called);
  const model = structureOf(options);
  const seed = options.seed ?? 1;
  const neighbour = beside && { model: beside.model.mixture, parameters: beside.state.parameters };
  if (isSource(data)) {
    refuseDataOptions(options);
    const resumed = options.resume === undefined ? undefined : readState(model, options.resume);
    return { model, source: data, dataset: undefined, origin: undefined, resumed, options, seed, neighbour };
  }
  const components = model.families.length;
  const given = createDataset(data, model.families, components, { ...options, ...arrangementFor(model.latent, options.sequences, data) });
  // Equal rows may come from different labels where these hang together.
  const [rows, what] = isSequential(model.latent) ? [given.distinctRows, 'rows'] : [countDistinctRows(given, components), 'different rows'];
  if (rows < components) {
    throw new EmkitError('DATA_TOO_FEW_DISTINCT_ROWS', `There are ${components} components, but only ${rows} ${what}.`, {
      value: components,
      remedy: 'Use fewer components, or more data.',
    });
  }
  const resumed = options.resume === undefined ? undefined : readState(model, options.resume);
  const origin = resumed === undefined ? originOf(given, model.families, model.latent.columns?.length) : resumed.origin;
  const dataset = origin === undefined ? given : shiftDataset(given, origin);
  return {
    model: origin === undefined ? model : withOrigin(model, origin),
    source: memorySource(dataset),
    dataset,
    origin,
    resumed,
    options,
    seed,
    neighbour,
  };
}

/** Nothing here knows of the labels' law: that of a mixture stands for all. */
export function structureOf(options: ModelOptions): Mixture {
  return createModelStructure(options) as unknown as Mixture;
}

/** Parameters of the caller's data as parameters of the data less their origin. */
export function moveFrom({ families }: Mixture, point: MixtureParameters, origin: readonly number[] | undefined): MixtureParameters {
  if (origin === undefined) return point;
  const by = origin.map((value) => -value);
  return { ...point, components: point.components.map((values, component) => families[component]!.shift!(values, by)) };
}

/** Parameters as they are shown, about 0 and without refinements; held ones exactly as they were given. */
export function shownPoint(
  { model, origin, options }: Pick<Plan, 'model' | 'origin' | 'options'>,
  point: MixtureParameters,
): MixtureParameters {
  const shown = model.show(point);
  if (origin === undefined) return shown;
  const start = typeof options.start === 'object' ? options.start.components : undefined;
  const components = shown.components.map((values, component) => {
    const moved = model.families[component]!.shift!(values, origin);
    const held = [...model.emissions.held[component]!].filter((name) => start?.[component]?.[name] !== undefined);
    return { ...moved, ...Object.fromEntries(held.map((name) => [name, start![component]![name]!])) };
  });
  return { ...shown, components };
}
