import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../run.ts';
import { execute } from '../scratch-project.ts';
import { type Fence, readPage } from './markdown.ts';

/**
 * The code blocks of the documentation, run as a reader would run them. What may stand after the language of a block:
 *
 * - `continue`: a program that goes on from the one before it on the page;
 * - `output`: not code, but what the block before prints; a line `...` stands for any number of lines;
 * - `file=NAME`: the block is written to that file, which later blocks of the page may use;
 * - `exit=CODE`: the commands end with that code;
 * - `no-run="REASON"`: the block cannot be run.
 */
export interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly file?: string;
  readonly exit: number;
  readonly continues: boolean;
  readonly notRun?: string;
  readonly output?: string;
}

const PROGRAMS = new Set(['ts', 'js']);
/** Languages of blocks that are not code, or that another test runs (`html`, in a browser). */
const INERT = new Set(['text', 'csv', 'html', 'yaml', 'math', 'diff']);
const FLAG = /(continue|output)(?=\s|$)|(file|exit)=(\S+)|no-run="([^"]+)"/g;

/** The code blocks of a page, each with its expected output. Blocks with an unknown language or flag are an error. */
export function readSnippets(page: string, markdown: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  for (const fence of readPage(markdown).fences) {
    const flags = readFlags(page, fence);
    if (flags.output) {
      const last = snippets.pop();
      if (last === undefined || last.output !== undefined) throw new Error(`${page}:${fence.line}: the output of no block`);
      snippets.push({ ...last, output: fence.text });
      continue;
    }
    if (![...PROGRAMS, ...INERT, 'sh', 'json'].includes(fence.language))
      throw new Error(`${page}:${fence.line}: blocks of the language "${fence.language}" cannot be run`);
    snippets.push({ page, line: fence.line, language: fence.language, text: fence.text, ...flags });
  }
  return snippets;
}

function readFlags(
  page: string,
  { info, line }: Fence,
): Pick<Snippet, 'file' | 'exit' | 'continues' | 'notRun'> & { output?: never | string } {
  const found: Record<string, string> = {};
  const rest = info.replace(FLAG, (_, word?: string, name?: string, value?: string, reason?: string) => {
    if (word !== undefined) found[word] = word;
    if (name !== undefined) found[name] = value!;
    if (reason !== undefined) found['notRun'] = reason;
    return '';
  });
  if (rest.trim() !== '') throw new Error(`${page}:${line}: "${rest.trim()}" is no mark of a block`);
  const { file, notRun, output } = found;
  return {
    exit: Number(found['exit'] ?? 0),
    continues: found['continue'] !== undefined,
    ...(file !== undefined && { file }),
    ...(notRun !== undefined && { notRun }),
    ...(output !== undefined && { output }),
  };
}

/** What the shell commands and programs of the pages run in: a folder for each page, with the sample data sets. */
const scratch = join(root, 'tools/.cache/snippets');
const MARK = '\u0001';

/** A program of one page, made of a block and those that continue it. */
interface Program {
  readonly file: string;
  readonly parts: readonly Snippet[];
}

/** A page made ready to run: its files written, nothing run yet. */
export interface PreparedPage {
  readonly folder: string;
  readonly steps: readonly (Snippet | Program)[];
}

export function clearScratch(): void {
  rmSync(scratch, { recursive: true, force: true });
}

export function preparePage(page: string): PreparedPage {
  const snippets = readSnippets(page, readFileSync(join(root, page), 'utf8'));
  const folder = join(scratch, page.replace(/\.md$/, '').replaceAll('/', '_'));
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'apps/cli/data'), folder, { recursive: true });
  const steps: (Snippet | Program)[] = [];
  for (const snippet of snippets) {
    if (snippet.notRun !== undefined) continue;
    if (snippet.file !== undefined) writeFileSync(join(folder, snippet.file), `${snippet.text}\n`);
    else if (PROGRAMS.has(snippet.language)) {
      const before = steps.findLast((step): step is Program => 'parts' in step);
      if (!snippet.continues) steps.push({ file: join(folder, `block-${snippet.line}.${snippet.language}`), parts: [snippet] });
      else if (before === undefined) throw new Error(`${page}:${snippet.line}: there is no program to continue`);
      else steps[steps.indexOf(before)] = { ...before, parts: [...before.parts, snippet] };
    } else steps.push(snippet);
  }
  for (const step of steps) {
    if ('parts' in step)
      writeFileSync(step.file, `${step.parts.map(({ text }) => text).join(`\nconsole.log('${MARK}');\n`)}\nexport {};\n`);
  }
  return { folder, steps };
}

/** Checks the types of every program of the prepared pages at once. Returns what the compiler says. */
export async function checkTypes(): Promise<string> {
  const configuration = {
    extends: '../../../tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      rewriteRelativeImportExtensions: false,
      noUnusedLocals: false,
      types: ['node'],
      lib: ['ES2023', 'DOM'],
    },
    include: ['**/*.ts'],
  };
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify(configuration));
  return (await execute('tsc', ['-p', scratch], root, environment())).output;
}

/** What came of one block. */
export interface BlockResult {
  readonly snippet: Snippet;
  /** Why it could not run to its end. */
  readonly failure?: string;
  readonly printed: string;
}

/** Runs the blocks of a page in order. */
export async function runPage({ folder, steps }: PreparedPage): Promise<readonly BlockResult[]> {
  const results: BlockResult[] = [];
  for (const step of steps) {
    if ('parts' in step) results.push(...(await runProgram(step, folder)));
    else if (step.language === 'sh') results.push(await runShell(step, folder));
    else if (step.language === 'json') results.push(checkJson(step));
  }
  return results;
}

async function runProgram({ file, parts }: Program, folder: string): Promise<readonly BlockResult[]> {
  const { code, output, errors } = await execute(process.execPath, ['--conditions=emkit-source', file], folder, environment());
  if (code !== 0) return [{ snippet: parts[0]!, failure: `the program failed:\n${errors.trimEnd()}`, printed: output }];
  const printed = output.split(`${MARK}\n`);
  return parts.map((snippet, index) => ({ snippet, printed: tidy(printed[index] ?? '') }));
}

async function runShell(snippet: Snippet, folder: string): Promise<BlockResult> {
  const { code, output, errors } = await execute('bash', ['-euo', 'pipefail', '-c', snippet.text], folder, environment());
  if (code !== snippet.exit)
    return { snippet, failure: `ended with code ${code}, not ${snippet.exit}:\n${output}${errors}`, printed: output };
  return { snippet, printed: tidy(snippet.exit === 0 ? output : output + errors) };
}

function checkJson(snippet: Snippet): BlockResult {
  try {
    JSON.parse(snippet.text);
    return { snippet, printed: '' };
  } catch (error) {
    return { snippet, failure: String(error), printed: '' };
  }
}

/** What went otherwise than the page says; undefined when all is as it says. */
export function problemOf({ snippet, failure, printed }: BlockResult): string | undefined {
  const where = `${snippet.page}:${snippet.line}`;
  if (failure !== undefined) return `${where}: ${failure}`;
  if (snippet.output === undefined || agrees(snippet.output, printed)) return undefined;
  return `${where}: prints\n${printed}\nand the page says\n${snippet.output}\n(\`pnpm docs:write\` writes what is printed)`;
}

function agrees(said: string, printed: string): boolean {
  const pattern = tidy(said)
    .split('\n')
    .map((line) => (line.trim() === '...' ? '(?:.*\\n)*?.*' : line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
    .join('\\n');
  return new RegExp(`^${pattern}$`).test(printed);
}

function tidy(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
}

/** With the commands of the workspace, plain output of a known width, and nothing of how this process was started. */
function environment(): NodeJS.ProcessEnv {
  const path = [commandsFolder(), join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  return { ...process.env, PATH: path, NO_COLOR: '1', FORCE_COLOR: undefined, COLUMNS: '80', NODE_OPTIONS: undefined };
}

/** A folder with an `npx` that runs the commands of this workspace: what the real one does is tested with the packed packages. */
function commandsFolder(): string {
  const folder = join(scratch, '.commands');
  const file = join(folder, 'npx');
  mkdirSync(folder, { recursive: true });
  if (!readdirSync(folder).includes('npx')) {
    writeFileSync(file, '#!/bin/sh\ncommand="$1"\nshift\nexec "$command" "$@"\n');
    chmodSync(file, 0o755);
  }
  return folder;
}
