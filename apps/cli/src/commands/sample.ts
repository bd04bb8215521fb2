import { createRandom, type Model, type Sample } from '@emkit/core';
import { printable } from '@emkit/core/text';
import { csvPieces, quoteField } from '@emkit/files';
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

/** `emkit sample MODEL.json`. */
export async function runSample(modelPath: string, flags: SampleFlags, io: Io): Promise<number> {
  await checkWritable(flags.out);
  const { model, columns } = await readModelFile(modelPath, io);
  const described = model.mixture.families[0]!.columns;
  const given = readGiven(
    flags.option ?? [],
    described.filter((column) => column.given === true).map((column) => column.name),
  );
  const seed = flags.seed ?? 1;
  // Checks what it is given, and draws nothing.
  model.sample(0, seed, given);
  const names = [...(columns ?? described.map((column) => column.name)), ...(flags.labels ? ['label'] : [])];
  const toTerminal = flags.out === undefined && io.stdout.isTTY === true;
  const values = Float64Array.from(described, (column) => given[column.name] ?? 0);
  const draw =
    model.structure.latent.logWeights === undefined ? replayer(model.sample(flags.rows, seed, given), values) : drawer(model, seed, values);
  const pieces = csvPieces(toTerminal ? names.map(printable) : names, flags.rows, () => {
    const label = draw();
    const line = described
      .map(({ levels }, column) => (levels === undefined ? values[column] : quoteField(levels[values[column]!]!)))
      .join(',');
    return flags.labels ? `${line},${label + 1}` : line;
  });
  await writeOutput(flags.out ?? '-', pieces, io);
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

/** Tells drawn rows one at a time: labels that hang together are drawn all at once. */
function replayer({ columns, labels }: Sample, row: Float64Array): () => number {
  let next = 0;
  return () => {
    columns.forEach((values, column) => {
      row[column] = values[next]!;
    });
    return labels[next++]!;
  };
}

/**
 * Draws the rows that `model.sample` draws, one at a time, so that any number of them can be written.
 *
 * @param row the given values in their columns; each draw overwrites the others
 * @returns what draws a row and says its component
 */
function drawer({ mixture, weights, components }: Model, seed: number, row: Float64Array): () => number {
  const random = createRandom(seed);
  const last = weights.findLastIndex((weight) => weight > 0);
  const start = row.slice();
  return () => {
    let left = random.uniform();
    let label = last;
    for (let component = 0; component < label; component += 1) {
      left -= weights[component]!;
      if (left < 0) label = component;
    }
    row.set(start);
    mixture.families[label]!.sample!(components[label]!, random, row);
    return label;
  };
}
