/**
 * A kernel of the engine that a family can hand its block loops to, by a statement of what its log-density is.
 *
 * - `exponential`, one column: constant - scale_0 x; statistics: the sum of r x u.
 * - `independent-gaussian`: constant - sum_j scale_j (x_j - location_j)^2; statistics: the sums of r z_j, then of r z_j^2, with
 *   z_j = (x_j - location_j) u_j.
 * - `correlated-gaussian`: constant - |L^-1 (x - location)|^2 / 2 with L in `scale`, a lower triangle by rows of d numbers; statistics: the
 *   sums of r z_j, then of r z_j z_k by rows, k <= j.
 */
export interface Kernel<P> {
  readonly density: 'exponential' | 'independent-gaussian' | 'correlated-gaussian';
  /** The numbers the kernel needs; undefined where their sizes are so extreme that the family's own loops are wanted. */
  constants(parameters: P): KernelConstants | undefined;
  /** `columnKernels`: needed where the family has several columns, which are else left to its own loops. */
  readonly columns?: ColumnKernels;
}

/** The engine's kernels for several columns. Made by core: a family names them, and a bundler leaves them out of programs without such a family. */
export interface ColumnKernels {
  /** Core's own affair. */
  readonly further: object;
}

/** What a kernel needs of one component. `units` (u above) are powers of two: they only scale the statistics. */
export interface KernelConstants {
  /**
   * `correlated-gaussian` only: the statistics of this component are those of z = L^-1 (x - location), without units. Of a covariance that is
   * nearly singular, products of deviations keep few digits of the smallest direction, and those of whitened columns all.
   */
  readonly whitened?: true;
  readonly constant: number;
  readonly location: Float64Array;
  readonly scale: Float64Array;
  readonly units: Float64Array;
}
