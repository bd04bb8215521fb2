import { type Column, type HiddenMarkov, type Model, markovChain, type Prediction, type PredictOptions, viterbi } from '@emkit/core';
import { showCount } from '@emkit/core/text';
import { csvPieces } from '@emkit/files';
import { columnsOf, explainDataError } from '../input/data.ts';
import { readModelFile } from '../input/json-file.ts';
import { missingWords } from '../input/missing-words.ts';
import { inputName } from '../input/source.ts';
import { readTable, type Table } from '../input/table.ts';
import type { Io } from '../io.ts';
import { Progress } from '../output/progress.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, Problem, usageProblem } from '../problem.ts';

/** The options of `emkit predict`. */
export interface PredictFlags {
  readonly columns?: readonly string[];
  readonly sequenceColumn?: string;
  readonly header: boolean;
  readonly missing?: true | string;
  readonly out?: string;
  readonly quiet?: boolean;
}

/** `emkit predict MODEL.json DATA.csv`. */
export function runPredict(modelPath: string, dataPath: string, flags: PredictFlags, io: Io): Promise<number> {
  const missing = missingWords(flags.missing);
  return writeFromModel(modelPath, dataPath, { ...flags, missing }, 'predicting', io, (model, source, options) => {
    const prediction = model.predict(source, options);
    return model.structure.latent.id === markovChain.id
      ? statePieces(prediction, viterbi(model as unknown as HiddenMarkov, source, options).states)
      : predictionPieces(prediction);
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
  const { model, columns: fitted } = await readModelFile(modelPath, io);
  const { columns: described } = model.mixture.families[0]!;
  const progress = new Progress(io, flags.quiet === true);
  try {
    const name = inputName(dataPath);
    progress.say(`reading ${name}`);
    const table = await readTable(
      dataPath,
      {
        data: flags.columns ?? fitted,
        levels: wordsOf(described, flags.columns ?? fitted),
        missing: flags.missing,
        sequences: flags.sequenceColumn,
        header: flags.header,
        onRows: (rows) => progress.say(`reading ${name}: ${showCount(rows)} rows`),
      },
      io,
    );
    requireWidth(table, described.length, name, flags.columns !== undefined);
    progress.say(doing);
    const isChain = model.structure.latent.id === markovChain.id;
    if (!isChain && flags.sequenceColumn !== undefined) throw usageProblem('--sequence-column is for hidden Markov models.');
    const options = {
      columns: table.data,
      ...(flags.missing !== undefined && { missing: 'integrate' as const }),
      ...(flags.sequenceColumn !== undefined && { sequences: table.column(flags.sequenceColumn) }),
    };
    const source = columnsOf(table, table.data);
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

function predictionPieces({ responsibilities, labels, logDensities }: Prediction): Generator<string, void, undefined> {
  const names = ['row', 'label', ...responsibilities.map((_, component) => `responsibility_${component + 1}`), 'log_density'];
  return csvPieces(names, labels.length, (row) => {
    let line = `${row + 1},${labels[row]! + 1}`;
    for (const values of responsibilities) line += `,${values[row]!}`;
    return `${line},${logDensities[row]!}`;
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
