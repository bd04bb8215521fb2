import type { Block } from '../data/block.ts';
import { EStep, type ExpectationRequest, type RowOrigin } from '../model/e-step.ts';
import type { Expectation } from '../model/expectation.ts';
import type { LatentModel } from '../model/latent-model.ts';

/** Adds the expectation over one block to `into`, which is zero. */
export type BlockPass = (block: Block, origin: RowOrigin, into: Expectation) => void;

/** The E-step by block for one model and one data set: by kernels where they serve, else by plain loops. */
export function createBlockPass(model: LatentModel, largestBlock: number): (request: ExpectationRequest) => BlockPass {
  const eStep = new EStep(model, largestBlock);
  return (request) => (block, origin, into) => eStep.expect(block, request, origin, into);
}
