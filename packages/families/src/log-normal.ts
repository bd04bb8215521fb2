import { type Block, degenerate, EmkitError, type FamilyDefinition } from '@emkit/core';
import { exp, log, logQuotient, SMALLEST_NORMAL } from '@emkit/core/numerics';
import { defineFamily } from './define-family.ts';
import { type GaussianParameters, gaussian } from './gaussian.ts';
import { ROUNDING } from './spread.ts';

/** The parameters of a log-normal component: the mean `logMean` and the variance `logVariance` > 0 of log x. The median is exp(logMean). */
export type LogNormalParameters = { readonly logMean: number; readonly logVariance: number };

/**
 * The log-normal distribution, of amounts whose logarithm is Gaussian: sizes, incomes, concentrations, growth by many small factors.
 *
 * Density f(x; m, v) = exp(-(log x - m)^2 / (2 v)) / (x sqrt(2 pi v)) for x > 0, 0 elsewhere: the factor 1/x belongs to it, so that its
 * log-likelihood can be held against those of other families on the same column.
 * Parameters `logMean` m (any finite number) and `logVariance` v > 0, both of log x. One column, x > 0.
 * Statistics and estimates are those of the Gaussian family on log x: m' the weighted mean, v' the weighted variance with the divisor N.
 *
 * Edge cases: a component on one value, or on values that differ by their rounding only, has no estimate and the M-step throws
 * `COMPONENT_DEGENERATE` for `logVariance`. A change of units adds to `logMean` and leaves `logVariance` alone.
 *
 * Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 14.
 */
export const logNormal: FamilyDefinition<LogNormalParameters> = defineFamily<LogNormalParameters>({
  id: 'log-normal',
  title: 'Log-normal, by the mean and variance of the logarithm',
  create: () => {
    const normal = gaussian();
    return {
      id: 'log-normal',
      options: {},
      columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, minimumOpen: true, maximum: Infinity } }],
      parameters: { logMean: { kind: 'real' }, logVariance: { kind: 'positive' } },
      statisticsLength: normal.statisticsLength,

      logDensity(block, parameters, out) {
        const x = block.columns[0]!;
        const frame = frameAt(parameters);
        normal.logDensity(deviations(block, frame), inFrame(parameters, frame), out);
        for (let i = 0; i < block.size; i += 1) out[i] = x[i]! > 0 ? out[i]! - log(x[i]!) : -Infinity;
      },

      accumulate(block, responsibilities, about, statistics) {
        const frame = frameAt(about);
        normal.accumulate(deviations(block, frame), responsibilities, inFrame(about, frame), statistics);
      },

      maximize(statistics, count, about, held) {
        const frame = frameAt(about);
        const found = fromFrame(maximizeNormal(statistics, count, inFrame(about, frame), held), frame, about, held);
        // The rounding of x itself is an absolute one of log x.
        if (!held.has('logVariance') && found.logVariance <= ROUNDING * ROUNDING)
          throw collapsed('all its observations are equal to rounding');
        return found;
      },

      recentre(statistics, count, about, held) {
        const frame = frameAt(about);
        const better = normal.recentre!(statistics, count, inFrame(about, frame), heldOf(held));
        if (better === undefined) return undefined;
        const found = fromFrame(better, frame, about, held);
        // A move of log x below the rounding of x is none.
        const moves = Math.abs(found.logMean - about.logMean) > ROUNDING * Math.max(1, Math.abs(about.logMean));
        return moves || found.logVariance !== about.logVariance ? found : undefined;
      },

      shareable: ['logVariance'],
      translate(statistics, count, about, to) {
        const frame = frameAt(about);
        return normal.translate!(statistics, count, inFrame(about, frame), inFrame(to, frame));
      },
      gain(statistics, count, about, from, to) {
        const frame = frameAt(about);
        return normal.gain!(statistics, count, inFrame(about, frame), inFrame(from, frame), inFrame(to, frame));
      },

      // By the variance that a log-normal of this mean and variance has, taken so that no square overflows.
      locate({ columns: [column] }) {
        const { mean, variance } = column!;
        const ratio = mean > 0 ? Math.sqrt(variance) / mean : 0;
        return { logMean: mean > 0 ? log(mean) : 0, logVariance: Math.max(log(1 + ratio * ratio), ROUNDING * ROUNDING) };
      },

      holdable: ['logMean', 'logVariance'],

      sample({ logMean, logVariance }, random, row) {
        row[0] = Math.min(Math.max(exp(logMean + Math.sqrt(logVariance) * random.normal()), Number.MIN_VALUE), Number.MAX_VALUE);
      },

      cdf(x, parameters) {
        if (!(x > 0)) return 0;
        const frame = frameAt(parameters);
        return normal.cdf!(logQuotient(x, frame.centre), inFrame(parameters, frame));
      },
      quantile: (probability, parameters) => exp(normal.quantile!(probability, ofLogarithm(parameters))),
      mean: ({ logMean, logVariance }) => [exp(logMean + 0.5 * logVariance)],

      distance: (from, to) => normal.distance!(ofLogarithm(from), ofLogarithm(to)),

      /** In the coordinates logMean and log logVariance. */
      scores(block, parameters, out) {
        const frame = frameAt(parameters);
        normal.scores!(deviations(block, frame), inFrame(parameters, frame), out);
      },

      exponentialForm: {
        ...normal.exponentialForm!,
        naturalParameters: (parameters) => normal.exponentialForm!.naturalParameters(ofLogarithm(parameters)),
        fromNatural: (natural) => {
          const { mean, variance } = normal.exponentialForm!.fromNatural(natural);
          return { logMean: mean, logVariance: variance };
        },
        sufficientStatistics: (row) => normal.exponentialForm!.sufficientStatistics(Float64Array.of(log(row[0]!))),
      },

      equivariance: {
        scale: true,
        shift: false,
        transform: ({ logMean, logVariance }, scale) => ({ logMean: logMean + log(scale[0]!), logVariance }),
      },

      accuracy: { logDensity: 4, maximize: 6, cdf: 4, quantile: 4 },
    };

    function maximizeNormal(statistics: Float64Array, count: number, about: GaussianParameters, held: ReadonlySet<string>) {
      try {
        return normal.maximize(statistics, count, about, heldOf(held));
      } catch (error) {
        throw error instanceof EmkitError && error.details.parameter === 'variance'
          ? collapsed('all its observations are equal, or so near or so far from each other that the variance is no double')
          : error;
      }
    }
  },
});

function collapsed(reason: string): EmkitError {
  return degenerate('logVariance', reason);
}

/**
 * Logarithms are taken of x in parts of a centre near exp(logMean), so that those of amounts of 1e-150 have the digits of those round 1:
 * log x itself would have lost them before the mean is taken off.
 */
interface Frame {
  readonly centre: number;
  readonly logCentre: number;
}

function frameAt({ logMean }: LogNormalParameters): Frame {
  const centre = Math.min(Math.max(exp(logMean), SMALLEST_NORMAL), Number.MAX_VALUE);
  return { centre, logCentre: log(centre) };
}

function deviations({ size, columns }: Block, { centre }: Frame): Block {
  const x = columns[0]!;
  const logs = new Float64Array(size);
  for (let i = 0; i < size; i += 1) logs[i] = logQuotient(x[i]!, centre);
  return { size, columns: [logs] };
}

function inFrame({ logMean, logVariance }: LogNormalParameters, { logCentre }: Frame): GaussianParameters {
  return { mean: logMean - logCentre, variance: logVariance };
}

function fromFrame(
  { mean, variance }: GaussianParameters,
  { logCentre }: Frame,
  about: LogNormalParameters,
  held: ReadonlySet<string>,
): LogNormalParameters {
  return { logMean: held.has('logMean') ? about.logMean : mean + logCentre, logVariance: variance };
}

function ofLogarithm({ logMean, logVariance }: LogNormalParameters): GaussianParameters {
  return { mean: logMean, variance: logVariance };
}

function heldOf(held: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...held].map((name) => (name === 'logMean' ? 'mean' : 'variance')));
}
