import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPage } from '../src/docs/markdown.ts';
import { blanksIn, createFamily, namesOf, Refusal } from '../src/new-family.ts';
import { root } from '../src/run.ts';

const PACKAGES = ['families', 'reference'];
const REGISTRATIONS = ['packages/families/src/registration.ts', 'packages/reference/src/families/registration.ts'];

/** A copy of what the scaffold writes into, whose imports still find the rest of the workspace. */
function copyOfWorkspace(): string {
  const copy = mkdtempSync(join(tmpdir(), 'emkit-new-family-'));
  for (const name of PACKAGES) {
    mkdirSync(join(copy, 'packages', name), { recursive: true });
    for (const part of ['src', 'package.json'])
      cpSync(join(root, 'packages', name, part), join(copy, 'packages', name, part), { recursive: true });
    symlinkSync(join(root, 'packages', name, 'node_modules'), join(copy, 'packages', name, 'node_modules'));
  }
  return copy;
}

function read(workspace: string, path: string): string {
  return readFileSync(join(workspace, path), 'utf8');
}

function runNode(args: readonly string[], cwd = root): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

/** Checks one family of a workspace against every law, with its reference. */
const CHECK = `
import { checkDefinition } from '@emkit/conformance';
const [workspace, id] = process.argv.slice(1);
const { familyById } = await import(workspace + '/packages/families/src/index.ts');
const { createReference, referenceFamily } = await import(workspace + '/packages/reference/src/index.ts');
const reference = createReference();
const reports = checkDefinition(familyById(id), { reference: (options) => referenceFamily(reference, id, options) });
for (const { results } of reports) for (const { law, status, message } of results) console.log(status, law, status === 'passed' ? '' : message);
`;

function checkLaws(workspace: string, id: string): { readonly code: number | null; readonly output: string } {
  return runNode(['--conditions=emkit-source', '--input-type=module', '-e', CHECK, '--', workspace, id], join(root, 'tools'));
}

function checkTypes(workspace: string, id: string): string {
  const files = [`packages/families/src/${id}.ts`, `packages/reference/src/families/${id}.ts`];
  const compilerOptions = {
    noEmit: true,
    composite: false,
    incremental: false,
    rewriteRelativeImportExtensions: false,
    lib: ['ES2023', 'DOM'],
    types: [],
  };
  writeFileSync(join(workspace, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, files }));
  return runNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', workspace], workspace).output;
}

const copies: string[] = [];
const newCopy = (): string => {
  const copy = copyOfWorkspace();
  copies.push(copy);
  return copy;
};
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

test('no blank is left in the families', () => {
  expect(blanksIn(root).map(({ file, line, what }) => `${file}:${line} is still to be written: ${what}`)).toEqual([]);
});

test('both packages register the same families', () => {
  const names = REGISTRATIONS.map((path) => [...read(root, path).matchAll(/'(.*)'/g)].map((found) => found[1]));
  expect(names[1]).toEqual(names[0]);
});

describe('the scaffold', () => {
  test('makes the names of a family from its id', () => {
    expect(namesOf('negative-binomial')).toEqual({
      id: 'negative-binomial',
      definition: 'negativeBinomial',
      type: 'NegativeBinomial',
      title: 'Negative binomial',
    });
  });

  test.each(['Poisson', 'two words', '-x', 'x-', '9x', 'x--y', '', 'class', 'yield', '../x'])('refuses the name %j', (id) => {
    expect(() => namesOf(id)).toThrow(Refusal);
  });

  test.each(['gaussian', 'spread', 'registration', 'index'])('refuses %s, whose file is there, and writes nothing', (id) => {
    const copy = newCopy();
    const before = REGISTRATIONS.map((path) => read(copy, path));
    expect(() => createFamily(copy, id, [{ name: 'rate', domain: 'positive' }], 'counts')).toThrow(/there already/);
    expect(REGISTRATIONS.map((path) => read(copy, path))).toEqual(before);
  });

  test.each([
    [['--parameters', 'Rate'], /camelCase/],
    [['--parameters', 'rate:negative'], /domains real, positive, probability/],
    [['--parameters', 'rate,rate'], /named twice/],
    [['--support', 'moon'], /supports real/],
    [['--colour', 'red'], /colour/],
  ])('explains %j', (args, message) => {
    const copy = newCopy();
    const { code, output } = runNode([join(root, 'tools/src/new-family.ts'), 'zipf', ...args, '--workspace', copy]);
    expect(code).toBe(2);
    expect(output).toMatch(message);
    expect(output).not.toContain('    at ');
    expect(existsSync(join(copy, 'packages/families/src/zipf.ts'))).toBe(false);
  });

  test('writes files that the compiler accepts and that say, when they are run, what is still to be written', () => {
    const copy = newCopy();
    createFamily(
      copy,
      'zipf',
      [
        { name: 'shape', domain: undefined },
        { name: 'probability', domain: 'probability' },
      ],
      undefined,
    );
    expect(blanksIn(copy).length).toBeGreaterThan(25);
    expect(checkTypes(copy, 'zipf')).toBe('');
    const { code, output } = checkLaws(copy, 'zipf');
    expect(code).not.toBe(0);
    expect(output).toContain('packages/families/src/zipf.ts is not finished. Write the values that x may take.');
  }, 60_000);

  test('keeps the registration in the order of the alphabet, one line a family', () => {
    const copy = newCopy();
    createFamily(copy, 'aardvark', [{ name: 'rate', domain: 'positive' }], 'real');
    createFamily(copy, 'zipf', [{ name: 'exponent', domain: 'positive' }], 'counts');
    for (const path of REGISTRATIONS) {
      const lines = read(copy, path)
        .split('\n')
        .filter((line) => line.startsWith('export'));
      expect(lines).toEqual([...lines].sort());
      expect(lines).toHaveLength(
        read(root, path)
          .split('\n')
          .filter((line) => line.startsWith('export')).length + 2,
      );
    }
  });
});

describe('docs/adding-a-family.md, carried out', () => {
  const { fences } = readPage(read(root, 'docs/adding-a-family.md'));
  const commands = fences.filter(({ text }) => text.startsWith('pnpm ')).flatMap(({ text }) => text.trim().split('\n'));
  const files = fences.flatMap(({ text }) => {
    const [first, ...rest] = text.split('\n');
    return first!.startsWith('// packages/') ? [{ path: first!.slice(3), text: `${rest.join('\n')}\n` }] : [];
  });
  const scripts = (JSON.parse(read(root, 'package.json')) as { readonly scripts: Readonly<Record<string, string>> }).scripts;
  let copy: string;

  /** What `pnpm` does with a line of the page, in the copy. */
  function carryOut(line: string): { readonly code: number | null; readonly output: string } {
    const command = line.replace(/\bpnpm (\S+)/g, (_, name: string) => scripts[name] ?? `no-script-${name}`);
    const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
    // A run of vitest inside of another must not take itself for a part of it.
    const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, EMKIT_TOTALS: ____, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8', env: { ...env, PATH } });
    return { code: status, output: `${line}\n${stdout}${stderr}` };
  }

  function expectGood(line: string): void {
    const { code, output } = carryOut(line);
    expect(code, output).toBe(0);
  }

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'emkit-adding-a-family-'));
    copies.push(copy);
    const left = /(^|\/)(node_modules|\.git|\.turbo|coverage)$/;
    cpSync(root, copy, { recursive: true, filter: (path) => path === root || !left.test(path) });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    // Links between the packages lead to the packages of the copy.
    for (const group of ['packages', 'apps'])
      for (const name of readdirSync(join(copy, group))) {
        const modules = join(group, name, 'node_modules');
        if (existsSync(join(root, modules))) cpSync(join(root, modules), join(copy, modules), { recursive: true, verbatimSymlinks: true });
      }
    cpSync(join(root, 'tools/node_modules'), join(copy, 'tools/node_modules'), { recursive: true, verbatimSymlinks: true });
  }, 300_000);

  test('from the first command to the last, and the tests that hold what was written', { timeout: 1_200_000 }, () => {
    expect(commands.map((line) => line.split(' ')[1])).toEqual(['new:family', 'typecheck', 'vitest', 'accuracy', 'finish:family']);
    const [begin, ...others] = commands;
    const { code, output } = carryOut(begin!);
    expect(code, output).toBe(0);

    expect(files.map(({ path }) => path)).toEqual([
      'packages/families/src/half-normal.ts',
      'packages/reference/src/families/half-normal.ts',
    ]);
    for (const { path, text } of files) {
      expect(output).toContain(path);
      const scaffold = read(copy, path);
      for (const part of scaffold.matchAll(/^ {4}\*?(\w+)[(:]/gm)) expect(text, `${path} lacks ${part[1]}`).toContain(part[1]!);
      writeFileSync(join(copy, path), text);
    }
    for (const path of REGISTRATIONS) {
      const before = read(root, path).split('\n');
      const added = read(copy, path)
        .split('\n')
        .filter((line) => !before.includes(line));
      expect(added).toEqual(["export * from './half-normal.ts';"]);
    }

    for (const line of others) expectGood(line);
    expectGood('pnpm vitest run --project tools family-pages api accuracy -t "half-normal|docs|page|report|every function"');
    expectGood('pnpm vitest run --project families registration');
    expectGood('pnpm vitest run --project conformance families -t "the registration"');
  });
});
