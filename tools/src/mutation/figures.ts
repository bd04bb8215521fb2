import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.ts';

/** A change that no test noticed. */
export interface Survivor {
  /** The text of the line in which it begins. */
  readonly source: string;
  /** What stood there and what was put in its place, with an arrow between. */
  readonly change: string;
}

/** What became of the changes of one file. */
export interface FileFigures {
  readonly file: string;
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly notCovered: number;
  readonly seconds: number;
  readonly survivors: readonly Survivor[];
}

const path = join(root, 'docs/mutation.json');

/** The figures of the last run of each file. */
export function readFigures(): readonly FileFigures[] {
  return JSON.parse(readFileSync(path, 'utf8')) as readonly FileFigures[];
}

/** Replaces the figures of a file; `files` are all files there are, in order. */
export function writeFigures(found: FileFigures, files: readonly string[], fresh: boolean): readonly FileFigures[] {
  const byFile = new Map(readFigures().map((figures) => [figures.file, figures]));
  const before = byFile.get(found.file);
  // A run that remembers says nothing of how long the whole takes.
  byFile.set(found.file, { ...found, seconds: fresh ? found.seconds : Math.max(found.seconds, before?.seconds ?? 0) });
  const kept = files.flatMap((file) => byFile.get(file) ?? []);
  writeFileSync(path, `${JSON.stringify(kept, undefined, 1).replace(/\{\s+("source": .*)\s+("change": .*)\s+\}/g, '{ $1 $2 }')}\n`);
  return kept;
}
