import type { KernelConstants } from './capability.ts';
import type { ColumnFunctions } from './columns.ts';
import { type FurtherKernels, kernels } from './kernels.ts';
import {
  COMPONENT_SUMS,
  CORRELATED_MEANS,
  correlatedDensitiesScratch,
  correlatedRecord,
  correlatedStatisticsScratch,
  correlatedSums,
  factorPlace,
  GROUP,
  groupScratch,
  INDEPENDENT_COLUMN,
  INDEPENDENT_COLUMNS,
  independentRecord,
  independentScratch,
  independentSums,
} from './layout.ts';
import { Allocation, EXPECTED_COUNTS, loadColumns, loadWeights, paddedRows, readLikelihood, readSum, rowsAtATime } from './memory.ts';
import type { MixtureConstants, ShortcutPass, ShortcutShape } from './shortcut.ts';

/** Rows of deviations, and of their products with responsibilities, that are multiplied at a time: they stay in the first cache. */
const NUMBERS_IN_CHUNK = 4096;

/** From this many columns on rows are packed, and bounds looked at: below, it costs more than it saves. */
const FEWEST_COLUMNS_TO_PACK = 8;

/** When more than this part of the components had to be finished in spite of their bounds, bounds are left alone for some passes. */
const USELESS_BOUNDS = 0.5;
const PASSES_WITHOUT_BOUNDS = 16;

/** The way to do one request's blocks for Gaussians of several columns: densities, responsibilities and statistics of a thousand rows in turn. */
export function prepareMultivariate(
  shape: ShortcutShape,
  { logs, here, there, cut }: MixtureConstants,
  further: FurtherKernels<ColumnFunctions>,
): ShortcutPass {
  const { components, dimension, offsets } = shape;
  const correlated = shape.kernel.density === 'correlated-gaussian';
  const constants = here.map((own, component) =>
    (correlated ? correlatedConstants : independentConstants)(logs[component]!, own, dimension),
  );
  const record = constants[0]!.length;
  const lanes = correlated ? correlatedSums(dimension) : independentSums(dimension);
  const chunk = Math.max(GROUP, Math.min(256, GROUP * Math.floor(NUMBERS_IN_CHUNK / dimension / GROUP)));
  const packing = dimension >= FEWEST_COLUMNS_TO_PACK;
  const prefix = packing && cut && components > 1 ? (dimension < 16 ? 4 : 8) : 0;

  const most = rowsAtATime(dimension + components);
  const allocated = paddedRows(most, Math.max(dimension, components));
  const allocation = new Allocation();
  const columnsAt = allocation.take(allocated * dimension);
  const weightsAt = allocation.take(allocated);
  const jointAt = allocation.take(allocated * components);
  const constantsAt = allocation.take(record * components);
  const meansAt = allocation.take(dimension * components);
  const sumsAt = allocation.take(COMPONENT_SUMS + 2 * components);
  const statisticsAt = allocation.take(lanes * components);
  const scratchAt = allocation.take(
    Math.max(
      groupScratch(components),
      correlated ? correlatedDensitiesScratch(allocated, dimension) : independentScratch(allocated),
      correlatedStatisticsScratch(chunk, dimension),
    ),
  );

  const correlatedDensities = (functions: ColumnFunctions, rows: number): void => {
    const used = shape.passesWithoutBounds > 0 ? 0 : prefix;
    const places = [8 * columnsAt, 8 * constantsAt, 8 * jointAt, 8 * scratchAt] as const;
    const completed = functions.correlatedDensities(rows, components, dimension, used, ...places);
    // Whether bounds are used changes no bit of the answer, only the time it takes.
    if (used === 0) shape.passesWithoutBounds = Math.max(0, shape.passesWithoutBounds - 1);
    else if (completed > USELESS_BOUNDS * rows * (components - 1)) shape.passesWithoutBounds = PASSES_WITHOUT_BOUNDS;
  };

  const statistics = (functions: ColumnFunctions, rows: number): void => {
    const places = [8 * columnsAt, 8 * meansAt, 8 * jointAt, 8 * scratchAt, 8 * statisticsAt] as const;
    if (correlated) functions.correlatedStatistics(rows, components, dimension, chunk, packing ? 1 : 0, ...places);
    else functions.independentStatistics(rows, components, dimension, ...places);
  };

  return (block, out) => {
    const engine = kernels();
    const functions = engine.further(further);
    const memory = engine.memory(allocation.length);
    constants.forEach((values, component) => {
      memory.set(values, constantsAt + record * component);
      memory.set(there[component]!.location, meansAt + dimension * component);
    });
    memory.fill(0, sumsAt, scratchAt);
    for (let start = 0; start < block.size; start += most) {
      const count = Math.min(most, block.size - start);
      const rows = paddedRows(count, Math.max(dimension, components));
      loadColumns(memory, block, start, count, rows, columnsAt);
      const unit = loadWeights(memory, block, start, count, rows, weightsAt);
      if (correlated) correlatedDensities(functions, rows);
      else functions.independentDensities(rows, components, dimension, 8 * columnsAt, 8 * constantsAt, 8 * jointAt);
      engine.posterior(rows, components, 8 * jointAt, 8 * weightsAt, unit, cut ? 1 : 0, 8 * scratchAt, 8 * sumsAt);
      statistics(functions, rows);
    }
    readLikelihood(memory, sumsAt, out);
    for (let component = 0; component < components; component += 1) {
      const { units } = there[component]!;
      const count = readSum(memory, sumsAt + COMPONENT_SUMS + 2 * component);
      out[EXPECTED_COUNTS + component] = count;
      let from = statisticsAt + lanes * component;
      let to = offsets[component]!;
      out[to] = count;
      for (let j = 0; j < dimension; j += 1, from += 2) out[(to += 1)] = readSum(memory, from) * units[j]!;
      for (let j = 0; j < dimension; j += 1) {
        for (let k = correlated ? 0 : j; k <= j; k += 1, from += 2) out[(to += 1)] = readSum(memory, from) * units[j]! * units[k]!;
      }
    }
  };
}

function independentConstants(constant: number, { location, scale }: KernelConstants, dimension: number): Float64Array {
  const out = new Float64Array(independentRecord(dimension));
  out[0] = constant;
  for (let j = 0; j < dimension; j += 1) {
    const at = INDEPENDENT_COLUMNS + INDEPENDENT_COLUMN * j;
    out[at] = location[j]!;
    out[at + 1] = scale[j]!;
  }
  return out;
}

function correlatedConstants(constant: number, { location, scale }: KernelConstants, dimension: number): Float64Array {
  const out = new Float64Array(correlatedRecord(dimension));
  out[0] = constant;
  out.set(location, CORRELATED_MEANS);
  const factor = CORRELATED_MEANS + dimension;
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k < j; k += 1) out[factor + factorPlace(dimension, j, k)] = scale[j * dimension + k]!;
    out[factor + factorPlace(dimension, j, j)] = 1 / scale[j * dimension + j]!;
  }
  return out;
}
