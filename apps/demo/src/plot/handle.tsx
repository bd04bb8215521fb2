import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { componentColour } from '../palette.ts';

export interface HandleProps {
  readonly component: number;
  readonly x: number;
  readonly y: number;
  /** Name, value and limits for those who hear them. */
  readonly label: string;
  readonly valueText: string;
  readonly value: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Where the pointer is, in the coordinates of the plot's inner group. */
  readonly onMove: (x: number, y: number) => void;
  /** Arrow keys: steps to the right and up; Page keys and Shift make ten. */
  readonly onStep: (right: number, up: number) => void;
  /** Home and End. */
  readonly onEdge?: (edge: 'minimum' | 'maximum') => void;
  readonly onGrab?: (held: boolean) => void;
}

const keys: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  PageUp: [0, 10],
  PageDown: [0, -10],
};

/** A starting parameter to take hold of, by mouse, finger or keyboard. */
export function Handle(props: HandleProps): JSX.Element {
  const offset = useRef<readonly [number, number] | undefined>(undefined);
  const at = (event: PointerEvent): readonly [number, number] => {
    const group = (event.currentTarget as SVGGElement).parentElement as unknown as SVGGElement;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(group.getScreenCTM()!.inverse());
    return [point.x, point.y];
  };
  const release = (): void => {
    if (offset.current === undefined) return;
    offset.current = undefined;
    props.onGrab?.(false);
  };
  return (
    <g
      class="handle"
      transform={`translate(${props.x} ${props.y})`}
      role="slider"
      tabindex={0}
      aria-label={props.label}
      aria-valuenow={props.value}
      aria-valuemin={props.minimum}
      aria-valuemax={props.maximum}
      aria-valuetext={props.valueText}
      data-component={props.component + 1}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        const [x, y] = at(event);
        offset.current = [x - props.x, y - props.y];
        event.currentTarget.setPointerCapture(event.pointerId);
        event.currentTarget.focus({ preventScroll: true });
        event.preventDefault();
        props.onGrab?.(true);
      }}
      onPointerMove={(event) => {
        if (offset.current === undefined) return;
        const [x, y] = at(event);
        props.onMove(x - offset.current[0], y - offset.current[1]);
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onKeyDown={(event) => {
        const edge = event.key === 'Home' ? 'minimum' : event.key === 'End' ? 'maximum' : undefined;
        const step = keys[event.key];
        if (step === undefined && (edge === undefined || props.onEdge === undefined)) return;
        event.preventDefault();
        if (edge !== undefined) props.onEdge?.(edge);
        else if (step !== undefined) props.onStep(step[0] * (event.shiftKey ? 10 : 1), step[1] * (event.shiftKey ? 10 : 1));
      }}
    >
      <circle class="handle-target" r={22} />
      <circle class="handle-ring" r={13} />
      <circle class="handle-dot" r={10} fill={componentColour(props.component)} />
      <text class="handle-number" dy="0.35em" text-anchor="middle" aria-hidden="true">
        {props.component + 1}
      </text>
    </g>
  );
}
