import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { collect, componentCounts, nameList, nonNegativeNumber, wholeNumber } from './arguments.ts';
import type { FitFlags } from './commands/fit.ts';
import type { ImputeFlags } from './commands/impute.ts';
import type { PredictFlags } from './commands/predict.ts';
import type { SampleFlags } from './commands/sample.ts';
import type { SelectFlags } from './commands/select.ts';
import type { Io } from './io.ts';
import { usageProblem } from './problem.ts';

const DATA_ARGUMENT = 'a CSV file with a header, or - for the standard input';
const MODEL_ARGUMENT = 'a model that fit wrote (--out, or its --json), or - for the standard input';

/** The whole command line as data: the parser, the help and the completion scripts are made from it. */
export function makeProgram(io: Io, done: (exitCode: number) => void): Command {
  const program = new Command('emkit')
    .description('Fit mixture models by expectation-maximisation: which groups are in the data, how large, and how sure.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ styleTitle: bold(io), subcommandTerm: termOf })
    .addHelpText(
      'after',
      `
Examples:
  emkit fit old-faithful.csv --family gaussian --components 2
  emkit select old-faithful.csv --family gaussian --columns waiting
  emkit fit old-faithful.csv --family gaussian --components 2 --out model.json
  emkit predict model.json old-faithful.csv --out groups.csv

Every command has its own help: emkit fit --help
Exit codes: 0 done; 1 the data or the model are at fault; 2 wrong usage.`,
    );
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'print this help')
      .configureHelp({ styleTitle: bold(io) })
      .showSuggestionAfterError();

  program.commandsGroup('Fit:');
  const fit = dataOptions(command('fit', 'fit a mixture model to the columns of a CSV file'))
    .option('--components <K>', 'the number of components', wholeNumber(-Infinity))
    .option('--gate-columns <names>', 'columns on which the weights depend, by a multinomial logit', nameList)
    .optionsGroup('The algorithm:')
    .option('--start <START.json>', 'the parameters to start from, instead of automatic starts')
    .option('--fix <what>', 'hold at the start: weights, 2.mean (of component 2), mean (of all)', nameList);
  outputOptions(algorithmOptions(fit), 'write the model to a file')
    .option('--certify', 're-evaluate the fit with 50 digits, and print how far off it is')
    .addHelpText(
      'after',
      `
Examples:
  emkit fit waiting.csv --family exponential --components 2
  emkit fit heads.csv --family binomial --option trials=10 --components 3
  emkit fit iris.csv --family gaussian --columns petal_length,petal_width \\
        --components 3 --option covariance=tied
  emkit fit earthquakes.csv --family poisson --columns count --components 2 \\
        --model hidden-markov

START.json holds the weights and the parameters to start from:
  {"weights": [0.4, 0.6], "components": [{"rate": 1}, {"rate": 0.1}]}
and of a hidden Markov model, whose zeros stay zero:
  {"initial": [1, 0], "transitions": [[0.9, 0.1], [0, 1]], "components": [...]}
'emkit families' names the parameters.`,
    )
    .action(async (path: string, flags: FitFlags) => {
      requireFlag(flags.family ?? flags.families, '--family', 'say what a component is, for example --family gaussian');
      requireFlag(flags.components, '--components', 'say how many there are, or let `emkit select` choose');
      done(await (await import('./commands/fit.ts')).runFit(path, flags, io));
    });

  const select = dataOptions(command('select', 'choose the number of components')).addOption(
    new Option('--components <range>', 'the numbers to try: 1..8, or 1,2,4')
      .argParser(componentCounts)
      .default([1, 2, 3, 4, 5, 6, 7, 8], '1..8'),
  );
  select.addOption(new Option('--criterion <name>', 'what to judge by; smaller is better').choices(['bic', 'aic', 'icl']).default('bic'));
  outputOptions(algorithmOptions(select), 'write the best model to a file').action(async (path: string, flags: SelectFlags) => {
    requireFlag(flags.family ?? flags.families, '--family', 'say what a component is, for example --family gaussian');
    done(await (await import('./commands/select.ts')).runSelect(path, flags, io));
  });

  program.commandsGroup('Use a model:');
  command('predict', 'say for each row which component it belongs to')
    .argument('<MODEL.json>', MODEL_ARGUMENT)
    .argument('<DATA.csv>', DATA_ARGUMENT)
    .option('--columns <names>', "the data columns, in the model's order (default: those it was fitted to)", nameList)
    .option(
      '--quantiles <list>',
      'of a regression: add mean and quantiles of the response, by component and of the mixture: 0.05,0.5',
      nameList,
    )
    .option('--sequence-column <name>', 'of a hidden Markov model: rows with the same value there are a sequence')
    .option('--no-header', 'the file begins with its first row, not with names')
    .option('--missing [words]', 'values may be missing (blank, NA, NaN, null, ?, ., or these words)')
    .option('--out <PRED.csv>', 'write to a file')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      '\nPrints CSV with the columns row, label, responsibility_1 to responsibility_K and\nlog_density (in nats). Of a hidden Markov model: row, label, path (the states\nof the most probable sequence) and smoothed_1 to smoothed_K.\nRows and labels count from 1.',
    )
    .action(async (model: string, data: string, flags: PredictFlags) =>
      done(await (await import('./commands/predict.ts')).runPredict(model, data, flags, io)),
    );

  command('impute', 'fill in the missing values of a file')
    .argument('<MODEL.json>', MODEL_ARGUMENT)
    .argument('<DATA.csv>', DATA_ARGUMENT)
    .option('--columns <names>', "the data columns, in the model's order (default: those it was fitted to)", nameList)
    .option('--no-header', 'the file begins with its first row, not with names')
    .option('--missing [words]', 'what stands for a missing value (default: blank, NA, NaN, null, ?, .)')
    .option('--draws <M>', 'draw each missing value M times, for multiple imputation, instead of expecting it', wholeNumber(1))
    .option('--seed <S>', 'the seed of the first draw (default: 1)', wholeNumber(-Infinity))
    .option('--out <FILLED.csv>', 'write to a file')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      '\nPrints CSV with the columns row (from 1) and those of the model; with --draws a column\ndraw before them. A missing number is replaced by its mean given the rest of the row, a\nmissing word by the most probable one.',
    )
    .action(async (model: string, data: string, flags: ImputeFlags) =>
      done(await (await import('./commands/impute.ts')).runImpute(model, data, flags, io)),
    );

  command('sample', 'draw rows from a model')
    .argument('<MODEL.json>', MODEL_ARGUMENT)
    .option('--rows <N>', 'how many rows', wholeNumber(0))
    .option('--seed <S>', 'the same seed draws the same rows everywhere (default: 1)', wholeNumber(-Infinity))
    .option('--option <name=value>', 'what the model takes from another column, for example trials=10', collect)
    .option('--labels', 'add a column "label": the component each row was drawn from, counted from 1')
    .option('--out <SAMPLE.csv>', 'write to a file')
    .action(async (model: string, flags: SampleFlags) => {
      requireFlag(flags.rows, '--rows', 'say how many rows to draw, for example --rows 1000');
      done(await (await import('./commands/sample.ts')).runSample(model, flags, io));
    });

  program.commandsGroup('Look up:');
  command('families', 'list what a component can be')
    .option('--json', 'print JSON instead of the table')
    .action(async (flags: { json?: boolean }) => done(await (await import('./commands/families.ts')).runFamilies(flags, io)));
  command('textbook', "recompute the textbook's tables, digit by digit").action(async () =>
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
    .argument('<DATA.csv>', DATA_ARGUMENT)
    .optionsGroup('The model:')
    .option('--family <F>', "what a component is: exponential, binomial, gaussian, ... ('emkit families' lists them)")
    .option(
      '--families <list>',
      'a family for each column: height=gaussian,answer=categorical, options in brackets: hits=binomial(trials=10)',
    )
    .option('--option <name=value>', 'an option of the family: trials=10, trials-column=n, covariance=tied', collect)
    .addOption(
      new Option('--model <kind>', 'how rows get their component: each by itself (mixture), or from the row before (hidden-markov, or hmm)')
        .choices(['mixture', 'hidden-markov', 'hmm'])
        .default('mixture'),
    )
    .addOption(
      new Option('--initial <how>', 'of a hidden Markov model, how sequences begin (default: free)').choices(['free', 'stationary']),
    )
    .optionsGroup('The data:')
    .option('--sequence-column <name>', 'rows with the same value there are a sequence (default: all rows are one)')
    .option('--columns <names>', 'the data columns, with commas between them (default: all columns of numbers)', nameList)
    .option('--response <name>', 'of a regression: the column that is modelled')
    .option('--predictors <list>', 'the columns it is given: x,x^2,group=control:drug (powers; words, compared with the first)', nameList)
    .option('--offset-column <name>', 'a column added to the linear predictor, such as the logarithm of an exposure')
    .option('--weights-column <name>', 'a column of case weights: a weight of 3 is three equal rows')
    .option('--labels-column <name>', 'a column of known components, counted from 1; blank where unknown')
    .addOption(
      new Option('--first-label <number>', 'what the first component is called there: 0 or 1').argParser(wholeNumber(0)).default(1),
    )
    .option('--no-header', 'the file begins with its first row, not with names')
    .option('--missing [words]', 'values may be missing (blank, NA, NaN, null, ?, ., or these words) and are integrated out')
    .optionsGroup('The model:');
}

function algorithmOptions(command: Command): Command {
  return command
    .optionsGroup('The algorithm:')
    .option('--iterations <N>', 'the most iterations (default: 10000)', wholeNumber(0))
    .option('--tolerance <t>', 'stop at this estimated distance to the optimum; 0 never stops early (default: 1e-8)', nonNegativeNumber)
    .option('--starts <M>', 'how many automatic starts are tried (default: 12)', wholeNumber(1))
    .option('--seed <S>', 'the seed of the automatic starts (default: 1)', wholeNumber(-Infinity))
    .option('--plain', 'textbook EM, without acceleration');
}

function outputOptions(command: Command, out: string): Command {
  return command
    .optionsGroup('Output:')
    .option('--out <MODEL.json>', out)
    .option('--json', 'print one JSON object instead of the table')
    .option('--quiet', 'print nothing but errors');
}

/** Checked here and not by commander, which would complain of a missing option before it notices a misspelt one. */
function requireFlag(value: unknown, flag: string, advice: string): void {
  if (value === undefined) throw usageProblem(`${flag} is missing: ${advice}.`);
}

/** A command and its arguments, without the word [options] that every one of them would have. */
function termOf(command: Command): string {
  return [
    command.name(),
    ...command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`)),
  ].join(' ');
}

function bold(io: Io): (text: string) => string {
  const coloured = io.stdout.isTTY === true && !io.environment['NO_COLOR'];
  return coloured ? (text) => `\u001b[1m${text}\u001b[22m` : (text) => text;
}

/** The version in package.json. */
function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}
