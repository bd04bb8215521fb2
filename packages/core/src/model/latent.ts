import type { Block } from '../data/block.ts';
import type { ColumnSummary } from '../data/summary.ts';
import type { Random } from '../random.ts';
import type { Estimable } from './estimable.ts';

/**
 * How the labels of the rows arise: a law of the component that each row comes from, before the rows are seen. A unit is a run of rows
 * whose labels hang together: one row, or a sequence.
 *
 * A plain record, like a family; it knows nothing of densities, case weights or blocks of several units.
 *
 * @typeParam L its parameters by name, plain JSON; none may have the name of another entry of a model file: `components`, `family`,
 * `families`, `options`, `kind`, `kindOptions`, `held`, `shared`, `exact`, `model`
 */
// biome-ignore lint/suspicious/noExplicitAny: models hold latent structures of different parameters
export interface Latent<L extends object = any> extends Estimable<L> {
  /** Stable identifier in kebab-case, written into model files. */
  readonly id: string;
  /** The options that made this instance, as JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The number K of components. */
  readonly components: number;
  /** A neutral point, from which the law is first estimated: soft assignments of rows take the place of densities. */
  readonly start: L;

  /** The neutral point for columns of which this is known: of a law that is given some. Default: `start`. */
  locate?(columns: readonly ColumnSummary[]): L;

  /** The given columns on which the law depends, by name: the blocks that it is handed have these columns, and no others. */
  readonly columns?: readonly string[];

  /** True where every row is a unit of its own though `logWeights` cannot say it, because its probabilities depend on the row. */
  readonly rowwise?: true;

  /** The probabilities of a row's label before the row is seen, where rows are units. */
  weights?(block: Block, row: number, at: L): readonly number[];

  /**
   * Where every row is a unit of its own: the logarithms of the probabilities of its label, the same for all rows. The engine then takes
   * whole blocks at once, and the sums must be the expected counts, one a label. Without it, sequences are units, and all rows are one sequence unless the data say otherwise.
   */
  logWeights?(at: L): readonly number[];

  /**
   * The E-step of one unit, the rows from `first` to below `end`: turns their log-densities, one array a component, into responsibilities
   * P(label = k | the unit's rows) in place, adds the unit's expected sums about `about` to `sums`, and returns the unit's log-likelihood in nats, minus
   * infinity where the unit is impossible. A log-density of minus infinity forbids a label.
   */
  posterior(block: Block, first: number, end: number, at: L, logDensities: readonly Float64Array[], sums: Float64Array, about?: L): number;

  /** The expected log-probability of the labels, given their expected sums: E[log P(labels)], in nats; 0 log 0 is 0. */
  expectedLogProbability(sums: Float64Array, at: L): number;

  /** log P(labels) of one unit whose rows are those from `first` to below `end`; labels count from 0, one for each row. */
  logProbability(labels: ArrayLike<number>, block: Block, first: number, end: number, at: L): number;

  /** Draws the labels of one unit of `length` rows into `labels`, using only `random`; `given` holds the columns of the law. */
  sample(labels: Int32Array, length: number, at: L, random: Random, given?: Block): void;

  /**
   * Points to try where probabilities vanished: with those raised with which the likelihood rises, or may rise as far as the sums tell. None
   * where all is well.
   */
  revive?(sums: Float64Array, at: L): readonly L[];

  /**
   * The free parameters on an edge where an estimate may well belong, such as the first state of a single sequence: as a reader names them.
   * They are said in a note, and `space.boundary` leaves them out.
   */
  corners?(at: L, tolerance: number): readonly string[];
}
