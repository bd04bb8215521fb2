import type { Domain } from '../domain.ts';
import type { Family, ParameterValue, ParameterValues } from '../family.ts';
import type { Mixture, MixtureParameters } from '../mixture.ts';

/** A dimensionless size of the change from one point of the model to another: the largest over weights and components. */
export function mixtureDistance(mixture: Mixture, from: MixtureParameters, to: MixtureParameters): number {
  let largest = 0;
  mixture.families.forEach((family, component) => {
    const weight = Math.abs(from.weights[component]! - to.weights[component]!);
    const distance = componentDistance(family, from.components[component]!, to.components[component]!);
    // Not a number where one of them is: Math.max forgets no NaN.
    largest = Math.max(largest, weight, distance);
  });
  return largest;
}

function componentDistance(family: Family, from: ParameterValues, to: ParameterValues): number {
  if (from === to) return 0;
  if (family.distance !== undefined) return family.distance(from, to);
  let largest = 0;
  for (const [name, domain] of Object.entries(family.parameters)) {
    largest = Math.max(largest, domainDistance(domain, from[name]!, to[name]!));
  }
  return largest;
}

/**
 * The change of one value in its domain: absolute for probabilities, relative for the rest. A real parameter with a location has
 * no scale of its own, so a family with one should state its own `distance`.
 */
export function domainDistance(domain: Domain, from: ParameterValue, to: ParameterValue): number {
  const relative = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
  switch (domain.kind) {
    case 'probability':
      return Math.abs((from as number) - (to as number));
    case 'interval':
      return Math.abs((from as number) - (to as number)) / (domain.maximum - domain.minimum);
    case 'real':
    case 'positive':
    case 'non-negative':
      return relative(from as number, to as number);
    case 'simplex':
      return largestOver(from as readonly number[], to as readonly number[], (a, b) => Math.abs(a - b));
    case 'real-vector':
    case 'positive-vector':
      return largestOver(from as readonly number[], to as readonly number[], relative);
    case 'lower-triangle':
      return largestOver((from as readonly number[][]).flat(), (to as readonly number[][]).flat(), relative);
    case 'positive-definite': {
      const before = from as readonly (readonly number[])[];
      const after = to as readonly (readonly number[])[];
      let largest = 0;
      for (let row = 0; row < domain.dimension; row += 1) {
        for (let column = 0; column <= row; column += 1) {
          const scale = Math.sqrt(before[row]![row]!) * Math.sqrt(before[column]![column]!);
          largest = Math.max(largest, Math.abs(after[row]![column]! - before[row]![column]!) / scale);
        }
      }
      return largest;
    }
  }
}

function largestOver(from: readonly number[], to: readonly number[], distance: (a: number, b: number) => number): number {
  let largest = 0;
  for (let index = 0; index < from.length; index += 1) largest = Math.max(largest, distance(from[index]!, to[index]!));
  return largest;
}

/**
 * How coarse double precision is at a point: the distance by which the point moves when each of its numbers moves by one unit
 * in the last place. With a mean of 1e12 standard deviations it is 1e-4, and no smaller step can be told from rounding.
 */
export function roundingDistance(mixture: Mixture, point: MixtureParameters): number {
  const known = roundingDistances.get(point.components);
  if (known?.mixture === mixture) return known.distance;
  let distance = 0;
  mixture.families.forEach((family, component) => {
    distance = Math.max(distance, componentRounding(family, point.components[component]!));
  });
  roundingDistances.set(point.components, { mixture, distance });
  return distance;
}

/** Each point is asked about twice: when it is reached, and when the next one is judged. */
const roundingDistances = /* @__PURE__ */ new WeakMap<
  readonly ParameterValues[],
  { readonly mixture: Mixture; readonly distance: number }
>();

/** One parameter at a time: together their changes may cancel, as those of a shape and a rate in the mean. */
function componentRounding(family: Family, values: ParameterValues): number {
  if (family.rounding !== undefined) return family.rounding(values);
  let largest = 0;
  for (const name of Object.keys(family.parameters))
    largest = Math.max(largest, componentDistance(family, values, { ...values, [name]: nudge(values[name]!) }));
  return largest;
}

function nudge(value: ParameterValue): ParameterValue {
  if (typeof value === 'number') return value * (1 + Number.EPSILON);
  // A loop, because a covariance of fifty columns has 2,500 numbers.
  const moved = new Array<ParameterValue>(value.length);
  for (let index = 0; index < value.length; index += 1) moved[index] = nudge(value[index]!);
  return moved as ParameterValue;
}
