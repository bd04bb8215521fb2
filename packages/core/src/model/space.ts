/** What the engine must know of a kind of point without knowing what it is. */
export interface ParameterSpace<P> {
  /**
   * The point, if it lies in the space: untrusted input.
   *
   * @throws EmkitError `PARAMETER_*`, `MODEL_*`, naming the component and the parameter
   */
  check(json: unknown): P;
  contains(point: P): boolean;
  /** A dimensionless size of the change from one point to another, unchanged by a change of units. */
  distance(from: P, to: P): number;
  /** The distance by which a point moves when its numbers move by one unit in the last place: no smaller step can be told from rounding. */
  rounding(point: P): number;
  /** The free parameters that lie on the edge of their domain, to `tolerance`, as a reader names them; components count from 1. */
  boundary(point: P, tolerance: number): readonly string[];
  /** Points to try in place of one at which free parameters all but lie on an edge of their domain: with them on it. Default: none. */
  edges?(point: P): readonly P[];
  /** What may move: none for what is held, one for what is tied. Their number is the degrees of freedom. */
  readonly free: Coordinates<P>;
}

/**
 * Unconstrained real coordinates, of which only differences are ever taken, computed from the change itself: so they hold its digits
 * however small it is, and there is no constant that a change of units would have to move.
 */
export interface Coordinates<P> {
  readonly length: number;
  /** Writes the coordinates of `to` less those of `from`, from `place` on. Infinite where one of the two lies on an edge. */
  difference(from: P, to: P, out: Float64Array, place: number): void;
  /** The point whose coordinates less those of `from` are `step`. What is not free is taken from `from`. */
  move(from: P, step: Float64Array, place: number): P;
  /** The natural unit of each coordinate at a point: 1 for logarithms, a standard deviation for a location. */
  scales(point: P, out: Float64Array, place: number): void;
}
