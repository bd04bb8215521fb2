import type { Block } from '../data/block.ts';
import type { Expectation } from '../expectation.ts';
import type { ColumnKernels, KernelConstants } from '../family.ts';
import {
  type BlockKernels,
  type FusedShape,
  independentConstants,
  Layout,
  LIKELIHOOD_SUMS,
  readCounts,
  readLikelihood,
  unitRows,
} from './block-pass.ts';
import { createPlainColumnKernels, tiledPlace } from './columns-plain.ts';
import { type FurtherKernels, type FusedPass, kernels } from './kernels.ts';
import { COLUMNS_MODULE } from './module.generated.ts';

/** The functions of the kernels for several columns. */
export interface ColumnFunctions {
  plane: FusedPass;
  independentStatistics(
    rows: number,
    components: number,
    dimension: number,
    columns: number,
    means: number,
    responsibilities: number,
    scratch: number,
    sums: number,
  ): void;
  correlatedDensities(
    rows: number,
    components: number,
    dimension: number,
    prefix: number,
    columns: number,
    constants: number,
    size: number,
    joint: number,
    scratch: number,
  ): number;
  correlatedStatistics(
    rows: number,
    components: number,
    dimension: number,
    chunk: number,
    packing: number,
    columns: number,
    means: number,
    responsibilities: number,
    scratch: number,
    sums: number,
  ): void;
}

/** What `ColumnKernels` hides. */
export interface ColumnPasses extends ColumnKernels {
  readonly further: FurtherKernels<ColumnFunctions>;
  /** What the densities of a component with correlated columns take. */
  constants(constant: number, component: KernelConstants, dimension: number): Float64Array;
  /** The way to do one request's blocks; `cut` where components far from a row may be left out. */
  pass(
    owner: BlockKernels,
    correlated: boolean,
    logs: readonly number[],
    here: readonly KernelConstants[],
    there: readonly KernelConstants[],
    cut: boolean,
  ): (block: Block, expectation: Expectation) => void;
}

/** Rows of deviations, and of their products with responsibilities, that are multiplied at a time: they stay in the first cache. */
const NUMBERS_IN_CHUNK = 4096;

/** From this many columns on rows are packed, and bounds looked at: below, it costs more than it saves. */
const FEWEST_COLUMNS_TO_PACK = 8;

/** When more than this part of the components had to be finished in spite of their bounds, bounds are left alone for some passes. */
const USELESS_BOUNDS = 0.5;
const PASSES_WITHOUT_BOUNDS = 16;

const FURTHER: FurtherKernels<ColumnFunctions> = { module: COLUMNS_MODULE, createPlain: createPlainColumnKernels };

/** Two correlated columns at once. */
const PLANE: FusedShape = {
  run: (engine) => engine.further(FURTHER).plane,
  constantsOf: (constant, { location, scale }, there) => [
    ...[constant, location[0]!, location[1]!, scale[2]!, 1 / scale[0]!, 1 / scale[3]!],
    ...there.location,
  ],
  first: 2,
  second: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
};

const passes: ColumnPasses = {
  further: FURTHER,
  constants: correlatedConstants,
  pass: (owner, correlated, logs, here, there, cut) =>
    correlated && owner.dimension === 2 ? owner.fused(PLANE, logs, here, there) : multivariate(owner, correlated, logs, here, there, cut),
};

/** The engine's kernels for Gaussians of several columns, for the capability `kernel` of a family: programs without such a family need not load them. */
export const columnKernels: ColumnKernels = passes;

function multivariate(
  owner: BlockKernels,
  correlated: boolean,
  logs: readonly number[],
  here: readonly KernelConstants[],
  there: readonly KernelConstants[],
  cut: boolean,
): (block: Block, expectation: Expectation) => void {
  const { dimension } = owner;
  const components = logs.length;
  const constants = here.map((own, component) =>
    correlated ? correlatedConstants(logs[component]!, own, dimension) : independentConstants(logs[component]!, own, dimension),
  );
  const size = constants[0]!.length;
  const length = correlated ? dimension + (dimension * (dimension + 1)) / 2 : 2 * dimension;
  const chunk = Math.max(16, Math.min(256, 16 * Math.floor(NUMBERS_IN_CHUNK / dimension / 16)));
  const packing = dimension >= FEWEST_COLUMNS_TO_PACK;
  const prefix = packing && cut && components > 1 ? (dimension < 16 ? 4 : 8) : 0;
  const most = owner.paddedRows(owner.rows);
  const layout = new Layout();
  const columns = layout.take(most * dimension);
  const weights = layout.take(most);
  const joint = layout.take(most * components);
  const constantsAt = layout.take(size * components);
  const means = layout.take(dimension * components);
  const sums = layout.take(LIKELIHOOD_SUMS + 2 * components);
  const statistics = layout.take(2 * components * length);
  const scratch = layout.take(32 + Math.max(48 + 16 * components, 2 * most + 32 * dimension + 64, 2 * chunk * (dimension + 1)));
  return (block, expectation) => {
    const engine = kernels();
    const functions = engine.further(FURTHER);
    const memory = engine.memory(layout.length);
    constants.forEach((values, component) => {
      memory.set(values, constantsAt + size * component);
      memory.set(there[component]!.location, means + dimension * component);
    });
    memory.fill(0, sums, scratch);
    for (let start = 0; start < block.size; start += owner.rows) {
      const rows = owner.load(memory, block, start, columns, weights);
      if (correlated) {
        const used = owner.passesWithoutBounds > 0 ? 0 : prefix;
        const completed = functions.correlatedDensities(
          rows,
          components,
          dimension,
          used,
          8 * columns,
          8 * constantsAt,
          8 * size,
          8 * joint,
          8 * scratch,
        );
        // Whether bounds are used changes no bit of the answer, only the time it takes.
        if (used === 0) owner.passesWithoutBounds = Math.max(0, owner.passesWithoutBounds - 1);
        else if (completed > USELESS_BOUNDS * rows * (components - 1)) owner.passesWithoutBounds = PASSES_WITHOUT_BOUNDS;
      } else engine.independentDensities(rows, components, dimension, 8 * columns, 8 * constantsAt, 8 * joint);
      engine.posterior(rows, components, 8 * joint, 8 * weights, unitRows(block, start, owner.rows), cut ? 1 : 0, 8 * scratch, 8 * sums);
      if (correlated) {
        functions.correlatedStatistics(
          rows,
          components,
          dimension,
          chunk,
          packing ? 1 : 0,
          8 * columns,
          8 * means,
          8 * joint,
          8 * scratch,
          8 * statistics,
        );
      } else {
        functions.independentStatistics(rows, components, dimension, 8 * columns, 8 * means, 8 * joint, 8 * scratch, 8 * statistics);
      }
    }
    readLikelihood(memory, sums, expectation);
    readCounts(memory, sums, components, expectation);
    for (let component = 0; component < components; component += 1) {
      const { units } = there[component]!;
      const { vector } = expectation;
      let from = statistics + 2 * length * component;
      let to = expectation.offsets[component]!;
      for (let j = 0; j < dimension; j += 1, from += 2, to += 1) vector[to] = (memory[from]! + memory[from + 1]!) * units[j]!;
      for (let j = 0; j < dimension; j += 1) {
        for (let k = correlated ? 0 : j; k <= j; k += 1, from += 2, to += 1)
          vector[to] = (memory[from]! + memory[from + 1]!) * units[j]! * units[k]!;
      }
    }
  };
}

function correlatedConstants(constant: number, { location, scale }: KernelConstants, dimension: number): Float64Array {
  const base = 1 + dimension;
  const out = new Float64Array(base + (dimension * (dimension + 1)) / 2);
  out[0] = constant;
  out.set(location, 1);
  for (let j = 0; j < dimension; j += 1) {
    for (let k = 0; k < j; k += 1) out[base + tiledPlace(dimension, j, k)] = scale[j * dimension + k]!;
    out[base + tiledPlace(dimension, j, j)] = 1 / scale[j * dimension + j]!;
  }
  return out;
}
