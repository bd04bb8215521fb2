import { defineFamily, degenerate } from '@emkit/core';

/**
 * The Rayleigh distribution, by the square of its scale: f(x; s) = x / s exp(-x^2 / (2 s)) for x > 0.
 *
 * Statistic: the sum of r x^2. Estimate: s = sum / (2 N).
 */
export const rayleigh = defineFamily({
  id: 'rayleigh',
  title: 'Rayleigh, by the square of its scale',
  create: () => ({
    id: 'rayleigh',
    options: {},
    columns: [{ name: 'x', support: { kind: 'interval', minimum: 0, maximum: Infinity, minimumOpen: true } }],
    parameters: { squaredScale: { kind: 'positive' } },
    statisticsLength: 1,

    logDensity({ size, columns }, { squaredScale }, out) {
      for (let row = 0; row < size; row += 1) {
        const x = columns[0][row];
        // x / s times x / 2: the square itself could overflow where the quotient does not.
        out[row] = x > 0 ? Math.log(x) - Math.log(squaredScale) - (x / squaredScale) * (x / 2) : -Infinity;
      }
    },

    accumulate({ size, columns }, responsibilities, _about, statistics) {
      for (let row = 0; row < size; row += 1) statistics[0] += responsibilities[row] * columns[0][row] ** 2;
    },

    maximize(statistics, count, about, held) {
      if (held.has('squaredScale')) return about;
      const squaredScale = statistics[0] / (2 * count);
      if (!(squaredScale > 0 && squaredScale < Infinity)) throw degenerate('squaredScale', 'the squares of the data are no doubles');
      return { squaredScale };
    },

    sample({ squaredScale }, random, row) {
      row[0] = Math.sqrt(2 * squaredScale * random.exponential());
    },

    cdf: (x, { squaredScale }) => (x > 0 ? -Math.expm1(-(x * x) / (2 * squaredScale)) : 0),
    quantile: (probability, { squaredScale }) => Math.sqrt(-2 * squaredScale * Math.log1p(-probability)),
    mean: ({ squaredScale }) => [Math.sqrt((Math.PI * squaredScale) / 2)],

    equivariance: {
      scale: true,
      shift: false,
      transform: ({ squaredScale }, [scale]) => ({ squaredScale: scale * squaredScale * scale }),
    },
  }),
});
