import type { Model, Support } from '@emkit/core';
import { pad, printableName, showShort } from '@emkit/core/text';
import type { Theme } from './theme.ts';

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const CURVE = '•';
const HEIGHT = 12;
const INDENT = '  ';

/** The column to draw. */
export interface HistogramData {
  readonly name: string;
  readonly values: Float64Array;
  readonly weights?: Float64Array | undefined;
}

interface Bins {
  readonly start: number;
  readonly width: number;
  readonly count: number;
  readonly discrete: boolean;
}

/** A histogram of one column with the fitted density over it, as lines; none where there is nothing to draw. */
export function renderHistogram({ name, values, weights }: HistogramData, model: Model, theme: Theme): string[] {
  const { support, levels: words } = model.mixture.families[0]!.columns[0]!;
  const room = Math.min(theme.width, 100) - 2 * INDENT.length;
  const bins = chooseBins(values, weights, support, room);
  if (bins === undefined) return [];
  const barWidth = Math.min(8, Math.floor(room / bins.count));
  const heights = countInto(bins, values, weights);
  const curve = densityCurve(model, bins, barWidth);
  const tallest = Math.max(...heights);
  // A density may rise to a spike that no bar shows: what is above half as much again is cut off.
  const top = Math.min(Math.max(tallest, ...curve.map(({ height }) => height)), 1.5 * tallest);
  const eighths = (height: number): number => Math.round((height / top) * HEIGHT * 8);
  const levels = bins.discrete
    ? curve.map(({ height }) => [levelOf(eighths(height))])
    : connect(curve.map(({ height }) => levelOf(eighths(height))));
  const gap = bins.discrete && barWidth > 2 ? 1 : 0;

  const lines: string[] = [];
  for (let level = HEIGHT - 1; level >= 0; level -= 1) {
    let line = '';
    for (let bin = 0; bin < bins.count; bin += 1) {
      const filled = Math.max(0, Math.min(8, eighths(heights[bin]!) - 8 * level));
      for (let offset = 0; offset < barWidth; offset += 1) {
        const point = curve[bin * barWidth + offset];
        const onCurve = point !== undefined && point.height > 0 && levels[bin * barWidth + offset]!.includes(level);
        if (onCurve) line += theme.component(point.component)(CURVE);
        else line += offset >= barWidth - gap || filled === 0 ? ' ' : theme.dim(BLOCKS[filled]!);
      }
    }
    lines.push((INDENT + line).trimEnd());
  }
  while (lines.length > 1 && lines[0]!.trim() === '') lines.shift();
  const { axis, labels } = renderAxis(bins, barWidth, bins.width === 1 ? words : undefined);
  const legend = `${theme.dim(BLOCKS[6]!)} data   ${CURVE} fitted density`;
  return [`${INDENT}${theme.bold(name)}   ${legend}`, '', ...lines, INDENT + theme.dim(axis), INDENT + theme.dim(labels)];
}

/** The line of characters that so many eighths of a line reach; one above the plot for what is cut off. */
function levelOf(eighths: number): number {
  return eighths <= 8 * HEIGHT ? Math.min(HEIGHT - 1, Math.floor(eighths / 8)) : HEIGHT;
}

/** The lines to mark in each column so that a steep curve does not fall apart: its own, and half the way to each neighbour. */
function connect(levels: readonly number[]): number[][] {
  return levels.map((level, index) => {
    const ends = [levels[index - 1] ?? level, levels[index + 1] ?? level].map((other) => level + Math.trunc((other - level) / 2));
    const lowest = Math.min(level, ...ends);
    return Array.from({ length: Math.max(level, ...ends) - lowest + 1 }, (_, step) => lowest + step);
  });
}

function chooseBins(values: Float64Array, weights: Float64Array | undefined, support: Support, room: number): Bins | undefined {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let row = 0; row < values.length; row += 1) {
    if (weights !== undefined && weights[row] === 0) continue;
    minimum = Math.min(minimum, values[row]!);
    maximum = Math.max(maximum, values[row]!);
  }
  const range = maximum - minimum;
  if (!(range < Infinity)) return undefined;
  if (support.kind === 'integer') {
    if (support.minimum === 0 && minimum <= range) minimum = 0;
    if (typeof support.maximum === 'number' && support.maximum - minimum < 2 * (range + 1)) maximum = support.maximum;
    const width = Math.max(1, Math.ceil(niceAbove((maximum - minimum + 1) / room)));
    return { start: minimum, width, count: Math.floor((maximum - minimum) / width) + 1, discrete: true };
  }
  if (range === 0 || !(range > Math.abs(minimum) * 1e-12)) return undefined;
  const wanted = Math.min(Math.max(freedmanDiaconis(values, range), 12), Math.floor(room / 2));
  const width = niceAbove(range / wanted);
  const from = support.kind === 'interval' && minimum - support.minimum < width ? support.minimum : minimum;
  const start = Math.floor(from / width) * width;
  return { start, width, count: Math.floor((maximum - start) / width) + 1, discrete: false };
}

/** The number of bins by Freedman and Diaconis' rule: each 2 IQR n^(-1/3) wide. Quartiles of at most some thousand rows will do. */
function freedmanDiaconis(values: Float64Array, range: number): number {
  const step = Math.ceil(values.length / 4096);
  const sample = Float64Array.from({ length: Math.ceil(values.length / step) }, (_, index) => values[index * step]!).sort();
  const quartiles = sample[Math.floor(0.75 * (sample.length - 1))]! - sample[Math.floor(0.25 * (sample.length - 1))]!;
  return quartiles > 0 ? Math.ceil(range / (2 * quartiles * values.length ** (-1 / 3))) : 12;
}

/** The density of the rows in each bin: in parts of the total weight and of the bin's width. */
function countInto(bins: Bins, values: Float64Array, weights: Float64Array | undefined): number[] {
  const counts = new Array<number>(bins.count).fill(0);
  let total = 0;
  for (let row = 0; row < values.length; row += 1) {
    const weight = weights === undefined ? 1 : weights[row]!;
    if (weight === 0) continue;
    counts[Math.min(bins.count - 1, Math.floor((values[row]! - bins.start) / bins.width))]! += weight;
    total += weight;
  }
  return counts.map((count) => count / total / bins.width);
}

interface CurvePoint {
  readonly height: number;
  readonly component: number;
}

/** The mixture's density above each character, with the component that contributes most; one point a bar for counts. */
function densityCurve(model: Model, bins: Bins, barWidth: number): readonly CurvePoint[] {
  const points: number[] = [];
  const places: number[] = [];
  for (let bin = 0; bin < bins.count; bin += 1) {
    for (let offset = 0; offset < barWidth; offset += 1) {
      if (bins.discrete && (bins.width > 1 || offset !== Math.floor((barWidth - 1) / 2))) continue;
      points.push(bins.discrete ? bins.start + bin : bins.start + bins.width * (bin + (offset + 0.5) / barWidth));
      places.push(bin * barWidth + offset);
    }
  }
  if (points.length === 0) return [];
  const { logDensities, labels } = model.predict(Float64Array.from(points));
  const curve = new Array<CurvePoint>(bins.count * barWidth).fill({ height: 0, component: 0 });
  places.forEach((place, index) => {
    curve[place] = { height: Math.exp(logDensities[index]!), component: labels[index]! };
  });
  return curve;
}

/** A line with ticks, and under them the numbers, or the words that stand for 0, 1, ... as far as there is room. */
function renderAxis(
  bins: Bins,
  barWidth: number,
  words: readonly string[] | undefined,
): { readonly axis: string; readonly labels: string } {
  const length = bins.count * barWidth;
  const middle = bins.discrete ? Math.floor((barWidth - 1) / 2) : 0;
  const every = [1, 2, 4, 5, 10, 20, 25, 50, 100].find((step) => step * barWidth >= 9 || (bins.discrete && step * barWidth >= 5)) ?? 100;
  const axis = Array.from({ length }, () => '─');
  let labels = '';
  const offset = bins.discrete
    ? 0
    : Math.round((Math.ceil(bins.start / bins.width / every - 1e-9) * every * bins.width - bins.start) / bins.width);
  for (let bin = offset; bin < bins.count + (bins.discrete ? 0 : 1); bin += every) {
    const place = bin * barWidth + middle;
    const value = bins.start + bin * bins.width;
    const text = words === undefined ? showShort(value, 6) : printableName(words[value] ?? '');
    const begin = Math.max(0, place - Math.floor((text.length - 1) / 2));
    if (begin < labels.length + (labels === '' ? 0 : 1) || begin + text.length > length + 4) continue;
    if (place < length) axis[place] = '┬';
    labels = pad(labels, begin) + text;
  }
  return { axis: axis.join(''), labels };
}

/** The nearest of 1, 2, 5 times a power of ten that is not smaller. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5]) if (step * power >= value * (1 - 1e-9)) return step * power;
  return 10 * power;
}
