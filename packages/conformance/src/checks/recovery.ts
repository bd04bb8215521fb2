import { createRandom, type Dataset, type Mixture, type MixtureParameters } from '@emkit/core';
import { cholesky, solveLower } from '@emkit/core/numerics';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, mixtureOf, withShared } from '../cases.ts';
import { type Coordinates, coordinatesAt, curvatures, negativeHessian } from '../coordinates.ts';
import { chiSquareThreshold, normalThreshold } from '../goodness-of-fit.ts';
import { type Law, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { jointLogDensities, logLikelihoodOf, logSum } from '../likelihood.ts';
import { run } from '../run.ts';

/** Rows drawn: enough for the distribution of the estimates to be near its limit at the false-alarm rate. */
const ROWS = 1500;

/** Candidate truths, of which the best separated is taken. */
const CANDIDATES = 12;

/** The average posterior probability of the likeliest component from which on components count as apart. */
const APART = 0.93;

/** The information of two components costs the square of their coordinates in passes over the rows: beyond this, one must do. */
const MOST_COORDINATES = 24;

/** How many standard errors away from the truth EM is started, at least, in every coordinate. */
const AWAY = 3;

/** The limit distribution is not reached exactly: what single coordinates may exceed their threshold by. */
const SKEWNESS_SLACK = 1.3;

interface Case {
  readonly seed: number;
  readonly weights: readonly number[];
  readonly candidates: readonly MixtureParameters['components'][];
  readonly template: Row;
}

const caseArbitrary = (subject: Subject, components: number): fc.Arbitrary<Case> =>
  fc.record({
    seed: seedArbitrary,
    weights: fc
      .integer({ min: -200, max: 200 })
      .map((thousandths) => (components === 1 ? [1] : [0.5 + thousandths / 1000, 0.5 - thousandths / 1000])),
    candidates: fc.array(fc.array(subject.parameters('ordinary'), { minLength: components, maxLength: components }), {
      minLength: CANDIDATES,
      maxLength: CANDIDATES,
    }),
    template: subject.row('ordinary'),
  });

/**
 * **recovery**: from data drawn from a mixture, EM started elsewhere finds the mixture again.
 *
 * A truth is drawn from the domains (the best separated of several), 1500 rows are sampled from it, and EM is started with every free
 * coordinate at least three and up to thirty standard errors off the truth, so that the start is demonstrably not the answer: it fails
 * the same test. Components are aligned to the truth by the best permutation. Then
 *
 * - every free coordinate of every component and weight (none chosen by name: they come from the domains) lies within z standard
 *   errors of the truth, the standard errors from the observed information, the numerically differentiated Hessian of the
 *   log-likelihood at the truth in unconstrained coordinates;
 * - 2 (l(estimate) - l(truth)) is below the chi-square threshold with as many degrees of freedom as there are coordinates.
 *
 * Besides, whether the family draws or not: the scores of rows where the mass is have the rank of the parameters, so that none is redundant.
 *
 * The thresholds share the stated false-alarm rate, exact in the limit of many rows. Where two components cannot be told apart (the
 * information is singular) or have more than 24 coordinates, the case says nothing, and one component still must be found.
 */
export const recovery: Law = {
  name: 'recovery',
  statement: 'the parameters of simulated mixtures are found again, every one of them, from a start that is demonstrably elsewhere',
  falseAlarmRate: 1e-6,
  parts: [1, 2].map((components) =>
    part<Case>({
      name: components === 1 ? 'one component' : 'two components',
      missing: ({ draw }) => (draw === undefined ? ['sample'] : []),
      proves: 'that a fit finds the truth again',
      share: components === 1 ? 0.05 : 0.08,
      shrinks: 4,
      statistical: true,
      mayBeVacuous: components > 1,
      arbitrary: (subject) => caseArbitrary(subject, components),
      check: (value, { subject, falseAlarm }) => recover(subject, value, components, falseAlarm),
    }),
  ),
};

function recover(subject: Subject, { seed, weights, candidates, template }: Case, components: number, falseAlarm: number): Verdict {
  const mixture = mixtureOf(subject, components);
  const random = createRandom(seed);
  const draw = (truth: MixtureParameters, rows: number): Row[] =>
    Array.from({ length: rows }, () => {
      const row = Float64Array.from(template);
      subject.draw!(truth.components[random.uniform() < truth.weights[0]! ? 0 : components - 1]!, random, row);
      return Array.from(row);
    });
  const truths = candidates.map((each) => withShared(subject.family, { weights, components: each }));
  const truth = components === 1 ? truths[0]! : mostApart(subject, mixture, truths, draw);
  if (truth === undefined) return VACUOUS;
  const dataset = datasetOf(subject, draw(truth, ROWS), components, { merge: true });
  const coordinates = coordinatesAt(mixture, truth);
  if (components > 1 && coordinates.length > MOST_COORDINATES) return VACUOUS;
  const logLikelihood = (values: Float64Array): number => logLikelihoodOf(mixture, coordinates.decode(values), dataset).value;
  const information = identified(mixture, coordinates, dataset) ? informationAt(logLikelihood, coordinates) : undefined;
  // Two components that the data cannot tell apart have no standard errors; with one, that is a defect of the family.
  if (information === undefined)
    return components === 1
      ? violate(`the observed information at ${show(truth)} is singular: the data say nothing about some parameter`)
      : VACUOUS;
  const { standardErrors } = information;
  const size = coordinates.length;
  const threshold = normalThreshold(falseAlarm / 2 / size) * SKEWNESS_SLACK;

  const start = startAway(mixture, coordinates, standardErrors, dataset, threshold, seed);
  if (start === undefined) return VACUOUS;
  const outcome = run(subject, 'anderson', mixture, dataset, start, 400, 1e-9);
  if (outcome === undefined) return VACUOUS;
  const { diagnosis, state } = outcome.result;
  if (diagnosis.kind === 'decreased' || diagnosis.kind === 'collapsed')
    violate(`EM from ${show(start)} ended with the diagnosis ${show(diagnosis)} on ${ROWS} rows drawn from ${show(truth)}`);
  const found = align(state.parameters, coordinates, standardErrors);
  const encoded = coordinates.encode(found);
  for (let index = 0; index < size; index += 1) {
    const errors = Math.abs(encoded[index]! - coordinates.origin[index]!) / standardErrors[index]!;
    if (!(errors <= threshold)) {
      violate(
        `${coordinates.describe(index)} is ${errors.toPrecision(3)} standard errors from the truth (allowed ${threshold.toPrecision(3)}): found ${show(found)}, from ${ROWS} rows drawn from ${show(truth)}`,
      );
    }
  }
  const gain = 2 * (logLikelihoodOf(mixture, found, dataset).value - logLikelihoodOf(mixture, truth, dataset).value);
  const allowed = chiSquareThreshold(size, falseAlarm / 2) * SKEWNESS_SLACK;
  // Below 0 the answer is worse than the truth itself: no maximum. Slow convergence leaves a little.
  if (!(gain <= allowed && gain >= -0.1))
    violate(
      `twice the log-likelihood ratio of the estimate ${show(found)} to the truth ${show(truth)} is ${gain.toPrecision(4)} (allowed from 0 to ${allowed.toPrecision(4)})`,
    );
}

/** The truth whose components overlap least; undefined when even they do. */
function mostApart(
  _subject: Subject,
  mixture: Mixture,
  truths: readonly MixtureParameters[],
  draw: (truth: MixtureParameters, rows: number) => Row[],
): MixtureParameters | undefined {
  let best: MixtureParameters | undefined;
  let apart = APART;
  for (const truth of truths) {
    const rows = draw(truth, 60);
    const block = { size: rows.length, columns: rows[0]!.map((_, column) => Float64Array.from(rows, (row) => row[column]!)) };
    const joint = jointLogDensities(mixture, truth, block);
    let certainty = 0;
    for (let row = 0; row < block.size; row += 1) {
      const values = joint.map((column) => column[row]!);
      const largest = Math.max(...values);
      certainty += 1 / values.reduce((sum, value) => sum + Math.exp(value - largest), 0) / block.size;
    }
    if (certainty <= apart) continue;
    apart = certainty;
    best = truth;
  }
  return best;
}

/** The least pivot of an information matrix with ones on its diagonal, of which a coordinate is said to be identified. */
const LEAST_PIVOT = 0.02;

/**
 * Whether the rows tell all coordinates apart: the sum of s s' over the scores s of single rows has, other than the Hessian, the rank
 * that the model has, whatever the data (three coins cannot be had from two tosses each).
 */
function identified(mixture: Mixture, coordinates: Coordinates, dataset: Dataset): boolean {
  const size = coordinates.length;
  const at = (values: ArrayLike<number>): Float64Array => {
    const point = coordinates.decode(values);
    const rows: number[] = [];
    for (const block of dataset.blocks) {
      const joint = jointLogDensities(mixture, point, block);
      for (let row = 0; row < block.size; row += 1) rows.push(logSum(joint.map((column) => column[row]!)));
    }
    return Float64Array.from(rows);
  };
  const weights = dataset.blocks.flatMap((block) => Array.from({ length: block.size }, (_, row) => block.weights?.[row] ?? 1));
  const scores = Array.from(coordinates.origin, (_, index) => {
    const moved = coordinates.origin.slice();
    const step = 1e-5 * Math.max(1, Math.abs(moved[index]!));
    moved[index]! += step;
    const above = at(moved);
    moved[index]! -= 2 * step;
    const below = at(moved);
    return above.map((value, row) => (value - below[row]!) / (2 * step));
  });
  const product = (first: Float64Array, second: Float64Array): number =>
    first.reduce((sum, value, row) => sum + weights[row]! * value * second[row]!, 0);
  const sizes = scores.map((each) => Math.sqrt(product(each, each)));
  if (sizes.some((each) => !(each > 0))) return false;
  const matrix = new Float64Array(size * size);
  scores.forEach((row, i) => {
    scores.forEach((column, j) => {
      matrix[i * size + j] = product(row, column) / sizes[i]! / sizes[j]!;
    });
  });
  const factored = cholesky(matrix, size);
  return factored.ok && Array.from(sizes, (_, index) => factored.factor[index * size + index]!).every((pivot) => pivot >= LEAST_PIVOT);
}

/** Standard errors from the inverse of the observed information; undefined where that is singular. */
function informationAt(
  logLikelihood: (values: Float64Array) => number,
  coordinates: Coordinates,
): { readonly standardErrors: Float64Array } | undefined {
  const { curvature, steps } = curvatures(logLikelihood, coordinates.origin);
  if (curvature.some((value) => !(value > 0))) return undefined;
  const hessian = negativeHessian(logLikelihood, coordinates.origin, steps, curvature);
  const size = coordinates.length;
  // In units of each coordinate's own curvature, so that the pivots show what the coordinates say about each other.
  const scaled = hessian.map((entry, index) => entry / Math.sqrt(curvature[Math.floor(index / size)]! * curvature[index % size]!));
  const factored = cholesky(scaled, size);
  if (!factored.ok) return undefined;
  const { factor } = factored;
  const standardErrors = new Float64Array(size);
  const unit = new Float64Array(size);
  for (let index = 0; index < size; index += 1) {
    if (factor[index * size + index]! < LEAST_PIVOT) return undefined;
    unit.fill(0);
    unit[index] = 1;
    solveLower(factor, size, unit);
    standardErrors[index] = Math.sqrt(unit.reduce((sum, value) => sum + value * value, 0) / curvature[index]!);
  }
  return { standardErrors };
}

/** A start at which every coordinate is beyond its threshold from the truth, and the data are still possible; nearer ones if it must be. */
function startAway(
  mixture: Mixture,
  coordinates: Coordinates,
  standardErrors: Float64Array,
  dataset: Dataset,
  threshold: number,
  seed: number,
): MixtureParameters | undefined {
  const random = createRandom(seed + 1);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const far = threshold * (AWAY / 2) * 0.85 ** attempt;
    if (far < threshold * 1.05) return undefined;
    const signs = coordinates.origin.map(() => (random.uniform() < 0.5 ? -1 : 1));
    const point = coordinates.decode(coordinates.origin.map((value, index) => value + signs[index]! * far * standardErrors[index]!));
    const encoded = coordinates.encode(point);
    const allAway = coordinates.origin.every((value, index) => Math.abs(encoded[index]! - value) > threshold * standardErrors[index]!);
    const { value } = logLikelihoodOf(mixture, point, dataset);
    if (allAway && Number.isFinite(value)) return point;
  }
  return undefined;
}

/** The same answer with its components in the order nearest to the truth, in standard errors. */
function align(point: MixtureParameters, coordinates: Coordinates, standardErrors: Float64Array): MixtureParameters {
  let best = point;
  let least = Infinity;
  for (const order of permutations(point.weights.length)) {
    const candidate = {
      weights: order.map((component) => point.weights[component]!),
      components: order.map((component) => point.components[component]!),
    };
    const encoded = coordinates.encode(candidate);
    let distance = 0;
    for (let index = 0; index < encoded.length; index += 1)
      distance += ((encoded[index]! - coordinates.origin[index]!) / standardErrors[index]!) ** 2;
    if (!(distance < least)) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

function permutations(size: number): number[][] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap((shorter) =>
    Array.from({ length: size }, (_, place) => [...shorter.slice(0, place), size - 1, ...shorter.slice(place)]),
  );
}
