import { codecOf, createRandom, EmkitError, type Family, type ParameterValues } from '@emkit/core';
import type { ReferenceFamily, ReferenceParameters } from '@emkit/reference';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { apartOf } from '../coordinates.ts';
import {
  bernoulliDivergence,
  countThreshold,
  distributionThreshold,
  evidenceThreshold,
  logAverage,
  logEvidence,
} from '../goodness-of-fit.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { expectUnder, ONE, onlyObservedColumn } from '../quadrature.ts';
import { DEFAULT_BUDGETS, EPSILON, ulp } from '../tolerance.ts';
import { accepted, CONDITION_STEP, needsReference, nudgedExactly } from './log-density.ts';

/** Draws of a goodness-of-fit test: enough to see a distance of 3 % between distributions. */
const DRAWS = 6000;

/** Probabilities may differ from quadrature's by this much: both are sums of exponentials near 1. */
const PROBABILITY_ALLOWANCE = 1e-9;

/**
 * **cdf-quantile-sampler**: the cumulative distribution, its inverse and the sampler belong to the density.
 *
 * - F is non-decreasing, 0 below and 1 above the support, and F(b) - F(a) is the integral of f from a to b (the sum of the masses), by
 *   quadrature; with a reference, F is its F within `accuracy.cdf` ulps (default 256).
 * - quantile(p) is the smallest x with F(x) >= p: F(quantile(p)) = p where F is continuous; F(q - 1) < p <= F(q) over whole numbers.
 *   It lies within the support at 0 and 1; at a step of F it is that step. Between whole numbers F is flat.
 * - mean is E[x], by quadrature or on a grid; 0 for given columns.
 * - Draws lie in the support, leave given columns alone, repeat for the same seed, and use nothing but the given generator.
 * - The distance between 6000 draws and F stays below the Dvoretzky-Kiefer-Wolfowitz bound, and the counts in cells below the
 *   Chernoff bound. Without F: the mean over draws of f(x; theta') / f(x; theta) is 1 for theta' near and far on both sides in every
 *   coordinate, by a bet on each. All of these hold exactly, for every number of draws and whatever their distribution.
 * - 30,000 draws (more with more runs) fill the boxes of a grid of up to two columns, its margins and its quadrants, as the density says (Chernoff).
 */
export const cdfQuantileSampler: Law = {
  name: 'cdf-quantile-sampler',
  statement: 'the density is the derivative of the cdf, the quantile inverts it, draws follow it and use only the given generator',
  falseAlarmRate: 1e-6,
  parts: [
    part({
      name: 'the cdf is the integral of the density',
      missing: ({ family }) => lacking(family, 'cdf'),
      share: 0.2,
      shrinks: 40,
      arbitrary: (subject) =>
        fc.record({
          parameters: subject.parameters('ordinary'),
          template: subject.row('ordinary'),
          points: fc.array(subject.row('ordinary'), { minLength: 2, maxLength: 4 }),
        }),
      check({ parameters, template, points }, { subject }) {
        const { family } = subject;
        const column = onlyObservedColumn(family)!;
        const row = Float64Array.from(template);
        const cdf = (x: number): number => family.cdf!(x, parameters, row);
        const { support } = family.columns[column]!;
        const discrete = support.kind === 'integer';
        const inside = withinSupport(
          family,
          template,
          points.map((point) => point[column]!),
        );
        const sorted = [...new Set(inside)].sort((a, b) => a - b);
        requireEnds(family, template, cdf);
        for (const x of sorted) {
          const value = cdf(x);
          if (!(value >= 0 && value <= 1)) violate(`F(${x}) is ${value}, not a probability`);
        }
        for (let index = 1; index < sorted.length; index += 1) {
          const from = sorted[index - 1]!;
          const to = sorted[index]!;
          const between = cdf(to) - cdf(from);
          if (between < -EPSILON) violate(`F falls from F(${from}) = ${cdf(from)} to F(${to}) = ${cdf(to)}`);
          const mass = expectUnder(subject, parameters, template, ONE, { from: discrete ? from + 1 : from, to });
          if (mass === undefined) return VACUOUS;
          if (Math.abs(mass.values[0]! - between) > PROBABILITY_ALLOWANCE + 4 * mass.errors[0]!) {
            violate(
              `F(${to}) - F(${from}) is ${between}, and the ${discrete ? 'sum' : 'integral'} of the density between them ${mass.values[0]}`,
            );
          }
        }
        const [lowest] = sorted;
        if (lowest === undefined) return VACUOUS;
        const below = expectUnder(subject, parameters, template, ONE, { to: lowest });
        if (below !== undefined && Math.abs(below.values[0]! - cdf(lowest)) > PROBABILITY_ALLOWANCE + 4 * below.errors[0]!) {
          violate(`F(${lowest}) is ${cdf(lowest)}, and the ${discrete ? 'sum' : 'integral'} of the density up to there ${below.values[0]}`);
        }
        return;
      },
    }),
    part({
      name: 'the cdf agrees with the reference',
      missing: (subject) => [
        ...lacking(subject.family, 'cdf'),
        ...(subject.reference !== undefined && subject.reference.cdf === undefined ? ['cdf of the reference'] : needsReference(subject)),
      ],
      share: 0.2,
      shrinks: 40,
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), row: subject.row('ordinary') }),
      check({ parameters, row }, { subject }) {
        const { family } = subject;
        const reference = subject.reference!;
        const column = onlyObservedColumn(family)!;
        const exactParameters = accepted(reference, parameters);
        if (exactParameters === undefined) return VACUOUS;
        const actual = family.cdf!(row[column]!, parameters, Float64Array.from(row));
        const expected = reference.cdf!(
          reference.reference.decimal(row[column]!),
          exactParameters,
          row.map((value) => reference.reference.decimal(value)),
        ).toNumber();
        if (actual === expected) return;
        // A probability below 1 is an exponential: a logarithm of size L carries L ulps. Beyond that, what one ulp of the arguments does.
        const scale = expected * Math.max(1, -Math.log(expected)) + conditionOfCdf(reference, parameters, row, column);
        const error = Math.abs(actual - expected) / (EPSILON * scale);
        const budget = family.accuracy?.cdf ?? DEFAULT_BUDGETS.cdf;
        // Below 1e-280 the last digits go the way of subnormal numbers.
        if (!(error <= budget) && expected > 1e-280)
          violate(`F(${row[column]}) is ${actual} and not ${expected}: ${error.toPrecision(3)} ulps (budget ${budget})`);
        return;
      },
    }),
    part({
      name: 'the quantile inverts the cdf',
      missing: ({ family }) => lacking(family, 'cdf', 'quantile'),
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), probability: probabilityArbitrary }),
      check({ parameters, template, probability }, { subject }) {
        const { family } = subject;
        const column = onlyObservedColumn(family)!;
        const row = Float64Array.from(template);
        const x = family.quantile!(probability, parameters, row);
        const reached = family.cdf!(x, parameters, row);
        if (Number.isNaN(x)) violate(`quantile(${probability}) is NaN`);
        const { support } = family.columns[column]!;
        const rounding = 64 * EPSILON;
        if (support.kind === 'integer') {
          if (Math.floor(x) !== x) violate(`quantile(${probability}) is ${x}, not a whole number`);
          const before = x - 1 < support.minimum ? 0 : family.cdf!(x - 1, parameters, row);
          if (!(reached >= probability - rounding)) violate(`quantile(${probability}) is ${x}, where F is only ${reached}`);
          if (x > support.minimum && !(before < probability + rounding))
            violate(`quantile(${probability}) is ${x}, and F(${x - 1}) is already ${before}`);
          return;
        }
        const at = template.map((value, index) => (index === column ? x : value));
        const [density] = logDensities(family, blockOf(family, [at]), parameters);
        const budget = family.accuracy?.quantile ?? DEFAULT_BUDGETS.quantile;
        if (atomsOf(family, column).includes(x)) {
          const before = reached - Math.exp(density!);
          if (!(reached >= probability - rounding && before <= probability + rounding))
            violate(`quantile(${probability}) is ${x}, where F rises from ${before} to ${reached}`);
          return;
        }
        const allowance = budget * (EPSILON * Math.min(probability, 1) + Math.exp(density!) * ulp(x)) + rounding;
        if (!(Math.abs(reached - probability) <= allowance))
          violate(`F(quantile(${probability})) = F(${x}) is ${reached}: off by ${Math.abs(reached - probability)}`);
      },
    }),
    part({
      name: 'the mean is the first moment',
      missing: ({ family }) => [
        ...lacking(family, 'mean'),
        ...(onlyObservedColumn(family) === undefined ? ['single observed column'] : []),
      ],
      share: 0.1,
      shrinks: 40,
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary') }),
      check({ parameters, template }, { subject }) {
        const { family } = subject;
        const column = onlyObservedColumn(family)!;
        const integrand = {
          count: 2,
          evaluate: (row: Float64Array, out: Float64Array): void => {
            out[0] = row[column]!;
            out[1] = Math.abs(row[column]!);
          },
        };
        const moments = expectUnder(subject, parameters, template, integrand);
        if (moments === undefined) return VACUOUS;
        const stated = family.mean!(parameters, Float64Array.from(template))[column]!;
        const allowance = 1e-8 * moments.values[1]! + 4 * moments.errors[0]!;
        if (!(Math.abs(stated - moments.values[0]!) <= allowance))
          violate(`the mean is stated as ${stated}, and the integral of x f(x) is ${moments.values[0]}`);
        return;
      },
    }),
    part({
      name: 'draws lie in the support and use only the given generator',
      missing: ({ family }) => lacking(family, 'sample'),
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), seed: seedArbitrary }),
      check({ parameters, template, seed }, { subject }) {
        const { family } = subject;
        const draw = (): number[][] => {
          const random = createRandom(seed);
          return Array.from({ length: 20 }, () => {
            const row = Float64Array.from(template);
            family.sample!(parameters, random, row);
            return Array.from(row);
          });
        };
        const first = withoutOtherRandomness(draw);
        const again = withoutOtherRandomness(draw);
        if (JSON.stringify(first) !== JSON.stringify(again))
          violate(`the same seed ${seed} drew ${show(first[0])} and then ${show(again[0])}`);
        for (const row of first) {
          if (family.constraint?.holds(Float64Array.from(row)) === false)
            violate(`the draw ${show(row)} does not have ${family.constraint.description}`);
          family.columns.forEach(({ given, name }, column) => {
            if (given && row[column] !== template[column])
              violate(`the sampler changed the given column ${name} from ${template[column]} to ${row[column]}`);
            if (!given && withinSupport(family, row, [row[column]!], column).length === 0)
              violate(`the draw ${show(row)} is outside the support`);
          });
        }
      },
    }),
    part({
      name: 'draws follow the cdf',
      missing: ({ family }) => lacking(family, 'sample', 'cdf'),
      share: 0.08,
      shrinks: 15,
      statistical: true,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), seed: seedArbitrary }),
      check({ parameters, template, seed }, { subject, falseAlarm }) {
        const { family } = subject;
        const column = onlyObservedColumn(family)!;
        const values = drawMany(subject, parameters, template, seed, DRAWS)[column]!.sort();
        const row = Float64Array.from(template);
        const cdf = (x: number): number => family.cdf!(x, parameters, row);
        const atoms = atomsOf(family, column);
        const discrete = family.columns[column]!.support.kind === 'integer';
        const threshold = distributionThreshold(DRAWS, falseAlarm / 2);
        let worst = 0;
        let where = 0;
        for (let index = 0; index < DRAWS; ) {
          const x = values[index]!;
          let next = index;
          while (next < DRAWS && values[next] === x) next += 1;
          const reached = cdf(x);
          const before = discrete
            ? x - 1 < 0 && index === 0
              ? 0
              : cdf(x - 1)
            : atoms.includes(x)
              ? reached - massAt(family, parameters, template, column, x)
              : reached;
          const distance = Math.max(Math.abs(next / DRAWS - reached), Math.abs(index / DRAWS - before));
          if (!(distance <= worst)) {
            worst = distance;
            where = x;
          }
          index = next;
        }
        if (!(worst <= threshold))
          violate(`${DRAWS} draws are ${worst.toPrecision(3)} away from F at ${where} (allowed ${threshold.toPrecision(3)})`);
        // Equal shares of the distribution, so that a wrong tail or a wrong middle shows in its own cell.
        const cells = 16;
        const counts = new Float64Array(cells);
        const masses = new Float64Array(cells);
        if (discrete || atoms.length > 0) return;
        masses.fill(1 / cells);
        for (const x of values) counts[Math.min(cells - 1, Math.floor(cdf(x) * cells))]! += 1;
        requireCounts(counts, masses, falseAlarm / 2);
      },
    }),
    part({
      name: 'draws of whole numbers follow the masses',
      missing: ({ family }) => [
        ...lacking(family, 'sample'),
        ...(onlyObservedColumn(family) !== undefined && family.columns[onlyObservedColumn(family)!]!.support.kind === 'integer'
          ? []
          : ['discrete column']),
      ],
      share: 0.08,
      shrinks: 15,
      statistical: true,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), seed: seedArbitrary }),
      check({ parameters, template, seed }, { subject, falseAlarm }) {
        const { family } = subject;
        const column = onlyObservedColumn(family)!;
        const values = drawMany(subject, parameters, template, seed, DRAWS)[column]!;
        const tally = new Map<number, number>();
        for (const value of values) tally.set(value, (tally.get(value) ?? 0) + 1);
        const cells = [...tally.keys()].sort((a, b) => tally.get(b)! - tally.get(a)!).slice(0, 64);
        const densities = logDensities(
          family,
          blockOf(
            family,
            cells.map((value) => template.map((entry, index) => (index === column ? value : entry))),
          ),
          parameters,
        );
        // The cells are chosen by the draws: the bound must hold for every value that could have been drawn, of which at most DRAWS are.
        requireCounts(
          Float64Array.from(cells, (value) => tally.get(value)!),
          densities.map(Math.exp),
          falseAlarm / DRAWS,
          cells,
        );
      },
    }),
    part({
      name: 'draws have the density (no cdf)',
      missing: ({ family }) => [...lacking(family, 'sample'), ...(family.cdf === undefined ? [] : ['need: the cdf is there and tested'])],
      share: 0.08,
      shrinks: 15,
      statistical: true,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), seed: seedArbitrary }),
      check: ({ parameters, template, seed }, { subject, falseAlarm }) => likelihoodRatios(subject, parameters, template, seed, falseAlarm),
    }),
  ],
};

/** Sum of |t dF/dt| over the numbers t of the parameters, and over x itself. */
function conditionOfCdf(reference: ReferenceFamily, parameters: ParameterValues, row: Row, column: number): number {
  const exact = row.map((value) => reference.reference.decimal(value));
  const at = (x: (typeof exact)[number], values: ReferenceParameters) => reference.cdf!(x, values, exact);
  const base = at(exact[column]!, reference.fromNumbers(parameters));
  const step = reference.reference.decimal(CONDITION_STEP).plus(1);
  const moved = [
    at(exact[column]!.times(step), reference.fromNumbers(parameters)),
    ...nudgedExactly(reference, parameters).map((values) => at(exact[column]!, values)),
  ];
  return moved.reduce((sum, value) => sum + value.minus(base).abs().toNumber() / CONDITION_STEP, 0);
}

const probabilityArbitrary: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 999 }).map((thousandths) => thousandths / 1000),
  fc.integer({ min: 1, max: 30 }).map((exponent) => 2 ** -exponent),
  fc.integer({ min: 2, max: 30 }).map((exponent) => 1 - 2 ** -exponent),
  fc.integer({ min: 4, max: 250 }).map((exponent) => 10 ** -exponent),
);

function drawMany(subject: Subject, parameters: ParameterValues, template: Row, seed: number, draws: number): readonly Float64Array[] {
  const random = createRandom(seed);
  const columns = template.map(() => new Float64Array(draws));
  const row = new Float64Array(template.length);
  for (let index = 0; index < draws; index += 1) {
    row.set(template);
    subject.family.sample!(parameters, random, row);
    for (let column = 0; column < row.length; column += 1) columns[column]![index] = row[column]!;
  }
  return columns;
}

function requireCounts(counts: Float64Array, masses: Float64Array, falseAlarm: number, names?: readonly number[]): void {
  const threshold = countThreshold(falseAlarm / counts.length);
  counts.forEach((count, cell) => {
    const share = count / DRAWS;
    const divergence = DRAWS * bernoulliDivergence(share, masses[cell]!);
    if (divergence <= threshold) return;
    const what =
      names === undefined ? `the part ${cell + 1} of ${counts.length} equal parts of the distribution` : `the value ${names[cell]}`;
    violate(`${count} of ${DRAWS} draws fell on ${what}, which has probability ${masses[cell]}`);
  });
}

/** The values of a column that have a probability of their own. */
function atomsOf(family: Family, column: number): readonly number[] {
  const { support } = family.columns[column]!;
  return support.kind === 'integer' ? [] : (support.atoms ?? []);
}

function massAt(family: Family, parameters: ParameterValues, template: Row, column: number, x: number): number {
  return Math.exp(logDensities(family, blockOf(family, [template.map((value, index) => (index === column ? x : value))]), parameters)[0]!);
}

/** Points of the support among `values`, in a row whose other columns are those of `row`. */
function withinSupport(family: Family, row: Row, values: readonly number[], column: number = onlyObservedColumn(family)!): number[] {
  const { support } = family.columns[column]!;
  if (support.kind === 'real') return values.filter(Number.isFinite);
  const maximum = typeof support.maximum === 'number' ? support.maximum : row[support.maximum.column]!;
  return values.filter(
    (value) =>
      Number.isFinite(value) &&
      value >= support.minimum &&
      value <= maximum &&
      (support.kind === 'integer'
        ? Math.floor(value) === value
        : !(support.minimumOpen && value === support.minimum) && !(support.maximumOpen && value === maximum)),
  );
}

function requireEnds(family: Family, template: Row, cdf: (x: number) => number): void {
  const { support } = family.columns[onlyObservedColumn(family)!]!;
  const minimum = support.kind === 'real' ? -Infinity : support.minimum;
  const maximum =
    support.kind === 'real' ? Infinity : typeof support.maximum === 'number' ? support.maximum : template[support.maximum.column]!;
  const below = minimum === -Infinity ? -1e300 : minimum - 1;
  const above = maximum === Infinity ? 1e300 : maximum + 1;
  if (cdf(below) !== 0) violate(`F(${below}) is ${cdf(below)} and not 0, below the support`);
  if (cdf(above) !== 1) violate(`F(${above}) is ${cdf(above)} and not 1, above the support`);
  if (maximum !== Infinity && cdf(maximum) !== 1) violate(`F(${maximum}) is ${cdf(maximum)} and not 1, at the end of the support`);
}

/** Runs an action in which any other source of randomness is an offence. */
export function withoutOtherRandomness<T>(action: () => T): T {
  const { random } = Math;
  let used = false;
  Math.random = () => {
    used = true;
    return random();
  };
  try {
    const result = action();
    if (used) violate('the sampler used Math.random: it may use only the generator it is given');
    return result;
  } finally {
    Math.random = random;
  }
}

/** The values, or undefined where the family refuses the parameters: near-singular matrices leave their domain when moved. */
function inside<T>(evaluate: () => T): T | undefined {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'PARAMETER_DOMAIN') return undefined;
    throw error;
  }
}

/** Steps of theta' from theta, in standard errors for one observation: long ones see a few wrong draws, short ones many. */
const RATIO_STEPS = [1, 0.25, 0.05];

/** Draws that show the units of the steps: others than those of the test, whose evidence must not depend on them. */
const SCOUTS = 300;

/**
 * The evidence that draws are not from the density: E[f(x; theta') / f(x; theta)] = 1 for every theta'. Bets that the ratio is larger, for theta'
 * on both sides in every coordinate, add up to a test with an exact false-alarm rate.
 */
function likelihoodRatios(subject: Subject, parameters: ParameterValues, template: Row, seed: number, falseAlarm: number): Verdict {
  const { family } = subject;
  const codec = codecOf(family);
  const vector = new Float64Array(codec.length);
  codec.encode(parameters, vector, 0);
  if (vector.some((value) => !Number.isFinite(value))) return VACUOUS;
  const apart = apartOf(family, parameters);
  const logRatios = (columns: readonly Float64Array[], index: number, move: number): Float64Array | undefined => {
    const block = { size: columns[0]!.length, columns };
    const moved = vector.slice();
    moved[index]! += move;
    const there = inside(() => logDensities(family, block, { ...(codec.decode(moved, 0) as ParameterValues), ...apart }));
    const here = logDensities(family, block, parameters);
    if (here.includes(-Infinity)) violate('a draw has density 0');
    return there?.map((value, row) => value - here[row]!);
  };
  const scouts = drawMany(subject, parameters, template, seed + 1, SCOUTS);
  const columns = drawMany(subject, parameters, template, seed, DRAWS);
  const evidence: number[] = [];
  let strongest = '';
  for (let index = 0; index < codec.length; index += 1) {
    const small = 1e-4 * (Math.abs(vector[index]!) || 1);
    const slopes = logRatios(scouts, index, small)?.map((value) => value / small) ?? Float64Array.of(1);
    const unit = 1 / Math.sqrt(slopes.reduce((sum, value) => sum + value * value, 0) / slopes.length);
    for (const step of RATIO_STEPS) {
      for (const sign of [1, -1]) {
        const excesses = logRatios(columns, index, sign * step * Math.min(unit, 4 * Math.max(1, Math.abs(vector[index]!))))?.map(
          Math.expm1,
        );
        if (excesses === undefined) continue;
        const found = logEvidence(excesses);
        if (evidence.every((other) => other < found))
          strongest = `the mean of f(x; theta') / f(x; theta) is ${(1 + excesses.reduce((sum, value) => sum + value, 0) / DRAWS).toPrecision(5)} and not 1, for theta' with coordinate ${index + 1} ${sign * step} standard errors of an observation away`;
        evidence.push(found);
      }
    }
  }
  if (evidence.length === 0) return VACUOUS;
  const all = logAverage(evidence);
  if (all > evidenceThreshold(falseAlarm))
    violate(`over ${DRAWS} draws ${strongest}: the draws are not from this density (a chance of e^-${all.toPrecision(4)})`);
  return;
}
