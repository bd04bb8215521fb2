import { answerTo, type Progress, runAsync, runSync } from '../driver/run.ts';
import { EmkitError } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { computeCriteria } from '../inference/criteria.ts';
import { makeWarnings } from '../inference/warnings.ts';
import type { Weights } from '../model/independent.ts';
import { isSynchronous, type Source, type SynchronousSource } from '../source/source.ts';
import { afterCollapse } from './collapse.ts';
import { type Exact, Model } from './model.ts';
import type { FitAsyncOptions, FitOptions, FitProgress } from './options.ts';
import { type FitAsyncData, type FitData, makePlan, type Plan, shownPoint, structureOf } from './plan.ts';
import { fitProcess, type Outcome } from './process.ts';
import { Fit } from './result.ts';
import { chooseSource } from './threads.ts';
import type { AnyComponents, ComponentsOf, OneFamily, Repeat, SeveralFamilies } from './typed.ts';

/** One step of the step-by-step iterator: a point of the model and the expectation there. */
export interface FitStep<C extends AnyComponents = AnyComponents, L extends object = Weights> extends FitProgress<C, L> {
  /** Expected counts at the parameters, one a component. */
  readonly expectedCounts: readonly number[];
}

/**
 * Fits a finite mixture, or another model with latent labels, by expectation-maximisation.
 *
 * @param data one column, rows, columns by name, records, an Arrow table, a data set, or a source
 * @returns the fit; look at `diagnosis` before using it
 * @throws EmkitError `DATA_*` naming row, column and value; `OPTION_*`, `PARAMETER_*`, `MODEL_*`; `COMPONENT_DEGENERATE` where no
 * start has an estimate, or a component collapses and `onCollapse` is `throw`
 * @example fit([1, 2, 9, 10], { family: gaussian(), components: 2 }).components[0].mean
 */
export function fit<P extends ParameterValues, const K extends number = number, L extends object = Weights>(
  data: FitData,
  options: FitOptions & OneFamily<P, K, L>,
): Fit<Repeat<P, K>, L>;
export function fit<const F extends readonly Family[], L extends object = Weights>(
  data: FitData,
  options: FitOptions & SeveralFamilies<F, L>,
): Fit<ComponentsOf<F>, L>;
export function fit(data: FitData, options: FitOptions): Fit;
export function fit(data: FitData, options: FitOptions): Fit {
  return fitBeside(data, options, undefined);
}

/** A fit with further starts from one with one component less. */
export function fitBeside(data: FitData, options: FitOptions, neighbour: Fit | undefined): Fit {
  let plan = makePlan(data, options, 'fit', neighbour);
  for (;;) {
    const outcome = runSync(fitProcess(plan), synchronous(plan.source));
    const next = afterCollapse(plan, outcome);
    if (next === undefined) return makeFit(plan, outcome);
    plan = next;
  }
}

/**
 * The same, in the background of this thread: the event loop turns, the fit can be watched and aborted.
 * The result has the same bits as `fit`'s. An aborted fit resolves with the diagnosis `aborted`.
 *
 * @throws EmkitError as `fit`, and `ABORTED` when the signal fires before the first iteration
 */
export function fitAsync<P extends ParameterValues, const K extends number = number, L extends object = Weights>(
  data: FitAsyncData,
  options: FitAsyncOptions<Repeat<P, K>, L> & OneFamily<P, K, L>,
): Promise<Fit<Repeat<P, K>, L>>;
export function fitAsync<const F extends readonly Family[], L extends object = Weights>(
  data: FitAsyncData,
  options: FitAsyncOptions<ComponentsOf<F>, L> & SeveralFamilies<F, L>,
): Promise<Fit<ComponentsOf<F>, L>>;
export function fitAsync(data: FitAsyncData, options: FitAsyncOptions): Promise<Fit>;
export function fitAsync(data: FitAsyncData, options: FitAsyncOptions): Promise<Fit> {
  return fitAsyncBeside(data, options, undefined);
}

/** The same with further starts from a fit with one component less. */
export async function fitAsyncBeside(data: FitAsyncData, options: FitAsyncOptions, neighbour: Fit | undefined): Promise<Fit> {
  let plan = makePlan(data, options, 'fitAsync', neighbour);
  const { signal } = options;
  const onProgress =
    options.onProgress === undefined ? undefined : (progress: Progress) => options.onProgress!(describeProgress(plan, progress));
  for (;;) {
    const source = chooseSource(plan, options);
    let outcome: Outcome;
    try {
      const ended = await runAsync(fitProcess(plan), source, { signal, onProgress });
      outcome =
        ended.kind === 'done'
          ? ended.result
          : { result: { ...ended.latest, diagnosis: { kind: 'aborted' } }, starts: [], summary: await plan.source.summary() };
    } finally {
      if (source !== plan.source) await source.close?.();
    }
    const next = afterCollapse(plan, outcome);
    if (next === undefined) return makeFit(plan, outcome);
    plan = next;
  }
}

/**
 * The same, step by step: yields the start and then the point after each iteration, and returns the fit.
 *
 * @throws EmkitError as `fit`
 */
export function fitSteps<P extends ParameterValues, const K extends number = number, L extends object = Weights>(
  data: FitData,
  options: FitOptions & OneFamily<P, K, L>,
): Generator<FitStep<Repeat<P, K>, L>, Fit<Repeat<P, K>, L>, void>;
export function fitSteps<const F extends readonly Family[], L extends object = Weights>(
  data: FitData,
  options: FitOptions & SeveralFamilies<F, L>,
): Generator<FitStep<ComponentsOf<F>, L>, Fit<ComponentsOf<F>, L>, void>;
export function fitSteps(data: FitData, options: FitOptions): Generator<FitStep, Fit, void>;
export function* fitSteps(data: FitData, options: FitOptions): Generator<FitStep, Fit, void> {
  let plan = makePlan(data, options, 'fitSteps');
  for (;;) {
    const source = synchronous(plan.source);
    const process = fitProcess(plan);
    let turn = process.next();
    while (!turn.done) {
      if (turn.value.kind === 'iteration') {
        yield { ...describeProgress(plan, turn.value), expectedCounts: Array.from(turn.value.expectation.counts) };
      }
      turn = answerTo(process, source, turn.value);
    }
    const next = afterCollapse(plan, turn.value);
    if (next === undefined) return makeFit(plan, turn.value);
    plan = next;
  }
}

function synchronous(source: Source): SynchronousSource {
  if (isSynchronous(source)) return source;
  throw new EmkitError('OPTION_INVALID', 'The source does not answer at once.', { remedy: 'Use fitAsync, or selectAsync.' });
}

function describeProgress(plan: Plan, { state, expectation }: Progress): FitProgress {
  const parameters = shownPoint(plan, state.parameters) as FitProgress['parameters'];
  return { iteration: state.iteration, logLikelihood: expectation.logLikelihood, parameters, state };
}

function makeFit(plan: Plan, { result, starts, summary }: Outcome): Fit {
  const { model, origin, seed } = plan;
  const { state, expectation, diagnosis } = result;
  const free = model.space.free.length;
  const shown = shownPoint(plan, state.parameters);
  const refined = shown.components.some((values, component) => values !== state.parameters.components[component]);
  const exact: Exact | undefined = refined ? { ...(origin && { origin }), components: state.parameters.components } : undefined;
  const structure = origin === undefined ? model : structureOf(plan.options);
  return new Fit({
    model: new Model(structure, shown, exact),
    logLikelihood: expectation.logLikelihood,
    trace: state.trace,
    diagnosis,
    iterations: state.iteration,
    evaluations: state.evaluations,
    criteria: computeCriteria(expectation.logLikelihood, free, summary.totalWeight, expectation.entropy),
    rows: summary.rows,
    totalWeight: summary.totalWeight,
    columnNames: summary.columnNames.slice(0, model.families[0]!.columns.length),
    missing: summary.missing,
    seed,
    starts,
    warnings: makeWarnings(model, state, diagnosis, summary),
    state,
  });
}
