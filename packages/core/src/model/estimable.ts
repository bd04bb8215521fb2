import type { ParameterSpace } from './space.ts';

/**
 * Sums are taken again about a better point at most this often. Where digits cancel, the second time the point is right to rounding; a family
 * that iterates on the data has this many passes, and what it has reached then.
 */
export const MOST_RECENTRINGS = 24;

/**
 * Anything that is estimated from sums that add: a component, all of them, the law of the labels, a whole model.
 *
 * Sums are taken about a point, so that nothing cancels; what is held keeps the value it has there.
 */
export interface Estimable<P> {
  /** The number of sums. */
  readonly length: number;
  readonly space: ParameterSpace<P>;
  /**
   * The point that maximises Q, the expected complete-data log-likelihood, given the sums about `about` (equation 6.5); or, where there is
   * no closed form, one that raises it: every fixed point is a stationary point of Q.
   *
   * @throws EmkitError `COMPONENT_DEGENERATE` where there is no estimate
   */
  maximize(sums: Float64Array, about: P): P;
  /** The change of Q from one point to another, in nats, computed from the step without cancellation; NaN where a part cannot say. */
  gain(sums: Float64Array, about: P, from: P, to: P): number;
  /** The point about which the same sums should be taken again because digits would cancel; undefined when they are good. */
  recentre(sums: Float64Array, about: P): P | undefined;
}
