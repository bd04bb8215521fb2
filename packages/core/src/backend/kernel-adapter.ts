import type { Block } from '../data/block.ts';
import type { Expectation } from '../expectation.ts';
import { cutMatters as cutMattersTo } from '../kernels/cut.ts';
import { PosteriorPass } from '../kernels/posterior-pass.ts';
import { prepareShortcut, type ShortcutShape, shortcutShape } from '../kernels/shortcut.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';
import { log } from '../numerics/elementary.ts';
import type { ExpectationRequest } from './backend.ts';
import { accumulateBlock, type BlockWorkspace, blockResponsibilities, createBlockWorkspace, type RowOrigin } from './expect-block.ts';

/** Adds the expectation over one block to `expectation`, which is zero. */
type BlockPass = (block: Block, origin: RowOrigin, expectation: Expectation) => void;

/** Where the components' sums begin in what kernels write: each its count, then its statistics; last, the length. */
function sumOffsets({ families }: Mixture): number[] {
  const offsets = [3 + families.length];
  for (const { statisticsLength } of families) offsets.push(offsets.at(-1)! + 1 + statisticsLength);
  return offsets;
}

export function cutMatters(mixture: Mixture, at: MixtureParameters, { counts }: Expectation): boolean {
  return cutMattersTo(shortcutShape(mixture.families, sumOffsets(mixture)), at.weights, counts);
}

/** The E-step by block: by kernels where they serve, by plain loops where their sums are not finite. */
export class KernelAdapter {
  private readonly mixture: Mixture;
  private readonly offsets: readonly number[];
  private readonly shape: ShortcutShape | undefined;
  private readonly posterior: PosteriorPass;
  private readonly sums: Float64Array;
  private readonly fallback: () => BlockWorkspace;

  constructor(mixture: Mixture, largestBlock: number) {
    this.mixture = mixture;
    this.offsets = sumOffsets(mixture);
    this.shape = shortcutShape(mixture.families, this.offsets);
    this.posterior = new PosteriorPass(mixture.families.length);
    this.sums = new Float64Array(this.offsets.at(-1)!);
    let workspace: BlockWorkspace | undefined;
    this.fallback = () => (workspace ??= createBlockWorkspace(mixture, largestBlock));
  }

  prepare(request: ExpectationRequest): BlockPass {
    const run = this.prepareSums(request);
    const { mixture, offsets } = this;
    return (block, origin, expectation) => {
      const sums = run(block);
      if (sums.every(Number.isFinite)) {
        const { vector } = expectation;
        vector.set(sums.subarray(0, 2));
        vector.set(sums.subarray(3, offsets[0]!), 2);
        mixture.families.forEach((_, component) => {
          expectation.statistics(component).set(sums.subarray(offsets[component]! + 1, offsets[component + 1]!));
        });
        return;
      }
      const workspace = this.fallback();
      blockResponsibilities(block, mixture, request.at, workspace, origin);
      accumulateBlock(block, mixture, request.about, workspace.joint, workspace.rowLogDensity, expectation);
    };
  }

  /** The sum over a block's rows of the entropy of their responsibilities, in nats; NaN where a number is out of the kernels' range. */
  prepareEntropy(at: MixtureParameters): (block: Block) => number {
    const run = this.prepareSums({ at, about: at.components });
    return (block) => run(block)[2]!;
  }

  private prepareSums({ at, about, uncut }: ExpectationRequest): (block: Block) => Float64Array {
    const { sums, shape } = this;
    const shortcut = shape && prepareShortcut(shape, { weights: at.weights, at: at.components, about, uncut });
    return (block) => {
      sums.fill(0);
      if (shortcut !== undefined && block.labels === undefined) shortcut(block, sums);
      else this.general(block, at, about, sums);
      return sums;
    };
  }

  /** Log-densities and statistics by the families' own loops. */
  private general(block: Block, at: MixtureParameters, about: ExpectationRequest['about'], sums: Float64Array): void {
    const { size, labels } = block;
    const { families } = this.mixture;
    const densities = this.posterior.densities(size);
    families.forEach((family, component) => {
      const out = densities[component]!;
      const weight = at.weights[component]!;
      if (weight === 0) out.fill(-Infinity);
      else {
        family.logDensity(block, at.components[component]!, out);
        const logWeight = log(weight);
        for (let row = 0; row < size; row += 1) out[row]! += logWeight;
      }
      if (labels === undefined) return;
      for (let row = 0; row < size; row += 1) if (labels[row]! >= 0 && labels[row] !== component) out[row] = -Infinity;
    });
    this.posterior.run(block, sums);
    if (!Number.isFinite(sums[0])) return;
    families.forEach((family, component) => {
      const begin = this.offsets[component]!;
      family.accumulate(block, densities[component]!, about[component]!, sums.subarray(begin + 1, this.offsets[component + 1]));
    });
  }
}
