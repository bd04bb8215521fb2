import type { Block, Dataset } from '../data/block.ts';
import { type Expectation, PairwiseSum, type PartialSum } from '../expectation.ts';
import type { Mixture } from '../mixture.ts';
import type { ExpectationRequest, SynchronousBackend } from './backend.ts';
import { largestBlock } from './expect-block.ts';
import { cutMatters, KernelAdapter } from './kernel-adapter.ts';

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
export function createShardPass(mixture: Mixture, shard: Shard): (request: ExpectationRequest) => Generator<void, PairwiseSum, void> {
  const adapter = new KernelAdapter(mixture, largestBlock(shard.blocks));
  return function* pass(request) {
    const expectBlock = adapter.prepare(request);
    const sum = new PairwiseSum(mixture, shard.firstBlock);
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

/** A backend over a data set in this thread's memory. Besides the data it holds one block's workspace. */
export function createMemoryBackend(mixture: Mixture, dataset: Dataset): SynchronousBackend {
  const pass = createShardPass(mixture, {
    blocks: dataset.blocks,
    firstBlock: 0,
    firstRow: 0,
    get blockRow() {
      return dataset.blockRow;
    },
  });

  function* expectInSlices(request: ExpectationRequest): Generator<void, Expectation, void> {
    const total = (yield* pass(request)).total();
    return cutMatters(mixture, request.at, total) ? (yield* pass({ ...request, uncut: true })).total() : total;
  }

  return { expectInSlices, expect: (request) => drain(expectInSlices(request)) };
}

/** Runs a generator that only pauses to its end. */
export function drain<Result>(generator: Generator<void, Result, void>): Result {
  for (;;) {
    const turn = generator.next();
    if (turn.done) return turn.value;
  }
}

/** The partial sums over a shard, in order: what a worker sends. */
export function sumShard(
  pass: (request: ExpectationRequest) => Generator<void, PairwiseSum, void>,
  request: ExpectationRequest,
): readonly PartialSum[] {
  return drain(pass(request)).parts();
}
