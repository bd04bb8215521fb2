import { defineFamily, degenerate, type Family, type FamilyDefinition } from '@emkit/core';
import { createReference, makeReferenceFamily, type ReferenceFamily, type ReferenceFamilyDefinition } from '@emkit/reference';

/** The parameters of a Laplace component: `scale` > 0, the mean distance from 0. */
export type LaplaceParameters = { readonly scale: number };

/**
 * The Laplace distribution about 0: f(x; b) = exp(-|x| / b) / (2 b).
 *
 * Statistic: the sum of r |x|. Estimate: b = sum / N.
 */
export const laplace: FamilyDefinition<LaplaceParameters> = defineFamily<LaplaceParameters>({
  id: 'laplace',
  title: 'Laplace about 0, by its scale',
  create: () => ({
    id: 'laplace',
    options: {},
    columns: [{ name: 'x', support: { kind: 'real' } }],
    parameters: { scale: { kind: 'positive' } },
    statisticsLength: 1,

    logDensity({ size, columns }, { scale }, out) {
      const x = columns[0]!;
      const constant = -Math.LN2 - Math.log(scale);
      for (let row = 0; row < size; row += 1) out[row] = constant - Math.abs(x[row]!) / scale;
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      const x = columns[0]!;
      for (let row = 0; row < size; row += 1) statistics[0]! += responsibilities[row]! * Math.abs(x[row]!);
    },

    maximize(statistics, count, about, held) {
      if (held.has('scale')) return about;
      const scale = statistics[0]! / count;
      if (!(scale > 0 && scale < Infinity))
        throw degenerate('scale', 'every observation of the component is 0, or they are too large to be added');
      return { scale };
    },

    sample({ scale }, random, row) {
      row[0] = (random.uniform() < 0.5 ? -scale : scale) * random.exponential();
    },

    cdf: (x, { scale }) => (x < 0 ? 0.5 * Math.exp(x / scale) : 1 - 0.5 * Math.exp(-x / scale)),
    quantile: (probability, { scale }) =>
      probability < 0.5 ? scale * Math.log(2 * probability) : -scale * Math.log(2 * (1 - probability)),
    mean: () => [0],

    /** In the coordinate log scale. */
    scores({ size, columns }, { scale }, out) {
      for (let row = 0; row < size; row += 1) out[row] = Math.abs(columns[0]![row]!) / scale - 1;
    },

    equivariance: { scale: true, shift: false, transform: ({ scale }, [factor]) => ({ scale: factor! * scale }) },
    accuracy: { logDensity: 4, maximize: 16 },
  }),
});

type Decimal = ReturnType<ReferenceFamily['logDensity']>;

/** The same from its definition, in arithmetic of any precision. */
const definition: ReferenceFamilyDefinition<{ readonly scale: Decimal }> = {
  id: 'laplace',
  parameters: { scale: 'scalar' },
  create: (arithmetic) => ({
    columns: 1,
    invalid: ({ scale }) => (scale.gt(0) ? undefined : `scale is ${scale} and must be > 0`),
    logDensityAt:
      ({ scale }) =>
      ([x]) =>
        arithmetic.ln(scale.times(2)).plus(x!.abs().div(scale)).negated(),
    maximize(rows, responsibilities, _previous, _held) {
      const total = arithmetic.sum(rows.map(([x], row) => responsibilities[row]!.times(x!.abs())));
      return { scale: total.div(arithmetic.sum(responsibilities)) };
    },
  }),
};

const arithmetic = createReference({ precision: 40 });

/** What the command asks for the reference of a family. */
export const reference = (family: Family): ReferenceFamily<{ readonly scale: Decimal }> | undefined =>
  family.id === 'laplace' ? makeReferenceFamily(definition, arithmetic) : undefined;
