import { EmkitError, type FamilyDefinition } from '@emkit/core';
import { log } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';

/** A uniform component has no parameters: its range is an option. */
export type UniformParameters = Readonly<Record<never, never>>;

/** `minimum` and `maximum`: the ends of the range, both possible, in the unit of the data; 0 and 1 when they are not stated. */
export type UniformOptions = { readonly minimum?: number; readonly maximum?: number };

/** A range as narrow as this, in parts of its ends, holds so few doubles that data are hardly spread over it. */
const LEAST_WIDTH = 1e-6;

/**
 * The uniform distribution on a known range: the background of a mixture, whose weight is the share of the rows that belong nowhere else.
 *
 * Density f(x) = 1 / (maximum - minimum) for minimum <= x <= maximum, 0 elsewhere.
 * No parameters; the options `minimum` and `maximum` are the range. One column. No statistics: the M-step has nothing to estimate, and only
 * the component's weight moves. The ends of a range cannot be estimated by sums over the rows: they would be the smallest and the largest value.
 *
 * Edge cases: data outside of the range are refused before the fit, for this component could not have made them; in a mixture with a
 * Gaussian choose the range of what could have been observed, not of what was.
 *
 * Source: J. D. Banfield and A. E. Raftery, Model-based Gaussian and non-Gaussian clustering (1993), section 3.3, for the use as noise.
 */
export const uniform: FamilyDefinition<UniformParameters, UniformOptions> = defineFamily<UniformParameters, UniformOptions>({
  id: 'uniform',
  title: 'Uniform on a known range, without parameters',
  options: {
    minimum: { kind: 'number', default: 0, description: 'the lower end of the range' },
    maximum: { kind: 'number', default: 1, description: 'the upper end of the range' },
  },
  variants: [{ minimum: -3, maximum: 5 }],
  create({ minimum = 0, maximum = 1 }) {
    const width = maximum - minimum;
    if (!(width > LEAST_WIDTH * Math.max(Math.abs(minimum), Math.abs(maximum)) && width < Infinity)) {
      throw new EmkitError('OPTION_INVALID', `The range of the family uniform is from ${minimum} to ${maximum}.`, {
        family: 'uniform',
        remedy: 'Give a maximum above the minimum, and by more than a millionth of their size.',
      });
    }
    const logHeight = -log(width);
    const at = (share: number): number => Math.min(minimum + share * width, maximum);
    return {
      id: 'uniform',
      options: { minimum, maximum },
      columns: [{ name: 'x', support: { kind: 'interval', minimum, maximum } }],
      parameters: {},
      statisticsLength: 0,

      logDensity({ size, columns }, _parameters, out) {
        const x = columns[0]!;
        for (let i = 0; i < size; i += 1) out[i] = x[i]! >= minimum && x[i]! <= maximum ? logHeight : -Infinity;
      },

      accumulate: () => {},
      maximize: (_statistics, _count, about) => about,
      locate: () => ({}),

      sample(_parameters, random, row) {
        row[0] = at(random.uniform());
      },

      cdf: (x) => (x <= minimum ? 0 : x >= maximum ? 1 : (x - minimum) / width),
      quantile: (probability) => at(probability),
      mean: () => [minimum + 0.5 * width],

      scores: () => {},

      accuracy: { logDensity: 1, maximize: 1, cdf: 2, quantile: 2 },
    };
  },
});
