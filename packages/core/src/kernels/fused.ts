import { log } from '../numerics/elementary.ts';
import type { KernelConstants } from './capability.ts';
import { type FusedPass, type Kernels, kernels } from './kernels.ts';
import {
  COMPONENT_SUMS,
  COUNT,
  EXPONENTIAL_CONSTANT,
  EXPONENTIAL_RATE,
  EXPONENTIAL_RECORD,
  FUSED_RECORDS,
  GAUSSIAN_ABOUT,
  GAUSSIAN_CONSTANT,
  GAUSSIAN_HALF_PRECISION,
  GAUSSIAN_MEAN,
  GAUSSIAN_RECORD,
  groupScratch,
  STATISTICS,
} from './layout.ts';
import { Allocation, EXPECTED_COUNTS, loadColumns, loadWeights, paddedRows, readLikelihood, readSum, rowsAtATime } from './memory.ts';
import { STEPS_PER_NAT } from './powers.ts';
import type { MixtureConstants, ShortcutPass, ShortcutShape } from './shortcut.ts';

/** A pass that does everything for 16 rows at a time: its function, its constants, and its statistics of first and second order. */
export interface FusedShape {
  run(engine: Kernels): FusedPass;
  /** Numbers of a component's constants. */
  readonly record: number;
  /** Writes them from `at` on; `constant` in steps. */
  write(out: Float64Array, at: number, constant: number, here: KernelConstants, there: KernelConstants): void;
  readonly first: number;
  /** Which pairs of columns the statistics of second order multiply. */
  readonly second: readonly (readonly [number, number])[];
  /**
   * The sum of r (constant - log-density) of a component, in nats, from its statistics: what the density takes from its constant is a linear
   * function of them.
   */
  energy(statistics: Float64Array, here: KernelConstants): number;
}

export const EXPONENTIAL: FusedShape = {
  run: (engine) => engine.exponential,
  record: EXPONENTIAL_RECORD,
  write(out, at, constant, { scale }) {
    out[at + EXPONENTIAL_CONSTANT] = constant;
    out[at + EXPONENTIAL_RATE] = scale[0]! * STEPS_PER_NAT;
  },
  first: 1,
  second: [],
  energy: (statistics, { scale }) => scale[0]! * statistics[0]!,
};

export const GAUSSIAN: FusedShape = {
  run: (engine) => engine.gaussian,
  record: GAUSSIAN_RECORD,
  write(out, at, constant, { location, scale }, there) {
    out[at + GAUSSIAN_CONSTANT] = constant;
    out[at + GAUSSIAN_MEAN] = location[0]!;
    out[at + GAUSSIAN_HALF_PRECISION] = scale[0]! * STEPS_PER_NAT;
    out[at + GAUSSIAN_ABOUT] = there.location[0]!;
  },
  first: 1,
  second: [[0, 0]],
  energy: (statistics, { scale }) => scale[0]! * statistics[1]!,
};

/** The way to do one request's blocks by a pass that does everything for 16 rows at a time. */
export function prepareFused(
  { components, dimension, offsets }: ShortcutShape,
  { run, record, write, first, second, energy }: FusedShape,
  { logs, here, there }: MixtureConstants,
): ShortcutPass {
  const largest = Math.max(...logs);
  // No component is possible where it is minus infinity, and plain loops will say so.
  const reference = Number.isFinite(largest) ? largest : 0;
  // No row's log density is above this.
  const bound = reference + log(components);
  const constants = new Float64Array(FUSED_RECORDS + record * components);
  constants[0] = reference;
  logs.forEach((constant, component) => {
    write(constants, FUSED_RECORDS + record * component, (constant - reference) * STEPS_PER_NAT, here[component]!, there[component]!);
  });
  const hasEntropy = components > 1 && here.every((own, component) => own === there[component]);
  const statistics = new Float64Array(first + second.length);
  const lanes = 2 * (1 + statistics.length);

  const most = rowsAtATime(dimension + components);
  const allocated = paddedRows(most, Math.max(dimension, components));
  const allocation = new Allocation();
  const columnsAt = allocation.take(allocated * dimension);
  const weightsAt = allocation.take(allocated);
  const constantsAt = allocation.take(constants.length);
  const sumsAt = allocation.take(COMPONENT_SUMS + lanes * components);
  const scratchAt = allocation.take(groupScratch(components));
  return (block, out) => {
    const engine = kernels();
    const memory = engine.memory(allocation.length);
    const pass = run(engine);
    memory.set(constants, constantsAt);
    memory.fill(0, sumsAt, scratchAt);
    for (let start = 0; start < block.size; start += most) {
      const count = Math.min(most, block.size - start);
      const rows = paddedRows(count, Math.max(dimension, components));
      loadColumns(memory, block, start, count, rows, columnsAt);
      const unit = loadWeights(memory, block, start, count, rows, weightsAt);
      pass(rows, components, 8 * columnsAt, 8 * weightsAt, unit, 8 * constantsAt, 8 * scratchAt, 8 * sumsAt);
    }
    readLikelihood(memory, sumsAt, out);
    let total = 0;
    let expected = 0;
    for (let component = 0; component < components; component += 1) {
      const from = sumsAt + COMPONENT_SUMS + lanes * component;
      const count = readSum(memory, from + COUNT);
      for (let index = 0; index < statistics.length; index += 1) statistics[index] = readSum(memory, from + STATISTICS + 2 * index);
      total += count;
      // A component of weight zero has no part in it.
      if (count !== 0) expected += logs[component]! * count - energy(statistics, here[component]!);
      out[EXPECTED_COUNTS + component] = count;
      let to = offsets[component]!;
      out[to] = count;
      const { units } = there[component]!;
      for (let j = 0; j < first; j += 1) out[(to += 1)] = statistics[j]! * units[j]!;
      for (let index = 0; index < second.length; index += 1) {
        const pair = second[index]!;
        out[(to += 1)] = statistics[first + index]! * units[pair[0]]! * units[pair[1]]!;
      }
    }
    // Sums of |log density| would take a logarithm a row: this is the same where the bound is negative, and more where it is not.
    out[1] = (Math.abs(bound) + bound) * total - out[0]!;
    // The log-likelihood less the expected log joint density.
    out[2] = hasEntropy ? out[0]! - expected : 0;
  };
}
