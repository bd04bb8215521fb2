import { showShort } from '@emkit/core/text';
import type { Theme } from './theme.ts';

const HEIGHT = 12;
const INDENT = '  ';
/** Without colours, states are told by these. */
const SYMBOLS = '123456789abcdefghijklmnopqrstuvwxyz';

/**
 * A column in the order of its rows, each row where its value lies and marked by its state, as lines. Where there are more rows than
 * characters, a character stands for several, and shows the state that most of those in its place have.
 */
export function renderSeries(name: string, values: Float64Array, states: Int32Array, theme: Theme): string[] {
  const width = Math.min(theme.width - 2 * INDENT.length, values.length, 100);
  let [least, largest] = [Infinity, -Infinity];
  for (const value of values) [least, largest] = [Math.min(least, value), Math.max(largest, value)];
  const lineOf = (value: number): number => (largest > least ? Math.round(((value - least) / (largest - least)) * (HEIGHT - 1)) : 0);
  const counts = new Map<number, Map<number, number>>();
  values.forEach((value, row) => {
    const cell = lineOf(value) * width + Math.floor((row * width) / values.length);
    const here = counts.get(cell) ?? new Map<number, number>();
    counts.set(cell, here.set(states[row]!, (here.get(states[row]!) ?? 0) + 1));
  });
  const mark = (cell: number): string => {
    const here = counts.get(cell);
    if (here === undefined) return ' ';
    const [state] = [...here].reduce((most, other) => (other[1] > most[1] ? other : most));
    return theme.component(state)(SYMBOLS[state] ?? '*');
  };
  const lines = Array.from({ length: HEIGHT }, (_, index) => {
    const first = (HEIGHT - 1 - index) * width;
    return INDENT + Array.from({ length: width }, (__, column) => mark(first + column)).join('');
  });
  const range = `${showShort(least)} to ${showShort(largest)}`;
  const axis = `1${String(values.length).padStart(width - 1)}`;
  return [
    `${INDENT}${theme.bold(name)}   ${range}, row by row, each marked by its state on the most probable path`,
    '',
    ...lines,
    INDENT + theme.dim('─'.repeat(width)),
    INDENT + theme.dim(axis),
  ];
}
