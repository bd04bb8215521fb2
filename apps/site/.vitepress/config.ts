import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const content = join(folder, '.cache/content');

/** The side bar is the table of contents of `docs/index.md`, with the families and the reference beneath it. */
function readSidebar(): DefaultTheme.SidebarItem[] {
  const sections: { text: string; collapsed?: boolean; items: DefaultTheme.SidebarItem[] }[] = [];
  for (const line of readFileSync(join(content, 'index.md'), 'utf8').split('\n')) {
    const heading = /^## (.*)$/.exec(line);
    if (heading) sections.push({ text: heading[1]!, items: [] });
    const link = /^- \[([^\]]*)\]\(\.?\/?([^)]*?)(?:\.md)?\)/.exec(line);
    if (link) sections.at(-1)?.items.push({ text: link[1]!, link: `/${link[2]!.replace(/index$/, '')}` });
  }
  const families = pagesOf('families').filter((name) => name !== 'index');
  sections.push({ text: 'Families', collapsed: true, items: families.map((name) => ({ text: name, link: `/families/${name}` })) });
  const packages = pagesOf('reference').filter((name) => name !== 'index');
  sections.push({ text: 'Reference', collapsed: true, items: packages.map((name) => ({ text: name, link: `/reference/${name}` })) });
  return sections;
}

function pagesOf(place: string): string[] {
  return readdirSync(join(content, place))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -3))
    .sort();
}

/** The waiting times of Old Faithful, for the figures. */
const [header = '', ...rows] = readFileSync(join(folder, '../cli/data/old-faithful.csv'), 'utf8').trim().split('\n');
const waiting = rows.map((row) => Number(row.split(',')[header.split(',').indexOf('waiting')]));

/** Two overlapping bells. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="3"><path d="M1 28C9 28 7 6 12 6s3 22 11 22" stroke="#0b6e99"/><path d="M9 28c8 0 6-15 11-15s3 15 11 15" stroke="#b3541e"/></svg>',
)}`;

export default defineConfig({
  title: 'emkit',
  description: 'Expectation-maximisation for mixture models, in TypeScript',
  lang: 'en-GB',
  base: process.env['EMKIT_SITE_BASE'] ?? '/',
  srcDir: '.cache/content',
  outDir: 'dist',
  cacheDir: '.cache/vite',
  cleanUrls: true,
  lastUpdated: false,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: ICON }]],
  markdown: { math: true },
  vite: { define: { OLD_FAITHFUL_WAITING: JSON.stringify(waiting) } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Fit a model', link: '/fit' },
      { text: 'Families', link: '/families/' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: readSidebar(),
    outline: [2, 3],
    docFooter: { prev: false, next: false },
  },
});
