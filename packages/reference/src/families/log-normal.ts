import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { gaussian } from './gaussian.ts';

/** The parameters of a component. */
export type LogNormalParameters = { readonly logMean: Decimal; readonly logVariance: Decimal };

/**
 * The log-normal distribution: density exp(-(ln x - m)^2 / (2 v)) / (x sqrt(2 pi v)) for x > 0, v > 0.
 *
 * The weighted estimates are m = sum of r_i ln x_i / N and v = sum of r_i (ln x_i - m)^2 / N with N the sum of the r_i.
 */
export const logNormal: ReferenceFamilyDefinition<LogNormalParameters> = {
  id: 'log-normal',
  parameters: { logMean: 'scalar', logVariance: 'scalar' },
  create: (reference) => {
    // The normal distribution function of the logarithm.
    const normal = gaussian.create(reference, {});
    return {
      columns: 1,

      invalid: ({ logVariance }) => (logVariance.gt(0) ? undefined : `logVariance is ${logVariance} and must be > 0`),

      logDensityAt: ({ logMean, logVariance }) => {
        const constant = reference.logTwoPi.plus(reference.ln(logVariance)).div(-2);
        return (row) => {
          if (row[0]!.lte(0)) return reference.negativeInfinity;
          const logarithm = reference.ln(row[0]!);
          return constant.minus(logarithm).minus(logarithm.minus(logMean).pow(2).div(logVariance.times(2)));
        };
      },

      *maximize(rows, responsibilities, previous, held) {
        const logarithms: Decimal[] = [];
        for (const row of rows) {
          logarithms.push(reference.ln(row[0]!));
          yield;
        }
        const count = reference.sum(responsibilities);
        const weighted = (values: readonly Decimal[]): Decimal =>
          reference.sum(values.map((value, i) => value.times(responsibilities[i]!))).div(count);
        const logMean = held.has('logMean') ? previous.logMean : weighted(logarithms);
        if (held.has('logVariance')) return { logMean, logVariance: previous.logVariance };
        const logVariance = weighted(logarithms.map((value) => value.minus(logMean).pow(2)));
        if (logVariance.gt(reference.decimal(`1e-${reference.workingPrecision - 5}`).pow(2))) return { logMean, logVariance };
        throw new ReferenceFailure('collapsed-component', 'Every row of the component is the same, so that its variance is 0.', {
          family: 'log-normal',
          parameter: 'logVariance',
        });
      },

      cdf: (x, { logMean, logVariance }) =>
        x.lte(0) ? reference.zero : normal.cdf!(reference.ln(x), { mean: logMean, variance: logVariance }),
      survival: (x, { logMean, logVariance }) =>
        x.lte(0) ? reference.one : normal.survival!(reference.ln(x), { mean: logMean, variance: logVariance }),
      quantile(probability, { logMean, logVariance }) {
        if (probability.isZero()) return reference.zero;
        if (probability.eq(1)) return reference.negativeInfinity.negated();
        return reference.exp(normal.quantile!(probability, { mean: logMean, variance: logVariance }));
      },
    };
  },
};
