import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { discreteQuantile } from '../quantile.ts';

/** The parameters of a component. */
export type NegativeBinomialParameters = { readonly mean: Decimal; readonly dispersion: Decimal };

const mostTurns = 300;

/**
 * The negative binomial distribution: mass Gamma(x + s) / (x! Gamma(s)) p^s (1 - p)^x for whole x >= 0, with the size s = 1 / dispersion and
 * p = s / (s + mean); at a dispersion of 0 the Poisson mass of rate mean.
 *
 * The weighted estimates: the mean is the mean of x; the dispersion a is 0 where the mean of (x - mean)^2 is <= the mean of x, else it solves
 * mean of [psi(x + s) - psi(s)] = ln(1 + a mean) + (mean of x - mean) a / (1 + a mean), by bisection and Newton's steps in ln a.
 * P(X <= x) = I_p(s, x + 1).
 */
export const negativeBinomial: ReferenceFamilyDefinition<NegativeBinomialParameters> = {
  id: 'negative-binomial',
  parameters: { mean: 'scalar', dispersion: 'scalar' },
  create: (reference) => {
    const isCount = (x: Decimal): boolean => x.isInteger() && x.gte(0);
    return {
      columns: 1,

      invalid: ({ mean, dispersion }) => {
        if (!mean.gt(0)) return `mean is ${mean} and must be > 0`;
        if (!dispersion.gte(0)) return `dispersion is ${dispersion} and must be >= 0`;
        return undefined;
      },

      logDensityAt:
        ({ mean, dispersion }) =>
        (row) => {
          const count = row[0]!;
          if (!isCount(count)) return reference.negativeInfinity;
          // What the dispersion changes is below half of its product with the larger count's square.
          const largest = reference.Decimal.max(count, mean, 1);
          if (dispersion.times(largest.pow(2)).lt(`1e-${reference.workingPrecision + 10}`))
            return reference
              .xLogY(count, mean)
              .minus(mean)
              .minus(reference.logGamma(count.plus(1)));
          // The terms are as long as size times its logarithm, and cancel to those of a few digits.
          const digits = 20 * Math.ceil((20 + 2 * Math.max(0, -dispersion.e, count.e, mean.e)) / 20);
          const finer = reference.withMoreDigits(digits);
          const [x, m, a] = [finer.decimal(count), finer.decimal(mean), finer.decimal(dispersion)];
          const size = finer.one.div(a);
          const logOdds = finer.log1p(a.times(m));
          const value = finer
            .logGamma(x.plus(size))
            .minus(finer.logGamma(size))
            .minus(finer.logGamma(x.plus(1)))
            .plus(finer.xLogY(x, a.times(m)))
            .minus(x.plus(size).times(logOdds));
          return reference.decimal(value).toSignificantDigits(reference.workingPrecision);
        },

      *maximize(rows, responsibilities, previous, held) {
        const count = reference.sum(responsibilities);
        const average = (values: readonly Decimal[]): Decimal =>
          reference.sum(values.map((value, i) => value.times(responsibilities[i]!))).div(count);
        const ofData = average(rows.map((row) => row[0]!));
        yield;
        const mean = held.has('mean') ? previous.mean : ofData;
        if (mean.isZero())
          throw new ReferenceFailure('collapsed-component', 'Every count of the component is 0.', {
            family: 'negative-binomial',
            parameter: 'mean',
          });
        if (held.has('dispersion')) return { mean, dispersion: previous.dispersion };
        const square = average(rows.map((row) => row[0]!.minus(mean).pow(2)));
        yield;
        if (square.lte(ofData)) return { mean, dispersion: reference.zero };
        // Each count once, by the rows that hold it.
        const shares = new Map<string, Decimal>();
        rows.forEach((row, i) => {
          const key = row[0]!.toString();
          shares.set(key, (shares.get(key) ?? reference.zero).plus(responsibilities[i]!.div(count)));
        });
        /** The derivative of the log-likelihood in the dispersion, up to a factor > 0, and its own in ln a. */
        const slopeAt = (a: Decimal): Decimal => {
          const finer = reference.withMoreDigits(10 + 2 * Math.max(0, -a.e));
          const size = finer.one.div(finer.decimal(a));
          const product = finer.decimal(a).times(finer.decimal(mean));
          // psi(x + s) - psi(s) is the sum of 1 / (s + j) over j < x, which is quick for ordinary counts.
          const rise = (x: Decimal): Decimal => {
            if (x.gt(200)) return finer.digamma(size.plus(x)).minus(finer.digamma(size));
            let sum = finer.zero;
            for (let j = 0; x.gt(j); j += 1) sum = sum.plus(finer.one.div(size.plus(j)));
            return sum;
          };
          let sum = finer.zero;
          for (const [x, share] of shares) sum = sum.plus(rise(finer.decimal(x)).times(finer.decimal(share)));
          const excess = finer.decimal(ofData).minus(finer.decimal(mean)).times(finer.decimal(a)).div(product.plus(1));
          return reference.decimal(finer.log1p(product).plus(excess).minus(sum));
        };
        let low = reference.ln(square.minus(ofData).div(mean.pow(2)));
        let high = low;
        while (slopeAt(reference.exp(low)).lte(0)) low = low.minus(1);
        while (slopeAt(reference.exp(high)).gte(0)) high = high.plus(1);
        let [left, right] = [slopeAt(reference.exp(low)), slopeAt(reference.exp(high))];
        let t = low;
        for (let turn = 0; turn < mostTurns; turn += 1) {
          yield;
          // By turns the secant's point, of the Illinois kind, and the middle.
          const next = turn % 8 === 7 ? low.plus(high).div(2) : low.plus(high.minus(low).times(left.div(left.minus(right))));
          if (
            next
              .minus(t)
              .abs()
              .lte(`1e-${reference.workingPrecision - 20}`)
          )
            return { mean, dispersion: reference.exp(next) };
          t = next;
          const value = slopeAt(reference.exp(t));
          if (value.isZero()) return { mean, dispersion: reference.exp(t) };
          if (value.gt(0)) {
            low = t;
            left = value;
            right = right.div(2);
          } else {
            high = t;
            right = value;
            left = left.div(2);
          }
        }
        throw new ReferenceFailure('no-convergence', `The dispersion was not found in ${mostTurns} steps.`, {
          family: 'negative-binomial',
          parameter: 'dispersion',
        });
      },

      cdf(x, { mean, dispersion }) {
        if (x.lt(0)) return reference.zero;
        const whole = x.floor();
        if (dispersion.isZero()) return reference.regularizedGammaQ(whole.plus(1), mean);
        const size = reference.one.div(dispersion);
        return reference.regularizedBeta(size.div(size.plus(mean)), size, whole.plus(1));
      },
      survival(x, { mean, dispersion }) {
        if (x.lt(0)) return reference.one;
        const whole = x.floor();
        if (dispersion.isZero()) return reference.regularizedGammaP(whole.plus(1), mean);
        const size = reference.one.div(dispersion);
        return reference.regularizedBeta(mean.div(size.plus(mean)), whole.plus(1), size);
      },
      quantile(chance, parameters) {
        const infinity = reference.negativeInfinity.negated();
        return discreteQuantile(reference, (x) => this.cdf!(x, parameters), 0, infinity, chance);
      },
    };
  },
};
