import { type Domain, defineFamily, EmkitError, Expectation, type Family, type Mixture, type ParameterValues } from '@emkit/core';
import { expect } from 'vitest';

/** A family that is nothing but what a test says of it. */
export function familyOf(parts: Partial<Family> & { readonly parameters: Readonly<Record<string, Domain>> }): Family {
  const definition = defineFamily<ParameterValues>({
    id: 'stub',
    title: 'A stub',
    create: () => ({
      id: 'stub',
      options: {},
      columns: [{ name: 'x', support: { kind: 'real' } }],
      statisticsLength: 1,
      logDensity: () => {},
      accumulate: () => {},
      maximize: (_statistics, _count, about) => about,
      ...parts,
    }),
  });
  return definition();
}

/** An expectation of these counts, with 10 times the component's number as its statistics. */
export function expectationOf(mixture: Mixture, counts: readonly number[], logLikelihood = 0, magnitude = 0): Expectation {
  const expectation = Expectation.zero(mixture);
  expectation.vector[0] = logLikelihood;
  expectation.vector[1] = magnitude;
  const { sums, vector, layout } = expectation;
  counts.forEach((count, component) => {
    sums[component] = vector[layout.offsets[component]!] = count;
    expectation.statistics(component)[0] = 10 * (component + 1);
  });
  return expectation;
}

export function failureOf(action: () => unknown): EmkitError {
  try {
    action();
  } catch (error) {
    if (error instanceof EmkitError) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}
