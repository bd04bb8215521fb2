import { kernels } from './kernels.ts';
import { COMPONENT_SUMS, groupScratch } from './layout.ts';
import { Allocation, EXPECTED_COUNTS, loadWeights, paddedRows, type Rows, readLikelihood, readSum } from './memory.ts';

/**
 * From log joint densities to responsibilities, for rows that are independent: what lies between the loops of families that have no kernel
 * for all of it.
 */
export class PosteriorPass {
  private readonly components: number;
  private places: Places | undefined;
  private viewed: { memory: Float64Array; places: Places; densities: readonly Float64Array[] } | undefined;

  constructor(components: number) {
    this.components = components;
  }

  /**
   * K arrays, at least `size` long, to be filled with log joint densities in nats, -Infinity included. They lie in the kernels' memory, so
   * no other kernel may run until they have been used.
   */
  densities(size: number): readonly Float64Array[] {
    const { components } = this;
    const places = this.placesFor(size);
    const { rows, joint, length } = places;
    const memory = kernels().memory(length);
    if (this.viewed?.memory !== memory || this.viewed.places !== places) {
      const densities = Array.from({ length: components }, (_, component) =>
        memory.subarray(joint + rows * component, joint + rows * (component + 1)),
      );
      this.viewed = { memory, places, densities };
    }
    return this.viewed.densities;
  }

  /**
   * Turns the densities of all rows of a block into responsibilities times case weights, and writes log-likelihood, magnitude, entropy and K
   * expected counts to the beginning of `out`. They are not finite where a row is impossible, or a density is NaN or infinite.
   */
  run(block: Pick<Rows, 'size' | 'weights'>, out: Float64Array): void {
    const { components } = this;
    const { size } = block;
    const { rows, weights, joint, sums, scratch, length } = this.placesFor(size);
    for (const density of this.densities(size)) density.fill(density[size - 1]!, size);
    const engine = kernels();
    const memory = engine.memory(length);
    const unit = loadWeights(memory, block, 0, size, rows, weights);
    memory.fill(0, sums, scratch);
    engine.posterior(rows, components, 8 * joint, 8 * weights, unit, 0, 8 * scratch, 8 * sums);
    readLikelihood(memory, sums, out);
    for (let component = 0; component < components; component += 1) {
      out[EXPECTED_COUNTS + component] = readSum(memory, sums + COMPONENT_SUMS + 2 * component);
    }
  }

  /** Where things stand for a block of so many rows: nearly all blocks have the same number. */
  private placesFor(size: number): Places {
    const { components } = this;
    const rows = paddedRows(size, components);
    if (this.places?.rows === rows) return this.places;
    const allocation = new Allocation();
    const weights = allocation.take(rows);
    const joint = allocation.take(rows * components);
    const sums = allocation.take(COMPONENT_SUMS + 2 * components);
    const scratch = allocation.take(groupScratch(components));
    this.places = { rows, weights, joint, sums, scratch, length: allocation.length };
    return this.places;
  }
}

interface Places {
  readonly rows: number;
  readonly weights: number;
  readonly joint: number;
  readonly sums: number;
  readonly scratch: number;
  readonly length: number;
}
