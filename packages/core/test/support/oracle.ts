// EM for two families written straight from the definition, row by row: the engine's tests compare against it.

interface Bell {
  readonly mean: number;
  readonly variance: number;
}

export interface BellMixture {
  readonly weights: readonly number[];
  readonly components: readonly Bell[];
}

export interface OracleOptions {
  readonly caseWeights?: readonly number[];
  readonly labels?: readonly number[];
  readonly heldWeights?: boolean;
}

const density = (x: number, { mean, variance }: Bell): number =>
  Math.exp((-0.5 * (x - mean) ** 2) / variance) / Math.sqrt(2 * Math.PI * variance);

export function logLikelihood(data: readonly number[], { weights, components }: BellMixture, options: OracleOptions = {}): number {
  return data.reduce((sum, x, row) => {
    const label = options.labels?.[row] ?? -1;
    const terms = components.map((component, index) => (label >= 0 && label !== index ? 0 : weights[index]! * density(x, component)));
    return sum + (options.caseWeights?.[row] ?? 1) * Math.log(terms.reduce((a, b) => a + b));
  }, 0);
}

export function responsibilities(data: readonly number[], { weights, components }: BellMixture, options: OracleOptions = {}): number[][] {
  return data.map((x, row) => {
    const label = options.labels?.[row] ?? -1;
    if (label >= 0) return components.map((_, index) => (index === label ? 1 : 0));
    const joint = components.map((component, index) => weights[index]! * density(x, component));
    const total = joint.reduce((a, b) => a + b);
    return joint.map((term) => term / total);
  });
}

export function emStep(data: readonly number[], mixture: BellMixture, options: OracleOptions = {}): BellMixture {
  const rows = responsibilities(data, mixture, options).map((row, index) =>
    row.map((value) => value * (options.caseWeights?.[index] ?? 1)),
  );
  const counts = mixture.components.map((_, component) => rows.reduce((sum, row) => sum + row[component]!, 0));
  const total = counts.reduce((a, b) => a + b);
  const components = counts.map((count, component) => {
    const mean = rows.reduce((sum, row, index) => sum + row[component]! * data[index]!, 0) / count;
    const variance = rows.reduce((sum, row, index) => sum + row[component]! * (data[index]! - mean) ** 2, 0) / count;
    return { mean, variance };
  });
  return { weights: options.heldWeights ? mixture.weights : counts.map((count) => count / total), components };
}
