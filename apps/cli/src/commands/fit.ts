import { createModelStructure, type Diagnosis, describeDiagnosis, type Fit, type FitOptions, fitAsync, gated } from '@emkit/core';
import { plural, showCount, showLogLikelihood } from '@emkit/core/text';
import { renderFit } from '../display/fit-report.ts';
import { themeFor } from '../display/theme.ts';
import { readHeld } from '../held.ts';
import { isHiddenMarkov, type LatentFlags, latentFor, requireHiddenMarkov } from '../hidden-markov.ts';
import { explainDataError, type FitData, readFitData, uncapitalised } from '../input/data.ts';
import { chooseFamily, type FamilyChoice, isRegression } from '../input/family-choice.ts';
import { inFile, readStartFile } from '../input/json-file.ts';
import { missingWords } from '../input/missing-words.ts';
import type { RegressionColumns } from '../input/predictors.ts';
import { chooseProduct } from '../input/product-choice.ts';
import { inputName } from '../input/source.ts';
import { type Io, write } from '../io.ts';
import { fitToJson, jsonText, modelToJson } from '../output/fit-json.ts';
import { Progress } from '../output/progress.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, interruption, Problem, usageProblem } from '../problem.ts';

/** Options that say which data and which family: shared by `fit` and `select`. */
export interface DataFlags extends LatentFlags {
  readonly family?: string;
  readonly families?: string;
  readonly missing?: true | string;
  readonly columns?: readonly string[];
  readonly response?: string;
  readonly predictors?: readonly string[];
  readonly offsetColumn?: string;
  readonly option?: readonly string[];
  readonly weightsColumn?: string;
  readonly labelsColumn?: string;
  readonly firstLabel: number;
  readonly header: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** The options of `emkit fit`. */
export interface FitFlags extends DataFlags {
  readonly components: number;
  readonly gateColumns?: readonly string[];
  readonly start?: string;
  readonly fix?: readonly string[];
  readonly iterations?: number;
  readonly tolerance?: number;
  readonly seed?: number;
  readonly starts?: number;
  readonly plain?: boolean;
  readonly out?: string;
  readonly certify?: boolean;
}

/** `emkit fit DATA.csv`. */
export async function runFit(path: string, flags: FitFlags, io: Io): Promise<number> {
  const began = performance.now();
  const { components } = flags;
  requireComponents([components]);
  requireHiddenMarkov(flags);
  if (flags.certify && isHiddenMarkov(flags)) throw usageProblem('--certify is for mixtures.');
  if (path === '-' && flags.start === '-') throw usageProblem('The data and the start cannot both be the standard input.');
  if (flags.json && flags.out === '-') throw usageProblem('--json and --out - would both write to the standard output.');
  const choice = choiceOf(flags);
  const gate = flags.gateColumns && gated(components, { columns: flags.gateColumns });
  if (gate !== undefined && isHiddenMarkov(flags)) throw usageProblem('--gate-columns is not for hidden Markov models.');
  if (gate !== undefined && flags.certify)
    throw usageProblem('--certify is for mixtures; with --gate-columns there is no reference to certify by.');
  await checkWritable(flags.out);
  const start = flags.start === undefined ? undefined : await readStartFile(flags.start, io, isHiddenMarkov(flags));
  const progress = new Progress(io, flags.quiet === true);
  try {
    const data = await readData(path, flags, choice, components, progress, io);
    const read = performance.now();
    if (components > data.table.rows) throw new Problem(`${data.name}: ${uncapitalised(tooFewRows(components, data.table.rows))}`);
    const ofLabels = isHiddenMarkov(flags) ? ['initial', 'transitions'] : ['weights'];
    const held = readHeld(flags.fix ?? [], data.family, components, ofLabels);
    const asLatent = () => latentFor(flags, components, start, flags.fix ?? []);
    const chain = start === undefined ? asLatent() : inFile(flags.start!, asLatent);
    const latent = gate ?? chain;
    const of = { family: data.family, components, ...(latent && { latent }) };
    if (start !== undefined) inFile(flags.start!, () => createModelStructure(of).space.check(start));
    progress.say(start === undefined ? 'fitting: trying starts' : 'fitting');
    const fit = await runEngine(
      data,
      {
        ...of,
        ...(start !== undefined && { start }),
        ...(held !== undefined && { held }),
        ...(flags.iterations !== undefined && { iterations: flags.iterations }),
        ...(flags.tolerance !== undefined && { tolerance: flags.tolerance }),
        ...(flags.seed !== undefined && { seed: flags.seed }),
        ...(flags.starts !== undefined && { starts: flags.starts }),
        accelerate: flags.plain !== true,
      },
      flags.weightsColumn,
      progress,
      io,
    );
    const fitted = performance.now();
    const failed = isFailure(fit.diagnosis);
    const certification = flags.certify && !failed ? await (await import('./certify.ts')).certifyFit(fit, data, progress, io) : undefined;
    const timing = { readMilliseconds: read - began, fitMilliseconds: fitted - read, totalMilliseconds: performance.now() - began };
    progress.stop();

    if (flags.json) await write(io.stdout, jsonText(fitToJson(fit, data, timing, certification?.json)));
    if (failed)
      throw new Problem(
        `${data.name}: ${describeDiagnosis(fit.diagnosis)}. There is no fit${flags.out === undefined ? '' : `, and ${flags.out} was not written`}.`,
      );
    if (flags.out !== undefined) await writeOutput(flags.out, [jsonText(modelToJson(fit, data), 2)], io);
    if (!flags.json && !flags.quiet && flags.out !== '-') {
      const theme = themeFor(io.stdout, io.environment);
      const saved = flags.out === undefined ? [] : ['', `  The model is in ${flags.out}.`];
      const certified = certification === undefined ? [] : ['', ...certification.render(theme)];
      await write(io.stdout, `${['', ...renderFit(fit, data, theme), ...certified, ...saved, ''].join('\n')}\n`);
    }
    return EXIT.done;
  } finally {
    progress.stop();
  }
}

/** What `--family` or `--families` say. */
export function choiceOf({ family, families, option = [], columns }: DataFlags): FamilyChoice {
  if (families === undefined) return chooseFamily(family!, option);
  if (family !== undefined) throw usageProblem('--family and --families exclude one another.');
  if (option.length > 0) throw usageProblem('With --families, options stand in brackets: hits=binomial(trials=10).');
  if (columns !== undefined) throw usageProblem('--families names the columns: leave --columns out.');
  return chooseProduct(families);
}

/** @throws Problem for a number of components that no model has */
export function requireComponents(counts: readonly number[]): void {
  for (const count of counts) {
    if (count < 1) throw new Problem(`The number of components is ${count}. Give --components a whole number of at least 1.`);
  }
}

/** Why a file has no fit with so many components. */
export function tooFewRows(components: number, rows: number): string {
  return `There are ${plural(components, 'component')}, but only ${plural(rows, 'row')}. Use fewer components, or more data.`;
}

/** Reads the data as the options say, showing how far it has come. */
export function readData(
  path: string,
  flags: DataFlags & { readonly gateColumns?: readonly string[] },
  choice: FamilyChoice,
  components: number,
  progress: Progress,
  io: Io,
): Promise<FitData> {
  progress.say(`reading ${inputName(path)}`);
  return readFitData(
    {
      path,
      columns: flags.columns,
      weightsColumn: flags.weightsColumn,
      labelsColumn: flags.labelsColumn,
      regression: regressionOf(flags, choice),
      gate: flags.gateColumns,
      sequenceColumn: flags.sequenceColumn,
      firstLabel: flags.firstLabel,
      header: flags.header,
      missing: missingWords(flags.missing),
      onRows: (rows) => progress.say(`reading ${inputName(path)}: ${showCount(rows)} rows`),
    },
    choice,
    components,
    io,
  );
}

/** @throws Problem where what is asked for is half a regression */
function regressionOf(flags: DataFlags, { definition, optionColumns }: FamilyChoice): RegressionColumns | undefined {
  const { response, predictors, offsetColumn, columns } = flags;
  if (!isRegression(definition)) {
    const stray = response ?? predictors?.[0] ?? offsetColumn;
    if (stray === undefined) return undefined;
    throw usageProblem(
      `--response, --predictors and --offset-column are for regressions, for example --family ${definition.id === 'poisson' ? 'poisson' : 'gaussian'}-regression.`,
    );
  }
  if (response === undefined || predictors === undefined)
    throw usageProblem(`The family ${definition.id} needs --response y --predictors x,x^2,group=control:drug.`);
  if (columns !== undefined) throw usageProblem('--columns is not for regressions: --response and --predictors name their columns.');
  const trials = optionColumns['trials'];
  return { response, predictors, ...(trials !== undefined && { trials }), ...(offsetColumn !== undefined && { offset: offsetColumn }) };
}

async function runEngine(data: FitData, options: FitOptions, weightsColumn: string | undefined, progress: Progress, io: Io): Promise<Fit> {
  try {
    const fit = await fitAsync(data.source, {
      ...options,
      columns: data.columns,
      ...data.holes,
      ...(data.weights && { weights: data.weights }),
      ...(data.labels && { labels: data.labels }),
      ...(data.sequences && { sequences: data.sequences }),
      signal: io.signal,
      onProgress: ({ iteration, logLikelihood }) =>
        progress.say(`fitting: iteration ${showCount(iteration)}, log-likelihood ${showLogLikelihood(logLikelihood)}`),
    });
    if (fit.diagnosis.kind === 'aborted') throw interruption();
    return fit;
  } catch (error) {
    throw explainDataError(error, data.table, data.name, weightsColumn);
  }
}

function isFailure({ kind }: Diagnosis): boolean {
  return kind === 'collapsed' || kind === 'decreased';
}
