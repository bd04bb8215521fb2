// `pnpm build` here: gathers the pages, makes the reference from the docstrings, and builds the site into dist.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vitepress';
import { gatherPages } from './gather-pages.ts';
import { writeReference } from './write-reference.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const content = join(folder, '.cache/content');
rmSync(content, { recursive: true, force: true });
gatherPages(content);
await writeReference(join(content, 'reference'));
await build(folder, {});
