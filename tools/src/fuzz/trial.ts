import {
  createDataset,
  type Dataset,
  type Domain,
  type Family,
  type Fit,
  type FitOptions,
  freeParameters,
  type MixtureParameters,
  type Model,
  type ParameterValue,
  type ParameterValues,
  type Random,
  readModel,
} from '@emkit/core';
import { type Case, dataOf, type Engine, instancesOf, modelJson, optionsOf } from './case.ts';
import { caseRandom, pick } from './dice.ts';

/** How one fit ended: with a fit, or with whatever was thrown. */
export type Outcome = { readonly fit: Fit; readonly error?: undefined } | { readonly fit?: undefined; readonly error: unknown };

const MOST_COORDINATES = 24;

/** One case on its way through the laws: its fit, made once, and what the laws ask about points of its model. */
export class Trial {
  readonly engine: Engine;
  readonly case: Case;
  readonly families: readonly Family[];
  /** The rows that count: those of weight 0 left out. */
  readonly kept: Case;
  /** The case weights of the kept rows. */
  readonly weights: readonly number[];
  readonly totalWeight: number;
  /** Things worth counting that are no failures. */
  readonly notes = new Set<string>();
  #outcome: Outcome | undefined;

  constructor(engine: Engine, fuzzCase: Case) {
    this.engine = engine;
    this.case = fuzzCase;
    this.families = instancesOf(engine, fuzzCase);
    this.kept = withoutWeightless(fuzzCase);
    this.weights = this.kept.weights ?? this.kept.rows.map(() => 1);
    this.totalWeight = sum(this.weights);
  }

  get outcome(): Outcome {
    this.#outcome ??= this.run(this.case);
    return this.#outcome;
  }

  /** The generator of a law's own choices: another one for each law, so that laws may come and go. */
  random(law: string): Random {
    let hash = this.case.salt;
    for (const letter of law) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
    return caseRandom(hash, 0);
  }

  run(fuzzCase: Case, further: Partial<FitOptions> = {}): Outcome {
    try {
      return { fit: this.engine.fit(dataOf(fuzzCase), { ...optionsOf(this.engine, fuzzCase), ...further }) };
    } catch (error) {
      return { error };
    }
  }

  /** The case with other options, from a given start. */
  from(start: MixtureParameters, changes: Case['options'] = {}, base: Case = this.case): Case {
    const { held, shared } = base.options;
    return { ...base, options: { start, ...(held && { held }), ...(shared && { shared }), ...changes } };
  }

  /** The model at other parameters. Throws where they are none. */
  model(parameters: MixtureParameters): Model {
    return readModel(modelJson(this.case, parameters), this.engine.families);
  }

  /** One log-density for each kept row; for a row of known label that of its component, weight included. */
  logDensities(model: Model): Float64Array {
    return model.logDensity(this.#dataset());
  }

  /** The log-likelihood at other parameters; undefined where they are none, or make a row impossible. */
  logLikelihood(parameters: MixtureParameters): number | undefined {
    try {
      return weightedSum(this.logDensities(this.model(parameters)), this.weights);
    } catch {
      return undefined;
    }
  }

  /** The coordinates in which the model's components may move, held ones left out and tied ones moved together. */
  coordinates(): readonly Coordinate[] {
    const out: Coordinate[] = [];
    const names = this.case.options.shared ?? [];
    this.families.forEach((family, component) => {
      const first = this.families.indexOf(family);
      for (const [name, domain] of Object.entries(family.parameters)) {
        if (this.case.options.held?.components?.[component]?.includes(name)) continue;
        const tied = names.includes(name) || (family.shared?.includes(name) ?? false);
        if (tied && component !== first) continue;
        const members = tied ? this.families.flatMap((other, index) => (other === family ? [index] : [])) : [component];
        if (tied && members.some((member) => this.case.options.held?.components?.[member]?.includes(name))) continue;
        for (let index = 0; index < freeParameters(domain); index += 1) out.push({ members, name, domain, index });
      }
    });
    return out;
  }

  /** No more of the coordinates than are soon tried one by one. */
  fewCoordinates(): readonly Coordinate[] {
    const all = this.coordinates();
    const random = this.random('coordinates');
    return all.length <= MOST_COORDINATES ? all : Array.from({ length: MOST_COORDINATES }, () => pick(random, all));
  }

  #made: Dataset | undefined;

  /** The kept rows, read once. */
  #dataset(): Dataset {
    const { kept, families } = this;
    const options = { merge: false, ...(kept.labels && { labels: kept.labels }) };
    this.#made ??= createDataset(dataOf(kept), families, kept.components, options);
    return this.#made;
  }

  readonly #coarse = new WeakMap<MixtureParameters, Coarseness>();

  /** How coarse double precision is at a point, worked out once. */
  coarseness(parameters: MixtureParameters): Coarseness {
    const known = this.#coarse.get(parameters) ?? this.#coarsenessAt(parameters);
    this.#coarse.set(parameters, known);
    return known;
  }

  /**
   * What rounding the displayed parameters alone can do, in nats per unit of case weight: the change of the rows' log-densities, in the mean
   * over the rows, when single numbers move by one unit in the last place. With a mean at 1e12 deviations from 0 it is 1e-4. `total`
   * is what of it is left in the log-likelihood, where the rows' changes cancel at an optimum.
   */
  #coarsenessAt(parameters: MixtureParameters): Coarseness {
    let base: Float64Array;
    try {
      base = this.logDensities(this.model(parameters));
    } catch {
      return { rows: Infinity, total: Infinity };
    }
    let rows = 0;
    let total = 0;
    for (const coordinate of this.fewCoordinates()) {
      for (const step of [Number.EPSILON, -Number.EPSILON]) {
        let moved: Float64Array;
        try {
          moved = this.logDensities(this.model(move(parameters, coordinate, step, 'relative')));
        } catch {
          // A probability of 1 has no neighbour above, a nearly singular matrix none at all.
          if (coordinate.domain.kind === 'positive-definite') return { rows: Infinity, total: Infinity };
          continue;
        }
        const changes = moved.map((value, row) => value - base[row]!);
        rows = Math.max(rows, weightedSum(changes.map(Math.abs), this.weights) / this.totalWeight);
        total = Math.max(total, Math.abs(weightedSum(changes, this.weights)) / this.totalWeight);
      }
    }
    return { rows, total };
  }

  /** How far a sum of the rows' log-densities may be off by rounding, in nats: terms of each row are as large as a log-density, or a log-variance. */
  rounding(logDensities: ArrayLike<number>): number {
    let size = 0;
    for (let row = 0; row < logDensities.length; row += 1) size += this.weights[row]! * (Math.abs(logDensities[row]!) + 1500);
    return 64 * Number.EPSILON * size;
  }
}

/** Changes of log-densities by one unit in the last place of a parameter, in nats per unit of case weight. */
export interface Coarseness {
  readonly rows: number;
  readonly total: number;
}

/** One number of a component's parameters, or of those of several components that are tied. */
export interface Coordinate {
  readonly members: readonly number[];
  readonly name: string;
  readonly domain: Domain;
  readonly index: number;
}

/**
 * The parameters with one coordinate moved: by a part of itself (`relative`), or in the unit it is given. Positive numbers always move by a
 * part of themselves, probabilities towards the nearer end by a part of the distance, and a covariance matrix so that it stays definite.
 */
export function move(parameters: MixtureParameters, coordinate: Coordinate, step: number, unit: 'relative' | 'own'): MixtureParameters {
  const components = [...parameters.components];
  for (const member of coordinate.members) {
    const values: ParameterValues = components[member]!;
    components[member] = { ...values, [coordinate.name]: moveValue(values[coordinate.name]!, coordinate, step, unit) };
  }
  return { weights: parameters.weights, components };
}

function moveValue(value: ParameterValue, { domain, index }: Coordinate, step: number, unit: 'relative' | 'own'): ParameterValue {
  const real = (number: number): number => (unit === 'relative' ? number * (1 + step) : number + step);
  const at = (change: (number: number) => number): number[] =>
    (value as readonly number[]).map((entry, place) => (place === index ? change(entry) : entry));
  switch (domain.kind) {
    case 'real':
      return real(value as number);
    case 'record':
    case 'own':
    case 'lower-triangle':
      return value;
    case 'real-vector':
      return at(real);
    case 'non-negative':
    case 'positive':
      return (value as number) === 0 ? Math.abs(step) : (value as number) * (1 + step);
    case 'positive-vector':
      return at((entry) => entry * (1 + step));
    case 'probability':
    case 'interval': {
      const [low, high] = domain.kind === 'interval' ? [domain.minimum, domain.maximum] : [0, 1];
      const number = value as number;
      // At the very end there is no distance to take a part of.
      const room = Math.min(number - low, high - number) || (high - low) * (unit === 'relative' ? 1 : 0.5);
      return number + step * (unit === 'relative' ? Math.max(room, number) : room);
    }
    case 'simplex': {
      const entries = value as readonly number[];
      const from = entries.indexOf(Math.max(...entries));
      const to = index === from ? entries.length - 1 : index;
      const moved = (entries[to] || 1e-3) * step;
      return entries.map((entry, place) => (place === to ? entry + moved : place === from ? entry - moved : entry));
    }
    case 'positive-definite':
      return moveMatrix(value as readonly (readonly number[])[], domain, index, step, unit);
  }
}

/** Diagonal entries first: a column's deviation changes and its correlations stay. Then, where they are free, the covariances. */
function moveMatrix(
  matrix: readonly (readonly number[])[],
  { dimension, structure }: Extract<Domain, { kind: 'positive-definite' }>,
  index: number,
  step: number,
  unit: 'relative' | 'own',
): ParameterValue {
  if (structure === 'spherical') return matrix.map((row) => row.map((entry) => entry * (1 + step)));
  if (index < dimension) {
    const factor = (j: number): number => (j === index ? 1 + step : 1);
    // Rounding moves single entries.
    if (unit === 'relative') return matrix.map((row, j) => row.map((entry, k) => (j === k ? entry * factor(j) : entry)));
    return matrix.map((row, j) => row.map((entry, k) => entry * (factor(j) * factor(k))));
  }
  let left = index - dimension;
  let [j, k] = [1, 0];
  for (; left >= j; j += 1) left -= j;
  k = left;
  const change = unit === 'relative' ? step * matrix[j]![k]! : step * Math.sqrt(matrix[j]![j]!) * Math.sqrt(matrix[k]![k]!);
  return matrix.map((row, r) => row.map((entry, c) => ((r === j && c === k) || (r === k && c === j) ? entry + change : entry)));
}

/** A sum that keeps the digits its terms have. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  let lost = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

export function weightedSum(values: ArrayLike<number>, weights: readonly number[]): number {
  return sum(weights.map((weight, row) => weight * values[row]!));
}

function withoutWeightless(fuzzCase: Case): Case {
  const { weights, labels, rows } = fuzzCase;
  if (weights?.every((weight) => weight > 0) ?? true) return fuzzCase;
  const kept = <T>(values: readonly T[]): T[] => values.filter((_, row) => weights![row]! > 0);
  return { ...fuzzCase, rows: kept(rows), weights: kept(weights!), ...(labels && { labels: kept(labels) }) };
}

/** How many rows that count are different. */
export function distinctRows({ kept }: Trial): number {
  return new Set(kept.rows.map((row) => row.join())).size;
}
