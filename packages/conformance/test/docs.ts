import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LATENT_LAWS, LAWS } from '@emkit/conformance';
import { freshPage, PAGE, TALLY } from './alarms/page.ts';
import type { Tally } from './alarms/tally.ts';
import { families, latents, type Trials } from './mutants/index.ts';
import { type MatrixRow, OTHER_RUNS, RUNS, SEED } from './mutants/matrix.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** A page that is partly written by hand and partly generated. */
export interface PartlyGenerated {
  readonly path: string;
  /** The page with its generated stretches made anew; what stands outside their marks is left alone. */
  fresh(page: string, matrixOf: (trials: Trials) => readonly MatrixRow[]): string;
}

const docs = (name: string): string => join(here, '../../../docs', name);

export const PAGES: readonly PartlyGenerated[] = [
  { path: PAGE, fresh: (page) => freshPage(page, JSON.parse(readFileSync(TALLY, 'utf8')) as Tally) },
  { path: docs('conformance.md'), fresh: freshConformance },
  { path: docs('your-own-latent-structure.md'), fresh: (page) => replaceStretch(page, 'sticky.ts', exampleText('sticky.ts')) },
];

function freshConformance(page: string, matrixOf: (trials: Trials) => readonly MatrixRow[]): string {
  const stretches: Readonly<Record<string, string>> = {
    laws: lawsText(LAWS, 'family'),
    'laws of latent structures': lawsText(LATENT_LAWS, 'latent structure'),
    mutants: mutantsText(LAWS, matrixOf(families), 'family'),
    'mutants of latent structures': mutantsText(LATENT_LAWS, matrixOf(latents), 'structure'),
  };
  return Object.entries(stretches).reduce((text, [name, stretch]) => replaceStretch(text, name, stretch), page);
}

/** The page without the marks of laws that notice a mutant besides the one that must: they may change with any digit of the engine. */
export function withoutOthers(page: string): string {
  return page.replaceAll(/ x (?=\|)/g, '  ');
}

function replaceStretch(page: string, name: string, text: string): string {
  const open = `<!-- generated: ${name} -->`;
  const close = `<!-- end of generated: ${name} -->`;
  const from = page.indexOf(open);
  const to = page.indexOf(close);
  if (from < 0 || to < from) throw new Error(`the page has no stretch ${open} ... ${close}`);
  return `${page.slice(0, from + open.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** A file of the third party's example, as a block that later ones import. */
function exampleText(file: string): string {
  return `\`\`\`ts file=${file}\n${readFileSync(join(here, '../example', file), 'utf8')}\`\`\``;
}

/** Each law with the mathematics that stands over it in its file: one source for the code and the page. */
function lawsText(laws: Trials['laws'], what: string): string {
  return laws
    .map((law, index) => {
      const { name, falseAlarmRate, parts } = law;
      const rate =
        falseAlarmRate === 0
          ? 'No part of it is a statistical test; the cases are drawn, the judgement is not.'
          : `By chance a correct ${what} fails it with a probability of at most ${falseAlarmRate.toExponential()}, shared by its statistical parts (${parts
              .filter(({ statistical }) => statistical)
              .map((part) => part.name)
              .join('; ')}).`;
      const cases = parts.map(
        (part) => `| ${part.name} | ${part.cases(100)} | ${part.statistical ? 'statistical' : 'exact, to rounding'} |`,
      );
      return [
        `### ${index + 1}. ${name}`,
        docstringOf(name),
        rate,
        ...(law.detects === undefined ? [] : [`Detection limit: ${law.detects}.`]),
        ['| part | cases at `--runs 100` | judgement |', '|---|---|---|', ...cases].join('\n'),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** The comment over the law in its file, without its marks; the bold name at its beginning is the heading above it. */
function docstringOf(name: string): string {
  const source = readFileSync(join(here, '../src/checks', `${name}.ts`), 'utf8');
  const end = source.search(/ \*\/\nexport const \w+: Law(<LatentSubject>)? = /);
  const text = source
    .slice(source.lastIndexOf('/**', end) + 3, end)
    .split('\n')
    .map((line) => line.replace(/^ \* ?/, ''))
    .join('\n')
    .trim();
  const prefix = `**${name}**: `;
  if (!text.startsWith(prefix)) throw new Error(`the comment over the law ${name} does not begin with ${prefix}`);
  return text.slice(prefix.length);
}

function mutantsText(laws: Trials['laws'], matrix: readonly MatrixRow[], what: string): string {
  const head = ['mutant', 'what is wrong', what, ...laws.map((_, index) => String(index + 1))];
  const rows = matrix.map(({ name, defect, law, of, killedBy }) => [
    `\`${name}\``,
    defect,
    of,
    ...laws.map((each) => (killedBy.includes(each.name) ? (each.name === law ? '**X**' : 'x') : each.name === law ? '**SURVIVED**' : '')),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const survivors = matrix.filter(({ law, killedBy }) => !killedBy.includes(law));
  return [
    `${matrix.length} mutants, ${matrix.length - survivors.length} killed by the law that each names (**X**, ${RUNS} runs); x marks other laws that notice too (${OTHER_RUNS} runs). Seed ${SEED}. The columns are the laws by their numbers above.`,
    [line(head), line(head.map((_, index) => (index < 3 ? '---' : ':-:'))), ...rows.map(line)].join('\n'),
  ].join('\n\n');
}
