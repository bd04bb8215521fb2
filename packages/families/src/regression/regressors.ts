import {
  type Column,
  type ColumnSummary,
  type Coordinates,
  type Domain,
  degenerate,
  type EmkitError,
  type Family,
  type FamilyOption,
  type ParameterValues,
  type Random,
} from '@emkit/core';
import { Design, type DesignFrame, expm1, innerProduct } from '@emkit/core/numerics';
import { timesLogRatio } from '../gain.ts';

/** The coefficients of a linear predictor: that of the intercept first, where there is one, then one a predictor, in the order of the columns. */
export type Coefficients = { readonly coefficients: readonly number[] };

/** What every regression may be told of its predictors. */
export type RegressionOptions = {
  /** How many columns after the response are predictors. Default 1. */
  readonly predictors?: number;
  /** `none` leaves the intercept out. */
  readonly intercept?: 'estimated' | 'none';
  /** `column`: the last column is added to the linear predictor as it stands. */
  readonly offset?: 'none' | 'column';
};

/** A logarithm or log-odds beyond this is one of 0 or of infinity. */
export const FARTHEST = 500;

/** A moment for each pair of predictors: of so many, four megabytes a component and block. */
const MOST_PREDICTORS = 1024;

export const REGRESSION_OPTIONS: Readonly<Record<keyof RegressionOptions, FamilyOption>> = {
  predictors: {
    kind: 'integer',
    minimum: 1,
    maximum: MOST_PREDICTORS,
    default: 1,
    description: 'how many columns after the response are predictors',
  },
  intercept: { kind: 'choice', values: ['estimated', 'none'], default: 'estimated', description: 'none: the linear predictor is 0 at 0' },
  offset: {
    kind: 'choice',
    values: ['none', 'column'],
    default: 'none',
    description: 'column: the last column is added to the linear predictor',
  },
};

/** The entries that hold digits which coefficients of raw columns cannot: the effects in a frame near the data, and that frame. */
export type Refined = Coefficients & {
  readonly effects?: readonly number[];
  readonly centre?: readonly number[];
  readonly factor?: readonly (readonly number[])[];
  /** 1 where the coefficients are on their way to infinity. */
  readonly unbounded?: number;
};

/** The coefficients of one record as the passes need them. */
export interface Prepared {
  readonly design: Design;
  readonly effects: Float64Array;
}

/** The predictors of a regression: which columns they are, and the coefficients in coordinates that keep their digits. */
export class Regressors {
  readonly columns: readonly Column[];
  readonly coefficients: Domain;
  readonly refinements: Readonly<Record<string, Domain>>;
  /** The length of a design vector. */
  readonly length: number;
  readonly intercept: boolean;
  private readonly predictors: number;
  private readonly first: number;
  private readonly offset: number;
  private readonly known = new WeakMap<object, Prepared>();

  /** @param response the columns before the predictors: what is modelled, and what is given with it */
  constructor({ predictors = 1, intercept = 'estimated', offset = 'none' }: RegressionOptions, response: readonly Column[]) {
    this.predictors = predictors;
    this.intercept = intercept === 'estimated';
    this.first = response.length;
    this.offset = offset === 'column' ? response.length + predictors : -1;
    this.length = predictors + (this.intercept ? 1 : 0);
    const given = (name: string): Column => ({ name, support: { kind: 'real' }, given: true });
    const names = Array.from({ length: predictors }, (_, index) => (predictors === 1 ? 'x' : `x${index + 1}`));
    this.columns = [...response, ...names.map(given), ...(this.offset < 0 ? [] : [given('offset')])];
    this.coefficients = { kind: 'real-vector', length: this.length };
    this.refinements = {
      effects: this.coefficients,
      centre: { kind: 'real-vector', length: predictors },
      factor: { kind: 'lower-triangle', dimension: predictors },
      unbounded: { kind: 'probability' },
    };
  }

  prepare(parameters: Refined): Prepared {
    let prepared = this.known.get(parameters);
    if (prepared === undefined) {
      const { centre, factor, effects, coefficients } = parameters;
      const refined = centre !== undefined && factor !== undefined && effects !== undefined;
      const design = new Design(refined ? { centre, factor } : Design.plain(this.predictors), this.intercept);
      prepared = { design, effects: refined ? Float64Array.from(effects) : design.effects(coefficients) };
      this.known.set(parameters, prepared);
    }
    return prepared;
  }

  /** The record of effects in a frame, coefficients computed from them. */
  record(frame: DesignFrame, effects: Float64Array): Refined {
    const design = new Design(frame, this.intercept);
    const { centre, factor } = frame;
    const record = { coefficients: design.coefficients(effects), effects: Array.from(effects), centre, factor };
    this.known.set(record, { design, effects });
    return record;
  }

  /** The record without what only holds digits. */
  show(parameters: Refined): Coefficients {
    const { design, effects } = this.prepare(parameters);
    return { coefficients: parameters.effects === undefined ? parameters.coefficients : design.coefficients(effects) };
  }

  /** Coefficients with which responses are neither nearly certain nor beyond counting. */
  typical(response: (random: Random) => readonly number[]): NonNullable<Family<Coefficients>['typical']> {
    const numbers = (random: Random, length: number): number[] => Array.from({ length }, () => Math.round(500 * random.normal()) / 1000);
    return {
      parameters: (random) => ({ coefficients: numbers(random, this.length) }),
      row: (random) => [...response(random), ...numbers(random, this.columns.length - this.first)],
    };
  }

  /** What runs away, as far as the M-step knew. */
  unbounded(parameters: Refined): readonly string[] {
    return parameters.unbounded === 1 ? ['coefficients'] : [];
  }

  /** A first record: `level` for all rows, in a frame made from what is known of the columns. */
  located(columns: readonly ColumnSummary[], level: number): Refined {
    const frame = Design.about(columns.slice(this.first, this.first + this.predictors), this.intercept);
    const effects = new Float64Array(this.length);
    if (this.intercept) effects[0] = level - (this.offset < 0 ? 0 : columns[this.offset]!.mean);
    return this.record(frame, effects);
  }

  /** The linear predictor of a row, whose design vector is written into `vector`. */
  linear({ design, effects }: Prepared, columns: readonly Float64Array[], row: number, vector: Float64Array): number {
    design.vector(columns, this.first, row, vector);
    return innerProduct(effects, vector) + (this.offset < 0 ? 0 : columns[this.offset]![row]!);
  }

  /** The same of one row that stands alone, one number a column. */
  linearOf(parameters: Refined, row: Float64Array): number {
    const columns = Array.from(row, (value) => Float64Array.of(value));
    return this.linear(this.prepare(parameters), columns, 0, new Float64Array(this.length));
  }

  /** What is wrong where no coefficients are better than all others. */
  undetermined(dependent: number | undefined): EmkitError {
    const reason =
      dependent === undefined
        ? 'its rows are fewer than the coefficients, or its linear predictor is too large for a double'
        : `in its rows the predictor ${this.columns[this.first + dependent]!.name} is a linear combination of ${this.intercept ? 'the intercept and ' : ''}the predictors before it, or the rows are fewer than the coefficients`;
    return degenerate('coefficients', reason);
  }

  /** The effects of `to` less those of `from`, in the frame of `from`. */
  step(from: Refined, to: Refined): Float64Array {
    const [{ design, effects }, next] = [this.prepare(from), this.prepare(to)];
    return design.take(next.effects, next.design).map((value, index) => value - effects[index]!);
  }

  /** The root mean square of the change of the linear predictor, where the frame is that of the rows. */
  distance(from: Refined, to: Refined): number {
    const step = this.step(from, to);
    return Math.sqrt(innerProduct(step, step));
  }

  rounding(parameters: Refined): number {
    const { effects } = this.prepare(parameters);
    return Number.EPSILON * Math.sqrt(innerProduct(effects, effects));
  }

  /**
   * The coefficients of raw columns, then the logarithms of positive parameters. Changes are taken in the frame, so that they have their digits however
   * far the columns lie from zero.
   *
   * @param positive names of further parameters
   * @param farthest the largest move: beyond some hundreds an exponential is 0 or infinite, and an extrapolation finds no end
   * @param unit what a change of the linear predictor by 1 is measured in
   */
  coordinates<P extends Coefficients>(
    positive: readonly string[],
    farthest: number,
    unit: (parameters: P) => number,
  ): NonNullable<Family<P>['coordinates']> {
    const { length } = this;
    return (fixed): Coordinates<P> => {
      const moving = fixed.has('coefficients') ? 0 : length;
      const others = positive.filter((name) => !fixed.has(name));
      const numbers = (point: P): Readonly<Record<string, number>> => point as unknown as Readonly<Record<string, number>>;
      return {
        length: moving + others.length,
        difference: (from, to, out, place) => {
          if (moving > 0) out.set(this.prepare(from).design.coefficients(this.step(from, to)), place);
          others.forEach((name, index) => {
            out[place + moving + index] = timesLogRatio(1, numbers(from)[name]!, numbers(to)[name]!);
          });
        },
        move: (from, step, place) => {
          const values: Record<string, unknown> = { ...(from as ParameterValues) };
          if (moving > 0) {
            const { design, effects } = this.prepare(from);
            const way = design.effects(step.subarray(place, place + length));
            const size = Math.sqrt(innerProduct(way, way));
            const part = size > farthest ? farthest / size : 1;
            const { unbounded } = from as Refined;
            Object.assign(
              values,
              this.record(
                design.frame,
                effects.map((value, index) => value + part * way[index]!),
              ),
              unbounded !== undefined && { unbounded },
            );
          }
          others.forEach((name, index) => {
            const value = numbers(from)[name]!;
            values[name] = value + value * expm1(step[place + moving + index]!);
          });
          return values as unknown as P;
        },
        scales: (point, out, place) => {
          const one = unit(point);
          if (moving > 0) {
            const { factor } = this.prepare(point).design.frame;
            const slopes = factor.map((row) => one / Math.sqrt(row.reduce((sum, entry) => sum + entry * entry, 0)));
            out.set(this.intercept ? [one, ...slopes] : slopes, place);
          }
          out.fill(1, place + moving, place + moving + others.length);
        },
      };
    };
  }
}
