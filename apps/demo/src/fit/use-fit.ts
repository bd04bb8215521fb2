import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { keepQuery, type Route } from '../route.ts';
import { type Sample, sampleAddress, samples } from '../samples.ts';
import type { CandidateSummary, FitOutcome, FitRequest, FitView, Progress, TableSummary } from './protocol.ts';
import { makeRequest, proposeSettings, readSettings, type Settings, writeSettings } from './settings.ts';
import { type Asked, WorkerClient } from './worker-client.ts';

/** A fit that is done, and which of its candidates is on show. */
export interface Done extends FitOutcome {
  readonly request: FitRequest;
  readonly shown: FitView;
}

export interface FitState {
  readonly table: TableSummary | undefined;
  readonly sample: Sample | undefined;
  readonly settings: Settings | undefined;
  /** What is being done now. */
  readonly busy: (Progress & { readonly kind: 'read' | 'fit' }) | undefined;
  readonly candidates: readonly CandidateSummary[];
  readonly failure: string | undefined;
  readonly done: Done | undefined;
}

export interface FitActions {
  readFile(file: File): void;
  readText(text: string): void;
  readSample(sample: Sample): void;
  change(settings: Settings): void;
  fit(): void;
  show(components: number): void;
  cancel(): void;
  readonly client: WorkerClient;
}

const nothing: FitState = {
  table: undefined,
  sample: undefined,
  settings: undefined,
  busy: undefined,
  candidates: [],
  failure: undefined,
  done: undefined,
};

/** All of the view's state and what can be done to it. */
export function useFit(route: Route): readonly [FitState, FitActions] {
  const client = useMemo(() => new WorkerClient(), []);
  useEffect(() => () => client.close(), []);
  const [state, setState] = useState<FitState>(nothing);
  const change = (next: Partial<FitState>): void => setState((old) => ({ ...old, ...next }));
  const asked = useRef<Asked<unknown> | undefined>(undefined);

  const fail = (error: unknown): void => change({ busy: undefined, failure: error instanceof Error ? error.message : String(error) });

  const read = async (
    source: File | { name: string; text: string },
    sample: Sample | undefined,
    query: URLSearchParams | undefined,
  ): Promise<void> => {
    asked.current?.cancel();
    setState({ ...nothing, sample, busy: { kind: 'read', text: `Reading ${source.name}`, share: 0 } });
    const question = client.ask({ kind: 'read', source }, { onProgress: (progress) => change({ busy: { ...progress, kind: 'read' } }) });
    asked.current = question;
    try {
      const table = await question.answer;
      if (asked.current !== question) return;
      if (table === undefined) {
        setState(nothing);
        return;
      }
      const proposed = proposeSettings(table, sample);
      const settings = query === undefined ? proposed : readSettings(proposed, query, table);
      change({ table, settings, busy: undefined });
      if (sample !== undefined) await fit(settings, Number(query?.get('show') ?? 0));
    } catch (error) {
      if (asked.current === question) fail(error);
    }
  };

  const fit = async (settings: Settings, show: number): Promise<void> => {
    const made = makeRequest(settings);
    if ('problem' in made) {
      change({ failure: made.problem });
      return;
    }
    const { request } = made;
    change({ busy: { kind: 'fit', text: 'Starting' }, candidates: [], failure: undefined });
    const question = client.ask(
      { kind: 'fit', request },
      {
        onProgress: (progress) => change({ busy: { ...progress, kind: 'fit' } }),
        onCandidate: (candidate) => setState((old) => ({ ...old, candidates: [...old.candidates, candidate] })),
      },
    );
    asked.current = question;
    try {
      const outcome = await question.answer;
      if (asked.current !== question) return;
      if (outcome === undefined) {
        change({ busy: undefined, candidates: [] });
        return;
      }
      const wanted =
        show !== outcome.best.components &&
        outcome.candidates.some(({ components, criteria }) => components === show && criteria !== undefined);
      const shown = wanted ? ((await client.ask({ kind: 'view', components: show }).answer) ?? outcome.best) : outcome.best;
      change({ busy: undefined, done: { ...outcome, request, shown } });
    } catch (error) {
      if (asked.current === question) fail(error);
    }
  };

  const readSample = async (sample: Sample, query?: URLSearchParams): Promise<void> => {
    try {
      const response = await fetch(sampleAddress(sample.id));
      if (!response.ok) throw new Error(`The data set ${sample.title} could not be loaded (${response.status}).`);
      await read({ name: `${sample.id}.csv`, text: await response.text() }, sample, query);
    } catch (error) {
      fail(error);
    }
  };

  useEffect(() => {
    const sample = samples.find(({ id }) => id === route.query.get('data'));
    if (sample !== undefined) void readSample(sample, route.query);
  }, [route]);

  const { settings, sample, done, table } = state;
  useEffect(() => {
    if (settings === undefined || table === undefined) return;
    const shown = done !== undefined && done.shown.components !== done.best.components ? done.shown.components : undefined;
    keepQuery('fit', writeSettings(settings, sample?.id, shown));
  }, [settings, sample, done, table]);

  return [
    state,
    {
      client,
      readFile: (file) => void read(file, undefined, undefined),
      readText: (text) => void read({ name: 'pasted.csv', text }, undefined, undefined),
      readSample: (chosen) => void readSample(chosen),
      change: (next) => change({ settings: next, failure: undefined }),
      fit: () => settings !== undefined && void fit(settings, 0),
      show: (components) => {
        client.ask({ kind: 'view', components }).answer.then((view) => {
          if (view !== undefined) setState((old) => (old.done === undefined ? old : { ...old, done: { ...old.done, shown: view } }));
        }, fail);
      },
      cancel: () => asked.current?.cancel(),
    },
  ];
}
