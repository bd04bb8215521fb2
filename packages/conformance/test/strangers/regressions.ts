import { defineFamily, degenerate, type FamilyDefinition } from '@emkit/core';
import { exp, expit, log, log1pexp, logFactorial } from '@emkit/core/numerics';

/** Regressions: the density of one column given others. */

const HALF_LOG_TWO_PI = 0.9189385332046728;

type Line = { readonly intercept: number; readonly slope: number; readonly variance: number };

/**
 * A line with normal residuals, y = a + b x + e. Sums of r, r x, r x^2, r e, r e x and r e^2 with the residuals e about the given line.
 */
export const line: FamilyDefinition<Line> = defineFamily<Line>({
  id: 'line',
  title: 'Line with normal residuals',
  create: () => ({
    id: 'line',
    options: {},
    columns: [
      { name: 'y', support: { kind: 'real' } },
      { name: 'x', support: { kind: 'real' }, given: true },
    ],
    parameters: { intercept: { kind: 'real' }, slope: { kind: 'real' }, variance: { kind: 'positive' } },
    statisticsLength: 6,

    logDensity({ size, columns: [y, x] }, { intercept, slope, variance }, out) {
      for (let row = 0; row < size; row += 1) {
        const residual = (y![row]! - intercept - slope * x![row]!) / Math.sqrt(variance);
        out[row] = residual - residual === 0 ? -HALF_LOG_TWO_PI - 0.5 * log(variance) - 0.5 * residual * residual : -Infinity;
      }
    },

    accumulate({ size, columns: [y, x] }, responsibilities, { intercept, slope }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const r = responsibilities[row]!;
        if (r === 0) continue;
        const residual = y![row]! - intercept - slope * x![row]!;
        const terms = [1, x![row]!, x![row]! ** 2, residual, residual * x![row]!, residual ** 2];
        for (let index = 0; index < 6; index += 1) statistics[index]! += r * terms[index]!;
      }
    },

    maximize(statistics, count, about, held) {
      if (held.size > 0) return about;
      const step = solve(statistics);
      const variance = (statistics[5]! - step.intercept * statistics[3]! - step.slope * statistics[4]!) / count;
      // What the residuals are rounded to: parts of 2^-53 of the values of y.
      const size = about.intercept ** 2 + (about.slope ** 2 * statistics[2]!) / count;
      if (!(variance > 1e-26 * size && variance < Infinity)) throw degenerate('variance', 'the rows of the component lie on a line');
      return { intercept: about.intercept + step.intercept, slope: about.slope + step.slope, variance };
    },

    recentre(statistics, count, about) {
      const step = solve(statistics, true);
      if (step.explained <= 0.5 * statistics[5]! || !(count > 0)) return undefined;
      return { ...about, intercept: about.intercept + step.intercept, slope: about.slope + step.slope };
    },

    sample({ intercept, slope, variance }, random, row) {
      row[0] = intercept + slope * row[1]! + Math.sqrt(variance) * random.normal();
    },

    mean: ({ intercept, slope }, row) => [intercept + slope * (row?.[1] ?? 0), 0],

    distance(from, to) {
      const deviation = Math.sqrt(Math.max(from.variance, to.variance));
      return Math.max(
        Math.abs(to.intercept - from.intercept) / deviation,
        Math.abs(to.slope - from.slope) / deviation,
        Math.abs(to.variance - from.variance) / Math.max(from.variance, to.variance),
      );
    },
  }),
});

/** The change of the line that makes the residuals orthogonal to 1 and x. */
function solve(s: Float64Array, lenient = false): { intercept: number; slope: number; explained: number } {
  const centre = s[1]! / s[0]!;
  const spread = s[2]! - centre * s[1]!;
  if (!(spread > 1e-9 * s[2]!)) {
    if (lenient) return { intercept: 0, slope: 0, explained: 0 };
    throw degenerate('slope', 'the rows of the component have one value of x');
  }
  const slope = (s[4]! - centre * s[3]!) / spread;
  const intercept = s[3]! / s[0]! - centre * slope;
  return { intercept, slope, explained: intercept * s[3]! + slope * s[4]! };
}

/** Counts in proportion to a given exposure: y ~ Poisson(rate exposure). */
export const exposed: FamilyDefinition<{ readonly rate: number }> = defineFamily<{ readonly rate: number }>({
  id: 'exposed-counts',
  title: 'Poisson counts by exposure',
  create: () => ({
    id: 'exposed-counts',
    options: {},
    columns: [
      { name: 'count', support: { kind: 'integer', minimum: 0, maximum: Infinity } },
      { name: 'exposure', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true }, given: true },
    ],
    parameters: { rate: { kind: 'positive' } },
    statisticsLength: 2,

    logDensity({ size, columns: [counts, exposures] }, { rate }, out) {
      for (let row = 0; row < size; row += 1) {
        const [count, logMean] = [counts![row]!, log(rate) + log(exposures![row]!)];
        out[row] = isCount(count) ? count * logMean - exp(logMean) - logFactorial(count) : -Infinity;
      }
    },

    accumulate({ size, columns: [counts, exposures] }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) {
        statistics[0]! += responsibilities[row]! * counts![row]!;
        statistics[1]! += responsibilities[row]! * exposures![row]!;
      }
    },

    maximize(statistics, _count, about, held) {
      if (held.has('rate')) return about;
      const rate = statistics[0]! / statistics[1]!;
      if (!(rate > 0 && rate < Infinity)) throw degenerate('rate', 'every count of the component is 0');
      return { rate };
    },

    sample({ rate }, random, row) {
      // The number of arrivals within the exposure.
      let count = -1;
      for (let time = 0; time < rate * row[1]!; count += 1) time += random.exponential();
      row[0] = Math.max(0, count);
    },

    mean: ({ rate }, row) => [rate * (row?.[1] ?? 0), 0],
  }),
});

function isCount(value: number): boolean {
  return value >= 0 && value < Infinity && Math.floor(value) === value;
}

type Logit = { readonly intercept: number; readonly slope: number };

/**
 * Logistic regression of a 0 or 1 on x, by the step of D. Böhning and B. Lindsay, Monotonicity of quadratic-approximation algorithms
 * (1988): the curvature is nowhere above X'X / 4, so that a step with that matrix in its place never overshoots.
 */
export const logistic: FamilyDefinition<Logit> = defineFamily<Logit>({
  id: 'logistic-regression',
  title: 'Logistic regression',
  create: () => ({
    id: 'logistic-regression',
    options: {},
    columns: [
      { name: 'success', support: { kind: 'integer', minimum: 0, maximum: 1 } },
      { name: 'x', support: { kind: 'real' }, given: true },
    ],
    parameters: { intercept: { kind: 'real' }, slope: { kind: 'real' } },
    statisticsLength: 5,
    ascends: true,
    typical: {
      parameters: (random) => ({ intercept: 4 * random.uniform() - 2, slope: 2 * random.uniform() - 1 }),
      row: (random) => [random.integer(2), 2 * random.normal()],
    },

    logDensity({ size, columns: [success, x] }, { intercept, slope }, out) {
      for (let row = 0; row < size; row += 1) {
        const logit = intercept + slope * x![row]!;
        const value = success![row]!;
        out[row] = value === 1 ? -log1pexp(-logit) : value === 0 ? -log1pexp(logit) : -Infinity;
      }
    },

    accumulate({ size, columns: [success, x] }, responsibilities, { intercept, slope }, statistics) {
      for (let row = 0; row < size; row += 1) {
        const r = responsibilities[row]!;
        const logit = intercept + slope * x![row]!;
        const excess = success![row]! === 1 ? expit(-logit) : -expit(logit);
        const terms = [1, x![row]!, x![row]! ** 2, excess, excess * x![row]!];
        for (let index = 0; index < 5; index += 1) statistics[index]! += r * terms[index]!;
      }
    },

    maximize(statistics, _count, about, held) {
      if (held.size > 0) return about;
      const { intercept, slope } = solve(statistics);
      return { intercept: about.intercept + 4 * intercept, slope: about.slope + 4 * slope };
    },

    sample({ intercept, slope }, random, row) {
      row[0] = random.uniform() < expit(intercept + slope * row[1]!) ? 1 : 0;
    },

    mean: ({ intercept, slope }, row) => [expit(intercept + slope * (row?.[1] ?? 0)), 0],

    distance: (from, to) => Math.max(Math.abs(to.intercept - from.intercept), Math.abs(to.slope - from.slope)),
  }),
});
