import type { LatentModel } from './latent-model.ts';

/** Log-likelihood, magnitude and entropy come before the sums. */
export const HEADER = 3;

/**
 * The E-step's answer, definition 6.2 (Dempster, Laird and Rubin 1977): the log-likelihood at a point and the expected sufficient statistics
 * there, in one vector, and vectors add. The expectation of two halves of the data is the sum of two expectations.
 */
export class Expectation {
  /** Log-likelihood, magnitude, entropy; the sums of the labels' law; for each component its expected count and its statistics. */
  readonly vector: Float64Array;
  readonly layout: ExpectationLayout;
  /** Passes over the data that it took: counted by whoever answers. */
  passes = 1;

  constructor(layout: ExpectationLayout, vector: Float64Array = new Float64Array(layout.length)) {
    this.layout = layout;
    this.vector = vector;
  }

  /** The zero of addition for a model. */
  static zero({ layout }: Pick<LatentModel, 'layout'>): Expectation {
    return new Expectation(layout);
  }

  /** Observed-data log-likelihood in nats, case weights and every constant included. */
  get logLikelihood(): number {
    return this.vector[0]!;
  }

  /** Sum over units of weight times |log density|, or a bound on it: the scale against which rounding of the log-likelihood is judged. */
  get magnitude(): number {
    return this.vector[1]!;
  }

  /** Entropy of the labels given the data, in nats, case weights included; 0 where the statistics are about another point. */
  get entropy(): number {
    return this.vector[2]!;
  }

  get components(): number {
    return this.layout.offsets.length - 1;
  }

  /** Expected counts, one a component; they sum to the total case weight. */
  get counts(): Float64Array {
    return Float64Array.from({ length: this.components }, (_, component) => this.vector[this.layout.offsets[component]!]!);
  }

  /** The sums of the labels' law and of the components. A view. */
  get sums(): Float64Array {
    return this.vector.subarray(HEADER);
  }

  /** One component's expected sufficient statistics. A view. */
  statistics(component: number): Float64Array {
    const { offsets } = this.layout;
    return this.vector.subarray(offsets[component]! + 1, offsets[component + 1]!);
  }

  /** Adds another expectation of the same model to this one, in place. */
  add(other: Expectation): this {
    const { vector } = this;
    for (let index = 0; index < vector.length; index += 1) vector[index]! += other.vector[index]!;
    return this;
  }

  clear(): this {
    this.vector.fill(0);
    return this;
  }

  clone(): Expectation {
    return new Expectation(this.layout, this.vector.slice());
  }
}

/** Where things stand in an expectation's vector. */
export interface ExpectationLayout {
  readonly length: number;
  /** Where each component's sums begin, its count first; one entry more than there are components. */
  readonly offsets: readonly number[];
}

/** The sum over 2^level consecutive blocks. */
export interface PartialSum {
  readonly level: number;
  readonly expectation: Expectation;
}

/**
 * Adds expectations pairwise in a fixed binary tree over the blocks' indices: the rounding error grows with the logarithm of the
 * number of blocks, and the result has the same bits however the blocks are shared out between workers.
 */
export class PairwiseSum {
  private readonly levels: number[] = [];
  private readonly nodes: Expectation[] = [];
  private readonly spare: Expectation[] = [];
  private readonly layout: ExpectationLayout;
  /** Index of the next block. */
  private position: number;

  /** @param firstBlock index of the first block to be pushed among all blocks */
  constructor({ layout }: Pick<LatentModel, 'layout'>, firstBlock = 0) {
    this.layout = layout;
    this.position = firstBlock;
  }

  /** A cleared expectation to fill and hand to `push`; its storage is used again. */
  next(): Expectation {
    return this.spare.pop()?.clear() ?? new Expectation(this.layout);
  }

  /** Appends the sum over the next 2^level blocks. Nodes are joined only where the whole tree has a node. */
  push(expectation: Expectation, level = 0): void {
    this.position += 2 ** level;
    let node = expectation;
    let height = level;
    while (this.levels.at(-1) === height && this.position % 2 ** (height + 1) === 0) {
      const left = this.nodes.pop()!;
      this.levels.pop();
      left.add(node);
      this.spare.push(node);
      node = left;
      height += 1;
    }
    this.nodes.push(node);
    this.levels.push(height);
  }

  /** The partial sums in order: what a worker sends. */
  parts(): readonly PartialSum[] {
    return this.nodes.map((expectation, index) => ({ level: this.levels[index]!, expectation }));
  }

  /** The sum of all, smallest partial sums first. */
  total(): Expectation {
    let sum = this.nodes.at(-1)?.clone() ?? new Expectation(this.layout);
    for (let index = this.nodes.length - 2; index >= 0; index -= 1) sum = this.nodes[index]!.clone().add(sum);
    return sum;
  }
}
