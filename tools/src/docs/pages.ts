import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from '../run.ts';

/** Every Markdown page for readers, as paths in the workspace: the root's, those of the packages and apps, and `docs/`. */
export function documentationPages(): readonly string[] {
  const packages = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}/README.md`)
      .filter((path) => existsSync(join(root, path))),
  );
  const docs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.name.endsWith('.api.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  return ['README.md', 'CONTRIBUTING.md', ...packages, ...docs].filter((path) => existsSync(join(root, path)));
}
