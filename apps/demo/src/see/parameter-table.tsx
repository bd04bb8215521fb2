import type { JSX } from 'preact';
import { fixed, show } from '../format.ts';
import { componentColour } from '../palette.ts';
import { Swatch } from '../plot/shapes.tsx';
import type { EmRun, Responsibilities, RunPoint } from './em-run.ts';
import type { Scene } from './scenes.ts';

interface ParameterTableProps {
  readonly scene: Scene;
  readonly run: EmRun;
  readonly point: RunPoint;
  readonly counted: Responsibilities | undefined;
}

/** The parameters at this step, and how many rows each component is expected to have. */
export function ParameterTable({ scene, run, point, counted }: ParameterTableProps): JSX.Element {
  const { weights, components } = point.parameters;
  const columns = columnsOf(scene);
  return (
    <table class="parameters" data-testid="parameters">
      <thead>
        <tr>
          <th scope="col">{scene.component.split(' ')[0]}</th>
          <th scope="col" class="numeric">
            weight
          </th>
          {columns.map(({ title }) => (
            <th key={title} scope="col" class="numeric">
              {title}
            </th>
          ))}
          <th scope="col" class="numeric">
            rows
          </th>
        </tr>
      </thead>
      <tbody>
        {components.map((values, component) => (
          <tr key={component}>
            <th scope="row">
              <Swatch colour={componentColour(component)} />
              {component + 1}
            </th>
            <td class="numeric">{fixed(weights[component]!, 4)}</td>
            {columns.map(({ title, read }) => (
              <td key={title} class="numeric">
                {read(values)}
              </td>
            ))}
            <td class="numeric">{counted === undefined ? '·' : fixed(sum(counted[component]!), run.problem.rows < 50 ? 3 : 1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ParameterColumn {
  readonly title: string;
  read(values: Readonly<Record<string, unknown>>): string;
}

function columnsOf(scene: Scene): readonly ParameterColumn[] {
  switch (scene.parameter.name) {
    case 'probability':
      return [{ title: 'bias', read: ({ probability }) => fixed(probability as number, 6) }];
    case 'rate':
      return [
        { title: 'mean', read: ({ rate }) => show(1 / (rate as number)) },
        { title: 'rate', read: ({ rate }) => show(rate as number, 4) },
      ];
    default:
      return scene.axes.length === 1
        ? [
            { title: 'mean', read: ({ mean }) => fixed(mean as number, 3) },
            { title: 'deviation', read: ({ variance }) => fixed(Math.sqrt(variance as number), 3) },
          ]
        : scene.axes.map(({ name }, axis) => ({
            title: name,
            read: ({ mean }) => fixed((mean as readonly number[])[axis]!, axis === 0 ? 3 : 2),
          }));
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
