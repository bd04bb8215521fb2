import {
  accumulateObserved,
  addObservedLogDensity,
  type Block,
  type Column,
  checkFamily,
  codecOf,
  degenerate,
  EmkitError,
  type ExponentialForm,
  type Family,
  type FamilyDefinition,
  imputeRow,
  type ParametersOf,
  type ParameterValues,
  type Summary,
  showValue,
  within,
} from '@emkit/core';
import { categorical } from './categorical.ts';
import { gaussian } from './gaussian.ts';
import { poisson } from './poisson.ts';
import { startFamiliesWorker } from './start-worker.ts';

/** The families of a product, by the names of their columns. */
export type ProductParts = Readonly<Record<string, Family>>;

/** The parameters of a product: those of each part, by its name. */
export type ProductParameters<F> = { readonly [Name in keyof F & string]: ParametersOf<F[Name]> };

/** What makes products: called with families, it gives one of the types of their parameters. */
export type ProductDefinition = (<const F extends ProductParts>(parts: F) => Family<ProductParameters<F>>) &
  Pick<FamilyDefinition, keyof FamilyDefinition>;

/**
 * Columns that are independent of one another within a component, each of a family of its own: naive Bayes, and with categorical columns
 * latent class analysis.
 *
 * Density f(x; parameters) = product over parts of f_part(x_part; parameters_part).
 * Parameters: those of each part, under its name: `{ height: { mean, variance }, visits: { rate } }`. Columns: those of the parts, one after
 * the other; a part of one column gives it its name, and data that have columns of all these names are read by them. A part may itself be a
 * product, or a family of several columns (`scores.x1`, `scores.x2`, ...).
 * Statistics: for each part its expected count, then its own statistics. Estimates: those of each part.
 *
 * Missing cells have density 1 and add to no sum: each part has its own count, that of the rows in which it was observed. Where values are
 * missing at random this is the observed-data likelihood.
 *
 * Edge cases: a part of which a component has no observed row keeps its parameters. Where a part has no estimate the M-step throws
 * `COMPONENT_DEGENERATE` for `part.parameter`. Parts and their parameters may be held (`height`, `height.variance`), whole parts be shared
 * between components. A part that is no family, or ties a parameter of its own between components (`covariance: 'tied'`; share the part
 * instead), is refused with `OPTION_INVALID`.
 *
 * Source: McLachlan and Peel, Finite Mixture Models (2000), section 5.3; missing cells: Little and Rubin, Statistical Analysis with Missing
 * Data (2002), chapter 11.
 */
export const product: ProductDefinition = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(<const F extends ProductParts>(parts: F) => makeProduct(parts) as Family<ProductParameters<F>>, {
    id: 'product',
    title: 'Independent columns, each of a family of its own',
    options: {},
    variants: [
      { height: gaussian(), visits: poisson(), answer: categorical({ categories: 3 }) },
      { first: categorical({ categories: 2 }), second: categorical({ categories: 3 }) },
    ],
    fromJson: (options: Readonly<Record<string, unknown>>, read: (entry: unknown) => Family) =>
      makeProduct(Object.fromEntries(Object.entries(options).map(([name, entry]) => [name, read(entry)]))),
  }),
);

/** A part and where its columns and sums stand among those of the whole. */
interface Part {
  readonly name: string;
  readonly family: Family;
  readonly firstColumn: number;
  readonly endColumn: number;
  /** Of its count; its statistics follow. */
  readonly firstSum: number;
  readonly endSum: number;
}

function makeProduct(given: ProductParts): Family {
  const parts = placeParts(given);
  const families = parts.map(({ family }) => family);
  const all = (has: (family: Family) => boolean): boolean => families.every(has);
  const any = (has: (family: Family) => boolean): boolean => families.some(has);
  const own = (values: ParameterValues, name: string): ParameterValues => values[name] as ParameterValues;
  const record = <T>(of: (part: Part) => T): Readonly<Record<string, T>> => Object.fromEntries(parts.map((part) => [part.name, of(part)]));
  const count = (sums: Float64Array, { firstSum }: Part): number => sums[firstSum]!;
  const statisticsOf = (sums: Float64Array, { firstSum, endSum }: Part): Float64Array => sums.subarray(firstSum + 1, endSum);
  const cut = <T>(values: readonly T[], { firstColumn, endColumn }: Part): readonly T[] => values.slice(firstColumn, endColumn);
  const concat = (of: (part: Part) => readonly number[]): readonly number[] => parts.flatMap(of);

  const known = new WeakMap<Block, readonly Block[]>();
  const viewsOf = (block: Block): readonly Block[] => {
    let views = known.get(block);
    if (views === undefined) {
      views = parts.map((part) => viewOf(block, part));
      known.set(block, views);
    }
    return views;
  };

  return {
    id: 'product',
    options: record(({ family }) => ({ family: family.id, options: family.options })),
    columns: parts.flatMap(columnsOf),
    parameters: record(({ family: { parameters, refinements } }) => ({
      kind: 'record' as const,
      entries: parameters,
      ...(refinements && { refinements }),
    })),
    statisticsLength: parts.at(-1)!.endSum,
    parts: given,
    observing: true,

    logDensity(block, parameters, out) {
      const views = viewsOf(block);
      out.fill(0, 0, block.size);
      parts.forEach(({ name, family }, index) => {
        addObservedLogDensity(family, views[index]!, own(parameters, name), out);
      });
    },

    accumulate(block, responsibilities, about, statistics, at = about) {
      const views = viewsOf(block);
      parts.forEach((part, index) => {
        const { name, family, firstSum } = part;
        const sums = statisticsOf(statistics, part);
        statistics[firstSum]! += accumulateObserved(family, views[index]!, responsibilities, own(about, name), sums, own(at, name));
      });
    },

    maximize(statistics, whole, about, held) {
      return record((part) => {
        const { name, family } = part;
        const observed = count(statistics, part);
        if (held.has(name) || !(observed > 0)) return own(about, name);
        try {
          return family.maximize(statisticsOf(statistics, part), observed, own(about, name), within(name, held));
        } catch (error) {
          if (!(error instanceof EmkitError) || error.code !== 'COMPONENT_DEGENERATE') throw error;
          if (observed <= VANISHED * whole) return own(about, name);
          throw degenerate(`${name}.${error.details.parameter}`, error.details.reason ?? error.message);
        }
      });
    },

    recentre(statistics, _whole, about, held) {
      let moved = false;
      const point = record((part) => {
        const { name, family } = part;
        const observed = count(statistics, part);
        if (held.has(name) || !(observed > 0)) return own(about, name);
        const better = family.recentre?.(statisticsOf(statistics, part), observed, own(about, name), within(name, held));
        moved ||= better !== undefined;
        return better ?? own(about, name);
      });
      return moved ? point : undefined;
    },

    ...(any(({ translate }) => translate !== undefined) && {
      translate(statistics: Float64Array, _whole: number, about: ParameterValues, to: ParameterValues) {
        const there = statistics.slice();
        for (const part of parts) {
          const { name, family } = part;
          const moved = family.translate?.(statisticsOf(statistics, part), count(statistics, part), own(about, name), own(to, name));
          if (moved !== undefined) statisticsOf(there, part).set(moved);
        }
        return there;
      },
    }),

    ...(all(({ gain }) => gain !== undefined) && {
      gain(statistics: Float64Array, _whole: number, about: ParameterValues, from: ParameterValues, to: ParameterValues) {
        let total = 0;
        for (const part of parts) {
          const { name, family } = part;
          const observed = count(statistics, part);
          if (own(from, name) === own(to, name) || !(observed > 0)) continue;
          total += family.gain!(statisticsOf(statistics, part), observed, own(about, name), own(from, name), own(to, name));
        }
        return total;
      },
    }),

    ...(all(({ locate }) => locate !== undefined) && {
      locate: (summary: Summary) =>
        record((part) =>
          part.family.locate!({ ...summary, columnNames: cut(summary.columnNames, part), columns: cut(summary.columns, part) }),
        ),
    }),

    ...(any(({ shift }) => shift !== undefined) && {
      shift: (parameters: ParameterValues, by: readonly number[]) =>
        record((part) => part.family.shift?.(own(parameters, part.name), cut(by, part)) ?? own(parameters, part.name)),
    }),

    holdable: parts.flatMap(({ name, family }) => [name, ...(family.holdable ?? []).map((parameter) => `${name}.${parameter}`)]),
    shareable: parts.map(({ name }) => name),

    ...(all(({ sample }) => sample !== undefined) && {
      sample(parameters, random, row) {
        for (const { name, family, firstColumn, endColumn } of parts)
          family.sample!(own(parameters, name), random, row.subarray(firstColumn, endColumn));
      },
    }),

    ...(all(({ mean }) => mean !== undefined) && {
      mean: (parameters: ParameterValues, row?: Float64Array) =>
        concat(({ name, family, firstColumn, endColumn }) => family.mean!(own(parameters, name), row?.subarray(firstColumn, endColumn))),
    }),

    impute(block, row, parameters, out, random) {
      const views = viewsOf(block);
      parts.forEach(({ name, family, firstColumn, endColumn }, index) => {
        imputeRow(family, views[index]!, row, own(parameters, name), out.subarray(firstColumn, endColumn), random);
      });
    },

    ...(all(({ scores }) => scores !== undefined) && {
      scores: (block, parameters, out) => writeScores(parts, viewsOf(block), parameters, out),
    }),

    ...(all(({ exponentialForm }) => exponentialForm !== undefined) && { exponentialForm: naturalForm(parts) }),

    ...(all(({ equivariance }) => equivariance !== undefined) && {
      equivariance: {
        scale: all(({ equivariance }) => equivariance!.scale),
        shift: all(({ equivariance }) => equivariance!.shift),
        transform: (parameters: ParameterValues, scale: readonly number[], shift: readonly number[]) =>
          record((part) => part.family.equivariance!.transform(own(parameters, part.name), cut(scale, part), cut(shift, part))),
      },
    }),

    accuracy: {
      logDensity: families.reduce((sum, { accuracy }) => sum + (accuracy?.logDensity ?? 0) + 1, 0),
      maximize: Math.max(...families.map(({ accuracy }) => accuracy?.maximize ?? 0)),
    },

    ...(all(({ startWorker }) => startWorker === startFamiliesWorker) && { startWorker: startFamiliesWorker }),
  };
}

/** A part with so small a share of its component is not what the component stands on: that it has no estimate says nothing. */
const VANISHED = 1e-9;

function placeParts(given: unknown): readonly Part[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Object.keys(given).length === 0) {
    throw new EmkitError('OPTION_INVALID', `The parts of a product are ${showValue(given)}.`, {
      value: given,
      remedy: 'Give families by the names of their columns, for example product({ height: gaussian(), visits: poisson() }).',
    });
  }
  const parts: Part[] = [];
  for (const [name, family] of Object.entries(given)) {
    checkFamily(family, `The part ${name} of a product`);
    if (family.shared !== undefined && family.shared.length > 0) {
      throw new EmkitError('OPTION_INVALID', `The part ${name} of a product ties its ${family.shared.join(', ')} between components.`, {
        family: family.id,
        remedy: `Leave that to the fit: shared: ['${name}'] gives all components one ${name}.`,
      });
    }
    const firstColumn = parts.at(-1)?.endColumn ?? 0;
    const firstSum = parts.at(-1)?.endSum ?? 0;
    const endColumn = firstColumn + family.columns.length;
    parts.push({ name, family, firstColumn, endColumn, firstSum, endSum: firstSum + 1 + family.statisticsLength });
  }
  return parts;
}

function columnsOf({ name, family, firstColumn }: Part): readonly Column[] {
  return family.columns.map((column): Column => {
    const { support } = column;
    const maximum =
      support.kind === 'integer' && typeof support.maximum === 'object' ? { column: support.maximum.column + firstColumn } : undefined;
    return {
      ...column,
      name: family.columns.length === 1 ? name : `${name}.${column.name}`,
      named: true,
      ...(maximum && support.kind === 'integer' && { support: { ...support, maximum } }),
    };
  });
}

/** The block with the columns of one part, and their cells. */
function viewOf({ size, columns, inexact }: Block, { firstColumn, endColumn }: Part): Block {
  const cells = inexact?.slice(firstColumn, endColumn);
  return {
    size,
    columns: columns.slice(firstColumn, endColumn),
    ...(cells?.some((own) => own !== undefined) && { inexact: cells }),
  };
}

/** The parts' scores side by side; 0 where a part was not observed. */
function writeScores(parts: readonly Part[], views: readonly Block[], parameters: ParameterValues, out: Float64Array): void {
  const lengths = parts.map(({ family }) => codecOf(family).length);
  const width = lengths.reduce((sum, length) => sum + length, 0);
  let place = 0;
  parts.forEach(({ name, family }, index) => {
    const [view, length] = [views[index]!, lengths[index]!];
    const own = new Float64Array(view.size * length);
    family.scores!(view, parameters[name], own);
    if (family.observing !== true) {
      const observed = family.columns.findIndex(({ given }) => given !== true);
      for (const row of view.inexact?.[observed]?.rows ?? []) own.fill(0, row * length, (row + 1) * length);
    }
    for (let row = 0; row < view.size; row += 1)
      for (let at = 0; at < length; at += 1) out[row * width + place + at] = own[row * length + at]!;
    place += length;
  });
}

/** A product of exponential families is one: their natural parameters and statistics side by side, their log-partitions added. */
function naturalForm(parts: readonly Part[]): ExponentialForm<ParameterValues> {
  let length = 0;
  const forms = parts.map((part) => {
    const form = part.family.exponentialForm!;
    const first = length;
    length += form.length;
    return { ...part, form, own: (natural: readonly number[]) => natural.slice(first, first + form.length) };
  });
  return {
    length,
    naturalParameters: (parameters) => forms.flatMap(({ form, name }) => form.naturalParameters(parameters[name])),
    fromNatural: (natural) =>
      Object.fromEntries(forms.map(({ form, name, own }) => [name, form.fromNatural(own(natural)) as ParameterValues])),
    logPartition: (natural) => forms.reduce((sum, { form, own }) => sum + form.logPartition(own(natural)), 0),
    sufficientStatistics: (row) =>
      forms.flatMap(({ form, firstColumn, endColumn }) => form.sufficientStatistics(row.subarray(firstColumn, endColumn))),
  };
}
