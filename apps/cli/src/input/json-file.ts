import type { MixtureParameters, Model } from '@emkit/core';
import { EmkitError, markovChain, readModel } from '@emkit/core';
import { allFamilies } from '@emkit/families';
import { readText } from '@emkit/files';
import type { Io } from '../io.ts';
import { Problem } from '../problem.ts';
import { uncapitalised } from './data.ts';
import type { RegressionColumns } from './predictors.ts';
import { inputName, openInput } from './source.ts';

/** Levels of lists and records in a file: more than any model has. */
const DEEPEST = 50;

/** A model from a file, with the names of the columns it was fitted to where the file says them. */
export interface ModelFile {
  readonly model: Model;
  readonly columns: readonly string[] | undefined;
  /** How the columns of a regression are made from those of a file. */
  readonly regression: RegressionColumns | undefined;
}

/**
 * Reads a model that `fit` wrote, with `--out` or as its `--json`. The file is untrusted.
 *
 * @throws Problem naming the file and what is wrong in it
 */
export async function readModelFile(path: string, io: Io): Promise<ModelFile> {
  const { json, length } = await readJson(path, io);
  const width = widthOf(json);
  if (width > length)
    throw new Problem(`${inputName(path)} says that it has ${width} columns, and it is too short to hold their parameters.`);
  const model = inFile(path, () => readModel(json, allFamilies, [markovChain])) as Model;
  const { columns, regression: stated } = asRecord(json);
  const regression = stated === undefined ? undefined : readRegression(stated, path);
  if (columns === undefined) return { model, columns: undefined, regression };
  const count = model.mixture.families[0]!.columns.length;
  if (!Array.isArray(columns) || columns.length !== count || columns.some((name) => typeof name !== 'string')) {
    throw new Problem(`${inputName(path)}: "columns" must be a list of the ${count} name${count === 1 ? '' : 's'} of the data columns.`);
  }
  return { model, columns, regression };
}

function readRegression(stated: unknown, path: string): RegressionColumns {
  const { response, predictors, trials, offset } = asRecord(stated);
  const isName = (value: unknown): boolean => typeof value === 'string';
  const optional = [trials, offset].every((value) => value === undefined || isName(value));
  if (isName(response) && Array.isArray(predictors) && predictors.every(isName) && optional) return stated as RegressionColumns;
  throw new Problem(`${inputName(path)}: "regression" must name the response and the predictors.`);
}

/**
 * Reads the parameters a fit starts from: `{"weights": [...], "components": [{...}]}`, for a hidden Markov model `{"initial": [...],
 * "transitions": [[...]], "components": [{...}]}`, or a model file.
 * Their domains are checked later, when the model is known.
 *
 * @throws Problem when it is not such a file
 */
export async function readStartFile(path: string, io: Io, isChain: boolean): Promise<MixtureParameters> {
  const { json } = await readJson(path, io);
  const body: unknown = typeof json === 'object' && json !== null && 'model' in json ? json.model : json;
  const record = asRecord(body);
  const ofLabels = 'gate' in record ? 'gate' : 'weights';
  const names = isChain ? ['initial', 'transitions', 'components'] : [ofLabels, 'components'];
  if (names.some((name) => !Array.isArray(record[name]))) {
    const shape = isChain ? '"initial": [...], "transitions": [[...]]' : '"weights": [...]';
    throw new Problem(`${inputName(path)} is not a start. Write {${shape}, "components": [{...}, ...]}.`);
  }
  return Object.fromEntries(names.map((name) => [name, record[name]])) as unknown as MixtureParameters;
}

/** Runs a check of a file's content, and names the file in what it finds. */
export function inFile<Result>(path: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (error instanceof EmkitError) throw new Problem(`${inputName(path)}: ${uncapitalised(error.message)}`, undefined, { cause: error });
    throw error;
  }
}

async function readJson(path: string, io: Io): Promise<{ readonly json: unknown; readonly length: number }> {
  const text = await readText(openInput(path, io), { name: inputName(path) });
  let json: unknown;
  try {
    json = JSON.parse(text) as unknown;
  } catch (error) {
    throw new Problem(`${inputName(path)} is not JSON: ${text.trim() === '' ? 'it is empty' : (error as Error).message}.`, undefined, {
      cause: error,
    });
  }
  if (isDeep(json)) throw new Problem(`${inputName(path)} is nested more than ${DEEPEST} levels deep. Use a file that emkit wrote.`);
  return { json, length: text.length };
}

/** The most columns that an option of a model gives its family: a short file must not ask for a family that fills the memory. */
function widthOf(json: unknown): number {
  const body = asRecord('model' in asRecord(json) ? asRecord(json)['model'] : json);
  const entries = Array.isArray(body['families']) ? body['families'] : [body];
  const widths = entries.map(asRecord).flatMap(({ family, options }) => {
    const described = allFamilies.find(({ id }) => id === family)?.options ?? {};
    const names = Object.entries(described).flatMap(([name, option]) =>
      option.kind === 'integer' && (option.fromColumns || name === 'predictors') ? [name] : [],
    );
    return names.map((name) => Number(asRecord(options)[name]));
  });
  return widths.reduce((widest, width) => Math.max(widest, width || 0), 0);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Whether lists and records lie so deep in one another that whoever walks through them by recursion would run out of stack. */
function isDeep(json: unknown): boolean {
  let level = [json];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}
