import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';
import { root } from '../run.ts';
import { readPage } from './markdown.ts';

/**
 * The links of a page that lead nowhere: files and headings that do not exist, addresses that are none. Other sites are not asked.
 *
 * @param path of the page in the workspace
 */
export function brokenLinks(path: string): readonly string[] {
  const broken: string[] = [];
  for (const { target, line } of readPage(readFileSync(join(root, path), 'utf8')).links) {
    const reason = judge(path, target);
    if (reason !== undefined) broken.push(`${path}:${line}: ${target}: ${reason}`);
  }
  return broken;
}

function judge(page: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    if (target.startsWith('mailto:')) return undefined;
    if (!URL.canParse(target)) return 'not an address';
    return target.startsWith('https:') ? undefined : 'not https';
  }
  const [file = '', anchor] = target.split('#');
  if (file.startsWith('/')) return 'begins at the root of a site: write it relative to the page';
  const destination = file === '' ? page : posix.join(posix.dirname(page), decodeURI(file));
  if (destination.startsWith('..')) return 'leaves the project';
  const place = join(root, destination);
  if (!existsSync(place)) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (statSync(place).isDirectory() || extname(place) !== '.md') return `there are no headings in ${dirname(destination)}`;
  return readPage(readFileSync(place, 'utf8')).anchors.has(anchor) ? undefined : 'there is no such heading';
}
