import { EmkitError } from '@emkit/core';
import fc from 'fast-check';
import { readTable, type TableOptions } from '../src/index.ts';

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The bytes in chunks that end where they are told, and empty chunks where the same place is told twice. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

export const places: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 12 });

/** What reading comes to, as a value that can be compared: the columns, or the error's code and message. */
export async function outcome(source: Iterable<Uint8Array> | string, options: TableOptions = {}): Promise<unknown> {
  try {
    const { rows, columns, leftOut, header, place } = await readTable(typeof source === 'string' ? [bytesOf(source)] : source, options);
    return {
      rows,
      columns: columns.map(({ name, values, invalid }) => [name, Array.from(values), invalid?.message]),
      leftOut,
      header,
      last: place(rows - 1),
    };
  } catch (error) {
    if (!(error instanceof EmkitError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
