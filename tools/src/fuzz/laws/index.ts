import { collapses, ends, stalls } from './ends.ts';
import type { Law } from './law.ts';
import { acceleration, boundaries, climbs, parametersUphill, stops, weightsUphill } from './optimum.ts';
import { again, dataset, json, kernels, steps, threads } from './same-bits.ts';
import { kept, likelihood, sound, warnings } from './sound.ts';
import { groups, selection } from './starts.ts';
import { blocks, componentOrder, copies, mirror, rowOrder, scale, shift, weightUnit } from './units.ts';

export const laws: readonly Law[] = [
  ends,
  sound,
  warnings,
  kept,
  likelihood,
  collapses,
  stalls,
  stops,
  climbs,
  weightsUphill,
  parametersUphill,
  boundaries,
  acceleration,
  again,
  steps,
  json,
  kernels,
  dataset,
  threads,
  groups,
  selection,
  scale,
  shift,
  mirror,
  rowOrder,
  componentOrder,
  weightUnit,
  copies,
  blocks,
];
