import type { Sample } from '@emkit/core';
import { readModelFile } from '../input/json-file.ts';
import type { Io } from '../io.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, usageProblem } from '../problem.ts';

/** The options of `emkit sample`. */
export interface SampleFlags {
  readonly rows: number;
  readonly seed?: number;
  readonly option?: readonly string[];
  readonly labels?: boolean;
  readonly out?: string;
}

/** Rows in one piece of output. */
const ROWS_PER_PIECE = 4096;

/** `emkit sample MODEL.json`. */
export async function runSample(modelPath: string, flags: SampleFlags, io: Io): Promise<number> {
  await checkWritable(flags.out);
  const { model, columns } = await readModelFile(modelPath, io);
  const described = model.mixture.families[0]!.columns;
  const given = readGiven(
    flags.option ?? [],
    described.filter((column) => column.given === true).map((column) => column.name),
  );
  const sample = model.sample(flags.rows, flags.seed ?? 1, given);
  await writeOutput(flags.out ?? '-', samplePieces(sample, columns ?? described.map((column) => column.name), flags.labels === true), io);
  return EXIT.done;
}

/** Values of the columns that a model is conditional on, from `--option trials=10`. */
function readGiven(entries: readonly string[], names: readonly string[]): Record<string, number> {
  const given: Record<string, number> = {};
  for (const entry of entries) {
    const [, name, text] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
    if (name === undefined || !names.includes(name)) {
      throw usageProblem(
        `--option ${entry}: ${names.length === 0 ? 'this model takes none.' : `write ${names.map((known) => `${known}=10`).join(' or ')}.`}`,
      );
    }
    given[name] = Number(text);
    if (!Number.isFinite(given[name])) throw usageProblem(`--option ${entry}: give a number.`);
  }
  for (const name of names) {
    if (!(name in given)) throw usageProblem(`The model takes ${name} from a column of the data: say for the sample --option ${name}=10.`);
  }
  return given;
}

function* samplePieces({ columns, labels }: Sample, names: readonly string[], withLabels: boolean): Generator<string, void, undefined> {
  yield `${[...names.map(quote), ...(withLabels ? ['label'] : [])].join(',')}\n`;
  for (let first = 0; first < labels.length; first += ROWS_PER_PIECE) {
    let piece = '';
    for (let row = first; row < Math.min(labels.length, first + ROWS_PER_PIECE); row += 1) {
      for (let column = 0; column < columns.length; column += 1) piece += `${column === 0 ? '' : ','}${columns[column]![row]!}`;
      piece += withLabels ? `,${labels[row]! + 1}\n` : '\n';
    }
    yield piece;
  }
}

function quote(name: string): string {
  return /[",;\t\n]|^\s|\s$/.test(name) ? `"${name.replace(/"/g, '""')}"` : name;
}
