import '../styles/fit.css';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fixed, plural } from '../format.ts';
import type { Route } from '../route.ts';
import { samples } from '../samples.ts';
import { DataCard } from './data-card.tsx';
import { ProgressLine } from './progress-line.tsx';
import { Results } from './results.tsx';
import { SettingsForm } from './settings-form.tsx';
import { type FitActions, type FitState, useFit } from './use-fit.ts';

export function FitView({ route }: { route: Route }): JSX.Element {
  const [state, actions] = useFit(route);
  const over = useDrop(actions.readFile);
  const { table, settings, busy, done, failure } = state;
  // What stands below the settings would be pushed down by them when a data set named in the address arrives.
  const awaited = table === undefined && samples.some(({ id }) => id === route.query.get('data'));
  return (
    <>
      <header class="lead">
        <h1>Fit your data</h1>
        <p>
          Give it a CSV file, say which columns and which family, and see how many groups the data hold, where they are, and which row
          belongs to which. A million rows are no trouble. Nothing is uploaded: the work is done here.
        </p>
      </header>
      <div class="fit">
        <div class="fit-form">
          <DataCard state={state} actions={actions} over={over} />
          {table !== undefined && settings !== undefined && (
            <SettingsForm table={table} settings={settings} busy={busy !== undefined} onChange={actions.change} onFit={actions.fit} />
          )}
        </div>
        <div class="fit-results" aria-busy={busy !== undefined}>
          {failure !== undefined && (
            <p class="notice notice-bad" role="alert" data-testid="failure">
              {failure}
            </p>
          )}
          {busy?.kind === 'fit' && <Busy state={state} onCancel={actions.cancel} />}
          {done !== undefined && table !== undefined && <Results done={done} table={table} actions={actions} />}
          {done === undefined && busy === undefined && failure === undefined && !awaited && <Empty ready={table !== undefined} />}
        </div>
      </div>
    </>
  );
}

/** A file dropped anywhere on the page is read. */
function useDrop(onFile: FitActions['readFile']): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) onFile(file);
    };
    addEventListener('dragover', enter);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', enter);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return over;
}

function Busy({ state, onCancel }: { state: FitState; onCancel: () => void }): JSX.Element {
  const { busy, candidates } = state;
  return (
    <section class="card" aria-label="Progress" data-testid="busy">
      <ProgressLine progress={busy!} onCancel={onCancel} />
      {candidates.map(({ components, logLikelihood, refused }) => (
        <p key={components} class="hint">
          {plural(components, 'component')}: {logLikelihood === undefined ? refused : `log-likelihood ${fixed(logLikelihood, 3)}`}
        </p>
      ))}
    </section>
  );
}

function Empty({ ready }: { ready: boolean }): JSX.Element {
  return (
    <section class="empty" aria-label="No fit yet">
      <svg viewBox="0 0 240 110" width="240" height="110" aria-hidden="true">
        <path class="mark-one" d="M5 100c50 0 45-85 80-85s35 85 80 85" />
        <path class="mark-two" d="M75 100c45 0 45-50 75-50s35 50 85 50" />
        <path class="empty-ground" d="M2 100h236" />
      </svg>
      <p>{ready ? 'Press Fit, and the picture appears here.' : 'The picture appears here once there are data.'}</p>
    </section>
  );
}
