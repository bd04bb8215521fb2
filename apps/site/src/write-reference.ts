import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, TSConfigReader } from 'typedoc';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(folder, '../..');

/** The entry points whose docstrings are shown, by the name of their page. */
const ENTRIES: Readonly<Record<string, string>> = {
  core: '@emkit/core',
  'core-numerics': '@emkit/core/numerics',
  families: '@emkit/families',
  files: '@emkit/files',
  reference: '@emkit/reference',
  conformance: '@emkit/conformance',
};

/** Writes a page for every export of the packages, from the sources' docstrings, as Markdown. */
export async function writeReference(out: string): Promise<void> {
  const scratch = join(folder, '.cache/reference');
  mkdirSync(scratch, { recursive: true });
  for (const [name, specifier] of Object.entries(ENTRIES)) {
    writeFileSync(join(scratch, `${name}.ts`), `/** The package \`${specifier}\`. @module */\nexport * from '${specifier}';\n`);
  }
  const base = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8')) as { compilerOptions: object };
  const compilerOptions = {
    ...base.compilerOptions,
    composite: false,
    declarationMap: false,
    noEmit: true,
    rewriteRelativeImportExtensions: false,
    isolatedDeclarations: false,
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  };
  writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const application = await Application.bootstrapWithPlugins(
    {
      entryPoints: Object.keys(ENTRIES).map((name) => join(scratch, `${name}.ts`)),
      tsconfig: join(scratch, 'tsconfig.json'),
      plugin: ['typedoc-plugin-markdown'],
      readme: 'none',
      name: 'Reference',
      disableSources: true,
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: false,
      logLevel: 'Error',
      validation: false,
      skipErrorChecking: true,
      // Of the Markdown plugin, which declares them itself.
      ...({
        hidePageHeader: true,
        hideBreadcrumbs: true,
        entryFileName: 'index',
        outputFileStrategy: 'modules',
        useCodeBlocks: true,
        sanitizeComments: true,
      } as object),
    },
    [new TSConfigReader()],
  );
  const project = await application.convert();
  if (project === undefined) throw new Error('the reference could not be made from the sources');
  await application.outputs.writeOutput({ name: 'markdown', path: out }, project);
}
