import type { JSX } from 'preact';
import { componentColour } from '../palette.ts';
import type { PlotArea } from './plot.tsx';

export interface StackedBarProps {
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** The bar divided by component; undivided before anything is known. */
  readonly parts: readonly number[] | undefined;
  readonly area: PlotArea;
}

export function StackedBar({ from, to, total, parts, area: { x, y } }: StackedBarProps): JSX.Element {
  const whole = x(to) - x(from);
  const gap = Math.min(1, whole * 0.08);
  const left = x(from) + gap;
  const width = Math.max(0.8, whole - 2 * gap);
  if (parts === undefined) return <rect class="bar-unknown" x={left} width={width} y={y(total)} height={y(0) - y(total)} />;
  let base = 0;
  return (
    <>
      {parts.map((part, component) => {
        const bottom = base;
        base += part;
        return (
          <rect
            key={component}
            class="bar-part"
            fill={componentColour(component)}
            x={left}
            width={width}
            y={y(base)}
            height={Math.max(0, y(bottom) - y(base))}
          />
        );
      })}
    </>
  );
}
