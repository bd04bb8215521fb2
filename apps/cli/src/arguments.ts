import { InvalidArgumentError } from 'commander';

/** A whole number, as commander takes a parser. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(
        minimum === -Infinity || minimum < 0 ? 'Give a whole number.' : `Give a whole number of at least ${minimum}.`,
      );
    }
    return value;
  };
}

/** A number >= 0. */
export function nonNegativeNumber(text: string): number {
  const value = Number(text);
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) || !(value >= 0 && value < Infinity))
    throw new InvalidArgumentError('Give a number >= 0.');
  return value;
}

/** A list of names with commas between them; given several times, the lists are joined. */
export function nameList(text: string, before: readonly string[] | undefined): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('Give names with commas between them, for example a,b.');
  return [...(before ?? []), ...names];
}

/** An option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Numbers of components: `1..8`, `1,2,4`, `1..3,5`. */
export function componentCounts(text: string): readonly number[] {
  const counts = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:\s*\.\.\.?\s*(\d+))?\s*$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last - first > 1000)
      throw new InvalidArgumentError('Give a range such as 1..8, or numbers such as 1,2,4.');
    for (let count = first; count <= last; count += 1) counts.add(count);
  }
  return [...counts].sort((a, b) => a - b);
}
