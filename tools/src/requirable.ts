// The last part of a library's `build`, in its folder: what programs in CommonJS find under the condition `require`, in `dist/require`.
// Node can require an ES module, and so the code is one line. TypeScript takes a declaration for that of an ES module or of a CommonJS
// one by the folder it is in, and under `node16` lets no CommonJS program import the former: so the declarations stand there once more.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceIfDifferent } from './replace.ts';

interface Manifest {
  readonly publishConfig: {
    readonly exports: Readonly<
      Record<string, string | { readonly import: { readonly default: string }; readonly require?: { readonly default: string } }>
    >;
  };
}

/** Writes what the package in a folder needs to be required. */
export function makeRequirable(folder: string): void {
  const { exports } = (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest).publishConfig;
  const dist = join(folder, 'dist');
  const target = join(dist, 'require');
  const files = new Map([[join(target, 'package.json'), '{ "type": "commonjs" }\n']]);
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'string' || entry.require === undefined) continue;
    const path = join(folder, entry.require.default);
    files.set(path, `module.exports = require('${relative(dirname(path), join(folder, entry.import.default))}');\n`);
  }
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts') || name.startsWith('require')) continue;
    const text = readFileSync(join(dist, name), 'utf8');
    files.set(join(target, name), text.replace(/^\/\/# sourceMappingURL=.*\n?/m, ''));
  }
  for (const [path, text] of files) replaceIfDifferent(path, text);
  for (const name of existsSync(target) ? readdirSync(target, { recursive: true, encoding: 'utf8' }) : []) {
    if (/\.(js|ts|json)$/.test(name) && !files.has(join(target, name))) rmSync(join(target, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeRequirable(process.cwd());
