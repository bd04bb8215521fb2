import type { Criterion, FamilyOption } from '@emkit/core';
import { familyById } from '@emkit/families';
import type { JSX } from 'preact';
import { capitalise, show } from '../format.ts';
import type { TableSummary } from './protocol.ts';
import {
  asOptionColumn,
  familiesFor,
  MOST_COMPONENTS,
  optionColumn,
  type Settings,
  shownOptions,
  withColumns,
  withFamily,
} from './settings.ts';

interface SettingsFormProps {
  readonly table: TableSummary;
  readonly settings: Settings;
  readonly busy: boolean;
  readonly onChange: (settings: Settings) => void;
  readonly onFit: () => void;
}

/** What to fit. Families and their options come from their registration: a new one appears here by itself. */
export function SettingsForm({ table, settings, busy, onChange, onFit }: SettingsFormProps): JSX.Element {
  const numeric = table.columns.filter(({ kind }) => kind === 'numbers');
  const possible = familiesFor(settings.columns.length);
  const definition = possible.find(({ id }) => id === settings.family);
  const set = (next: Partial<Settings>): void => onChange({ ...settings, ...next });
  return (
    <form
      class="card form-card"
      aria-label="What to fit"
      onSubmit={(event) => {
        event.preventDefault();
        onFit();
      }}
    >
      <fieldset>
        <legend>Columns</legend>
        <div class="checks">
          {numeric.map(({ name, minimum, maximum, bad }) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={settings.columns.includes(name)}
                onChange={(event) => {
                  const chosen = event.currentTarget.checked
                    ? [...settings.columns, name]
                    : settings.columns.filter((other) => other !== name);
                  // In the order of the file, whatever the order of the clicks.
                  onChange(
                    withColumns(
                      settings,
                      numeric.map((column) => column.name).filter((other) => chosen.includes(other)),
                      table,
                    ),
                  );
                }}
              />
              <span>
                {name}{' '}
                <small>
                  {show(minimum, 4)} to {show(maximum, 4)}
                  {bad > 0 && `, ${bad} not numbers`}
                </small>
              </span>
            </label>
          ))}
        </div>
        {numeric.length === 0 && <p class="notice notice-bad">No column holds numbers.</p>}
        {numeric.length < table.columns.length && (
          <p class="hint">
            Without numbers:{' '}
            {table.columns
              .filter(({ kind }) => kind === 'text')
              .map(({ name }) => name)
              .join(', ')}
          </p>
        )}
      </fieldset>
      <fieldset>
        <legend>Family</legend>
        <label class="field">
          <span>distribution</span>
          <select value={settings.family} onChange={(event) => onChange(withFamily(settings, event.currentTarget.value, table))}>
            {possible.map(({ id, title }) => (
              <option key={id} value={id}>
                {title.split(/[,(]/)[0]}
              </option>
            ))}
          </select>
        </label>
        {definition !== undefined &&
          shownOptions(familyById(definition.id)).map(([name, option]) => (
            <OptionField
              key={name}
              name={name}
              option={option}
              value={settings.options[name] ?? ''}
              columns={numeric.map((column) => column.name).filter((column) => !settings.columns.includes(column))}
              onValue={(value) => set({ options: { ...settings.options, [name]: value } })}
            />
          ))}
      </fieldset>
      <fieldset>
        <legend>Components</legend>
        <div class="radio">
          <label>
            <input type="radio" name="choose" checked={settings.choose} onChange={() => set({ choose: true })} />
            <span>Choose for me</span>
          </label>
          <label>
            <input type="radio" name="choose" checked={!settings.choose} onChange={() => set({ choose: false })} />
            <span>I say how many</span>
          </label>
        </div>
        {settings.choose ? (
          <div class="row">
            <CountField label="from" value={settings.from} onValue={(from) => set({ from })} />
            <CountField label="to" value={settings.to} onValue={(to) => set({ to })} />
            <label class="field">
              <span>by</span>
              <select value={settings.criterion} onChange={(event) => set({ criterion: event.currentTarget.value as Criterion })}>
                <option value="bic">BIC</option>
                <option value="aic">AIC</option>
                <option value="icl">ICL</option>
              </select>
            </label>
          </div>
        ) : (
          <div class="row">
            <CountField label="components" value={settings.components} onValue={(components) => set({ components })} />
          </div>
        )}
      </fieldset>
      <details>
        <summary>More</summary>
        <div class="row">
          <CountField label="seed" value={settings.seed} maximum={Number.MAX_SAFE_INTEGER} minimum={0} onValue={(seed) => set({ seed })} />
          <CountField label="starts" value={settings.starts} maximum={1000} onValue={(starts) => set({ starts })} />
          <label class="field">
            <span>weights</span>
            <select value={settings.weights} onChange={(event) => set({ weights: event.currentTarget.value })}>
              <option value="">none</option>
              {numeric
                .filter(({ name }) => !settings.columns.includes(name))
                .map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
            </select>
          </label>
        </div>
      </details>
      <button type="submit" class="primary" disabled={busy || numeric.length === 0}>
        Fit
      </button>
    </form>
  );
}

interface OptionFieldProps {
  readonly name: string;
  readonly option: FamilyOption;
  readonly value: string;
  readonly columns: readonly string[];
  readonly onValue: (value: string) => void;
}

function OptionField({ name, option, value, columns, onValue }: OptionFieldProps): JSX.Element {
  if (option.kind === 'choice') {
    return (
      <label class="field" title={option.description}>
        <span>{name}</span>
        <select value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {option.values.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </label>
    );
  }
  if (option.kind === 'number') {
    return (
      <label class="field" title={option.description}>
        <span>{name}</span>
        <input type="number" step="any" required value={value} onInput={(event) => onValue(event.currentTarget.value)} />
      </label>
    );
  }
  const column = optionColumn(value);
  return (
    <>
      {option.orColumn && columns.length > 0 && (
        <label class="field">
          <span>{capitalise(name)} in</span>
          <select
            value={column ?? ''}
            onChange={(event) =>
              onValue(event.currentTarget.value === '' ? String(option.minimum) : asOptionColumn(event.currentTarget.value))
            }
          >
            <option value="">every row the same</option>
            {columns.map((other) => (
              <option key={other} value={other}>
                column {other}
              </option>
            ))}
          </select>
        </label>
      )}
      {column === undefined && (
        <CountField label={name} value={value} minimum={option.minimum} maximum={Number.MAX_SAFE_INTEGER} onValue={onValue} />
      )}
    </>
  );
}

interface CountFieldProps {
  readonly label: string;
  readonly value: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly onValue: (value: string) => void;
}

function CountField({ label, value, minimum = 1, maximum = MOST_COMPONENTS, onValue }: CountFieldProps): JSX.Element {
  const number = Number(value);
  const valid = /^\s*\d+\s*$/.test(value) && number >= minimum && number <= maximum;
  return (
    <label class="field">
      <span>{label}</span>
      <input type="text" inputMode="numeric" value={value} aria-invalid={!valid} onInput={(event) => onValue(event.currentTarget.value)} />
    </label>
  );
}
