import type { MixtureParameters, Model } from '@emkit/core';
import { EmkitError, readModel } from '@emkit/core';
import { families } from '@emkit/families';
import { readText } from '@emkit/files';
import type { Io } from '../io.ts';
import { Problem } from '../problem.ts';
import { uncapitalised } from './data.ts';
import { inputName, openInput } from './source.ts';

/** A model from a file, with the names of the columns it was fitted to where the file says them. */
export interface ModelFile {
  readonly model: Model;
  readonly columns: readonly string[] | undefined;
}

/**
 * Reads a model that `fit` wrote, with `--out` or as its `--json`. The file is untrusted.
 *
 * @throws Problem naming the file and what is wrong in it
 */
export async function readModelFile(path: string, io: Io): Promise<ModelFile> {
  const json = await readJson(path, io);
  const model = inFile(path, () => readModel(json, families));
  const columns: unknown = typeof json === 'object' && json !== null && 'columns' in json ? json.columns : undefined;
  if (columns === undefined) return { model, columns: undefined };
  const width = model.mixture.families[0]!.columns.length;
  if (!Array.isArray(columns) || columns.length !== width || columns.some((name) => typeof name !== 'string')) {
    throw new Problem(`${inputName(path)}: "columns" must be a list of the ${width} name${width === 1 ? '' : 's'} of the data columns.`);
  }
  return { model, columns };
}

/**
 * Reads the parameters a fit starts from: `{"weights": [...], "components": [{...}]}`, or a model file.
 * Their domains are checked later, when the model is known.
 *
 * @throws Problem when it is not such a file
 */
export async function readStartFile(path: string, io: Io): Promise<MixtureParameters> {
  const json = await readJson(path, io);
  const body: unknown = typeof json === 'object' && json !== null && 'model' in json ? json.model : json;
  if (typeof body !== 'object' || body === null || !('weights' in body) || !('components' in body)) {
    throw new Problem(`${inputName(path)} is not a start. Write {"weights": [...], "components": [{...}, ...]}.`);
  }
  return { weights: body.weights, components: body.components } as MixtureParameters;
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

async function readJson(path: string, io: Io): Promise<unknown> {
  const text = await readText(openInput(path, io), { name: inputName(path) });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Problem(`${inputName(path)} is not JSON: ${text.trim() === '' ? 'it is empty' : (error as Error).message}.`, undefined, {
      cause: error,
    });
  }
}
