import type { MixtureParameters } from '@emkit/core';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { count, show } from '../format.ts';
import { componentColour, componentDash, mixColours } from '../palette.ts';
import { StackedBar } from '../plot/bars.tsx';
import { componentDensities, grid } from '../plot/curves.ts';
import { Handle } from '../plot/handle.tsx';
import { Plot, type PlotArea } from '../plot/plot.tsx';
import { linePath } from '../plot/shapes.tsx';
import type { Problem, Responsibilities } from './em-run.ts';
import type { Scene } from './scenes.ts';
import type { MoveStart } from './see-state.ts';

interface LinePlotProps {
  readonly scene: Scene;
  readonly problem: Problem;
  readonly values: Float64Array;
  readonly start: MixtureParameters;
  readonly now: MixtureParameters;
  /** Where this start leads; shown while a handle is held. */
  readonly destination: MixtureParameters | undefined;
  readonly responsibilities: Responsibilities | undefined;
  readonly onMove: MoveStart;
  readonly onGrab: (held: boolean) => void;
}

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** Expected counts by component; absent before the first E-step. */
  readonly parts: readonly number[] | undefined;
}

const LANE = 46;

/** The data on a line, as bars that the responsibilities divide, and the components over them. */
export function LinePlot(props: LinePlotProps): JSX.Element {
  const { scene, problem, values, now, destination } = props;
  const discrete = scene.bins === undefined;
  const [from, to] = scene.domain[0]!;
  const domain: readonly [number, number] = discrete ? [from - 0.5, to + 0.5] : [from, to];
  const width = discrete ? 1 : (to - from) / scene.bins!;
  const bars = useMemo(
    () => makeBars(values, domain[0], domain[1], width, props.responsibilities),
    [values, props.responsibilities, scene.id],
  );
  const x = useMemo(() => (discrete ? grid(from, to, to - from + 1) : grid(Math.max(from, 1e-9), to, 241)), [scene.id]);
  const families = useMemo(() => Array.from({ length: problem.components }, () => problem.family), [problem]);
  const scaled = (parameters: MixtureParameters): readonly (readonly number[])[] =>
    componentDensities(families, parameters, x).map((curve) => Array.from(curve, (density) => density * values.length * width));
  const curves = scaled(now);
  const total = sumOf(curves);
  const ghost = destination === undefined ? undefined : sumOf(scaled(destination));
  const tallest = Math.max(...bars.map((bar) => bar.total));
  const top = Math.max(tallest * 1.12, Math.min(Math.max(...total, ...(ghost ?? [])) * 1.05, tallest * 1.6));
  const points = (curve: readonly number[]): (readonly [number, number])[] =>
    curve.map((value, index) => [x[index]!, Math.min(value, 4 * top)] as const);
  const axis = scene.axes[0]!;
  return (
    <Plot
      name="data"
      size="tall"
      lane={LANE}
      interactive
      label={`${count(values.length)} values of ${axis.name} as bars, with the curve of each of ${problem.components} components and of their sum. The sliders below it move the start.`}
      x={{ domain, label: axis.unit === undefined ? axis.name : `${axis.name} (${axis.unit})`, ...(discrete && { ticks: Array.from(x) }) }}
      y={{ domain: [0, top], label: 'rows' }}
    >
      {(area) => (
        <>
          <clipPath id="inside">
            <rect y={-10} width={area.width} height={area.height + 10} />
          </clipPath>
          <g class="bars">
            {bars.map((bar) => (
              <StackedBar key={bar.from} {...bar} area={area} />
            ))}
          </g>
          <g clip-path="url(#inside)">
            {ghost !== undefined && <path class="curve-ghost" d={linePath(points(ghost), area.x, area.y)} />}
            {curves.map((curve, component) => (
              <path
                key={component}
                class="curve-component"
                d={linePath(points(curve), area.x, area.y, discrete)}
                stroke={componentColour(component)}
                stroke-dasharray={componentDash(component)}
              />
            ))}
            <path class="curve-total" d={linePath(points(total), area.x, area.y, discrete)} />
            {discrete &&
              total.map((value, index) => <circle key={index} class="curve-point" cx={area.x(x[index]!)} cy={area.y(value)} r={2.5} />)}
          </g>
          {!discrete && <Rug values={values} responsibilities={props.responsibilities} area={area} />}
          <Lane {...props} area={area} />
        </>
      )}
    </Plot>
  );
}

function sumOf(curves: readonly (readonly number[])[]): readonly number[] {
  return curves[0]!.map((_, index) => curves.reduce((sum, curve) => sum + curve[index]!, 0));
}

function makeBars(
  values: Float64Array,
  from: number,
  to: number,
  width: number,
  responsibilities: Responsibilities | undefined,
): readonly Bar[] {
  const bars = Math.round((to - from) / width);
  const totals = new Float64Array(bars);
  const parts = responsibilities?.map(() => new Float64Array(bars));
  values.forEach((value, row) => {
    const bar = Math.min(bars - 1, Math.max(0, Math.floor((value - from) / width)));
    totals[bar]! += 1;
    parts?.forEach((part, component) => {
      part[bar]! += responsibilities![component]![row]!;
    });
  });
  return Array.from(totals, (total, bar) => ({
    from: from + bar * width,
    to: from + (bar + 1) * width,
    total,
    parts: parts?.map((part) => part[bar]!),
  }));
}

/** Each row as a tick, in the mixed colour of its responsibilities. */
function Rug({
  values,
  responsibilities,
  area: { x, height },
}: {
  values: Float64Array;
  responsibilities: Responsibilities | undefined;
  area: PlotArea;
}): JSX.Element {
  return (
    <g class="rug" transform={`translate(0 ${height + 22})`} aria-hidden="true">
      {Array.from(values, (value, row) => (
        <line
          key={row}
          x1={x(value)}
          x2={x(value)}
          y2={8}
          {...(responsibilities === undefined
            ? { class: 'unknown' }
            : { stroke: mixColours(responsibilities.map((column) => column[row]!)) })}
        />
      ))}
    </g>
  );
}

function Lane({ scene, start, now, area, onMove, onGrab }: LinePlotProps & { area: PlotArea }): JSX.Element {
  const { parameter } = scene;
  const middle = area.height + 22 + LANE / 2 + 6;
  const toX = (value: unknown): number => Math.min(area.width, Math.max(0, area.x(parameter.toAxis(value as number))));
  const [low, high] = [parameter.fromAxis(parameter.minimum), parameter.fromAxis(parameter.maximum)];
  const limits = parameter.name === 'probability' ? [parameter.minimum, parameter.maximum] : [Math.min(low, high), Math.max(low, high)];
  const shown = (value: number): number => (parameter.name === 'probability' ? value : parameter.toAxis(value));
  return (
    <g class="lane">
      <line class="lane-line" x2={area.width} y1={middle} y2={middle} />
      {now.components.map((values, component) => (
        <g key={component} aria-hidden="true">
          <line
            class="lane-path"
            x1={toX(start.components[component]![parameter.name])}
            x2={toX(values[parameter.name])}
            y1={middle}
            y2={middle}
            stroke={componentColour(component)}
          />
          <path
            class="lane-now"
            transform={`translate(${toX(values[parameter.name])} ${middle})`}
            d="M0,-6L5,0L0,6L-5,0Z"
            fill={componentColour(component)}
          />
        </g>
      ))}
      {start.components.map((values, component) => {
        const value = values[parameter.name] as number;
        const set = (next: (value: number) => number): void =>
          onMove(component, (old) => Math.min(limits[1]!, Math.max(limits[0]!, next(old as number))));
        const step = parameter.step;
        return (
          <Handle
            key={component}
            component={component}
            x={toX(value)}
            y={middle}
            label={`start of ${scene.component} ${component + 1}: ${parameter.label}`}
            valueText={`${show(shown(value))}${scene.axes[0]!.unit === undefined ? '' : ` ${scene.axes[0]!.unit}`}`}
            value={Number(shown(value).toPrecision(6))}
            minimum={parameter.minimum}
            maximum={parameter.maximum}
            onMove={(position) =>
              set(() => parameter.fromAxis(snap(area.x.invert(position), parameter.name === 'probability' ? step * 10 : step)))
            }
            onStep={(right, up) =>
              set((old) =>
                parameter.name === 'probability'
                  ? snap(old + (right + up) * step, step)
                  : parameter.fromAxis(snap(parameter.toAxis(old) + (right + up) * step, step)),
              )
            }
            onEdge={(edge) => set(() => (parameter.name === 'probability' ? parameter[edge] : parameter.fromAxis(parameter[edge])))}
            onGrab={onGrab}
          />
        );
      })}
    </g>
  );
}

/** Whole steps: round numbers read better and make short links. */
function snap(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toPrecision(6));
}
