import { EmkitError, showValue } from '@emkit/core';

/** One question: the answers that were given to it, and each row's among them. */
export interface Item {
  readonly name: string;
  /** The different answers as words: numbers by size, words by their letters. */
  readonly levels: readonly string[];
  /** The place of each row's answer among the levels; NaN where there is none. */
  readonly codes: Float64Array;
}

/** More different answers than any question has: a column of names, dates or measurements. */
const MOST_LEVELS = 1000;

/**
 * Reads a column of answers and finds its levels.
 *
 * @throws EmkitError `DATA_*` for an answer that is neither word nor number, a column without two different answers
 */
export function readItem(name: string, values: ArrayLike<unknown>): Item {
  const words = Array.from(values, (value, row) => wordOf(value, row, name));
  const levels = [...new Set(words.filter((word) => word !== undefined))];
  if (levels.length < 2 || levels.length > MOST_LEVELS) {
    const what =
      levels.length > MOST_LEVELS ? `more than ${MOST_LEVELS} different answers` : `${levels.length === 0 ? 'no' : 'only one'} answer`;
    throw new EmkitError('DATA_SHAPE', `Column ${name} holds ${what}.`, {
      column: name,
      remedy: 'Name the items, each with two answers at least: items: [...].',
    });
  }
  const isNumeric = levels.every((word) => word.trim() !== '' && Number.isFinite(Number(word)));
  levels.sort(isNumeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1));
  const codes = new Map(levels.map((word, code) => [word, code]));
  return { name, levels, codes: Float64Array.from(words, (word) => (word === undefined ? Number.NaN : codes.get(word)!)) };
}

function wordOf(value: unknown, row: number, column: string): string | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  throw new EmkitError('DATA_NOT_A_NUMBER', `Row ${row + 1}, column ${column}: ${showValue(value)} is no answer.`, {
    row,
    column,
    value,
    remedy: 'Give words or whole numbers.',
  });
}
