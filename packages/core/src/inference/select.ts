import type { Dataset } from '../data/block.ts';
import { createDataset } from '../data/dataset.ts';
import type { DataSource } from '../data/source.ts';
import { EmkitError, showValue } from '../errors.ts';
import type { Family } from '../family.ts';
import { type Fit, type FitAsyncOptions, type FitOptions, fit, fitAsync } from '../fit.ts';
import { CRITERIA, type Criterion } from './criteria.ts';

/** Options of a choice among numbers of components. */
export interface SelectOptions extends Omit<FitOptions, 'components' | 'families' | 'family' | 'start' | 'resume' | 'held'> {
  readonly family: Family;
  /** The numbers to try. */
  readonly components: readonly number[];
  /** Default `bic`. */
  readonly criterion?: Criterion;
  /** How starts are made. */
  readonly start?: Extract<FitOptions['start'], string>;
}

/** Further options of an asynchronous choice: those of `fitAsync` hold for each of its fits. */
export interface SelectAsyncOptions extends SelectOptions, Pick<FitAsyncOptions, 'onProgress' | 'signal' | 'startWorker' | 'threads'> {
  /** Called after each number of components. */
  readonly onCandidate?: (candidate: SelectCandidate) => void;
}

/** One number of components that was tried. */
export interface SelectCandidate {
  readonly components: number;
  /** Absent where no fit exists. */
  readonly fit?: Fit;
  /** Why there is none, or why it was not eligible (a collapsed component makes any criterion meaningless). */
  readonly refused?: string;
}

/** The outcome of a choice. */
export interface Selection {
  readonly criterion: Criterion;
  readonly candidates: readonly SelectCandidate[];
  /** The eligible fit with the smallest criterion. */
  readonly best: Fit;
}

/**
 * Chooses the number of components: fits each, and takes the smallest criterion among those whose diagnosis allows it.
 *
 * @throws EmkitError as `fit` for bad data; `COMPONENT_DEGENERATE` when no number of components has an eligible fit
 */
export function select(data: DataSource | Dataset, options: SelectOptions): Selection {
  const { dataset, counts, criterion, rest } = prepare(data, options);
  const candidates = counts.map((components) => attempt(components, () => fit(dataset, { ...rest, components })));
  return conclude(criterion, candidates);
}

/** The same in the background of this thread. An abort rejects with `ABORTED`. */
export async function selectAsync(data: DataSource | Dataset, options: SelectAsyncOptions): Promise<Selection> {
  const { dataset, counts, criterion, rest } = prepare(data, options);
  const candidates: SelectCandidate[] = [];
  for (const components of counts) {
    let outcome: () => Fit;
    try {
      const done = await fitAsync(dataset, { ...rest, components });
      outcome = () => done;
    } catch (error) {
      outcome = () => {
        throw error;
      };
    }
    const candidate = attempt(components, outcome);
    if (candidate.fit?.diagnosis.kind === 'aborted') throw new EmkitError('ABORTED', `The choice was aborted at ${components} components.`);
    options.onCandidate?.(candidate);
    candidates.push(candidate);
  }
  return conclude(criterion, candidates);
}

function prepare(data: DataSource | Dataset, options: SelectOptions) {
  const { components: counts, criterion = 'bic', family } = options;
  if (!CRITERIA.includes(criterion))
    throw new EmkitError('OPTION_INVALID', `The criterion is ${showValue(criterion)}.`, { remedy: `Give one of: ${CRITERIA.join(', ')}.` });
  if (counts.length === 0) throw new EmkitError('OPTION_INVALID', 'No number of components is given to choose from.');
  const dataset = createDataset(data, [family], Math.max(...counts), options);
  const { components: _, criterion: __, weights: _w, labels: _l, columns: _c, dimension: _d, ...rest } = options;
  return { dataset, counts, criterion, rest: rest as FitOptions };
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

function conclude(criterion: Criterion, candidates: readonly SelectCandidate[]): Selection {
  let best: Fit | undefined;
  for (const candidate of candidates) {
    if (candidate.fit === undefined || candidate.refused !== undefined) continue;
    if (best === undefined || candidate.fit.criteria[criterion] < best.criteria[criterion]) best = candidate.fit;
  }
  if (best === undefined) {
    throw new EmkitError(
      'COMPONENT_DEGENERATE',
      `None of the numbers of components tried has a proper fit: ${candidates.map(({ components, refused }) => `${components} (${refused})`).join('; ')}.`,
    );
  }
  return { criterion, candidates, best };
}
