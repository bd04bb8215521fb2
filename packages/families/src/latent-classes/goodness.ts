import type { Dataset, LatentModel, ModelParameters } from '@emkit/core';
import { CompensatedSum, log, regularizedGammaQ } from '@emkit/core/numerics';
import { blockOfCells, isComplete, probabilities } from './table.ts';

/** How well a table is fitted, against the model that fits it exactly. */
export interface GoodnessOfFit {
  /** The likelihood ratio 2 sum n log(n / e) over the cells, n observed and e expected. */
  readonly likelihoodRatio: number;
  /** Pearson's sum (n - e)^2 / e over all cells, those without rows among them. */
  readonly chiSquare: number;
  /** Cells, less 1, less the free parameters; below 0 the table cannot tell them. */
  readonly degreesOfFreedom: number;
  /** P(chi-square with these degrees of freedom >= the statistic); NaN without degrees of freedom. Not to be trusted where cells are sparse. */
  readonly likelihoodRatioProbability: number;
  readonly chiSquareProbability: number;
}

/** What is left between two items when their classes are known: local dependence. */
export interface BivariateResidual {
  readonly items: readonly [string, string];
  /** Pearson's chi-square of the table of the two items, over the rows that have both. */
  readonly chiSquare: number;
  /** (levels of one - 1)(levels of the other - 1). */
  readonly degreesOfFreedom: number;
  /** The chi-square divided by its degrees of freedom: near 1 or below where the classes explain what the two share. */
  readonly residual: number;
}

/** The likelihood ratio and Pearson's chi-square of a whole table; undefined where some answers are missing: the observed table is then not known. */
export function goodnessOfFit(
  model: LatentModel,
  at: ModelParameters,
  dataset: Dataset,
  counts: readonly number[],
): GoodnessOfFit | undefined {
  if (!isComplete(dataset)) return undefined;
  const { totalWeight } = dataset;
  const ratio = new CompensatedSum();
  const pearson = new CompensatedSum();
  const expectedThere = new CompensatedSum();
  for (const { cell, count } of observedCells(dataset)) {
    const [probability] = probabilities(model, at, blockOfCells([cell], counts.length));
    const expected = totalWeight * probability!;
    ratio.add(2 * count * log(count / expected));
    pearson.add((count - expected) ** 2 / expected);
    expectedThere.add(expected);
  }
  // An empty cell adds (0 - e)^2 / e = e.
  pearson.add(Math.max(0, totalWeight - expectedThere.value()));
  const degreesOfFreedom = counts.reduce((product, count) => product * count, 1) - 1 - model.space.free.length;
  const [likelihoodRatio, chiSquare] = [Math.max(0, ratio.value()), pearson.value()];
  return {
    likelihoodRatio,
    chiSquare,
    degreesOfFreedom,
    likelihoodRatioProbability: upperTail(likelihoodRatio, degreesOfFreedom),
    chiSquareProbability: upperTail(chiSquare, degreesOfFreedom),
  };
}

function upperTail(statistic: number, degreesOfFreedom: number): number {
  return degreesOfFreedom > 0 ? regularizedGammaQ(degreesOfFreedom / 2, statistic / 2) : Number.NaN;
}

/** Equal rows together, whether or not the data set has merged them. */
function observedCells({ blocks }: Dataset): Iterable<{ readonly cell: readonly number[]; readonly count: number }> {
  const found = new Map<string, { readonly cell: readonly number[]; count: number }>();
  for (const { size, columns, weights } of blocks) {
    for (let row = 0; row < size; row += 1) {
      const cell = columns.map((column) => column[row]!);
      const key = cell.join();
      const known = found.get(key);
      if (known === undefined) found.set(key, { cell, count: weights?.[row] ?? 1 });
      else known.count += weights?.[row] ?? 1;
    }
  }
  return found.values();
}

/** For each pair of items. */
export function bivariateResiduals(
  { weights, components }: { readonly weights: readonly number[]; readonly components: ModelParameters['components'] },
  dataset: Dataset,
  counts: readonly number[],
  names: readonly string[],
): readonly BivariateResidual[] {
  const response = (item: number, component: number): readonly number[] =>
    (components[component]![names[item]!] as { readonly probabilities: readonly number[] }).probabilities;
  const residuals: BivariateResidual[] = [];
  for (let second = 1; second < counts.length; second += 1) {
    for (let first = 0; first < second; first += 1) {
      const { table, total } = twoWayTable(dataset, first, second, counts);
      let chiSquare = 0;
      table.forEach((count, cell) => {
        const [a, b] = [Math.floor(cell / counts[second]!), cell % counts[second]!];
        let probability = 0;
        weights.forEach((weight, k) => {
          probability += weight * response(first, k)[a]! * response(second, k)[b]!;
        });
        const expected = total * probability;
        if (expected > 0) chiSquare += (count - expected) ** 2 / expected;
      });
      const degreesOfFreedom = (counts[first]! - 1) * (counts[second]! - 1);
      residuals.push({ items: [names[first]!, names[second]!], chiSquare, degreesOfFreedom, residual: chiSquare / degreesOfFreedom });
    }
  }
  return residuals;
}

/** Of the rows that have both answers. */
function twoWayTable({ blocks }: Dataset, first: number, second: number, counts: readonly number[]) {
  const table = new Float64Array(counts[first]! * counts[second]!);
  let total = 0;
  for (const { size, columns, weights, inexact } of blocks) {
    const missing = new Set([...(inexact?.[first]?.rows ?? []), ...(inexact?.[second]?.rows ?? [])]);
    for (let row = 0; row < size; row += 1) {
      if (missing.has(row)) continue;
      const weight = weights?.[row] ?? 1;
      table[columns[first]![row]! * counts[second]! + columns[second]![row]!]! += weight;
      total += weight;
    }
  }
  return { table, total };
}
