import type { Dataset } from '../data/block.ts';
import { type Expectation, PairwiseSum } from '../expectation.ts';
import type { Mixture } from '../mixture.ts';
import type { ExpectationRequest, SynchronousBackend } from './backend.ts';
import { accumulateBlock, blockResponsibilities, createBlockWorkspace, largestBlock } from './expect-block.ts';

/** Rows between two yields of `expectInSlices`: about a millisecond of work for a few components. */
const ROWS_IN_SLICE = 16_384;

/** A backend over a data set in this thread's memory. Besides the data it holds one block's workspace. */
export function createMemoryBackend(mixture: Mixture, dataset: Dataset): SynchronousBackend {
  const workspace = createBlockWorkspace(mixture, largestBlock(dataset.blocks));

  function* expectInSlices({ at, about }: ExpectationRequest): Generator<void, Expectation, void> {
    const sum = new PairwiseSum(mixture);
    let firstRow = 0;
    let rowsInSlice = 0;
    for (const block of dataset.blocks) {
      blockResponsibilities(block, mixture, at, workspace, { firstRow, blockRow: dataset.blockRow });
      const expectation = sum.next();
      accumulateBlock(block, mixture, about, workspace.joint, workspace.rowLogDensity, expectation);
      sum.push(expectation);
      firstRow += block.size;
      rowsInSlice += block.size;
      if (rowsInSlice >= ROWS_IN_SLICE) {
        rowsInSlice = 0;
        yield;
      }
    }
    return sum.total();
  }

  return {
    expectInSlices,
    expect(request) {
      const slices = expectInSlices(request);
      for (;;) {
        const slice = slices.next();
        if (slice.done) return slice.value;
      }
    },
  };
}
