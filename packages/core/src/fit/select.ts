import { createDataset } from '../data/dataset.ts';
import { EmkitError } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import type { Criterion } from '../inference/criteria.ts';
import type { Latent } from '../model/latent.ts';
import { checkFamily } from '../model/latent-model.ts';
import { isSource } from '../source/source.ts';
import { fitAsyncBeside, fitBeside } from './fit.ts';
import { checkOptions, type FitAsyncOptions, type FitOptions, refuseDataOptions } from './options.ts';
import type { FitAsyncData, FitData } from './plan.ts';
import type { Fit } from './result.ts';
import { describeSelection, type SummaryOptions, showInConsoles } from './summary-text.ts';

/** Options of a choice among numbers of components. */
export interface SelectOptions<P extends ParameterValues = ParameterValues>
  extends Omit<FitOptions, 'components' | 'families' | 'family' | 'latent' | 'start' | 'resume' | 'held'> {
  readonly family: Family<P>;
  /** How labels arise, for a number of components: `markov` chooses among hidden Markov models. Default: those of mixtures. */
  readonly latent?: (components: number) => Latent;
  /** The numbers to try. */
  readonly components: readonly number[];
  /** Default `bic`. */
  readonly criterion?: Criterion;
  /** How starts are made. */
  readonly start?: Extract<FitOptions['start'], string>;
  /**
   * A heuristic: stops when so many candidates in a row were worse than the best before them, and leaves out the rest of the list. Default: all
   * that are listed are fitted.
   */
  readonly patience?: number;
}

/** Further options of an asynchronous choice: those of `fitAsync` hold for each of its fits. */
export interface SelectAsyncOptions<P extends ParameterValues = ParameterValues>
  extends SelectOptions<P>,
    Pick<FitAsyncOptions<readonly P[]>, 'onProgress' | 'signal' | 'startWorker' | 'threads'> {
  /** Called after each number of components. */
  readonly onCandidate?: (candidate: SelectCandidate<P>) => void;
}

/** One number of components that was tried. */
export interface SelectCandidate<P extends ParameterValues = ParameterValues> {
  readonly components: number;
  /** Absent where no fit exists. */
  readonly fit?: Fit<readonly P[]>;
  /** Why there is none, or why it was not eligible (a collapsed component makes any criterion meaningless). */
  readonly refused?: string;
}

/** The outcome of a choice. Immutable. */
export class Selection<P extends ParameterValues = ParameterValues> {
  readonly criterion: Criterion;
  readonly candidates: readonly SelectCandidate<P>[];
  /** The eligible fit with the smallest criterion. */
  readonly best: Fit<readonly P[]>;
  /** True where an abort cut the list short: the best is that of the candidates that were finished. */
  readonly aborted: boolean;

  /** @throws EmkitError `COMPONENT_DEGENERATE` where no candidate is eligible */
  constructor({ criterion, candidates, aborted }: Pick<Selection<P>, 'criterion' | 'candidates' | 'aborted'>) {
    const best = bestOf(candidates, criterion)?.fit;
    if (best === undefined) {
      const reasons = candidates.map(({ components, refused }) => `${components} (${refused})`);
      throw new EmkitError('COMPONENT_DEGENERATE', `None of the numbers of components tried has a proper fit: ${reasons.join('; ')}.`);
    }
    this.criterion = criterion;
    this.candidates = candidates;
    this.best = best;
    this.aborted = aborted;
    showInConsoles(this);
    Object.freeze(this);
  }

  /** The choice as text for people: a row for each candidate, and which is chosen. A console shows it. */
  summary(options: SummaryOptions = {}): string {
    return describeSelection(this as unknown as Selection, options);
  }
}

/**
 * Chooses the number of components: fits each, and takes the smallest criterion among those whose diagnosis allows it. Besides its own starts
 * a candidate has some from the one with a component less, if that was fitted before: with its largest, or worst fitting, component split.
 *
 * A candidate with fewer components than the known labels name is refused, the others are fitted.
 *
 * @throws EmkitError as `fit` for bad data; `COMPONENT_DEGENERATE` when no number of components has an eligible fit
 */
export function select<P extends ParameterValues>(data: FitData, options: SelectOptions<P>): Selection<P> {
  checkOptions(options, 'select');
  const { source, criterion, optionsFor } = prepare(data, options as unknown as SelectAsyncOptions);
  const candidates: SelectCandidate[] = [];
  for (const components of options.components) {
    let outcome: Fit | EmkitError;
    try {
      outcome = fitBeside(source as FitData, optionsFor(components), neighbourOf(candidates, components));
    } catch (error) {
      outcome = refusal(error);
    }
    candidates.push(judge(components, outcome));
    if (hasTurned(candidates, criterion, options.patience)) break;
  }
  return new Selection({ criterion, candidates, aborted: false }) as unknown as Selection<P>;
}

/**
 * The same in the background of this thread. An abort ends the list: what is finished is kept.
 *
 * @throws EmkitError as `select`, and `ABORTED` where no candidate was finished
 */
export async function selectAsync<P extends ParameterValues>(data: FitAsyncData, options: SelectAsyncOptions<P>): Promise<Selection<P>> {
  checkOptions(options, 'selectAsync');
  const { onCandidate, signal } = options as unknown as SelectAsyncOptions;
  const { source, criterion, optionsFor } = prepare(data, options as unknown as SelectAsyncOptions);
  const candidates: SelectCandidate[] = [];
  let aborted = false;
  for (const components of options.components) {
    let outcome: Fit | EmkitError;
    try {
      outcome = await fitAsyncBeside(source, optionsFor(components), neighbourOf(candidates, components));
    } catch (error) {
      outcome = refusal(error, signal);
    }
    aborted = outcome instanceof EmkitError ? outcome.code === 'ABORTED' : outcome.diagnosis.kind === 'aborted';
    if (aborted && !candidates.some(isEligible)) throw new EmkitError('ABORTED', `The choice was aborted at ${components} components.`);
    if (aborted) break;
    const candidate = judge(components, outcome);
    onCandidate?.(candidate);
    candidates.push(candidate);
    if (hasTurned(candidates, criterion, options.patience)) break;
  }
  return new Selection({ criterion, candidates, aborted }) as unknown as Selection<P>;
}

/** Data in memory are read once. */
function prepare(data: FitAsyncData, options: SelectAsyncOptions) {
  const {
    criterion = 'bic',
    components,
    patience: _,
    weights,
    labels,
    columns,
    dimension,
    sequences,
    blockSize,
    onCandidate: __,
    latent,
    ...rest
  } = options;
  const optionsFor = (count: number): FitAsyncOptions => ({ ...rest, components: count, ...(latent && { latent: latent(count) }) });
  if (isSource(data)) {
    refuseDataOptions(options);
    return { source: data, criterion, optionsFor };
  }
  checkFamily(options.family, 'The family');
  const whole = sequences === undefined && latent !== undefined && latent(components[0]!).logWeights === undefined;
  const asked = { ...options, ...(whole && { sequences: true as const }) };
  return { source: createDataset(data, [options.family], Math.max(...components), asked), criterion, optionsFor };
}

/** The fit with one component less, whose components further starts are split from. */
function neighbourOf(candidates: readonly SelectCandidate[], components: number): Fit | undefined {
  return candidates.find((candidate) => candidate.components === components - 1 && isEligible(candidate))?.fit as Fit | undefined;
}

/** An error that says that there is no fit; others are thrown on. */
function refusal(error: unknown, signal?: AbortSignal): EmkitError {
  const aborted = signal?.aborted === true ? ['ABORTED'] : [];
  // The data were read for the largest number: a label may be too much for a smaller one.
  const codes: readonly string[] = [
    'COMPONENT_DEGENERATE',
    'DATA_LABEL',
    'DATA_TOO_FEW_DISTINCT_ROWS',
    'MODEL_IMPOSSIBLE_DATA',
    ...aborted,
  ];
  if (error instanceof EmkitError && codes.includes(error.code)) return error;
  throw error;
}

function judge(components: number, outcome: Fit | EmkitError): SelectCandidate {
  if (outcome instanceof EmkitError) return { components, refused: outcome.message };
  const { diagnosis } = outcome;
  const refused =
    diagnosis.kind === 'collapsed'
      ? `component ${diagnosis.component + 1} collapsed: ${diagnosis.reason}`
      : diagnosis.kind === 'decreased'
        ? 'the log-likelihood fell'
        : undefined;
  return { components, fit: outcome, ...(refused !== undefined && { refused }) };
}

function isEligible<P extends ParameterValues>(candidate: SelectCandidate<P>): boolean {
  return candidate.fit !== undefined && candidate.refused === undefined;
}

function bestOf<P extends ParameterValues>(
  candidates: readonly SelectCandidate<P>[],
  criterion: Criterion,
): SelectCandidate<P> | undefined {
  let best: SelectCandidate<P> | undefined;
  for (const candidate of candidates)
    if (isEligible(candidate) && (best === undefined || candidate.fit!.criteria[criterion] < best.fit!.criteria[criterion]))
      best = candidate;
  return best;
}

function hasTurned(candidates: readonly SelectCandidate[], criterion: Criterion, patience: number | undefined): boolean {
  if (patience === undefined) return false;
  const best = bestOf(candidates, criterion);
  return best !== undefined && candidates.length - 1 - candidates.indexOf(best) >= patience;
}
