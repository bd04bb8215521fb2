// `pnpm api`: writes the reports of the public interface to docs/api, from the built declarations.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { root } from './run.ts';

/** The libraries whose interface is promised. The command's is its options, which its own tests hold. */
const LIBRARIES = ['core', 'families', 'files', 'reference', 'conformance'];

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

/** An entry point of a package: its declarations, and where its report is kept. */
interface EntryPoint {
  readonly name: string;
  readonly folder: string;
  readonly declarations: string;
  /** In the workspace. */
  readonly report: string;
}

/** A report as it should be. */
export interface ApiReport {
  readonly path: string;
  readonly text: string;
  /** What keeps the declarations from being understood. */
  readonly errors: readonly string[];
}

function entryPoints(): readonly EntryPoint[] {
  return LIBRARIES.flatMap((library) => {
    const folder = join(root, 'packages', library);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    return Object.entries(manifest.exports).flatMap(([entry, target]): readonly EntryPoint[] => {
      if (typeof target === 'string') return [];
      const name = `${manifest.name}${entry.slice(1)}`;
      const report = `docs/api/${[library, ...entry.split('/').slice(1)].join('-')}.api.md`;
      return [{ name, folder, declarations: join(folder, target.types), report }];
    });
  });
}

/** The reports of all entry points, from the declarations in `dist`. */
export function apiReports(): readonly ApiReport[] {
  const scratch = mkdtempSync(join(tmpdir(), 'emkit-api-'));
  try {
    return entryPoints().map((entry) => makeReport(entry, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function makeReport({ name, folder, declarations, report }: EntryPoint, scratch: string): ApiReport {
  if (!existsSync(declarations)) throw new Error(`${declarations} is missing: build first`);
  const fileName = report.slice(report.lastIndexOf('/') + 1);
  const errors: string[] = [];
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            lib: ['es2023', 'dom'],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            types: [],
            skipLibCheck: true,
            noEmit: true,
            allowImportingTsExtensions: true,
          },
          files: [declarations],
        },
      },
      apiReport: { enabled: true, reportFolder: scratch, reportTempFolder: scratch, reportFileName: fileName },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { 'ae-missing-release-tag': { logLevel: 'none' }, 'ae-undocumented': { logLevel: 'none' } },
      },
    } as never,
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
  });
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      if (message.category === 'Compiler') errors.push(message.text);
      message.handled = true;
    },
  });
  const text = readFileSync(join(scratch, fileName), 'utf8').replace(
    /^## API Report File for .*$/m,
    `# The public interface of \`${name}\``,
  );
  return { path: report, text: `${text.replaceAll('\r', '').trimEnd()}\n`, errors };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reports = apiReports();
  const folder = join(root, 'docs/api');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!reports.some(({ path }) => path === `docs/api/${name}`)) rmSync(join(folder, name));
  for (const { path, text, errors } of reports) {
    for (const error of errors) process.stderr.write(`${path}: ${error}\n`);
    if (existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text) continue;
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}: written\n`);
  }
}
