import type { Fit, Model } from '@emkit/core';
import { componentDensities, grid } from '../plot/curves.ts';
import type { Bar, Picture } from './protocol.ts';

/** Points drawn of a scatter plot: more could not be told apart. */
const MOST_POINTS = 2500;

const MOST_BARS = 60;

/** More whole numbers than this are drawn as a histogram, like any others. */
const MOST_VALUES = 120;

/** Distinct values of a given column over which a curve is averaged. */
const MOST_GIVEN = 400;

/** What a picture of a fit shows: computed where the data are, so that only the picture travels. */
export function makePicture(fit: Fit, columns: Readonly<Record<string, Float64Array>>, names: readonly string[]): Picture {
  const described = fit.model.mixture.families[0]!.columns;
  const observed = names.filter((_, index) => described[index]!.given !== true);
  return observed.length === 1 ? makeLine(fit.model, columns, names) : makePlane(fit.model, columns, names);
}

function makeLine(model: Model, columns: Readonly<Record<string, Float64Array>>, names: readonly string[]): Picture {
  const values = columns[names[0]!]!;
  const [low, high] = rangeOf(values);
  const { support } = model.mixture.families[0]!.columns[0]!;
  const discrete = support.kind === 'integer' && high - low < MOST_VALUES;
  // A bar more on either side shows the curve where it ends.
  const from = discrete ? Math.max(support.minimum, low - 1) - 0.5 : low;
  const count = discrete ? high + 1.5 - from : barsFor(values, low, high);
  const width = discrete ? 1 : (high > low ? high - low : Math.max(1, Math.abs(low))) / count;
  const responsibilities = model.responsibilities(columns, { columns: names });
  const parts = responsibilities.map(() => new Float64Array(count));
  for (let row = 0; row < values.length; row += 1) {
    const bar = Math.min(count - 1, Math.floor((values[row]! - from) / width));
    for (let component = 0; component < parts.length; component += 1) parts[component]![bar]! += responsibilities[component]![row]!;
  }
  const bars = Array.from(
    { length: count },
    (_, bar): Bar => ({ from: from + bar * width, to: from + (bar + 1) * width, parts: parts.map((part) => part[bar]!) }),
  );
  const x = discrete ? grid(from + 0.5, from + count - 0.5, count) : curveGrid(support.kind === 'integer', from, from + count * width);
  const given = names.slice(1).map((name) => columns[name]!);
  const scale = values.length * width;
  const curves = averagedOverGiven(given, (row) => componentDensities(model.mixture.families, model.parameters, x, row)).map((curve) =>
    Array.from(curve, (density) => density * scale),
  );
  return { kind: 'line', column: names[0]!, discrete, domain: [from, from + count * width], bars, x: Array.from(x), curves };
}

function curveGrid(whole: boolean, from: number, to: number): Float64Array {
  if (!whole) return grid(from, to, 361);
  const step = Math.max(1, Math.floor((to - from) / 360));
  const first = Math.ceil(from);
  return Float64Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step);
}

/** The mean of curves over the rows' values of given columns, each different combination once. */
function averagedOverGiven(
  given: readonly Float64Array[],
  curvesOf: (row: readonly number[]) => readonly Float64Array[],
): readonly Float64Array[] {
  if (given.length === 0) return curvesOf([]);
  const rows = given[0]!.length;
  const stride = Math.max(1, Math.floor(rows / 20_000));
  const combinations = new Map<string, { readonly row: readonly number[]; count: number }>();
  let total = 0;
  for (let row = 0; row < rows; row += stride) {
    const values = given.map((column) => column[row]!);
    const key = values.join();
    const known = combinations.get(key);
    if (known !== undefined) known.count += 1;
    else if (combinations.size < MOST_GIVEN) combinations.set(key, { row: values, count: 1 });
    else continue;
    total += 1;
  }
  let sum: readonly Float64Array[] | undefined;
  for (const { row, count } of combinations.values()) {
    const curves = curvesOf(row);
    sum ??= curves.map((curve) => new Float64Array(curve.length));
    sum.forEach((out, component) => {
      for (let index = 0; index < out.length; index += 1) out[index]! += (curves[component]![index]! * count) / total;
    });
  }
  return sum!;
}

/** Bars by the rule of Freedman and Diaconis, within reason. */
function barsFor(values: Float64Array, low: number, high: number): number {
  const stride = Math.max(1, Math.floor(values.length / 10_000));
  const sample = values.filter((_, row) => row % stride === 0).sort();
  const spread = sample[Math.floor(0.75 * (sample.length - 1))]! - sample[Math.floor(0.25 * (sample.length - 1))]!;
  const width = (2 * spread) / Math.cbrt(values.length);
  return width > 0 ? Math.max(8, Math.min(MOST_BARS, Math.ceil((high - low) / width))) : 12;
}

function makePlane(model: Model, columns: Readonly<Record<string, Float64Array>>, names: readonly string[]): Picture {
  const rows = columns[names[0]!]!.length;
  const stride = Math.max(1, rows / MOST_POINTS);
  const chosen = Array.from({ length: Math.min(rows, MOST_POINTS) }, (_, index) => Math.floor(index * stride));
  const points = names.map((name) => Float64Array.from(chosen, (row) => columns[name]![row]!));
  const responsibilities = model.responsibilities(Object.fromEntries(names.map((name, index) => [name, points[index]!])), {
    columns: names,
  });
  const domains = points.map((values): readonly [number, number] => {
    const [low, high] = rangeOf(values);
    const room = 0.06 * (high - low || Math.max(1, Math.abs(low)));
    return [low - room, high + room];
  });
  return { kind: 'plane', columns: names, domains, points, responsibilities, rows };
}

function rangeOf(values: Float64Array): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
