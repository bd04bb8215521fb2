import type { FamilyDefinition } from '@emkit/core';
import { addMoments, Design, innerProduct, log, normalCdf, normalQuantile, solvePositive, timesTriangle } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { varianceGain } from './gain.ts';
import { type Coefficients, REGRESSION_OPTIONS, type Refined, type RegressionOptions, Regressors } from './regression/regressors.ts';
import { checkedVariance, LEAST_PART, rescaledVariance, startingVariance, unitOfVariance } from './spread.ts';

/**
 * The parameters of a component: `coefficients`, the intercept first, in the unit of the response over that of the predictor; `variance` > 0 of the
 * response about its mean.
 */
export type GaussianRegressionParameters = Coefficients & { readonly variance: number };

const LOG_TWO_PI = 1.8378770664093453;

/**
 * Linear regression with Gaussian errors, given the predictors.
 *
 * Density f(y | x; b, v) = exp(-(y - m)^2 / (2 v)) / sqrt(2 pi v), m = b0 + b1 x1 + ... + bp xp (+ offset).
 * Parameters `coefficients` b (p + 1 finite numbers, or p without an intercept) and `variance` v > 0. Columns: the response, then p given predictors,
 * then the offset where there is one.
 * Statistics, about the given coefficients, with e = (y - m) u, u a power of two near one over the deviation, and z the predictors in
 * nearly uncorrelated coordinates: the sums of r e z, of r e^2, and of r z z'. Estimates: the step that solves (sum of r z z') s = sum of
 * r e z, which is that of a QR decomposition; variance' = (sum of r e^2 - s' sum of r e z) / (N u^2), the divisor N and not N - p.
 *
 * Edge cases: where a predictor is a linear combination of the others in the rows of a component, or they are fewer than the coefficients,
 * there is no estimate and the M-step throws `COMPONENT_DEGENERATE` for `coefficients`, naming the predictor; where the rows lie on a plane, for
 * `variance`. Columns far from zero, and columns that nearly depend on each other, keep their digits: those of the effects, kept beside
 * the coefficients, which themselves are rounded to their own size.
 *
 * Source: Golub and Van Loan, Matrix Computations (2013), chapter 5; mixtures of regressions: DeSarbo and Cron (1988), Journal of
 * Classification 5.
 */
export const gaussianRegression: FamilyDefinition<GaussianRegressionParameters, RegressionOptions> = defineFamily<
  GaussianRegressionParameters,
  RegressionOptions
>({
  id: 'gaussian-regression',
  title: 'Linear regression with Gaussian errors',
  options: REGRESSION_OPTIONS,
  variants: [{}, { predictors: 3 }, { predictors: 2, intercept: 'none' }, { offset: 'column' }],
  create(options) {
    const regressors = new Regressors(options, [{ name: 'y', support: { kind: 'real' } }]);
    const { length } = regressors;
    const squares = length;
    const moments = length + 1;
    const momentsOf = (statistics: Float64Array): Float64Array => statistics.subarray(moments);
    const statisticsLength = moments + (length * (length + 1)) / 2;

    /** The step from the coefficients of `about`, in the unit of the statistics, and the mean square that it leaves. */
    const solved = (statistics: Float64Array, count: number, about: Refined) => {
      const { design } = regressors.prepare(about);
      const dependent = design.dependent(momentsOf(statistics), count);
      const step = dependent === undefined ? solvePositive(momentsOf(statistics), statistics.slice(0, length)) : undefined;
      const left = step === undefined ? Number.NaN : (statistics[squares]! - innerProduct(step, statistics.subarray(0, length))) / count;
      return { step, left, dependent };
    };

    return {
      id: 'gaussian-regression',
      options,
      columns: regressors.columns,
      parameters: { coefficients: regressors.coefficients, variance: { kind: 'positive' } },
      refinements: regressors.refinements,
      show: (parameters) => ({ ...regressors.show(parameters), variance: parameters.variance }),
      statisticsLength,

      logDensity({ size, columns }, parameters, out) {
        const prepared = regressors.prepare(parameters);
        const vector = new Float64Array(length);
        const { variance } = parameters;
        const unit = unitOfVariance(variance);
        const halfPrecision = 0.5 / (variance * unit * unit);
        const constant = -0.5 * (LOG_TWO_PI + log(variance));
        for (let i = 0; i < size; i += 1) {
          const z = (columns[0]![i]! - regressors.linear(prepared, columns, i, vector)) * unit;
          out[i] = constant - z * z * halfPrecision;
        }
      },

      accumulate({ size, columns }, responsibilities, about, statistics) {
        const prepared = regressors.prepare(about);
        const vector = new Float64Array(length);
        const unit = unitOfVariance(about.variance);
        for (let i = 0; i < size; i += 1) {
          const responsibility = responsibilities[i]!;
          if (responsibility === 0) continue;
          const error = (columns[0]![i]! - regressors.linear(prepared, columns, i, vector)) * unit;
          for (let j = 0; j < length; j += 1) statistics[j]! += responsibility * error * vector[j]!;
          statistics[squares]! += responsibility * error * error;
          addMoments(statistics, moments, responsibility, vector);
        }
      },

      maximize(statistics, count, about, held) {
        const unit = unitOfVariance(about.variance);
        const { design, effects } = regressors.prepare(about);
        if (held.has('coefficients')) {
          if (held.has('variance')) return about;
          const variance = checkedVariance(statistics[squares]! / count, unit, Math.abs(effects[0]!));
          return { ...about, variance };
        }
        const { step, left, dependent } = solved(statistics, count, about);
        if (step === undefined) throw regressors.undetermined(dependent);
        const next = effects.map((value, index) => value + step[index]! / unit);
        const variance = held.has('variance') ? about.variance : checkedVariance(left, unit, Math.abs(next[0]!));
        return { ...regressors.record(design.frame, next), variance };
      },

      recentre(statistics, count, about, held) {
        const { design, effects } = regressors.prepare(about);
        const square = statistics[squares]! / count;
        const variance = held.has('variance') ? about.variance : rescaledVariance(about.variance, square);
        if (held.has('coefficients')) return variance === about.variance ? undefined : { ...about, variance };
        const frame = design.better(momentsOf(statistics), count);
        const { step, left } = solved(statistics, count, about);
        const good = step === undefined || left >= LEAST_PART * square;
        const moved = step && effects.map((value, index) => value + step[index]! / unitOfVariance(about.variance));
        const nearer = !good && moved!.some((value, index) => value !== effects[index]) && moved!.every(Number.isFinite);
        if (frame === undefined && !nearer && variance === about.variance) return undefined;
        const into = frame ?? design.frame;
        // In a frame that is bad the step is, too.
        const taken = new Design(into, regressors.intercept).take(frame === undefined && nearer ? moved! : effects, design);
        return { ...regressors.record(into, taken), variance };
      },

      gain(statistics, count, about, from, to) {
        const unit = unitOfVariance(about.variance);
        const inUnit = (values: Float64Array): Float64Array => values.map((value) => value * unit);
        const away = inUnit(regressors.step(about, from));
        const moved = inUnit(regressors.step(about, to)).map((value, index) => value - away[index]!);
        const matrix = momentsOf(statistics);
        const slope = timesTriangle(matrix, away).map((value, index) => statistics[index]! - value);
        const second = statistics[squares]! - innerProduct(away, statistics.subarray(0, length)) - innerProduct(away, slope);
        const bend = timesTriangle(matrix, moved);
        const ofMean = innerProduct(
          moved,
          slope.map((value, index) => 2 * value - bend[index]!),
        );
        return 0.5 * (ofMean / (to.variance * unit * unit) + varianceGain(second, count, unit, from.variance, to.variance));
      },

      locate({ columns }) {
        const variance = startingVariance(columns[0]!);
        return { ...regressors.located(columns, columns[0]!.mean), variance };
      },

      holdable: ['coefficients', 'variance'],

      sample(parameters, random, row) {
        row[0] = regressors.linearOf(parameters, row) + Math.sqrt(parameters.variance) * random.normal();
      },

      cdf: (y, parameters, row) => normalCdf((y - regressors.linearOf(parameters, row!)) / Math.sqrt(parameters.variance)),
      quantile: (probability, parameters, row) =>
        regressors.linearOf(parameters, row!) + Math.sqrt(parameters.variance) * normalQuantile(probability),
      mean: (parameters, row) => regressors.columns.map((_, index) => (index === 0 ? regressors.linearOf(parameters, row!) : 0)),

      distance: (from, to) =>
        Math.max(
          regressors.distance(from, to) / Math.sqrt(Math.max(from.variance, to.variance)),
          Math.abs(to.variance - from.variance) / Math.max(from.variance, to.variance),
        ),
      rounding: (parameters) => Math.max(Number.EPSILON, regressors.rounding(parameters) / Math.sqrt(parameters.variance)),
      coordinates: regressors.coordinates<GaussianRegressionParameters>(['variance'], Infinity, ({ variance }) => Math.sqrt(variance)),

      accuracy: { logDensity: 16, maximize: 64, cdf: 16, quantile: 16 },
    };
  },
});
