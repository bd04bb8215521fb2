import type { FamilyDefinition } from '@emkit/core';
import { exp, log, logGamma, logPoissonMass } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { poisson } from './poisson.ts';
import { NewtonSums } from './regression/newton.ts';
import { type Coefficients, FARTHEST, REGRESSION_OPTIONS, type RegressionOptions, Regressors } from './regression/regressors.ts';

/** The parameters of a component: `coefficients` of the logarithm of the rate, the intercept first. */
export type PoissonRegressionParameters = Coefficients;

/** A rate below this has lost digits that its logarithm has. */
const SMALLEST_RATE = 1e-300;

/**
 * Poisson regression with the logarithm as link: counts whose rate depends on given predictors.
 *
 * Mass f(y | x; b) = m^y exp(-m) / y! for y = 0, 1, 2, ..., log m = b0 + b1 x1 + ... + bp xp (+ offset, such as the logarithm of an exposure).
 * Parameter `coefficients` b (p + 1 finite numbers, or p without an intercept). Columns: the count, then p given predictors, then the offset
 * where there is one.
 * Statistics, about the given coefficients, with v the intercept's 1 and the predictors in nearly uncorrelated coordinates: the sums of
 * r (y - m) v, of r m v v', and of r v v'. The M-step is one step of Newton's method, no longer than 1 in the mean.
 *
 * Edge cases: where a predictor is a linear combination of the others in the rows of a component there is no estimate and the M-step throws
 * `COMPONENT_DEGENERATE` for `coefficients`, naming it. Where all counts of some combination of predictors are 0, coefficients go to infinity:
 * the fit ends with the diagnosis `boundary`, naming them.
 *
 * Source: McCullagh and Nelder, Generalized Linear Models (1989), chapter 6; mixtures: Wang, Puterman, Cockburn and Le (1996), Biometrics 52.
 */
export const poissonRegression: FamilyDefinition<PoissonRegressionParameters, RegressionOptions> = defineFamily<
  PoissonRegressionParameters,
  RegressionOptions
>({
  id: 'poisson-regression',
  title: 'Poisson regression, with the logarithm as link',
  options: REGRESSION_OPTIONS,
  variants: [{}, { predictors: 3 }, { predictors: 2, intercept: 'none' }, { offset: 'column' }],
  create(options) {
    const counts = poisson();
    const regressors = new Regressors(options, [{ name: 'y', support: { kind: 'integer', minimum: 0, maximum: Infinity } }]);
    const sums = new NewtonSums(regressors);
    const rateOf = (parameters: Coefficients, row: Float64Array | undefined) => ({ rate: exp(regressors.linearOf(parameters, row!)) });
    return {
      id: 'poisson-regression',
      options,
      columns: regressors.columns,
      parameters: { coefficients: regressors.coefficients },
      refinements: regressors.refinements,
      show: (parameters) => regressors.show(parameters),
      statisticsLength: sums.length,

      logDensity({ size, columns }, parameters, out) {
        const prepared = regressors.prepare(parameters);
        const vector = new Float64Array(regressors.length);
        for (let i = 0; i < size; i += 1) out[i] = logMass(columns[0]![i]!, regressors.linear(prepared, columns, i, vector));
      },

      accumulate({ size, columns }, responsibilities, about, statistics) {
        const prepared = regressors.prepare(about);
        const vector = new Float64Array(regressors.length);
        for (let i = 0; i < size; i += 1) {
          if (responsibilities[i] === 0) continue;
          const rate = exp(regressors.linear(prepared, columns, i, vector));
          sums.add(statistics, responsibilities[i]!, columns[0]![i]! - rate, rate, vector);
        }
      },

      maximize: (statistics, count, about, held) => (held.has('coefficients') ? about : sums.maximize(statistics, count, about)),
      recentre: (statistics, count, about) => sums.recentre(statistics, count, about),
      gain: (statistics, _count, about, from, to) => sums.gain(statistics, about, from, to),
      locate: ({ columns }) => regressors.located(columns, log(Math.max(columns[0]!.mean, SMALLEST_RATE))),
      holdable: ['coefficients'],
      ascends: true,
      typical: regressors.typical((random) => [random.integer(8)]),

      sample(parameters, random, row) {
        counts.sample!(rateOf(parameters, row), random, row);
      },
      cdf: (y, parameters, row) => counts.cdf!(y, rateOf(parameters, row)),
      quantile: (probability, parameters, row) => counts.quantile!(probability, rateOf(parameters, row)),
      mean: (parameters, row) => regressors.columns.map((_, index) => (index === 0 ? rateOf(parameters, row).rate : 0)),

      distance: (from, to) => regressors.distance(from, to),
      rounding: (parameters) => regressors.rounding(parameters),
      unbounded: (parameters) => regressors.unbounded(parameters),
      coordinates: regressors.coordinates<PoissonRegressionParameters>([], FARTHEST, () => 1),

      accuracy: { logDensity: 16, maximize: 64, cdf: 16, quantile: 0 },
    };
  },
});

function logMass(y: number, logRate: number): number {
  if (!(y >= 0 && Math.floor(y) === y)) return -Infinity;
  const rate = exp(logRate);
  if (rate === Infinity) return -Infinity;
  return rate < SMALLEST_RATE ? (y === 0 ? -rate : y * logRate - logGamma(y + 1)) : logPoissonMass(y, rate);
}
