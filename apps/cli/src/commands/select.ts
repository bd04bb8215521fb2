import { type Criterion, type SelectCandidate, Selection, selectAsync } from '@emkit/core';
import { plural, showLogLikelihood } from '@emkit/core/text';
import { renderFit } from '../display/fit-report.ts';
import { type Theme, themeFor } from '../display/theme.ts';
import { isHiddenMarkov, latentFor, requireHiddenMarkov } from '../hidden-markov.ts';
import { explainDataError, type FitData, uncapitalised } from '../input/data.ts';
import { type Io, write } from '../io.ts';
import { fitToJson, jsonText, modelToJson } from '../output/fit-json.ts';
import { Progress } from '../output/progress.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, interruption, Problem, usageProblem } from '../problem.ts';
import { choiceOf, type DataFlags, readData, requireComponents, tooFewRows } from './fit.ts';

/** The options of `emkit select`. */
export interface SelectFlags extends DataFlags {
  readonly components: readonly number[];
  readonly criterion: Criterion;
  readonly iterations?: number;
  readonly tolerance?: number;
  readonly seed?: number;
  readonly starts?: number;
  readonly plain?: boolean;
  readonly out?: string;
}

/** `emkit select DATA.csv`. */
export async function runSelect(path: string, flags: SelectFlags, io: Io): Promise<number> {
  const began = performance.now();
  const { components } = flags;
  requireComponents(components);
  requireHiddenMarkov(flags);
  if (flags.json && flags.out === '-') throw usageProblem('--json and --out - would both write to the standard output.');
  const choice = choiceOf(flags);
  await checkWritable(flags.out);
  const progress = new Progress(io, flags.quiet === true);
  try {
    const data = await readData(path, flags, choice, Math.max(...components), progress, io);
    const read = performance.now();
    const selection = await tryAll(data, flags, progress, io);
    progress.stop();
    const fitted = performance.now();
    const timing = { readMilliseconds: read - began, fitMilliseconds: fitted - read, totalMilliseconds: fitted - began };
    const { aborted, best, candidates } = selection;
    if (flags.out !== undefined && !aborted) await writeOutput(flags.out, [jsonText(modelToJson(best, data), 2)], io);
    if (flags.json) await write(io.stdout, jsonText(selectionToJson(selection, data, timing)));
    else if (!flags.quiet && flags.out !== '-')
      await write(io.stdout, `${renderSelection(selection, data, flags, themeFor(io.stdout, io.environment)).join('\n')}\n`);
    if (aborted) throw interruption(`stopped after ${candidates.length} of ${components.length} numbers of components`);
    return EXIT.done;
  } finally {
    progress.stop();
  }
}

/** Fits each number of components. A signal ends it with those that are finished, if there is a fit among them. */
async function tryAll(data: FitData, flags: SelectFlags, progress: Progress, io: Io): Promise<Selection> {
  const { components, criterion } = flags;
  const { rows } = data.table;
  const finished: SelectCandidate[] = [];
  const counts = components.filter((count) => count <= rows);
  if (counts.length === 0) throw new Problem(`${data.name}: ${uncapitalised(tooFewRows(components[0]!, rows))}`);
  const say = (): void => {
    const next = counts[finished.length];
    if (next === undefined) return;
    progress.say(
      `fitting ${plural(next, 'component')} (${finished.length + 1} of ${components.length})`,
      finished.map((candidate) => outcomeOf(candidate, criterion)),
    );
  };
  say();
  try {
    const selection = await selectAsync(data.source, {
      family: data.family,
      components: counts,
      criterion,
      columns: data.columns,
      ...data.holes,
      ...(data.weights && { weights: data.weights }),
      ...(data.labels && { labels: data.labels }),
      ...(data.sequences && { sequences: data.sequences }),
      ...(isHiddenMarkov(flags) && { latent: (count: number) => latentFor(flags, count, undefined, [])! }),
      ...(flags.iterations !== undefined && { iterations: flags.iterations }),
      ...(flags.tolerance !== undefined && { tolerance: flags.tolerance }),
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(flags.starts !== undefined && { starts: flags.starts }),
      accelerate: flags.plain !== true,
      signal: io.signal,
      onCandidate: (candidate) => {
        finished.push(candidate);
        say();
      },
    });
    if (selection.aborted || counts.length === components.length) return selection;
    const tooMany = components.filter((count) => count > rows).map((count) => ({ components: count, refused: tooFewRows(count, rows) }));
    return new Selection({ ...selection, candidates: [...selection.candidates, ...tooMany] });
  } catch (error) {
    throw explainDataError(error, data.table, data.name, flags.weightsColumn);
  }
}

/** A candidate in a line. */
function outcomeOf({ components, fit, refused }: SelectCandidate, criterion: Criterion): string {
  const outcome =
    fit === undefined || refused !== undefined
      ? `no fit: ${refused}`
      : `log-likelihood ${showLogLikelihood(fit.logLikelihood)}, ${criterion.toUpperCase()} ${fit.criteria[criterion].toFixed(2)}`;
  return `${plural(components, 'component')}: ${outcome}`;
}

function selectionToJson(
  { criterion, candidates, best, aborted }: Selection,
  data: FitData,
  timing: Parameters<typeof fitToJson>[2],
): Record<string, unknown> {
  return {
    criterion,
    best: best.components.length,
    candidates: candidates.map(({ components, fit, refused }) => ({
      components,
      ...(fit && { logLikelihood: fit.logLikelihood, criteria: fit.criteria, diagnosis: fit.diagnosis, iterations: fit.iterations }),
      ...(refused !== undefined && { refused }),
    })),
    ...(aborted && { interrupted: true }),
    fit: fitToJson(best, data, timing),
  };
}

function renderSelection(selection: Selection, data: FitData, flags: SelectFlags, theme: Theme): string[] {
  const saved = flags.out === undefined || selection.aborted ? [] : [`The model is in ${flags.out}.`];
  return ['', selection.summary({ ...theme, notes: saved }), '', ...renderFit(selection.best, data, theme), ''];
}
