import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { continuousQuantile } from '../quantile.ts';

/** The parameters of a component. */
export type StudentTParameters = { readonly location: Decimal; readonly scale: Decimal; readonly degreesOfFreedom: Decimal };

const [least, most] = ['0.1', '1e8'];

/**
 * Student's t distribution: density Gamma((v + 1)/2) / (Gamma(v/2) sqrt(v pi) scale) (1 + z^2 / v)^(-(v + 1)/2), z = (x - location) / scale,
 * scale > 0, degrees of freedom v from 0.1 to 1e8.
 *
 * The estimate is a step from the previous parameters, of EM with expanded parameters: with w = (v + 1) / (v + z^2), the location is the mean
 * of x weighted by r w, scale^2 the mean of (x - location)^2 weighted by r w, or a sixteenth of that about the location before where this is more; v' solves
 * ln(v'/2) - psi(v'/2) = ln(mean w) - mean(ln w) + ln((v + 1)/2) - psi((v + 1)/2); with the scale held, (mean w) - 1 in the place of ln(mean w).
 * From v = 8 on, where v' > v and the kurtosis of z lies more than 16 / v below 3, v' is 8 v instead.
 */
export const studentT: ReferenceFamilyDefinition<StudentTParameters> = {
  id: 'student-t',
  parameters: { location: 'scalar', scale: 'scalar', degreesOfFreedom: 'scalar' },
  create: (reference) => {
    const half = reference.decimal('0.5');
    /** P(|Z| <= z) and P(|Z| > z), each from its own end. */
    const middle = (z: Decimal, v: Decimal): Decimal => {
      const square = z.pow(2);
      return square.lt(v)
        ? reference.regularizedBeta(square.div(v.plus(square)), half, v.div(2))
        : reference.one.minus(reference.regularizedBeta(v.div(v.plus(square)), v.div(2), half));
    };
    const tail = (z: Decimal, v: Decimal): Decimal =>
      z.pow(2).lt(v) ? reference.one.minus(middle(z, v)) : reference.regularizedBeta(v.div(v.plus(z.pow(2))), v.div(2), half);
    const lower = (z: Decimal, v: Decimal): Decimal => {
      const part = tail(z, v).div(2);
      return z.gt(0) ? reference.one.minus(part) : part;
    };
    const deviate = (x: Decimal, { location, scale }: StudentTParameters): Decimal => x.minus(location).div(scale);
    const logDensityAt = ({ location, scale, degreesOfFreedom: v }: StudentTParameters) => {
      const finer = reference.withMoreDigits(20);
      const halfOf = finer.decimal(v).div(2);
      const constant = reference.decimal(
        finer
          .logGamma(halfOf.plus('0.5'))
          .minus(finer.logGamma(halfOf))
          .minus(finer.ln(halfOf.times(2).times(finer.pi)).div(2))
          .minus(finer.ln(finer.decimal(scale))),
      );
      return (row: readonly Decimal[]): Decimal => {
        const z = row[0]!.minus(location).div(scale);
        return constant.minus(
          v
            .plus(1)
            .div(2)
            .times(reference.log1p(z.pow(2).div(v))),
        );
      };
    };
    return {
      columns: 1,

      invalid: ({ location, scale, degreesOfFreedom }) => {
        if (!location.isFinite()) return `location is ${location} and must be finite`;
        if (!scale.gt(0)) return `scale is ${scale} and must be > 0`;
        // As doubles these ends are not whole decimal numbers.
        if (!(degreesOfFreedom.gt('0.0999999999999999') && degreesOfFreedom.lte(most)))
          return `degreesOfFreedom is ${degreesOfFreedom} and must lie from ${least} to ${most}`;
        return undefined;
      },

      logDensityAt,

      *maximize(rows, responsibilities, previous, held) {
        const { degreesOfFreedom: v } = previous;
        const zs = rows.map((row) => deviate(row[0]!, previous));
        const ws: Decimal[] = [];
        for (const z of zs) {
          ws.push(v.plus(1).div(v.plus(z.pow(2))));
          yield;
        }
        const count = reference.sum(responsibilities);
        const total = (values: readonly Decimal[]): Decimal => reference.sum(values.map((value, i) => value.times(responsibilities[i]!)));
        const weights = total(ws);
        const move = held.has('location') ? reference.zero : total(ws.map((w, i) => w.times(zs[i]!))).div(weights);
        const around = total(ws.map((w, i) => w.times(zs[i]!.minus(move).pow(2)))).div(weights);
        const before = total(ws.map((w, i) => w.times(zs[i]!.pow(2)))).div(weights);
        const square = reference.Decimal.max(around, before.div(16));
        if (!held.has('scale') && around.lt(`1e-${2 * (reference.workingPrecision - 5)}`))
          throw new ReferenceFailure('collapsed-component', 'Every row of the component is the same, so that its scale is 0.', {
            family: 'student-t',
            parameter: 'scale',
          });
        const location = previous.location.plus(previous.scale.times(move));
        const scale = held.has('scale') ? previous.scale : previous.scale.times(square.sqrt());
        if (held.has('degreesOfFreedom')) return { location, scale, degreesOfFreedom: v };
        const mean = weights.div(count);
        const above = v.plus(1).div(2);
        const difference = (held.has('scale') ? mean.minus(1) : reference.ln(mean))
          .minus(total(ws.map((w) => reference.ln(w))).div(count))
          .plus(reference.ln(above).minus(reference.digamma(above)));
        const found = shapeWith(reference, difference, above).times(2);
        const squares = total(zs.map((z) => z.pow(2))).div(count);
        const kurtosis = total(zs.map((z) => z.pow(4)))
          .div(count)
          .div(squares.pow(2));
        const strides = found.gt(v) && v.gte(8) && reference.decimal(3).minus(kurtosis).gt(reference.decimal(16).div(v));
        const next = strides ? v.times(8) : found;
        return { location, scale, degreesOfFreedom: reference.Decimal.min(most, reference.Decimal.max(least, next)) };
      },

      cdf: (x, parameters) => lower(deviate(x, parameters), parameters.degreesOfFreedom),
      survival: (x, parameters) => lower(deviate(x, parameters).negated(), parameters.degreesOfFreedom),
      quantile(probability, parameters) {
        if (probability.eq('0.5')) return parameters.location;
        const standard = { ...parameters, location: reference.zero, scale: reference.one };
        const v = parameters.degreesOfFreedom;
        const logDensity = logDensityAt(standard);
        const below = probability.lt('0.5');
        const infinity = reference.negativeInfinity.negated();
        if (probability.isZero() || probability.eq(1)) return below ? infinity.negated() : infinity;
        const share = below ? probability : reference.one.minus(probability);
        // Minus the logarithm of the distance from the middle, where the tail is nearly a straight line; its probability keeps its digits.
        const closeness = continuousQuantile(
          reference,
          {
            cdf: (y) => tail(reference.exp(y.negated()), v),
            survival: (y) => middle(reference.exp(y.negated()), v),
            logDensity: (y) =>
              logDensity([reference.exp(y.negated())])
                .minus(y)
                .plus(reference.ln(reference.decimal(2))),
            minimum: infinity.negated(),
            maximum: infinity,
            centre: reference.zero,
            spread: reference.one,
          },
          share.times(2),
        );
        const z = reference.exp(closeness.negated());
        return parameters.location.plus(parameters.scale.times(below ? z.negated() : z));
      },
    };
  },
};

/** The root a of ln a - psi(a) = difference, by Newton's method in ln a for the logarithm of the left side. */
function shapeWith(reference: Reference, difference: Decimal, start: Decimal): Decimal {
  let a = start;
  for (let turn = 0; turn < 200; turn += 1) {
    const finer = reference.withMoreDigits(10 + 2 * Math.max(0, a.e));
    const point = finer.decimal(a);
    const value = finer.ln(point).minus(finer.digamma(point));
    const slope = finer.one.minus(point.times(finer.trigamma(point)));
    const step = reference.decimal(
      finer
        .ln(value.div(finer.decimal(difference)))
        .times(value)
        .div(slope),
    );
    a = a.times(reference.exp(reference.Decimal.max(-3, reference.Decimal.min(3, step.negated()))));
    if (step.abs().lt(`1e-${reference.workingPrecision - 6}`)) return a;
  }
  throw new ReferenceFailure('no-convergence', 'The degrees of freedom of a t distribution were not found in 200 steps.', {
    family: 'student-t',
    parameter: 'degreesOfFreedom',
  });
}
