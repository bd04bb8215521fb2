import { degenerate, type FamilyDefinition } from '@emkit/core';
import { exp, expm1, log, log1p, logQuotient } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { rateGain } from './gain.ts';

/** The parameters of a Pareto component: `shape` > 0, without a unit; the smaller, the heavier the tail. */
export type ParetoParameters = { readonly shape: number };

/** `minimum`: the known smallest value, > 0, in the unit of the data; 1 when it is not stated. */
export type ParetoOptions = { readonly minimum?: number };

/**
 * The Pareto distribution of amounts above a known minimum, with a tail that falls as a power: wealth, sizes of cities and files.
 *
 * Density f(x; a) = a m^a / x^(a + 1) for x >= m, 0 elsewhere, with the known minimum m > 0.
 * Parameter `shape` a > 0; the option `minimum` is m. One column, x >= m.
 * Statistic: the sum of r log(x / m). Estimate: a' = N / S. The minimum is no parameter: its estimate would be the smallest value, which is
 * no sum over the rows.
 *
 * Edge cases: values equal to the minimum are ordinary; where all the responsibility lies on them the shape grows without bound and the
 * M-step throws `COMPONENT_DEGENERATE`. For shape <= 1 there is no mean, and none is
 * offered.
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 20.
 */
export const pareto: FamilyDefinition<ParetoParameters, ParetoOptions> = defineFamily<ParetoParameters, ParetoOptions>({
  id: 'pareto',
  title: 'Pareto above a known minimum, by its shape',
  options: { minimum: { kind: 'number', above: 0, default: 1, description: 'the smallest value that is possible' } },
  variants: [{}, { minimum: 2.5 }],
  create: ({ minimum = 1 }) => ({
    id: 'pareto',
    options: { minimum },
    columns: [{ name: 'x', support: { kind: 'interval', minimum, maximum: Infinity } }],
    parameters: { shape: { kind: 'positive' } },
    statisticsLength: 1,

    logDensity({ size, columns }, { shape }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1)
        out[i] = x[i]! >= minimum && x[i]! < Infinity ? logQuotient(shape, x[i]!) - shape * logExcess(x[i]!, minimum) : -Infinity;
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) if (responsibilities[i]! > 0) statistics[0]! += responsibilities[i]! * logExcess(x[i]!, minimum);
    },

    maximize(statistics, count, about, held) {
      if (held.has('shape')) return about;
      const shape = count / statistics[0]!;
      if (!(shape < Infinity))
        throw degenerate(
          'shape',
          'every observation of the component is the minimum, so that its likelihood grows with the shape without bound',
        );
      return { shape };
    },

    gain: (statistics, count, _about, from, to) => rateGain(count, statistics[0]!, from.shape, to.shape),

    // Of the mean, which is shape / (shape - 1) minima.
    locate: ({ columns: [column] }) => ({ shape: column!.mean > minimum ? 1 + Math.min(minimum / (column!.mean - minimum), 1e15) : 1 }),

    holdable: ['shape'],

    sample({ shape }, random, row) {
      row[0] = Math.min(minimum * exp(random.exponential() / shape), Number.MAX_VALUE);
    },

    cdf: (x, { shape }) => (x > minimum ? -expm1(-shape * logExcess(x, minimum)) : 0),
    quantile: (probability, { shape }) => minimum * exp(-log1p(-probability) / shape),

    distance: (from, to) => Math.abs(to.shape - from.shape) / Math.max(to.shape, from.shape),

    /** In the coordinate log shape. */
    scores({ size, columns }, { shape }, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = 1 - shape * logExcess(x[i]!, minimum);
    },

    exponentialForm: {
      length: 1,
      naturalParameters: ({ shape }) => [-shape],
      fromNatural: (natural) => ({ shape: -natural[0]! }),
      logPartition: (natural) => -log(-natural[0]!),
      sufficientStatistics: (row) => [logExcess(row[0]!, minimum)],
    },

    accuracy: { logDensity: 4, maximize: 4, cdf: 4, quantile: 4 },
  }),
});

/** log(x / minimum) for x >= minimum, with the digits of x - minimum. */
function logExcess(x: number, minimum: number): number {
  return x < 2 * minimum ? log1p((x - minimum) / minimum) : logQuotient(x, minimum);
}
