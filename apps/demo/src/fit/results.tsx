import type { ParameterValue } from '@emkit/core';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { capitalise, count, fixed, minus, plural, show } from '../format.ts';
import { componentColour } from '../palette.ts';
import { Plot } from '../plot/plot.tsx';
import { linePath, Swatch } from '../plot/shapes.tsx';
import { fitCommand, fitProgram } from './code.ts';
import { saveFile, toPng, toSvgText } from './download.ts';
import { PicturePlot } from './picture-plot.tsx';
import type { LabelledRow, TableSummary } from './protocol.ts';
import type { Done, FitActions } from './use-fit.ts';

interface ResultsProps {
  readonly done: Done;
  readonly table: TableSummary;
  readonly actions: FitActions;
}

export function Results({ done, table, actions }: ResultsProps): JSX.Element {
  const { shown } = done;
  return (
    <>
      <Summary done={done} />
      <section class="card" aria-labelledby="picture-title">
        <PictureCard done={done} table={table} />
      </section>
      <Parameters done={done} />
      {done.candidates.length > 1 && <CandidatesCard done={done} actions={actions} />}
      <RowsCard done={done} table={table} actions={actions} />
      <KeepCard key={shown.components} done={done} table={table} />
    </>
  );
}

function Summary({ done }: { done: Done }): JSX.Element {
  const { shown, milliseconds, request, candidates, stopped } = done;
  const { fit } = shown;
  const chosen = candidates.length > 1;
  return (
    <section class="card summary" aria-label="The fit" data-testid="summary">
      <h2>
        {plural(shown.components, 'component')}
        {chosen && shown.components === done.best.components && <span class="badge">best {request.criterion.toUpperCase()}</span>}
      </h2>
      <dl class="readout readout-wide">
        <div>
          <dt>log-likelihood</dt>
          <dd data-testid="fit-log-likelihood">{fixed(fit.logLikelihood, 4)}</dd>
        </div>
        <div>
          <dt>BIC</dt>
          <dd data-testid="fit-bic">{fixed(fit.criteria.bic, 3)}</dd>
        </div>
        <div>
          <dt>rows</dt>
          <dd>{count(fit.rows)}</dd>
        </div>
        <div>
          <dt>iterations</dt>
          <dd>{count(fit.iterations)}</dd>
        </div>
        <div>
          <dt>time</dt>
          <dd>{milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${fixed(milliseconds / 1000, 1)} s`}</dd>
        </div>
      </dl>
      <p class={shown.good ? 'diagnosis' : 'diagnosis diagnosis-bad'} data-testid="diagnosis">
        {capitalise(shown.diagnosis)}.
      </p>
      {stopped && (
        <p class="notice" data-testid="stopped">
          Stopped: {candidates.length} of {request.components.length} numbers of components were tried.
        </p>
      )}
      {fit.warnings.map((warning) => (
        <p key={warning} class="notice">
          {warning}
        </p>
      ))}
    </section>
  );
}

function PictureCard({ done, table }: { done: Done; table: TableSummary }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const plot = (): SVGSVGElement => frame.current!.querySelector('svg[data-plot]')!;
  const name = baseName(table);
  return (
    <div ref={frame}>
      <div class="card-title">
        <h2 id="picture-title">Picture</h2>
        <div class="chips">
          <button type="button" onClick={() => saveFile(`${name}-fit.svg`, toSvgText(plot()), 'image/svg+xml')}>
            Save as SVG
          </button>
          <button type="button" onClick={() => void toPng(plot()).then((blob) => saveFile(`${name}-fit.png`, blob))}>
            Save as PNG
          </button>
        </div>
      </div>
      <PicturePlot view={done.shown} />
    </div>
  );
}

function Parameters({ done }: { done: Done }): JSX.Element {
  const { weights, components } = done.shown.parameters;
  const names = Object.keys(components[0]!);
  const { columns } = done.request;
  return (
    <section class="card" aria-labelledby="parameters-title">
      <h2 id="parameters-title">Parameters</h2>
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Table of the parameters">
        <table class="figures wide" data-testid="fit-parameters">
          <thead>
            <tr>
              <th scope="col">component</th>
              <th scope="col" class="numeric">
                weight
              </th>
              {names.map((name) => (
                <th key={name} scope="col" class="numeric">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {components.map((values, component) => (
              <tr key={component}>
                <th scope="row">
                  <Swatch colour={componentColour(component)} />
                  {component + 1}
                </th>
                <td class="numeric">{fixed(weights[component]!, 5)}</td>
                {names.map((name) => (
                  <td key={name} class="numeric">
                    <Value value={values[name]!} columns={columns} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function isList(value: ParameterValue): value is readonly number[] | readonly (readonly number[])[] {
  return Array.isArray(value);
}

/** A number, a vector by column, a matrix, or a record of them. */
function Value({ value, columns }: { value: ParameterValue; columns: readonly string[] }): JSX.Element {
  if (typeof value === 'number') return <>{show(value, 6)}</>;
  if (!isList(value)) {
    return (
      <span class="vector">
        {Object.entries(value).map(([name, entry]) => (
          <span key={name}>
            <small>{name}</small> <Value value={entry} columns={[]} />
          </span>
        ))}
      </span>
    );
  }
  if (typeof value[0] === 'number') {
    return (
      <span class="vector">
        {(value as readonly number[]).map((entry, index) => (
          <span key={index}>
            <small>{value.length === columns.length ? columns[index] : index + 1}</small> {show(entry, 6)}
          </span>
        ))}
      </span>
    );
  }
  return (
    <span class="matrix" style={{ gridTemplateColumns: `repeat(${value.length}, auto)` }}>
      {(value as readonly (readonly number[])[]).flatMap((row, first) =>
        row.map((entry, second) => <span key={`${first} ${second}`}>{show(entry, 5)}</span>),
      )}
    </span>
  );
}

function CandidatesCard({ done, actions }: { done: Done; actions: FitActions }): JSX.Element {
  const { candidates, request, shown, best } = done;
  const { criterion } = request;
  const known = candidates.filter((candidate) => candidate.criteria !== undefined);
  const eligible = known.filter(({ refused }) => refused === undefined);
  const values = known.map(({ criteria }) => criteria![criterion]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1e-6, 0.1 * (high - low));
  const [first, last] = [candidates[0]!.components, candidates.at(-1)!.components];
  return (
    <section class="card" aria-labelledby="candidates-title">
      <h2 id="candidates-title">How many components?</h2>
      <div class="candidates">
        <Plot
          name="criteria"
          size="short"
          label={`${criterion.toUpperCase()} by number of components; the smallest is at ${best.components}.`}
          x={{
            domain: [first - 0.3, last + 0.3],
            label: 'components',
            ticks: candidates.map(({ components }) => components),
            format: String,
          }}
          y={{ domain: [low - room, high + room], label: `${criterion.toUpperCase()}, smaller is better` }}
        >
          {({ x, y }) => (
            <>
              <path
                class="climb-line"
                d={linePath(
                  eligible.map(({ components, criteria }) => [components, criteria![criterion]] as const),
                  x,
                  y,
                )}
              />
              {known.map(({ components, criteria, refused }) => (
                <circle
                  key={components}
                  class={refused === undefined ? (components === best.components ? 'criteria-best' : 'climb-point') : 'criteria-refused'}
                  cx={x(components)}
                  cy={y(criteria![criterion])}
                  r={components === best.components ? 6 : 3.5}
                />
              ))}
            </>
          )}
        </Plot>
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Table of the criteria">
          <table class="figures compact" data-testid="candidates">
            <thead>
              <tr>
                <th scope="col">components</th>
                <th scope="col" class="numeric">
                  log-likelihood
                </th>
                {(['bic', 'aic', 'icl'] as const).map((name) => (
                  <th key={name} scope="col" class="numeric">
                    {name.toUpperCase()}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {candidates.map(({ components, criteria, logLikelihood, refused }) => (
                <tr key={components} class={components === shown.components ? 'current' : ''} data-components={components}>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      disabled={criteria === undefined}
                      aria-pressed={components === shown.components}
                      aria-label={`Show the fit with ${plural(components, 'component')}`}
                      onClick={() => actions.show(components)}
                    >
                      {components}
                    </button>
                    {components === best.components && <span class="badge">best</span>}
                  </th>
                  {criteria === undefined ? (
                    <td colSpan={4}>{refused}</td>
                  ) : (
                    <>
                      <td class="numeric">{fixed(logLikelihood!, 3)}</td>
                      {[criteria.bic, criteria.aic, criteria.icl].map((value, index) => (
                        <td key={index} class="numeric">
                          {fixed(value, 2)}
                        </td>
                      ))}
                    </>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
          {candidates
            .filter(({ refused, criteria }) => refused !== undefined && criteria !== undefined)
            .map(({ components, refused }) => (
              <p key={components} class="hint">
                {components} is out: {refused}
              </p>
            ))}
        </div>
      </div>
    </section>
  );
}

const ROWS_ON_A_PAGE = 8;

function RowsCard({ done, table, actions }: ResultsProps): JSX.Element {
  const { shown, request } = done;
  const [from, setFrom] = useState(0);
  const [rows, setRows] = useState<readonly LabelledRow[]>([]);
  const [saving, setSaving] = useState(false);
  useEffect(() => {
    let current = true;
    void actions.client.ask({ kind: 'rows', components: shown.components, from, count: ROWS_ON_A_PAGE }).answer.then((next) => {
      if (current && next !== undefined) setRows(next);
    });
    return () => {
      current = false;
    };
  }, [shown, from]);
  const last = Math.max(0, Math.floor((table.rows - 1) / ROWS_ON_A_PAGE) * ROWS_ON_A_PAGE);
  return (
    <section class="card" aria-labelledby="rows-title">
      <div class="card-title">
        <h2 id="rows-title">Rows</h2>
        <button
          type="button"
          class="quiet"
          disabled={saving}
          onClick={() => {
            setSaving(true);
            void actions.client.ask({ kind: 'labels', components: shown.components }).answer.then((blob) => {
              setSaving(false);
              if (blob !== undefined) saveFile(`${baseName(table)}-labels.csv`, blob);
            });
          }}
        >
          {saving ? 'Working …' : 'Save all labels as CSV'}
        </button>
      </div>
      <div class="scroll-x rows-table" tabIndex={0} role="region" aria-label="Table of the rows">
        <table class="figures wide" data-testid="rows">
          <thead>
            <tr>
              <th scope="col">row</th>
              {request.columns.map((name) => (
                <th key={name} scope="col" class="numeric">
                  {name}
                </th>
              ))}
              <th scope="col" class="numeric">
                component
              </th>
              <th scope="col">responsibilities</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ row, values, label, responsibilities }) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {values.map((value, index) => (
                  <td key={index} class="numeric">
                    {minus(String(value))}
                  </td>
                ))}
                <td class="numeric">
                  <Swatch colour={componentColour(label - 1)} />
                  {label}
                </td>
                <td>
                  <ResponsibilityBar values={responsibilities} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="pager">
        <button type="button" class="quiet" disabled={from === 0} onClick={() => setFrom(Math.max(0, from - ROWS_ON_A_PAGE))}>
          Previous
        </button>
        <span>
          {count(from + 1)} to {count(Math.min(table.rows, from + ROWS_ON_A_PAGE))} of {count(table.rows)}
        </span>
        <button type="button" class="quiet" disabled={from >= last} onClick={() => setFrom(Math.min(last, from + ROWS_ON_A_PAGE))}>
          Next
        </button>
      </div>
    </section>
  );
}

/** Shares as a bar, and in words for those who cannot see it. */
function ResponsibilityBar({ values }: { values: readonly number[] }): JSX.Element {
  const text = values.map((value) => fixed(value, 4)).join(', ');
  let start = 0;
  return (
    <span class="responsibilities" title={text}>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        {values.map((value, component) => {
          const from = start;
          start += value;
          return <rect key={component} x={100 * from} width={100 * value} height={10} fill={componentColour(component)} />;
        })}
      </svg>
      <span class="numbers">{text}</span>
    </span>
  );
}

function KeepCard({ done, table }: Omit<ResultsProps, 'actions'>): JSX.Element {
  const { shown, best, candidates, request, stopped } = done;
  const [language, setLanguage] = useState<'program' | 'command'>('program');
  const [copied, setCopied] = useState(false);
  const chosen = candidates.length > 1 && !stopped && shown.components === best.components;
  const code = useMemo(
    () =>
      language === 'program' ? fitProgram(request, table, shown.components, chosen) : fitCommand(request, table, shown.components, chosen),
    [request, table, shown, chosen, language],
  );
  const model = (): string => `${JSON.stringify({ ...shown.fit, columns: request.columns }, null, 2)}\n`;
  return (
    <section class="card" aria-labelledby="keep-title">
      <div class="card-title">
        <h2 id="keep-title">Keep it</h2>
        <div class="chips">
          <button type="button" onClick={() => saveFile(`${baseName(table)}-model.json`, model(), 'application/json')}>
            Save the model
          </button>
          <button
            type="button"
            onClick={() => saveFile('fit.mjs', fitProgram(request, table, shown.components, chosen), 'text/javascript')}
          >
            Save the program
          </button>
        </div>
      </div>
      <p class="hint">
        The model is JSON that <code>emkit predict</code> and <code>readModel</code> read. The program repeats this fit to the last bit
        {table.name === 'pasted.csv' && ', from the rows you pasted when you save them as pasted.csv'}.
      </p>
      <div class="code-head">
        <div class="chips" role="group" aria-label="Language">
          <button type="button" aria-pressed={language === 'program'} onClick={() => setLanguage('program')}>
            JavaScript
          </button>
          <button type="button" aria-pressed={language === 'command'} onClick={() => setLanguage('command')}>
            Command line
          </button>
        </div>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            void navigator.clipboard?.writeText(code).then(() => {
              setCopied(true);
              setTimeout(() => setCopied(false), 1500);
            });
          }}
        >
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre class="code" tabIndex={0} role="region" aria-label="Code that repeats the fit" data-testid="code">
        {code}
      </pre>
    </section>
  );
}

function baseName({ name }: TableSummary): string {
  return name.replace(/\.[^.]*$/, '');
}
