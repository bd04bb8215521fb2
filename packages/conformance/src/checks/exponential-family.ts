import { codecOf, type ParameterValues } from '@emkit/core';
import * as fc from 'fast-check';
import { numbersIn } from '../cases.ts';
import { apartOf } from '../coordinates.ts';
import { type Law, lacking, part, type Subject, show, VACUOUS, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { expectUnder, type Integrand, onlyObservedColumn } from '../quadrature.ts';

/** Central differences with Richardson's extrapolation are good to about eps^(4/5). */
const DERIVATIVE_TOLERANCE = 1e-7;

/** Expectations by quadrature, of functions that grow: a share of the function's own size. */
const EXPECTATION_TOLERANCE = 1e-8;

/**
 * **exponential-family**: where a family declares its natural form f(x) = h(x) exp(eta . T(x) - A(eta)) or its scores
 * s(x) = d log f / d theta (in unconstrained coordinates), they fit the density and each other.
 *
 * - log f(x; theta) - log f(x; theta') = (eta - eta') . T(x) - A(eta) + A(eta') for all x: no integral, and no way round it.
 * - fromNatural(naturalParameters(theta)) = theta.
 * - grad A = E[T], Hessian A = Cov[T], by quadrature.
 * - s(x) is the derivative of log f, by differences; E[s] = 0; the information E[s s'] = -E[d s / d theta], by quadrature. (With
 *   several columns there is none; what is the derivative of a density that integrates to 1 has the expectation 0.)
 */
export const exponentialFamily: Law = {
  name: 'exponential-family',
  statement: 'grad A = E[T], Hessian A = Cov[T]; scores are the gradient, integrate to zero, and their covariance is the information',
  falseAlarmRate: 0,
  parts: [
    part({
      name: 'natural form fits the density',
      missing: ({ family }) => lacking(family, 'exponentialForm'),
      arbitrary: (subject) =>
        fc.record({ first: subject.parameters('ordinary'), second: subject.parameters('ordinary'), row: subject.row('ordinary') }),
      check({ first, second, row }, { subject }) {
        const { family } = subject;
        const form = family.exponentialForm!;
        const block = blockOf(family, [row]);
        const one = logDensities(family, block, first)[0]!;
        const other = logDensities(family, block, second)[0]!;
        if (!Number.isFinite(one) || !Number.isFinite(other)) return VACUOUS;
        const natural = [form.naturalParameters(first), form.naturalParameters(second)] as const;
        const values = form.sufficientStatistics(Float64Array.from(row));
        if (natural[0].length !== form.length || values.length !== form.length)
          violate(`the natural form says it has ${form.length} numbers; eta has ${natural[0].length} and T(x) ${values.length}`);
        let expected = form.logPartition(natural[1]) - form.logPartition(natural[0]);
        let magnitude =
          Math.abs(form.logPartition(natural[1])) + Math.abs(form.logPartition(natural[0])) + Math.abs(one) + Math.abs(other) + 1;
        values.forEach((value, index) => {
          expected += (natural[0][index]! - natural[1][index]!) * value;
          magnitude += (Math.abs(natural[0][index]!) + Math.abs(natural[1][index]!)) * Math.abs(value);
        });
        if (Math.abs(one - other - expected) > 1e-13 * magnitude)
          violate(`log f(${show(row)}) differs by ${one - other} between the parameters, and eta . T - A by ${expected}`);
        return;
      },
    }),
    part({
      name: 'natural parameters and back',
      missing: ({ family }) => lacking(family, 'exponentialForm'),
      share: 0.5,
      arbitrary: (subject) => subject.parameters('ordinary'),
      check(parameters, { subject }) {
        const form = subject.family.exponentialForm!;
        requireClose(
          subject,
          form.fromNatural(form.naturalParameters(parameters)) as ParameterValues,
          parameters,
          'through the natural parameters',
          1e-12,
        );
      },
    }),
    part({
      name: 'gradient and Hessian of A',
      missing: ({ family }) => [
        ...lacking(family, 'exponentialForm'),
        ...(onlyObservedColumn(family) === undefined ? ['single observed column'] : []),
      ],
      share: 0.1,
      shrinks: 30,
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary') }),
      check({ parameters, template }, { subject }) {
        const form = subject.family.exponentialForm!;
        const size = form.length;
        const natural = form.naturalParameters(parameters);
        const moments = expectUnder(
          subject,
          parameters,
          template,
          momentsOf(size, (row) => form.sufficientStatistics(row)),
        );
        if (moments === undefined) return VACUOUS;
        const partition = (values: readonly number[]): number => form.logPartition(values);
        const steps = natural.map((value, i) => stepFor(value, moments.values[size + i * size + i]! - moments.values[i]! ** 2));
        for (let i = 0; i < size; i += 1) {
          const first = derivative((h) => partition(natural.map((value, index) => (index === i ? value + h : value))), steps[i]!);
          const expected = moments.values[i]!;
          requireNumber(
            first,
            expected,
            Math.sqrt(Math.abs(moments.values[size + i * size + i]!)),
            DERIVATIVE_TOLERANCE,
            `the derivative ${i + 1} of A and E[T${i + 1}]`,
          );
          for (let j = 0; j <= i; j += 1) {
            const covariance = moments.values[size + i * size + j]! - moments.values[i]! * moments.values[j]!;
            const second = derivative(
              (h) =>
                derivative(
                  (g) => partition(natural.map((value, index) => value + (index === i ? h : 0) + (index === j ? g : 0))),
                  steps[j]!,
                ),
              steps[i]!,
            );
            const scale = Math.sqrt(moments.values[size + i * size + i]! * moments.values[size + j * size + j]!);
            requireNumber(second, covariance, scale, 1e-4, `the second derivative ${i + 1}, ${j + 1} of A and Cov[T${i + 1}, T${j + 1}]`);
          }
        }
        return;
      },
    }),
    part({
      name: 'scores are the gradient of log f',
      missing: ({ family }) => lacking(family, 'scores'),
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), rows: fc.array(subject.row('ordinary'), { minLength: 1, maxLength: 5 }) }),
      check({ parameters, rows }, { subject }) {
        const { family } = subject;
        const codec = codecOf(family);
        const block = blockOf(family, rows);
        const scores = new Float64Array(rows.length * codec.length).fill(Number.NaN);
        family.scores!(block, parameters, scores);
        const vector = new Float64Array(codec.length);
        codec.encode(parameters, vector, 0);
        if (vector.some((value) => !Number.isFinite(value))) return VACUOUS;
        const apart = apartOf(family, parameters);
        const at = (index: number, row: number, h: number): number => {
          const moved = vector.slice();
          moved[index]! += h;
          return logDensities(family, blockOf(family, [rows[row]!]), { ...codec.decode(moved, 0), ...apart })[0]!;
        };
        for (let row = 0; row < rows.length; row += 1) {
          const base = Math.abs(at(0, row, 0));
          if (base === Infinity) continue;
          for (let index = 0; index < codec.length; index += 1) {
            const step = 1e-3 * Math.max(1, Math.abs(vector[index]!) * 1e-2);
            const numeric = derivative((h) => at(index, row, h), step);
            // The difference quotient carries the rounding of log f over the step.
            requireNumber(
              scores[row * codec.length + index]!,
              numeric,
              1 + Math.abs(numeric),
              DERIVATIVE_TOLERANCE + (64 * Number.EPSILON * base) / step,
              `score ${index + 1} at ${show(rows[row])} and the difference quotient of log f`,
            );
          }
        }
        return;
      },
    }),
    part({
      name: 'scores integrate to zero, their covariance is the information',
      missing: ({ family }) => [
        ...lacking(family, 'scores'),
        ...(onlyObservedColumn(family) === undefined ? ['single observed column'] : []),
      ],
      share: 0.1,
      shrinks: 30,
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), template: subject.row('ordinary') }),
      check({ parameters, template }, { subject }) {
        const { family } = subject;
        const codec = codecOf(family);
        const size = codec.length;
        const scoresAt = (values: ParameterValues) => scoreFunction(subject, values, size);
        const moments = expectUnder(subject, parameters, template, momentsOf(size, scoresAt(parameters)));
        if (moments === undefined) return VACUOUS;
        const vector = new Float64Array(size);
        codec.encode(parameters, vector, 0);
        const deviation = (i: number): number => Math.sqrt(moments.values[size + i * size + i]!);
        for (let i = 0; i < size; i += 1)
          requireNumber(moments.values[i]!, 0, deviation(i), EXPECTATION_TOLERANCE, `the expectation of score ${i + 1} and 0`);
        for (let j = 0; j < size; j += 1) {
          // -E[d s_i / d theta_j] under the density here: the scores' parameters move, the density's do not.
          const step = 1e-4 * Math.max(1, Math.abs(vector[j]!) * 1e-2);
          const moved = [1, -1].map((sign) => {
            const other = vector.slice();
            other[j]! += sign * step;
            return expectUnder(subject, parameters, template, {
              count: size,
              evaluate: copying(scoresAt({ ...(codec.decode(other, 0) as ParameterValues), ...apartOf(family, parameters) })),
            })!;
          });
          for (let i = 0; i < size; i += 1) {
            const information = -(moved[0]!.values[i]! - moved[1]!.values[i]!) / (2 * step);
            requireNumber(
              information,
              moments.values[size + i * size + j]!,
              deviation(i) * deviation(j),
              1e-5,
              `-E[d s${i + 1}/d theta${j + 1}] and E[s${i + 1} s${j + 1}]`,
            );
          }
        }
        return;
      },
    }),
  ],
};

/** E[g_i] and E[g_i g_j] of a vector function: size + size^2 numbers. */
function momentsOf(size: number, evaluate: (row: Float64Array) => ArrayLike<number>): Integrand {
  return {
    count: size + size * size,
    evaluate(row, out) {
      const values = evaluate(row);
      for (let i = 0; i < size; i += 1) {
        out[i] = values[i]!;
        for (let j = 0; j < size; j += 1) out[size + i * size + j] = values[i]! * values[j]!;
      }
    },
  };
}

function copying(evaluate: (row: Float64Array) => ArrayLike<number>): Integrand['evaluate'] {
  return (row, out) => {
    const values = evaluate(row);
    for (let index = 0; index < out.length; index += 1) out[index] = values[index]!;
  };
}

function scoreFunction({ family }: Subject, parameters: ParameterValues, size: number): (row: Float64Array) => Float64Array {
  const out = new Float64Array(size);
  return (row) => {
    family.scores!({ size: 1, columns: Array.from(row, (value) => Float64Array.of(value)) }, parameters, out);
    return out;
  };
}

/** f'(0) by central differences at h and h/2, extrapolated. */
function derivative(f: (h: number) => number, step: number): number {
  const coarse = (f(step) - f(-step)) / (2 * step);
  const fine = (f(step / 2) - f(-step / 2)) / step;
  return (4 * fine - coarse) / 3;
}

/** A step in a natural parameter: a small part of its own unit, which is one over the standard deviation of its statistic. */
function stepFor(value: number, variance: number): number {
  return variance > 0 ? 3e-3 / Math.sqrt(variance) : 1e-3 * Math.max(Math.abs(value), 1e-3);
}

function requireNumber(actual: number, expected: number, scale: number, tolerance: number, what: string): void {
  if (!(Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(scale), Math.abs(expected)) + 1e-300))
    violate(`${what} differ: ${actual} and ${expected}`);
}

/** Violates when any number of two parameter records differs by more than a share of the largest in it. */
export function requireClose(subject: Subject, actual: ParameterValues, expected: ParameterValues, what: string, tolerance: number): void {
  for (const name of Object.keys(subject.family.parameters)) {
    const before = numbersIn(expected[name]);
    const after = numbersIn(actual[name]);
    const scale = Math.max(...before.map(Math.abs), Number.MIN_VALUE);
    if (before.length !== after.length || before.some((value, index) => !(Math.abs(value - after[index]!) <= tolerance * scale))) {
      violate(`${what}, ${name} is ${show(actual[name])} and not ${show(expected[name])}`);
    }
  }
}
