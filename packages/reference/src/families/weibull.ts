import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of a component. */
export type WeibullParameters = { readonly shape: Decimal; readonly scale: Decimal };

const mostTurns = 300;

/**
 * The Weibull distribution: density (k / s) (x / s)^(k - 1) exp(-(x / s)^k) for x > 0, shape k > 0, scale s > 0.
 *
 * The weighted estimates: k solves sum of r_i x_i^k ln x_i / sum of r_i x_i^k - 1/k - sum of r_i ln x_i / N = 0, whose left side rises with k,
 * and s^k = sum of r_i x_i^k / N. With the scale held, sum of r_i ((x_i / s)^k - 1) ln(x_i / s) = N / k. By bisection in ln k, then Newton.
 */
export const weibull: ReferenceFamilyDefinition<WeibullParameters> = {
  id: 'weibull',
  parameters: { shape: 'scalar', scale: 'scalar' },
  create: (reference) => {
    const power = (x: Decimal, { shape, scale }: WeibullParameters): Decimal => reference.exp(shape.times(reference.ln(x.div(scale))));
    return {
      columns: 1,

      invalid: ({ shape, scale }) => {
        if (!shape.gt(0)) return `shape is ${shape} and must be > 0`;
        if (!scale.gt(0)) return `scale is ${scale} and must be > 0`;
        return undefined;
      },

      logDensityAt: (parameters) => {
        const { shape, scale } = parameters;
        const constant = reference.ln(shape).minus(reference.ln(scale));
        return (row) => {
          const x = row[0]!;
          if (x.lte(0)) return reference.negativeInfinity;
          return constant.plus(shape.minus(1).times(reference.ln(x.div(scale)))).minus(power(x, parameters));
        };
      },

      *maximize(rows, responsibilities, previous, held) {
        const logarithms: Decimal[] = [];
        for (const row of rows) {
          logarithms.push(reference.ln(row[0]!));
          yield;
        }
        const count = reference.sum(responsibilities);
        const mean = (values: readonly Decimal[]): Decimal =>
          reference.sum(values.map((value, i) => value.times(responsibilities[i]!))).div(count);
        const origin = held.has('scale') ? reference.ln(previous.scale) : mean(logarithms);
        const deviations = logarithms.map((value) => value.minus(origin));
        if (
          !held.has('shape') &&
          !held.has('scale') &&
          mean(deviations.map((value) => value.pow(2))).lt(`1e-${2 * (reference.workingPrecision - 5)}`)
        )
          throw new ReferenceFailure(
            'collapsed-component',
            'Every row of the component is the same, so that its shape grows without bound.',
            {
              family: 'weibull',
              parameter: 'shape',
            },
          );
        const sums = (shape: Decimal): readonly [Decimal, Decimal, Decimal] => {
          const powers = deviations.map((value) => reference.exp(shape.times(value)));
          return [
            mean(powers),
            mean(powers.map((value, i) => value.times(deviations[i]!))),
            mean(powers.map((value, i) => value.times(deviations[i]!.pow(2)))),
          ];
        };
        const meanDeviation = mean(deviations);
        /** The derivative of the log-likelihood over -N, and its own derivative. */
        const equation = (shape: Decimal): readonly [Decimal, Decimal] => {
          const [zeroth, first, second] = sums(shape);
          const inverse = reference.one.div(shape);
          if (held.has('scale')) return [first.minus(inverse).minus(meanDeviation), second.plus(inverse.pow(2))];
          const centre = first.div(zeroth);
          return [centre.minus(inverse).minus(meanDeviation), second.div(zeroth).minus(centre.pow(2)).plus(inverse.pow(2))];
        };
        const shape = held.has('shape') ? previous.shape : root(previous.shape, equation);
        if (held.has('scale')) return { shape, scale: previous.scale };
        return { shape, scale: reference.exp(origin.plus(reference.ln(sums(shape)[0]).div(shape))) };
      },

      cdf: (x, parameters) => (x.lte(0) ? reference.zero : reference.expm1(power(x, parameters).negated()).negated()),
      survival: (x, parameters) => (x.lte(0) ? reference.one : reference.exp(power(x, parameters).negated())),
      quantile: (chance, { shape, scale }) =>
        chance.isZero() ? reference.zero : scale.times(reference.exp(reference.ln(reference.log1p(chance.negated()).negated()).div(shape))),
    };

    /** The root of a rising function of k > 0: Newton's steps in ln k inside of a bracket. */
    function root(start: Decimal, equation: (k: Decimal) => readonly [Decimal, Decimal]): Decimal {
      let k = start;
      let low = reference.zero;
      let high = reference.negativeInfinity.negated();
      for (let turn = 0; turn < mostTurns; turn += 1) {
        const [value, slope] = equation(k);
        if (value.isZero()) return k;
        if (value.lt(0)) low = k;
        else high = k;
        const step = reference.Decimal.min(2, reference.Decimal.max(-2, value.div(slope.times(k)).negated()));
        let next = k.times(reference.exp(step));
        if (!(next.gt(low) && next.lt(high))) next = low.isZero() ? k.div(4) : high.isFinite() ? low.times(high).sqrt() : k.times(4);
        if (
          next
            .minus(k)
            .abs()
            .lte(k.times(`1e-${reference.workingPrecision - 8}`))
        )
          return next;
        k = next;
      }
      throw new ReferenceFailure('no-convergence', `The shape of a Weibull distribution was not found in ${mostTurns} steps.`, {
        family: 'weibull',
        parameter: 'shape',
      });
    }
  },
};
