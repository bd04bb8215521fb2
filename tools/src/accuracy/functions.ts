import {
  createRandom,
  EmkitError,
  type Family,
  type FamilyDefinition,
  MOST_RECENTRINGS,
  maximizeShared,
  type ParameterValues,
  type Random,
} from '@emkit/core';
import { compensatedSum } from '@emkit/core/numerics';
import { createReference, ReferenceFailure, type ReferenceFamily, type ReferenceParameters, referenceFamily } from '@emkit/reference';
import { condition, estimateUlps, exactRow, nudged, nudgedParameters, ulps } from './measure.ts';
import { anyRow, drawRow, parametersIn, type Reach, rescaledParameters, rowTemplate, tailProbability } from './points.ts';

/** The functions of a family that are measured, by the names of their budgets. */
export const MEASURED = ['logDensity', 'maximize', 'cdf', 'quantile'] as const;
export type Measured = (typeof MEASURED)[number];

/** One point of the grid and the error there. */
export interface Point {
  readonly ulps: number;
  readonly reach: string;
  /** The point itself, so that it can be looked at again. */
  readonly where: string;
}

/** One function of one variant of a family over the grid. */
export interface Measurement {
  readonly family: string;
  /** The options, e.g. `trials=10`; empty without any. */
  readonly options: string;
  readonly function: Measured;
  readonly budget: number | undefined;
  /** Points at which both the function and the reference have a value. */
  readonly points: readonly Point[];
}

/** How many points a family's variant is given. */
export interface GridSize {
  readonly parameters: number;
  readonly rowsEach: number;
  readonly samples: number;
}

export const FULL_GRID: GridSize = { parameters: 60, rowsEach: 6, samples: 36 };

const REACHES: readonly Reach[] = ['ordinary', 'wide', 'extreme'];

/** Below this, the last digits of a double go the way of subnormal numbers. */
const SMALLEST_NORMAL = 2 ** -1022;

/** For functions: far more digits than a double has, and quick. */
const FUNCTION_DIGITS = { precision: 22, guardDigits: 8 };
/** For estimates, whose sums may cancel. */
const ESTIMATE_DIGITS = { precision: 50 };

/** Measures every function of every variant of a family. Deterministic: the same grid gives the same points. */
export function measureFamily(definition: FamilyDefinition, size: GridSize = FULL_GRID): readonly Measurement[] {
  const forFunctions = createReference(FUNCTION_DIGITS);
  const forEstimates = createReference(ESTIMATE_DIGITS);
  return definition.variants.flatMap((variant) => {
    const family: Family = definition(variant);
    const quick = referenceFamily(forFunctions, family.id, family.options);
    const precise = referenceFamily(forEstimates, family.id, family.options);
    const options = Object.entries(variant)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(', ');
    // What is tied changes nothing but the M-step, which is then a joint one.
    const measured: readonly (readonly [Measured, readonly Point[]])[] =
      family.shared !== undefined
        ? [['maximize', measureShared(family, precise, size)]]
        : [
            ['logDensity', measureLogDensity(family, quick, size)],
            ['maximize', measureMaximize(family, precise, size)],
            ['cdf', family.cdf === undefined || quick.cdf === undefined ? [] : measureCdf(family, quick, size)],
            ['quantile', family.quantile === undefined || quick.quantile === undefined ? [] : measureQuantile(family, quick, size)],
          ];
    return measured
      .filter(([, points]) => points.length > 0)
      .map(([name, points]): Measurement => ({ family: family.id, options, function: name, budget: family.accuracy?.[name], points }));
  });
}

function measureLogDensity(family: Family, exact: ReferenceFamily, size: GridSize): readonly Point[] {
  const { reference } = exact;
  const random = createRandom(101);
  const points: Point[] = [];
  for (const reach of REACHES) {
    for (let index = 0; index < size.parameters / REACHES.length; index += 1) {
      const parameters = parametersIn(family, reach, random);
      const exactParameters = accepted(exact, parameters);
      if (exactParameters === undefined) continue;
      let rows: readonly (readonly number[])[] = [];
      const out = new Float64Array(size.rowsEach);
      const evaluated = allowed(() => {
        rows = Array.from(out, (_, place) => (place % 2 === 0 ? drawRow(family, parameters, random) : anyRow(family, reach, random)));
        family.logDensity(blockOf(family, rows), parameters, out);
      });
      if (!evaluated) continue;
      const at = exact.logDensityAt(exactParameters);
      const moved = nudgedParameters(exact, parameters).map((record) => exact.logDensityAt(record));
      rows.forEach((row, place) => {
        const exactly = exactRow(reference, row);
        const value = at(exactly);
        if (!value.isFinite() || value.abs().gt(1e308)) return;
        const scale = Math.max(1, value.abs().toNumber());
        let error = ulps(reference, out[place]!, value, scale);
        // The condition costs as many evaluations as there are parameters: only those who need it pay.
        if (error > 1) {
          const terms = moved.map((density) => density(exactly));
          error = ulps(reference, out[place]!, value, Math.max(scale, condition(value, terms)));
        }
        points.push({ ulps: error, reach, where: describe({ x: row, ...parameters }) });
      });
    }
  }
  return points;
}

function measureCdf(family: Family, exact: ReferenceFamily, size: GridSize): readonly Point[] {
  return overDistributions(family, exact, size, 202, (parameters, exactParameters, template, random, reach) => {
    const { reference } = exact;
    const column = family.columns.findIndex(({ given }) => given !== true);
    // A third of the points anywhere, the others where the distribution is, tails included.
    const x =
      random.uniform() < 1 / 3 ? anyRow(family, 'wide', random)[column]! : family.quantile!(tailProbability(random), parameters, template);
    if (!(Math.abs(x) < Infinity)) return undefined;
    const row = exactRow(reference, Array.from(template));
    const value = exact.cdf!(reference.decimal(x), exactParameters, row);
    if (value.lt(SMALLEST_NORMAL)) return undefined;
    const actual = family.cdf!(x, parameters, template);
    // A probability is an exponential: a logarithm of size L carries L ulps.
    const size_ = value.toNumber() * Math.max(1, -reference.ln(value).toNumber());
    let error = ulps(reference, actual, value, size_);
    if (error > 1) {
      const moved = nudgedParameters(exact, parameters).map((record) => exact.cdf!(reference.decimal(x), record, row));
      const discrete = family.columns[column]!.support.kind === 'integer';
      if (!discrete) moved.push(exact.cdf!(nudged(reference, x), exactParameters, row));
      error = ulps(reference, actual, value, size_ + condition(value, moved));
    }
    return { ulps: error, reach, where: describe({ x, ...given(family, template), ...parameters }) };
  });
}

function measureQuantile(family: Family, exact: ReferenceFamily, size: GridSize): readonly Point[] {
  return overDistributions(family, exact, size, 303, (parameters, exactParameters, template, random, reach) => {
    const { reference } = exact;
    const probability = tailProbability(random);
    const row = exactRow(reference, Array.from(template));
    const value = exact.quantile!(reference.decimal(probability), exactParameters, row);
    if (!value.isFinite() || (value.abs().lt(SMALLEST_NORMAL) && !value.isZero()) || value.abs().gt(1e308)) return undefined;
    const actual = family.quantile!(probability, parameters, template);
    const where = describe({ probability, ...given(family, template), ...parameters });
    if (family.columns.some(({ support, given: isGiven }) => isGiven !== true && support.kind === 'integer')) {
      return { ulps: Math.abs(actual - value.toNumber()), reach, where };
    }
    let error = ulps(reference, actual, value, Math.max(value.abs().toNumber(), SMALLEST_NORMAL));
    if (error > 1) {
      const moved = nudgedParameters(exact, parameters).map((record) => exact.quantile!(reference.decimal(probability), record, row));
      moved.push(exact.quantile!(nudged(reference, probability), exactParameters, row));
      error = ulps(reference, actual, value, value.abs().toNumber() + condition(value, moved));
    }
    return { ulps: error, reach, where };
  });
}

/** Points of functions of one number and the parameters: ordinary, wide, and ordinary ones in units up to the ends of the doubles. */
function overDistributions(
  family: Family,
  exact: ReferenceFamily,
  size: GridSize,
  seed: number,
  measure: (
    parameters: ParameterValues,
    exactly: ReferenceParameters,
    template: Float64Array,
    random: Random,
    reach: string,
  ) => Point | undefined,
): readonly Point[] {
  const random = createRandom(seed);
  const points: Point[] = [];
  for (const reach of ['ordinary', 'wide', 'extreme'] as const) {
    for (let index = 0; index < size.samples; index += 1) {
      const parameters = reach === 'extreme' ? rescaledParameters(family, random) : parametersIn(family, reach, random);
      const exactly = parameters === undefined ? undefined : accepted(exact, parameters);
      if (parameters === undefined || exactly === undefined) continue;
      const template = Float64Array.from(rowTemplate(family, random));
      try {
        const point = measure(parameters, exactly, template, random, reach);
        if (point !== undefined) points.push(point);
      } catch (error) {
        // Where even the reference has no value there is nothing to compare with.
        if (!(error instanceof ReferenceFailure)) throw error;
      }
    }
  }
  return points;
}

interface Sample {
  readonly rows: readonly (readonly number[])[];
  readonly responsibilities: readonly number[];
  readonly about: ParameterValues;
  readonly reach: string;
}

function measureMaximize(family: Family, exact: ReferenceFamily, size: GridSize): readonly Point[] {
  const points: Point[] = [];
  for (const sample of samplesOf(family, size)) {
    const { rows, responsibilities, about, reach } = sample;
    const previous = accepted(exact, about);
    if (previous === undefined) continue;
    const found = maximize(family, sample);
    let expected: ReferenceParameters;
    try {
      expected = exact.maximize(
        rows.map((row) => exactRow(exact.reference, row)),
        responsibilities.map((value) => exact.reference.decimal(value)),
        previous,
      );
    } catch (error) {
      if (!(error instanceof ReferenceFailure)) throw error;
      continue;
    }
    // Parameters that are no doubles (the variance of data of 1e-200) are refused by name, which the conformance kit checks.
    if (found === undefined) continue;
    const error = estimateUlps(family, exact, found, expected);
    points.push({
      ulps: error.ulps,
      reach,
      where: `${error.name} of ${rows.length} rows, the first ${describe({ x: rows[0]! })}, about ${describe(about)}`,
    });
  }
  return points;
}

/** The joint M-step of two components that share what the family ties. */
function measureShared(family: Family, exact: ReferenceFamily, size: GridSize): readonly Point[] {
  const random = createRandom(505);
  const shared = new Set(family.shared);
  const points: Point[] = [];
  for (const sample of samplesOf(family, size)) {
    const { rows, responsibilities, about, reach } = sample;
    const shares = rows.map(() => random.uniformOpen());
    const columns = [
      responsibilities.map((value, row) => value * shares[row]!),
      responsibilities.map((value, row) => value * (1 - shares[row]!)),
    ];
    const previous = accepted(exact, about);
    if (previous === undefined) continue;
    const settled = columns.map((column) => settle(family, { ...sample, responsibilities: column }));
    let found: readonly ParameterValues[];
    let expected: readonly ReferenceParameters[];
    try {
      found = maximizeShared(
        family,
        settled.map(({ statistics }) => statistics),
        settled.map(({ count }) => count),
        settled.map(({ point }) => point),
        shared,
        [new Set(), new Set()],
      );
      expected = exact.maximizeShared(
        rows.map((row) => exactRow(exact.reference, row)),
        columns.map((column) => column.map((value) => exact.reference.decimal(value))),
        [previous, previous],
        shared,
      );
    } catch (error) {
      if (error instanceof EmkitError || error instanceof ReferenceFailure) continue;
      throw error;
    }
    for (const [component, values] of found.entries()) {
      const error = estimateUlps(family, exact, values, expected[component]!);
      points.push({
        ulps: error.ulps,
        reach,
        where: `${error.name} of ${rows.length} rows, the first ${describe({ x: rows[0]! })}, about ${describe(about)}`,
      });
    }
  }
  return points;
}

/** The M-step as a driver makes it; undefined where the family says that there is no estimate. */
function maximize(family: Family, sample: Sample): ParameterValues | undefined {
  try {
    const { statistics, count, point } = settle(family, sample);
    return family.maximize(statistics, count, point, NOTHING_HELD);
  } catch (error) {
    if (error instanceof EmkitError) return undefined;
    throw error;
  }
}

const NOTHING_HELD: ReadonlySet<string> = new Set();

/** Statistics, taken again as often as the family asks for it and a driver allows. */
function settle(
  family: Family,
  { rows, responsibilities, about }: Sample,
): { readonly statistics: Float64Array; readonly count: number; readonly point: ParameterValues } {
  const block = blockOf(family, rows);
  const weights = Float64Array.from(responsibilities);
  const count = compensatedSum(weights);
  let point = about;
  for (let turn = 0; ; turn += 1) {
    const statistics = new Float64Array(family.statisticsLength);
    family.accumulate(block, weights, point, statistics);
    const better = turn < MOST_RECENTRINGS ? family.recentre?.(statistics, count, point, NOTHING_HELD) : undefined;
    if (better === undefined) return { statistics, count, point };
    point = better;
  }
}

/** Rows of a long sample. */
const LONG = 200;

/** Data and responsibilities to estimate from: ordinary, from far starts, shifted, scaled, repeated, with an outlier, in tiny shares, long. */
function* samplesOf(family: Family, size: GridSize): Generator<Sample> {
  const random = createRandom(404);
  const columns = family.columns.length;
  const least = 2 * family.statisticsLength + 4;
  const variants = ['ordinary', 'far start', 'shifted by 1e8', 'scaled', 'repeated rows', 'outlier', 'tiny shares', 'long'] as const;
  for (let index = 0; index < 2 * size.samples; index += 1) {
    const reach = variants[index % variants.length]!;
    const truth = parametersIn(family, 'ordinary', random);
    let about = parametersIn(family, reach === 'far start' ? 'wide' : 'ordinary', random);
    let rows = Array.from({ length: reach === 'long' ? LONG : least + random.integer(60) }, () => drawRow(family, truth, random));
    let responsibilities = rows.map(() => random.uniformOpen());
    const move = (scale: number, shift: number): void => {
      rows = rows.map((row) => row.map((x) => x * scale + shift));
      about = family.equivariance!.transform(about, new Array<number>(columns).fill(scale), new Array<number>(columns).fill(shift));
    };
    if (reach === 'shifted by 1e8') {
      if (family.equivariance?.shift !== true) continue;
      move(1, 1e8);
    } else if (reach === 'scaled') {
      if (family.equivariance?.scale !== true) continue;
      move([1e-150, 1e150, 1e-300][Math.floor(index / variants.length) % 3]!, 0);
    } else if (reach === 'repeated rows') rows = rows.map((_, place) => rows[place % least]!);
    else if (reach === 'outlier') {
      if (family.columns.some(({ support }) => support.kind !== 'real' && support.maximum !== Infinity)) continue;
      rows[0] = rows[0]!.map((x) => Math.ceil(x + 1) * 1e6);
    } else if (reach === 'tiny shares') responsibilities = responsibilities.map((value) => value * 10 ** (-random.uniform() * 290));
    yield { rows, responsibilities, about, reach };
  }
}

function blockOf(
  family: Family,
  rows: readonly (readonly number[])[],
): { readonly size: number; readonly columns: readonly Float64Array[] } {
  return { size: rows.length, columns: family.columns.map((_, column) => Float64Array.from(rows, (row) => row[column]!)) };
}

function accepted(exact: ReferenceFamily, parameters: ParameterValues): ReferenceParameters | undefined {
  try {
    return exact.fromNumbers(parameters);
  } catch (error) {
    if (error instanceof ReferenceFailure) return undefined;
    throw error;
  }
}

/** False where the family refuses the parameters: matrices that are no longer positive definite as doubles. */
function allowed(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof EmkitError) return false;
    throw error;
  }
}

function given(family: Family, template: Float64Array): Record<string, number> {
  return Object.fromEntries(family.columns.flatMap((column, index) => (column.given === true ? [[column.name, template[index]!]] : [])));
}

function describe(values: Readonly<Record<string, unknown>>): string {
  const show = (value: unknown): string => {
    if (typeof value === 'number')
      return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : Number(value.toPrecision(4)).toString();
    if (Array.isArray(value)) return value.length === 1 ? show(value[0]) : `[${value.map(show).join(', ')}]`;
    return String(value);
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${show(value)}`)
    .join(', ');
}
