import { EmkitError } from '@emkit/core';

/** Exit codes: scripts depend on them. */
export const EXIT: { readonly done: 0; readonly fault: 1; readonly usage: 2; readonly interrupted: 130 } = {
  done: 0,
  fault: 1,
  usage: 2,
  interrupted: 130,
};

/** Something the person at the keyboard can put right: one message, and the exit code that goes with it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.fault, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line itself is wrong. */
export function usageProblem(message: string): Problem {
  return new Problem(message, EXIT.usage);
}

/** Whoever ran the command stopped it. */
export function interruption(what = 'stopped before it was finished'): Problem {
  return new Problem(`${what}; nothing was written`, EXIT.interrupted);
}

/** The problem behind an error; undefined when it is a defect of emkit itself. */
export function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!(error instanceof EmkitError)) return undefined;
  if (error.code === 'ABORTED') return interruption();
  if (error.code === 'INTERNAL') return undefined;
  const isUsage = error.code.startsWith('OPTION_') || error.code === 'CAPABILITY_MISSING';
  return new Problem(error.message, isUsage ? EXIT.usage : EXIT.fault, { cause: error });
}

/** Why a file could not be opened or written, in plain words. */
export function describeFileError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EACCES':
    case 'EPERM':
    case 'ERR_ACCESS_DENIED':
      return 'permission is denied';
    case 'EISDIR':
      return 'it is a folder, not a file';
    case 'ENOTDIR':
      return 'a part of the path is not a folder';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    case 'EROFS':
      return 'the disk can only be read';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return message;
  }
}
