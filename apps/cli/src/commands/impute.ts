import type { Column } from '@emkit/core';
import { csvPieces, quoteField } from '@emkit/files';
import { missingWords } from '../input/missing-words.ts';
import type { Io } from '../io.ts';
import { type PredictFlags, writeFromModel } from './predict.ts';

/** The options of `emkit impute`. */
export interface ImputeFlags extends PredictFlags {
  readonly draws?: number;
  readonly seed?: number;
}

/** `emkit impute MODEL.json DATA.csv`: the data with their holes filled, by expectations or by draws. */
export function runImpute(modelPath: string, dataPath: string, flags: ImputeFlags, io: Io): Promise<number> {
  const missing = missingWords(flags.missing ?? true);
  return writeFromModel(modelPath, dataPath, { ...flags, missing }, 'imputing', io, (model, source, options) => {
    const { columns: described } = model.mixture.families[0]!;
    const names = options.columns as readonly string[];
    const { draws, seed = 1 } = flags;
    if (draws === undefined) return tablePieces(['row', ...names], [model.impute(source, options)], described, '');
    const filled = Array.from({ length: draws }, (_, draw) => model.impute(source, { ...options, seed: seed + draw }));
    return tablePieces(['draw', 'row', ...names], filled, described, 'draw');
  });
}

function tablePieces(
  names: readonly string[],
  tables: readonly (readonly Float64Array[])[],
  described: readonly Column[],
  first: string,
): Generator<string, void, undefined> {
  const rows = tables[0]![0]!.length;
  const shown = (value: number, { levels }: Column): string => (levels === undefined ? String(value) : quoteField(levels[value]!));
  return csvPieces(names, rows * tables.length, (line) => {
    const [table, row] = [Math.floor(line / rows), line % rows];
    const cells = tables[table]!.map((column, index) => shown(column[row]!, described[index]!));
    return `${first === '' ? '' : `${table + 1},`}${row + 1},${cells.join(',')}`;
  });
}
