import { createRandom, type Dataset, type Mixture, type MixtureParameters } from '@emkit/core';
import { cholesky } from '@emkit/core/numerics';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, mixtureOf, withShared } from '../cases.ts';
import { type Coordinates, coordinatesAt, whereDefined } from '../coordinates.ts';
import { unitsOf } from '../estimate.ts';
import { evidenceThreshold } from '../goodness-of-fit.ts';
import { type Law, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { jointLogDensities, logLikelihoodOf, logSum } from '../likelihood.ts';
import { type Run, run } from '../run.ts';
import { conditionedRounding } from './bound.ts';

/** Rows drawn for the estimate, and as many that it has not seen. */
const ROWS = 1500;

/** Rows whose given columns are taken in turn. */
const TEMPLATES = 60;

/** Candidate truths, of which the best separated is taken. */
const CANDIDATES = 12;

/** The average posterior probability of the likeliest component from which on components count as apart. */
const APART = 0.93;

/** How far EM is started from the truth, in standard errors of each coordinate. */
const AWAY = 9;

/** The log-likelihood of a start that is demonstrably elsewhere is so far below that of the truth, in nats. */
const ELSEWHERE = 3;

/** What slow convergence may leave of the log-likelihood, in nats. */
const SLOW = 0.05;

interface Case {
  readonly seed: number;
  readonly weights: readonly number[];
  readonly candidates: readonly MixtureParameters['components'][];
  readonly templates: readonly Row[];
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
    templates: fc.array(subject.row('ordinary'), { minLength: TEMPLATES, maxLength: TEMPLATES }),
  });

/**
 * **recovery**: from data drawn from a mixture, EM started elsewhere finds the mixture again.
 *
 * A truth is drawn (the best separated of several), and 1500 rows are sampled from it, their given columns from row to row different. EM is
 * started with every free coordinate some nine standard errors off, where the rows are less likely than under the truth by nats.
 *
 * - The answer is a maximum: the rows are at least as likely under it as under the truth itself. Where they are not, the answer must at least
 *   be a local optimum (no step along a coordinate raises the log-likelihood by a twentieth of a nat), and EM from the truth end higher: then
 *   the case says nothing. An M-step that leaves a parameter where it was ends at no optimum at all.
 * - The truth is not refuted: 1500 other rows of the same draw are not so much likelier under the answer than under the truth. The ratio of the
 *   two likelihoods exceeds 1/a with a probability of at most a, exactly, for the answer knows nothing of these rows (L. Wasserman,
 *   A. Ramdas and S. Balakrishnan, Universal inference, 2020). An estimator with a bias of some six standard errors, and a sampler that draws
 *   from elsewhere, are refuted.
 * - The scores of the rows are linearly independent: the data tell every parameter of one component apart from the others.
 *
 * Where the data drawn from a truth have no estimate (EM started from the truth itself collapses: ten heads in ten tosses), or a run does
 * not converge, the case says nothing; with one component, other truths are tried then.
 *
 * Besides, whether the family draws or not: the scores of rows where the mass is have the rank of the parameters, so that none is redundant.
 */
export const recovery: Law = {
  name: 'recovery',
  statement: 'the parameters of simulated mixtures are found again, every one of them, from a start that is demonstrably elsewhere',
  falseAlarmRate: 1e-6,
  parts: [1, 2].map((components) =>
    part<Case>({
      name: components === 1 ? 'one component' : 'two components',
      missing: ({ draw, family }) => [
        ...(draw === undefined ? ['sample'] : []),
        ...(Object.keys(family.parameters).length === 0 ? ['parameters'] : []),
      ],
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

function recover(subject: Subject, { seed, weights, candidates, templates }: Case, components: number, falseAlarm: number): Verdict {
  const mixture = mixtureOf(subject, components);
  const random = createRandom(seed);
  const draw = (truth: MixtureParameters, rows: number): Row[] =>
    Array.from({ length: rows }, (_, index) => {
      const row = Float64Array.from(templates[index % TEMPLATES]!);
      subject.draw!(truth.components[random.uniform() < truth.weights[0]! ? 0 : components - 1]!, random, row);
      return Array.from(row);
    });
  const truths = candidates.map((each) => withShared(subject.family, { weights, components: each }));
  if (components > 1) {
    const truth = mostApart(mixture, truths, draw);
    return truth === undefined ? VACUOUS : recoverFrom(subject, mixture, truth, draw, seed, falseAlarm);
  }
  // Each truth that is tried is a test of its own.
  for (const truth of truths) if (recoverFrom(subject, mixture, truth, draw, seed, falseAlarm / CANDIDATES) !== VACUOUS) return;
  return VACUOUS;
}

function recoverFrom(
  subject: Subject,
  mixture: Mixture,
  truth: MixtureParameters,
  draw: (truth: MixtureParameters, rows: number) => Row[],
  seed: number,
  falseAlarm: number,
): Verdict {
  const dataset = datasetOf(subject, draw(truth, ROWS), truth.weights.length, { merge: true });
  const logLikelihood = (point: MixtureParameters): number => whereDefined(() => logLikelihoodOf(mixture, point, dataset).value);
  const atTruth = logLikelihood(truth);
  const from = (start: MixtureParameters): Run | undefined => run(subject, 'anderson', mixture, dataset, start, 400, 1e-9);
  const ideal = from(truth);
  if (ideal === undefined) violate(`rows drawn from ${show(truth)} are impossible under it`);
  const idealKind = ideal.result.diagnosis.kind;
  // Data without an estimate: every toss came up heads.
  if (idealKind === 'collapsed') return VACUOUS;
  const coordinates = coordinatesAt(mixture, truth);
  if (truth.weights.length === 1 && !identified(mixture, coordinates, dataset))
    violate(`the scores of ${ROWS} rows drawn from ${show(truth)} are linearly dependent: the data say nothing about some parameter`);
  const start = startAway(coordinates, logLikelihood, atTruth, seed);
  if (start === undefined) return VACUOUS;
  const outcome = from(start);
  if (outcome === undefined) return VACUOUS;
  const { diagnosis, state } = outcome.result;
  const where = (): string => `on ${ROWS} rows drawn from ${show(truth)}`;
  if (diagnosis.kind === 'decreased' && diagnosis.by > conditionedRounding(mixture, state.parameters, dataset))
    violate(`EM from ${show(start)} ended with the diagnosis ${show(diagnosis)} ${where()}`);
  const found = state.parameters;
  const atFound = logLikelihood(found);
  if (!(atFound >= atTruth - SLOW)) {
    if (diagnosis.kind !== 'converged' && diagnosis.kind !== 'stalled') return VACUOUS;
    const better = betterNeighbour(mixture, found, logLikelihood, atFound);
    if (better !== undefined)
      violate(
        `EM from ${show(start)} ended at ${show(found)}, no optimum ${where()}: the log-likelihood is ${atFound}, at ${show(better.point)} ${better.value}, and at the truth ${atTruth}`,
      );
    if (logLikelihood(ideal.result.state.parameters) > atFound + SLOW) return VACUOUS;
    violate(`the log-likelihood at ${show(found)} is ${atFound}, below that of the truth, ${atTruth}, ${where()}`);
  }
  const unseen = datasetOf(subject, draw(truth, ROWS), truth.weights.length, { merge: true });
  const evidence = logLikelihoodOf(mixture, found, unseen).value - logLikelihoodOf(mixture, truth, unseen).value;
  if (evidence > evidenceThreshold(falseAlarm))
    violate(
      `${ROWS} rows drawn from ${show(truth)} are e^${evidence.toPrecision(4)} times likelier under ${show(found)}, the estimate from other rows: they are not from this density`,
    );
  return;
}

/** A step of a standard error or less along one coordinate that raises the log-likelihood by more than slow convergence explains. */
function betterNeighbour(
  mixture: Mixture,
  point: MixtureParameters,
  logLikelihood: (point: MixtureParameters) => number,
  here: number,
): { readonly point: MixtureParameters; readonly value: number } | undefined {
  const coordinates = coordinatesAt(mixture, point);
  const units = unitsOf((values) => logLikelihood(coordinates.decode(values)), coordinates.origin);
  for (let index = 0; index < coordinates.length; index += 1) {
    for (const step of [1, -1, 0.3, -0.3]) {
      const moved = coordinates.origin.slice();
      moved[index]! += step * units[index]!;
      const neighbour = coordinates.decode(moved);
      const value = logLikelihood(neighbour);
      if (value > here + SLOW) return { point: neighbour, value };
    }
  }
  return undefined;
}

/** The truth whose components overlap least; undefined when even they do. */
function mostApart(
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

/** The least pivot of an information matrix with ones on its diagonal that is not the rounding of differences. */
const LEAST_PIVOT = 1e-5;

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

/** A start at which the data are less likely by nats, and still possible: nearer ones if it must be. */
function startAway(
  coordinates: Coordinates,
  logLikelihood: (point: MixtureParameters) => number,
  atTruth: number,
  seed: number,
): MixtureParameters | undefined {
  const random = createRandom(seed + 1);
  const units = unitsOf((values) => logLikelihood(coordinates.decode(values)), coordinates.origin);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const far = AWAY * 0.85 ** attempt;
    const point = coordinates.decode(
      coordinates.origin.map((value, index) => value + (random.uniform() < 0.5 ? -far : far) * Math.min(units[index]!, 1)),
    );
    const value = logLikelihood(point);
    if (Number.isFinite(value) && value < atTruth - ELSEWHERE) return point;
  }
  return undefined;
}
