// `pnpm new:family NAME [--parameters rate:positive,...] [--support counts]`: the two files of a family with every blank named, and
// its two registration lines. Nothing else in the workspace knows families by name.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { referenceTemplate, sourceTemplate } from './new-family-templates.ts';
import { root } from './run.ts';

/** What a family is called in the places where it is named. */
export interface FamilyNames {
  /** `negative-binomial`: the id in model files, and the name of the two files. */
  readonly id: string;
  /** `negativeBinomial`: the exported definition. */
  readonly definition: string;
  /** `NegativeBinomial`: the beginning of its types' names. */
  readonly type: string;
  /** `Negative binomial`: how a person calls it. */
  readonly title: string;
}

/** One parameter of the new family: its name and the kind of its domain, if that was stated. */
export interface NewParameter {
  readonly name: string;
  readonly domain: (typeof DOMAINS)[number] | undefined;
}

export const DOMAINS = ['real', 'positive', 'probability'] as const;
export const SUPPORTS = ['real', 'non-negative', 'positive', 'counts'] as const;
export type NewSupport = (typeof SUPPORTS)[number];

/** The folders that hold families, and the file in each that registers them. */
const SOURCES = 'packages/families/src';
const REFERENCES = 'packages/reference/src/families';
const REGISTRATION = 'registration.ts';

const USAGE = `pnpm new:family NAME [--parameters NAME:DOMAIN,...] [--support SUPPORT]

  NAME           in kebab-case, e.g. negative-binomial
  --parameters   each with its domain: ${DOMAINS.join(', ')}; e.g. shape:positive,rate:positive
  --support      of its one column: ${SUPPORTS.join(', ')}

What is not stated is left as a blank. Say nothing of a family of several columns: the blanks do.`;

/** Words that cannot name a constant of a module. */
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function ' +
    'if implements import in instanceof interface let new null package private protected public return static super switch this throw true try ' +
    'typeof undefined var void while with yield'
  ).split(' '),
);

/** A mistake in what was asked for: told to the person, without a stack. */
export class Refusal extends Error {}

/** Derives the names from an id. Throws a {@link Refusal} for one that cannot be used. */
export function namesOf(id: string): FamilyNames {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(id)) {
    throw new Refusal(`${JSON.stringify(id)} cannot name a family: use small letters, digits and single hyphens, e.g. negative-binomial.`);
  }
  const words = id.split('-');
  const type = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  const definition = type[0]!.toLowerCase() + type.slice(1);
  if (RESERVED.has(definition)) throw new Refusal(`${definition} is a word of the language: it cannot name a family.`);
  return { id, definition, type, title: id[0]!.toUpperCase() + words.join(' ').slice(1) };
}

/**
 * Writes a new family into the workspace at `workspace`.
 *
 * @returns the paths it wrote or changed, relative to the workspace
 * @throws Refusal when the name cannot be used or is taken; nothing is written then
 */
export function createFamily(
  workspace: string,
  id: string,
  parameters: readonly NewParameter[],
  support: NewSupport | undefined,
): readonly string[] {
  const names = namesOf(id);
  const source = join(workspace, SOURCES, `${id}.ts`);
  const reference = join(workspace, REFERENCES, `${id}.ts`);
  for (const file of [source, reference]) {
    if (existsSync(file)) throw new Refusal(`${relative(workspace, file)} is there already: choose another name, or delete it first.`);
  }
  const registrations = [SOURCES, REFERENCES].map((folder) => join(workspace, folder, REGISTRATION));
  const registered = registrations.map((file) => withLine(readFileSync(file, 'utf8'), `export * from './${id}.ts';`));
  writeFileSync(source, sourceTemplate(names, parameters, support));
  writeFileSync(reference, referenceTemplate(names, parameters, support));
  registrations.forEach((file, index) => {
    writeFileSync(file, registered[index]!);
  });
  return [source, reference, ...registrations].map((file) => relative(workspace, file));
}

/** Puts a line among the exports of a registration, in the order of the alphabet. */
function withLine(text: string, line: string): string {
  const lines = text.trimEnd().split('\n');
  const place = lines.findIndex((other) => other.startsWith('export ') && other > line);
  lines.splice(place < 0 ? lines.length : place, 0, line);
  return `${lines.join('\n')}\n`;
}

/** A blank that is still to be filled. */
export interface Blank {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** Every blank left in the families of the workspace. */
export function blanksIn(workspace: string): readonly Blank[] {
  return [SOURCES, REFERENCES].flatMap((folder) =>
    readdirSync(join(workspace, folder))
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => {
        const text = readFileSync(join(workspace, folder, name), 'utf8');
        return [...text.matchAll(/(?<!function )\bblank\(\s*(?:['"](.*?)['"][,)\n])?|\[blank: (.*?)\]/g)].map((found) => ({
          file: `${folder}/${name}`,
          line: text.slice(0, found.index).split('\n').length,
          what: found[1] ?? found[2] ?? 'see the file',
        }));
      }),
  );
}

function readParameters(text: string | undefined): readonly NewParameter[] {
  const stated = text?.split(',') ?? ['parameter'];
  const parameters = stated.map((part): NewParameter => {
    const [name = '', domain] = part.split(':');
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw new Refusal(`${JSON.stringify(name)} cannot name a parameter: use camelCase, e.g. shape.`);
    if (domain !== undefined && !DOMAINS.some((known) => known === domain))
      throw new Refusal(
        `${JSON.stringify(domain)} is not one of the domains ${DOMAINS.join(', ')}. Leave it out and write it into the file.`,
      );
    return { name, domain: DOMAINS.find((known) => known === domain) };
  });
  const twice = parameters.find(({ name }, index) => parameters.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new Refusal(`The parameter ${twice.name} is named twice.`);
  return parameters;
}

function readSupport(text: string | undefined): NewSupport | undefined {
  if (text === undefined) return undefined;
  const support = SUPPORTS.find((known) => known === text);
  if (support === undefined) throw new Refusal(`${JSON.stringify(text)} is not one of the supports ${SUPPORTS.join(', ')}.`);
  return support;
}

function main(): void {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { parameters: { type: 'string' }, support: { type: 'string' }, workspace: { type: 'string', default: root } },
    });
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0) throw new Refusal(USAGE);
    const workspace = resolve(values.workspace);
    const files = createFamily(workspace, id, readParameters(values.parameters), readSupport(values.support));
    spawnSync('biome', ['format', '--write', ...files.slice(0, 2)], { cwd: workspace });
    const blanks = blanksIn(workspace).filter(({ file }) => file.endsWith(`/${id}.ts`));
    process.stdout.write(
      `${[
        `Written: ${files.slice(0, 2).join(', ')}`,
        `Registered in: ${files.slice(2).join(', ')}`,
        '',
        `To be filled in (${blanks.length} places; the checks fail until the last is gone):`,
        ...blanks.map(({ file, line, what }) => `  ${file}:${line}  ${what}`),
        '',
        `Then: pnpm typecheck && pnpm lint && pnpm vitest run --project conformance families -t "^${id} "`,
        `And, when the laws pass: pnpm finish:family ${id}`,
        'Step by step: docs/adding-a-family.md',
      ].join('\n')}\n`,
    );
  } catch (error) {
    const known = error instanceof Refusal || (error instanceof TypeError && 'code' in error);
    if (!known) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
