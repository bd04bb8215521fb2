import { createRandom, Expectation, type ParameterValues } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, HEADER, mixtureOf, pointArbitrary, requireSameExpectation, rowsArbitrary, termMagnitudes } from '../cases.ts';
import { type Law, part, type Subject, seedArbitrary, VACUOUS, violate } from '../law.ts';
import { blockOf, jointLogDensities, logSum } from '../likelihood.ts';
import { EPSILON, sumAllowance } from '../tolerance.ts';

/** Responsibilities below this may be left out by an engine: they are beyond the last digit of the one that prevails in their row. */
const CUT = 2 ** -52;

interface Case {
  readonly about: ParameterValues;
  readonly rows: readonly Row[];
  readonly responsibilities: readonly number[];
}

const caseArbitrary = (subject: Subject): fc.Arbitrary<Case> =>
  fc
    .record({
      about: subject.parameters('ordinary'),
      entries: fc.array(fc.tuple(subject.row('ordinary'), responsibilityArbitrary), { minLength: 1, maxLength: 40 }),
    })
    .map(({ about, entries }) => ({
      about,
      rows: entries.map(([row]) => row),
      responsibilities: entries.map(([, responsibility]) => responsibility),
    }));

/** Responsibilities times case weights: mostly inside (0, 1), sometimes 0, 1, or more than 1. */
export const responsibilityArbitrary: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 999 }).map((thousandths) => thousandths / 1000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 3, 1e-9) },
);

/**
 * **statistics**: T(x, r) = sum of r_i t(x_i) is additive over rows, linear in the responsibilities, and forgets their order.
 *
 * - `accumulate` adds to what is there; the sum over blocks of any size is the sum over the whole; the order of rows does not matter.
 * - r enters linearly: twice the responsibility is twice the statistic, none is none. Entries beyond `block.size` do not count.
 * - A block may be longer than any buffer (5000 rows), and its columns longer than the block: each row counts as it does alone.
 * - A row of case weight k stands for k equal rows, a row of weight 0 for no row, in log-likelihood, counts and statistics alike.
 * - The engine's expectation, by whatever kernel, is what `logDensity` and `accumulate` give: the log-likelihood, the entropy of the
 *   labels (0 about another point), the counts, and the statistics about any other point, with responsibilities below 2^-52 as good as none.
 * - The expectations of two parts of the data add up to the expectation of the whole (definition 6.2: expectations are vectors).
 *
 * "The same" means within (n + 8) 2^-52 of the sum of the magnitudes of the n terms, which no order of summation can exceed.
 */
export const statistics: Law = {
  name: 'statistics',
  statement: 'statistics add over rows and blocks in any order; weight k is k copies, weight 0 is absence; parts add up to the whole',
  falseAlarmRate: 0,
  parts: [
    part<Case>({
      name: 'sum over single rows',
      arbitrary: caseArbitrary,
      check({ about, rows, responsibilities }, { subject }) {
        const whole = accumulated(subject, rows, responsibilities, about);
        const { sums, magnitudes } = rowByRow(subject, rows, responsibilities, about);
        requireSame(whole, sums, magnitudes, rows.length, 'accumulated as one block and row by row');
        const twice = accumulated(
          subject,
          rows,
          responsibilities.map((value) => 2 * value),
          about,
        );
        requireSame(
          twice,
          whole.map((value) => 2 * value),
          magnitudes.map((value) => 2 * value),
          rows.length,
          'with twice the responsibilities',
        );
      },
    }),
    part<Case & { readonly before: number }>({
      name: 'adds to what is there, and reads no further than the block',
      arbitrary: (subject) =>
        fc.tuple(caseArbitrary(subject), fc.integer({ min: -1000, max: 1000 })).map(([value, before]) => ({ ...value, before })),
      check({ about, rows, responsibilities, before }, { subject }) {
        const whole = accumulated(subject, rows, responsibilities, about);
        const { magnitudes } = rowByRow(subject, rows, responsibilities, about);
        const onTop = new Float64Array(whole.length).fill(before);
        const longer = Float64Array.from([...responsibilities, Number.NaN, 5]);
        subject.family.accumulate(blockOf(subject.family, rows), longer, about, onTop);
        requireSame(
          onTop,
          whole.map((value) => value + before),
          magnitudes.map((value) => value + Math.abs(before)),
          rows.length,
          `on top of ${before}`,
        );
      },
    }),
    part<Case & { readonly seed: number }>({
      name: 'any order',
      arbitrary: (subject) => fc.tuple(caseArbitrary(subject), seedArbitrary).map(([value, seed]) => ({ ...value, seed })),
      check({ about, rows, responsibilities, seed }, { subject }) {
        const whole = accumulated(subject, rows, responsibilities, about);
        const { magnitudes } = rowByRow(subject, rows, responsibilities, about);
        const order = shuffled(rows.length, seed);
        const other = accumulated(
          subject,
          order.map((index) => rows[index]!),
          order.map((index) => responsibilities[index]!),
          about,
        );
        requireSame(other, whole, magnitudes, rows.length, 'in another order');
      },
    }),
    part({
      name: 'the expectation is its definition',
      share: 0.5,
      arbitrary: (subject) =>
        fc
          .tuple(pointArbitrary(subject, 2), fc.option(pointArbitrary(subject, 2)), rowsArbitrary(subject, 1, 40))
          .map(([point, about, rows]) => ({ point, about: about ?? point, rows })),
      check({ point, about, rows }, { subject }) {
        const { engine, family } = subject;
        const mixture = mixtureOf(subject, 2);
        const dataset = datasetOf(subject, rows, 2);
        const request = { model: mixture, at: point, about };
        const found = engine.expect(dataset, request);
        const joint = jointLogDensities(mixture, point, blockOf(family, rows));
        const totals = rows.map((_, row) => logSum(joint.map((column) => column[row]!)));
        if (totals.includes(-Infinity)) return VACUOUS;
        const expected = Expectation.zero(mixture);
        const magnitudes = new Float64Array(expected.vector.length);
        totals.forEach((total) => {
          expected.vector[0]! += total;
          magnitudes[0]! += Math.abs(total) + 1;
        });
        expected.vector[1] = found.magnitude;
        joint.forEach((column, component) => {
          const responsibilities = Array.from(column, (value, row) => Math.exp(value - totals[row]!));
          const { sums, magnitudes: sizes } = rowByRow(subject, rows, responsibilities, about.components[component]!);
          // An exponent of size L carries L ulps into the responsibility, and so into every term.
          const exponent =
            1 + Math.max(...Array.from(column, (value) => (value === -Infinity ? 0 : Math.abs(value))), ...totals.map(Math.abs));
          const count = responsibilities.reduce((sum, value) => sum + value, 0);
          for (const place of [HEADER + component, expected.layout.offsets[component]!]) {
            expected.vector[place] = count;
            magnitudes[place] = rows.length * Number.MIN_VALUE + exponent * count + rows.length * CUT;
          }
          if (about === point) {
            for (const value of responsibilities) if (value > 0) expected.vector[2]! -= value * Math.log(value);
            // It may be a difference of terms as large as the log-densities.
            magnitudes[2]! += exponent * rows.length;
          }
          sums.forEach((value, index) => {
            expected.statistics(component)[index] = value;
            const largest = Math.max(
              ...rows.map((row) => Math.abs(accumulated(subject, [row], [1], about.components[component]!)[index]!)),
            );
            magnitudes[expected.layout.offsets[component]! + 1 + index] = exponent * sizes[index]! + rows.length * CUT * largest;
          });
        });
        return requireSameExpectation(found, expected, magnitudes, rows.length, 'by its definition');
      },
    }),
    part({
      name: 'blocks of any size',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ point: pointArbitrary(subject, 2), rows: rowsArbitrary(subject, 1, 40), blockSize: fc.integer({ min: 1, max: 41 }) }),
      check({ point, rows, blockSize }, { subject }) {
        const { engine } = subject;
        const mixture = mixtureOf(subject, 2);
        const whole = datasetOf(subject, rows, 2);
        const request = { model: mixture, at: point, about: point };
        const expected = engine.expect(whole, request);
        const magnitudes = termMagnitudes(subject, mixture, point, whole, expected);
        requireSameExpectation(
          engine.expect(datasetOf(subject, rows, 2, { blockSize }), request),
          expected,
          magnitudes,
          rows.length,
          `in blocks of ${blockSize}`,
        );
      },
    }),
    part({
      name: 'weight k is k copies, weight 0 is absence',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({
          point: pointArbitrary(subject, 2),
          entries: fc.array(fc.tuple(subject.row('ordinary'), fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 20 }),
        }),
      check({ point, entries }, { subject }) {
        if (entries.every(([, weight]) => weight === 0)) return;
        const { engine } = subject;
        const mixture = mixtureOf(subject, 2);
        const request = { model: mixture, at: point, about: point };
        const rows = entries.map(([row]) => row);
        const weights = entries.map(([, weight]) => weight);
        const copies = datasetOf(
          subject,
          entries.flatMap(([row, weight]) => new Array<Row>(weight).fill(row)),
          2,
        );
        const expected = engine.expect(copies, request);
        const magnitudes = termMagnitudes(subject, mixture, point, copies, expected);
        for (const merge of [false, true]) {
          const weighted = datasetOf(subject, rows, 2, { weights, merge });
          if (weighted.totalWeight !== copies.totalWeight)
            violate(`the total weight is ${weighted.totalWeight} and not ${copies.totalWeight}`);
          requireSameExpectation(
            engine.expect(weighted, request),
            expected,
            magnitudes,
            copies.rows,
            `with case weights ${JSON.stringify(weights)} for copies`,
          );
        }
      },
    }),
    part({
      name: 'parts add up to the whole',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ point: pointArbitrary(subject, 2), first: rowsArbitrary(subject, 1, 20), second: rowsArbitrary(subject, 1, 20) }),
      check({ point, first, second }, { subject }) {
        const { engine } = subject;
        const mixture = mixtureOf(subject, 2);
        const request = { model: mixture, at: point, about: point };
        const whole = datasetOf(subject, [...first, ...second], 2);
        const expected = engine.expect(whole, request);
        const magnitudes = termMagnitudes(subject, mixture, point, whole, expected);
        const sum = engine.addExpectations(
          engine.expect(datasetOf(subject, first, 2), request),
          engine.expect(datasetOf(subject, second, 2), request),
        );
        requireSameExpectation(sum, expected, magnitudes, whole.rows, 'the sum of two expectations');
      },
    }),
  ],
};

function accumulated({ family }: Subject, rows: readonly Row[], responsibilities: readonly number[], about: ParameterValues): Float64Array {
  const statistics = new Float64Array(family.statisticsLength);
  family.accumulate(blockOf(family, rows), Float64Array.from(responsibilities), about, statistics);
  return statistics;
}

function rowByRow(
  subject: Subject,
  rows: readonly Row[],
  responsibilities: readonly number[],
  about: ParameterValues,
): { readonly sums: Float64Array; readonly magnitudes: Float64Array } {
  const sums = new Float64Array(subject.family.statisticsLength);
  const magnitudes = new Float64Array(sums.length);
  rows.forEach((row, index) => {
    // From responsibility 1, so that the product is this law's and not the family's.
    const single = accumulated(subject, [row], [1], about);
    for (let each = 0; each < sums.length; each += 1) {
      sums[each]! += responsibilities[index]! * single[each]!;
      magnitudes[each]! += Math.abs(responsibilities[index]! * single[each]!);
    }
  });
  return { sums, magnitudes };
}

function requireSame(actual: Float64Array, expected: Float64Array, magnitudes: Float64Array, terms: number, what: string): void {
  for (let index = 0; index < expected.length; index += 1) {
    if (actual[index] === expected[index]) continue;
    const error = Math.abs(actual[index]! - expected[index]!);
    if (error <= sumAllowance(terms + 4, magnitudes[index]!)) continue;
    violate(
      `${what}, statistic ${index + 1} is ${actual[index]} and not ${expected[index]} ${Number.isFinite(error) ? `(${(error / (EPSILON * magnitudes[index]!)).toPrecision(3)} ulps of its terms)` : '(a term is no finite number)'}`,
    );
  }
}

/** A permutation of 0, ..., size - 1. */
export function shuffled(size: number, seed: number): number[] {
  const random = createRandom(seed);
  const order = Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
