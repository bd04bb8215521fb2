import { type ScaleContinuousNumeric, scaleLinear, scalePow } from 'd3-scale';
import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { minus } from '../format.ts';

export type Scale = ScaleContinuousNumeric<number, number>;

/** What is drawn into a plot gets its scales and its inner size. */
export interface PlotArea {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly height: number;
}

export interface AxisOptions {
  readonly domain: readonly [number, number];
  readonly label?: string;
  /** Exact positions of the ticks; otherwise about `count` round ones. */
  readonly ticks?: readonly number[];
  readonly count?: number;
  /** 1 is linear; 0.5 gives the first of many steps more room. */
  readonly exponent?: number;
  readonly format?: (value: number) => string;
}

export interface PlotOptions {
  /** Its height: short for one chart among others, tall for the main one. The style sheet knows how much that is. */
  readonly size: 'short' | 'tall';
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Without its line and numbers. */
  readonly hideY?: boolean;
  /** Room below the horizontal axis, for handles. */
  readonly lane?: number;
  /** What a person who cannot see it should know. Plots with handles are groups, not pictures. */
  readonly label: string;
  readonly interactive?: boolean;
  readonly name?: string;
  readonly children: (area: PlotArea) => ComponentChildren;
}

/** The size of an element, measured before the first paint and again when it changes. The style sheet fixes the height, so nothing shifts. */
function useSize<E extends Element>(): [{ current: E | null }, readonly [number, number]] {
  const reference = useRef<E>(null);
  const [size, setSize] = useState<readonly [number, number]>([0, 0]);
  useLayoutEffect(() => {
    const element = reference.current!;
    const measure = (): void =>
      setSize((old) =>
        old[0] === element.clientWidth && old[1] === element.clientHeight ? old : [element.clientWidth, element.clientHeight],
      );
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [reference, size];
}

/** A picture with two axes. The library gives scales and paths; the elements are ours, so that they can be handled, tested and saved as SVG. */
export function Plot(options: PlotOptions): JSX.Element {
  const { size, lane = 0, hideY = false, label, interactive = false, name, children } = options;
  const [frame, [width, height]] = useSize<HTMLDivElement>();
  const margin = { top: options.y.label === undefined ? 12 : 26, right: 14, bottom: (options.x.label === undefined ? 24 : 42) + lane };
  const innerHeight = Math.max(10, height - margin.top - margin.bottom);
  const y = makeScale(options.y, [innerHeight, 0]);
  const left = hideY
    ? 14
    : 16 + CHARACTER * Math.max(3, ...ticksOf(y, verticalTicks(options.y, innerHeight)).map(([, text]) => text.length));
  const inner = { width: Math.max(10, width - left - margin.right), height: innerHeight };
  const x = makeScale(options.x, [0, inner.width]);
  return (
    <div class={`plot plot-${size}`} ref={frame}>
      {width > 0 && (
        <svg
          xmlns="http://www.w3.org/2000/svg"
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role={interactive ? 'group' : 'img'}
          aria-label={label}
          data-plot={name}
        >
          <g transform={`translate(${left} ${margin.top})`}>
            {!hideY && <VerticalAxis scale={y} options={options.y} width={inner.width} height={inner.height} />}
            <HorizontalAxis scale={x} options={options.x} width={inner.width} height={inner.height} lane={lane} />
            {children({ x, y, width: inner.width, height: inner.height })}
          </g>
        </svg>
      )}
    </div>
  );
}

/** About the width of a digit in a tick's label. */
const CHARACTER = 6.8;

function verticalTicks(options: AxisOptions, height: number): AxisOptions {
  return { count: Math.max(2, Math.floor(height / 50)), ...options };
}

function makeScale({ domain, exponent = 1 }: AxisOptions, range: [number, number]): Scale {
  const scale = exponent === 1 ? scaleLinear() : scalePow().exponent(exponent);
  return scale.domain(domain).range(range);
}

function ticksOf(scale: Scale, { ticks, count = 5, format }: AxisOptions): readonly (readonly [number, string])[] {
  const values = ticks ?? scale.ticks(count);
  const text = format ?? scale.tickFormat(count);
  return values.map((value) => [value, minus(text(value))]);
}

function HorizontalAxis({
  scale,
  options,
  width,
  height,
  lane,
}: {
  scale: Scale;
  options: AxisOptions;
  width: number;
  height: number;
  lane: number;
}): JSX.Element {
  return (
    <g class="axis" transform={`translate(0 ${height})`} aria-hidden="true">
      <line x2={width} />
      {ticksOf(scale, { count: Math.max(2, Math.floor(width / 80)), ...options }).map(([value, text]) => (
        <g key={value} transform={`translate(${scale(value)} 0)`}>
          <line y2={4} />
          <text y={16} text-anchor="middle">
            {text}
          </text>
        </g>
      ))}
      {options.label !== undefined && (
        <text class="axis-label" x={width} y={34 + lane} text-anchor="end">
          {options.label}
        </text>
      )}
    </g>
  );
}

function VerticalAxis({
  scale,
  options,
  width,
  height,
}: {
  scale: Scale;
  options: AxisOptions;
  width: number;
  height: number;
}): JSX.Element {
  return (
    <g class="axis" aria-hidden="true">
      {ticksOf(scale, verticalTicks(options, height)).map(([value, text]) => (
        <g key={value} transform={`translate(0 ${scale(value)})`}>
          <line class="grid" x2={width} />
          <text x={-8} dy="0.32em" text-anchor="end">
            {text}
          </text>
        </g>
      ))}
      {options.label !== undefined && (
        <text class="axis-label" x={-8} y={-13} text-anchor="start">
          {options.label}
        </text>
      )}
    </g>
  );
}
