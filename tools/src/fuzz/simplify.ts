import type { MixtureParameters } from '@emkit/core';
import type { Case, CaseOptions } from './case.ts';

/** Cases one step simpler, the boldest first. */
export function* simplifications(fuzzCase: Case): Generator<Case, void, void> {
  yield* fewerRows(fuzzCase);
  yield* fewerComponents(fuzzCase);
  if (fuzzCase.families.length > 1) yield { ...fuzzCase, families: [fuzzCase.families[0]!] };
  yield* simplerOptions(fuzzCase);
  yield* simplerWeights(fuzzCase);
  yield* simplerColumns(fuzzCase);
  yield* simplerValues(fuzzCase);
}

function* fewerRows(fuzzCase: Case): Generator<Case, void, void> {
  const { rows, weights, labels } = fuzzCase;
  for (let size = Math.ceil(rows.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < rows.length; start += size) {
      const keep = <T>(values: readonly T[]): T[] => values.filter((_, row) => row < start || row >= start + size);
      if (rows.length > size)
        yield { ...fuzzCase, rows: keep(rows), ...(weights && { weights: keep(weights) }), ...(labels && { labels: keep(labels) }) };
    }
  }
}

function* fewerComponents(fuzzCase: Case): Generator<Case, void, void> {
  const { components, families, labels, options } = fuzzCase;
  if (components === 1) return;
  for (let dropped = components - 1; dropped >= 0; dropped -= 1) {
    const keep = <T>(values: readonly T[]): T[] => values.filter((_, component) => component !== dropped);
    const { start, held } = options;
    const renumbered = labels?.map((label) => (typeof label !== 'number' || label === dropped ? -1 : label > dropped ? label - 1 : label));
    yield {
      ...fuzzCase,
      components: components - 1,
      families: families.length === 1 ? families : keep(families),
      ...(renumbered && { labels: renumbered }),
      options: {
        ...options,
        ...(typeof start === 'object' && { start: normalised({ weights: keep(start.weights), components: keep(start.components) }) }),
        ...(held?.components && { held: { ...held, components: keep(held.components) } }),
      },
    };
  }
}

function normalised({ weights, components }: MixtureParameters): MixtureParameters {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { weights: weights.map((weight) => weight / total), components };
}

function* simplerOptions(fuzzCase: Case): Generator<Case, void, void> {
  const { options, labels, weights } = fuzzCase;
  for (const name of Object.keys(options) as (keyof CaseOptions)[]) {
    const { [name]: _, ...rest } = options;
    if (name !== 'start' || options.held === undefined) yield { ...fuzzCase, options: rest };
  }
  if (options.starts !== 1 && options.start === undefined) yield { ...fuzzCase, options: { ...options, starts: 1 } };
  if ((options.iterations ?? 0) > 1) yield { ...fuzzCase, options: { ...options, iterations: Math.floor(options.iterations! / 2) } };
  if (labels !== undefined) {
    const { labels: _, ...rest } = fuzzCase;
    yield rest;
    for (let row = 0; row < labels.length; row += 1) if (labels[row] !== -1) yield { ...fuzzCase, labels: labels.with(row, -1) };
  }
  if (weights !== undefined) {
    const { weights: _, ...rest } = fuzzCase;
    yield rest;
  }
}

function* simplerWeights(fuzzCase: Case): Generator<Case, void, void> {
  const { weights } = fuzzCase;
  if (weights === undefined) return;
  for (const simpler of [1, 2])
    for (let row = 0; row < weights.length; row += 1)
      if (weights[row] !== 1 && weights[row] !== 2) yield { ...fuzzCase, weights: weights.with(row, simpler) };
  for (const digits of [1, 3])
    for (let row = 0; row < weights.length; row += 1) yield* unlessSame(fuzzCase, 'weights', weights, row, digits);
}

function* unlessSame(
  fuzzCase: Case,
  name: 'weights',
  values: readonly number[],
  index: number,
  digits: number,
): Generator<Case, void, void> {
  const simpler = Number(values[index]!.toPrecision(digits));
  if (simpler !== values[index]) yield { ...fuzzCase, [name]: values.with(index, simpler) };
}

/** One column less, for families that say how many there are. */
function* simplerColumns(fuzzCase: Case): Generator<Case, void, void> {
  const { families, rows } = fuzzCase;
  const [{ options }] = families as [Case['families'][number]];
  if (families.length > 1 || typeof options.dimension !== 'number' || options.dimension < 2 || typeof fuzzCase.options.start === 'object')
    return;
  for (let dropped = options.dimension - 1; dropped >= 0; dropped -= 1) {
    const family = { ...families[0]!, options: { ...options, dimension: options.dimension - 1 } };
    yield { ...fuzzCase, families: [family], rows: rows.map((row) => row.filter((_, column) => column !== dropped)) };
  }
}

function* simplerValues(fuzzCase: Case): Generator<Case, void, void> {
  const { rows } = fuzzCase;
  const whole = rows.map((row) => row.map(Math.round));
  if (JSON.stringify(whole) !== JSON.stringify(rows)) yield { ...fuzzCase, rows: whole };
  for (const digits of [1, 2, 3, 6]) {
    for (let row = 0; row < rows.length; row += 1) {
      const simpler = rows[row]!.map((value) => Number(value.toPrecision(digits)));
      if (JSON.stringify(simpler) !== JSON.stringify(rows[row])) yield { ...fuzzCase, rows: rows.with(row, simpler) };
    }
  }
  const { start } = fuzzCase.options;
  if (typeof start !== 'object') return;
  for (const digits of [1, 3]) {
    const simpler = rounded(start, digits);
    if (JSON.stringify(simpler) !== JSON.stringify(start))
      yield { ...fuzzCase, options: { ...fuzzCase.options, start: normalised(simpler as MixtureParameters) } };
  }
}

function rounded(value: unknown, digits: number): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(digits));
  if (Array.isArray(value)) return value.map((entry) => rounded(entry, digits));
  return Object.fromEntries(Object.entries(value as object).map(([name, entry]) => [name, rounded(entry, digits)]));
}
