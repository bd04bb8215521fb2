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
import { csvPieces, readTable, type Table, type TableColumn } from '@emkit/files';
import { count, fixed, plural } from '../format.ts';
import { makePicture } from './picture.ts';
import type {
  Answers,
  CandidateSummary,
  ColumnSummary,
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

let table: Table | undefined;
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
  const { name } = source;
  const report = throttled((text, share) => scope.postMessage({ id, progress: { text, ...(share !== undefined && { share }) } }));
  const blob = 'text' in source && typeof source.text === 'string' ? new Blob([source.text]) : (source as File);
  const next = await readTable(chunksOf(blob, signal), {
    name,
    header: 'detect',
    others: 'all',
    onProgress: (rows, bytes) => report(() => `Reading: ${count(rows)} rows`, bytes / blob.size),
  });
  table = next;
  return { name, rows: next.rows, columns: next.columns.map(columnSummary), header: next.header };
}

/** Not every browser can iterate over a stream. */
async function* chunksOf(blob: Blob, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = blob.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      signal.throwIfAborted();
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}

/** A column of which less than half are numbers is taken for text; its rows can still be counted and labelled. */
function columnSummary({ name, values }: TableColumn): ColumnSummary {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let whole = true;
  let bad = 0;
  for (const value of values) {
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (Number.isNaN(value)) bad += 1;
    else if (whole && !Number.isInteger(value)) whole = false;
  }
  return { name, kind: 2 * bad < values.length ? 'numbers' : 'text', minimum, maximum, whole, bad };
}

async function fit(id: number, request: FitRequest, signal: AbortSignal): Promise<FitOutcome> {
  const from = table;
  if (from === undefined) throw new Error('There are no data yet.');
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
  let stopped = false;
  if (asked.length === 1) {
    // A number that was asked for is shown with its diagnosis, whatever that is.
    components = asked[0]!;
    const only = await fitAsync(columns, { ...shared, components });
    signal.throwIfAborted();
    keep({ components, fit: only });
  } else {
    const chosen = await selectAsync(columns, { ...shared, components: asked, criterion: request.criterion, onCandidate: keep });
    components = chosen.best.weights.length;
    stopped = chosen.aborted;
  }
  fitted = { request, columns, fits };
  return { candidates, best: viewOf({ ...fitted, fit: fits.get(components)! }), milliseconds: performance.now() - began, stopped };
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
  if (fitted === undefined || result === undefined) throw new Error(`There is no fit with ${components} components.`);
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

/** What `emkit predict` writes: a line a row, components counted from 1. */
function labelsOf({ fit: result, columns, request }: Fitted & { readonly fit: Fit }): Blob {
  const data = Object.fromEntries(request.columns.map((name) => [name, columns[name]!]));
  const { labels, responsibilities, logDensities } = result.predict(data);
  const names = ['row', 'label', ...responsibilities.map((_, component) => `responsibility_${component + 1}`), 'log_density'];
  const line = (row: number): string =>
    `${row + 1},${labels[row]! + 1},${responsibilities.map((column) => column[row]!).join(',')},${logDensities[row]!}`;
  return new Blob([...csvPieces(names, labels.length, line)], { type: 'text/csv' });
}

/** The message of an error, with the line of the file where it is about a row. An abort is no failure: its message is empty. */
function explain(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return '';
  if (!(error instanceof Error)) return String(error);
  const row = error instanceof EmkitError ? error.details.row : undefined;
  // The reader names the place in the file, the engine the row alone.
  return row === undefined || table === undefined ? error.message : error.message.replace(`Row ${row + 1}`, table.place(row));
}
