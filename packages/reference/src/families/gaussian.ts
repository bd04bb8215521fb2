import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition, ReferenceRow } from '../family.ts';
import { continuousQuantile } from '../quantile.ts';
import type { Steps } from '../steps.ts';

/** The parameters of a univariate Gaussian component. */
export type GaussianParameters = { readonly mean: Decimal; readonly variance: Decimal };

interface Scatter {
  readonly count: Decimal;
  readonly squares: Decimal;
  readonly noise: Decimal;
}

/**
 * The Gaussian distribution on the line: density exp(-(x - mean)^2 / (2 variance)) / sqrt(2 pi variance), variance > 0.
 *
 * The weighted estimates are mean = sum of r_i x_i / N and variance = sum of r_i (x_i - mean)^2 / N, in two passes; N is the sum of the r_i.
 * Option `covariance`: `tied` gives all components of a mixture one variance; anything else leaves each its own.
 */
export const gaussian: ReferenceFamilyDefinition<GaussianParameters> = {
  id: 'gaussian',
  parameters: { mean: 'scalar', variance: 'scalar' },
  create: (reference, options) => {
    // A mean of equal rows may be off by this much of them, which must not pass for a variance.
    const rounding = reference.decimal(`1e-${reference.workingPrecision - 5}`);

    function* weightedMean(rows: readonly ReferenceRow[], responsibilities: readonly Decimal[]): Steps<Decimal> {
      let count = reference.zero;
      let total = reference.zero;
      for (const [i, row] of rows.entries()) {
        count = count.plus(responsibilities[i]!);
        total = total.plus(responsibilities[i]!.times(row[0]!));
        yield;
      }
      return total.div(count);
    }

    /** N, the sum of r_i (x_i - mean)^2, and what that sum may be by rounding alone. */
    function* scatter(rows: readonly ReferenceRow[], responsibilities: readonly Decimal[], mean: Decimal): Steps<Scatter> {
      let count = reference.zero;
      let squares = reference.zero;
      let noise = reference.zero;
      for (const [i, row] of rows.entries()) {
        const deviation = row[0]!.minus(mean);
        count = count.plus(responsibilities[i]!);
        squares = squares.plus(responsibilities[i]!.times(deviation.times(deviation)));
        noise = noise.plus(responsibilities[i]!.times(row[0]!.times(rounding).pow(2)));
        yield;
      }
      return { count, squares, noise };
    }

    const positive = ({ count, squares, noise }: Scatter): Decimal => {
      if (squares.gt(noise)) return squares.div(count);
      throw new ReferenceFailure(
        'collapsed-component',
        'Every row of the component is the same, so that its variance is 0 and the likelihood has no maximum.',
        {
          family: 'gaussian',
          parameter: 'variance',
        },
      );
    };

    return {
      columns: 1,
      tied: options['covariance'] === 'tied' ? ['variance'] : [],

      invalid: ({ variance }) => (variance.gt(0) ? undefined : `variance is ${variance} and must be > 0`),

      logDensityAt: ({ mean, variance }) => {
        const constant = reference.logTwoPi.plus(reference.ln(variance)).div(-2);
        const halfPrecision = reference.one.div(variance.times(-2));
        return (row) => {
          const deviation = row[0]!.minus(mean);
          return constant.plus(deviation.times(deviation).times(halfPrecision));
        };
      },

      *maximize(rows, responsibilities, previous, held) {
        const mean = held.has('mean') ? previous.mean : yield* weightedMean(rows, responsibilities);
        if (held.has('variance')) return { mean, variance: previous.variance };
        return { mean, variance: positive(yield* scatter(rows, responsibilities, mean)) };
      },

      *maximizeShared(rows, responsibilities, previous, shared, held) {
        if (shared.has('mean')) {
          throw new ReferenceFailure(
            'unsupported-sharing',
            'Gaussian components that share their mean but not their variance have no estimate in closed form: share the variance too.',
            { family: 'gaussian', parameter: 'mean' },
          );
        }
        let pooled: Scatter = { count: reference.zero, squares: reference.zero, noise: reference.zero };
        const means: Decimal[] = [];
        for (const [j, column] of responsibilities.entries()) {
          const mean = held[j]!.has('mean') ? previous[j]!.mean : yield* weightedMean(rows, column);
          const own = yield* scatter(rows, column, mean);
          pooled = { count: pooled.count.plus(own.count), squares: pooled.squares.plus(own.squares), noise: pooled.noise.plus(own.noise) };
          means.push(mean);
        }
        const heldVariance = held.some((names) => names.has('variance'));
        const variance = heldVariance ? previous[0]!.variance : positive(pooled);
        return means.map((mean) => ({ mean, variance }));
      },

      cdf: (x, parameters) => upperTail(parameters.mean.minus(x), parameters.variance),
      survival: (x, parameters) => upperTail(x.minus(parameters.mean), parameters.variance),
      quantile: (probability, { mean, variance }) => {
        if (probability.eq('0.5')) return mean;
        const deviate = continuousQuantile(
          reference,
          {
            cdf: (x) => upperTail(x.negated(), reference.one),
            survival: (x) => upperTail(x, reference.one),
            logDensity: (x) => reference.logTwoPi.plus(x.times(x)).div(-2),
            minimum: reference.negativeInfinity,
            maximum: reference.negativeInfinity.negated(),
            centre: reference.zero,
            spread: reference.one,
          },
          probability,
        );
        return mean.plus(deviate.times(variance.sqrt()));
      },
    };

    /** P(Z > z) = erfc(z / sqrt 2) / 2 with z in units of the standard deviation. */
    function upperTail(deviation: Decimal, variance: Decimal): Decimal {
      const magnitude = deviation.isZero() ? 0 : deviation.e - Math.floor(variance.e / 2);
      // Beyond 10^9 deviations the tail is below the smallest number the arithmetic holds.
      if (magnitude > 9) return deviation.gt(0) ? reference.zero : reference.one;
      const finer = reference.withMoreDigits(10 + 2 * Math.max(0, magnitude));
      const argument = finer.decimal(deviation).div(finer.decimal(variance).times(2).sqrt());
      return reference.decimal(finer.erfc(argument).div(2)).toSignificantDigits(reference.workingPrecision);
    }
  },
};
