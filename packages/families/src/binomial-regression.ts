import type { Column, FamilyDefinition } from '@emkit/core';
import { expit, log, logBinomialMass, logit } from '@emkit/core/numerics';
import { binomial } from './binomial.ts';
import { defineFamily } from './define-family.ts';
import { NewtonSums } from './regression/newton.ts';
import { type Coefficients, FARTHEST, REGRESSION_OPTIONS, type RegressionOptions, Regressors } from './regression/regressors.ts';

/** The parameters of a component: `coefficients` of the log-odds of a success, the intercept first. */
export type BinomialRegressionParameters = Coefficients;

/** `trials`: the number of trials of every row, a whole number >= 1, or `column`, the column after that of the successes. Default 1. */
export type BinomialRegressionOptions = RegressionOptions & { readonly trials?: number | 'column' };

/** A probability below this has lost digits that its logarithm has. */
const SMALLEST_PROBABILITY = 1e-300;

/**
 * Binomial regression with the logit as link: logistic regression where each row is one trial.
 *
 * Mass f(y | x, n; b) = C(n, y) p^y (1 - p)^(n - y) for y = 0, ..., n, log(p / (1 - p)) = b0 + b1 x1 + ... + bp xp (+ offset).
 * Parameter `coefficients` b (p + 1 finite numbers, or p without an intercept). Columns: the successes, the trials where they differ by row, then
 * p given predictors, then the offset where there is one.
 * Statistics, about the given coefficients, with v the intercept's 1 and the predictors in nearly uncorrelated coordinates: the sums of
 * r (y - n p) v, of r n p (1 - p) v v', and of r v v'. The M-step is one step of Newton's method, no longer than 1 in the mean.
 *
 * Edge cases: where a predictor is a linear combination of the others in the rows of a component there is no estimate and the M-step throws
 * `COMPONENT_DEGENERATE` for `coefficients`, naming it. Where a combination of predictors separates the successes from the failures, coefficients go
 * to infinity: the fit ends with the diagnosis `boundary`, naming them. Mixtures of rows of one trial each are not identifiable.
 *
 * Source: McCullagh and Nelder, Generalized Linear Models (1989), chapter 4; separation: Albert and Anderson (1984), Biometrika 71; mixtures: Follmann and
 * Lambert (1991), Journal of Statistical Planning and Inference 27.
 */
export const binomialRegression: FamilyDefinition<BinomialRegressionParameters, BinomialRegressionOptions> = defineFamily<
  BinomialRegressionParameters,
  BinomialRegressionOptions
>({
  id: 'binomial-regression',
  title: 'Binomial regression, with the logit as link',
  options: {
    ...REGRESSION_OPTIONS,
    trials: {
      kind: 'integer',
      minimum: 1,
      orColumn: true,
      default: 1,
      description: "the number of trials of every row, or 'column' where the second column holds it",
    },
  },
  variants: [{}, { predictors: 2, trials: 'column' }, { trials: 10, offset: 'column' }],
  create(options) {
    const { trials = 1 } = options;
    const successes = binomial({ trials });
    const response = successes.columns.map((column, index): Column => (index === 0 ? { ...column, name: 'y' } : column));
    const regressors = new Regressors(options, response);
    const sums = new NewtonSums(regressors);
    const probabilityOf = (parameters: Coefficients, row: Float64Array | undefined) => {
      const odds = regressors.linearOf(parameters, row!);
      return { probability: expit(odds), ...(odds > 0 && { complement: expit(-odds) }) };
    };
    const trialsIn = (columns: readonly Float64Array[], row: number): number => (trials === 'column' ? columns[1]![row]! : trials);
    return {
      id: 'binomial-regression',
      options,
      columns: regressors.columns,
      parameters: { coefficients: regressors.coefficients },
      refinements: regressors.refinements,
      show: (parameters) => regressors.show(parameters),
      statisticsLength: sums.length,

      logDensity({ size, columns }, parameters, out) {
        const prepared = regressors.prepare(parameters);
        const vector = new Float64Array(regressors.length);
        for (let i = 0; i < size; i += 1)
          out[i] = logMass(columns[0]![i]!, trialsIn(columns, i), regressors.linear(prepared, columns, i, vector));
      },

      accumulate({ size, columns }, responsibilities, about, statistics) {
        const prepared = regressors.prepare(about);
        const vector = new Float64Array(regressors.length);
        for (let i = 0; i < size; i += 1) {
          if (responsibilities[i] === 0) continue;
          const odds = regressors.linear(prepared, columns, i, vector);
          const [success, failure] = [expit(odds), expit(-odds)];
          const [y, n] = [columns[0]![i]!, trialsIn(columns, i)];
          // y - n p, from whichever of p and 1 - p is the smaller.
          const score = odds > 0 ? n * failure - (n - y) : y - n * success;
          sums.add(statistics, responsibilities[i]!, score, n * success * failure, vector);
        }
      },

      maximize: (statistics, count, about, held) => (held.has('coefficients') ? about : sums.maximize(statistics, count, about)),
      recentre: (statistics, count, about) => sums.recentre(statistics, count, about),
      gain: (statistics, _count, about, from, to) => sums.gain(statistics, about, from, to),
      locate({ columns }) {
        const share = columns[0]!.mean / (trials === 'column' ? columns[1]!.mean : trials);
        return regressors.located(columns, share > 0 && share < 1 ? logit(share) : 0);
      },
      holdable: ['coefficients'],
      ascends: true,
      typical: regressors.typical((random) => {
        const n = trials === 'column' ? 1 + random.integer(12) : trials;
        return trials === 'column' ? [random.integer(n + 1), n] : [random.integer(n + 1)];
      }),

      sample(parameters, random, row) {
        successes.sample!(probabilityOf(parameters, row), random, row);
      },
      cdf: (y, parameters, row) => successes.cdf!(y, probabilityOf(parameters, row), row),
      quantile: (probability, parameters, row) => successes.quantile!(probability, probabilityOf(parameters, row), row),
      mean: (parameters, row) =>
        regressors.columns.map((_, index) =>
          index === 0 ? (trials === 'column' ? row![1]! : trials) * probabilityOf(parameters, row).probability : 0,
        ),

      distance: (from, to) => regressors.distance(from, to),
      rounding: (parameters) => regressors.rounding(parameters),
      unbounded: (parameters) => regressors.unbounded(parameters),
      coordinates: regressors.coordinates<BinomialRegressionParameters>([], FARTHEST, () => 1),

      accuracy: { logDensity: 16, maximize: 64, cdf: 16, quantile: 0 },
    };
  },
});

function logMass(y: number, trials: number, odds: number): number {
  if (!(y >= 0 && y <= trials && Math.floor(y) === y)) return -Infinity;
  // By the rarer outcome, whose probability has digits of its own.
  const [rare, rarer] = odds > 0 ? [trials - y, -odds] : [y, odds];
  const probability = expit(rarer);
  if (probability >= SMALLEST_PROBABILITY) return logBinomialMass(rare, trials, probability);
  return rare === 0 ? -trials * probability : rare * rarer + logBinomialMass(rare, trials, 0.5) + trials * log(2);
}
