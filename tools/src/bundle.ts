// The second half of a library's `build`, in its folder: one ES module for each entry point, beside the declarations that the compiler
// wrote. Node resolves and reads every module by itself, which took three times as long as running them.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputOptions, type RolldownOptions, rolldown } from 'rolldown';
import { replaceIfDifferent } from './replace.ts';

/** The packages that are published as bundles. */
export const BUNDLED: readonly string[] = ['packages/core', 'packages/families', 'packages/files'];

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly 'emkit-source': string; readonly default: string }>>;
}

/** Bundles the package in a folder into its `dist`. */
export async function bundlePackage(folder: string): Promise<void> {
  const dist = join(folder, 'dist');
  const entries = entryPoints(folder);
  const options: RolldownOptions = {
    cwd: folder,
    input: Object.fromEntries([...entries].map(([source, output]) => [output.replace(/\.js$/, ''), source])),
    platform: 'neutral',
    logLevel: 'warn',
    external: /^(?!\.|\/)/,
    plugins: [
      {
        // An entry point that imports another, as the worker does, imports what users import: there is one copy in one place.
        name: 'entries-stay-apart',
        resolveId(specifier, importer) {
          const from = importer === undefined ? undefined : entries.get(importer);
          const to = importer === undefined ? undefined : entries.get(resolve(dirname(importer), specifier));
          if (from === undefined || to === undefined) return null;
          const path = relative(dirname(from), to);
          return { id: path.startsWith('.') ? path : `./${path}`, external: true };
        },
      },
    ],
  };
  const format: OutputOptions = {
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'shared.js',
    sourcemap: true,
    comments: { annotation: true, legal: true, jsdoc: false },
  };
  const bundle = await rolldown(options);
  const { output } = await bundle.generate(format);
  await bundle.close();
  const written = new Set<string>();
  for (const file of output) {
    const path = join(dist, file.fileName);
    const text = file.type === 'chunk' ? file.code : withoutSources(String(file.source));
    if (written.has(path)) throw new Error(`two chunks of ${folder} are both ${file.fileName}`);
    written.add(path);
    replaceIfDifferent(path, text);
  }
  removeOthers(dist, written);
}

/** By the path of its source, where each entry point is to be in `dist`. */
function entryPoints(folder: string): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  return new Map(
    Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [] : [[join(folder, target['emkit-source']), target.default.replace('./dist/', '')] as const],
    ),
  );
}

/** The sources are in the package, so the map need not hold them again. */
function withoutSources(map: string): string {
  const { sourcesContent: _, ...rest } = JSON.parse(map) as Record<string, unknown>;
  return `${JSON.stringify(rest)}\n`;
}

/** Removes what an earlier build left: a file of a source that was renamed must not be published. */
function removeOthers(dist: string, kept: ReadonlySet<string>): void {
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, name);
    if (/^(?!require).*\.js(\.map)?$/.test(name) && !kept.has(path)) rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundlePackage(process.cwd());
