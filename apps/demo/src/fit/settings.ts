import type { Criterion, FamilyDefinition, FamilyOption } from '@emkit/core';
import * as registered from '@emkit/families';
import { families, familyById } from '@emkit/families';
import type { Sample } from '../samples.ts';
import type { ColumnSummary, FitRequest, TableSummary } from './protocol.ts';

/** What the form holds. Numbers are text while they are typed. */
export interface Settings {
  readonly columns: readonly string[];
  readonly weights: string;
  readonly family: string;
  /** Values of the family's options; a column's name after `column:` where an option is given row by row. */
  readonly options: Readonly<Record<string, string>>;
  readonly choose: boolean;
  readonly from: string;
  readonly to: string;
  readonly components: string;
  readonly criterion: Criterion;
  readonly seed: string;
  readonly starts: string;
}

export const MOST_COMPONENTS = 20;
const FROM_COLUMN = 'column:';

export function optionColumn(value: string): string | undefined {
  return value.startsWith(FROM_COLUMN) ? value.slice(FROM_COLUMN.length) : undefined;
}

export function asOptionColumn(name: string): string {
  return `${FROM_COLUMN}${name}`;
}

function isForSeveral(definition: FamilyDefinition): boolean {
  return Object.values(definition.options).some((option) => option.kind === 'integer' && option.fromColumns === true);
}

/** The families that take so many data columns. */
export function familiesFor(columns: number): readonly FamilyDefinition[] {
  return families.filter((definition) => {
    if (definition.fromJson !== undefined) return false;
    if (isForSeveral(definition)) return columns >= 2;
    return definition(definition.variants[0]).columns.filter((column) => column.given !== true).length === columns;
  });
}

/** The name under which the families' package exports a definition. */
export function exportName(id: string): string {
  const definition = familyById(id);
  return Object.entries(registered).find(([, value]) => value === definition)![0];
}

/** The options a form shows: those that the columns give are not for choosing. */
export function shownOptions(definition: FamilyDefinition): readonly (readonly [string, FamilyOption])[] {
  return Object.entries(definition.options).filter(([, option]) => !(option.kind === 'integer' && option.fromColumns));
}

function defaultOptions(definition: FamilyDefinition, column: ColumnSummary | undefined): Record<string, string> {
  return Object.fromEntries(
    shownOptions(definition).map(([name, option]) => {
      const value = option.default ?? Math.max(option.kind === 'integer' ? option.minimum : 0, Math.ceil(column?.maximum ?? 0));
      return [name, String(value)];
    }),
  );
}

/** Another family, with its usual options; those of the same name keep their value where it is allowed. */
export function withFamily(settings: Settings, family: string, table: TableSummary): Settings {
  const definition = familyById(family);
  const options = defaultOptions(definition, columnOf(table, settings.columns[0]));
  for (const [name, option] of Object.entries(definition.options)) {
    const old = settings.options[name];
    if (old !== undefined && option.kind === 'choice' && option.values.includes(old)) options[name] = old;
  }
  return { ...settings, family, options };
}

/** Other columns; the family follows when it cannot take so many. */
export function withColumns(settings: Settings, columns: readonly string[], table: TableSummary): Settings {
  const next = { ...settings, columns, weights: columns.includes(settings.weights) ? '' : settings.weights };
  const possible = familiesFor(columns.length);
  if (possible.some(({ id }) => id === settings.family)) return next;
  const usual = possible.find(({ id }) => id.endsWith('gaussian')) ?? possible[0];
  return usual === undefined ? next : withFamily(next, usual.id, table);
}

export function columnOf(table: TableSummary, name: string | undefined): ColumnSummary | undefined {
  return table.columns.find((column) => column.name === name);
}

/** A first proposal for a table: its columns of numbers, at most two, and a Gaussian. */
export function proposeSettings(table: TableSummary, sample: Sample | undefined): Settings {
  const numeric = table.columns.filter(({ kind }) => kind === 'numbers').map(({ name }) => name);
  const base: Settings = {
    columns: [],
    weights: '',
    family: '',
    options: {},
    choose: true,
    from: '1',
    to: '5',
    components: '2',
    criterion: 'bic',
    seed: '1',
    starts: '12',
  };
  if (sample === undefined) return withColumns(base, numeric.slice(0, 2), table);
  return {
    ...base,
    columns: sample.columns,
    family: sample.family,
    options: sample.options,
    from: String(sample.range[0]),
    to: String(sample.range[1]),
  };
}

function whole(text: string, minimum: number, maximum: number): number | undefined {
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && value >= minimum && value <= maximum ? value : undefined;
}

/** The request the form asks for, or what is wrong with it. */
export function makeRequest(settings: Settings): { readonly request: FitRequest } | { readonly problem: string } {
  const { columns, family, choose } = settings;
  if (columns.length === 0) return { problem: 'Choose at least one column.' };
  const definition = families.find(({ id }) => id === family);
  if (definition === undefined) return { problem: 'Choose a family.' };
  const options: Record<string, string | number> = {};
  const given: string[] = [];
  for (const [name, option] of Object.entries(definition.options)) {
    const value = settings.options[name] ?? '';
    const column = optionColumn(value);
    if (option.kind === 'choice') options[name] = value;
    else if (option.kind === 'number') {
      const number = Number(value);
      if (value.trim() === '' || !Number.isFinite(number)) return { problem: `The option ${name} must be a number.` };
      options[name] = number;
    } else if (option.fromColumns) options[name] = columns.length;
    else if (column !== undefined) {
      options[name] = 'column';
      given.push(column);
    } else {
      const number = whole(value, option.minimum, Number.MAX_SAFE_INTEGER);
      if (number === undefined) return { problem: `The option ${name} must be a whole number of at least ${option.minimum}.` };
      options[name] = number;
    }
  }
  const twice = [...given, settings.weights].find((name) => name !== '' && columns.includes(name));
  if (twice !== undefined) return { problem: `The column ${twice} is chosen twice: as data and for another use.` };
  const low = whole(choose ? settings.from : settings.components, 1, MOST_COMPONENTS);
  const high = choose ? whole(settings.to, 1, MOST_COMPONENTS) : low;
  if (low === undefined || high === undefined)
    return { problem: `The number of components must be a whole number from 1 to ${MOST_COMPONENTS}.` };
  if (high < low) return { problem: 'The largest number of components is smaller than the smallest.' };
  const seed = whole(settings.seed, 0, Number.MAX_SAFE_INTEGER);
  if (seed === undefined) return { problem: 'The seed must be a whole number.' };
  const starts = whole(settings.starts, 1, 1000);
  if (starts === undefined) return { problem: 'The number of starts must be a whole number from 1 to 1,000.' };
  return {
    request: {
      columns: [...columns, ...given],
      weights: settings.weights === '' ? undefined : settings.weights,
      family,
      options,
      components: Array.from({ length: high - low + 1 }, (_, index) => low + index),
      criterion: settings.criterion,
      seed,
      starts,
    },
  };
}

/** What a link says about a fit; the data themselves only when they come with the page. */
export function writeSettings(settings: Settings, sample: string | undefined, shown: number | undefined): Record<string, string> {
  const query: Record<string, string> = {};
  if (sample !== undefined) query['data'] = sample;
  query['columns'] = settings.columns.join(';');
  if (settings.weights !== '') query['weights'] = settings.weights;
  query['family'] = settings.family;
  for (const [name, value] of Object.entries(settings.options)) query[`option.${name}`] = value;
  query['components'] = settings.choose ? `${settings.from}-${settings.to}` : settings.components;
  if (settings.criterion !== 'bic') query['criterion'] = settings.criterion;
  if (settings.seed !== '1') query['seed'] = settings.seed;
  if (settings.starts !== '12') query['starts'] = settings.starts;
  if (shown !== undefined) query['show'] = String(shown);
  return query;
}

/** Settings with what a link says; what does not suit the table is passed over. */
export function readSettings(proposed: Settings, query: URLSearchParams, table: TableSummary): Settings {
  let settings = proposed;
  const names = (query.get('columns') ?? '').split(';').filter((name) => columnOf(table, name)?.kind === 'numbers');
  if (names.length > 0) settings = withColumns(settings, names, table);
  const family = query.get('family') ?? '';
  if (familiesFor(settings.columns.length).some(({ id }) => id === family) && family !== settings.family)
    settings = withFamily(settings, family, table);
  const options = { ...settings.options };
  for (const name of Object.keys(options)) {
    const value = query.get(`option.${name}`);
    const column = value === null ? undefined : optionColumn(value);
    if (value !== null && (column === undefined || columnOf(table, column) !== undefined)) options[name] = value;
  }
  settings = { ...settings, options };
  const weights = query.get('weights') ?? '';
  if (columnOf(table, weights)?.kind === 'numbers') settings = { ...settings, weights };
  const components = /^(\d+)(?:-(\d+))?$/.exec(query.get('components') ?? '');
  if (components !== null) {
    const [, from, to] = components;
    settings = to === undefined ? { ...settings, choose: false, components: from! } : { ...settings, choose: true, from: from!, to };
  }
  const criterion = query.get('criterion');
  if (criterion === 'aic' || criterion === 'bic' || criterion === 'icl') settings = { ...settings, criterion };
  return { ...settings, seed: query.get('seed') ?? settings.seed, starts: query.get('starts') ?? settings.starts };
}
