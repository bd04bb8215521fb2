import { EmkitError, type Fit, isConverged, type Selection } from '@emkit/core';
import { dataOf, optionsOf } from '../case.ts';
import type { Trial } from '../trial.ts';
import { type Law, notAsked, show, type Verdict } from './law.ts';
import { left } from './optimum.ts';

/** Groups are plain to see where the gaps between them are this many times as wide as any of them. */
const FAR_APART = 5;

export const groups: Law = {
  name: 'groups',
  meaning: 'Automatic starts find groups that nobody can overlook: the fit is no worse than one that begins from them.',
  share: 0.15,
  check(trial) {
    const { case: fuzzCase } = trial;
    const { shared, held, start } = fuzzCase.options;
    if (held !== undefined || fuzzCase.labels !== undefined || fuzzCase.weights !== undefined || typeof start === 'object') return notAsked;
    const partition = partitionOf(trial);
    if (partition === undefined) return notAsked;
    const options = shared === undefined ? {} : { shared };
    // With every label known the first M-step is that of the groups.
    const apart = trial.run({ ...fuzzCase, labels: partition, options: { ...options, starts: 1 } }).fit;
    if (apart === undefined || !isConverged(apart.diagnosis)) return notAsked;
    const there = trial.run(trial.from({ weights: apart.weights, components: apart.components })).fit;
    if (there === undefined || !isConverged(there.diagnosis)) return notAsked;
    const { fit, error } = trial.run({ ...fuzzCase, options });
    return fit === undefined ? `it throws ${String(error)}` : isWorse(trial, fit, there);
  },
};

function isWorse(trial: Trial, fit: Fit, there: Fit): Verdict {
  const short = there.logLikelihood - fit.logLikelihood;
  if (short <= left(trial, there)) return undefined;
  return `automatic starts end ${show(short)} nats below the groups that are there (${fit.diagnosis.kind})`;
}

/** The components' rows where they lie far apart: the shortest tree that joins all rows, cut at its longest edges. */
function partitionOf({ case: { rows, components }, families }: Trial): readonly number[] | undefined {
  if (
    components === 1 ||
    rows.length > 60 ||
    families.some((family) => family !== families[0] || family.columns.some(({ given }) => given))
  )
    return undefined;
  const points = standardised(rows);
  const distance = (a: number, b: number): number => Math.hypot(...points[a]!.map((value, column) => value - points[b]![column]!));
  const edges = shortestTree(rows.length, distance).sort((a, b) => b.length - a.length);
  const gap = edges[components - 2]?.length ?? 0;
  const owner = rows.map((_, row) => row);
  for (const { from, to } of edges.slice(components - 1)) {
    const [kept, gone] = [owner[from]!, owner[to]!];
    for (let row = 0; row < owner.length; row += 1) if (owner[row] === gone) owner[row] = kept;
  }
  const names = [...new Set(owner)];
  for (let row = 0; row < owner.length; row += 1)
    for (let other = 0; other < row; other += 1)
      if (owner[row] === owner[other] && FAR_APART * distance(row, other) > gap) return undefined;
  return owner.map((name) => names.indexOf(name));
}

function standardised(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const sizes = rows[0]!.map((_, column) => {
    const values = rows.map((row) => row[column]!);
    return Math.max(...values) - Math.min(...values) || 1;
  });
  return rows.map((row) => row.map((value, column) => value / sizes[column]!));
}

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** Prim's algorithm. */
function shortestTree(points: number, distance: (a: number, b: number) => number): Edge[] {
  const edges: Edge[] = [];
  const nearest = Array.from({ length: points }, (_, to): Edge => ({ from: 0, to, length: distance(0, to) }));
  const left = new Set(nearest.keys());
  left.delete(0);
  while (left.size > 0) {
    let best = nearest[[...left][0]!]!;
    for (const to of left) if (nearest[to]!.length < best.length) best = nearest[to]!;
    edges.push(best);
    left.delete(best.to);
    for (const to of left) {
      const length = distance(best.to, to);
      if (length < nearest[to]!.length) nearest[to] = { from: best.to, to, length };
    }
  }
  return edges;
}

export const selection: Law = {
  name: 'selection',
  meaning: 'A choice among numbers of components tries each of them and takes the one with the smallest criterion.',
  share: 0.02,
  check(trial) {
    const { case: fuzzCase, engine, families } = trial;
    const { rows, options } = fuzzCase;
    if (fuzzCase.families.length > 1 || rows.length > 60 || typeof options.start === 'object' || options.shared !== undefined)
      return notAsked;
    const { components: _, families: __, start: ___, held: ____, latent: _____, ...rest } = optionsOf(engine, fuzzCase);
    // As many as the labels need.
    const counts = [0, 1, 2].map((more) => (fuzzCase.labels === undefined ? 1 : fuzzCase.components) + more);
    let chosen: Selection;
    try {
      chosen = engine.select(dataOf(fuzzCase), { ...rest, family: families[0]!, components: counts, blockSize: 7 });
    } catch (error) {
      const excused = error instanceof EmkitError && (trial.outcome.error !== undefined || error.code === 'COMPONENT_DEGENERATE');
      return excused ? undefined : `it throws ${String(error)}`;
    }
    const { candidates, best } = chosen;
    if (candidates.map(({ components }) => components).join() !== counts.join())
      return `it tried ${candidates.map(({ components }) => components).join()}`;
    const eligible = candidates.flatMap(({ fit, refused }) => (fit === undefined || refused !== undefined ? [] : [fit]));
    if (!eligible.every((fit) => best.criteria.bic <= fit.criteria.bic)) return 'another candidate has a smaller criterion';
    const strange = candidates.find(({ fit, components }) => fit !== undefined && fit.components.length !== components);
    return strange && `the candidate with ${strange.components} components has ${strange.fit!.components.length}`;
  },
};
