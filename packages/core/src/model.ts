import { blockResponsibilities, createBlockWorkspace, largestBlock } from './backend/expect-block.ts';
import type { Dataset } from './data/block.ts';
import { createDataset, type DatasetOptions, isDataset } from './data/dataset.ts';
import type { DataSource } from './data/source.ts';
import { EmkitError, showValue } from './errors.ts';
import type { Family, FamilyDefinition, ParameterValues } from './family.ts';
import { type InformationBound, informationBound } from './inference/bound.ts';
import { checkMixtureParameters, createMixture, type Mixture, type MixtureParameters } from './mixture.ts';
import { createRandom } from './random.ts';

/** How a mixture looks in a file: one family for all components, or one for each. */
export type ModelJson =
  | {
      readonly family: string;
      readonly options: Readonly<Record<string, unknown>>;
      readonly weights: readonly number[];
      readonly components: readonly ParameterValues[];
    }
  | { readonly families: readonly FamilyJson[]; readonly weights: readonly number[]; readonly components: readonly ParameterValues[] };

export interface FamilyJson {
  readonly family: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Which columns of a source are the data, and known labels. */
export type PredictOptions = Pick<DatasetOptions, 'columns' | 'labels' | 'dimension'>;

/** Rows drawn from a mixture. */
export interface Sample {
  /** One array a column, given columns included. */
  readonly columns: readonly Float64Array[];
  /** The component each row was drawn from, counted from 0. */
  readonly labels: Int32Array;
}

/**
 * A mixture with its parameters: everything one can ask of a density, without data. Immutable.
 */
export class Model {
  readonly mixture: Mixture;
  readonly parameters: MixtureParameters;

  /** @throws EmkitError `PARAMETER_*`, `MODEL_*` for parameters outside their domains */
  constructor(mixture: Mixture, parameters: MixtureParameters) {
    this.mixture = mixture;
    this.parameters = frozenCopy(checkMixtureParameters(mixture, parameters));
  }

  get weights(): readonly number[] {
    return this.parameters.weights;
  }

  get components(): readonly ParameterValues[] {
    return this.parameters.components;
  }

  /**
   * Responsibilities P(component | row): one array a component, each as long as the data has rows; every row sums to 1 to rounding.
   *
   * @throws EmkitError `DATA_*` for bad data, `MODEL_IMPOSSIBLE_DATA` for a row that no component can have produced
   */
  responsibilities(data: DataSource | Dataset, options: PredictOptions = {}): readonly Float64Array[] {
    const dataset = this.dataset(data, options);
    const outs = this.mixture.families.map(() => new Float64Array(dataset.distinctRows));
    this.eachBlock(dataset, (joint, _rows, firstRow, size) => {
      outs.forEach((out, component) => {
        out.set(joint[component]!.subarray(0, size), firstRow);
      });
    });
    return outs.map((out) => spreadRows(dataset, out));
  }

  /** The most probable component of each row, counted from 0; the first of several equal ones. Errors as `responsibilities`. */
  labels(data: DataSource | Dataset, options: PredictOptions = {}): Int32Array {
    const dataset = this.dataset(data, options);
    const out = new Int32Array(dataset.distinctRows);
    this.eachBlock(dataset, (joint, _rows, firstRow, size) => {
      for (let row = 0; row < size; row += 1) {
        let best = 0;
        for (let component = 1; component < joint.length; component += 1)
          if (joint[component]![row]! > joint[best]![row]!) best = component;
        out[firstRow + row] = best;
      }
    });
    return spreadRows(dataset, out);
  }

  /** log sum_k w_k f_k(x) for each row, in nats. Errors as `responsibilities`. */
  logDensity(data: DataSource | Dataset, options: PredictOptions = {}): Float64Array {
    const dataset = this.dataset(data, options);
    const out = new Float64Array(dataset.distinctRows);
    this.eachBlock(dataset, (_joint, rows, firstRow, size) => {
      out.set(rows.subarray(0, size), firstRow);
    });
    return spreadRows(dataset, out);
  }

  /** The information bound at the given responsibilities (one array a component, one entry a row), or at the posterior. */
  bound(
    data: DataSource | Dataset,
    responsibilities?: readonly ArrayLike<number>[],
    options: PredictOptions & Pick<DatasetOptions, 'weights'> = {},
  ): InformationBound {
    const dataset = isDataset(data)
      ? data
      : createDataset(data, this.mixture.families, this.components.length, { ...options, merge: false });
    return informationBound(this.mixture, this.parameters, dataset, responsibilities);
  }

  /**
   * Draws rows from the mixture.
   *
   * @param rows how many, a whole number >= 0
   * @param seed the same seed gives the same bits everywhere
   * @param given values of the given columns of a conditional family, by the family's name for them: one number for all rows
   * @throws EmkitError `CAPABILITY_MISSING` where a family has no sampler; `OPTION_INVALID`
   */
  sample(rows: number, seed: number, given: Readonly<Record<string, number>> = {}): Sample {
    if (!Number.isSafeInteger(rows) || rows < 0) {
      throw new EmkitError('OPTION_INVALID', `The number of rows is ${showValue(rows)}.`, {
        value: rows,
        remedy: 'Give a whole number of at least 0.',
      });
    }
    for (const family of this.mixture.families) {
      if (family.sample === undefined)
        throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} has no sampler.`, { family: family.id, capability: 'sample' });
    }
    const random = createRandom(seed);
    const { columns: described } = this.mixture.families[0]!;
    const columns = described.map((column) => {
      const values = new Float64Array(rows);
      if (column.given) {
        const value = given[column.name];
        if (typeof value !== 'number' || !Number.isFinite(value)) {
          throw new EmkitError('OPTION_INVALID', `The column ${column.name} is given, not drawn, and no value is stated for it.`, {
            column: column.name,
            remedy: `State it, for example ${column.name}: 10.`,
          });
        }
        values.fill(value);
      }
      return values;
    });
    const labels = new Int32Array(rows);
    const row = new Float64Array(described.length);
    for (let index = 0; index < rows; index += 1) {
      const component = drawComponent(this.weights, random.uniform());
      for (let column = 0; column < row.length; column += 1) row[column] = columns[column]![index]!;
      this.mixture.families[component]!.sample!(this.components[component]!, random, row);
      for (let column = 0; column < row.length; column += 1) columns[column]![index] = row[column]!;
      labels[index] = component;
    }
    return { columns, labels };
  }

  toJSON(): ModelJson {
    const { families } = this.mixture;
    const first = families[0]!;
    const { weights, components } = this.parameters;
    if (families.every((family) => family === first)) return { family: first.id, options: first.options, weights, components };
    return { families: families.map((family) => ({ family: family.id, options: family.options })), weights, components };
  }

  private dataset(data: DataSource | Dataset, options: PredictOptions): Dataset {
    const dataset = createDataset(data, this.mixture.families, this.components.length, { ...options, merge: false });
    if (dataset.blockRow?.includes(-1)) {
      throw new EmkitError('OPTION_INVALID', 'The data set leaves out rows of weight 0, and their answer with them.', {
        remedy: 'Pass the data themselves.',
      });
    }
    return dataset;
  }

  private eachBlock(
    dataset: Dataset,
    visit: (joint: readonly Float64Array[], rowLogDensity: Float64Array, firstRow: number, size: number) => void,
  ): void {
    const workspace = createBlockWorkspace(this.mixture, largestBlock(dataset.blocks));
    let firstRow = 0;
    for (const block of dataset.blocks) {
      blockResponsibilities(block, this.mixture, this.parameters, workspace, { firstRow, source: dataset });
      visit(workspace.joint, workspace.rowLogDensity, firstRow, block.size);
      firstRow += block.size;
    }
  }
}

/** From one value a row of the blocks to one a row of the caller's. */
function spreadRows<A extends Float64Array | Int32Array>(dataset: Dataset, values: A): A {
  const { blockRow } = dataset;
  if (blockRow === undefined) return values;
  const out = (values instanceof Float64Array ? new Float64Array(dataset.rows) : new Int32Array(dataset.rows)) as A;
  for (let row = 0; row < out.length; row += 1) out[row] = values[blockRow[row]!]!;
  return out;
}

function drawComponent(weights: readonly number[], uniform: number): number {
  let left = uniform;
  let last = 0;
  for (let component = 0; component < weights.length; component += 1) {
    if (weights[component]! === 0) continue;
    last = component;
    left -= weights[component]!;
    if (left < 0) return component;
  }
  return last;
}

/** A copy of numbers in lists and records that nobody can change. */
function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Array.isArray(value)
    ? value.map(frozenCopy)
    : Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, frozenCopy(entry)]));
  return Object.freeze(copy) as T;
}

/**
 * Reads a model written by `Model.toJSON` or a fit's: untrusted input, checked entry by entry.
 *
 * @param json the parsed JSON
 * @param definitions the families that may occur
 * @throws EmkitError `MODEL_MALFORMED` (not a model; an unknown family), `OPTION_INVALID`, `PARAMETER_*`
 */
export function readModel(json: unknown, definitions: readonly FamilyDefinition[]): Model {
  const record = asRecord(json, 'The model');
  const body = 'model' in record ? asRecord(record.model, 'The entry "model"') : record;
  if (!Array.isArray(body.components) || body.components.length === 0) {
    throw new EmkitError('MODEL_MALFORMED', 'The model has no list "components".', { remedy: 'Use a file that emkit wrote.' });
  }
  const count = body.components.length;
  let families: readonly Family[];
  if (Array.isArray(body.families)) {
    if (body.families.length !== count)
      throw new EmkitError('MODEL_MALFORMED', `The model has ${body.families.length} families for ${count} components.`);
    families = readFamilies(body.families, definitions);
  } else {
    const family = readFamily(body, definitions);
    families = Array.from({ length: count }, () => family);
  }
  return new Model(createMixture({ families }), { weights: body.weights as number[], components: body.components as ParameterValues[] });
}

/** Instances for a list of `{ family, options }`; equal entries give one and the same instance. */
export function readFamilies(entries: readonly unknown[], definitions: readonly FamilyDefinition[]): readonly Family[] {
  const instances = new Map<string, Family>();
  return entries.map((entry, index) => {
    const record = asRecord(entry, `Family ${index + 1}`);
    const key = JSON.stringify([record.family, record.options]);
    const instance = instances.get(key) ?? readFamily(record, definitions);
    instances.set(key, instance);
    return instance;
  });
}

function readFamily(entry: Readonly<Record<string, unknown>>, definitions: readonly FamilyDefinition[]): Family {
  const definition = definitions.find(({ id }) => id === entry.family);
  if (definition === undefined) {
    throw new EmkitError('MODEL_MALFORMED', `The model's family is ${showValue(entry.family)}.`, {
      value: entry.family,
      remedy: `Known are: ${definitions.map(({ id }) => id).join(', ')}.`,
    });
  }
  return definition(asRecord(entry.options ?? {}, 'The entry "options"'));
}

function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EmkitError('MODEL_MALFORMED', `${what} is ${showValue(value)}, not a JSON object.`, {
      value,
      remedy: 'Use a file that emkit wrote.',
    });
  }
  return value as Readonly<Record<string, unknown>>;
}
