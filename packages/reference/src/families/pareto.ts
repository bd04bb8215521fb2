import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of a component. */
export type ParetoParameters = { readonly shape: Decimal };

/**
 * The Pareto distribution: density shape m^shape / x^(shape + 1) for x >= m, shape > 0.
 *
 * Option `minimum`: m > 0, by default 1. The weighted estimate is shape = N / sum of r_i ln(x_i / m) with N the sum of the r_i.
 */
export const pareto: ReferenceFamilyDefinition<ParetoParameters> = {
  id: 'pareto',
  parameters: { shape: 'scalar' },
  create: (reference, { minimum: given = 1 }) => {
    if (!(typeof given === 'number' && given > 0 && given < Infinity))
      throw new ReferenceFailure('invalid-option', `The option minimum is ${String(given)}: give a number > 0.`, { family: 'pareto' });
    const minimum = reference.decimal(given);
    const excess = (x: Decimal): Decimal => reference.log1p(x.minus(minimum).div(minimum));
    const survival = (x: Decimal, { shape }: ParetoParameters): Decimal =>
      x.lte(minimum) ? reference.one : reference.exp(shape.times(excess(x)).negated());
    return {
      columns: 1,

      invalid: ({ shape }) => (shape.gt(0) ? undefined : `shape is ${shape} and must be > 0`),

      logDensityAt: ({ shape }) => {
        const logShape = reference.ln(shape);
        return (row) => {
          const x = row[0]!;
          if (x.lt(minimum)) return reference.negativeInfinity;
          return logShape.minus(reference.ln(x)).minus(shape.times(excess(x)));
        };
      },

      *maximize(rows, responsibilities, previous, held) {
        if (held.has('shape')) return previous;
        let count = reference.zero;
        let total = reference.zero;
        for (const [i, row] of rows.entries()) {
          count = count.plus(responsibilities[i]!);
          total = total.plus(responsibilities[i]!.times(excess(row[0]!)));
          yield;
        }
        if (!total.isZero()) return { shape: count.div(total) };
        throw new ReferenceFailure(
          'collapsed-component',
          'Every row of the component is the minimum, so that its shape grows without bound.',
          {
            family: 'pareto',
            parameter: 'shape',
          },
        );
      },

      cdf: (x, { shape }) => (x.lte(minimum) ? reference.zero : reference.expm1(shape.times(excess(x)).negated()).negated()),
      survival,
      quantile: (chance, { shape }) => minimum.times(reference.exp(reference.log1p(chance.negated()).div(shape.negated()))),
    };
  },
};
