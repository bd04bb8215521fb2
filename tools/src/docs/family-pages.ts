// `pnpm docs:families`: writes the part of each family's page that follows from its definition and its docstring, and the table of all.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeDomain, describeSupport, type FamilyDefinition, type FamilyOption, freeParameters } from '@emkit/core';
import { families } from '@emkit/families';
import { root } from '../run.ts';

const BEGIN = '<!-- Written by `pnpm docs:families` from the definition and its docstring: write above or below. -->';
const END = '<!-- The written part ends here. -->';

/** A page that is generated, in whole or in part. */
export interface GeneratedPage {
  /** In the workspace. */
  readonly path: string;
  /** What the page should hold. */
  readonly text: string;
}

/** Every page about families, with its generated part up to date and the rest as it is. */
export function familyPages(): readonly GeneratedPage[] {
  const pages = families.map((definition): GeneratedPage => {
    const path = `docs/families/${definition.id}.md`;
    const before = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : `# ${definition.title}\n\n${BEGIN}\n${END}\n`;
    return { path, text: replacePart(path, before, describeFamily(definition)) };
  });
  const index = 'docs/families/index.md';
  return [...pages, { path: index, text: replacePart(index, readFileSync(join(root, index), 'utf8'), tableOfFamilies()) }];
}

function replacePart(path: string, page: string, part: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} lacks the lines between which it is written:\n${BEGIN}\n${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${part}\n\n${page.slice(end)}`;
}

function tableOfFamilies(): string {
  const rows = families.map((definition) => {
    const family = definition(definition.variants[0]);
    const parameters = Object.keys(family.parameters).map((name) => `\`${name}\``);
    const options = Object.keys(definition.options).map((name) => `\`${name}\``);
    return `| [\`${definition.id}\`](${definition.id}.md) | ${definition.title} | ${parameters.join(', ')} | ${options.join(', ')} |`;
  });
  return ['| id | | parameters | options |', '|---|---|---|---|', ...rows].join('\n');
}

function describeFamily(definition: FamilyDefinition): string {
  const variant = definition.variants[0] as Readonly<Record<string, unknown>>;
  const family = definition(variant);
  const stated = Object.keys(variant).length === 0 ? '' : `, with the options \`${JSON.stringify(variant)}\``;
  const doc = readDocstring(definition.id);
  const capabilities: readonly (readonly [string, boolean])[] = [
    ['draws samples', family.sample !== undefined],
    ['distribution function', family.cdf !== undefined],
    ['quantile', family.quantile !== undefined],
    ['mean', family.mean !== undefined],
    ['scores', family.scores !== undefined],
    ['natural exponential form', family.exponentialForm !== undefined],
    ['closed under a change of scale', family.equivariance?.scale === true],
    ['closed under a shift', family.equivariance?.shift === true],
    ['several threads', family.startWorker !== undefined],
  ];
  const can = (wanted: boolean): string =>
    capabilities
      .filter(([, has]) => has === wanted)
      .map(([name]) => name)
      .join(', ');
  const budgets = Object.entries(family.accuracy ?? {});
  const names = Object.keys(family.parameters);
  return [
    ...doc.introduction,
    '## Parameters and data',
    definition.fromJson === undefined
      ? `In code \`${exportName(definition.id)}(${Object.keys(definition.options).length > 0 ? '{ ... }' : ''})\`, on the command line \`--family ${definition.id}\`; the tables are those of a component${stated}.`
      : `In code \`${exportName(definition.id)}({ ... })\`, on the command line \`--families\`; the tables are those of a component made of ${Object.entries(
          family.parts ?? {},
        )
          .map(([name, { id }]) => `\`${name}\`, ${id}`)
          .join('; ')}.`,
    table(
      ['parameter', 'domain', 'free parameters'],
      Object.entries(family.parameters).map(([name, domain]) => [`\`${name}\``, describeDomain(domain), String(freeParameters(domain))]),
    ),
    table(
      ['column', 'values', ''],
      family.columns.map(({ name, support, given }) => [
        name,
        describeSupport(support, family.columns),
        given === true ? 'given: the density is conditional on it' : '',
      ]),
    ),
    ...(Object.keys(definition.options).length === 0
      ? []
      : [
          table(
            ['option', 'values', 'default', ''],
            Object.entries(definition.options).map(([name, option]) => [
              `\`${name}\``,
              optionValues(option),
              option.default === undefined ? '' : `\`${option.default}\``,
              option.description,
            ]),
          ),
        ]),
    '## What it offers',
    [
      `- It has: ${can(true)}.`,
      ...(can(false) === '' ? [] : [`- It has not: ${can(false)}.`]),
      `- ${names.length === 1 ? 'Its parameter can be held' : `Can be held while others move: ${list(family.holdable ?? [])}`}.`,
      family.shareable === undefined
        ? '- All its parameters can be shared between components, or none.'
        : `- Can be shared between components whose other parameters differ: ${list(family.shareable)}.`,
      `- ${family.statisticsLength} sufficient ${family.statisticsLength === 1 ? 'statistic' : 'statistics'}.`,
    ].join('\n'),
    ...(budgets.length === 0
      ? []
      : [
          '## Accuracy',
          'Budgets in units in the last place, held by the tests against arithmetic of many digits; [the accuracy report](../accuracy.md) has what was measured:',
          table(
            ['function', 'budget'],
            budgets.map(([name, budget]) => [`\`${name}\``, String(budget)]),
          ),
        ]),
    ...doc.sections.flatMap(({ title, text }) => [`## ${title}`, text]),
  ].join('\n\n');
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
}

function optionValues(option: FamilyOption): string {
  if (option.kind === 'choice') return option.values.map((value) => `\`${value}\``).join(', ');
  if (option.kind === 'number') return option.above === undefined ? 'a number' : `a number > ${option.above}`;
  const from = `a whole number from ${option.minimum}${option.maximum === undefined ? '' : ` to ${option.maximum}`}`;
  return `${from}${option.orColumn ? ', or `column`' : ''}${option.fromColumns ? '; the number of columns when it is not stated' : ''}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function exportName(id: string): string {
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

interface Docstring {
  readonly introduction: readonly string[];
  readonly sections: readonly { readonly title: string; readonly text: string }[];
}

/** Words that begin a paragraph of a docstring, and the heading it gets. */
const HEADINGS: Readonly<Record<string, string>> = {
  Density: 'In plain text',
  Mass: 'In plain text',
  'Edge cases': 'Edge cases',
  Method: 'Method',
  Source: 'References',
  Sources: 'References',
  Reference: 'References',
  References: 'References',
};

/** The docstring of a family's definition, paragraph by paragraph. */
function readDocstring(id: string): Docstring {
  const source = readFileSync(join(root, `packages/families/src/${id}.ts`), 'utf8');
  const end = source.indexOf(`export const ${exportName(id)}`);
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(source.slice(0, end))?.[1];
  if (comment === undefined) throw new Error(`packages/families/src/${id}.ts: the definition has no docstring`);
  const paragraphs = comment
    .replace(/^[ \t]*\* ?/gm, '')
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim());
  const introduction: string[] = [];
  const sections: { title: string; text: string }[] = [];
  for (const paragraph of paragraphs) {
    const title = Object.entries(HEADINGS).find(([word]) => paragraph.startsWith(`${word}:`) || paragraph.startsWith(`${word} f(`))?.[1];
    const text = escapeProse(title === undefined || title === 'In plain text' ? paragraph : capital(paragraph.replace(/^[\w ]+:\s*/, '')));
    const last = sections.at(-1);
    if (title !== undefined) sections.push({ title, text });
    else if (last === undefined) introduction.push(text);
    else last.text += `\n\n${text}`;
  }
  return { introduction, sections };
}

/** Plain text as Markdown: what is code stays, and marks lose their meaning. */
function escapeProse(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(/[*_[\]<{]/g, (mark) => (mark === '<' ? '&lt;' : `\\${mark}`))))
    .join('');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of familyPages()) {
    if (existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text) continue;
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}: written\n`);
  }
}
