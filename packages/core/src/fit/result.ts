import type { Dataset, MissingCells } from '../data/block.ts';
import type { DataInput } from '../data/input.ts';
import { type Diagnosis, isConverged } from '../driver/diagnosis.ts';
import type { DriverState } from '../driver/driver.ts';
import type { Criteria } from '../inference/criteria.ts';
import type { Weights } from '../model/independent.ts';
import { chooseColumns } from './columns.ts';
import type { Conditional, ConditionalOptions } from './conditional.ts';
import { dataOf, type Model, type Prediction, type PredictOptions, type Row, type RowPrediction, rowOf } from './model.ts';
import type { ModelJson } from './model-json.ts';
import { describeFit, type SummaryOptions, showInConsoles } from './summary-text.ts';
import type { AnyComponents } from './typed.ts';

/** What became of each automatic start. */
export interface StartEvidence {
  readonly method: string;
  /** After its short run. */
  readonly logLikelihood: number;
  readonly outcome: 'chosen' | 'passed over' | 'collapsed';
}

/** A fit as JSON: what `Fit.toJSON` gives and `readModel` accepts. */
export interface FitJson {
  readonly model: ModelJson;
  readonly logLikelihood: number;
  readonly rows: number;
  readonly totalWeight: number;
  readonly iterations: number;
  readonly evaluations: number;
  readonly diagnosis: Diagnosis;
  readonly criteria: Criteria;
  readonly trace: readonly { readonly iteration: number; readonly logLikelihood: number }[];
  readonly seed: number;
  readonly warnings: readonly string[];
  /** Absent where no value was missing. */
  readonly missing?: MissingCells;
}

type Parts<C extends AnyComponents, L extends object> = Omit<
  Fit<C, L>,
  'weights' | 'components' | 'converged' | 'conditional' | 'predict' | 'predictRow' | 'labels' | 'responsibilities' | 'summary' | 'toJSON'
>;

/**
 * The result of a fit. Immutable; it keeps no data.
 *
 * @typeParam C the parameters of its components
 * @typeParam L those of the labels' law: the weights of a mixture
 */
export class Fit<C extends AnyComponents = AnyComponents, L extends object = Weights> {
  readonly model: Model<C, L>;
  /** Observed-data log-likelihood at the model's parameters, in nats: every constant and the case weights included. */
  readonly logLikelihood: number;
  /** Log-likelihood after 0, 1, 2, ... iterations. */
  readonly trace: readonly number[];
  readonly diagnosis: Diagnosis;
  readonly iterations: number;
  /** Passes over the data, those of the automatic starts' short runs not counted. */
  readonly evaluations: number;
  readonly criteria: Criteria;
  readonly rows: number;
  readonly totalWeight: number;
  readonly columnNames: readonly string[];
  /** Missing values, and what became of them; undefined where there were none. */
  readonly missing: MissingCells | undefined;
  readonly seed: number;
  /** Automatic starts, best first; empty when the start was given. */
  readonly starts: readonly StartEvidence[];
  /** What a reader should know before believing the answer; sentences. */
  readonly warnings: readonly string[];
  /** Where the driver ended: to resume from. */
  readonly state: DriverState;

  constructor(parts: Parts<C, L>) {
    this.model = parts.model;
    this.logLikelihood = parts.logLikelihood;
    this.trace = parts.trace;
    this.diagnosis = parts.diagnosis;
    this.iterations = parts.iterations;
    this.evaluations = parts.evaluations;
    this.criteria = parts.criteria;
    this.rows = parts.rows;
    this.totalWeight = parts.totalWeight;
    this.columnNames = parts.columnNames;
    this.missing = parts.missing;
    this.seed = parts.seed;
    this.starts = parts.starts;
    this.warnings = parts.warnings;
    this.state = parts.state;
    showInConsoles(this);
    Object.freeze(this);
  }

  /** The mixture weights; undefined where labels arise in another way. */
  get weights(): Model<C, L>['weights'] {
    return this.model.weights;
  }

  get components(): C {
    return this.model.components;
  }

  /** True where the answer is a stationary point, to what the stopping rule allows. */
  get converged(): boolean {
    return isConverged(this.diagnosis);
  }

  /**
   * Labels, responsibilities and log-densities: see `Model.predict`. Data that have all the columns of this fit by name are read by them,
   * whatever else they hold.
   */
  predict(data: DataInput | Dataset, options: PredictOptions = {}): Prediction {
    const chosen = chooseColumns(data, this.columnNames, options);
    return this.model.predict(chosen.data, chosen.options);
  }

  /** The same of one row: see `Model.predictRow`. */
  predictRow(row: Row, options: PredictOptions = {}): RowPrediction {
    return rowOf(this.predict(dataOf(row), options));
  }

  /** The distribution of each row's response given its other columns: see `Model.conditional`. The given columns are found by name. */
  conditional(data: DataInput | Dataset, { columns, probabilities }: ConditionalOptions = {}): Conditional {
    const own = this.model.structure.families[0]!.columns;
    const given = this.columnNames.filter((_, index) => own[index]!.given);
    const chosen = chooseColumns(data, given, columns === undefined ? {} : { columns });
    return this.model.conditional(chosen.data, {
      ...(chosen.options.columns && { columns: chosen.options.columns }),
      ...(probabilities && { probabilities }),
    });
  }

  /** The most probable component of each row, counted from 0. */
  labels(data: DataInput | Dataset, options: PredictOptions = {}): Int32Array {
    return this.predict(data, options).labels;
  }

  /** P(component | data): one array a component. */
  responsibilities(data: DataInput | Dataset, options: PredictOptions = {}): readonly Float64Array[] {
    return this.predict(data, options).responsibilities;
  }

  /** The fit as text for people, as the command prints it: components, log-likelihood, criteria, how it ended, warnings. A console shows it. */
  summary(options: SummaryOptions = {}): string {
    return describeFit(this as unknown as Fit, options);
  }

  toJSON(): FitJson {
    return {
      model: this.model.toJSON(),
      logLikelihood: this.logLikelihood,
      rows: this.rows,
      totalWeight: this.totalWeight,
      iterations: this.iterations,
      evaluations: this.evaluations,
      diagnosis: this.diagnosis,
      criteria: this.criteria,
      trace: this.trace.map((logLikelihood, iteration) => ({ iteration, logLikelihood })),
      seed: this.seed,
      warnings: this.warnings,
      ...(this.missing && { missing: this.missing }),
    };
  }
}
