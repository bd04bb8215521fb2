import type { ExpectationRequest } from '../backend/backend.ts';
import {
  accumulateBlock,
  type BlockWorkspace,
  blockResponsibilities,
  createBlockWorkspace,
  type RowOrigin,
} from '../backend/expect-block.ts';
import type { Block } from '../data/block.ts';
import type { Expectation } from '../expectation.ts';
import type { Kernel, KernelConstants } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { log } from '../numerics/elementary.ts';
import { twoSumError } from '../numerics/sum.ts';
import type { ColumnPasses } from './columns.ts';
import { type FusedPass, type Kernels, kernels, RESERVED_NUMBERS } from './kernels.ts';
import { STEPS_PER_NAT } from './powers.ts';

/** Adds the expectation over one block to `expectation`, which is zero. */
export type BlockPass = (block: Block, origin: RowOrigin, expectation: Expectation) => void;

/** Numbers in a pass over rows, columns and joint densities together: they stay in the second cache. */
const NUMBERS_AT_A_TIME = 65_536;

/** Numbers of the log-likelihood at the start of the sums: two lanes each of sum, compensation, magnitude. */
export const LIKELIHOOD_SUMS = 6;

/**
 * The E-step by block for one mixture and one data set. Families with a kernel are worked on entirely in the kernels' memory; others
 * compute log-densities and statistics by their own loops, and the kernels do what lies between.
 */
export class BlockKernels {
  private readonly mixture: Mixture;
  readonly dimension: number;
  readonly rows: number;
  private readonly fallback: () => BlockWorkspace;
  passesWithoutBounds = 0;

  constructor(mixture: Mixture, largestBlock: number) {
    this.mixture = mixture;
    this.dimension = mixture.families[0]!.columns.length;
    // A function of the model alone, so that sums are taken in the same order on every machine.
    const fitting = NUMBERS_AT_A_TIME / (this.dimension + mixture.families.length);
    this.rows = Math.max(64, Math.min(1024, 16 * Math.floor(fitting / 16)));
    let workspace: BlockWorkspace | undefined;
    this.fallback = () => (workspace ??= createBlockWorkspace(mixture, largestBlock));
  }

  /** The way to do one request's blocks. */
  prepare(request: ExpectationRequest): BlockPass {
    const special = this.special(request);
    const general = this.general(request);
    return (block, origin, expectation) => {
      if (special !== undefined && block.labels === undefined) special(block, expectation);
      else general(block, expectation);
      // Sums are finite unless a row is impossible, a family at fault or a number out of the kernels' range: plain loops find out.
      if (allFinite(expectation.vector)) return;
      expectation.clear();
      const workspace = this.fallback();
      blockResponsibilities(block, this.mixture, request.at, workspace, origin);
      accumulateBlock(block, this.mixture, request.about, workspace.joint, workspace.rowLogDensity, expectation);
    };
  }

  private special({ at, about, uncut }: ExpectationRequest): ((block: Block, expectation: Expectation) => void) | undefined {
    const { families } = this.mixture;
    const kernel = families[0]!.kernel;
    if (kernel === undefined || families.some((family) => family !== families[0])) return undefined;
    const here: KernelConstants[] = [];
    const there: KernelConstants[] = [];
    for (let component = 0; component < families.length; component += 1) {
      const parameters = at.components[component]!;
      const own = kernel.constants(parameters);
      const other = about[component] === parameters ? own : kernel.constants(about[component]!);
      if (own === undefined || other === undefined) return undefined;
      here.push(own);
      there.push(other);
    }
    const logs = here.map(({ constant }, component) => {
      const weight = at.weights[component]!;
      return weight === 0 ? -Infinity : constant + log(weight);
    });
    const fused = fusedShape(kernel.density, this.dimension);
    if (fused !== undefined) return this.fused(fused, logs, here, there);
    const columns = kernel.columns as ColumnPasses | undefined;
    return columns?.pass(this, kernel.density === 'correlated-gaussian', logs, here, there, uncut !== true);
  }

  fused(
    { run, constantsOf, first, second }: FusedShape,
    logs: readonly number[],
    here: readonly KernelConstants[],
    there: readonly KernelConstants[],
  ): (block: Block, expectation: Expectation) => void {
    const components = logs.length;
    const largest = Math.max(...logs);
    // No component is possible where it is minus infinity, and plain loops will say so.
    const reference = Number.isFinite(largest) ? largest : 0;
    // No row's log density is above this.
    const bound = reference + log(components);
    const relative = logs.map((constant, index) => constantsOf((constant - reference) * STEPS_PER_NAT, here[index]!, there[index]!));
    const constants = Float64Array.from([reference, 0, ...relative.flat()]);
    const length = first + second.length;
    const layout = new Layout();
    const most = this.paddedRows(this.rows);
    const columns = layout.take(most * this.dimension);
    const weights = layout.take(most);
    const constantsAt = layout.take(constants.length);
    const sums = layout.take(LIKELIHOOD_SUMS + 2 * components * (1 + length));
    const scratch = layout.take(48 + 16 * components);
    return (block, expectation) => {
      const engine = kernels();
      const memory = engine.memory(layout.length);
      const pass = run(engine);
      memory.set(constants, constantsAt);
      memory.fill(0, sums, scratch);
      for (let start = 0; start < block.size; start += this.rows) {
        const rows = this.load(memory, block, start, columns, weights);
        pass(rows, components, 8 * columns, 8 * weights, unitRows(block, start, this.rows), 8 * constantsAt, 8 * scratch, 8 * sums);
      }
      readLikelihood(memory, sums, expectation);
      const { vector, offsets } = expectation;
      let from = sums + LIKELIHOOD_SUMS;
      let total = 0;
      for (let component = 0; component < components; component += 1) {
        const { units } = there[component]!;
        let to = offsets[component]!;
        const count = memory[from]! + memory[from + 1]!;
        vector[2 + component] = count;
        total += count;
        from += 2;
        for (let j = 0; j < first; j += 1, from += 2, to += 1) vector[to] = (memory[from]! + memory[from + 1]!) * units[j]!;
        for (const [j, k] of second) {
          vector[to] = (memory[from]! + memory[from + 1]!) * units[j]! * units[k]!;
          from += 2;
          to += 1;
        }
      }
      // Sums of |log density| would take a logarithm a row: this is the same where the bound is negative, and more where it is not.
      vector[1] = (Math.abs(bound) + bound) * total - vector[0]!;
    };
  }

  /** Log-densities and statistics by the families' own loops, the log-sum-exp between them by the kernels. */
  private general({ at, about }: ExpectationRequest): (block: Block, expectation: Expectation) => void {
    const { families } = this.mixture;
    const components = families.length;
    const logWeights = at.weights.map((weight) => (weight === 0 ? -Infinity : log(weight)));
    return (block, expectation) => {
      const { size, labels } = block;
      const rows = this.paddedRows(size);
      const layout = new Layout();
      const weights = layout.take(rows);
      const joint = layout.take(rows * components);
      const sums = layout.take(LIKELIHOOD_SUMS + 2 * components);
      const scratch = layout.take(48 + 16 * components);
      const engine = kernels();
      const memory = engine.memory(layout.length);
      const views = this.views(memory, joint, rows);
      for (let component = 0; component < components; component += 1) {
        const out = views[component]!;
        const logWeight = logWeights[component]!;
        if (logWeight === -Infinity) out.fill(-Infinity);
        else {
          families[component]!.logDensity(block, at.components[component]!, out);
          for (let row = 0; row < size; row += 1) out[row]! += logWeight;
        }
        if (labels !== undefined) {
          for (let row = 0; row < size; row += 1) if (labels[row]! >= 0 && labels[row] !== component) out[row] = -Infinity;
        }
        out.fill(out[size - 1]!, size);
      }
      loadWeights(memory, block, 0, size, rows, weights);
      memory.fill(0, sums, scratch);
      engine.posterior(rows, components, 8 * joint, 8 * weights, unitRows(block, 0, size), 0, 8 * scratch, 8 * sums);
      readLikelihood(memory, sums, expectation);
      readCounts(memory, sums, components, expectation);
      if (!Number.isFinite(expectation.logLikelihood)) return;
      for (let component = 0; component < components; component += 1)
        families[component]!.accumulate(block, views[component]!, about[component]!, expectation.statistics(component));
    };
  }

  /**
   * The sum over a block's rows of the entropy of their responsibilities, in nats, times their case weights: the log-likelihood less the
   * expected log joint density. Right to the rounding of those; NaN where a number is out of the kernels' range.
   */
  prepareEntropy(at: MixtureParameters): (block: Block) => number {
    const { families } = this.mixture;
    const components = families.length;
    const logWeights = at.weights.map((weight) => (weight === 0 ? -Infinity : log(weight)));
    const compiled = this.jointDensities(at, logWeights);
    const byLoops = families.map(() => new Float64Array(0));
    return (block) => {
      const special = block.labels === undefined ? compiled : undefined;
      const most = special === undefined ? block.size : this.rows;
      const allocated = this.paddedRows(most);
      const layout = new Layout();
      const columns = layout.take(allocated * this.dimension);
      const weights = layout.take(allocated);
      const joint = layout.take(allocated * components);
      const kept = layout.take(allocated * components);
      const sums = layout.take(LIKELIHOOD_SUMS + 2 * components);
      const scratch = layout.take((special?.scratch ?? 0) + 48 + 16 * components);
      const engine = kernels();
      const memory = engine.memory(layout.length);
      let entropy = 0;
      for (let start = 0; start < block.size; start += most) {
        const count = Math.min(most, block.size - start);
        const rows = this.paddedRows(count);
        memory.fill(0, sums, scratch);
        if (special === undefined) {
          loadWeights(memory, block, start, count, rows, weights);
          for (let component = 0; component < components; component += 1) {
            if (byLoops[component]!.length < count) byLoops[component] = new Float64Array(count);
            const out = byLoops[component]!;
            if (logWeights[component] === -Infinity) out.fill(-Infinity, 0, count);
            else families[component]!.logDensity(block, at.components[component]!, out);
            const { labels } = block;
            for (let row = 0; row < count; row += 1) {
              out[row] =
                labels !== undefined && labels[row]! >= 0 && labels[row] !== component ? -Infinity : out[row]! + logWeights[component]!;
            }
            memory.set(out.subarray(0, count), joint + rows * component);
            memory.fill(out[count - 1]!, joint + rows * component + count, joint + rows * (component + 1));
          }
        } else {
          this.load(memory, block, start, columns, weights);
          special.run(engine, rows, columns, joint, scratch);
        }
        memory.copyWithin(kept, joint, joint + rows * components);
        engine.posterior(rows, components, 8 * joint, 8 * weights, unitRows(block, start, most), 0, 8 * scratch, 8 * sums);
        let expected = 0;
        for (let component = 0; component < components; component += 1) {
          let own = 0;
          for (let row = rows * component; row < rows * component + count; row += 1) {
            const responsibility = memory[joint + row]!;
            // A component that is impossible for a row has no share in its entropy.
            if (responsibility !== 0) own += responsibility * memory[kept + row]!;
          }
          expected += own;
        }
        entropy += memory[sums]! + memory[sums + 1]! - expected + (memory[sums + 2]! + memory[sums + 3]!);
      }
      return entropy;
    };
  }

  /** Log joint densities by the kernels; undefined where there are none for the mixture. */
  private jointDensities(at: MixtureParameters, logWeights: readonly number[]) {
    const { dimension } = this;
    const { families } = this.mixture;
    const kernel = families[0]!.kernel;
    if (kernel === undefined || kernel.density === 'exponential' || families.some((family) => family !== families[0])) return undefined;
    const correlated = kernel.density === 'correlated-gaussian';
    const passes = kernel.columns as ColumnPasses | undefined;
    if (correlated && passes === undefined) return undefined;
    const constants: Float64Array[] = [];
    for (let component = 0; component < families.length; component += 1) {
      const own = kernel.constants(at.components[component]!);
      if (own === undefined) return undefined;
      const constant = own.constant + logWeights[component]!;
      constants.push((correlated ? passes!.constants : independentConstants)(constant, own, dimension));
    }
    const size = constants[0]!.length;
    const length = 2 * this.paddedRows(this.rows) + 32 * dimension + 64;
    return {
      scratch: size * constants.length + length + 2,
      run: (engine: Kernels, rows: number, columns: number, joint: number, scratch: number): void => {
        const memory = engine.memory(0);
        const place = scratch + 2 * Math.ceil(length / 2);
        constants.forEach((values, component) => {
          memory.set(values, place + size * component);
        });
        const count = constants.length;
        if (!correlated) engine.independentDensities(rows, count, dimension, 8 * columns, 8 * place, 8 * joint);
        else
          engine
            .further(passes!.further)
            .correlatedDensities(rows, count, dimension, 0, 8 * columns, 8 * place, 8 * size, 8 * joint, 8 * scratch);
      },
    };
  }

  /**
   * Rows filled up to whole groups of 16. One group more where many arrays would else begin a multiple of 2 kB apart: their numbers would
   * share a few sets of the first cache and drive one another out.
   */
  paddedRows(count: number): number {
    const rows = (count + 15) & ~15;
    return rows % 256 === 0 && Math.max(this.dimension, this.mixture.families.length) > 4 ? rows + 16 : rows;
  }

  private viewed: { memory: Float64Array; joint: number; rows: number; views: readonly Float64Array[] } | undefined;

  /** The components' joint densities in the kernels' memory, as arrays; kept for the next block of the same size. */
  private views(memory: Float64Array, joint: number, rows: number): readonly Float64Array[] {
    const { viewed } = this;
    if (viewed?.memory === memory && viewed.joint === joint && viewed.rows === rows) return viewed.views;
    const views = this.mixture.families.map((_, component) => memory.subarray(joint + rows * component, joint + rows * (component + 1)));
    this.viewed = { memory, joint, rows, views };
    return views;
  }

  /** Copies rows of a block into the kernels' memory; returns their number, filled up to a multiple of 16 by rows of weight 0. */
  load(memory: Float64Array, block: Block, start: number, columns: number, weights: number): number {
    const count = Math.min(this.rows, block.size - start);
    const rows = this.paddedRows(count);
    const whole = start === 0 && count === block.size;
    for (let column = 0; column < this.dimension; column += 1) {
      const source = block.columns[column]!;
      const to = columns + column * rows;
      memory.set(whole && source.length === count ? source : source.subarray(start, start + count), to);
      if (rows > count) memory.fill(source[start + count - 1]!, to + count, to + rows);
    }
    loadWeights(memory, block, start, count, rows, weights);
    return rows;
  }
}

function allFinite(vector: Float64Array): boolean {
  // Zero, unless a number is infinite or none.
  let difference = 0;
  for (let index = 0; index < vector.length; index += 1) difference += vector[index]! - vector[index]!;
  return difference === 0;
}

/** A pass that does everything for 16 rows at a time: its function, its constants, and its statistics of first and second order. */
export interface FusedShape {
  run(engine: Kernels): FusedPass;
  constantsOf(constant: number, here: KernelConstants, there: KernelConstants): readonly number[];
  readonly first: number;
  readonly second: readonly (readonly [number, number])[];
}

function fusedShape(density: Kernel<never>['density'], dimension: number): FusedShape | undefined {
  if (density === 'exponential') {
    return {
      run: (engine) => engine.exponential,
      constantsOf: (constant, { scale }) => [constant, scale[0]! * STEPS_PER_NAT],
      first: 1,
      second: [],
    };
  }
  if (density === 'independent-gaussian' && dimension === 1) {
    return {
      run: (engine) => engine.gaussian,
      constantsOf: (constant, { location, scale }, there) => [constant, location[0]!, scale[0]! * STEPS_PER_NAT, there.location[0]!],
      first: 1,
      second: [[0, 0]],
    };
  }
  return undefined;
}

/** How many of the rows from `start` on stand in whole groups of 16 and have weight 1. */
export function unitRows({ size, weights }: Block, start: number, most: number): number {
  return weights === undefined ? Math.min(most, size - start) & ~15 : 0;
}

/** Weights of rows whose weight is 1 are not read, and not written. */
function loadWeights(memory: Float64Array, block: Block, start: number, count: number, rows: number, to: number): void {
  if (block.weights === undefined) memory.fill(1, to + (count & ~15), to + count);
  else memory.set(block.weights.subarray(start, start + count), to);
  if (rows > count) memory.fill(0, to + count, to + rows);
}

export function readLikelihood(memory: Float64Array, sums: number, expectation: Expectation): void {
  const first = memory[sums]!;
  const second = memory[sums + 1]!;
  const sum = first + second;
  expectation.vector[0] = sum + (twoSumError(first, second, sum) + (memory[sums + 2]! + memory[sums + 3]!));
  expectation.vector[1] = memory[sums + 4]! + memory[sums + 5]!;
}

export function readCounts(memory: Float64Array, sums: number, components: number, expectation: Expectation): void {
  for (let component = 0; component < components; component += 1) {
    const at = sums + LIKELIHOOD_SUMS + 2 * component;
    expectation.vector[2 + component] = memory[at]! + memory[at + 1]!;
  }
}

export function independentConstants(constant: number, { location, scale }: KernelConstants, dimension: number): Float64Array {
  const out = new Float64Array(1 + 2 * dimension);
  out[0] = constant;
  for (let j = 0; j < dimension; j += 1) {
    out[1 + 2 * j] = location[j]!;
    out[2 + 2 * j] = scale[j]!;
  }
  return out;
}

/** Shares out the kernels' memory, in numbers; everything begins at a multiple of 16 bytes. */
export class Layout {
  length: number = RESERVED_NUMBERS;

  take(numbers: number): number {
    const start = this.length;
    this.length += (numbers + 1) & ~1;
    return start;
  }
}
