import { type Family, type Fit, isConverged, type MixtureParameters, type ParameterValues, type Random } from '@emkit/core';
import { type Case, dataOf, type Label } from '../case.ts';
import { chance } from '../dice.ts';
import { Trial, weightedSum } from '../trial.ts';
import { isTrueCollapse } from './ends.ts';
import { describe, type Law, notAsked, show, type Verdict } from './law.ts';
import { left, startOf } from './optimum.ts';

/** The same data said in another way, and how to tell that the answer is the same. */
interface Image {
  /** The case said the other way; its start is made from the base's. */
  readonly case: Case;
  /** The data that it is said of, where that is not the case itself. */
  readonly base?: Case;
  /** A row the other way. */
  row?(row: readonly number[]): readonly number[];
  /** A component's parameters the other way. */
  parameters?(values: ParameterValues, component: number): ParameterValues;
  /** Components in another order: the old place of each. */
  readonly order?: readonly number[];
  /** By how many nats a log-density is lower the other way. */
  readonly jacobian?: number;
  /** By what the case weights are multiplied. */
  readonly weightFactor?: number;
  /** Whether parameters keep their digits the other way. */
  keeps?(values: ParameterValues): boolean;
}

/** Steps of plain EM after which the two ways must still be together. */
const STEPS = 3;

/** Nats in the mean over the rows, in parts of the size of a log-density: what rounding may have grown to in a few steps. */
const TOGETHER = 1e-7;

function unitLaw(name: string, meaning: string, imageOf: (trial: Trial, random: Random) => Image | undefined): Law {
  return {
    name,
    meaning,
    share: 0.12,
    check(trial) {
      if (trial.case.rows.length > 2000) return notAsked;
      const image = imageOf(trial, trial.random(name));
      if (image === undefined) return notAsked;
      const base = image.base === undefined ? trial : new Trial(trial.engine, image.base);
      const start = startOf(base);
      if (start === undefined || !start.components.every((values) => image.keeps?.(values) ?? true)) return notAsked;
      const said = new Trial(trial.engine, imageCase(base, image, start));
      return fewSteps(base, said, image, start) ?? wholeFits(trial, base, said, image, start);
    },
  };
}

/** The image with the start that corresponds. */
function imageCase(base: Trial, image: Image, start: MixtureParameters): Case {
  const order = image.order ?? start.components.map((_, index) => index);
  const components = order.map((index) => image.parameters?.(start.components[index]!, index) ?? start.components[index]!);
  const { held, shared } = base.case.options;
  const heldComponents = held?.components && order.map((index) => held.components![index] ?? []);
  const { blockSize } = image.case.options;
  return {
    ...image.case,
    options: {
      start: { weights: order.map((index) => start.weights[index]!), components },
      ...(held && { held: { ...held, ...(heldComponents && { components: heldComponents }) } }),
      ...(shared && { shared }),
      ...(blockSize && { blockSize }),
    },
  };
}

/** The case from the start it has, with other options. */
const onwards = (said: Trial, options: Case['options']): Case => ({ ...said.case, options: { ...said.case.options, ...options } });

/** Plain EM for a few steps from corresponding starts: only rounding may differ. */
function fewSteps(base: Trial, said: Trial, image: Image, start: MixtureParameters): Verdict {
  const options = { accelerate: false, tolerance: 0, iterations: STEPS };
  const here = base.run(base.from(start, options));
  const there = said.run(onwards(said, options));
  if (here.fit === undefined || there.fit === undefined) {
    if (here.fit === there.fit) return undefined;
    const [mine, yours] = [here, there].map(({ fit, error }) => (fit === undefined ? String(error) : describe(fit.diagnosis)));
    return `after ${STEPS} steps: here ${mine}, there ${yours}`;
  }
  // A spread that is rounding alone collapses one step sooner or later, or not at all, and until then rounding is all there is to it.
  if (isTrueCollapse(base, here.fit) || isTrueCollapse(said, there.fit)) return undefined;
  if (here.fit.iterations !== there.fit.iterations) {
    return `after ${STEPS} steps: here ${describe(here.fit.diagnosis)}, there ${describe(there.fit.diagnosis)}`;
  }
  const before = base.logDensities(here.fit.model);
  const after = rowsAfter(base, image, there.fit);
  const apart =
    weightedSum(
      after.map((value, row) => Math.abs(value + (image.jacobian ?? 0) - before[row]!)),
      base.weights,
    ) / base.totalWeight;
  const size = 1 + weightedSum(before.map(Math.abs), base.weights) / base.totalWeight + Math.abs(image.jacobian ?? 0);
  const coarse = Math.max(base.coarseness(here.fit.model.parameters).rows, said.coarseness(there.fit.model.parameters).rows);
  if (apart <= TOGETHER * size + 1000 * coarse) return undefined;
  return `after ${STEPS} steps of plain EM the rows' log-densities are ${show(apart)} nats apart, of ${show(size)}`;
}

/** Log-densities of the base's rows, said the other way. */
function rowsAfter(base: Trial, image: Image, there: Fit): Float64Array {
  const { rows, labels } = base.kept;
  const data = dataOf({ rows: image.row === undefined ? rows : rows.map(image.row) });
  const order = image.order;
  return there.model.logDensity(
    data,
    labels ? { labels: order === undefined ? labels : labels.map((label) => renumbered(label, order)) } : {},
  );
}

/** Whole fits: both end alike, and if they converge, at the same value, unless the way parted at a saddle. */
function wholeFits(trial: Trial, base: Trial, said: Trial, image: Image, start: MixtureParameters): Verdict {
  const here = base.run(base.from(start, { iterations: 1000 })).fit;
  const there = said.run(onwards(said, { iterations: 1000 })).fit;
  if (here === undefined || there === undefined) return here === there ? undefined : 'one fit has an error';
  if (isConverged(here.diagnosis) !== isConverged(there.diagnosis)) {
    trial.notes.add('ends differ the other way');
    return undefined;
  }
  if (!isConverged(here.diagnosis)) return undefined;
  const jacobian = base.totalWeight * (image.jacobian ?? 0);
  const apart = there.logLikelihood / (image.weightFactor ?? 1) + jacobian - here.logLikelihood;
  const allowed = left(base, here) + left(said, there) / (image.weightFactor ?? 1) + 1e-9 * Math.abs(jacobian);
  if (Math.abs(apart) > allowed) trial.notes.add('another optimum the other way');
  return undefined;
}

function renumbered(label: Label, order: readonly number[]): Label {
  if (typeof label !== 'number') return label.map((each) => order.indexOf(each));
  return label < 0 ? label : order.indexOf(label);
}

/** Whether doubles of this size, and their squares, have all their digits. */
const isOrdinary = (value: number): boolean => value === 0 || (Math.abs(value) > 1e-140 && Math.abs(value) < 1e140);

const everyFamily = (trial: Trial, holds: (family: Family) => boolean): boolean => trial.families.every(holds);

/** The families' own changes of units. */
function inUnits({ families }: Trial, scale: readonly number[], shift: readonly number[]): Pick<Image, 'row' | 'parameters'> {
  return {
    row: (row) => row.map((value, column) => value * scale[column]! + shift[column]!),
    parameters: (values, component) => families[component]!.equivariance!.transform(values, scale, shift),
  };
}

export const scale: Law = unitLaw('scale', 'Another unit, a power of two, gives the same answer in that unit.', (trial, random) => {
  if (!everyFamily(trial, ({ equivariance }) => equivariance?.scale === true)) return undefined;
  const factors = trial.families[0]!.columns.map(
    () => 2 ** (random.integer(chance(random, 0.3) ? 301 : 21) - (chance(random, 0.3) ? 150 : 10)),
  );
  const units = inUnits(
    trial,
    factors,
    factors.map(() => 0),
  );
  const rows = trial.case.rows.map((row) => units.row!(row));
  if (![...rows, ...trial.case.rows].every((row) => row.every(isOrdinary))) return undefined;
  return { ...units, case: { ...trial.case, rows }, jacobian: factors.reduce((total, factor) => total + Math.log(factor), 0) };
});

export const shift: Law = unitLaw('shift', 'Another origin, exactly representable, gives the same answer from there.', (trial, random) => {
  if (!everyFamily(trial, ({ equivariance }) => equivariance?.shift === true)) return undefined;
  const { rows } = trial.case;
  const largest = rows[0]!.map((_, column) => Math.max(...rows.map((row) => Math.abs(row[column]!))));
  if (!largest.every((value) => isOrdinary(value) && value > 0)) return undefined;
  // Multiples of a quantum, as many as leave room for the shift.
  const quanta = largest.map((value) => 2 ** (Math.floor(Math.log2(value)) - 20));
  const shifts = quanta.map((quantum) => quantum * Math.floor((random.uniform() - 0.5) * 2 ** (10 + random.integer(35))));
  const units = inUnits(
    trial,
    shifts.map(() => 1),
    shifts,
  );
  const base = {
    ...trial.case,
    rows: rows.map((row) => row.map((value, column) => Math.round(value / quanta[column]!) * quanta[column]! + 0)),
  };
  return { ...units, base, case: { ...base, rows: base.rows.map((row) => units.row!(row)) } };
});

export const mirror: Law = unitLaw('mirror', 'Data seen in a mirror give the answer in the mirror.', (trial) => {
  const seen = mirrorOf(trial);
  return seen && { ...seen, case: { ...trial.case, rows: trial.case.rows.map((row) => seen.row!(row)) } };
});

/** Real columns change their sign, successes become failures, categories are numbered from the other end. */
function mirrorOf(trial: Trial): Pick<Image, 'row' | 'parameters' | 'keeps'> | undefined {
  const [{ id, columns, options }] = trial.families as [Family];
  if (everyFamily(trial, (family) => family.columns.every(({ support }) => support.kind === 'real') && 'mean' in family.parameters)) {
    const negate = (value: number): number => 0 - value;
    return {
      row: (row) => row.map(negate),
      parameters: (values) => ({
        ...values,
        mean: typeof values.mean === 'number' ? negate(values.mean) : (values.mean as number[]).map(negate),
      }),
    };
  }
  if (!everyFamily(trial, (family) => family === trial.families[0])) return undefined;
  const { maximum } = columns[0]!.support as { maximum?: number };
  if (id === 'binomial') {
    const trials = (row: readonly number[]): number => (options.trials === 'column' ? row[1]! : maximum!);
    return {
      row: (row) => [trials(row) - row[0]!, ...row.slice(1)],
      parameters: ({ probability }) => ({ probability: 1 - (probability as number) }),
      keeps: ({ probability }) => (probability as number) > 1e-6,
    };
  }
  if (id !== 'categorical') return undefined;
  return {
    row: ([value]) => [maximum! - value!],
    parameters: ({ probabilities }) => ({ probabilities: [...(probabilities as number[])].reverse() }),
  };
}

export const rowOrder: Law = unitLaw('order of rows', 'The rows in another order give the same answer.', ({ case: fuzzCase }, random) => {
  const order = shuffled(random, fuzzCase.rows.length);
  const { weights, labels, rows } = fuzzCase;
  const moved = <T>(values: readonly T[]): T[] => order.map((row) => values[row]!);
  return {
    case: { ...fuzzCase, rows: moved(rows), ...(weights && { weights: moved(weights) }), ...(labels && { labels: moved(labels) }) },
  };
});

export const componentOrder: Law = unitLaw(
  'order of components',
  'Components that begin in another order end in it.',
  ({ case: fuzzCase }, random) => {
    if (fuzzCase.components === 1) return undefined;
    const order = shuffled(random, fuzzCase.components);
    const { labels, families } = fuzzCase;
    return {
      order,
      case: {
        ...fuzzCase,
        families: families.length === 1 ? families : order.map((index) => families[index]!),
        ...(labels && { labels: labels.map((label) => renumbered(label, order)) }),
      },
    };
  },
);

export const weightUnit: Law = unitLaw(
  'unit of weights',
  'Case weights times a power of two give the same parameters.',
  ({ case: fuzzCase, kept }, random) => {
    const weightFactor = 2 ** (random.integer(41) - 20);
    const weights = (fuzzCase.weights ?? fuzzCase.rows.map(() => 1)).map((weight) => weight * weightFactor);
    return (kept.weights ?? []).every(isOrdinary) ? { weightFactor, case: { ...fuzzCase, weights } } : undefined;
  },
);

export const copies: Law = unitLaw(
  'copies',
  'A row that occurs twice is a row of twice the weight, and one of weight 0 is none.',
  ({ case: fuzzCase }) => {
    const { rows, labels, weights = rows.map(() => 1) } = fuzzCase;
    const twice = <T>(values: readonly T[]): T[] => [...values, ...values];
    return {
      base: { ...fuzzCase, weights: weights.map((weight) => 2 * weight) },
      case: {
        ...fuzzCase,
        rows: [...twice(rows), rows[0]!],
        weights: [...twice(weights), 0],
        ...(labels && { labels: [...twice(labels), -1] }),
      },
    };
  },
);

export const blocks: Law = unitLaw('blocks', 'Blocks of any size give the same answer.', ({ case: fuzzCase }, random) => {
  const blockSize = 1 + random.integer(fuzzCase.rows.length);
  return { case: { ...fuzzCase, options: { ...fuzzCase.options, blockSize } } };
});

function shuffled(random: Random, length: number): readonly number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
