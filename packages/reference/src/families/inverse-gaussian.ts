import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { continuousQuantile } from '../quantile.ts';

/** The parameters of a component. */
export type InverseGaussianParameters = { readonly mean: Decimal; readonly shape: Decimal };

/**
 * The inverse Gaussian distribution: density sqrt(shape / (2 pi x^3)) exp(-shape (x - mean)^2 / (2 mean^2 x)) for x > 0, mean > 0, shape > 0.
 *
 * The weighted estimates are mean = sum of r_i x_i / N and 1 / shape = sum of r_i (x_i - mean)^2 / (mean^2 x_i) / N, N the sum of the r_i.
 * P(X <= x) = Phi(sqrt(shape / x) (x / mean - 1)) + exp(2 shape / mean) Phi(-sqrt(shape / x) (x / mean + 1)).
 */
export const inverseGaussian: ReferenceFamilyDefinition<InverseGaussianParameters> = {
  id: 'inverse-gaussian',
  parameters: { mean: 'scalar', shape: 'scalar' },
  create: (reference) => {
    const normal = (z: Decimal): Decimal => reference.erfc(z.negated().div(reference.decimal(2).sqrt())).div(2);

    /** The two terms of the distribution function at x, the first for the tail that `sign` says. */
    const terms = (x: Decimal, { mean, shape }: InverseGaussianParameters, sign: 1 | -1): readonly [Decimal, Decimal] => {
      const root = shape.div(x).sqrt();
      const first = normal(root.times(x.minus(mean).div(mean)).times(sign));
      const far = root.times(x.plus(mean).div(mean)).negated();
      return [first, reference.exp(shape.div(mean).times(2)).times(normal(far))];
    };

    const logDensityAt = ({ mean, shape }: InverseGaussianParameters) => {
      const constant = reference.ln(shape).minus(reference.logTwoPi).div(2);
      return (row: readonly Decimal[]): Decimal => {
        const x = row[0]!;
        if (x.lte(0)) return reference.negativeInfinity;
        const quadratic = x.minus(mean).div(mean).pow(2).times(shape).div(x);
        return constant.minus(reference.ln(x).times('1.5')).minus(quadratic.div(2));
      };
    };

    const cdf = (x: Decimal, parameters: InverseGaussianParameters): Decimal => {
      if (x.lte(0)) return reference.zero;
      const [first, second] = terms(x, parameters, 1);
      return first.plus(second);
    };

    const survival = (x: Decimal, parameters: InverseGaussianParameters): Decimal => {
      if (x.lte(0)) return reference.one;
      const [first, second] = terms(x, parameters, -1);
      const difference = first.minus(second);
      // Where the two agree in many digits, as many more are needed.
      if (difference.gt(first.times('1e-10'))) return difference;
      const finer = reference.withMoreDigits(40);
      if (finer.workingPrecision > 200) return difference;
      const { mean, shape } = parameters;
      const own = inverseGaussian.create(finer, {});
      return reference.decimal(own.survival!(finer.decimal(x), { mean: finer.decimal(mean), shape: finer.decimal(shape) }));
    };

    return {
      columns: 1,

      invalid: ({ mean, shape }) => {
        if (!mean.gt(0)) return `mean is ${mean} and must be > 0`;
        if (!shape.gt(0)) return `shape is ${shape} and must be > 0`;
        return undefined;
      },

      logDensityAt,

      *maximize(rows, responsibilities, previous, held) {
        let count = reference.zero;
        let total = reference.zero;
        for (const [i, row] of rows.entries()) {
          count = count.plus(responsibilities[i]!);
          total = total.plus(responsibilities[i]!.times(row[0]!));
          yield;
        }
        const mean = held.has('mean') ? previous.mean : total.div(count);
        if (held.has('shape')) return { mean, shape: previous.shape };
        let spread = reference.zero;
        for (const [i, row] of rows.entries()) {
          spread = spread.plus(responsibilities[i]!.times(row[0]!.minus(mean).div(mean).pow(2)).div(row[0]!));
          yield;
        }
        const rounding = reference.decimal(`1e-${reference.workingPrecision - 5}`).pow(2);
        if (spread.times(mean).gt(count.times(rounding))) return { mean, shape: count.div(spread) };
        throw new ReferenceFailure(
          'collapsed-component',
          'Every row of the component is the same, so that its shape grows without bound.',
          {
            family: 'inverse-gaussian',
            parameter: 'shape',
          },
        );
      },

      cdf,
      survival,
      quantile(probability, { mean, shape }) {
        if (probability.isZero()) return reference.zero;
        if (probability.eq(1)) return reference.negativeInfinity.negated();
        // In units of the mean and in ln x, where both tails are nearly straight lines.
        const standard = { mean: reference.one, shape: shape.div(mean) };
        const logDensity = logDensityAt(standard);
        const infinity = reference.negativeInfinity.negated();
        const logarithm = continuousQuantile(
          reference,
          {
            cdf: (y) => cdf(reference.exp(y), standard),
            survival: (y) => survival(reference.exp(y), standard),
            logDensity: (y) => logDensity([reference.exp(y)]).plus(y),
            minimum: infinity.negated(),
            maximum: infinity,
            centre: reference.zero,
            spread: reference.one.div(standard.shape.sqrt()).plus('0.01'),
          },
          probability,
        );
        return mean.times(reference.exp(logarithm));
      },
    };
  },
};
