import type { Dataset } from '../data/block.ts';
import { type DatasetOptions, isDataset } from '../data/dataset.ts';
import { type DataInput, isArrowTable } from '../data/input.ts';
import type { Latent } from '../model/latent.ts';
import { isSequential } from '../model/latent-model.ts';
import type { PredictOptions } from './model.ts';
import { checkNames } from './option-names.ts';

/** What the labels' law asks of the data: the columns that it is given, and that all rows are one sequence where nothing else is said. */
export function arrangementFor(latent: Latent, sequences: DatasetOptions['sequences'], data: unknown): DatasetOptions {
  const whole = sequences === undefined && isSequential(latent) && !isDataset(data);
  return { ...(latent.columns && { labelColumns: latent.columns }), ...(whole && { sequences: true }) };
}

/** Data, and which of their columns are meant. */
interface Chosen {
  readonly data: DataInput | Dataset;
  readonly options: PredictOptions;
}

/** Data that have all the columns of these names are read by them, whatever else they hold; others as they are. */
export function chooseColumns(data: DataInput | Dataset, columns: readonly string[], options: PredictOptions): Chosen {
  checkNames(options, 'predict');
  if (options.columns !== undefined || typeof data !== 'object' || data === null || isDataset(data)) return { data, options };
  // The first record tells the names: what can be gone through once only is kept.
  const kept = isList(data) || isArrowTable(data) || !(Symbol.iterator in data) ? data : Array.from(data);
  const names = namesOf(kept, options.dimension);
  return { data: kept, options: columns.every((name) => names.includes(name)) ? { ...options, columns } : options };
}

/** The names of the columns of data, as they are read. */
function namesOf(data: DataInput, dimension = 1): readonly string[] {
  if (!isList(data)) return isArrowTable(data) ? data.schema.fields.map(({ name }) => name) : Object.keys(data);
  const first = data[0];
  if (isList(first)) return numbered(first.length);
  return typeof first === 'object' && first !== null ? Object.keys(first) : numbered(dimension);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, column) => (count === 1 ? 'x' : `x${column + 1}`));
}
