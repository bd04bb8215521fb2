import type { Block } from '../data/block.ts';
import { PosteriorPass } from '../kernels/posterior-pass.ts';
import { prepareShortcut, type ShortcutShape, shortcutShape } from '../kernels/shortcut.ts';
import { EStep, type ExpectationRequest, forbidLabels, type RowOrigin } from '../model/e-step.ts';
import type { Expectation } from '../model/expectation.ts';
import type { LatentModel } from '../model/latent-model.ts';

/** Adds the expectation over one block to `into`, which is zero. */
export type BlockPass = (block: Block, origin: RowOrigin, into: Expectation) => void;

/** What the kernels can do for a model; undefined where all is left to plain loops. */
export function shortcutOf({ latent, families, layout }: LatentModel): ShortcutShape | undefined {
  return latent.logWeights === undefined ? undefined : shortcutShape(families, layout.offsets);
}

/**
 * The E-step by block for one model and one data set. Where the labels of rows are independent the kernels do it: all of it where the
 * families have one, else what lies between their loops. Their sums are finite unless a row is impossible, a family at fault or a number
 * out of their range: then plain loops do the block again, and find out.
 */
export function createBlockPass(model: LatentModel, largestBlock: number): (request: ExpectationRequest) => BlockPass {
  const { latent, emissions } = model;
  const shape = shortcutOf(model);
  const posterior = new PosteriorPass(model.families.length);
  let plain: EStep | undefined;

  const throughPosterior = (block: Block, { at, about }: ExpectationRequest, logWeights: readonly number[], into: Expectation): void => {
    const joint = posterior.densities(block.size);
    emissions.logDensities(block, at.components, joint);
    forbidLabels(block, joint);
    for (let component = 0; component < joint.length; component += 1) addTo(joint[component]!, block.size, logWeights[component]!);
    posterior.run(block, into.vector);
    if (!Number.isFinite(into.logLikelihood)) return;
    const { sums } = into;
    emissions.accumulate(block, joint, about.components, sums.subarray(latent.length), at.components, sums);
  };

  return (request) => {
    const { at, about, uncut } = request;
    const logWeights = latent.logWeights?.(at);
    const shortcut = shape && prepareShortcut(shape, { logWeights: logWeights!, at: at.components, about: about.components, uncut });
    return (block, origin, into) => {
      if (logWeights !== undefined && block.units === undefined) {
        const whole = block.labels === undefined && block.allowed === undefined && block.inexact === undefined;
        if (shortcut !== undefined && whole) shortcut(block, into.vector);
        else throughPosterior(block, request, logWeights, into);
        if (about !== at) into.vector[2] = 0;
        if (allFinite(into.vector)) return;
        into.clear();
      }
      plain ??= new EStep(model, largestBlock);
      plain.expect(block, request, origin, into);
    };
  };
}

function addTo(logDensities: Float64Array, size: number, logWeight: number): void {
  if (logWeight === -Infinity) logDensities.fill(-Infinity, 0, size);
  else for (let row = 0; row < size; row += 1) logDensities[row]! += logWeight;
}

function allFinite(vector: Float64Array): boolean {
  // Zero, unless a number is infinite or none.
  let difference = 0;
  for (let index = 0; index < vector.length; index += 1) difference += vector[index]! - vector[index]!;
  return difference === 0;
}
