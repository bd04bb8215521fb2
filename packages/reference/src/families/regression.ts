import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition, ReferenceFamilyParts, ReferenceOptions, ReferenceParameters, ReferenceRow } from '../family.ts';
import { cholesky } from '../linear-algebra.ts';
import { binomial } from './binomial.ts';
import { poisson } from './poisson.ts';

/** The coefficients of a linear predictor, the intercept first. */
export type Coefficients = { readonly coefficients: readonly Decimal[] };

/** The parameters of linear regression. */
export type GaussianRegressionParameters = Coefficients & { readonly variance: Decimal };

const mostTurns = 500;
const refinements = { effects: 'vector', centre: 'vector', factor: 'matrix', unbounded: 'scalar' } as const;

/** Which columns of a row are what, and what follows from the linear predictor alone. */
function shapeOf(reference: Reference, options: ReferenceOptions, response: number) {
  const predictors = (options['predictors'] as number | undefined) ?? 1;
  const intercept = options['intercept'] !== 'none';
  const offset = options['offset'] === 'column' ? response + predictors : -1;
  const length = predictors + (intercept ? 1 : 0);
  const design = (row: ReferenceRow): Decimal[] => [...(intercept ? [reference.one] : []), ...row.slice(response, response + predictors)];
  return {
    columns: response + predictors + (offset < 0 ? 0 : 1),
    length,
    design,
    linear: (coefficients: readonly Decimal[], row: ReferenceRow): Decimal =>
      reference.sum(design(row).map((value, j) => value.times(coefficients[j]!))).plus(offset < 0 ? reference.zero : row[offset]!),
    invalid: ({ coefficients }: Coefficients): string | undefined =>
      coefficients.length === length ? undefined : `coefficients has ${coefficients.length} entries and must have ${length}`,
    /** The coefficients that effects in coordinates z = L^-1 (x - centre) stand for. */
    refine<P extends Coefficients>(parameters: P, finer: ReferenceParameters): P {
      const { effects, centre, factor } = finer as unknown as {
        effects?: readonly Decimal[];
        centre?: readonly Decimal[];
        factor?: readonly (readonly Decimal[])[];
      };
      if (effects === undefined || centre === undefined || factor === undefined) return parameters;
      const slopes = effects.slice(intercept ? 1 : 0);
      for (let j = predictors - 1; j >= 0; j -= 1) {
        for (let k = j + 1; k < predictors; k += 1) slopes[j] = slopes[j]!.minus(factor[k]![j]!.times(slopes[k]!));
        slopes[j] = slopes[j]!.div(factor[j]![j]!);
      }
      const atCentre = reference.sum(slopes.map((slope, j) => slope.times(centre[j]!)));
      return { ...parameters, coefficients: intercept ? [effects[0]!.minus(atCentre), ...slopes] : slopes };
    },
  };
}

/** The solution of a symmetric positive definite system. */
function solve(reference: Reference, family: string, matrix: readonly (readonly Decimal[])[], right: readonly Decimal[]): Decimal[] {
  const factor = cholesky(reference, matrix, reference.decimal(`1e-${Math.floor(reference.workingPrecision * 0.8)}`));
  if (factor === undefined) {
    throw new ReferenceFailure('collapsed-component', 'The predictors of the component depend on each other.', {
      family,
      parameter: 'coefficients',
    });
  }
  const way = [...right];
  for (let j = 0; j < way.length; j += 1) {
    for (let k = 0; k < j; k += 1) way[j] = way[j]!.minus(factor[j]![k]!.times(way[k]!));
    way[j] = way[j]!.div(factor[j]![j]!);
  }
  for (let j = way.length - 1; j >= 0; j -= 1) {
    for (let k = j + 1; k < way.length; k += 1) way[j] = way[j]!.minus(factor[k]![j]!.times(way[k]!));
    way[j] = way[j]!.div(factor[j]![j]!);
  }
  return way;
}

/** Sums of r w v v' and of r s v, for given scores s and information w. */
function normalEquations(
  reference: Reference,
  rows: readonly ReferenceRow[],
  responsibilities: readonly Decimal[],
  design: (row: ReferenceRow) => readonly Decimal[],
  of: (row: ReferenceRow) => readonly [score: Decimal, information: Decimal],
) {
  const length = design(rows[0]!).length;
  const matrix = Array.from({ length }, () => new Array<Decimal>(length).fill(reference.zero));
  const right = new Array<Decimal>(length).fill(reference.zero);
  rows.forEach((row, i) => {
    const vector = design(row);
    const [score, information] = of(row);
    for (let j = 0; j < length; j += 1) {
      right[j] = right[j]!.plus(responsibilities[i]!.times(score).times(vector[j]!));
      for (let k = 0; k < length; k += 1)
        matrix[j]![k] = matrix[j]![k]!.plus(responsibilities[i]!.times(information).times(vector[j]!).times(vector[k]!));
    }
  });
  return { matrix, right };
}

/**
 * Linear regression: density exp(-(y - m)^2 / (2 v)) / sqrt(2 pi v), m = b . (1, x) + offset. The weighted estimates solve the normal equations, with
 * more digits than they lose; variance = sum of r (y - m)^2 / N.
 */
export const gaussianRegression: ReferenceFamilyDefinition<GaussianRegressionParameters> = {
  id: 'gaussian-regression',
  parameters: { coefficients: 'vector', variance: 'scalar' },
  refinements,
  create(reference, options) {
    const shape = shapeOf(reference, options, 1);
    return {
      columns: shape.columns,
      refine: (parameters, finer) => shape.refine(parameters, finer),
      invalid: (parameters) =>
        shape.invalid(parameters) ?? (parameters.variance.gt(0) ? undefined : `variance is ${parameters.variance} and must be > 0`),
      logDensityAt: ({ coefficients, variance }) => {
        const constant = reference.logTwoPi.plus(reference.ln(variance)).div(-2);
        return (row) => {
          const error = row[0]!.minus(shape.linear(coefficients, row));
          return constant.minus(error.times(error).div(variance.times(2)));
        };
      },
      maximize(rows, responsibilities, previous, held) {
        const count = reference.sum(responsibilities);
        let { coefficients } = previous;
        if (!held.has('coefficients')) {
          // Twice, from what is left: the second time the step is the rounding of the first.
          for (let turn = 0; turn < 2; turn += 1) {
            const at = coefficients;
            const { matrix, right } = normalEquations(reference, rows, responsibilities, shape.design, (row) => [
              row[0]!.minus(shape.linear(at, row)),
              reference.one,
            ]);
            coefficients = solve(reference, 'gaussian-regression', matrix, right).map((step, j) => at[j]!.plus(step));
          }
        }
        if (held.has('variance')) return { coefficients, variance: previous.variance };
        const squares = rows.map((row, i) => responsibilities[i]!.times(row[0]!.minus(shape.linear(coefficients, row)).pow(2)));
        const variance = reference.sum(squares).div(count);
        const size = reference.sum(rows.map((row, i) => responsibilities[i]!.times(row[0]!.pow(2)))).div(count);
        if (variance.lte(size.times(`1e-${Math.floor(reference.workingPrecision * 0.8)}`))) {
          throw new ReferenceFailure('collapsed-component', 'The rows of the component lie on a plane, so that its variance is 0.', {
            family: 'gaussian-regression',
            parameter: 'variance',
          });
        }
        return { coefficients, variance };
      },
    };
  },
};

/** What a family of counts adds to a linear predictor. */
interface Counts {
  readonly response: number;
  logMass(linear: Decimal): (row: ReferenceRow) => Decimal;
  /** The first derivative of the log-mass by the linear predictor, and minus the second. */
  derivatives(linear: Decimal, row: ReferenceRow): readonly [Decimal, Decimal];
}

/** Newton's method on the weighted log-likelihood, halved where it falls, to all digits. */
function generalized(
  id: string,
  counts: (reference: Reference, options: ReferenceOptions) => Counts,
): ReferenceFamilyDefinition<Coefficients> {
  return {
    id,
    parameters: { coefficients: 'vector' },
    refinements,
    create(reference, options): ReferenceFamilyParts<Coefficients> {
      const { response, logMass, derivatives } = counts(reference, options);
      const shape = shapeOf(reference, options, response);
      const logDensityAt =
        ({ coefficients }: Coefficients) =>
        (row: ReferenceRow) =>
          logMass(shape.linear(coefficients, row))(row);
      return {
        columns: shape.columns,
        refine: (parameters, finer) => shape.refine(parameters, finer),
        invalid: shape.invalid,
        logDensityAt,
        maximize(rows, responsibilities, previous) {
          const value = (coefficients: readonly Decimal[]): Decimal =>
            reference.sum(rows.map((row, i) => responsibilities[i]!.times(logDensityAt({ coefficients })(row))));
          let { coefficients } = previous;
          let best = value(coefficients);
          const least = reference.decimal(`1e-${reference.workingPrecision - 12}`);
          for (let turn = 0; turn < mostTurns; turn += 1) {
            const at = coefficients;
            const { matrix, right } = normalEquations(reference, rows, responsibilities, shape.design, (row) =>
              derivatives(shape.linear(at, row), row),
            );
            let step = solve(reference, id, matrix, right);
            const size = (values: readonly Decimal[]): Decimal =>
              values.reduce((most, entry) => (entry.abs().gt(most) ? entry.abs() : most), reference.zero);
            if (size(step).lte(least.times(size(at).plus(1)))) return { coefficients: at.map((entry, j) => entry.plus(step[j]!)) };
            for (let halved = 0; ; halved += 1) {
              const next = at.map((entry, j) => entry.plus(step[j]!));
              const found = value(next);
              if (found.gte(best) || halved === 60) {
                [coefficients, best] = [next, found];
                break;
              }
              step = step.map((entry) => entry.div(2));
            }
          }
          throw new ReferenceFailure('collapsed-component', 'The coefficients of the component go to infinity.', {
            family: id,
            parameter: 'coefficients',
          });
        },
      };
    },
  };
}

/** Poisson regression: a Poisson mass of the rate exp(b . (1, x) + offset). */
export const poissonRegression: ReferenceFamilyDefinition<Coefficients> = generalized('poisson-regression', (reference) => {
  const mass = poisson.create(reference, {});
  return {
    response: 1,
    logMass: (linear) => mass.logDensityAt({ rate: reference.exp(linear) }),
    derivatives: (linear, row) => [row[0]!.minus(reference.exp(linear)), reference.exp(linear)],
  };
});

/** Binomial regression: a binomial mass of the log-odds b . (1, x) + offset. */
export const binomialRegression: ReferenceFamilyDefinition<Coefficients> = generalized('binomial-regression', (reference, options) => {
  const trials = options['trials'] ?? 1;
  const mass = binomial.create(reference, { trials });
  const trialsOf = (row: ReferenceRow): Decimal => (trials === 'column' ? row[1]! : reference.decimal(trials as number));
  const successOf = (linear: Decimal): Decimal => reference.one.div(reference.one.plus(reference.exp(linear.negated())));
  return {
    response: trials === 'column' ? 2 : 1,
    logMass: (linear) => (row) =>
      // By the rarer outcome: the other one's probability would be 1 to all digits.
      linear.lte(0)
        ? mass.logDensityAt({ probability: successOf(linear) })(row)
        : mass.logDensityAt({ probability: successOf(linear.negated()) })([trialsOf(row).minus(row[0]!), ...row.slice(1)]),
    derivatives(linear, row) {
      const success = successOf(linear);
      const expected = trialsOf(row).times(success);
      return [row[0]!.minus(expected), expected.times(successOf(linear.negated()))];
    },
  };
});
