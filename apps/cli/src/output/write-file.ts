import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Io, write } from '../io.ts';
import { describeFileError, interruption, Problem } from '../problem.ts';

/** Pieces of text, made one at a time. */
export type Pieces = Iterable<string>;

/** Milliseconds of making pieces after which signals are looked at. */
const PATIENCE = 20;

/**
 * Finds out before the work begins whether a file can be written at its end.
 *
 * @throws Problem when it cannot
 */
export async function checkWritable(path: string | undefined): Promise<void> {
  if (path === undefined || path === '-') return;
  await explaining(path, async () => {
    const target = await targetOf(path);
    if (await isSpecial(target)) return;
    const { file, name } = await createBeside(target);
    await file.close();
    await unlink(name);
  });
}

/**
 * Writes a file whole or not at all: into a temporary file beside it, which then takes its name. `-` is the standard output.
 *
 * @throws Problem when it cannot be written; then the old file, if there was one, is untouched
 */
export async function writeOutput(path: string, pieces: Pieces, io: Io): Promise<void> {
  if (path === '-') return writeAll(pieces, (piece) => write(io.stdout, piece), io);
  const target = await explaining(path, () => targetOf(path));
  if (await explaining(path, () => isSpecial(target))) {
    const device = await explaining(path, () => open(target, 'w'));
    try {
      await writeAll(pieces, (piece) => explaining(path, () => device.writeFile(piece)), io);
    } finally {
      await device.close();
    }
    return;
  }
  const { file, name } = await explaining(path, () => createBeside(target));
  const remove = (): void => rmSync(name, { force: true });
  process.once('exit', remove);
  try {
    try {
      await writeAll(pieces, (piece) => explaining(path, () => file.writeFile(piece)), io);
      await explaining(path, () => file.sync());
    } finally {
      await file.close();
    }
    await explaining(path, () => rename(name, target));
  } catch (error) {
    await unlink(name).catch(() => undefined);
    throw error;
  } finally {
    process.off('exit', remove);
  }
}

async function writeAll(pieces: Pieces, writePiece: (piece: string) => Promise<void>, io: Io): Promise<void> {
  let looked = performance.now();
  for (const piece of pieces) {
    if (performance.now() - looked > PATIENCE) {
      await turn();
      looked = performance.now();
    }
    if (io.signal.aborted) throw interruption();
    await writePiece(piece);
  }
}

/** A new file in the folder of another, with the rights of that one where it exists. */
async function createBeside(target: string): Promise<{ readonly file: FileHandle; readonly name: string }> {
  const name = join(dirname(target), `.emkit-${randomUUID()}.tmp`);
  const status = await statusOf(target);
  return { file: await open(name, 'wx', Number(status?.mode ?? 0o666)), name };
}

/** What a path stands for in the end: links are followed, those to nothing too. */
async function targetOf(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < 40; links += 1) {
    const status = await lstat(target).catch(unlessMissing);
    if (!status?.isSymbolicLink()) return target;
    target = resolve(await realpath(dirname(target)), await readlink(target));
  }
  throw Object.assign(new Error('its links lead in a circle'), { code: 'ELOOP' });
}

/** True for a device or a pipe, which must be written to and not replaced. @throws when it is a folder */
async function isSpecial(target: string): Promise<boolean> {
  const status = await statusOf(target);
  if (status?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  return status !== undefined && !status.isFile();
}

async function statusOf(target: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  return stat(target).catch(unlessMissing);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Runs what touches the file, and says its failure in plain words. */
async function explaining<Result>(path: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw new Problem(`${path} cannot be written: ${describeFileError(error)}.`, undefined, { cause: error });
  }
}
