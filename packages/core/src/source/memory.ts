import { type Block, type Dataset, largestBlock } from '../data/block.ts';
import { condense } from '../data/condense.ts';
import { sampleUnits } from '../data/sample.ts';
import { type Summary, summarize } from '../data/summary.ts';
import { cutMatters } from '../kernels/cut.ts';
import type { ExpectationRequest } from '../model/e-step.ts';
import { type Expectation, PairwiseSum, type PartialSum } from '../model/expectation.ts';
import type { LatentModel } from '../model/latent-model.ts';
import { createBlockPass, shortcutOf } from './block-pass.ts';
import type { SynchronousSource } from './source.ts';

/** Rows between two yields of `expectInSlices`: about a millisecond of work for a few components. */
const ROWS_IN_SLICE = 16_384;

/** Consecutive blocks of a data set, and where they stand in it. */
export interface Shard {
  readonly blocks: readonly Block[];
  /** Index of the first block among all blocks. */
  readonly firstBlock: number;
  /** Index of the first row among the rows of all blocks. */
  readonly firstRow: number;
  /** The caller's rows, for messages. */
  readonly blockRow?: Int32Array | undefined;
}

/** Passes over one shard, block by block; whoever runs it may pause between two slices. */
export type ShardPass = (request: ExpectationRequest) => Generator<void, PairwiseSum, void>;

export function createShardPass(model: LatentModel, shard: Shard): ShardPass {
  const prepare = createBlockPass(model, largestBlock(shard.blocks));
  return function* pass(request) {
    const expectBlock = prepare(request);
    const sum = new PairwiseSum(model, shard.firstBlock);
    let { firstRow } = shard;
    let rowsInSlice = 0;
    for (const block of shard.blocks) {
      const expectation = sum.next();
      expectBlock(block, { firstRow, source: shard }, expectation);
      sum.push(expectation);
      firstRow += block.size;
      rowsInSlice += block.size;
      if (rowsInSlice >= ROWS_IN_SLICE) {
        rowsInSlice = 0;
        yield;
      }
    }
    return sum;
  };
}

/** A data set in this thread's memory as a source. Besides the data it holds one block's workspace for each model it is asked about. */
export function memorySource(dataset: Dataset): SynchronousSource {
  const passes = new WeakMap<LatentModel, ShardPass>();
  const shard: Shard = {
    blocks: dataset.blocks,
    firstBlock: 0,
    firstRow: 0,
    get blockRow() {
      return dataset.blockRow;
    },
  };
  const passOf = (model: LatentModel): ShardPass => {
    let pass = passes.get(model);
    if (pass === undefined) {
      pass = createShardPass(model, shard);
      passes.set(model, pass);
    }
    return pass;
  };
  let summary: Summary | undefined;

  function* expectInSlices(request: ExpectationRequest): Generator<void, Expectation, void> {
    const pass = passOf(request.model);
    const total = (yield* pass(request)).total();
    if (!wantsUncut(request, total)) return total;
    const uncut = (yield* pass({ ...request, uncut: true })).total();
    uncut.passes = 2;
    return uncut;
  }

  return {
    expectInSlices,
    expect: (request) => drain(expectInSlices(request)),
    summary: () => (summary ??= summarize(dataset)),
    sample: (units, random) => sampleUnits(dataset, units, random),
    condense: (random) => condense(dataset, random),
  };
}

/** Whether the contributions that the kernels left out would show: see kernels/cut.ts. */
export function wantsUncut({ model, at, uncut }: ExpectationRequest, { counts }: Expectation): boolean {
  return uncut !== true && cutMatters(shortcutOf(model), model.latent.logWeights?.(at) ?? [], counts);
}

/** Runs a generator that only pauses to its end. */
export function drain<Result>(generator: Generator<void, Result, void>): Result {
  for (;;) {
    const turn = generator.next();
    if (turn.done) return turn.value;
  }
}

/** The partial sums over a shard, in order: what a worker sends. */
export function sumShard(pass: ShardPass, request: ExpectationRequest): readonly PartialSum[] {
  return drain(pass(request)).parts();
}
