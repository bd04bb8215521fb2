// Which package may import which. Run by `pnpm imports`; the rules are the table below.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

/** One import of one file, and how it is made. */
interface Import {
  readonly specifier: string | undefined;
  readonly line: number;
  /** `type`: erased by the compiler. `static`: loaded with the file. `dynamic`: `import(...)`, loaded when reached. */
  readonly kind: 'type' | 'static' | 'dynamic';
}

interface Allowed {
  /** Name of a package, or `node:...`, or `node:*` for any built-in module. */
  readonly from: string;
  /** Only by `import type`. */
  readonly typesOnly?: boolean;
  /** Only by `import(...)`, or as types. */
  readonly dynamicOnly?: boolean;
  /** Only in files whose path in the package matches. */
  readonly files?: RegExp;
}

/** Stands for a module whose name is only known when the program runs. */
const ANY = '(any)';

/** What the sources of a package may import apart from their own files. */
const RULES: Readonly<Record<string, readonly Allowed[]>> = {
  'packages/core': [
    {
      from: 'node:worker_threads',
      dynamicOnly: true,
      files: /^src\/backend\/workers(\.ts$|\/)/,
    },
  ],
  'packages/families': [{ from: '@emkit/core' }],
  'packages/files': [{ from: '@emkit/core' }],
  'packages/reference': [{ from: 'decimal.js' }, { from: '@emkit/core', typesOnly: true }],
  'packages/conformance': [
    { from: '@emkit/core' },
    { from: '@emkit/reference', typesOnly: true },
    { from: 'fast-check' },
    { from: 'vitest', files: /^src\/vitest\.ts$/ },
    { from: 'node:*', files: /^src\/cli(\.ts$|\/)/ },
    // The command loads the modules that it is asked to check.
    { from: ANY, dynamicOnly: true, files: /^src\/cli\/load\.ts$/ },
  ],
};

export interface Violation {
  /** Path of the file in the workspace, with `/`. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Manifest {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Package {
  readonly path: string;
  readonly manifest: Manifest;
}

/** Checks every package under `packages/` and `apps/` of the workspace at `root`. */
export function checkImports(root: string): Violation[] {
  const packages = ['packages', 'apps'].flatMap((group) => {
    const folder = join(root, group);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => existsSync(join(folder, name, 'package.json')))
      .map(
        (name): Package => ({
          path: `${group}/${name}`,
          manifest: readManifest(join(folder, name, 'package.json')),
        }),
      );
  });
  const byName = new Map(packages.map((item) => [item.manifest.name, item]));
  const rootManifest = existsSync(join(root, 'package.json')) ? readManifest(join(root, 'package.json')) : {};
  const violations: Violation[] = [];
  for (const item of packages) {
    for (const part of ['src', 'test']) {
      for (const file of sourceFiles(join(root, item.path, part))) {
        const inPackage = slashes(relative(join(root, item.path), file));
        const report = (line: number, message: string): void => {
          violations.push({ file: `${item.path}/${inPackage}`, line, message });
        };
        for (const found of importsOf(file)) {
          const message = judge(found, file, inPackage, join(root, item.path), item, byName, rootManifest);
          if (message !== undefined) report(found.line, message);
        }
      }
    }
  }
  return violations;
}

function judge(
  found: Import,
  file: string,
  inPackage: string,
  folder: string,
  item: Package,
  byName: ReadonlyMap<string | undefined, Package>,
  rootManifest: Manifest,
): string | undefined {
  const { specifier, kind } = found;
  const isTest = inPackage.startsWith('test/');
  if (specifier === undefined) {
    const allowed = isTest || RULES[item.path]?.some(({ from, files }) => from === ANY && (files?.test(inPackage) ?? true));
    return allowed ? undefined : 'an import() whose target is not a literal cannot be checked';
  }

  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('file:')) {
    const target = slashes(relative(folder, resolve(dirname(file), specifier)));
    if (target.startsWith('..') || !specifier.startsWith('.'))
      return `'${specifier}' leaves the package: import the other package by its name`;
    if (!isTest && !target.startsWith('src/') && target !== 'package.json')
      return `'${specifier}' leaves src: a published file may not depend on it`;
    return undefined;
  }

  const isBuiltin = specifier.startsWith('node:') || builtinModules.includes(specifier);
  const name = isBuiltin ? specifier : packageName(specifier);
  const target = byName.get(name);

  if (target !== undefined) {
    const entry = `.${specifier.slice(name.length)}`;
    if (target.manifest.exports?.[entry] === undefined) return `'${specifier}' is not a public entry point of ${name}`;
  }

  const rules = RULES[item.path];
  if (isTest || rules === undefined) {
    // Tests and apps may use whatever their package.json (or, for tests, that of the workspace) declares.
    if (isBuiltin || name === item.manifest.name) return undefined;
    const declared = {
      ...item.manifest.dependencies,
      ...item.manifest.peerDependencies,
    };
    if (isTest) Object.assign(declared, item.manifest.devDependencies, target === undefined ? rootManifest.devDependencies : {});
    return name in declared ? undefined : `'${name}' is not declared in ${item.path}/package.json`;
  }

  const candidates = rules.filter((rule) => rule.from === name || (rule.from === 'node:*' && isBuiltin));
  if (candidates.length === 0) return `${item.path} may not import '${name}'`;
  const here = candidates.find((rule) => rule.files === undefined || rule.files.test(inPackage));
  if (here === undefined) return `only ${candidates.map((rule) => String(rule.files)).join(' or ')} of ${item.path} may import '${name}'`;
  if (here.typesOnly === true && kind !== 'type') return `${item.path} may import only types of '${name}': write \`import type\``;
  if (here.dynamicOnly === true && kind === 'static') return `${item.path} may load '${name}' only by a dynamic import()`;
  return undefined;
}

/** Every import, re-export, `import()`, `import('...')` type, `require` and `new URL('...', import.meta.url)` of a file. */
function importsOf(file: string): Import[] {
  const source = readFileSync(file, 'utf8');
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const imports: Import[] = [];
  const add = (node: Node, literal: unknown, kind: Import['kind']): void => {
    const specifier = isNode(literal) && literal.type === 'Literal' && typeof literal['value'] === 'string' ? literal['value'] : undefined;
    imports.push({
      specifier,
      line: source.slice(0, node.start).split('\n').length,
      kind,
    });
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const element of value) visit(element);
      return;
    }
    if (!isNode(value)) return;
    switch (value.type) {
      case 'ImportDeclaration':
        add(value, value['source'], value['importKind'] === 'type' ? 'type' : 'static');
        return;
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (isNode(value['source'])) {
          add(value, value['source'], value['exportKind'] === 'type' ? 'type' : 'static');
          return;
        }
        break;
      case 'ImportExpression':
        add(value, value['source'], 'dynamic');
        break;
      case 'TSImportType':
        add(value, value['source'], 'type');
        break;
      case 'TSExternalModuleReference':
        add(value, value['expression'], 'static');
        break;
      case 'CallExpression': {
        const { callee, arguments: values } = value as Node & {
          callee: unknown;
          arguments: unknown[];
        };
        if (isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'require') add(value, values[0], 'static');
        break;
      }
      case 'NewExpression': {
        const { callee, arguments: values } = value as Node & {
          callee: unknown;
          arguments: unknown[];
        };
        const [address, base] = values;
        const isUrl = isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'URL' && isNode(base);
        if (isUrl && isNode(address) && typeof address['value'] === 'string' && address['value'].startsWith('.'))
          add(value, address, 'dynamic');
        break;
      }
    }
    for (const key in value) if (key !== 'type') visit(value[key]);
  };
  visit(program);
  return imports;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${sep}node_modules${sep}`))
    .sort();
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

function slashes(path: string): string {
  return path.split(sep).join('/');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkImports(resolve(dirname(process.argv[1]), '../..'));
  for (const { file, line, message } of violations) process.stderr.write(`${file}:${line}: ${message}\n`);
  process.stdout.write(violations.length === 0 ? 'imports run one way\n' : `${violations.length} forbidden imports\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
