import { createRandom, EmkitError, type ParameterValues } from '@emkit/core';
import type { ReferenceFamily, ReferenceParameters, ReferenceRow } from '@emkit/reference';
import * as fc from 'fast-check';
import type { Row } from '../arbitraries.ts';
import { nudgedEach } from '../coordinates.ts';
import { type Law, part, type Subject, seedArbitrary, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf } from '../likelihood.ts';
import { DEFAULT_BUDGETS, errorInUlps } from '../tolerance.ts';
import { insideDomains } from './domain.ts';

interface Case {
  readonly parameters: ParameterValues;
  readonly rows: readonly Row[];
}

/**
 * **log-density**: log f(x; theta) agrees with the arbitrary-precision reference within the family's budget of ulps.
 *
 * Error in ulps = |computed - exact| / (2^-52 max(1, |exact|, condition)), where the condition number
 * sum over the numbers t of theta of |t d(log f)/dt| is what one ulp of the parameters does to the exact value. The data's own
 * condition is not counted: x - mean is a subtraction without error where it matters, so that data far from zero are no excuse.
 * The budget is `accuracy.logDensity`, by default 64.
 *
 * Points: ordinary ones, draws from the distribution itself, tails, and 1e-300 to 1e300; parameters: ordinary, and to the edges of
 * their domains. Where the exact value is below the smallest double, the answer is -Infinity; within a factor of 8 of it
 * either will do.
 */
export const logDensity: Law = {
  name: 'log-density',
  statement: 'log f agrees with the arbitrary-precision reference within the budget of ulps, tails and extremes included',
  falseAlarmRate: 0,
  parts: [
    part<Case>({
      name: 'ordinary',
      missing: needsReference,
      proves: 'the digits of the log-density',
      share: 0.3,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), rows: fc.array(subject.row('ordinary'), { minLength: 1, maxLength: 6 }) }),
      check: (value, { subject }) => compare(subject, value),
    }),
    part<{ parameters: ParameterValues; template: Row; seed: number }>({
      name: 'where the mass is',
      missing: (subject) => [...needsReference(subject), ...(subject.draw === undefined ? ['sample'] : [])],
      share: 0.2,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary'), seed: seedArbitrary }),
      check({ parameters, template, seed }, { subject }) {
        const random = createRandom(seed);
        const rows = Array.from({ length: 6 }, () => {
          const row = Float64Array.from(template);
          subject.draw!(parameters, random, row);
          return Array.from(row);
        });
        return compare(subject, { parameters, rows });
      },
    }),
    part<Case>({
      name: 'extreme',
      missing: needsReference,
      share: 0.4,
      shrinks: 60,
      arbitrary: (subject) =>
        fc.record({
          parameters: fc.oneof(subject.parameters('ordinary'), insideDomains(subject, subject.parameters('extreme'))),
          rows: fc.array(fc.oneof(subject.row('ordinary'), subject.row('extreme')), { minLength: 1, maxLength: 6 }),
        }),
      check: (value, { subject }) => compare(subject, value),
    }),
  ],
};

export function needsReference(subject: Subject): readonly string[] {
  return subject.reference === undefined ? ['reference'] : [];
}

function compare(subject: Subject, { parameters, rows }: Case): Verdict {
  const { family } = subject;
  const reference = subject.reference!;
  const exactParameters = accepted(reference, parameters);
  if (exactParameters === undefined) return VACUOUS;
  const out = new Float64Array(rows.length).fill(Number.NaN);
  try {
    family.logDensity(blockOf(family, rows), parameters, out);
  } catch (error) {
    if (error instanceof EmkitError && error.code === 'PARAMETER_DOMAIN') return VACUOUS;
    throw error;
  }
  const exactRows = rows.map((row): ReferenceRow => row.map((value) => reference.reference.decimal(value)));
  const at = reference.logDensityAt(exactParameters);
  let conditions: ((row: ReferenceRow) => number) | undefined;
  const budget = family.accuracy?.logDensity ?? DEFAULT_BUDGETS.logDensity;
  rows.forEach((row, index) => {
    const exact = at(exactRows[index]!);
    const expected = exact.toNumber();
    const actual = out[index]!;
    const scale = Math.max(1, Math.abs(expected));
    if (errorInUlps(actual, expected, scale) <= budget) return;
    // The condition number costs as many evaluations as there are parameters: only those who need it pay.
    conditions ??= conditionAt(reference, parameters, exactParameters);
    const condition = conditions(exactRows[index]!);
    const wide = Math.max(scale, condition);
    const overflowed = Math.min(actual, expected) === -Infinity && Math.max(actual, expected) < OVERFLOW;
    const error = overflowed ? 0 : errorInUlps(actual, expected, wide);
    if (error <= budget) return;
    violate(
      `log f(${show(row)}) is ${actual} and not ${expected}: ${error.toPrecision(3)} ulps of ${wide.toPrecision(3)} (budget ${budget})`,
    );
  });
}

/** The parameters in the reference's arithmetic; undefined where the reference does not take them. */
export function accepted(reference: ReferenceFamily, parameters: ParameterValues): ReferenceParameters | undefined {
  try {
    return reference.fromNumbers(parameters);
  } catch (error) {
    if (error instanceof Error && error.name === 'ReferenceFailure') return undefined;
    throw error;
  }
}

/** The condition number of log f with respect to the parameters, as a function of the row. */
function conditionAt(reference: ReferenceFamily, parameters: ParameterValues, exact: ReferenceParameters): (row: ReferenceRow) => number {
  const centre = reference.logDensityAt(exact);
  const nudged = nudgedExactly(reference, parameters).map((moved) => reference.logDensityAt(moved));
  return (row) => {
    const base = centre(row);
    if (!base.isFinite()) return 0;
    let sum = 0;
    for (const at of nudged) {
      const moved = at(row);
      if (moved.isFinite()) sum += moved.minus(base).abs().toNumber() / CONDITION_STEP;
    }
    return sum;
  };
}

/** Beyond an eighth of the largest double, squares on the way may overflow before the log-density itself does. */
const OVERFLOW = -Number.MAX_VALUE / 8;

/** How much `nudgedExactly` moves each number, as a share of itself. */
export const CONDITION_STEP: number = 2 ** -60;

/** Parameters with one number each moved by a relative 2^-60, which only the reference's digits can hold. */
export function nudgedExactly(reference: ReferenceFamily, parameters: ParameterValues): readonly ReferenceParameters[] {
  // Nudging doubles by 1 shows which numbers move together; the move itself is then made in the reference's arithmetic.
  const step = reference.reference.decimal(CONDITION_STEP).plus(1);
  return nudgedEach(parameters, 1).flatMap((record) => {
    const moved = Object.fromEntries(
      Object.entries(record).map(([name, value]) => [name, moveChanged(reference, parameters[name], value, step)]),
    ) as ReferenceParameters;
    try {
      reference.validate(moved);
    } catch {
      return [];
    }
    return [moved];
  });
}

type Decimal = ReturnType<ReferenceFamily['logDensity']>;

function moveChanged(reference: ReferenceFamily, before: unknown, after: unknown, step: Decimal): unknown {
  if (Array.isArray(before)) return before.map((entry, index) => moveChanged(reference, entry, (after as unknown[])[index], step));
  const exact = reference.reference.decimal(before as number);
  return before === after ? exact : exact.times(step);
}
