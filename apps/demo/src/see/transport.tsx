import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface TransportProps {
  readonly step: number;
  readonly steps: number;
  readonly playing: boolean;
  readonly onPlaying: (playing: boolean) => void;
  readonly onStep: (step: number) => void;
}

const speeds: readonly { readonly label: string; readonly pause: number; readonly stride: number }[] = [
  { label: 'slow', pause: 1600, stride: 1 },
  { label: 'normal', pause: 700, stride: 1 },
  { label: 'fast', pause: 120, stride: 1 },
  { label: 'faster', pause: 60, stride: 4 },
];

/** Play, pause, step back and forth. */
export function Transport({ step, steps, playing, onPlaying, onStep }: TransportProps): JSX.Element {
  const [speed, setSpeed] = useState(1);
  const { pause, stride } = speeds[speed]!;
  useEffect(() => {
    if (!playing) return;
    if (step >= steps) {
      onPlaying(false);
      return;
    }
    const timer = setTimeout(() => onStep(Math.min(steps, step + stride)), pause);
    return () => clearTimeout(timer);
  }, [playing, step, steps, pause, stride]);
  const go = (next: number): void => {
    onPlaying(false);
    onStep(Math.min(steps, Math.max(0, next)));
  };
  const name = step === 0 ? 'start' : `${step % 2 === 1 ? 'E' : 'M'}-step ${Math.ceil(step / 2)}`;
  return (
    <div class="transport" role="group" aria-label="Playback">
      <div class="transport-buttons">
        <IconButton label="To the start" disabled={step === 0} onClick={() => go(0)} path="M5 5v10M15 5l-7 5 7 5z" />
        <IconButton label="Step back" disabled={step === 0} onClick={() => go(step - 1)} path="M14 4l-8 6 8 6z" />
        <button
          type="button"
          class="play"
          aria-label={playing ? 'Pause' : 'Play'}
          onClick={() => {
            if (!playing && step >= steps) onStep(0);
            onPlaying(!playing);
          }}
        >
          <svg viewBox="0 0 20 20" width="22" height="22" aria-hidden="true">
            <path d={playing ? 'M5 4h3.5v12H5zM11.5 4H15v12h-3.5z' : 'M6 3.5l10 6.5-10 6.5z'} fill="currentColor" />
          </svg>
        </button>
        <IconButton label="Step forward" disabled={step >= steps} onClick={() => go(step + 1)} path="M6 4l8 6-8 6z" />
        <IconButton label="To the end" disabled={step >= steps} onClick={() => go(steps)} path="M15 5v10M5 5l7 5-7 5z" />
      </div>
      <input
        type="range"
        class="transport-range"
        min={0}
        max={steps}
        value={step}
        aria-label="Step"
        aria-valuetext={name}
        onInput={(event) => go(Number(event.currentTarget.value))}
      />
      <output class="transport-name">{name}</output>
      <label class="transport-speed">
        <span class="hidden">Speed</span>
        <select value={speed} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
          {speeds.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function IconButton({
  label,
  disabled,
  onClick,
  path,
}: {
  label: string;
  disabled: boolean;
  onClick: () => void;
  path: string;
}): JSX.Element {
  return (
    <button type="button" aria-label={label} disabled={disabled} onClick={onClick}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <path d={path} fill="currentColor" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" />
      </svg>
    </button>
  );
}
