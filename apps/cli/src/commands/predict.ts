import { type HiddenMarkov, markovChain, type Prediction, viterbi } from '@emkit/core';
import { showCount } from '@emkit/core/text';
import { csvPieces } from '@emkit/files';
import { columnsOf, explainDataError } from '../input/data.ts';
import { readModelFile } from '../input/json-file.ts';
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
  readonly out?: string;
  readonly quiet?: boolean;
}

/** `emkit predict MODEL.json DATA.csv`. */
export async function runPredict(modelPath: string, dataPath: string, flags: PredictFlags, io: Io): Promise<number> {
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
        levels: described[0]!.levels,
        sequences: flags.sequenceColumn,
        header: flags.header,
        onRows: (rows) => progress.say(`reading ${name}: ${showCount(rows)} rows`),
      },
      io,
    );
    requireWidth(table, described.length, name, flags.columns !== undefined);
    progress.say('predicting');
    const isChain = model.structure.latent.id === markovChain.id;
    if (!isChain && flags.sequenceColumn !== undefined) throw usageProblem('--sequence-column is for hidden Markov models.');
    const options = { columns: table.data, ...(flags.sequenceColumn !== undefined && { sequences: table.column(flags.sequenceColumn) }) };
    const source = columnsOf(table, table.data);
    let pieces: Iterable<string>;
    try {
      const prediction = model.predict(source, options);
      pieces = isChain
        ? statePieces(prediction, viterbi(model as unknown as HiddenMarkov, source, options).states)
        : predictionPieces(prediction);
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
