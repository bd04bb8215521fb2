import { type Dataset, largestBlock } from '../data/block.ts';
import { createDataset, type DatasetOptions, isDataset } from '../data/dataset.ts';
import type { DataInput } from '../data/input.ts';
import type { MissingPolicy } from '../data/missing.ts';
import { shiftDataset } from '../data/origin.ts';
import { EmkitError, showValue } from '../errors.ts';
import { type InformationBound, informationBound } from '../inference/bound.ts';
import { imputeCells } from '../inference/impute.ts';
import { EStep, forbidLabels } from '../model/e-step.ts';
import type { Components } from '../model/emissions.ts';
import type { Weights } from '../model/independent.ts';
import type { LatentModel, Mixture, MixtureParameters, ModelParameters } from '../model/latent-model.ts';
import { createRandom } from '../random.ts';
import { memorySource } from '../source/memory.ts';
import { arrangementFor } from './columns.ts';
import { type Conditional, type ConditionalOptions, conditionalOf } from './conditional.ts';
import { type ModelJson, modelToJson } from './model-json.ts';
import { checkNames } from './option-names.ts';
import { checkSeed } from './options.ts';
import { describeModel, type SummaryOptions, showInConsoles } from './summary-text.ts';
import type { AnyComponents } from './typed.ts';

/** Which columns of the data are meant, known labels, which rows are sequences, and whether values may be missing: every row has its answer. */
export interface PredictOptions extends Pick<DatasetOptions, 'columns' | 'labels' | 'dimension' | 'sequences'> {
  readonly missing?: Exclude<MissingPolicy, 'drop'>;
}

/** Rows drawn from a model. */
export interface Sample {
  /** One array a column, given columns included. */
  readonly columns: readonly Float64Array[];
  /** The component each row was drawn from, counted from 0. */
  readonly labels: Int32Array;
}

/** What a model says of each row. */
export interface Prediction {
  /** The most probable component of each row, counted from 0; the first of several equal ones. */
  readonly labels: Int32Array;
  /** P(component | data): one array a component, each as long as the data has rows; every row sums to 1 to rounding. */
  readonly responsibilities: readonly Float64Array[];
  /** The log-density of each row in nats, log sum_k w_k f_k(x); where rows stand in sequences, of each row's whole sequence. */
  readonly logDensities: Float64Array;
}

/** One sequence, or one row where rows are units, with its log-density under each component. */
export interface SequenceDensities {
  /** The caller's rows, counted from 0, in the order of the sequence. */
  readonly rows: Int32Array;
  /** A list of K log-densities a row; minus infinity where a label is ruled out. */
  readonly densities: readonly (readonly number[])[];
  /** The values of a row of the sequence, as the components below take them. */
  values(place: number): Float64Array;
  readonly components: Components;
}

/** One row: its value in one column (a number, or a word where the family has levels), its values in order, or a record of them. */
export type Row = number | string | readonly (number | string)[] | Float64Array | Readonly<Record<string, unknown>>;

/** What a model says of one row. */
export interface RowPrediction {
  readonly label: number;
  readonly responsibilities: readonly number[];
  readonly logDensity: number;
}

/** Parameters as the engine keeps them, where the numbers that are shown cannot hold all their digits. */
export interface Exact {
  /** The number that was taken off each column: components are those of the data less it. Absent where it is 0. */
  readonly origin?: readonly number[];
  readonly components: Components;
}

/**
 * A model with its parameters: everything one can ask of a density, without data. Immutable.
 *
 * @typeParam C the parameters of its components
 * @typeParam L those of the labels' law: the weights of a mixture
 */
export class Model<C extends AnyComponents = AnyComponents, L extends object = Weights> {
  /** The structure: families, the law of the labels, what is held and shared. */
  readonly structure: LatentModel<L>;
  readonly parameters: L & { readonly components: C };
  /** Digits that the parameters as doubles cannot hold; used wherever there are. */
  readonly exact: Exact | undefined;

  /** @throws EmkitError `PARAMETER_*`, `MODEL_*` for parameters outside their domains */
  constructor(structure: LatentModel<L>, parameters: ModelParameters<L>, exact?: Exact) {
    this.structure = structure;
    this.parameters = frozenCopy(structure.space.check(parameters)) as unknown as L & { readonly components: C };
    this.exact = exact && frozenCopy(exact);
    showInConsoles(this);
  }

  /** The structure as that of a mixture. */
  get mixture(): Mixture {
    return this.structure as unknown as Mixture;
  }

  /** The mixture weights; undefined where labels arise in another way. */
  get weights(): L extends Weights ? readonly number[] : undefined {
    return (this.parameters as Partial<Weights>).weights as L extends Weights ? readonly number[] : undefined;
  }

  get components(): C {
    return this.parameters.components;
  }

  /**
   * Labels, responsibilities and log-densities of all rows, in one pass.
   *
   * @throws EmkitError `DATA_*` for bad data, `MODEL_IMPOSSIBLE_DATA` for a row that no component can have produced
   */
  predict(data: DataInput | Dataset, options: PredictOptions = {}): Prediction {
    checkNames(options, 'predict');
    const dataset = this.dataset(data, options);
    const at = this.point();
    const eStep = new EStep(this.structure as unknown as LatentModel, largestBlock(dataset.blocks));
    const responsibilities = this.structure.families.map(() => new Float64Array(dataset.distinctRows));
    const logDensities = new Float64Array(dataset.distinctRows);
    const labels = new Int32Array(dataset.distinctRows);
    let firstRow = 0;
    for (const block of dataset.blocks) {
      const posterior = eStep.posterior(block, at as unknown as ModelParameters, { firstRow, source: dataset });
      responsibilities.forEach((out, component) => {
        out.set(posterior.responsibilities[component]!.subarray(0, block.size), firstRow);
      });
      let unit = -1;
      for (let row = 0; row < block.size; row += 1) {
        if (block.units === undefined ? unit < row : block.units[unit + 1] === row) unit += 1;
        logDensities[firstRow + row] = posterior.logDensities[unit]!;
        let best = 0;
        for (let component = 1; component < responsibilities.length; component += 1)
          if (posterior.responsibilities[component]![row]! > posterior.responsibilities[best]![row]!) best = component;
        labels[firstRow + row] = best;
      }
      firstRow += block.size;
    }
    return {
      labels: spreadRows(dataset, labels),
      responsibilities: responsibilities.map((out) => spreadRows(dataset, out)),
      logDensities: spreadRows(dataset, logDensities),
    };
  }

  /** The same of one row. Errors as `predict`. */
  predictRow(row: Row, options: PredictOptions = {}): RowPrediction {
    return rowOf(this.predict(dataOf(row), options));
  }

  /** Responsibilities alone: see `Prediction`. Errors as `predict`. */
  responsibilities(data: DataInput | Dataset, options: PredictOptions = {}): readonly Float64Array[] {
    return this.predict(data, options).responsibilities;
  }

  /** Labels alone: see `Prediction`. Errors as `predict`. */
  labels(data: DataInput | Dataset, options: PredictOptions = {}): Int32Array {
    return this.predict(data, options).labels;
  }

  /** Log-densities alone: see `Prediction`. Errors as `predict`. */
  logDensity(data: DataInput | Dataset, options: PredictOptions = {}): Float64Array {
    return this.predict(data, options).logDensities;
  }

  /**
   * The distribution of each row's response given its other columns: mean and quantiles, by component and of the whole mixture.
   *
   * @param data the given columns alone, in the family's order, and the columns of the gate by name
   * @throws EmkitError `CAPABILITY_MISSING` where the family has no such distribution; `DATA_*`; `OPTION_INVALID`
   */
  conditional(data: DataInput | Dataset, options: ConditionalOptions = {}): Conditional {
    return conditionalOf(this.structure, this.point(), data, options);
  }

  /**
   * The log-likelihood of data in nats, and the entropy of their labels given the rows, in nats: of whole paths, where labels hang together.
   * Case weights count. Errors as `predict`.
   */
  evaluate(
    data: DataInput | Dataset,
    { weights, ...options }: PredictOptions & Pick<DatasetOptions, 'weights'> = {},
  ): { readonly logLikelihood: number; readonly entropy: number } {
    checkNames(options, 'predict');
    const at = this.point() as unknown as ModelParameters;
    const model = this.structure as unknown as LatentModel;
    const { logLikelihood, entropy } = memorySource(this.dataset(data, weights === undefined ? options : { ...options, weights })).expect({
      model,
      at,
      about: at,
    });
    return { logLikelihood, entropy: Math.max(0, entropy) };
  }

  /** The sequences of data, one after the other: what decoders work on. Errors as `predict`. */
  *sequences(data: DataInput | Dataset, options: PredictOptions = {}): Generator<SequenceDensities> {
    checkNames(options, 'predict');
    const dataset = this.dataset(data, options);
    const { components } = this.point();
    const callers = Int32Array.from({ length: dataset.rows }, (_, row) => row);
    dataset.blockRow?.forEach((place, row) => {
      callers[place] = row;
    });
    let firstRow = 0;
    for (const block of dataset.blocks) {
      const joint = components.map(() => new Float64Array(block.size));
      this.structure.emissions.logDensities(block, components, joint);
      forbidLabels(block, joint);
      const begins = block.units ?? Int32Array.from({ length: block.size }, (_, row) => row);
      for (let unit = 0; unit < begins.length; unit += 1) {
        const [first, end] = [begins[unit]!, begins[unit + 1] ?? block.size];
        yield {
          rows: callers.subarray(firstRow + first, firstRow + end),
          densities: Array.from({ length: end - first }, (_, place) => joint.map((values) => values[first + place]!)),
          values: (place) => Float64Array.from(block.columns, (column) => column[first + place]!),
          components,
        };
      }
      firstRow += block.size;
    }
  }

  /** The information bound at the given responsibilities (one array a component, one entry a row), or at the posterior. Of mixtures. */
  bound(
    data: DataInput | Dataset,
    responsibilities?: readonly ArrayLike<number>[],
    options: PredictOptions & Pick<DatasetOptions, 'weights'> = {},
  ): InformationBound {
    const dataset = isDataset(data)
      ? data
      : createDataset(data, this.structure.families, this.components.length, { ...options, merge: false });
    return informationBound(this.mixture, this.point() as unknown as MixtureParameters, this.moved(dataset), responsibilities);
  }

  /**
   * Draws rows from the model; where labels hang together, as one sequence.
   *
   * @param rows how many, a whole number >= 0
   * @param seed the same seed gives the same bits everywhere
   * @param given values of given columns, one number for all rows or one a row: of a conditional family by the family's name for them, of the
   * labels' law by the column's own name
   * @throws EmkitError `CAPABILITY_MISSING` where a family has no sampler; `OPTION_INVALID`
   */
  sample(rows: number, seed: number, given: Readonly<Record<string, number | ArrayLike<number>>> = {}): Sample {
    if (!Number.isSafeInteger(rows) || rows < 0 || rows > MOST_ROWS) {
      throw new EmkitError('OPTION_INVALID', `The number of rows is ${showValue(rows)}.`, {
        value: rows,
        remedy: `Give a whole number from 0 to ${MOST_ROWS}.`,
      });
    }
    checkSeed(seed);
    const { families, latent } = this.structure;
    for (const family of families) {
      if (family.sample === undefined)
        throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} has no sampler.`, { family: family.id, capability: 'sample' });
    }
    const random = createRandom(seed);
    const { columns: described } = families[0]!;
    const columns = described.map((column) => {
      const values = new Float64Array(rows);
      if (column.given) fillGiven(values, column.name, given);
      return values;
    });
    const ofLabels = (latent.columns ?? []).map((name) => fillGiven(new Float64Array(rows), name, given));
    const block = latent.columns && { size: rows, columns: ofLabels };
    const labels = new Int32Array(rows);
    const one = new Int32Array(1);
    if (latent.logWeights === undefined) latent.sample(labels, rows, this.parameters, random, block);
    const row = new Float64Array(described.length);
    const { components } = this.point();
    const origin = this.exact?.origin;
    for (let index = 0; index < rows; index += 1) {
      if (latent.logWeights !== undefined) {
        latent.sample(one, 1, this.parameters, random);
        labels[index] = one[0]!;
      }
      const component = labels[index]!;
      for (let column = 0; column < row.length; column += 1) row[column] = columns[column]![index]!;
      families[component]!.sample!(components[component]!, random, row);
      for (let column = 0; column < row.length; column += 1) columns[column]![index] = row[column]! + (origin?.[column] ?? 0);
    }
    return { columns, labels };
  }

  /**
   * The data with their missing values filled in, each row given what is known of it: by expectations, of a nominal column by the most probable
   * value; or with a seed by draws, which repeated under several seeds are a multiple imputation.
   *
   * @returns one array a column, each as long as the data has rows
   * @throws EmkitError as `predict`; `CAPABILITY_MISSING` where a family has no mean or sampler
   */
  impute(data: DataInput | Dataset, { seed, ...options }: PredictOptions & { readonly seed?: number } = {}): readonly Float64Array[] {
    checkNames(options, 'predict');
    if (seed !== undefined) checkSeed(seed);
    const dataset = this.dataset(data, { missing: 'integrate', ...options });
    const random = seed === undefined ? undefined : createRandom(seed);
    const columns = imputeCells(this.structure as unknown as LatentModel, this.point() as unknown as ModelParameters, dataset, random);
    return columns.map((column, index) => {
      const origin = this.exact?.origin?.[index] ?? 0;
      return spreadRows(dataset, origin === 0 ? column : column.map((value) => value + origin));
    });
  }

  /** The model as text for people: how many components of which family, and their parameters. A console shows it. */
  summary(options: SummaryOptions = {}): string {
    return describeModel(this as unknown as Model, options);
  }

  toJSON(): ModelJson {
    return modelToJson(this.structure as unknown as LatentModel, this.parameters as unknown as ModelParameters, this.exact);
  }

  /** The point that is evaluated: with all its digits. */
  private point(): ModelParameters<L> {
    return this.exact === undefined ? this.parameters : { ...this.parameters, components: this.exact.components };
  }

  private moved(dataset: Dataset): Dataset {
    return this.exact?.origin === undefined ? dataset : shiftDataset(dataset, this.exact.origin);
  }

  private dataset(data: DataInput | Dataset, options: PredictOptions & Pick<DatasetOptions, 'weights'>): Dataset {
    const asked = { ...options, ...arrangementFor(this.structure.latent, options.sequences, data), merge: false };
    const dataset = createDataset(data, this.structure.families, this.components.length, asked);
    if (options.weights === undefined && dataset.blockRow?.includes(-1)) {
      throw new EmkitError('OPTION_INVALID', 'The data leave out rows, and their answer with them.', {
        remedy: 'Pass the data themselves.',
      });
    }
    return this.moved(dataset);
  }
}

/** Fills a column that is given, not drawn. */
function fillGiven(values: Float64Array, name: string, given: Readonly<Record<string, number | ArrayLike<number>>>): Float64Array {
  const value = given[name];
  if (typeof value === 'number') values.fill(value);
  else if (value?.length === values.length) values.set(value);
  if (value !== undefined && (typeof value === 'number' || value.length === values.length) && values.every(Number.isFinite)) return values;
  throw new EmkitError(
    'OPTION_INVALID',
    `The column ${name} is given, not drawn, and ${value === undefined ? 'no value is stated for it' : `its values are ${showValue(value)}`}.`,
    {
      column: name,
      remedy: `State it, for example ${name}: 10, or one finite number a row.`,
    },
  );
}

/** More rows in memory than arrays can hold in any engine of today. */
const MOST_ROWS = 2 ** 31 - 1;

/** Data of one row. */
export function dataOf(row: Row): DataInput {
  return (typeof row === 'object' ? [row] : [[row]]) as DataInput;
}

/** The prediction of data of one row. */
export function rowOf({ labels, responsibilities, logDensities }: Prediction): RowPrediction {
  return { label: labels[0]!, responsibilities: responsibilities.map((values) => values[0]!), logDensity: logDensities[0]! };
}

/** From one value a row of the blocks to one a row of the caller's. */
function spreadRows<A extends Float64Array | Int32Array>(dataset: Dataset, values: A): A {
  const { blockRow } = dataset;
  if (blockRow === undefined) return values;
  const out = (values instanceof Float64Array ? new Float64Array(dataset.rows) : new Int32Array(dataset.rows)) as A;
  for (let row = 0; row < out.length; row += 1) out[row] = values[blockRow[row]!]!;
  return out;
}

/** A copy of numbers in lists and records that nobody can change. */
function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T;
  const copy = {} as T;
  for (const name in value) copy[name] = frozenCopy(value[name]);
  return Object.freeze(copy);
}
