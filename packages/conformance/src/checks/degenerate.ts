import {
  checkParameters,
  type Diagnosis,
  type DiagnosisKind,
  EmkitError,
  type MixtureParameters,
  type ParameterValues,
  summarize,
} from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, mixtureOf, numbersIn, pointArbitrary, rowsArbitrary } from '../cases.ts';
import { estimate } from '../estimate.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, show, violate } from '../law.ts';
import { logLikelihoodOf } from '../likelihood.ts';
import { run } from '../run.ts';
import { conditionedRounding } from './bound.ts';

const DIAGNOSES: readonly DiagnosisKind[] = ['converged', 'boundary', 'iteration-limit', 'stalled', 'collapsed', 'decreased', 'aborted'];

/** Codes that mean "these data or parameters have no answer", which is one. */
const REFUSALS = ['COMPONENT_DEGENERATE', 'DATA_TOO_FEW_DISTINCT_ROWS', 'MODEL_IMPOSSIBLE_DATA'];

interface Scenario {
  readonly rows: readonly Row[];
  readonly weights?: readonly number[];
  readonly start: MixtureParameters;
  readonly seed: number;
}

/**
 * **degenerate**: where the likelihood has no maximum, or data say too little, the answer is a diagnosis or an error with a code.
 *
 * An empty component (weight 0, or no row near it), one row, rows all equal, many ties, as many components as rows, one outlier at the
 * end of the doubles. For each: plain and accelerated EM from a given start, a fit with automatic starts, the M-step itself, and `locate`.
 *
 * - What is returned has finite parameters in their domains, a finite log-likelihood (the one at those parameters), and a diagnosis of
 *   the closed union. `decreased` is none of them: it means that the M-step does not maximise.
 * - What is thrown is an error with one of the codes for data or parameters without an answer. No NaN, no other exception.
 * - No driver asks for more passes over the data than its iterations explain: nothing hangs.
 */
export const degenerate: Law = {
  name: 'degenerate',
  statement: 'empty components, one row, equal rows, ties, K = n, an outlier: a diagnosis or a coded error, never NaN, never a hang',
  falseAlarmRate: 0,
  parts: [
    scenario('an empty component', 2, (subject) =>
      fc
        .tuple(rowsArbitrary(subject, 6, 30), pointArbitrary(subject, 2))
        .map(([rows, start]) => ({ rows, start: { ...start, weights: [1, 0] } })),
    ),
    scenario('one row', 1, (subject) =>
      fc.tuple(rowsArbitrary(subject, 1, 1), pointArbitrary(subject, 1)).map(([rows, start]) => ({ rows, start })),
    ),
    scenario('rows all equal', 2, (subject) =>
      fc
        .tuple(subject.row('ordinary'), fc.integer({ min: 2, max: 30 }), pointArbitrary(subject, 2))
        .map(([row, copies, start]) => ({ rows: new Array<Row>(copies).fill(row), start })),
    ),
    scenario('ties', 2, (subject) =>
      fc
        .tuple(
          subject.row('ordinary'),
          subject.row('ordinary'),
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 1, max: 20 }),
          pointArbitrary(subject, 2),
        )
        .map(([one, other, ones, others, start]) => ({
          rows: [...new Array<Row>(ones).fill(one), ...new Array<Row>(others).fill(other)],
          start,
        })),
    ),
    scenario('as many components as rows', 3, (subject) =>
      fc.tuple(rowsArbitrary(subject, 3, 3), pointArbitrary(subject, 3)).map(([rows, start]) => ({ rows, start })),
    ),
    scenario('a huge outlier', 2, (subject) =>
      fc
        .tuple(rowsArbitrary(subject, 6, 30), subject.row('extreme'), pointArbitrary(subject, 2))
        .map(([rows, outlier, start]) => ({ rows: [...rows, outlier], start })),
    ),
    scenario('equal components', 2, (subject) =>
      fc
        .tuple(rowsArbitrary(subject, 6, 30), pointArbitrary(subject, 1))
        .map(([rows, { components }]) => ({ rows, start: { weights: [0.5, 0.5], components: [components[0]!, components[0]!] } })),
    ),
    part({
      name: 'the crude location',
      missing: ({ family }) => lacking(family, 'locate'),
      share: 0.5,
      arbitrary: (subject) =>
        fc.oneof(
          rowsArbitrary(subject, 1, 20),
          fc.tuple(subject.row('ordinary'), fc.integer({ min: 1, max: 5 })).map(([row, copies]) => new Array<Row>(copies).fill(row)),
          fc.tuple(rowsArbitrary(subject, 1, 5), subject.row('extreme')).map(([rows, outlier]) => [...rows, outlier]),
        ),
      check(rows, { subject }) {
        requireFinite(subject, [subject.family.locate!(summarize(datasetOf(subject, rows, 1)))]);
      },
    }),
    part({
      name: 'the M-step of one row',
      arbitrary: (subject) =>
        fc.record({
          row: subject.row('ordinary'),
          previous: pointArbitrary(subject, 1),
          responsibility: fc.constantFrom(1, 0.5, 1e-12, 1e-300),
        }),
      check({ row, previous, responsibility }, { subject }) {
        const found = estimate(subject, mixtureOf(subject, 1), { rows: [row], responsibilities: [[responsibility]] }, previous);
        if (found !== undefined) requireFinite(subject, found.components);
      },
    }),
  ],
};

function scenario(
  name: string,
  components: number,
  arbitrary: (subject: Subject) => fc.Arbitrary<Omit<Scenario, 'seed'>>,
): Law['parts'][number] {
  return part<Scenario>({
    name,
    share: 0.15,
    shrinks: 40,
    arbitrary: (subject) => fc.tuple(arbitrary(subject), seedArbitrary).map(([value, seed]) => ({ ...value, seed })),
    check: (value, { subject }) => requireAnswer(subject, value, components),
  });
}

/** Iterations that the engine is given: enough for a collapse to come about. */
const ITERATIONS = 60;

function requireAnswer(subject: Subject, { rows, start, seed }: Scenario, components: number): void {
  const mixture = mixtureOf(subject, components);
  const dataset = datasetOf(subject, rows, components);
  for (const method of ['em', 'anderson'] as const) {
    const outcome = coded(() => run(subject, method, mixture, dataset, start, ITERATIONS, 1e-8));
    if (outcome === undefined) continue;
    const { state, diagnosis, expectation } = outcome.result;
    requireDiagnosis(diagnosis, `${method} from ${show(start)}`, () => conditionedRounding(mixture, state.parameters, dataset));
    requireFinite(subject, state.parameters.components);
    requireLikelihood(subject, state.parameters, expectation.logLikelihood);
    const { value, magnitude } = logLikelihoodOf(mixture, state.parameters, dataset);
    if (!(Math.abs(value - expectation.logLikelihood) <= 64 * Number.EPSILON * (magnitude + rows.length))) {
      violate(
        `${method} reports the log-likelihood ${expectation.logLikelihood}, and at its parameters ${show(state.parameters)} it is ${value}`,
      );
    }
  }
  const fitted = coded(() => subject.engine.fit(dataset, { family: subject.family, components, seed, starts: 2, iterations: ITERATIONS }));
  if (fitted === undefined) return;
  requireDiagnosis(fitted.diagnosis, 'the fit', () =>
    conditionedRounding(mixture, { weights: fitted.weights, components: fitted.components }, dataset),
  );
  requireFinite(subject, fitted.components);
  requireLikelihood(subject, { weights: fitted.weights, components: fitted.components }, fitted.logLikelihood);
}

function requireDiagnosis(diagnosis: Diagnosis, what: string, rounding: () => number): void {
  if (!DIAGNOSES.includes(diagnosis.kind)) violate(`${what} ended with ${show(diagnosis)}, which is no diagnosis`);
  if (diagnosis.kind === 'decreased' && diagnosis.by > rounding())
    violate(`${what} ended because the log-likelihood fell by ${diagnosis.by}: the M-step does not maximise`);
}

function requireFinite(subject: Subject, components: readonly ParameterValues[]): void {
  components.forEach((values, component) => {
    checkParameters(subject.family, values, component);
    for (const number of numbersIn(values)) if (!Number.isFinite(number)) violate(`component ${component + 1} came out as ${show(values)}`);
  });
}

function requireLikelihood(_subject: Subject, { weights, components }: MixtureParameters, logLikelihood: number): void {
  if (!Number.isFinite(logLikelihood)) violate(`the log-likelihood at ${show(components)} is ${logLikelihood}`);
  if (weights.some((weight) => !(weight >= 0 && weight <= 1))) violate(`the weights came out as ${show(weights)}`);
}

/** The result of an action; undefined where it refuses with a code that means there is no answer. */
function coded<T>(action: () => T | undefined): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof EmkitError && REFUSALS.includes(error.code)) return undefined;
    throw error;
  }
}
