const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MISSING = /^(?:|na|n\/a|nan|null|none|nil|missing|-|\.|\?)$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;
const WITH_UNIT = /^[+-]?[$€£]?\s*[\d.,' \u00a0]*\d[\d.,' \u00a0]*\s*(?:%|[a-zµ°€£$]{0,3})$/i;
const THOUSANDS = /^[+-]?\d{1,3}(?:[,'_ \u00a0\u202f]\d{3})+(?:\.\d*)?$/;

/** The number a field of a CSV file holds, NaN when it holds none. Never Infinity. */
export function readNumber(field: string): number {
  if (NUMBER.test(field)) return finite(Number(field));
  const bare = strip(field);
  return NUMBER.test(bare) ? finite(Number(bare)) : Number.NaN;
}

function finite(value: number): number {
  return value - value === 0 ? value : Number.NaN;
}

/** Without spaces and without quotes inside spaces, which the CSV reader takes literally. */
function strip(field: string): string {
  const bare = field.trim();
  return bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1).trim() : bare;
}

/** True for a field that stands for a number that is not there: blank, NA, NaN, an infinity. */
function isMissing(field: string): boolean {
  const bare = strip(field);
  return MISSING.test(bare) || INFINITE.test(bare);
}

/** True for a field that someone meant as a number: missing, with a decimal comma, with a unit. Its column is no column of text. */
export function isMeantAsNumber(field: string): boolean {
  return isMissing(field) || WITH_UNIT.test(strip(field));
}

/** True for a field with nothing in it. */
export function isBlank(field: string): boolean {
  return strip(field) === '';
}

/** What is wrong with a field that is not a number, and what to do: a clause and a sentence. */
export function describeBadNumber(field: string): { readonly what: string; readonly remedy: string } {
  const bare = strip(field);
  const shown = JSON.stringify(field.length > 40 ? `${field.slice(0, 37)}...` : field);
  if (bare === '') return { what: 'the value is missing (the field is blank)', remedy: 'Fill it in or leave the row out.' };
  if (INFINITE.test(bare))
    return { what: `${shown} is infinite`, remedy: 'Only finite numbers can be fitted: correct it or leave the row out.' };
  if (MISSING.test(bare)) return { what: `${shown} stands for a missing value`, remedy: 'Fill it in or leave the row out.' };
  if (NUMBER.test(bare)) return { what: `${shown} is too large for a double`, remedy: 'Use a larger unit for the column.' };
  const what = `${shown} is not a number`;
  if (THOUSANDS.test(bare)) return { what, remedy: 'Write it without separators between the thousands, and decimals with a point.' };
  if (DECIMAL_COMMA.test(bare)) return { what, remedy: `Write decimals with a point: ${bare.replace(',', '.')}.` };
  if (WITH_UNIT.test(bare)) return { what, remedy: 'Write the number alone, without a unit.' };
  return { what, remedy: 'Correct it, leave the row out, or choose other columns with --columns.' };
}
