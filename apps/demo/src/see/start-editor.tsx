import type { MixtureParameters } from '@emkit/core';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { componentColour } from '../palette.ts';
import { Swatch } from '../plot/shapes.tsx';
import type { Scene } from './scenes.ts';

interface StartEditorProps {
  readonly scene: Scene;
  readonly start: MixtureParameters;
  readonly components: number;
  readonly onStart: (start: MixtureParameters) => void;
  readonly onValue: (component: number, value: number | readonly number[]) => void;
  readonly onWeight: (component: number, weight: number) => void;
  readonly onRandom: () => void;
}

/** The start, to choose or to type: what dragging does, for those who do not drag. */
export function StartEditor({ scene, start, components, onStart, onValue, onWeight, onRandom }: StartEditorProps): JSX.Element {
  const { parameter, axes } = scene;
  const named = scene.starts(components);
  const current = JSON.stringify(start);
  const plane = axes.length === 2;
  const shown = (value: number): number => Number((parameter.name === 'rate' ? 1 / value : value).toPrecision(6));
  const stored = (value: number): number => (parameter.name === 'rate' ? 1 / value : value);
  return (
    <>
      <h3>Begin somewhere else</h3>
      <p class="hint">Drag the numbered handles in the picture, or use the arrow keys on them.</p>
      <div class="chips">
        {named.map(({ name, parameters }) => (
          <button key={name} type="button" aria-pressed={JSON.stringify(parameters) === current} onClick={() => onStart(parameters)}>
            {name}
          </button>
        ))}
        <button type="button" onClick={onRandom}>
          Random
        </button>
      </div>
      <details>
        <summary>Type the start</summary>
        <table class="start-table">
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">{scene.component}</span>
              </th>
              {!scene.heldWeights && <th scope="col">weight</th>}
              {plane ? (
                axes.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))
              ) : (
                <th scope="col">{parameter.label}</th>
              )}
            </tr>
          </thead>
          <tbody>
            {start.components.map((values, component) => {
              const name = `${scene.component} ${component + 1}`;
              const value = values[parameter.name] as number | readonly number[];
              return (
                <tr key={component}>
                  <th scope="row">
                    <Swatch colour={componentColour(component)} />
                    {component + 1}
                  </th>
                  {!scene.heldWeights && (
                    <td>
                      <NumberInput
                        label={`weight of ${name}`}
                        value={Number(start.weights[component]!.toPrecision(5))}
                        minimum={0.02}
                        maximum={0.98}
                        onValue={(weight) => onWeight(component, weight)}
                      />
                    </td>
                  )}
                  {plane ? (
                    axes.map((axis, index) => (
                      <td key={axis.name}>
                        <NumberInput
                          label={`${axis.name} of ${name}`}
                          value={(value as readonly number[])[index]!}
                          minimum={scene.domain[index]![0]}
                          maximum={scene.domain[index]![1]}
                          onValue={(next) =>
                            onValue(
                              component,
                              (value as readonly number[]).map((old, other) => (other === index ? next : old)),
                            )
                          }
                        />
                      </td>
                    ))
                  ) : (
                    <td>
                      <NumberInput
                        label={`${parameter.label} of ${name}`}
                        value={shown(value as number)}
                        minimum={parameter.minimum}
                        maximum={parameter.maximum}
                        onValue={(next) => onValue(component, stored(next))}
                      />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </details>
    </>
  );
}

interface NumberInputProps {
  readonly label: string;
  readonly value: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly onValue: (value: number) => void;
}

/** Takes what is typed when it is a number in range; leaving the field shows what was taken. */
function NumberInput({ label, value, minimum, maximum, onValue }: NumberInputProps): JSX.Element {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const number = Number(text);
  const valid = text.trim() !== '' && number >= minimum && number <= maximum;
  return (
    <input
      type="text"
      inputMode="decimal"
      value={text}
      aria-label={`${label}, from ${minimum} to ${maximum}`}
      aria-invalid={!valid}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={() => (valid ? number !== value && onValue(number) : setText(String(value)))}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && valid) onValue(number);
      }}
    />
  );
}
