import { EmkitError, type Family, type FamilyDefinition } from '@emkit/core';
import { familyById } from '@emkit/families';
import { usageProblem } from '../problem.ts';
import type { RegressionColumns } from './predictors.ts';

/** What `--family` and `--option` say, before the data are seen. */
export interface FamilyChoice {
  readonly definition: FamilyDefinition;
  readonly options: Readonly<Record<string, string>>;
  /** Words that stand for 0, 1, ... in the data: `levels=no,yes`. */
  readonly levels: readonly string[] | undefined;
  /** Columns that hold an option row by row, by the option's name: `trials-column=n` gives `{ trials: 'n' }`. */
  readonly optionColumns: Readonly<Record<string, string>>;
  /** With `--families`: the family of each column. The rest then says nothing. */
  readonly parts?: readonly PartChoice[];
}

/** One column of a product. */
export interface PartChoice {
  readonly column: string;
  readonly choice: FamilyChoice;
  /** Words that stand for 0, 1, ...; `found`: the distinct values of the column. */
  readonly levels: readonly string[] | 'found' | undefined;
}

/** A family on one column stands for this one on several. */
const ON_SEVERAL_COLUMNS: Readonly<Record<string, string>> = { gaussian: 'multivariate-gaussian' };

const COLUMN_SUFFIX = '-column';

/**
 * Reads `--family F` and its `--option name=value`.
 *
 * @throws Problem for an unknown family or option
 */
export function chooseFamily(id: string, given: readonly string[]): FamilyChoice {
  const definition = familyById(id);
  if (definition.fromJson !== undefined)
    throw usageProblem(`The family ${id} is made of others: use --families, for example --families height=gaussian,visits=poisson.`);
  const options: Record<string, string> = {};
  const optionColumns: Record<string, string> = {};
  let levels: readonly string[] | undefined;
  for (const entry of given) {
    const equals = entry.indexOf('=');
    if (equals < 1 || equals === entry.length - 1)
      throw usageProblem(`--option ${entry}: write name=value, for example --option ${exampleOf(definition)}.`);
    const name = entry.slice(0, equals);
    const value = entry.slice(equals + 1);
    const base = name.endsWith(COLUMN_SUFFIX) ? name.slice(0, -COLUMN_SUFFIX.length) : undefined;
    const option = base === undefined ? undefined : definition.options[base];
    if (option?.kind === 'integer' && option.orColumn) optionColumns[base!] = value;
    else if (Object.hasOwn(definition.options, name)) options[name] = value;
    else if (wordsOf(definition).includes(name)) levels = value.split(',').map((word) => word.trim());
    else {
      const names = optionNames(definition);
      throw usageProblem(
        `The family ${id} has no option ${JSON.stringify(name)}. ${names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`}`,
      );
    }
  }
  for (const name of Object.keys(optionColumns)) {
    if (name in options) throw usageProblem(`--option ${name} and --option ${name}${COLUMN_SUFFIX} exclude one another.`);
  }
  for (const [name, option] of Object.entries(definition.options)) {
    if (option.default !== undefined || name in options || name in optionColumns) continue;
    if (option.kind === 'integer' && (option.fromColumns || (option.orWords !== undefined && levels !== undefined))) continue;
    throw usageProblem(`The family ${id} needs --option ${name}=...: ${option.description}.`);
  }
  return { definition, options, levels, optionColumns };
}

/** The names that `--option` takes for a family, in the order of the definition. */
export function optionNames(definition: FamilyDefinition): readonly string[] {
  const names = Object.entries(definition.options).flatMap(([name, option]) =>
    option.kind === 'integer' && option.orColumn ? [name, `${name}${COLUMN_SUFFIX}`] : [name],
  );
  return [...names, ...wordsOf(definition)];
}

/** The names of options that may be given as lists of words. */
function wordsOf({ options }: FamilyDefinition): readonly string[] {
  return Object.values(options).flatMap((option) => (option.kind === 'integer' && option.orWords !== undefined ? [option.orWords] : []));
}

function exampleOf(definition: FamilyDefinition): string {
  const [name, option] = Object.entries(definition.options)[0] ?? ['name', undefined];
  return `${name}=${option?.kind === 'choice' ? option.values[0] : '10'}`;
}

/** Whether a family models a response given predictors. */
export function isRegression({ options }: FamilyDefinition): boolean {
  return 'predictors' in options;
}

/** The regression for so many columns, the response and all given ones counted. */
export function makeRegression(choice: FamilyChoice, { trials, offset }: RegressionColumns, columns: number): Family {
  const predictors = columns - 1 - (trials === undefined ? 0 : 1) - (offset === undefined ? 0 : 1);
  const options = { ...choice.options, predictors: String(predictors), ...(offset !== undefined && { offset: 'column' }) };
  return makeFamily({ ...choice, options }, columns);
}

/**
 * The family for data of so many columns (those that hold options not counted).
 *
 * @throws EmkitError, Problem for an option out of its range
 */
export function makeFamily(choice: FamilyChoice, columns: number): Family {
  const several = ON_SEVERAL_COLUMNS[choice.definition.id];
  const definition = columns > 1 && several !== undefined ? familyById(several) : choice.definition;
  const options: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(choice.options)) {
    const { kind } = definition.options[name]!;
    if (kind === 'integer' && !/^[+-]?\d+$/.test(text)) throw usageProblem(`--option ${name}=${text}: give a whole number.`);
    if (kind === 'number' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
      throw usageProblem(`--option ${name}=${text}: give a number.`);
    options[name] = kind === 'choice' ? text : Number(text);
  }
  for (const name of Object.keys(choice.optionColumns)) options[name] = 'column';
  for (const name of wordsOf(definition)) if (choice.levels !== undefined) options[name] = choice.levels;
  for (const [name, option] of Object.entries(definition.options)) {
    if (option.kind !== 'integer' || !option.fromColumns) continue;
    if (options[name] !== undefined && options[name] !== columns)
      throw new EmkitError('DATA_SHAPE', `The option ${name} is ${String(options[name])}, and the data have ${columns} columns.`);
    options[name] = columns;
  }
  return definition(options);
}
