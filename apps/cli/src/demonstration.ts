// What `npm start` shows: three data sets fitted by the command itself, and what to try next.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wrapText } from '@emkit/core/text';
import { runCommandLine } from './command-line.ts';
import { themeFor } from './display/theme.ts';
import { type Io, write } from './io.ts';

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: new AbortController().signal,
};
const theme = themeFor(io.stdout, io.environment);
const data = (name: string): string => relative(process.cwd(), fileURLToPath(new URL(`../data/${name}`, import.meta.url)));

const stories: readonly { readonly title: string; readonly text: string; readonly command: string }[] = [
  {
    title: 'Three coins',
    text:
      'Twenty times someone drew one of three coins and tossed it ten times; only the heads were written down. The textbook starts EM at ' +
      '0.4, 0.5 and 0.65 and stops after one step. Run to the end, it finds one coin three times.',
    command: `fit ${data('three-coins.csv')} --family binomial --option trials=10 --components 3 --start ${data('three-coins-start.json')}`,
  },
  {
    title: 'Old Faithful',
    text: 'How long the geyser erupts and how long one waits for the next eruption, in minutes: two kinds of eruption, which no one labelled.',
    command: `fit ${data('old-faithful.csv')} --family gaussian --components 2`,
  },
  {
    title: 'Explosions in coal mines',
    text: 'Days between explosions in British coal mines, 1851 to 1962: one rate of accidents, or a mixture of two?',
    command: `fit ${data('coal-mine-intervals.csv')} --family exponential --components 2`,
  },
];

for (const { title, text, command } of stories) {
  await write(io.stdout, `\n${theme.bold(title)}\n${wrapText(text, theme.width, '').join('\n')}\n\n${commandLine(command)}\n`);
  const exitCode = await runCommandLine(command.split(' '), io);
  if (exitCode !== 0) {
    process.exitCode = exitCode;
    break;
  }
}
if (process.exitCode === undefined) await write(io.stdout, `${closing().join('\n')}\n`);

function commandLine(command: string): string {
  return theme.dim(`$ npx emkit ${command}`);
}

function closing(): string[] {
  const next: readonly (readonly [what: string, command: string])[] = [
    ['How many coins are there? One.', `select ${data('three-coins.csv')} --family binomial --option trials=10 --components 1..3`],
    ["The textbook's numbers, digit by digit", 'textbook'],
    ['Iris, with the error of the answer bounded', `fit ${data('iris.csv')} --family gaussian --components 3 --certify`],
    ['Your own data', 'fit YOUR.csv --family gaussian --components 2 --out model.json'],
    ['What each row then belongs to', 'predict model.json YOUR.csv'],
    ['Everything else', '--help'],
  ];
  const demo = hasScript('demo') ? ['The same in the browser, step by step', '$ npm run demo'] : undefined;
  const lines = next.flatMap(([what, command]) => [`  ${what}`, `    ${commandLine(command)}`]);
  return [
    theme.bold('What to try next'),
    '',
    ...lines,
    ...(demo === undefined ? [] : [`  ${demo[0]}`, `    ${theme.dim(demo[1]!)}`]),
    '',
    `  The command is described in ${data('../../../docs/command-line.md')}, the data in ${data('README.md')}.`,
  ];
}

/** Whether the package in this folder has a script of this name. */
function hasScript(name: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts?: Record<string, string> };
    return manifest.scripts?.[name] !== undefined;
  } catch {
    return false;
  }
}
