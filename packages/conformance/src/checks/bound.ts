import type { Block, Dataset, Family, Mixture, MixtureParameters, ParameterValue, ParameterValues } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, mixtureOf, pointArbitrary, rowsArbitrary } from '../cases.ts';
import { apartOf, coordinateRounding, coordinatesAt, nudgedEach, whereDefined } from '../coordinates.ts';
import { type Law, part, type Subject, show, VACUOUS, violate } from '../law.ts';
import { jointLogDensities, logDensities, logLikelihoodOf, logSum } from '../likelihood.ts';
import { run } from '../run.ts';
import { DEFAULT_BUDGETS, EPSILON } from '../tolerance.ts';

interface RunCase {
  readonly start: MixtureParameters;
  readonly rows: readonly Row[];
  readonly weights: readonly number[];
}

const ITERATIONS = 12;

/**
 * **bound**: for any distributions q_i over the components, Jensen's inequality gives
 * sum_i sum_k q_ik log(w_k f_k(x_i) / q_ik) <= sum_i log sum_k w_k f_k(x_i), with equality when q is the posterior.
 *
 * - The free energy at arbitrary q never exceeds the log-likelihood, and equals it at the posterior, to the rounding of its terms.
 * - Hence no iteration lowers the log-likelihood beyond that rounding, in plain EM and accelerated. The log-likelihood is computed
 *   here from its definition at each point on the way: what the driver reports there, case weights included, must be the same number.
 * - The reported answer's log-likelihood is the one at the returned parameters, and a fall is never called convergence.
 */
export const bound: Law = {
  name: 'bound',
  statement: 'free energy <= log-likelihood, equal at the posterior; the log-likelihood never falls, in plain and accelerated EM',
  falseAlarmRate: 0,
  parts: [
    part({
      name: 'free energy',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({
          point: pointArbitrary(subject, 3),
          entries: fc.array(
            fc.tuple(
              subject.row('ordinary'),
              fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 }),
              fc.integer({ min: 1, max: 300 }),
            ),
            { minLength: 1, maxLength: 20 },
          ),
        }),
      check({ point, entries }, { subject }) {
        const { engine } = subject;
        const mixture = mixtureOf(subject, 3);
        const dataset = datasetOf(
          subject,
          entries.map(([row]) => row),
          3,
          { weights: entries.map(([, , weight]) => weight / 100) },
        );
        const { value, magnitude } = logLikelihoodOf(mixture, point, dataset);
        if (!Number.isFinite(value)) return VACUOUS;
        const shares = entries.map(([, entry]) =>
          entry.every((share) => share === 0) ? [1, 0, 0] : entry.map((share) => share / entry.reduce((sum, each) => sum + each, 0)),
        );
        const q = [0, 1, 2].map((component) => shares.map((share) => share[component]!));
        const free = engine.informationBound(mixture, point, dataset, q).freeEnergy;
        const allowance = 64 * EPSILON * (magnitude + Math.abs(free) + dataset.totalWeight);
        if (!(free <= value + allowance)) violate(`with q = ${show(shares)} the free energy ${free} exceeds the log-likelihood ${value}`);
        const posterior = engine.informationBound(mixture, point, dataset).freeEnergy;
        if (!(Math.abs(posterior - value) <= 64 * EPSILON * (magnitude + dataset.totalWeight) * 4))
          violate(`at the posterior the free energy is ${posterior} and the log-likelihood ${value}`);
        return;
      },
    }),
    ...(['em', 'anderson'] as const).map((method) =>
      part<RunCase>({
        name: method === 'em' ? 'plain EM never falls' : 'accelerated EM never falls',
        share: 0.3,
        shrinks: 60,
        arbitrary: (subject) =>
          fc.record({
            start: pointArbitrary(subject, 2),
            rows: rowsArbitrary(subject, 12, 60),
            weights: fc.array(fc.constantFrom(1, 1, 1, 0.5, 2.5), { minLength: 60, maxLength: 60 }),
          }),
        check({ start, rows, weights }, { subject }) {
          const mixture = mixtureOf(subject, 2);
          const dataset = datasetOf(subject, rows, 2, { weights: weights.slice(0, rows.length) });
          const outcome = run(subject, method, mixture, dataset, start, ITERATIONS, 1e-10);
          if (outcome === undefined || outcome.points.length < 2) return VACUOUS;
          requireAscent(subject, mixture, dataset, outcome.points);
          const { state, diagnosis, expectation } = outcome.result;
          if (diagnosis.kind === 'decreased' && diagnosis.by > conditionedRounding(mixture, state.parameters, dataset))
            violate(`the driver found the log-likelihood to fall by ${diagnosis.by}: an M-step does not maximise`);
          const { value, magnitude } = logLikelihoodOf(mixture, state.parameters, dataset);
          if (!(Math.abs(expectation.logLikelihood - value) <= 64 * EPSILON * (magnitude + dataset.totalWeight))) {
            violate(`the run reports the log-likelihood ${expectation.logLikelihood}, and at the parameters it returns it is ${value}`);
          }
          const last = state.trace.at(-1)!;
          if (state.trace.length !== state.iteration + 1 || last !== expectation.logLikelihood)
            violate(
              `the trace has ${state.trace.length} entries after ${state.iteration} iterations and ends with ${last}, not ${expectation.logLikelihood}`,
            );
          return;
        },
      }),
    ),
  ],
};

/** Checks each reported log-likelihood against its definition, and that none is below the one before by more than rounding. */
export function requireAscent(
  _subject: Subject,
  mixture: Mixture,
  dataset: Dataset,
  points: readonly { readonly parameters: MixtureParameters; readonly logLikelihood: number }[],
): void {
  let previous: number | undefined;
  points.forEach(({ parameters, logLikelihood }, iteration) => {
    const { value, magnitude } = logLikelihoodOf(mixture, parameters, dataset);
    const rounding = 64 * EPSILON * (magnitude + dataset.totalWeight);
    if (!(Math.abs(logLikelihood - value) <= rounding))
      violate(`after ${iteration} iterations the reported log-likelihood is ${logLikelihood}, and by its definition it is ${value}`);
    if (previous !== undefined && value < previous) {
      const allowance = 2 * rounding + conditionedRounding(mixture, parameters, dataset);
      if (previous - value > allowance)
        violate(
          `iteration ${iteration} lowers the log-likelihood from ${previous} to ${value}, by ${(previous - value).toPrecision(3)} (rounding explains ${allowance.toPrecision(2)})`,
        );
    }
    previous = value;
  });
}

/**
 * How far the log-likelihood may fall by the rounding of parameters and densities: the parameters' rounding costs the square of itself
 * in standard errors, and the log-density of a row is as good as the family declares, in units of its own size and of what rounding of the
 * parameters makes of it, by the shares that the components have in the row; or as bad as it is seen to scatter, for a right formula may
 * cancel (a Poisson probability as the difference of numbers of the size of the count).
 */
export function conditionedRounding(mixture: Mixture, point: MixtureParameters, dataset: Dataset): number {
  const coordinates = coordinatesAt(mixture, point);
  let largest = 0;
  for (const value of coordinateRounding(coordinates, point)) largest = Math.max(largest, value);
  let total = 64 * dataset.totalWeight * largest * largest;
  const nudge = 2 ** -30;
  for (const block of dataset.blocks) {
    const joint = jointLogDensities(mixture, point, block);
    const whole = Float64Array.from({ length: block.size }, (_, row) => logSum(joint.map((column) => column[row]!)));
    const weightOf = (row: number): number => block.weights?.[row] ?? 1;
    mixture.families.forEach((family, component) => {
      const budget = 2 * Math.max(DEFAULT_BUDGETS.logDensity, family.accuracy?.logDensity ?? 0) * EPSILON;
      const shares = joint[component]!.map((value, row) => weightOf(row) * Math.exp(value - whole[row]!));
      shares.forEach((share, row) => {
        if (share > 0) total += budget * share * (1 + Math.abs(whole[row]!));
      });
      const base = logDensities(family, block, point.components[component]!);
      const scatter = scatterOf(family, block, point.components[component]!);
      shares.forEach((share, row) => {
        if (share > 0) total += 4 * share * scatter[row]!;
      });
      for (const values of nudgedEach(point.components[component]!, nudge)) {
        // So near to a singular matrix that a billionth makes it one: rounding decides what the likelihood is there.
        if (Number.isNaN(whereDefined(() => logDensities(family, block, values).length))) total = Infinity;
        if (total === Infinity) return;
        const moved = logDensities(family, block, values);
        shares.forEach((share, row) => {
          const change = share * Math.abs(moved[row]! - base[row]!);
          if (Number.isFinite(change)) total += (8 * EPSILON * change) / nudge;
        });
      }
    });
  }
  return total;
}

/** Parameters in a row, and how many units in the last place each is from the one before: logarithms of large numbers move in leaps. */
const SCATTERED = 8;
const APART: readonly number[] = [4, 256];

/** How far the log-densities of rows scatter by rounding: their largest second difference over parameters so close that they lie on a line. */
function scatterOf(family: Family, block: Block, values: ParameterValues): Float64Array {
  const scaled = (value: ParameterValue, factor: number): ParameterValue =>
    (typeof value === 'number'
      ? value * factor
      : Array.isArray(value)
        ? value.map((entry: ParameterValue) => scaled(entry, factor))
        : Object.fromEntries(
            Object.entries(value).map(([name, entry]) => [name, scaled(entry as ParameterValue, factor)]),
          )) as ParameterValue;
  const apart = apartOf(family, values);
  const largest = new Float64Array(block.size);
  for (const ulps of APART) {
    const lines: Float64Array[] = [];
    for (let step = 0; step < SCATTERED; step += 1) {
      const moved = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scaled(value, 1 + step * ulps * EPSILON)]));
      try {
        lines.push(logDensities(family, block, { ...moved, ...apart }));
      } catch {
        // Outside of the domain: the edge of a simplex, a matrix that is all but singular.
        break;
      }
    }
    for (let step = 2; step < lines.length; step += 1) {
      for (let row = 0; row < block.size; row += 1) {
        const bend = Math.abs(lines[step]![row]! - 2 * lines[step - 1]![row]! + lines[step - 2]![row]!);
        if (bend < Infinity) largest[row] = Math.max(largest[row]!, bend);
      }
    }
  }
  return largest;
}
