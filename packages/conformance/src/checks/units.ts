import { type Codec, codecOf, createRandom, type Family, type ParameterValues, summarize } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, numbersIn, rowsArbitrary, sameBits } from '../cases.ts';
import { nudgedEach } from '../coordinates.ts';
import { type Law, lacking, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';
import { GRID, type UnitChange, unitChangeArbitrary } from './m-step.ts';

/** A step whose distance is asked for, in standard errors for one observation. */
const DISTANCE_STEP = 1e-3;

/** A distance may be this many times smaller or larger than the step in standard errors: a relative change of a sharply known parameter is small. */
const DISTANCE_FACTOR = 1e4;

/** Draws between two askings: an odd number, so that a spare one that is kept shows. */
const ODD = 3;

/** Parts of the law "equivariance-and-purity" about units, distances, and what is remembered. */
export const unitParts: Law['parts'] = [
  part<{ parameters: ParameterValues; rows: readonly Row[]; change: UnitChange }>({
    name: 'the density in other units',
    missing: ({ family }) => (family.equivariance?.scale || family.equivariance?.shift ? [] : ['declared equivariance']),
    share: 0.5,
    arbitrary: (subject) =>
      fc.record({ parameters: subject.parameters('ordinary'), rows: rowsArbitrary(subject, 1, 8), change: unitChangeArbitrary(subject) }),
    check({ parameters, rows, change }, { subject: { family } }) {
      const other = family.equivariance!.transform(parameters, change.scale, change.shift) as ParameterValues;
      let jacobian = 0;
      family.columns.forEach(({ given, support }, column) => {
        if (!given && support.kind !== 'integer') jacobian += Math.log(change.scale[column]!);
      });
      requireSameDensity(
        family,
        rows,
        parameters,
        other,
        (value, column) => value * change.scale[column]! + change.shift[column]!,
        jacobian,
        `in the units ${show(change)}`,
      );
    },
  }),
  part<{ parameters: ParameterValues; rows: readonly Row[]; by: readonly number[] }>({
    name: 'the density of shifted data',
    missing: ({ family }) => lacking(family, 'shift'),
    share: 0.5,
    arbitrary: (subject) =>
      fc.record({
        parameters: subject.parameters('ordinary'),
        rows: rowsArbitrary(subject, 1, 8),
        by: fc.array(fc.integer({ min: -1000, max: 1000 }), {
          minLength: subject.family.columns.length,
          maxLength: subject.family.columns.length,
        }),
      }),
    check({ parameters, rows, by: asked }, { subject: { family } }) {
      const movable = canMove(family);
      const by = asked.map((value, column) => (movable[column] ? value : 0));
      const other = family.shift!(parameters, by) as ParameterValues;
      requireSameDensity(family, rows, parameters, other, (value, column) => value + by[column]!, 0, `shifted by ${show(by)}`);
    },
  }),
  part<{ parameters: ParameterValues; rows: readonly Row[]; place: number }>({
    name: 'the distance',
    // Where the density has no slope in a parameter, as at the end of a uniform support.
    mayBeVacuous: true,
    missing: ({ family }) => lacking(family, 'distance'),
    share: 0.5,
    arbitrary: (subject) =>
      fc.record({ parameters: subject.parameters('ordinary'), rows: rowsArbitrary(subject, 20, 40), place: fc.nat({ max: 1000 }) }),
    check: (value, { subject }) => requireDistance(subject, value),
  }),
  part({
    name: 'nothing is remembered',
    share: 0.3,
    arbitrary: (subject) =>
      fc.record({
        first: subject.parameters('ordinary'),
        second: subject.parameters('ordinary'),
        rows: rowsArbitrary(subject, 6, 20),
        others: rowsArbitrary(subject, 6, 20),
        seed: seedArbitrary,
      }),
    check({ first, second, rows, others, seed }, { subject }) {
      const { family } = subject;
      const ask = (values: ParameterValues, asked: readonly Row[], draws: number): Readonly<Record<string, unknown>> =>
        answersOf(family, values, asked, seed, draws);
      const requireSame = (values: ParameterValues, before: Readonly<Record<string, unknown>>): void => {
        const again = ask(values, rows, ODD);
        for (const [name, answer] of Object.entries(before)) {
          if (!sameBits(answer, again[name]))
            violate(`${name}, asked the same again after other questions, gives ${show(again[name])} and not ${show(answer)}`);
        }
      };
      const before = ask(first, rows, ODD);
      // As many other rows, other parameters, or some that differ in one only, and an odd number of draws in between.
      ask(first, others, 1);
      requireSame(first, before);
      for (const name of Object.keys(first)) {
        ask(second, rows, 1);
        const mixed = { ...second, [name]: first[name]! };
        const fresh = ask(mixed, rows, ODD);
        requireSame(first, before);
        requireSame(mixed, fresh);
      }
    },
  }),
  part({
    name: 'the crude location of weighted rows',
    missing: ({ family }) => lacking(family, 'locate'),
    share: 0.3,
    arbitrary: (subject) =>
      fc.record({
        entries: fc.array(fc.tuple(subject.row('ordinary'), fc.integer({ min: 1, max: 5 })), { minLength: 4, maxLength: 20 }),
        exponent: fc.constantFrom(-3, 4, 100),
      }),
    check({ entries, exponent }, { subject }) {
      const { family } = subject;
      const rows = entries.map(([row]) => row);
      const copies = entries.flatMap(([row, weight]) => new Array<Row>(weight).fill(row));
      const expected = family.locate!(summarize(datasetOf(subject, copies, 1))) as ParameterValues;
      const weights = entries.map(([, weight]) => weight * 2 ** exponent);
      const found = family.locate!(summarize(datasetOf(subject, rows, 1, { weights }))) as ParameterValues;
      requireNear(found, expected, `with case weights ${show(weights)} for copies, all times 2^${exponent}, the crude location`);
    },
  }),
  part<{ rows: readonly Row[]; change: UnitChange }>({
    name: 'the crude location in other units',
    missing: ({ family }) => [
      ...lacking(family, 'locate'),
      ...(family.equivariance?.scale || family.equivariance?.shift ? [] : ['declared equivariance']),
    ],
    share: 0.3,
    arbitrary: (subject) => fc.record({ rows: rowsArbitrary(subject, 4, 20), change: unitChangeArbitrary(subject) }),
    check({ rows, change }, { subject }) {
      const { family } = subject;
      if (change.scale.some((scale) => !(scale > 2 ** -100 && scale < 2 ** 100))) return VACUOUS;
      const onGrid = rows.map((row) => row.map((value) => Math.round(value * GRID) / GRID));
      if (onGrid.every((row) => sameBits(row, onGrid[0]))) return VACUOUS;
      const moved = onGrid.map((row) => row.map((value, column) => value * change.scale[column]! + change.shift[column]!));
      const located = (each: readonly Row[]): ParameterValues => family.locate!(summarize(datasetOf(subject, each, 1))) as ParameterValues;
      const expected = family.equivariance!.transform(located(onGrid), change.scale, change.shift) as ParameterValues;
      requireNear(located(moved), expected, `in the units ${show(change)} the crude location`);
      return;
    },
  }),
];

function requireSameDensity(
  family: Family,
  rows: readonly Row[],
  parameters: ParameterValues,
  other: ParameterValues,
  move: (value: number, column: number) => number,
  jacobian: number,
  what: string,
): void {
  const onGrid = rows.map((row) =>
    row.map((value, column) => (family.columns[column]!.support.kind === 'integer' ? value : Math.round(value * GRID) / GRID)),
  );
  const isAtom = (value: number, column: number): boolean => {
    const { support } = family.columns[column]!;
    return support.kind !== 'integer' && support.atoms?.includes(value) === true;
  };
  const inside = onGrid.filter((row, index) =>
    row.every((value, column) => (value !== 0 || rows[index]![column] === 0) && !isAtom(value, column)),
  );
  if (inside.length === 0) return;
  const moved = inside.map((row) => row.map(move));
  const before = logDensities(family, blockOf(family, inside), parameters);
  const after = logDensities(family, blockOf(family, moved), other);
  const condition = conditionOf(family, moved, other, after);
  before.forEach((value, row) => {
    const expected = value - jacobian;
    const allowance = 1e-10 * (1 + Math.abs(value) + Math.abs(jacobian)) + 16 * condition[row]!;
    if (!(Math.abs(after[row]! - expected) <= allowance) && after[row] !== expected)
      violate(`${what} log f(${show(moved[row])}) is ${after[row]} with the parameters ${show(other)}, and not ${expected}`);
  });
}

/** What the rounding of the parameters makes of the log-densities: a location far from zero has few digits behind the point. */
function conditionOf(family: Family, rows: readonly Row[], parameters: ParameterValues, densities: Float64Array): Float64Array {
  const nudge = 2 ** -30;
  const total = new Float64Array(rows.length);
  for (const record of nudgedEach(parameters, nudge)) {
    const moved = logDensities(family, blockOf(family, rows), record);
    moved.forEach((value, row) => {
      const change = Math.abs(value - densities[row]!);
      // A step of a billionth of a location may be many deviations: the change is then that of a square.
      if (Number.isFinite(change)) total[row]! += (EPSILON / nudge) * change;
    });
  }
  return total;
}

/** The root mean square of the change of log f over the rows, by a unit step in one coordinate: one over a standard error for one observation. */
function sensitivity(family: Family, codec: Codec<ParameterValues>, vector: Float64Array, index: number, rows: readonly Row[]): number {
  const step = 1e-5 * Math.max(1, Math.abs(vector[index]!));
  const block = blockOf(family, rows);
  const at = (by: number): Float64Array => {
    const moved = vector.slice();
    moved[index]! += by;
    return logDensities(family, block, codec.decode(moved, 0) as ParameterValues);
  };
  const [above, below] = [at(step), at(-step)];
  let squares = 0;
  above.forEach((value, row) => {
    const slope = (value - below[row]!) / (2 * step);
    if (Number.isFinite(slope)) squares += slope * slope;
  });
  return Math.sqrt(squares / rows.length);
}

function requireDistance(
  subject: Subject,
  { parameters, rows, place }: { readonly parameters: ParameterValues; readonly rows: readonly Row[]; readonly place: number },
): Verdict {
  const { family } = subject;
  const codec: Codec<ParameterValues> = codecOf(family);
  const vector = new Float64Array(codec.length);
  codec.encode(parameters, vector, 0);
  if (vector.some((value) => !Number.isFinite(value))) return VACUOUS;
  const distance = (to: ParameterValues): number => family.distance!(parameters, to);
  for (const equal of [parameters, structuredClone(parameters)])
    if (distance(equal) !== 0) violate(`the distance from ${show(parameters)} to itself is ${distance(equal)} and not 0`);
  const index = place % codec.length;
  let drawn = rows;
  if (subject.draw !== undefined) {
    const random = createRandom(place);
    drawn = rows.map((row) => {
      const own = Float64Array.from(row);
      subject.draw!(parameters, random, own);
      return Array.from(own);
    });
  }
  const step = DISTANCE_STEP / sensitivity(family, codec, vector, index, drawn);
  if (!(step > 0 && step < 1e3)) return VACUOUS;
  for (const by of [step, -step, 100 * step]) {
    const moved = vector.slice();
    moved[index]! += by;
    const to = codec.decode(moved, 0) as ParameterValues;
    const found = distance(to);
    const expected = (DISTANCE_STEP * Math.abs(by)) / step;
    if (!(found >= expected / DISTANCE_FACTOR && found <= expected * DISTANCE_FACTOR))
      violate(
        `the distance from ${show(parameters)} to ${show(to)}, which is ${expected} standard errors for one observation, is ${found}: it decides when a fit has converged`,
      );
  }
  const near = distanceTo(1);
  const far = distanceTo(10);
  // A distance grows as the step does: its square would call a fit converged too soon.
  if (!(far >= 5 * near && far <= 20 * near))
    violate(
      `the distances of one step and of ten in coordinate ${index + 1} from ${show(parameters)} are ${near} and ${far}: a distance grows with the step`,
    );
  return;

  function distanceTo(steps: number): number {
    const moved = vector.slice();
    moved[index]! += (steps * step) / 100;
    return distance(codec.decode(moved, 0) as ParameterValues);
  }
}

/** Every function's answer to one question, as plain JSON. */
function answersOf(
  family: Family,
  values: ParameterValues,
  rows: readonly Row[],
  seed: number,
  draws: number,
): Readonly<Record<string, unknown>> {
  const block = blockOf(family, rows);
  const responsibilities = Float64Array.from(rows, (_, row) => (1 + ((row * 37) % 100)) / 100);
  const count = responsibilities.reduce((sum, value) => sum + value, 0);
  const statistics = new Float64Array(family.statisticsLength);
  family.accumulate(block, responsibilities, values, statistics);
  const density = new Float64Array(rows.length);
  family.logDensity(block, values, density);
  const nobody: ReadonlySet<string> = new Set();
  const row = Float64Array.from(rows[0]!);
  const column = family.columns.findIndex(({ given }) => given !== true);
  const answers: Record<string, unknown> = {
    logDensity: Array.from(density, String),
    accumulate: Array.from(statistics, String),
    maximize: settled(() => family.maximize(statistics, count, values, nobody)),
  };
  if (family.recentre !== undefined) answers['recentre'] = settled(() => family.recentre!(statistics, count, values, nobody) ?? 'none');
  if (family.sample !== undefined) {
    const random = createRandom(seed);
    answers['sample'] = Array.from({ length: draws }, () => {
      const own = row.slice();
      family.sample!(values, random, own);
      return Array.from(own);
    });
  }
  if (family.cdf !== undefined) answers['cdf'] = rows.map((each) => family.cdf!(each[column]!, values, Float64Array.from(each)));
  if (family.quantile !== undefined) answers['quantile'] = [0.1, 0.5, 0.9].map((probability) => family.quantile!(probability, values, row));
  if (family.mean !== undefined) answers['mean'] = [...family.mean(values, row)];
  if (family.locate !== undefined)
    answers['locate'] = settled(() =>
      family.locate!(
        summarize({
          rows: rows.length,
          distinctRows: rows.length,
          totalWeight: rows.length,
          columnNames: family.columns.map(({ name }) => name),
          blocks: [block],
          labelled: false,
        }),
      ),
    );
  return answers;
}

function settled(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? `${error.name} ${(error as { code?: string }).code ?? ''}` : String(error);
  }
}

/** The crude location is only a point to begin at: the same to six digits of its largest number is the same. */
function requireNear(found: ParameterValues, expected: ParameterValues, what: string): void {
  for (const name of Object.keys(expected)) {
    const [before, after] = [numbersIn(expected[name]), numbersIn(found[name])];
    const scale = Math.max(...before.map(Math.abs), Number.MIN_VALUE);
    if (before.some((value, index) => !(Math.abs(value - after[index]!) <= 1e-6 * scale)))
      violate(`${what} has ${name} = ${show(found[name])} and not ${show(expected[name])}`);
  }
}

/** For each column whether it can be moved: of a composed family, whether the part whose column it is can say what becomes of it. */
function canMove({ parts, shift, columns }: Family): readonly boolean[] {
  return parts === undefined ? columns.map(() => shift !== undefined) : Object.values(parts).flatMap(canMove);
}
