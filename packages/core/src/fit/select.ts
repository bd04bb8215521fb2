import type { Dataset } from '../data/block.ts';
import { createDataset } from '../data/dataset.ts';
import { EmkitError, showValue } from '../errors.ts';
import type { Family, ParameterValues } from '../family.ts';
import { CRITERIA, type Criterion } from '../inference/criteria.ts';
import { isSource, type Source } from '../source/source.ts';
import { type FitAsyncData, type FitData, fitAsyncBeside, fitBeside } from './fit.ts';
import { ASYNC_OPTIONS, checkNames, FIT_OPTIONS, type FitAsyncOptions, type FitOptions } from './options.ts';
import type { Fit } from './result.ts';

/** Options of a choice among numbers of components. */
export interface SelectOptions<P extends ParameterValues = ParameterValues>
  extends Omit<FitOptions, 'components' | 'families' | 'family' | 'latent' | 'start' | 'resume' | 'held'> {
  readonly family: Family<P>;
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
    Pick<FitAsyncOptions, 'onProgress' | 'signal' | 'startWorker' | 'threads'> {
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

/** The outcome of a choice. */
export interface Selection<P extends ParameterValues = ParameterValues> {
  readonly criterion: Criterion;
  readonly candidates: readonly SelectCandidate<P>[];
  /** The eligible fit with the smallest criterion. */
  readonly best: Fit<readonly P[]>;
  /** True where an abort cut the list short: the best is that of the candidates that were finished. */
  readonly aborted: boolean;
}

const SELECT_OPTIONS = [...FIT_OPTIONS.filter((name) => !['families', 'latent', 'resume', 'held'].includes(name)), 'criterion', 'patience'];

/**
 * Chooses the number of components: fits each, and takes the smallest criterion among those whose diagnosis allows it. Besides its own starts
 * a candidate has some from the one with a component less, if that was fitted before: with its largest, or worst fitting, component split.
 *
 * @throws EmkitError as `fit` for bad data; `COMPONENT_DEGENERATE` when no number of components has an eligible fit
 */
export function select<P extends ParameterValues>(data: FitData, options: SelectOptions<P>): Selection<P> {
  const { source, counts, criterion, rest } = prepare(data, options, SELECT_OPTIONS);
  const candidates: SelectCandidate[] = [];
  for (const components of counts) {
    candidates.push(attempt(components, () => fitBeside(source as FitData, { ...rest, components }, neighbourOf(candidates, components))));
    if (hasTurned(candidates, criterion, options.patience)) break;
  }
  return conclude(criterion, candidates, false) as unknown as Selection<P>;
}

/**
 * The same in the background of this thread. An abort ends the list: what is finished is kept.
 *
 * @throws EmkitError as `select`, and `ABORTED` where no candidate was finished
 */
export async function selectAsync<P extends ParameterValues>(data: FitAsyncData, options: SelectAsyncOptions<P>): Promise<Selection<P>> {
  const { onCandidate, ...others } = options as unknown as SelectAsyncOptions;
  const { source, counts, criterion, rest } = prepare(data, others, [...SELECT_OPTIONS, ...ASYNC_OPTIONS]);
  const candidates: SelectCandidate[] = [];
  let aborted = false;
  for (const components of counts) {
    let outcome: () => Fit;
    try {
      const done = await fitAsyncBeside(source, { ...rest, components }, neighbourOf(candidates, components));
      outcome = () => done;
    } catch (error) {
      outcome = () => {
        throw error;
      };
    }
    aborted = options.signal?.aborted === true;
    if (aborted) break;
    const candidate = attempt(components, outcome);
    onCandidate?.(candidate);
    candidates.push(candidate);
    if (hasTurned(candidates, criterion, options.patience)) break;
  }
  if (aborted && !candidates.some(isEligible)) {
    throw new EmkitError('ABORTED', `The choice was aborted at ${counts[candidates.length]} components.`);
  }
  return conclude(criterion, candidates, aborted) as unknown as Selection<P>;
}

function prepare(data: FitAsyncData, options: SelectOptions, names: readonly string[]) {
  checkNames(options, names);
  const { components: counts, criterion = 'bic', family, patience } = options;
  if (!CRITERIA.includes(criterion))
    throw new EmkitError('OPTION_INVALID', `The criterion is ${showValue(criterion)}.`, { remedy: `Give one of: ${CRITERIA.join(', ')}.` });
  if (!Array.isArray(counts)) {
    throw new EmkitError('OPTION_INVALID', `The numbers of components are ${showValue(counts)}.`, {
      value: counts,
      remedy: 'Give a list, for example [1, 2, 3].',
    });
  }
  if (counts.length === 0) throw new EmkitError('OPTION_INVALID', 'No number of components is given to choose from.');
  if (patience !== undefined && !(Number.isSafeInteger(patience) && patience >= 1)) {
    throw new EmkitError('OPTION_INVALID', `The option patience is ${showValue(patience)}.`, {
      remedy: 'Give a whole number of at least 1.',
    });
  }
  const source = isSource(data) ? data : readData(data, family, counts, options);
  const {
    components: _,
    criterion: __,
    patience: _p,
    weights: _w,
    labels: _l,
    columns: _c,
    dimension: _d,
    blockSize: _b,
    ...rest
  } = options;
  return { source, counts, criterion, rest: rest as FitOptions };
}

/** The data are read once; what is wrong with the family is said as a fit would. */
function readData(data: Exclude<FitAsyncData, Source>, family: Family, counts: readonly number[], options: SelectOptions): FitAsyncData {
  const isFamily = typeof family === 'object' && family !== null && Array.isArray(family.columns);
  return isFamily ? createDataset(data, [family], Math.max(...counts), options) : (data as Dataset);
}

function attempt(components: number, run: () => Fit): SelectCandidate {
  try {
    const result = run();
    const { diagnosis } = result;
    if (diagnosis.kind === 'collapsed')
      return { components, fit: result, refused: `component ${diagnosis.component + 1} collapsed: ${diagnosis.reason}` };
    if (diagnosis.kind === 'decreased') return { components, fit: result, refused: 'the log-likelihood fell' };
    return { components, fit: result };
  } catch (error) {
    if (error instanceof EmkitError && (error.code === 'COMPONENT_DEGENERATE' || error.code === 'DATA_TOO_FEW_DISTINCT_ROWS'))
      return { components, refused: error.message };
    throw error;
  }
}

/** The fit with one component less, whose components further starts are split from. */
function neighbourOf(candidates: readonly SelectCandidate[], components: number): Fit | undefined {
  return candidates.find((candidate) => candidate.components === components - 1 && isEligible(candidate))?.fit as Fit | undefined;
}

function isEligible(candidate: SelectCandidate): boolean {
  return candidate.fit !== undefined && candidate.refused === undefined;
}

function bestOf(candidates: readonly SelectCandidate[], criterion: Criterion): SelectCandidate | undefined {
  let best: SelectCandidate | undefined;
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

function conclude(criterion: Criterion, candidates: readonly SelectCandidate[], aborted: boolean): Selection {
  const best = bestOf(candidates, criterion)?.fit;
  if (best !== undefined) return { criterion, candidates, best, aborted };
  throw new EmkitError(
    'COMPONENT_DEGENERATE',
    `None of the numbers of components tried has a proper fit: ${candidates.map(({ components, refused }) => `${components} (${refused})`).join('; ')}.`,
  );
}
