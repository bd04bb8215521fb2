import { describeDiagnosis, type Fit, type Model, type ParameterValue } from '@emkit/core';
import type { FitData } from '../input/data.ts';
import { renderHistogram } from './histogram.ts';
import { plural, showCount, showLogLikelihood, showNumber, showWeight } from './numbers.ts';
import { renderScatter } from './scatter.ts';
import { renderTable, type TableColumn, wrapText } from './table.ts';
import type { Theme } from './theme.ts';

/** Whole covariance matrices are shown up to this many columns; beyond it they are too large to read. */
const WIDEST_MATRIX = 4;

/** A fit as a person reads it: the table, what happened, a plot. */
export function renderFit(fit: Fit, data: FitData, theme: Theme): string[] {
  return [
    ...renderTitle(fit, data, theme),
    '',
    ...renderComponents(fit.model, data.columns, theme),
    '',
    ...renderOutcome(fit, data.notes, theme),
    ...renderPlot(fit, data, theme),
  ];
}

function renderTitle(fit: Fit, data: FitData, theme: Theme): string[] {
  const { families } = fit.model.mixture;
  const options = Object.entries(families[0]!.options).filter(([name, value]) => name !== 'dimension' && value !== 'column');
  const family = `${families[0]!.id}${options.length === 0 ? '' : ` (${options.map(([name, value]) => `${name} ${String(value)}`).join(', ')})`}`;
  const weighted = fit.totalWeight === fit.rows ? '' : `, total weight ${showCount(fit.totalWeight)}`;
  const columns =
    data.columns.length > 6 ? `${data.columns.slice(0, 5).join(', ')} and ${data.columns.length - 5} more` : data.columns.join(', ');
  return [
    `  ${theme.bold(plural(families.length, 'component'))}${theme.bold(`, ${family}`)}`,
    ...wrapText(
      `${data.name}: ${plural(fit.rows, 'row')}${weighted}, ${data.columns.length === 1 ? 'column' : 'columns'} ${columns}`,
      theme.width,
    ).map(theme.dim),
  ];
}

/** Weights and parameters: a row for each component, or where they are vectors and matrices a column for each. */
export function renderComponents(model: Model, columns: readonly string[], theme: Theme): string[] {
  const family = model.mixture.families[0]!;
  const isScalar = model.components.every((values) => Object.values(values).every((value) => typeof value === 'number'));
  return isScalar && model.mixture.families.every((other) => other === family)
    ? renderScalars(model, theme)
    : renderEntries(model, columns, theme);
}

function renderScalars(model: Model, theme: Theme): string[] {
  const family = model.mixture.families[0]!;
  const names = Object.keys(family.parameters);
  const hasGiven = family.columns.some((column) => column.given === true);
  const showMean = family.mean !== undefined && !names.includes('mean') && !hasGiven;
  const showDeviation = names.includes('variance');
  const columns: TableColumn[] = [
    { header: 'component', kind: 'number' },
    { header: 'weight', kind: 'number' },
    ...names.map((header): TableColumn => ({ header, kind: 'number' })),
    ...(showMean ? [{ header: 'mean', kind: 'number' } as const] : []),
    ...(showDeviation ? [{ header: 'standard deviation', kind: 'number' } as const] : []),
  ];
  const rows = model.components.map((values, component) => [
    theme.component(component)(String(component + 1)),
    showWeight(model.weights[component]!),
    ...names.map((name) => showNumber(values[name] as number)),
    ...(showMean ? [showNumber(family.mean!(values)[0]!)] : []),
    ...(showDeviation ? [showNumber(Math.sqrt(values['variance'] as number))] : []),
  ]);
  return renderTable(columns, rows, theme);
}

interface Entry {
  readonly label: string;
  readonly read: (value: ParameterValue) => number;
}

function renderEntries(model: Model, columns: readonly string[], theme: Theme): string[] {
  const rows: { readonly label: string; readonly cells: readonly string[] }[] = [{ label: 'weight', cells: model.weights.map(showWeight) }];
  let isCut = false;
  for (const name of Object.keys(model.components[0]!)) {
    const { entries, cut } = entriesOf(name, model.components[0]![name]!, columns);
    isCut ||= cut;
    for (const { label, read } of entries)
      rows.push({ label, cells: model.components.map((values) => (values[name] === undefined ? '' : showNumber(read(values[name])))) });
  }
  const labelWidth = Math.max(...rows.map(({ label }) => label.length));
  const perTable = Math.max(1, Math.floor((theme.width - 2 - labelWidth) / 15));
  const lines: string[] = [];
  for (let first = 0; first < model.components.length; first += perTable) {
    const shown = model.components.map((_, component) => component).slice(first, first + perTable);
    if (first > 0) lines.push('');
    lines.push(
      ...renderTable(
        [
          { header: 'component' },
          ...shown.map((component): TableColumn => ({ header: theme.component(component)(String(component + 1)), kind: 'number' })),
        ],
        rows.map(({ label, cells }) => [label, ...shown.map((component) => cells[component]!)]),
        theme,
      ),
    );
  }
  if (isCut) lines.push('', theme.dim('  Covariances are left out here; --json and --out hold them.'));
  return lines;
}

function entriesOf(
  name: string,
  value: ParameterValue,
  columns: readonly string[],
): { readonly entries: readonly Entry[]; readonly cut: boolean } {
  const columnName = (index: number): string => columns[index] ?? String(index + 1);
  if (typeof value === 'number') return { entries: [{ label: name, read: (given) => given as number }], cut: false };
  if (typeof value[0] === 'number') {
    return {
      entries: value.map((_, index) => ({ label: `${name} ${columnName(index)}`, read: (given) => (given as readonly number[])[index]! })),
      cut: false,
    };
  }
  const entry =
    (row: number, column: number): Entry['read'] =>
    (given) =>
      (given as readonly (readonly number[])[])[row]![column]!;
  const matrix = value as readonly (readonly number[])[];
  const entries: Entry[] = matrix.map((_, index) => ({
    label: `standard deviation ${columnName(index)}`,
    read: (given) => Math.sqrt(entry(index, index)(given)),
  }));
  if (matrix.length > WIDEST_MATRIX) return { entries, cut: true };
  matrix.forEach((_, row) => {
    for (let column = 0; column <= row; column += 1) {
      entries.push({
        label: row === column ? `variance ${columnName(row)}` : `covariance ${columnName(column)}, ${columnName(row)}`,
        read: entry(row, column),
      });
    }
  });
  return { entries, cut: false };
}

function renderOutcome(fit: Fit, notes: readonly string[], theme: Theme): string[] {
  const { aic, bic, icl, parameters } = fit.criteria;
  const sentence = describeDiagnosis(fit.diagnosis);
  const after = `after ${plural(fit.iterations, 'iteration')}`;
  const [state, ...rest] = sentence.split(': ');
  const told = `${state!.charAt(0).toUpperCase()}${state!.slice(1)} ${after}${rest.length === 0 ? '' : `: ${rest.join(': ')}`}.`;
  const warnings = [...fit.warnings.filter((warning) => !warning.toLowerCase().startsWith(sentence.slice(0, 20).toLowerCase())), ...notes];
  return [
    `  log-likelihood  ${theme.bold(showLogLikelihood(fit.logLikelihood))}`,
    `  BIC ${showLogLikelihood(bic)}   AIC ${showLogLikelihood(aic)}   ICL ${showLogLikelihood(icl)}   ${theme.dim(`(${plural(parameters, 'free parameter')})`)}`,
    '',
    ...wrapText(told, theme.width).map(fit.converged ? theme.good : theme.warning),
    ...warnings.flatMap((warning) => wrapText(warning, theme.width).map(theme.warning)),
  ];
}

function renderPlot(fit: Fit, data: FitData, theme: Theme): string[] {
  const { families } = fit.model.mixture;
  const observed = families[0]!.columns.filter((column) => column.given !== true).length;
  if (observed !== families[0]!.columns.length) return [];
  const values = data.columns.map((name) => data.source[name]!);
  const plot =
    observed === 1
      ? renderHistogram({ name: data.columns[0]!, values: values[0]!, weights: data.weights }, fit.model, theme)
      : observed === 2
        ? renderScatter(data.columns, values, data.weights, fit.model.labels(data.source, { columns: data.columns }), fit.model, theme)
        : [];
  return plot.length === 0 ? [] : ['', ...plot];
}
