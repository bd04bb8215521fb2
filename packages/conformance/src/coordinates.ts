import {
  type Codec,
  codecOf,
  type Domain,
  EmkitError,
  type Family,
  freeParameters,
  type Mixture,
  type MixtureParameters,
  type ParameterValue,
  type ParameterValues,
} from '@emkit/core';
import { Violation } from './law.ts';

/** Coordinates beyond this stand for the edge of a domain, where the coordinate is infinite: a probability of 1e-16. */
const EDGE = 36;

/** The free unconstrained coordinates of a mixture about one of its points: held parameters and repeated shared ones have none. */
export interface Coordinates {
  readonly length: number;
  readonly origin: Float64Array;
  /** The point whose free coordinates are these. */
  decode(free: ArrayLike<number>): MixtureParameters;
  /** The free coordinates of another point of the same model. */
  encode(point: MixtureParameters): Float64Array;
  /** What a coordinate belongs to, e.g. `component 2, coordinate 1` or `weight 1`. */
  describe(index: number): string;
}

/** A parameter, that of a part by a path such as `height.variance`. */
export function valueAt(values: ParameterValues, path: string): ParameterValue {
  const [name, rest] = splitPath(values, path);
  return rest === undefined ? values[name]! : valueAt(values[name] as ParameterValues, rest);
}

/** The record with another value of a parameter. */
export function withValue(values: ParameterValues, path: string, value: ParameterValue): ParameterValues {
  const [name, rest] = splitPath(values, path);
  return { ...values, [name]: rest === undefined ? value : withValue(values[name] as ParameterValues, rest, value) };
}

function splitPath(values: ParameterValues, path: string): readonly [string, string | undefined] {
  const part = Object.keys(values).find((name) => path.startsWith(`${name}.`));
  return part === undefined ? [path, undefined] : [part, path.slice(part.length + 1)];
}

/** Coordinates of a whole mixture: log-ratios of the weights, then each component's vector. What is held or tied is taken from the point. */
function mixtureCodec({ families, latent, emissions }: Mixture) {
  const weights = codecOf({ parameters: { weights: { kind: 'simplex', length: families.length } } } as unknown as Family);
  const codecs: readonly Codec<ParameterValues>[] = families.map(codecOf);
  const offsets = [weights.length];
  for (const { length } of codecs) offsets.push(offsets.at(-1)! + length);
  return {
    length: offsets.at(-1)!,
    encode(point: MixtureParameters): Float64Array {
      const vector = new Float64Array(offsets.at(-1)!);
      weights.encode({ weights: point.weights }, vector, 0);
      codecs.forEach((codec, component) => {
        codec.encode(point.components[component]!, vector, offsets[component]!);
      });
      return vector;
    },
    decode(vector: Float64Array, like: MixtureParameters): MixtureParameters {
      const components = codecs.map((codec, component): ParameterValues => {
        const held = [...emissions.held[component]!];
        const decoded = codec.decode(vector, offsets[component]!);
        // Digits kept beside the parameters belong to those that were decoded, not to what is held or tied.
        const tied = held.length > 0 || emissions.sharedGroups.length > 0;
        const shown = tied ? (families[component]!.show?.(decoded) ?? decoded) : decoded;
        return held.reduce((values, path) => withValue(values, path, valueAt(like.components[component]!, path)), shown);
      });
      for (const { components: members, names } of emissions.sharedGroups) {
        const common = Object.fromEntries([...names].map((name) => [name, components[members[0]!]![name]!]));
        for (const component of members) components[component] = { ...components[component]!, ...common };
      }
      const held = latent.space.free.length === 0;
      return { weights: held ? like.weights : (weights.decode(vector, 0)['weights'] as readonly number[]), components };
    },
    scales({ components }: MixtureParameters): Float64Array {
      const out = new Float64Array(offsets.at(-1)!).fill(1);
      codecs.forEach((codec, component) => {
        codec.scales?.(components[component]!, out, offsets[component]!);
      });
      return out;
    },
  };
}

/** Parameters that no coordinate moves, because their values are apart from each other, as whole numbers are. */
export function apartOf(family: Family, values: ParameterValues): ParameterValues {
  const names = Object.entries(family.parameters as Readonly<Record<string, Domain>>).flatMap(([name, domain]) =>
    freeParameters(domain) === 0 ? [name] : [],
  );
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

export function coordinatesAt(mixture: Mixture, point: MixtureParameters): Coordinates {
  const codec = mixtureCodec(mixture);
  const full = codec
    .encode(point)
    .map((value) => (Math.min(Math.max(value, -EDGE), EDGE) === value || Number.isFinite(value) ? value : value > 0 ? EDGE : -EDGE));
  const scales = codec.scales(point);
  const base = JSON.stringify(codec.decode(full, point));
  const free: number[] = [];
  for (let index = 0; index < codec.length; index += 1) {
    const moved = full.slice();
    moved[index]! += 0.01 * (Number.isFinite(scales[index]!) && scales[index]! > 0 ? scales[index]! : 1);
    if (JSON.stringify(codec.decode(moved, point)) !== base) free.push(index);
  }
  const pick = (vector: Float64Array): Float64Array =>
    Float64Array.from(free, (index) => {
      const value = vector[index]!;
      return Number.isFinite(value) ? value : value > 0 ? EDGE : -EDGE;
    });
  const lengths = mixture.families.map((family) => codecOf(family).length);
  return {
    length: free.length,
    origin: pick(full),
    decode(values) {
      const vector = full.slice();
      free.forEach((index, place) => {
        vector[index] = values[place]!;
      });
      return codec.decode(vector, point);
    },
    encode: (other) => pick(codec.encode(other)),
    describe(place) {
      let index = free[place]!;
      if (index < mixture.families.length - 1) return `weight ${index + 1}`;
      index -= mixture.families.length - 1;
      for (let component = 0; component < lengths.length; component += 1) {
        if (index < lengths[component]!)
          return `component ${component + 1}, coordinate ${index + 1} (${coordinateName(mixture.families[component]!, index)})`;
        index -= lengths[component]!;
      }
      return `coordinate ${place + 1}`;
    },
  };
}

/** The parameter that a coordinate of the derived codec belongs to; with a codec of the family's own it need not be one alone. */
function coordinateName(family: Family, index: number): string {
  const names = Object.keys(family.parameters);
  return names.length === 1 ? names[0]! : family.codec === undefined ? namesByCoordinate(family)[index]! : names.join(', ');
}

function namesByCoordinate(family: Family): string[] {
  return Object.entries(family.parameters).flatMap(([name, domain]) => {
    const alone = { ...family, parameters: { [name]: domain } } as Family;
    return new Array<string>(codecOf(alone).length).fill(name);
  });
}

/**
 * The value of a function of parameters, NaN where they have left their domains on the way: coordinates so far out that a variance
 * rounds to 0 or a matrix to a singular one are refused by families in their own ways. The law "domain" sees to what lies inside.
 */
export function whereDefined(evaluate: () => number): number {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof Violation || (error instanceof EmkitError && error.code === 'PARAMETER_DOMAIN')) return Number.NaN;
    throw error;
  }
}

/**
 * The negative curvature of a function at the origin of coordinates, each with a step at which it changes by about a hundredth:
 * what one coordinate's unit is.
 */
export function curvatures(
  evaluateInside: (values: Float64Array) => number,
  origin: Float64Array,
): { readonly curvature: Float64Array; readonly steps: Float64Array } {
  const evaluate = (values: Float64Array): number => whereDefined(() => evaluateInside(values));
  const centre = evaluate(origin);
  const curvature = new Float64Array(origin.length);
  const steps = new Float64Array(origin.length);
  const moved = origin.slice();
  for (let index = 0; index < origin.length; index += 1) {
    let step = 1e-2;
    let found = Number.NaN;
    for (let attempt = 0; attempt < 40; attempt += 1) {
      moved[index] = origin[index]! + step;
      const above = evaluate(moved);
      moved[index] = origin[index]! - step;
      const below = evaluate(moved);
      moved[index] = origin[index]!;
      const drop = 2 * centre - above - below;
      if (!Number.isFinite(drop) || drop > 1) {
        step /= drop > 1e4 || !Number.isFinite(drop) ? 100 : 4;
        continue;
      }
      found = drop / (step * step);
      if (drop > 1e-3) break;
      if (step > 1e12) break;
      step *= drop > 1e-7 ? Math.min(Math.sqrt(0.02 / drop), 100) : 16;
    }
    curvature[index] = found;
    steps[index] = step;
  }
  return { curvature, steps };
}

/** How far each free coordinate moves when each number of the parameters moves by one unit in the last place: their own rounding. */
export function coordinateRounding(coordinates: Coordinates, point: MixtureParameters): Float64Array {
  const origin = coordinates.encode(point);
  const total = new Float64Array(origin.length);
  const add = (nudged: MixtureParameters): void => {
    const moved = coordinates.encode(nudged);
    for (let index = 0; index < total.length; index += 1) {
      const change = Math.abs(moved[index]! - origin[index]!);
      if (Number.isFinite(change)) total[index]! += change;
    }
  };
  // A bigger nudge than one ulp, so that the response is not itself rounding.
  const nudge = 2 ** -30;
  point.components.forEach((values, component) => {
    for (const other of nudgedEach(values, nudge))
      add({ ...point, components: point.components.map((each, index) => (index === component ? other : each)) });
  });
  if (point.weights.length > 1) {
    point.weights.forEach((_, nudgedIndex) => {
      add({ ...point, weights: point.weights.map((weight, index) => (index === nudgedIndex ? weight * (1 + nudge) : weight)) });
    });
  }
  for (let index = 0; index < total.length; index += 1) total[index]! *= Number.EPSILON / nudge;
  return total;
}

/** The records in which one number each is larger by a share `nudge` of its own rounding's unit; across a matrix's diagonal, both. */
export function nudgedEach(values: ParameterValues, nudge: number): readonly ParameterValues[] {
  const records: ParameterValues[] = [];
  for (const [name, value] of Object.entries(values)) {
    for (const other of nudgedValues(value, nudge)) records.push({ ...values, [name]: other });
  }
  return records;
}

function isList(value: ParameterValue): value is readonly number[] | readonly (readonly number[])[] {
  return Array.isArray(value);
}

function nudgedValues(value: ParameterValue, nudge: number): ParameterValue[] {
  const up = (entry: number): number => entry * (1 + nudge);
  if (typeof value === 'number') return [up(value)];
  if (!isList(value)) return [...nudgedEach(value, nudge)];
  if (value.length === 0 || typeof value[0] === 'number')
    return value.map((_, index) => (value as readonly number[]).map((entry, place) => (place === index ? up(entry) : entry)));
  const matrix = value as readonly (readonly number[])[];
  const records: ParameterValue[] = [];
  const isDiagonal = matrix.every((entries, row) => entries.every((entry, column) => row === column || entry === 0));
  for (let row = 0; row < matrix.length; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      if (row !== column && isDiagonal) continue;
      // A covariance is a sum of products: it rounds in units of the two deviations, however small it is itself.
      const change =
        row === column
          ? matrix[row]![row]! * nudge
          : Math.sqrt(Math.abs(matrix[row]![row]!)) * Math.sqrt(Math.abs(matrix[column]![column]!)) * nudge;
      records.push(
        matrix.map((entries, i) =>
          entries.map((entry, j) => ((i === row && j === column) || (i === column && j === row) ? entry + change : entry)),
        ),
      );
    }
  }
  return records;
}
