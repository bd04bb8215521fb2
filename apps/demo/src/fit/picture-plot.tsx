import type { ParameterValues } from '@emkit/core';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '../format.ts';
import { componentColour, componentDash, mixColours } from '../palette.ts';
import { StackedBar } from '../plot/bars.tsx';
import { Plot } from '../plot/plot.tsx';
import { ellipsePath, linePath } from '../plot/shapes.tsx';
import type { FitView, Picture } from './protocol.ts';

type LinePicture = Extract<Picture, { kind: 'line' }>;
type PlanePicture = Extract<Picture, { kind: 'plane' }>;

/** The data with the fit: a histogram, or a scatter plot of any two columns. */
export function PicturePlot({ view }: { view: FitView }): JSX.Element {
  return view.picture.kind === 'line' ? (
    <LinePicturePlot picture={view.picture} />
  ) : (
    <PlanePicturePlot picture={view.picture} components={view.parameters.components} />
  );
}

function LinePicturePlot({ picture }: { picture: LinePicture }): JSX.Element {
  const { bars, curves, x: positions, discrete } = picture;
  const totals = bars.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
  const sums = positions.map((_, index) => curves.reduce((sum, curve) => sum + curve[index]!, 0));
  const tallest = Math.max(...totals);
  const top = Math.max(tallest * 1.1, Math.min(Math.max(...sums) * 1.05, tallest * 1.6));
  const points = (curve: readonly number[]): (readonly [number, number])[] =>
    curve.map((value, index) => [positions[index]!, Math.min(value, 3 * top)] as const);
  return (
    <Plot
      name="fit"
      size="tall"
      label={`Histogram of ${picture.column} with the fitted density and its ${curves.length} components.`}
      x={{ domain: picture.domain, label: picture.column }}
      y={{ domain: [0, top], label: 'rows' }}
    >
      {(area) => (
        <>
          <clipPath id="inside-fit">
            <rect y={-10} width={area.width} height={area.height + 10} />
          </clipPath>
          {bars.map(({ from, to, parts }, index) => (
            <StackedBar key={from} from={from} to={to} total={totals[index]!} parts={parts} area={area} />
          ))}
          <g clip-path="url(#inside-fit)">
            {curves.map((curve, component) => (
              <path
                key={component}
                class="curve-component"
                d={linePath(points(curve), area.x, area.y, discrete)}
                stroke={componentColour(component)}
                stroke-dasharray={componentDash(component)}
              />
            ))}
            <path class="curve-total" d={linePath(points(sums), area.x, area.y, discrete)} />
          </g>
        </>
      )}
    </Plot>
  );
}

function PlanePicturePlot({ picture, components }: { picture: PlanePicture; components: readonly ParameterValues[] }): JSX.Element {
  const { columns, points, domains, responsibilities, rows } = picture;
  const [axes, setAxes] = useState<readonly [number, number]>([0, 1]);
  const [first, second] = axes.map((axis) => Math.min(axis, columns.length - 1)) as [number, number];
  const shown = points[first]!.length;
  const choose = (which: 0 | 1, value: number): void =>
    setAxes(which === 0 ? [value, second === value ? first : second] : [first === value ? second : first, value]);
  return (
    <>
      {columns.length > 2 && (
        <div class="axis-choice">
          {(['across', 'up'] as const).map((name, which) => (
            <label key={name}>
              {name}{' '}
              <select value={which === 0 ? first : second} onChange={(event) => choose(which as 0 | 1, Number(event.currentTarget.value))}>
                {columns.map((column, index) => (
                  <option key={column} value={index}>
                    {column}
                  </option>
                ))}
              </select>
            </label>
          ))}
        </div>
      )}
      <Plot
        name="fit"
        size="tall"
        label={`Scatter plot of ${columns[first]} and ${columns[second]} with the fit's ${components.length} components.`}
        x={{ domain: domains[first]!, label: columns[first]! }}
        y={{ domain: domains[second]!, label: columns[second]! }}
      >
        {({ x, y, width, height }) => (
          <>
            <clipPath id="inside-fit">
              <rect width={width} height={height} />
            </clipPath>
            <g class="points">
              {Array.from(points[first]!, (value, row) => (
                <circle
                  key={row}
                  cx={x(value).toFixed(1)}
                  cy={y(points[second]![row]!).toFixed(1)}
                  r={shown > 1000 ? 2 : 3.2}
                  fill={mixColours(responsibilities.map((column) => column[row]!))}
                />
              ))}
            </g>
            <g clip-path="url(#inside-fit)">
              {components.map((values, component) => {
                const { mean, covariance } = values as { mean?: unknown; covariance?: unknown };
                if (!Array.isArray(mean) || !Array.isArray(covariance)) return null;
                const centre = [mean[first], mean[second]] as number[];
                const part = [first, second].map((row) => [first, second].map((column) => (covariance as number[][])[row]![column]!));
                return (
                  <g key={component} class="ellipse" stroke={componentColour(component)}>
                    <path
                      d={ellipsePath(centre, part, 2, x, y)}
                      fill={componentColour(component)}
                      fill-opacity={0.06}
                      stroke-dasharray={componentDash(component)}
                    />
                    <path d={ellipsePath(centre, part, 1, x, y)} fill="none" />
                  </g>
                );
              })}
            </g>
          </>
        )}
      </Plot>
      {shown < rows && (
        <p class="hint">
          {count(shown)} of the {count(rows)} rows are drawn.
        </p>
      )}
    </>
  );
}
