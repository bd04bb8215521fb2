import type { Block, Dataset, Family, LatentModel, ModelParameters } from '@emkit/core';
import { exp, logSumExp } from '@emkit/core/numerics';

/** The probability of each row of a block under a mixture. */
export function probabilities({ emissions, latent }: LatentModel, at: ModelParameters, block: Block): Float64Array {
  const joint = at.components.map(() => new Float64Array(block.size));
  emissions.logDensities(block, at.components, joint);
  const logWeights = latent.logWeights!(at);
  return Float64Array.from({ length: block.size }, (_, row) => exp(logSumExp(joint.map((density, k) => density[row]! + logWeights[k]!))));
}

/** The number of answers to each item of a product of categorical families; undefined where some part is of another family. */
export function levelCounts(family: Family): readonly number[] | undefined {
  const parts = Object.values(family.parts ?? {});
  const counts = parts.map(({ id, parameters }) => {
    const domain = parameters['probabilities'];
    return id === 'categorical' && domain?.kind === 'simplex' ? domain.length : undefined;
  });
  return parts.length > 0 && counts.every((count) => count !== undefined) ? (counts as readonly number[]) : undefined;
}

/** The cell of a table with these numbers of levels, the last item's answer changing fastest. */
export function cellAt(index: number, counts: readonly number[]): readonly number[] {
  const cell = new Array<number>(counts.length);
  let rest = index;
  for (let item = counts.length - 1; item >= 0; item -= 1) {
    cell[item] = rest % counts[item]!;
    rest = Math.floor(rest / counts[item]!);
  }
  return cell;
}

/** Cells as a block of columns. */
export function blockOfCells(cells: readonly (readonly number[])[], items: number): Block {
  return {
    size: cells.length,
    columns: Array.from({ length: items }, (_, item) => Float64Array.from(cells, (cell) => cell[item]!)),
  };
}

/** Whether every cell was observed. */
export function isComplete({ blocks }: Dataset): boolean {
  return blocks.every(({ inexact }) => inexact === undefined);
}
