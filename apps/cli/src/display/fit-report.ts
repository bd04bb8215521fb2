import { describeDiagnosis, type Fit, type Model, type ParameterValue } from '@emkit/core';
import stringWidth from 'string-width';
import type { FitData } from '../input/data.ts';
import { renderHistogram } from './histogram.ts';
import { plural, showCount, showLogLikelihood, showNumber, showWeight } from './numbers.ts';
import { printable, printableName } from './printable.ts';
import { renderScatter } from './scatter.ts';
import { renderTable, type TableColumn, wrapText } from './table.ts';
import type { Theme } from './theme.ts';

/** Whole covariance matrices are shown up to this many columns; beyond it they are too large to read. */
const WIDEST_MATRIX = 4;

/** A fit as a person reads it: the table, what happened, a plot. */
export function renderFit(fit: Fit, data: FitData, theme: Theme): string[] {
  const names = data.columns.map(printableName);
  return [
    ...renderTitle(fit, data.name, names, theme),
    '',
    ...renderComponents(fit.model, names, theme),
    '',
    ...renderOutcome(fit, data.notes, theme),
    ...renderPlot(fit, data, names, theme),
  ];
}

function renderTitle(fit: Fit, file: string, names: readonly string[], theme: Theme): string[] {
  const { families } = fit.model.mixture;
  const options = Object.entries(families[0]!.options).filter(([name, value]) => name !== 'dimension' && value !== 'column');
  const family = `${families[0]!.id}${options.length === 0 ? '' : ` (${options.map(([name, value]) => `${name} ${String(value)}`).join(', ')})`}`;
  const weighted = fit.totalWeight === fit.rows ? '' : `, total weight ${showCount(fit.totalWeight)}`;
  const columns = names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  return [
    `  ${theme.bold(plural(families.length, 'component'))}${theme.bold(`, ${family}`)}`,
    ...wrapText(
      `${printable(file)}: ${plural(fit.rows, 'row')}${weighted}, ${names.length === 1 ? 'column' : 'columns'} ${columns}`,
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
  // Where a parameter is the mean itself (a Poisson rate), showing it twice says nothing.
  const isMean = (name: string): boolean => model.components.every((values) => values[name] === family.mean!(values)[0]);
  const showMean = family.mean !== undefined && !hasGiven && !names.some((name) => name === 'mean' || isMean(name));
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

interface EntryRow {
  readonly label: string;
  readonly cells: readonly string[];
}

/** Vectors and matrices: a column for each component, in as many tables as the width asks for. */
function renderEntries(model: Model, columns: readonly string[], theme: Theme): string[] {
  const rows: EntryRow[] = [{ label: 'weight', cells: model.weights.map(showWeight) }];
  for (const name of Object.keys(model.components[0]!)) rows.push(...entryRows(name, model, columns));
  const lines: string[] = [];
  for (let first = 0; first < model.components.length; ) {
    let shown = model.components.length - first;
    let table = entryTable(rows, first, shown, theme);
    while (shown > 1 && Math.max(...table.map((line) => stringWidth(line))) > theme.width) {
      shown -= 1;
      table = entryTable(rows, first, shown, theme);
    }
    lines.push(...(first > 0 ? [''] : []), ...table);
    first += shown;
  }
  if (columns.length > WIDEST_MATRIX && model.components.some((values) => Object.values(values).some(isMatrix))) {
    lines.push('', ...wrapText('The covariance matrices are left out here; --json and --out hold them.', theme.width).map(theme.dim));
  }
  return lines;
}

function entryTable(rows: readonly EntryRow[], first: number, shown: number, theme: Theme): string[] {
  const components = Array.from({ length: shown }, (_, index) => first + index);
  return renderTable(
    [
      { header: 'component' },
      ...components.map((component): TableColumn => ({ header: theme.component(component)(String(component + 1)), kind: 'number' })),
    ],
    rows.map(({ label, cells }) => [label, ...components.map((component) => cells[component] ?? '')]),
    theme,
  );
}

function isMatrix(value: ParameterValue): value is readonly (readonly number[])[] {
  return typeof value === 'object' && typeof value[0] === 'object';
}

/** A parameter's rows: one, or a heading and one for each entry. */
function entryRows(name: string, model: Model, columns: readonly string[]): EntryRow[] {
  const row = (label: string, read: (value: ParameterValue) => number): EntryRow => ({
    label,
    cells: model.components.map((values) => (values[name] === undefined ? '' : showNumber(read(values[name]), 5))),
  });
  const first = model.components[0]![name]!;
  const family = model.mixture.families[0]!;
  const domainKind = family.parameters[name]!.kind;
  const { support } = family.columns[0]!;
  const isPerColumn = typeof first === 'object' && first.length === columns.length && domainKind !== 'simplex';
  // The entries of a simplex belong to the values a column may take, from the smallest on.
  const smallest = support.kind === 'integer' && domainKind === 'simplex' ? support.minimum : 1;
  const columnName = (index: number): string => (isPerColumn ? columns[index]! : String(index + smallest));
  if (typeof first === 'number') return [row(name, (value) => value as number)];
  const heading = (label: string): EntryRow => ({ label, cells: [] });
  if (!isMatrix(first)) {
    return [heading(name), ...first.map((_, index) => row(`  ${columnName(index)}`, (value) => (value as readonly number[])[index]!))];
  }
  const entry = (i: number, j: number) => (value: ParameterValue) => (value as readonly (readonly number[])[])[i]![j]!;
  if (first.length > WIDEST_MATRIX) {
    return [
      heading('standard deviation'),
      ...first.map((_, index) => row(`  ${columnName(index)}`, (value) => Math.sqrt(entry(index, index)(value)))),
    ];
  }
  const rows: EntryRow[] = [heading(name)];
  first.forEach((_, i) => {
    for (let j = 0; j <= i; j += 1) rows.push(row(i === j ? `  ${columnName(i)}` : `  ${columnName(j)}, ${columnName(i)}`, entry(i, j)));
  });
  return rows;
}

function renderOutcome(fit: Fit, notes: readonly string[], theme: Theme): string[] {
  const { aic, bic, icl, parameters } = fit.criteria;
  const sentence = describeDiagnosis(fit.diagnosis);
  const after = `(${plural(fit.iterations, 'iteration')})`;
  const [state, ...rest] = sentence.split(': ');
  const told = `${state!.charAt(0).toUpperCase()}${state!.slice(1)} ${after}${rest.length === 0 ? '' : `: ${rest.join(': ')}`}.`;
  const warnings = [...fit.warnings.filter((warning) => !warning.toLowerCase().startsWith(sentence.slice(0, 20).toLowerCase())), ...notes];
  return [
    `  log-likelihood  ${theme.bold(showLogLikelihood(fit.logLikelihood))}   ${theme.dim(plural(parameters, 'free parameter'))}`,
    `  BIC ${bic.toFixed(2)}   AIC ${aic.toFixed(2)}   ICL ${icl.toFixed(2)}`,
    '',
    ...wrapText(told, theme.width).map(fit.converged ? theme.good : theme.warning),
    ...warnings.flatMap((warning) => wrapText(printable(warning), theme.width).map(theme.warning)),
  ];
}

function renderPlot(fit: Fit, data: FitData, names: readonly string[], theme: Theme): string[] {
  const { families } = fit.model.mixture;
  const observed = families[0]!.columns.filter((column) => column.given !== true).length;
  if (observed !== families[0]!.columns.length) return [];
  const values = data.columns.map((name) => data.source[name]!);
  const plot =
    observed === 1
      ? renderHistogram({ name: names[0]!, values: values[0]!, weights: data.weights }, fit.model, theme)
      : observed === 2
        ? renderScatter(names, values, data.weights, fit.model.labels(data.source, { columns: data.columns }), fit.model, theme)
        : [];
  return plot.length === 0 ? [] : ['', ...plot];
}
