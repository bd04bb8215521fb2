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
  whitenedScratch,
} from './layout.ts';
import { Allocation, EXPECTED_COUNTS, loadColumns, loadWeights, paddedRows, readLikelihood, readSum, rowsAtATime } from './memory.ts';
import type { MixtureConstants, ShortcutPass, ShortcutShape } from './shortcut.ts';

/** Rows that are multiplied at a time, by the numbers in them: they stay in a first cache of 32 kB. */
const NUMBERS_IN_CHUNK = 3200;

/** From this many columns on rows are packed, and bounds looked at: below, it costs more than it saves. */
const FEWEST_COLUMNS_TO_PACK = 8;

/** When more than this part of the components had to be finished in spite of their bounds, bounds are left alone for some passes. */
const USELESS_BOUNDS = 0.5;
const PASSES_WITHOUT_BOUNDS = 16;

/** Where things stand in the kernels' memory, in numbers. */
interface Places {
  readonly columns: number;
  readonly weights: number;
  readonly joint: number;
  readonly constants: number;
  readonly means: number;
  readonly sums: number;
  readonly statistics: number;
  readonly scratch: number;
}

/** What differs between Gaussians with and without correlations. */
interface Structure {
  /** Numbers of a component's constants, of its sums, and of working memory. */
  readonly record: number;
  readonly lanes: number;
  readonly scratch: number;
  writeConstants(out: Float64Array, at: number, constant: number, component: KernelConstants): void;
  /** Log joint densities of `rows` rows. */
  densities(functions: ColumnFunctions, rows: number, at: Places): void;
  /** Adds the statistics of `rows` rows. */
  statistics(functions: ColumnFunctions, rows: number, at: Places, memory: Float64Array): void;
}

/** The way to do one request's blocks for Gaussians of several columns: densities, responsibilities and statistics of a thousand rows in turn. */
export function prepareMultivariate(
  shape: ShortcutShape,
  constants: MixtureConstants,
  further: FurtherKernels<ColumnFunctions>,
): ShortcutPass {
  const { components, dimension } = shape;
  const { logs, here, there, cut } = constants;
  const correlated = shape.kernel.density === 'correlated-gaussian';
  const arrays = Math.max(dimension, components);
  const most = rowsAtATime(dimension + components);
  const allocated = paddedRows(most, arrays);
  const structure = correlated ? correlatedStructure(shape, constants, allocated) : independentStructure(components, dimension, allocated);
  const allocation = new Allocation();
  const at: Places = {
    columns: allocation.take(allocated * dimension),
    weights: allocation.take(allocated),
    joint: allocation.take(allocated * components),
    constants: allocation.take(structure.record * components),
    means: allocation.take(dimension * components),
    sums: allocation.take(COMPONENT_SUMS + 2 * components),
    statistics: allocation.take(structure.lanes * components),
    scratch: allocation.take(Math.max(groupScratch(components), structure.scratch)),
  };
  const records = new Float64Array(structure.record * components);
  const means = new Float64Array(dimension * components);
  for (let component = 0; component < components; component += 1) {
    structure.writeConstants(records, structure.record * component, logs[component]!, here[component]!);
    // Whitened columns are deviations already.
    if (!isWhitened(there[component]!)) means.set(there[component]!.location, dimension * component);
  }
  return (block, out) => {
    const engine = kernels();
    const functions = engine.further(further);
    const memory = engine.memory(allocation.length);
    memory.set(records, at.constants);
    memory.set(means, at.means);
    memory.fill(0, at.sums, at.scratch);
    for (let start = 0; start < block.size; start += most) {
      const count = Math.min(most, block.size - start);
      const rows = paddedRows(count, arrays);
      loadColumns(memory, block, start, count, rows, at.columns);
      const unit = loadWeights(memory, block, start, count, rows, at.weights);
      structure.densities(functions, rows, at);
      engine.posterior(rows, components, 8 * at.joint, 8 * at.weights, unit, cut ? 1 : 0, 8 * at.scratch, 8 * at.sums);
      structure.statistics(functions, rows, at, memory);
    }
    readLikelihood(memory, at.sums, out);
    for (let component = 0; component < components; component += 1) {
      out[EXPECTED_COUNTS + component] = readSum(memory, at.sums + COMPONENT_SUMS + 2 * component);
      const own = out.subarray(shape.offsets[component]!);
      own[0] = out[EXPECTED_COUNTS + component]!;
      readStatistics(memory, at.statistics + structure.lanes * component, there[component]!, correlated, own);
    }
  };
}

/** Reads a component's statistics into `out`, behind its count. */
function readStatistics(memory: Float64Array, from: number, component: KernelConstants, correlated: boolean, out: Float64Array): void {
  const dimension = component.location.length;
  const units = isWhitened(component) ? new Float64Array(dimension).fill(1) : component.units;
  let place = from;
  let to = 0;
  for (let j = 0; j < dimension; j += 1, place += 2) out[(to += 1)] = readSum(memory, place) * units[j]!;
  for (let j = 0; j < dimension; j += 1) {
    const unit = units[j]!;
    for (let k = correlated ? 0 : j; k <= j; k += 1, place += 2) out[(to += 1)] = readSum(memory, place) * unit * units[k]!;
  }
}

const isWhitened = ({ whitened }: KernelConstants): boolean => whitened === true;

function independentStructure(components: number, dimension: number, rows: number): Structure {
  return {
    record: independentRecord(dimension),
    lanes: independentSums(dimension),
    scratch: independentScratch(rows, components),
    writeConstants(out, at, constant, { location, scale }) {
      out[at] = constant;
      for (let j = 0; j < dimension; j += 1) {
        const column = at + INDEPENDENT_COLUMNS + INDEPENDENT_COLUMN * j;
        out[column] = location[j]!;
        out[column + 1] = scale[j]!;
      }
    },
    densities: (functions, count, at) =>
      functions.independentDensities(count, components, dimension, 8 * at.columns, 8 * at.constants, 8 * at.joint),
    statistics(functions, count, at) {
      const places = [8 * at.columns, 8 * at.means, 8 * at.joint, 8 * at.scratch, 8 * at.statistics] as const;
      functions.independentStatistics(count, components, dimension, ...places);
    },
  };
}

function correlatedStructure(shape: ShortcutShape, { there, cut }: MixtureConstants, rows: number): Structure {
  const { components, dimension } = shape;
  const record = correlatedRecord(dimension);
  const lanes = correlatedSums(dimension);
  const chunk = Math.max(GROUP, Math.min(256, GROUP * Math.floor(NUMBERS_IN_CHUNK / dimension / GROUP)));
  const packing = dimension >= FEWEST_COLUMNS_TO_PACK;
  const prefix = packing && cut && components > 1 ? (dimension < 16 ? 4 : 8) : 0;
  // Of a whitened component: its constants, then its columns.
  const whitenedColumns = 2 * Math.ceil(record / 2);
  const whitened = there.some(isWhitened) ? whitenedColumns + rows * dimension : 0;
  const frames = there.map((about) => {
    const frame = new Float64Array(isWhitened(about) ? record : 0);
    if (isWhitened(about)) writeCorrelated(frame, 0, 0, about);
    return frame;
  });
  return {
    record,
    lanes,
    scratch:
      whitened +
      Math.max(correlatedDensitiesScratch(rows, dimension), correlatedStatisticsScratch(chunk, dimension), whitenedScratch(dimension)),
    writeConstants: writeCorrelated,
    densities(functions, count, at) {
      const used = shape.passesWithoutBounds > 0 ? 0 : prefix;
      const places = [8 * at.columns, 8 * at.constants, 8 * at.joint, 8 * at.scratch] as const;
      const completed = functions.correlatedDensities(count, components, dimension, used, ...places);
      // Whether bounds are used changes no bit of the answer, only the time it takes.
      if (used === 0) shape.passesWithoutBounds = Math.max(0, shape.passesWithoutBounds - 1);
      else if (completed > USELESS_BOUNDS * count * (components - 1)) shape.passesWithoutBounds = PASSES_WITHOUT_BOUNDS;
    },
    statistics(functions, count, at, memory) {
      const scratch = at.scratch + whitened;
      there.forEach((about, component) => {
        let { columns } = at;
        if (isWhitened(about)) {
          columns = at.scratch + whitenedColumns;
          memory.set(frames[component]!, at.scratch);
          functions.whitenedColumns(count, dimension, 8 * at.columns, 8 * at.scratch, 8 * columns, 8 * scratch);
        }
        const places = [8 * columns, 8 * (at.means + dimension * component), 8 * (at.joint + count * component), 8 * scratch] as const;
        functions.correlatedStatistics(count, dimension, chunk, packing ? 1 : 0, ...places, 8 * (at.statistics + lanes * component));
      });
    },
  };
}

function writeCorrelated(out: Float64Array, at: number, constant: number, { location, scale }: KernelConstants): void {
  const dimension = location.length;
  const factor = at + CORRELATED_MEANS + dimension;
  out[at] = constant;
  out.set(location, at + CORRELATED_MEANS);
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k < j; k += 1) out[factor + factorPlace(dimension, j, k)] = scale[j * dimension + k]!;
    out[factor + factorPlace(dimension, j, j)] = 1 / scale[j * dimension + j]!;
  }
}
