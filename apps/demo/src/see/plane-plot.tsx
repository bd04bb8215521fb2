import type { MixtureParameters } from '@emkit/core';
import type { JSX } from 'preact';
import { show } from '../format.ts';
import { componentColour, componentDash, mixColours } from '../palette.ts';
import { Handle } from '../plot/handle.tsx';
import { Plot } from '../plot/plot.tsx';
import { ellipsePath } from '../plot/shapes.tsx';
import type { Responsibilities } from './em-run.ts';
import type { Scene, SceneData } from './scenes.ts';
import type { MoveStart } from './see-state.ts';

interface PlanePlotProps {
  readonly scene: Scene;
  readonly data: SceneData;
  readonly start: MixtureParameters;
  readonly now: MixtureParameters;
  readonly destination: MixtureParameters | undefined;
  readonly responsibilities: Responsibilities | undefined;
  readonly onMove: MoveStart;
  readonly onGrab: (held: boolean) => void;
}

interface Gaussian {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

/** The data in the plane, each point in the mixed colour of its responsibilities, and each component as two ellipses. */
export function PlanePlot({ scene, data, start, now, destination, responsibilities, onMove, onGrab }: PlanePlotProps): JSX.Element {
  const [first, second] = data as [Float64Array, Float64Array];
  const [xAxis, yAxis] = scene.axes as [Scene['axes'][number], Scene['axes'][number]];
  const [xDomain, yDomain] = scene.domain as [Scene['domain'][number], Scene['domain'][number]];
  const gaussians = now.components as unknown as readonly Gaussian[];
  const starts = start.components as unknown as readonly Gaussian[];
  const clamp = (mean: readonly number[]): readonly number[] =>
    [xDomain, yDomain].map(([low, high], axis) => Math.min(high, Math.max(low, Number(mean[axis]!.toPrecision(4)))));
  return (
    <Plot
      name="data"
      size="tall"
      interactive
      label={`${first.length} points: ${xAxis.name} and ${yAxis.name}, with ${gaussians.length} ellipses. The sliders in it move the starting centres.`}
      x={{ domain: xDomain, label: `${xAxis.name} (${xAxis.unit})` }}
      y={{ domain: yDomain, label: `${yAxis.name} (${yAxis.unit})` }}
    >
      {({ x, y, width, height }) => (
        <>
          <clipPath id="inside">
            <rect y={-10} width={width} height={height + 10} />
          </clipPath>
          <g class="points">
            {Array.from(first, (value, row) => (
              <circle
                key={row}
                cx={x(value)}
                cy={y(second[row]!)}
                r={3.2}
                {...(responsibilities === undefined
                  ? { class: 'unknown' }
                  : { fill: mixColours(responsibilities.map((column) => column[row]!)) })}
              />
            ))}
          </g>
          <g clip-path="url(#inside)">
            {(destination?.components as unknown as readonly Gaussian[] | undefined)?.map(({ mean, covariance }, component) => (
              <path key={component} class="curve-ghost" d={ellipsePath(mean, covariance, 2, x, y)} />
            ))}
            {gaussians.map(({ mean, covariance }, component) => (
              <g key={component} class="ellipse" stroke={componentColour(component)}>
                <path
                  d={ellipsePath(mean, covariance, 2, x, y)}
                  fill={componentColour(component)}
                  fill-opacity={0.06}
                  stroke-dasharray={componentDash(component)}
                />
                <path d={ellipsePath(mean, covariance, 1, x, y)} fill="none" />
                <line
                  class="lane-path"
                  x1={x(starts[component]!.mean[0]!)}
                  y1={y(starts[component]!.mean[1]!)}
                  x2={x(mean[0]!)}
                  y2={y(mean[1]!)}
                />
                <path
                  class="lane-now"
                  transform={`translate(${x(mean[0]!)} ${y(mean[1]!)})`}
                  d="M0,-7L6,0L0,7L-6,0Z"
                  fill={componentColour(component)}
                />
              </g>
            ))}
          </g>
          {starts.map(({ mean }, component) => (
            <Handle
              key={component}
              component={component}
              x={x(mean[0]!)}
              y={y(mean[1]!)}
              label={`start of ${scene.component} ${component + 1}: centre; left and right change the ${xAxis.name}, up and down the ${yAxis.name}`}
              valueText={`${xAxis.name} ${show(mean[0]!, 3)}, ${yAxis.name} ${show(mean[1]!, 3)}`}
              value={mean[0]!}
              minimum={xDomain[0]}
              maximum={xDomain[1]}
              onMove={(px, py) => onMove(component, () => clamp([x.invert(px), y.invert(py)]))}
              onStep={(right, up) =>
                onMove(component, (old) => {
                  const [across, high] = old as readonly [number, number];
                  return clamp([across + right * 0.1, high + up]);
                })
              }
              onGrab={onGrab}
            />
          ))}
        </>
      )}
    </Plot>
  );
}
