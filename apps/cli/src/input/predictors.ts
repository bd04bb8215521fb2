import { usageProblem } from '../problem.ts';
import type { Table } from './table.ts';

/** One entry of `--predictors`: a column, a power of it, or a column of words of which each but the first has an indicator. */
export interface Predictor {
  readonly column: string;
  readonly power: number;
  readonly levels?: readonly string[];
}

/** Which columns of a file a regression takes, as the command line and model files say it. */
export interface RegressionColumns {
  readonly response: string;
  /** Entries of `--predictors`. */
  readonly predictors: readonly string[];
  /** The number of trials of each row. */
  readonly trials?: string;
  readonly offset?: string;
}

/** More would lose every digit of the column. */
const HIGHEST_POWER = 9;

/**
 * Reads an entry of `--predictors`: `age`, `age^2`, or `group=control:low:high`, whose first word is the one that the others are compared with.
 *
 * @throws Problem
 */
export function parsePredictor(entry: string): Predictor {
  const equals = entry.indexOf('=');
  if (equals > 0) {
    const levels = entry.slice(equals + 1).split(':');
    if (levels.length < 2 || levels.includes('') || new Set(levels).size < levels.length)
      throw usageProblem(
        `--predictors ${entry}: write the different words of the column with colons between them, for example group=control:drug.`,
      );
    return { column: entry.slice(0, equals), power: 1, levels };
  }
  const [, column = entry, power = '1'] = /^(.+)\^(\d+)$/.exec(entry) ?? [];
  if (!(Number(power) >= 1 && Number(power) <= HIGHEST_POWER))
    throw usageProblem(`--predictors ${entry}: powers go from 1 to ${HIGHEST_POWER}.`);
  return { column, power: Number(power) };
}

/** The columns of a regression's family in its order, by name: response, trials, predictors, offset. */
export function regressionColumns(
  table: Table,
  { response, predictors, trials, offset }: RegressionColumns,
): ReadonlyMap<string, Float64Array> {
  const columns = new Map<string, Float64Array>([[response, table.column(response)]]);
  const add = (name: string, values: Float64Array): void => {
    if (columns.has(name)) throw usageProblem(`The column ${JSON.stringify(name)} is asked for twice.`);
    columns.set(name, values);
  };
  if (trials !== undefined) add(trials, table.column(trials));
  for (const entry of predictors) {
    const { column, power, levels } = parsePredictor(entry);
    const values = table.column(column);
    if (levels === undefined) add(entry, power === 1 ? values : values.map((value) => raise(value, power)));
    else
      levels.forEach((word, level) => {
        if (level > 0)
          add(
            `${column}=${word}`,
            values.map((value) => Number(value === level)),
          );
      });
  }
  if (offset !== undefined) add(offset, table.column(offset));
  return columns;
}

/** What a regression needs of a file: numbers, and words by their levels. */
export function neededColumns({ response, predictors, trials, offset }: RegressionColumns): {
  readonly data: readonly string[];
  readonly further: readonly string[];
  readonly levels: Readonly<Record<string, readonly string[]>>;
} {
  const parsed = predictors.map(parsePredictor);
  const given = [trials, offset].filter((name) => name !== undefined);
  const numbers = [...given, ...parsed.flatMap(({ column, levels }) => (levels === undefined ? [column] : []))];
  return {
    data: [response],
    further: [...new Set(numbers)].filter((name) => name !== response),
    levels: Object.fromEntries(parsed.flatMap(({ column, levels }) => (levels === undefined ? [] : [[column, levels]]))),
  };
}

/** By products, which give the same bits everywhere. */
function raise(value: number, power: number): number {
  let product = value;
  for (let turn = 1; turn < power; turn += 1) product *= value;
  return product;
}
