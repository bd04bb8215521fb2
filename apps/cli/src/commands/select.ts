import { type Criterion, describeDiagnosis, type SelectCandidate, type Selection, selectAsync } from '@emkit/core';
import { renderFit } from '../display/fit-report.ts';
import { plural, showLogLikelihood } from '../display/numbers.ts';
import { renderTable, type TableColumn, wrapText } from '../display/table.ts';
import { type Theme, themeFor } from '../display/theme.ts';
import { explainDataError, type FitData } from '../input/data.ts';
import { chooseFamily } from '../input/family-choice.ts';
import { type Io, write } from '../io.ts';
import { fitToJson, modelToJson } from '../output/fit-json.ts';
import { Progress } from '../output/progress.ts';
import { checkWritable, writeOutput } from '../output/write-file.ts';
import { EXIT, usageProblem } from '../problem.ts';
import { type DataFlags, readData, requireComponents } from './fit.ts';

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
  const { components, criterion } = flags;
  requireComponents(components);
  if (flags.json && flags.out === '-') throw usageProblem('--json and --out - would both write to the standard output.');
  const choice = chooseFamily(flags.family, flags.option ?? []);
  await checkWritable(flags.out);
  const progress = new Progress(io, flags.quiet === true);
  try {
    const data = await readData(path, flags, choice, Math.max(...components), progress, io);
    const read = performance.now();
    const say = (done: number): void =>
      progress.say(`fitting ${plural(components[done]!, 'component')} (${done + 1} of ${components.length})`);
    say(0);
    let done = 0;
    const selection = await selectAsync(data.source, {
      family: data.family,
      components,
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
      onCandidate: () => {
        done += 1;
        if (done < components.length) say(done);
      },
    }).catch((error: unknown) => {
      throw explainDataError(error, data.table, data.name, flags.weightsColumn);
    });
    progress.stop();
    const fitted = performance.now();
    const timing = { readMilliseconds: read - began, fitMilliseconds: fitted - read, totalMilliseconds: fitted - began };
    if (flags.out !== undefined) await writeOutput(flags.out, [`${JSON.stringify(modelToJson(selection.best, data), null, 2)}\n`], io);
    if (flags.json) await write(io.stdout, `${JSON.stringify(selectionToJson(selection, data, timing))}\n`);
    else if (!flags.quiet && flags.out !== '-')
      await write(io.stdout, `${renderSelection(selection, data, flags, themeFor(io.stdout, io.environment)).join('\n')}\n`);
    return EXIT.done;
  } finally {
    progress.stop();
  }
}

function selectionToJson(
  { criterion, candidates, best }: Selection,
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
    fit: fitToJson(best, data, timing),
  };
}

function renderSelection({ criterion, candidates, best }: Selection, data: FitData, flags: SelectFlags, theme: Theme): string[] {
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
    .flatMap(({ components, refused }) => wrapText(`${plural(components, 'component')}: ${refused}`, theme.width).map(theme.warning));
  return [
    '',
    ...renderTable(columns, rows, theme),
    '',
    ...wrapText(
      `* The smallest ${criterion.toUpperCase()} chooses ${plural(best.weights.length, 'component')}.${flags.out === undefined ? '' : ` The model is in ${flags.out}.`}`,
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
