import { createRandom, type ParameterValues, type Random } from '@emkit/core';
import { cholesky, solveLower } from '@emkit/core/numerics';
import * as fc from 'fast-check';
import { normalThreshold, sampleMean } from '../goodness-of-fit.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, VACUOUS, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { expectUnder, ONE, onlyObservedColumn } from '../quadrature.ts';

/** The mass may miss 1 by the rounding of exponentials of log-densities (some ulps of numbers up to a few hundred) and of the sum. */
const MASS_ALLOWANCE = 1e-10;

/** Draws from the proposal of an importance-sampling estimate. */
const PROPOSALS = 8000;

/** Of the Student proposal: heavier tails than any density whose ratio to it must stay bounded. */
const DEGREES_OF_FREEDOM = 5;

/**
 * **normalisation**: integral (or sum) of f(x; theta) over the declared support = 1.
 *
 * One observed column: adaptive Gauss-Kronrod quadrature in coordinates in which tails decay exponentially, or the sum over the whole
 * numbers with a geometric bound for the rest; the mass must be 1 to 1e-10 and the estimated error of quadrature.
 *
 * Several observed real columns: importance sampling from a multivariate Student distribution shaped by the family's own draws.
 * E_q[f/q] = 1 whatever the proposal q; the estimate's standard error is measured, and the mass must be 1 within the normal
 * threshold of the false-alarm rate. A sampler that draws from elsewhere only makes the estimate worse, never wrong.
 *
 * Parts side by side: the density of a row is the product of the parts' densities of their own columns, to rounding; their mass is for this
 * law at each of them.
 */
export const normalisation: Law = {
  name: 'normalisation',
  statement: 'the density sums or integrates to 1 over the declared support',
  falseAlarmRate: 1e-6,
  parts: [
    part({
      name: 'one column',
      missing: ({ family }) => (onlyObservedColumn(family) === undefined ? ['single observed column'] : []),
      share: 0.15,
      shrinks: 40,
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary') }),
      check({ parameters, template }, { subject }) {
        const mass = expectUnder(subject, parameters, template, ONE);
        if (mass === undefined) return VACUOUS;
        const value = mass.values[0]!;
        const error = mass.errors[0]!;
        if (Math.abs(value - 1) <= MASS_ALLOWANCE + 4 * error && error <= 1e-6) return;
        if (error > 1e-6)
          violate(`the density could not be integrated: ${value} with an error of ${error.toPrecision(2)} after the finest subdivision`);
        violate(`the density's mass is ${value} and not 1 (the quadrature's error is about ${error.toPrecision(2)})`);
      },
    }),
    part({
      name: 'several columns',
      missing: ({ family }) => [
        ...(onlyObservedColumn(family) !== undefined || family.columns.some(({ given, support }) => !given && support.kind !== 'real')
          ? ['several observed real columns']
          : []),
        ...(family.sample === undefined && family.quantile === undefined ? lacking(family, 'sample') : []),
      ],
      share: 0.1,
      shrinks: 20,
      statistical: true,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), seed: seedArbitrary }),
      check({ parameters, template, seed }, { subject, falseAlarm }) {
        const ratios = importanceRatios(subject, parameters, template, createRandom(seed));
        if (ratios === undefined) return VACUOUS;
        const { mean, standardError } = sampleMean(ratios);
        // Where the proposal misses the density's shape altogether, the estimate says nothing.
        if (!(standardError < 0.2 * Math.max(1, mean))) return VACUOUS;
        const allowance = normalThreshold(falseAlarm) * standardError;
        if (!(Math.abs(mean - 1) <= allowance))
          violate(
            `the density's mass is ${mean.toPrecision(5)} and not 1 (importance sampling, allowed error ${allowance.toPrecision(2)})`,
          );
        return;
      },
    }),
    part({
      name: 'parts side by side',
      missing: ({ family }) => lacking(family, 'parts'),
      share: 0.5,
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), row: subject.row('ordinary') }),
      check({ parameters, row }, { subject: { family } }) {
        const [whole] = logDensities(family, blockOf(family, [row]), parameters);
        let first = 0;
        let sum = 0;
        let magnitude = 1;
        for (const [name, part] of Object.entries(family.parts!)) {
          const own = row.slice(first, first + part.columns.length);
          first += part.columns.length;
          const [value] = logDensities(part, blockOf(part, [own]), parameters[name] as ParameterValues);
          sum += value!;
          magnitude += Math.abs(value!);
        }
        if (first !== row.length) violate(`the parts have ${first} columns together, and the family has ${row.length}`);
        if (Object.is(whole, sum) || Math.abs(whole! - sum) <= 8 * Number.EPSILON * magnitude) return;
        violate(`log f(${row.join(', ')}) is ${whole}, and the logarithms of the parts' densities add up to ${sum}`);
      },
    }),
  ],
};

/** f/q at draws from the proposal q; undefined where the draws have no invertible covariance. */
function importanceRatios(
  subject: Subject,
  parameters: ParameterValues,
  template: readonly number[],
  random: Random,
): Float64Array | undefined {
  const { family } = subject;
  const observed = family.columns.flatMap((column, index) => (column.given ? [] : [index]));
  const dimension = observed.length;
  const row = new Float64Array(template.length);
  const draws = Array.from({ length: 1000 }, () => {
    row.set(template);
    subject.draw!(parameters, random, row);
    return observed.map((column) => row[column]!);
  });
  const centre = observed.map((_, j) => draws.reduce((sum, draw) => sum + draw[j]!, 0) / draws.length);
  const covariance = new Float64Array(dimension * dimension);
  for (const draw of draws) {
    for (let j = 0; j < dimension; j += 1) {
      for (let k = 0; k < dimension; k += 1)
        covariance[j * dimension + k]! += (1.2 * (draw[j]! - centre[j]!) * (draw[k]! - centre[k]!)) / draws.length;
    }
  }
  const factored = cholesky(covariance, dimension);
  if (!factored.ok) return undefined;
  const { factor } = factored;
  // Student: normal over the root of a chi-square over its degrees, an odd number of them: sum of squares of normals.
  const columns = template.map((value) => new Float64Array(PROPOSALS).fill(value));
  const logProposal = new Float64Array(PROPOSALS);
  let constant =
    logGammaHalf(DEGREES_OF_FREEDOM + dimension) -
    logGammaHalf(DEGREES_OF_FREEDOM) -
    (dimension / 2) * Math.log(DEGREES_OF_FREEDOM * Math.PI);
  for (let j = 0; j < dimension; j += 1) constant -= Math.log(factor[j * dimension + j]!);
  const deviation = new Float64Array(dimension);
  for (let index = 0; index < PROPOSALS; index += 1) {
    let chiSquare = 0;
    for (let each = 0; each < DEGREES_OF_FREEDOM; each += 1) chiSquare += random.normal() ** 2;
    const normals = Array.from({ length: dimension }, () => random.normal() / Math.sqrt(chiSquare / DEGREES_OF_FREEDOM));
    for (let j = 0; j < dimension; j += 1) {
      let sum = 0;
      for (let k = 0; k <= j; k += 1) sum += factor[j * dimension + k]! * normals[k]!;
      columns[observed[j]!]![index] = centre[j]! + sum;
      deviation[j] = columns[observed[j]!]![index]! - centre[j]!;
    }
    solveLower(factor, dimension, deviation);
    let square = 0;
    for (const value of deviation) square += value * value;
    logProposal[index] = constant - ((DEGREES_OF_FREEDOM + dimension) / 2) * Math.log1p(square / DEGREES_OF_FREEDOM);
  }
  const densities = logDensities(family, { size: PROPOSALS, columns }, parameters);
  return densities.map((value, index) => Math.exp(value - logProposal[index]!));
}

/** log Gamma(n / 2). */
function logGammaHalf(n: number): number {
  let value = n % 2 === 0 ? 0 : 0.5 * Math.log(Math.PI);
  for (let at = n % 2 === 0 ? 2 : 1; at < n; at += 2) value += Math.log(at / 2);
  return value;
}
