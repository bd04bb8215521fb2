import { createRandom, type Dataset, type Mixture, type MixtureParameters, type ParameterValues, summarize } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, frozen, mixtureOf, pointArbitrary, rowsArbitrary, sameBits } from '../cases.ts';
import { type Coordinates, coordinateRounding, coordinatesAt, curvatures } from '../coordinates.ts';
import { type Law, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf, logLikelihoodOf } from '../likelihood.ts';
import { run } from '../run.ts';
import { GRID, type UnitChange, unitChangeArbitrary } from './m-step.ts';
import { shuffled } from './statistics.ts';

/** Iterations after which two runs that differ in the order of their sums are compared: few, for EM can magnify rounding. */
const ITERATIONS = 3;

/** A curvature of the log-likelihood below this, in any unconstrained coordinate, is none. */
const FLAT = 1e-6;

/** Parameters whose own rounding exceeds this part of a standard error are on their way into a collapse. */
const COARSE = 1e-5;

/** Rounding of sums in another order, as a share of a standard error, with what three iterations make of it. */
const ORDER_TOLERANCE = 1e-9;

/** Components without parameters are all the same, and so no weight of theirs can be told from another. */
const parametersMissing = ({ family }: Subject): readonly string[] => (Object.keys(family.parameters).length > 0 ? [] : ['parameters']);

/**
 * **equivariance-and-purity**: the answer depends on the question and on nothing else.
 *
 * - Components in another order give the same answer in that order; rows in another order give the same answer (to rounding).
 * - In other units (powers of two from 2^-400 to 2^400, shifts of a million spreads), where the family declares that it is closed under
 *   them, the answer is the same in those units, and so is the distance by which convergence is judged.
 *   Parameters of other units, and shifted ones, give the density of the data in those units.
 * - The distance is 0 at equality, within a factor of 1e4 of standard errors for one observation, and grows as the step does.
 * - The crude location knows case weights for copies, and units where they are declared.
 * - No function writes to what it is given but into its output: blocks, parameters, responsibilities, statistics, options stay what
 *   they were, and outputs are written for the block's rows only.
 * - Every function is a function: the same arguments give the same bits, whatever was asked in between (no stale cache, no spare draw).
 * - The same seed gives the same bits: sampling, and a whole fit with automatic starts, repeated.
 */
export const equivarianceAndPurity: Law = {
  name: 'equivariance-and-purity',
  statement: 'permuted components and rows give the permuted answer; no input is written to; the same question and seed give the same bits',
  falseAlarmRate: 0,
  parts: [
    part({
      name: 'components in another order',
      missing: parametersMissing,
      share: 0.3,
      shrinks: 60,
      arbitrary: (subject) => fc.record({ start: pointArbitrary(subject, 3), rows: rowsArbitrary(subject, 20, 50), seed: seedArbitrary }),
      check({ start, rows, seed }, { subject }) {
        const mixture = mixtureOf(subject, 3);
        const dataset = datasetOf(subject, rows, 3);
        const order = shuffled(3, seed);
        const one = run(subject, 'em', mixture, dataset, start, ITERATIONS, 0);
        const other = run(subject, 'em', mixture, dataset, permuted(start, order), ITERATIONS, 0);
        if (one === undefined || other === undefined || one.result.diagnosis.kind !== 'iteration-limit') return VACUOUS;
        return requireSameAnswer(
          { subject, mixture, dataset, start: permuted(start, order) },
          other.result.state.parameters,
          permuted(one.result.state.parameters, order),
          `with the components in the order ${show(order)}`,
        );
      },
    }),
    part({
      name: 'rows in another order',
      missing: parametersMissing,
      share: 0.3,
      shrinks: 60,
      arbitrary: (subject) => fc.record({ start: pointArbitrary(subject, 2), rows: rowsArbitrary(subject, 20, 50), seed: seedArbitrary }),
      check({ start, rows, seed }, { subject }) {
        const mixture = mixtureOf(subject, 2);
        const dataset = datasetOf(subject, rows, 2);
        const order = shuffled(rows.length, seed);
        const one = run(subject, 'em', mixture, dataset, start, ITERATIONS, 0);
        const other = run(
          subject,
          'em',
          mixture,
          datasetOf(
            subject,
            order.map((index) => rows[index]!),
            2,
          ),
          start,
          ITERATIONS,
          0,
        );
        if (one === undefined || other === undefined || one.result.diagnosis.kind !== 'iteration-limit') return VACUOUS;
        return requireSameAnswer(
          { subject, mixture, dataset, start },
          other.result.state.parameters,
          one.result.state.parameters,
          'with the rows in another order',
        );
      },
    }),
    part<UnitCase>({
      name: 'other units',
      missing: ({ family }) =>
        family.equivariance !== undefined && (family.equivariance.scale || family.equivariance.shift) ? [] : ['declared equivariance'],
      share: 0.3,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({ start: pointArbitrary(subject, 2), rows: rowsArbitrary(subject, 20, 50), change: unitChangeArbitrary(subject) }),
      check: (value, { subject }) => requireSameInOtherUnits(subject, value),
    }),
    part({
      name: 'no input is written to',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), rows: rowsArbitrary(subject, 8, 30), seed: seedArbitrary }),
      check: (value, { subject }) => requirePurity(subject, value),
    }),
    part({
      name: 'the same arguments give the same bits',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({
          first: subject.parameters('ordinary'),
          second: subject.parameters('ordinary'),
          rows: rowsArbitrary(subject, 1, 20),
          others: rowsArbitrary(subject, 1, 20),
        }),
      check({ first, second, rows, others }, { subject }) {
        const { family } = subject;
        const ask = (values: ParameterValues, asked: readonly Row[]): string => {
          const block = blockOf(family, asked);
          const out = new Float64Array(block.size);
          family.logDensity(block, values, out);
          const statistics = new Float64Array(family.statisticsLength);
          family.accumulate(block, new Float64Array(block.size).fill(0.5), values, statistics);
          return JSON.stringify([
            Array.from(out, String),
            Array.from(statistics, String),
            asked.map((row) => family.cdf?.(row[0]!, values, Float64Array.from(row))),
          ]);
        };
        const before = ask(first, rows);
        // Other rows, other parameters, parameters of which only one is another, and at last equal ones in another record.
        ask(second, others);
        ask(second, rows);
        for (const name of Object.keys(first)) ask({ ...first, [name]: second[name]! }, rows);
        const again = ask(first, rows);
        for (const name of Object.keys(first)) ask({ ...second, [name]: first[name]! }, rows);
        const copied = ask(Object.fromEntries(Object.entries(structuredClone(first)).reverse()), rows);
        if (before !== again) violate(`the same question was answered otherwise after others: ${before} and then ${again}`);
        if (before !== copied) violate(`equal parameters in another record gave other bits: ${before} and ${copied}`);
      },
    }),
    part({
      name: 'the same seed gives the same fit',
      share: 0.05,
      shrinks: 10,
      arbitrary: (subject) => fc.record({ rows: rowsArbitrary(subject, 30, 60), seed: fc.integer({ min: 0, max: 1_000_000 }) }),
      check({ rows, seed }, { subject }) {
        const data = datasetOf(subject, rows, 2);
        // Random starts and few iterations: otherwise every seed leads to the same optimum.
        const fitted = (): unknown => {
          try {
            const { weights, components, logLikelihood, diagnosis, trace } = subject.engine.fit(data, {
              family: subject.family,
              components: 2,
              seed,
              start: 'random',
              starts: 2,
              iterations: 4,
            });
            return { weights, components, logLikelihood, diagnosis, trace };
          } catch (error) {
            return { error: error instanceof Error ? error.message : String(error) };
          }
        };
        const one = fitted();
        const other = fitted();
        if (!sameBits(one, other)) violate(`two fits with the seed ${seed} differ: ${show(one)} and ${show(other)}`);
      },
    }),
  ],
};

/** What an answer was an answer to. */
interface Question {
  readonly subject: Subject;
  readonly mixture: Mixture;
  readonly dataset: Dataset;
  readonly start: MixtureParameters;
}

interface UnitCase {
  readonly start: MixtureParameters;
  readonly rows: readonly Row[];
  readonly change: UnitChange;
}

function requireSameInOtherUnits(subject: Subject, { start, rows, change }: UnitCase): Verdict {
  const { family } = subject;
  const mixture = mixtureOf(subject, 2);
  const transform = (point: MixtureParameters): MixtureParameters => ({
    ...point,
    components: point.components.map((values) => family.equivariance!.transform(values, change.scale, change.shift) as ParameterValues),
  });
  const onGrid = rows.map((row) => row.map((value) => Math.round(value * GRID) / GRID));
  const moved = onGrid.map((row) => row.map((value, column) => value * change.scale[column]! + change.shift[column]!));
  const dataset = datasetOf(subject, moved, 2);
  const here = run(subject, 'em', mixture, datasetOf(subject, onGrid, 2), start, ITERATIONS, 0);
  const there = run(subject, 'em', mixture, dataset, transform(start), ITERATIONS, 0);
  if (here === undefined || there === undefined || here.result.diagnosis.kind !== 'iteration-limit') return VACUOUS;
  if (family.distance !== undefined) {
    const [before, after] = [start.components[0]!, here.result.state.parameters.components[0]!];
    const distance = family.distance(before, after);
    const inOthers = family.distance(transform(start).components[0]!, transform(here.result.state.parameters).components[0]!);
    // The transformed parameters are rounded, and a shift takes digits from small differences.
    const allowance =
      1e-6 * distance +
      64 * Number.EPSILON * (1 + Math.max(...change.shift.map((shift, column) => Math.abs(shift / change.scale[column]!)))) * 10;
    if (!(Math.abs(distance - inOthers) <= allowance))
      violate(`in the units ${show(change)} the distance from ${show(before)} to ${show(after)} is ${inOthers} and not ${distance}`);
  }
  return requireSameAnswer(
    { subject, mixture, dataset, start: transform(start) },
    there.result.state.parameters,
    transform(here.result.state.parameters),
    `in the units ${show(change)}`,
  );
}

function permuted(point: MixtureParameters, order: readonly number[]): MixtureParameters {
  return {
    weights: order.map((component) => point.weights[component]!),
    components: order.map((component) => point.components[component]!),
  };
}

function requireSameAnswer(
  { subject, mixture, dataset, start }: Question,
  actual: MixtureParameters,
  expected: MixtureParameters,
  what: string,
): Verdict {
  const coordinates = coordinatesAt(mixture, expected);
  const found = coordinates.encode(actual);
  const rounding = coordinateRounding(coordinates, expected);
  const { curvature } = curvatures((values) => logLikelihoodOf(mixture, coordinates.decode(values), dataset).value, coordinates.origin);
  // Where the likelihood is flat or rises in some coordinate, EM may have magnified rounding without bound: nothing can be said.
  if (curvature.some((value) => !(value > FLAT))) return VACUOUS;
  // What rounds in one coordinate is handed on to the others: far from the origin, a mean's last digit to the weights.
  let coarsest = 0;
  for (let index = 0; index < coordinates.length; index += 1)
    coarsest = Math.max(coarsest, rounding[index]! * Math.sqrt(curvature[index]!));
  if (coarsest > COARSE) return VACUOUS;
  const magnified = magnifiedRounding(subject, mixture, dataset, start, coordinates);
  if (magnified === undefined) return VACUOUS;
  for (let index = 0; index < coordinates.length; index += 1) {
    const difference = Math.abs(found[index]! - coordinates.origin[index]!);
    const standardError = 1 / Math.sqrt(curvature[index]!);
    const allowance =
      ORDER_TOLERANCE * (standardError + Math.abs(coordinates.origin[index]!)) +
      64 * (rounding[index]! + coarsest * standardError) +
      magnified[index]!;
    if (!(difference <= allowance))
      violate(`${what}, ${coordinates.describe(index)} differs by ${difference.toPrecision(3)}: ${show(actual)} and not ${show(expected)}`);
  }
  return;
}

/** A share by which starts are moved: large beside rounding, and small beside what EM does in a few iterations. */
const NUDGE = 2 ** -26;

/** Starts that are moved, each in directions of its own. */
const NUDGED_STARTS = 3;

/**
 * What the iterations make of rounding: the distance that answers from starts move, as a share of what the starts were moved by, times the
 * rounding of sums of that many rows. Equal components are a saddle, from which it grows. Undefined where a start has no answer.
 */
function magnifiedRounding(
  subject: Subject,
  mixture: Mixture,
  dataset: Dataset,
  start: MixtureParameters,
  coordinates: Coordinates,
): Float64Array | undefined {
  const largest = new Float64Array(coordinates.length);
  const at = coordinatesAt(mixture, start);
  for (let attempt = 0; attempt < NUDGED_STARTS; attempt += 1) {
    const random = createRandom(attempt);
    const moved = at.decode(at.origin.map((value) => value + NUDGE * (random.uniform() - 0.5) * (1 + Math.abs(value))));
    const outcome = run(subject, 'em', mixture, dataset, moved, ITERATIONS, 0);
    if (outcome === undefined || outcome.result.diagnosis.kind !== 'iteration-limit') return undefined;
    const encoded = coordinates.encode(outcome.result.state.parameters);
    for (let index = 0; index < largest.length; index += 1)
      largest[index] = Math.max(largest[index]!, Math.abs(encoded[index]! - coordinates.origin[index]!));
  }
  return largest.map((change) => (64 * dataset.totalWeight * Number.EPSILON * change) / NUDGE);
}

function requirePurity(
  subject: Subject,
  { parameters, rows, seed }: { readonly parameters: ParameterValues; readonly rows: readonly Row[]; readonly seed: number },
): void {
  const { family } = subject;
  const values = frozen(parameters);
  const block = blockOf(family, rows);
  Object.freeze(block);
  Object.freeze(block.columns);
  const responsibilities = Float64Array.from(rows, (_, row) => ((row * 37) % 100) / 100);
  const options = JSON.stringify(family.options);
  const watched = { columns: block.columns, responsibilities };
  const snapshot = JSON.stringify(watched, typed);
  const unchanged = (name: string, statistics?: readonly [Float64Array, string]): void => {
    if (JSON.stringify(watched, typed) !== snapshot) violate(`${name} wrote to the block or the responsibilities it was given`);
    if (!sameBits(values, parameters)) violate(`${name} wrote to the parameters it was given`);
    if (JSON.stringify(family.options) !== options) violate(`${name} changed the family's options`);
    if (statistics !== undefined && JSON.stringify(statistics[0], typed) !== statistics[1])
      violate(`${name} wrote to the statistics it was given`);
  };
  const out = new Float64Array(block.size + 3).fill(123);
  family.logDensity(block, values, out);
  unchanged('logDensity');
  if (out.subarray(block.size).some((value) => value !== 123)) violate('logDensity wrote beyond the rows of the block');
  const statistics = new Float64Array(family.statisticsLength);
  family.accumulate(block, responsibilities, values, statistics);
  unchanged('accumulate');
  const count = responsibilities.reduce((sum, value) => sum + value, 0);
  const held: ReadonlySet<string> = new Set();
  const text = JSON.stringify(statistics, typed);
  if (family.recentre !== undefined) {
    family.recentre(statistics, count, values, held);
    unchanged('recentre', [statistics, text]);
  }
  try {
    family.maximize(statistics, count, values, held);
  } catch (error) {
    if (!(error instanceof Error) || (error as { code?: string }).code !== 'COMPONENT_DEGENERATE') throw error;
  }
  unchanged('maximize', [statistics, text]);
  if (family.scores !== undefined) {
    family.scores(block, values, new Float64Array(block.size * 64));
    unchanged('scores');
  }
  if (family.locate !== undefined) {
    family.locate(
      summarize({
        rows: rows.length,
        distinctRows: rows.length,
        totalWeight: rows.length,
        columnNames: family.columns.map(({ name }) => name),
        blocks: [block],
        labelled: false,
      }),
    );
    unchanged('locate');
  }
  if (family.sample !== undefined) {
    family.sample(values, createRandom(seed), Float64Array.from(rows[0]!));
    unchanged('sample');
  }
  if (family.distance !== undefined) {
    family.distance(values, values);
    unchanged('distance');
  }
}

/** Typed arrays as their numbers' text, so that NaN, infinities and -0 are seen. */
function typed(_key: string, value: unknown): unknown {
  return value instanceof Float64Array ? Array.from(value, (entry) => (Object.is(entry, -0) ? '-0' : String(entry))) : value;
}
