import { EmkitError, type MixtureParameters } from '@emkit/core';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { datasetOf, mixtureOf, pointArbitrary, rowsArbitrary } from '../cases.ts';
import { type Law, part, type Subject, show, violate } from '../law.ts';
import { blockOf, jointLogDensities, logSum } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';

interface Case {
  readonly point: MixtureParameters;
  readonly rows: readonly Row[];
}

const caseArbitrary = (subject: Subject, row: fc.Arbitrary<Row>): fc.Arbitrary<Case> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((components) => fc.record({ point: pointArbitrary(subject, components), rows: fc.array(row, { minLength: 1, maxLength: 12 }) }));

/**
 * **responsibilities**: r_ik = w_k f_k(x_i) / sum_m w_m f_m(x_i) (equation 6.4) is a distribution over components for every row.
 *
 * - Each lies in [0, 1], and a row sums to 1 within (K + 4) 2^-52: far rows too, whose densities are below the smallest double.
 * - They are the normalised exponentials of log w_k + log f_k to within the rounding of those logarithms.
 * - A known label has responsibility 1. Expected counts sum to the total case weight within n 2^-52.
 * - A row that no component can have produced is refused with `MODEL_IMPOSSIBLE_DATA`, never divided by zero.
 */
export const responsibilities: Law = {
  name: 'responsibilities',
  statement: 'each row sums to 1 and the expected counts to the total weight, however far apart the components',
  falseAlarmRate: 0,
  parts: [
    part<Case>({
      name: 'ordinary rows',
      arbitrary: (subject) => caseArbitrary(subject, subject.row('ordinary')),
      check: (value, { subject }) => requireDistribution(subject, value),
    }),
    part<Case>({
      name: 'far rows',
      arbitrary: (subject) => caseArbitrary(subject, fc.oneof(subject.row('ordinary'), subject.row('extreme'))),
      check: (value, { subject }) => requireDistribution(subject, value),
    }),
    part({
      name: 'expected counts',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({
          point: pointArbitrary(subject, 3),
          rows: rowsArbitrary(subject, 1, 40),
          weights: fc.array(
            fc.integer({ min: 1, max: 1000 }).map((value) => value / 100),
            { minLength: 40, maxLength: 40 },
          ),
        }),
      check({ point, rows, weights }, { subject }) {
        const mixture = mixtureOf(subject, 3);
        const dataset = datasetOf(subject, rows, 3, { weights: weights.slice(0, rows.length) });
        const { counts } = subject.engine.expect(dataset, { model: mixture, at: point, about: point });
        const total = counts.reduce((sum, count) => sum + count, 0);
        if (!(Math.abs(total - dataset.totalWeight) <= (rows.length + 16) * EPSILON * dataset.totalWeight))
          violate(`the expected counts ${show(Array.from(counts))} sum to ${total}, and the case weights to ${dataset.totalWeight}`);
      },
    }),
    part({
      name: 'known labels',
      share: 0.3,
      arbitrary: (subject) =>
        fc.record({
          point: pointArbitrary(subject, 3),
          entries: fc.array(fc.tuple(subject.row('ordinary'), fc.integer({ min: -1, max: 2 })), { minLength: 1, maxLength: 12 }),
        }),
      check({ point, entries }, { subject }) {
        const mixture = mixtureOf(subject, 3);
        const dataset = datasetOf(
          subject,
          entries.map(([row]) => row),
          3,
          { labels: entries.map(([, label]) => label) },
        );
        const found = orImpossible(subject, () => subject.engine.responsibilities(mixture, point, dataset));
        if (found === undefined) return;
        entries.forEach(([row, label], index) => {
          if (label < 0) return;
          found.forEach((column, component) => {
            if (column[index] !== (component === label ? 1 : 0))
              violate(
                `the row ${show(row)} is known to be of component ${label + 1}, and component ${component + 1} has ${column[index]} of it`,
              );
          });
        });
      },
    }),
  ],
};

function requireDistribution(subject: Subject, { point, rows }: Case): void {
  const components = point.components.length;
  const mixture = mixtureOf(subject, components);
  const joint = jointLogDensities(mixture, point, blockOf(subject.family, rows));
  const possible = rows.map((_, row) => joint.some((column) => column[row]! > -Infinity));
  const dataset = datasetOf(subject, rows, components);
  const found = orImpossible(subject, () => subject.engine.responsibilities(mixture, point, dataset));
  if (found === undefined) {
    if (possible.every(Boolean)) violate('the engine refused a row as impossible that has a positive density');
    return;
  }
  rows.forEach((row, index) => {
    if (!possible[index]) violate(`the row ${show(row)} has density 0 under every component and was not refused`);
    const logs = joint.map((column) => column[index]!);
    const total = logSum(logs);
    let sum = 0;
    found.forEach((column, component) => {
      const value = column[index]!;
      if (!(value >= 0 && value <= 1)) violate(`the responsibility of component ${component + 1} for ${show(row)} is ${value}`);
      sum += value;
      const expected = Math.exp(logs[component]! - total);
      // An exponent of size L carries L ulps into its exponential.
      const allowance =
        16 * EPSILON * (1 + Math.abs(logs[component] === -Infinity ? 0 : logs[component]!) + Math.abs(total)) * Math.max(expected, EPSILON);
      if (!(Math.abs(value - expected) <= allowance))
        violate(`the responsibility of component ${component + 1} for ${show(row)} is ${value} and not ${expected}`);
    });
    if (!(Math.abs(sum - 1) <= (components + 4) * EPSILON)) violate(`the responsibilities for ${show(row)} sum to ${sum}`);
  });
}

/** The result, or undefined where the engine says with its code that a row is impossible. */
function orImpossible<T>(_subject: Subject, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'MODEL_IMPOSSIBLE_DATA') return undefined;
    throw error;
  }
}
