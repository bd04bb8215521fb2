import {
  describeDiagnosis,
  EmkitError,
  type Fit,
  type FitProgress,
  fitAsync,
  isConverged,
  type SelectCandidate,
  selectAsync,
} from '@emkit/core';
import { familyById } from '@emkit/families';
import { count, fixed, plural } from '../format.ts';
import { type CsvTable, DataProblem, readCsv } from './csv-table.ts';
import { makePicture } from './picture.ts';
import type {
  Answers,
  CandidateSummary,
  FitOutcome,
  FitRequest,
  FitView,
  FromWorker,
  LabelledRow,
  Question,
  TableSummary,
  ToWorker,
} from './protocol.ts';

/** The data never leave this worker: it is asked for fits, pictures and pages of rows. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<Question>) => void) | null;
};

interface Fitted {
  readonly request: FitRequest;
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly fits: ReadonlyMap<number, Fit>;
}

let table: CsvTable | undefined;
let fitted: Fitted | undefined;
const running = new Map<number, AbortController>();

scope.onmessage = ({ data }) => {
  if ('cancel' in data) {
    running.get(data.cancel)?.abort();
    return;
  }
  const { id, question } = data;
  const controller = new AbortController();
  running.set(id, controller);
  answer(id, question, controller.signal)
    .then(
      (result) => scope.postMessage({ id, answer: result }),
      (error: unknown) => scope.postMessage({ id, failure: explain(error, controller.signal) }),
    )
    .finally(() => running.delete(id));
};

async function answer(id: number, question: ToWorker, signal: AbortSignal): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case 'read':
      return read(id, question.source, signal);
    case 'fit':
      return fit(id, question.request, signal);
    case 'view':
      return viewOf(fittedWith(question.components));
    case 'rows':
      return rowsOf(fittedWith(question.components), question.from, question.count);
    case 'labels':
      return labelsOf(fittedWith(question.components));
  }
}

/** Reports at most every tenth of a second: a message costs more than it tells. */
function throttled(report: (text: string, share: number | undefined) => void): (text: () => string, share?: number) => void {
  let last = 0;
  return (text, share) => {
    const now = performance.now();
    if (now - last < 100) return;
    last = now;
    report(text(), share);
  };
}

async function read(id: number, source: File | { name: string; text: string }, signal: AbortSignal): Promise<TableSummary> {
  table = undefined;
  fitted = undefined;
  const report = throttled((text, share) => scope.postMessage({ id, progress: { text, ...(share !== undefined && { share }) } }));
  const blob = 'text' in source && typeof source.text === 'string' ? new Blob([source.text]) : (source as File);
  const next = await readCsv(blob, source.name, {
    signal,
    onProgress: (share, rows) => report(() => `Reading: ${count(rows)} rows`, share),
  });
  const summary = next.summary();
  table = next;
  return summary;
}

async function fit(id: number, request: FitRequest, signal: AbortSignal): Promise<FitOutcome> {
  const from = table;
  if (from === undefined) throw new DataProblem('There are no data yet.');
  const began = performance.now();
  const names = request.weights === undefined ? request.columns : [...request.columns, request.weights];
  const columns = Object.fromEntries(names.map((name) => [name, from.column(name)]));
  const fits = new Map<number, Fit>();
  const candidates: CandidateSummary[] = [];
  const asked = request.components;
  const report = throttled((text, share) => scope.postMessage({ id, progress: { text, ...(share !== undefined && { share }) } }));
  const shared = {
    family: familyById(request.family)(request.options),
    columns: request.columns,
    ...(request.weights !== undefined && { weights: request.weights }),
    seed: request.seed,
    starts: request.starts,
    signal,
    onProgress: ({ iteration, logLikelihood }: FitProgress) =>
      report(
        () =>
          `Fitting ${plural(asked[candidates.length] ?? 0, 'component')}: iteration ${count(iteration)}, log-likelihood ${fixed(logLikelihood, 2)}`,
        asked.length === 1 ? undefined : candidates.length / asked.length,
      ),
  };
  const keep = (candidate: SelectCandidate): void => {
    if (candidate.fit !== undefined) fits.set(candidate.components, candidate.fit);
    const summary = summaryOf(candidate);
    candidates.push(summary);
    scope.postMessage({ id, candidate: summary });
  };
  scope.postMessage({ id, progress: { text: 'Looking for starts' } });
  let components: number;
  if (asked.length === 1) {
    // A number that was asked for is shown with its diagnosis, whatever that is.
    components = asked[0]!;
    const only = await fitAsync(columns, { ...shared, components });
    signal.throwIfAborted();
    keep({ components, fit: only });
  } else {
    const chosen = await selectAsync(columns, { ...shared, components: asked, criterion: request.criterion, onCandidate: keep });
    components = chosen.best.weights.length;
  }
  fitted = { request, columns, fits };
  return { candidates, best: viewOf({ ...fitted, fit: fits.get(components)! }), milliseconds: performance.now() - began };
}

function summaryOf({ components, fit: result, refused }: SelectCandidate): CandidateSummary {
  return {
    components,
    ...(result !== undefined && { logLikelihood: result.logLikelihood, criteria: result.criteria, diagnosis: result.diagnosis.kind }),
    ...(refused !== undefined && { refused }),
  };
}

function fittedWith(components: number): Fitted & { readonly fit: Fit } {
  const result = fitted?.fits.get(components);
  if (fitted === undefined || result === undefined) throw new DataProblem(`There is no fit with ${components} components.`);
  return { ...fitted, fit: result };
}

function viewOf({ fit: result, columns, request }: Fitted & { readonly fit: Fit }): FitView {
  return {
    components: result.weights.length,
    fit: result.toJSON(),
    parameters: { weights: result.weights, components: result.components },
    diagnosis: describeDiagnosis(result.diagnosis),
    good: isConverged(result.diagnosis),
    starts: result.starts,
    picture: makePicture(result, columns, request.columns),
  };
}

function rowsOf({ fit: result, columns, request }: Fitted & { readonly fit: Fit }, from: number, wanted: number): readonly LabelledRow[] {
  const part = Object.fromEntries(request.columns.map((name) => [name, columns[name]!.subarray(from, from + wanted)]));
  const { labels, responsibilities } = result.predict(part);
  return Array.from(labels, (label, index) => ({
    row: from + index + 1,
    values: request.columns.map((name) => part[name]![index]!),
    label: label + 1,
    responsibilities: responsibilities.map((column) => column[index]!),
  }));
}

/** Rows turned into text at a time. */
const ROWS_IN_PIECE = 20_000;

/** What `emkit predict` writes: a line a row, components counted from 1. */
function labelsOf({ fit: result, columns, request }: Fitted & { readonly fit: Fit }): Blob {
  const data = Object.fromEntries(request.columns.map((name) => [name, columns[name]!]));
  const { labels, responsibilities, logDensities } = result.predict(data);
  const pieces = [`row,label,${responsibilities.map((_, component) => `responsibility_${component + 1}`).join(',')},log_density\n`];
  for (let first = 0; first < labels.length; first += ROWS_IN_PIECE) {
    let piece = '';
    for (let row = first; row < Math.min(labels.length, first + ROWS_IN_PIECE); row += 1) {
      piece += `${row + 1},${labels[row]! + 1},${responsibilities.map((column) => column[row]!).join(',')},${logDensities[row]!}\n`;
    }
    pieces.push(piece);
  }
  return new Blob(pieces, { type: 'text/csv' });
}

/** The message of an error, with the line of the file where it is about a row. An abort is no failure: its message is empty. */
function explain(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return '';
  if (error instanceof EmkitError && error.details.row !== undefined && table !== undefined) {
    return error.message.replace(/^Row (\d+)/, (_, row: string) => `Line ${table!.lineOf(Number(row) - 1)} (row ${row})`);
  }
  return error instanceof Error ? error.message : String(error);
}
