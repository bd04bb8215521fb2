import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    const { code, output } = runNode([join(root, 'tools/src/new-family.ts'), 'weibull', ...args, '--workspace', copy]);
    expect(code).toBe(2);
    expect(output).toMatch(message);
    expect(output).not.toContain('    at ');
    expect(existsSync(join(copy, 'packages/families/src/weibull.ts'))).toBe(false);
  });

  test('writes files that the compiler accepts and that say, when they are run, what is still to be written', () => {
    const copy = newCopy();
    createFamily(
      copy,
      'weibull',
      [
        { name: 'shape', domain: undefined },
        { name: 'probability', domain: 'probability' },
      ],
      undefined,
    );
    expect(blanksIn(copy).length).toBeGreaterThan(25);
    expect(checkTypes(copy, 'weibull')).toBe('');
    const { code, output } = checkLaws(copy, 'weibull');
    expect(code).not.toBe(0);
    expect(output).toContain('packages/families/src/weibull.ts is not finished. Write the values that x may take.');
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
  const command = fences
    .find(({ text }) => text.startsWith('pnpm new:family'))!
    .text.split(' ')
    .slice(2);
  const files = fences.flatMap(({ text }) => {
    const [first, ...rest] = text.split('\n');
    return first!.startsWith('// packages/') ? [{ path: first!.slice(3), text: `${rest.join('\n')}\n` }] : [];
  });
  let copy: string;
  let printed: string;

  beforeAll(() => {
    copy = newCopy();
    printed = runNode([join(root, 'tools/src/new-family.ts'), ...command, '--workspace', copy]).output;
  });

  test('the command writes the two files that the page shows, and adds one line to each registration', () => {
    expect(files.map(({ path }) => path)).toEqual(['packages/families/src/rayleigh.ts', 'packages/reference/src/families/rayleigh.ts']);
    for (const { path } of files) {
      expect(existsSync(join(copy, path))).toBe(true);
      expect(printed).toContain(path);
    }
    for (const path of REGISTRATIONS) {
      const before = read(root, path).split('\n');
      const added = read(copy, path)
        .split('\n')
        .filter((line) => !before.includes(line));
      expect(added).toEqual(["export * from './rayleigh.ts';"]);
    }
  });

  test('the filled files keep to what the scaffold laid out', () => {
    for (const { path, text } of files) {
      const scaffold = read(copy, path);
      for (const part of scaffold.matchAll(/^ {4}\*?(\w+)[(:]/gm)) expect(text, `${path} lacks ${part[1]}`).toContain(part[1]!);
    }
  });

  test('with the blanks filled, the types are right and every law holds', { timeout: 120_000 }, () => {
    for (const { path, text } of files) writeFileSync(join(copy, path), text);
    expect(blanksIn(copy)).toEqual([]);
    expect(checkTypes(copy, 'rayleigh')).toBe('');
    const { output } = checkLaws(copy, 'rayleigh');
    const lines = output.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('passed'))).toEqual([]);
    expect(lines.length).toBe(13);
  });
});
