import { degenerate, type FamilyDefinition } from '@emkit/core';
import { expm1, log, log1p } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { lessProduct, nearGain, timesLogRatio } from './gain.ts';

/** The parameters of a component: `scale`, where the density is largest, > 0, in the unit of the data. */
export type RayleighParameters = { readonly scale: number };

/**
 * The Rayleigh distribution, of the length of a vector whose two coordinates are independent standard normals times `scale`: wind speeds,
 * wave heights.
 *
 * Density f(x; s) = (x / s^2) exp(-x^2 / (2 s^2)) for x > 0, 0 elsewhere.
 * Parameter `scale` s > 0. One column, x > 0. Statistic, about the given scale: the sum of r (x / s)^2. Estimate: s' = s sqrt(S / (2N)).
 *
 * Edge cases: equal values do no harm (their estimate is the value over sqrt 2); data whose squares are no doubles in units of a scale
 * hundreds of orders of magnitude away are taken again about a nearer one.
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), section 18.10.
 */
export const rayleigh: FamilyDefinition<RayleighParameters> = defineFamily<RayleighParameters>({
  id: 'rayleigh',
  title: 'Rayleigh, by its scale',
  create: () => ({
    id: 'rayleigh',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, minimumOpen: true, maximum: Infinity } }],
    parameters: { scale: { kind: 'positive' } },
    statisticsLength: 1,

    logDensity({ size, columns }, { scale }, out) {
      const x = columns[0]!;
      const logScale = log(scale);
      for (let i = 0; i < size; i += 1) {
        const z = x[i]! / scale;
        const quotient = z / scale;
        // One logarithm of a quotient keeps its digits near 1, as long as the quotient itself has them all.
        const ordinary = Math.min(z, quotient) > 1e-300 && quotient < Infinity;
        out[i] = x[i]! > 0 ? (ordinary ? log(quotient) : log(x[i]!) - 2 * logScale) - 0.5 * z * z : -Infinity;
      }
    },

    // Statistics are taken about the parameters `about`, so that nothing cancels: for a mean, the sum of r (x - mean), not of r x.
    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) {
        const z = x[i]! / about.scale;
        if (responsibilities[i]! > 0) statistics[0]! += responsibilities[i]! * z * z;
      }
    },

    maximize(statistics, count, about, held) {
      if (held.has('scale')) return about;
      const scale = about.scale * Math.sqrt(statistics[0]! / (2 * count));
      if (!(scale > 0 && scale < Infinity))
        throw degenerate('scale', 'it is too large or too small for a double: change the unit of the column');
      return { scale };
    },

    recentre(statistics, count, about, held) {
      const square = statistics[0]! / count;
      if (held.has('scale') || (square > 1e-200 && square < Infinity)) return undefined;
      const scale = square > 1 ? Math.min(about.scale * 1e150, Number.MAX_VALUE) : Math.max(about.scale * 1e-150, Number.MIN_VALUE);
      return scale === about.scale ? undefined : { scale };
    },

    gain(statistics, count, about, from, to) {
      // In the unit of `about` and with p = 1 / scale^2, the change of count log p - (sum / 2) p.
      const [half, first, next] = [0.5 * statistics[0]!, (about.scale / from.scale) ** 2, (about.scale / to.scale) ** 2];
      const relative = ((from.scale - to.scale) / to.scale) * (1 + from.scale / to.scale);
      return (
        nearGain(count, lessProduct(count, half, first), relative) ?? 2 * timesLogRatio(count, to.scale, from.scale) - half * (next - first)
      );
    },

    locate: ({ columns: [column] }) => ({ scale: column!.mean > 0 ? column!.mean : 1 }),

    holdable: ['scale'],

    sample({ scale }, random, row) {
      row[0] = Math.max(scale * Math.sqrt(2 * random.exponential()), Number.MIN_VALUE);
    },

    cdf: (x, { scale }) => (x > 0 ? -expm1(-0.5 * (x / scale) * (x / scale)) : 0),
    quantile: (probability, { scale }) => scale * Math.sqrt(-2 * log1p(-probability)),
    mean: ({ scale }) => [scale * Math.sqrt(Math.PI / 2)],

    // A size of the change without a unit. Where it is left out, relative changes count (absolute ones for probabilities).
    distance: (from, to) => Math.abs(to.scale - from.scale) / Math.max(to.scale, from.scale),

    /** In the coordinate log scale. */
    scores({ size, columns }, { scale }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = (x[i]! / scale) ** 2 - 2;
    },

    equivariance: { scale: true, shift: false, transform: (parameters, factor) => ({ scale: parameters.scale * factor[0]! }) },

    accuracy: { logDensity: 4, maximize: 5, cdf: 4, quantile: 4 },
  }),
});
