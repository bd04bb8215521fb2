/** Values in the first block of a column, and in the largest: 1 MiB of doubles. */
const SMALLEST = 8;
const LARGEST = 1 << 17;

/** A column of numbers that grows by blocks: what is read is never copied before the end, and a column of a few rows takes little. */
export class NumberColumn {
  private readonly full: Float64Array[] = [];
  private block = new Float64Array(SMALLEST);
  private length = 0;

  push(value: number): void {
    if (this.length === this.block.length) this.grow();
    this.block[this.length] = value;
    this.length += 1;
  }

  /** The values in one array. The column is empty afterwards, so that its memory is free before the next one is asked for. */
  take(): Float64Array {
    const last = this.block.subarray(0, this.length);
    const values = new Float64Array(this.full.reduce((sum, { length }) => sum + length, last.length));
    let at = 0;
    for (const block of [...this.full.splice(0), last]) {
      values.set(block, at);
      at += block.length;
    }
    this.block = new Float64Array(SMALLEST);
    this.length = 0;
    return values;
  }

  private grow(): void {
    this.full.push(this.block);
    this.block = new Float64Array(Math.min(2 * this.block.length, LARGEST));
    this.length = 0;
  }
}
