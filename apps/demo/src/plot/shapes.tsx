import { area, curveMonotoneX, line } from 'd3-shape';
import type { JSX } from 'preact';
import type { Scale } from './plot.tsx';

const toLine = (curved: boolean) => {
  const make = line<readonly [number, number]>()
    .x((point) => point[0])
    .y((point) => point[1])
    .defined((point) => Number.isFinite(point[0]) && Number.isFinite(point[1]));
  return curved ? make.curve(curveMonotoneX) : make;
};

/** A line through points given in the units of the data. */
export function linePath(points: readonly (readonly [number, number])[], x: Scale, y: Scale, curved = false): string {
  return toLine(curved)(points.map(([a, b]) => [x(a), y(b)] as const)) ?? '';
}

/** The area between a curve and a base. */
export function areaPath(points: readonly (readonly [number, number, number])[], x: Scale, y: Scale): string {
  return (
    area<readonly [number, number, number]>()
      .x((point) => x(point[0]))
      .y0((point) => y(point[1]))
      .y1((point) => y(point[2]))(points as [number, number, number][]) ?? ''
  );
}

/** Points where (x - mean)' covariance^-1 (x - mean) = radius^2, as a closed path. */
export function ellipsePath(
  mean: readonly number[],
  covariance: readonly (readonly number[])[],
  radius: number,
  x: Scale,
  y: Scale,
): string {
  const [[xx, xy], [, yy]] = covariance as [[number, number], [number, number]];
  const a = Math.sqrt(xx);
  const b = xy / a;
  const c = Math.sqrt(Math.max(0, yy - b * b));
  const points: string[] = [];
  for (let index = 0; index < 72; index += 1) {
    const angle = (index / 72) * 2 * Math.PI;
    const [u, v] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    points.push(`${x(mean[0]! + a * u).toFixed(1)},${y(mean[1]! + b * u + c * v).toFixed(1)}`);
  }
  return `M${points.join('L')}Z`;
}

export function Swatch({ colour, dash }: { colour: string; dash?: string }): JSX.Element {
  return (
    <svg class="swatch" width={22} height={12} aria-hidden="true">
      {dash === undefined ? (
        <circle cx={11} cy={6} r={5} fill={colour} />
      ) : (
        <line x1={1} x2={21} y1={6} y2={6} stroke={colour} stroke-width={2.5} stroke-dasharray={dash} />
      )}
    </svg>
  );
}
