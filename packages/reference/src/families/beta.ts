import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';
import { continuousQuantile } from '../quantile.ts';

/** The parameters of a component. */
export type BetaParameters = { readonly alpha: Decimal; readonly beta: Decimal };

const mostTurns = 300;

/**
 * The beta distribution: density x^(alpha - 1) (1 - x)^(beta - 1) / B(alpha, beta) for 0 < x < 1, alpha > 0, beta > 0.
 *
 * The weighted estimates solve psi(alpha) - psi(alpha + beta) = mean of ln x and psi(beta) - psi(alpha + beta) = mean of ln(1 - x), by Newton's
 * method on the log-likelihood, which is concave in both, with steps that are halved where it falls.
 */
export const beta: ReferenceFamilyDefinition<BetaParameters> = {
  id: 'beta',
  parameters: { alpha: 'scalar', beta: 'scalar' },
  create: (reference) => {
    const logDensityAt = ({ alpha, beta: other }: BetaParameters) => {
      const finer = reference.withMoreDigits(10 + Math.max(0, alpha.e, other.e));
      const [a, b] = [finer.decimal(alpha), finer.decimal(other)];
      const constant = finer.logGamma(a.plus(b)).minus(finer.logGamma(a)).minus(finer.logGamma(b));
      return (row: readonly Decimal[]): Decimal => {
        const x = finer.decimal(row[0]!);
        if (!(x.gt(0) && x.lt(1))) return reference.negativeInfinity;
        const value = constant.plus(a.minus(1).times(finer.ln(x))).plus(b.minus(1).times(finer.log1p(x.negated())));
        return new reference.Decimal(value).toSignificantDigits(reference.workingPrecision);
      };
    };
    return {
      columns: 1,

      invalid: ({ alpha, beta: other }) => {
        if (!alpha.gt(0)) return `alpha is ${alpha} and must be > 0`;
        if (!other.gt(0)) return `beta is ${other} and must be > 0`;
        return undefined;
      },

      logDensityAt,

      *maximize(rows, responsibilities, previous, held) {
        let [count, logarithms, complements, first, second] = [
          reference.zero,
          reference.zero,
          reference.zero,
          reference.zero,
          reference.zero,
        ];
        for (const [i, row] of rows.entries()) {
          const r = responsibilities[i]!;
          const x = row[0]!;
          count = count.plus(r);
          logarithms = logarithms.plus(r.times(reference.ln(x)));
          complements = complements.plus(r.times(reference.log1p(x.negated())));
          first = first.plus(r.times(x));
          second = second.plus(r.times(x.pow(2)));
          yield;
        }
        const mean = first.div(count);
        const variance = second.div(count).minus(mean.pow(2));
        if (held.size === 0 && variance.lte(`1e-${reference.workingPrecision - 5}`))
          throw new ReferenceFailure(
            'collapsed-component',
            'Every row of the component is the same, so that alpha and beta grow without bound.',
            {
              family: 'beta',
              parameter: 'alpha',
            },
          );
        const total = mean.times(reference.one.minus(mean)).div(variance).minus(1);
        const start = held.size > 0 || !total.gt(0) ? previous : { alpha: total.times(mean), beta: total.times(reference.one.minus(mean)) };
        return climb(reference, logarithms.div(count), complements.div(count), start, held);
      },

      cdf: (x, { alpha, beta: other }) =>
        x.lte(0) ? reference.zero : x.gte(1) ? reference.one : reference.regularizedBeta(x, alpha, other),
      survival: (x, { alpha, beta: other }) =>
        x.lte(0) ? reference.one : x.gte(1) ? reference.zero : reference.regularizedBeta(reference.one.minus(x), other, alpha),
      quantile(probability, parameters) {
        if (probability.isZero() || probability.eq(1)) return probability;
        const logDensity = logDensityAt(parameters);
        const { alpha, beta: other } = parameters;
        const share = (y: Decimal): Decimal => reference.one.div(reference.exp(y.negated()).plus(1));
        const rest = (y: Decimal): Decimal => reference.one.div(reference.exp(y).plus(1));
        const infinity = reference.negativeInfinity.negated();
        // In the log-odds, where both tails are nearly straight lines.
        const odds = continuousQuantile(
          reference,
          {
            cdf: (y) => reference.regularizedBeta(share(y), alpha, other),
            survival: (y) => reference.regularizedBeta(rest(y), other, alpha),
            logDensity: (y) =>
              logDensity([share(y)])
                .plus(reference.ln(share(y)))
                .plus(reference.ln(rest(y))),
            minimum: infinity.negated(),
            maximum: infinity,
            centre: reference.ln(alpha.div(other)),
            spread: reference.one.div(alpha).plus(reference.one.div(other)).sqrt(),
          },
          probability,
        );
        return share(odds);
      },
    };
  },
};

/** The maximum of a L + b R - ln B(a, b) over the parameters that are not held. */
function climb(reference: Reference, ofLog: Decimal, ofRest: Decimal, start: BetaParameters, held: ReadonlySet<string>): BetaParameters {
  // The digammas of large parameters agree in as many digits as these have.
  const finer = reference.withMoreDigits(10 + 2 * Math.max(0, start.alpha.e, start.beta.e));
  const [left, right] = [finer.decimal(ofLog), finer.decimal(ofRest)];
  let [a, b] = [finer.decimal(start.alpha), finer.decimal(start.beta)];
  const height = (x: Decimal, y: Decimal): Decimal =>
    x
      .times(left)
      .plus(y.times(right))
      .plus(finer.logGamma(x.plus(y)))
      .minus(finer.logGamma(x))
      .minus(finer.logGamma(y));
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const ofTotal = finer.digamma(a.plus(b));
    const slopes = [left.minus(finer.digamma(a)).plus(ofTotal), right.minus(finer.digamma(b)).plus(ofTotal)] as const;
    const total = finer.trigamma(a.plus(b));
    const [p, q] = [finer.trigamma(a).minus(total), finer.trigamma(b).minus(total)];
    const determinant = p.times(q).minus(total.pow(2));
    let stepA = held.has('alpha')
      ? finer.zero
      : held.has('beta')
        ? slopes[0].div(p)
        : q.times(slopes[0]).plus(total.times(slopes[1])).div(determinant);
    let stepB = held.has('beta')
      ? finer.zero
      : held.has('alpha')
        ? slopes[1].div(q)
        : p.times(slopes[1]).plus(total.times(slopes[0])).div(determinant);
    const change = finer.Decimal.max(stepA.div(a).abs(), stepB.div(b).abs());
    if (change.gt('1e-3')) {
      const before = height(a, b);
      while (!(a.plus(stepA).gt(0) && b.plus(stepB).gt(0)) || height(a.plus(stepA), b.plus(stepB)).lt(before)) {
        stepA = stepA.div(2);
        stepB = stepB.div(2);
      }
    }
    a = a.plus(stepA);
    b = b.plus(stepB);
    if (change.lt(`1e-${reference.workingPrecision - 6}`)) return { alpha: reference.decimal(a), beta: reference.decimal(b) };
  }
  throw new ReferenceFailure('no-convergence', `The parameters of a beta distribution were not found in ${mostTurns} steps.`, {
    family: 'beta',
    parameter: 'alpha',
  });
}
