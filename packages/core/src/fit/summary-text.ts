import { describeDiagnosis } from '../driver/diagnosis.ts';
import type { Criterion } from '../inference/criteria.ts';
import { plural, showCount, showLogLikelihood } from '../text/numbers.ts';
import { printable, printableName } from '../text/printable.ts';
import { PLAIN, type TextStyle } from '../text/style.ts';
import { renderTable, type TableColumn, wrapText } from '../text/table.ts';
import { textWidth } from '../text/width.ts';
import { renderComponents } from './component-table.ts';
import type { Model } from './model.ts';
import type { Fit } from './result.ts';
import type { SelectCandidate, Selection } from './select.ts';

/** How a summary is written. A `TextStyle` may be spread into it. */
export interface SummaryOptions extends Partial<TextStyle> {
  /** What the data are called, for example the name of their file. */
  readonly name?: string;
  /** Names of the columns. Default: those of the data of a fit, those of the family of a model. */
  readonly columns?: readonly string[];
  /** Further sentences, said last. */
  readonly notes?: readonly string[];
  /** Where what is too long to be shown may be found: a clause. Default `the components hold them`. */
  readonly leftOut?: string;
}

/** Has consoles show the summary of an object, and not eighty lines of numbers. */
export function showInConsoles(shown: { summary(): string }): void {
  Object.defineProperty(shown, Symbol.for('nodejs.util.inspect.custom'), {
    value: (depth: number) => (depth < 0 ? `[${shown.constructor.name}]` : shown.summary()),
  });
}

/** What a model is, as text for people. */
export function describeModel(model: Model, options: SummaryOptions): string {
  const style: TextStyle = { ...PLAIN, ...options };
  const columns = options.columns ?? model.structure.families[0]!.columns.map(({ name }) => name);
  return [...renderTitle(model, style), '', ...components(model, columns, options, style)].join('\n');
}

/** What a fit came to, as text for people. */
export function describeFit(fit: Fit, options: SummaryOptions): string {
  const style: TextStyle = { ...PLAIN, ...options };
  const columns = options.columns ?? fit.columnNames;
  return [
    ...renderTitle(fit.model, style),
    ...renderData(fit, columns, options.name, style),
    '',
    ...components(fit.model, columns, options, style),
    '',
    ...renderOutcome(fit, options.notes ?? [], style),
  ].join('\n');
}

/** What a choice came to, as text for people: a row for each candidate, and which is chosen. */
export function describeSelection(selection: Selection, options: SummaryOptions): string {
  const style: TextStyle = { ...PLAIN, ...options };
  const { candidates, best, criterion, aborted } = selection;
  const chosen = plural(best.components.length, 'component');
  const name = criterion.toUpperCase();
  const sentence = aborted
    ? `* The smallest ${name} of those that were finished is that of ${chosen}. The others were not tried.`
    : `* The smallest ${name} chooses ${chosen}.`;
  const remarks = candidates.flatMap(({ components: count, refused }) =>
    refused === undefined ? [] : wrapText(printable(`${plural(count, 'component')}: ${refused}`), style.width).map(style.warning),
  );
  return [
    ...renderCandidates(selection, style),
    '',
    ...wrapText([sentence, ...(options.notes ?? [])].join(' '), style.width),
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
  ].join('\n');
}

function components(
  model: Model,
  columns: readonly string[],
  { leftOut = 'the components hold them' }: SummaryOptions,
  style: TextStyle,
): string[] {
  return renderComponents(model, columns, leftOut, style);
}

function renderTitle({ structure, components: { length } }: Model, { width, bold }: TextStyle): string[] {
  const names = [...new Set(structure.families)].map(({ id, options }) => {
    // The dimension is seen; an option that a column holds row by row is no number; words stand beside their probabilities.
    const shown = Object.entries(options).filter(
      ([name, value]) => name !== 'dimension' && value !== 'column' && typeof value !== 'object',
    );
    return `${id}${shown.length === 0 ? '' : ` (${shown.map(([name, value]) => `${name} ${String(value)}`).join(', ')})`}`;
  });
  const law = structure.latent.logWeights === undefined ? `, ${structure.latent.id}` : '';
  return wrapText(printable(`${plural(length, 'component')}, ${names.join(' and ')}${law}`), width).map(bold);
}

function renderData(fit: Fit, columns: readonly string[], name: string | undefined, { width, dim }: TextStyle): string[] {
  const names = columns.map(printableName);
  const listed = names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  const weighted = fit.totalWeight === fit.rows - (fit.missing?.dropped ?? 0) ? '' : `, total weight ${showCount(fit.totalWeight)}`;
  const of = name === undefined ? '' : `${printable(name)}: `;
  const text = `${of}${plural(fit.rows, 'row')}${weighted}, ${names.length === 1 ? 'column' : 'columns'} ${listed}${describeMissing(fit)}`;
  return wrapText(text, width).map(dim);
}

function describeMissing({ missing, columnNames, rows }: Fit): string {
  if (missing === undefined) return '';
  if (missing.dropped > 0) return `; ${plural(missing.dropped, 'row')} with missing values left out`;
  const cells = missing.cells.reduce((sum, count) => sum + count, 0);
  const share = ((100 * cells) / (rows * columnNames.length)).toFixed(1);
  const empty = missing.emptyRows === 0 ? '' : `, ${plural(missing.emptyRows, 'row')} without any value`;
  return `; ${plural(cells, 'missing value')} (${share} %)${empty}`;
}

function renderOutcome(fit: Fit, notes: readonly string[], style: TextStyle): string[] {
  const { aic, bic, icl, parameters } = fit.criteria;
  const sentence = describeDiagnosis(fit.diagnosis);
  const [state, ...rest] = sentence.split(': ');
  const told = `${state!.charAt(0).toUpperCase()}${state!.slice(1)} (${describeIterations(fit)})${rest.length === 0 ? '' : `: ${rest.join(': ')}`}.`;
  const warnings = [...fit.warnings.filter((warning) => !warning.toLowerCase().startsWith(sentence.slice(0, 20).toLowerCase())), ...notes];
  const line = (parts: readonly string[]): string[] => {
    const whole = `  ${parts.join('   ')}`;
    return textWidth(whole) <= style.width ? [whole] : parts.map((part) => `  ${part}`);
  };
  return [
    ...line([`log-likelihood  ${style.bold(showLogLikelihood(fit.logLikelihood))}`, style.dim(plural(parameters, 'free parameter'))]),
    ...line([`BIC ${bic.toFixed(2)}`, `AIC ${aic.toFixed(2)}`, `ICL ${icl.toFixed(2)}`]),
    '',
    ...wrapText(printable(told), style.width).map(fit.converged ? style.good : style.warning),
    ...warnings.flatMap((warning) => wrapText(printable(warning), style.width).map(style.warning)),
  ];
}

/** None were needed where the start had arrived already: "0 iterations" would read as if nothing had been done. */
function describeIterations({ iterations, converged, starts: { length } }: Fit): string {
  if (iterations > 0 || !converged) return plural(iterations, 'iteration');
  return length === 0 ? 'where it started' : `in the short run${length === 1 ? ' of its start' : 's of its starts'}`;
}

function renderCandidates({ candidates, criterion, best }: Selection, style: TextStyle): string[] {
  const render = (criteria: readonly Criterion[], counts: boolean): string[] => {
    const numbers = ['K', 'log-likelihood', ...(counts ? ['parameters'] : [])].map((header): TableColumn => ({ header, kind: 'number' }));
    const charged = criteria.map(
      (name): TableColumn => ({ header: `${name.toUpperCase()}${name === criterion ? ' *' : ''}`, kind: 'number' }),
    );
    const rows = candidates.map((candidate) => {
      const { components: count, fit } = candidate;
      const cells =
        fit === undefined
          ? [...numbers.slice(1), ...charged].map(() => '')
          : [
              showLogLikelihood(fit.logLikelihood),
              ...(counts ? [String(fit.criteria.parameters)] : []),
              ...criteria.map((name) => fit.criteria[name].toFixed(2)),
            ];
      return [String(count), ...cells, remarkOn(candidate, best.components.length, style)];
    });
    return renderTable([...numbers, ...charged, { header: '' }], rows, style);
  };
  const table = render(['bic', 'aic', 'icl'], true);
  return Math.max(...table.map(textWidth)) <= style.width ? table : render([criterion], false);
}

function remarkOn({ components: count, fit, refused }: SelectCandidate, best: number, { good, warning }: TextStyle): string {
  if (refused !== undefined) return warning('no fit');
  if (count === best) return good('◀ best');
  return fit!.converged ? '' : warning(describeDiagnosis(fit!.diagnosis).split(':')[0]!.split(' before')[0]!);
}
