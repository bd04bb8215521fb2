import type { Column, Family, ParameterValue, ParameterValues } from '../family.ts';
import { showNumber, showWeight } from '../text/numbers.ts';
import { printableName } from '../text/printable.ts';
import type { TextStyle } from '../text/style.ts';
import { renderTable, type TableColumn, wrapText } from '../text/table.ts';
import { textWidth } from '../text/width.ts';
import type { Model } from './model.ts';

/** Whole covariance matrices are shown up to this many columns; beyond it they are too large to read. */
const WIDEST_MATRIX = 4;

/** So many entries of a vector are shown: those of a thousand categories would be a thousand lines. */
const LONGEST_VECTOR = 20;

/** One entry of the parameters: a cell for each component, or none where it is the heading of those that follow. */
interface Entry {
  readonly label: string;
  readonly cells: readonly string[];
}

/** What the components are, in a row each; in a column each where their parameters are vectors, or the line is too short. */
export function renderComponents(model: Model, columns: readonly string[], leftOut: string, style: TextStyle): string[] {
  const entries = [...labelEntries(model), ...parameterEntries(model, columns.map(printableName))];
  const values = leavesOf(model).flatMap((component) => Object.values(component));
  if (entries.every(({ cells }) => cells.length > 0)) {
    const lines = [...lawLines(model), ...rowEach(model, entries, style)];
    if (widthOf(lines) <= style.width) return lines;
  }
  const lines = [...lawLines(model), ...columnEach(model, entries, style)];
  const gone = [
    ...(values.some((value) => isMatrix(value) && value.length > WIDEST_MATRIX) ? ['the covariance matrices'] : []),
    ...(values.some((value) => lengthOf(value) > LONGEST_VECTOR) ? [`all entries after the first ${LONGEST_VECTOR}`] : []),
  ];
  if (gone.length === 0) return lines;
  const sentence = `${gone.join(' and ')} are left out here; ${leftOut}.`;
  return [...lines, '', ...wrapText(sentence.charAt(0).toUpperCase() + sentence.slice(1), style.width).map(style.dim)];
}

function rowEach(model: Model, entries: readonly Entry[], style: TextStyle): string[] {
  const columns = ['component', ...entries.map(({ label }) => label)].map((header): TableColumn => ({ header, kind: 'number' }));
  const rows = model.components.map((_, component) => [
    style.component(component)(String(component + 1)),
    ...entries.map(({ cells }) => cells[component]!),
  ]);
  return renderTable(columns, rows, style);
}

/** In as many tables as the width asks for. */
function columnEach({ components }: Model, entries: readonly Entry[], style: TextStyle): string[] {
  const lines: string[] = [];
  for (let first = 0; first < components.length; ) {
    let end = components.length;
    let table = columnsFor(entries, first, end, style);
    while (end > first + 1 && widthOf(table) > style.width) {
      end -= 1;
      table = columnsFor(entries, first, end, style);
    }
    lines.push(...(first > 0 ? [''] : []), ...table);
    first = end;
  }
  return lines;
}

function columnsFor(entries: readonly Entry[], first: number, end: number, style: TextStyle): string[] {
  const shown = Array.from({ length: end - first }, (_, index) => first + index);
  return renderTable(
    [
      { header: 'component' },
      ...shown.map((component): TableColumn => ({ header: style.component(component)(String(component + 1)), kind: 'number' })),
    ],
    entries.map(({ label, cells }) => [label, ...shown.map((component) => cells[component] ?? '')]),
    style,
  );
}

function widthOf(lines: readonly string[]): number {
  return Math.max(...lines.map(textWidth));
}

/** What is known of the labels before a row is seen: the weights of a mixture, or the vectors and matrices of another law. */
function labelEntries({ parameters, structure }: Model): Entry[] {
  const given = structure.latent.columns?.map(printableName);
  const { components, weights, ...law } = parameters as unknown as Readonly<Record<string, Leaf>>;
  const shares = weights === undefined ? [] : [{ label: 'weight', cells: (weights as readonly number[]).map(showWeight) }];
  const others = Object.entries(law).flatMap(([label, value]): Entry[] => {
    if (typeof value === 'number' || !('length' in value)) return [];
    if (!isMatrix(value)) return [{ label, cells: value.map((entry) => showNumber(entry, 5)) }];
    return [
      { label, cells: [] },
      ...value[0]!.map((_, place) => ({
        label: `  ${given === undefined ? `to ${place + 1}` : (['intercept', ...given][place] ?? '')}`,
        cells: value.map((row) => showNumber(row[place]!, 5)),
      })),
    ];
  });
  return [...shares, ...others];
}

/** Numbers of the labels' law that belong to no component. */
function lawLines({ parameters }: Model): string[] {
  const numbers = Object.entries(parameters).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return numbers.length === 0 ? [] : [...numbers.map(([name, value]) => `  ${name}  ${showNumber(value)}`), ''];
}

/** The parameters of each component, those of parts by names such as `height.mean`. */
function leavesOf({ structure: { families }, components }: Model): readonly Leaves[] {
  return components.map((values, component) => Object.fromEntries(leaves(families[component]!, values, '')));
}

type Leaf = Exclude<ParameterValue, ParameterValues>;
type Leaves = Readonly<Record<string, Leaf>>;

function leaves({ parts }: Family, values: ParameterValues, prefix: string): (readonly [string, Leaf])[] {
  return Object.entries(values).flatMap(([name, value]) =>
    parts === undefined ? [[prefix + name, value as Leaf] as const] : leaves(parts[name]!, value as ParameterValues, `${prefix}${name}.`),
  );
}

/** The family that a leaf is a parameter of, and its name there. */
function ownerOf(family: Family, path: string): { readonly family: Family; readonly name: string } {
  const part = Object.keys(family.parts ?? {}).find((name) => path.startsWith(`${name}.`));
  return part === undefined ? { family, name: path } : ownerOf(family.parts![part]!, path.slice(part.length + 1));
}

function parameterEntries(model: Model, columns: readonly string[]): Entry[] {
  const { families } = model.structure;
  const components = leavesOf(model);
  const names = [...new Set(components.flatMap((values) => Object.keys(values)))];
  const isScalar = components.every((values) => Object.values(values).every((value) => typeof value === 'number'));
  const entries = names.flatMap((path) => {
    // Different families may mean a number and a vector by one name.
    const shapes = new Set(components.flatMap((values) => (values[path] === undefined ? [] : [shapeOf(values[path])])));
    return [...shapes].flatMap((shape) => entriesOf(path, shape, families, components, columns, isScalar ? 6 : 5));
  });
  const [first] = families;
  const isOne = isScalar && first!.parts === undefined && families.every((family) => family === first);
  return isOne ? [...entries, ...derivedEntries(model, names)] : entries;
}

/** Numbers people know better than the parameters: the mean and the standard deviation. */
function derivedEntries({ structure, components }: Model, names: readonly string[]): Entry[] {
  const family = structure.families[0]!;
  const means =
    family.mean === undefined || family.columns.some(({ given }) => given) ? [] : components.map((values) => family.mean!(values)[0]!);
  // Where a parameter is the mean itself (a Poisson rate), showing it twice says nothing.
  const isMean = (name: string): boolean => name === 'mean' || components.every((values, component) => values[name] === means[component]);
  return [
    ...(means.length === 0 || names.some(isMean) ? [] : [{ label: 'mean', cells: means.map((mean) => showNumber(mean)) }]),
    ...(names.includes('variance')
      ? [{ label: 'standard deviation', cells: components.map((values) => showNumber(Math.sqrt(values['variance'] as number))) }]
      : []),
  ];
}

/** A parameter's rows: one, or a heading and one for each entry. */
function entriesOf(
  path: string,
  shape: string,
  families: readonly Family[],
  components: readonly Leaves[],
  columns: readonly string[],
  digits: number,
): Entry[] {
  const has = (values: Leaves): boolean => values[path] !== undefined && shapeOf(values[path]) === shape;
  const entry = (label: string, read: (value: Leaf) => number): Entry => ({
    label,
    cells: components.map((values) => (has(values) ? showNumber(read(values[path]!), digits) : '')),
  });
  const index = components.findIndex(has);
  const { family, name } = ownerOf(families[index]!, path);
  const label = printableName(path);
  const first = components[index]![path]!;
  if (typeof first === 'number') return [entry(label, (value) => value as number)];
  const nameOf = entryNames(name, family, first.length, family === families[index] ? columns : []);
  if (!isMatrix(first)) {
    const shown = first.slice(0, LONGEST_VECTOR);
    return [{ label, cells: [] }, ...shown.map((_, index) => entry(`  ${nameOf(index)}`, (value) => (value as readonly number[])[index]!))];
  }
  const at = (i: number, j: number) => (value: Leaf) => (value as readonly (readonly number[])[])[i]![j]!;
  if (first.length > WIDEST_MATRIX) {
    const shown = first.slice(0, LONGEST_VECTOR);
    return [
      { label: 'standard deviation', cells: [] },
      ...shown.map((_, index) => entry(`  ${nameOf(index)}`, (value) => Math.sqrt(at(index, index)(value)))),
    ];
  }
  const lower = first.flatMap((_, i) =>
    Array.from({ length: i + 1 }, (_unused, j) => entry(`  ${i === j ? nameOf(i) : `${nameOf(j)}, ${nameOf(i)}`}`, at(i, j))),
  );
  return [{ label, cells: [] }, ...lower];
}

/** What the entries of a vector are called: by the data's columns, by the words or whole numbers a column may hold, or counted. */
function entryNames(name: string, family: Family, length: number, columns: readonly string[]): (index: number) => string {
  const { support, levels } = family.columns[0]!;
  if (family.parameters[name]!.kind !== 'simplex') {
    const predictors = columns.filter((_, index) => isPredictor(family.columns[index]!));
    // The coefficients of a regression: those of its predictors, after that of the intercept where there is one.
    if (name === 'coefficients' && predictors.length > 0)
      return (index) => [...(length > predictors.length ? ['intercept'] : []), ...predictors][index] ?? String(index + 1);
    return (index) => (length === columns.length ? columns[index]! : String(index + 1));
  }
  const smallest = support.kind === 'integer' ? support.minimum : 1;
  return (index) => (levels === undefined ? String(index + smallest) : printableName(levels[index]!));
}

function isPredictor({ given, support, name }: Column): boolean {
  return given === true && support.kind === 'real' && name !== 'offset';
}

function isMatrix(value: Leaf): value is readonly (readonly number[])[] {
  return typeof value === 'object' && typeof value[0] === 'object';
}

function shapeOf(value: Leaf): string {
  return typeof value === 'number' ? 'number' : `${isMatrix(value) ? 'matrix' : 'vector'} of ${value.length}`;
}

function lengthOf(value: Leaf): number {
  return typeof value === 'object' ? value.length : 1;
}
