import type { Model } from '@emkit/core';
import { pad, showShort } from '@emkit/core/text';
import type { Theme } from './theme.ts';

const HEIGHT = 18;
const WIDEST = 72;
const SYMBOLS = '123456789abcdefghijklmnopqrstuvwxyz';

/** Two columns as a scatter plot, each place showing the component most of its rows belong to; none where there is nothing to draw. */
export function renderScatter(
  names: readonly string[],
  columns: readonly Float64Array[],
  weights: Float64Array | undefined,
  labels: Int32Array,
  model: Model,
  theme: Theme,
): string[] {
  const [x, y] = columns as [Float64Array, Float64Array];
  const across = rangeOf(x);
  const up = rangeOf(y);
  if (across === undefined || up === undefined || model.weights.length > SYMBOLS.length) return [];
  const marks = [up.maximum, (up.minimum + up.maximum) / 2, up.minimum].map((value) => showShort(value, 4));
  const margin = Math.max(...marks.map((mark) => mark.length));
  const width = Math.min(WIDEST, theme.width - margin - 6);
  const components = model.weights.length;
  const counts = new Float64Array(width * HEIGHT * components);
  const placeOf = (value: number, range: Range, cells: number): number =>
    Math.min(cells - 1, Math.floor(((value - range.minimum) / (range.maximum - range.minimum)) * cells));
  for (let row = 0; row < x.length; row += 1) {
    const cell = placeOf(y[row]!, up, HEIGHT) * width + placeOf(x[row]!, across, width);
    counts[cell * components + labels[row]!]! += weights === undefined ? 1 : weights[row]!;
  }
  const lines: string[] = [];
  for (let level = HEIGHT - 1; level >= 0; level -= 1) {
    let line = '';
    for (let column = 0; column < width; column += 1) {
      const cell = (level * width + column) * components;
      let best = -1;
      for (let component = 0; component < components; component += 1) {
        if (counts[cell + component]! > (best < 0 ? 0 : counts[cell + best]!)) best = component;
      }
      line += best < 0 ? ' ' : theme.component(best)(SYMBOLS[best]!);
    }
    const mark = level === HEIGHT - 1 ? marks[0]! : level === Math.floor((HEIGHT - 1) / 2) ? marks[1]! : level === 0 ? marks[2]! : '';
    lines.push(`  ${theme.dim(`${pad(mark, margin, true)} ${mark === '' ? '│' : '┤'}`)}${line}`.trimEnd());
  }
  const left = showShort(across.minimum, 4);
  const right = showShort(across.maximum, 4);
  const indent = ' '.repeat(margin + 3);
  return [
    `  ${theme.bold(names[1]!)} against ${theme.bold(names[0]!)}   each row by its most probable component`,
    '',
    ...lines,
    `${indent}${theme.dim(`└${'─'.repeat(width)}`)}`,
    `${indent} ${theme.dim(pad(left, width - right.length) + right)}`,
  ];
}

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

function rangeOf(values: Float64Array): Range | undefined {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const value of values) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return maximum - minimum > 0 && maximum - minimum < Infinity ? { minimum, maximum } : undefined;
}
