import { createRandom, type Family, type MixtureParameters } from '@emkit/core';
import { binomial, exponential, gaussian, multivariateGaussian } from '@emkit/families';

/** The model of a problem, as the peers know it. */
export type Kind = 'gaussian' | 'full' | 'diagonal' | 'exponential' | 'binomial';

/** Data, a model and where to begin. */
export interface Problem {
  readonly name: string;
  readonly kind: Kind;
  readonly rows: number;
  readonly dimension: number;
  readonly components: number;
  readonly family: Family;
  readonly columns: readonly Float64Array[];
  readonly start: MixtureParameters;
}

/** How a problem is made: everything is drawn from the engine's own generator, so that every machine has the same data. */
export interface Recipe {
  readonly name: string;
  readonly kind: Kind;
  readonly rows: number;
  readonly dimension?: number;
  readonly components: number;
  /** How far the component means lie apart (with one column) or their standard deviation, in standard deviations of a component. */
  readonly spread?: number;
}

const TRIALS = 10;

export function makeProblem(recipe: Recipe): Problem {
  const { name, kind, rows, components } = recipe;
  const dimension = recipe.dimension ?? 1;
  const random = createRandom(7);
  const base = { name, kind, rows, dimension, components };
  const weights = Array.from({ length: components }, () => 1 / components);
  if (kind === 'exponential') {
    const column = Float64Array.from({ length: rows }, (_, row) => random.exponential() / 2 ** (row % components));
    const rates = weights.map((_, component) => ({ rate: 1.3 * 2 ** component }));
    return { ...base, family: exponential(), columns: [column], start: { weights, components: rates } };
  }
  if (kind === 'binomial') {
    const probabilities = weights.map((_, component) => (component + 0.5) / components);
    const column = Float64Array.from({ length: rows }, (_, row) => {
      let successes = 0;
      for (let trial = 0; trial < TRIALS; trial += 1) if (random.uniform() < probabilities[row % components]!) successes += 1;
      return successes;
    });
    const start = probabilities.map((probability) => ({ probability: 0.8 * probability + 0.05 }));
    return { ...base, family: binomial({ trials: TRIALS }), columns: [column], start: { weights, components: start } };
  }
  const spread = recipe.spread ?? 1.5;
  const means = weights.map((_, component) =>
    Array.from({ length: dimension }, () => spread * (kind === 'gaussian' ? component : random.normal())),
  );
  const columns = Array.from({ length: dimension }, () => new Float64Array(rows));
  for (let row = 0; row < rows; row += 1) {
    const mean = means[row % components]!;
    columns.forEach((column, index) => {
      column[row] = mean[index]! + random.normal();
    });
  }
  const started = means.map((mean) => mean.map((value) => value + 0.3 * random.normal()));
  if (kind === 'gaussian') {
    return {
      ...base,
      family: gaussian(),
      columns,
      start: { weights, components: started.map(([mean]) => ({ mean: mean!, variance: 1.5 })) },
    };
  }
  const covariance = Array.from({ length: dimension }, (_, j) => Array.from({ length: dimension }, (__, k) => (j === k ? 1.5 : 0)));
  return {
    ...base,
    family: multivariateGaussian({ dimension, covariance: kind }),
    columns,
    start: { weights, components: started.map((mean) => ({ mean, covariance })) },
  };
}

/** What peers are told of a problem, besides the file with its columns end to end. */
export function describeForPeers({ kind, rows, dimension, components, start }: Problem): Record<string, unknown> {
  const values = start.components as readonly Readonly<Record<string, unknown>>[];
  return {
    kind,
    rows,
    dimension,
    components,
    trials: TRIALS,
    weights: start.weights,
    means: values.map((value) => value['mean'] ?? value['rate'] ?? value['probability']),
    variance: 1.5,
  };
}
