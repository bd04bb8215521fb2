import type { Block, Family, MixtureParameters } from '@emkit/core';

/** w_k f_k(x) of every component at every x, for a family of one observed column; `given` holds the values of given columns. */
export function componentDensities(
  families: readonly Family[],
  { weights, components }: MixtureParameters,
  x: Float64Array,
  given: readonly number[] = [],
): readonly Float64Array[] {
  const block: Block = { size: x.length, columns: [x, ...given.map((value) => new Float64Array(x.length).fill(value))] };
  return families.map((family, component) => {
    const out = new Float64Array(x.length);
    family.logDensity(block, components[component]!, out);
    return out.map((value) => weights[component]! * Math.exp(value));
  });
}

export function grid(from: number, to: number, points: number): Float64Array {
  return Float64Array.from({ length: points }, (_, index) => from + ((to - from) * index) / (points - 1));
}
