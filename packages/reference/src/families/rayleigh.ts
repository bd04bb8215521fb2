import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of a component. */
export type RayleighParameters = { readonly scale: Decimal };

/**
 * The Rayleigh distribution: density (x / scale^2) exp(-x^2 / (2 scale^2)) for x > 0, scale > 0.
 *
 * The weighted estimate is scale^2 = sum of r_i x_i^2 / (2N) with N the sum of the r_i.
 */
export const rayleigh: ReferenceFamilyDefinition<RayleighParameters> = {
  id: 'rayleigh',
  parameters: { scale: 'scalar' },
  create: (reference) => ({
    columns: 1,

    invalid: ({ scale }) => {
      if (!scale.gt(0)) return `scale is ${scale} and must be > 0`;
      return undefined;
    },

    logDensityAt: ({ scale }) => {
      const constant = reference.ln(scale).times(-2);
      return (row) => {
        const x = row[0]!;
        if (x.lte(0)) return reference.negativeInfinity;
        return constant.plus(reference.ln(x)).minus(x.div(scale).pow(2).div(2));
      };
    },

    *maximize(rows, responsibilities, previous, held) {
      let count = reference.zero;
      let squares = reference.zero;
      for (const [i, row] of rows.entries()) {
        count = count.plus(responsibilities[i]!);
        squares = squares.plus(responsibilities[i]!.times(row[0]!.pow(2)));
        yield;
      }
      if (squares.isZero()) {
        throw new ReferenceFailure('collapsed-component', 'Every row of the component is 0, so that its scale has no estimate > 0.', {
          family: 'rayleigh',
          parameter: 'scale',
        });
      }
      return {
        scale: held.has('scale') ? previous.scale : squares.div(count.times(2)).sqrt(),
      };
    },

    cdf: (x, { scale }) => (x.lte(0) ? reference.zero : reference.expm1(x.div(scale).pow(2).div(-2)).negated()),
    survival: (x, { scale }) => (x.lte(0) ? reference.one : reference.exp(x.div(scale).pow(2).div(-2))),
    quantile: (chance, { scale }) => scale.times(reference.log1p(chance.negated()).times(-2).sqrt()),
  }),
};
