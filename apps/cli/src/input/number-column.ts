/** A column of numbers that grows: eight bytes a value, doubled when it is full. */
export class NumberColumn {
  private values = new Float64Array(1024);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const wider = new Float64Array(2 * this.length);
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  toArray(): Float64Array {
    return this.values.subarray(0, this.length);
  }
}
