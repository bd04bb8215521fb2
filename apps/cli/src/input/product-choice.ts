import { EmkitError, type Family } from '@emkit/core';
import { product } from '@emkit/families';
import { Problem, usageProblem } from '../problem.ts';
import { chooseFamily, type FamilyChoice, makeFamily, type PartChoice } from './family-choice.ts';
import type { Table } from './table.ts';

const EXAMPLE = '--families height=gaussian,visits=poisson,answer=categorical';

/** A column, a family and its options in brackets; what follows begins with a comma. */
const PART = /\s*([^=,()]+?)\s*=\s*([a-z-]+)\s*(?:\(([^()]*)\))?\s*(?:,|$)/y;

/**
 * Reads `--families height=gaussian,hits=binomial(trials=10),answer=categorical(levels=no|yes)`: a family for each column. The levels of a
 * categorical column are its distinct values, unless they are given: words with bars between them, or their number where it holds 0, 1, ...
 *
 * @throws Problem for what cannot be read, a column named twice, an unknown family or option
 */
export function chooseProduct(text: string): FamilyChoice {
  const parts: PartChoice[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const from = PART.lastIndex;
    const [, column, id, options = ''] = PART.exec(text) ?? [];
    if (column === undefined)
      throw usageProblem(`--families: ${JSON.stringify(text.slice(from, from + 40))} cannot be read. Write ${EXAMPLE}.`);
    if (parts.some((part) => part.column === column)) throw usageProblem(`--families names the column ${JSON.stringify(column)} twice.`);
    parts.push(choosePart(column, id!, options));
  }
  if (parts.length === 0) throw usageProblem(`--families is empty. Write ${EXAMPLE}.`);
  return { definition: product as FamilyChoice['definition'], options: {}, levels: undefined, optionColumns: {}, parts };
}

function choosePart(column: string, id: string, options: string): PartChoice {
  const given = options.split(',').flatMap((option) => (option.trim() === '' ? [] : [option.trim()]));
  if (id !== 'categorical') {
    const choice = chooseFamily(id, given);
    if (Object.values(choice.definition.options).some((option) => option.kind === 'integer' && option.fromColumns))
      throw usageProblem(`--families ${column}=${id}: the family ${id} takes several columns, and each part of a product one.`);
    return { column, choice, levels: undefined };
  }
  const words = given.map((option) => /^(?:levels|categories)=(.+)$/.exec(option)?.[1]);
  const [only] = words;
  if (words.length > 1 || words.includes(undefined))
    throw usageProblem(`--families ${column}=${id}(${options}): write levels=no|yes, or levels=4 where the column holds 0, 1, 2 and 3.`);
  if (only !== undefined && /^\d+$/.test(only)) return { column, choice: chooseFamily(id, [`categories=${only}`]), levels: undefined };
  const levels = only?.split('|').map((word) => word.trim());
  return { column, choice: chooseFamily(id, [`levels=${(levels ?? ['?']).join(',')}`]), levels: levels ?? 'found' };
}

/** The columns that hold options row by row. */
export function optionColumnsOf(parts: readonly PartChoice[]): readonly string[] {
  return [...new Set(parts.flatMap(({ choice }) => Object.values(choice.optionColumns)))];
}

/** The words of each column whose words are given. */
export function levelsOf(parts: readonly PartChoice[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(parts.flatMap(({ column, levels }) => (Array.isArray(levels) ? [[column, levels]] : [])));
}

/** The family, when the table is read and its categories are known. */
export function makeProduct(parts: readonly PartChoice[], table: Table, name: string): Family {
  return product(
    Object.fromEntries(
      parts.map(({ column, choice, levels }) => {
        const words = levels === 'found' ? table.levels[column]! : levels;
        if (levels === 'found' && words!.length < 2) {
          const what = words!.length === 0 ? 'no value' : `only the value ${JSON.stringify(words![0])}`;
          throw new Problem(`${name}, column ${column}: it holds ${what}, and a categorical column has two at least.`);
        }
        try {
          return [column, makeFamily({ ...choice, levels: words }, 1)];
        } catch (error) {
          if (error instanceof EmkitError) throw usageProblem(`--families, column ${column}: ${error.message}`);
          throw error;
        }
      }),
    ),
  );
}
