import {
  createDataset,
  createMixture,
  createRandom,
  type Family,
  fit,
  type KernelKind,
  type MixtureParameters,
  memorySource,
  type ParameterValue,
  type ParameterValues,
  summarize,
  useKernels,
} from '@emkit/core';
import { binomial, exponential, gaussian, multivariateGaussian } from '@emkit/families';

/** What an engine makes of one case: the kind of kernels it really used, and a digest of every bit of the answers. */
export interface Digest {
  readonly kind: KernelKind;
  readonly digest: string;
}

/**
 * Expectations and fits of every family with a kernel, and of one without, reduced to a number per case. Runs in any engine: all that it
 * draws comes from the engine's own generator.
 */
export function digests(kind: KernelKind): Readonly<Record<string, Digest>> {
  const used = useKernels(kind);
  return Object.fromEntries(
    Object.entries(cases()).map(([name, answer]) => [name, { kind: used, digest: digestOf(new Uint32Array(answer().buffer)) }]),
  );
}

/** FNV-1a over the words, twice with different offsets. */
function digestOf(words: Uint32Array): string {
  let first = 0x811c9dc5;
  let second = 0x01234567;
  for (const word of words) {
    first = Math.imul(first ^ word, 0x01000193);
    second = Math.imul(second ^ (word >>> 7) ^ (word << 9), 0x01000193);
  }
  return `${(first >>> 0).toString(16)}-${(second >>> 0).toString(16)}`;
}

function cases(): Readonly<Record<string, () => Float64Array>> {
  const all: Record<string, () => Float64Array> = {};
  const normal = (spread: number) => (random: ReturnType<typeof createRandom>, component: number, column: number) =>
    spread * Math.sqrt(component * (column + 1)) + random.normal();
  for (const components of [1, 2, 3, 9]) {
    all[`exponential, ${components}`] = () =>
      expectationOf(exponential(), components, (random, component) => random.exponential() * (1 + component));
    all[`gaussian, ${components}`] = () => expectationOf(gaussian(), components, normal(2));
    all[`binomial, ${components}`] = () => expectationOf(binomial({ trials: 12 }), components, (random) => random.integer(13));
    for (const dimension of [2, 3, 10, 21]) {
      for (const covariance of ['full', 'diagonal'] as const) {
        for (const spread of [1, 12]) {
          all[`${covariance}, ${dimension} columns, ${components}, spread ${spread}`] = () =>
            expectationOf(multivariateGaussian({ dimension, covariance }), components, normal(spread));
        }
      }
    }
  }
  all['a whole fit'] = () => {
    const random = createRandom(2);
    const { trace } = fit(
      Float64Array.from({ length: 700 }, (_, row) => random.normal() + 2 * (row % 3)),
      { family: gaussian(), components: 3 },
    );
    return Float64Array.from(trace);
  };
  return all;
}

function expectationOf(
  family: Family,
  components: number,
  draw: (random: ReturnType<typeof createRandom>, component: number, column: number) => number,
): Float64Array {
  const random = createRandom(components);
  const rows = 1700;
  const columns = family.columns.map((_, column) =>
    Float64Array.from({ length: rows }, (__, row) => draw(random, row % components, column)),
  );
  const weights = components === 3 ? Float64Array.from({ length: rows }, () => random.exponential()) : undefined;
  const mixture = createMixture({ family, components });
  const dataset = createDataset(
    Object.fromEntries(columns.map((column, index) => [`x${index}`, column])),
    mixture.families,
    components,
    weights === undefined ? {} : { weights },
  );
  const whole = family.locate!(summarize(dataset));
  const at: MixtureParameters = {
    weights: Array.from({ length: components }, () => 1 / components),
    components: Array.from({ length: components }, (_, component) => moved(whole, component)),
  };
  return memorySource(dataset).expect({ model: mixture, at, about: at }).vector;
}

/** Parameters near the given ones: numbers are nudged, the entries of a mean each by its own amount. */
function moved(values: ParameterValues, component: number): ParameterValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, ParameterValue] => {
      if (typeof value === 'number') return [name, value * (1 - 0.07 * component)];
      if (name === 'mean') return [name, (value as readonly number[]).map((entry, column) => entry + 0.5 * component - 0.1 * column)];
      return [name, value];
    }),
  );
}
