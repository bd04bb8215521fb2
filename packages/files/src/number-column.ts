/** Values in the first block of a column, and in the largest: 16 MiB, as much as allocators give back to the system. */
const SMALLEST = 8;
const LARGEST = 1 << 21;

/** A column of numbers that grows by blocks, so that a short one takes little and a long one is copied once, at the end. */
export class NumberColumn {
  private readonly full: Float64Array[] = [];
  private block = new Float64Array(SMALLEST);
  private length = 0;

  push(value: number): void {
    if (this.length === this.block.length) {
      this.full.push(this.block);
      this.block = new Float64Array(Math.min(2 * this.length, LARGEST));
      this.length = 0;
    }
    this.block[this.length] = value;
    this.length += 1;
  }

  /** The values in one array; the column is empty afterwards. */
  take(): Float64Array {
    const blocks = [...this.full.splice(0), this.block.subarray(0, this.length)];
    const values = new Float64Array(blocks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const block of blocks) {
      values.set(block, at);
      at += block.length;
      free(block.buffer);
    }
    this.block = new Float64Array(SMALLEST);
    this.length = 0;
    return values;
  }
}

/** Gives memory back at once where the engine can, and not when garbage is next collected: else a long column stands there twice. */
function free(buffer: ArrayBufferLike & { transfer?(length: number): unknown }): void {
  buffer.transfer?.(0);
}
