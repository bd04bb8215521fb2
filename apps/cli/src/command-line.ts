import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { collect, componentCounts, nameList, nonNegativeNumber, wholeNumber } from './arguments.ts';
import type { FitFlags } from './commands/fit.ts';
import type { PredictFlags } from './commands/predict.ts';
import type { SampleFlags } from './commands/sample.ts';
import type { SelectFlags } from './commands/select.ts';
import { type Io, write } from './io.ts';
import { asProblem, EXIT } from './problem.ts';

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
      await write(io.stderr, program.helpInformation());
      return EXIT.usage;
    }
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (output !== '') await write(io.stdout, output);
      if (complaint !== '') await write(io.stderr, usageMessage(complaint, args, program));
      return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    }
    const problem = asProblem(error);
    if (problem === undefined) throw error;
    await write(io.stderr, `emkit: ${problem.message}\n`);
    return problem.exitCode;
  }
}

/** The version in package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

function widthOf(output: Io['stdout']): number {
  return Math.max(60, Math.min(100, (output.isTTY === true ? output.columns : undefined) || 80));
}

function usageMessage(complaint: string, args: readonly string[], program: Command): string {
  if (!complaint.startsWith('error: ')) return complaint;
  const command = program.commands.find(({ name }) =>
    args.includes(name.call(program.commands.find((other) => other.name() === args[0]) ?? program)),
  );
  const help = command === undefined ? 'emkit --help' : `emkit ${command.name()} --help`;
  return `${complaint.replace(/^error: /, 'emkit: ').trimEnd()}\nSee: ${help}\n`;
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

const DATA_ARGUMENT = 'a CSV file with a header, or - for the standard input';
const MODEL_ARGUMENT = 'a model that fit wrote (--out, or its --json), or - for the standard input';

/** The whole command line as data: the parser, the help and the completion scripts are made from it. */
export function makeProgram(io: Io, done: (exitCode: number) => void): Command {
  const program = new Command('emkit')
    .description('Fit mixture models by expectation-maximisation: which groups are in the data, how large, and how sure.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ styleTitle: bold(io), styleCommandText: (text) => text })
    .addHelpText(
      'after',
      `
Examples:
  emkit fit old-faithful.csv --family gaussian --components 2
  emkit select old-faithful.csv --family gaussian --columns waiting --components 1..6
  emkit fit old-faithful.csv --family gaussian --components 2 --out model.json
  emkit predict model.json old-faithful.csv --out groups.csv

Every command has its own help: emkit fit --help
Exit codes: 0 done, 1 the data or the model are at fault, 2 the command line is.`,
    );
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'print this help')
      .configureHelp({ styleTitle: bold(io) })
      .showSuggestionAfterError();

  program.commandsGroup('Fit:');
  dataOptions(command('fit', 'fit a mixture model to the columns of a CSV file').argument('<DATA.csv>', DATA_ARGUMENT))
    .addOption(new Option('--components <K>', 'the number of components').argParser(wholeNumber(0)).makeOptionMandatory())
    .optionsGroup('The algorithm:')
    .option('--start <START.json>', 'the parameters to start from, instead of automatic starts')
    .option('--fix <what>', 'hold at the start: weights, 2.mean (of component 2), mean (of all)', nameList)
    .option('--iterations <N>', 'the most iterations (default: 10000)', wholeNumber(0))
    .option('--tolerance <t>', 'stop at this estimated distance to the optimum; 0 never stops early (default: 1e-8)', nonNegativeNumber)
    .option('--starts <M>', 'how many automatic starts are tried (default: 12)', wholeNumber(1))
    .option('--seed <S>', 'the seed of the automatic starts (default: 1)', wholeNumber(-Infinity))
    .option('--plain', 'textbook EM, without acceleration')
    .optionsGroup('Output:')
    .option('--out <MODEL.json>', 'write the model to a file')
    .option('--json', 'print one JSON object instead of the table')
    .option('--quiet', 'print nothing but errors')
    .option('--certify', 're-evaluate the fit with 50 digits, and print how far off it is')
    .addHelpText(
      'after',
      `
Examples:
  emkit fit waiting.csv --family exponential --components 2
  emkit fit heads.csv --family binomial --option trials=10 --components 3 --start start.json --plain
  emkit fit iris.csv --family gaussian --columns petal_length,petal_width --components 3 --option covariance=tied

START.json: {"weights": [0.4, 0.6], "components": [{"rate": 1}, {"rate": 0.1}]}. 'emkit families' names the parameters.`,
    )
    .action(async (path: string, flags: FitFlags) => done(await (await import('./commands/fit.ts')).runFit(path, flags, io)));

  dataOptions(command('select', 'choose the number of components by an information criterion').argument('<DATA.csv>', DATA_ARGUMENT))
    .addOption(
      new Option('--components <range>', 'the numbers to try: 1..8, or 1,2,4')
        .argParser(componentCounts)
        .default([1, 2, 3, 4, 5, 6, 7, 8], '1..8'),
    )
    .addOption(new Option('--criterion <name>', 'what to judge by; smaller is better').choices(['bic', 'aic', 'icl']).default('bic'))
    .optionsGroup('The algorithm:')
    .option('--iterations <N>', 'the most iterations (default: 10000)', wholeNumber(0))
    .option('--tolerance <t>', 'stop at this estimated distance to the optimum (default: 1e-8)', nonNegativeNumber)
    .option('--starts <M>', 'how many automatic starts are tried (default: 12)', wholeNumber(1))
    .option('--seed <S>', 'the seed of the automatic starts (default: 1)', wholeNumber(-Infinity))
    .option('--plain', 'textbook EM, without acceleration')
    .optionsGroup('Output:')
    .option('--out <MODEL.json>', 'write the best model to a file')
    .option('--json', 'print one JSON object instead of the table')
    .option('--quiet', 'print nothing but errors')
    .action(async (path: string, flags: SelectFlags) => done(await (await import('./commands/select.ts')).runSelect(path, flags, io)));

  program.commandsGroup('Use a model:');
  command('predict', 'say for each row which component it belongs to, and how surely')
    .argument('<MODEL.json>', MODEL_ARGUMENT)
    .argument('<DATA.csv>', DATA_ARGUMENT)
    .option('--columns <names>', "the data columns, in the model's order (default: those it was fitted to)", nameList)
    .option('--no-header', 'the file begins with its first row, not with names')
    .option('--out <PRED.csv>', 'write to a file')
    .option('--quiet', 'no progress')
    .addHelpText('after', '\nPrints CSV: row, label (both counted from 1), responsibility_1 to responsibility_K, and log_density in nats.')
    .action(async (model: string, data: string, flags: PredictFlags) =>
      done(await (await import('./commands/predict.ts')).runPredict(model, data, flags, io)),
    );

  command('sample', 'draw rows from a model')
    .argument('<MODEL.json>', MODEL_ARGUMENT)
    .addOption(new Option('--rows <N>', 'how many rows').argParser(wholeNumber(0)).makeOptionMandatory())
    .option('--seed <S>', 'the same seed draws the same rows everywhere (default: 1)', wholeNumber(-Infinity))
    .option('--option <name=value>', 'what the model takes from another column, for example trials=10', collect)
    .option('--labels', 'add a column "label": the component each row was drawn from, counted from 1')
    .option('--out <SAMPLE.csv>', 'write to a file')
    .action(async (model: string, flags: SampleFlags) => done(await (await import('./commands/sample.ts')).runSample(model, flags, io)));

  program.commandsGroup('Look up:');
  command('families', 'list the families with their options and parameters')
    .option('--json', 'print JSON instead of the table')
    .action(async (flags: { json?: boolean }) => done(await (await import('./commands/families.ts')).runFamilies(flags, io)));
  command('textbook', "recompute the textbook's tables: printed, reference and engine side by side").action(async () =>
    done(await (await import('./commands/textbook.ts')).runTextbook(io)),
  );
  command('completion', 'print a completion script for a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      `
To use it:
  bash   emkit completion bash >> ~/.bashrc
  zsh    emkit completion zsh > "\${fpath[1]}/_emkit"
  fish   emkit completion fish > ~/.config/fish/completions/emkit.fish`,
    )
    .action(async (shell: string) => done(await (await import('./commands/completion.ts')).runCompletion(shell, program, io)));
  return program;
}

function dataOptions(command: Command): Command {
  return command
    .optionsGroup('The model:')
    .requiredOption('--family <F>', "what a component is: exponential, binomial, gaussian, ... ('emkit families' lists them)")
    .option('--option <name=value>', 'an option of the family: trials=10, trials-column=n, covariance=tied', collect)
    .optionsGroup('The data:')
    .option('--columns <names>', 'the data columns, with commas between them (default: all columns of numbers)', nameList)
    .option('--weights-column <name>', 'a column of case weights: a weight of 3 is three equal rows')
    .option('--labels-column <name>', 'a column of known components, counted from 1; blank where unknown')
    .addOption(
      new Option('--first-label <number>', 'what the first component is called there: 0 or 1').argParser(wholeNumber(0)).default(1),
    )
    .option('--no-header', 'the file begins with its first row, not with names')
    .optionsGroup('The model:');
}

function bold(io: Io): (text: string) => string {
  const coloured = io.stdout.isTTY === true && !io.environment['NO_COLOR'];
  return coloured ? (text) => `\u001b[1m${text}\u001b[22m` : (text) => text;
}
