import type { Decimal } from 'decimal.js';
import { type CertifiableFit, constraintsOf, mixtureEntries, mixtureOf, movedData, requireFit, shownValues } from './certifiable.ts';
import { createReference } from './context.ts';
import { type DataDescription, preparationSteps } from './data.ts';
import { type DistinctExpectation, expectationSteps, maximizationSteps } from './em.ts';
import { ReferenceFailure } from './failure.ts';
import { createMixture, type ReferenceMixture } from './mixture.ts';
import { runInSlices, type Steps, type StopSignal } from './steps.ts';

/** How to certify. */
export interface CertifyOptions {
  /** Significant digits; a whole number from 20 to 300. Default 50. */
  readonly precision?: number;
  /** The rise of the log-likelihood, in nats, below which another step does not matter; >= 0. Default 1e-9. */
  readonly mustRaise?: number;
  /** Exact EM steps to take from the fit: 1 for the residual alone, 3 or more to extrapolate where they lead. Default 3. */
  readonly steps?: number;
  /** Called every few milliseconds, and once at the end. */
  readonly onProgress?: (progress: CertifyProgress) => void;
  /** Stops the computation: the promise is rejected with the code `aborted`. */
  readonly signal?: StopSignal;
}

/** How far a certification has come. */
export interface CertifyProgress {
  /** From 0 to 1, never falling. */
  readonly fraction: number;
  /** What it is doing: evaluating the log-likelihood, or taking one of the EM steps. */
  readonly stage: 'evaluate' | 'step';
}

/** What one exact EM step does to one parameter. */
export interface ParameterResidual {
  /** `weights[0]`, `components[1].mean`, `components[0].covariance[0][1]`, ... */
  readonly name: string;
  /** The parameter as the fit shows it. */
  readonly value: number;
  /** The parameter after one exact EM step, less the parameter (a weight: less the weight divided by their sum): zero at a fixed point. */
  readonly residual: number;
  /** The residual as a part of the parameter's magnitude; infinite when that is zero and the residual is not. */
  readonly relativeResidual: number;
  /** An estimate of the distance to the fixed point that EM is heading for; undefined when the steps do not converge at a steady rate. */
  readonly estimatedDistance: number | undefined;
}

/** What a certification found. Plain JSON apart from undefined entries. */
export interface Certificate {
  /** The significant digits it was computed with. */
  readonly precision: number;
  /** The number of rows, and the sum of their case weights. */
  readonly rows: number;
  readonly totalWeight: number;
  readonly logLikelihood: {
    /** The true log-likelihood at the fit's parameters, taken as exact doubles: its digits, and the nearest double. */
    readonly exact: string;
    readonly nearest: number;
    /** By how much the arithmetic itself may be off: the difference from an evaluation with 20 fewer digits. */
    readonly uncertainty: number;
    readonly reported: number;
    /** Reported less true. */
    readonly absoluteError: number;
    /** That as a part of the true value's magnitude. */
    readonly relativeError: number;
  };
  /** Every weight and parameter, with what one exact EM step does to it. */
  readonly parameters: readonly ParameterResidual[];
  /** The greatest magnitude of the relative residuals, and whose it is. */
  readonly largestRelativeResidual: { readonly name: string; readonly value: number };
  /**
   * By how much one exact EM step raises the log-likelihood, in nats, from the fit with its weights divided by their sum; never below zero but
   * for the rounding of this arithmetic.
   */
  readonly stepGain: number;
  /** The amount that {@link couldRaise} is judged by, in nats. */
  readonly mustRaise: number;
  /** True when one more EM step raises the log-likelihood by more than {@link mustRaise}. */
  readonly couldRaise: boolean;
  /** The ratio of the last two gains: near 1, EM is slow and a small step says little. Undefined when too few steps were taken or nothing was gained. */
  readonly rateOfConvergence: number | undefined;
  /** What all further EM steps together would gain, by Aitken's extrapolation, in nats; undefined when the gains do not shrink at a steady rate. */
  readonly estimatedRemainingGain: number | undefined;
}

/** Digits that the check of the arithmetic adds. */
const verificationDigits = 20;

/**
 * Re-evaluates a fit in arbitrary precision: what its log-likelihood truly is, and how far its parameters are from a fixed point of EM.
 *
 * The true log-likelihood is computed twice, with different numbers of digits, so that its own uncertainty is known. From the fit's parameters,
 * exact EM steps are taken: the first gives each parameter's residual and the gain of another step, the rest the rate of convergence
 * r = (l3 - l2) / (l2 - l1) and with it what is still to be gained, l3 - l0 + (l3 - l2) r / (1 - r) (Aitken's extrapolation).
 *
 * Weights are doubles, and so sum to 1 to rounding only, while those after a step sum to 1. The true log-likelihood is that of the weights as
 * the fit has them; the steps begin at these weights divided by their sum, or the log-likelihood could seem to fall by the difference.
 *
 * It takes (2 + steps) E-steps of several ten microseconds per distinct row and component; it pauses every few milliseconds for the event loop.
 *
 * @throws ReferenceFailure (rejecting the promise) `invalid-fit`, `invalid-argument`, `aborted`, and whatever evaluating the model or the EM step
 *   throws: `invalid-data`, `invalid-parameter`, `zero-density`, `collapsed-component`, ...
 */
export async function certify(fit: CertifiableFit, data: DataDescription, options: CertifyOptions = {}): Promise<Certificate> {
  const { precision = 50, mustRaise = 1e-9, steps = 3, onProgress, signal } = options;
  if (!Number.isInteger(precision) || precision < 20 || precision > 300) {
    throw new ReferenceFailure('invalid-argument', `precision is ${precision}: give a whole number from 20 to 300.`);
  }
  if (!Number.isInteger(steps) || steps < 1) throw new ReferenceFailure('invalid-argument', `steps is ${steps}: give a whole number >= 1.`);
  if (!(mustRaise >= 0)) throw new ReferenceFailure('invalid-argument', `mustRaise is ${mustRaise}: give a number of nats >= 0.`);
  requireFit(fit);

  const work = { stage: 'evaluate' as CertifyProgress['stage'], done: 0, total: 1 };
  const report = (): void => onProgress?.({ fraction: Math.min(1, work.done / work.total), stage: work.stage });
  const certificate = await runInSlices(certification(fit, data, { precision, mustRaise, steps }, work), signal, report);
  work.done = work.total;
  report();
  return certificate;
}

interface Work {
  stage: CertifyProgress['stage'];
  done: number;
  total: number;
}

function* certification(
  fit: CertifiableFit,
  description: DataDescription,
  { precision, mustRaise, steps }: { readonly precision: number; readonly mustRaise: number; readonly steps: number },
  work: Work,
): Steps<Certificate> {
  const reference = createReference({ precision });
  const given = createMixture(reference, mixtureOf(fit));
  const sumOfWeights = reference.sum(given.weights);
  const mixture: ReferenceMixture = { ...given, weights: given.weights.map((weight) => weight.div(sumOfWeights)) };
  const data = movedData(yield* preparationSteps(reference, description), fit);
  // An E-step of a row costs about as much as four passes over it in M-steps, of which there are two for each component.
  const perEvaluation = data.rows.length * mixture.components.length;
  const perMaximization = perEvaluation / 2;
  work.total = perEvaluation * (steps + 2) + perMaximization * steps;

  const finer = reference.withMoreDigits(verificationDigits);
  const verified = yield* counted(
    work,
    perEvaluation,
    data.rows.length,
    expectationSteps(createMixture(finer, mixtureOf(fit)), movedData(yield* preparationSteps(finer, description), fit)),
  );
  const truth = verified.logLikelihood;

  const constraints = constraintsOf(fit, mixture);
  const path: ReferenceMixture[] = [mixture];
  const expectations: DistinctExpectation[] = [yield* counted(work, perEvaluation, data.rows.length, expectationSteps(mixture, data))];
  work.stage = 'step';
  for (let step = 0; step < steps; step += 1) {
    const maximization = maximizationSteps(path[step]!, data, expectations[step]!, constraints);
    const next = yield* counted(work, perMaximization, 2 * perEvaluation, maximization);
    path.push(next);
    expectations.push(yield* counted(work, perEvaluation, data.rows.length, expectationSteps(next, data)));
  }

  const trace = expectations.map((expectation) => expectation.logLikelihood);
  const stepGain = trace[1]!.minus(trace[0]!);
  const rate = convergenceRate(trace);
  const steady = rate?.gt(0) && rate.lt(1) ? rate : undefined;
  const exhausted = trace.at(-1)!.eq(trace.at(-2)!);
  const remaining = steady
    ? trace
        .at(-1)!
        .minus(trace[0]!)
        .plus(trace.at(-1)!.minus(trace.at(-2)!).times(steady).div(reference.one.minus(steady)))
    : exhausted
      ? trace.at(-1)!.minus(trace[0]!)
      : undefined;
  const parameters = residuals(shownValues(fit, reference), path, steady, exhausted);
  const largest = parameters.reduce((worst, entry) =>
    Math.abs(entry.relativeResidual) > Math.abs(worst.relativeResidual) ? entry : worst,
  );
  const error = reference.decimal(fit.logLikelihood).minus(truth);
  // Dividing the weights by their sum took its logarithm off every row.
  const checked = trace[0]!.plus(reference.ln(sumOfWeights).times(data.totalWeight));

  return {
    precision,
    rows: data.distinct.length,
    totalWeight: data.totalWeight.toNumber(),
    logLikelihood: {
      exact: reference.round(truth).toString(),
      nearest: truth.toNumber(),
      uncertainty: truth.minus(checked).abs().toNumber(),
      reported: fit.logLikelihood,
      absoluteError: error.toNumber(),
      relativeError: relative(error, truth),
    },
    parameters,
    largestRelativeResidual: { name: largest.name, value: Math.abs(largest.relativeResidual) },
    stepGain: stepGain.toNumber(),
    mustRaise,
    couldRaise: stepGain.gt(mustRaise),
    rateOfConvergence: rate?.toNumber(),
    estimatedRemainingGain: remaining?.toNumber(),
  };
}

/** Runs a part of the work that yields about `yields` times, and counts it as `share` of the total whatever it turns out to be. */
function* counted<Result>(work: Work, share: number, yields: number, part: Steps<Result>): Steps<Result> {
  const start = work.done;
  for (let count = 1; ; count += 1) {
    const step = part.next();
    if (step.done === true) {
      work.done = start + share;
      return step.value;
    }
    work.done = start + share * Math.min(1, count / yields);
    yield;
  }
}

/** The ratio of the last two gains; undefined with fewer than three steps, or when the gain before was within rounding of zero. */
function convergenceRate(trace: readonly Decimal[]): Decimal | undefined {
  if (trace.length < 4) return undefined;
  const [before, middle, last] = trace.slice(-3) as [Decimal, Decimal, Decimal];
  const gain = middle.minus(before);
  return gain.gt(0) ? last.minus(middle).div(gain) : undefined;
}

function residuals(
  shown: (name: string) => Decimal,
  path: readonly ReferenceMixture[],
  rate: Decimal | undefined,
  exhausted: boolean,
): ParameterResidual[] {
  const values = path.map(mixtureEntries);
  // The log-likelihood's gains shrink with the square of the rate at which the parameters converge.
  const ahead = rate === undefined ? undefined : rate.sqrt().div(rate.sqrt().negated().plus(1));
  return values[0]!.map(({ name, value }, index) => {
    const at = (step: number): Decimal => values.at(step)![index]!.value;
    const residual = at(1).minus(value);
    const walked = at(-1).minus(value);
    const distance = ahead === undefined ? (exhausted ? walked : undefined) : walked.plus(at(-1).minus(at(-2)).times(ahead));
    return {
      name,
      value: shown(name).toNumber(),
      residual: residual.toNumber(),
      relativeResidual: relative(residual, shown(name)),
      estimatedDistance: distance?.abs().toNumber(),
    };
  });
}

function relative(difference: Decimal, to: Decimal): number {
  if (difference.isZero()) return 0;
  return to.isZero() ? (difference.gt(0) ? Infinity : -Infinity) : difference.div(to.abs()).toNumber();
}
