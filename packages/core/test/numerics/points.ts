/** Seeded test points. The generator (a linear congruential one) is not the library's, so that the two cannot hide each other's faults. */
export class Points {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state;
  }

  /** Uniform on [low, high). */
  uniform(low: number, high: number): number {
    const unit = ((this.#next() >>> 5) * 67108864 + (this.#next() >>> 6)) / 9007199254740992;
    return low + unit * (high - low);
  }

  /** 10^u with u uniform on [low, high). */
  logUniform(low: number, high: number): number {
    return 10 ** this.uniform(low, high);
  }

  /** A point near `centre`, at a distance of every order of magnitude down to its last bits. */
  near(centre: number, within = 0.5, smallest = -16): number {
    return centre + within * (this.uniform(0, 1) < 0.5 ? -1 : 1) * this.logUniform(smallest, 0);
  }

  /** `count` points made by `make`. */
  list(count: number, make: (points: this) => number | readonly number[]): (readonly number[])[] {
    return Array.from({ length: count }, () => {
      const point = make(this);
      return typeof point === 'number' ? [point] : point;
    });
  }
}
