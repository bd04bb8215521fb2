import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Where pages of the workspace that are not in `docs` stand on the site. */
const PLACES: Readonly<Record<string, string>> = {
  'README.md': 'about.md',
  'CONTRIBUTING.md': 'contributing.md',
  'packages/core/README.md': 'packages/core.md',
  'packages/families/README.md': 'packages/families.md',
  'packages/files/README.md': 'packages/files.md',
  'packages/reference/README.md': 'packages/reference.md',
  'packages/conformance/README.md': 'packages/conformance.md',
  'apps/cli/README.md': 'packages/emkit.md',
};

/** Figures that run, by the comment that stands for them in a page. */
const FIGURES: Readonly<Record<string, string>> = {
  'three-coins': '<ThreeCoins />',
  mixture: '<MixtureFigure />',
};

/** The place of a page on the site; undefined when it has none. */
function placeOf(path: string): string | undefined {
  if (path in PLACES) return PLACES[path];
  return path.startsWith('docs/') && path.endsWith('.md') ? path.slice('docs/'.length) : undefined;
}

/** Copies every page to `content`, with its links, figures and code blocks made ready for the site. */
export function gatherPages(content: string): void {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
  for (const path of [...Object.keys(PLACES), ...docs]) {
    const place = placeOf(path);
    if (!existsSync(join(root, path))) continue;
    if (place !== undefined) write(join(content, place), adapt(path, place, readFileSync(join(root, path), 'utf8'), content));
    else if (!path.endsWith('.md')) cpSync(join(root, path), join(content, path.slice('docs/'.length)));
  }
  write(join(content, 'decisions/index.md'), listOfDecisions());
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function listOfDecisions(): string {
  const folder = join(root, 'docs/decisions');
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `- [${/^# (.*)$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1] ?? name}](${name})`);
  return `# Decisions\n\nWhy things are as they are.\n\n${entries.join('\n')}\n`;
}

function adapt(path: string, place: string, text: string, content: string): string {
  let inCode = false;
  return text
    .split('\n')
    .map((line) => {
      const fence = /^(\s*```)(\w*)(.*)$/.exec(line);
      if (fence) {
        inCode = !inCode;
        // What the tests of the code read on this line means something else to the highlighter.
        return `${fence[1]}${fence[2]}`;
      }
      if (inCode) return line;
      const figure = /^<!-- figure: ([\w-]+) -->$/.exec(line);
      if (figure) return FIGURES[figure[1]!] ?? '';
      return line.replace(/(!?\[(?:[^[\]]|\[[^\]]*\])*\]\()([^)\s]+)(\))/g, (_, before: string, target: string, after: string) => {
        return `${before}${moveLink(path, place, target, content)}${after}`;
      });
    })
    .join('\n');
}

/** A link as it has to be on the site. Files that are no pages are copied beside them. */
function moveLink(path: string, place: string, target: string, content: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target) || target.startsWith('#')) return target;
  const [file = '', anchor] = target.split('#');
  const from = (to: string): string => {
    const link = posix.relative(posix.dirname(place), to);
    return `${link.startsWith('.') ? link : `./${link}`}${anchor === undefined ? '' : `#${anchor}`}`;
  };
  let source = posix.join(posix.dirname(path), file);
  if (source === 'docs/decisions') return from('decisions/index.md');
  if (source === 'docs/api') return from('reference/index.md');
  if (existsSync(join(root, source)) && statSync(join(root, source)).isDirectory()) source = posix.join(source, 'README.md');
  const moved = placeOf(source);
  if (moved !== undefined) return from(moved);
  if (source.startsWith('docs/')) return from(source.slice('docs/'.length));
  // A file of the workspace: shown as plain text.
  const copy = `files/${source.replaceAll('/', '-').replace(/^[.-]+/, '')}.txt`;
  mkdirSync(join(content, 'public/files'), { recursive: true });
  cpSync(join(root, source), join(content, 'public', copy));
  return `/${copy}`;
}
