import { type Criterion, describeDiagnosis, type SelectCandidate, type Selection, selectAsync } from '@emkit/core';
import { renderFit } from '../display/fit-report.ts';
import { plural, showLogLikelihood } from '../display/numbers.ts';
import { printable } from '../display/printable.ts';
import { renderTable, type TableColumn, wrapText } from '../display/table.ts';
import { type Theme, themeFor } from '../display/theme.ts';
import { explainDataError, type FitData, uncapitalised } from '../input/data.ts';
import { chooseFamily } from '../input/family-choice.ts';
import { type Io, write } from '../io.ts';
import { fitToJson, jsonText, modelToJson } from '../output/fit-json.ts';
import { Progress } from '../output/progress.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, interruption, Problem, usageProblem } from '../problem.ts';
import { type DataFlags, readData, requireComponents, tooFewRows } from './fit.ts';

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
  if (flags.json && flags.out === '-') throw usageProblem('--json and --out - would both write to the standard output.');
  const choice = chooseFamily(flags.family, flags.option ?? []);
  await checkWritable(flags.out);
  const progress = new Progress(io, flags.quiet === true);
  try {
    const data = await readData(path, flags, choice, Math.max(...components), progress, io);
    const read = performance.now();
    const selection = await tryAll(data, flags, progress, io);
    const { candidates, best, aborted } = selection;
    progress.stop();
    const fitted = performance.now();
    const timing = { readMilliseconds: read - began, fitMilliseconds: fitted - read, totalMilliseconds: fitted - began };
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
  const candidates: SelectCandidate[] = [];
  const counts = components.filter((count) => count <= rows);
  if (counts.length === 0) throw new Problem(`${data.name}: ${uncapitalised(tooFewRows(components[0]!, rows))}`);
  const say = (): void => {
    const next = counts[candidates.length];
    if (next === undefined) return;
    progress.say(
      `fitting ${plural(next, 'component')} (${candidates.length + 1} of ${components.length})`,
      candidates.map((candidate) => outcomeOf(candidate, criterion)),
    );
  };
  say();
  const selection = await selectAsync(data.source, {
    family: data.family,
    components: counts,
    criterion,
    columns: data.columns,
    ...(data.weights && { weights: data.weights }),
    ...(data.labels && { labels: data.labels }),
    ...(flags.iterations !== undefined && { iterations: flags.iterations }),
    ...(flags.tolerance !== undefined && { tolerance: flags.tolerance }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...(flags.starts !== undefined && { starts: flags.starts }),
    accelerate: flags.plain !== true,
    signal: io.signal,
    onCandidate: (candidate) => {
      candidates.push(candidate);
      say();
    },
  }).catch((error: unknown) => {
    throw explainDataError(error, data.table, data.name, flags.weightsColumn);
  });
  if (selection.aborted) return selection;
  const tooMany = components.filter((count) => count > rows).map((count) => ({ components: count, refused: tooFewRows(count, rows) }));
  return { ...selection, candidates: [...candidates, ...tooMany] };
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
    best: best.weights.length,
    candidates: candidates.map(({ components, fit, refused }) => ({
      components,
      ...(fit && { logLikelihood: fit.logLikelihood, criteria: fit.criteria, diagnosis: fit.diagnosis, iterations: fit.iterations }),
      ...(refused !== undefined && { refused }),
    })),
    ...(aborted && { interrupted: true }),
    fit: fitToJson(best, data, timing),
  };
}

function renderSelection({ criterion, candidates, best, aborted }: Selection, data: FitData, flags: SelectFlags, theme: Theme): string[] {
  const header = (name: Criterion): string => (name === criterion ? `${name.toUpperCase()} *` : name.toUpperCase());
  const columns: TableColumn[] = [
    { header: 'K', kind: 'number' },
    { header: 'log-likelihood', kind: 'number' },
    { header: 'parameters', kind: 'number' },
    { header: header('bic'), kind: 'number' },
    { header: header('aic'), kind: 'number' },
    { header: header('icl'), kind: 'number' },
    { header: '' },
  ];
  const rows = candidates.map((candidate) => {
    const { components, fit } = candidate;
    const cells =
      fit === undefined
        ? ['', '', '', '', '']
        : [
            showLogLikelihood(fit.logLikelihood),
            String(fit.criteria.parameters),
            ...(['bic', 'aic', 'icl'] as const).map((name) => fit.criteria[name].toFixed(2)),
          ];
    return [String(components), ...cells, remarkOn(candidate, best.weights.length, theme)];
  });
  const remarks = candidates
    .filter(({ refused }) => refused !== undefined)
    .flatMap(({ components, refused }) =>
      wrapText(printable(`${plural(components, 'component')}: ${refused}`), theme.width).map(theme.warning),
    );
  return [
    '',
    ...renderTable(columns, rows, theme),
    '',
    ...wrapText(
      aborted
        ? `* The smallest ${criterion.toUpperCase()} of those that were finished is that of ${plural(best.weights.length, 'component')}. The others were not tried.`
        : `* The smallest ${criterion.toUpperCase()} chooses ${plural(best.weights.length, 'component')}.${flags.out === undefined ? '' : ` The model is in ${flags.out}.`}`,
      theme.width,
    ),
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
    '',
    ...renderFit(best, data, theme),
    '',
  ];
}

function remarkOn({ components, fit, refused }: SelectCandidate, best: number, theme: Theme): string {
  if (refused !== undefined) return theme.warning('no fit');
  if (components === best) return theme.good('◀ best');
  return fit!.converged ? '' : theme.warning(describeDiagnosis(fit!.diagnosis).split(':')[0]!.split(' before')[0]!);
}
