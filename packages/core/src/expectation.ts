import type { Mixture } from './mixture.ts';

/**
 * The expected sufficient statistics of definition 6.2 (Dempster, Laird and Rubin 1977) together with the log-likelihood at the
 * same parameters: a vector, and vectors add. The expectation of two halves of the data is the sum of two expectations.
 */
export class Expectation {
  /** All entries in one array: log-likelihood, magnitude, K counts, then each component's statistics. */
  readonly vector: Float64Array;
  /** Where each component's statistics begin; one entry more than there are components. */
  readonly offsets: readonly number[];

  constructor(offsets: readonly number[], vector: Float64Array = new Float64Array(offsets.at(-1)!)) {
    this.offsets = offsets;
    this.vector = vector;
  }

  /** The zero of addition for a mixture. */
  static zero(mixture: Mixture): Expectation {
    const offsets: number[] = [2 + mixture.families.length];
    for (const family of mixture.families) offsets.push(offsets.at(-1)! + family.statisticsLength);
    return new Expectation(offsets);
  }

  /** Observed-data log-likelihood in nats, case weights and every constant included. */
  get logLikelihood(): number {
    return this.vector[0]!;
  }

  /** Sum over rows of weight times |log density|, or a bound on it: the scale against which rounding of the log-likelihood is judged. */
  get magnitude(): number {
    return this.vector[1]!;
  }

  get components(): number {
    return this.offsets.length - 1;
  }

  /** Expected counts, one a component; they sum to the total case weight. A view. */
  get counts(): Float64Array {
    return this.vector.subarray(2, 2 + this.components);
  }

  /** One component's expected sufficient statistics. A view. */
  statistics(component: number): Float64Array {
    return this.vector.subarray(this.offsets[component]!, this.offsets[component + 1]!);
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
    return new Expectation(this.offsets, this.vector.slice());
  }
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
  private readonly mixture: Mixture;
  /** Index of the next block. */
  private position: number;

  /** @param firstBlock index of the first block to be pushed among all blocks */
  constructor(mixture: Mixture, firstBlock = 0) {
    this.mixture = mixture;
    this.position = firstBlock;
  }

  /** A cleared expectation to fill and hand to `push`; its storage is used again. */
  next(): Expectation {
    return this.spare.pop()?.clear() ?? Expectation.zero(this.mixture);
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
    let sum = this.nodes.at(-1)?.clone() ?? Expectation.zero(this.mixture);
    for (let index = this.nodes.length - 2; index >= 0; index -= 1) sum = this.nodes[index]!.clone().add(sum);
    return sum;
  }
}
