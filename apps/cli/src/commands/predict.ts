import { type Conditional, type HiddenMarkov, markovChain, type Prediction, viterbi } from '@emkit/core';
import { showCount } from '@emkit/core/text';
import { csvPieces } from '@emkit/files';
import { columnsOf, explainDataError } from '../input/data.ts';
import { readModelFile } from '../input/json-file.ts';
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
  readonly out?: string;
  readonly quiet?: boolean;
}

/** `emkit predict MODEL.json DATA.csv`. */
export async function runPredict(modelPath: string, dataPath: string, flags: PredictFlags, io: Io): Promise<number> {
  if (modelPath === '-' && dataPath === '-') throw usageProblem('The model and the data cannot both be the standard input.');
  await checkWritable(flags.out);
  const { model, columns: fitted, regression } = await readModelFile(modelPath, io);
  const { families, latent } = model.mixture;
  const { columns: described } = families[0]!;
  const gate = latent.columns ?? [];
  const probabilities = flags.quantiles?.map(readProbability);
  if (regression !== undefined && flags.columns !== undefined)
    throw usageProblem('--columns is not for regressions: the model names its columns.');
  const progress = new Progress(io, flags.quiet === true);
  try {
    const name = inputName(dataPath);
    progress.say(`reading ${name}`);
    const needed = regression && neededColumns(regression);
    const table = await readTable(
      dataPath,
      {
        data: needed === undefined ? (flags.columns ?? fitted) : [regression!.response],
        further: [...(needed?.numbers.slice(1) ?? []), ...gate],
        words: needed?.words ?? {},
        levels: described[0]!.levels,
        sequences: flags.sequenceColumn,
        header: flags.header,
        onRows: (rows) => progress.say(`reading ${name}: ${showCount(rows)} rows`),
      },
      io,
    );
    const modelled = regression && regressionColumns(table, regression);
    if (modelled === undefined) requireWidth(table, described.length, name, flags.columns !== undefined);
    progress.say('predicting');
    const isChain = model.structure.latent.id === markovChain.id;
    if (!isChain && flags.sequenceColumn !== undefined) throw usageProblem('--sequence-column is for hidden Markov models.');
    const columns = modelled === undefined ? table.data : [...modelled.keys()];
    const options = { columns, ...(flags.sequenceColumn !== undefined && { sequences: table.column(flags.sequenceColumn) }) };
    const source = { ...columnsOf(table, gate), ...(modelled === undefined ? columnsOf(table, columns) : Object.fromEntries(modelled)) };
    let pieces: Iterable<string>;
    try {
      const given = columns.filter((_, index) => described[index]?.given);
      const conditional = probabilities && model.conditional(source, { columns: given, probabilities });
      const prediction = model.predict(source, options);
      pieces = isChain
        ? statePieces(prediction, viterbi(model as unknown as HiddenMarkov, source, options).states)
        : predictionPieces(prediction, flags.quantiles ?? [], conditional);
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
