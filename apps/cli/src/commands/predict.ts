import {
  type Column,
  type Conditional,
  type HiddenMarkov,
  type Model,
  markovChain,
  type Prediction,
  type PredictOptions,
  viterbi,
} from '@emkit/core';
import { showCount } from '@emkit/core/text';
import { csvPieces } from '@emkit/files';
import { columnsOf, explainDataError } from '../input/data.ts';
import { readModelFile } from '../input/json-file.ts';
import { missingWords } from '../input/missing-words.ts';
import { neededColumns, regressionColumns } from '../input/predictors.ts';
import { inputName } from '../input/source.ts';
import { readTable, type Table } from '../input/table.ts';
import type { Io } from '../io.ts';
import { Progress } from '../output/progress.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, Problem, usageProblem } from '../problem.ts';

/** The options of `emkit predict`. */
export interface PredictFlags {
  readonly columns?: readonly string[];
  readonly quantiles?: readonly string[];
  readonly sequenceColumn?: string;
  readonly header: boolean;
  readonly missing?: true | string;
  readonly out?: string;
  readonly quiet?: boolean;
}

/** `emkit predict MODEL.json DATA.csv`. */
export function runPredict(modelPath: string, dataPath: string, flags: PredictFlags, io: Io): Promise<number> {
  const missing = missingWords(flags.missing);
  const probabilities = flags.quantiles?.map(readProbability);
  return writeFromModel(modelPath, dataPath, { ...flags, missing }, 'predicting', io, (model, source, options) => {
    const { columns: described } = model.mixture.families[0]!;
    const given = options.columns!.filter((_, index) => described[index]?.given);
    const conditional = probabilities && model.conditional(source, { columns: given, probabilities });
    const prediction = model.predict(source, options);
    return model.structure.latent.id === markovChain.id
      ? statePieces(prediction, viterbi(model as unknown as HiddenMarkov, source, options).states)
      : predictionPieces(prediction, flags.quantiles ?? [], conditional);
  });
}

/** What a command writes that a model says of data. */
export type PiecesOf = (model: Model, source: Readonly<Record<string, Float64Array>>, options: PredictOptions) => Iterable<string>;

/** Reads a model and data, and writes what becomes of them. */
export async function writeFromModel(
  modelPath: string,
  dataPath: string,
  flags: Omit<PredictFlags, 'missing'> & { readonly missing: readonly string[] | undefined },
  doing: string,
  io: Io,
  piecesOf: PiecesOf,
): Promise<number> {
  if (modelPath === '-' && dataPath === '-') throw usageProblem('The model and the data cannot both be the standard input.');
  await checkWritable(flags.out);
  const { model, columns: fitted, regression } = await readModelFile(modelPath, io);
  const { families, latent } = model.mixture;
  const { columns: described } = families[0]!;
  const gate = latent.columns ?? [];
  const names = flags.columns ?? fitted;
  if (regression !== undefined && flags.columns !== undefined)
    throw usageProblem('--columns is not for regressions: the model names its columns.');
  const progress = new Progress(io, flags.quiet === true);
  try {
    const name = inputName(dataPath);
    progress.say(`reading ${name}`);
    const asked = regression === undefined ? { data: names, further: [], levels: wordsOf(described, names) } : neededColumns(regression);
    const table = await readTable(
      dataPath,
      {
        ...asked,
        further: [...asked.further, ...gate],
        missing: flags.missing,
        sequences: flags.sequenceColumn,
        header: flags.header,
        onRows: (rows) => progress.say(`reading ${name}: ${showCount(rows)} rows`),
      },
      io,
    );
    const modelled = regression && regressionColumns(table, regression);
    if (modelled === undefined) requireWidth(table, described.length, name, flags.columns !== undefined);
    progress.say(doing);
    const isChain = model.structure.latent.id === markovChain.id;
    if (!isChain && flags.sequenceColumn !== undefined) throw usageProblem('--sequence-column is for hidden Markov models.');
    const columns = modelled === undefined ? table.data : [...modelled.keys()];
    const options = {
      columns,
      ...(flags.missing !== undefined && { missing: 'integrate' as const }),
      ...(flags.sequenceColumn !== undefined && { sequences: table.column(flags.sequenceColumn) }),
    };
    const source = { ...columnsOf(table, gate), ...(modelled === undefined ? columnsOf(table, columns) : Object.fromEntries(modelled)) };
    let pieces: Iterable<string>;
    try {
      pieces = piecesOf(model, source, options);
    } catch (error) {
      throw explainDataError(error, table, name);
    }
    if (flags.out === undefined) progress.stop();
    await writeOutput(flags.out ?? '-', pieces, io);
    return EXIT.done;
  } finally {
    progress.stop();
  }
}

/** The words of columns that hold levels, by the columns' names in the file. */
function wordsOf(described: readonly Column[], names: readonly string[] | undefined): Readonly<Record<string, readonly string[]>> {
  const worded = described.flatMap(({ levels }, index) => (levels === undefined ? [] : [{ levels, name: names?.[index] }]));
  if (worded.length > 0 && names === undefined)
    throw usageProblem('Name the columns, among them those that hold the levels, with --columns.');
  return Object.fromEntries(worded.flatMap(({ levels, name }) => (name === undefined ? [] : [[name, levels]])));
}

function requireWidth(table: Table, expected: number, name: string, chosen: boolean): void {
  if (table.data.length === expected) return;
  const columns = (count: number): string => `${count} column${count === 1 ? '' : 's'}`;
  if (chosen) throw usageProblem(`--columns names ${columns(table.data.length)}, and the model takes ${expected}.`);
  throw new Problem(
    `${name} has ${columns(table.data.length)} of numbers (${table.data.join(', ')}), and the model takes ${expected}. Choose with --columns.`,
  );
}

function readProbability(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw usageProblem(`--quantiles ${text}: give probabilities between 0 and 1, for example 0.05,0.5,0.95.`);
}

/** Further columns by name: means and quantiles, of the mixture and then by component. */
function conditionalColumns(
  probabilities: readonly string[],
  conditional: Conditional | undefined,
): readonly (readonly [string, Float64Array])[] {
  if (conditional === undefined) return [];
  const { mean, quantiles, componentMeans, componentQuantiles } = conditional;
  const quantilesOf = (values: readonly Float64Array[], suffix: string): [string, Float64Array][] =>
    probabilities.map((probability, index) => [`quantile_${probability}${suffix}`, values[index]!]);
  return [
    ['mean', mean],
    ...quantilesOf(quantiles, ''),
    ...componentMeans.flatMap((values, k): [string, Float64Array][] => [
      [`mean_${k + 1}`, values],
      ...quantilesOf(componentQuantiles[k]!, `_${k + 1}`),
    ]),
  ];
}

function predictionPieces(
  { responsibilities, labels, logDensities }: Prediction,
  probabilities: readonly string[],
  conditional: Conditional | undefined,
): Generator<string, void, undefined> {
  const further = conditionalColumns(probabilities, conditional);
  const names = [
    ...['row', 'label', ...responsibilities.map((_, component) => `responsibility_${component + 1}`), 'log_density'],
    ...further.map(([name]) => name),
  ];
  return csvPieces(names, labels.length, (row) => {
    let line = `${row + 1},${labels[row]! + 1}`;
    for (const values of responsibilities) line += `,${values[row]!}`;
    line += `,${logDensities[row]!}`;
    for (const [, values] of further) line += `,${values[row]!}`;
    return line;
  });
}

/** Of a hidden Markov model: smoothed probabilities, the most probable state of each row, and that of the most probable path. */
function statePieces({ responsibilities, labels }: Prediction, path: Int32Array): Generator<string, void, undefined> {
  const names = ['row', 'label', 'path', ...responsibilities.map((_, state) => `smoothed_${state + 1}`)];
  return csvPieces(names, labels.length, (row) => {
    const smoothed = responsibilities.map((values) => values[row]!);
    return [row + 1, labels[row]! + 1, path[row]! + 1, ...smoothed].join(',');
  });
}
