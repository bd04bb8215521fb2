import { createRandom, type ParameterValues, type Random } from '@emkit/core';
import { cholesky, solveLower } from '@emkit/core/numerics';
import * as fc from 'fast-check';
import { evidenceThreshold, logAverage, logEvidence } from '../goodness-of-fit.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, VACUOUS, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { expectUnder, ONE, onlyObservedColumn } from '../quadrature.ts';

/** The mass may miss 1 by the rounding of exponentials of log-densities (some ulps of numbers up to a few hundred) and of the sum. */
const MASS_ALLOWANCE = 1e-10;

/** Draws from the proposal, and from the family: enough to see a mass that is off by a few hundredths. */
const PROPOSALS = 8000;

/** Of the Student proposal: heavier tails than any density whose ratio to it must stay bounded. */
const DEGREES_OF_FREEDOM = 5;

/**
 * **normalisation**: integral (or sum) of f(x; theta) over the declared support = 1.
 *
 * One observed column: adaptive Gauss-Kronrod quadrature in coordinates in which tails decay exponentially, or the sum over the whole
 * numbers with a geometric bound for the rest; the mass must be 1 to 1e-10 and the estimated error of quadrature. The range is cut at 400
 * draws of the family and at its quantiles, and every piece is tested against its halves, so that kinks and spikes are seen that no node
 * would meet; at an end other than 0, whose neighbourhood is no double, the density is continued as a power of the distance; atoms are added.
 *
 * Several observed real columns: f against a multivariate Student density q shaped by the family's own draws. With m = f q/(f + q), the
 * mean of m/q over draws from q and that of m/f over draws from f have the same expectation, the integral of m, where f integrates to 1;
 * both lie between 0 and 1, and a bet on their difference has the stated false-alarm rate exactly, whatever the tails. A mass off by four
 * hundredths is seen, or a sampler that draws from another density.
 *
 * Two columns, whole numbers among them: the mass of a grid of cells, by Gauss-Legendre rules of two orders and by sums. Cells lie where draws
 * or, without a sampler, a random walk over the density show the mass to be. Counts without a largest: the parameters are moved until
 * counts reach 200, 3000, 5e9 and 3e12, and the masses there summed with a stride.
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
      proves: 'that the density integrates to 1',
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
      proves: 'that the density integrates to 1',
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
        const differences = bridge(subject, parameters, template, createRandom(seed));
        if (differences === undefined) return VACUOUS;
        const evidence = logAverage([logEvidence(differences), logEvidence(differences.map((value) => -value))]);
        if (evidence > evidenceThreshold(falseAlarm)) {
          // With f off by a factor c the difference is about (c - 1) / 4 on either side.
          const off = 2 * (differences.reduce((sum, value) => sum + value, 0) / differences.length);
          violate(
            `the density's mass is about ${(1 + off).toPrecision(3)} and not 1, or the draws are not from it (a chance of e^-${evidence.toPrecision(4)})`,
          );
        }
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

/**
 * f/(q + f) at draws from a proposal q, less q/(q + f) at as many draws from the family: where f is normalised and the draws are from it, the
 * expectation of the first is the integral of f q/(q + f), and so is that of the second. Undefined where the draws have no invertible covariance.
 */
function bridge(subject: Subject, parameters: ParameterValues, template: readonly number[], random: Random): Float64Array | undefined {
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
  let constant =
    logGammaHalf(DEGREES_OF_FREEDOM + dimension) -
    logGammaHalf(DEGREES_OF_FREEDOM) -
    (dimension / 2) * Math.log(DEGREES_OF_FREEDOM * Math.PI);
  for (let j = 0; j < dimension; j += 1) constant -= Math.log(factor[j * dimension + j]!);
  const deviation = new Float64Array(dimension);
  const logProposal = (columns: readonly Float64Array[], index: number): number => {
    for (let j = 0; j < dimension; j += 1) deviation[j] = columns[observed[j]!]![index]! - centre[j]!;
    solveLower(factor, dimension, deviation);
    let square = 0;
    for (const value of deviation) square += value * value;
    return constant - ((DEGREES_OF_FREEDOM + dimension) / 2) * Math.log1p(square / DEGREES_OF_FREEDOM);
  };
  /** log f - log q at points that are drawn into the columns one by one. */
  const logRatios = (drawInto: (row: Float64Array) => void): Float64Array => {
    const columns = template.map((value) => new Float64Array(PROPOSALS).fill(value));
    for (let index = 0; index < PROPOSALS; index += 1) {
      row.set(template);
      drawInto(row);
      for (let column = 0; column < row.length; column += 1) columns[column]![index] = row[column]!;
    }
    return logDensities(family, { size: PROPOSALS, columns }, parameters).map((value, index) => value - logProposal(columns, index));
  };
  const proposed = logRatios((into) => {
    // Student: normal over the root of a chi-square over its degrees, an odd number of them: sum of squares of normals.
    let chiSquare = 0;
    for (let each = 0; each < DEGREES_OF_FREEDOM; each += 1) chiSquare += random.normal() ** 2;
    const normals = Array.from({ length: dimension }, () => random.normal() / Math.sqrt(chiSquare / DEGREES_OF_FREEDOM));
    for (let j = 0; j < dimension; j += 1) {
      let sum = 0;
      for (let k = 0; k <= j; k += 1) sum += factor[j * dimension + k]! * normals[k]!;
      into[observed[j]!] = centre[j]! + sum;
    }
  });
  const drawn = logRatios((into) => subject.draw!(parameters, random, into));
  return proposed.map((ofProposed, index) => 1 / (1 + Math.exp(-ofProposed)) - 1 / (1 + Math.exp(drawn[index]!)));
}

/** log Gamma(n / 2). */
function logGammaHalf(n: number): number {
  let value = n % 2 === 0 ? 0 : 0.5 * Math.log(Math.PI);
  for (let at = n % 2 === 0 ? 2 : 1; at < n; at += 2) value += Math.log(at / 2);
  return value;
}
