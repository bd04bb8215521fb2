import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { fixed, plural } from '../format.ts';
import { Plot } from '../plot/plot.tsx';
import { areaPath, linePath } from '../plot/shapes.tsx';
import { boundAfterMStep, boundSlice, type EmRun } from './em-run.ts';

interface ClimbProps {
  readonly run: EmRun;
  readonly iteration: number;
  readonly phase: 'start' | 'E' | 'M';
}

/** The log-likelihood by iteration, and the bound that each M-step raises and each E-step closes. */
export function ClimbPlot({ run, iteration, phase }: ClimbProps): JSX.Element {
  const last = run.points.length - 1;
  const now = phase === 'M' ? Math.min(iteration + 1, last) : iteration;
  const values = run.points.map((point) => point.logLikelihood);
  const bounds = useMemo(
    () => run.points.slice(0, now + 1).map((_, index) => (index === 0 ? values[0]! : boundAfterMStep(run, index))),
    [run, now],
  );
  const high = values[last]!;
  // A bad start lies so deep that the rest of the climb would be flat: then the line comes in from below the picture.
  const low = Math.max(Math.min(values[0]!, ...bounds), last >= 3 ? high - 2.5 * (high - values[1]!) : -Infinity);
  const room = Math.max((high - low) * 0.08, 1e-6);
  const span = Math.max(1, last);
  return (
    <div class="card">
      <h3>The log-likelihood only rises</h3>
      <Plot
        name="climb"
        size="short"
        label={`Log-likelihood by iteration: ${fixed(values[0]!, 3)} at the start, ${fixed(values[now]!, 3)} after ${plural(now, 'iteration')}, ${fixed(high, 3)} at the end of this run.`}
        x={{ domain: [0, span], label: 'iteration', exponent: span > 30 ? 0.5 : 1, ticks: iterationTicks(span), format: String }}
        y={{ domain: [low - room, high + room], format: (value) => fixed(value, high - low < 1 ? 3 : high - low < 10 ? 1 : 0) }}
      >
        {({ x, y, width, height }) => (
          <>
            <clipPath id="inside-climb">
              <rect x={-8} y={-8} width={width + 16} height={height + 8} />
            </clipPath>
            <g clip-path="url(#inside-climb)">
              <path
                class="climb-future"
                d={linePath(
                  values.map((value, index) => [index, value] as const),
                  x,
                  y,
                )}
              />
              {bounds.map((bound, index) => (
                <line key={index} class="climb-gap" x1={x(index)} x2={x(index)} y1={y(bound)} y2={y(values[index]!)} />
              ))}
              <path
                class="climb-line"
                d={linePath(
                  values.slice(0, now + 1).map((value, index) => [index, value] as const),
                  x,
                  y,
                )}
              />
              {bounds.map((bound, index) => index > 0 && <circle key={index} class="climb-bound" cx={x(index)} cy={y(bound)} r={2.6} />)}
              {now < 60 &&
                values
                  .slice(0, now + 1)
                  .map((value, index) => <circle key={index} class="climb-point" cx={x(index)} cy={y(value)} r={2.6} />)}
              <circle class="climb-now" cx={x(now)} cy={Math.min(height, y(values[now]!))} r={6} />
            </g>
          </>
        )}
      </Plot>
      <p class="legend">
        <span class="key key-likelihood">log-likelihood</span>{' '}
        <span class="key key-bound">bound after the M-step; the next E-step closes the gap</span>
      </p>
    </div>
  );
}

function iterationTicks(span: number): readonly number[] {
  if (span <= 8) return Array.from({ length: span + 1 }, (_, index) => index);
  if (span <= 30) return [0, 5, 10, 15, 20, 25, 30].filter((value) => value <= span);
  return [0, 5, 20, 50, 100, 200, 300, 400, 500, 600].filter((value) => value <= span);
}

/** The classic picture of Jensen's bound, along the line through this step's two points. */
export function BoundPlot({ run, iteration, phase }: ClimbProps): JSX.Element {
  const index = Math.min(iteration, Math.max(0, run.points.length - 2));
  const slice = useMemo(() => boundSlice(run, index), [run, index]);
  const at = phase === 'M' ? 1 : 0;
  const rise = slice === undefined ? 0 : run.points[index + 1]!.logLikelihood - run.points[index]!.logLikelihood;
  return (
    <div class="card">
      <h3>Jensen’s bound touches it</h3>
      {slice === undefined || slice.position.length < 3 ? (
        <p class="plot-empty">
          This start is a stationary point: the bound touches the log-likelihood at its own peak, and there is nothing to climb.
        </p>
      ) : (
        <Slice slice={slice} at={at} phase={phase} iteration={index} rise={rise} />
      )}
      <p class="legend">
        <span class="key key-likelihood">log-likelihood</span> <span class="key key-bound">bound made by the E-step</span>
      </p>
    </div>
  );
}

function Slice({
  slice,
  at,
  phase,
  iteration,
  rise,
}: {
  slice: NonNullable<ReturnType<typeof boundSlice>>;
  at: number;
  phase: ClimbProps['phase'];
  iteration: number;
  rise: number;
}): JSX.Element {
  const nearest = (position: number): number =>
    slice.position.reduce(
      (best, value, index) => (Math.abs(value - position) < Math.abs(slice.position[best]! - position) ? index : best),
      0,
    );
  const touch = slice.logLikelihood[nearest(0)]!;
  const top = Math.max(...slice.logLikelihood);
  // The bound falls away steeply: the lowest part of it is of no interest.
  const peak = slice.bound[nearest(1)]!;
  const low = Math.max(Math.min(...slice.bound), touch - 2.2 * Math.max(peak - touch, 1e-9));
  const room = (top - low) * 0.08;
  const visible = phase !== 'start';
  const pairs = (values: readonly number[]): (readonly [number, number])[] =>
    values.map((value, index) => [slice.position[index]!, value] as const);
  return (
    <Plot
      name="bound"
      size="short"
      label={`Along the step from iteration ${iteration} to ${iteration + 1} the log-likelihood rises by ${fixed(rise, 6)}. The bound touches it at the step's beginning and lies below it elsewhere.`}
      x={{
        domain: [slice.position[0]!, slice.position.at(-1)!],
        label: 'along this M-step',
        ticks: [0, 1],
        format: (value) => (value === 0 ? `θ at ${iteration}` : `θ at ${iteration + 1}`),
      }}
      y={{ domain: [low - room, top + room], count: 4, format: (value) => fixed(value, decimalsFor(top - low)) }}
    >
      {({ x, y, width, height }) => (
        <>
          <clipPath id="inside-bound">
            <rect width={width} height={height} />
          </clipPath>
          <g clip-path="url(#inside-bound)">
            {visible && (
              <path
                class="bound-gap"
                d={areaPath(
                  slice.position.map((position, index) => [position, slice.bound[index]!, slice.logLikelihood[index]!] as const),
                  x,
                  y,
                )}
              />
            )}
            <path class="climb-line" d={linePath(pairs(slice.logLikelihood), x, y)} />
            {visible && <path class="bound-line" d={linePath(pairs(slice.bound), x, y)} />}
          </g>
          {visible && <circle class="climb-bound" cx={x(0)} cy={y(touch)} r={at === 0 ? 5 : 3.5} data-touch={touch} />}
          <circle class="climb-now" cx={x(at)} cy={y(slice.logLikelihood[nearest(at)]!)} r={6} />
          {at === 1 && <line class="climb-gap" x1={x(1)} x2={x(1)} y1={y(peak)} y2={y(slice.logLikelihood[nearest(1)]!)} />}
        </>
      )}
    </Plot>
  );
}

function decimalsFor(span: number): number {
  return Math.min(9, Math.max(0, 1 - Math.floor(Math.log10(Math.max(span, 1e-12)))));
}
