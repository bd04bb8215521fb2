import type { Dataset, MixtureParameters } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { HEADER, mixtureOf, pointArbitrary, rowsArbitrary } from '../cases.ts';
import { type Law, part, type Subject, show, violate } from '../law.ts';
import { EPSILON } from '../tolerance.ts';
import { needsReference } from './log-density.ts';

interface Case {
  readonly point: MixtureParameters;
  readonly rows: readonly Row[];
  /** For each row which of its columns are missing: given columns never are. */
  readonly holes: readonly (readonly boolean[])[];
}

const MOST_ROWS = 8;

function caseArbitrary(subject: Subject): fc.Arbitrary<Case> {
  const { columns } = subject.family;
  const hole = fc.tuple(...columns.map(({ given }) => (given === true ? fc.constant(false) : fc.boolean())));
  return fc.record({
    point: pointArbitrary(subject, 2),
    rows: rowsArbitrary(subject, 1, MOST_ROWS),
    holes: fc.array(hole, { minLength: MOST_ROWS, maxLength: MOST_ROWS }),
  });
}

/** The same where a family takes missing cells at all. */
function takesHoles({ family }: Subject): readonly string[] {
  return family.observing === true || family.columns.filter(({ given }) => given !== true).length === 1 ? [] : ['observing'];
}

function holedRows({ rows, holes }: Case): (number | null)[][] {
  return rows.map((row, index) => row.map((value, column) => (holes[index]![column] ? null : value)));
}

function datasetOf({ family, engine }: Subject, rows: readonly (readonly (number | null)[])[]): Dataset {
  const columns = Object.fromEntries(family.columns.map(({ name }, column) => [name, rows.map((row) => row[column]!)]));
  const names = family.columns.map(({ name }) => name);
  return engine.createDataset(columns, [family, family], 2, { columns: names, merge: false, missing: 'integrate' });
}

function expectAt(subject: Subject, point: MixtureParameters, rows: readonly (readonly (number | null)[])[]) {
  const model = mixtureOf(subject, 2);
  return subject.engine.expect(datasetOf(subject, rows), { model, at: point, about: point });
}

/**
 * **missing-cells**: a row with missing cells has the marginal density of what was observed, the integral over the rest.
 *
 * - The log-likelihood of rows with holes is the reference's, which has their marginal densities in decimals.
 * - A row without any value has density 1: it adds the weights to the labels' counts, and to nothing else.
 */
export const missingCells: Law = {
  name: 'missing-cells',
  statement: 'a row with missing cells has the marginal density of what was observed; one without any adds to no sum of a component',
  falseAlarmRate: 0,
  parts: [
    part<Case>({
      name: 'marginal densities',
      missing: (subject) => [...needsReference(subject), ...takesHoles(subject)],
      share: 0.3,
      shrinks: 60,
      arbitrary: caseArbitrary,
      check(value, { subject }) {
        const rows = holedRows(value);
        const { logLikelihood, magnitude } = expectAt(subject, value.point, rows);
        const family = subject.reference!;
        const { reference } = family;
        const densities = value.point.components.map((values) => family.logDensityAt(family.fromNumbers(values)));
        let exact = reference.zero;
        let terms = 1;
        for (const row of rows) {
          const decimals = row.map((cell) => (cell === null ? new reference.Decimal(Number.NaN) : reference.decimal(cell)));
          const joint = densities.map((density, k) => reference.exp(density(decimals)).times(reference.decimal(value.point.weights[k]!)));
          for (const density of densities) terms += Math.abs(density(decimals).toNumber()) || 0;
          exact = exact.plus(reference.ln(reference.sum(joint)));
        }
        const error = reference.decimal(logLikelihood).minus(exact).abs().toNumber();
        if (error <= 1e4 * EPSILON * (magnitude + terms)) return;
        violate(`the log-likelihood of ${show(rows)} is ${logLikelihood}, and that of the reference ${exact.toNumber()}`);
      },
    }),
    part<Case>({
      name: 'a row without any value',
      missing: takesHoles,
      share: 0.3,
      shrinks: 60,
      arbitrary: caseArbitrary,
      check(value, { subject }) {
        const { point } = value;
        const rows = holedRows(value);
        const { columns } = subject.family;
        const empty = columns.map(({ given }, column) => (given === true ? value.rows[0]![column]! : null));
        const without = expectAt(subject, point, rows);
        const withIt = expectAt(subject, point, [...rows, empty]);
        for (let index = 0; index < without.vector.length; index += 1) {
          // The magnitude is only a bound on the rounding.
          if (index === 1) continue;
          const label = index - HEADER;
          const added = label >= 0 && label < 2 ? point.weights[label]! : index === 2 ? entropyOf(point.weights) : 0;
          const expected = without.vector[index]! + added;
          // The entropy is what large log-densities leave of one another.
          const rounding = index === 2 ? 8 * EPSILON * without.magnitude : 0;
          if (Math.abs(withIt.vector[index]! - expected) <= 1e3 * EPSILON * (1 + Math.abs(expected)) + rounding) continue;
          violate(
            `a row without any value changes sum ${index} from ${without.vector[index]} to ${withIt.vector[index]}, not to ${expected}`,
          );
        }
      },
    }),
  ],
};

function entropyOf(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => (weight > 0 ? sum - weight * Math.log(weight) : sum), 0);
}
