import { EmkitError, type Family } from '@emkit/core';
import { plural } from '@emkit/core/text';
import type { Io } from '../io.ts';
import { Problem, usageProblem } from '../problem.ts';
import { type FamilyChoice, makeFamily, makeRegression } from './family-choice.ts';
import { neededColumns, type RegressionColumns, regressionColumns } from './predictors.ts';
import { levelsOf, makeProduct, optionColumnsOf } from './product-choice.ts';
import { inputName } from './source.ts';
import { readTable, type Table, type TableRequest } from './table.ts';

/** What the command line says about the data of a fit. */
export interface DataRequest {
  readonly path: string;
  readonly columns: readonly string[] | undefined;
  readonly weightsColumn: string | undefined;
  readonly labelsColumn: string | undefined;
  /** The columns of a regression; undefined where the family models all data columns. */
  readonly regression: RegressionColumns | undefined;
  /** Columns on which the weights depend. */
  readonly gate: readonly string[] | undefined;
  readonly sequenceColumn?: string | undefined;
  /** What the first component is called in the column of labels. */
  readonly firstLabel: number;
  readonly header: boolean;
  /** Words for missing values; undefined where there may be none. */
  readonly missing: readonly string[] | undefined;
  readonly onRows?: (rows: number) => void;
}

/** Data ready to be fitted. */
export interface FitData {
  readonly name: string;
  readonly table: Table;
  readonly family: Family;
  /** The names of the family's columns, those that hold an option included. */
  readonly columns: readonly string[];
  readonly regression: RegressionColumns | undefined;
  /** Columns by name, as the engine takes them. */
  readonly source: Readonly<Record<string, Float64Array>>;
  readonly weights: Float64Array | undefined;
  /** Known components counted from 0, -1 where latent. */
  readonly labels: Int32Array | undefined;
  /** What the engine is told about missing values. */
  readonly holes: { readonly missing?: 'integrate' };
  /** Equal numbers in the rows of one sequence. */
  readonly sequences: Float64Array | undefined;
  /** What was done without being asked; sentences. */
  readonly notes: readonly string[];
}

/** Reads the data of a fit and makes the family that suits their columns. */
export async function readFitData(request: DataRequest, choice: FamilyChoice, components: number, io: Io): Promise<FitData> {
  const { path, weightsColumn, labelsColumn, sequenceColumn, firstLabel, header, missing, regression, gate = [], onRows } = request;
  const weightsColumns = weightsColumn === undefined ? [] : [weightsColumn];
  const asked = regression === undefined ? columnsFor(choice, request.columns) : neededColumns(regression);
  const further = [...asked.further, ...gate, ...weightsColumns];
  const others = { missing, labels: labelsColumn, sequences: sequenceColumn, header, ...(onRows && { onRows }) };
  const table = await readTable(path, { ...asked, further, ...others }, io);
  const name = inputName(path);
  const { family, columns, source } = modelFor(choice, regression, table, name);
  const weights = weightsColumn === undefined ? undefined : table.column(weightsColumn);
  const labels = labelsColumn === undefined ? undefined : toLabels(table, labelsColumn, firstLabel, components);
  const sequences = sequenceColumn === undefined ? undefined : table.column(sequenceColumn);
  const left = table.leftOut.map((column) => JSON.stringify(column)).join(', ');
  const notes =
    left === ''
      ? []
      : [
          `Left out, because ${table.leftOut.length === 1 ? 'it holds' : 'they hold'} no numbers: ${plural(table.leftOut.length, 'column').replace(/^1 /, '')} ${left}.`,
        ];
  const holes = missing === undefined ? {} : { missing: 'integrate' as const };
  const all = { ...columnsOf(table, gate), ...source };
  return { name, table, family, columns, regression, source: all, weights, labels, sequences, holes, notes };
}

type Asked = Pick<TableRequest, 'data' | 'levels' | 'categories'> & { readonly further: readonly string[] };

function columnsFor({ parts, levels, optionColumns }: FamilyChoice, columns: readonly string[] | undefined): Asked {
  if (levels !== undefined && columns === undefined) throw usageProblem('Name the column that holds the levels with --columns.');
  if (parts === undefined) return { data: columns, further: Object.values(optionColumns), levels: allWith(columns ?? [], levels) };
  return {
    data: parts.map(({ column }) => column),
    further: optionColumnsOf(parts),
    levels: levelsOf(parts),
    categories: parts.flatMap(({ column, levels: words }) => (words === 'found' ? [column] : [])),
  };
}

/** The family, the names of its columns in its order, and the columns by name. */
function modelFor(
  choice: FamilyChoice,
  regression: RegressionColumns | undefined,
  table: Table,
  name: string,
): Pick<FitData, 'family' | 'columns' | 'source'> {
  const { parts } = choice;
  if (regression !== undefined) {
    const modelled = regressionColumns(table, regression);
    return {
      family: makeRegression(choice, regression, modelled.size),
      columns: [...modelled.keys()],
      source: Object.fromEntries(modelled),
    };
  }
  const columns =
    parts === undefined
      ? [...table.data, ...Object.values(choice.optionColumns)]
      : parts.flatMap(({ column, choice: part }) => [column, ...Object.values(part.optionColumns)]);
  const family = parts === undefined ? makeFamilyFor(table, choice, name) : makeProduct(parts, table, name);
  return { family, columns, source: columnsOf(table, columns) };
}

/** The same words for each of some columns. */
function allWith(columns: readonly string[], words: readonly string[] | undefined): Readonly<Record<string, readonly string[]>> {
  return words === undefined ? {} : Object.fromEntries(columns.map((name) => [name, words]));
}

/** Columns by name, as the engine takes them. */
export function columnsOf(table: Table, names: readonly string[]): Readonly<Record<string, Float64Array>> {
  return Object.fromEntries(names.map((name) => [name, table.column(name)]));
}

function makeFamilyFor(table: Table, choice: FamilyChoice, name: string): Family {
  try {
    const family = makeFamily(choice, table.data.length);
    const expected = family.columns.filter((column) => column.given !== true).length;
    if (table.data.length === expected) return family;
    throw new Problem(
      `${name} has ${table.data.length} data columns (${table.data.join(', ')}), and the family ${family.id} takes ${expected}. Choose with --columns, for example --columns ${table.data[0]}.`,
    );
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'DATA_SHAPE')
      throw new Problem(`${name}: ${uncapitalised(error.message)}`, undefined, { cause: error });
    throw error;
  }
}

function toLabels(table: Table, column: string, firstLabel: number, components: number): Int32Array {
  const last = firstLabel + components - 1;
  return Int32Array.from(table.column(column), (value, row) => {
    if (Number.isNaN(value)) return -1;
    if (Number.isInteger(value) && value >= firstLabel && value <= last) return value - firstLabel;
    const remedy =
      value === 0 && firstLabel === 1
        ? 'Components are counted from 1; if the file counts from 0, pass --first-label 0. Leave the field blank where the component is not known.'
        : `Known components are whole numbers from ${firstLabel} to ${last}; leave the field blank where the component is not known.`;
    throw new Problem(`${table.place(row, column)}: the label is ${value}. ${remedy}`);
  });
}

/** An engine's error about the data, told in terms of the file: its line, its row, its column. Other errors unchanged. */
export function explainDataError(error: unknown, table: Table, name: string, weightsColumn?: string): unknown {
  if (!(error instanceof EmkitError)) return error;
  if (!error.code.startsWith('DATA_') && error.code !== 'MODEL_IMPOSSIBLE_DATA' && error.code !== 'COMPONENT_DEGENERATE') return error;
  const { row, column } = error.details;
  if (row === undefined) return new Problem(`${name}: ${uncapitalised(error.message)}`, undefined, { cause: error });
  const known = error.code === 'DATA_WEIGHT' ? weightsColumn : column;
  const prefix = new RegExp(`^Row ${row + 1}(?:, column ${escapePattern(column ?? '')})?: `);
  const message = error.message.replace(prefix, '');
  return new Problem(`${table.place(row, known)}: ${message}`, undefined, { cause: error });
}

/** A sentence after a colon. */
export function uncapitalised(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
