import { EmkitError, showValue } from '../errors.ts';
import type { Column, Family, Support } from '../family.ts';
import { type Block, type Dataset, DEFAULT_BLOCK_SIZE } from './block.ts';
import { sliceCells } from './cells.ts';
import { type DataInput, readInput, requireColumn, toFloat64 } from './input.ts';
import { countWholeNumbers, mergeEqualRows, placesOf } from './merge.ts';
import { checkPolicy, MISSING_REMEDY, type MissingPolicy, takeMissing } from './missing.ts';
import { isLabelled, pickRows, type Rows } from './rows.ts';
import { sequenceDataset } from './sequences.ts';

/** How a data set is made from a source. */
export interface DatasetOptions {
  /** Names (or indices) of the data columns, in the family's order. Default: all columns but those of weights and labels. */
  readonly columns?: readonly (string | number)[];
  /** Case weights, one a row, or the name of their column: finite numbers >= 0. A weight of k is k copies, 0 is absence. */
  readonly weights?: ArrayLike<number> | string;
  /**
   * Known components, counted from 0, one a row; -1, null, undefined or NaN where the label is latent; a list where it is one of several.
   * Or the name of a column.
   */
  readonly labels?: ArrayLike<number | readonly number[] | null | undefined> | string;
  /**
   * For latent structures whose labels hang together: rows with an equal value are one sequence and stand in order. The name of a column, or
   * one value a row; `true` for all rows as one. Default: each row by itself.
   */
  readonly sequences?: string | ArrayLike<unknown> | true;
  /** Names of further columns, on which the labels depend: see `gated`. They may be among `columns`, whose default is then all others. */
  readonly labelColumns?: readonly string[];
  /** With a single array of numbers: how many of them make a row. Default 1. */
  readonly dimension?: number;
  /**
   * What becomes of missing values (null, undefined, NaN): `integrate` takes a row for what is known of it, as is right where values are missing
   * at random; `drop` leaves out each row that has one. Default `error`.
   */
  readonly missing?: MissingPolicy;
  /** Whether equal rows of discrete data are merged into case weights. Default true; the answer is the same to rounding. */
  readonly merge?: boolean;
  /** Rows in a block. Default 1024. */
  readonly blockSize?: number;
}

/**
 * Makes a data set for given families: reads the source, checks every value against the support, leaves out rows of weight 0,
 * merges equal rows of discrete data into case weights, and cuts the rest into blocks.
 *
 * @param families those of the mixture's components; all must have the same number of columns
 * @param components the number of components K, which bounds the labels
 * @throws EmkitError `DATA_*`, naming row, column and value
 */
export function createDataset(
  source: DataInput | Dataset,
  families: readonly Family[],
  components: number,
  options: DatasetOptions = {},
): Dataset {
  if (isDataset(source)) {
    refuseDatasetOptions(options);
    checkDataset(source, families, components, options.labelColumns?.length ?? 0);
    return source;
  }
  checkPolicy(options.missing);
  const weightsName = typeof options.weights === 'string' ? options.weights : undefined;
  const labelsName = typeof options.labels === 'string' ? options.labels : undefined;
  const sequencesName = typeof options.sequences === 'string' ? options.sequences : undefined;
  const special = [weightsName, labelsName, sequencesName].filter((name) => name !== undefined);
  const labelColumns = options.labelColumns ?? [];
  const wanted = Array.isArray(options.columns) ? [...options.columns, ...special, ...labelColumns] : undefined;
  const read = readInput(source, wanted, options.dimension);
  if (read.rows === 0) throw new EmkitError('DATA_EMPTY', 'The data have no rows.', { remedy: 'A fit needs at least one row.' });

  if (options.columns !== undefined && !Array.isArray(options.columns)) {
    throw new EmkitError('OPTION_INVALID', `The option columns is ${showValue(options.columns)}.`, {
      value: options.columns,
      remedy: `Give a list: columns: [${showValue(options.columns)}].`,
    });
  }
  const names =
    options.columns ??
    columnsByName(families[0]!, read.names) ??
    read.all.filter((name) => ![...special, ...labelColumns].includes(String(name)));
  const columnNames = names.map((name) => (typeof name === 'number' ? (read.names[name] ?? String(name)) : name));
  const given = names.map((name) => requireColumn(read, name));
  const expected = families[0]!.columns.length;
  if (given.length !== expected) {
    throw new EmkitError(
      'DATA_SHAPE',
      `The data have ${given.length} column${given.length === 1 ? '' : 's'}, and the family ${families[0]!.id} takes ${expected}.`,
      {
        remedy:
          read.names.length === 0
            ? 'Give numbers, or records that hold some.'
            : `Choose ${expected} with the option columns; there are: ${read.names.join(', ')}.`,
      },
    );
  }
  const holes = options.missing === 'integrate' || options.missing === 'drop';
  const columns = given.map((values, index) => toFloat64(values, columnNames[index]!, families[0]!.columns[index]!.levels, holes));
  for (const name of labelColumns) {
    columns.push(toFloat64(requireColumn(read, name), name, undefined, holes));
    columnNames.push(name);
  }
  const plain = options.weights === undefined && options.labels === undefined && options.sequences === undefined;
  if (options.merge !== false && plain && columns.length === 1) {
    const merged = countWholeNumbers(columns[0]!, families);
    if (merged !== undefined) {
      const dataset = cutIntoBlocks(merged, read.rows, columnNames, undefined, options.blockSize ?? DEFAULT_BLOCK_SIZE);
      return withLazyBlockRow(dataset, () => placesOf(columns[0]!, merged));
    }
  }
  for (let index = 0; index < columns.length; index += 1) checkFinite(columns[index]!, columnNames[index]!, holes);

  const weights =
    options.weights === undefined
      ? undefined
      : readWeights((weightsName === undefined ? options.weights : requireColumn(read, weightsName)) as ArrayLike<number>, read.rows);
  const labels =
    options.labels === undefined
      ? undefined
      : readLabels(
          (labelsName === undefined ? options.labels : requireColumn(read, labelsName)) as ArrayLike<number>,
          read.rows,
          components,
        );
  const all: Rows = { rows: read.rows, columns, ...(weights && { weights }), ...labels };
  const { rows: whole, missing, blockRow: afterDrop } = takeMissing(all, options.missing, families[0]!, columnNames);
  if (whole.inexact !== undefined) for (const family of distinctFamilies(families)) checkObserving(family);
  const callersRow = afterDrop && ((row: number) => afterDrop.indexOf(row));
  for (const family of distinctFamilies(families)) checkColumns(family, whole.columns, columnNames, whole.weights, callersRow);
  if (options.sequences !== undefined) {
    const values = sequencesName === undefined ? options.sequences : requireColumn(read, sequencesName);
    if (values !== true) refuseNoList('sequences', values);
    if (missing !== undefined && missing.dropped > 0) {
      throw new EmkitError('OPTION_INVALID', 'Rows with missing values are to be left out of sequences, and others would move up.', {
        remedy: "Use missing: 'integrate'.",
      });
    }
    const dataset = sequenceDataset(whole, values as ArrayLike<unknown> | true, columnNames, options.blockSize ?? DEFAULT_BLOCK_SIZE);
    return missing === undefined ? dataset : { ...dataset, missing };
  }

  const kept = dropWeightless(whole);
  if (kept.rows.rows === 0)
    throw new EmkitError('DATA_WEIGHT', 'All case weights are 0.', { remedy: 'At least one row needs a weight > 0.' });
  const merged =
    options.merge !== false && labelColumns.length === 0 && isDiscrete(families) ? mergeEqualRows(kept.rows) : { rows: kept.rows };
  const blockRow = compose(compose(afterDrop, kept.blockRow), 'blockRow' in merged ? merged.blockRow : undefined);
  const dataset = cutIntoBlocks(merged.rows, read.rows, columnNames, blockRow, options.blockSize ?? DEFAULT_BLOCK_SIZE);
  return missing === undefined ? dataset : { ...dataset, missing };
}

/** The family's own columns, where their names are the user's and the data have them all. */
function columnsByName({ columns }: Family, names: readonly string[]): readonly string[] | undefined {
  return columns.every(({ name, named }) => named === true && names.includes(name)) ? columns.map(({ name }) => name) : undefined;
}

/** @throws EmkitError `CAPABILITY_MISSING` where neither the family nor the engine can integrate a cell out */
function checkObserving(family: Family): void {
  if (family.observing === true || family.columns.filter(({ given }) => given !== true).length === 1) return;
  throw new EmkitError('CAPABILITY_MISSING', `The family ${family.id} cannot take missing cells.`, {
    family: family.id,
    capability: 'observing',
    remedy: "Use a product of families of one column, or missing: 'drop'.",
  });
}

export function isDataset(source: unknown): source is Dataset {
  // Columns that people named like this are arrays of numbers: what is in the first block tells.
  const { blocks, totalWeight } = (source ?? {}) as Partial<Dataset>;
  return Array.isArray(blocks) && typeof totalWeight === 'number' && Array.isArray(blocks[0]?.columns);
}

function distinctFamilies(families: readonly Family[]): readonly Family[] {
  return [...new Set(families)];
}

function isDiscrete(families: readonly Family[]): boolean {
  return families.every((family) => family.columns.every((column) => column.support.kind === 'integer'));
}

function checkFinite(values: Float64Array, column: string, holes: boolean): void {
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (value - value !== 0 && !(holes && Number.isNaN(value))) {
      throw new EmkitError('DATA_NOT_FINITE', `Row ${row + 1}, column ${column}: the value is ${value}.`, {
        row,
        column,
        value,
        remedy: Number.isNaN(value) ? MISSING_REMEDY : 'Only finite numbers can be fitted; correct it or leave the row out.',
      });
    }
  }
}

function readWeights(values: ArrayLike<number>, rows: number): Float64Array {
  refuseNoList('weights', values);
  if (values.length !== rows) throw new EmkitError('DATA_WEIGHT', `There are ${values.length} case weights for ${rows} rows.`);
  const weights = toFloat64(values, 'weights');
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    const weight = weights[row]!;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new EmkitError('DATA_WEIGHT', `Row ${row + 1}: the case weight is ${weight}.`, {
        row,
        value: weight,
        remedy: 'A case weight is a finite number >= 0.',
      });
    }
    total += weight;
  }
  if (total === Infinity)
    throw new EmkitError('DATA_WEIGHT', 'The case weights sum to infinity.', { remedy: 'Divide them by a common factor.' });
  return weights;
}

function refuseNoList(name: string, values: unknown): void {
  if (typeof values === 'object' && values !== null && typeof (values as ArrayLike<unknown>).length === 'number') return;
  throw new EmkitError('OPTION_INVALID', `The option ${name} is ${showValue(values)}.`, {
    value: values,
    remedy: 'Give one value a row, or the name of a column.',
  });
}

/** The most components of which a row may be said to come from several: a set is the bits of a number. */
const MOST_IN_SETS = 31;

function readLabels(
  values: ArrayLike<number | readonly number[] | null | undefined>,
  rows: number,
  components: number,
): { readonly labels: Int32Array; readonly allowed?: Int32Array } {
  refuseNoList('labels', values);
  if (values.length !== rows) throw new EmkitError('DATA_LABEL', `There are ${values.length} labels for ${rows} rows.`);
  const labels = new Int32Array(rows).fill(-1);
  let allowed: Int32Array | undefined;
  const check = (label: unknown, row: number): number => {
    if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < components) return label as number;
    throw new EmkitError('DATA_LABEL', `Row ${row + 1}: the known label is ${showValue(label)}.`, {
      row,
      value: label,
      remedy: `Labels count components from 0 to ${components - 1}; -1 or nothing where it is latent.`,
    });
  };
  for (let row = 0; row < rows; row += 1) {
    const label = values[row];
    if (label === null || label === undefined || Number.isNaN(label) || label === -1) continue;
    if (!Array.isArray(label)) {
      labels[row] = check(label, row);
      continue;
    }
    if (label.length === 0 || components > MOST_IN_SETS) {
      throw new EmkitError('DATA_LABEL', `Row ${row + 1}: the set of allowed labels is ${showValue(label)}.`, {
        row,
        value: label,
        remedy: label.length === 0 ? 'Name at least one, or give -1.' : `Sets are understood for up to ${MOST_IN_SETS} components.`,
      });
    }
    allowed ??= new Int32Array(rows);
    for (const entry of label) allowed[row]! |= 1 << check(entry, row);
  }
  return { labels, ...(allowed && { allowed }) };
}

/** A data set's columns, weights and labels were chosen when it was made: to state them again would silently do nothing. */
function refuseDatasetOptions(options: DatasetOptions): void {
  for (const name of ['columns', 'weights', 'labels', 'dimension', 'sequences', 'missing'] as const) {
    if (options[name] !== undefined) {
      throw new EmkitError('OPTION_INVALID', `The option ${name} is given with a data set that is already made.`, {
        remedy: 'State it where the data set is made, or pass the data themselves.',
      });
    }
  }
}

/** Checks a whole data set against families and a number of components it was not made for. */
function checkDataset(dataset: Dataset, families: readonly Family[], components: number, labelColumns: number): void {
  for (const family of distinctFamilies(families)) {
    if (family.columns.length + labelColumns !== dataset.columnNames.length) {
      const besides = labelColumns === 0 ? '' : `, the law of the labels ${labelColumns} more`;
      throw new EmkitError(
        'DATA_SHAPE',
        `The data have ${dataset.columnNames.length} columns, and the family ${family.id} takes ${family.columns.length}${besides}.`,
      );
    }
    let firstRow = 0;
    for (const block of dataset.blocks) {
      checkColumns(
        family,
        block.columns,
        dataset.columnNames,
        undefined,
        (row) => dataset.blockRow?.indexOf(firstRow + row) ?? firstRow + row,
      );
      firstRow += block.size;
    }
  }
  let largest = -1;
  for (const { labels = [], allowed = [] } of dataset.blocks) {
    for (const label of labels) largest = Math.max(largest, label);
    for (const set of allowed) largest = Math.max(largest, 31 - Math.clz32(set));
  }
  if (largest < components) return;
  throw new EmkitError('DATA_LABEL', `A known label is ${largest}, and there are ${components} components.`, {
    value: largest,
    remedy: `Labels count components from 0 to ${components - 1}.`,
  });
}

function checkColumns(
  family: Family,
  columns: readonly Float64Array[],
  names: readonly string[],
  weights: Float64Array | undefined,
  callersRow: (row: number) => number = (row) => row,
): void {
  for (let index = 0; index < family.columns.length; index += 1) {
    const support = family.columns[index]!.support;
    const found = firstOutside(support, columns, index, weights);
    if (found < 0) continue;
    const value = columns[index]![found]!;
    const row = callersRow(found);
    throw new EmkitError(
      'DATA_OUTSIDE_SUPPORT',
      `Row ${row + 1}, column ${names[index]}: ${value} is outside the support of the family ${family.id}.`,
      {
        row,
        column: names[index]!,
        value,
        family: family.id,
        remedy: `It takes ${describeSupport(support, family.columns)}; correct the value or leave the row out.`,
      },
    );
  }
  checkConstraint(family, columns, weights, callersRow);
}

function checkConstraint(
  { constraint, id, columns: described }: Family,
  columns: readonly Float64Array[],
  weights: Float64Array | undefined,
  callersRow: (row: number) => number,
): void {
  if (constraint === undefined) return;
  const own = columns.slice(0, described.length);
  const values = new Float64Array(own.length);
  for (let row = 0; row < own[0]!.length; row += 1) {
    if (weights?.[row] === 0) continue;
    own.forEach((column, index) => {
      values[index] = column[row]!;
    });
    if (constraint.holds(values)) continue;
    const shown = callersRow(row);
    throw new EmkitError(
      'DATA_OUTSIDE_SUPPORT',
      `Row ${shown + 1}: ${showValue(Array.from(values))} is outside the support of the family ${id}.`,
      { row: shown, family: id, remedy: `A row must have ${constraint.description}; correct it or leave it out.` },
    );
  }
}

function firstOutside(support: Support, columns: readonly Float64Array[], index: number, weights: Float64Array | undefined): number {
  if (support.kind === 'real') return -1;
  const values = columns[index]!;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    const maximum = typeof support.maximum === 'number' ? support.maximum : columns[support.maximum.column]![row]!;
    let inside = value >= support.minimum && value <= maximum;
    if (support.kind === 'integer') inside &&= Math.floor(value) === value;
    else inside &&= !(support.minimumOpen && value === support.minimum) && !(support.maximumOpen && value === maximum);
    if (!inside && (weights === undefined || weights[row]! > 0)) return row;
  }
  return -1;
}

/** A few words for a support, e.g. `whole numbers from 0 to 10`. */
export function describeSupport(support: Support, columns?: readonly Column[]): string {
  if (support.kind === 'real') return 'any finite number';
  const kind = support.kind === 'integer' ? 'whole numbers' : 'numbers';
  const maximum =
    typeof support.maximum === 'number' ? support.maximum : `the row's ${columns?.[support.maximum.column]?.name ?? 'maximum'}`;
  const openMinimum = support.kind === 'interval' && support.minimumOpen === true;
  const openMaximum = support.kind === 'interval' && support.maximumOpen === true;
  if (maximum === Infinity) return `${kind} ${openMinimum ? '>' : '>='} ${support.minimum}`;
  return `${kind} ${openMinimum ? 'above' : 'from'} ${support.minimum} ${openMaximum ? 'to below' : 'to'} ${maximum}`;
}

function dropWeightless(whole: Rows): { rows: Rows; blockRow?: Int32Array } {
  const { weights } = whole;
  if (weights === undefined || weights.every((weight) => weight > 0)) return { rows: whole };
  const blockRow = new Int32Array(whole.rows).fill(-1);
  const order: number[] = [];
  for (let row = 0; row < whole.rows; row += 1) if (weights[row]! > 0) blockRow[row] = order.push(row) - 1;
  return { blockRow, rows: pickRows(whole, order) };
}

function compose(first: Int32Array | undefined, second: Int32Array | undefined): Int32Array | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return first.map((row) => (row < 0 ? -1 : second[row]!));
}

function cutIntoBlocks(
  rows: Rows,
  givenRows: number,
  columnNames: readonly string[],
  blockRow: Int32Array | undefined,
  blockSize: number,
): Dataset {
  if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
    throw new EmkitError('OPTION_INVALID', `The block size is ${showValue(blockSize)}.`, { remedy: 'Give a whole number of at least 1.' });
  }
  const blocks: Block[] = [];
  let totalWeight = rows.weights === undefined ? rows.rows : 0;
  let lost = 0;
  for (const weight of rows.weights ?? []) {
    const term = weight - lost;
    const next = totalWeight + term;
    lost = next - totalWeight - term;
    totalWeight = next;
  }
  for (let start = 0; start < rows.rows; start += blockSize) {
    const end = Math.min(start + blockSize, rows.rows);
    const inexact = sliceCells(rows.inexact, start, end);
    blocks.push({
      size: end - start,
      columns: rows.columns.map((column) => column.subarray(start, end)),
      ...(rows.weights && { weights: rows.weights.subarray(start, end) }),
      ...(rows.labels && { labels: rows.labels.subarray(start, end) }),
      ...(rows.allowed && { allowed: rows.allowed.subarray(start, end) }),
      ...(inexact && { inexact }),
    });
  }
  return {
    rows: givenRows,
    distinctRows: rows.rows,
    totalWeight,
    columnNames,
    blocks,
    labelled: isLabelled(rows),
    ...(blockRow && { blockRow }),
  };
}

/** The data set with a map of rows that is made when it is first asked for: a fit does not need it. */
function withLazyBlockRow(dataset: Dataset, makeBlockRow: () => Int32Array): Dataset {
  let blockRow: Int32Array | undefined;
  return {
    ...dataset,
    get blockRow() {
      blockRow ??= makeBlockRow();
      return blockRow;
    },
  };
}

/** The number of different rows, counted no further than `limit`. */
export function countDistinctRows(dataset: Dataset, limit: number): number {
  const seen: { readonly block: Block; readonly row: number }[] = [];
  for (const block of dataset.blocks) {
    for (let row = 0; row < block.size; row += 1) {
      if (hasEqualRow(seen, block, row)) continue;
      seen.push({ block, row });
      if (seen.length >= limit) return limit;
    }
  }
  return seen.length;
}

/** The cell's value; for one that is not exact what is known of it. */
function cellOf({ columns, inexact }: Block, column: number, row: number): number | string {
  const cells = inexact?.[column];
  const place = cells?.rows.indexOf(row) ?? -1;
  return place < 0 ? columns[column]![row]! : `${cells!.bounds?.lower[place]} ${cells!.bounds?.upper[place]}`;
}

function hasEqualRow(seen: readonly { readonly block: Block; readonly row: number }[], block: Block, row: number): boolean {
  // From the newest back: in sorted data an equal row is the last one seen.
  for (let index = seen.length - 1; index >= 0; index -= 1) {
    const other = seen[index]!;
    let column = 0;
    while (column < block.columns.length && cellOf(block, column, row) === cellOf(other.block, column, other.row)) column += 1;
    if (column === block.columns.length) return true;
  }
  return false;
}
