import { parametersArbitrary, type Row, rowArbitrary } from '@emkit/conformance';
import { type Block, codecOf, createRandom, type Family, type ParameterValues, type Random } from '@emkit/core';
import * as fc from 'fast-check';
import { broken } from './mutant.ts';

/** A right family with one random defect. */
export interface RandomMutant {
  readonly family: Family;
  /** The function that is wrong. */
  readonly touched: keyof Family;
  readonly defect: string;
  /** Capabilities that were left out besides, as strangers do. */
  readonly without: readonly string[];
}

interface Change {
  readonly defect: string;
  readonly parts: Partial<Family>;
}

/** Makes a defect with sizes and places of its own; undefined where the family has nothing of the kind. */
type Operator = (family: Family, dice: Dice) => Change | undefined;

/** Random choices of a mutant. */
class Dice {
  private readonly random: Random;

  /** The same seed makes other choices for another family: FNV-1a of its id and the seed. */
  constructor(id: string, seed: number) {
    let hash = 0x811c9dc5;
    for (const character of `${id}/${seed}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
    this.random = createRandom(hash >>> 0);
  }

  /** Log-uniform from 10^low to 10^high, of either sign, three digits. */
  size(low: number, high: number): number {
    const value = Number((10 ** (low + (high - low) * this.random.uniform())).toPrecision(3));
    return this.random.uniform() < 0.5 ? value : -value;
  }

  below(count: number): number {
    return this.random.integer(count);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  pair(count: number): readonly [number, number] {
    const first = this.below(count);
    return [first, (first + 1 + this.below(count - 1)) % count];
  }

  flip(): boolean {
    return this.random.uniform() < 0.5;
  }
}

const names = (family: Family): readonly string[] => Object.keys(family.parameters);

/** The parameters with one unconstrained coordinate moved: always inside their domains. */
function moved(family: Family, parameters: ParameterValues, coordinate: number, by: number): ParameterValues {
  const codec = codecOf(family);
  const vector = new Float64Array(codec.length);
  codec.encode(parameters, vector, 0);
  if (!Number.isFinite(vector[coordinate]!)) return parameters;
  const unit = new Float64Array(codec.length).fill(1);
  codec.scales?.(parameters, unit, 0);
  vector[coordinate]! += by * unit[coordinate]!;
  const decoded = codec.decode(vector, 0) as ParameterValues;
  return family.show?.(decoded) ?? decoded;
}

/** Two parameters whose values may stand for each other. */
function alike(family: Family, dice: Dice): readonly [string, string] | undefined {
  const kinds = Object.entries(family.parameters).map(([name, domain]) => [name, JSON.stringify(domain)] as const);
  const pairs = kinds.flatMap(([name, domain], index) =>
    kinds.slice(index + 1).flatMap(([other, its]) => (its === domain ? [[name, other] as const] : [])),
  );
  return pairs.length === 0 ? undefined : dice.pick(pairs);
}

const exchanged = (parameters: ParameterValues, [one, other]: readonly [string, string]): ParameterValues => ({
  ...parameters,
  [one]: parameters[other]!,
  [other]: parameters[one]!,
});

/** Observed columns that can stand for each other. */
function alikeColumns(family: Family, dice: Dice): readonly [number, number] | undefined {
  const observed = family.columns.flatMap(({ given, support }, index) => (given ? [] : [[index, JSON.stringify(support)] as const]));
  const pairs = observed.flatMap(([index, support], place) =>
    observed.slice(place + 1).flatMap(([other, its]) => (its === support ? [[index, other] as const] : [])),
  );
  return pairs.length === 0 ? undefined : dice.pick(pairs);
}

function withColumns(block: Block, change: (columns: Float64Array[]) => void): Block {
  const columns = [...block.columns];
  change(columns);
  return { ...block, columns };
}

const mapColumn = (block: Block, column: number, change: (value: number) => number): Block =>
  withColumns(block, (columns) => {
    columns[column] = columns[column]!.map(change);
  });

const swapColumns = (block: Block, [one, other]: readonly [number, number]): Block =>
  withColumns(block, (columns) => {
    [columns[one], columns[other]] = [columns[other]!, columns[one]!];
  });

const firstRows = ({ size, columns, ...rest }: Block, most: number): Block => ({ ...rest, columns, size: Math.min(size, most) });

function observedColumn(family: Family, dice: Dice): number {
  return dice.pick(family.columns.flatMap(({ given }, index) => (given ? [] : [index])));
}

/** The statistics of a call alone, changed, are added to what is there. */
function withStatistics(family: Family, change: (own: Float64Array) => void): Family['accumulate'] {
  return (block, responsibilities, about, statistics) => {
    const own = new Float64Array(statistics.length);
    family.accumulate(block, responsibilities, about, own);
    change(own);
    for (let index = 0; index < own.length; index += 1) statistics[index]! += own[index]!;
  };
}

const swap = (values: Float64Array, [one, other]: readonly [number, number]): Float64Array => {
  const copy = values.slice();
  [copy[one], copy[other]] = [values[other]!, values[one]!];
  return copy;
};

/** Changes what the M-step gives; what is held stays held. */
function withEstimate(
  family: Family,
  change: (found: ParameterValues, about: ParameterValues, count: number) => ParameterValues,
): Partial<Family> {
  return {
    maximize(statistics, count, about, held) {
      const found = family.maximize(statistics, count, about, held);
      const other = change(found, about, count);
      return { ...other, ...Object.fromEntries([...held].map((name) => [name, found[name]!])) };
    },
  };
}

const LOG_DENSITY: readonly Operator[] = [
  (family, dice) => {
    const by = dice.size(-6, 0);
    return { defect: `${by} is added to log f`, parts: { logDensity: densities(family, (value) => value + by) } };
  },
  (family, dice) => {
    const by = 1 + dice.size(-6, -0.5);
    return { defect: `log f times ${by}`, parts: { logDensity: densities(family, (value) => value * by) } };
  },
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const by = dice.size(-5, -0.5);
    return {
      defect: `log f at parameters whose coordinate ${place + 1} is off by ${by}`,
      parts: { logDensity: (block, parameters, out) => family.logDensity(block, moved(family, parameters, place, by), out) },
    };
  },
  (family, dice) => {
    const pair = alike(family, dice);
    return (
      pair && {
        defect: `log f with ${pair.join(' and ')} exchanged`,
        parts: { logDensity: (block, parameters, out) => family.logDensity(block, exchanged(parameters, pair), out) },
      }
    );
  },
  (family, dice) => {
    const pair = alikeColumns(family, dice);
    return (
      pair && {
        defect: 'log f with two columns exchanged',
        parts: { logDensity: (block, parameters, out) => family.logDensity(swapColumns(block, pair), parameters, out) },
      }
    );
  },
  (family, dice) => {
    const column = observedColumn(family, dice);
    const integer = family.columns[column]!.support.kind === 'integer';
    const most = Math.abs(dice.size(2, 6));
    const [change, what] = dice.pick<readonly [(x: number) => number, string]>([
      [Math.fround, 'in single precision'],
      [(x) => (integer ? x | 0 : Math.min(Math.max(x, -most), most)), integer ? 'as a 32-bit integer' : `cut at ${most}`],
    ]);
    return {
      defect: `log f of column ${column + 1} ${what}`,
      parts: { logDensity: (block, parameters, out) => family.logDensity(mapColumn(block, column, change), parameters, out) },
    };
  },
  (family, dice) => {
    const most = dice.pick([1, 7, 64, 200, 400]);
    return {
      defect: `rows after the ${most}. have the density of that one`,
      parts: {
        logDensity(block, parameters, out) {
          family.logDensity(block, parameters, out);
          for (let row = most; row < block.size; row += 1) out[row] = out[most - 1]!;
        },
      },
    };
  },
  (family, dice) => {
    const name = dice.pick(names(family));
    let kept: ParameterValues | undefined;
    return {
      defect: `log f is of the parameters kept from before while ${name} stays the same`,
      parts: {
        logDensity(block, parameters, out) {
          if (kept === undefined || JSON.stringify(kept[name]) !== JSON.stringify(parameters[name])) kept = parameters;
          family.logDensity(block, kept, out);
        },
      },
    };
  },
  (family, dice) => {
    const below = -Math.abs(dice.size(0.7, 1.4));
    return {
      defect: `densities below exp(${below}) count as 0`,
      parts: { logDensity: densities(family, (value) => (value < below ? -Infinity : value)) },
    };
  },
  (family, dice) => {
    const column = observedColumn(family, dice);
    const by = dice.size(-5, -1);
    return {
      defect: `log f has the term ${by} x${column + 1}^2 too many`,
      parts: {
        logDensity(block, parameters, out) {
          family.logDensity(block, parameters, out);
          for (let row = 0; row < block.size; row += 1)
            if (out[row]! > -Infinity) out[row]! -= Math.abs(by) * block.columns[column]![row]! ** 2;
        },
      },
    };
  },
];

function densities(family: Family, change: (value: number) => number): Family['logDensity'] {
  return (block, parameters, out) => {
    family.logDensity(block, parameters, out);
    for (let row = 0; row < block.size; row += 1) out[row] = change(out[row]!);
  };
}

const ACCUMULATE: readonly Operator[] = [
  (family, dice) => {
    const place = dice.below(family.statisticsLength);
    const by = 1 + dice.size(-7, -0.5);
    return {
      defect: `statistic ${place + 1} times ${by}`,
      parts: {
        accumulate: withStatistics(family, (own) => {
          own[place]! *= by;
        }),
      },
    };
  },
  (family, dice) => {
    const place = dice.below(family.statisticsLength);
    return {
      defect: `statistic ${place + 1} is left out`,
      parts: {
        accumulate: withStatistics(family, (own) => {
          own[place] = 0;
        }),
      },
    };
  },
  (family, dice) => {
    if (family.statisticsLength < 2) return undefined;
    const pair = dice.pair(family.statisticsLength);
    return {
      defect: `statistics ${pair[0] + 1} and ${pair[1] + 1} exchanged`,
      parts: { accumulate: withStatistics(family, (own) => own.set(swap(own, pair))) },
    };
  },
  (family, dice) => {
    const [change, what] = dice.pick<readonly [(r: number) => number, string]>([
      [() => 1, 'ignored'],
      [(r) => r * r, 'squared'],
      [(r) => (r < 1e-6 ? 0 : r), 'below 1e-6 left out'],
      [(r) => Math.min(r, 1), 'cut at 1'],
      [Math.fround, 'in single precision'],
    ]);
    return {
      defect: `responsibilities ${what}`,
      parts: {
        accumulate: (block, responsibilities, about, statistics) =>
          family.accumulate(block, responsibilities.map(change), about, statistics),
      },
    };
  },
  (family, dice) => {
    const most = dice.pick([1, 20, 100, 200, 400]);
    return {
      defect: `rows after the ${most}. are left out`,
      parts: {
        accumulate: (block, responsibilities, about, statistics) =>
          family.accumulate(firstRows(block, most), responsibilities, about, statistics),
      },
    };
  },
  (family, dice) => {
    const [change, what] = dice.pick<readonly [(block: Block) => Block, string]>([
      [(block) => firstRows(block, block.size - 1), 'last'],
      [(block) => ({ ...block, size: block.size - 1, columns: block.columns.map((column) => column.subarray(1)) }), 'first'],
    ]);
    return {
      defect: `the ${what} row is left out`,
      parts: {
        accumulate: (block, responsibilities, about, statistics) =>
          family.accumulate(change(block), what === 'first' ? responsibilities.subarray(1) : responsibilities, about, statistics),
      },
    };
  },
  (family) => ({
    defect: 'the statistics are set, not added to',
    parts: {
      accumulate(block, responsibilities, about, statistics) {
        statistics.fill(0);
        family.accumulate(block, responsibilities, about, statistics);
      },
    },
  }),
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const by = dice.size(-5, -0.5);
    return {
      defect: `statistics about parameters whose coordinate ${place + 1} is off by ${by}`,
      parts: {
        accumulate: (block, responsibilities, about, statistics) =>
          family.accumulate(block, responsibilities, moved(family, about, place, by), statistics),
      },
    };
  },
  (family, dice) => {
    const every = dice.pick([2, 3, 5, 50]);
    let calls = 0;
    return {
      defect: `every ${every}. call adds its statistics twice`,
      parts: {
        accumulate(block, responsibilities, about, statistics) {
          calls += 1;
          family.accumulate(block, responsibilities, about, statistics);
          if (calls % every === 0) family.accumulate(block, responsibilities, about, statistics);
        },
      },
    };
  },
  (family, dice) => {
    const pair = alikeColumns(family, dice);
    return (
      pair && {
        defect: 'statistics of two columns exchanged',
        parts: {
          accumulate: (block, responsibilities, about, statistics) =>
            family.accumulate(swapColumns(block, pair), responsibilities, about, statistics),
        },
      }
    );
  },
  (family, dice) => {
    const column = observedColumn(family, dice);
    const integer = family.columns[column]!.support.kind === 'integer';
    return {
      defect: `statistics of column ${column + 1} ${integer ? 'as 32-bit integers' : 'in single precision'}`,
      parts: {
        accumulate: (block, responsibilities, about, statistics) =>
          family.accumulate(mapColumn(block, column, integer ? (x) => x | 0 : Math.fround), responsibilities, about, statistics),
      },
    };
  },
];

const MAXIMIZE: readonly Operator[] = [
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const by = dice.size(-7, -0.5);
    return {
      defect: `the estimate's coordinate ${place + 1} is off by ${by}`,
      parts: withEstimate(family, (found) => moved(family, found, place, by)),
    };
  },
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const by = dice.size(-1, 1);
    return {
      defect: `the estimate's coordinate ${place + 1} is off by ${by} / N`,
      parts: withEstimate(family, (found, _about, count) => moved(family, found, place, by / Math.max(1, count))),
    };
  },
  (family, dice) => {
    const name = dice.pick(names(family));
    return {
      defect: `${name} is not estimated`,
      parts: withEstimate(family, (found, about) => ({ ...about, ...found, [name]: about[name]! })),
    };
  },
  (family) =>
    names(family).length < 2 || (family.holdable ?? []).length === 0
      ? undefined
      : {
          defect: 'what is held moves',
          parts: { maximize: (statistics, count, about) => family.maximize(statistics, count, about, new Set()) },
        },
  (family, dice) => {
    const holdable = (family.holdable ?? []).filter(() => names(family).length > 1);
    if (holdable.length === 0) return undefined;
    const name = dice.pick(holdable);
    return {
      defect: `where ${name} is held the others are estimated as if it were not`,
      parts: {
        maximize(statistics, count, about, held) {
          const found = family.maximize(
            statistics,
            count,
            about,
            held.has(name) ? new Set([...held].filter((each) => each !== name)) : held,
          );
          return held.has(name) ? { ...found, [name]: about[name]! } : found;
        },
      },
    };
  },
  (family, dice) => {
    if (family.statisticsLength < 2) return undefined;
    const pair = dice.pair(family.statisticsLength);
    return {
      defect: `the M-step reads statistics ${pair[0] + 1} and ${pair[1] + 1} exchanged`,
      parts: { maximize: (statistics, count, about, held) => family.maximize(swap(statistics, pair), count, about, held) },
    };
  },
  (family, dice) => {
    const by = dice.size(-2, 0);
    return {
      defect: `the M-step divides by N + ${by}`,
      parts: { maximize: (statistics, count, about, held) => family.maximize(statistics, Math.max(count + by, count / 2), about, held) },
    };
  },
  (family, dice) => {
    let kept: readonly [string, ParameterValues] | undefined;
    const [key, what] = dice.pick<readonly [(statistics: Float64Array, count: number, about: ParameterValues) => string, string]>([
      [(_statistics, count) => String(count), 'N stays the same'],
      [(statistics) => String(statistics[0]), 'the first statistic stays the same'],
      [(_statistics, _count, about) => JSON.stringify(about), 'the point stays the same'],
    ]);
    return {
      defect: `the estimate is kept while ${what}`,
      parts: {
        maximize(statistics, count, about, held) {
          const now = key(statistics, count, about);
          if (held.size > 0) return family.maximize(statistics, count, about, held);
          if (kept === undefined || kept[0] !== now) kept = [now, family.maximize(statistics, count, about, held)];
          return kept[1];
        },
      },
    };
  },
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const most = Math.abs(dice.size(0, 1));
    return {
      defect: `the estimate's coordinate ${place + 1} is cut at ${most}`,
      parts: withEstimate(family, (found) => {
        const codec = codecOf(family);
        const vector = new Float64Array(codec.length);
        codec.encode(found, vector, 0);
        if (!(Math.abs(vector[place]!) > most)) return found;
        vector[place] = Math.sign(vector[place]!) * most;
        return codec.decode(vector, 0) as ParameterValues;
      }),
    };
  },
  (family, dice) => {
    const share = Math.abs(dice.size(-4, -0.3));
    const place = dice.below(codecOf(family).length);
    return {
      defect: `the estimate's coordinate ${place + 1} goes only ${1 - share} of the way`,
      parts: withEstimate(family, (found, about) => {
        const codec = codecOf(family);
        const [to, from] = [new Float64Array(codec.length), new Float64Array(codec.length)];
        codec.encode(found, to, 0);
        codec.encode(about, from, 0);
        const back = share * (from[place]! - to[place]!);
        if (!Number.isFinite(back) || back === 0) return found;
        to[place]! += back;
        return codec.decode(to, 0) as ParameterValues;
      }),
    };
  },
];

const within = (family: Family, column: number, value: number): number => {
  const { support } = family.columns[column]!;
  if (support.kind === 'real') return value;
  const maximum = typeof support.maximum === 'number' ? support.maximum : Infinity;
  return Math.min(Math.max(support.kind === 'integer' ? Math.round(value) : value, support.minimum), maximum);
};

const SAMPLE: readonly Operator[] = [
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const by = dice.size(-1.3, -0.3);
    return {
      defect: `draws of parameters whose coordinate ${place + 1} is off by ${by}`,
      parts: { sample: (parameters, random, row) => family.sample!(moved(family, parameters, place, by), random, row) },
    };
  },
  (family, dice) => {
    const column = observedColumn(family, dice);
    const share = Math.abs(dice.size(-1.7, -0.7));
    const integer = family.columns[column]!.support.kind === 'integer';
    const maximum = (family.columns[column]!.support as { maximum?: unknown }).maximum;
    if (maximum !== undefined && maximum !== Infinity) return undefined;
    return {
      defect: `a share of ${share} of the draws ${integer ? 'is one too many' : 'is tripled'}`,
      parts: {
        sample(parameters, random, row) {
          family.sample!(parameters, random, row);
          if (random.uniform() < share) row[column] = integer ? row[column]! + 1 : 3 * row[column]!;
        },
      },
    };
  },
  (family, dice) => {
    const column = observedColumn(family, dice);
    const least = 9 + dice.below(90);
    return {
      defect: `the largest of ${least + 1} draws is left out`,
      parts: {
        sample(parameters, random, row) {
          // About the quantile 1 - 1 / (least + 1) is what is never seen.
          const draws = Array.from({ length: 2 }, () => {
            const one = Float64Array.from(row);
            family.sample!(parameters, random, one);
            return one;
          });
          const [first, second] = draws as [Float64Array, Float64Array];
          const rare = random.uniform() < 2 / (least + 1);
          row.set(rare && second[column]! < first[column]! ? second : first);
        },
      },
    };
  },
  (family, dice) => {
    const pair = alikeColumns(family, dice);
    return (
      pair && {
        defect: 'drawn columns exchanged',
        parts: {
          sample(parameters, random, row) {
            family.sample!(parameters, random, row);
            row.set(swap(row, pair));
          },
        },
      }
    );
  },
  (family) => {
    let spare: Float64Array | undefined;
    return {
      defect: 'every other draw repeats the one before it',
      parts: {
        sample(parameters, random, row) {
          if (spare === undefined) {
            family.sample!(parameters, random, row);
            spare = row.slice();
          } else {
            row.set(spare);
            spare = undefined;
          }
        },
      },
    };
  },
  (family) => ({
    defect: 'draws by a generator of their own',
    parts: {
      sample(parameters, _random, row) {
        family.sample!(parameters, createRandom(Math.floor(Math.random() * 2 ** 31)), row);
      },
    },
  }),
  (family, dice) => {
    const column = observedColumn(family, dice);
    if (family.columns[column]!.support.kind === 'integer') return undefined;
    const digits = dice.pick([1, 10]);
    return {
      defect: `draws are rounded to multiples of ${1 / digits}`,
      parts: {
        sample(parameters, random, row) {
          family.sample!(parameters, random, row);
          row[column] = within(family, column, Math.round(row[column]! * digits) / digits);
        },
      },
    };
  },
];

const CDF: readonly Operator[] = [
  (family, dice) => {
    const place = dice.below(codecOf(family).length);
    const by = dice.size(-6, -0.5);
    return {
      defect: `F of parameters whose coordinate ${place + 1} is off by ${by}`,
      parts: { cdf: (x, parameters, row) => family.cdf!(x, moved(family, parameters, place, by), row) },
    };
  },
  (family, dice) => {
    const by = Math.abs(dice.size(-6, -1));
    return { defect: `F times 1 - ${by}`, parts: { cdf: (x, parameters, row) => family.cdf!(x, parameters, row) * (1 - by) } };
  },
  (family) => ({ defect: 'F is one minus itself', parts: { cdf: (x, parameters, row) => 1 - family.cdf!(x, parameters, row) } }),
  (family, dice) => {
    const column = observedColumn(family, dice);
    if (family.columns[column]!.support.kind !== 'integer') return undefined;
    const [change, what] = dice.pick<readonly [(x: number) => number, string]>([
      [Math.ceil, 'counts from the next whole number'],
      [Math.round, 'rounds'],
      [(x) => x - 1, 'leaves out the number itself'],
    ]);
    return { defect: `F ${what}`, parts: { cdf: (x, parameters, row) => family.cdf!(change(x), parameters, row) } };
  },
];

const QUANTILE: readonly Operator[] = [
  (family, dice) => {
    const by = 1 + dice.size(-7, -1);
    return {
      defect: `the quantile of probability times ${by}`,
      parts: { quantile: (probability, parameters, row) => family.quantile!(Math.min(1, probability * by), parameters, row) },
    };
  },
  (family, dice) => {
    const end = dice.pick([0, 1]);
    const instead = dice.pick([Number.NaN, 0.5]);
    return {
      defect: `quantile(${end}) is that of ${instead}`,
      parts: {
        quantile: (probability, parameters, row) =>
          probability === end && Number.isNaN(instead)
            ? instead
            : family.quantile!(probability === end ? instead : probability, parameters, row),
      },
    };
  },
  (family, dice) => {
    const most = Math.abs(dice.size(-3, -1));
    return {
      defect: `the quantile of probabilities beyond ${1 - most} is that of ${1 - most}`,
      parts: { quantile: (probability, parameters, row) => family.quantile!(Math.min(probability, 1 - most), parameters, row) },
    };
  },
];

const OTHERS: Readonly<Partial<Record<keyof Family, readonly Operator[]>>> = {
  mean: [
    (family, dice) => {
      const place = dice.below(codecOf(family).length);
      const by = dice.size(-5, -0.5);
      return {
        defect: `the mean of parameters whose coordinate ${place + 1} is off by ${by}`,
        parts: { mean: (parameters, row) => family.mean!(moved(family, parameters, place, by), row) },
      };
    },
    (family, dice) => {
      if (family.columns.length < 2) return undefined;
      const pair = dice.pair(family.columns.length);
      return {
        defect: 'the means of two columns exchanged',
        parts: { mean: (parameters, row) => [...swap(Float64Array.from(family.mean!(parameters, row)), pair)] },
      };
    },
    (family, dice) => {
      const column = dice.below(family.columns.length);
      return {
        defect: `the mean of column ${column + 1} is one too large`,
        parts: { mean: (parameters, row) => family.mean!(parameters, row).map((value, index) => (index === column ? value + 1 : value)) },
      };
    },
  ],
  distance: [
    (family, dice) => {
      const by = Math.abs(dice.size(5, 8)) ** (dice.flip() ? 1 : -1);
      return { defect: `the distance times ${by}`, parts: { distance: (from, to) => by * family.distance!(from, to) } };
    },
    (family) => ({ defect: 'the distance of equals is NaN', parts: { distance: (from, to) => family.distance!(from, to) || Number.NaN } }),
    (family) => ({
      defect: 'the distance has the sign of the first coordinate',
      parts: { distance: (from, to) => (firstNumber(to) < firstNumber(from) ? -1 : 1) * family.distance!(from, to) },
    }),
    (family) => ({ defect: 'the distance is squared', parts: { distance: (from, to) => family.distance!(from, to) ** 2 } }),
    (family, dice) => {
      if (names(family).length < 2) return undefined;
      const name = dice.pick(names(family));
      return {
        defect: `the distance does not see ${name}`,
        parts: { distance: (from, to) => family.distance!(from, { ...to, [name]: from[name]! }) },
      };
    },
  ],
  locate: [
    (family) => ({
      defect: 'the crude location is not a number where all rows are equal',
      parts: {
        locate: (summary) =>
          summary.columns.every(({ variance }) => variance === 0)
            ? Object.fromEntries(
                Object.entries(family.locate!(summary)).map(([name, value]) => [name, typeof value === 'number' ? Number.NaN : value]),
              )
            : family.locate!(summary),
      },
    }),
    (family) => ({
      defect: 'the crude location takes sums over case weights for means',
      parts: {
        locate: (summary) => {
          const by = summary.totalWeight / summary.rows;
          return family.locate!({
            ...summary,
            columns: summary.columns.map((column) => ({ ...column, mean: column.mean * by, variance: column.variance * by })),
          });
        },
      },
    }),
  ],
  gain: [
    (family, dice) => {
      const by = 1 + dice.size(-3, -0.3);
      return { defect: `the gain times ${by}`, parts: { gain: (...question) => by * family.gain!(...question) } };
    },
    (family, dice) => {
      const place = dice.below(codecOf(family).length);
      const by = dice.size(-4, -0.5);
      return {
        defect: `the gain to parameters whose coordinate ${place + 1} is off by ${by}`,
        parts: { gain: (statistics, count, about, from, to) => family.gain!(statistics, count, about, from, moved(family, to, place, by)) },
      };
    },
    (family) => ({ defect: 'the gain has the wrong sign', parts: { gain: (...question) => -family.gain!(...question) } }),
  ],
  translate: [
    (family, dice) => {
      const place = dice.below(codecOf(family).length);
      const by = dice.size(-4, -0.5);
      return {
        defect: `statistics are taken to parameters whose coordinate ${place + 1} is off by ${by}`,
        parts: { translate: (statistics, count, about, to) => family.translate!(statistics, count, about, moved(family, to, place, by)) },
      };
    },
    () => ({ defect: 'statistics are not taken anywhere', parts: { translate: (statistics) => statistics.slice() } }),
  ],
  shift: [
    (family, dice) => {
      const by = 1 + dice.size(-5, 0);
      return {
        defect: `the shift is ${by} times what it should be`,
        parts: {
          shift: (parameters, shift) =>
            family.shift!(
              parameters,
              shift.map((each) => each * by),
            ),
        },
      };
    },
  ],
  codec: [
    (family, dice) => {
      const codec = codecOf(family);
      const most = dice.pick([5, 8, 12]);
      return {
        defect: `coordinates are cut at ${most}`,
        parts: {
          codec: {
            ...codec,
            decode: (vector: Float64Array, offset: number) =>
              codec.decode(
                vector.slice(offset, offset + codec.length).map((value) => Math.min(Math.max(value, -most), most)),
                0,
              ),
          },
        },
      };
    },
    (family, dice) => {
      const codec = codecOf(family);
      const by = 1 + dice.size(-8, -1);
      const place = dice.below(codec.length);
      return {
        defect: `coordinate ${place + 1} is encoded ${by} times as large`,
        parts: {
          codec: {
            ...codec,
            encode(parameters: ParameterValues, out: Float64Array, offset: number) {
              codec.encode(parameters, out, offset);
              out[offset + place]! *= by;
            },
          },
        },
      };
    },
  ],
  scores: [
    (family, dice) => {
      const { length } = codecOf(family);
      const place = dice.below(length);
      const by = dice.pick([0, 1 + dice.size(-5, -0.5)]);
      return {
        defect: `score ${place + 1} times ${by}`,
        parts: {
          scores(block, parameters, out) {
            family.scores!(block, parameters, out);
            for (let row = 0; row < block.size; row += 1) out[row * length + place]! *= by;
          },
        },
      };
    },
  ],
  exponentialForm: [
    (family, dice) => {
      const form = family.exponentialForm!;
      const place = dice.below(form.length);
      const by = 1 + dice.size(-6, -0.5);
      return {
        defect: `the natural statistic ${place + 1} times ${by}`,
        parts: {
          exponentialForm: {
            ...form,
            sufficientStatistics: (row: Float64Array) =>
              form.sufficientStatistics(row).map((value, index) => (index === place ? value * by : value)),
          },
        },
      };
    },
  ],
  equivariance: [
    (family, dice) => {
      const { equivariance } = family;
      const place = dice.below(codecOf(family).length);
      const by = dice.size(-6, -0.5);
      return {
        defect: `parameters in other units have coordinate ${place + 1} off by ${by}`,
        parts: {
          equivariance: { ...equivariance!, transform: (...question) => moved(family, equivariance!.transform(...question), place, by) },
        },
      };
    },
  ],
  recentre: [
    (family, dice) => {
      const place = dice.below(codecOf(family).length);
      return {
        defect: 'the point for new statistics drifts for ever',
        parts: {
          recentre: (statistics, count, about, held) =>
            family.recentre!(statistics, count, about, held) ?? moved(family, about, place, 1e-3),
        },
      };
    },
  ],
};

function firstNumber(parameters: ParameterValues): number {
  return Number([Object.values(parameters)[0]].flat(3)[0]);
}

/** Each with how often it is touched: the three functions that every family has are where most mistakes are made. */
const OPERATORS: readonly (readonly [keyof Family, readonly Operator[], number])[] = [
  ['logDensity', LOG_DENSITY, 6],
  ['accumulate', ACCUMULATE, 5],
  ['maximize', MAXIMIZE, 6],
  ['sample', SAMPLE, 3],
  ['cdf', CDF, 2],
  ['quantile', QUANTILE, 2],
  ...Object.entries(OTHERS).map(([name, operators]) => [name as keyof Family, operators, 1] as const),
];

/** What a stranger may leave out. */
const OPTIONAL: readonly (keyof Family)[] = [
  'sample',
  'cdf',
  'quantile',
  'mean',
  'equivariance',
  'locate',
  'scores',
  'exponentialForm',
  'gain',
  'translate',
  'shift',
];

/** The mutant of this seed: the same seed makes the same defect. In every other one, some capabilities are left out besides. */
export function randomMutant(family: Family, seed: number): RandomMutant {
  const dice = new Dice(family.id, seed);
  const choices = OPERATORS.filter(([name]) => name === 'codec' || family[name] !== undefined).flatMap((each) =>
    new Array<typeof each>(each[2]).fill(each),
  );
  for (;;) {
    const [touched, operators] = dice.pick(choices);
    const change = dice.pick(operators)(family, dice);
    if (change === undefined) continue;
    const spoiled = broken(family, change.parts);
    const shared = family.shared !== undefined || touched === 'translate';
    const without = dice.flip()
      ? []
      : OPTIONAL.filter((name) => family[name] !== undefined && name !== touched && !(name === 'translate' && shared) && dice.flip());
    const left = Object.fromEntries(Object.entries(spoiled).filter(([name]) => !(without as readonly string[]).includes(name)));
    return { family: left as unknown as Family, touched, defect: change.defect, without };
  }
}

const MOST_CASES = 200;

/**
 * True where the mutant gives the numbers of the original on everything that is tried: such a one is no defect, and counts neither as killed nor
 * as a survivor. Tried are sequences of calls of the function that was touched, with ordinary and extreme arguments.
 */
export function isEquivalent(original: Family, seed: number): boolean {
  const { family, touched } = randomMutant(original, seed);
  const parameters = fc.sample(fc.oneof(parametersArbitrary(original, 'ordinary'), parametersArbitrary(original, 'extreme')), {
    numRuns: MOST_CASES,
    seed,
  });
  const rows = fc.sample(fc.oneof(rowArbitrary(original, 'ordinary'), rowArbitrary(original, 'extreme')), {
    numRuns: MOST_CASES + 500,
    seed,
  });
  return parameters.every((values, index) => {
    const other = parameters[(index + 1) % MOST_CASES]!;
    const own = rows.slice(index, index + (index % 40 === 0 ? 450 : 30));
    return answers(original, touched, values, other, own, index) === answers(family, touched, values, other, own, index);
  });
}

function answers(
  family: Family,
  touched: keyof Family,
  values: ParameterValues,
  other: ParameterValues,
  rows: readonly Row[],
  seed: number,
): string {
  try {
    return JSON.stringify(ask(family, touched, values, other, rows, seed), (_key, value) =>
      typeof value === 'number' ? String(value) : ArrayBuffer.isView(value) ? Array.from(value as Float64Array, String) : value,
    );
  } catch (error) {
    return `threw ${error instanceof Error ? error.name : String(error)}`;
  }
}

function ask(
  family: Family,
  touched: keyof Family,
  values: ParameterValues,
  other: ParameterValues,
  rows: readonly Row[],
  seed: number,
): unknown {
  const block: Block = { size: rows.length, columns: family.columns.map((_, column) => Float64Array.from(rows, (row) => row[column]!)) };
  const nobody: ReadonlySet<string> = new Set();
  const row = Float64Array.from(rows[0]!);
  const densities = (at: ParameterValues): Float64Array => {
    const out = new Float64Array(rows.length);
    family.logDensity(block, at, out);
    return out;
  };
  const sums = (about: ParameterValues, by: number): readonly [Float64Array, number] => {
    const responsibilities = Float64Array.from(rows, (_, index) => (by * ((index * 37) % 100)) / 50 + (index % 7 === 0 ? 1e-9 : 0));
    const statistics = new Float64Array(family.statisticsLength).fill(seed % 3);
    family.accumulate(block, responsibilities, about, statistics);
    return [statistics, responsibilities.reduce((sum, value) => sum + value, 0)];
  };
  const codec = codecOf(family);
  const encoded = (at: ParameterValues): Float64Array => {
    const out = new Float64Array(codec.length);
    codec.encode(at, out, 0);
    return out;
  };
  const summaries = [1, 3].map((totalWeight) => ({
    rows: rows.length,
    columnNames: family.columns.map(({ name }) => name),
    labelled: false,
    totalWeight: totalWeight * rows.length,
    columns: family.columns.map((_, column) => ({
      minimum: 1,
      maximum: 1 + (seed % 2),
      mean: 1 + rows[0]![column]! / 3,
      variance: seed % 2,
    })),
  }));
  switch (touched) {
    case 'logDensity':
      // Parameters of which one is as before show what is kept.
      return [values, other, ...names(family).map((name) => ({ ...other, [name]: values[name]! }))].map(densities);
    case 'accumulate':
      return [sums(values, 1), sums(other, 1), sums(values, 0.1)];
    case 'maximize':
      return [nobody, ...(family.holdable ?? []).map((name) => new Set([name]))].flatMap((held) =>
        [1, 0.1, 5].map((by) => {
          const [statistics, count] = sums(values, by);
          const [others] = sums(values, by * 1.5);
          return [family.maximize(statistics, count, values, held), family.maximize(others, count, values, held)];
        }),
      );
    case 'sample': {
      const random = createRandom(seed);
      return Array.from({ length: 30 }, () => {
        family.sample!(values, random, row);
        return Array.from(row);
      });
    }
    case 'cdf':
      return rows.flatMap((each) => [family.cdf!(each[0]!, values, row), family.cdf!(each[0]! + 0.4, values, row)]);
    case 'quantile':
      return [0, 1e-9, 0.3, 0.5, 0.999, 1 - 1e-9, 1].map((probability) => family.quantile!(probability, values, row));
    case 'mean':
      return family.mean!(values, row);
    case 'distance':
      return [family.distance!(values, values), family.distance!(values, other), family.distance!(other, values)];
    case 'gain':
      return family.gain!(...sums(values, 1), values, values, other);
    case 'translate':
      return family.translate!(...sums(values, 1), values, other);
    case 'shift':
      return family.shift!(
        values,
        family.columns.map((_, column) => column + 1),
      );
    case 'codec':
      return [
        encoded(values),
        codec.decode(
          Float64Array.from(encoded(values), (value, index) => value + 3 * Math.sin(seed + index)),
          0,
        ),
      ];
    case 'scores': {
      const out = new Float64Array(rows.length * codec.length);
      family.scores!(block, values, out);
      return out;
    }
    case 'exponentialForm':
      return family.exponentialForm!.sufficientStatistics(row);
    case 'equivariance':
      return family.equivariance!.transform(
        values,
        family.columns.map(() => 3),
        family.columns.map(() => (family.equivariance!.shift ? 2 : 0)),
      );
    case 'recentre':
      return family.recentre!(...sums(values, 1), values, nobody) ?? 'none';
    case 'locate':
      return summaries.map((summary) => family.locate!(summary));
    default:
      return seed;
  }
}
