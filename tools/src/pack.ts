import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLED, bundlePackage } from './bundle.ts';
import { makeRequirable } from './requirable.ts';
import { root, run } from './run.ts';

/** The published packages, in the order of their dependencies. */
export const PUBLISHED = {
  '@emkit/core': 'packages/core',
  '@emkit/families': 'packages/families',
  '@emkit/files': 'packages/files',
  '@emkit/reference': 'packages/reference',
  '@emkit/conformance': 'packages/conformance',
  emkit: 'apps/cli',
} as const satisfies Readonly<Record<string, string>>;

export type PublishedName = keyof typeof PUBLISHED;

/** Builds what is not up to date. */
export async function build(): Promise<void> {
  const outcome = await run(join(root, 'node_modules/.bin/tsc'), ['-b', ...Object.values(PUBLISHED)], 'quiet');
  if (!outcome.ok) throw new Error(`the build failed:\n${outcome.output}`);
  for (const path of BUNDLED) await bundlePackage(join(root, path));
  for (const [name, path] of Object.entries(PUBLISHED)) if (name !== 'emkit') makeRequirable(join(root, path));
}

/**
 * Packs every published package, as it would be published. The tarballs are kept, by the content of what they are made of: packing
 * again what has not changed costs nothing.
 *
 * @returns the path of each package's tarball
 */
export async function packAll(): Promise<Readonly<Record<PublishedName, string>>> {
  await build();
  const folder = join(root, 'node_modules/.cache/emkit-packed', fingerprint());
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    for (const path of Object.values(PUBLISHED)) {
      const outcome = await run(
        join(root, 'node_modules/.bin/pnpm'),
        ['--dir', join(root, path), 'pack', '--pack-destination', unfinished],
        'quiet',
      );
      if (!outcome.ok) throw new Error(`${path} could not be packed:\n${outcome.output}`);
    }
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      // Another test packed the same at the same time.
      if (!existsSync(folder)) throw error;
      rmSync(unfinished, { recursive: true, force: true });
    }
    forgetOthers(folder);
  }
  const tarballs = Object.keys(PUBLISHED).map((name) => {
    const { version } = JSON.parse(readFileSync(join(root, PUBLISHED[name as PublishedName], 'package.json'), 'utf8')) as {
      version: string;
    };
    return [name, join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)] as const;
  });
  return Object.fromEntries(tarballs) as Record<PublishedName, string>;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const path of [...Object.values(PUBLISHED), 'LICENSE', 'pnpm-lock.yaml']) {
    for (const file of filesOf(join(root, path))) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function filesOf(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => name !== 'node_modules' && name !== 'test' && !name.endsWith('.tsbuildinfo') && !name.startsWith('.'))
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/** Removes all but the newest few sets of tarballs. */
function forgetOthers(kept: string): void {
  const parent = join(kept, '..');
  const others = readdirSync(parent)
    .map((name) => join(parent, name))
    .filter((folder) => folder !== kept && !/\.\d+$/.test(folder))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const folder of others.slice(3)) rmSync(folder, { recursive: true, force: true });
}
