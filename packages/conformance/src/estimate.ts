import { EmkitError, Expectation, type Mixture, type MixtureParameters, MOST_RECENTRINGS } from '@emkit/core';
import type { Row } from './arbitraries.ts';
import { type Coordinates, coordinateRounding, coordinatesAt, curvatures } from './coordinates.ts';
import { type Subject, violate } from './law.ts';
import { blockOf, logDensities, Sum } from './likelihood.ts';

/** Rows with responsibilities: one list a component, case weights inside. */
export interface Weighted {
  readonly rows: readonly Row[];
  readonly responsibilities: readonly (readonly number[])[];
}

/** One M-step through the engine, from given responsibilities; undefined where the family says that a component has no estimate. */
export function estimate(subject: Subject, mixture: Mixture, data: Weighted, previous: MixtureParameters): MixtureParameters | undefined {
  const { engine } = subject;
  let about = previous;
  let expectation = expectationOf(mixture, data, about);
  for (let turn = 0; ; turn += 1) {
    const point = engine.recentre(mixture, expectation, about);
    if (point === undefined) break;
    if (turn === MOST_RECENTRINGS)
      violate(`the statistics were taken again ${turn} times and recentre still asks for another point: it must come to an end by itself`);
    about = point;
    expectation = expectationOf(mixture, data, about);
  }
  try {
    return engine.maximize(mixture, expectation, about);
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'COMPONENT_DEGENERATE') return undefined;
    throw error;
  }
}

function expectationOf(mixture: Mixture, { rows, responsibilities }: Weighted, about: MixtureParameters): Expectation {
  const expectation = Expectation.zero(mixture);
  const { sums, layout } = expectation;
  mixture.families.forEach((family, component) => {
    const values = Float64Array.from(responsibilities[component]!);
    let count = 0;
    for (const value of values) count += value;
    sums[component] = expectation.vector[layout.offsets[component]!] = count;
    family.accumulate(blockOf(family, rows), values, about.components[component]!, expectation.statistics(component));
  });
  return expectation;
}

/** Q(theta) = sum over rows and components of r_ik log(w_k f_k(x_i; theta)), and the sum of the magnitudes of its terms. */
export function expectedLogLikelihood(
  mixture: Mixture,
  point: MixtureParameters,
  { rows, responsibilities }: Weighted,
): { readonly value: number; readonly magnitude: number } {
  const total = new Sum();
  let magnitude = 0;
  mixture.families.forEach((family, component) => {
    const densities = logDensities(family, blockOf(family, rows), point.components[component]!);
    const logWeight = Math.log(point.weights[component]!);
    responsibilities[component]!.forEach((responsibility, row) => {
      if (responsibility === 0) return;
      const term = densities[row]! + (point.weights.length === 1 ? 0 : logWeight);
      total.add(responsibility * term);
      magnitude += responsibility * (Math.abs(densities[row]!) + 1);
    });
  });
  return { value: total.value, magnitude };
}

/** What one standard error of the whole sample is in each coordinate, about a maximum: 1 / sqrt(curvature). */
export function unitsOf(logLikelihood: (values: Float64Array) => number, origin: Float64Array): Float64Array {
  return curvatures(logLikelihood, origin).curvature.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 1));
}

/** The same about a maximum of Q. */
export function unitsAt(mixture: Mixture, data: Weighted, coordinates: Coordinates): Float64Array {
  return unitsOf((values) => expectedLogLikelihood(mixture, coordinates.decode(values), data).value, coordinates.origin);
}

/** The errors of one estimate against another in ulps: of a standard error for one observation, and of the parameters' own rounding. */
export function estimateErrors(
  mixture: Mixture,
  data: Weighted,
  actual: MixtureParameters,
  expected: MixtureParameters,
): { readonly worst: number; readonly where: string; readonly units: Float64Array } {
  const coordinates = coordinatesAt(mixture, expected);
  const units = unitsAt(mixture, data, coordinates);
  const rounding = coordinateRounding(coordinates, expected);
  const found = coordinates.encode(actual);
  let count = 0;
  for (const values of data.responsibilities) for (const value of values) count += value;
  let worst = 0;
  let where = '';
  for (let index = 0; index < coordinates.length; index += 1) {
    const error = Math.abs(found[index]! - coordinates.origin[index]!);
    const ulps = error === 0 ? 0 : error / (Number.EPSILON * units[index]! * Math.sqrt(count) + rounding[index]!);
    if (ulps <= worst) continue;
    worst = ulps;
    where = coordinates.describe(index);
  }
  return { worst, where, units };
}
