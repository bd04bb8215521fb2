import { EmkitError, type Random } from '@emkit/core';

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)]!;
}

export function chance(random: Random, probability: number): boolean {
  return random.uniform() < probability;
}

/** Up to so many of what is made. */
export function times<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.integer(most + 1) }, make);
}

/** @throws Error where a law does not hold */
export function insist(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** What a reader answers: a value, or the code and the message of an EmkitError. @throws what else it throws, which it must not */
export async function outcomeOf<T>(read: () => T | Promise<T>): Promise<{ readonly value: T } | { readonly error: string }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code === 'INTERNAL') throw error;
    insist(error.message.length < 3000, `a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`);
    return { error: `${error.code}: ${error.message}` };
  }
}

/** Bytes in chunks that end anywhere, some of them empty. */
export function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  const ends = [...times(random, 10, () => random.integer(bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}
