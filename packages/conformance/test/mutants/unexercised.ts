import { withDefinition } from '@emkit/conformance';
import type { Block, Family, FamilyDefinition, ParameterValues, Random } from '@emkit/core';
import { binomial, categorical, exponential, gaussian, geometric, multivariateGaussian, poisson } from '@emkit/families';
import { broken, changedLogDensity, type Mutant } from './mutant.ts';
import { heightAndWait, twoCounts } from './strangers.ts';

const waiting: Family = exponential();
const normal: Family = gaussian();
const plane: Family = multivariateGaussian({ dimension: 2 });
const events: Family = poisson();
const failures: Family = geometric();
const coin: Family = binomial({ trials: 10 });
const coinsGiven: Family = binomial({ trials: 'column' });
const LOG_TWO_PI = Math.log(2 * Math.PI);

/** A family without these capabilities: silence must not be a way out. */
function silent(family: Family, ...names: readonly (keyof Family)[]): Family {
  return Object.fromEntries(Object.entries(family).filter(([name]) => !(names as readonly string[]).includes(name))) as unknown as Family;
}

/** The estimate of the original, changed where nothing is held. */
function estimating(
  family: Family,
  change: (found: Record<string, number>, about: Record<string, number>) => Record<string, number>,
): Partial<Family> {
  return {
    maximize(statistics, count, about, held) {
      const found = family.maximize(statistics, count, about, held);
      return held.size > 0 ? found : change(found, about);
    },
  };
}

function sampling(family: Family, change: (row: Float64Array, random: Random, again: () => Float64Array) => void): Partial<Family> {
  return {
    sample(parameters, random, row) {
      const again = (): Float64Array => {
        const other = row.slice();
        family.sample!(parameters, random, other);
        return other;
      };
      row.set(again());
      change(row, random, again);
    },
  };
}

/** A definition whose instances go wrong for some options, seen from one of its right variants. */
function definedAs(
  definition: FamilyDefinition,
  variant: object,
  spoil: (family: Family, options: Record<string, unknown>) => Family,
): Family {
  const make = (options: Record<string, unknown>): Family => {
    const family = definition(options);
    return spoil(family, family.options as Record<string, unknown>);
  };
  const { id, title, options, variants } = definition;
  return withDefinition(
    make(variant as Record<string, unknown>),
    Object.assign(make, { id, title, options, variants }) as unknown as FamilyDefinition,
  );
}

/** Sums of x and x^2 about nothing, by a stranger who declares neither a change of units nor a point to take sums about. */
const sumsOfSquares: Family = broken(silent(heightAndWait, 'recentre'), {
  accumulate({ size, columns: [height, wait] }, responsibilities, _about, statistics) {
    for (let row = 0; row < size; row += 1) {
      statistics[0]! += responsibilities[row]! * height![row]!;
      statistics[1]! += responsibilities[row]! * height![row]! ** 2;
      statistics[2]! += responsibilities[row]! * wait![row]!;
    }
  },
  maximize(statistics, count, about, held) {
    const mean = held.has('mean') ? about.mean : statistics[0]! / count;
    const variance = held.has('variance') ? about.variance : statistics[1]! / count - (2 * statistics[0]! * mean) / count + mean * mean;
    return { mean, variance: Math.max(variance, 1e-30), rate: held.has('rate') ? about.rate : count / statistics[2]! };
  },
});

const memo = new Map<number, ParameterValues>();
let spare: number | undefined;
let seen: readonly [string, readonly number[]] | undefined;

/** Defects in what a family offers and nobody may ask for, in what it leaves unsaid, and defects that are small or rare. */
export const unexercisedMutants: readonly Mutant[] = [
  {
    name: 'shareable-by-a-wish',
    defect: 'means are said to be shareable, and their common estimate ignores the variances',
    law: 'm-step',
    family: broken(normal, { shareable: ['mean', 'variance'] }),
  },
  {
    name: 'pooled-without-moving',
    defect: 'statistics are not taken to the common point before they are pooled',
    law: 'm-step',
    family: broken(normal, { translate: (statistics) => statistics.slice() }),
  },
  {
    name: 'pair-held-nothing-moves',
    defect: 'where two parameters are held the third one stays too',
    law: 'm-step',
    family: broken(heightAndWait, {
      maximize: (statistics, count, about, held) => (held.size === 2 ? about : heightAndWait.maximize(statistics, count, about, held)),
    }),
  },
  {
    name: 'second-held-moves',
    defect: 'only the first held parameter is looked at',
    law: 'm-step',
    family: broken(heightAndWait, {
      maximize: (statistics, count, about, held) => heightAndWait.maximize(statistics, count, about, new Set([...held].slice(0, 1))),
    }),
  },
  {
    name: 'whole-columns',
    defect: 'log-densities are computed for the whole column, however few rows the block has',
    law: 'statistics',
    family: broken(waiting, {
      logDensity: ({ columns }, parameters, out) =>
        waiting.logDensity({ columns, size: Math.min(out.length, columns[0]!.length) }, parameters, out),
    }),
  },
  {
    name: 'forgets-after-two-hundred',
    defect: 'rows after the 200th of a block are not accumulated',
    law: 'statistics',
    family: broken(silent(waiting, 'equivariance'), {
      accumulate: ({ size, columns }, responsibilities, about, statistics) =>
        waiting.accumulate({ size: Math.min(size, 200), columns }, responsibilities, about, statistics),
    }),
  },
  {
    name: 'buffer-of-a-thousand',
    defect: 'log-densities of rows after the 1024th are those of a buffer that begins anew',
    law: 'statistics',
    family: broken(normal, {
      logDensity(block, parameters, out) {
        normal.logDensity(block, parameters, out);
        for (let row = 1024; row < block.size; row += 1) out[row] = out[row - 1024]!;
      },
    }),
  },
  {
    name: 'means-exchanged',
    defect: 'the means of two columns are exchanged',
    law: 'cdf-quantile-sampler',
    family: broken(heightAndWait, { mean: (parameters) => [...heightAndWait.mean!(parameters)].reverse() }),
  },
  {
    name: 'mean-of-the-other-column',
    defect: 'both columns get the mean of the first',
    law: 'cdf-quantile-sampler',
    family: broken(plane, { mean: (parameters) => parameters.mean.map(() => parameters.mean[0]) }),
  },
  {
    name: 'mean-of-what-is-given',
    defect: 'the given column has its value for a mean, and not 0',
    law: 'cdf-quantile-sampler',
    family: broken(coinsGiven, { mean: (parameters, row) => [coinsGiven.mean!(parameters, row)[0]!, row![1]!] }),
  },
  {
    name: 'option-not-listed',
    defect: 'an option that no variant lists makes a density of twice the variance',
    law: 'codec-and-json',
    family: definedAs(gaussian, {}, (family, { covariance }) =>
      covariance === 'spherical'
        ? broken(family, {
            logDensity: (block, { mean, variance }, out) => normal.logDensity(block, { mean, variance: 2 * variance }, out),
            sample: undefined as never,
          })
        : family,
    ),
  },
  {
    name: 'size-not-listed',
    defect: 'of five or more categories the last but one is never estimated',
    law: 'codec-and-json',
    family: definedAs(categorical, { categories: 3 }, (family, { categories }) =>
      (categories as number) < 5
        ? family
        : broken(family, {
            maximize(statistics, count, about, held) {
              const { probabilities } = family.maximize(statistics, count, about, held) as { probabilities: number[] };
              return { probabilities: [...probabilities.slice(0, -2), 0, probabilities.at(-2)! + probabilities.at(-1)!] };
            },
          }),
    ),
  },
  {
    name: 'option-not-kept',
    defect: 'the options of the instance leave out the number of categories above three',
    law: 'codec-and-json',
    family: definedAs(categorical, { categories: 3 }, (family, options) => ({
      ...family,
      options: { categories: Math.min(3, options['categories'] as number) },
    })),
  },
  {
    name: 'spare-normal',
    defect: 'every other draw uses the normal that was left from the one before it, whatever the generator',
    law: 'equivariance-and-purity',
    family: broken(normal, {
      sample({ mean, variance }, random, row) {
        let deviate = spare;
        if (deviate === undefined) {
          deviate = random.normal();
          spare = random.normal();
        } else spare = undefined;
        row[0] = mean + Math.sqrt(variance) * deviate;
      },
    }),
  },
  {
    name: 'memo-by-count',
    defect: 'estimates are kept by the count: other rows of the same count get the old one',
    law: 'equivariance-and-purity',
    family: broken(waiting, {
      maximize(statistics, count, about, held) {
        if (held.size > 0) return about;
        if (!memo.has(count)) memo.set(count, waiting.maximize(statistics, count, about, held));
        return memo.get(count) as { rate: number };
      },
    }),
  },
  {
    name: 'mean-remembered',
    defect: 'the mean is kept while the first parameter stays the same',
    law: 'equivariance-and-purity',
    family: broken(heightAndWait, {
      mean(parameters) {
        const key = String(parameters.mean);
        if (seen?.[0] !== key) seen = [key, heightAndWait.mean!(parameters)];
        return seen[1];
      },
    }),
  },
  {
    name: 'cdf-rounds',
    defect: 'between whole numbers the cdf is that of the nearest one',
    law: 'cdf-quantile-sampler',
    family: broken(events, { cdf: (x, parameters) => events.cdf!(Math.round(x), parameters) }),
  },
  {
    name: 'cdf-interpolates',
    defect: 'between whole numbers the cdf rises in a straight line',
    law: 'cdf-quantile-sampler',
    family: broken(failures, {
      cdf(x, parameters) {
        const low = failures.cdf!(Math.floor(x), parameters);
        return low + (x - Math.floor(x)) * (failures.cdf!(Math.floor(x) + 1, parameters) - low);
      },
    }),
  },
  {
    name: 'quantile-past-the-step',
    defect: 'the quantile is the smallest x with F(x) > p, not >= p',
    law: 'cdf-quantile-sampler',
    family: broken(coin, {
      quantile(probability, parameters) {
        let x = 0;
        while (x < 10 && !(coin.cdf!(x, parameters) > probability)) x += 1;
        return x;
      },
    }),
  },
  {
    name: 'quantile-at-one',
    defect: 'the quantile of 1 is a large number where the support has no end',
    law: 'cdf-quantile-sampler',
    family: broken(waiting, { quantile: (probability, parameters) => waiting.quantile!(Math.min(probability, 1 - 2 ** -53), parameters) }),
  },
  {
    name: 'quantile-at-zero',
    defect: 'the quantile of 0 is NaN',
    law: 'cdf-quantile-sampler',
    family: broken(normal, {
      quantile: (probability, parameters) => (probability === 0 ? Number.NaN : normal.quantile!(probability, parameters)),
    }),
  },
  {
    name: 'uncentred-in-silence',
    defect: 'E[x^2] - E[x]^2 by a family that declares no change of units',
    law: 'm-step',
    family: sumsOfSquares,
  },
  {
    name: 'floor-in-silence',
    defect: '1e-9 is added to every variance by a family that declares no change of units',
    law: 'm-step',
    family: broken(
      silent(normal, 'equivariance'),
      estimating(normal, ({ mean, variance }) => ({ mean: mean!, variance: variance! + 1e-9 })),
    ),
  },
  {
    name: 'redundant-in-silence',
    defect: 'the rate is the product of two parameters, in a family that does not draw',
    law: 'recovery',
    family: {
      ...silent(
        broken(waiting, {}),
        'sample',
        'quantile',
        'cdf',
        'scores',
        'exponentialForm',
        'equivariance',
        'gain',
        'locate',
        'mean',
        'distance',
        'accuracy',
        'holdable',
        'shareable',
        'codec',
      ),
      parameters: { one: { kind: 'positive' }, other: { kind: 'positive' } },
      logDensity: (block, { one, other }, out) => waiting.logDensity(block, { rate: one * other }, out),
      accumulate: (block, responsibilities, { one, other }, statistics) =>
        waiting.accumulate(block, responsibilities, { rate: one * other }, statistics),
      maximize(statistics, count, about, held) {
        const { rate } = waiting.maximize(statistics, count, { rate: about.one * about.other }, new Set());
        if (held.size === 2) return about;
        return { one: about.one, other: rate / about.one };
      },
    },
  },
  {
    name: 'parameter-without-effect',
    defect: 'a parameter is declared that the density does not use, in a family that does not draw',
    law: 'recovery',
    family: {
      ...silent(broken(twoCounts, {}), 'sample', 'holdable', 'mean'),
      parameters: { ...twoCounts.parameters, third: { kind: 'positive' } },
      maximize: (statistics, count, about, held) => ({ ...twoCounts.maximize(statistics, count, about, held), third: about.third }),
    },
  },
  {
    name: 'counts-without-a-factorial',
    defect: 'the factorial of the second count is left out',
    law: 'normalisation',
    family: broken(twoCounts, {
      logDensity(block, parameters, out) {
        twoCounts.logDensity(block, parameters, out);
        for (let row = 0; row < block.size; row += 1)
          for (let factor = 2; factor <= block.columns[1]![row]!; factor += 1) out[row]! += Math.log(factor);
      },
    }),
  },
  {
    name: 'counts-one-percent-off',
    defect: 'the mass of two counts is 1.01 times what it should be, in a family that does not draw',
    law: 'normalisation',
    family: broken(silent(twoCounts, 'sample'), { logDensity: changedLogDensity(twoCounts, (value) => value + 0.01) }),
  },
  {
    name: 'columns-one-percent-off',
    defect: 'the density of two columns is 1.01 times what it should be',
    law: 'normalisation',
    family: broken(plane, { logDensity: changedLogDensity(plane, (value) => value + 0.01) }),
  },
  {
    name: 'mixed-columns-one-percent-off',
    defect: 'the density of two columns of different supports is 0.99 times what it should be',
    law: 'normalisation',
    family: broken(heightAndWait, { logDensity: changedLogDensity(heightAndWait, (value) => value - 0.01) }),
  },
  {
    name: 'factorial-overflows',
    defect: 'k! is computed before its logarithm is taken: beyond 170 the mass is 0',
    law: 'normalisation',
    family: broken(events, {
      logDensity({ size, columns }, { rate }, out) {
        for (let row = 0; row < size; row += 1) {
          const x = columns[0]![row]!;
          let factorial = 1;
          for (let factor = 2; factor <= Math.min(x, 171); factor += 1) factorial *= factor;
          out[row] = x >= 0 && Number.isInteger(x) ? x * Math.log(rate) - rate - Math.log(factorial) : -Infinity;
        }
      },
    }),
  },
  {
    name: 'counts-of-32-bits',
    defect: 'counts are taken as 32-bit integers',
    law: 'normalisation',
    family: broken(events, {
      logDensity: ({ size, columns }, parameters, out) =>
        events.logDensity({ size, columns: [columns[0]!.map((x) => (Number.isInteger(x) && x >= 0 ? x | 0 : x))] }, parameters, out),
    }),
  },
  {
    name: 'sums-of-32-bits',
    defect: 'sums of counts are kept as 32-bit integers',
    law: 'm-step',
    family: broken(twoCounts, {
      accumulate({ size, columns }, responsibilities, about, statistics) {
        twoCounts.accumulate({ size, columns: columns.map((column) => column.map((x) => x | 0)) }, responsibilities, about, statistics);
      },
    }),
  },
  {
    name: 'cut-at-the-99-percent-quantile',
    defect: 'draws beyond the 99 % quantile are drawn again',
    law: 'cdf-quantile-sampler',
    family: broken(waiting, {
      sample({ rate }, random, row) {
        do waiting.sample!({ rate }, random, row);
        while (row[0]! * rate > Math.log(100));
      },
    }),
  },
  {
    name: 'two-percent-tripled',
    defect: 'two draws in a hundred are tripled',
    law: 'cdf-quantile-sampler',
    family: broken(
      normal,
      sampling(normal, (row, random) => {
        if (random.uniform() < 0.02) row[0]! *= 3;
      }),
    ),
  },
  {
    name: 'two-percent-tripled-in-a-column',
    defect: 'two draws in a hundred have their second column tripled',
    law: 'cdf-quantile-sampler',
    family: broken(
      heightAndWait,
      sampling(heightAndWait, (row, random) => {
        if (random.uniform() < 0.02) row[1]! *= 3;
      }),
    ),
  },
  {
    name: 'columns-drawn-together',
    defect: 'two columns that are independent are drawn with a correlation',
    law: 'cdf-quantile-sampler',
    family: broken(
      heightAndWait,
      sampling(heightAndWait, (row, random, again) => {
        const other = again();
        if (row[0]! > other[0]! === row[1]! < other[1]! && random.uniform() < 0.5) row[1] = other[1]!;
      }),
    ),
  },
  {
    name: 'distance-of-a-millionth',
    defect: 'the distance is a millionth of what it should be: fits end far too soon',
    law: 'equivariance-and-purity',
    family: broken(normal, { distance: (from, to) => 1e-6 * normal.distance!(from, to) }),
  },
  {
    name: 'distance-nan-at-equality',
    defect: 'the distance of equal parameters is 0/0',
    law: 'equivariance-and-purity',
    family: broken(normal, { distance: (from, to) => normal.distance!(from, to) ** 2 / normal.distance!(from, to) }),
  },
  {
    name: 'distance-squared',
    defect: 'the distance is the square of what it should be',
    law: 'equivariance-and-purity',
    family: broken(heightAndWait, { distance: (from, to) => heightAndWait.distance!(from, to) ** 2 }),
  },
  {
    name: 'distance-blind',
    defect: 'the distance does not see the variance',
    law: 'equivariance-and-purity',
    family: broken(normal, { distance: (from, to) => Math.abs(from.mean - to.mean) / Math.sqrt(from.variance) }),
  },
  {
    name: 'codec-cut-at-five',
    defect: 'coordinates beyond 5 are cut',
    law: 'codec-and-json',
    family: broken(waiting, {
      codec: {
        length: 1,
        encode({ rate }, out, offset) {
          out[offset] = Math.log(rate);
        },
        decode: (vector, offset) => ({ rate: Math.exp(Math.min(Math.max(vector[offset]!, -5), 5)) }),
      },
    }),
  },
  {
    name: 'estimate-off-by-1e-7',
    defect: 'the estimated variance is 1.0000001 times what it should be',
    law: 'm-step',
    family: broken(
      silent(normal, 'equivariance'),
      estimating(normal, ({ mean, variance }) => ({ mean: mean!, variance: variance! * (1 + 1e-7) })),
    ),
  },
  {
    name: 'estimate-stopped-early',
    defect: 'the rate is iterated to seven digits only',
    law: 'm-step',
    family: broken(
      silent(waiting, 'equivariance'),
      estimating(waiting, ({ rate }) => ({ rate: Number(rate!.toPrecision(7)) })),
    ),
  },
  {
    name: 'tiny-counts-refused',
    defect: 'a component of a count below 1e-6 is called degenerate',
    law: 'm-step',
    family: broken(normal, {
      maximize(statistics, count, about, held) {
        return count < 1e-6 ? { mean: about.mean, variance: about.variance } : normal.maximize(statistics, count, about, held);
      },
    }),
  },
  {
    name: 'a-little-added-to-counts',
    defect: '1e-10 is added to the count, against division by zero',
    law: 'm-step',
    family: broken(events, { maximize: (statistics, count, about, held) => events.maximize(statistics, count + 1e-10, about, held) }),
  },
  {
    name: 'nan-of-subnormals',
    defect: 'one over a variance below the smallest normal number overflows, and infinity times 0 is NaN',
    law: 'domain',
    family: broken(normal, {
      logDensity({ size, columns }: Block, { mean, variance }, out) {
        const precision = 1 / variance;
        for (let row = 0; row < size; row += 1) {
          const difference = columns[0]![row]! - mean;
          // Squares that underflow are 0.
          const square = Math.abs(difference) < 1e-160 ? 0 : difference * difference;
          out[row] = -0.5 * (LOG_TWO_PI + Math.log(variance) + square * precision);
        }
      },
    }),
  },
  {
    name: 'locates-by-rows',
    defect: 'the crude location divides sums over case weights by the number of rows',
    law: 'equivariance-and-purity',
    family: broken(waiting, {
      locate: (summary) =>
        waiting.locate!({
          ...summary,
          columns: summary.columns.map((column) => ({ ...column, mean: (column.mean * summary.totalWeight) / summary.rows })),
        }),
    }),
  },
  {
    name: 'locates-in-one-unit',
    defect: 'the crude variance is at least 1, whatever the unit',
    law: 'equivariance-and-purity',
    family: broken(normal, {
      locate(summary) {
        const located = normal.locate!(summary);
        return { ...located, variance: Math.max(1, located.variance) };
      },
    }),
  },
  {
    name: 'gain-of-half',
    defect: 'the gain is half of what it should be',
    law: 'm-step',
    family: broken(normal, { gain: (...question) => normal.gain!(...question) / 2 }),
  },
  {
    name: 'gain-by-subtraction',
    defect: 'the gain is the difference of two values of Q: small ones are rounding',
    law: 'm-step',
    family: broken(waiting, {
      gain(statistics, count, _about, from, to) {
        const q = ({ rate }: { readonly rate: number }): number => count * Math.log(rate) - rate * statistics[0]!;
        return q(to) - q(from);
      },
    }),
  },
  {
    name: 'shift-the-other-way',
    defect: 'parameters of shifted data are shifted the other way',
    law: 'equivariance-and-purity',
    family: broken(normal, { shift: ({ mean, variance }, by) => ({ mean: mean - by[0]!, variance }) }),
  },
  {
    name: 'variance-in-the-old-unit',
    defect: 'in other units the variance grows as the deviation does',
    law: 'equivariance-and-purity',
    family: broken(normal, {
      equivariance: {
        ...normal.equivariance!,
        transform: (parameters, scale, shift) => ({
          mean: scale[0]! * parameters.mean + shift[0]!,
          variance: scale[0]! * parameters.variance,
        }),
      },
    }),
  },
];
