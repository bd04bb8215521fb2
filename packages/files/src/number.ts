import type { ErrorCode } from '@emkit/core';

// No two parts of a pattern match the same characters one after the other: on what does not fit, each gives up after one look.
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const MISSING = /^(?:|na|n\/a|nan|null|none|nil|missing|-|\.|\?)$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;
const WITH_UNIT = /^[+-]?[$€£]?[\d.,'\s]*\d[.,'\s]*(?:%|[a-zµ°€£$]{0,3})$/i;
const THOUSANDS = /^[+-]?\d{1,3}(?:[,'_ \u00a0\u202f]\d{3})+(?:\.\d*)?$/;

/** No number that anyone means is longer, and patterns run out of memory on what is much longer. */
const LONGEST = 100_000;

/** The number a field holds, correctly rounded; NaN when it holds none. Never Infinity. */
export function readNumber(field: string): number {
  const first = field.charCodeAt(0);
  // Most words are known by their first letter.
  if ((first > 0x39 && first < 0x80) || field.length > LONGEST) return Number.NaN;
  const bare = NUMBER.test(field) ? field : strip(field);
  return NUMBER.test(bare) ? finite(Number(bare)) : Number.NaN;
}

/** True for a field with nothing in it. */
export function isBlank(field: string): boolean {
  return strip(field) === '';
}

/** True for a field that someone meant as a number: missing, infinite, with a decimal comma, with a unit. Its column is no column of text. */
export function isMeantAsNumber(field: string): boolean {
  const bare = strip(field);
  return bare.length <= LONGEST && (MISSING.test(bare) || INFINITE.test(bare) || WITH_UNIT.test(bare));
}

/** Without spaces and without quotes inside spaces, which the tokeniser takes literally. */
export function strip(field: string): string {
  const bare = field.trim();
  return bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1).trim() : bare;
}

/** A text in quotes for a message, at most 40 characters of it. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}

/** What is wrong with a field that is not a number, and what to do. */
export interface Complaint {
  readonly code: ErrorCode;
  /** A clause. */
  readonly what: string;
  /** A sentence. */
  readonly remedy: string;
}

/**
 * @param otherColumns how to choose other columns: a clause
 * @param missing how to say that values may be missing
 */
export function describeBadNumber(field: string, otherColumns: string, missing?: string): Complaint {
  const fillIn = `Fill it in${missing === undefined ? ' or leave the row out' : `, or pass ${missing}: missing values are then integrated out`}.`;
  const bare = strip(field);
  const complain = (what: string, remedy: string, code: ErrorCode = 'DATA_NOT_A_NUMBER'): Complaint => ({ code, what, remedy });
  const notANumber = `${shown(field)} is not a number`;
  if (bare === '') return complain('the value is missing (the field is blank)', fillIn);
  if (bare.length <= LONGEST) {
    if (INFINITE.test(bare))
      return complain(
        `${shown(field)} is infinite`,
        'Only finite numbers can be fitted: correct it or leave the row out.',
        'DATA_NOT_FINITE',
      );
    if (MISSING.test(bare)) return complain(`${shown(field)} stands for a missing value`, fillIn);
    if (NUMBER.test(bare))
      return complain(`${shown(field)} is too large for a double`, 'Use a larger unit for the column.', 'DATA_NOT_FINITE');
    if (THOUSANDS.test(bare)) return complain(notANumber, 'Write it without separators between the thousands, and decimals with a point.');
    if (DECIMAL_COMMA.test(bare))
      return complain(notANumber, `Write decimals with a point${bare.length > 40 ? '' : `: ${bare.replace(',', '.')}`}.`);
    if (WITH_UNIT.test(bare)) return complain(notANumber, 'Write the number alone, without a unit.');
  }
  return complain(notANumber, `Correct it, leave the row out, or ${otherColumns}.`);
}

/** What is wrong with a field that is none of some words, and what to do. */
export function describeBadWord(field: string, words: readonly string[], missing?: string): Complaint {
  const what = isBlank(field) ? 'the value is missing (the field is blank)' : `${shown(field)} is none of the levels`;
  const listed = `${words.slice(0, 20).join(', ')}${words.length > 20 ? ` and ${words.length - 20} more` : ''}`;
  const may = missing === undefined ? '' : ` If values may be missing, pass ${missing}.`;
  return { code: 'DATA_NOT_A_NUMBER', what, remedy: `The levels are: ${listed}.${may}` };
}

function finite(value: number): number {
  return value - value === 0 ? value : Number.NaN;
}
