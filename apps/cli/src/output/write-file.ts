import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Io, write } from '../io.ts';
import { describeFileError, interruption, Problem } from '../problem.ts';

/** Pieces of text, made one at a time. */
export type Pieces = Iterable<string>;

/**
 * Finds out before the work begins whether a file can be written at its end.
 *
 * @throws Problem when the folder does not exist or may not be written to
 */
export async function checkWritable(path: string | undefined): Promise<void> {
  if (path === undefined || path === '-') return;
  try {
    if (await isSpecial(path)) return;
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Writes a file whole or not at all: into a temporary file beside it, which then takes its name. `-` is the standard output.
 *
 * @throws Problem when it cannot be written; then the old file, if there was one, is untouched
 */
export async function writeOutput(path: string, pieces: Pieces, io: Io): Promise<void> {
  if (path === '-') {
    for (const piece of pieces) {
      if (io.signal.aborted) throw interruption();
      await write(io.stdout, piece);
    }
    return;
  }
  try {
    await writeFile(path, pieces, io);
  } catch (error) {
    if (error instanceof Problem || !(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw unwritable(path, error);
  }
}

async function writeFile(path: string, pieces: Pieces, io: Io): Promise<void> {
  if (await isSpecial(path)) {
    const device = await open(path, 'w');
    try {
      for (const piece of pieces) await device.write(piece);
    } finally {
      await device.close();
    }
    return;
  }
  const target = await realpath(path).catch(() => path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  const mode = await stat(target).then(
    (status) => status.mode,
    () => 0o666,
  );
  const file = await open(temporary, 'wx', mode);
  try {
    try {
      for (const piece of pieces) {
        if (io.signal.aborted) throw interruption();
        await file.writeFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** True for a device or a pipe, which must be written to and not replaced. @throws when it is a folder */
async function isSpecial(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR', syscall: 'open' });
  return status !== undefined && !status.isFile();
}

function unwritable(path: string, error: unknown): Problem {
  return new Problem(`${path} cannot be written: ${describeFileError(error)}.`, undefined, { cause: error });
}
