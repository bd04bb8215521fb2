import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { plural } from '../format.ts';
import { samples } from '../samples.ts';
import { ProgressLine } from './progress-line.tsx';
import type { FitActions, FitState } from './use-fit.ts';

/** Where data come from: a file, the clipboard, or a sample. */
export function DataCard({ state, actions, over }: { state: FitState; actions: FitActions; over: boolean }): JSX.Element {
  const [pasting, setPasting] = useState(false);
  const [text, setText] = useState('');
  const { table, busy } = state;
  return (
    <section class="card form-card" aria-labelledby="data-title">
      <h2 id="data-title">Data</h2>
      <div class={`drop ${over ? 'drop-over' : ''}`}>
        <div class="drop-state" data-testid="table">
          {busy?.kind === 'read' ? (
            <ProgressLine progress={busy} onCancel={actions.cancel} />
          ) : table === undefined ? (
            <p>
              <b>Drop a CSV file</b> anywhere on this page, or
            </p>
          ) : (
            <p>
              <b>{table.name}</b>
              <br />
              {plural(table.rows, 'row')}, {plural(table.columns.length, 'column')}
              {!table.header && '; the first line holds numbers, so the columns are named here'}
            </p>
          )}
        </div>
        <div class="chips">
          <label class="file-button">
            Choose a file
            <input
              type="file"
              accept=".csv,.tsv,.txt,text/csv,text/plain"
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                if (file !== undefined) actions.readFile(file);
                event.currentTarget.value = '';
              }}
            />
          </label>
          <button type="button" aria-expanded={pasting} onClick={() => setPasting(!pasting)}>
            Paste
          </button>
        </div>
        {pasting && (
          <div class="paste">
            <label for="pasted">Rows with a header line, as copied from a file or a spreadsheet</label>
            <textarea
              id="pasted"
              rows={6}
              value={text}
              placeholder={'waiting\n79\n54\n74'}
              spellcheck={false}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <button
              type="button"
              class="quiet"
              disabled={text.trim() === ''}
              onClick={() => {
                actions.readText(text);
                setPasting(false);
              }}
            >
              Use these rows
            </button>
          </div>
        )}
      </div>
      <p class="hint">Or try one of these:</p>
      <div class="chips">
        {samples.map((sample) => (
          <button
            key={sample.id}
            type="button"
            title={sample.about}
            aria-pressed={state.sample?.id === sample.id}
            onClick={() => actions.readSample(sample)}
          >
            {sample.title}
          </button>
        ))}
      </div>
      <p class="hint private">Your data stay on this machine: the page may connect to nothing but its own files.</p>
    </section>
  );
}
