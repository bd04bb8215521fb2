import { describeDomain, describeSupport, type FamilyDefinition, type FamilyOption } from '@emkit/core';
import { wrapText } from '@emkit/core/text';
import { allFamilies } from '@emkit/families';
import { type Theme, themeFor } from '../display/theme.ts';
import { type Io, write } from '../io.ts';
import { jsonText } from '../output/fit-json.ts';
import { EXIT } from '../problem.ts';

/** `emkit families`. */
export async function runFamilies(flags: { readonly json?: boolean }, io: Io): Promise<number> {
  const described = allFamilies.map(describeFamily);
  if (flags.json) await write(io.stdout, jsonText(described));
  else {
    const theme = themeFor(io.stdout, io.environment);
    await write(
      io.stdout,
      `${['', ...described.flatMap((family) => [...renderFamily(family, theme), '']), ...closing(theme), ''].join('\n')}\n`,
    );
  }
  return EXIT.done;
}

interface Described {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly values: string }[];
  readonly parameters: readonly { readonly name: string; readonly domain: string }[];
  readonly options: readonly {
    readonly name: string;
    readonly values: string;
    readonly default?: string | number;
    readonly description: string;
  }[];
}

function describeFamily(definition: FamilyDefinition): Described {
  const family = definition(definition.variants[0]!);
  return {
    id: definition.id,
    title: definition.title,
    columns: family.columns.map(({ name, support }) => ({ name, values: describeSupport(support, family.columns) })),
    parameters: Object.entries(family.parameters).map(([name, domain]) => ({ name, domain: describeDomain(domain) })),
    options: Object.entries(definition.options).map(([name, option]) => ({
      name,
      values: valuesOf(name, option),
      ...(option.default !== undefined && { default: option.default }),
      description: option.description,
    })),
  };
}

function valuesOf(name: string, option: FamilyOption): string {
  if (option.kind === 'choice') return option.values.join(' | ');
  if (option.kind === 'number') return option.above === undefined ? 'a number' : `a number > ${option.above}`;
  return `a whole number of at least ${option.minimum}${option.orColumn ? `, or ${name}-column=NAME` : ''}`;
}

function renderFamily({ id, title, columns, parameters, options }: Described, theme: Theme): string[] {
  const item = (label: string, text: string): string[] => {
    const [first, ...rest] = wrapText(text, theme.width - 16, '');
    return [`    ${theme.dim(label.padEnd(12))}${first}`, ...rest.map((line) => `    ${' '.repeat(12)}${line}`)];
  };
  return [
    `  ${theme.bold(id)}  ${title}`,
    ...columns.flatMap(({ name, values }, index) => item(index === 0 ? 'data' : '', `${name}: ${values}`)),
    ...parameters.flatMap(({ name, domain }, index) => item(index === 0 ? 'parameters' : '', `${name}: ${domain}`)),
    ...options.flatMap(({ name, values, description, ...option }, index) =>
      item(
        index === 0 ? 'options' : '',
        `${name} = ${values}${option.default === undefined ? '' : ` (default ${option.default})`}; ${description}`,
      ),
    ),
  ];
}

function closing(theme: Theme): string[] {
  return wrapText(
    "Shown for the first of each family's option sets. --family gaussian with several columns means multivariate-gaussian. A product is stated by --families height=gaussian,visits=poisson.",
    theme.width,
  ).map(theme.dim);
}
