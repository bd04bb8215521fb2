import { printable } from '@emkit/core/text';
import { type Command, CommanderError } from 'commander';
import { type Io, write } from './io.ts';
import { asProblem, EXIT } from './problem.ts';
import { makeProgram } from './program.ts';

/**
 * Runs the `emkit` command.
 *
 * @param args what stands after the command's name
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.done;
  let output = '';
  let complaint = '';
  const program = makeProgram(io, (code) => {
    exitCode = code;
  });
  forEachCommand(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        output += text;
      },
      writeErr: (text) => {
        complaint += text;
      },
      getOutHelpWidth: () => widthOf(io.stdout),
      getErrHelpWidth: () => widthOf(io.stderr),
      getOutHasColors: () => io.stdout.isTTY === true && !io.environment['NO_COLOR'],
      getErrHasColors: () => io.stderr.isTTY === true && !io.environment['NO_COLOR'],
    });
  });
  try {
    if (args.length === 0) {
      program.outputHelp({ error: true });
      await write(io.stderr, complaint);
      return EXIT.usage;
    }
    try {
      await program.parseAsync(args, { from: 'user' });
      return exitCode;
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (output !== '') await write(io.stdout, output);
      if (complaint !== '') await write(io.stderr, usageMessage(complaint, args, program));
      return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    }
  } catch (error) {
    const problem = asProblem(error);
    if (problem === undefined) throw error;
    await write(io.stderr, `emkit: ${printable(problem.message)}\n`).catch(() => undefined);
    return problem.exitCode;
  }
}

function widthOf(output: Io['stdout']): number {
  return Math.max(60, Math.min(100, (output.isTTY === true ? output.columns : undefined) || 80));
}

function usageMessage(complaint: string, args: readonly string[], program: Command): string {
  if (!complaint.startsWith('error: ')) return complaint;
  const command = program.commands.find((known) => known.name() === args[0]);
  const help = command === undefined ? 'emkit --help' : `emkit ${command.name()} --help`;
  return `${complaint.replace(/^error: /, 'emkit: ').trimEnd()}\nSee: ${help}\n`;
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}
