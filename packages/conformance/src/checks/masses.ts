import { type Codec, codecOf, createRandom, type Family, type ParameterValues, type Random } from '@emkit/core';
import { cholesky } from '@emkit/core/numerics';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { bernoulliDivergence, countThreshold, sampleMean } from '../goodness-of-fit.ts';
import { gridOf, pilotsOf } from '../grid.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { onlyObservedColumn } from '../quadrature.ts';

interface Case {
  readonly parameters: ParameterValues;
  readonly template: Row;
}

const caseArbitrary = (subject: Subject): fc.Arbitrary<Case> =>
  fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary') });

const several = ({ family }: Subject): readonly string[] => (onlyObservedColumn(family) === undefined ? [] : ['several observed columns']);

/** The mass of a grid may miss 1 by this, besides the difference between its two rules. */
const MASS_ALLOWANCE = 1e-8;

/** A grid that is this far off says nothing. */
const COARSE = 1e-3;

/** Where a count has outgrown 32 bits, and where its logarithm of a factorial is past all tables. */
const FAR_COUNTS = [2e2, 3e3, 5e9, 3e12];

/** Points of a sum over far counts, at a stride far below their deviation: for a smooth mass it is the whole sum to many digits. */
const FAR_POINTS = 600;

/** Parts of the law "normalisation". */
export const massParts: Law['parts'] = [
  part<Case>({
    name: 'several columns, on a grid',
    proves: 'that the density integrates to 1',
    missing: several,
    share: 0.1,
    shrinks: 20,
    mayBeVacuous: true,
    arbitrary: caseArbitrary,
    check({ parameters, template }, { subject }) {
      const grid = gridOf(subject, parameters, template);
      if (grid === undefined || grid.error > COARSE) return VACUOUS;
      if (!(Math.abs(grid.mass - 1) <= MASS_ALLOWANCE + 10 * grid.error))
        violate(`the density's mass is ${grid.mass} and not 1 (on a grid, whose error is about ${grid.error.toPrecision(2)})`);
      return;
    },
  }),
  part<Case & { readonly far: number }>({
    name: 'large counts',
    missing: ({ family }) => (unboundedCount(family) === undefined ? ['only column of whole numbers without a largest'] : []),
    share: 0.15,
    shrinks: 20,
    mayBeVacuous: true,
    arbitrary: (subject) => fc.tuple(caseArbitrary(subject), fc.constantFrom(...FAR_COUNTS)).map(([value, far]) => ({ ...value, far })),
    check: (value, { subject }) => requireFarMass(subject, value),
  }),
];

function unboundedCount(family: Family): number | undefined {
  const column = onlyObservedColumn(family);
  if (column === undefined) return undefined;
  const { support } = family.columns[column]!;
  return support.kind === 'integer' && support.maximum === Infinity ? column : undefined;
}

/** Moves one coordinate of the parameters until the counts are as large as is wanted, and sums the masses round them. */
function requireFarMass({ family, draw }: Subject, { parameters, template, far }: Case & { readonly far: number }): Verdict {
  const column = unboundedCount(family)!;
  const codec: Codec<ParameterValues> = codecOf(family);
  const vector = new Float64Array(codec.length);
  codec.encode(parameters, vector, 0);
  for (let index = 0; index < codec.length; index += 1) {
    for (const sign of [1, -1]) {
      const at = (step: number): ParameterValues => {
        const moved = vector.slice();
        moved[index]! += sign * step;
        return codec.decode(moved, 0) as ParameterValues;
      };
      const where = (values: ParameterValues): { readonly centre: number; readonly spread: number } | undefined => {
        const random = limited(createRandom(7), MOST_NUMBERS);
        const row = Float64Array.from(template);
        const draws: number[] = [];
        try {
          while (draw !== undefined && draws.length < 100) {
            row.set(template);
            draw(values, random, row);
            draws.push(row[column]!);
          }
        } catch (error) {
          if (!(error instanceof Exhausted)) throw error;
        }
        draws.sort((a, b) => a - b);
        return draws.length < 100 || !draws.every(Number.isFinite)
          ? undefined
          : { centre: draws[50]!, spread: (draws[84]! - draws[16]!) / 2 };
      };
      let low = 0;
      let high = 40;
      for (let turn = 0; turn < 40; turn += 1) {
        const middle = (low + high) / 2;
        if ((where(at(middle))?.centre ?? Infinity) < far) low = middle;
        else high = middle;
      }
      const values = at(low);
      const found = where(values);
      if (found === undefined || !(found.centre > far / 4) || !(found.centre < 2 * far) || !(found.spread > 3)) continue;
      return requireSumAround(family, values, template, column, found);
    }
  }
  return VACUOUS;
}

/** Random numbers that a hundred far draws may take: a right sampler may count the arrivals one by one, and then there are none so far out. */
const MOST_NUMBERS = 400_000;

class Exhausted extends Error {}

/** A generator that throws after so many numbers. */
function limited(random: Random, most: number): Random {
  let left = most;
  const counted =
    (draw: () => number): (() => number) =>
    () => {
      left -= 1;
      if (left < 0) throw new Exhausted();
      return draw();
    };
  return {
    ...random,
    uniform: counted(random.uniform),
    uniformOpen: counted(random.uniformOpen),
    normal: counted(random.normal),
    exponential: counted(random.exponential),
  };
}

function requireSumAround(
  family: Family,
  values: ParameterValues,
  template: Row,
  column: number,
  { centre, spread }: { readonly centre: number; readonly spread: number },
): Verdict {
  // Masses that fall off slowly, as geometric ones do, need more than a window: only bell shapes are judged.
  const stride = Math.max(1, Math.floor(spread / 24));
  const rows = Array.from({ length: FAR_POINTS }, (_, index) => centre + (index - FAR_POINTS / 2) * stride).flatMap((x) =>
    x < 0 ? [] : [template.map((value, index) => (index === column ? x : value))],
  );
  const logs = logDensities(family, blockOf(family, rows), values);
  const masses = logs.map(Math.exp);
  const total = masses.reduce((sum, mass) => sum + mass, 0) * stride;
  const edge = Math.max(masses[0]!, masses.at(-1)!) * stride * FAR_POINTS;
  if (edge > 1e-6) return VACUOUS;
  // Over such strides a smooth log-density is a cubic: what is left is its rounding, for the terms of counts of 1e12 may cancel.
  let scatter = 0;
  for (let index = 4; index < logs.length; index += 1) {
    const bend = logs[index]! - 4 * logs[index - 1]! + 6 * logs[index - 2]! - 4 * logs[index - 3]! + logs[index - 4]!;
    if (Math.abs(bend) < 1) scatter = Math.max(scatter, Math.abs(bend));
  }
  const allowance = 1e-5 + edge * 10 + 2 * scatter;
  if (!(Math.abs(total - 1) <= allowance))
    violate(`with the parameters ${show(values)} the masses about ${centre} sum to ${total} and not 1 (every ${stride}. of them)`);
}

/** Draws that fill boxes. */
const DRAWS = 30_000;

/** Parts of the law "cdf-quantile-sampler": draws and means against the density itself, whether there is a cdf or not. */
export const drawParts: Law['parts'] = [
  part<Case & { readonly seed: number }>({
    name: 'draws fill the boxes that the density gives',
    missing: ({ family }) => lacking(family, 'sample'),
    share: 0.08,
    shrinks: 10,
    statistical: true,
    mayBeVacuous: true,
    arbitrary: (subject) => fc.tuple(caseArbitrary(subject), seedArbitrary).map(([value, seed]) => ({ ...value, seed })),
    check: (value, { subject, falseAlarm, runs }) => requireBoxes(subject, value, falseAlarm, drawsFor(runs)),
  }),
  part<Case & { readonly seed: number }>({
    name: 'the means of several columns',
    missing: (subject) => [...lacking(subject.family, 'mean'), ...several(subject)],
    share: 0.1,
    shrinks: 20,
    mayBeVacuous: true,
    arbitrary: (subject) => fc.tuple(caseArbitrary(subject), seedArbitrary).map(([value, seed]) => ({ ...value, seed })),
    check: (value, { subject }) => requireMeans(subject, value),
  }),
  part<Case>({
    name: 'given columns have no mean',
    missing: ({ family }) => [...lacking(family, 'mean'), ...(family.columns.some(({ given }) => given) ? [] : ['given columns'])],
    share: 0.1,
    arbitrary: caseArbitrary,
    check({ parameters, template }, { subject: { family } }) {
      const stated = family.mean!(parameters, Float64Array.from(template));
      if (stated.length !== family.columns.length) violate(`the mean has ${stated.length} numbers for ${family.columns.length} columns`);
      family.columns.forEach(({ given, name }, column) => {
        if (given && stated[column] !== 0) violate(`the mean of the given column ${name} is stated as ${stated[column]} and not 0`);
      });
    },
  }),
  part<Case>({
    name: 'the ends of the quantile, and the steps of the cdf',
    missing: ({ family }) => (family.cdf === undefined && family.quantile === undefined ? ['cdf', 'quantile'] : []),
    share: 0.5,
    arbitrary: caseArbitrary,
    check: (value, { subject }) => requireEndsAndSteps(subject, value),
  }),
  part<readonly Case[]>({
    name: 'the quantile at steps of the cdf',
    missing: ({ family }) => [
      ...lacking(family, 'cdf', 'quantile'),
      ...(family.columns.some(({ given, support }) => !given && support.kind === 'integer') ? [] : ['discrete column']),
    ],
    share: 0.03,
    shrinks: 10,
    mayBeVacuous: true,
    arbitrary: (subject) => fc.array(caseArbitrary(subject), { minLength: 120, maxLength: 120 }),
    check: (value, { subject }) => requireStepsReached(subject, value),
  }),
];

/** So near to a step of the cdf that only rounding lies between, and beyond it. */
const STEP_ROUNDING = 1e-12;

/** As many steps all rounded the wrong way by chance: once in 1e9. */
const LEAST_STEPS = 30;

/** Half of what more runs add goes into longer samples, the other half into more of them. */
function drawsFor(runs: number): number {
  return Math.round(DRAWS * Math.max(0.3, Math.sqrt(runs / 100)));
}

function requireBoxes(
  subject: Subject,
  { parameters, template, seed }: Case & { readonly seed: number },
  falseAlarm: number,
  draws: number,
): Verdict {
  const grid = gridOf(subject, parameters, template);
  // A wrong mass is for the law "normalisation"; boxes must be known better than the draws can tell.
  if (grid === undefined || grid.error > 1e-5 || Math.abs(grid.mass - 1) > 1e-4) return VACUOUS;
  const random = createRandom(seed);
  const counts = new Float64Array(grid.masses.length);
  const row = new Float64Array(template.length);
  for (let index = 0; index < draws; index += 1) {
    row.set(template);
    subject.family.sample!(parameters, random, row);
    counts[grid.boxOf(row)]! += 1;
  }
  // What the quadrature may be off is granted to either side.
  const slack = 10 * grid.error + 1e-7;
  for (const groups of grid.groupings) {
    const size = groups.reduce((most, group) => Math.max(most, group + 1), 0);
    const threshold = countThreshold(falseAlarm / grid.groupings.length / size);
    const drawn = new Float64Array(size);
    const masses = new Float64Array(size);
    groups.forEach((group, box) => {
      drawn[group]! += counts[box]!;
      masses[group]! += grid.masses[box]!;
    });
    drawn.forEach((count, group) => {
      const divergence = Math.min(
        ...[-slack, 0, slack].map((by) => bernoulliDivergence(count / draws, Math.min(1, Math.max(0, masses[group]! + by)))),
      );
      if (!(draws * divergence <= threshold))
        violate(
          `${count} of ${draws} draws fell into a box that has the probability ${masses[group]!.toPrecision(6)}: the draws are not from this density`,
        );
    });
  }
  return;
}

function requireMeans(subject: Subject, { parameters, template, seed }: Case & { readonly seed: number }): Verdict {
  const { family } = subject;
  const stated = family.mean!(parameters, Float64Array.from(template));
  const grid = gridOf(subject, parameters, template);
  if (grid !== undefined && grid.error < COARSE) {
    grid.columns.forEach((column, place) => {
      const allowance = 1e-6 * grid.sizes[place]! + 10 * grid.meanErrors[place]!;
      if (!(Math.abs(stated[column]! - grid.means[place]! / grid.mass) <= allowance))
        violate(
          `the mean of ${family.columns[column]!.name} is stated as ${stated[column]}, and the density's is ${grid.means[place]! / grid.mass}`,
        );
    });
    return;
  }
  if (subject.draw === undefined) return VACUOUS;
  const random = createRandom(seed);
  const draws = Array.from({ length: 4000 }, () => {
    const row = Float64Array.from(template);
    subject.draw!(parameters, random, row);
    return row;
  });
  family.columns.forEach(({ given, name }, column) => {
    if (given) return;
    const { mean, standardError } = sampleMean(draws.map((row) => row[column]!));
    // Far beyond any quantile that matters: only a mean of something else is so far off. Draws that are all equal say nothing of rare ones.
    if (standardError > 0 && !(Math.abs(stated[column]! - mean) <= 10 * standardError + 1e-9 * Math.abs(mean)))
      violate(`the mean of ${name} is stated as ${stated[column]}, and ${draws.length} draws average ${mean}`);
  });
  return;
}

function requireEndsAndSteps({ family }: Subject, { parameters, template }: Case): Verdict {
  const column = onlyObservedColumn(family)!;
  const { support } = family.columns[column]!;
  const row = Float64Array.from(template);
  const minimum = support.kind === 'real' ? -Infinity : support.minimum;
  const maximum =
    support.kind === 'real' ? Infinity : typeof support.maximum === 'number' ? support.maximum : template[support.maximum.column]!;
  const { cdf, quantile } = family;
  if (quantile !== undefined) {
    const [low, high] = [0, 1].map((probability) => quantile.call(family, probability, parameters, row)) as [number, number];
    const first = quantile.call(family, 1e-12, parameters, row);
    const last = quantile.call(family, 1 - 2 ** -40, parameters, row);
    if (!(low <= first && low >= minimum))
      violate(`quantile(0) is ${low}: it lies between the end of the support, ${minimum}, and quantile(1e-12) = ${first}`);
    if (!(high >= last && high <= maximum))
      violate(`quantile(1) is ${high}: it lies between quantile(1 - 2^-40) = ${last} and the end of the support, ${maximum}`);
    if (support.kind !== 'integer' && minimum === -Infinity && low !== -Infinity)
      violate(`quantile(0) is ${low} and not minus infinity, where the support ends`);
    if (support.kind !== 'integer' && maximum === Infinity && high !== Infinity)
      violate(`quantile(1) is ${high} and not infinity, where the support ends`);
  }
  const x = template[column]!;
  if (cdf === undefined) return;
  const reached = cdf.call(family, x, parameters, row);
  if (support.kind === 'integer') {
    for (const part of [1e-9, 0.3, 0.5, 0.999999]) {
      const between = cdf.call(family, x + part, parameters, row);
      if (between !== reached) violate(`F(${x + part}) is ${between} and not F(${x}) = ${reached}: between whole numbers F is flat`);
    }
  }
  if (quantile === undefined || !(reached > 1e-290 && reached < 1 - 1e-9)) return;
  if (support.kind === 'integer') {
    const before = x > support.minimum ? cdf.call(family, x - 1, parameters, row) : 0;
    const after = cdf.call(family, x + 1, parameters, row);
    const [below, above] = [reached * (1 - STEP_ROUNDING), reached * (1 + STEP_ROUNDING)].map((p) =>
      quantile.call(family, p, parameters, row),
    ) as [number, number];
    if (reached - before > 4 * STEP_ROUNDING && below !== x)
      violate(`the quantile just below F(${x}) = ${reached} is ${below} and not ${x}`);
    if (after - reached > 4 * STEP_ROUNDING && above !== x + 1)
      violate(`the quantile just above F(${x}) = ${reached} is ${above} and not ${x + 1}`);
    return;
  }
  const back = quantile.call(family, reached, parameters, row);
  const there = cdf.call(family, back, parameters, row);
  if (!(Math.abs(there - reached) <= 1e-11)) violate(`quantile(F(${x})) is ${back}, where F is ${there} and not ${reached}`);
}

/** At steps of its cdf a right family may answer with the next whole number where rounding has lifted F(x); one that asks for F > p always does. */
function requireStepsReached({ family }: Subject, cases: readonly Case[]): Verdict {
  const column = onlyObservedColumn(family)!;
  let steps = 0;
  let next = 0;
  for (const { parameters, template } of cases) {
    const row = Float64Array.from(template);
    const x = template[column]!;
    const reached = family.cdf!(x, parameters, row);
    const before = family.cdf!(x - 1, parameters, row);
    if (!(reached - before > 1e-6 && reached < 1 - 1e-6)) continue;
    steps += 1;
    if (family.quantile!(reached, parameters, row) !== x) next += 1;
  }
  if (steps < LEAST_STEPS) return VACUOUS;
  if (next === steps) violate(`at each of ${steps} values F(x) the quantile is not x: it is the smallest x with F(x) >= p, not > p`);
  return;
}

/** Rows for each coordinate whose scores are looked at. */
const ROWS_PER_COORDINATE = 12;

/** The least pivot of the scores' matrix with ones on its diagonal: below it, a direction of the parameters has no effect on the density. */
const LEAST_PIVOT = 1e-5;

/** Part of the law "recovery" that needs no sampler. */
export const identityParts: Law['parts'] = [
  part<{ readonly parameters: ParameterValues; readonly rows: readonly Row[] }>({
    name: 'every parameter shows in the density',
    share: 0.1,
    shrinks: 20,
    mayBeVacuous: false,
    arbitrary: (subject) => {
      const count = 40 + ROWS_PER_COORDINATE * codecOf(subject.family).length;
      return fc.record({
        parameters: subject.parameters('ordinary'),
        rows: fc.array(subject.row('ordinary'), { minLength: count, maxLength: count }),
      });
    },
    check: (value, { subject }) => requireRank(subject, value),
  }),
];

function requireRank(
  subject: Subject,
  { parameters, rows }: { readonly parameters: ParameterValues; readonly rows: readonly Row[] },
): Verdict {
  const { family } = subject;
  const codec: Codec<ParameterValues> = codecOf(family);
  const size = codec.length;
  const vector = new Float64Array(size);
  codec.encode(parameters, vector, 0);
  if (vector.some((value) => !Number.isFinite(value))) return VACUOUS;
  // Drawn for each row's own given values; ordinary rows besides, for a parameter may show only where there is little mass.
  const where = rows.flatMap((row) => [...pilotsOf(subject, parameters, row, subject.draw === undefined ? 0 : 1), row]);
  const block = blockOf(family, where);
  const at = (index: number, by: number): Float64Array => {
    const moved = vector.slice();
    moved[index]! += by;
    return logDensities(family, block, codec.decode(moved, 0) as ParameterValues);
  };
  const scores = Array.from(vector, (value, index) => {
    const step = 1e-4 * Math.max(1, Math.abs(value));
    const [above, below] = [at(index, step), at(index, -step)];
    return above.map((each, row) => {
      const slope = (each - below[row]!) / (2 * step);
      return Number.isFinite(slope) ? slope : 0;
    });
  });
  // Each row counts alike: one far out must not drown the others.
  const sizes = where.map((_, row) => Math.hypot(...scores.map((each) => each[row]!)) || 1);
  const product = (one: Float64Array, other: Float64Array): number =>
    one.reduce((sum, value, row) => sum + (value * other[row]!) / sizes[row]! ** 2, 0);
  const lengths = scores.map((each) => Math.sqrt(product(each, each)));
  const silent = lengths.findIndex((length) => !(length > 1e-9));
  if (silent >= 0) violate(`at ${show(parameters)} the density does not depend on coordinate ${silent + 1}: the parameter is not needed`);
  const matrix = new Float64Array(size * size);
  scores.forEach((one, i) => {
    scores.forEach((other, j) => {
      matrix[i * size + j] = product(one, other) / lengths[i]! / lengths[j]!;
    });
  });
  const factored = cholesky(matrix, size);
  const pivots = factored.ok ? Array.from({ length: size }, (_, index) => factored.factor[index * size + index]!) : [0];
  if (!pivots.every((pivot) => pivot >= LEAST_PIVOT))
    violate(`at ${show(parameters)} a change of the parameters leaves the density as it is: some parameter is redundant`);
}
